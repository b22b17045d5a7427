"""The 32 systems of the tellings: each has a page, a scenario of its own, a row on the page, and a cause that matters."""

from pathlib import Path

import causes
import pytest
import story

from briarpatch.scenario.catalog import find
from briarpatch.world.compiled import INTERPRETED

DOCS = Path(__file__).parent.parent / "docs"
TABLE = (
    (DOCS / "insurrection.md").read_text(encoding="utf-8").partition("<!-- systems -->")[2].partition("<!-- end -->")[0]
)
HEAD, _, *ROWS = [line for line in TABLE.splitlines() if line.startswith("|")]
NUMBERED = list(enumerate(causes.SYSTEMS, 1))


def test_every_system_has_its_pages_and_a_scenario_of_its_own():
    assert len(causes.SYSTEMS) == 32
    for system in causes.SYSTEMS:
        assert find(system.scenario)
        assert find(system.of)
        assert all((DOCS / "mechanisms" / f"{page}.md").exists() for page in system.pages), system.name
        assert system.least != 0.0
        assert system.settings


def test_the_table_has_a_row_for_each_system():
    assert HEAD == story.HEAD
    assert len(ROWS) == len(causes.SYSTEMS)


@pytest.mark.parametrize(("number", "system"), NUMBERED, ids=[system.name for system in causes.SYSTEMS])
def test_a_row_of_the_page_is_what_the_program_states_and_its_verdict_that_of_its_numbers(number, system):
    """`python bench/story.py --systems 200 --page docs/insurrection.md` rewrites them."""
    cells = tuple(ROWS[number - 1].strip("| ").split(" | "))
    wanted = story.stated(number, system)
    assert cells[: len(wanted)] == wanted
    before, after, bounds, verdict = cells[len(wanted) :]
    low, high = map(float, bounds.split(" to "))
    half = 0.006 * max(abs(float(before)), abs(float(after)))
    """Three digits are printed of each."""
    assert (low + high) / 2 == pytest.approx(float(after) - float(before), abs=half)
    assert verdict == story.verdict(story.shows(system.least, low, high))


@pytest.mark.parametrize(
    ("least", "low", "high", "holds"),
    [
        (+0.1, +0.05, +0.17, True),
        (+0.1, -0.01, +0.40, False),
        (+0.1, +0.02, +0.10, False),
        (+0.1, -0.40, -0.20, False),
        (-0.1, -0.17, -0.05, True),
        (-0.1, -0.40, +0.01, False),
        (-0.1, -0.10, -0.02, False),
        (-0.1, +0.20, +0.40, False),
    ],
)
def test_a_difference_shows_what_was_said_when_it_leaves_out_0_and_is_large_enough(least, low, high, holds):
    assert story.shows(least, low, high) == holds


@pytest.mark.long
@pytest.mark.parametrize(
    "name", ["calls, orders and requests", "the directive and the guidelines", "escalation: killing them"]
)
def test_taking_the_cause_of_a_system_away_does_what_was_said(name):
    system = next(one for one in causes.SYSTEMS if one.name == name)
    found = story.effect(system, 2 if INTERPRETED else 40, 2)
    assert found.holds or INTERPRETED, found
