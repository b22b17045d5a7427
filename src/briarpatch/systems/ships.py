"""Ships: voyages, fights shot by shot, shields and cloaks, boarding.

Who goes aboard, and shields and cloaks, stand here; courses in `voyages`, who fights whom in `engagements`, and what
shots and volleys do in `gunfire`.

A voyage is a straight line, cut into stretches at the edges of regions; inside regions with drag a vessel moves by
thrust and linear drag, elsewhere at its cruising speed, and each stretch ends at its exact time. On a change of course
it keeps the part of its speed that points the new way. A vessel that sails to another goes to where that one is when
it sets out, and sets out again if it has gone.

A fight is a group of vessels on two sides, moved from shot to shot by `laws.ships`; every shot comes at its own time.
Fights at one place in which the same factions stand against one another are one fight.
Volleys come at fixed times. All launchers of a side that fire at one instant fire as one: m missiles over n opponents in
reach give each m / n, some one more, from an opponent that is drawn on; those that find their mark meet as many
interceptions as the target has, and the rest hit (Hughes 1995, Armstrong 2005). A vessel whose
fire wanes with its hull stands for a group of many ships, and obeys Lanchester's square law as they grow many; of its
missiles and interceptions, too, the share that is left counts, on the mean.
Those attacked shoot back. Assumes that opponents keep the positions that they had to one another when they met, so
attackers keep up with a vessel under way; that lasts until it crosses the edge of a region with drag, where it is
rid of them. Whoever gets clear is out of the fight, and goes on with its voyage if it is on one. A fight ends when one
side is gone or nobody attacks any more. Lowered shields stop nothing; shields recharge up or down.

Leaves out docking manoeuvres, collisions, facing, crews at work, and what a weapon cannot reach: an attack on a target
out of range of every weapon does not begin. Sources: see `laws.ships`.
"""

from __future__ import annotations

import math

from ..world import acts, kinds, refs, states, topics, verbs
from ..world.compiled import kernel
from ..world.parts import system
from . import engagements, gunfire, melee, voyages

READS = ("places", "maps", "regions", "people", "devices")
WRITES = ("vessels", "weapons", "people", "requests", "chronicle")


@system
def step(program, world, since, now):
    """Fight and sail up to now, carry out what was asked, and return when the next shot falls or stretch ends."""
    gunfire.fight_all(program, world, now)
    _sail(program, world, now)
    while acts.going(world, 10):
        number = acts.take(program, world, states.SHIPS)
        if number < 0:
            break
        _carry_out(program, world, number, now)
        acts.spend(program, world, number)
    sails = _sail(program, world, now)
    return min(sails, gunfire.fight_all(program, world, now), _shields(world, since, now))


@kernel
def _sail(program, world, now):
    """Bring vessels under way up to now, and first the fights of those that come to the end of their stretch."""
    for ship in world.vessels:
        if ship.fight > 0 and ship.at < 0 and ship.destination >= 0 and ship.leg_ends <= now:
            melee.settle(world, ship.fight, now)
    return voyages.sail_all(program, world, now)


# ------------------------------------------------------------------------------------------------ requests


@kernel
def _carry_out(program, world, number, now):
    asked = world.requests[number]
    verb, a, b, cause = asked.verb, asked.a, asked.b, asked.cause
    if verb == verbs.BOARD or verb == verbs.LEAVE:
        went = False
        first, last = acts.range_of(world, a, program)
        for i in range(first, last):
            if world.people[i].status == states.ACTIVE and acts.is_of(world, a, i, program):
                if verb == verbs.BOARD:
                    went = _board(program, world, i, b, cause, now) or went
                else:
                    went = _leave(program, world, i, cause, now) or went
        if not went:
            at = world.vessels[b].at if verb == verbs.BOARD else -1
            acts.nobody_there(world, a, verb, at, now, cause)
        return
    ship = world.vessels[a]
    if ship.mode == states.LOST:
        return
    if verb == verbs.SAIL:
        voyages.set_out(program, world, a, b, cause, now)
    elif verb == verbs.ATTACK:
        if engagements.attack(program, world, a, b, cause, now):
            acts.done(program, world)
    elif verb == verbs.CEASE:
        if ship.fight > 0 and ship.stance != states.HOLDS_FIRE:
            melee.settle(world, ship.fight, now)
            ship.stance = states.HOLDS_FIRE
            ship.entry = acts.emit(world, now, kinds.CEASED_FIRE, refs.ref(refs.VESSEL, a), -1, ship.at, 0.0, cause)
            engagements.call_off(world)
    elif verb == verbs.WITHDRAW:
        if ship.off != 0 or ship.mode == states.WITHDRAWING:
            acts.idle(program, world, kinds.WAS_SO)
        elif ship.mode == states.FIGHTING:
            melee.settle(world, ship.fight, now)
            ship.off = 1
            ship.entry = cause
            acts.done(program, world)
    elif verb == verbs.SHIELD:
        _raise(world, a, b, cause, now)
    elif verb == verbs.CLOAK:
        if ship.cloak >= 1.0:
            acts.idle(program, world, kinds.WAS_UNFIT)
        else:
            _cloak(world, a, b, cause, now)
    elif verb == verbs.STRIKE:
        melee.settle(world, ship.fight, now)
        gunfire.strike(program, world, a, asked.amount, cause, now)
    elif verb == verbs.SCUTTLE:
        melee.settle(world, ship.fight, now)
        gunfire.lose(program, world, a, -1, cause, now)


@kernel
def _board(program, world, person, vessel, cause, now):
    """Let somebody go aboard a vessel that is where they are; return whether they are aboard now."""
    ship, body = world.vessels[vessel], world.people[person]
    if acts.is_at(program, world, ship.inside, body.place):
        return True
    if not acts.is_at(program, world, ship.at, body.place):
        return False
    who, what = refs.ref(refs.PERSON, person), refs.ref(refs.VESSEL, vessel)
    entry = acts.emit(world, now, kinds.BOARDED, who, what, ship.at, 0.0, cause)
    acts.relocate(program, world, person, ship.inside, entry)
    return True


@kernel
def _leave(program, world, person, cause, now):
    """Let somebody leave the vessel around them for the place where it is, if it is at one; return whether they have."""
    place = world.people[person].place
    vessel = acts.carrier(program, world, place) if place >= 0 else -1
    if vessel < 0 or world.vessels[vessel].at < 0:
        return False
    at = world.vessels[vessel].at
    who, what = refs.ref(refs.PERSON, person), refs.ref(refs.VESSEL, vessel)
    entry = acts.emit(world, now, kinds.WENT_ASHORE, who, what, at, 0.0, cause)
    acts.relocate(program, world, person, at, entry)
    return True


# ------------------------------------------------------------------------------------------------ shields and cloaks


@kernel
def _raise(world, vessel, up, cause, now):
    ship = world.vessels[vessel]
    if (ship.raised != 0) == (up != 0):
        return
    melee.settle(world, ship.fight, now)
    melee.settle_shield(ship, now)
    ship.raised = 1 if up != 0 else 0
    kind = kinds.SHIELDS_UP if up != 0 else kinds.SHIELDS_LOWERED
    ship.entry = acts.emit(world, now, kind, refs.ref(refs.VESSEL, vessel), -1, ship.at, 0.0, cause)
    acts.touch(world, topics.VESSELS)
    acts.wake(world, states.TRANSPORTER, now)


@kernel
def _cloak(world, vessel, on, cause, now):
    ship = world.vessels[vessel]
    if (ship.cloaked != 0) == (on != 0):
        return
    ship.cloaked = 1 if on != 0 else 0
    kind = kinds.MASKED if on != 0 else kinds.UNMASKED
    ship.entry = acts.emit(world, now, kind, refs.ref(refs.VESSEL, vessel), -1, ship.at, 0.0, cause)
    acts.touch(world, topics.VESSELS)
    acts.wake(world, states.OBSERVATION, now)


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
        ship.fled, ship.fought = 0.0, now
