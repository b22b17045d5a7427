"""Knowledge: evidence, telling, learning by being there, and pretences that are seen through.

What is true and what is believed are separate tables. A belief is a log-odds; evidence adds its weight (Good 1950),
once for each root: a rumour that comes back by another mouth has the same root and adds nothing. A teller passes on
every root that they hold, each worth at most ln(r / (1 - r)) to a listener who trusts them by r. Somebody knows a fact
from the scenario's threshold on. Where a scenario asks what one holds of another's knowing, telling makes each of the two
suppose that the other knows, and so does being at the same place when it is revealed there. A staged place (a copy, a set, a cover story) is noticed by an exponential clock whose
rate is people present x attention x density of discrepancies, which wears off (habituation) and starts afresh with the
next company when all have left; noticing makes everybody there drop what they learned in it. Evidence that rests on
somebody's face loses what treatment has cost that face (`laws.ageing.recognition`).

Assumes that the first account of a root is the one that counts, and that the dead neither learn nor tell; what they had
sent before still arrives. Leaves out
forgetting, and who overhears a telling. Sources: Good 1950; for sources of doubtful reliability see `laws.knowledge`.
"""

from __future__ import annotations

import math

import numpy as np

from ..laws import ageing
from ..laws import knowledge as laws
from ..world import acts, chance, drifts, kinds, recorder, refs, states, topics, verbs
from ..world.compiled import kernel
from ..world.parts import system
from . import hearsay

READS = ("people", "bonds", "messages", "chronicle", "staged")
WRITES = ("beliefs", "roots", "facts", "staged", "chronicle")

LIMIT = 50.0
"""Log-odds are kept within this many nats."""

_TOLD_WEIGHT = 8.0


@system
def step(program, world, since, now):
    """Take in what was asked, then let staged places be seen through."""
    while acts.going(world, 10):
        number = acts.take(program, world, states.KNOWLEDGE)
        if number < 0:
            break
        _carry_out(program, world, number, now)
        acts.spend(program, world, number)
    due = math.inf
    for i in range(len(world.staged)):
        due = min(due, _pretend(program, world, i, now))
    return due


@kernel
def _carry_out(program, world, number, now):
    asked = world.requests[number]
    verb, a, b, c, cause = asked.verb, asked.a, asked.b, asked.c, asked.cause
    moved = False
    if verb == verbs.LEARN:
        source = c if c >= 0 else cause_source(world, cause)
        weight = asked.amount
        if asked.d >= 0:
            weight = ageing.recognition(weight, drifts.burden(program, world.people[asked.d], now))
            if weight == 0.0:
                return  # a face past recognising shows nothing, and leaves the root for better evidence
        first, last = acts.range_of(world, a, program)
        for mind in range(first, min(last, len(world.minds))):
            if acts.is_of(world, a, mind, program) and learn(program, world, mind, b, source, weight, -1, cause, now):
                moved = True
    elif verb == verbs.REVEAL:
        source, company = cause_source(world, cause), False
        for i in range(len(world.people)):
            if world.people[i].status != states.DEAD and acts.is_at(program, world, b, world.people[i].place):
                company = True
                if i < len(world.minds) and learn(program, world, i, a, source, asked.amount, -1, cause, now):
                    moved = True
        if len(world.insights) > 0 and _seen_by_all(program, world, a, b, asked.amount, cause, now):
            moved = True
        if not company:
            acts.emit(world, now, kinds.WAS_EMPTY, -1, refs.ref(refs.PLACE, b), b, float(verb), cause)
    elif verb == verbs.TELL:
        first, last = acts.range_of(world, b, program)
        for mind in range(first, min(last, len(world.minds))):
            if mind != a and acts.is_of(world, b, mind, program):
                if tell(program, world, a, mind, c, world.beliefs[a, c].roots, kinds.TOLD, cause, now):
                    moved = True
    elif verb == verbs.HEAR:
        message = world.messages[a]
        first, last = acts.range_of(world, message.receiver, program)
        for mind in range(first, min(last, len(world.minds))):
            if mind != message.sender and acts.is_of(world, message.receiver, mind, program):
                tell(program, world, message.sender, mind, message.fact, message.roots, kinds.HEARD_FROM, cause, now)
    elif verb == verbs.BECOME:
        fact = world.facts[a]
        if fact.true != b:
            fact.true = b
            kind = kinds.BECAME_TRUE if b != 0 else kinds.BECAME_FALSE
            fact.entry = acts.emit(world, now, kind, -1, refs.ref(refs.FACT, a), -1, 0.0, cause)
            acts.touch(world, topics.FACTS)
    elif verb == verbs.DETECT:
        sensor = world.sensors[b]
        if sensor.fact >= 0:
            learn(program, world, a, sensor.fact, refs.ref(refs.SENSOR, b), sensor.weight, -1, cause, now)
    elif verb == verbs.DISBELIEVE:
        pretence = program.places[b].staged
        moved = pretence >= 0 and _disbelieve(program, world, a, pretence, cause, now)
    elif verb == verbs.SUPPOSE:
        moved = suppose(program, world, a, b, c, asked.amount, cause, now)
    if moved:
        acts.done(program, world)


@kernel
def cause_source(world, cause):
    """Return what evidence without a named root goes back to: the subject of the entry that gave it."""
    return world.chronicle[cause].subject if cause >= 0 else refs.NOBODY


@kernel
def root_of(world, fact, source, weight):
    """Return the number of the root `source` of evidence about a fact, entering it if it is new; -1 for no room (a guard)."""
    used = world.facts[fact].sources
    for k in range(used):
        if world.roots[fact, k].source == source:
            return k
    if used >= world.roots.shape[1]:
        world.state[0].broken = states.ROOTS_GUARD
        return -1
    world.roots[fact, used].source = source
    world.roots[fact, used].weight = weight
    world.facts[fact].sources = used + 1
    return used


@kernel
def learn(program, world, mind, fact, source, weight, told_by, cause, now):
    """Give `mind` first-hand evidence of `weight` [nat] from the root `source`, which counts once; return whether it did."""
    if world.people[mind].status == states.DEAD:
        return False
    root = root_of(world, fact, source, weight)
    if root < 0:
        return False
    bit = np.uint64(1) << np.uint64(root)
    belief = world.beliefs[mind, fact]
    if (belief.roots & bit) != np.uint64(0):
        return False
    belief.roots |= bit
    _shift(program, world, mind, fact, weight, bit, told_by, cause, now)
    return True


@kernel
def tell(program, world, teller, mind, fact, roots, kind, cause, now):
    """Let `teller` pass on the evidence of `roots`; each root is worth what the listener trusts the teller for.

    In an entry of `kind`: TOLD by mouth, or HEARD_FROM for word that was sent, whose sender may be dead by now.
    Returns whether it changed what either holds.
    """
    if world.people[mind].status == states.DEAD:
        return False
    moved = False
    if len(world.insights) > 0 and roots != np.uint64(0):
        moved = suppose(program, world, teller, mind, fact, _TOLD_WEIGHT, cause, now)
        moved = suppose(program, world, mind, teller, fact, _TOLD_WEIGHT, cause, now) or moved
    total, fresh = hearsay.news(program, world, teller, mind, fact, roots, now)
    if fresh == np.uint64(0):
        return moved
    world.beliefs[mind, fact].roots |= fresh
    who, other = refs.ref(refs.PERSON, teller), refs.ref(refs.PERSON, mind)
    if kind == kinds.HEARD_FROM:
        who, other = other, who
    entry = acts.emit(world, now, kind, who, other, world.people[mind].place, float(fact), cause)
    _shift(program, world, mind, fact, total, fresh, teller, entry, now)
    return True


@kernel
def suppose(program, world, who, of, fact, weight, cause, now):
    """Give `who` evidence of `weight` [nat] that `of` knows a fact, where the scenario asks; return whether it does."""
    if who == of or world.people[who].status == states.DEAD:
        return False
    asked = False
    for insight in world.insights:
        if insight.who == who and insight.of == of and insight.fact == fact:
            asked = True
            insight.odds = max(-LIMIT, min(LIMIT, laws.update(insight.odds, weight)))
            knows = insight.odds >= program.limits[0].knowing
            if knows != (insight.known != 0):
                insight.known = 1 if knows else 0
                kind = kinds.SUPPOSED if knows else kinds.UNSUPPOSED
                one, other = refs.ref(refs.PERSON, who), refs.ref(refs.PERSON, of)
                insight.entry = acts.emit(world, now, kind, one, other, -1, float(fact), cause)
                acts.touch(world, topics.BELIEFS)
    return asked


@kernel
def _seen_by_all(program, world, fact, place, weight, cause, now):
    """Let everybody at a place suppose that all others there know what was revealed; return whether anybody does."""
    moved = False
    for insight in world.insights:
        one, other = world.people[insight.who], world.people[insight.of]
        if insight.fact != fact or other.status == states.DEAD:
            continue
        if acts.is_at(program, world, place, one.place) and acts.is_at(program, world, place, other.place):
            moved = suppose(program, world, insight.who, insight.of, fact, weight, cause, now) or moved
    return moved


@kernel
def _shift(program, world, mind, fact, weight, roots, told_by, cause, now):
    """Move a belief by `weight` [nat] that came from `roots`, and write down the marks that it passes."""
    belief = world.beliefs[mind, fact]
    before = belief.odds
    knew = belief.known != 0
    belief.odds = max(-LIMIT, min(LIMIT, before + weight))
    belief.told_by = told_by
    place = world.people[mind].place
    pretence = program.places[place].staged if place >= 0 else -1
    if roots != np.uint64(0) and pretence >= 0 and world.staged[pretence].noticed == 0:
        belief.staged = 1 + pretence
        belief.feigned += belief.odds - before
        belief.feigned_roots |= roots
    knows = belief.odds >= program.limits[0].knowing
    kind = -1
    if knows and not knew:
        kind = kinds.LEARNED
        belief.since = now
    elif belief.odds > 0.0 and before <= 0.0:
        kind = kinds.SUSPECTED
    elif belief.odds <= 0.0 and (knew or before > 0.0):
        kind = kinds.DOUBTED
    belief.known = 1 if knows else 0
    if not knows:
        belief.since = math.inf
    if kind >= 0:
        who, what = refs.ref(refs.PERSON, mind), refs.ref(refs.FACT, fact)
        belief.entry = acts.emit(world, now, kind, who, what, place, belief.odds, cause)
    else:
        belief.entry = cause
    recorder.stir(world, mind)
    acts.touch(world, topics.BELIEFS)


@kernel
def _disbelieve(program, world, mind, pretence, cause, now):
    """Take back everything that `mind` learned in a staged place; return whether that was anything."""
    moved = False
    for fact in range(world.beliefs.shape[1]):
        belief = world.beliefs[mind, fact]
        if belief.staged == 1 + pretence:
            feigned = belief.feigned
            belief.staged = 0
            belief.feigned = 0.0
            belief.roots &= ~belief.feigned_roots
            belief.feigned_roots = np.uint64(0)
            _shift(program, world, mind, fact, -feigned, np.uint64(0), -1, cause, now)
            moved = True
    return moved


@kernel
def _pretend(program, world, i, now):
    """Let those inside staged place `i` look about; return when they will notice if nothing changes.

    What they were exposed to is added up only when their attention changes.
    """
    staged = world.staged[i]
    if staged.noticed != 0:
        return math.inf
    clock = world.clocks[staged.clock]
    attention, company = _attention(world, staged.place)
    if attention != clock.rate:
        _look_about(world, i, now)
        clock.rate = attention
    if company == 0:
        staged.began = math.inf
        return math.inf
    if math.isinf(staged.began):
        staged.began = now
    since = max(clock.at, staged.began)
    left = max(clock.threshold - clock.spent, 0.0)
    faded = 0.0 if math.isinf(staged.habituation) else (since - staged.began) / staged.habituation
    notices = since + laws.noticing_time(left, attention, staged.density * math.exp(-faded), staged.habituation)
    if notices <= now:
        _notice(program, world, i, now)
        return math.inf
    return notices


@kernel
def _look_about(world, i, now):
    """Add up what those in staged place `i` were exposed to since their attention last changed."""
    staged = world.staged[i]
    clock = world.clocks[staged.clock]
    if math.isfinite(staged.began):
        before = max(clock.at, staged.began) - staged.began
        until = now - staged.began
        clock.spent += laws.noticing_exposure(1.0, clock.rate, staged.density, staged.habituation, before, until)
    clock.at = now


@kernel
def _attention(world, place):
    """Return the attention of all who live in a place (the named by their own, others 1 each), and how many they are."""
    total, company = 0.0, 0
    for i in range(len(world.people)):
        body = world.people[i]
        if body.place == place and body.status != states.DEAD:
            total += world.minds[i].alert if i < len(world.minds) else 1.0
            company += 1
    return total, company


@kernel
def _first_to_notice(world, i):
    """Return who there is the first to notice: a race in proportion to attention, the same in whatever order they stand."""
    staged = world.staged[i]
    key = world.clocks[staged.clock].key
    best, first = math.inf, -1
    for person in range(len(world.people)):
        body = world.people[person]
        if body.place == staged.place and body.status != states.DEAD:
            alert = world.minds[person].alert if person < len(world.minds) else 1.0
            if alert > 0.0:
                luck = chance.pair_key(key, body.key)
                wait = chance.exponential(world.state[0].luck, chance.NOTICING, luck, 1) / alert
                if wait < best:
                    best, first = wait, person
    return first


@kernel
def _notice(program, world, i, now):
    """Let somebody see through the pretence, and tell the others there."""
    staged = world.staged[i]
    staged.noticed = 1
    who = refs.ref(refs.PERSON, _first_to_notice(world, i))
    staged.entry = acts.emit(world, now, kinds.NOTICED, who, -1, staged.place, 0.0, staged.entry)
    for person in range(len(world.minds)):
        if world.people[person].place == staged.place and world.people[person].status != states.DEAD:
            _disbelieve(program, world, person, i, staged.entry, now)
            if staged.fact >= 0:
                source = refs.ref(refs.PLACE, staged.place)
                learn(
                    program,
                    world,
                    person,
                    staged.fact,
                    source,
                    2.0 * program.limits[0].knowing + 6.0,
                    -1,
                    staged.entry,
                    now,
                )
    acts.touch(world, topics.PEOPLE)


# ------------------------------------------------------------------------------------------------ fresh luck


@kernel
def settle(program, world, now):
    """Add up what those in staged places were exposed to so far."""
    for i in range(len(world.staged)):
        _look_about(world, i, now)
