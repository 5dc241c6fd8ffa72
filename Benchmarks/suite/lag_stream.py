"""A stream's producer and a consumer that only looks for probes, each a program of its own.

usage: lag_stream.py pace ADDRESS STREAM SCHEDULE FILE    puts events when they are due, whatever became of those before
       lag_stream.py floor ADDRESS STREAM OUTPUT LAST..   asks each shard five times a second, writes probes down as `watch` does
       lag_stream.py flood ADDRESS STREAM SECONDS FILE    puts as fast as it is answered, for the greatest rate

The producer has one connection, on which up to 500 records go at a time; what waits for it is late, and that is in the lag.
Partitions are shards. SCHEDULE: START,RATE,PARTITIONS,WARMUP,EVENTS as `bench-kafka` has it; a START of 0 comes by standard input
once the producer has said that it is ready.
"""

import base64
import json
import re
import sys
import threading
import time

from lag_load import quantile
from lag_service import Service

# What the service allows to all who poll a shard together.
POLL_SECONDS = 0.205
BATCH_MAX = 500
TICK_SECONDS = 0.005
KEY = re.compile(rb'"PartitionKey": ?"probe-(\d+)-(\d+)"')
NEXT = re.compile(rb'"NextShardIterator": ?"([^"]+)"')
PROBE = re.compile(rb'"subject":"probe-(\d+)".*"n":(\d+)')


def record(line, shard, shards):
    """A record as JSON; a probe's partition key says which it is."""
    found = PROBE.search(line) if line.startswith(b'{"specversion"') else None
    key = f"probe-{found[1].decode()}-{found[2].decode()}" if found else "event"
    place = (2 * shard + 1) * 2**128 // (2 * shards)
    data = base64.b64encode(line.rstrip(b"\n")).decode()
    return f'{{"Data":"{data}","PartitionKey":"{key}","ExplicitHashKey":"{place}"}}'.encode()


def put(service, stream, records):
    answer = service.raw("PutRecords", b'{"StreamName":"' + stream.encode() + b'","Records":[' + b",".join(records) + b"]}")
    if b'"ErrorCode"' in answer:
        raise SystemExit(f"lag: records are refused: {answer[:300]}")


def pace(address, stream, schedule, path):
    start, rate, shards, warm_up, events = map(int, schedule.split(",")[:5])
    run = max(1, rate // 1000)
    with open(path, "rb") as file:
        records = [record(line, number // run % shards, shards) for number, line in zip(range(events), file)]
    service, late, sent = Service(address, "kinesis"), [], 0
    print("ready", flush=True)
    start = start or int(sys.stdin.readline())
    while sent < events:
        now = time.monotonic_ns()
        due = min(events, sent + BATCH_MAX, max(0, (now - start) * rate // 1_000_000_000 + 1))
        if due <= sent:
            time.sleep(TICK_SECONDS)
            continue
        late += [(now - start - number * 1_000_000_000 // rate) / 1e6 for number in range(max(sent, warm_up), due)]
        put(service, stream, records[sent:due])
        sent = due
    late.sort()
    print(json.dumps({"late50": quantile(late, 0.5), "late99": quantile(late, 0.99), "lateMax": late[-1]}))


def follow(address, stream, shard, wait, seen, last, lock, out):
    service = Service(address, "kinesis")
    begin = service.call("GetShardIterator", StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    iterator = begin["ShardIterator"]
    due = time.monotonic() + wait
    while any(seen[session] < number for session, number in enumerate(last)):
        time.sleep(max(0, due - time.monotonic()))
        answer = service.raw("GetRecords", json.dumps({"ShardIterator": iterator}).encode())
        now = time.monotonic_ns()
        for session, number in KEY.findall(answer):
            session, number = int(session), int(number)
            if number > seen[session]:
                seen[session] = number
                with lock:
                    out.write(f"{session} {number} {now}\n")
        iterator = NEXT.search(answer)[1].decode()
        due = max(due + POLL_SECONDS, time.monotonic())


def floor(address, stream, path, last):
    shards = [shard["ShardId"] for shard in Service(address, "kinesis").call("ListShards", StreamName=stream)["Shards"]]
    seen, lock = [-1] * len(last), threading.Lock()
    with open(path, "w") as out:
        # One shard after the other, as a worker does it: four answers at once wait for each other at the emulator.
        threads = [threading.Thread(target=follow, args=(address, stream, shard, place * POLL_SECONDS / len(shards), seen, last, lock, out))
                   for place, shard in enumerate(shards)]
        for thread in threads:
            thread.start()
        print("ready", flush=True)
        for thread in threads:
            thread.join()


def flood(address, stream, seconds, path):
    shards, service, count = 4, Service(address, "kinesis"), 0
    with open(path, "rb") as file:
        records = [record(line, number % shards, shards) for number, line in zip(range(20_000), file)]
    start = time.monotonic()
    while time.monotonic() < start + seconds:
        place = count % (len(records) - BATCH_MAX)
        put(service, stream, records[place:place + BATCH_MAX])
        count += BATCH_MAX
    print(json.dumps({"rate": count / (time.monotonic() - start)}))


def main():
    what, address, stream, *rest = sys.argv[1:]
    if what == "pace":
        pace(address, stream, *rest)
    elif what == "floor":
        floor(address, stream, rest[0], list(map(int, rest[1:])))
    elif what == "flood":
        flood(address, stream, float(rest[0]), rest[1])


main()
