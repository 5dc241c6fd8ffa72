"""kill -9 of a worker on Kafka under load, to the first row that the next process makes durable, by size of the state it finds.

The member is static (`kafka.group.instance.id`), so that the broker knows at once whom it has again; without it the group waits
out the session of the dead one, which is the broker's time and a setting. The figures come from the worker's log and `/metrics`,
asked every millisecond; all times begin before the new process is started.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request

from measuring import ROOT, median, pick, progress, rounded, spread, table
from servers import Ministack, environment, run
from throughput import EVENTS_OF_ENTITY, SHORT

TOPIC = "events"
RATE = 1_000
# How long a worker lives before it is killed, and stays away.
ALIVE, AWAY = 1.5, 0.3
STEPS = ["listens", "assigned", "first record", "first durable row"]
PATIENCE = 60
NOIDA, MINISTACK = ["noida-db==0.2.3"], ["ministack==1.5.33", "cbor2==6.2.1"]


class Sizes:
    def __init__(self, quick):
        self.embedded = [1_000, 10_000] if quick else [10_000, 100_000, 1_000_000]
        self.dynamodb = [200] if quick else [1_000, 10_000]
        self.rounds = 1 if quick else 3


def installed(name, packages):
    """A virtual environment with these packages, made once."""
    home = f"{ROOT}/.build/venv-{name}"
    mark = f"{home}/.has-{' '.join(packages)}"
    if not os.path.exists(mark):
        progress(f"recovery: installing {' '.join(packages)}")
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        subprocess.run([f"{home}/bin/pip", "install", "-q", "--disable-pip-version-check", *packages], check=True,
                       stdout=sys.stderr)
        open(mark, "w").close()
    return home


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def until(what, is_so):
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > deadline:
            raise SystemExit(f"recovery: within {PATIENCE} s it did not happen that {what}")
        time.sleep(0.001)


class Broker:
    """noida-db with nothing in it."""

    def __init__(self, home, directory):
        shutil.rmtree(directory, ignore_errors=True)
        program = f"{home}/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages/noida_db/noida-db"
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        self.process = subprocess.Popen([program, "start", "--only", "kafka", "--kafka-port", str(port), "--data-dir", directory],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until("the broker answers", self.answers)

    def answers(self):
        return subprocess.run(["kcat", "-L", "-b", self.address, "-m", "1"], capture_output=True).returncode == 0

    def end(self):
        self.process.kill()
        self.process.wait()


class Feed:
    """Events at a steady rate, when they are due, whoever reads them."""

    def __init__(self, broker, path, rate=RATE):
        self.file, self.rate = open(path, "rb"), rate
        self.kcat = subprocess.Popen(["kcat", "-P", "-b", broker.address, "-t", TOPIC, "-X", "linger.ms=0"],
                                     stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.go, daemon=True)
        self.thread.start()

    def go(self):
        start, sent = time.monotonic(), 0
        while not self.ended.wait(0.005):
            due = int((time.monotonic() - start) * self.rate)
            self.kcat.stdin.write(b"".join(self.file.readline() for _ in range(due - sent)))
            self.kcat.stdin.flush()
            sent = due

    def end(self):
        self.ended.set()
        self.thread.join()
        self.kcat.kill()
        self.kcat.wait()
        self.file.close()


class Worker:
    """A worker that has just been started; `times`: milliseconds from before that."""

    def __init__(self, arguments, env):
        self.times, self.address, self.problem = {}, None, None
        self.started = time.monotonic()
        self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=env)
        self.log = threading.Thread(target=self.read, daemon=True)
        self.log.start()

    def mark(self, step):
        self.times.setdefault(step, (time.monotonic() - self.started) * 1000)

    def read(self):
        for line in self.process.stderr:
            entry = json.loads(line)
            if entry["event"] == "run.start":
                self.address = entry["fields"]["http"]
                self.mark("listens")
            elif entry["event"] == "kafka.assigned":
                self.mark("assigned")
            elif entry["event"] == "run.failed":
                self.problem = entry["message"]

    def metrics(self):
        if self.process.poll() is not None:
            raise SystemExit(f"recovery: the worker ended: {self.problem}")
        sums = {}
        if self.address:
            with urllib.request.urlopen(f"http://{self.address}/metrics", timeout=10) as page:
                for line in page.read().decode().splitlines():
                    if not line.startswith("#"):
                        series, value = line.rsplit(" ", 1)
                        name = series.split("{")[0]
                        sums[name] = sums.get(name, 0) + float(value)
        return sums

    def has_written(self):
        """Rows in a flush that was completed: in the store's log and synced, or answered by DynamoDB."""
        sums = self.metrics()
        if sums.get("converge_records_total", 0) > 0:
            self.mark("first record")
        if sums.get("converge_flushed_bytes_total", 0) > 0 and sums.get("converge_flushes_total", 0) > 0:
            self.mark("first durable row")
        return "first durable row" in self.times and "assigned" in self.times

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.log.join()


class Recovery:
    def __init__(self, bench):
        self.bench, self.sizes, self.runs = bench, Sizes(bench.quick), []
        self.broker_home = installed("noida", NOIDA)
        self.events = bench.events(30_000, *SHORT, "--seed", "7")

    def command(self, broker, *store):
        return [self.bench.converge, "run", "--kafka-bootstrap-servers", broker.address, "--kafka-topics", TOPIC,
                "--http-port", "0", "--kafka-partition-assignment-strategy", "roundrobin", "--kafka-group-instance-id", "a",
                "--kafka-options", "receive.message.max.bytes=1000000000", "--log-format", "json",
                # The events are of a day that is long gone.
                "--retain-contacts", "36500d", "--dead-letters-path", f"{self.bench.scratch}/dead-letters.jsonl", *store]

    def measure(self, case, wanted, found, store, env=None):
        """Rounds of a kill and a start, on one state that goes on growing a little."""
        broker = Broker(self.broker_home, f"{self.bench.scratch}/broker")
        feed = Feed(broker, self.events)
        worker = None
        try:
            worker = Worker(self.command(broker, *store), env)
            until("the first worker has written", worker.has_written)
            for number in self.bench.rounds(self.sizes.rounds):
                time.sleep(ALIVE)
                worker.kill()
                time.sleep(AWAY)
                worker = Worker(self.command(broker, *store), env)
                until("a worker that was started again has written", worker.has_written)
                self.runs.append({"case": case, "wanted": wanted, "entities": found, "round": number,
                                  **{step: worker.times[step] for step in STEPS}})
        finally:
            if worker:
                worker.kill()
            feed.end()
            broker.end()

    def embedded(self):
        for wanted in self.sizes.embedded:
            state = f"{self.bench.scratch}/state"
            shutil.rmtree(state, ignore_errors=True)
            file = self.bench.events(int(wanted * EVENTS_OF_ENTITY), *SHORT)
            filled = run([self.bench.converge, "replay", file, "--state", state, "--format", "json"])
            if os.path.getsize(file) > 1 << 30:
                os.remove(file)
            try:
                self.measure("embedded", wanted, sum(filled["entities"].values()), ["--store-path", state])
            finally:
                shutil.rmtree(state, ignore_errors=True)

    def dynamodb(self):
        home = installed("ministack", MINISTACK)
        for wanted in self.sizes.dynamodb:
            emulator = Ministack(f"{home}/bin/ministack", f"{self.bench.scratch}/ministack.log")
            try:
                env = environment(dynamodb=emulator.url)
                run([self.bench.converge, "tables", "create", "--regions", "us-east-1", "--prefix", "bench"], env, os.devnull)
                store = ["--store-kind", "dynamodb", "--store-prefix", "bench"]
                self.fill(int(wanted * EVENTS_OF_ENTITY), store, env)
                self.measure("dynamodb", wanted, self.rows(env), store, env)
            finally:
                emulator.end()

    def fill(self, events, store, env):
        """By the worker itself, from a topic that holds the events."""
        broker = Broker(self.broker_home, f"{self.bench.scratch}/broker")
        try:
            file = self.bench.events(events, *SHORT)
            subprocess.run(["kcat", "-P", "-b", broker.address, "-t", TOPIC, "-l", file], check=True, capture_output=True)
            run([*self.command(broker, *store), "--until-end", "--flush-interval", "5s"], env, f"{self.bench.scratch}/fill.log")
        finally:
            broker.end()

    def rows(self, env):
        """Entities that the tables hold."""
        done = subprocess.run([self.bench.converge, "show", "--state", "dynamodb:bench", "--format", "json"], env=env,
                              stdout=subprocess.PIPE, check=True)
        return done.stdout.count(b"\n")


def measure(bench):
    work = Recovery(bench)
    work.embedded()
    work.dynamodb()
    return work.runs


def cases(part):
    return sorted({(each["case"], each["entities"]) for each in part["runs"]}, key=lambda case: (case[0] != "embedded", case[1]))


def steps(runs):
    """Milliseconds up to each step, and of the last one alone."""
    return [spread(each[step] for each in runs) for step in STEPS]


def tables(part):
    rows = [[case, f"{entities:,}", *steps(pick(part["runs"], case=case, entities=entities))] for case, entities in cases(part)]
    kills = len({each["round"] for each in part["runs"]})
    return f"""A worker on Kafka (noida-db; {RATE:,} events/s go on coming) is killed with kill -9 and started again {AWAY:g} s
later, on the state that it left. Milliseconds from before the new process is started until: it has opened the store and answers
HTTP (*listens*); the group has given it its partitions; it has read a record; the first rows are durable. Medians (least to
greatest) of {kills} kills each.

{table(['store', 'entities in the state', *STEPS], rows)}
- The member is static (`kafka.group.instance.id`). Without that, a group waits until the session of the dead member is over
  (`session.timeout.ms`, 45 s by default) before it gives the partitions to anybody: that is the broker's time and comes on top,
  whatever worker it is.
- The embedded store replays what its log holds beyond the last table, some seconds of events whatever the size of the state;
  nothing of the state is read before an event asks for it.
- With DynamoDB (ministack) a start asks for the description and the epoch of each table and then reads what the events name, a
  hundred a request: never the whole table. So the size of the state has no part in it, which the sizes here show; larger ones
  would take the emulator, which writes some thousand rows a second, minutes to fill. Flushes are 20 ms apart instead of 2 ms,
  and what came since the last commit to the group, which is made once a second, is read again.

![Recovery](pictures/recovery.svg)
"""


def pictures(part, folder):
    import drawing

    drawn, axes = drawing.figure("kill -9 to the first durable row", "entities in the state", "ms from the start of the process")
    for number, case in enumerate(["embedded", "dynamodb"]):
        sizes = [entities for name, entities in cases(part) if name == case]
        for step, style in (("listens", ":"), ("first durable row", "-")):
            times = [median([each[step] for each in pick(part["runs"], case=case, entities=size)]) for size in sizes]
            axes.plot(sizes, times, style, marker="o", color=f"C{number}", label=f"{case}: {step}")
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.legend()
    drawing.save(drawn, f"{folder}/recovery.svg")


def headlines(part):
    found = {}
    for case, entities in cases(part):
        runs = pick(part["runs"], case=case, entities=entities)
        name = f"recovery {case}, {runs[0]['wanted']:,} entities, starts a second"
        found[name] = 1000 / median([each[STEPS[-1]] for each in runs])
    return found
