"""A proxy before an emulator of AWS that answers some requests itself, as a service refuses them.

    python3 refusing.py http://127.0.0.1:4566

`PUT /rules` takes a list, in order of precedence: `operation`, `contains` (of the request's body; may be missing), `status`, `code`, `message`,
`more` (further members of the answer) and `times` (how often at most; for ever where it is missing). `GET /struck` tells how often each has
struck. Everything else is passed on as it is.
"""
import http.client
import http.server
import json
import sys
import threading
import urllib.parse

from wire import end_with_input

UPSTREAM = urllib.parse.urlsplit(sys.argv[1]).netloc
LOCK = threading.Lock()
RULES = []


def struck(operation, body):
    """The rule for a request, counted; None where it is passed on."""
    with LOCK:
        for rule in RULES:
            fits = rule["operation"] == operation and rule.get("contains", "").encode() in body
            if fits and rule["struck"] < rule.get("times", float("inf")):
                rule["struck"] += 1
                return rule
    return None


class Requests(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        self.upstream = http.client.HTTPConnection(UPSTREAM)

    def answer(self, status, body, headers=()):
        self.send_response(status)
        for name, value in headers or [("Content-Type", "application/x-amz-json-1.0")]:
            if name.lower() not in ("connection", "content-length", "date", "server", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/rules":
            with LOCK:
                RULES[:] = [rule | {"struck": 0} for rule in json.loads(body)]
            return self.answer(200, b"{}")
        if self.path == "/struck":
            with LOCK:
                return self.answer(200, json.dumps([rule["struck"] for rule in RULES]).encode())
        rule = struck(self.headers.get("X-Amz-Target", "").split(".")[-1], body)
        if rule:
            said = {"__type": "com.amazonaws.dynamodb.v20120810#" + rule["code"], "message": rule["message"]} | rule.get("more", {})
            return self.answer(rule["status"], json.dumps(said).encode())
        headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        self.upstream.request(self.command, self.path, body, headers)
        found = self.upstream.getresponse()
        self.answer(found.status, found.read(), found.getheaders())

    do_GET = do_POST = do_PUT = handle_any

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 512


def main():
    end_with_input()
    server = Server(("127.0.0.1", 0), Requests)
    print(f"ready {server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
