"""Worlds of counted crowds from text, many at a time: what the tests of cohorts and flows share."""

from __future__ import annotations

import numpy as np
from played import HEAD

from briarpatch import engine
from briarpatch.scenario.catalog import load_text
from briarpatch.world import states
from briarpatch.world import world as worlds

PLACES = "places: { camp: {}, town: {} }\n"
HOUR, DAY = 3600.0, 86400.0


def scenario(text: str):
    """Return a scenario with a camp and a town and what the text adds."""
    return load_text(HEAD + PLACES + text)


def play(of, seed: int, until: float):
    """Return a world played to a time."""
    world = of.world(seed)
    while (status := engine.play(of.program, world, until)) == states.NEEDS_ROOM:
        world = worlds.grow(world)
    assert status != states.BROKEN, states.GUARD_NAMES[world.state.broken[0]]
    return world


def heads(text: str, worlds_played: int, until: float, *, by: str = "cohort_states") -> np.ndarray:
    """Return the heads of each state, or cell, of many worlds at a time [worlds, rows]."""
    of = scenario(text)
    return np.array([getattr(play(of, seed, until), by).heads.copy() for seed in range(worlds_played)])


def near(found: np.ndarray, mean: float, sd: float) -> bool:
    """Return whether the mean of some numbers is within four standard errors of what is expected."""
    return abs(found.mean() - mean) <= 4.0 * sd / len(found) ** 0.5 + 1e-9
