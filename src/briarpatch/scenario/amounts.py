"""What the amount of an entry measures, and between what bounds it lies: what a beat asks of it can be held to that.

Bounds may be wider than the truth, never narrower. A kind of entry that is not here may have any amount.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from .ranges import Interval
from .schema import Document


class Amount(NamedTuple):
    """What an amount is, the bounds of its values, and whether it is a whole number."""

    told: str
    values: Interval
    whole: bool = False


def amount_of(document: Document, kind: str) -> Amount | None:
    """Return what the amounts of entries of a kind are in a scenario, or None when nothing is known of them."""
    if kind in _NOTHING:
        return Amount("", Interval(0.0, 0.0), True)
    if kind in _SHARES:
        return Amount(_SHARES[kind], Interval(0.0, 1.0))
    if kind in _COUNTS:
        told, least, most = _COUNTS[kind]
        return Amount(told, Interval(least, float(most(document))), True)
    return None


def _people(document: Document) -> float:
    return len(document.people) + sum(crowd.count for crowd in document.listed.values())


def _drones(document: Document) -> float:
    return max((swarm.count for swarm in document.swarms.values()), default=0)


def _stages(document: Document) -> float:
    return max(
        (max(len(one.start), len(one.by_hand), len(one.run)) for one in document.devices.values()),
        default=0,
    )


def _members(document: Document) -> float:
    return max((council.members for council in document.councils.values()), default=0)


def _unbounded(document: Document) -> float:
    return math.inf


_NOTHING = frozenset(
    (
        *(
            "began",
            "ended",
            "rule",
            "marked",
            "chose",
            "lapsed",
            "unanswered",
            "departed",
            "boarded",
            "sent",
            "delivered",
        ),
        *("lost", "died", "captured", "released", "joined", "joined in", "violated", "attacked", "went over", "met"),
        *("leaked", "consented", "noticed"),
    )
)
"""Kinds whose entries have no amount, which then is 0."""

_SHARES = {
    "succeeded": "the share that had joined",
    "put down": "the share that had joined",
    "died down": "the share that had heard it",
    "drained": "the share that is left",
}

_COUNTS: dict[str, tuple[str, float, Callable[[Document], float]]] = {
    "arrived": ("how many arrived together, 0 for a vessel", 0.0, _people),
    "came too late": ("how many came together, 0 for a vessel", 0.0, _people),
    "marched": ("how many set out", 0.0, _people),
    "came through": ("how many came through", 0.0, _people),
    "fell behind": ("how many fell behind", 1.0, _people),
    "taken up": ("by how many", 0.0, _people),
    "carried": ("how many were carried", 0.0, _people),
    "went about": ("how many tell it", 1.0, _people),
    "stood still": ("how many parties stopped", 0.0, _people),
    "launched": ("how many drones are left", 0.0, _drones),
    "recalled": ("how many drones are left", 0.0, _drones),
    "drone lost": ("how many drones are left", 0.0, _drones),
    "tagged": ("which tag of the swarm it is", 0.0, _unbounded),
    "stage done": ("the number of the stage", 1.0, _stages),
    "resolved": ("the votes to act", 0.0, _members),
    "declined": ("the votes to act", 0.0, _members),
    "fired a volley": ("how many found their mark", 0.0, _unbounded),
}
"""What is counted, and the least and the most of it."""
