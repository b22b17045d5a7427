"""What changes while a world plays: where people and vessels are, what is believed, how machines stand.

A run is shown on a map and over time, and not only told. Whoever wants that lets the world record; then each change is
one row of `changes`, which holds until the next row of the same thing. Motion is rows too: a straight line from where
and when to where and when. To look costs little, because only those are looked at who are noted in the journal,
and those minds that have been stirred; what is not recorded costs nothing.

Nothing that plays reads these tables, so a world that records plays as one that does not.
"""

from __future__ import annotations

import math
from collections import namedtuple

import numpy as np

from . import acts, journal, machine, refs, states, tables, witnesses
from .compiled import kernel, plainly
from .parts import NOTHING, part
from .world import RECORDED, Program, World

OFF, CHANGES, MEASURES = range(3)
"""How much is recorded; to evaluate every measure at every entry takes longer than all else."""

PERSON, VESSEL, DEVICE, PARTY, BELIEF, FACT, MEASURE = range(7)
"""Of what sort the thing is that a row of `changes` tells of."""
SORTS = ("person", "vessel", "device", "party", "belief", "fact", "measure")

CHANGE = namedtuple("CHANGE", [column.name for column in tables.CHANGES.columns])
"""A row of `changes` with the names of its columns."""

IN_SUIT, SEEN = 1, 2
"""What one sees of a person, as bits."""

MOST_BODIES = 50_000
"""Above so many people only the named are recorded, and crowds in parties."""


def recording(program: Program, world: World, level: int) -> World:
    """Return `world` with room to record; at the time zero of a fresh world, so that all is recorded from the start."""
    facts = len(world.facts) + len(program.measures)
    minds, bodies = len(world.minds), len(world.people)
    recorder = tables.RECORDER.rows(1)
    recorder["level"] = level
    shown = world._replace(
        recorder=recorder,
        shown_people=tables.SHOWN_PEOPLE.rows(bodies if bodies <= MOST_BODIES else minds),
        shown_beliefs=tables.SHOWN_BELIEFS.rows(*world.beliefs.shape),
        shown_vessels=tables.SHOWN_VESSELS.rows(len(world.vessels)),
        shown_devices=tables.SHOWN_DEVICES.rows(len(world.devices)),
        shown_parties=tables.SHOWN_PARTIES.rows(len(world.parties)),
        shown_numbers=tables.SHOWN_NUMBERS.rows(facts),
    )
    for rows in (shown.shown_people, shown.shown_devices, shown.shown_parties, shown.shown_vessels):
        rows[rows.dtype.names[0]] = UNSEEN  # so that each is recorded when it is first looked at
    shown.shown_devices["mode"] = -1
    if len(world.facts):
        shown.shown_beliefs["odds"] = world.facts["prior"]
    shown.shown_numbers["value"] = math.nan
    shown.shown_beliefs["stale"] = 1
    shown.recorder["stirred"] = 1
    shown.recorder["noted"] = -len(world.journal) - 1
    rows = tables.WITNESSES.rows(1 + 4096 * plainly(witnesses.rows_an_entry, shown))
    return shown._replace(changes=tables.CHANGES.rows(2 * plainly(most_changes, shown) + 4096), witnesses=rows)


def without(world: World) -> World:
    """Return `world` as one that records nothing."""
    blank = {name: getattr(tables, name.upper()).rows(*([0] * getattr(world, name).ndim)) for name in RECORDED}
    room = {"changes": tables.CHANGES.rows(1), "witnesses": tables.WITNESSES.rows(1)}
    return world._replace(**blank | room | {"recorder": tables.RECORDER.rows(1)})


UNSEEN = -2
"""What stands in the first column of a row that has not been recorded yet."""


def changes(world: World) -> np.ndarray:
    """Return what has been recorded so far [rows]."""
    return world.changes[: int(world.recorder["used"][0])]


@kernel
def most_changes(world):
    """Return how many rows one look may write."""
    found = len(world.shown_people) + world.shown_beliefs.shape[0] * world.shown_beliefs.shape[1]
    found += len(world.shown_vessels) + len(world.shown_devices)
    return found + len(world.shown_parties) + len(world.shown_numbers)


@kernel
def short_of_room(world, entries):
    """Return True when one more look, at `entries` new ones at most, might not find room for what it records."""
    recorder = world.recorder[0]
    if recorder.level == OFF:
        return False
    if recorder.seen + entries * witnesses.rows_an_entry(world) > len(world.witnesses):
        return True
    return recorder.used + most_changes(world) > len(world.changes)


@part(gives=NOTHING)
def look(program, world):
    """Record what has changed since the last look, if anything that is looked at may have."""
    recorder, state = world.recorder[0], world.state[0]
    now, told = state.time, state.entries
    if recorder.noted != state.noted or recorder.entries != told:
        _people(program, world, now)
    if recorder.entries != told or recorder.sailed != state.sailed:
        _vessels(program, world, now)
    if recorder.entries != told:
        _devices(world, now)
        _numbers(program, world, now)
        witnesses.note(program, world, max(0, recorder.entries), told)
    if recorder.stirred != 0:
        _beliefs(world, now)
        recorder.stirred = 0
    recorder.noted = state.noted
    recorder.entries = told
    recorder.sailed = state.sailed


@kernel
def _new(world, what, row, now):
    """Return the number of a new row of changes that tells of a thing at rest nowhere."""
    recorder = world.recorder[0]
    number = recorder.used
    change = world.changes[number]
    recorder.used = number + 1
    change.time = now
    change.what = what
    change.row = row
    change.other = change.more = change.place = -1
    change.state = 0
    change.x = change.y = change.x1 = change.y1 = change.value = change.value2 = 0.0
    change.since = change.until = now
    change.entry = world.state[0].entries - 1
    return number


@kernel
def _people(program, world, now):
    read, written = world.recorder[0].noted, world.state[0].noted
    if journal.everybody(world, read):
        for person in range(len(world.shown_people)):
            _person(program, world, person, now)
        return
    for number in range(read, written):
        person = journal.who(world, number)
        if person < len(world.shown_people):
            _person(program, world, person, now)


@kernel
def _person(program, world, person, now):
    body, shown = world.people[person], world.shown_people[person]
    if body.party >= 0:
        _party(program, world, body.party, now)
    look_ = (IN_SUIT if body.suited != 0 else 0) | (SEEN if body.seen != 0 else 0)
    same = shown.place == body.place and shown.party == body.party and shown.destination == body.destination
    if same and shown.arrives == body.arrives and shown.status == body.status:
        if shown.holder == body.holder and shown.look == look_:
            return
    shown.place, shown.party, shown.destination = body.place, body.party, body.destination
    shown.arrives, shown.status, shown.holder, shown.look = body.arrives, body.status, body.holder, look_
    change = world.changes[_new(world, PERSON, person, now)]
    change.state = body.status
    change.other = body.party
    change.place = body.place
    change.more = acts.thing_map(program, world, refs.ref(refs.PERSON, person))
    change.value = float(look_)
    change.x = change.x1 = acts.person_x(program, world, person, now)
    change.y = change.y1 = acts.person_y(program, world, person, now)
    if body.place < 0 and body.party < 0 and body.destination >= 0:
        change.x, change.y, change.x1, change.y1 = body.from_x, body.from_y, body.to_x, body.to_y
        change.since, change.until = body.departed, body.arrives


@kernel
def _party(program, world, party, now):
    group, shown = world.parties[party], world.shown_parties[party]
    same = shown.leg == group.leg and shown.state == group.state
    if group.leg < 0 or (same and shown.entered == group.entered and shown.leaves == group.leaves):
        return
    shown.leg, shown.state, shown.entered, shown.leaves = group.leg, group.state, group.entered, group.leaves
    leg = program.legs[group.leg]
    change = world.changes[_new(world, PARTY, party, now)]
    change.other = group.crowd
    change.state = group.state
    change.value = float(group.members)
    change.more = program.places[leg.end_place].map if leg.end_place >= 0 else -1
    change.x = change.x1 = acts.party_x(program, world, party, now)
    change.y = change.y1 = acts.party_y(program, world, party, now)
    if group.state == states.PARTY_WALKING and group.queues == states.NO_LINE:
        change.x, change.y, change.x1, change.y1 = leg.x0, leg.y0, leg.x1, leg.y1
        change.since, change.until = group.entered, group.leaves


@kernel
def _vessels(program, world, now):
    for vessel in range(len(world.shown_vessels)):
        ship, shown = world.vessels[vessel], world.shown_vessels[vessel]
        same = shown.at == ship.at and shown.destination == ship.destination and shown.began == ship.leg_began
        if same and shown.mode == ship.mode and shown.cloaked == ship.cloaked:
            if shown.hull == ship.hull and shown.shield == ship.shield:
                continue
        shown.at, shown.destination, shown.began = ship.at, ship.destination, ship.leg_began
        shown.mode, shown.cloaked, shown.hull, shown.shield = ship.mode, ship.cloaked, ship.hull, ship.shield
        change = world.changes[_new(world, VESSEL, vessel, now)]
        thing = refs.ref(refs.VESSEL, vessel)
        change.state = ship.mode
        change.other = ship.cloaked
        change.place = ship.at
        change.more = acts.thing_map(program, world, thing)
        change.value = ship.hull / ship.hull_max if ship.hull_max > 0.0 else 1.0
        change.value2 = acts.shield_now(ship, now) / ship.shield_max if ship.shield_max > 0.0 else 0.0
        change.x = change.x1 = acts.thing_x(program, world, thing, now)
        change.y = change.y1 = acts.thing_y(program, world, thing, now)
        if ship.at < 0 and ship.destination >= 0:
            way = acts.sailed(ship, ship.leg_ends)
            change.x, change.y = ship.leg_x, ship.leg_y
            change.x1, change.y1 = ship.leg_x + ship.course_x * way, ship.leg_y + ship.course_y * way
            change.since, change.until = ship.leg_began, ship.leg_ends


@kernel
def stir(world, mind):
    """Say that a belief of `mind` has moved."""
    if world.recorder[0].level != OFF:
        world.recorder[0].stirred = 1
        world.shown_beliefs[mind, 0].stale = 1


@kernel
def _beliefs(world, now):
    for mind in range(len(world.minds)):
        if world.shown_beliefs[mind, 0].stale != 0:
            world.shown_beliefs[mind, 0].stale = 0
            _mind(world, mind, now)


@kernel
def _mind(world, mind, now):
    for fact in range(len(world.facts)):
        belief, shown = world.beliefs[mind, fact], world.shown_beliefs[mind, fact]
        if belief.odds == shown.odds and belief.known == shown.known:
            continue
        shown.odds, shown.known = belief.odds, belief.known
        change = world.changes[_new(world, BELIEF, mind, now)]
        change.other = fact
        change.state = belief.known
        change.more = belief.told_by
        change.value = belief.odds
        change.entry = belief.entry


@kernel
def _devices(world, now):
    for device in range(len(world.shown_devices)):
        row, shown = world.devices[device], world.shown_devices[device]
        if shown.mode == row.mode and shown.stage == row.stage and shown.armed == row.armed:
            continue
        shown.mode, shown.stage, shown.armed = row.mode, row.stage, row.armed
        change = world.changes[_new(world, DEVICE, device, now)]
        change.state, change.more, change.other = row.mode, row.stage, row.armed
        change.place = row.inside


@kernel
def _numbers(program, world, now):
    facts = len(world.facts)
    for fact in range(min(facts, len(world.shown_numbers))):
        so = float(world.facts[fact].true)
        if world.shown_numbers[fact].value != so:
            world.shown_numbers[fact].value = so
            world.changes[_new(world, FACT, fact, now)].state = world.facts[fact].true
    if world.recorder[0].level < MEASURES:
        return
    for measure in range(len(program.measures)):
        machine.evaluate(program, world, program.measures[measure].code, now, now)
        value, shown = world.stack[0].value, world.shown_numbers[facts + measure]
        if value != shown.value and not (math.isnan(value) and math.isnan(shown.value)):
            shown.value = value
            world.changes[_new(world, MEASURE, measure, now)].value = value
