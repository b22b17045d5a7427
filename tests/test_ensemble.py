"""Ensembles: rows that depend on nothing but scenario, arms and seeds; summaries; rows played again."""

from __future__ import annotations

import json
import os

import numpy as np
import polars as pl
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as reference_mcnemar

import briarpatch
from briarpatch.analysis import parts
from briarpatch.analysis.comparison import Comparison, RunComparison
from briarpatch.analysis.ensemble import LEAST, Ensemble, ensemble, load_ensemble
from briarpatch.analysis.jobs import Pending
from briarpatch.analysis.measures import (
    average,
    mcnemar_counts,
    paired_difference,
    paired_share,
    unpaired_difference,
    wilson,
)
from briarpatch.analysis.summary import Endings, number
from briarpatch.analysis.worlds import Arm
from briarpatch.errors import RequestError, SavedRunError, ScenarioError
from rows import rows_of

ARMS = [Arm("as it is"), Arm("run", {"master.stand": "run"}), Arm("fight", {"master.stand": "fight"})]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("ensembles") / "skirmish"


@pytest.fixture(scope="module")
def answer(folder):
    return ensemble("skirmish", 120, arms=ARMS, out=folder, workers=2)


def test_rows_are_those_of_the_worlds_one_by_one(answer):
    frame = rows_of("skirmish", ARMS, range(120), 1)
    expected = frame.sort("seed", maintain_order=True).select(answer.table.columns)
    assert answer.table.sort("seed", "arm").equals(expected.sort("seed", "arm"))
    assert answer.table["seed"].to_list() == [seed for seed in range(120) for _ in ARMS]
    assert answer.table["arm"].to_list() == [arm.name for arm in ARMS] * 120
    assert answer.is_complete
    assert answer.seeds == 120


def test_threads_and_parts_do_not_show_in_the_rows(answer, monkeypatch):
    monkeypatch.setattr(parts, "MOST_ROWS", 30)
    monkeypatch.setattr(Pending, "FRAME", 7)
    other = ensemble("skirmish", 120, arms=ARMS, workers=1)
    assert len(other.folder.parts()) > 5
    assert other.table.equals(answer.table)


def test_a_row_plays_again_to_the_same_bytes(answer, tmp_path):
    seed, arm, _ = answer.row(100)
    assert (seed, arm) == (33, 1)
    again = load_ensemble(answer.path).run(100)
    direct = briarpatch.run("skirmish", 33, choices={"master.stand": "run"})
    again.save(tmp_path / "again")
    direct.save(tmp_path / "direct")
    for name in ("chronicle.parquet", "world.zip", "measures.json", "provenance.json"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "direct" / name).read_bytes()
    with pytest.raises(RequestError, match="there is no row 360; rows go from 0 to 359"):
        answer.run(360)
    with pytest.raises(RequestError, match="there is no row -1"):
        answer.run(-1)


def test_a_row_that_comes_out_otherwise_is_told(answer, monkeypatch):
    monkeypatch.setattr("briarpatch.analysis.ensemble.digest", lambda world: 1)
    with pytest.raises(SavedRunError, match=r"row 7 .* takes another course now"):
        answer.run(7)


def test_shares_and_means_are_those_of_the_rows(answer):
    table = answer.table
    for row in answer.summary.endings.iter_rows(named=True):
        count = table.filter((pl.col("arm") == row["arm"]) & (pl.col("ending") == row["ending"])).height
        assert (row["share"], row["low"], row["high"]) == tuple(wilson(count, 120))
    for row in answer.summary.measures.iter_rows(named=True):
        values = table.filter(table["arm"] == row["arm"])[f"measure:{row['measure']}"].to_numpy()
        assert row["mean"] == pytest.approx(values.mean(), rel=1e-12)
        assert row["q05"] == pytest.approx(np.quantile(values, 0.05))
        assert row["worlds"] + row["undefined"] == 120
        _, low, high = average(values)
        assert (row["low"], row["high"]) == (pytest.approx(low), pytest.approx(high))


def test_differences_are_paired_seed_by_seed(answer):
    table = answer.table
    one, two = (table.filter(table["arm"] == name) for name in ("run", "as it is"))
    for row in answer.summary.differences.filter(pl.col("arm") == "run").iter_rows(named=True):
        if row["kind"] == "measure":
            a, b = (part[f"measure:{row['name']}"].to_numpy() for part in (one, two))
        else:
            a, b = ((part["ending"] == row["name"]).to_numpy() for part in (one, two))
            discordant = [[0, int((a & ~b).sum())], [int((~a & b).sum()), 0]]
            assert row["p"] == pytest.approx(reference_mcnemar(discordant, exact=True).pvalue)
        expected = paired_difference(a, b)
        assert row["difference"] == pytest.approx(expected.estimate, abs=1e-12)
        assert row["low"] == pytest.approx(expected.low, abs=1e-12)
        assert row["differing"] == pytest.approx((a != b).mean())


def test_equal_arms_differ_by_exactly_zero():
    found = ensemble("skirmish", 40, arms=[Arm("one"), Arm("two")]).summary.differences
    assert found.height > 2
    for name in ("difference", "differing"):
        assert set(found[name].to_list()) == {0.0}
    assert not found["apart"].any()
    assert (found["low"] < 0.0).all()
    assert (found["high"] > 0.0).all()
    assert set(found["p"].drop_nulls().to_list()) == {1.0}


def test_the_first_seed_shifts_the_rows(answer):
    later = ensemble("skirmish", 20, arms=ARMS, first=50)
    assert later.table.equals(answer.table.filter(pl.col("seed").is_between(50, 69)))


def test_more_seeds_extend_what_is_there(answer, tmp_path):
    for count in (13, 60, 120):
        found = ensemble("skirmish", count, arms=ARMS, out=tmp_path / "e")
    assert found.table.equals(answer.table)
    assert len(found.folder.parts()) == 3
    with pytest.raises(RequestError, match=r"holds 120 seeds already, more than 60; ask for 120 or more"):
        ensemble("skirmish", 60, arms=ARMS, out=tmp_path / "e")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"arms": ARMS[:2]}, "its arms are 'as it is', 'run', 'fight'"),
        ({"arms": [ARMS[0], Arm("run", {"master.stand": "fight"}), ARMS[2]]}, "same names are set otherwise"),
        ({"arms": ARMS, "first": 5}, "its first seed is 0, not 5"),
    ],
)
def test_other_settings_on_the_same_folder_are_refused(answer, folder, settings, says):
    with pytest.raises(RequestError, match=f"{says}.*name another folder with --out, or remove that one"):
        ensemble("skirmish", 120, out=folder, **settings)


def test_another_scenario_or_build_on_the_same_folder_is_refused(answer, folder, monkeypatch):
    with pytest.raises(RequestError, match="the scenario's files have changed"):
        ensemble("hunt", 120, arms=["as it is", "run", "fight"], out=folder)
    monkeypatch.setattr(parts, "fingerprint", lambda: "0" * 16)
    with pytest.raises(RequestError, match="of another build"):
        ensemble("skirmish", 120, arms=ARMS, out=folder)


def test_folders_of_something_else_are_left_alone(tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("dear")
    (tmp_path / "file").write_text("x")
    with pytest.raises(RequestError, match="is a folder of something else"):
        ensemble("skirmish", 5, out=tmp_path / "letters")
    with pytest.raises(RequestError, match="exists already and is no folder"):
        ensemble("skirmish", 5, out=tmp_path / "file")
    with pytest.raises(RequestError, match="cannot be written"):
        ensemble("skirmish", 5, out=tmp_path / "file" / "under")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_told(tmp_path):
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(RequestError, match="cannot be written"):
        ensemble("skirmish", 5, out=tmp_path / "closed" / "e")


def test_two_processes_cannot_play_in_one_folder(answer, folder):
    with parts.held(answer.folder), pytest.raises(RequestError, match="another process is playing in"):
        ensemble("skirmish", 120, arms=ARMS, out=folder)


def test_it_stops_as_soon_as_it_is_sure_whatever_the_threads(tmp_path):
    found = [ensemble("skirmish", half_width=0.075, of="lost", workers=n, out=tmp_path / str(n)) for n in (1, 3)]
    assert found[0].seeds == found[1].seeds >= LEAST
    assert found[0].table.equals(found[1].table)
    row = found[0].summary.endings.filter(pl.col("ending") == "lost").row(0, named=True)
    assert row["high"] - row["low"] <= 2 * 0.075
    again = ensemble("skirmish", half_width=0.075, of="lost", out=tmp_path / "1")
    assert again.table.equals(found[0].table)
    few = ensemble("skirmish", 130, half_width=0.001)
    assert few.seeds == 130


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"n": 0}, "number of seeds must be from 1"),
        ({"n": True}, "number of seeds must be from 1"),
        ({"half_width": 0.7}, "between 0 and 0.5"),
        ({"half_width": 0.1, "of": "victori"}, "did you mean 'victory'"),
        ({"of": "victory"}, "needs a half-width"),
        ({"first": -1}, "first seed must be a whole number"),
        ({"first": 2**64 - 3, "n": 10}, "seeds end at"),
        ({"workers": 0}, "workers must be at least 1"),
        ({"on": "moon"}, "on 'threads', 'processes' or 'ray'"),
        ({"address": "here"}, "for on='ray'"),
        ({"arms": [Arm("a"), Arm("a")]}, "two arms are called 'a'"),
        ({"choices": {"master.sta": "run"}}, "did you mean 'master.stand'"),
    ],
)
def test_what_cannot_be_asked(settings, says):
    with pytest.raises(RequestError, match=says):
        ensemble("skirmish", **settings)


def test_a_loaded_scenario_and_its_settings_can_be_played(tmp_path):
    scenario = briarpatch.load_scenario("skirmish", overrides={"scenario.title": "Another"})
    found = ensemble(scenario, 5, arms=["one", "two: choose master.stand=run"], out=tmp_path / "e")
    assert found.folder.manifest.arms[1].overrides == {"scenario.title": "Another"}
    assert load_ensemble(found.path).run(3).scenario.title == "Another"
    text = briarpatch.load_text(next(iter(scenario.source.texts.values())))
    nameless = ensemble(text, 5)
    assert nameless.run(2).seed == 2
    with pytest.raises(ScenarioError):
        ensemble("skirmsh", 5)


def test_a_result_shows_and_saves_itself(answer, tmp_path):
    assert max(map(len, answer.text().splitlines())) <= 80
    assert "victory" in answer.text()
    assert answer.facts()["seeds"] == 120
    answer.save(tmp_path / "rows.csv")
    answer.save(tmp_path / "plot.svg")
    answer.save(tmp_path / "facts.json")
    assert pl.read_csv(tmp_path / "rows.csv").height == 360
    assert json.loads((tmp_path / "facts.json").read_text())["seeds"] == 120
    answer.save(tmp_path / "copy")
    assert load_ensemble(tmp_path / "copy").table.equals(answer.table)
    with pytest.raises(RequestError, match="exists already"):
        answer.save(tmp_path / "copy")


# ------------------------------------------------------------------------------------------------ damage


def test_a_damaged_part_is_told_and_played_again(answer, tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "MOST_ROWS", 60)
    found = ensemble("skirmish", 120, arms=ARMS, out=tmp_path / "e")
    files = found.folder.files()
    assert len(files) > 3
    content = bytearray(files[1].read_bytes())
    content[len(content) // 2] ^= 1
    files[1].write_bytes(content)
    files[2].write_bytes(files[2].read_bytes()[:100])
    with pytest.raises(SavedRunError, match=r"is damaged, and 1 other parts: .*; the command that made it repairs it"):
        load_ensemble(tmp_path / "e")
    assert ensemble("skirmish", 120, arms=ARMS, out=tmp_path / "e").table.equals(answer.table)
    assert load_ensemble(tmp_path / "e").is_complete


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is not JSON"),
        ("[]", "is damaged"),
        ("{}", "is of format None"),
        ('{"format": 9}', "is of format 9"),
        ('{"format": 2}', "is damaged: program"),
        ("[" * 100_000, "is damaged|is not JSON"),
    ],
)
def test_a_damaged_manifest_is_told(tmp_path, content, says):
    (tmp_path / "parts").mkdir()
    (tmp_path / parts.MANIFEST).write_text(content)
    with pytest.raises(SavedRunError, match=says):
        load_ensemble(tmp_path)


def test_what_is_no_ensemble_is_told(tmp_path):
    with pytest.raises(SavedRunError, match="is not an ensemble"):
        load_ensemble(tmp_path / "nowhere")


def test_gaps_are_what_no_part_holds(answer):
    folder = answer.folder

    class Holes(parts.Folder):
        def parts(self):
            return [parts.Part(3, 4, "", ""), parts.Part(10, 5, "", "")]

    holes = Holes(folder.path, folder.manifest)
    assert holes.gaps(20) == [(0, 3), (7, 3), (15, 5)]
    assert holes.gaps(12) == [(0, 3), (7, 3)]
    assert holes.gaps(2) == [(0, 2)]


# ------------------------------------------------------------------------------------------------ comparing


def test_two_ensembles_are_compared_seed_by_seed(answer):
    one = ensemble("skirmish", 120, choices={"master.stand": "run"})
    two = ensemble("skirmish", 120, choices={"master.stand": "fight"})
    found = Comparison(one, two).table
    assert set(found["pairs"].to_list()) == {120}
    a, b = (part.table["measure:crew"].to_numpy() for part in (one, two))
    row = found.filter(pl.col("name") == "crew").row(0, named=True)
    assert row["difference"] == pytest.approx(paired_difference(b, a).estimate)
    assert max(map(len, Comparison(one, two).text().splitlines())) <= 90
    Comparison(one, two).plot()
    same = Comparison(one, one).table
    assert set(same["difference"].to_list()) == {0.0}


def test_ensembles_of_other_seeds_are_compared_unpaired():
    one, two = ensemble("skirmish", 60), ensemble("skirmish", 80, first=1000)
    found = Comparison(one, two)
    assert found.shared is None
    a, b = (part.table["measure:hull"].to_numpy() for part in (one, two))
    row = found.table.filter(pl.col("name") == "hull").row(0, named=True)
    expected = unpaired_difference(b, a, share=True)
    assert (row["low"], row["high"]) == (pytest.approx(expected.low), pytest.approx(expected.high))
    assert row["p"] is None
    assert "not paired" in found.text()
    with pytest.raises(RequestError, match="no arm of"):
        _ = Comparison(one, ensemble("skirmish", 5, arms=["x", "y"])).pairs_of_arms


def test_two_runs_are_compared_entry_by_entry():
    one, two = (briarpatch.run("skirmish", 4, choices={"master.stand": option}) for option in ("run", "fight"))
    found = RunComparison(one, two)
    assert {"first", "second"} <= set(found.table["where"].to_list())
    told = found.text()
    assert any(line.startswith("- ") for line in told.splitlines())
    assert max(map(len, told.splitlines())) <= 80
    assert found.facts()["endings"] == [one.ending, two.ending]
    found.plot()
    same = RunComparison(one, briarpatch.run("skirmish", 4, choices={"master.stand": "run"}))
    assert same.differences == []
    assert "the same" in same.text()


# ------------------------------------------------------------------------------------------------ statistics


def test_counts_of_endings_add_up_part_by_part():
    rng = np.random.default_rng(1)
    names = np.array(["a", "b", None], object)
    column = pl.Series(names[rng.integers(0, 3, 600)].tolist(), dtype=pl.String)
    whole, pieces = Endings(["x", "y"], ["a", "b"]), Endings(["x", "y"], ["a", "b"])
    whole.add(column)
    for start in range(0, 600, 60):
        pieces.add(column[start : start + 60])
    for name in ("counts", "gained", "lost"):
        assert (getattr(whole, name) == getattr(pieces, name)).all()
    assert whole.counts.sum() == 600


def test_paired_shares_are_paired_differences():
    a, b = np.array([1, 1, 1, 0, 0, 1]), np.array([0, 0, 1, 1, 0, 1])
    assert paired_difference(a, b) == pytest.approx(paired_share(2, 1, 6))


@pytest.mark.parametrize(("gained", "lost"), [(0, 0), (3, 3), (1, 9), (400, 460), (52_000, 51_000)])
def test_mcnemar_from_counts_is_the_binomial_test(gained, lost):
    expected = stats.binomtest(gained, gained + lost).pvalue if gained + lost else 1.0
    assert mcnemar_counts(gained, lost) == pytest.approx(expected, rel=1e-9)


def test_independent_means_of_many_worlds_differ_by_the_normal_law():
    rng = np.random.default_rng(2)
    a, b = rng.normal(1, 2, 5000), rng.normal(0, 1, 3000)
    half = stats.norm.ppf(0.975) * np.sqrt(a.var(ddof=1) / 5000 + b.var(ddof=1) / 3000)
    found = unpaired_difference(a, b)
    assert found.estimate == pytest.approx(a.mean() - b.mean())
    assert found.half_width == pytest.approx(half, rel=0.01)


@pytest.mark.long
def test_intervals_cover_the_truth_as_often_as_they_say(answer):
    truth = ensemble("skirmish", 4000, workers=2)
    share = truth.summary.endings.filter(pl.col("ending") == "victory")["share"][0]
    column = (truth.column("ending") == "victory").to_numpy().reshape(-1, 50)
    covered = [low <= share <= high for _, low, high in (wilson(int(n), 50) for n in column.sum(axis=1))]
    assert abs(np.mean(covered) - 0.95) < 4 * np.sqrt(0.05 * 0.95 / len(covered)) + 0.02


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.0, "0"), (3.0, "3"), (0.12345, "0.1235"), (12.5, "12.50"), (123456.7, "123,457"), (1e-9, "1e-09"), (None, "-")],
)
def test_numbers_are_short(value, told):
    assert number(value) == told


def test_a_result_is_typed():
    assert issubclass(Ensemble, briarpatch.analysis.results.Result)
