"""Every page of the console of a real process: no fault, nothing from outside, the server's own policy, and what it shows is what the API says.

    python3 test_real.py BASE
"""
import json
import sys
import unittest
import urllib.request

from playwright.sync_api import expect

import double
from rig import PAGES, Case

BASE = ""


class RealTest(Case):
    def setUp(self):
        self.base = BASE
        self.context = None
        self.renew()

    def ask(self, path):
        with urllib.request.urlopen(self.base + path, timeout=60) as found:
            return found.headers, json.load(found)

    def test_every_page(self):
        agents = self.ask("/v1/agents?limit=1")[1]["data"]["items"]
        addresses = [address for address in PAGES if "/" not in address] + [f"agent/{agents[0]['id'].replace('/', '%2F')}", f"explain/agent/{agents[0]['id'].replace('/', '%2F')}"]
        for address in addresses:
            self.open(address).close()
        self.is_clean()

    def test_the_first_page_shows_what_the_api_says(self):
        page = self.open()
        online = self.ask("/v1/summary")[1]["data"]["agents"]["regions"]
        for region, presences in online.items():
            expect(page.get_by_role("region", name=region, exact=True).locator(".figure").first).to_contain_text(f"{presences['online']}")
        self.is_clean()

    def test_the_policy_is_the_one_that_the_tests_look_at_pages_with(self):
        with urllib.request.urlopen(f"{self.base}/console/", timeout=60) as found:
            self.assertEqual(found.headers["Content-Security-Policy"], double.policy())


if __name__ == "__main__":
    BASE = sys.argv.pop(1)
    unittest.main()
