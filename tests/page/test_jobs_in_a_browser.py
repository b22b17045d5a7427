"""Long questions in Chromium: asked, watched, stopped, gone on with, read, and opened as runs."""

from __future__ import annotations

import pytest
from test_page_in_a_browser import PHONE, WIDE, browser  # noqa: F401 - a fixture
from test_serve_in_a_browser import address, visit  # noqa: F401 - fixtures

pytestmark = pytest.mark.browser
LONG = 120_000
"""Milliseconds that something may take which is played."""


def go(page, address, path):  # noqa: F811
    page.goto(address.split("/#")[0] + path)
    page.wait_for_selector("html[data-ready]", timeout=LONG)


def done(page):
    page.locator(".state .done").first.wait_for(timeout=LONG)


def test_many_worlds_side_by_side_are_read_sorted_chosen_and_watched(visit, address):  # noqa: F811
    page = visit()
    go(page, address, "/scenario/vault")
    page.get_by_label("worlds", exact=True).fill("40")
    page.get_by_label("side by side").select_option("choose:manager.act")
    page.get_by_role("button", name="How does it end?").click()
    page.wait_for_url("**/ensemble/*", timeout=LONG)
    done(page)
    endings = page.get_by_role("region", name="How it ends")
    endings.get_by_text("the driller was caught in the act").wait_for(timeout=LONG)
    caught = endings.locator("tbody").filter(has_text="the driller was caught in the act")
    caught.get_by_role("button", name="police").click()
    worlds = page.get_by_role("region", name="Worlds")
    page.get_by_role("button", name="Without ending=caught").wait_for(timeout=LONG)
    page.get_by_role("button", name="Without arm=police").wait_for(timeout=LONG)
    page.wait_for_function(
        "[...document.querySelectorAll('[aria-labelledby=rows] tbody tr')].every(r => r.innerText.includes('police'))",
        timeout=LONG,
    )
    worlds.get_by_role("button", name="time").click()
    worlds.locator("th[aria-sort=ascending]").wait_for(timeout=LONG)
    assert "sort=time" in page.url
    first = worlds.locator("tbody tr").first
    told = first.inner_text()
    page.reload()
    worlds.locator("th[aria-sort=ascending]").wait_for(timeout=LONG)
    assert first.inner_text() == told, "the address opens the same rows"
    first.get_by_role("button").click()
    page.wait_for_url("**/run/ensemble-vault-*", timeout=LONG)
    page.locator(".entry").get_by_text("It ended so: the driller was caught in the act").wait_for(timeout=LONG)
    page.go_back()
    worlds.locator("th[aria-sort=ascending]").wait_for(timeout=LONG)


def test_too_many_worlds_are_confirmed_and_a_job_is_stopped_and_goes_on(visit, address):  # noqa: F811
    page = visit()
    go(page, address, "/scenario/vault")
    page.get_by_label("worlds", exact=True).fill("50000000")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="How does it end?").click()
    page.wait_for_url("**/ensemble/*", timeout=LONG)
    page.locator(".state").get_by_text("of 50,000,000").wait_for(timeout=LONG)
    page.get_by_role("button", name="stop").click()
    page.locator(".state .stopped").wait_for(timeout=LONG)
    page.get_by_role("button", name="jobs").click()
    page.wait_for_url("**/jobs", timeout=LONG)
    row = page.get_by_role("listitem").filter(has_text="50,000,000 worlds")
    row.get_by_role("button", name="go on").click()
    row.get_by_role("button", name="stop").click(timeout=LONG)
    row.get_by_text("stopped", exact=True).wait_for(timeout=LONG)
    page.wrong.clear()  # the browser itself notes that unconfirmed worlds were refused


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_what_somebody_should_do_is_told_with_intervals(visit, address, size):  # noqa: F811
    page = visit(size)
    go(page, address, "/scenario/vault")
    page.get_by_label("worlds", exact=True).fill("60")
    page.get_by_role("combobox", name="question").select_option("manager.act")
    page.get_by_role("button", name="What should they do?").click()
    page.wait_for_url("**/decision/*", timeout=LONG)
    done(page)
    page.get_by_text("The question came up in").first.wait_for(timeout=LONG)
    options = page.get_by_role("region", name="Options")
    assert options.locator("tbody tr").count() == 4
    assert options.get_by_text("best by the weights").count() == 1
    assert "to" in page.get_by_role("region", name="How it ends").locator("tbody tr").nth(1).inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("seed of the world to watch").fill("3")
    page.get_by_role("button", name="Watch a world with sleep").click()
    page.wait_for_url("**/run/vault-3*", timeout=LONG)
    page.locator(".entry").get_by_text("The manager went back to bed").wait_for(timeout=LONG)


def test_a_run_is_reviewed_and_its_turning_points_are_worked_out(visit, address):  # noqa: F811
    page = visit()
    card = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="The vault"))
    card.get_by_label("seed").fill("3")
    card.get_by_role("button", name="Play").click()
    page.wait_for_url("**/run/vault-3*", timeout=LONG)
    page.get_by_role("button", name="Endings").click()
    page.get_by_label("moments").fill("6")
    page.get_by_label("courses from each").fill("10")
    page.get_by_role("button", name="work them out").click()
    page.get_by_role("heading", name="Turning points").wait_for(timeout=LONG)
    page.get_by_role("button", name="Review").click()
    page.get_by_label("worlds for each other answer").fill("20")
    page.get_by_role("button", name="Review this run").click()
    page.get_by_role("heading", name="Who knew what, and when").wait_for(timeout=LONG)
    page.get_by_text("What mattered most was right").wait_for(timeout=LONG)
    assert "panel=review" in page.url
    with page.expect_download(timeout=LONG) as download:
        page.get_by_role("button", name="one HTML file").click()
    assert "What mattered most" in download.value.path().read_text(encoding="utf-8")
    with page.expect_download(timeout=LONG) as download:
        page.get_by_role("button", name="events as CSV").click()
    assert "The manager called the police" in download.value.path().read_text(encoding="utf-8")
    shared = page.url
    right = page.locator("section").filter(has=page.get_by_role("heading", name="What was right"))
    right.get_by_role("button", name="day 1, 23:25").first.click()
    page.locator(".entry[aria-current=true]").get_by_text("The manager called the police").wait_for(timeout=LONG)
    page.goto(shared)
    page.get_by_role("heading", name="Who knew what, and when").wait_for(timeout=LONG)
    right.get_by_role("button", name="compare").first.click()
    page.wait_for_url("**/compare/vault-3*/*", timeout=LONG)
    page.get_by_role("button", name="the same change in 200 worlds").click()
    page.wait_for_url("**/job/*", timeout=LONG)
    done(page)
    page.get_by_text("200 worlds, each played both ways").wait_for(timeout=LONG)


def test_a_job_that_is_not_there_is_said_in_words(visit, address):  # noqa: F811
    page = visit()
    go(page, address, "/ensemble/none")
    page.get_by_text("there is no job 'none' here").first.wait_for(timeout=LONG)
    page.wrong.clear()  # the browser itself notes an answer of 404
