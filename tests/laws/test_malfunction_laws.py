"""Oracles O-9.1 to O-9.6: modes, wear and the pursuit of a damaged machine."""

import math

import malfunction_reference
import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, linalg

import special_reference
from briarpatch.mechanisms import malfunction as m
from briarpatch.world import chance
from briarpatch.world.compiled import INTERPRETED
from briarpatch.world.processes import winner

TWO = np.array([[0.0, 0.1], [0.5, 0.0]])


def crowd(n):
    """Return `n`, or fewer where all runs as plain Python; the tolerances follow the number drawn."""
    return n // 50 if INTERPRETED else n


def within(share, p, n):
    return abs(share - p) <= 4 * math.sqrt(p * (1 - p) / n)


def transition(rates, dt):
    out = np.zeros_like(rates)
    special_reference.markov_transition(rates, dt, out, np.zeros((2, *rates.shape)))
    return out


def up_after(dt, halves):
    now, out = np.array([1.0, 0.0]), np.zeros(2)
    step = transition(TWO, dt / halves)
    for _ in range(halves):
        malfunction_reference.mode_probabilities(now, step, out)
        now, out = out, now
    return now[0]


def test_O_9_1_two_modes():
    """O-9.1 Availability of a machine that fails and is mended: whole step, two halves, limit."""
    exact = 5 / 6 + math.exp(-0.6 * 3) / 6
    assert exact == pytest.approx(0.8608831480, rel=1e-9)
    assert up_after(3.0, 1) == pytest.approx(0.8608831480, rel=1e-9)
    assert up_after(3.0, 2) == pytest.approx(up_after(3.0, 1), rel=1e-12)
    assert up_after(1e6, 1) == pytest.approx(5 / 6, rel=1e-12)


@numba.njit
def final_modes(seed, n, rates, dt, ticks, room):
    """Return the mode of `n` machines after `ticks` steps, and the number of changes."""
    when, entered = np.zeros(room), np.zeros(room, np.int64)
    out = np.zeros(n, np.int64)
    changes = np.zeros(n, np.int64)
    for key in range(n):
        mode, spent, occurrence = 0, 0.0, 0
        for _ in range(ticks):
            left = dt
            while left > 0.0:
                mode, spent, occurrence, visits, elapsed = malfunction_reference.run_modes(
                    mode, spent, occurrence, rates, left, seed, key, when, entered
                )
                left -= elapsed
                if visits < room:
                    break
        out[key] = mode
        changes[key] = occurrence
    return out, changes


@pytest.mark.parametrize(("ticks", "room"), [(1, 8), (1, 1), (30, 8)])
def test_O_9_1_two_modes_drawn(ticks, room):
    """O-9.1 The event loop has the law of the matrix; the cut of time and its room add nothing."""
    n = crowd(100_000)
    modes, changes = final_modes(1, n, TWO, 3.0 / ticks, ticks, room)
    assert within(np.mean(modes == 0), 0.8608831480, n)
    whole = final_modes(1, n, TWO, 3.0, 1, 8)
    assert np.mean(whole[0] != modes) < 1e-4  # but for a change within rounding of a boundary
    assert np.mean(whole[1] != changes) < 1e-4


def test_modes_drawn_follow_the_matrix_exponential():
    rates = np.random.default_rng(4).exponential(size=(6, 6))
    np.fill_diagonal(rates, 0.0)
    n = crowd(60_000)
    modes, _ = final_modes(2, n, rates, 0.15, 2, 16)
    q = rates - np.diag(rates.sum(axis=1))
    expected = linalg.expm(0.3 * q)[0]
    for mode in range(6):
        assert within(np.mean(modes == mode), expected[mode], n)


@numba.njit
def pursuits(seed, n, rates, authorised, dt, ticks):
    """Return the end and the time of `n` pursuits stepped by `dt`."""
    ends, times, work = np.full(n, -1), np.full(n, np.inf), np.zeros(4)
    for key in range(n):
        spent = 0.0
        for i in range(ticks):
            end, time, spent = malfunction_reference.run_pursuit(
                i * dt, (i + 1) * dt, spent, 0, rates, authorised, seed, key, work
            )
            if end >= 0:
                ends[key], times[key] = end, time
                break
    return ends, times


@pytest.mark.parametrize("ticks", [1, 40])
def test_O_9_2_cumulative_incidence(ticks):
    """O-9.2 Capture against destruction by time 2; one minus Kaplan-Meier would say 0.329680."""
    n, rates = crowd(100_000), np.array([0.2, 0.3, 0.0, 0.0])
    ends, times = pursuits(3, n, rates, 0.0, 2.0 / ticks, ticks)
    share = np.mean(ends == malfunction_reference.CAUGHT)
    assert within(share, 0.252848, n)
    assert not within(share, 0.329680, n)
    assert malfunction_reference.captured_by(0.2, 0.3, 2.0) == pytest.approx(0.252848, abs=5e-7)
    whole = pursuits(3, n, rates, 0.0, 2.0, 1)
    assert np.mean(whole[0] != ends) < 1e-4
    both = (ends >= 0) & (whole[0] >= 0)
    assert times[both] == pytest.approx(whole[1][both], rel=1e-9)


def test_O_9_3_weibull_survival():
    """O-9.3 Survival of wear to time 4 in eight steps."""
    total = sum(malfunction_reference.wear_exposure(0.5 * i, 0.5, 2.0, 10.0) for i in range(8))
    assert math.exp(-total) == pytest.approx(0.8521437890, rel=1e-9)
    assert math.exp(-malfunction_reference.wear(4.0, 2.0, 10.0)) == pytest.approx(0.8521437890, rel=1e-9)


@numba.njit
def wear_race(seed, n, dt):
    """Return the share of races in which the part of scale 3 fails before that of scale 5."""
    first = 0
    for key in range(n):
        a = chance.exponential(seed, m.ONSET, key, 0)
        b = chance.exponential(seed, m.ONSET, key, 1)
        age = 0.0
        while True:
            more_a = malfunction_reference.wear_exposure(age, dt, 1.7, 3.0)
            more_b = malfunction_reference.wear_exposure(age, dt, 1.7, 5.0)
            if more_a >= a or more_b >= b:
                first += malfunction_reference.wear_time(age, a, 1.7, 3.0) < malfunction_reference.wear_time(
                    age, b, 1.7, 5.0
                )
                break
            a -= more_a
            b -= more_b
            age += dt
    return first / n


@pytest.mark.parametrize("dt", [0.3, 100.0])
def test_O_9_4_weibull_race(dt):
    """O-9.4 Two Weibull times of one shape."""
    n = crowd(100_000)
    assert within(wear_race(6, n, dt), 0.704413, n)
    assert malfunction_reference.first_to_wear_out(1.7, 3.0, 5.0) == pytest.approx(0.704413, abs=5e-7)


@pytest.mark.parametrize(("destroy", "grace", "expected"), [(0.1, 20.0, 0.754747), (0.1, 0.0, 1 / 3), (0.0, 20.0, 1.0)])
@pytest.mark.parametrize(("dt", "ticks"), [(7.0, 80), (1e4, 1)])
def test_O_9_5_grace(destroy, grace, expected, dt, ticks):
    """O-9.5 Pursuers who for a time may only capture; without grace; without destruction."""
    n = crowd(60_000)
    assert malfunction_reference.capture_probability(0.05, destroy, 0.0, grace) == pytest.approx(expected, abs=5e-7)
    rates = np.array([0.05, destroy, 0.0, 0.0])
    ends, times = pursuits(7, n, rates, grace, dt, ticks)
    # The total exposure at the end is Exp(1), whichever side of the authorisation it lies on.
    exposures = 0.05 * times + destroy * np.maximum(times - grace, 0.0)
    assert abs(exposures.mean() - 1.0) <= 4 * exposures.std() / math.sqrt(n)
    assert times == pytest.approx(pursuits(7, n, rates, grace, 1e4, 1)[1], rel=1e-9)
    assert np.mean(ends == malfunction_reference.AT_LARGE) == 0.0
    if expected == 1.0:
        assert (ends == malfunction_reference.CAUGHT).all()
    else:
        assert within(np.mean(ends == malfunction_reference.CAUGHT), expected, n)


def test_O_9_5_grace_with_four_ends():
    """O-9.5 With recovery and escape besides, the closed form agrees with the race drawn."""
    n, rates = crowd(60_000), np.array([0.05, 0.1, 0.02, 0.01])
    ends, times = pursuits(8, n, rates, 10.0, 5000.0, 1)
    assert within(
        np.mean(ends == malfunction_reference.CAUGHT),
        malfunction_reference.capture_probability(0.05, 0.1, 0.03, 10.0),
        n,
    )
    assert times[ends == malfunction_reference.KILLED].min() >= 10.0
    assert within(np.mean(ends == malfunction_reference.ESCAPED), np.mean(ends == malfunction_reference.MENDED) / 2, n)


@pytest.mark.parametrize("damage", [0.0, 50.0])
def test_O_9_6_no_switch(damage):
    """O-9.6 Without a base rate the machine never leaves its mode, damaged or not."""
    base = np.zeros((malfunction_reference.MODES, malfunction_reference.MODES))
    rates = np.full((malfunction_reference.MODES, malfunction_reference.MODES), np.nan)
    malfunction_reference.switch_rates(
        base, np.full((malfunction_reference.MODES, malfunction_reference.MODES), 6.0), damage, rates
    )
    assert (rates == 0.0).all()
    modes, changes = final_modes(9, 200, rates, 1e12, 3, 4)
    assert (modes == malfunction_reference.NOMINAL).all()
    assert changes.sum() == 0
    assert (transition(rates, 1e12) == np.eye(malfunction_reference.MODES)).all()


def test_switching_grows_with_damage():
    assert m.switch_rate(malfunction_reference.SWITCH, malfunction_reference.SENSITIVITY, 0.0) == 1e-6
    assert m.switch_rate(malfunction_reference.SWITCH, malfunction_reference.SENSITIVITY, 1.0) == pytest.approx(
        1e-6 * math.exp(6.0), rel=1e-14
    )
    assert m.switch_rate(1e-6, 6.0, 1e9) == math.inf
    assert m.switch_rate(0.0, 6.0, 1e9) == 0.0


def test_infinite_rates_win_at_once():
    rates = np.array([[0.0, 5.0, math.inf], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    when, entered = np.zeros(4), np.zeros(4, np.int64)
    assert malfunction_reference.run_modes(0, 0.0, 0, rates, 1.0, 1, 1, when, entered) == (2, 0.0, 1, 1, 1.0)
    assert when[0] == 0.0
    assert entered[0] == 2
    assert malfunction_reference.run_modes(0, 0.0, 0, rates, 0.0, 1, 1, when, entered) == (0, 0.0, 0, 0, 0.0)
    ends, times = pursuits(1, 50, np.array([1.0, math.inf, 0.0, 0.0]), 0.0, 1.0, 1)
    assert (ends == malfunction_reference.KILLED).all()
    assert (times == 0.0).all()
    assert winner(0.3, np.array([math.inf, 1.0])) == 0
    assert winner(0.7, np.array([math.inf, 1.0, math.inf])) == 2


def test_endless_swaps_stop_when_the_record_is_full():
    swap = np.array([[0.0, math.inf], [math.inf, 0.0]])
    when, entered = np.zeros(5), np.zeros(5, np.int64)
    assert malfunction_reference.run_modes(0, 0.0, 0, swap, 1.0, 1, 1, when, entered) == (1, 0.0, 5, 5, 0.0)


def test_pursuit_at_its_edges():
    work, none = np.zeros(4), np.zeros(4)
    some = np.array([1.0, 1.0, 0.0, 0.0])
    assert malfunction_reference.run_pursuit(0.0, math.inf, 0.0, 0, none, 0.0, 1, 1, work) == (
        malfunction_reference.AT_LARGE,
        math.inf,
        0.0,
    )
    assert malfunction_reference.run_pursuit(3.0, 3.0, 0.0, 0, some, 0.0, 1, 1, work) == (
        malfunction_reference.AT_LARGE,
        3.0,
        0.0,
    )
    assert (
        malfunction_reference.run_pursuit(0.0, math.inf, 0.0, 0, some, math.inf, 1, 1, work)[0]
        == malfunction_reference.CAUGHT
    )
    assert malfunction_reference.capture_probability(0.0, 0.0, 0.0, 10.0) == 0.0
    assert malfunction_reference.capture_probability(0.05, math.inf, 0.0, 0.0) == 0.0
    assert malfunction_reference.capture_probability(0.05, 0.1, 0.0, math.inf) == 1.0
    assert malfunction_reference.capture_probability(math.inf, 0.1, 0.2, 5.0) == 1.0
    assert malfunction_reference.captured_by(0.0, 0.0, 5.0) == 0.0
    assert malfunction_reference.captured_by(0.2, 0.3, 0.0) == 0.0


def test_pursuers_who_are_faster_never_end_later():
    """Under the same luck; and a rate split between two ends keeps the time of the end."""
    slow = pursuits(5, 500, np.array([0.05, 0.1, 0.0, 0.0]), 20.0, 1e5, 1)[1]
    fast = pursuits(5, 500, np.array([0.08, 0.1, 0.0, 0.0]), 20.0, 1e5, 1)[1]
    split = pursuits(5, 500, np.array([0.03, 0.1, 0.02, 0.0]), 20.0, 1e5, 1)[1]
    assert (fast <= slow).all()
    assert split == pytest.approx(slow, rel=1e-12)


def test_order_of_machines_does_not_matter():
    n, rates = 300, np.array([0.05, 0.1, 0.0, 0.0])
    work, ends = np.zeros(4), np.zeros(n)
    for key in reversed(range(n)):
        ends[key] = malfunction_reference.run_pursuit(0.0, 1e5, 0.0, 0, rates, 20.0, 5, key, work)[1]
    assert (ends == pursuits(5, n, rates, 20.0, 1e5, 1)[1]).all()


@given(st.floats(0.0, 20.0), st.floats(1e-6, 20.0), st.floats(0.3, 6.0), st.floats(0.5, 50.0))
@settings(deadline=None, max_examples=60)
def test_wear_is_the_integral_of_its_hazard(age, dt, shape, scale):
    exposure = malfunction_reference.wear_exposure(age, dt, shape, scale)
    if age > 0.01:
        expected = integrate.quad(
            lambda t: malfunction_reference.wear_hazard(t, shape, scale), age, age + dt, epsrel=1e-11
        )[0]
        assert exposure == pytest.approx(expected, rel=1e-8)
    assert malfunction_reference.wear_time(age, exposure, shape, scale) == pytest.approx(dt, rel=1e-6, abs=1e-9 * age)
    half = malfunction_reference.wear_exposure(age, dt / 2, shape, scale) + malfunction_reference.wear_exposure(
        age + dt / 2, dt / 2, shape, scale
    )
    assert half == pytest.approx(exposure, rel=1e-8)


def test_wear_at_its_edges():
    assert malfunction_reference.wear_exposure(5.0, 0.0, 2.0, 0.0) == 0.0
    assert malfunction_reference.wear_exposure(5.0, 1.0, 2.0, 0.0) == math.inf
    assert malfunction_reference.wear_exposure(5.0, 1.0, 2.0, math.inf) == 0.0
    assert malfunction_reference.wear_time(5.0, 1.0, 2.0, math.inf) == math.inf
    assert malfunction_reference.wear_hazard(0.0, 0.5, 10.0) == math.inf
    assert malfunction_reference.wear_hazard(0.0, 1.0, 10.0) == 0.1
    assert malfunction_reference.wear_hazard(0.0, 2.0, 10.0) == 0.0
    assert malfunction_reference.first_to_wear_out(1.7, math.inf, 5.0) == 0.0
    assert malfunction_reference.first_to_wear_out(1.7, 3.0, math.inf) == 1.0


def test_hit_damage():
    assert malfunction_reference.hit_damage(0.5, 1.0, 0.3) == pytest.approx(1.0, rel=1e-12)
    assert malfunction_reference.hit_damage(0.1, 1.0, 0.0) == 1.0
    assert malfunction_reference.hit_damage(1e-12, 1.0, 0.3) == 0.0
    draws = [
        malfunction_reference.hit_damage(
            chance.u01(1, m.ONSET, i, 0), malfunction_reference.HIT, malfunction_reference.HIT_SPREAD
        )
        for i in range(4000)
    ]
    assert abs(np.mean(draws) - 1.0) <= 4 * 0.3 / math.sqrt(4000)


def test_layers():
    """The ethical layer outlives memory; a nominal machine does not weigh its own capture."""
    weights, out = np.array([1.0, 2.0, 3.0, 4.0]), np.full(4, np.nan)
    expected = {
        (malfunction_reference.NOMINAL, True, True): [0, 0, 3, 4],
        (malfunction_reference.SELF_PROTECTIVE, True, True): [1, 2, 3, 4],
        (malfunction_reference.SELF_PROTECTIVE, False, True): [1, 2, 3, 0],
        (malfunction_reference.SELF_PROTECTIVE, False, False): [1, 2, 0, 0],
        (malfunction_reference.SAFE_STOP, True, True): [0, 0, 0, 0],
        (malfunction_reference.DESTROYED, True, True): [0, 0, 0, 0],
    }
    for (mode, remembers, ethical), kept in expected.items():
        malfunction_reference.layer_weights(weights, mode, remembers, ethical, out)
        assert out.tolist() == kept
    assert malfunction_reference.action_utility(weights, np.array([1.0, -1.0, 0.0, 0.5])) == 1.0


def test_capture_value():
    assert malfunction_reference.capture_value(0.75, 100.0, 2.0, 10.0, 0.1, 50.0) == pytest.approx(50.0)
    assert malfunction_reference.capture_value(0.0, 100.0, 0.0, 10.0, 0.0, 50.0) == 0.0
