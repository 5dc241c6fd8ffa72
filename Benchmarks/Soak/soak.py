"""Soaks a worker on Kafka: events at a steady rate for minutes, with kill -9 of the broker in the middle.

Prints a table over time and a verdict; the exit code is 0 where all of it holds:
  - resident memory at the end is within a tenth of what it was at minute two, as means of some twenty seconds each,
  - open files are no more than a tenth above those of minute two, or eight,
  - the state has the digest of a replay of the events that were produced.

The events are the generator's, without agents and records, which are large. The broker keeps its topics in memory and on disk as one
document, so what the worker has made durable is deleted from the topic some seconds later (DeleteRecords). When it is killed, the
broker loses about two seconds of what it had acknowledged; that is produced again, as by anybody whose broker has no replica. So that
resident memory has to level off, the worker caches 64 MiB of state. Before the clock starts it is given as many events as come in two
minutes, as fast as it takes them: its caches and RocksDB's are full by minute two then, and what is measured is whether they stay within
their bounds. The events are of another day, so contacts are kept: what expires is missing beside a replay.
"""
import argparse
import collections
import ctypes
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

TOPIC = "events"
PARTITIONS = 4
MIX = "contact=6,flow=2,session=1,customer=1,queue=1"
# Seconds for which a record stays in the topic at least.
KEPT_SECONDS = 6
# Seconds' worth of events that fill the caches before the clock starts, and how far the worker may be behind meanwhile.
WARM_SECONDS = 120
WARM_LAG = 20_000
SAMPLE_SECONDS = 5
ROW_SECONDS = 30


def free_port():
    """Below the ports that clients are given, which might be taken while the broker is away."""
    while True:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def resident(pid):
    """Bytes of memory that a process has."""
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def until(what, is_so, seconds=60, pause=0.05):
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise SystemExit(f"soak: it never happened that {what}")
        time.sleep(pause)


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def start(command, **streams):
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent, **streams)


class Broker:
    def __init__(self, directory):
        self.program = next(Path(sys.prefix).glob("lib/*/site-packages/noida_db/noida-db"))
        self.directory = directory
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.start()
        self.admin = AdminClient({"bootstrap.servers": self.address, "log_level": 0})
        self.admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1)])[TOPIC].result(30)

    def start(self):
        command = [self.program, "start", "--only", "kafka", "--kafka-port", str(self.port), "--data-dir", self.directory]
        self.process = start(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def ends(self):
        """Before which offset each partition ends."""
        consumer = Consumer({"bootstrap.servers": self.address, "group.id": "look", "log_level": 0})
        found = {}

        def ask():
            try:
                for number in range(PARTITIONS):
                    found[number] = consumer.get_watermark_offsets(TopicPartition(TOPIC, number), timeout=2)[1]
            except KafkaException:
                return False
            return True

        try:
            until("the broker says where its partitions end", ask)
        finally:
            consumer.close()
        return found

    def delete(self, ends):
        """Deletes the records before these offsets."""
        places = [TopicPartition(TOPIC, number, end) for number, end in ends.items() if end > 0]
        if places:
            for answer in self.admin.delete_records(places).values():
                answer.result(30)


class Worker:
    def __init__(self, converge, broker, directory, cache="64m"):
        self.log = directory / "worker.log"
        self.state = directory / "state"
        command = [
            converge, "run", "--kafka-bootstrap-servers", broker.address, "--kafka-topics", TOPIC, "--store-path", self.state,
            "--http-port", "0", "--cache-bytes", cache, "--retain-contacts", "36500d", "--log-path", self.log,
            "--kafka-statistics-interval", "1s",
            "--kafka-partition-assignment-strategy", "roundrobin", "--kafka-options", "receive.message.max.bytes=1000000000",
            "--kafka-options", "session.timeout.ms=6000", "--kafka-options", "reconnect.backoff.max.ms=200",
        ]
        self.process = start(command)
        until("the worker listens", self.listens)

    def listens(self):
        if self.process.poll() is not None:
            raise SystemExit(f"soak: the worker ended; see {self.log}")
        for line in self.log.read_text().splitlines() if self.log.exists() else []:
            entry = json.loads(line)
            if entry["event"] == "run.start":
                self.address = entry["fields"]["http"]
                return True
        return False

    def metrics(self):
        """Values by name, summed, and where the partitions are read and durable."""
        with urllib.request.urlopen(f"http://{self.address}/metrics", timeout=10) as page:
            lines = [line for line in page.read().decode().splitlines() if not line.startswith("#")]
        sums, places = collections.Counter(), collections.defaultdict(dict)
        for line in lines:
            series, value = line.rsplit(" ", 1)
            name, _, labels = series.partition("{")
            sums[name] += float(value)
            if 'partition="' in labels:
                places[name][int(labels.split('partition="')[1].split('"')[0])] = int(float(value))
        return sums, places

    def has_read_all(self, ends):
        sums, places = self.metrics()
        return places["converge_kafka_durable_position"] == ends and sums["converge_kafka_lag_records"] == 0

    def files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


class Feed:
    """Produces the lines of a generator, each until the broker has acknowledged it."""

    def __init__(self, generator, broker):
        self.generator = generator
        self.producer = Producer({
            "bootstrap.servers": broker.address, "linger.ms": 20, "reconnect.backoff.max.ms": 200,
            "queue.buffering.max.messages": 1_000_000, "log_level": 0,
        })
        self.taken = 0
        self.again = collections.deque()
        # By partition: offset, line and time of what was acknowledged and is not deleted yet.
        self.held = [collections.deque() for _ in range(PARTITIONS)]
        self.repeated = 0

    def step(self, due):
        """Produces until as many lines as are due have been taken."""
        while self.again:
            self.repeated += 1
            self.produce(self.again.popleft())
        for _ in range(min(due - self.taken, 1_000)):
            line = self.generator.stdout.readline().rstrip(b"\n")
            if not line:
                raise SystemExit("soak: the generator ended")
            self.taken += 1
            self.produce(line)
        self.producer.poll(0.01)

    def produce(self, line):
        number = hash(line) % PARTITIONS
        self.producer.produce(TOPIC, line, partition=number, on_delivery=lambda *report: self.delivered(line, *report))

    def delivered(self, line, error, message):
        if error is None:
            self.held[message.partition()].append((message.offset(), line, time.monotonic()))
        else:
            self.again.append(line)

    def stop(self):
        """What is not acknowledged counts as not produced."""
        self.producer.purge()
        until("nothing is under way", lambda: self.producer.flush(1) == 0)

    def take_back(self, ends):
        """Produces again what the broker had acknowledged and does not have. How much that is."""
        lost = [line for number, held in enumerate(self.held) for offset, line, _ in held if offset >= ends[number]]
        for number, held in enumerate(self.held):
            self.held[number] = collections.deque(entry for entry in held if entry[0] < ends[number])
        self.again.extend(lost)
        return len(lost)

    def pass_over(self, durable):
        """Forgets what is durable and old enough, and says up to which offset that is, by partition."""
        ends, now = {}, time.monotonic()
        for number, held in enumerate(self.held):
            while held and held[0][0] < durable.get(number, 0) and held[0][2] < now - KEPT_SECONDS:
                ends[number] = held.popleft()[0] + 1
        return ends

    def end(self):
        """Produces nothing new; returns when all is acknowledged."""
        def is_done():
            self.step(self.taken)
            return self.producer.flush(1) == 0 and not self.again

        until("everything is acknowledged", is_done)


class Soak:
    def __init__(self, options):
        self.options = options
        self.directory = Path(options.directory)
        self.directory.mkdir(parents=True)
        self.broker = Broker(self.directory / "broker")
        self.worker = Worker(options.converge, self.broker, self.directory)
        generator = start(self.generate(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.feed = Feed(generator, self.broker)
        self.samples = []
        self.start = time.monotonic()

    def generate(self):
        events = self.options.rate * (self.options.seconds + WARM_SECONDS)
        return [self.options.converge, "generate", "--events", str(events), "--mix", MIX,
                "--start", "2026-03-02T14:00:00Z", "--output", "-"]

    def seconds(self):
        return time.monotonic() - self.start

    def trim(self):
        self.broker.delete(self.feed.pass_over(self.worker.metrics()[1]["converge_kafka_durable_position"]))

    def warm(self):
        """Fills the caches, and starts the clock."""
        events, trimmed = self.options.rate * WARM_SECONDS, 0.0
        while self.feed.taken < events:
            sums, _ = self.worker.metrics()
            behind = self.feed.taken - sums["converge_records_total"]
            self.feed.step(min(events, self.feed.taken + 1_000) if behind < WARM_LAG else self.feed.taken)
            if self.seconds() >= trimmed + 1:
                trimmed = self.seconds()
                self.trim()
        print(f"soak: warmed up with {events} events in {self.seconds():.0f} s", flush=True)
        self.start = time.monotonic()

    def run(self):
        self.warm()
        before = self.feed.taken
        marks = {"sample": 0.0, "row": 0.0, "trim": 0.0, "kill": self.options.seconds / 2}
        print("  time   produced     merged     lag  resident  files  dirty  broker", flush=True)
        while self.seconds() < self.options.seconds:
            self.feed.step(before + int(self.seconds() * self.options.rate))
            now = self.seconds()
            if now >= marks["trim"]:
                marks["trim"] = now + 1
                self.trim()
            if now >= marks["sample"]:
                marks["sample"] += SAMPLE_SECONDS
                self.sample()
            if now >= marks["row"]:
                marks["row"] += ROW_SECONDS
                self.print_row()
            if now >= marks["kill"]:
                marks["kill"] = float("inf")
                self.kill_broker()
        self.sample()
        self.print_row()

    def sample(self):
        if self.worker.process.poll() is not None:
            raise SystemExit(f"soak: the worker ended with {self.worker.process.returncode}; see {self.worker.log}")
        sums, _ = self.worker.metrics()
        self.samples.append({
            "time": self.seconds(), "produced": self.feed.taken, "merged": int(sums["converge_records_total"]),
            "lag": int(sums["converge_kafka_lag_records"]), "resident": resident(self.worker.process.pid),
            "files": self.worker.files(), "dirty": sums["converge_dirty_bytes"], "broker": resident(self.broker.process.pid),
        })

    def print_row(self):
        row = self.samples[-1]
        print(
            f"{row['time']:5.0f}s {row['produced']:10} {row['merged']:10} {row['lag']:7} {row['resident'] / 2**20:6.0f} MB "
            f"{row['files']:6} {row['dirty'] / 2**20:3.0f} MB {row['broker'] / 2**20:4.0f} MB", flush=True)

    def kill_broker(self):
        self.broker.kill()
        self.feed.stop()
        self.broker.start()
        ends = self.broker.ends()
        lost = self.feed.take_back(ends)

        # A worker that looks at a partition again only when it has grown past the old place cannot know of the gap.
        def is_known():
            places = self.worker.metrics()[1]["converge_kafka_position"]
            return len(places) == PARTITIONS and all(places[number] <= ends[number] for number in ends)

        until("the worker knows of what the broker lost", is_known)
        print(f"{self.seconds():5.0f}s the broker was killed: {lost} acknowledged events lost and "
              f"{len(self.feed.again) - lost} not acknowledged, all produced again", flush=True)

    def end(self):
        """Ends everything. Whether the state is whole."""
        self.feed.end()
        ends = self.broker.ends()
        until("the worker has read everything", lambda: self.worker.has_read_all(ends), seconds=120)
        self.worker.process.terminate()
        code = self.worker.process.wait(60)
        self.broker.kill()
        self.feed.generator.kill()
        print(f"soak: the worker ended with exit code {code}; its state is compared with a replay", flush=True)
        return code == 0 and self.digest(self.worker.state) == self.reference()

    def digest(self, state):
        output = subprocess.run([self.options.converge, "digest", state], check=True, capture_output=True, text=True).stdout
        return next(word for word in output.split() if len(word) == 64)

    def reference(self):
        events, state = self.directory / "produced.jsonl", self.directory / "replayed"
        generator = start(self.generate(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        with open(events, "wb") as file:
            for _ in range(self.feed.taken):
                file.write(generator.stdout.readline())
        generator.kill()
        subprocess.run([self.options.converge, "replay", events, "--state", state], check=True, stdout=subprocess.DEVNULL)
        events.unlink()
        return self.digest(state)

    def mean(self, key, first, last):
        values = [sample[key] for sample in self.samples if first <= sample["time"] <= last]
        return sum(values) / len(values)

    def verdict(self, is_whole):
        # Of a short run: the same part of it.
        early, last = min(120, self.options.seconds / 5), self.samples[-1]["time"]
        before, after = self.mean("resident", early - 10, early + 10), self.mean("resident", last - 20, last)
        files, files_after = self.mean("files", early - 10, early + 10), self.mean("files", last - 20, last)
        checks = [
            (abs(after / before - 1) <= 0.1,
             f"resident memory: {after / 2**20:.0f} MB at the end, {before / 2**20:.0f} MB after {early:.0f} s, "
             f"{after / before - 1:+.1%}"),
            (files_after <= max(files * 1.1, files + 8),
             f"open files: {files_after:.0f} at the end, {files:.0f} after {early:.0f} s"),
            (is_whole, f"nothing lost: {self.feed.taken} events, and the digest of their replay"),
        ]
        for holds, what in checks:
            print(f"soak: {'ok    ' if holds else 'FAILED'} {what}")
        return all(holds for holds, _ in checks)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--converge", required=True)
    parser.add_argument("--directory", required=True)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--rate", type=int, default=5000)
    soak = Soak(parser.parse_args())
    soak.run()
    is_whole = soak.end()
    sys.exit(0 if soak.verdict(is_whole) else 1)


if __name__ == "__main__":
    main()
