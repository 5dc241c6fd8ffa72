"""A stub of DynamoDB Streams with shards that split, end and are trimmed, which no emulator has, and of the tables that they belong to.

    python3 streams.py [--region us-east-1]

`--region`: of its endpoints, for signatures. Prints `ready PORT`, the port of its control interface:

    GET /_stub/world      {"tables": URL, "streams": URL}, its two endpoints
    PUT /_stub/streams    what there is, in place of what there was, by table:
                          {"t": {"stream": ARN or null, "view": "NEW_AND_OLD_IMAGES", "shards": [{"id", "parent": optional, "isClosed": false,
                          "trimmed": how many of its records are gone, "records": records as GetRecords answers them}]}}
    PUT /_stub/iterators  {}: those that were given so far have expired
    PUT /_stub/faults, GET /_stub/fired, PUT /_stub/clock, GET and DELETE /_stub/log: see service.py

DescribeStream has two shards a page, GetRecords three records. Tables have no items.
"""
import argparse
import asyncio

from service import Desk, Door, Refusal, TargetJSON
from wire import control, end_with_input, listen, port_of

SHARDS, RECORDS = 2, 3


def missing(what):
    return Refusal(400, "ResourceNotFoundException", f"Requested resource not found: {what}")


def trimmed():
    return Refusal(400, "TrimmedDataAccessException", "The operation attempted to read past the oldest stream record in a shard")


class Stub:
    def __init__(self, region):
        self.desk = Desk()
        self.tables, self.generation = {}, 0

        def door(name, prefix, operations):
            protocol = TargetJSON(prefix, "1.0", "InternalServerError", 500)
            return Door(self.desk, name, region, "dynamodb", protocol, operations)

        self.doors = [
            door("tables", "DynamoDB_20120810", {"DescribeTable": self.describe_table, "Query": lambda *_: {"Items": []}}),
            door("streams", "DynamoDBStreams_20120810", {
                "DescribeStream": self.describe_stream, "GetShardIterator": self.get_shard_iterator, "GetRecords": self.get_records}),
        ]

    def describe_table(self, door, request):
        name = request.body["TableName"]
        if name not in self.tables:
            raise missing(f"Table: {name} not found")
        found = self.tables[name]
        said = {"TableName": name, "TableStatus": "ACTIVE"}
        if found["stream"]:
            said |= {
                "LatestStreamArn": found["stream"], "StreamSpecification": {"StreamEnabled": True, "StreamViewType": found["view"]}}
        return {"Table": said}

    def shards(self, arn):
        for table in self.tables.values():
            if table["stream"] == arn:
                return table["shards"]
        raise missing(f"Stream: {arn} not found")

    def shard(self, arn, wanted):
        for shard in self.shards(arn):
            if shard["id"] == wanted:
                return shard
        raise missing("Shard does not exist")

    def describe_stream(self, door, request):
        shards = self.shards(request.body["StreamArn"])
        after = request.body.get("ExclusiveStartShardId")
        first = next((number + 1 for number, shard in enumerate(shards) if shard["id"] == after), 0)
        page = shards[first:first + SHARDS]
        said = {"StreamArn": request.body["StreamArn"], "StreamStatus": "ENABLED", "Shards": [self.described(each) for each in page]}
        if first + SHARDS < len(shards):
            said["LastEvaluatedShardId"] = page[-1]["id"]
        return {"StreamDescription": said}

    @staticmethod
    def described(shard):
        numbers = {"StartingSequenceNumber": "1"} | ({"EndingSequenceNumber": "9"} if shard.get("isClosed") else {})
        said = {"ShardId": shard["id"], "SequenceNumberRange": numbers}
        return said | ({"ParentShardId": shard["parent"]} if shard.get("parent") else {})

    def get_shard_iterator(self, door, request):
        arn, wanted = request.body["StreamArn"], request.body["ShardId"]
        shard = self.shard(arn, wanted)
        gone = shard.get("trimmed", 0)
        if request.body["ShardIteratorType"] == "TRIM_HORIZON":
            at = gone
        else:
            sequence = request.body["SequenceNumber"]
            numbers = [record["dynamodb"]["SequenceNumber"] for record in shard["records"]]
            if sequence not in numbers:
                raise Refusal(400, "ValidationException", "Invalid SequenceNumber")
            at = numbers.index(sequence) + 1
            if at <= gone:
                raise trimmed()
        return {"ShardIterator": f"{arn} {wanted} {at} {self.generation}"}

    def get_records(self, door, request):
        arn, wanted, at, generation = request.body["ShardIterator"].split(" ")
        if int(generation) != self.generation:
            raise Refusal(400, "ExpiredIteratorException", "Iterator expired")
        shard, at = self.shard(arn, wanted), int(at)
        if at < shard.get("trimmed", 0):
            raise trimmed()
        page = shard["records"][at:at + RECORDS]
        end = at + len(page)
        if shard.get("isClosed") and end == len(shard["records"]):
            return {"Records": page}
        return {"Records": page, "NextShardIterator": f"{arn} {wanted} {end} {generation}"}

    # What is asked of it.

    def world(self, _=None):
        return {door.name: f"http://127.0.0.1:{door.port}" for door in self.doors}

    def set_streams(self, wanted):
        self.tables = wanted
        return self.world()

    def expire(self, _):
        self.generation += 1
        return self.generation

    @property
    def routes(self):
        return self.desk.routes | {
            "GET /_stub/world": self.world, "PUT /_stub/streams": self.set_streams, "PUT /_stub/iterators": self.expire}


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--region", default="us-east-1")
    end_with_input()
    stub = Stub(parser.parse_args().region)
    for door in stub.doors:
        await door.open()
    server = await listen(control(stub.routes))
    print(f"ready {port_of(server)}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
