"""What tests of the servers here share: a server as a process, and a client of boto3 for it."""
import json
import os
import subprocess
import sys
import time
import unittest
import urllib.request

import boto3
from botocore.config import Config

HERE = os.path.dirname(os.path.abspath(__file__))


def ask(method, url, body=None, headers={}):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, method=method, data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as found:
        return json.load(found)


class Server:
    """One of the programs here; it says which port it has."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, "-B", *arguments], cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])
        self.address = f"http://127.0.0.1:{self.port}"

    def end(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def ask(self, method, path, body=None, headers={}):
        return ask(method, self.address + path, body, headers)


class Case(unittest.TestCase):
    def server(self, *arguments):
        found = Server(*arguments)
        self.addCleanup(found.end)
        return found

    def client(self, service, region, address, **others):
        """That does not try again."""
        config = Config(retries={"total_max_attempts": 1}, read_timeout=others.pop("read_timeout", 20))
        return boto3.client(service, region_name=region, endpoint_url=address, config=config, **others)

    def eventually(self, what, condition):
        """Waits, for two minutes at most."""
        for _ in range(2400):
            found = condition()
            if found:
                return found
            time.sleep(0.05)
        self.fail(f"never: {what}")
