"""The hunt in mesa-frames: a frame of people who walk by expressions, a frame of drones that search and fly by NumPy."""

from __future__ import annotations

import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # frames this small cost more with several

import numpy as np
import polars as pl
from hunts import LOOK, Hunt, Outcome, fly, timed
from mesa_frames import AgentSetPolars, ModelDF

COLUMNS = ("x", "y", "weight", "from_x", "from_y", "vx", "vy", "since")


class People(AgentSetPolars):
    """Those who walk."""

    def __init__(self, model: Chase, number: int) -> None:
        super().__init__(model)
        tagged = pl.Series([-1] * number, dtype=pl.Int32)
        self += pl.DataFrame({"unique_id": pl.arange(number, eager=True), "tagged": tagged})

    def turn(self, ways: np.ndarray) -> None:
        """Let all walk other ways from now on."""
        self.agents = self.agents.with_columns(pl.Series(name, way) for name, way in zip(COLUMNS, ways, strict=True))

    def step(self) -> None:
        gone = pl.lit(self.model.now, dtype=pl.Float32) - pl.col("since")
        self.agents = self.agents.with_columns(
            x=pl.col("from_x") + pl.col("vx") * gone, y=pl.col("from_y") + pl.col("vy") * gone
        )


class Drones(AgentSetPolars):
    """Those that fly, each after whom it makes out best."""

    def __init__(self, model: Chase, x: np.ndarray, y: np.ndarray) -> None:
        super().__init__(model)
        touches = pl.repeat(-1, len(x), dtype=pl.Int64, eager=True)
        self += pl.DataFrame({"unique_id": pl.arange(len(x), eager=True), "x": x, "y": y, "touches": touches})

    def step(self) -> None:
        free = self.model.people.agents.filter(pl.col("tagged") < 0)
        at_x, at_y, weight = (free[name].to_numpy() for name in ("x", "y", "weight"))
        x, y = self.agents["x"].to_numpy(), self.agents["y"].to_numpy()
        dx, dy = at_x[None, :] - x[:, None], at_y[None, :] - y[:, None]
        whom = free[np.argmin((dx * dx + dy * dy) * weight, axis=1)]
        wide = [whom[name].to_numpy().astype(np.float64) for name in ("x", "y", "vx", "vy")]
        new_x, new_y, near = fly(x.astype(np.float64), y.astype(np.float64), *wide)
        touches = np.where(near, whom["unique_id"].to_numpy(), -1)
        self.agents = self.agents.with_columns(
            x=pl.Series(new_x.astype(np.float32)), y=pl.Series(new_y.astype(np.float32)), touches=pl.Series(touches)
        )


class Chase(ModelDF):
    """The hunt."""

    def __init__(self, hunt: Hunt) -> None:
        super().__init__(seed=1)
        self.hunt, self.look, self.turn = hunt, 0, -1
        self.people, self.drones = People(self, hunt.people), Drones(self, hunt.x, hunt.y)

    def step(self) -> None:
        hunt, k = self.hunt, self.look
        if self.turn + 1 < len(hunt.change) and hunt.change[self.turn + 1] == k:
            self.turn += 1
            self.people.turn(hunt.ways[self.turn])
        self.now = k * LOOK
        self.people.do("step")
        self.drones.do("step")
        touched = self.drones.agents["touches"].to_numpy()
        if hunt.tags and (touched >= 0).any():
            tagged = self.people.agents["tagged"].to_numpy().copy()
            tagged[touched[touched >= 0]] = k
            self.people.agents = self.people.agents.with_columns(pl.Series("tagged", tagged))
        self.look += 1


def play(hunt: Hunt) -> Outcome:
    """Play the hunt."""
    model = Chase(hunt)
    seconds = timed(lambda: [model.step() for _ in range(hunt.looks)])
    drones, people = model.drones.agents, model.people.agents
    return Outcome(*(column.to_numpy() for column in (drones["x"], drones["y"], people["tagged"])), seconds)
