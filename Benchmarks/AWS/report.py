"""Tables of the results, in Markdown, for RESULTS.md: each figure the median of the rounds with the least and the greatest."""

import os


def machine():
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown")
    return {"processor": model, "processors": os.cpu_count()}


def rounded(value):
    if abs(value) >= 100:
        return str(round(value))
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"


def spread(values):
    values = sorted(values)
    return f"{rounded(values[len(values) // 2])} ({rounded(values[0])} to {rounded(values[-1])})"


def median(values):
    return sorted(values)[len(values) // 2]


def row(name, *cells):
    print(f"| {name} | " + " | ".join(cells) + " |")


def head(*names):
    print("| | " + " | ".join(names) + " |\n|" + "---|" * (len(names) + 1))


def per_cpu(figures):
    return figures["rows"] / figures["cpu"]


def store(part):
    rounds = part["rounds"]
    names = [name for name in rounds[0] if name != "others"]
    print("### Writes against a stub that answers at once\n")
    print(f"A PutItem has {rounded(part['rowBytes'])} bytes of JSON; {len(rounds)} rounds of all in turn; median (least to greatest).\n")
    head("rows a CPU second", "rows/s", "CPU, us a row", "**times boto3, fast, by CPU**")
    for name in names:
        of = [each[name] for each in rounds]
        # Those of the same stub are compared.
        peer = next((other for other in names if other.startswith("boto3 fast,")), "") if " away" in name else "boto3 fast"
        times = [per_cpu(each[name]) / per_cpu(each[peer]) for each in rounds]
        row(name, spread(list(map(per_cpu, of))), spread([each["rows"] / each["seconds"] for each in of]),
            spread([each["cpu"] / each["rows"] * 1e6 for each in of]), f"**{spread(times)}**")
    others(rounds)


def emulator(part):
    rounds = part["rounds"]
    names = [name for name in rounds[0] if name != "others"]

    def rate(each, name):
        return each[name]["rows"] / each[name]["seconds"]

    bare = [name for name in names if name.startswith("bare")]
    best = max(bare, key=lambda name: median([rate(each, name) for each in rounds]))
    print("### Writes against the emulator\n")
    print(f"{len(rounds)} rounds of all in turn, the emulator new for each; the bare generator over so many connections.\n")
    head("rows/s", f"share of {best}'s", "refused", "CPU of the process, us a row", "CPU of the emulator, us a row")
    for name in names:
        of = [each[name] for each in rounds]
        row(name, spread([rate(each, name) for each in rounds]), f"**{spread([rate(each, name) / rate(each, best) for each in rounds])}**",
            str(max(each.get("failed", 0) for each in of)), spread([each["cpu"] / each["rows"] * 1e6 for each in of]),
            spread([each["server"] / each["all"] * 1e6 for each in of]))
    others(rounds)


def kinesis(part):
    rounds = part["rounds"]
    names = [name for name in rounds[0] if name != "others"]

    def cpu(each):
        return each["cpu"] if "cpu" in each else each["process"]["cpu"]

    print("### Records read and merged\n")
    print(f"Events of {rounded(part['eventBytes'])} bytes; {len(rounds)} rounds of all in turn. The worker's CPU is that of its whole "
          "process, state in memory; that of KCL's daemon and its children is of the second half of the records.\n")
    head("records a CPU second", "CPU, us a record", "**times KCL's, by CPU**")
    for name in names:
        of = [each[name] for each in rounds]
        times = [each[name]["records"] / cpu(each[name]) * cpu(each["kcl"]) / each["kcl"]["records"] for each in rounds]
        title = f"{name}-byte answers" if name.startswith("stub") else name
        row(title, spread([each["records"] / cpu(each) for each in of]), spread([cpu(each) / each["records"] * 1e6 for each in of]),
            f"**{spread(times)}**")
    others(rounds)


def amplification(part):
    print("### Rows and write units an event\n")
    print("Events of 1,000 agents, the real core under a made-up clock, polled every 205 ms. Units are those of a table that is not "
          "replicated; in a global table each replica is charged as many.\n")
    head("events", "hours", "flush interval", "heartbeats written", "**rows an event**", "**units an event**",
         "units without `state`", "item, bytes", "of that `state`", "entity, bytes")
    for name, cases in part.items():
        for case in cases:
            heartbeats = f"every {case['heartbeatInterval'] / 1000:.0f} s" if case["heartbeatInterval"] else "at once"
            row(name, f"{case['events']:.0f}", f"{case['hours']:.2f}", f"{case['flushInterval']:.0f} ms", heartbeats,
                f"**{case['rows'] / case['events']:.3f}**", f"**{case['units'] / case['events']:.3f}**",
                f"{case['unitsWithoutValues'] / case['events']:.3f}", f"{case['itemBytes']:.0f}", f"{case['valuesBytes']:.0f}",
                f"{case['entityBytes']:.0f}")
    print("\nBy kind of entity, with the first flush interval and heartbeats written at most once per interval; sizes are shares of the rows.\n")
    head("events", "kind", "**rows an event**", "**units an event**", "units without `values`", "rows of one unit", "of two", "of more",
         "item, bytes")
    for name, cases in part.items():
        for kind, case in cases[0]["kinds"].items():
            rows, events = case["rows"], cases[0]["events"]
            one, two = case["rowsOfOneUnit"] / rows, case["rowsOfTwoUnits"] / rows
            row(name, kind, f"**{rows / events:.3f}**", f"**{case['units'] / events:.3f}**", f"{case['unitsWithoutValues'] / events:.3f}",
                f"{one:.1%}", f"{two:.1%}", f"{1 - one - two:.1%}", f"{case['itemBytes']:.0f}")
    print()


def others(rounds):
    print(f"\nOthers kept {spread([each['others'] for each in rounds])} of the processors busy before the rounds.\n")


def write(results):
    about = results["machine"]
    print(f"Machine: {about['processor']}, {about['processors']} processors; load averages at the end "
          f"{' '.join(f'{load:.2f}' for load in os.getloadavg())}.\n")
    for name, part in {"store": store, "emulator": emulator, "kinesis": kinesis, "amplification": amplification}.items():
        if name in results:
            part(results[name])
