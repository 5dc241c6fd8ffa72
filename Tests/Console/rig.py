"""What the tests of the console stand on: the double as a process, a browser, and what every page has to keep."""
import json
import os
import subprocess
import sys
import time
import unittest
import urllib.request
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

HERE = Path(__file__).resolve().parent
WAIT = int(os.environ.get("CONVERGE_CONSOLE_WAIT", "60000"))
# Every page, by its address, with what its heading has.
AGENT = "111122223333%2F0a1e6f86-9bb2-520f-a8d5-f2c3d4bae197%2Fa0000003"
CONTACT = "c0000003-0000-4000-8000-000000000000"
PAGES = {
    "": "Overview", "agents": "Agents", f"agent/{AGENT}": "Agent", "contacts": "Contacts that go on", f"contact/{CONTACT}": "Contact", "customer/customer-7": "Customer", "queues": "Queues",
    f"explain/agent/{AGENT}": "Why agent", "streams": "Streams and shards", "letters": "Dead letters", "letters/300-0a1b2c3d": "Dead letter", "failover": "Failover", "term/2": "Term 2",
    "preflight": "Permissions and preflight", "configuration": "Configuration in force", "search": "Search", "help": "Help",
}
expect.set_options(timeout=WAIT)


class Double:
    """double.py as a process."""

    def __init__(self, world="well"):
        self.process = subprocess.Popen([sys.executable, "-B", str(HERE / "double.py"), world], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.base = f"http://127.0.0.1:{self.process.stdout.readline().split()[1]}"

    def ask(self, path, body=None):
        request = urllib.request.Request(f"{self.base}/_double/{path}", None if body is None else json.dumps(body).encode(), method="GET" if body is None else "PUT")
        with urllib.request.urlopen(request, timeout=60) as found:
            return json.load(found)

    def world(self, name):
        self.ask("world", {"name": name})

    def end(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Case(unittest.TestCase):
    """A browser for all tests of a class, a double and a context for each."""

    @classmethod
    def setUpClass(cls):
        cls.playwright = sync_playwright().start()
        cls.browser = cls.playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox", "--disable-gpu"])

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.playwright.stop()

    def setUp(self):
        self.double = Double()
        self.addCleanup(self.double.end)
        self.base = self.double.base
        self.context = None
        self.renew()

    def renew(self, **options):
        """Another context: another browser, as far as a page can tell."""
        if self.context:
            self.context.close()
        options = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light", "locale": "en-US", "timezone_id": "Asia/Kolkata", "reduced_motion": "reduce"} | options
        self.context = self.browser.new_context(**options)
        self.context.set_default_timeout(WAIT)
        self.addCleanup(self.context.close)
        self.faults = []
        self.foreign = []

    def open(self, address="", wait=True):
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.faults.append(f"{address}: {error}"))
        # A browser's own words on an answer of 400 and up are expected; whatever else it says is a fault: what the policy refuses, too.
        page.on("console", lambda message: self.faults.append(f"{address}: {message.text}") if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource") else None)
        page.on("request", lambda request: self.foreign.append(request.url) if not request.url.startswith((self.base, "data:")) else None)
        page.goto(f"{self.base}/console/#/{address}")
        if wait:
            self.settle(page)
        return page

    def settle(self, page):
        """Until nothing is loading any more."""
        expect(page.locator("footer.foot")).to_be_visible()
        expect(page.locator("main h1, main h2").first).to_be_attached()
        expect(page.locator(".loading")).to_have_count(0)

    def until(self, what, condition):
        end = time.monotonic() + WAIT / 1000
        while not condition():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.1)

    def is_clean(self):
        self.assertEqual(self.faults, [])
        self.assertEqual(self.foreign, [], "something from outside was asked for")

    def is_accessible(self, page, what=""):
        found = Axe().run(page)
        self.assertEqual(found.violations_count, 0, f"{what}: {found.generate_report()}")

    def fits(self, page, what=""):
        """Nothing makes the page scroll sideways."""
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        self.assertLessEqual(wide, 0, f"{what} is {wide} px too wide")
