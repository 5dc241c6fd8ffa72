"""The desktop's client in Chromium against two workers of Converge, one in each of two emulated Regions, over links that can be cut and slowed.

    python3 test_desktop_endpoints.py [long]      the second set of tests with `long`; `herd`: a thousand clients in node, without a browser

In the environment: CHROMIUM, the browser's path; PLACES, a JSON object:

    {"program": PATH, "folder": PATH, "config": PATH, "regions": {REGION: {"flags": [..], "environment": {..}}}}
"""
import asyncio
import http.server
import json
import mimetypes
import os
import resource
import signal
import subprocess
import sys
import threading
import time
import unittest
import urllib.error
import urllib.request
from urllib.parse import parse_qs, quote, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from test_desktop import EAST, PAGE, SETTINGS, WAIT, WEST, Case
from tokens import public
from wire import listen, port_of, reset

PLACES = json.loads(os.environ["PLACES"])
ISSUER = "https://tokens.example"
REGIONS = (EAST, WEST)


class Link:
    """What a browser reaches an endpoint by: bytes both ways, after `delay` seconds; `up` false: connections are reset."""

    def __init__(self):
        self.up, self.delay, self.target, self.open = True, 0, None, set()

    async def connected(self, reader, writer):
        if not self.up or self.target is None:
            return reset(writer)
        self.open.add(writer)
        far = None
        try:
            far_reader, far = await asyncio.open_connection("127.0.0.1", self.target)
            await asyncio.wait([asyncio.ensure_future(self.carry(reader, far)), asyncio.ensure_future(self.carry(far_reader, writer))])
        except OSError:
            reset(writer)
        finally:
            self.open.discard(writer)
            for each in (writer, far):
                if each:
                    each.close()

    async def carry(self, reader, writer):
        try:
            while piece := await reader.read(1 << 16):
                await asyncio.sleep(self.delay)
                writer.write(piece)
                await writer.drain()
            writer.write_eof()
        except OSError:
            reset(writer)

    def cut(self):
        for writer in list(self.open):
            reset(writer)


class World:
    """Two workers, the links to them, the page's origin and the issuer of tokens."""

    def __init__(self, rates=True):
        self.key, self.lifetime, self.given, self.rates = ec.generate_private_key(ec.SECP256R1()), 3600, 0, rates
        self.folder = os.path.join(PLACES["folder"], f"world-{time.monotonic_ns()}")
        os.mkdir(self.folder)
        with open(os.path.join(self.folder, "keys.json"), "w") as out:
            json.dump({"keys": [public(self.key, "k")]}, out)
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.links = {region: Link() for region in REGIONS}
        self.ports = {region: port_of(self.run(listen(link.connected))) for region, link in self.links.items()}
        self.pages = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler()) for _ in range(2)]
        for server in self.pages:
            threading.Thread(target=server.serve_forever, daemon=True).start()
        self.page, self.foreign = (f"http://127.0.0.1:{server.server_port}" for server in self.pages)
        self.workers, self.logs, self.starts = {}, {}, 0
        for region in REGIONS:
            self.start(region)
        for region in REGIONS:
            self.serves(region)

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    def token(self, **claims):
        claims = {"iss": ISSUER, "sub": "ann", "aud": "converge", "exp": int(time.time()) + self.lifetime} | claims
        return jwt.encode(claims, self.key, "ES256", headers={"kid": "k"})

    # The page's origin.

    def handler(world):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                url = urlsplit(self.path)
                kind, policy = "application/json", []
                if url.path == "/token.json":
                    world.given += 1
                    body = json.dumps({"token": world.token(scope="read read:personal session", agent="ann")}).encode()
                else:
                    file = os.path.realpath(os.path.join(PAGE, url.path.lstrip("/")))
                    if not file.startswith(os.path.realpath(PAGE) + os.sep) or not os.path.isfile(file):
                        return self.send_error(404)
                    with open(file, "rb") as found:
                        body = found.read()
                    kind = mimetypes.guess_type(file)[0] or "text/plain"
                    policy = ["default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' " + " ".join(world.urls().values())]
                self.send_response(200)
                for name, value in [("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store"),
                                    *(("Content-Security-Policy", each) for each in policy)]:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler

    def urls(self):
        return {region: f"http://127.0.0.1:{port}" for region, port in self.ports.items()}

    # Workers.

    def start(self, region):
        place = PLACES["regions"][region]
        self.starts += 1
        log = os.path.join(self.folder, f"{region}-{self.starts}.log")
        flags = ["--store-path", os.path.join(self.folder, f"state-{region}"), "--log-path", log, "--http-changes", "--http-origins", self.page,
                 "--http-tokens-issuers", ISSUER, "--http-tokens-jwks", os.path.join(self.folder, "keys.json"), "--http-tokens-audiences", "converge",
                 "--http-tokens-agent-claim", "agent", "--http-tokens-leeway", "0s", *place["flags"]]
        if not self.rates:
            flags += [part for kind in ("read", "write", "stream") for part in (f"--http-rates-{kind}", "0")]
        errors = open(os.path.join(self.folder, f"{region}-{self.starts}.err"), "w")
        self.workers[region] = subprocess.Popen(
            [PLACES["program"], "run", *flags], cwd=PLACES["folder"], env=os.environ | place["environment"], stdin=subprocess.DEVNULL, stdout=errors,
            stderr=errors)
        errors.close()
        self.logs[region] = log

    def lines(self, region):
        try:
            with open(self.logs[region]) as log:
                return [json.loads(line) for line in log if line.endswith("\n")]
        except OSError:
            return []

    def serves(self, region):
        """Waits until the worker serves, and lets its link lead there."""
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            starts = [line for line in self.lines(region) if line["event"] == "run.start"]
            if starts:
                self.links[region].target = int(starts[0]["fields"]["http"].split(":")[-1])
                try:
                    self.ask(region, "/v1/regions")
                    return
                except urllib.error.URLError:
                    pass
            if self.workers[region].poll() is not None:
                with open(self.logs[region].replace(".log", ".err")) as errors:
                    raise AssertionError(f"the worker of {region} ended: {errors.read()} {self.lines(region)[-3:]}")
            time.sleep(0.05)
        raise AssertionError(f"the worker of {region} does not serve")

    def kill(self, region):
        self.workers[region].send_signal(signal.SIGKILL)
        self.workers[region].wait()

    def again(self, region):
        self.start(region)
        self.serves(region)

    def ask(self, region, path):
        """As an operator, not over the link."""
        headers = {"Authorization": f"Bearer {self.token(sub='operator', scope='read read:personal', exp=int(time.time()) + 600)}"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.links[region].target}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=30) as found:
            return json.load(found)

    def fields(self, region, name="ann"):
        try:
            return self.ask(region, f"/v1/sessions/{name}")["data"]["fields"]
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return {}
            raise

    def cut(self, *regions):
        for region in regions:
            self.loop.call_soon_threadsafe(self.links[region].cut)

    # Failover.

    def move(self, region):
        """A person's command; returns once its intent is written. The command goes on until it is carried out."""
        place, folder = PLACES["regions"][region], os.path.join(PLACES["folder"], "converge-failover/terms")
        before, end = len(os.listdir(folder)), time.monotonic() + WAIT
        while True:
            command = subprocess.Popen(
                [PLACES["program"], "failover", "move", "--config", PLACES["config"], "--to", region, "--why", "the Region does not serve", "--by", "otto", "--yes"],
                cwd=PLACES["folder"], env=os.environ | place["environment"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while command.poll() is None and len(os.listdir(folder)) == before:
                time.sleep(0.03)
            # On a machine that is busy the folder of the control table may be others' for too long; a person tries again.
            if len(os.listdir(folder)) > before or time.monotonic() > end:
                return command

    def end(self):
        for worker in self.workers.values():
            if worker.poll() is None:
                worker.kill()
            worker.wait()
        for server in self.pages:
            server.shutdown()
            server.server_close()
        self.loop.call_soon_threadsafe(self.loop.stop)


class EndpointCase(Case):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.end)
        self.context = self.browser.new_context()
        self.addCleanup(self.context.close)
        self.errors = []

    def page(self, origin=None, **settings):
        urls, page = self.world.urls(), self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        # The server's comment comes every 15 s; a busy machine may take long to answer.
        wanted = SETTINGS | {"heartbeat": 15_000, "timeout": 10_000} | settings
        page.goto(f"{origin or self.world.page}/example.html?id=ann&east={urls[EAST]}&west={urls[WEST]}&settings={quote(json.dumps(wanted))}")
        self.eventually("the session is there", lambda: page.evaluate("globalThis.session !== undefined"))
        page.evaluate("""() => {
            globalThis.told = [];
            for (const what of ["Notice", "Failover", "Context", "TakenOver", "Saved", "Change"]) session["on" + what]((value) => told.push({ what, value, at: Date.now() }));
        }""")
        return page

    def have(self, patch, *regions):
        for region in regions or REGIONS:
            self.eventually(f"{region} has {patch}", lambda: self.world.fields(region).items() >= patch.items())

    def well(self):
        self.assertEqual(self.errors, [])


class ShortTests(EndpointCase):
    def test_a_page_saves_in_both_regions_through_a_cut_and_hears_of_a_failover_from_the_intent(self):
        page = self.page()
        self.connected(page, "connected", "connected")
        page.fill("#notes", "called back")
        page.click("button[type=submit]")
        self.saved(page)
        self.have({"notes": "called back"})
        # The same event: the endpoint that took it first signed it for the other one.
        self.eventually("a stream names the event that was saved", lambda: {each["stamp"].get("event") for each in self.told(page, "Change")} & {
            each["id"] for each in self.told(page, "Saved")})
        self.world.cut(EAST, WEST)
        self.save(page, {"contact.c1": {"channel": "voice", "region": EAST}})
        self.saved(page)
        self.connected(page, "connected", "connected")
        self.assertEqual(self.told(page, "Failover"), [])
        command = self.world.move(WEST)
        self.eventually("the failover is told", lambda: self.told(page, "Failover"))
        told = self.told(page, "Failover")[0]
        at = next(each["at"] for each in page.evaluate("told") if each["what"] == "Failover")
        print(f"failover told {at - told['since']} ms after it was intended, {told['ageMs']} ms after it was read")
        # A busy machine may have carried it out before it was read.
        self.assertIn(told["state"], ("moving", "moved"))
        self.assertEqual([told["agents"], told["region"], told["why"]], [{EAST: 0, WEST: 100}, WEST, "the Region does not serve"])
        self.eventually("people are told", lambda: "callLost" in self.codes(page))
        self.eventually("it is moved", lambda: self.status(page)["failover"]["state"] == "moved")
        command.wait()
        context = self.eventually("the context is there", lambda: self.told(page, "Context"))[0]
        self.assertEqual([context["region"], [(each["contactId"], each["offer"]) for each in context["offers"]]], [WEST, [("c1", "callBack")]])
        self.save(page, {"step": 2})
        self.saved(page)
        self.have({"step": 2})
        # Who comes now is told, too.
        late = self.context.new_page()
        late.goto(page.url.replace("id=ann", "id=ann%2Fsecond"))
        self.eventually("a page that comes later is told", lambda: late.evaluate("globalThis.session?.status.failover?.state") == "moved")
        self.assertEqual([code for code in self.codes(page) if code in ("returning", "moved")], ["moved"])
        self.well()


class LongTests(EndpointCase):
    def test_a_worker_is_killed_and_comes_back_with_all_that_was_saved_meanwhile(self):
        page = self.page()
        self.connected(page, "connected", "connected")
        self.saved(page)
        self.world.kill(EAST)
        self.eventually("the east is lost", lambda: self.states(page)[0] != "connected")
        for step in range(5):
            self.save(page, {"step": step, f"field{step}": step})
        self.eventually("all is saved", lambda: self.status(page)["unsaved"] == 0)
        self.have({"step": 4, "field0": 0}, WEST)
        self.assertTrue(self.status(page)["connected"])
        self.world.again(EAST)
        self.saved(page)
        self.have({f"field{step}": step for step in range(5)} | {"step": 4})
        self.connected(page, "connected", "connected")
        self.assertNotIn("connectionLost", self.codes(page))
        self.well()

    def test_both_are_killed_and_a_reload_loses_nothing(self):
        page = self.page()
        self.connected(page, "connected", "connected")
        self.saved(page)
        for region in REGIONS:
            self.world.kill(region)
        self.eventually("a person is told", lambda: "connectionLost" in self.codes(page))
        self.save(page, {"step": 1})
        page.reload()
        self.eventually("the session is there", lambda: page.evaluate("globalThis.session?.state.step") == 1)
        for region in REGIONS:
            self.world.again(region)
        self.saved(page)
        self.have({"step": 1})
        self.well()

    def test_a_slow_region_holds_nobody_up(self):
        self.world.links[EAST].delay = 1
        page = self.page()
        self.save(page, {"step": 1})
        self.saved(page)
        self.have({"step": 1})
        self.connected(page, "connected", "connected")
        self.well()

    def test_links_that_flap_keep_the_order_of_saves(self):
        page = self.page()
        self.connected(page, "connected", "connected")
        for step in range(24):
            link = self.world.links[REGIONS[step % 2]]
            link.up = not link.up
            self.world.cut(REGIONS[step % 2])
            self.save(page, {"step": step, f"field{step % 5}": step})
            self.eventually("it is on its way", lambda: self.status(page)["unsaved"] == 0 or self.status(page)["unsavedMs"] > 100)
        for link in self.world.links.values():
            link.up = True
        self.saved(page)
        self.have({"step": 23} | {f"field{step % 5}": step for step in range(19, 24)})
        self.connected(page, "connected", "connected")
        self.well()

    def test_a_stream_ends_with_its_token_and_comes_with_a_new_one(self):
        self.world.lifetime = 5
        page = self.page()
        self.connected(page, "connected", "connected")
        given = self.world.given
        self.eventually("both have asked for new tokens, twice", lambda: self.world.given >= given + 4)
        self.connected(page, "connected", "connected")
        self.save(page, {"step": 1})
        self.saved(page)
        self.assertNotIn("signIn", self.codes(page))
        # What is given out from now on is over already.
        self.world.lifetime = -60
        self.eventually("a person is told", lambda: "signIn" in self.codes(page))
        self.save(page, {"step": 2})
        self.assertEqual(self.status(page)["unsaved"], 1)
        self.world.lifetime = 3600
        page.evaluate("session.resume()")
        self.saved(page)
        self.have({"step": 2})
        self.well()

    def test_a_return_is_told_as_one(self):
        page = self.page()
        self.connected(page, "connected", "connected")
        command = self.world.move(WEST)
        self.eventually("it is moved", lambda: (self.status(page)["failover"] or {}).get("state") == "moved")
        command.wait()
        # It is carried out at once, or, where an answer was not heard, in eleven minutes: it is told in either case.
        command = self.world.move(EAST)
        self.addCleanup(command.wait)
        self.addCleanup(command.kill)
        self.eventually("the return is told", lambda: self.status(page)["failover"]["state"] in ("returning", "none"))
        self.assertEqual([self.status(page)["failover"]["agents"], self.told(page, "Failover")[-1]["region"]], [{EAST: 100, WEST: 0}, EAST])
        self.eventually("people are told", lambda: "returning" in self.codes(page) or self.codes(page).count("moved") == 2)
        self.well()

    def test_a_page_of_another_origin_reads_nothing(self):
        page = self.page(self.world.foreign)
        self.eventually("both were tried", lambda: all(state not in ("connected",) for state in self.states(page)) and self.world.given >= 2)
        refused = page.evaluate(f"""async () => {{
            const { '{ token }' } = await (await fetch("token.json?region=x")).json();
            const asks = [["GET", {{}}], ["GET", {{ Authorization: `Bearer ${{token}}` }}], ["PATCH", {{ "Content-Type": "application/merge-patch+json" }}]];
            return Promise.all(asks.map(([method, headers]) => fetch("{self.world.urls()[EAST]}/v1/sessions/ann", {{ method, headers, body: method === "PATCH" ? "{{}}" : undefined }})
                .then(() => "read", (error) => error.name)));
        }}""")
        self.assertEqual(refused, ["TypeError"] * 3)
        self.assertEqual(self.states(page).count("connected"), 0)


class HerdTests(unittest.TestCase):
    def test_a_thousand_clients_whose_link_is_cut_come_back_over_the_window(self):
        # A thousand streams go through this process, in and out.
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 1 << 16) if most != resource.RLIM_INFINITY else 1 << 16, most))
        world = World(rates=False)
        self.addCleanup(world.end)
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../Desktop/crowd.mjs")
        # Each is a caller of its own: one caller has a bounded share of the streams.
        tokens = os.path.join(world.folder, "tokens.json")
        with open(tokens, "w") as out:
            json.dump([world.token(sub=f"agent-{index}", scope="read read:personal operate") for index in range(1_000)], out)
        crowd = subprocess.Popen(["node", script, world.urls()[EAST], tokens], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(crowd.stdout.close)
        self.addCleanup(crowd.stdin.close)
        self.assertEqual(crowd.stdout.readline(), "connected\n")
        world.cut(EAST)
        crowd.stdin.write("cut\n")
        crowd.stdin.flush()
        found = json.loads(crowd.stdout.readline())
        print(f"a thousand clients after a cut: {found}")
        self.assertEqual(crowd.wait(), 0)
        self.assertEqual(found["back"], 1_000)
        # Evenly over the window of 8 s it would be 125; a herd is all of them.
        self.assertLess(found["mostInASecond"], 500)


if __name__ == "__main__":
    wanted = {"long": LongTests, "herd": HerdTests}.get(sys.argv[1] if sys.argv[1:] else "", ShortTests)
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(wanted)
    sys.exit(not unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite).wasSuccessful())
