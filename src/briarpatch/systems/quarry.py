"""Those whom swarms hunt: who they are, how openly they stand, when they are found, and when tagged (see `drones`)."""

from __future__ import annotations

import math

from ..laws import drones as laws
from ..world import acts, chance, journal, kinds, processes, refs, states, topics, verbs
from ..world.compiled import kernel
from ..world.parts import FLOAT, INT, part


@kernel
def is_prey(program, world, person, s):
    """Return True when swarm `s` is after this person."""
    body, swarm = world.people[person], world.swarms[s]
    if body.crowd >= 0:
        return body.crowd == swarm.prey
    if body.party >= 0 and world.parties[body.party].crowd == swarm.prey:
        return True
    return swarm.against >= 0 and body.faction == swarm.against and body.faction != swarm.faction


@kernel
def exposed(program, world, person, ground):
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
def defenders(program, world, s):
    """Return how many armed people are with the hunted of swarm `s` and see the sky."""
    swarm = world.swarms[s]
    number = 0
    for i in range(len(world.minds)):
        body = world.people[i]
        if body.status == states.ACTIVE and body.faction != swarm.faction:
            if exposed(program, world, i, swarm.ground) > 0.0:
                if is_prey(program, world, i, s) or _with(program, world, body.place, swarm.prey):
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


# ------------------------------------------------------------------------------------------------ found and tagged


@part(INT, FLOAT)
def sought(program, world, i, now):
    """Bring one person up to date; return when they will be found or tagged if all goes on so."""
    body = world.people[i]
    clock = world.clocks[body.clock_tag]
    if body.tag >= 0 or (clock.rate == 0.0 and body.status != states.ACTIVE):
        return math.inf
    seed = world.state[0].luck
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
    while clock.rate > 0.0 and processes.ring_time(clock) <= now and acts.going(world, 100):  # an infinite rate
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
        if swarm.explicit != 0:
            return body.heels * laws.tag_rate(swarm.tag_rate, swarm.tag_chance) if swarm.active != 0 else 0.0
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
    if swarm.active == 0 or swarm.explicit != 0 or not is_prey(program, world, i, s):
        return 0.0
    shows = exposed(program, world, i, swarm.ground)
    if shows <= 0.0:
        return 0.0
    if world.people[i].suited != 0:
        shows *= math.sqrt(world.people[i].suit)
    if shows <= 0.0:
        return 0.0
    return shows * laws.coverage_rate(swarm.left, swarm.speed, swarm.width, swarm.area)


@kernel
def _finder(program, world, i, occurrence):
    """Return the swarm that found a person: the first in a race at their rates, in whatever order they stand."""
    best, soonest = -1, math.inf
    for s in range(len(world.swarms)):
        rate = _rate_of(program, world, i, s)
        if rate <= 0.0:
            continue
        key = chance.pair_key(world.people[i].key, world.swarms[s].key)
        wait = chance.exponential(world.state[0].luck, chance.SEARCH, key, occurrence) / rate
        if best < 0 or wait < soonest:
            best, soonest = s, wait
    return best


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
    body.found, body.heels = -1, 0
    for j in range(len(world.drones)):
        if world.drones[j].touches == i:
            world.drones[j].touches = -1
    body.entry = entry
    swarm.tags += 1
    acts.touch_person(world, i)
    acts.touch(world, topics.SWARMS)
    if swarm.pad >= 0:
        acts.request(world, verbs.SEIZE, states.TRANSPORTER, now, entry, i, swarm.pad, swarm.take_to, -1, 0.0, 0.0)


@part(INT, FLOAT)
def hunt(program, world, everybody, now):
    """Let people be found and tagged who are due, and set rates; return when the next is due.

    When not `everybody` must be looked at, those are who have changed since the last time.
    """
    due, read, written = math.inf, world.due[states.DRONES], world.state[0].noted
    if everybody == 0 and not journal.everybody(world, read.noted):
        for number in range(read.noted, written):
            due = min(due, sought(program, world, journal.who(world, number), now))
        read.noted = written
        return due
    for i in range(len(world.minds)):
        due = min(due, sought(program, world, i, now))
    for c in range(len(program.crowds)):
        for swarm in world.swarms:
            if swarm.prey == c:
                for i in range(program.crowds[c].first, program.crowds[c].first + program.crowds[c].count):
                    due = min(due, sought(program, world, i, now))
                break
    read.noted = written
    return due
