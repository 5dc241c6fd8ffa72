"""Tests of regions.py, container_credentials.py and lambda_writer.py.

    python3 test_regions.py us-east-1=PORT us-west-2=PORT

Wants two emulators (emulator.py) that nobody else uses, and in the environment what they were given: AWS_ACCESS_KEY_ID and
AWS_SECRET_ACCESS_KEY.
"""
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error

from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError, ResponseStreamingError

from rig import HERE, Case
from wire import regions_of

PORTS = regions_of(sys.argv[1:])
EAST, WEST = PORTS
KEY = os.environ["AWS_ACCESS_KEY_ID"]
BROKEN = (ConnectionClosedError, ResponseStreamingError)


class RegionCase(Case):
    def table(self, client, prefix="routes"):
        name = f"{prefix}-{os.getpid()}-{time.monotonic_ns()}"
        client.create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}])
        return name


class GatewayTests(RegionCase):
    def setUp(self):
        self.gateway = self.server("regions.py", "--seed", "7", *sys.argv[1:])
        self.east = self.client("dynamodb", EAST, self.gateway.address)

    def faults(self, *wanted):
        self.gateway.ask("PUT", "/_regions/faults", list(wanted))

    def test_a_request_goes_to_the_region_of_its_signature_which_stays_valid(self):
        name = self.table(self.east)
        west = self.client("dynamodb", WEST, self.gateway.address)
        self.assertIn(name, self.east.list_tables()["TableNames"])
        self.assertNotIn(name, west.list_tables()["TableNames"])
        stranger = self.client("dynamodb", WEST, self.gateway.address, aws_access_key_id=KEY, aws_secret_access_key="another")
        with self.assertRaisesRegex(ClientError, "InvalidSignatureException"):
            stranger.list_tables()
        requests = self.gateway.ask("GET", "/_regions/figures")["requests"]
        self.assertEqual(requests[f"{WEST} dynamodb ListTables"], 2)

    def test_a_region_that_is_cut_off_does_not_affect_the_other(self):
        west = self.client("dynamodb", WEST, self.gateway.address)
        hasty = self.client("dynamodb", WEST, self.gateway.address, read_timeout=1)
        for state, client, error in [("reset", west, ConnectionClosedError), ("hang", hasty, ReadTimeoutError)]:
            self.gateway.ask("PUT", "/_regions/state", {WEST: state})
            self.assertRaises(error, client.list_tables)
            self.east.list_tables()
        self.gateway.ask("PUT", "/_regions/state", {WEST: "up"})
        west.list_tables()

    def test_errors_occur_at_the_requested_rate_and_are_those_of_the_service(self):
        kinesis = self.client("kinesis", EAST, self.gateway.address)
        self.faults(
            {"service": "dynamodb", "operation": "ListTables", "fault": "error", "code": "ThrottlingException", "times": 2},
            {"service": "kinesis", "fault": "error", "code": "ProvisionedThroughputExceededException", "probability": 0.5})
        for _ in range(2):
            self.assertRaisesRegex(ClientError, "ThrottlingException", self.east.list_tables)
        self.east.list_tables()
        refused = 0
        for _ in range(40):
            try:
                kinesis.list_streams()
            except kinesis.exceptions.ProvisionedThroughputExceededException:
                refused += 1
        self.assertIn(refused, range(8, 33))
        self.assertEqual(self.gateway.ask("GET", "/_regions/figures")["fired"], [2, refused])

    def test_a_connection_breaks_before_a_request_after_it_and_inside_the_response(self):
        name = self.table(self.east)

        def put(pk):
            self.east.put_item(TableName=name, Item={"pk": {"S": pk}})

        self.faults({"operation": "PutItem", "fault": "reset", "times": 1})
        self.assertRaises(ConnectionClosedError, put, "reset")
        self.faults({"operation": "PutItem", "fault": "lost", "times": 1})
        self.assertRaises(ConnectionClosedError, put, "lost")
        self.faults({"operation": "Scan", "fault": "cut", "times": 1})
        self.assertRaises(BROKEN, self.east.scan, TableName=name)
        self.assertEqual(self.east.scan(TableName=name)["Items"], [{"pk": {"S": "lost"}}])

    def test_unprocessed_keys_of_a_batch_are_returned_by_a_second_request(self):
        name = self.table(self.east)
        keys = [{"pk": {"S": str(number)}} for number in range(40)]
        for key in keys:
            self.east.put_item(TableName=name, Item=key)
        self.faults({"operation": "BatchGetItem", "fault": "partial", "times": 2})
        found, wanted, rounds = [], {name: {"Keys": keys}}, 0
        while wanted:
            answer = self.east.batch_get_item(RequestItems=wanted)
            found += answer["Responses"][name]
            wanted = answer["UnprocessedKeys"]
            rounds += 1
        self.assertEqual(rounds, 3)
        self.assertEqual(sorted(int(item["pk"]["S"]) for item in found), list(range(40)))

    def test_a_delay_delays_the_response(self):
        self.faults({"operation": "ListTables", "fault": "delay", "milliseconds": [300, 400]})
        start = time.monotonic()
        self.east.list_tables()
        self.assertGreater(time.monotonic() - start, 0.3)

    def test_event_streams_are_forwarded_without_buffering(self):
        kinesis = self.client("kinesis", EAST, self.gateway.address)
        stream = f"events-{os.getpid()}"
        kinesis.create_stream(StreamName=stream, ShardCount=1)
        arn = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]["StreamARN"]
        consumer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="c")["Consumer"]["ConsumerARN"]
        subscription = kinesis.subscribe_to_shard(
            ConsumerARN=consumer, ShardId="shardId-000000000000", StartingPosition={"Type": "TRIM_HORIZON"})
        kinesis.put_record(StreamName=stream, Data=b"one", PartitionKey="1")
        for event in subscription["EventStream"]:
            if event["SubscribeToShardEvent"]["Records"]:
                self.assertEqual(event["SubscribeToShardEvent"]["Records"][0]["Data"], b"one")
                break
        subscription["EventStream"].close()


class CredentialsTests(Case):
    def test_credentials_are_valid_until_their_expiry(self):
        endpoint = self.server(
            "container_credentials.py", "--role", "arn:aws:iam::000000000000:role/task", "--seconds", "2", "--token", "pod",
            f"{EAST}={PORTS[EAST]}")
        with self.assertRaises(urllib.error.HTTPError):
            endpoint.ask("GET", "/credentials")
        handed = []

        def fresh():
            found = endpoint.ask("GET", "/credentials", headers={"Authorization": "pod"})
            handed.append(found["AccessKeyId"])
            return self.client(
                "dynamodb", EAST, f"http://127.0.0.1:{PORTS[EAST]}", aws_access_key_id=found["AccessKeyId"],
                aws_secret_access_key=found["SecretAccessKey"], aws_session_token=found["Token"])

        def is_good(client):
            try:
                client.list_tables()
            except ClientError as error:
                self.assertIn("ExpiredTokenException", str(error))
                return False
            return True

        # On a busy machine some may be over before they are used; none is good for ever.
        client = fresh()
        while not is_good(client):
            client = fresh()
        while is_good(client):
            pass
        fresh()
        self.assertEqual(len(set(handed)), len(handed))
        self.assertEqual(endpoint.ask("GET", "/figures"), {"handed": len(handed), "refused": 1})


class NaiveWriterTests(Case):
    """Of the counting: two Regions that write one agent at once, with nothing in between and with a cut link."""

    def event(self, region, number, kind="STATE_CHANGE", status="Available"):
        arn = f"arn:aws:connect:{region}:1:instance/i"
        status = {"ARN": f"{arn}/agent-state/{status}", "Name": status}
        return {
            "AgentARN": f"{arn}/agent/{number % 10}", "EventType": kind, "EventTimestamp": f"2026-03-02T14:00:{number:02}.000Z",
            "CurrentAgentSnapshot": {"AgentStatus": status, "Contacts": []},
        }

    def test_only_the_loss_of_a_cut_link_is_counted(self):
        table = f"naive-{os.getpid()}"
        gateway = self.server("regions.py", *sys.argv[1:])
        replicator = self.server("replicator.py", "--prefix", table, "--lag", "0.02", "0.1", *sys.argv[1:])
        environment = os.environ | {"AWS_ENDPOINT_URL": gateway.address}
        with tempfile.TemporaryDirectory() as scratch:

            def run(action, *regions):
                facts = ["--table", table, "--facts", f"{scratch}/facts"]
                return subprocess.run(
                    [sys.executable, "lambda_writer.py", action, *facts, *regions], cwd=HERE, env=environment, check=True,
                    stdout=subprocess.PIPE, text=True).stdout

            def write(region, *events):
                with open(f"{scratch}/{region}", "w") as file:
                    file.writelines(json.dumps(event) + "\n" for event in events)
                run("write", f"{region}={scratch}/{region}")
                replicator.ask("GET", "/settled")

            def count():
                return [json.loads(line) for line in run("count", EAST, WEST).splitlines()]

            for region in PORTS:
                write(region)
            while table not in replicator.ask("GET", "/figures")["tables"]:
                pass
            write(EAST, *(self.event(EAST, number, "LOGIN") for number in range(10)))
            write(WEST, *(self.event(WEST, number, "LOGIN") for number in range(10, 20)))
            for found in count():
                self.assertEqual((found["updates"], found["facts"], found["lost"], found["outdated"]), (20, 60, 0, 0))
            replicator.ask("PUT", "/cut", {})
            write(EAST, *(self.event(EAST, number, "LOGOUT", "Offline") for number in range(20, 24)))
            write(WEST, *(self.event(WEST, number, status="Lunch") for number in range(32, 36)))
            replicator.ask("PUT", "/heal")
            self.assertTrue(replicator.ask("GET", "/settled"))
            # Agents 2 and 3 were written on both sides: what the first Region said of them is gone.
            for found in count():
                self.assertEqual((found["updates"], found["facts"], found["lost"]), (28, 60, 4))
                self.assertEqual(found["lostBy"], {"presence": 2, "seen": 2})


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
