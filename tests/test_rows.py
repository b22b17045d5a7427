"""Rows of many worlds: times of decisions, numbers that are not finite, NumPy's integers, averages of some worlds."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import briarpatch as bp
from briarpatch.analysis.comparison import Comparison
from briarpatch.analysis.results import plain
from briarpatch.analysis.soak import soak
from briarpatch.analysis.whatif import Change, effect, whatif
from briarpatch.errors import RequestError
from briarpatch.render.answers import write_table
from briarpatch.scenario.catalog import load_scenario
from plays import scene

CASES = Path(__file__).parent / "cases"


# ------------------------------------------------------------------------------------------------------- decisions


def test_the_first_time_of_a_decision_is_that_of_its_first_option():
    table = bp.ensemble(CASES / "first_times.yaml", 20).table
    assert table["first:p.go"].to_list() == table["chose_at:p.go"].to_list()
    assert table["first:p.go"].null_count() == 0
    for option in ("one", "two"):
        taken = table.filter(pl.col("chose:p.go") == option)
        assert taken.height
        assert taken[f"first:p.go.{option}"].to_list() == taken["chose_at:p.go"].to_list()
        rest = table.filter(pl.col("chose:p.go") != option)
        assert rest[f"first:p.go.{option}"].null_count() == rest.height


def test_a_decision_taken_twice_has_the_time_of_the_first():
    text = """
decisions:
  ann.toss:
    question: Heads?
    when: (time() > '1 h' && time() < '2 h') || time() > '3 h'
    poll: 5 min
    repeat: true
    options: { heads: { told: heads }, tails: { told: tails } }
"""
    table = bp.ensemble(scene(text, until="5 h"), 12).table
    for row in table.iter_rows(named=True):
        options = [row[f"first:ann.toss.{name}"] for name in ("heads", "tails")]
        assert row["first:ann.toss"] == min(time for time in options if time is not None)
        assert row["first:ann.toss"] < 7200.0 < row["chose_at:ann.toss"]


def test_a_question_at_the_very_start_can_be_forced():
    scenario = load_scenario(CASES / "first_times.yaml")
    out = bp.decide(scenario, scenario.decisions[0].name, 10, workers=1).outcomes
    assert out.taken[1, :, 0].tolist() == [0] * 10
    assert out.taken[2, :, 0].tolist() == [1] * 10


# ---------------------------------------------------------------------------------------------- some worlds only


def test_an_average_of_some_worlds_says_of_how_many():
    found = bp.ensemble(CASES / "mean_of_some.yaml", 60, arms=["slow", "fast: set rules.bell.rate=0.02/h"])
    rows = found.summary.measures
    for arm in found.arms:
        finite = np.isfinite(found.table.filter(pl.col("arm") == arm)["measure:ago"].to_numpy())
        row = rows.row(by_predicate=pl.col("arm") == arm, named=True)
        assert (row["worlds"], row["undefined"]) == (finite.sum(), 60 - finite.sum())
        assert 0 < row["worlds"] < 60
        assert f"ago ({arm}) is finite in {row['worlds']} of 60 worlds" in " ".join(found.text().split())
    difference = found.summary.differences.row(by_predicate=pl.col("name") == "ago", named=True)
    assert difference["difference"] is None
    assert "Left out of the differences, because not finite in some world: ago." in " ".join(found.text().split())


def test_a_comparison_leaves_out_what_is_not_finite_everywhere():
    one, two = (
        bp.ensemble(CASES / "mean_of_some.yaml", 40, overrides={"rules.bell.rate": r}) for r in ("0.004/h", "0.02/h")
    )
    found = Comparison(one, two)
    row = found.table.row(by_predicate=pl.col("name") == "ago", named=True)
    assert row["difference"] is None
    assert row["undefined"] > 0
    assert "Left out, because not finite in some world: ago." in found.text()
    same = Comparison(one, one).table.filter(pl.col("kind") == "ending")
    shares = {r["ending"]: r["share"] for r in one.summary.endings.iter_rows(named=True)}
    assert {r["name"]: r["first"] for r in same.iter_rows(named=True)} == shares


def test_an_effect_leaves_out_what_is_not_finite_everywhere():
    found = effect(CASES / "mean_of_some.yaml", Change(overrides={"rules.bell.rate": "0.02/h"}), 30)
    assert found.measures[0].undefined > 0
    assert math.isnan(found.measures[0].difference.estimate)
    assert f"left out: not finite in {found.measures[0].undefined} of 30 seeds" in found.text()
    json.dumps(plain(found.facts()), allow_nan=False)


def test_large_measures_are_told_and_drawn():
    found = bp.ensemble(CASES / "overflowing_measure.yaml", 60, arms=["a", "b: set rules.bell.rate=0.02/h"])
    rows = found.summary.measures
    assert (rows["worlds"] + rows["undefined"]).to_list() == [60, 60]
    for name in ("mean", "low", "high", "deviation"):
        assert np.isfinite(rows[name].drop_nulls().to_numpy()).all()
    assert "e+303" in found.text() or "e+304" in found.text()
    found.picture()
    Comparison(found, found).text()


def test_a_difference_that_no_world_showed_is_bounded_all_the_same():
    """Twenty worlds in which two arms do not differ are no proof that they are the same."""
    found = bp.ensemble(
        CASES / "rare_and_half.yaml", 20, first=20, arms=["base", "more: set rules.half.chance=0.35"]
    ).summary.differences
    for row in found.iter_rows(named=True):
        assert row["low"] <= 0.048 <= row["high"], row
        assert not row["apart"]


@pytest.mark.long
@pytest.mark.parametrize("worlds", [20, 100])
def test_bounds_of_a_rare_difference_hold_it(worlds):
    """Through the engine, in 100 ensembles: half its worlds at chance .30 against .35, rarely something else."""
    whole = bp.ensemble(CASES / "rare_and_half.yaml", 40 * worlds, arms=["base", "more: set rules.half.chance=0.35"])
    table = whole.table.select("arm", "measure:m")
    base, more = (table.filter(pl.col("arm") == arm)["measure:m"].to_numpy() for arm in whole.arms)
    held = []
    for start in range(0, 40 * worlds, worlds):
        part = slice(start, start + worlds)
        found = bp.analysis.measures.paired_difference(more[part], base[part])
        held.append(found.low <= 0.05 <= found.high)
    assert np.mean(held) >= 0.85


def test_lines_of_json_keep_what_is_not_finite(tmp_path):
    table = pl.DataFrame({"a": [1.5, math.inf, -math.inf, math.nan, None], "b": ["ä", None, "c", "d", "e"]})
    write_table(table, tmp_path / "t.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "t.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["a"] for row in rows] == [1.5, "inf", "-inf", "NaN", None]
    assert [row["b"] for row in rows] == ["ä", None, "c", "d", "e"]
    assert float(rows[1]["a"]) == math.inf
    found = bp.ensemble(CASES / "mean_of_some.yaml", 30)
    found.save(tmp_path / "rows.jsonl")
    values = [json.loads(line)["measure:ago"] for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    np.testing.assert_array_equal([float(value) for value in values], found.table["measure:ago"].to_numpy())


# ------------------------------------------------------------------------------------------------- NumPy's integers


def test_numpy_integers_are_seeds_counts_and_values():
    case = CASES / "threshold_town.yaml"
    one = np.int64(3)
    assert bp.run(case, one).seed == 3
    assert type(bp.run(case, np.uint64(3)).seed) is int
    assert bp.run(case, 1, overrides={"gauges.x.start": np.int64(1)}).measures["lost"] == 5000.0
    assert bp.run(case, 1, overrides={"gauges.x.start": np.float32(0.75)}).measures["lost"] == 5000.0
    found = bp.ensemble(case, np.int32(4), first=np.int64(7))
    assert found.table["seed"].to_list() == [7, 8, 9, 10]
    assert found.run(np.int64(2)).seed == 9
    answers = (
        bp.decide("vault", "manager.act", np.int64(4), first=one),
        soak(case, one, one),
        effect(case, Change(overrides={"gauges.x.start": "1"}), one, one),
        whatif(case, Change(overrides={"gauges.x.start": "1"}), one),
        bp.sensitivity(case, "morris", np.int64(2), seeds=np.int64(1), first=one),
    )
    for answer in answers:
        json.dumps(plain(answer.facts()), allow_nan=False)


@pytest.mark.parametrize("seed", [True, np.bool_(True), 1.0, np.float64(2.0), -1, np.int64(-1), 1 << 64, "3", None])
def test_what_is_no_whole_number_is_no_seed(seed):
    with pytest.raises(RequestError, match="whole number"):
        bp.run(CASES / "threshold_town.yaml", seed)
