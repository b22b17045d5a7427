"""Transporters: who waits for a lock, who is being locked on, and who is put down where.

A transporter has some slots that work at once. Each takes a batch of people who are together and go to the same
place, tries to lock on as a Poisson process thinned by the chance of a lock of its hardest member, and once it has the
lock puts them down together at the end of a cycle, wherever they are by then. Those waiting come in the order of
asking. The chance of a lock depends on distance, absorption, interference where the person is, a tag, and shields: a
raised shield stops whatever would cross it, except that a vessel's own transporter works through its own shields.

A line may hold only so many: whoever finds it full is turned away (with no line at all, Erlang's loss formula holds).
How fast more ask than can be carried, on the average so far, is kept as the growth of the line, and is never negative.
A transporter that is jammed locks on to nobody.

Assumes that whoever can hardly be locked on (less than one attempt in a hundred) is tried only while nobody better
waits, and gives way; that a batch that is locked can no longer be lost by interference; that a lock in hand goes on
from where it was when it is taken up again. While one of them, the transporter or the destination is under way, the
rates are looked at again every minute (first order in that minute); else only when something changes. A ferry or an
airlift is the same: a cycle is a trip. Leaves out energy, priorities, and walking to the pad.

Sources: see `laws.transporter`.
"""

from __future__ import annotations

import math

from ..laws import transporter as laws
from ..world import acts, kinds, processes, refs, states, verbs
from ..world.compiled import kernel
from ..world.handles import system

READS = ("people", "vessels", "places", "legs", "parties", "regions", "pads")
WRITES = ("people", "pads", "slots", "clocks", "requests", "chronicle")

FAIR = 0.01
"""The chance of a lock at one attempt below which somebody is tried only while nobody better waits."""

PERIOD = 60.0
"""How often [s] rates are looked at again while somebody or something is under way."""


@system
def step(program, world, since, now):
    """Take in what was asked, finish what has rung, fill the slots that are free, and return the next ring."""
    while True:
        number = acts.take(world, states.TRANSPORTER)
        if number < 0:
            break
        _carry_out(program, world, number, now)
        acts.spend(world, number)
    while _ring(program, world, now):
        pass
    for i in range(len(world.pads)):
        _look(program, world, i, now)
    due = math.inf
    for i in range(len(world.pads)):
        due = min(due, _load(program, world, i, now))
        _account(world, i, now)
    for slot in world.slots:
        if slot.phase == states.CYCLING:
            due = min(due, slot.ready)
        elif slot.phase == states.LOCKING:
            due = min(due, processes.ring_time(world.clocks[world.people[slot.lead].clock_lock]))
    return max(due, now)


# ------------------------------------------------------------------------------------------------ requests


@kernel
def _carry_out(program, world, number, now):
    asked = world.requests[number]
    verb, a, b, c, cause = asked.verb, asked.a, asked.b, asked.c, asked.cause
    if verb == verbs.TRANSPORT:
        first, last = acts.range_of(world, a, program)
        left = last - first if asked.amount < 0.0 else int(asked.amount)
        for i in range(first, last):
            if left > 0 and acts.is_of(world, a, i, program):
                left -= _enter(program, world, i, c, b, cause, now)
    elif verb == verbs.SEIZE:
        _enter(program, world, a, b, c, cause, now)
    elif verb == verbs.ABANDON:
        for i in range(len(world.people)):
            if world.people[i].pad == a:
                _drop(world, i, now)
    elif verb == verbs.POWER:
        world.pads[a].powered = 1 if b != 0 else 0
    elif verb == verbs.JAM:
        if (world.pads[a].jammed != 0) != (b != 0):
            world.pads[a].jammed = 1 if b != 0 else 0
            kind = kinds.JAMMED if b != 0 else kinds.UNJAMMED
            acts.emit(world, now, kind, -1, -1, world.pads[a].owner, 0.0, cause)


@kernel
def _enter(program, world, person, pad, place, cause, now):
    """Put a living person in line, unless they are there already, it is full, or nothing works; return 1 if they asked."""
    body = world.people[person]
    if body.status == states.DEAD or place < 0 or (body.pad == pad and body.beam_to == place):
        return 0
    if body.place >= 0 and acts.contains(program, world, place, body.place):
        return 0
    who = refs.ref(refs.PERSON, person)
    if not _works(program, world, pad) or world.pads[pad].count == 0:
        acts.emit(world, now, kinds.LOCK_FAILED, who, -1, body.place, 0.0, cause)
        return 1
    _drop(world, person, now)
    lift = world.pads[pad]
    lift.asked += 1
    lift.first_asked = min(lift.first_asked, now)
    if lift.line >= 0 and _in_line(world, pad) >= lift.line + _vacant(world, pad) * lift.batch:
        lift.turned_away += 1
        acts.emit(world, now, kinds.TURNED_AWAY, who, -1, body.place, 0.0, cause)
        return 1
    body.pad, body.beam_to, body.asked, body.beam_entry = pad, place, now, cause
    lift.wanted += 1
    lift.until = max(lift.until, person + 1)
    return 1


@kernel
def _in_line(world, pad):
    """Return how many wait for a transporter and are not on it."""
    number = 0
    for i in range(world.pads[pad].until):
        body = world.people[i]
        number += body.pad == pad and body.slot < 0 and body.status != states.DEAD
    return number


@kernel
def _vacant(world, pad):
    number = 0
    for slot in world.slots:
        number += slot.pad == pad and slot.phase == states.VACANT
    return number


@kernel
def _account(world, pad, now):
    """Note how many wait for a transporter, and how much faster people have asked than it can carry them."""
    lift = world.pads[pad]
    lift.waiting = _in_line(world, pad)
    if lift.wanted == 0:
        lift.until = 0
    spent = now - lift.first_asked
    each = lift.batch * laws.service_rate(lift.attempts, laws.lock_probability(lift.gain), lift.cycle)
    lift.growth = laws.queue_growth(lift.count, lift.asked / spent, each) if spent > 0.0 else 0.0


@kernel
def _works(program, world, pad):
    """Return True when a transporter has power, and what it stands in is whole."""
    owner = world.pads[pad].owner
    ship = acts.carrier(program, world, owner) if owner >= 0 else -1
    return world.pads[pad].powered != 0 and owner >= 0 and (ship < 0 or world.vessels[ship].mode < states.DISABLED)


@kernel
def _drop(world, person, now):
    """Take a person out of the line, and off their slot."""
    body = world.people[person]
    if body.slot >= 0:
        _off(world, person, now)
    acts.leave_line(world, person)


@kernel
def _off(world, person, now):
    """Put a person on a slot back in line; when they led the batch, all of it goes."""
    slot = world.slots[world.people[person].slot]
    row = world.people[person].slot
    world.people[person].slot = -1
    if slot.lead != person:
        return
    processes.set_rate(world.clocks[world.people[person].clock_lock], 0.0, now)
    slot.phase, slot.lead, slot.ready = states.VACANT, -1, math.inf
    _clear(world, row)


# ------------------------------------------------------------------------------------------------ chance of a lock


@kernel
def lock(program, world, person, now):
    """Return the chance of a lock on a person at one attempt, at present; 0 for no hope."""
    body = world.people[person]
    if body.pad < 0 or body.status == states.DEAD or not _works(program, world, body.pad):
        return 0.0
    pad = world.pads[body.pad]
    if pad.jammed != 0:
        return 0.0
    who, here, there = (
        refs.ref(refs.PERSON, person),
        refs.ref(refs.PLACE, pad.owner),
        refs.ref(refs.PLACE, body.beam_to),
    )
    away = acts.distance(program, world, here, who, now)
    if away > pad.range or acts.distance(program, world, here, there, now) > pad.range:
        return 0.0
    if _blocked(program, world, pad.owner, body.place, body.beam_to, now):
        return 0.0
    gain = pad.tag_gain if body.tag >= 0 else 1.0
    noise = _noise(program, world, person, now)
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
            processes.accrue(clock, now)
            if clock.rate > 0.0 and processes.ring_time(clock) <= now:
                processes.rearm(clock, world.state[0].luck, now)
                slot.phase = states.CYCLING
                slot.ready = now + world.pads[slot.pad].cycle
                rang = True
        if slot.phase == states.CYCLING and slot.ready <= now:
            _deliver(program, world, i, now)
            rang = True
    return rang


@kernel
def _deliver(program, world, row, now):
    """Put down those on a slot, and take into custody who belongs to another side and did not agree."""
    slot = world.slots[row]
    count, until = 0, world.pads[slot.pad].until
    for i in range(until):
        count += world.people[i].slot == row and world.people[i].status != states.DEAD
    faction = world.pads[slot.pad].faction
    slot.phase, slot.lead, slot.ready = states.VACANT, -1, math.inf
    for i in range(until):
        body = world.people[i]
        if body.slot != row:
            continue
        body.slot = -1
        acts.leave_line(world, i)
        if body.status == states.DEAD:
            continue
        who, goal = refs.ref(refs.PERSON, i), body.beam_to
        entry = acts.emit(world, now, kinds.BEAMED, who, -1, goal, float(count), body.beam_entry)
        acts.put(program, world, i, goal, entry)
        acts.touch_person(world, i)
        if body.faction != faction and body.consent == 0:
            acts.request(world, verbs.TAKE, states.COMMAND, now, entry, i, faction, -1, -1, 0.0, 0.0)
            acts.uproot(program, world, i, faction, entry, now)


@kernel
def _look(program, world, pad, now):
    """Look again at those whom a transporter wants: let go whom it need not or cannot have, and set the rates."""
    works = _works(program, world, pad)
    for i in range(world.pads[pad].until):
        body = world.people[i]
        if body.pad != pad or (body.slot >= 0 and world.slots[body.slot].phase == states.CYCLING):
            continue
        if body.place >= 0 and acts.contains(program, world, body.beam_to, body.place):
            _drop(world, i, now)
    for i in range(len(world.slots)):
        slot = world.slots[i]
        if slot.pad != pad or slot.phase == states.VACANT:
            continue
        if not works or world.people[slot.lead].status == states.DEAD or world.people[slot.lead].pad != pad:
            _free(world, i, now)
        elif slot.phase == states.LOCKING:
            _relock(program, world, i, now)


@kernel
def _clear(world, row):
    """Let nobody stand on a slot."""
    for i in range(world.pads[world.slots[row].pad].until):
        if world.people[i].slot == row:
            world.people[i].slot = -1


@kernel
def _free(world, row, now):
    """Empty a slot."""
    slot = world.slots[row]
    _clear(world, row)
    processes.set_rate(world.clocks[world.people[slot.lead].clock_lock], 0.0, now)
    slot.phase, slot.lead, slot.ready = states.VACANT, -1, math.inf


@kernel
def _relock(program, world, row, now):
    """Keep on a slot those who are still with the first of the batch and can be locked; set the rate of the lock."""
    slot = world.slots[row]
    lead = slot.lead
    hardest = lock(program, world, lead, now)
    if hardest <= 0.0:
        _free(world, row, now)
        return
    fair = hardest >= FAIR
    for i in range(world.pads[slot.pad].until):
        body = world.people[i]
        if body.slot != row or i == lead:
            continue
        chance = lock(program, world, i, now) if _together(world, i, lead) else 0.0
        if chance <= 0.0 or (chance >= FAIR) != fair:
            body.slot = -1
        else:
            hardest = min(hardest, chance)
    clock = world.clocks[world.people[lead].clock_lock]
    processes.set_rate(clock, world.pads[slot.pad].attempts * hardest, now)


@kernel
def _together(world, person, other):
    """Return True when two people are at the same spot and go to the same place by the same transporter."""
    one, two = world.people[person], world.people[other]
    if one.pad != two.pad or one.beam_to != two.beam_to or one.status == states.DEAD:
        return False
    return one.place == two.place and one.party == two.party and (one.place >= 0 or one.party >= 0)


@kernel
def _load(program, world, pad, now):
    """Fill the free slots of a transporter from those in line; return when to look at the line again."""
    if world.pads[pad].wanted == 0 or not _works(program, world, pad):
        return math.inf
    look = math.inf
    fair, poor, at, seen = -1, -1, -1, -1.0
    for i in range(world.pads[pad].until):
        body = world.people[i]
        if body.pad != pad:
            continue
        look = min(look, _unsteady(program, world, i, now))
        if body.slot >= 0 or body.status == states.DEAD:
            continue
        if at < 0 or not _alike(world, i, at):
            at, seen = i, lock(program, world, i, now)
        if seen >= FAIR and (fair < 0 or _before(world, i, fair)):
            fair = i
        elif 0.0 < seen < FAIR and (poor < 0 or _before(world, i, poor)):
            poor = i
    while True:
        row = _slot_for(world, pad, fair >= 0, now)
        lead = fair if fair >= 0 else poor
        if lead < 0 or row < 0:
            return look
        _fill(program, world, row, lead, now)
        fair, poor = _next(program, world, pad, True, now), _next(program, world, pad, False, now)


@kernel
def _next(program, world, pad, fair, now):
    """Return who comes next in line, of those with a fair chance of a lock or of those with a poor one; or -1."""
    best, at, seen = -1, -1, 0.0
    for i in range(world.pads[pad].until):
        body = world.people[i]
        if body.pad != pad or body.slot >= 0 or body.status == states.DEAD:
            continue
        if at < 0 or not _alike(world, i, at):
            at, seen = i, lock(program, world, i, now)
        if seen > 0.0 and (seen >= FAIR) == fair and (best < 0 or _before(world, i, best)):
            best = i
    return best


@kernel
def _alike(world, person, other):
    """Return True when two people have the same chance of a lock: together, and both tagged or neither."""
    return _together(world, person, other) and (world.people[person].tag >= 0) == (world.people[other].tag >= 0)


@kernel
def _before(world, person, other):
    """Return True when a person comes before another: by the time of asking, then by the stable number."""
    one, two = world.people[person], world.people[other]
    if one.asked != two.asked:
        return one.asked < two.asked
    return one.key < two.key


@kernel
def _slot_for(world, pad, fair, now):
    """Return a free slot of a transporter, or for a fair chance one that tries a poor one; or -1."""
    for i in range(len(world.slots)):
        if world.slots[i].pad == pad and world.slots[i].phase == states.VACANT:
            return i
    if fair:
        for i in range(len(world.slots)):
            slot = world.slots[i]
            if slot.pad == pad and slot.phase == states.LOCKING:
                if world.clocks[world.people[slot.lead].clock_lock].rate < FAIR * world.pads[pad].attempts:
                    _free(world, i, now)
                    return i
    return -1


@kernel
def _fill(program, world, row, lead, now):
    """Put a person on a slot, with the next in line of those who are with them, up to a batch."""
    slot = world.slots[row]
    pad = world.pads[slot.pad]
    slot.phase, slot.lead, slot.ready = states.LOCKING, lead, math.inf
    world.people[lead].slot = row
    hardest = lock(program, world, lead, now)
    fair = hardest >= FAIR
    for _ in range(pad.batch - 1):
        best, at, seen, chosen = -1, -1, 0.0, 0.0
        for i in range(pad.until):
            body = world.people[i]
            if body.pad != slot.pad or body.slot >= 0 or not _together(world, i, lead):
                continue
            if at < 0 or not _alike(world, i, at):
                at, seen = i, lock(program, world, i, now)
            if seen > 0.0 and (seen >= FAIR) == fair and (best < 0 or _before(world, i, best)):
                best, chosen = i, seen
        if best < 0:
            break
        world.people[best].slot = row
        hardest = min(hardest, chosen)
    processes.set_rate(world.clocks[world.people[lead].clock_lock], pad.attempts * hardest, now)


@kernel
def _unsteady(program, world, person, now):
    """Return when to look again at somebody whose chance of a lock changes by itself; infinity when it does not."""
    body = world.people[person]
    if body.place < 0 and body.party >= 0:
        if world.parties[body.party].state == states.PARTY_WALKING:
            return now + PERIOD
    elif body.place < 0:
        if body.destination >= 0:
            return now + PERIOD
    elif acts.outermost(program, world, body.place) < 0:
        return now + PERIOD
    if acts.outermost(program, world, world.pads[body.pad].owner) < 0:
        return now + PERIOD
    return now + PERIOD if acts.outermost(program, world, body.beam_to) < 0 else math.inf
