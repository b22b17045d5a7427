"""Measures: what outcomes of many runs say about which policy to prefer, and how surely.

Expected and multi-attribute utility (von Neumann and Morgenstern 1944; Keeney and Raiffa 1976), regret
(Savage 1951), value of information (Raiffa and Schlaifer 1961), conditional value at risk (Rockafellar and
Uryasev 2000), welfare (Harsanyi 1955; Rawls 1971; Atkinson 1970), intervals (Wilson 1927; Newcombe 1998) and
sequential stopping (Chow and Robbins 1965). Plain functions of NumPy arrays; no state.

Assumes: runs are independent; paired runs share their luck run by run. Leaves out: selection of the best
among many policies (use `bonferroni`), utilities that are not additive.

Oracles: O-14.1 to O-14.9.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr

Floats = NDArray[np.float64]

_NORMAL = NormalDist()


class Interval(NamedTuple):
    """An estimate with its confidence bounds."""

    estimate: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the distance of the bounds."""
        return 0.5 * (self.high - self.low)


def _critical(confidence: float) -> float:
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must lie between 0 and 1, got {confidence}")
    return _NORMAL.inv_cdf(0.5 + 0.5 * confidence)


def _odds(odds: ArrayLike | None, count: int) -> Floats:
    if odds is None:
        return np.full(count, 1.0 / count) if count else np.empty(0)
    given = np.asarray(odds, dtype=float)
    if given.shape != (count,):
        raise ValueError(f"odds must have shape ({count},), got {given.shape}")
    if np.any(given < 0.0) or not given.sum() > 0.0:
        raise ValueError("odds must not be negative and must not all be zero")
    return given / given.sum()


def _table(utilities: ArrayLike) -> Floats:
    table = np.asarray(utilities, dtype=float)
    if table.ndim != 2:
        raise ValueError(f"utilities must have shape (policies, states), got {table.shape}")
    return table


# Intervals


def wilson(successes: int, trials: int, confidence: float = 0.95) -> Interval:
    """Return a proportion with Wilson's interval; without trials the interval is [0, 1] and the estimate not
    a number.

    Args:
        successes: runs in which it happened.
        trials: runs.
        confidence: coverage aimed at.

    Raises:
        ValueError: if successes are not among the trials, or confidence is not between 0 and 1.

    Source: Wilson 1927; recommended by Newcombe 1998.
    """
    z = _critical(confidence)
    if not 0 <= successes <= trials:
        raise ValueError(f"successes must lie between 0 and the trials, got {successes} of {trials}")
    if trials == 0:
        return Interval(math.nan, 0.0, 1.0)
    p = successes / trials
    scale = 1.0 + z * z / trials
    centre = (p + z * z / (2.0 * trials)) / scale
    half = z / scale * math.sqrt(p * (1.0 - p) / trials + z * z / (4.0 * trials * trials))
    low = 0.0 if successes == 0 else max(centre - half, 0.0)
    high = 1.0 if successes == trials else min(centre + half, 1.0)
    return Interval(p, low, high)


def newcombe(successes1: int, trials1: int, successes2: int, trials2: int, confidence: float = 0.95) -> Interval:
    """Return the difference p1 - p2 of two unpaired proportions, by Newcombe's hybrid of Wilson's bounds
    (method 10).

    Without trials on either side the interval is [-1, 1]. Source: Newcombe 1998.
    """
    first = wilson(successes1, trials1, confidence)
    second = wilson(successes2, trials2, confidence)
    if trials1 == 0 or trials2 == 0:
        return Interval(math.nan, -1.0, 1.0)
    difference = first.estimate - second.estimate
    below = math.hypot(first.estimate - first.low, second.high - second.estimate)
    above = math.hypot(first.high - first.estimate, second.estimate - second.low)
    return Interval(difference, max(difference - below, -1.0), min(difference + above, 1.0))


def mean_interval(values: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return a mean with its normal interval; meant for some thirty values or more.

    One value gives an infinite interval, none also an estimate that is not a number.
    """
    z = _critical(confidence)
    sample = np.asarray(values, dtype=float).ravel()
    if sample.size < 2:
        return Interval(float(sample[0]) if sample.size else math.nan, -math.inf, math.inf)
    mean = float(sample.mean())
    half = z * float(sample.std(ddof=1)) / math.sqrt(sample.size)
    return Interval(mean, mean - half, mean + half)


def paired_difference(first: ArrayLike, second: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return the mean of first - second over runs that share their luck, with its normal interval.

    Args:
        first: outcome of one policy, one number (or truth value) a run.
        second: outcome of the other in the same runs, in the same order.
        confidence: coverage aimed at.

    Raises:
        ValueError: if the two do not have the same shape.

    Source: Kahn and Marshall 1953; Glasserman and Yao 1992.
    """
    a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if a.shape != b.shape:
        raise ValueError(f"paired outcomes must have one shape, got {a.shape} and {b.shape}")
    return mean_interval(a - b, confidence)


def mcnemar(first: ArrayLike, second: ArrayLike) -> float:
    """Return the exact two-sided p-value that two policies do equally well, from truth values of paired runs.

    Only the runs in which they differ count, and are a fair coin if the policies are alike. Source: McNemar
    1947.
    """
    a, b = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    if a.shape != b.shape:
        raise ValueError(f"paired outcomes must have one shape, got {a.shape} and {b.shape}")
    return mcnemar_counts(int(np.sum(a & ~b)), int(np.sum(~a & b)))


def mcnemar_counts(gained: int, lost: int) -> float:
    """Return `mcnemar` from the numbers of runs in which only the one, and only the other, did well."""
    if gained == lost:
        return 1.0
    return min(1.0, 2.0 * float(bdtr(min(gained, lost), gained + lost, 0.5)))


def bonferroni(confidence: float, comparisons: int) -> float:
    """Return the confidence of each of several intervals that all hold together with `confidence`."""
    if comparisons < 1:
        raise ValueError(f"comparisons must be at least 1, got {comparisons}")
    return 1.0 - (1.0 - confidence) / comparisons


# Sequential stopping


def enough(successes: int, trials: int, half_width: float, confidence: float = 0.95, least: int = 100) -> bool:
    """Return whether Wilson's half-width has come down to `half_width`, after at least `least` trials."""
    return trials >= least and wilson(successes, trials, confidence).half_width <= half_width


def sample_until(
    draw: Callable[[int, int], ArrayLike],
    half_width: float,
    confidence: float = 0.95,
    least: int = 100,
    batch: int = 50,
    most: int = 1_000_000,
) -> tuple[int, int]:
    """Draw runs in batches until the proportion is known to `half_width`; return (successes, trials).

    Args:
        draw: called with (first, count); returns that many truth values, those of runs first, first + 1, ...
        half_width: of Wilson's interval, at which to stop.
        confidence: of the interval.
        least: runs before the first look.
        batch: runs between looks.
        most: runs at which to stop anyway.

    Source: Chow and Robbins 1965, who show that coverage tends to `confidence` as `half_width` shrinks.
    """
    if half_width <= 0.0 or batch < 1 or least < 1:
        raise ValueError("half_width must be above 0, batch and least at least 1")
    successes = trials = 0
    while trials < most and not enough(successes, trials, half_width, confidence, least):
        count = min(least if trials == 0 else batch, most - trials)
        successes += int(np.sum(np.asarray(draw(trials, count), dtype=bool)))
        trials += count
    return successes, trials


# Utility and welfare


def utility(outcomes: ArrayLike, weights: ArrayLike, allowed: ArrayLike | None = None) -> Floats:
    """Return sum_k w_k z_k of outcomes [..., criteria], and minus infinity where an outcome is not `allowed`
    [...].

    The constraint comes before every weight, so that "few against many" is a choice and not an accident of
    weights. Source: Keeney and Raiffa 1976.
    """
    value = np.asarray(np.asarray(outcomes, dtype=float) @ np.asarray(weights, dtype=float))
    return value if allowed is None else np.where(np.asarray(allowed, dtype=bool), value, -np.inf)


def break_even_weight(first: ArrayLike, second: ArrayLike, weights: ArrayLike, criterion: int) -> float:
    """Return the weight of one criterion at which two policies tie, the other weights being as given.

    Args:
        first: mean criteria of one policy [criteria].
        second: mean criteria of the other.
        weights: weights [criteria]; the one of `criterion` is ignored.
        criterion: index of the weight asked for.

    Returns:
        The weight; not a number where the policies agree in that criterion, so that no weight decides.
    """
    gap = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
    if gap[criterion] == 0.0:
        return math.nan
    fixed = np.array(weights, dtype=float)
    fixed[criterion] = 0.0
    return float(-(gap @ fixed) / gap[criterion])


def pareto_set(values: ArrayLike) -> NDArray[np.bool_]:
    """Return which policies of values [policies, criteria] no other beats: as good in all and better in one.

    Greater is better; equal policies stand together.
    """
    table = _table(values)
    keep = np.ones(len(table), dtype=bool)
    for i, row in enumerate(table):
        keep[i] = not np.any(np.all(table >= row, axis=1) & np.any(table > row, axis=1))
    return keep


def utilitarian(incomes: ArrayLike) -> float:
    """Return the sum of welfare (Harsanyi 1955); 0 for nobody."""
    return float(np.sum(np.asarray(incomes, dtype=float)))


def rawls(incomes: ArrayLike) -> float:
    """Return the welfare of the worst off (Rawls 1971); infinite for nobody."""
    return float(np.min(np.asarray(incomes, dtype=float), initial=math.inf))


def atkinson(incomes: ArrayLike, aversion: float) -> float:
    """Return the equal income that is as good as `incomes`: (mean y^(1-e))^(1/(1-e)), the geometric mean at e
    = 1.

    Args:
        incomes: one number at or above 0 for each person.
        aversion: e, to inequality: 0 gives the mean, infinity the least.

    Raises:
        ValueError: if there is nobody, an income is negative, or the aversion is.

    Source: Atkinson 1970.
    """
    y = np.asarray(incomes, dtype=float).ravel()
    if y.size == 0 or np.any(y < 0.0) or aversion < 0.0:
        raise ValueError("atkinson needs at least one income, none negative, and an aversion of 0 or more")
    least = float(y.min())
    if math.isinf(aversion) or (least == 0.0 and aversion >= 1.0):
        return least
    # Scaled by the least or the greatest income, so that no power overflows.
    unit = least if aversion > 1.0 else float(y.max())
    if unit == 0.0:
        return 0.0
    if abs(aversion - 1.0) < 1e-9:
        return float(np.exp(np.mean(np.log(y))))
    power = 1.0 - aversion
    return unit * float(np.mean((y / unit) ** power) ** (1.0 / power))


# Risk


def value_at_risk(losses: ArrayLike, level: float, odds: ArrayLike | None = None) -> float:
    """Return the least x with P(loss <= x) >= level; `losses` [n] have `odds` [n], equal if not given."""
    loss = np.asarray(losses, dtype=float).ravel()
    if loss.size == 0:
        raise ValueError("value_at_risk needs at least one loss")
    if not 0.0 <= level <= 1.0:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    order = np.argsort(loss, kind="stable")
    weights = _odds(odds, loss.size)[order]
    loss = loss[order][weights > 0.0]
    reached = np.cumsum(weights[weights > 0.0]) >= level - 1e-12
    return float(loss[np.argmax(reached)]) if reached.any() else float(loss[-1])


def conditional_value_at_risk(losses: ArrayLike, level: float, odds: ArrayLike | None = None) -> float:
    """Return the mean of the worst 1 - level of the losses: v + E[(L - v)^+] / (1 - level) at v = value at
    risk.

    Atoms are split, as they must be. Level 1 gives the worst. Source: Rockafellar and Uryasev 2000.
    """
    at_risk = value_at_risk(losses, level, odds)
    if level >= 1.0:
        return at_risk
    loss = np.asarray(losses, dtype=float).ravel()
    excess = np.maximum(loss - at_risk, 0.0) @ _odds(odds, loss.size)
    return at_risk + float(excess) / (1.0 - level)


# Regret and value of information


def expected_utility(utilities: ArrayLike, odds: ArrayLike | None = None) -> Floats:
    """Return E[U] of each policy, from utilities [policies, states] and the states' odds (equal if not
    given).
    """
    table = _table(utilities)
    weights = _odds(odds, table.shape[1])
    return table[:, weights > 0.0] @ weights[weights > 0.0]


def regret(utilities: ArrayLike) -> Floats:
    """Return max over policies of U(a, s), minus U(a, s), for utilities [policies, states]; same shape.

    No regret in a state that no policy is allowed in. Source: Savage 1951.
    """
    table = _table(utilities)
    best = np.broadcast_to(table.max(axis=0, initial=-np.inf), table.shape)
    return np.subtract(best, table, out=np.zeros(table.shape), where=best > table)


def minimax_regret(utilities: ArrayLike) -> tuple[int, float]:
    """Return the policy whose greatest regret is least, and that regret; the first of equals; 0 without
    states.
    """
    table = _table(utilities)
    if not len(table):
        raise ValueError("minimax_regret needs at least one policy")
    worst = regret(table).max(axis=1, initial=0.0)
    best = int(np.argmin(worst))
    return best, float(worst[best])


def perfect_information(utilities: ArrayLike, odds: ArrayLike | None = None) -> float:
    """Return EVPI = E[max_a U] - max_a E[U] for utilities [policies, states]; states may be runs with shared
    luck.

    Source: Raiffa and Schlaifer 1961; Howard 1966.
    """
    table = _table(utilities)
    if not table.size:
        return 0.0
    informed = float(expected_utility(table.max(axis=0, keepdims=True), odds)[0])
    uninformed = float(expected_utility(table, odds).max())
    return max(informed - uninformed, 0.0) if informed > -math.inf else 0.0


def unit_normal_loss(u: float) -> float:
    """Return L(u) = phi(u) - u (1 - Phi(u)), the mean by which a standard normal exceeds u."""
    return _NORMAL.pdf(u) - u * 0.5 * math.erfc(u / math.sqrt(2.0))


def perfect_information_normal(mean: float, deviation: float) -> float:
    """Return EVPI of two policies whose difference is N(mean, deviation^2): s L(|m| / s)."""
    if deviation <= 0.0:
        return 0.0
    return deviation * unit_normal_loss(abs(mean) / deviation)


def sample_information_normal(mean: float, deviation: float, size: float, noise: float) -> float:
    """Return EVSI of `size` observations with deviation `noise` of a difference with prior N(mean,
    deviation^2).

    As EVPI with the deviation s^2 / sqrt(s^2 + noise^2 / n) that the posterior mean is going to have.
    """
    if size <= 0.0 or deviation <= 0.0:
        return 0.0
    return perfect_information_normal(mean, deviation**2 / math.hypot(deviation, noise / math.sqrt(size)))
