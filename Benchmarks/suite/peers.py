"""What people would use instead, on the same merge, by one digest: Flink, plain Java, Python, and C++ as the near limit."""

import os
import subprocess
import time

from measuring import ROOT, SCRATCH, pick, progress
from peers_programs import Programs
from peers_report import differing, headlines, pictures, tables

__all__ = ["measure", "tables", "pictures", "headlines", "wrong"]

MIX = ["--mix", "agent=60,contact=30,record=10"]
RATE = 20_000


class Sizes:
    def __init__(self, quick):
        self.events = 20_000 if quick else 500_000
        self.part = 5_000 if quick else 100_000
        self.rounds = 1 if quick else 3
        self.lag_seconds, self.warm_up = (3, 2) if quick else (15, 10)
        self.rate = 2_000 if quick else RATE
        self.starts, self.flink_starts = (1, 1) if quick else (5, 2)
        self.backends = ["hashmap"] if quick else ["hashmap", "rocksdb"]
        self.intervals = [0] if quick else [0, 1000]


def cases(programs, path, part, sizes):
    """(case, threads, rounds of it, a run). What takes long has fewer rounds; what takes very long, a part of the file."""
    found = []
    for store in ("memory", "embedded"):
        for threads in (1, 2):
            found.append((f"converge {store}", threads, 3, lambda s=store, t=threads: programs.converge(path, s, t)))
    if "C++" not in programs.skipped:
        for threads in (1, 2):
            found.append(("C++", threads, 3, lambda t=threads: programs.peer(path, programs.cpp, path, "--threads", t)))
    if "Java" not in programs.skipped:
        for threads in (1, 2):
            found.append(("plain Java", threads, 2, lambda t=threads: programs.plain_java(path, t)))
        for backend in sizes.backends:
            file, rounds = (path, 2) if backend == "hashmap" else (part, 1)
            for interval in sizes.intervals:
                name = f"Flink {backend}, " + ("checkpoints every 1 s" if interval else "no checkpoints")
                found.append((name, 2, rounds, lambda f=file, b=backend, i=interval: programs.flink(f, 2, b, i)))
    if "Python" not in programs.skipped:
        found.append(("Python, Lambda way", 1, 1, lambda: programs.lambda_way(part, 1)))
    return found


def measure(bench):
    if not os.path.exists(bench.converge):
        raise SystemExit(f"peers: no {bench.converge}; build it first")
    sizes, programs = Sizes(bench.quick), Programs(bench)
    path, part = bench.events(sizes.events, *MIX), bench.events(sizes.part, *MIX)
    one = bench.events(1, *MIX)
    for each in (path, part, one):
        programs.refer(each)
    runs = [{"case": family, "skipped": why} for family, why in programs.skipped.items()]
    for number in bench.rounds(sizes.rounds):
        for case, threads, rounds, go in cases(programs, path, part, sizes):
            if number < rounds:
                progress(f"peers: {case}, {threads} threads")
                runs.append({"series": "merge", "case": case, "threads": threads, "round": number} | attempted(go))
    if "Python" not in programs.skipped:
        # In a process of its own: it holds all events, which is none of the merge's memory.
        runs.append({"series": "lost", "case": "Python, Lambda way"} | attempted(lambda: programs.lambda_way(part, 8)))
    runs += starts(programs, one, sizes)
    runs += lags(bench, programs, path, sizes)
    return runs


def wrong(part):
    ours = [each for each in pick(part["runs"], series="merge") if "skipped" in each and each["case"].startswith("converge")]
    return [f"peers: the digest of {case} DIFFERS" for case in differing(part["runs"])] + [
        f"peers: {each['case']} failed: {each['skipped']}" for each in ours]


def attempted(go):
    """A run, or why there is none: a peer that fails does not take the others' figures with it."""
    try:
        return go()
    except (SystemExit, KeyError) as error:
        return {"skipped": str(error)[-300:]}


def starts(programs, one, sizes):
    """From the start of the process to the one event of a file merged, or durable; of Converge to the end of the process."""
    runs = []
    for number in range(sizes.starts):
        for store in ("memory", "embedded"):
            done = programs.converge(one, store, 1)
            runs.append({"series": "start", "case": f"converge {store}", "round": number, "start": done["wholeSeconds"]})
        if "Java" not in programs.skipped and number < sizes.flink_starts:
            done = attempted(lambda: programs.flink_start(one))
            runs.append({"series": "start", "case": "Flink hashmap, no checkpoints", "round": number,
                         **({"start": done["startSeconds"]} if "startSeconds" in done else done)})
    return runs


def lags(bench, programs, path, sizes):
    runs = [converge_lag(bench, path, sizes)]
    if "Java" in programs.skipped:
        return runs
    for interval in sizes.intervals:
        name = "Flink hashmap, " + ("checkpoints every 1 s" if interval else "no checkpoints")
        progress(f"peers: lag of {name}")
        done = attempted(lambda: programs.flink_lag(path, sizes.rate, sizes.lag_seconds, sizes.warm_up, interval))
        process = done.pop("process", {})
        runs.append({"series": "lag", "case": name, "rate": sizes.rate, **done, "peakBytes": process.get("bytes")})
    return runs


def converge_lag(bench, path, sizes):
    """The worker on the mock broker, from when an event was due to when it is durable (Benchmarks/Kafka)."""
    run = {"series": "lag", "case": "converge embedded, durable", "rate": sizes.rate}
    program = os.environ.get("BENCH_KAFKA", f"{ROOT}/.build/release/bench-kafka")
    if not os.path.exists(program):
        return run | {"skipped": "bench-kafka is not built: swift build -c release --product bench-kafka"}
    progress("peers: lag of converge")
    needed = (sizes.lag_seconds + 6) * sizes.rate
    file = path if needed <= sizes.events else bench.events(needed, *MIX)
    began = time.monotonic()
    done = subprocess.run(
        [program, "lag", file, SCRATCH, "1", str(sizes.rate), str(sizes.lag_seconds), "fetch.wait.max.ms=1"],
        capture_output=True, text=True, check=False)
    # | p50 | median (least to greatest) of the bare consumer | the same of the worker |
    rows = {cells[1].strip(): [each.split()[0] for each in cells[2:4]] for line in done.stdout.splitlines()
            if len(cells := line.split("|")) == 5 and cells[2].strip() and cells[3].strip()}
    if done.returncode or "p50" not in rows:
        return run | {"skipped": (done.stderr.strip().splitlines() or ["no figures"])[-1][:300]}
    names = {"p50": "p50", "p90": "p90", "p99": "p99", "p999": "p99.9", "max": "max"}
    return run | {"wholeSeconds": time.monotonic() - began} | {
        name: float(rows[row][1]) for name, row in names.items()} | {
        f"floor {name}": float(rows[row][0]) for name, row in names.items()}
