"""Observation, held to the oracles O-1.1 to O-1.9 and to what must hold for any pass and any sensor."""

import math
from itertools import pairwise

import numba
import numpy as np
import observation_reference
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special

from briarpatch.laws import observation as seeing
from briarpatch.world import chance
from briarpatch.world.compiled import INTERPRETED

N = 500 if INTERPRETED else 20_000
M = math.sqrt(2.0)


def margin(p, n):
    return 4 * math.sqrt(p * (1 - p) / n)


def cut_pass(ticks, offset, speed=1.0, half=1e6, **kinds):
    """Return the exposure of a long straight pass at lateral `offset`, added up over `ticks` steps."""
    strength, height = kinds.get("strength", 1.0), kinds.get("height", 0.0)
    kappa = kinds.get("attenuation", 0.0)
    dt = 2 * half / speed / ticks
    return sum(
        seeing.pass_exposure(strength, kappa, height, -half + speed * dt * i, offset, speed, 0.0, dt)
        for i in range(ticks)
    )


@numba.njit
def parallel_sweep(seed, spacing, lanes, n):
    """Count targets at uniform places that parallel passes, `spacing` apart, detect."""
    found = 0
    for key in range(n):
        place = spacing * chance.u01(seed, chance.SEARCH, key, 0)
        total = 0.0
        for lane in range(-lanes, lanes + 1):
            total += seeing.pass_exposure(1.0, 0.0, 0.0, -1e6, place - lane * spacing, 1.0, 0.0, 2e6)
        if chance.exponential(seed, chance.DETECTION, key, 0) <= total:
            found += 1
    return found


@numba.njit
def rayleigh_looks(seed, false_alarm, snr, n):
    """Count threshold crossings of a Gaussian target in Gaussian noise: the physics behind Swerling's case
    1.
    """
    crossed = 0
    threshold = -math.log(false_alarm)
    for key in range(n):
        power = 0.0
        for part in range(2):
            target = chance.normal_quantile(chance.u01(seed, chance.DETECTION, key, 2 * part)) * math.sqrt(snr / 2)
            noise = chance.normal_quantile(chance.u01(seed, chance.DETECTION, key, 2 * part + 1)) * math.sqrt(0.5)
            power += (target + noise) ** 2
        crossed += power > threshold
    return crossed


@numba.njit
def steady_looks(seed, ticks, end, period, p, n, times):
    found = 0
    for key in range(n):
        times[key] = -1.0
        for tick in range(ticks):
            at = observation_reference.first_steady_look(
                seed, key, end * tick / ticks, end * (tick + 1) / ticks, period, p
            )
            if at >= 0.0:
                times[key] = at
                found += 1
                break
    return found


@pytest.mark.parametrize(("g", "expected"), [(0.1, 0.6513215599), (0.0, 0.0), (1.0, 1.0)])
def test_O_1_1_glimpses(g, expected):
    """O-1.1: ten glimpses of 0.1, of 0 and of 1; the equivalent rate gives the same."""
    assert observation_reference.glimpses(g, 10) == pytest.approx(expected, rel=1e-9)
    if g < 1:
        assert -math.expm1(-seeing.glimpse_rate(g, 2.0) * 20.0) == pytest.approx(expected, rel=1e-9)
    assert seeing.glimpse_rate(1.0, 2.0) == math.inf
    assert observation_reference.glimpses(1.0, 0) == 0.0


@pytest.mark.parametrize(("offset", "expected"), [(M, 0.6321205588), (M / 2, 0.9816843611), (2 * M, 0.2211992169)])
@pytest.mark.parametrize("ticks", [1, 2, 200, 2000])
def test_O_1_2_straight_pass(offset, expected, ticks):
    """O-1.2: K=1, v=1, passes at m, m/2 and 2m; equal for 1, 2, 200 and 2000 steps."""
    assert observation_reference.lateral_range(1.0, 1.0, offset) == pytest.approx(expected, rel=1e-9)
    assert -math.expm1(-cut_pass(ticks, offset)) == pytest.approx(expected, rel=1e-9)


def test_O_1_3_sweep_width():
    """O-1.3: the integral of the lateral-range curve is 2 sqrt(2 pi)."""
    assert observation_reference.sweep_width(1.0, 1.0) == pytest.approx(5.0132565493, abs=1e-8)
    inner, _ = integrate.quad(lambda x: observation_reference.lateral_range(1.0, 1.0, x), 0, 2, epsabs=1e-12)
    outer, _ = integrate.quad(
        lambda z: observation_reference.lateral_range(1.0, 1.0, 1 / z) / z**2, 1e-12, 0.5, epsabs=1e-12
    )
    assert 2 * (inner + outer) == pytest.approx(5.0132565493, abs=1e-8)
    assert observation_reference.visual_constant(observation_reference.sweep_width(3.0, 1.7), 1.7) == pytest.approx(
        3.0, rel=1e-12
    )
    assert observation_reference.visual_constant(48.0, 1.4) == pytest.approx(128.34, abs=0.01)


@pytest.mark.parametrize(("ratio", "expected"), [(0.5, 0.469116), (1.0, 0.789909), (2.0, 0.987811)])
def test_O_1_4_parallel_sweeps_by_lattice_sum(ratio, expected):
    """O-1.4: parallel inverse-cube sweeps cover erf(sqrt(pi)/2 W/S), from the exposures of single passes."""
    spacing = observation_reference.sweep_width(1.0, 1.0) / ratio
    places, lanes = 200, 200
    beyond = 2 * 2.0 / (spacing**2 * (lanes + 0.5))
    missed = 0.0
    for place in (np.arange(places) + 0.5) / places * spacing:
        passes = [observation_reference.lateral_range(1.0, 1.0, place - k * spacing) for k in range(-lanes, lanes + 1)]
        missed += (1 - observation_reference.together(np.array(passes))) * math.exp(-beyond) / places
    covered = 1 - missed
    assert expected == pytest.approx(special.erf(math.sqrt(math.pi) / 2 * ratio), abs=1e-6)
    assert covered == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(("ratio", "expected"), [(0.5, 0.469116), (1.0, 0.789909), (2.0, 0.987811)])
def test_O_1_4_parallel_sweeps_by_chance(ratio, expected):
    """O-1.4: the same coverage when targets, passes and clocks are drawn."""
    n = N // 2
    found = parallel_sweep(4, observation_reference.sweep_width(1.0, 1.0) / ratio, 100, n)
    assert abs(found / n - expected) <= margin(expected, n)


def test_O_1_5_swerling_1():
    """O-1.5: Swerling 1 at three settings, the third against the physics; no signal leaves the false
    alarms.
    """
    assert seeing.swerling1(1e-6, observation_reference.from_decibels(13.0)) == pytest.approx(0.517178, abs=1e-6)
    assert seeing.swerling1(1e-4, observation_reference.from_decibels(10.0)) == pytest.approx(0.432876, abs=1e-6)
    assert seeing.swerling1(1e-3, 10.0) == pytest.approx(0.533670, abs=1e-6)
    crossed = rayleigh_looks(9, 1e-3, 10.0, N)
    assert abs(crossed / N - 0.533670) <= margin(0.533670, N)
    far = seeing.signal_to_noise(100.0, 1000.0, math.inf, 4, 1.0, 0.0)
    assert far == 0.0
    assert seeing.swerling1(1e-6, far) == pytest.approx(1e-6, rel=1e-12)
    assert seeing.swerling1(1e-6, math.inf) == 1.0


@pytest.mark.parametrize(("pulses", "expected"), [(1, 13.1145), (10, 4.9904)])
def test_O_1_6_albersheim(pulses, expected):
    """O-1.6: the signal a steady target needs for Pd 0.9 and Pfa 1e-6 with 1 and 10 pulses."""
    assert observation_reference.albersheim(0.9, 1e-6, pulses) == pytest.approx(expected, abs=1e-4)


def test_O_1_7_signature():
    """O-1.7: a quarter of the signature halves the sweep width and leaves 0.7071 of an active sensor's
    range.
    """
    assert observation_reference.sweep_width(0.25, 1.0) / observation_reference.sweep_width(1.0, 1.0) == pytest.approx(
        0.5, rel=1e-12
    )
    full = observation_reference.detection_range(100.0, 1000.0, 10.0, 4, 1.0)
    assert observation_reference.detection_range(100.0, 1000.0, 10.0, 4, 0.25) / full == pytest.approx(
        math.sqrt(0.5), rel=1e-12
    )
    assert observation_reference.detection_range(100.0, 1000.0, 10.0, 2, 0.25) == pytest.approx(
        0.5 * observation_reference.detection_range(100.0, 1000.0, 10.0, 2, 1.0), rel=1e-12
    )
    assert seeing.signal_to_noise(100.0, 1000.0, full, 4, 1.0, 0.0) == pytest.approx(10.0, rel=1e-12)
    cloak = observation_reference.detection_range(1.0, 1.0, 1.0, 4, observation_reference.CLOAK_SIGNATURE_ACTIVE)
    assert cloak == pytest.approx(0.0316228, abs=1e-6)
    assert observation_reference.detection_range(
        1.0, 1.0, 1.0, 2, observation_reference.CLOAK_SIGNATURE_PASSIVE
    ) == pytest.approx(0.01)
    # no signature at all: neither eye nor sensor ever finds it
    assert observation_reference.detection_range(100.0, 1000.0, 10.0, 4, 0.0) == 0.0
    assert seeing.pass_exposure(seeing.visual_strength(1.0, 0.0, 9.0, True), 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 9.0) == 0
    sensor = (1.0, 0.01, 100.0, 1000.0, 4, 0.0, 0.0, 0.0, 10.0, 0.0, 0.0, 0.0)
    assert all(seeing.first_look(1, key, 0.0, 1000.0, 2.0, *sensor) == -1.0 for key in range(20))


@pytest.mark.parametrize("ticks", [1, 3, 10, 73])
def test_O_1_8_scheduled_looks(ticks):
    """O-1.8: 7.3 s hold three looks every 2 s, P = 0.657 at 0.3 each, and the very looks do not depend on
    the cut.
    """
    count = sum(seeing.looks(7.3 * i / ticks, 7.3 * (i + 1) / ticks, 2.0) for i in range(ticks))
    assert count == 3
    assert observation_reference.glimpses(0.3, count) == pytest.approx(0.657, rel=1e-9)
    once, cut = np.empty(N), np.empty(N)
    found = steady_looks(2, 1, 7.3, 2.0, 0.3, N, once)
    steady_looks(2, ticks, 7.3, 2.0, 0.3, N, cut)
    assert abs(found / N - 0.657) <= margin(0.657, N)
    assert (once == cut).all()
    assert set(once) == {-1.0, 2.0, 4.0, 6.0}


def test_O_1_9_nobody_sees():
    """O-1.9: no observers, an observer without attention and a target out of sight all give 0."""
    assert observation_reference.together(np.zeros(0)) == 0.0
    for attention, sight in ((0.0, True), (1.0, False)):
        strength = seeing.visual_strength(attention, 1.0, 100.0, sight)
        assert seeing.pass_exposure(strength, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 60.0) == 0.0
        assert seeing.inverse_cube_rate(strength, 0.0, 0.0, 0.0) == 0.0
    assert observation_reference.lateral_range(0.0, 1.0, 0.0) == 0.0


def test_two_observers_equal_one_of_twice_the_constant():
    one = observation_reference.lateral_range(1.0, 1.0, 1.3)
    assert observation_reference.together(np.array([one, one])) == pytest.approx(
        observation_reference.lateral_range(2.0, 1.0, 1.3), rel=1e-12
    )


@pytest.mark.parametrize("kappa", [0.0, 1e-4, 0.01, 0.3])
@pytest.mark.parametrize(
    ("x", "y", "height", "speed", "dt"),
    [
        (-500.0, 30.0, 20.0, 12.0, 90.0),
        (-500.0, 0.0, 5.0, 12.0, 90.0),
        (3.0, 0.0, 0.0, 2.0, 400.0),
        (-40.0, 0.0, 0.0, 1.0, 39.0),
        (200.0, 1.0, 0.0, 1.0, 0.5),
        (1.0, 2.0, 1.0, 0.0, 60.0),
        (4000.0, 10.0, 2.0, 1e-9, 60.0),
    ],
)
def test_exposure_equals_quadrature_of_the_rate(x, y, height, speed, dt, kappa):
    direct, _ = integrate.quad(
        lambda t: seeing.inverse_cube_rate(7.0, kappa, height, math.hypot(x + speed * t, y)),
        0,
        dt,
        points=[min(max(-x / speed, 0.0), dt)] if speed > 0 else None,
        limit=400,
        epsabs=0,
        epsrel=1e-11,
    )
    found = seeing.pass_exposure(7.0, kappa, height, x, y, speed, 0.0, dt)
    assert found == pytest.approx(direct, rel=1e-9 if kappa == 0 else 2e-5)


def test_touching_the_observer_is_certain():
    assert seeing.pass_exposure(1.0, 0.0, 0.0, -5.0, 0.0, 1.0, 0.0, 10.0) == math.inf
    assert seeing.pass_exposure(1.0, 0.1, 0.0, -5.0, 0.0, 1.0, 0.0, 10.0) == math.inf
    assert seeing.pass_exposure(1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0) == math.inf
    assert seeing.pass_exposure(1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0) == 0.0


@given(
    st.floats(-300, 300),
    st.floats(-300, 300),
    st.floats(-30, 30),
    st.floats(-30, 30),
    st.floats(0.1, 60),
    st.floats(0, 60),
    st.floats(0.01, 0.99),
    st.sampled_from([0.0, 0.02]),
)
@settings(deadline=None, max_examples=60)
def test_cutting_a_pass_changes_nothing(x, y, vx, vy, height, dt, share, kappa):
    whole = seeing.pass_exposure(50.0, kappa, height, x, y, vx, vy, dt)
    early = seeing.pass_exposure(50.0, kappa, height, x, y, vx, vy, share * dt)
    x, y = x + vx * share * dt, y + vy * share * dt
    late = seeing.pass_exposure(50.0, kappa, height, x, y, vx, vy, (1 - share) * dt)
    assert early + late == pytest.approx(whole, rel=1e-8 if kappa == 0 else 1e-4, abs=1e-15)


@given(st.floats(-300, 300), st.floats(1, 300), st.floats(-30, 30), st.floats(0, 2 * math.pi))
@settings(deadline=None, max_examples=30)
def test_turning_the_map_changes_nothing(x, y, vx, angle):
    c, s = math.cos(angle), math.sin(angle)
    turned = seeing.pass_exposure(5.0, 0.0, 2.0, c * x - s * y, s * x + c * y, c * vx, s * vx, 20.0)
    assert turned == pytest.approx(seeing.pass_exposure(5.0, 0.0, 2.0, x, y, vx, 0.0, 20.0), rel=1e-9)


@given(st.integers(0, 10**6), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
@settings(deadline=None, max_examples=60)
def test_a_worse_mask_is_never_seen_later(key, first, second):
    low, high = sorted((first, second))

    def seen(signature):
        sensor = (1.0, 1e-6, 30.0, 300.0, 4, signature, 1e-4, 10.0, -600.0, 80.0, 15.0, 0.0)
        at = seeing.first_look(6, key, 0.0, 80.0, 2.0, *sensor)
        return math.inf if at < 0 else at

    assert seen(high) <= seen(low)


def test_looks_in_motion_do_not_depend_on_the_cut():
    def seen(key, cuts):
        for since, now in pairwise(cuts):
            sensor = (1.0, 1e-6, 30.0, 300.0, 4, 0.3, 0.0, 10.0, -600.0 + 15.0 * since, 80.0, 15.0, 0.0)
            at = seeing.first_look(6, key, since, now, 2.0, *sensor)
            if at >= 0:
                return at
        return -1.0

    whole = [seen(key, [0.0, 80.0]) for key in range(60)]
    assert whole == [seen(key, [0.0, 0.7, 13.0, 13.1, 50.0, 80.0]) for key in range(60)]
    assert len(set(whole)) > 5


def test_what_the_target_adds_to_a_look():
    pd, pfa = 0.7, 0.01
    assert 1 - (1 - pfa) * (1 - seeing.seen_by_look(pd, pfa)) == pytest.approx(pd, rel=1e-12)
    assert seeing.seen_by_look(pfa, pfa) == 0.0


def test_suits_and_alarms():
    assert observation_reference.masked(0.5, observation_reference.SUIT_SIGNATURE, True) == pytest.approx(0.005)
    assert observation_reference.masked(0.5, observation_reference.SUIT_SIGNATURE, False) == 0.5
    assert seeing.alerted(
        0.2, observation_reference.ALERT_GAIN, 150.0, observation_reference.CUE_RADIUS
    ) == pytest.approx(2.0)
    assert seeing.alerted(0.2, observation_reference.ALERT_GAIN, 250.0, observation_reference.CUE_RADIUS) == 0.2


def test_attenuation_counts_both_ways_for_an_active_sensor():
    active = seeing.signal_to_noise(5.0, 100.0, 100.0, 4, 1.0, 0.01)
    passive = seeing.signal_to_noise(5.0, 100.0, 100.0, 2, 1.0, 0.01)
    assert active == pytest.approx(5.0 * math.exp(-2.0), rel=1e-12)
    assert passive == pytest.approx(5.0 * math.exp(-1.0), rel=1e-12)
    assert observation_reference.decibels(observation_reference.from_decibels(-7.0)) == pytest.approx(-7.0, rel=1e-12)
    assert seeing.signal_to_noise(5.0, 100.0, 0.0, 4, 1.0, 0.0) == math.inf


@pytest.mark.parametrize("period", [0.0, math.inf])
def test_a_sensor_without_a_period_does_not_look(period):
    assert seeing.looks(0.0, 10.0, period) == 0
