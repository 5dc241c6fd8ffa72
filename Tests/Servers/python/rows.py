"""The items of a state's tables as JSON Lines, out of an emulator and into one.

    python3 rows.py dump --prefix PREFIX REGION > FILE
    python3 rows.py load --prefix PREFIX --from FILE REGION...
    python3 rows.py sizes --prefix PREFIX REGION

A line is `{"kind": .., "item": ..}`, the item in DynamoDB's JSON, with bytes in base64. After `load` the tables hold these items and no
other. `sizes` prints how many entities' rows and write units there are of each kind, an item's size as DynamoDB counts it. Endpoint and credentials
are those of boto3.
"""
import argparse
import base64
import json

import boto3

KINDS = ["agent", "contact", "customer", "flow", "queue", "session", "username", "volume"]
UNIT = 1024


def bytes_as(value, change):
    """The typed value with its bytes changed, at any depth."""
    (name, inner), = value.items()
    if name == "B":
        return {name: change(inner)}
    if name == "M":
        return {name: {key: bytes_as(item, change) for key, item in inner.items()}}
    if name == "L":
        return {name: [bytes_as(item, change) for item in inner]}
    return value


def text(raw):
    return base64.b64encode(raw).decode()


def size(value):
    """What DynamoDB counts of a value (Developer Guide, DynamoDB item sizes and formats)."""
    (name, inner), = value.items()
    if name == "M":
        return 3 + sum(1 + len(key.encode()) + size(item) for key, item in inner.items())
    if name == "L":
        return 3 + sum(1 + size(item) for item in inner)
    if name == "S":
        return len(inner.encode())
    if name == "B":
        return len(inner)
    if name == "N":
        digits = inner.lower().split("e")[0].replace(".", "").lstrip("-").strip("0")
        return (len(digits) + 1) // 2 + 1 + inner.startswith("-")
    return 1


def items(client, table):
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        yield from page["Items"]


def dump(client, prefix):
    for kind in KINDS:
        found = sorted(items(client, f"{prefix}-{kind}"), key=lambda item: (item["pk"]["S"], item["sk"]["S"]))
        for item in found:
            changed = {name: bytes_as(value, text) for name, value in item.items()}
            print(json.dumps({"kind": kind, "item": changed}, sort_keys=True, separators=(",", ":")))


def load(client, prefix, lines):
    for kind in KINDS:
        for item in items(client, f"{prefix}-{kind}"):
            client.delete_item(TableName=f"{prefix}-{kind}", Key={name: item[name] for name in ("pk", "sk")})
    for line in lines:
        row = json.loads(line)
        item = {name: bytes_as(value, base64.b64decode) for name, value in row["item"].items()}
        client.put_item(TableName=f"{prefix}-{row['kind']}", Item=item)


def sizes(client, prefix):
    for kind in KINDS:
        found = [item for item in items(client, f"{prefix}-{kind}") if not item["pk"]["S"].startswith("converge#")]
        each = [sum(len(name.encode()) + size(value) for name, value in item.items()) for item in found]
        units = sum(-(-bytes // UNIT) for bytes in each)
        print(json.dumps({"kind": kind, "rows": len(found), "bytes": sum(each), "units": units}))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("action", choices=["dump", "load", "sizes"])
    parser.add_argument("--prefix", required=True)
    parser.add_argument("--from")
    parser.add_argument("regions", nargs="+")
    arguments = parser.parse_args()
    lines = []
    if arguments.action == "load":
        with open(getattr(arguments, "from"), encoding="utf-8") as file:
            lines = file.readlines()
    for region in arguments.regions:
        client = boto3.client("dynamodb", region_name=region)
        if arguments.action == "load":
            load(client, arguments.prefix, lines)
        else:
            (dump if arguments.action == "dump" else sizes)(client, arguments.prefix)


if __name__ == "__main__":
    main()
