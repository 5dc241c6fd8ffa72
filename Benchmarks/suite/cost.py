"""What events cost: rows, write units and CPU, measured; dollars a month from list prices (`prices.json`), line by line.

Rows and units come from the real core under a made-up clock (`bench-aws amplification`), CPU from a worker on Kinesis and
DynamoDB (the emulator) at the rate of so many agents. `bill.py` does the arithmetic.
"""

import base64
import json
import os
import subprocess
import threading
import time
import urllib.request

import bill
from measuring import ROOT, median, pick, spread, table
from recovery import MINISTACK, Worker, installed, until
from servers import Ministack, cpu_of_tree, environment, run

# Events a second of a thousand agents, who take ten contacts an hour or mostly wait.
RATES = {"busy": 83, "quiet": 12}
AGENTS = [1_000, 10_000]
STREAM = "bench"
# Shards of the stream that so many agents take.
SHARDS = {1_000: 2, 10_000: 6}


class Sizes:
    def __init__(self, quick):
        # Seconds of events under the made-up clock, and of the paced worker after those that it warms up in.
        self.amplified = {"busy": 300, "quiet": 300} if quick else {"busy": 1_200, "quiet": 3_600}
        self.paced, self.warm = (3, 1) if quick else (6, 2)
        self.stored = 20_000 if quick else 200_000
        self.rounds = 1 if quick else 2


class Cost:
    def __init__(self, bench):
        self.bench, self.sizes, self.runs = bench, Sizes(bench.quick), []
        self.aws = os.environ.get("BENCH_AWS")
        if self.aws is None:
            run(["swift", "build", "--package-path", ROOT, "-c", "release", "--product", "bench-aws"], errors=os.devnull)
            self.aws = f"{ROOT}/.build/release/bench-aws"

    def amplification(self):
        for traffic, rate in RATES.items():
            lines = subprocess.run([self.aws, "amplification", str(rate * self.sizes.amplified[traffic]), str(rate)],
                                   stdout=subprocess.PIPE, check=True)
            for line in lines.stdout.splitlines():
                self.runs.append({"case": "amplification", "traffic": traffic, **json.loads(line)})

    def stored(self):
        """Entities that events leave behind, and the sizes of events."""
        path = self.bench.events(self.sizes.stored, "--agents", "1000")
        done = run([self.bench.converge, "replay", path, "--memory", "--format", "json", "--dead-letters",
                    f"{self.bench.scratch}/dead-letters.jsonl"])
        with open(path, "rb") as file:
            kilobytes = sum((len(line) + 1022) // 1024 for line in file)
        self.runs.append({"case": "stored", "events": done["records"], "bytes": os.path.getsize(path),
                          "roundedKilobytes": kilobytes, "entities": sum(done["entities"].values())})

    def paced(self):
        """A worker at the rate of so many busy agents: CPU and memory of its process, rows that it wrote."""
        home = installed("ministack", MINISTACK)
        for number in self.bench.rounds(self.sizes.rounds):
            for agents in AGENTS:
                rate = RATES["busy"] * agents // 1_000
                path = self.bench.events(rate * (self.sizes.paced + self.sizes.warm + 20), "--agents", str(agents))
                emulator = Ministack(f"{home}/bin/ministack", f"{self.bench.scratch}/ministack.log")
                feed = worker = None
                try:
                    env = environment(dynamodb=emulator.url, kinesis=emulator.url)
                    run([self.bench.converge, "tables", "create", "--regions", "us-east-1", "--prefix", "bench"], env, os.devnull)
                    feed = Feed(emulator.url, SHARDS[agents], path, rate)
                    worker = Worker(self.command(), env)
                    until("the worker has written", lambda: worker.metrics().get("converge_dynamodb_rows_written_total", 0) > 0)
                    time.sleep(self.sizes.warm)
                    self.runs.append({"case": "paced", "agents": agents, "rate": rate, "round": number, **self.watch(worker)})
                finally:
                    if worker:
                        worker.kill()
                    if feed:
                        feed.end()
                    emulator.end()

    def command(self):
        return [self.bench.converge, "run", "--source-kind", "kinesis", "--kinesis-streams", STREAM, "--store-kind", "dynamodb",
                "--store-prefix", "bench", "--http-port", "0", "--log-format", "json", "--retain-contacts", "36500d",
                "--dead-letters-path", f"{self.bench.scratch}/dead-letters.jsonl"]

    def watch(self, worker):
        names = {"events": "converge_records_total", "rows": "converge_dynamodb_rows_written_total"}
        before, cpu, start = worker.metrics(), cpu_of_tree(worker.process.pid), time.monotonic()
        time.sleep(self.sizes.paced)
        cpu, seconds = cpu_of_tree(worker.process.pid) - cpu, time.monotonic() - start
        after = worker.metrics()
        with open(f"/proc/{worker.process.pid}/status") as file:
            peak = next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))
        counts = {key: after[name] - before[name] for key, name in names.items()}
        return {"seconds": seconds, "cpu": cpu, "peakBytes": peak, **counts}


class Feed:
    """Events at a steady rate into a stream of the emulator, when they are due."""

    def __init__(self, url, shards, path, rate):
        self.url, self.file, self.rate = url, open(path, "rb"), rate
        self.call("CreateStream", {"StreamName": STREAM, "ShardCount": shards})
        until("the stream is there", lambda: self.call("DescribeStreamSummary", {"StreamName": STREAM})[
            "StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE")
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.go, daemon=True)
        self.thread.start()

    def call(self, operation, parameters):
        headers = {"X-Amz-Target": f"Kinesis_20131202.{operation}", "Content-Type": "application/x-amz-json-1.1",
                   "Authorization": "AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/kinesis/aws4_request"}
        request = urllib.request.Request(self.url, json.dumps(parameters).encode(), headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"{}")

    def go(self):
        start, sent = time.monotonic(), 0
        while not self.ended.wait(0.05):
            due = min(int((time.monotonic() - start) * self.rate), sent + 500)
            records = [{"Data": base64.b64encode(self.file.readline().rstrip(b"\n")).decode(), "PartitionKey": str(number * 7919)}
                       for number in range(sent, due)]
            if records and self.call("PutRecords", {"StreamName": STREAM, "Records": records})["FailedRecordCount"]:
                raise SystemExit("cost: the emulator refuses records")
            sent = due

    def end(self):
        self.ended.set()
        self.thread.join()
        self.file.close()


def measure(bench):
    work = Cost(bench)
    work.amplification()
    work.stored()
    work.paced()
    return work.runs


# What the figures say.


def figures(part):
    """What the arithmetic begins with."""
    runs = part["runs"]
    stored = pick(runs, case="stored")[0]
    found = {"entities": stored["entities"] / stored["events"], "bytes": stored["bytes"] / stored["events"],
             "kilobytes": stored["roundedKilobytes"] / stored["events"], "traffic": {}, "cpu": {}, "peak": {}}
    for traffic in RATES:
        coalesced, at_once = [pick(runs, case="amplification", traffic=traffic, flushInterval=100, heartbeatInterval=interval)[0]
                              for interval in (60_000, 0)]
        found["traffic"][traffic] = {
            "perAgentHour": RATES[traffic] * 3.6, "units": coalesced["units"] / coalesced["events"],
            "rows": coalesced["rows"] / coalesced["events"], "itemBytes": coalesced["itemBytes"],
            "bareUnits": coalesced["unitsWithoutValues"] / coalesced["events"],
            "unitsAtOnce": at_once["units"] / at_once["events"], "rowsAtOnce": at_once["rows"] / at_once["events"]}
    for agents in AGENTS:
        paced = pick(runs, case="paced", agents=agents)
        found["cpu"][agents] = median([each["cpu"] / each["events"] for each in paced])
        found["peak"][agents] = max(each["peakBytes"] for each in paced)
    return found


def million_rows(part):
    found = figures(part)
    for traffic, about in found["traffic"].items():
        yield [f"{traffic}, {about['perAgentHour']:.0f} events an agent and hour", f"{about['rows']:.3f}",
               f"**{about['units']:.2f}**", f"{about['bareUnits']:.2f}", f"{about['rowsAtOnce']:.3f}",
               f"{about['unitsAtOnce']:.2f}"]


def worker_rows(part):
    for agents in AGENTS:
        runs = pick(part["runs"], case="paced", agents=agents)
        yield [f"{agents:,}", f"{runs[0]['rate']:,}", spread(each["events"] / each["seconds"] for each in runs),
               f"**{spread(each['cpu'] / each['events'] * 1e6 for each in runs)}**",
               spread(each["cpu"] / each["seconds"] for each in runs), spread(each["rows"] / each["events"] for each in runs),
               spread(each["peakBytes"] / 1e6 for each in runs)]


def money(value):
    return f"{value:,.0f}" if value >= 10 else f"{value:,.2f}"


def bill_rows(found, agents, traffic):
    for line in bill.lines(found, agents, traffic):
        yield [line.what, line.arithmetic, money(line.dollars)]
    yield ["**together**", "", f"**{money(bill.total(found, agents, traffic))}**"]
    for line in bill.choices(found, agents, traffic):
        yield [f"or: {line.what}", line.arithmetic, money(line.dollars)]


def beside_rows(found):
    for traffic in RATES:
        for agents in AGENTS:
            ways = [bill.total(found, agents, traffic, way) for way in bill.WAYS]
            compute = [bill.total(found, agents, traffic, way, "compute") for way in bill.WAYS]
            yield [traffic, f"{agents:,}", *[f"{money(all_)} (compute {money(part)})" for all_, part in zip(ways, compute)]]


def price_rows():
    for each in bill.PRICES["prices"].values():
        yield [f"{each['dollars']:.10g}", each["unit"], f"[page]({each['page']})", each["quoted"]]


def tables(part):
    found = figures(part)
    rows = table(["traffic", "million rows", "million units", "without `values`", "heartbeats at once: million rows",
                  "million units"], million_rows(part))
    workers = table(["agents", "events/s sent", "events/s read", "CPU seconds", "processors", "rows an event",
                     "peak memory, MB"], worker_rows(part))
    bills = "\n".join(
        f"{agents:,} agents, busy:\n\n" + table(["", "arithmetic", "dollars"], bill_rows(found, agents, "busy"))
        for agents in AGENTS)
    beside = table(["traffic", "agents", *bill.WAYS.values()], beside_rows(found))
    return f"""**A million events**: rows and write units of a table that is not replicated, flushes 100 ms apart, heartbeats that
change nothing written at most once a minute. Each replica of a global table is charged as many. These do not depend on the
machine.

{rows}
The worker on Kinesis and DynamoDB (ministack) at the rate of so many busy agents; CPU seconds a million events, of the process,
with everything that it does while it waits. Where fewer events are read than sent, the emulator does not write rows fast enough:
more of them then coalesce.

{workers}
**Dollars a month** of two Regions, each made to take everything. An agent works {bill.HOURS} hours a month; what always runs runs
{bill.MONTH}. Prices are list prices of {bill.PRICES['region']} for both Regions, before free tiers and discounts, as
`suite/prices.json` has them with page and source ({bill.PRICES['read']}; the pages themselves were not open, and what could not
be verified is marked there). Contacts are kept for 30 days. Amazon Connect, network between the Regions' services and logs are
not in it.

{bills}
Beside it, the same events and rows: a Lambda function a Region in Python with boto3 ({bill.LAMBDA_ROW * 1e6:,.0f} us of CPU a
row, from `make bench-aws`; a memory of {bill.LAMBDA_MEMORY} MB, which is one vCPU; an invocation a shard and second), each
heartbeat written, nothing retried, read or waited for; and Managed Service for Apache Flink with one KPU and the one of the
application in each Region. Their rows are taken to be as large as Converge's. What is dear is DynamoDB, whoever writes: so it is
rows and units an event that decide.

{beside}
![Dollars a month](pictures/cost.svg)

The prices:

{table(['dollars', 'for a', 'of AWS', 'quoted by'], price_rows())}"""


def pictures(part, folder):
    import drawing

    found = figures(part)
    drawn, axes = drawing.figure("1,000 busy agents, two Regions", "", "dollars a month")
    bottoms = [0.0] * len(bill.WAYS)
    for group in bill.GROUPS:
        heights = [bill.total(found, 1_000, "busy", way, group) for way in bill.WAYS]
        axes.bar(list(bill.WAYS.values()), heights, bottom=bottoms, label=group, width=0.5)
        bottoms = [below + height for below, height in zip(bottoms, heights)]
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    drawing.save(drawn, f"{folder}/cost.svg")


def headlines(part):
    found = figures(part)
    return {**{f"cost {traffic}, events a write unit": 1 / about["units"] for traffic, about in found["traffic"].items()},
            **{f"cost, events a CPU second of a worker, {agents:,} agents": 1 / found["cpu"][agents] for agents in AGENTS}}
