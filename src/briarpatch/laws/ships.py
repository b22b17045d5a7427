"""Ships: motion against drag, a fight shot by shot, and withdrawal from it.

Models motion with constant thrust and linear drag, in closed form; a fight of any number of ships on two or
more sides, shot by shot, with shields that recharge and stay down for a while once broken; withdrawal at a
hull breakpoint, at bad predicted odds, or on order, and escape racing against being killed. The
exact odds of one ship against several serve the decision to withdraw.

Assumes that the shots of a weapon are a Poisson process while it has a target in range and rounds; that a
ship fires at one opponent at a time and, when that one is gone, turns to the one nearest to being killed;
that what breaks a shield goes on to the hull; that a withdrawing ship fires on. Positions hold for a step of
the fight. Leaves out facing, subsystems, crews, and repairs during a fight. A captain's predicted odds count
hits of mean damage and no recharge.

Sources: Lanchester 1916, Osipov 1915; Brown 1963 (Operations Research 11, 418); Williams and Ancker 1963,
Ancker 1967, Gafarian and Ancker 1984 (stochastic duels); Hughes 1986, Armstrong 2005 (salvos); Helmbold 1971
(breakpoints).
Oracles: O-5.1 drag, O-5.2 square law, O-5.3 one hit kills, O-5.4 one against two, O-5.5 duel, O-5.6 Brown,
O-5.7 salvo, O-5.8 shield, O-5.9 escape, O-5.10 run for the edge.
"""

from __future__ import annotations

import math

import numpy as np

from ..world.alike import hypot
from ..world.chance import FIRE, WITHDRAWAL, exponential, u01
from ..world.compiled import kernel
from ..world.processes import distance_after, exposure, phi1

CRUISING, ENGAGED, WITHDRAWING, DISABLED, DESTROYED, ESCAPED = 0, 1, 2, 3, 4, 5
"""Modes of a ship."""

NOTHING, MISS, HIT, WITHDREW, ESCAPE, DISABLING, KILL = 0, 1, 2, 3, 4, 5, 6
"""Kinds of what `next_shot` reports."""


# Motion


@kernel
def velocity_after(v, thrust, drag_time, dt):
    """Return one component of velocity [m/s] after `dt` [s] of dv/dt = thrust - v / drag_time (infinite: no
    drag).
    """
    if dt <= 0.0:
        return v
    if drag_time <= 0.0:
        return 0.0
    z = dt / drag_time
    return v * math.exp(-z) + thrust * dt * phi1(-z)


@kernel
def travel_time(distance, v, thrust, drag_time):
    """Return the first time [s] at which a ship with speed `v` >= 0 and `thrust` >= 0 has gone `distance`
    [m].
    """
    if distance <= 0.0:
        return 0.0
    if drag_time <= 0.0 or (thrust <= 0.0 and v * drag_time <= distance):
        return math.inf
    low, high = 0.0, 1.0
    while distance_after(v, thrust, drag_time, high) < distance:
        low = high
        high *= 2.0
        if math.isinf(high):
            return math.inf
    for _ in range(200):
        middle = 0.5 * (low + high)
        if not low < middle < high:
            break
        if distance_after(v, thrust, drag_time, middle) < distance:
            low = middle
        else:
            high = middle
    return high


# Aggregate laws


# Hits


@kernel
def hits_to_kill(shield, hull, damage):
    """Return how many hits kill: ceil((S + H) / d); infinity without damage."""
    if shield + hull <= 0.0:
        return 0.0
    if damage <= 0.0:
        return math.inf
    return np.ceil((shield + hull) / damage)


@kernel
def odds_against_many(own_hits, own_rate, hits, rates, n, scratch):
    """Return the probability that one ship outlives `n` opponents whom it takes in the order given.

    `own_hits` kill it and it hits at `own_rate` [1/s]; opponent i dies of `hits[i]` and hits at `rates[i]`.
    Recursion on (hits left, hits left on the present target, opponents left); `scratch` has at least own_hits
    + 1 places. If neither side can hit, nobody wins and the answer is 0.
    """
    if own_hits <= 0:
        return 0.0
    scratch[0] = 0.0
    for h in range(1, own_hits + 1):
        scratch[h] = 1.0
    against = 0.0
    for i in range(n - 1, -1, -1):
        against += rates[i]
        for _ in range(hits[i]):
            q = own_rate / (own_rate + against) if own_rate > 0.0 else 0.0
            for h in range(1, own_hits + 1):
                scratch[h] = q * scratch[h] + (1.0 - q) * scratch[h - 1]
    return scratch[own_hits]


@kernel
def shield_after(shield, maximum, recharge, down_until, since, now):
    """Return the shield at `now` [s]: it grows at `recharge` [1/s] from `since`, or from `down_until` if that
    is later.
    """
    grown = exposure(recharge, now - max(since, down_until))
    return max(shield, min(maximum, shield + grown))


# The fight


@kernel
def fights(ship):
    """Return True when the ship can fire and be fired at."""
    return ship.mode == ENGAGED or ship.mode == WITHDRAWING


@kernel
def settle_shield(ship, now):
    """Bring the ship's shield up to `now` [s]."""
    ship.shield = shield_after(ship.shield, ship.shield_max, ship.recharge, ship.down_until, ship.since, now)
    ship.since = max(ship.since, now)


@kernel
def strike(ship, damage, now):
    """Let a hit of `damage` fall on the ship at `now` [s]: shield first, the rest on the hull."""
    settle_shield(ship, now)
    if now >= ship.down_until and ship.shield_max > 0.0:
        absorbed = min(ship.shield, damage)
        ship.shield -= absorbed
        damage -= absorbed
        if ship.shield <= 0.0:
            ship.shield = 0.0
            ship.down_until = now + ship.down_time
    ship.hull = max(0.0, ship.hull - damage)


@kernel
def choose_target(ships, shooter):
    """Return the index of the opponent that `shooter` turns to, or -1: the one with least left, then the
    lowest key.
    """
    best = -1
    for i in range(len(ships)):
        other = ships[i]
        if not fights(other) or other.side == ships[shooter].side:
            continue
        if best < 0:
            best = i
            continue
        left, least = other.shield + other.hull, ships[best].shield + ships[best].hull
        if left < least or (left == least and other.key < ships[best].key):
            best = i
    return best


@kernel
def aim(ships):
    """Give every fighting ship a target that fights; keep the one it has if it does."""
    for i in range(len(ships)):
        ship = ships[i]
        if not fights(ship):
            ship.target = -1
        elif ship.target < 0 or not fights(ships[ship.target]) or ships[ship.target].side == ship.side:
            ship.target = choose_target(ships, i)


@kernel
def hit_probability(accuracy, falloff, weapon_range, distance):
    """Return the chance of a hit at `distance` [m]: accuracy exp(-d / falloff) in range, 0 beyond."""
    if distance > weapon_range:
        return 0.0
    if distance <= 0.0:
        return accuracy
    return accuracy * math.exp(-distance / falloff) if falloff > 0.0 else 0.0


@kernel
def fire_rate(ships, weapon):
    """Return the rate [1/s] of shots of `weapon` now: zero without target, rounds or range."""
    ship = ships[weapon.vessel]
    if not fights(ship) or ship.target < 0 or weapon.rounds == 0:
        return 0.0
    target = ships[ship.target]
    if hypot(target.x - ship.x, target.y - ship.y) > weapon.range:
        return 0.0
    if weapon.accuracy <= 0.0 or weapon.falloff <= 0.0 or weapon.damage <= 0.0:
        return 0.0  # at an infinite rate it would fire for ever without time going on
    return weapon.rate * strength(ship)


@kernel
def strength(ship):
    """Return the share of its fire that a ship still has: its hull's for a group, of which that share is left."""
    return ship.hull / ship.hull_max if ship.wanes != 0 and ship.hull_max > 0.0 else 1.0


@kernel
def hit_power(weapons, ship):
    """Return (hits [1/s], mean damage of a hit) of the ship with index `ship`, whatever its range."""
    hits, damage = 0.0, 0.0
    for weapon in weapons:
        if weapon.vessel == ship and weapon.rounds != 0:
            rate = min(weapon.rate, 1e300) * weapon.accuracy
            hits += rate
            damage += rate * weapon.damage
    return hits, damage / hits if hits > 0.0 else 0.0


@kernel
def predicted_odds(ships, weapons, ship, numbers, rates, scratch):
    """Return the chance of winning that the captain of the fighting ship number `ship` reckons with.

    Exact (see the assumptions) for a ship alone against any number, and for those against it. Several against
    several are reckoned as if the captain's side were one ship. The work arrays `numbers` (int) and `rates`
    are at least as long as the ships, and `scratch` one longer than the most hits to count.
    """
    side = ships[ship].side
    friends, foes, foe = 0, 0, -1
    for i in range(len(ships)):
        if fights(ships[i]):
            if ships[i].side == side:
                friends += 1
            else:
                foes += 1
                foe = i
    if foes == 0:
        return 1.0
    if foes == 1 and friends > 1:
        return 1.0 - odds_of_side(ships, weapons, foe, numbers, rates, scratch)
    return odds_of_side(ships, weapons, ship, numbers, rates, scratch)


@kernel
def odds_of_side(ships, weapons, ship, numbers, rates, scratch):
    """Return the chance of the side of `ship`, as one ship, against all others: its target first, then the
    weakest.
    """
    own_rate, own_output, own_left, foe_rate, foe_output = 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(len(ships)):
        if fights(ships[i]):
            hits, damage = hit_power(weapons, i)
            if ships[i].side == ships[ship].side:
                own_rate += hits
                own_output += hits * damage
                own_left += ships[i].shield + ships[i].hull
            else:
                foe_rate += hits
                foe_output += hits * damage
    if foe_rate <= 0.0 or own_rate <= 0.0:
        return 1.0 if own_rate > 0.0 else 0.0
    most = float(len(scratch) - 1)
    first, n = ships[ship].target, 0
    if first >= 0 and fights(ships[first]):
        numbers[0] = int(min(hits_to_kill(ships[first].shield, ships[first].hull, own_output / own_rate), most))
        rates[0] = hit_power(weapons, first)[0]
        n = 1
    sorted_from = n
    for i in range(len(ships)):
        if not fights(ships[i]) or ships[i].side == ships[ship].side or i == first:
            continue
        needed = int(min(hits_to_kill(ships[i].shield, ships[i].hull, own_output / own_rate), most))
        rate = hit_power(weapons, i)[0]
        k = n
        while k > sorted_from and (numbers[k - 1] > needed or (numbers[k - 1] == needed and rates[k - 1] < rate)):
            numbers[k], rates[k] = numbers[k - 1], rates[k - 1]
            k -= 1
        numbers[k], rates[k] = needed, rate
        n += 1
    own_hits = int(min(hits_to_kill(0.0, own_left, foe_output / foe_rate), most))
    return odds_against_many(own_hits, own_rate, numbers, rates, n, scratch)


@kernel
def wants_off(ships, weapons, ship, numbers, rates, scratch):
    """Return True when ship number `ship` breaks off: on order, below its hull's breakpoint, or at bad
    odds.
    """
    row = ships[ship]
    if row.mode != ENGAGED:
        return False
    if row.ordered_off or row.hull < row.breakpoint * row.hull_max:
        return True
    if row.nerve <= 0.0 or row.target < 0:
        return False
    return predicted_odds(ships, weapons, ship, numbers, rates, scratch) < row.nerve


@kernel
def run_clocks(ships, weapons, step):
    """Let the clocks of weapons and of escapes run for `step` [s] in which nothing happens."""
    for i in range(len(weapons)):
        weapons[i].spent += exposure(fire_rate(ships, weapons[i]), step)
    for ship in ships:
        if ship.mode == WITHDRAWING:
            ship.fled += exposure(ship.escape, step)


@kernel
def next_shot(ships, weapons, seed, now, until, numbers, rates, scratch):
    """Move the fight to its next event after `now` and no later than `until` [s], and apply it.

    Return (time, kind, who, whom), indices of ships or -1. With NOTHING the fight has been moved to `until`,
    and the time is when the next event comes if nothing is changed from outside (infinity: never). Every
    weapon and every escape has a clock of its own, so the step may be cut anywhere. Odds are looked at again
    after every event only.
    """
    aim(ships)
    for i in range(len(ships)):
        if wants_off(ships, weapons, i, numbers, rates, scratch):
            ships[i].mode = WITHDRAWING
            ships[i].fled = 0.0
            return now, WITHDREW, i, -1
    when, gun, runner = math.inf, -1, -1
    for i in range(len(weapons)):
        rate = fire_rate(ships, weapons[i])
        if rate > 0.0:
            left = exponential(seed, FIRE, weapons[i].key, 2 * weapons[i].shots) - weapons[i].spent
            at = now + max(0.0, left) / rate
            if at < when or (at == when and gun >= 0 and weapons[i].key < weapons[gun].key):
                when, gun = at, i
    for i in range(len(ships)):
        if ships[i].mode == WITHDRAWING and ships[i].escape > 0.0:
            left = exponential(seed, WITHDRAWAL, ships[i].key, 0) - ships[i].fled
            at = now + max(0.0, left) / ships[i].escape
            if at < when:
                when, gun, runner = at, -1, i
    quiet = when > until or math.isinf(when)
    step = (until if quiet else when) - now
    run_clocks(ships, weapons, step)
    if quiet:
        return when, NOTHING, -1, -1
    for ship in ships:
        settle_shield(ship, when)
    if runner >= 0:
        ships[runner].mode = ESCAPED
        ships[runner].ended = when
        return when, ESCAPE, runner, -1
    return when, fire(ships, weapons[gun], seed, when), weapons[gun].vessel, ships[weapons[gun].vessel].target


@kernel
def fire(ships, weapon, seed, now):
    """Fire one shot of `weapon` at its ship's target at `now` [s] and return what came of it."""
    target = ships[ships[weapon.vessel].target]
    distance = hypot(target.x - ships[weapon.vessel].x, target.y - ships[weapon.vessel].y)
    chance = hit_probability(weapon.accuracy, weapon.falloff, weapon.range, distance)
    hit = u01(seed, FIRE, weapon.key, 2 * weapon.shots + 1) < chance
    weapon.shots += 1
    weapon.spent = 0.0
    if weapon.rounds > 0:
        weapon.rounds -= 1
    if not hit:
        return MISS
    strike(target, weapon.damage, now)
    if target.hull <= 0.0:
        target.mode = DESTROYED
    elif target.hull <= target.disabled_below * target.hull_max:
        target.mode = DISABLED
    else:
        return HIT
    target.ended = now
    return KILL if target.mode == DESTROYED else DISABLING
