"""Lag into DynamoDB: the worker writes Region A's tables; the project's replicator, whose lag is the link, brings rows to B's.

Each Region is a ministack. When a row was written in A its stream says (the emulator's clock, whole milliseconds), when it was
in B the replicator's journal: nothing is asked for. What counts is when the row's `state` tells of the event: from there on a
reader has it by one Query. Beside the worker a bare client puts a row every tenth of a second into the table of the
probes, which the replicator brings over as well: the floor, under the same load, of a table that is asked for news as often.
"""

import json
import subprocess
import sys
import threading
import time
import urllib.request

from lag_kafka import flags
from lag_kinesis import Pace, make_stream, ministack
from lag_load import Schedule, distribution, line_of, load_file
from lag_rigs import TOPIC, Noida, Worker, bench_kafka, start, until
from lag_service import Service
from measuring import ROOT, progress
from servers import cpu_of_tree, environment, run

KINDS = ["agent", "contact", "customer", "flow", "queue", "session", "username", "volume", "alias"]
REGIONS = ["us-east-1", "us-west-2"]
PROBES = "converge-session"
PARTITIONS = 4
LEAD_NANOSECONDS = 1_200_000_000
BARE_SECONDS = 0.1
# A bare row is about as large as a worker's.
ROW_BASE64 = 1_200
# From the last event to the worker's end: a shard is asked five times a second, and what was not asked for never comes.
LAST_SECONDS = 1
# As in Tests/Servers/python/feed.py.
TABLE = {
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
}


class Regions:
    """Two emulators with tables, and what replicates between them."""

    def __init__(self, bench, journal="journal"):
        self.ends = []
        self.journal = f"{bench.scratch}/{journal}"
        # The worker's times are this clock's, the journal's the wall's.
        self.wall_ahead = time.time_ns() - time.monotonic_ns()
        try:
            self.servers = []
            for region in REGIONS:
                self.servers.append(ministack(bench, f"{journal}-{region}"))
                self.ends.append(self.servers[-1].end)
                server = self.servers[-1].url
                # With the newest format of rows and its dictionary, as people have them.
                run([bench.converge, "tables", "create", "--regions", region, "--prefix", "converge"],
                    environment(dynamodb=server), f"{bench.scratch}/tables-{region}.log")
            places = [f"{region}={server.port}" for region, server in zip(REGIONS, self.servers)]
            self.process = start(
                [sys.executable, "-B", f"{ROOT}/Tests/Servers/python/replicator.py", "--prefix", "converge-", "--lag", "0", "0",
                 "--journal", self.journal, *places], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self.ends.append(self.end_replicator)
            self.control = int(self.process.stdout.readline().split()[1])
            until("all tables are replicated", lambda: len(self.ask("GET", "/figures")["tables"]) == len(KINDS))
        except BaseException:
            self.end()
            raise

    def ask(self, method, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.control}{path}", method=method, data=json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def set_link(self, milliseconds):
        self.ask("PUT", "/lag", {"from": milliseconds / 1000, "to": milliseconds / 1000})

    def cpu(self):
        """CPU seconds of the servers since they were started."""
        servers = {region: cpu_of_tree(server.process.pid) for region, server in zip(REGIONS, self.servers)}
        return servers | {"replicator": cpu_of_tree(self.process.pid)}

    def settle(self):
        """Waits until B has what A wrote, or a minute."""
        try:
            self.ask("GET", "/settled")
        except OSError:
            progress("lag: the replicator is more than a minute behind")

    def end_replicator(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        for end in self.ends:
            end()

    def lines(self):
        """What came from A to B: (table, image, nanoseconds when it was written, when it arrived), by the monotonic clock."""
        with open(self.journal) as file:
            for text in file:
                line = json.loads(text)
                if line["from"] == REGIONS[0] and line["image"]:
                    times = [line["written"] * 1_000_000, int(line["arrived"] * 1_000_000)]
                    yield line["table"], line["image"], *(at - self.wall_ahead for at in times)

    def probes(self, sessions):
        """Of each session (number, when it was written in A) and (number, when it was in B)."""
        written, arrived = [[] for _ in range(sessions)], [[] for _ in range(sessions)]
        for table, image, at, there in self.lines():
            if table == PROBES and image["pk"]["S"].startswith("session#probe-"):
                session = int(image["pk"]["S"].rsplit("-", 1)[1])
                number = int(image["state"]["M"]["fields"]["M"]["n"]["N"])
                if not arrived[session] or number > arrived[session][-1][0]:
                    written[session].append((number, at))
                    arrived[session].append((number, there))
        return written, arrived


class Bare:
    """Rows that a bare client puts at intended times: how long until the answer, and until they are in Region B."""

    def __init__(self, regions):
        self.regions, self.is_over, self.puts = regions, threading.Event(), []
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        service, number = Service(self.regions.servers[0].url, "dynamodb"), 0
        begin = time.monotonic_ns()
        while not self.is_over.is_set():
            due = begin + int(number * BARE_SECONDS * 1e9)
            time.sleep(max(0, (due - time.monotonic_ns()) / 1e9))
            service.call("PutItem", TableName=PROBES, Item={
                "pk": {"S": f"bare#{number % PARTITIONS}"}, "sk": {"S": REGIONS[0]}, "rev": {"S": str(number)},
                "registers": {"B": "A" * ROW_BASE64}})
            self.puts.append((due, time.monotonic_ns()))
            number += 1

    def end(self):
        self.is_over.set()
        self.thread.join()

    def lags(self, first, last):
        """Of what was due between two times, milliseconds: until the answer, and until it was in B."""
        arrived = {int(image["rev"]["S"]): there for table, image, _, there in self.regions.lines()
                   if table == PROBES and image["pk"]["S"].startswith("bare#")}
        put, there = [], []
        for number, (due, answered) in enumerate(self.puts):
            if first <= due < last:
                put.append((answered - due) / 1e6)
                # A version that a newer one overtook was never there: the newer one counts.
                versions = range(number, number + 9 * PARTITIONS, PARTITIONS)
                at = next((arrived[later] for later in versions if later in arrived), None)
                if at is not None:
                    there.append((at - due) / 1e6)
        return put, there


class Tables:
    """A worker on one source at one rate, through links one after the other: each its warm-up, then its measured time."""

    def __init__(self, bench, source, rate, warm_up, seconds, links, name="worker-tables"):
        self.bench, self.source, self.links, self.name = bench, source, links, name
        self.warm_up, self.seconds = warm_up, seconds
        self.schedule = Schedule(rate, warm_up, (warm_up + seconds) * len(links) - warm_up, PARTITIONS)
        self.file = load_file(bench, self.schedule)

    def run(self):
        """A run for each link and place: Region A's once, of the first link."""
        regions, stream, worker = Regions(self.bench), None, None
        try:
            stream = Noida(self.bench, PARTITIONS) if self.source == "kafka" else ministack(self.bench, "stream")
            worker = self.worker(regions, stream)
            until("the worker has its partitions", worker.is_ready)
            bare = Bare(regions)
            begin, late = self.load(regions, stream)
            bare.end()
            time.sleep(LAST_SECONDS)
            used = worker.end()
            regions.settle()
            used["servers"] = regions.cpu() | {"stream": cpu_of_tree(stream.process.pid)}
            return self.runs(regions, bare, begin, late, used)
        finally:
            if worker and worker.process.returncode is None:
                worker.kill()
            if stream:
                stream.end()
            regions.end()

    def worker(self, regions, stream):
        tables = ["--store-kind", "dynamodb", "--store-prefix", "converge"]
        if self.source == "kafka":
            env = environment(dynamodb=regions.servers[0].url)
            return Worker(self.bench, self.name, flags(stream.address, "tables") + tables, env)
        make_stream(stream, "events")
        return Worker(self.bench, self.name, [
            "--source-kind", "kinesis", "--kinesis-streams", "events", "--kinesis-application", "leases", *tables],
            environment(dynamodb=regions.servers[0].url, kinesis=stream.url))

    def load(self, regions, stream):
        """Sends all; the links change meanwhile. When it began, and how late the producer was."""
        if self.source == "kafka":
            begin = time.monotonic_ns() + LEAD_NANOSECONDS
            process = start([bench_kafka(), "pace", stream.address, TOPIC, self.schedule.text(begin), self.file],
                            stdout=subprocess.PIPE, text=True)
        else:
            pace = Pace(stream, "events", self.schedule, self.file)
            process, begin = pace.process, pace.begin()
        for number, link in enumerate(self.links):
            time.sleep(max(0, (self.from_of(begin, number) - time.monotonic_ns()) / 1e9))
            regions.set_link(link)
        output, _ = process.communicate()
        late = line_of(output)
        return begin, {name: value / 1000 for name, value in late.items()} if self.source == "kafka" else late

    def from_of(self, begin, number):
        """When the link of that number begins."""
        return begin + number * (self.warm_up + self.seconds) * 1_000_000_000

    def runs(self, regions, bare, begin, late, used):
        written, arrived = regions.probes(PARTITIONS)
        runs = []
        for number, link in enumerate(self.links):
            first = self.from_of(begin, number) + self.warm_up * 1_000_000_000
            last = self.from_of(begin, number + 1)
            put, there = bare.lags(first, last)
            for place, seen, floor in ("A", written, put), ("B", arrived, there):
                if place == "B" or number == 0:
                    lags, missing = self.schedule.lags(begin, seen, first, last)
                    about = {"place": place, "link": link if place == "B" else 0}
                    runs.append(about | {"who": "floor"} | distribution(floor))
                    grows = self.schedule.grows(begin, seen, first, last)
                    runs.append(about | {"who": "worker", "missing": missing, "grows": grows, "process": used}
                                | distribution(lags) | late)
        return runs


def greatest_rate(bench, rows):
    """Rows a second that a bare generator gets into a table of one emulator over eight connections (`Benchmarks/AWS/load.c`)."""
    program, file = f"{bench.scratch}/load", f"{bench.scratch}/puts.jsonl"
    subprocess.run(["cc", "-O3", "-o", program, f"{ROOT}/Benchmarks/AWS/load.c"], check=True)
    with open(file, "w") as out:
        for number in range(rows):
            item = {"pk": {"S": f"bare#{number % 1000}"}, "sk": {"S": REGIONS[0]}, "registers": {"B": "A" * ROW_BASE64}}
            out.write(json.dumps({"TableName": "converge-bare", "Item": item}) + "\n")
    server = ministack(bench, "flood")
    try:
        Service(server.url, "dynamodb").call("CreateTable", TableName="converge-bare", **TABLE)
        done = run([program, server.port, file, 8])
        return done["rows"] / done["seconds"]
    finally:
        server.end()
