"""How far a run is the story that an account tells.

    found = conformance(run)            every account of the scenario
    found["B"].fitness                  1 when everything told happened as told
    found["B"].departures               what did not, and how
    found.table                         a row for each account and beat

*Fitness* is 1 - cost / worst: the cost of the best alignment (see `alignment`) over that of a run in which nothing that the
account requires happened and everything that it forbids did. *Slack* is in seconds of the story: how far the nearest link,
window or absence is from being broken. It is the robustness of signal temporal logic over the times of beats (Donzé and
Maler 2010, doi:10.1007/978-3-642-15297-9_9 ): the least over all that an alignment has to keep, the most over alignments.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..columns import wrap
from ..errors import RequestError, did_you_mean
from ..telling import plain as plain_text
from ..units import span
from .alignment import Alignment, Problem, align, obstacles
from .results import Panel, Picture, Result, Series

if TYPE_CHECKING:
    import polars as pl

    from ..chronicle import Chronicle
    from ..run import Run
    from ..scenario.accounts import Absence, Account, Beat, Pattern, Ranges
    from ..scenario.scenario import Scenario
    from ..world.world import World

MISSING = "missing"
EARLY = "early"
LATE = "late"
SWAPPED = "swapped"
CONTRADICTED = "contradicted"

_COMPARE = {
    ">": np.greater,
    "<": np.less,
    ">=": np.greater_equal,
    "<=": np.less_equal,
    "==": np.equal,
    "!=": lambda amounts, number: (amounts < number) | (amounts > number),  # false for an undefined amount
}


@dataclass(frozen=True, slots=True)
class Match:
    """A beat, the entry that is it, when that was [s], and how far it is from breaking anything [s]."""

    beat: str
    told: str
    labels: tuple[str, ...]
    entry: int
    time: float
    slack: float


@dataclass(frozen=True, slots=True)
class Departure:
    """Something that the account tells and that did not happen so, or that it denies and that happened.

    `kind` is "missing" (nothing like it happened), "early" or "late" (outside the times told), "swapped" (on the wrong side
    of the beats `against`) or "contradicted" (it happened and must not). `entry` and `time` [s] are those of the nearest
    that happened, or None; `by` is how far that is from what was told [s], where that can be said.
    """

    beat: str
    told: str
    labels: tuple[str, ...]
    kind: str
    optional: bool = False
    entry: int | None = None
    time: float | None = None
    by: float | None = None
    against: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conformance:
    """How far one run is one account: `cost` departures of `worst` that there can be, and the rest as in this module."""

    account: str
    title: str
    fitness: float
    cost: int
    worst: int
    slack: float
    matches: tuple[Match, ...]
    departures: tuple[Departure, ...]


# ------------------------------------------------------------------------------------------------ one run


def conformance(run: Run, accounts: Iterable[str] | None = None) -> Conformances:
    """Return how far `run` is each account of its scenario, or each of those named in `accounts`.

    Raises RequestError when the scenario has no accounts, or none of such a name.
    """
    scorer = Scorer(run.scenario, accounts)
    return Conformances(scorer.score(run.world), run.log)


@dataclass(frozen=True, eq=False)
class Conformances(Result):
    """How far one run is each of some accounts; `found["B"]` is one of them."""

    accounts: Mapping[str, Conformance]
    log: Chronicle = field(repr=False)

    def __getitem__(self, account: str) -> Conformance:
        return self.accounts[account]

    def __iter__(self) -> Iterator[Conformance]:
        return iter(self.accounts.values())

    def __len__(self) -> int:
        return len(self.accounts)

    @property
    def table(self) -> pl.DataFrame:
        """A row for each account and beat; `slack` is negative by how far a departure is from what was told.

        Times and slack are in seconds, null where there are none.
        """
        import polars as pl

        rows: list[tuple[Any, ...]] = []
        for found in self:
            for m in found.matches:
                slack = m.slack if m.slack < math.inf else None
                rows.append((found.account, m.beat, m.told, " ".join(m.labels), "matched", m.entry, m.time, slack))
            for d in found.departures:
                slack = None if d.by is None else -d.by
                rows.append((found.account, d.beat, d.told, " ".join(d.labels), d.kind, d.entry, d.time, slack))
        text = dict.fromkeys(("account", "beat", "told", "labels", "outcome"), pl.String)
        rest = {"entry": pl.Int64, "time": pl.Float64, "slack": pl.Float64}
        return pl.DataFrame(rows, schema=text | rest, orient="row")

    def text(self, width: int = 80) -> str:
        """Return every account in words: its fitness, its beats with the entries that are them, its departures."""
        return "\n\n".join(line for found in self for line in self._told(found, width))

    def _told(self, found: Conformance, width: int) -> Iterator[str]:
        slack = f", slack {span(found.slack)}" if found.slack < math.inf else ""
        kept = f"{found.worst - found.cost} of {found.worst} as told"
        yield f"{found.account}: {plain_text(found.title)}\nfitness {found.fitness:.2f}, {kept}{slack}"
        lines = []
        for m in found.matches:
            entry = self.log.entry(m.entry)
            room = f", slack {span(m.slack)}" if m.slack < math.inf else ""
            lines += _note(f"{m.beat}: {m.told}{_cited(m.labels)}", width, entry.clock)
            lines += _note(f"entry {m.entry}{room}: {entry.text}", width)
        yield "\n".join(lines) if lines else "  nothing is as told"
        lines = []
        for d in found.departures:
            by = f" by {span(d.by)}" if d.by is not None else ""
            lines += _note(f"{d.beat}: {d.told}{_cited(d.labels)}", width, d.kind + by)
            notes = [f"against {', '.join(d.against)}"] if d.against else []
            notes += ["optional"] if d.optional else []
            notes += [f"entry {d.entry}, {self.log.entry(d.entry)}"] if d.entry is not None else []
            lines += _note("; ".join(notes), width) if notes else []
        if lines:
            yield "Departures:\n" + "\n".join(lines)

    def facts(self) -> dict[str, Any]:
        """Return everything as plain data: the accounts by name."""
        return {"accounts": [self._facts(found) for found in self]}

    def _facts(self, found: Conformance) -> dict[str, Any]:
        def entry(number: int | None) -> dict[str, Any]:
            if number is None:
                return {"entry": None}
            told = self.log.entry(number)
            return {"entry": number, "time": told.time, "clock": told.clock, "text": told.text}

        head = ("account", "title", "fitness", "cost", "worst", "slack")
        return {name: getattr(found, name) for name in head} | {
            "matches": [
                {"beat": m.beat, "told": m.told, "labels": list(m.labels), **entry(m.entry), "slack": m.slack}
                for m in found.matches
            ],
            "departures": [
                {"beat": d.beat, "told": d.told, "labels": list(d.labels), "kind": d.kind, "optional": d.optional}
                | entry(d.entry)
                | {"by": d.by, "against": list(d.against)}
                for d in found.departures
            ],
        }

    def picture(self) -> Picture:
        """Return a bar of fitness for each account, and the beats of each along the hours of the story."""
        names = list(self.accounts)
        bars = Panel(
            "How far the run is each account",
            "",
            "fitness",
            [Series("fitness", names, [found.fitness for found in self], style="bars")],
            y_range=(0.0, 1.0),
            flat=True,
            share=True,
            note="100 % is a run in which all that the account tells happened as it tells it.",
        )
        rows = [Series(found.account, [m.time for m in found.matches], [], style="events") for found in self]
        note = "Each stroke is something that the account tells and that happened then."
        start = self.log.scenario.start_hour
        return Picture(
            self.log.scenario.title, [bars, Panel("What came about as told", "", "", rows, clock=start, note=note)]
        )


def _cited(labels: tuple[str, ...]) -> str:
    return f" [{', '.join(labels)}]" if labels else ""


def _note(text: str, width: int, head: str = "") -> list[str]:
    first, rest = f"  {head:<13} ", " " * 18
    return wrap(plain_text(text), width, first=first, rest=rest)


# ------------------------------------------------------------------------------------------------ many worlds


class Scorer:
    """Scores worlds of one scenario against its accounts; made once, it may be used by several threads."""

    def __init__(self, scenario: Scenario, accounts: Iterable[str] | None = None) -> None:
        known = scenario.tellings.accounts
        if not known:
            raise RequestError(f"scenario '{scenario.name}' has no accounts")
        for name in accounts or ():
            if name not in known:
                hint = did_you_mean(name, known) or f"; the accounts are {', '.join(known)}"
                raise RequestError(f"unknown account '{name}'{hint}")
        self.accounts = {name: known[name] for name in (known if accounts is None else accounts)}

    def score(self, world: World, reader: Reader | None = None) -> dict[str, Conformance]:
        """Return how far the chronicle of `world` is each account; a `reader` of it may be given for another use."""
        reader = reader or Reader(world)
        return {name: _hold(account, reader) for name, account in self.accounts.items()}


class Reader:
    """Finds the entries of a world's chronicle that patterns ask for, each pattern once."""

    def __init__(self, world: World) -> None:
        rows = world.chronicle[: int(world.state["entries"][0])]
        self.times: np.ndarray = np.ascontiguousarray(rows["time"])
        self.seconds: list[float] = self.times.tolist()
        self._columns = {name: np.ascontiguousarray(rows[name]) for name in ("subject", "object", "place", "amount")}
        kinds = np.ascontiguousarray(rows["kind"])
        self._sorted = np.argsort(kinds, kind="stable")
        self._kinds = kinds[self._sorted]
        self._found: dict[Pattern, np.ndarray] = {}

    def entries(self, pattern: Pattern) -> np.ndarray:
        """Return the numbers of the entries that fit `pattern`, in order."""
        found = self._found.get(pattern)
        if found is None:
            found = self._found[pattern] = self._look(pattern)
        return found

    def beat(self, beat: Beat) -> np.ndarray:
        """Return the numbers of the entries that can be `beat`, whenever they happened, in order."""
        if len(beat.patterns) == 1:
            return self.entries(beat.patterns[0])
        return np.unique(np.concatenate([self.entries(pattern) for pattern in beat.patterns]))

    def _look(self, pattern: Pattern) -> np.ndarray:
        first, last = np.searchsorted(self._kinds, (pattern.kind, pattern.kind + 1))
        found = self._sorted[first:last]
        for column, ranges in (("subject", pattern.subjects), ("object", pattern.objects), ("place", pattern.places)):
            if ranges is not None and len(found):
                found = found[_within(self._columns[column][found], ranges)]
        if pattern.comparison and len(found):
            found = found[_COMPARE[pattern.comparison](self._columns["amount"][found], pattern.amount)]
        return found


def _within(values: np.ndarray, ranges: Ranges) -> np.ndarray:
    inside = np.zeros(len(values), bool)
    for low, high in ranges:
        inside |= (values >= low) & (values <= high) if low < high else values == low
    return inside


# ------------------------------------------------------------------------------------------------ one account


def _hold(account: Account, reader: Reader) -> Conformance:
    """Hold a chronicle against an account."""
    found = [reader.beat(beat) for beat in account.beats]
    forbidden = [_inside(absence.beat, reader.beat(absence.beat), reader.times) for absence in account.absences]
    before, after, broken = [], [], []
    for absence, entries in zip(account.absences, forbidden, strict=True):
        if not len(entries):
            continue
        if absence.before >= 0:
            before.append((absence, int(entries[0])))
        elif absence.after >= 0:
            after.append((absence, int(entries[-1])))
        else:
            broken.append((absence, int(entries[0])))
    problem = Problem(
        reader.seconds,
        [_inside(b, entries, reader.times).tolist() for b, entries in zip(account.beats, found, strict=True)],
        [beat.optional for beat in account.beats],
        [(link.earlier, link.later, link.least, link.most, link.ordered) for link in account.links],
        [(absence.before, entry) for absence, entry in before],
        [(absence.after, entry) for absence, entry in after],
        [(beat.earliest, beat.latest) for beat in account.beats],
    )
    best = align(problem)
    slacks = _slacks(problem, best)
    matches = tuple(
        Match(beat.name, beat.told, beat.labels, entry, problem.times[entry], slack)
        for beat, entry, slack in zip(account.beats, best.entries, slacks, strict=True)
        if entry >= 0
    )
    departures = [
        _departure(account, turn, found[turn], problem, best) for turn, entry in enumerate(best.entries) if entry < 0
    ]
    given_up = [pair for pair, kept in zip(before, best.before, strict=True) if not kept]
    given_up += [pair for pair, kept in zip(after, best.after, strict=True) if not kept]
    departures += [_contradiction(account, absence, entry, problem, best) for absence, entry in broken + given_up]
    worst = sum(not beat.optional for beat in account.beats) + len(account.absences)
    cost = sum(not departure.optional for departure in departures)
    return Conformance(
        account.name,
        account.title,
        1.0 - cost / worst if worst else 1.0,
        cost,
        worst,
        best.slack,
        matches,
        tuple(departures),
    )


def _inside(beat: Beat, entries: np.ndarray, times: np.ndarray) -> np.ndarray:
    if beat.earliest <= 0.0 and beat.latest == math.inf:
        return entries
    when = times[entries]
    return entries[(when >= beat.earliest) & (when <= beat.latest)]


def _slacks(problem: Problem, best: Alignment) -> list[float]:
    """Return how far each beat of an alignment is from breaking a link, its window or an absence, in seconds."""
    times = [problem.times[entry] if entry >= 0 else math.nan for entry in best.entries]
    least = [
        min(latest - time, time - earliest if earliest > 0.0 else math.inf) if time == time else math.inf
        for time, (earliest, latest) in zip(times, problem.windows, strict=True)
    ]
    for earlier, later, shortest, longest, _ in problem.links:
        gap = times[later] - times[earlier]
        if gap == gap:
            slack = min(gap - shortest, longest - gap)
            least[earlier] = min(least[earlier], slack)
            least[later] = min(least[later], slack)
    for sign, bounds, kept in ((1.0, problem.before, best.before), (-1.0, problem.after, best.after)):
        for (beat, entry), holds in zip(bounds, kept, strict=True):
            if holds and times[beat] == times[beat]:
                least[beat] = min(least[beat], sign * (problem.times[entry] - times[beat]))
    return least


def _departure(account: Account, turn: int, entries: np.ndarray, problem: Problem, best: Alignment) -> Departure:
    """Say how a beat that the alignment leaves out departs: the entry nearest to what was told, and by how much."""
    beat = account.beats[turn]
    told = (beat.name, beat.told, beat.labels)
    if not len(entries):
        return Departure(*told, MISSING, beat.optional)
    when = np.array([problem.times[n] for n in entries.tolist()])
    wrongs: list[tuple[str, str, np.ndarray]] = [
        (EARLY, "", beat.earliest - when),
        (LATE, "", when - beat.latest),
    ]
    for link in account.links:
        if turn not in (link.earlier, link.later):
            continue
        is_later = turn == link.later
        other = link.earlier if is_later else link.later
        entry = best.entries[other]
        if entry < 0:
            continue
        gap = (when - problem.times[entry]) * (1.0 if is_later else -1.0)
        name = account.beats[other].name
        behind = (entries <= entry if is_later else entries >= entry) if link.ordered else gap < 0.0
        wrongs.append((SWAPPED, name, np.where(behind, np.maximum(link.least - gap, 0.0), -np.inf)))
        wrongs.append((EARLY if is_later else LATE, name, np.where(behind, -np.inf, link.least - gap)))
        wrongs.append((LATE if is_later else EARLY, name, gap - link.most))
    for (bound, entry), holds in zip(problem.before, best.before, strict=True):
        if bound == turn and holds:
            wrongs.append((SWAPPED, "", when - problem.times[entry]))
    amounts = np.stack([amount for _, _, amount in wrongs])
    # An order that is broken within one instant is broken too, although by no time.
    is_wrong = amounts > 0.0
    for row, (kind, _, _) in enumerate(wrongs):
        if kind == SWAPPED:
            is_wrong[row] = amounts[row] >= 0.0
    total = np.where(is_wrong, amounts, 0.0).sum(axis=0)
    nearest = int(np.argmin(total))
    entry, time = int(entries[nearest]), float(when[nearest])
    broken = [row for row in range(len(wrongs)) if is_wrong[row, nearest]]
    if not broken:
        others = obstacles(problem, best, turn)
        return Departure(*told, SWAPPED, beat.optional, entry, time, None, tuple(account.beats[o].name for o in others))
    worst = max(broken, key=lambda row: amounts[row, nearest])
    against = tuple(dict.fromkeys(wrongs[row][1] for row in broken if wrongs[row][1]))
    return Departure(*told, wrongs[worst][0], beat.optional, entry, time, float(amounts[worst, nearest]), against)


def _contradiction(account: Account, absence: Absence, entry: int, problem: Problem, best: Alignment) -> Departure:
    beat, bound = absence.beat, max(absence.before, absence.after)
    against = (account.beats[bound].name,) if bound >= 0 else ()
    time, by = problem.times[entry], None
    if bound >= 0 and best.entries[bound] >= 0:
        by = abs(time - problem.times[best.entries[bound]])
    return Departure(beat.name, beat.told, beat.labels, CONTRADICTED, False, entry, time, by, against)
