"""Distributions that a scenario may draw from, each by its quantile function: one number in (0, 1) gives one value.

The quantile function grows with that number and moves with every parameter, so worlds that share their luck and differ in
a parameter stay as alike as they can (inversion; Devroye 1986). Gamma and normal quantiles are those of `chance`; the beta
distribution is inverted by bisection on its distribution function, a continued fraction (Lentz's method; Press et al. 2007,
section 6.4). Counts are the smallest whose distribution function reaches the number.
"""

from __future__ import annotations

import math

from . import draws, machine, states
from .alike import log_gamma
from .chance import gamma_beyond, gamma_quantile, lognormal_beyond, lognormal_quantile, normal_quantile
from .compiled import kernel
from .diffusion import normal_cdf

(
    FIXED,
    GAMMA,
    LOGNORMAL,
    LOGNORMAL_BY_MEAN,
    NORMAL,
    UNIFORM,
    TRIANGULAR,
    PERT,
    WEIBULL,
    POISSON,
    NEGATIVE_BINOMIAL,
    ROWS,
) = range(12)
"""The kinds of distributions. GAMMA has a mean and a shape, and so is exponential and Erlang's too; ROWS is a table."""

_MOST_HALVINGS = 200
_TINY = 1e-300
_ALMOST_ONE = 1.0 - 2.0**-53
_MOST_COUNTED = 1e15
"""The largest mean of a count that is drawn; beyond, single ones are lost in rounding."""


@kernel
def draw(program, world, number, u, now):
    """Return the length of time with quantile `u` of row `number` of `draws`, its parameters as they are now."""
    return draw_beyond(program, world, number, u, 0.0, now)


@kernel
def draw_beyond(program, world, number, u, least, now):
    """Return the length of time with quantile `u`, given that it is more than `least`; what is fixed stays as it is.

    One that is undefined breaks the world.
    """
    law = program.draws[number]
    a, b = parameter(program, world, law.a, law.code_a, now), parameter(program, world, law.b, law.code_b, now)
    c, d = parameter(program, world, law.c, law.code_c, now), parameter(program, world, law.d, law.code_d, now)
    if math.isnan(a + b + c + d):
        return _fit(world, math.nan, least)
    if law.kind == FIXED or least <= 0.0:
        return _fit(world, quantile(program, number, a, b, c, d, u), 0.0)
    if law.kind == GAMMA:
        return _fit(world, a / b * gamma_beyond(u, b, least / (a / b)) if a > 0.0 and b > 0.0 else a, least)
    if law.kind == LOGNORMAL:
        return _fit(world, lognormal_beyond(u, a, b, least) if a > 0.0 else a, least)
    low, high = 0.0, 1.0  # the probability of at most `least`
    for _ in range(_MOST_HALVINGS):
        middle = 0.5 * (low + high)
        if middle <= low or middle >= high:
            break
        if quantile(program, number, a, b, c, d, middle) > least:
            high = middle
        else:
            low = middle
    return _fit(world, quantile(program, number, a, b, c, d, min(high + u * (1.0 - high), _ALMOST_ONE)), least)


@kernel
def _fit(world, value, least):
    """Return a value as a length of time, at least so long; one that is undefined breaks the world."""
    if math.isnan(value):
        world.state[0].broken = states.NUMBER_GUARD
        return math.inf
    return max(value, least)


@kernel
def varies(program, number):
    """Return whether a distribution is spread at all."""
    return program.draws[number].kind != FIXED


@kernel
def parameter(program, world, constant, code, now):
    """Return a number that is a constant or the value of an expression now."""
    return machine.value_of(program, world, code, now) if code >= 0 else constant


@kernel
def quantile(program, number, a, b, c, d, u):
    """Return the value with quantile `u` of a distribution of the kind and with the rows of `number`."""
    law = program.draws[number]
    kind = law.kind
    if kind == FIXED:
        return a
    if kind == GAMMA:
        return a / b * gamma_quantile(u, b) if a > 0.0 and b > 0.0 else a
    if kind == LOGNORMAL:
        return lognormal_quantile(u, a, b)
    if kind == LOGNORMAL_BY_MEAN:
        median, sigma = lognormal_of(a, b)
        return lognormal_quantile(u, median, sigma)
    if kind == NORMAL:
        return normal_between(u, a, b, c, d)
    if kind == UNIFORM:
        return a + u * (b - a)
    if kind == TRIANGULAR:
        return triangular_quantile(u, a, b, c)
    if kind == PERT:
        return pert_quantile(u, a, b, c)
    if kind == WEIBULL:
        return a * math.exp(math.log(-math.log1p(-u)) / b) if b > 0.0 else math.nan
    if kind == POISSON:
        return b * draws.poisson(u, a) if a < _MOST_COUNTED else math.nan
    if kind == NEGATIVE_BINOMIAL:
        return c * negative_binomial_quantile(u, a, b) if a < _MOST_COUNTED and b > 0.0 else math.nan
    low, high = law.first, law.first + law.count - 1
    for _ in range(64):
        if low >= high:
            break
        middle = (low + high) // 2
        if program.draw_rows[middle].below >= u:
            high = middle
        else:
            low = middle + 1
    return program.draw_rows[low].value


@kernel
def normal_between(u, mean, sd, least, most):
    """Return the quantile of a normal variable given that it lies between `least` and `most`."""
    if sd <= 0.0:
        return min(max(mean, least), most)
    low, high = (least - mean) / sd, (most - mean) / sd
    if low > 0.0:  # in the upper tail, reckon from above, where differences keep their digits
        first, last = normal_cdf(-low), normal_cdf(-high)
        p = first + u * (last - first)
        z = -normal_quantile(p) if p > 0.0 else low
    else:
        first, last = normal_cdf(low), normal_cdf(high)
        p = first + u * (last - first)
        z = normal_quantile(p) if 0.0 < p < 1.0 else high if p >= 1.0 else low
    return min(max(mean + sd * z, least), most)


@kernel
def triangular_quantile(u, least, mode, most):
    """Return the quantile of the triangular distribution; a mode that is not between the ends is held at the nearer."""
    wide = most - least
    if wide <= 0.0:
        return least
    mode = min(max(mode, least), most)
    if u * wide < mode - least:
        return least + math.sqrt(u * wide * (mode - least))
    return most - math.sqrt((1.0 - u) * wide * (most - mode))


@kernel
def pert_quantile(u, least, mode, most):
    """Return the quantile of the PERT distribution: beta between two ends, its mode weighing four (Malcolm et al. 1959).

    A mode that is not between the ends is held at the nearer.
    """
    wide = most - least
    if wide <= 0.0:
        return least
    mode = min(max(mode, least), most)
    one, other = 1.0 + 4.0 * (mode - least) / wide, 1.0 + 4.0 * (most - mode) / wide
    return least + wide * beta_quantile(u, one, other)


@kernel
def beta_below(x, a, b):
    """Return the regularised incomplete beta function I_x(a, b): the probability that a beta variable is at most x."""
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    front = math.exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1.0) / (a + b + 2.0):
        return front * _beta_fraction(x, a, b) / a
    return 1.0 - front * _beta_fraction(1.0 - x, b, a) / b


@kernel
def _beta_fraction(x, a, b):
    c, d = 1.0, 1.0 - (a + b) * x / (a + 1.0)
    d = 1.0 / (_TINY if abs(d) < _TINY else d)
    total = d
    for m in range(1, 100_000):
        for turn in range(2):
            if turn == 0:
                step = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
            else:
                step = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
            d = 1.0 + step * d
            d = 1.0 / (_TINY if abs(d) < _TINY else d)
            c = 1.0 + step / c
            c = _TINY if abs(c) < _TINY else c
            total *= d * c
        if abs(d * c - 1.0) < 1e-16:
            break
    return total


@kernel
def beta_quantile(u, a, b):
    """Return the quantile of the beta distribution, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(_MOST_HALVINGS):
        middle = 0.5 * (low + high)
        if middle <= low or middle >= high:
            break
        if beta_below(middle, a, b) < u:
            low = middle
        else:
            high = middle
    return high


@kernel
def negative_binomial_quantile(u, mean, k):
    """Return the smallest count that a negative binomial variable of a mean and dispersion k does not exceed with `u`."""
    if mean <= 0.0:
        return 0.0
    p = k / (k + mean)
    low, high = -1.0, max(8.0, mean)
    for _ in range(64):
        if beta_below(p, k, high + 1.0) >= u:
            break
        low, high = high, 2.0 * high
    low, high = math.floor(low), math.floor(high) + 1.0
    for _ in range(_MOST_HALVINGS):
        if high - low <= 1.0:
            break
        middle = math.floor(0.5 * (low + high))
        if beta_below(p, k, middle + 1.0) >= u:
            high = middle
        else:
            low = middle
    return high


@kernel
def lognormal_of(mean, sd):
    """Return (median, sigma) of the lognormal distribution with a mean and a standard deviation."""
    variance = math.log1p((sd / mean) * (sd / mean)) if mean > 0.0 else 0.0
    return mean * math.exp(-0.5 * variance), math.sqrt(variance)
