"""Decisions: forced under the same luck exactly, counted rightly, and told as the tables say (O-14.*)."""

from __future__ import annotations

import json
import math

import numpy as np
import polars as pl
import pytest
from statsmodels.stats.contingency_tables import mcnemar as reference_mcnemar
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from briarpatch.analysis import measures as laws
from briarpatch.analysis.decide import bootstrap, decide
from briarpatch.analysis.policies import MOST_POLICIES, all_options, find_decision
from briarpatch.analysis.results import plain
from briarpatch.analysis.worlds import Arm
from briarpatch.errors import RequestError
from briarpatch.scenario.catalog import load_scenario
from plays import few, scene, within
from rows import rows_of

STORM = """
rules:
  storm: { told: A storm came, when: "true", chance: 0.5 }
decisions:
  ann.sail:
    question: Does Ann sail?
    when: time() >= '1 h'
    options:
      far: { told: she sails far }
      near: { told: she stays near }
      home: { told: she stays at home }
measures:
  catch:
    told: fish caught
    value: >-
      chose(ann.sail.far) ? (happened(storm) ? 1 : 5)
      : chose(ann.sail.near) ? 3 : chose(ann.sail.home) ? (happened(storm) ? 6 : 0) : -1
    better: more
  fair: { told: fair weather, value: "happened(storm) ? 0 : 1", better: more }
"""
"""The table of O-14.5, with a storm for its second state."""


@pytest.fixture(scope="module")
def vault():
    return load_scenario("vault")


@pytest.fixture(scope="module")
def storm():
    return decide(scene(STORM), "ann.sail", 60, learn=["happened(storm)"], accuracy=1.0, workers=1, first=200)


def row_of(found, policy, name):
    return found.table.row(by_predicate=(pl.col("policy") == policy) & (pl.col("name") == name), named=True)


# ------------------------------------------------------------------------------------------------- what is played


@pytest.mark.parametrize("names", [["manager.act"], ["manager.act", "guard.answer"]])
def test_policies_play_what_each_would_play_from_the_start(vault, names):
    arms = all_options([find_decision(vault, name) for name in names])
    out = decide(vault, names, few(24), workers=2).outcomes
    rows = rows_of(vault, arms, range(few(24)), 2)
    for number, arm in enumerate(arms):
        mine = rows.filter(rows["arm"] == arm.name)
        assert out.times[number].tolist() == mine["time"].to_list()
        assert [vault.endings[ending].name for ending in out.endings[number]] == mine["ending"].to_list()
        for column, measure in enumerate(vault.measures):
            assert out.measures[number, :, column].tolist() == mine[f"measure:{measure.name}"].to_list()
    assert 0 < np.isfinite(out.asked).sum() < len(out.asked) or len(out.asked) < 24


def test_a_question_that_comes_again_is_forced_every_time():
    text = """
gauges: { heads: {} }
decisions:
  ann.toss:
    question: Heads?
    when: time() % 3600 < 1800
    poll: 5 min
    repeat: true
    options:
      heads: { told: heads, do: [add: { gauge: heads, by: 1 }] }
      tails: { told: tails }
measures: { heads: { told: heads, value: heads } }
"""
    text = text.replace("when: time() % 3600 < 1800", "when: (time() > '1 h' && time() < '2 h') || time() > '3 h'")
    scenario = scene(text, until="5 h")
    out = decide(scenario, "ann.toss", 12, workers=1).outcomes
    assert set(out.measures[1, :, 0]) == {2.0}
    assert set(out.measures[2, :, 0]) == {0.0}
    assert set(out.measures[0, :, 0]) >= {1.0}


def test_outcomes_do_not_depend_on_threads(vault):
    one, two = (decide(vault, "manager.act", 12, workers=threads) for threads in (1, 3))
    assert one.table.equals(two.table)
    assert one.worlds.equals(two.worlds)


def test_options_that_are_the_same_differ_by_exactly_nothing():
    twin = STORM.replace("near: { told: she stays near }", "near: { told: near }\n      too: { told: near as well }")
    twin = twin.replace("chose(ann.sail.near)", "chose(ann.sail.near) || chose(ann.sail.too)")
    found = decide(scene(twin), "ann.sail", 40, workers=1)
    assert found.alike == [("near", "too")]
    gaps = found.table.filter(pl.col("policy") == "near").join(
        found.table.filter(pl.col("policy") == "too"), on=["kind", "name"], suffix="_too"
    )
    for column in ("estimate", "low", "high", "difference", "difference_low", "difference_high"):
        assert gaps[column].equals(gaps[f"{column}_too"], null_equal=True), column
    assert gaps["best"].to_list() == pytest.approx(gaps["best_too"].to_list(), abs=0.06)
    assert laws.paired_difference(found.utility[2], found.utility[3]).estimate == 0.0
    assert any("the same in every world" in sentence for sentence in found.sentences())


def test_worlds_without_the_question_are_reported_and_alike(vault):
    found = decide(vault, "manager.act", few(40))
    asked = np.isfinite(found.outcomes.asked)
    assert found.asked == asked.sum()
    assert (found.outcomes.endings[:, ~asked] == found.outcomes.endings[:1, ~asked]).all()
    assert f"came up in {found.asked} of {found.n} worlds" in found.sentences()[0]


def test_a_question_that_never_comes_up():
    found = decide(scene(STORM.replace("time() >= '1 h'", '"false"')), "ann.sail", 5, workers=1)
    assert found.asked == 0
    assert found.best == 0
    assert "never came up" in found.text()
    json.dumps(plain(found.facts()), allow_nan=False)


def test_an_option_that_is_never_open_is_said_and_not_compared():
    found = decide(
        scene(STORM.replace("she stays near }", 'she stays near, open: "false" }')), "ann.sail", 20, workers=1
    )
    assert found.possible == [1.0, 1.0, 0.0, 1.0]
    assert row_of(found, "near", "catch")["best"] == 0.0
    assert any("'near' could not be taken in any world" in sentence for sentence in found.sentences())
    assert found.names[found.best] != "near"


def test_an_option_that_is_open_in_some_worlds():
    text = STORM.replace("she stays near }", "she stays near, open: happened(storm) }")
    found = decide(scene(text), "ann.sail", few(100), workers=1)
    assert within(found.possible[2], 0.5, few(100))
    assert any("'near' could be taken in" in sentence for sentence in found.sentences())


# ----------------------------------------------------------------------------------------------------- what it says


def test_the_published_table_of_regrets(storm):
    """O-14.5: greatest regrets 5, 3, 5; the middle action has the least; certain knowledge is worth 2.5 at even odds."""
    summary = storm.summary
    assert summary["greatest_regret"].to_list() == [None, 5.0, 3.0, 5.0]
    assert any("'near' has the smallest greatest regret" in s for s in storm.sentences()) or storm.best == 2
    one = storm.learning[0]
    p = one.odds
    blind = max(p * 1 + (1 - p) * 5, 3.0, p * 6)
    assert (one.best_if_so, one.best_if_not) == ("home", "far")
    assert one.value == pytest.approx(p * 6 + (1 - p) * 5 - blind)
    assert one.sampled == pytest.approx(one.value)
    assert one.held_out.low <= one.value <= one.held_out.high + 1.0
    assert row_of(storm, "near", "catch")["estimate"] == 3.0


def test_a_report_is_worth_less_than_knowledge_and_a_coin_nothing():
    values = [
        decide(scene(STORM), "ann.sail", 40, learn=["happened(storm)"], accuracy=q, workers=1).learning[0]
        for q in (0.5, 0.8, 1.0)
    ]
    assert values[0].sampled == pytest.approx(0.0, abs=1e-12)
    assert values[0].sampled < values[1].sampled < values[2].sampled == pytest.approx(values[2].value)


def test_learning_a_fact_that_matters_and_one_that_does_not():
    text = STORM.replace("chance: 0.5", "chance: 0").replace("happened(storm)", "holds(squall)")
    text += "facts: { squall: { so: false, prior: 0.4 }, rumour: { so: true, prior: 0.3 } }\n"
    found = decide(scene(text), "ann.sail", 30, facts=True, accuracy=1.0, workers=1)
    by_name = {one.what: one for one in found.learning}
    squall = by_name["squall"]
    assert squall.how == "turned"
    assert squall.odds == pytest.approx(0.4)
    assert (squall.best_if_so, squall.best_if_not) == ("home", "far")
    # With p = 0.4 for the squall: far 0.4 + 3 = 3.4, near 3, home 2.4; knowing 2.4 + 3 = 5.4.
    assert squall.value == pytest.approx(2.0)
    assert squall.held_out.estimate == pytest.approx(2.0)
    assert by_name["rumour"].value == 0.0
    assert any("would change nothing" in s for s in found.sentences())


def test_the_pareto_set_and_the_weight_that_ties():
    text = STORM.replace('value: "happened(storm) ? 0 : 1"', 'value: "chose(ann.sail.home) ? 1 : 0"')
    text = text.replace("chance: 0.5", "chance: 0")
    found = decide(scene(text), "ann.sail", 20, workers=1)
    # far (5, 0), near (3, 0), home (0, 1)
    assert found.pareto[0] == [False, True, False, True]
    tie = next(tie for tie in found.break_even if tie.second == "home")
    assert (tie.first, tie.criterion, tie.tie) == ("far", "fair", 5.0)
    assert 3.0 < tie.low < 5.0 < tie.high < 7.0
    other = decide(scene(text), "ann.sail", 20, weights={"catch": 1.0, "fair": 6.0}, workers=1)
    assert other.names[other.best] == "home"


def test_what_must_never_happen_comes_before_any_weight():
    found = decide(scene(STORM), "ann.sail", 40, never=["catch < 2"], weights={"catch": 1.0}, workers=1)
    assert found.names[found.best] == "near"
    assert found.allowed[1:] == [False, True, False]
    assert found.summary["best"].to_list()[1:] == [0.0, 1.0, 0.0]
    loose = decide(scene(STORM), "ann.sail", 40, never=["catch < 2"], tolerate=1.0, workers=1)
    assert all(loose.allowed)
    none = decide(scene(STORM), "ann.sail", 40, never=["catch > -5"], workers=1)
    assert all(none.allowed[1:])
    assert any("No option keeps" in s for s in none.sentences())
    ending = decide(scene(STORM), "ann.sail", 10, never=["over"], workers=1)
    assert ending.forbidden[1].estimate == 1.0


def test_the_worst_worlds(storm):
    """CVaR of far: its worst twentieth are storms, with a catch of 1."""
    assert storm.tails[1:] == pytest.approx([1.0, 3.0, 0.0])


def test_several_policies(vault):
    found = decide(vault, policies=["manager.act=police, guard.answer=lie", "manager.act=sleep"], n=few(20))
    assert found.names == ["doctrine", "manager.act=police, guard.answer=lie", "manager.act=sleep"]
    assert found.worlds.height == 3 * few(20)
    assert "policy 1: manager.act=police" in found.text()


def test_a_result_is_saved_told_and_drawn(storm, tmp_path):
    storm.save(tmp_path / "answer")
    assert json.loads((tmp_path / "answer" / "result.json").read_text())["asked"] == 60
    storm.save(tmp_path / "answer.csv")
    assert pl.read_csv(tmp_path / "answer.csv").height == storm.table.height
    assert max(map(len, storm.text(80).splitlines())) <= 80
    assert "ann.sail" in storm._repr_html_()
    assert [panel.title for panel in storm.picture().panels] == ["How it ends", "fish caught"]


# ---------------------------------------------------------------------------------------------------- faults


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"decision": "ann.sial"}, "did you mean 'ann.sail'"),
        ({"decision": "bob"}, "this scenario has ann.sail"),
        ({}, "name the decision"),
        ({"decision": "ann.sail", "policies": ["ann.sail=far"]}, "one of the two"),
        ({"policies": ["ann.sail=fra"]}, "did you mean 'far'"),
        ({"policies": ["ann.sail"]}, "written as"),
        ({"policies": ["ann.sail=far", "ann.sail=far"]}, "given twice"),
        ({"policies": ["ann.sail=far, ann.sail=near"]}, "twice"),
        ({"decision": "ann.sail", "weights": {"cach": 1.0}}, "did you mean 'catch'"),
        ({"decision": "ann.sail", "weights": {"catch": -1.0}}, "more is better"),
        ({"decision": "ann.sail", "weights": {"catch": math.inf}}, "finite"),
        ({"decision": "ann.sail", "never": ["catch"]}, "measure > number"),
        ({"decision": "ann.sail", "never": ["cach > 1"]}, "did you mean 'catch'"),
        ({"decision": "ann.sail", "learn": ["happend(storm)"]}, "condition of the scenario language"),
        ({"decision": "ann.sail", "facts": ["x"]}, "unknown fact 'x'"),
        ({"decision": "ann.sail", "accuracy": 0.3}, "accuracy must lie"),
        ({"decision": "ann.sail", "n": 0}, "at least one world"),
        ({"decision": "ann.sail", "choices": {"ann.sail": "far"}}, "cannot be fixed as well"),
        ({"decision": "ann.sail", "choices": {"ann.sail": "x"}}, "has no option 'x'"),
    ],
)
def test_what_is_wrong_is_said(arguments, message):
    with pytest.raises(RequestError, match=message.replace("(", "\\(")):
        decide(scene(STORM), **({"n": 2, "workers": 1} | arguments))


def test_too_many_combinations_are_refused():
    questions = "".join(
        f"  ann.q{i}:\n    question: q\n    when: 'true'\n    options: {{ a: {{ told: a }}, b: {{ told: b }} }}\n"
        for i in range(7)
    )
    scenario = scene("decisions:\n" + questions)
    with pytest.raises(RequestError, match=f"more than {MOST_POLICIES}"):
        decide(scenario, [f"ann.q{i}" for i in range(7)], 1)


# ------------------------------------------------------------------------------------------- statistics, by reference


def test_intervals_are_those_of_statsmodels():
    generator = np.random.default_rng(5)
    flags, numbers = (generator.random(200) < 0.2).astype(float), generator.gamma(2.0, 3.0, 200)
    low, high = proportion_confint(int(flags.sum()), 200, method="wilson")
    assert laws.average(flags)[1:] == pytest.approx((low, high), abs=1e-12)
    even = np.concatenate(
        [numbers, 2.0 * numbers.mean() - numbers]
    )  # without skew, so that Hall's transformation rests
    assert laws.average(even, 0.9)[1:] == pytest.approx(DescrStatsW(even).tconfint_mean(0.1), rel=1e-9)
    other = (generator.random(200) < 0.3).astype(float)
    table = [[np.sum((flags == i) & (other == j)) for j in (1, 0)] for i in (1, 0)]
    assert laws.mcnemar(flags, other) == pytest.approx(reference_mcnemar(table, exact=True).pvalue, rel=1e-9)


def test_the_chance_of_being_best_is_that_of_the_normal_law():
    generator = np.random.default_rng(1)
    shared = generator.normal(size=2000)
    first, second = shared, shared + 0.02 + 0.5 * generator.normal(size=2000)
    draws = bootstrap({"u": np.stack([first, second])}, 4000)["u"]
    gap = laws.paired_difference(second, first)
    z = gap.estimate / (gap.half_width / 1.959964)
    expected = 0.5 * math.erfc(-z / math.sqrt(2.0))
    assert (draws[:, 1] > 0.0).mean() == pytest.approx(expected, abs=4.0 * math.sqrt(expected * (1 - expected) / 4000))
    assert (draws[:, 0] == 0.0).all()


def test_paired_intervals_cover_as_often_as_they_say():
    generator = np.random.default_rng(2)
    covered, trials = 0, 600
    for _ in range(trials):
        luck = generator.random(200)
        first, second = luck < 0.35, np.where(generator.random(200) < 0.8, luck, generator.random(200)) < 0.3
        found = laws.paired_difference(first, second)
        covered += found.low <= 0.05 <= found.high
    assert within(covered / trials, 0.95, trials)


def test_bootstrap_bounds_cover_as_often_as_they_say():
    generator = np.random.default_rng(3)
    covered, trials = 0, 400
    for _ in range(trials):
        sample = np.stack([np.zeros(150), generator.normal(1.0, 2.0, 150)])
        low, high = np.percentile(bootstrap({"u": sample}, 400)["u"][:, 1], [2.5, 97.5])
        covered += low <= 1.0 <= high
    assert within(covered / trials, 0.94, trials)


def test_arms_named_alike_are_no_trouble(vault):
    assert all_options([find_decision(vault, "manager.act")])[0] == Arm("doctrine")
