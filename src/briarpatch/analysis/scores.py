"""How far an ensemble is from what was observed: errors of its median, and scores of its whole distribution.

Sources: mean absolute scaled error, Hyndman and Koehler 2006 (doi 10.1016/j.ijforecast.2006.03.001); continuous ranked
probability score, Gneiting and Raftery 2007 (doi 10.1198/016214506000001437), in its fair form for few members, Ferro
2014 (doi 10.1002/qj.2270). Oracles: O-22.1 to O-22.5.
"""

from __future__ import annotations

import math

import numpy as np


def mean_absolute_error(told: np.ndarray, observed: np.ndarray) -> float:
    """Return the mean of |told - observed| over observations [n]."""
    return float(np.mean(np.abs(told - observed)))


def root_mean_square(told: np.ndarray, observed: np.ndarray) -> float:
    """Return the root of the mean square of told - observed over observations [n]."""
    return float(np.sqrt(np.mean((told - observed) ** 2)))


def bias(told: np.ndarray, observed: np.ndarray) -> float:
    """Return the mean of told - observed over observations [n]."""
    return float(np.mean(told - observed))


def naive_error(observed: np.ndarray, places: np.ndarray) -> float:
    """Return the mean absolute error of the forecast "as at the reading before".

    Args:
        observed: what was observed [n].
        places: the number of the reading at which each was observed [n], rising; only neighbours are compared.

    Returns:
        The error; NaN when no two observations are neighbours.
    """
    neighbours = np.diff(places) == 1
    return float(np.mean(np.abs(np.diff(observed)[neighbours]))) if neighbours.any() else math.nan


def crps(members: np.ndarray, observed: np.ndarray, fair: bool = True) -> np.ndarray:
    """Return the continuous ranked probability score of each observation [n]: 0 is best, in the unit of the series.

    Args:
        members: what each world says [worlds, n].
        observed: what was observed [n].
        fair: leave out what few worlds add to the spread by being few; one world has no spread.
    """
    worlds = len(members)
    apart = np.mean(np.abs(members - observed), axis=0)
    pairs = worlds * (worlds - 1) if fair else worlds * worlds
    if worlds < 2:
        return apart
    weight = 2.0 * np.arange(worlds) - (worlds - 1)
    between = 2.0 * (weight[:, None] * np.sort(members, axis=0)).sum(axis=0)
    return apart - 0.5 * between / pairs


def covered(members: np.ndarray, observed: np.ndarray, share: float) -> np.ndarray:
    """Return whether the central interval that holds `share` of the worlds holds each observation [n]."""
    low, high = np.quantile(members, (0.5 - 0.5 * share, 0.5 + 0.5 * share), axis=0)
    return (low <= observed) & (observed <= high)


def interval_score(low: np.ndarray, high: np.ndarray, observed: np.ndarray, share: float) -> np.ndarray:
    """Return the score of central intervals [n]: their width, and 2 / (1 - share) times how far outside it lies."""
    outside = np.maximum(low - observed, 0.0) + np.maximum(observed - high, 0.0)
    return (high - low) + 2.0 / (1.0 - share) * outside


def ranks(members: np.ndarray, observed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return between which ranks each observation lies: how many worlds say less, and how many say no more [n]."""
    return np.sum(members < observed, axis=0), np.sum(members <= observed, axis=0)
