"""What a scenario takes in memory is known before it is taken, and refused with the number and the remedy."""

from __future__ import annotations

import time
import tracemalloc

import pytest
import yaml

from briarpatch.declare import columns
from briarpatch.errors import ScenarioError
from briarpatch.scenario import build, load
from briarpatch.scenario.catalog import load_text, packaged
from briarpatch.world import tables


def valley(**changes) -> str:
    data = load.read(packaged() / "valley.yaml").data
    for section, entries in changes.items():
        data[section].update(entries)
    return yaml.safe_dump(data, sort_keys=False)


def named(count: int) -> str:
    return valley(people={f"p{i}": {"faction": "valley_people", "place": "village"} for i in range(count)})


@pytest.mark.parametrize("count", [4_000, pytest.param(19_000, marks=pytest.mark.long)])
def test_too_many_named_people_are_refused_with_the_number_and_the_remedy(count):
    text = named(count)
    began = time.monotonic()
    with pytest.raises(ScenarioError) as refused:
        load_text(text)
    (fault,) = refused.value.faults
    pairs = (count + 2) ** 2 * tables.BONDS.dtype.itemsize / 1e6
    assert fault.message == (
        f"the scenario would take more than 512 MB of memory (for {count + 2:,} named people, with what each holds for "
        f"each: {pairs:,.0f} MB); make a crowd of those who need no name"
    )
    assert time.monotonic() - began < 120


@pytest.mark.long
def test_nineteen_hundred_named_people_are_loaded():
    scenario = load_text(named(1_900))
    assert sum(table.nbytes for table in scenario.built.world) < build.LARGEST_WORLD
    world = scenario.world(1)
    assert len(world.minds) == 1_902


def test_a_route_to_a_far_place_is_refused_and_takes_no_memory():
    data = load.read(packaged() / "valley.yaml").data
    assert "hill" in data["places"]
    text = valley(places={"hill": data["places"]["hill"] | {"at": ["1e9 km", "0 m"]}})
    tracemalloc.start()
    with pytest.raises(ScenarioError, match=r"this route goes on for 999,999,991 km.*move its places nearer"):
        load_text(text)
    assert tracemalloc.get_traced_memory()[1] < 100_000_000
    tracemalloc.stop()


def test_tables_are_not_made_beyond_their_room():
    with columns.at_most(1000), pytest.raises(columns.TooLarge) as refused:
        tables.BELIEFS.rows(1 << 20, 1 << 20)
    assert refused.value.name == "beliefs"
    with columns.at_most(10 * tables.MINDS.dtype.itemsize):
        tables.MINDS.rows(6)
        with pytest.raises(columns.TooLarge):
            tables.MINDS.rows(6)
    assert len(tables.MINDS.rows(20)) == 20


def test_every_table_of_a_scenario_is_reckoned():
    text = (packaged() / "valley.yaml").read_text()
    scenario = load_text(text)
    whole = sum(table.nbytes for table in (*scenario.built.world, *scenario.program))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "LARGEST_WORLD", whole // 2)
        with pytest.raises(ScenarioError, match=r"would take more than .* MB of memory"):
            load_text(text)
