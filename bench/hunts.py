"""The hunt of the benchmarks: what everybody is given and gives back, its arithmetic, and everybody who plays it but the engine.

    python bench/hunts.py PLAYER HUNT.npz OUT.npz [--repeat 2]
    python bench/hunts.py PLAYER WORLDS.npz OUT.npz --processes 2

The first plays one hunt, the second many small worlds by a package's own means of playing many. It needs NumPy and
what the player needs and nothing of ours, so that each player runs in an environment of its own. Whoever is another
package has a file of its own, `hunt_*.py`, which is loaded when they play.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import importlib
import math
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
LOOK, SPEED, REACH = 1.0, 15.0, 5.0
AIM = 0.9
AIMED = AIM * REACH
X, Y, WEIGHT, FROM_X, FROM_Y, VX, VY, SINCE = range(8)
"""Columns of the hunted, as in `briarpatch.laws.pursuit`."""


@dataclass
class Saved:
    """Arrays and numbers that go from one program to another as an .npz file."""

    def save(self, path: Path) -> None:
        np.savez(path, **vars(self))

    @classmethod
    def load(cls, path: Path):
        with np.load(path) as held:
            return cls(**{name: array if array.ndim else array.item() for name, array in held.items()})


@dataclass
class Hunt(Saved):
    """The same hunt for everybody: the ways of the people, and where the drones begin."""

    looks: int
    tags: bool
    change: np.ndarray
    """At which looks the ways change [changes]."""
    ways: np.ndarray
    """The columns of the people from then on [changes, 8, people]."""
    x: np.ndarray
    y: np.ndarray

    @property
    def people(self) -> int:
        return self.ways.shape[2]

    @property
    def drones(self) -> int:
        return len(self.x)


@dataclass
class Outcome(Saved):
    """How a hunt went: where the drones are [drones], at which look each was tagged [people] or -1, and the time [s]."""

    x: np.ndarray
    y: np.ndarray
    tagged: np.ndarray
    seconds: float


@dataclass
class Worlds(Saved):
    """Many small hunts, in each of which nobody's way changes: ways [worlds, 8, people], and drones [worlds, drones]."""

    looks: int
    ways: np.ndarray
    x: np.ndarray
    y: np.ndarray

    def hunt(self, world: int) -> Hunt:
        """Return one of them."""
        start = np.zeros(1, np.int32)
        return Hunt(self.looks, True, start, self.ways[world : world + 1], self.x[world], self.y[world])


@dataclass
class Tally(Saved):
    """How many were tagged in each of many worlds [worlds], and the time on the wall [s]."""

    tagged: np.ndarray
    seconds: float


def timed(play: Callable[[], object]) -> float:
    """Return the processor time [s] of this process, all its threads, that `play` takes."""
    gc.collect()
    gc.disable()
    before = time.process_time()
    play()
    spent = time.process_time() - before
    gc.enable()
    return spent


# --------------------------------------------------------------------------------------------- the arithmetic


def meeting(dx: float, dy: float, ux: float, uy: float) -> float:
    """Return the time [s] until a pursuer on an intercept course is within reach."""
    gap = dx * dx + dy * dy - AIMED * AIMED
    if gap <= 0.0:
        return 0.0
    b = dx * ux + dy * uy - SPEED * AIMED
    a = SPEED * SPEED - ux * ux - uy * uy
    square = b * b + a * gap
    if b < 0.0:
        return gap / (math.sqrt(square) - b) if square >= 0.0 else math.inf
    return (b + math.sqrt(square)) / a if a > 0.0 else math.inf


def step(x: float, y: float, to_x: float, to_y: float, ux: float, uy: float) -> tuple[float, float, bool]:
    """Return where a pursuer is at the next look, and whether it is within reach at this."""
    dx, dy = to_x - x, to_y - y
    if dx * dx + dy * dy <= REACH * REACH:
        return x + ux * LOOK, y + uy * LOOK, True
    meets = meeting(dx, dy, ux, uy)
    if not math.isinf(meets):
        dx += ux * meets
        dy += uy * meets
    far = math.sqrt(dx * dx + dy * dy)
    flown = min(meets, LOOK)
    left = LOOK - flown
    return x + SPEED * dx / far * flown + ux * left, y + SPEED * dy / far * flown + uy * left, False


def intercept(dx: np.ndarray, dy: np.ndarray, ux: np.ndarray, uy: np.ndarray) -> np.ndarray:
    """Return the times [s] until pursuers on intercept courses are within reach; arrays of any one shape."""
    gap = dx * dx + dy * dy - AIMED * AIMED
    b = dx * ux + dy * uy - SPEED * AIMED
    a = SPEED * SPEED - ux * ux - uy * uy
    square = b * b + a * gap
    with np.errstate(invalid="ignore", divide="ignore"):
        root = np.sqrt(square)
        behind = np.where(a > 0.0, (b + root) / a, math.inf)
        meets = np.where(b < 0.0, np.where(square >= 0.0, gap / (root - b), math.inf), behind)
    return np.where(gap <= 0.0, 0.0, meets)


def fly(x: np.ndarray, y: np.ndarray, to_x: np.ndarray, to_y: np.ndarray, ux: np.ndarray, uy: np.ndarray) -> tuple:
    """Return where pursuers are at the next look, and which are within reach at this; float64 arrays [drones]."""
    dx, dy = to_x - x, to_y - y
    meets = intercept(dx, dy, ux, uy)
    near = dx * dx + dy * dy <= REACH * REACH
    ahead = np.where(np.isinf(meets), 0.0, meets)
    gx, gy = dx + ux * ahead, dy + uy * ahead
    far = np.sqrt(gx * gx + gy * gy)
    flown = np.minimum(meets, LOOK)
    left = LOOK - flown
    with np.errstate(invalid="ignore", divide="ignore"):
        new_x = np.where(near, x + ux * LOOK, x + SPEED * gx / far * flown + ux * left)
        new_y = np.where(near, y + uy * LOOK, y + SPEED * gy / far * flown + uy * left)
    return new_x, new_y, near


# ------------------------------------------------------------------------------------------------ the players


@cache
def _library() -> ctypes.CDLL:
    folder = tempfile.mkdtemp()
    command = ["gcc", "-O3", "-march=native", "-ffp-contract=off", "-shared", "-fPIC", "-o", f"{folder}/pursuit.so"]
    subprocess.run([*command, str(HERE / "pursuit.c"), "-lm"], check=True)
    return ctypes.CDLL(f"{folder}/pursuit.so")


def with_c(hunt: Hunt, vectors: bool = False) -> Outcome:
    """Play it in C, gcc -O3 -march=native; with `vectors` eight people are looked at at once (AVX2)."""
    x, y, tagged = hunt.x.copy(), hunt.y.copy(), np.full(hunt.people, -1, np.int32)
    scratch = np.zeros(hunt.drones, np.int32), np.zeros(hunt.people, np.float32), np.zeros(hunt.people, np.float32)

    def pointer(array: np.ndarray) -> ctypes.c_void_p:
        return ctypes.c_void_p(array.ctypes.data)

    function = _library().hunt
    given = [hunt.looks, len(hunt.change), pointer(hunt.change), pointer(hunt.ways), hunt.people, hunt.drones]
    given += [pointer(array) for array in (x, y, tagged, *scratch)]
    seconds = timed(lambda: function(*given, *map(ctypes.c_double, (LOOK, SPEED, REACH)), hunt.tags, vectors))
    return Outcome(x, y, tagged, seconds)


def with_vectors(hunt: Hunt) -> Outcome:
    """Play it in C with AVX2."""
    return with_c(hunt, vectors=True)


def has_vectors() -> bool:
    """Return whether the vector unit is there."""
    return bool(_library().has_vectors())


def chase(hunt: Hunt) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where the drones are in the end and the look of each tag, by NumPy, all pairs of a look at once."""
    x, y, tagged = hunt.x, hunt.y, np.full(hunt.people, -1, np.int32)
    turn, free = -1, np.arange(hunt.people)
    w = hunt.ways[0]
    for k in range(hunt.looks):
        if turn + 1 < len(hunt.change) and hunt.change[turn + 1] == k:
            turn += 1
            w = hunt.ways[turn][:, free]
        gone = np.float32(k * LOOK) - w[SINCE]
        at_x, at_y = w[FROM_X] + w[VX] * gone, w[FROM_Y] + w[VY] * gone
        if len(free) == 0:
            break
        dx, dy = at_x[None, :] - x[:, None], at_y[None, :] - y[:, None]
        who = np.argmin((dx * dx + dy * dy) * w[WEIGHT], axis=1)
        wide = [column[who].astype(np.float64) for column in (at_x, at_y, w[VX], w[VY])]
        new_x, new_y, near = fly(x.astype(np.float64), y.astype(np.float64), *wide)
        x, y = new_x.astype(np.float32), new_y.astype(np.float32)
        if hunt.tags and near.any():
            tagged[free[who[near]]] = k
            kept = tagged[free] < 0
            free, w = free[kept], w[:, kept]
    return x, y, tagged


def with_numpy(hunt: Hunt) -> Outcome:
    """Play it in NumPy."""
    found: list[np.ndarray] = []
    seconds = timed(lambda: found.extend(chase(hunt)))
    return Outcome(*found, seconds)


def with_mesa(hunt: Hunt) -> Outcome:
    """Play it in Mesa: an agent a person, an agent a drone, the search of a drone by NumPy over the positions."""
    return importlib.import_module("hunt_mesa").play(hunt)


def with_agentpy(hunt: Hunt) -> Outcome:
    """Play it in AgentPy, in the same way as in Mesa."""
    return importlib.import_module("hunt_agentpy").play(hunt)


def with_mesa_frames(hunt: Hunt) -> Outcome:
    """Play it in mesa-frames: a frame of people and a frame of drones, the search by NumPy over the columns."""
    return importlib.import_module("hunt_mesa_frames").play(hunt)


def with_jax(hunt: Hunt) -> Outcome:
    """Play it in JAX, compiled beforehand."""
    return importlib.import_module("hunt_jax").play(hunt)


PLAYERS: dict[str, Callable[[Hunt], Outcome]] = {
    "c": with_c,
    "numpy": with_numpy,
    "mesa": with_mesa,
    "agentpy": with_agentpy,
    "mesa-frames": with_mesa_frames,
    "jax": with_jax,
}
"""Who plays one hunt."""
CROWDED = {"mesa": "hunt_mesa", "ema-workbench": "hunt_ema"}
"""Who plays many worlds, and the file that says how: `play_many(file of the worlds, processes)`."""


def main() -> None:
    """Play what is in one file, and write how it went into another."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("player", choices=sorted({*PLAYERS, *CROWDED}))
    parser.add_argument("given", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--repeat", type=int, default=2, help="times to play the hunt; the quickest counts")
    parser.add_argument("--processes", type=int, help="play many worlds, with so many processes")
    asked = parser.parse_args()
    if asked.processes is not None:
        played = importlib.import_module(CROWDED[asked.player]).play_many(asked.given.resolve(), asked.processes)
    else:
        hunt = Hunt.load(asked.given)
        played = min((PLAYERS[asked.player](hunt) for _ in range(asked.repeat)), key=lambda one: one.seconds)
    played.save(asked.out)


if __name__ == "__main__":
    main()
