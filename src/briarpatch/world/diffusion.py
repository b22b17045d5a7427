"""Brownian motion with drift between two absorbing barriers: weighing evidence, or deliberating, until one is
reached.

Two ways to the same law. `walk_between` moves the present value through one step, so that the drift may
change from step to step; `hit_between` draws side and time at once, for a drift that never changes. The walk
tests each barrier with the Brownian bridge in sub-steps of at most a^2 / (16 sigma^2), a being half the
distance of the barriers, and draws the moment of crossing from the bridge's own law; what it neglects is that
both barriers are reached within one sub-step, which takes eight standard deviations.

Sources: Ratcliff 1978; Cox and Miller 1965 for the series; Broadie, Glasserman and Kou 1997 (doi
10.1111/1467-9965.00035) for what goes wrong without the bridge; Michael, Schucany and Haas 1976 for the
inverse Gaussian draw. Oracles: O-10.2, O-11.4, O-11.5.
"""

from __future__ import annotations

import math

from .chance import normal_quantile, u01
from .compiled import kernel
from .processes import barrier_step, bridge_crossed

_SQRT2 = math.sqrt(2.0)
_SQRT2PI = math.sqrt(2.0 * math.pi)
_SERIES_FROM = 0.2
_TERMS = 40
_MOST_PIECES = 100_000  # of a step; each crosses a barrier with a good chance, so nobody is left before that


@kernel
def normal_cdf(x):
    """Return the standard normal distribution function at `x`."""
    return 0.5 * math.erfc(-x / _SQRT2)


@kernel
def inverse_gaussian(u, z, mean, shape):
    """Return a draw of the inverse Gaussian law from `u` in (0, 1) and a standard normal `z`.

    An infinite `mean` gives the first passage of a motion without drift. Michael, Schucany and Haas 1976.
    """
    y = z * z
    if math.isinf(mean):
        return shape / y if y > 0.0 else math.inf
    if shape <= 0.0 or mean <= 0.0:
        return 0.0
    w = 0.5 * mean * y / shape
    ratio = 1.0 + w + math.sqrt(2.0 * w + w * w)
    if u * (1.0 + 1.0 / ratio) <= 1.0:
        return mean / ratio
    return mean * ratio


@kernel
def bridge_time(u, z, before, after, variance, dt):
    """Return when, within `dt`, a bridge known to touch a barrier first did; distances `before` and `after`
    from it.

    With t = dt Y / (1 + Y), Y is inverse Gaussian with mean before / after and shape before^2 / variance.
    """
    if variance <= 0.0:
        return dt * before / (before + after) if before > 0.0 else 0.0
    mean = before / after if after > 0.0 else math.inf
    y = inverse_gaussian(u, z, mean, before * before / variance)
    return dt if math.isinf(y) else dt * y / (1.0 + y)


@kernel
def walk_between(x, low, high, drift, sigma, dt, seed, stream, key, occurrence):
    """Move `x` for `dt` [s] or until it reaches `low` or `high`; return (side, time, x, occurrence).

    `drift` is per second and `sigma` per square root of a second. `side` is 1 (high), -1 (low) or 0 (not yet)
    and `time` is the time spent, so dt when nothing was reached. `occurrence` counts draws: pass back what is
    returned.
    """
    if x >= high:
        return 1, 0.0, x, occurrence
    if x <= low:
        return -1, 0.0, x, occurrence
    if dt <= 0.0:
        return 0, 0.0, x, occurrence
    if math.isinf(drift):
        return (1, 0.0, high, occurrence) if drift > 0.0 else (-1, 0.0, low, occurrence)
    if sigma <= 0.0:
        if drift > 0.0 and x + drift * dt >= high:
            return 1, min((high - x) / drift, dt), high, occurrence
        if drift < 0.0 and x + drift * dt <= low:
            return -1, min((low - x) / drift, dt), low, occurrence
        return 0, dt, x + drift * dt, occurrence
    longest = barrier_step(0.5 * (high - low), sigma)
    left = dt
    for _ in range(_MOST_PIECES):
        h = min(longest, left)
        if h <= 1e-12 * dt:
            break
        variance = sigma * sigma * h
        to = x + drift * h + math.sqrt(variance) * normal_quantile(u01(seed, stream, key, occurrence))
        u = u01(seed, stream, key, occurrence + 1)
        occurrence += 2
        barrier = math.nan
        if bridge_crossed(u, x, to, high, variance):
            barrier = high
        elif bridge_crossed(1.0 - u, x, to, low, variance):
            barrier = low
        if not math.isnan(barrier):
            z = normal_quantile(u01(seed, stream, key, occurrence))
            u = u01(seed, stream, key, occurrence + 1)
            t = bridge_time(u, z, abs(barrier - x), abs(to - barrier), variance, h)
            side = 1 if barrier == high else -1
            return side, min(dt - left + t, dt), barrier, occurrence + 2
        x = to
        left -= h
    return 0, dt, x, occurrence


@kernel
def upper_probability(drift, sigma, up, width):
    """Return the probability of reaching the barrier `up` above before the one `width - up` below, given for
    ever.

    (1 - exp(-2 v b / s^2)) / (1 - exp(-2 v w / s^2)) with b the distance to the lower barrier; b / w without
    drift.
    """
    if up <= 0.0:
        return 1.0
    down = width - up
    if down <= 0.0:
        return 0.0
    if sigma <= 0.0 or math.isinf(drift):
        return 1.0 if drift > 0.0 else 0.0
    k = 2.0 * drift / (sigma * sigma)
    if abs(k * width) < 1e-12:
        return down / width
    if k > 0.0:
        return math.expm1(-k * down) / math.expm1(-k * width)
    return math.exp(k * up) * math.expm1(k * down) / math.expm1(k * width)


@kernel
def _tail(exponent, x):
    """Return exp(exponent) times the normal distribution function at `x`, also far in the tail."""
    if x < -25.0:
        q = 1.0 / (x * x)
        return math.exp(exponent - 0.5 * x * x) / (-x * _SQRT2PI) * (1.0 - q * (1.0 - 3.0 * q * (1.0 - 5.0 * q)))
    return math.exp(exponent) * normal_cdf(x)


@kernel
def upper_by(drift, sigma, up, width, t):
    """Return the probability that the barrier `up` above is reached by `t`, and not the lower one before it.

    Late times use the Fourier series P - sum c_k / l_k exp(-l_k t), early ones the images of the starting
    point; they meet where sigma^2 t = 0.2 width^2, where both are good to rounding (Cox and Miller 1965;
    Feller 1968).
    """
    if up <= 0.0:
        return 1.0
    if up >= width or t <= 0.0:
        return 0.0
    if math.isinf(drift):
        return 1.0 if drift > 0.0 else 0.0
    if sigma <= 0.0:
        return 1.0 if drift * t >= up else 0.0
    s2 = sigma * sigma
    if math.isinf(t):
        return upper_probability(drift, sigma, up, width)
    if s2 * t < _SERIES_FROM * width * width:
        root = sigma * math.sqrt(t)
        total = 0.0
        for n in range(-5, 6):
            d = up + 2.0 * n * width
            r = abs(d)
            term = _tail(drift * (up - r) / s2, (drift * t - r) / root)
            term += _tail(drift * (up + r) / s2, (-drift * t - r) / root)
            total += term if d > 0.0 else -term
        return min(max(total, 0.0), 1.0)
    total = upper_probability(drift, sigma, up, width)
    for k in range(1, _TERMS):
        wave = k * math.pi * sigma / width
        rate = 0.5 * drift * drift / s2 + 0.5 * wave * wave
        size = math.exp(drift * up / s2 - rate * t)
        total -= math.pi * s2 / (width * width) * size * k * math.sin(k * math.pi * up / width) / rate
        if size * k < 1e-18 * rate:
            break
    return min(max(total, 0.0), 1.0)


@kernel
def hit_between(u_side, u_time, drift, sigma, up, width):
    """Return (side, time) of the first barrier reached, from two numbers in (0, 1); time is infinite if none
    ever is.

    The side is drawn first, then the time by inverting the side's distribution function, to 1e-13.
    """
    p = upper_probability(drift, sigma, up, width)
    if up <= 0.0:
        return 1, 0.0
    if up >= width:
        return -1, 0.0
    if math.isinf(drift):
        return (1, 0.0) if drift > 0.0 else (-1, 0.0)
    if sigma <= 0.0:
        if drift == 0.0:
            return 0, math.inf
        return (1, up / drift) if drift > 0.0 else (-1, (up - width) / drift)
    side = 1 if u_side < p else -1
    v, distance, target = (drift, up, u_time * p) if side == 1 else (-drift, width - up, u_time * (1.0 - p))
    low = 0.0
    high = width * width / (sigma * sigma)
    for _ in range(60):
        if upper_by(v, sigma, distance, width, high) >= target:
            break
        low = high
        high *= 2.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        if upper_by(v, sigma, distance, width, middle) < target:
            low = middle
        else:
            high = middle
        if high - low <= 1e-13 * high:
            break
    return side, 0.5 * (low + high)
