"""Results: what they draw, what they write, and that a file is whole or not there."""

import json
import os

import polars as pl
import pytest

from briarpatch.analysis.results import Mark, Panel, Picture, Result, Series
from briarpatch.errors import RequestError
from briarpatch.files import whole_file
from briarpatch.render.answers import write_table


class Answer(Result):
    """A result of a few numbers."""

    @property
    def table(self):
        return pl.DataFrame({"arm": ["a", "b <i>"], "share": [0.25, float("nan")]})

    def text(self, width=80):
        return "a is <better>"

    def facts(self):
        return {"share": (0.25, float("inf"))}

    def picture(self):
        bars = Series("one", ["a", "b"], [0.2, 0.4], [0.1, 0.3], [0.3, 0.5], "bars")
        other = Series("$two", ["a", "b"], [0.1, 0.3], style="points")
        line = Series("steps", [0.0, 1.0], [0.5, 1.0], [0.4, 0.9], [0.6, 1.0], "steps")
        cut = Series("cut", [0.0, 1.0, 2.0], [3.0, 4.0], style="histogram")
        return Picture(
            "What came of it",
            [
                Panel("bars", "arm", "share", [bars, other], y_range=(0, 1)),
                Panel("flat", "arm", "share", [bars], flat=True),
                Panel("time", "day", "share", [line], [Mark(0.5, "flood")]),
                Panel("counts", "lost", "worlds", [cut]),
            ],
        )


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_a_result_draws_itself_to_the_same_bytes(tmp_path, kind):
    for name in ("one", "two"):
        Answer().plot(tmp_path / f"{name}.{kind}")
    one, two = ((tmp_path / f"{name}.{kind}").read_bytes() for name in ("one", "two"))
    assert one == two
    assert len(one) > 1000
    assert sorted(os.listdir(tmp_path)) == [f"one.{kind}", f"two.{kind}"]


def test_a_notebook_shows_words_table_and_picture():
    assert "a is &lt;better&gt;" in Answer()._repr_html_()
    assert "<table" in Answer()._repr_html_()
    assert "b <i>" not in Answer()._repr_html_()
    assert Answer().plot()._repr_png_().startswith(b"\x89PNG")


def test_a_result_saves_by_the_ending_of_the_name(tmp_path):
    answer = Answer()
    for name, read in (("t.parquet", pl.read_parquet), ("t.arrow", pl.read_ipc), ("t.csv", pl.read_csv)):
        assert read(answer.save(tmp_path / name))["arm"].to_list() == ["a", "b <i>"]
    assert pl.read_ndjson(answer.save(tmp_path / "t.jsonl")).height == 2
    assert json.loads(answer.save(tmp_path / "t.json").read_text()) == {"share": [0.25, None]}
    answer.save(tmp_path / "all")
    assert sorted(os.listdir(tmp_path / "all")) == ["result.json", "result.txt", "table.parquet"]
    with pytest.raises(RequestError, match=r"nothing is written as '\.xls'"):
        answer.save(tmp_path / "t.xls")
    with pytest.raises(RequestError, match="no table is written as 'xls'"):
        write_table(answer.table, tmp_path / "t", "xls")


def test_a_file_that_fails_half_way_is_not_there(tmp_path):
    target = tmp_path / "out.txt"
    target.write_text("before")

    def fill():
        with whole_file(target) as file:
            file.write_text("half")
            raise OSError(28, "No space left on device")

    with pytest.raises(RequestError, match=r"out\.txt cannot be written: No space left"):
        fill()
    assert target.read_text() == "before"
    assert os.listdir(tmp_path) == ["out.txt"]
