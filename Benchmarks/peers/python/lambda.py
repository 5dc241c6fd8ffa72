"""The Lambda way: a handler for batches of a Kinesis stream that reads an item, changes it, and writes it back unconditionally.

usage: lambda.py FILE [--lines OUT] [--concurrency N] [--batch N] [--seed N]

The table is a dict; reading an item copies it, as a read from a table does. Alone the batches come in the order of the file.
With --concurrency the same file is merged again: N shards, each with its events in order, one batch a shard at a time, and the
invocations of different shards change places at each read and each write of an item, in a fixed random order. That is all that a
table's latency does to them. `lost` counts the registers that are then not what they are when the file is merged alone.

The time is that of the handler: to make the envelopes is the service's work and not counted.
"""

import argparse
import base64
import json
import random
import time
import zlib

import orjson

from lines import digest
from merge import mutations


def handler(event, table):
    """Handles a batch as AWS Lambda delivers it. Stops wherever another invocation may run, of which it knows nothing."""
    count = 0
    for record in event["Records"]:
        for kind, name, apply in mutations(orjson.loads(base64.b64decode(record["kinesis"]["data"]))):
            item = dict(table.get((kind, name), ()))
            yield
            apply(item)
            table[kind, name] = item
            yield
        count += 1
    return count


def batches(lines, size):
    """Events as Lambda hands them to a handler."""
    batch = []
    for text in lines:
        batch.append({"eventSource": "aws:kinesis", "kinesis": {"data": base64.b64encode(text).decode()}})
        if len(batch) == size:
            yield {"Records": batch}
            batch = []
    if batch:
        yield {"Records": batch}


def merge_alone(path, size):
    table, count, seconds, cpu = {}, 0, 0.0, 0.0
    with open(path, "rb") as file:
        for event in batches(file, size):
            began, began_cpu = time.perf_counter(), time.process_time()
            for _ in handler(event, table):
                pass
            seconds += time.perf_counter() - began
            cpu += time.process_time() - began_cpu
            count += len(event["Records"])
    return table, {"events": count, "seconds": seconds, "cpuSeconds": cpu}


def shard_of(text, shards):
    """Agent events by agent, contact events and records by contact, each out of a stream of its own."""
    event = orjson.loads(text)
    if "AgentARN" in event:
        key = "agents " + event["AgentARN"]
    elif "detail" in event:
        key = "contacts " + (event["detail"].get("contactId") or event["detail"]["ContactId"])
    else:
        key = "records " + event["ContactId"]
    return zlib.crc32(key.encode()) % shards


def merge_at_once(path, size, shards, seed):
    split = [[] for _ in range(shards)]
    with open(path, "rb") as file:
        for text in file:
            split[shard_of(text, shards)].append(text)
    table, pick = {}, random.Random(seed)
    waiting = [batches(lines, size) for lines in split]
    running = [iter(()) for _ in split]
    left = list(range(shards))
    while left:
        shard = pick.choice(left)
        try:
            next(running[shard])
        except StopIteration:
            event = next(waiting[shard], None)
            if event is None:
                left.remove(shard)
            else:
                running[shard] = handler(event, table)
    return table


def lost(alone, at_once):
    """Registers that differ, and all."""
    differ = total = 0
    for key, item in alone.items():
        other = at_once.get(key, {})
        total += len(item)
        differ += sum(other.get(path) != told for path, told in item.items())
    return differ, total


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--lines")
    parser.add_argument("--concurrency", type=int, default=1)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    table, figures = merge_alone(options.file, options.batch)
    began = time.perf_counter()
    if options.lines:
        with open(options.lines, "wb") as out:
            figures["digest"] = digest(table, out)
    else:
        figures["digest"] = digest(table)
    figures |= {"digestSeconds": time.perf_counter() - began, "entities": len(table)}
    if options.concurrency > 1:
        differ, total = lost(table, merge_at_once(options.file, options.batch, options.concurrency, options.seed))
        figures |= {"concurrency": options.concurrency, "lost": differ, "registers": total}
    print(json.dumps(figures))


main()
