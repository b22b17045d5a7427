"""What the rows of an ensemble say: how often each ending, what each measure, and what an arm changes.

Endings are counted part by part; of the measures one column at a time is in memory, so that memory hardly grows with the
number of worlds. Differences are paired: seed by seed, under common luck.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .measures import Interval, enough, mcnemar_counts, mean_interval, paired_difference, wilson

if TYPE_CHECKING:
    import polars as pl

NO_ENDING = "(no ending)"
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


class Summary(NamedTuple):
    """Three frames.

    endings: arm, ending, worlds, share, low, high (Wilson's bounds).
    measures: arm, measure, worlds, mean, low, high, deviation, least, q05, q25, q50, q75, q95, most, undefined.
    differences: arm, against, kind, name, difference, low, high, p (McNemar's, of endings), pairs, differing. Shares
    differ in shares of 1, measures in their unit; `differing` is the share of seeds in which the arms differ.
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
                found.append((self.arms[arm], self.arms[0], "ending", name, *one, p, self.seeds, differing))
        return found


def paired_share(gained: int, lost: int, pairs: int, confidence: float = 0.95) -> Interval:
    """Return `paired_difference` of truth values from the numbers of pairs in which only the one, or the other, held."""
    if pairs == 0:
        return Interval(math.nan, -1.0, 1.0)
    values = np.array([1.0, -1.0, 0.0])
    weights = np.array([gained, lost, pairs - gained - lost], float)
    mean = float(values @ weights) / pairs
    if pairs < 2:
        return Interval(mean, -1.0, 1.0)
    deviation = math.sqrt(float(weights @ (values - mean) ** 2) / (pairs - 1))
    half = NormalDist().inv_cdf(0.5 + 0.5 * confidence) * deviation / math.sqrt(pairs)
    return Interval(mean, max(mean - half, -1.0), min(mean + half, 1.0))


def summarise(
    column: Callable[[str], pl.Series],
    files: Sequence[Path],
    arms: Sequence[str],
    endings: Sequence[str],
    measures: Sequence[str],
    confidence: float = 0.95,
) -> Summary:
    """Return the summary of rows that stand seed by seed, the arms in their order.

    Args:
        column: gives a column of all rows.
        files: the parts, for what is counted part by part.
        arms: names of the arms; differences are from the first.
        endings: names of the endings.
        measures: names of columns of numbers.
        confidence: of every interval, each by itself.
    """
    import polars as pl

    counted = count_endings(files, arms, endings)
    differences = counted.differences(confidence)
    rows = []
    for measure in measures:
        values = column(measure).to_numpy().astype(float, copy=False).reshape(-1, len(arms))
        name = measure.partition(":")[2] or measure
        for number, arm in enumerate(arms):
            rows.append((arm, name, *_describe(values[:, number], confidence)))
        for number in range(1, len(arms)):
            one, other = values[:, number], values[:, 0]
            both = np.isfinite(one) & np.isfinite(other)
            found = paired_difference(one[both], other[both], confidence)
            differing = float(np.mean(one[both] != other[both])) if both.any() else math.nan
            differences.append((arms[number], arms[0], "measure", name, *found, None, int(both.sum()), differing))
    numbers = ["mean", "low", "high", "deviation", "least", *(f"q{100 * q:02.0f}" for q in QUANTILES), "most"]
    kinds: dict[str, Any] = {"arm": pl.String, "measure": pl.String, "worlds": pl.Int64}
    kinds |= dict.fromkeys(numbers, pl.Float64) | {"undefined": pl.Int64}
    apart: dict[str, Any] = dict.fromkeys(("arm", "against", "kind", "name"), pl.String)
    apart |= dict.fromkeys(("difference", "low", "high", "p"), pl.Float64) | {
        "pairs": pl.Int64,
        "differing": pl.Float64,
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

    found = Endings(arms, endings)
    for file in files:
        rows = pl.scan_parquet(file)
        if below is not None:
            rows = rows.filter(pl.col("seed") < below)
        found.add(rows.select("ending").collect().to_series())
    return found


def _describe(values: np.ndarray, confidence: float) -> tuple[Any, ...]:
    """Return count, mean and bounds, deviation, least, quantiles, most, and how many have no finite value."""
    finite = values[np.isfinite(values)]
    undefined = len(values) - len(finite)
    if not len(finite):
        return (0, *[None] * (5 + len(QUANTILES) + 1), undefined)
    mean = mean_interval(finite, confidence)
    deviation = float(finite.std(ddof=1)) if len(finite) > 1 else None
    bounds = [bound if math.isfinite(bound) else None for bound in mean]
    quantiles = np.quantile(finite, QUANTILES).tolist()
    return (len(finite), *bounds, deviation, float(finite.min()), *quantiles, float(finite.max()), undefined)


# ------------------------------------------------------------------------------------------------ words


def number(value: float | None) -> str:
    """Return a number in some five digits, for a table that a person reads."""
    if value is None or math.isnan(value):
        return "-"
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
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    room = width - 2 * len(widths) - sum(widths[left:])
    for column in range(left):
        most = max(8, (room - sum(widths[column + 1 : left])) if column == 0 else widths[column])
        widths[column] = min(widths[column], most)
    found = []
    for row in rows:
        cells = [
            (cell if len(cell) <= size else cell[: size - 1] + "…").ljust(size) if place < left else cell.rjust(size)
            for place, (cell, size) in enumerate(zip(row, widths, strict=True))
        ]
        found.append(("  " + "  ".join(cells)).rstrip())
    return found


def interval(low: float | None, high: float | None, show: Callable[[float | None], str] = number) -> str:
    """Return bounds as "[low, high]"."""
    return f"[{show(low)}, {show(high)}]"


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
        head = ["", *([""] if many else []), "mean", "", "5 %", "50 %", "95 %"]
        rows = []
        for name in summary.measures["measure"].unique(maintain_order=True).to_list():
            unit = f" [{units[name]}]" if units.get(name) else ""
            for row in summary.measures.filter(summary.measures["measure"] == name).iter_rows(named=True):
                numbers = [number(row[key]) for key in ("q05", "q50", "q95")]
                cells = [number(row["mean"]), interval(row["low"], row["high"]), *numbers]
                rows.append([name + unit, *([row["arm"]] if many else []), *cells])
        found += ["", "Measures", *lines([head, *_once(rows)], width, 2 if many else 1)]
    if summary.differences.height:
        against = summary.differences["against"][0]
        rows = []
        order = {name: place for place, name in enumerate(summary.differences["name"].unique(maintain_order=True))}
        for row in sorted(summary.differences.iter_rows(named=True), key=lambda row: order[row["name"]]):
            show = percent if row["kind"] == "ending" else number
            name = row["name"] + (", points of %" if row["kind"] == "ending" else "")
            sure = "" if row["low"] is None or row["low"] <= 0.0 <= row["high"] else "*"
            rows.append([name, row["arm"], show(row["difference"]), interval(row["low"], row["high"], show), sure])
        found += ["", f"Difference from '{against}', seed by seed (* its interval leaves out 0)"]
        found += lines(_once(rows), width, 2)
    return found


def _once(rows: list[list[str]]) -> list[list[str]]:
    """Return rows in which the first cell is left empty where it repeats."""
    return [
        ["" if at and rows[at - 1][0] == row[0] else row[0], *row[1:]] if len(row) > 1 else row
        for at, row in enumerate(rows)
    ]
