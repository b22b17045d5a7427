"""Ways on foot: crowds in narrow places, however a way is cut, and what walking costs, however often it is halted."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briarpatch.errors import ScenarioError
from briarpatch.laws import march as laws
from briarpatch.scenario.catalog import load_text
from briarpatch.systems import march
from briarpatch.world import kinds
from briarpatch.world.compiled import plainly
from tale import CASES, Tale


def corridor(cuts, length=50.0, width=2.0, crowds=((200, 20, 1.0),), gate=None, lead=0.0):
    """Return a scenario of crowds (count, party, pace) through a corridor that is cut at `cuts` [m]."""
    end = lead + length
    points = [f"{{ at: [{cut} m, 0 m], width: {width} m }}" for cut in sorted(cuts)]
    if lead > 0.0:
        points = [f"{{ at: [{lead} m, 0 m] }}"] + [
            f"{{ at: [{lead + cut} m, 0 m], width: {width} m }}" for cut in sorted(cuts)
        ]
    last = f"last: {{ at: [{end} m, 0 m], width: {width} m{f', gate: {gate} m' if gate else ''} }}"
    by = f"by: [{', '.join(points)}], " if points else ""
    names = [f"c{n}" for n in range(len(crowds))]
    folk = " ".join(
        f"{name}: {{ count: {count}, faction: folk, place: start, pace: {pace}, pace_spread: 0 }},"
        for name, (count, _, pace) in zip(names, crowds, strict=True)
    )
    go = " ".join(
        f"evacuate: {{ who: {name}, along: hallway, party: {party}, delay: 0 s }} }}, {{"
        for name, (_, party, _) in zip(names, crowds, strict=True)
    )
    return (
        "scenario: { title: a corridor, until: 3 h, party_pace: mean }\nmaps: { hall: {} }\n"
        f"places: {{ start: {{ map: hall, at: [0 m, 0 m] }}, out: {{ map: hall, at: [{end} m, 0 m] }} }}\n"
        f"routes: {{ hallway: {{ start: start, end: out, {by}{last} }} }}\n"
        "factions: { folk: {} }\npeople: { clerk: { faction: folk, place: out } }\n"
        f"crowds: {{ {folk} }}\n"
        f"rules: {{ go: {{ when: 'true', do: [{{ {go[:-4]} }}] }} }}\n".replace("}, { }]", "}]")
        + "endings: { over: { told: it was over } }\n"
    )


# ------------------------------------------------------------------------------------------------ narrow places


def test_a_corridor_takes_in_the_greatest_flow_for_its_width_and_all_walk_freely():
    times = Tale(corridor(())).times(kinds.CAME_THROUGH)
    assert max(times) == pytest.approx(200 / (2.0 * laws.MAX_FLOW) + 50.0 / 1.34)
    one_by_one = Tale(corridor((), crowds=((200, 1, 1.0),))).times(kinds.CAME_THROUGH)
    assert max(one_by_one) == pytest.approx(max(times))


@pytest.mark.parametrize("legs", [1, 5, 25])
def test_a_corridor_takes_as_long_however_it_is_cut(legs):
    whole = Tale(corridor(())).times(kinds.CAME_THROUGH)
    cut = Tale(corridor([50.0 * n / legs for n in range(1, legs)])).times(kinds.CAME_THROUGH)
    assert cut == pytest.approx(whole, rel=1e-9)


def test_the_case_of_a_corridor_in_five_legs():
    text = (CASES / "corridor_cut_in_five.yaml").read_text()
    assert Tale(text).measures()["last"] == pytest.approx(200 / (2.0 * laws.MAX_FLOW) + 50.0 / 1.34)


@settings(max_examples=40, deadline=None)
@given(
    st.sets(st.integers(1, 99), max_size=6),
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 15)), min_size=1, max_size=4),
    st.sampled_from([0.5, 1.0, 3.0]),
    st.sampled_from([None, 0.4, 2.0]),
    st.sampled_from([0.0, 30.0]),
)
def test_cutting_a_corridor_changes_nothing(cuts, crowds, width, gate, lead):
    crowds = [(count, party, 1.0) for count, party in crowds]
    whole = Tale(corridor((), 100.0, width, crowds, gate, lead)).times(kinds.CAME_THROUGH)
    cut = Tale(corridor(cuts, 100.0, width, crowds, gate, lead)).times(kinds.CAME_THROUGH)
    assert cut == pytest.approx(whole, rel=1e-9)
    people = sum(count for count, _, _ in crowds)
    least = people / (min(width, gate or width) * laws.MAX_FLOW) + (100.0 + lead) / 1.34
    assert max(whole) >= least - 1e-6


def test_several_paces_keep_the_flow_and_the_fast_overtake():
    crowds = ((30, 5, 1.0), (30, 5, 0.6))
    tale = Tale(corridor((20.0, 40.0), crowds=crowds))
    assert max(tale.times(kinds.CAME_THROUGH)) == pytest.approx(60 / (2.0 * laws.MAX_FLOW) + 50.0 / (0.6 * 1.34))


def test_one_door_is_one_however_many_routes_lead_through_it():
    text = (CASES / "one_door_two_routes.yaml").read_text()
    both = Tale(text).measures()["t"]
    assert both == pytest.approx(1000 / laws.MAX_FLOW + 20.0 / 1.34)
    one = text.replace("who: part_1, along: door_1", "who: part_1, along: door_0")
    assert Tale(one).measures()["t"] == pytest.approx(both)


def test_one_door_has_one_width():
    text = (CASES / "one_door_two_routes.yaml").read_text()
    with pytest.raises(ScenarioError, match="give it one width"):
        load_text(text.replace("gate: 1 m", "gate: 2 m", 1))


def test_two_doors_side_by_side_let_through_twice_as_many():
    text = (CASES / "one_door_two_routes.yaml").read_text()
    apart = text.replace(
        "door_1: { start: room, end: out, by: [{ at: [10 m, 0 m]",
        "door_1: { start: room, end: out, by: [{ at: [10 m, 1 m]",
    )
    assert Tale(apart).measures()["t"] < 0.55 * Tale(text).measures()["t"]


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 200), st.integers(1, 300))
def test_a_halt_in_line_or_on_the_way_moves_everything_by_its_length_or_less(at, length):
    plain = corridor((10.0, 30.0), crowds=((60, 10, 1.0),), width=0.5, gate=0.5)
    halted = (
        plain.replace(
            "endings:",
            f"  stop: {{ when: 'time() >= \"{at} s\"', do: [halt: c0] }}\n"
            f"  on: {{ when: 'time() >= \"{at + length} s\"', do: [evacuate: {{ who: c0, along: hallway, party: 10, delay: 0 s }}] }}\n"
            "endings:",
        )
        .replace("rules: { go: ", "rules:\n  go: ")
        .replace("}] } }\n  stop", "}] }\n  stop")
    )
    before, after = (Tale(text).times(kinds.CAME_THROUGH) for text in (plain, halted))
    assert len(before) == len(after)
    for early, late in zip(before, after, strict=True):
        assert early - 1e-9 <= late <= early + length + 1e-9


# ------------------------------------------------------------------------------------------------ what walking costs


WALK = """
scenario: { title: a walk, until: 2 d, party_pace: POLICY }
maps: { m: {} }
places: { a: { map: m, at: [0 km, 0 km] }, b: { map: m, at: [LENGTH m, 0 km] } }
routes: { r: { start: a, end: b, BY last: { at: [LENGTH m, 0 km], height: 100 m } } }
factions: { us: {} }
people: { ann: { faction: us, place: b } }
crowds: { walkers: { count: 3, faction: us, place: a, pace: 1.2, pace_spread: 0, load: LOAD kg } }
rules:
  go: { when: "true", do: [evacuate: { who: walkers, along: r, delay: 0 s }] }
RULES
endings: { over: { told: it was over } }
"""


def walk(rules="", by="", load=20.0, policy="slowest", length=600, until=math.inf):
    text = WALK.replace("RULES", rules).replace("BY", by).replace("LOAD", str(load))
    return Tale(text.replace("POLICY", policy).replace("LENGTH", str(length)), until=until)


def reserve(tale, now=None):
    body = tale.world.people[1:2].copy()[0]
    plainly(march.settle, body, float(tale.world.state["time"][0]) if now is None else now)
    return float(body["reserve"])


def halts(*moments):
    return "\n".join(
        f"  h{n}: {{ when: 'time() >= \"{at} s\"', do: [halt: walkers] }}\n"
        f"  g{n}: {{ when: 'time() >= \"{at + length} s\"', do: [evacuate: {{ who: walkers, along: r }}] }}"
        for n, (at, length) in enumerate(moments)
    )


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 50), st.integers(1, 100)), max_size=4),
    st.sampled_from([0.0, 20.0, 60.0]),
    st.sampled_from(["slowest", "mean"]),
)
def test_halts_cost_no_energy_and_no_more_time_than_they_last(steps, load, policy):
    moments, at = [], 0
    for wait, length in steps:
        moments.append((at + wait, length))
        at += wait + length
    free, halted = walk(load=load, policy=policy), walk(halts(*moments), load=load, policy=policy)
    (early,), (late,) = free.times(kinds.CAME_THROUGH), halted.times(kinds.CAME_THROUGH)
    lost = sum(length for start, length in moments if start < late)
    assert late == pytest.approx(early + lost, rel=1e-9)
    assert reserve(halted) == pytest.approx(reserve(free), rel=1e-9, abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(1, 599), max_size=5), st.sampled_from([0.0, 20.0, 60.0]))
def test_cutting_a_way_changes_neither_its_time_nor_what_it_costs(cuts, load):
    by = "".join(f"{{ at: [{cut} m, 0 km], height: {cut / 6.0} m }}, " for cut in sorted(cuts))
    whole, cut = walk(load=load), walk(by=f"by: [{by}], " if cuts else "", load=load)
    assert cut.times(kinds.CAME_THROUGH) == pytest.approx(whole.times(kinds.CAME_THROUGH), rel=1e-6)
    assert reserve(cut) == pytest.approx(reserve(whole), rel=1e-6, abs=1e-3)


def test_whoever_is_taken_half_way_has_paid_for_half_the_way():
    taken = "  x: { when: 'time() >= \"100 s\"', do: [capture: { who: walkers, by: us }] }"
    tale, free = walk(taken, load=60.0), walk(load=60.0, until=100.0)
    assert reserve(tale) == pytest.approx(reserve(free))
    assert reserve(tale) < 70_000.0


# ------------------------------------------------------------------------------------------------ paces


def test_pace_one_is_weidmanns_free_speed_on_the_flat():
    text = corridor((), width=100.0, crowds=((1, 1, 1.0),))
    assert Tale(text).times(kinds.CAME_THROUGH) == [pytest.approx(50.0 / 1.34, rel=1e-3)]


@pytest.mark.parametrize(("age", "speed"), [(20, 1.36), (40, 1.1225), (70, 0.935)])
def test_paces_can_go_by_age(age, speed):
    text = corridor((), width=1000.0, crowds=((4, 4, 1.0),)).replace("pace: 1.0,", f"pace: by_age, age: {age} y,")
    assert Tale(text).times(kinds.CAME_THROUGH) == [pytest.approx(50.0 / speed, rel=1e-3)]


def test_a_crowd_of_many_ages_has_the_pace_of_each():
    text = corridor((), crowds=((60, 4, 1.0),)).replace("pace: 1.0,", "pace: by_age, age: 45 y, age_spread: 20 y,")
    people = load_text(text).world(3).people[1:]
    expected = [laws.pace_at_age(float(age)) for age in people["age"]]
    assert people["pace"].tolist() == pytest.approx(expected)
    assert len(set(people["pace"].tolist())) == 3


def test_a_person_may_walk_by_age():
    text = corridor(()).replace("clerk: { faction: folk,", "clerk: { faction: folk, pace: by_age, age: 70 y,")
    assert float(load_text(text).world(1).people["pace"][0]) == pytest.approx(0.935 / 1.34)


def test_another_word_for_a_pace_is_a_fault():
    with pytest.raises(ScenarioError, match="pace"):
        load_text(corridor(()).replace("pace: 1.0,", "pace: by_height,"))
