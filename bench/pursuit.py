"""The hunt at work: person-steps a second of one core, ours and others, with identical results, and the ratios.

    python bench/pursuit.py [--people 600] [--drones 60] [--looks 1000] [--repeat 5]

600 people walk in 30 parties over ground of several kinds, through a field of interference; 60 drones each pursue the
one whom they make out best, on an intercept course, and tag whom they reach. Ours is the engine itself playing a
scenario with a swarm that searches explicitly; the others (`hunts.py`) are given the ways that the people walk, and play the same
hunt; `peers.py` asks more of them. All must end with the same bits: every drone where it is, every tag at its look. A person-step is one untagged
person at one look. Times are processor times, the best of several, of this machine and this moment: compare ratios.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from hunts import (
    LOOK,
    REACH,
    SPEED,
    Hunt,
    Outcome,
    X,
    Y,
    has_vectors,
    timed,
    with_c,
    with_mesa,
    with_numpy,
    with_vectors,
)

from briarpatch import engine
from briarpatch.scenario.catalog import load_text
from briarpatch.scenario.scenario import Scenario
from briarpatch.systems import pursuit
from briarpatch.world import kinds, refs, states
from briarpatch.world import world as worlds
from briarpatch.world.compiled import plainly

START = 3600.0
"""When the drones set out [s]."""
TAGS = "1e9/s"
"""The rate of tags with which whoever is within reach is tagged at that look."""
HILLS = """
    by:
      - { at: [1.5 km, 0.5 km], footing: 0.9 }
      - { at: [3 km, 0.4 km], footing: 0.7, height: 60 m }
      - { at: [4 km, 1 km], footing: 0.6, height: 150 m, cover: 0.8 }
      - { at: [7 km, 1 km], footing: 0.8, height: 200 m, cover: 0.6 }
      - { at: [10 km, 2 km], footing: 0.7, height: 200 m }
    last: { at: [14 km, 3 km], footing: 0.6, height: 300 m, cover: 0.9 }"""
"""The ground between the village and the caves."""


def hunt_text(
    people: int,
    drones: int,
    tag_rate: str,
    *,
    ground: str = HILLS,
    area: str = "3000 km^2",
    delay: str = "15 min",
    start: float = START,
    until: str = "12 h",
) -> str:
    """Return the hunt as the text of a scenario."""
    return f"""
scenario: {{ title: the hunt of the benchmark, until: {until} }}
maps: {{ sky: {{}}, hills: {{ regions: {{ vein: {{ at: [4 km, 1 km], to: [7 km, 1 km], radius: 50 m, interference: 20, scale: 400 m }} }} }} }}
places:
  village: {{ map: hills, at: [0 km, 0 km] }}
  caves: {{ map: hills, at: [14 km, 3 km] }}
  base: {{ map: sky, at: [0 km, 0 km] }}
routes:
  path:
    start: village
    end: caves{ground}
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
    area: {area}
    tag_rate: {tag_rate}
    tag_chance: 1
    period: 10 min
rules:
  walk: {{ when: "true", do: [evacuate: {{ who: walkers, along: path, party: 20, delay: {delay} }}] }}
  out: {{ when: time() >= '{start} s', do: [launch: {{ swarm: pack, after: walkers }}] }}
endings: {{ over: {{ told: over }} }}
measures: {{ tagged: {{ told: how many were tagged, value: 'count(walkers, tagged)', better: less }} }}
"""


def advance(scenario: Scenario, world: worlds.World, until: float) -> worlds.World:
    """Return the world played on to `until` [s]."""
    while engine.play(scenario.program, world, until) == states.NEEDS_ROOM:
        world = worlds.grow(world)
    return world


def beginnings(scenario: Scenario, world: worlds.World) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y [m] of the drones at the launch of a hunt that goes on in `world`, as the engine draws them again."""
    again = worlds.copy(world)
    plainly(pursuit.begin, scenario.program, again, 0, float(world.swarms["launched"][0]))
    return again.drones["x"].copy(), again.drones["y"].copy()


def lay(people: int, drones: int, looks: int, tags: bool, **terms: str) -> Hunt:
    """Return the ways that people walk in the engine when nobody is tagged, and where the drones begin: spread over their area.

    A hunt ends when all are tagged, as drones then fly from rim to rim, which only the engine does. `terms` are further arguments of
    `hunt_text`.
    """
    scenario = load_text(hunt_text(people, drones, "0/s", **terms))
    world = advance(scenario, scenario.world(1), START - LOOK)
    change, ways = [], []
    for k in range(looks):
        world = advance(scenario, world, START + (k + 0.5) * LOOK)
        columns = world.hunted[:, : int(world.swarms["hunted"][0])].copy()
        columns[X] = columns[Y] = 0.0
        if k == 0:
            x, y = beginnings(scenario, world)
        if not ways or not np.array_equal(columns, ways[-1]):
            change.append(k)
            ways.append(columns)
    hunt = Hunt(looks, tags, np.array(change, np.int32), np.array(ways, np.float32), x, y)
    tagged = with_engine(hunt, **terms).tagged
    if (tagged >= 0).all():
        hunt.looks = int(tagged.max()) + 1
    return hunt


def with_engine(hunt: Hunt, **terms: str) -> Outcome:
    """Play the hunt as a scenario, in the engine, with everything that goes with it; `terms` as for `lay`."""
    scenario = load_text(hunt_text(hunt.people, hunt.drones, TAGS if hunt.tags else "0/s", **terms))
    world = advance(scenario, scenario.world(1), START - LOOK)
    world = worlds.grow(world)
    last = START + (hunt.looks - 0.5) * LOOK
    seconds = timed(lambda: engine.play(scenario.program, world, last))
    tagged = np.full(hunt.people, -1, np.int32)
    for entry in world.chronicle[: int(world.state["entries"][0])]:
        if entry["kind"] == kinds.TAGGED:
            tagged[entry["subject"] % refs.ROWS_PER_KIND - 1] = int((entry["time"] - START) / LOOK)
    return Outcome(world.drones["x"].copy(), world.drones["y"].copy(), tagged, seconds)


PLAYERS: dict[str, tuple[Callable[[Hunt], Outcome], str | None]] = {
    "briarpatch": (with_engine, None),
    "plain C": (with_c, None),
    "C with AVX2": (with_vectors, None),
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
        if play is with_vectors and not has_vectors():
            print(f"{name:14} left out: this processor has no AVX2")
            continue
        if package is not None and importlib.util.find_spec(package) is None:
            print(f"{name:14} left out: pip install 'briarpatch[bench]'")
            continue
        slow = name in ("NumPy", "Mesa")
        outcomes = [play(hunt) for _ in range(min(repeat, 2) if slow else repeat)]
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
            f"{given.people} people, {given.drones} drones, {hunt.looks} looks, {len(hunt.change)} changes of way, {what}"
        )
        print(table(rows))
    print("Every drone and every tag is the same for all, to the last bit.")


if __name__ == "__main__":
    main()
