#!/usr/bin/env python3
"""Makes a folder of rows as a program writes them, with the events behind them.

    Tests/Rows/make.py PROGRAM FOLDER

Generated traffic of two Regions and one flow of several rows go through a worker in each Region into global tables at an emulator. Kept are the
items of one Region's tables (`rows.jsonl.zst`), the events (`events.jsonl.zst`) and the digest of their replay. The virtual environments are
those that the tests make under .build.
"""
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
PYTHON = ROOT / "Tests/Servers/python"
REGIONS = ["us-east-1", "us-west-2"]
START = "2026-03-02T14:00:00Z"
SENTENCE = "The caller asks when parcel {0} of order {1} arrives, and wants to be called back before noon. "


def python(environment, script, *arguments, **options):
    command = [ROOT / f".build/venv-{environment}/bin/python", "-B", PYTHON / script, *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def large_flow():
    """A flow of 960 KB, three quarters of it of one Region, so that its registers lie in several rows there."""
    for number in range(16):
        data = {
            f"note-{5 * number + part}": "".join(SENTENCE.format(number, 20 * part + line) for line in range(126))
            for part in range(5)
        }
        yield json.dumps({
            "specversion": "1.0", "id": f"large-{number}", "source": "//converge.example/apps/notes", "type": "converge.flow.v1",
            "subject": "large-0001", "time": f"2026-03-02T14:01:{number:02}.000Z", "datacontenttype": "application/json",
            "region": REGIONS[number % 4 // 3], "data": data,
        })


def home(line):
    found = {region: line.find(region) for region in REGIONS if region in line}
    return min(found, key=found.get, default=REGIONS[0])


def main():
    program, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="converge-rows-"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_REGION": REGIONS[0], "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true",
    }
    own = {"GATEWAY_PORT": f"{port}", "MINISTACK_REGION": REGIONS[0], "STATE_DIR": f"{scratch}/state", "S3_DATA_DIR": f"{scratch}/s3"}
    emulator = subprocess.Popen(
        [ROOT / ".build/venv-ministack/bin/python", "-B", PYTHON / "emulator.py"], env=environment | own, stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_ministack/health")
            break
        except OSError:
            time.sleep(0.1)

    def converge(*arguments, region=REGIONS[0]):
        ended = subprocess.run(
            [program, *arguments], cwd=scratch, env=environment | {"AWS_REGION": region}, check=True, stdout=subprocess.PIPE, text=True)
        return ended.stdout

    converge("generate", "--events", "700", "--seed", "73", "--agents", "12", "--duplicates", "0.05", "--start", START,
             "--output", "generated.jsonl")
    lines = (scratch / "generated.jsonl").read_text().splitlines() + list(large_flow())
    (scratch / "events.jsonl").write_text("".join(line + "\n" for line in lines))
    digest = converge("replay", "events.jsonl", "--memory").split()[-1]
    converge("tables", "create", "--replicas", "--regions", ",".join(REGIONS))
    python("boto", "feed.py", "stream", "--stream", "events", *REGIONS, env=environment)
    for region in REGIONS:
        (scratch / region).write_text("".join(line + "\n" for line in lines if home(line) == region))
    python("boto", "feed.py", "put", "--stream", "events", *(f"{region}={scratch / region}" for region in REGIONS), env=environment)
    for region in REGIONS:
        converge(
            "run", "--until-end", "--source-kind", "kinesis", "--kinesis-streams", "events", "--store-kind", "dynamodb",
            "--http-port", "0", "--retain-contacts", "36500d", "--log-path", f"{region}.log", region=region)
    if converge("digest", "dynamodb:converge").split()[-1] != digest:
        sys.exit("the tables do not hold what a replay has")
    (scratch / "rows.jsonl").write_text(python("boto", "rows.py", "dump", "--prefix", "converge", REGIONS[0], env=environment))
    emulator.stdin.close()
    emulator.wait()
    for name in ["rows.jsonl", "events.jsonl"]:
        subprocess.run(["zstd", "-q", "-f", "-19", scratch / name, "-o", folder / f"{name}.zst"], check=True)
    (folder / "digest").write_text(digest + "\n")


if __name__ == "__main__":
    main()
