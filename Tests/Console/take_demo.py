"""Two pictures of the demo for the README: both Regions well, and one lost. Starts `scripts/demo.sh` and ends it; takes five minutes.

    python3 take_demo.py
"""
import os
import subprocess
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
WAIT = 600_000


def main():
    demo = subprocess.Popen([ROOT / "scripts/demo.sh"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | {"CONVERGE_DEMO_PORT": os.environ.get("CONVERGE_DEMO_PORT", "19464")})
    consoles = {}
    for line in demo.stdout:
        print(line, end="", flush=True)
        if "console of" in line:
            region, _, address = line.split("console of ")[1].strip().partition(": ")
            consoles[region] = address
        if "demo: ready" in line:
            break
    expect.set_options(timeout=WAIT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light").new_page()
        page.goto(consoles["us-west-2"])
        # Long enough for a line to be seen.
        expect(page.locator("main")).to_contain_text("to us-west-2")
        page.wait_for_timeout(120_000)
        take(page, "demo-well")
        demo.stdin.write("lose us-east-1\n")
        demo.stdin.flush()
        expect(page.locator(".verdict")).to_contain_text("us-east-1 does not serve")
        page.wait_for_timeout(20_000)
        take(page, "demo-lost")
        browser.close()
    demo.stdin.write("quit\n")
    demo.stdin.close()
    demo.wait()


def take(page, name):
    picture = Image.open(BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    picture.quantize(128, dither=Image.Dither.NONE).save(ROOT / f"docs/console/{name}.png", optimize=True)


if __name__ == "__main__":
    main()
