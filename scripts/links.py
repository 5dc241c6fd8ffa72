#!/usr/bin/env python3
"""Prints what the project's pages name and the tree does not have, and fails if there is any: files and headings behind links; paths, Swift files,
functions and make targets in backticks. Decisions are of their time: only their links are checked. And it names the metrics that no page has."""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md")), *sorted(ROOT.glob("deploy/**/*.md"))]
TOP = "Sources|Tests|Benchmarks|docs|scripts|fixtures|deploy"
SWIFT_FILES = {path.name for top in ("Sources", "Tests", "Benchmarks") for path in ROOT.glob(f"{top}/**/*.swift")} | {"Package.swift"}
METRICS = {name for path in ROOT.glob("Sources/**/*.swift") for name in re.findall(r'"(converge_[a-z_]+)"', path.read_text())}
FUNCTIONS = {name for path in ROOT.glob("Sources/**/*.swift") for name in re.findall(r"\bfunc (\w+)", path.read_text())}
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.M))


def anchors(page):
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def links(page, text):
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists():
            yield f"a link to {target}"
        elif anchor and anchor not in anchors(file):
            yield f"a link to {target}, which has no such heading"


def names(text):
    for name in re.findall(r"`([^`\n]+)`", text):
        if re.fullmatch(rf"({TOP})/[\w+.*/-]+", name):
            if not any(ROOT.glob(name.rstrip("/"))):
                yield f"the path {name}"
        elif re.fullmatch(r"\w+(\+\w+)?\.swift", name):
            if name not in SWIFT_FILES:
                yield f"the file {name}"
        elif match := re.fullmatch(r"(?:[A-Za-z]\w*\.)?([a-z]\w*)\([\w:]*\)", name):
            if match[1] not in FUNCTIONS:
                yield f"the function {name}"
        elif match := re.fullmatch(r"make ([a-z-]+)\b.*", name):
            if match[1] not in TARGETS:
                yield f"the target {name}"


def main():
    failed = False
    for page in PAGES:
        text = page.read_text()
        prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
        missing = list(links(page, prose))
        if page.parent.name != "decisions":
            missing += names(prose)
        for what in missing:
            failed = True
            print(f"tidy: {page.relative_to(ROOT)} names what is not there: {what}", file=sys.stderr)
    pages = "".join(page.read_text() for page in PAGES)
    for metric in sorted(METRICS):
        if metric not in pages:
            failed = True
            print(f"tidy: no page names the metric {metric}; add it to docs/operations.md or the page of its source or store", file=sys.stderr)
    sys.exit(failed)


if __name__ == "__main__":
    main()
