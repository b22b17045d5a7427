"""Measures: what outcomes of many runs say about which policy to prefer, and how surely.

Expected and multi-attribute utility (von Neumann and Morgenstern 1944; Keeney and Raiffa 1976), regret
(Savage 1951), value of information (Raiffa and Schlaifer 1961), conditional value at risk (Rockafellar and
Uryasev 2000), welfare (Harsanyi 1955; Rawls 1971; Atkinson 1970), intervals (Wilson 1927; Student 1908 and Hall 1992; Tango 1998;
Newcombe 1998) and sequential stopping (Chow and Robbins 1965). Plain functions of NumPy arrays; no state.

Assumes: runs are independent; paired runs share their luck run by run. Leaves out: selection of the best
among many policies (use `bonferroni`), utilities that are not additive.

Oracles: O-14.1 to O-14.9.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr, stdtrit

Floats = NDArray[np.float64]

_NORMAL = NormalDist()

TWO_VALUED = 20
"""Runs from which two values that are not 0 and 1 are taken for the only ones."""


class Interval(NamedTuple):
    """An estimate with its confidence bounds."""

    estimate: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the distance of the bounds."""
        return 0.5 * (self.high - self.low)


UNBOUNDED = (-math.inf, math.inf)
"""The range of a measure of which nothing is known."""


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
    """Return a mean with its t interval, mended for skewness by Hall's transformation.

    Two values or more that are all the same bound nothing: what they never showed may be any size, so the bounds are not
    numbers. One value gives an infinite interval, none also an estimate that is not a number. Values that are not finite
    give a mean without bounds.

    Args:
        values: one number a run.
        confidence: coverage aimed at.

    Source: Student 1908; Hall 1992, On the removal of skewness by transformation, J. R. Statist. Soc. B 54:221.
    """
    _critical(confidence)
    sample = np.asarray(values, dtype=float).ravel()
    count = sample.size
    if count < 2:
        return Interval(float(sample[0]) if count else math.nan, -math.inf, math.inf)
    if not np.isfinite(sample).all():
        both = (sample == np.inf).any() and (sample == -np.inf).any()
        return Interval(math.nan if np.isnan(sample).any() or both else float(sample.sum()), math.nan, math.nan)
    if (sample == sample[0]).all():
        return Interval(float(sample[0]), math.nan, math.nan)
    unit = float(np.abs(sample).max())  # so that no square of a large value overflows
    scaled = sample / unit
    mean = float(scaled.mean())
    moment2, moment3 = float(((scaled - mean) ** 2).mean()), float(((scaled - mean) ** 3).mean())
    if moment2 <= 1e-30:
        return Interval(unit * mean, float(sample.min()), float(sample.max()))
    deviation, skew = math.sqrt(moment2 * count / (count - 1)), moment3 / moment2**1.5
    reach = float(stdtrit(count - 1, 0.5 + 0.5 * confidence)) / math.sqrt(count)
    low, high = (mean - deviation * _hall(end, skew, count) for end in (reach, -reach))
    return Interval(unit * mean, unit * low, unit * high)


def _hall(end: float, skew: float, count: int) -> float:
    """Return the studentised error whose transform is `end`: the inverse of Hall's cubic."""
    if abs(skew) < 1e-6:
        return end
    return 3.0 / skew * (float(np.cbrt(1.0 + skew * (end - skew / (6.0 * count)))) - 1.0)


def _two_values(*samples: Floats) -> tuple[float, float] | None:
    """Return the two values that are all that the samples hold, such as 0 and 1; None when they hold others.

    Whatever is 0 or 1 counts; two other values count from TWO_VALUED runs on, below which a number that may be anything
    takes two values by chance.
    """
    least = min(float(sample.min()) for sample in samples)
    most = max(float(sample.max()) for sample in samples)
    if least >= 0.0 and most <= 1.0 and all(np.isin(sample, (0.0, 1.0)).all() for sample in samples):
        return 0.0, 1.0
    if least < most and samples[0].size >= TWO_VALUED and all(np.isin(x, (least, most)).all() for x in samples):
        return least, most
    return None


def clipped(found: Interval, low: float, high: float) -> Interval:
    """Return an interval whose finite bounds do not go beyond `low` and `high`, which no mean goes beyond."""
    least = max(found.low, low) if math.isfinite(found.low) else found.low
    most = min(found.high, high) if math.isfinite(found.high) else found.high
    return Interval(found.estimate, least, most)


def average(
    values: ArrayLike, confidence: float = 0.95, share: bool = False, within: tuple[float, float] = UNBOUNDED
) -> Interval:
    """Return the mean of a measure with its interval: Wilson's where runs show only two values, else `mean_interval`.

    Args:
        values: one number (or truth value) a run.
        confidence: coverage aimed at.
        share: True when a value cannot lie outside 0 and 1, so that bounds do not either.
        within: what no value lies outside of, so that bounds do not either.
    """
    return clipped(_average(np.asarray(values, dtype=float).ravel(), confidence, share), *within)


def _average(sample: Floats, confidence: float, share: bool) -> Interval:
    two = _two_values(sample) if sample.size and np.isfinite(sample).all() else None
    if two is not None and (share or (sample != sample[0]).any()):
        low, high = two
        found = wilson(int((sample == high).sum()), sample.size, confidence)
        return Interval(*(low + (high - low) * end for end in found))
    found = mean_interval(sample, confidence)
    if share and sample.size:
        bounds = (found.low, found.high) if found.low == found.low else (0.0, 1.0)
        return Interval(found.estimate, max(bounds[0], 0.0), min(bounds[1], 1.0))
    return found


def paired_shares(
    gained: ArrayLike, lost: ArrayLike, pairs: ArrayLike, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Return the bounds of the difference of paired shares by Tango's score interval, element by element.

    Args:
        gained: numbers of pairs in which only the first held.
        lost: numbers of pairs in which only the second held.
        pairs: numbers of pairs, at least 1.
        confidence: coverage aimed at.

    Source: Tango 1998, Statistics in Medicine 17:891.
    """
    z = _critical(confidence)
    b, c, n = np.broadcast_arrays(*(np.asarray(x, dtype=float) for x in (gained, lost, pairs)))
    estimate = (b - c) / n

    def bound(outer: float) -> Floats:
        inner, end = estimate.copy(), np.full(b.shape, outer)
        for _ in range(60):
            middle = 0.5 * (inner + end)
            beyond = np.abs(_tango(middle, b, c, n)) > z
            end, inner = np.where(beyond, middle, end), np.where(beyond, inner, middle)
        return end

    return bound(-1.0), bound(1.0)


def _tango(difference: Floats, b: Floats, c: Floats, n: Floats) -> Floats:
    """Return the score statistic of a difference; the share of `c` is at its most likely value under it."""
    quadratic = 2.0 * n
    linear = (2.0 * n - b + c) * difference - b - c
    constant = -c * difference * (1.0 - difference)
    share = (np.sqrt(np.maximum(linear**2 - 4.0 * quadratic * constant, 0.0)) - linear) / (2.0 * quadratic)
    variance = n * (2.0 * share + difference * (1.0 - difference))
    error = b - c - n * difference
    return np.where(variance > 0.0, error / np.sqrt(np.maximum(variance, 1e-300)), np.sign(error) * 1e300)


def paired_share(gained: int, lost: int, pairs: int, confidence: float = 0.95) -> Interval:
    """Return a difference of paired shares with Tango's interval; see `paired_shares`. Without pairs it is [-1, 1]."""
    if pairs == 0:
        return Interval(math.nan, -1.0, 1.0)
    low, high = paired_shares(gained, lost, pairs, confidence)
    return Interval((gained - lost) / pairs, float(low), float(high))


def paired_difference(
    first: ArrayLike,
    second: ArrayLike,
    confidence: float = 0.95,
    share: bool = False,
    within: tuple[float, float] = UNBOUNDED,
) -> Interval:
    """Return the mean of first - second over runs that share their luck, with its interval.

    Where the runs show only two values, such as truth values, it is Tango's; else that of `mean_interval`. Where all runs
    differ by the same, a run that was not seen may differ by as much as any two values that were: the bounds are those of
    the share of such runs, times that range. Where all values are the same, nothing bounds the difference.

    Args:
        first: outcome of one policy, one number (or truth value) a run.
        second: outcome of the other in the same runs, in the same order.
        confidence: coverage aimed at.
        share: True when a value cannot lie outside 0 and 1.
        within: what no value of either lies outside of; its width bounds the difference.

    Raises:
        ValueError: if the two do not have the same shape.

    Source: Kahn and Marshall 1953; Glasserman and Yao 1992; Tango 1998.
    """
    width = within[1] - within[0]
    return clipped(_paired_difference(first, second, confidence, share), -width, width)


def _paired_difference(first: ArrayLike, second: ArrayLike, confidence: float, share: bool) -> Interval:
    a, b = np.asarray(first, dtype=float).ravel(), np.asarray(second, dtype=float).ravel()
    if a.shape != b.shape or np.shape(first) != np.shape(second):
        raise ValueError(f"paired outcomes must have one shape, got {np.shape(first)} and {np.shape(second)}")
    count = a.size
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        with np.errstate(invalid="ignore"):
            return mean_interval(a - b, confidence)
    two = _two_values(a, b) if count else None
    if two is not None and (share or min(a.min(), b.min()) < max(a.max(), b.max())):
        low, high = two
        found = paired_share(
            int(((a == high) & (b == low)).sum()), int(((a == low) & (b == high)).sum()), count, confidence
        )
        return Interval(*((high - low) * end for end in found))
    with np.errstate(over="ignore"):
        gaps = a - b
    found = mean_interval(gaps, confidence)
    if count >= 2 and (gaps == gaps[0]).all():
        span = max(float(a.max()), float(b.max())) - min(float(a.min()), float(b.min()))
        span = max(span, 1.0) if share else span
        if span > 0.0:
            reach = paired_share(0, 0, count, confidence).high * span
            found = Interval(found.estimate, found.estimate - reach, found.estimate + reach)
    if share and count:
        return Interval(found.estimate, max(found.low, -1.0), min(found.high, 1.0))
    return found


def unpaired_difference(
    first: ArrayLike,
    second: ArrayLike,
    confidence: float = 0.95,
    share: bool = False,
    within: tuple[float, float] = UNBOUNDED,
) -> Interval:
    """Return the difference of the means of two independent samples, by the squares of the distances to their bounds.

    Of shares it is Newcombe's interval. No bound goes beyond the width of `within`, outside of which no value of either
    lies. Source: Newcombe 1998; Zou and Donner 2008, Statistics in Medicine 27:1693, doi 10.1002/sim.3095.
    """
    width = within[1] - within[0]
    return clipped(_unpaired_difference(first, second, confidence, share), -width, width)


def _unpaired_difference(first: ArrayLike, second: ArrayLike, confidence: float, share: bool) -> Interval:
    a, b = np.asarray(first, dtype=float).ravel(), np.asarray(second, dtype=float).ravel()
    two = _two_values(a, b) if a.size and b.size and np.isfinite(a).all() and np.isfinite(b).all() else None
    both = share or (two is not None and min(a.min(), b.min()) < max(a.max(), b.max()))
    if two is not None and both:
        low, high = two
        found = newcombe(int((a == high).sum()), a.size, int((b == high).sum()), b.size, confidence)
        return Interval(*((high - low) * end for end in found))
    one, other = mean_interval(a, confidence), mean_interval(b, confidence)
    one, other = (x._replace(low=x.estimate, high=x.estimate) if math.isnan(x.low) else x for x in (one, other))
    gap = one.estimate - other.estimate
    if (one.low, other.low) == (one.estimate, other.estimate):
        return Interval(gap, math.nan, math.nan)
    below = math.hypot(one.estimate - one.low, other.high - other.estimate)
    above = math.hypot(one.high - one.estimate, other.estimate - other.low)
    return Interval(gap, gap - below, gap + above)


def tells_apart(difference: Interval, differing: int, p: float | None = None, confidence: float = 0.95) -> bool:
    """Return whether a paired difference is surely not 0.

    Its interval leaves out 0, or all runs differ by the same; and so many runs differ that they could not all have
    fallen one way by a fair coin: with `p`, the exact test says so; without, there are as many as that takes.

    Args:
        difference: with its bounds.
        differing: number of runs in which the two differ.
        p: of McNemar's exact test, where runs show truth values.
        confidence: of the bounds.
    """
    if not math.isfinite(difference.estimate) or difference.estimate == 0.0:
        return False
    if p is None:
        p = min(1.0, 2.0 * 0.5**differing)
    away = difference.low > 0.0 or difference.high < 0.0 or math.isnan(difference.low)
    return away and p <= 1.0 - confidence + 1e-12


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
