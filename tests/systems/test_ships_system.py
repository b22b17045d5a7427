"""Ships in play: exact voyages, fights with the law of the oracles, withdrawal, loss, boarding."""

from __future__ import annotations

import math

import pytest
import ships_reference
from voyages import Play, close_share, few

from briarpatch.laws import ships as laws
from briarpatch.scenario.catalog import load_text
from briarpatch.world import kinds, states

SEA = """
scenario: {{ title: a sea, until: {until} }}
maps:
  sea: {{ regions: {{ mud: {{ at: [0 km, 0 km], radius: 100 km, drag: true, blackout: true }} }} }}
  bay: {{ within: sea, at: [500 km, 0 km] }}
  moon: {{}}
places:
  port: {{ map: sea, at: [0 km, 0 km] }}
  rock: {{ map: sea, at: [10 km, 0 km] }}
  far: {{ map: sea, at: [400 km, 0 km] }}
  across: {{ map: sea, at: [-300 km, 0 km] }}
  quay: {{ map: bay, at: [0 km, 0 km] }}
  crater: {{ map: moon, at: [0 km, 0 km] }}
factions: {{ red: {{}}, blue: {{}} }}
people:
  captain: {{ faction: red, place: one, commands: one }}
  visitor: {{ faction: blue, place: port }}
endings: {{ over: {{ told: it was over }} }}
measures: {{ gone: {{ told: way, value: 'distance(one, port) / "1 m"' }} }}
"""

SHIPS = """
vessels:
  one: { faction: red, at: port, speed: 100 m/s, thrust: 1 m/s^2, drag: 50 s, breakpoint: 0 }
  two: { faction: blue, at: port, speed: 80 m/s, thrust: 1 m/s^2, breakpoint: 0 }
"""


def sea(rest: str, until: str = "1 d", ships: str = SHIPS) -> str:
    return SEA.format(until=until) + ships + rest


def test_a_voyage_out_of_a_region_with_drag_arrives_at_its_exact_time():
    play = Play(sea('rules: { go: { when: "true", after: 10 s, do: [sail: { vessel: one, to: far }] } }')).check()
    inside = laws.travel_time(100e3, 0.0, 1.0, 50.0)
    assert play.times(kinds.DEPARTED, "one") == [10.0]
    assert play.times(kinds.ARRIVED, "one") == [pytest.approx(10.0 + inside + 300e3 / 100.0, rel=1e-8)]
    assert play.vessel("one")["mode"] == states.STATION


def test_a_ship_enters_drag_at_cruising_speed_and_slows():
    text = sea('rules: { go: { when: "true", do: [sail: { vessel: one, to: port }] } }').replace(
        "faction: red, at: port", "faction: red, at: far"
    )
    inside = laws.travel_time(100e3, 100.0, 1.0, 50.0)
    assert Play(text).times(kinds.ARRIVED, "one") == [pytest.approx(3000.0 + inside, rel=1e-8)]


def test_the_position_under_way_is_exact_at_any_moment():
    for until in (50.0, 500.0, 1999.0, 3000.0):
        play = Play(sea('rules: { go: { when: "true", do: [sail: { vessel: one, to: far }] } }', f"{until} s"))
        inside = laws.travel_time(100e3, 0.0, 1.0, 50.0)
        way = laws.distance_after(0.0, 1.0, 50.0, until) if until < inside else 100e3 + 100.0 * (until - inside)
        assert play.measures()[0] == pytest.approx(way, rel=1e-7)


def test_leaving_the_blackout_is_noticed_at_its_exact_time():
    rules = """
rules:
  go: { when: "true", do: [sail: { vessel: one, to: far }] }
  heard: { when: reachable(captain) && reachable(one) }
"""
    play = Play(sea(rules))
    heard = next(e for e in play.entries if e["kind"] == kinds.RULE and play.name(e["subject"]) == "heard")
    assert float(heard["time"]) == pytest.approx(laws.travel_time(100e3, 0.0, 1.0, 50.0), rel=1e-8)


def test_a_voyage_does_not_depend_on_how_it_is_cut():
    text = sea('rules: { go: { when: "true", do: [sail: { vessel: one, to: across }] } }')
    assert Play(text).told() == Play(text, stops=(1.0, 77.0, 2100.5, 4000.0)).told()


def test_a_change_of_course_starts_from_where_the_ship_is():
    rules = """
rules:
  go: { when: "true", do: [sail: { vessel: one, to: far }] }
  back: { when: "true", after: 1000 s, do: [sail: { vessel: one, to: port }] }
"""
    play = Play(sea(rules)).check()
    way = laws.distance_after(0.0, 1.0, 50.0, 1000.0)
    # it turns about, so nothing of its speed is left
    home = laws.travel_time(way, 0.0, 1.0, 50.0)
    assert play.times(kinds.ARRIVED, "one") == [pytest.approx(1000.0 + home, rel=1e-9)]
    assert play.times(kinds.DEPARTED, "one") == [0.0, 1000.0]


def test_a_ship_crosses_from_map_to_map_and_not_to_an_unrelated_one():
    rules = """
rules:
  go: { when: "true", do: [sail: { vessel: one, to: quay }] }
  moon: { when: "true", do: [sail: { vessel: two, to: crater }] }
"""
    play = Play(sea(rules)).check()
    inside = laws.travel_time(100e3, 0.0, 1.0, 50.0)
    assert play.times(kinds.ARRIVED, "one") == [pytest.approx(inside + 4000.0, rel=1e-8)]
    assert len(play.of(kinds.NO_WAY, "two")) == 1
    assert play.vessel("two")["at"] >= 0


def test_without_speed_or_thrust_there_is_no_way():
    ships = SHIPS.replace("speed: 100 m/s", "speed: 0 m/s").replace("speed: 80 m/s, thrust: 1 m/s^2", "speed: 80 m/s")
    sails = "sail: { vessel: one, to: far }, sail: { vessel: two, to: far }, sail: { vessel: one, to: rock }"
    rules = 'rules: { go: { when: "true", do: [' + sails + "] } }"
    play = Play(sea(rules, ships=ships)).check()
    assert len(play.of(kinds.NO_WAY)) == 2
    assert len(play.of(kinds.ARRIVED, "one")) == 1


def test_people_board_go_along_and_leave():
    rules = """
rules:
  embark: { when: "true", do: [board: { who: visitor, vessel: two }, sail: { vessel: two, to: rock }] }
  late: { when: travelling(two), do: [board: { who: captain, vessel: two }, leave: { who: visitor }] }
  land: { when: "at(two, rock)", do: [leave: { who: visitor }] }
  there: { when: "at(visitor, rock)" }
"""
    play = Play(sea(rules)).check()
    arrival = laws.travel_time(10e3, 0.0, 1.0, 50.0)
    assert len(play.of(kinds.BOARDED)) == 1
    assert play.times(kinds.WENT_ASHORE) == [pytest.approx(arrival, rel=1e-8)]
    assert play.person("visitor")["place"] == play.scenario.names.rows["place"]["rock"]


def test_a_shuttle_docks_with_a_ship_that_moves_on():
    rules = """
rules:
  go: { when: "true", do: [sail: { vessel: one, to: far }] }
  meet: { when: "true", after: 2500 s, do: [sail: { vessel: two, to: one }] }
"""
    ships = SHIPS.replace("speed: 80 m/s", "speed: 400 m/s").replace("at: port, speed: 400", "at: far, speed: 400")
    play = Play(sea(rules, ships=ships)).check()
    docked = play.times(kinds.ARRIVED, "two")
    assert len(docked) == 1
    inside = laws.travel_time(100e3, 0.0, 1.0, 50.0)
    # it sails to where the other was, passes it, and comes after it stretch by stretch
    meeting = 2500.0 + (300e3 - 100.0 * (2500.0 - inside)) / 500.0
    assert meeting < docked[0] < play.times(kinds.ARRIVED, "one")[0]
    assert play.vessel("two")["at"] == play.vessel("one")["inside"]


# ------------------------------------------------------------------------------------------------ fights

FIGHT = """
vessels:
  one: {{ faction: red, at: port, hull: {a}, breakpoint: 0, weapons: {{ gun: {{ rate: {ra}/s }} }} }}
  two: {{ faction: blue, at: port, hull: {b}, breakpoint: 0, weapons: {{ gun: {{ rate: {rb}/s }} }} }}
  three: {{ faction: blue, at: port, hull: {b}, breakpoint: 0, weapons: {{ gun: {{ rate: {rb}/s }} }} }}
"""
BOTH = """
rules:
  war: { when: "true", after: 5 s, do: [attack: { by: two, target: one }, attack: { by: three, target: one }] }
"""


@pytest.mark.parametrize(
    ("hulls", "rates", "p"), [((4, 2), (2, 1), 0.655350), ((10, 5), (2, 1), 0.735419), ((10, 5), (1, 1), 0.194963)]
)
def test_one_against_two_wins_as_often_as_the_recursion_says(hulls, rates, p):
    text = sea(BOTH, "1 h", FIGHT.format(a=hulls[0], b=hulls[1], ra=rates[0], rb=rates[1]))
    scenario, n = load_text(text), few(2000)
    wins = sum(Play(scenario, seed).vessel("one")["mode"] == states.STATION for seed in range(n))
    assert close_share(wins, n, p)


def test_a_fight_does_not_depend_on_how_it_is_cut_nor_on_the_order_of_rows():
    ships = FIGHT.format(a=10, b=5, ra=2, rb=1)
    lines = [line for line in ships.splitlines() if line.strip()]
    turned = "\n".join(["", lines[0], lines[3], lines[1], lines[2], ""])
    for seed in range(5):
        whole = Play(sea(BOTH, "1 h", ships), seed).check()
        told = [t for t in whole.told() if t[1] != "began"]
        assert told == [t for t in Play(sea(BOTH, "1 h", ships), seed, (5.5, 6.0, 7.25, 9.0)).told() if t[1] != "began"]
        assert told == [t for t in Play(sea(BOTH, "1 h", turned), seed).told() if t[1] != "began"]


def test_two_fights_at_once_at_two_places_do_not_mix():
    ships = (
        FIGHT.format(a=10, b=5, ra=2, rb=1) + "  four: { faction: red, at: far, hull: 5, breakpoint: 0 }\n"
    ).replace("three: { faction: blue, at: port", "three: { faction: blue, at: far")
    rules = """
rules:
  first: { when: "true", after: 5 s, do: [attack: { by: two, target: one }] }
  second: { when: "true", after: 5 s, do: [attack: { by: three, target: four }] }
"""
    for seed in range(5):
        play = Play(sea(rules, "1 h", ships), seed).check()
        assert {play.name(e["object"]) for e in play.of(kinds.HULL_HIT, "four")} == {"three"}
        assert {play.name(e["object"]) for e in play.of(kinds.HULL_HIT, "one")} <= {"two"}
        assert play.of(kinds.VESSEL_LOST, "four")


def test_shields_take_the_first_hits_and_raised_ones_only():
    ships = FIGHT.format(a=3, b=100, ra=1, rb=1).replace("hull: 3,", "hull: 3, shield: 4, raised: true,", 1)
    rules = 'rules: { war: { when: "true", do: [attack: { by: two, target: one }] } }'
    play = Play(sea(rules, "1 h", ships)).check()
    assert len(play.of(kinds.SHIELDS_DOWN, "one")) == 1
    assert [float(e["amount"]) for e in play.of(kinds.HULL_HIT, "one")] == [1.0, 1.0, 1.0]
    assert play.times(kinds.SHIELDS_DOWN)[0] < play.times(kinds.HULL_HIT, "one")[0]
    lowered = Play(sea(rules, "1 h", ships.replace("raised: true", "raised: false"))).check()
    assert not lowered.of(kinds.SHIELDS_DOWN)
    assert lowered.times(kinds.VESSEL_LOST)[0] < play.times(kinds.VESSEL_LOST)[0]


def test_shields_recharge_exactly_between_calls():
    ships = SHIPS.replace("at: port,", "at: port, shield: 100, recharge: 0.5/s, shield_down: 10 s, raised: true,", 1)
    rules = """
rules:
  blow: { when: "true", after: 10 s, do: [strike: { vessel: one, by: 60 }] }
  again: { when: "true", after: 40 s, do: [strike: { vessel: one, by: 56 }] }
endings: { over: { told: it was over } }
measures: { left: { told: shields, value: shields(one) } }
"""
    head = sea("", "60 s", ships).split("endings:")[0] + ships
    play = Play(head + rules).check()
    # 40 left at 10 s, 55 at 40 s: the second blow breaks it, and it starts again at 50 s
    assert play.times(kinds.SHIELDS_DOWN) == [40.0]
    assert play.measures()[0] == pytest.approx(0.05)
    assert play.vessel("one")["hull"] == pytest.approx(99.0)


def test_escape_races_against_the_kill():
    ships = """
vessels:
  one: { faction: red, at: port, hull: 1, breakpoint: 0, escape: 0.2/s }
  two: { faction: blue, at: port, weapons: { gun: { rate: 0.1/s } } }
"""
    rules = 'rules: { war: { when: "true", do: [attack: { by: two, target: one }, withdraw: { vessel: one }] } }'
    scenario, n = load_text(sea(rules, "1 h", ships)), few(1500)
    away = 0
    for seed in range(n):
        play = Play(scenario, seed)
        away += len(play.of(kinds.ESCAPED, "one"))
        assert len(play.of(kinds.ESCAPED, "one")) + len(play.of(kinds.VESSEL_LOST, "one")) == 1
    assert close_share(away, n, ships_reference.escape_probability(0.2, 0.1))


def test_a_ship_breaks_off_at_its_breakpoint_and_at_bad_odds():
    ships = FIGHT.format(a=10, b=1000, ra=1, rb=1).replace("hull: 10, breakpoint: 0", "hull: 10, breakpoint: 0.45", 1)
    play = Play(sea('rules: { war: { when: "true", do: [attack: { by: two, target: one }] } }', "1 h", ships)).check()
    hits = play.times(kinds.HULL_HIT, "one")
    assert play.times(kinds.WITHDREW, "one") == [hits[5]]
    ships = FIGHT.format(a=10, b=1000, ra=1, rb=1).replace("hull: 10,", "hull: 10, nerve: 0.5,", 1)
    play = Play(sea('rules: { war: { when: "true", do: [attack: { by: two, target: one }] } }', "1 h", ships)).check()
    assert play.times(kinds.WITHDREW, "one") == [0.0]


def test_a_fight_goes_along_with_a_voyage_until_it_crosses_the_edge_of_the_region():
    ships = SHIPS.replace("at: port, speed: 80", "at: port, weapons: { gun: { rate: 0.01/s } }, speed: 80").replace(
        "drag: 50 s,", "drag: 50 s, hull: 1e6,", 1
    )
    rules = """
rules:
  go: { when: "true", do: [sail: { vessel: one, to: far }] }
  war: { when: "true", after: 100 s, do: [attack: { by: two, target: one }] }
"""
    play = Play(sea(rules, ships=ships)).check()
    edge = laws.travel_time(100e3, 0.0, 1.0, 50.0)
    assert play.times(kinds.ESCAPED, "one") == [pytest.approx(edge, rel=1e-8)]
    assert play.times(kinds.ARRIVED, "one") == [pytest.approx(edge + 3000.0, rel=1e-8)]
    hits = play.times(kinds.HULL_HIT, "one")
    assert len(hits) > 5
    assert max(hits) < edge
    assert play.vessel("one")["mode"] == play.vessel("two")["mode"] == states.STATION


def test_cease_fire_ends_the_fight_of_the_only_attacker():
    rules = """
rules:
  war: { when: "true", do: [attack: { by: two, target: one }] }
  peace: { when: "true", after: 3 s, do: [cease: { vessel: two }] }
"""
    play = Play(sea(rules, "1 h", FIGHT.format(a=1000, b=1000, ra=1, rb=1))).check()
    assert play.times(kinds.CEASED_FIRE) == [3.0]
    assert max(play.times(kinds.HULL_HIT), default=0.0) <= 3.0
    assert play.vessel("one")["mode"] == states.STATION


def test_a_weapon_out_of_range_or_none_begins_no_fight():
    ships = (
        FIGHT.format(a=1, b=1, ra=1, rb=1)
        .replace("rate: 1/s }", "rate: 1/s, range: 5 km }")
        .replace("faction: red, at: port", "faction: red, at: rock")
    )
    play = Play(sea(BOTH, "1 h", ships)).check()
    assert not play.of(kinds.ATTACKED)
    assert not Play(sea('rules: { war: { when: "true", do: [attack: { by: two, target: one }] } }')).of(kinds.ATTACKED)


def test_a_lost_vessel_takes_all_within_it():
    ships = """
vessels:
  one: { faction: red, at: port, complement: 12 }
  boat: { faction: red, at: one }
devices: { pump: { faction: red, aboard: one } }
"""
    text = sea('rules: { end: { when: "true", after: 9 s, do: [scuttle: { vessel: one }] } }', "1 h", ships)
    text = (
        text.replace("faction: blue, place: port", "faction: blue, place: boat")
        .replace("factions:", "  hold: { inside: one }\nfactions:")
        .replace("place: one, commands: one", "place: hold, commands: one")
    )
    play = Play(text).check()
    assert [play.name(e["subject"]) for e in play.of(kinds.VESSEL_LOST)] == ["one", "boat"]
    assert float(play.of(kinds.VESSEL_LOST, "one")[0]["amount"]) == 12.0
    assert sorted(play.name(e["subject"]) for e in play.of(kinds.DIED)) == ["captain", "visitor"]


def test_a_disabled_ship_lies_still():
    ships = SHIPS.replace("breakpoint: 0 }", "breakpoint: 0, hull: 10, disabled: 0.5 }", 1)
    rules = """
rules:
  go: { when: "true", do: [sail: { vessel: one, to: far }] }
  blow: { when: "true", after: 100 s, do: [strike: { vessel: one, by: 5 }] }
  on: { when: "true", after: 200 s, do: [sail: { vessel: one, to: far }] }
"""
    play = Play(sea(rules, ships=ships)).check()
    assert play.times(kinds.DISABLED) == [100.0]
    assert not play.of(kinds.ARRIVED)
    assert play.measures()[0] == pytest.approx(laws.distance_after(0.0, 1.0, 50.0, 100.0))


def test_cloaks_and_shields_are_noted_once():
    ships = SHIPS.replace("at: port,", "at: port, cloak: 0.001, shield: 5,", 1)
    rules = """
rules:
  hide: { when: "true", do: [cloak: one, cloak: one, cloak: two, shields: one, shields: one] }
  show: { when: "true", after: 5 s, do: [cloak: { vessel: one, on: false }, shields: { vessel: one, up: false }] }
"""
    play = Play(sea(rules, ships=ships)).check()
    for kind in (kinds.MASKED, kinds.UNMASKED, kinds.SHIELDS_UP, kinds.SHIELDS_LOWERED):
        assert len(play.of(kind)) == 1


def test_nobody_and_nothing():
    text = sea("", ships="vessels: { one: { faction: red, at: port } }\n")
    play = Play(text)
    assert len(play.entries) == 2
    assert math.isinf(float(play.vessel("one")["arrives"]))


# ------------------------------------------------------------------------------------------------ volleys and groups

VOLLEYS = """
vessels:
  one: { faction: red, at: port, hull: 2, breakpoint: 0, intercepts: 3, weapons: { tubes: { volley: 6, every: 1 min } } }
  two: { faction: blue, at: port, hull: 2, breakpoint: 0, intercepts: 1, weapons: { tubes: { volley: 2, every: 1 min } } }
  three: { faction: blue, at: port, hull: 2, breakpoint: 0, intercepts: 1, weapons: { tubes: { volley: 2, every: 1 min } } }
"""
BOTH = 'rules: { go: { when: "true", do: [attack: { by: two, target: one }, attack: { by: three, target: one }] } }'


def test_o_5_7_one_exchange_of_volleys_is_the_salvo_law():
    play = Play(sea(BOTH, ships=VOLLEYS)).check()
    assert play.times(kinds.VESSEL_LOST) == [pytest.approx(60.0)] * 2
    assert play.vessel("one")["hull"] == 1.0
    a, b = ships_reference.salvo_exchange(1.0, 6.0, 3.0, 2.0, 2.0, 2.0, 1.0, 2.0)
    assert (a, b) == (0.5, 0.0)
    assert sorted(e["amount"] for e in play.of(kinds.VOLLEY)) == [2.0, 2.0, 6.0]


def test_volleys_that_never_hit_change_nothing_and_those_at_the_same_time_kill_both():
    miss = VOLLEYS.replace("every: 1 min }", "every: 1 min, accuracy: 1e-12 }")
    play = Play(sea(BOTH, "1 h", miss))
    assert not play.of(kinds.HULL_HIT)
    assert len(play.of(kinds.VOLLEY)) >= 3 * 59
    even = VOLLEYS.replace("volley: 2", "volley: 9").replace("intercepts: 3", "intercepts: 0")
    assert len(Play(sea(BOTH, ships=even)).of(kinds.VESSEL_LOST)) == 3


def test_defence_stops_each_missile_with_its_chance():
    text = sea(
        BOTH,
        ships=VOLLEYS.replace("hull: 2", "hull: 1000").replace(
            "intercepts: 3", "intercepts: 4, intercept_chance: 0.25"
        ),
        until="10 h",
    )
    play = Play(text)
    exchanges = len(play.of(kinds.VOLLEY)) // 3
    stopped = 4 * exchanges - (1000.0 - play.vessel("one")["hull"])
    assert close_share(int(stopped), 4 * exchanges, 0.25)


def test_groups_whose_fire_wanes_follow_the_square_law_as_they_grow():
    ships = """
vessels:
  one: { faction: red, at: port, hull: 2000, breakpoint: 0, wanes: true, weapons: { guns: { rate: 2000/h, damage: 1 } } }
  two: { faction: blue, at: port, hull: 1000, breakpoint: 0, wanes: true, weapons: { guns: { rate: 1000/h, damage: 1 } } }
"""
    text = sea('rules: { go: { when: "true", do: [attack: { by: one, target: two }] } }', ships=ships, until="1 d")
    play = Play(text)
    (end,) = play.times(kinds.VESSEL_LOST, "two")
    assert play.vessel("one")["hull"] == pytest.approx(2000.0 * math.sqrt(0.75), rel=0.05)
    assert end == pytest.approx(3600.0 * ships_reference.square_law_end(1.0, 2.0, 1.0, 1.0), rel=0.35)
    steady = Play(text.replace("wanes: true, ", ""))
    assert steady.vessel("one")["hull"] == pytest.approx(1500.0, rel=0.1)
