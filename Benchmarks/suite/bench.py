"""Measures parts of the suite and reports them.

usage: bench.py [--quick] [PART..]     parts: throughput lag lag_dynamodb recovery cost peers; all without any
       bench.py report                 the files of the parts as they are, as RESULTS.md, pictures and one file of results
"""

import importlib
import sys

import report
from measuring import Bench

PARTS = ["throughput", "lag", "lag_dynamodb", "recovery", "cost", "peers"]


def main():
    arguments = sys.argv[1:]
    quick = "--quick" in arguments
    wanted = [each for each in arguments if each != "--quick"] or PARTS
    for name in wanted:
        if name not in PARTS + ["report"]:
            sys.stderr.write(f"bench: no part {name}; there are {', '.join(PARTS)}, and report\n")
            raise SystemExit(2)
    wrong = []
    for name in wanted:
        if name != "report":
            module, bench = importlib.import_module(name), Bench(name, quick)
            part = bench.write(module.measure(bench))
            wrong += getattr(module, "wrong", lambda part: [])(part)
    report.write(PARTS)
    if wrong:
        sys.stderr.write("".join(f"bench: {each}\n" for each in wrong))
        raise SystemExit(1)


main()
