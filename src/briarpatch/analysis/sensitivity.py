"""On which of the numbers that nobody knows well does the outcome hang?

Three answers. Screening moves one number at a time from one end of its range to the other, from points all over the ranges
of the others: elementary effects (Morris 1991, doi 10.1080/00401706.1991.10484804) in the radial design of Campolongo,
Saltelli and Cariboni (2011, doi 10.1016/j.cpc.2010.12.039), with steps over whole ranges, so that nothing is extrapolated;
cheap, and enough to tell what matters. Sobol indices (Sobol' 2001, doi 10.1016/S0378-4754(00)00270-6; Saltelli et al.
2010, doi 10.1016/j.cpc.2009.09.018), by SALib, say which share of the variance is a number's own, and which share it has a
part in. Scenario discovery (`prim`) finds the box in which an ending lives.

Luck: for Morris and Sobol every point of the ranges plays the same m seeds, and the outcome of a point is the mean over
them. The luck that all points share then moves all of them alike and drops out; what is left of it is that luck and
numbers act together. Its part in the variance of the outcomes is reported as noise: it shows up in the indices as if the
numbers interacted, and more seeds make it smaller. Intervals of effects and of means hold points and seeds together, as two
crossed random factors (Scheffe 1959, The Analysis of Variance, section 7.4). For scenario discovery every point plays a seed of its own, so that
cases are independent.

It is long: the designs, the indices and the answer in words are to part.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack

import numpy as np
from scipy.special import stdtrit

from .. import engine
from ..errors import MissingExtraError, RequestError, did_you_mean, whole_number
from ..scenario.scenario import MeasureInfo, Scenario
from ..scenario.uncertain import UncertainNumber
from ..world import states
from . import jobs, prim
from .decide import COMPARE, COMPARISON
from .jobs import Asking, How, Packed, Question, Round
from .measures import Interval, clipped
from .points import Points
from .policies import check_option, find_decision, loaded
from .results import Panel, Picture, Result, Series
from .summary import is_share, range_of
from .worlds import Arm, Player

if TYPE_CHECKING:
    import polars as pl

METHODS = {"morris": 20, "sobol": 64, "prim": 500}
"""Each method, and how many base points or worlds it takes unless told."""
ENOUGH_POINTS = 64
"""Base points below which the intervals of Sobol indices hold less than they say."""
KEPT_POINTS = 8
"""Points whose players are kept, since several threads are at few points at a time."""
RESAMPLES = 300
"""Bootstrap samples behind the intervals of indices."""
NOISY = 0.2
"""Share of noise in the variance from which more seeds are called for."""


class Outputs(NamedTuple):
    """What came of every point in every world."""

    endings: np.ndarray
    """[points, seeds] row of the ending, -1 when the world broke a guard."""
    measures: np.ndarray
    """[points, seeds, measures]."""


@dataclass(frozen=True)
class Variation:
    """Where an outcome's variance over points and worlds comes from; the shares add up to 1."""

    mean: float
    """Of the outcome over the ranges and luck."""
    mean_low: float
    mean_high: float
    deviation: float
    """Of the outcome over single worlds."""
    numbers: float
    """Share of the uncertain numbers alone."""
    luck: float
    """Share of the luck alone: the same at every point."""
    together: float
    """Share of luck and numbers acting together."""
    noise: float
    """Share of that in the variance of the points' means, which is what the indices take apart."""


@dataclass(frozen=True)
class Index:
    """How far an outcome hangs on one number."""

    kind: str
    name: str
    """Of the outcome, an ending or a measure."""
    number: str
    told: str
    first: float
    """Sobol: share of the variance that is this number's own. Morris: mean change from the low end of its range to the
    high one."""
    first_low: float
    first_high: float
    total: float
    """Sobol: share that it has a part in. Morris: mean of the farthest that it moves the outcome along its range."""
    total_low: float
    total_high: float
    spread: float
    """Morris: deviation of its effect, from bends and from other numbers; not a number for Sobol."""


def sensitivity(
    scenario: str | Path | Scenario,
    method: str = "morris",
    n: int | None = None,
    *,
    of: Sequence[str] = (),
    numbers: Sequence[str] = (),
    seeds: int = 16,
    choices: Mapping[str, str] | None = None,
    variants: Mapping[str, str] | None = None,
    overrides: Mapping[str, str] | None = None,
    confidence: float = 0.95,
    first: int = 0,
    **how: Unpack[How],
) -> Sensitivity | Discovery:
    """Vary the numbers that a scenario declares uncertain, and say on which the outcome hangs.

    Args:
        scenario: a name, a file, a folder, or a loaded scenario.
        method: "morris", "sobol" or "prim".
        n: base points (Morris: each gives two points for each number, and itself; Sobol: a power of 2, each gives two
            points more than there are numbers) or worlds (PRIM).
        of: measures and endings to explain; default: the first measure with a better direction, and every ending that
            comes about. PRIM takes one: an ending, or a measure with a bound, such as "drowned > 0".
        numbers: names of uncertain numbers to vary; default: all.
        seeds: worlds that every point plays, the same for all; PRIM plays one world a point.
        choices: decisions forced in all worlds.
        variants: variant -> setting.
        overrides: path in the scenario -> value.
        confidence: of the intervals.
        first: the first seed.
        how: where and with how much it is played, and where it is kept, as in `jobs.How`.

    Raises:
        ScenarioError: when the scenario is at fault.
        RequestError: when an argument is, or the scenario declares nothing uncertain.
        MissingExtraError: for Sobol without SALib.
    """
    if method not in METHODS:
        raise RequestError(
            f"unknown method '{method}'{did_you_mean(method, METHODS) or '; there are ' + ', '.join(METHODS)}"
        )
    rule = "at least two points and one seed are needed"
    count = whole_number(METHODS[method] if n is None else n, 2, 1 << 40, rule)
    seeds = whole_number(seeds, 1, 1 << 40, rule)
    first = whole_number(first, 0, (1 << 64) - 1, "the first seed must be a whole number from 0 to 2**64 - 1")
    if method == "sobol" and count & (count - 1):
        raise RequestError(f"Sobol points come in powers of 2, so that they cover the ranges evenly; got {count}")
    if not 0.5 <= confidence <= 0.9999:
        raise RequestError(f"confidence must lie from 0.5 to 0.9999, got {confidence:g}")
    plain = loaded(scenario, variants or {}, overrides or {})
    varied = _numbers(plain, numbers)
    fixed = dict(choices or {})
    for name, option in fixed.items():
        check_option(find_decision(plain, name), option)
    if method == "prim":
        _interest(plain, of)
    else:
        for name in of:
            _outcome(plain, name)
    return jobs.answer(Varying(plain, varied, method, count, seeds, fixed, first, of, confidence), **how)


def _numbers(scenario: Scenario, names: Sequence[str]) -> list[UncertainNumber]:
    known = scenario.uncertain
    if not known:
        raise RequestError(
            f"the scenario '{scenario.name}' declares no number uncertain; add a section such as\n"
            "uncertain:\n  hull: { path: vessels.ferry.hull, low: 20, high: 80, basis: assumed }"
        )
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known) or f"; there are {', '.join(known)}"
            raise RequestError(f"unknown uncertain number '{name}'{hint}")
    return [known[name] for name in dict.fromkeys(names or known)]


def _outcome(scenario: Scenario, name: str) -> tuple[str, int]:
    """Return ("measure" or "ending", row) of a name; "ending:NAME" when a measure has it too."""
    kind, colon, rest = name.partition(":")
    wanted = rest if colon else name
    measures = [measure.name for measure in scenario.measures]
    endings = [ending.name for ending in scenario.endings]
    if wanted in measures and kind != "ending":
        return "measure", measures.index(wanted)
    if wanted in endings and kind != "measure":
        return "ending", endings.index(wanted)
    known = [*measures, *endings]
    raise RequestError(
        f"unknown measure or ending '{name}'{did_you_mean(wanted, known) or '; there are ' + ', '.join(known)}"
    )


# ------------------------------------------------------------------------------------------------ points and worlds


def design(method: str, numbers: int, n: int, seed: int = 0) -> np.ndarray:
    """Return the points [points, numbers] of the unit cube that a method wants; the same at every call.

    For Morris, each base point is followed by itself with the first number at its low end and at its high end, then with
    the second, and so on.
    """
    if method != "sobol":
        from scipy.stats import qmc

        base = qmc.LatinHypercube(numbers, rng=np.random.Generator(np.random.Philox(seed))).random(n)
        if method == "prim":
            return base
        points = np.repeat(base[:, None, :], 2 * numbers + 1, axis=1)
        for number in range(numbers):
            points[:, 1 + 2 * number, number], points[:, 2 + 2 * number, number] = 0.0, 1.0
        return points.reshape(-1, numbers)
    sample, _ = _salib()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(sample(_problem(numbers), n, calc_second_order=False, seed=seed))


def base_points(method: str, numbers: int, values: np.ndarray) -> np.ndarray:
    """Return, of values [points, seeds], those from which the mean over the ranges is read [base points, seeds]."""
    if method == "morris":
        return values[:: 2 * numbers + 1]
    if method == "sobol":
        return 0.5 * (values[:: numbers + 2] + values[numbers + 1 :: numbers + 2])
    return values


def _problem(numbers: int) -> dict[str, Any]:
    return {"num_vars": numbers, "names": [f"x{i}" for i in range(numbers)], "bounds": [[0.0, 1.0]] * numbers}


def _salib() -> tuple[Any, Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from SALib.analyze import sobol
            from SALib.sample import sobol as sobol_sample
    except ImportError:
        raise MissingExtraError("a study of sensitivity by Sobol indices", "sensitivity") from None
    return sobol_sample.sample, sobol.analyze


class Varying(Question["Sensitivity | Discovery"]):
    """A scenario at many values of its numbers: a task is a world at one of the points.

    For Morris and Sobol a topic is a point, and its numbers are seeds; points that are the same are played once. For PRIM each
    point has a seed of its own.
    """

    kind = "sensitivity"

    def __init__(
        self,
        scenario: Scenario,
        numbers: Sequence[UncertainNumber],
        method: str,
        count: int,
        seeds: int,
        choices: Mapping[str, str],
        first: int,
        of: Sequence[str] = (),
        confidence: float = 0.95,
    ) -> None:
        self.scenario, self.numbers, self.method, self.count = scenario, list(numbers), method, count
        self.choices, self.first, self.of, self.confidence = dict(choices), first, of, confidence
        self.places = design(method, len(numbers), count)
        self.points = Points(scenario, numbers)
        if method == "prim":
            self.unique, self.back = self.places, np.arange(len(self.places))
            self.seeds = range(first, first + count)
        else:
            self.unique, back = np.unique(self.places, axis=0, return_inverse=True)
            self.back, self.seeds = back.reshape(-1), range(first, first + seeds)
        self._player = lru_cache(KEPT_POINTS)(self._player_at)

    def remake(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Return how another process makes the same question."""
        names = [number.name for number in self.numbers]
        arguments = self.method, self.count, len(self.seeds), self.choices, self.first
        return _varying, (Packed.of(self.scenario), names, arguments)

    def settings(self) -> dict[str, Any]:
        """Return what says which points are played, under what luck."""
        return {
            "method": self.method,
            "numbers": [number.name for number in self.numbers],
            "n": self.count,
            "seeds": len(self.seeds),
            "choices": self.choices,
            "first_seed": self.first,
        }

    def columns(self) -> dict[str, Any]:
        """Return the columns of a world: its ending by its row, -1 after a guard, its measures, and their ranges there.

        Ranges are the same at every point where points are made by writing cells.
        """
        import polars as pl

        names = [measure.name for measure in self.scenario.measures]
        found: dict[str, Any] = {"ending": pl.Int64} | {f"measure:{name}": pl.Float64 for name in names}
        if not self.points.quick:
            found |= {f"{end}:{name}": pl.Float64 for name in names for end in ("low", "high")}
        return found

    def _player_at(self, point: int) -> Player:
        return Player(self.points.at(self.unique[point].tolist()), Arm("point", self.choices))

    def rows(self, topic: Any, number: int) -> list[dict[str, Any]]:
        """Play a world at a point."""
        player = self._player(number - self.first if topic is None else topic)
        world = player.play(number)
        state = world.state[0]
        row: dict[str, Any] = {"ending": int(state.ending) if int(state.status) == states.FINISHED else -1}
        values = engine.measures(player.scenario.program, world).tolist()
        for measure, value in zip(player.scenario.measures, values, strict=True):
            row[f"measure:{measure.name}"] = value
            row |= {f"low:{measure.name}": measure.low, f"high:{measure.name}": measure.high}
        return [row]

    def ask(self, store: Any) -> Asking[Sensitivity | Discovery]:
        """Play every point, and say what hangs on the numbers."""
        topics = (None,) if self.method == "prim" else range(len(self.unique))
        rows = yield Round(0, "playing", topics, self.seeds)
        width = 1 if self.method == "prim" else len(self.seeds)
        endings = rows["ending"].to_numpy().reshape(len(self.unique), width)
        columns = [rows[f"measure:{measure.name}"].to_numpy() for measure in self.scenario.measures]
        measures = np.stack(columns, axis=-1) if columns else np.zeros((len(rows), 0))
        measures = measures.reshape(len(self.unique), width, -1)
        outputs = Outputs(endings[self.back], measures[self.back])
        if self.method == "prim":
            return _discovery(self.scenario, self.numbers, self.places, outputs, self.of, self.first, self.choices)
        return Sensitivity(
            self.scenario, self.numbers, self.method, self.places, outputs, self.first, self.choices, self.of,
            self.confidence, self._ranges(rows),
        )  # fmt: skip

    def _ranges(self, rows: pl.DataFrame) -> dict[str, list[MeasureInfo]]:
        """Return each measure as it is in the scenario and wherever that was compiled."""
        found = {name: list(infos) for name, infos in self.points.measures.items()}
        for name, infos in found.items():
            if f"low:{name}" in rows.columns:
                ends = rows.select(f"low:{name}", f"high:{name}").unique(maintain_order=True).iter_rows()
                infos += [replace(infos[0], low=low, high=high) for low, high in ends]
        return found


def _varying(packed: Packed, names: Sequence[str], arguments: tuple[Any, ...]) -> Varying:
    scenario = packed.open()
    return Varying(scenario, _numbers(scenario, names), *arguments)


def variation(values: np.ndarray, confidence: float = 0.95, base: np.ndarray | None = None) -> Variation:
    """Return where the variance of values [points, seeds] comes from: a table of two factors without repetition.

    Every point plays the same seeds, so the mean squares of points, of seeds and of the rest are unbiased for their sums
    of variance components (Scheffe 1959, The Analysis of Variance, section 4.3). Negative components count as 0. The mean
    is that of `base`, of `values` if not given.
    """
    points, seeds = values.shape
    mean = crossed_mean(values if base is None else base, confidence)
    rows, columns = values.mean(axis=1), values.mean(axis=0)
    deviation = float(values.std())
    if deviation == 0.0 or points < 2:
        return Variation(*mean, deviation, 0.0, 0.0, 0.0, 0.0)
    of_points = seeds * float(rows.var(ddof=1))
    if seeds < 2:
        return Variation(*mean, deviation, 1.0, 0.0, 0.0, math.nan)
    of_seeds = points * float(columns.var(ddof=1))
    rest = values - rows[:, None] - columns[None, :] + values.mean()
    of_rest = float((rest**2).sum()) / ((points - 1) * (seeds - 1))
    parts = np.maximum([(of_points - of_rest) / seeds, (of_seeds - of_rest) / points, of_rest], 0.0)
    shares = parts / parts.sum() if parts.sum() > 0.0 else parts
    noise = min(of_rest / of_points, 1.0) if of_points > 0.0 else 0.0
    numbers, luck, together = shares.tolist()
    return Variation(*mean, deviation, numbers, luck, together, noise)


def crossed_mean(values: np.ndarray, confidence: float = 0.95) -> Interval:
    """Return the mean of values [points, seeds] with a t interval for other points and other seeds alike.

    Points and seeds are two crossed random factors: their mean squares less that of the rest give the variance of the mean,
    and Satterthwaite's rule its degrees of freedom (Scheffe 1959, section 7.4). With one seed, luck is left out.
    """
    points, seeds = values.shape
    mean = float(values.mean())
    rows, columns = values.mean(axis=1), values.mean(axis=0)
    of_points = float(rows.var(ddof=1)) / points if points > 1 else 0.0
    of_seeds = float(columns.var(ddof=1)) / seeds if seeds > 1 else 0.0
    of_rest = 0.0
    if points > 1 and seeds > 1:
        rest = values - rows[:, None] - columns[None, :] + mean
        of_rest = float((rest**2).sum()) / ((points - 1) * (seeds - 1)) / values.size
    variance = max(of_points + of_seeds - of_rest, of_points, of_seeds)
    if variance <= 0.0:
        return Interval(mean, mean, mean)
    freedom = of_points**2 / max(points - 1, 1) + of_seeds**2 / max(seeds - 1, 1)
    if points > 1 and seeds > 1:
        freedom += of_rest**2 / ((points - 1) * (seeds - 1))
    half = float(stdtrit(variance**2 / freedom, 0.5 + 0.5 * confidence)) * math.sqrt(variance)
    return Interval(mean, mean - half, mean + half)


def indices(
    method: str, places: np.ndarray, values: np.ndarray, confidence: float = 0.95
) -> list[tuple[float, float, float, float, float, float, float]]:
    """Return (first, low, high, total, low, high, spread) of each number, for outcomes [points, seeds] (or [points]).

    The columns are those of `Index`. An outcome that never changes gives zeros.
    """
    numbers = places.shape[1]
    table = values.reshape(len(values), -1)
    if np.ptp(table.mean(axis=1)) == 0.0 and (method == "sobol" or np.ptp(table) == 0.0):
        return [(0.0,) * 6 + (0.0 if method == "morris" else math.nan,)] * numbers
    if method == "morris":
        paths = table.reshape(-1, 2 * numbers + 1, table.shape[1])
        return [
            _effect(paths[:, 0], paths[:, 1 + 2 * number], paths[:, 2 + 2 * number], confidence)
            for number in range(numbers)
        ]
    _, sobol = _salib()
    settings: dict[str, Any] = {"num_resamples": RESAMPLES, "conf_level": confidence, "seed": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = sobol(_problem(numbers), table.mean(axis=1), calc_second_order=False, **settings)
    rows = []
    for one, half, total, total_half in zip(
        *(np.asarray(found[key], float).tolist() for key in ("S1", "S1_conf", "ST", "ST_conf")), strict=True
    ):
        rows.append((*_within(one, half), *_within(total, total_half), math.nan))
    return rows


def _within(share: float, half: float) -> tuple[float, float, float]:
    """Return a share of variance with bounds that no share leaves unless its estimate does."""
    return share, max(share - half, min(share, 0.0)), min(share + half, max(share, 1.0))


def _effect(
    base: np.ndarray, low: np.ndarray, high: np.ndarray, confidence: float
) -> tuple[float, float, float, float, float, float, float]:
    """Return effect and size of one number, with bounds, and spread, from outcomes [paths, seeds] at three places.

    The size is the farthest that the outcome moves between two of the three. Which two, and which way, is read from the
    other seeds, so that what moves by luck alone has no size.
    """
    moves = np.stack([high - low, base - low, high - base])
    effect = crossed_mean(moves[0], confidence)
    seeds = moves.shape[2]
    if seeds > 1:
        others = (moves.sum(axis=2, keepdims=True) - moves) / (seeds - 1)
        others[np.abs(others) < 1e-12 * np.abs(moves).max(initial=0.0)] = 0.0
    else:
        others = moves
    which = np.abs(others).argmax(axis=0)[None]
    way = np.sign(np.take_along_axis(others, which, axis=0)[0])
    way[way == 0.0] = np.sign(effect.estimate)
    sizes = crossed_mean(way * np.take_along_axis(moves, which, axis=0)[0], confidence)
    size = max(sizes.estimate, abs(effect.estimate))
    spread = float(moves[0].mean(axis=1).std(ddof=1)) if len(base) > 1 else 0.0
    spread = spread if spread > 1e-12 * size else 0.0
    bounds = min(sizes.low, size), max(sizes.high, size)
    return effect.estimate, effect.low, effect.high, size, *bounds, spread


# -------------------------------------------------------------------------------------------------------- results


class Sensitivity(Result):
    """The answer of Morris screening or Sobol indices."""

    def __init__(
        self,
        scenario: Scenario,
        numbers: Sequence[UncertainNumber],
        method: str,
        places: np.ndarray,
        outputs: Outputs,
        first: int,
        choices: Mapping[str, str],
        of: Sequence[str],
        confidence: float,
        measures: Mapping[str, Sequence[MeasureInfo]],
    ) -> None:
        self.scenario, self.numbers, self.method = scenario, list(numbers), method
        self.places, self.outputs, self.first = places, outputs, first
        self.choices, self.confidence = dict(choices), confidence
        self.broken = int((outputs.endings < 0).sum())
        self.variations: dict[tuple[str, str], Variation] = {}
        self.indices: list[Index] = []
        self.left_out: list[str] = []
        for kind, name, values in self._outcomes(of):
            if not np.isfinite(values).all():
                self.left_out.append(name)
                continue
            base = base_points(method, len(self.numbers), values)
            part = variation(base if method == "morris" else values, confidence, base)
            rows = indices(method, places, values, confidence)
            within = range_of(measures[name], values) if kind == "measure" else (0.0, 1.0)
            mean = clipped(Interval(part.mean, part.mean_low, part.mean_high), *within)
            part = replace(part, mean_low=mean.low, mean_high=mean.high)
            rows = [_clipped(row, within[1] - within[0]) for row in rows] if method == "morris" else rows
            self.variations[kind, name] = part
            for number, row in zip(self.numbers, rows, strict=True):
                self.indices.append(Index(kind, name, number.name, number.told, *row))

    def _outcomes(self, of: Sequence[str]) -> Iterator[tuple[str, str, np.ndarray]]:
        names = list(dict.fromkeys(of)) or self._usual()
        for name in names:
            kind, row = _outcome(self.scenario, name)
            values = self.outputs.measures[:, :, row] if kind == "measure" else self.outputs.endings == row
            yield kind, name.partition(":")[2] or name, values.astype(float)

    def is_share(self, kind: str, name: str, values: np.ndarray | None = None) -> bool:
        """Return whether an outcome is a share: an ending, or a measure that is declared one and never outside 0 and 1."""
        if kind == "ending":
            return True
        row = [measure.name for measure in self.scenario.measures].index(name)
        return is_share(
            self.scenario.measures[row].unit, self.outputs.measures[:, :, row] if values is None else values
        )

    def _usual(self) -> list[str]:
        directed = next((m.name for m in self.scenario.measures if m.better != "neither"), None)
        seen = [
            f"ending:{ending.name}"
            for row, ending in enumerate(self.scenario.endings)
            if 0 < (self.outputs.endings == row).sum() < self.outputs.endings.size
        ]
        return ([f"measure:{directed}"] if directed else []) + seen

    @property
    def table(self) -> pl.DataFrame:
        """One row for each outcome and number: the columns of `Index`, and the outcome's share of `noise`."""
        import polars as pl

        rows = [one.__dict__ | {"noise": self.variations[one.kind, one.name].noise} for one in self.indices]
        texts = ("kind", "name", "number", "told")
        numbers = ("first", "first_low", "first_high", "total", "total_low", "total_high", "spread", "noise")
        schema: dict[str, Any] = {}
        schema.update(dict.fromkeys(texts, pl.String))
        schema.update(dict.fromkeys(numbers, pl.Float64))
        return pl.DataFrame(rows, schema=schema)

    @property
    def worlds(self) -> pl.DataFrame:
        """One row for each world: `point`, `seed`, the value of each number, `ending` and `measure:NAME`."""
        import polars as pl

        points, seeds = self.outputs.endings.shape
        endings = [*(ending.name for ending in self.scenario.endings), None]
        columns: dict[str, Any] = {
            "point": np.repeat(np.arange(points), seeds),
            "seed": np.tile(np.arange(self.first, self.first + seeds), points),
        }
        for place, number in enumerate(self.numbers):
            columns[number.name] = np.repeat([number.at(share) for share in self.places[:, place].tolist()], seeds)
        columns["ending"] = [endings[row] for row in self.outputs.endings.reshape(-1).tolist()]
        for place, measure in enumerate(self.scenario.measures):
            columns[f"measure:{measure.name}"] = self.outputs.measures[:, :, place].reshape(-1)
        return pl.DataFrame(columns)

    def ranked(self, kind: str, name: str) -> list[Index]:
        """Return the indices of an outcome, the greatest total first."""
        return sorted((one for one in self.indices if (one.kind, one.name) == (kind, name)), key=lambda one: -one.total)

    def sentences(self) -> list[str]:
        """Return what the table says, in words."""
        from .findings import sentences

        return sentences(self)

    def text(self, width: int = 80) -> str:
        """Return the indices and what they say, for a terminal of `width` columns."""
        from .findings import text

        return text(self, width)

    def facts(self) -> dict[str, Any]:
        """Return the answer as plain data."""
        points, seeds = self.outputs.endings.shape
        return {
            "scenario": self.scenario.name,
            "method": self.method,
            "points": points,
            "seeds": seeds,
            "first_seed": self.first,
            "choices": self.choices,
            "variants": self.scenario.settings,
            "overrides": {name: str(value) for name, value in self.scenario.overrides.items()},
            "confidence": self.confidence,
            "enough_points": self.method != "sobol" or points >= ENOUGH_POINTS * (len(self.numbers) + 2),
            "broken": self.broken,
            "numbers": [number.__dict__ for number in self.numbers],
            "indices": [one.__dict__ for one in self.indices],
            "variations": [
                {"kind": kind, "name": name} | found.__dict__ for (kind, name), found in self.variations.items()
            ],
            "left_out": self.left_out,
            "sentences": self.sentences(),
        }

    def _told(self, kind: str, name: str) -> str:
        """Return the words of an outcome."""
        of = self.scenario.endings if kind == "ending" else self.scenario.measures
        told = next((one.told for one in of if one.name == name), "") or name.replace("_", " ")
        return f"how often it ends so: {told}" if kind == "ending" else told

    def picture(self) -> Picture:
        """Return a panel of points for each of the first outcomes."""
        panels = []
        for kind, name in list(self.variations)[:4]:
            rows = self.ranked(kind, name)
            words = {number.name: number.told for number in self.numbers}
            names = [words.get(one.number) or one.number for one in rows]
            total = Series(
                "total",
                names,
                [r.total for r in rows],
                [r.total_low for r in rows],
                [r.total_high for r in rows],
                "points",
            )
            series = [total]
            if self.method == "sobol":
                alone = Series(
                    "first",
                    names,
                    [r.first for r in rows],
                    [r.first_low for r in rows],
                    [r.first_high for r in rows],
                    "points",
                )
                series.append(alone)
            label = "share of variance" if self.method == "sobol" else "size of effect over the range"
            note = (
                "How much of the differences between worlds each number makes, with the others (total) and alone (first)."
                if self.method == "sobol"
                else "How far the outcome moves when a number goes through its range."
            )
            panels.append(Panel(self._told(kind, name), "", label, series, flat=True, note=note))
        return Picture(f"{self.scenario.title}: on which numbers it hangs ({self.method.capitalize()})", panels)


def _clipped(row: tuple[float, ...], width: float) -> tuple[float, float, float, float, float, float, float]:
    """Return effects on an outcome with bounds that no change of it leaves, whose range has this width."""
    effect, size = clipped(Interval(*row[:3]), -width, width), clipped(Interval(*row[3:6]), -width, width)
    (a, b, c), (d, e, f) = effect, size
    return a, b, c, d, e, f, row[6]


# ----------------------------------------------------------------------------------------------- scenario discovery


@dataclass(frozen=True)
class Found:
    """A box in which the outcome lives, and what its bounds mean."""

    box: prim.Box
    trajectory: prim.Trajectory
    share: float
    """Share of all cases of interest among the cases that were searched."""


class Discovery(Result):
    """The answer of scenario discovery."""

    def __init__(
        self,
        scenario: Scenario,
        numbers: Sequence[UncertainNumber],
        places: np.ndarray,
        interest: np.ndarray,
        outcome: str,
        first: int,
        choices: Mapping[str, str],
        seeds: np.ndarray | None = None,
        undefined: int = 0,
        broken: int = 0,
    ) -> None:
        self.scenario, self.numbers, self.places = scenario, list(numbers), places
        self.interest, self.outcome, self.first, self.choices = interest, outcome, first, dict(choices)
        self.seeds = np.arange(first, first + len(interest)) if seeds is None else seeds
        self.undefined = undefined
        """Worlds left out because the measure is no finite number there."""
        self.broken = broken
        """Worlds left out because they broke a guard."""
        self.boxes: list[Found] = []
        left = np.ones(len(interest), bool)
        for _ in range(MOST_BOXES):
            here = interest[left]
            if not here.any() or here.all() or left.sum() < LEAST_CASES:
                break
            trajectory = prim.search(places[left], here)
            box = trajectory.chosen
            if (box.density < 1.5 * float(here.mean()) and self.boxes) or not box.restricted.any():
                break
            self.boxes.append(Found(box, trajectory, float(here.mean())))
            rows = np.flatnonzero(left)
            left[rows[box.inside]] = False

    @property
    def share(self) -> float:
        """Share of all worlds that come out so."""
        return float(self.interest.mean())

    def bounds(self, found: Found) -> list[tuple[UncertainNumber, float | None, float | None, float]]:
        """Return (number, low or None, high or None, quasi-p) of each restriction, the surest first."""
        rows = []
        for place, number in enumerate(self.numbers):
            if found.box.restricted[place]:
                chances = found.box.quasi_p[place]
                low = None if math.isnan(chances[0]) else number.at(float(found.box.low[place]))
                high = None if math.isnan(chances[1]) else number.at(float(found.box.high[place]))
                rows.append((number, low, high, float(np.nanmax(chances))))
        return sorted(rows, key=lambda row: row[3])

    @property
    def table(self) -> pl.DataFrame:
        """One row for each restriction: `box`, `number`, `low`, `high`, `unit`, `quasi_p`, `coverage`, `density`, `mass`."""
        import polars as pl

        rows = [
            (turn, number.name, low, high, number.unit, chance, found.box.coverage, found.box.density, found.box.mass)
            for turn, found in enumerate(self.boxes, 1)
            for number, low, high, chance in self.bounds(found)
        ]
        schema: dict[str, Any] = {"box": pl.Int64, "number": pl.String, "low": pl.Float64, "high": pl.Float64}
        schema |= {
            "unit": pl.String,
            "quasi_p": pl.Float64,
            "coverage": pl.Float64,
            "density": pl.Float64,
            "mass": pl.Float64,
        }
        return pl.DataFrame(rows, schema=schema, orient="row")

    @property
    def worlds(self) -> pl.DataFrame:
        """One row for each world: `seed`, the value of each number, and whether it came out so."""
        import polars as pl

        columns: dict[str, Any] = {"seed": self.seeds}
        for place, number in enumerate(self.numbers):
            columns[number.name] = [number.at(share) for share in self.places[:, place].tolist()]
        return pl.DataFrame(columns | {"interest": self.interest})

    def sentences(self) -> list[str]:
        """Return the boxes in words."""
        from .findings import boxes

        return boxes(self)

    def text(self, width: int = 80) -> str:
        """Return the boxes in words, for a terminal of `width` columns."""
        from .findings import boxes_text

        return boxes_text(self, width)

    def facts(self) -> dict[str, Any]:
        """Return the answer as plain data."""
        return {
            "scenario": self.scenario.name,
            "method": "prim",
            "outcome": self.outcome,
            "worlds": len(self.interest),
            "first_seed": self.first,
            "choices": self.choices,
            "variants": self.scenario.settings,
            "share": self.share,
            "undefined": self.undefined,
            "broken": self.broken,
            "boxes": self.table.to_dicts(),
            "trajectories": [
                [{"coverage": b.coverage, "density": b.density, "mass": b.mass} for b in found.trajectory.boxes]
                for found in self.boxes
            ],
            "sentences": self.sentences(),
        }

    def picture(self) -> Picture:
        """Return density over coverage along each search, with the chosen box marked."""
        series = []
        for turn, found in enumerate(self.boxes, 1):
            steps = found.trajectory.boxes
            series.append(Series(f"box {turn}", [100 * b.coverage for b in steps], [b.density for b in steps]))
            chosen = Series("chosen", [100 * found.box.coverage], [found.box.density], style="points", of=f"box {turn}")
            series.append(chosen)
        panel = Panel(
            "How pure a box is against how much it catches",
            "of all such worlds, per cent in the box (coverage)",
            "of the worlds in the box, such (density)",
            series,
            y_range=(0.0, 1.0),
            share=True,
            note="A box is a range of each number. The smaller it is made, the more of the worlds in it are such, "
            "and the fewer of all such worlds lie in it. The dot is the box that was chosen.",
        )
        wanted = self.outcome.replace("ending:", "the ending ").replace("measure:", "").replace("_", " ")
        return Picture(f"{self.scenario.title}: in which worlds lies {wanted}?", [panel])


MOST_BOXES = 3
LEAST_CASES = 40


def _interest(scenario: Scenario, of: Sequence[str]) -> tuple[str, int, re.Match[str] | None]:
    """Return what scenario discovery looks for: "measure" or "ending", its row, and the bound."""
    if len(of) != 1:
        raise RequestError(
            "scenario discovery looks for one outcome: an ending, or a measure with a bound (drowned > 0)"
        )
    match = COMPARISON.match(of[0])
    kind, row = _outcome(scenario, match[1] if match else of[0])
    if kind == "measure" and match is None:
        raise RequestError(f"'{of[0]}' is a measure; give it a bound, such as '{of[0]} > 0'")
    if kind == "ending" and match is not None:
        raise RequestError(f"'{match[1]}' is an ending, which has no bound; give its name alone")
    return kind, row, match


def _discovery(
    scenario: Scenario,
    numbers: Sequence[UncertainNumber],
    places: np.ndarray,
    outputs: Outputs,
    of: Sequence[str],
    first: int,
    choices: Mapping[str, str],
) -> Discovery:
    _, row, match = _interest(scenario, of)
    n = len(places)
    whole = outputs.endings[:, 0] >= 0
    kept, undefined = whole, 0
    if match is not None:
        values = outputs.measures[:, 0, row]
        kept = whole & np.isfinite(values)
        undefined = int((whole & ~kept).sum())
        interest = COMPARE[match[2]](values, float(match[3]))
    else:
        interest = outputs.endings[:, 0] == row
    if not kept.any():
        raise RequestError(f"'{of[0]}' can be told in none of {n:,} worlds: all broke a guard or have no finite value")
    seeds = np.arange(first, first + n)[kept]
    broken = int((~whole).sum())
    return Discovery(scenario, numbers, places[kept], interest[kept], of[0], first, choices, seeds, undefined, broken)
