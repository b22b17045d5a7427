"""Measures: oracles O-14.1 to O-14.9, edge cases and properties."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import measures_reference
from briarpatch.analysis import measures as m
from briarpatch.world.chance import CREATION, exponential, hash4


def luck(case: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(int(hash4(2024, CREATION, case, 0))))


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (0, 10, 0.0, 0.277533),
        (5, 10, 0.236593, 0.763407),
        (81, 263, 0.255289, 0.366210),
        (15, 148, 0.062386, 0.160487),
        (0, 20, 0.0, 0.161125),
        (1, 29, 0.006113, 0.171755),
        (0, 600, 0.0, 0.006362),
        (0, 0, 0.0, 1.0),
    ],
)
def test_O_14_1_wilson(successes, trials, low, high):
    """O-14.1: Wilson's interval, the third to sixth being Newcombe's published examples."""
    interval = m.wilson(successes, trials)
    assert interval.low == pytest.approx(low, abs=1e-6)
    assert interval.high == pytest.approx(high, abs=1e-6)


def coverage(n, p, bounds):
    inside = [k for k in range(n + 1) if bounds(k)[0] <= p <= bounds(k)[1]]
    return float(stats.binom.pmf(inside, n, p).sum())


def wald(k, n):
    p = k / n
    half = 1.959963984540054 * math.sqrt(p * (1 - p) / n)
    return p - half, p + half


@pytest.mark.parametrize(
    ("n", "p", "expected", "plain"),
    [(50, 0.1, 0.970308, 0.878917), (20, 0.05, 0.924516, 0.638940), (100, 0.01, 0.920627, 0.633433)],
)
def test_O_14_2_coverage(n, p, expected, plain):
    """O-14.2: exact coverage of Wilson's interval, and of the plain one that it replaces."""
    assert coverage(n, p, lambda k: m.wilson(k, n)[1:]) == pytest.approx(expected, abs=1e-6)
    assert coverage(n, p, lambda k: wald(k, n)) == pytest.approx(plain, abs=1e-6)


def test_O_14_3_conditional_value_at_risk():
    """O-14.3: CVaR of the normal and the exponential law on fine grids, and of a loss with an atom."""
    u = (np.arange(400_000) + 0.5) / 400_000
    assert m.conditional_value_at_risk(stats.norm.ppf(u), 0.95) == pytest.approx(2.062713, abs=2e-5)
    assert m.conditional_value_at_risk(-np.log1p(-u), 0.95) == pytest.approx(3.995732, abs=2e-5)
    assert m.conditional_value_at_risk([10.0, 0.0], 0.95, [0.1, 0.9]) == pytest.approx(10.0, rel=1e-9)
    assert m.conditional_value_at_risk([10.0, 0.0], 0.8, [0.1, 0.9]) == pytest.approx(5.0, rel=1e-9)
    assert m.conditional_value_at_risk([0.0] * 9 + [10.0], 0.8) == pytest.approx(5.0, rel=1e-9)
    assert m.value_at_risk([0.0] * 9 + [10.0], 0.9) == 0.0


def test_O_14_3_monte_carlo():
    """O-14.3: CVaR at .95 of 200 000 exponential losses, within four standard errors of the tail's mean."""
    n = 200_000
    losses = luck(3).exponential(size=n)
    value = m.conditional_value_at_risk(losses, 0.95)
    assert abs(value - 3.995732) <= 4 * math.sqrt(1.0 + 0.95) / math.sqrt(n * 0.05)


def test_O_14_4_value_of_information():
    """O-14.4: EVPI for a difference N(.5, 1), EVSI of four observations with noise 2, and of none."""
    assert m.perfect_information_normal(0.5, 1.0) == pytest.approx(0.197797, abs=1e-6)
    assert measures_reference.sample_information_normal(0.5, 1.0, 4, 2.0) == pytest.approx(0.099821, abs=1e-6)
    assert measures_reference.sample_information_normal(0.5, 1.0, 0, 2.0) == 0.0
    large = measures_reference.sample_information_normal(0.5, 1.0, 1e12, 2.0)
    assert large == pytest.approx(0.197797, abs=1e-6)


def test_O_14_4_monte_carlo():
    """O-14.4: EVPI from a table of 200 000 runs; the formula within four standard errors."""
    difference = luck(4).normal(0.5, 1.0, 200_000)
    table = np.vstack([difference, np.zeros_like(difference)])
    tolerance = 4 * (np.maximum(difference, 0) - difference).std() / math.sqrt(difference.size)
    assert abs(m.perfect_information(table) - 0.197797) <= tolerance


def test_O_14_5_regret():
    """O-14.5: the table whose policies tie in expectation; the second has the least greatest regret."""
    table = [[5, 1], [3, 3], [0, 6]]
    assert m.regret(table).max(axis=1).tolist() == [5.0, 3.0, 5.0]
    assert m.minimax_regret(table) == (1, 3.0)
    assert m.expected_utility(table).tolist() == [3.0, 3.0, 3.0]
    assert m.perfect_information(table) == pytest.approx(2.5, rel=1e-12)


def test_O_14_6_common_luck():
    """O-14.6: failure before t = 2 at rates .30 and .33: shared clocks give a sixteenth of the variance."""
    n = 100_000
    clock = np.array([exponential(14, CREATION, i, 0) for i in range(n)])
    other = np.array([exponential(14, CREATION, i, 1) for i in range(n)])
    first, shared, apart = clock < 0.60, clock < 0.66, other < 0.66
    with_common = np.var(first.astype(float) - shared)
    without = np.var(first.astype(float) - apart)
    assert with_common == pytest.approx(0.030939, rel=0.05)
    assert without == pytest.approx(0.497333, rel=0.05)
    narrow, wide = m.paired_difference(first, shared), m.newcombe(first.sum(), n, apart.sum(), n)
    assert wide.half_width / narrow.half_width == pytest.approx(math.sqrt(0.497333 / 0.030939), rel=0.05)
    truth = math.exp(-0.66) - math.exp(-0.60)
    assert abs(narrow.estimate - truth) <= 4 * narrow.half_width / 1.959964


def stopping_law(p, half_width, least, batch):
    """Return exact (coverage, mean number) of the sequential rule, over all paths of counts."""
    law = np.zeros(1)
    law[0] = 1.0
    trials, covered, mean = 0, 0.0, 0.0
    while law.sum() > 1e-12:
        step = least if trials == 0 else batch
        law = np.convolve(law, stats.binom.pmf(np.arange(step + 1), step, p))
        trials += step
        for k in np.flatnonzero(law > 0.0):
            if m.enough(int(k), trials, half_width, least=least):
                interval = m.wilson(int(k), trials)
                covered += law[k] * (interval.low <= p <= interval.high)
                mean += law[k] * trials
                law[k] = 0.0
    return covered, mean


@pytest.mark.parametrize(("p", "number", "theory"), [(0.5, 1100, 1067), (0.2, 703, 683)])
def test_O_14_7_stopping_exact(p, number, theory):
    """O-14.7: stopping at half-width .03 keeps coverage and takes little longer than a fixed size would."""
    covered, mean = stopping_law(p, 0.03, 100, 50)
    assert covered >= 0.94
    assert mean == pytest.approx(number, abs=1)
    assert theory <= mean <= theory + 50


def test_O_14_7_stopping_rare():
    """O-14.7: at p = .02 the rule stops near its first look; coverage .958 (.9552 over all paths).

    There coverage is the luck of where the first look falls: at 200 runs it is .933.
    """
    covered, mean = stopping_law(0.02, 0.03, 100, 50)
    assert 100 <= mean < 150
    assert covered == pytest.approx(0.958, abs=0.004)
    assert stopping_law(0.02, 0.03, 200, 50)[0] == pytest.approx(0.933, abs=0.001)


def test_O_14_7_monte_carlo():
    """O-14.7: `sample_until` follows the exact law of the rule: mean number of runs at p = .2, 400 times."""
    generator = luck(7)
    numbers, covered = [], 0
    for _ in range(400):
        successes, trials = measures_reference.sample_until(lambda first, count: generator.random(count) < 0.2, 0.03)
        numbers.append(trials)
        interval = m.wilson(successes, trials)
        covered += interval.low <= 0.2 <= interval.high
    exact, mean = stopping_law(0.2, 0.03, 100, 50)
    assert abs(np.mean(numbers) - mean) <= 4 * np.std(numbers) / math.sqrt(400)
    assert abs(covered / 400 - exact) <= 4 * math.sqrt(exact * (1 - exact) / 400)


def test_sample_until_asks_for_consecutive_runs_and_stops_at_most():
    asked = []

    def draw(first, count):
        asked.append((first, count))
        return np.arange(first, first + count) % 2 == 0

    assert measures_reference.sample_until(draw, 1e-9, least=10, batch=20, most=45) == (23, 45)
    assert asked == [(0, 10), (10, 20), (30, 15)]
    with pytest.raises(ValueError, match="half_width"):
        measures_reference.sample_until(draw, 0.0)


@pytest.mark.parametrize(("aversion", "expected"), [(0, 2.5), (1, 2.0), (2, 1.6), (math.inf, 1.0)])
def test_O_14_8_atkinson(aversion, expected):
    """O-14.8: the equally good equal income of (1, 4)."""
    assert m.atkinson([1, 4], aversion) == pytest.approx(expected, rel=1e-9)


def test_O_14_9_degenerate():
    """O-14.9: one policy; no runs; the same policy twice under the same luck."""
    assert m.minimax_regret([[1.0, 7.0]]) == (0, 0.0)
    assert m.perfect_information([[1.0, 7.0]]) == 0.0
    assert m.pareto_set([[1.0, 7.0]]).tolist() == [True]
    assert m.wilson(0, 0)[1:] == (0.0, 1.0)
    assert m.newcombe(0, 0, 3, 5)[1:] == (-1.0, 1.0)
    assert m.newcombe(3, 5, 0, 0)[1:] == (-1.0, 1.0)
    outcome = luck(9).random(100) < 0.3
    same = m.paired_difference(outcome, outcome)
    assert same.estimate == 0.0
    assert -same.low == same.high == pytest.approx(1.96**2 / (100 + 1.96**2), rel=1e-3)
    assert m.mcnemar(outcome, outcome) == 1.0
    assert m.mean_interval([])[1:] == (-math.inf, math.inf)
    assert m.mean_interval([3.0]) == (3.0, -math.inf, math.inf)
    assert m.expected_utility(np.empty((2, 0))).tolist() == [0.0, 0.0]
    assert m.minimax_regret(np.empty((2, 0))) == (0, 0.0)
    assert m.perfect_information(np.empty((2, 0))) == 0.0
    assert m.pareto_set(np.empty((0, 2))).tolist() == []
    assert measures_reference.utilitarian([]) == 0.0
    assert measures_reference.rawls([]) == math.inf


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [((56, 70, 48, 80), 0.0524, 0.3339), ((9, 10, 3, 10), 0.1705, 0.8090), ((10, 10, 0, 10), 0.6075, 1.0)],
)
def test_newcombe_published_examples(counts, low, high):
    """Newcombe 1998 (differences), method 10, examples (a), (b) and (g)."""
    a, m1, b, n1 = counts
    interval = m.newcombe(a, m1, b, n1)
    assert interval.low == pytest.approx(low, abs=5e-5)
    assert interval.high == pytest.approx(high, abs=5e-5)


def test_mcnemar_is_the_sign_test():
    first = np.array([1] * 12 + [0] * 3 + [1] * 20)
    second = np.array([0] * 12 + [1] * 3 + [1] * 20)
    assert m.mcnemar(first, second) == pytest.approx(stats.binomtest(3, 15).pvalue, rel=1e-12)


def test_constraint_beats_every_weight():
    value = m.utility([[600.0, 0.0], [0.0, 1e9]], [1.0, 1.0], allowed=[True, False])
    assert value.tolist() == [600.0, -math.inf]
    table = [[1.0, -math.inf], [0.0, -math.inf]]
    assert m.regret(table).tolist() == [[0.0, 0.0], [1.0, 0.0]]
    assert m.expected_utility(table, [1.0, 0.0]).tolist() == [1.0, 0.0]
    assert m.perfect_information(table) == 0.0
    assert m.perfect_information([[1.0, -math.inf], [-math.inf, 1.0]]) == math.inf


def test_break_even_weight_ties_the_policies():
    first, second, weights = [3.0, 1.0, 5.0], [1.0, 4.0, 2.0], [2.0, 9.0, 1.0]
    weights[1] = m.break_even_weight(first, second, weights, 1)
    assert m.utility(first, weights) == pytest.approx(m.utility(second, weights), rel=1e-12)
    assert math.isnan(m.break_even_weight([1.0, 2.0], [3.0, 2.0], [1.0, 1.0], 1))


def test_pareto_set_keeps_equals_and_drops_the_beaten():
    assert m.pareto_set([[1, 1], [2, 0], [2, 0], [1, 0], [0, 3]]).tolist() == [True, True, True, False, True]


def test_bad_arguments_are_named():
    for call, text in [
        (lambda: m.wilson(3, 2), "successes"),
        (lambda: m.wilson(1, 2, 1.0), "confidence"),
        (lambda: m.paired_difference([1, 2], [1]), "shape"),
        (lambda: m.mcnemar([1, 2], [1]), "shape"),
        (lambda: m.expected_utility([[1, 2]], [1.0]), "odds"),
        (lambda: m.expected_utility([[1, 2]], [-1.0, 2.0]), "negative"),
        (lambda: m.regret([1, 2]), "policies"),
        (lambda: m.minimax_regret(np.empty((0, 2))), "policy"),
        (lambda: m.value_at_risk([], 0.5), "loss"),
        (lambda: m.value_at_risk([1], 1.5), "level"),
        (lambda: m.atkinson([], 1), "income"),
        (lambda: m.bonferroni(0.95, 0), "comparisons"),
    ]:
        with pytest.raises(ValueError, match=text):
            call()


def test_bonferroni_holds_together():
    assert m.bonferroni(0.95, 5) == pytest.approx(0.99)


counts = st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
incomes = st.lists(st.floats(0.01, 1e6), min_size=1, max_size=8)


@given(counts, st.floats(0.5, 0.999))
@settings(deadline=None, max_examples=60)
def test_wilson_is_symmetric_and_holds_its_estimate(count, confidence):
    k, n = count
    interval, mirror = m.wilson(k, n, confidence), m.wilson(n - k, n, confidence)
    assert 0.0 <= interval.low <= interval.high <= 1.0
    assert interval.low == pytest.approx(1.0 - mirror.high, abs=1e-12)
    if n:
        assert interval.low <= interval.estimate <= interval.high


@given(incomes, st.floats(0.0, 30.0))
@settings(deadline=None, max_examples=60)
def test_atkinson_lies_between_least_and_mean(y, aversion):
    value = m.atkinson(y, aversion)
    assert min(y) * (1 - 1e-9) <= value <= np.mean(y) * (1 + 1e-9)
    assert m.atkinson([3.0 * x for x in y], aversion) == pytest.approx(3.0 * value, rel=1e-6)


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=20), st.floats(0, 1))
@settings(deadline=None, max_examples=60)
def test_tail_mean_is_above_quantile_and_mean(losses, level):
    value = m.conditional_value_at_risk(losses, level)
    assert value >= m.value_at_risk(losses, level) - 1e-9
    assert value >= np.mean(losses) - 1e-6
    grid = [v + np.maximum(np.array(losses) - v, 0).mean() / (1 - level) for v in losses] if level < 1 else []
    assert not grid or value == pytest.approx(min(grid), rel=1e-6, abs=1e-6)


@given(st.lists(st.lists(st.integers(-9, 9), min_size=3, max_size=3), min_size=1, max_size=5))
@settings(deadline=None, max_examples=60)
def test_regret_ignores_order_and_what_a_state_adds(table):
    regret = m.regret(table)
    assert np.array_equal(m.regret(table[::-1]), regret[::-1])
    assert np.array_equal(m.regret(np.array(table) + np.array([5, -2, 0])), regret)
    assert regret.min() >= 0.0
    assert m.perfect_information(table) <= regret.max() + 1e-12
