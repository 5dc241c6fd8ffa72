"""The HTTP API: one agent from memory beside nginx with a file of that size, streams of changes, and ingest beside both.

A worker with an embedded store and `http.changes` holds 10,000 agents. Every request bears a token, RS256 or ES256, that was verified before; rates are off.
Requests of a core: answers over the seconds of CPU that the kernel counts for the server's process, because who asks shares the processors.
"""

import base64
import datetime
import json
import os
import re
import shutil
import subprocess
import time
import urllib.request

from lag_kafka import flags as kafka_flags
from lag_rigs import TOPIC, Mock, Worker, bench_kafka, free_port, start, until
from measuring import ROOT, first_line, median, pick, progress, rounded, spread, table
from servers import cpu_of_tree, run

AGENTS, CLIENTS, PARTITIONS = 10_000, 5_000, 32
CHANGES, INGEST = 1_000, 5_000
WANTED = {"requests": 30_000, "p99": 2.0, "bytes": 512 << 20, "loss": 0.05}
HALF = WANTED["requests"] // 2
CONNECTIONS = 16
INSTANCE = "111122223333/0d6a3c1e-2b1f-4b5e-9a44-3f1f6c9d7a10"
ISSUER, AUDIENCE = "https://issuer.example", "converge"


class Sizes:
    def __init__(self, quick, short):
        self.rounds = 1 if quick else 2 if short else 3
        self.seconds = 2 if quick else 5 if short else 8
        self.stream_seconds = 4 if quick else 12 if short else 30
        self.warm_up = 2 if quick else 3


# Tokens, which OpenSSL signs.


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, check=True, capture_output=True).stdout


class Tokens:
    """Two keys of an issuer, their set in a file, and tokens of many callers, as header fields a line."""

    def __init__(self, directory):
        self.directory = directory
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", f"{directory}/rsa.pem")
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", f"{directory}/ec.pem")
        modulus = openssl("rsa", "-in", f"{directory}/rsa.pem", "-noout", "-modulus").decode().split("=")[1].strip()
        point = openssl("ec", "-in", f"{directory}/ec.pem", "-pubout", "-outform", "DER")[-64:]
        keys = [{"kty": "RSA", "kid": "rsa", "use": "sig", "n": base64url(bytes.fromhex(modulus)), "e": "AQAB"},
                {"kty": "EC", "kid": "ec", "use": "sig", "crv": "P-256", "x": base64url(point[:32]), "y": base64url(point[32:])}]
        self.keys, self.headers = f"{directory}/jwks.json", f"{directory}/headers"
        with open(self.keys, "w") as file:
            json.dump({"keys": keys}, file)
        with open(self.headers, "w") as file:
            for number in range(2 * CONNECTIONS):
                file.write(f"Authorization: Bearer {self.token(number)}\tAccept: application/json\n")

    def token(self, number):
        name, kid = [("RS256", "rsa"), ("ES256", "ec")][number % 2]
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": f"caller-{number}", "scope": "read", "exp": int(time.time()) + 7200,
                  "iat": int(time.time()), "jti": f"{number:08}-{os.urandom(8).hex()}"}
        text = ".".join(base64url(json.dumps(each).encode()) for each in ({"alg": name, "kid": kid, "typ": "at+jwt"}, claims))
        signature = openssl("dgst", "-sha256", "-sign", f"{self.directory}/{kid}.pem", data=text.encode())
        if name == "ES256":
            signature = plain(signature)
        return f"{text}.{base64url(signature)}"


def plain(der):
    """The two numbers of a signature of P-256, of 32 bytes each, without what DER puts around them."""
    numbers, at = b"", 2
    for _ in range(2):
        size = der[at + 1]
        numbers += der[at + 2:at + 2 + size][-32:].rjust(32, b"\0")
        at += 2 + size
    return numbers


# Agents and what happens to them.


def agent_id(number):
    return f"a{number:07}-1ed2-434e-bd1c-a50ecba1b41b"


def stamp(milliseconds):
    time = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc)
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds % 1000:03}Z"


class Agents:
    """Changes of status of agents, made of one that `converge generate` wrote."""

    def __init__(self, bench):
        path = bench.events(60_000, "--mix=agent=1")
        with open(path) as file:
            event = next(event for event in map(json.loads, file) if event["EventType"] == "STATE_CHANGE"
                         and len(event["CurrentAgentSnapshot"]["Contacts"]) == 1)
        arn = event["AgentARN"]
        region = arn.split(":")[3]
        event["AgentARN"] = f"arn:aws:connect:{region}:{INSTANCE.split('/')[0]}:instance/{INSTANCE.split('/')[1]}/agent/@AGENT@"
        event["EventId"], event["EventTimestamp"] = "@EVENT@", "@TIME@"
        event["CurrentAgentSnapshot"]["AgentStatus"]["StartTimestamp"] = "@TIME@"
        event["CurrentAgentSnapshot"]["Configuration"]["Username"] = "@AGENT@@example.com"
        self.parts = re.split("(@[A-Z]+@)", json.dumps(event, separators=(",", ":")))

    def event(self, agent, number, milliseconds):
        names = {"@AGENT@": agent_id(agent), "@EVENT@": f"{number:08}-0000-4000-8000-{agent:012}", "@TIME@": stamp(milliseconds)}
        return ("".join(names.get(part, part) for part in self.parts) + "\n").encode()


class Load:
    """Events at intended times through the broker: `changes` a second of agents, in turn, the rest as they are generated."""

    def __init__(self, rig, rate, changes, seconds):
        self.rate, self.events, self.changes = rate, rate * seconds, 0
        path = f"{rig.bench.scratch}/load.jsonl"
        lead = time.time_ns() + (1 + self.events // 100_000) * 1_500_000_000
        begin = time.monotonic_ns() + lead - time.time_ns()
        every = rate // changes
        with open(path, "wb") as out, open(rig.fill, "rb") as fill:
            for number in range(self.events):
                if number % every == every - 1:
                    out.write(rig.agents.event(self.changes % CLIENTS, number, lead // 1_000_000 + number * 1000 // rate))
                    self.changes += 1
                else:
                    out.write(fill.readline())
        if time.monotonic_ns() > begin:
            raise SystemExit("api: the events were not ready in time")
        self.begin = begin
        self.process = start([bench_kafka(), "pace", rig.broker.address, TOPIC, f"{begin},{rate},{PARTITIONS},0,{self.events}",
                              path], stdout=subprocess.PIPE, text=True)

    def wait(self):
        output, _ = self.process.communicate()
        if self.process.returncode != 0:
            raise SystemExit("api: the events could not be sent")
        return json.loads(output.splitlines()[-1])


class Nginx:
    """nginx with one process and one file, without a log; a request's tokens are nothing to it."""

    def __init__(self, directory, size):
        os.makedirs(f"{directory}/www", exist_ok=True)
        with open(f"{directory}/www/agent.json", "wb") as file:
            file.write(b"x" * size)
        self.address = f"127.0.0.1:{free_port()}"
        with open(f"{directory}/nginx.conf", "w") as file:
            file.write(f"""worker_processes 1; daemon off; pid {directory}/nginx.pid; error_log {directory}/nginx.log;
                events {{ worker_connections 1024; }}
                http {{ access_log off; keepalive_requests 1000000000; open_file_cache max=16; sendfile on; tcp_nopush on;
                        default_type application/json; client_body_temp_path {directory}; proxy_temp_path {directory};
                        fastcgi_temp_path {directory}; uwsgi_temp_path {directory}; scgi_temp_path {directory};
                        server {{ listen {self.address}; root {directory}/www; }} }}""")
        subprocess.run(["chmod", "-R", "a+rX", directory], check=True)
        self.process = start(["nginx", "-c", f"{directory}/nginx.conf"], stderr=subprocess.DEVNULL)
        until("nginx answers", self.answers)

    def answers(self):
        try:
            urllib.request.urlopen(f"http://{self.address}/agent.json", timeout=2).close()
            return True
        except OSError:
            return False

    def end(self):
        self.process.terminate()
        self.process.wait()


class Holder:
    """A worker that holds the agents, and the broker that it reads. `headers`: of a request."""

    def __init__(self, bench, flags, headers=dict):
        self.bench, self.headers, self.runs = bench, headers, []
        self.agents, self.fill = Agents(bench), bench.events(200_000)
        self.broker = Mock(bench, PARTITIONS)
        self.worker = Worker(bench, "worker", kafka_flags(self.broker.address, bench.name) + ["--http-changes", *flags])
        until("the worker is ready", self.worker.is_ready)
        self.seed()

    def seed(self):
        path, now = f"{self.bench.scratch}/seed.jsonl", int(time.time() * 1000)
        with open(path, "wb") as file:
            file.writelines(self.agents.event(number, number, now) for number in range(AGENTS))
        begin = time.monotonic_ns() + 500_000_000
        subprocess.run([bench_kafka(), "pace", self.broker.address, TOPIC, f"{begin},10000,{PARTITIONS},0,{AGENTS}", path],
                       check=True, stdout=subprocess.DEVNULL)
        until("all agents are there", lambda: self.metric("converge_records_total") == AGENTS)
        until("the last agent is shown", lambda: self.size() is not None)

    def metric(self, name):
        text = urllib.request.urlopen(f"http://{self.worker.address}/metrics", timeout=10).read().decode()
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if re.match(name + r"[ {]", line))

    def size(self):
        """Bytes of an agent's answer, nothing where there is none."""
        request = urllib.request.Request(f"http://{self.worker.address}/v1/agents/{INSTANCE}/{agent_id(AGENTS - 1)}", headers=self.headers())
        try:
            return len(urllib.request.urlopen(request, timeout=10).read())
        except urllib.error.HTTPError:
            return None

    def end(self):
        self.worker.end()
        self.broker.end()


class Rig(Holder):
    """The worker behind tokens, and who asks it."""

    def __init__(self, bench, sizes):
        self.sizes = sizes
        shutil.rmtree(bench.scratch, ignore_errors=True)
        os.makedirs(bench.scratch)
        self.load = f"{bench.scratch}/api_load"
        run(["cc", "-O2", "-Wall", "-Wextra", "-o", self.load, f"{ROOT}/Benchmarks/suite/api_load.c"])
        self.tokens = Tokens(bench.scratch)
        self.targets, self.streams = f"{bench.scratch}/targets", f"{bench.scratch}/streams"
        with open(self.targets, "w") as file:
            file.writelines(f"/v1/agents/{INSTANCE}/{agent_id(number)}\n" for number in range(AGENTS))
        with open(self.streams, "w") as file:
            name = INSTANCE.replace("/", "%2F")
            file.writelines(f"/v1/changes?ids=agent%2F{name}%2F{agent_id(number)}\n" for number in range(CLIENTS))
        super().__init__(bench, [
            "--http-tokens-issuers", ISSUER, "--http-tokens-jwks", self.tokens.keys, "--http-tokens-audiences", AUDIENCE,
            "--http-rates-read", "0", "--http-rates-stream", "0"], lambda: {"Authorization": f"Bearer {self.tokens.token(0)}"})

    def get(self, address, seconds, rate, targets):
        return start([self.load, "get", address, CONNECTIONS, seconds, rate, self.tokens.headers, targets],
                     stdout=subprocess.PIPE, text=True)

    def asked(self, case, server, seconds, rate=0, **about):
        """Requests to one server; what they took of its CPU."""
        nginx = case == "nginx"
        targets = f"{self.bench.scratch}/file" if nginx else self.targets
        before = cpu_of_tree(server.process.pid)
        figures = finished(self.get(server.address, seconds, rate, targets))
        cpu = cpu_of_tree(server.process.pid) - before
        self.runs.append({"series": "get", "case": case, "rate": rate, "cpu": cpu, **about, **figures})

    def gets(self):
        nginx = Nginx(self.bench.scratch, self.size())
        self.bench.versions["nginx"] = first_line("nginx", "-v")
        with open(f"{self.bench.scratch}/file", "w") as file:
            file.write("/agent.json\n")
        try:
            # Tokens are verified, and answers are rendered, once.
            finished(self.get(self.worker.address, 2, 0, self.targets))
            for number in self.bench.rounds(self.sizes.rounds):
                for rate in (0, HALF):
                    for case, server in (("nginx", nginx), ("converge", self.worker)):
                        self.asked(case, server, self.sizes.seconds, rate, round=number)
        finally:
            nginx.end()

    def loaded(self, case, rate, changes, seconds, streams=False, gets=False):
        """Events at a rate while clients listen or ask, or nobody does."""
        listeners = None
        if streams:
            listeners = start([self.load, "sse", self.worker.address, CLIENTS, self.tokens.headers, self.streams],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            if listeners.stdout.readline().strip() != "open":
                raise SystemExit("api: the streams could not be opened")
        load = Load(self, rate, changes, seconds + self.sizes.warm_up)
        time.sleep(max(0, load.begin - time.monotonic_ns()) / 1e9 + self.sizes.warm_up)
        askers = self.get(self.worker.address, seconds - 1, HALF, self.targets) if gets else None
        before = time.monotonic(), self.metric("converge_records_total"), cpu_of_tree(self.worker.process.pid)
        memory = 0
        while time.monotonic() < before[0] + seconds - 0.2:
            memory = max(memory, resident(self.worker.process.pid))
            time.sleep(0.1)
        after = time.monotonic(), self.metric("converge_records_total"), cpu_of_tree(self.worker.process.pid)
        about = {"series": "load", "case": case, "seconds": after[0] - before[0], "cpu": after[2] - before[2], "memory": memory,
                 "carried": (after[1] - before[1]) / (after[0] - before[0]), "late": load.wait()["late99"] / 1000}
        if askers:
            about["get"] = finished(askers)
        if listeners:
            time.sleep(2)
            listeners.stdin.close()
            about["streams"] = finished(listeners) | {"sent": load.changes}
        self.runs.append(about)

    def loads(self):
        seconds = self.sizes.stream_seconds
        for number in self.bench.rounds(1):
            self.loaded("changes alone", CHANGES, CHANGES, seconds, streams=True)
        for number in self.bench.rounds(max(1, self.sizes.rounds - 1)):
            self.loaded("ingest", INGEST, CHANGES, seconds)
            self.loaded("ingest and requests", INGEST, CHANGES, seconds, gets=True)
            self.loaded("ingest and streams", INGEST, CHANGES, seconds, streams=True)


def finished(process):
    """The line of JSON that `api_load` ends with."""
    output = process.stdout.read()
    process.wait()
    found = [line for line in output.splitlines() if line.startswith("{")]
    if process.returncode != 0 or not found:
        raise SystemExit(f"api: clients ended with {process.returncode}: {output[-500:]}")
    return json.loads(found[-1])


def resident(process):
    with open(f"/proc/{process}/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS:"))


def measure(bench):
    rig = Rig(bench, Sizes(bench.quick, bench.short))
    rig.gets()
    rig.loads()
    rig.end()
    return rig.runs


# What the figures say.


def of_core(each):
    """Requests a second of CPU; the first second, which does not count for times, costs as the others do."""
    return each["asked"] / each["cpu"]


def verdict(is_met):
    return "met" if is_met else "**missed**"


def gets(part):
    rows = []
    for name, case in (("nginx, a file", "nginx"), ("Converge, an agent", "converge")):
        closed, opened = (pick(part["runs"], series="get", case=case, rate=rate) for rate in (0, HALF))
        rows.append([name, spread(map(of_core, closed)), spread(each["answers"] / each["seconds"] for each in closed),
                     spread(each["cpu"] / each["asked"] * 1e6 for each in closed), spread(each["p50"] / 1000 for each in opened),
                     spread(each["p99"] / 1000 for each in opened), spread(each["p999"] / 1000 for each in opened)])
    return rows


def ratio(part):
    """Of nginx's requests of a core, round by round."""
    others = {each["round"]: each for each in pick(part["runs"], series="get", case="nginx", rate=0)}
    return [of_core(each) / of_core(others[each["round"]]) for each in pick(part["runs"], series="get", case="converge", rate=0)]


def losses(part, case):
    alone = median([each["carried"] for each in pick(part["runs"], series="load", case="ingest")])
    return [1 - each["carried"] / alone for each in pick(part["runs"], series="load", case=case)]


def share(value):
    return f"{max(value, 0) * 100:.1f} %"


def tables(part):
    own = pick(part["runs"], series="get", case="converge", rate=0)
    half = pick(part["runs"], series="get", case="converge", rate=HALF)
    text = (f"`GET /v1/agents/ID` of {AGENTS:,} agents, at random, {own[0]['bytes']:,} bytes with the headers, {CONNECTIONS} kept connections; nginx with one "
            f"process serves one file of the same size. In turn, {len(own)} rounds; median (least to greatest). Requests of a core count the server's CPU; "
            f"latencies are those at {HALF:,} requests/s, open loop, milliseconds.\n\n")
    text += table(["", "requests/s of a core", "requests/s, both sides on the machine", "CPU, us a request", "p50", "p99", "p99.9"], gets(part))
    text += (f"\nOf nginx's requests of a core: **{spread(ratio(part))}**. Wanted: {WANTED['requests']:,} requests/s of a core: "
             f"{verdict(median(list(map(of_core, own))) >= WANTED['requests'])}; p99 under {WANTED['p99']:.0f} ms at half that rate: "
             f"{verdict(median([each['p99'] for each in half]) < WANTED['p99'] * 1000)}.\n\n")
    rows = []
    for each in pick(part["runs"], series="load"):
        streams, asked = each.get("streams"), each.get("get")
        rows.append([each["case"], rounded(each["carried"]), f"{each['cpu'] / each['seconds']:.2f}", rounded(each["memory"] / 1e6),
                     f"{streams['changes']:,} of {streams['sent']:,}" if streams else "",
                     f"{streams['p50'] / 1000:.1f}, {streams['p99'] / 1000:.1f}" if streams else "",
                     f"{asked['p50'] / 1000:.2f}, {asked['p99'] / 1000:.2f}" if asked else ""])
    text += (f"Streams: {CLIENTS:,} clients of `/v1/changes?ids=`, one agent each, {CHANGES:,} changes of status a second in all; a change is due, sent to Kafka, "
             f"merged, written, told. Ingest: {INGEST:,} events/s of some 2.8 KB, those changes among them. Requests: {HALF:,} a second. Milliseconds.\n\n")
    text += table(["", "events/s carried", "processors", "resident memory, MB", "changes delivered", "due to client: p50, p99", "requests: p50, p99"], rows)
    streamed = [each for each in pick(part["runs"], series="load") if "streams" in each]
    whole = all(each["streams"]["changes"] == each["streams"]["sent"] for each in streamed)
    most = max(each["memory"] for each in streamed)
    text += f"\nDelivered completely: {verdict(whole)}; memory at most {WANTED['bytes'] >> 20} MiB: {verdict(most <= WANTED['bytes'])}. Loss of the rate of ingest: "
    text += ", ".join(f"{share(median(losses(part, case)))} beside {name} ({verdict(median(losses(part, case)) <= WANTED['loss'])})"
                      for name, case in (("requests", "ingest and requests"), ("streams", "ingest and streams")))
    return text + f"; wanted: {share(WANTED['loss'])} at most.\n"


def pictures(part, folder):
    pass


def headlines(part):
    return {"api: requests of a core over nginx's": median(ratio(part))}


def wrong(part):
    lines = []
    for each in part["runs"]:
        streams = each.get("streams")
        if streams and (streams["changes"] != streams["sent"] or streams["resets"] or streams["closed"] or streams["refused"]):
            lines.append(f"api: streams of '{each['case']}' did not get everything: {streams}")
    return lines
