"""One Region's worker is killed, is gone for a minute and comes back, while events go on: how long until it has caught up, and
how old what the other Region can read gets meanwhile.

Kafka and the embedded store: each Region reads the broker itself. Kinesis and DynamoDB: Region A alone reads its stream, and
Region B has what A's tables replicate.
"""

import subprocess
import threading
import time

from lag_kafka import flags
from lag_kinesis import Pace, ministack
from lag_load import Schedule, line_of, load_file
from lag_rigs import TOPIC, Mock, Watch, Worker, bench_kafka, free_port, start, until
from lag_tables import LAST_SECONDS, Regions, Tables

# Seconds before the kill.
BEFORE = 5
# 5 MB a partition are kept by the mock cluster: enough for a minute of the load.
KAFKA_RATE, KAFKA_PARTITIONS = 1_000, 64
TABLES_RATE = 100
# Caught up: nothing is later than this any more.
BEHIND_SECONDS = 1


def ages(schedule, begin, seen, first, last):
    """How old the newest probe of a session was at most between two times, in seconds: just before the next one came."""
    oldest = 0
    for reached in seen:
        for (number, _), (_, time_next) in zip(reached, reached[1:] + [(None, last)]):
            if first <= time_next <= last:
                oldest = max(oldest, time_next - schedule.due(number, begin))
    return round(oldest / 1e9, 3)


def figures(schedule, begin, seen, killed, back):
    """Of the Region whose worker was gone: when it first got on after its return, and when it had caught up."""
    after = [(time, (time - schedule.due(number, begin)) / 1e9) for reached in seen for number, time in reached if time > back]
    if not after:
        raise SystemExit("lag: the worker never came back")
    late = [time for time, lag in after if lag > BEHIND_SECONDS]
    _, missing = schedule.lags(begin, seen)
    return {"first": round((min(after)[0] - back) / 1e9, 3), "caughtUp": round((max(late, default=back) - back) / 1e9, 3),
            "missing": missing, "gone": round((back - killed) / 1e9, 3)}


def be_gone(worker, begin, seconds):
    """Kills it and starts it again: when it was killed, and when it was back as a process."""
    time.sleep(max(0, (begin + BEFORE * 1_000_000_000 - time.monotonic_ns()) / 1e9))
    killed = time.monotonic_ns()
    worker.kill()
    time.sleep(seconds)
    back = time.monotonic_ns()
    worker.begin()
    return killed, back


def kafka(bench, seconds, after):
    schedule = Schedule(KAFKA_RATE, 1, BEFORE - 1 + seconds + after, KAFKA_PARTITIONS)
    file = load_file(bench, schedule)
    broker, workers = Mock(bench, KAFKA_PARTITIONS), []
    try:
        for name in "A", "B":
            workers.append(Worker(bench, f"gone-{name}", flags(broker.address, name), port=free_port()))
        for worker in workers:
            until(f"{worker.name} has its partitions", worker.is_ready)
        watches = [Watch(bench, worker, schedule) for worker in workers]
        begin = time.monotonic_ns() + 1_200_000_000
        command = [bench_kafka(), "pace", broker.address, TOPIC, schedule.text(begin), file]
        pace = start(command, stdout=subprocess.PIPE, text=True)
        killed, back = be_gone(workers[0], begin, seconds)
        output, _ = pace.communicate()
        (here, _), (there, _) = [watch.wait(20) for watch in watches]
        for worker in workers:
            worker.end()
        last = schedule.due(schedule.events, begin)
        return {"rate": KAFKA_RATE, "source": "kafka", "store": "embedded"} | figures(schedule, begin, here, killed, back) | {
            "oldestA": ages(schedule, begin, here, killed, last), "oldestB": ages(schedule, begin, there, killed, last),
            "late99": line_of(output)["late99"] / 1000}
    finally:
        for worker in workers:
            if worker.process.returncode is None:
                worker.kill()
        broker.end()


def tables(bench, seconds, after):
    load = Tables(bench, "kinesis", TABLES_RATE, 1, BEFORE - 1 + seconds + after, [0], "gone-tables")
    schedule, worker = load.schedule, None
    regions, stream = Regions(bench, "gone-journal"), None
    try:
        stream = ministack(bench, "gone-stream")
        worker = load.worker(regions, stream)
        until("the worker has its shards", worker.is_ready)
        pace = Pace(stream, "events", schedule, load.file)
        begin = pace.begin()
        killed, back = be_gone(worker, begin, seconds)
        late = pace.wait()
        time.sleep(LAST_SECONDS)
        worker.end()
        regions.settle()
        here, there = regions.probes(schedule.sessions)
        last = schedule.due(schedule.events, begin)
        return {"rate": TABLES_RATE, "source": "kinesis", "store": "dynamodb"} | figures(schedule, begin, here, killed, back) | {
            "oldestA": ages(schedule, begin, here, killed, last), "oldestB": ages(schedule, begin, there, killed, last),
            "late99": late["late99"]}
    finally:
        if worker and worker.process.returncode is None:
            worker.kill()
        if stream:
            stream.end()
        regions.end()


def measure(bench, seconds, after):
    """Both cases side by side: so long gone, and so long watched afterwards."""
    runs, failures = [], []

    def take(case):
        try:
            runs.append({"case": "outage"} | case(bench, seconds, after))
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=take, args=(case,)) for case in (kafka, tables)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return sorted(runs, key=lambda run: run["source"])
