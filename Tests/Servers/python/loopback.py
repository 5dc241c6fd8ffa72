"""A web server for tests: prints its port, then answers by path until its standard input ends. Nothing of it is like AWS but the wire."""

import datetime
import email.utils
import json
import os
import socket
import struct
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

counts = Counter()
lock = threading.Lock()
forever = threading.Event()


def count(key):
    with lock:
        counts[key] += 1
        return counts[key]


def stamp(seconds):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def date_time_string(self, timestamp=None):
        return email.utils.formatdate(time.time() + getattr(self, "ahead", 0), usegmt=True)

    def send(self, status, body, headers=()):
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def answer(self):
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.url = urlsplit(self.path)
        self.arguments = {k: v[0] for k, v in parse_qs(self.url.query, keep_blank_values=True).items()}
        parts = self.url.path.split("/")
        kind = parts[1] if self.path.startswith("/") else "proxied"
        getattr(self, "do_" + kind.replace("-", "_"), self.do_nothing)(parts[2:])

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer

    def do_nothing(self, parts):
        self.send(404, "nothing here")

    # Plain HTTP.

    def do_echo(self, parts):
        self.send(200, {
            "method": self.command, "path": self.path, "headers": [[k, v] for k, v in self.headers.items()],
            "body": self.body.decode("latin-1"), "peer": self.client_address[1],
        }, [("X-Twice", "a"), ("x-twice", "b")])

    def do_proxied(self, parts):
        self.send(200, {"proxied": self.path})

    def do_big(self, parts):
        self.send(200, b"x" * int(parts[0]))

    def do_status(self, parts):
        self.send(int(parts[0]), "status")

    def do_say(self, parts):
        """/say/STATUS?body=TEXT&token=TOKEN: the text, for who brings the token."""
        token = self.arguments.get("token")
        if token and self.headers.get("Authorization") != f"Bearer {token}":
            return self.send(401, "who are you?")
        self.send(int(parts[0]), self.arguments.get("body", ""))

    def do_count(self, parts):
        self.send(200, {"count": counts[parts[0]]})

    def do_hang(self, parts):
        forever.wait(60)

    def do_drip(self, parts):
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"x")
        forever.wait(60)

    def do_short(self, parts):
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"x" * 10)
        self.close_connection = True

    def do_leave(self, parts):
        """Answers, and then ends the connection without having said so."""
        count(parts[0])
        self.send(200, "left")
        self.close_connection = True

    def do_once(self, parts):
        """Answers the first request of this path on a connection, and ends the connection at the next one."""
        count(parts[0])
        if getattr(self, "seen", False):
            return self.do_reset([])
        self.seen = True
        self.send(200, "once")

    def do_more(self, parts):
        """Answers, and goes on with what would be the next answer."""
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nright"
        self.wfile.write(answer + answer.replace(b"right", b"wrong"))

    def do_reset(self, parts):
        if parts:
            count(parts[0])
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def do_chunks(self, parts):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number in range(int(parts[0])):
            piece = f"chunk {number};".encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    # Credentials.

    def do_latest(self, parts):
        if parts == ["api", "token"]:
            isPut = self.command == "PUT" and self.headers.get("X-aws-ec2-metadata-token-ttl-seconds") == "21600"
            return self.send(200, "session") if isPut else self.send(400, "")
        if self.headers.get("X-aws-ec2-metadata-token") != "session":
            return self.send(401, "")
        if parts == ["meta-data", "placement", "region"]:
            return self.send(200, "eu-north-1")
        if parts == ["meta-data", "iam", "security-credentials", ""]:
            return self.send(200, "the-role")
        if parts == ["meta-data", "iam", "security-credentials", "the-role"]:
            return self.send(200, {
                "Code": "Success", "AccessKeyId": "AKIDINSTANCE", "SecretAccessKey": "hush", "Token": "hush-token",
                "Expiration": stamp(3600)})
        self.send(404, "")

    def do_stale(self, parts):
        """Instance metadata that cannot renew what it has."""
        if parts[-1] == "token":
            return self.send(200, "session")
        if parts[-1] == "":
            return self.send(200, "the-role")
        self.send(200, {
            "AccessKeyId": "AKIDSTALE", "SecretAccessKey": "hush", "Token": "hush-token", "Expiration": stamp(-60)})

    def do_container(self, parts):
        """/container/KEY/SECONDS: new ones at each call, good for so long."""
        number = count(parts[0])
        if self.headers.get("Authorization") != "pod token":
            return self.send(403, {"message": "hush"})
        self.send(200, {
            "AccessKeyId": f"AKID{number}", "SecretAccessKey": "hush", "Token": "hush-token",
            "Expiration": stamp(float(parts[1]))})

    def do_sts(self, parts):
        form = {k: v[0] for k, v in parse_qs(self.body.decode()).items()}
        action = form["Action"]
        authorization = self.headers.get("Authorization", "")
        caller = authorization.split("Credential=")[1].split("/")[0] if authorization else "nobody"
        role = form["RoleArn"]
        if role.endswith("/forbidden"):
            return self.send(403, f"""<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
                <Code>AccessDenied</Code><Message>User: arn:aws:iam::1:user/u is not authorized to perform: sts:AssumeRole on
                resource: {role}</Message></Error><RequestId>request-1</RequestId></ErrorResponse>""".replace("on\n                ", "on "))
        name = role.split("/")[-1]
        if action == "AssumeRoleWithWebIdentity":
            assert not authorization and form["WebIdentityToken"] == "a web token"
        self.send(200, f"""<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result><AssumedRoleUser>
            <Arn>{role}</Arn></AssumedRoleUser><Credentials><AccessKeyId>{caller}-as-{name}</AccessKeyId>
            <SecretAccessKey>hush&amp;hush</SecretAccessKey><SessionToken>{form["RoleSessionName"]},{form.get("ExternalId", "")},{
                form.get("DurationSeconds", "")}</SessionToken><Expiration>{stamp(3600)}</Expiration></Credentials></{action}Result>
            <ResponseMetadata><RequestId>request-2</RequestId></ResponseMetadata></{action}Response>""")

    # A JSON service: /service/SCENARIO/KEY/NUMBER.

    def refuse(self, status, code, message):
        self.send(status, {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message},
                  [("x-amzn-RequestId", "request-3")])

    def do_service(self, parts):
        scenario, key, number = parts[0], parts[1], int(parts[2])
        attempt = count(key)
        done = {"operation": self.headers.get("X-Amz-Target"), "input": self.body.decode(), "attempt": attempt,
                "authorization": self.headers.get("Authorization"), "type": self.headers.get("Content-Type")}
        if scenario == "throttled" and attempt <= number:
            return self.refuse(400, "ProvisionedThroughputExceededException", "slow down")
        if scenario == "unwell" and attempt <= number:
            return self.send(503, "<html>not from the service</html>")
        if scenario == "reset" and attempt <= number:
            return self.do_reset(parts)
        if scenario in ("skewed", "mistrusted"):
            self.ahead = number
            signed = datetime.datetime.strptime(self.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
            if abs(signed.timestamp() - time.time() - number) > 300:
                code = "RequestTimeTooSkewed" if scenario == "skewed" else "InvalidSignatureException"
                return self.refuse(403, code, "Signature expired")
        if scenario == "expired" and f"Credential=AKID{number}/" not in self.headers["Authorization"]:
            return self.refuse(400, "ExpiredTokenException", "The security token included in the request is expired")
        if scenario == "denied":
            return self.refuse(400, "AccessDeniedException",
                "User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: dynamodb:PutItem on resource: "
                "arn:aws:dynamodb:eu-west-1:1:table/t because no identity-based policy allows the dynamodb:PutItem action")
        if scenario == "talkative":
            return self.refuse(403, "SignatureDoesNotMatch",
                "The Canonical String should have been x-amz-security-token:" + self.headers.get("X-Amz-Security-Token", ""))
        if scenario == "nonsense":
            return self.send(400, "{\"__type\":")
        self.send(200, done, [("x-amzn-RequestId", "request-4")])


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, request, client_address):
        pass


def end_with_input():
    sys.stdin.buffer.read()
    os._exit(0)


server = Server(("127.0.0.1", 0), Answer)
threading.Thread(target=end_with_input, daemon=True).start()
print(server.server_address[1], flush=True)
server.serve_forever()
