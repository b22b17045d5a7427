"""PRIM against EMA Workbench on its own example data, and on boxes that are known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from briarpatch.analysis.prim import between, search
from briarpatch.errors import RequestError

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def cases():
    """The example data of EMA Workbench; see data/make_prim_boxes.py."""
    table = np.genfromtxt(DATA / "bryant_lempert_2010.csv", delimiter=",", names=None, skip_header=1)
    names = (DATA / "bryant_lempert_2010.csv").read_text().splitlines()[0].split(",")[:-1]
    return names, table[:, :-1], table[:, -1] > 0.5


@pytest.fixture(scope="module")
def reference():
    return json.loads((DATA / "prim_boxes.json").read_text())


@pytest.mark.parametrize(
    ("objective", "theirs"), [("gain", "lenient1"), ("weighted", "lenient2"), ("mean", "original")]
)
def test_boxes_are_those_of_ema_workbench(cases, reference, objective, theirs):
    names, x, y = cases
    boxes = search(x, y, peel=0.1, paste=0.05, least_mass=0.05, objective=objective).boxes
    assert len(boxes) == len(reference[theirs])
    for mine, box in zip(boxes, reference[theirs], strict=True):
        limits = np.array([box["limits"][name] for name in names])
        np.testing.assert_allclose(np.stack([mine.low, mine.high], axis=1), limits, rtol=1e-12)
        assert mine.coverage == pytest.approx(box["coverage"], abs=1e-12)
        assert mine.density == pytest.approx(box["density"], abs=1e-12)
        assert mine.mass == pytest.approx(box["mass"], abs=1e-12)


def test_quasi_p_values_are_those_of_ema_workbench(cases, reference):
    names, x, y = cases
    box = search(x, y).boxes[-1]
    for name, theirs in reference["quasi_p"].items():
        for mine, their in zip(box.quasi_p[names.index(name)], theirs, strict=True):
            assert (np.isnan(mine) and their == -1.0) or mine == pytest.approx(their, rel=1e-6)


def test_a_box_that_is_there_is_found():
    """Every case of interest lies in [0.2, 0.5] x [0.6, 1]: that box is found to within a peel."""
    x = np.random.default_rng(4).random((4000, 5))
    y = (x[:, 1] >= 0.2) & (x[:, 1] <= 0.5) & (x[:, 3] >= 0.6)
    box = search(x, y, peel=0.05).chosen
    assert box.restricted.tolist() == [False, True, False, True, False]
    assert (box.low[1], box.high[1], box.low[3]) == pytest.approx((0.2, 0.5, 0.6), abs=0.02)
    assert box.density > 0.95
    assert box.coverage > 0.95
    assert np.nanmax(box.quasi_p) < 1e-6


def test_the_order_of_cases_and_the_scale_of_inputs_do_not_matter():
    generator = np.random.default_rng(6)
    x = generator.random((500, 3))
    y = x.sum(axis=1) + 0.2 * generator.random(500) > 2.0
    one = search(x, y).chosen
    order = generator.permutation(500)
    two = search(x[order] * [1.0, 1000.0, 1e-3], y[order]).chosen
    np.testing.assert_allclose(two.low, one.low * [1.0, 1000.0, 1e-3], rtol=1e-12)
    np.testing.assert_array_equal(two.inside, one.inside[order])


def test_noise_gives_no_box_to_speak_of():
    generator = np.random.default_rng(7)
    box = search(generator.random((1000, 4)), generator.random(1000) < 0.3).chosen
    assert box.density < 0.5


def test_a_cut_falls_between_values_that_differ():
    values = np.array([1.0, 1.0, 1.0, 2.0, 3.0, 3.0])
    assert between(values, 0.1) == 1.5
    assert between(values, 0.9) == 2.5
    assert between(np.ones(5), 0.1) == 1.0


@pytest.mark.parametrize(
    ("inputs", "interest", "message"),
    [
        (np.zeros((3, 2)), [1, 1, 1], "every case"),
        (np.zeros((3, 2)), [0, 0, 0], "no case"),
        (np.zeros((0, 2)), [], "no case"),
        (np.zeros((3, 2)), [1, 0], "got"),
        (np.full((2, 1), np.nan), [1, 0], "finite"),
    ],
)
def test_what_cannot_be_searched_is_said(inputs, interest, message):
    with pytest.raises(RequestError, match=message):
        search(inputs, interest)
