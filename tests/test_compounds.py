"""What several mechanisms do together, from data alone: directives, ruses, exile, kinship, consent, need, rescue, reunion."""

from __future__ import annotations

import math

import pytest

from briarpatch import engine
from briarpatch.scenario.catalog import load_text
from briarpatch.scenario.scenario import Scenario
from briarpatch.world.world import World
from plays import few, log, play, times, within

STAGE = """
scenario: { title: a test, until: UNTIL }
maps: { ground: {} }
places:
  here: { map: ground, at: [0 km, 0 km] }
  there: { map: ground, at: [3 km, 4 km] }
  PLACES
factions: { ours: {}, theirs: {} }
people:
  ann: { faction: ours, place: here, values: { good: 1 } }
  bob: { faction: theirs, place: there }
values: { good: what is good }
endings: { over: { told: it was over } }
"""


def stage(text: str, places: str = "", until: str = "1 h") -> Scenario:
    """Return a scenario of two people, two places and whatever `text` adds."""
    return load_text(STAGE.replace("UNTIL", until).replace("PLACES", places) + text)


def at_once(*effects: str, when: str = "true", name: str = "go", after: str = "10 s") -> str:
    """Return a rule, for the section of rules."""
    return f'  {name}: {{ when: "{when}", after: {after}, do: [{", ".join(effects)}] }}\n'


def measured(scenario: Scenario, world: World) -> list[float]:
    """Return the values of the measures at the end."""
    return engine.measures(scenario.program, world).tolist()


def test_X_1_a_directive_that_nothing_matches_is_never_broken_and_conflicting_ones_are_both_reported():
    scenario = stage(
        "directives:\n"
        '  never: { binds: ours, broken_when: "dead(ann)" }\n'
        '  stay: { binds: ours, broken_when: "at(ann, there)" }\n'
        "  go_at_once: { binds: ours, broken_when: \"at(ann, here) && time() >= '5 s'\" }\n"
        "rules:\n" + at_once("place: { who: ann, to: there }")
    )
    world = play(scenario)
    broken = {entry.object: entry.time for entry in log(scenario, world, "violated")}
    assert broken == pytest.approx({"go_at_once": 5.0, "stay": 10.0}, abs=1e-5)
    assert list(world.directives_state["violations"]) == [0, 1, 1]


def test_X_3_those_carried_unawares_into_a_copy_notice_it_as_its_law_says():
    scenario = stage(
        "pads: { ring: { owner: base, faction: ours, cycle: 0 s, attempts: 1000/s, gain: 1e6 } }\n"
        "rules:\n" + at_once("transport: { who: bob, to: copy, by: ring }"),
        "base: { map: ground, at: [0 km, 1 km] }\n"
        "  copy: { map: ground, at: [0 km, 2 km], pretends: { of: there, density: 0.2/s, habituation: 5 s } }",
    )
    n = few(2000)
    unnoticed = 0
    for seed in range(n):
        world = play(scenario, seed)
        assert [entry.subject for entry in log(scenario, world, "carried")] == ["bob"]
        unnoticed += not log(scenario, world, "noticed")
    assert within(unnoticed / n, 0.367879, n)


def test_X_4_whoever_is_exiled_leaves_the_field_that_kept_them_young():
    scenario = stage(
        "life: { accidents: 0/year, modal_age: 9000 years }\n"
        "fields: { ring: { strength: 1 Gy/s, outer: 1 km, half: 1e-30 Gy/s, benefit: 0.5/year, target_age: 25 years } }\n"
        "crowds:\n"
        "  stay: { count: 3, faction: ours, place: home, age: 60 years, biological_age: 27 years }\n"
        "  rise: { count: 3, faction: theirs, place: home, age: 60 years, biological_age: 27 years }\n"
        "rules:\n" + at_once("place: { who: rise, to: there }", after="1 y") + "measures:\n"
        '  stayed: { told: age, value: "mean_biological_age(stay)" }\n'
        '  exiled: { told: age, value: "mean_biological_age(rise)" }\n',
        "home: { map: ground, at: [9 km, 0 km], field: ring }",
        "101 y",
    )
    stayed, exiled = measured(scenario, play(scenario))
    assert stayed == pytest.approx(27.0, abs=1e-6)
    assert exiled == pytest.approx(127.0, abs=1e-6)


@pytest.mark.parametrize(("weight", "found"), [(0.0, False), (8.0, True)])
def test_X_5_only_evidence_reveals_a_kinship_and_it_weighs_once_it_is_known(weight, found):
    scenario = stage(
        "facts: { kin: { prior: 0.1 } }\n"
        "bonds: [{ who: ann, to: bob, mutual: true, kinship: 0.5 }]\n"
        "rules:\n" + at_once(f"learn: {{ who: ann, fact: kin, weight: {weight} }}") + "decisions:\n"
        "  ann.spare:\n"
        "    question: Does she spare him?\n"
        "    when: \"time() >= '20 s'\"\n"
        "    precision: 1000\n"
        "    options:\n"
        '      yes: { told: she spared him, utility: { good: "believes(self, kin) ? 0.5 : 0" } }\n'
        "      no: { told: she did not, base: 0.25 }\n"
    )
    world = play(scenario)
    assert [entry.object for entry in log(scenario, world, "chose")] == [f"ann.spare.{'yes' if found else 'no'}"]
    assert bool(log(scenario, world, "learned")) is found


@pytest.mark.parametrize("agreed", [False, True])
def test_X_6_moving_people_against_their_will_breaks_the_directive_and_with_consent_does_not(agreed):
    scenario = stage(
        "crowds: { folk: { count: 4, faction: theirs, place: there } }\n"
        "pads: { ring: { owner: here, faction: ours, cycle: 1 s, attempts: 10/s, gain: 1e9 } }\n"
        'directives: { consent: { binds: ours, broken_when: "count(folk, moved) > 0" } }\n'
        "rules:\n"
        + (at_once("consent: folk", name="ask", after="5 s") if agreed else "")
        + at_once("transport: { who: folk, to: here, by: ring }")
    )
    world = play(scenario)
    assert len(log(scenario, world, "carried")) > 0
    assert len(log(scenario, world, "taken away")) == (0 if agreed else 4)
    assert len(log(scenario, world, "violated")) == (0 if agreed else 1)


@pytest.mark.parametrize(("willing", "need", "used"), [(0, True, False), (1, True, True), (1, False, False)])
def test_X_7_what_a_side_will_not_use_is_never_used_and_is_used_in_need_by_those_who_will(willing, need, used):
    scenario = stage(
        f"gauges: {{ willing: {{ start: {willing} }} }}\n"
        "events: { danger: { told: danger } }\n"
        "pads: { ring: { owner: here, faction: ours, cycle: 1 s, attempts: 10/s, gain: 1e9 } }\n"
        "rules:\n"
        + (at_once("mark: danger", name="threat") if need else "")
        + at_once("transport: { who: ann, to: there, by: ring }", when="happened(danger) && willing > 0", name="use")
    )
    world = play(scenario)
    assert bool(log(scenario, world, "carried")) is used
    assert bool(times(scenario, world, "use")) is used


def test_X_8_a_benefit_shared_out_is_nothing_of_nothing_and_twice_the_heads_halve_each_share():
    def shares(heads: int, start: bool) -> list[float]:
        scenario = stage(
            "devices: { pump: { faction: ours, at: here } }\n"
            "fields: { ring: { strength: 1 Gy/s, outer: 1 km, device: pump, drain: 0.3/h, efficiency: 1 } }\n"
            f"gauges: {{ heads: {{ start: {heads} }} }}\n"
            "rules:\n" + at_once("start: pump", when="true" if start else "time() > '9 h'", after="0 s") + "measures:\n"
            '  each: { told: a share, value: "collected(ring) / heads" }\n',
            until="5 h",
        )
        return measured(scenario, play(scenario))

    assert shares(1000, False) == [0.0]
    assert shares(1000, True) == [pytest.approx(0.7768698399e-3, rel=1e-9)]
    assert shares(2000, True) == [pytest.approx(shares(1000, True)[0] / 2.0, rel=1e-12)]


@pytest.mark.parametrize("burden", [0.0, 0.7])
def test_X_9_without_treatment_nobody_is_disfigured_and_likeness_falls_as_disfigurement_grows(burden):
    text = STAGE.replace("good: 1 } }", f"good: 1 }}, burden: {burden} }}", 1)
    scenario = load_text(
        text.replace("UNTIL", "1 h").replace("PLACES", "")
        + "life: { burden_fades: 0/year }\n"
        + "measures:\n"
        + '  index: { told: disfigurement, value: "disfigurement(ann)" }\n'
        + '  likeness: { told: likeness, value: "1 - disfigurement(ann)" }\n'
    )
    index, likeness = measured(scenario, play(scenario))
    assert index == pytest.approx(1.0 - math.exp(-burden), rel=1e-9)
    assert likeness == pytest.approx(math.exp(-burden), rel=1e-9)


def test_X_10_a_rescue_races_a_countdown():
    """Attempts at 0.5/s lock with 0.6, before a blast after 5 s: 1 - exp(-1.5), as O-12.5 has it."""
    scenario = stage(
        "devices: { bomb: { faction: theirs, at: here, countdown: 5 s, presence: false, blast: around } }\n"
        f"pads: {{ ring: {{ owner: base, faction: ours, count: 1, batch: 1, cycle: 0 s, attempts: 0.5/s, "
        f"reference: 1 km, gain: {-1.0 / math.log(0.6)!r} }} }}\n"
        "rules:\n" + at_once("arm: { device: bomb, by: bob }", "transport: { who: ann, to: there, by: ring }"),
        "base: { map: ground, at: [1 km, 0 km] }",
    )
    n = few(4000)
    saved = 0
    for seed in range(n):
        world = play(scenario, seed)
        rescued, died = log(scenario, world, "carried"), log(scenario, world, "died")
        assert len(rescued) + len(died) == 1
        saved += len(rescued)
    assert within(saved / n, 0.776870, n)


def test_X_11_those_who_meet_again_warm_to_one_another_and_office_laid_down_is_taken_up():
    scenario = stage(
        "bonds: [{ who: ann, to: bob, mutual: true, affection: 0.1, dormant: 0.6 }]\n"
        "rules:\n"
        + at_once("resign: ann")
        + at_once("meet: { who: ann, other: bob }", "reinstate: ann", name="home", after="20 s")
        + "measures:\n"
        '  fond: { told: fondness, value: "min(affection(ann, bob), affection(bob, ann))" }\n'
        '  office: { told: in office, value: "in_office(ann) ? 1 : 0" }\n'
    )
    world = play(scenario)
    fond, office = measured(scenario, world)
    assert fond > 0.5
    assert office == 1.0
    assert [(e.kind, e.time) for e in log(scenario, world, "resigned", "met", "reinstated", "grew close")] == [
        ("resigned", 10.0),
        ("met", 20.0),
        ("grew close", 20.0),
        ("reinstated", 20.0),
    ]
