"""The pursuit of many by many: the search by blocks against the plain loop, and the intercept course (O-2.5, O-2.6)."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briarpatch.laws import pursuit as laws

F = np.float32


def plain(hunted, n, x, y):
    """Return who shows most strongly by the plainest loop, and how strongly: the reference of `strongest`."""
    best, who = math.inf, -1
    for i in range(n):
        dx, dy = F(hunted[laws.X, i] - x), F(hunted[laws.Y, i] - y)
        seen = F(F(F(dx * dx) + F(dy * dy)) * hunted[laws.WEIGHT, i])
        if seen < best:
            best, who = seen, i
    return who, best


def columns(n, seed=1, scale=3000.0, grain=0.0):
    """Return hunted people in clumps; a grain puts many of them on the same spots."""
    rng = np.random.default_rng(seed)
    hunted = np.zeros((laws.COLUMNS, max(n, 1)), F)
    clumps = rng.uniform(-scale, scale, (2, n // 20 + 1))
    place = clumps[:, np.arange(n) // 20] + rng.normal(0.0, 20.0, (2, n))
    if grain:
        place = np.round(place / grain) * grain
    hunted[laws.FROM_X, :n], hunted[laws.FROM_Y, :n] = place
    hunted[laws.WEIGHT, :n] = rng.choice([1.0, 1.0, 2.5, 100.0], n)
    hunted[laws.VX, :n], hunted[laws.VY, :n] = rng.normal(0.0, 1.0, (2, n))
    hunted[laws.SINCE, :n] = rng.uniform(-500.0, 0.0, n)
    return hunted


def search(hunted, n, x, y, guess=0):
    starts = np.zeros(laws.most_blocks(n) + 1, np.int32)
    blocks = laws.divide(hunted, n, starts)
    assert (starts[0], starts[blocks]) == (0, n)
    assert blocks <= laws.most_blocks(n)
    assert all(0 < size <= laws.FULL for size in np.diff(starts[: blocks + 1]))
    boxes, bounds = np.zeros((laws.SIDES, blocks), F), np.zeros(blocks, np.int32)
    laws.enclose(hunted, starts, blocks, boxes)
    who, bits = laws.strongest(hunted, starts, blocks, boxes, bounds, guess, F(x), F(y))
    return who, np.int32(bits).view(F)


@pytest.mark.parametrize("n", [1, 2, 31, 32, 33, 64, 200, 601])
@pytest.mark.parametrize("grain", [0.0, 500.0])
def test_the_search_by_blocks_finds_whom_the_plain_loop_finds(n, grain):
    hunted = columns(n, n, grain=grain)
    rng = np.random.default_rng(n)
    laws.walk(hunted, n, F(0.0) if grain else F(77.0))
    for x, y in rng.uniform(-6000.0, 6000.0, (25, 2)).astype(F):
        wanted = plain(hunted, n, x, y)
        for guess in (0, n - 1, n // 2):
            assert search(hunted, n, x, y, guess) == wanted


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 90), st.integers(0, 10_000), st.floats(-1e4, 1e4), st.floats(-1e4, 1e4))
def test_the_search_is_the_plain_loop_whatever_the_numbers(n, seed, x, y):
    hunted = columns(n, seed, grain=[0.0, 1.0, 1000.0][seed % 3])
    laws.walk(hunted, n, F(seed % 7))
    assert search(hunted, n, F(x), F(y), seed % n) == plain(hunted, n, F(x), F(y))


def test_the_first_of_equals_is_chosen():
    hunted = columns(100)
    hunted[laws.X], hunted[laws.Y], hunted[laws.WEIGHT] = 10.0, 20.0, 1.0
    for guess in (0, 50, 99):
        assert search(hunted, 100, 0.0, 0.0, guess)[0] == 0


def test_walking_is_straight_and_does_not_depend_on_the_looks():
    hunted = columns(50)
    laws.walk(hunted, 50, F(10.0))
    once = hunted.copy()
    for t in range(11):
        laws.walk(hunted, 50, F(t))
    np.testing.assert_array_equal(hunted, once)
    far = once[laws.VX] * (10.0 - once[laws.SINCE])
    np.testing.assert_allclose(once[laws.X] - once[laws.FROM_X], far, rtol=1e-4, atol=1e-3)


def test_sight_ends_at_half_the_sweep_and_shrinks_with_the_root_of_the_weight():
    one = F(1.0)
    assert laws.in_sight(laws.signal(F(10.0), F(0.0), one), 10.0)
    assert not laws.in_sight(laws.signal(F(10.01), F(0.0), one), 10.0)
    assert laws.in_sight(laws.signal(F(5.0), F(0.0), F(4.0)), 10.0)
    assert not laws.in_sight(laws.signal(F(5.01), F(0.0), F(4.0)), 10.0)
    assert not laws.in_sight(laws.signal(F(1.0), F(0.0), one), 0.0)


def caught_after(u, w, cosine, dt, reach=0.0, limit=5000.0):
    """Return when a pursuer from 1000 m away is within reach of an evader at speed u, to within a step."""
    vx, vy = u * cosine, u * math.sqrt(1.0 - cosine * cosine)
    x = y = t = 0.0
    while t < limit:
        x, y, near = laws.fly(x, y, 1000.0 + vx * t, vy * t, vx, vy, w, max(reach, 0.01), dt)
        if near:
            return t
        t += dt
    return math.inf


@pytest.mark.parametrize(("cosine", "wanted"), [(1.0, 1000.0), (0.0, 577.350269), (-1.0, 333.333333)])
@pytest.mark.parametrize("dt", [1.0, 7.0])
def test_o_2_5_the_intercept_course_in_steps_of_any_size(cosine, wanted, dt):
    assert wanted - 0.1 <= caught_after(1.0, 2.0, cosine, dt) <= wanted + dt + 0.1


def test_o_2_6_nobody_is_caught_by_those_who_are_not_faster():
    assert math.isinf(caught_after(2.0, 2.0, 1.0, 5.0))
    assert math.isinf(caught_after(2.0, 1.0, 1.0, 5.0))
    assert math.isinf(caught_after(0.0, 0.0, 1.0, 5.0))


def test_whoever_is_within_reach_is_kept_level_with():
    x, y, near = laws.fly(0.0, 0.0, 3.0, 0.0, 1.0, 0.5, 10.0, 5.0, 2.0)
    assert (x, y, near) == (2.0, 1.0, True)
    assert laws.fly(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0) == (0.0, 0.0, True)
