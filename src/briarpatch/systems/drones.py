"""Drones: swarms that search for a crowd, tag whom they find, and are shot down.

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

from ..world import acts, kinds, processes, refs, states, topics, verbs
from ..world.compiled import kernel
from ..world.parts import system
from . import pursuit, quarry

READS = ("people", "parties", "places", "legs", "crowds")
WRITES = ("swarms", "drones", "people", "clocks", "requests", "chronicle")


@system
def step(program, world, since, now):
    """Launch and recall; let drones fall, find and tag; set the rates that hold from now on."""
    changed = world.due[states.DRONES].woken != 0
    world.due[states.DRONES].woken = 0
    hunting = False
    while acts.going(world, 10):
        number = acts.take(program, world, states.DRONES)
        if number < 0:
            break
        hunting = _carry_out(program, world, number, now) or hunting
        acts.spend(program, world, number)
    due = math.inf
    areas = hunting
    for swarm in world.swarms:
        if swarm.active != 0:
            hunting = True
            if swarm.explicit == 0 or now >= swarm.refresh:
                areas = True
                swarm.stale = 1
                swarm.refresh = now + swarm.period
            due = min(due, swarm.refresh)
    if not hunting:
        return math.inf
    for s in range(len(world.swarms)):
        if world.swarms[s].active != 0 and world.swarms[s].explicit != 0:
            due = min(due, _pursue(program, world, s, now))
    due = min(due, _losses(program, world, now))
    if changed or areas:
        due = min(due, quarry.hunt(program, world, 1 if areas else 0, now))
    return due


@kernel
def _carry_out(program, world, number, now):
    """Launch a swarm, or call it back; return whether anything changed."""
    asked = world.requests[number]
    row = asked.a
    swarm = world.swarms[row]
    who = refs.ref(refs.SWARM, row)
    if asked.verb == verbs.LAUNCH:
        if swarm.left > 0 and swarm.active != 0 and swarm.prey == asked.b:
            acts.idle(program, world, kinds.WAS_SO)
            return False
        if swarm.left <= 0:
            return False
        wreck = acts.ruin(program, world, swarm.station)
        if wreck >= 0:
            acts.emit(world, now, kinds.WAS_LOST, -1, wreck, -1, float(verbs.LAUNCH), asked.cause)
            return False
        prey = refs.ref(refs.CROWD, asked.b)
        _let_go(program, world, row, now)
        swarm.active = 1
        swarm.refresh = now + swarm.period
        swarm.prey = asked.b
        swarm.launched = now
        swarm.ground = _ground(program, world, asked.b)
        swarm.against = _side(program, world, asked.b)
        swarm.entry = acts.emit(world, now, kinds.LAUNCHED, who, prey, swarm.station, float(swarm.left), asked.cause)
        swarm.launch = swarm.entry
        if swarm.explicit != 0:
            pursuit.begin(program, world, row, now)
    elif swarm.active != 0:
        _let_go(program, world, row, now)
        swarm.entry = acts.emit(world, now, kinds.RECALLED, who, -1, swarm.station, float(swarm.left), asked.cause)
    else:
        return False
    acts.touch(world, topics.SWARMS)
    return True


@kernel
def _let_go(program, world, s, now):
    """Let a swarm leave off from those whom it has hunted so far."""
    swarm = world.swarms[s]
    if swarm.active == 0:
        return
    swarm.active = 0
    for j in range(swarm.drone, swarm.drone + swarm.drones):
        drone = world.drones[j]
        if drone.touches >= 0:
            world.people[drone.touches].heels -= 1
        drone.target, drone.touches = -1, -1
    quarry.hunt(program, world, 1, now)


@kernel
def _ground(program, world, crowd):
    """Return the map on which a crowd is: that where most of it are free and in the open, else that of its home."""
    row = program.crowds[crowd]
    best, most = -1, 0
    for ground in range(len(program.maps)):
        number = 0
        for i in range(row.first, row.first + row.count):
            if world.people[i].status == states.ACTIVE and acts.outdoors(program, world, i):
                number += acts.thing_map(program, world, refs.ref(refs.PERSON, i)) == ground
        if number > most:
            best, most = ground, number
    if best >= 0:
        return best
    if row.count > 0 and world.people[row.first].home >= 0:
        return acts.thing_map(program, world, refs.ref(refs.PLACE, world.people[row.first].home))
    return -1


@kernel
def _side(program, world, crowd):
    """Return the side to which most of a crowd belong who live; -1 for a crowd of nobody."""
    row = program.crowds[crowd]
    best, most, sides = -1, 0, 0
    for i in range(row.first, row.first + row.count):
        sides = max(sides, world.people[i].faction + 1)
    for side in range(sides):
        number = 0
        for i in range(row.first, row.first + row.count):
            number += world.people[i].status != states.DEAD and world.people[i].faction == side
        if number > most:
            best, most = side, number
    return best


# ------------------------------------------------------------------------------------------------ losses


@kernel
def _losses(program, world, now):
    """Let drones fall that are due, and set the rate of the next loss of each swarm; return when that is."""
    due = math.inf
    for s in range(len(world.swarms)):
        swarm = world.swarms[s]
        clock = world.clocks[swarm.clock_loss]
        if swarm.active != 0 and processes.ring_time(clock) <= now:
            _lose(program, world, s, now)
        rate = 0.0
        if swarm.active != 0 and swarm.defence > 0.0:
            rate = swarm.defence * quarry.defenders(program, world, s)
            if swarm.explicit != 0 and pursuit.under_fire(world, s) == 0:
                rate = 0.0
        if rate != clock.rate:
            processes.set_rate(clock, rate, now)
        while swarm.active != 0 and processes.ring_time(clock) <= now and acts.going(world, 10):
            _lose(program, world, s, now)
            processes.set_rate(clock, rate if swarm.active != 0 else 0.0, now)
        if swarm.active != 0:
            due = min(due, processes.ring_time(clock))
    return due


@kernel
def _lose(program, world, s, now):
    """Take one drone from a swarm; the last one ends the hunt."""
    swarm = world.swarms[s]
    if swarm.explicit != 0:
        _fall(program, world, s, now)
    swarm.left -= 1
    who = refs.ref(refs.SWARM, s)
    swarm.entry = acts.emit(world, now, kinds.DRONE_LOST, who, -1, -1, float(swarm.left), swarm.launch)
    if swarm.left <= 0:
        swarm.active = 0
    processes.rearm(world.clocks[swarm.clock_loss], world.state[0].luck, now)
    acts.touch(world, topics.SWARMS)


@kernel
def _fall(program, world, s, now):
    """Choose the drone with a position that is lost; whoever it was after is rid of it."""
    swarm = world.swarms[s]
    fallen = pursuit.lose(world, s, world.clocks[swarm.clock_loss].occurrence)
    if fallen >= 0 and world.drones[fallen].touches >= 0:
        person = world.drones[fallen].touches
        world.people[person].heels -= 1
        world.drones[fallen].touches = -1
        quarry.sought(program, world, person, now)


# ------------------------------------------------------------------------------------------------ the hunt


@kernel
def _pursue(program, world, s, now):
    """Let the drones of a swarm that have positions take the looks that are due; return when something comes of it next."""
    swarm = world.swarms[s]
    while pursuit.next_look(world, s) <= now and acts.going(world, 10 * (swarm.drones + len(world.people))):
        pursuit.look(program, world, s)
        for j in range(swarm.drone, swarm.drone + swarm.drones):
            _keep_up(program, world, s, j, now)
    due = pursuit.next_look(world, s)
    for j in range(swarm.drone, swarm.drone + swarm.drones):
        if world.drones[j].touches >= 0:
            due = min(due, quarry.sought(program, world, world.drones[j].touches, now))
    return due


@kernel
def _keep_up(program, world, s, j, now):
    """Count a drone at the heels of whom it has come within reach of, and no longer of whom it has lost."""
    drone = world.drones[j]
    if drone.touches == drone.touched:
        return
    if drone.touched >= 0:
        world.people[drone.touched].heels -= 1
        quarry.sought(program, world, drone.touched, now)
    if drone.touches >= 0:
        body = world.people[drone.touches]
        body.heels += 1
        if body.found < 0:
            body.found = s
            processes.rearm(world.clocks[body.clock_tag], world.state[0].luck, now)
