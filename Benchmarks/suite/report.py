"""Writes what the parts measured: one file of results, the tables of RESULTS.md and README.md, and pictures.

A page has a generated block `<!-- NAME -->` .. `<!-- end of NAME -->`; what stands around it is written by hand.
"""

import importlib
import json
import os
import re

from measuring import ROOT, SCRATCH, spread

PAGES = [f"{ROOT}/Benchmarks/RESULTS.md", f"{ROOT}/README.md"]
PICTURES = f"{ROOT}/Benchmarks/pictures"


def kept(name):
    """What a part wrote last, or None."""
    try:
        with open(f"{SCRATCH}/parts/{name}.json") as file:
            return json.load(file)
    except FileNotFoundError:
        return None


def filled(text, name, content):
    """A page with the block of that name filled; a page without one is left as it is."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    return pattern.sub(lambda _: f"{begin}\n{content.strip()}\n{end}", text)


def origin(part):
    machine, busy = part["machine"], part["othersBusy"]
    noise = f"; others kept {spread(busy)} of the processors busy before the rounds" if busy else ""
    return (f"{part['taken'][:10]}, revision {part['revision']}; {machine['processor']}, {machine['processors']} processors, "
            f"{machine['memory'] / 2**30:.0f} GiB, Linux {machine['kernel']}{noise}.\n\n")


def machine_name(machine):
    words = re.findall(r"[a-z0-9]+", f"{machine['processor']} {machine['processors']}".lower())
    return "-".join(word for word in words if word not in ("r", "tm", "processor", "cpu"))


def write(names):
    parts = {name: part for name in names if (part := kept(name)) is not None and not part["quick"]}
    if not parts:
        return
    os.makedirs(PICTURES, exist_ok=True)
    blocks = {}
    for name, part in parts.items():
        module = importlib.import_module(name)
        blocks[name] = origin(part) + module.tables(part)
        module.pictures(part, PICTURES)
    for path in PAGES:
        with open(path) as file:
            text = file.read()
        for name, content in blocks.items():
            text = filled(text, name, content)
        with open(path, "w") as file:
            file.write(text)
    last = max(parts.values(), key=lambda part: part["taken"])
    os.makedirs(f"{ROOT}/Benchmarks/results", exist_ok=True)
    path = f"{ROOT}/Benchmarks/results/{last['taken'][:10]}-{machine_name(last['machine'])}.json"
    headlines = {}
    for name, part in parts.items():
        headlines |= importlib.import_module(name).headlines(part)
    with open(path, "w") as file:
        json.dump({"headlines": headlines, "parts": parts}, file, indent=1)
        file.write("\n")
