"""Variants that change the same thing: said by `check`, because the later one wins in silence."""

from pathlib import Path

import pytest

from briarpatch.scenario.catalog import load_scenario, scenario_names
from plays import scene

CASES = Path(__file__).parent / "cases"
TWO = """
gauges: {{ n: {{ start: 1 }}, k: {{}} }}
rules: {{ bell: {{ when: "true", rate: 1/h, do: [add: {{ gauge: n, by: 1 }}, add: {{ gauge: k, by: 1 }}] }} }}
measures: {{ sum: {{ told: sum, value: n + k }} }}
variants:
  v: {{ question: q, default: a, settings: {{ a: {{ told: a }}, b: {{ told: b, {one} }} }} }}
  u: {{ question: q, default: a, settings: {{ a: {{ told: a }}, b: {{ told: b, {two} }} }} }}
"""


def said(one, two):
    found = scene(TWO.format(one=one, two=two)).warnings
    return [warning.message for warning in found if "variant" in warning.message]


def test_two_variants_that_set_one_path_are_said_at_the_second():
    [warning] = load_scenario(CASES / "two_variants_one_path.yaml").warnings
    assert warning.place.line == 9
    assert warning.message == (
        "'gauges.n.start' is changed by variant 'v' too; where both are in force, the later wins"
    )


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("set: { gauges.n.start: 5 }", "set: { gauges.n.start: 6 }"),
        ("set: { rules.bell.rate: 2/h }", "remove: [rules.bell]"),
        ("remove: [rules.bell]", "set: { rules.bell.rate: 2/h }"),
        ("set: { gauges.n: { start: 5 } }", "set: { gauges.n.start: 6 }"),
    ],
)
def test_whatever_two_variants_change_alike_is_said(one, two):
    [message] = said(one, two)
    assert "is changed by variant 'v' too" in message


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("set: { gauges.n.start: 5 }", "set: { gauges.k.start: 6 }"),
        ("set: { gauges.n.start: 5 }", "set: { gauges.n.start: 5 }"),
        ("set: { gauges.n.start: 5 }", "set: { gauges.n.told: much }"),
    ],
)
def test_what_does_not_matter_is_not_said(one, two):
    assert said(one, two) == []


def test_the_scenarios_that_come_along_overwrite_nothing():
    for name, *_ in scenario_names():
        assert not [warning for warning in load_scenario(name).warnings if "is changed by variant" in warning.message]
