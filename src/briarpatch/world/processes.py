"""The rules of chance in time that every mechanism uses: hazards, exponential clocks, races, linear flows, barriers.

A hazard h(t) fires within a step with probability 1 - exp(-exposure), exposure being its integral. Rather than ask that
question at every step, a *clock* holds one threshold E ~ Exp(1) and the exposure so far; it rings when the sum passes
the threshold, at an exact time (random time change: Cinlar 1975; Kurtz 1980). So neither the law nor, for exactly
integrated rates, the very event depends on how time is cut.
"""

from __future__ import annotations

import math

from .chance import choose, exponential
from .compiled import kernel

_DOUBLINGS = 1000


@kernel
def exposure(rate, dt):
    """Return the integral of a constant `rate` [1/s] over `dt` [s]; 0 for a zero step even when the rate is infinite."""
    if dt <= 0.0 or rate <= 0.0:
        return 0.0
    return rate * dt


@kernel
def fires(total):
    """Return the probability that a hazard with integral `total` has fired: 1 - exp(-total)."""
    return -math.expm1(-total)


@kernel
def arm(clock, seed, now):
    """Give `clock` (a row of `clocks`) the threshold of its present occurrence and start it from zero, at rate zero."""
    clock.threshold = exponential(seed, clock.stream, clock.key, clock.occurrence)
    clock.spent = 0.0
    clock.rate = 0.0
    clock.at = now


@kernel
def rearm(clock, seed, now):
    """Move `clock` to its next occurrence."""
    clock.occurrence += 1
    arm(clock, seed, now)


@kernel
def set_rate(clock, rate, now):
    """Let `clock` run at `rate` [1/s] from `now` on, and return the time at which it then rings (infinity: never).

    Exposure is added only when the rate changes, so a look at a clock that goes on as before leaves no trace.
    """
    if rate != clock.rate:
        clock.spent += exposure(clock.rate, now - clock.at)
        clock.at = max(clock.at, now)
        clock.rate = rate
    return ring_time(clock)


@kernel
def spent_by(clock, now):
    """Return the exposure of `clock` by `now`."""
    return clock.spent + exposure(clock.rate, now - clock.at)


@kernel
def ring_time(clock):
    """Return the time at which `clock` rings if its rate stays as it is."""
    if clock.rate <= 0.0:
        return math.inf
    left = clock.threshold - clock.spent
    return clock.at + left / clock.rate if left > 0.0 else clock.at


@kernel
def rings(clock, now):
    """Return True when a clock that runs has rung by `now`."""
    return ring_time(clock) <= now


@kernel
def winner(u, rates):
    """Return the index of the cause that won a race, drawn in proportion to its rate; -1 when all are zero.

    Causes with infinite rates share the win evenly and leave nothing to the others.
    """
    certain = 0
    for rate in rates:
        if math.isinf(rate):
            certain += 1
    if certain == 0:
        return choose(u, rates)
    place = int(u * certain)
    for i in range(len(rates)):
        if math.isinf(rates[i]):
            if place == 0:
                return i
            place -= 1
    return -1


@kernel
def beat_before(period, now):
    """Return the last multiple of `period` [s] up to and with `now`; `now` itself when there is no period."""
    if not 0.0 < period < math.inf:
        return now
    beat = math.floor(now / period)
    if (beat + 1.0) * period <= now:
        beat += 1.0
    elif beat * period > now:
        beat -= 1.0
    return beat * period


@kernel
def beat_after(period, now):
    """Return the first multiple of `period` [s] after `now`; infinity when there is no period."""
    if not 0.0 < period < math.inf:
        return math.inf
    beat = math.floor(now / period) + 1.0
    if beat * period <= now:
        beat += 1.0
    elif (beat - 1.0) * period > now:
        beat -= 1.0
    return beat * period


@kernel
def phi1(z):
    """Return (exp(z) - 1) / z, and 1 at zero."""
    if abs(z) < 1e-8:
        return 1.0 + 0.5 * z
    return math.expm1(z) / z


@kernel
def phi2(z):
    """Return (exp(z) - 1 - z) / z^2, and 1/2 at zero."""
    if abs(z) < 1e-3:
        return 0.5 + z * (1.0 / 6.0 + z * (1.0 / 24.0 + z * (1.0 / 120.0 + z / 720.0)))
    return (math.expm1(z) - z) / (z * z)


@kernel
def distance_after(v, thrust, drag_time, dt):
    """Return how far [m] a body comes in `dt` [s] under dv/dt = thrust - v / drag_time: the exact integral."""
    if dt <= 0.0 or drag_time <= 0.0:
        return 0.0
    z = dt / drag_time
    return v * dt * phi1(-z) + thrust * dt * dt * phi2(-z)


@kernel
def relax(x, target, rate, dt):
    """Return the exact solution after `dt` of dx/dt = rate (target - x)."""
    if dt <= 0.0:
        return x
    return x + (target - x) * -math.expm1(-rate * dt)


@kernel
def flow(x, rate, source, dt):
    """Return the exact solution after `dt` of dx/dt = source - rate x, also at rate zero."""
    if dt <= 0.0:
        return x
    return x * math.exp(-rate * dt) + source * dt * phi1(-rate * dt)


@kernel
def propagator(a, b, c, d, dt):
    """Return phi1(A dt) = (exp(A dt) - 1) / (A dt) of the matrix A = [[a, b], [c, d]] [1/s], as its four
    entries.

    Both functions are p + q A; they are summed for a small part of `dt` and doubled by phi1(2 z) = phi1(z) (1
    + exp z) / 2, so singular A needs no case of its own. Keep the result for a distinct (A, dt).
    """
    trace = a + d
    det = a * d - b * c
    size = max(abs(a) + abs(b), abs(c) + abs(d)) * abs(dt)
    doublings = 0
    while size > 0.5 and doublings < _DOUBLINGS:
        size *= 0.5
        doublings += 1
    h = dt * 0.5**doublings
    # exp = e0 + e1 A and phi1 = f0 + f1 A; each power of A is p + q A by A^2 = trace A - det.
    e0, e1 = 1.0, 0.0
    f0, f1 = 1.0, 0.0
    p, q = 1.0, 0.0
    for k in range(1, 20):
        p, q = -det * q * h / k, (p + trace * q) * h / k
        e0 += p
        e1 += q
        f0 += p / (k + 1)
        f1 += q / (k + 1)
    for _ in range(doublings):
        g0, g1 = 0.5 * (1.0 + e0), 0.5 * e1
        f0, f1 = f0 * g0 - det * f1 * g1, f0 * g1 + f1 * g0 + trace * f1 * g1
        e0, e1 = e0 * e0 - det * e1 * e1, 2.0 * e0 * e1 + trace * e1 * e1
    return f0 + f1 * a, f1 * b, f1 * c, f0 + f1 * d


@kernel
def affection_step(x, y, a, b, c, d, f, g, dt):
    """Return the exact solution after `dt` [s] of d(x, y)/dt = A (x, y) + (f, g), with A = [[a, b], [c, d]].

    x is the first one's affection, a (below 0) its own decay, b its answer to the other's, f its source
    (appeal, contact, shared danger); y, d, c and g are the second one's. Strogatz 1988.
    """
    if dt <= 0.0:
        return x, y
    p, q, r, s = propagator(a, b, c, d, dt)
    u = (a * x + b * y + f) * dt
    v = (c * x + d * y + g) * dt
    return x + p * u + q * v, y + r * u + s * v


@kernel
def bridge_crossed(u, x0, x1, barrier, variance):
    """Return True when a Brownian path from x0 to x1 with `variance` over the step has touched `barrier`.

    A path that ends beyond the barrier has crossed it. Otherwise the Brownian bridge crossed with probability
    exp(-2 (B - x0)(B - x1) / variance); testing ends of steps alone would shift the barrier outward by
    0.5826 standard deviations (Broadie, Glasserman and Kou 1997, doi 10.1111/1467-9965.00035).
    """
    if (barrier - x0) * (barrier - x1) <= 0.0:
        return True
    if variance <= 0.0:
        return False
    return u < math.exp(-2.0 * (barrier - x0) * (barrier - x1) / variance)


@kernel
def barrier_step(half_width, sigma):
    """Return the longest step [s] at which two barriers may be tested one by one: a^2 / (16 sigma^2)."""
    if sigma <= 0.0:
        return math.inf
    return half_width * half_width / (16.0 * sigma * sigma)
