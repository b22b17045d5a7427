"""When a run was decided: the chance of each ending over the time of the story, and what moved it.

From stops of one run, many courses with fresh luck are played to their ends (`survey`). Under the law of the story the
chances form a martingale: they move only when something happens, or as time goes by without it. *Surprise* is how far they
moved, and *suspense* how far they may be expected to move until the next stop (Ely, Frankel and Kamenica 2015, Journal of
Political Economy 123:215); both are free of the bias of noise. A step is a turning point when McNemar's exact test says
that it moved the chances, at a level that is shared among all steps (Bonferroni).

Of what was written in such a step, each entry is taken away as `why` takes causes away, a decision by each of the other
options: the entry without which the chances would not have moved is the one that is named. A question that came to
nothing is given each answer; of a stretch in which only time went by, the questions are named that waited in it.

In place of the endings, any condition of the scenario language can be asked about: whether it holds at the end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from .. import derived
from ..columns import cut, fill, wrap
from ..run import Run
from ..telling import plain
from ..world import kinds
from ..world.world import World
from . import jobs
from .branches import finished, up_to_date
from .jobs import Asking, How
from .measures import Interval, mcnemar, paired_share, wilson
from .occasions import Forks, Occasion, occasions
from .results import Mark, Panel, Picture, Result, Series
from .survey import Stop, Survey, check
from .why import Surgeon

if TYPE_CHECKING:
    import polars as pl

    from ..chronicle import Entry

SHOWN = 8
"""Turning points that the words name."""
TOGETHER = 3
"""Entries of one step that the words name."""
MOST_TRIED = 6
"""Entries of one step that are taken away."""
WITHOUT = "without"
"""Topic of a course in which an entry was taken away."""
MOST_KEPT = 8
"""Entries of which the worlds without them are kept, since several threads are at few of them at a time."""
HALF = 0.5
"""Share of a move that is undone when its entry was needed for it."""


@dataclass(frozen=True)
class Moment:
    """A stop of the run: the chance of each ending there, and how the next was awaited.

    `entries` is how many entries the chronicle had; several moments of one time lie within an instant. `suspense` is the
    root of the expected squared distance that the chances move until the next moment of another time, `surprise` the
    distance that they moved since the one before; both are 0 where there is none.
    """

    time: float
    clock: str
    entries: int
    chances: tuple[Interval, ...]
    suspense: Interval
    surprise: float


@dataclass(frozen=True)
class Without:
    """An entry of a turn taken away, in one way: the chance then, and whether the move is undone by half at least."""

    entry: Entry
    how: str
    chance: Interval
    undone: bool


@dataclass(frozen=True)
class Turn:
    """A step between two moments in which the chances moved.

    `ending` is the one whose chance moved most, `change` how far, with its bounds, `p` that of McNemar's exact test.
    `settled` says that the step is down to one step of the engine within one instant, or to time alone. Then `entry` is what
    was written in it, None when only time went by; `others` counts what it brought about at once. Else `entry` is None
    as well, and `others` counts the entries among which it is. `without` is what comes of taking each away; `waiting` are
    the questions that nobody answered while time went by.
    """

    since: int
    until: int
    entry: Entry | None
    together: tuple[Entry, ...]
    others: int
    settled: bool
    ending: str
    change: Interval
    p: float
    certain: bool
    """Whether it surely moved, of all the steps that were looked at."""
    without: tuple[Without, ...] = ()
    waiting: tuple[str, ...] = ()

    @property
    def needed(self) -> bool:
        """Whether the chances would not have moved without `entry`."""
        return any(one.undone for one in self.without if one.entry is self.entry)


class TurningPoints(Result):
    """The chance of each ending over the time of one run; `turns` are its steps, those that moved it most first."""

    def __init__(
        self,
        run: Run,
        endings: Sequence[str],
        moments: Sequence[Moment],
        turns: Sequence[Turn],
        courses: int,
        condition: str | None = None,
        came: str = "",
    ) -> None:
        self.title, self.seed, self.ending = run.scenario.title, run.seed, run.ending
        self.endings, self.moments, self.turns, self.courses = tuple(endings), tuple(moments), tuple(turns), courses
        self.condition, self.came = condition, came
        self.start = run.scenario.start_hour
        self._words = {ending.name: ending.told for ending in run.scenario.endings}

    def keep_beside(self, saved: Path) -> None:
        """Keep them beside the saved run, where its page shows them; those of a condition are not shown.

        Raises as `derived.keep`.
        """
        if self.condition is None:
            self._keep(saved, derived.TURNING_POINTS)

    @property
    def table(self) -> pl.DataFrame:
        """One row a moment and ending: time [s], clock, entries, ending, probability, low, high, suspense and its bounds,
        surprise.
        """
        import polars as pl

        rows = [
            (m.time if m.time >= 0.0 else 0.0, m.clock, m.entries, name, *chance, *m.suspense, m.surprise)
            for m in self.moments
            for name, chance in zip(self.endings, m.chances, strict=True)
        ]
        columns = ("time", "clock", "entries", "ending", "probability", "low", "high")
        columns = (*columns, "suspense", "suspense_low", "suspense_high", "surprise")
        kinds_ = (pl.Float64, pl.String, pl.Int64, pl.String, *[pl.Float64] * 7)
        return pl.DataFrame(rows, schema=dict(zip(columns, kinds_, strict=True)), orient="row")

    def text(self, width: int = 80) -> str:
        """Return where the run turned, and the curve as a table, for a terminal of `width` columns."""
        if self.condition is None:
            lines = [f"{self.title}, seed {self.seed}: it ended in '{self.ending}'."]
        else:
            lines = [f"{self.title}, seed {self.seed}: {self.condition} was {self.came} in the end."]
        lines.append(f"{len(self.moments)} moments, {self.courses:,} courses with other luck from each.")
        lines += ["", "Where it turned:"]
        found = [turn for turn in self.turns if turn.certain]
        for turn in found[:SHOWN]:
            before, after = (self.moments[k].chances[self.endings.index(turn.ending)] for k in (turn.since, turn.until))
            by = " to ".join(f"{100.0 * bound:+.0f}" for bound in turn.change[1:])
            lines.append(f"  {self.when(turn)}: {turn.ending} {before[0]:.0%} -> {after[0]:.0%} ({by} points)")
            lines.append(fill(self.told(turn), width, first="    ", rest="    "))
            for one in turn.without:
                if one.undone or one.entry is turn.entry:
                    lines += wrap(left_out(turn, one), width, "      ", "        ")
        if len(found) > SHOWN:
            lines.append(f"  and at {len(found) - SHOWN} more, which moved it less")
        if not found:
            lines.append("  nowhere that chance cannot explain")
        lines += ["", *self._rows(width)]
        return "\n".join(lines)

    def when(self, turn: Turn) -> str:
        """Return in words when a turn was."""
        since, until = self.moments[turn.since], self.moments[turn.until]
        if since.clock == until.clock or (turn.settled and turn.entry is not None):
            return until.clock
        return f"between {since.clock} and {until.clock}"

    def told(self, turn: Turn) -> str:
        """Return in words what a turn was."""
        if turn.settled and turn.together:
            named = "; ".join(f"{entry.text.rstrip('.')} [{entry.number}]" for entry in turn.together[:TOGETHER])
            more = len(turn.together) - TOGETHER
            named += f"; and {more} more at once" if more > 0 else ""
            entries = "1 entry" if turn.others == 1 else f"{turn.others} entries"
            return named + (f" (it brought about {entries} at once)" if turn.others else "")
        if not turn.others:
            waited = "; ".join(f"nobody answered yet: {plain(question)}" for question in turn.waiting)
            return "Time went by without anything happening." + (f" In that time {waited}" if waited else "")
        entries = "1 entry was" if turn.others == 1 else f"{turn.others} entries were"
        return f"{entries} written then; more --checkpoints would say which of them moved it."

    def _rows(self, width: int) -> list[str]:
        """Return the curve as a table, the likeliest endings first; those for which a line has no room follow below."""
        likely = sorted(
            self.endings, key=lambda name: -max(m.chances[self.endings.index(name)][0] for m in self.moments)
        )
        clock = max(len(m.clock) for m in self.moments) + 2
        each = max(9, min(14, (width - clock - 29) // max(len(likely), 1)))
        first = max(1, (width - clock - 29) // each)
        parts = [likely[:first]]
        rest, room = likely[first:], max(1, (width - clock) // each)
        parts += [rest[start : start + room] for start in range(0, len(rest), room)]
        lines: list[str] = []
        for turn, shown in enumerate(parts):
            head = "" if turn else f"{'suspense':>20}{'surprise':>9}"
            names = (name if len(name) < each else name[: each - 2] + "…" for name in shown)
            lines += ["", " " * clock + "".join(f"{name:>{each}}" for name in names) + head]
            for m in self.moments:
                row = f"{m.clock:<{clock}}"
                row += "".join(f"{m.chances[self.endings.index(name)][0]:>{each}.3f}" for name in shown)
                if not turn:
                    wait = f"{m.suspense[0]:.2f} [{m.suspense[1]:.2f}, {m.suspense[2]:.2f}]"
                    row += f"{wait:>20}{m.surprise:>9.3f}"
                lines.append(row)
        return lines[1:]

    def facts(self) -> dict[str, Any]:
        """Return moments and turns as plain data; times in seconds from the start."""
        return {
            "title": self.title,
            "seed": self.seed,
            "ending": self.ending,
            "of": self.condition,
            "came": self.came,
            "continuations": self.courses,
            "endings": list(self.endings),
            "moments": [
                {
                    "time": max(m.time, 0.0),
                    "clock": m.clock,
                    "entries": m.entries,
                    "probability": {n: list(c) for n, c in zip(self.endings, m.chances, strict=True)},
                    "suspense": m.suspense.estimate,
                    "suspense_bounds": list(m.suspense[1:]),
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
                    "together": [entry.number for entry in turn.together],
                    "text": self.told(turn),
                    "others": turn.others,
                    "settled": turn.settled,
                    "ending": turn.ending,
                    "change": list(turn.change),
                    "p": turn.p,
                    "certain": turn.certain,
                    "needed": turn.needed,
                    "without": [
                        {"entry": one.entry.number, "how": one.how, "chance": list(one.chance), "undone": one.undone}
                        for one in turn.without
                    ],
                    "waiting": list(turn.waiting),
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
        waits = [m.suspense for m in self.moments]
        bounds = [wait.low for wait in waits], [wait.high for wait in waits]
        suspense = Series("suspense", times, [wait.estimate for wait in waits], *bounds, style="steps")
        surprise = Series("surprise", times, [m.surprise for m in self.moments], style="stems")
        return Picture(
            f"{self.title}, seed {self.seed}: {self.condition or 'how it might have ended'}",
            [
                Panel(
                    "How likely each ending was, hour by hour"
                    if self.condition is None
                    else f"How likely it was: {self.condition}",
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
    confidence: float = 0.95,
    *,
    of: str | None = None,
    **how: Unpack[How],
) -> TurningPoints:
    """Return when `run` was decided: the chance of each ending at moments of it, and what moved the chances.

    Args:
        run: a run that has reached an ending.
        checkpoints: moments, the beginning and the end among them; at least 2.
        continuations: courses with fresh luck from each; at least 10.
        confidence: of the bounds, and that no step is called a turning point that is none.
        of: a condition of the scenario language, asked about in place of the endings: whether it holds at the end.
        how: where and with how much it is played, and where it is kept, as in `jobs.How`.

    Raises RequestError when the run has not ended or an argument is out of bounds.
    Source: Ely, Frankel and Kamenica 2015 for suspense and surprise.
    """
    check(run, checkpoints, continuations)
    return jobs.answer(Turning(run, checkpoints, continuations, of, confidence), **how)


class Turning(Survey):
    """A survey of a run, and what it says of where the run turned."""

    def __init__(
        self, run: Run, checkpoints: int, courses: int, condition: str | None = None, confidence: float = 0.95
    ) -> None:
        super().__init__(run, checkpoints, courses, condition)
        self.confidence = confidence
        self._ways = lru_cache(MOST_KEPT)(self._ways_without)

    @cached_property
    def _means(self) -> tuple[Surgeon, Forks, dict[int, Occasion]]:
        """What takes entries away, and the occasions of questions that came to nothing, by their entries."""
        run, log = self.run, self.log
        end = next(n for n in range(len(log) - 1, -1, -1) if log.kinds[n] == kinds.ENDED)
        lapsed = {one.entry.number: one for one in occasions(run) if one.taken is None}
        return Surgeon(run, log.entry(end)), Forks(run), lapsed

    def rows(self, topic: Any, number: int) -> list[dict[str, Any]]:
        """Play a course, or two, or one in which an entry was taken away in one of the ways."""
        if topic[0] != WITHOUT:
            return super().rows(topic, number)
        with self._lock:
            _, world = self._ways(topic[1])[topic[2]]
        return [{"came": self._course(world, number)}]

    def ask(self, store: Any) -> Asking[TurningPoints]:
        """Look at the run, and then at how the moments were awaited."""
        yield from super().ask(store)
        confidence, run = self.confidence, self.run
        size = len(self.outcome.names)
        if not any((ends == size - 1).any() for ends in self.found.values()):
            size -= 1  # no course was stopped by a guard
        names, moments, stops = self.outcome.names[:size], [], self.stops
        suspense = yield from self.suspense(confidence)
        for k, stop in enumerate(stops):
            counts = np.bincount(self.found[stop], minlength=size).tolist()
            chances = tuple(wilson(count, len(self.found[stop]), confidence) for count in counts)
            moved = math.sqrt(max(0.0, self.moved(stops[k - 1], stop))) if k else 0.0
            clock = run.scenario.clock(max(stop.time, 0.0))
            moments.append(Moment(stop.time, clock, stop.entries, chances, suspense[k], moved))
        came = names[int(self.found[stops[-1]][0])]
        assert moments[-1].chances[names.index(came)].estimate == 1.0, "from its end, a run cannot take another course"
        turns = [_turn(self, k, names, confidence) for k in range(1, len(stops))]
        turns.sort(key=lambda turn: -abs(turn.change.estimate))
        for k, turn in enumerate(turns):
            if turn.certain and turn.settled:
                turns[k] = yield from self._tried(turn, names)
        return TurningPoints(run, names, moments, turns, self.courses, self.outcome.condition, came)

    def _tried(self, turn: Turn, names: Sequence[str]) -> Asking[Turn]:
        """Return a turn with what comes of taking its entries away, named by the one that it needed."""
        if not turn.together:
            return replace(turn, waiting=self._waiting(turn))
        tried = turn.together[:MOST_TRIED]
        ways = [(entry, k, how) for entry in tried for k, (how, _) in enumerate(self._ways(entry.number))]
        tries: tuple[Without, ...] = ()
        if ways:
            self._total += len(ways) * self.courses
            rows = yield self._round([(WITHOUT, entry.number, k) for entry, k, _ in ways], range(self.courses))
            came = rows["came"].to_numpy().reshape(len(ways), self.courses)
            row = list(names).index(turn.ending)
            tries = tuple(
                self._without(turn, entry, how, row, ends == row)
                for (entry, _, how), ends in zip(ways, came, strict=True)
            )
        undone = {one.entry.number for one in tries if one.undone}
        together = tuple(sorted(turn.together, key=lambda entry: entry.number not in undone))
        return replace(turn, entry=together[0], together=together, without=tries)

    def _ways_without(self, number: int) -> list[tuple[str, World]]:
        """Return the ways in which an entry can be taken away, each with the world right after its instant."""
        surgeon, forks, lapsed = self._means
        occasion, entry = lapsed.get(number), self.log.entry(number)
        found = []
        if occasion is not None:
            for other in forks.alternatives(occasion, ()):
                parting = forks.part(occasion, other)
                if parting.lucky is not None:
                    found.append((f"with the answer '{other.option}'", parting.lucky))
        elif surgeon.testable(number):
            for cut in surgeon.cuts(entry):
                world = self.player.go(cut.world, entry.time)
                found.append((cut.how, world if finished(world) else up_to_date(self.player, world)))
        return found

    def _without(self, turn: Turn, entry: Entry, how: str, row: int, held: np.ndarray) -> Without:
        before, after = (self.found[self.stops[k]] == row for k in (turn.since, turn.until))
        size = min(len(held), len(after))
        apart = mcnemar(held[:size], after[:size]) <= 1.0 - self.confidence
        moved, undone = after.mean() - before.mean(), after.mean() - held.mean()
        chance = wilson(int(held.sum()), len(held), self.confidence)
        return Without(entry, how, chance, bool(apart and undone / moved >= HALF))

    def _waiting(self, turn: Turn) -> tuple[str, ...]:
        """Return the questions that were put by the beginning of a turn and not answered by its end."""
        since, until = (self.world(self.stops[k]) for k in (turn.since, turn.until))
        found = []
        for info in self.run.scenario.decisions:
            row = self.run.decision(info.name)[0]
            one, other = since.decisions_state[row], until.decisions_state[row]
            waits = one["held"] and math.isfinite(one["decides"]) and one["raises"] == other["raises"]
            if waits and one["taken"] == other["taken"]:
                found.append(info.question)
        return tuple(found)


def _turn(survey: Survey, k: int, names: Sequence[str], confidence: float) -> Turn:
    since, until = survey.stops[k - 1], survey.stops[k]
    row, gained, lost, p = survey.tested(since, until)
    change = paired_share(gained, lost, len(survey.pairs(since, until)[0]), confidence)
    settled = survey.settled(since, until)
    roots = _roots(survey, since, until) if settled else ()
    others = until.entries - since.entries - len(roots)
    entry = roots[0] if roots else None
    return Turn(k - 1, k, entry, roots, others, settled, names[row], change, p, survey.sure(p, confidence))


def left_out(turn: Turn, one: Without) -> str:
    """Return in words what would have come of a turn without one of its entries."""
    return f"{one.how} [{one.entry.number}]: {turn.ending} {one.chance[0]:.0%} ({one.chance[1]:.0%} to {one.chance[2]:.0%})"


def _roots(survey: Survey, since: Stop, until: Stop) -> tuple[Entry, ...]:
    """Return the entries of a step that rest on none of the others, without the ending if there are more."""
    log, written = survey.log, range(since.entries, until.entries)
    entries = [log.entry(n) for n in written if not any(cause in written for cause in log.causes[n])]
    happened = [entry for entry in entries if log.kinds[entry.number] != kinds.ENDED]
    return tuple(sorted(happened or entries, key=lambda entry: (-entry.weight, entry.number)))
