"""Other ways to work out what the mechanism of `briarpatch.laws.ageing` comes to; nothing that plays calls them."""

from __future__ import annotations

import math

from briarpatch.laws.ageing import cumulative_hazard
from briarpatch.world.chance import gamma_quantile
from briarpatch.world.compiled import kernel
from briarpatch.world.drifts import YEAR as YEAR
from briarpatch.world.special import e1_scaled, exp

ACCIDENTS = 5e-4
"""Hazard of death that does not depend on age [1/y]."""

YOUTH = 25.0
"""Biological age towards which rejuvenation pulls [y]."""

REJUVENATION = 2.5 / 32.0
"""Rejuvenation k [1/y] that takes 1.5 y off a person of 57 in a year: 1 - k (57 - 25) = -1.5."""

BURDEN_WEIGHT = 1.5
"""Growth phi of the logarithm of hazard with the burden of side effects."""


@kernel
def steady_age(rate, rejuvenation, youth):
    """Return the biological age at which a constant field holds a person; infinite without one."""
    if rejuvenation <= 0.0:
        return math.inf if rate > 0.0 else youth
    return youth + rate / rejuvenation


@kernel
def frailty_at_birth(u, variance):
    """Return a frailty drawn from the Gamma distribution of mean 1: Vaupel, Manton and Stallard 1979."""
    if variance <= 0.0:
        return 1.0
    return variance * gamma_quantile(u, 1.0 / variance)


@kernel
def life_expectancy(age, accidents, alpha, beta):
    """Return the expected remaining life without rejuvenation.

    Closed for c = 0, e^x E1(x) / beta with x the senescent hazard over beta (Missov and Lenart 2013), and for
    beta = 0; else the integral of survival by Simpson's rule up to a survival of 1e-13.
    """
    senescent = alpha * exp(beta * age) if alpha > 0.0 else 0.0
    if beta <= 0.0 or senescent <= 0.0:
        total = accidents + senescent
        return 1.0 / total if total > 0.0 else math.inf
    if accidents <= 0.0:
        return e1_scaled(senescent / beta) / beta
    top = gompertz_life(30.0, age, alpha, beta)
    top = min(top, 30.0 / accidents)
    n = 2000
    total = 0.0
    for i in range(n + 1):
        t = top * i / n
        survival = math.exp(-cumulative_hazard(age, 1.0, 0.0, 0.0, accidents, alpha, beta, t))
        total += survival * (1.0 if i == 0 or i == n else (4.0 if i % 2 == 1 else 2.0))
    return total * top / (3.0 * n)


@kernel
def gompertz_life(threshold, age, alpha, beta):
    """Return the remaining life until the senescent hazard sums to `threshold`: ln(1 + E beta / h) / beta."""
    senescent = alpha * exp(beta * age) if alpha > 0.0 else 0.0
    if senescent <= 0.0:
        return math.inf
    if beta <= 0.0:
        return threshold / senescent
    return math.log1p(threshold * beta / senescent) / beta


@kernel
def doubling_time(beta):
    """Return the biological age over which the senescent hazard doubles: ln 2 / beta."""
    return math.log(2.0) / beta if beta > 0.0 else math.inf


@kernel
def disfigurement(burden_now):
    """Return the index of disfigurement in [0, 1): 1 - e^-s."""
    return -math.expm1(-burden_now)


@kernel
def hazard(age, frailty, burden_now, accidents, alpha, beta, weight):
    """Return the hazard of death: z (c + alpha e^(beta b)) e^(phi s). Gompertz 1825, Makeham 1860."""
    if frailty <= 0.0:
        return 0.0
    senescent = alpha * exp(beta * age) if alpha > 0.0 else 0.0
    return frailty * (accidents + senescent) * exp(weight * burden_now)


@kernel
def modal_age(alpha, beta):
    """Return the most common age at death, ln(beta / alpha) / beta; 0 when deaths only become fewer."""
    if alpha <= 0.0:
        return math.inf
    if beta <= alpha:
        return 0.0
    return math.log(beta / alpha) / beta
