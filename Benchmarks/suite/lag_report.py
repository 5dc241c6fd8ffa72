"""Tables, pictures and headlines of the part `lag`."""

from measuring import pick, rounded, table

SHARES = ["p50", "p90", "p99", "p99.9"]
WANTED = {"rate": 20_000, "p50": 5, "p99": 25}
NAMES = {
    "kafka embedded": "Kafka (noida-db), embedded store", "kinesis embedded": "Kinesis (ministack), embedded store",
    "kafka dynamodb": "Kafka (noida-db), DynamoDB (two ministacks)",
    "kinesis dynamodb": "Kinesis (ministack), DynamoDB (two ministacks)",
}
SHORT = {
    "kafka embedded": "Kafka, embedded store", "kinesis embedded": "Kinesis, embedded store",
    "kafka dynamodb": "Kafka, DynamoDB", "kinesis dynamodb": "Kinesis, DynamoDB",
}
# The picture of distributions.
CURVES = [("kafka embedded", 1_000), ("kinesis embedded", 1_000), ("kafka dynamodb", 100), ("kinesis dynamodb", 100)]


def cells(runs, case):
    """Of a case the workers' runs that count: Region A alone, then B by link; by rate."""
    found = [run for run in pick(runs, case=case, who="worker") if run.get("broker") is None
             and (run["place"] == "B" or run.get("alone", True))]
    return sorted(found, key=lambda run: (run["rate"], run["place"], run["link"]))


def streams_floor(runs, cell):
    """The bare consumer's run for a cell: of its rate, or of the nearest that there is one of, its place and link."""
    in_table = cell["store"] == "dynamodb"
    # Into tables, only Region A reads the stream.
    place, link = ("A", 0) if in_table or cell["link"] == 0 else (cell["place"], cell["link"])
    found = [run for run in pick(runs, case=f"{cell['source']} embedded", who="floor", place=place, link=link)
             if run.get("broker") == cell.get("broker")]
    return min(found, key=lambda run: abs(run["rate"] - cell["rate"]), default=None)


def floor(runs, cell, share):
    """Milliseconds of servers and link alone; of two in a row the sum, which for a high percentile is more than both take."""
    parts = [streams_floor(runs, cell)]
    if cell["store"] == "dynamodb":
        parts += pick(runs, case=cell["case"], who="floor", rate=cell["rate"], place=cell["place"], link=cell["link"])
    return sum(part[share] for part in parts if part)


def row(runs, cell):
    total = [cell[share] for share in SHARES + ["max"]]
    bare = {share: floor(runs, cell, share) for share in ("p50", "p99")}
    place = "A, durable" if cell["place"] == "A" else f"B, link {cell['link']} ms"
    place += f" ({cell['missing']} never came)" if cell.get("missing") else ""
    place += " (**falls behind**)" if cell.get("grows") else ""
    return [f"{cell['rate']:,}", place, *map(rounded, [bare["p50"], bare["p99"], *total]),
            f"**{rounded(added(runs, cell, 'p50'))}**", rounded(added(runs, cell, "p99"))]


def picture(case):
    return f"lag-{case.replace(' ', '-')}.svg"


def case_table(runs, case):
    head = ["events/s", "where", "floor p50", "floor p99", *SHARES, "max", "**added, p50**", "added, p99"]
    rows = [row(runs, cell) for cell in cells(runs, case)]
    if not rows:
        return f"### {NAMES[case]}\n\nNothing was measured.\n"
    text = f"### {NAMES[case]}\n\n![{NAMES[case]}](pictures/{picture(case)})\n\n" + table(head, rows)
    for why in dict.fromkeys(run["skipped"] for run in pick(runs, case=case) if "skipped" in run):
        rates = ", ".join(f"{run['rate']:,}" for run in pick(runs, case=case, skipped=why))
        text += f"\nNot measured at {rates} events/s: {why}.\n"
    late = [run["late99"] for run in cells(runs, case)]
    if late:
        text += ("\nThe producer sent 99 % of its events within "
                 f"{rounded(min(late))} to {rounded(max(late))} ms of when they were due.\n")
    synced = [run["synced"] for run in pick(runs, case=case, who="floor") if "synced" in run]
    if synced:
        text += ("Beside the bare consumers 4 KiB appended to a file and synced every 2 ms took "
                 f"{spread_of(synced, 'p50')} ms at the median and {spread_of(synced, 'p99')} ms at p99: the disk's part of "
                 "what is added, once a flush.\n")
    return text


def spread_of(runs, share):
    values = [run[share] for run in runs]
    return f"{rounded(min(values))} to {rounded(max(values))}"


def wanted(runs):
    """The greatest rate, at the broker that carries it."""
    found = pick(runs, broker="mock", who="worker")
    if not found:
        return ""
    cell, bare = found[0], pick(runs, broker="mock", who="floor")[0]
    verdicts = [f"{share} {rounded(cell[share])} ms, wanted {WANTED[share]}: "
                + ("met" if cell[share] < WANTED[share] else "**not met**") for share in ("p50", "p99")]
    head = ["", *SHARES, "max"]
    return (f"### {WANTED['rate']:,} events/s at the broker that carries them\n\nlibrdkafka's mock cluster, 32 partitions, "
            "Region A alone, embedded store; its answers are too small for a link.\n\n"
            + table(head, [[name, *(rounded(run[share]) for share in SHARES + ["max"])]
                           for name, run in (("bare consumer", bare), ("durable in A", cell))])
            + "\n" + "; ".join(verdicts) + ".\n")


def added(runs, cell, share):
    return cell[share] - floor(runs, cell, share)


def outages(runs):
    head = ["case", "events/s", "gone, s", "first event durable again, s", "**caught up, s**", "oldest in A, s", "oldest in B, s"]
    rows = []
    for run in pick(runs, case="outage"):
        name = NAMES[f"{run['source']} {run['store']}"].replace("noida-db", "mock cluster")
        first, caught_up, oldest = rounded(run["first"]), rounded(run["caughtUp"]), map(rounded, (run["oldestA"], run["oldestB"]))
        rows.append([name, f"{run['rate']:,}", rounded(run["gone"]), first, f"**{caught_up}**", *oldest])
    missing = sum(run["missing"] for run in pick(runs, case="outage"))
    return OUTAGES + table(head, rows) + (f"\n{missing} probes never came.\n" if missing else "\nNo probe is missing.\n")


OUTAGES = """### A worker that is gone

Region A's worker is killed and started again so much later, while events go on. From that start: when the first event is durable
again, and from when on nothing is later than a second. Oldest: how old the newest fact of a key got that can be read in a Region.
With the embedded store each Region reads the stream itself, so that B need not notice; with DynamoDB B has what A writes. Both
cases ran side by side. The mock cluster answers with one batch of a partition at a time, which bounds how fast it can be read.

"""
ABOUT = """From when an event is due in Region A to when it is durable in A's store, and to when it can be read in Region B:
milliseconds, of probes spread over the load. Open loop: events are sent at intended times, whatever became of those before, and
lags count from those times. Events of some 2.8 KB; `converge run` as it is released, with its defaults.

- **Embedded store.** B's worker reads A's stream over the link, which delays bytes by so much each way; readable is what `/state`
  tells. It is asked every millisecond, so a lag is told too great by up to that and the answer's way, some 0.2 ms.
- **DynamoDB.** A's worker writes A's tables, the project's replicator brings the rows to B's, later by the link. The times are
  those of the emulator (whole milliseconds) and of the replicator; nothing is asked for. A row counts from when its `state` tells of
  the event. What is added has the wait for a flush in it, which begins as soon as something changed, and 20 ms after the one before.
- **Floor**: what servers and link take without Converge. A consumer that only counts, on the same stream over the same link; into
  tables, too, a row that a bare client puts every tenth of a second beside the worker, into the table of the probes. **Added** is
  the difference of the percentiles: fair at p50; at p99 two bad moments need not meet.
- A consumer of Kafka asks again once it has an answer: over a link of L ms each way a record waits for L to 3 L, bare or not. A
  shard of Kinesis is asked five times a second, as the service allows, by both, and one shard after the other. noida-db answers at
  once where there is nothing to tell, so who reads it over no link asks all the time, on a processor that the others need, too.

"""
# What was measured bare for its rate alone.
GREATEST = [("events/s into ministack's stream", "kinesis embedded"), ("rows/s into a ministack's table", "bare dynamodb")]


def tables(part):
    runs = part["runs"]
    text = ABOUT + "![Lag in Region B over links](pictures/lag-links.svg)\n\n"
    text += wanted(runs) + "\n"
    text += "\n".join(case_table(runs, case) for case in NAMES)
    for what, case in GREATEST:
        for run in pick(runs, case=case):
            if "greatest" in run:
                text += f"\nThe most that a bare client gets in: {rounded(run['greatest'])} {what}.\n"
    return text + "\n" + outages(runs)


def pictures(part, folder):
    import drawing

    for case in NAMES:
        found = [run for run in cells(part["runs"], case) if run["place"] == "A"]
        if not found:
            continue
        drawn, axes = drawing.figure(f"{SHORT[case]}: durable in Region A", "events a second", "lag, ms")
        rates = [run["rate"] for run in found]
        for share in SHARES:
            axes.plot(rates, [run[share] for run in found], marker="o", label=share)
        axes.plot(rates, [floor(part["runs"], run, "p50") for run in found], linestyle="--", color="black", label="floor, p50")
        finish(axes, rates)
        axes.set_yscale("log")
        drawing.save(drawn, f"{folder}/{picture(case)}")
    distributions(part["runs"], folder, drawing)


def finish(axes, rates):
    axes.set_xscale("log")
    axes.set_xticks(rates, [f"{rate:,}" for rate in rates])
    axes.minorticks_off()
    axes.legend()


def distributions(runs, folder, drawing):
    """The lag in Region B for each link, at one rate: a curve each."""
    case, rate = next(((case, rate) for case, rate in CURVES if pick(cells(runs, case), rate=rate, place="B")), (None, None))
    if case is None:
        return
    drawn, axes = drawing.figure(f"{SHORT[case]}, {rate:,} events/s: readable in Region B", "lag, ms", "share of events")
    for run in pick(cells(runs, case), rate=rate, place="B"):
        shares = [number / (len(run["curve"]) + 1) for number in range(1, len(run["curve"]) + 1)]
        axes.plot(run["curve"], shares, label=f"link {run['link']} ms")
    axes.set_xscale("log")
    axes.legend()
    drawing.save(drawn, f"{folder}/lag-links.svg")


def headlines(part):
    """The floor's share of the lag: 1 is a worker that adds nothing. Kafka over no link is left out: there the disk decides."""
    found = {}
    for case in NAMES:
        for cell in cells(part["runs"], case):
            if cell["rate"] in (100, 1_000) and cell["link"] in ((0, 50) if cell["source"] == "kinesis" else (50,)):
                name = f"lag {case} {cell['rate']}/s {cell['place']} link {cell['link']}: floor over total, p50"
                found[name] = round(floor(part["runs"], cell, "p50") / cell["p50"], 3)
    return found
