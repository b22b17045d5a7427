"""Drones with positions: how each drone of a swarm that searches explicitly looks, flies, and comes within reach.

Every `look` each drone turns to whoever shows most strongly: the nearest, when all are in plain sight. A person's
distance counts as divided by cover x sqrt(suit / (1 + interference)), the factors by which the sweep width shrinks, and
nobody is seen whose distance so counted is beyond half the sweep width. A drone that sees nobody flies straight across the
disc of the swarm's area, about where the hunt began, and turns at its rim by the law of cosines: the sine of the angle
to the inward normal is even over (-1, 1). So its position, where it is in the long run, is even over the disc, and it finds
people at the rate of the other mode, nwW/A, but for those within half a sweep width of the rim (Comets, Popov, Schuetz and
Vachkovskaia 2009). Points drawn evenly over the disc as goals would not do: the ways between them crowd in the middle. Within reach of somebody, it tries to tag them (see `drones`).

Positions of the hunted are those of the march, each at a fixed place of its own within the crowd's `spread`; they are
laid out in columns, those who have changed anew, and else only moved. Drones fly between looks as they chose at the
last one, so looks at fixed times after the launch make the hunt independent of what else wakes this system.

Assumes that drones from a base on another map begin spread over the disc, and that interference is that of the place
or leg. Leaves out what the laws leave out, and drones that share targets out among themselves. Sources: `laws.pursuit`.
"""

from __future__ import annotations

import math

import numpy as np

from ..laws import pursuit as laws
from ..world import acts, chance, journal, refs, states
from ..world.compiled import kernel
from ..world.parts import INT, NOTHING, part
from . import quarry

_WHERE, _WHITHER = 1, 2  # keep the draws of one key apart


@kernel
def begin(program, world, s, now):
    """Put the drones of a swarm that sets out at its base; the hunt begins about the middle of those who can be seen."""
    swarm = world.swarms[s]
    base = refs.ref(refs.PLACE, swarm.station)
    _centre(program, world, s, now)
    near = acts.thing_map(program, world, base) == swarm.ground
    x = acts.thing_x(program, world, base, now) - swarm.centre_x
    y = acts.thing_y(program, world, base, now) - swarm.centre_y
    swarm.looks = 0
    swarm.stale = 1
    for j in range(swarm.drone, swarm.drone + swarm.drones):
        drone = world.drones[j]
        drone.target, drone.touches, drone.turn, drone.guess = -1, -1, 0, 0
        drone.x, drone.y = x, y
        if not near:
            _draw_goal(world, s, j, laws.ANYWHERE)
            drone.x, drone.y = drone.goal_x, drone.goal_y
        far = x * x + y * y > swarm.area / math.pi
        _draw_goal(world, s, j, laws.ANYWHERE if near and far else laws.ONWARD)


@kernel
def _centre(program, world, s, now):
    """Put the middle of a hunt where those of the crowd are, on the mean, who can be seen; else who are free; else the base."""
    swarm = world.swarms[s]
    first, count = program.crowds[swarm.prey].first, program.crowds[swarm.prey].count
    base = refs.ref(refs.PLACE, swarm.station)
    swarm.centre_x, swarm.centre_y = acts.thing_x(program, world, base, now), acts.thing_y(program, world, base, now)
    for openly in range(1, -1, -1):
        n, x, y = 0, 0.0, 0.0
        for i in range(first, first + count):
            if world.people[i].status != states.ACTIVE:
                continue
            who = refs.ref(refs.PERSON, i)
            if openly != 0 and quarry.exposed(program, world, i, swarm.ground) <= 0.0:
                continue
            if acts.thing_map(program, world, who) != swarm.ground:
                continue
            n += 1
            x += (acts.person_x(program, world, i, now) - x) / n
            y += (acts.person_y(program, world, i, now) - y) / n
        if n > 0:
            swarm.centre_x, swarm.centre_y = x, y
            return


@kernel
def _draw_goal(world, s, j, how):
    """Draw the next point to which a drone flies while it sees nobody."""
    swarm, drone = world.swarms[s], world.drones[j]
    key = chance.pair_key(chance.pair_key(swarm.key, j - swarm.drone), _WHITHER)
    u = chance.u01(world.state[0].luck, chance.SEARCH, key, 2 * drone.turn)
    v = chance.u01(world.state[0].luck, chance.SEARCH, key, 2 * drone.turn + 1)
    radius = math.sqrt(swarm.area / math.pi)
    drone.goal_x, drone.goal_y = laws.next_goal(np.float64(drone.x), np.float64(drone.y), radius, how, u, v)
    drone.turn += 1


@kernel
def next_look(world, s):
    """Return when the drones of a swarm look next [s]."""
    swarm = world.swarms[s]
    return swarm.launched + swarm.looks * swarm.look


@part(INT, gives=NOTHING)
def look(program, world, s):
    """Let every drone of a swarm look, choose, and fly until its next look; note whom it comes within reach of."""
    swarm = world.swarms[s]
    _bring_up(program, world, s)
    n = swarm.hunted
    time = swarm.looks * swarm.look
    swarm.looks += 1
    own = swarm.room * laws.COLUMNS
    hunted, who = world.hunted[own : own + laws.COLUMNS], world.hunted_who[swarm.room]
    starts, blocks = world.hunted_starts[swarm.room], swarm.blocks
    boxes, bounds = world.hunted_boxes, world.hunted_bounds
    laws.walk(hunted, n, np.float32(time))
    laws.enclose(hunted, starts, blocks, boxes)
    sight = 0.5 * swarm.width
    for j in range(swarm.drone, swarm.drone + swarm.drones):
        drone = world.drones[j]
        drone.touched, drone.touches = drone.touches, -1
        if drone.lost != 0:
            drone.target = -1
            continue
        if n > 0:
            guess = min(drone.guess, n - 1)
            i, seen = laws.strongest(hunted, starts, blocks, boxes, bounds, guess, drone.x, drone.y)
            if laws.in_sight(seen, sight):
                drone.guess, drone.target = i, who[i]
                x, y, near = laws.fly(
                    np.float64(drone.x),
                    np.float64(drone.y),
                    np.float64(hunted[laws.X, i]),
                    np.float64(hunted[laws.Y, i]),
                    np.float64(hunted[laws.VX, i]),
                    np.float64(hunted[laws.VY, i]),
                    swarm.speed,
                    swarm.reach,
                    swarm.look,
                )
                drone.x, drone.y = x, y
                if near:
                    drone.touches = drone.target
                continue
        drone.target = -1
        _roam(world, s, j)


@kernel
def _roam(world, s, j):
    """Let a drone that sees nobody fly on, from point to point."""
    swarm, drone = world.swarms[s], world.drones[j]
    left = swarm.speed * swarm.look
    for _ in range(16):
        dx, dy = np.float64(drone.goal_x) - np.float64(drone.x), np.float64(drone.goal_y) - np.float64(drone.y)
        far = math.sqrt(dx * dx + dy * dy)
        if far > left:
            drone.x = np.float64(drone.x) + left * dx / far
            drone.y = np.float64(drone.y) + left * dy / far
            return
        drone.x, drone.y = drone.goal_x, drone.goal_y
        left -= far
        _draw_goal(world, s, j, laws.ONWARD)


@kernel
def _bring_up(program, world, s):
    """Lay out in columns whom a swarm can see at all, in the order of their keys; else only who has changed."""
    swarm, written = world.swarms[s], world.state[0].noted
    if swarm.stale != 0 or journal.everybody(world, swarm.noted):
        swarm.hunted = swarm.stale = 0
        for i in range(len(world.minds)):
            _revise(program, world, s, i)
        crowd = program.crowds[swarm.prey]
        for i in range(crowd.first, crowd.first + crowd.count):
            _revise(program, world, s, i)
    elif swarm.noted == written:
        return
    else:
        for number in range(swarm.noted, written):
            _revise(program, world, s, journal.who(world, number))
    swarm.noted = written
    own = swarm.room * laws.COLUMNS
    swarm.blocks = laws.divide(world.hunted[own : own + laws.COLUMNS], swarm.hunted, world.hunted_starts[swarm.room])


@kernel
def _revise(program, world, s, person):
    """Let the columns of a swarm say how somebody stands and walks now, if they can be seen at all."""
    swarm, who = world.swarms[s], world.hunted_who[world.swarms[s].room]
    shows, at = _shows(program, world, s, person), _column_of(world, s, person)
    here = at < swarm.hunted and who[at] == person
    if here and shows <= 0.0:
        _close_up(world, s, at)
    elif shows > 0.0:
        if not here:
            _make_room(world, s, at)
        who[at] = person
        weight = (1.0 + _interference(program, world, person)) / shows
        world.hunted[swarm.room * laws.COLUMNS + laws.WEIGHT, at] = min(weight, 1e12)
        _lay_way(program, world, s, person, at)


@kernel
def _shows(program, world, s, person):
    """Return the factor by which the squared distance of somebody whom a swarm is after is divided; 0 out of sight."""
    body = world.people[person]
    if body.status != states.ACTIVE or body.tag >= 0 or not quarry.is_prey(program, world, person, s):
        return 0.0
    shows = quarry.exposed(program, world, person, world.swarms[s].ground)
    return shows * shows * (body.suit if body.suited != 0 else 1.0)


@kernel
def _column_of(world, s, person):
    """Return the column of somebody, or before which it would have to stand."""
    swarm, who, key = world.swarms[s], world.hunted_who[world.swarms[s].room], world.people[person].key
    low, high = 0, swarm.hunted
    while low < high and acts.going(world, 1):
        middle = (low + high) // 2
        if world.people[who[middle]].key < key:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def _make_room(world, s, at):
    """Make a column free at `at`."""
    swarm, who = world.swarms[s], world.hunted_who[world.swarms[s].room]
    own = swarm.room * laws.COLUMNS
    for column in range(own, own + laws.COLUMNS):
        for k in range(swarm.hunted, at, -1):
            world.hunted[column, k] = world.hunted[column, k - 1]
    for k in range(swarm.hunted, at, -1):
        who[k] = who[k - 1]
    swarm.hunted += 1


@kernel
def _close_up(world, s, at):
    """Do away with the column at `at`."""
    swarm, who = world.swarms[s], world.hunted_who[world.swarms[s].room]
    own = swarm.room * laws.COLUMNS
    swarm.hunted -= 1
    for column in range(own, own + laws.COLUMNS):
        for k in range(at, swarm.hunted):
            world.hunted[column, k] = world.hunted[column, k + 1]
        world.hunted[column, swarm.hunted] = 0.0
    for k in range(at, swarm.hunted):
        who[k] = who[k + 1]
    who[swarm.hunted] = 0


@kernel
def _interference(program, world, person):
    body = world.people[person]
    if body.place >= 0:
        return program.places[body.place].interference
    return program.legs[world.parties[body.party].leg].interference if body.party >= 0 else 0.0


@kernel
def _lay_way(program, world, s, person, at):
    """Write down whence, since when and how fast somebody walks, seen from the centre of the hunt."""
    body, swarm = world.people[person], world.swarms[s]
    own = swarm.room * laws.COLUMNS
    columns = world.hunted[own : own + laws.COLUMNS]
    now = world.state[0].time
    x, y = acts.person_x(program, world, person, now), acts.person_y(program, world, person, now)
    vx, vy, since = 0.0, 0.0, swarm.launched
    if body.party >= 0:
        party = world.parties[body.party]
        leg = program.legs[party.leg]
        walks = party.state == states.PARTY_WALKING and party.leaves < math.inf
        took = party.leaves - party.entered if walks else 0.0
        if took > 0.0:
            x, y, since = leg.x0, leg.y0, party.entered
            vx, vy = (leg.x1 - leg.x0) / took, (leg.y1 - leg.y0) / took
    elif body.place < 0 and body.destination >= 0 and body.arrives > body.departed and not math.isinf(body.arrives):
        x, y, since = body.from_x, body.from_y, body.departed
        took = body.arrives - body.departed
        vx, vy = (body.to_x - body.from_x) / took, (body.to_y - body.from_y) / took
    spread = program.crowds[body.crowd].spread if body.crowd >= 0 else 0.0
    if spread > 0.0:
        seed, key = world.state[0].seed, chance.pair_key(body.key, _WHERE)
        far = spread * math.sqrt(chance.u01(seed, chance.CREATION, key, 0))
        way = 2.0 * math.pi * chance.u01(seed, chance.CREATION, key, 1)
        x += far * math.cos(way)
        y += far * math.sin(way)
    columns[laws.FROM_X, at] = x - swarm.centre_x
    columns[laws.FROM_Y, at] = y - swarm.centre_y
    columns[laws.VX, at], columns[laws.VY, at] = vx, vy
    columns[laws.SINCE, at] = since - swarm.launched


@kernel
def under_fire(world, s):
    """Return how many drones of a swarm are near enough to whom they are after to be fired at."""
    swarm = world.swarms[s]
    number = 0
    for j in range(swarm.drone, swarm.drone + swarm.drones):
        number += _under_fire(world, s, j)
    return number


@kernel
def _under_fire(world, s, j):
    swarm, drone = world.swarms[s], world.drones[j]
    if drone.lost != 0 or drone.target < 0:
        return 0
    own = swarm.room * laws.COLUMNS
    dx = np.float64(world.hunted[own + laws.X, drone.guess]) - np.float64(drone.x)
    dy = np.float64(world.hunted[own + laws.Y, drone.guess]) - np.float64(drone.y)
    return 1 if dx * dx + dy * dy <= swarm.fire_range * swarm.fire_range else 0


@kernel
def lose(world, s, occurrence):
    """Take out one of the drones that are under fire, each as likely as the other; return its row, or -1 for none."""
    swarm = world.swarms[s]
    key = chance.pair_key(swarm.key, _WHERE)
    left = int(chance.u01(world.state[0].luck, chance.HUNT_LOSS, key, occurrence) * under_fire(world, s))
    for j in range(swarm.drone, swarm.drone + swarm.drones):
        if _under_fire(world, s, j) != 0:
            if left == 0:
                world.drones[j].lost = 1
                return j
            left -= 1
    return -1
