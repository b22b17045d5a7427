"""The hunt at work: person-steps a second of one core, ours and others, with identical results, and the ratios.

    python bench/pursuit.py [--people 600] [--drones 60] [--looks 1000] [--repeat 5]

600 people walk in 30 parties over ground of several kinds, through a field of interference; 60 drones each pursue the
one whom they make out best, on an intercept course, and tag whom they reach. Ours is the engine itself playing a
scenario with a swarm that searches explicitly; the others are given the ways that the people walk, and play the same
hunt. All must end with the same bits: every drone where it is, every tag at its look. A person-step is one untagged
person at one look. Times are processor times, the best of several, of this machine and this moment: compare ratios.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import math
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from briarpatch import engine
from briarpatch.laws.pursuit import AIM, FROM_X, FROM_Y, SINCE, VX, VY, WEIGHT, X, Y
from briarpatch.scenario.compile import Scenario, load_text
from briarpatch.world import kinds, refs, states
from briarpatch.world import world as worlds

HERE = Path(__file__).resolve().parent
START = 3600.0
LOOK, SPEED, REACH = 1.0, 15.0, 5.0
AIMED = AIM * REACH


def scenario_of(people: int, drones: int, tag_rate: str) -> Scenario:
    """Return the hunt as a scenario."""
    return load_text(f"""
scenario: {{ title: the hunt of the benchmark, until: 12 h }}
maps: {{ sky: {{}}, hills: {{ regions: {{ vein: {{ at: [4 km, 1 km], to: [7 km, 1 km], radius: 50 m, interference: 20, scale: 400 m }} }} }} }}
places:
  village: {{ map: hills, at: [0 km, 0 km] }}
  caves: {{ map: hills, at: [14 km, 3 km] }}
  base: {{ map: sky, at: [0 km, 0 km] }}
routes:
  path:
    start: village
    end: caves
    by:
      - {{ at: [1.5 km, 0.5 km], footing: 0.9 }}
      - {{ at: [3 km, 0.4 km], footing: 0.7, height: 60 m }}
      - {{ at: [4 km, 1 km], footing: 0.6, height: 150 m, cover: 0.8 }}
      - {{ at: [7 km, 1 km], footing: 0.8, height: 200 m, cover: 0.6 }}
      - {{ at: [10 km, 2 km], footing: 0.7, height: 200 m }}
    last: {{ at: [14 km, 3 km], footing: 0.6, height: 300 m, cover: 0.9 }}
factions: {{ us: {{}}, them: {{}} }}
people: {{ captain: {{ faction: them, place: base }} }}
crowds: {{ walkers: {{ count: {people}, faction: us, place: village, spread: 30 m }} }}
swarms:
  pack:
    faction: them
    base: base
    count: {drones}
    search: explicit
    width: 1000 km
    speed: {SPEED} m/s
    reach: {REACH} m
    look: {LOOK} s
    area: 3000 km^2
    tag_rate: {tag_rate}
    tag_chance: 1
    period: 10 min
rules:
  walk: {{ when: "true", do: [evacuate: {{ who: walkers, along: path, party: 20, delay: 15 min }}] }}
  out: {{ when: time() >= '{START} s', do: [launch: {{ swarm: pack, after: walkers }}] }}
endings: {{ over: {{ told: over }} }}
""")


def advance(scenario: Scenario, world: worlds.World, until: float) -> worlds.World:
    """Return the world played on to `until` [s]."""
    while engine.play(scenario.program, world, until) == states.NEEDS_ROOM:
        world = worlds.grow(world)
    return world


@dataclass
class Hunt:
    """The same hunt for everybody: the ways of the people, and where the drones begin."""

    people: int
    drones: int
    looks: int
    tags: bool
    change: np.ndarray
    """At which looks the ways change [changes]."""
    ways: np.ndarray
    """The columns of the people from then on [changes, 8, people]."""
    x: np.ndarray
    y: np.ndarray


@dataclass
class Outcome:
    """How a hunt went: where the drones are [drones], at which look each was tagged [people] or -1, and the time [s]."""

    x: np.ndarray
    y: np.ndarray
    tagged: np.ndarray
    seconds: float


def lay(people: int, drones: int, looks: int, tags: bool) -> Hunt:
    """Return the ways that people walk in the engine when nobody is tagged, and where the drones begin: at the first points drawn for them."""
    scenario = scenario_of(people, drones, "0/s")
    world = advance(scenario, scenario.world(1), START - LOOK)
    change, ways = [], []
    for k in range(looks):
        world = advance(scenario, world, START + (k + 0.5) * LOOK)
        columns = world.hunted[:, : int(world.swarms["hunted"][0])].copy()
        columns[X] = columns[Y] = 0.0
        if k == 0:
            x, y = world.drones["goal_x"].copy(), world.drones["goal_y"].copy()
        if not ways or not np.array_equal(columns, ways[-1]):
            change.append(k)
            ways.append(columns)
    return Hunt(people, drones, looks, tags, np.array(change, np.int32), np.array(ways, np.float32), x, y)


def timed(play: Callable[[], object]) -> float:
    """Return the processor time [s] of this thread that `play` takes."""
    gc.collect()
    gc.disable()
    before = time.thread_time()
    play()
    spent = time.thread_time() - before
    gc.enable()
    return spent


# ------------------------------------------------------------------------------------------------ the players


def with_engine(hunt: Hunt) -> Outcome:
    """Play the hunt as a scenario, in the engine, with everything that goes with it."""
    scenario = scenario_of(hunt.people, hunt.drones, "1e9/s" if hunt.tags else "0/s")
    world = advance(scenario, scenario.world(1), START - LOOK)
    world = worlds.grow(world)
    last = START + (hunt.looks - 0.5) * LOOK
    seconds = timed(lambda: engine.play(scenario.program, world, last))
    tagged = np.full(hunt.people, -1, np.int32)
    for entry in world.chronicle[: int(world.state["entries"][0])]:
        if entry["kind"] == kinds.TAGGED:
            tagged[entry["subject"] % refs.ROWS_PER_KIND - 1] = int((entry["time"] - START) / LOOK)
    return Outcome(world.drones["x"].copy(), world.drones["y"].copy(), tagged, seconds)


@cache
def _library() -> ctypes.CDLL:
    folder = tempfile.mkdtemp()
    command = ["gcc", "-O3", "-march=native", "-ffp-contract=off", "-shared", "-fPIC", "-o", f"{folder}/pursuit.so"]
    subprocess.run([*command, str(HERE / "pursuit.c"), "-lm"], check=True)
    return ctypes.CDLL(f"{folder}/pursuit.so")


def with_c(hunt: Hunt) -> Outcome:
    """Play it in plain C, gcc -O3 -march=native."""
    x, y, tagged = hunt.x.copy(), hunt.y.copy(), np.full(hunt.people, -1, np.int32)
    scratch = np.zeros(hunt.drones, np.int32), np.zeros(hunt.people, np.float32), np.zeros(hunt.people, np.float32)

    def pointer(array: np.ndarray) -> ctypes.c_void_p:
        return ctypes.c_void_p(array.ctypes.data)

    function = _library().hunt
    given = [hunt.looks, len(hunt.change), pointer(hunt.change), pointer(hunt.ways), hunt.people, hunt.drones]
    given += [pointer(array) for array in (x, y, tagged, *scratch)]
    seconds = timed(lambda: function(*given, *map(ctypes.c_double, (LOOK, SPEED, REACH)), hunt.tags))
    return Outcome(x, y, tagged, seconds)


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


def with_numpy(hunt: Hunt) -> Outcome:
    """Play it in NumPy, all pairs of a look at once."""
    x, y, tagged = hunt.x.copy(), hunt.y.copy(), np.full(hunt.people, -1, np.int32)

    def play() -> None:
        nonlocal x, y
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

    seconds = timed(play)
    return Outcome(x, y, tagged, seconds)


def with_mesa(hunt: Hunt) -> Outcome:
    """Play it in Mesa: an agent a person, an agent a drone, the search of a drone by NumPy over the positions."""
    import mesa

    class Person(mesa.Agent):
        def __init__(self, model: mesa.Model, index: int) -> None:
            super().__init__(model)
            self.index = index

        def walk(self) -> None:
            model, i = self.model, self.index
            gone = model.now - model.way[SINCE, i]
            model.at_x[i] = model.way[FROM_X, i] + model.way[VX, i] * gone
            model.at_y[i] = model.way[FROM_Y, i] + model.way[VY, i] * gone

    class Drone(mesa.Agent):
        def __init__(self, model: mesa.Model, x: np.float32, y: np.float32) -> None:
            super().__init__(model)
            self.x, self.y, self.touches = x, y, -1

        def chase(self) -> None:
            model = self.model
            dx, dy = model.at_x - self.x, model.at_y - self.y
            who = int(np.argmin((dx * dx + dy * dy) * model.weight))
            ux, uy = float(model.way[VX, who]), float(model.way[VY, who])
            x, y = float(self.x), float(self.y)
            dx, dy = float(model.at_x[who]) - x, float(model.at_y[who]) - y
            near = dx * dx + dy * dy <= REACH * REACH
            self.touches = who if near else -1
            meets = meeting(dx, dy, ux, uy)
            if near:
                x, y = x + ux * LOOK, y + uy * LOOK
            else:
                if not math.isinf(meets):
                    dx += ux * meets
                    dy += uy * meets
                far = math.sqrt(dx * dx + dy * dy)
                flown = min(meets, LOOK)
                left = LOOK - flown
                x, y = x + SPEED * dx / far * flown + ux * left, y + SPEED * dy / far * flown + uy * left
            self.x, self.y = np.float32(x), np.float32(y)

    class Chase(mesa.Model):
        def __init__(self) -> None:
            super().__init__(rng=1)
            self.look, self.turn = 0, -1
            self.at_x, self.at_y = np.zeros(hunt.people, np.float32), np.zeros(hunt.people, np.float32)
            self.walkers = mesa.agent.AgentSet([Person(self, i) for i in range(hunt.people)], random=self.random)
            self.pack = mesa.agent.AgentSet(
                [Drone(self, *at) for at in zip(hunt.x, hunt.y, strict=True)], random=self.random
            )
            self.tagged = np.full(hunt.people, -1, np.int32)

        def step(self) -> None:
            k = self.look
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

    model = Chase()
    seconds = timed(lambda: [model.step() for _ in range(hunt.looks)])
    x, y = (np.array([getattr(drone, axis) for drone in model.pack], np.float32) for axis in "xy")
    return Outcome(x, y, model.tagged, seconds)


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


PLAYERS: dict[str, tuple[Callable[[Hunt], Outcome], str | None]] = {
    "briarpatch": (with_engine, None),
    "plain C": (with_c, None),
    "NumPy": (with_numpy, None),
    "Mesa": (with_mesa, "mesa"),
}
"""Who plays, and the package that it needs."""


def person_steps(hunt: Hunt, tagged: np.ndarray) -> int:
    """Return how many looks people were free for, over all of them."""
    return int(np.where(tagged >= 0, tagged + 1, hunt.looks).sum())


def compare(hunt: Hunt, players: dict, repeat: int) -> tuple[list[tuple[str, float]], np.ndarray]:
    """Return each player's rate [person-steps/s], best of `repeat`, and the tags; all agree with the first, bit for bit."""
    import importlib.util

    rows: list[tuple[str, float]] = []
    model = None
    for name, (play, package) in players.items():
        if package is not None and importlib.util.find_spec(package) is None:
            print(f"{name:14} left out: pip install 'briarpatch[bench]'")
            continue
        outcomes = [play(hunt) for _ in range(repeat if name in ("briarpatch", "plain C") else min(repeat, 2))]
        best = min(outcomes, key=lambda one: one.seconds)
        model = model or best
        for what in ("x", "y", "tagged"):
            if getattr(best, what).tobytes() != getattr(model, what).tobytes():
                raise SystemExit(f"{name} disagrees about {what}")
        rows.append((name, person_steps(hunt, best.tagged) / best.seconds))
    assert model is not None
    return rows, model.tagged


def table(rows: list[tuple[str, float]]) -> str:
    """Return the rates and their ratios to ours as text."""
    ours = rows[0][1]
    lines = [f"{'':14} {'person-steps a second':>22} {'ours is faster by':>18}"]
    lines += [f"{name:14} {rate / 1e6:20.2f} M {ours / rate:17.1f}x" for name, rate in rows]
    return "\n".join(lines)


def main() -> None:
    """Lay the hunt, let all play it, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--people", type=int, default=600)
    parser.add_argument("--drones", type=int, default=60)
    parser.add_argument("--looks", type=int, default=1000)
    parser.add_argument("--repeat", type=int, default=5)
    given = parser.parse_args()
    for tags in (False, True):
        hunt = lay(given.people, given.drones, given.looks, tags)
        rows, tagged = compare(hunt, PLAYERS, given.repeat)
        what = f"{(tagged >= 0).sum()} tagged in the end" if tags else "nobody tagged: all stay free"
        print(
            f"{given.people} people, {given.drones} drones, {given.looks} looks, {len(hunt.change)} changes of way, {what}"
        )
        print(table(rows))
    print("Every drone and every tag is the same for all, to the last bit.")


if __name__ == "__main__":
    main()
