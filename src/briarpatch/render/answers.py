"""Answers as files, pictures and pages of a notebook."""

from __future__ import annotations

import html
import json
import math
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..analysis.results import Result, plain
from ..analysis.story import Story
from ..errors import MissingExtraError, RequestError
from ..files import check_place, is_empty, whole_file, whole_folder
from .event_log import write_event_log
from .plots import DRAWINGS, draw, write
from .workbook import write_workbook

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.figure import Figure

    from ..run import Run

TABLES = (".parquet", ".csv", ".arrow", ".jsonl", ".xlsx")
"""Endings of files that hold a table."""
LINES = 50_000
"""Lines of JSON that are written at a time."""
MOST_LINES = 60
"""Lines of a telling that a notebook shows."""


def plot(result: Result, path: str | Path | None = None) -> Figure:
    """Return a result drawn by Matplotlib; write it to `path` if given."""
    figure = draw(result.picture())
    if path is not None:
        write(figure, Path(path))
    return figure


def save(result: Result, path: str | Path) -> Path:
    """Write a result as the ending of `path` says, whole or not at all, and return where it is."""
    path = Path(path)
    kind = path.suffix.lower()
    if kind in TABLES:
        write_table(result.rows(), path)
    elif kind in DRAWINGS:
        plot(result, path)
    elif kind == ".json":
        write_text(path, _json(result))
    elif kind == ".txt":
        write_text(path, result.text() + "\n")
    elif kind == ".xes" and isinstance(result, Story):
        write_event_log(result.traces(), path)
    elif kind:
        raise RequestError(f"{path}: nothing is written as '{kind}'; choose {', '.join((*TABLES, '.json', '.txt'))}")
    elif result.kept is not None:
        _copy(result.kept, path)
    else:
        with whole_folder(path) as folder:
            write_table(result.table, folder / "table.parquet")
            write_text(folder / "result.json", _json(result))
            write_text(folder / "result.txt", result.text() + "\n")
    return path


def _copy(kept: Path, path: Path) -> None:
    if path.exists():
        raise RequestError(f"{path} exists already; name another folder, or remove it")
    with whole_folder(path) as temporary:
        shutil.copytree(kept, temporary, dirs_exist_ok=True)


def _json(result: Result) -> str:
    return json.dumps(plain(result.facts()), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def html_of(result: Result) -> str:
    """Return a result as HTML: its words and its table."""
    return f"<pre>{html.escape(result.text(100))}</pre>{result.table._repr_html_()}"


def run_html(run: Run) -> str:
    """Return a run as HTML: how it ended, its telling, its measures."""
    lines = run.tell(100).splitlines()
    cut = [*lines[:MOST_LINES], f"... {len(lines) - MOST_LINES} more lines"] if len(lines) > MOST_LINES else lines
    ending = next((one.told for one in run.scenario.endings if one.name == run.ending), run.status)
    rows = "".join(
        f"<tr><td style='text-align:left'>{html.escape(one.told)}</td>"
        f"<td>{run.measures[one.name]:,.6g} {html.escape(one.unit)}</td></tr>"
        for one in run.scenario.measures
    )
    head = f"<b>{html.escape(run.scenario.title)}</b>, seed {run.seed}: {html.escape(ending)}"
    return f"{head}<pre>{html.escape(chr(10).join(cut))}</pre><table>{rows}</table>"


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
