"""One endpoint for all Regions: sends a request to the emulator of the Region that its signature names, with trouble on demand.

    python3 regions.py [--seed N] us-east-1=PORT us-west-2=PORT

Prints `ready PORT`. Requests go on as they came, with their Host; answers come back piece by piece. HTTP/1.1 only, and an offer
of h2c in a request is taken out. Trouble is asked for at the same port:

    PUT /_regions/state   {"us-east-1": "up" | "reset" | "hang"}
    PUT /_regions/faults  a list that takes the place of the one before:
        {"region", "service", "operation"  which requests, each one optional ("service" as it is signed: dynamodb, kinesis, sts),
         "probability": 1, "times": 5      how many of them,
         "fault": "error", "code", "status", "message" | "delay", "milliseconds": [from, to] | "reset" (before it is sent on)
                | "lost" (reset once it is done) | "cut" (reset in the middle of the answer) | "hang"
                | "short" (half of the answer, as if it were all) | "malformed" (its JSON damaged)
                | "partial" (of BatchGetItem: some keys are not processed)}
    GET /_regions/figures {"requests": {"us-east-1 dynamodb PutItem": 3}, "fired": [how often each fault of the list was made]}

An emulator that is away means a connection that is reset.
"""
import argparse
import asyncio
import json
import random
import re
import zlib
from collections import Counter
from urllib.parse import parse_qs, unquote

from wire import LIMIT, answer, end_with_input, pieces, read_body, read_head, regions_of, reset, serve

SCOPE = re.compile(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request")
STATUS = {"ThrottlingException": 400, "InternalServerError": 500, "InternalFailure": 500, "ServiceUnavailable": 503}


class Reset(Exception):
    """The client's connection is to be reset."""


class Fault:
    def __init__(self, wanted, seed):
        self.wanted = wanted
        self.kind = wanted["fault"]
        self.left = wanted.get("times", float("inf"))
        self.fired = 0
        self.random = random.Random(seed)

    def strikes(self, place):
        if any(self.wanted.get(name, value) != value for name, value in place.items()):
            return False
        if self.left <= 0 or self.random.random() >= self.wanted.get("probability", 1):
            return False
        self.left -= 1
        self.fired += 1
        return True

    @property
    def seconds(self):
        return self.random.uniform(*self.wanted["milliseconds"]) / 1000

    def refusal(self, service):
        code, message = self.wanted["code"], self.wanted.get("message", "as asked for")
        status = self.wanted.get("status", STATUS.get(code, 400))
        headers = [("x-amzn-RequestId", f"fault-{self.fired}")]
        if service in ("sts", "iam"):
            text = (f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
                    f"<RequestId>fault-{self.fired}</RequestId></ErrorResponse>")
            return answer(status, text.encode(), headers + [("Content-Type", "text/xml")])
        kind = f"com.amazonaws.dynamodb.v20120810#{code}" if service == "dynamodb" else code
        version = "1.0" if service == "dynamodb" else "1.1"
        headers.append(("Content-Type", f"application/x-amz-json-{version}"))
        return answer(status, {"__type": kind, "message": message}, headers)


def without_some(request, data, dice):
    """An answer to BatchGetItem that has not processed some of the keys."""
    asked, found = json.loads(request)["RequestItems"], json.loads(data)
    for table, wanted in asked.items():
        left = [key for key in wanted["Keys"] if dice.random() < 0.5]
        if not left:
            continue
        items = found["Responses"].get(table, [])
        found["Responses"][table] = [item for item in items if not any(key.items() <= item.items() for key in left)]
        unprocessed = found.setdefault("UnprocessedKeys", {}).setdefault(table, {**wanted, "Keys": []})
        unprocessed["Keys"] += [key for key in left if key not in unprocessed["Keys"]]
    return json.dumps(found).encode()


class Gateway:
    def __init__(self, ports, seed):
        self.ports = ports
        self.seed = seed
        self.states = dict.fromkeys(ports, "up")
        self.faults = []
        self.requests = Counter()

    # What is asked of it.

    def set_states(self, wanted):
        self.states.update(wanted)
        return self.states

    def set_faults(self, wanted):
        self.faults = [Fault(fault, self.seed + number) for number, fault in enumerate(wanted)]
        return len(wanted)

    def figures(self, _):
        return {"requests": self.requests, "fired": [fault.fired for fault in self.faults]}

    def control(self, head, body):
        routes = {
            "PUT /_regions/state": self.set_states, "PUT /_regions/faults": self.set_faults,
            "GET /_regions/figures": self.figures,
        }
        route = routes.get(f"{head.start[0]} {head.start[1]}")
        return answer(200, route(json.loads(body or b"null"))) if route else answer(404, {"message": "no such route"})

    # Connections.

    async def accepted(self, reader, writer):
        upstreams = {}
        try:
            while head := await read_head(reader):
                if head.headers.get("expect", "").lower() == "100-continue":
                    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                framed = b"".join([piece async for piece in pieces(reader, head)])
                if head.start[1].startswith("/_regions/"):
                    writer.write(self.control(head, framed))
                elif not await self.pass_on(head, framed, reader, writer, upstreams):
                    break
                await writer.drain()
                if head.is_last:
                    break
        except (Reset, ConnectionError, asyncio.IncompleteReadError):
            reset(writer)
        finally:
            writer.close()
            for _, upstream in upstreams.values():
                upstream.close()

    def place(self, head, body):
        """Where a request is meant to go."""
        signed = SCOPE.search(head.headers.get("authorization", "") or unquote(head.start[1]))
        region, service = signed.groups() if signed else (next(iter(self.ports)), "sts")
        target = head.headers.get("x-amz-target")
        if target is None:
            form = parse_qs(body.decode("latin-1")) if len(body) < 1 << 16 else {}
            target = form.get("Action", [head.start[1]])[0]
        return {"region": region, "service": service, "operation": target.split(".")[-1]}

    async def pass_on(self, head, body, client, writer, upstreams):
        """Whether the connection is good for another request."""
        place = self.place(head, body)
        region, service = place["region"], place["service"]
        self.requests[" ".join(place.values())] += 1
        state = self.states.get(region)
        if state is None:
            message = f"no emulator stands for {region}"
            writer.write(answer(400, {"__type": "UnrecognizedClientException", "message": message}))
            return True
        struck = [fault for fault in self.faults if fault.strikes(place)]
        for fault in struck:
            if fault.kind == "delay":
                await asyncio.sleep(fault.seconds)
        fault = next((fault for fault in struck if fault.kind != "delay"), None)
        kind = fault.kind if fault else None
        if state == "reset" or kind == "reset":
            raise Reset
        if state == "hang" or kind == "hang":
            await client.read()
            raise Reset
        if kind == "error":
            writer.write(fault.refusal(service))
            return True
        reader, found = await self.ask(region, head, body, upstreams)
        await self.bring(reader, found, writer, fault, body)
        if found.has_length and not found.is_last:
            return True
        upstreams.pop(region)[1].close()
        return False

    async def ask(self, region, head, body, upstreams):
        """The head of the emulator's answer. A kept connection that turns out to be closed is made anew, once."""
        raw = re.sub(rb"(?im)^(upgrade|http2-settings|connection):[^\r]*\r\n", b"", head.raw)
        while True:
            is_kept = region in upstreams
            if not is_kept:
                upstreams[region] = await asyncio.open_connection("127.0.0.1", self.ports[region], limit=LIMIT)
            reader, writer = upstreams[region]
            try:
                writer.write(raw + body)
                await writer.drain()
                found = await read_head(reader)
                while found and found.status < 200:
                    found = await read_head(reader)
                if found:
                    return reader, found
            except ConnectionError:
                pass
            writer.close()
            del upstreams[region]
            if not is_kept:
                raise Reset

    async def bring(self, reader, head, writer, fault, request):
        kind = fault.kind if fault else None
        if kind == "lost":
            async for _ in pieces(reader, head, is_answer=True):
                pass
            raise Reset
        if kind == "partial" and head.status == 200:
            data = without_some(request, await read_body(reader, head), fault.random)
            kept = [(name, head.headers[name]) for name in ("content-type", "x-amzn-requestid") if name in head.headers]
            writer.write(answer(200, data, kept + [("x-amz-crc32", str(zlib.crc32(data)))]))
            return
        if kind in ("short", "malformed"):
            data = await read_body(reader, head, is_answer=True)
            data = data[:len(data) // 2] if kind == "short" else data.replace(b":", b";", 1)
            kept = [(name, head.headers[name]) for name in ("content-type", "x-amzn-requestid") if name in head.headers]
            writer.write(answer(head.status, data, kept))
            return
        writer.write(head.raw)
        async for piece in pieces(reader, head, is_answer=True):
            if kind == "cut":
                writer.write(piece[:len(piece) // 2])
                await writer.drain()
                await asyncio.sleep(0.01)
                raise Reset
            writer.write(piece)
            await writer.drain()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("regions", nargs="+")
    arguments = parser.parse_args()
    end_with_input()
    gateway = Gateway(regions_of(arguments.regions), arguments.seed)
    asyncio.run(serve(gateway.accepted, arguments.port))


if __name__ == "__main__":
    main()
