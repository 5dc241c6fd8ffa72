"""A double of Amazon Kinesis with faithful resharding, for tests: kinesis_double.py [--port P] [--until-stdin-ends].

Prints its port when it is ready. Signatures are not looked at. What goes wrong is injected over HTTP:

  POST /_double/settings  any of the members of `Settings` below
  POST /_double/faults    {"operation": "GetRecords", "kind": K, "count": 1, "shard": ID (any), "after": 0 calls, ...}, K one of
      throttle  ProvisionedThroughputExceededException      expired    ExpiredIteratorException, of this iterator for good
      error     {"code": C, "status": 400}                  cut        half of the answer, then the connection is closed
      malformed the answer's JSON, damaged                  hang       no answer within "seconds", then a closed connection
      crc       a wrong checksum in a subscription's event  exception  a subscription ends with the exception "code"
      reset     a subscription's connection is closed in the middle of an event
  POST /_double/put       {"stream": S, "records": [{"data": BASE64, "key": K, "hash": N, "arrival": MS}]}
  POST /_double/trim      {"stream": S, "shard": ID, "through": SEQUENCE (all), "whole": false: the shard itself, too}
  POST /_double/delete    {"stream": S}
  GET  /_double/calls     {"GetRecords": 12, ...}
  GET  /_double/log       [[seconds, operation, shard, code, or "" where it succeeded], ...]
  GET  /_double/faults    what was injected and has not come up yet
"""

import argparse
import collections
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import event_stream
from streams import ACCOUNT, Refused, Stream, invalid, pack, unpack


class Settings:
    # Seconds that an iterator, a subscription, and a token of ListShards live.
    iteratorLife = 300.0
    subscriptionLife = 300.0
    tokenLife = 300.0
    # Shards on a page of ListShards.
    page = 1000
    # 5 reads and 2 MB a second and shard; more is refused as the service does.
    limits = False
    # Seconds between two events of a subscription with nothing to tell, and until another call may take a subscription over.
    heartbeat = 1.0
    takeover = 5.0
    # Records in one event of a subscription.
    eventRecords = 500
    # The end of a shard is told in an answer of its own, behind the last records.
    lateEnd = False
    # Seconds that a consumer takes to become active.
    consumerDelay = 0.0
    # Seconds that every answer takes.
    latency = 0.0


class Double:
    def __init__(self):
        self.settings = Settings()
        self.streams = {}
        self.faults = []
        # Iterators that a fault let expire: they stay so.
        self.expired = set()
        self.calls = collections.Counter()
        self.log = collections.deque(maxlen=100_000)
        self.reads = collections.defaultdict(collections.deque)
        self.busy_until = {}
        self.subscriptions = {}
        self.changed = threading.Condition()

    # What requests have in common

    def stream(self, request):
        arn = request.get("StreamARN")
        if arn is not None:
            found = next((stream for stream in self.streams.values() if stream.arn == arn), None)
            name = arn.rpartition("/")[2]
        elif "StreamName" in request:
            name = request["StreamName"]
            found = self.streams.get(name)
        else:
            raise invalid("StreamARN or StreamName is required")
        if found is None:
            raise Refused("ResourceNotFoundException", f"Stream {name} under account {ACCOUNT} not found.")
        return found

    def fault(self, operation, shard, kinds=None):
        """The next fault that was injected for such a call, taken off the list."""
        for fault in self.faults:
            if fault["operation"] != operation or fault.get("shard") not in (None, shard):
                continue
            if (fault["kind"] in ("crc", "exception", "reset")) != (kinds == "subscription"):
                continue
            if fault.get("after", 0) > 0:
                fault["after"] -= 1
                return None
            fault["count"] = fault.get("count", 1) - 1
            if fault["count"] <= 0:
                self.faults.remove(fault)
            return fault
        return None

    # Operations, by name

    def CreateStream(self, request, region):
        name = request["StreamName"]
        if name in self.streams:
            raise Refused("ResourceInUseException", f"Stream {name} under account {ACCOUNT} already exists.")
        self.streams[name] = Stream(name, region, request.get("ShardCount", 4))

    def DeleteStream(self, request, region):
        del self.streams[self.stream(request).name]

    def DescribeStreamSummary(self, request, region):
        stream = self.stream(request)
        return {
            "StreamDescriptionSummary": {
                "StreamName": stream.name,
                "StreamARN": stream.arn,
                "StreamStatus": "ACTIVE",
                "StreamModeDetails": {"StreamMode": "PROVISIONED"},
                "RetentionPeriodHours": 24,
                "StreamCreationTimestamp": stream.created,
                "EnhancedMonitoring": [{"ShardLevelMetrics": []}],
                "EncryptionType": "NONE",
                "OpenShardCount": len(stream.open_shards()),
                "ConsumerCount": len(stream.consumers),
            }
        }

    def ListShards(self, request, region):
        token = request.get("NextToken")
        if token is not None:
            if "StreamName" in request or "ExclusiveStartShardId" in request:
                raise invalid("NextToken and StreamName cannot be provided together.")
            token = unpack(token, "NextToken")
            if time.time() - token["made"] > self.settings.tokenLife:
                raise Refused("ExpiredNextTokenException", "The provided NextToken has expired")
            stream = self.stream({"StreamName": token["stream"]})
        else:
            stream = self.stream(request)
            after = request.get("ExclusiveStartShardId", "")
            token = {"stream": stream.name, "after": after, "filter": request.get("ShardFilter", {})}
        shards = [shard for shard in self.filtered(stream, token["filter"]) if shard.id > token["after"]]
        page = min(self.settings.page, request.get("MaxResults", 1000))
        answer = {"Shards": [shard.description() for shard in shards[:page]]}
        if len(shards) > page:
            answer["NextToken"] = pack({**token, "after": shards[page - 1].id, "made": time.time()})
        return answer

    @staticmethod
    def filtered(stream, wanted):
        shards = list(stream.shards.values())
        kind = wanted.get("Type")
        if kind in (None, "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON", "FROM_TIMESTAMP"):
            if kind == "AT_TRIM_HORIZON":
                return [shard for shard in shards if not any(parent.id in stream.shards for parent in shard.parents)]
            return shards
        if kind == "AT_LATEST":
            return stream.open_shards()
        if kind == "AFTER_SHARD_ID":
            return [shard for shard in shards if shard.id > wanted["ShardId"]]
        raise invalid(f"the double has no ShardFilter {kind}")

    def GetShardIterator(self, request, region):
        stream = self.stream(request)
        shard = stream.shard(request["ShardId"])
        at = stream.start(
            shard, request["ShardIteratorType"], request.get("StartingSequenceNumber"), request.get("Timestamp"))
        return {"ShardIterator": self.iterator(stream, shard, at)}

    @staticmethod
    def iterator(stream, shard, at):
        return pack({"stream": stream.name, "shard": shard.id, "at": str(at), "made": time.time()})

    def GetRecords(self, request, region):
        token = unpack(request["ShardIterator"], "ShardIterator.")
        limit = request.get("Limit", 10_000)
        if not 1 <= limit <= 10_000:
            raise Refused("ValidationException", "Value at 'limit' failed to satisfy constraint: between 1 and 10000")
        if time.time() - token["made"] > self.settings.iteratorLife:
            raise Refused("ExpiredIteratorException", "Iterator expired. The iterator was created too long ago.")
        stream = self.stream({"StreamName": token["stream"]})
        shard = stream.shard(token["shard"])
        if self.settings.limits:
            self.check_limits(stream, shard)
        records, after, ended = shard.take(int(token["at"]), limit)
        if ended and records and self.settings.lateEnd:
            ended = False
        if self.settings.limits:
            self.busy_until[stream.name, shard.id] = time.time() + sum(record.size for record in records) / (2 << 20)
        answer = {"MillisBehindLatest": shard.millis_behind(after)}
        if ended:
            answer["ChildShards"] = shard.child_descriptions()
        else:
            answer["NextShardIterator"] = self.iterator(stream, shard, after)
        return self.with_records(records, answer)

    @staticmethod
    def with_records(records, answer):
        """As text: records are spelled when they are put."""
        rest = json.dumps(answer).encode()
        return b'{"Records":[' + b",".join(record.text for record in records) + b"]," + rest[1:]

    def check_limits(self, stream, shard):
        key, now = (stream.name, shard.id), time.time()
        reads = self.reads[key]
        while reads and reads[0] <= now - 1:
            reads.popleft()
        if len(reads) >= 5 or now < self.busy_until.get(key, 0):
            raise Refused(
                "ProvisionedThroughputExceededException",
                f"Rate exceeded for shard {shard.id} in stream {stream.name} under account {ACCOUNT}.")
        reads.append(now)

    def PutRecord(self, request, region):
        put = self.stream(request).put(request["Data"], request["PartitionKey"], request.get("ExplicitHashKey"))
        self.changed.notify_all()
        return put

    def PutRecords(self, request, region):
        stream = self.stream(request)
        put = [
            stream.put(record["Data"], record["PartitionKey"], record.get("ExplicitHashKey"))
            for record in request["Records"]
        ]
        self.changed.notify_all()
        return {"FailedRecordCount": 0, "Records": put}

    def SplitShard(self, request, region):
        self.stream(request).split(request["ShardToSplit"], int(request["NewStartingHashKey"]))
        self.changed.notify_all()

    def MergeShards(self, request, region):
        self.stream(request).merge(request["ShardToMerge"], request["AdjacentShardToMerge"])
        self.changed.notify_all()

    # Consumers of enhanced fan-out

    def RegisterStreamConsumer(self, request, region):
        stream, name = self.stream(request), request["ConsumerName"]
        if name in stream.consumers:
            raise Refused("ResourceInUseException", f"Consumer {name} under stream {stream.name} already exists.")
        stream.consumers[name] = {
            "ConsumerName": name,
            "ConsumerARN": f"{stream.arn}/consumer/{name}:{int(time.time())}",
            "ConsumerCreationTimestamp": time.time(),
        }
        return {"Consumer": self.consumer_state(stream.consumers[name])}

    def consumer_state(self, consumer):
        is_active = time.time() - consumer["ConsumerCreationTimestamp"] >= self.settings.consumerDelay
        return {**consumer, "ConsumerStatus": "ACTIVE" if is_active else "CREATING"}

    def consumer(self, request):
        for stream in self.streams.values():
            for consumer in stream.consumers.values():
                by_name = stream.arn == request.get("StreamARN") and consumer["ConsumerName"] == request.get("ConsumerName")
                if by_name or consumer["ConsumerARN"] == request.get("ConsumerARN"):
                    return stream, consumer
        name = request.get("ConsumerARN") or request.get("ConsumerName")
        raise Refused("ResourceNotFoundException", f"Consumer {name} not found.")

    def DescribeStreamConsumer(self, request, region):
        stream, consumer = self.consumer(request)
        return {"ConsumerDescription": {**self.consumer_state(consumer), "StreamARN": stream.arn}}

    def DeregisterStreamConsumer(self, request, region):
        stream, consumer = self.consumer(request)
        del stream.consumers[consumer["ConsumerName"]]

    def SubscribeToShard(self, request, region):
        """Not an answer but a subscription."""
        stream, consumer = self.consumer(request)
        if self.consumer_state(consumer)["ConsumerStatus"] != "ACTIVE":
            raise Refused("ResourceInUseException", f"Consumer {consumer['ConsumerARN']} is not in ACTIVE state")
        shard = stream.shard(request["ShardId"])
        start = request["StartingPosition"]
        at = stream.start(shard, start["Type"], start.get("SequenceNumber"), start.get("Timestamp"))
        key = (consumer["ConsumerARN"], shard.id)
        earlier = self.subscriptions.get(key)
        if earlier is not None and time.time() - earlier < self.settings.takeover:
            raise Refused("ResourceInUseException", "Another active subscription exists for this consumer and shard.")
        mine = time.time()
        self.subscriptions[key] = mine
        return Subscription(self, stream, shard, at, key, mine)


class Subscription:
    def __init__(self, double, stream, shard, at, key, mine):
        self.double, self.stream, self.shard, self.at, self.key, self.mine = double, stream, shard, at, key, mine

    def messages(self):
        """Bytes as they go over the wire; None where the connection is to be cut."""
        settings, changed = self.double.settings, self.double.changed
        yield event_stream.event("initial-response", b"{}")
        end = time.time() + settings.subscriptionLife
        last = 0.0
        while True:
            with changed:
                problem = self.problem()
                records, after, ended = self.shard.take(self.at, settings.eventRecords, 1 << 20)
                now = time.time()
                if problem is None and not records and not ended and now < min(last + settings.heartbeat, end):
                    changed.wait(min(last + settings.heartbeat, end) - now)
                    continue
                if problem is None and now >= end:
                    return
                last, self.at = now, after
                fault = None if problem else self.double.fault("SubscribeToShard", self.shard.id, "subscription")
                message = problem or self.event(records, ended)
            kind = fault and fault["kind"]
            if kind == "exception":
                message = self.exception(fault["code"], "injected")
            elif kind == "reset":
                yield message[: len(message) // 2]
                yield None
            elif kind == "crc":
                # The last byte before the checksum.
                message = message[:-5] + bytes([message[-5] ^ 1]) + message[-4:]
            yield message
            if ended or problem is not None or kind == "exception":
                return

    def problem(self):
        if self.double.subscriptions.get(self.key) != self.mine:
            return self.exception("ResourceInUseException", "Another subscription has taken over.")
        if self.stream.shards.get(self.shard.id) is not self.shard:
            return self.exception("ResourceNotFoundException", f"Shard {self.shard.id} does not exist")
        return None

    @staticmethod
    def exception(code, text):
        return event_stream.exception(code, json.dumps({"message": text}).encode())

    def event(self, records, ended):
        answer = {"MillisBehindLatest": self.shard.millis_behind(self.at)}
        if ended:
            answer["ChildShards"] = self.shard.child_descriptions()
        else:
            answer["ContinuationSequenceNumber"] = str(max(self.at - 1, self.shard.starting))
        return event_stream.event("SubscribeToShardEvent", Double.with_records(records, answer))


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    double = Double()

    def log_message(self, *arguments):
        pass

    def send(self, status, body, length=None):
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("x-amzn-RequestId", "00000000-0000-0000-0000-000000000000")
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def do_GET(self):
        double = self.double
        with double.changed:
            answers = {"calls": double.calls, "log": list(double.log), "faults": double.faults}
            body = json.dumps(answers.get(self.path.removeprefix("/_double/"), {})).encode()
        self.send(200, body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = json.loads(body or b"{}")
        if self.path.startswith("/_double/"):
            return self.control(self.path.removeprefix("/_double/"), request)
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        scope = self.headers.get("Authorization", "").partition("Credential=")[2].split("/")
        region = scope[2] if len(scope) > 2 else "us-east-1"
        self.operate(operation, request, region)

    def control(self, what, request):
        double = self.double
        with double.changed:
            if what == "settings":
                for name, value in request.items():
                    if not hasattr(Settings, name):
                        return self.send(400, b'{"message":"no such setting"}')
                    setattr(double.settings, name, value)
            elif what == "faults":
                double.faults.append(request)
            elif what == "put":
                stream = double.streams[request["stream"]]
                for record in request["records"]:
                    stream.put(record["data"], record.get("key", "k"), record.get("hash"), record.get("arrival"))
            elif what == "trim":
                through = request.get("through")
                stream = double.streams[request["stream"]]
                stream.trim(request["shard"], request.get("whole", False), None if through is None else int(through))
            elif what == "delete":
                del double.streams[request["stream"]]
            else:
                return self.send(404, b"{}")
            double.changed.notify_all()
        self.send(200, b"{}")

    def operate(self, operation, request, region):
        double = self.double
        token = request.get("ShardIterator")
        code, answer, shard = "", b"{}", request.get("ShardId")
        with double.changed:
            if token:
                try:
                    shard = unpack(token, "ShardIterator.")["shard"]
                except Refused:
                    pass
            double.calls[operation] += 1
            fault = {"kind": "expired"} if token in double.expired else double.fault(operation, shard)
            if fault is not None and fault["kind"] == "expired":
                double.expired.add(token)
            try:
                self.refuse(fault)
                if operation not in OPERATIONS:
                    raise Refused("UnknownOperationException", operation)
                try:
                    answer = getattr(double, operation)(request, region)
                except KeyError as error:
                    raise Refused("ValidationException", f"{error} is required") from None
            except Refused as error:
                code = error.code
                answer = json.dumps({"__type": error.code, "message": error.text}).encode()
                status = error.status
            double.log.append((time.time(), operation, shard, code))
        if double.settings.latency:
            time.sleep(double.settings.latency)
        if fault is not None and fault["kind"] == "hang":
            time.sleep(fault.get("seconds", 60))
            self.close_connection = True
            return
        if code:
            self.send(status, answer)
        elif isinstance(answer, Subscription):
            self.stream(answer)
        else:
            self.respond(answer, fault)

    @staticmethod
    def refuse(fault):
        kind = fault and fault["kind"]
        if kind == "throttle":
            raise Refused("ProvisionedThroughputExceededException", "Rate exceeded for shard")
        if kind == "expired":
            raise Refused("ExpiredIteratorException", "Iterator expired.")
        if kind == "error":
            raise Refused(fault["code"], "injected", fault.get("status", 400))

    def respond(self, answer, fault):
        body = answer if isinstance(answer, bytes) else b"" if answer is None else json.dumps(answer).encode()
        if fault is not None and fault["kind"] == "malformed":
            body = fault["body"].encode() if "body" in fault else body[: len(body) * 2 // 3]
        if fault is not None and fault["kind"] == "cut":
            self.close_connection = True
            return self.send(200, body[: len(body) // 2], len(body))
        self.send(200, body)

    def stream(self, subscription):
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.amazon.eventstream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for message in subscription.messages():
                if message is None:
                    self.close_connection = True
                    return self.wfile.flush()
                self.wfile.write(b"%x\r\n%b\r\n" % (len(message), message))
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
            self.wfile.flush()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True


OPERATIONS = {
    "CreateStream", "DeleteStream", "DescribeStreamSummary", "ListShards", "GetShardIterator", "GetRecords", "PutRecord",
    "PutRecords", "SplitShard", "MergeShards", "RegisterStreamConsumer", "DescribeStreamConsumer",
    "DeregisterStreamConsumer", "SubscribeToShard",
}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request, client_address):
        # A client that goes away is no news; everything else is a fault of the double.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--until-stdin-ends", action="store_true")
    arguments = arguments.parse_args()
    server = Server(("127.0.0.1", arguments.port), Answer)
    print(server.server_address[1], flush=True)
    if arguments.until_stdin_ends:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stdin.read()
    else:
        server.serve_forever()


if __name__ == "__main__":
    main()
