"""The console in Chromium: until the first page can be used, its frames a second while changes come, and its memory, with 10,000 agents.

CONSOLE_MINUTES: how long it is left open; 5 without it. A worker as in the part `api`, on loopback and without tokens. Chromium draws by the processor and shares the machine with the worker, the broker and who sends.
"""

import os
import threading
import time

from playwright.sync_api import sync_playwright

import api
from lag_rigs import until
from measuring import first_line, median, pick, rounded, spread, table

CHROMIUM = "/usr/bin/chromium"
WANTED = {"first": 300, "frames": 60, "growth": 1.1}
PAGES = [("first page", ""), ("agents", "agents?presence=online"), ("failover", "failover")]

# Notes when the page can be used first: its panels are there, nothing is loading, and the browser has painted that.
USABLE = """(() => {
  const look = () => {
    const main = document.querySelector("main");
    const is = document.querySelector("footer.foot") && main?.querySelector("h1, h2") && !main.querySelector(".loading") && !main.textContent.includes("Asking.");
    if (is) requestAnimationFrame(() => setTimeout(() => { window.usableAt = performance.now(); }));
    else requestAnimationFrame(look);
  };
  look();
})();"""

# Counts frames, and the longest time between two.
FRAMES = """(seconds) => new Promise((done) => {
  const begin = performance.now();
  const gaps = [];
  let last = begin;
  const frame = (now) => {
    gaps.push(now - last);
    last = now;
    if (now - begin < seconds * 1000) return requestAnimationFrame(frame);
    gaps.shift();
    gaps.sort((one, other) => one - other);
    done({ frames: gaps.length / (now - begin) * 1000, p99: gaps[Math.floor(gaps.length * 0.99)], longest: gaps.at(-1) });
  };
  requestAnimationFrame(frame);
})"""


class Sizes:
    def __init__(self, quick):
        self.rounds = 2 if quick else 10
        self.minutes = int(os.environ.get("CONSOLE_MINUTES", 1 if quick else 5))
        self.window = 5 if quick else 20


class Changes(threading.Thread):
    """Changes of status, so many a second, minute by minute, until told to end."""

    def __init__(self, rig):
        super().__init__(daemon=True)
        self.rig, self.ending, self.sent = rig, threading.Event(), 0

    def run(self):
        while not self.ending.is_set():
            load = api.Load(self.rig, api.CHANGES, api.CHANGES, 30)
            load.wait()
            self.sent += load.changes

    def end(self):
        self.ending.set()
        self.join()


def opened(rig, browser, address):
    """Milliseconds until a page of the console can be used, in a browser that has nothing of it."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        page = context.new_page()
        page.add_init_script(USABLE)
        page.goto(f"http://{rig.worker.address}/console/#/{address}", wait_until="commit")
        # Its policy lets nobody evaluate a text again and again, which a browser's own waiting does.
        until("the page can be used", lambda: page.evaluate("window.usableAt"))
        times = page.evaluate("""() => ({ usable: window.usableAt, painted: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null,
            bytes: performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
              .filter((each) => each.name.includes("/console/")).reduce((sum, each) => sum + each.transferSize, 0) })""")
        # A document of the same server without anything in it: what the browser itself takes.
        empty = context.new_page()
        empty.goto(f"http://{rig.worker.address}/health/live")
        times["bare"] = empty.evaluate("performance.getEntriesByType('navigation')[0].domComplete")
        return times
    finally:
        context.close()


def heap(page, session):
    """Bytes that the page's scripts keep, and nodes of documents, after a collection."""
    session.send("HeapProfiler.collectGarbage")
    values = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    return {"heap": values["JSHeapUsedSize"], "nodes": values["Nodes"], "listeners": values["JSEventListeners"]}


def followed(rig, browser, sizes, name, address):
    """A page that is left open while changes come: a look a minute."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Performance.enable")
    page.goto(f"http://{rig.worker.address}/console/#/{address}")
    page.wait_for_selector("footer.foot")
    quiet = page.evaluate(FRAMES, sizes.window)
    before = rig.metric("converge_records_total")
    changes = Changes(rig)
    changes.start()
    until("changes come", lambda: rig.metric("converge_records_total") > before)
    begin, at = time.monotonic(), rig.metric("converge_records_total")
    looks = []
    while time.monotonic() < begin + sizes.minutes * 60:
        end = time.monotonic() + (60 if sizes.minutes > 1 else 10)
        look = page.evaluate(FRAMES, sizes.window) | heap(page, session)
        looks.append(look | {"minute": (time.monotonic() - begin) / 60})
        page.wait_for_timeout(max(0, end - time.monotonic()) * 1000)
    rate = (rig.metric("converge_records_total") - at) / (time.monotonic() - begin)
    changes.end()
    context.close()
    rig.runs.append({"series": "open", "case": name, "rate": rate, "quiet": quiet, "looks": looks, "minutes": sizes.minutes})


def measure(bench):
    sizes = Sizes(bench.quick)
    rig = api.Holder(bench, [])
    bench.versions["chromium"] = first_line(CHROMIUM, "--version")
    with sync_playwright() as playwright:
        # The memory of scripts to the byte, and no shared cache of compiled code between rounds.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--enable-precise-memory-info"])
        opened(rig, browser, "")
        for number in bench.rounds(sizes.rounds):
            for name, address in PAGES:
                rig.runs.append({"series": "first", "case": name, "round": number} | opened(rig, browser, address))
        for _ in bench.rounds(1):
            followed(rig, browser, sizes, "first page", "")
        browser.close()
    rig.end()
    return rig.runs


# What the figures say.


def growth(each):
    """The heap of the last quarter of the looks over that of the second quarter: the first one fills what is kept."""
    looks = [look["heap"] for look in each["looks"]]
    quarter = max(1, len(looks) // 4)
    return median(looks[-quarter:]) / median(looks[quarter:2 * quarter] or looks)


def tables(part):
    rows = []
    for name, _ in PAGES:
        runs = pick(part["runs"], series="first", case=name)
        rows.append([name, spread(each["usable"] for each in runs), spread(each["painted"] for each in runs), spread(each["bare"] for each in runs),
                     spread(each["usable"] / each["bare"] for each in runs), rounded(runs[0]["bytes"] / 1000)])
    first = median([each["usable"] for each in pick(part["runs"], series="first", case="first page")])
    text = (f"A worker with {api.AGENTS:,} agents on loopback; a browser that has nothing of the console yet, {len(pick(part['runs'], series='first', case='first page'))} rounds of all pages in turn; "
            "milliseconds from the click until every part of the page is there and painted.\n\n")
    text += table(["", "can be used", "first painted", "an empty document of the same server", "times that", "KB sent"], rows)
    text += f"\nWanted: the first page in {WANTED['first']} ms: {api.verdict(first <= WANTED['first'])}.\n\n"
    rows = []
    for each in pick(part["runs"], series="open"):
        looks = each["looks"]
        rows.append([each["case"], each["minutes"], rounded(each["rate"]), rounded(each["quiet"]["frames"]), spread(look["frames"] for look in looks), spread(look["p99"] for look in looks),
                     spread(look["heap"] / 1e6 for look in looks), f"{growth(each):.2f}", spread(look["nodes"] for look in looks)])
    text += "Left open while changes of agents' status come; a look a minute, memory after a collection.\n\n"
    text += table(["", "minutes", "changes/s", "frames/s before", "frames/s", "between two frames, p99, ms", "heap, MB", "last quarter over the second", "nodes"], rows)
    follow = pick(part["runs"], series="open")[0]
    frames = median([look["frames"] for look in follow["looks"]])
    return text + (f"\nWanted: {WANTED['frames']} frames/s: {api.verdict(frames >= WANTED['frames'] * 0.98)}; memory flat (under {WANTED['growth']} times): "
                   f"{api.verdict(growth(follow) <= WANTED['growth'])}.\n")


def pictures(part, folder):
    pass


def headlines(part):
    runs = pick(part["runs"], series="first", case="first page")
    return {"console: an empty document over the first page": median([each["bare"] / each["usable"] for each in runs])}
