"""Diffusion between two barriers: both ways of drawing it against the exact law, and edge cases."""

from __future__ import annotations

import math

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from briarpatch.world import diffusion as d
from briarpatch.world.chance import DELIBERATION
from briarpatch.world.compiled import INTERPRETED

walk_between, hit_between = d.walk_between, d.hit_between
RUNS = 200 if INTERPRETED else 20_000


@numba.njit
def walks(x0, low, high, drift, sigma, dt, steps, seed, sides, times):
    for i in range(len(sides)):
        x, occurrence = x0, 0
        sides[i] = 0
        times[i] = steps * dt
        for k in range(steps):
            side, t, x, occurrence = walk_between(x, low, high, drift, sigma, dt, seed, DELIBERATION, i, occurrence)
            if side != 0:
                sides[i] = side
                times[i] = k * dt + t
                break


def walked(x0, low, high, drift, sigma, dt, steps, seed=11, runs=RUNS):
    sides, times = np.zeros(runs, dtype=np.int64), np.zeros(runs)
    walks(x0, low, high, drift, sigma, dt, steps, seed, sides, times)
    return sides, times


def test_one_barrier_gives_the_inverse_gaussian_law():
    """With the lower barrier far away, times follow the inverse Gaussian law whatever the step."""
    for dt in (0.3, 40.0):
        sides, times = walked(0.0, -math.inf, 1.0, 1.0, 1.0, dt, round(40 / dt))
        assert np.all(sides == 1)
        assert stats.kstest(times, stats.invgauss(mu=1.0).cdf).pvalue > 1e-4


@pytest.mark.parametrize(("x0", "drift"), [(0.0, 0.5), (0.4, -1.0), (-0.7, 0.0)])
def test_walk_follows_the_exact_law(x0, drift):
    """Sides, times given side, and values of those who have not decided, from any starting point."""
    sides, times = walked(x0, -1.0, 1.0, drift, 1.0, 1.5, 40)
    p = d.upper_probability(drift, 1.0, 1.0 - x0, 2.0)
    assert abs(np.mean(sides == 1) - p) <= 4 * math.sqrt(p * (1 - p) / len(sides))
    up = np.vectorize(lambda t: d.upper_by(drift, 1.0, 1.0 - x0, 2.0, t) / p)
    down = np.vectorize(lambda t: d.upper_by(-drift, 1.0, 1.0 + x0, 2.0, t) / (1 - p))
    assert stats.kstest(times[sides == 1], up).pvalue > 1e-4
    assert stats.kstest(times[sides == -1], down).pvalue > 1e-4


def test_both_ways_draw_one_law():
    sides, times = walked(0.2, -1.0, 1.0, 0.6, 0.8, 0.5, 200)
    draws = np.array([hit_between(*u, 0.6, 0.8, 0.8, 2.0) for u in stats.qmc.Halton(2, seed=1).random(2000)])
    p = d.upper_probability(0.6, 0.8, 0.8, 2.0)
    assert np.mean(draws[:, 0] == 1) == pytest.approx(p, abs=0.01)
    for side in (1, -1):
        assert stats.ks_2samp(times[sides == side], draws[draws[:, 0] == side, 1]).pvalue > 1e-4


@pytest.mark.parametrize(("drift", "sigma", "up", "width"), [(0.5, 1, 1, 2), (-2, 0.7, 0.3, 1), (0, 1, 1.9, 2)])
def test_series_is_the_integral_of_the_density(drift, sigma, up, width):
    """The two expansions against quadrature of the image density, on both sides of where they meet."""

    def density(t):
        n = np.arange(-60, 61)
        z = up + 2 * n * width
        images = z * np.exp(-z * z / (2 * sigma**2 * t))
        scale = math.exp(drift * up / sigma**2 - drift**2 * t / (2 * sigma**2))
        return scale * images.sum() / (sigma * math.sqrt(2 * math.pi * t**3))

    for share in (0.02, 0.15, 0.199, 0.201, 0.6, 2.0):
        t = share * width**2 / sigma**2
        value = integrate.quad(density, 0, t, epsabs=1e-12, epsrel=1e-11, limit=200, points=[t / 50])[0]
        assert d.upper_by(drift, sigma, up, width, t) == pytest.approx(value, rel=1e-8, abs=1e-10)


def test_strong_drift_does_not_overflow():
    for drift in (60.0, 500.0, 3000.0):
        assert d.upper_by(drift, 1.0, 1.0, 2.0, 1.0 / drift) == pytest.approx(0.5, abs=0.06)
        assert d.upper_by(-drift, 1.0, 1.0, 2.0, 1.0 / drift) == pytest.approx(0.0, abs=1e-12)
        assert d.upper_by(drift, 1.0, 1.0, 2.0, 50.0) == pytest.approx(1.0, abs=1e-12)
        side, t = hit_between(0.5, 0.5, drift, 1.0, 1.0, 2.0)
        assert side == 1
        assert t == pytest.approx(1.0 / drift, rel=0.1)


def test_edges():
    """At a barrier, no time, no noise, no drift, infinite drift: no number is undefined."""
    assert walk_between(1.0, -1.0, 1.0, 0.0, 1.0, 5.0, 1, 1, 1, 7) == (1, 0.0, 1.0, 7)
    assert walk_between(-2.0, -1.0, 1.0, 0.0, 1.0, 5.0, 1, 1, 1, 7) == (-1, 0.0, -2.0, 7)
    assert walk_between(0.3, -1.0, 1.0, 9.0, 1.0, 0.0, 1, 1, 1, 7) == (0, 0.0, 0.3, 7)
    assert walk_between(0.0, -1.0, 1.0, 0.0, 0.0, 5.0, 1, 1, 1, 7) == (0, 5.0, 0.0, 7)
    assert walk_between(0.0, -1.0, 1.0, 0.5, 0.0, 5.0, 1, 1, 1, 7) == (1, 2.0, 1.0, 7)
    assert walk_between(0.0, -1.0, 1.0, -0.5, 0.0, 5.0, 1, 1, 1, 7) == (-1, 2.0, -1.0, 7)
    assert walk_between(0.0, -1.0, 1.0, 0.1, 0.0, 5.0, 1, 1, 1, 7) == (0, 5.0, 0.5, 7)
    assert walk_between(0.0, -1.0, 1.0, math.inf, 1.0, 5.0, 1, 1, 1, 7) == (1, 0.0, 1.0, 7)
    assert walk_between(0.0, -1.0, 1.0, -math.inf, 1.0, 5.0, 1, 1, 1, 7) == (-1, 0.0, -1.0, 7)
    assert hit_between(0.5, 0.5, 0.0, 0.0, 1.0, 2.0) == (0, math.inf)
    assert hit_between(0.5, 0.5, 2.0, 0.0, 1.0, 2.0) == (1, 0.5)
    assert hit_between(0.5, 0.5, -2.0, 0.0, 1.0, 2.0) == (-1, 0.5)
    assert hit_between(0.5, 0.5, math.inf, 1.0, 1.0, 2.0) == (1, 0.0)
    assert hit_between(0.5, 0.5, 0.0, 1.0, 0.0, 2.0) == (1, 0.0)
    assert hit_between(0.5, 0.5, 0.0, 1.0, 2.0, 2.0) == (-1, 0.0)
    assert d.upper_by(1.0, 1.0, 1.0, 2.0, 0.0) == 0.0
    assert d.upper_by(1.0, 0.0, 1.0, 2.0, 1.0) == 1.0
    assert d.upper_by(1.0, 0.0, 1.0, 2.0, 0.9) == 0.0
    assert d.upper_by(0.5, 1.0, 1.0, 2.0, math.inf) == d.upper_probability(0.5, 1.0, 1.0, 2.0)
    assert d.upper_probability(0.0, 1.0, 0.5, 2.0) == 0.75
    assert d.bridge_time(0.5, 0.3, 0.0, 1.0, 1.0, 2.0) == 0.0
    assert d.bridge_time(0.5, 0.0, 1.0, 0.0, 1.0, 2.0) == 2.0


@given(st.floats(-5, 5), st.floats(0.2, 3), st.floats(0.01, 0.99), st.floats(0.01, 5), st.floats(0.01, 5))
@settings(max_examples=80)
def test_law_is_a_law(drift, sigma, place, t, more):
    """Probabilities grow in time, sum to at most one, mirror, and grow with drift."""
    up = 2.0 * place
    early, late = (d.upper_by(drift, sigma, up, 2.0, x) for x in (t, t + more))
    assert 0.0 <= early <= late + 1e-12 <= d.upper_probability(drift, sigma, up, 2.0) + 1e-9
    assert late + d.upper_by(-drift, sigma, 2.0 - up, 2.0, t + more) <= 1.0 + 1e-9
    assert d.upper_by(drift + 0.5, sigma, up, 2.0, t) >= early - 1e-12
    p, q = d.upper_probability(drift, sigma, up, 2.0), d.upper_probability(-drift, sigma, 2.0 - up, 2.0)
    assert p + q == pytest.approx(1.0, abs=1e-12)


@given(st.integers(0, 500), st.floats(-2, 2), st.floats(0, 2), st.floats(0.1, 3))
@settings(max_examples=80)
def test_more_drift_never_turns_act_into_refrain(key, drift, extra, dt):
    """Under the same luck a stronger drift goes at least as high."""
    low = walk_between(0.0, -1.0, 1.0, drift, 1.0, dt, 5, DELIBERATION, key, 0)
    high = walk_between(0.0, -1.0, 1.0, drift + extra, 1.0, dt, 5, DELIBERATION, key, 0)
    assert high[0] >= low[0]
    if low[0] == high[0] == 0:
        assert high[2] >= low[2]
