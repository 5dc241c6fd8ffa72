"""Measures parts of the suite and reports them.

usage: bench.py [--quick|--short] [PART..]   parts: throughput lag lag_dynamodb recovery cost peers api console; all without any
       bench.py report                       the files of the parts as they are, as RESULTS.md, pictures and one file of results
"""

import importlib
import sys

import report
from measuring import Bench

PARTS = ["throughput", "lag", "lag_dynamodb", "recovery", "cost", "peers", "api", "console"]


def main():
    arguments = sys.argv[1:]
    quick, short = "--quick" in arguments, "--short" in arguments
    wanted = [each for each in arguments if each not in ("--quick", "--short")] or PARTS
    for name in wanted:
        if name not in PARTS + ["report"]:
            sys.stderr.write(f"bench: no part {name}; there are {', '.join(PARTS)}, and report\n")
            raise SystemExit(2)
    wrong = []
    for name in wanted:
        if name != "report":
            module, bench = importlib.import_module(name), Bench(name, quick, short)
            part = bench.write(module.measure(bench))
            wrong += getattr(module, "wrong", lambda part: [])(part)
    report.write(PARTS)
    if wrong:
        sys.stderr.write("".join(f"bench: {each}\n" for each in wrong))
        raise SystemExit(1)


main()
