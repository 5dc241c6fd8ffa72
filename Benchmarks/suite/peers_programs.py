"""The programs of the part on peers: how they are built, and one run of each with what it came to."""

import hashlib
import os
import shutil
import subprocess

from measuring import ROOT, first_line, progress
from servers import run

PEERS = f"{ROOT}/Benchmarks/peers"
ORJSON = "orjson==3.11.4"
CPP_FLAGS = ["-std=c++20", "-O3", "-DNDEBUG", "-march=native"]


def cut(line):
    """A line of Converge's state without its last member, `state`: what every peer writes."""
    return line[:line.rindex(b',"state":{')] + b"}\n"


def digest_of_lines(path):
    sha = hashlib.sha256()
    with open(path, "rb") as file:
        for line in file:
            sha.update(cut(line))
    return sha.hexdigest()


def built(what, make):
    """Nothing, or why it cannot be had here."""
    progress(f"peers: building {what}")
    try:
        make()
        return None
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        return f"{what}: " + (said.strip().splitlines() or ["no word of why"])[-1][:200]


def command(*arguments):
    subprocess.run([str(each) for each in arguments], check=True, capture_output=True, text=True, cwd=ROOT)


class Programs:
    """Each run is a flat object; `skipped` holds why a family is not there."""

    def __init__(self, bench):
        self.bench, self.skipped, self.reference = bench, {}, {}
        self.cpp, self.java = f"{bench.scratch}/merge", f"{bench.scratch}/java"
        self.python = f"{ROOT}/.build/venv-peers/bin/python"
        for family, make in (("C++", self.make_cpp), ("Python", self.make_python), ("Java", self.make_java)):
            why = built(family, make)
            if why:
                self.skipped[family] = why

    def make_cpp(self):
        command("g++", *CPP_FLAGS, "-o", self.cpp, f"{PEERS}/cpp/merge.cpp", "-lsimdjson", "-lcrypto", "-lpthread")
        self.bench.versions["gcc"] = first_line("g++", "--version")
        self.bench.versions["simdjson"] = first_line("pkg-config", "--modversion", "simdjson")

    def make_python(self):
        home = f"{ROOT}/.build/venv-peers"
        mark = f"{home}/.has-{ORJSON}"
        if not os.path.exists(mark):
            command("python3", "-m", "venv", home)
            command(f"{home}/bin/pip", "install", "-q", "--disable-pip-version-check", ORJSON)
            open(mark, "w").close()
        self.bench.versions["python"] = first_line(self.python, "--version")
        self.bench.versions["orjson"] = ORJSON.split("==")[1]

    def make_java(self):
        command(f"{PEERS}/java/build.sh", self.java)
        self.bench.versions["java"] = first_line("java", "-version")
        self.bench.versions["flink"] = first_line(
            f"{ROOT}/.build/venv-flink/bin/pip", "list", "--disable-pip-version-check", "--format=freeze")

    # One run each. `path` has a reference by now.

    def refer(self, path):
        """What all have to come to: Converge's digest, and the digest of its lines as the peers write them."""
        out = f"{self.bench.scratch}/lines.jsonl"
        done = self.replay(path, ["--memory", "--threads", 2, "--output", out])
        self.reference[path] = {"converge": done["digest"], "peers": digest_of_lines(out)}
        os.remove(out)

    def replay(self, path, flags):
        letters = ["--dead-letters", f"{self.bench.scratch}/dead-letters.jsonl"] if "--memory" in flags else []
        # The peers do not count the contacts that customers start.
        return run([self.bench.converge, "replay", path, "--format", "json", "--without-volume", *flags, *letters])

    def converge(self, path, store, threads):
        state = f"{self.bench.scratch}/state"
        shutil.rmtree(state, ignore_errors=True)
        done = self.replay(path, ["--threads", threads, *(["--memory"] if store == "memory" else ["--state", state])])
        shutil.rmtree(state, ignore_errors=True)
        return self.figures(done, path, done["records"], "converge")

    def peer(self, path, *arguments):
        done = run(arguments, errors=f"{self.bench.scratch}/errors.log")
        return self.figures(done, path, done["events"], "peers") | {
            name: done[name] for name in ("startSeconds", "checkpoints", "lost", "registers", "concurrency") if name in done}

    def figures(self, done, path, events, whose):
        same = done["digest"] == self.reference[path][whose]
        return {"events": events, "seconds": done["seconds"], "cpu": done["cpuSeconds"],
                "wholeSeconds": done["process"]["seconds"], "wholeCPU": done["process"]["cpu"],
                "peakBytes": done["process"]["bytes"], "digest": "equal" if same else "DIFFERS"}

    def plain_java(self, path, threads):
        return self.peer(path, f"{self.java}/plain-java", path, "--threads", threads, "--warm")

    def flink(self, path, threads, backend, interval):
        flags = ["--checkpoint", interval] if interval else []
        return self.peer(path, f"{self.java}/flink-merge", path, "--threads", threads, "--backend", backend,
                         "--scratch", self.bench.scratch, *flags, "--warm")

    def flink_start(self, path):
        return self.peer(path, f"{self.java}/flink-merge", path, "--scratch", self.bench.scratch)

    def flink_lag(self, path, rate, seconds, warm_up, interval):
        flags = ["--checkpoint", interval] if interval else []
        return run([f"{self.java}/flink-latency", path, rate, seconds, "--warm-up", warm_up, "--threads", 2,
                    "--buffer-timeout", 1, "--scratch", self.bench.scratch, *flags],
                   errors=f"{self.bench.scratch}/errors.log")

    def lambda_way(self, path, concurrency):
        return self.peer(path, self.python, "-B", f"{PEERS}/python/lambda.py", path, "--concurrency", concurrency)
