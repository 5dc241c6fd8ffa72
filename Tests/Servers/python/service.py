"""A stand-in of a service of AWS at loopback ports: signatures, throttles, trouble on demand, and a log of who asked for what.

A `Door` is one endpoint. What a request goes through, in this order: the door's state, its latency, the faults asked for, the
signature, the throttle, the operation. Every request leaves a line in the log, with what became of it.

The signature itself is not checked. Its service, its Region and its date are, as the real services do: a request that was signed
over five minutes ago or ahead is refused with 403 (InvalidSignatureException), one that is not signed too.
"""
import asyncio
import base64
import datetime
import json
import random
import re
import time
from collections import deque
from email.utils import formatdate
from urllib.parse import parse_qs, unquote

from wire import answer, free_listen, read_body, read_head, reset

CREDENTIAL = re.compile(r"^AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, *SignedHeaders=[^,]+, *Signature=\w+$")
SKEW_SECONDS_MAX = 300
# Requests that a log keeps; the oldest are forgotten beyond.
LOG_MAX = 20_000


class Refusal(Exception):
    """An error that the service answers with; `more`: further members of it."""

    def __init__(self, status, code, message, **more):
        super().__init__(message)
        self.status, self.code, self.message, self.more = status, code, message, more


def page_of(items, token, wanted, most, ceiling, member):
    """A page of at most `most`, and the token of the next one as `member` of an answer. `ceiling`: what a request may ask for, where
    that is more."""
    try:
        first = int(base64.b64decode(token, validate=True)) if token else 0
        size = int(wanted) if wanted is not None else most
    except (TypeError, ValueError):
        raise ValueError("The token or the number of results is no number") from None
    if not 1 <= size <= (ceiling or most):
        raise ValueError(f"The number of results, {size}, is not between 1 and {ceiling or most}")
    last = first + min(size, most)
    more = {member: base64.b64encode(str(last).encode()).decode()} if last < len(items) else {}
    return items[first:last], more


class Request:
    """What is asked for: an operation, its parameters of path and query, and its body as JSON (text, where it is none)."""

    def __init__(self, operation, parameters, body):
        self.operation, self.parameters = operation, parameters
        try:
            self.body = json.loads(body) if body else {}
        except ValueError:
            self.body = body.decode("latin-1")


class RestJSON:
    """Operations by method and path: `routes` as {"GET /instance/{InstanceId}": "DescribeInstance"}."""

    TYPE = "application/json"
    UNWELL, UNWELL_STATUS = "InternalServiceException", 500
    THROTTLE, THROTTLE_STATUS = "ThrottlingException", 429

    def __init__(self, routes):
        self.routes = [(route.split(" ")[0], route.split(" ")[1].split("/"), name) for route, name in routes.items()]

    def request(self, head, body):
        path, _, query = head.start[1].partition("?")
        parts = path.split("/")
        for method, wanted, name in self.routes:
            is_it = len(parts) == len(wanted) and all(a == b or b[:1] == "{" for a, b in zip(parts, wanted))
            if head.start[0] == method and is_it:
                found = {place[1:-1]: unquote(part) for place, part in zip(wanted, parts) if place[:1] == "{"}
                return Request(name, {key: values[0] for key, values in parse_qs(query).items()} | found, body)
        return Request(f"{head.start[0]} {path}", {}, body)

    def refusal(self, refusal):
        return [("x-amzn-ErrorType", refusal.code)], {"Message": refusal.message} | refusal.more


class TargetJSON:
    """Operations by X-Amz-Target: `prefix` is what stands before the name there."""

    THROTTLE, THROTTLE_STATUS = "ThrottlingException", 400

    def __init__(self, prefix, version, unwell, unwell_status):
        self.prefix, self.TYPE = prefix, f"application/x-amz-json-{version}"
        self.UNWELL, self.UNWELL_STATUS = unwell, unwell_status

    def request(self, head, body):
        target = head.headers.get("x-amz-target", "")
        prefix, _, name = target.partition(".")
        return Request(name if prefix == self.prefix else target, {}, body)

    def refusal(self, refusal):
        return [], {"__type": refusal.code, "message": refusal.message} | refusal.more


class Clock:
    """The service's time, which can be put ahead of this machine's."""

    def __init__(self):
        self.ahead = 0

    def now(self):
        return time.time() + self.ahead


class Bucket:
    """So many requests a second, and so many at once; at a rate of 0 it is not filled again."""

    def __init__(self, rate, burst):
        self.rate, self.burst = rate, burst
        self.level, self.filled = burst, 0

    def take(self, now):
        """Whether there is one at that moment, of a clock that does not go back."""
        self.level = min(self.burst, self.level + (now - self.filled) * self.rate)
        self.filled = now
        if self.level < 1:
            return False
        self.level -= 1
        return True


class Fault:
    """What goes wrong with some of the requests:

    {"door", "operation": which, each one optional, "probability": 1, "times": how many of them,
     "fault": "error", "code", "status": 400, "message" | "delay", "milliseconds": [from, to] | "reset" (before it is done)
            | "lost" (done, and the connection is reset) | "hang" (not done, no answer) | "hangDone" (done, no answer)}
    """

    KINDS = ("error", "delay", "reset", "lost", "hang", "hangDone")

    def __init__(self, wanted, seed):
        unknown = set(wanted) - {"door", "operation", "probability", "times", "fault", "code", "status", "message", "milliseconds"}
        if unknown or wanted["fault"] not in Fault.KINDS:
            raise ValueError(f"no such fault: {wanted}")
        self.wanted, self.kind = wanted, wanted["fault"]
        self.left = wanted.get("times", float("inf"))
        self.fired = 0
        self.random = random.Random(seed)

    def strikes(self, door, operation):
        if self.wanted.get("door", door) != door or self.wanted.get("operation", operation) != operation or self.left <= 0:
            return False
        if self.random.random() >= self.wanted.get("probability", 1):
            return False
        self.left -= 1
        self.fired += 1
        return True

    @property
    def seconds(self):
        return self.random.uniform(*self.wanted["milliseconds"]) / 1000

    @property
    def refusal(self):
        code = self.wanted["code"]
        return Refusal(self.wanted.get("status", 400), code, self.wanted.get("message", "as asked for"))


class Desk:
    """What the doors of a stub share: its clock, the faults, the log."""

    def __init__(self, seed=1):
        self.seed = seed
        self.clock = Clock()
        self.faults = []
        self.log = deque(maxlen=LOG_MAX)
        self.count = 0

    def enter(self, **what):
        self.count += 1
        entry = {"number": self.count, "at": self.clock.now(), **what}
        self.log.append(entry)
        return entry

    def set_faults(self, wanted):
        self.faults = [Fault(fault, self.seed + number) for number, fault in enumerate(wanted)]
        return len(wanted)

    def set_clock(self, wanted):
        self.clock.ahead = wanted["ahead"]
        return self.clock.now()

    def clear_log(self, _):
        self.log.clear()
        return {}

    @property
    def routes(self):
        return {
            "PUT /_stub/faults": self.set_faults, "GET /_stub/fired": lambda _: [fault.fired for fault in self.faults],
            "PUT /_stub/clock": self.set_clock, "GET /_stub/log": lambda _: list(self.log), "DELETE /_stub/log": self.clear_log,
        }


class Door:
    """An endpoint. `protocol` says what a request asks for and how errors are written, `operations` what is done about it:
    name -> function of the door and the request."""

    STATES = ("up", "hang", "reset", "refuse", "error")

    def __init__(self, desk, name, region, service, protocol, operations, rate=None):
        self.desk, self.name, self.region, self.service = desk, name, region, service
        self.protocol, self.operations = protocol, operations
        self.bucket = Bucket(*rate) if rate else None
        self.throttle = protocol.THROTTLE
        self.state = "up"
        self.latency = (0, 0)
        self.random = random.Random(f"{desk.seed} {name}")
        self.server, self.port = None, 0
        self.writers = set()

    # What is asked of it.

    async def open(self):
        """Listens, from the first time on at the same port."""
        self.server, self.port = await free_listen(self.accepted, self.port)

    async def set(self, state):
        """`up`; `hang`: takes requests and says nothing; `reset`: ends connections; `refuse`: does not listen at all; `error`:
        says that it is not well, in its service's words. Connections of the state before are reset."""
        if state not in Door.STATES:
            raise ValueError(f"no such state: {state}")
        if state == self.state:
            return
        if state == "refuse":
            self.server.close()
        elif self.state == "refuse":
            await self.open()
        self.state = state
        for writer in list(self.writers):
            reset(writer)
        # They are gone before whoever asked for the state is answered: a client would use one of them once more.
        await asyncio.sleep(0)

    # Connections.

    async def accepted(self, reader, writer):
        self.writers.add(writer)
        try:
            while head := await read_head(reader):
                if head.headers.get("expect", "").lower() == "100-continue":
                    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                body = await read_body(reader, head)
                found = await self.exchange(head, body, reader)
                if found is None:
                    reset(writer)
                    break
                writer.write(found)
                await writer.drain()
                if head.is_last:
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            reset(writer)
        finally:
            self.writers.discard(writer)
            writer.close()

    async def exchange(self, head, body, reader):
        """The answer; None: the connection is to be reset."""
        request = self.protocol.request(head, body)
        signed = CREDENTIAL.match(head.headers.get("authorization", ""))
        entry = self.desk.enter(
            door=self.name, operation=request.operation, path=head.start[1], body=request.body, key=signed and signed.group(1),
            agent=head.headers.get("user-agent"), outcome="under way")
        struck = [fault for fault in self.desk.faults if fault.strikes(self.name, request.operation)]
        fault = next((fault for fault in struck if fault.kind != "delay"), None)
        kind = fault.kind if fault else None
        await asyncio.sleep(self.random.uniform(*self.latency) / 1000 + sum(each.seconds for each in struck if each.kind == "delay"))
        if self.state == "reset" or kind == "reset":
            entry["outcome"] = "reset"
            return None
        if self.state == "hang" or kind == "hang":
            entry["outcome"] = "hang"
            await reader.read()
            return None
        date = ("Date", formatdate(self.desk.clock.now(), usegmt=True))
        headers = [date, ("x-amzn-RequestId", f"stub-{entry['number']}"), ("Content-Type", self.protocol.TYPE)]
        try:
            found = answer(200, self.perform(head, request, signed, fault), headers)
            entry |= {"outcome": "done", "status": 200}
        except Refusal as refusal:
            entry |= {"outcome": "refused", "status": refusal.status, "code": refusal.code, "message": refusal.message}
            more, said = self.protocol.refusal(refusal)
            found = answer(refusal.status, said, headers + more)
        if kind == "lost":
            entry["isLost"] = True
            return None
        if kind == "hangDone":
            entry["isLost"] = True
            await reader.read()
            return None
        return found

    def perform(self, head, request, signed, fault):
        if self.state == "error":
            raise Refusal(self.protocol.UNWELL_STATUS, self.protocol.UNWELL, "as asked for")
        if fault and fault.kind == "error":
            raise fault.refusal
        self.check(head, signed)
        if self.bucket and not self.bucket.take(time.monotonic()):
            raise Refusal(self.protocol.THROTTLE_STATUS, self.throttle, "Rate exceeded")
        operation = self.operations.get(request.operation)
        if operation is None:
            raise Refusal(404, "UnknownOperationException", f"no operation is at {head.start[0]} {head.start[1]}")
        return operation(self, request)

    def check(self, head, signed):
        if not head.headers.get("authorization"):
            raise Refusal(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
        if signed is None:
            raise Refusal(403, "IncompleteSignatureException", "The Authorization header is no signature of version 4")
        _, day, region, service = signed.groups()
        if (region, service) != (self.region, self.service):
            message = f"Credential should be scoped to {self.region}/{self.service}, not to {region}/{service}."
            raise Refusal(403, "InvalidSignatureException", message)
        date = head.headers.get("x-amz-date", "")
        try:
            at = datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc).timestamp()
        except ValueError:
            raise Refusal(403, "IncompleteSignatureException", f"X-Amz-Date {date!r} is no date") from None
        if not date.startswith(day):
            raise Refusal(403, "InvalidSignatureException", "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date")
        off = at - self.desk.clock.now()
        if abs(off) > SKEW_SECONDS_MAX:
            what = "Signature not yet current" if off > 0 else "Signature expired"
            raise Refusal(403, "InvalidSignatureException", f"{what}: {date} is {abs(off):.0f} s off (5 min. at most)")
