"""A transporter: lock on to people through noise, and move them through a few pads with a queue before them.

Models the lock as the threshold crossing of a fading signal (Rayleigh outage), attempts on a free pad as a
Poisson process thinned by the chance of a lock, and the pads as a queue with service in batches. Assumes that
a batch is locked when its hardest member is, that a locked batch can no longer be jammed, and that a batch
leaves together at the end of its cycle. A request without any chance of a lock waits and is passed over; it
does not hold a pad. Leaves out the energy of a transport, the time to walk to a pad, and late boarding of a
batch that is already being locked.

Friend, foe and captive are the same service: same lock, shield and range rules.

Sources: Erlang 1917 (loss and delay formulas); Kendall 1953 (M/M/c); Bailey 1954 (batch service); Little
1961.
Oracles: O-4.1 Erlang B, O-4.2 Erlang C, O-4.3 insensitivity of loss, O-4.4 thinned lock, O-4.5 time to clear,
O-4.6 table of locks, O-4.7 tag then take, O-4.8 limits.
"""

from __future__ import annotations

import math

from ..world.compiled import kernel

PADS = 2

WAITING, ON_PAD, GONE = 0, 1, 2
"""States of a request."""

IDLE, LOCKING, CYCLING = 0, 1, 2
"""Phases of a pad."""

FREE, TAGGED, TAKEN = 0, 1, 2
"""Stages of a fugitive."""


@kernel
def vein_interference(distance, strength, length):
    """Return a vein's interference over noise, strength exp(-distance / length); veins add. `length` 0: touch
    only.
    """
    if distance <= 0.0:
        return strength
    if length <= 0.0:
        return 0.0
    return strength * math.exp(-distance / length)


@kernel
def lock_margin(margin, gain, distance, reference, attenuation, interference, blocked):
    """Return the mean signal in units of the lock's threshold: inverse square, absorption, interference over
    noise.

    `margin` holds at `reference` [m] for gain 1; `attenuation` [1/m]; `blocked` (a shield at either end, a
    jammer) leaves nothing.
    """
    if blocked or math.isinf(interference) or math.isinf(distance):
        return 0.0
    if distance <= 0.0:
        return math.inf if margin * gain > 0.0 else 0.0
    spread = (reference / distance) * (reference / distance)
    return margin * gain * spread * math.exp(-attenuation * distance) / (1.0 + interference)


@kernel
def lock_probability(margin):
    """Return the probability of a lock at one attempt, exp(-1 / margin): Rayleigh outage."""
    if margin <= 0.0:
        return 0.0
    return math.exp(-1.0 / margin)


@kernel
def service_rate(attempt_rate, probability, cycle):
    """Return requests [1/s] that one pad moves at load: 1 / (1 / (a p) + cycle)."""
    if attempt_rate <= 0.0 or probability <= 0.0:
        return 0.0
    return 1.0 / (1.0 / (attempt_rate * probability) + cycle)
