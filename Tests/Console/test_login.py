"""Logging in to the console of a real process at an issuer (tokens.py), in Chromium.

    python3 test_login.py BASE ISSUER

What is to be said to the issuer it prints as `tell WORD`, and waits for a line on its standard input.
"""
import re
import sys
import time
import unittest

from playwright.sync_api import expect

from rig import Case

BASE = ISSUER = ""


def tell(word):
    """Has whoever started this say a word to the issuer."""
    print(f"tell {word}", flush=True)
    return sys.stdin.readline()


class LoginTest(Case):
    def setUp(self):
        self.base = BASE
        self.context = None
        self.renew(ignore_https_errors=True)
        tell('client {"scope":"read read:personal operate","sub":"ann@example.com"}')

    def open(self, address=""):
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda message: self.faults.append(message.text) if message.type == "error" and not message.text.startswith("Failed to load resource") else None)
        page.goto(f"{self.base}/console/#/{address}")
        self.settle(page)
        return page

    def log_in(self, page):
        page.locator(".notices").get_by_role("link", name="Log in").click()
        expect(page.locator("footer.foot")).to_contain_text("ann@example.com")

    def test_in_and_out(self):
        page = self.open("configuration")
        expect(page.locator(".notices")).to_contain_text("You are not logged in")
        self.log_in(page)
        # Where one was before.
        expect(page.get_by_role("heading", name="Configuration in force")).to_be_visible()
        expect(page.locator("main")).to_contain_text("http.login.client")
        cookies = {each["name"]: each for each in self.context.cookies()}
        self.assertEqual(set(cookies), {"__Host-converge-session-0"})
        kept = cookies["__Host-converge-session-0"]
        self.assertTrue(kept["httpOnly"] and kept["secure"] and kept["sameSite"] == "Strict")
        self.assertEqual(page.evaluate("document.cookie"), "")
        self.assertNotIn("eyJ", kept["value"], "no token can be read in it")
        page.get_by_role("button", name="Log out").click()
        expect(page.locator(".notices")).to_contain_text("You are not logged in")
        self.assertEqual(self.context.cookies(), [])
        self.is_clean()

    def test_a_person_who_may_only_look(self):
        tell('client {"scope":"read","sub":"ann@example.com"}')
        page = self.open("configuration")
        self.log_in(page)
        expect(page.locator("main .trouble")).to_contain_text("operate")

    def test_a_log_in_that_ends_soon_is_renewed_without_a_window(self):
        tell('client {"scope":"read","sub":"ann@example.com","exp":%d}' % (time.time() + 100))
        page = self.open()
        before = page.evaluate("performance.timeOrigin")
        self.log_in(page)
        origin = page.evaluate("performance.timeOrigin")
        self.assertNotEqual(before, origin)
        tell('client {"scope":"read","sub":"ann@example.com"}')
        page.reload()
        self.settle(page)
        expect(page.locator(".notices")).not_to_contain_text("Your log-in ends")
        expect(page.locator("footer.foot")).to_contain_text("ann@example.com")
        self.assertGreater(page.evaluate("fetch('me').then((it) => it.json()).then((it) => Date.parse(it.expiresAt) - Date.now())"), 600_000)

    def test_a_log_in_that_has_ended_is_renewed_once_for_all_tabs(self):
        # A computer that slept: the access token has ended, the refresh token, which the issuer takes once, is there.
        tell('client {"scope":"read","sub":"ann@example.com","exp":%d}' % (time.time() + 4))
        page = self.open()
        self.log_in(page)
        kept = self.context.cookies()
        page.goto("about:blank")
        ask = self.context.request
        self.until("the token ends", lambda: ask.get(f"{self.base}/v1/regions").status == 401)
        self.assertEqual(self.context.cookies(), kept, "nothing was renewed yet")
        tell('client {"scope":"read","sub":"ann@example.com"}')
        tabs = [self.context.new_page() for _ in range(3)]
        for tab in tabs:
            tab.goto(f"{self.base}/console/", wait_until="commit")
        for tab in tabs:
            expect(tab.locator("footer.foot")).to_contain_text("ann@example.com")
            expect(tab.locator(".notices")).not_to_contain_text("You are not logged in")
        self.assertEqual(ask.get(f"{self.base}/v1/regions").status, 200)

    def test_tokens_of_several_kilobytes_come_and_go(self):
        # Three cookies: with the answer's own they have to fit what the server keeps of a request.
        tell('client {"scope":"read","sub":"ann@example.com","groups":"%s"}' % ("x" * 4_700))
        page = self.open()
        self.log_in(page)
        self.assertGreaterEqual(len(self.context.cookies()), 2)
        ask = self.context.request
        own = {"X-Converge-Console": "1", "Origin": self.base}
        self.assertEqual(ask.post(f"{self.base}/console/refresh", headers=own).status, 204)
        self.assertEqual(ask.get(f"{self.base}/v1/regions").status, 200)
        self.assertEqual(ask.post(f"{self.base}/console/logout", headers=own).status, 200)
        self.assertEqual(self.context.cookies(), [])

    def test_a_refresh_token_that_the_issuer_does_not_take_ends_the_log_in(self):
        page = self.open()
        self.log_in(page)
        kept = self.context.cookies()
        ask = self.context.request
        own = {"X-Converge-Console": "1", "Origin": self.base}
        self.assertEqual(ask.post(f"{self.base}/console/refresh", headers=own).status, 204)
        # The one before, which somebody has copied.
        self.context.clear_cookies()
        self.context.add_cookies(kept)
        answer = ask.post(f"{self.base}/console/refresh", headers=own)
        self.assertEqual(answer.status, 401)
        self.assertEqual(self.context.cookies(), [], "it is not asked for again and again")

    def test_a_log_in_in_one_tab_takes_nothing_from_another(self):
        ask = self.context.request
        states = [re.search("state=([^&]+)", ask.get(f"{self.base}/console/login", max_redirects=0).headers["location"])[1] for _ in range(2)]
        self.assertEqual(len(self.context.cookies()), 2)
        for query in ("", "?state=x&code=y", f"?state={states[0][:8]}&code=y"):
            self.assertEqual(ask.get(f"{self.base}/console/callback{query}").status, 400)
        self.assertEqual(len(self.context.cookies()), 2, "what belongs to no log-in ends none")
        self.assertEqual(ask.get(f"{self.base}/console/callback?state={states[0]}&iss={ISSUER}&error=access_denied").status, 403)
        self.assertEqual([each["name"] for each in self.context.cookies()], [f"__Host-converge-login-{states[1][:8]}"])
        # A code that nobody gave: once is asked, and no second time.
        wrong = f"{self.base}/console/callback?state={states[1]}&iss={ISSUER}&code=made-up"
        kept = self.context.cookies()
        self.assertEqual(ask.get(wrong).status, 403)
        self.context.add_cookies(kept)
        answer = ask.get(wrong)
        self.assertEqual((answer.status, "has come before" in answer.text()), (400, True))

    def test_what_goes_wrong_is_said(self):
        for word, text in [("deny", "The issuer refused the log-in"), ("swap", "the issuer said no"), ('client {"scope":"read","sub":"x","aud":"other"}', "access token is not accepted here (audience)")]:
            tell(word)
            page = self.open()
            page.locator(".notices").get_by_role("link", name="Log in").click()
            expect(page.locator("body")).to_contain_text(text)
            self.assertEqual(self.context.cookies(), [])
            page.close()

    def test_attacks(self):
        page = self.open()
        ask = self.context.request
        for query, status in [("", 400), ("?code=x&state=y", 400), ("?error=access_denied", 400)]:
            self.assertEqual(ask.get(f"{self.base}/console/callback{query}").status, status, "an answer that nobody asked for")
        # An answer of a log-in that was begun elsewhere: the state is another.
        begun = ask.get(f"{self.base}/console/login", max_redirects=0)
        self.assertEqual(begun.status, 303)
        place = begun.headers["location"]
        self.assertTrue(place.startswith(ISSUER + "/authorize?") and "code_challenge_method=S256" in place)
        self.assertEqual(ask.get(f"{self.base}/console/callback?code=x&state=other").status, 400)
        state = re.search("state=([^&]+)", ask.get(f"{self.base}/console/login", max_redirects=0).headers["location"])[1]
        self.assertEqual(ask.get(f"{self.base}/console/callback?code=x&state={state}&iss=https://evil.example").status, 400)
        # A code that was used.
        self.log_in(page)
        session = next(each for each in self.context.cookies() if each["name"] == "__Host-converge-session-0")
        # With the cookies, from elsewhere: nothing is changed.
        url = f"{self.base}/v1/failover/hold"
        for headers in [{}, {"X-Converge-Console": "1", "Origin": "https://evil.example"}, {"X-Converge-Console": "1", "Sec-Fetch-Site": "cross-site"}, {"Origin": self.base}]:
            answer = ask.post(url, data='{"why":"x"}', headers={"Content-Type": "application/json"} | headers)
            self.assertEqual(answer.status, 403, headers)
        self.assertEqual(ask.post(f"{self.base}/console/logout").status, 403)
        own = ask.post(url, data='{"why":"x"}', headers={"Content-Type": "application/json", "X-Converge-Console": "1", "Origin": self.base})
        self.assertEqual(own.status, 404, "let through: this process watches over no failover")
        # Cookies that were changed, cut or made up are none.
        for value in [session["value"][:-2] + "AA", session["value"][:40], "x", session["value"][::-1]]:
            self.context.clear_cookies()
            self.context.add_cookies([session | {"value": value}])
            self.assertEqual(ask.get(f"{self.base}/v1/regions").status, 401)
        self.context.clear_cookies()
        self.context.add_cookies([session])
        self.assertEqual(ask.get(f"{self.base}/v1/regions").status, 200)
        # The header of somebody else comes first.
        self.assertEqual(ask.get(f"{self.base}/v1/regions", headers={"Authorization": "Bearer x"}).status, 401)


if __name__ == "__main__":
    BASE, ISSUER = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main()
