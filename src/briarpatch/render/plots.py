"""Pictures of results, drawn by Matplotlib without its global state; written as PNG, SVG or PDF, whole or not at all.

A picture is to be read without help: its axes say what they count, times are those of a clock, shares are per cent,
and what a number marks is said in words below. Colours are Okabe and Ito's, which colour-blind readers tell apart
(2008, Color Universal Design).
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..analysis.results import Panel, Picture, Series
from ..columns import columns, wrap
from ..errors import MissingExtraError, RequestError
from ..files import whole_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DRAWINGS = (".png", ".svg", ".pdf")
"""Endings of files that hold a picture."""
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
SHADES = ("#084594", "#2171B5", "#4292C6", "#6BAED6", "#9ECAE1", "#C6DBEF", "#DEEBF7", "#F1F6FB")
"""Of a stack, from its first part on (ColorBrewer's Blues)."""
GREY, MINUS = "#666666", "\N{MINUS SIGN}"
WIDTH = 8.0
"""Inches of the page."""
LINE, ROW, AXES = 0.165, 0.3, 2.3
"""Inches of a line of small text, of one bar with its gap, and of axes that have no rows."""
NOTE = 11.0
"""Points from one line of small text to the next."""
MOST_MARKS, CROWDED = 12, 4
"""Marks that are drawn, and curves beyond which the bands around them are faint."""
LABEL, LEGEND, PAGE, TITLE = 34, 26, 92, 76
"""Characters of a line of a label, of a legend, of a line across the page, and of one of the title."""
NEAR = 0.045
"""Marks that lie closer than this share of the page share a number: "2-4"."""
MINUTE, HOUR, DAY, YEAR = 60.0, 3600.0, 86400.0, 365.25 * 86400.0
STEPS = (
    *(MINUTE * n for n in (1, 2, 5, 10, 15, 30)),
    *(HOUR * n for n in (1, 2, 3, 6, 12)),
    *(DAY * n for n in (1, 2, 5, 10, 20, 50, 100)),
    *(YEAR * n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)),
)
"""What may lie between two ticks of a clock [s]."""
JOINS = (3, 11)
"""The first Matplotlib that joins letters and writes from right to left."""
FAMILIES = (
    "DejaVu Sans",
    "Noto Sans",
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Noto Sans JP",
    "IPAexGothic",
    "Hiragino Sans",
    "Yu Gothic",
    "Microsoft YaHei",
    "Malgun Gothic",
    "Noto Sans Arabic",
    "Noto Naskh Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Noto Emoji",
    "Segoe UI Emoji",
    "Segoe UI Symbol",
    "Apple Symbols",
    "Arial Unicode MS",
    "Unifont",
)
"""Fonts that are asked for letters in this order, as far as they are there."""


def draw(picture: Picture) -> Figure:
    """Return `picture` as a Matplotlib figure, which a notebook shows by itself.

    Letters for which no font is on this machine are named at the foot of the picture.
    Raises MissingExtraError when Matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine
    except ImportError:
        raise MissingExtraError("drawing", "plots") from None

    class Drawing(Figure):
        def _repr_png_(self) -> bytes:  # notebooks call it
            buffer = io.BytesIO()
            with _letters():
                self.savefig(buffer, format="png", dpi=110)
            return buffer.getvalue()

    with _letters():
        title = wrap(picture.title, TITLE)
        foot = _missing(picture)
        heights = [_height(panel) for panel in picture.panels] or [AXES]
        tall = sum(heights) + 0.24 * len(title) + 0.15 + (0.25 if foot else 0.0)
        figure = Drawing(figsize=(WIDTH, tall), layout=ConstrainedLayoutEngine(h_pad=0.08, w_pad=0.08))
        figure.suptitle(_words("\n".join(title)), fontsize=12, fontweight="bold", x=0.012, ha="left")
        axes = figure.subplots(len(heights), 1, squeeze=False, gridspec_kw={"height_ratios": heights})
        for ax, panel in zip(axes[:, 0], picture.panels, strict=False):
            _draw_panel(ax, panel)
        if foot:
            figure.supxlabel(_words(foot), fontsize=7, color=GREY, x=0.012, ha="left")
    return figure


def write(figure: Figure, path: Path) -> None:
    """Write a figure to `path`; the bytes depend on nothing but the figure."""
    kind = path.suffix.lower()
    if kind not in DRAWINGS:
        raise RequestError(f"{path}: no picture is written as '{kind}'; choose {', '.join(DRAWINGS)}")
    import matplotlib

    nameless: dict[str, Any] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(kind, {})
    with whole_file(path) as temporary, _letters(), matplotlib.rc_context({"svg.hashsalt": "briarpatch"}):
        figure.savefig(temporary, format=kind[1:], dpi=150, metadata=nameless)


# ------------------------------------------------------------------------------------------------ letters


@cache
def _families() -> tuple[str, ...]:
    """Return those of FAMILIES that are on this machine."""
    from matplotlib import font_manager

    known = {font.name for font in font_manager.fontManager.ttflist}
    return tuple(name for name in FAMILIES if name in known)


@contextmanager
def _letters() -> Iterator[None]:
    """Let every text take each letter from the first font that has it."""
    import warnings

    import matplotlib

    with matplotlib.rc_context({"font.family": list(_families())}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        yield


@cache
def _known_letters() -> frozenset[int]:
    from matplotlib import font_manager, ft2font

    found: set[int] = set()
    for family in _families():
        found |= set(ft2font.FT2Font(font_manager.findfont(family)).get_charmap())
    return frozenset(found)


def _missing(picture: Picture) -> str:
    """Return a sentence that names the letters of a picture for which there is no font; "" when there are none."""
    texts = [picture.title]
    for panel in picture.panels:
        texts += [panel.title, panel.x, panel.y, panel.note, *(mark.text for mark in panel.marks)]
        for series in panel.series:
            texts += [series.name, *(x for x in series.x if isinstance(x, str))]
    letters = sorted({letter for text in texts for letter in text if not letter.isspace() and columns(letter)})
    lost = [letter for letter in letters if ord(letter) not in _known_letters()]
    if not lost:
        import matplotlib

        joined = tuple(map(int, matplotlib.__version__.split(".")[:2])) >= JOINS
        turned = not joined and any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in letters)
        return "This Matplotlib writes from left to right alone; 3.11 and later join letters and turn them." * turned
    codes = ", ".join(f"U+{ord(letter):04X}" for letter in lost[:6]) + (", ..." if len(lost) > 6 else "")
    return f"Empty boxes stand for letters for which no font is installed here ({codes}); Noto has fonts for all."


def _words(text: str) -> str:
    """Return a text in which no dollar sign begins a formula."""
    return text.replace("$", r"\$")


def _folded(text: str, width: int) -> str:
    return _words("\n".join(wrap(text, width)))


# ------------------------------------------------------------------------------------------------ a panel


def _named(panel: Panel) -> list[Series]:
    return [series for series in panel.series if len(series.x) and isinstance(series.x[0], str)]


def _categories(panel: Panel) -> list[str]:
    return list(dict.fromkeys(str(x) for series in _named(panel) for x in series.x))


def _events(panel: Panel) -> list[Series]:
    return [series for series in panel.series if series.style == "events"]


def _notes(panel: Panel) -> int:
    """Return how many lines say what the numbers of a panel mark."""
    return sum(len(wrap(mark.text, PAGE - 4)) for mark in _marks(panel))


def _marks(panel: Panel) -> list[Any]:
    return sorted(panel.marks[:MOST_MARKS], key=lambda mark: mark.x)


def _height(panel: Panel) -> float:
    """Return the inches that a panel needs, with its words."""
    words = LINE * (_notes(panel) + len(wrap(panel.note, PAGE)) + 1) + 0.55
    if _events(panel):
        return words + ROW * len(_events(panel)) + 0.35
    if panel.flat:
        stacked = any(series.style == "stack" for series in panel.series)
        bars = 1 if stacked else max(1, len(_named(panel)))
        rows = sum(max(0.16 * bars + 0.14, LINE * len(wrap(name, LABEL))) for name in _categories(panel))
        return words + min(14.0, rows + 0.3) + (0.3 if stacked else 0.0)
    return words + AXES


def _draw_panel(ax: Any, panel: Panel) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=8)
    entries: list[tuple[Any, str]] = []
    categories, named = _categories(panel), _named(panel)
    bottoms = [0.0] * len(categories)
    stack = [series for series in panel.series if series.style == "stack"]
    for number, series in enumerate(panel.series):
        colour = COLOURS[number % len(COLOURS)]
        if series.of is not None:
            owner = [other.name for other in panel.series].index(series.of)
            _draw_numbers(ax, series, COLOURS[owner % len(COLOURS)])
        elif series.style == "stack":
            entries.append((_draw_stack(ax, series, categories, bottoms, _shade(number, len(stack))), series.name))
        elif series.style == "events":
            _draw_events(ax, series, _events(panel).index(series), colour)
        elif series in named:
            width = 0.8 / max(1, len(named))
            shift = (named.index(series) - 0.5 * (len(named) - 1)) * width
            at = [categories.index(str(x)) + shift for x in series.x]
            entries.append((_draw_named(ax, series, at, width, colour, panel.flat), series.name))
        else:
            entries.append((_draw_numbers(ax, series, colour, len(panel.series) > CROWDED), series.name))
    if categories:
        _label_categories(ax, panel, categories)
    elif _events(panel):
        rows = _events(panel)
        ax.set_yticks(range(len(rows)), [_folded(series.name, LABEL) for series in rows], fontsize=8)
        ax.set_ylim(len(rows) - 0.5, -0.5)
        ax.spines["left"].set_visible(False)
        ax.tick_params(axis="y", length=0)
    _measure(ax, panel)
    if panel.clock is not None:
        _show_clock(ax, panel.clock)
    top = _draw_marks(ax, panel)
    _title(ax, panel, top)
    if len(entries) > 1 or stack:
        _legend(ax, entries, below=bool(stack))


def _measure(ax: Any, panel: Panel) -> None:
    """Set the range and the words of the axes."""
    measured = ax.xaxis if panel.flat else ax.yaxis
    limits = ax.set_xlim if panel.flat else ax.set_ylim
    if panel.y_range is not None:
        low, high = panel.y_range
        room = 0.02 * (high - low)
        limits(low - room, high + room)
    elif all(series.style in ("bars", "stems", "stack", "histogram", "steps") for series in panel.series):
        limits(*((0.0, None) if min((y for s in panel.series for y in s.y), default=0.0) >= 0.0 else (None, None)))
    if panel.share:
        from matplotlib.ticker import FuncFormatter

        measured.set_major_formatter(FuncFormatter(lambda value, _: f"{100.0 * value:.6g} %".replace("-", MINUS)))
    elif not _events(panel):
        from matplotlib.ticker import FuncFormatter

        measured.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}".replace("-", MINUS)))
    if not _events(panel):
        ax.grid(axis="x" if panel.flat else "y", color="#E5E5E5", linewidth=0.6)
        ax.set_axisbelow(True)
    ax.set_xlabel(_words(panel.y if panel.flat else panel.x), fontsize=8)
    ax.set_ylabel(_folded(panel.x if panel.flat else panel.y, 40), fontsize=8)


def _label_categories(ax: Any, panel: Panel, categories: Sequence[str]) -> None:
    ticks = range(len(categories))
    if panel.flat:
        ax.set_yticks(ticks, [_folded(name, LABEL) for name in categories], fontsize=8)
        ax.set_ylim(len(categories) - 0.5, -0.5)
        ax.tick_params(axis="y", length=0)
    else:
        turned = max(map(columns, categories)) * len(categories) > 70
        labels = [_folded(name, LABEL) for name in categories]
        ax.set_xticks(ticks, labels, rotation=30 if turned else 0, ha="right" if turned else "center")


def _title(ax: Any, panel: Panel, top: float) -> None:
    """Write the title and how to read it above the axes, which end at `top` points above their frame."""
    note = wrap(panel.note, PAGE)
    ax.set_title(
        _words(panel.title[:1].upper() + panel.title[1:]), fontsize=10, loc="left", pad=6 + top + 11 * len(note)
    )
    if note:
        text = _words("\n".join(note))
        ax.annotate(
            text, (0, 1), (0, 4 + top), xycoords="axes fraction", textcoords="offset points", fontsize=8, color=GREY
        )


def _legend(ax: Any, entries: Sequence[tuple[Any, str]], below: bool) -> None:
    """Name every series; a name that begins with an underscore too, which Matplotlib would leave out."""
    handles = [handle for handle, _ in entries]
    where: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0)}
    if below:
        from matplotlib.transforms import ScaledTranslation

        lower = ax.transAxes + ScaledTranslation(0.0, -0.4, ax.figure.dpi_scale_trans)
        where = {"loc": "upper left", "bbox_to_anchor": (0.0, 0.0), "ncols": 6, "bbox_transform": lower}
    legend = ax.legend(handles, ["." for _ in entries], fontsize=8, frameon=False, **where)
    for text, (_, name) in zip(legend.get_texts(), entries, strict=True):
        text.set_text(_folded(name, LEGEND))


# ------------------------------------------------------------------------------------------------ what is drawn


def _draw_named(ax: Any, series: Series, at: list[float], width: float, colour: str, flat: bool) -> Any:
    whiskers = None
    if series.low is not None and series.high is not None:
        below = [max(0.0, y - low) for y, low in zip(series.y, series.low, strict=True)]
        above = [max(0.0, high - y) for y, high in zip(series.y, series.high, strict=True)]
        whiskers = [below, above]
    if series.style == "points":
        x, y = (series.y, at) if flat else (at, series.y)
        error = {"xerr" if flat else "yerr": whiskers}
        return ax.errorbar(x, y, fmt="o", markersize=5, capsize=3, elinewidth=1.2, color=colour, **error)
    draw_bars = ax.barh if flat else ax.bar
    error = {"xerr" if flat else "yerr": whiskers, "ecolor": "#333333", "capsize": 3}
    return draw_bars(at, series.y, 0.9 * width, color=colour, **error)


def _shade(number: int, count: int) -> str:
    """Return the shade of part `number` of a stack of `count`, evenly from dark to light."""
    last = len(SHADES) - 2
    return SHADES[round(number * last / max(1, count - 1))] if count > 1 else SHADES[1]


def _draw_stack(ax: Any, series: Series, categories: list[str], bottoms: list[float], colour: str) -> Any:
    rows = [categories.index(str(x)) for x in series.x]
    before = [bottoms[row] for row in rows]
    bars = ax.barh(rows, series.y, 0.7, left=before, color=colour, edgecolor="white", linewidth=0.8)
    dark = SHADES.index(colour) < 3
    for row, left, size in zip(rows, before, series.y, strict=True):
        bottoms[row] += size
        if size >= 0.045:
            words = f"{100.0 * size:.0f}"
            middle = left + 0.5 * size
            ax.text(middle, row, words, ha="center", va="center", fontsize=8, color="white" if dark else "black")
    return bars


def _draw_events(ax: Any, series: Series, row: int, colour: str) -> None:
    ax.axhline(row, color="#DDDDDD", linewidth=0.8, zorder=0)
    if len(series.x):
        ax.plot(series.x, [row] * len(series.x), "|", markersize=13, markeredgewidth=1.6, color=colour)


def _draw_numbers(ax: Any, series: Series, colour: str, crowded: bool = False) -> Any:
    step = "steps-post" if series.style == "steps" else "default"
    if series.style == "histogram":
        return ax.stairs(series.y, series.x, color=colour, fill=True, alpha=0.85, linewidth=1.0)
    if series.style == "points":
        return ax.plot(series.x, series.y, "o", markersize=6, color=colour)[0]
    if series.style in ("stems", "bars"):
        return ax.vlines(series.x, 0.0, series.y, color=colour, linewidth=2.5)
    line = ax.plot(series.x, series.y, drawstyle=step, color=colour, linewidth=1.8)[0]
    if series.low is not None and series.high is not None:
        post = "post" if series.style == "steps" else None
        ax.fill_between(
            series.x, series.low, series.high, step=post, color=colour, alpha=0.05 if crowded else 0.15, linewidth=0
        )
    return line


def _draw_marks(ax: Any, panel: Panel) -> float:
    """Draw numbered lines, and the words of each below the axes; return the points that numbers take above them."""
    marks = _marks(panel)
    if not marks:
        return 0.0
    low, high = ax.get_xlim()
    for mark in marks:
        ax.axvline(mark.x, color="#888888", linewidth=0.8, linestyle=(0, (2, 2)), zorder=0.5)
    for first, last in _clusters([(mark.x - low) / ((high - low) or 1.0) for mark in marks]):
        ax.annotate(
            f"{first + 1}" if first == last else f"{first + 1}\N{EN DASH}{last + 1}",
            (0.5 * (marks[first].x + marks[last].x), 1.0),
            (0, 3),
            xycoords=ax.get_xaxis_transform(),
            textcoords="offset points",
            ha="center",
            fontsize=8,
            fontweight="bold",
            color="#333333",
        )
    below = 24 + (12 if panel.x else 0) + (10 if panel.clock is not None else 0)
    turn = 0
    for number, mark in enumerate(marks, 1):
        lines = wrap(mark.text, PAGE - 4)
        for column, words in ((0, str(number)), (16, _words("\n".join(lines)))):
            ax.annotate(
                words,
                (0, 0),
                (column + (0 if column else 9), -below - NOTE * turn),
                xycoords="axes fraction",
                textcoords="offset points",
                fontsize=8,
                va="top",
                ha="left" if column else "right",
                linespacing=1.2,
            )
        turn += len(lines)
    return 13.0


def _clusters(places: Sequence[float]) -> list[tuple[int, int]]:
    """Return (first, last) of the marks that lie so near one another that they share a number."""
    found: list[tuple[int, int]] = []
    for number, place in enumerate(places):
        if found and place - places[number - 1] < NEAR:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


# ------------------------------------------------------------------------------------------------ the clock


def _show_clock(ax: Any, start: float) -> None:
    """Let the axis along x show days and hours, or years, of a story that begins at `start` [s] of its first day."""
    low, high = ax.get_xlim()
    low = max(0.0, low)
    step = next((step for step in STEPS if (high - low) / step <= 7.0), STEPS[-1])
    origin = -start if step < YEAR else 0.0
    first = -int(-(low - origin) // step)
    ticks = []
    while origin + first * step <= high:
        ticks.append(origin + first * step)
        first += 1
    ax.set_xlim(low - 0.01 * (high - low), high)
    labels, day = [], -1
    for tick in ticks:
        number, label = clock_label(tick, start, step, day)
        labels.append(label)
        day = number
    ax.set_xticks(ticks, labels)


def clock_label(time: float, start: float, step: float, day: int = -1) -> tuple[int, str]:
    """Return the day of story time `time` [s], and the words of a tick; `day` is that of the tick before.

    Ticks `step` [s] apart say the year, the day, or the hour, and then the day where it changes.
    """
    minutes = round((start + time) / MINUTE)
    today = minutes // 1440 + 1
    if step >= YEAR:
        return today, f"year {round(time / YEAR) + 1}"
    if step >= DAY:
        return today, f"day {today:,}"
    hour = f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"
    return today, hour if today == day else f"{hour}\nday {today:,}"
