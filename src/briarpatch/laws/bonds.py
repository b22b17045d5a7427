"""Bonds: affection, trust, factions and forgiveness between people and groups.

Models. Affection of a pair is a linear system (Strogatz 1988; Gottman et al. 2002), with noise of Ornstein
and Uhlenbeck in its exact step (Gillespie 1996, doi 10.1103/PhysRevE.54.2084). Trust is a beta reputation
(Josang and Ismail 2002). Groups tend to structural balance by dX/dt = X^2 (Marvel et al. 2011, doi
10.1073/pnas.1013213108). Forgiveness grows with the logarithm of time (McCullough et al. 2010).

Assumes: affection has no bounds and answers linearly; the noise of the two sides is independent and is added
after the pair's step. Leaves out: jealousy, third parties in a pair, forgetting of a balance once it has
polarised.

Oracles: O-13.1 to O-13.8.
"""

from __future__ import annotations

import math

from ..world.chance import BOND, normal_quantile, u01
from ..world.compiled import kernel
from ..world.processes import affection_step as affection_step
from ..world.processes import propagator as propagator

FORGIVENESS_SLOPE = 2.0 / math.log(91.0)
"""Log-odds of forgiveness gained by one unit of ln(1 + t / t0): +2 in 90 days (McCullough et al. 2010)."""
FORGIVENESS_SCALE = 86400.0
"""t0 [s]: one day."""


# Affection


@kernel
def noisy_step(x, target, rate, sigma, dt, seed, key, occurrence):
    """Return an exact draw after `dt` of dx = rate (target - x) dt + sigma dW (Gillespie 1996).

    Mean target + (x - target) exp(-rate dt), variance sigma^2 (1 - exp(-2 rate dt)) / (2 rate), sigma^2 dt at
    rate 0.
    """
    if dt <= 0.0:
        return x
    if math.isinf(rate):
        return target
    if rate <= 0.0:
        mean, variance = x, sigma * sigma * dt
    else:
        mean = x + (target - x) * -math.expm1(-rate * dt)
        variance = sigma * sigma * -math.expm1(-2.0 * rate * dt) / (2.0 * rate)
    return mean + math.sqrt(variance) * normal_quantile(u01(seed, BOND, key, occurrence))


# Trust


# Balance of groups


@kernel
def balance_step(ties, dt, work):
    """Replace the symmetric `ties` X [n, n] by X (I - X dt)^-1, exact for dX/dt = X^2 while dt < 1 /
    lambda_max.

    Solved by elimination with pivots; `work` [n, n] is overwritten. Returns False, with `ties` undefined, at
    a pole; compare dt with `polarisation_time` beforehand.
    """
    n = len(ties)
    for i in range(n):
        for j in range(n):
            work[i, j] = (1.0 if i == j else 0.0) - ties[i, j] * dt
    # X and I - X dt commute, so the product is the solution Y of (I - X dt) Y = X.
    for column in range(n):
        pivot = column
        for i in range(column + 1, n):
            if abs(work[i, column]) > abs(work[pivot, column]):
                pivot = i
        if abs(work[pivot, column]) < 1e-300:
            return False
        if pivot != column:
            for j in range(n):
                work[column, j], work[pivot, j] = work[pivot, j], work[column, j]
                ties[column, j], ties[pivot, j] = ties[pivot, j], ties[column, j]
        for i in range(n):
            if i != column:
                ratio = work[i, column] / work[column, column]
                if ratio != 0.0:
                    for j in range(n):
                        work[i, j] -= ratio * work[column, j]
                        ties[i, j] -= ratio * ties[column, j]
    for i in range(n):
        for j in range(n):
            ties[i, j] /= work[i, i]
    return True


# Forgiveness and reciprocity


@kernel
def forgiveness_log_odds(grudge, elapsed, value, apology, kin, slope=FORGIVENESS_SLOPE):
    """Return logit P(forgive) = g0 + k ln(1 + t / t0) + value + apology + kin, `elapsed` t [s] after the
    offence; k is the `slope`.
    """
    return grudge + slope * math.log1p(max(elapsed, 0.0) / FORGIVENESS_SCALE) + value + apology + kin


@kernel
def forgiveness(grudge, elapsed, value, apology, kin, slope=FORGIVENESS_SLOPE):
    """Return the probability of forgiving `elapsed` [s] after the offence, from the `grudge` [log-odds] at
    first.
    """
    x = forgiveness_log_odds(grudge, elapsed, value, apology, kin, slope)
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)
