"""A toy scenario and a toy engine in plain Python, for tests of what is built upon them: runs, files,
words, commands.

A dam breaks at a time that depends on the seed; the mayor, who decides as the seed says unless somebody
else decides, warns the village or waits; the villagers walk up the hill or drown.
"""

from __future__ import annotations

import hashlib
import math
import sys
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np

import briarpatch.analysis.worlds  # noqa: F401 - what commands import late must be there before the toy takes its place
from briarpatch import assembly
from briarpatch.errors import Fault, Place, ScenarioError
from briarpatch.world import kinds, refs, states, tables
from briarpatch.world.recorder import recording
from briarpatch.world.world import World, empty_world

HOUR = 3600.0
VILLAGERS = 20

ENTITIES = {
    "person": ["mayor", "runner", "keeper"],
    "crowd": ["villagers"],
    "faction": ["valley"],
    "place": ["village", "dam", "hill"],
    "fact": ["crack", "flood"],
    "event": ["dam_breaks"],
    "rule": ["rain", "tick"],
    "decision": ["mayor.warn"],
    "option": ["mayor.warn.warn", "mayor.warn.wait"],
    "ending": ["dry", "drowned"],
    "order": ["climb"],
}
TOLD = {
    "crack": "the dam has a crack",
    "flood": "the valley will be flooded",
    "dam_breaks": "the dam breaks",
    "rain": "It rains in the hills",
    "mayor.warn.warn": "the mayor warns the village",
    "mayor.warn.wait": "the mayor waits",
    "dry": "everybody stood on the hill",
    "drowned": "the water was faster",
    "climb": "up the hill",
    "runner": "the runner",
    "mayor": "the mayor",
    "keeper": "the keeper",
    "village": "the village",
    "villagers": "the villagers",
    "dam": "the dam",
    "hill": "the hill",
}
KIND = {name: kind for kind, name in assembly.ENTITIES.items()}
TEXT = "scenario: {title: The dam}\n"


def ref(kind: str, name: str) -> int:
    """Return the reference of an entity by kind and name."""
    return KIND[kind] * refs.ROWS_PER_KIND + ENTITIES[kind].index(name)


class Names:
    """What the compiler's names do."""

    def __init__(self) -> None:
        self.insides: dict[str, int] = {}

    def label(self, reference: int) -> str:
        kind, row = divmod(reference, refs.ROWS_PER_KIND)
        if kind == refs.PERSON and 3 <= row < 3 + VILLAGERS:
            return f"villager {row - 2}"
        name = ENTITIES[assembly.ENTITIES[kind]][row]
        return TOLD.get(name, name)

    told = label

    def ref(self, kind: str, name: str) -> int | None:
        return ref(kind, name) if name in ENTITIES.get(kind, ()) else None

    def known(self, kind: str) -> list[str]:
        return list(ENTITIES.get(kind, ()))


class Scenario:
    """What the compiler's scenario does."""

    name = "dam"
    title = "The dam"
    start_hour = 6 * HOUR

    def __init__(self, path: Path, text: str, variants: dict | None = None, overrides: dict | None = None) -> None:
        self.path = path
        self.given, self.overrides = dict(variants or {}), dict(overrides or {})
        self.as_told, self.asked = None, self.given
        self.source = SimpleNamespace(texts={path.name: text})
        digest = hashlib.sha256(text.encode()).hexdigest()
        self.files = {path.name: digest}
        self.digest = digest
        self.names = Names()
        self.endings = [SimpleNamespace(name=name, told=TOLD[name]) for name in ENTITIES["ending"]]
        self.measures = [
            SimpleNamespace(name="alive", told="villagers alive", unit="people", better="more"),
            SimpleNamespace(name="ratio", told="a ratio of nothing", unit="", better=""),
        ]
        options = [SimpleNamespace(name=name, told=TOLD[f"mayor.warn.{name}"]) for name in ("warn", "wait")]
        question = SimpleNamespace(
            name="mayor.warn", question="Should the village be warned?", decider="mayor", options=options
        )
        self.decisions = [question]
        self.variants = {"season": SimpleNamespace(name="season", question="When?", default="spring", settings={})}
        self.warnings = [Fault(Place("dam.yaml", 3, 5), "nobody can learn 'flood'")]
        self.program = SimpleNamespace(
            rules=tables.P_RULES.rows(2),
            flow_plans=assembly.PLANS["flow_plans"].rows(0),
            decisions=tables.P_DECISIONS.rows(1),
            options=tables.P_OPTIONS.rows(2),
            measures=tables.P_MEASURES.rows(2),
            places=tables.P_PLACES.rows(3),
            crowds=tables.P_CROWDS.rows(1),
        )
        self.program.rules["quiet"][1] = 1
        self.program.decisions["first"][0] = 0
        self.program.measures["code"] = (0, 1)

    def clock(self, time: float) -> str:
        day, second = divmod(int(time + self.start_hour), 86400)
        return f"day {day + 1}, {second // 3600:02d}:{second % 3600 // 60:02d}"

    def world(self, seed: int, record: int = 0) -> World:
        sizes: dict[str, tuple[int, ...]] = dict.fromkeys(World._fields, (1,))
        sizes |= {
            "people": (3 + VILLAGERS,),
            "minds": (3,),
            "beliefs": (3, 2),
            "facts": (2,),
            "chronicle": (14,),
        }
        sizes |= {
            "due": (len(assembly.NAMES),),
            "options_state": (2,),
            "events": (1,),
            "ties": (1, 1),
            "roots": (2, 64),
        }
        blank = empty_world()._asdict()
        blank |= {n: assembly.TABLES[n].rows(*sizes[n]) for n in World._fields if n in assembly.TABLES}
        world = World(**blank)._replace(values=np.zeros((3, 2)))
        world.state["seed"] = seed
        world.people["place"], world.people["faction"] = 0, 0
        world.people["crowd"][3:] = 0
        world.decisions_state["forced"] = -1
        return recording(self.program, world, record) if record else world


def load_scenario(path, *, variants=None, overrides=None, as_told=None) -> Scenario:
    """Return the toy scenario; anything but its own text is at fault."""
    path = Path(path)
    if not path.exists():
        raise ScenarioError([Fault(Place(str(path)), "there is no such file")])
    text = path.read_text()
    if text != TEXT:
        raise ScenarioError(
            [Fault(Place(path.name, 2, 1), "unknown key 'x'"), Fault(Place(path.name, 1, 1), "bad\x1b[2J")]
        )
    if set(variants or {}) - {"season"}:
        raise ScenarioError([Fault(Place(path.name), f"unknown variant {sorted(variants)}")])
    return Scenario(path, text, variants, overrides)


def emit(world, kind, subject=-1, object_=-1, place=-1, amount=0.0, cause=-1, cause2=-1) -> int:
    """Write one entry."""
    number = int(world.state["entries"][0])
    time = float(world.state["time"][0])
    world.chronicle[number] = (time, kind, subject, object_, place, amount, cause, cause2, -1)
    world.state["entries"] = number + 1
    return number


def _learn(world, mind, fact, cause):
    world.beliefs["odds"][mind, fact] = 6.0
    world.beliefs["known"][mind, fact] = 1
    world.beliefs["since"][mind, fact] = world.state["time"][0]
    person = ref("person", ENTITIES["person"][mind])
    emit(world, kinds.LEARNED, person, ref("fact", ENTITIES["fact"][fact]), 0, 0.0, cause)


def _begin(world):
    emit(world, kinds.BEGAN)
    emit(world, kinds.RULE, ref("rule", "rain"), -1, -1, 0.0, 0)
    emit(world, kinds.RULE, ref("rule", "tick"), -1, -1, 0.0, 0)


def _crack(world):
    _learn(world, 2, 0, 1)
    _learn(world, 1, 0, 3)
    _learn(world, 0, 0, 4)


def _decide(world):
    row = world.decisions_state[0]
    chosen = int(row.forced)
    if row.outside and chosen < 0:
        world.state["waiting"] = 0
        return states.WAITING_FOR_CHOICE
    if chosen < 0:
        chosen = int(world.state["seed"][0]) % 2
    row.taken += 1
    row.chosen = chosen
    emit(world, kinds.CHOSE, ref("person", "mayor"), ref("option", ENTITIES["option"][chosen]), 0, 0.0, 5)
    return None


def _climb(world):
    if int(world.decisions_state["chosen"][0]) == 0:
        emit(world, kinds.ORDERED, ref("person", "mayor"), ref("order", "climb"), 0, 0.0, 6)
    return None


def _arrive(first):
    def step(world):
        if int(world.decisions_state["chosen"][0]) == 0:
            for row in range(first, first + 4):
                world.people["place"][row] = 2
                person = refs.PERSON * refs.ROWS_PER_KIND + row
                emit(world, kinds.ARRIVED, person, ref("place", "hill"), 2, 0.0, 7)

    return step


def _break(world):
    broke = emit(world, kinds.MARKED, -1, ref("event", "dam_breaks"), 1, 0.0, 1)
    for row in range(3, 3 + VILLAGERS):
        if world.people["place"][row] == 0:
            world.people["status"][row] = states.DEAD
            person = refs.PERSON * refs.ROWS_PER_KIND + row
            emit(world, kinds.DIED, person, -1, 0, 0.0, broke, 6)


def _end(world):
    ending = int(world.decisions_state["chosen"][0])
    world.state["ending"] = ending
    last = int(world.state["entries"][0]) - 1
    emit(world, kinds.ENDED, -1, ref("ending", ENTITIES["ending"][ending]), -1, 0.0, last, 6)


def _script(world):
    breaks = 30 * HOUR + 60.0 * float(int(world.state["seed"][0]) % 100)
    steps = [(0.0, _begin), (2 * HOUR, _crack), (3 * HOUR, _decide), (3 * HOUR + 300.0, _climb)]
    steps += [(4 * HOUR + 600.0 * i, _arrive(3 + 4 * i)) for i in range(VILLAGERS // 4)]
    return [*steps, (breaks, _break), (breaks + 60.0, _end)]


def play(program, world, until, budget) -> int:
    """Play as the engine does: at most `budget` steps, up to `until`."""
    script, state = _script(world), world.state[0]
    while True:
        if state.steps == len(script):
            return states.FINISHED
        time, step = script[int(state.steps)]
        if time > until:
            state.time = until
            return states.REACHED
        if budget == 0:
            return states.PAUSED_BY_BUDGET
        needed = VILLAGERS + 1 if step is _break else 4
        if len(world.chronicle) - state.entries < needed:
            return states.NEEDS_ROOM
        state.time = time
        status = step(world)
        if status is not None:
            return status
        state.steps += 1
        budget -= 1


def values_of(program, world, codes) -> list[float]:
    """Return what each expression is worth; the world stays as it is."""
    stack = world.stack.copy()
    found = [value_of(program, world, code, float(world.state["time"][0])) for code in codes]
    world.stack[:] = stack
    return found


def value_of(program, world, code, time) -> float:
    """Measure as the machine does."""
    world.stack["value"] = 1.0
    return float((world.people["status"] != states.DEAD).sum()) if code == 0 else math.nan


def modules() -> dict[str, ModuleType]:
    """Return the modules that stand in for the compiler and the engine."""
    catalog, engine = ModuleType("briarpatch.scenario.catalog"), ModuleType("briarpatch.engine")
    catalog.__dict__.update(
        Scenario=SimpleNamespace, load_scenario=load_scenario, scenario_names=lambda: [("dam", "The dam")]
    )
    engine.__dict__.update(
        play=play,
        value_of=value_of,
        values_of=values_of,
        ready=lambda: True,
        what_compiles=lambda: "Compiling the engine. This happens once and takes a minute or two.",
        compiling_meanwhile=nullcontext,
        prepare=lambda progress: progress("all of it", 1, 1),
        ORDER=(states.KNOWLEDGE, states.RULES),
    )
    return {module.__name__: module for module in (catalog, engine)}


def install(monkeypatch, folder: Path) -> Path:
    """Let runs use the toy engine; return the path of the toy scenario's file."""
    for name, module in modules().items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr("briarpatch.excluded.exclusions", lambda run: [])  # the toy has no conditions
    path = folder / "dam.yaml"
    path.write_text(TEXT)
    return path
