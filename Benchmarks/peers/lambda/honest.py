"""An honest Lambda function in two Regions: what it writes of a file of events, and which facts it loses.

usage: honest.py FILE [--seed N]

FILE: lines `ARRIVAL<tab>EVENT`, arrival in milliseconds, as `bench-aws events` writes them.

A line of JSON for each scope (`items.py`) and each way to write:

    each    an UpdateItem an event, without a condition, in the order of the stream: the loop that people write
    batch   events of an invocation that change one item are one update, still without a condition: as little as can be written
    newer   the same, in the order of the events' times, on the condition that the item's `updated` is no later

Each Region has a stream of agent events and one of everything else, with a function on each: an invocation a stream and second with
all that came in it, which is how often Lambda asks a shard.

The table is a global one: a write is applied in its Region and comes to the other LAG later, as the whole item; of two versions the
one written later stays, by the wall clock. Nothing fails, nothing is throttled, each event is handled once per delivery.

A fact is an attribute of an item, `updated` apart. It is right if the newest event that tells it says so, by the events' own times; of
several of one time any will do. It is lost if it is anything else once all is written and replicated. Counted are

    one    all events in one Region: what late and repeated events do
    two    in two Regions, as they come
    cut    the same with the link between the Regions cut for a minute, when the first one fails (half way through the events)
"""

import heapq
import json
import random
import sys
from collections import Counter, defaultdict

import items

BATCH_MILLISECONDS = 1000
# Of records in an invocation.
BATCH_MAX = 500
LAG = (100, 2000)
CUT_MILLISECONDS = 60_000


def load(path):
    """(arrival, Region, stream, event)."""
    with open(path) as file:
        for line in file:
            arrival, text = line.split("\t", 1)
            event = json.loads(text)
            yield int(arrival), items.region_of(event), items.is_agents(event), event


def told(events, scope):
    """(arrival, Region, stream, changes), and of each fact the newest time with what was said then."""
    lines, truth = [], defaultdict(dict)
    for arrival, region, stream, event in events:
        found = list(items.changes(event, scope))
        if not found:
            continue
        lines.append((arrival, region, stream, found))
        for table, name, attributes, time in found:
            facts = truth[table, name]
            for key, value in attributes.items():
                if key == "updated":
                    continue
                newest = facts.get(key)
                if newest is None or time > newest[0]:
                    facts[key] = (time, [value])
                elif time == newest[0]:
                    newest[1].append(value)
    return lines, truth


def batches(lines):
    """(time, Region, changes), in order of time."""
    open_, found = {}, []
    for arrival, region, stream, changes in lines:
        key = (region, stream)
        time = (arrival // BATCH_MILLISECONDS + 1) * BATCH_MILLISECONDS
        if key not in open_ or open_[key][0] != time or open_[key][2] == BATCH_MAX:
            open_[key] = [time, [], 0]
            found.append((time, region, open_[key][1]))
        open_[key][1].extend(changes)
        open_[key][2] += 1
    return sorted(found, key=lambda batch: batch[0])


def updates_of(changes, way):
    """(key, attributes, time)."""
    if way == "each":
        return [((table, name), attributes, time) for table, name, attributes, time in changes]
    if way == "newer":
        changes = sorted(changes, key=lambda each: each[3])
    updates = {}
    for table, name, attributes, time in changes:
        held = updates.setdefault((table, name), ({}, [0]))
        held[0].update(attributes)
        held[1][0] = max(held[1][0], time)
    return [(key, attributes, time[0]) for key, (attributes, time) in updates.items()]


class Regions:
    """The replicas of a global table. A version is (written, Region, attributes, time of the newest event)."""

    def __init__(self, names, way, cut, seed):
        self.replicas = {name: {} for name in names}
        self.way, self.cut, self.random = way, cut, random.Random(seed)
        self.coming = []
        self.count = 0
        self.writes, self.units, self.bytes, self.refused = Counter(), 0, 0, 0

    def arrive(self, until):
        while self.coming and self.coming[0][0] <= until:
            _, _, region, key, version = heapq.heappop(self.coming)
            held = self.replicas[region].get(key)
            if held is None or version[:2] > held[:2]:
                self.replicas[region][key] = version

    def update(self, now, region, key, attributes, time):
        held = self.replicas[region].get(key)
        before = items.item_size(key[1], held[2]) if held else 0
        self.writes[key[0]] += 1
        if self.way == "newer" and held and held[3] > time:
            # A condition that fails is charged as well.
            self.refused += 1
            self.units += items.units(before)
            return
        item = (held[2] if held else {}) | attributes
        size = items.item_size(key[1], item)
        self.bytes += size
        # An update is charged for the larger one of before and after.
        self.units += items.units(max(before, size))
        version = (max(now, held[0] + 1) if held else now, region, item, max(time, held[3]) if held else time)
        self.replicas[region][key] = version
        for other in self.replicas:
            if other != region:
                at = now if self.cut is None or not self.cut[0] <= now < self.cut[1] else self.cut[1]
                self.count += 1
                heapq.heappush(self.coming, (at + self.random.randint(*LAG), self.count, other, key, version))


def write(found, names, way, cut, seed):
    regions = Regions(names, way, cut, seed)
    for now, region, changes in found:
        regions.arrive(now)
        for update in updates_of(changes, way):
            regions.update(now, region if region in regions.replicas else names[0], *update)
    regions.arrive(float("inf"))
    first, *rest = regions.replicas.values()
    if any(other != first for other in rest):
        raise SystemExit("honest: the replicas differ once all has arrived")
    return regions, first


def lost(table, truth):
    """Facts that are wrong or missing, by table and attribute."""
    count = Counter()
    for key, facts in truth.items():
        item = table.get(key, (0, "", {}, 0))[2]
        for name, (_, right) in facts.items():
            if item.get(name) not in right:
                count[f"{key[0]} {name}"] += 1
    return count


def check(lines, truth):
    """That whoever writes events in the order of their times, once each and in one Region, loses nothing."""
    changes = sorted((change for _, _, _, changes in lines for change in changes), key=lambda change: change[3])
    _, table = write([(number, "one", [change]) for number, change in enumerate(changes)], ["one"], "each", None, 1)
    if count := lost(table, truth):
        raise SystemExit(f"honest: facts are counted as lost that are not: {dict(count)}")


def figures(events, scope, way, seed):
    lines, truth = told(events, scope)
    check(lines, truth)
    names = sorted({region for _, region, _, _ in events})
    middle = events[len(events) // 2][0]
    found = batches(lines)
    two, table = write(found, names, way, None, seed)
    counts = {"two": lost(table, truth)}
    counts["one"] = lost(write([(now, names[0], each) for now, _, each in found], names[:1], way, None, seed)[1], truth)
    cut = (middle, middle + CUT_MILLISECONDS)
    counts["cut"] = lost(write(found, names, way, cut, seed)[1], truth)
    return {
        "scope": scope, "way": way, "events": len(events), "handled": len(lines), "invocations": len(found),
        "updates": sum(two.writes.values()), "updatesBy": dict(two.writes), "refused": two.refused, "units": two.units,
        "itemBytes": two.bytes / max(sum(two.writes.values()) - two.refused, 1), "items": len(table),
        "facts": sum(map(len, truth.values())), "lost": {name: sum(count.values()) for name, count in counts.items()},
        "lostBy": {name: dict(sorted(count.items())) for name, count in counts.items()},
    }


def main():
    items.check()
    if len(sys.argv) not in (2, 4) or (len(sys.argv) == 4 and sys.argv[2] != "--seed"):
        sys.stderr.write("usage: honest.py FILE [--seed N]\n")
        raise SystemExit(2)
    seed = int(sys.argv[3]) if len(sys.argv) == 4 else 1
    events = list(load(sys.argv[1]))
    for scope in ("small", "all"):
        for way in ("each", "batch", "newer"):
            print(json.dumps(figures(events, scope, way, seed)), flush=True)


main()
