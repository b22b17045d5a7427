"""Observation: eyes and sensors against targets that suits and cloaks make hard to see.

Models: an eye detects with the inverse-cube rate of the solid angle a target fills, so a passing observer
sweeps a known width; a sensor looks at fixed times, each look with the probability that its signal-to-noise
ratio gives.
Assumes: straight relative motion within a step, independent looks, a flat ground range, one signature a band.
Leaves out: weather fronts, glint, the observer's fatigue, recognition (seeing is not yet knowing).
Sources: Koopman 1946, Search and Screening (OEG Report 56), and 1956-57, The theory of search; Swerling
1954/1960, fluctuating targets; Albersheim 1981, detection of a steady target; Koester et al. 2014 on sweep
widths on land (doi 10.1016/j.wem.2013.09.016).
Held to: O-1.1 to O-1.9.
"""

from __future__ import annotations

import math

from ..world.alike import hypot
from ..world.chance import DETECTION, u01
from ..world.compiled import kernel

FALSE_ALARM = 1e-6
NEGLIGIBLE = 40.0
"""Attenuation exponent beyond which nothing is seen: exp(-40) is 4e-18."""
CONTACT = 1e-9
"""Range [m] that counts as contact, where detection is certain."""

# Gauss-Legendre nodes and weights on [0, 1], five points.
_NODES = (0.0469100770306680, 0.2307653449471585, 0.5, 0.7692346550528415, 0.9530899229693320)
_WEIGHTS = (
    0.1184634425280945,
    0.2393143352496832,
    0.2844444444444444,
    0.2393143352496832,
    0.1184634425280945,
)


@kernel
def glimpse_rate(chance, period):
    """Return the rate [1/s] equivalent to a glimpse of `chance` every `period` [s]: -ln(1 - g) / tau
    (Koopman).

    With the false-alarm probability of a look it is the rate of false alarms.
    """
    if chance <= 0.0:
        return 0.0
    if chance >= 1.0 or period <= 0.0:
        return math.inf
    return -math.log1p(-chance) / period


@kernel
def alerted(attention, gain, distance, radius):
    """Return the attention of an observer `distance` [m] from a discovery: times `gain` within the cue
    `radius` [m].
    """
    return attention * gain if distance <= radius else attention


@kernel
def visual_strength(attention, signature, constant, sight):
    """Return the strength a s K [m^3/s] with which an eye detects; zero without line of `sight`."""
    return attention * signature * constant if sight else 0.0


@kernel
def inverse_cube_rate(strength, attenuation, height, ground):
    """Return the detection rate [1/s] at `ground` range [m] from `height` [m], `attenuation` [1/m] (Koopman).

    gamma = strength exp(-kappa r) / (h^2 + r^2)^(3/2); infinite at contact.
    """
    if strength <= 0.0 or math.isinf(ground):
        return 0.0
    slant = hypot(height, ground)
    if slant <= CONTACT:
        return math.inf
    return strength * math.exp(-attenuation * ground) / (slant * slant * slant)


@kernel
def _span(near, far, length, b):
    """Return the integral of (b^2 + u^2)^(-3/2) over u from `near` to `far`, both >= 0, `length` = far -
    near.

    Written without the cancellation of the textbook bracket: exact also for b = 0 and for short spans far
    away.
    """
    if length <= 0.0:
        return 0.0
    rn = hypot(near, b)
    rf = hypot(far, b)
    if rn <= CONTACT:
        return math.inf
    return length * (far + near) / ((far * rn + near * rf) * rn * rf)


@kernel
def _dimmed(near, far, b, lateral, attenuation):
    """Return the same integral weighted with exp(-kappa r), r the ground range at closest approach
    `lateral` [m].

    Gauss-Legendre in the variable in which the unweighted integral is even, on panels that double.
    """
    if hypot(near, b) <= CONTACT:
        return math.inf
    nearest = hypot(near, lateral)
    total = 0.0
    u = near
    while u < far:
        gone = attenuation * (hypot(u, lateral) - nearest)
        if gone > NEGLIGIBLE:
            break
        end = min(far, u + min(max(u, b), (1.0 + gone) / attenuation))
        if end <= u:
            break
        slant = hypot(end, b)
        tail = 1.0 / (slant * (slant + end))
        weight = _span(u, end, end - u, b)
        mean = 0.0
        for i in range(5):
            g = tail + _NODES[i] * weight
            c = b * b * g
            at = max(1.0 - c, 0.0) / math.sqrt(g * (2.0 - c))
            mean += _WEIGHTS[i] * math.exp(-attenuation * hypot(at, lateral))
        total += weight * mean
        u = end
    return total


@kernel
def pass_exposure(strength, attenuation, height, x, y, vx, vy, dt):
    """Return the detection exposure of `dt` [s] of straight relative motion: the integral of the
    inverse-cube rate.

    `strength` [m^3/s], `attenuation` [1/m], `height` [m], position `x`, `y` [m] of the target seen from the
    observer and its relative velocity `vx`, `vy` [m/s] at the start. Exact for any step, however fast the
    pass (Koopman 1956).
    """
    if strength <= 0.0 or dt <= 0.0:
        return 0.0
    speed = hypot(vx, vy)
    length = speed * dt
    slant = hypot(hypot(x, y), height)
    if length == 0.0 or length * (1.0 + attenuation * slant) < 1e-6 * slant:
        return dt * inverse_cube_rate(strength, attenuation, height, hypot(x + 0.5 * vx * dt, y + 0.5 * vy * dt))
    ex, ey = vx / speed, vy / speed
    lateral = abs(x * ey - y * ex)
    b = hypot(lateral, height)
    first = x * ex + y * ey
    last = first + length
    if first >= 0.0 or last <= 0.0:
        near, far = min(abs(first), abs(last)), max(abs(first), abs(last))
        total = _span(near, far, length, b) if attenuation <= 0.0 else _dimmed(near, far, b, lateral, attenuation)
    elif attenuation <= 0.0:
        total = _span(0.0, last, last, b) + _span(0.0, -first, -first, b)
    else:
        total = _dimmed(0.0, last, b, lateral, attenuation) + _dimmed(0.0, -first, b, lateral, attenuation)
    return strength / speed * total


@kernel
def signal_to_noise(reference, reference_range, distance, order, signature, attenuation):
    """Return the SNR at `distance` [m] of a sensor with SNR `reference` at `reference_range` [m] (range
    equation).

    `order` is 4 for an active sensor, whose signal is attenuated (`attenuation` [1/m]) on both ways, 2 for
    a passive one.
    """
    if reference <= 0.0 or signature <= 0.0 or math.isinf(distance):
        return 0.0
    if distance <= 0.0:
        return math.inf
    ways = 0.5 * order
    level = order * math.log(reference_range / distance) - ways * attenuation * distance
    return reference * signature * math.exp(min(level, 700.0))


@kernel
def swerling1(false_alarm, snr):
    """Return the detection probability of one look at a fluctuating target: Pfa^(1 / (1 + SNR)) (Swerling
    case 1).
    """
    if false_alarm <= 0.0:
        return 1.0 if math.isinf(snr) else 0.0
    return math.exp(math.log(false_alarm) / (1.0 + snr))


@kernel
def seen_by_look(detection, false_alarm):
    """Return the part of a look's `detection` probability that the target causes: (Pd - Pfa) / (1 - Pfa).

    Noise alone alarms with `false_alarm`; a target without signature or out of sight adds nothing to that.
    """
    if false_alarm >= 1.0:
        return 0.0
    return max(detection - false_alarm, 0.0) / (1.0 - false_alarm)


@kernel
def looks(since, now, period):
    """Return how many looks at the times 1, 2, ... `period`s [s] fall into (since, now]: the same however
    it is cut.
    """
    if period <= 0.0 or math.isinf(period):
        return 0
    return math.floor(now / period) - math.floor(since / period)


@kernel
def first_look(
    seed,
    key,
    since,
    now,
    period,
    attention,
    false_alarm,
    reference,
    reference_range,
    order,
    signature,
    attenuation,
    height,
    x,
    y,
    vx,
    vy,
):
    """Return the time in (since, now] of the first look that detects a fluctuating target in straight
    motion, or -1.

    `key` is the pair's; `x`, `y` [m], `vx`, `vy` [m/s] are the target's relative position at `since` and
    velocity. Each look has the probability of its own moment; false alarms are counted apart, by
    `glimpse_rate`.
    """
    number = looks(since, now, period)
    if number == 0 or attention <= 0.0:
        return -1.0
    first = math.floor(since / period) + 1
    for look in range(first, first + number):
        t = look * period - since
        distance = hypot(hypot(x + vx * t, y + vy * t), height)
        snr = signal_to_noise(reference, reference_range, distance, order, signature, attenuation)
        chance = attention * seen_by_look(swerling1(false_alarm, snr), false_alarm)
        if u01(seed, DETECTION, key, look) < chance:
            return look * period
    return -1.0
