"""Ten tasks of somebody on call, each from the first page in at most three clicks or one search. What is typed into a dialog that confirms is no click; its button is.

    python3 test_tasks.py
"""
import re
import unittest

from playwright.sync_api import expect

from rig import Case


class TasksTest(Case):
    """A task has a budget of three clicks, or one search and no click."""

    def setUp(self):
        super().setUp()
        self.clicks = self.searches = 0

    def start(self, world):
        self.double.world(world)
        self.page = self.open()
        return self.page

    def click(self, locator):
        self.clicks += 1
        locator.click()
        self.settle(self.page)

    def search(self, text):
        self.searches += 1
        self.page.keyboard.press("/")
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def tearDown(self):
        self.is_clean()
        self.assertTrue(self.clicks <= 3 and self.searches == 0 or self.searches == 1 and self.clicks == 0, f"{self.clicks} clicks, {self.searches} searches")

    def says(self, *texts):
        for text in texts:
            expect(self.page.locator("main")).to_contain_text(text)

    def test_01_which_region_is_sick_and_why(self):
        self.start("lost")
        expect(self.page.locator(".verdict")).to_contain_text("us-east-1 does not serve")
        expect(self.page.locator(".verdict")).to_contain_text("0 of 14.0 expected contacts started")

    def test_02_is_it_safe_to_move_now(self):
        self.start("lost")
        expect(self.page.get_by_role("region", name="What the controller thinks")).to_contain_text(re.compile("Is it safe to move now.*yes.*to us-west-2"))

    def test_03_where_is_an_agent_and_since_when(self):
        self.start("well")
        self.search("agent00044")
        expect(self.page.get_by_role("heading", name="Agent agent00044")).to_be_visible()
        self.says("online", "us-east-1", "Available, 2026-03-05 14:20:16 UTC")

    def test_04_why_has_this_contact_that_agent(self):
        self.start("well")
        self.search("c0000003-0000-4000-8000-000000000000")
        expect(self.page.get_by_role("link", name="why this agent")).to_have_attribute("href", re.compile("#/explain/contact/c0000003.*register=agent"))

    def test_05_redrive_the_dead_letters_of_the_last_hour(self):
        self.start("well")
        self.click(self.page.get_by_role("link", name="Dead letters"))
        # Choosing from a list and typing are what any way would take.
        self.page.get_by_label("Came in").select_option("the last hour")
        button = self.page.get_by_role("button", name=re.compile(r"Redrive all \d+ that fit"))
        expect(button).to_be_enabled()
        self.click(button)
        dialog = self.page.get_by_role("dialog")
        number = re.search(r"\d+", dialog.get_by_role("heading").text_content())[0]
        for label, text in [("Your name", "Ann"), ("Why", "the producer is mended"), (re.compile("the number of letters"), number)]:
            dialog.get_by_label(label).fill(text)
        self.click(dialog.get_by_role("button", name="Redrive"))
        expect(dialog).to_contain_text("are in their streams again")

    def test_06_who_moved_traffic_last_night(self):
        self.start("failover")
        self.click(self.page.get_by_role("navigation", name="Pages").get_by_role("link", name="Failover"))
        row = self.page.get_by_role("region", name="Moves and returns, the newest first, as a table").locator("tbody tr", has_text="manual").first
        expect(row).to_contain_text("ann@example.com")
        expect(row).to_contain_text("2026-03-05")

    def test_07_approve_what_is_proposed(self):
        self.start("lost")
        self.click(self.page.get_by_role("link", name="a move to us-west-2 awaits a yes or no"))
        self.click(self.page.get_by_role("button", name="Approve"))
        dialog = self.page.get_by_role("dialog")
        for label, text in [("Your name", "Ann"), ("Why", "calls do not land"), ("Type us-west-2 to confirm", "us-west-2")]:
            dialog.get_by_label(label).fill(text)
        self.click(dialog.get_by_role("button", name="Approve"))
        expect(dialog).to_contain_text("Approved")

    def test_08_which_agents_have_not_come_back(self):
        self.start("lost")
        self.click(self.page.get_by_role("region", name="us-east-1", exact=True).get_by_role("link", name="agents that have not come back"))
        expect(self.page.locator("tbody tr").first).to_contain_text("not heard of")

    def test_09_how_far_is_a_region_behind_and_is_it_getting_worse(self):
        self.start("lost")
        expect(self.page.get_by_role("region", name="Lag", exact=True)).to_contain_text(re.compile("us-west-2 to us-east-1.*rising"))

    def test_10_is_a_return_running_and_what_does_it_wait_for(self):
        self.start("failover")
        self.click(self.page.get_by_role("link", name="Failover: plan, approve, move, return"))
        expect(self.page.get_by_role("region", name="Gradual return")).to_contain_text(re.compile("Return to us-east-1 by ann@example.com.*running.*10 points a step.*waiting.*too few earlier days"))


if __name__ == "__main__":
    unittest.main()
