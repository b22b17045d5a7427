"""Scenarios without anybody who has a name, and how many there may be of those who have none."""

import re

import pytest

from briarpatch.errors import RequestError, ScenarioError
from briarpatch.run import run
from briarpatch.scenario.catalog import load_text
from briarpatch.scenario.schema import MOST_PEOPLE

STAGE = """
scenario: { title: t, until: 3 h }
maps: { v: {} }
places: { a: { map: v, at: [0 m, 0 m] }, b: { map: v, at: [500 m, 0 m] } }
factions: { f: {} }
endings: { over: { told: it was over } }
"""
CROWD = """
crowds: { z: { count: 40, faction: f, place: a } }
routes: { way: { start: a, end: b } }
rules:
  go: { when: "true", after: 5 min, do: [evacuate: { who: z, along: way }] }
  strike: { when: 'time() > "2 h"', do: [kill: { who: z }] }
measures: { there: { told: there, value: "count_at(z, b)" }, dead: { told: dead, value: "count(z, dead)" } }
"""
NOBODY = """
gauges: { n: {} }
rules: { tick: { when: "true", rate: 2/h, do: [add: { gauge: n, by: 1 }] } }
measures: { n: { told: n, value: n } }
"""


def crowds(*counts):
    rows = ", ".join(f"c{k}: {{ count: {count}, faction: f, place: a }}" for k, count in enumerate(counts))
    return STAGE + f"crowds: {{ {rows} }}\n"


def faults(text):
    with pytest.raises(ScenarioError) as wrong:
        load_text(text)
    return [fault.message for fault in wrong.value.faults]


def test_a_scenario_of_crowds_alone_plays():
    found = run(load_text(STAGE + CROWD), 3)
    assert found.measures == {"there": 0.0, "dead": 40.0}
    assert len(found.world.people) == 40
    assert found.people().height == 40


def test_a_scenario_of_nobody_at_all_plays():
    found = run(load_text(STAGE + NOBODY), 3)
    assert found.measures["n"] > 0.0
    assert len(found.world.people) == len(found.world.minds) == 0


def test_what_is_wrong_with_it_speaks_of_nobody_who_is_missing():
    [message] = faults(STAGE + CROWD.replace("kill: { who: z }", "kill: { who: zz }"))
    assert "zz" in message
    assert not any("person" in one for one in faults(STAGE + NOBODY.replace("value: n", "value: q")))
    with pytest.raises(RequestError, match="nobody in this scenario has a name"):
        run(load_text(STAGE + NOBODY), 3).beliefs("z")


def test_one_limit_holds_however_people_are_split_into_crowds():
    half = MOST_PEOPLE // 2
    for counts in ((MOST_PEOPLE + 1,), (half, half + 1), (half, half // 2, half // 2 + 1)):
        [message] = faults(crowds(*counts))
        assert re.search(r"1,000,000", message), message
    load_text(crowds(338_226))
    load_text(crowds(169_113, 169_113))
