"""Tables, picture and headlines of the part `cost`."""

import bill
from measuring import median, pick, spread, table

# Events a second of a thousand agents, who take ten contacts an hour or mostly wait.
RATES = {"busy": 83, "quiet": 12}
AGENTS = [1_000, 10_000]
# What is said to cost: the dictionary of another contact center, for nobody's is this one's.
DICTIONARY = "other"
WRITTEN = {
    ("before", "stamps"): "as until now: no dictionary, `stamps`, flushes 100 ms apart (6.41 where what snapshots say did not wait)",
    ("before", "none"): "the same without the readable part",
    ("old", "state"): "no dictionary, `state`",
    ("default", "state"): "the dictionary that ships, `state`",
    ("default", "none"): "the same, `none`",
    ("other", "state"): "**another contact center's dictionary, `state`**",
    ("other", "stamps"): "the same, `stamps`",
    ("other", "none"): "**the same, `none`**",
}


def units_of(runs, **wanted):
    """The one run of `bench-aws units` that has these members; the standard intervals unless they say otherwise."""
    found = pick(runs, case="units", **({"intervals": "standard", "part": "all"} | wanted))
    return found[0] if found else None


def per_event(run, name):
    return run[name] / run["events"]


def share(run, kind, most):
    """Of the rows of a kind those of so many units at most."""
    about = run["kinds"].get(kind)
    return about["rowsBelow"][most - 1] / about["rows"] if about else float("nan")


def figures(part):
    """What the arithmetic begins with."""
    runs = part["runs"]
    stored = pick(runs, case="stored")[0]
    found = {"entities": stored["entities"] / stored["events"], "bytes": stored["bytes"] / stored["events"],
             "kilobytes": stored["roundedKilobytes"] / stored["events"], "traffic": {}, "cpu": {}, "peak": {}}
    for traffic in RATES:
        standard, bare, at_once = (
            units_of(runs, traffic=traffic, written=DICTIONARY, readable="state"),
            units_of(runs, traffic=traffic, written=DICTIONARY, readable="none"),
            units_of(runs, traffic=traffic, written=DICTIONARY, readable="state", intervals="heartbeats at once"))
        found["traffic"][traffic] = {
            "perAgentHour": RATES[traffic] * 3.6, "units": per_event(standard, "units"), "rows": per_event(standard, "rows"),
            "itemBytes": standard["itemBytes"], "bareUnits": per_event(bare, "units"),
            "unitsAtOnce": per_event(at_once, "units"), "rowsAtOnce": per_event(at_once, "rows"),
            "honest": {f"{run['scope']} {run['way']}": {
                "rows": per_event(run, "updates"), "units": per_event(run, "units"), "items": per_event(run, "items"),
                "itemBytes": run["itemBytes"]} for run in pick(runs, case="honest", traffic=traffic)}}
    for agents in AGENTS:
        paced = pick(runs, case="paced", agents=agents)
        found["cpu"][agents] = median([each["cpu"] / each["events"] for each in paced])
        found["peak"][agents] = max(each["peakBytes"] for each in paced)
    return found


# Rows of tables.


def written_rows(runs, traffic):
    for (written, readable), what in WRITTEN.items():
        intervals = "before" if written == "before" else "standard"
        run = units_of(runs, traffic=traffic, written="old" if written == "before" else written, readable=readable, intervals=intervals)
        if run:
            yield [what, f"{per_event(run, 'rows'):.3f}", f"**{per_event(run, 'units'):.2f}**", f"{run['itemBytes']:,.0f}",
                   f"{share(run, 'agent', 1):.1%}", f"{share(run, 'contact', 1):.1%}", f"{share(run, 'contact', 2):.1%}"]
    for intervals in ("heartbeats at once", "flushes of a second"):
        run = units_of(runs, traffic=traffic, written=DICTIONARY, readable="state", intervals=intervals)
        if run:
            yield [f"that dictionary, `state`, {intervals}", f"{per_event(run, 'rows'):.3f}", f"**{per_event(run, 'units'):.2f}**",
                   f"{run['itemBytes']:,.0f}", f"{share(run, 'agent', 1):.1%}", f"{share(run, 'contact', 1):.1%}",
                   f"{share(run, 'contact', 2):.1%}"]
    for scope, way in honest_ways():
        run = pick(runs, case="honest", traffic=traffic, scope=scope, way=way)[0]
        yield [f"{bill.HONEST[f'{scope} {way}']}", f"{per_event(run, 'updates'):.3f}", f"**{per_event(run, 'units'):.2f}**",
               f"{run['itemBytes']:,.0f}", "100.0%", "100.0%", "100.0%"]


def honest_ways():
    return [way.split(" ") for way in bill.HONEST]


def wanted_rows(runs):
    """Of busy traffic."""
    state, bare = (units_of(runs, traffic="busy", written=DICTIONARY, readable=readable) for readable in ("state", "none"))
    for what, value, most in (("units an event, `state`", per_event(state, "units"), 1.35),
                              ("units an event, `none`", per_event(bare, "units"), 1.2)):
        yield [what, f"**{value:.2f}**", f"{most} at most", "met" if value <= most else "**not met**"]
    for what, value in (("agents' rows of one unit", share(state, "agent", 1)),
                        ("contacts' rows of two units at most", share(state, "contact", 2))):
        yield [what, f"**{value:.1%}**", "90 %", "met" if value >= 0.9 else "**not met**"]


def kind_rows(runs, traffic):
    run = units_of(runs, traffic=traffic, written=DICTIONARY, readable="state")
    for kind, about in sorted(run["kinds"].items(), key=lambda each: -each[1]["units"]):
        yield [kind, f"{about['rows'] / run['events']:.3f}", f"{about['units'] / run['events']:.3f}",
               f"{about['bytes'] / about['rows']:,.0f}", f"{about['registersBytes'] / about['rows']:,.0f}",
               f"{about['readableBytes'] / about['rows']:,.0f}",
               *[f"{below / about['rows']:.1%}" for below in about["rowsBelow"]]]


DICTIONARIES = {
    "old": "none", "default": "the one that ships", "other": "another contact center's", "own": "the same contact center's, of the time before"}


def dictionary_rows(runs, traffic):
    """The second half of the events alone, which none of them has seen."""
    for written, what in DICTIONARIES.items():
        run = units_of(runs, traffic=traffic, written=written, readable="state", part="half")
        if run:
            yield [what, f"{run['dictionaryBytes']:,.0f}", f"**{per_event(run, 'units'):.2f}**",
                   *[f"{run['kinds'][kind]['registersBytes'] / run['kinds'][kind]['rows']:,.0f}" for kind in ("agent", "contact")],
                   f"{share(run, 'agent', 1):.1%}", f"{share(run, 'contact', 2):.1%}"]


def lost_rows(runs, traffic):
    ways = {"each": "an update an event", "batch": "an update an item and invocation",
            "newer": "the same, on the condition that the item is not newer"}
    for scope, what in (("small", "agents and contacts"), ("all", "what Converge keeps")):
        for way, how in ways.items():
            run = pick(runs, case="honest", traffic=traffic, scope=scope, way=way)[0]
            yield [f"{what}, {how}", f"{run['facts']:,}", *[
                f"**{run['lost'][name]:,}** ({run['lost'][name] / run['facts']:.2%})" for name in ("one", "two", "cut")]]
    yield ["Converge", "the same", "**0**", "**0**", "**0**"]


def worker_rows(part):
    for agents in AGENTS:
        runs = pick(part["runs"], case="paced", agents=agents)
        yield [f"{agents:,}", f"{runs[0]['rate']:,}", spread(each["events"] / each["seconds"] for each in runs),
               f"**{spread(each['cpu'] / each['events'] * 1e6 for each in runs)}**",
               spread(each["cpu"] / each["seconds"] for each in runs), spread(each["rows"] / each["events"] for each in runs),
               spread(each["peakBytes"] / 1e6 for each in runs)]


def money(value):
    return f"{value:,.0f}" if value >= 10 else f"{value:,.2f}"


def bill_rows(found, agents, traffic):
    for line in bill.lines(found, agents, traffic):
        yield [line.what, line.arithmetic, money(line.dollars)]
    yield ["**together**", "", f"**{money(bill.total(found, agents, traffic))}**"]
    for line in bill.choices(found, agents, traffic):
        yield [f"or: {line.what}", line.arithmetic, money(line.dollars)]


def beside_rows(found):
    cases = [(traffic, agents) for traffic in RATES for agents in AGENTS]
    for way, what in bill.WAYS.items():
        yield [f"**{what}**" if way == "converge" else what, *[
            f"{money(bill.total(found, agents, traffic, way))} ({money(bill.total(found, agents, traffic, way, 'writes'))})"
            for traffic, agents in cases]]


def price_rows():
    for each in bill.PRICES["prices"].values():
        yield [f"{each['dollars']:.10g}", each["unit"], f"[page]({each['page']})", each["quoted"]]


def tables(part):
    found, runs = figures(part), part["runs"]
    head = ["", "rows an event", "**units an event**", "item, bytes", "agents' rows of one unit", "contacts' of one", "of two at most"]
    written = "\n".join(f"{traffic}, {RATES[traffic] * 3.6:.0f} events an agent and hour:\n\n"
                        + table(head, written_rows(runs, traffic)) for traffic in RATES)
    goals = table(["", "measured", "wanted", ""], wanted_rows(runs))
    kinds = table(["kind", "rows an event", "units an event", "item, bytes", "of that `registers`", "`state`", "one unit",
                   "two at most", "three at most"], kind_rows(runs, "busy"))
    dictionaries = table(["dictionary", "its bytes", "**units an event**", "an agent's `registers`, bytes", "a contact's",
                          "agents' rows of one unit", "contacts' of two at most"], dictionary_rows(runs, "busy"))
    lost = table(["what is kept, and how", "facts", "one Region", "two", "two, the link cut for a minute"], lost_rows(runs, "busy"))
    workers = table(["agents", "events/s sent", "events/s read", "CPU seconds", "processors", "rows an event",
                     "peak memory, MB"], worker_rows(part))
    bills = "\n".join(
        f"{agents:,} agents, busy:\n\n" + table(["", "arithmetic", "dollars"], bill_rows(found, agents, "busy"))
        for agents in AGENTS)
    beside = table(["dollars a month (of that for writes)", *[f"{traffic}, {agents:,} agents" for traffic in RATES
                                                              for agents in AGENTS]], beside_rows(found))
    waited = bill.waited(found, 1_000, "busy", "all each")
    return f"""**Write units an event**, of a table that is not replicated; each replica of a global table is charged as many. These do not
depend on the machine: the real core under a made-up clock, polled every 205 ms, a write takes no time, the intervals as they are by
default with DynamoDB unless the row says otherwise. *Another contact center's* dictionary is trained on rows of traffic of another seed
with other names, ARNs, queues and Regions, which is what the figures below go by.

{goals}
{written}
The rows of busy traffic with that dictionary and `state`, by kind:

{kinds}
**The wrong dictionary**, busy traffic, rows of the second half of the events alone:

{dictionaries}
**What the honest Lambda loses** of busy traffic (`peers/README.md` has its rules): attributes that are wrong for good once all is written and
replicated, out of those that events told. Events come up to 5 s late, 2 % twice; in half of the time the first Region fails. Converge's
count is that of the digest, which `TwoRegionTests` and every seed of the simulation hold it to.

{lost}
The worker on Kinesis and DynamoDB (ministack) at the rate of so many busy agents; CPU seconds a million events, of the process,
with everything that it does while it waits. Where fewer events are read than sent, the emulator does not write rows fast enough:
more of them then coalesce.

{workers}
**Dollars a month** of two Regions, each made to take everything. An agent works {bill.HOURS} hours a month; what always runs runs
{bill.MONTH}. Prices are list prices of {bill.PRICES['region']} for both Regions, before free tiers and discounts, as
`suite/prices.json` has them with page and source ({bill.PRICES['read']}; the pages themselves were not open, and what could not
be verified is marked there). Contacts are kept for 30 days. Amazon Connect, network between the Regions' services and logs are
not in it.

{bills}
Beside it, the same events. A Lambda function is in Python with boto3 ({bill.LAMBDA_ROW * 1e6:,.0f} us of CPU an update, from `make
bench-aws`; a memory of {bill.LAMBDA_MEMORY} MB, which is one vCPU; an invocation a shard and second); nothing is retried, read or
waited for, which favours it: a loop that waits {bill.LAMBDA_WAIT * 1e3:.0f} ms for each update costs {money(waited)} dollars more with 1,000
busy agents. *Agents and contacts*, *what Converge keeps*: small items, last writer wins (`peers/README.md`). *Converge's rows*: as large
as Converge's, each heartbeat written. Managed Service for Apache Flink has one KPU and the one of the application in each Region.

{beside}
![Dollars a month](pictures/cost.svg)

The prices:

{table(['dollars', 'for a', 'of AWS', 'quoted by'], price_rows())}"""


def pictures(part, folder):
    import drawing

    found = figures(part)
    drawn, axes = drawing.figure("1,000 busy agents, two Regions", "", "dollars a month")
    ways = {"converge": "Converge", "small each": "Lambda,\nagents, contacts", "all each": "Lambda,\neverything",
            "lambda": "Lambda,\nConverge's rows", "flink": "Flink,\nConverge's rows"}
    bottoms = [0.0] * len(ways)
    for group in bill.GROUPS:
        heights = [bill.total(found, 1_000, "busy", way, group) for way in ways]
        axes.bar(list(ways.values()), heights, bottom=bottoms, label=group, width=0.5)
        bottoms = [below + height for below, height in zip(bottoms, heights)]
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    drawing.save(drawn, f"{folder}/cost.svg")


def headlines(part):
    found = figures(part)
    return {**{f"cost {traffic}, events a write unit": 1 / about["units"] for traffic, about in found["traffic"].items()},
            **{f"cost, events a CPU second of a worker, {agents:,} agents": 1 / found["cpu"][agents] for agents in AGENTS}}
