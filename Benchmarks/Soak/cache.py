"""Takes contacts through a worker on Kafka whose cache holds a fraction of them, and compares with a replay of the same events.

Each contact is told of twice: the second time when a third of all contacts came between, so that it has long left memory and is read
back; a thousand of them are told of again and again. Prints resident memory on the way, the digests of the state directory and of a
replay in memory, and ends with 0 where they are equal.
"""
import argparse
import random
import subprocess
import sys
import time
import uuid
from pathlib import Path

from soak import Broker, Feed, Worker, resident, start, until

LAG_MAX = 60_000
INSTANCE = "arn:aws:connect:us-east-1:111122223333:instance/7c1d52e0"


def events(count):
    """JSON Lines, the same each time."""
    dice = random.Random(7)
    days, distance = 20, count // 3

    def told(number, kind, step, member):
        second = step * 86400 * days // (count + distance)
        stamp = f"2026-03-{2 + second // 86400:02}T{second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02}Z"
        contact = uuid.UUID(int=number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % (1 << 128), version=4)
        event = uuid.UUID(int=dice.getrandbits(128), version=4)
        return (
            f'{{"version":"0","id":"{event}","detail-type":"Amazon Connect Contact Event","source":"aws.connect",'
            f'"account":"111122223333","time":"{stamp}","region":"us-east-1","resources":["{INSTANCE}"],"detail":{{'
            f'"eventType":"{kind}","contactId":"{contact}","channel":"VOICE","instanceArn":"{INSTANCE}",'
            f'"initiationMethod":"INBOUND","{member}":"{stamp}"}}}}\n')

    for step in range(count + distance):
        if step < count:
            yield told(step, "INITIATED", step, "initiationTimestamp")
        if step >= distance:
            yield told(step - distance, "DISCONNECTED", step, "disconnectTimestamp")
        if step % 20 == 0:
            yield told(step % 1000, "QUEUED", step, "queueTimestamp")


def digest(*command):
    """The longest word in what a command prints."""
    return max(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split(), key=len)


def feed(worker, feed, broker, total):
    """Produces all as fast as the worker takes it; the broker keeps only what is not durable yet."""
    shown = trimmed = began = time.monotonic()
    while feed.taken < total:
        sums, places = worker.metrics()
        feed.step(min(total, feed.taken + 1_000) if feed.taken - sums["converge_records_total"] < LAG_MAX else feed.taken)
        now = time.monotonic()
        if now > trimmed + 1:
            trimmed = now
            broker.delete(feed.pass_over(places["converge_kafka_durable_position"]))
        if now > shown + 15:
            shown = now
            print(
                f"{now - began:5.0f}s {feed.taken:9} events  resident {resident(worker.process.pid) / 2**20:5.0f} MB  in cache "
                f"{sums['converge_resident_bytes'] / 2**20:4.0f} MB, {int(sums['converge_resident_entities'])} entities", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--converge", required=True)
    parser.add_argument("--directory", required=True)
    parser.add_argument("--contacts", type=int, default=2_000_000)
    parser.add_argument("--cache", default="256m")
    parser.add_argument("--generate", action="store_true", help="print the events alone")
    options = parser.parse_args()
    if options.generate:
        sys.stdout.writelines(events(options.contacts))
        return 0

    directory = Path(options.directory)
    directory.mkdir(parents=True)
    command = [sys.executable, *sys.argv, "--generate"]
    capture = directory / "events.jsonl"
    with open(capture, "wb") as file:
        subprocess.run(command, check=True, stdout=file)
    with open(capture, "rb") as file:
        total = sum(1 for _ in file)
    broker = Broker(directory / "broker")
    worker = Worker(options.converge, broker, directory, cache=options.cache)
    source = Feed(start(["cat", capture], stdout=subprocess.PIPE), broker)
    feed(worker, source, broker, total)
    source.end()
    ends = broker.ends()
    until("the worker has read everything", lambda: worker.has_read_all(ends), seconds=120)
    worker.process.terminate()
    if worker.process.wait(60) != 0:
        raise SystemExit(f"the worker ended with {worker.process.returncode}; see {worker.log}")
    broker.kill()
    ran = digest(options.converge, "digest", worker.state)
    replayed = digest(options.converge, "replay", capture, "--memory")
    print(f"{options.contacts} contacts, {total} events, cache {options.cache}\nrun     {ran}\nreplay  {replayed}")
    capture.unlink()
    return 0 if ran == replayed else 1


if __name__ == "__main__":
    sys.exit(main())
