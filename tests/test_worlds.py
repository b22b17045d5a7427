"""Many worlds: the same rows on any number of threads, rows that agree with runs, arms under common luck."""

import itertools
import math

import pytest

from briarpatch.analysis.worlds import Arm, Player, Reader, in_threads, players
from briarpatch.errors import RequestError
from briarpatch.run import Run, run
from briarpatch.scenario.catalog import load_scenario
from rows import rows_of


@pytest.fixture(scope="module")
def vault():
    return load_scenario("vault")


def test_rows_do_not_depend_on_threads(vault):
    alone, together = rows_of(vault, [Arm()], range(40), 1), rows_of(vault, [Arm()], range(40), 3)
    assert alone.equals(together)
    assert alone["seed"].to_list() == list(range(40))


def test_a_row_says_what_the_run_says(vault):
    frame = rows_of(vault, [Arm()], range(6), 2)
    for row in frame.iter_rows(named=True):
        played = run("vault", row["seed"])
        assert row["ending"] == played.ending
        assert row["time"] == played.time
        assert {name: row[f"measure:{name}"] for name in played.measures} == played.measures
        assert row["entries"] == len(played.log)


def test_arms_play_the_same_seeds(vault):
    decision = vault.decisions[0]
    arms = [Arm(option.name, {decision.name: option.name}) for option in decision.options]
    frame = rows_of(vault, arms, range(10))
    for arm in arms:
        rows = frame.filter(frame["arm"] == arm.name)
        assert rows["seed"].to_list() == list(range(10))
        assert set(rows[f"chose:{decision.name}"].drop_nulls().to_list()) <= {arm.name}


def test_equal_arms_give_equal_rows(vault):
    frame = rows_of(vault, [Arm("one"), Arm("two")], range(10))
    one, two = (frame.filter(frame["arm"] == name).drop("arm") for name in ("one", "two"))
    assert one.equals(two)


def test_two_arms_cannot_share_a_name():
    with pytest.raises(RequestError, match="each its own name"):
        players("vault", [Arm("a"), Arm("a")])


def test_endless_jobs_are_played_only_as_far_as_they_are_read(vault):
    player, played = Player(vault), []

    def play(seed):
        player.play(seed)
        played.append(seed)
        return seed

    worlds = in_threads(play, itertools.count(), threads=2, chunk=2)
    assert [next(worlds) for _ in range(5)] == [0, 1, 2, 3, 4]
    worlds.close()
    assert len(played) < 40


def test_a_world_that_is_started_can_be_stopped_on_the_way(vault):
    player = Player(vault)
    half = player.go(player.start(3), 600.0)
    whole = player.go(half)
    again = player.play(3)
    reader = Reader(vault)
    assert reader.row(player, 3, whole) == reader.row(player, 3, again)
    assert math.isfinite(float(whole.state["time"][0]))
    assert isinstance(player.run(3), Run)
