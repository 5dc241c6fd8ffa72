"""Tables and streams at the emulators, and events into streams.

    python3 feed.py tables --prefix PREFIX REGION...
    python3 feed.py stream --stream NAME [--shards N] REGION...
    python3 feed.py put --stream NAME [--per-second N] [--until-input-ends] REGION=LINES...
    python3 feed.py items --prefix PREFIX REGION...

`put` sends each line of these files, JSON Lines, as a record: those of an agent or a contact to one shard, as Amazon Connect
does, or as many of them as were sent when its input ended. Prints how many went to each Region. `items` prints how many items the tables have. Endpoint and credentials are those of
boto3.
"""
import argparse
import json
import os
import re
import threading
import time

import boto3

KINDS = ["agent", "contact", "customer", "flow", "queue", "session", "username", "volume"]
OF = re.compile(r'"(?:AgentARN|contactId|ContactId|subject)":"([^"]+)"')
BATCH = 200
# Where a pace is asked for.
BATCHES_A_SECOND = 10


def create_tables(client, prefix):
    for kind in KINDS:
        client.create_table(
            TableName=f"{prefix}-{kind}", BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})


def put(client, stream, lines, per_second, over):
    start = time.monotonic()
    batch = int(max(1, min(BATCH, per_second / BATCHES_A_SECOND)))
    for first in range(0, len(lines), batch):
        if over.wait(max(0, start + first / per_second - time.monotonic())):
            return first
        waiting = [{"Data": line, "PartitionKey": (OF.search(line) or [0, line[:256]])[1]} for line in lines[first:first + batch]]
        while waiting:
            answers = client.put_records(StreamName=stream, Records=waiting)["Records"]
            waiting = [record for record, answer in zip(waiting, answers) if "ErrorCode" in answer]
            if waiting:
                time.sleep(0.1)
    return len(lines)


def put_all(clients, stream, files, per_second, over):
    """Into all Regions at once."""
    lines, sent, failures = {}, {}, []
    for region, path in files.items():
        with open(path, encoding="utf-8") as file:
            lines[region] = file.read().rstrip("\n").split("\n")

    def work(region):
        try:
            sent[region] = put(clients[region], stream, lines[region], per_second, over)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(region,)) for region in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return sent


def input_ended():
    """An event that is set once standard input has ended."""
    over = threading.Event()

    def wait():
        while os.read(0, 1 << 16):
            pass
        over.set()

    threading.Thread(target=wait, daemon=True).start()
    return over


def items(client, prefix):
    found = {}
    for kind in KINDS:
        pages = client.get_paginator("scan").paginate(TableName=f"{prefix}-{kind}", Select="COUNT", ConsistentRead=True)
        found[kind] = sum(page["Count"] for page in pages)
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("action", choices=["tables", "stream", "put", "items"])
    parser.add_argument("--prefix")
    parser.add_argument("--stream")
    parser.add_argument("--shards", type=int, default=2)
    parser.add_argument("--per-second", type=float, default=1e9)
    parser.add_argument("--until-input-ends", action="store_true")
    parser.add_argument("regions", nargs="+")
    arguments = parser.parse_args()
    places = dict(region.partition("=")[::2] for region in arguments.regions)
    service = "kinesis" if arguments.stream else "dynamodb"
    clients = {region: boto3.client(service, region_name=region) for region in places}
    if arguments.action == "put":
        over = input_ended() if arguments.until_input_ends else threading.Event()
        print(json.dumps(put_all(clients, arguments.stream, places, arguments.per_second, over)))
        return
    for region, client in clients.items():
        if arguments.action == "tables":
            create_tables(client, arguments.prefix)
        elif arguments.action == "stream":
            client.create_stream(StreamName=arguments.stream, ShardCount=arguments.shards)
        else:
            print(json.dumps({"region": region} | items(client, arguments.prefix)))


if __name__ == "__main__":
    main()
