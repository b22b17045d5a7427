"""Series, data and scores: what is read, what it is held against, and what an author is told."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import briarpatch as bp
from briarpatch.analysis import scores
from briarpatch.analysis.worlds import digest
from briarpatch.scenario.catalog import load_scenario, load_text

HEAD = """
scenario: { title: Counts, until: 12 d }
maps: { m: {} }
places: { here: { map: m, at: [0 m, 0 m] } }
factions: { us: {} }
people: { clerk: { faction: us, place: here } }
gauges: { level: { start: 0 } }
endings: { over: { told: it was over } }
"""
SERIES = "series: { level: { told: the level, value: gauge(level), every: 1 d } }\n"


def levels(values) -> str:
    """Return a scenario whose gauge has each of `values` at the end of each day."""
    rules = "\n".join(
        f"  day_{k}: {{ when: 'true', after: {24 * k + 12} h, do: [ set: {{ gauge: level, to: {value} }} ] }}"
        for k, value in enumerate(values)
    )
    return f"{HEAD}rules:\n{rules}\n{SERIES}"


def seen(values, shows="total") -> str:
    rows = ", ".join(f"[{k + 1} d, {value}]" for k, value in enumerate(values) if value is not None)
    return (
        f"data: {{ counted: {{ rows: [{rows}] }} }}\n"
        f"observed: {{ days: {{ series: level, as: {shows}, data: counted }} }}\n"
    )


def faults(text: str) -> str:
    with pytest.raises(bp.ScenarioError) as wrong:
        load_text(text)
    return str(wrong.value)


def test_crps_O_22_1():
    """O-22.1 The score of a few members, plain and fair; one member; many members of a normal law."""
    members, value = np.array([[1.0], [2.0], [4.0]]), np.array([2.5])
    assert scores.crps(members, value, fair=False)[0] == pytest.approx(0.5, abs=1e-12)
    assert scores.crps(members, value)[0] == pytest.approx(1.0 / 6.0, abs=1e-12)
    assert scores.crps(np.array([[3.0]]), value)[0] == 0.5
    from scipy.stats import norm

    normal = norm.ppf((np.arange(20_000) + 0.5) / 20_000)[:, None]
    assert scores.crps(normal, np.array([0.5]))[0] == pytest.approx(0.331404, abs=1e-4)


def test_errors_of_a_played_series_O_22_2():
    """O-22.2 The errors of a series that the engine plays, beside those of the naive forecast."""
    found = bp.validate(load_text(levels([150, 250, 250, 350, 300]) + seen([100, 300, 200, 400, 350])), 3)
    assert found.scores[0].members.tolist() == [[150, 250, 250, 350, 300]] * 3
    overall = found.scores[0].overall()
    assert overall["mae"] == 50.0
    assert overall["naive"] == 137.5
    assert overall["mase"] == pytest.approx(0.363636, abs=1e-6)
    assert overall["rmse"] == 50.0
    assert overall["bias"] == -10.0


def test_missing_observations_are_no_neighbours_O_22_3():
    """O-22.3 Observations with gaps: the naive forecast is scored where the reading before was observed too."""
    told = [5000, 6000, 8000, 12000, 18000, 20000, 15000, 12000, 7000, 4000, 1500]
    counted = [6000, None, None, 16300, 21600, 19600, 13400, 12500, 6800, 2900, 1200]
    overall = bp.validate(load_text(levels(told) + seen(counted)), 1).scores[0].overall()
    assert overall["naive"] == pytest.approx(3671.428571, abs=1e-6)
    assert overall["mae"] == pytest.approx(1444.444444, abs=1e-6)
    assert overall["mase"] == pytest.approx(0.393428, abs=1e-6)


def test_ranks_and_intervals_O_22_4():
    """O-22.4 Three small ensembles: inside the central 80 % or not, their scores, between which ranks."""
    members = np.array([[1, 2, 0], [2, 3, 0], [3, 4, 1], [4, 5, 1], [5, 9, 2]], float)
    value = np.array([4.5, 10.0, 0.0])
    assert scores.covered(members, value, 0.8).tolist() == [True, False, True]
    assert scores.crps(members, value, fair=False) == pytest.approx([0.9, 4.12, 0.4], abs=1e-12)
    fewer, no_more = scores.ranks(members, value)
    assert fewer.tolist() == [4, 5, 0]
    assert no_more.tolist() == [4, 5, 2]


def test_interval_score_O_22_5():
    """O-22.5 Beyond a central interval, each unit costs two over its tail."""
    assert scores.interval_score(np.array([2.0]), np.array([8.0]), np.array([9.0]), 0.9)[0] == pytest.approx(26.0)


def test_change_is_since_the_reading_before():
    found = bp.validate(load_text(levels([10, 30, 30, 5]) + seen([10, 20, 0, -25], "change")), 1)
    assert found.scores[0].members.tolist() == [[10, 20, 0, -25]]
    assert found.scores[0].overall()["mae"] == 0.0


def test_a_reading_sees_what_happens_at_its_instant():
    text = levels([]).replace(
        "rules:\n", "rules: { now: { when: 'true', after: 1 d, do: [set: { gauge: level, to: 7 }] } }\n"
    )
    assert bp.validate(load_text(text + seen([7])), 1).scores[0].members.tolist() == [[7.0]]


def test_after_the_ending_the_last_state_stands():
    text = levels([4]).replace("until: 12 d", "until: 12 d, ends_when: gauge(level) > 3")
    assert bp.validate(load_text(text + seen([4, 4, 4])), 1).scores[0].members.tolist() == [[4.0, 4.0, 4.0]]


@pytest.mark.parametrize("name", ["valley", "vault", "ridge"])
def test_a_series_changes_no_byte(name):
    import yaml

    from briarpatch.scenario import load
    from briarpatch.scenario.catalog import find

    data = load.read(find(name)).data
    more = data | {"series": {"hours": {"told": "hours", "value": "time() / '1 h'", "every": "7 min"}}}
    with_series = load_text(yaml.safe_dump(more, sort_keys=False, allow_unicode=True))
    for seed in range(2):
        assert digest(bp.run(with_series, seed=seed).world) == digest(bp.run(load_scenario(name), seed=seed).world)


@given(
    st.lists(st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=4), min_size=1, max_size=9),
    st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=4),
)
def test_crps_is_the_mean_over_pairs(members, value):
    """The sorted form is the definition: mean |x - y| - half of mean |x - x'|."""
    table, at = np.array(members), np.array(value)
    pairs = np.abs(table[:, None] - table[None]).mean(axis=(0, 1))
    wanted = np.abs(table - at).mean(axis=0) - 0.5 * pairs
    assert scores.crps(table, at, fair=False) == pytest.approx(wanted, rel=1e-9, abs=1e-6)


# ------------------------------------------------------------------------------------------------- what an author does


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("series: { a: { told: t, value: time() } }", "wants either 'every' or 'at'"),
        ("series: { a: { told: t, value: time(), every: 1 h, at: [1 h] } }", "wants either 'every' or 'at'"),
        ("series: { a: { told: t, value: time(), at: [2 h, 1 h] } }", "the times must rise"),
        ("series: { a: { told: t, value: time(), at: [20 d] } }", "lies outside the story"),
        ("series: { a: { told: t, value: time(), every: 20 d } }", "the first reading lies outside the story"),
        ("series: { a: { told: t, value: time(), every: 1 s } }", "1,036,800 readings, 100,000 are allowed"),
        ("series: { a: { told: t, value: gauge(lvel), every: 1 h } }", "did you mean 'level'?"),
        ("data: { a: {} }", "wants either 'file' or 'rows'"),
        ("data: { a: { rows: [[2 d, 1], [1 d, 2]] } }", "the times must rise"),
        ("data: { a: { file: none.csv } }", "'none.csv' is not there"),
        ("data: { a: { file: ../up.csv } }", "is not there"),
        (SERIES + "observed: { a: { series: lvel, data: x } }", "unknown series 'lvel'; did you mean 'level'?"),
        (SERIES + "observed: { a: { series: level, data: x } }", "unknown data 'x'"),
        (SERIES + seen([1]).replace("1 d", "90 min"), "when 'level' is not read"),
        (SERIES + seen([1]).replace("1 d", "90 d"), "no number of 'counted' lies within the story"),
    ],
)
def test_a_fault_says_where_and_what(text, says):
    assert says in faults(HEAD + text)


def test_what_lies_outside_and_what_is_unused_is_asked_about():
    text = HEAD + SERIES + seen([1, 2]).replace("2 d", "90 d") + "\n"
    found = load_text(text.replace("data: { ", "data: { idle: { rows: [[1 d, 1]] }, "))
    said = "\n".join(map(str, found.warnings))
    assert "'counted' has a number outside the story" in said
    assert "nothing reads it; name it in 'observed'" in said


def test_a_scenario_without_observations_says_so():
    with pytest.raises(bp.RequestError, match="has no 'observed' section"):
        bp.validate("valley", 1)


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "counts"
    place.mkdir()
    text = HEAD + SERIES + "data: { counted: { file: counts.csv, value: people } }\n"
    (place / "scenario.yaml").write_text(text + "observed: { days: { series: level, data: counted } }\n")
    return place


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("time,people\n1 d,5\n2 d,\n3 d,7\n", ""),
        ("time;people\n1 d;5\n", "there is no column 'time'"),
        ("time,pople\n1 d,5\n", "no column 'people'; did you mean 'pople'?"),
        ("time,people\n1 d,many\n", "line 2: column 'people': wants a number, got 'many'"),
        ("time,people\n1 d,5,6\n", "line 2: has 3 cells, the first line has 2"),
        ("time,people\n2 d,5\n1 d,6\n", "line 3: the times must rise"),
        ("time,people\n1 d,5\n1 d,6\n", "line 3: the times must rise"),
        ("time,people\n1,5\n", "say with 'unit' what 1 in this column is"),
        ("time,people\n", "no row below the names"),
        ("", "there is no column 'time'"),
        ('time,people\n"1 d,5\n', "is no CSV"),
        ("time,people\n1 d,=1+1\n", "wants a number, got '=1+1'"),
        ("time,people\n1 d,1e999\n", "wants a number"),
    ],
)
def test_a_table_is_read_as_numbers_or_refused_with_its_line(folder, table, says):
    (folder / "counts.csv").write_text(table)
    if says:
        with pytest.raises(bp.ScenarioError) as wrong:
            load_scenario(folder)
        assert says in str(wrong.value)
        assert "scenario.yaml" in str(wrong.value)
    else:
        (one,) = load_scenario(folder).observed
        assert one.times == (86400.0, 3 * 86400.0)
        assert one.values == (5.0, 7.0)


def test_a_link_out_of_the_folder_is_not_followed(folder, tmp_path):
    (tmp_path / "secret.csv").write_text("time,people\n1 d,5\n")
    (folder / "counts.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(bp.ScenarioError, match="is not there"):
        load_scenario(folder)


@pytest.mark.parametrize("alone", [False, True], ids=["folder", "file"])
def test_a_saved_run_has_its_data_with_it(folder, tmp_path, alone):
    (folder / "counts.csv").write_text("time,people\n1 d,5\n")
    path = folder / "scenario.yaml" if alone else folder
    run = bp.run(load_scenario(path), seed=1)
    run.save(tmp_path / "saved")
    again = bp.load(tmp_path / "saved").scenario
    assert again.observed == run.scenario.observed
    assert again.digest == run.scenario.digest
    (folder / "counts.csv").write_text("time,people\n1 d,6\n")
    assert load_scenario(path).digest != run.scenario.digest


def test_the_horse_kicks_are_a_small_number_of_deaths():
    """The rate of the ten years before does better than the naive forecast, and every number of the answer is there."""
    found = bp.validate("kicks", 60, seed=7)
    overall = found.scores[0].overall()
    assert overall["mase"] < 1.0
    assert math.isfinite(overall["crps"])
    assert "better than the naive forecast" in found.text()
    assert found.table.height == 10
    assert set(found.facts()["observed"][0]["scores"]) == set(overall)
