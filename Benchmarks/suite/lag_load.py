"""What the part `lag` sends and how it counts: events at intended times, probes among them, and percentiles.

Event number n is due n / rate seconds after the start and belongs to a partition by the rule of `bench-kafka`
(Schedule.swift): those of one millisecond go to one partition, then to the next. Every so many is a probe: an event of the
session `probe-K` of its partition, whose field `n` is its number. Where a reader sees number n, it has all probes of that
session up to n.
"""

import bisect
import datetime
import json
import math
import os

# Sessions of probes at most: each is looked for.
SESSIONS_MAX = 8
SHARES = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)]
# Of the events' time; a stamp has only to ascend.
DAY = datetime.datetime(2026, 3, 2, 14)


class Schedule:
    def __init__(self, rate, warm_up, seconds, partitions=4):
        self.rate, self.warm_up, self.partitions = rate, warm_up * rate, partitions
        self.run = max(1, rate // 1000)
        whole = self.run * partitions
        # Where there are many partitions, every so many has probes.
        self.stride = max(1, partitions // SESSIONS_MAX)
        self.events = -(-(warm_up + seconds) * rate // whole) * whole
        # Of a run its last one; of runs of one every third, so that all partitions have some.
        self.step = self.run if self.run > 1 else 3

    def is_probe(self, number):
        return number % self.step == self.step - 1 and self.partition(number) % self.stride == 0

    def partition(self, number):
        return number // self.run % self.partitions

    def session(self, number):
        return self.partition(number) // self.stride

    @property
    def sessions(self):
        return self.partitions // self.stride

    def due(self, number, start):
        """Nanoseconds of the monotonic clock, as the producer has it."""
        return start + number * 1_000_000_000 // self.rate

    def text(self, start):
        """For `bench-kafka`."""
        return f"{start},{self.rate},{self.partitions},{self.warm_up},{self.events}"

    def probes(self):
        """Of each session, ascending."""
        found = [[] for _ in range(self.sessions)]
        for number in filter(self.is_probe, range(self.events)):
            found[self.session(number)].append(number)
        return found

    def grows(self, start, seen, first=None, last=None):
        """Whether the lag went up by half a second and by half between two times: the rate is not carried."""
        first = self.due(self.warm_up, start) if first is None else first
        last = self.due(self.events, start) if last is None else last
        middle = (first + last) // 2
        halves = self.lags(start, seen, first, middle), self.lags(start, seen, middle, last)
        before, after = (quantile(sorted(lags), 0.5) if lags else math.inf for lags, _ in halves)
        return after - before > 500 and after > 1.5 * before

    def lags(self, start, seen, first=None, last=None):
        """Of each probe that was due between two times (those after the warm-up), in milliseconds, and how many are missing.

        `seen`: of each session (number, nanoseconds), ascending."""
        first = self.due(self.warm_up, start) if first is None else first
        lags, missing = [], 0
        for numbers, reached in zip(self.probes(), seen):
            order = [number for number, _ in reached]
            for number in numbers:
                due = self.due(number, start)
                if due < first or last is not None and due >= last:
                    continue
                place = bisect.bisect_left(order, number)
                if place == len(reached):
                    missing += 1
                else:
                    lags.append((reached[place][1] - due) / 1e6)
        return lags, missing


def probe(number, session):
    time = (DAY + datetime.timedelta(milliseconds=number)).isoformat(timespec="milliseconds")
    return (f'{{"specversion":"1.0","type":"converge.session.v1","source":"bench","id":"probe-{number}",'
            f'"subject":"probe-{session}","time":"{time}Z","data":{{"n":{number}}}}}\n').encode()


def load_file(bench, schedule):
    """Generated events with probes among them, a line each, in order of their numbers; made once."""
    path = f"{bench.scratch}/load-{schedule.rate}-{schedule.partitions}-{schedule.events}.jsonl"
    if not os.path.exists(path):
        most = math.ceil(schedule.events / 1000) * 1000
        with open(bench.events(most), "rb") as lines, open(path + ".new", "wb") as out:
            for number in range(schedule.events):
                out.write(probe(number, schedule.session(number)) if schedule.is_probe(number) else next(lines))
        os.rename(path + ".new", path)
    return path


def quantile(ordered, share):
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]


def distribution(lags):
    """Percentiles of lags in milliseconds, and enough of them for a curve."""
    ordered = sorted(lags)
    if not ordered:
        raise SystemExit("lag: no probe was ever seen")
    figures = {name: round(quantile(ordered, share), 3) for name, share in SHARES}
    curve = [round(quantile(ordered, share / 200), 3) for share in range(1, 200)]
    return {"probes": len(ordered)} | figures | {"max": round(ordered[-1], 3), "curve": curve}


def read_seen(path, sessions):
    """What `watch` wrote down."""
    seen = [[] for _ in range(sessions)]
    with open(path) as file:
        for line in file:
            session, number, time = map(int, line.split())
            seen[session].append((number, time))
    return seen


def line_of(output):
    """The last JSON object that a program printed."""
    return json.loads([line for line in output.splitlines() if line.startswith("{")][-1])
