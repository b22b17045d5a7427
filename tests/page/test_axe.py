"""axe-core finds no fault in any screen of the page, be it light, dark or on a phone."""

from __future__ import annotations

import json
import time
import urllib.request

import pytest
from test_page_in_a_browser import PHONE, WIDE, browser  # noqa: F401 - a fixture
from test_serve_in_a_browser import address, axe  # noqa: F401 - a fixture

pytestmark = pytest.mark.browser
LONG = 120
"""Seconds that something may take which is played."""
MOMENT = "t=400000"
PANELS = {
    "watch": ".entry",
    "causes": ".graph .node",
    "beliefs": "tbody th",
    "endings": "text=Turning points",
    "measures": "#measures",
}
SCREENS = {
    "home": "#scenarios",
    "scenario": "#many",
    "jobs": ".state",
    "ensemble": "[aria-labelledby=rows] tbody tr",
    "decision": "[aria-labelledby=options]",
    "change": "text=each played both ways",
    "review": "#knew",
    "compare": "li.parted",
    "desk": ".controls",
    "seat": "dialog[open]",
    "nothing": "h1",
    **PANELS,
}
"""Each screen, and what is there as soon as it shows what it is for."""
STATES = {
    "watch": lambda page: page.keyboard.press("?"),
    "seat": lambda page: page.get_by_role("button", name="Look around first").click(),
    "desk": lambda page: page.get_by_role("button", name="see as").first.click(),
}
"""What else a screen can show: a list of keys, a seat behind its question, a seat that is looked at."""


@pytest.fixture(scope="module")
def paths(address):  # noqa: F811
    """Return where each screen is, with an answer of each kind to show."""
    base, key = address.split("/#key=")

    def call(path, body=None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(
            urllib.request.Request(base + path, data, {"authorization": f"Bearer {key}"})
        ) as said:
            return json.load(said)

    def asked(path, body):
        job = call(path, body)
        end = time.monotonic() + LONG
        while job["state"] in ("waiting", "playing") and time.monotonic() < end:
            time.sleep(0.2)
            job = call(f"/api/jobs/{job['id']}")
        assert job["state"] == "done", job
        return job["id"]

    short = call("/api/runs", {"scenario": "vault", "seed": "3"})["id"]
    run = call("/api/runs", {"scenario": "insurrection", "seed": "2"})["id"]
    other = call(f"/api/runs/{run}/instead", {"choices": {"picard.answer": "stay"}})["id"]
    asked(f"/api/runs/{run}/turning", {"checkpoints": 6, "continuations": 10})
    arms = ["as it is", "police: choose manager.act=police"]
    decision = {"scenario": "vault", "n": 30, "decision": ["manager.act"]}
    change = {"choices": {"manager.act": "sleep"}, "n": 20}
    seats = {"manager": "human", "guard": "human", "clerk": "human"}
    game = call("/api/games", {"scenario": "vault", "seed": "2", "seats": seats})
    return {
        "home": "/",
        "scenario": "/scenario/insurrection",
        "jobs": "/jobs",
        "ensemble": "/ensemble/" + asked("/api/ensembles", {"scenario": "vault", "n": 30, "arms": arms}),
        "decision": "/decision/" + asked("/api/decisions", decision),
        "change": "/job/" + asked(f"/api/runs/{short}/whatif", change),
        "review": f"/run/{short}#panel=review&job=" + asked(f"/api/runs/{short}/review", {"worlds": 10}),
        "compare": f"/compare/{run}/{other}",
        "desk": f"/play/{game['id']}#key={key}",
        "seat": game["seats"]["manager"],
        "nothing": "/run/none",
    } | {panel: f"/run/{run}#panel={panel}&{MOMENT}&entry=184" for panel in PANELS}


@pytest.mark.parametrize(
    ("theme", "size"),
    [("dark", WIDE), ("light", WIDE), ("dark", PHONE)],
    ids=["dark-wide", "light-wide", "dark-phone"],
)
@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_nothing(browser, address, paths, screen, theme, size):  # noqa: F811
    context = browser.new_context(viewport=size, color_scheme=theme)
    page = context.new_page()
    base, key = address.split("/#")
    path = paths[screen]
    page.goto(base + path + ("" if "key=" in path else ("&" if "#" in path else "#") + key))
    page.wait_for_selector(f"html[data-ready][data-theme={theme}] h1", timeout=LONG * 1000)
    page.locator(SCREENS[screen]).first.wait_for(state="attached", timeout=LONG * 1000)
    page.evaluate("document.querySelectorAll('details').forEach(one => (one.open = true))")
    assert axe(page) == []
    if screen in STATES:
        STATES[screen](page)
        page.wait_for_timeout(200)
        assert axe(page) == []
    context.close()
