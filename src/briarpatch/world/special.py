"""Special functions that mechanisms need: exponential integrals and the transition matrix of a Markov chain.

Sources: Abramowitz and Stegun 1964, chapter 5 (exponential integrals); Jensen 1953 (uniformisation); Moler
and Van Loan 2003, doi 10.1137/S00361445024180 (scaling and squaring). The tests compare each with SciPy.
"""

from __future__ import annotations

import math

from .compiled import kernel

EULER_GAMMA = 0.57721566490153286061
_LARGEST_EXPONENT = 709.78
_LARGEST_RATE = 1e250
_LONGEST_STEP = 1e200
_MOST_DOUBLINGS = 1100  # after so many, any number is nothing


@kernel
def exp(x):
    """Return e^x, and infinity where that is too large for a float."""
    return math.inf if x > _LARGEST_EXPONENT else math.exp(x)


@kernel
def power(x, y):
    """Return x^y for x >= 0 and y > 0, and infinity where that is too large for a float."""
    if x <= 0.0:
        return 0.0
    if math.isinf(x):
        return math.inf
    if abs(y * math.log(x)) > 700.0:
        return exp(y * math.log(x))
    return x**y


@kernel
def ein(x, decay):
    """Return the integral of exp(x e^-s) over s from 0 to `decay`, for |x| <= 1, by its power series.

    It equals Ei(x) - Ei(x e^-decay), without the logarithmic singularity at x = 0.
    """
    total = decay
    term = 1.0
    for n in range(1, 40):
        term *= x / n
        part = -term * math.expm1(-n * decay) / n
        total += part
        if abs(part) <= 1e-17 * abs(total):
            break
    return total


@kernel
def e1_scaled(x):
    """Return e^x E1(x) for x >= 0: power series up to 1, above it the continued fraction (Lentz)."""
    if x <= 0.0:
        return math.inf
    if math.isinf(x):
        return 0.0
    if x <= 1.0:
        total = -EULER_GAMMA - math.log(x)
        term = -1.0
        for n in range(1, 40):
            term *= -x / n
            total += term / n
            if abs(term) < 1e-18:
                break
        return math.exp(x) * total
    b = x + 1.0
    c = 1e300
    d = 1.0 / b
    h = d
    for i in range(1, 500):
        an = -float(i) * i
        b += 2.0
        d = 1.0 / (an * d + b)
        c = b + an / c
        delta = c * d
        h *= delta
        if abs(delta - 1.0) < 1e-16:
            break
    return h


@kernel
def e1(x):
    """Return the exponential integral E1(x), the integral of e^-t / t from x to infinity, for x >= 0."""
    if x <= 0.0:
        return math.inf
    return math.exp(-x) * e1_scaled(x)


@kernel
def ei_scaled(x):
    """Return e^-x Ei(x) for real x: series up to 40, then the asymptotic expansion to its smallest term."""
    if x == 0.0:
        return -math.inf
    if x < 0.0:
        return -e1_scaled(-x)
    if math.isinf(x):
        return 0.0
    if x <= 40.0:
        total = EULER_GAMMA + math.log(x)
        term = 1.0
        for n in range(1, 500):
            term *= x / n
            total += term / n
            if term / n < 1e-17 * abs(total):
                break
        return math.exp(-x) * total
    total = 1.0
    term = 1.0
    for n in range(1, 500):
        if n > x:
            break
        term *= n / x
        total += term
        if term < 1e-17 * total:
            break
    return total / x


@kernel
def exp_of_relaxing(start, x, decay):
    """Return the integral of exp(start + x (e^-s - 1)) over s from 0 to `decay`, for finite `decay`.

    This is exp(start - x) [Ei(x) - Ei(x e^-decay)], the integral of the exponential of something that relaxes
    from `start` to `start - x`, without the cancellation, the singularity at x = 0 or a needless overflow.
    """
    if decay <= 0.0:
        return 0.0
    if start > _LARGEST_EXPONENT:
        return math.inf
    if abs(x) <= 1.0:
        return exp(start - x) * ein(x, decay)
    # First from x to no nearer than 1 to the singularity, then the rest by its series.
    near = min(decay, math.log(abs(x)))
    drop = -x * math.expm1(-near)
    if abs(drop) < 0.1:
        # Five-point Gauss-Legendre rule on the integral of e^-v / (x - v): exact to rounding on this range.
        total = 0.0
        for node, weight in (
            (0.046910077030668004, 0.118463442528094544),
            (0.230765344947158454, 0.239314335249683234),
            (0.5, 0.284444444444444444),
            (0.769234655052841546, 0.239314335249683234),
            (0.953089922969331996, 0.118463442528094544),
        ):
            total += weight * math.exp(-node * drop) / (x - node * drop)
        first = exp(start) * drop * total
    else:
        later = exp(start - drop)
        first = exp(start) * ei_scaled(x)
        if later > 0.0:
            first -= later * ei_scaled(x - drop)
    if decay <= near:
        return first
    sign = 1.0 if x > 0.0 else -1.0
    return first + exp(start - drop - sign) * ein(sign, decay - near)


@kernel
def e1_difference(low, log_ratio):
    """Return E1(low) - E1(high) with high = low e^log_ratio; the logarithm itself when `low` is 0."""
    if log_ratio <= 0.0 or math.isinf(low):
        return 0.0
    if math.isinf(log_ratio):
        return math.inf
    high = low * exp(log_ratio)
    if math.isinf(high):
        return e1(low)
    return exp_of_relaxing(-high, -high, log_ratio)


@kernel
def square(matrix, out):
    """Write the square of a transition `matrix` [n, n] into `out` [n, n], each row summing to 1."""
    n = len(matrix)
    for i in range(n):
        off = 0.0
        for j in range(n):
            value = 0.0
            for k in range(n):
                value += matrix[i, k] * matrix[k, j]
            out[i, j] = value
            if j != i:
                off += value
        if off < 0.5:
            out[i, i] = 1.0 - off  # keeps a slow exit exact beside a fast one elsewhere
        else:
            total = off + out[i, i]
            for j in range(n):
                out[i, j] /= total
