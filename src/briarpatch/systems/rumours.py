"""Rumours: what goes about in crowds by counts of people, and secrets that their insiders let out.

A crowd is well mixed: ignorants, spreaders and stiflers. In the law of calls each spreader tells somebody at random, and
falls silent when that one knows already (Maki and Thompson 1973); in the law of meetings the two of a pair do (Daley and
Kendall 1964). Each event comes at its exact time. Named people who have to do with the crowd are called as often as
anybody in it; what they then learn has the rumour itself as its root. A secret that N insiders keep leaks at the rate
1 - (1 - p)^N per unit of p, N being those who know it now and the nameless (Grimes 2016, as corrected), by an
exponential clock; a named insider, drawn evenly, tells by their own mouth.

Whoever dies leaves the counts, as likely one who has heard as any other. Assumes that nobody else leaves a crowd while a
rumour runs, and that named listeners do not pass it back to the crowd.
Oracles: O-10.3, O-10.4 and O-10.6.
"""

from __future__ import annotations

import math

from ..laws import knowledge as laws
from ..world import acts, chance, kinds, machine, processes, refs, states, tallies, topics, verbs
from ..world.compiled import kernel
from ..world.parts import system

READS = ("people", "beliefs", "what conditions read")
WRITES = ("rumours", "listeners", "secrets", "requests", "chronicle")

_OUTCOMES, _DEATHS = 1, 2


@system
def step(program, world, since, now):
    """Carry out what was asked, let every call until now happen, and let secrets leak."""
    while acts.going(world, 10):
        number = acts.take(program, world, states.RUMOURS)
        if number < 0:
            break
        asked = world.requests[number]
        _bury(program, world, asked.a, now)
        if _spread(program, world, asked.a, asked.amount, asked.cause, now):
            acts.done(program, world)
        acts.spend(program, world, number)
    due = math.inf
    for r in range(len(world.rumours)):
        _bury(program, world, r, now)
        due = min(due, _go_about(program, world, r, now))
    for i in range(len(world.listeners)):
        due = min(due, _listen(program, world, i, now))
    for i in range(len(world.secrets)):
        due = min(due, _keep(program, world, i, since < 0.0, now))
    return due


# ------------------------------------------------------------------------------------------------ rumours


@kernel
def _spread(program, world, r, told, cause, now):
    """Let some of a crowd hear a rumour from outside; its numbers are those alive when it first went about.

    Returns whether anybody did.
    """
    plan, rumour = program.rumour_plans[r], world.rumours[r]
    crowd = program.crowds[plan.among]
    heard = rumour.spreaders + rumour.stiflers
    if int(told) <= 0:
        return False
    if rumour.ignorants + heard == 0:
        for i in range(crowd.first, crowd.first + crowd.count):
            if world.people[i].status != states.DEAD:
                rumour.ignorants += 1
    tellers = min(int(told), rumour.ignorants)
    if tellers <= 0:
        return False
    rumour.ignorants -= tellers
    rumour.spreaders += tellers
    if heard == 0:
        who, what = refs.ref(refs.CROWD, plan.among), refs.ref(refs.FACT, plan.fact)
        rumour.entry = acts.emit(world, now, kinds.WENT_ABOUT, who, what, -1, float(tellers), cause)
    _set_rates(program, world, r, now)
    acts.touch(world, topics.BELIEFS)
    return True


@kernel
def _set_rates(program, world, r, now):
    """Let the clocks of a rumour, and of those whom it can reach, run at the rates that the present counts give."""
    plan, rumour = program.rumour_plans[r], world.rumours[r]
    others = rumour.ignorants + rumour.spreaders + rumour.stiflers - 1
    rate = 0.0
    if rumour.spreaders > 0 and others > 0:
        if plan.meetings != 0:
            pairs = laws.telling_pairs(rumour.ignorants, rumour.spreaders, rumour.stiflers)
            rate = plan.contact * pairs / others
        else:
            rate = laws.call_rate(plan.contact, rumour.spreaders)
    processes.set_rate(world.clocks[rumour.clock], rate, now)
    for listener in world.listeners:
        if listener.rumour == r:
            deaf = listener.heard != 0 or world.people[listener.person].status == states.DEAD
            calls = 0.0 if deaf else plan.contact * rumour.spreaders / max(others, 1)
            processes.set_rate(world.clocks[listener.clock], calls, now)


@kernel
def _go_about(program, world, r, now):
    """Let every call or meeting of a rumour until now happen; return when the next will."""
    plan, rumour = program.rumour_plans[r], world.rumours[r]
    clock = world.clocks[rumour.clock]
    while processes.ring_time(clock) <= now and acts.going(world, 20 + 10 * len(world.listeners)):
        u = chance.u01(world.state[0].luck, chance.RUMOUR, chance.pair_key(plan.key, _OUTCOMES), rumour.draws)
        rumour.draws += 1
        if plan.meetings != 0:
            counts = laws.meeting(rumour.ignorants, rumour.spreaders, rumour.stiflers, u)
        else:
            counts = laws.call(rumour.ignorants, rumour.spreaders, rumour.stiflers, u)
        rumour.ignorants, rumour.spreaders, rumour.stiflers = counts
        processes.rearm(clock, world.state[0].luck, now)
        _set_rates(program, world, r, now)
        if rumour.spreaders == 0:
            _die_down(program, world, r, now)
    return processes.ring_time(clock)


@kernel
def _die_down(program, world, r, now):
    """Note that nobody tells a rumour any more, and what share of its crowd has heard it."""
    rumour = world.rumours[r]
    living = rumour.ignorants + rumour.stiflers
    heard = rumour.stiflers / living if living > 0 else 0.0
    who = refs.ref(refs.CROWD, program.rumour_plans[r].among)
    rumour.entry = acts.emit(world, now, kinds.DIED_DOWN, who, -1, -1, heard, rumour.entry)
    acts.touch(world, topics.BELIEFS)


@kernel
def _bury(program, world, r, now):
    """Let those of a crowd who have died since leave its counts: each as likely an ignorant, a spreader or a stifler."""
    plan, rumour = program.rumour_plans[r], world.rumours[r]
    counted = rumour.ignorants + rumour.spreaders + rumour.stiflers
    if counted == 0:
        return
    living = tallies.count(program, world, refs.ref(refs.CROWD, plan.among), states.ALIVE_ONES)
    if living >= counted:
        return
    told = rumour.spreaders
    for number in range(counted, living, -1):
        key = chance.pair_key(plan.key, _DEATHS)
        left = chance.u01(world.state[0].luck, chance.RUMOUR, key, number) * number
        if left < rumour.ignorants:
            rumour.ignorants -= 1
        elif left < rumour.ignorants + rumour.spreaders:
            rumour.spreaders -= 1
        else:
            rumour.stiflers -= 1
    _set_rates(program, world, r, now)
    acts.touch(world, topics.BELIEFS)
    if told > 0 and rumour.spreaders == 0:
        _die_down(program, world, r, now)


@kernel
def _listen(program, world, i, now):
    """Let a named person hear a rumour when their clock rings; return when it will."""
    listener = world.listeners[i]
    clock = world.clocks[listener.clock]
    if listener.heard != 0 or world.people[listener.person].status == states.DEAD:
        return math.inf
    if processes.ring_time(clock) > now:
        return processes.ring_time(clock)
    plan, rumour = program.rumour_plans[listener.rumour], world.rumours[listener.rumour]
    listener.heard = 1
    clock.rate = 0.0
    who, what = refs.ref(refs.PERSON, listener.person), refs.ref(refs.FACT, plan.fact)
    place = world.people[listener.person].place
    entry = acts.emit(world, now, kinds.OVERHEARD, who, what, place, 0.0, rumour.entry)
    root = refs.ref(refs.RUMOUR, listener.rumour)
    acts.request(world, verbs.LEARN, states.KNOWLEDGE, now, entry, who, plan.fact, root, -1, plan.weight, 0.0)
    return math.inf


# ------------------------------------------------------------------------------------------------ secrets


@kernel
def _keep(program, world, i, first_look, now):
    """Let the clock of a secret run at the rate of those who know it now; return when it leaks or wants a look."""
    plan, secret = program.secret_plans[i], world.secrets[i]
    changed, secret.changed = secret.changed, 0
    if secret.leaks > 0 and plan.again == 0:
        return math.inf
    clock = world.clocks[secret.clock]
    if processes.ring_time(clock) <= now:
        _leak(program, world, i, now)
        if plan.again == 0:
            return math.inf
        processes.rearm(clock, world.state[0].luck, now)
        changed = -1
    if first_look or (changed & (plan.mask | topics.BELIEFS | topics.PEOPLE)) != 0 or secret.next <= now:
        then = machine.as_of(plan.polled, plan.every, now)
        turns = machine.evaluate(program, world, plan.code, now, then)
        secret.held = 1 if world.stack[0].value != 0.0 else 0
        secret.next = machine.look_again(turns, plan.polled, plan.every, now)
        insiders = _insiders(program, world, i, -1)[0] + plan.others if secret.held != 0 else 0.0
        processes.set_rate(clock, laws.leak_rate(plan.chance, insiders) / plan.unit, now)
    return min(secret.next, processes.ring_time(clock))


@kernel
def _insiders(program, world, i, wanted):
    """Return how many of the living know a secret, of those among whom it is kept, and which is number `wanted`.

    Those to whom it would leak are no insiders. They are counted in the order of their keys.
    """
    count, found = 0, -1
    for mind in range(len(world.minds)):
        if not _is_insider(program, world, i, mind):
            continue
        count += 1
        if wanted >= 0:
            before = 0
            for other in range(len(world.minds)):
                if world.people[other].key < world.people[mind].key and _is_insider(program, world, i, other):
                    before += 1
            if before == wanted:
                found = mind
    return count, found


@kernel
def _is_insider(program, world, i, mind):
    plan = program.secret_plans[i]
    if not acts.awake(world.people[mind]) or world.beliefs[mind, plan.fact].known == 0:
        return False
    if plan.among >= 0 and not acts.is_of(world, plan.among, mind, program):
        return False
    return plan.to < 0 or not acts.is_of(world, plan.to, mind, program)


@kernel
def _leak(program, world, i, now):
    """Let one insider, drawn evenly, let a secret out."""
    plan, secret = program.secret_plans[i], world.secrets[i]
    named = _insiders(program, world, i, -1)[0]
    u = chance.u01(world.state[0].luck, chance.LEAK, chance.pair_key(plan.key, _OUTCOMES), secret.leaks)
    teller = _insiders(program, world, i, int(u * (named + plan.others)))[1]
    secret.leaks += 1
    what = refs.ref(refs.FACT, plan.fact)
    cause = world.beliefs[teller, plan.fact].entry if teller >= 0 else secret.entry
    place = world.people[teller].place if teller >= 0 else -1
    secret.entry = acts.emit(world, now, kinds.LEAKED, refs.ref(refs.PERSON, teller), what, place, 0.0, cause)
    if plan.to >= 0 and teller >= 0:
        acts.request(world, verbs.TELL, states.KNOWLEDGE, now, secret.entry, teller, plan.to, plan.fact, -1, 0.0, 0.0)
    elif plan.to >= 0:
        root = refs.ref(refs.SECRET, i)
        acts.request(
            world, verbs.LEARN, states.KNOWLEDGE, now, secret.entry, plan.to, plan.fact, root, -1, plan.weight, 0.0
        )
    if plan.rumour >= 0:
        acts.request(world, verbs.SPREAD, states.RUMOURS, now, secret.entry, plan.rumour, -1, -1, -1, 1.0, 0.0)
    acts.touch(world, topics.BELIEFS)
