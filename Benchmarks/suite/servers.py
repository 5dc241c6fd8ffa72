"""Processes of a benchmark: servers that are started for it, and programs under test with what the kernel says that they used."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request

KEYS = {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}


def environment(**urls):
    """What a program needs to find its servers; names as in `dynamodb="http://.."`."""
    found = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return found | KEYS | {f"AWS_ENDPOINT_URL_{name.upper()}": url for name, url in urls.items()}


class Stub:
    """`stub.c`, perhaps with answers to serve."""

    def __init__(self, program, *arguments):
        self.process = subprocess.Popen([program, *map(str, arguments)], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()

    def end(self):
        self.process.kill()
        self.process.wait()


class Ministack:
    """The emulator, with nothing in it; signatures are not verified, for either side of a comparison."""

    def __init__(self, program, log):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        with open(log, "w") as out:
            self.process = subprocess.Popen(
                [program], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env=environment() | {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(self.port)})
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(self.url + "/_ministack/health", timeout=2).close()
                return
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.05)

    def end(self):
        self.process.kill()
        self.process.wait()


def run(arguments, env=None, errors=None):
    """Runs a program to its end: its last line of JSON, and the seconds, CPU seconds and bytes of its process."""
    started = time.monotonic()
    out = open(errors, "w") if errors else None
    process = subprocess.Popen([str(each) for each in arguments], stdout=subprocess.PIPE, stderr=out, env=env)
    text = process.stdout.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    if out:
        out.close()
    if status != 0:
        raise SystemExit(f"{arguments} failed with status {status}: {text[-2000:]}")
    lines = [line for line in text.splitlines() if line.startswith("{")]
    figures = json.loads(lines[-1]) if lines else {}
    return figures | {"process": {"seconds": time.monotonic() - started, "cpu": usage.ru_utime + usage.ru_stime,
                                  "bytes": usage.ru_maxrss * 1024}}


def cpu_of_tree(root):
    """CPU seconds of a process and all below it, those that ended included."""
    parents, used = {}, {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents[int(name)] = int(fields[1])
        used[int(name)] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    total, wanted = 0.0, [root]
    while wanted:
        process = wanted.pop()
        total += used.get(process, 0.0)
        wanted += [child for child, parent in parents.items() if parent == process]
    return total


def end_group(process):
    """Ends a process that leads a group, and its children."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def others_busy(seconds=0.5):
    """The share of the processors that somebody else uses while nothing of ours runs."""
    def look():
        with open("/proc/stat") as file:
            fields = list(map(int, file.readline().split()[1:9]))
        return sum(fields), fields[3] + fields[4]

    before = look()
    time.sleep(seconds)
    after = look()
    return round(1 - (after[1] - before[1]) / max(after[0] - before[0], 1), 3)
