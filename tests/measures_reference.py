"""Other ways to work out what `analysis.measures` says of many runs; no command calls them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from briarpatch.analysis.measures import enough, perfect_information_normal


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


def utilitarian(incomes: ArrayLike) -> float:
    """Return the sum of welfare (Harsanyi 1955); 0 for nobody."""
    return float(np.sum(np.asarray(incomes, dtype=float)))


def rawls(incomes: ArrayLike) -> float:
    """Return the welfare of the worst off (Rawls 1971); infinite for nobody."""
    return float(np.min(np.asarray(incomes, dtype=float), initial=math.inf))


def sample_information_normal(mean: float, deviation: float, size: float, noise: float) -> float:
    """Return EVSI of `size` observations with deviation `noise` of a difference with prior N(mean,
    deviation^2).

    As EVPI with the deviation s^2 / sqrt(s^2 + noise^2 / n) that the posterior mean is going to have.
    """
    if size <= 0.0 or deviation <= 0.0:
        return 0.0
    return perfect_information_normal(mean, deviation**2 / math.hypot(deviation, noise / math.sqrt(size)))
