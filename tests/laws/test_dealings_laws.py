"""Dealings: oracle O-13.5 and the edge cases of its laws."""

from __future__ import annotations

import math

import numba
import pytest

from briarpatch.mechanisms import dealings as d
from briarpatch.world.chance import BOND, u01
from briarpatch.world.compiled import INTERPRETED

RUNS = 100 if INTERPRETED else 20_000
reciprocate = d.reciprocate


def cooperation(after_kept, after_broken):
    """Return how often two equal players keep their word in the long run: q / (1 - p + q); 1 if nothing changes."""
    if 1.0 - after_kept + after_broken <= 0.0:
        return 1.0
    return after_broken / (1.0 - after_kept + after_broken)


@numba.njit
def play(after_kept, after_broken, error, rounds, seed, runs):
    """Return the share of games of two equal players in which the first cooperates in the last round."""
    kept = 0
    for game in range(runs):
        x, y = True, True
        for k in range(rounds):
            x, y = (
                reciprocate(y, after_kept, after_broken, error, u01(seed, BOND, 2 * game, k)),
                reciprocate(x, after_kept, after_broken, error, u01(seed, BOND, 2 * game + 1, k)),
            )
        kept += x
    return kept / runs


@pytest.mark.parametrize(
    ("after_broken", "error", "rounds", "expected"),
    [(0.0, 0.01, 500, 0.5), (1 / 3, 0.01, 40, 0.971154), (1 / 3, 0.05, 40, 0.875)],
)
def test_O_13_5_reciprocity(after_broken, error, rounds, expected):
    """O-13.5: cooperation of tit-for-tat and of its generous form when moves fail; each game counts its last
    round.
    """
    p, q = d.with_error(1.0, error), d.with_error(after_broken, error)
    assert cooperation(p, q) == pytest.approx(expected, abs=1e-6)
    share = play(1.0, after_broken, error, rounds, 135, RUNS)
    assert abs(share - expected) <= 4 * math.sqrt(expected * (1 - expected) / RUNS)


def test_generosity():
    assert d.generosity(5.0, 3.0, 1.0, 0.0) == pytest.approx(1 / 3, rel=1e-12)
    assert d.generosity(9.0, 3.0, 1.0, 0.0) == 0.0
    assert cooperation(1.0, 0.0) == 1.0
    assert cooperation(0.0, 1.0) == 0.5
