"""Whole scenarios held to what can be worked out about them: a crisis with a closed answer, a night on which nothing happens,
switches that switch what they list and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from briarpatch import engine
from briarpatch.scenario.catalog import load_scenario, scenario_names
from plays import few, log, play, row, within


def test_O_INT_2_where_nothing_hunts_fires_or_ages_nobody_is_taken_and_every_message_arrives():
    """O-INT.2: drones that are none, guns that are none, pads that are none, a machine nobody starts, a field of nothing."""
    scenario = load_scenario("quiet")
    assert scenario.warnings == []
    died = 0
    for seed in range(few(20)):
        world = play(scenario, seed)
        taken, dead, heard = engine.measures(scenario.program, world)
        assert (taken, heard) == (0.0, 2.0)
        assert scenario.endings[int(world.state["ending"][0])].name == "quiet"
        deaths = log(scenario, world, "died")
        assert len(deaths) == dead
        assert all(entry.object == "" for entry in deaths)
        assert not log(scenario, world, "tagged", "carried", "captured", "taken away", "attacked", "started", "lost")
        assert len(log(scenario, world, "sent")) == len(log(scenario, world, "delivered")) == 2
        died += dead
    assert died > 0


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield (path, value) of every value of a document that is not made of others; empty ones too."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    inside = [leaf for key, item in items for leaf in leaves(item, (*path, str(key)))]
    yield from inside or [(".".join(path), value)]


def parameters(name: str, variants: dict[str, str]) -> dict[str, Any]:
    """Return every parameter of a scenario as its switches leave it, by path."""
    document = load_scenario(name, variants=variants).document.model_dump(mode="json", by_alias=True)
    document.pop("variants")
    return dict(leaves(document))


SWITCHED = [
    (name, variant, setting)
    for name, _ in scenario_names()
    for variant, info in load_scenario(name).variants.items()
    for setting in info.settings
]


def test_some_scenarios_have_variants():
    assert len(SWITCHED) > 10


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.long) if name == "insurrection" else name
        for name in sorted({name for name, _, _ in SWITCHED})
    ],
)
def test_O_INT_3_a_variant_changes_what_it_lists_and_nothing_else(name):
    """O-INT.3, over every setting of every variant of the scenarios that come along."""
    usual = parameters(name, {})
    document = load_scenario(name).document
    for _, variant, setting in (switch for switch in SWITCHED if switch[0] == name):
        default = document.variants[variant].default
        switched = parameters(name, {variant: setting})
        changed = {path for path in usual.keys() | switched.keys() if usual.get(path) != switched.get(path)}
        listed: set[str] = set()
        for patch in (document.variants[variant].settings[s] for s in {default, setting}):
            listed |= set(patch.set) | set(patch.remove)
            listed |= {
                path.rpartition(".")[0] for path in patch.remove if path.rpartition(".")[2].isdigit()
            }  # a list closes up
        assert (not changed) if setting == default else True, (variant, setting)
        for path in changed:
            inside = any(path == known or path.startswith(known + ".") for known in listed)
            emptied = any(known.startswith(path + ".") for known in listed)
            assert inside or emptied, (variant, setting, path)


CLOSED = {"saved": 0.557288, "word": 0.378143, "gear": 0.288081}
"""What the last word comes to, worked out: either of a courier and a council, and of a guard and a fitter."""


@pytest.mark.parametrize("poll", ["60 s", "30 s"])
def test_O_INT_1_the_last_word_is_had_as_often_as_worked_out(poll):
    """O-INT.1 at two cadences, and X-2, the guard who is persuaded before the deadline."""
    scenario = load_scenario("last_word", overrides={"scenario.poll": poll})
    assert scenario.warnings == []
    n = few(4000)
    seeds = range(n) if poll == "60 s" else range(n, 2 * n)
    found, persuaded = [], 0
    for seed in seeds:
        world = play(scenario, seed)
        found.append(engine.measures(scenario.program, world))
        persuaded += bool(world.events.times[row(scenario, "event", "let_in")])
    for measure, share in zip(scenario.measures, np.mean(found, axis=0), strict=True):
        assert within(share, CLOSED[measure.name], n), (measure.name, share)
    assert within(persuaded / n, 0.486136, n)
