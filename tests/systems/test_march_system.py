"""Journeys, following and parties, played from data."""

import math

import numpy as np
import pytest
from played import HEAD, Played

from briarpatch import engine
from briarpatch.laws import march as laws
from briarpatch.scenario.catalog import load_text
from briarpatch.systems.march import DELAY_SIGMA, HOUR_OF_WALKING, load_factor
from briarpatch.world import states

PLACES = """
places:
  home: { map: field, at: [0 km, 0 km] }
  mill: { map: field, at: [3 km, 4 km] }
  inn: { map: field, at: [0 km, 2 km] }
  reef: { map: sea, at: [0 km, 0 km] }
  hut: { map: field, at: [4 km, 0 km] }
"""
PEOPLE = """
people:
  ann: { faction: us, place: home }
  bob: { faction: us, place: home }
  cid: { faction: us, place: home, follows: bob }
  dot: { faction: us, place: home, follows: cid }
measures:
  of_ann: { told: a, value: "distance(ann, home)" }
  of_bob: { told: b, value: "distance(bob, home)" }
  of_cid: { told: c, value: "distance(cid, home)" }
"""
ROUTE = """
routes:
  lane: { start: home, end: hut, by: [{ at: [2 km, 0 km] }], last: { at: [4 km, 0 km], height: 100 m, footing: 0.8 } }
"""


def do(*effects, at="0 s"):
    lines = "".join(f"      - {effect}\n" for effect in effects)
    return f"rules:\n  go:\n    when: time() >= '{at}'\n    do:\n{lines}"


def rule(name, at, *effects):
    lines = "".join(f"      - {effect}\n" for effect in effects)
    return f"  {name}:\n    when: time() >= '{at}'\n    do:\n{lines}"


def away(p, name):
    """Return how far from home somebody is at present."""
    names = [measure.name for measure in p.scenario.measures]
    return engine.measures(p.scenario.program, p.world)[names.index(f"of_{name}")]


# ------------------------------------------------------------------------------------------------ journeys


def test_journeys_take_distance_over_speed_and_run_side_by_side():
    p = Played(
        PLACES + PEOPLE + do("move: { who: ann, to: mill, speed: 2 m/s }", "move: { who: bob, to: inn, speed: 1 m/s }")
    )
    arrived = {e.subject: e for e in p.entries("arrived")}
    assert arrived["ann"].time == pytest.approx(2500.0, rel=1e-12)
    assert arrived["bob"].time == pytest.approx(2000.0, rel=1e-12)
    assert arrived["ann"].object == "mill"
    assert p.person("ann").place == p.place("mill")
    assert p.all_caused()


def test_position_is_interpolated_on_the_way():
    p = Played(PLACES + PEOPLE + do("move: { who: ann, to: mill, speed: 2 m/s }"), until=1000.0)
    assert p.person("ann").place == -1
    assert away(p, "ann") == pytest.approx(2000.0)


def test_followers_go_along_through_others_and_arrive_in_one_entry():
    p = Played(PLACES + PEOPLE + do("move: { who: bob, to: inn, speed: 1 m/s }"))
    assert [p.person(n).place for n in ("bob", "cid", "dot")] == [p.place("inn")] * 3
    assert p.person("ann").place == p.place("home")
    (arrived,) = p.entries("arrived")
    assert (arrived.subject, arrived.amount) == ("bob", 3.0)


def test_a_journey_of_ones_own_ends_following():
    p = Played(
        PLACES
        + PEOPLE
        + do("move: { who: cid, to: inn, speed: 1 m/s }")
        + rule("b", "1 h", "move: { who: bob, to: mill }")
    )
    assert p.person("cid").place == p.person("dot").place == p.place("inn")
    assert p.person("bob").place == p.place("mill")


def test_who_is_told_to_stay_stays_where_they_are():
    p = Played(PLACES + PEOPLE + do("move: { who: bob, to: inn, speed: 1 m/s }") + rule("b", "500 s", "stay: cid"))
    assert p.person("bob").place == p.place("inn")
    assert p.person("cid").place == -1
    assert away(p, "cid") == pytest.approx(500.0, abs=1e-2)
    assert p.person("dot").place == p.place("inn"), "dot was already under way to the inn"
    assert p.entries("stayed")[0].subject == "cid"


def test_whoever_stopped_in_the_open_can_go_on_from_there():
    p = Played(
        PLACES
        + PEOPLE
        + do("move: { who: ann, to: inn, speed: 1 m/s }")
        + rule("b", "500 s", "stay: ann")
        + rule("c", "600 s", "move: { who: ann, to: inn, speed: 1 m/s }")
    )
    assert p.entries("arrived")[0].time == pytest.approx(2100.0, abs=1e-2)


def test_a_new_journey_replaces_the_old_one():
    p = Played(
        PLACES
        + PEOPLE
        + do("move: { who: ann, to: inn, speed: 1 m/s }")
        + rule("b", "1000 s", "move: { who: ann, to: home, speed: 2 m/s }")
    )
    (arrived,) = p.entries("arrived")
    assert arrived.object == "home"
    assert arrived.time == pytest.approx(1500.0, abs=1e-2)


def test_following_never_runs_in_a_circle():
    p = Played(PLACES + PEOPLE + do("follow: { who: bob, leader: dot }", "move: { who: bob, to: inn }"))
    assert p.person("bob").leader == -1
    assert not p.entries("followed")


def test_those_in_custody_or_dead_do_not_set_out_and_the_captured_stop():
    p = Played(
        PLACES
        + PEOPLE
        + do("capture: { who: ann, by: them }", "move: { who: us, to: inn, speed: 1 m/s }")
        + rule("b", "500 s", "capture: { who: bob, by: them }", "kill: cid")
    )
    assert p.person("ann").place == p.place("home")
    assert p.person("bob").place == -1
    assert away(p, "bob") == pytest.approx(500.0, abs=1e-2)
    assert away(p, "cid") == pytest.approx(500.0, abs=1e-2)
    assert p.person("dot").place == p.place("inn")


def test_the_followers_of_a_captive_are_left_behind():
    p = Played(PLACES + PEOPLE + do("capture: { who: bob, by: them, to: mill }"))
    assert p.person("bob").place == p.place("mill")
    assert p.person("cid").place == p.place("home")


def test_nobody_walks_to_another_map_or_out_of_a_vessel_under_way():
    p = Played(PLACES + PEOPLE + do("move: { who: ann, to: reef }"))
    assert p.entries("no way")[0].subject == "ann"
    assert p.person("ann").place == p.place("home")


def test_a_crowd_moves_as_one():
    crowd = "crowds: { folk: { count: 7, faction: us, place: home } }\n"
    p = Played(PLACES + PEOPLE + crowd + do("move: { who: folk, to: inn, speed: 2 m/s }"))
    (left,), (arrived,) = p.entries("departed"), p.entries("arrived")
    assert (left.subject, arrived.subject, arrived.amount) == ("folk", "folk", 7.0)
    assert arrived.cause == left.number


BOAT = "vessels: { boat: { faction: us, at: inn, speed: 10 m/s } }\n"


def test_a_vessel_that_waits_is_reached():
    p = Played(PLACES + PEOPLE + BOAT + do("move: { who: ann, to: boat, speed: 1 m/s }"))
    assert p.person("ann").place == p.place("boat")


@pytest.mark.parametrize("fate", ["lost", "moved"])
def test_whoever_comes_too_late_for_a_vessel_is_left_where_it_was(fate):
    p = Played(PLACES + PEOPLE + BOAT + do("move: { who: ann, to: boat, speed: 1 m/s }"), until=1000.0)
    boat = p.world.vessels[0]
    if fate == "lost":
        boat.mode = states.LOST
    else:
        boat.at, boat.x, boat.y = p.place("mill"), 3000.0, 4000.0
    p.go(math.inf)
    assert p.person("ann").place == p.place("inn")
    assert p.entries("came too late")[0].object == "boat"


# ------------------------------------------------------------------------------------------------ parties


def leg_times(pace=1.0):
    """Return the times of the four legs of the lane for a party of the given pace, two to the bend and two after it."""
    times, walked = [], 0.0
    for slope, footing in ((0.0, 1.0), (0.0, 1.0), (0.05, 0.8), (0.05, 0.8)):
        far = laws.tired_time(walked + 1000.0, HOUR_OF_WALKING) - laws.tired_time(walked, HOUR_OF_WALKING)
        times.append(far / (laws.walking_speed(slope, footing) * pace))
        walked += 1000.0
    return times


def folk(count=6, more=""):
    return f"crowds: {{ folk: {{ count: {count}, faction: us, place: home, pace_spread: 0{more} }} }}\n"


def test_a_party_takes_exactly_its_legs_times():
    p = Played(PLACES + PEOPLE + ROUTE + folk() + do("evacuate: { who: folk, along: lane, delay: 0 s }"))
    (left,), (through,) = p.entries("marched"), p.entries("came through")
    assert left.time == 0.0
    assert (left.amount, through.amount) == (6.0, 6.0)
    assert through.time == pytest.approx(sum(leg_times()), rel=1e-9)
    assert (p.world.people.place[4:] == p.place("hut")).all()
    assert p.all_caused()


def test_positions_on_the_way_follow_the_legs():
    p = Played(
        PLACES + PEOPLE + ROUTE + folk() + do("evacuate: { who: folk, along: lane, led_by: ann, delay: 0 s }"),
        until=10.0,
    )
    first, second, third, _ = leg_times()
    p.go(0.5 * first)
    assert away(p, "ann") == pytest.approx(500.0, rel=1e-9)
    p.go(first + second + third / 4.0)
    assert away(p, "ann") == pytest.approx(2250.0, rel=1e-9)


def test_parties_have_the_size_asked_for_in_the_order_of_rows():
    p = Played(
        PLACES + PEOPLE + ROUTE + folk(7) + do("evacuate: { who: folk, along: lane, party: 3, delay: 0 s }"), until=1.0
    )
    assert p.world.people.party[4:].tolist() == [0, 0, 0, 1, 1, 1, 2]
    assert sorted(e.amount for e in p.entries("marched")) == [1.0, 3.0, 3.0]


def test_reaction_delays_are_lognormal():
    text = PLACES + PEOPLE + ROUTE + folk(400) + do("evacuate: { who: folk, along: lane, party: 1, delay: 10 min }")
    p = Played(text, until=3e4)
    logs = np.log([e.time / 600.0 for e in p.entries("marched")])
    assert len(logs) == 400
    assert abs(logs.mean()) < 4.0 * DELAY_SIGMA / math.sqrt(400)
    assert logs.std() == pytest.approx(DELAY_SIGMA, abs=4.0 * DELAY_SIGMA / math.sqrt(800))


@pytest.mark.parametrize(("policy", "pace"), [("slowest", 0.6), ("mean", 0.9)])
def test_the_policy_sets_the_pace(policy, pace):
    slow = PEOPLE.replace("ann: { faction: us, place: home }", "ann: { faction: us, place: home, pace: 0.6 }")
    text = PLACES + slow + ROUTE + folk(3) + do("evacuate: { who: folk, along: lane, led_by: ann, delay: 0 s }")
    scenario = load_text(HEAD.replace("until: 1000 d", f"until: 1000 d, party_pace: {policy}") + text)
    p = Played("", scenario=scenario)
    assert p.entries("came through")[0].time == pytest.approx(sum(leg_times(pace)), rel=1e-9)


def test_leaders_and_who_follows_them_walk_with_the_first_party():
    text = (
        PLACES
        + PEOPLE
        + ROUTE
        + folk(4)
        + do("evacuate: { who: folk, along: lane, led_by: bob, party: 2, delay: 0 s }")
    )
    p = Played(text, until=1.0)
    assert [int(p.person(n).party) for n in ("ann", "bob", "cid", "dot")] == [-1, 0, 0, 0]
    assert p.entries("marched")[0].amount == 5.0
    p.go(math.inf)
    assert p.person("dot").place == p.place("hut")
    assert p.person("ann").place == p.place("home")


def test_only_the_free_at_the_start_of_the_route_are_led():
    text = (
        PLACES
        + PEOPLE
        + ROUTE
        + folk(4)
        + do("capture: { who: folk, by: them }", "evacuate: { who: folk, along: lane, delay: 0 s }")
    )
    assert not Played(text).entries("marched")
    text = (
        PLACES
        + PEOPLE
        + ROUTE
        + folk(4).replace("home", "inn")
        + do("evacuate: { who: folk, along: lane, delay: 0 s }")
    )
    assert not Played(text).entries("marched")
    assert not Played(PLACES + PEOPLE + ROUTE + folk(0) + do("evacuate: { who: folk, along: lane }")).entries("marched")


def test_a_halt_costs_exactly_its_own_length():
    text = PLACES + PEOPLE + ROUTE + folk() + do("evacuate: { who: folk, along: lane, led_by: ann, delay: 0 s }")
    free = Played(text).entries("came through")[0].time
    text += rule("b", "300 s", "halt: folk") + rule("c", "1300 s", "evacuate: { who: folk, along: lane }")
    p = Played(text, until=800.0)
    assert away(p, "ann") == pytest.approx(300.0 / leg_times()[0] * 1000.0, rel=1e-6)
    p.go(math.inf)
    assert p.entries("stood still")[0].amount == 1.0
    assert p.entries("came through")[0].time == pytest.approx(free + 1000.0, rel=1e-9)


def test_a_halt_breaks_up_parties_that_still_wait():
    text = (
        PLACES
        + PEOPLE
        + ROUTE
        + folk()
        + do("evacuate: { who: folk, along: lane, delay: 1 d }")
        + rule("b", "60 s", "halt: folk")
    )
    p = Played(text)
    assert not p.entries("marched")
    assert (p.world.people.party == -1).all()
    assert (p.world.people.place[4:] == p.place("home")).all()


def test_whoever_is_taken_leaves_the_party_and_slows_it_no_more():
    slow = PEOPLE.replace("ann: { faction: us, place: home }", "ann: { faction: us, place: home, pace: 0.5 }")
    text = PLACES + slow + ROUTE + folk(3) + do("evacuate: { who: folk, along: lane, led_by: ann, delay: 0 s }")
    text += rule("b", "60 s", "capture: { who: ann, by: them, to: inn }")
    p = Played(text)
    (through,) = p.entries("came through")
    assert through.amount == 3.0
    assert through.time == pytest.approx(leg_times(0.5)[0] + sum(leg_times()[1:]), rel=1e-9)
    assert p.person("ann").place == p.place("inn")


def test_the_dead_lie_where_they_fell_and_an_empty_party_vanishes():
    text = (
        PLACES
        + PEOPLE
        + ROUTE
        + folk(3)
        + do("evacuate: { who: folk, along: lane, delay: 0 s }")
        + rule("b", "100 s", "kill: folk")
    )
    p = Played(text)
    assert not p.entries("came through")
    assert p.world.people.x[5] == pytest.approx(100.0 / leg_times()[0] * 1000.0, rel=1e-6)


def test_loads_slow_and_a_spent_reserve_slows_more():
    def took(load):
        text = PLACES + PEOPLE + ROUTE + folk(2, f", load: {load} kg")
        return Played(text + do("evacuate: { who: folk, along: lane, delay: 0 s }")).entries("came through")[0].time

    assert took(10) == pytest.approx(sum(leg_times(load_factor(10.0, 70.0))), rel=1e-9)
    assert took(200) > 1.05 * sum(leg_times(load_factor(200.0, 70.0)))
    assert math.isfinite(took(2000))


def test_a_narrow_way_takes_people_in_at_the_greatest_flow_for_its_width():
    narrow = ROUTE.replace("at: [2 km, 0 km]", "at: [2 km, 0 km], width: 0.1 m")
    text = PLACES + PEOPLE + narrow + folk(100) + do("evacuate: { who: folk, along: lane, party: 100, delay: 0 s }")
    queue = 100 / (0.1 * laws.MAX_FLOW)
    assert Played(text).entries("came through")[0].time == pytest.approx(queue + sum(leg_times()), rel=1e-9)


def test_rows_of_parties_that_came_through_are_used_again():
    text = PLACES + "people: { ann: { faction: us, place: inn } }\n" + ROUTE + folk(2)
    text += do("evacuate: { who: folk, along: lane, party: 1, delay: 0 s }")
    for day in (1, 2, 3):
        text += rule(
            f"b{day}",
            f"{day} d",
            "place: { who: folk, to: home }",
            "evacuate: { who: folk, along: lane, party: 1, delay: 0 s }",
        )
    p = Played(text)
    assert len(p.world.parties) == 3
    assert len(p.entries("came through")) >= 6


def test_more_people_elsewhere_change_nobodys_way():
    text = PLACES + PEOPLE + ROUTE + folk(6).replace("pace_spread: 0", "pace_spread: 0.2")
    text += do("evacuate: { who: folk, along: lane, party: 2, delay: 10 min }")
    more = text.replace("crowds: { folk", "crowds: { idle: { count: 3, faction: them, place: inn }, folk")
    one = [(e.time, e.amount) for e in Played(text).entries("came through")]
    assert one == [(e.time, e.amount) for e in Played(more).entries("came through")]


# ------------------------------------------------------------------------------------------------ bearers

BEARERS = """
people:
  ann: { faction: us, place: home }
crowds:
  hurt: { count: 2, faction: us, place: home, mass: 60 kg, pace: 0.1, pace_spread: 0 }
  strong: { count: 4, faction: us, place: home, mass: 80 kg, load: 5 kg, pace_spread: 0 }
"""


def test_bearers_share_the_weight_and_the_carried_go_where_they_go():
    text = (
        PLACES
        + BEARERS
        + do("carry: { who: hurt, by: strong, hands: 2 }", "move: { who: strong, to: mill, speed: 1 m/s }")
    )
    p = Played(text, until=0.0)
    strong = p.world.people[3:7]
    assert strong.bearing.tolist() == [30.0] * 4
    assert strong.bears.tolist() == [1, 1, 2, 2]
    assert [e.amount for e in p.entries("taken up")] == [2.0, 2.0]
    p.go(5001.0)
    assert (p.world.people.place[1:7] == p.place("mill")).all()
    assert p.all_caused()


def test_a_party_that_carries_is_slowed_by_the_load_and_not_by_the_carried():
    walk = "evacuate: { who: strong, along: lane, party: 9, delay: 0 s }"
    text = PLACES + BEARERS + ROUTE + do("carry: { who: hurt, by: strong, hands: 2 }", walk)
    p = Played(text, until=1.0)
    assert p.party(0).members == 6
    assert p.party(0).speed == pytest.approx(laws.FREE_SPEED * load_factor(35.0, 80.0))
    p.go(1e5)
    assert (p.world.people.place[1:7] == p.place("hut")).all()


def test_whoever_is_carried_is_set_down_when_told_or_when_a_bearer_falls():
    text = PLACES + BEARERS + do("carry: { who: hurt, by: strong }")
    p = Played(text + rule("down", "10 s", "set_down: hurt"), until=20.0)
    assert len(p.entries("set down")) == 2
    assert (p.world.people.bears == -1).all()
    assert not p.world.people.bearing.any()
    assert not p.world.people.borne.any()
    p = Played(text + rule("shot", "10 s", "kill: strong"), until=20.0)
    assert len(p.entries("set down")) == 2
    assert p.all_caused()


def test_too_few_hands_carry_nobody_and_nobody_is_carried_from_elsewhere():
    p = Played(PLACES + BEARERS + do("carry: { who: hurt, by: strong, hands: 3 }"), until=1.0)
    assert len(p.entries("taken up")) == 1
    p = Played(
        PLACES
        + BEARERS.replace("faction: us, place: home, mass: 80", "faction: us, place: inn, mass: 80")
        + do("carry: { who: hurt, by: strong }"),
        until=1.0,
    )
    assert not p.entries("taken up")


# ------------------------------------------------------------------------------------------------ stragglers, gates

MIXED = """
people:
  ann: { faction: us, place: home, pace: 2.0 }
  bob: { faction: us, place: home, pace: 1.0 }
  cid: { faction: us, place: home, pace: 1.0 }
  dot: { faction: us, place: home, pace: 0.5 }
crowds: { one: { count: 1, faction: us, place: home, pace: 1.0, pace_spread: 0 } }
"""


def paced(policy, gap=""):
    walk = "evacuate: { who: one, along: lane, led_by: us, party: 9, delay: 0 s }"
    head = HEAD.replace("until: 1000 d", f"until: 1000 d, party_pace: {policy}{gap}")
    return Played("", scenario=load_text(head + PLACES + MIXED + ROUTE + do(walk)), until=1.0)


@pytest.mark.parametrize(("policy", "pace"), [("slowest", 0.5), ("quartile", 1.0), ("mean", 1.1)])
def test_a_party_sets_its_pace_by_the_policy(policy, pace):
    assert paced(policy).party(0).speed == pytest.approx(pace * laws.FREE_SPEED)


def test_whoever_falls_farther_behind_than_the_gap_goes_on_alone_and_comes_through_later():
    p = paced("quartile", ", party_gap: 300 m")
    p.go(1e5)
    (fell,) = p.entries("fell behind")
    assert fell.amount == 1.0
    assert fell.time == pytest.approx(1000.0 / laws.FREE_SPEED)
    first, second = p.entries("came through")
    assert (first.amount, second.amount) == (4.0, 1.0)
    level = 1000.0 / laws.FREE_SPEED
    assert second.time > first.time + level
    assert (p.world.people.place == p.place("hut")).all()
    assert p.all_caused()


@pytest.mark.parametrize("gap", ["", ", party_gap: 5 km"])
def test_within_the_gap_or_without_one_nobody_falls_behind(gap):
    p = paced("mean", gap)
    p.go(1e5)
    assert not p.entries("fell behind")
    assert [e.amount for e in p.entries("came through")] == [5.0]


@pytest.mark.parametrize(("width", "time"), [("2 m", 244.914), ("1 m", 489.829)])
def test_o_3_5_people_come_through_a_narrow_place_in_turn(width, time):
    gate = f"routes: {{ lane: {{ start: home, end: hut, last: {{ at: [4 km, 0 km], gate: {width} }} }} }}\n"
    gate = gate.replace("end: hut", "end: step").replace("at: [4 km, 0 km]", "at: [1 m, 0 km]")
    crowd = "crowds: { folk: { count: 600, faction: us, place: home, pace_spread: 0 } }\n"
    walk = "evacuate: { who: folk, along: lane, party: 20, delay: 0 s }"
    places = PLACES + "  step: { map: field, at: [1 m, 0 m] }\n"
    p = Played(places + "people: { ann: { faction: us, place: inn } }\n" + crowd + gate + do(walk), until=1e4)
    times = [e.time for e in p.entries("came through")]
    assert len(times) == 30
    assert max(times) - 1.0 / laws.FREE_SPEED == pytest.approx(time, abs=1e-2)
    np.testing.assert_allclose(np.diff(sorted(times)), time / 30.0, rtol=1e-3)
