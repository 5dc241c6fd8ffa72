"""Checks the double's answers against botocore's model of Kinesis: check.py PORT. Silent where they fit; else it fails."""

import json
import sys
import time
import urllib.error
import urllib.request

import botocore.session
from botocore.eventstream import EventStreamBuffer
from botocore.parsers import EventStreamJSONParser, create_parser

BASE = f"http://127.0.0.1:{sys.argv[1]}"
MODEL = botocore.session.get_session().get_service_model("kinesis")
PARSER = create_parser("json")
KEY = 1 << 127
STREAM = {"StreamName": "checked"}
seen = set()


def post(path, body, headers=()):
    request = urllib.request.Request(BASE + path, json.dumps(body).encode(), dict(headers))
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, dict(answer.headers.items()), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers.items()), error.read()


def conform(shape, value, path):
    """Every member is in the model, every required one is there, and each is of its type."""
    if shape.type_name == "structure":
        assert isinstance(value, dict), f"{path} is no structure"
        for name in shape.required_members:
            assert name in value, f"{path} lacks {name}"
        for name, member in value.items():
            assert name in shape.members, f"{path} has {name}, which the model has not"
            conform(shape.members[name], member, f"{path}.{name}")
    elif shape.type_name == "list":
        assert isinstance(value, list), f"{path} is no list"
        for member in value:
            conform(shape.member, member, path + "[]")
    else:
        kinds = {"string": str, "blob": str, "integer": int, "long": int, "timestamp": (int, float), "boolean": bool}
        assert isinstance(value, kinds[shape.type_name]), f"{path} is {value!r}, no {shape.type_name}"
        if getattr(shape, "enum", None):
            assert value in shape.enum, f"{path} is {value!r}"


def call(operation, body, error=None):
    seen.add(operation)
    model = MODEL.operation_model(operation)
    conform(model.input_shape, body, operation)
    target = f"{MODEL.metadata['targetPrefix']}.{operation}"
    headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
    status, headers, text = post("/", body, headers.items())
    if operation == "SubscribeToShard" and status == 200:
        return subscription(model, headers, text)
    answer = PARSER.parse({"status_code": status, "headers": headers, "body": text}, model.output_shape)
    if error:
        assert answer["Error"]["Code"] == error, f"{operation}: {answer}, wanted {error}"
        assert error in [shape.name for shape in model.error_shapes] + ["ValidationException"], f"{operation} never says {error}"
        return None
    assert status == 200, f"{operation}: {answer}"
    if model.output_shape is None:
        assert text == b"", f"{operation} says {text}"
    else:
        conform(model.output_shape, json.loads(text), operation)
    return answer


def subscription(model, headers, text):
    assert headers["Content-Type"] == "application/vnd.amazon.eventstream"
    buffer = EventStreamBuffer()
    buffer.add_data(text)
    events = [event.to_response_dict() for event in buffer]
    assert events[0]["headers"][":event-type"] == "initial-response", "the initial response is missing"
    shape = model.output_shape.members["EventStream"]
    for event in events[1:]:
        if event["headers"][":message-type"] == "event":
            body = json.loads(event["body"])
            # At the end of a shard the service leaves it out, whatever the model says: the Kinesis Client Library goes by that.
            if "ChildShards" in body:
                body.setdefault("ContinuationSequenceNumber", "")
            conform(shape.members[event["headers"][":event-type"]], body, "SubscribeToShardEvent")
        else:
            assert event["headers"][":exception-type"] in shape.members, event
    parsed = [EventStreamJSONParser().parse(event, shape) for event in events[1:]]
    return [event["SubscribeToShardEvent"] for event in parsed if "SubscribeToShardEvent" in event]


def shards(page):
    post("/_double/settings", {"page": page})
    found, body = [], dict(STREAM)
    while True:
        answer = call("ListShards", body)
        found += answer["Shards"]
        if "NextToken" not in answer:
            return {shard["ShardId"]: shard for shard in found}
        body = {"NextToken": answer["NextToken"]}


def iterator(shard, kind="TRIM_HORIZON", **more):
    body = {**STREAM, "ShardId": shard, "ShardIteratorType": kind, **more}
    return call("GetShardIterator", body)["ShardIterator"]


def read(shard, **start):
    """All records of a closed shard, and the shards that go on."""
    records, at = [], iterator(shard, **start)
    while True:
        answer = call("GetRecords", {"ShardIterator": at, "Limit": 3})
        records += [record["Data"] for record in answer["Records"]]
        at = answer.get("NextShardIterator")
        if at is None:
            return records, [child["ShardId"] for child in answer["ChildShards"]]


def streams():
    call("CreateStream", {**STREAM, "ShardCount": 2})
    call("CreateStream", {**STREAM, "ShardCount": 2}, "ResourceInUseException")
    summary = call("DescribeStreamSummary", STREAM)["StreamDescriptionSummary"]
    assert summary["StreamARN"] == "arn:aws:kinesis:us-east-1:123456789012:stream/checked"
    call("DescribeStreamSummary", {"StreamName": "nowhere"}, "ResourceNotFoundException")
    return summary["StreamARN"]


def resharding():
    """Two shards; the first is split, the second of its children merged with the second shard."""
    for number in range(20):
        call("PutRecord", {**STREAM, "Data": "AAAA", "PartitionKey": str(number)})
    call("PutRecords", {**STREAM, "Records": [{"Data": "AQID", "PartitionKey": "k", "ExplicitHashKey": "5"}] * 10})
    ids = [f"shardId-{number:012d}" for number in range(5)]
    call("SplitShard", {**STREAM, "ShardToSplit": ids[0], "NewStartingHashKey": "1"}, None)
    call("SplitShard", {**STREAM, "ShardToSplit": ids[0], "NewStartingHashKey": "9"}, "InvalidArgumentException")
    call("SplitShard", {**STREAM, "ShardToSplit": ids[1], "NewStartingHashKey": str(KEY)}, "InvalidArgumentException")
    call("MergeShards", {**STREAM, "ShardToMerge": ids[2], "AdjacentShardToMerge": ids[1]}, "InvalidArgumentException")
    call("MergeShards", {**STREAM, "ShardToMerge": ids[1], "AdjacentShardToMerge": ids[3]})
    found = shards(2)
    assert list(found) == ids == list(shards(1000))
    assert found[ids[2]]["ParentShardId"] == found[ids[3]]["ParentShardId"] == ids[0]
    merged = found[ids[4]]
    assert {merged["ParentShardId"], merged["AdjacentParentShardId"]} == {ids[1], ids[3]}
    for name, shard in found.items():
        span = shard["SequenceNumberRange"]
        assert ("EndingSequenceNumber" in span) == (name in (ids[0], ids[1], ids[3])), name
        for parent in (shard.get("ParentShardId"), shard.get("AdjacentParentShardId")):
            if parent:
                ending = found[parent]["SequenceNumberRange"]["EndingSequenceNumber"]
                assert int(ending) < int(span["StartingSequenceNumber"]), name
    first, second = read(ids[0]), read(ids[1])
    assert first[1] == ids[2:4] and second[1] == [ids[4]] and read(ids[3]) == ([], [ids[4]])
    assert len(first[0]) + len(second[0]) == 30 and first[0].count(b"\1\2\3") == 10
    post("/_double/settings", {"lateEnd": True})
    assert read(ids[0]) == first and read(ids[3]) == ([], [ids[4]])
    post("/_double/settings", {"lateEnd": False})
    assert read(ids[0], kind="LATEST") == ([], ids[2:4])
    return ids


def positions(ids):
    every = call("GetRecords", {"ShardIterator": iterator(ids[0])})["Records"]
    middle = every[4]
    number = {"StartingSequenceNumber": middle["SequenceNumber"]}
    assert len(read(ids[0], kind="AT_SEQUENCE_NUMBER", **number)[0]) == len(every) - 4
    assert len(read(ids[0], kind="AFTER_SEQUENCE_NUMBER", **number)[0]) == len(every) - 5
    before = time.time() - 60
    assert len(read(ids[0], kind="AT_TIMESTAMP", Timestamp=before)[0]) == len(every)
    body = {**STREAM, "ShardId": ids[2], "ShardIteratorType": "AT_SEQUENCE_NUMBER", **number}
    call("GetShardIterator", body, "InvalidArgumentException")
    call("GetShardIterator", {**body, "ShardId": "shardId-000000000099"}, "ResourceNotFoundException")
    call("GetRecords", {"ShardIterator": "x"}, "InvalidArgumentException")
    post("/_double/put", {"stream": "checked", "records": [{"data": "AAAA", "hash": 1 << 120, "arrival": 1_700_000_000_123}]})
    arrived = call("GetRecords", {"ShardIterator": iterator(ids[4])})["Records"]
    late = [record["ApproximateArrivalTimestamp"].timestamp() for record in arrived]
    assert late == [1_700_000_000.123], late
    at = iterator(ids[4], "LATEST")
    call("PutRecord", {**STREAM, "Data": "Ag==", "PartitionKey": "k", "ExplicitHashKey": str(KEY)})
    answer = call("GetRecords", {"ShardIterator": at})
    assert [record["Data"] for record in answer["Records"]] == [b"\2"] and "NextShardIterator" in answer


def faults(ids):
    def inject(kind, operation="GetRecords", **more):
        post("/_double/faults", {"operation": operation, "kind": kind, **more})

    at = iterator(ids[0])
    inject("throttle")
    call("GetRecords", {"ShardIterator": at}, "ProvisionedThroughputExceededException")
    inject("expired", shard=ids[0])
    for _ in range(2):
        call("GetRecords", {"ShardIterator": at}, "ExpiredIteratorException")
    at = iterator(ids[0])
    post("/_double/settings", {"limits": True})
    codes = []
    for _ in range(6):
        codes.append(post("/", {"ShardIterator": at, "Limit": 1}, {"X-Amz-Target": "Kinesis_20131202.GetRecords"}.items())[0])
    assert codes == [200] * 5 + [400], codes
    post("/_double/settings", {"limits": False, "iteratorLife": 0})
    call("GetRecords", {"ShardIterator": at}, "ExpiredIteratorException")
    post("/_double/settings", {"iteratorLife": 300})
    post("/_double/trim", {"stream": "checked", "shard": ids[0], "whole": True})
    call("GetRecords", {"ShardIterator": at}, "ResourceNotFoundException")


def fan_out(arn, ids):
    consumer = call("RegisterStreamConsumer", {"StreamARN": arn, "ConsumerName": "c"})["Consumer"]["ConsumerARN"]
    call("RegisterStreamConsumer", {"StreamARN": arn, "ConsumerName": "c"}, "ResourceInUseException")
    state = call("DescribeStreamConsumer", {"StreamARN": arn, "ConsumerName": "c"})["ConsumerDescription"]
    assert state["ConsumerStatus"] == "ACTIVE"
    post("/_double/settings", {"subscriptionLife": 0.5, "heartbeat": 0.1})
    horizon = {"ConsumerARN": consumer, "StartingPosition": {"Type": "TRIM_HORIZON"}}
    events = call("SubscribeToShard", {**horizon, "ShardId": ids[0]})
    assert sum(len(event["Records"]) for event in events) > 10
    assert [child["ShardId"] for child in events[-1]["ChildShards"]] == ids[2:4]
    call("SubscribeToShard", {**horizon, "ShardId": ids[0]}, "ResourceInUseException")
    events = call("SubscribeToShard", {**horizon, "ShardId": ids[4]})
    assert len(events) > 2 and all("ContinuationSequenceNumber" in event for event in events)
    post("/_double/faults", {"operation": "SubscribeToShard", "kind": "exception", "code": "KMSThrottlingException"})
    assert call("SubscribeToShard", {**horizon, "ShardId": ids[1]}) == []
    call("DeregisterStreamConsumer", {"ConsumerARN": consumer})


arn = streams()
ids = resharding()
positions(ids)
fan_out(arn, ids)
faults(ids)
call("DeleteStream", STREAM)
operations = set(json.loads(urllib.request.urlopen(BASE + "/_double/calls").read()))
assert operations == seen, operations ^ seen
