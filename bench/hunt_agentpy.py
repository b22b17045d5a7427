"""The hunt in AgentPy: an agent a person, an agent a drone, the search of a drone by NumPy over shared positions."""

from __future__ import annotations

import agentpy
import numpy as np
from hunts import FROM_X, FROM_Y, LOOK, SINCE, VX, VY, WEIGHT, Hunt, Outcome, step, timed


class Person(agentpy.Agent):
    """Somebody who walks."""

    def walk(self) -> None:
        model, i = self.model, self.index
        gone = model.now - model.way[SINCE, i]
        model.at_x[i] = model.way[FROM_X, i] + model.way[VX, i] * gone
        model.at_y[i] = model.way[FROM_Y, i] + model.way[VY, i] * gone


class Drone(agentpy.Agent):
    """One that flies after whom it makes out best."""

    def chase(self) -> None:
        model = self.model
        dx, dy = model.at_x - self.x, model.at_y - self.y
        who = int(np.argmin((dx * dx + dy * dy) * model.weight))
        whither = map(float, (model.at_x[who], model.at_y[who], model.way[VX, who], model.way[VY, who]))
        x, y, near = step(float(self.x), float(self.y), *whither)
        self.touches = who if near else -1
        self.x, self.y = np.float32(x), np.float32(y)


class Chase(agentpy.Model):
    """The hunt."""

    def setup(self) -> None:
        hunt = self.p.hunt
        self.turn = -1
        self.at_x, self.at_y = np.zeros(hunt.people, np.float32), np.zeros(hunt.people, np.float32)
        self.tagged = np.full(hunt.people, -1, np.int32)
        self.walkers = agentpy.AgentList(self, hunt.people, Person)
        self.walkers.index = agentpy.AttrIter(range(hunt.people))
        self.pack = agentpy.AgentList(self, hunt.drones, Drone)
        self.pack.x, self.pack.y = agentpy.AttrIter(hunt.x), agentpy.AttrIter(hunt.y)

    def step(self) -> None:
        hunt, k = self.p.hunt, self.t - 1
        if self.turn + 1 < len(hunt.change) and hunt.change[self.turn + 1] == k:
            self.turn += 1
            self.way = hunt.ways[self.turn]
            self.weight = np.where(self.tagged >= 0, np.float32(np.inf), self.way[WEIGHT])
        self.now = np.float32(k * LOOK)
        self.walkers.walk()
        self.pack.chase()
        for drone in self.pack:
            if hunt.tags and drone.touches >= 0:
                self.tagged[drone.touches] = k
                self.weight[drone.touches] = np.inf


def play(hunt: Hunt) -> Outcome:
    """Play the hunt."""
    model = Chase({"hunt": hunt, "seed": 1})
    model.sim_setup()
    seconds = timed(lambda: [model.sim_step() for _ in range(hunt.looks)])
    x, y = (np.array(list(axis), np.float32) for axis in (model.pack.x, model.pack.y))
    return Outcome(x, y, model.tagged, seconds)
