"""Tests of replicator.py.

    python3 test_replicator.py us-east-1=PORT us-west-2=PORT

Wants two emulators that nobody else uses.
"""
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

import boto3

from wire import regions_of

PORTS = regions_of(sys.argv[1:])
EAST, WEST = PORTS
NUMBERS = itertools.count()


def dynamodb(region):
    return boto3.client(
        "dynamodb", endpoint_url=f"http://127.0.0.1:{PORTS[region]}", region_name=region, aws_access_key_id="test",
        aws_secret_access_key="test")


class Replicator:
    """One under way, over a table of its own."""

    def __init__(self, lag, *more):
        self.prefix = f"test-{os.getpid()}-{next(NUMBERS)}-"
        self.table = self.prefix + "agent"
        self.clients = {region: dynamodb(region) for region in PORTS}
        for client in self.clients.values():
            client.create_table(
                TableName=self.table, BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
                KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
                StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
        script = os.path.join(os.path.dirname(__file__), "replicator.py")
        self.process = subprocess.Popen(
            [sys.executable, script, "--prefix", self.prefix, "--lag", *map(str, lag), *more, *sys.argv[1:]],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])
        while self.ask("GET", "/figures")["tables"] != [self.table]:
            pass

    def end(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def ask(self, method, path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", method=method, data=json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=120) as found:
            return json.load(found)

    def settle(self):
        assert self.ask("GET", "/settled")

    @staticmethod
    def key(pk, sk):
        return {"pk": {"S": pk}, "sk": {"S": sk}}

    def set(self, region, pk, sk, **attributes):
        self.clients[region].update_item(
            TableName=self.table, Key=self.key(pk, sk),
            UpdateExpression="SET " + ", ".join(f"#{number} = :{number}" for number in range(len(attributes))),
            ExpressionAttributeNames={f"#{number}": name for number, name in enumerate(attributes)},
            ExpressionAttributeValues={f":{number}": {"S": value} for number, value in enumerate(attributes.values())})

    def get(self, region, pk, sk):
        found = self.clients[region].get_item(TableName=self.table, Key=self.key(pk, sk), ConsistentRead=True).get("Item")
        return found and {name: value["S"] for name, value in found.items() if name not in ("pk", "sk")}

    def items(self, region):
        pages = self.clients[region].get_paginator("scan").paginate(TableName=self.table)
        return {(item["pk"]["S"], item["sk"]["S"]): item for page in pages for item in page["Items"]}


class ReplicatorTests(unittest.TestCase):
    def replicator(self, lag=(0.02, 0.3), *more):
        found = Replicator(lag, *more)
        self.addCleanup(found.end)
        return found

    def test_writes_and_deletes_of_one_region_reach_the_other(self):
        table = self.replicator()
        table.set(EAST, "1", "x", a="1")
        table.set(WEST, "2", "x", b="2")
        table.settle()
        self.assertEqual(table.get(WEST, "1", "x"), {"a": "1"})
        self.assertEqual(table.get(EAST, "2", "x"), {"b": "2"})
        table.clients[WEST].delete_item(TableName=table.table, Key=table.key("1", "x"))
        table.settle()
        self.assertIsNone(table.get(EAST, "1", "x"))
        self.assertEqual(table.ask("GET", "/figures"), table.ask("GET", "/figures") | {"seen": 3, "applied": 3, "lost": 0})

    def test_two_concurrent_writers_of_one_item_lose_an_update(self):
        table = self.replicator()
        table.set(EAST, "1", "x", base="0", by="nobody")
        table.settle()
        # At once: neither has come to the other side when the other is written.
        table.ask("PUT", "/cut", {})
        table.set(EAST, "1", "x", east="1", by="east")
        table.set(WEST, "1", "x", west="1", by="west")
        table.ask("PUT", "/heal")
        table.settle()
        for region in PORTS:
            self.assertEqual(table.get(region, "1", "x"), {"base": "0", "by": "west", "west": "1"})
        self.assertEqual(table.ask("GET", "/figures")["lost"], 1)

    def test_the_later_write_wins_although_it_arrives_first(self):
        table = self.replicator()
        table.ask("PUT", "/cut", {"from": EAST, "to": WEST})
        table.set(EAST, "1", "x", by="east")
        table.set(WEST, "1", "x", by="west")
        while table.get(EAST, "1", "x") != {"by": "west"}:
            pass
        table.ask("PUT", "/heal")
        table.settle()
        self.assertEqual([table.get(region, "1", "x") for region in PORTS], [{"by": "west"}] * 2)

    def test_replication_never_undoes_a_newer_write_even_temporarily(self):
        table = self.replicator(lag=(0.1, 0.15))
        for number in range(60):
            pk = str(number)
            table.set(EAST, pk, "x", by="east")
            time.sleep(0.08 + number % 20 * 0.004)
            table.set(WEST, pk, "x", by="west")
            for _ in range(5):
                self.assertEqual(table.get(WEST, pk, "x"), {"by": "west"})
        table.settle()

    def test_a_cut_link_passes_nothing_and_a_restored_link_passes_everything(self):
        table = self.replicator()
        table.ask("PUT", "/cut", {})
        for number in range(30):
            table.set(EAST, str(number), EAST, a="1")
            table.set(WEST, str(number), WEST, a="1")
        while sum(table.ask("GET", "/figures")["waiting"].values()) < 60:
            pass
        self.assertFalse(table.ask("GET", "/settled"))
        self.assertEqual([len(table.items(region)) for region in PORTS], [30, 30])
        table.ask("PUT", "/heal")
        table.settle()
        self.assertEqual([len(table.items(region)) for region in PORTS], [60, 60])
        self.assertEqual(table.items(EAST), table.items(WEST))

    def write_much(self, table, own):
        """What each Region's last writes were: both at once, over and over the same items, to attributes of their own."""
        last = {}

        def work(region):
            for number in range(300):
                pk, sk = str(number * 7 % 10), region if own else "x"
                table.set(region, pk, sk, **{region: str(number), "by": f"{region} {number}"})
                last[region, pk] = str(number)

        threads = [threading.Thread(target=work, args=(region,)) for region in PORTS]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        table.settle()
        self.assertEqual(len(last), 20)
        self.assertEqual(table.items(EAST), table.items(WEST))
        return [(region, pk) for (region, pk), value in last.items()
                if table.get(EAST, pk, region if own else "x").get(region) != value]

    def test_writers_of_separate_items_lose_no_update(self):
        table = self.replicator()
        self.assertEqual(self.write_much(table, own=True), [])
        self.assertEqual(table.ask("GET", "/figures")["lost"], 0)

    def test_writers_of_the_same_items_lose_updates_although_their_attributes_differ(self):
        self.assertGreater(len(self.write_much(self.replicator(), own=False)), 0)

    def test_the_journal_has_the_time_a_version_was_written_and_the_time_it_arrived(self):
        with tempfile.NamedTemporaryFile("r") as journal:
            table = self.replicator((0.2, 0.2), "--journal", journal.name, "--journal-of", "kept#")
            table.set(EAST, "kept#1", "x", a="1")
            table.set(EAST, "other#1", "x", a="1")
            table.set(WEST, "kept#2", "x", a="2")
            table.settle()
            lines = {line["image"]["pk"]["S"]: line for line in map(json.loads, journal)}
        self.assertEqual({pk: (line["from"], line["to"], line["image"]["a"]["S"]) for pk, line in lines.items()},
                         {"kept#1": (EAST, WEST, "1"), "kept#2": (WEST, EAST, "2")})
        for line in lines.values():
            self.assertGreater(line["arrived"], line["written"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
