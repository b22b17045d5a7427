"""Radiation at work: geometry, benefit, healing, harvest, doses; O-7.1 to O-7.3, O-7.8 to O-7.10 through the engine."""

import math

import numpy as np
import pytest
from scipy import stats
from stage_play import Story, few, scene, within

from briarpatch.world import kinds, states

DAY = 86400.0
HERE = 0.25 * math.log((1.0 + 2.3**2) / (1.0 + 1.2**2))
"""Dose rate on the axis of the ring of these tests [Gy/s], O-7.1; also the dose rate of half the benefit."""


def with_shore(body, rules="", more="", until="400 d", place="shore"):
    """Return a scenario with a field over the shore and a hut there, a pump that drains it, and ann with a bad eye."""
    text = f"""
life: {{ accidents: 0/year, modal_age: 9000 years }}
fields: {{ spring: {{ strength: 1 Gy/s, inner: 1.2 km, outer: 2.3 km, height: 1 km, half: {HERE!r} Gy/s, {body} }} }}
people: {{ ann: {{ faction: ours, place: {place}, age: 60 years, tissues: {{ eye: {{ integrity: 0.2 }} }} }} }}
devices: {{ pump: {{ faction: ours, at: there }} }}
{more}
rules:
  never: {{ when: "false" }}
{rules}
"""
    return scene(text, until, PLACES)


PLACES = """
  shore: { map: ground, at: [0 m, 0 m], field: spring }
  hut: { map: ground, at: [0 m, 0 m], field: spring, shelter: 0.25 }
"""
RUN = '  run: { when: "true", after: 1 d, do: [start: pump] }\n'
DRAIN = "device: pump, drain: 0.3/d, efficiency: 0.5"


def test_the_dose_rate_of_a_place_is_that_of_the_ring():
    places = with_shore("").program.places
    assert places.dose_rate[2] == pytest.approx(0.2367407579, rel=1e-8)
    aside = with_shore("axis: [0 m, 500 m]").program.places
    assert aside.dose_rate[2] == pytest.approx(0.2432049803, rel=1e-8)
    thick = with_shore("absorption: 0.0005/m").program.places
    assert thick.dose_rate[2] == pytest.approx(0.0879923203, rel=1e-8)
    both = with_shore("absorption: 1e-12/m, axis: [0 m, 500 m]").program.places
    assert both.dose_rate[2] == pytest.approx(0.2432049803, rel=1e-3)
    assert places.dose_rate[1] == 0.0


def test_a_field_rejuvenates_by_hills_law_and_shelter_takes_away_from_it():
    story = Story(with_shore("benefit: 0.4/year, exponent: 2"))
    assert story.person("ann").rejuvenation == pytest.approx(0.2)
    story = Story(with_shore("benefit: 0.4/year, exponent: 2", place="hut"))
    assert story.person("ann").rejuvenation == pytest.approx(0.4 / 17.0)
    assert Story(with_shore("benefit: 0.4/year", place="there")).person("ann").rejuvenation == 0.0


def test_a_tissue_heals_at_the_exact_time_and_not_without_a_field():
    story = Story(with_shore("healing: 0.2/d"))
    expected = math.log(0.8 / 0.1) / 0.1 * DAY
    assert story.times(kinds.HEALED) == [pytest.approx(expected, rel=1e-12)]
    assert story.world.tissues["integrity"][0] == pytest.approx(1.0 - 0.8 * math.exp(-40.0))
    assert not Story(with_shore("healing: 0.2/d", place="there")).of(kinds.HEALED)
    assert not Story(with_shore("healing: 0/d")).of(kinds.HEALED)
    story.check_causes()


def test_healing_counts_only_the_time_spent_in_the_field():
    rules = '  off: { when: "true", after: 5 d, do: [place: { who: ann, to: there }] }\n'
    rules += '  on: { when: "true", after: 50 d, do: [place: { who: ann, to: shore }] }\n'
    story = Story(with_shore("healing: 0.2/d", rules))
    expected = math.log(0.8 / 0.1) / 0.1 * DAY + 45 * DAY
    assert story.times(kinds.HEALED) == [pytest.approx(expected, rel=1e-12)]
    healed = story.of(kinds.HEALED)[0]
    assert story.entries[healed["cause"]]["time"] == 50 * DAY


def test_a_tissue_that_fades_fails_at_the_exact_time_out_of_the_field():
    rules = '  off: { when: "true", after: 100 d, do: [place: { who: ann, to: there }] }\n'
    scenario = with_shore("healing: 0.2/d", rules)
    scenario.built.world.tissues.fades[:] = 0.01 / DAY
    story = Story(scenario)
    target, rate = 0.1 / 0.11, 0.11 / DAY
    healed = math.log((0.2 - target) / (0.9 - target)) / rate
    at_100 = target + (0.2 - target) * math.exp(-rate * 100 * DAY)
    assert story.times(kinds.HEALED) == [pytest.approx(healed, rel=1e-9)]
    assert story.times(kinds.FAILED_TISSUE) == [
        pytest.approx(100 * DAY + math.log(at_100 / 0.9) / (0.01 / DAY), rel=1e-9)
    ]
    story.check_causes()


def test_a_harvest_drains_the_stock_exponentially_at_any_step():
    rules = RUN + '  off: { when: "true", after: 6 d, do: [abort: pump] }\n'
    for stops in ((), tuple(np.arange(0.1, 20.0, 0.37) * DAY)):
        story = Story(with_shore(DRAIN, rules), 1, stops)
        assert story.world.fields["stock"][0] == pytest.approx(0.2231301601, rel=1e-9)
        assert story.world.fields["collected"][0] == pytest.approx(0.5 * 0.7768698399, rel=1e-9)


def test_a_field_is_drained_at_the_exact_time_once():
    story = Story(with_shore(DRAIN + ", low: 0.1", RUN))
    assert story.times(kinds.DRAINED) == [pytest.approx(DAY * (1 + math.log(10.0) / 0.3), rel=1e-12)]
    assert story.of(kinds.DRAINED)[0]["amount"] == pytest.approx(0.1)
    story.check_causes()


def test_only_a_running_device_drains():
    rules = RUN + '  hold: { when: "true", after: 2 d, do: [hold: pump] }\n'
    story = Story(with_shore(DRAIN, rules))
    assert story.world.fields["stock"][0] == pytest.approx(math.exp(-0.3), rel=1e-12)
    assert Story(with_shore(DRAIN)).world.fields["stock"][0] == 1.0


def test_conditions_read_the_stock_between_steps():
    rules = RUN + '  half: { when: "stock(spring) < 0.5", poll: 1 min, do: [abort: pump] }\n'
    story = Story(with_shore(DRAIN, rules))
    exact = DAY * (1 + math.log(2.0) / 0.3)
    assert exact <= story.times(kinds.DEVICE_ABORTED)[0] <= exact + 60.0


def test_the_benefit_follows_the_stock_whoever_else_wakes_the_field():
    more = "crowds: { many: { count: 5, faction: ours, place: there } }"
    bother = '  bother: { when: "true", rate: 2/h, do: [place: { who: many, to: there }] }\n'
    calm = Story(with_shore("benefit: 0.4/year, healing: 0.05/d, " + DRAIN, RUN, more, "20 d"))
    busy = Story(with_shore("benefit: 0.4/year, healing: 0.05/d, " + DRAIN, RUN + bother, more, "20 d"))
    assert calm.person("ann").biological == pytest.approx(busy.person("ann").biological, rel=1e-13)
    assert calm.world.tissues["integrity"][0] == pytest.approx(busy.world.tissues["integrity"][0], rel=1e-12)


def test_healing_in_a_drained_field_is_close_to_its_exact_integral():
    story = Story(with_shore("healing: 0.05/d, " + DRAIN, RUN, "", "40 d"))
    days = np.linspace(0.0, 39.0, 200_001)
    share = np.exp(-0.3 * days)
    total = 0.05 * (0.5 + np.trapezoid(share / (1.0 + share), days))
    assert -math.log((1.0 - story.world.tissues["integrity"][0]) / 0.8) == pytest.approx(total, rel=1e-3)


CROWD = "crowds: { many: { count: COUNT, faction: theirs, place: PLACE } }"


def crowd(count, place="shore"):
    return CROWD.replace("COUNT", str(count)).replace("PLACE", place)


def test_what_a_harvest_lets_loose_doses_those_in_the_field_and_shelter_keeps_it_off():
    more = crowd(1, "hut")
    story = Story(with_shore(DRAIN + ", toxicity: 2 Gy", RUN, more, "6 d", "there"))
    assert story.person("ann").dose == 0.0
    assert story.world.people["dose"][1] == pytest.approx(2.0 * 0.25 * 0.7768698399, rel=1e-9)


@pytest.mark.parametrize("toxicity", [2.0, 4.0, 7.0])
def test_deaths_by_a_harvest_have_the_weibull_law_of_dose_and_exact_times(toxicity):
    n = few(1500)
    story = Story(with_shore(f"{DRAIN}, toxicity: {toxicity} Gy", RUN, crowd(n), "400 d", "there"), 1)
    people = story.world.people[1:]
    died = people["status"] == states.DEAD
    assert within(died.mean(), -math.expm1(-math.log(2.0) * (toxicity / 3.5) ** 6), n)
    thresholds = story.world.clocks["threshold"][people["clock_dose"]]
    fatal = 3.5 * (thresholds / math.log(2.0)) ** (1.0 / 6.0)
    assert np.array_equal(died, fatal < toxicity)
    when = DAY - np.log1p(-np.where(died, fatal, 0.0) / toxicity) / (0.3 / DAY)
    times = {int(e["subject"]) % (1 << 20): float(e["time"]) for e in story.of(kinds.DIED)}
    for row in np.flatnonzero(died):
        assert times[row + 1] == pytest.approx(when[row], abs=1e-3)
    story.check_causes()
    story.check_order()


def test_the_same_people_die_at_the_same_times_however_time_is_cut():
    scenario = with_shore(f"{DRAIN}, toxicity: 5 Gy, benefit: 0.1/year", RUN, crowd(30), "60 d")
    whole, parts = Story(scenario, 2), Story(scenario, 2, tuple(np.arange(0.5, 60.0, 0.5) * DAY))
    assert whole.told() == parts.told()
    assert whole.times(kinds.DIED)


@pytest.mark.parametrize(("dose", "parts"), [(2.0, 1), (3.5, 1), (3.5, 7), (5.0, 1)])
def test_doses_given_at_once_kill_by_the_weibull_law_however_they_are_split(dose, parts):
    n = few(2000)
    give = ", ".join([f"irradiate: {{ who: many, dose: {dose / parts} Gy }}"] * parts)
    rules = f'  give: {{ when: "true", after: 1 d, do: [{give}] }}\n'
    story = Story(with_shore("", rules, crowd(n, "there"), "2 d"), 8)
    died = story.world.people["status"][1:] == states.DEAD
    assert within(died.mean(), -math.expm1(-math.log(2.0) * (dose / 3.5) ** 6), n)
    assert set(story.times(kinds.DIED)) == {DAY}
    story.check_causes()


def test_a_dose_over_a_field_reaches_whoever_is_there_by_their_shelter():
    rules = '  give: { when: "true", after: 1 d, do: [release_dose: { field: spring, dose: 1 Gy }] }\n'
    story = Story(with_shore("", rules, crowd(2, "hut"), "2 d"))
    assert story.world.people["dose"].tolist() == [1.0, 0.25, 0.25]
    story = Story(with_shore("", rules, crowd(2, "there"), "2 d"))
    assert story.world.people["dose"].tolist() == [1.0, 0.0, 0.0]


def test_machines_take_no_dose():
    rules = '  give: { when: "true", after: 1 d, do: [irradiate: { who: ann, dose: 90 Gy }] }\n'
    scenario = with_shore("", rules, "", "2 d")
    scenario.built.world.people.machine[0] = 1
    story = Story(scenario)
    assert story.person("ann").dose == 0.0
    assert story.person("ann").status == states.ACTIVE


def test_a_dose_kills_cells_and_what_is_not_repaired_adds_to_the_next():
    give = "irradiate: { who: ann, dose: 1 Gy }"
    rules = (
        f'  one: {{ when: "true", after: 1 h, do: [{give}] }}\n  two: {{ when: "true", after: 2 h, do: [{give}] }}\n'
    )
    scenario = with_shore("", rules, "", "3 h", "there")
    scenario.built.world.tissues.integrity[:] = 0.95
    scenario.built.world.tissues.works[:] = 1
    story = Story(scenario, 3)
    expected = 2 * (0.3 + 0.03) + 2 * 0.03 * 0.5
    assert story.person("ann").kill == pytest.approx(expected, rel=1e-12)
    assert story.person("ann").lesion == pytest.approx(0.75, rel=1e-12)
    assert story.world.tissues["integrity"][0] == pytest.approx(0.95 * math.exp(-expected), rel=1e-12)
    assert story.times(kinds.FAILED_TISSUE) == [3600.0]
    story.check_causes()


def test_people_under_way_are_in_the_open_and_those_aboard_behind_the_hull():
    more = "vessels: { barge: { faction: ours, at: shore, shelter: 0.5 } }"
    rules = '  board: { when: "true", after: 1 d, do: [place: { who: ann, to: barge }] }\n'
    rules += '  give: { when: "true", after: 2 d, do: [release_dose: { field: spring, dose: 1 Gy }] }\n'
    assert Story(with_shore("", rules, more, "3 d")).person("ann").dose == 0.5


def test_lethal_doses_of_a_crowd_have_the_weibull_distribution():
    n = few(1000)
    scenario = with_shore(f"{DRAIN}, toxicity: 40 Gy", RUN, crowd(n), "400 d", "there")
    people = Story(scenario, 9).world.people[1:]
    assert stats.kstest(people["dose"], lambda d: -np.expm1(-math.log(2.0) * (d / 3.5) ** 6)).pvalue > 1e-4


def test_whoever_sets_out_leaves_the_field_at_that_moment():
    rules = '  off: { when: "true", after: 5 d, do: [move: { who: ann, to: there, speed: 0.001 m/s }] }\n'
    story = Story(with_shore("healing: 0.2/d", rules, "", "12 d"))
    assert story.world.tissues["integrity"][0] == pytest.approx(1.0 - 0.8 * math.exp(-0.5), rel=1e-12)
