"""The desktop's client in Chromium, against two endpoints (desktop.py). `CHROMIUM`: the browser's path.

    python3 test_desktop.py [long]      the second set of tests with `long`
"""
import json
import os
import subprocess
import sys
import time
import unittest
import urllib.request
from urllib.parse import quote

from playwright.sync_api import sync_playwright

HERE = os.path.dirname(os.path.abspath(__file__))
PAGE = os.path.join(HERE, "../../../deploy/desktop")
EAST, WEST = "us-east-1", "us-west-2"
# As fast as makes a test short and still bears a busy machine.
SETTINGS = {"heartbeat": 3_000, "spread": 400, "grace": 500, "poke": 500, "timeout": 5_000, "cap": 2_000, "base": 200, "coalesce": 20}
WAIT = 60


class World:
    """desktop.py as a process."""

    def __init__(self):
        self.process = subprocess.Popen([sys.executable, "-B", "desktop.py", PAGE], cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])
        for region in (EAST, WEST):
            self.state(region, heartbeat=0.5)

    def ask(self, method, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", json.dumps(body).encode(), method=method)
        with urllib.request.urlopen(request, timeout=30) as found:
            return json.load(found)

    def state(self, region, **members):
        self.ask("PUT", "/state", {region: members})

    def fields(self, region, name="ann"):
        return self.ask("GET", "/sessions")[region].get(name, {})

    def end(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.playwright = sync_playwright().start()
        cls.browser = cls.playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox", "--disable-gpu"])

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.playwright.stop()

    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.end)
        self.context = self.browser.new_context()
        self.addCleanup(self.context.close)
        self.errors = []

    def page(self, **settings):
        world = self.world.ask("GET", "/world")
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        # A browser's own words on a request that failed are expected here; what a policy refuses is not.
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" and "Policy" in message.text else None)
        page.goto(f"{world['page']}/example.html?id=ann&east={world['endpoints'][EAST]}&west={world['endpoints'][WEST]}&settings={quote(json.dumps(SETTINGS | settings))}")
        self.eventually("the session is there", lambda: page.evaluate("globalThis.session !== undefined"))
        page.evaluate("""() => {
            globalThis.told = [];
            for (const what of ["Notice", "Failover", "Context", "TakenOver", "Saved"]) session["on" + what]((value) => told.push({ what, value, at: Date.now() }));
        }""")
        return page

    def eventually(self, what, condition):
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            try:
                found = condition()
            except AssertionError:
                found = None
            if found:
                return found
            time.sleep(0.03)
        self.fail(f"never: {what}")

    def status(self, page):
        return page.evaluate("session.status")

    def states(self, page):
        return [end["state"] for end in self.status(page)["endpoints"]]

    def told(self, page, what):
        return [each["value"] for each in page.evaluate("told") if each["what"] == what]

    def codes(self, page):
        return [notice["code"] for notice in self.told(page, "Notice")]

    def connected(self, page, *wanted):
        self.eventually(f"the endpoints are {wanted}", lambda: self.states(page) == list(wanted))

    def save(self, page, patch):
        self.assertTrue(page.evaluate("(patch) => session.save(patch)", patch))

    def saved(self, page):
        self.eventually("all is saved in both Regions", lambda: self.status(page)["unsaved"] == 0 and self.status(page)["relays"] == 0)

    def well(self):
        self.assertEqual(self.errors, [])
        self.assertEqual(self.world.ask("GET", "/seen")["problems"], [])


class ShortTests(Case):
    def test_a_page_saves_in_both_regions_comes_through_a_flap_and_is_told_of_a_failover_within_two_seconds(self):
        page = self.page()
        self.connected(page, "connected", "connected")
        page.fill("#notes", "called back")
        page.click("button[type=submit]")
        self.saved(page)
        for region in (EAST, WEST):
            self.assertEqual(self.world.fields(region)["notes"], "called back")
        self.assertEqual(page.inner_text("#saved"), "all saved")
        self.world.ask("PUT", "/flap", [EAST, WEST])
        self.eventually("the streams are open again", lambda: self.world.ask("PUT", "/event", {"region": EAST, "event": "note", "data": {}})["streams"])
        self.connected(page, "connected", "connected")
        self.save(page, {"contact.c1": {"channel": "voice", "customerId": "maya", "region": EAST}, "contact.missing": {"channel": "chat", "region": EAST}})
        self.saved(page)
        begun = time.time()
        data = {"term": 4, "state": "moving", "telephony": {WEST: 100}, "agents": {EAST: 0, WEST: 100}, "signIn": [WEST], "since": 1, "why": "the Region does not serve"}
        self.world.ask("PUT", "/event", {"region": WEST, "event": "failover", "data": data})
        self.eventually("the failover is told", lambda: self.told(page, "Failover"))
        at = next(each["at"] for each in page.evaluate("told") if each["what"] == "Failover")
        print(f"failover told after {at - begun * 1000:.0f} ms")
        context = self.eventually("the context is there", lambda: self.told(page, "Context"))[0]
        self.assertEqual([context["region"], context["username"]["data"]["of"], list(context["customers"]), context["missing"]],
                         [WEST, "/v1/usernames/ann", ["maya"], ["contact missing"]])
        self.assertEqual([(each["contactId"], each["offer"]) for each in context["offers"]], [("c1", "callBack"), ("missing", "resume")])
        self.assertEqual([code for code in self.codes(page) if "connection" not in code], ["moving", "callLost"])
        self.assertIn("us-west-2", page.inner_text("#notice"))
        self.save(page, {"step": 2})
        self.saved(page)
        self.assertEqual(self.world.ask("GET", "/sessions")["events"][-1]["region"], WEST)
        self.well()


class LongTests(Case):
    def test_a_region_is_killed_and_comes_back(self):
        page = self.page()
        self.connected(page, "connected", "connected")
        self.world.state(EAST, up=False)
        self.eventually("the east is lost", lambda: self.states(page)[0] != "connected")
        self.save(page, {"step": 1})
        self.eventually("the west has it", lambda: self.world.fields(WEST).get("step") == 1)
        self.assertEqual([self.status(page)["connected"], "connectionLost" in self.codes(page)], [True, False])
        self.world.ask("PUT", "/link", False)
        self.world.state(EAST, up=True)
        self.saved(page)
        self.assertEqual(self.world.fields(EAST)["step"], 1)
        self.connected(page, "connected", "connected")
        self.well()

    def test_both_regions_are_away_a_reload_loses_nothing_and_the_agent_is_told_once(self):
        page = self.page()
        self.connected(page, "connected", "connected")
        self.saved(page)
        for region in (EAST, WEST):
            self.world.state(region, up=False)
        self.eventually("a person is told", lambda: "connectionLost" in self.codes(page))
        for step in range(20):
            self.save(page, {"step": step, f"field{step}": step})
        self.assertEqual(self.status(page)["unsaved"], 21)
        self.assertEqual(self.codes(page).count("connectionLost"), 1)
        page.reload()
        self.eventually("the session is there", lambda: page.evaluate("globalThis.session !== undefined"))
        self.assertEqual([self.status(page)["unsaved"] >= 21, page.evaluate("session.state.step")], [True, 19])
        for region in (EAST, WEST):
            self.world.state(region, up=True)
        self.saved(page)
        for region in (EAST, WEST):
            self.assertEqual([self.world.fields(region)[f"field{step}"] for step in range(20)], list(range(20)))
        self.well()

    def test_an_endpoint_that_is_silent_is_lost_after_two_heartbeats_though_its_stream_is_open(self):
        page = self.page()
        self.connected(page, "connected", "connected")
        self.world.state(EAST, silent=True)
        self.eventually("it is lost", lambda: self.states(page)[0] == "lost")
        self.assertEqual(self.states(page)[1], "connected")
        self.world.state(EAST, silent=False)
        self.connected(page, "connected", "connected")
        self.well()

    def test_a_slow_region_holds_nobody_up(self):
        self.world.state(EAST, delay=1)
        page = self.page()
        self.save(page, {"step": 1})
        self.saved(page)
        self.assertEqual(self.world.fields(WEST)["step"], 1)
        self.well()

    def test_clocks_that_differ_do_not_change_the_order(self):
        self.world.state(EAST, skew=4_000)
        self.world.state(WEST, skew=-4_000)
        page = self.page()
        self.connected(page, "connected", "connected")
        for step in range(12):
            self.world.state((EAST, WEST)[step % 2], up=False)
            self.save(page, {"step": step})
            self.eventually("it is saved", lambda: self.status(page)["unsaved"] == 0)
            self.world.state((EAST, WEST)[step % 2], up=True)
        self.saved(page)
        for region in (EAST, WEST):
            self.assertEqual(self.world.fields(region)["step"], 11)
        self.well()

    def test_a_token_that_expires_is_renewed_once_and_one_that_stays_refused_is_told(self):
        page = self.page()
        self.connected(page, "connected", "connected")
        self.world.ask("PUT", "/expire", {})
        self.save(page, {"step": 1})
        self.saved(page)
        self.world.ask("PUT", "/flap", [EAST, WEST])
        self.connected(page, "connected", "connected")
        self.assertNotIn("signIn", self.codes(page))
        self.world.ask("PUT", "/expire", {"locked": True})
        self.save(page, {"step": 2})
        self.eventually("a person is told", lambda: "signIn" in self.codes(page))
        self.assertEqual(self.status(page)["unsaved"], 1)
        self.world.ask("PUT", "/expire", {"locked": False})
        self.saved(page)
        self.well()

    def test_an_endpoint_that_is_busy_says_when_and_one_that_refuses_is_stopped(self):
        page = self.page()
        self.connected(page, "connected", "connected")
        self.saved(page)
        self.world.state(EAST, status=503, retryAfter=2)
        self.save(page, {"step": 1})
        self.saved_in(WEST, {"step": 1})
        self.world.state(EAST, status=403)
        self.world.ask("PUT", "/flap", [EAST])
        self.connected(page, "stopped", "connected")
        self.assertIn("stopped", self.codes(page))
        self.world.state(EAST, status=None)
        page.evaluate("session.resume()")
        self.connected(page, "connected", "connected")
        self.saved(page)
        self.well()

    def saved_in(self, region, patch):
        self.eventually(f"{region} has it", lambda: self.world.fields(region).items() >= patch.items())

    def test_of_two_tabs_one_owns_the_streams_and_the_other_takes_over_with_what_waits(self):
        first = self.page()
        self.connected(first, "connected", "connected")
        second = self.page()
        self.eventually("the second listens", lambda: self.status(second)["connected"] and not self.status(second)["owner"])
        self.assertEqual(sum(1 for each in self.world.ask("GET", "/seen")["requests"] if "/v1/changes" in each["path"]), 2)
        self.save(second, {"step": 1})
        self.saved_in(EAST, {"step": 1})
        self.eventually("the first shows it", lambda: first.evaluate("session.state.step") == 1)
        for region in (EAST, WEST):
            self.world.state(region, up=False)
        self.save(second, {"step": 2})
        self.save(first, {"other": 3})
        first.close()
        self.eventually("the second has taken over", lambda: self.status(second)["owner"] and {"by": "tab", "here": True} in self.told(second, "TakenOver"))
        for region in (EAST, WEST):
            self.world.state(region, up=True)
        self.saved(second)
        self.assertLessEqual({"step": 2, "other": 3}.items(), self.world.fields(WEST).items())
        third = self.page()
        third.click("#own")
        self.eventually("the third owns it", lambda: self.status(third)["owner"])
        self.eventually("the second is told", lambda: {"by": "tab", "here": False} in self.told(second, "TakenOver"))
        self.save(second, {"step": 4})
        self.saved_in(WEST, {"step": 4})
        self.well()

    def test_another_browser_that_takes_the_session_over_is_told(self):
        page = self.page()
        self.connected(page, "connected", "connected")
        self.saved(page)
        mine, self.context = self.context, self.browser.new_context()
        self.addCleanup(mine.close)
        self.page()
        self.eventually("the first is told", lambda: {"by": "browser", "here": False} in self.told(page, "TakenOver"))
        self.well()

    def test_a_page_that_is_offline_keeps_what_is_saved(self):
        page = self.page()
        self.connected(page, "connected", "connected")
        self.context.set_offline(True)
        self.eventually("it is offline", lambda: not self.status(page)["online"])
        self.save(page, {"step": 1})
        self.assertIn("offline", self.codes(page))
        self.context.set_offline(False)
        self.saved(page)
        self.assertEqual(self.world.fields(WEST)["step"], 1)
        self.well()

    def test_nothing_that_is_a_credential_is_sent_or_stored(self):
        page = self.page()
        self.connected(page, "connected", "connected")
        self.save(page, {"notes": "n", "softphoneMediaInfo": {"callContextToken": "PLANTED"}, "deep": [{"connectionToken": "PLANTED", "text": "turn:PLANTED@host"}]})
        self.saved(page)
        stored = page.evaluate("JSON.stringify({ ...localStorage, ...sessionStorage })")
        self.assertNotIn("PLANTED", stored + json.dumps(self.world.ask("GET", "/seen")["bodies"]))
        # The token is neither in the storage.
        self.assertNotIn("us-east-1-0", stored)
        self.well()


if __name__ == "__main__":
    wanted = LongTests if sys.argv[1:] == ["long"] else ShortTests
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(wanted)
    sys.exit(not unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite).wasSuccessful())
