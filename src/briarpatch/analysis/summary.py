"""What the rows of an ensemble say: how often each ending, what each measure, and what an arm changes.

Endings are counted part by part; of the measures one column at a time is in memory, so that memory hardly grows with the
number of worlds. Differences are paired: seed by seed, under common luck.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from .. import columns as by
from ..columns import wrap
from ..units import SHARE
from .measures import (
    UNBOUNDED,
    Interval,
    average,
    enough,
    mcnemar_counts,
    paired_difference,
    paired_share,
    tells_apart,
    wilson,
)

if TYPE_CHECKING:
    import polars as pl

NO_ENDING = "(no ending)"
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


class Summary(NamedTuple):
    """Three frames.

    endings: arm, ending, worlds, share, low, high (Wilson's bounds).
    measures: arm, measure, worlds, mean, low, high, deviation, least, q05, q25, q50, q75, q95, most, undefined. `worlds`
    are those in which the measure is finite, of which the other numbers are; `undefined` are the others. Bounds are null
    where nothing bounds the mean: in one world, or when all worlds have the same value.
    differences: arm, against, kind, name, difference, low, high, p (McNemar's exact, where there are only two values),
    pairs, differing, apart. Shares differ in shares of 1, measures in their unit; `differing` is the share of seeds in which
    the arms differ, `apart` whether the difference is surely not 0. A measure that is not finite in some world of either
    arm has no difference: what is left would be a comparison of other worlds than those that were played.
    """

    endings: pl.DataFrame
    measures: pl.DataFrame
    differences: pl.DataFrame


class Endings:
    """Counts of endings, arm by arm and against the first arm, which are added up part by part."""

    def __init__(self, arms: Sequence[str], endings: Sequence[str]) -> None:
        self.arms = tuple(arms)
        self.names = (*endings, NO_ENDING)
        self.seeds = 0
        shape = (len(self.arms), len(self.names))
        self.counts: np.ndarray = np.zeros(shape, np.int64)
        self.gained: np.ndarray = np.zeros(shape, np.int64)
        """Seeds in which an arm ends so and the first does not."""
        self.lost: np.ndarray = np.zeros(shape, np.int64)

    def add(self, endings: pl.Series) -> None:
        """Count the column `ending` of some rows: seed by seed, the arms in their order."""
        names = endings.fill_null(NO_ENDING).to_numpy()
        table = names.reshape(-1, len(self.arms))
        self.seeds += len(table)
        for number, name in enumerate(self.names):
            here = table == name
            self.counts[:, number] += here.sum(axis=0)
            self.gained[:, number] += (here & ~here[:, :1]).sum(axis=0)
            self.lost[:, number] += (~here & here[:, :1]).sum(axis=0)

    def sure(self, half_width: float, of: str | None, confidence: float = 0.95) -> bool:
        """Return whether Wilson's half-width is down to `half_width` in every arm, of the ending `of` or of all."""
        wanted = [number for number, name in enumerate(self.names) if of in (None, name)]
        counts = self.counts[:, wanted].ravel().tolist()
        return all(enough(count, self.seeds, half_width, confidence, least=1) for count in counts)

    def frame(self, confidence: float) -> pl.DataFrame:
        """Return the shares with their bounds."""
        import polars as pl

        rows = []
        for arm, counts in zip(self.arms, self.counts.tolist(), strict=True):
            for name, count in zip(self.names, counts, strict=True):
                if name == NO_ENDING and not self.counts[:, -1].any():
                    continue
                share = wilson(count, self.seeds, confidence)
                rows.append((arm, name, count, *share))
        kinds = {"arm": pl.String, "ending": pl.String, "worlds": pl.Int64}
        return pl.DataFrame(rows, kinds | dict.fromkeys(("share", "low", "high"), pl.Float64), orient="row")

    def differences(self, confidence: float) -> list[tuple[Any, ...]]:
        """Return a row for each arm but the first and each ending that some arm has."""
        found = []
        for arm in range(1, len(self.arms)):
            for number, name in enumerate(self.names):
                if not self.counts[:, number].any():
                    continue
                gained, lost = int(self.gained[arm, number]), int(self.lost[arm, number])
                one = paired_share(gained, lost, self.seeds, confidence)
                p, differing = mcnemar_counts(gained, lost), (gained + lost) / self.seeds
                apart = tells_apart(one, gained + lost, p, confidence)
                found.append((self.arms[arm], self.arms[0], "ending", name, *one, p, self.seeds, differing, apart))
        return found


def summarise(
    column: Callable[[str], pl.Series],
    files: Sequence[Path],
    arms: Sequence[str],
    endings: Sequence[str],
    measures: Mapping[str, Ranged],
    confidence: float = 0.95,
) -> Summary:
    """Return the summary of rows that stand seed by seed, the arms in their order.

    Args:
        column: gives a column of all rows.
        files: the parts, for what is counted part by part.
        arms: names of the arms; differences are from the first.
        endings: names of the endings.
        measures: name of a measure -> its unit and range; SHARE is a number from 0 to 1. Its column is "measure:NAME".
        confidence: of every interval, each by itself.
    """
    import polars as pl

    counted = count_endings(files, arms, endings)
    differences = counted.differences(confidence)
    rows = []
    for name, measure in measures.items():
        values = column(f"measure:{name}").to_numpy().astype(float, copy=False).reshape(-1, len(arms))
        share, within = is_share(measure.unit, values), range_of([measure], values)
        for number, arm in enumerate(arms):
            rows.append((arm, name, *_describe(values[:, number], confidence, share, within)))
        for number in range(1, len(arms)):
            said = difference_of(values[:, number], values[:, 0], confidence, share, within)
            differences.append((arms[number], arms[0], "measure", name, *said))
    numbers = ["mean", "low", "high", "deviation", "least", *(f"q{100 * q:02.0f}" for q in QUANTILES), "most"]
    kinds: dict[str, Any] = {"arm": pl.String, "measure": pl.String, "worlds": pl.Int64}
    kinds |= dict.fromkeys(numbers, pl.Float64) | {"undefined": pl.Int64}
    apart: dict[str, Any] = dict.fromkeys(("arm", "against", "kind", "name"), pl.String)
    apart |= dict.fromkeys(("difference", "low", "high", "p"), pl.Float64) | {
        "pairs": pl.Int64,
        "differing": pl.Float64,
        "apart": pl.Boolean,
    }
    return Summary(
        counted.frame(confidence),
        pl.DataFrame(rows, kinds, orient="row"),
        pl.DataFrame(differences, apart, orient="row"),
    )


def count_endings(
    files: Sequence[Path], arms: Sequence[str], endings: Sequence[str], below: int | None = None
) -> Endings:
    """Return the counts of endings in the parts, of the seeds below `below` alone if given."""
    import polars as pl

    from .parts import scan

    found = Endings(arms, endings)
    for file in files:
        rows = scan([file])
        if below is not None:
            rows = rows.filter(pl.col("seed") < below)
        found.add(rows.select("ending").collect().to_series())
    return found


def is_share(unit: str, values: np.ndarray) -> bool:
    """Return whether a measure is declared a share, and is one: no finite value lies outside 0 and 1."""
    finite = values[np.isfinite(values)]
    return unit == SHARE and bool(((finite >= 0.0) & (finite <= 1.0)).all())


class Ranged(Protocol):
    """A measure with its unit and its range."""

    @property
    def unit(self) -> str:
        """Its unit."""
        ...

    @property
    def low(self) -> float | None:
        """What no value is less than; None where nothing is known."""
        ...

    @property
    def high(self) -> float | None:
        """What no value is more than."""
        ...


def hull(measures: Sequence[Ranged]) -> tuple[float | None, float | None]:
    """Return the range that holds those of one measure in several scenarios."""
    lows, highs = [one.low for one in measures], [one.high for one in measures]
    low = None if None in lows else min(end for end in lows if end is not None)
    high = None if None in highs else max(end for end in highs if end is not None)
    return low, high


def range_of(measures: Sequence[Ranged], values: np.ndarray) -> tuple[float, float]:
    """Return what no value of a measure lies outside of in some scenarios; an end that a value is beyond is none.

    Args:
        measures: the measure in each of the scenarios.
        values: what it was.
    """
    low, high = hull(measures)
    finite = values[np.isfinite(values)]
    if low is None or (finite < low).any():
        low = -math.inf
    if high is None or (finite > high).any():
        high = math.inf
    return low, high


def difference_of(
    one: np.ndarray,
    other: np.ndarray,
    confidence: float = 0.95,
    share: bool = False,
    within: tuple[float, float] = UNBOUNDED,
) -> tuple[float | None, float | None, float | None, float | None, int, float, bool]:
    """Return difference and bounds of a paired measure, p of the exact test, pairs, the share that differs, and `apart`.

    Difference and bounds are null when a value of either is not finite, p unless all values are 0 or 1.
    """
    both = np.isfinite(one) & np.isfinite(other)
    pairs = int(both.sum())
    unequal = int((one[both] != other[both]).sum())
    if pairs < len(one) or not pairs:
        return None, None, None, None, pairs, unequal / pairs if pairs else math.nan, False
    found = paired_difference(one, other, confidence, share, within)
    p = None
    if np.isin(one, (0.0, 1.0)).all() and np.isin(other, (0.0, 1.0)).all():
        p = mcnemar_counts(int((one > other).sum()), int((one < other).sum()))
    apart = tells_apart(found, unequal, p, confidence)
    return found.estimate, *_bounds(found), p, pairs, unequal / pairs, apart


def _bounds(found: Interval) -> tuple[float | None, float | None]:
    low, high = (bound if math.isfinite(bound) else None for bound in found[1:])
    return low, high


def _describe(values: np.ndarray, confidence: float, share: bool, within: tuple[float, float]) -> tuple[Any, ...]:
    """Return count, mean and bounds, deviation, least, quantiles, most, and how many have no finite value."""
    finite = values[np.isfinite(values)]
    undefined = len(values) - len(finite)
    if not len(finite):
        return (0, *[None] * (5 + len(QUANTILES) + 1), undefined)
    found = average(finite, confidence, share, within)
    unit = float(np.abs(finite).max()) or 1.0  # so that no square of a large value overflows
    deviation = unit * float((finite / unit).std(ddof=1)) if len(finite) > 1 else None
    quantiles = (np.quantile(finite / unit, QUANTILES) * unit).tolist()
    return (len(finite), found.estimate, *_bounds(found), deviation, float(finite.min()), *quantiles, float(finite.max()), undefined)  # fmt: skip


# ------------------------------------------------------------------------------------------------ words


def number(value: float | None) -> str:
    """Return a number in some five digits, for a table that a person reads."""
    if value is None or math.isnan(value):
        return "-"
    if math.isinf(value):
        return "infinite" if value > 0.0 else "-infinite"
    size = abs(value)
    if size == round(size) and size < 1e6:
        return f"{value:,.0f}"
    if size >= 1e6 or size < 1e-3:
        return f"{value:.3g}"
    return f"{value:,.{max(0, 3 - math.floor(math.log10(size)))}f}" if size < 1000 else f"{value:,.0f}"


def lines(rows: Sequence[Sequence[str]], width: int, left: int = 1) -> list[str]:
    """Return rows in aligned columns: the first `left` to the left, the others to the right; a long name is cut."""
    if not rows:
        return []
    widths = [max(by.columns(row[column]) for row in rows) for column in range(len(rows[0]))]
    room = width - 2 * len(widths) - sum(widths[left:])
    for column in range(left):
        most = max(8, (room - sum(widths[column + 1 : left])) if column == 0 else widths[column])
        widths[column] = min(widths[column], most)
    found = []
    for row in rows:
        cells = [
            by.left(by.cut(cell, size), size) if place < left else by.right(cell, size)
            for place, (cell, size) in enumerate(zip(row, widths, strict=True))
        ]
        found.append(("  " + "  ".join(cells)).rstrip())
    return found


def interval(low: float | None, high: float | None, show: Callable[[float | None], str] = number) -> str:
    """Return bounds as "[low, high]", or nothing where there are none."""
    unbounded = [bound is None or math.isnan(bound) for bound in (low, high)]
    return "" if all(unbounded) else f"[{show(low)}, {show(high)}]"


def percent(value: float | None) -> str:
    """Return a share in percent."""
    return "-" if value is None or math.isnan(value) else f"{100 * value:.1f}"


def words(summary: Summary, units: dict[str, str], width: int) -> list[str]:
    """Return the summary as lines of text."""
    many = summary.endings["arm"].n_unique() > 1
    found = ["Endings, % of worlds" + " " * 4 + "(in brackets: 95 % intervals)"]
    rows = []
    for name in summary.endings["ending"].unique(maintain_order=True).to_list():
        for row in summary.endings.filter(summary.endings["ending"] == name).iter_rows(named=True):
            bounds = interval(row["low"], row["high"], percent)
            rows.append([name, *([row["arm"]] if many else []), percent(row["share"]), bounds])
    found += lines(_once(rows), width, 2 if many else 1)
    if summary.measures.height:
        found += ["", "Measures", *_measures(summary, units, many, width)]
    if summary.differences.height:
        found += _differences(summary, units, width)
    return found


def _share(summary: Summary, units: Mapping[str, str], name: str) -> bool:
    """Return whether a measure is printed in per cent: declared a share, and never outside 0 and 1."""
    rows = summary.measures.filter(summary.measures["measure"] == name)
    least, most = (np.array(rows[column].drop_nulls().to_list(), float) for column in ("least", "most"))
    return is_share(units.get(name, ""), np.concatenate([least, most]))


def _measures(summary: Summary, units: Mapping[str, str], many: bool, width: int) -> list[str]:
    head = ["", *([""] if many else []), "mean", "", "5 %", "50 %", "95 %"]
    rows, remarks = [], []
    for name in summary.measures["measure"].unique(maintain_order=True).to_list():
        share = _share(summary, units, name)
        show = percent if share else number
        unit = " [%]" if share else f" [{units[name]}]" if units.get(name) else ""
        for row in summary.measures.filter(summary.measures["measure"] == name).iter_rows(named=True):
            bounds = interval(row["low"], row["high"], show)
            if not bounds and row["worlds"] > 1:
                bounds = "in all"
            cells = [show(row["mean"]), bounds, *(show(row[key]) for key in ("q05", "q50", "q95"))]
            rows.append([name + unit, *([row["arm"]] if many else []), *cells])
            if row["undefined"]:
                arm, whole = f" ({row['arm']})" if many else "", row["worlds"] + row["undefined"]
                remarks.append(
                    f"{name}{arm} is finite in {row['worlds']:,} of {whole:,} worlds, and its numbers are of those."
                )
    said = lines([head, *_once(rows)], width, 2 if many else 1)
    for remark in remarks:
        said += wrap(remark, width, first="  ", rest="    ")
    return said


def _differences(summary: Summary, units: Mapping[str, str], width: int) -> list[str]:
    against = summary.differences["against"][0]
    rows, left_out = [], []
    order = {name: place for place, name in enumerate(summary.differences["name"].unique(maintain_order=True))}
    for row in sorted(summary.differences.iter_rows(named=True), key=lambda row: order[row["name"]]):
        share = row["kind"] == "ending" or _share(summary, units, row["name"])
        if row["difference"] is None:
            left_out.append(row["name"])
            continue
        show = percent if share else number
        name = row["name"] + (", points of %" if share else "")
        bounds = interval(row["low"], row["high"], show) or ("in all" if row["pairs"] > 1 else "")
        rows.append([name, row["arm"], show(row["difference"]), bounds, "*" if row["apart"] else ""])
    head = f"Difference from '{against}', seed by seed (* surely not 0, by its interval and an exact test)"
    said = ["", *wrap(head, width, rest="  ")]
    said += lines(_once(rows), width, 2)
    if left_out:
        names = ", ".join(dict.fromkeys(left_out))
        words = f"Left out of the differences, because not finite in some world: {names}."
        said += wrap(words, width, first="  ", rest="    ")
    return said


def _once(rows: list[list[str]]) -> list[list[str]]:
    """Return rows in which the first cell is left empty where it repeats."""
    return [
        ["" if at and rows[at - 1][0] == row[0] else row[0], *row[1:]] if len(row) > 1 else row
        for at, row in enumerate(rows)
    ]
