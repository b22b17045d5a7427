"""Hunts played from data: the law of finds, tags and losses, who is hunted, and what changes the rates."""

import math

import drones_reference
import numpy as np
import pytest
from played import Played, near_share

from briarpatch.laws.march import FREE_SPEED
from briarpatch.scenario.catalog import load_text
from briarpatch.world import verbs
from briarpatch.world.compiled import INTERPRETED

N = 40 if INTERPRETED else 400
"""How many are hunted where the law is tested: as many draws in one world."""

PLACES = """
places:
  meadow: { map: field, at: [0 km, 0 km] }
  base: { map: field, at: [-9 km, 0 km] }
  wood: { map: field, at: [4 km, 0 km], cover: 0.25 }
  cave: { map: field, at: [2 km, 0 km], cover: 0 }
  isle: { map: sea, at: [0 km, 0 km] }
  cell: { map: field, at: [-9 km, 1 km] }
"""


def hunt(crowd=f"count: {N}", people="boss: { faction: them, place: base }", swarm="", place="meadow", more=""):
    return (
        PLACES
        + f"people: {{ {people} }}\n"
        + f"crowds: {{ herd: {{ {crowd}, faction: us, place: {place} }} }}\n"
        + "swarms: { pack: { faction: them, base: base, count: 10, speed: 10 m/s, width: 20 m, area: 1 km^2, "
        + f"tag_rate: 1e6/s, tag_chance: 1{swarm} }} }}\n"
        + more
        + "rules:\n  out: { when: 'true', do: [launch: { swarm: pack, after: herd }] }\n"
    )


RATE = 10 * 10.0 * 20.0 / 1e6


def tag_times(p):
    return np.array([e.time for e in p.entries("tagged")])


def test_each_of_the_hunted_is_found_by_random_search():
    p = Played(hunt(), until=500.0)
    times = tag_times(p)
    for t in (100.0, 250.0, 500.0):
        assert near_share((times <= t).sum(), N, -math.expm1(-RATE * t))
    assert p.world.swarms.tags[0] == len(times)
    assert (p.world.people.tag >= 0).sum() == len(times)
    assert p.all_caused()


def test_a_find_and_the_attempts_after_it_are_in_series():
    mu = 0.5 * 0.01
    p = Played(hunt().replace("tag_rate: 1e6/s, tag_chance: 1", "tag_rate: 0.01/s, tag_chance: 0.5"), until=1000.0)
    times = tag_times(p)
    for t in (200.0, 500.0, 1000.0):
        law = 1.0 - (mu * math.exp(-RATE * t) - RATE * math.exp(-mu * t)) / (mu - RATE)
        assert near_share((times <= t).sum(), N, law)


def test_cover_divides_the_rate_and_a_cave_is_safe():
    p = Played(hunt(place="wood"), until=200.0)
    assert near_share(len(tag_times(p)), N, -math.expm1(-0.25 * RATE * 200.0))
    assert not len(tag_times(Played(hunt("count: 3", place="cave"), until=1e4)))
    assert not len(
        tag_times(
            Played(
                hunt("count: 3", place="base", more="vessels: { ark: { faction: us, at: base } }\n").replace(
                    "herd: { count: 3, faction: us, place: base }",
                    "herd: { count: 3, faction: us, place: ark, home: base }",
                ),
                until=1e4,
            )
        )
    )


@pytest.mark.parametrize("never", [", count: 0", ", speed: 0 m/s", ", width: 0 m", ", area: 1e24 m^2"])
def test_nothing_comes_of_nothing(never):
    field = never.split(":")[0].strip(", ")
    text = hunt("count: 5")
    known = {"count": "count: 10", "speed": "speed: 10 m/s", "width": "width: 20 m", "area": "area: 1 km^2"}[field]
    p = Played(text.replace(", " + known, never), until=1e5)
    assert not len(tag_times(p))


def test_no_prey_and_certain_finds():
    assert not len(tag_times(Played(hunt("count: 0"), until=1e5)))
    p = Played(hunt("count: 5").replace("area: 1 km^2", "area: 1e-300 m^2"), until=60.0)
    assert len(tag_times(p)) == 5
    assert tag_times(p).max() < 1e-3


def test_how_often_the_hunt_is_brought_up_to_date_changes_nothing():
    texts = [hunt("count: 12", swarm=f", period: {period}") for period in ("1 h", "20 s")]
    first, second = (tag_times(Played(text, until=900.0)) for text in texts)
    np.testing.assert_array_equal(first, second)


def test_the_first_tag_comes_at_the_time_that_its_clock_says():
    p = Played(hunt("count: 1", swarm=", defence: 0/s"), until=0.0)
    clock = p.world.clocks[p.world.people.clock_tag[1]]
    due = clock.threshold / RATE
    p.go(3e4)
    assert tag_times(p)[0] == pytest.approx(due, abs=1e-3)


def test_a_recall_ends_the_hunt_and_a_new_launch_goes_on():
    text = hunt("count: 20") + "  back: { when: time() >= '100 s', do: [recall: pack] }\n"
    p = Played(text, until=1e5)
    held = len(tag_times(p))
    assert tag_times(p).max() <= 100.0 + 1e-3
    assert p.entries("recalled")[0].subject == "pack"
    text += "  again: { when: time() >= '1000 s', do: [launch: { swarm: pack, after: herd }] }\n"
    p = Played(text, until=1e5)
    assert len(tag_times(p)) == 20
    assert (tag_times(p) > 100.1).sum() == 20 - held
    plain = tag_times(Played(hunt("count: 20"), until=1e5))
    shifted = np.where(tag_times(p) > 999.0, tag_times(p) - 900.0, tag_times(p))
    np.testing.assert_allclose(np.sort(shifted), plain, atol=1e-2)


def test_a_tag_asks_the_swarms_transporter_to_take_its_bearer():
    pads = "pads: { lift: { owner: base, faction: them, powered: false } }\n"
    p = Played(hunt("count: 1", swarm=", pad: lift, take_to: cell", more=pads), until=1e5)
    (tagged,) = p.entries("tagged")
    asked = [r for r in p.world.requests if r.cause == tagged.number]
    assert [(int(r.a), int(r.b), int(r.c)) for r in asked] == [(1, 0, p.place("cell"))]
    assert verbs.SEIZE >= 1000


def test_the_named_of_the_same_side_are_hunted_and_others_are_not():
    people = "boss: { faction: them, place: base }, eve: { faction: us, place: wood }, "
    people += "far: { faction: us, place: isle }, spy: { faction: them, place: meadow }"
    p = Played(hunt("count: 3", people), until=2e4)
    tagged = {e.subject for e in p.entries("tagged")}
    assert "eve" in tagged
    assert not tagged & {"boss", "spy", "far"}
    assert len(tagged) == 4


def test_whoever_walks_in_a_party_of_the_hunted_is_hunted_on_each_leg_by_its_cover():
    people = "boss: { faction: them, place: base }, ann: { faction: others, place: meadow }"
    routes = """
factions: { us: {}, them: {}, others: {} }
routes:
  way: { start: meadow, end: wood, by: [{ at: [2 km, 0 km], cover: 0 }], last: { at: [4 km, 0 km], cover: 1 } }
"""
    text = hunt("count: 2, pace_spread: 0", people, more=routes).replace("area: 1 km^2", "area: 1e-3 km^2")
    text = text.replace("'true'", "time() >= '10 s'")
    text += "  walk: { when: 'true', do: [evacuate: { who: herd, along: way, led_by: ann, delay: 0 s }] }\n"
    head = "scenario: { title: t, until: 30 d }\nmaps: { field: {}, sea: {} }\nendings: { over: { told: over } }\n"
    p = Played("", scenario=load_text(head + text), until=2e4)
    times = {e.subject: e.time for e in p.entries("tagged")}
    assert set(times) == {"ann", "#2", "#3"}
    bend = 2000.0 / FREE_SPEED
    assert all(bend - 5.0 < t < bend + 60.0 for t in times.values())


def test_a_captive_is_not_hunted_and_the_dead_are_not():
    text = hunt("count: 6") + "  taken: { when: time() >= '1 s', do: [capture: { who: herd, by: them }] }\n"
    assert len(tag_times(Played(text, until=1e5))) == (tag_times(Played(hunt("count: 6"), until=1e5)) <= 1.0).sum()


def test_a_suit_narrows_the_sweep_by_its_root():
    people = "boss: { faction: them, place: base }, eve: { faction: us, place: meadow, suit: 0.04 }"
    p = Played(hunt("count: 1", people), until=0.0)
    clock = p.world.clocks[p.world.people.clock_tag[1]]
    due = clock.threshold / (0.2 * RATE)
    p.go(3e4)
    assert [e.time for e in p.entries("tagged") if e.subject == "eve"] == [pytest.approx(due, abs=1e-2)]


def shared_fire():
    """Play O-2.4: four drones against one of whom all shots come, fire 1 to a tag rate of 1/2 a drone."""
    text = hunt("count: 1", "eve: { faction: them2, place: meadow }", swarm=", defence: 0.01/s")
    text = text.replace(
        "count: 10, speed: 10 m/s, width: 20 m, area: 1 km^2", "count: 4, speed: 1 m/s, width: 5 m, area: 1000 m^2"
    )
    return "factions: { us: {}, them: {}, them2: {} }\n" + text


def test_losses_race_tags_as_shared_fire_says():
    head = "scenario: { title: t, until: 30 d }\nmaps: { field: {}, sea: {} }\nendings: { over: { told: over } }\n"
    scenario = load_text(head + shared_fire())
    n = 60 if INTERPRETED else 400
    tagged = lost = 0
    for seed in range(n):
        p = Played("", seed, scenario=scenario)
        tagged += len(p.entries("tagged"))
        lost += len(p.entries("drone lost"))
    assert near_share(tagged, n, drones_reference.tagged_under_shared_fire(0.005, 0.01, 4))
    assert lost <= 4 * n


def test_the_last_drone_lost_ends_the_hunt():
    p = Played(hunt("count: 3", "eve: { faction: us, place: meadow }", swarm=", defence: 10/s"), until=1e5)
    assert p.world.swarms.left[0] == 0
    assert p.world.swarms.active[0] == 0
    assert len(p.entries("drone lost")) == 10
    assert p.all_caused()


def test_defenders_count_only_under_the_sky_and_with_the_hunted():
    def lost(people, place="meadow"):
        return len(
            Played(hunt("count: 3", people, swarm=", defence: 10/s", place=place), until=1e4).entries("drone lost")
        )

    assert lost("eve: { faction: us, place: meadow }") == 10
    assert lost("eve: { faction: us, place: cave }", "cave") == 0
    assert lost("eve: { faction: them, place: meadow }") == 0


def test_who_stands_idle_changes_nobodys_luck():
    text = hunt("count: 12")
    more = text.replace("crowds: { herd", "crowds: { idle: { count: 4, faction: them, place: base }, herd")
    np.testing.assert_array_equal(tag_times(Played(text, until=1e4)), tag_times(Played(more, until=1e4)))


def test_two_swarms_hunt_at_the_sum_of_their_rates():
    text = hunt()
    line = text[text.index("swarms: {") :].split("\n")[0]
    body = line[len("swarms: { pack: ") : -2]
    two = text.replace(line, f"swarms: {{ pack: {body}, second: {body} }}")
    two = two.replace("after: herd }] }", "after: herd }, launch: { swarm: second, after: herd }] }")
    p = Played(two, until=300.0)
    assert near_share(len(tag_times(p)), N, -math.expm1(-2.0 * RATE * 300.0))
    mine = sum(e.object == "pack" for e in p.entries("tagged"))
    assert near_share(mine, len(tag_times(p)), 0.5)


def test_the_side_that_is_hunted_is_that_of_most_of_the_crowd_whoever_is_first():
    people = "boss: { faction: them, place: base }, ann: { faction: us, place: meadow }"
    for turned in (1, 2):
        p = Played(hunt("count: 3", people).replace("when: 'true'", "when: 'true', after: 1 min"), until=1.0)
        p.world.people.faction[len(p.world.minds) : len(p.world.minds) + turned] = 1
        p.go(1e4)
        tagged = p.world.people.tag[p.names.row("person", "ann")] >= 0
        assert tagged == (turned == 1)
