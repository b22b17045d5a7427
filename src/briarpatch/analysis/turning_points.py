"""When a run was decided: the chance of each ending over the time of the story, and what moved it.

From moments of one run, many courses with fresh luck are played to their ends. Under the law of the story the chances
form a martingale: they move only when something happens, or as time goes by without it. *Surprise* is how far they
moved, and *suspense* how far they may be expected to move until the next moment (Ely, Frankel and Kamenica 2015,
Journal of Political Economy 123:215).

Half of the moments lie evenly in time and at the weightiest entries; the others are spent where the chances moved
most, between the two moments on either side, until one instant is left or the moments run out. Courses from different
moments share their numbers, so what their luck has in common cancels in differences.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..columns import cut
from ..errors import RequestError
from ..run import Run
from ..world import kinds
from ..world.world import World
from .branches import BEGINNING, Trunk, ending_of, finished, fresh, just_before, up_to_date
from .measures import Interval, paired_difference, wilson
from .results import Mark, Panel, Picture, Result, Series
from .worlds import in_threads

if TYPE_CHECKING:
    import polars as pl

    from ..chronicle import Chronicle, Entry

NO_ENDING = "no ending"
"""What a course that a guard stopped counts as."""
SHOWN = 8
"""Turning points that the words name."""


@dataclass(frozen=True)
class Moment:
    """A moment of the run: the chance of each ending there, and how the next was awaited.

    `entries` is how many entries the chronicle had; `suspense` is the root of the expected squared distance that the
    chances move until the next moment, `surprise` the distance that they moved since the one before; both are 0 where
    there is none.
    """

    time: float
    clock: str
    entries: int
    chances: tuple[Interval, ...]
    suspense: float
    surprise: float


@dataclass(frozen=True)
class Turn:
    """A step between two moments in which the chances moved.

    `entry` is the weightiest that was written between them, None when only time went by; `others` counts the rest.
    `ending` is the one whose chance moved most, `change` how far, with its bounds.
    """

    since: int
    until: int
    entry: Entry | None
    others: int
    ending: str
    change: Interval

    @property
    def certain(self) -> bool:
        """Return True when the bounds leave no doubt that it moved."""
        return self.change.low > 0.0 or self.change.high < 0.0


class TurningPoints(Result):
    """The chance of each ending over the time of one run; `turns` are its steps, those that moved it most first."""

    def __init__(
        self, run: Run, endings: Sequence[str], moments: Sequence[Moment], turns: Sequence[Turn], courses: int
    ) -> None:
        self.title, self.seed, self.ending = run.scenario.title, run.seed, run.ending
        self.endings, self.moments, self.turns, self.courses = tuple(endings), tuple(moments), tuple(turns), courses
        self.start = run.scenario.start_hour
        self._words = {ending.name: ending.told for ending in run.scenario.endings}

    @property
    def table(self) -> pl.DataFrame:
        """One row a moment and ending: time [s], clock, entries, ending, probability, low, high, suspense, surprise."""
        import polars as pl

        rows = [
            (m.time if m.time >= 0.0 else 0.0, m.clock, m.entries, name, *chance, m.suspense, m.surprise)
            for m in self.moments
            for name, chance in zip(self.endings, m.chances, strict=True)
        ]
        columns = ("time", "clock", "entries", "ending", "probability", "low", "high", "suspense", "surprise")
        kinds_ = (pl.Float64, pl.String, pl.Int64, pl.String, *[pl.Float64] * 5)
        return pl.DataFrame(rows, schema=dict(zip(columns, kinds_, strict=True)), orient="row")

    def text(self, width: int = 80) -> str:
        """Return where the run turned, and the curve as a table, for a terminal of `width` columns."""
        import textwrap

        lines = [f"{self.title}, seed {self.seed}: it ended in '{self.ending}'."]
        lines.append(f"{len(self.moments)} moments, {self.courses:,} courses with other luck from each.")
        lines += ["", "Where it turned:"]
        found = [turn for turn in self.turns if turn.certain][:SHOWN]
        for turn in found:
            before, after = (self.moments[k].chances[self.endings.index(turn.ending)] for k in (turn.since, turn.until))
            lines.append(f"  {self.moments[turn.until].clock}: {turn.ending} {before[0]:.0%} -> {after[0]:.0%}")
            lines.append(textwrap.fill(self._told(turn), width, initial_indent="    ", subsequent_indent="    "))
        if not found:
            lines.append("  nowhere that chance cannot explain")
        lines += ["", *self._rows(width)]
        return "\n".join(lines)

    def _told(self, turn: Turn) -> str:
        if turn.entry is None:
            return "Time went by without anything happening."
        others = f" (and {turn.others} more {'entry' if turn.others == 1 else 'entries'})" if turn.others else ""
        return f"{turn.entry.text} [{turn.entry.number}]{others}"

    def _rows(self, width: int) -> list[str]:
        likely = sorted(
            self.endings, key=lambda name: -max(m.chances[self.endings.index(name)][0] for m in self.moments)
        )
        shown = likely[: max(1, (width - 38) // 14)]
        lines = [f"{'':>16}" + "".join(f"{name[:13]:>14}" for name in shown) + f"{'suspense':>11}{'surprise':>10}"]
        for m in self.moments:
            chances = "".join(f"{m.chances[self.endings.index(name)][0]:>14.3f}" for name in shown)
            lines.append(f"{m.clock:>16}{chances}{m.suspense:>11.3f}{m.surprise:>10.3f}")
        return lines

    def facts(self) -> dict[str, Any]:
        """Return moments and turns as plain data; times in seconds from the start."""
        return {
            "title": self.title,
            "seed": self.seed,
            "ending": self.ending,
            "continuations": self.courses,
            "endings": list(self.endings),
            "moments": [
                {
                    "time": max(m.time, 0.0),
                    "clock": m.clock,
                    "entries": m.entries,
                    "probability": {n: list(c) for n, c in zip(self.endings, m.chances, strict=True)},
                    "suspense": m.suspense,
                    "surprise": m.surprise,
                }
                for m in self.moments
            ],
            "turns": [
                {
                    "since": turn.since,
                    "until": turn.until,
                    "clock": self.moments[turn.until].clock,
                    "entry": None if turn.entry is None else turn.entry.number,
                    "text": self._told(turn),
                    "others": turn.others,
                    "ending": turn.ending,
                    "change": list(turn.change),
                    "certain": turn.certain,
                }
                for turn in self.turns
            ],
        }

    def picture(self) -> Picture:
        """Return the curves: the chance of each ending with its band, suspense, surprise."""
        times = [max(m.time, 0.0) for m in self.moments]
        chances = []
        for k, name in enumerate(self.endings):
            bands = [m.chances[k] for m in self.moments]
            if max(band.estimate for band in bands) > 0.0:
                low, high = [band.low for band in bands], [band.high for band in bands]
                told = self._words.get(name, name.replace("_", " "))
                chances.append(Series(told, times, [band.estimate for band in bands], low, high))
        marks = [
            Mark(times[turn.until], cut(f"{self.moments[turn.until].clock}: {turn.entry.text}", 88))
            for turn in self.turns[:SHOWN]
            if turn.certain and turn.entry is not None
        ]
        suspense = Series("suspense", times, [m.suspense for m in self.moments], style="steps")
        surprise = Series("surprise", times, [m.surprise for m in self.moments], style="stems")
        return Picture(
            f"{self.title}, seed {self.seed}: how it might have ended",
            [
                Panel(
                    "How likely each ending was, hour by hour",
                    "",
                    "chance",
                    chances,
                    marks,
                    (0.0, 1.0),
                    clock=self.start,
                    share=True,
                    note="From each moment the story was played on many times with other luck. The bands are 95 % intervals.",
                ),
                Panel(
                    "Suspense: how far the chances could still move",
                    "",
                    "suspense",
                    [suspense],
                    clock=self.start,
                    note="High where what comes next will tell much; nought where nothing is open any more.",
                ),
                Panel(
                    "Surprise: how far the chances did move",
                    "",
                    "surprise",
                    [surprise],
                    clock=self.start,
                    note="A line for each moment that was looked at.",
                ),
            ],
        )


def turning_points(
    run: Run,
    checkpoints: int = 40,
    continuations: int = 200,
    threads: int | None = None,
    confidence: float = 0.95,
    watch: Callable[[str, int, int], None] | None = None,
) -> TurningPoints:
    """Return when `run` was decided: the chance of each ending at moments of it, and what moved the chances.

    Args:
        run: a run that has reached an ending.
        checkpoints: moments, the beginning and the end among them; at least 2.
        continuations: courses with fresh luck from each; at least 10.
        threads: None takes one for each processor.
        confidence: of the bounds.
        watch: called with ("playing", courses played, courses in all).

    Raises RequestError when the run has not ended or an argument is out of bounds.
    Source: Ely, Frankel and Kamenica 2015 for suspense and surprise.
    """
    if run.ending is None:
        raise RequestError(
            f"this run has reached no ending ({run.status} at {run.scenario.clock(run.time)}); play it to its end first"
        )
    if checkpoints < 2:
        raise RequestError(f"turning points need at least 2 checkpoints, got {checkpoints}")
    if continuations < 10:
        raise RequestError(f"turning points need at least 10 continuations, got {continuations}")
    survey = _Survey(run, checkpoints, continuations, threads, watch)
    survey.look(_first_look(run.log, run.time, checkpoints))
    while len(survey.times) < checkpoints:
        between = survey.wanted()
        if between is None:
            break
        survey.look([between])
    return survey.result(confidence)


class _Survey:
    """Moments of a run and what followed from each."""

    def __init__(
        self,
        run: Run,
        checkpoints: int,
        courses: int,
        threads: int | None,
        watch: Callable[[str, int, int], None] | None,
    ) -> None:
        self.run, self.log, self.courses, self.threads = run, run.log, courses, threads
        self.trunk = Trunk(run)
        self.endings = [ending.name for ending in run.scenario.endings]
        self.times: list[float] = []
        self.worlds: dict[float, World] = {}
        self.found: dict[float, np.ndarray] = {}
        self._watch, self._done, self._total = watch, 0, 2 * checkpoints * courses
        self._instants = np.unique(np.asarray(self.log.times))

    def look(self, times: list[float]) -> None:
        """Play the courses from new moments."""
        for time in sorted(times):
            self.worlds[time] = self.trunk.at(time)
        jobs = [(time, number) for time in sorted(times) for number in range(self.courses)]
        ends = self._play(lambda job: self._course(*job), jobs)
        for k, time in enumerate(sorted(times)):
            self.found[time] = ends[k * self.courses : (k + 1) * self.courses]
        self.times = sorted({*self.times, *times})

    def _course(self, time: float, number: int) -> int:
        world = self.worlds[time]
        return ending_of(world if finished(world) else self.trunk.player.go(fresh(self.trunk.player, world, number)))

    def _play(self, work: Callable[[Any], int], jobs: list[Any]) -> np.ndarray:
        found = []
        for answer in in_threads(work, jobs, self.threads):
            found.append(answer)
            self._done += 1
            if self._watch is not None:
                self._watch("playing", self._done, self._total)
        return np.array(found, int)

    def shares(self, time: float) -> np.ndarray:
        """Return the share of each ending, and last of none, among the courses from a moment."""
        return np.bincount(self.found[time], minlength=len(self.endings) + 1)[: len(self.endings) + 1] / self.courses

    def wanted(self) -> float | None:
        """Return a moment within the step that moved the chances most of those that can be cut; None when none can."""
        best, where = 0.0, None
        for since, until in zip(self.times, self.times[1:], strict=False):
            moved = float(np.abs(self.shares(until) - self.shares(since)).sum())
            if moved > best:
                between = self._between(since, until)
                if between is not None:
                    best, where = moved, between
        return where

    def _between(self, since: float, until: float) -> float | None:
        """Return the instant at which to cut a step in two, or the last moment before its only one; None for neither."""
        first, last = np.searchsorted(self._instants, (since, until), "right")
        instants = self._instants[first:last]
        if len(instants) > 1:
            return float(instants[(len(instants) - 1) // 2])
        before = just_before(float(instants[0])) if len(instants) == 1 else since
        return before if since < before else None

    def result(self, confidence: float) -> TurningPoints:
        """Return what was found, suspense and all."""
        names = [*self.endings, NO_ENDING]
        for ends in self.found.values():
            ends[ends < 0] = len(self.endings)
        if not any((ends == len(self.endings)).any() for ends in self.found.values()):
            names = names[:-1]
        suspense = self._suspense(len(names))
        moments = []
        for k, time in enumerate(self.times):
            count = np.bincount(self.found[time], minlength=len(names))
            chances = tuple(wilson(int(n), self.courses, confidence) for n in count)
            surprise = float(np.linalg.norm(self._shares(k, names) - self._shares(k - 1, names))) if k else 0.0
            entries = int(self.worlds[time].state["entries"][0]) if time >= 0.0 else 0
            clock = self.run.scenario.clock(max(time, 0.0))
            moments.append(Moment(time, clock, entries, chances, suspense[k], surprise))
        ending = moments[-1].chances[names.index(self.run.ending or "")]
        assert ending.estimate == 1.0, "from its end, a run cannot take another course"
        turns = [self._turn(k, moments, names, confidence) for k in range(1, len(moments))]
        turns.sort(key=lambda turn: -abs(turn.change.estimate))
        return TurningPoints(self.run, names, moments, turns, self.courses)

    def _shares(self, k: int, names: list[str]) -> np.ndarray:
        return np.bincount(self.found[self.times[k]], minlength=len(names)) / self.courses

    def _suspense(self, count: int) -> list[float]:
        """Return the suspense at each moment.

        Two courses that share their luck until the next moment and no further end alike with the expected sum of the
        squared chances there; two that share nothing, with the sum of the squared chances here.
        """
        jobs = [
            (since, until, number)
            for since, until in zip(self.times, self.times[1:], strict=False)
            for number in range(self.courses)
        ]
        twins = self._play(lambda job: self._twin(*job), jobs)
        twins[twins < 0] = len(self.endings)
        found = []
        n = self.courses
        for k, time in enumerate(self.times[:-1]):
            alike = float(np.mean(twins[k * n : (k + 1) * n] == self.found[time]))
            counts = np.bincount(self.found[time], minlength=count).astype(float)
            by_chance = float((counts * (counts - 1.0)).sum() / (n * (n - 1.0)))
            found.append(math.sqrt(max(0.0, alike - by_chance)))
        return [*found, 0.0]

    def _twin(self, since: float, until: float, number: int) -> int:
        player, world = self.trunk.player, self.worlds[since]
        if finished(world):
            return ending_of(world)
        world = up_to_date(player, player.go(fresh(player, world, number), until))
        if not finished(world):
            world = player.go(fresh(player, world, self.courses + number))
        return ending_of(world)

    def _turn(self, k: int, moments: list[Moment], names: list[str], confidence: float) -> Turn:
        change = self._shares(k, names) - self._shares(k - 1, names)
        row = int(np.argmax(np.abs(change)))
        after, before = (self.found[self.times[at]] == row for at in (k, k - 1))
        written = range(moments[k - 1].entries, moments[k].entries)
        entry = max(written, key=lambda n: self._weight(n), default=None)
        return Turn(
            k - 1,
            k,
            None if entry is None else self.log.entry(entry),
            max(0, len(written) - 1),
            names[row],
            paired_difference(after, before, confidence),
        )

    def _weight(self, number: int) -> tuple[float, int]:
        """Return what an entry weighs: as in a telling, choices above other entries, the earlier above the later."""
        kind = self.log.kinds[number]
        weight = -1.0 if kind == kinds.ENDED else self.log.weight(number) + (0.5 if kind == kinds.CHOSE else 0.0)
        return weight, -number


def _first_look(log: Chronicle, end: float, checkpoints: int) -> list[float]:
    """Return the moments to begin with: the beginning, the end, some evenly in time, some at weighty entries."""
    times = {BEGINNING, end}
    some = max(0, (checkpoints - 2) // 4)
    times.update(end * (k + 1) / (some + 1) for k in range(some))
    weighty = sorted({log.times[n] for n in range(len(log)) if log.weight(n) > 1})
    if len(weighty) > some:
        weighty = [weighty[int(k)] for k in np.linspace(0, len(weighty) - 1, some)] if some else []
    for time in weighty:
        if len(times) < checkpoints:
            times.add(time)
    return sorted(times)
