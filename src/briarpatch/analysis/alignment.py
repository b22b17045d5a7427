"""The alignment of an account with a chronicle: which entry is which beat, so that as few beats as possible are left over.

In the terms of process mining (Adriansyah, van Dongen and van der Aalst 2011, Conformance checking using cost-based fitness
analysis, doi:10.1109/EDOC.2011.12) a beat without an entry is a move on the model and costs 1, or nothing when it is
optional; an entry without a beat is a move on the log and costs nothing, because a chronicle tells much that no account
does. One entry may be several beats unless one of them has to come later than the other.

The search is exact. For a given set of beats, whether all of them can be had is quick to tell: every link says "this no
sooner than that", so pushing each beat to its first entry that its links allow either ends, with the earliest possible
alignment, or runs a beat out of entries; the beats that pushed it are then a *conflict*, of which at least one must be left
out. So the beats to leave out are a cheapest set that meets every conflict, found best first (A*), with the number of
disjoint conflicts among the rest as the bound. Of all the alignments with those beats, the one is taken whose smallest
slack is largest, and the earliest of these.

A link holds through a beat that is left out: of a < b < c without b there remains a < c.
"""

from __future__ import annotations

import heapq
import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..errors import RequestError

NEVER = -math.inf
REQUIRED = 1 << 20
"""The cost of leaving out what an account requires; what is optional costs 1, so that it only settles ties."""
MOST_TRIALS = 200_000
"""Sets of beats that the search looks at before it gives up."""


@dataclass(frozen=True)
class Problem:
    """What is to be aligned; entries are numbers in a chronicle, of which `times` holds the seconds.

    `entries[b]` are the entries that beat b can be, in order; `links` are (earlier, later, least, most, ordered) as in
    `scenario.accounts.Link`. `before` and `after` are absences that bind a beat: (beat, entry), where the beat has to
    come before that entry, or after it; each may be given up at the cost of a beat that is required. What has to come
    before an entry must come at all; what has to come after one may be left out. `windows` are the times (from, to) between
    which the entries of each beat were looked for; they matter to the slack alone.
    """

    times: Sequence[float]
    entries: Sequence[Sequence[int]]
    optional: Sequence[bool]
    links: Sequence[tuple[int, int, float, float, bool]]
    before: Sequence[tuple[int, int]] = ()
    after: Sequence[tuple[int, int]] = ()
    windows: Sequence[tuple[float, float]] = ()


@dataclass(frozen=True)
class Alignment:
    """The outcome: the entry of each beat (-1: left out), and whether each absence of `before` and `after` is kept.

    `slack` is how far the nearest link, window or absence is from being broken, in seconds; infinite without any.
    """

    entries: list[int]
    before: list[bool]
    after: list[bool]
    slack: float


def align(problem: Problem) -> Alignment:
    """Return an alignment of least cost; raises RequestError when it takes more than MOST_TRIALS to find one."""
    return _Search(problem).best()


class _Search:
    """Items are numbered: the beats first, then the absences before, then those after; sets of items are bit masks."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.beats = beats = len(problem.entries)
        self.first_after = beats + len(problem.before)
        self.items = self.first_after + len(problem.after)
        self.windows = problem.windows or [(0.0, math.inf)] * beats
        self.times = [[problem.times[n] for n in entries] for entries in problem.entries]
        self.links: list[list[tuple[int, float, bool]]] = [[] for _ in range(beats)]
        """Of each beat: (beat, gap, ordered): that beat comes no sooner than `gap` seconds after this one."""
        for earlier, later, least, most, ordered in problem.links:
            self.links[earlier].append((later, least, ordered))
            if most < math.inf:
                self.links[later].append((earlier, -most, False))
        self.leans_on = [0] * beats
        """Of each beat: the absences that cannot be kept without it."""
        for turn, (beat, _) in enumerate(problem.before):
            self.leans_on[beat] |= 1 << (beats + turn)
        self.trials = 0

    # --------------------------------------------------------------------------------------------- what to leave out

    def best(self) -> Alignment:
        """Return the alignment: A* over what is left out, a conflict at a time."""
        empty = [b for b in range(self.beats) if not self.problem.entries[b]]
        start = 0
        for beat in empty:
            start |= 1 << beat | self.leans_on[beat]
        everything = (1 << self.items) - 1
        turn = 0
        waiting = [(0, 0, 0, start)]  # bound, turn, cost, what is left out
        seen = {start}
        while True:
            bound, _, cost, out = heapq.heappop(waiting)
            conflicts = self._conflicts(everything & ~out)
            if not conflicts:
                return self._robust(everything & ~out)
            known = cost + sum(min(self._cost(item) for item in _members(conflict)) for conflict in conflicts)
            if known > bound:
                turn += 1
                heapq.heappush(waiting, (known, turn, cost, out))
                continue
            for item in _members(conflicts[0]):
                more = (1 << item | (self.leans_on[item] if item < self.beats else 0)) & ~out
                if out | more not in seen:
                    seen.add(out | more)
                    turn += 1
                    dearer = cost + sum(self._cost(i) for i in _members(more))
                    heapq.heappush(waiting, (max(bound, dearer), turn, dearer, out | more))

    def _cost(self, item: int) -> int:
        return 1 if item < self.beats and self.problem.optional[item] else REQUIRED

    def _conflicts(self, kept: int) -> list[int]:
        """Return conflicts within `kept` that share no item, as many as are found; [] when all can be had together."""
        found: list[int] = []
        while True:
            conflict = self._fit(kept)[1]
            if not conflict:
                return found
            for item in _members(conflict):  # a smaller conflict has fewer ways out
                smaller = self._fit(conflict & ~(1 << item))[1]
                conflict = smaller or conflict
            found.append(conflict)
            kept &= ~conflict

    # ------------------------------------------------------------------------------------------------- what fits

    def _fit(self, kept: int, beyond: float | None = None) -> tuple[list[int], int]:
        """Return (positions of the earliest alignment of `kept` among each beat's entries, 0), or ([], a conflict).

        With `beyond`, every slack must be more than that.
        """
        self.trials += 1
        if self.trials > MOST_TRIALS:
            raise RequestError("an account is too entangled to be aligned; give it fewer links or narrower patterns")
        entries, times, beats = self.problem.entries, self.times, self.beats
        why = [0] * beats
        from_entry, from_time = [0] * beats, [NEVER] * beats
        past_time, short_of = [NEVER] * beats, [math.inf] * beats
        to_entry, to_by = [len(self.problem.times)] * beats, [0] * beats
        self._bound_by_absences(kept, from_entry, to_entry, why, to_by)
        if beyond is not None:
            self._narrow(kept, beyond, past_time, short_of)
        at = [0] * beats
        waiting, queued = list(range(beats - 1, -1, -1)), [True] * beats
        while waiting:
            beat = waiting.pop()
            queued[beat] = False
            present = bool(kept >> beat & 1)
            if present:
                own, own_times = entries[beat], times[beat]
                position = max(at[beat], bisect_left(own, from_entry[beat]), bisect_left(own_times, from_time[beat]))
                if beyond is not None:
                    position = max(position, bisect_right(own_times, past_time[beat]))
                if position == len(own):
                    return [], why[beat] | 1 << beat
                at[beat] = position
                entry, time = own[position], own_times[position]
                if entry >= to_entry[beat] or time >= short_of[beat]:
                    return [], why[beat] | to_by[beat] | 1 << beat
                because = why[beat] | 1 << beat
            else:
                entry, time, because = from_entry[beat] - 1, from_time[beat], why[beat]
            for other, gap, ordered in self.links[beat]:
                pushed = False
                # A beat that is left out has no entry to stop at, so a rounding must not push it round and round.
                rounding = 0.0 if kept >> other & 1 else 1e-6 + 1e-12 * abs(from_time[other])
                if time + gap > from_time[other] + (rounding if rounding < math.inf else 0.0):
                    from_time[other] = time + gap
                    pushed = True
                if ordered and entry >= from_entry[other]:
                    from_entry[other] = entry + 1
                    pushed = True
                if beyond is not None and present and kept >> other & 1 and time + gap + beyond > past_time[other]:
                    past_time[other] = time + gap + beyond
                    pushed = True
                if pushed:
                    why[other] |= because
                    if not queued[other]:
                        queued[other] = True
                        waiting.append(other)
        return at, 0

    def _bound_by_absences(
        self, kept: int, from_entry: list[int], to_entry: list[int], why: list[int], to_by: list[int]
    ) -> None:
        for turn, (beat, entry) in enumerate(self.problem.before):
            item = 1 << (self.beats + turn)
            if kept & item and entry < to_entry[beat]:
                to_entry[beat], to_by[beat] = entry, item
        for turn, (beat, entry) in enumerate(self.problem.after):
            item = 1 << (self.first_after + turn)
            if kept & item and kept >> beat & 1 and entry >= from_entry[beat]:
                from_entry[beat] = entry + 1
                why[beat] |= item

    def _narrow(self, kept: int, beyond: float, past_time: list[float], short_of: list[float]) -> None:
        """Move windows and absences inwards by `beyond`."""
        times = self.problem.times
        for beat, (earliest, latest) in enumerate(self.windows):
            past_time[beat] = earliest + beyond if earliest > 0.0 else NEVER
            short_of[beat] = latest - beyond
        for turn, (beat, entry) in enumerate(self.problem.before):
            if kept >> (self.beats + turn) & 1:
                short_of[beat] = min(short_of[beat], times[entry] - beyond)
        for turn, (beat, entry) in enumerate(self.problem.after):
            if kept >> (self.first_after + turn) & 1:
                past_time[beat] = max(past_time[beat], times[entry] + beyond)

    # ------------------------------------------------------------------------------------------------- the slack

    def _robust(self, kept: int) -> Alignment:
        """Return the alignment of `kept` with the largest smallest slack, and the earliest of those."""
        at, _ = self._fit(kept)
        slack = self._slack(kept, at)
        while slack < math.inf:
            better, conflict = self._fit(kept, slack)
            if conflict:
                break
            more = self._slack(kept, better)
            if more <= slack:  # they differ by a rounding only
                break
            at, slack = better, more
        return Alignment(
            [self.problem.entries[b][at[b]] if kept >> b & 1 else -1 for b in range(self.beats)],
            [bool(kept >> item & 1) for item in range(self.beats, self.first_after)],
            [bool(kept >> item & 1) for item in range(self.first_after, self.items)],
            slack,
        )

    def _slack(self, kept: int, at: list[int]) -> float:
        """Return the smallest slack of an alignment."""
        least = math.inf
        for beat, (earliest, latest) in enumerate(self.windows):
            if not kept >> beat & 1:
                continue
            time = self.times[beat][at[beat]]
            least = min(least, latest - time, time - earliest if earliest > 0.0 else math.inf)
            for other, gap, _ in self.links[beat]:
                if kept >> other & 1:
                    least = min(least, self.times[other][at[other]] - time - gap)
        for turn, (beat, entry) in enumerate(self.problem.before):
            if kept >> (self.beats + turn) & 1:
                least = min(least, self.problem.times[entry] - self.times[beat][at[beat]])
        for turn, (beat, entry) in enumerate(self.problem.after):
            if kept >> (self.first_after + turn) & 1 and kept >> beat & 1:
                least = min(least, self.times[beat][at[beat]] - self.problem.times[entry])
        return least


def _members(mask: int) -> Iterator[int]:
    """Yield the items of a set, lowest first."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def obstacles(problem: Problem, alignment: Alignment, beat: int) -> list[int]:
    """Return beats of an alignment that keep `beat`, which it leaves out, from being in it too."""
    search = _Search(problem)
    kept = 1 << beat
    for other, entry in enumerate(alignment.entries):
        kept |= int(entry >= 0) << other
    for turn, holds in enumerate([*alignment.before, *alignment.after]):
        kept |= int(holds) << (search.beats + turn)
    found = search._conflicts(kept)
    return [item for item in _members(found[0]) if item < search.beats and item != beat] if found else []
