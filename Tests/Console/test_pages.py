"""Every page of the console in the states that matter, in Chromium with the policy on. `long`: every page in every state, light and dark.

    python3 test_pages.py [long]
"""
import re
import sys
import unittest
from pathlib import Path

from playwright.sync_api import expect

import worlds
from rig import AGENT, CONTACT, PAGES, Case

ROOT = Path(__file__).resolve().parents[2]
IS_LONG = sys.argv[1:2] == ["long"]


class PagesTest(Case):
    def test_every_page_is_clean_and_accessible(self):
        for address, heading in PAGES.items():
            page = self.open(address)
            expect(page.locator("main").get_by_role("heading", name=heading).first).to_be_attached()
            self.is_accessible(page, address)
            self.fits(page, address)
            page.close()
        self.is_clean()

    def test_every_state_of_the_first_page(self):
        for world in worlds.ALL:
            self.double.world(world)
            page = self.open()
            self.is_accessible(page, world)
            page.close()
        self.is_clean()

    @unittest.skipUnless(IS_LONG, "make test-console")
    def test_every_page_in_every_state_light_and_dark(self):
        for scheme in ("light", "dark"):
            self.renew(color_scheme=scheme)
            for world in worlds.ALL:
                self.double.world(world)
                for address in PAGES:
                    page = self.open(address)
                    self.is_accessible(page, f"{scheme} {world} {address}")
                    page.close()
            self.is_clean()

    @unittest.skipUnless(IS_LONG, "make test-console")
    def test_dark_and_200_percent(self):
        # 1,280 pixels at 200 % are 640.
        self.renew(color_scheme="dark", viewport={"width": 640, "height": 800})
        for world, address in [("lost", ""), ("failover", "failover"), ("well", "letters"), ("well", f"explain/agent/{AGENT}"), ("crowd", "agents"), ("well", f"contact/{CONTACT}"), ("well", "preflight")]:
            self.double.world(world)
            page = self.open(address)
            self.is_accessible(page, f"{world} {address}")
            self.fits(page, f"{world} {address}")
            page.close()
        self.is_clean()


class WordsTest(Case):
    """What each state has to say."""

    def says(self, page, *texts):
        for text in texts:
            expect(page.locator("main")).to_contain_text(text)

    def test_well(self):
        page = self.open()
        self.says(page, "Working from end to end in both Regions", "yes to us-west-2", "50 %", "Orders")
        expect(page.get_by_role("region", name="us-east-1", exact=True)).to_contain_text("99")
        expect(page.get_by_role("region", name="Lag", exact=True).get_by_role("listitem")).to_contain_text([re.compile("us-east-1 to us-west-2:\\s+420 ms"), re.compile("us-west-2 to us-east-1:\\s+510 ms")])

    def test_a_sick_region_is_named_with_why(self):
        self.double.world("lost")
        page = self.open()
        self.says(page, "us-east-1 does not serve", "0 of 14.0 expected contacts started", "no controller of it is heard", "a move to us-west-2 awaits a yes or no")
        panel = page.get_by_role("region", name="us-east-1", exact=True)
        expect(panel).to_contain_text("unreachable")
        # What it was is grey, and says when it was so.
        expect(panel.locator(".figure:not(.stale)")).to_have_count(0)
        expect(panel.locator(".facts")).to_contain_text(re.compile(r"140 ms told 9\d s ago"))

    def test_stale_is_grey_says_its_age_and_is_not_well(self):
        self.double.world("stale")
        page = self.open()
        panel = page.get_by_role("region", name="us-east-1", exact=True)
        expect(panel).to_have_class(re.compile("stale"))
        expect(panel).to_contain_text("95 s old")
        expect(panel.locator(".badge", has_text="stale")).to_be_visible()
        expect(page.locator("main")).not_to_contain_text("Working from end to end")
        self.says(page, "unknown (was healthy)", "no row of a worker of us-east-1 was ever seen here")
        # Grey: another colour than where it is fresh.
        soft = panel.locator(".figure dd").first.evaluate("(it) => getComputedStyle(it).color")
        self.double.world("well")
        expect(panel).not_to_have_class(re.compile("stale"))
        self.assertNotEqual(soft, panel.locator(".figure dd").first.evaluate("(it) => getComputedStyle(it).color"))

    def test_unknown_is_no_zero(self):
        self.double.world("empty")
        page = self.open()
        expect(page.get_by_role("region", name="us-west-2", exact=True).locator(".facts")).not_to_contain_text("0 ms")
        self.says(page, "What is in force is unknown", "no worker of it was ever heard of here")
        self.double.world("busy")
        page = self.open()
        figure = page.get_by_role("region", name="us-west-2", exact=True).locator(".figure").first
        expect(figure).to_contain_text("unknown")

    def test_gave_up_is_not_nothing_there(self):
        # Lesson 2 of other consoles: a time-out that showed "no messages".
        for address, text in [("agents", "No agent is like that"), ("letters", "There is none"), ("contacts", "No contact is like that")]:
            self.double.world("empty")
            page = self.open(address)
            self.says(page, text)
            self.double.world("busy" if address != "letters" else "off")
            page = self.open(address)
            expect(page.locator("main .trouble")).to_be_visible()
            expect(page.locator("main")).not_to_contain_text(text)

    def test_a_server_that_is_gone_is_said_and_what_was_known_stays(self):
        page = self.open()
        self.double.ask("silence", {"silent": True})
        expect(page.get_by_text("This server does not answer").first).to_be_visible()
        expect(page.locator(".notices")).to_contain_text("open the console of the other Region", ignore_case=True)
        expect(page.get_by_role("region", name="us-west-2", exact=True)).to_contain_text("100")
        self.double.ask("silence", {"silent": False})
        expect(page.get_by_text("This server does not answer")).to_have_count(0)
        expect(page.locator("footer.foot")).to_contain_text("live")
        self.assertEqual(self.faults, [])

    def test_pages_are_there_once_the_first_one_was_and_one_that_is_not_says_so(self):
        page = self.open()
        fetched = "performance.getEntriesByType('resource').filter((each) => each.name.includes('/pages/')).length"
        pages = len(list((ROOT / "Sources/CConsole/web/pages").glob("*.js")))
        self.until("all pages were fetched", lambda: page.evaluate(fetched) == pages)
        self.double.ask("silence", {"silent": True})
        page.get_by_role("link", name="Preflight", exact=True).first.click()
        expect(page.get_by_role("heading", name="Permissions and preflight")).to_be_visible()
        self.double.ask("silence", {"silent": False})
        page = self.context.new_page()
        page.route("**/pages/help.js", lambda route: route.abort())
        page.goto(f"{self.base}/console/#/help")
        self.says(page, "This page is not here yet")
        expect(page.get_by_role("button", name="Try again")).to_be_visible()

    def test_ages_go_on_while_a_server_hangs(self):
        page = self.context.new_page()
        page.clock.install()
        page.goto(f"{self.base}/console/")
        self.settle(page)
        page.route("**/v1/**", lambda route: None)
        for milliseconds, age in ((5_000, 4), (12_000, 16)):
            page.clock.run_for(milliseconds)
            panel = page.get_by_role("region", name="us-west-2", exact=True)
            said = panel.locator("header .age").text_content()
            self.assertGreaterEqual(float(re.match(r"([\d.]+) s old", said)[1]), age, said)
        expect(panel).to_have_class(re.compile("stale"))

    def test_what_is_off_says_the_fix_and_what_is_refused_names_the_scope(self):
        self.double.world("off")
        page = self.open("agents")
        self.says(page, "Not available here", "set http.changes to true")
        self.double.world("reader")
        page = self.open("configuration")
        self.says(page, "operate")
        page = self.open("failover")
        expect(page.get_by_role("button", name="Move to us-east-1")).to_be_disabled()
        page = self.open("letters/300-0a1b2c3d")
        self.says(page, "read:personal")

    def test_who_is_not_logged_in_is_told_and_a_login_that_ends_is_announced(self):
        self.double.world("nobody")
        page = self.open()
        expect(page.locator(".notices").get_by_role("link", name="Log in")).to_be_visible()
        expect(page.locator("main .trouble").first.get_by_role("link", name="Log in")).to_be_visible()
        self.double.world("reader")
        page = self.open()
        expect(page.locator(".notices")).to_contain_text("Your log-in ends in")

    def test_no_protection_is_shown_on_every_page(self):
        self.double.world("insecure")
        for address in ("", "help", "letters"):
            page = self.open(address)
            expect(page.locator(".notices")).to_contain_text("without tokens and TLS")

    def test_shares_that_are_wanted_and_those_that_are_real_stand_side_by_side(self):
        self.double.world("failover")
        for address in ("", "failover"):
            page = self.open(address)
            table = page.get_by_role("region", name="Shares of sales, as a table")
            expect(table.get_by_role("row", name=re.compile("^us-east-1")).get_by_role("cell")).to_contain_text(["10 %", "0 %", "10 %", "0 %", "closed"])
            expect(table.get_by_role("row", name=re.compile("^us-west-2")).get_by_role("cell")).to_contain_text(["90 %", "100 %", "90 %", "100 %", "open"])
            self.says(page, "differs from what is wanted")

        def forget(route):
            answer = route.fetch()
            body = answer.json()
            body["data"]["control"]["newest"]["groups"] = []
            route.fulfill(response=answer, json=body)

        self.context.route("**/v1/failover/status", forget)
        page = self.open("failover")
        expect(page.get_by_role("row", name=re.compile("^us-east-1")).first.get_by_role("cell")).to_contain_text(["unknown", "0 %", "unknown", "0 %", "closed"])

    def test_practice_is_no_move(self):
        page = self.open("failover")
        drills = [str(each["term"]) for each in worlds.make("well").terms if each["isDrill"]]
        self.assertTrue(drills)
        moves = page.get_by_role("region", name="Moves and returns, the newest first, as a table").locator("tbody th")
        practice = page.get_by_role("region", name="Drills, the newest first, as a table").locator("tbody th")
        expect(practice).to_have_text(drills)
        expect(moves).not_to_have_count(0)
        self.assertEqual(set(moves.all_text_contents()) & set(drills), set())

    def test_probes_stand_above_parts(self):
        # Lesson 7: all parts green, and no call gets through.
        page = self.open()
        places = page.locator("main").evaluate("(it) => [it.querySelector('.verdict'), ...it.querySelectorAll('h3, summary')].map((each) => each.textContent)")
        self.assertIn("Working from end to end", places[0])
        self.assertLess(places.index("From end to end"), next(number for number, text in enumerate(places) if text.startswith("Parts")))
        self.double.world("lost")
        expect(page.locator("details")).to_have_attribute("open", "")

    def test_the_winner_of_an_explanation_is_marked_by_word_and_why(self):
        page = self.open(f"explain/agent/{AGENT}")
        section = page.get_by_role("region", name="presence/us-east-1", exact=True)
        row = section.locator("tr.winner")
        expect(row).to_contain_text("wins")
        expect(row).to_contain_text("LOGOUT")
        expect(row).to_contain_text("later than 2026-03-05 13:41:00 UTC")
        expect(section).to_contain_text("loses")


class TimesTest(Case):
    """Lesson 5 of other consoles: one switch for the whole page, also for what is typed."""

    def test_one_switch_turns_every_time(self):
        for address in ("failover", f"agent/{AGENT}", "letters", f"contact/{CONTACT}", "term/2"):
            page = self.open(address)
            times = page.locator("main time")
            expect(times.first).to_contain_text("UTC")
            page.get_by_role("button", name="Times: UTC").click()
            expect(times.first).to_contain_text("UTC+05:30")
            self.assertEqual([text for text in times.all_text_contents() if "UTC+05:30" not in text], [], address)
            # It is kept, and turned back.
            page.reload()
            self.settle(page)
            expect(times.first).to_contain_text("UTC+05:30")
            page.get_by_role("button", name="Times: UTC+05:30").click()
            expect(times.first).not_to_contain_text("+05:30")
            page.close()
        self.is_clean()

    def test_what_is_typed_is_in_the_zone_of_the_page(self):
        page = self.open("letters?when=between")
        page.get_by_label("From").fill("2026-03-05T14:00")
        expect(page).to_have_url(re.compile("since=2026-03-05T14%3A00%3A00.000Z"))
        page.get_by_role("button", name="Times: UTC").click()
        expect(page.get_by_label("From")).to_have_value("2026-03-05T19:30")
        page.get_by_label("Until").fill("2026-03-05T20:00")
        expect(page).to_have_url(re.compile("before=2026-03-05T14%3A30%3A00.000Z"))


class BoundsTest(Case):
    """Lessons 1, 3 and 6: a page asks for what it shows, from this server alone, and a button costs one request."""

    def test_no_page_asks_for_everything(self):
        self.double.world("crowd")
        for address in PAGES:
            page = self.open(address)
            page.close()
        asked = self.double.ask("asked")
        lists = [each["path"] for each in asked if re.match(r"/v1/(agents|contacts|queues|dead-letters)\?", each["path"])]
        self.assertTrue(lists)
        self.assertEqual([path for path in lists if not re.search(r"limit=(25|100)(&|$)", path)], [])
        # The first page asks for no list at all, however many agents there are.
        page = self.open()
        first = {each["path"].split("?")[0] for each in self.double.ask("asked")}
        self.assertEqual(first & {"/v1/agents", "/v1/contacts", "/v1/queues", "/v1/dead-letters"}, set())
        self.is_clean()

    def test_a_page_that_was_left_asks_nothing_more(self):
        page = self.open("queues")
        page.get_by_role("link", name="Streams", exact=True).first.click()
        expect(page.get_by_role("heading", name="Streams and shards")).to_be_visible()
        # What was asked for before counts not; as long as this page asks twice, the one that was left would have.
        self.double.ask("asked")
        asked = []

        def has_asked_twice():
            asked.extend(each["path"].split("?")[0] for each in self.double.ask("asked"))
            return asked.count("/v1/streams") >= 2

        self.until("the page asks", has_asked_twice)
        self.assertEqual({"/v1/queues", "/v1/summary"} & set(asked), set())

    def test_a_stream_that_breaks_off_goes_on_where_it_was_and_is_asked_for_with_pauses(self):
        page = self.open()
        self.double.ask("rate", {"perSecond": 100})
        expect(page.locator("footer.foot")).to_contain_text(re.compile("[1-9][0-9]+ changes told"))
        self.double.ask("silence", {"silent": True})
        expect(page.locator(".notices")).to_contain_text("This server does not answer")
        self.double.ask("asked")
        asked = []

        def others():
            asked.extend(self.double.ask("asked"))
            return sum(each["path"] != "/v1/changes" for each in asked)

        self.until("the page asks for its answers", lambda: others() >= 6)
        tries = [each for each in asked if each["path"] == "/v1/changes"]
        self.assertLess(len(tries), 20)
        self.double.ask("silence", {"silent": False})
        expect(page.locator("footer.foot")).to_contain_text("live")
        tries += [each for each in self.double.ask("asked") if each["path"] == "/v1/changes"]
        self.assertTrue(tries and all(each["after"] for each in tries))

    @unittest.skipUnless(IS_LONG, "make test-console")
    def test_changes_make_a_page_ask_at_most_once_a_second(self):
        page = self.open("agents")
        self.double.ask("asked")
        self.double.ask("rate", {"perSecond": 2_000})
        expect(page.locator("footer.foot")).to_contain_text(re.compile(r"[0-9],[0-9]{3} changes told"))
        page.evaluate("performance.mark('begin')")
        expect(page.locator("footer.foot")).to_contain_text(re.compile(r"[0-9]{2},[0-9]{3} changes told"))
        spent = page.evaluate("performance.now() - performance.getEntriesByName('begin')[0].startTime")
        asked = [each for each in self.double.ask("asked") if each["path"].startswith("/v1/agents?")]
        self.assertGreater(len(asked), 0)
        # Those that were asked for before the mark count, too: some seconds.
        self.assertLess(len(asked), spent / 1000 + 30)
        self.is_clean()

    @unittest.skipUnless(IS_LONG, "make test-console")
    def test_a_page_in_the_background_asks_nothing(self):
        page = self.open()
        page.evaluate("Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' }); document.dispatchEvent(new Event('visibilitychange'))")
        self.double.ask("rate", {"perSecond": 200})
        expect(page.locator("footer.foot")).to_contain_text("live")
        self.double.ask("asked")
        # Another page is the clock: as long as it asks three times, this one could have.
        self.open("streams")
        asked = []

        def has_asked_thrice():
            asked.extend(each["path"] for each in self.double.ask("asked"))
            return asked.count("/v1/streams") >= 3

        self.until("the other page asks", has_asked_thrice)
        self.assertNotIn("/v1/summary", asked)


class WordsOfPeopleTest(Case):
    """Lesson 8: what changes something shows what it changes, asks for the word, sends once, and says what came of it."""

    def move(self, page):
        page.get_by_role("button", name="Move to us-east-1").click()
        dialog = page.get_by_role("dialog", name="Move to us-east-1")
        expect(dialog).to_contain_text("50 % to 100 %")
        return dialog

    def test_a_move_wants_the_regions_name_and_is_sent_once(self):
        page = self.open("failover")
        dialog = self.move(page)
        button = dialog.get_by_role("button", name="Move 100 % to us-east-1")
        expect(button).to_be_disabled()
        dialog.get_by_label("Your name").fill("Ann")
        dialog.get_by_label("Why").fill("calls do not land")
        dialog.get_by_label("Type us-east-1 to confirm").fill("us-west-2")
        expect(button).to_be_disabled()
        dialog.get_by_label("Type us-east-1 to confirm").fill("us-east-1")
        self.double.ask("asked")
        # Twice, before the page can draw in between.
        dialog.locator("form").evaluate("(form) => { const press = form.querySelector('button[type=submit]'); form.requestSubmit(press); form.requestSubmit(press); }")
        expect(dialog).to_contain_text("Term 3 is committed")
        expect(dialog).to_contain_text("It took")
        sent = [each for each in self.double.ask("asked") if each["method"] == "POST"]
        self.assertEqual([each["body"] for each in sent], [{"to": "us-east-1", "share": 100, "after": 2, "confirm": "us-east-1", "why": "calls do not land", "person": "Ann"}])
        self.is_accessible(page, "after a move")
        dialog.get_by_role("button", name="Close").click()
        expect(page.get_by_role("dialog")).to_have_count(0)

    def test_escape_sends_nothing(self):
        page = self.open("failover")
        self.move(page)
        self.is_accessible(page, "a dialog")
        self.double.ask("asked")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        self.assertEqual([each for each in self.double.ask("asked") if each["method"] == "POST"], [])

    def test_what_may_have_been_done_is_not_sent_again(self):
        page = self.open("failover")
        page.get_by_role("button", name="Hold").click()
        dialog = page.get_by_role("dialog", name="Hold")
        dialog.get_by_label("Your name").fill("Ann")
        dialog.get_by_label("Why").fill("maintenance")
        self.double.ask("silence", {"silent": True})
        dialog.get_by_role("button", name="Hold", exact=True).click()
        expect(dialog).to_contain_text("It may have been done")
        expect(dialog.get_by_role("button", name="Hold", exact=True)).to_have_count(0)

    def test_letters_that_are_chosen_are_redriven_and_no_others(self):
        page = self.open("letters")
        boxes = page.get_by_role("checkbox", name=re.compile("Choose the letter"))
        for box in (boxes.nth(1), boxes.nth(3)):
            box.check()
        page.get_by_role("button", name="Redrive 2 chosen").click()
        dialog = page.get_by_role("dialog", name="Redrive 2 dead letters")
        dialog.get_by_label("Your name").fill("Ann")
        dialog.get_by_label("Why").fill("the producer is mended")
        dialog.get_by_label(re.compile("the number of letters")).fill("2")
        self.double.ask("asked")
        dialog.get_by_role("button", name="Redrive").click()
        expect(dialog).to_contain_text("2 are in their streams again")
        sent = [each["body"] for each in self.double.ask("asked") if each["method"] == "POST"]
        letters = worlds.make("well").letters
        self.assertEqual([sorted(each["ids"]) for each in sent], [sorted([letters[1]["id"], letters[3]["id"]])])
        self.assertEqual(set(sent[0]), {"ids", "confirm", "why", "person"})

    def test_letters_are_redriven_by_their_number(self):
        page = self.open("letters")
        page.get_by_label("Came in").select_option("the last hour")
        page.get_by_role("button", name=re.compile("Redrive all")).click()
        dialog = page.get_by_role("dialog")
        number = re.search(r"\d+", dialog.get_by_role("heading").text_content())[0]
        dialog.get_by_label("Your name").fill("Ann")
        dialog.get_by_label("Why").fill("the producer is mended")
        dialog.get_by_label(re.compile("the number of letters")).fill(number)
        self.double.ask("asked")
        dialog.get_by_role("button", name="Redrive").click()
        expect(dialog).to_contain_text(f"{number} are in their streams again")
        # The hour is by the server's clock, to the minute.
        sent = [each["body"] for each in self.double.ask("asked") if each["method"] == "POST"]
        self.assertEqual([(each["since"][:15], each["confirm"]) for each in sent], [("2026-03-05T13:3", int(number))])
        dialog.get_by_role("button", name="Close").click()
        expect(page.get_by_role("button", name="Redrive all 0 that fit")).to_be_disabled()
        expect(page.locator("tbody tr").first).to_contain_text("Ann (not verified)")


class KeyboardTest(Case):
    def test_everything_by_keyboard(self):
        page = self.open()
        page.keyboard.press("Tab")
        expect(page.locator(":focus")).to_have_text("Skip to the content")
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()
        page.keyboard.press("/")
        expect(page.get_by_role("searchbox", name="Search agents, contacts, customers")).to_be_focused()
        page.keyboard.type("agent00042")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Agent agent00042")).to_be_visible()
        page.keyboard.press("?")
        expect(page.get_by_role("heading", name="Help")).to_be_visible()
        # A move, by the keyboard alone.
        page.goto(f"{self.base}/console/#/failover")
        button = page.get_by_role("button", name="Move to us-east-1")
        expect(button).to_be_enabled()
        for _ in range(60):
            if button.evaluate("(it) => it === document.activeElement"):
                break
            page.keyboard.press("Tab")
        expect(button).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_be_visible()
        for _ in range(12):
            if page.evaluate("document.activeElement.closest('label')?.textContent.includes('Your name')"):
                break
            page.keyboard.press("Tab")
        for text in ("Ann", "a drill", "us-east-1"):
            page.keyboard.type(text)
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_contain_text("Term 3 is committed")
        self.is_clean()

    def test_the_focus_stays_in_a_table_that_is_read_anew(self):
        for address, path in (("agents", "/v1/agents?"), ("failover", "/v1/failover/status")):
            page = self.open(address)
            link = page.locator("main tbody a").first
            link.focus()
            expect(link).to_be_focused()
            page.evaluate("window.held = document.activeElement")
            self.double.ask("asked")
            asked = []

            def is_read_twice():
                asked.extend(each["path"] for each in self.double.ask("asked"))
                return sum(each.startswith(path) for each in asked) >= 3

            self.until("it is read anew", is_read_twice)
            self.assertTrue(page.evaluate("window.held.isConnected && document.activeElement === window.held"), address)

    def test_a_chart_is_words_and_a_table_too(self):
        page = self.open()
        chart = page.get_by_role("img", name="Lag of the last hour")
        expect(chart).to_have_accessible_name(re.compile("us-east-1 to us-west-2: .* now, steady, at most"))
        page.get_by_role("button", name="Show as a table").click()
        expect(page.get_by_role("table", name="Lag of the last hour")).to_contain_text("us-west-2 to us-east-1")
        self.is_accessible(page, "a chart as a table")



class LinksTest(Case):
    def test_every_page_is_a_link_and_no_id_is_in_what_a_server_sees(self):
        page = self.open("agents?presence=offline&name=agent00005")
        expect(page.locator("tbody tr")).to_have_count(1)
        expect(page.get_by_label("Presence")).to_have_value("offline")
        page.get_by_role("link", name="agent00005").click()
        expect(page.get_by_role("heading", name="Agent agent00005")).to_be_visible()
        page.go_back()
        expect(page.locator("tbody tr")).to_have_count(1)
        page.get_by_role("searchbox", name="Search agents, contacts, customers").fill("+44 20 7946 0018")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Customer customer-7")).to_be_visible()
        self.assertNotIn("7946", page.url)
        page.go_back()
        expect(page.locator("tbody tr")).to_have_count(1)
        self.assertNotIn("7946", "".join(each["path"] for each in self.double.ask("asked") if "lookups" in each["path"] or "console" in each["path"]))
        self.is_clean()

    def test_pages_of_ten_thousand(self):
        self.double.world("crowd")
        page = self.open("agents")
        expect(page.locator("tbody tr")).to_have_count(100)
        first = page.locator("tbody tr th").first.text_content()
        page.get_by_role("button", name="Next page").click()
        expect(page.locator("tbody tr th").first).not_to_have_text(first)
        page.get_by_role("button", name="First page").click()
        expect(page.locator("tbody tr th").first).to_have_text(first)
        # With another filter it begins at the first page again.
        page.get_by_role("button", name="Next page").click()
        page.get_by_label("Not heard of for 5 minutes").select_option("yes")
        expect(page.locator("tbody tr").first).to_contain_text("not heard of")
        expect(page.get_by_role("button", name="First page")).to_be_disabled()

    def test_the_last_page_is_the_last(self):
        page = self.open("agents")
        expect(page.get_by_role("button", name="First page")).to_be_disabled()
        page.get_by_role("button", name="Next page").click()
        expect(page.get_by_role("button", name="First page")).to_be_enabled()
        expect(page.get_by_role("button", name="Next page")).to_be_disabled()

    def test_behind_a_prefix_and_through_a_tunnel(self):
        # Addresses are relative: nothing in the page names the host or begins with a slash.
        page = self.open()
        addresses = page.evaluate("[...document.querySelectorAll('[src], [href]')].map((it) => it.getAttribute('src') ?? it.getAttribute('href'))")
        # The library for charts stands where the module stands that loads it.
        self.assertEqual([each for each in addresses if (each.startswith("/") or "://" in each) and not each.startswith(f"{self.base}/console/v/")], [])


if __name__ == "__main__":
    if IS_LONG:
        sys.argv.pop(1)
    unittest.main()
