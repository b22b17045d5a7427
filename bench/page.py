"""What the page costs: sizes, first paint, ready, frames a second with software drawing.

python bench/page.py
"""

from __future__ import annotations

import gzip
import shutil
import tempfile
from pathlib import Path
from statistics import median

from playwright.sync_api import ViewportSize, sync_playwright

import briarpatch as bp
from briarpatch.render.page_data import page_data, to_json
from briarpatch.render.page_file import page_file, served_files

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SIZES: dict[str, ViewportSize] = {
    "1440 x 900": {"width": 1440, "height": 900},
    "390 x 844": {"width": 390, "height": 844},
}
OPENINGS, FRAMES = 7, 240
COUNT_FRAMES = """n => new Promise(done => {
  const times = []
  const frame = now => times.push(now) > n ? done(times) : requestAnimationFrame(frame)
  requestAnimationFrame(frame)
})"""


def main() -> None:
    """Print each number in a line of its own."""
    for name, content in sorted(served_files().items(), key=lambda item: -len(item[1])):
        if name.endswith(".js"):
            print(f"{name:<27} {len(gzip.compress(content, 9)) / 1024:8.1f} KB compressed")
    run = bp.run("insurrection", seed=2)
    print(f"page-1 of insurrection      {len(gzip.compress(to_json(page_data(run)), 9)) / 1024:8.1f} KB compressed")
    print(f"one file of insurrection    {len(page_file(run)) / 1024:8.1f} KB")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "page.html"
        file.write_bytes(page_file(run))
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for name, size in SIZES.items():
            paints, readies = [], []
            for _ in range(OPENINGS):
                tab = browser.new_page(viewport=size)
                tab.goto(file.as_uri())
                tab.wait_for_selector("html[data-ready]")
                paint = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN"
                tab.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
                paints.append(float(tab.evaluate(paint)))
                readies.append(float(tab.evaluate("document.documentElement.dataset.ready")))
                tab.close()
            tab = browser.new_page(viewport=size)
            tab.goto(file.as_uri())
            tab.wait_for_selector("html[data-ready]")
            tab.keyboard.press(" ")
            times = tab.evaluate(COUNT_FRAMES, FRAMES)
            tab.close()
            print(f"first paint, {name:<14} {median(paints):8.0f} ms (median of {OPENINGS})")
            print(f"ready, {name:<20} {median(readies):8.0f} ms")
            print(f"playing, {name:<18} {1000 * FRAMES / (times[-1] - times[0]):8.1f} frames a second")
        browser.close()


if __name__ == "__main__":
    main()
