"""Fire: fights move on from shot to shot and volley to volley, and hits damage, disable and sink (see `ships`)."""

from __future__ import annotations

import math

from ..laws import ships as laws
from ..world import acts, chance, kinds, refs, states, topics, verbs
from ..world.alike import hypot
from ..world.compiled import kernel
from ..world.parts import FLOAT, part
from . import engagements, melee, voyages

_FIRST_TARGET, _ROUNDING = 1, 2  # keep the draws of one key apart


@part(FLOAT)
def fight_all(program, world, now):
    """Let all happen in every fight that comes by now; return when the next shot falls, or somebody gets clear."""
    due = math.inf
    done = 0
    while acts.going(world, 10 * len(world.vessels)):
        fight = 0
        for ship in world.vessels:
            if ship.fight > done and (fight == 0 or ship.fight < fight):
                fight = ship.fight
        if fight == 0:
            return due
        due = min(due, _fight(program, world, fight, now))
        done = fight
    return math.inf


@kernel
def _fight(program, world, fight, now):
    """Let what comes by now in one fight happen, shot by shot; return the time of the next; infinity when it is over.

    It is accounted for when something happens, so that a look between two shots leaves it as it is.
    """
    at = melee.fought_until(world, fight)
    while acts.going(world, 50 * (len(world.vessels) + len(world.weapons))):
        n = melee.gather_ships(world, fight, at)
        if n == 0:
            return math.inf
        m = melee.gather_guns(world, fight, n)
        ships, guns, work = world.melee[:n], world.melee_guns[:m], world.reckoning
        volley = _next_volley(world, fight, at)
        until = min(now, volley)
        when, what, who, whom = laws.next_shot(
            ships, guns, world.state[0].luck, at, until, work.hits, work.rate, work.odds
        )
        if what == laws.NOTHING:
            if volley > now:
                return min(when, volley)
            melee.scatter(world, n, m, volley)
            at = volley
            _exchange(program, world, fight, at)
            engagements.call_off(world)
            continue
        at = min(max(when, at), now)
        by = ships[who].vessel
        shot_at = -1 if whom < 0 else ships[whom].vessel
        shield, hull = 0.0, 0.0
        if shot_at >= 0:
            shield, hull = acts.shield_now(world.vessels[shot_at], at), world.vessels[shot_at].hull
        melee.scatter(world, n, m, at)
        if what == laws.WITHDREW:
            engagements.withdraw(world, by, at)
        elif what == laws.ESCAPE:
            engagements.get_clear(world, by, at)
        elif what != laws.MISS:
            _hit(program, world, by, shot_at, shield, hull, at)
        engagements.call_off(world)
    return math.inf


# ------------------------------------------------------------------------------------------------ volleys


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
        if ship.fight == fight:
            ship.aimed, ship.incoming, ship.weight, ship.aimed_by = 0, 0, 0.0, -1
    for side in range(2):
        _fire_volleys(world, fight, side, now)
    for gun in world.weapons:
        if _is_due(world, gun, fight, now):
            gun.next = now + gun.every
    for i in range(len(world.vessels)):
        ship = world.vessels[i]
        if ship.incoming > 0:
            each = ship.weight / ship.incoming
            hits = ship.incoming - _stopped(world, ship)
            ship.incoming = 0
            _take_volley(program, world, i, hits * each, now)


@kernel
def _is_due(world, gun, fight, now):
    return gun.volley > 0 and gun.next <= now and _may_fire(world.vessels[gun.vessel], fight)


@kernel
def _fire_volleys(world, fight, side, now):
    """Let all launchers of a side that are due fire as one: m missiles over n opponents, m / n each or one more.

    Launchers and opponents come in the order of their keys, beginning with an opponent that is drawn. Each missile
    goes to the next of those in reach at whom the fewest have been fired.
    """
    gun, start = _next_launcher(world, fight, side, -1, now), 0.0
    while gun >= 0 and acts.going(world, 10 * len(world.weapons)):
        launcher = world.weapons[gun]
        shooter = world.vessels[launcher.vessel]
        if start <= 0.0:
            key = chance.pair_key(launcher.key, _FIRST_TARGET)
            start = chance.u01(world.state[0].luck, chance.FIRE, key, launcher.shots)
        found, fired = 0, 0
        for _ in range(_share_of(world, shooter, launcher.volley, launcher.key, launcher.shots)):
            target = _least_aimed_at(world, launcher, fight, start)
            if target < 0:
                break
            other = world.vessels[target]
            other.aimed += 1
            fired += 1
            hits = laws.hit_probability(launcher.accuracy, launcher.falloff, launcher.range, _away(shooter, other))
            if chance.u01(world.state[0].luck, chance.FIRE, launcher.key, 2 * launcher.shots + 1) < hits:
                other.incoming += 1
                other.weight += launcher.damage
                if other.aimed_by < 0 or shooter.key < world.vessels[other.aimed_by].key:
                    other.aimed_by = launcher.vessel
                found += 1
            launcher.shots += 1
        if fired > 0:
            who = refs.ref(refs.VESSEL, launcher.vessel)
            acts.emit(world, now, kinds.VOLLEY, who, -1, shooter.at, float(found), shooter.quarrel)
        gun = _next_launcher(world, fight, side, gun, now)


@kernel
def _share_of(world, ship, number, key, turn):
    """Return how many of `number` a vessel still has: of a group whose fire wanes, the share left, rounded by chance."""
    u = chance.u01(world.state[0].luck, chance.FIRE, chance.pair_key(key, _ROUNDING), turn)
    return math.floor(number * laws.strength(ship) + u)


@kernel
def _next_launcher(world, fight, side, after, now):
    """Return the launcher of a side that is due and comes after the one in row `after` by its key, or -1."""
    best = -1
    for i in range(len(world.weapons)):
        gun = world.weapons[i]
        if world.vessels[gun.vessel].side != side or not _is_due(world, gun, fight, now):
            continue
        if after < 0 or gun.key > world.weapons[after].key:
            if best < 0 or gun.key < world.weapons[best].key:
                best = i
    return best


@kernel
def _least_aimed_at(world, gun, fight, start):
    """Return the opponent in reach of a launcher at whom the fewest missiles were fired, in turn from `start`; or -1."""
    shooter = world.vessels[gun.vessel]
    foes = 0
    for other in world.vessels:
        foes += _is_foe(shooter, other, fight)
    first = int(start * foes)
    best, fewest, soonest = -1, 0, 0
    for i in range(len(world.vessels)):
        other = world.vessels[i]
        if _is_foe(shooter, other, fight) == 0 or _away(shooter, other) > gun.range:
            continue
        turn = (_rank(world, shooter, other, fight) - first) % foes
        if best < 0 or other.aimed < fewest or (other.aimed == fewest and turn < soonest):
            best, fewest, soonest = i, other.aimed, turn
    return best


@kernel
def _away(ship, other):
    """Return how far apart [m] two vessels of a fight are."""
    return hypot(other.fight_x - ship.fight_x, other.fight_y - ship.fight_y)


@kernel
def _is_foe(ship, other, fight):
    """Return 1 for an opponent who can be fired at, else 0."""
    return 1 if other.fight == fight and other.side != ship.side and other.mode < states.DISABLED else 0


@kernel
def _rank(world, shooter, foe, fight):
    """Return how many opponents have a lower key than this one."""
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
    for k in range(min(_share_of(world, ship, ship.intercepts, key, 0), ship.incoming)):
        stopped += chance.u01(world.state[0].luck, chance.FIRE, key, k) < ship.intercept
    return stopped


@kernel
def _take_volley(program, world, vessel, damage, now):
    """Let the missiles that got through do their damage together."""
    if damage <= 0.0:
        return
    ship = world.vessels[vessel]
    melee.settle_shield(ship, now)
    shield, hull = ship.shield, ship.hull
    _take(ship, damage, now)
    _hit(program, world, ship.aimed_by, vessel, shield, hull, now)


# ------------------------------------------------------------------------------------------------ damage


@kernel
def _take(ship, damage, now):
    """Let a vessel take damage: its shields first, if they are up."""
    if ship.raised != 0:
        laws.strike(ship, damage, now)
    else:
        ship.hull = max(0.0, ship.hull - damage)


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
        lose(program, world, vessel, by, cause, now)
    elif ship.hull <= ship.disabled_below * ship.hull_max and ship.mode < states.DISABLED:
        voyages.heave_to(world, vessel, now)
        ship.entry = acts.emit(world, now, kinds.DISABLED, refs.ref(refs.VESSEL, vessel), by, ship.at, 0.0, cause)
        ship.mode = states.DISABLED
        engagements.stand_down(ship)
        engagements.call_off(world)
        acts.touch(world, topics.VESSELS)
        acts.wake(world, states.TRANSPORTER, now)


@kernel
def strike(program, world, vessel, damage, cause, now):
    """Damage a vessel from outside any fight: shields first, if they are up."""
    ship = world.vessels[vessel]
    what = refs.ref(refs.VESSEL, vessel)
    entry = acts.emit(world, now, kinds.STRUCK, what, -1, ship.at, damage, cause)
    melee.settle_shield(ship, now)
    before, hull = ship.shield, ship.hull
    _take(ship, damage, now)
    ship.entry = entry
    _note_shield(world, vessel, before, -1, entry, now)
    acts.touch(world, topics.VESSELS)
    if ship.hull < hull:
        _sink(program, world, vessel, -1, entry, now)


@kernel
def lose(program, world, vessel, by, cause, now):
    """Let a vessel be destroyed, with all who are in it, its devices, and the vessels inside it."""
    _wreck(program, world, vessel, by, cause, now)
    entry, inside = world.vessels[vessel].entry, world.vessels[vessel].inside
    for i in range(len(world.vessels)):
        other = world.vessels[i]
        if other.mode != states.LOST and other.at >= 0 and acts.contains(program, world, inside, other.at):
            melee.settle(world, other.fight, now)
            _wreck(program, world, i, by, entry, now)
    acts.destroy_inside(program, world, inside, by if by >= 0 else refs.ref(refs.VESSEL, vessel), now, entry)
    engagements.call_off(world)
    acts.touch(world, topics.VESSELS)
    acts.wake(world, states.SIGNALS, now)
    acts.wake(world, states.TRANSPORTER, now)
    acts.wake(world, states.OBSERVATION, now)


@kernel
def _wreck(program, world, vessel, by, cause, now):
    """Let one vessel be lost with its crew and its devices."""
    ship = world.vessels[vessel]
    voyages.heave_to(world, vessel, now)
    what = refs.ref(refs.VESSEL, vessel)
    lost = float(ship.complement)
    ship.entry = acts.emit(world, now, kinds.VESSEL_LOST, what, by, ship.at, lost, cause)
    ship.mode = states.LOST
    ship.hull, ship.complement = 0.0, 0
    engagements.stand_down(ship)
    for i in range(len(world.devices)):
        if world.devices[i].aboard == vessel:
            acts.request(world, verbs.BREAK, states.DEVICES, now, ship.entry, i, -1, -1, -1, 0.0, 0.0)
