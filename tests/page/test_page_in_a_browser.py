"""The page in Chromium: it opens from a disk, asks for nothing, and can be used by mouse, by keys and by a reader."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

import briarpatch as bp
from briarpatch.render.page_file import page_file

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
AXE = Path(__file__).parents[2] / "page" / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]
EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
PANELS = ("watch", "causes", "beliefs", "endings", "measures", "compare")


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None or not AXE.exists():
        if os.environ.get("CI"):
            pytest.fail("Chromium and page/node_modules are needed: apt-get install chromium; npm ci in page/")
        pytest.skip("Chromium and page/node_modules are needed: apt-get install chromium; npm ci in page/")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    flagship = bp.run("insurrection", seed=2)
    other = bp.run("insurrection", seed=2, choices={"picard.answer": "stay"})
    (folder / "insurrection.html").write_bytes(page_file(flagship, other))
    for name in ("valley", "vault", "hunt", "strike"):
        (folder / f"{name}.html").write_bytes(page_file(bp.run(name, seed=1)))
    for name, gone in (("fjords", ""), ("bare", "    backdrop: fjords-land.geojson\n")):
        for file in EXAMPLES.glob("fjords*"):
            (folder / file.name).write_text(file.read_text().replace(gone, ""))
        (folder / f"{name}.html").write_bytes(page_file(bp.run(folder / "fjords.yaml", seed=1)))
    return folder


@pytest.fixture
def opened(browser, files):
    pages = []

    def open_(name="insurrection", fragment="", **settings):
        page = browser.new_page(**({"viewport": WIDE} | settings))
        page.wrong, page.asked = [], []
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.on("console", lambda said: said.type == "error" and page.wrong.append(said.text))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto((files / f"{name}.html").as_uri() + fragment)
        page.wait_for_selector("html[data-ready]", timeout=30_000)
        pages.append(page)
        return page

    yield open_
    for page in pages:
        assert page.wrong == []
        assert [url for url in page.asked if not url.startswith(("file:", "data:", "blob:"))] == []
        page.close()


def test_land_lies_beneath_the_map(opened):
    """Of two points without a mark, one on land and one at sea, the one on land alone looks otherwise than without a backdrop."""
    from io import BytesIO

    from matplotlib.image import imread

    with_it, without = (
        imread(BytesIO(opened(name).locator(".map canvas").first.screenshot())) for name in ("fjords", "bare")
    )
    assert with_it.shape == without.shape
    other = (abs(with_it - without) > 0.004).any(axis=2)
    tall, wide = other.shape
    land, sea = other[:, : wide // 4], other[tall // 5 : tall // 2, -wide // 8 :]
    assert land.mean() > 0.6
    assert sea.mean() < 0.2


def hash_of(page, true=lambda said: True):
    """Return the fragment of the address, once it has been written and is as wanted; the page forbids `eval`."""
    page.wait_for_timeout(400)
    for _ in range(100):
        if true(page.evaluate("location.hash")):
            break
        page.wait_for_timeout(100)
    return page.evaluate("location.hash")


@pytest.mark.parametrize("name", ["insurrection", "valley", "vault", "hunt", "strike"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_every_panel_shows_something_and_never_scrolls_sideways(opened, name, size):
    for panel in PANELS:
        page = opened(name, f"#panel={panel}", viewport=size)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight"), "panels scroll, the page does not"
        assert len(page.inner_text("body").split()) > 10


def test_keys_step_play_and_explain(opened):
    page = opened("insurrection", "#t=200000")
    page.keyboard.press("ArrowRight")
    first = hash_of(page, lambda said: "entry=" in said)
    assert "entry=" in first
    assert page.locator("[aria-live]").inner_text().startswith("Day ")
    page.keyboard.press("Shift+ArrowRight")
    assert hash_of(page, lambda said: said != first) != first
    page.keyboard.press("w")
    page.get_by_text("entries led here").first.wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("End")
    assert page.get_by_role("slider").get_attribute("aria-valuetext") == page.evaluate(
        "document.querySelector('input[type=range]').getAttribute('aria-valuetext')"
    )
    page.keyboard.press("Home")
    page.keyboard.press(" ")
    slider = page.locator("input[type=range]")
    for _ in range(100):
        if float(slider.input_value()) > 0:
            break
        page.wait_for_timeout(100)
    assert float(slider.input_value()) > 0
    page.keyboard.press(" ")


def test_an_address_opens_the_same_view(opened):
    page = opened("insurrection", "#entry=184&who=anij&axis=clock&theme=light")
    assert page.locator("[aria-current='true'].entry").count() == 1
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    assert "who=anij" in hash_of(page, lambda said: "axis=clock" in said)
    assert "axis=clock" in hash_of(page)
    nonsense = opened("valley", "#t=abc&entry=99999&who=nobody&panel=none&theme=red&x=1")
    assert nonsense.locator(".entry").count() > 3


@pytest.mark.parametrize("name", ["insurrection", "vault", "vault-played"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_pages_of_the_gallery_say_where_they_turned(opened, files, name, size):
    source = Path(__file__).parents[2] / "docs" / "gallery" / f"{name}.html"
    (files / f"gallery-{name}.html").write_bytes(source.read_bytes())
    page = opened(f"gallery-{name}", "#panel=endings", viewport=size)
    page.get_by_role("heading", name="How it can end" if name == "vault-played" else "Turning points").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_drag_on_the_timeline_seeks(opened):
    page = opened("insurrection")
    box = page.locator(".area canvas").bounding_box()
    before = page.locator("input[type=range]").input_value()
    page.mouse.move(box["x"] + 300, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 700, box["y"] + 8, steps=6)
    page.mouse.up()
    assert page.locator("input[type=range]").input_value() != before


def test_what_is_to_come_can_be_hidden(opened):
    page = opened("valley", "#t=0&hide=future")
    assert "It ended so" not in page.inner_text("body")


def test_two_runs_are_compared_under_the_same_luck(opened):
    page = opened("insurrection", "#panel=compare")
    page.get_by_text("entries are the same in both").wait_for()
    page.get_by_text("picard.answer = stay").wait_for()
    assert page.locator("li.parted").count() >= 1


def test_two_compared_runs_share_their_time_and_show_what_is_the_same(opened):
    page = opened("insurrection", "#panel=compare")
    rows, current = page.locator("ol li"), page.locator("button.cell[aria-current=true]")
    clock = page.get_by_role("slider", name="Time of the story")
    maps = [page.get_by_role("region", name=f"Who is where, {side}", exact=True) for side in ("left", "right")]

    def instant(row, side):
        return row.locator(".cell").nth(side).locator(".num").inner_text()

    page.keyboard.press("Home")
    begun = [one.text_content() for one in maps]
    assert begun[0] == begun[1]
    page.get_by_role("button", name="go to the first difference").click()
    assert current.count() == 2
    assert rows.first.locator("[aria-current=true]").count() == 2
    assert clock.get_attribute("aria-valuetext") == instant(rows.first, 0) == instant(rows.first, 1)
    assert "entry=" in hash_of(page, lambda said: "entry=" in said)

    other = page.locator("li").filter(has=page.get_by_text("only on the right", exact=True)).first
    other.locator("button.cell").click()
    assert other.locator("[aria-current=true]").count() == current.count() == 1
    assert clock.get_attribute("aria-valuetext") == instant(other, 1)
    assert "entry=" not in hash_of(page, lambda said: "entry=" not in said)

    later = page.locator("li").filter(has=page.get_by_text("in both, at another time", exact=True)).first
    later.locator("button.cell").nth(1).click()
    assert later.locator("[aria-current=true]").count() == current.count() == 2
    assert clock.get_attribute("aria-valuetext") == instant(later, 1) != instant(later, 0)

    page.keyboard.press("End")
    assert current.count() == 0
    last = page.locator("li[data-now]")
    assert last.evaluate("row => row === row.parentElement.lastElementChild")
    ended = [one.text_content() for one in maps]
    assert ended[0] != begun[0]
    assert ended[1] != begun[1]
    assert ended[0] != ended[1]
    page.get_by_role("button", name="show them").click()
    assert page.get_by_text("in both", exact=True).count() > 10


def test_motion_is_reduced_where_that_is_wanted(opened):
    page = opened("valley", reduced_motion="reduce")
    page.keyboard.press(" ")
    assert "entry=" in hash_of(page, lambda said: "entry=" in said)
