"""Series and what they are held against: when a number is read, and what was observed at those times.

Data come as rows in the scenario, or from a CSV file beside it (RFC 4180), which is read as times and numbers and never
as anything else. An empty cell is a missing number, which is skipped; a time that stands twice, or goes back, is a fault.
"""

from __future__ import annotations

import csv
import io
import math
from bisect import bisect_left
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from ..errors import did_you_mean
from ..units import UnitError, quantity
from .calendar import CalendarError, Start, first_beat, instant, is_date
from .load import Source
from .scenario import ObservedInfo, SeriesInfo
from .schema import LIMITS, Data, Document
from .schema import Series as Declared

MOST_READINGS = 100_000
"""Readings of one series."""
MOST_ROWS = 200_000
"""Rows of one file of data."""
SAME = 1e-6
"""Times that differ by no more than this are one [s]."""

Fault = Callable[..., None]
Path = tuple[str | int, ...]


def series(document: Document, codes: Mapping[str, int], start: Start, fault: Fault) -> list[SeriesInfo]:
    """Return the series of a scenario, each with the times at which it is read.

    Args:
        document: the validated scenario.
        codes: where the bytecode of each starts.
        start: when the story begins.
        fault: called with a path and a message for each that is at fault.
    """
    until = document.scenario.until
    found = []
    for name, declared in document.series.items():
        times = _times(declared, until, start, ("series", name), fault)
        if times:
            found.append(SeriesInfo(name, declared.told, declared.unit, times, codes[name]))
    return found


def _times(declared: Declared, until: float, start: Start, path: Path, fault: Fault) -> tuple[float, ...]:
    if (declared.every is None) == (not declared.at):
        fault(path, "wants either 'every' or 'at', which say when it is read")
        return ()
    if declared.at:
        if declared.since is not None:
            fault((*path, "from"), "goes with 'every', not with 'at'; leave it out")
        if any(later <= sooner for sooner, later in zip(declared.at, declared.at[1:], strict=False)):
            fault((*path, "at"), "the times must rise; put them in order, each once")
            return ()
        wrong = next((k for k, time in enumerate(declared.at) if not 0.0 <= time <= until), None)
        if wrong is not None:
            fault((*path, "at", wrong), "lies outside the story, which goes from 0 s to its 'until'")
            return ()
        return tuple(declared.at)
    every = declared.every or 0.0
    first = first_beat(every, declared.since, start)
    if not 0.0 <= first <= until:
        fault((*path, "from" if declared.since is not None else "every"), "the first reading lies outside the story")
        return ()
    count = int((until - first) / every + SAME) + 1
    if count > MOST_READINGS:
        fault((*path, "every"), f"makes {count:,} readings, {MOST_READINGS:,} are allowed; read it less often")
        return ()
    return tuple(first + k * every for k in range(count))


def read_data(document: Document, source: Source, start: Start, fault: Fault) -> dict[str, list[tuple[float, float]]]:
    """Return the times [s] and the numbers of each of the scenario's data, in order, without those that are missing.

    Args:
        document: the validated scenario.
        source: its files, the data among them.
        start: when the story begins.
        fault: called with a path and a message for each that is at fault.
    """
    return {name: _rows(name, data, source, start, fault) for name, data in document.data.items()}


def observed(
    document: Document,
    known: list[SeriesInfo],
    rows: Mapping[str, list[tuple[float, float]]],
    read: set[str],
    fault: Fault,
) -> tuple[list[ObservedInfo], list[tuple[Path, str]]]:
    """Return what the series of a scenario are held against, and what is asked about it.

    Args:
        document: the validated scenario.
        known: its series.
        rows: the times and numbers of its data.
        read: the data that something else reads.
        fault: called with a path and a message for each that is at fault.
    """
    readings = {one.name: one.times for one in known}
    found: list[ObservedInfo] = []
    asked: list[tuple[Path, str]] = []
    for name, declared in document.observed.items():
        if declared.series not in document.series:
            hint = did_you_mean(declared.series, document.series)
            fault(("observed", name, "series"), f"unknown series '{declared.series}'{hint}")
            continue
        if declared.data not in document.data:
            hint = did_you_mean(declared.data, document.data)
            fault(("observed", name, "data"), f"unknown data '{declared.data}'{hint}")
            continue
        if declared.series not in readings:
            continue
        at = readings[declared.series]
        times: list[float] = []
        values: list[float] = []
        outside = 0
        for time, value in rows[declared.data]:
            if not 0.0 <= time <= document.scenario.until:
                outside += 1
                continue
            near = bisect_left(at, time - SAME)
            if near == len(at) or abs(at[near] - time) > SAME:
                fault(
                    ("observed", name),
                    f"'{declared.data}' has a number at {time:g} s, when '{declared.series}' is not read; "
                    "read the series at the times of the data, with 'every' and 'from' or with 'at'",
                )
                break
            times.append(at[near])
            values.append(value)
        else:
            if outside:
                many = "a number" if outside == 1 else f"{outside} numbers"
                asked.append((("observed", name), f"'{declared.data}' has {many} outside the story; not looked at"))
            if not times and rows[declared.data]:
                fault(("observed", name), f"no number of '{declared.data}' lies within the story")
            elif times:
                told = declared.told or document.series[declared.series].told
                found.append(ObservedInfo(name, told, declared.series, declared.shows, tuple(times), tuple(values)))
    used = {one.data for one in document.observed.values()}
    asked += [
        (("data", name), "nothing reads it; name it in 'observed' or in an expression, or leave it out")
        for name in rows
        if name not in used | read
    ]
    return found, asked


def _rows(name: str, data: Data, source: Source, start: Start, fault: Fault) -> list[tuple[float, float]]:
    """Return the times [s] and the numbers of some data, in order, without those that are missing."""
    path: Path = ("data", name)
    if (data.file is None) == (not data.rows):
        fault(path, "wants either 'file' or 'rows'")
        return []
    if data.file is None:
        for k, ((sooner, _), (later, _)) in enumerate(zip(data.rows, data.rows[1:], strict=False)):
            if later <= sooner:
                fault((*path, "rows", k + 1), "the times must rise; put the rows in order, one for each time")
                return []
        return list(data.rows)
    beside = PurePosixPath(source.place((*path, "file")).file).parent
    text = source.texts.get((beside / data.file).as_posix())
    if text is None:
        fault(
            (*path, "file"),
            f"'{data.file}' is not there; it must be a .csv file beside this one, or in a folder below it",
        )
        return []
    return _table(data, text, start, lambda line, words: fault((*path, "file"), f"{data.file}, line {line}: {words}"))


def _table(data: Data, text: str, start: Start, fault: Callable[[int, str], None]) -> list[tuple[float, float]]:
    reader = csv.reader(io.StringIO(text), strict=True)
    found: list[tuple[float, float]] = []
    try:
        head = [cell.strip() for cell in next(reader, [])]
        for wanted in (data.time, data.value):
            if head.count(wanted) != 1:
                many = "no column" if wanted not in head else "more than one column"
                fault(1, f"there is {many} '{wanted}'{did_you_mean(wanted, head)}")
                return []
        when, what = head.index(data.time), head.index(data.value)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            line = reader.line_num
            if len(cells) != len(head):
                fault(line, f"has {len(cells)} cells, the first line has {len(head)}")
                return []
            time = _time(cells[when].strip(), data.unit, start)
            value = _number(cells[what].strip())
            for found_there, column in ((time, data.time), (value, data.value)):
                if isinstance(found_there, str):
                    fault(line, f"column '{column}': {found_there}")
                    return []
            assert isinstance(time, float)
            assert isinstance(value, float)
            if found and time <= found[-1][0]:
                fault(line, "the times must rise; put the rows in order, one for each time")
                return []
            found.append((time, value))
            if len(found) > MOST_ROWS:
                fault(line, f"more than {MOST_ROWS:,} rows; make it shorter")
                return []
    except csv.Error as wrong:
        fault(reader.line_num, f"is no CSV: {wrong}")
        return []
    if not found:
        fault(1, "there is no row below the names")
    return [(time, value) for time, value in found if not math.isnan(value)]


def _time(cell: str, unit: float | None, start: Start) -> float | str:
    """Return a time [s], or what is wrong with it."""
    low, high = LIMITS["time"]
    if is_date(cell):
        try:
            time, low = instant(cell, start), -high
        except CalendarError as wrong:
            return str(wrong)
    elif unit is None:
        try:
            time = quantity(cell, "time")
        except UnitError as wrong:
            return f"{wrong}; or say with 'unit' what 1 in this column is"
    else:
        number = _number(cell)
        if isinstance(number, str) or math.isnan(number):
            return f"the time wants a number, got '{cell[:40]}'"
        time = number * unit
    return time if low <= time <= high else f"the time {cell[:40]} is out of range"


def _number(cell: str) -> float | str:
    """Return a number, NaN for an empty cell, or what is wrong with it."""
    if not cell:
        return math.nan
    try:
        number = float(cell) if "_" not in cell else math.nan
    except ValueError:
        number = math.nan
    return number if math.isfinite(number) else f"wants a number, got '{cell[:40]}'"
