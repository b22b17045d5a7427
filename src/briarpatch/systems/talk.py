"""Talk: what the named tell one another of their own accord, whenever they come to speak of it.

Somebody who knows a fact, and has something to say of it that another has not heard, tells them at the rate of their
contact: while the two are at the same place, or wherever they are; weighted, where the scenario says so, with how far
the listener trusts the teller. Who tells somebody that knows already may fall silent for good (after Maki and Thompson
1973, on a network of contacts). What is told counts as any telling does, by its roots and by trust, so one talk may
leave a listener unsure, and nobody is told the same thing twice. Each hearing and each falling silent has an
exponential clock of its own; rates change only when somebody comes, goes, dies, learns or changes their trust.

Assumes that contacts are memoryless and that captives talk too. Leaves out forgetting, and lies. Oracle O-10.9 holds
through the engine as well.
"""

from __future__ import annotations

import math

import numpy as np

from ..laws import knowledge as laws
from ..world import acts, chance, kinds, machine, processes, refs, states, verbs
from ..world.compiled import kernel
from ..world.parts import system
from . import hearsay

READS = ("people", "beliefs", "bonds", "what conditions read")
WRITES = ("talks", "talkers", "requests", "chronicle")

_TELLERS = 1


@system
def step(program, world, since, now):
    """Let all that is told until now be told; return when the next will be."""
    due = math.inf
    for t in range(len(world.talks)):
        due = min(due, _talk(program, world, t, since < 0.0, now))
    return due


@kernel
def _talk(program, world, t, first_look, now):
    plan, talk = program.talk_plans[t], world.talks[t]
    changed, talk.changed = talk.changed, 0
    rang = False
    for i in range(plan.first, plan.first + plan.count):
        talker = world.talkers[i]
        asked, talker.asked = talker.asked, 0
        if asked != 0:
            rang = True
        elif processes.rings(world.clocks[talker.hears], now):
            _hear(program, world, plan, i, now)
            rang = True
    for i in range(plan.first, plan.first + plan.count):
        if processes.rings(world.clocks[world.talkers[i].tires], now):
            _fall_silent(program, world, plan, i, now)
            rang = True
    if first_look or rang or (changed & plan.mask) != 0 or talk.next <= now:
        then = machine.as_of(plan.polled, plan.every, now)
        turns = machine.evaluate(program, world, plan.code, now, then)
        talk.held = 1 if world.stack[0].value != 0.0 else 0
        talk.next = machine.look_again(turns, plan.polled, plan.every, now)
        if plan.by_trust != 0:
            then = processes.beat_before(acts.TRUST_BEAT, now)
            talk.next = min(talk.next, processes.beat_after(acts.TRUST_BEAT, now))
        for i in range(plan.first, plan.first + plan.count):
            _set_rates(program, world, plan, i, talk.held != 0, then, now)
    due = talk.next
    for i in range(plan.first, plan.first + plan.count):
        talker = world.talkers[i]
        if talker.asked != 0:  # what was told is taken in before anything else at this instant
            return now
        due = min(due, _next_ring(world.clocks[talker.hears]), _next_ring(world.clocks[talker.tires]))
    return due


@kernel
def _next_ring(clock):
    return processes.ring_time(clock) if clock.rate > 0.0 else math.inf


@kernel
def _pace(program, world, plan, teller, mind, now):
    """Return how often [1/s] one member of a talk tells another what they know."""
    if teller == mind or not acts.awake(world.people[teller]) or world.people[mind].status == states.DEAD:
        return 0.0
    if plan.apart == 0 and not acts.beside(world, teller, mind):
        return 0.0
    credit = acts.trust(program, world, mind, teller, now) if plan.by_trust != 0 else 1.0
    return laws.telling_rate(plan.contact, credit, 1.0)


@kernel
def _telling(program, world, plan, i, mind, now):
    """Return how often [1/s] member `i` of a talk tells `mind`, who does not know yet, something new."""
    talker = world.talkers[i]
    belief = world.beliefs[talker.person, plan.fact]
    if talker.silent != 0 or belief.known == 0:
        return 0.0
    pace = _pace(program, world, plan, talker.person, mind, now)
    if pace > 0.0 and hearsay.news(program, world, talker.person, mind, plan.fact, belief.roots, now)[1] == np.uint64(
        0
    ):
        return 0.0
    return pace


@kernel
def _set_rates(program, world, plan, i, held, then, now):
    """Let the two clocks of a member run at the rates that hold from now on."""
    talker = world.talkers[i]
    knows = world.beliefs[talker.person, plan.fact].known != 0
    hearing, tiring = 0.0, 0.0
    if held and talker.asked == 0 and not knows:
        for j in range(plan.first, plan.first + plan.count):
            hearing += _telling(program, world, plan, j, talker.person, then)
    elif held and knows and talker.silent == 0 and plan.tires > 0.0:
        for j in range(plan.first, plan.first + plan.count):
            other = world.talkers[j].person
            if world.beliefs[other, plan.fact].known != 0:
                tiring += plan.tires * _pace(program, world, plan, talker.person, other, then)
    processes.set_rate(world.clocks[talker.hears], hearing, now)
    processes.set_rate(world.clocks[talker.tires], tiring, now)


@kernel
def _hear(program, world, plan, i, now):
    """Let a member be told by one of those who tell it now, drawn by how often each does."""
    talker = world.talkers[i]
    clock = world.clocks[talker.hears]
    key = chance.pair_key(chance.pair_key(plan.key, world.people[talker.person].key), _TELLERS)
    u = chance.u01(world.state[0].luck, chance.TALK, key, clock.occurrence)
    processes.rearm(clock, world.state[0].luck, now)
    teller = _teller(program, world, plan, talker.person, u, now)
    if teller < 0:  # they parted at this very instant
        return
    cause = world.beliefs[teller, plan.fact].entry
    listener = refs.ref(refs.PERSON, talker.person)
    acts.request(world, verbs.TELL, states.KNOWLEDGE, now, cause, teller, listener, plan.fact, -1, 0.0, 0.0)
    talker.asked = 1


@kernel
def _teller(program, world, plan, mind, u, now):
    """Return who tells `mind` something new, drawn by how often each does; -1 for nobody."""
    total = 0.0
    for j in range(plan.first, plan.first + plan.count):
        total += _telling(program, world, plan, j, mind, now)
    left, teller = u * total, -1
    for j in range(plan.first, plan.first + plan.count):
        rate = _telling(program, world, plan, j, mind, now)
        if rate > 0.0 and left >= 0.0:
            teller = world.talkers[j].person
            left -= rate
    return teller


@kernel
def _fall_silent(program, world, plan, i, now):
    talker = world.talkers[i]
    talker.silent = 1
    world.clocks[talker.tires].rate = 0.0
    who, what = refs.ref(refs.PERSON, talker.person), refs.ref(refs.FACT, plan.fact)
    cause = world.beliefs[talker.person, plan.fact].entry
    acts.emit(world, now, kinds.FELL_SILENT, who, what, world.people[talker.person].place, 0.0, cause)
