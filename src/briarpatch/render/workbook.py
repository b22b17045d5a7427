"""Tables as Excel workbooks, by openpyxl, which is an extra."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import MissingExtraError, RequestError

if TYPE_CHECKING:
    import polars as pl

MOST_ROWS = 1_048_575
"""Rows of a sheet below its head."""
MOST_COLUMNS = 16_384
LONGEST_CELL = 32_767
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def write_workbook(table: pl.LazyFrame, path: Path) -> None:
    """Write a table to a workbook with one sheet.

    Texts stay texts, also those that begin with "="; lists become words; a number that is not finite becomes "inf",
    "-inf" or "NaN", which Excel has no number for. Raises MissingExtraError without openpyxl, RequestError when the table
    is larger than a sheet.
    """
    try:
        from openpyxl import Workbook
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.styles import Font
    except ImportError:
        raise MissingExtraError("writing Excel workbooks", "excel") from None
    rows = table.head(MOST_ROWS + 1).collect()
    if rows.height > MOST_ROWS or rows.width > MOST_COLUMNS:
        raise RequestError(
            f"a sheet of Excel holds {MOST_ROWS:,} rows and {MOST_COLUMNS:,} columns, and the table is larger; "
            "write .parquet or .csv"
        )
    book = Workbook(write_only=True)
    sheet = book.create_sheet("table")
    sheet.freeze_panes = "A2"

    def cell(value: Any, bold: bool = False) -> Any:
        plain = _plain(value)
        if not isinstance(plain, str) and not bold:
            return plain
        made = WriteOnlyCell(sheet, value=plain)
        if isinstance(plain, str):
            made.data_type = "s"
        if bold:
            made.font = Font(bold=True)
        return made

    sheet.append([cell(name, bold=True) for name in rows.columns])
    for row in rows.iter_rows():
        sheet.append([cell(value) for value in row])
    book.save(path)


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        value = " ".join(map(str, value))
    if isinstance(value, dict):
        value = ", ".join(f"{key} {item}" for key, item in value.items())
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "inf" if value > 0.0 else "-inf"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 1 << 53:
        return str(value)  # Excel would round it
    return _UNWRITABLE.sub("", value)[:LONGEST_CELL] if isinstance(value, str) else value
