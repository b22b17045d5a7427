"""Malfunction: wounds, a machine (or a person) that turns self-protective, and the race to stop it.

Being struck adds damage. Whoever has no malady dies of too much of it; whoever has one does not, but the rate at which
they malfunction grows exponentially with it. One who malfunctions is raced for: each pursuer may stop them unharmed,
or, once force is allowed, destroy them; they may recover by themselves or get away for good. Every rate is constant
between changes, so clocks ring at exact times, and who or what won is looked up in proportion to the rates.

Assumes that a pursuit counts only while the pursuer lives and is free; that one in custody is out of the race but for
recovery; that whoever recovered by themselves is safe until struck again. Somebody stopped stays stopped until
repaired; one who is at large cannot be repaired. Leaves out which part was hit, and modes in between. Sources and
oracles (O-9.1 to O-9.6): `laws.malfunction`.
"""

from __future__ import annotations

import math

from ..laws import malfunction as laws
from ..world import acts, chance, kinds, processes, refs, states, topics, verbs
from ..world.compiled import kernel
from ..world.parts import system

READS = ("people", "maladies", "limits")
WRITES = ("people", "maladies", "clocks", "chronicle")

STOP, DESTROY, RECOVER, ESCAPE = range(4)


@system
def step(program, world, since, now):
    """Let clocks ring that have run out, do what was asked, and set the rates that hold from now on."""
    for i in range(len(world.maladies)):
        _ring(program, world, i, now)
    while acts.going(world, 10):
        number = acts.take(program, world, states.MALFUNCTION)
        if number < 0:
            break
        _carry_out(program, world, number, now)
        acts.spend(program, world, number)
    due = math.inf
    for i in range(len(world.maladies)):
        due = min(due, _set_rates(world, i, now))
    return due


@kernel
def malady_of(world, person):
    """Return the row of a person's malady, or -1."""
    for i in range(len(world.maladies)):
        if world.maladies[i].person == person:
            return i
    return -1


@kernel
def _change(world, i, mode, entry):
    """Let malady `i` take its bearer to `mode`."""
    row = world.maladies[i]
    body = world.people[row.person]
    body.mode = mode
    body.entry = entry
    row.entry = entry
    acts.touch_person(world, row.person)
    acts.touch(world, topics.HEALTH)


# ------------------------------------------------------------------------------------------------ the race


@kernel
def _pursues(world, row, person):
    return world.people[person].pursues == row.person and world.people[person].status == states.ACTIVE


@kernel
def _race(world, i):
    """Return the rates of stopping, destruction, recovery and escape [1/s]."""
    row = world.maladies[i]
    body = world.people[row.person]
    if body.mode != states.SELF_PROTECTIVE or body.status == states.DEAD:
        return 0.0, 0.0, 0.0, 0.0
    if body.status != states.ACTIVE:
        return 0.0, 0.0, row.recovery, 0.0
    destroy = row.destroy if math.isfinite(row.allowed) else 0.0
    return row.capture * row.pursuers, destroy * row.pursuers, row.recovery, row.escape


@kernel
def _set_rates(world, i, now):
    """Let the clocks of malady `i` run at the rates that hold from now on; return when one rings next."""
    row = world.maladies[i]
    body = world.people[row.person]
    row.pursuers = 0
    for person in range(len(world.minds)):
        if _pursues(world, row, person):
            row.pursuers += 1
    onset = 0.0
    if body.mode == states.NOMINAL and body.status != states.DEAD:
        onset = laws.switch_rate(row.onset, row.gain, body.damage)
    stop, destroy, recover, escape = _race(world, i)
    due = _let_run(world, row.clock_onset, onset, now)
    return min(due, _let_run(world, row.clock_race, stop + destroy + recover + escape, now))


@kernel
def _let_run(world, clock, rate, now):
    """Let a clock run at `rate`; return when it rings, never when it stands still, even if it had rung just now."""
    rings = processes.set_rate(world.clocks[clock], rate, now)
    return rings if rate > 0.0 else math.inf


@kernel
def _ring(program, world, i, now):
    """Let malady `i` break out, or its race end, when its clock has run out by now."""
    row = world.maladies[i]
    body = world.people[row.person]
    onset, race = world.clocks[row.clock_onset], world.clocks[row.clock_race]
    if body.status == states.DEAD:
        return
    if processes.rings(onset, now):
        processes.rearm(onset, world.state[0].luck, now)
        who = refs.ref(refs.PERSON, row.person)
        entry = acts.emit(world, now, kinds.MALFUNCTIONED, who, -1, body.place, body.damage, max(row.entry, 0))
        _change(world, i, states.SELF_PROTECTIVE, entry)
    elif processes.rings(race, now):
        _decide(program, world, i, race.occurrence, now)
        processes.rearm(race, world.state[0].luck, now)


@kernel
def _decide(program, world, i, occurrence, now):
    """Look up who or what won the race about malady `i`, and let it happen."""
    row = world.maladies[i]
    seed, key = world.state[0].luck, world.people[row.person].key
    u = chance.u01(seed, chance.CAPTURE, chance.pair_key(key, chance.CAPTURE), occurrence)
    won = processes.winner(u, _race(world, i))
    if won < 0:
        return
    who = refs.ref(refs.PERSON, row.person)
    place = world.people[row.person].place
    by = refs.ref(refs.PERSON, _pursuer(world, i, occurrence)) if won in (STOP, DESTROY) else refs.NOBODY
    if won == DESTROY:
        entry = acts.kill(world, row.person, by, now, max(row.pursuit, 0))
        if entry >= 0:
            world.chronicle[entry].cause2 = row.licence
        _change(world, i, states.WRECKED, entry)
    elif won == STOP:
        entry = acts.emit(world, now, kinds.STOPPED, who, by, place, 0.0, max(row.pursuit, 0))
        _change(world, i, states.STOPPED, entry)
    elif won == RECOVER:
        entry = acts.emit(world, now, kinds.RECOVERED, who, by, place, 0.0, max(row.entry, 0))
        _change(world, i, states.RECOVERED, entry)
    else:
        entry = acts.emit(world, now, kinds.GOT_AWAY, who, by, place, 0.0, max(row.entry, 0))
        _change(world, i, states.AWAY, entry)
    for person in range(len(world.minds)):
        if world.people[person].pursues == row.person:
            world.people[person].pursues = -1


@kernel
def _pursuer(world, i, occurrence):
    """Return which of the pursuers it was: the first in a race of equals, whatever the order of rows."""
    row = world.maladies[i]
    best, soonest = -1, math.inf
    for person in range(len(world.minds)):
        if _pursues(world, row, person):
            pair = chance.pair_key(world.people[row.person].key, world.people[person].key)
            wait = chance.exponential(world.state[0].luck, chance.CAPTURE, pair, occurrence)
            if wait < soonest:
                best, soonest = person, wait
    return best


# ------------------------------------------------------------------------------------------------ what is asked


@kernel
def _carry_out(program, world, number, now):
    asked = world.requests[number]
    verb, who, by, cause = asked.verb, asked.a, asked.b, asked.cause
    body = world.people[who]
    if body.status == states.DEAD:
        return
    if verb == verbs.INJURE:
        _injure(program, world, who, by, asked.amount, cause, now)
        return
    i = malady_of(world, who)
    if verb == verbs.REPAIR:
        if body.mode == states.SELF_PROTECTIVE or body.mode == states.AWAY:
            acts.idle(program, world, kinds.WAS_UNFIT)
            return
        if body.damage <= 0.0 and body.mode == states.NOMINAL:
            return
        body.damage = 0.0
        body.mode = states.NOMINAL
        first, second = refs.ref(refs.PERSON, who), refs.ref(refs.PERSON, by)
        body.entry = acts.emit(world, now, kinds.REPAIRED, first, second, body.place, 0.0, cause)
        if i >= 0:
            world.maladies[i].entry = body.entry
        acts.touch_person(world, who)
        acts.touch(world, topics.HEALTH)
    elif i >= 0 and verb == verbs.PURSUE:
        hunter = world.people[by]
        if hunter.pursues == who:
            acts.idle(program, world, kinds.WAS_SO)
        elif hunter.status != states.DEAD:
            hunter.pursues = who
            first, second = refs.ref(refs.PERSON, who), refs.ref(refs.PERSON, by)
            world.maladies[i].pursuit = acts.emit(world, now, kinds.PURSUED, first, second, hunter.place, 0.0, cause)
    elif i >= 0 and verb == verbs.ALLOW:
        if math.isinf(world.maladies[i].allowed):
            world.maladies[i].allowed = now
            thing = refs.ref(refs.PERSON, who)
            world.maladies[i].licence = acts.emit(world, now, kinds.ALLOWED, thing, -1, body.place, 0.0, cause)
        else:
            acts.idle(program, world, kinds.WAS_SO)


@kernel
def _injure(program, world, who, by, amount, cause, now):
    body = world.people[who]
    body.damage += amount
    first, second = refs.ref(refs.PERSON, who), refs.ref(refs.PERSON, by)
    body.entry = acts.emit(world, now, kinds.INJURED, first, second, body.place, amount, cause)
    i = malady_of(world, who)
    if i >= 0:
        world.maladies[i].entry = body.entry
        if body.mode == states.RECOVERED:
            body.mode = states.NOMINAL
    acts.touch_person(world, who)
    acts.touch(world, topics.HEALTH)
    if i < 0 and body.damage >= program.limits[0].wounds_kill:
        acts.kill(world, who, second, now, body.entry)
