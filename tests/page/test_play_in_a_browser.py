"""Games in Chromium: alone from a moment of a run, and three people with a facilitator in four browsers, with fog."""

from __future__ import annotations

import json

import pytest
from test_page_in_a_browser import PHONE, WIDE, browser  # noqa: F401 - a fixture
from test_serve_in_a_browser import address, axe  # noqa: F401 - a fixture

pytestmark = pytest.mark.browser
SECRET = "The clerk told the manager"
"""What only those two can know."""


@pytest.fixture
def table(browser, address):  # noqa: F811
    """Return a function that opens an address in a browser of its own, as somebody at another machine would."""
    contexts, tabs = [], []

    def open_(path, size=WIDE, **settings):
        context = browser.new_context(viewport=size, **settings)
        contexts.append(context)
        tab = context.new_page()
        tab.wrong, tab.seen = [], []
        tab.on("pageerror", lambda error: tab.wrong.append(str(error)))
        tab.on("console", lambda said: said.type == "error" and tab.wrong.append(said.text))
        tab.on("response", lambda answer: tab.seen.append(answer.url))
        tab.goto(address.split("/#")[0] + path)
        tabs.append(tab)
        return tab

    yield open_
    wrong = [tab.wrong for tab in tabs]
    for context in contexts:
        context.close()
    assert not any(wrong), wrong


def answer(tab, digit, reason):
    """Answer the question that is open, by keys."""
    tab.get_by_role("dialog").wait_for(timeout=60_000)
    tab.keyboard.press(digit)
    tab.get_by_role("dialog").get_by_label("Why?").fill(reason)
    tab.get_by_role("dialog").get_by_role("button", name="Do it").click()
    tab.get_by_role("dialog").wait_for(state="detached", timeout=60_000)


def make_a_game(table, address):  # noqa: F811
    owner = table("/scenario/vault#" + address.split("#")[1])
    owner.get_by_label("seed").fill("2")
    owner.get_by_text("others, who are asked nothing").click()
    owner.get_by_label("Who plays the clerk").select_option("human")
    owner.get_by_role("button", name="Make the game").click()
    owner.wait_for_url("**/play/vault-game-2*", timeout=60_000)
    owner.get_by_role("link", name="link", exact=True).nth(2).wait_for(timeout=60_000)
    links = {}
    for row in owner.locator("li.one").filter(has=owner.get_by_role("link", name="link", exact=True)).all():
        links[row.locator("b").inner_text()] = row.get_by_role("link", name="link", exact=True).get_attribute("href")
    return owner, links


def test_three_people_and_a_facilitator_play_with_fog(table, address):  # noqa: F811
    facilitator, links = make_a_game(table, address)
    manager, clerk = table(links["The manager"]), table(links["The clerk"], PHONE)
    guard = table(links["The night guard"], color_scheme="light")
    manager.get_by_role("dialog").wait_for(timeout=60_000)
    assert "key=" not in manager.url, "the key leaves the address"
    manager.get_by_role("heading", name="What does the manager do?").wait_for()
    assert axe(manager) == []
    facilitator.get_by_text("the manager is asked").first.wait_for(timeout=60_000)
    assert axe(facilitator) == []

    clerk.get_by_text(SECRET).first.wait_for(timeout=60_000)
    guard.get_by_role("heading", name="The night guard").wait_for(timeout=60_000)
    for tab in (guard, clerk):
        assert tab.get_by_role("dialog").count() == 0, "nobody learns that somebody else is asked"
        assert "is asked" not in tab.inner_text("body")
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert axe(tab) == []
    assert SECRET not in guard.content()

    clerk.get_by_role("tab", name="Write").click()
    clerk.get_by_label("To", exact=True).select_option("manager")
    clerk.get_by_label("Message", exact=True).fill("It is no hum, it is a drill.")
    clerk.get_by_role("button", name="Send").click()
    manager.get_by_role("button", name="Look around first").click()
    manager.locator(".log").get_by_text("It is no hum, it is a drill.").wait_for(timeout=60_000)
    clerk.get_by_label("What you try").fill("I knock at the neighbour's door.")
    clerk.get_by_role("button", name="Try").click()
    facilitator.get_by_text("I knock at the neighbour's door.").wait_for(timeout=60_000)
    facilitator.get_by_label("Refusal").fill("The neighbour is away.")
    facilitator.get_by_role("button", name="refuse").click()
    clerk.get_by_text("No: The neighbour is away.").wait_for(timeout=60_000)

    facilitator.get_by_role("button", name="Pause").click()
    guard.get_by_text("The story is paused.").wait_for(timeout=60_000)
    facilitator.get_by_role("button", name="Go on").click()
    manager.get_by_role("button", name="Answer").click()
    answer(manager, "1", "Better a false alarm than an empty vault.")
    guard.get_by_role("dialog").wait_for(timeout=60_000)
    assert manager.get_by_role("dialog").count() == 0
    answer(guard, "1", "They are at the door.")
    facilitator.get_by_role("tab", name="Branches").click()
    facilitator.get_by_text("Better a false alarm than an empty vault.").wait_for(timeout=60_000)
    facilitator.get_by_role("button", name="take back to here").nth(0).click()
    manager.get_by_text("The facilitator took the story back").wait_for(timeout=60_000)
    answer(manager, "3", "This time I sleep.")

    facilitator.once("dialog", lambda dialog: dialog.accept())
    facilitator.get_by_role("button", name="End", exact=True).click()
    guard.get_by_role("button", name="Watch the whole story").click()
    guard.locator(".entry").first.wait_for(timeout=60_000)
    guard.locator(".entry").get_by_text("The clerk rang the manager").wait_for(timeout=60_000)


def test_nothing_of_others_reaches_a_seat(table, address):  # noqa: F811
    _, links = make_a_game(table, address)
    guard = table("/")
    guard.get_by_role("alert").wait_for(timeout=60_000)
    said = []
    guard.on("response", lambda found: "/api/" in found.url and "/events" not in found.url and said.append(found))
    guard.goto(address.split("/#")[0] + links["The night guard"])
    guard.get_by_role("heading", name="The night guard").wait_for(timeout=60_000)
    assert said
    for found in said:
        assert SECRET not in json.dumps(found.json())
    guard.wrong.clear()  # without a key, the home page is refused


def test_a_newcomer_takes_a_chair_in_the_recorded_run_and_plays_on(table, address):  # noqa: F811
    page = table("/example#" + address.split("#")[1])
    page.locator(".entry.choice .row").filter(has_text="Picard").first.click(timeout=60_000)
    page.get_by_role("button", name="take this chair").click()
    page.wait_for_url("**/play/insurrection-game-2*", timeout=120_000)
    page.get_by_role("dialog").wait_for(timeout=60_000)
    page.get_by_role("dialog").get_by_role("radio").first.wait_for()
    page.get_by_role("dialog").locator("[role=radio]:enabled").first.click()
    before = page.get_by_role("dialog").locator("h2").first.inner_text()
    page.get_by_role("button", name="Do it").click()
    page.get_by_role("heading", name=before).wait_for(state="detached", timeout=60_000)
    assert axe(page) == []
