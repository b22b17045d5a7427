"""Pictures of results, drawn by Matplotlib without its global state; written as PNG, SVG or PDF, whole or not at all.

Colours are Okabe and Ito's, which colour-blind readers tell apart (2008, Color Universal Design).
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..analysis.results import DRAWINGS, Panel, Picture, Series
from ..errors import MissingExtraError, RequestError
from ..files import whole_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
WIDTH, HEIGHT = 8.0, 3.2
"""Inches of the page and of one panel."""
MOST_MARKS = 24


def draw(picture: Picture) -> Figure:
    """Return `picture` as a Matplotlib figure, which a notebook shows by itself.

    Raises MissingExtraError when Matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("drawing", "plots") from None

    class Drawing(Figure):
        def _repr_png_(self) -> bytes:
            buffer = io.BytesIO()
            self.savefig(buffer, format="png", dpi=110)
            return buffer.getvalue()

    heights = [_height(panel) for panel in picture.panels] or [HEIGHT]
    figure = Drawing(figsize=(WIDTH, sum(heights) + 0.4), layout="constrained")
    figure.suptitle(_words(picture.title), fontsize=11)
    axes = figure.subplots(len(heights), 1, squeeze=False, gridspec_kw={"height_ratios": heights})
    for ax, panel in zip(axes[:, 0], picture.panels, strict=False):
        _draw_panel(ax, panel)
    return figure


def write(figure: Figure, path: Path) -> None:
    """Write a figure to `path`; the bytes depend on nothing but the figure."""
    kind = path.suffix.lower()
    if kind not in DRAWINGS:
        raise RequestError(f"{path}: no picture is written as '{kind}'; choose {', '.join(DRAWINGS)}")
    import matplotlib

    nameless: dict[str, Any] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(kind, {})
    with whole_file(path) as temporary, matplotlib.rc_context({"svg.hashsalt": "briarpatch"}):
        figure.savefig(temporary, format=kind[1:], dpi=150, metadata=nameless)


def _height(panel: Panel) -> float:
    if not panel.flat:
        return HEIGHT
    rows = max((len(series.x) for series in panel.series), default=1) * max(1, len(panel.series))
    return min(12.0, 1.0 + 0.22 * rows)


def _words(text: str) -> str:
    """Return a text in which no dollar sign begins a formula."""
    return text.replace("$", r"\$")


def _draw_panel(ax: Any, panel: Panel) -> None:
    named = [series for series in panel.series if series.x and isinstance(series.x[0], str)]
    categories = list(dict.fromkeys(str(x) for series in named for x in series.x))
    for number, series in enumerate(panel.series):
        colour = COLOURS[number % len(COLOURS)]
        if series.x and isinstance(series.x[0], str):
            width = 0.8 / max(1, len(named))
            shift = (named.index(series) - 0.5 * (len(named) - 1)) * width
            at = [categories.index(str(x)) + shift for x in series.x]
            _draw_named(ax, series, at, width, colour, panel.flat)
        else:
            _draw_numbers(ax, series, colour)
    if categories:
        ticks = range(len(categories))
        labels = [_words(name) for name in categories]
        if panel.flat:
            ax.set_yticks(ticks, labels)
            ax.invert_yaxis()
        else:
            turned = max(map(len, categories)) * len(categories) > 70
            ax.set_xticks(ticks, labels, rotation=30 if turned else 0, ha="right" if turned else "center")
    for mark in panel.marks[:MOST_MARKS]:
        ax.axvline(mark.x, color="#999999", linewidth=0.6, linestyle=":")
        ax.text(mark.x, 1.0, _words(mark.text), transform=ax.get_xaxis_transform(), fontsize=6, rotation=90, va="top")
    if panel.y_range is not None:
        (ax.set_xlim if panel.flat else ax.set_ylim)(*panel.y_range)
    ax.set_title(_words(panel.title), fontsize=9, loc="left")
    ax.set_xlabel(_words(panel.y if panel.flat else panel.x), fontsize=8)
    ax.set_ylabel(_words(panel.x if panel.flat else panel.y), fontsize=8)
    ax.tick_params(labelsize=7)
    ax.spines[["top", "right"]].set_visible(False)
    if len(panel.series) > 1:
        ax.legend(fontsize=7, frameon=False)


def _draw_named(ax: Any, series: Series, at: list[float], width: float, colour: str, flat: bool) -> None:
    whiskers = None
    if series.low is not None and series.high is not None:
        below = [max(0.0, y - low) for y, low in zip(series.y, series.low, strict=True)]
        above = [max(0.0, high - y) for y, high in zip(series.y, series.high, strict=True)]
        whiskers = [below, above]
    if series.style == "points":
        x, y = (series.y, at) if flat else (at, series.y)
        error = {"xerr" if flat else "yerr": whiskers}
        ax.errorbar(x, y, fmt="o", markersize=4, capsize=2, color=colour, label=_words(series.name), **error)
    elif flat:
        ax.barh(at, series.y, width, xerr=whiskers, capsize=2, color=colour, label=_words(series.name))
    else:
        ax.bar(at, series.y, width, yerr=whiskers, capsize=2, color=colour, label=_words(series.name))


def _draw_numbers(ax: Any, series: Series, colour: str) -> None:
    label = _words(series.name)
    if series.style == "histogram":
        ax.stairs(series.y, series.x, color=colour, fill=False, linewidth=1.4, label=label)
        return
    if series.style == "points":
        ax.plot(series.x, series.y, "o", markersize=3, color=colour, label=label)
    elif series.style == "bars":
        ax.bar(series.x, series.y, color=colour, label=label)
    else:
        step = "steps-post" if series.style == "steps" else "default"
        ax.plot(series.x, series.y, drawstyle=step, color=colour, linewidth=1.4, label=label)
    if series.low is not None and series.high is not None:
        step = "post" if series.style == "steps" else None
        ax.fill_between(series.x, series.low, series.high, step=step, color=colour, alpha=0.2, linewidth=0)
