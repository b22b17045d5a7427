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

from ..declare import Mechanism, Section, condition, flag, named, quantity, rate, several, share
from ..systems import hearsay
from ..world import acts, asked, chance, processes, refs, relations, states, topics, watches
from ..world.compiled import kernel

talk = Mechanism(
    "talk",
    reads="people beliefs bonds",
    writes="talks talkers watches requests chronicle",
    asks="tell",
)
TALK = talk.stream("talk")
FELL_SILENT = talk.entry(
    "fell silent",
    "{subject} told it no more: {object}",
    "somebody stopped passing something on",
    subject="anything",
    object="anything",
)

PLANS = talk.plan(
    "talk_plans",
    "what is told among whom, and how readily",
    """
    key           u8 -        key of its luck
    fact          i4 fact     what it is about
    first         i4 -        its first row of `talkers`
    count         i4 -        how many rows
    when          i4 -        its row of `watches`: the condition under which it is told
    contact       f8 1/s      how often one speaks with another
    apart         i1 -        1 when they speak wherever they are
    by_trust      i1 -        1 when one tells by as much as the other trusts
    tires         f8 1        chance that telling somebody who knows makes the teller silent
    """,
)
TALKERS = talk.table(
    "talkers",
    "the named who may hear something and pass it on: those of one talk in a row, by their keys",
    """
    person        i4 person   whom
    hears         i4 clock    exposure to those who tell it
    tires         i4 clock    exposure to those who know it already
    asked         i1 -        1 while what they are being told has not yet been taken in
    silent        i1 -        1 once they tell it no more
    """,
)

_TELLERS = 1


@talk.section("talks", one="talk", plans=PLANS, teaches=True)
class Talk(Section):
    """A fact that named people tell one another of their own accord."""

    fact = named("fact")
    among = several("being", "the named who may hear it and pass it on")
    contact = rate("how often one who knows it tells another, each pair by itself")
    when = condition("while it is told", never="it is never told")
    apart = flag("they speak wherever they are; otherwise only while at the same place")
    by_trust = flag("the more a listener trusts somebody, the more often they are told")
    tires = share("chance that telling one who knows makes the teller silent for good", 0.0)
    poll = quantity("time", "how often a drifting condition is looked at", None)


@talk.builds_rows
def build(make):
    """Give each talk its members in the order of their numbers, and each of them two clocks."""
    members = []
    for item, plan, _, path in make.rows(Talk):
        depends = topics.BELIEFS | (topics.BONDS if item.by_trust else 0)
        named = make.named(item.among, (*path, "among"))
        if len(named) < 2:
            make.fault((*path, "among"), "a talk wants at least two people with names")
        plan.first, plan.count = len(members), len(named)
        for person, key in named:
            depends |= topics.person_bit(person, -1)
            pair = make.pair(plan.key, key)
            members.append((person, make.clock(TALK, make.pair(pair, 2)), make.clock(TALK, make.pair(pair, 3))))
        plan.when = make.watch(talk, item, path, depends)
    table = TALKERS.rows(len(members))
    for row, member in zip(table, members, strict=True):
        row.person, row.hears, row.tires = member
    make.world["talkers"] = table


@kernel
def telling_rate(contact, credit, share):
    """Return the rate [1/s] at which one tells another: contacts [1/s] x share believed x share told; 0 beats infinity."""
    if contact <= 0.0 or credit <= 0.0 or share <= 0.0:
        return 0.0
    return contact * credit * share


@talk.step
def step(program, world, since, now):
    """Let all that is told until now be told; return when the next will be."""
    due = math.inf
    for t in range(len(program.talk_plans)):
        due = min(due, _talk(program, world, t, since < 0.0, now))
    return due


@kernel
def _talk(program, world, t, first_look, now):
    plan = program.talk_plans[t]
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
    watch = world.watches[plan.when]
    if watches.look(program, world, plan.when, first_look or rang, now):
        then = watches.as_of(program, plan.when, now)
        if plan.by_trust != 0:
            then = processes.beat_before(relations.TRUST_BEAT, now)
            watch.next = min(watch.next, processes.beat_after(relations.TRUST_BEAT, now))
        for i in range(plan.first, plan.first + plan.count):
            _set_rates(program, world, plan, i, watch.held != 0, then, now)
    due = watch.next
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
    credit = relations.trust(program, world, mind, teller, now) if plan.by_trust != 0 else 1.0
    return telling_rate(plan.contact, credit, 1.0)


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
    u = chance.u01(world.state[0].luck, TALK, key, clock.occurrence)
    processes.rearm(clock, world.state[0].luck, now)
    teller = _teller(program, world, plan, talker.person, u, now)
    if teller < 0:  # they parted at this very instant
        return
    cause = world.beliefs[teller, plan.fact].entry
    listener = refs.ref(refs.PERSON, talker.person)
    asked.tell(world, now, cause, from_=teller, to=listener, fact=plan.fact)
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
    acts.emit(world, now, FELL_SILENT, who, what, world.people[talker.person].place, 0.0, cause)
