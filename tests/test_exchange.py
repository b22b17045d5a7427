"""What leaves the program: workbooks, event logs, and what a notebook shows."""

from __future__ import annotations

import importlib
from pathlib import Path

import openpyxl
import polars as pl
import pytest

import briarpatch as bp
from briarpatch.analysis.story import Story
from briarpatch.render.answers import write_table

cli = importlib.import_module("briarpatch.views.cli")


@pytest.fixture(scope="module")
def valley():
    return bp.run("valley", seed=7)


def sheet(path):
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["table"]
    return [[cell.value for cell in row] for row in book["table"].iter_rows()], book["table"]


def test_a_workbook_holds_the_rows_of_the_table(valley, tmp_path):
    valley.export(tmp_path / "run.xlsx")
    rows, _ = sheet(tmp_path / "run.xlsx")
    assert rows[0] == valley.table.columns
    assert len(rows) == valley.table.height + 1
    assert [row[3] for row in rows[1:]] == valley.table["kind"].to_list()
    assert [row[1] for row in rows[1:]] == pytest.approx(valley.table["time"].to_list())


def test_a_workbook_keeps_texts_texts_and_says_what_is_no_number(tmp_path):
    table = pl.DataFrame(
        {
            "text": ["=1+1", "a\x00b", "x" * 40_000],
            "number": [float("inf"), float("nan"), -0.5],
            "large": [1 << 60, 2, None],
            "list": [[1, 2], [], None],
        }
    )
    write_table(table, tmp_path / "t.xlsx")
    rows, cells = sheet(tmp_path / "t.xlsx")
    assert rows[1] == ["=1+1", "inf", str(1 << 60), "1 2"]
    assert cells["A2"].data_type == "s"
    assert rows[2][:3] == ["ab", "NaN", 2]
    assert rows[3][0] == "x" * 32_767
    assert rows[3][1:] == [-0.5, None, None]


def test_a_table_larger_than_a_sheet_is_refused_and_nothing_is_left(tmp_path):
    table = pl.LazyFrame({"n": pl.arange(0, 1_048_576, eager=True)})
    with pytest.raises(bp.RequestError, match=r"write \.parquet or \.csv"):
        write_table(table, tmp_path / "t.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_an_event_log_is_read_by_a_program_for_process_mining(valley, tmp_path):
    pm4py = pytest.importorskip("pm4py")
    valley.export(tmp_path / "run.xes")
    found = pm4py.read_xes(str(tmp_path / "run.xes"), variant="iterparse")
    assert len(found) == valley.table.height
    assert set(found["case:concept:name"]) == {"valley-7"}
    assert found["briarpatch:text"].tolist() == valley.table["text"].to_list()
    names = found["concept:name"].tolist()
    assert "flood" in names
    assert valley.ending in names
    seconds = (found["time:timestamp"] - found["time:timestamp"].iloc[0]).dt.total_seconds()
    offset = valley.table["time"][0]
    assert seconds.tolist() == pytest.approx([time - offset for time in valley.table["time"]], abs=2e-3)
    assert found["time:timestamp"].iloc[0].strftime("%Y-%m-%d") == "2000-01-01"


def test_every_world_of_an_ensemble_is_a_trace(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    bp.ensemble("vault", 3, arms=["as it is", "police: choose manager.act=police"], out=tmp_path / "e")
    assert cli.main(["export", "e", "--to", "xes"]) == 0
    assert capsys.readouterr().out.strip() == "e.xes"
    text = Path("e.xes").read_text(encoding="utf-8")
    for arm in ("as it is", "police"):
        for seed in range(3):
            assert f'value="{arm}-{seed}"' in text
    assert text.count("<trace>") == 6
    assert text.count("<event>") == sum(
        bp.run("vault", seed, choices).table.height for seed in range(3) for choices in ({}, {"manager.act": "police"})
    )


def test_a_run_and_a_view_show_themselves_in_a_notebook(valley, tmp_path):
    shown = valley._repr_html_()
    assert "The valley" in shown
    assert "people drowned" in shown
    assert "<script" not in bp.run("valley", seed=1).view("mayor")._repr_html_()
    assert "You are" in valley.view("mayor")._repr_html_()
    figure = valley.plot(tmp_path / "run.svg")
    assert figure.axes
    assert (tmp_path / "run.svg").stat().st_size > 1000


def test_a_run_is_written_as_every_kind_and_refused_as_any_other(valley, tmp_path):
    for kind in ("csv", "parquet", "jsonl", "arrow", "json", "txt"):
        assert valley.export(tmp_path / f"run.{kind}").stat().st_size > 100
    assert pl.read_parquet(tmp_path / "run.parquet").equals(valley.table)
    assert pl.read_csv(tmp_path / "run.csv").height == valley.table.height
    with pytest.raises(bp.RequestError, match="nothing is written as"):
        valley.export(tmp_path / "run.doc")
    with pytest.raises(bp.RequestError, match="nothing is written as"):
        bp.soak("vault", 2).save(tmp_path / "soak.xes")


def test_every_result_has_a_table_words_facts_and_a_page(valley):
    for found in (bp.soak("vault", 2), bp.ensemble("vault", 2), Story(valley)):
        assert found.table.width
        assert found.text()
        assert found.facts()
        assert "<" in found._repr_html_()
