"""Who knew what when, and how word of it went: where it began, who passed it on, where it was delayed or lost.

What is known comes from the changes of belief that a run records (`world.recorder`), what is told from its chronicle, and
what was sent from its messages.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..run import Run
from ..world import kinds, recorder, refs, states

BELIEVES = 0.0
"""Log-odds above which somebody holds a fact to be more likely than not."""
KNEW, BELIEVED, NEVER = "knew", "believed", "never"


@dataclass(frozen=True)
class Knowing:
    """When somebody first knew a fact or held it to be so; `time` [s] is None when they never did.

    `lag` [s] is how long the fact had been so by then, negative when they held it before it was; None when it never was.
    """

    person: str
    fact: str
    how: str
    time: float | None = None
    clock: str = ""
    told_by: str = ""
    entry: int | None = None
    lag: float | None = None


@dataclass(frozen=True)
class Hop:
    """One time that word went from somebody to somebody; times in s, `until` None when it did not come.

    `what` is the fact or the order, `how` "told", "arrived", "lost", "under way" or "waiting for a link".
    """

    what: str
    told: str
    by: str
    to: str
    how: str
    since: float
    until: float | None
    clock: str
    held: float | None
    """How long who passed it on had known by then; None when that is not known."""

    @property
    def took(self) -> float | None:
        """How long it was on its way [s]."""
        return None if self.until is None else self.until - self.since


class Word:
    """Who knew what when in a run, and how word went."""

    def __init__(self, run: Run) -> None:
        names, log = run.scenario.names, run.log
        self.people = list(names.known("person"))[: len(run.world.minds)]
        self.facts_ = list(names.known("fact"))
        self.told = {fact: log.words(refs.ref(refs.FACT, row)) for row, fact in enumerate(self.facts_)}
        self.called = {who: log.words(refs.ref(refs.PERSON, row)) for row, who in enumerate(self.people)}
        changes = run.changes if self.people and self.facts_ else ()
        self.since = self._so_since(changes)
        self.cells = {(one.person, one.fact): one for one in self._cells(run, changes)}
        self.hops = sorted(self._hops(run), key=lambda hop: hop.since)

    def _so_since(self, changes: Any) -> dict[str, float]:
        """Return when each fact first was so [s]; those that never were are left out."""
        found: dict[str, float] = {}
        for row in changes:
            if row["what"] == recorder.FACT and row["state"] and row["row"] < len(self.facts_):
                found.setdefault(self.facts_[int(row["row"])], float(row["time"]))
        return found

    def _cells(self, run: Run, changes: Any) -> Iterator[Knowing]:
        first: dict[tuple[int, int], Any] = {}
        known: dict[tuple[int, int], Any] = {}
        priors = run.world.facts["prior"].tolist()
        for row in changes:
            if row["what"] != recorder.BELIEF or row["other"] >= len(self.facts_):
                continue
            key = int(row["row"]), int(row["other"])
            if row["state"]:
                known.setdefault(key, row)
            if row["state"] or row["value"] > BELIEVES:
                first.setdefault(key, row)
        for mind, person in enumerate(self.people):
            for turn, fact in enumerate(self.facts_):
                row = first.get((mind, turn))
                if priors[turn] > BELIEVES:
                    yield Knowing(person, fact, BELIEVED, 0.0, run.scenario.clock(0.0), lag=self._lag(fact, 0.0))
                    continue
                if row is None:
                    yield Knowing(person, fact, NEVER)
                    continue
                time, teller, entry = float(row["time"]), int(row["more"]), int(row["entry"])
                knows = known.get((mind, turn))
                how = KNEW if knows is not None and float(knows["time"]) == time else BELIEVED
                by = self.people[teller] if 0 <= teller < len(self.people) else ""
                number = entry if 0 <= entry < len(run.log) else None
                yield Knowing(person, fact, how, time, run.scenario.clock(time), by, number, self._lag(fact, time))

    def _lag(self, fact: str, time: float) -> float | None:
        return None if fact not in self.since else time - self.since[fact]

    def _hops(self, run: Run) -> Iterator[Hop]:
        log, names = run.log, run.scenario.names
        for n in range(len(log)):
            if log.kinds[n] == kinds.TOLD and 0 <= int(log.amounts[n]) < len(self.facts_):
                fact, time = self.facts_[int(log.amounts[n])], log.times[n]
                by, to = log.words(log.subjects[n]), log.words(log.objects[n])
                held = self._held(names.label(log.subjects[n]), fact, time)
                yield Hop(fact, self.told[fact], by, to, "told", time, time, log.clock(time), held)
        for message in run.world.messages[: int(run.world.state["sent"][0])]:
            fact = int(message["fact"])
            about = refs.ref(refs.FACT, fact) if fact >= 0 else refs.ref(refs.ORDER, int(message["order"]))
            sender, time = refs.ref(refs.PERSON, int(message["sender"])), float(message["sent"])
            state, arrives = int(message["state"]), float(message["arrives"])
            how = {states.ARRIVED: "arrived", states.MISSED: "lost", states.IN_FLIGHT: "under way"}.get(
                state, "waiting for a link"
            )
            until = arrives if state == states.ARRIVED and math.isfinite(arrives) else None
            held = self._held(names.label(sender), self.facts_[fact], time) if fact >= 0 else None
            words = log.words(sender), log.words(int(message["receiver"]))
            yield Hop(names.label(about), log.words(about), *words, how, time, until, log.clock(time), held)

    def _held(self, person: str, fact: str, time: float) -> float | None:
        cell = self.cells.get((person, fact))
        return None if cell is None or cell.time is None or cell.time > time else time - cell.time

    @property
    def known(self) -> list[str]:
        """The facts that somebody came to hold, in the order in which the first did."""
        first = {
            fact: min((self.cells[who, fact].time or 0.0) for who in self.people if self.cells[who, fact].how != NEVER)
            for fact in self.facts_
            if any(self.cells[who, fact].how != NEVER for who in self.people)
        }
        return sorted(first, key=lambda fact: first[fact])

    @property
    def troubled(self) -> list[Hop]:
        """The words that were lost, or had not come by the end."""
        return [hop for hop in self.hops if hop.until is None]

    @property
    def slowest(self) -> list[Hop]:
        """The words that came, and had been on their way or been held back, the slowest first."""
        came = [hop for hop in self.hops if hop.until is not None and (hop.took or hop.held)]
        return sorted(came, key=lambda hop: -((hop.took or 0.0) + (hop.held or 0.0)))

    def facts(self) -> dict[str, Any]:
        """Return everything as plain data; times in seconds."""
        return {
            "so_since": self.since,
            "known": [cell.__dict__ for cell in self.cells.values() if cell.how != NEVER],
            "never": [[cell.person, cell.fact] for cell in self.cells.values() if cell.how == NEVER],
            "words": [hop.__dict__ for hop in self.hops],
        }
