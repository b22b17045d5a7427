"""Missed chances: what would have come of each decision of a run, had another answer been given, or at another time.

Each alternative (see `occasions`) is played under the luck of the run, and from the occasion on in many worlds with
fresh luck beside what was done, which share their numbers. So the differences are paired (Kahn and Marshall 1953;
McNemar 1947). *How much an occasion mattered* is the mean of two shares: how far the chances of the endings moved (their
total variation distance), and how far the measures moved of which the scenario says what is better, as a share of the
range over all worlds that were played. Whether they surely moved is said at a level that is shared among all alternatives
(Bonferroni).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from .. import engine
from ..errors import whole_number
from ..run import Run
from ..world.world import World, copy
from . import jobs
from .branches import ending_of
from .jobs import Asking, How, PackedRun, Question, Round, of_run, place
from .measures import (
    Interval,
    average,
    bonferroni,
    mcnemar_counts,
    paired_difference,
    paired_share,
    tells_apart,
    wilson,
)
from .occasions import Alternative, Forks, Occasion, occasions
from .summary import is_share, range_of
from .survey import NO_ENDING, Outcome

if TYPE_CHECKING:
    import polars as pl

    from ..scenario.scenario import MeasureInfo

SHIFTS = (-7200.0, -3600.0, -1800.0, 1800.0, 3600.0, 7200.0)
"""How much later than it was answered a question is also answered [s]; earlier when negative."""
MOST = 60
"""Alternatives that are played with fresh luck."""
WORLDS = 200
"""Worlds an alternative."""

BETTER, WORSE, MIXED, OTHER, ALIKE = "better", "worse", "mixed", "otherwise", "no different"
"""What an alternative would have been, as far as the worlds say surely."""


@dataclass(frozen=True)
class EndingMove:
    """What an alternative does to the chance of an ending; `sure` holds for all alternatives together."""

    ending: str
    was: Interval
    becomes: Interval
    change: Interval
    p: float
    sure: bool


@dataclass(frozen=True)
class MeasureMove:
    """What an alternative does to a measure; `share` is the change as a share of the range over all worlds.

    Of one that was played under the luck of the run alone the intervals are points.
    """

    measure: str
    was: Interval
    becomes: Interval
    change: Interval
    share: float
    sure: bool


@dataclass(frozen=True)
class Chance:
    """An alternative on an occasion, and what would have come of it."""

    occasion: Occasion
    alternative: Alternative
    why_not: str
    """Why it could not have been done; "" when it could."""
    prompted: bool
    """Whether the question would have come up then by itself."""
    ending: str | None = None
    """The ending under the luck of the run."""
    measures: dict[str, float] = field(default_factory=dict)
    """The measures under the luck of the run."""
    worlds: int = 0
    """Worlds with fresh luck; 0 when it was played under the luck of the run alone."""
    undone: int = 0
    """Of these, those in which it could not be done any more after the time that it was put off."""
    endings: tuple[EndingMove, ...] = ()
    moves: tuple[MeasureMove, ...] = ()
    mattered: float = 0.0
    verdict: str = ""
    gain: float = 0.0
    """What the measures that surely moved gain by it, less what they lose, each as a share of its range."""

    @property
    def key(self) -> str:
        """What names it among all alternatives of a run."""
        return self.alternative.key(self.occasion)


class Chances:
    """The alternatives of a run and what came of each; `found` is in the order in which they mattered."""

    def __init__(self, run: Run, found: Sequence[Chance], worlds: int, want: str | None, left: int) -> None:
        self.run, self.worlds, self.want, self.left = run, worlds, want, left
        self.found = tuple(sorted(found, key=lambda one: (not one.verdict, -one.mattered, one.occasion.time)))
        self.came = dict(run.measures)

    @property
    def done_otherwise(self) -> list[Chance]:
        """The other answers on the occasions themselves, those that mattered most first."""
        return [one for one in self.found if not one.alternative.shift]

    @property
    def at_other_times(self) -> list[Chance]:
        """The answers earlier or later that could be given then, those that mattered most first."""
        return [one for one in self.found if one.alternative.shift and not one.why_not]

    @property
    def better(self) -> list[Chance]:
        """The other answers on the occasions that gain more than they lose, those that mattered most first."""
        return [one for one in self.done_otherwise if one.verdict in (BETTER, MIXED) and one.gain > 0.0]

    @property
    def worse(self) -> list[Chance]:
        """The other answers on the occasions that lose at least what they gain, those that mattered most first."""
        return [one for one in self.done_otherwise if one.verdict in (WORSE, MIXED) and one.gain <= 0.0]

    @property
    def table(self) -> pl.DataFrame:
        """One row an alternative and outcome (an ending, a measure): what it was, what it becomes, the change; times in s."""
        import polars as pl

        rows: list[tuple[Any, ...]] = []
        for one in self.found:
            head = (
                one.key,
                one.occasion.entry.number,
                one.occasion.time,
                one.occasion.decision.name,
                one.occasion.taken,
                one.alternative.option,
                one.alternative.shift,
                one.why_not or None,
                one.prompted,
                one.verdict or None,
                one.mattered,
                one.ending,
                one.worlds,
            )
            moves = [("ending", m.ending, *m.was, *m.becomes, *m.change, m.sure) for m in one.endings]
            moves += [("measure", m.measure, *m.was, *m.becomes, *m.change, m.sure) for m in one.moves]
            rows += [(*head, *move) for move in moves or [(*[None] * 12,)]]
        text, real = pl.String, pl.Float64
        schema = {"alternative": text, "entry": pl.Int64, "time": real, "decision": text, "taken": text, "option": text}
        schema |= {"shift": real, "why_not": text, "prompted": pl.Boolean, "verdict": text, "mattered": real}
        schema |= {"ending": text, "worlds": pl.Int64, "kind": text, "outcome": text}
        sides = [f"{side}{bound}" for side in ("was", "becomes", "change") for bound in ("", "_low", "_high")]
        return pl.DataFrame(rows, schema=schema | dict.fromkeys(sides, real) | {"sure": pl.Boolean}, orient="row")

    def facts(self) -> dict[str, Any]:
        """Return every alternative as plain data."""
        return {
            "worlds": self.worlds,
            "want": self.want,
            "left_to_the_luck_of_the_run": self.left,
            "alternatives": [
                {
                    "id": one.key,
                    "entry": one.occasion.entry.number,
                    "time": one.occasion.time,
                    "clock": one.occasion.entry.clock,
                    "decision": one.occasion.decision.name,
                    "decider": one.occasion.decision.decider,
                    "taken": one.occasion.taken,
                    "text": one.occasion.told,
                    "option": one.alternative.option,
                    "told": one.alternative.told,
                    "shift": one.alternative.shift,
                    "why_not": one.why_not,
                    "prompted": one.prompted,
                    "verdict": one.verdict,
                    "mattered": one.mattered,
                    "gain": one.gain,
                    "same_luck": {"ending": one.ending, "measures": one.measures},
                    "worlds": one.worlds,
                    "undone": one.undone,
                    "endings": [m.__dict__ for m in one.endings],
                    "measures": [m.__dict__ for m in one.moves],
                }
                for one in self.found
            ],
        }


class Rows:
    """What one course comes to: [ending, 1 if what is wanted came, 1 if the alternative was done, measures ...]."""

    def __init__(self, run: Run, want: str | None) -> None:
        self.scenario, self.want = run.scenario, want
        names = [ending.name for ending in run.scenario.endings]
        self._ending = names.index(want) if want in names else None
        self._outcome = Outcome(run, want) if want is not None and self._ending is None else None

    def row(self, world: World, done: bool = True) -> list[float]:
        """Return the row of a world that was played to its end."""
        ending, wanted = ending_of(world), 0.0
        if self._ending is not None:
            wanted = float(ending == self._ending)
        elif self._outcome is not None:
            wanted = float(self._outcome.of(world) == 0)
        return [float(ending), wanted, float(done), *engine.measures(self.scenario.program, world).tolist()]


def missed_chances(
    run: Run,
    worlds: int = WORLDS,
    shifts: Sequence[float] = SHIFTS,
    most: int = MOST,
    want: str | None = None,
    confidence: float = 0.95,
    **how: Unpack[How],
) -> Chances:
    """Return what would have come of other answers on the occasions of `run`, and of answers at other times.

    Args:
        run: a run that has reached an ending.
        worlds: worlds with fresh luck an alternative; 0 plays each under the luck of the run alone.
        shifts: how much later a question is also answered [s]; earlier when negative.
        most: alternatives that are played with fresh luck; those that change the run first.
        want: an ending, or a condition of the scenario language that should hold at the end; None takes the measures of
            which the scenario says whether more or less is better.
        confidence: of every interval.
        how: where and with how much it is played, and where it is kept, as in `jobs.How`.

    Raises RequestError when an argument is out of bounds.
    """
    worlds = whole_number(worlds, 0, 1_000_000, "a review plays 0 to 1,000,000 worlds an alternative")
    return jobs.answer(Missing(run, worlds, tuple(shifts), most, want, confidence), **how)


SAME, WAS, INSTEAD = "same", "was", "instead"
"""Topics of courses: an alternative under the luck of the run; what was done, and an alternative, with fresh luck."""
STARTS = 8
"""Worlds from which courses begin that are kept, since several threads are at few of them at a time."""


class Missing(Question[Chances]):
    """The alternatives of a run: a task is a course of one of them, or of what was done."""

    kind = "missed chances"

    def __init__(
        self,
        run: Run,
        worlds: int,
        shifts: tuple[float, ...],
        most: int,
        want: str | None,
        confidence: float = 0.95,
    ) -> None:
        self.run, self.scenario = run, run.scenario
        self.worlds, self.shifts, self.most, self.want, self.confidence = worlds, shifts, most, want, confidence
        self.forks, self.read = Forks(run), Rows(run, want)
        self.occasions = {one.entry.number: one for one in occasions(run)}
        self.alternatives = [
            (one, other) for one in self.occasions.values() for other in self.forks.alternatives(one, shifts)
        ]
        self._lock = threading.Lock()
        self._part = lru_cache(STARTS)(lambda k: self.forks.part(*self.alternatives[k]))
        self._as_it_was = lru_cache(STARTS)(lambda number: self.forks.as_it_was(self.occasions[number]))

    def remake(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Return how another process makes the same question."""
        return _missing, (PackedRun.of(self.run), (self.worlds, self.shifts, self.most, self.want))

    def settings(self) -> dict[str, Any]:
        """Return the run, and which courses are played."""
        asked = {"worlds": self.worlds, "shifts": list(self.shifts), "most": self.most, "want": self.want}
        return of_run(self.run) | asked

    def columns(self) -> dict[str, Any]:
        """Return the columns of a course: why it cannot be, whether it was asked for, and what it comes to (see `Rows`)."""
        import polars as pl

        return {"why_not": pl.String, "prompted": pl.Int64} | dict.fromkeys(self._numbers, pl.Float64)

    @property
    def _numbers(self) -> list[str]:
        return ["ending", "wanted", "done", *(f"measure:{measure.name}" for measure in self.scenario.measures)]

    def rows(self, topic: Any, number: int) -> list[dict[str, Any]]:
        """Play a course."""
        what, which = topic
        if what == WAS:
            with self._lock:
                start = self._as_it_was(which)
            return [self._row(self.read.row(self.forks.plain_course(start, number)))]
        occasion, alternative = self.alternatives[which]
        with self._lock:
            parting = self._part(which)
        if what == INSTEAD:
            world, done = self.forks.course(occasion, alternative, parting, number)
            return [self._row(self.read.row(world, done))]
        known: dict[str, Any] = {"why_not": parting.why_not, "prompted": int(parting.prompted)}
        if parting.same is None:
            return [known]
        own = parting._replace(same=copy(parting.same))
        return [known | self._row(self.read.row(self.forks.same_course(occasion, alternative, own)))]

    def _row(self, values: Sequence[float]) -> dict[str, Any]:
        return dict(zip(self._numbers, values, strict=True))

    def ask(self, store: Any) -> Asking[Chances]:
        """Play every alternative under the luck of the run, and with fresh luck those that change it first."""
        topics: list[Any] = [(SAME, k) for k in range(len(self.alternatives))]
        rows = yield Round(place(0), "under the same luck", topics, range(1))
        chances, same = self._under_the_same_luck(rows)
        own = self.read.row(self.run.world)
        open_ = [k for k, one in enumerate(chances) if not one.why_not]
        shifted = [bool(alternative.shift) for _, alternative in self.alternatives]
        ranked = sorted(open_, key=lambda k: (shifted[k], _alike(same[k], own)))
        ranked.sort(key=lambda k: not (not shifted[k] or not _alike(same[k], own)))
        played = sorted(ranked[: self.most]) if self.worlds else []
        found: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        if played:
            found = yield from self._with_fresh_luck(played)
        samples = [values for pair in found.values() for values in pair]
        samples += [np.array([same[k]]) for k in open_] + [np.array([own])]
        judge = _Judge(self.run, self.want, samples, self.confidence, max(1, len(played)))
        judged = []
        for k, chance in enumerate(chances):
            if chance.key in found:
                judged.append(judge.many(chance, *found[chance.key]))
            elif k in open_:
                judged.append(judge.single(chance, own, same[k]))
            else:
                judged.append(chance)
        left = len(open_) - len(played) if self.worlds else 0
        return Chances(self.run, judged, self.worlds, self.want, left)

    def _under_the_same_luck(self, rows: pl.DataFrame) -> tuple[list[Chance], list[list[float]]]:
        """Return what is known of each alternative, and its row."""
        names = [*(ending.name for ending in self.scenario.endings), NO_ENDING]
        chances, same = [], []
        values = rows.select(self._numbers).rows()
        for pair, told, row in zip(self.alternatives, rows.iter_rows(named=True), values, strict=True):
            prompted, why_not = bool(told["prompted"]), told["why_not"]
            if why_not:
                chances.append(Chance(*pair, why_not, prompted))
                same.append([])
                continue
            measures = {info.name: value for info, value in zip(self.scenario.measures, row[3:], strict=True)}
            chances.append(Chance(*pair, "", prompted, names[int(row[0])], measures))
            same.append(list(row))
        return chances, same

    def _with_fresh_luck(self, played: Sequence[int]) -> Asking[dict[str, tuple[np.ndarray, np.ndarray]]]:
        """Return, by the key of an alternative, the rows of what was done and of the alternative [courses, outcomes]."""
        topics: list[Any] = []
        for k in played:
            was = WAS, self.alternatives[k][0].entry.number
            topics += [topic for topic in (was, (INSTEAD, k)) if topic not in topics]
        rows = yield Round(place(1), "with other luck", topics, range(self.worlds))
        table = rows.select(self._numbers).to_numpy().reshape(len(topics), self.worlds, len(self._numbers))
        of = dict(zip(topics, table, strict=True))
        pairs = {k: self.alternatives[k] for k in played}
        return {
            alternative.key(occasion): (of[WAS, occasion.entry.number], of[INSTEAD, k])
            for k, (occasion, alternative) in pairs.items()
        }


def _missing(packed: PackedRun, arguments: tuple[Any, ...]) -> Missing:
    return Missing(packed.play(), *arguments)


def _alike(one: Sequence[float], other: Sequence[float]) -> bool:
    return bool(np.array_equal(one, other, equal_nan=True))


class _Judge:
    """Says what rows of an alternative mean beside those of what was done."""

    def __init__(
        self, run: Run, want: str | None, samples: Sequence[np.ndarray], confidence: float, comparisons: int
    ) -> None:
        self.want, self.confidence = want, confidence
        self.level = bonferroni(confidence, comparisons)
        self.names = [ending.name for ending in run.scenario.endings]
        self.measures: list[MeasureInfo] = list(run.scenario.measures)
        values = np.concatenate([sample[:, 3:] for sample in samples])
        finite = np.isfinite(values)
        low = np.where(finite, values, np.inf).min(axis=0, initial=np.inf)
        high = np.where(finite, values, -np.inf).max(axis=0, initial=-np.inf)
        self.widths = [max(0.0, float(b - a)) if b > a else 0.0 for a, b in zip(low, high, strict=True)]
        self.several = len({int(row[0]) for sample in samples for row in sample}) > 1
        self.values = values

    def single(self, chance: Chance, own: Sequence[float], other: Sequence[float]) -> Chance:
        """Return a chance that was played under the luck of the run alone, judged by that."""
        moves = [
            MeasureMove(info.name, _exactly(a), _exactly(b), _exactly(b - a), self._share(k, b - a), a != b)
            for k, (info, a, b) in enumerate(zip(self.measures, own[3:], other[3:], strict=True))
        ]
        moved = float(own[0] != other[0])
        verdict = self._verdict(moves, other[1] - own[1], bool(moved))
        mattered = abs(other[1] - own[1]) if self.want else self._mattered(moved, moves)
        return self._with(
            chance, moves=tuple(moves), mattered=mattered, verdict=verdict, gain=self._gain(moves, other[1] - own[1])
        )

    def many(self, chance: Chance, own: np.ndarray, other: np.ndarray) -> Chance:
        """Return a chance judged by worlds with fresh luck, paired by their numbers."""
        worlds = len(own)
        endings, distance = [], 0.0
        names = [*self.names, NO_ENDING]
        for row in [*sorted({int(e) for e in (*own[:, 0], *other[:, 0])} - {-1}), -1]:
            was, becomes = own[:, 0] == row, other[:, 0] == row
            if row == -1 and not (was.any() or becomes.any()):
                continue
            gained, lost = int((becomes & ~was).sum()), int((was & ~becomes).sum())
            distance += 0.5 * abs(gained - lost) / worlds
            p = mcnemar_counts(gained, lost)
            endings.append(
                EndingMove(
                    names[row],
                    wilson(int(was.sum()), worlds, self.confidence),
                    wilson(int(becomes.sum()), worlds, self.confidence),
                    paired_share(gained, lost, worlds, self.confidence),
                    p,
                    p <= 1.0 - self.level,
                )
            )
        moves = [self._move(k, own[:, 3 + k], other[:, 3 + k]) for k in range(len(self.measures))]
        turned = any(one.sure for one in endings)
        wanted = 0.0
        if self.want:
            gained = int(((other[:, 1] == 1.0) & (own[:, 1] == 0.0)).sum())
            lost = int(((other[:, 1] == 0.0) & (own[:, 1] == 1.0)).sum())
            wanted = (gained - lost) / worlds if mcnemar_counts(gained, lost) <= 1.0 - self.level else 0.0
            mattered = abs(gained - lost) / worlds
        else:
            mattered = self._mattered(distance, moves)
        return self._with(
            chance,
            worlds=worlds,
            undone=int((other[:, 2] == 0.0).sum()),
            endings=tuple(endings),
            moves=tuple(moves),
            mattered=mattered,
            verdict=self._verdict(moves, wanted, turned),
            gain=self._gain(moves, wanted),
        )

    def _move(self, k: int, own: np.ndarray, other: np.ndarray) -> MeasureMove:
        info, both = self.measures[k], np.concatenate([own, other])
        if not np.isfinite(both).all():
            nothing = Interval(np.nan, np.nan, np.nan)
            return MeasureMove(info.name, nothing, nothing, nothing, 0.0, False)
        share, within = is_share(info.unit, both), range_of([info], both)
        change = paired_difference(other, own, self.confidence, share, within)
        at_level = paired_difference(other, own, self.level, share, within)
        sure = tells_apart(at_level, int((own != other).sum()), None, self.level)
        was, becomes = (average(values, self.confidence, share, within) for values in (own, other))
        return MeasureMove(info.name, was, becomes, change, self._share(k, change.estimate), sure)

    def _share(self, k: int, change: float) -> float:
        return min(1.0, abs(change) / self.widths[k]) if self.widths[k] > 0.0 and np.isfinite(change) else 0.0

    def _mattered(self, distance: float, moves: Sequence[MeasureMove]) -> float:
        weighed = [
            m.share
            for m, info, width in zip(moves, self.measures, self.widths, strict=True)
            if info.better in ("more", "less") and width > 0.0
        ]
        parts = [distance] if self.several else []
        parts += [float(np.mean(weighed))] if weighed else []
        return float(np.mean(parts)) if parts else 0.0

    def _verdict(self, moves: Sequence[MeasureMove], wanted: float, turned: bool) -> str:
        if self.want:
            return BETTER if wanted > 0.0 else WORSE if wanted < 0.0 else ALIKE
        signs = {
            (m.change.estimate > 0.0) == (info.better == "more")
            for m, info in zip(moves, self.measures, strict=True)
            if m.sure and info.better in ("more", "less")
        }
        if len(signs) == 2:
            return MIXED
        if signs:
            return BETTER if signs.pop() else WORSE
        return OTHER if turned or any(m.sure for m in moves) else ALIKE

    def _gain(self, moves: Sequence[MeasureMove], wanted: float) -> float:
        if self.want:
            return wanted
        return sum(
            m.share if (m.change.estimate > 0.0) == (info.better == "more") else -m.share
            for m, info in zip(moves, self.measures, strict=True)
            if m.sure and info.better in ("more", "less")
        )

    def _with(self, chance: Chance, **found: Any) -> Chance:
        return Chance(**(chance.__dict__ | found))


def _exactly(value: float) -> Interval:
    return Interval(value, value, value)
