"""Servers and programs of the part `lag`: a broker, links, workers, and what looks at them."""

import ctypes
import glob
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.request

from lag_load import distribution, line_of, read_seen
from measuring import ROOT

HERE = os.path.dirname(os.path.abspath(__file__))
# How often a worker is asked what is durable: a lag is told too great by up to this and the answer's way.
POLL_MICROSECONDS = 1000
TOPIC = "events"


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def start(arguments, **streams):
    """A program that does not outlive this one."""
    return subprocess.Popen([str(each) for each in arguments], preexec_fn=die_with_parent, **streams)


def until(what, is_so, seconds=60, pause=0.02):
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise SystemExit(f"lag: it never happened that {what}")
        time.sleep(pause)


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


class Noida:
    """The broker noida-db, new, with one topic."""

    def __init__(self, bench, partitions):
        program = glob.glob(f"{ROOT}/.build/venv-kafka/lib/*/site-packages/noida_db/noida-db")[0]
        directory = f"{bench.scratch}/noida"
        subprocess.run(["rm", "-rf", directory], check=True)
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        command = [program, "start", "--only", "kafka", "--kafka-port", self.port, "--data-dir", directory]
        self.process = start(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until("the broker listens", lambda: answers(self.port))
        self.create(partitions)

    def create(self, partitions):
        """CreateTopics, version 2."""
        topic = struct.pack(">ih", 1, len(TOPIC)) + TOPIC.encode() + struct.pack(">ihii", partitions, 1, 0, 0)
        body = struct.pack(">hhih", 19, 2, 1, -1) + topic + struct.pack(">ib", 10_000, 0)
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as link:
            link.sendall(struct.pack(">i", len(body)) + body)
            size = struct.unpack(">i", link.recv(4, socket.MSG_WAITALL))[0]
            answer = link.recv(size, socket.MSG_WAITALL)
        code = struct.unpack_from(">h", answer, 14 + len(TOPIC))[0]
        if code:
            raise SystemExit(f"lag: the broker refuses a topic: error {code}")

    def end(self):
        self.process.kill()
        self.process.wait()


class Mock:
    """librdkafka's mock cluster (`bench-kafka serve`): it carries more, keeps 5 MB a partition and drops what is older."""

    def __init__(self, bench, partitions):
        command = [bench_kafka(), "serve", TOPIC, partitions, 0, "/etc/hostname"]
        self.process = start(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()
        self.port = int(self.address.split(":")[1])

    def end(self):
        self.process.kill()
        self.process.wait()


class Relay:
    """A link to a port of this machine that takes so many milliseconds each way; listens at `host` and `own_port` (0: any)."""

    def __init__(self, milliseconds, port, host="127.0.0.1", own_port=0):
        self.process = start([sys.executable, "-B", f"{HERE}/relay.py", milliseconds, f"{host}:{own_port}", port],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()

    def end(self):
        self.process.kill()
        self.process.wait()


class Worker:
    """`converge run`, and where it answers."""

    def __init__(self, bench, name, flags, env=None, port=0):
        self.name = name
        self.directory = f"{bench.scratch}/{name}"
        subprocess.run(["rm", "-rf", self.directory], check=True)
        os.makedirs(self.directory)
        self.command = [
            bench.converge, "run", *flags, *([] if "--store-kind" in flags else ["--store-path", f"{self.directory}/state"]),
            "--http-port", str(port),
            "--log-path", f"{self.directory}/log", "--dead-letters-path", f"{self.directory}/letters.jsonl",
            # The events are of a day that is gone.
            "--retain-contacts", "36500d"]
        self.env = env
        self.begin()

    def begin(self):
        log = f"{self.directory}/log"
        if os.path.exists(log):
            os.remove(log)
        with open(f"{self.directory}/errors", "a") as errors:
            self.process = start(self.command, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, env=self.env)
        until(f"worker {self.name} listens", self.listens)

    def listens(self):
        if self.process.poll() is not None:
            raise SystemExit(f"lag: worker {self.name} ended; see {self.directory}")
        if not os.path.exists(f"{self.directory}/log"):
            return False
        with open(f"{self.directory}/log") as file:
            for line in file:
                if '"run.start"' in line:
                    self.address = json.loads(line)["fields"]["http"]
                    return True
        return False

    def is_ready(self):
        try:
            urllib.request.urlopen(f"http://{self.address}/health/ready", timeout=5).close()
            return True
        except OSError:
            return False

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        """Ends it, which has to be in good order and with nothing but events read; the CPU seconds and bytes that it used."""
        self.process.terminate()
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        with open(f"{self.directory}/log") as log:
            ends = [json.loads(line)["fields"] for line in log if '"run.end"' in line]
        if self.process.returncode != 0 or not ends or ends[0]["dead-letters"] != 0 or ends[0]["events"] != ends[0]["records"]:
            raise SystemExit(f"lag: worker {self.name} ended with {self.process.returncode} and {ends}; see {self.directory}")
        return {"cpu": usage.ru_utime + usage.ru_stime, "bytes": usage.ru_maxrss * 1024, "events": ends[0]["events"]}


class Watch:
    """Looks at what a worker has durable (`watch.c`)."""

    def __init__(self, bench, worker, schedule):
        self.worker, self.schedule, self.path = worker, schedule, f"{worker.directory}/seen"
        last = [numbers[-1] for numbers in schedule.probes()]
        self.process = start([f"{bench.scratch}/watch", worker.address, POLL_MICROSECONDS, self.path, *last],
                             stdout=subprocess.PIPE, text=True)

    def wait(self, seconds):
        """What it saw, and how it asked. After so many seconds it is told to stop: what is missing is missing."""
        try:
            output, _ = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.terminate()
            output, _ = self.process.communicate()
        return read_seen(self.path, self.schedule.sessions), line_of(output)

    def run(self, place, link, begin, late):
        """The worker's run, once all is sent; ends the worker."""
        seen, polls = self.wait(10 + 2 * link / 1000)
        lags, missing = self.schedule.lags(begin, seen)
        about = {"who": "worker", "place": place, "link": link, "missing": missing, "grows": self.schedule.grows(begin, seen)}
        return about | {"process": self.worker.end()} | distribution(lags) | late | polls


class Disk:
    """What the disk takes by itself: 4 KiB appended and synced every 2 ms, as a flush is, until it is told to end."""

    def __init__(self, bench):
        self.path, self.is_over, self.lags = f"{bench.scratch}/synced", threading.Event(), []
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        block = bytes(4096)
        while not self.is_over.is_set():
            begin = time.monotonic_ns()
            os.write(file, block)
            os.fdatasync(file)
            end = time.monotonic_ns()
            self.lags.append((end - begin) / 1e6)
            time.sleep(max(0, 0.002 - (end - begin) / 1e9))
        os.close(file)
        os.remove(self.path)

    def end(self):
        self.is_over.set()
        self.thread.join()
        return distribution(self.lags)


def compile_watch(bench):
    subprocess.run(["cc", "-O3", "-Wall", "-Wextra", "-o", f"{bench.scratch}/watch", f"{HERE}/watch.c"], check=True)


def bench_kafka():
    return os.environ.get("BENCH_KAFKA", f"{ROOT}/.build/release/bench-kafka")
