"""Other ways to draw what happens when; the engine has clocks for it."""

from __future__ import annotations

import math

from briarpatch.world.chance import exponential, u01
from briarpatch.world.compiled import kernel


@kernel
def add_exposure(clock, total, since, now):
    """Add the exposure `total` of the step (since, now]; return the time at which the clock rang, or -1.

    Within the step the exposure is taken as even, which is exact for a constant rate.
    """
    before = clock.spent
    clock.spent += total
    clock.at = now
    if total <= 0.0 or clock.spent < clock.threshold:
        return -1.0
    if math.isinf(total):
        return since
    share = (clock.threshold - before) / total
    return since + (now - since) * min(max(share, 0.0), 1.0)


@kernel
def waiting_time(seed, stream, key, occurrence, total_rate):
    """Return the time to the next event of a race with `total_rate` [1/s]; infinity when nothing can happen."""
    if total_rate <= 0.0:
        return math.inf
    return exponential(seed, stream, key, occurrence) / total_rate


@kernel
def race_time(u, total_rate, dt):
    """Return when, within a step `dt` in which the race is known to have fired, it fired; `u` in (0, 1)."""
    if math.isinf(total_rate) or dt <= 0.0:
        return 0.0
    if total_rate <= 0.0:
        return u * dt
    return -math.log1p(u * math.expm1(-total_rate * dt)) / total_rate


@kernel
def occurs(seed, stream, key, occurrence, probability):
    """Return True with the given probability, looked up once for this occurrence."""
    return u01(seed, stream, key, occurrence) < probability
