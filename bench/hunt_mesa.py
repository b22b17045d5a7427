"""The hunt in Mesa: an agent a person, an agent a drone, the search of a drone by NumPy over shared positions."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path

import mesa
import numpy as np
from hunts import FROM_X, FROM_Y, LOOK, SINCE, VX, VY, WEIGHT, Hunt, Outcome, Tally, Worlds, step, timed


class Person(mesa.Agent):
    """Somebody who walks."""

    def __init__(self, model: Chase, index: int) -> None:
        super().__init__(model)
        self.index = index

    def walk(self) -> None:
        model, i = self.model, self.index
        gone = model.now - model.way[SINCE, i]
        model.at_x[i] = model.way[FROM_X, i] + model.way[VX, i] * gone
        model.at_y[i] = model.way[FROM_Y, i] + model.way[VY, i] * gone


class Drone(mesa.Agent):
    """One that flies after whom it makes out best."""

    def __init__(self, model: Chase, x: np.float32, y: np.float32) -> None:
        super().__init__(model)
        self.x, self.y, self.touches = x, y, -1

    def chase(self) -> None:
        model = self.model
        dx, dy = model.at_x - self.x, model.at_y - self.y
        who = int(np.argmin((dx * dx + dy * dy) * model.weight))
        whither = map(float, (model.at_x[who], model.at_y[who], model.way[VX, who], model.way[VY, who]))
        x, y, near = step(float(self.x), float(self.y), *whither)
        self.touches = who if near else -1
        self.x, self.y = np.float32(x), np.float32(y)


class Chase(mesa.Model):
    """The hunt."""

    def __init__(self, hunt: Hunt) -> None:
        super().__init__(rng=1)
        self.hunt, self.look, self.turn = hunt, 0, -1
        self.at_x, self.at_y = np.zeros(hunt.people, np.float32), np.zeros(hunt.people, np.float32)
        self.walkers = mesa.agent.AgentSet([Person(self, i) for i in range(hunt.people)], random=self.random)
        self.pack = mesa.agent.AgentSet(
            [Drone(self, *at) for at in zip(hunt.x, hunt.y, strict=True)], random=self.random
        )
        self.tagged = np.full(hunt.people, -1, np.int32)

    def step(self) -> None:
        hunt, k = self.hunt, self.look
        if self.turn + 1 < len(hunt.change) and hunt.change[self.turn + 1] == k:
            self.turn += 1
            self.way = hunt.ways[self.turn]
            self.weight = np.where(self.tagged >= 0, np.float32(np.inf), self.way[WEIGHT])
        self.now = np.float32(k * LOOK)
        self.walkers.do("walk")
        self.pack.do("chase")
        for drone in self.pack:
            if hunt.tags and drone.touches >= 0:
                self.tagged[drone.touches] = k
                self.weight[drone.touches] = np.inf
        self.look += 1


def play(hunt: Hunt) -> Outcome:
    """Play the hunt."""
    model = Chase(hunt)
    seconds = timed(lambda: [model.step() for _ in range(hunt.looks)])
    x, y = (np.array([getattr(drone, axis) for drone in model.pack], np.float32) for axis in "xy")
    return Outcome(x, y, model.tagged, seconds)


@cache
def worlds_of(path: Path) -> Worlds:
    """Return the worlds in a file, which each process reads once."""
    return Worlds.load(path)


class SmallChase(Chase):
    """One of many worlds, as `batch_run` wants them."""

    def __init__(self, path: Path, world: int) -> None:
        super().__init__(worlds_of(path).hunt(world))
        self.datacollector = mesa.DataCollector({"tagged": lambda model: int((model.tagged >= 0).sum())})

    def step(self) -> None:
        super().step()
        self.datacollector.collect(self)
        self.running = self.look < self.hunt.looks


def play_many(path: Path, processes: int) -> Tally:
    """Play every world of a file by `batch_run`, and have the number at the end of each reported."""
    number = len(worlds_of(path).x)
    began = time.perf_counter()
    rows = mesa.batch_run(
        SmallChase,
        {"path": [path], "world": range(number)},
        number_processes=processes,
        data_collection_period=-1,
        display_progress=False,
    )
    seconds = time.perf_counter() - began
    tagged = {row["world"]: row["tagged"] for row in rows}
    return Tally(np.array([tagged[world] for world in range(number)]), seconds)
