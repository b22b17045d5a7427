"""Rules and decisions over time: every case that docs/rules-over-time.md lists, and the laws of recurring rules."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from briarpatch.analysis.soak import Witness
from briarpatch.errors import ScenarioError
from briarpatch.scenario.catalog import load_scenario
from briarpatch.world import states
from briarpatch.world.compiled import INTERPRETED
from plays import HOUR, check_causes, go_on, log, play, scene, times, told, within

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "tests" / "cases"
MANY = 300 if INTERPRETED else 2000
SPELLS = ((10, 45), (60, 80))


def rows(kind):
    """Return the rows of one table of cases on the page."""
    page = (ROOT / "docs" / "rules-over-time.md").read_text(encoding="utf-8")
    table = re.search(rf"<!-- cases: {kind} -->(.*?)<!-- end -->", page, re.DOTALL).group(1)
    lines = [line for line in table.strip().splitlines() if line.startswith("|")][2:]
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [(cells[0].strip("`"), *cells[1:]) for cells in found]


def minutes(cell):
    return [60.0 * float(number) for number in cell.split(",") if number.strip()]


def on_stage(body, until="4 h"):
    """Return a scenario in which `holds` is 1 during the spells, with `body` beside."""
    switches = ", ".join(
        f"{{ set: {{ gauge: holds, to: {to} }}, after: {at} min }}"
        for spell in SPELLS
        for at, to in zip(spell, (1, 0), strict=True)
    )
    text = f'gauges: {{ holds: {{}} }}\nrules:\n  switch: {{ when: "true", do: [{switches}] }}\n{body}'
    return scene(text, until)


# ------------------------------------------------------------------------------------------------ the page


def test_the_page_has_cases():
    assert [len(rows(kind)) > 5 for kind in ("moments", "numbers", "answers")] == [True] * 3


@pytest.mark.parametrize(("rule", "fires", "lapses"), rows("moments"))
def test_a_rule_fires_and_lapses_when_the_page_says(rule, fires, lapses):
    scenario = on_stage(f"  it: {{ when: holds == 1, {rule} }}\n")
    world = play(scenario)
    assert times(scenario, world, "it") == minutes(fires)
    assert [entry.time for entry in log(scenario, world, "lapsed")] == minutes(lapses)
    check_causes(world)


@pytest.mark.parametrize(("rule", "mean", "share"), rows("numbers"))
def test_a_rule_fires_as_often_as_the_page_says(rule, mean, share):
    names = ", ".join(f"n{i}" for i in range(MANY))
    scenario = scene(f'rules:\n  it: {{ each: {{ n: [{names}] }}, when: "true", {rule} }}\n')
    fired = [entry.subject for entry in log(scenario, play(scenario), "rule")]
    counts = np.zeros(MANY)
    for subject in fired:
        counts[int(subject.rpartition("n")[2])] += 1.0
    assert abs(counts.mean() - float(mean)) <= 4.0 * max(counts.std(), 0.05) / math.sqrt(MANY)
    assert within((counts > 0).mean(), float(share), MANY) or abs((counts > 0).mean() - float(share)) < 1e-3


@pytest.mark.parametrize(("decision", "answers", "unanswered"), rows("answers"))
def test_a_question_is_answered_when_the_page_says(decision, answers, unanswered):
    options = "options: { a: { told: a }, b: { told: b } }"
    scenario = on_stage(f"decisions:\n  ann.act: {{ question: What now?, when: holds == 1, {decision}, {options} }}\n")
    world = play(scenario)
    assert [entry.time for entry in log(scenario, world, "chose")] == minutes(answers)
    left = log(scenario, world, "unanswered")
    assert [entry.time for entry in left] == minutes(unanswered)
    assert {(entry.subject, entry.object) for entry in left} <= {("ann", "ann.act")}
    assert all(log(scenario, world)[entry.cause].kind == "gauged" for entry in left)
    check_causes(world)


# ------------------------------------------------------------------------------------------------ the cases


def test_a_delay_that_repeats_starts_again_after_each_firing():
    scenario = load_scenario(CASES / "repeat_after.yaml")
    world = play(scenario, 0)
    assert times(scenario, world, "tick") == [600.0, 1200.0, 1800.0]
    assert log(scenario, world, "lapsed") == []


def test_a_rate_thinned_by_a_chance_is_a_poisson_process():
    scenario = load_scenario(CASES / "thinned_rate.yaml")
    n = 20 if INTERPRETED else 400
    counts = np.array([len(times(scenario, play(scenario, seed), "shot")) for seed in range(n)])
    assert abs(counts.mean() - 50.0) <= 4.0 * math.sqrt(50.0 / n)
    assert abs(counts.var(ddof=1) / counts.mean() - 1.0) <= 4.0 * math.sqrt(2.0 / n)
    assert counts.min() > 0


# ------------------------------------------------------------------------------------------------ laws


def gaps(body, until="400 h", seed=1):
    scenario = scene(f'rules:\n  it: {{ when: "true", {body} }}\n', until)
    return np.diff([0.0, *times(scenario, play(scenario, seed), "it")])


def test_drawn_delays_that_repeat_are_a_renewal_process():
    found = gaps("after: { gamma: { mean: 1 h, shape: 3 } }, repeat: true")
    assert len(found) > 300
    assert stats.kstest(found, stats.gamma(3, scale=HOUR / 3.0).cdf).pvalue > 1e-4
    assert abs(np.corrcoef(found[1:], found[:-1])[0, 1]) < 4.0 / math.sqrt(len(found))


def test_the_gaps_of_a_thinned_clock_are_exponential():
    found = gaps("rate: 5/h, chance: 0.2")
    assert stats.kstest(found, stats.expon(scale=HOUR).cdf).pvalue > 1e-4


def test_a_higher_chance_keeps_every_firing_of_a_lower_one():
    few = scene('rules: { it: { when: "true", rate: 5/h, chance: 0.2 } }')
    more = scene('rules: { it: { when: "true", rate: 5/h, chance: 0.3 } }')
    seldom, often = (set(times(scenario, play(scenario, 3), "it")) for scenario in (few, more))
    assert seldom < often


def test_a_chance_is_drawn_on_the_state_at_the_start_of_the_pass_whatever_the_order():
    one = '  it: { when: "true", chance: "happened(other) ? 1 : 0" }\n'
    other = '  other: { when: "true" }\n'
    for order in (one + other, other + one):
        scenario = scene("rules:\n" + order)
        assert told(scenario, play(scenario), "rule") == [("rule", "other", "")]


def test_a_chance_is_read_when_the_rule_would_fire():
    text = """
gauges: { will: {} }
rules:
  later: { when: "true", do: [{ set: { gauge: will, to: 1 }, after: 10 min }] }
  it: { when: "true", after: 20 min, chance: will }
"""
    scenario = scene(text)
    assert times(scenario, play(scenario), "it") == [1200.0]


def test_an_undefined_chance_stops_the_world_with_a_guard():
    scenario = scene('gauges: { none: {} }\nrules: { it: { when: "true", chance: "none / none" } }')
    world, status = go_on(scenario, scenario.world(1))
    assert status == states.BROKEN
    assert world.state["broken"][0] == states.NUMBER_GUARD


def test_a_firing_that_ends_its_own_condition_begins_no_further_wait():
    text = """
gauges: { fuel: { start: 2 } }
rules: { it: { when: fuel > 0, after: 10 min, repeat: true, LAPSES, do: [add: { gauge: fuel, by: -1 }] } }
"""
    for lapses in ("lapses: true", "lapses: false"):
        scenario = scene(text.replace("LAPSES", lapses))
        world = play(scenario)
        assert times(scenario, world, "it") == [600.0, 1200.0]
        assert log(scenario, world, "lapsed") == []


@pytest.mark.parametrize(
    "text",
    [
        'rules: { it: { when: "true", after: 0 s, repeat: true } }',
        "decisions: { ann.act: { question: q, when: alive(ann), takes: 0 s, repeat: true, options: { a: { told: a } } } }",
    ],
)
def test_what_would_recur_within_an_instant_is_refused(text):
    with pytest.raises(ScenarioError, match=r"must be at least 0\.001 s in what repeats"):
        scene(text)


# ------------------------------------------------------------------------------------------------ questions left unanswered

QUESTION = """
rules: { end: { when: "true", after: 30 min, do: [DO] } }
gauges: { shut: {} }
decisions:
  ann.act: { question: What now?, when: shut == 0, takes: 1 h, options: { a: { told: a, open: shut == 0 } } }
"""


def test_an_answer_that_ends_its_own_condition_leaves_no_question_behind():
    text = """
gauges: { fuel: { start: 2 } }
decisions:
  ann.act:
    question: What now?
    when: fuel > 0
    takes: 10 min
    repeat: true
    options: { a: { told: a, do: [add: { gauge: fuel, by: -1 }] } }
"""
    scenario = scene(text)
    world = play(scenario)
    assert [entry.time for entry in log(scenario, world, "chose")] == [600.0, 1200.0]
    assert log(scenario, world, "unanswered") == []
    assert int(world.decisions_state["raises"][0]) == 2


def test_a_decider_who_dies_leaves_the_question_unanswered_because_of_it():
    scenario = scene(QUESTION.replace("DO", "kill: { who: ann }"))
    world = play(scenario)
    entries = log(scenario, world)
    (left,) = log(scenario, world, "unanswered")
    assert entries[left.cause].kind == "died"
    assert log(scenario, world, "chose") == []


def test_a_question_without_an_open_option_stays_unanswered():
    text = QUESTION.replace("when: shut == 0", "when: alive(ann)").replace("DO", "set: { gauge: shut, to: 1 }")
    scenario = scene(text)
    assert [(e.time, e.object) for e in log(scenario, play(scenario), "unanswered")] == [(HOUR, "ann.act")]


def test_soak_counts_questions_that_stayed_unanswered():
    scenario = scene(QUESTION.replace("DO", "set: { gauge: shut, to: 1 }"), until="36 min")
    witness = Witness(scenario)
    seen = witness.see(1, play(scenario))
    happened = {witness.names[turn] for turn in seen.happened.tolist()}
    assert ("unanswered", "ann.act") in happened
    assert ("decision", "ann.act") not in happened
    assert not seen.dead_end
