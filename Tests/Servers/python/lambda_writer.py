"""The obvious way to keep agents and contacts in a global table: what a Lambda function on each Region's stream would do.

    python3 lambda_writer.py write --table NAME --facts FILE [--per-second N] us-east-1=LINES us-west-2=LINES
    python3 lambda_writer.py count --table NAME --facts FILE us-east-1 us-west-2

`write` reads files of events, JSON Lines, one of each Region, both at once. There is one item an agent (the same in every Region,
as a replica of an instance has the same agents) and one a contact; each event is an unconditional UpdateItem that SETs the
attributes that the event tells. What was acknowledged is kept in the file of facts, from one call to the next.

`count` looks at the items that each Region has, once everything is replicated, and prints one JSON object a line for each:
    updates   UpdateItem calls acknowledged
    facts     attributes of items that one Region alone wrote
    lost      those of them that do not hold what that Region wrote last: nobody overwrote them, and they are gone or older
    lostBy    the same by attribute
    outdated  agents whose shared attribute `status` is not that of the newest event that was acknowledged anywhere, for whatever
              reason: events that came late are among them
What is lost has nothing to do with the order of delivery: within a Region the last one to write is right.

Endpoint and credentials are those of boto3, from the environment.
"""
import argparse
import json
import os
import threading
import time
from collections import Counter, defaultdict

import boto3


def parts_of(arn):
    """The Region of an ARN, and what is the same in every Region."""
    fields = arn.split(":")
    return fields[3], f"{fields[4]}/{fields[5].removeprefix('instance/')}"


def agent_update(event):
    region, agent = parts_of(event["AgentARN"])
    told = {"status": None, f"seen {region}": event["EventTimestamp"]}
    if event["EventType"] in ("LOGIN", "LOGOUT"):
        told[f"presence {region}"] = f"{event['EventType']} {event['EventTimestamp']}"
    if snapshot := event["CurrentAgentSnapshot"]:
        told["status"] = snapshot["AgentStatus"]["Name"]
        told[f"contacts {region}"] = json.dumps(sorted(contact["ContactId"] for contact in snapshot["Contacts"]))
    return f"agent#{agent}", {name: value for name, value in told.items() if value is not None}


def contact_update(event):
    detail = event["detail"]
    told = {f"milestone {detail['eventType']}": event["time"], "channel": detail.get("channel")}
    return f"contact#{detail['contactId']}", {name: value for name, value in told.items() if value is not None}


def update_of(event):
    """Which item an event changes, and what it sets; None where it is of neither kind."""
    if "AgentARN" in event:
        return agent_update(event)
    if event.get("source") == "aws.connect" and "contactId" in event.get("detail", {}):
        return contact_update(event)
    return None


class Facts:
    """What was acknowledged: the last value of each attribute by Region, and each agent's newest status."""

    def __init__(self, path):
        self.path = path
        self.lock = threading.Lock()
        self.updates = Counter()
        self.last = defaultdict(dict)
        self.newest = {}
        if os.path.exists(path):
            with open(path) as file:
                kept = json.load(file)
            self.updates.update(kept["updates"])
            self.newest.update(kept["newest"])
            for pk, name, values in kept["last"]:
                self.last[pk, name] = values

    def keep(self):
        with open(self.path, "w") as file:
            last = [[pk, name, values] for (pk, name), values in self.last.items()]
            json.dump({"updates": self.updates, "newest": self.newest, "last": last}, file)

    def acknowledged(self, region, pk, told, event_time):
        with self.lock:
            self.updates[region] += 1
            for name, value in told.items():
                self.last[pk, name][region] = value
            if "status" in told and [event_time] >= self.newest.get(pk, [""])[:1]:
                self.newest[pk] = [event_time, told["status"]]


def table_of(region, name):
    resource = boto3.resource("dynamodb", region_name=region)
    if name not in resource.meta.client.list_tables()["TableNames"]:
        resource.create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
    return resource.Table(name)


def write(region, table, lines, facts, per_second):
    start = time.monotonic()
    for number, line in enumerate(lines):
        event = json.loads(line)
        update = update_of(event)
        if update is None:
            continue
        time.sleep(max(0, start + number / per_second - time.monotonic()))
        pk, told = update
        changes = told | {"updatedAt": f"{time.time():.6f} {region}"}
        table.update_item(
            Key={"pk": pk},
            UpdateExpression="SET " + ", ".join(f"#{number} = :{number}" for number in range(len(changes))),
            ExpressionAttributeNames={f"#{number}": name for number, name in enumerate(changes)},
            ExpressionAttributeValues={f":{number}": value for number, value in enumerate(changes.values())})
        facts.acknowledged(region, pk, told, event.get("EventTimestamp") or event["time"])


def count(table, facts):
    items, page = {}, {}
    while True:
        page = table.scan(ConsistentRead=True, **({"ExclusiveStartKey": page["LastEvaluatedKey"]} if page else {}))
        items |= {item["pk"]: item for item in page["Items"]}
        if "LastEvaluatedKey" not in page:
            break
    own = {place: next(iter(values.values())) for place, values in facts.last.items() if len(values) == 1}
    lost = Counter(name.split(" ")[0] for (pk, name), value in own.items() if items.get(pk, {}).get(name) != value)
    outdated = sum(items.get(pk, {}).get("status") != status for pk, (_, status) in facts.newest.items())
    return {
        "updates": sum(facts.updates.values()), "facts": len(own), "lost": sum(lost.values()),
        "lostBy": dict(sorted(lost.items())), "agents": len(facts.newest), "outdated": outdated,
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("action", choices=["write", "count"])
    parser.add_argument("--table", required=True)
    parser.add_argument("--facts", required=True)
    parser.add_argument("--per-second", type=float, default=1e9)
    parser.add_argument("regions", nargs="+")
    arguments = parser.parse_args()
    facts = Facts(arguments.facts)
    if arguments.action == "count":
        for region in arguments.regions:
            print(json.dumps({"region": region} | count(table_of(region, arguments.table), facts)))
        return
    failures, writers = [], []
    for region, path in (argument.split("=", 1) for argument in arguments.regions):

        def work(region=region, path=path, table=table_of(region, arguments.table)):
            try:
                with open(path) as lines:
                    write(region, table, lines, facts, arguments.per_second)
            except Exception as error:
                failures.append(error)

        writers.append(threading.Thread(target=work))
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    facts.keep()
    if failures:
        raise failures[0]


if __name__ == "__main__":
    main()
