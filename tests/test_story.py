"""The 32 systems of the tellings: each has a page, a scenario of its own, a row on the page, and a cause that matters."""

import re
from pathlib import Path

import causes
import pytest
import story

from briarpatch.scenario.catalog import find
from briarpatch.world.compiled import INTERPRETED

DOCS = Path(__file__).parent.parent / "docs"
ROWS = re.findall(r"^\| (\d+) \| (.*?) \| ", (DOCS / "insurrection.md").read_text(encoding="utf-8"), re.MULTILINE)


def test_every_system_has_its_row_its_pages_and_a_scenario_of_its_own():
    assert [(str(n), one.name) for n, one in enumerate(causes.SYSTEMS, 1)] == ROWS
    assert len(causes.SYSTEMS) == 32
    for system in causes.SYSTEMS:
        assert find(system.scenario)
        assert find(system.of)
        assert all((DOCS / "mechanisms" / f"{page}.md").exists() for page in system.pages), system.name
        assert system.least != 0.0
        assert system.settings


@pytest.mark.long
@pytest.mark.parametrize(
    "name", ["calls, orders and requests", "the directive and the guidelines", "escalation: killing them"]
)
def test_taking_the_cause_of_a_system_away_does_what_was_said(name):
    system = next(one for one in causes.SYSTEMS if one.name == name)
    found = story.effect(system, 2 if INTERPRETED else 40, 2)
    assert found.holds or INTERPRETED, found
