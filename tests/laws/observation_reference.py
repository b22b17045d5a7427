"""Other ways to work out what the mechanism of `briarpatch.laws.observation` comes to; nothing that plays calls them."""

from __future__ import annotations

import math

from briarpatch.laws.observation import looks
from briarpatch.world.chance import DETECTION, u01
from briarpatch.world.compiled import kernel

SUIT_SIGNATURE = 0.01

CLOAK_SIGNATURE_ACTIVE = 1e-6

CLOAK_SIGNATURE_PASSIVE = 1e-4

LOOK_PERIOD = 2.0

ALERT_GAIN = 10.0

CUE_RADIUS = 200.0


@kernel
def glimpses(chance, count):
    """Return the probability that `count` independent glimpses of `chance` each detect: 1 - (1 - g)^n
    (Koopman).
    """
    if count <= 0.0 or chance <= 0.0:
        return 0.0
    if chance >= 1.0:
        return 1.0
    return -math.expm1(count * math.log1p(-chance))


@kernel
def masked(bare, suit, worn):
    """Return the signature of a target of signature `bare` under a suit that multiplies it by `suit` when
    `worn`.
    """
    return bare * suit if worn else bare


@kernel
def visual_constant(width, speed):
    """Return the eye's constant K [m^3/s] of a sweep `width` [m] measured at `speed` [m/s]: W^2 v / (8
    pi).
    """
    return width * width * speed / (8.0 * math.pi)


@kernel
def sweep_width(constant, speed):
    """Return the sweep width [m] of the inverse-cube law with K `constant` [m^3/s] at `speed` [m/s]
    (Koopman).

    W = 2 sqrt(2 pi K / v); a signature s multiplies K, so W goes as sqrt(s).
    """
    if constant <= 0.0:
        return 0.0
    if speed <= 0.0:
        return math.inf
    return 2.0 * math.sqrt(2.0 * math.pi * constant / speed)


@kernel
def lateral_range(constant, speed, offset):
    """Return the probability that a whole straight pass at lateral `offset` [m] detects: 1 - exp(-2K / (v
    x^2)).
    """
    if constant <= 0.0:
        return 0.0
    if speed <= 0.0 or offset == 0.0:
        return 1.0
    return -math.expm1(-2.0 * constant / (speed * offset * offset))


@kernel
def decibels(ratio):
    """Return `ratio` in dB."""
    return 10.0 * math.log10(ratio) if ratio > 0.0 else -math.inf


@kernel
def from_decibels(level):
    """Return the ratio of a `level` in dB."""
    return 10.0 ** (level / 10.0)


@kernel
def albersheim(detection, false_alarm, pulses):
    """Return the SNR [dB] a steady target needs for `detection` with `pulses` integrated (Albersheim 1981).

    Good to 0.2 dB for false alarms of 1e-7 to 1e-3, detection of 0.1 to 0.9 and 1 to 8096 pulses.
    """
    a = math.log(0.62 / false_alarm)
    b = math.log(detection / (1.0 - detection))
    return -5.0 * math.log10(pulses) + (6.2 + 4.54 / math.sqrt(pulses + 0.44)) * math.log10(a + 0.12 * a * b + 1.7 * b)


@kernel
def detection_range(reference, reference_range, required, order, signature):
    """Return the range [m] at which the SNR falls to `required` in clear air: R0 (SNR0 s / SNR)^(1 /
    order).
    """
    if reference <= 0.0 or signature <= 0.0:
        return 0.0
    if required <= 0.0:
        return math.inf
    return reference_range * (reference * signature / required) ** (1.0 / order)


@kernel
def first_steady_look(seed, key, since, now, period, chance):
    """Return the time in (since, now] of the first look that detects with `chance`, or -1.

    The look's own number is the occurrence of its draw, so neither the law nor the very event depends on
    the step.
    """
    number = looks(since, now, period)
    if number == 0:
        return -1.0
    first = math.floor(since / period) + 1
    for look in range(first, first + number):
        if u01(seed, DETECTION, key, look) < chance:
            return look * period
    return -1.0


@kernel
def together(chances):
    """Return the probability that any of independent `chances` [n] detects: 1 - prod(1 - P); 0 for nobody."""
    missed = 1.0
    for chance in chances:
        missed *= 1.0 - chance
    return 1.0 - missed
