"""Two Regions' endpoints as docs/desktop.md asks for them, and a page beside them, for tests of the desktop's client.

    python3 desktop.py FOLDER

FOLDER is served as the page's origin, with `token.json?region=R&renew=true|false`. Prints `ready PORT`, the port of its control interface:

    GET /world           {"page": URL, "endpoints": {REGION: URL}}
    PUT /state           {REGION: {"up": true, "silent": false, "delay": seconds, "status": null, "retryAfter": seconds, "heartbeat": seconds, "skew": ms}}:
                         down: connections are reset; silent: streams stay open and say nothing; status: what all but preflights are answered
    PUT /flap            [REGION]: their streams end, in good order
    PUT /expire          [REGION]: tokens that were given out are good no longer; "locked": new ones are not either
    PUT /event           {"region": R, "event": name, "data": {...}}: to all its streams
    PUT /link            true, false: whether the Regions' tables replicate (within 0.2 s)
    GET /sessions        {REGION: {ID: {field: value}}}, and `events`, the accepted ones in the order they came
    GET /seen            {"requests": [{"at", "region", "method", "path", "status"}], "problems": [what the contract has not], "bodies": [text]}

Positions count from 1 for each Region. Times in seconds.
"""
import asyncio
import hashlib
import hmac
import json
import mimetypes
import os
import re
import sys
import time
from datetime import datetime, timezone
from urllib.parse import parse_qs, unquote, urlsplit

from wire import answer, control, end_with_input, listen, port_of, read_body, read_head, reset

KEY = b"both endpoints have it"
REGIONS = ("us-east-1", "us-west-2")
UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
AHEAD_MAX = 300_000


def signature(event):
    rest = {name: value for name, value in event.items() if name != "convergesignature"}
    return hmac.new(KEY, json.dumps(rest, sort_keys=True).encode(), hashlib.sha256).hexdigest()


def stamp(event):
    return datetime.fromisoformat(event["time"]).timestamp(), event["region"], event["id"]


class Endpoint:
    def __init__(self, world, region):
        self.world, self.region = world, region
        self.up, self.silent, self.delay, self.status, self.retryAfter, self.heartbeat, self.skew = True, False, 0, None, None, 15, 0
        self.token, self.locked = 0, False
        self.events, self.accepted, self.changes, self.streams, self.open = {}, {}, [], set(), set()
        self.port = 0

    def clock(self):
        return int(time.time() * 1000) + self.skew

    def bearer(self):
        return f"{self.region}-{self.token}"

    # What a client asks for.

    async def connected(self, reader, writer):
        self.open.add(writer)
        try:
            while head := await read_head(reader):
                body = await read_body(reader, head)
                if not self.up:
                    return reset(writer)
                await asyncio.sleep(self.delay)
                method, target = head.start[0], head.start[1]
                origin = head.headers.get("origin", "")
                shared = [("Access-Control-Allow-Origin", self.world.page), ("Vary", "Origin"), ("Converge-Time", self.clock()), ("Cache-Control", "no-store"),
                          ("Access-Control-Expose-Headers", "Retry-After, Converge-Time")]
                if method == "OPTIONS":
                    allowed = "Authorization, Content-Type, Idempotency-Key, Prefer, Last-Event-ID, Converge-After, Converge-Before"
                    writer.write(answer(204, b"", shared + [
                        ("Access-Control-Allow-Methods", "GET, PATCH, POST"), ("Access-Control-Allow-Headers", allowed), ("Access-Control-Max-Age", "600")]))
                    continue
                self.check(method, target, head, body, origin)
                status, found = self.asked(method, target, head, body)
                self.world.requests.append({"at": time.time(), "region": self.region, "method": method, "path": target, "status": status})
                if status == "stream":
                    return await self.stream(reader, writer, head, shared)
                if status in (429, 503) and self.retryAfter is not None:
                    shared.append(("Retry-After", self.retryAfter))
                kind = "application/json" if status < 400 else "application/problem+json"
                writer.write(answer(status, b"" if status == 204 else found, shared + [("Content-Type", kind)]))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            reset(writer)
        finally:
            self.open.discard(writer)
            writer.close()

    def check(self, method, target, head, body, origin):
        headers, wrong = head.headers, []
        self.world.bodies.append(f"{target} {json.dumps(headers)} {body.decode('utf-8', 'replace')}")
        if not re.fullmatch(rf"Bearer {self.region}-\d+", headers.get("authorization", "")):
            wrong.append("no bearer token of this Region")
        if "token" in target.lower() or headers.get("cookie"):
            wrong.append("a credential in the URL or a cookie")
        if origin != self.world.page:
            wrong.append(f"the origin {origin}")
        path = target.split("?")[0]
        if (method, path) == ("GET", "/v1/changes"):
            ids = parse_qs(urlsplit(target).query).get("ids", [""])[0].split(",")
            if not ids[0].startswith("session/") or headers.get("accept") != "text/event-stream":
                wrong.append(f"a stream of {ids}, {headers.get('accept')}")
            if not headers.get("last-event-id", "0").isdigit():
                wrong.append("a position that was never told")
        elif method == "PATCH":
            if not UUID.match(headers.get("idempotency-key", "")) or headers.get("content-type") != "application/merge-patch+json":
                wrong.append("a patch without its id or type")
            if len(body) > 16_384 or not isinstance(json.loads(body), dict):
                wrong.append("a patch that is no object under 16 KB")
            after, before = int(headers.get("converge-after", 0)), int(headers.get("converge-before", 0))
            if after > self.clock() + AHEAD_MAX or (before and not 0 < before - self.clock() + 30_000 < 60_000):
                wrong.append(f"Converge-After {after - self.clock()} ms, Converge-Before {before - self.clock()} ms from now")
        elif method == "POST":
            if headers.get("content-type") != "application/cloudevents+json":
                wrong.append("an event without its type")
        self.world.problems += [f"{method} {target}: {what}" for what in wrong]

    def asked(self, method, target, head, body):
        path = unquote(target.split("?")[0])
        if self.status is not None:
            return self.status, {"title": "as told"}
        if head.headers.get("authorization") != f"Bearer {self.bearer()}" or self.locked:
            return 401, {"title": "invalid_token"}
        if (method, path) == ("GET", "/v1/changes"):
            return "stream", None
        if path.startswith("/v1/sessions/"):
            name = path.removeprefix("/v1/sessions/")
            if method == "PATCH":
                return self.patch(name, head.headers, json.loads(body))
            return self.read(name)
        if (method, path) == ("POST", "/v1/events"):
            event = json.loads(body)
            if not hmac.compare_digest(event.get("convergesignature", ""), signature(event)):
                return 400, {"title": "the signature is not ours"}
            self.apply(event)
            return 202, event
        if method == "GET" and path.startswith("/v1/contacts/missing"):
            return 404, {"title": "nothing is known of it"}
        if method == "GET" and re.match(r"^/v1/(usernames/[^/]+|contacts/[^/]+|customers/[^/]+/context)$", path):
            return 200, {"data": {"of": path, "by": self.region}, "asOf": self.clock(), "ageMs": 0, "regions": list(REGIONS)}
        return 404, {"title": "nothing here"}

    def patch(self, name, headers, data):
        key = headers["idempotency-key"]
        if key in self.accepted:
            return 202, self.accepted[key]
        now = self.clock()
        if now > int(headers.get("converge-before", now)):
            return 412, {"title": "too late"}
        at = max(now, int(headers.get("converge-after", 0)) + 1)
        event = {
            "specversion": "1.0", "id": key, "source": "/v1/sessions", "type": "converge.session.v1", "subject": name, "region": self.region, "data": data,
            "time": datetime.fromtimestamp(at / 1000, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")}
        event["convergesignature"] = signature(event)
        self.accepted[key] = event
        self.world.events.append(event)
        self.apply(event)
        return 201, event

    def fields(self, name):
        winners = {}
        for event in self.events.values():
            if event["subject"] == name:
                for field in event["data"]:
                    if field not in winners or stamp(event) > stamp(winners[field]):
                        winners[field] = event
        return {field: event["data"][field] for field, event in winners.items() if event["data"][field] is not None}

    def read(self, name):
        if not any(event["subject"] == name for event in self.events.values()):
            return 404, {"title": "none yet"}
        newest = max(event["time"] for event in self.events.values() if event["subject"] == name)
        return 200, {"data": {"id": name, "fields": self.fields(name), "updatedAt": newest}, "asOf": self.clock(), "ageMs": 0, "regions": list(REGIONS)}

    def apply(self, event):
        key = (event["id"], event["region"], event["time"])
        if key in self.events:
            return
        self.events[key] = event
        for field in event["data"]:
            change = {
                "position": len(self.changes) + 1, "kind": "session", "id": event["subject"], "path": f"field/{field}",
                "stamp": {"time": event["time"], "region": event["region"], "event": event["id"]}}
            self.changes.append(change)
            self.tell("change", change, f"session/{event['subject']}", change["position"])

    # Streams.

    def tell(self, event, data, about=None, position=None):
        text = f"event: {event}\ndata: {json.dumps(data)}\n" + (f"id: {position}\n" if position else "") + "\n"
        for writer, ids in self.streams:
            if not self.silent and (about is None or about in ids):
                writer.write(text.encode())

    async def stream(self, reader, writer, head, shared):
        ids = parse_qs(urlsplit(head.start[1]).query)["ids"][0].split(",")
        lines = ["HTTP/1.1 200 OK", "Content-Type: text/event-stream", *(f"{name}: {value}" for name, value in shared), "Connection: close", "", ""]
        writer.write("\r\n".join(lines).encode())
        last = head.headers.get("last-event-id")
        writer.write(f"retry: {self.world.retry}\n".encode() + (b"" if last else f"id: {len(self.changes)}\n".encode()) + b"\n")
        for change in self.changes[int(last):] if last else []:
            if f"session/{change['id']}" in ids:
                writer.write(f"event: change\ndata: {json.dumps(change)}\nid: {change['position']}\n\n".encode())
        for region, told in self.world.failovers.items():
            if region == self.region:
                writer.write(f"event: failover\ndata: {json.dumps(told)}\n\n".encode())
        entry = (writer, tuple(ids))
        self.streams.add(entry)

        async def beat():
            while True:
                await asyncio.sleep(self.heartbeat)
                if not self.silent:
                    writer.write(b": beat\n\n")

        beats = asyncio.create_task(beat())
        try:
            await reader.read()
        finally:
            beats.cancel()
            self.streams.discard(entry)

    def end(self):
        for writer, _ in list(self.streams):
            writer.close()


class World:
    def __init__(self, folder):
        self.folder = os.path.realpath(folder)
        self.endpoints = {region: Endpoint(self, region) for region in REGIONS}
        self.requests, self.problems, self.bodies, self.events, self.failovers = [], [], [], [], {}
        self.replicates, self.retry, self.page = True, 100, ""

    async def replicate(self):
        while True:
            await asyncio.sleep(0.2)
            for endpoint in self.endpoints.values():
                for other in self.endpoints.values():
                    if self.replicates and endpoint.up and other.up:
                        for event in list(endpoint.events.values()):
                            other.apply(event)

    async def page_asked(self, reader, writer):
        try:
            while head := await read_head(reader):
                url = urlsplit(head.start[1])
                query = parse_qs(url.query)
                if url.path == "/token.json":
                    endpoint = self.endpoints[query["region"][0]]
                    writer.write(answer(200, {"token": endpoint.bearer()}, [("Content-Type", "application/json")]))
                    continue
                file = os.path.realpath(os.path.join(self.folder, url.path.lstrip("/")))
                if not file.startswith(self.folder + os.sep) or not os.path.isfile(file):
                    writer.write(answer(404, b""))
                    continue
                policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' " + " ".join(self.urls().values())
                policy += "; require-trusted-types-for 'script'"
                with open(file, "rb") as found:
                    writer.write(answer(200, found.read(), [
                        ("Content-Type", mimetypes.guess_type(file)[0] or "text/plain"), ("Content-Security-Policy", policy), ("Cache-Control", "no-store")]))
                if head.is_last:
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def urls(self):
        return {region: f"http://127.0.0.1:{endpoint.port}" for region, endpoint in self.endpoints.items()}

    # What is asked of it.

    def set_state(self, wanted):
        for region, members in wanted.items():
            endpoint = self.endpoints[region]
            for name, value in members.items():
                if name not in ("up", "silent", "delay", "status", "retryAfter", "heartbeat", "skew"):
                    raise KeyError(name)
                setattr(endpoint, name, value)
            if not endpoint.up:
                for writer in list(endpoint.open):
                    reset(writer)
        return {}

    def flap(self, regions):
        for region in regions:
            self.endpoints[region].end()
        return {}

    def expire(self, wanted):
        for region in wanted.get("regions", REGIONS):
            self.endpoints[region].token += 1
            self.endpoints[region].locked = wanted.get("locked", False)
        return {}

    def event(self, wanted):
        if wanted["event"] == "failover":
            self.failovers[wanted["region"]] = wanted["data"]
        self.endpoints[wanted["region"]].tell(wanted["event"], wanted["data"])
        return {"streams": len(self.endpoints[wanted["region"]].streams)}

    def link(self, is_up):
        self.replicates = is_up
        return {}

    def sessions(self, _):
        found = {}
        for region, endpoint in self.endpoints.items():
            names = {event["subject"] for event in endpoint.events.values()}
            found[region] = {name: endpoint.fields(name) for name in names}
        return found | {"events": self.events}

    @property
    def routes(self):
        return {
            "GET /world": lambda _: {"page": self.page, "endpoints": self.urls()}, "PUT /state": self.set_state, "PUT /flap": self.flap, "PUT /expire": self.expire,
            "PUT /event": self.event, "PUT /link": self.link, "GET /sessions": self.sessions,
            "GET /seen": lambda _: {"requests": self.requests, "problems": self.problems, "bodies": self.bodies},
        }


async def main():
    end_with_input()
    world = World(sys.argv[1])
    for endpoint in world.endpoints.values():
        endpoint.port = port_of(await listen(endpoint.connected))
    world.page = f"http://127.0.0.1:{port_of(await listen(world.page_asked))}"
    server = await listen(control(world.routes))
    print(f"ready {port_of(server)}", flush=True)
    await world.replicate()


if __name__ == "__main__":
    asyncio.run(main())
