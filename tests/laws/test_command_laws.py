"""Command: oracles O-11.1 to O-11.9, invariance to the step and to the order of rows, edge cases."""

from __future__ import annotations

import math

import command_reference
import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from briarpatch.laws import command as c
from briarpatch.world.compiled import INTERPRETED

RUNS = 100 if INTERPRETED else 20_000
choose_option, deliberate, decide_once = command_reference.choose_option, c.deliberate, command_reference.decide_once


def shares(utilities, sharpness):
    out = np.zeros(len(utilities))
    command_reference.logit_choice(np.array(utilities, dtype=float), float(sharpness), out)
    return out


@pytest.mark.parametrize(
    ("utilities", "sharpness", "expected"),
    [
        ((1, 0), 1, (0.731059, 0.268941)),
        ((1, 0, -1), 1, (0.665241, 0.244728, 0.090031)),
        ((5, 0, -1), 0, (1 / 3, 1 / 3, 1 / 3)),
        ((0, 7, 5), math.inf, (0, 1, 0)),
        ((7, 7, 5), math.inf, (0.5, 0.5, 0)),
    ],
)
def test_O_11_1_logit(utilities, sharpness, expected):
    """O-11.1: shares at sharpness 1; uniform at 0; the best at infinity, ties shared."""
    assert shares(utilities, sharpness) == pytest.approx(np.array(expected), abs=1e-6)


@numba.njit
def choices(utilities, sharpness, seed, counts, runs):
    for i in range(runs):
        counts[choose_option(utilities, sharpness, seed, i, 0)] += 1


@pytest.mark.parametrize(
    ("utilities", "sharpness"),
    [((1, 0, -1), 1), ((1, 0), 1), ((3, 1), 0), ((2, 2, 1), math.inf), ((0, -math.inf), 1)],
)
def test_O_11_1_gumbel_maximum(utilities, sharpness):
    """O-11.1: choosing the greatest of utility plus Gumbel luck has the logit law."""
    counts = np.zeros(len(utilities))
    choices(np.array(utilities, dtype=float), float(sharpness), 111, counts, RUNS)
    p = shares(utilities, sharpness)
    assert np.all(np.abs(counts / RUNS - p) <= 4 * np.sqrt(p * (1 - p) / RUNS))


def test_O_11_2_duplicate_option():
    """O-11.2: a copy of an option takes its full share: the logit's known limitation."""
    assert shares((1, 1, 1), 2.0) == pytest.approx(np.full(3, 1 / 3), rel=1e-12)


def test_choice_edges():
    """Nobody, nothing allowed, an unbeatable option, sharpness infinite or huge."""
    assert choose_option(np.zeros(0), 1.0, 1, 1, 0) == -1
    assert choose_option(np.full(2, -math.inf), 1.0, 1, 1, 0) == -1
    assert choose_option(np.array([0.0, math.inf]), 1.0, 1, 1, 0) == 1
    assert choose_option(np.array([-math.inf, -5.0]), 0.0, 1, 1, 0) == 1
    assert shares((), 1.0).tolist() == []
    assert shares((-math.inf, -math.inf), 1.0).tolist() == [0, 0]
    assert shares((math.inf, 0.0), 1.0).tolist() == [1, 0]
    assert shares((-math.inf, 3.0), 0.0).tolist() == [0, 1]
    assert shares((1e5, 0.0), 1e5).tolist() == [1, 0]
    assert c.logistic(-800.0) == 0.0
    assert c.logistic(800.0) == 1.0


def test_another_option_does_not_move_the_luck():
    """Under the same luck, a worse or forbidden option is chosen or leaves the choice as it was."""
    for key in range(200):
        two = choose_option(np.array([0.4, 0.0]), 1.0, 3, key, 0)
        three = choose_option(np.array([0.4, 0.0, 0.2]), 1.0, 3, key, 0)
        assert three in (two, 2)
        assert choose_option(np.array([0.4, 0.0, -math.inf]), 1.0, 3, key, 0) == two
        better = choose_option(np.array([1.4, 0.0]), 1.0, 3, key, 0)
        assert better <= two


def test_option_utility_weighs_each_score():
    weights = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    assert command_reference.option_utility(1.0, 1.0, 1.0, 1.0, 1.0, weights, 0.5) == 1 + 2 - 3 - 4 - 5 + 0.5


@pytest.mark.parametrize(
    ("shift", "share"),
    [
        (c.SHIFT_SAME_ROOM, 0.40),
        (c.SHIFT_TOUCH, 0.30),
        (c.SHIFT_REMOTE_AUTHORITY, 0.205),
        (c.SHIFT_PEERS_REFUSE, 0.10),
        (c.SHIFT_PEER_ACTS, 0.925),
        (c.SHIFT_LOW_PRESTIGE, 0.475),
        (0.0, 0.65),
    ],
)
def test_shifts_reproduce_the_laboratory(shift, share):
    assert c.logistic(c.OBEDIENCE + shift) == pytest.approx(share, abs=2e-5)


# Deliberation

CASES = [(0.5, 1.0, 0.731059, 0.924234), (0.0, 1.0, 0.5, 1.0), (1.0, 2.0, 0.982014, 1.928055)]


@numba.njit
def deliberations(drift, bound, dt, deadline, seed, sides, times):
    steps = math.inf if deadline == math.inf else round(deadline / dt)
    for i in range(len(sides)):
        x, occurrence, since, side, done = 0.0, 0, 0.0, 0, 0
        while side == 0 and done < steps:
            side, t, x, occurrence = deliberate(x, drift, 1.0, bound, dt, seed, i, occurrence)
            since += t
            done += 1
        sides[i] = side
        times[i] = since


@pytest.mark.parametrize("dt", [2.0, 0.25])
@pytest.mark.parametrize(("drift", "bound", "p", "mean"), CASES)
def test_O_11_4_deliberation(drift, bound, p, mean, dt):
    """O-11.4: probability of acting and mean time, whatever the step."""
    assert c.act_probability(drift, 1.0, bound) == pytest.approx(p, abs=1e-6)
    assert command_reference.mean_deliberation(drift, 1.0, bound) == pytest.approx(mean, abs=1e-6)
    sides, times = np.zeros(RUNS), np.zeros(RUNS)
    deliberations(drift, bound, dt, math.inf, 114, sides, times)
    assert abs(np.mean(sides == 1) - p) <= 4 * math.sqrt(p * (1 - p) / RUNS)
    assert abs(times.mean() - mean) <= 4 * times.std() / math.sqrt(RUNS)


def test_O_11_4_known_wrong_answer():
    """O-11.4: without the bridge and sub-steps, looking every 2 s, .869 act instead of .731."""
    noise = np.random.Generator(np.random.PCG64(4)).normal(1.0, math.sqrt(2.0), (20_000, 60))
    path = np.cumsum(noise, axis=1)
    first = np.argmax(np.abs(path) >= 1.0, axis=1)
    wrong = np.mean(path[np.arange(len(path)), first] > 0)
    assert wrong == pytest.approx(0.869, abs=0.012)
    sides, times = np.zeros(RUNS), np.zeros(RUNS)
    deliberations(0.5, 1.0, 2.0, math.inf, 115, sides, times)
    assert np.mean(sides == 1) < 0.869 - 4 * math.sqrt(0.869 * 0.131 / RUNS) or INTERPRETED


@numba.njit
def decisions(drift, bound, seed, sides, times):
    for i in range(len(sides)):
        sides[i], times[i] = decide_once(drift, 1.0, bound, seed, i, 0)


@pytest.mark.parametrize(("drift", "bound", "p", "mean"), CASES)
def test_O_11_4_drawn_once(drift, bound, p, mean):
    """O-11.4: the same from the exact series, one draw a decision."""
    n = RUNS // 4
    sides, times = np.zeros(n), np.zeros(n)
    decisions(drift, bound, 116, sides, times)
    assert abs(np.mean(sides == 1) - p) <= 4 * math.sqrt(p * (1 - p) / n)
    assert abs(times.mean() - mean) <= 4 * times.std() / math.sqrt(n)


DEADLINES = [(0.25, 0.073289), (0.5, 0.249177), (1.0, 0.486136), (2.0, 0.668114), (5.0, 0.729990)]


@pytest.mark.parametrize(("deadline", "p"), DEADLINES)
def test_O_11_5_deadline(deadline, p):
    """O-11.5: acting by a deadline: the series; the walk in one step and in twenty; the single draw."""
    assert c.act_probability_by(0.5, 1.0, 1.0, deadline) == pytest.approx(p, abs=1e-6)
    sides, times = np.zeros(RUNS), np.zeros(RUNS)
    tolerance = 4 * math.sqrt(p * (1 - p) / RUNS)
    for dt in (deadline, deadline / 20):
        deliberations(0.5, 1.0, dt, deadline, 117, sides, times)
        assert abs(np.mean(sides == 1) - p) <= tolerance
    n = RUNS // 4
    decisions(0.5, 1.0, 118, sides[:n], times[:n])
    assert abs(np.mean((sides[:n] == 1) & (times[:n] <= deadline)) - p) <= 2 * tolerance


def test_deliberation_edges():
    assert deliberate(0.2, 1.0, 1.0, 1.0, 0.0, 1, 1, 5) == (0, 0.0, 0.2, 5)
    assert deliberate(0.0, 0.0, 0.0, 1.0, 3.0, 1, 1, 5) == (0, 3.0, 0.0, 5)
    assert deliberate(0.0, 0.0, 1.0, 0.0, 3.0, 1, 1, 5) == (1, 0.0, 0.0, 5)
    assert decide_once(0.0, 0.0, 1.0, 1, 1, 0) == (0, math.inf)
    assert command_reference.mean_deliberation(0.0, 0.0, 1.0) == math.inf
    assert command_reference.mean_deliberation(-0.5, 0.0, 1.0) == 2.0
    assert command_reference.mean_deliberation(1.0, 1.0, 0.0) == 0.0
    assert command_reference.mean_deliberation(math.inf, 1.0, 1.0) == 0.0
    assert command_reference.mean_deliberation(1e-9, 1.0, 1.0) == pytest.approx(1.0, rel=1e-12)
    assert c.act_probability_by(0.5, 1.0, 1.0, 0.0) == 0.0


def test_unit_of_time_does_not_matter():
    """Rates and times in minutes instead of seconds: the same law."""
    assert c.act_probability_by(0.5 / 60, 1 / math.sqrt(60), 1.0, 60.0) == pytest.approx(
        c.act_probability_by(0.5, 1.0, 1.0, 1.0), rel=1e-12
    )


# Partners


@pytest.mark.parametrize(
    ("sharpness", "p", "q"),
    [
        (0, 0.5, 0.5),
        (0.5, 0.830671, 0.418077),
        (1, 0.893576, 0.312780),
        (3, 0.795384, 0.145256),
        (50, 0.521953, 0.100176),
        (math.inf, 0.5, 0.1),
    ],
)
def test_O_11_3_quantal_response(sharpness, p, q):
    """O-11.3: logit equilibrium of asymmetric matching pennies, to Nash's at infinite sharpness."""
    row, column = np.array([[9.0, 0.0], [0.0, 1.0]]), np.array([[0.0, 1.0], [1.0, 0.0]])
    assert command_reference.quantal_pair(row, column, float(sharpness)) == pytest.approx((p, q), abs=1e-5)


@given(st.lists(st.floats(-3, 3), min_size=8, max_size=8), st.floats(0, 4))
@settings(deadline=None, max_examples=40)
def test_quantal_pair_is_a_fixed_point(payoffs, sharpness):
    row, column = np.array(payoffs[:4]).reshape(2, 2), np.array(payoffs[4:]).reshape(2, 2)
    p, q = command_reference.quantal_pair(row, column, sharpness)
    assert p == pytest.approx(shares(row @ [q, 1 - q], sharpness)[0], abs=1e-9)
    assert q == pytest.approx(shares([p, 1 - p] @ column, sharpness)[0], abs=1e-9)


def test_O_11_9_partner_options():
    """O-11.9: utilities 2, 1, 1.5 of killing, accepting, detaining, at sharpness 2; no persuasion."""
    utilities = np.zeros(4)
    command_reference.partner_utilities(3.0, 0.0, 0.9, 1.0, np.array([-1.0, math.inf, 1.2, 1.0]), utilities)
    assert utilities[[c.KILL, command_reference.ACCEPT, command_reference.DETAIN]] == pytest.approx(
        [2.0, 1.0, 1.5], rel=1e-12
    )
    out = shares(utilities, 2.0)
    assert out[[c.KILL, command_reference.ACCEPT, command_reference.DETAIN]] == pytest.approx(
        [0.665241, 0.090031, 0.244728], abs=1e-6
    )
    assert out[c.PERSUADE] == 0.0


def test_backing_out_foresees_the_partner():
    partner, losses = np.array([1.0, -math.inf, 1.5, 2.0]), np.array([0.0, 0.0, 1.0, 6.0])
    room = np.zeros(4)
    p = command_reference.back_out_probability(5.0, losses, partner, 2.0, 1.0, room)
    assert p == pytest.approx(c.logistic(5.0 - 0.244728 * 1 - 0.665241 * 6), abs=1e-5)
    assert room[c.KILL] == pytest.approx(0.665241, abs=1e-6)
    milder = command_reference.back_out_probability(5.0, losses, np.array([3.0, -math.inf, 1.5, 2.0]), 2.0, 1.0, room)
    assert milder > p
    assert command_reference.back_out_probability(5.0, losses, partner, 2.0, 0.0, room) == 0.5
    deadly = np.array([0.0, math.inf, 0.0, math.inf])
    assert command_reference.back_out_probability(5.0, deadly, partner, 2.0, 1.0, room) == 0.0


# Following


@pytest.mark.parametrize(
    ("thresholds", "size"),
    [
        (list(range(100)), 100),
        ([0, 2, *range(2, 100)], 1),
        ([1] * 50, 0),
        ([], 0),
    ],
)
def test_O_11_6_cascade(thresholds, size):
    """O-11.6: thresholds 0 to 99; the 1 changed to 2; nobody at 0; nobody at all."""
    thresholds = np.array(thresholds, dtype=float)
    assert command_reference.cascade_size(thresholds) == size
    n = len(thresholds)
    if n:
        joined = np.zeros(n, dtype=np.bool_)
        order = np.random.Generator(np.random.PCG64(1)).permutation(n)
        assert command_reference.cascade(joined, np.ones((n, n)), (thresholds - 1e-9)[order] / (n - 1)) == size


def test_cascade_on_a_network():
    """A chain: each follows the one before; who attends to nobody joins at threshold 0 only; order is
    irrelevant.
    """
    attention = np.eye(5, k=-1)
    thresholds = np.array([0.0, 0.5, 1.0, 1.0, 1.1])
    joined = np.zeros(5, dtype=np.bool_)
    assert command_reference.cascade(joined, attention, thresholds) == 4
    assert joined.tolist() == [True, True, True, True, False]
    order = np.array([4, 2, 0, 3, 1])
    mixed = np.zeros(5, dtype=np.bool_)
    command_reference.cascade(mixed, attention[np.ix_(order, order)], thresholds[order])
    assert mixed.tolist() == joined[order].tolist()
    alone = np.zeros(2, dtype=np.bool_)
    assert command_reference.cascade(alone, np.zeros((2, 2)), np.array([0.0, 0.1])) == 1
    assert command_reference.cascade(np.zeros(0, dtype=np.bool_), np.zeros((0, 0)), np.zeros(0)) == 0


@given(st.lists(st.integers(0, 20), max_size=20), st.integers(0, 19))
@settings(deadline=None, max_examples=40)
def test_lower_thresholds_never_shrink_a_cascade(thresholds, which):
    size = command_reference.cascade_size(np.array(thresholds, dtype=float))
    lower = [max(t - 1, 0) if i == which else t for i, t in enumerate(thresholds)]
    assert command_reference.cascade_size(np.array(lower, dtype=float)) >= size
    assert command_reference.cascade_size(np.array(thresholds[::-1], dtype=float)) == size


@pytest.mark.parametrize(("deviation", "share"), [(0.10, 0.0077), (0.12, 0.0402), (0.122, 0.0548), (0.123, 1.0)])
def test_O_11_7_normal_thresholds(deviation, share):
    """O-11.7: normal thresholds of mean .25: who joins jumps to everybody near a deviation of .122."""
    assert command_reference.normal_cascade(0.25, deviation) == pytest.approx(share, abs=6e-5)


def test_normal_thresholds_without_spread():
    assert command_reference.normal_cascade(0.25, 0.0) == 0.0
    assert command_reference.normal_cascade(0.0, 0.0) == 1.0


# Persuasion, opinion, defection


def settled(influence, susceptibility, initial):
    x = np.array(initial, dtype=float)
    alpha = np.full(len(x), susceptibility, dtype=float)
    rounds = c.settle_opinions(x, np.array(initial, dtype=float), np.array(influence, float), alpha, np.zeros(len(x)))
    return x, rounds


def test_O_11_8_opinions():
    """O-11.8: a chain of three, the first of whom holds the view; in general, linear algebra."""
    chain = [[0, 1, 0], [0.5, 0, 0.5], [0, 1, 0]]
    assert settled(chain, 0.8, [1, 0, 0])[0] == pytest.approx([0.377778, 0.222222, 0.177778], abs=1e-6)
    generator = np.random.Generator(np.random.PCG64(8))
    influence, initial = generator.random((6, 6)), generator.normal(size=6)
    influence /= influence.sum(axis=1, keepdims=True)
    solution = np.linalg.solve(np.eye(6) - 0.7 * influence, 0.3 * initial)
    assert settled(influence, 0.7, initial)[0] == pytest.approx(solution, rel=1e-9)


def test_opinion_edges():
    """Nobody; nobody to listen to; nobody who listens; full susceptibility agrees (DeGroot) or swings for
    ever.
    """
    assert settled(np.zeros((0, 0)), 0.5, [])[1] == 1
    assert settled(np.zeros((2, 2)), 1.0, [3, 4])[0].tolist() == [3, 4]
    assert settled([[0, 1], [1, 0]], 0.0, [3, 4])[0].tolist() == [3, 4]
    assert settled([[0.5, 0.5], [0.25, 0.75]], 1.0, [3, 0])[0] == pytest.approx([1, 1], rel=1e-9)
    assert settled([[0, 1], [1, 0]], 1.0, [3, 4])[1] == 100_000


def test_arguments_wear_out():
    parts = sum(c.persuasion_shift(0.5, 2.0, i, 0.6) for i in range(7))
    assert command_reference.persuasion_total(0.5, 2.0, 7, 0.6) == pytest.approx(parts, rel=1e-12)
    assert command_reference.persuasion_total(0.5, 2.0, 7, 1.0) == 7.0
    assert command_reference.persuasion_total(0.5, 2.0, 7, 0.0) == c.persuasion_shift(0.5, 2.0, 0, 0.0) == 1.0
    assert c.persuasion_shift(0.5, 2.0, 1, 0.0) == 0.0
    assert command_reference.persuasion_total(0.0, 2.0, 7, 0.6) == 0.0


def test_defection_rate():
    coefficients = np.array([1.0, 2.0, 3.0, 4.0])
    assert c.defection_rate(0.1, 1.0, 1.0, 1.0, 1.0, coefficients) == pytest.approx(0.1 * math.exp(2), rel=1e-12)
    assert c.defection_rate(0.0, 1e9, 0.0, 0.0, 0.0, coefficients) == 0.0
    assert c.defection_rate(0.1, 0.0, 0.0, 0.0, math.inf, coefficients) == 0.0
    assert math.isfinite(c.defection_rate(0.1, 1e9, 0.0, 0.0, 0.0, coefficients))


def test_time_to_decide_and_side_are_independent_from_the_middle():
    """From the middle, those who act and those who obey take equally long: a property of this diffusion."""
    n = RUNS // 4
    sides, times = np.zeros(n), np.zeros(n)
    decisions(0.5, 1.0, 119, sides, times)
    assert stats.ks_2samp(times[sides == 1], times[sides == -1]).pvalue > 1e-4


def test_joining_at_exactly_the_threshold():
    assert c.joins(13.0, 99.0, 13.0 / 99.0)
    assert not c.joins(12.0, 99.0, 13.0 / 99.0)
    assert c.joins(0.0, 0.0, 0.0)
    assert not c.joins(0.0, 0.0, 0.1)


def test_a_rising_of_nobody_cannot_happen():
    assert c.rising_success(0.0, 0.0, 0.0) == 0.0
    assert c.rising_success(0.5, 0.5, 9.0) == 0.5
    assert c.rising_success(0.7, 0.5, 10.0) == pytest.approx(1.0 / (1.0 + math.exp(-2.0)))


def test_the_drift_of_a_difference_gives_the_logit():
    """O-11.1 and O-11.4: with v = lambda dU / (2 pace) the side that is reached is the logit choice."""
    pace, gain, sharpness = 600.0, 0.7, 2.0
    drift = c.drift_of(sharpness, gain, pace)
    p = c.act_probability(drift, c.wavering(pace), 1.0)
    assert p == pytest.approx(c.logistic(sharpness * gain))
    assert command_reference.mean_deliberation(0.0, c.wavering(pace), 1.0) == pytest.approx(pace)
    assert c.moment(pace) == pytest.approx(pace / 16.0)
