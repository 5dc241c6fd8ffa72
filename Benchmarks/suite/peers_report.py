"""What the part on peers says: tables, pictures and ratios out of its runs."""

from measuring import median, pick, rounded, spread, table

MEMORY, EMBEDDED = "converge memory", "converge embedded"
FLINK, FLINK_CHECKPOINTS = "Flink hashmap, no checkpoints", "Flink hashmap, checkpoints every 1 s"


def merges(part, case=None, threads=None):
    """Runs with figures, of a case or of all."""
    found = [each for each in pick(part["runs"], series="merge") if "skipped" not in each]
    return [each for each in found if case in (None, each["case"]) and threads in (None, each["threads"])]


def differing(runs):
    return sorted({each["case"] for each in runs if each.get("digest") == "DIFFERS"})


def kinds(part):
    """(case, threads) in the order of measuring."""
    return list(dict.fromkeys((each["case"], each["threads"]) for each in merges(part)))


def per_second(each):
    return each["events"] / each["seconds"]


def per_cpu(each):
    return each["events"] / each["cpu"]


def bytes_of(each):
    return each["peakBytes"]


def of(part, figure, case, threads):
    runs = merges(part, case, threads)
    return median([figure(each) for each in runs]) if runs else None


def ratio(part, figure, ours, theirs, inverse=False):
    """Ours over theirs, by the medians; each is (case, threads)."""
    a, b = of(part, figure, *ours), of(part, figure, *theirs)
    if a is None or b is None:
        return None
    return b / a if inverse else a / b


def start_ratio(part, ours):
    found = {case: [each["start"] for each in pick(part["runs"], series="start", case=case) if "start" in each]
             for case in (ours, FLINK)}
    return median(found[FLINK]) / median(found[ours]) if all(found.values()) else None


def wanted(part):
    """(what, wanted, measured or None)."""
    cpp = ("C++", 1), ("C++", 2)
    rows = [
        ("events per CPU second, in memory, over Flink without checkpoints", 10,
         ratio(part, per_cpu, (MEMORY, 2), (FLINK, 2))),
        ("the same, durable on the embedded store, over Flink with checkpoints every 1 s", 20,
         ratio(part, per_cpu, (EMBEDDED, 2), (FLINK_CHECKPOINTS, 2))),
    ]
    for threads, theirs in enumerate(cpp, 1):
        rows.append((f"events per second, in memory, over C++, threads: {threads}", 0.8,
                     ratio(part, per_second, (MEMORY, threads), theirs)))
        rows.append((f"events per CPU second, in memory, over C++, threads: {threads}", 0.8,
                     ratio(part, per_cpu, (MEMORY, threads), theirs)))
    rows.append(("start of Flink over start in memory", 50, start_ratio(part, MEMORY)))
    rows.append(("start of Flink over start with the embedded store, durable", 50, start_ratio(part, EMBEDDED)))
    rows.append(("peak memory of Flink without checkpoints over that in memory", 5,
                 ratio(part, bytes_of, (MEMORY, 2), (FLINK, 2), inverse=True)))
    rows.append(("peak memory of Flink with checkpoints over that on the embedded store", 5,
                 ratio(part, bytes_of, (EMBEDDED, 2), (FLINK_CHECKPOINTS, 2), inverse=True)))
    return rows


def headlines(part):
    names = ["peers: per CPU second over Flink", "peers: per CPU second over Flink with checkpoints",
             "peers: per second over C++, 1 thread", "peers: per CPU second over C++, 1 thread",
             "peers: per second over C++, 2 threads", "peers: per CPU second over C++, 2 threads",
             "peers: start under Flink's, memory", "peers: start under Flink's, embedded",
             "peers: memory under Flink's", "peers: memory under Flink's with checkpoints"]
    return {name: value for name, (_, _, value) in zip(names, wanted(part), strict=True) if value is not None}


def wanted_table(part):
    rows = []
    for what, least, measured in wanted(part):
        verdict = "not measured" if measured is None else "met" if measured >= least else "**not met**"
        rows.append([what, least, "" if measured is None else rounded(measured), verdict])
    return table(["Converge's", "wanted", "measured", ""], rows)


def merge_table(part):
    rows = []
    for case, threads in kinds(part):
        runs = merges(part, case, threads)
        checkpoints = sorted({each["checkpoints"] for each in runs if each.get("checkpoints")})
        digests = {each["digest"] for each in runs}
        rows.append([
            case + (f" ({', '.join(map(str, checkpoints))} completed)" if checkpoints else ""), threads,
            f"{runs[0]['events']:,}", len(runs), spread(map(per_second, runs)), f"**{spread(map(per_cpu, runs))}**",
            spread(each["cpu"] / each["events"] * 1e6 for each in runs), spread(each["peakBytes"] / 1e6 for each in runs),
            "equal" if digests == {"equal"} else "**DIFFERS**"])
    head = ["", "threads", "events", "rounds", "events/s", "events per CPU second", "CPU, us an event", "peak memory, MB",
            "digest"]
    return table(head, rows)


def skipped_lines(part):
    found = [f"- {each['case']}: not measured: {each['skipped']}" for each in part["runs"] if "skipped" in each]
    return "\n".join(found) + "\n\n" if found else ""


def lambda_text(part):
    runs = [each for each in pick(part["runs"], series="lost") if "lost" in each]
    if not runs:
        return ""
    run = runs[-1]
    return (
        f"The Lambda way merged {run['events']:,} events of a file of its own, alone and in order. "
        f"With {run['concurrency']} invocations at a time **{run['lost']:,} of {run['registers']:,} registers "
        f"({run['lost'] / run['registers']:.2%}) were not what they had to be**: what one had read, the other had written "
        "meanwhile. The invocations change places at each read and write of an item, in an order that is random and the same "
        "each time; an item is never held for longer than it takes to change it.\n\n")


def start_text(part):
    rows = []
    for case in dict.fromkeys(each["case"] for each in pick(part["runs"], series="start")):
        found = [each["start"] * 1000 for each in pick(part["runs"], series="start", case=case) if "start" in each]
        if found:
            rows.append([case, len(found), spread(found)])
    return (
        "**Start**, ms, with one event: Converge's from the start of the process to its end, on the embedded store with the "
        "event durable and the files closed; Flink's from the start of the process to the first event merged.\n\n"
        + table(["", "runs", "ms"], rows) + "\n")


LAGS = ["p50", "p90", "p99", "p999", "max"]


def lag_text(part):
    found = [each for each in pick(part["runs"], series="lag") if "p50" in each]
    if not found:
        return ""
    rows = []
    for each in found:
        if "floor p50" in each:
            rows.append(["bare consumer on the same broker", *[rounded(each[f"floor {name}"]) for name in LAGS]])
        rows.append([each["case"], *[rounded(each[name]) for name in LAGS]])
    return (
        f"**Lag** at {found[0]['rate']:,} events/s, open loop, ms from when an event was due. Converge's goes through a Kafka "
        "broker (the mock one, in a process of its own on the same two processors, and so is the producer) and ends when the "
        "event is durable on disk. Flink's has its source in the process, no broker, and ends when the keyed state in memory is "
        "changed; buffers are flushed every ms. With checkpoints it is that same moment, and the event is durable up to a second "
        "later.\n\n" + table(["", "p50", "p90", "p99", "p99.9", "max"], rows) + "\n")


def tables(part):
    events = max((each["events"] for each in merges(part)), default=0)
    return (
        f"{events:,} events (60 % agent, 30 % contact, 10 % records), in the page cache, merged as `docs/merge.md` says and "
        "checked by one digest of all registers. Figures are taken inside the programs, from the first byte read to the last "
        "event merged (durable, on the embedded store), start-up and digest apart, with the CPU of the whole process; memory is "
        "the process's peak. Java and Flink merge the file once before in the same process. C++ has no dead letters, no store, "
        "no shapes but these, and takes the text for canonical, which Converge checks. Converge's projections are made with its "
        "digest, so they are in no figure but the peak of memory. Medians, with the least and the "
        "greatest where there are several; what takes long has fewer, or a part of the events, which is a "
        "file and a digest of its own.\n\n"
        + merge_table(part) + "\n" + skipped_lines(part)
        + "![Events per CPU second](pictures/peers-cpu.svg)\n![Peak memory](pictures/peers-memory.svg)\n\n"
        + wanted_table(part) + "\n" + lambda_text(part) + start_text(part) + lag_text(part))


def pictures(part, folder):
    from drawing import figure, save

    for name, title, across, value in (
            ("peers-cpu", "The same merge: events per CPU second", "thousand events", lambda each: per_cpu(each) / 1e3),
            ("peers-memory", "The same merge: peak memory", "MB", lambda each: each["peakBytes"] / 1e6)):
        drawn, axes = figure(title, across, "")
        bars = [(f"{case}, {threads} thread{'s' if threads > 1 else ''}", of(part, value, case, threads), case)
                for case, threads in kinds(part)][::-1]
        colours = ["#0b6e99" if case.startswith("converge") else "#787774" for _, _, case in bars]
        drawn_bars = axes.barh([label for label, _, _ in bars], [number for _, number, _ in bars], color=colours)
        axes.bar_label(drawn_bars, labels=[rounded(number) for _, number, _ in bars], padding=3)
        axes.margins(x=0.12)
        save(drawn, f"{folder}/{name}.svg")
