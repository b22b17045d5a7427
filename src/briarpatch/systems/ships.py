"""Ships: voyages, fights shot by shot, shields and cloaks, boarding.

A voyage is a straight line, cut into stretches at the edges of regions; inside regions with drag a vessel moves by
thrust and linear drag, elsewhere at its cruising speed, and each stretch ends at its exact time. On a change of course
it keeps the part of its speed that points the new way. A vessel that sails to another goes to where that one is when
it sets out, and sets out again if it has gone.

A fight is a group of vessels on two sides, moved from shot to shot by `laws.ships`; every shot comes at its own time.
Volleys come at fixed times, all of one instant at once: missiles spread evenly over the opponents, those that find
their mark meet as many interceptions as the target has, and the rest hit (Hughes 1986, Armstrong 2005). A vessel whose
fire wanes with its hull stands for a group of many ships, and obeys Lanchester's square law as they grow many.
Those attacked shoot back. Assumes that opponents keep the positions that they had to one another when they met, so
attackers keep up with a vessel under way; that lasts until it crosses the edge of a region with drag, where it is
rid of them. Whoever gets clear is out of the fight, and goes on with its voyage if it is on one. A fight ends when one
side is gone or nobody attacks any more. Lowered shields stop nothing; shields recharge up or down.

Leaves out docking manoeuvres, collisions, facing, crews at work, and what a weapon cannot reach: an attack on a target
out of range of every weapon does not begin. Sources: see `laws.ships`.
"""

from __future__ import annotations

import math

import numpy as np

from ..laws import ships as laws
from ..world import acts, chance, kinds, refs, states, topics, verbs
from ..world.compiled import kernel
from ..world.handles import system

READS = ("places", "maps", "regions", "people", "devices")
WRITES = ("vessels", "weapons", "people", "requests", "chronicle")

_EDGE = 1e-3  # m; a stretch ends so far behind an edge (or as far as rounding asks), so as to have crossed it
_DOCKING = 1.0  # s; a vessel docks with another that it could reach within this time


@system
def step(program, world, since, now):
    """Fight and sail up to now, carry out what was asked, and return when the next shot falls or stretch ends."""
    _fight_all(program, world, max(since, 0.0), now)
    _sail_all(program, world, now)
    while True:
        number = acts.take(world, states.SHIPS)
        if number < 0:
            break
        _carry_out(program, world, number, now)
        acts.spend(world, number)
    sails = _sail_all(program, world, now)
    return min(sails, _fight_all(program, world, now, now), _shields(world, since, now))


# ------------------------------------------------------------------------------------------------ requests


@kernel
def _carry_out(program, world, number, now):
    asked = world.requests[number]
    verb, a, b, cause = asked.verb, asked.a, asked.b, asked.cause
    if verb == verbs.BOARD or verb == verbs.LEAVE:
        first, last = acts.range_of(world, a, program)
        for i in range(first, last):
            if world.people[i].status == states.ACTIVE and acts.is_of(world, a, i, program):
                if verb == verbs.BOARD:
                    _board(program, world, i, b, cause, now)
                else:
                    _leave(program, world, i, cause, now)
        return
    ship = world.vessels[a]
    if ship.mode == states.LOST:
        return
    if verb == verbs.SAIL:
        _set_out(program, world, a, b, cause, now)
    elif verb == verbs.ATTACK:
        _attack(program, world, a, b, cause, now)
    elif verb == verbs.CEASE:
        if ship.fight > 0 and ship.stance != states.HOLDS_FIRE:
            ship.stance = states.HOLDS_FIRE
            ship.entry = acts.emit(world, now, kinds.CEASED_FIRE, refs.ref(refs.VESSEL, a), -1, ship.at, 0.0, cause)
            _call_off(world)
    elif verb == verbs.WITHDRAW:
        if ship.mode == states.FIGHTING:
            ship.off = 1
            ship.entry = cause
    elif verb == verbs.SHIELD:
        _raise(world, a, b, cause, now)
    elif verb == verbs.CLOAK:
        _cloak(world, a, b, cause, now)
    elif verb == verbs.STRIKE:
        _strike(program, world, a, asked.amount, cause, now)
    elif verb == verbs.SCUTTLE:
        _lose(program, world, a, -1, cause, now)


@kernel
def _board(program, world, person, vessel, cause, now):
    """Let somebody go aboard a vessel that is where they are."""
    ship, body = world.vessels[vessel], world.people[person]
    if ship.mode == states.LOST or body.place < 0 or body.place != ship.at:
        return
    who, what = refs.ref(refs.PERSON, person), refs.ref(refs.VESSEL, vessel)
    entry = acts.emit(world, now, kinds.BOARDED, who, what, ship.at, 0.0, cause)
    acts.relocate(program, world, person, ship.inside, entry)


@kernel
def _leave(program, world, person, cause, now):
    """Let somebody leave the vessel around them for the place where it is, if it is at one."""
    place = world.people[person].place
    vessel = acts.carrier(program, world, place) if place >= 0 else -1
    if vessel < 0 or world.vessels[vessel].at < 0:
        return
    at = world.vessels[vessel].at
    who, what = refs.ref(refs.PERSON, person), refs.ref(refs.VESSEL, vessel)
    entry = acts.emit(world, now, kinds.WENT_ASHORE, who, what, at, 0.0, cause)
    acts.relocate(program, world, person, at, entry)


@kernel
def _raise(world, vessel, up, cause, now):
    ship = world.vessels[vessel]
    if (ship.raised != 0) == (up != 0):
        return
    _settle(ship, now)
    ship.raised = 1 if up != 0 else 0
    kind = kinds.SHIELDS_UP if up != 0 else kinds.SHIELDS_LOWERED
    ship.entry = acts.emit(world, now, kind, refs.ref(refs.VESSEL, vessel), -1, ship.at, 0.0, cause)
    acts.touch(world, topics.VESSELS)
    acts.wake(world, states.TRANSPORTER, now)


@kernel
def _cloak(world, vessel, on, cause, now):
    ship = world.vessels[vessel]
    if ship.cloak >= 1.0 or (ship.cloaked != 0) == (on != 0):
        return
    ship.cloaked = 1 if on != 0 else 0
    kind = kinds.MASKED if on != 0 else kinds.UNMASKED
    ship.entry = acts.emit(world, now, kind, refs.ref(refs.VESSEL, vessel), -1, ship.at, 0.0, cause)
    acts.touch(world, topics.VESSELS)
    acts.wake(world, states.OBSERVATION, now)


# ------------------------------------------------------------------------------------------------ voyages


@kernel
def _sail_all(program, world, now):
    """Bring every vessel under way up to now; return when the next of them ends its stretch."""
    due = math.inf
    for i in range(len(world.vessels)):
        ship = world.vessels[i]
        while ship.at < 0 and ship.destination >= 0 and ship.leg_ends <= now:
            _end_stretch(program, world, i, ship.leg_ends)
        if ship.at < 0:
            ship.x, ship.y = acts.vessel_x(world, i), acts.vessel_y(world, i)
            if ship.destination >= 0:
                due = min(due, ship.leg_ends)
    return due


@kernel
def _set_out(program, world, vessel, place, cause, now):
    """Let a vessel set out for a place, or change its course for it."""
    ship = world.vessels[vessel]
    if ship.mode == states.DISABLED or place < 0 or ship.at == place or ship.destination == place:
        return
    what, where = refs.ref(refs.VESSEL, vessel), refs.ref(refs.PLACE, place)
    if acts.contains(program, world, ship.inside, place) or not _plan(program, world, vessel, place, now):
        ship.entry = acts.emit(world, now, kinds.NO_WAY, what, where, ship.at, 0.0, cause)
        return
    origin = ship.at
    ship.from_x, ship.from_y = ship.leg_x, ship.leg_y
    ship.at = -1
    ship.destination = place
    ship.departed = now
    if ship.mode == states.STATION:
        ship.mode = states.UNDER_WAY
    ship.voyage = acts.emit(world, now, kinds.DEPARTED, what, where, origin, 0.0, cause)
    ship.entry = ship.voyage
    _moved(program, world, vessel, now)


@kernel
def _plan(program, world, vessel, place, now):
    """Lay the course of a vessel to a place from where it is; False, and nothing changed, when it can never arrive."""
    ship = world.vessels[vessel]
    what, where = refs.ref(refs.VESSEL, vessel), refs.ref(refs.PLACE, place)
    x, y, to_x, to_y, together, chart = acts.common_map(
        program,
        acts.thing_x(program, world, what, now),
        acts.thing_y(program, world, what, now),
        acts.thing_map(program, world, what),
        acts.thing_x(program, world, where, now),
        acts.thing_y(program, world, where, now),
        acts.thing_map(program, world, where),
    )
    if not together:
        return False
    far = math.hypot(to_x - x, to_y - y)
    course_x, course_y = ((to_x - x) / far, (to_y - y) / far) if far > 0.0 else (1.0, 0.0)
    speed = 0.0
    if ship.at < 0 and ship.destination >= 0:
        speed = _speed(ship, now) * max(0.0, ship.course_x * course_x + ship.course_y * course_y)
    arrives, at, v = now, 0.0, speed
    while at < far:
        length = _stretch(program, chart, x + course_x * at, y + course_y * at, course_x, course_y, far - at)
        slowed = _slowed(program, chart, x + course_x * at, y + course_y * at, course_x, course_y, length)
        took, v = _run(ship, slowed, v, length)
        arrives += took
        at = far if length >= far - at else at + length
    if math.isinf(arrives):
        return False
    ship.chart = chart
    ship.course_x, ship.course_y, ship.to_x, ship.to_y = course_x, course_y, to_x, to_y
    ship.arrives = arrives
    _begin_stretch(program, ship, x, y, speed, now)
    return True


@kernel
def _begin_stretch(program, ship, x, y, speed, now):
    """Let a vessel begin the stretch of its course that starts at (x, y), with its present speed [m/s]."""
    far = math.hypot(ship.to_x - x, ship.to_y - y)
    length = _stretch(program, ship.chart, x, y, ship.course_x, ship.course_y, far)
    slowed = _slowed(program, ship.chart, x, y, ship.course_x, ship.course_y, length)
    took, _ = _run(ship, slowed, speed, length)
    ship.leg_x, ship.leg_y, ship.leg_began = x, y, now
    ship.slowed = 1 if slowed else 0
    ship.leg_speed = speed if slowed else ship.speed
    ship.leg_ends = now + took
    if length >= far:
        ship.arrives = ship.leg_ends


@kernel
def _run(ship, slowed, speed, length):
    """Return how long [s] a vessel takes for a stretch that it enters with `speed`, and its speed at the end."""
    if not slowed:
        took = length / ship.speed if ship.speed > 0.0 else (0.0 if length <= 0.0 else math.inf)
        return took, ship.speed
    took = laws.travel_time(length, speed, ship.thrust, ship.drag)
    if math.isinf(took):
        return took, 0.0
    return took, laws.velocity_after(speed, ship.thrust, ship.drag, took)


@kernel
def _speed(ship, now):
    """Return the speed [m/s] of a vessel under way."""
    if ship.slowed == 0:
        return ship.leg_speed
    return laws.velocity_after(ship.leg_speed, ship.thrust, ship.drag, min(now, ship.leg_ends) - ship.leg_began)


@kernel
def _slowed(program, chart, x, y, course_x, course_y, length):
    """Return True when the stretch from (x, y) lies in a region with drag; its middle decides."""
    return acts.map_drag(program, chart, x + 0.5 * length * course_x, y + 0.5 * length * course_y)


@kernel
def _stretch(program, chart, x, y, course_x, course_y, far):
    """Return how far [m] it is along the course to the next edge of a region with drag or blackout, at most `far`."""
    best = far
    for region in program.regions:
        if region.map != chart or (region.drag == 0 and region.blackout == 0):
            continue
        best = min(best, _circle_edge(region.x - x, region.y - y, course_x, course_y, region.radius))
        dx, dy = region.x1 - region.x, region.y1 - region.y
        length = math.hypot(dx, dy)
        if length > 0.0:
            best = min(best, _circle_edge(region.x1 - x, region.y1 - y, course_x, course_y, region.radius))
            across = (course_x * dy - course_y * dx) / length
            away = ((region.x - x) * dy - (region.y - y) * dx) / length
            if across != 0.0:
                for edge in (away - region.radius, away + region.radius):
                    least = _EDGE + 1e-11 * (abs(away) + region.radius)
                    if edge / across > least:
                        best = min(best, edge / across + least)
    return best


@kernel
def _circle_edge(x, y, course_x, course_y, radius):
    """Return how far [m] ahead the course next cuts the circle about (x, y) as seen from here; infinity for never."""
    along = x * course_x + y * course_y
    across = x * course_y - y * course_x
    half2 = radius * radius - across * across
    if half2 <= 0.0:
        return math.inf
    half = math.sqrt(half2)
    least = _EDGE + 1e-11 * (abs(along) + radius)
    if along - half > least:
        return along - half + least
    return along + half + least if along + half > least else math.inf


@kernel
def _end_stretch(program, world, vessel, now):
    """Let a vessel come to the end of its stretch: to its destination, or over an edge and on."""
    ship = world.vessels[vessel]
    if ship.leg_ends >= ship.arrives:
        _arrive(program, world, vessel, now)
        return
    was = ship.slowed
    far = acts.sailed(ship, now)
    x, y = ship.leg_x + ship.course_x * far, ship.leg_y + ship.course_y * far
    _begin_stretch(program, ship, x, y, _speed(ship, now), now)
    if ship.fight > 0 and ship.slowed != was:
        _get_clear(world, vessel, now)
    ship.x, ship.y = x, y
    acts.touch(world, topics.VESSELS)
    acts.wake(world, states.SIGNALS, now)


@kernel
def _arrive(program, world, vessel, now):
    ship = world.vessels[vessel]
    host = acts.carrier(program, world, ship.destination)
    if host >= 0:
        if world.vessels[host].mode == states.LOST:
            _heave_to(world, vessel, now)
            return
        ship.x, ship.y = ship.to_x, ship.to_y
        where = refs.ref(refs.PLACE, ship.destination)
        gap = _gap(program, world, ship, where, now)
        if gap > _DOCKING * max(ship.speed, ship.leg_speed) and gap > 1.0:
            if not _plan(program, world, vessel, ship.destination, now):
                _heave_to(world, vessel, now)
            return
    ship.at = ship.destination
    ship.destination = -1
    ship.arrives, ship.leg_ends = math.inf, math.inf
    ship.x, ship.y = ship.to_x, ship.to_y
    if ship.mode == states.UNDER_WAY:
        ship.mode = states.STATION
    what = refs.ref(refs.VESSEL, vessel)
    ship.entry = acts.emit(world, now, kinds.ARRIVED, what, refs.ref(refs.PLACE, ship.at), ship.at, 0.0, ship.voyage)
    _moved(program, world, vessel, now)


@kernel
def _gap(program, world, ship, where, now):
    """Return how far [m] a vessel at the end of its course is from a place that may have moved."""
    x1, y1, x2, y2, together, _ = acts.common_map(
        program,
        ship.to_x,
        ship.to_y,
        ship.chart,
        acts.thing_x(program, world, where, now),
        acts.thing_y(program, world, where, now),
        acts.thing_map(program, world, where),
    )
    return math.hypot(x1 - x2, y1 - y2) if together else math.inf


@kernel
def _heave_to(world, vessel, now):
    """Let a vessel under way stop where it is."""
    ship = world.vessels[vessel]
    if ship.at < 0 and ship.destination >= 0:
        ship.x, ship.y = acts.vessel_x(world, vessel), acts.vessel_y(world, vessel)
        ship.destination = -1
        ship.arrives, ship.leg_ends = math.inf, math.inf
        if ship.mode == states.UNDER_WAY:
            ship.mode = states.STATION
    acts.touch(world, topics.VESSELS)


@kernel
def _moved(program, world, vessel, now):
    """Note for all aboard that their vessel has set out or arrived, and wake whom that concerns."""
    ship = world.vessels[vessel]
    for i in range(len(world.people)):
        body = world.people[i]
        if body.status != states.DEAD and body.place >= 0 and acts.contains(program, world, ship.inside, body.place):
            body.entry = ship.entry
            if body.status == states.HELD:
                acts.uproot(program, world, i, body.holder, ship.entry, now)
    acts.touch(world, topics.VESSELS | topics.PEOPLE)
    acts.wake(world, states.SIGNALS, now)
    acts.wake(world, states.TRANSPORTER, now)
    acts.wake(world, states.OBSERVATION, now)
    acts.wake(world, states.RADIATION, now)


# ------------------------------------------------------------------------------------------------ fights


@kernel
def _attack(program, world, vessel, target, cause, now):
    """Open fire: begin a fight, join one, or bring two together."""
    ship, other = world.vessels[vessel], world.vessels[target]
    if vessel == target or ship.mode == states.DISABLED or ship.mode == states.WITHDRAWING:
        return
    if other.mode == states.LOST or other.mode == states.DISABLED:
        return
    if ship.fight > 0 and ship.fight == other.fight and ship.side != other.side and ship.stance == states.ATTACKS:
        ship.target = target
        return
    this, that = refs.ref(refs.VESSEL, vessel), refs.ref(refs.VESSEL, target)
    dx, dy = acts.separation(program, world, this, that, now)
    if not _reaches(world, vessel, math.hypot(dx, dy)):
        return
    entry = acts.emit(world, now, kinds.ATTACKED, this, that, ship.at, 0.0, cause)
    if ship.fight == 0 and other.fight == 0:
        _enlist(world, vessel, _unused_fight(world), 0, 0.0, 0.0, now)
    if ship.fight == 0:
        _enlist(world, vessel, other.fight, 1 - other.side, other.fight_x - dx, other.fight_y - dy, now)
    elif other.fight == 0:
        _enlist(world, target, ship.fight, 1 - ship.side, ship.fight_x + dx, ship.fight_y + dy, now)
    elif ship.fight != other.fight:
        _merge(world, ship, other, dx, dy)
    elif ship.side == other.side:
        ship.side = 1 - other.side
    if other.quarrel < 0:
        other.quarrel = entry
    ship.stance = states.ATTACKS
    ship.target = target
    ship.quarrel = entry
    ship.entry = entry
    other.entry = entry
    acts.touch(world, topics.VESSELS)


@kernel
def _reaches(world, vessel, distance):
    """Return True when some weapon of the vessel can hit at `distance` [m]."""
    for gun in world.weapons:
        if gun.vessel == vessel and (gun.rate > 0.0 or gun.volley > 0):
            if laws.hit_probability(gun.accuracy, gun.falloff, gun.range, distance) > 0.0:
                return True
    return False


@kernel
def _unused_fight(world):
    number = 1
    while True:
        used = False
        for ship in world.vessels:
            used |= ship.fight == number
        if not used:
            return number
        number += 1


@kernel
def _enlist(world, vessel, fight, side, x, y, now):
    ship = world.vessels[vessel]
    for gun in world.weapons:
        if gun.vessel == vessel and gun.volley > 0:
            gun.next = now + gun.every
    _settle(ship, now)
    ship.fight, ship.side, ship.fight_x, ship.fight_y = fight, side, x, y
    ship.mode = states.FIGHTING
    ship.stance = states.DEFENDS
    ship.target = -1
    ship.quarrel = -1
    ship.off = 0


@kernel
def _merge(world, ship, other, dx, dy):
    """Bring the fight of `ship` into that of `other`, with both on different sides and (dx, dy) [m] between them."""
    fight, turned = ship.fight, ship.side == other.side
    shift_x, shift_y = other.fight_x - dx - ship.fight_x, other.fight_y - dy - ship.fight_y
    for each in world.vessels:
        if each.fight == fight:
            each.fight = other.fight
            each.side = 1 - each.side if turned else each.side
            each.fight_x += shift_x
            each.fight_y += shift_y


@kernel
def _fight_all(program, world, since, now):
    """Move every fight through (since, now]; return when the next shot falls, or somebody gets clear."""
    due = math.inf
    done = 0
    while True:
        fight = 0
        for ship in world.vessels:
            if ship.fight > done and (fight == 0 or ship.fight < fight):
                fight = ship.fight
        if fight == 0:
            return due
        due = min(due, _fight(program, world, fight, since, now))
        done = fight


@kernel
def _fight(program, world, fight, since, now):
    """Move one fight through (since, now], shot by shot; return the time of the next; infinity when it is over."""
    at = since
    while True:
        n = _gather_ships(world, fight, at)
        if n == 0:
            return math.inf
        m = _gather_guns(world, fight, n)
        ships, guns, work = world.melee[:n], world.melee_guns[:m], world.reckoning
        volley = _next_volley(world, fight, at)
        until = min(now, volley)
        when, what, who, whom = laws.next_shot(
            ships, guns, world.state[0].luck, at, until, work.hits, work.rate, work.odds
        )
        if what == laws.NOTHING:
            _scatter(world, n, m, until)
            if volley > now:
                return min(when, volley)
            at = volley
            _exchange(program, world, fight, at)
            _call_off(world)
            continue
        at = min(max(when, at), now)
        by = ships[who].vessel
        shot_at = -1 if whom < 0 else ships[whom].vessel
        shield, hull = 0.0, 0.0
        if shot_at >= 0:
            shield, hull = acts.shield_now(world.vessels[shot_at], at), world.vessels[shot_at].hull
        _scatter(world, n, m, at)
        if what == laws.WITHDREW:
            _withdraw(world, by, at)
        elif what == laws.ESCAPE:
            _get_clear(world, by, at)
        elif what != laws.MISS:
            _hit(program, world, by, shot_at, shield, hull, at)
        _call_off(world)


@kernel
def _gather_ships(world, fight, now):
    """Copy the vessels of a fight to the first rows of `melee`, as `laws.ships` wants them; return how many."""
    n = 0
    for i in range(len(world.vessels)):
        row, ship = world.vessels[i], world.melee[n]
        if row.fight != fight:
            continue
        ship.vessel = i
        ship.key = np.int64(row.key) + (np.int64(row.flights) << 40)
        ship.side = row.side
        ship.mode = laws.WITHDRAWING if row.mode == states.WITHDRAWING else laws.ENGAGED
        ship.x, ship.y = row.fight_x, row.fight_y
        up = row.raised != 0
        ship.shield = acts.shield_now(row, now) if up else 0.0
        ship.shield_max = row.shield_max if up else 0.0
        ship.recharge, ship.down_time = row.recharge, row.down_time
        ship.down_until, ship.since = row.down_until, now
        ship.hull, ship.hull_max, ship.disabled_below = row.hull, row.hull_max, row.disabled_below
        ship.breakpoint, ship.nerve, ship.ordered_off = row.breakpoint, row.nerve, row.off
        ship.wanes = row.wanes
        ship.escape, ship.fled = row.escape, row.fled
        n += 1
    for k in range(n):
        world.melee[k].target = _index_of(world, world.vessels[world.melee[k].vessel].target, n)
    return n


@kernel
def _index_of(world, vessel, n):
    """Return where in the first `n` rows of `melee` a vessel stands, or -1."""
    for k in range(n):
        if world.melee[k].vessel == vessel:
            return k
    return -1


@kernel
def _gather_guns(world, fight, n):
    """Copy the weapons of those in a fight who do not hold their fire to `melee_guns`; return how many."""
    m = 0
    for i in range(len(world.weapons)):
        row, gun = world.weapons[i], world.melee_guns[m]
        ship = world.vessels[row.vessel]
        if ship.fight != fight or ship.stance == states.HOLDS_FIRE:
            continue
        gun.weapon = i
        gun.vessel = _index_of(world, row.vessel, n)
        gun.key = np.int64(row.key)
        gun.rate, gun.accuracy, gun.damage = row.rate, row.accuracy, row.damage
        gun.falloff, gun.range = row.falloff, row.range
        gun.rounds, gun.shots, gun.spent = -1, row.shots, row.spent
        m += 1
    return m


@kernel
def _scatter(world, n, m, now):
    """Write a fight back to the vessels and weapons that it was gathered from."""
    for k in range(n):
        ship = world.melee[k]
        row = world.vessels[ship.vessel]
        _settle(row, now)
        if row.raised != 0:
            laws.settle_shield(ship, now)
            row.shield, row.down_until = ship.shield, ship.down_until
        row.hull, row.fled = ship.hull, ship.fled
        row.target = -1 if ship.target < 0 else world.melee[ship.target].vessel
        if ship.mode == laws.WITHDRAWING:
            row.mode = states.WITHDRAWING
    for k in range(m):
        gun = world.melee_guns[k]
        row = world.weapons[gun.weapon]
        row.shots, row.spent = gun.shots, gun.spent


@kernel
def _next_volley(world, fight, now):
    """Return when the next volley of a fight is due; infinity when nobody has one to fire."""
    due = math.inf
    for gun in world.weapons:
        if gun.volley > 0 and _may_fire(world.vessels[gun.vessel], fight):
            due = min(due, gun.next)
    return max(due, now)


@kernel
def _may_fire(ship, fight):
    return ship.fight == fight and ship.stance != states.HOLDS_FIRE and ship.mode < states.DISABLED


@kernel
def _exchange(program, world, fight, now):
    """Let all volleys that are due be fired at once, meet the defence of those they come at, and hit."""
    for ship in world.vessels:
        ship.incoming, ship.weight, ship.aimed_by = 0, 0.0, -1
    for i in range(len(world.weapons)):
        gun = world.weapons[i]
        if gun.volley > 0 and gun.next <= now and _may_fire(world.vessels[gun.vessel], fight):
            gun.next = now + gun.every
            _fire_volley(world, gun, fight, now)
    for i in range(len(world.vessels)):
        ship = world.vessels[i]
        if ship.incoming > 0:
            each = ship.weight / ship.incoming
            _take_volley(program, world, i, (ship.incoming - _stopped(world, ship)) * each, now)


@kernel
def _fire_volley(world, gun, fight, now):
    """Spread the missiles of a volley evenly over the opponents, in the order of their stable numbers."""
    shooter = world.vessels[gun.vessel]
    foes = 0
    for other in world.vessels:
        foes += _is_foe(shooter, other, fight)
    found = 0
    for _ in range(gun.volley if foes > 0 else 0):
        for i in range(len(world.vessels)):
            other = world.vessels[i]
            if _is_foe(shooter, other, fight) == 0 or _rank(world, shooter, other, fight) != gun.shots % foes:
                continue
            away = math.hypot(other.fight_x - shooter.fight_x, other.fight_y - shooter.fight_y)
            hits = laws.hit_probability(gun.accuracy, gun.falloff, gun.range, away)
            if chance.u01(world.state[0].luck, chance.FIRE, gun.key, 2 * gun.shots + 1) < hits:
                other.incoming += 1
                other.weight += gun.damage
                if other.aimed_by < 0 or shooter.key < world.vessels[other.aimed_by].key:
                    other.aimed_by = gun.vessel
                found += 1
            break
        gun.shots += 1
    if foes > 0:
        who = refs.ref(refs.VESSEL, gun.vessel)
        acts.emit(world, now, kinds.VOLLEY, who, -1, shooter.at, float(found), shooter.quarrel)


@kernel
def _is_foe(ship, other, fight):
    """Return 1 for an opponent who can be fired at, else 0."""
    return 1 if other.fight == fight and other.side != ship.side and other.mode < states.DISABLED else 0


@kernel
def _rank(world, shooter, foe, fight):
    """Return how many opponents have a lower stable number than this one."""
    before = 0
    for other in world.vessels:
        if other.key < foe.key:
            before += _is_foe(shooter, other, fight)
    return before


@kernel
def _stopped(world, ship):
    """Return how many of the missiles that come at a vessel its defence stops."""
    stopped = 0
    key = chance.pair_key(ship.key, ship.exchanges)
    ship.exchanges += 1
    for k in range(min(ship.intercepts, ship.incoming)):
        stopped += chance.u01(world.state[0].luck, chance.FIRE, key, k) < ship.intercept
    return stopped


@kernel
def _take_volley(program, world, vessel, damage, now):
    """Let the missiles that got through do their damage together."""
    if damage <= 0.0:
        return
    ship = world.vessels[vessel]
    _settle(ship, now)
    shield, hull = ship.shield, ship.hull
    if ship.raised != 0:
        laws.strike(ship, damage, now)
    else:
        ship.hull = max(0.0, ship.hull - damage)
    _hit(program, world, ship.aimed_by, vessel, shield, hull, now)


@kernel
def _settle(ship, now):
    """Bring a vessel's shield up to now."""
    ship.shield = acts.shield_now(ship, now)
    ship.since = max(ship.since, now)


@kernel
def _withdraw(world, vessel, now):
    ship = world.vessels[vessel]
    ship.entry = acts.emit(world, now, kinds.WITHDREW, refs.ref(refs.VESSEL, vessel), -1, ship.at, 0.0, ship.entry)
    acts.touch(world, topics.VESSELS)


@kernel
def _get_clear(world, vessel, now):
    """Let a vessel get away from its opponents."""
    ship = world.vessels[vessel]
    ship.entry = acts.emit(world, now, kinds.ESCAPED, refs.ref(refs.VESSEL, vessel), -1, ship.at, 0.0, ship.entry)
    _stand_down(ship)
    _call_off(world)
    acts.touch(world, topics.VESSELS)


@kernel
def _stand_down(ship):
    """Take a vessel out of its fight."""
    if ship.mode == states.WITHDRAWING:
        ship.flights += 1
    ship.fight, ship.fled, ship.off, ship.target, ship.quarrel = 0, 0.0, 0, -1, -1
    ship.stance = states.DEFENDS
    if ship.mode < states.DISABLED:
        ship.mode = states.UNDER_WAY if ship.at < 0 and ship.destination >= 0 else states.STATION


@kernel
def _call_off(world):
    """End the fights in which nobody attacks any more, or one side is gone."""
    for ship in world.vessels:
        if ship.fight == 0:
            continue
        goes_on = False
        for one in world.vessels:
            if one.fight == ship.fight and one.stance == states.ATTACKS:
                for other in world.vessels:
                    goes_on |= other.fight == one.fight and other.side != one.side
        if not goes_on:
            fight = ship.fight
            for one in world.vessels:
                if one.fight == fight:
                    _stand_down(one)
            acts.touch(world, topics.VESSELS)


@kernel
def _hit(program, world, by, vessel, shield, hull, now):
    """Write down what a hit did to a vessel that had `shield` and `hull` before."""
    ship = world.vessels[vessel]
    cause = world.vessels[by].quarrel
    what, shooter = refs.ref(refs.VESSEL, vessel), refs.ref(refs.VESSEL, by)
    _note_shield(world, vessel, shield, shooter, cause, now)
    if ship.hull < hull:
        ship.entry = acts.emit(world, now, kinds.HULL_HIT, what, shooter, ship.at, hull - ship.hull, cause)
        acts.touch(world, topics.VESSELS)
        _sink(program, world, vessel, shooter, ship.entry, now)


@kernel
def _note_shield(world, vessel, before, by, cause, now):
    ship = world.vessels[vessel]
    if ship.raised != 0 and before > 0.0 and ship.shield <= 0.0:
        ship.entry = acts.emit(world, now, kinds.SHIELDS_DOWN, refs.ref(refs.VESSEL, vessel), by, ship.at, 0.0, cause)
        acts.touch(world, topics.VESSELS)
        acts.wake(world, states.TRANSPORTER, now)


@kernel
def _sink(program, world, vessel, by, cause, now):
    """Let a vessel be lost, or be left unable to move, if its hull no longer holds."""
    ship = world.vessels[vessel]
    if ship.hull <= 0.0:
        _lose(program, world, vessel, by, cause, now)
    elif ship.hull <= ship.disabled_below * ship.hull_max and ship.mode < states.DISABLED:
        _heave_to(world, vessel, now)
        ship.entry = acts.emit(world, now, kinds.DISABLED, refs.ref(refs.VESSEL, vessel), by, ship.at, 0.0, cause)
        ship.mode = states.DISABLED
        _stand_down(ship)
        _call_off(world)
        acts.touch(world, topics.VESSELS)
        acts.wake(world, states.TRANSPORTER, now)


@kernel
def _strike(program, world, vessel, damage, cause, now):
    """Damage a vessel from outside any fight: shields first, if they are up."""
    ship = world.vessels[vessel]
    what = refs.ref(refs.VESSEL, vessel)
    entry = acts.emit(world, now, kinds.STRUCK, what, -1, ship.at, damage, cause)
    _settle(ship, now)
    before, hull = ship.shield, ship.hull
    if ship.raised != 0:
        laws.strike(ship, damage, now)
    else:
        ship.hull = max(0.0, ship.hull - damage)
    ship.entry = entry
    _note_shield(world, vessel, before, -1, entry, now)
    acts.touch(world, topics.VESSELS)
    if ship.hull < hull:
        _sink(program, world, vessel, -1, entry, now)


@kernel
def _lose(program, world, vessel, by, cause, now):
    """Let a vessel be destroyed, with all who are in it, its devices, and the vessels inside it."""
    _wreck(program, world, vessel, by, cause, now)
    entry, inside = world.vessels[vessel].entry, world.vessels[vessel].inside
    for i in range(len(world.vessels)):
        other = world.vessels[i]
        if other.mode != states.LOST and other.at >= 0 and acts.contains(program, world, inside, other.at):
            _wreck(program, world, i, by, entry, now)
    acts.destroy_inside(program, world, inside, by if by >= 0 else refs.ref(refs.VESSEL, vessel), now, entry)
    _call_off(world)
    acts.touch(world, topics.VESSELS)
    acts.wake(world, states.SIGNALS, now)
    acts.wake(world, states.TRANSPORTER, now)
    acts.wake(world, states.OBSERVATION, now)


@kernel
def _wreck(program, world, vessel, by, cause, now):
    """Let one vessel be lost with its crew and its devices."""
    ship = world.vessels[vessel]
    _heave_to(world, vessel, now)
    what = refs.ref(refs.VESSEL, vessel)
    lost = float(ship.complement)
    ship.entry = acts.emit(world, now, kinds.VESSEL_LOST, what, by, ship.at, lost, cause)
    ship.mode = states.LOST
    ship.hull, ship.complement = 0.0, 0
    _stand_down(ship)
    for i in range(len(world.devices)):
        if world.devices[i].aboard == vessel:
            acts.request(world, verbs.BREAK, states.DEVICES, now, ship.entry, i, -1, -1, -1, 0.0, 0.0)


@kernel
def _shields(world, since, now):
    """Tell the transporter of shields that have come back since; return when the next one will."""
    due = math.inf
    for ship in world.vessels:
        if ship.raised == 0 or ship.shield_max <= 0.0 or ship.recharge <= 0.0 or ship.mode == states.LOST:
            continue
        if ship.down_until > now:
            due = min(due, ship.down_until)
        elif ship.down_until > since and ship.down_until > 0.0:
            acts.wake(world, states.TRANSPORTER, now)
    return due


# ------------------------------------------------------------------------------------------------ fresh luck


@kernel
def redraw(program, world, now):
    """Let the wait for every shot and every escape begin anew, which is what is left of it; see docs/decisions/0005."""
    for weapon in world.weapons:
        weapon.spent = 0.0
    for ship in world.vessels:
        ship.fled = 0.0
