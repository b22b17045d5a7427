"""Where things are is written, never guessed."""

from pathlib import Path

import pytest

from briarpatch.errors import ScenarioError
from briarpatch.scenario.catalog import load_scenario
from plays import scene

CASES = Path(__file__).parent / "cases"


def faults(text):
    with pytest.raises(ScenarioError) as wrong:
        scene(text)
    return [fault.message for fault in wrong.value.faults]


def test_a_place_on_a_map_without_its_position_is_a_fault():
    with pytest.raises(ScenarioError) as wrong:
        load_scenario(CASES / "place_without_position.yaml")
    [fault] = wrong.value.faults
    assert fault.place.line == 5
    assert fault.message == "a place on a map needs its position there; write it, as in at: [3 km, 4 km]"


def test_a_position_that_is_at_fault_itself_is_said_once():
    with pytest.raises(ScenarioError) as wrong:
        scene("", overrides={"places.here.at": "8-9 km"})
    assert len(wrong.value.faults) == 1


def test_a_map_within_another_needs_its_position_there():
    maps = "maps: {{ sea: {{}}, isle: {{ within: sea{at} }} }}\nplaces: {{ cove: {{ map: isle, at: [0 m, 0 m] }} }}\n"
    folk = "factions: { f: {} }\npeople: { p: { faction: f, place: cove } }\nendings: { over: { told: over } }\n"
    head = "scenario: { title: t, until: 1 h }\n"
    from briarpatch.scenario.catalog import load_text

    load_text(head + maps.format(at=", at: [3 km, 0 m]") + folk)
    with pytest.raises(ScenarioError, match="a map within another needs its position there"):
        load_text(head + maps.format(at="") + folk)
