"""Transporters: who waits for a lock, who is being locked on, and who is put down where.

A transporter has some slots that work at once. Each takes a batch of people who are together and go to the same
place, tries to lock on as a Poisson process thinned by the chance of a lock of its hardest member, and once it has the
lock takes them up: they are on the way, at no place, and are put down together at the end of a cycle. Those waiting
come in the order of asking. Every transporter has a line of its own, and somebody may be in several: whichever has
them first takes them, and they leave the other lines. Asked of one that carries them already, they ask again once they
are put down. When what carries them, or what they are carried to, is destroyed on the way, they are brought back to
where they were; when that is destroyed too, they die. The chance of a lock depends on distance, absorption, interference where the person is, a tag, and shields: a
raised shield stops whatever would cross it, except that a vessel's own transporter works through its own shields.

A line may hold only so many: whoever finds it full is turned away (with no line at all, Erlang's loss formula holds).
How fast more ask than can be carried, on the average so far, is kept as the growth of the line, and is never negative.
A transporter that is jammed locks on to nobody.

Assumes that whoever can hardly be locked on (less than one attempt in a hundred) is tried only while nobody better
waits, and gives way; that a batch that is locked can no longer be lost by interference; that a lock in hand goes on
from where it was when it is taken up again; that a cycle which has begun is finished, with power or without. While one of them, the transporter or the destination is under way, the
rates are looked at again every minute (first order in that minute); else only when something changes. A ferry or an
airlift is the same: a cycle is a trip. Leaves out energy, priorities, and walking to the pad.

It is long: one line of people goes through asking, locking, carrying and putting down. Sources: see `laws.transporter`.
"""

from __future__ import annotations

import math

from ..laws import transporter as laws
from ..world import acts, kinds, processes, refs, states, verbs
from ..world.compiled import kernel
from ..world.parts import system

READS = ("people", "vessels", "places", "legs", "parties", "regions", "pads")
WRITES = ("people", "pads", "slots", "waits", "clocks", "requests", "chronicle")

FAIR = 0.01
"""The chance of a lock at one attempt below which somebody is tried only while nobody better waits."""

PERIOD = 60.0
"""How often [s] rates are looked at again while somebody or something is under way."""


@system
def step(program, world, since, now):
    """Finish what has rung, take in what was asked, fill the slots that are free, and return the next ring."""
    while acts.going(world, 10 * len(world.slots)) and _ring(program, world, now):
        pass
    while acts.going(world, 10):
        number = acts.take(program, world, states.TRANSPORTER)
        if number < 0:
            break
        _carry_out(program, world, number, now)
        acts.spend(program, world, number)
    while acts.going(world, 10 * len(world.slots)) and _ring(program, world, now):
        pass
    for i in range(len(world.pads)):
        _look(program, world, i, now)
    due = _fill_all(program, world, now)
    while acts.going(world, 10 * len(world.pads)) and _was_robbed(world):
        due = _fill_all(program, world, now)
    for i in range(len(world.pads)):
        _account(world, i)
    for slot in world.slots:
        if slot.phase == states.CYCLING:
            due = min(due, slot.ready)
        elif slot.phase == states.LOCKING:
            due = min(due, processes.ring_time(world.clocks[world.people[slot.lead].clock_lock]))
    return max(due, now)


@kernel
def _fill_all(program, world, now):
    """Fill the free slots of every transporter; return when to look at a line again."""
    due = math.inf
    for i in range(len(world.pads)):
        due = min(due, _load(program, world, i, now))
    return due


@kernel
def _was_robbed(world):
    """Return True when a transporter had filled its slots before another took people off them; forget it."""
    robbed = False
    for i in range(len(world.pads)):
        robbed = robbed or world.pads[i].robbed != 0
        world.pads[i].robbed = 0
    return robbed


# ------------------------------------------------------------------------------------------------ requests


@kernel
def _carry_out(program, world, number, now):
    asked = world.requests[number]
    verb, a, b, c, cause = asked.verb, asked.a, asked.b, asked.c, asked.cause
    if verb == verbs.TRANSPORT:
        if _ask(program, world, a, b, c, asked.d, asked.amount, cause, now):
            acts.done(program, world)
    elif verb == verbs.SEIZE:
        _enter(program, world, a, b, c, cause, now)
    elif verb == verbs.ABANDON:
        waited = False
        for i in range(len(world.people)):
            if not (acts.carried(world, i) and world.slots[world.people[i].slot].pad == a):
                waited = waited or world.waits[a, i].inline != 0
                _drop(world, i, a, now)
        if waited:
            acts.done(program, world)
    elif verb == verbs.POWER:
        if (world.pads[a].powered != 0) != (b != 0):
            world.pads[a].powered = 1 if b != 0 else 0
            acts.done(program, world)
    elif verb == verbs.JAM:
        if (world.pads[a].jammed != 0) != (b != 0):
            world.pads[a].jammed = 1 if b != 0 else 0
            kind = kinds.JAMMED if b != 0 else kinds.UNJAMMED
            acts.emit(world, now, kind, -1, -1, world.pads[a].owner, 0.0, cause)


@kernel
def _ask(program, world, being, goal, pad, origin, most, cause, now):
    """Let those of `being` who live, at most so many of them and only those at `origin` if that is given, get in line.

    Returns whether anybody asked for it.
    """
    first, last = acts.range_of(world, being, program)
    limit = last - first if most < 0.0 else int(most)
    left = limit
    found = False
    for i in range(first, last):
        body = world.people[i]
        if body.status == states.DEAD or not acts.is_of(world, being, i, program):
            continue
        if origin >= 0 and not acts.is_at(program, world, origin, body.place):
            continue
        found = True
        if left <= 0:
            break
        left -= _enter(program, world, i, pad, goal, cause, now)
    if not found and origin >= 0:
        acts.nobody_there(world, being, verbs.TRANSPORT, origin, now, cause)
    return left < limit


@kernel
def _enter(program, world, person, pad, place, cause, now):
    """Put a living person in line, unless they are there already, it is full, or nothing works; return 1 if they asked."""
    body, wait = world.people[person], world.waits[pad, person]
    if body.status == states.DEAD or place < 0 or (wait.inline != 0 and wait.goal == place):
        return 0
    if acts.is_at(program, world, place, body.place):
        return 0
    if acts.carried(world, person) and world.slots[body.slot].pad == pad:
        at = world.slots[body.slot].ready
        acts.request(world, verbs.SEIZE, states.TRANSPORTER, at, cause, person, pad, place, -1, 0.0, 0.0)
        return 1
    who = refs.ref(refs.PERSON, person)
    if not _works(program, world, pad) or world.pads[pad].count == 0:
        acts.emit(world, now, kinds.LOCK_FAILED, who, -1, body.place, 0.0, cause)
        return 1
    _drop(world, person, pad, now)
    lift = world.pads[pad]
    lift.asked += 1
    lift.first_asked = min(lift.first_asked, now)
    if lift.line >= 0 and _waiting(world, pad) >= lift.line + _vacant(world, pad) * lift.batch:
        lift.turned_away += 1
        acts.emit(world, now, kinds.TURNED_AWAY, who, -1, body.place, 0.0, cause)
        return 1
    wait.goal, wait.asked, wait.entry = place, now, cause
    _stand_in_line(world, person, pad)
    return 1


@kernel
def _stand_in_line(world, person, pad):
    """Put a person in line behind all who come before: the line is a list of rows of people linked both ways."""
    wait, lift = world.waits[pad, person], world.pads[pad]
    lift.wanted += 1
    wait.inline = 1
    world.people[person].lines += 1
    wait.ahead = lift.tail
    while wait.ahead >= 0 and _before(world, pad, person, wait.ahead) and acts.going(world, 2):
        wait.ahead = world.waits[pad, wait.ahead].ahead
    wait.after = world.waits[pad, wait.ahead].after if wait.ahead >= 0 else lift.head
    if wait.ahead >= 0:
        world.waits[pad, wait.ahead].after = person
    else:
        lift.head = person
    if wait.after >= 0:
        world.waits[pad, wait.after].ahead = person
    else:
        lift.tail = person


@kernel
def _waiting(world, pad):
    """Return how many wait for a transporter and are not on it."""
    number = world.pads[pad].wanted
    for slot in world.slots:
        if slot.pad == pad:
            number -= slot.riders
    return number


@kernel
def _vacant(world, pad):
    number = 0
    for slot in world.slots:
        number += slot.pad == pad and slot.phase == states.VACANT
    return number


@kernel
def _account(world, pad):
    """Note how many wait for a transporter, and how many people it can carry."""
    lift = world.pads[pad]
    lift.waiting = _waiting(world, pad)
    lift.carries = lift.batch * laws.service_rate(lift.attempts, laws.lock_probability(lift.gain), lift.cycle)


@kernel
def _works(program, world, pad):
    """Return True when a transporter has power, and what it stands in is whole."""
    owner = world.pads[pad].owner
    ship = acts.carrier(program, world, owner) if owner >= 0 else -1
    return world.pads[pad].powered != 0 and owner >= 0 and (ship < 0 or world.vessels[ship].mode < states.DISABLED)


@kernel
def _drop(world, person, pad, now):
    """Take a person out of a line, and off a slot of it; when they led its batch, all of it goes back in line."""
    row = world.people[person].slot
    if row >= 0 and world.slots[row].pad == pad and world.slots[row].lead == person:
        _free(world, row, now)
    acts.leave_pad(world, person, pad)


# ------------------------------------------------------------------------------------------------ chance of a lock


@kernel
def lock(program, world, person, number, now):
    """Return the chance of a lock of a transporter on a person at one attempt, all under way being where they last were at a beat."""
    body, goal, then = world.people[person], world.waits[number, person].goal, processes.beat_before(PERIOD, now)
    if body.status == states.DEAD or acts.carried(world, person) or not _works(program, world, number):
        return 0.0
    pad = world.pads[number]
    if pad.jammed != 0:
        return 0.0
    who, here, there = (
        refs.ref(refs.PERSON, person),
        refs.ref(refs.PLACE, pad.owner),
        refs.ref(refs.PLACE, goal),
    )
    away = acts.distance(program, world, here, who, then)
    if away > pad.range or acts.distance(program, world, here, there, then) > pad.range:
        return 0.0
    if _blocked(program, world, pad.owner, body.place, goal, now):
        return 0.0
    gain = pad.tag_gain if body.tag >= 0 else 1.0
    noise = _noise(program, world, person, then)
    return laws.lock_probability(laws.lock_margin(pad.gain, gain, away, pad.reference, pad.absorption, noise, False))


@kernel
def _blocked(program, world, owner, origin, goal, now):
    """Return True when a shield that is up encloses some, but not all, of pad, person and destination.

    The shields of the vessel that owns the pad do not count; neither does the place of someone in the open.
    """
    own = acts.carrier(program, world, owner)
    lost = acts.carrier(program, world, goal)
    if lost >= 0 and world.vessels[lost].mode == states.LOST:
        return True
    for i in range(len(world.vessels)):
        ship = world.vessels[i]
        if i == own or ship.raised == 0 or not acts.shielded(ship, now):
            continue
        around = acts.contains(program, world, ship.inside, owner)
        if acts.contains(program, world, ship.inside, origin) != around:
            return True
        if acts.contains(program, world, ship.inside, goal) != around:
            return True
    return False


@kernel
def _noise(program, world, person, now):
    """Return the interference where a person is: of the place and what is around it, of the leg, or of the map."""
    body = world.people[person]
    if body.place < 0 and body.party >= 0:
        leg = world.parties[body.party].leg
        return program.legs[leg].interference if leg >= 0 else 0.0
    total = 0.0
    place = body.place
    for _ in range(8):
        if place < 0:
            break
        total += program.places[place].interference
        ship = acts.carrier(program, world, place)
        if program.places[place].map >= 0 or ship < 0:
            return total
        inside = world.vessels[ship].inside
        place = world.vessels[ship].at if place == inside else inside
    who = refs.ref(refs.PERSON, person)
    x, y = acts.thing_x(program, world, who, now), acts.thing_y(program, world, who, now)
    ground = acts.thing_map(program, world, who)
    for region in program.regions:
        if region.map == ground and region.interference > 0.0:
            away = max(0.0, acts.region_away(region, x, y))
            total += laws.vein_interference(away, region.interference, region.scale)
    return total


# ------------------------------------------------------------------------------------------------ slots


@kernel
def _ring(program, world, now):
    """Let the slots whose lock or cycle is done by now go on; return True while there are any."""
    rang = False
    for i in range(len(world.slots)):
        slot = world.slots[i]
        if slot.phase == states.LOCKING:
            clock = world.clocks[world.people[slot.lead].clock_lock]
            if processes.rings(clock, now):
                processes.rearm(clock, world.state[0].luck, now)
                _take_up(program, world, i, now)
                rang = True
        if slot.phase == states.CYCLING and slot.ready <= now:
            _deliver(program, world, i, now)
            rang = True
    return rang


@kernel
def _first_on(world, row):
    """Return who comes first in line of those on a slot, or somebody before; -1 for nobody."""
    slot = world.slots[row]
    in_line = world.waits[slot.pad, slot.lead].inline != 0
    return slot.lead if in_line and world.people[slot.lead].slot == row else world.pads[slot.pad].head


@kernel
def _take_up(program, world, row, now):
    """Let those on a slot whose lock is there leave where they are, and every other line."""
    slot = world.slots[row]
    pad, left, i = slot.pad, slot.riders, _first_on(world, row)
    while i >= 0 and left > 0 and acts.going(world, 2):
        body, wait = world.people[i], world.waits[pad, i]
        if body.slot == row:
            left -= 1
            for other in range(len(world.pads)):
                if other != pad and body.lines > 1:
                    acts.leave_pad(world, i, other)
            acts.lift(program, world, i, wait.entry, now)
        i = wait.after
    slot.phase = states.CYCLING
    slot.ready = now + world.pads[pad].cycle


@kernel
def _deliver(program, world, row, now):
    """Put down those on a slot, and take into custody who belongs to another side and did not agree."""
    slot = world.slots[row]
    pad, count, i = slot.pad, slot.riders, _first_on(world, row)
    faction = world.pads[pad].faction
    while i >= 0 and slot.riders > 0 and acts.going(world, 2):
        body, after = world.people[i], world.waits[pad, i].after
        if body.slot == row:
            goal, asked = world.waits[pad, i].goal, world.waits[pad, i].entry
            acts.leave_line(world, i)
            who = refs.ref(refs.PERSON, i)
            entry = acts.emit(world, now, kinds.BEAMED, who, -1, goal, float(count), asked)
            acts.put(program, world, i, goal, entry)
            acts.touch_person(world, i)
            if body.faction != faction and body.consent == 0:
                acts.request(world, verbs.TAKE, states.COMMAND, now, entry, i, faction, -1, -1, 0.0, 0.0)
                acts.uproot(program, world, i, faction, entry, now)
        i = after
    _empty(world, row)


@kernel
def _empty(world, row):
    slot = world.slots[row]
    slot.phase, slot.lead, slot.riders, slot.ready = states.VACANT, -1, 0, math.inf


@kernel
def _bring_back(program, world, row, now):
    """Bring those on a slot whose goal, or whose transporter, is destroyed back to where they were, if that is left."""
    slot = world.slots[row]
    pad, i = slot.pad, _first_on(world, row)
    gone = _is_lost(program, world, world.pads[pad].owner)
    while i >= 0 and slot.riders > 0 and acts.going(world, 2):
        body, wait = world.people[i], world.waits[pad, i]
        after = wait.after
        if body.slot == row and (gone or _is_lost(program, world, wait.goal)):
            back, why = body.origin, wait.entry
            ship = _ship_around(program, world, wait.goal) if _is_lost(program, world, wait.goal) else -1
            if ship < 0 and gone:
                ship = _ship_around(program, world, world.pads[pad].owner)
            if ship >= 0:
                why = max(why, world.vessels[ship].entry)
            acts.leave_line(world, i)
            who = refs.ref(refs.PERSON, i)
            if back >= 0 and _is_lost(program, world, back):
                acts.kill(world, i, -1, now, why)
            else:
                entry = acts.emit(world, now, kinds.LOCK_FAILED, who, -1, back, 0.0, why)
                if back >= 0:
                    acts.put(program, world, i, back, entry)
                body.entry = entry
                acts.touch_person(world, i)
        i = after
    if slot.riders == 0:
        _empty(world, row)


@kernel
def _ship_around(program, world, place):
    return acts.carrier(program, world, place) if place >= 0 else -1


@kernel
def _is_lost(program, world, place):
    """Return True when a place is inside a vessel that is destroyed."""
    ship = _ship_around(program, world, place)
    return ship >= 0 and world.vessels[ship].mode == states.LOST


@kernel
def _look(program, world, pad, now):
    """Look again at those whom a transporter wants: let go whom it need not or cannot have, and set the rates."""
    works = _works(program, world, pad)
    i = world.pads[pad].head if world.pads[pad].arrived != 0 else -1
    world.pads[pad].arrived = 0
    while i >= 0 and acts.going(world, 2):
        wait = world.waits[pad, i]
        after = wait.after
        if acts.is_at(program, world, wait.goal, world.people[i].place):
            _drop(world, i, pad, now)
        i = after
    for row in range(len(world.slots)):
        slot = world.slots[row]
        if slot.pad != pad or slot.phase == states.VACANT:
            continue
        if slot.phase == states.CYCLING:
            _bring_back(program, world, row, now)
        elif not works or world.people[slot.lead].slot != row:
            _free(world, row, now)
        else:
            _relock(program, world, row, now)


@kernel
def _free(world, row, now):
    """Empty a slot: those on it are in line again."""
    slot = world.slots[row]
    i = _first_on(world, row)
    while i >= 0 and slot.riders > 0 and acts.going(world, 2):
        _alight(world, i, row)
        i = world.waits[slot.pad, i].after
    processes.set_rate(world.clocks[world.people[slot.lead].clock_lock], 0.0, now)
    _empty(world, row)


@kernel
def _board(world, person, row):
    """Put somebody in line on a slot."""
    world.people[person].slot = row
    world.slots[row].riders += 1


@kernel
def _alight(world, person, row):
    """Take somebody off a slot, if they are on it."""
    if world.people[person].slot == row:
        world.people[person].slot = -1
        world.slots[row].riders -= 1


@kernel
def _relock(program, world, row, now):
    """Keep on a slot those who are still with the first of the batch and can be locked; set the rate of the lock."""
    slot = world.slots[row]
    lead, pad = slot.lead, slot.pad
    hardest = lock(program, world, lead, pad, now)
    if hardest <= 0.0:
        _free(world, row, now)
        return
    fair = hardest >= FAIR
    i, left, at, seen = world.waits[pad, lead].after, slot.riders - 1, lead, hardest
    while i >= 0 and left > 0 and acts.going(world, 2):
        if world.people[i].slot == row:
            left -= 1
            if not _alike(world, pad, i, at):
                at, seen = i, lock(program, world, i, pad, now) if _together(world, pad, i, lead) else 0.0
            if seen <= 0.0 or (seen >= FAIR) != fair:
                _alight(world, i, row)
            else:
                hardest = min(hardest, seen)
        i = world.waits[pad, i].after
    clock = world.clocks[world.people[lead].clock_lock]
    processes.set_rate(clock, world.pads[pad].attempts * hardest, now)


@kernel
def _together(world, pad, person, other):
    """Return True when two people are at the same spot and go to the same place by the same transporter."""
    first, second = world.waits[pad, person], world.waits[pad, other]
    if first.inline == 0 or second.inline == 0 or first.goal != second.goal:
        return False
    one = world.people[person]
    if one.status == states.DEAD or acts.carried(world, person) != acts.carried(world, other):
        return False
    return acts.beside(world, person, other) and (one.place >= 0 or one.party >= 0)


@kernel
def _load(program, world, pad, now):
    """Fill the free slots of a transporter from those in line; return when to look at the line again."""
    lift = world.pads[pad]
    if lift.wanted == 0 or not _works(program, world, pad):
        return math.inf
    due = min(_serve(program, world, pad, True, now), _serve(program, world, pad, False, now))
    for slot in world.slots:
        if slot.pad == pad and slot.phase == states.LOCKING:
            due = min(due, _unsteady(program, world, pad, slot.lead, now))
    return due


@kernel
def _serve(program, world, pad, fair, now):
    """Give slots to those in line with a fair chance of a lock, or with a poor one; return when to look at them again.

    Nobody is looked at while no slot can be had.
    """
    due, at, seen = math.inf, -1, 0.0
    i = world.pads[pad].head if _slot_for(world, pad, fair) >= 0 else -1
    while i >= 0 and acts.going(world, 2):
        if _can_be_had(world, pad, i, fair):
            if at < 0 or not _alike(world, pad, i, at):
                at, seen = i, lock(program, world, i, pad, now)
                due = min(due, _unsteady(program, world, pad, i, now))
            if seen > 0.0 and (seen >= FAIR) == fair:
                row = _slot_for(world, pad, fair)
                if row < 0:
                    return due
                if world.slots[row].phase != states.VACANT:
                    _free(world, row, now)
                _fill(program, world, row, i, seen, now)
        i = world.waits[pad, i].after
    return due


@kernel
def _can_be_had(world, pad, person, fair):
    """Return True when no transporter has hold of somebody; another with a poor chance gives way to a fair one."""
    row = world.people[person].slot
    if row < 0:
        return True
    return fair and world.slots[row].pad != pad and _tries_a_poor_one(world, row)


@kernel
def _tries_a_poor_one(world, row):
    """Return True when a slot is trying somebody whom it can hardly lock on to."""
    slot = world.slots[row]
    if slot.phase != states.LOCKING:
        return False
    return world.clocks[world.people[slot.lead].clock_lock].rate < FAIR * world.pads[slot.pad].attempts


@kernel
def _alike(world, pad, person, other):
    """Return True when two people have the same chance of a lock: together, and both tagged or neither."""
    return _together(world, pad, person, other) and (world.people[person].tag >= 0) == (world.people[other].tag >= 0)


@kernel
def _before(world, pad, person, other):
    """Return True when a person comes before another: by the time of asking, then by the stable number."""
    one, two = world.waits[pad, person], world.waits[pad, other]
    if one.asked != two.asked:
        return one.asked < two.asked
    return world.people[person].key < world.people[other].key


@kernel
def _slot_for(world, pad, fair):
    """Return a free slot of a transporter, or for a fair chance one that tries a poor one; or -1."""
    poor = -1
    for i in range(len(world.slots)):
        slot = world.slots[i]
        if slot.pad == pad and slot.phase == states.VACANT:
            return i
        if fair and poor < 0 and slot.pad == pad and _tries_a_poor_one(world, i):
            poor = i
    return poor


@kernel
def _fill(program, world, row, lead, chance, now):
    """Put a person on a slot, with those who come next in line of the people with them, up to a batch.

    Whoever is with them and has as fair a chance comes after them in line, or is on a slot already.
    """
    slot = world.slots[row]
    pad = slot.pad
    _let_go(world, lead, now)
    slot.phase, slot.lead, slot.ready = states.LOCKING, lead, math.inf
    _board(world, lead, row)
    fair, hardest, at, seen = chance >= FAIR, chance, lead, chance
    i = world.waits[pad, lead].after
    while i >= 0 and slot.riders < world.pads[pad].batch and acts.going(world, 2):
        if _can_be_had(world, pad, i, fair) and _together(world, pad, i, lead):
            if not _alike(world, pad, i, at):
                at, seen = i, lock(program, world, i, pad, now)
            if seen > 0.0 and (seen >= FAIR) == fair:
                _let_go(world, i, now)
                _board(world, i, row)
                hardest = min(hardest, seen)
        i = world.waits[pad, i].after
    processes.set_rate(world.clocks[world.people[lead].clock_lock], world.pads[pad].attempts * hardest, now)


@kernel
def _let_go(world, person, now):
    """Take somebody off a slot of another transporter, which loses its lock when they led the batch."""
    row = world.people[person].slot
    if row >= 0:
        world.pads[world.slots[row].pad].robbed = 1
        if world.slots[row].lead == person:
            _free(world, row, now)
        else:
            _alight(world, person, row)


@kernel
def _nears(program, world, pad, person):
    """Return True when a person's steps change the distance to the transporter, which may be seen from another map."""
    ground = acts.thing_map(program, world, refs.ref(refs.PERSON, person))
    owner = refs.ref(refs.PLACE, world.pads[pad].owner)
    there = acts.thing_map(program, world, owner)
    _, _, _, _, together, common = acts.common_map(program, 0.0, 0.0, ground, 0.0, 0.0, there)
    return together and common == ground


@kernel
def _unsteady(program, world, pad, person, now):
    """Return when to look again at somebody whose chance of a lock changes by itself; infinity when it does not."""
    body = world.people[person]
    if acts.carried(world, person):
        return math.inf
    if body.place < 0 and body.party >= 0:
        if world.parties[body.party].state == states.PARTY_WALKING and _nears(program, world, pad, person):
            return processes.beat_after(PERIOD, now)
    elif body.place < 0:
        if body.destination >= 0:
            return processes.beat_after(PERIOD, now)
    elif acts.outermost(program, world, body.place) < 0:
        return processes.beat_after(PERIOD, now)
    if acts.outermost(program, world, world.pads[pad].owner) < 0:
        return processes.beat_after(PERIOD, now)
    return (
        processes.beat_after(PERIOD, now)
        if acts.outermost(program, world, world.waits[pad, person].goal) < 0
        else math.inf
    )
