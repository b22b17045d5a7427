"""Moments of a run, and what would follow from each: the courses that `turning_points` counts.

A *stop* is a place in a run: the end of an instant, or, within an instant, the place at which so many entries had been
written. From each stop many courses with fresh luck are played to their ends. The stops begin with some evenly in time
and some at decisions and weighty entries; then the step that moved the chances most is cut in two, again and again, until
one instant and, within it, one step of the engine is left, or the stops are spent. What may have moved them gets more
courses then, and what surely did is cut on, with as many stops again. An instant is cut by playing it step
by step from just before it; a course that goes on from within it draws all luck anew that it has not used by then, so
the step after which the chances have moved is the one whose entry moved them.

Courses from different stops share their numbers, so what their luck has in common cancels in differences.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import engine
from ..errors import RequestError
from ..run import Run
from ..world import kinds, states
from ..world.world import World, copy
from .branches import BEGINNING, Trunk, ending_of, finished, fresh, just_before, up_to_date
from .jobs import Asking, PackedRun, Question, Round, of_run, place
from .measures import Interval, average, bonferroni, mcnemar_counts, wilson
from .policies import with_notes

NO_ENDING = "no ending"
"""What a course that a guard stopped counts as."""
SO, NOT_SO = "so", "not so"
"""What a course comes to when a condition is asked about: whether it holds at the end."""
PATHS, LUCKS = 4, 2
"""Paths in a group of those that measure suspense, and the lucks that go on from each of them."""
MOST_STEPS = 5000
"""Steps of systems within an instant that is looked into."""
LOOKS = 2
"""Times that a step is looked at: with the courses that were asked for, and with more."""
MORE = 4
"""Times as many courses from where the chances may have moved."""
UNSURE, SURE = 0.2, 0.95
"""What may have moved the chances has a p of at most the one; what surely did, with a confidence of the other."""
MOST_UNSURE = 4
"""Steps that get more courses."""
SHORTEST = 1e-3
"""The part of the story below which a stretch without entries is not cut any more."""


class Stop(NamedTuple):
    """A place in a run: its time [s], and how many entries there were; within an instant, fewer than at its end."""

    time: float
    entries: int


class Outcome:
    """What a course comes to: one of the endings, or whether a condition holds at its end."""

    def __init__(self, run: Run, condition: str | None = None) -> None:
        self.condition = condition
        if condition is None:
            self.names = [*(ending.name for ending in run.scenario.endings), NO_ENDING]
            return
        noted = with_notes(run.scenario, [condition])
        self._program = noted.program
        self._code = int(noted.program.measures["code"][-1])
        self.names = [SO, NOT_SO, NO_ENDING]

    def of(self, world: World) -> int:
        """Return the place among `names` of what a world came to that was played to its end."""
        ending = ending_of(world)
        if ending < 0:
            return len(self.names) - 1
        if self.condition is None:
            return ending
        holds = engine.value_of(self._program, copy(world), self._code, float(world.state["time"][0]))
        return 0 if holds != 0.0 and not math.isnan(holds) else 1


class Survey(Question[Any]):
    """Stops of a run and what followed from each: a task is a course from a stop, or two that go the same way at first.

    A topic is (the stop,) or (the stop, how far the two go together); its number says which luck.
    """

    kind = "turning points"

    def __init__(self, run: Run, checkpoints: int, courses: int, condition: str | None = None) -> None:
        self.run, self.log, self.courses, self.outcome = run, run.log, courses, Outcome(run, condition)
        self.scenario, self.checkpoints = run.scenario, checkpoints
        self.trunk = Trunk(run)
        self.player = self.trunk.player
        self.stops: list[Stop] = []
        self.found: dict[Stop, np.ndarray] = {}
        self._worlds: dict[Stop, World] = {}
        self._turn = 0
        self._lock = threading.RLock()
        self._groups = max(2, courses // (PATHS * LUCKS))
        self._total = checkpoints * courses + (checkpoints - 1) * self._groups * PATHS * LUCKS
        self._times = np.asarray(self.log.times)
        self._instants = np.unique(self._times)
        self._within: dict[float, list[int]] = {}

    def remake(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Return how another process makes the same question."""
        return _survey, (type(self), PackedRun.of(self.run), self.checkpoints, self.courses, self.outcome.condition)

    def settings(self) -> dict[str, Any]:
        """Return the run, and how it is looked at."""
        asked = {"checkpoints": self.checkpoints, "continuations": self.courses, "of": self.outcome.condition}
        return of_run(self.run) | asked

    def columns(self) -> dict[str, Any]:
        """Return the columns of a course: what it came to, and what the other came to that goes with it."""
        import polars as pl

        return {"came": pl.Int64, "other_came": pl.Int64}

    def rows(self, topic: Any, number: int) -> list[dict[str, Any]]:
        """Play a course, or two."""
        if len(topic) == 1:
            return [{"came": self._course(self.world(Stop(*topic[0])), number)}]
        came, other = self._twins(Stop(*topic[0]), topic[1], *divmod(number, PATHS))
        return [{"came": came, "other_came": other}]

    def ask(self, store: Any) -> Asking[Any]:
        """Look at the run, closer and closer where it moved."""
        yield from self.look([self.after(time) for time in _first_look(self.run, self.checkpoints)])
        while len(self.stops) < self.checkpoints:
            between = self._wanted()
            if between is None:
                break
            yield from self.look([between])
        yield from self._settle(self.checkpoints)

    def after(self, time: float) -> Stop:
        """Return the stop at the end of an instant; before the beginning nothing is written."""
        return Stop(time, int(np.searchsorted(self._times, time, "right")) if time >= 0.0 else 0)

    def look(self, stops: Sequence[Stop]) -> Asking[None]:
        """Play the courses from new stops."""
        new = sorted({stop for stop in stops if stop not in self.found})
        rows = yield self._round([(tuple(stop),) for stop in new], range(self.courses))
        ends = rows["came"].to_numpy()
        for k, stop in enumerate(new):
            self.found[stop] = ends[k * self.courses : (k + 1) * self.courses]
        self.stops = sorted({*self.stops, *new})

    def _round(self, topics: list[Any], numbers: range, worth: int = 1) -> Round:
        self._turn += 1
        return Round(place(self._turn - 1), "playing", topics, numbers, worth, self._total)

    def world(self, stop: Stop) -> World:
        """Return the world of the run at a stop."""
        with self._lock:
            if stop not in self._worlds:
                self._worlds[stop] = self._world(stop)
            return self._worlds[stop]

    def _world(self, stop: Stop) -> World:
        if stop == self.after(stop.time):
            return self.trunk.at(stop.time)
        world = self.trunk.at(just_before(stop.time))
        while int(world.state["entries"][0]) < stop.entries:
            world, _ = self._one_step(world, stop.time)
        return world

    def _one_step(self, world: World, time: float) -> tuple[World, int]:
        """Let one system of a world take its step within the instant `time`; return it and the engine's status."""
        while True:
            status = engine.play(self.run.scenario.program, world, time, 1)
            if status != states.NEEDS_ROOM:
                return world, status
            world = self.player.with_room(world)
            if int(world.state["broken"][0]):
                return world, states.BROKEN

    def _course(self, world: World, number: int) -> int:
        if not finished(world):
            world = self.player.go(fresh(self.player, world, number))
        return self.outcome.of(world)

    # ------------------------------------------------------------------------------------------ what surely moved

    def pairs(self, since: Stop, until: Stop) -> tuple[np.ndarray, np.ndarray]:
        """Return what followed from two stops, by the numbers of the courses that were played from both."""
        size = min(len(self.found[since]), len(self.found[until]))
        return self.found[since][:size], self.found[until][:size]

    def tested(self, since: Stop, until: Stop) -> tuple[int, int, int, float]:
        """Return the outcome whose chance a step moved most, the courses that gained and lost it, and McNemar's p."""
        before, after = self.pairs(since, until)
        rows = np.arange(len(self.outcome.names))[:, None]
        gained = ((after == rows) & (before != rows)).sum(axis=1)
        lost = ((after != rows) & (before == rows)).sum(axis=1)
        row = int(np.argmax(np.abs(gained - lost)))
        return row, int(gained[row]), int(lost[row]), mcnemar_counts(int(gained[row]), int(lost[row]))

    def sure(self, p: float, confidence: float) -> bool:
        """Return whether a step surely moved the chances, of all steps, each of which may have been tried twice."""
        return p <= 1.0 - bonferroni(confidence, LOOKS * max(1, len(self.stops) - 1))

    def more(self, stop: Stop) -> Asking[None]:
        """Play more courses from a stop, MORE times as many in all."""
        numbers = range(len(self.found[stop]), MORE * self.courses)
        if numbers:
            self._total += len(numbers)
            rows = yield self._round([(tuple(stop),)], numbers)
            self.found[stop] = np.concatenate([self.found[stop], rows["came"].to_numpy()])

    def _settle(self, most: int) -> Asking[None]:
        """Play more where the chances may have moved, and cut on where they surely did, with at most `most` stops."""
        unsure = []
        for step in zip(self.stops, self.stops[1:], strict=False):
            p = self.tested(*step)[3]
            if p <= UNSURE and not self.sure(p, SURE):
                unsure.append((p, step))
        for _, step in sorted(unsure)[:MOST_UNSURE]:
            for stop in step:
                yield from self.more(stop)
        for _ in range(most):
            wide = [
                (self.moved(*step), between)
                for step in zip(self.stops, self.stops[1:], strict=False)
                if self.sure(self.tested(*step)[3], SURE) and (between := self.between(*step)) is not None
            ]
            if not wide:
                return
            self._total += self.courses + self._groups * PATHS * LUCKS
            yield from self.look([max(wide)[1]])

    # ----------------------------------------------------------------------------------------------- where to look

    def moved(self, since: Stop, until: Stop) -> float:
        """Return the squared distance that the chances moved between two stops, free of the bias of noise."""
        before, after = self.pairs(since, until)
        n, size = len(before), len(self.outcome.names)
        gap = np.bincount(after, minlength=size) - np.bincount(before, minlength=size)
        return float((gap**2).sum() - 2 * np.count_nonzero(before != after)) / (n * (n - 1))

    def _wanted(self) -> Stop | None:
        """Return a stop within the step that moved the chances most of those that can be cut; else within the longest.

        None when none can be cut.
        """
        steps = list(zip(self.stops, self.stops[1:], strict=False))
        by_move = sorted(((self.moved(*step), step) for step in steps), key=lambda one: -one[0])
        for moved, step in by_move:
            if moved <= 0.0:
                break
            between = self.between(*step)
            if between is not None:
                return between
        for since, until in sorted(steps, key=lambda step: -(step[1].time - max(step[0].time, 0.0))):
            between = self.between(since, until)
            if between is not None:
                return between
        return None

    def between(self, since: Stop, until: Stop) -> Stop | None:
        """Return where to cut a step in two, so that one instant and then one step of the engine is left; or None."""
        if since.time < until.time:
            first, last = np.searchsorted(self._instants, (since.time, until.time), "right")
            instants = self._instants[first:last]
            if len(instants) > 1:
                return self.after(float(instants[(len(instants) - 1) // 2]))
            if not len(instants):
                middle = 0.5 * (max(since.time, 0.0) + until.time)
                wide = until.time - max(since.time, 0.0) > SHORTEST * self.run.time
                return self.after(middle) if wide and since.time < middle < until.time else None
            instant = float(instants[0])
            before = self.after(just_before(instant))
            if since < before:
                return before
            if until.time > instant:
                return self.after(instant)
        inside = [count for count in self.within(until.time) if since.entries < count < until.entries]
        return Stop(until.time, inside[len(inside) // 2]) if inside else None

    def within(self, time: float) -> list[int]:
        """Return how many entries there are after each step within an instant that writes some, but the last.

        None where what is written is not what the run wrote there, as when somebody decided from outside.
        """
        if time not in self._within:
            self._within[time] = self._steps_within(time) if time > 0.0 else []
        return self._within[time]

    def _steps_within(self, time: float) -> list[int]:
        whole, world = self.after(time).entries, self.trunk.at(just_before(time))
        counts, wrote = [], int(world.state["entries"][0])
        for _ in range(MOST_STEPS):
            world, status = self._one_step(world, time)
            entries = int(world.state["entries"][0])
            if entries > wrote:
                wrote = entries
                counts.append(entries)
            if status != states.PAUSED_BY_BUDGET or entries >= whole:
                break
        mine, theirs = world.chronicle[:wrote], self.run.world.chronicle[:wrote]
        same = all(np.array_equal(mine[column], theirs[column]) for column in ("time", "kind", "subject", "object"))
        return [count for count in counts if count < whole] if same and wrote >= whole else []

    def settled(self, since: Stop, until: Stop) -> bool:
        """Return True when a step is one step of the engine, or time alone."""
        return since.entries == until.entries or (self.between(since, until) is None and self._lone(since, until))

    def _lone(self, since: Stop, until: Stop) -> bool:
        return since.time == until.time or since.time >= just_before(until.time)

    # ---------------------------------------------------------------------------------------------------- suspense

    def suspense(self, confidence: float) -> Asking[list[Interval]]:
        """Return the suspense at each stop: the root of the expected squared distance that the chances move until the next.

        Groups of four paths lead from a stop to the next; from each of them the same two lucks go on. The covariance over
        paths of what comes with the one and with the other is free of bias for the variance of the chances, and exactly 0
        where the paths make no difference.
        """
        steps = list(zip(self.stops, self.stops[1:], strict=False))
        topics = [(tuple(stop), following.time) for stop, following in steps]
        rows = yield self._round(topics, range(self._groups * PATHS), LUCKS)
        table = rows.select("came", "other_came").to_numpy().reshape(len(steps), self._groups, PATHS, LUCKS)
        held = table[..., None] == np.arange(len(self.outcome.names))
        apart = held - held.mean(axis=2, keepdims=True)
        squares = (apart[:, :, :, 0] * apart[:, :, :, 1]).sum(axis=(2, 3)) / (PATHS - 1)
        return [*(_root(row, confidence) for row in squares), Interval(0.0, 0.0, 0.0)]

    def _twins(self, stop: Stop, until: float, group: int, path: int) -> list[int]:
        world = self.world(stop)
        if finished(world):
            return [self.outcome.of(world)] * LUCKS
        world = self.player.go(fresh(self.player, world, group * PATHS + path), until)
        if finished(world):
            return [self.outcome.of(world)] * LUCKS
        world = up_to_date(self.player, world)
        first = self._groups * PATHS + group * LUCKS
        ends = []
        for luck in range(first, first + LUCKS):
            twin = world if finished(world) else self.player.go(fresh(self.player, world, luck))
            ends.append(self.outcome.of(twin))
        return ends


def _survey(kind: type[Survey], packed: PackedRun, *arguments: Any) -> Survey:
    return kind(packed.play(), *arguments)


def _root(squares: np.ndarray, confidence: float) -> Interval:
    """Return the root of a mean of squares that may be negative by noise, with bounds."""
    found = average(squares, confidence)
    if math.isnan(found.low):
        most = wilson(0, len(squares), confidence).high * (PATHS // 2) * LUCKS / (2.0 * (PATHS - 1))
        found = Interval(found.estimate, found.estimate - most, found.estimate + most)
    return Interval(*(math.sqrt(max(0.0, bound)) for bound in found))


def _first_look(run: Run, checkpoints: int) -> list[float]:
    """Return the times to begin with: the beginning, the end, some evenly, some at decisions and weighty entries."""
    log, end = run.log, run.time
    times = {BEGINNING, end}
    some = max(0, (checkpoints - 2) // 4)
    times.update(end * (k + 1) / (some + 1) for k in range(some))
    chosen = {log.times[n] for n in range(len(log)) if log.kinds[n] == kinds.CHOSE}
    weighty = {log.times[n] for n in range(len(log)) if log.weight(n) > 1}
    for wanted, most in ((sorted(chosen), 2 * some), (sorted(weighty - chosen), some)):
        left = min(most, checkpoints - len(times))
        if len(wanted) > left:
            wanted = [wanted[int(k)] for k in np.linspace(0, len(wanted) - 1, left)] if left > 0 else []
        times.update(wanted)
    return sorted(times)


def check(run: Run, checkpoints: int, continuations: int) -> None:
    """Raise RequestError when a run cannot be surveyed so."""
    if run.ending is None:
        raise RequestError(
            f"this run has reached no ending ({run.status} at {run.scenario.clock(run.time)}); play it to its end first"
        )
    if checkpoints < 2:
        raise RequestError(f"turning points need at least 2 checkpoints, got {checkpoints}")
    if continuations < 10:
        raise RequestError(f"turning points need at least 10 continuations, got {continuations}")
