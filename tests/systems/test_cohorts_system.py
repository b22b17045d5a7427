"""Counted crowds: what they hold at the start, what can be done to some of them, and what conditions read."""

from __future__ import annotations

import numpy as np
import pytest
from heads import DAY, heads, near, play, scenario
from played import HEAD, Played

from briarpatch import engine
from briarpatch.errors import ScenarioError
from briarpatch.scenario.catalog import load_text

FOLK = "crowds: { folk: { count: 1000, faction: us, place: camp, states: [a, b], state: { a: 900, b: 100 } } }\n"


def _cells(played):
    names = [f"{state}@{place}" for state in played.names.rows["state"] for place in ("camp", "town")]
    return {name: int(n) for name, n in zip(names, played.world.cells.heads, strict=True) if n}


def _do(effects, crowd=FOLK):
    return Played(
        f"places: {{ camp: {{}}, town: {{}} }}\n{crowd}rules: {{ r: {{ when: true, do: [{effects}] }} }}", until=DAY
    )


def test_a_counted_crowd_takes_no_row_a_head():
    few = scenario(FOLK)
    many = scenario(FOLK.replace("1000", "900000000").replace("a: 900", "a: 899999900"))
    assert len(many.world(1).people) == 0
    assert sum(table.nbytes for table in few.world(1)) == sum(table.nbytes for table in many.world(1))


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ("place: camp, states: [a, b]", {"folk.a@camp": 10}),
        ("place: camp, states: [a, b], state: b", {"folk.b@camp": 10}),
        ("place: camp, states: [a, b], state: { a: 9, b: 1 }", {"folk.a@camp": 9, "folk.b@camp": 1}),
        ("place: { camp: 4, town: 6 }, states: [a, b]", {"folk.a@camp": 4, "folk.a@town": 6}),
        (
            "place: { camp: 4, town: { a: 1, b: 5 } }, states: [a, b]",
            {"folk.a@camp": 4, "folk.a@town": 1, "folk.b@town": 5},
        ),
    ],
)
def test_heads_stand_where_and_as_they_start(keys, found):
    assert (
        _cells(
            _do(
                "set: { gauge: level, to: 1 }",
                f"gauges: {{ level: {{}} }}\ncrowds: {{ folk: {{ count: 10, faction: us, {keys} }} }}\n",
            )
        )
        == found
    )


@pytest.mark.parametrize(
    ("effects", "found"),
    [
        ("convert: { who: folk.a, to: folk.b }", {"folk.b@camp": 1000}),
        ("convert: { who: { of: folk.a, most: 50 }, to: folk.b }", {"folk.a@camp": 850, "folk.b@camp": 150}),
        ("convert: { who: { of: folk.a, most: 5000 }, to: folk.b }", {"folk.b@camp": 1000}),
        ("convert: { who: { of: folk, share: 0.25 }, to: town }",
         {"folk.a@camp": 675, "folk.a@town": 225, "folk.b@camp": 75, "folk.b@town": 25}),
        ("remove: { who: { of: folk, at: camp, share: 0.0105 } }", {"folk.a@camp": 890, "folk.b@camp": 99}),
        ("remove: { who: { of: folk, at: town } }", {"folk.a@camp": 900, "folk.b@camp": 100}),
        ("bring: { to: folk.b, at: town, number: 7 }", {"folk.a@camp": 900, "folk.b@camp": 100, "folk.b@town": 7}),
    ],
)  # fmt: skip
def test_what_is_done_to_some_of_them(effects, found):
    played = _do(effects)
    assert _cells(played) == found
    assert played.world.cohorts.heads[0] == sum(found.values())
    assert played.all_caused()


def test_O_16_5_a_part_is_apportioned_by_largest_remainder():
    crowd = "crowds: { folk: { count: 165, faction: us, place: camp, states: [a, b, c], state: { a: 101, b: 57, c: 7 } } }\n"
    found = _cells(_do("remove: { who: { of: folk, share: 0.3 } }", crowd))
    assert found == {"folk.a@camp": 101 - 31, "folk.b@camp": 57 - 17, "folk.c@camp": 7 - 2}


def test_each_is_a_binomial_number_of_each_cell():
    text = FOLK + "rules: { r: { when: true, do: [convert: { who: { of: folk.a, each: 0.3 }, to: folk.b }] } }"
    found = heads(text, 200, 1.0)
    assert near(found[:, 1] - 100.0, 270.0, (900 * 0.21) ** 0.5)
    assert np.std(found[:, 1]) == pytest.approx((900 * 0.21) ** 0.5, rel=0.25)


def test_the_same_luck_moves_little_with_the_chance():
    text = FOLK + "rules: { r: { when: true, do: [convert: { who: { of: folk.a, each: 0.30 }, to: folk.b }] } }"
    low, high = heads(text, 50, 1.0)[:, 1], heads(text.replace("0.30", "0.31"), 50, 1.0)[:, 1]
    assert ((high - low >= 8) & (high - low <= 10)).all()


def test_conditions_count_them_with_their_side():
    played = _do(
        "convert: { who: { of: folk.b, most: 30 }, to: town }",
        FOLK + "people: { ann: { faction: us, place: town } }\n"
        "measures: { side: { told: s, value: count(us) }, all: { told: a, value: 'count(folk, any)' },"
        " here: { told: h, value: 'count_at(us, town)' }, b: { told: b, value: 'count_in(folk.b, town)' } }\n",
    )
    assert engine.measures(played.scenario.program, played.world).tolist() == [1001.0, 1000.0, 31.0, 30.0]


def test_heads_in_a_room_are_at_the_vessel_as_people_are():
    text = HEAD + "places: { quay: { map: field, at: [0 km, 0 km] }, hold: { inside: ship }, deck: { inside: ship } }\n"
    text += "vessels: { ship: { faction: us, at: quay } }\npeople: { ann: { faction: us, place: hold } }\n"
    text += "crowds: { folk: { count: 7, faction: us, place: { hold: 4, deck: 2, quay: 1 }, states: [a] } }\n"
    asked = ["count_at(folk, ship)", "count_in(folk, ship)", "count_at(folk, hold)", "count_in(folk, quay)"]
    asked += ["count_at(us, ship)", "count_aboard(us, ship)", "count_in(us, ship)", "count_at(us, hold)"]
    measures = ", ".join(f"m{n}: {{ told: m, value: '{one}' }}" for n, one in enumerate(asked))
    of = load_text(f"{text}measures: {{ {measures} }}\n")
    assert engine.measures(of.program, of.world(1)).tolist() == [6.0, 6.0, 4.0, 7.0, 7.0, 7.0, 7.0, 5.0]


def test_a_rule_sees_what_is_done_at_the_same_instant():
    played = Played(
        "places: { camp: {} }\n"
        + FOLK
        + "events: { few: {} }\nrules: { r: { when: true, after: 1 h, do: [remove: { who: { of: folk.a, most: 500 } }] },"
        " s: { when: count(folk.a) < 500, do: [mark: few] } }",
        until=DAY,
    )
    marked = played.entries("marked")[0]
    assert marked.time == 3600.0
    chain = {e.number: e for e in played.entries()}
    assert chain[chain[marked.cause].cause].kind == "removed"


def test_what_changes_nothing_says_so():
    assert _do("convert: { who: { of: folk.a, at: town }, to: folk.b }").entries("was so already")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules: { r: { when: true, do: [kill: folk] } }", "kill needs bodies; crowd 'folk' is counted: take out its 'states'"),
        ("rules: { r: { when: true, do: [tell: { from: ann, to: folk, fact: f }] } }", "tell needs bodies; crowd 'folk' is counted"),
        ("rumours: { r: { among: folk, fact: f, contact: 1/h } }", "rumours needs bodies; crowd 'folk' is counted"),
        ("measures: { m: { told: m, value: mean_biological_age(folk) } }", "mean_biological_age needs bodies; crowd 'folk' is counted"),
        ("measures: { m: { told: m, value: 'count(folk, dead)' } }", "'folk' is counted, so nobody knows who of it is dead"),
        ("measures: { m: { told: m, value: count(folk.c) } }", "unknown person, crowd, faction, movement, cohort or state 'folk.c'"),
        ("rules: { r: { when: true, do: [convert: { who: folk.a, to: folk.c }] } }", "unknown state or place 'folk.c'; did you mean 'folk.b'"),
        ("rules: { r: { when: true, do: [convert: { who: folk.a, to: other.x }] } }", "'other.x' is a state of another crowd; name one of 'folk' (folk.a, folk.b) or a place, or write 'remove'"),
        ("rules: { r: { when: true, do: [convert: { who: { of: folk, share: 0.5 }, to: other.x }] } }", "'other.x' is a state of another crowd"),
        ("rules: { r: { when: true, do: [convert: { who: { of: folk.a, most: 3, share: 0.5 }, to: folk.b }] } }", "takes one of 'most', 'share' and 'each', got 'most' and 'share'"),
        ("rules: { r: { when: true, do: [remove: { who: { of: folk.a, share: 1.5 } }] } }", "share must be at most 1"),
        ("rules: { r: { when: true, do: [remove: { who: { of: folk.a, most: -1 } }] } }", "most must be at least 0"),
        ("rules: { r: { when: true, do: [remove: { who: { of: band } }] } }", "unknown cohort or state 'band'"),
        ("crowds: { more: { count: 3, faction: us, place: camp, states: [a], pace: 0.5 } }", "'pace' is of bodies, and 'more' is counted"),
        ("crowds: { more: { count: 3, faction: us, place: camp, states: [a], state: b } }", "unknown state 'b'"),
        ("crowds: { more: { count: 3, faction: us, place: camp, states: [a, b], state: { a: 1, b: 1 } } }", "'count' is 3, but the heads by state and place are 2 together"),
        ("crowds: { more: { count: 3, faction: us, place: { camp: 3, hut: 1 }, states: [a] } }", "unknown place 'hut'"),
        ("crowds: { more: { count: 3, faction: us, place: { camp: 3 } } }", "several places are for a counted crowd"),
        ("crowds: { more: { count: 3, faction: us, place: camp, state: a } }", "'state' is of a counted crowd; say which 'states'"),
        ("crowds: { more: { count: 3, faction: us, place: camp, states: [a b] } }", "'a b' is not a name"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_its_remedy(text, said):
    whole = HEAD + "places: { camp: {} }\nfacts: { f: {} }\npeople: { ann: { faction: us, place: camp } }\n"
    whole += "crowds:\n  folk: { count: 10, faction: us, place: camp, states: [a, b] }\n  other: { count: 3, faction: us, place: camp, states: [x] }\n  band: { count: 2, faction: us, place: camp }\n"
    if text.startswith("crowds:"):
        whole, text = whole + f"  {text[len('crowds: { ') : -2]}", ""
    with pytest.raises(ScenarioError) as wrong:
        load_text(whole + "\n" + text)
    assert said in str(wrong.value)


def test_a_name_of_a_crowd_is_nobody_elses():
    with pytest.raises(ScenarioError, match="already"):
        load_text(HEAD + "places: { folk: {} }\n" + FOLK.replace("camp", "folk"))


def test_a_rule_that_reads_no_heads_is_not_looked_at_when_they_change():
    played = play(scenario(FOLK + "flows: { f: { from: folk.a, to: folk.b, rate: 1/h } }\nevents: { e: {} }\n"
                           "rules: { r: { when: 'time() >= \"900 d\"', do: [mark: e] } }"), 1, DAY)  # fmt: skip
    assert played.due.calls[4] < 10


def test_a_map_shows_where_counted_heads_start():
    from briarpatch.render.scenario_map import svg

    text = HEAD + "places: { camp: { map: field, at: [0 km, 0 km] }, town: { map: field, at: [3 km, 1 km] } }\n"
    drawn = svg(
        load_text(
            text + "crowds: { folk: { count: 10, faction: us, place: { camp: 7, town: { a: 3 } }, states: [a] } }"
        )
    )
    assert ">7 folk<" in drawn
    assert ">3 folk<" in drawn
