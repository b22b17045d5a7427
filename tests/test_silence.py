"""No verb does nothing in silence: every request leaves an entry, and one that changes nothing says so and why."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import yaml

from briarpatch import assembly, engine
from briarpatch.scenario.scenario import Scenario
from briarpatch.world import kinds
from briarpatch.world.world import World, copy
from plays import go_on, play, scene

TOWN = """
people:
  ann: { faction: ours, place: here, commands: tug, superior: cid, suit: 0.2, treatment: 0.2 }
  bob: { faction: ours, place: here }
  cid: { faction: theirs, place: there }
  rob: { faction: ours, place: here, machine: true, malady: { onset: 1e-9/s } }
  eve: { faction: ours, place: set }
crowds:
  folk: { told: the folk, count: 3, faction: ours, place: here }
  mob: { told: the mob, count: 3, faction: theirs, place: here }
  herd: { told: the herd, count: 9, faction: theirs, place: there, states: [well, ill], state: { well: 8, ill: 1 } }
vessels:
  tug: { faction: ours, at: here, speed: 1 m/s, shield: 5, cloak: 0.5, weapons: { gun: { rate: 1e-9/s } } }
  sub: { faction: theirs, at: here, speed: 1 m/s, weapons: { gun: { rate: 1e-9/s } } }
  hulk: { faction: theirs, at: there }
devices: { pump: { faction: ours, at: here, start: [1 h], arming: [1 h], countdown: 1 h } }
pads: { lift: { owner: here, faction: ours, attempts: 1e-9/s } }
swarms: { gulls: { faction: theirs, base: there, count: 2, area: 1000 km^2 } }
fields: { glow: { strength: 1e-9 Gy/s, axis: [0 km, 0 km], inner: 1 m, outer: 2 m } }
facts: { flood: { told: there is a flood, prior: 0.5 }, fire: { told: there is a fire, prior: 0.5 } }
gauges: { level: {} }
events: { bell: {}, noon: {} }
orders: { climb: { told: climb } }
channels: { post: { overhead: 1 h } }
councils: { board: { faction: ours, place: here } }
sensors: { eye: { owner: bob, targets: [cid], active: false } }
routes: { lane: { start: here, end: there, last: { at: [3 km, 4 km] } } }
movements: { rising: { when: "false", among: ours } }
rumours: { tale: { fact: flood, among: folk, contact: 1e-9/s } }
opinions: { wall: { among: [ann, bob], initial: { ann: 1 } } }
suppositions: [{ who: ann, of: bob, fact: fire, chance: 0.5 }]
decisions:
  bob.stand: { question: "Go?", when: happened(bell), options: { go: { told: he goes } } }
measures: { sure: { told: sure, value: "thinks_knows(ann, bob, fire) ? 1 : 0" } }
rules:
  sky: { when: "false", do: [] }
"""

EFFECTS = [
    "mark: noon",
    "convert: { who: { of: herd.well, most: 2 }, to: herd.ill }",
    "convert: { who: { of: herd.ill, at: here }, to: herd.well }",
    "bring: { to: herd.well, at: there, number: 2 }",
    "bring: { to: herd.well, at: there, number: 0 }",
    "remove: { who: { of: herd.ill, at: there } }",
    "remove: { who: { of: herd.ill, at: here } }",
    "set: { gauge: level, to: 3 }",
    "add: { gauge: level, by: 3 }",
    "learn: { who: ann, fact: flood }",
    "learn: { who: ours, fact: flood, weight: 0.1 }",
    "learn: { who: mob, fact: flood }",
    "tell: { from: ann, to: bob, fact: flood }",
    "become: flood",
    "become: { fact: flood, so: false }",
    "reveal: { fact: flood, at: here }",
    "reveal: { fact: flood, at: hulk }",
    "disbelieve: { who: eve, place: set }",
    "disbelieve: { who: ann, place: here }",
    "order: { from: cid, to: ann, order: climb }",
    "appoint: { who: bob, vessel: sub }",
    "resign: ann",
    "relieve: ann",
    "reinstate: ann",
    "persuade: { by: ann, option: bob.stand.go }",
    "capture: { who: ours, by: theirs }",
    "capture: { who: ours, by: theirs, at: hulk }",
    "release: ours",
    "release: { who: ours, at: there }",
    "join: { who: folk, faction: theirs }",
    "consent: folk",
    "kill: { who: ann, by: bob }",
    "kill: { who: cid, by: bob }",
    "kill: { who: mob, by: cid }",
    "kill: { who: mob, at: there }",
    "place: { who: ours, to: there }",
    "place: { who: bob, to: here }",
    "place: { who: bob, to: here, at: there }",
    "move: { who: ann, to: there }",
    "move: { who: ann, to: here }",
    "move: { who: ann, to: hulk }",
    "follow: { who: ann, leader: bob }",
    "follow: { who: ann, leader: ann }",
    "stay: ann",
    "evacuate: { who: folk, along: lane }",
    "evacuate: { who: folk, along: lane, led_by: ann }",
    "evacuate: { who: folk, along: lane, led_by: cid }",
    "carry: { who: ann, by: bob }",
    "carry: { who: ann, by: cid }",
    "set_down: ann",
    "halt: folk",
    "sail: { vessel: tug, to: there }",
    "sail: { vessel: tug, to: here }",
    "board: { who: ann, vessel: tug }",
    "board: { who: cid, vessel: tug }",
    "leave: ann",
    "attack: { by: tug, target: sub }",
    "attack: { by: tug, target: tug }",
    "attack: { by: hulk, target: tug }",
    "cease: tug",
    "withdraw: tug",
    "shields: tug",
    "shields: { vessel: tug, up: false }",
    "cloak: tug",
    "cloak: sub",
    "cloak: { vessel: tug, on: false }",
    "strike: { vessel: sub, by: 1 }",
    "scuttle: tug",
    "transport: { who: ann, to: there, by: lift }",
    "transport: { who: ann, to: here, by: lift }",
    "transport: { who: ours, to: there, by: lift, from: hulk }",
    "transport: { who: ours, to: there, by: lift, most: 0 }",
    "jam: lift",
    "jam: { pad: lift, on: false }",
    "abandon: lift",
    "power: lift",
    "power: { pad: lift, on: false }",
    "launch: { swarm: gulls, after: folk }",
    "recall: gulls",
    "unmask: ann",
    "mask: ann",
    "mask: bob",
    "watch: eye",
    "watch: { sensor: eye, on: false }",
    "send: { from: ann, to: bob, fact: flood, by: post }",
    "send_order: { from: cid, to: ann, order: climb, by: post }",
    "convene: board",
    "injure: { who: rob, by: ann, amount: 0.1 }",
    "injure: { who: cid, by: ann, amount: 0.1 }",
    "injure: { who: bob, amount: 0.1 }",
    "repair: rob",
    "repair: { who: rob, by: ann }",
    "repair: { who: rob, by: cid }",
    "pursue: { who: rob, by: ann }",
    "pursue: { who: bob, by: ann }",
    "allow_force: rob",
    "allow_force: bob",
    "start: pump",
    "start: { device: pump, by: ann, by_hand: true }",
    "start: { device: pump, by: cid, by_hand: true }",
    "hold: pump",
    "resume: pump",
    "abort: pump",
    "sabotage: { device: pump, by: ann }",
    "sabotage: { device: pump, by: cid }",
    "arm: { device: pump, by: ann }",
    "disarm: pump",
    "detonate: pump",
    "treat: { who: ours, intensity: 1 }",
    "treat: { who: ann, intensity: 1, by: bob }",
    "treat: { who: cid, intensity: 1, by: bob }",
    "treat: { who: rob, intensity: 1 }",
    "irradiate: { who: ann, dose: 1e-6 Gy }",
    "irradiate: { who: ann, dose: 0 Gy }",
    "irradiate: { who: rob, dose: 1 Gy }",
    "release_dose: { field: glow, dose: 1e-6 Gy }",
    "bond: { who: ann, to: bob, affection: 0.1 }",
    "bond: { who: ann, to: bob, trust: 1 }",
    "bond: { who: ann, to: bob }",
    "bond: { who: ann, to: ann, affection: 1 }",
    "meet: { who: ann, other: bob }",
    "meet: { who: ann, other: ann }",
    "tie: { from: ours, to: theirs, by: -2 }",
    "tie: { from: ours, to: theirs, by: 0 }",
    "offend: { by: ours, against: theirs }",
    "apologise: { by: ours, to: theirs }",
    "forgive: { by: theirs, to: ours }",
    "rise: { who: folk, movement: rising }",
    "attempt: rising",
    "spread: tale",
    "spread: { rumour: tale, to: 0 }",
    "suppose: { who: ann, of: bob, fact: fire }",
    "suppose: { who: ann, of: bob, fact: fire, weight: 0.1 }",
    "suppose: { who: ann, of: bob, fact: flood }",
    "discuss: { opinion: wall, rounds: 1 }",
]
"""Each verb as somebody may write it, also where it can do nothing."""

STATES = {
    "as it begins": "mark: bell",
    "done before": "mark: bell",
    "people held": "capture: { who: ours, by: theirs }",
    "people elsewhere": "place: { who: ours, to: there }",
    "people aboard": "board: { who: ours, vessel: tug }",
    "people on the way": "move: { who: ours, to: there, speed: 1 m/s }",
    "people dead": "kill: ours",
    "at the device": "start: { device: pump, by: ann, by_hand: true }",
    "device running": "start: pump",
    "device on hold": "start: pump, hold: pump",
    "device armed": "arm: { device: pump, by: ann }",
    "device destroyed": "detonate: pump",
    "vessel under way": "sail: { vessel: tug, to: there }",
    "vessel fighting": "attack: { by: tug, target: sub }",
    "vessel withdrawing": "attack: { by: tug, target: sub }, withdraw: tug",
    "vessel lost": "scuttle: tug",
    "known": "learn: { who: ours, fact: flood, root: sky }",
    "offended": "offend: { by: ours, against: theirs, grudge: 50 }",
    "hunted": "launch: { swarm: gulls, after: folk }",
    "in line": "transport: { who: ours, to: there, by: lift }",
    "wounded": "injure: { who: rob, amount: 0.1 }",
    "no power": "power: { pad: lift, on: false }",
    "party waits": "evacuate: { who: folk, along: lane, delay: 2 h }",
}
"""What was asked before, a list of effects each; where it was done before it is the same as is asked now."""

NOTHING = {
    kinds.WAS_DEAD,
    kinds.WAS_LOST,
    kinds.WAS_AWAY,
    kinds.WAS_STILL,
    kinds.WAS_HELD,
    kinds.WAS_SO,
    kinds.WAS_UNFIT,
    kinds.WAS_EMPTY,
    kinds.NOTHING_NEW,
}
"""Kinds of entries that say that something came to nothing."""
VAIN = NOTHING | {kinds.NO_WAY, kinds.IN_VAIN, kinds.STOOD_ALONE, kinds.LOCK_FAILED, kinds.TURNED_AWAY}
REPEATED = {kinds.MARKED, kinds.GAUGED, kinds.PERSUADED, kinds.CONSENTED, kinds.ORDERED, kinds.DISCUSSED, kinds.UNLED}
"""Kinds that may be written though no number changes: what happens once more, or to the same number."""
LEFT_OUT = {"chronicle", "state", "due", "requests", "journal", "stack", "recorder", "tallies", "tallied"}
"""Tables that a look, or an entry, changes."""

SET = "  set: { map: ground, at: [9 km, 9 km], pretends: { of: here, density: 1e-9/s } }\n"


@cache
def town() -> Scenario:
    """Return the town, in whose program every effect stands and none is ever asked."""
    effects = ", ".join([*EFFECTS, *STATES.values()])
    return scene(TOWN + f'  all: {{ when: "false", do: [{effects}] }}\n', until="1 h", folk="", places=SET)


def ask(world: World, effect: int) -> None:
    """Ask for the effect in a row of the town's program, at the present moment."""
    row = town().program.effects[effect]
    engine.ask(world, int(row.verb), int(row.system), int(row.a), int(row.b), float(row.amount))
    request = world.requests[int(world.state["pending"][0]) - 1]
    request.c, request.d, request.extra = row.c, row.d, row.extra


@cache
def befallen(effects: tuple[int, ...]) -> World:
    """Return the town a minute after some effects were asked."""
    world = play(town(), until=1.0)
    for effect in effects:
        ask(world, effect)
    return go_on(town(), world, 60.0)[0]


def before(state: str, pick: int) -> tuple[int, ...]:
    """Return the rows of the effects that were asked before."""
    if state == "done before":
        return (pick,)
    first = len(EFFECTS) + sum(
        _number(text) for name, text in STATES.items() if list(STATES).index(name) < list(STATES).index(state)
    )
    return tuple(range(first, first + _number(STATES[state])))


def _number(effects: str) -> int:
    return len(yaml.safe_load(f"[{effects}]"))


BETWEEN = {("swarms", "refresh"), ("cells", "taken"), ("cells", "rest")}
"""Columns that say when something is looked at next, or that are written anew by whoever reads them."""


def numbers(world: World) -> dict[str, bytes]:
    """Return the bytes of every column that holds no entry, of every table that the world is made of."""
    found = {}
    for name, table in assembly.TABLES.items():
        rows = getattr(world, name, None)
        if rows is None or name in LEFT_OUT or table.meaning.startswith("scratch"):
            continue
        for column in table.columns:
            if column.unit != "entry" and (name, column.name) not in BETWEEN:
                found[f"{name}.{column.name}"] = np.asarray(rows[column.name]).tobytes()
    return found


def test_every_verb_is_tried():
    assert {effect.partition(":")[0] for effect in EFFECTS} == set(assembly.VERBS)


@pytest.mark.parametrize("pick", range(len(EFFECTS)), ids=EFFECTS)
def test_every_request_leaves_an_entry_and_says_whether_it_came_to_nothing(pick):
    for state in STATES:
        usual = befallen(before(state, pick))
        world = copy(usual)
        ask(world, pick)
        world, _ = go_on(town(), world, 60.0)
        kinds_of = world.chronicle["kind"][int(usual.state["entries"][0]) : int(world.state["entries"][0])]
        new = set(kinds_of.tolist())
        names = [assembly.ENTRIES[kind].name for kind in new]
        assert new, state
        one, two = numbers(usual), numbers(world)
        changed = [name for name in one if one[name] != two[name]]
        if new <= NOTHING:
            assert not changed, (state, names)
        elif not changed:
            assert new & (VAIN | REPEATED), (state, names)
