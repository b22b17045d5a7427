"""Chance is looked up, not drawn: a number is a pure function of (seed, stream, key, occurrence).

No random state exists anywhere. `u01` hashes its four integers with the finaliser of SplitMix64 (Steele, Lea and Flood
2014, doi 10.1145/2660193.2660195), so the order of calls, the number of threads and the presence of other entities
cannot change a draw. A *stream* is an explicit constant of this file, one for each purpose; a *key* stands for an
entity and is a digest of its name; an *occurrence* counts repetitions.

Distributions are drawn by their quantile function: one number in (0, 1) gives one value, monotonically, so that two
worlds that share their luck and differ in a parameter stay as alike as they can (common random numbers).
"""

from __future__ import annotations

import math

import numpy as np

from .alike import log_gamma
from .compiled import INTERPRETED, kernel

# Streams. Numbers are never reused and never renumbered: changing one changes everybody's luck. 3 and 27 are no more.
RULE = 1
DECISION = 2
DEATH = 4
DETECTION = 5
TAGGING = 6
HUNT_LOSS = 7
LOCK = 8
FIRE = 9
WITHDRAWAL = 10
LINK = 11
COUNCIL = 12
LETHALITY = 13
NOTICING = 16
DELIBERATION = 18
STAGE = 19
BOND = 20
MARCH = 21
CREATION = 22
PERSUASION = 23
EFFECT = 25
SEARCH = 26
FRESH = 28
JOINING = 29
UPRISING = 30
DEFECTION = 31

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_MOST_DOUBLINGS = 1100  # after so many, any number is infinite
_S30, _S27, _S31, _S12 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(12)

if INTERPRETED:
    _MASK = (1 << 64) - 1

    def mix(z):  # type: ignore[misc]
        """Return the SplitMix64 output of state `z`, a uint64 (Python integers, because NumPy scalars warn)."""
        z = (int(z) + int(_GOLDEN)) & _MASK
        z = ((z ^ (z >> 30)) * int(_FIRST)) & _MASK
        z = ((z ^ (z >> 27)) * int(_SECOND)) & _MASK
        return np.uint64(z ^ (z >> 31))

else:

    @kernel
    def mix(z):
        """Return the SplitMix64 output of state `z`, a uint64."""
        z = np.uint64(z) + _GOLDEN
        z = (z ^ (z >> _S30)) * _FIRST
        z = (z ^ (z >> _S27)) * _SECOND
        return z ^ (z >> _S31)


@kernel
def hash4(seed, stream, key, occurrence):
    """Return 64 well-mixed bits for four integers."""
    bits = mix(np.uint64(seed))
    bits = mix(bits ^ mix(np.uint64(stream)))
    bits = mix(bits ^ mix(np.uint64(key)))
    return mix(bits ^ mix(np.uint64(occurrence)))


@kernel
def unit(bits):
    """Return 64 `bits` as a number of the open interval (0, 1): the middle of one of 2^52 cells, exactly.

    With 53 bits the highest middle, 1 - 2^-54, is no float and would round to 1.
    """
    return (float(bits >> _S12) + 0.5) * 2.0**-52


@kernel
def u01(seed, stream, key, occurrence):
    """Return a number uniform on the open interval (0, 1): never 0 and never 1."""
    return unit(hash4(seed, stream, key, occurrence))


@kernel
def pair_key(first, second):
    """Return one key for an ordered pair of keys."""
    return mix(mix(np.uint64(first)) ^ np.uint64(second))


@kernel
def exponential(seed, stream, key, occurrence):
    """Return a draw from Exp(1)."""
    return -math.log(u01(seed, stream, key, occurrence))


@kernel
def choose(u, weights):
    """Return the index drawn with probability proportional to `weights` [n], by inversion of `u` in (0, 1)."""
    total = 0.0
    for w in weights:
        total += w
    left = u * total
    last = -1
    for i in range(len(weights)):
        if weights[i] > 0.0:
            last = i
            left -= weights[i]
            if left < 0.0:
                return i
    return last


@kernel
def normal_quantile(u):
    """Return the standard normal quantile of `u` in (0, 1): Wichura 1988, algorithm AS 241 (PPND16), to 1e-16."""
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        num = 2.5090809287301226727e3
        for c in (
            3.3430575583588128105e4,
            6.7265770927008700853e4,
            4.5921953931549871457e4,
            1.3731693765509461125e4,
            1.9715909503065514427e3,
            1.3314166789178437745e2,
            3.3871328727963666080e0,
        ):
            num = num * r + c
        den = 5.2264952788528545610e3
        for c in (
            2.8729085735721942674e4,
            3.9307895800092710610e4,
            2.1213794301586595867e4,
            5.3941960214247511077e3,
            6.8718700749205790830e2,
            4.2313330701600911252e1,
            1.0,
        ):
            den = den * r + c
        return q * num / den
    r = u if q < 0.0 else 1.0 - u
    r = math.sqrt(-math.log(r))
    if r <= 5.0:
        r -= 1.6
        num = 7.74545014278341407640e-4
        for c in (
            2.27238449892691845833e-2,
            2.41780725177450611770e-1,
            1.27045825245236838258e0,
            3.64784832476320460504e0,
            5.76949722146069140550e0,
            4.63033784615654529590e0,
            1.42343711074968357734e0,
        ):
            num = num * r + c
        den = 1.05075007164441684324e-9
        for c in (
            5.47593808499534494600e-4,
            1.51986665636164571966e-2,
            1.48103976427480074590e-1,
            6.89767334985100004550e-1,
            1.67638483018380384940e0,
            2.05319162663775882187e0,
            1.0,
        ):
            den = den * r + c
    else:
        r -= 5.0
        num = 2.01033439929228813265e-7
        for c in (
            2.71155556874348757815e-5,
            1.24266094738807843860e-3,
            2.65321895265761230930e-2,
            2.96560571828504891230e-1,
            1.78482653991729133580e0,
            5.46378491116411436990e0,
            6.65790464350110377720e0,
        ):
            num = num * r + c
        den = 2.04426310338993978564e-15
        for c in (
            1.42151175831644588870e-7,
            1.84631831751005468180e-5,
            7.86869131145613259100e-4,
            1.48753612908506148525e-2,
            1.36929880922735805310e-1,
            5.99832206555887937690e-1,
            1.0,
        ):
            den = den * r + c
    value = num / den
    return -value if q < 0.0 else value


@kernel
def lognormal_quantile(u, median, sigma):
    """Return the lognormal quantile of `u`, with the distribution's `median` and the logarithm's deviation `sigma`."""
    return median * math.exp(sigma * normal_quantile(u))


@kernel
def gamma_upper(shape, x):
    """Return the regularised upper incomplete gamma function Q(shape, x): series below shape + 1, else Lentz's fraction."""
    if x <= 0.0:
        return 1.0
    if math.isinf(x):
        return 0.0
    scale = math.exp(shape * math.log(x) - x - log_gamma(shape))
    if x < shape + 1.0:
        term = 1.0 / shape
        total = term
        a = shape
        for _ in range(1000):
            a += 1.0
            term *= x / a
            total += term
            if term < total * 1e-17:
                break
        return 1.0 - total * scale
    b = x + 1.0 - shape
    c = 1e300
    d = 1.0 / b
    h = d
    for i in range(1, 1000):
        an = -i * (i - shape)
        b += 2.0
        d = an * d + b
        d = 1e-300 if abs(d) < 1e-300 else d
        c = b + an / c
        c = 1e-300 if abs(c) < 1e-300 else c
        d = 1.0 / d
        delta = d * c
        h *= delta
        if abs(delta - 1.0) < 1e-16:
            break
    return h * scale


@kernel
def gamma_quantile(u, shape):
    """Return the quantile of Gamma(shape, 1) at `u` in (0, 1): bisection on the survival function, safeguarded."""
    if shape == 1.0:
        return -math.log1p(-u)
    low = 0.0
    high = shape + 1.0
    for _ in range(_MOST_DOUBLINGS):
        if not 1.0 - gamma_upper(shape, high) < u:
            break
        low = high
        high *= 2.0
    x = 0.5 * (low + high)
    for _ in range(200):
        survival = gamma_upper(shape, x)
        if 1.0 - survival < u:
            low = x
        else:
            high = x
        density = math.exp((shape - 1.0) * math.log(x) - x - log_gamma(shape))
        nxt = x + (u - (1.0 - survival)) / density if density > 0.0 else -1.0
        if not low < nxt < high:
            nxt = 0.5 * (low + high)
        if abs(nxt - x) <= 1e-14 * x:
            return nxt
        x = nxt
    return x


@kernel
def lognormal_beyond(u, median, sigma, least):
    """Return the quantile of `u` of a lognormal variable given that it exceeds `least`; at sigma 0 it is the median."""
    if least <= 0.0:
        return lognormal_quantile(u, median, sigma)
    if sigma <= 0.0:
        return max(median, least)
    survives = 0.5 * math.erfc(math.log(least / median) / (sigma * math.sqrt(2.0)))
    rest = survives * (1.0 - u)
    return max(least, median * math.exp(-sigma * normal_quantile(rest))) if rest > 0.0 else least


@kernel
def gamma_beyond(u, shape, least):
    """Return the quantile of `u` of a Gamma(shape, 1) variable given that it exceeds `least`.

    Bisection on the survival function, whose tail keeps its relative precision.
    """
    if least <= 0.0:
        return gamma_quantile(u, shape)
    if shape == 1.0:
        return least - math.log1p(-u)
    rest = gamma_upper(shape, least) * (1.0 - u)
    if rest <= 0.0:  # beyond 1e-308 the tail is exponential to every digit
        return least - math.log1p(-u)
    low, span = least, 1.0
    while gamma_upper(shape, low + span) > rest:
        low += span
        span *= 2.0
    high = low + span
    while high - low > 1e-14 * high:
        middle = 0.5 * (low + high)
        if middle <= low or middle >= high:
            break
        if gamma_upper(shape, middle) > rest:
            low = middle
        else:
            high = middle
    return high


@kernel
def duration(u, shape, scale):
    """Return a duration with quantile `u`: Gamma(shape, scale), or exactly `scale` when `shape` is 0 (deterministic)."""
    if shape == 0.0:
        return scale
    return scale * gamma_quantile(u, shape)
