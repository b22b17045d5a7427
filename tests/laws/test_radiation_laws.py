"""Oracles O-7.1 to O-7.11: the ring's field, benefit, harvest and lethality."""

import math

import numba
import pytest
import radiation_reference
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

from briarpatch.laws import radiation
from briarpatch.world import chance
from briarpatch.world.compiled import INTERPRETED

DAY = 86400.0
doses = st.floats(0.0, 50.0)


def crowd(n):
    """Return `n`, or fewer where all runs as plain Python; the tolerances follow the number drawn."""
    return n // 50 if INTERPRETED else n


def test_O_7_1_ring_on_axis():
    """O-7.1 Unattenuated dose rate on the axis of the ring."""
    assert radiation.ring_on_axis(1.0, 1.2, 2.3, 1.0, 0.0, 0.0) == pytest.approx(0.2367407579, rel=1e-8)


@pytest.mark.parametrize(("mu", "expected"), [(0.5, 0.0879923203), (2.0, 0.0050113725)])
def test_O_7_2_ring_attenuated(mu, expected):
    """O-7.2 Attenuated dose rate on the axis, and its limit without attenuation."""
    assert radiation.ring_on_axis(1.0, 1.2, 2.3, 1.0, mu, 0.0) == pytest.approx(expected, rel=1e-8)
    clear = radiation.ring_on_axis(1.0, 1.2, 2.3, 1.0, 0.0, 0.0)
    assert radiation.ring_on_axis(1.0, 1.2, 2.3, 1.0, 1e-13, 0.0) == pytest.approx(clear, rel=1e-11)


def test_O_7_3_ring_off_axis():
    """O-7.3 Off the axis: the closed form equals the number, the radial integral and the plane integral."""
    x, z = 0.5, 1.0
    got = radiation.ring_off_axis(1.0, 1.2, 2.3, x, z, 0.0)
    assert got == pytest.approx(0.2432049803, rel=1e-8)

    def radial(r):
        return r / (2 * math.sqrt((r * r + x * x + z * z) ** 2 - 4 * r * r * x * x))

    def plane(turn, r):
        return r / (4 * math.pi * (r * r + x * x + z * z - 2 * r * x * math.cos(turn)))

    assert got == pytest.approx(integrate.quad(radial, 1.2, 2.3, epsrel=1e-12)[0], rel=1e-9)
    assert got == pytest.approx(integrate.dblquad(plane, 1.2, 2.3, 0, 2 * math.pi, epsrel=1e-9)[0], rel=1e-8)


def test_O_7_4_far_field():
    """O-7.4 From afar the ring is a point: strength times area over 4 pi z^2."""
    point = math.pi * (2.3**2 - 1.2**2) / (4 * math.pi * 1000.0**2)
    for got in (
        radiation.ring_on_axis(1.0, 1.2, 2.3, 1000.0, 0.0, 0.0),
        radiation.ring_off_axis(1.0, 1.2, 2.3, 0.0, 1000.0, 0.0),
    ):
        assert got / point == pytest.approx(0.9999966, abs=5e-8)
    # Exactly, to second order: 1 - (R1^2 + R2^2) / (2 z^2).
    ratio = radiation.ring_on_axis(1.0, 1.2, 2.3, 1000.0, 0.0, 0.0) / point
    assert ratio == pytest.approx(1 - (1.2**2 + 2.3**2) / 2e6, rel=1e-10)


@pytest.mark.parametrize(("x", "expected"), [(0.001, 0.999667), (1.0, 0.735759), (5.0, 0.320539), (100.0, 0.0198)])
def test_O_7_5_protraction(x, expected):
    """O-7.5 The Lea-Catcheside factor."""
    assert radiation.protraction(x) == pytest.approx(expected, rel=1e-6)


def test_O_7_5_protraction_joins_its_series():
    """O-7.5 The series and the formula meet, and the ends are 1 and 0."""
    assert radiation.protraction(0.0) == 1.0
    assert radiation.protraction(math.inf) == 0.0
    for x in (1e-5, 0.00999999, 0.01000001):
        quadrature = 2 * integrate.quad(lambda s: (1 - s) * math.exp(-x * s), 0, 1, epsrel=1e-13)[0]  # noqa: B023
        assert radiation.protraction(x) == pytest.approx(quadrature, rel=1e-11)


def expose(doses_and_times, repair, alpha=0.3, beta=0.03):
    lesions = total = 0.0
    for rate, dt in doses_and_times:
        total += radiation.kill_step(lesions, rate, repair, alpha, beta, dt)
        lesions = radiation.lesions_after(lesions, rate, repair, dt)
    return total, lesions


@pytest.mark.parametrize("ticks", [1, 2, 64])
def test_O_7_6_protracted_exposure(ticks):
    """O-7.6 4 Gy in two hours, in any number of steps."""
    total, _ = expose([(2.0, 2.0 / ticks)] * ticks, math.log(2.0))
    assert total == pytest.approx(1.5178472030, rel=1e-9)
    assert total == pytest.approx(radiation.log_kill(4.0, radiation.protraction(2 * math.log(2)), 0.3, 0.03), rel=1e-12)


def test_O_7_6_split_exposure_equals_the_double_integral():
    """O-7.6 Two fractions with a pause, while the pool repairs (Lea and Catcheside's double integral)."""
    mu = 0.7
    total, _ = expose([(3.0, 0.5), (0.0, 2.0), (1.0, 1.5)], mu)

    def pool(t):  # the dose so far, each part of it decayed since
        first = 3.0 * (math.exp(-mu * max(t - 0.5, 0.0)) - math.exp(-mu * t)) / mu
        return first + (-math.expm1(-mu * (t - 2.5)) / mu if t > 2.5 else 0.0)

    quad = 3.0 * integrate.quad(pool, 0, 0.5)[0] + integrate.quad(pool, 2.5, 4.0)[0]
    assert total == pytest.approx(0.3 * 3.0 + 2 * 0.03 * quad, rel=1e-9)


def test_O_7_7_acute_dose():
    """O-7.7 Survival of an acute 2 Gy, and the effective dose of 30 fractions of it."""
    assert math.exp(-radiation.log_kill(2.0, 1.0, 0.3, 0.03)) == pytest.approx(0.486752, rel=1e-6)
    assert radiation_reference.effective_dose(60.0, 2.0, 10.0) == pytest.approx(72.0, rel=1e-12)


@pytest.mark.parametrize(
    ("dose", "expected"), [(0.0, 0.0), (1.0, 0.000377), (2.0, 0.023843), (3.5, 0.5), (5.0, 0.997238)]
)
def test_O_7_8_lethality(dose, expected):
    """O-7.8 Probability of early death by dose (the numbers are given to six decimals)."""
    hazard = radiation_reference.lethal_exposure(0.0, dose, 3.5, 6.0)
    assert -math.expm1(-hazard) == pytest.approx(expected, abs=6e-7)


def test_O_7_8_lethality_of_a_split_dose():
    """O-7.8 3.5 Gy in seven parts still kill half."""
    total = sum(radiation_reference.lethal_exposure(0.5 * i, 0.5, 3.5, 6.0) for i in range(7))
    assert -math.expm1(-total) == pytest.approx(0.5, rel=1e-12)


@numba.njit
def deaths(seed, n, parts, dose, median, shape):
    """Count those of `n` people whom `dose` kills when given in `parts`."""
    count = 0
    for person in range(n):
        threshold = chance.exponential(seed, chance.LETHALITY, person, 0)
        sofar = taken = 0.0
        for _ in range(parts):
            sofar += radiation_reference.lethal_exposure(taken, dose / parts, median, shape)
            taken += dose / parts
        count += sofar >= threshold
    return count


@pytest.mark.parametrize("dose", [2.0, 3.5, 5.0])
def test_O_7_8_lethality_of_a_crowd(dose):
    """O-7.8 The share of a crowd that dies, and the same people die however the dose is cut."""
    n, p = crowd(100_000), 1 - 0.5 ** ((dose / 3.5) ** 6)
    count = deaths(11, n, 7, dose, 3.5, 6.0)
    assert abs(count / n - p) <= 4 * math.sqrt(p * (1 - p) / n)
    assert count == deaths(11, n, 1, dose, 3.5, 6.0)


def test_O_7_9_regrowth():
    """O-7.9 Nine tenths of the tissue is back after 16.1181 d; without benefit it never is."""
    rate = 1.0 / (7.0 * DAY)
    time = radiation_reference.healing_time(0.0, 0.9, rate)
    assert time / DAY == pytest.approx(16.1181, abs=5e-5)
    assert radiation_reference.heal(0.0, rate, time) == pytest.approx(0.9, rel=1e-12)
    assert radiation_reference.heal(radiation_reference.heal(0.0, rate, time / 3), rate, 2 * time / 3) == pytest.approx(
        0.9, rel=1e-12
    )
    assert radiation_reference.healing_time(0.0, 0.9, 0.0) == math.inf
    assert radiation_reference.heal(0.3, 0.0, 1e9) == 0.3
    assert radiation_reference.heal(0.3, math.inf, 1.0) == 1.0
    assert radiation_reference.heal(0.3, math.inf, 0.0) == 0.3


@pytest.mark.parametrize("ticks", [1, 10])
def test_O_7_10_harvest(ticks):
    """O-7.10 The stock left and the yield, in one step or ten."""
    stock, won, dose = 1.0, 0.0, 0.0
    for _ in range(ticks):
        after = radiation_reference.harvest(stock, 0.3, 5.0 / ticks)
        won += radiation.collected(stock, after, 1.0)
        dose += radiation.released_dose(stock, after, 40.0)
        stock = after
    assert stock == pytest.approx(0.2231301601, rel=1e-9)
    assert won == pytest.approx(0.7768698399, rel=1e-9)
    rate = integrate.quad(lambda t: radiation_reference.release(math.exp(-0.3 * t), 0.3, 40.0), 0.0, 5.0)[0]
    assert dose == pytest.approx(rate, rel=1e-9)


def test_O_7_10_no_harvest():
    """O-7.10 A harvester at rate zero changes nothing; at an infinite rate it takes all at once."""
    assert radiation_reference.harvest(0.7, 0.0, 1e9) == 0.7
    assert radiation_reference.harvest(0.7, math.inf, 0.0) == 0.7
    assert radiation_reference.harvest(0.7, math.inf, 1.0) == 0.0
    assert radiation_reference.release(0.7, 0.0, 40.0) == 0.0
    assert radiation_reference.release(0.0, math.inf, 40.0) == 0.0


@pytest.mark.parametrize("order", [1.0, 2.0])
def test_O_7_11_hill(order):
    """O-7.11 The Hill function at 0, K and infinity."""
    assert radiation.hill(0.0, 3.0, order) == 0.0
    assert radiation.hill(3.0, 3.0, order) == pytest.approx(0.5, rel=1e-15)
    assert radiation.hill(math.inf, 3.0, order) == 1.0
    assert radiation.rejuvenation(3.0, 100.0, 3.0, order) == pytest.approx(50.0, rel=1e-15)


def test_hill_at_its_edges():
    assert radiation.hill(0.0, 0.0, 2.0) == 0.0
    assert radiation.hill(1.0, 0.0, 2.0) == 1.0
    assert radiation.hill(math.inf, math.inf, 2.0) == 0.0
    assert radiation.hill(1e-300, 1e10, 4.0) == 0.0


@given(st.floats(0.0, 6.0), st.floats(-3.0, 3.0))
@settings(deadline=None, max_examples=40)
def test_ring_off_axis_equals_the_radial_integral(x, z):
    if abs(z) < 0.05:
        z = 0.05

    def radial(r):
        return r / (2 * math.sqrt((r * r + x * x + z * z) ** 2 - 4 * r * r * x * x))

    expected = integrate.quad(radial, 1.2, 2.3, epsrel=1e-11, limit=200, points=[min(max(x, 1.2), 2.3)])[0]
    assert radiation.ring_off_axis(1.0, 1.2, 2.3, x, z, 0.0) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("x", [0.0, 0.6, 1.199, 2.301, 9.0])
def test_ring_in_its_own_plane(x):
    """In the plane and outside the ring the field is finite: the integral of S r / (2 |r^2 - x^2|)."""
    expected = abs(0.25 * math.log(abs((2.3**2 - x * x) / (1.2**2 - x * x))))
    assert radiation.ring_off_axis(1.0, 1.2, 2.3, x, 0.0, 0.0) == pytest.approx(expected, rel=1e-11)


def test_ring_itself_is_singular_unless_it_has_thickness():
    for x in (1.2, 1.5, 2.3):
        assert radiation.ring_off_axis(1.0, 1.2, 2.3, x, 0.0, 0.0) == math.inf
        assert 0.0 < radiation.ring_off_axis(1.0, 1.2, 2.3, x, 0.0, 0.01) < 10.0
    assert radiation.ring_on_axis(1.0, 0.0, 2.3, 0.0, 0.0, 0.0) == math.inf
    assert radiation.ring_off_axis(1.0, 0.0, 2.3, 0.0, 0.0, 0.0) == math.inf


def test_ring_without_strength_or_width():
    for inner, strength in ((2.3, 1.0), (1.2, 0.0)):
        assert radiation.ring_on_axis(strength, inner, 2.3, 1.0, 0.0, 0.0) == 0.0
        assert radiation.ring_off_axis(strength, inner, 2.3, 0.5, 1.0, 0.0) == 0.0
        assert radiation.ring_seen(strength, inner, 2.3, 0.5, 1.0, 0.0, 0.0, 0.0, 4, 4) == 0.0
    assert radiation.ring_on_axis(1.0, 1.2, 2.3, 1.0, math.inf, 0.0) == 0.0


def test_ring_seen_tends_to_the_closed_forms():
    """The sum over cells is of second order in the width of a ring."""
    exact = radiation.ring_off_axis(1.0, 1.2, 2.3, 0.5, 1.0, 0.0)
    coarse = radiation.ring_seen(1.0, 1.2, 2.3, 0.5, 1.0, 0.0, 0.0, 0.0, 20, 64) - exact
    fine = radiation.ring_seen(1.0, 1.2, 2.3, 0.5, 1.0, 0.0, 0.0, 0.0, 40, 64) - exact
    assert coarse / fine == pytest.approx(4.0, rel=0.02)
    assert fine / exact == pytest.approx(0.0, abs=1e-4)
    got = radiation.ring_seen(1.0, 1.2, 2.3, 0.0, 1.0, 0.5, 0.0, 0.0, 400, 8)
    assert got == pytest.approx(0.0879923203, rel=1e-5)


def test_planet_hides_its_ring_from_the_pole_and_half_of_it_from_the_equator():
    """On a sphere of radius 1 the pole sees nothing, the equator what lies beyond r cos(turn) > 1."""
    assert radiation.ring_seen(1.0, 1.2, 2.3, 0.0, 1.0, 0.0, 0.0, 1.0, 50, 100) == 0.0

    def plane(turn, r):
        return 2 * r / (4 * math.pi * (r * r + 1.0 - 2 * r * math.cos(turn)))

    expected = integrate.dblquad(plane, 1.2, 2.3, 0, lambda r: math.acos(1 / r), epsrel=1e-9)[0]
    got = radiation.ring_seen(1.0, 1.2, 2.3, 1.0, 0.0, 0.0, 0.0, 1.0, 200, 2000)
    assert got == pytest.approx(expected, rel=1e-3)
    # From far off the plane the sphere hides a part: less than without it, more than nothing.
    open_sky = radiation.ring_seen(1.0, 1.2, 2.3, 4.0, 1.0, 0.0, 0.0, 0.0, 50, 400)
    assert 0.0 < radiation.ring_seen(1.0, 1.2, 2.3, 4.0, 1.0, 0.0, 0.0, 1.0, 50, 400) < open_sky


def test_shelter():
    assert radiation_reference.sheltered(3.0, 0.0, 5.0) == 3.0
    assert radiation_reference.sheltered(3.0, math.log(2.0), 2.0) == pytest.approx(0.75, rel=1e-12)
    assert radiation_reference.sheltered(3.0, math.inf, 0.0) == 3.0
    assert radiation_reference.sheltered(3.0, math.inf, 1.0) == 0.0


def test_kill_step_at_its_edges():
    assert radiation.kill_step(1.0, 0.0, 1.0, 0.3, 0.03, 5.0) == 0.0
    assert radiation.kill_step(1.0, 2.0, math.inf, 0.3, 0.03, 0.0) == 0.0
    assert radiation.lesions_after(1.0, 2.0, math.inf, 0.0) == 1.0
    # No repair: the whole of alpha D + beta D^2; repair at once: alpha D alone.
    assert expose([(2.0, 1.0), (2.0, 1.0)], 0.0)[0] == pytest.approx(0.3 * 4 + 0.03 * 16, rel=1e-12)
    assert radiation.kill_step(0.0, 2.0, math.inf, 0.3, 0.03, 2.0) == pytest.approx(1.2, rel=1e-12)
    assert radiation.lesions_after(1.0, 2.0, math.inf, 2.0) == 0.0


@given(st.floats(0.0, 5.0), st.floats(0.0, 3.0), st.floats(0.0, 4.0), st.floats(0.01, 10.0), st.floats(0.0, 1.0))
@settings(deadline=None, max_examples=60)
def test_kill_does_not_depend_on_the_step(lesions, rate, repair, dt, share):
    whole = radiation.kill_step(lesions, rate, repair, 0.3, 0.03, dt)
    first = radiation.kill_step(lesions, rate, repair, 0.3, 0.03, dt * share)
    middle = radiation.lesions_after(lesions, rate, repair, dt * share)
    second = radiation.kill_step(middle, rate, repair, 0.3, 0.03, dt * (1 - share))
    assert first + second == pytest.approx(whole, rel=1e-10, abs=1e-14)
    after = radiation.lesions_after(middle, rate, repair, dt * (1 - share))
    assert after == pytest.approx(radiation.lesions_after(lesions, rate, repair, dt), rel=1e-10, abs=1e-14)


def test_lethality_at_its_edges():
    assert radiation_reference.lethal_exposure(1.0, 0.0, 3.5, 6.0) == 0.0
    assert radiation_reference.lethal_exposure(0.0, math.inf, 3.5, 6.0) == math.inf
    assert radiation_reference.lethal_exposure(math.inf, 1.0, 3.5, 6.0) == math.inf
    assert radiation_reference.lethal_exposure(0.0, 1.0, math.inf, 6.0) == 0.0
    assert radiation_reference.lethal_exposure(0.0, 1.0, 0.0, 6.0) == math.inf
    assert radiation_reference.median_lethal_dose(0.0, 3.0, 0.072) == math.inf
    assert radiation_reference.median_lethal_dose(math.inf, 3.0, 0.072) == 3.0
    assert radiation_reference.median_lethal_dose(0.144, 3.0, 0.072) == pytest.approx(3.5, rel=1e-12)


def test_time_of_death_lies_where_the_hazard_meets_the_threshold():
    time = radiation_reference.time_of_death(1.0, 0.01, 2.0, 3.5, 6.0)
    assert radiation.lethal_hazard(1.0 + 0.01 * time, 3.5, 6.0) == pytest.approx(2.0, rel=1e-12)
    assert radiation_reference.time_of_death(1.0, 0.0, 2.0, 3.5, 6.0) == math.inf
    assert radiation_reference.time_of_death(100.0, 0.01, 2.0, 3.5, 6.0) == 0.0


@given(doses, doses, st.floats(0.5, 10.0), st.floats(0.5, 10.0))
@settings(deadline=None, max_examples=40)
def test_more_dose_never_kills_less(dose, more, median, shape):
    small = radiation.lethal_hazard(dose, median, shape)
    assert radiation.lethal_hazard(dose + more, median, shape) >= small
    assert radiation.lethal_hazard(dose, median * 1.5, shape) <= small


def test_years_each():
    """Nothing harvested gives nothing; twice the people get half each; nobody gets nothing."""
    assert radiation_reference.years_each(0.0, 1e9, 1e6) == 0.0
    assert radiation_reference.years_each(0.5, 1e9, 1e6) == pytest.approx(500.0)
    assert radiation_reference.years_each(0.5, 1e9, 2e6) == pytest.approx(250.0)
    assert radiation_reference.years_each(0.5, 1e9, 0.0) == 0.0
