"""Makes the pictures of the README and of the documentation again: the gallery, the page in Chromium, and the maps.

    python docs/pictures.py

Curves of measured speed belong to what measures it (`python bench/peers.py`), and `docs/drawings.py` draws what the
program can draw.
"""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import gallery
from PIL import Image
from playwright.sync_api import sync_playwright

from briarpatch.views.cli import main as briarpatch

FOLDER = Path(__file__).with_name("pictures")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SHOTS = {"watch": "#t=280000&who=picard&theme=dark", "causes": "#panel=causes&theme=light"}
"""Views of the first page of the gallery."""
MAPS = {"map": ("insurrection",), "logic": ("vault", "--graph")}
"""What `briarpatch map` draws."""
COLOURS = 256


def shots() -> None:
    """Take the pictures of the page."""
    page_of = (gallery.FOLDER / f"{gallery.FIRST}.html").as_uri()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for name, fragment in SHOTS.items():
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(page_of + fragment)
            page.wait_for_selector("html[data-ready]")
            page.wait_for_timeout(500)
            taken = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            # A palette makes the file a third as large, and the eye sees no difference.
            small = taken.quantize(COLOURS, dither=Image.Dither.NONE)
            small.save(FOLDER / f"{name}.png", optimize=True)
        browser.close()


def main() -> None:
    """Make every picture."""
    gallery.main()
    shots()
    for name, asked in MAPS.items():
        if briarpatch(["map", *asked, "--out", str(FOLDER / f"{name}.svg")]):
            raise SystemExit(f"`briarpatch map` did not draw {name}")


if __name__ == "__main__":
    main()
