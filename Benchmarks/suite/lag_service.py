"""A small client of an emulator of AWS: one kept connection, one call at a time, no library between the clock and the bytes."""

import http.client
import json

TARGETS = {"dynamodb": "DynamoDB_20120810", "kinesis": "Kinesis_20131202"}


class Service:
    """`address`: HOST:PORT. The signature is a form; the emulator is told not to look."""

    def __init__(self, address, service, region="us-east-1"):
        host, port = address.removeprefix("http://").split(":")
        self.link = http.client.HTTPConnection(host, int(port), timeout=60)
        self.target = TARGETS[service]
        scope = f"Credential=test/20260101/{region}/{service}/aws4_request"
        self.headers = {"Content-Type": "application/x-amz-json-1.1",
                        "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"}

    def raw(self, operation, body):
        """The bytes of an answer to the bytes of a request."""
        self.link.request("POST", "/", body, self.headers | {"X-Amz-Target": f"{self.target}.{operation}"})
        answer = self.link.getresponse()
        data = answer.read()
        if answer.status != 200:
            raise SystemExit(f"lag: {operation} is refused: {data[:300]}")
        return data

    def call(self, operation, **request):
        return json.loads(self.raw(operation, json.dumps(request).encode()) or b"{}")
