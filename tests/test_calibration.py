"""Intervals hold the truth as often as they say: exact coverage where counts can be enumerated, simulation elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from briarpatch.analysis import measures as m

RUNS = (20, 100, 400)
SHARES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)


def wilson_coverage(n: int, p: float) -> float:
    counts = np.arange(n + 1)
    bounds = np.array([m.wilson(int(k), n)[1:] for k in counts])
    return float(stats.binom.pmf(counts, n, p)[(bounds[:, 0] <= p) & (p <= bounds[:, 1])].sum())


def tango_coverage(n: int, gained: float, lost: float) -> float:
    """Return the exact coverage where only the one holds with chance `gained`, only the other with chance `lost`."""
    b, c = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
    b, c = b[b + c <= n], c[b + c <= n]
    law = stats.multinomial.pmf(np.stack([b, c, n - b - c], axis=1), n, [gained, lost, 1.0 - gained - lost])
    b, c, law = b[law > 1e-11], c[law > 1e-11], law[law > 1e-11]
    low, high = m.paired_shares(b, c, n)
    return float(law[(low <= gained - lost) & (gained - lost <= high)].sum())


def mean_coverage(draw, truth: float, trials: int) -> float:
    covered = 0
    for _ in range(trials):
        _, low, high = m.average(draw())
        covered += low <= truth <= high
    return covered / trials


# ------------------------------------------------------------------------------------------------- in every run


@pytest.mark.parametrize("n", RUNS)
def test_wilson_bounds_hold_the_share(n):
    """Exactly; below .93 only where it happens in some two worlds or fewer, as the page says."""
    for p in SHARES:
        found = wilson_coverage(n, p)
        assert found >= (0.90 if n * p <= 2.1 else 0.93), (n, p, found)
        if n * p >= 20:
            assert found <= 0.97, (n, p, found)


@pytest.mark.parametrize("n", [20, 100])
def test_tango_bounds_hold_the_difference(n):
    for gained, lost in ((0.005, 0.0), (0.048, 0.0), (0.1, 0.0), (0.02, 0.01), (0.1, 0.05), (0.2, 0.15), (0.5, 0.1)):
        found = tango_coverage(n, gained, lost)
        assert found >= 0.93, (n, gained, lost, found)
        if n * (gained + lost) >= 20:
            assert found <= 0.97, (n, gained, lost, found)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 200))
@settings(max_examples=60)
def test_tango_bounds_are_where_the_score_says_so(confidence, gained, lost, rest):
    n = gained + lost + rest
    found = m.paired_share(gained, lost, n, confidence)
    mirrored = m.paired_share(lost, gained, n, confidence)
    assert found.low <= found.estimate <= found.high
    assert (found.low, found.high) == pytest.approx((-mirrored.high, -mirrored.low), abs=1e-9)
    z = stats.norm.ppf(0.5 + confidence / 2)
    numbers = [np.asarray(float(x)) for x in (gained, lost, n)]
    for bound in found[1:]:
        if -1.0 < bound < 1.0:
            assert abs(float(m._tango(np.asarray(bound), *numbers))) == pytest.approx(z, rel=1e-4)
    wider = m.paired_share(gained, lost, n, 0.5 + confidence / 2)
    assert wider.low <= found.low <= found.high <= wider.high


def test_tango_bounds_of_none_that_differ_are_wilsons_of_none():
    for n in (1, 20, 54, 400):
        found = m.paired_share(0, 0, n)
        assert (-found.low, found.high) == pytest.approx((m.wilson(0, n).high,) * 2)
    assert m.paired_share(1, 0, 1).low < 0.0


def test_bounds_of_two_values_are_those_of_their_share():
    flags = np.arange(50) < 7
    town = m.average(5000.0 * flags)
    assert town == pytest.approx([5000.0 * x for x in m.wilson(7, 50)])
    other = np.arange(50) < 3
    gap = m.paired_difference(5000.0 * flags, 5000.0 * other)
    assert gap == pytest.approx([5000.0 * x for x in m.paired_share(4, 0, 50)])


def test_what_never_varied_has_no_bounds():
    assert np.isnan(m.average([3.0] * 50).low)
    assert m.average([0.0] * 50, share=True)[1:] == m.wilson(0, 50)[1:]
    assert np.isnan(m.paired_difference([3.0] * 50, [3.0] * 50).high)
    same = m.paired_difference(np.arange(50.0), np.arange(50.0))
    assert same.estimate == 0.0
    assert same.high == -same.low == pytest.approx(49.0 * m.wilson(0, 50).high)


@given(st.lists(st.floats(-1.7e308, 1.7e308), min_size=2, max_size=30))
@settings(max_examples=200)
def test_no_finite_values_break_an_average(values):
    found = m.average(values)
    if len(set(values)) > 1 and np.isfinite(found.low):
        slack = 1e-9 * max(abs(value) for value in values)
        assert found.low - slack <= found.estimate <= found.high + slack


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=30), st.floats(-1e3, 1e3), st.floats(0.1, 1e3))
@settings(max_examples=100)
def test_an_average_moves_and_scales_with_its_values(values, shift, scale):
    sample = np.array(values)
    if np.ptp(sample) < 1e-3 * max(1.0, np.abs(sample).max()) or len(set(values)) < 3:
        return
    found, moved = m.average(sample), m.average(shift + scale * sample)
    expected = [shift + scale * end for end in found]
    assert list(moved) == pytest.approx(expected, rel=1e-4, abs=1e-4 * scale * float(np.ptp(sample)))


@pytest.mark.parametrize("n", [5, 20, 100])
def test_means_of_few_worlds_are_held(n):
    generator = np.random.default_rng(n)
    assert 0.93 <= mean_coverage(lambda: generator.normal(size=n), 0.0, 2000) <= 0.97
    least = 0.90 if n < 20 else 0.925
    assert mean_coverage(lambda: generator.exponential(size=n), 1.0, 2000) >= least


def test_stars_stand_where_the_exact_test_says_so():
    four = m.paired_share(4, 0, 20)
    assert four.low > 0.0  # though a fair coin falls so in an eighth of all trials
    assert not m.tells_apart(four, 4, m.mcnemar_counts(4, 0))
    assert m.tells_apart(m.paired_share(6, 0, 20), 6, m.mcnemar_counts(6, 0))
    gaps = np.where(np.arange(40) < 4, 9.0 + np.arange(40) % 2, 0.0)
    assert not m.tells_apart(m.paired_difference(gaps, 0.0 * gaps), 4)


# ------------------------------------------------------------------------------------------------------- in full


@pytest.mark.long
@pytest.mark.parametrize("n", RUNS)
@pytest.mark.parametrize("lost", [0.0, 0.005, 0.05, 0.2])
def test_tango_covers_over_the_whole_grid(n, lost):
    for gained in SHARES:
        found = tango_coverage(n, gained, lost)
        assert found >= 0.925, (n, gained, lost, found)
        if n * (gained + lost) >= 20:
            assert found <= 0.97, (n, gained, lost, found)


@pytest.mark.long
@pytest.mark.parametrize("n", RUNS)
@pytest.mark.parametrize(
    ("law", "truth", "least"),
    [
        ("normal", 0.0, 0.93),
        ("uniform", 0.5, 0.93),
        ("exponential", 1.0, 0.93),
        ("lognormal", float(np.exp(0.5)), 0.91),
    ],
)
def test_means_are_held(n, law, truth, least):
    generator = np.random.default_rng(7)
    draws = {
        "normal": lambda: generator.normal(size=n),
        "uniform": lambda: generator.random(n),
        "exponential": lambda: generator.exponential(size=n),
        "lognormal": lambda: generator.lognormal(size=n),
    }
    found = mean_coverage(draws[law], truth, 10_000)
    assert least <= found <= 0.975, (law, n, found)


@pytest.mark.long
@pytest.mark.parametrize(("n", "p"), [(100, 0.2), (400, 0.05), (400, 0.2)])
def test_means_of_what_seldom_happens_are_held(n, p):
    """Of a loss that comes in a share p of worlds and is then exponential, with 20 losses to be expected."""
    generator = np.random.default_rng(3)
    found = mean_coverage(lambda: (generator.random(n) < p) * generator.exponential(size=n), p, 6000)
    assert 0.93 <= found <= 0.975, found


@pytest.mark.long
@pytest.mark.parametrize("n", RUNS)
@pytest.mark.parametrize("p", [0.02, 0.1, 0.5])
def test_independent_differences_are_held(n, p):
    """Newcombe's interval of shares, and its like of means."""
    q = p / 2.0
    one, two = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
    law = stats.binom.pmf(one, n, p) * stats.binom.pmf(two, n, q)
    held = 0.0
    for a, b in np.argwhere(law > 1e-7):
        found = m.newcombe(int(a), n, int(b), n)
        held += law[a, b] * (found.low <= p - q <= found.high)
    assert held >= 0.93, held
    generator = np.random.default_rng(n)
    covered = [
        found.low <= 1.0 <= found.high
        for found in (
            m.unpaired_difference(2.0 * generator.exponential(size=n), generator.exponential(size=n))
            for _ in range(3000)
        )
    ]
    assert 0.93 <= np.mean(covered) <= 0.975
