"""Bonds: oracles O-13.1 to O-13.8, invariance to the step, edge cases."""

from __future__ import annotations

import math

import bonds_reference
import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from briarpatch.laws import bonds as b
from briarpatch.world.compiled import INTERPRETED

RUNS = 100 if INTERPRETED else 20_000
DAY = 86400.0
noisy_step = b.noisy_step


def affection(start, matrix, source, time, steps):
    x, y = start
    for _ in range(steps):
        x, y = b.affection_step(x, y, *np.ravel(matrix), *source, time / steps)
    return x, y


@pytest.mark.parametrize("steps", [1, 4])
def test_O_13_1_cycle(steps):
    """O-13.1: a chase come back after 2 pi, in 1 or 4 steps; Euler's 100 steps reach 1.2177."""
    x, y = affection((1.0, 0.0), [[0, 1], [-1, 0]], (0, 0), 2 * math.pi, steps)
    assert (x, y) == pytest.approx((1.0, 0.0), abs=1e-9)
    euler = np.linalg.matrix_power(np.eye(2) + 2 * math.pi / 100 * np.array([[0, 1], [-1, 0]]), 100)
    assert np.hypot(*euler[:, 0]) == pytest.approx(1.2177, abs=1e-4)


@pytest.mark.parametrize("steps", [1, 8])
def test_O_13_2_pair(steps):
    """O-13.2: fixed point, eigenvalues and the state after 3, in one step or eight."""
    matrix, source = np.array([[-1, 0.5], [0.5, -1]]), (0.2, 0.1)
    assert affection((-0.8, 0.6), matrix, source, 3.0, steps) == pytest.approx((0.235935, 0.185561), abs=1e-6)
    assert affection((-0.8, 0.6), matrix, source, 300.0, steps) == pytest.approx((1 / 3, 4 / 15), rel=1e-9)
    assert affection((1 / 3, 4 / 15), matrix, source, 3.0, steps) == pytest.approx((1 / 3, 4 / 15), rel=1e-9)
    assert bonds_reference.affection_stable(*np.ravel(matrix))
    assert not bonds_reference.affection_stable(-1.0, 2.0, 2.0, -1.0)
    assert not bonds_reference.affection_stable(1.0, -2.0, 2.0, 1.0)
    for rate, vector in ((-0.5, (1.0, 1.0)), (-1.5, (1.0, -1.0))):
        x, y = affection(vector, matrix, (0, 0), 1.0, steps)
        assert (x, y) == pytest.approx(tuple(math.exp(rate) * v for v in vector), rel=1e-9)


entries = st.floats(-3, 3).map(lambda x: 0.0 if abs(x) < 1e-12 else x)  # SciPy's exponential loses tiny ones


@given(st.tuples(entries, entries, entries, entries), st.tuples(entries, entries), st.floats(0.01, 4))
@settings(deadline=None, max_examples=60)
def test_affection_is_the_matrix_exponential(matrix, source, time):
    """Against scipy's exponential of the augmented matrix, singular matrices among them."""
    augmented = np.zeros((3, 3))
    augmented[:2, :2] = np.reshape(matrix, (2, 2))
    augmented[:2, 2] = source
    expected = (expm(augmented * time) @ [0.7, -0.4, 1.0])[:2]
    scale = 1e-9 * max(1.0, np.abs(expm(augmented * time)).max())
    for steps in (1, 2):
        assert affection((0.7, -0.4), matrix, source, time, steps) == pytest.approx(tuple(expected), abs=scale)


@pytest.mark.parametrize("matrix", [[[0, 0], [0, 0]], [[-1, 0], [0, 0]], [[0, 1], [0, 0]], [[1, 1], [-1, -1]]])
def test_singular_pairs(matrix):
    """One who never forgets, one who never answers: x(t) still exact."""
    augmented = np.zeros((3, 3))
    augmented[:2, :2] = matrix
    augmented[:2, 2] = (0.2, -0.1)
    expected = (expm(augmented * 5.0) @ [0.7, -0.4, 1.0])[:2]
    assert affection((0.7, -0.4), matrix, (0.2, -0.1), 5.0, 1) == pytest.approx(tuple(expected), rel=1e-9)


def test_strong_decay_settles():
    matrix = [[-1e4, 10.0], [10.0, -1e4]]
    settled = np.linalg.solve(np.array(matrix), [-1.0, -2.0])
    assert affection((5.0, -5.0), matrix, (1.0, 2.0), 1e3, 1) == pytest.approx(tuple(settled), rel=1e-6)


@numba.njit
def noisy(x0, rate, sigma, dt, steps, seed, values):
    for i in range(len(values)):
        x = x0
        for k in range(steps):
            x = noisy_step(x, 0.0, rate, sigma, dt, seed, i, k)
        values[i] = x


@pytest.mark.parametrize(("dt", "steps"), [(1.0, 2), (0.5, 4)])
def test_O_13_3_noise(dt, steps):
    """O-13.3: mean .270671 and variance .122711 at t = 2, in steps of 1 and of .5."""
    values = np.zeros(RUNS)
    noisy(2.0, 1.0, 0.5, dt, steps, 133, values)
    assert abs(values.mean() - 0.270671) <= 4 * math.sqrt(0.122711 / RUNS)
    assert abs(values.var() - 0.122711) <= 4 * 0.122711 * math.sqrt(2 / RUNS)


def test_noise_edges():
    assert noisy_step(0.3, 1.0, 2.0, 5.0, 0.0, 1, 1, 1) == 0.3
    assert noisy_step(0.3, 1.0, math.inf, 5.0, 1.0, 1, 1, 1) == 1.0
    assert noisy_step(0.3, 1.0, 0.0, 0.0, 1.0, 1, 1, 1) == 0.3
    assert noisy_step(0.3, 1.0, 2.0, 0.0, 1.0, 1, 1, 1) == pytest.approx(1 - 0.7 * math.exp(-2))
    values = np.zeros(RUNS)
    noisy(0.0, 0.0, 0.5, 2.0, 2, 134, values)
    assert abs(values.var() - 1.0) <= 4 * math.sqrt(2 / RUNS)


@pytest.mark.parametrize(("rate", "sigma", "dt"), [(0.25, 2.0, 3.0), (4.0, 0.5, 0.1)])
def test_noise_has_the_deviation_of_its_rate(rate, sigma, dt):
    unit = noisy_step(0.0, 0.0, 0.0, 1.0, 1.0, 3, 5, 7)
    deviation = sigma * math.sqrt((1.0 - math.exp(-2.0 * rate * dt)) / (2.0 * rate))
    assert noisy_step(0.0, 0.0, rate, sigma, dt, 3, 5, 7) == pytest.approx(deviation * unit)


# Balance

TIES = [[0, 0.4, -0.2, -0.3], [0.4, 0, -0.3, 0.1], [-0.2, -0.3, 0, 0.5], [-0.3, 0.1, 0.5, 0]]


def leading(ties):
    n = len(ties)
    vector = np.zeros(n)
    return bonds_reference.leading_tie(np.array(ties, dtype=float), vector, np.zeros((n, n)), np.zeros((n, n))), vector


def test_O_13_4_factions():
    """O-13.4: leading eigenvalue, time of blow-up and factions; the good tie between 2 and 4 turns bad."""
    eigenvalue, vector = leading(TIES)
    assert eigenvalue == pytest.approx(0.818536, abs=1e-6)
    assert bonds_reference.polarisation_time(eigenvalue) == pytest.approx(1.221693, abs=1e-6)
    limit = np.zeros((4, 4))
    bonds_reference.polarise(limit, vector)
    assert limit.tolist() == [[1, 1, -1, -1], [1, 1, -1, -1], [-1, -1, 1, 1], [-1, -1, 1, 1]]
    assert bonds_reference.balance_energy(limit) == -1.0
    assert bonds_reference.balance_energy(np.array(TIES)) > -1.0


def test_O_13_4_flow():
    """O-13.4: the exact step against its definition, in one step or many; just before blow-up it has the
    limit's signs.
    """
    start = np.array(TIES)
    expected = start @ np.linalg.inv(np.eye(4) - start)
    work = np.zeros((4, 4))
    for steps in (1, 7):
        ties = start.copy()
        for _ in range(steps):
            assert b.balance_step(ties, 1.0 / steps, work)
        assert ties == pytest.approx(expected, rel=1e-9)
    ties = start.copy()
    assert b.balance_step(ties, 1.2216, work)
    limit = np.zeros((4, 4))
    bonds_reference.polarise(limit, leading(TIES)[1])
    assert np.array_equal(np.sign(ties), limit)


def test_rescaled_ties_run_slower():
    start, work = np.array(TIES), np.zeros((4, 4))
    plain, scaled = start.copy(), start.copy()
    b.balance_step(plain, 0.9, work)
    norm = bonds_reference.rescale_ties(scaled)
    assert np.linalg.norm(scaled) == pytest.approx(1.0)
    b.balance_step(scaled, 0.9 * norm, work)
    assert scaled * norm == pytest.approx(plain, rel=1e-9)
    assert bonds_reference.rescale_ties(np.zeros((2, 2))) == 0.0


@given(st.integers(1, 6), st.integers(0, 10**6))
@settings(deadline=None, max_examples=40)
def test_leading_tie_is_the_greatest_eigenvalue(n, seed):
    ties = np.random.Generator(np.random.PCG64(seed)).normal(size=(n, n))
    ties += ties.T
    eigenvalue, vector = leading(ties)
    assert eigenvalue == pytest.approx(np.linalg.eigvalsh(ties)[-1], rel=1e-9, abs=1e-9)
    assert ties @ vector == pytest.approx(eigenvalue * vector, abs=1e-8)
    order = np.random.Generator(np.random.PCG64(seed + 1)).permutation(n)
    assert leading(ties[np.ix_(order, order)])[0] == pytest.approx(eigenvalue, rel=1e-9, abs=1e-9)


def test_balance_edges():
    """Nobody, one, two; a lone tie; a step onto a pole; no positive eigenvalue."""
    assert leading(np.zeros((0, 0)))[0] == -math.inf
    assert leading([[-2.0]])[0] == -2.0
    assert bonds_reference.balance_energy(np.ones((2, 2))) == 0.0
    assert bonds_reference.polarisation_time(-0.5) == math.inf
    assert bonds_reference.polarisation_time(0.0) == math.inf
    assert not b.balance_step(np.array([[1.0]]), 1.0, np.zeros((1, 1)))
    ties = np.array([[0.0, 2.0], [2.0, 0.0]])
    assert b.balance_step(ties, 0.0, np.zeros((2, 2)))
    assert ties.tolist() == [[0.0, 2.0], [2.0, 0.0]]
    assert bonds_reference.triad_balanced(1.0, -1.0, -0.2)
    assert not bonds_reference.triad_balanced(1.0, 1.0, -0.2)


# Trust, forgiveness


def test_O_13_6_trust():
    """O-13.6: eight promises kept and two broken; none yet; old counts fade."""
    assert bonds_reference.beta_trust(8, 2) == 0.75
    assert bonds_reference.beta_trust(0, 0) == 0.5
    assert bonds_reference.faded_count(8.0, 3.0, 3.0) == pytest.approx(8 / math.e, rel=1e-12)
    assert bonds_reference.faded_count(8.0, 3.0, math.inf) == 8.0
    assert bonds_reference.faded_count(8.0, 3.0, 0.0) == 0.0
    assert bonds_reference.faded_count(8.0, 0.0, 0.0) == 8.0
    assert bonds_reference.faded_count(bonds_reference.faded_count(8.0, 1.0, 5.0), 2.0, 5.0) == pytest.approx(
        bonds_reference.faded_count(8.0, 3.0, 5.0)
    )


@pytest.mark.parametrize(
    ("days", "expected"),
    [(0, 0.1192), (7, 0.2539), (30, 0.3829), (90, 0.5), (365, 0.6496), (36525, 0.9345)],
)
def test_O_13_7_forgiveness(days, expected):
    """O-13.7: forgiving from log-odds -2, from the day itself to a century later."""
    assert b.forgiveness(-2.0, days * DAY, 0.0, 0.0, 0.0) == pytest.approx(expected, abs=1e-3)


def test_forgiving_time_undoes_forgiveness():
    assert bonds_reference.forgiving_time(-2.0, 0.0, 0.0, 0.0, 0.0) == pytest.approx(90 * DAY, rel=1e-9)
    assert bonds_reference.forgiving_time(-2.0, 1.0, 1.0, 0.5, 0.0) == 0.0
    assert bonds_reference.forgiving_time(-1e6, 0.0, 0.0, 0.0, 0.0) == math.inf
    assert b.forgiveness(-3.0, 0.0, 1.0, 1.5, 0.5) == 0.5
    assert b.forgiveness(-math.inf, DAY, 1.0, 1.0, 1.0) == 0.0


def test_O_13_8_nothing_changes():
    """O-13.8: no feeling and no source; the isolated; one negative tie with itself."""
    assert b.affection_step(0.4, -0.3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 9.0) == (0.4, -0.3)
    assert b.affection_step(0.4, -0.3, -1.0, 0.2, 0.2, -1.0, 0.5, 0.5, 0.0) == (0.4, -0.3)
    ties = np.array([[0.0, 0.5, 0.0], [0.5, 0.0, 0.0], [0.0, 0.0, 0.0]])
    assert b.balance_step(ties, 0.5, np.zeros((3, 3)))
    assert np.all(ties[2] == 0.0)
    assert np.all(ties[:, 2] == 0.0)
    alone = np.array([[-1.0]])
    assert b.balance_step(alone, 1.0, np.zeros((1, 1)))
    assert alone[0, 0] == pytest.approx(-0.5, rel=1e-12)


def test_group_tie_and_return():
    assert bonds_reference.tie_step(-1.0, 0.0, 0.5, 4.0) == 1.0
    assert bonds_reference.tie_step(-1.0, 0.5, 0.5, 1e9) == pytest.approx(1.0)
    assert bonds_reference.tie_step(-1.0, math.inf, 0.5, 1.0) == 0.0
    assert bonds_reference.tie_step(-1.0, math.inf, 0.5, 0.0) == -1.0
    whole, half = (
        bonds_reference.tie_step(-1.0, 0.3, 0.5, 2.0),
        bonds_reference.tie_step(bonds_reference.tie_step(-1.0, 0.3, 0.5, 1.0), 0.3, 0.5, 1.0),
    )
    assert half == pytest.approx(whole, rel=1e-12)
    assert bonds_reference.may_return(0.6, 0.5, -1.0)
    assert bonds_reference.may_return(0.1, 0.5, 0.2)
    assert not bonds_reference.may_return(0.5, 0.5, 0.0)
    assert bonds_reference.helps_kin(0.5, 3.0, 1.0)
    assert not bonds_reference.helps_kin(0.25, 4.0, 1.0)


@given(st.floats(-5, 5), st.floats(0, 1e10), st.floats(0, 1e9), st.floats(0, 3))
@settings(deadline=None, max_examples=50)
def test_forgiveness_grows(grudge, elapsed, more, apology):
    p = b.forgiveness(grudge, elapsed, 0.0, 0.0, 0.0)
    assert 0.0 <= p <= b.forgiveness(grudge, elapsed + more, 0.0, 0.0, 0.0) <= 1.0
    assert p <= b.forgiveness(grudge, elapsed, 0.0, apology, 0.0)
