"""Counts drawn by inversion: how many of n, and how many that come by themselves, as quantiles of one number in (0, 1).

A quantile is monotone in n and in the chance, so two worlds that share their luck and differ in a rate stay as alike as
they can; a rejection method would scatter them. Where u is nearer to 1 than a sum of probabilities can come, it is the count
beyond which they add nothing. It is found from the expansion of Cornish and Fisher 1938, one tail that
is summed, and a walk along the probabilities, which are those of Loader 2000 (saddle points, to the last digits).
"""

from __future__ import annotations

import math

from .alike import log_gamma
from .chance import normal_quantile
from .compiled import kernel

_FEW = 16.0
"""Below this mean the probabilities are added up from the nearest end."""


@kernel
def binomial(u, n, p):
    """Return the quantile of `u` in (0, 1) of how many of `n` do what each does with chance `p`."""
    if n <= 0 or p <= 0.0:
        return 0
    if p >= 1.0:
        return n
    if n * p < _FEW:
        return _from_below(u, n, p)
    if n * (1.0 - p) < _FEW:
        return n - _from_below_of_rest(u, n, 1.0 - p)
    mean, sd, z = n * p, math.sqrt(n * p * (1.0 - p)), normal_quantile(u)
    k = int(min(max(mean + sd * z + (1.0 - 2.0 * p) * (z * z - 1.0) / 6.0, 0.0), float(n)))
    mass, odds = binomial_mass(k, n, p), p / (1.0 - p)
    if k <= mean:
        below, term, j = mass, mass, k
        while j > 0 and term > below * 1e-18:
            term *= j / ((n - j + 1) * odds)
            below += term
            j -= 1
    else:
        return _from_above(u, n, odds, k, mass)
    while k < n and below < u:
        mass *= (n - k) * odds / (k + 1)
        below += mass
        k += 1
    while k > 0 and below - mass >= u:
        below -= mass
        mass *= k / ((n - k + 1) * odds)
        k -= 1
    return k


@kernel
def _from_above(u, n, odds, k, mass):
    """Return the quantile near `k`, above the mean, whose probability is `mass`, by what lies above it."""
    above, term, j = 0.0, mass, k
    while j < n and (term > above * 1e-18 or j == k):
        term *= (n - j) * odds / (j + 1)
        above += term
        j += 1
    while k < n and above > 1.0 - u:
        mass *= (n - k) * odds / (k + 1)
        above -= mass
        k += 1
    while k > 0 and above + mass <= 1.0 - u:
        above += mass
        mass *= k / ((n - k + 1) * odds)
        k -= 1
    return k


@kernel
def _from_below(u, n, p):
    """Return the quantile by adding up from none; for a small mean."""
    mass, odds, k = math.exp(n * math.log1p(-p)), p / (1.0 - p), 0
    below = mass
    while below < u and k < n and below + mass > below:
        mass *= (n - k) * odds / (k + 1)
        below += mass
        k += 1
    return k


@kernel
def _from_below_of_rest(u, n, q):
    """Return how many do not, each with chance `q`, where those who do are the quantile of `u`; for a small mean."""
    mass, odds, k = math.exp(n * math.log1p(-q)), q / (1.0 - q), 0
    below = mass
    while below <= 1.0 - u and k < n and below + mass > below:
        mass *= (n - k) * odds / (k + 1)
        below += mass
        k += 1
    return k


@kernel
def poisson(u, mean):
    """Return the quantile of `u` in (0, 1) of a Poisson number."""
    if mean <= 0.0:
        return 0
    if mean < _FEW:
        mass, k = math.exp(-mean), 0
        below = mass
        while below < u and below + mass > below:
            k += 1
            mass *= mean / k
            below += mass
        return k
    z = normal_quantile(u)
    k = int(max(mean + math.sqrt(mean) * z + (z * z - 1.0) / 6.0, 0.0))
    mass = poisson_mass(k, mean)
    below, term, j = mass, mass, k
    while j > 0 and term > below * 1e-18:
        term *= j / mean
        below += term
        j -= 1
    while below < u and below + mass > below:
        k += 1
        mass *= mean / k
        below += mass
    while k > 0 and below - mass >= u:
        below -= mass
        mass *= k / mean
        k -= 1
    return k


@kernel
def binomial_mass(k, n, p):
    """Return the probability that `k` of `n` do what each does with chance `p` in (0, 1)."""
    q = 1.0 - p
    if k == 0:
        return math.exp(n * math.log1p(-p))
    if k == n:
        return math.exp(n * math.log(p))
    gap = _stirling(n) - _stirling(k) - _stirling(n - k) - _deviance(k, n * p) - _deviance(n - k, n * q)
    return math.exp(gap) * math.sqrt(n / (2.0 * math.pi * k * float(n - k)))


@kernel
def poisson_mass(k, mean):
    """Return the probability of `k` where `mean` are expected."""
    if k == 0:
        return math.exp(-mean)
    return math.exp(-_stirling(k) - _deviance(k, mean)) / math.sqrt(2.0 * math.pi * k)


@kernel
def _stirling(n):
    """Return ln n! less Stirling's approximation of it."""
    if n < 16:
        return log_gamma(n + 1.0) - ((n + 0.5) * math.log(n) - n + 0.5 * math.log(2.0 * math.pi))
    x = float(n) * n
    return (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - (1.0 / 1680.0 - 1.0 / 1188.0 / x) / x) / x) / x) / n


@kernel
def _deviance(x, mean):
    """Return x ln(x / mean) + mean - x without cancellation."""
    if abs(x - mean) < 0.1 * (x + mean):
        v = (x - mean) / (x + mean)
        total, term = (x - mean) * v, 2.0 * x * v
        for j in range(1, 1000):
            term *= v * v
            more = total + term / (2 * j + 1)
            if more == total:
                return more
            total = more
    return x * math.log(x / mean) + mean - x
