"""Exponential integrals and Markov transition matrices, compared with SciPy and with quadrature."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, linalg
from scipy import special as reference

import special_reference
from briarpatch.world import special


@pytest.mark.parametrize("x", [1e-300, 1e-10, 0.1, 0.5, 0.999, 1.0, 1.001, 2.0, 10.0, 100.0, 700.0])
def test_e1_equals_scipy(x):
    assert special.e1(x) == pytest.approx(reference.exp1(x), rel=1e-13)


@pytest.mark.parametrize("x", [0.01, 0.9, 1.1, 5.0, 50.0])
def test_e1_scaled_is_e1_times_the_exponential(x):
    assert special.e1_scaled(x) == pytest.approx(math.exp(x) * reference.exp1(x), rel=1e-13)


def test_e1_scaled_far_out_follows_its_asymptote():
    assert special.e1_scaled(1e8) == pytest.approx(1e-8 - 1e-16, rel=1e-14)


@pytest.mark.parametrize("x", [-700.0, -30.0, -1.0, -0.2, 1e-10, 0.2, 1.0, 5.0, 20.0, 39.9, 40.1, 100.0, 700.0])
def test_ei_equals_scipy(x):
    assert special_reference.ei(x) == pytest.approx(reference.expi(x), rel=2e-13)


def test_ends_of_the_exponential_integrals():
    assert special.e1(0.0) == math.inf
    assert special.e1(math.inf) == 0.0
    assert special_reference.ei(0.0) == -math.inf
    assert special_reference.ei(math.inf) == math.inf
    assert special_reference.ei(-math.inf) == 0.0


@pytest.mark.parametrize("x", [-300.0, -40.0, -3.0, -1.0, -0.1, 0.0, 0.1, 1.0, 3.0, 45.0, 300.0])
@pytest.mark.parametrize("decay", [1e-12, 1e-4, 0.03, 0.7, 4.0, 9.0])
def test_exp_of_relaxing_equals_quadrature(x, decay):
    """Gauss-Legendre on 400 short pieces is exact to rounding here."""
    nodes, weights = np.polynomial.legendre.leggauss(10)
    edges = np.linspace(0.0, decay, 2001)
    s = 0.5 * (edges[1:] + edges[:-1])[:, None] + 0.5 * (decay / 2000) * nodes
    expected = float(np.sum(np.exp(0.5 + x * np.expm1(-s)) * weights) * 0.5 * decay / 2000)
    assert special.exp_of_relaxing(0.5, x, decay) == pytest.approx(expected, rel=1e-11)


def test_exp_of_relaxing_equals_the_difference_of_ei():
    x, decay = 4.2, 1.3
    expected = math.exp(-x) * (reference.expi(x) - reference.expi(x * math.exp(-decay)))
    assert special.exp_of_relaxing(0.0, x, decay) == pytest.approx(expected, rel=1e-12)


def test_exp_of_relaxing_tends_to_a_linear_exponent():
    """x e^-s with s tiny and x huge: the exponent is then linear in s, whatever the size of x."""
    for x in (-1e200, -1e12, 1e12, 1e200):
        total = special.exp_of_relaxing(0.0, x, 2.0 / abs(x)) * abs(x)
        assert total == pytest.approx(1 - math.exp(-2) if x > 0 else math.exp(2) - 1, rel=1e-11)


@pytest.mark.parametrize("low", [0.0, 1e-9, 0.3, 2.0, 50.0])
@pytest.mark.parametrize("ratio", [1.0, 1.0 + 1e-6, 2.0, 40.0])
def test_e1_difference_equals_quadrature(low, ratio):
    top = math.log(ratio)
    expected = integrate.quad(lambda s: math.exp(-low * math.exp(s)), 0.0, top, epsrel=1e-12, epsabs=0.0)[0]
    assert special.e1_difference(low, top) == pytest.approx(expected, rel=1e-10)


def test_e1_difference_at_its_ends():
    assert special.e1_difference(3.0, 0.0) == 0.0
    assert special.e1_difference(3.0, 800.0) == special.e1(3.0)
    assert special.e1_difference(0.0, math.inf) == math.inf
    assert special.e1_difference(math.inf, 1.0) == 0.0


def transition(rates, dt):
    rates = np.asarray(rates, dtype=float)
    out = np.full(rates.shape, np.nan)
    special_reference.markov_transition(rates, dt, out, np.full((2, *rates.shape), np.nan))
    return out


def generator(rates):
    q = np.array(rates, dtype=float)
    np.fill_diagonal(q, 0.0)
    np.fill_diagonal(q, -q.sum(axis=1))
    return q


@given(st.integers(1, 6), st.integers(0, 2**32 - 1), st.sampled_from([0.0, 1e-6, 0.2, 1.0, 30.0, 1000.0]))
@settings(deadline=None, max_examples=40)
def test_markov_transition_equals_scipy(n, seed, dt):
    rates = np.random.default_rng(seed).exponential(size=(n, n))
    got = transition(rates, dt)
    assert got == pytest.approx(linalg.expm(generator(rates) * dt), rel=1e-9, abs=1e-12)
    assert got.sum(axis=1) == pytest.approx(1.0, rel=1e-14)
    assert got.min() >= 0.0


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=20)
def test_markov_transition_of_two_halves_is_that_of_the_whole(seed):
    rates = np.random.default_rng(seed).exponential(size=(4, 4))
    half = transition(rates, 0.8)
    assert half @ half == pytest.approx(transition(rates, 1.6), rel=1e-12)


def test_markov_transition_keeps_a_slow_rate_beside_a_fast_one():
    """States 0 and 1 swap at 1e9 /s; from either, 2 is reached at 1e-9 /s: in 5 s with probability 5e-9."""
    got = transition([[0, 1e9, 1e-9], [1e9, 0, 1e-9], [0, 0, 0]], 5.0)
    assert got[0, 2] == pytest.approx(-math.expm1(-5e-9), rel=1e-6)
    assert got[0, 0] == pytest.approx(0.5, rel=1e-8)


def test_markov_transition_at_its_edges():
    assert transition([[0.0, 0.0], [0.0, 0.0]], 7.0).tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert transition([[0.0, math.inf], [0.0, 0.0]], 0.0).tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert transition([[0.0, math.inf], [0.0, 0.0]], 1.0) == pytest.approx(np.array([[0.0, 1.0], [0.0, 1.0]]))
    third = transition([[0, math.inf, math.inf], [0, 0, 0], [0, 0, 0]], 1.0)
    assert third[0] == pytest.approx([0.0, 0.5, 0.5])
    assert transition([[0.0, 2.0], [1.0, 0.0]], math.inf)[0] == pytest.approx([1 / 3, 2 / 3])
    assert transition(np.zeros((0, 0)), 1.0).shape == (0, 0)


def test_power_and_exp_do_not_overflow():
    assert special.exp(1e6) == math.inf
    assert special.exp(-1e6) == 0.0
    assert special.power(0.0, 2.0) == 0.0
    assert special.power(math.inf, 2.0) == math.inf
    assert special.power(1e200, 3.0) == math.inf
    assert special.power(1.7, 2.5) == pytest.approx(1.7**2.5, rel=1e-15)
