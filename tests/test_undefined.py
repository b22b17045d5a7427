"""What is undefined: never, nowhere, nobody, no quotient. What is reckoned from it is undefined, and no comparison is true."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import briarpatch as bp
from briarpatch import engine
from briarpatch.analysis.accounts import Reader
from briarpatch.excluded import exclusions
from briarpatch.scenario.catalog import load_text
from briarpatch.world import machine
from plays import go_on, play, scene, times

UNDEFINED = (
    "since(bell)",
    'distance(ann, far) / "1 m" * "1 h"',
    'mean_biological_age(nobody) / "1 year" * "1 h"',
    "rain / rain * since(bell)",
    'rain / rain * "1 h"',
    '1 % rain * "1 h"',
    'ln(-1) * "1 h"',
    'power(-1, 2) * "1 h"',
    'power(0, -1) * "1 h"',
)
"""Expressions of the dimension time that are undefined in the world below."""

WORLD = """
scenario: {{ title: a test, until: 10 h }}
maps: {{ ground: {{}}, moon: {{}} }}
places: {{ here: {{ map: ground, at: [0 m, 0 m] }}, far: {{ map: moon, at: [0 m, 0 m] }} }}
factions: {{ ours: {{}}, nobody: {{}} }}
people: {{ ann: {{ faction: ours, place: here }} }}
events: {{ bell: {{}} }}
gauges: {{ rain: {{}} }}
measures:
{measures}
endings: {{ over: {{ told: it was over }} }}
"""


def values(*expressions, until=3600.0):
    measures = "".join(f"  m{i}: {{ told: m, value: '{text}' }}\n" for i, text in enumerate(expressions))
    scenario = load_text(WORLD.format(measures=measures))
    world, _ = go_on(scenario, scenario.world(1), until)
    return engine.measures(scenario.program, world).tolist()


@pytest.mark.parametrize("expression", UNDEFINED)
def test_a_measure_of_what_is_undefined_is_not_a_number(expression):
    assert math.isnan(values(expression)[0])


@pytest.mark.parametrize("expression", UNDEFINED)
def test_no_comparison_with_what_is_undefined_is_true(expression):
    found = [f"({expression}) {sign} time() ? 1 : 0" for sign in ("<", "<=", ">", ">=", "==", "!=")]
    found += [f"time() {sign} ({expression}) ? 1 : 0" for sign in ("<", "<=", ">", ">=", "==", "!=")]
    found += [f'({expression}) {sign} "0 s" ? 1 : 0' for sign in ("<", "<=", ">", ">=", "==", "!=")]
    assert values(*found) == [0.0] * 18


@given(st.data())
@settings(max_examples=60)
def test_what_is_reckoned_from_what_is_undefined_is_undefined(data):
    expression = data.draw(st.sampled_from(UNDEFINED))
    for _ in range(data.draw(st.integers(0, 4))):
        form = data.draw(
            st.sampled_from(
                (
                    "({}) + time()",
                    "time() - ({})",
                    "2 * ({})",
                    "({}) / 3",
                    "min({}, time())",
                    "min(time(), {})",
                    "max({}, time())",
                    "max(time(), {})",
                    "abs({})",
                    'logistic(({}) / "1 h") * "1 h"',
                    'exp(({}) / "1 h") * "1 h"',
                    'ln(({}) / "1 h") * "1 h"',
                    'power(({}) / "1 h", 2) * "1 h"',
                    'power(2, ({}) / "1 h") * "1 h"',
                    'per_head(({}) / "1 h", 2) * "1 h"',
                    'per_head(2, ({}) / "1 h") * "1 h"',
                    "({}) % time()",
                )
            )
        )
        expression = form.format(expression)
    assert math.isnan(values(expression)[0])


def test_a_rule_that_compares_with_never_does_not_fire_until_it_has_happened():
    for when in ("since(bell) > '20 min'", "!(since(bell) <= '20 min') && happened(bell)"):
        text = f"""
events: {{ bell: {{}} }}
rules:
  ring: {{ when: "true", do: [{{ mark: bell, after: 30 min }}] }}
  it: {{ when: "{when}" }}
"""
        scenario = scene(text)
        assert times(scenario, play(scenario), "it") == pytest.approx([3000.0], abs=2e-5)
    scenario = scene(
        "events: { bell: {} }\nrules: { it: { when: since(bell) > '1 min' }, no: { when: since(bell) != '0 s' } }"
    )
    assert times(scenario, play(scenario), "it") == times(scenario, play(scenario), "no") == []


def test_to_ask_for_never_one_says_so():
    scenario = scene("events: { bell: {} }\nrules: { it: { when: \"!happened(bell) || since(bell) > '1 h'\" } }")
    assert times(scenario, play(scenario), "it") == [0.0]


@pytest.mark.parametrize(
    ("base", "exponent"),
    [
        (0.0, 0.0),
        (2.0, 3.0),
        (1e300, 2.0),
        (1e-300, -2.0),
        (0.5, 1e6),
        (math.inf, 0.0),
        (math.inf, -1.0),
        (3.0, -math.inf),
    ],
)
def test_a_power_is_what_numpy_says_and_never_raises(base, exponent):
    with np.errstate(all="ignore"):
        expected = float(np.float64(base) ** np.float64(exponent))
    assert machine.power(base, exponent) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("sign", ["<", "<=", ">", ">=", "==", "!="])
def test_the_patterns_of_accounts_match_no_undefined_amount(sign):
    text = f"""
gauges: {{ level: {{}} }}
rules: {{ it: {{ when: "true", do: [add: {{ gauge: level, by: 1 }}] }} }}
beats: {{ rose: {{ told: it rose, match: {{ kind: gauged, amount: '{sign} 0.5' }} }} }}
"""
    scenario = scene(text)
    world = play(scenario)
    assert len(Reader(world).beat(scenario.tellings.beats["rose"])) == (sign in (">", ">=", "!="))
    world.chronicle["amount"] = math.nan
    assert len(Reader(world).beat(scenario.tellings.beats["rose"])) == 0


def test_why_says_that_what_kept_an_ending_away_was_undefined():
    endings = "endings: {{ rung: {{ told: it rang, when: 'since(bell) > \"1 h\"' }}, over: {{ told: it was over }} }}"
    text = WORLD.replace("endings: {{ over: {{ told: it was over }} }}", endings)
    (found,) = exclusions(bp.run(load_text(text.format(measures='  m: { told: m, value: "1" }')), seed=1))
    assert found.clauses[0].values == ("since(bell) was undefined",)
