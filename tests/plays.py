"""Plays small scenarios through the engine for tests, and reads their chronicles."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from briarpatch import assembly, engine
from briarpatch.scenario.catalog import load_text
from briarpatch.scenario.scenario import Scenario
from briarpatch.world import states
from briarpatch.world.compiled import INTERPRETED
from briarpatch.world.world import GROWING, SCRATCH, World, grow, rows_in_use

HOUR = 3600.0
DAY = 86400.0

STAGE = """
maps: { ground: {} }
places:
  here: { map: ground, at: [0 km, 0 km] }
  there: { map: ground, at: [3 km, 4 km] }
factions: { ours: {}, theirs: {} }
endings: { over: { told: it was over } }
"""
FOLK = """
people:
  ann: { faction: ours, place: here }
  bob: { faction: ours, place: here }
  cid: { faction: theirs, place: there }
"""


class Entry(NamedTuple):
    """One entry of a chronicle, in words."""

    number: int
    time: float
    kind: str
    subject: str
    object: str
    amount: float
    cause: int


def few(n: int) -> int:
    """Return `n`, or a quarter of it where all runs as plain Python; tolerances follow the number drawn."""
    return max(n // 4, 20) if INTERPRETED else n


def within(share: float, p: float, n: int) -> bool:
    """Return True when a share of `n` agrees with the probability `p` within four standard errors."""
    return abs(share - p) <= 4.0 * math.sqrt(p * (1.0 - p) / n)


_THERE = "  there: { map: ground, at: [3 km, 4 km] }\n"


def scene(text: str, until: str = "10 h", folk: str = FOLK, head: str = "", places: str = "", **settings) -> Scenario:
    """Return a scenario on the common stage, with more `places` if they are given."""
    stage = STAGE.replace(_THERE, _THERE + places)
    return load_text(f"scenario: {{ title: a test, until: {until}, {head} }}\n" + stage + folk + text, **settings)


def go_on(scenario: Scenario, world: World, until: float = math.inf, budget: int = 1_000_000) -> tuple[World, int]:
    """Play a world on, with more room when it needs it; return it and the engine's status."""
    while True:
        status = engine.play(scenario.program, world, until, budget)
        if status != states.NEEDS_ROOM:
            return world, status
        world = grow(world)


def play(
    scenario: Scenario, seed: int = 1, until: float = math.inf, prepare: Callable[[World], None] | None = None
) -> World:
    """Return a world played to `until` or its ending; `prepare` may change it before."""
    world = scenario.world(seed)
    if prepare is not None:
        prepare(world)
    world, status = go_on(scenario, world, until)
    assert status in (states.FINISHED, states.REACHED), states.STATUS_NAMES[status]
    return world


def log(scenario: Scenario, world: World, *wanted: str) -> list[Entry]:
    """Return the chronicle in words, or only the entries of the kinds `wanted`."""
    name = scenario.names.label
    found = []
    for number, row in enumerate(world.chronicle[: int(world.state["entries"][0])]):
        kind = assembly.ENTRIES[int(row.kind)].name
        if not wanted or kind in wanted:
            subject, object_ = name(int(row.subject)), name(int(row.object))
            found.append(Entry(number, float(row.time), kind, subject, object_, float(row.amount), int(row.cause)))
    return found


def told(scenario: Scenario, world: World, *wanted: str) -> list[tuple[str, str, str]]:
    """Return (kind, subject, object) of each entry, without times."""
    return [(entry.kind, entry.subject, entry.object) for entry in log(scenario, world, *wanted)]


def times(scenario: Scenario, world: World, rule: str) -> list[float]:
    """Return when a rule fired."""
    return [entry.time for entry in log(scenario, world, "rule") if entry.subject == rule]


def row(scenario: Scenario, kind: str, name: str) -> int:
    """Return the row of a name."""
    found = scenario.names.row(kind, name)
    assert found is not None, (kind, name)
    return found


def bond(world: World, one: int, other: int) -> Any:
    """Return the row of what one person holds for another."""
    (found,) = np.flatnonzero((world.bonds["who"] == one) & (world.bonds["whom"] == other))
    return world.bonds[found]


def digests(world: World) -> dict[str, str]:
    """Return a digest of each table that outlasts a step, of those that grow the rows in use."""
    tables = {name: getattr(world, name) for name in World._fields if name not in SCRATCH}
    tables |= {name: tables[name][: rows_in_use(world, name)] for name in GROWING}
    return {name: hashlib.sha256(array.tobytes()).hexdigest()[:16] for name, array in tables.items()}


def check_causes(world: World) -> None:
    """Assert that times never fall, and that every cause came before what it caused."""
    entries = world.chronicle[: int(world.state["entries"][0])]
    last = -math.inf
    for number, entry in enumerate(entries):
        assert entry.time >= last
        last = entry.time
        for cause in (entry.cause, entry.cause2, entry.cause3):
            assert -1 <= cause < number
