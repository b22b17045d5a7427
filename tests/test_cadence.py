"""The law does not depend on how time is cut: halving every cadence keeps the chances of the endings (O-0.5)."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from briarpatch import engine, load_scenario
from briarpatch.world import states
from briarpatch.world import world as worlds
from briarpatch.world.compiled import INTERPRETED

CADENCES = {
    "valley": {"scenario.poll": "30 s"},
    "vault": {"scenario.poll": "30 s"},
    "insurrection": {
        "scenario.poll": "1 min",
        "life.ages_every": "12 h",
        "swarms.probes.period": "1 min",
        "sensors.village_eyes.period": "5 min",
        "sensors.data_eyes.period": "5 min",
        "sensors.picard_eyes.period": "5 min",
    },
}


def endings(name: str, overrides: dict[str, str], seeds: range) -> Counter[str]:
    """Return how often each ending came up."""
    scenario = load_scenario(name, overrides=overrides)
    found: Counter[str] = Counter()
    for seed in seeds:
        world = scenario.world(seed)
        while engine.play(scenario.program, world) == states.NEEDS_ROOM:
            world = worlds.grow(world)
        found[scenario.endings[world.state[0].ending].name] += 1
    return found


def agree(first: Counter[str], second: Counter[str], n: int) -> None:
    """Hold two sets of `n` runs to the same law: two-proportion z, with Bonferroni at a thousandth."""
    names = set(first) | set(second)
    limit = 3.9 if len(names) < 12 else 4.2  # normal quantile of 1 - 0.0005 / number of endings, for up to 11
    for name in names:
        p = (first[name] + second[name]) / (2 * n)
        deviation = math.sqrt(2 * p * (1 - p) / n)
        assert abs(first[name] - second[name]) / n <= limit * deviation, (name, first, second)


@pytest.mark.parametrize("name", ["valley", "vault"])
def test_O_0_5_halving_every_cadence_keeps_the_law(name):
    """O-0.5: different seeds on both sides, so that agreement is of the law and not of the luck."""
    n = 20 if INTERPRETED else 1000
    agree(endings(name, {}, range(n)), endings(name, CADENCES[name], range(n, 2 * n)), n)


@pytest.mark.long
def test_O_0_5_halving_every_cadence_keeps_the_law_of_insurrection():
    """O-0.5, with all endings of the flagship."""
    n = 4 if INTERPRETED else 1000
    agree(endings("insurrection", {}, range(n)), endings("insurrection", CADENCES["insurrection"], range(n, 2 * n)), n)
