"""Effects of uncertain numbers: of the size that can be, over the whole range, with bounds for other points and other luck."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briarpatch.analysis.sensitivity import ENOUGH_POINTS, crossed_mean, design, indices, sensitivity, variation
from plays import scene

CASES = Path(__file__).parent / "cases"


@pytest.fixture(scope="module")
def town():
    return sensitivity(CASES / "threshold_town.yaml", of=["lost", "add", "prod", "ruin"], seeds=2, workers=1)


def test_a_town_of_5000_cannot_lose_more(town):
    """x decides over 5,000 lives at one half of its range; no slope is drawn out beyond the ends."""
    x, z = town.ranked("measure", "lost")
    assert (x.number, x.first, x.total) == ("x", 5000.0, 5000.0)
    assert (z.number, z.first, z.total) == ("z", 0.0, 0.0)
    assert "+5,000 over its range" in town.text()


def test_effects_are_from_end_to_end_and_the_others_anywhere(town):
    """Of x + 2 z; of x z, where the other is one half on average; of an ending that x < .3 and z > .6 make."""
    assert [(one.number, pytest.approx(one.first)) for one in town.ranked("measure", "add")] == [("z", 2.0), ("x", 1.0)]
    for one in town.ranked("ending", "ruin"):
        truth = {"x": -0.4, "z": 0.3}[one.number]
        assert one.first_low <= truth <= one.first_high
        assert -1.0 <= one.first_low <= one.first_high <= 1.0
        assert one.first == pytest.approx(truth, abs=0.06)


def test_a_mean_has_bounds(town):
    part = town.variations["measure", "lost"]
    assert part.mean_low < 2500.0 < part.mean_high
    assert part.mean == pytest.approx(2500.0, abs=300.0)
    ruin = town.variations["ending", "ruin"]
    assert 0.0 <= ruin.mean_low <= 0.12 <= ruin.mean_high <= 1.0


@given(st.integers(1, 4), st.integers(2, 6), st.integers(1, 4), st.integers(0, 10_000))
@settings(max_examples=60)
def test_no_effect_leaves_the_range_of_the_outcome(numbers, paths, seeds, seed):
    places = design("morris", numbers, paths)
    generator = np.random.default_rng(seed)
    values = np.round(generator.random((len(places), seeds)), 1)
    span = float(np.ptp(values))
    for effect, _, _, size, _, _, _ in indices("morris", places, values):
        assert abs(effect) <= size + 1e-9
        assert size <= span + 1e-9


def test_a_hump_has_a_size_without_an_effect():
    places = design("morris", 2, 20)
    rows = indices("morris", places, (np.abs(places[:, 0] - 0.5) < 0.3).astype(float))
    assert rows[0][0] == 0.0
    assert rows[0][3] > 0.4
    assert rows[1][:4] == (0.0, 0.0, 0.0, 0.0)


def test_luck_alone_has_no_size():
    """A number that only stirs the luck: its mean size is 0, not the size of the noise."""
    generator = np.random.default_rng(2)
    places = design("morris", 1, 40)
    sizes = [indices("morris", places, generator.normal(size=(len(places), 8)))[0][3] for _ in range(60)]
    lows = [indices("morris", places, generator.normal(size=(len(places), 8)))[0][4] for _ in range(60)]
    assert np.mean(sizes) < 0.2  # the noise of an effect here is 0.5, and its mean size 0.4
    assert np.mean(np.array(lows) > 0.0) <= 0.12


def covered(points: int, seeds: int, of_points: float, of_seeds: float, of_rest: float, trials: int) -> float:
    generator, held = np.random.default_rng(points * seeds), 0
    for _ in range(trials):
        table = of_points * generator.normal(size=(points, 1)) + of_seeds * generator.normal(size=(1, seeds))
        found = crossed_mean(1.0 + table + of_rest * generator.normal(size=(points, seeds)))
        held += found.low <= 1.0 <= found.high
    return held / trials


@pytest.mark.parametrize("parts", [(1.0, 0.0, 0.0), (0.0, 1.0, 0.5), (1.0, 1.0, 1.0)])
def test_means_of_points_and_seeds_are_held(parts):
    assert 0.92 <= covered(20, 8, *parts, trials=600) <= 0.985


@pytest.mark.long
@pytest.mark.parametrize("points", [10, 20, 100])
@pytest.mark.parametrize("seeds", [2, 4, 8, 16])
@pytest.mark.parametrize("parts", [(1.0, 0.0, 0.3), (0.3, 1.0, 0.3), (1.0, 1.0, 1.0), (0.2, 0.2, 1.0)])
def test_means_of_points_and_seeds_are_held_in_full(points, seeds, parts):
    """Between .93 and .97; more where little but noise is left, and less (.87) from two seeds, as the page says."""
    found = covered(points, seeds, *parts, trials=4000)
    assert found >= (0.93 if seeds > 2 else 0.86), found
    if parts[2] < 1.0 and seeds > 2:
        assert found <= 0.97, found


def ishigami(points: np.ndarray) -> np.ndarray:
    x = (2.0 * points - 1.0) * np.pi
    return np.sin(x[:, 0]) + 7.0 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def test_few_base_points_are_said_to_be_few():
    text = """
gauges: { total: {} }
rules: { one: { told: one, when: "true", do: [add: { gauge: total, by: 3 }] } }
measures: { total: { told: the sum, value: total, better: more } }
uncertain: { first: { path: rules.one.do.0.add.by, low: 0, high: 6, basis: assumed } }
"""
    few, enough = (sensitivity(scene(text), "sobol", n, seeds=2, workers=1) for n in (8, ENOUGH_POINTS))
    assert "base points are few" in " ".join(few.sentences())
    assert "base points are few" not in " ".join(enough.sentences())
    one_seed = sensitivity(scene(text), "morris", 2, seeds=1, workers=1)
    assert "leave out luck" in " ".join(one_seed.sentences())


@pytest.mark.long
def test_intervals_of_indices_hold_from_64_base_points_on():
    """Of the Ishigami function: a share of 100 designs each; quasi-random points make the intervals rather wide."""
    first, total = np.array([0.3139, 0.4424, 0.0]), np.array([0.5576, 0.4424, 0.2437])
    held = []
    for seed in range(100):
        places = design("sobol", 3, ENOUGH_POINTS, seed)
        rows = np.array(indices("sobol", places, ishigami(places)))
        held.append((rows[:, 1] <= first) & (first <= rows[:, 2]) & (rows[:, 4] <= total) & (total <= rows[:, 5]))
    assert np.mean(held, axis=0).min() >= 0.85


# ------------------------------------------------------------------------------------------------------------ boxes


def test_worlds_without_a_finite_value_are_left_out_of_a_box_and_counted():
    text = """
gauges: { total: {} }
rules:
  luck: { told: luck, when: "true", chance: 0.5 }
  one: { told: one, when: "true", do: [add: { gauge: total, by: 3 }] }
measures: { far: { told: how far, value: "happened(luck) ? total : 1 / (total - total)" } }
uncertain: { first: { path: rules.one.do.0.add.by, low: 0, high: 6, basis: assumed } }
"""
    found = sensitivity(scene(text), "prim", 200, of=["far > 3"], workers=1)
    assert found.undefined + len(found.interest) == 200
    assert 60 < found.undefined < 140
    assert found.share == pytest.approx(0.5, abs=0.2)
    assert found.worlds.height == len(found.interest)
    assert f"Left out: {found.undefined} worlds more" in found.text()


def test_variance_of_one_point_or_seed_is_no_error():
    assert variation(np.ones((1, 5))).mean == 1.0
    assert crossed_mean(np.array([[1.0, 3.0]])).low < 2.0
    assert crossed_mean(np.array([[1.0], [3.0]])).low < 2.0
    assert crossed_mean(np.ones((3, 3))) == (1.0, 1.0, 1.0)
