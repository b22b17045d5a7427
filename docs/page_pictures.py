"""Takes the pictures of the page that the documentation shows, in Chromium.

python docs/page_pictures.py
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

import briarpatch as bp
from briarpatch.render.page_file import page_file

FOLDER = Path(__file__).with_name("pictures")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SEED = 2
SHOTS = {"watch": "#t=400000&who=picard&theme=dark", "causes": "#panel=causes&theme=light"}


def main() -> None:
    """Write each picture into `docs/pictures`."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "page.html"
        file.write_bytes(page_file(bp.run("insurrection", seed=SEED)))
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for name, fragment in SHOTS.items():
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(file.as_uri() + fragment)
            page.wait_for_selector("html[data-ready]")
            page.wait_for_timeout(500)
            page.screenshot(path=FOLDER / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
