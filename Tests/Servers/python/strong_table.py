"""Tables with multi-Region strong consistency, which no emulator has: one emulator's table that every Region of it reaches.

    python3 strong_table.py UPSTREAM_PORT

Prints `ready PORT`. That port answers for all Regions, each request for the one that its signature names; links in front of it (`links.py`) are
the Regions' endpoints. A table is made strong as DynamoDB does it: UpdateTable of an empty table of one Region, with
MultiRegionConsistency STRONG and two replicas, or one and a witness, in one call that holds nothing else, all Regions of one set. From then on
the table's items are those of the emulator's table in the first Region, whichever replica's Region asks; the witness's Region
answers nothing; transactions and expiry are refused, as are changes of its Regions. What a Region has for itself (deletion protection,
point-in-time recovery) is kept for each. Other requests go to the emulator as they came.

    PUT /_strong/faults  [{"region", "operation": each one optional, "code", "times"}]: refused with that code so many times,
                         or, with the code "garbled", done and answered with something that is no JSON
    GET /_strong/requests {"us-east-1 PutItem": 3}

What it cannot show: two Regions' writes under way at one moment (ReplicatedWriteConflictException comes as a fault), and the time that a second
Region takes.
"""
import argparse
import asyncio
import json
import re
from collections import Counter

from wire import LIMIT, answer, end_with_input, read_body, read_head, serve

SCOPE = re.compile(r"Credential=([^/]+)/(\d+)/([^/]+)/([^/]+)/aws4_request")
SETS = [
    {"us-east-1", "us-east-2", "us-west-2"}, {"eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1"},
    {"ap-northeast-1", "ap-northeast-2", "ap-northeast-3"},
]
# How often DescribeTable says that it is at work.
LOOKS = 2
OWN = {"UpdateTable", "DescribeTable", "DescribeContinuousBackups", "UpdateContinuousBackups"}
NEVER = {"TransactWriteItems", "TransactGetItems", "UpdateTimeToLive", "DeleteTable"}


class Refusal(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code, self.message = code, message


class Strong:
    """A table with strong consistency."""

    def __init__(self, home, replicas, witness, is_protected):
        self.home, self.replicas, self.witness = home, [home] + replicas, witness
        self.looks = LOOKS
        self.protected = {home} if is_protected else set()
        self.recoverable = set()
        self.young = set(self.replicas)

    def description(self, table, region):
        is_busy = self.looks > 0
        self.looks = max(0, self.looks - 1)
        status = "CREATING" if is_busy else "ACTIVE"
        table["TableStatus"] = "UPDATING" if is_busy else "ACTIVE"
        table["MultiRegionConsistency"] = "STRONG"
        table["GlobalTableVersion"] = "2019.11.21"
        table["Replicas"] = [{"RegionName": each, "ReplicaStatus": status} for each in self.replicas if each != region]
        if self.witness:
            table["GlobalTableWitnesses"] = [{"RegionName": self.witness, "WitnessStatus": status}]
        table["DeletionProtectionEnabled"] = region in self.protected
        return table


class Tables:
    def __init__(self, port):
        self.port = port
        self.strong = {}  # by name
        self.busy = {}  # (region, name) -> looks left
        self.faults = []
        self.requests = Counter()
        self.idle = []

    # Connections.

    async def accepted(self, reader, writer):
        try:
            while head := await read_head(reader):
                body = await read_body(reader, head)
                writer.write(await self.exchange(head, body))
                await writer.drain()
                if head.is_last:
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def exchange(self, head, body):
        if head.start[1].startswith("/_strong/"):
            return self.control(head, body)
        signed = SCOPE.search(head.headers.get("authorization", ""))
        if not signed or signed.group(4) != "dynamodb":
            return await self.forward(head, body, None)
        region, operation = signed.group(3), head.headers.get("x-amz-target", "").split(".")[-1]
        self.requests[f"{region} {operation}"] += 1
        try:
            is_garbled = self.strike(region, operation)
            found = await self.perform(head, body, region, operation)
            return answer(200, b"<html>") if is_garbled else found
        except Refusal as refusal:
            said = {"__type": f"com.amazonaws.dynamodb.v20120810#{refusal.code}", "message": refusal.message}
            return answer(400, said, [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-RequestId", "strong")])

    def control(self, head, body):
        if head.start[:2] == ["PUT", "/_strong/faults"]:
            self.faults = json.loads(body)
            return answer(200, len(self.faults))
        return answer(200, self.requests)

    def strike(self, region, operation):
        """Whether the answer is to be garbled."""
        for fault in self.faults:
            if fault.get("region", region) == region and fault.get("operation", operation) == operation and fault["times"] > 0:
                fault["times"] -= 1
                if fault["code"] == "garbled":
                    return True
                raise Refusal(fault["code"], "as asked for")
        return False

    async def forward(self, head, body, region):
        """The emulator's answer. `region`: as whose request it goes, of the root key, whose signature the emulator does not look at; nil: as it came."""
        lines = head.raw[:-4].decode("latin-1").split("\r\n")
        kept = [line for line in lines[1:] if line.split(":")[0].lower() not in ("connection", "upgrade", "http2-settings", "transfer-encoding", "content-length", "expect")]
        if region:
            kept = [line for line in kept if line.split(":")[0].lower() != "authorization"]
            scope = f"Credential=test/20260101/{region}/dynamodb/aws4_request"
            kept.append(f"Authorization: AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0")
        raw = "\r\n".join([lines[0], *kept, f"Content-Length: {len(body)}"]).encode("latin-1") + b"\r\n\r\n" + body
        while True:
            is_kept = bool(self.idle)
            reader, writer = self.idle.pop() if is_kept else await asyncio.open_connection("127.0.0.1", self.port, limit=LIMIT)
            try:
                writer.write(raw)
                found = await read_head(reader)
                if found is None:
                    raise ConnectionResetError
                data = await read_body(reader, found, is_answer=True)
            except ConnectionError:
                writer.close()
                if is_kept:
                    continue
                raise
            if found.has_length and not found.is_last:
                self.idle.append((reader, writer))
            else:
                writer.close()
            names = ("content-type", "x-amzn-requestid", "x-amz-crc32", "date")
            return answer(found.status, data, [(name, found.headers[name]) for name in names if name in found.headers])

    async def ask(self, head, body, region):
        """The same as status and JSON."""
        raw = await self.forward(head, body, region)
        first, _, data = raw.partition(b"\r\n\r\n")
        return int(first.split(b" ")[1]), json.loads(data or b"{}")

    # Operations.

    async def perform(self, head, body, region, operation):
        request = json.loads(body or b"{}")
        name = request.get("TableName")
        strong = self.strong.get(name)
        if strong is None:
            return await self.single(head, body, region, operation, name, request)
        if region not in strong.replicas:
            raise Refusal("ResourceNotFoundException", f"Requested resource not found: Table: {name} not found")
        if operation in NEVER:
            raise Refusal("ValidationException", f"{operation} is not supported on a table with MultiRegionConsistency set to STRONG")
        if operation == "CreateTable":
            raise Refusal("ResourceInUseException", f"Table already exists: {name}")
        if operation not in OWN:
            return await self.forward(head, body, strong.home)
        return self.said(await getattr(self, operation)(head, body, region, name, request, strong))

    def said(self, found):
        return answer(200, found, [("Content-Type", "application/x-amz-json-1.0")])

    async def single(self, head, body, region, operation, name, request):
        """Of a table that is not strong, or not yet."""
        place = (region, name)
        if operation == "UpdateTable" and ("MultiRegionConsistency" in request or "GlobalTableWitnessUpdates" in request):
            return self.said(await self.make_strong(head, region, name, request))
        if operation != "DescribeTable" or not self.busy.get(place):
            found = await self.forward(head, body, None)
            if operation == "CreateTable" and found.startswith(b"HTTP/1.1 200"):
                self.busy[place] = LOOKS
            return found
        status, found = await self.ask(head, body, None)
        self.busy[place] -= 1
        if status == 200:
            found["Table"]["TableStatus"] = "CREATING"
        return answer(status, found, [("Content-Type", "application/x-amz-json-1.0")])

    async def make_strong(self, head, region, name, request):
        if self.busy.get((region, name)):
            raise Refusal("ResourceInUseException", f"Attempt to change a resource which is still in use: Table is being created: {name}")
        if set(request) - {"TableName", "MultiRegionConsistency", "ReplicaUpdates", "GlobalTableWitnessUpdates"}:
            raise Refusal("ValidationException", "Requests that modify replicas or witnesses must not also modify other fields")
        if request.get("MultiRegionConsistency") != "STRONG":
            raise Refusal("ValidationException", "MultiRegionConsistency must be set as STRONG when GlobalTableWitnessUpdates parameter is present.")
        replicas = [each["Create"]["RegionName"] for each in request.get("ReplicaUpdates", [])]
        witnesses = [each["Create"]["RegionName"] for each in request.get("GlobalTableWitnessUpdates", [])]
        if len(replicas) + len(witnesses) != 2 or len(witnesses) > 1:
            raise Refusal("ValidationException", "Unsupported replica count for global tables with MultiRegionConsistency set to STRONG.")
        regions = {region, *replicas, *witnesses}
        if len(regions) != 3 or not any(regions <= each for each in SETS):
            raise Refusal("ValidationException", f"Unsupported Region(s) specified for global tables with MultiRegionConsistency set to STRONG: {sorted(regions)}")
        described = await self.call(head, "DescribeTable", region, {"TableName": name})
        scanned = await self.call(head, "Scan", region, {"TableName": name, "Limit": 1})
        if scanned["Items"]:
            raise Refusal("ValidationException", "Table must be empty when MultiRegionConsistency is set to STRONG")
        table = described["Table"]
        strong = Strong(region, replicas, witnesses[0] if witnesses else None, table.get("DeletionProtectionEnabled"))
        self.strong[name] = strong
        return {"TableDescription": strong.description(table, region)}

    async def call(self, head, operation, region, payload):
        raw = re.sub(rb"(?i)(x-amz-target: [^.]+\.)\w+", rb"\g<1>" + operation.encode(), head.raw)
        status, found = await self.ask(type(head)(raw), json.dumps(payload).encode(), region)
        if status != 200:
            raise Refusal(found.get("__type", "").split("#")[-1], found.get("message", ""))
        return found

    async def DescribeTable(self, head, body, region, name, request, strong):
        found = await self.call(head, "DescribeTable", strong.home, {"TableName": name})
        return {"Table": strong.description(found["Table"], region)}

    async def UpdateTable(self, head, body, region, name, request, strong):
        if strong.looks:
            raise Refusal("ResourceInUseException", "Table is being updated")
        if set(request) != {"TableName", "DeletionProtectionEnabled"}:
            raise Refusal("ValidationException", "MultiRegionConsistency parameter is unsupported on existing global table")
        (strong.protected.add if request["DeletionProtectionEnabled"] else strong.protected.discard)(region)
        strong.looks = 1
        return {"TableDescription": {"TableName": name}}

    async def DescribeContinuousBackups(self, head, body, region, name, request, strong):
        status = "ENABLED" if region in strong.recoverable else "DISABLED"
        return {"ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": status}}}

    async def UpdateContinuousBackups(self, head, body, region, name, request, strong):
        if region in strong.young:
            strong.young.discard(region)
            raise Refusal("ContinuousBackupsUnavailableException", "Backups are being enabled for the table")
        strong.recoverable.add(region)
        return {}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    arguments = parser.parse_args()
    end_with_input()
    asyncio.run(serve(Tables(arguments.port).accepted))


if __name__ == "__main__":
    main()
