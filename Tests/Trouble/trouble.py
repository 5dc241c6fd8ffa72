"""Breaks what a worker needs, and prints every five seconds what it says of itself beside the truth. Not a test: for people to read.

    scripts/trouble.sh [--converge .build/release/converge] [--phase-seconds 30]

An emulator of AWS is stopped, paused (SIGSTOP), throttles writes, refuses reads, and loses a table. The truth is the age of the oldest
event that the stream has taken and the table does not have, looked up past everything that is broken; `-` where there is none. A row:

    seconds, what is broken, the truth, `/health/ready` and the checks that fail, the worker's lag, and the same from `converge top`
"""
import argparse
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

import boto3
from botocore.config import Config

SERVERS = pathlib.Path(__file__).resolve().parent.parent / "Servers" / "python"
REGION, STREAM, PREFIX = "us-east-1", "trouble-events", "trouble"
FAILS_FAST = Config(connect_timeout=2, read_timeout=3, retries={"total_max_attempts": 1})


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def ask(url, body=None, method=None, seconds=5):
    request = urllib.request.Request(url, json.dumps(body).encode() if body is not None else None, method=method)
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


class Emulator:
    def __init__(self, python, directory):
        self.python, self.directory, self.port = python, directory, free_port()
        self.process = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        environment = os.environ | {
            "GATEWAY_PORT": str(self.port), "MINISTACK_REGION": REGION, "STATE_DIR": f"{self.directory}/state",
            "S3_DATA_DIR": f"{self.directory}/s3", "AWS_ACCESS_KEY_ID": "AKIAWORKER0000000001", "AWS_SECRET_ACCESS_KEY": "secret"}
        self.process = subprocess.Popen(
            [self.python, "-B", SERVERS / "emulator.py"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=environment)
        while True:
            try:
                if ask(self.url + "/_ministack/health")[0] == 200:
                    return
            except OSError:
                time.sleep(0.1)

    def stop(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


class Truth:
    """Puts an event twice a second, and knows which of them the table has."""

    def __init__(self, emulator, sign):
        self.kinesis = boto3.client("kinesis", config=FAILS_FAST, **sign(emulator.url))
        self.table = boto3.client("dynamodb", config=FAILS_FAST, **sign(emulator.url))
        self.missing, self.lock, self.number = {}, threading.Lock(), 0
        threading.Thread(target=self.put, daemon=True).start()
        threading.Thread(target=self.look, daemon=True).start()

    def put(self):
        while True:
            self.number += 1
            name, now = f"c{self.number}", time.time()
            stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03}Z"
            event = {
                "specversion": "1.0", "type": "converge.customer.v1", "source": "trouble", "subject": name, "id": name,
                "time": stamp, "data": {"tier": "gold"}}
            try:
                self.kinesis.put_record(StreamName=STREAM, Data=json.dumps(event).encode(), PartitionKey=name)
                with self.lock:
                    self.missing[name] = now
            except Exception:  # The stream has not taken it.
                pass
            time.sleep(0.5)

    def look(self):
        while True:
            with self.lock:
                names = list(self.missing)
            for name in names:
                try:
                    found = self.table.query(
                        TableName=f"{PREFIX}-customer", KeyConditionExpression="pk = :k",
                        ExpressionAttributeValues={":k": {"S": f"customer#{name}"}})["Items"]
                except Exception:  # Nobody can write either.
                    break
                if found:
                    with self.lock:
                        self.missing.pop(name, None)
            time.sleep(0.2)

    @property
    def age(self):
        with self.lock:
            oldest = min(self.missing.values(), default=None)
        # Rows are looked for a fifth of a second apart.
        return "-" if oldest is None or time.time() - oldest < 1 else f"{time.time() - oldest:.0f} s"


def ready_of(worker):
    try:
        status, body = ask(worker + "/health/ready")
        failing = [check["name"] for check in json.loads(body)["checks"] if check["status"] != "ok"]
        return f"{status} " + (", ".join(failing) or "ok")
    except (OSError, ValueError) as error:
        return f"no answer ({error})"


def lag_of(worker):
    try:
        found = re.search(r"^converge_oldest_event_age_seconds (\S+)$", ask(worker + "/metrics")[1], re.M)
        return f"{float(found[1]):.1f} s" if found else "unknown"
    except OSError:
        return "no answer"


def top_of(converge, worker):
    done = subprocess.run([converge, "top", "--once", "--url", worker], capture_output=True, text=True, check=False)
    state = re.search(r"^(READY|NOT READY|READINESS UNKNOWN|NO ANSWER)", done.stdout, re.M)
    oldest = re.search(r"oldest event\s+(\S+(?: \S+)*?)(?:\s{2,}|$)", done.stdout, re.M)
    return f"{state[1] if state else 'no answer'} {oldest[1] if oldest else ''}".strip()


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--converge", required=True)
    options.add_argument("--emulator-python", required=True)
    options.add_argument("--phase-seconds", type=int, default=30)
    options = options.parse_args()
    directory = tempfile.mkdtemp(prefix="converge-trouble-")

    def sign(url):
        return {
            "endpoint_url": url, "region_name": REGION, "aws_access_key_id": "test", "aws_secret_access_key": "test"}

    emulator = Emulator(options.emulator_python, directory)
    emulator.start()
    gateway = subprocess.Popen(
        [sys.executable, "-B", SERVERS / "regions.py", f"{REGION}={emulator.port}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True)
    through = f"http://127.0.0.1:{gateway.stdout.readline().split()[1]}"
    environment = os.environ | {
        "AWS_ENDPOINT_URL": through, "AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true"}
    subprocess.run([options.converge, "tables", "create", "--prefix", PREFIX], env=environment, check=True, stdout=sys.stderr)
    boto3.client("kinesis", **sign(emulator.url)).create_stream(StreamName=STREAM, ShardCount=2)
    time.sleep(2)
    port = free_port()
    worker = f"http://127.0.0.1:{port}"
    log = open(f"{directory}/worker.log", "w", encoding="utf-8")
    run = subprocess.Popen(
        [options.converge, "run", "--source-kind", "kinesis", "--kinesis-streams", STREAM, "--kinesis-application", "trouble-leases",
         "--store-kind", "dynamodb", "--store-prefix", PREFIX, "--http-port", str(port)], env=environment, stderr=log)
    truth = Truth(emulator, sign)

    def faults(*wanted):
        ask(through + "/_regions/faults", list(wanted), "PUT")

    def refusal(code, *operations):
        return [{"operation": name, "fault": "error", "code": code} for name in operations]

    def drop():
        truth.table.update_table(TableName=f"{PREFIX}-customer", DeletionProtectionEnabled=False)
        truth.table.delete_table(TableName=f"{PREFIX}-customer")

    throttled = "ProvisionedThroughputExceededException"
    phases = [
        ("nothing", lambda: None, lambda: None),
        ("emulator stopped", emulator.stop, emulator.start),
        ("emulator paused", lambda: emulator.process.send_signal(signal.SIGSTOP), lambda: emulator.process.send_signal(signal.SIGCONT)),
        ("writes throttled", lambda: faults(*refusal(throttled, "PutItem")), faults),
        ("GetRecords denied", lambda: faults(*refusal("AccessDeniedException", "GetRecords")), faults),
        ("table dropped", drop, lambda: None),
    ]
    start = time.monotonic()
    print("| s | broken | truth: oldest not durable | /health/ready | lag | converge top |\n|--:|---|--:|---|--:|---|", flush=True)

    def rows(name, seconds):
        for _ in range(seconds // 5):
            time.sleep(5)
            print(f"| {time.monotonic() - start:.0f} | {name} | {truth.age} | {ready_of(worker)} | {lag_of(worker)} "
                  f"| {top_of(options.converge, worker)} |", flush=True)

    try:
        for name, breaks, mends in phases:
            breaks()
            rows(name, options.phase_seconds)
            mends()
            if name not in ("nothing", "table dropped"):
                rows("mended", options.phase_seconds)
    finally:
        for process in (run, gateway):
            process.kill()
        emulator.process.kill()
        print(f"the worker's log: {log.name}", file=sys.stderr)


if __name__ == "__main__":
    main()
