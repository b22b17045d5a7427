"""Observation: eyes and instruments that watch for given targets; suits, cloaks and cover that hide them.

An eye detects a target by an exponential clock whose rate is the inverse cube of the distance (Koopman 1946), times
attention, the target's signature (a suit while worn, a cloak while cloaked) and the cover of where it is; the exposure
of straight relative motion is in closed form, and the moment at which the clock will ring is found from it, so that a
fast pass is never missed and standing watches sleep until then. An instrument looks at fixed times and sees a
fluctuating target with Swerling's probability; now and then it reports one that is not there. Somebody inside a vessel
or a building is seen only, and sees only, within that place. Whoever has seen one target looks harder at others near
it.

What a pair has been exposed to is added up only when the way in which the one looks or the other moves changes. A watch
on what moves is foreseen in stretches of one `period`.

Assumes motion that is straight along every leg and stretch (against drag, for one `period` at a time), and that the
members of a crowd who look do so from where the nearest of them was at the beginning of the period. What was seen stays
seen. Leaves out weather, recognition and fatigue. Sources: see `laws.observation`.
"""

from __future__ import annotations

import math

from ..laws import observation as laws
from ..world import acts, chance, kinds, processes, refs, states, topics, verbs
from ..world.alike import hypot
from ..world.compiled import kernel
from ..world.parts import system

READS = ("people", "minds", "vessels", "places", "legs", "parties")
WRITES = ("pairs", "sensors", "people", "clocks", "requests", "chronicle")

_HALVINGS = 60
_WHICH = 1  # keeps the draws of one key apart


@system
def step(program, world, since, now):
    """Carry out what was asked, detect, and set the watch that holds from now on."""
    while acts.going(world, 10):
        number = acts.take(program, world, states.OBSERVATION)
        if number < 0:
            break
        _carry_out(program, world, number, now)
        acts.spend(program, world, number)
    due = math.inf
    for p in range(len(world.pairs)):
        if world.pairs[p].detected == 0 and world.pairs[p].sees <= now:
            _detect(program, world, p, now)
    for p in range(len(world.pairs)):
        if world.pairs[p].detected == 0:
            due = min(due, _watch(program, world, p, now))
    for s in range(len(world.sensors)):
        if world.sensors[s].looks > 0.0:
            due = min(due, _false_alarms(program, world, s, now))
    if world.state[0].ends == states.CLOSING:
        settle(program, world, now)
        for pair in world.pairs:
            if pair.detected == 0:
                pair.watched = now  # the story ends: what was foreseen stands, however often anybody looks again
    return due


# ------------------------------------------------------------------------------------------------ what was asked


@kernel
def _carry_out(program, world, number, now):
    asked = world.requests[number]
    if asked.verb == verbs.WATCH:
        sensor = world.sensors[asked.a]
        if sensor.active != asked.b:
            sensor.active = asked.b
            sensor.entry = asked.cause
            acts.done(program, world)
    elif asked.verb == verbs.UNMASK or asked.verb == verbs.MASK:
        _mask(program, world, asked.a, 1 if asked.verb == verbs.MASK else 0, asked.cause, now)


@kernel
def _mask(program, world, being, on, cause, now):
    """Let all of `being` who have a suit put it on or take it off."""
    entry = -1
    first, last = acts.range_of(world, being, program)
    for i in range(first, last):
        body = world.people[i]
        if (
            body.suited == on
            or body.suit >= 1.0
            or body.status == states.DEAD
            or not acts.is_of(world, being, i, program)
        ):
            continue
        if entry < 0:
            kind = kinds.MASKED if on != 0 else kinds.UNMASKED
            entry = acts.emit(world, now, kind, being, -1, body.place, 0.0, cause)
        body.suited = on
        body.entry = entry
    if entry >= 0:
        acts.touch(world, topics.PEOPLE)
        acts.wake(world, states.DRONES, now)


# ------------------------------------------------------------------------------------------------ the watch


@kernel
def _watch(program, world, p, now):
    """See how a pair stands from now on; return when the target will be seen, or when to look again at the two."""
    pair = world.pairs[p]
    sensor = world.sensors[pair.sensor]
    then = processes.beat_before(sensor.period, now)
    eye, eyes, shifts = _eye(program, world, sensor.owner, pair.target, then)
    attention = strength = x = y = vx = vy = from_x = from_y = 0.0
    until = math.inf
    if eye >= 0 and sensor.active != 0:
        alert, stirs = _alert(program, world, p, then)
        shifts = shifts or stirs
        attention = sensor.attention * eyes * alert
        strength = _signature(program, world, eye, pair.target)
        if sensor.looks <= 0.0:
            strength = laws.visual_strength(attention, strength, sensor.visual, True)
        one = _course(program, world, pair.target, sensor.period, now)
        two = _course(program, world, eye, sensor.period, now)
        from_x, from_y, vx, vy = one[0] - two[0], one[1] - two[1], one[2] - two[2], one[3] - two[3]
        until = min(one[4], two[4])
        x = acts.thing_x(program, world, pair.target, now) - acts.thing_x(program, world, eye, now)
        y = acts.thing_y(program, world, pair.target, now) - acts.thing_y(program, world, eye, now)
    same = strength == pair.strength and attention == pair.attention and until == pair.until
    if not (same and vx == pair.vx and vy == pair.vy and from_x == pair.from_x and from_y == pair.from_y):
        _account(world, p, now)
        pair.strength, pair.attention, pair.until, pair.x, pair.y = strength, attention, until, x, y
        pair.from_x, pair.from_y, pair.vx, pair.vy = from_x, from_y, vx, vy
    moves = vx != 0.0 or vy != 0.0 or sensor.looks > 0.0
    if strength <= 0.0 or attention <= 0.0:
        pair.sees, moves = math.inf, False
    else:
        _foresee(world, p, moves, until, now)
    due = pair.sees
    if moves or shifts:
        due = min(due, processes.beat_after(sensor.period, now))
    return min(due, until) if until > now else due


@kernel
def _account(world, p, now):
    """Add up what a pair's eye was exposed to so far, as it looked until now; an instrument keeps no account."""
    pair = world.pairs[p]
    clock, sensor = world.clocks[pair.clock], world.sensors[pair.sensor]
    if sensor.looks <= 0.0:
        clock.spent += _exposure(pair, sensor, now - pair.since)
    pair.since, clock.at = now, now
    pair.watched = -math.inf


@kernel
def _foresee(world, p, moves, until, now):
    """Note when the target of a pair will be seen: within the present stretch, or ever when neither of the two moves."""
    pair = world.pairs[p]
    sensor, clock = world.sensors[pair.sensor], world.clocks[pair.clock]
    begins = max(pair.since, processes.beat_before(sensor.period, now)) if moves else pair.since
    if pair.watched == begins:
        return
    pair.watched = begins
    ends = min(processes.beat_after(sensor.period, begins), max(until, begins))
    if sensor.looks > 0.0:
        pair.sees = _next_look(world, p, begins, ends)
        return
    left = clock.threshold - clock.spent
    if left <= 0.0:
        pair.sees = begins
    elif not moves:
        rate = laws.inverse_cube_rate(pair.strength, sensor.absorption, sensor.height, hypot(pair.x, pair.y))
        pair.sees = begins + left / rate if rate > 0.0 else math.inf
    elif _exposure(pair, sensor, ends - pair.since) < left:
        pair.sees = math.inf
    else:
        low, high = begins - pair.since, ends - pair.since
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            if _exposure(pair, sensor, middle) < left:
                low = middle
            else:
                high = middle
        pair.sees = pair.since + high


@kernel
def _exposure(pair, sensor, dt):
    return laws.pass_exposure(pair.strength, sensor.absorption, sensor.height, pair.x, pair.y, pair.vx, pair.vy, dt)


@kernel
def _next_look(world, p, begins, ends):
    """Return the time of the first look within (begins, ends] at which an instrument sees the target, else infinity."""
    pair = world.pairs[p]
    sensor = world.sensors[pair.sensor]
    at = laws.first_look(
        world.state[0].luck,
        world.clocks[pair.clock].key,
        begins,
        ends,
        sensor.looks,
        min(pair.attention, 1.0),
        sensor.false_alarm,
        sensor.snr,
        sensor.reference,
        sensor.order,
        pair.strength,
        sensor.absorption,
        sensor.height,
        pair.x + pair.vx * (begins - pair.since),
        pair.y + pair.vy * (begins - pair.since),
        pair.vx,
        pair.vy,
    )
    return at if at > begins else math.inf


@kernel
def _eye(program, world, owner, target, then):
    """Return the thing that looks for `owner` (-1 when nobody can see the target), its eyes, and whether it may change.

    Of several who look it is the nearest at `then`, which changes by itself while one of them or the target moves.
    """
    kind = refs.kind_of(owner)
    if kind == refs.PERSON:
        row = refs.row_of(owner)
        if _in_sight(program, world, owner, target):
            return owner, world.minds[row].alert if row < len(world.minds) else 1.0, False
        return -1, 0.0, False
    if kind != refs.CROWD and kind != refs.FACTION:
        return (owner if _in_sight(program, world, owner, target) else -1), 1.0, False
    best, nearest = -1, math.inf
    several, moves = 0, _moves(world, target)
    first, last = acts.range_of(world, owner, program)
    for i in range(first, last):
        if acts.is_of(world, owner, i, program) and world.people[i].status == states.ACTIVE:
            thing = refs.ref(refs.PERSON, i)
            if thing != target and _in_sight(program, world, thing, target):
                several += 1
                moves = moves or _moves(world, thing)
                away = acts.distance(program, world, thing, target, then)
                if away < nearest:
                    best, nearest = i, away
    if best < 0:
        return -1, 0.0, False
    eyes = 0.0
    for i in range(first, last):
        body = world.people[i]
        if body.status == states.ACTIVE and acts.is_of(world, owner, i, program):
            with_them = body.place == world.people[best].place and body.party == world.people[best].party
            if i == best or (with_them and (body.place >= 0 or body.party >= 0)):
                eyes += world.minds[i].alert if i < len(world.minds) else 1.0
    return refs.ref(refs.PERSON, best), eyes, moves and several > 1


@kernel
def _moves(world, thing):
    """Return True when a thing is under way by itself."""
    kind, row = refs.kind_of(thing), refs.row_of(thing)
    if kind == refs.PERSON:
        body = world.people[row]
        return body.party >= 0 or (body.place < 0 and body.destination >= 0)
    return kind == refs.VESSEL and world.vessels[row].at < 0 and world.vessels[row].destination >= 0


@kernel
def _in_sight(program, world, eye, target):
    """Return True when both exist, on one map and in the open, or in one and the same place."""
    if not _can_look(world, eye) or not _exists(world, target):
        return False
    here, there = acts.thing_place(world, eye), acts.thing_place(world, target)
    if here >= 0 and here == there:
        return True
    if not _in_the_open(program, world, eye, here) or not _in_the_open(program, world, target, there):
        return False
    ground = acts.thing_map(program, world, eye)
    return ground >= 0 and ground == acts.thing_map(program, world, target)


@kernel
def _in_the_open(program, world, thing, place):
    """Return True when a thing is in the open; a device stands for the place where it stands, if it stands in one."""
    kind = refs.kind_of(thing)
    if kind == refs.DEVICE:
        device = world.devices[refs.row_of(thing)]
        return device.aboard < 0 and program.places[device.inside].map >= 0
    if place < 0:
        return True
    return acts.open_air(program, place)


@kernel
def _can_look(world, thing):
    kind, row = refs.kind_of(thing), refs.row_of(thing)
    if kind == refs.PERSON:
        return world.people[row].status == states.ACTIVE
    return _exists(world, thing)


@kernel
def _exists(world, thing):
    kind, row = refs.kind_of(thing), refs.row_of(thing)
    if kind == refs.PERSON:
        return world.people[row].status != states.DEAD
    if kind == refs.VESSEL:
        return world.vessels[row].mode != states.LOST
    if kind == refs.DEVICE:
        return world.devices[row].mode != states.BLOWN
    return thing >= 0


@kernel
def _signature(program, world, eye, target):
    """Return the share of sight that a target leaves: its suit or cloak, times the cover of where it is."""
    kind, row = refs.kind_of(target), refs.row_of(target)
    signature = 1.0
    place = acts.thing_place(world, target)
    if kind == refs.PERSON:
        body = world.people[row]
        if body.suited != 0:
            signature = body.suit
        if body.party >= 0 and place < 0:
            signature *= program.legs[world.parties[body.party].leg].cover
    elif kind == refs.VESSEL and world.vessels[row].cloaked != 0:
        signature = world.vessels[row].cloak
    elif kind == refs.DEVICE or kind == refs.PLACE:
        return signature
    if place >= 0 and place != acts.thing_place(world, eye):
        signature *= program.places[place].cover
    return signature


@kernel
def _course(program, world, thing, period, now):
    """Return (x, y, vx, vy, until) of how a thing moves: where it would have been at the start, its velocity, and how long.

    A vessel slowed by drag moves for one `period` at a time at the mean velocity of that time.
    """
    kind, row = refs.kind_of(thing), refs.row_of(thing)
    if kind == refs.PERSON:
        body = world.people[row]
        if body.party >= 0:
            party = world.parties[body.party]
            if party.state == states.PARTY_WALKING and party.entered < party.leaves < math.inf:
                leg = program.legs[party.leg]
                return _line(leg.x0, leg.y0, party.entered, leg.x1, leg.y1, party.leaves)
        elif body.place < 0 and body.destination >= 0 and body.departed < body.arrives < math.inf:
            return _line(body.from_x, body.from_y, body.departed, body.to_x, body.to_y, body.arrives)
    elif kind == refs.VESSEL:
        ship = world.vessels[row]
        if ship.at < 0 and ship.destination >= 0:
            begins, ends = ship.leg_began, ship.leg_ends
            if ship.slowed != 0:
                begins += processes.beat_before(period, now - ship.leg_began)
                begins = begins + period if begins + period <= now else begins
                ends = min(begins + period, ends)
            if begins < ends < math.inf:
                one, two = acts.sailed(ship, begins), acts.sailed(ship, ends)
                x, y = ship.leg_x + ship.course_x * one, ship.leg_y + ship.course_y * one
                to_x, to_y = ship.leg_x + ship.course_x * two, ship.leg_y + ship.course_y * two
                return _line(x, y, begins, to_x, to_y, ends)
    return acts.thing_x(program, world, thing, now), acts.thing_y(program, world, thing, now), 0.0, 0.0, math.inf


@kernel
def _line(x, y, begins, to_x, to_y, ends):
    """Return the straight motion from (x, y) to (to_x, to_y) as `_course` does."""
    vx, vy = (to_x - x) / (ends - begins), (to_y - y) / (ends - begins)
    return x - vx * begins, y - vy * begins, vx, vy, ends


@kernel
def _alert(program, world, p, then):
    """Return the factor of attention that a target gets because another was seen near it, and whether it may change."""
    pair = world.pairs[p]
    sensor = world.sensors[pair.sensor]
    if sensor.alert == 1.0:
        return 1.0, False
    best, stirs = 1.0, False
    for other in world.pairs:
        if other.sensor == pair.sensor and other.detected != 0:
            stirs = stirs or _moves(world, other.target) or _moves(world, pair.target)
            away = acts.distance(program, world, other.target, pair.target, then)
            factor = laws.alerted(1.0, sensor.alert, away, sensor.cue)
            if factor != 1.0 and best == 1.0:
                best = factor
    return best, stirs


@kernel
def settle(program, world, now):
    """Add up what every pair was exposed to so far, and let the watch be foreseen anew from now on."""
    for p in range(len(world.pairs)):
        pair = world.pairs[p]
        if pair.detected == 0:
            dt = now - pair.since
            _account(world, p, now)
            pair.x, pair.y = pair.x + pair.vx * dt, pair.y + pair.vy * dt


# ------------------------------------------------------------------------------------------------ what is seen


@kernel
def _detect(program, world, p, now):
    """Let the target of a pair be seen, and whoever owns the sensor, or has its reports, know of it."""
    pair = world.pairs[p]
    sensor = world.sensors[pair.sensor]
    place = acts.thing_place(world, pair.target)
    pair.detected = 1
    pair.sees = math.inf
    pair.entry = acts.emit(
        world, now, kinds.DETECTED, sensor.owner, pair.target, place, 0.0, _cause(world, pair.sensor, pair.target)
    )
    if refs.kind_of(pair.target) == refs.PERSON:
        body = world.people[refs.row_of(pair.target)]
        body.seen = 1
        body.entry = pair.entry
        acts.touch_person(world, refs.row_of(pair.target))
    else:
        acts.touch(world, topics.VESSELS | topics.PEOPLE)
    _report(world, pair.sensor, pair.target, pair.entry, now)


@kernel
def _cause(world, s, target):
    """Return the entry that a detection rests on: the newest of the target's, the watcher's and the sensor's own."""
    sensor = world.sensors[s]
    return max(acts.entry_of(world, target), acts.entry_of(world, sensor.owner), sensor.entry, 0)


@kernel
def _report(world, s, target, entry, now):
    sensor = world.sensors[s]
    mind = refs.row_of(sensor.owner) if refs.kind_of(sensor.owner) == refs.PERSON else -1
    if mind < 0 or mind >= len(world.minds):
        mind = sensor.reports_to
    if mind >= 0 and world.people[mind].status != states.DEAD:
        acts.request(world, verbs.DETECT, states.KNOWLEDGE, now, entry, mind, s, target, -1, 0.0, 0.0)


@kernel
def _mistaken(world, s, clock):
    """Return what an instrument next takes for there, of what it has not seen yet: the first in a race of equals; or -1."""
    target, soonest = -1, math.inf
    for pair in world.pairs:
        if pair.sensor == s and pair.detected == 0:
            key = chance.pair_key(chance.pair_key(clock.key, world.clocks[pair.clock].key), _WHICH)
            wait = chance.exponential(world.state[0].luck, chance.DETECTION, key, clock.occurrence)
            if wait < soonest:
                target, soonest = pair.target, wait
    return target


@kernel
def _false_alarms(program, world, s, now):
    """Let an instrument report what is not there; return when it next will."""
    sensor = world.sensors[s]
    clock = world.clocks[sensor.clock_alarm]
    rang = clock.rate > 0.0 and processes.ring_time(clock) <= now
    target = _mistaken(world, s, clock)
    if rang:
        if target >= 0:
            cause = max(sensor.entry, 0)
            entry = acts.emit(world, now, kinds.FALSE_ALARM, sensor.owner, target, -1, 0.0, cause)
            _report(world, s, target, entry, now)
        processes.rearm(clock, world.state[0].luck, now)
    rate = 0.0
    if target >= 0 and sensor.active != 0 and _can_look(world, sensor.owner):
        rate = sensor.attention * laws.glimpse_rate(sensor.false_alarm, sensor.looks)
    return processes.set_rate(clock, rate, now)
