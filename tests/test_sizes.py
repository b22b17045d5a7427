"""What a scenario takes in memory is known before it is taken, and refused with the number and the remedy."""

from __future__ import annotations

import subprocess
import sys
import time
import tracemalloc

import pytest
import yaml

from briarpatch.declare import columns
from briarpatch.errors import ScenarioError
from briarpatch.scenario import build, load
from briarpatch.scenario.catalog import load_text, packaged
from briarpatch.world import tables
from peak import PEAK


def valley(**changes) -> str:
    data = load.read(packaged() / "valley.yaml").data
    for section, entries in changes.items():
        data[section].update(entries)
    return yaml.safe_dump(data, sort_keys=False)


def named(count: int) -> str:
    return valley(people={f"p{i}": {"faction": "valley_people", "place": "village"} for i in range(count)})


PLAYED = f"""{PEAK}
import sys, time
import briarpatch as bp
from briarpatch.scenario.catalog import load_text
began = time.monotonic()
scenario = load_text(sys.stdin.read())
run = bp.run(scenario, seed=1)
print(len(run.world.minds), len(run.world.bonds), time.monotonic() - began, peak())
"""


@pytest.mark.long
def test_four_thousand_named_people_without_relations_are_played_in_less_than_a_gigabyte():
    played = subprocess.run(
        [sys.executable, "-c", PLAYED], input=named(4_000), capture_output=True, text=True, check=True
    )
    minds, bonds, seconds, kilobytes = (float(word) for word in played.stdout.split())
    assert (minds, bonds) == (4_002, 0)
    assert kilobytes < 1e6
    assert seconds < 120


def test_what_the_named_hold_for_one_another_grows_with_the_pairs_that_are_related():
    bonds = "bonds:\n" + "".join(f"  - {{ who: p{i}, to: p{i + 1}, affection: 0.5 }}\n" for i in range(99))
    none, some = load_text(named(100)), load_text(named(100) + bonds)
    assert (len(none.built.world.bonds), len(some.built.world.bonds)) == (0, 2 * 99)


def discussed(count: int) -> str:
    return named(count) + "opinions: { fee: { told: the fee, among: valley_people } }\n"


@pytest.mark.parametrize(
    ("count", "most"), [(1_100, 8), pytest.param(9_000, build.LARGEST_WORLD // 1_000_000, marks=pytest.mark.long)]
)
def test_too_many_who_talk_a_matter_over_are_refused_with_the_number_and_the_remedy(count, most):
    began = time.monotonic()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "LARGEST_WORLD", most * 1_000_000)
        with pytest.raises(ScenarioError) as refused:
            load_text(discussed(count))
    (fault,) = refused.value.faults
    n = f"{count + 2:,}"
    assert fault.message.startswith(
        f"the scenario would take more than {most} MB of memory (for {n} named people, table 'influence' with {n} x {n} rows: "
    )
    assert fault.message.endswith(" MB); make a crowd of those who need no name")
    assert time.monotonic() - began < 120


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
