"""Makes one global table of the tables of several Regions' emulators: asynchronous, by item, last writer wins, as DynamoDB does.

    python3 replicator.py --prefix PREFIX [--prefix ..] [--seed N] [--lag FROM TO] [--journal FILE --journal-of START]
        us-east-1=PORT us-west-2=PORT

Prints `ready PORT`. A table takes part once every Region has it, with a stream of new images. What is written in a Region comes
to the others between FROM and TO seconds later, items in any order, the versions of one item in theirs. Of two versions of an
item the one with the greater time wins, then the one of the greater Region name; deletions are versions too. An item's time is
the wall clock of the write in milliseconds, which the emulator puts in front of its stream's sequence numbers, and never before
what it was written over.

Here as there, a version that comes in is compared with what the item is at that moment: it is written on the condition that the
item is what this process thinks it is, by its attributes that are neither maps, lists nor sets. A writer whose every write
changes one of those (a revision, a time of writing) is never wrongly overwritten. An emulator that is stopped and started again
has forgotten its streams: its items are looked through.

The journal has a line of JSON for each version that came to a Region, of items whose partition key begins with START: the
item, when it was written and when it arrived, by the wall clock in milliseconds.

Asked at that port:
    PUT /cut {"from": R, "to": S} | {}   nothing passes any more on that link, on all
    PUT /heal                            what waited passes, of each item the newest version
    PUT /lag {"from": 0.1, "to": 2}
    GET /figures                         versions seen, applied, lost to a newer one, and of which items; what waits
    GET /settled                         answers once nothing waits, and the streams have nothing new; false while a link is cut
"""
import argparse
import asyncio
import heapq
import json
import random
import time
from collections import Counter

from replica import STREAMS, TABLES, Replica, Version
from wire import Refused, control, end_with_input, regions_of, serve

UNREACHABLE = (OSError, asyncio.IncompleteReadError)


class Link:
    """What is on its way from one Region to another."""

    def __init__(self, source, destination):
        self.source = source
        self.destination = destination
        self.is_cut = False
        self.due = []
        self.latest = {}
        self.waiting = {}
        self.tasks = {}

    @property
    def load(self):
        return len(self.due) + len(self.waiting) + len(self.tasks)


class Replicator:
    def __init__(self, ports, prefixes, lag, seed, journal=None, journal_of=""):
        self.prefixes = prefixes
        self.journal = open(journal, "w") if journal else None
        self.journal_of = journal_of
        self.lag = lag
        self.random = random.Random(seed)
        self.sides = [Replica(region, port) for region, port in ports.items()]
        self.links = [Link(a, b) for a in self.sides for b in self.sides if a is not b]
        self.count = 0
        self.tasks = set()
        self.figures = {"seen": 0, "applied": 0, "lost": 0}
        # The keys of items of which a version was lost.
        self.contested = Counter()

    def start(self, work):
        # The event loop itself does not hold on to a task.
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        task.add_done_callback(asyncio.Task.result)

    async def run(self):
        for link in self.links:
            self.start(self.pump(link))
        while True:
            try:
                found = [await side.describe(self.prefixes) for side in self.sides]
                for table in set.intersection(*map(set, found)):
                    for side, streams in zip(self.sides, found):
                        if table not in side.tails:
                            side.tails[table] = 0
                            side.is_known[table] = asyncio.Event()
                            self.start(self.tail(side, table, streams[table]))
            except (*UNREACHABLE, Refused):
                pass
            await asyncio.sleep(0.5)

    # From a Region's streams.

    async def tail(self, side, table, arn):
        """Reads a stream to the end of its table. An emulator that was away is looked through: it has forgotten its streams."""
        iterator, pause = None, 0.02
        is_first = True
        while True:
            try:
                if iterator is None:
                    iterator = await side.iterator(arn, "TRIM_HORIZON" if is_first else "LATEST")
                    if not is_first:
                        await self.look_through(side, table)
                    is_first = False
                    side.is_known[table].set()
                found = await side.emulator.call(STREAMS + "GetRecords", {"ShardIterator": iterator})
            except UNREACHABLE:
                iterator = None
                side.is_known[table].clear()
                side.emulator.forget_connections()
                await asyncio.sleep(0.2)
                continue
            except Refused:
                break
            for record in found["Records"]:
                change = record["dynamodb"]
                time_ms = int(change["SequenceNumber"][:20])
                self.see(side, side.id(table, change["Keys"]), change["Keys"], change.get("NewImage"), time_ms)
            iterator = found.get("NextShardIterator")
            side.tails[table] += 1
            if iterator is None:
                break
            pause = 0.02 if found["Records"] else min(pause * 1.5, 0.2)
            await asyncio.sleep(pause)
        # The table is gone, and what is made in its place is another one.
        side.tails.pop(table, None)
        side.versions = {id: version for id, version in side.versions.items() if id[0] != table}
        side.expected = {id: images for id, images in side.expected.items() if id[0] != table}

    async def look_through(self, side, table):
        while side.writes[table]:
            await asyncio.sleep(0.02)
        request, now = {"TableName": table, "ConsistentRead": True}, time.time_ns() // 1_000_000
        there = {}
        while True:
            page = await side.emulator.call(TABLES + "Scan", request)
            there |= {side.id(table, item): item for item in page["Items"]}
            if "LastEvaluatedKey" not in page:
                break
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        for id in {id for id in side.versions if id[0] == table} | set(there):
            image, known = there.get(id), side.versions.get(id)
            if image != (known.image if known else None) and not side.is_expected(id, image):
                shape = image or known.image
                self.see(side, id, {name: shape[name] for name in side.keys[table]}, image, now)

    def see(self, side, id, key, image, time_ms):
        if side.is_expected(id, image):
            return
        known = side.versions.get(id)
        if image == (known.image if known else None):
            return
        version = Version(max(time_ms, known.time + 1) if known else time_ms, side.region, image)
        side.versions[id] = version
        self.figures["seen"] += 1
        for link in self.links:
            if link.source is side:
                self.send(link, id, key, version)

    # To the others.

    def send(self, link, id, key, version):
        lag = self.random.uniform(*self.lag)
        due = max(time.time(), version.time / 1000) + lag
        due = link.latest[id] = max(due, link.latest.get(id, 0))
        self.count += 1
        heapq.heappush(link.due, (due, self.count, id, key, version))

    async def pump(self, link):
        while True:
            while link.due and link.due[0][0] <= time.time():
                _, _, id, key, version = heapq.heappop(link.due)
                if link.is_cut:
                    if version.beats(link.waiting.get(id, (None, None))[1]):
                        link.waiting[id] = (key, version)
                else:
                    self.begin(link, id, key, version)
            # Short, for what is due next may be put in front of what was.
            await asyncio.sleep(0.005 if link.due else 0.02)

    def begin(self, link, id, key, version):
        before = link.tasks.get(id)

        async def arrive():
            if before:
                await asyncio.wait([before])
            await self.arrive(link.destination, id, key, version)
            if link.tasks.get(id) is task:
                del link.tasks[id]

        task = link.tasks[id] = asyncio.create_task(arrive())

    async def arrive(self, side, id, key, version):
        while True:
            await side.is_known[id[0]].wait()
            known = side.versions.get(id)
            if not version.beats(known):
                # Unless it is there already: its answer was lost.
                if version != known:
                    self.figures["lost"] += 1
                    self.contested[" ".join(id)] += 1
                return
            if (known.image if known else None) == version.image:
                side.versions[id] = version
                return
            side.writes[id[0]] += 1
            try:
                if await side.write(id, version, key):
                    self.figures["applied"] += 1
                    self.note(side, id, version)
                    return
            except UNREACHABLE:
                pass
            except Refused as error:
                if error.code == "ResourceNotFoundException":
                    return
            finally:
                side.writes[id[0]] -= 1
            # Somebody was faster; its record comes.
            await asyncio.sleep(0.02)

    def note(self, side, id, version):
        if self.journal and id[1].startswith(self.journal_of):
            line = {"from": version.region, "to": side.region, "table": id[0], "written": version.time,
                    "arrived": time.time_ns() / 1e6, "image": version.image}
            self.journal.write(json.dumps(line) + "\n")
            self.journal.flush()

    # What is asked of it.

    def routes(self):
        return {
            "PUT /cut": self.cut, "PUT /heal": self.heal, "PUT /lag": self.set_lag, "GET /figures": self.all_figures,
            "GET /settled": lambda _: self.settled(),
        }

    def cut(self, wanted):
        for link in self.links:
            if wanted.get("from", link.source.region) == link.source.region:
                if wanted.get("to", link.destination.region) == link.destination.region:
                    link.is_cut = True
        return self.all_figures(None)

    def heal(self, _):
        for link in self.links:
            link.is_cut = False
            waiting, link.waiting = link.waiting, {}
            # Of these a newer version is on its way, and one never overtakes another of its item.
            coming = {id for _, _, id, _, _ in link.due}
            for id, (key, version) in waiting.items():
                if id not in coming:
                    self.send(link, id, key, version)
        return self.all_figures(None)

    def set_lag(self, wanted):
        self.lag = (wanted["from"], wanted["to"])
        return self.all_figures(None)

    def all_figures(self, _):
        waiting = {f"{link.source.region} {link.destination.region}": link.load for link in self.links}
        tables = sorted(set.intersection(*(set(side.tails) for side in self.sides)))
        return self.figures | {"contested": self.contested, "waiting": waiting, "tables": tables}

    async def settled(self):
        while not any(link.is_cut for link in self.links):
            seen = self.figures["seen"]
            passes = [dict(side.tails) for side in self.sides]
            # Two passes that began after this: what was written before it has been read.
            while any(side.tails[table] < before.get(table, 0) + 2
                      for side, before in zip(self.sides, passes) for table in side.tails):
                await asyncio.sleep(0.02)
            if seen == self.figures["seen"] and not any(link.load for link in self.links):
                return True
            await asyncio.sleep(0.05)
        return False


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--prefix", action="append", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lag", type=float, nargs=2, default=(0.1, 2))
    parser.add_argument("--journal")
    parser.add_argument("--journal-of", default="")
    parser.add_argument("regions", nargs="+")
    arguments = parser.parse_args()
    end_with_input()
    replicator = Replicator(
        regions_of(arguments.regions), arguments.prefix, arguments.lag, arguments.seed, arguments.journal, arguments.journal_of)
    replicator.start(replicator.run())
    await serve(control(replicator.routes()))


if __name__ == "__main__":
    asyncio.run(main())
