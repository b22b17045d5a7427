"""Following: who joins a movement, what comes of its rising, who talks whom round, and who goes over to another side.

People join once the share of the others who have, by weight, reaches their own threshold (Granovetter 1978); nobody's
joining takes time, so a cascade runs to its end at the instant that set it off, wave by wave, whatever the order of the
rows. Thresholds are drawn once, from a normal law. Whoever is made to join (a leader who refuses, say) does so whatever
the others do. A rising succeeds with a chance whose log-odds grow with the share that joined. Somebody goes over at the
rate h0 exp(kinship + injustice + persuasion - fear), each term with its coefficient, by an exponential clock. Those who talk a matter over each move to the mean of the others
by trust, as far as they are open, and hold to their own view as to the rest (Friedkin and Johnsen 1990; DeGroot 1974).

Assumes that everybody sees who has joined, and that joining is never undone. The dead count for nothing; captives
count but cannot join. Oracles O-11.6 to O-11.8 hold through the engine as well.
"""

from __future__ import annotations

import math

from ..laws import command as laws
from ..world import acts, chance, kinds, machine, processes, refs, relations, states, topics, verbs
from ..world.compiled import kernel
from ..world.parts import system

READS = ("people", "bonds", "what conditions and terms read")
WRITES = ("movements", "following", "defections", "views", "people", "requests", "chronicle")

_ABOUT_TO = 2


@system
def step(program, world, since, now):
    """Carry out what was asked, let people join until nobody more does, and let the clocks of defection run."""
    if since < 0.0:
        for m in range(len(world.movements)):
            _draw_thresholds(program, world, m)
    while acts.going(world, 10):
        number = acts.take(program, world, states.FOLLOWING)
        if number < 0:
            break
        _carry_out(program, world, number, now)
        acts.spend(program, world, number)
    due = math.inf
    for m in range(len(world.movements)):
        due = min(due, _watch(program, world, m, since < 0.0, now))
    for d in range(len(world.defections)):
        due = min(due, _waver(program, world, d, since < 0.0, now))
    return due


@kernel
def _draw_thresholds(program, world, m):
    """Give everybody who counts and has no threshold one of their own, by luck that belongs to the two."""
    plan, movement = program.movement_plans[m], world.movements[m]
    for i in range(len(world.people)):
        standing = world.following[m, i]
        if math.isnan(standing.threshold):
            luck = chance.u01(world.state[0].luck, chance.JOINING, chance.pair_key(plan.key, world.people[i].key), 0)
            standing.threshold = plan.threshold + plan.spread * chance.normal_quantile(luck)
    movement.stirred = 1


@kernel
def _carry_out(program, world, number, now):
    asked = world.requests[number]
    if asked.verb == verbs.RISE:
        first, last = acts.range_of(world, asked.a, program)
        for i in range(first, last):
            standing = world.following[asked.b, i]
            if (
                standing.joined == 0
                and world.people[i].status != states.DEAD
                and acts.is_of(world, asked.a, i, program)
            ):
                standing.joined = _ABOUT_TO
        _let_in(world, asked.b, asked.cause, now)
    elif asked.verb == verbs.ATTEMPT:
        _rise(program, world, asked.a, asked.cause, now)
    elif asked.verb == verbs.DISCUSS:
        _talk_over(program, world, asked.a, int(asked.amount), asked.cause, now)


# ------------------------------------------------------------------------------------------------ joining


@kernel
def _watch(program, world, m, first_look, now):
    """Look whether a movement is open and let people join; return when its condition may change by itself."""
    plan, movement = program.movement_plans[m], world.movements[m]
    if first_look or (movement.changed & plan.mask) != 0 or movement.next <= now:
        then = machine.as_of(plan.polled, plan.every, now)
        turns = machine.evaluate(program, world, plan.code, now, then)
        is_open = world.stack[0].value != 0.0
        movement.next = machine.look_again(turns, plan.polled, plan.every, now)
        if is_open and movement.open == 0:
            who = refs.ref(refs.MOVEMENT, m)
            movement.entry = acts.emit(world, now, kinds.CALLED, who, -1, -1, 0.0, world.stack[0].c1)
            movement.stirred = 1
        movement.open = 1 if is_open else 0
    if movement.weighed <= now:
        movement.stirred = 1
        movement.weighed = processes.beat_after(relations.TRUST_BEAT, now) if plan.trusting != 0 else math.inf
    if (movement.changed & topics.PEOPLE) != 0 or (plan.trusting != 0 and (movement.changed & topics.BONDS) != 0):
        movement.stirred = 1
    movement.changed = 0
    while movement.stirred != 0 and acts.going(world, 10 * len(world.people)):
        movement.stirred = 0
        _weigh_up(world, m)
        if movement.open != 0 and _wave(program, world, m, processes.beat_before(relations.TRUST_BEAT, now)):
            _let_in(world, m, movement.entry, now)
    return min(movement.next, movement.weighed)


@kernel
def _counts(world, m, i):
    return world.following[m, i].counts != 0 and world.people[i].status != states.DEAD


@kernel
def _weigh_up(world, m):
    """Bring the number who joined and their share, by weight, up to date."""
    movement = world.movements[m]
    movement.joined = 0
    inside, total = 0.0, 0.0
    for i in range(len(world.people)):
        if _counts(world, m, i):
            standing = world.following[m, i]
            total += standing.weight
            if standing.joined == 1:
                movement.joined += 1
                inside += standing.weight
    movement.share = inside / total if total > 0.0 else 0.0


@kernel
def _wave(program, world, m, then):
    """Mark everybody who joins at the sight of those who have; return whether there is anybody."""
    inside, total = 0.0, 0.0
    for i in range(len(world.people)):
        if _counts(world, m, i):
            total += world.following[m, i].weight
            if world.following[m, i].joined == 1:
                inside += world.following[m, i].weight
    any_more = False
    for i in range(len(world.people)):
        standing = world.following[m, i]
        if standing.joined != 0 or not _counts(world, m, i) or world.people[i].status != states.ACTIVE:
            continue
        seen, of = inside, total - standing.weight
        if program.movement_plans[m].trusting != 0 and i < len(world.minds):
            seen, of = _trusted(program, world, m, i, then)
        if laws.joins(seen, of, standing.threshold):
            standing.joined = _ABOUT_TO
            any_more = True
    return any_more


@kernel
def _trusted(program, world, m, who, then):
    """Return (weight of those who joined, weight of all others) as one of the named sees them, who trusts some more."""
    inside, total = 0.0, 0.0
    for i in range(len(world.people)):
        if i != who and _counts(world, m, i):
            weight = world.following[m, i].weight
            if i < len(world.minds):
                weight *= relations.trust(program, world, who, i, then)
            total += weight
            if world.following[m, i].joined == 1:
                inside += weight
    return inside, total


@kernel
def _let_in(world, m, cause, now):
    """Let those who are about to join do so."""
    movement = world.movements[m]
    entry = -1
    for i in range(len(world.people)):
        standing = world.following[m, i]
        if standing.joined == _ABOUT_TO:
            who, what = refs.ref(refs.PERSON, i), refs.ref(refs.MOVEMENT, m)
            entry = acts.emit(world, now, kinds.JOINED_IN, who, what, world.people[i].place, 0.0, cause)
            standing.entry = entry
            standing.joined = 1
            if standing.counts == 0:
                standing.counts = 1
    if entry >= 0:
        movement.entry = entry
        movement.stirred = 1
        _weigh_up(world, m)
        acts.touch(world, topics.MOVEMENTS)


@kernel
def _rise(program, world, m, cause, now):
    """Let a movement try its strength; once it has won there is nothing left to try."""
    plan, movement = program.movement_plans[m], world.movements[m]
    if movement.outcome == states.SUCCEEDED:
        return
    _weigh_up(world, m)
    p = laws.rising_success(movement.share, plan.needed, plan.steepness)
    what = refs.ref(refs.MOVEMENT, m)
    if p <= 0.0 and movement.share <= 0.0:
        acts.emit(world, now, kinds.STOOD_ALONE, -1, what, -1, 0.0, cause)
        return
    luck = chance.u01(world.state[0].luck, chance.UPRISING, plan.key, movement.attempts)
    movement.attempts += 1
    won = luck < p
    movement.outcome = states.SUCCEEDED if won else states.FAILED
    kind = kinds.ROSE if won else kinds.PUT_DOWN
    before = movement.entry
    movement.entry = acts.emit(world, now, kind, what, -1, -1, movement.share, cause)
    if movement.entry >= 0 and before >= 0:
        world.chronicle[movement.entry].cause2 = before
    acts.touch(world, topics.MOVEMENTS)


# ------------------------------------------------------------------------------------------------ opinions


@kernel
def _talk_over(program, world, o, rounds, cause, now):
    """Let the living of those concerned talk a matter over; each listens to the others by trust."""
    minds = len(world.minds)
    talkers = 0
    for i in range(minds):
        talkers += _talks(world, o, i)
    if talkers == 0:
        return
    for i in range(minds):
        heard = 0.0
        for j in range(minds):
            weight = 0.0
            if i != j and _talks(world, o, i) and _talks(world, o, j):
                weight = relations.trust(program, world, i, j, now)
            world.influence[i, j].weight = weight
            heard += weight
        for j in range(minds):
            if heard > 0.0:
                world.influence[i, j].weight /= heard
    views = world.views[o]
    if rounds <= 0:
        laws.settle_opinions(views.value, views.initial, world.influence.weight, views.openness, views.room)
    for _ in range(rounds):
        if not acts.going(world, minds * minds):
            break
        laws.opinion_step(views.value, views.initial, world.influence.weight, views.openness, views.room)
        for i in range(minds):
            world.views[o, i].value = world.views[o, i].room
    acts.emit(world, now, kinds.DISCUSSED, -1, refs.ref(refs.OPINION, o), -1, 0.0, cause)
    acts.touch(world, topics.BELIEFS)


@kernel
def _talks(world, o, i):
    return world.views[o, i].takes_part != 0 and world.people[i].status != states.DEAD


# ------------------------------------------------------------------------------------------------ going over


@kernel
def _waver(program, world, d, first_look, now):
    """Let the clock of a defection run at its present rate; return when it rings or wants to be looked at."""
    plan, row = program.defection_plans[d], world.defections[d]
    changed, row.changed = row.changed, 0
    if row.done != 0:
        return math.inf
    body, clock = world.people[plan.who], world.clocks[row.clock]
    if body.status == states.ACTIVE and processes.ring_time(clock) <= now:
        _go_over(program, world, d, now)
        return math.inf
    if not (first_look or (changed & plan.mask) != 0 or (changed & topics.PEOPLE) != 0 or row.next <= now):
        return min(row.next, processes.ring_time(clock))
    then = machine.as_of(plan.polled, plan.every, now)
    turns = machine.evaluate(program, world, plan.code, now, then)
    holds = world.stack[0].value != 0.0 and body.status == states.ACTIVE and body.faction != plan.side
    if holds and row.held == 0:
        row.entry = world.stack[0].c1
    row.held = 1 if holds else 0
    row.next = machine.look_again(turns, plan.polled, plan.every, now)
    rate = 0.0
    if holds:
        kin = machine.value_as_of(program, world, plan.kin, now, then)
        injustice = machine.value_as_of(program, world, plan.injustice, now, then)
        persuasion = machine.value_as_of(program, world, plan.persuasion, now, then)
        fear = machine.value_as_of(program, world, plan.fear, now, then)
        coefficients = (plan.by_kin, plan.by_injustice, plan.by_persuasion, plan.by_fear)
        rate = laws.defection_rate(plan.resting, kin, injustice, persuasion, fear, coefficients)
        if math.isnan(rate):
            world.state[0].broken = states.NUMBER_GUARD
            return math.inf
    if math.isinf(rate):
        _go_over(program, world, d, now)
        return math.inf
    return min(row.next, processes.set_rate(clock, rate, now))


@kernel
def _go_over(program, world, d, now):
    plan, row = program.defection_plans[d], world.defections[d]
    body = world.people[plan.who]
    row.done = 1
    who, side = refs.ref(refs.PERSON, plan.who), refs.ref(refs.FACTION, plan.side)
    row.entry = acts.emit(world, now, kinds.DEFECTED, who, side, body.place, 0.0, row.entry)
    body.entry = row.entry
    body.faction = plan.side
    for i in range(plan.first, plan.first + plan.count):
        effect = program.effects[i]
        at = now + effect.delay
        asked = effect.a, effect.b, effect.c, effect.d
        acts.request(world, effect.verb, effect.system, at, row.entry, *asked, effect.amount, effect.extra)
    acts.touch(world, topics.PEOPLE)
