"""The part `lag_dynamodb`: from when an event is due to when its row's `state` tells of it, in Region A and over a link in Region B.

As the part `lag` does it (`lag_tables`), at its least rate alone and for longer, so that a p99 is one: this is what the goals are about.
"""

import lag_kafka
import lag_kinesis
import lag_tables
from lag import Plan
from lag_report import SHARES, SHORT, added, floor
from lag_rigs import Noida, compile_watch
from measuring import pick, rounded, table

RATE, LINK = 100, 50
SOURCES = ["kafka", "kinesis"]
# Added, in milliseconds.
WANTED = {("A", "p50"): 15, ("A", "p99"): 40, ("B", "p50"): 25}


def measure(bench):
    compile_watch(bench)
    plan = Plan(bench)
    plan.seconds = 3 if bench.quick else 20
    for _ in bench.rounds(1):
        for source in SOURCES:
            plan.keep(source, "embedded", RATE, bare(plan, source))
            load = lag_tables.Tables(bench, source, RATE, plan.warm_up, plan.seconds, [LINK])
            plan.keep(source, "dynamodb", RATE, load.run())
    return plan.runs


def bare(plan, source):
    """A consumer that only counts, on the same stream."""
    if source == "kafka":
        return lag_kafka.Kafka(plan.bench, Noida, 4, RATE, plan.warm_up, plan.seconds).run([("A", 0)], workers=False)
    server = lag_kinesis.ministack(plan.bench, "kinesis")
    try:
        return lag_kinesis.Kinesis(plan.bench, server, RATE, plan.warm_up, plan.seconds).run([("A", 0)], workers=False)
    finally:
        server.end()


def cells(part):
    for source in SOURCES:
        for place in ("A", "B"):
            yield from pick(part["runs"], case=f"{source} dynamodb", who="worker", place=place)


def rows(part):
    for cell in cells(part):
        for share in SHARES[:3]:
            value, most = added(part["runs"], cell, share), WANTED.get((cell["place"], share))
            verdict = "" if most is None else f"{most} at most: " + ("met" if value <= most else "**not met**")
            place = "A" if cell["place"] == "A" else f"B, link {cell['link']} ms"
            yield [SHORT[cell["case"]], place, share, rounded(floor(part["runs"], cell, share)), rounded(cell[share]),
                   f"**{rounded(value)}**", verdict]


def tables(part):
    used = {cell["source"]: cell["process"] for cell in cells(part)}
    cpu = ", ".join(f"{rounded(process['cpu'] / process['events'] * 1e6)} us of CPU an event from {source}"
                    for source, process in used.items())
    later = ", ".join(f"{rounded(b['p50'] - a['p50'])} ms from {a['source']}" for a, b in zip(*[iter(cells(part))] * 2))
    return f"""{RATE} events/s for {next(cells(part))['probes'] * 3 // RATE} s, one event in three a probe; `converge run` as it is released, tables as `converge tables create`
makes them: rows of the newest format with their dictionary and `state`, a flush as soon as something changed and 20 ms after the one before. A probe
counts from when it was due to when the row's `state` tells of it, by the emulator's clock of whole milliseconds; in B when the replicator has
put it there. *Floor*: what the emulators take without a worker: a bare consumer of the stream, and a row of the same size that a bare client
puts beside it. *Added* is the difference, as in the tables above; milliseconds.

{table(['', 'readable in', '', 'floor', 'lag', '**added**', 'wanted'], rows(part))}
At the median B has an event later than A by {later}: {LINK} are the link's, the rest is the replicator's asking. The bare rows are put
into the table of the probes, which it asks as often for both. A poll of a shard brings some five events, whose rows are put at once and
which the emulator takes one after the other; a bare row goes alone. So waiting for each other is in what is added, though no worker can spare it.

The worker took {cpu}, with all that it does while it waits; noida-db answers at once where there is nothing to tell, so that whoever reads it
asks all the time.
"""


def pictures(part, folder):
    pass


def headlines(part):
    return {f"lag_dynamodb {cell['source']} {cell['place']}: floor over total, p50":
            round(floor(part["runs"], cell, "p50") / cell["p50"], 3) for cell in cells(part)}
