"""What every system may do to a world: write the chronicle, wake one another, ask, kill, and put somebody somewhere.

Systems never call one another. They change tables, mark the topics that changed, and leave requests for the system
that owns a verb; the loop wakes it at the same instant.

It is long because where somebody is, what befalls them and what is asked call one another in kernels.
"""

from __future__ import annotations

import math

import numpy as np

from . import agenda, chains, journal, kinds, refs, states, topics, verbs
from .alike import hypot
from .compiled import kernel
from .processes import distance_after, exposure


@kernel
def emit(world, time, kind, subject, object_, place, amount, cause):
    """Write one entry of the chronicle and return its number, or -1 when there is no room (a guard)."""
    state = world.state[0]
    number = state.entries
    if number >= len(world.chronicle) or 0 < state.room <= number:
        state.broken = states.ROOM_GUARD
        return -1
    entry = world.chronicle[number]
    entry.time = time
    entry.kind = kind
    entry.subject = subject
    entry.object = object_
    entry.place = place
    entry.amount = amount
    entry.cause = cause if cause >= 0 or number == 0 else 0  # what has no other cause rests on the beginning
    entry.cause2 = -1
    entry.cause3 = -1
    state.entries = number + 1
    return number


@kernel
def touch(world, changed):
    """Say that `changed` topics have changed as a whole, so that rules and deciders look again at this instant."""
    if (changed & topics.PEOPLE) != 0:
        journal.note(world, journal.ANYBODY)
    if (changed & topics.VESSELS) != 0:
        world.state[0].sailed += 1
    _touch(world, topics.whole(changed))


@kernel
def touch_person(world, person):
    """Say that one person has changed, and nobody else."""
    journal.note(world, person)
    _touch(world, topics.PEOPLE | topics.person(person, world.people[person].crowd))


@kernel
def mark(world, event, entry, time):
    """Note that an event has happened."""
    row = world.events[event]
    row.times += 1
    row.first = min(row.first, time)
    row.last = time
    row.entry = entry
    _touch(world, topics.EVENTS | topics.event(event))


@kernel
def touch_decision(world, decision):
    """Say that one decision has been taken."""
    _touch(world, topics.DECISIONS | topics.decision(decision))


@kernel
def _touch(world, changed):
    state = world.state[0]
    state.changed |= changed
    state.raised |= changed
    wake(world, states.RULES, state.time)
    wake(world, states.COMMAND, state.time)
    if (changed & (topics.PEOPLE | topics.VESSELS)) != 0 and len(world.pairs) > 0:  # something may have come into sight
        wake(world, states.OBSERVATION, state.time)
    if (changed & topics.PEOPLE) != 0 and len(world.bonds) > 0:  # some may have come together, or parted
        wake(world, states.BONDS, state.time)
    if (changed & topics.PEOPLE) != 0 and len(world.swarms) > 0:  # somebody may have come into the open, or out of it
        wake(world, states.DRONES, state.time)
    if len(world.movements) > 0 or len(world.defections) > 0:
        for movement in world.movements:
            movement.changed |= changed
        for defection in world.defections:
            defection.changed |= changed
        wake(world, states.FOLLOWING, state.time)
    for watch in world.watches:
        if (watch.mask & changed) != 0:
            watch.changed |= changed
            wake(world, watch.mechanism, state.time)
    for mechanism in range(len(world.due)):
        if (world.due[mechanism].listens & changed) != 0:
            wake(world, mechanism, state.time)
    if (changed & topics.PEOPLE) != 0:  # somebody may have left a device
        wake(world, states.DEVICES, state.time)
    if (changed & (topics.PEOPLE | topics.VESSELS)) != 0:  # somebody may have come into a field, or out of it
        wake(world, states.RADIATION, state.time)


@kernel
def touch_pace(world):
    """Say that the answer to the hook "pace on foot" has changed."""
    world.state[0].paces += 1
    wake(world, states.MARCH, world.state[0].time)


@kernel
def wake(world, system, time):
    """Let `system` run at `time`, or earlier if it wants to."""
    due = world.due[system]
    due.woken = 1
    due.next = min(due.next, max(time, world.state[0].time))


@kernel
def request(world, verb, system, at, cause, a, b, c, d, amount, extra):
    """Ask `system` to carry out `verb` at time `at`."""
    state = world.state[0]
    number = state.pending
    if number >= len(world.requests):
        state.broken = states.REQUEST_GUARD
        return
    row = world.requests[number]
    row.verb = verb
    row.system = system
    row.at = at if at > state.time else state.time
    row.cause = cause
    row.a = a
    row.b = b
    row.c = c
    row.d = d
    row.amount = amount
    row.extra = extra
    state.pending = number + 1
    state.live += 1
    wake(world, system, at)


@kernel
def first_request(world):
    """Return the row of the request that comes next of all that are due, or -1: the earliest, then the first asked."""
    state = world.state[0]
    best = -1
    if state.live > 0:
        for i in range(state.pending):
            row = world.requests[i]
            if row.verb >= 0 and row.at <= state.time and (best < 0 or row.at < world.requests[best].at):
                best = i
    return best


MOST_WORK = 2_000_000_000
"""What the loops of one step may do, about a nanosecond each; beyond it a guard stops the world."""


@kernel
def going(world, work):
    """Return whether a loop may go round once more, which is `work` [about a nanosecond each]; else the world is broken.

    Every loop of a step that ends for reasons in the world asks it, so that no step goes on for ever.
    """
    state = world.state[0]
    state.work += work
    if state.work <= MOST_WORK:
        return True
    state.broken = states.WORK_GUARD
    return False


@kernel
def take(program, world, system):
    """Return the row of the next request when it is for `system` to carry out now, else -1; `spend` the row then.

    Requests are carried out in the order in which they were asked, whatever their systems. One whose people are not what
    its verb needs them to be, or where its doer has to be, comes to nothing.
    """
    while going(world, 10):
        best = first_request(world)
        if best < 0 or world.requests[best].system != system:
            return -1
        world.state[0].written, world.state[0].taken = world.state[0].entries, best
        if not _comes_to_nothing(program, world, best):
            return best
        spend(program, world, best)
    return -1


@kernel
def _comes_to_nothing(program, world, number):
    """Return True, and write down why, when those whom a request names are not what its verb needs (`program.verb_needs`).

    Or when nobody whom it concerns is within reach of who does it (`program.verb_doer`).
    """
    asked = world.requests[number]
    if asked.verb >= len(program.verb_needs):
        return False
    for slot in range(4):
        needed = program.verb_needs[asked.verb, slot]
        if needed == verbs.ANYBODY:
            continue
        being = _named(asked, slot, program.verb_kinds[asked.verb, slot])
        if being >= 0 and hindered(world, being, needed, asked.verb, asked.cause):
            return True
    return _out_of_reach(program, world, asked)


@kernel
def _named(asked, slot, kind):
    """Return the reference in a slot of a request: of the row of `kind` there, or the slot itself when that is not above 0."""
    named = asked.a if slot == 0 else asked.b if slot == 1 else asked.c if slot == 2 else asked.d
    return refs.ref(kind, named) if named >= 0 and kind > 0 else named


@kernel
def _out_of_reach(program, world, asked):
    """Return True, and write it down, when whoever does what is asked reaches nobody whom it concerns."""
    slot, whom = program.verb_doer[asked.verb, 0], program.verb_doer[asked.verb, 1]
    doer = _named(asked, slot, 0) if slot >= 0 else -1
    if doer < 0:
        return False
    being, reach = _named(asked, whom, program.verb_kinds[asked.verb, whom]), reach_of(program, asked)
    first, last = range_of(world, being, program)
    for i in range(first, last):
        if world.people[i].status != states.DEAD and _belongs(world, being, i):
            if reaches(program, world, doer, i, reach):
                return False
    nobody_there(world, being, asked.verb, world.people[doer].place, world.state[0].time, asked.cause)
    return True


@kernel
def reach_of(program, asked):
    """Return how far [m] the doer of a request reaches beyond those whom they are beside."""
    quantity = program.verb_doer[asked.verb, 2]
    return asked.amount if quantity == 0 else asked.extra if quantity == 1 else 0.0


@kernel
def reaches(program, world, doer, person, reach):
    """Return True when somebody can lay hands on another, or the other is no farther than `reach` [m]; fate (-1) can.

    Hands reach whoever is at the same place, aboard the same vessel, or on the way together.
    """
    if doer < 0 or beside(world, doer, person):
        return True
    here, there = world.people[doer].place, world.people[person].place
    if here >= 0 and there >= 0:
        ship = program.places[here].vessel
        if ship >= 0 and ship == program.places[there].vessel:
            return True
    one, other = refs.ref(refs.PERSON, doer), refs.ref(refs.PERSON, person)
    return reach > 0.0 and distance(program, world, one, other, world.state[0].time) <= reach


@kernel
def hindered(world, being, needed, verb, cause):
    """Return True, and write down why, when nobody of `being` is what `verb` needs (`verbs.ANYBODY` to `FREE`)."""
    why = _hindrance(world, being, needed)
    if why >= 0:
        emit(world, world.state[0].time, why, -1, being, -1, float(verb), cause)
    return why >= 0


@kernel
def _hindrance(world, being, needed):
    """Return the kind of entry that says why nobody of `being` is what is needed, or -1.

    Of a group, the one who comes nearest to it says why. A group that never had anybody hinders nothing.
    """
    best, kind, row = -1, refs.kind_of(being), refs.row_of(being)
    if kind == refs.VESSEL or kind == refs.DEVICE:
        best = _fitness(world, kind, row)
    elif kind == refs.PERSON:
        best = _condition(world.people[row])
    else:
        first, last = 0, len(world.people)
        if kind == refs.CROWD:
            first, last = world.musters[row].start, world.musters[row].start + world.musters[row].count
        for i in range(first, last):
            if best >= needed:
                break
            if _belongs(world, being, i):
                best = max(best, _condition(world.people[i]))
    if best < 0 or best >= needed:
        return -1
    if best < verbs.LIVING:
        return kinds.WAS_LOST if kind == refs.VESSEL or kind == refs.DEVICE else kinds.WAS_DEAD
    return kinds.WAS_STILL if best < verbs.AWAKE else kinds.WAS_HELD


@kernel
def _fitness(world, kind, row):
    """Return what a vessel or a device is, from `verbs.ANYBODY` (destroyed) to `verbs.FREE`."""
    if kind == refs.DEVICE:
        return verbs.ANYBODY if world.devices[row].mode == states.BLOWN else verbs.FREE
    mode = world.vessels[row].mode
    if mode == states.LOST:
        return verbs.ANYBODY
    return verbs.LIVING if mode == states.DISABLED else verbs.FREE


@kernel
def awake(body):
    """Return True for somebody who lives and has neither been stopped nor got away for good."""
    return _condition(body) >= verbs.AWAKE


@kernel
def _condition(body):
    """Return what somebody is, from `verbs.ANYBODY` (dead) to `verbs.FREE`."""
    if body.status == states.DEAD:
        return verbs.ANYBODY
    if body.mode == states.STOPPED or body.mode == states.AWAY:
        return verbs.LIVING
    return verbs.AWAKE if body.status == states.HELD else verbs.FREE


@kernel
def spend(program, world, number):
    """Mark a request as done; one that left no entry came to nothing, and an entry says why (`program.verb_idle`)."""
    state, asked = world.state[0], world.requests[number]
    if asked.verb < len(program.verb_idle) and state.entries == state.written:
        idle(program, world, program.verb_idle[asked.verb, 0])
    asked.verb = -1
    state.live -= 1
    if state.live == 0:
        state.pending = 0


@kernel
def idle(program, world, kind):
    """Write down, in an entry of `kind`, why the request that is carried out came to nothing, or that it did something."""
    asked = world.requests[world.state[0].taken]
    slot, about = program.verb_idle[asked.verb, 1], refs.NOBODY
    if slot >= 0:
        about = _named(asked, slot, program.verb_idle[asked.verb, 2])
    return emit(world, world.state[0].time, kind, -1, about, -1, float(asked.verb), asked.cause)


@kernel
def done(program, world):
    """Write down that the request that is carried out changed something, when no entry has told it."""
    if world.state[0].entries == world.state[0].written:
        idle(program, world, kinds.DONE)


@kernel
def next_request(world, system):
    """Return the time of the next request to `system`; infinity for none."""
    state = world.state[0]
    best = math.inf
    for i in range(state.pending):
        row = world.requests[i]
        if row.verb >= 0 and row.system == system and row.at < best:
            best = row.at
    return best


@kernel
def pack_requests(world):
    """Close the gaps that spent requests leave, keeping the order."""
    state = world.state[0]
    kept = 0
    for i in range(state.pending):
        if world.requests[i].verb >= 0:
            if kept != i:
                world.requests[kept] = world.requests[i]
            kept += 1
    state.pending = kept


@kernel
def leave_line(world, person):
    """Let a person wait for no transporter, nor be on one."""
    for pad in range(len(world.pads)):
        if world.people[person].lines == 0:
            return
        leave_pad(world, person, pad)


@kernel
def leave_pad(world, person, pad):
    """Let a person no longer wait for one transporter, nor be on it."""
    body, wait = world.people[person], world.waits[pad, person]
    if wait.inline == 0:
        return
    if body.slot >= 0 and world.slots[body.slot].pad == pad:
        world.slots[body.slot].riders -= 1
        body.slot = -1
    lift = world.pads[pad]
    lift.wanted -= 1
    if wait.ahead >= 0:
        world.waits[pad, wait.ahead].after = wait.after
    else:
        lift.head = wait.after
    if wait.after >= 0:
        world.waits[pad, wait.after].ahead = wait.ahead
    else:
        lift.tail = wait.ahead
    wait.inline, wait.ahead, wait.after = 0, -1, -1
    body.lines -= 1


@kernel
def carried(world, person):
    """Return True while a transporter carries a person, who is on the way then and at no place."""
    slot = world.people[person].slot
    return slot >= 0 and world.slots[slot].phase == states.CYCLING


@kernel
def kill(world, person, by, time, cause):
    """Let a person die; nothing happens to one who is dead. Returns the entry, or -1."""
    body = world.people[person]
    if body.status == states.DEAD:
        return -1
    entry = emit(world, time, kinds.DIED, refs.ref(refs.PERSON, person), by, body.place, 0.0, cause)
    body.status = states.DEAD
    body.died = time
    body.entry = entry
    leave_line(world, person)
    follow(world, person, -1)
    wake(world, states.MARCH, time)
    wake(world, states.OBSERVATION, time)
    wake(world, states.DRONES, time)
    if person < len(world.minds) and world.minds[person].post >= 0:
        post = world.minds[person].post
        if world.vessels[post].captain == person:
            world.vessels[post].captain = -1
            request(world, verbs.VACATE, states.COMMAND, time, entry, person, post, -1, -1, 0.0, 0.0)
        world.minds[person].post = -1
    wake(world, states.KNOWLEDGE, time)
    wake(world, states.SIGNALS, time)
    wake(world, states.TRANSPORTER, time)
    touch_person(world, person)
    return entry


@kernel
def relocate(program, world, person, place, entry):
    """Put a person at a place, with everybody who is with them and follows; journeys, marches and locks end."""
    other = chains.next_follower(world, person, person)
    while other >= 0 and going(world, 10):
        if goes_along(world, other, person):
            put(program, world, other, place, entry)
            touch_person(world, other)
        other = chains.next_follower(world, other, person)
    put(program, world, person, place, entry)
    touch_person(world, person)


@kernel
def goes_along(world, person, leader):
    """Return True when `person`, who follows `leader`, perhaps through others, is free and with them now."""
    body, first = world.people[person], world.people[leader]
    if body.status != states.ACTIVE or first.status != states.ACTIVE:
        return False
    return body.party == first.party and beside(world, person, leader)


@kernel
def follow(world, person, leader):
    """Let a person follow `leader` from now on, or nobody (-1)."""
    body = world.people[person]
    if body.leader >= 0:
        chains.remove(world, chains.FOLLOWERS, body.leader, person)
    body.leader = leader
    if leader >= 0:
        chains.add(world, chains.FOLLOWERS, leader, person)


@kernel
def enlist(world, person, party):
    """Let a person be of a party, or of none (-1)."""
    body = world.people[person]
    if body.party >= 0:
        chains.remove(world, chains.MEMBERS, body.party, person)
    body.party = party
    if party >= 0:
        chains.add(world, chains.MEMBERS, party, person)


@kernel
def travel(world, person, destination, arrives):
    """Let a person be on a journey to `destination` until `arrives` [s], or on none (-1)."""
    body = world.people[person]
    if body.destination >= 0:
        chains.part(world, person)
    elif destination < 0:
        return
    body.destination, body.arrives = destination, arrives
    agenda.put(world, agenda.JOURNEYS, person, arrives)


@kernel
def rest(program, world, person, now):
    """Let a person end every journey and march where they are; in the open, they are then at no place.

    Whoever a transporter carries goes on with it.
    """
    body = world.people[person]
    if body.place < 0 and not carried(world, person):
        ground = thing_map(program, world, refs.ref(refs.PERSON, person))
        x, y = person_x(program, world, person, now), person_y(program, world, person, now)
        body.x, body.y, body.ground = x, y, ground
    enlist(world, person, -1)
    body.walks_until = min(body.walks_until, now)
    travel(world, person, -1, math.inf)
    journal.note(world, person)
    wake(world, states.OBSERVATION, now)
    wake(world, states.DRONES, now)


@kernel
def put(program, world, person, place, entry):
    """Put one person at a place and nobody else; see `relocate`."""
    body = world.people[person]
    if carried(world, person):
        leave_line(world, person)
    body.place = place
    _tell_pads(program, world, person, place)
    travel(world, person, -1, math.inf)
    enlist(world, person, -1)
    body.walks_until = min(body.walks_until, world.state[0].time)
    body.found = -1
    body.entry = entry
    journal.note(world, person)
    if place >= 0 and place == body.home and body.status == states.ACTIVE:
        body.moved = 0  # back home, and free
    if place >= 0:
        body.x = place_x(program, world, place, world.state[0].time)
        body.y = place_y(program, world, place, world.state[0].time)
        staged = program.places[place].staged
        if staged >= 0 and math.isinf(world.staged[staged].began):
            world.staged[staged].began = world.state[0].time
            world.staged[staged].entry = entry
    _wake_for_places(world, world.state[0].time)


@kernel
def _tell_pads(program, world, person, place):
    """Let each transporter know whose line holds a person who has come to where they wanted to be carried."""
    if world.people[person].lines == 0:
        return
    for pad in range(len(world.pads)):
        wait = world.waits[pad, person]
        if wait.inline != 0 and is_at(program, world, wait.goal, place):
            world.pads[pad].arrived = 1


@kernel
def lift(program, world, person, entry, now):
    """Let a transporter take a person up from where they are: from now on they are on the way, at no place.

    Where they were taken up is kept, in case they have to be brought back.
    """
    body = world.people[person]
    origin = body.place
    if origin >= 0:
        body.x, body.y = place_x(program, world, origin, now), place_y(program, world, origin, now)
    rest(program, world, person, now)
    body.origin, body.place = origin, -1
    body.found = -1
    body.entry = entry
    touch_person(world, person)
    _wake_for_places(world, now)


@kernel
def _wake_for_places(world, now):
    """Let those look again to whom it matters who is at which place."""
    wake(world, states.KNOWLEDGE, now)
    wake(world, states.RADIATION, now)
    wake(world, states.OBSERVATION, now)
    wake(world, states.DRONES, now)
    wake(world, states.SIGNALS, now)
    wake(world, states.TRANSPORTER, now)


@kernel
def uproot(program, world, person, faction, cause, now):
    """Note that somebody was moved from home against their will, when they are away from it in others' hands."""
    body = world.people[person]
    if body.consent != 0 or body.moved != 0 or body.faction == faction or body.home < 0:
        return
    if body.place >= 0 and not contains(program, world, body.home, body.place):
        body.moved = 1
        emit(
            world,
            now,
            kinds.MOVED_OUT,
            refs.ref(refs.PERSON, person),
            refs.ref(refs.FACTION, faction),
            body.place,
            0.0,
            cause,
        )


@kernel
def carrier(program, world, place):
    """Return the vessel whose inside `place` is, a device's inside standing for the vessel that carries it; or -1."""
    row = program.places[place]
    if row.vessel >= 0:
        return row.vessel
    if row.machine >= 0:
        return world.devices[row.machine].aboard
    return -1


@kernel
def ruin(program, world, place):
    """Return the destroyed vessel or device in which `place` lies, as a reference; -1 when it lies in none."""
    for _ in range(8):
        if place < 0:
            return refs.NOBODY
        row = program.places[place]
        if row.vessel >= 0:
            if world.vessels[row.vessel].mode == states.LOST:
                return refs.ref(refs.VESSEL, row.vessel)
            place = world.vessels[row.vessel].at
        elif row.machine >= 0:
            if world.devices[row.machine].mode == states.BLOWN:
                return refs.ref(refs.DEVICE, row.machine)
            place = site(world, row.machine)
        else:
            return refs.NOBODY
    return refs.NOBODY


@kernel
def outdoors(program, world, person):
    """Return True when a person is in the open: not inside a vessel, a device or a place that is on no map."""
    place = world.people[person].place
    return place < 0 or open_air(program, place)


@kernel
def open_air(program, place):
    """Return True when a place is in the open."""
    row = program.places[place]
    return row.map >= 0 and row.vessel < 0 and row.machine < 0


@kernel
def site(world, device):
    """Return the place where a device is: the inside of the vessel that carries it, or where it stands."""
    row = world.devices[device]
    return world.vessels[row.aboard].inside if row.aboard >= 0 else row.stands


@kernel
def is_at(program, world, spot, place):
    """Return True when whoever is at `place` is at `spot`: it is that place, or a room of the vessel whose inside it is.

    Whoever is aboard a vessel is not at the place where the vessel lies; see `contains`.
    """
    if place < 0 or spot < 0:
        return False
    ship = program.places[spot].vessel
    return place == spot or (ship >= 0 and program.places[place].vessel == ship and world.vessels[ship].inside == spot)


@kernel
def contains(program, world, outer, place):
    """Return True when whoever is at `place` is in `outer`: at it, or in a vessel or a device that is in it."""
    for _ in range(8):
        if place < 0:
            return False
        if place == outer:
            return True
        row = program.places[place]
        if row.machine >= 0 and row.vessel < 0:
            place = site(world, row.machine)
        elif row.vessel >= 0:
            ship = world.vessels[row.vessel]
            place = ship.inside if place != ship.inside else ship.at
        else:
            return False
    return False


@kernel
def beside(world, one, other):
    """Return True when two people are at the same place, or on their way together.

    That is in one party, on one journey, carried by a transporter in one batch, or stopped at one spot in the open.
    """
    first, second = world.people[one], world.people[other]
    if first.place >= 0 or second.place >= 0:
        return first.place == second.place
    if first.party >= 0 or second.party >= 0:
        return first.party == second.party
    if first.destination >= 0 or second.destination >= 0:
        return first.destination == second.destination and first.journey == second.journey
    if carried(world, one) or carried(world, other):
        return first.slot == second.slot
    return first.ground == second.ground and first.x == second.x and first.y == second.y


@kernel
def outermost(program, world, place):
    """Return the place on a map that encloses `place`; -1 when a vessel around it is under way."""
    for _ in range(8):
        if place < 0 or program.places[place].map >= 0:
            return place
        ship = carrier(program, world, place)
        if ship < 0:
            return place
        place = world.vessels[ship].at
    return place


@kernel
def place_x(program, world, place, now):
    """Return the x [m] of a place; inside a vessel, the vessel's."""
    for _ in range(8):
        if place < 0:
            return 0.0
        row = program.places[place]
        ship = carrier(program, world, place)
        if row.map >= 0 or ship < 0:
            return row.x
        if world.vessels[ship].at < 0:
            return vessel_x(world, ship, now)
        place = world.vessels[ship].at
    return 0.0


@kernel
def place_y(program, world, place, now):
    """Return the y [m] of a place; inside a vessel, the vessel's."""
    for _ in range(8):
        if place < 0:
            return 0.0
        row = program.places[place]
        ship = carrier(program, world, place)
        if row.map >= 0 or ship < 0:
            return row.y
        if world.vessels[ship].at < 0:
            return vessel_y(world, ship, now)
        place = world.vessels[ship].at
    return 0.0


@kernel
def sailed(ship, now):
    """Return how far [m] a vessel under way has come on its present stretch: at its speed, or against drag."""
    dt = min(now, ship.leg_ends) - ship.leg_began
    if ship.slowed != 0:
        return distance_after(ship.leg_speed, ship.thrust, ship.drag, dt)
    return exposure(ship.leg_speed, dt)


@kernel
def vessel_x(world, ship, now):
    """Return the x [m] of a vessel that is at no place: on its way now, or adrift."""
    row = world.vessels[ship]
    if row.destination < 0:
        return row.x
    return row.leg_x + row.course_x * sailed(row, now)


@kernel
def vessel_y(world, ship, now):
    """Return the y [m] of a vessel that is at no place: on its way now, or adrift."""
    row = world.vessels[ship]
    if row.destination < 0:
        return row.y
    return row.leg_y + row.course_y * sailed(row, now)


@kernel
def shield_now(ship, now):
    """Return the shield of a vessel at `now`: it grows from `since`, or from `down_until` if that is later."""
    grown = exposure(ship.recharge, now - max(ship.since, ship.down_until))
    return max(ship.shield, min(ship.shield_max, ship.shield + grown))


@kernel
def stock_now(field, now):
    """Return the share of a field that is left at `now`: while its device runs, it falls exponentially."""
    return field.stock + field.stock * math.expm1(-exposure(field.drain, now - field.since))


@kernel
def shielded(ship, now):
    """Return True when a vessel's shields are up and hold; those that have started again hold at once."""
    if ship.raised == 0 or ship.mode == states.LOST or now < ship.down_until:
        return False
    return ship.shield > 0.0 or (ship.recharge > 0.0 and ship.shield_max > 0.0)


@kernel
def along(since, until, now):
    """Return the share of a journey from `since` to `until` that is behind at `now`, 0 to 1."""
    if now >= until or until <= since:
        return 1.0
    return max(0.0, (now - since) / (until - since))


@kernel
def person_x(program, world, person, now):
    """Return the x [m] of a person at `now`."""
    body = world.people[person]
    if body.place >= 0:
        return place_x(program, world, body.place, now)
    if body.party >= 0:
        return party_x(program, world, body.party, now)
    if body.destination >= 0:
        share = along(body.departed, body.arrives, now)
        return body.from_x + share * (body.to_x - body.from_x)
    return body.x


@kernel
def person_y(program, world, person, now):
    """Return the y [m] of a person at `now`."""
    body = world.people[person]
    if body.place >= 0:
        return place_y(program, world, body.place, now)
    if body.party >= 0:
        return party_y(program, world, body.party, now)
    if body.destination >= 0:
        share = along(body.departed, body.arrives, now)
        return body.from_y + share * (body.to_y - body.from_y)
    return body.y


@kernel
def party_x(program, world, party, now):
    """Return the x [m] of a party on its leg at `now`."""
    row = world.parties[party]
    if row.leg < 0:
        return 0.0
    leg = program.legs[row.leg]
    return leg.x0 + (leg.x1 - leg.x0) * _on_leg(row, now)


@kernel
def party_y(program, world, party, now):
    """Return the y [m] of a party on its leg at `now`."""
    row = world.parties[party]
    if row.leg < 0:
        return 0.0
    leg = program.legs[row.leg]
    return leg.y0 + (leg.y1 - leg.y0) * _on_leg(row, now)


@kernel
def _on_leg(row, now):
    if row.state == states.PARTY_ARRIVED:
        return 1.0
    if row.state == states.PARTY_STOPPED:
        return row.behind
    if row.state != states.PARTY_WALKING or row.queues == states.AT_THE_START:
        return 0.0
    return along(row.entered, row.leaves, now)


@kernel
def thing_x(program, world, thing, now):
    """Return the x [m] of a person, vessel, device or place."""
    kind, row = refs.kind_of(thing), refs.row_of(thing)
    if kind == refs.PERSON:
        return person_x(program, world, row, now)
    if kind == refs.VESSEL:
        if world.vessels[row].at >= 0:
            return place_x(program, world, world.vessels[row].at, now)
        return vessel_x(world, row, now)
    if kind == refs.DEVICE:
        return place_x(program, world, world.devices[row].inside, now)
    return place_x(program, world, row, now)


@kernel
def thing_y(program, world, thing, now):
    """Return the y [m] of a person, vessel, device or place."""
    kind, row = refs.kind_of(thing), refs.row_of(thing)
    if kind == refs.PERSON:
        return person_y(program, world, row, now)
    if kind == refs.VESSEL:
        if world.vessels[row].at >= 0:
            return place_y(program, world, world.vessels[row].at, now)
        return vessel_y(world, row, now)
    if kind == refs.DEVICE:
        return place_y(program, world, world.devices[row].inside, now)
    return place_y(program, world, row, now)


@kernel
def thing_place(world, thing):
    """Return the place where a person, vessel, device or place is; -1 while under way. A device stands for its inside."""
    kind, row = refs.kind_of(thing), refs.row_of(thing)
    if kind == refs.PERSON:
        return world.people[row].place
    if kind == refs.VESSEL:
        return world.vessels[row].at
    if kind == refs.DEVICE:
        return world.devices[row].inside
    if kind == refs.PLACE:
        return row
    return -1


@kernel
def stands(world, thing):
    """Return the place where a person, vessel, device or place is, a device being where it stands; -1 while under way."""
    if refs.kind_of(thing) == refs.DEVICE:
        return site(world, refs.row_of(thing))
    return thing_place(world, thing)


@kernel
def together(world, one, other):
    """Return True when two things are at the same place; two people also when they are on their way together."""
    first, second = refs.kind_of(one), refs.kind_of(other)
    if first == refs.PERSON and second == refs.PERSON:
        return beside(world, refs.row_of(one), refs.row_of(other))
    here, there = stands(world, one), stands(world, other)
    if here >= 0 and here == there:
        return True
    if first == refs.DEVICE and there == thing_place(world, one):
        return True
    return second == refs.DEVICE and here == thing_place(world, other)


@kernel
def nobody_there(world, being, verb, place, now, cause):
    """Write down that `verb` came to nothing, since nobody of `being` was where they had to be for it."""
    return emit(world, now, kinds.WAS_AWAY, -1, being, place, float(verb), cause)


@kernel
def thing_map(program, world, thing):
    """Return the map that a thing is on, through whatever carries it; -1 when it cannot be told."""
    kind, row = refs.kind_of(thing), refs.row_of(thing)
    place = thing_place(world, thing)
    if kind == refs.VESSEL and place < 0:
        return world.vessels[row].chart
    if kind == refs.PERSON:
        body = world.people[row]
        if place < 0 and carried(world, row):
            return -1
        if place < 0 and body.party >= 0:
            place = program.legs[world.parties[body.party].leg].end_place
        elif place < 0 and body.destination >= 0:
            place = body.destination
        elif place < 0:
            return body.ground
    for _ in range(8):
        if place < 0:
            return -1
        if program.places[place].map >= 0:
            return program.places[place].map
        ship = carrier(program, world, place)
        if ship < 0:
            return -1
        if world.vessels[ship].at < 0:
            return world.vessels[ship].chart
        place = world.vessels[ship].at
    return -1


@kernel
def distance(program, world, first, second, now):
    """Return how far apart two things are [m]; one on a map within another is taken to be where that map is.

    From somebody whom a transporter carries, everything is infinitely far.
    """
    dx, dy = separation(program, world, first, second, now)
    return hypot(dx, dy)


@kernel
def separation(program, world, first, second, now):
    """Return the way (x, y) [m] from the first thing to the second on the smallest map around both; else infinity."""
    if first != second and (_carries_it(world, first) or _carries_it(world, second)):
        return math.inf, math.inf
    x1, y1 = thing_x(program, world, first, now), thing_y(program, world, first, now)
    x2, y2 = thing_x(program, world, second, now), thing_y(program, world, second, now)
    map1, map2 = thing_map(program, world, first), thing_map(program, world, second)
    x1, y1, x2, y2, together, _ = common_map(program, x1, y1, map1, x2, y2, map2)
    if not together:
        return math.inf, math.inf
    return x2 - x1, y2 - y1


@kernel
def _carries_it(world, thing):
    """Return True when a transporter carries a thing, which is somebody."""
    return refs.kind_of(thing) == refs.PERSON and carried(world, refs.row_of(thing))


@kernel
def common_map(program, x1, y1, map1, x2, y2, map2):
    """Return both positions on the smallest map around both, whether there is one, and that map (-1: they have none)."""
    for _ in range(8):
        if map1 == map2 or map1 < 0 or map2 < 0:
            break
        if _depth(program, map1) >= _depth(program, map2):
            x1, y1, map1 = program.maps[map1].x, program.maps[map1].y, program.maps[map1].within
        else:
            x2, y2, map2 = program.maps[map2].x, program.maps[map2].y, program.maps[map2].within
    return x1, y1, x2, y2, map1 == map2, map1


@kernel
def _depth(program, map_):
    depth = 0
    while map_ >= 0 and depth < 8:
        map_ = program.maps[map_].within
        depth += 1
    return depth


@kernel
def cut_off(program, world, thing, now):
    """Return True when a person, vessel, device or place lies in a blackout: of its place or one around it, or of a region.

    No word reaches or leaves somebody whom a transporter carries.
    """
    if _carries_it(world, thing):
        return True
    place = thing_place(world, thing)
    for _ in range(8):
        if place < 0:
            break
        if program.places[place].blackout != 0:
            return True
        if program.places[place].map >= 0:
            break
        ship = carrier(program, world, place)
        if ship < 0:
            break
        place = world.vessels[ship].at
    x, y = thing_x(program, world, thing, now), thing_y(program, world, thing, now)
    return map_blackout(program, thing_map(program, world, thing), x, y)


@kernel
def map_blackout(program, map_, x, y):
    """Return True when a position lies in a region of blackout, on its map or on a map around that one."""
    for _ in range(8):
        if map_ < 0:
            return False
        if region_blackout(program, map_, x, y):
            return True
        x, y, map_ = program.maps[map_].x, program.maps[map_].y, program.maps[map_].within
    return False


@kernel
def region_blackout(program, map_, x, y):
    """Return True when a position on this very map lies in a region of blackout."""
    for region in program.regions:
        if region.map == map_ and region.blackout != 0 and region_away(region, x, y) <= 0.0:
            return True
    return False


@kernel
def region_away(region, x, y):
    """Return how far outside a region a position on its map lies [m]; negative inside."""
    dx, dy = region.x1 - region.x, region.y1 - region.y
    length2 = dx * dx + dy * dy
    share = 0.0
    if length2 > 0.0:
        share = min(max(((x - region.x) * dx + (y - region.y) * dy) / length2, 0.0), 1.0)
    return hypot(x - region.x - share * dx, y - region.y - share * dy) - region.radius


@kernel
def map_drag(program, map_, x, y):
    """Return True when vessels are slowed at a position, by a region of its map or of a map around that one."""
    for _ in range(8):
        if map_ < 0:
            return False
        for region in program.regions:
            if region.map == map_ and region.drag != 0 and region_away(region, x, y) <= 0.0:
                return True
        x, y, map_ = program.maps[map_].x, program.maps[map_].y, program.maps[map_].within
    return False


@kernel
def entity_key(world, thing):
    """Return the key of the person, vessel, device, council, faction or swarm that `thing` names."""
    kind, row = refs.kind_of(thing), refs.row_of(thing)
    if kind == refs.PERSON:
        return world.people[row].key
    if kind == refs.VESSEL:
        return world.vessels[row].key
    if kind == refs.DEVICE:
        return world.devices[row].key
    if kind == refs.SWARM:
        return world.swarms[row].key
    if kind == refs.COUNCIL:
        return world.councils[row].key
    if kind == refs.FACTION:
        return world.ties[row, row].key
    return np.uint64(0)


@kernel
def entry_of(world, thing):
    """Return the last entry about a person, a vessel or a device; -1 for anything else."""
    kind, row = refs.kind_of(thing), refs.row_of(thing)
    if kind == refs.PERSON:
        return world.people[row].entry
    if kind == refs.VESSEL:
        return world.vessels[row].entry
    if kind == refs.DEVICE:
        return world.devices[row].entry
    return -1


@kernel
def destroy_inside(program, world, place, by, time, cause):
    """Kill everybody inside `place` (a vessel's or a device's inside, and what is within it)."""
    for i in range(len(world.people)):
        body = world.people[i]
        if body.status != states.DEAD and body.place >= 0 and contains(program, world, place, body.place):
            kill(world, i, by, time, cause)


@kernel
def is_of(world, being, person, program):
    """Return True when `person` is, or belongs to, the person, crowd, faction or movement that `being` names."""
    return _belongs(world, being, person)


@kernel
def _belongs(world, being, person):
    kind, row = refs.kind_of(being), refs.row_of(being)
    if kind == refs.PERSON:
        return person == row
    if kind == refs.MOVEMENT:
        return world.following[row, person].joined == 1
    if kind == refs.CROWD:
        return world.people[person].crowd == row
    return world.people[person].faction == row


@kernel
def range_of(world, being, program):
    """Return the range of rows of `people` in which all of `being` lie."""
    kind, row = refs.kind_of(being), refs.row_of(being)
    if kind == refs.PERSON:
        return row, row + 1
    if kind == refs.CROWD:
        return program.crowds[row].first, program.crowds[row].first + program.crowds[row].count
    return 0, len(world.people)
