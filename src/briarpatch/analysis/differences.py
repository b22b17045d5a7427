"""What differs between two chronicles, in words that both share."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from ..world import refs

if TYPE_CHECKING:
    from ..chronicle import Chronicle, Entry


@dataclass(frozen=True)
class Difference:
    """One thing that happened only in one of two chronicles, or in both at another time."""

    before: Entry | None
    after: Entry | None

    @property
    def entry(self) -> Entry:
        """The entry by which it is told: that of the first if it has one."""
        entry = self.before or self.after
        assert entry is not None
        return entry

    @property
    def side(self) -> str:
        """Where it happened: "only before", "only after", or in both: "moved"."""
        if self.before is None:
            return "only after"
        return "only before" if self.after is None else "moved"

    @property
    def later(self) -> float:
        """By how much later [s] it happened in the second; not a number when it did not happen in both."""
        return self.after.time - self.before.time if self.before and self.after else math.nan

    @property
    def weight(self) -> int:
        """What it weighs in a telling, 0 to 2."""
        return max(entry.weight for entry in (self.before, self.after) if entry)

    @property
    def time(self) -> float:
        """When it first happened in one of the two [s]."""
        return min(entry.time for entry in (self.before, self.after) if entry)


def key(log: Chronicle, number: int) -> tuple[int, str, str, str]:
    """Return what an entry says, times and amounts apart, by names that two versions of a scenario share."""
    label, place = log.scenario.names.label, log.places[number]
    where = label(refs.PLACE * refs.ROWS_PER_KIND + place) if place >= 0 else ""
    subject, object_ = log.subjects[number], log.objects[number]
    return log.kinds[number], label(subject) or str(subject), label(object_) or str(object_), where


def differences(before: Chronicle, after: Chronicle, since: int = 0) -> list[Difference]:
    """Return what differs between two chronicles from entry `since` on, in the order of time.

    The nth entry that says something in one is held against the nth that says it in the other. Entries that weigh
    nothing in a telling are left out.
    """
    said: dict[tuple[Any, ...], tuple[list[Entry], list[Entry]]] = defaultdict(lambda: ([], []))
    for side, log in enumerate((before, after)):
        for n in range(since, len(log)):
            if log.weight(n) > 0:
                said[key(log, n)][side].append(log.entry(n))
    pairs = (Difference(*pair) for one, two in said.values() for pair in zip_longest(one, two))
    apart = [pair for pair in pairs if pair.later != 0.0]
    return sorted(apart, key=lambda pair: (pair.time, -pair.weight))
