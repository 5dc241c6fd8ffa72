"""Replay beside a bare walk: rates by store, threads and size, cost of an event as events grow, memory as entities grow."""

import os
import shutil

from measuring import ROOT, first_line, median, pick, progress, rounded, spread, table
from servers import run

# Of short events, so that five million of them fit the page cache: every kind, few of the large ones.
SHORT = ["--mix", "agent=3,contact=6,record=0.5,flow=45,session=25,customer=20,queue=0.5"]
THREADS = [1, 2]
CASES = ["walk", "memory", "embedded"]
GROWTH_MAX = 1.3
# 6.4 short events bring an entity.
EVENTS_OF_ENTITY = 6.4


class Sizes:
    def __init__(self, quick):
        self.events = [10_000, 20_000, 50_000] if quick else [100_000, 1_000_000, 5_000_000]
        self.full = 20_000 if quick else 500_000
        self.entities = [1_000, 3_000, 10_000] if quick else [1_000, 10_000, 100_000, 1_000_000]
        self.least = 50_000 if quick else 1_000_000
        self.rounds = 1 if quick else 3


def repeated(path, times, to):
    """The same hours of the same contact center, year after year: other events, the same entities.

    Nothing but the years of times begins a string with 2026-.
    """
    if times == 1:
        return path
    if not os.path.exists(to):
        progress(f"throughput: {os.path.basename(to)}")
        with open(to + ".new", "wb") as out:
            for year in range(2026, 2026 + times):
                with open(path, "rb") as file:
                    while lines := file.readlines(1 << 20):
                        out.write(b"".join(lines).replace(b'"2026-', b'"%d-' % year))
        os.rename(to + ".new", to)
    return to


class Throughput:
    def __init__(self, bench):
        self.bench, self.sizes, self.runs = bench, Sizes(bench.quick), []
        self.walk = f"{bench.scratch}/walk"
        run(["g++", "-std=c++17", "-O3", "-march=native", "-o", self.walk, f"{ROOT}/Benchmarks/walk.cpp", "-lsimdjson",
             "-lpthread"])
        bench.versions["gcc"] = first_line("g++", "--version")
        bench.versions["simdjson"] = first_line("pkg-config", "--modversion", "simdjson")

    def one(self, case, path, threads, **about):
        """One run of one program over a file."""
        if case == "walk":
            done = run([self.walk, path, threads])
        else:
            state = f"{self.bench.scratch}/state"
            shutil.rmtree(state, ignore_errors=True)
            where = ["--memory", "--dead-letters", state + ".jsonl"] if case == "memory" else ["--state", state]
            done = run([self.bench.converge, "replay", path, "--threads", threads, "--format", "json", *where])
            shutil.rmtree(state, ignore_errors=True)
        kinds = done.get("entities", {})
        self.runs.append({"case": case, "threads": threads, **about, "events": done.get("records", done.get("events")),
                          "bytes": os.path.getsize(path), "seconds": done["seconds"], "cpu": done["process"]["cpu"],
                          "wholeSeconds": done["process"]["seconds"], "peakBytes": done["process"]["bytes"],
                          "entities": sum(kinds.values()), "digest": done.get("digest"),
                          **{name: done[name] for name in ("digestSeconds", "residentBytes", "stateBytes") if name in done}})

    def rates(self):
        """Stores, threads and sizes: `full` events as they come, and short ones of the same entities."""
        least = self.sizes.events[0]
        base = self.bench.events(least, *SHORT)
        files = {("full", self.sizes.full): self.bench.events(self.sizes.full)}
        for size in self.sizes.events:
            files["short", size] = repeated(base, size // least, f"{self.bench.scratch}/short-{least}-{size}.jsonl")
        for path in files.values():
            run([self.walk, path, THREADS[-1]])  # into the page cache
        for number in self.bench.rounds(self.sizes.rounds):
            for (traffic, size), path in files.items():
                for threads in THREADS:
                    for case in CASES:
                        self.one(case, path, threads, series="rates", traffic=traffic, size=size, round=number)
        self.remove(f"short-{least}-{self.sizes.events[-1]}.jsonl")

    def memory(self):
        """As many events or more, of ever more entities."""
        for wanted in self.sizes.entities:
            events = int(wanted * EVENTS_OF_ENTITY)
            base = self.bench.events(events, *SHORT)
            times = max(round(self.sizes.least / events), 1)
            path = repeated(base, times, f"{self.bench.scratch}/entities-{wanted}.jsonl")
            for number in self.bench.rounds(min(self.sizes.rounds, 2)):
                for case in CASES[1:]:
                    self.one(case, path, THREADS[-1], series="entities", wanted=wanted, round=number)
            # The largest is the base itself: recovery begins with it, and removes it.
            self.remove(f"entities-{wanted}.jsonl")

    def remove(self, name):
        """A file that takes seconds to make and gigabytes to keep."""
        path = f"{self.bench.scratch}/{name}"
        if os.path.exists(path):
            os.remove(path)


def measure(bench):
    work = Throughput(bench)
    work.rates()
    work.memory()
    digests = {(each["traffic"], each["size"], each["digest"]) for each in pick(work.runs, series="rates") if each["digest"]}
    if len(digests) != len({(traffic, size) for traffic, size, _ in digests}):
        raise SystemExit(f"throughput: replays of one file came to several digests: {sorted(digests)}")
    return work.runs


# What the figures say.


def cells(runs, of):
    return spread(of(each) for each in runs) if runs else ""


def micro(each):
    """Microseconds of CPU an event, of the whole process."""
    return each["cpu"] / each["events"] * 1e6


def rate(each):
    return each["events"] / each["seconds"]


def paired(runs, walks, of):
    """The ratio of two runs of one round, round by round."""
    by_round = {each["round"]: each for each in walks}
    return [of(each) / of(by_round[each["round"]]) for each in runs]


def sizes(part):
    return sorted({(each["traffic"], each["size"]) for each in pick(part["runs"], series="rates")})


def short_sizes(part):
    return [size for traffic, size in sizes(part) if traffic == "short"]


def growth(part, case, threads):
    """What an event costs at the greatest size over what it costs at the least, round by round."""
    first, last = short_sizes(part)[0], short_sizes(part)[-1]
    found = [pick(part["runs"], series="rates", traffic="short", size=size, case=case, threads=threads)
             for size in (last, first)]
    return paired(*found, micro)


def rate_rows(part):
    for traffic, size in sizes(part):
        for case in CASES:
            for threads in THREADS:
                runs = pick(part["runs"], series="rates", traffic=traffic, size=size, case=case, threads=threads)
                walks = pick(part["runs"], series="rates", traffic=traffic, size=size, case="walk", threads=threads)
                yield [f"{traffic}, {size:,}", case, threads, cells(runs, rate), cells(runs, lambda each: each["bytes"]
                       / each["seconds"] / 1e6), "1" if case == "walk" else f"**{spread(paired(runs, walks, rate))}**",
                       cells(runs, micro), cells(runs, lambda each: each["peakBytes"] / 1e6)]


def growth_rows(part):
    for case in CASES[1:]:
        for threads in THREADS:
            costs = [cells(pick(part["runs"], series="rates", traffic="short", size=size, case=case, threads=threads), micro)
                     for size in short_sizes(part)]
            ratios = growth(part, case, threads)
            verdict = "met" if median(ratios) <= GROWTH_MAX else "**not met**"
            yield [case, threads, *costs, f"**{spread(ratios)}**", verdict]


def memory_rows(part):
    for wanted in sorted({each["wanted"] for each in pick(part["runs"], series="entities")}):
        for case in CASES[1:]:
            yield memory_row(pick(part["runs"], series="entities", wanted=wanted, case=case), case)


def same_entities_rows(part):
    for size in short_sizes(part):
        for case in CASES[1:]:
            yield memory_row(pick(part["runs"], series="rates", traffic="short", size=size, case=case, threads=THREADS[-1]), case)


def memory_row(runs, case):
    return [f"{runs[0]['entities']:,}", f"{runs[0]['events']:,}", case, rounded(runs[0]["stateBytes"] / 1e6),
            cells(runs, lambda each: each["residentBytes"] / 1e6), cells(runs, lambda each: each["peakBytes"] / 1e6),
            cells(runs, lambda each: each["residentBytes"] / each["entities"]), cells(runs, micro)]


MEMORY_HEAD = ["entities", "events", "store", "canonical state, MB", "entities in memory, MB", "peak of the process, MB",
               "memory, bytes an entity", "CPU, us an event"]


def tables(part):
    shorts = short_sizes(part)
    one = pick(part["runs"], series="rates", traffic="short")[-1]
    full = pick(part["runs"], series="rates", traffic="full")[0]
    rates = table(["events", "case", "threads", "events/s", "MB/s", "share of the walk", "CPU, us an event",
                   "peak memory, MB"], rate_rows(part))
    growing = table(["store", "threads", *[f"{size:,}: us an event" for size in shorts], "ratio", f"{GROWTH_MAX} at most"],
                    growth_rows(part))
    return f"""`converge replay` of a file in the page cache, and a bare simdjson On-Demand walk over every key and value of the
same file (`walk.cpp`: no state, no copy) on as many threads. Every round runs all of them in turn; medians (least to greatest).
Rates go from the opening of the file to the last event durable, as the programs tell it; CPU and memory are the kernel's word on
the whole process, its start and the digest included, and memory is never less than the 27 MB of the program that starts it.

- *full*: what `converge generate` writes, {full['bytes'] / full['events']:,.0f} bytes an event.
- *short*: `{SHORT[0]} {SHORT[1]}`,
  {one['bytes'] / one['events']:,.0f} bytes an event, because five million full ones would not fit the page cache. The larger
  files are the {shorts[0]:,} events of the smallest, told again for each of as many years: every event another one, every entity
  the same.

{rates}
![Throughput against size and threads](pictures/throughput.svg)

**Growth.** What an event costs in CPU at {shorts[-1]:,} events over what it costs at {shorts[0]:,}, of the same entities, round
by round; the smallest file bears the start of the process and the making of its entities. Wanted: {GROWTH_MAX} at most.

{growing}
**Memory.** More events of the same entities, {THREADS[-1]} threads. Entities in memory is what `replay` counts; the peak has in
it what is being read, and RocksDB.

{table(MEMORY_HEAD, same_entities_rows(part))}
More entities, of the short events. Up to a hundred thousand of them a smaller file is told again until it has about a million
events. What an event costs grows here too: entities beyond the processor's caches have to be waited for.

{table(MEMORY_HEAD, memory_rows(part))}
![Memory against entities](pictures/memory.svg)
"""


def pictures(part, folder):
    import drawing

    drawn, axes = drawing.figure("Replay of short events", "events", "events/s, millions")
    for case in CASES:
        for threads, style in zip(THREADS, ["--", "-"]):
            points = [(size, median([rate(each) / 1e6 for each in pick(
                part["runs"], series="rates", traffic="short", size=size, case=case, threads=threads)]))
                for size in short_sizes(part)]
            axes.plot(*zip(*points), style, marker="o", color=f"C{CASES.index(case)}",
                      label=f"{'bare walk' if case == 'walk' else case}, {threads} thread{'s' if threads > 1 else ''}")
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    drawing.save(drawn, f"{folder}/throughput.svg")

    drawn, axes = drawing.figure("Memory of replay", "entities", "MB")
    for case in CASES[1:]:
        for name, of in {"peak of the process": "peakBytes", "entities": "residentBytes"}.items():
            points = [(runs[0]["entities"], median([each[of] / 1e6 for each in runs])) for wanted in sorted(
                {each["wanted"] for each in pick(part["runs"], series="entities")})
                for runs in [pick(part["runs"], series="entities", wanted=wanted, case=case)]]
            axes.plot(*zip(*points), "-" if of == "peakBytes" else ":", marker="o", color=f"C{CASES.index(case)}",
                      label=f"{case}: {name}")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.legend()
    drawing.save(drawn, f"{folder}/memory.svg")


def headlines(part):
    """Ratios to the walk of the same round, full events; the inverse of growth."""
    found = {}
    for case in CASES[1:]:
        runs, walks = [pick(part["runs"], series="rates", traffic="full", case=each, threads=THREADS[-1])
                       for each in (case, "walk")]
        found[f"replay {case}, share of the walk"] = median(paired(runs, walks, rate))
        found[f"replay {case}, growth of cost, inverse"] = 1 / median(growth(part, case, THREADS[-1]))
    return found
