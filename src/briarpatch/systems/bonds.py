"""Bonds: what the named feel for one another, whom they trust, and how sides stand to sides that wronged them.

Affection of a pair is a linear flow (Strogatz 1988): it fades, answers the other's, and is pulled by an appeal that may
act only while the two are at the same place. It is kept as it was when that last changed, and is in closed form from
there (`drifts.affections`), so the call times do not matter; the hourly cadence (`life.bonds_every`) is for the noise of
Ornstein and Uhlenbeck (Gillespie 1996), which is added on a fixed grid, and for foreseeing when a pair passes the mark of
closeness within the hour. When nothing moves, it sleeps.
Meeting wakes an old affection. Promises kept and broken fade where they are read (`relations.trust`; Josang and Ismail
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
from ..world import acts, chance, drifts, kinds, processes, refs, relations, states, topics, verbs
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
_HALVINGS = 100


@system
def step(program, world, since, now):
    """Let affections pass their marks, carry out what was asked, and write down who grew close or apart."""
    if since >= 0.0:
        for couple in program.couples:
            _come_up(program, world, couple.bond, now)
    if world.state[0].balances <= now:
        _balance(program, world, now)
    while acts.going(world, 10):
        number = acts.take(program, world, states.BONDS)
        if number < 0:
            break
        _carry_out(program, world, number, now)
        acts.spend(program, world, number)
    due = math.inf
    for couple in program.couples:
        due = min(due, _look(program, world, couple.bond, since < 0.0, now))
    return min(due, _balances(program, world, now))


# ------------------------------------------------------------------------------------------------ affection


@kernel
def _both_live(world, one, other):
    return world.people[one].status != states.DEAD and world.people[other].status != states.DEAD


@kernel
def _settle(world, bond, now):
    """Keep the affections of a pair as they are now; they flow on from here."""
    there = world.bonds[bond]
    back = world.bonds[there.back]
    there.foreseen = math.nan
    if there.felt < now:
        there.affection, back.affection = drifts.affections(world, bond, now)
        there.felt, back.felt = now, now


@kernel
def _come_up(program, world, bond, now):
    """Add the noise of a period that ends now, and let the pair pass the mark that it has come to."""
    there = world.bonds[bond]
    back = world.bonds[there.back]
    if there.near == _PARTED:
        return
    if there.noise > 0.0 or back.noise > 0.0:
        period = program.limits[0].bond_period
        beat = processes.beat_before(period, now)
        if there.felt < beat:
            _settle(world, bond, now)
            _shake(world, bond, period, round(beat / period))
            _shake(world, there.back, period, round(beat / period))
            there.marks = now if _passes(program.limits[0], world, bond, now) else math.inf
    if there.marks <= now:
        _settle(world, bond, now)
        _turn(world, bond, now)


@kernel
def _shake(world, bond, period, turn):
    felt = world.bonds[bond]
    if felt.noise > 0.0:
        key = chance.pair_key(world.people[felt.who].key, world.people[felt.whom].key)
        x = felt.affection
        felt.affection = laws.noisy_step(x, x, felt.decay, felt.noise, period, world.state[0].luck, key, int(turn))


@kernel
def _look(program, world, bond, first_look, now):
    """Note whether the two are at the same place from now on; return when the pair wants to be looked at next."""
    there = world.bonds[bond]
    back = world.bonds[there.back]
    if there.near == _PARTED:
        return math.inf
    one, other = there.who, there.whom
    if not _both_live(world, one, other):
        _settle(world, bond, now)
        there.near, back.near = _PARTED, _PARTED
        there.marks = math.inf
        return math.inf
    first, second = world.people[one], world.people[other]
    near = 1 if acts.beside(world, one, other) else 0
    if near != there.near:
        if there.together != 0 or back.together != 0:
            _settle(world, bond, now)
        there.near, back.near = near, near
        there.contact, back.contact = now, now
        moved = max(first.entry, second.entry)
        if there.together != 0:
            there.entry = max(there.entry, moved)
        if back.together != 0:
            back.entry = max(back.entry, moved)
    if world.state[0].ends == states.CLOSING:
        _settle(world, bond, now)
        if near != 0:
            there.contact, back.contact = now, now
    period = program.limits[0].bond_period
    beat = max(processes.beat_before(period, now), there.felt)
    if first_look or math.isnan(there.foreseen) or (there.foreseen != beat and there.rests == 0):
        there.foreseen = beat
        there.marks, there.rests = _foresee(program, world, bond, beat)
    if there.marks <= now:
        return now
    return math.inf if there.rests != 0 else min(there.marks, processes.beat_after(period, now))


@kernel
def _mark(program, world, bond, now):
    """Write down that two whose affections were shifted have grown close, or apart again."""
    there = world.bonds[bond]
    back = world.bonds[there.back]
    limits = program.limits[0]
    warmth = min(there.affection, back.affection)
    if there.close == 0 and warmth >= limits.close_mark - _AT_MARK:
        _turn(world, bond, now)
    elif there.close != 0 and warmth < _apart(limits) + _AT_MARK:
        _turn(world, bond, now)


@kernel
def _apart(limits):
    """Return the affection below which two who were close are so no more."""
    return min(limits.apart_mark, limits.close_mark - 2.0 * _AT_MARK)


@kernel
def _turn(world, bond, now):
    """Write down that two have grown close, or apart again."""
    there = world.bonds[bond]
    back = world.bonds[there.back]
    kind = kinds.GREW_CLOSE if there.close == 0 else kinds.GREW_APART
    warmth = min(there.affection, back.affection)
    there.close = 1 - there.close
    back.close = there.close
    there.marks, there.foreseen = math.inf, math.nan
    cause = max(there.entry, back.entry)
    one, other = there.who, there.whom
    if world.people[one].key > world.people[other].key:  # the telling does not depend on their order in the file
        one, other = other, one
    who, whom = refs.ref(refs.PERSON, one), refs.ref(refs.PERSON, other)
    entry = acts.emit(world, now, kind, who, whom, world.people[one].place, warmth, cause)
    there.entry, back.entry = entry, entry
    acts.touch(world, topics.BONDS)


@kernel
def _foresee(program, world, bond, since):
    """Return when a pair passes its next mark within the period of `since`, and whether it rests from then on for good."""
    limits = program.limits[0]
    there = world.bonds[bond]
    back = world.bonds[there.back]
    ends = processes.beat_after(limits.bond_period, since)
    if there.noise <= 0.0 and back.noise <= 0.0 and _is_still(world, bond, since, ends):
        if _is_still(world, bond, since, max(limits.horizon, ends)):
            return math.inf, 1
    if _passes(limits, world, bond, since):
        return since, 0
    if not _passes(limits, world, bond, ends):
        return math.inf, 0
    low, high = since, ends
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if _passes(limits, world, bond, middle):
            high = middle
        else:
            low = middle
    return high, 0


@kernel
def _is_still(world, bond, since, until):
    """Return True when the affections of a pair are at `until` what they were."""
    x0, y0 = drifts.affections(world, bond, since)
    x1, y1 = drifts.affections(world, bond, until)
    return abs(x1 - x0) + abs(y1 - y0) < _STILL


@kernel
def _passes(limits, world, bond, then):
    """Return True when a pair is past its mark at `then`."""
    x, y = drifts.affections(world, bond, then)
    if world.bonds[bond].close == 0:
        return min(x, y) >= limits.close_mark
    return min(x, y) < _apart(limits)


# ------------------------------------------------------------------------------------------------ what is asked


@kernel
def _carry_out(program, world, number, now):
    asked = world.requests[number]
    verb, a, b, cause = asked.verb, asked.a, asked.b, asked.cause
    if verb == verbs.MEET:
        _meet(program, world, a, b, cause, now)
    elif verb == verbs.BOND:
        if _bond(program, world, a, b, asked.amount, asked.extra, cause, now):
            acts.done(program, world)
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
def _pair(world, one, other):
    """Return the row of a pair's first; it is kept for each pair that a scenario can move, and the world breaks without."""
    pair = relations.find(world, min(one, other), max(one, other))
    if pair < 0:
        world.state[0].broken = states.NUMBER_GUARD
    return pair


@kernel
def _meet(program, world, one, other, cause, now):
    """Let two people meet: what lay dormant wakes when it is stronger than what they feel now."""
    if one == other or not _both_live(world, one, other):
        return
    pair = _pair(world, one, other)
    if pair < 0:
        return
    who, whom = refs.ref(refs.PERSON, one), refs.ref(refs.PERSON, other)
    entry = acts.emit(world, now, kinds.MET, who, whom, world.people[one].place, 0.0, cause)
    _settle(world, pair, now)
    for turn in range(2):
        felt = world.bonds[pair if turn == 0 else world.bonds[pair].back]
        felt.contact = now
        felt.entry = entry
        if abs(felt.dormant) > abs(felt.affection):
            felt.affection = felt.dormant
            felt.dormant = 0.0
    _mark(program, world, pair, now)
    acts.touch(world, topics.BONDS)


@kernel
def _bond(program, world, who, whom, affection, promises, cause, now):
    """Shift what one feels for another; add promises kept, or broken when negative; return whether that is anything."""
    if who == whom or not _both_live(world, who, whom) or (affection == 0.0 and promises == 0.0):
        return False
    pair = _pair(world, who, whom)
    if pair < 0:
        return False
    bond = world.bonds[pair if who < whom else world.bonds[pair].back]
    if affection != 0.0:
        _settle(world, pair, now)
        bond.affection += affection
    if promises != 0.0:
        bond.kept = relations.faded(program, bond.kept, bond.counted, now) + max(promises, 0.0)
        bond.broken = relations.faded(program, bond.broken, bond.counted, now) + max(-promises, 0.0)
        bond.counted = now
    bond.entry = cause
    if affection != 0.0:
        _mark(program, world, pair, now)
    acts.touch(world, topics.BONDS)
    return True


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
    for bond in world.bonds:
        sides = world.people[bond.who].faction == one and world.people[bond.whom].faction == other
        if sides and _both_live(world, bond.who, bond.whom):
            closest = max(closest, bond.kin)
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
    else:
        who, whom = refs.ref(refs.FACTION, by), refs.ref(refs.FACTION, to)
        acts.emit(world, now, kinds.UNFORGIVEN, who, whom, -1, p, cause)


# ------------------------------------------------------------------------------------------------ balance


@kernel
def _mean_ties(world):
    for i in range(len(world.balance)):
        for j in range(len(world.balance)):
            if i != j:
                world.balance[i, j].tie = 0.5 * (world.ties[i, j].value + world.ties[j, i].value)


@kernel
def _balance(program, world, now):
    """Let the ties between sides tend to balance through the period that ends now."""
    n = len(world.balance)
    _mean_ties(world)
    _tend(program, world, program.limits[0].balance_period)
    moved = False
    for i in range(n):
        for j in range(i + 1, n):
            moved = _settle_tie(world, i, j, now) or moved
    if moved:
        acts.touch(world, topics.BONDS)
    world.state[0].balances = math.inf


@kernel
def _balances(program, world, now):
    """Return when ties between sides move next: at the end of the period, or never when all rest."""
    state = world.state[0]
    if len(world.balance) > 0 and math.isinf(state.balances):
        _mean_ties(world)
        if _restless(world):
            state.balances = processes.beat_after(program.limits[0].balance_period, now)
    return state.balances


@kernel
def _tend(program, world, dt):
    """Move the symmetric ties through dX/dt = rate X^2 (Marvel et al. 2011), keeping each within -1 and 1.

    Exact until a tie reaches its bound; in pieces no longer than half the way to the pole of the exact solution.
    """
    n = len(world.balance)
    left = program.limits[0].balancing * dt
    while left > 0.0 and acts.going(world, 10 + 4 * n * n * n):
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
        if left > 0.0 and not _restless(world):  # every tie is at its bound, and stays there
            return


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
