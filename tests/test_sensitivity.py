"""Sensitivity: published indices through the same path, points that are what compiling gives, words that fit."""

from __future__ import annotations

import json
import sys

import numpy as np
import polars as pl
import pytest

from briarpatch.analysis.points import Points
from briarpatch.analysis.results import plain
from briarpatch.analysis.sensitivity import Discovery, design, indices, sensitivity, variation
from briarpatch.errors import MissingExtraError, RequestError
from briarpatch.run import run
from briarpatch.scenario.catalog import load_scenario
from plays import few, scene

GAUGES = """
gauges: { total: {} }
rules:
  luck: { told: luck, when: "true", chance: 0.5, do: [add: { gauge: total, by: 1 }] }
  one: { told: one, when: "true", do: [add: { gauge: total, by: 3 }] }
  two: { told: two, when: "true", do: [add: { gauge: total, by: 2 }] }
  idle: { told: idle, when: "false", do: [add: { gauge: total, by: 5 }] }
measures:
  total: { told: the sum, value: total, better: more }
  never: { told: nothing, value: "0" }
uncertain:
  first: { path: rules.one.do.0.add.by, low: 0, high: 6, basis: assumed }
  second: { path: rules.two.do.0.add.by, low: 0, high: 2, basis: assumed }
  third: { path: rules.idle.do.0.add.by, low: 0, high: 9, basis: assumed }
"""
"""The sum of two uncertain numbers, and of a coin that no number has a part in."""


@pytest.fixture(scope="module")
def gauges():
    return scene(GAUGES)


# ------------------------------------------------------------------------------------------------- published indices


def ishigami(points: np.ndarray) -> np.ndarray:
    """Ishigami and Homma (1990): sin x1 + 7 sin^2 x2 + 0.1 x3^4 sin x1 over [-pi, pi]^3."""
    x = (2.0 * points - 1.0) * np.pi
    return np.sin(x[:, 0]) + 7.0 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def test_sobol_indices_of_the_ishigami_function():
    """First 0.3139, 0.4424, 0; total 0.5576, 0.4424, 0.2437 (Saltelli et al. 2008, Global Sensitivity Analysis, 4.6)."""
    places = design("sobol", 3, 4096)
    rows = np.array(indices("sobol", places, ishigami(places)))
    assert rows[:, 0] == pytest.approx([0.3139, 0.4424, 0.0], abs=0.02)
    assert rows[:, 3] == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.02)
    assert (rows[:, 1] - 0.03 <= [0.3139, 0.4424, 0.0]).all()
    assert (rows[:, 2] + 0.03 >= [0.3139, 0.4424, 0.0]).all()


def test_morris_effects_of_a_plane_are_its_slopes():
    places = design("morris", 3, 8)
    rows = np.array(indices("morris", places, places @ [2.0, -3.0, 0.0]))
    assert rows[:, 0] == pytest.approx([2.0, -3.0, 0.0], abs=1e-12)
    assert rows[:, 3] == pytest.approx([2.0, 3.0, 0.0], abs=1e-12)
    assert rows[:, 6] == pytest.approx(0.0, abs=1e-12)


def test_an_outcome_that_never_changes_hangs_on_nothing():
    places = design("sobol", 2, 8)
    assert [row[:6] for row in indices("sobol", places, np.ones(len(places)))] == [(0.0,) * 6] * 2


def test_variance_is_shared_out_as_it_was_put_in():
    generator = np.random.default_rng(3)
    points, seeds = 400, 300
    values = 2.0 * generator.normal(size=(points, 1)) + generator.normal(size=(1, seeds))
    values = values + 3.0 * generator.normal(size=(points, seeds))
    found = variation(values)
    assert (found.numbers, found.luck, found.together) == pytest.approx((4 / 14, 1 / 14, 9 / 14), abs=0.03)
    assert found.noise == pytest.approx((9 / 300) / (4 + 9 / 300), rel=0.2)
    alone = variation(np.broadcast_to(generator.normal(size=(30, 1)), (30, 10)))
    assert (alone.numbers, alone.luck, alone.together, alone.noise) == pytest.approx((1.0, 0.0, 0.0, 0.0), abs=1e-9)


# ------------------------------------------------------------------------------------------------------ from worlds


def test_luck_that_all_points_share_drops_out(gauges):
    found = sensitivity(gauges, "sobol", 64, of=["total", "never"], seeds=6, workers=1)
    by_name = {one.number: one for one in found.indices if one.name == "total"}
    # Variances 36/12 and 4/12: nine tenths and one tenth.
    assert by_name["first"].total == pytest.approx(0.9, abs=0.15)
    assert by_name["second"].total == pytest.approx(0.1, abs=0.05)
    assert by_name["third"].total == 0.0
    part = found.variations["measure", "total"]
    assert part.together == pytest.approx(0.0, abs=1e-9)
    assert part.noise == pytest.approx(0.0, abs=1e-9)
    assert part.luck > 0.0
    assert any("everywhere: nothing that was varied matters" in sentence for sentence in found.sentences())


def test_morris_says_how_far_a_number_moves_the_outcome(gauges):
    found = sensitivity(gauges, "morris", 4, seeds=2, workers=1)
    assert [(one.number, one.first, one.total) for one in found.ranked("measure", "total")] == [
        ("first", pytest.approx(6.0, rel=1e-5), pytest.approx(6.0, rel=1e-5)),
        ("second", pytest.approx(2.0, rel=1e-5), pytest.approx(2.0, rel=1e-5)),
        ("third", 0.0, 0.0),
    ]
    assert "is moved by first (+6 over its range); second (+2 over its range)" in " ".join(found.sentences())


def test_a_box_is_said_in_words(gauges):
    found = sensitivity(gauges, "prim", few(600), of=["total > 6"], workers=1)
    assert isinstance(found, Discovery)
    assert found.bounds(found.boxes[0])[0][0].name == "first"
    low = found.bounds(found.boxes[0])[0][1]
    assert 4.0 < low < 5.5
    text = found.text()
    assert "It lives where first is at least" in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 80
    assert found.boxes[0].box.density > found.share
    json.dumps(plain(found.facts()), allow_nan=False)
    found.picture()


def test_every_world_can_be_played_again_from_its_row():
    valley = load_scenario("valley")
    found = sensitivity(valley, "morris", 2, seeds=2, numbers=["dam_holds", "keeper_speed"])
    for row in found.worlds.sample(4, seed=1).iter_rows(named=True):
        settings = {valley.uncertain[n].path: valley.uncertain[n].text(row[n]) for n in ("dam_holds", "keeper_speed")}
        again = run("valley", row["seed"], overrides=settings)
        assert again.ending == row["ending"]
        assert again.measures == {m.name: row[f"measure:{m.name}"] for m in valley.measures}


def test_rows_do_not_depend_on_threads(gauges):
    one, two = (sensitivity(gauges, "morris", 2, seeds=3, workers=threads) for threads in (1, 3))
    assert one.worlds.equals(two.worlds)
    assert one.table.equals(two.table)


def test_an_answer_is_saved_told_and_drawn(gauges, tmp_path):
    found = sensitivity(gauges, "sobol", 4, seeds=2, workers=1)
    found.save(tmp_path / "answer")
    assert json.loads((tmp_path / "answer" / "result.json").read_text())["method"] == "sobol"
    assert pl.read_parquet(tmp_path / "answer" / "table.parquet").height == found.table.height
    assert max(map(len, found.text(80).splitlines())) <= 80
    assert found.picture().panels[0].title == next(m.told for m in gauges.measures if m.name == "total")


# ------------------------------------------------------------------------------------------------------------ points


@pytest.mark.parametrize(("name", "quick"), [("valley", True), ("vault", False), ("insurrection", True)])
def test_a_point_is_what_compiling_gives(name, quick):
    scenario = load_scenario(name)
    points = Points(scenario, list(scenario.uncertain.values()))
    assert points.quick == quick
    for shares in np.random.default_rng(8).random((2, len(points.numbers))).tolist():
        written = points.at(shares)
        compiled = load_scenario(name, overrides=points.settings(shares))
        assert written.overrides == compiled.overrides
        for side in ("program", "world"):
            for table, mine, theirs in zip(
                getattr(compiled.built, side)._fields,
                getattr(written.built, side),
                getattr(compiled.built, side),
                strict=True,
            ):
                assert mine.tobytes() == theirs.tobytes(), (side, table)


def test_making_points_leaves_the_scenario_as_it_was(gauges):
    before = [array.tobytes() for array in gauges.program]
    points = Points(gauges, list(gauges.uncertain.values()))
    points.at([1.0, 1.0, 1.0])
    assert [array.tobytes() for array in gauges.program] == before
    assert not points.at([0.2, 0.2, 0.2]).program.effects.flags.writeable


def test_a_number_that_changes_the_size_of_a_table_is_compiled_each_time():
    text = "crowds: { many: { count: 5, faction: ours, place: here } }\n"
    text += "uncertain: { size: { path: crowds.many.count, low: 2, high: 9, basis: assumed } }\n"
    scenario = scene(text + "measures: { n: { told: n, value: 'count(many, alive)' } }\n")
    points = Points(scenario, list(scenario.uncertain.values()))
    assert not points.quick
    found = sensitivity(scenario, "morris", 2, of=["n"], seeds=1, workers=1)
    assert set(found.worlds["measure:n"]) == set(found.worlds["size"])


# ------------------------------------------------------------------------------------------------------------ faults


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": "moris"}, "did you mean 'morris'"),
        ({"method": "sobol", "n": 12}, "powers of 2"),
        ({"n": 1}, "at least two points"),
        ({"seeds": 0}, "one seed"),
        ({"of": ["totl"]}, "did you mean 'total'"),
        ({"numbers": ["frist"]}, "did you mean 'first'"),
        ({"method": "prim"}, "one outcome"),
        ({"method": "prim", "of": ["total"]}, "give it a bound"),
        ({"method": "prim", "of": ["over > 1"]}, "is an ending"),
        ({"confidence": 2.0}, "confidence must lie"),
    ],
)
def test_what_is_wrong_is_said(gauges, arguments, message):
    with pytest.raises(RequestError, match=message):
        sensitivity(gauges, **({"n": 2, "seeds": 1, "workers": 1} | arguments))


def test_a_scenario_without_uncertain_numbers_is_told_how_to_declare_them():
    with pytest.raises(RequestError, match="uncertain:\n"):
        sensitivity(scene(""), workers=1)


def test_without_salib_the_extra_is_named(gauges, monkeypatch):
    monkeypatch.setitem(sys.modules, "SALib.analyze", None)
    with pytest.raises(MissingExtraError, match="briarpatch\\[sensitivity\\]"):
        sensitivity(gauges, "sobol", 2, workers=1)
