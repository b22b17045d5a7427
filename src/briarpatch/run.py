"""One play-out of a scenario: `run` plays one, `Run` answers questions, `saved.load` reads one.

A run is (scenario, seed, choices), and what people answered and did while it was played: the same again gives the same bytes. So a run never keeps its past;
asked what somebody believed on the second day, it plays a fresh world up to there. A saved run is read
without being played; the first thing that needs the engine (a step more, a past moment) plays it again and
compares the two.

Importing this module is cheap: NumPy, Numba and Polars are loaded by what needs them.

It is long because all that is asked of one run is asked of this object.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from operator import index
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsIndex

from .errors import BriarpatchError, RequestError, SavedRunError, did_you_mean, whole_number

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from matplotlib.figure import Figure

    from .chronicle import Chronicle, Entry
    from .hands import Hand
    from .leaning import Choice
    from .scenario.scenario import DecisionInfo, Scenario
    from .seat import Seat
    from .world.world import Program, World

SLICE = 5_000
"""Steps of the engine between two looks at the keyboard and the clock."""

MOST_ENTRIES = 1 << 22
"""Entries that a chronicle may have; a world that wants more is stopped."""

Chooser = Callable[["Run", "DecisionInfo"], str]
"""Answers a question: given the run and the decision, returns the name of an option."""


def run(
    scenario: str | Path | Scenario,
    seed: int = 0,
    choices: Mapping[str, str] | None = None,
    variants: Mapping[str, str] | None = None,
    overrides: Mapping[str, str] | None = None,
    until: float | str | None = None,
    tracks: bool = False,
    *,
    as_told: str | None = None,
    chooser: Chooser | None = None,
    ask: Collection[str] = (),
    record: bool = True,
    watch: Callable[[Run], None] | None = None,
) -> Run:
    """Play `scenario` once and return the run.

    Args:
        scenario: the name of a packaged scenario, a file, a folder, or a loaded `Scenario`.
        seed: the luck, 0 to 2**64 - 1; the same seed gives the same run.
        choices: decision -> option, such as `{"mayor.warn": "wait"}`: fixed from outside, whatever the
            decider leans to.
        variants: variant -> setting.
        overrides: path in the scenario -> value.
        until: when to stop, in seconds or as "3 d"; None plays to the ending.
        tracks: whether `save` also writes positions and beliefs over time.
        as_told: an account; every variant is set as it tells it, unless `variants` says otherwise.
        chooser: answers the decisions in `ask` when they come up; without it the run stops there.
        ask: decisions ("mayor.warn"), or people ("mayor": everything that the mayor decides).
        record: whether changes are recorded while it plays, which a map and a timeline are drawn from.
        watch: called every few thousand steps, to show progress.

    Raises ScenarioError when the scenario is at fault, RequestError when an argument is.
    """
    limit = None if until is None else seconds(until)
    new = start(
        scenario, seed, choices, variants, overrides, tracks, as_told=as_told, chooser=chooser, ask=ask, record=record
    )
    return new.go(limit, watch)


def start(
    scenario: str | Path | Scenario,
    seed: int = 0,
    choices: Mapping[str, str] | None = None,
    variants: Mapping[str, str] | None = None,
    overrides: Mapping[str, str] | None = None,
    tracks: bool = False,
    *,
    as_told: str | None = None,
    chooser: Chooser | None = None,
    ask: Collection[str] = (),
    record: bool = True,
) -> Run:
    """Return a run at time zero, to be stepped; arguments as for `run`."""
    found = settled(scenario, variants, overrides, as_told)
    given = found, seed, choices, found.given, found.overrides
    return Run(*given, tracks, chooser=chooser, ask=ask, record=int(record))


def settled(
    scenario: str | Path | Scenario,
    variants: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
    as_told: str | None = None,
) -> Scenario:
    """Return the scenario of a name, a file or a folder with these settings, or one that is loaded already as it is.

    Raises RequestError for a loaded one with settings, which it has already, and for anything else.
    """
    if isinstance(scenario, (str, Path)):
        settings = {"variants": dict(variants or {}), "overrides": dict(overrides or {}), "as_told": as_told}
        return _load_scenario(scenario, **settings)
    if not hasattr(scenario, "given"):
        raise RequestError(f"the scenario is not named; give a name, a file, a folder or a Scenario, not {scenario!r}")
    if variants or overrides or as_told is not None:
        raise RequestError("a loaded scenario already has its variants and overrides; give them to load_scenario")
    return scenario


class Run:
    """One play-out of `scenario` under the luck `seed`, at time zero when made."""

    save: Callable[[str | Path], Path]
    """Write the run to a folder, whole or not at all; raises RequestError when it is taken (`attached.save`)."""
    export: Callable[[str | Path], Path]
    """Write what happened to a file, as its ending says (`attached.export`)."""
    plot: Callable[..., Figure]
    """Return who did what when, drawn by Matplotlib; write it to a path if given (`attached.plot`)."""
    review: Callable[..., Any]
    """Return the review of this run (`attached.review`)."""

    def __init__(
        self,
        scenario: Scenario,
        seed: int = 0,
        choices: Mapping[str, str] | None = None,
        variants: Mapping[str, str] | None = None,
        overrides: Mapping[str, str] | None = None,
        tracks: bool = False,
        *,
        chooser: Chooser | None = None,
        ask: Collection[str] = (),
        answers: Collection[tuple[str, str]] = (),
        hands: Collection[Hand] = (),
        played: Mapping[str, Any] | None = None,
        record: int = 0,
        saved: World | None = None,
        saved_measures: Mapping[str, float] | None = None,
    ) -> None:
        seed = whole_number(seed, 0, (1 << 64) - 1, "seed must be a whole number from 0 to 2**64 - 1")
        self.scenario = scenario
        self.seed = seed
        self.choices = dict(choices or {})
        self.variants = dict(variants or {})
        self.overrides = dict(overrides or {})
        self.until: float | None = None
        self.folder: Path | None = None
        """Where this run was read from, or saved last."""
        self.tracks = tracks
        self.record = record
        """How much is recorded while it plays, a level of `world.recorder`."""
        self.chooser = chooser
        self.ask = tuple(ask)
        self.answers: list[tuple[str, str]] = list(answers)
        """What was answered from outside, in order; with the seed, the choices and the hands it determines the run."""
        self.hands: list[Hand] = list(hands)
        """What was done from outside besides, in order: injects and messages of players."""
        self.played = dict(played) if played is not None else None
        """Of a run that people or models played: who they were, their reasons, and what was noted; see `games`."""
        self._decisions = self._find_decisions()
        for decision, option in self.choices.items():
            self._option_row(decision, option)
        self._outside = self._find_asked()
        self._saved_measures = dict(saved_measures) if saved_measures is not None else None
        self._reading = saved is not None
        self.world: World = saved if saved is not None else self._fresh()
        self._log: tuple[tuple[int, int], Chronicle] | None = None

    # ---------------------------------------------------------------------------------------- what is asked

    @property
    def program(self) -> Program:
        """The compiled scenario."""
        return self.scenario.program

    @property
    def time(self) -> float:
        """The present moment, in seconds from the start."""
        return float(self.world.state["time"][0])

    @property
    def status(self) -> str:
        """Why the run last stopped, in words: "finished", "waiting for a choice", "broken: ..." and so on."""
        from .chronicle import status_name

        return status_name(self.world)

    @property
    def finished(self) -> bool:
        """True when nothing more can happen."""
        from .world import states

        return int(self.world.state["status"][0]) in (states.FINISHED, states.BROKEN)

    @property
    def ending(self) -> str | None:
        """The name of the ending that was reached, or None."""
        row = int(self.world.state["ending"][0])
        return self.scenario.endings[row].name if row >= 0 else None

    @property
    def measures(self) -> dict[str, float]:
        """What the scenario measures, as it stands now."""
        if self._saved_measures is not None:
            return dict(self._saved_measures)
        values = _values_of(self.program, self.world, self.program.measures["code"].tolist())
        return {measure.name: value for measure, value in zip(self.scenario.measures, values, strict=True)}

    @property
    def log(self) -> Chronicle:
        """The chronicle as an object, which finds and explains entries."""
        from .chronicle import Chronicle

        key = (int(self.world.state["entries"][0]), id(self.world))
        if self._log is None or self._log[0] != key:
            self._log = (key, Chronicle(self.scenario, self.world))
        return self._log[1]

    @property
    def chronicle(self) -> pl.DataFrame:
        """The chronicle as a Polars frame; its columns stand in `chronicle.frame_schema`."""
        return self.log.frame()

    @property
    def table(self) -> pl.DataFrame:
        """The same, under the name that every result has for it."""
        return self.chronicle

    def entries(self) -> Iterator[Entry]:
        """Yield everything that happened, in order."""
        return self.log.entries()

    def why(self, entry: Entry | int | str) -> list[Entry]:
        """Return `entry` and what led to it, newest first, each once.

        `entry` is an entry, its number, "ending", or the name of an event, a rule, a decision or an option.
        """
        from .chronicle import Entry

        if isinstance(entry, str):
            return self.log.why(self.log.find(entry))
        if isinstance(entry, Entry):
            return self.log.why(entry.number)
        if not isinstance(entry, SupportsIndex) or isinstance(entry, bool):
            raise RequestError(f"why what? an entry, its number or a name is wanted, got {type(entry).__name__}")
        return self.log.why(index(entry))

    def __repr__(self) -> str:
        ended = f"ended '{self.ending}'" if self.ending else self.status
        return f"<Run of {self.scenario.name}, seed {self.seed}: {ended} at {self.scenario.clock(self.time)}>"

    def tell(self, width: int = 80, style: str = "prose") -> str:
        """Return what happened as text; `style` is "prose", or "log" for one line an entry."""
        from .telling import tell

        if style not in ("prose", "log"):
            raise RequestError(f"a style is 'prose' or 'log', got '{style}'")
        return tell(self.log, width, style)

    @property
    def changes(self) -> np.ndarray:
        """What changed over time, as rows of the table `changes`: places, motion, beliefs, machines, facts.

        A run that did not record is played again.
        """
        from .world import recorder

        if int(self.world.recorder["level"][0]) != recorder.OFF:
            return recorder.changes(self.world)
        again = self.recorded()
        return recorder.changes(again.world)

    def recorded(self, level: int = 1) -> Run:
        """Return this run played again to where it stands while it records; see `world.recorder` for the levels."""
        again = self._again()
        again.record = level
        again.world = again._fresh()
        return self.onward(again, self.time)

    def people(self) -> pl.DataFrame:
        """Return everybody as a Polars frame, one row a person; the named come first."""
        import polars as pl

        from .world import refs

        rows, label = self.world.people, self.log.words
        place = [label(_ref(refs.PLACE, row)) or None for row in rows["place"].tolist()]
        return pl.DataFrame(
            {
                "person": [self.log.name(_ref(refs.PERSON, row)) for row in range(len(rows))],
                "named": [row < len(self.world.minds) for row in range(len(rows))],
                "faction": [label(_ref(refs.FACTION, row)) or None for row in rows["faction"].tolist()],
                "crowd": [label(_ref(refs.CROWD, row)) or None for row in rows["crowd"].tolist()],
                "status": [("free", "held", "dead")[status] for status in rows["status"].tolist()],
                "place": place,
                "moved": rows["moved"] != 0,
                "consent": rows["consent"] != 0,
                "age": rows["age"],
                "biological_age": rows["biological"],
                "dose": rows["dose"],
                "damage": rows["damage"],
            }
        )

    def beliefs(self, person: str, at: float | str | None = None) -> pl.DataFrame:
        """Return what `person` holds of each fact, now or at an earlier time `at` (seconds, or "2 d").

        An earlier time is played again under the same luck, which is exact.
        """
        row = self.mind(person)
        past = self if at is None or seconds(at) == self.time else self.at(seconds(at))
        return past._beliefs_of(row)

    def _beliefs_of(self, mind: int) -> pl.DataFrame:
        import numpy as np
        import polars as pl

        from .world import refs

        rows, label = self.world.beliefs[mind][: len(self.scenario.names.known("fact"))], self.log.words
        odds = np.clip(rows["odds"], -700.0, 700.0)
        known = (rows["known"] != 0).tolist()
        return pl.DataFrame(
            {
                "fact": [label(_ref(refs.FACT, fact)) for fact in range(len(rows))],
                "true": self.world.facts["true"][: len(rows)] != 0,
                "known": known,
                "probability": 1.0 / (1.0 + np.exp(-odds)),
                "log_odds": rows["odds"],
                "told_by": [label(_ref(refs.PERSON, who)) or None for who in rows["told_by"].tolist()],
                "since": [
                    self.scenario.clock(t) if k else None for t, k in zip(rows["since"].tolist(), known, strict=True)
                ],
                "staged": rows["staged"] != 0,
            },
            schema_overrides={"told_by": pl.String, "since": pl.String},
        )

    # ---------------------------------------------------------------------------------------- what is done

    def go(self, until: float | str | None = None, watch: Callable[[Run], None] | None = None) -> Run:
        """Play on to `until` (seconds, or "3 d"), or to the ending; return this run.

        It also stops when a decision waits for somebody outside and there is no chooser; then call `choose`.
        """
        from .world import states

        limit = math.inf if until is None else seconds(until)
        if limit < self.time:
            raise RequestError(f"the run is at {self.scenario.clock(self.time)} already; `at` shows an earlier time")
        if not self.finished:
            self._revive()
        while not self.finished:
            status = self._advance(limit, SLICE)
            if status == states.WAITING_FOR_CHOICE and self.chooser is not None and self.question is not None:
                self.choose(self.chooser(self, self.question))
            elif status != states.PAUSED_BY_BUDGET:
                break
            if watch is not None:
                watch(self)
        self.until = limit if limit < math.inf else None
        return self

    def step(self) -> list[Entry]:
        """Let one system take one step, and return the entries that it wrote."""
        if self.finished:
            return []
        self._revive()
        before = len(self.log)
        self._advance(math.inf, 1)
        return list(self.log.entries(before))

    @property
    def question(self) -> DecisionInfo | None:
        """The decision that waits for somebody outside, or None."""
        from .world import states

        if int(self.world.state["status"][0]) != states.WAITING_FOR_CHOICE:
            return None
        waiting = int(self.world.state["waiting"][0])
        return next((info for row, info in self._decisions.values() if row == waiting), None)

    def options(self, decision: str | None = None) -> list[Choice]:
        """Return how each option of a decision stands now, and what its decider leans to.

        Args:
            decision: which one, such as "mayor.warn"; None takes the one that waits for an answer.

        Raises RequestError when there is no such decision, or none waits.
        """
        from .leaning import choices

        return choices(self, decision)

    def open_options(self, decision: str | None = None) -> list[bool]:
        """Return whether each option of a decision is open now; of the one that waits for an answer when it is not named.

        Raises RequestError when there is no such decision, or none waits.
        """
        from .leaning import open_options

        return open_options(self, decision)

    def doctrine(self) -> str:
        """Return the option that the decider of the waiting question takes by themself, under the luck of this run.

        Raises RequestError when no question waits.
        """
        from .leaning import doctrine

        return doctrine(self)

    def view(self, person: str, at: float | str | None = None) -> Seat:
        """Return what `person` can know, now or at an earlier time `at` (seconds, or "2 d").

        A run that did not record is played again. Raises RequestError when nobody with a mind is so called.
        """
        from .seat import seat

        self.mind(person)
        past = self if at is None or seconds(at) == self.time else self.at(seconds(at))
        return seat(past, person)

    def choose(self, option: str) -> None:
        """Answer the question that waits, and let the decision be taken."""
        from .world import states

        self._revive()
        info = self.question
        if info is None:
            raise RequestError("no decision waits for an answer")
        row, answer = self._option_row(info.name, option)
        self.answers.append((info.name, option))
        taken = int(self.world.decisions_state["taken"][row])
        self.world.decisions_state["forced"][row] = answer
        status = states.PAUSED_BY_BUDGET
        while status == states.PAUSED_BY_BUDGET and int(self.world.decisions_state["taken"][row]) == taken:
            status = self._advance(self.time, 1)
        self.world.decisions_state["forced"][row] = -1
        if int(self.world.decisions_state["taken"][row]) == taken and int(self.world.state["waiting"][0]) == row:
            self.answers.pop()
            raise RequestError(f"'{option}' is not open to '{info.name}' now; choose another option")

    def inject(self, name: str) -> None:
        """Let something happen now that the scenario marks as injectable, in its section `injects`.

        A question that waits is looked at again: what happened may have changed it, or ended it. Raises RequestError
        when there is no such inject, when it was given already, or when the story is over.
        """
        self._do(name, "inject", inject=name)

    def message(
        self, sender: str, receiver: str, words: str, channel: str | None = None, fact: str | None = None
    ) -> None:
        """Let one person send words to another now.

        Args:
            sender: a person with a mind, who is awake.
            receiver: another one.
            words: what is said; the engine does not read it.
            channel: the scenario's channel over which it goes, which delays and loses it by its own law; None from
                mouth to ear, for two who are beside one another.
            fact: a fact that it tells besides, as the sender holds it; only over a channel.

        Raises RequestError when that cannot be done.
        """
        given = {"channel": channel or "", "fact": fact or "", "words": words}
        self._do("a message", "message", sender=sender, receiver=receiver, **given)

    def _do(self, called: str, what: str, **given: str) -> None:
        from .hands import Hand

        self._revive()
        if self.finished:
            raise RequestError(f"the story is over; nothing more can happen, and '{called}' comes too late")
        self.lay(Hand(self.time, len(self.answers), what, **given))

    def lay(self, hand: Hand) -> None:
        """Let what somebody did from outside happen now, with all that follows from it at this instant."""
        from .hands import lay

        lay(self, hand)
        self.hands.append(hand)
        self.catch_up()

    def step_at(self, time: float) -> int:
        """Let one system take one step, if one is due by `time` [s]; return the engine's status."""
        return self._advance(time, 1)

    def catch_up(self) -> None:
        """Let everything happen that is due at the present moment."""
        from .world import states

        while self._advance(self.time, SLICE) == states.PAUSED_BY_BUDGET:
            pass

    def at(self, time: float | str) -> Run:
        """Return this run as it stood at `time`, played again under the same luck and the same answers."""
        limit = seconds(time)
        if limit > self.time:
            raise RequestError(
                f"this run stops at {self.scenario.clock(self.time)}, before {self.scenario.clock(limit)}"
            )
        return self.onward(self._again(), limit)

    def onward(self, past: Run, limit: float) -> Run:
        """Play `past`, this run at an earlier time, on to `limit` with what was answered and done from outside."""
        while True:
            hand = self._next_hand(past)
            past.go(limit if hand is None else min(limit, hand.time))
            if hand is not None and past.time >= hand.time:
                past.lay(hand)
            elif past.question is not None and len(past.answers) < len(self.answers):
                past.choose(self.answers[len(past.answers)][1])
            else:
                return past

    def _next_hand(self, past: Run) -> Hand | None:
        """Return what was done from outside before the next answer of `past`, this run at an earlier time."""
        hand = self.hands[len(past.hands)] if len(past.hands) < len(self.hands) else None
        return hand if hand is not None and hand.after <= len(past.answers) else None

    def copy(self) -> Run:
        """Return an independent copy, which may be played on differently."""
        from .world.world import copy

        other = object.__new__(Run)
        other.__dict__.update(self.__dict__)
        other.world, other.answers, other.hands, other._log = (
            copy(self.world),
            list(self.answers),
            list(self.hands),
            None,
        )
        return other

    # ---------------------------------------------------------------------------------------- how

    def _advance(self, limit: float, budget: int) -> int:
        """Play at most `budget` steps up to `limit`, making room as needed; return the engine's status."""
        from .world import states
        from .world.world import GROWING, grow

        self._saved_measures = None
        while True:
            status = int(_play(self.program, self.world, limit, budget))
            if status != states.NEEDS_ROOM:
                break
            larger = grow(self.world)
            grown = any(len(getattr(larger, name)) > len(getattr(self.world, name)) for name in GROWING)
            self.world = larger
            if not grown or len(larger.chronicle) > MOST_ENTRIES:
                self.world.state["broken"][0] = states.ROOM_GUARD
                status = states.BROKEN
                break
        self.world.state["status"][0] = status
        if status == states.BROKEN:
            self.world = tell_guard(self.world)
        self._log = None
        return status

    def _fresh(self) -> World:
        world = self.scenario.world(self.seed, self.record)
        for decision, option in self.choices.items():
            row, answer = self._option_row(decision, option)
            world.decisions_state["forced"][row] = answer
        world.decisions_state["outside"][sorted(self._outside)] = 1
        return world

    def _again(self) -> Run:
        """Return a run at time zero that will take the same course."""
        given = self.scenario, self.seed, self.choices, self.variants, self.overrides
        return Run(*given, ask=self.ask, record=self.record)

    def _revive(self) -> None:
        """Give a run that was read a world that the engine has made, and hold the saved one against it.

        Tables from a file never reach compiled code, which does not check its indices.
        """
        if not self._reading:
            return
        from .world import states
        from .world.world import compare

        saved, again = self.world, self._again()
        steps, end = int(saved.state["steps"][0]), self.time
        while not again.finished and int(again.world.state["steps"][0]) < steps:
            hand = self._next_hand(again)
            until = end if hand is None else min(end, hand.time)
            status = again._advance(until, min(SLICE, steps - int(again.world.state["steps"][0])))
            if hand is not None and status != states.PAUSED_BY_BUDGET and again.time >= hand.time:
                again.lay(hand)
            elif status == states.WAITING_FOR_CHOICE and len(again.answers) < len(self.answers):
                again.choose(self.answers[len(again.answers)][1])
            elif status != states.PAUSED_BY_BUDGET:
                break
        if int(saved.state["status"][0]) != states.PAUSED_BY_BUDGET and not again.finished:
            again._advance(end, SLICE)
        differences = [d for d in compare(again.world, saved, limit=3) if d.column != "status"]
        if differences:
            raise SavedRunError(
                f"this run does not play again as it was saved ({differences[0]}): it was made by "
                "another version of the program, or altered; play it again with `briarpatch run`"
            )
        self.world, self._reading, self._log = again.world, False, None

    def _find_decisions(self) -> dict[str, tuple[int, DecisionInfo]]:
        found = {}
        for info in self.scenario.decisions:
            reference = self.scenario.names.ref("decision", info.name)
            assert reference is not None
            found[info.name] = (reference % (1 << 20), info)
        return found

    def _find_asked(self) -> set[int]:
        found = set()
        for name in self.ask:
            rows = {row for row, info in self._decisions.values() if name in (info.name, info.decider)}
            if not rows:
                known = [*self._decisions, *(info.decider for _, info in self._decisions.values())]
                raise RequestError(f"no decision and no decider is called '{name}'{did_you_mean(name, known)}")
            found |= rows
        return found

    def decision(self, decision: str) -> tuple[int, DecisionInfo]:
        """Return the row of a decision and what it asks; raises RequestError when there is none of that name."""
        if decision not in self._decisions:
            hint = did_you_mean(decision, self._decisions) or f"; this scenario has {_some(list(self._decisions))}"
            raise RequestError(f"unknown decision '{decision}'{hint}")
        return self._decisions[decision]

    def _option_row(self, decision: str, option: str) -> tuple[int, int]:
        """Return the rows of a decision and of one of its options."""
        row, info = self.decision(decision)
        names = [known.name for known in info.options]
        if option not in names:
            raise RequestError(f"'{decision}' has no option '{option}'; it has {_some(names)}")
        return row, int(self.program.decisions["first"][row]) + names.index(option)

    def mind(self, person: str) -> int:
        """Return the row of a person with a mind; raises RequestError when nobody with one is so called."""
        reference = self.scenario.names.ref("person", person)
        known = self.scenario.names.known("person")
        if reference is None:
            others = f"; try {_some(known)}" if known else "; nobody in this scenario has a name"
            raise RequestError(f"unknown person '{person}'{did_you_mean(person, known) or others}")
        row = reference % (1 << 20)
        if row >= len(self.world.minds):
            raise RequestError(f"'{person}' is one of a crowd, whose beliefs are not followed")
        return row


def tell_guard(world: World) -> World:
    """Return a broken world whose chronicle ends with the entry that says which guard stopped it."""
    from .world import kinds

    state, rows = world.state, world.chronicle
    number = int(state["entries"][0])
    if number > 0 and rows["kind"][number - 1] == kinds.GUARD:
        return world
    if number == len(rows):
        from .world.tables import CHRONICLE

        rows = CHRONICLE.rows(number + 1)
        rows[:number] = world.chronicle
        world = world._replace(chronicle=rows)
    guard = float(state["broken"][0])
    rows[number] = (float(state["time"][0]), kinds.GUARD, -1, -1, -1, guard, number - 1, -1, -1)
    state["entries"][0] = number + 1
    return world


def seconds(value: float | str) -> float:
    """Return a time from the start in seconds; text carries its unit, such as "3 d"."""
    from .units import quantity

    if isinstance(value, str) and not value.strip():
        raise RequestError("a time from the start is wanted, such as '3 d' or '14 h'; it is blank")
    try:
        found = quantity(value, "time") if isinstance(value, str) else float(value)
    except (BriarpatchError, TypeError, ValueError) as cause:
        raise RequestError(f"a time from the start is wanted, such as '3 d' or '14 h': {cause}") from None
    if math.isnan(found) or found < 0.0:
        raise RequestError(f"a time from the start cannot be {value}")
    return found


def _some(names: list[str], most: int = 12) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown or "none"


def _ref(kind: int, row: int) -> int:
    return -1 if row < 0 else kind * (1 << 20) + row


def _load_scenario(path: str | Path, **settings: Any) -> Scenario:
    from .scenario.catalog import load_scenario

    return load_scenario(path, **settings)


def _play(program: Program, world: World, until: float, budget: int) -> int:
    from .engine import play

    return play(program, world, until, budget)


def _values_of(program: Program, world: World, codes: list[int]) -> list[float]:
    from .engine import values_of

    return values_of(program, world, codes)
