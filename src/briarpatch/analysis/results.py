"""What a question over many worlds gives back: a table, words, plain data, a picture; in one shape for all of them.

A result says what to draw as data (`Picture`); `views/plots.py` draws it, so that nothing here needs Matplotlib.
"""

from __future__ import annotations

import html
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..errors import MissingExtraError, RequestError
from ..files import check_place, is_empty, whole_file, whole_folder
from .workbook import write_workbook

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.figure import Figure

Style = Literal["line", "steps", "points", "bars", "stems", "events", "stack", "histogram"]
TABLES = (".parquet", ".csv", ".arrow", ".jsonl", ".xlsx")
"""Endings of files that hold a table."""
DRAWINGS = (".png", ".svg", ".pdf")
"""Endings of files that hold a picture."""
LINES = 50_000
"""Lines of JSON that are written at a time."""


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

    def plot(self, path: str | Path | None = None) -> Figure:
        """Return the answer drawn by Matplotlib, and write it to `path` (.png, .svg, .pdf) if given.

        Raises MissingExtraError without Matplotlib, RequestError when `path` cannot be written.
        """
        from ..views.plots import draw, write

        figure = draw(self.picture())
        if path is not None:
            write(figure, Path(path))
        return figure

    def save(self, path: str | Path) -> Path:
        """Write the answer, whole or not at all, and return where it is.

        The ending of `path` says as what: .parquet, .csv, .arrow, .jsonl or .xlsx the table, .json the plain data, .png,
        .svg or .pdf the picture, .txt the words. A path without one of them is a folder that gets `table.parquet`,
        `result.json` and `result.txt`.
        """
        path = Path(path)
        kind = path.suffix.lower()
        if kind in TABLES:
            write_table(self.table, path)
        elif kind in DRAWINGS:
            self.plot(path)
        elif kind == ".json":
            write_text(path, self._json())
        elif kind == ".txt":
            write_text(path, self.text() + "\n")
        elif kind:
            raise RequestError(
                f"{path}: nothing is written as '{kind}'; choose {', '.join((*TABLES, '.json', '.txt'))}"
            )
        else:
            with whole_folder(path) as folder:
                write_table(self.table, folder / "table.parquet")
                write_text(folder / "result.json", self._json())
                write_text(folder / "result.txt", self.text() + "\n")
        return path

    def _json(self) -> str:
        return json.dumps(plain(self.facts()), ensure_ascii=False, indent=1, allow_nan=False) + "\n"

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.text(100))}</pre>{self.table._repr_html_()}"

    def __str__(self) -> str:
        return self.text()


def plain(value: Any) -> Any:
    """Return `value` with what JSON lacks put in other words: infinities and NaN as null, tuples as lists."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def check_target(path: Path, drawn: bool = False) -> None:
    """Raise, before anything is played, when its answer could not be saved as `path`; `drawn` wants a picture.

    Raises MissingExtraError for a picture without Matplotlib or a workbook without openpyxl, RequestError for what is
    not written, or not there.
    """
    kind = path.suffix.lower()
    if drawn and kind not in DRAWINGS:
        raise RequestError(f"{path}: no picture is written as '{kind}'; choose {', '.join(DRAWINGS)}")
    if kind not in ("", *TABLES, *DRAWINGS, ".json", ".txt"):
        raise RequestError(f"{path}: nothing is written as '{kind}'; choose {', '.join((*TABLES, '.json', '.txt'))}")
    if kind in DRAWINGS and find_spec("matplotlib") is None:
        raise MissingExtraError("drawing", "plots")
    if kind == ".xlsx" and find_spec("openpyxl") is None:
        raise MissingExtraError("writing Excel workbooks", "excel")
    if kind and path.is_dir():
        raise RequestError(f"{path} is a folder; name a file")
    if not kind and (path.is_symlink() or (path.exists() and not (path.is_dir() and is_empty(path)))):
        raise RequestError(f"{path} exists already; name another folder, or remove it")
    check_place(path, "name another")


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path`, whole or not at all; raises RequestError when it cannot be."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_table(table: pl.DataFrame | pl.LazyFrame, path: Path, kind: str = "") -> None:
    """Write a table to `path`, whole or not at all; `kind` (parquet, csv, arrow, jsonl, xlsx) or the ending says as what.

    A lazy frame is streamed, so that it may be larger than memory. Raises RequestError when it cannot be written.
    """
    kind = kind or path.suffix.lower().lstrip(".")
    lazy = table.lazy()
    writers = {
        "parquet": lambda to: lazy.sink_parquet(to, compression="zstd"),
        "csv": lambda to: _without_lists(lazy).sink_csv(to),
        "arrow": lambda to: lazy.sink_ipc(to, compression="zstd"),
        "jsonl": lambda to: _write_lines(lazy, to),
        "xlsx": lambda to: write_workbook(lazy, to),
    }
    if kind not in writers:
        raise RequestError(f"{path}: no table is written as '{kind}'; choose {', '.join(writers)}")
    with whole_file(path) as temporary:
        writers[kind](temporary)


def _without_lists(table: pl.LazyFrame) -> pl.LazyFrame:
    """Return a table in which CSV, which has no lists, holds them as words."""
    import polars as pl

    lists = [name for name, type_ in table.collect_schema().items() if isinstance(type_, pl.List)]
    return table.with_columns(pl.col(name).cast(pl.List(pl.String)).list.join(" ") for name in lists)


def _write_lines(table: pl.LazyFrame, path: Path) -> None:
    """Write a table as lines of JSON; a number that is not finite as the text "inf", "-inf" or "NaN", null for nothing."""
    import polars as pl

    floats = pl.selectors.float()
    strange = table.select((floats.is_not_null() & ~floats.is_finite()).any()).collect()
    if not any(strange.row(0)):
        table.sink_ndjson(path)
        return
    with path.open("w", encoding="utf-8", newline="\n") as file:
        start = 0
        while True:
            rows = table.slice(start, LINES).collect()
            for row in rows.iter_rows(named=True):
                file.write(json.dumps({key: _in_json(value) for key, value in row.items()}, ensure_ascii=False) + "\n")
            if rows.height < LINES:
                return
            start += LINES


def _in_json(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "inf" if value > 0.0 else "-inf"
    return value
