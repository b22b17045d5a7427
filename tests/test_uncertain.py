"""Uncertain numbers: found, checked, and written so that they can be set."""

from __future__ import annotations

import pytest

from briarpatch.errors import ScenarioError
from briarpatch.scenario.catalog import load_scenario, packaged, scenario_names
from briarpatch.scenario.uncertain import value_at
from plays import scene

SCENE = """
rules:
  rain: { told: it rained, when: "true", rate: 0.5/h, once: true }
  bells: { told: a bell rang, when: "true", after: 20 min }
  later: { told: later, when: "true", after: { gamma: { mean: 2 h, shape: 3 } } }
decisions:
  ann.go: { question: q, when: "true", takes: 5 min, options: { stay: { told: stays } } }
bonds:
  - { who: ann, to: bob, trust: 0.9 }
swarms:
  bees: { faction: ours, base: here, count: 30 }
"""


def declare(text: str, **settings):
    return scene(f"{SCENE}uncertain:\n  x: {{ {text}, basis: assumed }}\n", **settings)


@pytest.mark.parametrize(
    ("text", "low", "value", "high", "unit", "middle"),
    [
        ("path: rules.rain.rate, low: 0.1/h, high: 2/h", 0.1, 0.5, 2.0, "/h", "1.05/h"),
        ("path: rules.rain.rate, low: 0.1/h, high: 10/d, scale: log", 2.4, 12.0, 10.0, "/d", "4.89898/d"),
        ("path: rules.bells.after, low: 0, high: 1 h", 0.0, 1.0 / 3.0, 1.0, "h", "0.5 h"),
        ("path: rules.later.after.gamma.shape, low: 1, high: 5", 1.0, 3.0, 5.0, "", "3"),
        ("path: decisions.ann.go.takes, low: 1 min, high: 1 h", 1.0 / 60.0, 1.0 / 12.0, 1.0, "h", "0.508333 h"),
        ("path: bonds.0.trust, low: 50 %, high: 100 %", 50.0, 90.0, 100.0, "%", "75%"),
        ("path: swarms.bees.count, low: 10, high: 21", 10.0, 30.0, 21.0, "", "16"),
        ("path: people.ann.precision, low: 0.5, high: 2", 0.5, 1.0, 2.0, "", "1.25"),
        ("path: scenario.poll, low: 30 s, high: 90 s", 30.0, 60.0, 90.0, "s", "60 s"),
        ("path: life.lethal_dose, low: 2 Gy, high: 5 Gy", 2.0, 3.5, 5.0, "Gy", "3.5 Gy"),
    ],
)
def test_a_number_is_found_with_its_range(text, low, value, high, unit, middle):
    found = declare(text).uncertain["x"]
    assert (found.low, found.value, found.high) == pytest.approx((low, value, high))
    assert found.unit == unit
    assert found.text(found.at(0.5)) == middle
    assert found.share(found.at(0.5)) == pytest.approx(0.5, abs=0.05)
    again = declare(text, overrides={found.path: found.text(found.at(0.25))})
    assert again.uncertain["x"].value == pytest.approx(found.at(0.25), rel=1e-9)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path: rules.rian.rate, low: 1/h, high: 2/h", "did you mean 'rain'"),
        ("path: rules.rain.rte, low: 1/h, high: 2/h", "did you mean 'rate'"),
        ("path: rule.rain.rate, low: 1/h, high: 2/h", "did you mean 'rules'"),
        ("path: rules.rain.told, low: 1, high: 2", "is a text, not a number"),
        ("path: rules.rain.repeat, low: 0, high: 1", "is a yes or no"),
        ("path: rules.bells.rate, low: 1/h, high: 2/h", "is not set"),
        ("path: rules.later.after, low: 1 h, high: 2 h", "name a number of it, such as rules.later.after.gamma.mean"),
        ("path: rules.rain, low: 1, high: 2", "more than one value"),
        ("path: rules.rain.rate, low: 1 km, high: 2/h", "needs a rate"),
        ("path: rules.rain.rate, low: 1, high: 2", "needs a rate"),
        ("path: rules.rain.rate, low: 2/h, high: 1/h", "must be more than low"),
        ("path: rules.rain.rate, low: 0, high: 1/h, scale: log", "must be more than 0 on a logarithmic scale"),
        ("path: bonds.0.trust, low: 0.5, high: 1.5", "must be at most 1"),
        ("path: bonds.1.trust, low: 0.5, high: 1", "there is no '1'"),
        ("path: swarms.bees.count, low: 1.5, high: 3", "whole number"),
        ("path: rules.rain.rate, low: soon, high: 3/h", "not a quantity"),
        ("path: '', low: 1, high: 2", "is blank"),
        ("path: endings, low: 1, high: 2", "more than one value"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text, message):
    with pytest.raises(ScenarioError) as wrong:
        declare(text)
    assert message in str(wrong.value)
    assert all(fault.place.line for fault in wrong.value.faults)


def test_a_range_needs_its_basis_and_a_number_one_range():
    with pytest.raises(ScenarioError, match="'basis' is missing"):
        scene(SCENE + "uncertain:\n  x: { path: rules.rain.rate, low: 0.1/h, high: 2/h }\n")
    twice = "path: rules.rain.rate, low: 0.1/h, high: 2/h, basis: assumed }\n  y: { path: rules.rain.rate, low: 1/h, high: 2/h"
    with pytest.raises(ScenarioError, match="uncertain as 'x' already"):
        declare(twice)


def test_a_value_outside_its_range_is_a_warning():
    found = declare("path: rules.rain.rate, low: 1/h, high: 2/h")
    assert any("is 0.5/h, outside its range from 1/h to 2/h" in str(warning) for warning in found.warnings)


@pytest.mark.parametrize("name", [name for name, _ in scenario_names()])
def test_the_ranges_of_the_scenarios_that_come_along_hold_their_values(name):
    scenario = load_scenario(packaged() / f"{name}.yaml" if (packaged() / f"{name}.yaml").exists() else name)
    for number in scenario.uncertain.values():
        assert number.low <= number.value <= number.high, number
        assert value_at(scenario.document, number.path) is not None
