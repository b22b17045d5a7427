"""Where somebody is: one meaning in every condition and verb, read from the table of docs/where.md, and small cases."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briarpatch.scenario.catalog import load_text
from briarpatch.world import acts, kinds, states
from briarpatch.world.compiled import plainly
from tale import CASES, Tale, case

HOUR = 3600.0
PAGE = (Path(__file__).parents[1] / "docs" / "where.md").read_text()
PART = PAGE.partition("<!-- table -->")[2].partition("<!-- end table -->")[0]
HARBOUR = PART.partition("```yaml\n")[2].partition("```")[0]
PEOPLE = ("ann", "sue", "max", "wim", "ron", "ida")


def rows():
    for line in PART.splitlines():
        if found := re.fullmatch(r"\| `(.+)` \|(.*)\|", line):
            yield found[1], [cell.strip() == "yes" for cell in found[2].split("|")]


ROWS = dict(rows())


def state_of(world, person):
    """Return what verbs about people change of somebody."""
    body = world.people[person]
    return (
        *(int(body[column]) for column in ("status", "place", "destination", "party", "lines", "bears", "borne")),
        int(world.beliefs["known"][person].sum()),
    )


# ------------------------------------------------------------------------------------------------ the table


@pytest.mark.parametrize("asked", [row for row in ROWS if not re.match(r"\w+:", row)])
def test_conditions_find_whom_the_page_says(asked):
    measures = ", ".join(f"{name}: {{ told: {name}, value: '{asked.replace('X', name)} ? 1 : 0' }}" for name in PEOPLE)
    found = Tale(f"{HARBOUR}measures: {{ {measures} }}\n", until=HOUR).measures()
    assert [found[name] == 1.0 for name in PEOPLE] == ROWS[asked]


@pytest.mark.parametrize("asked", [row for row in ROWS if re.match(r"\w+:", row)])
def test_verbs_reach_whom_the_page_says_and_say_so_when_that_is_nobody(asked):
    rule = f"  asked: {{ when: 'time() >= \"1 h\"', do: [{asked}] }}\n"
    text = HARBOUR.replace("endings:", f"{rule}endings:")
    without, with_it = Tale(HARBOUR, until=HOUR + 1.0), Tale(text, until=HOUR + 1.0)
    reached = [state_of(without.world, i) != state_of(with_it.world, i) for i in range(len(PEOPLE))]
    assert reached == ROWS[asked]
    assert len(with_it.entries(kinds.WAS_AWAY)) == (not any(reached))


@pytest.mark.parametrize(
    ("verb", "place"),
    [
        ("kill", "far"),
        ("capture", "far"),
        ("release", "far"),
        ("place", "far"),
        ("transport", "far"),
    ],
)
def test_an_empty_place_gives_an_entry_that_names_it(verb, place):
    effects = {
        "kill": "kill: { who: folk, at: far }",
        "capture": "capture: { who: folk, by: foe, at: far }",
        "release": "release: { who: folk, at: far }",
        "place": "place: { who: folk, to: inn, at: far }",
        "transport": "transport: { who: folk, to: inn, by: boats, from: far }",
    }
    rule = f"  asked: {{ when: 'time() >= \"1 h\"', do: [{effects[verb]}] }}\n"
    tale = Tale(HARBOUR.replace("endings:", f"{rule}endings:"), until=HOUR + 1.0)
    (entry,) = tale.entries(kinds.WAS_AWAY)
    assert entry["place"] == tale.at(place)


def test_release_filters_by_place_and_puts_people_elsewhere():
    rules = (
        "  first: { when: 'true', do: [capture: { who: folk, by: foe }] }\n"
        "  asked: { when: 'time() >= \"1 h\"', do: [release: { who: folk, at: alpha, to: far }] }\n"
    )
    tale = Tale(HARBOUR.replace("endings:", f"{rules}endings:"), until=HOUR + 1.0)
    assert [tale.body(name)["status"] == states.ACTIVE for name in PEOPLE] == [
        name in ("sue", "max") for name in PEOPLE
    ]
    assert all(tale.body(name)["place"] == tale.at("far") for name in ("sue", "max"))


# ------------------------------------------------------------------------------------------------ small cases


def test_capture_at_takes_those_who_are_there_and_moves_nobody():
    assert case("capture_at").measures() == {"held": 20.0, "mole": 20.0}


def test_transport_from_a_place_leaves_those_aboard_and_people_can_be_unloaded_where_the_ship_lies():
    found = case("transport_from").measures()
    assert (found["a"], found["b"], found["g"]) == (10.0, 5.0, 0.0)


def test_two_fleets_serve_one_queue():
    tale = case("two_fleets_one_queue")
    assert tale.measures()["home"] == 80.0
    per_trip = {float(e["amount"]) for e in tale.entries(kinds.BEAMED)}
    assert per_trip == {10.0}


def test_killing_those_at_the_quay_spares_those_at_sea():
    assert case("kill_in_transit").measures()["home"] == 20.0
    assert case("kill_in_transit").measures()["dead"] == 80.0


def test_an_evacuation_of_a_crowd_that_is_elsewhere_is_warned_of_and_leaves_an_entry():
    assert len(case("nobody_there").entries(kinds.WAS_AWAY)) == 1
    text = (CASES / "nobody_there.yaml").read_text()
    assert any("nobody of 'z' begins at 'a'" in str(warning) for warning in load_text(text).warnings)
    moved = text.replace("rules: {", "rules: { first: { when: 'true', do: [place: { who: f, to: a }] },")
    assert not any("nobody of" in str(warning) for warning in load_text(moved).warnings)


# ------------------------------------------------------------------------------------------------ transporters


LINES = """
scenario: { title: Two boats, until: 1 d }
maps: { m: {} }
places: { quay: { map: m, at: [0 km, 0 km] }, isle: { map: m, at: [9 km, 0 km] }, cape: { map: m, at: [0 km, 9 km] } }
factions: { us: {} }
vessels: { hulk: { faction: us, at: quay } }
people: { ann: { faction: us, place: quay } }
crowds: { men: { count: 12, faction: us, place: quay } }
pads:
  big: { owner: quay, faction: us, batch: 4, cycle: 2 h, attempts: 1e6/s, gain: 1e9 }
  small: { owner: OWNER, faction: us, batch: 1, cycle: 1 h, attempts: 1e6/s, gain: 1e9 }
rules:
RULES
endings: { over: { told: it was over } }
"""


def lines(*effects, owner="quay", **times):
    rules = [f"  r{i}: {{ when: 'true', after: {after}, do: [{effect}] }}" for i, (after, effect) in enumerate(effects)]
    return Tale(LINES.replace("OWNER", owner).replace("RULES", "\n".join(rules)), **times)


def test_whoever_is_taken_up_leaves_every_other_line():
    tale = lines(
        ("1 s", "transport: { who: ann, to: isle, by: big }"), ("1 s", "transport: { who: ann, to: cape, by: small }")
    )
    (entry,) = tale.entries(kinds.BEAMED)
    assert entry["place"] == tale.at("isle")
    assert tale.body("ann")["lines"] == 0


def test_somebody_on_the_way_who_is_asked_for_again_goes_on_when_put_down():
    tale = lines(
        ("1 s", "transport: { who: ann, to: isle, by: big }"), ("1 h", "transport: { who: ann, to: cape, by: big }")
    )
    first, second = tale.entries(kinds.BEAMED)
    assert (first["place"], second["place"]) == (tale.at("isle"), tale.at("cape"))
    assert second["time"] - first["time"] == pytest.approx(2 * HOUR, abs=1.0)


def test_a_failure_of_power_does_not_stop_a_trip_that_has_begun():
    tale = lines(("1 s", "transport: { who: ann, to: isle, by: big }"), ("1 h", "power: { pad: big, on: false }"))
    assert tale.body("ann")["place"] == tale.at("isle")


def test_those_on_the_way_to_a_ship_that_is_destroyed_come_back():
    tale = lines(("1 s", "transport: { who: ann, to: hulk, by: big }"), ("1 h", "scuttle: hulk"))
    assert tale.body("ann")["place"] == tale.at("quay")
    assert tale.body("ann")["status"] == states.ACTIVE
    assert tale.body("ann")["lines"] == 0
    assert tale.world.slots["riders"].sum() == 0


def test_those_whose_transporter_and_origin_are_destroyed_on_the_way_die():
    tale = lines(
        ("1 s", "place: { who: ann, to: hulk }"),
        ("2 s", "transport: { who: ann, to: isle, by: small }"),
        ("30 min", "scuttle: hulk"),
        owner="hulk",
    )
    assert tale.body("ann")["status"] == states.DEAD


def test_a_captive_on_the_way_arrives_a_captive():
    tale = lines(("1 s", "transport: { who: ann, to: isle, by: big }"), ("1 h", "capture: { who: ann, by: us }"))
    assert tale.body("ann")["place"] == tale.at("isle")
    assert tale.body("ann")["status"] == states.HELD


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 300),
            st.sampled_from(
                [
                    "transport: { who: men, to: isle, by: big }",
                    "transport: { who: men, to: cape, by: small, from: quay, most: 3 }",
                    "transport: { who: us, to: hulk, by: small }",
                    "transport: { who: us, to: quay, by: big, from: isle }",
                    "kill: { who: men, at: isle }",
                    "capture: { who: men, by: us, at: quay }",
                    "place: { who: men, to: quay }",
                    "move: { who: men, to: isle }",
                    "leave: { who: us }",
                    "abandon: big",
                    "power: { pad: small, on: false }",
                    "power: { pad: small }",
                    "scuttle: hulk",
                ]
            ),
        ),
        min_size=1,
        max_size=8,
    ),
    st.integers(0, 5),
)
def test_everybody_is_always_in_exactly_one_condition_and_lines_hold_together(asked, seed):
    tale = lines(*[(f"{minutes} min", effect) for minutes, effect in asked], seed=seed, until=0.0)
    for hour in range(1, 24):
        world = tale.go(hour * HOUR).world
        people = world.people
        assert (world.waits["inline"].sum(axis=0) == people["lines"]).all()
        for i, body in enumerate(people):
            carried = bool(plainly(acts.carried, world, i))
            alive = body["status"] != states.DEAD
            conditions = (body["place"] >= 0, carried, body["destination"] >= 0 and body["place"] < 0)
            assert sum(conditions) <= 1
            assert not carried or (body["party"] < 0 and alive)
            assert alive or body["lines"] == 0
        for number, pad in enumerate(world.pads):
            at, line = int(pad["head"]), []
            while at >= 0:
                line.append(at)
                at = int(world.waits["after"][number, at])
            assert sorted(line) == np.flatnonzero(world.waits["inline"][number]).tolist()
            assert len(line) == pad["wanted"]
        for row, slot in enumerate(world.slots):
            assert slot["riders"] == (people["slot"] == row).sum()
