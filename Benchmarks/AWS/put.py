"""What a careful program does with boto3: the same PutItems, one client, threads. Prints what it took after the first tenth.

usage: put.py FILE THREADS fast|default, with AWS_ENDPOINT_URL_DYNAMODB
fast: no validation of parameters, no retries' bookkeeping, a connection a thread that stays.
"""

import base64
import json
import queue
import resource
import sys
import threading
import time

import boto3
from botocore.config import Config


def bytes_of(value):
    """DynamoDB's typed values as boto3's low-level client takes them: binary as bytes."""
    for kind, inner in value.items():
        if kind == "B":
            return {"B": base64.b64decode(inner)}
        if kind == "M":
            return {"M": {name: bytes_of(each) for name, each in inner.items()}}
        if kind == "L":
            return {"L": [bytes_of(each) for each in inner]}
    return value


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main():
    path, threads, kind = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    puts = []
    with open(path) as file:
        for line in file:
            put = json.loads(line)
            put["Item"] = {name: bytes_of(value) for name, value in put["Item"].items()}
            puts.append(put)
    if kind == "fast":
        config = Config(
            max_pool_connections=threads, parameter_validation=False, tcp_keepalive=True,
            retries={"mode": "standard", "total_max_attempts": 1})
    else:
        config = Config(max_pool_connections=threads)
    client = boto3.session.Session(region_name="us-east-1").client("dynamodb", config=config)
    todo = queue.SimpleQueue()
    warm = len(puts) // 10

    def put_all():
        while True:
            try:
                put = todo.get_nowait()
            except queue.Empty:
                return
            client.put_item(**put)

    def run(part):
        for put in part:
            todo.put(put)
        workers = [threading.Thread(target=put_all) for _ in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    run(puts[:warm])
    start = (time.monotonic(), cpu())
    run(puts[warm:])
    print(json.dumps({"rows": len(puts) - warm, "seconds": time.monotonic() - start[0], "cpu": cpu() - start[1]}))


main()
