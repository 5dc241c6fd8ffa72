"""Records read from Kinesis and merged, beside the Kinesis Client Library's daemon with a processor that does nothing."""

import glob
import json
import os
import shutil
import struct
import subprocess
import time

import boto3
from servers import Ministack, Stub, cpu_of_tree, end_group, environment, others_busy, run

# Of the stub: each has a limit of 2 MB/s, which the worker keeps.
STUB_SHARDS = 32
ANSWER_BYTES = [1_000_000, 4_000_000, 10_000_000]
STUB_EVENTS = 120_000
# Of the emulator.
STREAM, SHARDS, EVENTS = "bench", 8, 80_000


class Kinesis:
    def __init__(self, root, scratch, rounds, progress):
        self.root, self.scratch, self.rounds, self.progress = root, scratch, rounds, progress
        self.converge = f"{root}/.build/release/converge"

    def run(self):
        self.server = Ministack(f"{self.root}/.build/venv-ministack/bin/ministack", f"{self.scratch}/ministack.log")
        try:
            files = [self.answers(size) for size in ANSWER_BYTES]
            event_bytes = self.fill()
            rounds = [self.round(number, files) for number in range(self.rounds)]
            return {"rounds": rounds, "answers": [about for _, about in files], "eventBytes": event_bytes,
                    "records": {"stub": STUB_EVENTS, "emulator": EVENTS}}
        finally:
            self.server.end()

    def answers(self, size):
        path = f"{self.scratch}/answers-{STUB_EVENTS}-{size}.jsonl"
        about = path + ".about"
        if not os.path.exists(about):
            made = run([f"{self.root}/.build/release/bench-aws", "answers", path, STUB_EVENTS, size])
            with open(about, "w") as file:
                json.dump(made, file)
        return path, json.load(open(about))

    def fill(self):
        """Puts events into the emulator's stream: bytes of one."""
        path = f"{self.scratch}/kinesis-{EVENTS}.jsonl"
        if not os.path.exists(path):
            run([self.converge, "generate", "--events", EVENTS, "--start", "2026-03-02T14:00:00Z", "--output", path])
        client = boto3.client("kinesis", region_name="us-east-1", endpoint_url=self.server.url,
                              aws_access_key_id="test", aws_secret_access_key="test")
        client.create_stream(StreamName=STREAM, ShardCount=SHARDS)
        client.get_waiter("stream_exists").wait(StreamName=STREAM, WaiterConfig={"Delay": 1})
        batch, total = [], 0
        for number, line in enumerate(open(path, "rb"), 1):
            batch.append({"Data": line.rstrip(b"\n"), "PartitionKey": str(number * 7919)})
            total += len(line) - 1
            if len(batch) == 500 or number == EVENTS:
                answer = client.put_records(StreamName=STREAM, Records=batch)
                if answer["FailedRecordCount"]:
                    raise SystemExit("the emulator refuses records")
                batch = []
        return total / EVENTS

    def round(self, number, files):
        self.progress(f"kinesis: round {number + 1} of {self.rounds}")
        done = {"others": others_busy()}
        for size, (path, about) in zip(ANSWER_BYTES, files):
            stub = Stub(f"{self.scratch}/stub", path, STUB_SHARDS)
            done[f"stub {size}"] = self.worker(f"stub-{size}-{number}", "stub", stub.url, about["events"])
            stub.end()
        done["emulator"] = self.worker(f"emulator-{number}", STREAM, self.server.url, EVENTS)
        done["kcl"] = self.daemon(f"kcl-{number}")
        return done

    def worker(self, application, stream, url, events):
        """`converge run` to the end of the stream; its leases are in the emulator."""
        log = f"{self.scratch}/worker.log"
        for path in [log, f"{self.scratch}/letters.jsonl"]:
            if os.path.exists(path):
                os.remove(path)
        done = run(
            [self.converge, "run", "--source-kind", "kinesis", "--kinesis-streams", stream, "--kinesis-application", application,
             "--until-end", "--store-kind", "memory", "--http-port", "0", "--log-path", log,
             "--dead-letters-path", f"{self.scratch}/letters.jsonl"],
            environment(kinesis=url, dynamodb=self.server.url), f"{self.scratch}/worker.errors")
        lines = [json.loads(line) for line in open(log)]
        fields = next(line["fields"] for line in lines if line["event"] == "run.end")
        if fields["records"] != events:
            raise SystemExit(f"the worker saw {fields['records']} records, not {events}: {log}")
        return done | {"records": fields["records"], "seconds": fields["seconds"]}

    def daemon(self, application):
        """KCL's daemon until all records were counted; its figures are those of the second half, when its code is compiled."""
        counts = f"{self.scratch}/counts"
        shutil.rmtree(counts, ignore_errors=True)
        os.mkdir(counts)
        home = f"{self.root}/.build/venv-kcl"
        properties = f"{self.scratch}/kcl.properties"
        with open(properties, "w") as file:
            file.write(PROPERTIES.format(
                child=f"{home}/bin/python {self.root}/Benchmarks/AWS/skip.py {counts}", stream=STREAM, application=application,
                url=self.server.url))
        jars = glob.glob(f"{home}/lib/python*/site-packages/amazon_kclpy/jars")[0] + "/*"
        with open(f"{self.scratch}/kcl.log", "w") as log:
            process = subprocess.Popen(
                ["java", "-Xmx1g", "-cp", jars, "software.amazon.kinesis.multilang.MultiLangDaemon", "--properties-file", properties],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment(), start_new_session=True)
        try:
            return self.follow(process, counts)
        finally:
            end_group(process)

    def follow(self, process, counts):
        deadline = time.monotonic() + 300
        half = None
        while True:
            count = sum(
                struct.unpack("<q", (open(path, "rb").read() or bytes(8)))[0] for path in glob.glob(counts + "/*"))
            now = (time.monotonic(), cpu_of_tree(process.pid), count)
            if half is None and count >= EVENTS / 2:
                half = now
            if count >= EVENTS and half:
                return {"records": count - half[2], "seconds": now[0] - half[0], "cpu": now[1] - half[1], "wholeCPU": now[1]}
            if now[0] > deadline or process.poll() is not None:
                raise SystemExit(f"KCL's daemon counted {count} of {EVENTS} records: {self.scratch}/kcl.log")
            time.sleep(0.05)


PROPERTIES = """executableName={child}
streamName={stream}
applicationName={application}
workerId=bench
AwsCredentialsProvider=EnvironmentVariableCredentialsProvider
regionName=us-east-1
kinesisEndpoint={url}
dynamoDBEndpoint={url}
cloudWatchClient.endpointOverride={url}
metricsLevel=NONE
disableWorkerMetrics=true
initialPositionInStream=TRIM_HORIZON
retrievalMode=POLLING
idleTimeBetweenReadsInMillis=200
failoverTimeMillis=2000
leaseAssignmentIntervalMillis=2000
shardSyncIntervalMillis=1000
workerMetricsReporterFreqInMillis=1000
inMemoryWorkerMetricsCaptureFrequencyMillis=500
varianceBalancingFrequency=1
"""
