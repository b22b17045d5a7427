"""Oracles O-8.1 to O-8.8: ageing, mortality, rejuvenation and treatment."""

import math

import ageing_reference
import numba
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import integrate

from briarpatch.laws import ageing
from briarpatch.world import chance
from briarpatch.world.compiled import INTERPRETED

ALPHA, BETA, C, YOUTH = ageing.ALPHA, ageing.BETA, ageing_reference.ACCIDENTS, ageing_reference.YOUTH


def crowd(n):
    """Return `n`, or fewer where all runs as plain Python; the tolerances follow the number drawn."""
    return n // 50 if INTERPRETED else n


def cumulative(age, dt, rate=1.0, k=0.0, c=C, alpha=ALPHA, beta=BETA):
    return ageing.cumulative_hazard(age, rate, k, YOUTH, c, alpha, beta, dt)


@numba.njit
def lifetimes(seed, n, age, rate, k, c, alpha, beta, variance, tick, ticks):
    """Return the age at death of `n` people stepped by `tick` for at most `ticks`; infinity for survivors."""
    out = np.full(n, np.inf)
    for person in range(n):
        left = chance.exponential(seed, chance.DEATH, person, 0)
        frailty = ageing_reference.frailty_at_birth(chance.u01(seed, chance.CREATION, person, 2), variance)
        b, s = age, 0.0
        for i in range(ticks):
            b, s, exposure, died = ageing.live(b, s, left, tick, rate, k, 25.0, 0.0, 1.0, frailty, c, alpha, beta, 1.5)
            left -= exposure
            if died >= 0.0:
                out[person] = i * tick + died
                break
    return out


def test_O_8_1_life_expectancy():
    """O-8.1 Expectation, mode and median of the Gompertz law, and with accidents."""
    assert pytest.approx(6.1893e-5, rel=1e-5) == ALPHA
    assert ageing_reference.life_expectancy(0.0, 0.0, ALPHA, BETA) == pytest.approx(78.274768, rel=1e-8)
    assert ageing_reference.modal_age(ALPHA, BETA) == pytest.approx(85.0, rel=1e-9)
    assert ageing_reference.gompertz_life(math.log(2.0), 0.0, ALPHA, BETA) == pytest.approx(80.700436, rel=1e-8)
    assert ageing_reference.life_expectancy(0.0, C, ALPHA, BETA) == pytest.approx(76.709354, rel=1e-8)
    assert math.exp(-cumulative(0.0, 100.0)) == pytest.approx(0.026570, abs=5e-7)
    quadrature = integrate.quad(lambda t: math.exp(-cumulative(0.0, t)), 0.0, 200.0, epsrel=1e-11)[0]
    assert ageing_reference.life_expectancy(0.0, C, ALPHA, BETA) == pytest.approx(quadrature, rel=1e-9)


def test_O_8_1_ages_at_death():
    """O-8.1 Mean and median age of those who die, drawn; the step does not change anybody's death."""
    ages = lifetimes(5, crowd(40_000), 0.0, 1.0, 0.0, C, ALPHA, BETA, 0.0, 250.0, 1)
    assert np.isfinite(ages).all()
    assert abs(ages.mean() - 76.709354) <= 4 * ages.std() / math.sqrt(len(ages))
    below = np.mean(lifetimes(6, crowd(40_000), 0.0, 1.0, 0.0, 0.0, ALPHA, BETA, 0.0, 250.0, 1) < 80.700436)
    assert abs(below - 0.5) <= 4 * math.sqrt(0.25 / crowd(40_000))
    fine = lifetimes(5, crowd(2000), 0.0, 1.0, 0.0, C, ALPHA, BETA, 0.0, 1.0, 250)
    assert fine == pytest.approx(ages[: crowd(2000)], rel=1e-9)


@pytest.mark.parametrize("ticks", [1, 10, 1015])
def test_O_8_2_survival_to_eighty(ticks):
    """O-8.2 Survival to 80 given 30, in steps of 50 y, 5 y and 18 d."""
    age, total = 30.0, 0.0
    for _ in range(ticks):
        total += cumulative(age, 50.0 / ticks)
        age = ageing.biological_age(age, 1.0, 0.0, YOUTH, 50.0 / ticks)
    assert math.exp(-total) == pytest.approx(0.5119930338, rel=1e-9)
    assert age == pytest.approx(80.0, rel=1e-12)


@pytest.mark.parametrize("ticks", [1, 4, 365])
def test_O_8_3_rejuvenation(ticks):
    """O-8.3 A year in the field, in any number of steps; the steady age; no field."""
    age = 60.0
    for _ in range(ticks):
        age = ageing.biological_age(age, 1.0, 0.5, YOUTH, 1.0 / ticks)
    assert age == pytest.approx(47.0155117705, rel=1e-9)
    assert ageing_reference.steady_age(1.0, 0.5, YOUTH) == pytest.approx(27.0, rel=1e-12)
    assert ageing.biological_age(60.0, 1.0, 0.0, YOUTH, 1.0) == pytest.approx(61.0, rel=1e-12)


# The table gives hazards to six decimals and lives to two.
FIELDS = [(0.078125, 0.002038, 490.61), (0.05, 0.003337, 299.69), (0.5, 0.001114, 897.46)]


@pytest.mark.parametrize(("k", "expected_hazard", "expected_life"), FIELDS)
def test_O_8_4_hazard_at_the_steady_age(k, expected_hazard, expected_life):
    """O-8.4 A constant field holds the hazard, whose inverse is the expected remaining life."""
    age = ageing_reference.steady_age(1.0, k, YOUTH)
    rate = ageing_reference.hazard(age, 1.0, 0.0, C, ALPHA, BETA, 1.5)
    assert rate == pytest.approx(expected_hazard, abs=6e-7)
    assert 1.0 / rate == pytest.approx(expected_life, abs=6e-3)
    assert cumulative(age, 1.0 / rate, k=k) == pytest.approx(1.0, rel=1e-9)


@pytest.mark.parametrize(("k", "expected_hazard", "expected_life"), FIELDS)
def test_O_8_4_deaths_in_the_field_are_exponential(k, expected_hazard, expected_life):
    """O-8.4 Lives drawn in a constant field: mean, deviation and median of the exponential law."""
    n = crowd(30_000)
    lives = lifetimes(8, n, ageing_reference.steady_age(1.0, k, YOUTH), 1.0, k, C, ALPHA, BETA, 0.0, 20_000.0, 1)
    assert abs(lives.mean() - expected_life) <= 4 * lives.std() / math.sqrt(n)
    below = np.mean(lives < math.log(2.0) * expected_life)
    assert abs(below - 0.5) <= 4 * math.sqrt(0.25 / n)
    # The sample deviation of an exponential has a relative error of sqrt(2 / n).
    assert lives.std() == pytest.approx(expected_life, rel=4 * math.sqrt(2.0 / n))


@pytest.mark.parametrize(("age", "expected"), [(80.0, 0.0429865228), (26.0, 0.0110409860)])
@pytest.mark.parametrize("ticks", [1, 7, 3650])
def test_O_8_5_cumulative_hazard_in_the_field(age, expected, ticks):
    """O-8.5 Ten years of relaxing from above and from below, in one step or many."""
    total = 0.0
    for _ in range(ticks):
        total += cumulative(age, 10.0 / ticks, k=0.5)
        age = ageing.biological_age(age, 1.0, 0.5, YOUTH, 10.0 / ticks)
    assert total == pytest.approx(expected, rel=5e-9)


EXILES = [(1.0, 3.6e-16, 127.0), (0.7, 0.018290, 97.0), (0.5, 0.350365, 77.0), (0.3, 0.715758, 57.0)]


@pytest.mark.parametrize(("rate", "survival", "age"), EXILES)
def test_O_8_6_exile(rate, survival, age):
    """O-8.6 A century of exile from a biological age of 27."""
    got = math.exp(-cumulative(27.0, 100.0, rate=rate))
    assert got == pytest.approx(survival, rel=0.02 if rate == 1.0 else 2e-6, abs=6e-7 if rate < 1.0 else 0.0)
    assert ageing.biological_age(27.0, rate, 0.0, YOUTH, 100.0) == pytest.approx(age, rel=1e-12)
    assert ageing.ageing_rate(0.7, (1.0 - rate) / 0.7) == pytest.approx(rate, rel=1e-12)


@pytest.mark.parametrize(("rate", "survival", "age"), EXILES)
def test_O_8_6_exiles_drawn(rate, survival, age):
    """O-8.6 The share of exiles alive after a century."""
    n = crowd(30_000)
    alive = np.mean(np.isinf(lifetimes(9, n, 27.0, rate, 0.0, C, ALPHA, BETA, 0.0, 50.0, 2)))
    assert abs(alive - survival) <= 4 * math.sqrt(survival * (1 - survival) / n)


def test_O_8_7_shift_of_age():
    """O-8.7 A biological age lower by one doubling time halves the senescent hazard."""
    assert ageing_reference.doubling_time(BETA) == pytest.approx(8.1547, abs=5e-5)
    shift = ageing_reference.doubling_time(BETA)
    young = ageing_reference.hazard(70.0 - shift, 1.0, 0.0, 0.0, ALPHA, BETA, 1.5)
    assert young / ageing_reference.hazard(70.0, 1.0, 0.0, 0.0, ALPHA, BETA, 1.5) == pytest.approx(0.5, rel=1e-12)


def test_O_8_8_constant_or_absent_hazard():
    """O-8.8 With beta = 0 the law is exponential; without any hazard nobody dies."""
    assert cumulative(60.0, 7.0, beta=0.0, alpha=0.01, c=0.02) == pytest.approx(0.21, rel=1e-12)
    assert cumulative(60.0, 7.0, beta=0.0, alpha=0.01, c=0.02, k=0.5) == pytest.approx(0.21, rel=1e-12)
    assert ageing_reference.life_expectancy(60.0, 0.02, 0.01, 0.0) == pytest.approx(1 / 0.03, rel=1e-12)
    assert ageing_reference.gompertz_life(2.0, 60.0, 0.01, 0.0) == pytest.approx(200.0, rel=1e-12)
    for k in (0.0, 0.5):
        assert cumulative(60.0, 1e6, k=k, alpha=0.0, c=0.0) == 0.0
        assert np.isinf(lifetimes(3, 100, 60.0, 1.0, k, 0.0, 0.0, BETA, 0.0, 1e6, 1)).all()
    assert ageing_reference.life_expectancy(60.0, 0.0, 0.0, BETA) == math.inf
    assert ageing_reference.modal_age(0.0, BETA) == math.inf
    assert ageing_reference.doubling_time(0.0) == math.inf


def test_O_8_8_exponential_lives():
    """O-8.8 Lives drawn with beta = 0 have the mean 1 / (alpha + c)."""
    lives = lifetimes(4, crowd(30_000), 60.0, 1.0, 0.0, 0.02, 0.01, 0.0, 0.0, 4000.0, 1)
    assert abs(lives.mean() - 1 / 0.03) <= 4 * lives.std() / math.sqrt(len(lives))


def test_rejuvenation_of_the_trial():
    """The default field takes 1.5 y a year off a person of 57."""
    assert pytest.approx(-1.5, rel=1e-12) == 1.0 - ageing_reference.REJUVENATION * (57.0 - YOUTH)


@given(
    st.floats(0.0, 150.0),
    st.floats(-0.5, 1.5),
    st.sampled_from([0.0, 1e-12, 1e-6, 1e-3, 0.05, 0.5, 5.0, 80.0]),
    st.floats(1e-6, 60.0),
)
@settings(deadline=None, max_examples=120)
def test_cumulative_hazard_equals_quadrature(age, rate, k, dt):
    nodes, weights = np.polynomial.legendre.leggauss(12)
    edges = dt * np.linspace(0.0, 1.0, 401) ** 3  # finer where the relaxation is fast
    t = 0.5 * (edges[1:] + edges[:-1])[:, None] + 0.5 * np.diff(edges)[:, None] * nodes
    if k > 0.0:
        ages = YOUTH + (age - YOUTH) * np.exp(-k * t) - rate * np.expm1(-k * t) / k
    else:
        ages = age + rate * t
    values = C + ALPHA * np.exp(BETA * ages)
    expected = float(np.sum(values * weights * 0.5 * np.diff(edges)[:, None]))
    assert cumulative(age, dt, rate=rate, k=k) == pytest.approx(expected, rel=1e-9)


@given(st.floats(0.0, 120.0), st.sampled_from([0.0, 0.05, 3.0]), st.floats(0.1, 40.0), st.floats(0.0, 1.0))
@settings(deadline=None, max_examples=60)
def test_cumulative_hazard_does_not_depend_on_the_step(age, k, dt, share):
    middle = ageing.biological_age(age, 0.8, k, YOUTH, share * dt)
    total = cumulative(age, share * dt, rate=0.8, k=k) + cumulative(middle, (1 - share) * dt, rate=0.8, k=k)
    assert total == pytest.approx(cumulative(age, dt, rate=0.8, k=k), rel=1e-10)


@given(st.floats(0.0, 3.0), st.floats(0.0, 2.0), st.sampled_from([0.0, 1e-5, 1e-3, 0.02, 1.0, 30.0]))
@settings(deadline=None, max_examples=60)
def test_mean_burden_equals_quadrature(before, source, clearing):
    dt = 2.5
    expected = integrate.quad(lambda t: ageing.burden(before, source, clearing, t), 0.0, dt, epsrel=1e-12)[0] / dt
    assert ageing.mean_burden(before, source, clearing, dt) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_side_effects_settle_and_clear():
    source = ageing.burden_source(0.4, 0.5, 2.0)
    assert source == pytest.approx(0.1)
    assert ageing.burden(0.0, source, 0.2, 1e3) == pytest.approx(0.5, rel=1e-12)
    assert ageing.burden(0.5, 0.0, 0.2, 5.0) == pytest.approx(0.5 * math.exp(-1.0), rel=1e-12)
    assert ageing.burden_source(0.4, 0.0, 2.0) == 0.0
    assert ageing_reference.disfigurement(0.0) == 0.0
    assert ageing_reference.disfigurement(math.log(2.0)) == pytest.approx(0.5, rel=1e-12)


def exposure_with_burden(ticks):
    age, s, total = 70.0, 0.0, 0.0
    for _ in range(ticks):
        age, s, part, died = ageing.live(
            age, s, math.inf, 10.0 / ticks, 1.0, 0.02, YOUTH, 0.2, 0.1, 1.3, C, ALPHA, BETA, 1.5
        )
        assert died == -1.0
        total += part
    return total


def test_burden_multiplies_the_hazard():
    """The exposure with side effects equals its quadrature to a thousandth, and far closer in short steps."""

    def rate(t):
        age = ageing.biological_age(70.0, 1.0, 0.02, YOUTH, t)
        return ageing_reference.hazard(age, 1.3, ageing.burden(0.0, 0.2, 0.1, t), C, ALPHA, BETA, 1.5)

    expected = integrate.quad(rate, 0.0, 10.0, epsrel=1e-11)[0]
    assert exposure_with_burden(1) == pytest.approx(expected, rel=1e-3)
    assert exposure_with_burden(2000) == pytest.approx(expected, rel=1e-6)


def test_death_falls_where_the_exposure_meets_the_threshold():
    age, s, total, died = ageing.live(70.0, 0.0, 0.3, 50.0, 1.0, 0.02, YOUTH, 0.2, 0.1, 1.3, C, ALPHA, BETA, 1.5)
    assert total == 0.3
    assert 0.0 < died < 50.0
    assert age == pytest.approx(ageing.biological_age(70.0, 1.0, 0.02, YOUTH, died), rel=1e-9)
    assert s == pytest.approx(ageing.burden(0.0, 0.2, 0.1, died), rel=1e-9)
    again = ageing.live(70.0, 0.0, 0.3, died, 1.0, 0.02, YOUTH, 0.2, 0.1, 1.3, C, ALPHA, BETA, 1.5)
    assert again[2] == pytest.approx(0.3, rel=1e-3)


def test_frailty_makes_the_survivors_hardy():
    """With Gamma frailty of variance v a population survives as (1 + v H)^(-1/v): Vaupel and others 1979."""
    n, variance = crowd(20_000), 0.25
    alive = np.mean(np.isinf(lifetimes(2, n, 30.0, 1.0, 0.0, C, ALPHA, BETA, variance, 55.0, 1)))
    expected = (1.0 + variance * cumulative(30.0, 55.0)) ** (-1.0 / variance)
    assert abs(alive - expected) <= 4 * math.sqrt(expected * (1 - expected) / n)
    assert ageing_reference.frailty_at_birth(0.3, 0.0) == 1.0


def test_hazards_in_the_extreme_are_numbers():
    assert cumulative(1e6, 1.0) == math.inf
    assert cumulative(1e6, 1.0, k=0.5) == math.inf
    assert cumulative(80.0, 0.0, k=math.inf) == 0.0
    assert cumulative(80.0, 1.0, k=math.inf) == pytest.approx(C + ALPHA * math.exp(BETA * YOUTH), rel=1e-12)
    assert cumulative(80.0, 0.0, c=math.inf) == 0.0
    assert cumulative(80.0, 1.0, c=math.inf) == math.inf
    assert ageing.biological_age(80.0, 1.0, math.inf, YOUTH, 0.0) == 80.0
    assert ageing.biological_age(80.0, 1.0, math.inf, YOUTH, 1.0) == YOUTH
    assert ageing_reference.steady_age(1.0, 0.0, YOUTH) == math.inf
    assert ageing_reference.hazard(80.0, 0.0, 1e9, C, ALPHA, BETA, 1.5) == 0.0
    immune = ageing.live(80.0, 0.0, 1.0, 10.0, 1.0, 0.0, YOUTH, 0.0, 1.0, 0.0, math.inf, ALPHA, BETA, 1.5)
    assert immune[2:] == (0.0, -1.0)
    at_once = ageing.live(80.0, 0.0, 1.0, 10.0, 1.0, 0.0, YOUTH, 0.0, 1.0, 1.0, math.inf, ALPHA, BETA, 1.5)
    assert at_once == (80.0, 0.0, 1.0, 0.0)
    asleep = ageing.live(80.0, 0.2, 1.0, 0.0, 1.0, 0.0, YOUTH, 0.0, 1.0, 1.0, math.inf, ALPHA, BETA, 1.5)
    assert asleep == (80.0, 0.2, 0.0, -1.0)
    due = ageing.live(80.0, 0.2, 0.0, 9.0, 1.0, 0.0, YOUTH, 0.0, 1.0, 0.0, 0.0, 0.0, BETA, 1.5)
    assert due == (80.0, 0.2, 0.0, 0.0)


def test_a_stronger_field_never_shortens_a_life():
    """Under the same luck, and beginning older than the field's steady age."""
    weak = lifetimes(7, 500, 60.0, 1.0, 0.05, C, ALPHA, BETA, 0.0, 2e4, 1)
    strong = lifetimes(7, 500, 60.0, 1.0, 0.2, C, ALPHA, BETA, 0.0, 2e4, 1)
    assert (strong >= weak * (1 - 1e-9)).all()


@example(0.0, 0.0, 1.0, 1.0, 2.225073858507e-311, 0.0, 0.0, 1.0, 1.0)  # a pull too weak to divide by
@given(
    st.floats(0, 120),
    st.floats(0, 3),
    st.floats(0, 80),
    st.floats(0, 2),
    st.floats(0, 2),
    st.floats(0, 60),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0.1, 3),
)
def test_the_bound_on_exposure_bounds_it(age, burden_now, dt, rate, pull, youth, source, clearing, frailty):
    lived = ageing.live(
        age, burden_now, math.inf, dt, rate, pull, youth, source, clearing, frailty, C, ALPHA, BETA, 1.5
    )[2]
    to = youth if pull > 0.0 else age
    most = ageing.most_exposure(age, burden_now, dt, rate, to, source, frailty, C, ALPHA, BETA, 1.5)
    assert lived <= most * (1 + 1e-9) + 1e-300
