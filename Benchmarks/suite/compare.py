"""Two builds of the program in turn. A ratio is this tree's figure over the base's of the same pair; more is better, always.

usage: compare.py NAME BASE-CONVERGE CONVERGE PAIRS EVENTS     `Benchmarks/compare.sh` builds both

The walk is run twice a pair: what its ratio differs from 1 is the machine's doing. CPU time and memory are always judged; what
the clock on the wall says only where the machine was ours.
"""

import json
import os
import shutil
import sys

from measuring import ROOT, SCRATCH, Bench, machine, median, progress, rounded, spread, table
from servers import others_busy, run

RATIO_LEAST = 0.9
# The share of the processors that others may use where time on the wall is judged.
BUSY_MOST = 0.2
THREADS = 2
STARTS = 20
CONTROL = "bare walk, twice: events/s"


class Comparison:
    def __init__(self, programs, events):
        self.programs, self.scratch = programs, f"{SCRATCH}/compare"
        bench = Bench("compare")
        bench.converge = programs["this"]
        self.path, self.one = bench.events(events), bench.events(1)
        self.walk = f"{self.scratch}/walk"
        run(["g++", "-std=c++17", "-O3", "-march=native", "-o", self.walk, f"{ROOT}/Benchmarks/walk.cpp", "-lsimdjson",
             "-lpthread"])
        run([self.walk, self.path, THREADS])  # into the page cache
        self.digests = {}

    def replay(self, which, store):
        """Figures of one replay, more is better."""
        state = f"{self.scratch}/state"
        shutil.rmtree(state, ignore_errors=True)
        where = ["--memory", "--dead-letters", state + ".jsonl"] if store == "memory" else ["--state", state]
        # The former name of --threads: a program from before the renaming knows no other.
        done = run([self.programs[which], "replay", self.path, "--workers", THREADS, "--format", "json", *where])
        shutil.rmtree(state, ignore_errors=True)
        self.digests[which] = done["digest"]
        return {f"{store}: events a CPU second": done["records"] / done["process"]["cpu"],
                f"{store}: events/s": done["records"] / done["seconds"],
                f"{store}: peak memory, MB": done["process"]["bytes"] / 1e6}

    def start(self, which):
        """The whole process with one event."""
        arguments = [self.programs[which], "replay", self.one, "--memory", "--dead-letters", f"{self.scratch}/one.jsonl"]
        runs = [run(arguments)["process"] for _ in range(STARTS)]
        return {"start with one event: CPU ms": median([each["cpu"] * 1000 for each in runs]),
                "start with one event: ms": median([each["seconds"] * 1000 for each in runs])}

    def control(self, _):
        done = run([self.walk, self.path, THREADS])
        return {CONTROL: done["events"] / done["seconds"]}

    def pair(self, number):
        """Each measure of both, close to each other; who comes first changes from pair to pair."""
        order = ["base", "this"] if number % 2 == 0 else ["this", "base"]
        found = {"base": {}, "this": {}}
        for measure in [lambda which: self.replay(which, "memory"), lambda which: self.replay(which, "embedded"), self.start,
                        self.control]:
            for which in order:
                found[which] |= measure(which)
        return found


def ratios(pairs, name):
    """Of memory and time less is better."""
    turned = name.endswith(("MB", "ms"))
    return [each["base"][name] / each["this"][name] if turned else each["this"][name] / each["base"][name] for each in pairs]


def verdict(name, middle, busy):
    if name == CONTROL:
        return "control"
    if busy > BUSY_MOST and name.endswith((": events/s", ": ms")):
        return "not judged"
    return "**worse**" if middle < RATIO_LEAST else "better" if middle > 1 / RATIO_LEAST else "as before"


def main():
    name, base, this, pairs, events = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
    work = Comparison({"base": os.path.abspath(base), "this": os.path.abspath(this)}, events)
    found, busy = [], []
    for number in range(pairs):
        progress(f"compare: pair {number + 1} of {pairs}")
        busy.append(others_busy())
        found.append(work.pair(number))
    with open(f"{ROOT}/.build/compare/pairs.json", "w") as file:
        json.dump({"base": name, "machine": machine(), "othersBusy": busy, "events": events, "pairs": found}, file, indent=1)
    rows, worse = [], []
    for measure in found[0]["base"]:
        all_ratios = ratios(found, measure)
        middle = median(all_ratios)
        judged = verdict(measure, middle, median(busy))
        if judged == "**worse**":
            worse.append(f"{measure} {rounded(middle)}")
        rows.append([measure, *[rounded(median([each[which][measure] for each in found])) for which in ("base", "this")],
                     spread(all_ratios), judged])
    print(f"{pairs} pairs of {name} and this tree, {events:,} events, {THREADS} threads; others kept {spread(busy)} of the "
          "processors busy. Ratios are of one pair each, more is better: median (least to greatest).\n")
    print(table(["", name, "this tree", "ratio", ""], rows))
    if median(busy) > BUSY_MOST:
        sys.stderr.write("bench-compare: the machine is busy with other things: time on the wall is not judged\n")
    if len(set(work.digests.values())) > 1:
        print("The two come to different digests: the merge is another one.\n")
    if worse:
        sys.stderr.write(f"bench-compare: worse by more than a tenth: {', '.join(worse)}\n")
        raise SystemExit(1)


main()
