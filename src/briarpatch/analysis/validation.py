"""Holding a scenario against what was observed: each score of the ensemble beside that of a naive forecast.

A *series* is read in every world at its times; what was *observed* at some of them is scored. The naive forecast says
"as at the reading before", from the observation itself. A scaled error below 1 beats it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from .. import engine
from ..columns import wrap
from ..errors import RequestError, whole_number
from ..run import settled
from ..scenario.scenario import ObservedInfo, Scenario, SeriesInfo
from ..world import states
from ..world.world import World, copy
from . import jobs, scores
from .jobs import Asking, How, Packed, Question, Round
from .results import Panel, Picture, Result, Series
from .worlds import Arm, Player

if TYPE_CHECKING:
    import polars as pl

WIDE, NARROW = 0.9, 0.5
"""The shares of the worlds that the intervals hold."""
SHOWN = 24
"""Observations of one series that are listed in words; the others are in the table."""


@dataclass(frozen=True)
class Score:
    """How far an ensemble is from what was observed of one series; numbers are in its unit."""

    observed: ObservedInfo
    unit: str
    places: np.ndarray
    """The number of the reading of each observation [n]."""
    members: np.ndarray
    """What each world says at each of them [worlds, n]."""

    @property
    def values(self) -> np.ndarray:
        """What was observed [n]."""
        return np.array(self.observed.values)

    @property
    def median(self) -> np.ndarray:
        """The median of the worlds at each observation [n]."""
        return np.median(self.members, axis=0)

    def overall(self) -> dict[str, float]:
        """Return each score over all observations; `coverage_90` and `coverage_50` are shares."""
        told, seen = self.median, self.values
        naive = scores.naive_error(seen, self.places)
        error = scores.mean_absolute_error(told, seen)
        low, high = np.quantile(self.members, (0.5 - 0.5 * WIDE, 0.5 + 0.5 * WIDE), axis=0)
        return {
            "mae": error,
            "naive": naive,
            "mase": error / naive if naive > 0.0 else math.nan,
            "rmse": scores.root_mean_square(told, seen),
            "bias": scores.bias(told, seen),
            "crps": float(np.mean(scores.crps(self.members, seen))),
            "coverage_90": float(np.mean(scores.covered(self.members, seen, WIDE))),
            "coverage_50": float(np.mean(scores.covered(self.members, seen, NARROW))),
            "interval_score": float(np.mean(scores.interval_score(low, high, seen, WIDE))),
        }

    def rows(self, clock: Callable[[float], str]) -> Iterator[dict[str, Any]]:
        """Yield what is known of each observation, as plain data."""
        quantiles = np.quantile(self.members, (0.05, 0.25, 0.5, 0.75, 0.95), axis=0)
        fewer, no_more = scores.ranks(self.members, self.values)
        points = scores.crps(self.members, self.values)
        for k, time in enumerate(self.observed.times):
            q05, q25, q50, q75, q95 = (float(quantile[k]) for quantile in quantiles)
            yield {
                "observed": self.observed.name,
                "time": time,
                "clock": clock(time),
                "value": self.observed.values[k],
                "q05": q05,
                "q25": q25,
                "q50": q50,
                "q75": q75,
                "q95": q95,
                "crps": float(points[k]),
                "worlds_below": int(fewer[k]),
                "worlds_at_most": int(no_more[k]),
            }


class Validation(Result):
    """What an ensemble says of what was observed; see `validate`."""

    def __init__(self, scenario: Scenario, found: list[Score], worlds: int, seed: int, stopped: list[int]) -> None:
        self.title, self.scenario, self.scores = scenario.title, scenario, found
        self.worlds, self.seed, self.stopped = worlds, seed, stopped

    @property
    def table(self) -> pl.DataFrame:
        """One row for each observation: its time [s], value, quantiles of the worlds, score and rank."""
        import polars as pl

        return pl.DataFrame([row for one in self.scores for row in one.rows(self.scenario.clock)])

    def facts(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "scenario": self.scenario.name,
            "worlds": self.worlds,
            "first_seed": self.seed,
            "stopped_by_a_guard": self.stopped,
            "observed": [
                {
                    "name": one.observed.name,
                    "told": one.observed.told,
                    "series": one.observed.series,
                    "as": one.observed.shows,
                    "unit": one.unit,
                    "scores": one.overall(),
                    "readings": list(one.rows(self.scenario.clock)),
                }
                for one in self.scores
            ],
        }

    def text(self, width: int = 80) -> str:
        """Return the scores in words, for a terminal of `width` columns."""
        return "\n".join(self._lines(width))

    def _lines(self, width: int) -> Iterator[str]:
        seeds = f"seed {self.seed}" if self.worlds == 1 else f"seeds {self.seed} to {self.seed + self.worlds - 1}"
        yield f"{self.title}: {self.worlds:,} world{'s' * (self.worlds > 1)}, {seeds}, held against what was observed"
        if self.stopped:
            yield f"left out: {len(self.stopped)} that a guard stopped (seed {self.stopped[0]} is the first)"
        for one in self.scores:
            yield ""
            change = ", change since the reading before" if one.observed.shows == "change" else ""
            unit = f" [{one.unit}]" if one.unit else ""
            yield from wrap(f"{one.observed.told}{change}{unit}", width)
            yield f"  {'':<20}{'observed':>12}{'median':>12}{'90 % of the worlds':>26}"
            rows = list(one.rows(self.scenario.clock))
            for row in rows[:SHOWN]:
                inside = "" if row["q05"] <= row["value"] <= row["q95"] else "  outside"
                span = f"{row['q05']:.6g} to {row['q95']:.6g}"
                yield f"  {row['clock']:<20}{row['value']:>12.6g}{row['q50']:>12.6g}{span:>26}{inside}"
            if len(rows) > SHOWN:
                yield f"  and {len(rows) - SHOWN} more: see --csv"
            yield from self._scores(one, width)

    def _scores(self, one: Score, width: int) -> Iterator[str]:
        found, count = one.overall(), len(one.places)
        naive = found["naive"]
        beside = f"the naive forecast, as at the reading before: {naive:.6g}" if naive == naive else "no two neighbours"
        yield f"  mean error of the median    {found['mae']:.6g}  ({beside})"
        if found["mase"] == found["mase"]:
            verdict = "better" if found["mase"] < 1.0 else "no better"
            yield f"  scaled error (MASE)         {found['mase']:.3f}  ({verdict} than the naive forecast)"
        yield f"  root mean square error      {found['rmse']:.6g}"
        yield f"  bias                        {found['bias']:+.6g}"
        yield f"  CRPS                        {found['crps']:.6g}"
        for share, name in ((WIDE, "coverage_90"), (NARROW, "coverage_50")):
            inside = round(found[name] * count)
            yield f"  in the {100 * share:.0f} % interval        {inside} of {count}, {100 * found[name]:.0f} %"
        yield f"  interval score (90 %)       {found['interval_score']:.6g}"

    def picture(self) -> Picture:
        """Return a fan of quantiles for each, with what was observed over it."""
        panels = []
        for one in self.scores:
            times = list(one.observed.times)
            q05, q25, q50, q75, q95 = np.quantile(one.members, (0.05, 0.25, 0.5, 0.75, 0.95), axis=0).tolist()
            change = ", change since the reading before" if one.observed.shows == "change" else ""
            panels.append(
                Panel(
                    one.observed.told + change,
                    "",
                    one.unit or "number",
                    [
                        Series("median of the worlds", times, q50, q05, q95),
                        Series("", times, q50, q25, q75, of="median of the worlds"),
                        Series("observed", times, list(one.observed.values), style="points"),
                    ],
                    clock=self.scenario.start_hour,
                    note="The bands hold 50 and 90 per cent of the worlds.",
                )
            )
        return Picture(f"{self.title}: {self.worlds:,} worlds held against what was observed", panels)


def validate(
    scenario: str | Path | Scenario,
    worlds: int = 200,
    seed: int = 0,
    *,
    choices: Mapping[str, str] | None = None,
    variants: Mapping[str, str] | None = None,
    overrides: Mapping[str, str] | None = None,
    as_told: str | None = None,
    **how: Unpack[How],
) -> Validation:
    """Return how far `worlds` play-outs are from what the scenario's `observed` section holds.

    Args:
        scenario: a name, a file, a folder, or a scenario.
        worlds: how many are played, with the seeds from `seed` on.
        seed: the first seed.
        choices: as for `run`.
        variants: as for `run`.
        overrides: as for `run`.
        as_told: as for `run`.
        how: where and with how much it is played, and where it is kept, as in `jobs.How`.

    Raises RequestError when nothing is observed or every world was stopped by a guard, ScenarioError when the scenario
    is at fault. Sources of the scores: see `scores`.
    """
    worlds = whole_number(worlds, 1, 1 << 40, "validation plays at least 1 world")
    played = settled(scenario, variants, overrides, as_told)
    if not played.observed:
        raise RequestError(
            f"{played.name} has no 'observed' section; name there a series and the data to hold it against"
        )
    return jobs.answer(Validating(Player(played, Arm(choices=dict(choices or {}))), seed, worlds), **how)


class Validating(Question[Validation]):
    """Series of many worlds: a task is a seed."""

    kind = "validation"

    def __init__(self, player: Player, first: int, worlds: int = 1) -> None:
        self.player, self.scenario, self.seeds = player, player.scenario, range(first, first + worlds)
        wanted = {one.series for one in self.scenario.observed}
        self.read = [one for one in self.scenario.series if one.name in wanted]

    def remake(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Return how another process makes the same question."""
        return _validating, (Packed.of(self.scenario), self.player.arm, self.seeds.start)

    def settings(self) -> dict[str, Any]:
        """Return what is fixed, and the first seed."""
        return {"choices": dict(self.player.arm.choices), "first_seed": self.seeds.start}

    def columns(self) -> dict[str, Any]:
        """Return the columns of a world: whether a guard stopped it, and every reading."""
        import polars as pl

        names = [name for one in self.read for name in self._names(one)]
        return {"stopped": pl.Int64} | dict.fromkeys(names, pl.Float64)

    def _names(self, one: SeriesInfo) -> list[str]:
        return [f"{one.name}:{k}" for k in range(1 + len(one.times))]

    def rows(self, topic: Any, number: int) -> list[dict[str, Any]]:
        """Play a seed and read its series."""
        found = readings(self.player, number, self.read)
        if found is None:
            return [{"stopped": 1}]
        values = (zip(self._names(one), found[one.name].tolist(), strict=True) for one in self.read)
        return [{"stopped": 0} | dict(pair for pairs in values for pair in pairs)]

    def ask(self, store: Any) -> Asking[Validation]:
        """Play every seed, and hold its series against what was observed."""
        rows = yield Round(0, "playing", (None,), self.seeds)
        whole = rows["stopped"].to_numpy() == 0
        stopped = [seed for seed, kept in zip(self.seeds, whole.tolist(), strict=True) if not kept]
        if not whole.any():
            first = self.seeds.start
            raise RequestError(
                f"a guard stopped every world of {self.scenario.name}; run one with --seed {first} to see why"
            )
        tables = {one.name: rows.select(self._names(one)).to_numpy()[whole] for one in self.read}
        found = [{name: table[k] for name, table in tables.items()} for k in range(int(whole.sum()))]
        by_name = {one.name: one for one in self.read}
        made = [_score(one, by_name[one.series], found) for one in self.scenario.observed]
        return Validation(self.scenario, made, len(self.seeds), self.seeds.start, stopped)


def _validating(packed: Packed, arm: Arm, first: int) -> Validating:
    return Validating(Player(packed.open(), arm), first)


def readings(player: Player, seed: int, read: list[SeriesInfo]) -> dict[str, np.ndarray] | None:
    """Return what each series is in the world of `seed`: at its beginning, and then at each of its times [1 + times].

    After the ending the last state stands. None when a guard stopped the world.
    """
    program, world = player.scenario.program, player.start(seed)
    found = {one.name: np.empty(1 + len(one.times)) for one in read}
    due = sorted({time for one in read for time in one.times})
    place = dict.fromkeys(found, 0)
    for time in (-1.0, *due):
        if time >= 0.0:
            world = player.go(world, time)
            if int(world.state["status"][0]) == states.BROKEN:
                return None
        for one in read:
            k = place[one.name]
            if time < 0.0 or (k <= len(one.times) and one.times[k - 1] == time):
                found[one.name][k] = _value(program, world, one, max(time, 0.0))
                place[one.name] = k + 1
    return found


def _value(program: Any, world: World, one: SeriesInfo, time: float) -> float:
    at = min(time, float(world.state["time"][0])) if int(world.state["status"][0]) == states.FINISHED else time
    return engine.value_of(program, copy(world), one.code, at)


def _score(observed: ObservedInfo, series: SeriesInfo, found: list[dict[str, np.ndarray]]) -> Score:
    table = np.array([one[series.name] for one in found])
    table = np.diff(table, axis=1) if observed.shows == "change" else table[:, 1:]
    places = np.searchsorted(np.array(series.times), np.array(observed.times))
    return Score(observed, series.unit, places, table[:, places])
