"""Hunts with drones that have positions: whom they reach and when, against the plain arithmetic and against the area's law."""

import math

import numpy as np
import pytest
from played import Played, near_share
from test_drones_system import hunt, tag_times

from briarpatch.world.compiled import INTERPRETED

BODY = "count: 10, speed: 10 m/s, width: 20 m, area: 1 km^2, tag_rate: 1e6/s, tag_chance: 1"


def chase(
    crowd="count: 1", drones="count: 1, speed: 10 m/s, width: 100 km", people=None, more="", extra="", place="meadow"
):
    """Return a hunt by drones with positions, which set out from the base 9 km west of the meadow."""
    text = hunt(crowd, people or "boss: { faction: them, place: base }", swarm=", search: explicit, reach: 5 m" + extra)
    text = text.replace(BODY, f"{drones}, area: 1 km^2, tag_rate: 1e6/s, tag_chance: 1")
    text = text.replace("faction: us, place: meadow }", f"faction: us, place: {place} }}")
    return text.replace("rules:", more + "rules:", 1)


def test_a_drone_reaches_who_stands_still_when_it_has_flown_the_way():
    for look in ("1 s", "7 s", "0.5 s"):
        (time,) = tag_times(Played(chase(extra=f", look: {look}"), until=2000.0))
        step = float(look.split()[0])
        assert 899.5 <= time <= 899.5 + step + 1e-3


def test_a_drone_meets_a_walker_on_the_intercept_course():
    walk = "  go: { when: 'true', do: [move: { who: herd, to: base, speed: 2 m/s }] }\n"
    (time,) = tag_times(Played(chase() + walk, until=3000.0))
    assert time == pytest.approx((9000.0 - 5.0) / (10.0 + 2.0), abs=1.1)


def test_the_nearest_is_tagged_first_and_cover_counts_as_distance():
    crowd = "count: 6, spread: 50 m"
    p = Played(chase(crowd), until=3000.0)
    assert len(tag_times(p)) == 6
    assert p.all_caused()
    assert p.world.swarms.tags[0] == 6
    assert (p.world.people.heels == 0).all()
    assert (p.world.drones.touches == -1).all()


def test_nobody_is_seen_in_a_cave():
    assert not len(tag_times(Played(chase("count: 3", place="cave"), until=3000.0)))


@pytest.mark.parametrize(
    "drones",
    [
        "count: 0, speed: 10 m/s, width: 1 km",
        "count: 2, speed: 0 m/s, width: 1 km",
        "count: 2, speed: 10 m/s, width: 0 m",
    ],
)
def test_nothing_comes_of_nothing(drones):
    assert not len(tag_times(Played(chase("count: 4", drones), until=3000.0)))
    assert not len(tag_times(Played(chase("count: 0"), until=300.0)))


def test_what_else_happens_and_how_often_the_hunt_is_refreshed_changes_nothing():
    crowd = "count: 8, spread: 80 m"
    first = tag_times(Played(chase(crowd), until=2000.0))
    busy = "  tick: { when: time() >= '10 s', rate: 0.05/s, do: [move: { who: boss, to: cell }, place: { who: boss, to: base }] }\n"
    second = tag_times(Played(chase(crowd, extra=", period: 17 s") + busy, until=2000.0))
    np.testing.assert_array_equal(first, second)
    stopped = Played(chase(crowd), until=0.0)
    for until in np.arange(13.7, 2000.0, 61.3):
        stopped.go(float(until))
    stopped.go(2000.0)
    np.testing.assert_array_equal(first, tag_times(stopped))


def test_contact_tags_at_the_rate_of_the_attempts():
    n = 20 if INTERPRETED else 300
    text = chase(f"count: {n}").replace("tag_rate: 1e6/s", "tag_rate: 0.05/s")
    times = tag_times(Played(text, until=3000.0 if INTERPRETED else 2e4))
    gaps = np.diff(np.concatenate([[900.0], times]))
    assert near_share((gaps > 20.5).sum(), len(gaps), math.exp(-1.0))


def test_defenders_fire_only_at_drones_that_are_near_whom_they_are_after():
    people = "boss: { faction: them, place: base }, eve: { faction: us, place: meadow }"
    text = chase(
        "count: 2", "count: 3, speed: 10 m/s, width: 100 km", people, extra=", defence: 10/s, fire_range: 200 m"
    )
    p = Played(text, until=3000.0)
    lost = p.entries("drone lost")
    assert len(lost) == 3
    assert min(e.time for e in lost) >= (9000.0 - 200.0) / 10.0 - 1.0
    assert (p.world.drones.lost == 1).all()
    assert p.world.swarms.active[0] == 0
    assert not len(tag_times(p))


def test_a_recall_lets_go_and_a_new_launch_begins_at_the_base():
    text = chase() + "  back: { when: time() >= '890 s', do: [recall: pack] }\n"
    text += "  again: { when: time() >= '2000 s', do: [launch: { swarm: pack, after: herd }] }\n"
    (time,) = tag_times(Played(text, until=1e4))
    assert time == pytest.approx(2900.0, abs=1.5)


@pytest.mark.long
def test_in_the_long_run_they_find_at_the_rate_of_the_area():
    n, t = 400, 1500.0
    text = chase(f"count: {n}, spread: 500 m", "count: 4, speed: 10 m/s, width: 20 m", extra=", period: 1 d")
    text = text.replace("base: base", "base: isle").replace("reach: 5 m", "reach: 10 m")
    found = len(tag_times(Played(text, until=t)))
    law = -math.expm1(-4 * 10.0 * 20.0 * t / 1e6)
    assert 0.6 * law < found / n < 1.35 * law
