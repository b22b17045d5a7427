"""Hazards, exponential clocks, races, flows and barriers, held to the engine's oracles O-0.1 to O-0.4."""

import math

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

import processes_reference
from briarpatch.world import chance, processes
from briarpatch.world.compiled import INTERPRETED

N = 1_000 if INTERPRETED else 20_000

CLOCK = np.dtype(
    [
        ("stream", "i8"),
        ("key", "i8"),
        ("occurrence", "i8"),
        ("threshold", "f8"),
        ("spent", "f8"),
        ("rate", "f8"),
        ("at", "f8"),
    ]
)


def clocks(n):
    rows = np.zeros(n, CLOCK).view(np.recarray)
    rows.stream = chance.DETECTION
    rows.key = np.arange(n)
    return rows


@numba.njit
def wave(since, now):
    """Return the integral of the hazard 0.3 + 0.2 sin t."""
    return 0.3 * (now - since) + 0.2 * (math.cos(since) - math.cos(now))


@numba.njit
def count_rings(rows, seed, ticks, dt, times):
    rung = 0
    for i in range(len(rows)):
        clock = rows[i]
        processes.arm(clock, seed, 0.0)
        times[i] = -1.0
        for tick in range(ticks):
            at = processes_reference.add_exposure(clock, wave(tick * dt, (tick + 1) * dt), tick * dt, (tick + 1) * dt)
            if at >= 0.0:
                times[i] = at
                rung += 1
                break
    return rung


@numba.njit
def first_causes(seed, rates, dt, n):
    """Count how often cause 0 wins a race that is asked tick by tick."""
    total = rates.sum()
    wins = 0
    for key in range(n):
        tick = 0
        while True:
            if chance.u01(seed, chance.FIRE, key, 2 * tick) < processes.fires(processes.exposure(total, dt)):
                if processes.winner(chance.u01(seed, chance.FIRE, key, 2 * tick + 1), rates) == 0:
                    wins += 1
                break
            tick += 1
    return wins


@numba.njit
def race_times(seed, rate, dt, n):
    out = np.empty(n)
    for key in range(n):
        out[key] = processes_reference.race_time(chance.u01(seed, chance.FIRE, key, 0), rate, dt)
    return out


def test_O_0_1_firings_do_not_depend_on_the_step():
    """O-0.1: hazard 0.3 + 0.2 sin t over 10 s fires with P = 0.965535; the same clocks ring at every step."""
    rows = clocks(N)
    seen = []
    for dt in (2.0, 1.0, 0.5, 0.25):
        times = np.empty(N)
        rung = count_rings(rows, 11, round(10 / dt), dt, times)
        seen.append((rung, times >= 0))
    p = -math.expm1(-(3 + 0.2 * (1 - math.cos(10.0))))
    assert p == pytest.approx(0.965535, abs=5e-7)
    assert len({rung for rung, _ in seen}) == 1
    assert all((fired == seen[0][1]).all() for _, fired in seen)
    assert abs(seen[0][0] / N - p) <= 4 * math.sqrt(p * (1 - p) / N)


@pytest.mark.parametrize("dt", [1.0, 0.01])
def test_O_0_2_race_of_two_causes(dt):
    """O-0.2: of causes with rates 1 and 2 the first wins one time in three, whatever the step."""
    n = N if dt == 1.0 or not INTERPRETED else 200
    share = first_causes(5, np.array([1.0, 2.0]), dt, n) / n
    assert abs(share - 1 / 3) <= 4 * math.sqrt(2 / 9 / n)


def test_O_0_3_empty_and_infinite_hazards():
    """O-0.3: h=0 never fires, h=infinity surely fires, dt=0 never fires even then, and N=0 is nothing."""
    assert processes.fires(processes.exposure(0.0, 5.0)) == 0.0
    assert processes.fires(processes.exposure(math.inf, 5.0)) == 1.0
    assert processes.fires(processes.exposure(math.inf, 0.0)) == 0.0
    assert processes.exposure(0.0, math.inf) == 0.0
    assert count_rings(clocks(0), 1, 3, 1.0, np.empty(0)) == 0
    nobody = np.zeros(0)
    assert processes.winner(0.3, nobody) == -1
    assert processes.winner(0.3, np.zeros(2)) == -1
    assert processes_reference.waiting_time(1, chance.FIRE, 1, 0, 0.0) == math.inf
    assert processes_reference.waiting_time(1, chance.FIRE, 1, 0, math.inf) == 0.0
    assert processes_reference.race_time(0.5, math.inf, 3.0) == 0.0
    assert processes_reference.race_time(0.5, 2.0, 0.0) == 0.0
    assert processes_reference.race_time(0.5, 0.0, 4.0) == 2.0


def test_O_0_4_mean_time_of_a_known_firing():
    """O-0.4: with h=2 and dt=1 an event known to have happened did so on average at 0.343482."""
    expected = 1 / 2 - 1 / math.expm1(2.0)
    assert expected == pytest.approx(0.343482, abs=5e-7)
    times = race_times(3, 2.0, 1.0, N)
    assert abs(times.mean() - expected) <= 4 * times.std() / math.sqrt(N)
    exact, _ = integrate.quad(lambda u: processes_reference.race_time(u, 2.0, 1.0), 0, 1)
    assert exact == pytest.approx(expected, rel=1e-9)


def test_causes_with_infinite_rates_leave_nothing_to_the_others():
    rates = np.array([math.inf, 1.0, math.inf, 0.0])
    assert [processes.winner(u, rates) for u in (0.1, 0.49, 0.51, 0.99)] == [0, 0, 2, 2]


def test_splitting_a_rate_keeps_the_law_of_the_race():
    whole = [processes.winner(u, np.array([1.0, 2.0])) for u in np.linspace(0.01, 0.99, 99)]
    halves = [processes.winner(u, np.array([0.5, 0.5, 2.0])) for u in np.linspace(0.01, 0.99, 99)]
    assert [w == 0 for w in whole] == [h < 2 for h in halves]


def test_a_clock_rings_at_the_time_its_rate_foretold():
    row = clocks(1)[0]
    processes.arm(row, 3, 10.0)
    threshold = chance.exponential(3, chance.DETECTION, 0, 0)
    ring = processes.set_rate(row, 0.5, 10.0)
    assert ring == pytest.approx(10.0 + threshold / 0.5, rel=1e-15)
    assert not processes.rings(row, ring - 1e-6)
    assert processes.rings(row, ring)
    processes.rearm(row, 3, ring)
    assert row.occurrence == 1
    assert row.threshold == chance.exponential(3, chance.DETECTION, 0, 1)
    assert row.spent == 0.0
    assert processes.ring_time(row) == math.inf


def test_changing_the_rate_keeps_what_has_run_off():
    row = clocks(1)[0]
    processes.arm(row, 3, 0.0)
    threshold = row.threshold
    processes.set_rate(row, 0.25 * threshold, 0.0)
    assert processes.set_rate(row, 0.0, 2.0) == math.inf
    assert processes.set_rate(row, threshold, 7.0) == pytest.approx(7.5, rel=1e-12)
    assert processes.set_rate(row, math.inf, 7.2) == pytest.approx(7.2)


def test_an_infinite_exposure_rings_at_once():
    row = clocks(1)[0]
    processes.arm(row, 3, 0.0)
    assert processes_reference.add_exposure(row, 0.0, 0.0, 1.0) == -1.0
    assert processes_reference.add_exposure(row, math.inf, 1.0, 2.0) == 1.0


@given(st.floats(0, 50), st.floats(-5, 5), st.floats(0, 3), st.floats(0, 4), st.floats(0, 4))
@settings(deadline=None, max_examples=40)
def test_two_steps_of_a_linear_flow_are_one(x, source, rate, first, second):
    once = processes.flow(x, rate, source, first + second)
    twice = processes.flow(processes.flow(x, rate, source, first), rate, source, second)
    assert twice == pytest.approx(once, rel=1e-9, abs=1e-9)


@given(st.floats(-50, 50), st.floats(-5, 5), st.floats(0, 3), st.floats(0, 4), st.floats(0, 4))
@settings(deadline=None, max_examples=40)
def test_two_steps_of_a_relaxation_are_one(x, target, rate, first, second):
    once = processes.relax(x, target, rate, first + second)
    twice = processes.relax(processes.relax(x, target, rate, first), target, rate, second)
    assert twice == pytest.approx(once, rel=1e-9, abs=1e-9)


def test_flows_at_their_edges():
    assert processes.flow(3.0, 0.0, 2.0, 4.0) == pytest.approx(11.0)
    assert processes.flow(3.0, math.inf, 2.0, 0.0) == 3.0
    assert processes.flow(3.0, math.inf, 2.0, 1.0) == 0.0
    assert processes.relax(3.0, 7.0, math.inf, 0.0) == 3.0
    assert processes.relax(3.0, 7.0, math.inf, 1.0) == 7.0
    assert processes.phi1(0.0) == 1.0
    assert processes.phi1(1e-9) == pytest.approx(1 + 0.5e-9, rel=1e-15)
    assert processes.phi1(2.0) == pytest.approx((math.exp(2) - 1) / 2, rel=1e-14)


def test_a_path_that_ends_beyond_a_barrier_has_crossed_it():
    assert processes.bridge_crossed(0.999, 0.0, 2.0, 1.0, 0.1)
    assert not processes.bridge_crossed(0.001, 0.0, 0.5, 1.0, 0.0)


def test_the_bridge_crosses_with_its_probability():
    p = math.exp(-2 * 1.0 * 0.5 / 0.8)
    assert processes.bridge_crossed(p - 1e-9, 0.0, 0.5, 1.0, 0.8)
    assert not processes.bridge_crossed(p + 1e-9, 0.0, 0.5, 1.0, 0.8)
    assert processes.barrier_step(2.0, 0.5) == pytest.approx(1.0)
    assert processes.barrier_step(2.0, 0.0) == math.inf


def test_occurs_has_its_probability_at_the_ends():
    assert not processes_reference.occurs(1, chance.EFFECT, 1, 0, 0.0)
    assert processes_reference.occurs(1, chance.EFFECT, 1, 0, 1.0)
