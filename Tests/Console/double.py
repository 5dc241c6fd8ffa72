"""A double of the server that the console asks: the console's own files with the server's policy, and the API of a world (worlds.py).

    python3 double.py [WORLD]

Prints `ready PORT` and ends with its standard input. Beside what the server has:

    PUT /_double/world    {"name": "lost"}: another world from now on; listeners of /v1/changes are told that something changed
    PUT /_double/silence  {"silent": true}: requests of the API are not answered, and streams are cut
    PUT /_double/rate     {"perSecond": 1000}: so many changes a second to each listener
    GET /_double/asked    the requests since the last look: [{"method", "path", "body", "after"}], `after`: Last-Event-ID
"""
import hashlib
import http.server
import json
import re
import sys
import threading
import time
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import worlds

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "Sources/CConsole/web"
TYPES = {"html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}


def policy():
    """As the server sends it: read out of its source, so that there is one of it."""
    text = (ROOT / "Sources/Console/HTTPRouter+Console.swift").read_text()
    page = text.split("static let page = [")[1].split("]")[0]
    return "; ".join(re.findall(r'"((?:[^"\\]|\\.)*)"', page))


class State:
    def __init__(self, name):
        self.lock = threading.Condition()
        self.world = worlds.make(name)
        self.begun = time.time()
        self.silent, self.rate, self.turn = False, 0, 0
        self.asked = []

    def now(self):
        return int(worlds.NOW.timestamp() * 1000 + (time.time() - self.begun) * 1000)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state = None

    def log_message(self, *_):
        pass

    def answer(self, status, body, kind="application/json", headers=()):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.send_response(status)
        for name, value in [("Content-Type", kind), ("Content-Length", str(len(body))), ("Converge-Time", str(self.state.now())), ("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store"), *headers]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def problem(self, status, detail, title="Error"):
        headers = [("Retry-After", "5")] if status == 503 else []
        self.answer(status, {"type": "about:blank", "title": title, "status": status, "detail": detail}, "application/problem+json", headers)

    def data(self, data, path="", listed=None, status=200):
        age = self.state.world.age.get(path, 300)
        body = {"ageMs": age, "asOf": self.state.now() - age, "data": data, "regions": [worlds.EAST, worlds.WEST]}
        if listed is not None:
            body |= {"isWhole": True, "stale": self.state.world.stale}
        self.answer(status, body)

    def do_PUT(self):
        self.handle_any()

    def do_POST(self):
        self.handle_any()

    def do_GET(self):
        self.handle_any()

    def handle_any(self):
        target = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, query = target.path, {name: values[-1] for name, values in parse_qs(target.query).items()}
        state = self.state
        if path.startswith("/_double/"):
            return self.control(path, json.loads(body or b"{}"))
        if path.startswith("/console"):
            return self.file(path)
        with state.lock:
            state.asked.append({"method": self.command, "path": self.path, "body": json.loads(body) if body else None, "after": self.headers.get("Last-Event-ID")})
            del state.asked[:-5_000]
            silent = state.silent
        if silent:
            self.close_connection = True
            return None
        for start, found in state.world.problems.items():
            if path.startswith(start):
                return self.problem(found["status"], found["detail"], found["title"])
        return self.api(path, query, json.loads(body) if body else None)

    def control(self, path, body):
        state = self.state
        with state.lock:
            if path.endswith("world"):
                state.world = worlds.make(body["name"])
            elif path.endswith("silence"):
                state.silent = body["silent"]
            elif path.endswith("rate"):
                state.rate = body["perSecond"]
            elif path.endswith("asked"):
                asked, state.asked = state.asked, []
                return self.answer(200, asked)
            state.turn += 1
            state.lock.notify_all()
        return self.answer(200, {})

    def file(self, path):
        if self.state.silent:
            self.close_connection = True
            return None
        if path == "/console/me":
            return self.answer(200, self.state.world.me)
        if path == "/console/":
            files = sorted(each.relative_to(WEB).as_posix() for each in WEB.rglob("*.js"))
            digest = hashlib.sha256(b"".join((WEB / name).read_bytes() for name in files)).hexdigest()[:16]
            page = (WEB / "index.html").read_text().replace('"v/', f'"v/{digest}/')
            return self.answer(200, page.encode(), TYPES["html"], [("Content-Security-Policy", policy())])
        found = WEB / "/".join(path.split("/")[4:])
        if not path.startswith("/console/v/") or not found.is_file() or WEB not in found.resolve().parents:
            return self.problem(404, "no such file")
        return self.answer(200, found.read_bytes(), TYPES[found.suffix[1:]])

    def api(self, path, query, body):
        world = self.state.world
        if path == "/v1/changes":
            return self.changes()
        if path == "/health/ready":
            return self.answer(200, {"status": "ok", "checks": [{"name": "worker.runs", "status": "ok"}, {"name": "http.secure", "status": "failing" if world.me["isInsecure"] else "ok"}]})
        if self.command == "POST":
            return self.post(path, body)
        plain = {
            "/v1/failover/status": world.status, "/v1/probes": {"items": world.probes}, "/v1/lag": world.lag, "/v1/preflight": world.preflight, "/v1/streams": world.streams,
            "/v1/configuration": {"items": world.configuration}, "/v1/regions": world.regions, "/v1/failover/reports": {"items": world.terms}, "/v1/failover/history": {"entries": world.entries},
        }
        if path in plain:
            return self.data(plain[path], path)
        if path == "/v1/summary":
            return self.data(world.summary, path, listed=True)
        if path == "/v1/failover/plan":
            to, share = query["to"], int(query.get("share", 100))
            east = share if to == worlds.EAST else 100 - share
            now = world.status["groups"] or []
            return self.data({"after": 2, "isChange": True, "now": now, "then": [worlds.shares(east, 100 - east)]})
        if path.startswith("/v1/failover/explain/"):
            return self.data(worlds.report(int(path.rsplit("/", 1)[1])))
        if path in ("/v1/agents", "/v1/contacts", "/v1/queues"):
            return self.list(path, query)
        if path == "/v1/dead-letters":
            return self.letters(query)
        kind, _, rest = path.removeprefix("/v1/").partition("/")
        return self.one(kind, unquote(rest))

    def one(self, kind, id):
        world = self.state.world
        if kind == "agents":
            found = next((each for each in world.agents if each["id"] == id), None)
        elif kind == "contacts":
            found = next((each for each in world.contacts if each["id"] == id), None)
            if found:
                found = found | {"chain": {"contacts": [], "isCut": False, "missing": []}}
        elif kind == "customers" and id.endswith("/context") and world.agents:
            last = world.contacts[0]
            found = {
                "authentication": {"at": worlds.at(200), "carriesOver": True, "carriesUntil": worlds.at(-400), "channel": "VOICE", "obstacle": None, "region": worlds.EAST, "strength": 2, "values": {"level": 2, "result": "verified"}},
                "brokenOff": None, "callback": None, "caseId": None, "channelBefore": "VOICE", "contactsInLastDay": 2, "customerId": "customer-7", "fields": {"name": "Ada"}, "language": "en", "lastContact": last,
            }
        elif kind == "customers" and id == "customer-7" and world.agents:
            found = {"id": id, "authentication": {"level": 2}, "contacts": [], "fields": {"name": "Ada", "tier": "gold"}, "lastContact": None, "region": worlds.EAST, "updatedAt": worlds.at(300)}
        elif kind == "dead-letters":
            found = next((each for each in world.letters if each["id"] == id), None)
            if found:
                found = found | {"base64": None, "isCut": False, "prospect": "it would become a dead letter again: not-json: not JSON", "text": "this is no JSON"}
        elif kind == "explain":
            found = {"candidates": world.candidates, "id": id.partition("/")[2], "kind": id.partition("/")[0]} if world.candidates else None
        else:
            found = None
        return self.problem(404, f"{kind[:-1]} {id} is not in the state", "Not Found") if found is None else self.data(found)

    def list(self, path, query):
        world = self.state.world
        items = {"/v1/agents": world.agents, "/v1/contacts": world.contacts, "/v1/queues": world.queues}[path]
        if "presence" in query:
            items = [each for each in items if each["presence"] == query["presence"]]
        if "stale" in query:
            items = [each for each in items if each["isStale"] == (query["stale"] == "true")]
        if "region" in query:
            items = [each for each in items if query["region"] in (each.get("regions") or [each.get("activeRegion")])]
        if "name" in query:
            wanted = query["name"].lower()
            items = [each for each in items if wanted in f"{each['username']} {each['firstName']} {each['lastName']}".lower()]
        if "agent" in query:
            items = [each for each in items if each["agent"] and each["agent"]["id"] == query["agent"]]
        if "phase" in query:
            items = [each for each in items if each["phase"] == query["phase"]]
        first, limit = int(query.get("cursor", 0)), int(query.get("limit", 100))
        page = items[first:first + limit]
        return self.data(worlds.page_of(page, str(first + limit) if len(items) > first + limit else None), path, listed=True)

    def letters(self, query):
        found = [each for each in self.state.world.letters if query.get("reason", each["reason"]) == each["reason"] and query.get("since", "") <= each["arrival"] < query.get("before", "9")]
        first, limit = int(query.get("cursor", 0)), int(query.get("limit", 100))
        answer = worlds.letters_of(found)
        answer |= {"items": found[first:first + limit], "next": str(first + limit) if len(found) > first + limit else None, "reasons": worlds.letters_of(self.state.world.letters)["reasons"]}
        return self.data(answer)

    def post(self, path, body):
        world = self.state.world
        if path == "/v1/lookups":
            return self.data({"contacts": [], "customers": ["customer-7"], "id": "phone/x", "lastContact": None, "type": "phone"}) if "phone" in body else self.problem(404, "nobody is known by it")
        if path == "/v1/redrives":
            chosen = body.get("ids") or [each["id"] for each in world.letters if each["redriven"] is None and body.get("reason", each["reason"]) == each["reason"] and body.get("since", "") <= each["arrival"]]
            if len(chosen) != body["confirm"]:
                return self.problem(409, f"there are {len(chosen)} such letters by now, and not {body['confirm']}; look again", "Conflict")
            for each in world.letters:
                if each["id"] in chosen:
                    each["redriven"] = {"at": worlds.at(0), "by": f"{body.get('person', 'ann')} (not verified)"}
            return self.data({"failed": [], "ids": chosen, "redriven": len(chosen)}, status=202)
        if path.startswith("/v1/failover/"):
            if "to" in body and body.get("confirm") != body["to"]:
                return self.problem(422, f"confirm is not '{body['to']}'")
            answers = {"move": {"outcome": "underway", "term": 3}, "return": {"plan": "x", "steps": 4}, "approve": {"approved": body.get("answer") == "yes", "proposal": "p1"}, "hold": {"held": True}, "resume": {"held": False, "wasHeld": True}, "halt": {"halted": "x"}, "acknowledge": {"acknowledged": 2}}
            return self.data(answers[path.rsplit("/", 1)[1]], status=202)
        return self.problem(404, "nothing is served there")

    def changes(self):
        state = self.state
        self.send_response(200)
        for name, value in [("Content-Type", "text/event-stream"), ("Cache-Control", "no-store"), ("Connection", "close"), ("Converge-Time", str(state.now()))]:
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = True
        number, turn = 0, state.turn
        try:
            self.wfile.write(b"retry: 2000\n: hello\n\n")
            while True:
                with state.lock:
                    if state.rate == 0:
                        state.lock.wait(1)
                    if state.silent:
                        return
                    rate, changed, turn = state.rate, state.turn != turn, state.turn
                lines = []
                if changed:
                    lines.append("event: reset\nid: 1\ndata: {}\n\n")
                for _ in range(rate // 20):
                    number += 1
                    kind, id = (("agent", f"{worlds.INSTANCE}/a{number % 10_000:07d}"), ("contact", f"c{number % 4_000:07d}"))[number % 2]
                    change = {"change": f"{number:032x}", "id": id, "isTombstone": False, "kind": kind, "path": "status/us-east-1", "position": number, "stamp": {"region": worlds.EAST}, "time": worlds.at(0)}
                    lines.append(f"event: change\nid: {number}\ndata: {json.dumps(change, separators=(',', ':'))}\n\n")
                self.wfile.write("".join(lines or [": \n\n"]).encode())
                self.wfile.flush()
                if rate:
                    time.sleep(0.05)
        except OSError:
            return


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        # A browser that goes away is no fault.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def main():
    Handler.state = State(sys.argv[1] if len(sys.argv) > 1 else "well")
    server = Server(("127.0.0.1", 0), Handler)
    print(f"ready {server.server_address[1]}", flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
