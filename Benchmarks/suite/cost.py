"""What events cost: rows, write units and CPU, measured; dollars a month from list prices (`prices.json`), line by line.

Rows and units come from the real core under a made-up clock (`bench-aws units`), CPU from a worker on Kinesis and DynamoDB (the
emulator) at the rate of so many agents, and what an honest Lambda function would write from the same events (`peers/lambda`).
`bill.py` does the arithmetic, `cost_report.py` the tables.
"""

import base64
import json
import os
import subprocess
import sys
import threading
import time
import urllib.request

from cost_report import AGENTS, RATES, headlines, pictures, tables
from measuring import ROOT, progress
from recovery import MINISTACK, Worker, installed, until
from servers import Ministack, cpu_of_tree, environment, run

__all__ = ["measure", "tables", "pictures", "headlines"]

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

    def units(self):
        """What the same events come to as Converge writes them, and as an honest Lambda function does."""
        for traffic, rate in RATES.items():
            events = rate * self.sizes.amplified[traffic]
            self.keep("units", traffic, [self.aws, "units", events, rate])
            path = f"{self.bench.scratch}/paced-{rate}-{events}.txt"
            if not os.path.exists(path):
                run([self.aws, "events", path + ".new", events, rate])
                os.rename(path + ".new", path)
            self.keep("honest", traffic, [sys.executable, "-B", f"{ROOT}/Benchmarks/peers/lambda/honest.py", path])

    def keep(self, case, traffic, command):
        progress(f"cost: {case}, {traffic}")
        lines = subprocess.run([str(each) for each in command], stdout=subprocess.PIPE, check=True)
        for line in lines.stdout.splitlines():
            self.runs.append({"case": case, "traffic": traffic, **json.loads(line)})

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
    work.units()
    work.stored()
    work.paced()
    return work.runs
