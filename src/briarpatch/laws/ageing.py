"""Ageing: biological age apart from calendar age, mortality that follows it, treatment and its side effects.

Models: the Gompertz-Makeham hazard of death on biological age, times a person's frailty and the burden of
side effects; a rejuvenating field that pulls biological age towards the age of youth; a treatment that slows
ageing at the price of a burden that grows and clears.

Assumes: a field and a treatment that are constant within a step; frailty fixed at birth. A constant field
holds biological age at a fixed level and so the hazard too: an "immortal" person has a long expectation of
life, not none of the hazard. Rates and times share one unit, whichever the caller chooses; the constants here
are in years.

Leaves out: sex, disease, birth, and the late life slowing of mortality other than by frailty.

Sources: Gompertz 1825; Makeham 1860; Vaupel, Manton and Stallard 1979 (frailty); Missov and Lenart 2013 (life
expectancy in closed form); Fahy and others 2019 (an observed reversal of biological age). Oracles: O-8.1 to
O-8.8.
"""

from __future__ import annotations

import math

from ..world.compiled import kernel
from ..world.drifts import YEAR as YEAR
from ..world.processes import exposure, flow, phi1
from ..world.special import exp, exp_of_relaxing, power

"""Seconds in a year of 365.25 days."""
BETA = 0.085
"""Growth of the senescent hazard with biological age [1/y]."""
MODE = 85.0
"""Most common age at death without rejuvenation [y]."""
ALPHA = BETA * math.exp(-BETA * MODE)
"""Senescent hazard at biological age zero [1/y]."""
_LEAST_DECAY = 1e-14
"""Below it a pull towards youth bends the path of age by less than rounding does."""
_LARGEST_CHANGE = 0.01
_MOST_PIECES = 10_000


@kernel
def ageing_rate(slowing, intensity):
    """Return the rate of ageing off the field under treatment: 1 - eps u, with u in [0, 1]."""
    return 1.0 - slowing * intensity


@kernel
def biological_age(age, rate, rejuvenation, youth, dt):
    """Return biological age after `dt` of db/dt = rate - rejuvenation (b - youth), exactly."""
    if dt <= 0.0:
        return age
    if math.isinf(rejuvenation):
        return youth
    return youth + flow(age - youth, rejuvenation, rate, dt)


@kernel
def burden_source(strength, intensity, order):
    """Return the rate at which treatment adds side effects: g u^n; none without treatment."""
    return strength * power(intensity, order)


@kernel
def burden(before, source, clearing, dt):
    """Return the burden of side effects s after `dt` of ds/dt = source - clearing s, exactly."""
    if dt <= 0.0:
        return before
    return flow(before, clearing, source, dt)


@kernel
def mean_burden(before, source, clearing, dt):
    """Return the mean over `dt` of the burden of side effects: from ds/dt, s dt r = source dt - change."""
    if dt <= 0.0:
        return before
    x = clearing * dt
    if x > 1e-3:
        steady = source / clearing
        return steady + (before - steady) * phi1(-x)
    # (1 - phi1(-x)) / x, by its series.
    return before * phi1(-x) + source * dt * (0.5 - x / 6.0 * (1.0 - x / 4.0 * (1.0 - x / 5.0)))


@kernel
def recognition(weight, burden_now):
    """Return the weight [nat] of evidence that rests on a face: its likelihood ratio is multiplied by e^-s.

    A face that is past recognising says nothing; it never becomes evidence of the contrary. Evidence against a thing
    fades in the same way.
    """
    return math.copysign(max(abs(weight) - burden_now, 0.0), weight)


@kernel
def cumulative_hazard(age, rate, rejuvenation, youth, accidents, alpha, beta, dt):
    """Return the integral over `dt` of c + alpha e^(beta b), with b the path of `biological_age`, exactly.

    Linear ageing has alpha e^(beta b) dt phi1(beta rate dt); under a field it is a difference of exponential
    integrals.
    """
    total = exposure(accidents, dt)
    if alpha <= 0.0 or dt <= 0.0:
        return total
    if math.isinf(rejuvenation):
        return total + alpha * exp(beta * youth) * dt
    decay = rejuvenation * dt
    if decay < _LEAST_DECAY:
        slope = beta * (rate - max(rejuvenation, 0.0) * (age - youth)) * dt
        if abs(slope) < 1.0:
            return total + alpha * exp(beta * age) * dt * phi1(slope)
        return total + alpha * (exp(beta * age + slope) - exp(beta * age)) * dt / slope
    excess = beta * (age - youth - rate / rejuvenation)
    return total + alpha / rejuvenation * exp_of_relaxing(beta * age, excess, decay)


@kernel
def time_to_hazard(target, age, rate, rejuvenation, youth, accidents, alpha, beta, dt):
    """Return when in [0, dt] the cumulative hazard reaches `target`, by bisection; `dt` when it does not."""
    if target <= 0.0:
        return 0.0
    low, high = 0.0, dt
    for _ in range(100):
        middle = 0.5 * (low + high)
        if middle <= low or middle >= high:
            break
        if cumulative_hazard(age, rate, rejuvenation, youth, accidents, alpha, beta, middle) < target:
            low = middle
        else:
            high = middle
    return high


@kernel
def most_exposure(age, burden_now, dt, rate, youth, source, frailty, accidents, alpha, beta, weight):
    """Return a bound on the exposure over `dt`: the hazard at the greatest age and burden that may be reached in it.

    Age cannot pass the greater of itself and `youth` by more than `rate` allows, nor burden gain more than its source
    gives. A few operations instead of an integral, for the many who will not die soon.
    """
    oldest = max(age, youth) + max(rate, 0.0) * dt
    heaviest = burden_now + max(source, 0.0) * dt
    return dt * frailty * exp(weight * heaviest) * (accidents + alpha * exp(beta * oldest))


@kernel
def live(
    age,
    burden_now,
    left,
    dt,
    rate,
    rejuvenation,
    youth,
    source,
    clearing,
    frailty,
    accidents,
    alpha,
    beta,
    weight,
):
    """Let one person live for `dt`; return (biological age, burden, exposure, time of death in the step or
    -1).

    `left` is the exposure that the person's clock has left. The age and the burden are exact. The burden that
    multiplies the hazard is held at its mean over a piece of the step, short enough for phi s to change by
    0.05 at most. The age and burden returned are those at death, if it came.
    """
    if left <= 0.0:
        return age, burden_now, 0.0, 0.0
    if dt <= 0.0:
        return age, burden_now, 0.0, -1.0
    change = weight * abs(burden(burden_now, source, clearing, dt) - burden_now)
    pieces = 1
    if change > _LARGEST_CHANGE:
        pieces = int(min(change / _LARGEST_CHANGE, float(_MOST_PIECES - 1))) + 1
    lived = 0.0
    total = 0.0
    for piece in range(pieces):
        ends = dt * (piece + 1) / pieces
        length = ends - lived
        factor = frailty * exp(weight * mean_burden(burden_now, source, clearing, length))
        part = 0.0
        if factor > 0.0:
            part = factor * cumulative_hazard(age, rate, rejuvenation, youth, accidents, alpha, beta, length)
        if total + part >= left:
            when = 0.0
            if not math.isinf(part):
                when = time_to_hazard(
                    (left - total) / factor, age, rate, rejuvenation, youth, accidents, alpha, beta, length
                )
            age = biological_age(age, rate, rejuvenation, youth, when)
            return age, burden(burden_now, source, clearing, when), left, lived + when
        total += part
        age = biological_age(age, rate, rejuvenation, youth, length)
        burden_now = burden(burden_now, source, clearing, length)
        lived = ends
    return age, burden_now, total, -1.0
