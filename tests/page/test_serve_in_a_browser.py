"""`briarpatch serve` as a newcomer uses it: open the printed address, play, watch, ask what if, compare, go back."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest
from test_page_in_a_browser import AXE, PHONE, WIDE, browser  # noqa: F401 - a fixture

pytestmark = pytest.mark.browser
SERVE = "import sys; from briarpatch.views.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served") / "runs"
    command = [sys.executable, "-c", SERVE, "serve", str(folder), "--port", "0", "--no-open"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    yield server.stdout.readline().strip()
    server.send_signal(signal.SIGINT)
    server.communicate(timeout=30)


@pytest.fixture
def visit(browser, address):  # noqa: F811
    pages = []

    def open_(size=WIDE):
        page = browser.new_page(viewport=size)
        page.wrong, page.asked = [], []
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.on("console", lambda said: said.type == "error" and page.wrong.append(said.text))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(address)
        page.wait_for_selector("html[data-ready]", timeout=30_000)
        page.get_by_role("heading", name="The vault").wait_for(timeout=30_000)
        pages.append(page)
        return page

    yield open_
    for page in pages:
        assert page.wrong == []
        assert all(url.startswith((address.split("/#")[0], "data:", "blob:")) for url in page.asked)
        page.close()


def axe(page):
    page.evaluate(AXE.read_text(encoding="utf-8"))
    return page.evaluate(
        "axe.run().then(r => r.violations.map(v => [v.impact, v.id, v.nodes.length, v.nodes[0].html.slice(0, 200),"
        " v.nodes[0].any[0]?.message]))"
    )


def test_a_newcomer_plays_watches_and_asks_what_if(visit):
    page = visit()
    assert "key=" not in page.url, "the key leaves the address"
    card = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="The vault"))
    card.get_by_label("seed").fill("3")
    card.get_by_role("button", name="Play").click()
    page.wait_for_url("**/run/vault-3*", timeout=60_000)
    page.locator(".entry.choice").first.wait_for(timeout=30_000)
    page.locator(".entry.choice .row").first.click()
    page.get_by_role("button", name="what if").first.click()
    page.wait_for_url("**/compare/vault-3/vault-3-2*", timeout=60_000)
    page.get_by_text("entries are the same in both").wait_for(timeout=30_000)
    page.go_back()
    page.wait_for_url("**/run/vault-3*", timeout=60_000)
    page.get_by_role("link", name="All runs").click()
    runs = page.locator("a[href^='/run/']").filter(has_text="The vault")
    runs.first.wait_for(timeout=30_000)
    assert runs.count() == 2


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_home_never_scrolls_sideways(visit, size):
    page = visit(size)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_run_that_is_not_there_is_said_in_words(visit, address):
    page = visit()
    page.goto(address.split("/#")[0] + "/run/none")
    page.get_by_text("there is no run 'none' here").wait_for(timeout=30_000)
    page.wrong.clear()  # the browser itself notes an answer of 404


def test_a_link_to_a_comparison_opens_it_at_its_time(visit, address):
    page = visit()
    card = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="The vault"))
    card.get_by_label("seed").fill("3")
    card.get_by_role("button", name="Play").click()
    page.wait_for_url("**/run/vault-3*", timeout=60_000)
    name = page.url.split("/run/")[1].split("#")[0]
    answered = []

    def late(route):
        answered.append(route.request.url)
        if len(answered) > 1:
            time.sleep(0.6)
        route.continue_()

    page.route("**/api/runs/*/page*", late)
    page.goto(f"{address.split('/#')[0]}/compare/{name}/{name}#t=3600")
    page.get_by_text("entries are the same in both").wait_for(timeout=30_000)
    assert len(answered) == 2
    assert page.get_by_role("slider").get_attribute("aria-valuetext") == "Day 1, 23:00"


def test_a_page_without_the_key_is_told_where_to_find_it(browser, address):  # noqa: F811
    page = browser.new_page()
    page.goto(address.split("/#")[0])
    page.get_by_text("open the address that `briarpatch serve` prints").wait_for(timeout=30_000)
    page.close()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_run_is_seen_as_one_person_could_know_it(visit, address, size):
    page = visit(size)
    card = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="The vault"))
    card.get_by_label("seed").fill("3")
    card.get_by_role("button", name="Play").click()
    page.wait_for_url("**/run/vault-3*", timeout=60_000)
    page.get_by_label("See as").select_option("guard")
    page.get_by_text("as the night guard could know it").wait_for(timeout=60_000)
    page.locator(".entry").first.wait_for(timeout=60_000)
    assert "as=guard" in page.url
    page.reload()
    page.get_by_text("as the night guard could know it").wait_for(timeout=60_000)
    page.locator(".entry").first.wait_for(timeout=60_000)
    assert "The clerk rang the manager" not in page.content()
    assert page.get_by_text("Chance of each ending").count() == 0
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("button", name="Save as one file").click()
    assert "data-run" in download.value.path().read_text(encoding="utf-8")
    page.get_by_label("See as").select_option("")
    page.get_by_text("The clerk rang the manager").first.wait_for(timeout=60_000)
    assert "as=guard" not in page.url
