"""Lag through Kinesis and the embedded store: ministack has the stream, Region B reads it over a link."""

import subprocess
import sys
import time

from lag_load import Schedule, distribution, line_of, load_file, read_seen
from lag_rigs import HERE, Relay, Watch, Worker, start, until
from lag_service import Service
from measuring import ROOT
from servers import Ministack, environment

SHARDS = 4
STREAM = "events"
SCRIPT = [sys.executable, "-B", f"{HERE}/lag_stream.py"]
LEAD_NANOSECONDS = 500_000_000


def ministack(bench, name):
    return Ministack(f"{ROOT}/.build/venv-ministack/bin/ministack", f"{bench.scratch}/ministack-{name}.log")


def make_stream(server, stream):
    kinesis = Service(server.url, "kinesis")
    kinesis.call("CreateStream", StreamName=stream, ShardCount=SHARDS)
    until("the stream is there", lambda: kinesis.call("DescribeStreamSummary", StreamName=stream)
          ["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE")


class Pace:
    """The producer: ready before the clock starts."""

    def __init__(self, server, stream, schedule, file):
        self.process = start([*SCRIPT, "pace", server.url, stream, schedule.text(0), file],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def begin(self):
        begin = time.monotonic_ns() + LEAD_NANOSECONDS
        self.process.stdin.write(f"{begin}\n")
        self.process.stdin.flush()
        return begin

    def wait(self):
        output, _ = self.process.communicate()
        if self.process.returncode:
            raise SystemExit("lag: the producer failed")
        return line_of(output)


class Kinesis:
    """One load at one rate, with who reads it: a stream of its own."""

    def __init__(self, bench, server, rate, warm_up, seconds):
        self.bench, self.server, self.schedule = bench, server, Schedule(rate, warm_up, seconds, SHARDS)
        self.file = load_file(bench, self.schedule)
        self.relays = []

    def run(self, places, workers=True):
        """As `Kafka.run`."""
        stream = f"{STREAM}-{time.monotonic_ns()}"
        make_stream(self.server, stream)
        try:
            return self.with_workers(stream, places) if workers else self.with_floors(stream, places)
        finally:
            for relay in self.relays:
                relay.end()
            self.relays = []
            Service(self.server.url, "kinesis").call("DeleteStream", StreamName=stream)

    def address(self, link):
        if link == 0:
            return self.server.url
        relay = Relay(link, self.server.port)
        self.relays.append(relay)
        return f"http://{relay.address}"

    def with_floors(self, stream, places):
        last = [str(numbers[-1]) for numbers in self.schedule.probes()]
        paths = [f"{self.bench.scratch}/floor-{name}-{link}" for name, link in places]
        readers = [start([*SCRIPT, "floor", self.address(link), stream, path, *last], stdout=subprocess.PIPE, text=True)
                   for (_, link), path in zip(places, paths)]
        try:
            for reader in readers:
                reader.stdout.readline()
            pace = Pace(self.server, stream, self.schedule, self.file)
            begin = pace.begin()
            late = pace.wait()
            runs = []
            for (name, link), path, reader in zip(places, paths, readers):
                try:
                    reader.wait(15)
                except subprocess.TimeoutExpired:
                    pass
                lags, missing = self.schedule.lags(begin, read_seen(path, SHARDS))
                runs.append({"who": "floor", "place": name, "link": link, "missing": missing} | distribution(lags) | late)
            return runs
        finally:
            for reader in readers:
                reader.kill()
                reader.wait()

    def with_workers(self, stream, places):
        workers = []
        try:
            for name, link in places:
                region = "us-east-1" if name == "A" else "us-west-2"
                found = environment(kinesis=self.address(link), dynamodb=self.server.url) | {"AWS_REGION": region}
                workers.append(Worker(self.bench, f"worker-{name}-{link}", [
                    "--source-kind", "kinesis", "--kinesis-streams", stream, "--streams", "all", "--kinesis-regions", "us-east-1",
                    "--kinesis-application", f"{stream}-{name}-{link}"], found))
            for worker in workers:
                until(f"{worker.name} has its shards", worker.is_ready)
            watches = [Watch(self.bench, worker, self.schedule) for worker in workers]
            pace = Pace(self.server, stream, self.schedule, self.file)
            begin = pace.begin()
            late = pace.wait()
            return [watch.run(name, link, begin, late) for (name, link), watch in zip(places, watches)]
        finally:
            for worker in workers:
                if worker.process.returncode is None:
                    worker.kill()


def greatest_rate(bench, server, file, seconds):
    """Events a second that a bare producer gets in."""
    make_stream(server, "flood")
    command = [*SCRIPT, "flood", server.url, "flood", str(seconds), file]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    Service(server.url, "kinesis").call("DeleteStream", StreamName="flood")
    return line_of(done.stdout)["rate"]
