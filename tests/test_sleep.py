"""A look leaves no trace: how often, when and why a system is called, or a world read, changes no byte of its story."""

from __future__ import annotations

import math
import random
from pathlib import Path

import numpy as np
import pytest

import briarpatch
from briarpatch import assembly, engine, load_scenario
from briarpatch.scenario.scenario import Scenario
from briarpatch.world import states
from briarpatch.world.compiled import INTERPRETED
from briarpatch.world.world import World, compare, copy, grow

SCENARIOS = Path(briarpatch.__file__).parent / "scenarios"
NAMES = sorted(path.stem for path in SCENARIOS.iterdir() if not path.name.startswith("_"))
SYSTEMS = range(len(assembly.NAMES))
SLOW = {"exile", "hunt", "insurrection", "valley", "well", "spring", "century", "geese", "quiet"}

COUNTED = {
    "state": {"steps", "moment", "instant", "noted", "counted", "sailed", "changed", "raised", "draws"},
    "due": {"next", "last", "calls", "noted", "sailed", "woken"},
    "swarms": {"noted", "refresh"},
    **{name: {"changed"} for name in ("movements", "defections", "watches")},
}
"""Columns that say how often, or up to where, somebody has looked."""

LAID_OUT = {"hunted", "hunted_who"}
"""Where people stand, laid out anew from time to time; columns that are not in use any more hold what they held."""


def scenario(name: str) -> Scenario:
    """Return a packaged scenario."""
    if INTERPRETED and name in SLOW:
        pytest.skip("takes minutes as plain Python")
    return load_scenario(name)


def go(played: Scenario, world: World, until: float = math.inf, budget: int = 1 << 60) -> tuple[World, int]:
    """Play on, with more room when it needs it; a decision that somebody else would take ends it."""
    while True:
        status = engine.play(played.program, world, until, budget)
        if status != states.NEEDS_ROOM:
            return world, status
        world = grow(world)


def disturbed(played: Scenario, seed: int, luck: random.Random, disturb, times: int) -> World:
    """Return a world that is stopped at random moments, and between two steps, and disturbed there."""
    world, _ = go(played, played.world(seed))
    ends = float(world.state["time"][0])
    world = played.world(seed)
    for moment in sorted(luck.uniform(0.0, ends) for _ in range(times)):
        for until, budget in ((moment, 1 << 60), (math.inf, luck.randrange(30))):
            world, status = go(played, world, until, budget)
            if status == states.FINISHED:
                return world
            disturb(world)
    return go(played, world)[0]


def alike(played: Scenario, seed: int, disturb, times: int = 25) -> None:
    """Assert that a disturbed world is the same, to the byte, as one that was left alone."""
    calm, _ = go(played, played.world(seed))
    same(played, calm, disturbed(played, seed, random.Random(seed), disturb, times))


def same(played: Scenario, calm: World, other: World) -> None:
    """Assert that two finished worlds are the same, to the byte, but for how often somebody looked."""
    entries = int(calm.state["entries"][0])
    assert entries == int(other.state["entries"][0])
    assert calm.chronicle[:entries].tobytes() == other.chronicle[:entries].tobytes()
    assert engine.measures(played.program, calm).tobytes() == engine.measures(played.program, other).tobytes()
    found = [
        d for d in compare(calm, other, 10_000) if d.column not in COUNTED.get(d.table, ()) and d.table not in LAID_OUT
    ]
    assert not found, [str(d) for d in found[:10]]


def seeds(name: str) -> list[int]:
    """Return a few seeds that differ from scenario to scenario."""
    return [1 + NAMES.index(name), 101 + NAMES.index(name)]


def wakes(luck: random.Random):
    """Return what wakes each system with even chances."""

    def wake(world: World) -> None:
        now = float(world.state["time"][0])
        for system in SYSTEMS:
            if luck.random() < 0.5:
                world.due["next"][system] = min(float(world.due["next"][system]), now)

    return wake


def stirs(luck: random.Random):
    """Return what says to everybody that anything may have changed, and wakes them."""
    wake = wakes(luck)
    everything = (1 << 62) - 1

    def stir(world: World) -> None:
        world.state["changed"] |= everything
        world.state["raised"] |= everything
        for name in ("movements", "defections", "watches"):
            if len(getattr(world, name)):
                getattr(world, name)["changed"] |= everything
        world.journal["person"][int(world.state["noted"][0]) % len(world.journal)] = -1
        world.state["noted"] += 1
        world.state["sailed"] += 1
        world.due["woken"] = 1
        wake(world)

    return stir


@pytest.mark.parametrize("name", NAMES)
def test_a_system_that_is_woken_for_nothing_changes_nothing(name):
    played = scenario(name)
    for seed in seeds(name):
        alike(played, seed, wakes(random.Random(seed)))


@pytest.mark.parametrize("name", NAMES)
def test_word_of_a_change_that_was_none_changes_nothing(name):
    played = scenario(name)
    for seed in seeds(name):
        alike(played, seed, stirs(random.Random(seed)))


AHEAD = ("outbreak", "trek_north")
"""Scenarios whose heads go ahead of the loop to the very end, so that it closes within the step that brings them there."""


@pytest.mark.parametrize("name", NAMES)
def test_word_of_a_change_while_a_story_closes_changes_nothing(name):
    """All are brought up to the end at its last instant, which is too short for a random moment to fall into it."""
    played = scenario(name)
    for seed in range(1000, 1004 if INTERPRETED else 1012):
        calm, _ = go(played, played.world(seed))
        stir, stirred = stirs(random.Random(seed)), 0
        other, status = go(played, played.world(seed), math.inf, max(0, int(calm.state["steps"][0]) - 100))
        while status != states.FINISHED:
            if int(other.state["ends"][0]) == states.CLOSING and stirred < 3 * len(SYSTEMS):
                stir(other)
                stirred += 1
            other, status = go(played, other, math.inf, 1)
        assert stirred > 0 or name in AHEAD
        same(played, calm, other)


@pytest.mark.parametrize("name", NAMES)
def test_to_stop_and_go_on_changes_nothing(name):
    played = scenario(name)
    for seed in seeds(name):
        alike(played, seed, lambda world: None)


@pytest.mark.parametrize("name", NAMES)
def test_to_read_a_world_changes_nothing(name):
    """Measures, positions and what is saved, read again and again, leave every byte of the tables as it was."""
    played = scenario(name)
    seed = seeds(name)[0]

    def read(world: World) -> None:
        before = copy(world)
        engine.measures(played.program, world)
        engine.positions(played.program, world)
        engine.value_of(played.program, world, int(played.program.measures["code"][0]), float(world.state["time"][0]))
        assert compare(before, world) == []

    if len(played.program.measures):
        alike(played, seed, read, 5)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", [wakes, stirs])
def test_no_look_changes_anything_over_many_seeds(name, kind):
    played = scenario(name)
    for seed in range(1000, 1020):
        alike(played, seed, kind(random.Random(seed)), 40)


@pytest.mark.long
@pytest.mark.parametrize("system", SYSTEMS, ids=assembly.NAMES)
def test_each_system_alone_woken_for_nothing_changes_nothing(system):
    for name in ("insurrection", "quarrel", "mill", "well", "spring"):
        played = scenario(name)

        def wake(world: World) -> None:
            world.due["next"][system] = min(float(world.due["next"][system]), float(world.state["time"][0]))

        for seed in range(2000, 2010):
            alike(played, seed, wake, 40)


def test_what_is_read_is_as_of_the_moment():
    """A position asked for between two steps lies between those before and after."""
    played = scenario("valley" if not INTERPRETED else "rescue")
    world = go(played, played.world(1), 1800.0)[0]
    assert np.isfinite(engine.positions(played.program, world)).all()


@pytest.mark.parametrize("name", ["vault", "mill", "skirmish", "lookout"])
def test_a_run_that_was_read_and_saved_twice_half_way_loads_and_plays_on(name, tmp_path):
    whole = briarpatch.run(name, seed=4)
    half = briarpatch.run(name, seed=4, until=0.5 * whole.time)
    half.save(tmp_path / "first")
    assert repr(half.measures) == repr(half.measures)
    half.save(tmp_path / "second")
    for folder in ("first", "second"):
        again = briarpatch.load(tmp_path / folder)
        assert repr(again.measures) == repr(half.measures)
        again.go()
        assert again.ending == whole.ending
        assert compare(again.world, whole.world) == []
