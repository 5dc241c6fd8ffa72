"""DynamoDB's control plane as it is, in front of an emulator that does everything at once.

Tables and replicas take a while, during which no other change of the table is taken; backups of a table that has just been made are
not available at first; replicas are made one a call; and a table that replicas were made of cannot be deleted for a day.

    control_plane.py UPSTREAM PORT
"""

import http.client
import http.server
import json
import re
import sys
import threading
from urllib.parse import urlsplit

UPSTREAM = urlsplit(sys.argv[1])
BUSY_LOOKS = 3

lock = threading.Lock()
busy = {}  # (region, table) -> looks until it is active, and what is being made
young = {}  # (region, table) -> refusals of backups left
sources = set()


def refused(code, message):
    return 400, json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message}).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        operation = self.headers["X-Amz-Target"].split(".")[1]
        region = re.search(r"Credential=[^/]+/\d+/([^/]+)/", self.headers["Authorization"])[1]
        with lock:
            status, answer = self.answer(operation, region, json.loads(body), body)
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def answer(self, operation, region, request, body):
        place = (region, request.get("TableName"))
        if operation in ("UpdateTable", "UpdateTimeToLive", "DeleteTable") and place in busy:
            return refused("ResourceInUseException", "Table is being updated")
        replicas = request.get("ReplicaUpdates", [])
        if len(replicas) > 1:
            return refused("ValidationException", "Only one replica update is allowed at a time")
        if operation == "DeleteTable" and place in sources:
            return refused(
                "ValidationException",
                "Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the table "
                "in the last 24 hours.",
            )
        if operation == "UpdateContinuousBackups" and young.get(place, 1) > 0:
            young[place] = young.get(place, 1) - 1
            return refused("ContinuousBackupsUnavailableException", "Backups are being enabled for the table")
        status, answer = self.forward(body)
        if status == 200:
            answer = self.after(operation, place, replicas, answer)
        return status, answer

    def after(self, operation, place, replicas, answer):
        if operation == "CreateTable":
            busy[place] = [BUSY_LOOKS, None]
        for update in replicas:
            if "Create" in update:
                sources.add(place)
                busy[place] = [BUSY_LOOKS, update["Create"]["RegionName"]]
        if operation == "DescribeTable" and place in busy:
            look = busy[place]
            table = json.loads(answer)
            table["Table"]["TableStatus"] = "UPDATING" if look[1] else "CREATING"
            for replica in table["Table"].get("Replicas", []):
                if replica["RegionName"] == look[1]:
                    replica["ReplicaStatus"] = "CREATING"
            answer = json.dumps(table).encode()
            look[0] -= 1
            if look[0] == 0:
                del busy[place]
        return answer

    def forward(self, body):
        upstream = http.client.HTTPConnection(UPSTREAM.hostname, UPSTREAM.port)
        upstream.request("POST", self.path, body, dict(self.headers))
        response = upstream.getresponse()
        return response.status, response.read()

    def log_message(self, *arguments):
        pass


print("ready", flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()
