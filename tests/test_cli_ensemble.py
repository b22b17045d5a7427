"""The commands of many worlds at the command line: what they print, what they write, and what they refuse."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import polars as pl
import pytest

cli = importlib.import_module("briarpatch.views.cli")

PLAN = """\
scenario: skirmish
seeds: 8
arms:
  as it is: {}
  flight: {choose: {master.stand: run}}
"""


@pytest.fixture
def call(capsys, monkeypatch, tmp_path):
    """Call the command line in a folder of its own; return (status, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.yaml").write_text(PLAN)

    def run(*arguments: str):
        status = cli.main(list(arguments))
        return status, *capsys.readouterr()

    return run


def test_many_worlds_from_plan_to_a_row_played_again(call):
    status, out, _ = call("ensemble", "--plan", "plan.yaml")
    assert status == 0
    assert "8 seeds, 2 arms" in out
    assert "Difference from 'as it is'" in out
    assert max(map(len, out.splitlines())) <= 80
    folder = next(Path("ensembles").iterdir())
    assert f"16 rows in {folder}" in out

    status, again, _ = call("ensemble", "--plan", "plan.yaml")
    assert again.splitlines()[:8] == out.splitlines()[:8]
    assert [path.name for path in Path("ensembles").iterdir()] == [folder.name], "the same command, the same folder"
    assert call("show", str(folder))[1].splitlines()[0] == "The skirmish" or status == 0

    rows = pl.read_parquet(folder / "parts" / "*.parquet")
    status, out, err = call("run", "--from", str(folder), "--row", "5", "--quiet", "--out", "again")
    assert status == 0, err
    assert f"Ending: {rows['ending'][5]}" in out
    call("run", "skirmish", "--seed", "2", "--choose", "master.stand=run", "--quiet", "--out", "direct")
    for name in ("chronicle.parquet", "world.zip"):
        assert Path("again", name).read_bytes() == Path("direct", name).read_bytes()

    for kind in ("csv", "parquet", "arrow", "jsonl"):
        assert call("export", str(folder), "--to", kind, "-o", f"rows.{kind}")[0] == 0
        assert call("export", "again", "--to", kind, "-o", f"run.{kind}")[0] == 0
    assert pl.read_csv("rows.csv").height == pl.read_ipc("rows.arrow").height == 16
    assert pl.read_csv("run.csv").height == pl.read_parquet("run.parquet").height == pl.read_ndjson("run.jsonl").height

    status, out, _ = call("compare", "again", "direct")
    assert status == 0
    assert "the same" in out
    status, out, _ = call("compare", str(folder), str(folder), "--json")
    assert {row["difference"] for row in json.loads(out)["differences"]} == {0.0}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["ensemble"], "which scenario?"),
        (["ensemble", "skirmsh"], "did you mean 'skirmish'"),
        (["ensemble", "skirmish", "--arm", "x: a=b"], "after the colon comes choose"),
        (["ensemble", "--plan", "none.yaml"], "no such file"),
        (["ensemble", "skirmish", "--until-halfwidth", "2"], "between 0 and 0.5"),
        (["ensemble", "skirmish", "--on", "moon"], "on 'threads', 'processes' or 'ray'"),
        (["run", "--row", "4"], "--row needs --from"),
        (["run"], "which scenario?"),
        (["run", "skirmish", "--from", "x", "--row", "1"], "--from says what to play"),
        (["run", "--from", "nowhere"], "which row?"),
        (["run", "--from", "nowhere", "--row", "0"], "is not an ensemble"),
        (["export", "nowhere", "--to", "xls"], "--to is parquet, csv, arrow, jsonl"),
        (["export", "nowhere"], "is not a saved run"),
        (["compare", "nowhere", "either"], "is not a saved run"),
    ],
)
def test_what_is_wrong_is_told_in_one_message(call, arguments, says):
    status, out, err = call(*arguments)
    assert status == 2
    assert out == ""
    assert says in err
    assert "Traceback" not in err
