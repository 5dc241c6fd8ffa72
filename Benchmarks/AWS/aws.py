"""The benchmarks of Kinesis and DynamoDB, in rounds of all in turn. `Benchmarks/aws.sh` starts it.

usage: aws.py ROOT SCRATCH [store|emulator|kinesis|amplification ..]
"""

import json
import os
import subprocess
import sys

import report
from kinesis import Kinesis
from servers import Ministack, Stub, cpu_of_tree, environment, others_busy, run

ROOT, SCRATCH = sys.argv[1], sys.argv[2]
WANTED = sys.argv[3:] or ["store", "emulator", "kinesis", "amplification"]
ROUNDS = int(os.environ.get("ROUNDS", 5))
# An hour of 1,000 agents.
EVENTS = int(os.environ.get("EVENTS", 300_000))
PREFIX = "bench"
FLUSHES = [1, 10, 100, 1000]
THREADS = 16
# Milliseconds that a service in the same Region takes, more or less.
DELAY = 5
CONNECTIONS = [4, 16, 64]

bench = f"{ROOT}/.build/release/bench-aws"
converge = f"{ROOT}/.build/release/converge"
boto = f"{ROOT}/.build/venv-boto/bin/python"
ministack = f"{ROOT}/.build/venv-ministack/bin/ministack"


def progress(text):
    print(text, file=sys.stderr, flush=True)


def puts(choice, every):
    """A file of PutItems, made once."""
    path = f"{SCRATCH}/puts-{EVENTS}-{choice}-{every}.jsonl"
    if not os.path.exists(path):
        run([bench, "puts", path + ".new", PREFIX, EVENTS, every, choice])
        os.rename(path + ".new", path)
    return path


def dictionary():
    """The stubs' rows are to be written with the dictionary that ships, as new tables have it."""
    done = subprocess.run([bench, "dictionary"], stdout=subprocess.PIPE, text=True, check=True)
    os.environ["STUB_DICTIONARY"], os.environ["STUB_DICTIONARY_BYTES"] = done.stdout.split()


def store():
    """Against a stub: what the store itself takes, beside boto3. One row in four for boto3, so that a round is short."""
    path, sample = puts("all", 12), puts("all", 48)
    put = f"{ROOT}/Benchmarks/AWS/put.py"
    at_once, away = Stub(f"{SCRATCH}/stub"), Stub(f"{SCRATCH}/stub", DELAY)
    rounds = []
    for number in range(ROUNDS):
        progress(f"store: round {number + 1} of {ROUNDS}")
        env = environment(dynamodb=at_once.url)
        done = {"others": others_busy()}
        for size in FLUSHES:
            done[f"flushes of {size}"] = run([bench, "write", path, PREFIX, size], env)
        for kind in ["fast", "default"]:
            done[f"boto3 {kind}"] = run([boto, put, sample, THREADS, kind], env)
        env = environment(dynamodb=away.url)
        done[f"flushes of 100, {DELAY} ms away"] = run([bench, "write", path, PREFIX, 100], env)
        done[f"boto3 fast, {DELAY} ms away"] = run([boto, put, sample, THREADS, "fast"], env)
        rounds.append(done)
    at_once.end()
    away.end()
    return {"rounds": rounds, "rowBytes": os.path.getsize(path) / sum(1 for _ in open(path))}


def emulator():
    """Against the emulator, new for each: rows a second beside a bare load generator."""
    path = puts("latest", 2)
    rows = sum(1 for _ in open(path))

    def fresh(arguments):
        server = Ministack(ministack, f"{SCRATCH}/ministack.log")
        try:
            env = environment(dynamodb=server.url)
            run([converge, "tables", "create", "--regions", "us-east-1", "--prefix", PREFIX], env, os.devnull)
            before = cpu_of_tree(server.process.pid)
            done = run([each if each != "PORT" else server.port for each in arguments], env)
            return done | {"server": cpu_of_tree(server.process.pid) - before, "all": rows}
        finally:
            server.end()

    rounds = []
    for number in range(ROUNDS):
        progress(f"emulator: round {number + 1} of {ROUNDS}")
        done = {"others": others_busy()}
        for connections in CONNECTIONS:
            done[f"bare {connections}"] = fresh([f"{SCRATCH}/load", "PORT", path, connections])
        done["store"] = fresh([bench, "write", path, PREFIX, 1000])
        rounds.append(done)
    return {"rounds": rounds}


def amplification():
    """An hour of agents who take ten contacts in it, and of agents who mostly wait."""
    found = {}
    for name, rate in {"busy": 83, "quiet": 12}.items():
        progress(f"amplification: {name}")
        lines = subprocess.run([bench, "amplification", str(rate * 3600), str(rate)], stdout=subprocess.PIPE, check=True)
        found[name] = [json.loads(line) for line in lines.stdout.splitlines()]
    return found


def kinesis():
    return Kinesis(ROOT, SCRATCH, (ROUNDS + 1) // 2, progress).run()


parts = {"store": store, "emulator": emulator, "kinesis": kinesis, "amplification": amplification}
dictionary()
results = {"machine": report.machine(), "rowsOf": EVENTS}
for name in WANTED:
    results[name] = parts[name]()
    with open(f"{SCRATCH}/aws.json", "w") as file:
        json.dump(results, file, indent=1)
report.write(results)
