"""Drones: swarms that search an area at random for a crowd, tag whom they find, and are shot down.

Who can be found: those free of the crowd, the named of its side, and the named who walk in one of its parties, while
they are in the open on the map of the hunt. n drones of speed w and sweep width W find each of them at rate
n w W c sqrt(s) / A (Koopman 1946): c is the cover of the place or leg (0 in a cave), s the signature of a suit, since
sweep width goes as its root. Once found, attempts to tag succeed at rate mu p until the person is tagged or gets out
of sight, when the search for them begins anew. Defenders down drones at a constant rate each while they see the sky:
every named person who is free and with the hunted, at a place where one of them is or in one of their parties, counts
as armed. Rates are constant between changes, so each person's clock rings at the exact time, and only the clocks whose
rate has changed are touched.

Assumes a random search of the whole area, that a drone which tags does not leave a gap in the search, and that all are
on the spot as soon as they are launched. Leaves out positions of single drones, fuel, and drones that shoot.
Sources: see `laws.drones`.
"""

from __future__ import annotations

import math

from ..laws import drones as laws
from ..world import acts, chance, kinds, processes, refs, states, topics, verbs
from ..world.compiled import kernel
from ..world.handles import system

READS = ("people", "parties", "places", "legs", "crowds")
WRITES = ("swarms", "people", "clocks", "requests", "chronicle")


@system
def step(program, world, since, now):
    """Launch and recall; let drones fall, find and tag; set the rates that hold from now on."""
    changed = False
    while True:
        number = acts.take(world, states.DRONES)
        if number < 0:
            break
        _carry_out(program, world, number, now)
        acts.spend(world, number)
        changed = True
    cadence = math.inf
    for swarm in world.swarms:
        if swarm.active != 0:
            cadence = min(cadence, now + swarm.period)
            changed = True
    if not changed:
        return math.inf
    due = _losses(program, world, now)
    return min(due, _hunt(program, world, now), cadence)


@kernel
def _carry_out(program, world, number, now):
    asked = world.requests[number]
    row = asked.a
    swarm = world.swarms[row]
    who = refs.ref(refs.SWARM, row)
    if asked.verb == verbs.LAUNCH:
        if swarm.left <= 0 or (swarm.active != 0 and swarm.prey == asked.b):
            return
        prey = refs.ref(refs.CROWD, asked.b)
        if swarm.active != 0:  # let go of those hunted so far
            swarm.active = 0
            _hunt(program, world, now)
        swarm.active = 1
        swarm.prey = asked.b
        swarm.launched = now
        swarm.ground = _ground(program, world, asked.b)
        swarm.entry = acts.emit(world, now, kinds.LAUNCHED, who, prey, swarm.station, float(swarm.left), asked.cause)
        swarm.launch = swarm.entry
    elif swarm.active != 0:
        swarm.active = 0
        swarm.entry = acts.emit(world, now, kinds.RECALLED, who, -1, swarm.station, float(swarm.left), asked.cause)
    acts.touch(world, topics.SWARMS)


@kernel
def _ground(program, world, crowd):
    """Return the map on which a crowd is: that of the first of it who is free and in the open, else of its home."""
    row = program.crowds[crowd]
    for i in range(row.first, row.first + row.count):
        if world.people[i].status == states.ACTIVE and acts.outdoors(program, world, i):
            return acts.thing_map(program, world, refs.ref(refs.PERSON, i))
    if row.count > 0 and world.people[row.first].home >= 0:
        return acts.thing_map(program, world, refs.ref(refs.PLACE, world.people[row.first].home))
    return -1


# ------------------------------------------------------------------------------------------------ losses


@kernel
def _losses(program, world, now):
    """Let drones fall that are due, and set the rate of the next loss of each swarm; return when that is."""
    due = math.inf
    for s in range(len(world.swarms)):
        swarm = world.swarms[s]
        clock = world.clocks[swarm.clock_loss]
        if swarm.active != 0 and processes.ring_time(clock) <= now:
            _lose(world, s, now)
        rate = 0.0
        if swarm.active != 0 and swarm.defence > 0.0:
            rate = swarm.defence * _defenders(program, world, s)
        if rate != clock.rate:
            processes.set_rate(clock, rate, now)
        while swarm.active != 0 and processes.ring_time(clock) <= now:
            _lose(world, s, now)
            processes.set_rate(clock, rate if swarm.active != 0 else 0.0, now)
        if swarm.active != 0:
            due = min(due, processes.ring_time(clock))
    return due


@kernel
def _lose(world, s, now):
    """Take one drone from a swarm; the last one ends the hunt."""
    swarm = world.swarms[s]
    swarm.left -= 1
    who = refs.ref(refs.SWARM, s)
    swarm.entry = acts.emit(world, now, kinds.DRONE_LOST, who, -1, -1, float(swarm.left), swarm.launch)
    if swarm.left <= 0:
        swarm.active = 0
    processes.rearm(world.clocks[swarm.clock_loss], world.state[0].seed, now)
    acts.touch(world, topics.SWARMS)


@kernel
def _defenders(program, world, s):
    """Return how many armed people are with the hunted of swarm `s` and see the sky."""
    swarm = world.swarms[s]
    number = 0
    for i in range(len(world.minds)):
        body = world.people[i]
        if body.status == states.ACTIVE and body.faction != swarm.faction:
            if _exposed(program, world, i, swarm.ground) > 0.0:
                if _is_prey(program, world, i, s) or _with(program, world, body.place, swarm.prey):
                    number += 1
    return number


@kernel
def _with(program, world, place, crowd):
    """Return True when somebody free of a crowd is at a place."""
    if place < 0:
        return False
    row = program.crowds[crowd]
    for i in range(row.first, row.first + row.count):
        if world.people[i].place == place and world.people[i].status == states.ACTIVE:
            return True
    return False


# ------------------------------------------------------------------------------------------------ the hunt


@kernel
def _is_prey(program, world, person, s):
    """Return True when swarm `s` is after this person."""
    body, swarm = world.people[person], world.swarms[s]
    if body.crowd >= 0:
        return body.crowd == swarm.prey
    if body.party >= 0 and world.parties[body.party].crowd == swarm.prey:
        return True
    crowd = program.crowds[swarm.prey]
    return crowd.count > 0 and body.faction == world.people[crowd.first].faction and body.faction != swarm.faction


@kernel
def _exposed(program, world, person, ground):
    """Return the share of sight that reaches a person in the open on the map `ground`; 0 anywhere else."""
    body = world.people[person]
    if body.place >= 0:
        place = program.places[body.place]
        if place.map != ground or place.map < 0 or place.vessel >= 0 or place.machine >= 0:
            return 0.0
        return place.cover
    if acts.thing_map(program, world, refs.ref(refs.PERSON, person)) != ground:
        return 0.0
    if body.party >= 0:
        return program.legs[world.parties[body.party].leg].cover
    return 1.0


@kernel
def _hunt(program, world, now):
    """Let people be found and tagged who are due, and set everybody's rate; return when the next is due."""
    due = math.inf
    for i in range(len(world.minds)):
        due = min(due, _sought(program, world, i, now))
    for c in range(len(program.crowds)):
        for swarm in world.swarms:
            if swarm.prey == c:
                for i in range(program.crowds[c].first, program.crowds[c].first + program.crowds[c].count):
                    due = min(due, _sought(program, world, i, now))
                break
    return due


@kernel
def _sought(program, world, i, now):
    """Bring one person up to date; return when they will be found or tagged if all goes on so."""
    body = world.people[i]
    clock = world.clocks[body.clock_tag]
    if body.tag >= 0 or (clock.rate == 0.0 and body.status != states.ACTIVE):
        return math.inf
    seed = world.state[0].seed
    if clock.rate > 0.0 and processes.ring_time(clock) <= now:
        if body.found < 0:
            body.found = _finder(program, world, i, clock.occurrence)
            processes.rearm(clock, seed, now)
        elif world.swarms[body.found].left > 0:
            _tag(world, i, now)
            return math.inf
    rate = _rate(program, world, i)
    if body.found >= 0 and rate <= 0.0:  # out of sight again: the search begins anew
        body.found = -1
        processes.rearm(clock, seed, now)
        rate = _rate(program, world, i)
    if rate != clock.rate:
        processes.set_rate(clock, rate, now)
    while clock.rate > 0.0 and processes.ring_time(clock) <= now:  # an infinite rate
        if body.found >= 0:
            _tag(world, i, now)
            return math.inf
        body.found = _finder(program, world, i, clock.occurrence)
        processes.rearm(clock, seed, now)
        processes.set_rate(clock, _rate(program, world, i), now)
    return processes.ring_time(clock)


@kernel
def _rate(program, world, i):
    """Return the rate [1/s] at which a person is found or, once found, tagged."""
    body = world.people[i]
    if body.status != states.ACTIVE:
        return 0.0
    if body.found >= 0:
        swarm = world.swarms[body.found]
        if swarm.active == 0 or _rate_of(program, world, i, body.found) <= 0.0:
            return 0.0
        return laws.tag_rate(swarm.tag_rate, swarm.tag_chance)
    total = 0.0
    for s in range(len(world.swarms)):
        total += _rate_of(program, world, i, s)
    return total


@kernel
def _rate_of(program, world, i, s):
    """Return the rate [1/s] at which swarm `s` finds a person."""
    swarm = world.swarms[s]
    if swarm.active == 0 or not _is_prey(program, world, i, s):
        return 0.0
    exposed = _exposed(program, world, i, swarm.ground)
    if exposed <= 0.0:
        return 0.0
    if world.people[i].suited != 0:
        exposed *= math.sqrt(world.people[i].suit)
    if exposed <= 0.0:
        return 0.0
    return exposed * laws.coverage_rate(swarm.left, swarm.speed, swarm.width, swarm.area)


@kernel
def _finder(program, world, i, occurrence):
    """Return the swarm that found a person, drawn in proportion to the rates when several are out."""
    last, total = -1, 0.0
    for s in range(len(world.swarms)):
        rate = _rate_of(program, world, i, s)
        if rate > 0.0:
            last, total = s, total + rate
    left = chance.u01(world.state[0].seed, chance.SEARCH, world.people[i].key, occurrence) * total
    for s in range(len(world.swarms)):
        rate = _rate_of(program, world, i, s)
        if rate > 0.0 and (left < rate or math.isinf(rate)):
            return s
        left -= rate
    return last


@kernel
def _tag(world, i, now):
    """Tag a person, and ask the swarm's transporter to take them."""
    body = world.people[i]
    swarm = world.swarms[body.found]
    clock = world.clocks[body.clock_tag]
    processes.set_rate(clock, 0.0, now)
    who, whom = refs.ref(refs.SWARM, body.found), refs.ref(refs.PERSON, i)
    entry = acts.emit(world, now, kinds.TAGGED, whom, who, body.place, float(swarm.tags + 1), swarm.launch)
    body.tag = body.found
    body.found = -1
    body.entry = entry
    swarm.tags += 1
    acts.touch(world, topics.PEOPLE | topics.SWARMS)
    if swarm.pad >= 0:
        acts.request(world, verbs.SEIZE, states.TRANSPORTER, now, entry, i, swarm.pad, swarm.take_to, -1, 0.0, 0.0)
