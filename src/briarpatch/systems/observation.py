"""Observation: eyes and instruments that watch for given targets; suits, cloaks and cover that hide them.

An eye detects a target by an exponential clock whose rate is the inverse cube of the distance (Koopman 1946), times
attention, the target's signature (a suit while worn, a cloak while cloaked) and the cover of where it is; the exposure
of straight relative motion is in closed form, and the moment at which the clock will ring is found from it, so that a
fast pass is never missed and standing watches sleep until then. An instrument looks at fixed times and sees a
fluctuating target with Swerling's probability; now and then it reports one that is not there. Somebody inside a vessel
or a building is seen only, and sees only, within that place. Whoever has seen one target looks harder at others near
it.

Assumes motion that is straight between updates (every leg, arrival and departure is one; vessels under way are brought
up to date every `period`), and that the members of a crowd who look do so from where the nearest of them is. What was
seen stays seen. Leaves out weather, recognition and fatigue. Sources: see `laws.observation`.
"""

from __future__ import annotations

import math

from ..laws import observation as laws
from ..world import acts, chance, kinds, processes, refs, states, topics, verbs
from ..world.compiled import kernel
from ..world.parts import system

READS = ("people", "minds", "vessels", "places", "legs", "parties")
WRITES = ("pairs", "sensors", "people", "clocks", "requests", "chronicle")

_HALVINGS = 60
_WHICH = 1  # keeps the draws of one key apart
_MOMENT = 1e-6
"""How long [s] after the end of a vessel's stretch one looks again, so that the next has begun."""


@system
def step(program, world, since, now):
    """Carry out what was asked; account for the watch up to now; detect; set the watch that holds from now on."""
    for p in range(len(world.pairs)):
        _account(world, p, max(since, 0.0), now)
    while True:
        number = acts.take(world, states.OBSERVATION)
        if number < 0:
            break
        _carry_out(program, world, number, now)
        acts.spend(world, number)
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
def _account(world, p, since, now):
    """Add what the pair's eye has been exposed to since the last update; an instrument keeps no account."""
    pair = world.pairs[p]
    if pair.detected != 0 or pair.strength <= 0.0 or now <= since:
        return
    sensor = world.sensors[pair.sensor]
    if sensor.looks > 0.0:
        return
    clock = world.clocks[pair.clock]
    clock.spent += laws.pass_exposure(
        pair.strength, sensor.absorption, sensor.height, pair.x, pair.y, pair.vx, pair.vy, now - since
    )
    clock.at = now
    if clock.spent >= clock.threshold:
        pair.sees = min(pair.sees, now)


@kernel
def _watch(program, world, p, now):
    """Note how the target stands to the sensor from now on; return when it will be seen or looked at anew."""
    pair = world.pairs[p]
    sensor = world.sensors[pair.sensor]
    eye, eyes = _eye(program, world, sensor.owner, pair.target, now)
    pair.sees = math.inf
    pair.strength = 0.0
    if eye < 0 or sensor.active == 0:
        return math.inf
    signature = _signature(program, world, eye, pair.target)
    attention = sensor.attention * eyes * _alert(program, world, p, now)
    pair.x = acts.thing_x(program, world, pair.target, now) - acts.thing_x(program, world, eye, now)
    pair.y = acts.thing_y(program, world, pair.target, now) - acts.thing_y(program, world, eye, now)
    ahead = min(sensor.period, _steady(world, pair.target, now), _steady(world, eye, now))
    pair.vx = _velocity(program, world, pair.target, now, ahead, 0) - _velocity(program, world, eye, now, ahead, 0)
    pair.vy = _velocity(program, world, pair.target, now, ahead, 1) - _velocity(program, world, eye, now, ahead, 1)
    if sensor.looks > 0.0:
        pair.strength = signature
        pair.sees = _next_look(world, p, signature, min(attention, 1.0), now, ahead)
        if signature <= 0.0 or attention <= 0.0:
            return math.inf
        return min(pair.sees, now + ahead)
    pair.strength = laws.visual_strength(attention, signature, sensor.visual, True)
    if pair.strength <= 0.0:
        return math.inf
    clock = world.clocks[pair.clock]
    moving = pair.vx != 0.0 or pair.vy != 0.0
    pair.sees = now + _wait(world, p, clock.threshold - clock.spent, ahead if moving else math.inf)
    return min(pair.sees, now + ahead) if moving else pair.sees


@kernel
def _wait(world, p, left, ahead):
    """Return the time [s] in which the pair's exposure reaches `left`; infinity when not within `ahead`."""
    pair = world.pairs[p]
    sensor = world.sensors[pair.sensor]
    if left <= 0.0:
        return 0.0
    if math.isinf(ahead):
        rate = laws.inverse_cube_rate(pair.strength, sensor.absorption, sensor.height, math.hypot(pair.x, pair.y))
        return left / rate if rate > 0.0 else math.inf
    if _exposure(pair, sensor, ahead) < left:
        return math.inf
    low, high = 0.0, ahead
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if _exposure(pair, sensor, middle) < left:
            low = middle
        else:
            high = middle
    return high


@kernel
def _exposure(pair, sensor, dt):
    return laws.pass_exposure(pair.strength, sensor.absorption, sensor.height, pair.x, pair.y, pair.vx, pair.vy, dt)


@kernel
def _next_look(world, p, signature, attention, now, ahead):
    """Return the time of the first look within `ahead` at which an instrument sees the target, else infinity."""
    pair = world.pairs[p]
    sensor = world.sensors[pair.sensor]
    at = laws.first_look(
        world.state[0].luck,
        world.clocks[pair.clock].key,
        now,
        now + ahead,
        sensor.looks,
        attention,
        sensor.false_alarm,
        sensor.snr,
        sensor.reference,
        sensor.order,
        signature,
        sensor.absorption,
        sensor.height,
        pair.x,
        pair.y,
        pair.vx,
        pair.vy,
    )
    return at if at > now else math.inf


@kernel
def _eye(program, world, owner, target, now):
    """Return the thing that looks for `owner` and how many eyes it counts for; -1 when nobody can see the target."""
    kind = refs.kind_of(owner)
    if kind == refs.PERSON:
        row = refs.row_of(owner)
        if _in_sight(program, world, owner, target):
            return owner, world.minds[row].alert if row < len(world.minds) else 1.0
        return -1, 0.0
    if kind != refs.CROWD and kind != refs.FACTION:
        return (owner if _in_sight(program, world, owner, target) else -1), 1.0
    best, nearest = -1, math.inf
    first, last = acts.range_of(world, owner, program)
    for i in range(first, last):
        if acts.is_of(world, owner, i, program) and world.people[i].status == states.ACTIVE:
            thing = refs.ref(refs.PERSON, i)
            if thing != target and _in_sight(program, world, thing, target):
                away = acts.distance(program, world, thing, target, now)
                if away < nearest:
                    best, nearest = i, away
    if best < 0:
        return -1, 0.0
    eyes = 0.0
    for i in range(first, last):
        body = world.people[i]
        if body.status == states.ACTIVE and acts.is_of(world, owner, i, program):
            with_them = body.place == world.people[best].place and body.party == world.people[best].party
            if i == best or (with_them and (body.place >= 0 or body.party >= 0)):
                eyes += world.minds[i].alert if i < len(world.minds) else 1.0
    return refs.ref(refs.PERSON, best), eyes


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
def _steady(world, thing, now):
    """Return how long [s] a thing's motion stays as it is without anybody being told when it changes."""
    if refs.kind_of(thing) != refs.VESSEL:
        return math.inf
    ship = world.vessels[refs.row_of(thing)]
    if ship.at >= 0 or ship.destination < 0:
        return math.inf
    return max(ship.leg_ends - now, _MOMENT)


@kernel
def _velocity(program, world, thing, now, ahead, axis):
    """Return one component of a thing's velocity [m/s]; of a vessel, the mean over the time `ahead` [s]."""
    kind, row = refs.kind_of(thing), refs.row_of(thing)
    if kind == refs.VESSEL:
        ship = world.vessels[row]
        if ship.at >= 0 or ship.destination < 0:
            return 0.0
        speed = (acts.sailed(ship, now + ahead) - acts.sailed(ship, now)) / ahead
        return speed * (ship.course_x if axis == 0 else ship.course_y)
    if kind != refs.PERSON:
        return 0.0
    body = world.people[row]
    if body.party >= 0:
        party = world.parties[body.party]
        if party.state != states.PARTY_WALKING or not party.entered < party.leaves < math.inf:
            return 0.0
        leg = program.legs[party.leg]
        along = leg.x1 - leg.x0 if axis == 0 else leg.y1 - leg.y0
        return along / (party.leaves - party.entered)
    if body.place >= 0 or body.destination < 0 or not body.departed < body.arrives < math.inf:
        return 0.0
    along = body.to_x - body.from_x if axis == 0 else body.to_y - body.from_y
    return along / (body.arrives - body.departed)


@kernel
def _alert(program, world, p, now):
    """Return the factor of attention that a target gets because the sensor has seen another near it."""
    pair = world.pairs[p]
    sensor = world.sensors[pair.sensor]
    if sensor.alert == 1.0:
        return 1.0
    for other in world.pairs:
        if other.sensor == pair.sensor and other.detected != 0:
            away = acts.distance(program, world, other.target, pair.target, now)
            factor = laws.alerted(1.0, sensor.alert, away, sensor.cue)
            if factor != 1.0:
                return factor
    return 1.0


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
