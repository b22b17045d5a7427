"""Bonds: what the named feel for one another, whom they trust, and how sides stand to sides that wronged them.

Affection of a pair is a linear flow (Strogatz 1988): it fades, answers the other's, and is pulled by an appeal that may
act only while the two are at the same place. It is integrated exactly from call to call, so the call times do not
matter; the hourly cadence (`life.bonds_every`) is for the noise of Ornstein and Uhlenbeck (Gillespie 1996), which is
added on a fixed grid, and for foreseeing when a pair passes the mark of closeness. When nothing moves, it sleeps.
Meeting wakes an old affection. Promises kept and broken fade where they are read (`acts.trust`; Josang and Ismail
2002). A wronged side forgives, asked, with logit P = -grudge + k ln(1 + days) + tie + apology + kinship (McCullough et
al. 2010); the luck of each asking is its own.

Assumes that a pair is as close as the cooler of the two feels, and that the dead neither feel nor are felt for. Leaves
out third parties in affections, and grudges between persons. Where the scenario says so (`life.balancing`), the ties
between sides tend to balance: the friend of a friend becomes a friend, the enemy of an enemy too, by dX/dt = rate X^2 on
the mean of the two directions, reckoned on a fixed grid and held within -1 and 1. Oracles O-13.2, O-13.3, O-13.4,
O-13.6 and O-13.7 hold through the engine as well.
"""

from __future__ import annotations

import math

from ..laws import bonds as laws
from ..world import acts, chance, kinds, refs, states, topics, verbs
from ..world.compiled import kernel
from ..world.parts import system

READS = ("people", "couples", "limits")
WRITES = ("bonds", "ties", "chronicle")

RECONCILED = 0.25
"""How a side stands, at least, to one that it has just forgiven (assumed)."""

_STILL = 1e-12
"""A pair whose affection would change by less within a period does not move."""
_AT_MARK = 1e-9
_PARTED = -1
_MOST_PERIODS = 10_000


@system
def step(program, world, since, now):
    """Let affections flow until now, carry out what was asked, and write down who grew close or apart."""
    for couple in program.couples:
        _flow(program, world, couple.one, couple.other, max(since, 0.0), now)
    while True:
        number = acts.take(world, states.BONDS)
        if number < 0:
            break
        _carry_out(program, world, number, now)
        acts.spend(world, number)
    due = _balance(program, world, max(since, 0.0), now) if len(world.balance) > 0 else math.inf
    for couple in program.couples:
        if _look(world, couple.one, couple.other, now):
            _mark(program, world, couple.one, couple.other, now)
            due = min(due, _next(program, world, couple.one, couple.other, now))
    return due


# ------------------------------------------------------------------------------------------------ affection


@kernel
def _both_live(world, one, other):
    return world.people[one].status != states.DEAD and world.people[other].status != states.DEAD


@kernel
def _after(world, one, other, dt):
    """Return the affections of a pair after `dt` [s], noise apart."""
    there, back = world.bonds[one, other], world.bonds[other, one]
    return laws.affection_step(
        there.affection,
        back.affection,
        -there.decay,
        there.response,
        back.response,
        -back.decay,
        _pull(there),
        _pull(back),
        dt,
    )


@kernel
def _pull(bond):
    return bond.appeal if bond.together == 0 or bond.near != 0 else 0.0


@kernel
def _flow(program, world, one, other, since, now):
    """Integrate a pair exactly from `since` to `now`; add the noise of a period when it ends now."""
    there, back = world.bonds[one, other], world.bonds[other, one]
    if now <= since or there.near == _PARTED:
        return
    there.affection, back.affection = _after(world, one, other, now - since)
    if there.noise > 0.0 or back.noise > 0.0:
        period = program.limits[0].bond_period
        turn = math.floor(now / period + 1e-9)
        if since < turn * period:
            _shake(world, one, other, period, turn)
            _shake(world, other, one, period, turn)


@kernel
def _shake(world, who, whom, period, turn):
    bond = world.bonds[who, whom]
    if bond.noise > 0.0:
        key = chance.pair_key(world.people[who].key, world.people[whom].key)
        x = bond.affection
        bond.affection = laws.noisy_step(x, x, bond.decay, bond.noise, period, world.state[0].luck, key, int(turn))


@kernel
def _look(world, one, other, now):
    """Note whether the two are at the same place from now on; return False once one of them is dead."""
    if not _both_live(world, one, other):
        world.bonds[one, other].near, world.bonds[other, one].near = _PARTED, _PARTED
        return False
    first, second = world.people[one], world.people[other]
    near = 1 if acts.beside(world, one, other) else 0
    there, back = world.bonds[one, other], world.bonds[other, one]
    if near != 0 or there.near != 0:
        there.contact, back.contact = now, now
    if near != there.near:
        there.near, back.near = near, near
        moved = max(first.entry, second.entry)
        if there.together != 0:
            there.entry = max(there.entry, moved)
        if back.together != 0:
            back.entry = max(back.entry, moved)
    return True


@kernel
def _mark(program, world, one, other, now):
    """Write down that two have grown close, or apart again."""
    there, back = world.bonds[one, other], world.bonds[other, one]
    limits = program.limits[0]
    warmth = min(there.affection, back.affection)
    if there.close == 0 and warmth >= limits.close_mark - _AT_MARK:
        kind = kinds.GREW_CLOSE
    elif there.close != 0 and warmth < limits.apart_mark + _AT_MARK and warmth < limits.close_mark - _AT_MARK:
        kind = kinds.GREW_APART
    else:
        return
    there.close = 1 - there.close
    back.close = there.close
    cause = max(there.entry, back.entry)
    if world.people[one].key > world.people[other].key:  # the telling does not depend on their order in the file
        one, other = other, one
    who, whom = refs.ref(refs.PERSON, one), refs.ref(refs.PERSON, other)
    entry = acts.emit(world, now, kind, who, whom, world.people[one].place, warmth, cause)
    there.entry, back.entry = entry, entry
    acts.touch(world, topics.BONDS)


@kernel
def _next(program, world, one, other, now):
    """Return when a pair passes a mark or its period ends, whatever comes first; infinity when it is still."""
    there, back = world.bonds[one, other], world.bonds[other, one]
    limits = program.limits[0]
    period = limits.bond_period
    x, y = _after(world, one, other, period)
    if there.noise <= 0.0 and back.noise <= 0.0 and abs(x - there.affection) + abs(y - back.affection) < _STILL:
        return math.inf
    ends = (math.floor(now / period + 1e-9) + 1.0) * period
    left = ends - now
    if not _passes(limits, world, one, other, left):
        return ends
    low, high = 0.0, left
    for _ in range(60):
        middle = 0.5 * (low + high)
        if _passes(limits, world, one, other, middle):
            high = middle
        else:
            low = middle
    return now + high


@kernel
def _passes(limits, world, one, other, dt):
    """Return True when a pair will have passed its mark after `dt` [s]."""
    x, y = _after(world, one, other, dt)
    if world.bonds[one, other].close == 0:
        return min(x, y) >= limits.close_mark
    return min(x, y) < limits.apart_mark


# ------------------------------------------------------------------------------------------------ what is asked


@kernel
def _carry_out(program, world, number, now):
    asked = world.requests[number]
    verb, a, b, cause = asked.verb, asked.a, asked.b, asked.cause
    if verb == verbs.MEET:
        _meet(program, world, a, b, cause, now)
    elif verb == verbs.BOND:
        _bond(program, world, a, b, asked.amount, asked.extra, cause, now)
    elif verb == verbs.TIE:
        tie = world.ties[a, b]
        value = max(-1.0, min(1.0, tie.value + asked.amount))
        if value != tie.value:
            tie.value = value
            _note(world, kinds.TIE_CHANGED, a, b, tie, value, cause, now)
    elif verb == verbs.OFFEND:
        _offend(program, world, a, b, asked.amount, cause, now)
    elif verb == verbs.APOLOGISE:
        grudge = world.ties[b, a]
        if _offended(grudge):
            grudge.grudge -= asked.amount
            _note(world, kinds.APOLOGISED, a, b, grudge, asked.amount, cause, now)
    elif verb == verbs.FORGIVE:
        _forgive(program, world, a, b, cause, now)


@kernel
def _meet(program, world, one, other, cause, now):
    """Let two people meet: what lay dormant wakes when it is stronger than what they feel now."""
    if one == other or not _both_live(world, one, other):
        return
    who, whom = refs.ref(refs.PERSON, one), refs.ref(refs.PERSON, other)
    entry = acts.emit(world, now, kinds.MET, who, whom, world.people[one].place, 0.0, cause)
    for turn in range(2):
        bond = world.bonds[one, other] if turn == 0 else world.bonds[other, one]
        bond.contact = now
        bond.entry = entry
        if abs(bond.dormant) > abs(bond.affection):
            bond.affection = bond.dormant
            bond.dormant = 0.0
    _mark(program, world, min(one, other), max(one, other), now)
    acts.touch(world, topics.BONDS)


@kernel
def _bond(program, world, who, whom, affection, promises, cause, now):
    """Shift what one feels for another; add promises kept, or broken when `promises` is negative."""
    if who == whom or not _both_live(world, who, whom):
        return
    bond = world.bonds[who, whom]
    bond.affection += affection
    if promises != 0.0:
        bond.kept = acts.faded(program, world, bond.kept, bond.counted, now) + max(promises, 0.0)
        bond.broken = acts.faded(program, world, bond.broken, bond.counted, now) + max(-promises, 0.0)
        bond.counted = now
    bond.entry = cause
    _mark(program, world, min(who, whom), max(who, whom), now)
    acts.touch(world, topics.BONDS)


# ------------------------------------------------------------------------------------------------ sides


@kernel
def _note(world, kind, a, b, tie, amount, cause, now):
    """Write down what became of a tie."""
    who, whom = refs.ref(refs.FACTION, a), refs.ref(refs.FACTION, b)
    tie.entry = acts.emit(world, now, kind, who, whom, -1, amount, cause)
    acts.touch(world, topics.BONDS)


@kernel
def _offended(tie):
    """Return True while a side has something to forgive."""
    return tie.forgiven == 0 and math.isfinite(tie.offended)


@kernel
def _offend(program, world, by, against, grudge, cause, now):
    """Let one side wrong another: what is left of an older grudge is added to the new one."""
    tie = world.ties[against, by]
    if _offended(tie):
        grudge += max(0.0, -laws.forgiveness_log_odds(-tie.grudge, now - tie.offended, 0.0, 0.0, 0.0, _slope(program)))
    tie.grudge = grudge
    tie.offended = now
    tie.forgiven = 0
    _note(world, kinds.OFFENDED, by, against, tie, grudge, cause, now)


@kernel
def _slope(program):
    return program.limits[0].forgive_rate


@kernel
def _kinship(world, one, other):
    """Return the closest kinship between the living of two sides."""
    closest = 0.0
    for i in range(len(world.minds)):
        for j in range(len(world.minds)):
            if world.people[i].faction == one and world.people[j].faction == other and _both_live(world, i, j):
                closest = max(closest, world.bonds[i, j].kin)
    return closest


@kernel
def _forgive(program, world, by, to, cause, now):
    """Ask, once for this request, whether one side forgives another now; the tie then turns for the better."""
    tie = world.ties[by, to]
    if not _offended(tie):
        return
    kin = _kinship(world, by, to)
    p = laws.forgiveness(-tie.grudge, now - tie.offended, tie.value, 0.0, kin, _slope(program))
    luck = chance.u01(world.state[0].luck, chance.BOND, tie.key, tie.asked)
    tie.asked += 1
    if luck < p:
        tie.forgiven = 1
        tie.value = max(tie.value, RECONCILED)
        _note(world, kinds.FORGAVE, by, to, tie, p, cause, now)


# ------------------------------------------------------------------------------------------------ balance


@kernel
def _balance(program, world, since, now):
    """Let the ties between sides tend to balance, period by period; return when the next ends, or never when all rest."""
    period = program.limits[0].balance_period
    n = len(world.balance)
    for i in range(n):
        for j in range(n):
            if i != j:
                world.balance[i, j].tie = 0.5 * (world.ties[i, j].value + world.ties[j, i].value)
    periods = int(math.floor(now / period + 1e-9) - math.floor(since / period + 1e-9))
    for _ in range(min(periods, _MOST_PERIODS)):
        _tend(program, world, period)
    if periods > 0:
        moved = False
        for i in range(n):
            for j in range(i + 1, n):
                moved = _settle_tie(world, i, j, now) or moved
        if moved:
            acts.touch(world, topics.BONDS)
    return (math.floor(now / period + 1e-9) + 1.0) * period if _restless(world) else math.inf


@kernel
def _tend(program, world, dt):
    """Move the symmetric ties through dX/dt = rate X^2 (Marvel et al. 2011), keeping each within -1 and 1.

    Exact until a tie reaches its bound; in pieces no longer than half the way to the pole of the exact solution.
    """
    n = len(world.balance)
    left = program.limits[0].balancing * dt
    while left > 0.0:
        most = 0.0
        for i in range(n):
            total = 0.0
            for j in range(n):
                total += abs(world.balance[i, j].tie)
            most = max(most, total)
        piece = min(left, 0.5 / most) if most > 0.0 else left
        if not laws.balance_step(world.balance.tie, piece, world.balance.work):
            world.state[0].broken = states.NUMBER_GUARD
            return
        for i in range(n):
            for j in range(n):
                world.balance[i, j].tie = max(-1.0, min(1.0, world.balance[i, j].tie))
        left -= piece


@kernel
def _settle_tie(world, one, other, now):
    """Shift both directions of a tie by what its mean has moved, and write down a change of sign."""
    there, back = world.ties[one, other], world.ties[other, one]
    before = 0.5 * (there.value + back.value)
    after = world.balance[one, other].tie
    if abs(after - before) < _STILL:
        return False
    there.value = max(-1.0, min(1.0, there.value + after - before))
    back.value = max(-1.0, min(1.0, back.value + after - before))
    if (after > 0.0) != (before > 0.0) or (after < 0.0) != (before < 0.0):
        if after != 0.0:
            kind = kinds.ALLIED if after > 0.0 else kinds.FELL_OUT
            who, whom = refs.ref(refs.FACTION, one), refs.ref(refs.FACTION, other)
            there.entry = acts.emit(world, now, kind, who, whom, -1, after, max(there.entry, back.entry))
            back.entry = there.entry
    return True


@kernel
def _restless(world):
    """Return True while some tie would still move: it has a reason to, and is not at the bound that it tends to."""
    n = len(world.balance)
    for i in range(n):
        for j in range(n):
            pull = 0.0
            for k in range(n):
                pull += world.balance[i, k].tie * world.balance[k, j].tie
            tie = world.balance[i, j].tie
            if abs(pull) > _STILL and not (tie >= 1.0 and pull > 0.0) and not (tie <= -1.0 and pull < 0.0):
                return True
    return False
