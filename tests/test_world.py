"""Worlds as tables: copies, comparison, room, and bytes that come back as they were or are refused."""

import io
import json
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from briarpatch.errors import SavedRunError
from briarpatch.world import states, tables
from briarpatch.world.world import GROWING, World, compare, copy, from_bytes, grow, to_bytes
from plays import go_on, scene

TEXT = """
gauges: { level: {} }
facts: { flood: {} }
rules: { tick: { when: "true", rate: 10/h, do: [{ add: { gauge: level, by: 1 }, after: 5 min }] } }
"""


@pytest.fixture(scope="module")
def scenario():
    return scene(TEXT)


@pytest.fixture
def world(scenario):
    return go_on(scenario, scenario.world(1), 12_000.0)[0]


def test_a_copy_shares_nothing(world):
    other = copy(world)
    assert compare(world, other) == []
    for name in World._fields:
        assert not np.shares_memory(getattr(world, name), getattr(other, name))
        assert type(getattr(other, name)) is type(getattr(world, name))
    other.people["x"][0] += 1.0
    assert world.people["x"][0] != other.people["x"][0]


def test_differences_say_where(world):
    other = copy(world)
    other.beliefs["odds"][1, 0] = 3.0
    other.gauges["value"][0] = -1.0
    found = {str(difference) for difference in compare(world, other)}
    assert any(text.startswith("beliefs[1,0].odds: ") and text.endswith(" and 3.0") for text in found)
    assert any(text.startswith("gauges[0].value: ") for text in found)
    assert len(found) == 2
    assert len(compare(world, other, limit=1)) == 1


def test_numbers_are_compared_by_their_bits(world):
    one, other = copy(world), copy(world)
    one.people["x"][0] = other.people["x"][0] = np.nan
    assert compare(one, other) == []
    one.people["x"][0], other.people["x"][0] = 0.0, -0.0
    assert [difference.column for difference in compare(one, other)] == ["x"]


def test_rows_that_are_not_in_use_are_not_compared(world):
    other = copy(world)
    other.chronicle["amount"][-1] = 5.0
    other.stack["value"][0] = 5.0
    other.messages["weight"][0] = 5.0
    assert compare(world, other) == []
    used = int(other.state["pending"][0])
    other.requests["verb"][used] = -1
    other.requests["cause"][used] = 77
    other.state["pending"][0] += 1
    assert compare(world, other) == []
    other.requests["verb"][used] = 3
    assert [(difference.table, difference.column) for difference in compare(world, other)] == [("requests", "rows")]


def test_worlds_of_other_shapes_differ(world):
    other = world._replace(people=tables.PEOPLE.rows(9))
    assert [(d.table, d.column) for d in compare(world, other)] == [("people", "rows")]


def test_room_doubles_where_it_is_short_and_nothing_else_changes(world):
    short = world._replace(requests=world.requests[: int(world.state["pending"][0])].copy())
    larger = grow(short)
    assert len(larger.requests) >= 2 * len(short.requests)
    assert len(larger.chronicle) == len(short.chronicle)
    assert compare(larger, short) == []
    assert (larger.requests["verb"][len(short.requests) :] == 0).all()
    assert (larger.requests["cause"][len(short.requests) :] == -1).all()
    for name in GROWING:  # when no table is half full, all grow: a step wants more than there is
        assert len(getattr(grow(world), name)) >= 2 * len(getattr(world, name)) or name == "none"


def test_bytes_come_back_as_the_same_world_and_it_goes_on_alike(scenario, world):
    again = from_bytes(to_bytes(world), scenario.world(9))
    assert compare(world, again) == []
    assert to_bytes(world) == to_bytes(again)
    for name in World._fields:
        assert getattr(again, name).shape == getattr(world, name).shape or name in GROWING
        assert getattr(again, name).flags.c_contiguous
    first, status = go_on(scenario, world)
    second, _ = go_on(scenario, again)
    assert status == states.FINISHED
    assert to_bytes(first) == to_bytes(second)


def test_a_fresh_and_an_empty_world_come_back(scenario):
    fresh = scenario.world(3)
    assert compare(fresh, from_bytes(to_bytes(fresh), fresh)) == []
    nobody = scene("", "1 h", "people: { ann: { faction: ours, place: here } }\n").world(1)
    assert compare(nobody, from_bytes(to_bytes(nobody), nobody)) == []


def test_the_world_of_another_scenario_is_refused(scenario, world):
    other = scene(TEXT.replace("gauges: { level: {} }", "gauges: { level: {}, more: {} }")).world(1)
    with pytest.raises(SavedRunError, match="does not fit this scenario: table 'gauges'"):
        from_bytes(to_bytes(world), other)


def parts(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(found):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in found.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def array_bytes(array, pickled=False):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, allow_pickle=pickled)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found.pop("people.npy"),
        lambda found: found.pop("shapes.json"),
        lambda found: found.update({"people.npy": b""}),
        lambda found: found.update({"people.npy": found["people.npy"][:-5]}),
        lambda found: found.update({"people.npy": array_bytes(np.array([{}], object), True)}),
        lambda found: found.update({"people.npy": array_bytes(np.zeros(3))}),
        lambda found: found.update({"values.npy": array_bytes(np.zeros((1, 1)))}),
        lambda found: found.update({"shapes.json": b"{"}),
        lambda found: found.update({"shapes.json": json.dumps({"chronicle": 1 << 40}).encode()}),
        lambda found: found.update({"shapes.json": json.dumps({"chronicle": -1}).encode()}),
        lambda found: found.update({"shapes.json": json.dumps({"chronicle": "x"}).encode()}),
        lambda found: found.update({"shapes.json": json.dumps({"chronicle": None}).encode()}),
        lambda found: found.update({"shapes.json": b"[]"}),
        lambda found: found.update({"shapes.json": b"\xff"}),
    ],
)
def test_what_was_altered_is_refused(scenario, world, change):
    found = parts(to_bytes(world))
    change(found)
    with pytest.raises(SavedRunError):
        from_bytes(packed(found), scenario.world(1))


@pytest.mark.parametrize("column", ["entries", "sent", "pending"])
@pytest.mark.parametrize("value", [-1, 1 << 30])
def test_counts_that_cannot_be_are_refused(scenario, world, column, value):
    broken = copy(world)
    found = parts(to_bytes(broken))
    broken.state[column][0] = value
    plain = np.ascontiguousarray(broken.state).view(np.ndarray).view(np.dtype(broken.state.dtype.descr))
    found["state.npy"] = array_bytes(plain)
    with pytest.raises(SavedRunError):
        from_bytes(packed(found), scenario.world(1))


_SAVED: list = []


@given(st.data())
def test_noise_never_does_more_than_be_refused(data):
    if not _SAVED:
        scenario = scene(TEXT)
        _SAVED.extend((scenario, to_bytes(scenario.world(1))))
    scenario, saved = _SAVED
    at = data.draw(st.integers(0, len(saved) - 1))
    cut = data.draw(st.booleans())
    noisy = saved[:at] if cut else saved[:at] + bytes([saved[at] ^ data.draw(st.integers(1, 255))]) + saved[at + 1 :]
    try:
        again = from_bytes(noisy, scenario.built.world)
    except SavedRunError:
        return
    assert again.people.shape == scenario.built.world.people.shape
