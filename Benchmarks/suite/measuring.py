"""What every part of the suite writes: its raw runs, with the machine, the versions and what else the machine was busy with.

A part is a module of this directory with

    measure(bench) -> list of runs      a run is a flat object: what was run (`case`, `round`, sizes) and what came of it
    tables(part) -> Markdown            for RESULTS.md
    pictures(part, folder)              SVG files; see drawing.py
    headlines(part) -> {name: number}   ratios for `make bench-compare`; more is better
    wrong(part) -> list of lines        what is wrong and no matter of speed; where there is any, the suite fails after its report.
                                        A part may do without this one

where `part` is what `Bench.write` wrote. Every figure is the median of rounds of all cases in turn, with the least and the greatest.
"""

import datetime
import json
import os
import platform
import subprocess
import sys

from servers import others_busy, run

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCRATCH = f"{ROOT}/.build/bench"


def progress(text):
    """On a terminal alone: a pipe stays quiet."""
    if sys.stderr.isatty():
        print(text, file=sys.stderr, flush=True)


def machine():
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), platform.machine())
    with open("/proc/meminfo") as file:
        memory = int(file.readline().split()[1]) * 1024
    return {"processor": model, "processors": os.cpu_count(), "memory": memory, "kernel": platform.release()}


def first_line(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    except OSError:
        return "none"
    lines = (done.stdout or done.stderr).splitlines()
    return lines[0].strip() if lines else "none"


class Bench:
    """One run of a part. `quick`: so small that it shows only that the part works. `short`: fewer rounds, where a part can; its figures count."""

    def __init__(self, name, quick=False, short=False):
        self.name, self.quick, self.short = name, quick, short
        self.converge = os.environ.get("CONVERGE", f"{ROOT}/.build/release/converge")
        self.scratch = f"{SCRATCH}/{name}"
        self.others, self.versions = [], {}
        os.makedirs(self.scratch, exist_ok=True)

    def rounds(self, count):
        """Numbers of rounds; before each it is looked what others do with the processors."""
        for number in range(count):
            self.others.append(others_busy())
            progress(f"{self.name}: round {number + 1} of {count}")
            yield number

    def events(self, count, *flags):
        """A file of `converge generate`, made once."""
        name = "-".join(["events", str(count), *[flag.strip("-").replace("=", "-").replace(",", "-") for flag in flags]])
        path = f"{SCRATCH}/{name}.jsonl"
        if not os.path.exists(path):
            progress(f"{self.name}: generating {count} events")
            run([self.converge, "generate", "--events", count, "--output", path + ".new",
                 "--start", "2026-03-02T14:00:00Z", *flags])
            os.rename(path + ".new", path)
        return path

    def write(self, runs):
        """The part's file, which report.py reads."""
        part = {
            "part": self.name, "quick": self.quick, "machine": machine(),
            "taken": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "revision": first_line("git", "describe", "--always", "--dirty", "--abbrev=12"),
            "versions": {"swift": first_line("swift", "--version")} | self.versions,
            "othersBusy": self.others, "runs": runs,
        }
        os.makedirs(f"{SCRATCH}/parts", exist_ok=True)
        with open(f"{SCRATCH}/parts/{self.name}.json", "w") as file:
            json.dump(part, file, indent=1)
        return part


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def rounded(value):
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"


def spread(values):
    """The median, and where there are several the least and the greatest."""
    values = list(values)
    text = rounded(median(values))
    return text if len(values) == 1 else f"{text} ({rounded(min(values))} to {rounded(max(values))})"


def table(head, rows):
    """A table in Markdown; the first column names the row."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows]) + "\n"


def pick(runs, **wanted):
    """The runs that have these members."""
    return [each for each in runs if all(each.get(name) == value for name, value in wanted.items())]
