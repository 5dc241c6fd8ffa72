"""What the replicator knows of one Region: its items as far as its streams were read, and how to write one from elsewhere."""
from collections import Counter, deque
from typing import NamedTuple

from wire import Emulator, Refused

STREAMS = "DynamoDBStreams_20120810."
TABLES = "DynamoDB_20120810."


class Version(NamedTuple):
    time: int
    region: str
    image: dict | None

    def beats(self, other):
        return other is None or (self.time, self.region) > (other.time, other.region)


def is_scalar(value):
    ((kind, content),) = value.items()
    return kind in ("S", "N", "BOOL", "NULL") or kind == "B" and len(content) < 4096


class Replica:
    """A Region: its emulator, and what this process knows of its items."""

    def __init__(self, region, port):
        self.region = region
        self.emulator = Emulator(region, port)
        self.tails = {}
        self.keys = {}
        # By table: whether nothing was missed of it, and how many writes from elsewhere are under way.
        self.is_known = {}
        self.writes = Counter()
        # By (table, key): what an item is, and the versions written here from elsewhere whose stream records have not come yet.
        self.versions = {}
        self.expected = {}

    def id(self, table, image):
        return (table, *(next(iter(image[name].values())) for name in self.keys[table]))

    async def describe(self, prefixes):
        """The tables that can take part: name -> ARN of the stream."""
        found = {}
        for name in (await self.emulator.call(TABLES + "ListTables", {}))["TableNames"]:
            if not name.startswith(tuple(prefixes)):
                continue
            table = (await self.emulator.call(TABLES + "DescribeTable", {"TableName": name}))["Table"]
            view = table.get("StreamSpecification", {}).get("StreamViewType", "")
            if view.startswith("NEW"):
                self.keys[name] = [key["AttributeName"] for key in table["KeySchema"]]
                found[name] = table["LatestStreamArn"]
        return found

    async def iterator(self, arn, kind):
        stream = await self.emulator.call(STREAMS + "DescribeStream", {"StreamArn": arn})
        shard = stream["StreamDescription"]["Shards"][0]["ShardId"]
        wanted = {"StreamArn": arn, "ShardId": shard, "ShardIteratorType": kind}
        return (await self.emulator.call(STREAMS + "GetShardIterator", wanted))["ShardIterator"]

    async def write(self, id, version, key):
        """Whether the item was what it was thought to be, and is now that version."""
        known = self.versions.get(id)
        request = {"TableName": id[0]} | self.condition(known.image if known else None, key)
        operation, what = ("PutItem", {"Item": version.image}) if version.image else ("DeleteItem", {"Key": key})
        expected = self.expected.setdefault(id, deque())
        if version not in expected:
            expected.append(version)
        try:
            await self.emulator.call(TABLES + operation, request | what)
        except Refused as error:
            if version in expected:
                expected.remove(version)
            if error.code != "ConditionalCheckFailedException":
                raise
            return False
        if version in expected:
            self.versions[id] = version
        return True

    def condition(self, known, key):
        first = next(iter(key))
        if known is None:
            return {"ConditionExpression": "attribute_not_exists(#k)", "ExpressionAttributeNames": {"#k": first}}
        scalars = {name: value for name, value in known.items() if name not in key and is_scalar(value)}
        names = {"#k": first} | {f"#{number}": name for number, name in enumerate(scalars)}
        found = {
            "ConditionExpression": " AND ".join(
                ["attribute_exists(#k)", *(f"#{number} = :{number}" for number in range(len(scalars)))]),
            "ExpressionAttributeNames": names,
        }
        if scalars:
            found["ExpressionAttributeValues"] = {f":{number}": value for number, value in enumerate(scalars.values())}
        return found

    def is_expected(self, id, image):
        """Whether a record of the stream is of this process's own write. What was expected before it was lost on the way."""
        expected = self.expected.get(id, ())
        if all(version.image != image for version in expected):
            return False
        while (version := expected.popleft()).image != image:
            pass
        self.versions[id] = max(version, self.versions.get(id, version), key=lambda version: version[:2])
        if not expected:
            del self.expected[id]
        return True
