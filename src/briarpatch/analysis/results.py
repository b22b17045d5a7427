"""What a question over many worlds gives back: a table, words, plain data, a picture; in one shape for all of them.

A result says what to draw as data (`Picture`), and knows nothing that draws, saves or prints it: `render` does, by the
methods that `attached` gives it.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.figure import Figure

Style = Literal["line", "steps", "points", "bars", "stems", "events", "stack", "histogram"]


@dataclass(frozen=True)
class Series:
    """Some points of one kind: numbers `y` over `x` (numbers, or names of categories), with bounds if given."""

    name: str
    x: Sequence[float] | Sequence[str]
    y: Sequence[float]
    low: Sequence[float] | None = None
    high: Sequence[float] | None = None
    style: Style = "line"
    """"line" and "steps" show the bounds as a band, "points" and "bars" as whiskers; "stems" are lines from nought;
    "events" are moments along a row of their own, and need no `y`; bars of a "stack" stand one upon another; a
    "histogram" has one edge more in `x` than heights in `y`."""
    of: str | None = None
    """Another series of the panel, whose colour it takes; it is then not named by itself."""


@dataclass(frozen=True)
class Mark:
    """A moment or a place along x that has a number; the words stand below the panel."""

    x: float
    text: str


@dataclass(frozen=True)
class Panel:
    """One pair of axes. `x` and `y` name what is counted along each; an axis of categories needs no name."""

    title: str
    x: str
    y: str
    series: Sequence[Series]
    marks: Sequence[Mark] = ()
    y_range: tuple[float, float] | None = None
    flat: bool = False
    """True lays bars and points along the page, with the categories on the left; `y` is still what is measured."""
    clock: float | None = None
    """The time of day [s] at which the story begins; `x` is then story time [s], and its axis shows the clock."""
    share: bool = False
    """True shows what is measured in per cent."""
    note: str = ""
    """How to read it, in a sentence or two, below the title."""


@dataclass(frozen=True)
class Picture:
    """What to draw: panels below one another."""

    title: str
    panels: Sequence[Panel]


class Result(ABC):
    """The answer to a question over many worlds."""

    save: Callable[[str | Path], Path]
    """Write the answer, as the ending of the path says (`attached.save_answer`)."""
    plot: Callable[..., Figure]
    """Return the answer drawn by Matplotlib, and write it to a path if given (`attached.plot_answer`)."""

    @property
    @abstractmethod
    def table(self) -> pl.DataFrame:
        """The answer as a Polars frame."""

    @abstractmethod
    def text(self, width: int = 80) -> str:
        """Return the answer in words, for a terminal of `width` columns."""

    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """Return the answer as plain data, such as JSON holds."""

    @abstractmethod
    def picture(self) -> Picture:
        """Return what there is to draw."""

    @property
    def kept(self) -> Path | None:
        """The folder in which all of the answer is kept, for one that is kept as a whole."""
        return None

    def rows(self) -> pl.LazyFrame:
        """Return the table, read bit by bit where it may be larger than memory."""
        return self.table.lazy()

    def _keep(self, saved: Path, name: str) -> None:
        """Keep the answer beside a saved run under `name`; raises as `derived.keep`."""
        from .. import derived  # which loads NumPy, and a command's help is to load nothing heavy

        derived.keep(saved, name, plain(self.facts()))

    def __str__(self) -> str:
        return self.text()


def plain(value: Any) -> Any:
    """Return `value` with what JSON lacks put in other words: infinities and NaN as null, tuples as lists."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if type(value).__module__ == "numpy" and hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
