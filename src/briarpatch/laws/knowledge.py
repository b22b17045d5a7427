"""Knowledge: beliefs moved by evidence, and staged worlds.

Models. A belief is a log-odds to which evidence adds its logarithm of likelihood ratio (Good 1950). A staged world is
noticed by hazard, which habituation lets decay (after the breaks in presence of Slater and Steed 2000).

Assumes: evidence with different roots is independent. Leaves out: motivated reasoning, and forgetting.

Oracles: O-10.1, O-10.5, O-10.7 and O-10.9.
"""

from __future__ import annotations

import math

from ..world.compiled import kernel
from ..world.processes import exposure

# Beliefs


@kernel
def log_odds(probability):
    """Return ln(p / (1 - p)); infinite at 0 and 1."""
    if probability <= 0.0:
        return -math.inf
    if probability >= 1.0:
        return math.inf
    return math.log(probability) - math.log1p(-probability)


@kernel
def weight(ratio):
    """Return the weight of evidence [nat] of a likelihood ratio: ln LR (Good 1950)."""
    if ratio <= 0.0:
        return -math.inf
    return math.log(ratio)


@kernel
def update(odds, evidence):
    """Return log-odds after a weight of `evidence` [nat]; certainty cannot be argued with, so nothing is
    undefined.
    """
    if math.isinf(odds):
        return odds
    return odds + evidence


@kernel
def report_weight(evidence, reliability):
    """Return what a report of `evidence` [nat] is worth from a source that is right with probability
    `reliability`.

    At most ln(r / (1 - r)) either way, whatever it claims; a source no better than a coin is worth nothing.
    """
    most = log_odds(max(reliability, 0.5))
    return min(max(evidence, -most), most)


# Staged worlds


@kernel
def noticing_exposure(people, attention, discrepancy, habituation, since, until):
    """Return the integral over (since, until] [s from the start] of the hazard that somebody sees through a
    staged world.

    n a eta0 exp(-t / tau), for `people` n with `attention` a, `discrepancy` eta0 [1/s] and time of
    `habituation` tau [s]; an infinite tau means that nobody gets used to it.
    """
    rate = people * attention
    if rate <= 0.0 or discrepancy <= 0.0 or habituation <= 0.0 or until <= since:
        return 0.0
    rate *= discrepancy
    if math.isinf(habituation):
        return exposure(rate, until - since)
    if math.isinf(rate):
        return rate
    return rate * habituation * math.exp(-since / habituation) * -math.expm1(-(until - since) / habituation)


@kernel
def noticing_time(threshold, attention, discrepancy, habituation):
    """Return when [s from the start] one person's clock with `threshold` ~ Exp(1) notices; or infinity."""
    rate = attention * discrepancy if attention > 0.0 and discrepancy > 0.0 else 0.0
    if rate <= 0.0 or habituation <= 0.0:
        return math.inf
    if math.isinf(rate):
        return 0.0
    if math.isinf(habituation):
        return threshold / rate
    share = threshold / (rate * habituation)
    return math.inf if share >= 1.0 else -habituation * math.log1p(-share)
