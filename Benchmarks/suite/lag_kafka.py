"""Lag through Kafka and the embedded store: Region A reads its broker, Region B the same one over a link."""

import subprocess
import time

from lag_load import Schedule, line_of, load_file
from lag_rigs import TOPIC, Relay, Watch, Worker, bench_kafka, start, until

# For librdkafka to look around before the first event is due.
LEAD_NANOSECONDS = 1_200_000_000
# noida-db answers with all it has, and at once; the mock cluster once the wait is over.
OPTIONS = ["receive.message.max.bytes=1000000000", "fetch.wait.max.ms=1"]


def flags(address, group):
    options = [part for option in OPTIONS + ["session.timeout.ms=6000"] for part in ("--kafka-options", option)]
    return ["--kafka-bootstrap-servers", address, "--kafka-topics", TOPIC, "--kafka-group-id", group,
            "--kafka-partition-assignment-strategy", "roundrobin", *options]


class Kafka:
    """One load at one rate, with who reads it: a broker of its own."""

    def __init__(self, bench, broker, partitions, rate, warm_up, seconds):
        self.bench, self.make, self.schedule = bench, broker, Schedule(rate, warm_up, seconds, partitions)
        self.file = load_file(bench, self.schedule)
        self.relays = []

    def run(self, places, workers=True):
        """`places`: names of readers and how far away they are, milliseconds one way. A run of each, its lag in milliseconds."""
        self.broker = self.make(self.bench, self.schedule.partitions)
        try:
            return self.with_workers(places) if workers else self.with_floors(places)
        finally:
            for relay in self.relays:
                relay.end()
            self.relays = []
            self.broker.end()

    def address(self, link):
        if link == 0:
            return self.broker.address
        relay = Relay(link, self.broker.port, f"127.0.0.{2 + len(self.relays)}", self.broker.port)
        self.relays.append(relay)
        return relay.address

    def pace(self, begin):
        done = subprocess.run([bench_kafka(), "pace", self.broker.address, TOPIC, self.schedule.text(begin), self.file],
                              check=True, stdout=subprocess.PIPE, text=True)
        return {name: value / 1000 for name, value in line_of(done.stdout).items()}

    def with_floors(self, places):
        """Consumers that only count (`bench-kafka floor`)."""
        begin = time.monotonic_ns() + LEAD_NANOSECONDS
        readers = [start([bench_kafka(), "floor", self.address(link), TOPIC, self.schedule.text(begin), "-", *OPTIONS],
                         stdout=subprocess.PIPE, text=True) for _, link in places]
        try:
            late = self.pace(begin)
            runs = []
            for (name, link), reader in zip(places, readers):
                output, _ = reader.communicate(timeout=60)
                figures = line_of(output)
                lag = {share: figures[share] / 1000 for share in ("p50", "p90", "p99", "p99.9", "max")}
                about = {"who": "floor", "place": name, "link": link, "probes": figures["events"]}
                runs.append(about | {"cpuMicroseconds": figures["cpu"]} | lag | late)
            return runs
        finally:
            for reader in readers:
                reader.kill()
                reader.wait()

    def with_workers(self, places):
        """`converge run` with the embedded store, each a group of its own, and watched."""
        workers = [Worker(self.bench, f"worker-{name}-{link}", flags(self.address(link), f"{name}-{link}"))
                   for name, link in places]
        try:
            for worker in workers:
                until(f"{worker.name} has its partitions", worker.is_ready)
            watches = [Watch(self.bench, worker, self.schedule) for worker in workers]
            begin = time.monotonic_ns() + LEAD_NANOSECONDS
            late = self.pace(begin)
            return [watch.run(name, link, begin, late) for (name, link), watch in zip(places, watches)]
        finally:
            for worker in workers:
                if worker.process.returncode is None:
                    worker.kill()
