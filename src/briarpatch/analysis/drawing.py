"""Panels that several answers share: how a measure spreads over worlds, and what happened when.

A mean hides that half of the worlds lose nobody and half lose all. So a measure is drawn by how many worlds came to how
much; one that only says yes or no, as a share.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ..columns import cut
from .results import Mark, Panel, Series

if TYPE_CHECKING:
    from ..chronicle import Entry

FEW = 6
"""Values that are so few are shown one by one."""
ATOM = 0.05
"""A least or greatest value that so large a share of the worlds comes to is shown by itself."""
BINS = 20
"""The most bars of a histogram."""
NAMED = 10
"""The most moments of a panel that are told in words."""


def yes_or_no(values: np.ndarray) -> bool:
    """Return True when every world came to 0 or to 1."""
    return values.size > 0 and bool(np.isin(values, (0.0, 1.0)).all())


def spread(title: str, unit: str, names: Sequence[str], columns: Sequence[np.ndarray]) -> Panel | None:
    """Return how worlds spread over the values of a measure, for each arm; None without a finite value.

    Args:
        title: the measure, in words.
        unit: what it is counted in; "" for a plain number.
        names: of the arms.
        columns: the value of each world, arm by arm.
    """
    values = np.concatenate([np.asarray(column, float) for column in columns])
    finite = values[np.isfinite(values)]
    if not finite.size:
        return None
    title = f"{title} [{unit}]" if unit else title
    if len(names) == 1 and len(np.unique(finite)) > FEW:
        edges = _edges(finite, BINS)
        heights = np.histogram(finite, edges)[0] / len(values)
        bars = Series(names[0], edges.tolist(), heights.tolist(), style="histogram")
        note = f"The height of each bar says how many of the worlds came to so much; on average {_say(finite.mean())}."
        return Panel(title, unit, "share of the worlds", [bars], share=True, note=note)
    classes = _classes(finite)
    series = []
    labels = [_labelled(name, np.asarray(column, float)) for name, column in zip(names, columns, strict=True)]
    for label, low, high in classes:
        shares = [float(np.mean((column >= low) & (column <= high))) for column in columns]
        series.append(Series(label, labels, shares, style="stack"))
    if finite.size < values.size:
        shares = [float(np.mean(~np.isfinite(column))) for column in columns]
        series.append(Series("never, or no number", labels, shares, style="stack"))
    note = "Each bar is all worlds, by how much they came to; the numbers in it are per cent of the worlds."
    return Panel(title, "", "share of the worlds", series, y_range=(0.0, 1.0), flat=True, share=True, note=note)


def _labelled(name: str, column: np.ndarray) -> str:
    finite = column[np.isfinite(column)]
    return f"{name} (mean {_say(finite.mean())})" if finite.size else name


def _say(value: float) -> str:
    return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def _classes(finite: np.ndarray) -> list[tuple[str, float, float]]:
    """Return (words, least, greatest) of classes that hold every value, in rising order."""
    known, counts = np.unique(finite, return_counts=True)
    if len(known) <= FEW:
        return [(f"{value:,.6g}", float(value), float(value)) for value in known]
    whole = bool((known == np.round(known)).all())
    low, high = float(known[0]), float(known[-1])
    first = [(f"{low:,.6g}", low, low)] if counts[0] >= ATOM * finite.size else []
    last = [(f"{high:,.6g}", high, high)] if counts[-1] >= ATOM * finite.size else []
    inner = known[len(first) : len(known) - len(last)]
    edges = _edges(inner, FEW - len(first) - len(last)) if inner.size else np.array([])
    middle = []
    for k, (begin, end) in enumerate(pairwise(edges)):
        final = k == len(edges) - 2
        top = end if final else float(np.nextafter(end, -math.inf))
        inside = inner[(inner >= begin) & (inner <= top)]
        if inside.size:
            least, most = (float(inside[0]), float(inside[-1])) if whole else (float(begin), float(end))
            words = f"{least:,.6g}" if least == most else f"{least:,.6g} to {most:,.6g}"
            middle.append((words, float(inside[0]), float(inside[-1])))
    return [*first, *middle, *last]


def _edges(values: np.ndarray, most: int) -> np.ndarray:
    """Return round edges of at most `most` bins of one width that hold every value."""
    low, high = float(values.min()), float(values.max())
    whole = bool((values == np.round(values)).all())
    if low == high:
        return np.array([low, low + (1.0 if whole else abs(low) or 1.0)])
    rough = (high - low) / max(1, most - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(one * power for one in (1.0, 2.0, 2.5, 5.0, 10.0) if one * power >= rough * (1.0 - 1e-9))
    step = max(1.0, round(step)) if whole else step
    first = math.floor(low / step + 1e-9)
    last = max(math.ceil(high / step - 1e-9), first + 1)
    last += int(whole and last * step == high)
    edges = step * np.arange(first, last + 1, dtype=float)
    edges[0], edges[-1] = min(edges[0], low), max(edges[-1], high)  # by which rounding may have missed them
    return edges


def events(
    title: str, rows: Iterable[tuple[str, Sequence[Entry]]], start: float, note: str, named: Sequence[Entry] = ()
) -> Panel:
    """Return moments of the story along its clock, one row a name; those `named` are told in words below."""
    series = [Series(name, [entry.time for entry in entries], [], style="events") for name, entries in rows]
    marks = [Mark(entry.time, cut(f"{entry.clock}: {entry.text}", 88)) for entry in named[:NAMED]]
    return Panel(title, "", "", series, marks, clock=start, note=note)


def parted(differences: Sequence[Any], start: float, names: tuple[str, str]) -> Panel:
    """Return when what happened in one of two courses did not happen, or not then, in the other."""
    sides = [[found for one in differences if (found := getattr(one, side))] for side in ("before", "after")]
    weighty = sorted((e for found in sides for e in found), key=lambda entry: (-entry.weight, entry.time))
    of = {id(entry): name for name, found in zip(names, sides, strict=True) for entry in found}
    of_names = [entry for entry in weighty if entry.weight and " #" not in (entry.subject or "")]
    chosen = sorted(of_names[:NAMED], key=lambda entry: entry.time)
    marks = [Mark(e.time, cut(f"{e.clock}, {of[id(e)]}: {e.text}", 88)) for e in chosen]
    series = [
        Series(name, [entry.time for entry in found], [], style="events")
        for name, found in zip(names, sides, strict=True)
    ]
    note = "Each stroke is something that did not happen in the other course, or not at the same time."
    return Panel("Where the two courses differ", "", "", series, marks, clock=start, note=note)
