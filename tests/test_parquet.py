"""The small Parquet writer: what it writes, the libraries read as it was."""

from __future__ import annotations

import math

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from briarpatch import parquet
from briarpatch.parquet import INTEGER, NUMBER, TEXT

KINDS = {
    INTEGER: (pl.Int32, st.integers(-(1 << 31), (1 << 31) - 1)),
    NUMBER: (pl.Float64, st.floats(allow_nan=False)),
    TEXT: (pl.String, st.text(st.characters(exclude_categories=["Cs"]))),
}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), rows=st.integers(0, 40))
def test_polars_reads_what_was_written(tmp_path, data, rows):
    columns, schema = {}, {}
    for kind, (dtype, values) in KINDS.items():
        for number in range(data.draw(st.integers(1, 6), label=kind)):
            name = f"{kind} {number}"
            columns[name] = (kind, data.draw(st.lists(st.none() | values, min_size=rows, max_size=rows), label=name))
            schema[name] = dtype
    parquet.write(tmp_path / "a.parquet", columns)
    expected = pl.DataFrame({name: values for name, (_, values) in columns.items()}, schema=schema)
    found = pl.read_parquet(tmp_path / "a.parquet")
    assert found.schema == expected.schema
    assert found.equals(expected)


def test_rows_in_several_groups_are_read_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "_ROWS_AT_ONCE", 7)
    numbers = [None if i % 3 == 0 else i for i in range(50)]
    parquet.write(tmp_path / "a.parquet", {"n": (INTEGER, numbers), "t": (TEXT, [str(i) * i for i in range(50)])})
    found = pl.read_parquet(tmp_path / "a.parquet")
    assert found["n"].to_list() == numbers
    assert found["t"].to_list() == [str(i) * i for i in range(50)]
    assert pl.scan_parquet(tmp_path / "a.parquet").filter(pl.col("n") == 49).select("t").collect().item() == "49" * 49


def test_numbers_that_are_not_finite_are_written_as_they_are(tmp_path):
    parquet.write(tmp_path / "a.parquet", {"x": (NUMBER, [math.inf, -math.inf, math.nan, -0.0])})
    found = pl.read_parquet(tmp_path / "a.parquet")["x"].to_list()
    assert found[:2] == [math.inf, -math.inf]
    assert math.isnan(found[2])
    assert math.copysign(1.0, found[3]) == -1.0
