"""Many worlds in the EMA Workbench: a model that plays the NumPy hunt of a world, and a pool of processes."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import numpy as np
from ema_workbench import IntegerParameter, Model, MultiprocessingEvaluator, ScalarOutcome, Scenario
from hunts import Tally, Worlds, chase


def tagged_in(worlds: Worlds, world: int) -> dict[str, int]:
    """Return how many are tagged in a world."""
    return {"tagged": int((chase(worlds.hunt(world))[2] >= 0).sum())}


def play_many(path: Path, processes: int) -> Tally:
    """Play every world of a file as a scenario of its own."""
    worlds = Worlds.load(path)
    number = len(worlds.x)
    model = Model("hunt", function=partial(tagged_in, worlds))
    model.uncertainties = [IntegerParameter("world", 0, number - 1)]
    model.outcomes = [ScalarOutcome("tagged")]
    began = time.perf_counter()
    with MultiprocessingEvaluator(model, n_processes=processes) as evaluator:
        scenarios = [Scenario(str(world), world=world) for world in range(number)]
        experiments, outcomes = evaluator.perform_experiments(scenarios=scenarios)
    seconds = time.perf_counter() - began
    tagged = np.empty(number, np.int64)
    tagged[experiments["world"].to_numpy(np.int64)] = outcomes["tagged"]
    return Tally(tagged, seconds)
