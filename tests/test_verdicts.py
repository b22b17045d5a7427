"""What `decide` concludes: no more than its worlds allow, in numbers and in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from briarpatch.analysis.decide import _share_best as share_best
from briarpatch.analysis.decide import bootstrap, decide
from briarpatch.analysis.verdict import DRAWS, SURE
from briarpatch.world.compiled import INTERPRETED
from plays import scene

CASES = Path(__file__).parent / "cases"


def verdicts(tables: np.ndarray) -> list[int | None]:
    """Return the option that is called best in each of many studies, of utilities [studies, options, worlds]."""
    columns = {str(turn): np.concatenate([table[:1], table]) for turn, table in enumerate(tables)}
    chances = [share_best(draws[:, 1:]) for draws in bootstrap(columns, DRAWS).values()]
    return [int(np.argmax(row)) if row.max() >= SURE else None for row in chances]


def called_best(tables: np.ndarray) -> float:
    return float(np.mean([one is not None for one in verdicts(tables)]))


def false_verdicts(loss: float, worlds: int, options: int, trials: int) -> float:
    """Return how often one of some options is called best, each of which loses all with chance `loss`."""
    generator = np.random.default_rng(int(1e4 * loss) + worlds + options)
    return called_best(-(generator.random((trials, options, worlds)) < loss).astype(float))


def test_equal_options_with_a_rare_loss_are_not_told_apart():
    trials = 60 if INTERPRETED else 150
    for loss in (0.005, 0.02):
        assert false_verdicts(loss, 80, 2, trials) <= 0.05


def test_a_verdict_comes_when_the_difference_is_plain():
    generator = np.random.default_rng(5)
    tables = -(generator.random((40, 2, 200)) < np.array([0.02, 0.15])[:, None]).astype(float)
    found = verdicts(tables)
    assert found.count(0) >= 36
    assert found.count(1) == 0


def test_one_world_that_differs_is_worth_three_to_one():
    """Of two options, k of k differing worlds give 1 - 2^-(k + 1): the uniform prior of which of them such a world favours."""
    for differing in (1, 3, 5):
        utility = np.zeros((3, 200))
        utility[2, :differing] = -1.0
        draws = bootstrap({"u": utility}, 20_000)["u"][:, 1:]
        assert share_best(draws)[0] == pytest.approx(1.0 - 0.5 ** (differing + 1), abs=0.012)


@pytest.mark.long
@pytest.mark.parametrize("loss", [0.005, 0.02, 0.1, 0.5])
@pytest.mark.parametrize("worlds", [20, 100, 400])
@pytest.mark.parametrize("options", [2, 3])
def test_false_verdicts_are_as_rare_as_the_page_says(loss, worlds, options):
    trials = 600
    found = false_verdicts(loss, worlds, options, trials)
    assert found <= 0.05 + 3.0 * np.sqrt(0.05 * 0.95 / trials), found


@pytest.mark.long
@pytest.mark.parametrize("worlds", [20, 100, 400])
def test_false_verdicts_on_amounts_are_as_rare(worlds):
    """Two options whose losses are of one law, skewed, and half shared."""
    generator, trials = np.random.default_rng(worlds), 600
    shared = generator.exponential(size=(trials, 1, worlds))
    found = called_best(-(shared + generator.exponential(size=(trials, 2, worlds))))
    assert found <= 0.05 + 3.0 * np.sqrt(0.05 * 0.95 / trials)


# ---------------------------------------------------------------------------------------------------- from worlds


def test_equal_options_are_not_called_best_from_one_world():
    rare = {"rules.lossa.chance": "0.005", "rules.lossb.chance": "0.005"}
    worlds = 40 if INTERPRETED else 200
    for first in (400, 600, 1200):
        found = decide(CASES / "equal_options.yaml", "p.act", worlds, overrides=rare, first=first)
        said = " ".join(found.sentences())
        assert "cannot be told" in said or "do not tell them apart" in said
        assert "The chance that it is the best" not in said


def test_options_that_gave_the_same_are_not_said_to_do_best():
    never = {"rules.lossa.chance": "0", "rules.lossb.chance": "0"}
    found = decide(CASES / "equal_options.yaml", "p.act", 30, overrides=never)
    said = " ".join(found.sentences())
    assert "'a' and 'b' gave the same in every world" in said
    assert "does best" not in said


def test_a_number_is_printed_in_per_cent_only_if_it_is_declared_a_share():
    found = decide(CASES / "not_a_share.yaml", "keeper.act", 30)
    lines = {line.split()[0]: line for line in found.text().splitlines() if line.split()}
    assert "0 in all" in lines["dead"]
    assert "1 in all" in lines["km"]
    assert "%" not in lines["dead"] + lines["km"]
    shares = decide("vault", "manager.act", 30)
    assert any(line.strip().startswith("lost [%]") for line in shares.text().splitlines())


def test_a_share_is_printed_with_its_two_bounds():
    found = decide("vault", "manager.act", 50)
    row = found.table.row(by_predicate=(pl.col("policy") == "sleep") & (pl.col("name") == "robbed"), named=True)
    assert f"{100 * row['estimate']:.0f} [{100 * row['low']:.0f}, {100 * row['high']:.0f}]" in found.text()


def test_what_becomes_so_in_the_instant_of_the_question_is_known_when_it_is_answered():
    """The storm is cast and seen in the very instant in which the keeper answers: going is worth 100 or -80, staying 20."""
    found = decide(CASES / "known_at_the_same_instant.yaml", "p.act", 200, facts=["stormy"], learn=["happened(storm)"])
    assert {one.how for one in found.learning} == {"truth", "condition"}
    for one in found.learning:
        assert (one.best_if_so, one.best_if_not) == ("stay", "go")
        storms = one.odds
        assert abs(storms - 0.3) <= 4.0 * np.sqrt(0.21 / 200)
        blind = max(100.0 * (1.0 - storms) - 80.0 * storms, 20.0)
        assert one.value == pytest.approx(20.0 * storms + 100.0 * (1.0 - storms) - blind)
        assert one.value == pytest.approx(30.0, abs=15.0)


def test_check_asks_about_shares_that_may_be_no_shares():
    text = """
measures:
  dead: { told: dead, value: "count(ours, dead)", unit: share }
  part: { told: part, value: "count(ours, dead) / 2", unit: share }
  below: { told: below, value: "count(ours, dead) / 2 - 1", unit: share }
  number: { told: number, value: "count(ours, dead)" }
  any: { told: any, value: level, unit: share }
gauges: { level: {} }
"""
    asked = [str(fault) for fault in scene(text).warnings if "is 'share'" in str(fault)]
    assert len(asked) == 2
    assert "the value may be 2" in asked[0]
    assert "the value may be -1" in asked[1]
