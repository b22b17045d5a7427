"""Counts drawn by inversion, against SciPy and against the numbers of the oracles O-16.1, O-16.2, O-16.6 and O-20.4."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, poisson

from briarpatch.mechanisms.flows import chance_to_leave, part_of_rest
from briarpatch.world import draws

HOUR = 3600.0


def test_O_16_1_quantiles_of_binomial_laws():
    assert [draws.binomial(u, 1000, 0.3) for u in (0.025, 0.5, 0.975)] == [272, 300, 329]
    assert [draws.binomial(u, 340_000, 0.12) for u in (0.1, 0.9)] == [40_557, 41_043]


def _split(n, weights, uniforms):
    found, rest = [], sum(weights)
    for weight, u in zip(weights, [*uniforms, 0.5], strict=True):
        found.append(draws.binomial(u, n, part_of_rest(weight, rest)))
        n, rest = n - found[-1], rest - weight
    return found


def test_O_16_2_a_split_is_a_chain_of_binomials():
    assert _split(1000, (0.5, 0.3, 0.2), (0.25, 0.9)) == [489, 321, 190]
    assert _split(340_000, (0.12, 0.38, 0.5), (0.1, 0.7)) == [40_557, 129_447, 169_996]


def test_O_16_6_a_changed_chance_moves_the_same_draw_a_little():
    uniforms = (np.arange(2000) + 0.5) / 2000
    moved = [draws.binomial(u, 1000, 0.31) - draws.binomial(u, 1000, 0.30) for u in uniforms]
    assert (min(moved), max(moved)) == (9, 11)
    assert np.mean(moved) == pytest.approx(9.999, abs=1e-9)


def test_O_20_4_who_leaves_in_a_step_and_by_which_way():
    left = draws.binomial(0.5, 1000, chance_to_leave(0.4 / HOUR, 2 * HOUR))
    assert (left, draws.binomial(0.5, left, part_of_rest(0.1, 0.4))) == (551, 138)


def test_a_quantile_is_that_of_scipy():
    chance = np.random.default_rng(1)
    for _ in range(400):
        n, u = int(10.0 ** chance.uniform(0.0, 5.5)), chance.random()
        p = chance.random() ** chance.choice([1, 3, 8])
        p = p if chance.random() < 0.5 else 1.0 - p
        assert draws.binomial(u, n, p) == int(binom.ppf(u, n, p)), (u, n, p)
        mean = 10.0 ** chance.uniform(-2.0, 5.0)
        assert draws.poisson(u, mean) == int(poisson.ppf(u, mean)), (u, mean)


def test_ends_of_the_range():
    assert [draws.binomial(0.7, n, p) for n, p in ((0, 0.5), (9, 0.0), (9, 1.0))] == [0, 0, 9]
    assert draws.poisson(0.7, 0.0) == 0
    for mean in (0.001, 4.5, 100.0):  # what lies beyond is too little to be told from nothing
        assert abs(draws.poisson(1.0 - 2.0**-53, mean) - poisson.isf(1e-15, mean)) <= 12
        assert abs(draws.binomial(1.0 - 2.0**-53, 10_000, mean / 1e4) - binom.isf(1e-15, 10_000, mean / 1e4)) <= 12
        assert (
            abs(draws.binomial(2.0**-54, 10_000, 1.0 - mean / 1e4) - binom.ppf(1e-15, 10_000, 1.0 - mean / 1e4)) <= 12
        )
    assert draws.binomial(2.0**-53, 10_000_000, 0.3) == int(binom.ppf(2.0**-53, 10_000_000, 0.3))
    assert draws.binomial(1.0 - 2.0**-53, 10_000_000, 0.3) == int(binom.isf(2.0**-53, 10_000_000, 0.3))
