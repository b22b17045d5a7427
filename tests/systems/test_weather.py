"""Oracles O-23.1 to O-23.3: how often winds blow, and what they do to those on foot."""

from __future__ import annotations

import math

import pytest
from played import Played

HIKE = """
places: { here: { map: field, at: [0 m, 0 m] }, there: { map: field, at: [5 km, 0 m] } }
routes: { way: { start: here, end: there } }
people: { guide: { faction: us, place: here } }
crowds: { band: { count: 5, faction: us, place: here } }
rules: { go: { when: "true", do: [evacuate: { who: band, along: way, delay: 0 s }] } }
"""


def _arrival(extra: str) -> float:
    return Played(HIKE + extra, until=1e6).entries("came through")[0].time


def test_a_wind_that_blows_always_halves_the_pace():
    """O-23.2 The whole way at half the pace takes twice as long, and a wind elsewhere does nothing."""
    calm = _arrival("")
    assert _arrival("winds: { w: { over: field, rises: 0/h, falls: 0/h, blows: true } }") == pytest.approx(2.0 * calm)
    assert _arrival("winds: { w: { over: sea, rises: 0/h, falls: 0/h, blows: true } }") == calm


def test_a_wind_blows_for_its_share_of_the_time():
    """O-23.1 The share of time in the long run."""
    world = Played(HIKE + "winds: { w: { over: field, rises: 1/h, falls: 3/h } }", until=86400.0 * 100)
    turns = [e.time for e in world.entries() if e.kind in ("wind rose", "wind fell")]
    blowing = sum(b - a for a, b in zip(turns[::2], turns[1::2], strict=False))
    assert math.isclose(blowing / (86400.0 * 100), 0.25, abs_tol=0.02)


def test_a_condition_reads_it():
    world = Played(
        HIKE.replace("rules: {", 'rules: { feels: { when: "blows(w)", do: [mark: felt] }, ')
        + "winds: { w: { over: field, rises: 0/h, falls: 0/h, blows: true } }\nevents: { felt: {} }",
        until=10.0,
    )
    assert world.entries("marked")


def test_a_wind_that_rises_on_the_way_slows_the_rest_of_it_alone():
    """O-23.3 What is walked is walked; the rest takes as much longer as the pace is less, to the moment of the turn."""
    windy = "winds: { w: { over: field, rises: 1/h, falls: 0/h, pace: 0.5 } }"
    found = 0
    for seed in range(12):
        calm = Played(HIKE, until=1e6, seed=seed).entries("came through")[0].time
        played = Played(HIKE + windy, until=1e6, seed=seed)
        rose = next(e.time for e in played.entries() if e.kind == "wind rose")
        start = played.entries("marched")[0].time
        arrival = played.entries("came through")[0].time
        walked = min(rose, calm) - start
        left = max(0.0, calm - start - walked)
        assert arrival == pytest.approx(start + walked + 2.0 * left if rose < calm else calm)
        found += start < rose < calm
    assert found
