"""Inquiry: somebody looks into whether a fact is so, and stops when the evidence is enough either way.

An inquiry is Wald's sequential test (1945), on one of two kinds of evidence: a continuous flow of information, or signs
that come by chance, more often if the fact is so than if not, whose absence speaks as well. Both are reckoned in work:
information, or seconds of one person who looks out for signs; each free person who takes part does the work of one, and
it rests while nobody does. How much work it takes and what it finds is drawn exactly when it begins, so it does not
matter how time is cut or how often the number of those at work changes. Its finding is wrong with the chances alpha and
beta; those who worked on it then know it, or know that it is not so, or (when it settles nothing) hold the evidence.

Assumes that what is so stays so: when it changes, the inquiry begins anew. Leaves out interim findings. Oracles: O-10.2
and O-10.8.
"""

from __future__ import annotations

import math

from ..laws import knowledge as laws
from ..world import acts, chance, kinds, machine, refs, states, topics, verbs
from ..world.compiled import kernel
from ..world.parts import system
from ..world.processes import exposure

READS = ("people", "facts", "beliefs", "what conditions read")
WRITES = ("inquiries", "requests", "chronicle")

_SURE = 1.0
_ATTEMPTS = 10_000
_DRAWS_AN_INQUIRY = 1 << 32


@system
def step(program, world, since, now):
    """Let work go on until now; conclude what is done; return when the next inquiry will be."""
    due = math.inf
    for i in range(len(world.inquiries)):
        due = min(due, _inquire(program, world, i, since < 0.0, now))
    return due


@kernel
def _inquire(program, world, i, first_look, now):
    plan, row = program.inquiry_plans[i], world.inquiries[i]
    if row.verdict != states.LOOKING:
        return math.inf
    ends = _ends(row)
    changed, row.changed = row.changed, 0
    if row.begun > 0 and row.rests != world.facts[plan.fact].true:
        _begin(program, world, i, now)
    elif ends <= now:
        _conclude(program, world, i, now)
        return math.inf
    if first_look or (changed & (plan.mask | topics.PEOPLE | topics.FACTS)) != 0 or row.next <= now:
        then = machine.as_of(plan.polled, plan.every, now)
        turns = machine.evaluate(program, world, plan.code, now, then)
        row.held = 1 if world.stack[0].value != 0.0 else 0
        cause = world.stack[0].c1
        row.next = machine.look_again(turns, plan.polled, plan.every, now)
        workers, one = _workers(program, world, i)
        rate = 0.0
        if row.held != 0 and workers > 0:
            rate = workers * (plan.information if plan.information >= 0.0 else 1.0)
            if row.begun == 0:
                who, what = refs.ref(refs.PERSON, one), refs.ref(refs.FACT, plan.fact)
                place = world.people[one].place
                row.entry = acts.emit(world, now, kinds.LOOKED_INTO, who, what, place, 0.0, cause)
                _begin(program, world, i, now)
        _set_rate(row, rate, now)
    ends = _ends(row)
    if ends <= now and row.begun > 0:
        _conclude(program, world, i, now)
        return math.inf
    return min(row.next, ends)


@kernel
def _set_rate(row, rate, now):
    """Let work go on at another rate from now on."""
    if rate != row.rate:
        row.spent += exposure(row.rate, now - row.at)
        row.at = now
        row.rate = rate


@kernel
def _ends(row):
    """Return when an inquiry is done if its rate stays as it is."""
    left = row.needed - row.spent
    if row.begun == 0 or row.rate <= 0.0:
        return math.inf
    if left <= 0.0 or math.isinf(row.rate):
        return row.at
    return row.at + left / row.rate


@kernel
def _workers(program, world, i):
    """Return how many free people with minds take part, and the one with the lowest number."""
    being = program.inquiry_plans[i].who
    first, last = acts.range_of(world, being, program)
    count, one = 0, -1
    for mind in range(first, min(last, len(world.minds))):
        body = world.people[mind]
        if body.status == states.ACTIVE and acts.awake(body) and acts.is_of(world, being, mind, program):
            count += 1
            if one < 0 or world.people[mind].key < world.people[one].key:
                one = mind
    return count, one


@kernel
def _begin(program, world, i, now):
    """Draw what an inquiry will find and the work that it takes."""
    plan, row = program.inquiry_plans[i], world.inquiries[i]
    true = world.facts[plan.fact].true
    side, row.needed = _outcome(world, plan, true, plan.key, row.begun)
    row.leads = states.FOUND if side > 0 else states.RULED_OUT
    row.begun += 1
    row.rests = true
    row.spent = 0.0
    row.at = now


@kernel
def _conclude(program, world, i, now):
    """Write the finding down, and let those who worked on it take it in."""
    plan, row = program.inquiry_plans[i], world.inquiries[i]
    row.verdict = row.leads
    found = row.verdict == states.FOUND
    worth = laws.accept_bound(plan.alpha, plan.beta) if found else laws.reject_bound(plan.alpha, plan.beta)
    _, one = _workers(program, world, i)
    kind = kinds.FOUND_SO if found else kinds.RULED_OUT
    what = refs.ref(refs.FACT, plan.fact)
    row.entry = acts.emit(world, now, kind, refs.ref(refs.PERSON, one), what, -1, worth, row.entry)
    root = refs.ref(refs.INQUIRY, i)
    first, last = acts.range_of(world, plan.who, program)
    for mind in range(first, min(last, len(world.minds))):
        if world.people[mind].status == states.DEAD or not acts.is_of(world, plan.who, mind, program):
            continue
        weight = worth
        if plan.settles != 0:
            sure, odds = program.limits[0].knowing + _SURE, world.beliefs[mind, plan.fact].odds
            weight = max(worth, sure - odds) if found else min(worth, -sure - odds)
        who = refs.ref(refs.PERSON, mind)
        acts.request(world, verbs.LEARN, states.KNOWLEDGE, now, row.entry, who, plan.fact, root, -1, weight, 0.0)
    acts.touch(world, topics.BELIEFS)


@kernel
def _outcome(world, plan, true, key, turn):
    """Return on which side an inquiry comes out, and after how much work."""
    seed, first = world.state[0].luck, turn * _DRAWS_AN_INQUIRY
    if plan.information >= 0.0:
        return laws.inquiry_outcome(true != 0, plan.alpha, plan.beta, seed, chance.INQUIRY, key, first)
    return laws.signs_outcome(
        true != 0, plan.if_so, plan.if_not, plan.alpha, plan.beta, seed, chance.INQUIRY, key, first
    )


@kernel
def redraw(program, world, now):
    """Draw anew how the inquiries under way come out, until one takes more work than was done; see docs/decisions/0005."""
    for i in range(len(world.inquiries)):
        plan, row = program.inquiry_plans[i], world.inquiries[i]
        if row.begun <= 0 or row.verdict != states.LOOKING:
            continue
        spent = row.spent + exposure(row.rate, now - row.at)
        for attempt in range(_ATTEMPTS):
            key = chance.pair_key(plan.key, attempt)
            side, needed = _outcome(world, plan, row.rests, key, row.begun - 1)
            if needed > spent:
                row.needed = needed
                row.leads = states.FOUND if side > 0 else states.RULED_OUT
                break
