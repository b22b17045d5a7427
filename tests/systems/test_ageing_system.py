"""Ageing at work: deaths at exact times, survival by Gompertz and Makeham, fields, treatment; O-8.1, O-8.3 to O-8.8."""

import math

import numpy as np
import pytest
from stage_play import Story, few, scene, within

from briarpatch.laws import ageing as laws
from briarpatch.mechanisms.ageing import TREATED
from briarpatch.world import kinds, states
from briarpatch.world.compiled import INTERPRETED

YEAR = 31_557_600.0
FIELD = """fields:
  spring: { strength: 1 Gy/s, inner: 1 km, outer: 2 km, half: 1e-30 Gy/s, benefit: K/year, target_age: 25 years }
"""
SHORE = "  shore: { map: ground, at: [0 m, 0 m], field: spring }\n"


def folk(crowd="", life="", rules="", k=0.5, until="100 y", place="here", ann="age: 40 years", every="1 y"):
    """Return a scenario with ann, and a crowd of others at `place`."""
    text = f"""
life: {{ ages_every: {every}, {life} }}
people: {{ ann: {{ faction: ours, place: {place}, {ann} }} }}
{FIELD.replace("K", repr(k))}
rules:
  never: {{ when: "false" }}
{rules}
"""
    if crowd:
        text += f"crowds: {{ many: {{ faction: theirs, place: {place}, {crowd} }} }}\n"
    return scene(text, until, SHORE)


SAFE = "accidents: 0/year, modal_age: 9000 years"


def survival(share, n=6000, **scene_of):
    """Return (share alive at the end, how many): crowds of a hundred in as many worlds as it takes."""
    worlds = max(few(n) // 100, 1)
    scenario = folk(f"count: 100, {share}", **scene_of)
    left = 0
    for seed in range(worlds):
        left += int((Story(scenario, seed).world.people["status"][1:] != states.DEAD).sum())
    return left / (100 * worlds), 100 * worlds


@pytest.mark.parametrize("every", ["50 y", "1 y", "18 d"])
def test_ages_and_deaths_do_not_depend_on_how_often_they_are_looked_at(every):
    if INTERPRETED and every == "18 d":
        every = "90 d"
    story = Story(folk("count: 40, age: 50 years, age_spread: 10 years", every=every), 3)
    reference = Story(folk("count: 40, age: 50 years, age_spread: 10 years", every="7 y"), 3)
    assert story.told() == reference.told()
    assert np.array_equal(story.world.people["biological"], reference.world.people["biological"])
    story.check_causes()
    story.check_order()


@pytest.mark.parametrize(
    ("body", "spreads"), [("", True), (", biological_age: 180 years", True), (", biological_age: 27 years", False)]
)
def test_a_crowd_that_is_held_at_an_age_of_the_body_does_not_vary_in_it(body, spreads):
    people = Story(folk(f"count: 60, age: 180 years, age_spread: 40 years{body}", SAFE, until="1 s"), 3).world.people[
        1:
    ]
    assert people["age"].std() > 20.0
    assert (people["biological_start"].std() > 20.0) == spreads
    assert spreads or np.allclose(people["biological_start"], 27.0)


def test_stopping_the_play_anywhere_changes_nothing():
    scenario = folk("count: 40, age: 50 years", every="1 y", place="shore")
    parts = Story(scenario, 3, tuple(np.arange(0.3, 100.0, 3.7) * YEAR))
    whole = Story(scenario, 3)
    assert whole.told() == parts.told()
    assert len(whole.times(kinds.DIED)) > 0


@pytest.mark.parametrize(("age", "years", "expected"), [(30, 50, 0.5119930338), (0, 100, 0.026570)])
def test_survival_is_that_of_gompertz_and_makeham(age, years, expected):
    share, n = survival(f"age: {age} years", 12_000, until=f"{years} y", every=f"{years} y")
    assert within(share, expected, n)


def test_each_death_comes_when_the_cumulative_hazard_reaches_its_threshold():
    story = Story(folk("count: 50, age: 60 years", until="30 y"), 2)
    people = story.world.people
    for entry in story.of(kinds.DIED):
        row = int(entry["subject"]) % (1 << 20)
        start = 40.0 if row == 0 else 60.0
        years = float(entry["time"]) / YEAR
        total = laws.cumulative_hazard(start, 1.0, 0.0, 0.0, 5e-4, laws.ALPHA, 0.085, years)
        assert total == pytest.approx(story.world.clocks["threshold"][people["clock_death"][row]], rel=1e-9)
        assert people["age"][row] == pytest.approx(start + years, rel=1e-12)


@pytest.mark.parametrize("every", ["1 y", "3 mo", "1 d"])
def test_a_field_draws_biological_age_towards_its_target(every):
    every = every.replace("3 mo", "90 d").replace("1 d", "10 d" if INTERPRETED else "1 d")
    story = Story(folk(life=SAFE, ann="age: 60 years", place="shore", until="1 y", every=every))
    assert story.person("ann").biological == pytest.approx(47.0155117705, rel=1e-9)
    assert story.person("ann").age == pytest.approx(61.0, rel=1e-12)
    away = Story(folk(life=SAFE, ann="age: 60 years", until="1 y", every=every))
    assert away.person("ann").biological == pytest.approx(61.0, rel=1e-12)


def test_leaving_the_field_changes_ageing_at_that_very_moment():
    rules = '  off: { when: "true", after: 100.3 d, do: [place: { who: ann, to: here }] }\n'
    story = Story(folk(life=SAFE, rules=rules, ann="age: 60 years", place="shore", until="1 y", every="1 y"))
    years = 100.3 / 365.25
    expected = 27.0 + 33.0 * math.exp(-0.5 * years) + 1.0 - years
    assert story.person("ann").biological == pytest.approx(expected, rel=1e-12)


def test_those_on_the_field_live_by_the_constant_hazard_of_the_age_it_holds_them_at():
    share, n = survival("age: 37.8 years", k=0.078125, place="shore", until="200 y", every="100 y")
    assert within(share, math.exp(-200.0 / 490.61), n)


@pytest.mark.parametrize(
    ("slows", "expected", "last"), [(0.3, 0.018290, 97.0), (0.5, 0.350365, 77.0), (0.7, 0.715758, 57.0)]
)
def test_a_century_of_exile_under_treatment(slows, expected, last):
    life = f"treatment_slows: {slows}, treatment_burden: 0/year"
    share, n = survival("age: 27 years, treatment: 1", life=life, every="100 y")
    assert within(share, expected, n)
    people = Story(folk("count: 200, age: 27 years, treatment: 1", life, every="100 y"), 1).world.people[1:]
    assert people["biological"][people["status"] != states.DEAD] == pytest.approx(last)


def test_treatment_burdens_and_the_burden_fades_when_it_ends():
    rules = '  on: { when: "true", after: 10 y, do: [treat: { who: ann, intensity: 1 }] }\n'
    rules += '  off: { when: "true", after: 30 y, do: [treat: { who: ours, intensity: 0 }] }\n'
    life = SAFE + ", treatment_burden: 0.05/year, burden_fades: 0.04/year, treatment_slows: 0.5"
    story = Story(folk(life=life, rules=rules, until="40 y", every="3 y"))
    ann = story.person("ann")
    assert ann.burden == pytest.approx(1.25 * -math.expm1(-0.8) * math.exp(-0.4), rel=1e-12)
    assert ann.biological == pytest.approx(40 + 10 + 10 + 10, rel=1e-12)
    assert story.times(TREATED) == [10 * YEAR, 30 * YEAR]
    story.check_causes()


def test_burden_raises_the_hazard():
    life = "ageing: 0/year, modal_age: 0 years, accidents: 0.01/year, burden_hazard: 1.5, burden_fades: 0/year"
    share, n = survival("burden: 0.6", life=life, until="30 y", every="30 y")
    assert within(share, math.exp(-0.3 * math.exp(0.9)), n)


def test_frailty_thins_out_the_frail():
    life = "ageing: 0/year, modal_age: 0 years, accidents: 0.02/year"
    share, n = survival("frailty_spread: 0.5", life=life, until="50 y", every="50 y")
    assert within(share, (1.0 + 0.5 * 1.0) ** -2.0, n)


def test_without_hazard_nobody_dies_and_machines_never_do():
    story = Story(
        folk(
            "count: 30, age: 90 years",
            "ageing: 0/year, modal_age: 0 years, accidents: 0/year",
            until="3000 y",
            every="3000 y",
        )
    )
    assert not story.of(kinds.DIED)
    story = Story(folk(ann="age: 95 years, machine: true", until="500 y"))
    assert not story.of(kinds.DIED)
    assert story.person("ann").biological == 95.0


def test_an_accident_rate_beyond_all_bounds_kills_at_once():
    story = Story(folk(life="accidents: 1e9/year"))
    assert story.times(kinds.DIED) == pytest.approx([0.0], abs=1.0)


def test_a_death_names_what_last_changed_how_the_person_aged():
    rules = '  on: { when: "true", after: 10 y, do: [treat: { who: ann, intensity: 1 }] }\n'
    story = Story(folk(ann="age: 85 years", rules=rules), 11)
    died = story.of(kinds.DIED)[0]
    assert died["object"] == -1
    before = died["time"] < 10 * YEAR
    assert story.entries[died["cause"]]["kind"] == (kinds.BEGAN if before else TREATED)


def test_the_order_of_rows_does_not_matter():
    one, two = (
        "one: { faction: ours, place: here, age: 70 years }",
        "two: { faction: ours, place: here, age: 75 years }",
    )

    def deaths(people):
        story = Story(scene(f"people: {{ {people} }}\n", "100 y"), 3)
        return sorted((story.name(e["subject"]), float(e["time"])) for e in story.of(kinds.DIED))

    assert deaths(f"{one}, {two}") == deaths(f"{two}, {one}")


def test_new_luck_is_foreseen_anew():
    scenario = folk(ann="age: 30 years")
    story = Story.__new__(Story)
    story.scenario, story.world = scenario, scenario.world(1)
    story.play(YEAR)
    ann = story.world.people[0]
    story.world.clocks["threshold"][ann["clock_death"]] = story.world.clocks["spent"][ann["clock_death"]] + 0.001
    story.play(math.inf)
    assert 0.0 < story.times(kinds.DIED)[0] < 3 * YEAR
