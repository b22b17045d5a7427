"""Turning points are named to the instant and the entry; suspense and surprise have no floor of noise."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from briarpatch.analysis.branches import just_before
from briarpatch.analysis.results import plain
from briarpatch.analysis.survey import Stop, Survey, _root
from briarpatch.analysis.turning_points import turning_points
from briarpatch.errors import RequestError
from briarpatch.run import run, start
from briarpatch.scenario.catalog import load_text
from briarpatch.scenario.scenario import Scenario

CASES = Path(__file__).parent / "cases"
HOUR = 3600.0


def story(text: str) -> Scenario:
    """Return a scenario of one person, with endings of its own."""
    head = "scenario: { title: a test, until: 10 h }\nmaps: { ground: {} }\nplaces: { here: { map: ground, at: [0 km, 0 km] } }\n"
    return load_text(head + "factions: { ours: {} }\npeople: { ann: { faction: ours, place: here } }\n" + text)


@pytest.fixture(scope="module")
def coin():
    return turning_points(run(CASES / "one_coin_late.yaml", 0), 24, 60)


def test_the_turn_is_at_the_coin_and_nowhere_else(coin):
    turns = [turn for turn in coin.turns if turn.certain]
    assert len(turns) == 1
    turn = turns[0]
    assert turn.settled
    assert turn.entry.text == "It fell heads."
    assert turn.others == 0
    assert [coin.moments[k].time for k in (turn.since, turn.until)] == pytest.approx([41.0 * HOUR] * 2, abs=0.01)
    assert coin.moments[turn.until].entries - coin.moments[turn.since].entries == 1
    assert f"{coin.moments[turn.until].clock}: heads" in coin.text()


def test_the_moments_that_were_asked_for_are_spent(coin):
    assert 24 <= len(coin.moments) <= 48
    times = [(moment.time, moment.entries) for moment in coin.moments]
    assert times == sorted(set(times))


def test_suspense_is_nothing_where_nothing_is_at_stake(coin):
    turn = next(turn for turn in coin.turns if turn.certain)
    toss = coin.moments[turn.until].time
    for k, moment in enumerate(coin.moments):
        low, high = moment.suspense.low, moment.suspense.high
        if k < turn.until and coin.moments[k + 1].time == toss:
            assert moment.suspense.estimate == pytest.approx(math.sqrt(0.5), abs=0.2)
            assert low <= math.sqrt(0.5) <= high + 0.05
        else:
            assert moment.suspense.estimate == 0.0
            assert low == 0.0


def test_surprise_is_where_the_coin_fell(coin):
    moved = [moment for moment in coin.moments if moment.surprise > 0.0]
    assert [moment.time for moment in moved] == pytest.approx([41.0 * HOUR], abs=0.01)
    assert moved[0].surprise == pytest.approx(math.sqrt(0.5), abs=0.2)


def test_a_condition_can_be_asked_about_in_place_of_the_endings():
    played = run(CASES / "one_coin_late.yaml", 0)
    barked = "A dog barked." in [played.log.entry(n).text for n in range(len(played.log))]
    found = turning_points(played, 16, 40, of="happened(early)")
    assert found.endings == ("so", "not so")
    turn = next(turn for turn in found.turns if turn.certain)
    assert found.moments[turn.until].time == pytest.approx(HOUR, abs=0.01)
    assert found.came == ("so" if barked else "not so")
    assert barked == (turn.entry is not None and turn.entry.text == "A dog barked.")
    json.dumps(plain(found.facts()), allow_nan=False)
    assert "happened(early) was" in found.text()
    with pytest.raises(RequestError, match="condition of the scenario language"):
        turning_points(played, 4, 10, of="happend(early)")


DECIDED = """
rules:
  call: { told: The call came, when: "time() >= '2 h'" }
  rescue: { told: A boat came by, when: "time() >= '5 h'", chance: 0.5 }
  flood: { told: The flood came, when: "chose(ann.go.stay) && time() >= '8 h'" }
decisions:
  ann.go:
    question: Does Ann go?
    when: happened(call)
    options: { leave: { told: Ann left }, stay: { told: Ann stayed } }
endings:
  drowned: { told: she drowned, when: happened(flood) }
  safe: { told: she was safe }
"""


def test_a_decision_is_named_and_not_a_rescue_that_changed_nothing():
    scenario = story(DECIDED)
    for seed in range(2):
        found = turning_points(run(scenario, seed), 20, 40)
        turns = [turn for turn in found.turns if turn.certain]
        assert [turn.entry.text for turn in turns] == ["Ann left." if found.ending == "safe" else "Ann stayed."]
        assert found.moments[turns[0].until].time == pytest.approx(2.0 * HOUR, abs=0.01)


def test_a_step_that_was_not_cut_names_nobody():
    found = turning_points(run(CASES / "one_coin_late.yaml", 0), 2, 60)
    turn = next(turn for turn in found.turns if turn.certain)
    assert not turn.settled
    assert turn.entry is None
    assert "more --checkpoints would say which" in found.text()
    assert "between" in found.text()


def test_all_endings_are_shown_whatever_the_width():
    names = [f"end_{k}" for k in range(7)]
    text = "gauges: { a: {} }\nrules:\n"
    for k in range(7):
        text += (
            f"  r{k}: {{ told: r, when: \"time() >= '{k + 1} h'\", chance: 0.3, do: [set: {{ gauge: a, to: {k} }}] }}\n"
        )
    text += "endings:\n" + "".join(f"  end_{k}: {{ told: e, when: a == {k} }}\n" for k in range(1, 7))
    text += "  end_0: { told: e }\n"
    scenario = story(text)
    said = turning_points(run(scenario, 1), 6, 20).text(80)
    assert all(name in said for name in names)
    assert max(map(len, said.splitlines())) <= 80


def test_steps_within_an_instant_are_those_of_the_run():
    played = run(CASES / "one_coin_late.yaml", 0)
    survey = Survey(played, 2, 10)
    toss = next(t for t in played.log.times if abs(t - 41.0 * HOUR) < 0.01)
    before, after = survey.after(just_before(toss)), survey.after(toss)
    assert survey.within(toss) == [before.entries + 1]
    for stop in (before, Stop(toss, before.entries + 1), after):
        world = survey.world(stop)
        assert int(world.state["entries"][0]) == stop.entries
        mine, theirs = world.chronicle[: stop.entries], played.world.chronicle[: stop.entries]
        assert mine["time"].tolist() == theirs["time"].tolist()
        assert mine["subject"].tolist() == theirs["subject"].tolist()


def test_what_was_answered_from_outside_is_named_as_it_was():
    scenario = story(DECIDED)
    played = start(scenario, 1, ask=["ann.go"])
    played.go()
    played.choose("leave")
    played.go()
    found = turning_points(played, 16, 30)
    turns = [turn for turn in found.turns if turn.certain]
    assert [turn.entry.text for turn in turns] == ["Ann left."]


@pytest.mark.parametrize("share", [0.0, 0.02, 0.3])
def test_roots_of_squares_are_free_of_the_bias_of_noise(share):
    """Squares with mean `share` and much noise: the root does not settle at the noise, and its bounds hold the truth."""
    generator = np.random.default_rng(1)
    roots, held = [], 0
    for _ in range(400):
        squares = share + 0.3 * generator.normal(size=40)
        found = _root(squares, 0.95)
        roots.append(found.estimate**2)
        held += found.low <= math.sqrt(share) <= found.high
    assert held >= 0.93 * 400
    assert np.mean(roots) == pytest.approx(share, abs=0.03)


@pytest.mark.long
def test_no_step_of_a_story_without_a_turn_is_called_one():
    """Of 30 stories in which two rules race for nothing, at most 5 in 100 are said to turn (four errors allowed)."""
    text = """
rules:
  one: { told: one, when: "true", rate: 0.5/h }
  two: { told: two, when: "true", rate: 0.5/h }
  last: { told: last, when: "time() >= '9.5 h'", chance: 0.5 }
endings: { heads: { told: heads, when: happened(last) }, tails: { told: tails } }
"""
    scenario, false = story(text), 0
    for seed in range(30):
        found = turning_points(run(scenario, seed), 12, 30)
        false += any(turn.certain and found.moments[turn.until].time < 9.5 * HOUR for turn in found.turns)
    assert false <= 1.5 + 4 * math.sqrt(1.5)
