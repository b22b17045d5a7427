"""A fight as `laws.ships` moves it: its vessels and weapons gathered into one table, and written back (see `ships`)."""

from __future__ import annotations

import math

from ..laws import ships as laws
from ..world import acts, chance, states
from ..world.compiled import kernel


@kernel
def settle_shield(ship, now):
    """Bring a vessel's shield up to now."""
    ship.shield = acts.shield_now(ship, now)
    ship.since = max(ship.since, now)


@kernel
def fought_until(world, fight):
    """Return up to when a fight is accounted for."""
    for ship in world.vessels:
        if ship.fight == fight:
            return ship.fought
    return math.inf


@kernel
def settle(world, fight, now):
    """Account for a fight up to now, by when nothing more happens in it; whoever changes it does that first."""
    at = fought_until(world, fight)
    if fight > 0 and at < now:
        n = gather_ships(world, fight, at)
        m = gather_guns(world, fight, n)
        laws.aim(world.melee[:n])
        laws.run_clocks(world.melee[:n], world.melee_guns[:m], now - at)
        scatter(world, n, m, now)


@kernel
def gather_ships(world, fight, now):
    """Copy the vessels of a fight to the first rows of `melee`, as `laws.ships` wants them; return how many."""
    n = 0
    for i in range(len(world.vessels)):
        row, ship = world.vessels[i], world.melee[n]
        if row.fight != fight:
            continue
        ship.vessel = i
        ship.key = chance.pair_key(row.key, row.flights)
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
def gather_guns(world, fight, n):
    """Copy the weapons of those in a fight who do not hold their fire to `melee_guns`; return how many."""
    m = 0
    for i in range(len(world.weapons)):
        row, gun = world.weapons[i], world.melee_guns[m]
        ship = world.vessels[row.vessel]
        if ship.fight != fight or ship.stance == states.HOLDS_FIRE:
            continue
        gun.weapon = i
        gun.vessel = _index_of(world, row.vessel, n)
        gun.key = row.key
        gun.rate, gun.accuracy, gun.damage = row.rate, row.accuracy, row.damage
        gun.falloff, gun.range = row.falloff, row.range
        gun.rounds, gun.shots, gun.spent = -1, row.shots, row.spent
        m += 1
    return m


@kernel
def scatter(world, n, m, now):
    """Write a fight back to the vessels and weapons that it was gathered from."""
    for k in range(n):
        ship = world.melee[k]
        row = world.vessels[ship.vessel]
        settle_shield(row, now)
        row.fought = now
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
