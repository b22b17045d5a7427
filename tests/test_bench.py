"""The players of the benchmarks end where the engine does, to the last bit."""

import shutil

import hunts
import numpy as np
import pursuit
import pytest

from briarpatch.laws import pursuit as laws

pytestmark = pytest.mark.long

NEAR = {"area": "5 km^2"}


@pytest.fixture(scope="module")
def hunt():
    return pursuit.lay(40, 4, 60, True, **NEAR)


@pytest.fixture(scope="module")
def ours(hunt):
    return pursuit.with_engine(hunt, **NEAR)


def same(one, other):
    return all(getattr(one, what).tobytes() == getattr(other, what).tobytes() for what in ("x", "y", "tagged"))


def test_the_small_hunt_tags_some_and_not_all(ours):
    assert 0 < (ours.tagged >= 0).sum() < len(ours.tagged)


def test_numpy_ends_where_the_engine_does(hunt, ours):
    assert same(ours, hunts.with_numpy(hunt))


@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc")
def test_c_ends_where_the_engine_does(hunt, ours):
    assert same(ours, hunts.with_c(hunt))


@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc")
@pytest.mark.parametrize("tags", [True, False])
def test_eight_people_at_once_end_as_one_after_another(tags):
    hunt = pursuit.lay(43, 4, 60, tags, **NEAR)
    if hunts.has_vectors():
        assert same(hunts.with_c(hunt), hunts.with_vectors(hunt))


def test_without_tags_all_stay_free_and_the_drones_agree():
    free = pursuit.lay(40, 4, 60, False, **NEAR)
    found = pursuit.with_engine(free, **NEAR)
    assert (found.tagged == -1).all()
    assert same(found, hunts.with_numpy(free))


def test_a_hunt_that_is_saved_loads_again(hunt, tmp_path):
    hunt.save(tmp_path / "hunt.npz")
    again = hunts.Hunt.load(tmp_path / "hunt.npz")
    assert (again.looks, again.tags, again.people, again.drones) == (60, True, 40, 4)
    assert all(np.array_equal(vars(again)[name], value) for name, value in vars(hunt).items())


def test_the_numbers_of_the_players_are_those_of_the_law():
    assert hunts.AIM == laws.AIM
    names = ("X", "Y", "WEIGHT", "FROM_X", "FROM_Y", "VX", "VY", "SINCE")
    assert [getattr(hunts, name) for name in names] == [getattr(laws, name) for name in names]
