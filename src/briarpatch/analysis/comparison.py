"""Two ensembles side by side, paired where they played the same seeds; or two runs, entry by entry."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..columns import wrap
from ..errors import RequestError
from ..telling import plain as plain_text
from .differences import Difference, differences
from .drawing import parted
from .ensemble import Ensemble
from .measures import mcnemar_counts, newcombe, paired_share, tells_apart, unpaired_difference
from .results import Panel, Picture, Result, Series
from .summary import NO_ENDING, difference_of, interval, is_share, lines, number, percent, range_of

if TYPE_CHECKING:
    import polars as pl

    from ..run import Run

LEAST_PAIRS = 30
"""Seeds that two ensembles must share to be compared seed by seed, unless they share them all."""


@dataclass(eq=False)
class Comparison(Result):
    """What `second` has more than `first`."""

    first: Ensemble
    second: Ensemble

    def __post_init__(self) -> None:
        """Raise RequestError for ensembles of different scenarios."""
        one, two = self.first.folder.manifest, self.second.folder.manifest
        _check_same(one.scenario, one.digest, two.scenario, two.digest)

    @cached_property
    def pairs_of_arms(self) -> list[tuple[int, int]]:
        """Which arms are compared: those of one name, or the only ones."""
        one, two = self.first.arms, self.second.arms
        found = [(one.index(name), two.index(name)) for name in one if name in two]
        if found:
            return found
        if len(one) == len(two) == 1:
            return [(0, 0)]
        raise RequestError(
            f"no arm of {self.first.path} ({', '.join(one)}) has the name of one of {self.second.path} ({', '.join(two)})"
        )

    @cached_property
    def shared(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The places of the shared seeds among the seeds of either ensemble; None when there are too few."""
        one, two = (np.unique(found.column("seed").to_numpy()) for found in (self.first, self.second))
        _, left, right = np.intersect1d(one, two, assume_unique=True, return_indices=True)
        enough = len(left) >= LEAST_PAIRS or 2 <= len(left) == len(one) == len(two)
        return (left, right) if enough else None

    @cached_property
    def table(self) -> pl.DataFrame:
        """A row for each arm and ending or measure.

        Columns: arm, kind, name, share (whether it is printed in per cent), first, second (share or mean, over all worlds of
        each), difference (second - first), low, high (95 %), p (McNemar's, where seed by seed there are only two values),
        pairs (null when not paired), apart (whether the difference is surely not 0), undefined (worlds of either in which a
        measure is not finite). A measure that is not finite in some world has neither means nor a difference. Seed by seed,
        the difference is that of the shared seeds, as the means are where all seeds are shared.
        """
        import polars as pl

        if not self.first.seeds or not self.second.seeds:
            raise RequestError("an ensemble without rows cannot be compared")
        rows = [row for left, right in self.pairs_of_arms for row in self._rows(left, right)]
        kinds: dict[str, Any] = dict.fromkeys(("arm", "kind", "name"), pl.String) | {"share": pl.Boolean}
        kinds |= dict.fromkeys(("first", "second", "difference", "low", "high", "p"), pl.Float64)
        return pl.DataFrame(rows, kinds | {"pairs": pl.Int64, "apart": pl.Boolean, "undefined": pl.Int64}, orient="row")

    def _rows(self, left: int, right: int) -> list[tuple[Any, ...]]:
        one, two = self.first.folder.manifest, self.second.folder.manifest
        names = self.first.arms[left], self.second.arms[right]
        arm = names[0] if names[0] == names[1] else f"{names[0]} / {names[1]}"
        ended = [
            found.column("ending").fill_null(NO_ENDING).to_numpy().reshape(-1, len(found.arms))[:, place]
            for found, place in ((self.first, left), (self.second, right))
        ]
        found: list[tuple[Any, ...]] = []
        for name in dict.fromkeys((*one.endings, *two.endings, NO_ENDING)):
            a, b = (column == name for column in ended)
            if name == NO_ENDING and not (a.any() or b.any()):
                continue
            means = float(a.mean()), float(b.mean())
            if self.shared is not None:
                a, b = a[self.shared[0]], b[self.shared[1]]
                gained, lost = int((b & ~a).sum()), int((a & ~b).sum())
                apart, p = paired_share(gained, lost, len(a)), mcnemar_counts(gained, lost)
                rest = p, len(a), tells_apart(apart, gained + lost, p), 0
            else:
                apart = newcombe(int(b.sum()), len(b), int(a.sum()), len(a))
                rest = None, None, apart.low > 0.0 or apart.high < 0.0, 0
            found.append((arm, "ending", name, True, *means, *apart, *rest))
        for name in one.measures:
            if name not in two.measures:
                continue
            a, b = (
                found.column(f"measure:{name}").to_numpy().reshape(-1, len(found.arms))[:, place]
                for found, place in ((self.first, left), (self.second, right))
            )
            unit = one.measures[name].unit
            share = unit == two.measures[name].unit and is_share(unit, np.concatenate([a, b]))
            within = range_of([one.measures[name], two.measures[name]], np.concatenate([a, b]))
            found.append((arm, "measure", name, share, *self._measure(a, b, share, within)))
        return found

    def _measure(self, a: np.ndarray, b: np.ndarray, share: bool, within: tuple[float, float]) -> tuple[Any, ...]:
        undefined = int((~np.isfinite(a)).sum() + (~np.isfinite(b)).sum())
        if undefined:
            return (None,) * 7 + (False, undefined)
        means = _mean(a), _mean(b)
        if self.shared is not None:
            a, b = a[self.shared[0]], b[self.shared[1]]
            *apart, p, pairs, _, sure = difference_of(b, a, share=share, within=within)
            return (*means, *apart, p, pairs, sure, 0)
        apart = unpaired_difference(b, a, share=share, within=within)
        bounds = (bound if math.isfinite(bound) else None for bound in apart[1:])
        return (*means, apart.estimate, *bounds, None, None, apart.low > 0.0 or apart.high < 0.0, 0)

    def text(self, width: int = 80) -> str:
        """Return the comparison in words."""
        table, one, two = self.table, self.first, self.second
        found = [f"first:  {one.path}, {one.seeds:,} seeds", f"second: {two.path}, {two.seeds:,} seeds"]
        if one.folder.manifest.digest != two.folder.manifest.digest:
            found.append("their scenarios differ")
        how = (
            f"seed by seed over {len(self.shared[0]):,} shared seeds" if self.shared else "not paired: few shared seeds"
        )
        found.append(f"difference is second - first, {how}")
        if self.shared and len(self.shared[0]) < max(one.seeds, two.seeds):
            found.append("first and second are of all seeds of each, the difference of the shared ones")
        for arm in table["arm"].unique(maintain_order=True).to_list():
            if table["arm"].n_unique() > 1 or one.arms != two.arms:
                found += ["", arm]
            rows = [["", "first", "second", "difference", "95 % interval", ""]]
            left_out = []
            for row in table.filter(table["arm"] == arm).iter_rows(named=True):
                if row["undefined"]:
                    left_out.append(row["name"])
                    continue
                show = percent if row["share"] else number
                name = row["name"] + (" [%]" if row["share"] else "")
                cells = [show(row[key]) for key in ("first", "second", "difference")]
                bounds = interval(row["low"], row["high"], show) or "in all"
                rows.append([name, *cells, bounds, "*" if row["apart"] else ""])
            found += ["", *lines(rows, width)]
            if left_out:
                words = f"Left out, because not finite in some world: {', '.join(left_out)}."
                found += wrap(words, width, first="  ", rest="    ")
        return "\n".join(
            [*found, "", "* surely not 0" + (", by its interval and an exact test" if self.shared else "")]
        )

    def facts(self) -> dict[str, Any]:
        """Return the comparison as plain data."""
        return {
            "first": str(self.first.path),
            "second": str(self.second.path),
            "paired": self.shared is not None,
            "differences": self.table.to_dicts(),
        }

    def picture(self) -> Picture:
        """Return the differences of the endings, arm by arm."""
        rows = self.table.filter(self.table["kind"] == "ending")
        series = []
        for arm in rows["arm"].unique(maintain_order=True).to_list():
            one = rows.filter(rows["arm"] == arm)
            names, *columns = [one[name].to_list() for name in ("name", "difference", "low", "high")]
            series.append(Series(arm, [name.replace("_", " ") for name in names], *columns, style="points"))
        note = (
            "To the right of nought: more often in the second. The lines are 95 % intervals; one that holds nought "
            "may be chance."
        )
        panel = Panel(
            "How it ended", "", "difference of the shares of worlds", series, flat=True, share=True, note=note
        )
        return Picture("What the second ensemble has more than the first", [panel])


def _mean(values: np.ndarray) -> float:
    unit = float(np.abs(values).max(initial=0.0)) or 1.0  # so that no sum of large values overflows
    return unit * float((values / unit).mean()) if len(values) else math.nan


def _check_same(name: str, digest: str, other: str, other_digest: str) -> None:
    """Raise RequestError unless two scenarios have one name or the same files: two versions of one may be compared."""
    if name != other and digest != other_digest:
        raise RequestError(f"'{name}' and '{other}' are different scenarios; only runs of one scenario can be compared")


# ------------------------------------------------------------------------------------------------ two runs


_WHERE = {"only before": "first", "only after": "second", "moved": "moved"}
"""How a comparison of two runs calls the sides of a difference."""


@dataclass(eq=False)
class RunComparison(Result):
    """What differs between two runs: endings, measures, and what happened."""

    first: Run
    second: Run

    def __post_init__(self) -> None:
        """Raise RequestError for runs of different scenarios."""
        one, two = self.first.scenario, self.second.scenario
        _check_same(one.name, one.digest, two.name, two.digest)

    @cached_property
    def differences(self) -> list[Difference]:
        """What happened in one and not, or not then, in the other."""
        return differences(self.first.log, self.second.log)

    @property
    def table(self) -> pl.DataFrame:
        """A row for each difference: where ("first", "second", "moved"), time [s] in each, text."""
        import polars as pl

        rows = [
            (_WHERE[pair.side], pair.before and pair.before.time, pair.after and pair.after.time, pair.entry.text)
            for pair in self.differences
        ]
        kinds = {"where": pl.String, "first": pl.Float64, "second": pl.Float64, "text": pl.String}
        return pl.DataFrame(rows, kinds, orient="row")

    @property
    def measures(self) -> list[tuple[str, float, float]]:
        """Name and value in each of the measures that both have."""
        one, two = self.first.measures, self.second.measures
        return [(name, one[name], two[name]) for name in one if name in two]

    def text(self, width: int = 80) -> str:
        """Return the differences in words, as lines that begin with - (first alone), + (second alone) or ~ (moved)."""
        found = []
        for word, run in (("first: ", self.first), ("second:", self.second)):
            found.append(f"{word} {run.scenario.title}, seed {run.seed}, {run.ending or run.status}")
        if self.first.scenario.digest != self.second.scenario.digest:
            found.append("their scenarios differ")
        if not self.differences:
            found.append("What they tell is the same.")
        rows = [[name, number(one), number(two)] for name, one, two in self.measures if one != two]
        if rows:
            found += ["", *lines([["", "first", "second"], *rows], width)]
        if self.differences:
            found += ["", "- the first alone, + the second alone, ~ at another time", ""]
        for pair in self.differences:
            mark = {"only before": "-", "only after": "+", "moved": "~"}[pair.side]
            later = f" (there {pair.after.clock})" if pair.before and pair.after else ""
            told = f"{mark} {pair.entry.clock}  {plain_text(pair.entry.text)}{later}"
            found += wrap(told, width, rest=" " * 4)
        return "\n".join(found)

    def facts(self) -> dict[str, Any]:
        """Return the differences as plain data."""
        return {
            "endings": [self.first.ending, self.second.ending],
            "measures": {name: [one, two] for name, one, two in self.measures},
            "differences": self.table.to_dicts(),
        }

    def picture(self) -> Picture:
        """Return how the differences add up over the time of the story."""
        start = self.first.scenario.start_hour
        title = f"{self.first.scenario.title}, seeds {self.first.seed} and {self.second.seed}"
        return Picture(title, [parted(self.differences, start, ("the first run", "the second run"))])
