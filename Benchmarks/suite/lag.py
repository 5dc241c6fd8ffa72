"""The part `lag`: from when an event is due in Region A to when it is durable there, and readable in Region B.

What is measured how stands in `lag_kafka`, `lag_kinesis`, `lag_tables` and `lag_outage`; what is made of it in `lag_report`.
"""

import lag_kafka
import lag_kinesis
import lag_outage
import lag_tables
from lag_report import headlines, pictures, tables  # noqa: F401
from lag_rigs import Disk, Mock, Noida, compile_watch
from measuring import first_line, progress

RATES = [100, 1_000, 5_000, 20_000]
# 250 besides: about what two emulators and their replicator carry on two cores.
TABLE_RATES = [100, 250, 1_000, 5_000, 20_000]
LINKS = [0, 50, 500]
# Up to here several links are measured at once.
TOGETHER_RATE = 1_000
# A server carries a rate if the producer alone is this prompt at its median.
LATE_MAX = 100
# Rows that an event costs (RESULTS.md), and requests at the two emulators for a row: put, read from the stream, put.
ROWS_PER_EVENT, REQUESTS_PER_ROW = 1.33, 3
# The mock cluster rebalances slowly and drops what exceeds 5 MB a partition.
MOCK_RATE, MOCK_PARTITIONS = 20_000, 32


class Plan:
    def __init__(self, bench):
        self.bench, self.runs = bench, []
        self.warm_up, self.seconds = (1, 2) if bench.quick else (2, 6)

    def keep(self, source, store, rate, runs, **more):
        about = {"case": f"{source} {store}", "source": source, "store": store, "rate": rate} | more
        self.runs += [about | each for each in runs]

    def skip(self, source, store, rate, why):
        progress(f"lag: {source} {store} {rate}/s skipped: {why}")
        self.runs.append({"case": f"{source} {store}", "source": source, "store": store, "rate": rate, "skipped": why})

    def cell(self, source, store, rate, load, links):
        """The bare consumers, then Region A alone, then both Regions for each link."""
        progress(f"lag: {source} {store} {rate}/s")
        disk = Disk(self.bench)
        floors = load.run([("A", 0)] + [("B", link) for link in links if link], workers=False)
        floors[0]["synced"] = {name: value for name, value in disk.end().items() if name != "curve"}
        self.keep(source, store, rate, floors)
        if floors[0]["late50"] > LATE_MAX or floors[0]["p50"] > 1000:
            return self.skip(source, store, rate, f"a bare consumer's median lag is {floors[0]['p50']:.0f} ms already, and the "
                             f"producer is {floors[0]['late50']:.0f} ms late at its median")
        alone = load.run([("A", 0)])
        self.keep(source, store, rate, alone, alone=True)
        if alone[0]["grows"]:
            return self.skip(source, store, rate, "Region B, for A's worker alone falls behind beside this server and producer")
        for far in [links] if rate <= TOGETHER_RATE else [[link] for link in links]:
            self.keep(source, store, rate, load.run([("A", 0)] + [("B", link) for link in far]), alone=False)

    def kafka(self, rates, links):
        for rate in rates:
            self.cell("kafka", "embedded", rate, lag_kafka.Kafka(self.bench, Noida, 4, rate, self.warm_up, self.seconds), links)

    def mock(self):
        """The greatest rate at the broker that carries it: Region A alone, for its fetches are too small for a link."""
        load = lag_kafka.Kafka(self.bench, Mock, MOCK_PARTITIONS, MOCK_RATE, self.warm_up, self.seconds)
        for workers in False, True:
            self.keep("kafka", "embedded", MOCK_RATE, load.run([("A", 0)], workers), broker="mock", alone=True)

    def kinesis(self, rates, links):
        server = lag_kinesis.ministack(self.bench, "kinesis")
        try:
            most = lag_kinesis.greatest_rate(self.bench, server, self.bench.events(20_000), 1 if self.bench.quick else 2)
            self.keep("kinesis", "embedded", 0, [{"who": "floor", "greatest": most}])
            for rate in rates:
                if rate > most * 0.8:
                    self.skip("kinesis", "embedded", rate, f"a bare producer alone gets {most:,.0f} events/s into ministack")
                else:
                    load = lag_kinesis.Kinesis(self.bench, server, rate, self.warm_up, self.seconds)
                    self.cell("kinesis", "embedded", rate, load, links)
        finally:
            server.end()

    def tables(self, rates, links):
        """Both sources into DynamoDB; the links one after the other under one worker."""
        most = lag_tables.greatest_rate(self.bench, 1_000 if self.bench.quick else 6_000)
        self.keep("bare", "dynamodb", 0, [{"who": "floor", "greatest": most}])
        for source in "kafka", "kinesis":
            for rate in rates:
                if rate != rates[0] and rate * ROWS_PER_EVENT * REQUESTS_PER_ROW > most:
                    self.skip(source, "dynamodb", rate, f"a bare generator alone puts {most:,.0f} rows/s into one ministack, and "
                              f"an event is some {ROWS_PER_EVENT} rows, each put in A, read from its stream and put in B")
                    continue
                progress(f"lag: {source} dynamodb {rate}/s")
                load = lag_tables.Tables(self.bench, source, rate, self.warm_up, self.seconds, links)
                self.keep(source, "dynamodb", rate, load.run())


def measure(bench):
    compile_watch(bench)
    bench.versions |= {"noida-db": "0.2.3", "ministack": "1.5.33", "cc": first_line("cc", "--version")}
    plan = Plan(bench)
    for _ in bench.rounds(1):
        if bench.quick:
            plan.kafka([1_000], [50])
            plan.kinesis([100], [50])
            plan.tables([100], [50])
            plan.runs += lag_outage.measure(bench, 5, 10)
        else:
            plan.kafka(RATES, LINKS)
            plan.mock()
            plan.kinesis(RATES, LINKS)
            plan.tables(TABLE_RATES, LINKS)
            plan.runs += lag_outage.measure(bench, 60, 20)
    return plan.runs
