"""Who fights whom: vessels open fire, join a fight, bring two together, and get out of one (see `ships`)."""

from __future__ import annotations

from ..laws import ships as laws
from ..world import acts, kinds, refs, states, topics, verbs
from ..world.alike import hypot
from ..world.compiled import kernel
from . import melee

_APART = 1 << 20
"""How far apart the numbers of fights are that one vessel began; more than a scenario has vessels."""


@kernel
def attack(program, world, vessel, target, cause, now):
    """Open fire: begin a fight, join one, or bring two together; return whether anything changed."""
    ship, other = world.vessels[vessel], world.vessels[target]
    if vessel == target or ship.mode == states.DISABLED or ship.mode == states.WITHDRAWING:
        return False
    if other.mode == states.LOST or other.mode == states.DISABLED:
        return False
    if ship.fight > 0 and ship.fight == other.fight and ship.side != other.side and ship.stance == states.ATTACKS:
        if ship.target == target:
            acts.emit(world, now, kinds.WAS_SO, -1, refs.ref(refs.VESSEL, vessel), -1, float(verbs.ATTACK), cause)
            return False
        ship.target = target
        return True
    this, that = refs.ref(refs.VESSEL, vessel), refs.ref(refs.VESSEL, target)
    dx, dy = acts.separation(program, world, this, that, now)
    if not _reaches(world, vessel, hypot(dx, dy)):
        acts.emit(world, now, kinds.WAS_AWAY, -1, that, -1, float(verbs.ATTACK), cause)
        return False
    melee.settle(world, ship.fight, now)
    melee.settle(world, other.fight, now)
    entry = acts.emit(world, now, kinds.ATTACKED, this, that, ship.at, 0.0, cause)
    if ship.fight == 0 and other.fight == 0:
        _enlist(world, vessel, _unused_fight(world, vessel), 0, 0.0, 0.0, now)
    if ship.fight == 0:
        _enlist(world, vessel, other.fight, 1 - other.side, other.fight_x - dx, other.fight_y - dy, now)
    elif other.fight == 0:
        _enlist(world, target, ship.fight, 1 - ship.side, ship.fight_x + dx, ship.fight_y + dy, now)
    elif ship.fight != other.fight:
        _merge(world, ship, other, dx, dy)
    elif ship.side == other.side:
        ship.side = 1 - other.side
    bring_together(program, world, ship.fight, now)
    if other.quarrel < 0:
        other.quarrel = entry
    ship.stance = states.ATTACKS
    ship.target = target
    ship.quarrel = entry
    ship.entry = entry
    other.entry = entry
    acts.touch(world, topics.VESSELS)
    return True


@kernel
def _reaches(world, vessel, distance):
    """Return True when some weapon of the vessel can hit at `distance` [m]."""
    for gun in world.weapons:
        if gun.vessel == vessel and (gun.rate > 0.0 or gun.volley > 0):
            if laws.hit_probability(gun.accuracy, gun.falloff, gun.range, distance) > 0.0:
                return True
    return False


@kernel
def _unused_fight(world, vessel):
    """Return a number for the fight that a vessel begins, which fights of others elsewhere do not change."""
    number = 1 + vessel
    while acts.going(world, len(world.vessels)):
        used = False
        for ship in world.vessels:
            used |= ship.fight == number
        if not used:
            return number
        number += _APART
    return number


@kernel
def _enlist(world, vessel, fight, side, x, y, now):
    ship = world.vessels[vessel]
    for gun in world.weapons:
        if gun.vessel == vessel and gun.volley > 0:
            gun.next = now + gun.every
    melee.settle_shield(ship, now)
    ship.fight, ship.side, ship.fight_x, ship.fight_y, ship.fought = fight, side, x, y, now
    ship.mode = states.FIGHTING
    ship.stance = states.DEFENDS
    ship.target = -1
    ship.quarrel = -1
    ship.off = 0


@kernel
def _merge(world, ship, other, dx, dy):
    """Bring the fight of `ship` into that of `other`, with both on different sides and (dx, dy) [m] between them."""
    shift_x, shift_y = other.fight_x - dx - ship.fight_x, other.fight_y - dy - ship.fight_y
    _take_over(world, ship.fight, other.fight, ship.side == other.side, shift_x, shift_y)


@kernel
def _take_over(world, fight, into, turned, shift_x, shift_y):
    """Let all of a fight go on in another, on the other side there when `turned`, shifted by so much [m]."""
    for each in world.vessels:
        if each.fight == fight:
            each.fight = into
            each.side = 1 - each.side if turned else each.side
            each.fight_x += shift_x
            each.fight_y += shift_y


@kernel
def bring_together(program, world, fight, now):
    """Let the other fights at the place of one that concern the same sides be fought as one with it."""
    for i in range(len(world.vessels)):
        if world.vessels[i].fight != fight:
            continue
        for j in range(len(world.vessels)):
            ship, other = world.vessels[i], world.vessels[j]
            if other.fight <= 0 or other.fight == fight or not _side_by_side(program, world, i, j, now):
                continue
            alike = _alliances(world, fight, other.fight, False)
            turned = _alliances(world, fight, other.fight, True)
            if (alike > 0) != (turned > 0):  # a faction that would have to fight itself keeps them apart
                melee.settle(world, fight, now)
                melee.settle(world, other.fight, now)
                shift_x, shift_y = ship.fight_x - other.fight_x, ship.fight_y - other.fight_y
                _take_over(world, other.fight, fight, turned > 0, shift_x, shift_y)


@kernel
def _side_by_side(program, world, vessel, other, now):
    """Return True when two vessels are at the same place, or under way at the same spot."""
    one, two = world.vessels[vessel], world.vessels[other]
    if one.at >= 0 or two.at >= 0:
        return one.at == two.at
    dx, dy = acts.separation(program, world, refs.ref(refs.VESSEL, vessel), refs.ref(refs.VESSEL, other), now)
    return dx == 0.0 and dy == 0.0


@kernel
def _alliances(world, fight, other, turned):
    """Return how many pairs of one faction two fights hold, on the same side, or on opposite ones when `turned`."""
    pairs = 0
    for one in world.vessels:
        for two in world.vessels:
            if one.fight == fight and two.fight == other and one.faction == two.faction:
                pairs += (one.side != two.side) == turned
    return pairs


@kernel
def withdraw(world, vessel, now):
    ship = world.vessels[vessel]
    ship.entry = acts.emit(world, now, kinds.WITHDREW, refs.ref(refs.VESSEL, vessel), -1, ship.at, 0.0, ship.entry)
    acts.touch(world, topics.VESSELS)


@kernel
def get_clear(world, vessel, now):
    """Let a vessel get away from its opponents."""
    ship = world.vessels[vessel]
    ship.entry = acts.emit(world, now, kinds.ESCAPED, refs.ref(refs.VESSEL, vessel), -1, ship.at, 0.0, ship.entry)
    stand_down(ship)
    call_off(world)
    acts.touch(world, topics.VESSELS)


@kernel
def stand_down(ship):
    """Take a vessel out of its fight."""
    if ship.mode == states.WITHDRAWING:
        ship.flights += 1
    ship.fight, ship.fled, ship.off, ship.target, ship.quarrel = 0, 0.0, 0, -1, -1
    ship.stance = states.DEFENDS
    if ship.mode < states.DISABLED:
        ship.mode = states.UNDER_WAY if ship.at < 0 and ship.destination >= 0 else states.STATION


@kernel
def call_off(world):
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
                    stand_down(one)
            acts.touch(world, topics.VESSELS)
