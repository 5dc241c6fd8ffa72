"""Pictures of the states that matter, compared with those of docs/console: they are the documentation's own. UPDATE=1 writes them.

A picture is the same where at most one pixel in 100 differs by more than 48 of 255 in a colour: ages go on, fonts are hinted elsewhere in another way. What differs is left in .build/console.
"""
import os
import unittest
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops
from playwright.sync_api import expect

from rig import AGENT, Case

ROOT = Path(__file__).resolve().parents[2]
KEPT, LEFT = ROOT / "docs/console", ROOT / ".build/console"
SHARE_MAX, COLOUR_MAX = 0.01, 48
# Name: world, address, options of the browser.
PICTURES = {
    "well": ("well", "", {}), "stale": ("stale", "", {}), "lost": ("lost", "", {}), "failover": ("failover", "failover", {}), "empty": ("empty", "", {}), "crowd": ("crowd", "agents", {}),
    "explain": ("well", f"explain/agent/{AGENT}", {}), "letters": ("well", "letters", {}), "preflight": ("well", "preflight", {}), "off": ("off", "", {}),
    "dark": ("lost", "", {"color_scheme": "dark"}), "zoomed": ("well", "", {"viewport": {"width": 640, "height": 900}}),
}


def differing(one, other):
    """The share of pixels that differ, and a picture of where."""
    if one.size != other.size:
        return 1.0, other
    bands = ImageChops.difference(one, other).split()
    most = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2]).point(lambda value: 255 if value > COLOUR_MAX else 0)
    return most.histogram()[255] / (one.size[0] * one.size[1]), most


class PicturesTest(Case):
    def test_pictures(self):
        wrong = []
        for name, (world, address, options) in PICTURES.items():
            self.renew(**options)
            self.double.world(world)
            page = self.open(address)
            # A chart is drawn once its library is there.
            for place in page.locator(".plot").all():
                expect(place.locator("canvas")).to_be_attached()
            page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            taken = Image.open(BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
            path = KEPT / f"{name}.png"
            if os.environ.get("UPDATE") == "1":
                KEPT.mkdir(exist_ok=True)
                taken.quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)
                continue
            share, where = differing(Image.open(path).convert("RGB"), taken) if path.exists() else (1.0, taken)
            if share > SHARE_MAX:
                LEFT.mkdir(parents=True, exist_ok=True)
                taken.save(LEFT / f"{name}.png")
                where.save(LEFT / f"{name}.differs.png")
                wrong.append(f"{name}: {share:.2%} of the pixels differ; see {LEFT}/{name}.png and {name}.differs.png. UPDATE=1 takes it for right")
        self.assertEqual(wrong, [])
        self.is_clean()

    def test_a_change_is_seen(self):
        one = Image.new("RGB", (100, 100), "white")
        other = one.copy()
        other.paste((0, 0, 0), (0, 0, 20, 10))
        self.assertGreater(differing(one, other)[0], SHARE_MAX)
        self.assertEqual(differing(one, one)[0], 0)
        self.assertEqual(differing(one, Image.new("RGB", (99, 100)))[0], 1.0)


if __name__ == "__main__":
    unittest.main()
