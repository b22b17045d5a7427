"""Voyages: vessels set out, change their course, cross the edges of regions, arrive, or stop (see `ships`)."""

from __future__ import annotations

import math

from ..laws import ships as laws
from ..world import acts, kinds, refs, states, topics
from ..world.alike import hypot
from ..world.compiled import kernel
from ..world.parts import FLOAT, part
from . import engagements

_EDGE = 1e-3  # m; a stretch ends so far behind an edge (or as far as rounding asks), so as to have crossed it
_ONWARD = 1.0 + 2.0**-50  # the least that a number grows by where it has to grow
_DOCKING = 1.0  # s; a vessel docks with another that it could reach within this time


@part(FLOAT)
def sail_all(program, world, now):
    """Bring every vessel under way up to now; return when the next of them ends its stretch."""
    due = math.inf
    for i in range(len(world.vessels)):
        ship = world.vessels[i]
        while ship.at < 0 and ship.destination >= 0 and ship.leg_ends <= now and acts.going(world, 100):
            _end_stretch(program, world, i, ship.leg_ends)
        if ship.at < 0 and ship.destination >= 0:
            due = min(due, ship.leg_ends)
            if world.state[0].ends == states.CLOSING:
                ship.x, ship.y = acts.vessel_x(world, i, now), acts.vessel_y(world, i, now)
    return due


@kernel
def set_out(program, world, vessel, place, cause, now):
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
    far = hypot(to_x - x, to_y - y)
    course_x, course_y = ((to_x - x) / far, (to_y - y) / far) if far > 0.0 else (1.0, 0.0)
    speed = 0.0
    if ship.at < 0 and ship.destination >= 0:
        speed = _speed(ship, now) * max(0.0, ship.course_x * course_x + ship.course_y * course_y)
    arrives, at, v = now, 0.0, speed
    while at < far and acts.going(world, 10 + 100 * len(program.regions)):
        length = _stretch(program, chart, x + course_x * at, y + course_y * at, course_x, course_y, far - at)
        slowed = _slowed(program, chart, x + course_x * at, y + course_y * at, course_x, course_y, length)
        took, v = _run(ship, slowed, v, length)
        arrives += took
        at = far if length >= far - at else max(at + length, at * _ONWARD)
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
    far = hypot(ship.to_x - x, ship.to_y - y)
    length = _stretch(program, ship.chart, x, y, ship.course_x, ship.course_y, far)
    slowed = _slowed(program, ship.chart, x, y, ship.course_x, ship.course_y, length)
    took, _ = _run(ship, slowed, speed, length)
    ship.leg_x, ship.leg_y, ship.leg_began = x, y, now
    ship.slowed = 1 if slowed else 0
    ship.leg_speed = speed if slowed else ship.speed
    ship.leg_ends = now + took
    if length < far:
        ship.leg_ends = max(ship.leg_ends, now * _ONWARD)  # far from the start, no moment is short
    else:
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
        length = hypot(dx, dy)
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
        engagements.get_clear(world, vessel, now)
    ship.x, ship.y = x, y
    acts.touch(world, topics.VESSELS)
    acts.wake(world, states.SIGNALS, now)


@kernel
def _arrive(program, world, vessel, now):
    ship = world.vessels[vessel]
    host = acts.carrier(program, world, ship.destination)
    if host >= 0:
        if world.vessels[host].mode == states.LOST:
            heave_to(world, vessel, now)
            return
        ship.x, ship.y = ship.to_x, ship.to_y
        where = refs.ref(refs.PLACE, ship.destination)
        gap = _gap(program, world, ship, where, now)
        if gap > _DOCKING * max(ship.speed, ship.leg_speed) and gap > 1.0:
            if not _plan(program, world, vessel, ship.destination, now):
                heave_to(world, vessel, now)
            return
    ship.at = ship.destination
    ship.destination = -1
    ship.arrives, ship.leg_ends = math.inf, math.inf
    ship.x, ship.y = ship.to_x, ship.to_y
    if ship.mode == states.UNDER_WAY:
        ship.mode = states.STATION
    what = refs.ref(refs.VESSEL, vessel)
    ship.entry = acts.emit(world, now, kinds.ARRIVED, what, refs.ref(refs.PLACE, ship.at), ship.at, 0.0, ship.voyage)
    if ship.fight > 0:
        engagements.bring_together(program, world, ship.fight, now)
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
    return hypot(x1 - x2, y1 - y2) if together else math.inf


@kernel
def heave_to(world, vessel, now):
    """Let a vessel under way stop where it is."""
    ship = world.vessels[vessel]
    if ship.at < 0 and ship.destination >= 0:
        ship.x, ship.y = acts.vessel_x(world, vessel, now), acts.vessel_y(world, vessel, now)
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
