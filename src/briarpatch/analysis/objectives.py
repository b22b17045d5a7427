"""The accounts of a scenario as the objectives of an exercise: what was met, late or missed, and by whom.

Each beat of an account is something that is expected. An objective as a whole gets the letter that evaluators of exercises
give (Homeland Security Exercise and Evaluation Program, 2020), by a plain rule: P, performed without challenges, when all
came as expected; S, with some challenges, when all came, but not when or in the order in which it was expected; M, with
major challenges, when at least half of it came; U, unable to be performed, otherwise. It is a proposal: whether what came
was good enough is for people to say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..run import Run
from ..scenario import schema
from ..world import kinds, refs
from . import accounts
from .accounts import Conformance, Departure, conformance

MET, LATE, EARLY, DISORDERED, MISSED, BREACHED = "met", "late", "early", "out of order", "missed", "breached"
STATES = {
    accounts.MISSING: MISSED,
    accounts.EARLY: EARLY,
    accounts.LATE: LATE,
    accounts.SWAPPED: DISORDERED,
    accounts.CONTRADICTED: BREACHED,
}
RATINGS = {
    "P": "performed without challenges",
    "S": "performed with some challenges",
    "M": "performed with major challenges",
    "U": "unable to be performed",
}


@dataclass(frozen=True)
class Expected:
    """Something that an objective expects, and how it went; `by` [s] is how far it was from what was expected."""

    objective: str
    name: str
    told: str
    state: str
    optional: bool
    who: tuple[str, ...]
    """Who did it, or who was to do it."""
    entry: int | None
    time: float | None
    clock: str
    by: float | None


@dataclass(frozen=True)
class Objective:
    """An objective, what it expects, and the letter that is proposed for it."""

    name: str
    title: str
    rating: str
    expected: tuple[Expected, ...]

    def facts(self) -> dict[str, Any]:
        """Return it as plain data."""
        head = {"name": self.name, "title": self.title, "rating": self.rating, "means": RATINGS[self.rating]}
        return head | {"expected": [one.__dict__ for one in self.expected]}


def objectives(run: Run, wanted: Iterable[str] | None = None) -> list[Objective]:
    """Return how the objectives of an exercise stood; none for a scenario without accounts.

    Args:
        run: the run.
        wanted: names of accounts; None takes all.

    Raises RequestError when there is no account of such a name.
    """
    if not run.scenario.tellings.accounts and wanted is None:
        return []
    return [_objective(run, found) for found in conformance(run, wanted)]


def _objective(run: Run, found: Conformance) -> Objective:
    order = {beat: turn for turn, beat in enumerate(run.scenario.document.accounts[found.account].beats)}
    expected = [
        Expected(
            found.account,
            m.beat,
            m.told,
            MET,
            False,
            _doer(run, m.entry) or whose(run, found.account, m.beat),
            m.entry,
            m.time,
            run.scenario.clock(m.time),
            None,
        )
        for m in found.matches
    ]
    expected += [_departed(run, found.account, d) for d in found.departures]
    expected.sort(key=lambda one: order[one.name])
    return Objective(found.account, found.title, rating(expected), tuple(expected))


def _departed(run: Run, account: str, d: Departure) -> Expected:
    done = () if d.entry is None else _doer(run, d.entry)
    clock = "" if d.time is None else run.scenario.clock(d.time)
    who = done or whose(run, account, d.beat)
    return Expected(account, d.beat, d.told, STATES[d.kind], d.optional, who, d.entry, d.time, clock, d.by)


def rating(expected: Iterable[Expected]) -> str:
    """Return the letter that is proposed for an objective, from how what it expects went."""
    states = [one.state for one in expected if not one.optional]
    lost = sum(state in (MISSED, BREACHED) for state in states)
    if not lost:
        return "P" if all(state == MET for state in states) else "S"
    return "M" if 2 * lost <= len(states) else "U"


def _doer(run: Run, number: int) -> tuple[str, ...]:
    """Return the words for whoever did what an entry tells; for a choice its decider."""
    log = run.log
    subject = log.subjects[number]
    if subject >= 0 and subject // refs.ROWS_PER_KIND in (refs.PERSON, refs.CROWD, refs.FACTION, refs.VESSEL):
        return (log.words(subject),)
    if log.kinds[number] == kinds.RULE:  # a rule is the work of whoever's choice it follows from
        causes = [cause for cause in log.causes[number] if log.kinds[cause] == kinds.CHOSE]
        return tuple(log.words(log.subjects[cause]) for cause in causes)
    return ()


def whose(run: Run, account: str, beat: str) -> tuple[str, ...]:
    """Return the words for whoever is to do what a beat tells: its subject, or who decides it."""
    deciders = {info.name: info.decider for info in run.scenario.decisions}
    found: list[str] = []
    for pattern in patterns(run, account, beat):
        found += pattern.subject or []
        name = pattern.happened or ""
        decider = deciders.get(name) or deciders.get(name.rpartition(".")[0])
        found += [decider] if decider else []
    names, log = run.scenario.names, run.log
    known = [names.ref(kind, name) for name in dict.fromkeys(found) for kind in ("person", "crowd", "faction")]
    return tuple(log.words(reference) for reference in known if reference is not None)


def patterns(run: Run, account: str, beat: str) -> list[schema.Pattern]:
    """Return the patterns that a beat of an account asks for, as its author wrote them."""
    document = run.scenario.document
    own = document.accounts[account].beats[beat].match
    return own if own is not None else document.beats[beat].match
