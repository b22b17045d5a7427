"""Scenario discovery by PRIM: in which box of inputs does an outcome live?

The patient rule induction method (Friedman and Fisher 1999, Statistics and Computing 9:123, doi
10.1023/A:1008894516817), used as Bryant and Lempert (2010, doi 10.1016/j.techfore.2009.08.002) do: from a box that holds
all cases, thin slices are peeled off, each time the one whose loss raises the share of cases of interest most, until
few are left; slices that raise it are pasted on again. Each box is judged by its *density* (share of its cases that are
of interest), its *coverage* (share of all cases of interest that it holds) and its *mass* (share of all cases). A
restriction whose quasi-p-value is large may be there by chance.

Assumes: numeric inputs. Leaves out: categorical inputs, rotation of inputs, bumping.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom

from ..errors import RequestError

Floats = NDArray[np.float64]
Objective = Literal["gain", "weighted", "mean"]
"""What a peel is chosen by: the gain in density a case lost, that times the mass left (Friedman and Fisher, 14.6), or the
density itself, as in the first account of the method."""


@dataclass(frozen=True)
class Box:
    """A box of inputs, bounds included."""

    low: Floats
    high: Floats
    coverage: float
    density: float
    mass: float
    restricted: NDArray[np.bool_]
    """[inputs] whether a bound differs from that of the box of all cases."""
    quasi_p: Floats
    """[inputs, 2] chance that the lower and the upper bound do as well by luck; not a number where there is none."""
    inside: NDArray[np.bool_] = field(repr=False)
    """[cases]."""


@dataclass(frozen=True)
class Trajectory:
    """The boxes of one search, from that of all cases to the smallest."""

    boxes: list[Box]

    @property
    def chosen(self) -> Box:
        """The box with the greatest harmonic mean of coverage and density; the larger of equals.

        The choice is a convention: whoever needs a purer or a wider box picks another of `boxes`.
        """
        return max(self.boxes, key=lambda box: (balance(box), box.mass))


def balance(box: Box) -> float:
    """Return the harmonic mean of coverage and density, 0 when either is."""
    both = box.coverage + box.density
    return 2.0 * box.coverage * box.density / both if both > 0.0 else 0.0


def search(
    inputs: ArrayLike,
    interest: ArrayLike,
    peel: float = 0.1,
    paste: float = 0.05,
    least_mass: float = 0.05,
    objective: Objective = "gain",
) -> Trajectory:
    """Return the boxes that PRIM finds on its way to where cases of interest are dense.

    Args:
        inputs: [cases, inputs].
        interest: [cases] whether each case is of interest.
        peel: share of a box's cases that a peel takes away.
        paste: share of the cases beyond a bound that a paste gives back.
        least_mass: share of all cases that a box must keep.
        objective: what peels and pastes are chosen by.

    Raises:
        RequestError: when there is nothing to tell apart: no case, none of interest, or all of them.
    """
    x, y = np.asarray(inputs, float), np.asarray(interest, bool)
    if x.ndim != 2 or y.shape != x.shape[:1]:
        raise RequestError(f"inputs must be [cases, inputs] and interest [cases], got {x.shape} and {y.shape}")
    if not np.isfinite(x).all():
        raise RequestError("the inputs must be finite")
    for name, share in (("peel", peel), ("paste", paste), ("least_mass", least_mass)):
        if not 0.0 < share < 1.0:
            raise RequestError(f"{name} must lie between 0 and 1, got {share}")
    if y.all() or not y.any():
        raise RequestError(
            f"{'every' if len(y) and y.all() else 'no'} case is of interest, so there is no box to look for"
        )
    score = _OBJECTIVES[objective]
    whole = x.min(axis=0), x.max(axis=0)
    limits = [(whole[0].copy(), whole[1].copy())]
    inside = np.ones(len(y), bool)
    grow = False
    while True:
        low, high = limits[-1]
        found = _pastes(x, low, high, whole, paste) if grow else _peels(x, inside, low, high, peel)
        best, best_rank = None, (0.0, 0)
        for candidate in found:
            members = _members(x, *candidate)
            free = int(np.sum((candidate[0] == whole[0]) & (candidate[1] == whole[1])))
            rank = (score(y, inside, members), free)
            if best is None or rank > best_rank:
                best, best_rank = (candidate, members), rank
        if best is not None and _goes_on(y, inside, best[1], best_rank[0], grow, least_mass):
            limits.append(best[0])
            inside = best[1]
        elif grow:
            break
        else:
            grow = True
    return Trajectory([_box(x, y, low, high, whole) for low, high in limits])


def _goes_on(y: np.ndarray, before: np.ndarray, after: np.ndarray, score: float, grow: bool, least_mass: float) -> bool:
    if score <= 0.0 or after.sum() < least_mass * len(y):
        return False
    if grow:
        return bool(after.sum() > before.sum() and y[after].mean() > y[before].mean())
    return bool(after.sum() < before.sum())


def _members(x: Floats, low: Floats, high: Floats) -> NDArray[np.bool_]:
    return np.all((x >= low) & (x <= high), axis=1)


def _peels(x: Floats, inside: np.ndarray, low: Floats, high: Floats, share: float) -> list[tuple[Floats, Floats]]:
    """Return the boxes that are left when a slice is cut off at either end of each input."""
    found = []
    for column in range(x.shape[1]):
        values = np.sort(x[inside, column])
        upper, lower = high.copy(), low.copy()
        upper[column], lower[column] = between(values, 1.0 - share), between(values, share)
        found += [(low, upper), (lower, high)]
    return found


def _pastes(
    x: Floats, low: Floats, high: Floats, whole: tuple[Floats, Floats], share: float
) -> list[tuple[Floats, Floats]]:
    """Return the boxes that come of moving each bound outwards over a share of the cases beyond it."""
    found = []
    for column in np.flatnonzero((low != whole[0]) | (high != whole[1])):
        for end in (0, 1):
            beyond_low, beyond_high = low.copy(), high.copy()
            if end == 0:
                beyond_low[column], beyond_high[column] = whole[0][column], low[column]
            else:
                beyond_low[column], beyond_high[column] = high[column], whole[1][column]
            values = np.sort(x[_members(x, beyond_low, beyond_high), column])
            bound = whole[end][column]
            if len(values):
                bound = between(values, 1.0 - share if end == 0 else share)
            wider = (low.copy(), high.copy())
            wider[end][column] = bound
            found.append(wider)
    return found


def between(values: Floats, share: float) -> float:
    """Return a quantile of sorted `values` that lies half-way between two different ones, so that a cut there takes some.

    From the pair of neighbours around the quantile, it looks on towards the middle for values that differ; when all of
    them are equal, it returns that value.
    """
    at = (len(values) - 1) * share
    below, above = int(np.floor(at)), int(np.ceil(at))
    if share > 0.5:
        below = min(below, int(np.searchsorted(values, values[above])) - 1) if values[below] == values[above] else below
        below = max(below, 0)
    elif values[below] == values[above]:
        above = min(int(np.searchsorted(values, values[below], "right")), len(values) - 1)
    return float(0.5 * (values[below] + values[above]))


def _gain(y: np.ndarray, before: np.ndarray, after: np.ndarray) -> float:
    moved = abs(int(before.sum()) - int(after.sum()))
    mean = y[after].mean() if after.any() else 0.0
    return float((mean - y[before].mean()) / moved) if moved else 0.0


def _weighted(y: np.ndarray, before: np.ndarray, after: np.ndarray) -> float:
    return int(after.sum()) * _gain(y, before, after)


def _mean(y: np.ndarray, before: np.ndarray, after: np.ndarray) -> float:
    return float(y[after].mean()) if after.any() else -1.0


_OBJECTIVES: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], float]] = {
    "gain": _gain,
    "weighted": _weighted,
    "mean": _mean,
}


def _box(x: Floats, y: np.ndarray, low: Floats, high: Floats, whole: tuple[Floats, Floats]) -> Box:
    inside = _members(x, low, high)
    wins, size = int(y[inside].sum()), int(inside.sum())
    chances = np.full((x.shape[1], 2), np.nan)
    for column in range(x.shape[1]):
        for end, bound in ((0, low), (1, high)):
            if bound[column] == whole[end][column]:
                continue
            freed = (low.copy(), high.copy())
            freed[end][column] = whole[end][column]
            without = _members(x, *freed)
            chances[column, end] = binom.sf(wins - 1, size, y[without].mean())
    return Box(
        low,
        high,
        wins / int(y.sum()),
        wins / size,
        size / len(y),
        (low != whole[0]) | (high != whole[1]),
        chances,
        inside,
    )
