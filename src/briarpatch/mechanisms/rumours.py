"""Rumours: what goes about in crowds by counts of people, and secrets that their insiders let out.

A crowd is well mixed: ignorants, spreaders and stiflers. In the law of calls each spreader tells somebody at random, and
falls silent when that one knows already (Maki and Thompson 1973); in the law of meetings the two of a pair do (Daley and
Kendall 1964). A share of 0.203 is never told (Sudbury 1985). Each event comes at its exact time. Named people who have to
do with the crowd are called as often as anybody in it; what they then learn has the rumour itself as its root. A secret
that N insiders keep leaks at the rate 1 - (1 - p)^N per unit of p, N being those who know it now and the nameless (Grimes
2016, doi 10.1371/journal.pone.0147905, in the form of its correction), by an exponential clock; a named insider, drawn
evenly, tells by their own mouth.

Whoever dies leaves the counts, as likely one who has heard as any other. Assumes that nobody else leaves a crowd while a
rumour runs, that contacts are memoryless, and that named listeners do not pass it back to the crowd. Leaves out distortion
of what is told.
Oracles: O-10.3, O-10.4 and O-10.6.
"""

from __future__ import annotations

import math

from ..declare import (
    SHARE,
    Mechanism,
    Section,
    Span,
    condition,
    flag,
    named,
    optional,
    quantity,
    rate,
    required,
    several,
    share,
    word,
)
from ..world import acts, asked, chance, machine, processes, refs, states, tallies, topics, watches
from ..world.compiled import kernel

rumours = Mechanism(
    "rumours",
    listens="people",
    rows="rumours",
    reads="people beliefs",
    writes="rumours listeners secrets watches requests chronicle",
    asks="learn tell spread",
)
RUMOUR = rumours.entity("rumour")
SECRET = rumours.entity("secret")
EVENTS = rumours.stream("rumour")
LEAKS = rumours.stream("leak")
WENT_ABOUT = rumours.entry(
    "went about",
    "a rumour went about among {subject}: {object}",
    "a rumour took hold of a crowd",
    subject="crowd",
    object="fact",
    weight=1,
    seen="",
)
DIED_DOWN = rumours.entry(
    "died down",
    "the rumour among {subject} died down",
    "nobody tells it any more; amount heard it",
    subject="crowd",
    seen="",
)
OVERHEARD = rumours.entry(
    "overheard",
    "{subject} heard the rumour: {object}",
    "a rumour reached somebody with a name",
    subject="person",
    object="fact",
)
LEAKED = rumours.entry(
    "leaked",
    "{subject} let it out: {object}",
    "an insider, perhaps nameless, gave away a secret",
    subject="person",
    object="fact",
    weight=2,
    seen="",
)
_requests = rumours.requests()

RUMOUR_PLANS = rumours.plan(
    "rumour_plans",
    "what goes about, among whom, and how",
    """
    key           u8 -        key of its luck
    fact          i4 fact     what it is about
    among         i4 crowd    in which crowd
    meetings      i1 -        1 for meetings of two, 0 for calls by one
    contact       f8 1/s      calls, or meetings, of one person
    weight        f8 nat      weight of evidence for a named person who hears it
    """,
)
RUMOURS = rumours.table(
    "rumours",
    "what goes about in crowds, by counts of people",
    """
    ignorants     i8 -        those who have not heard it
    spreaders     i8 -        those who tell it
    stiflers      i8 -        those who have heard it and no longer tell it
    draws         i8 -        numbers drawn for it
    clock         i4 clock    the next call or meeting that changes anything
    entry         i4 entry    what last changed it
    """,
)
LISTENERS = rumours.table(
    "listeners",
    "named people whom a rumour can reach",
    """
    rumour        i4 rumour   which rumour
    person        i4 person   whom
    clock         i4 clock    exposure so far
    heard         i1 -        1 once it has
    """,
)
SECRET_PLANS = rumours.plan(
    "secret_plans",
    "who may let out what, and to whom",
    """
    key           u8 -        key of its luck
    fact          i4 fact     what
    when          i4 -        its row of `watches`: the condition under which it may leak
    among         i4 ref      whose knowers are insiders; -1 for everybody
    others        f8 1        nameless insiders
    chance        f8 1        chance that one insider leaks within `per`
    per           f8 s        that time
    to            i4 ref      person or faction that it leaks to
    rumour        i4 rumour   the rumour that it becomes
    weight        f8 nat      weight of evidence from a nameless insider
    again         i1 -        1 when it may leak again
    """,
)
SECRETS = rumours.table(
    "secrets",
    "facts that insiders may let out, and how each is kept",
    """
    clock         i4 clock    exposure so far
    leaks         i4 -        how often it leaked
    entry         i4 entry    the last leak
    """,
)

_OUTCOMES, _DEATHS = 1, 2


@rumours.section("rumours", one="rumour", plans=RUMOUR_PLANS, rows=RUMOURS, teaches=True)
class Rumour(Section):
    """Something that goes about in a crowd: those who hear it tell it until they meet somebody who knows."""

    fact = named("fact", "the fact that is told")
    among = named("crowd", "a crowd")
    contact = rate("how often one who tells it calls, or meets, somebody")
    by = word(("calls", "meetings"), "who falls silent: the caller, or both who meet", "calls")
    hears = several("person", "named people who are called as often as one of the crowd", [])
    weight = quantity("number", "weight of evidence for them, in nats", 2.0)


@rumours.section("secrets", one="secret", plans=SECRET_PLANS, rows=SECRETS, teaches=True)
class Secret(Section):
    """A fact that those who know it may let out."""

    fact = named("fact", "the fact that is kept")
    when = condition("while it can leak", never="it never leaks")
    among = named("being", "whose knowers are insiders; absent: everybody's", None)
    others = quantity("number", "nameless insiders", 0.0, 0.0)
    chance = share("chance that one insider leaks within 'per'", 4.1e-6)
    per = quantity("time", "the time for which 'chance' holds", 31557600.0, 1e-3)
    to = named("being", "a person or a faction that it leaks to", None)
    rumour = named("rumour", "a rumour that starts with it", None)
    weight = quantity("number", "weight of evidence from a nameless insider, in nats", 4.0)
    repeat = flag("can leak again")
    poll = quantity("time", "how often a drifting condition is looked at", None)


@rumours.builds_rows
def build(make):
    """The clock of each rumour, of those whom it can reach, and of each secret."""
    listeners = []
    for i, (item, plan, row, path) in enumerate(make.rows(Rumour)):
        plan.meetings = item.by == "meetings"
        row.clock = make.clock(EVENTS, plan.key)
        for n, who in enumerate([item.hears] if isinstance(item.hears, str) else item.hears):
            person = make.row("person", who, (*path, "hears") if who == item.hears else (*path, "hears", n))
            if person >= 0:
                clock = make.clock(EVENTS, make.pair(plan.key, make.world["people"].key[person]))
                listeners.append({"rumour": i, "person": person, "clock": clock})
    make.fill(LISTENERS, listeners)
    for item, plan, row, path in make.rows(Secret):
        plan.when = make.watch(rumours, item, path, topics.BELIEFS | topics.PEOPLE)
        if item.to is None and item.rumour is None:
            make.fault(path, "leaks to nobody: say 'to' whom, or which 'rumour' it becomes")
        plan.again = item.repeat
        row.clock = make.clock(LEAKS, plan.key)


# ------------------------------------------------------------------------------------------------ laws


@kernel
def call_rate(contact, spreaders):
    """Return the rate [1/s] of calls in which spreaders tell somebody, each at rate `contact`."""
    return contact * spreaders


@kernel
def call(ignorants, spreaders, stiflers, u):
    """Return (ignorants, spreaders, stiflers) after one call to somebody drawn by `u` in (0, 1)."""
    if u * (ignorants + spreaders + stiflers - 1) < ignorants:
        return ignorants - 1, spreaders + 1, stiflers
    return ignorants, spreaders - 1, stiflers + 1


@kernel
def telling_pairs(ignorants, spreaders, stiflers):
    """Return how many unordered pairs hold a spreader: S (I + (S - 1) / 2 + R)."""
    return spreaders * (ignorants + 0.5 * (spreaders - 1) + stiflers)


@kernel
def meeting(ignorants, spreaders, stiflers, u):
    """Return (ignorants, spreaders, stiflers) after a meeting of one pair that holds a spreader, drawn by `u`."""
    u *= telling_pairs(ignorants, spreaders, stiflers)
    if u < spreaders * ignorants:
        return ignorants - 1, spreaders + 1, stiflers
    if u < spreaders * (ignorants + stiflers):
        return ignorants, spreaders - 1, stiflers + 1
    return ignorants, spreaders - 2, stiflers + 2


@kernel
def leak_rate(probability, insiders):
    """Return the hazard of a leak, per the time unit of `probability`: 1 - (1 - p)^N (Grimes 2016, corrected)."""
    if probability <= 0.0 or insiders <= 0.0:
        return 0.0
    if probability >= 1.0:
        return 1.0
    return -math.expm1(insiders * math.log1p(-probability))


# ------------------------------------------------------------------------------------------------ at work


@rumours.step
def step(program, world, since, now):
    """Carry out what was asked, let every call until now happen, and let secrets leak."""
    _requests(program, world, now)
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


@rumours.verb(
    "spread",
    "tell a rumour to some of its crowd",
    rumour=required("rumour"),
    to=optional("number", 1.0, 0.0, 1e9),
)
def spread(program, world, now, cause, rumour, to):
    """Let some of a crowd hear a rumour from outside, if anybody is left; its numbers are those alive when it began."""
    _bury(program, world, rumour, now)
    plan, row = program.rumour_plans[rumour], world.rumours[rumour]
    crowd = program.crowds[plan.among]
    heard = row.spreaders + row.stiflers
    if int(to) <= 0:
        return
    if row.ignorants + heard == 0:
        for i in range(crowd.first, crowd.first + crowd.count):
            if world.people[i].status != states.DEAD:
                row.ignorants += 1
    tellers = min(int(to), row.ignorants)
    if tellers <= 0:
        return
    row.ignorants -= tellers
    row.spreaders += tellers
    if heard == 0:
        who, what = refs.ref(refs.CROWD, plan.among), refs.ref(refs.FACT, plan.fact)
        row.entry = acts.emit(world, now, WENT_ABOUT, who, what, -1, float(tellers), cause)
    _set_rates(program, world, rumour, now)
    acts.touch(world, topics.BELIEFS)
    acts.done(program, world)


@kernel
def _set_rates(program, world, r, now):
    """Let the clocks of a rumour, and of those whom it can reach, run at the rates that the present counts give."""
    plan, rumour = program.rumour_plans[r], world.rumours[r]
    others = rumour.ignorants + rumour.spreaders + rumour.stiflers - 1
    rate = 0.0
    if rumour.spreaders > 0 and others > 0:
        if plan.meetings != 0:
            pairs = telling_pairs(rumour.ignorants, rumour.spreaders, rumour.stiflers)
            rate = plan.contact * pairs / others
        else:
            rate = call_rate(plan.contact, rumour.spreaders)
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
        u = chance.u01(world.state[0].luck, EVENTS, chance.pair_key(plan.key, _OUTCOMES), rumour.draws)
        rumour.draws += 1
        if plan.meetings != 0:
            counts = meeting(rumour.ignorants, rumour.spreaders, rumour.stiflers, u)
        else:
            counts = call(rumour.ignorants, rumour.spreaders, rumour.stiflers, u)
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
    rumour.entry = acts.emit(world, now, DIED_DOWN, who, -1, -1, heard, rumour.entry)
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
        left = chance.u01(world.state[0].luck, EVENTS, key, number) * number
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
    entry = acts.emit(world, now, OVERHEARD, who, what, place, 0.0, rumour.entry)
    root = refs.ref(RUMOUR, listener.rumour)
    asked.learn(world, now, entry, who=who, fact=plan.fact, root=root, weight=plan.weight)
    return math.inf


# ------------------------------------------------------------------------------------------------ secrets


@kernel
def _keep(program, world, i, first_look, now):
    """Let the clock of a secret run at the rate of those who know it now; return when it leaks or wants a look."""
    plan, secret = program.secret_plans[i], world.secrets[i]
    if secret.leaks > 0 and plan.again == 0:
        return math.inf
    clock = world.clocks[secret.clock]
    leaked = processes.ring_time(clock) <= now
    if leaked:
        _leak(program, world, i, now)
        if plan.again == 0:
            return math.inf
        processes.rearm(clock, world.state[0].luck, now)
    watch = world.watches[plan.when]
    if watches.look(program, world, plan.when, first_look or leaked, now):
        insiders = _insiders(program, world, i, -1)[0] + plan.others if watch.held != 0 else 0.0
        processes.set_rate(clock, leak_rate(plan.chance, insiders) / plan.per, now)
    return min(watch.next, processes.ring_time(clock))


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
    u = chance.u01(world.state[0].luck, LEAKS, chance.pair_key(plan.key, _OUTCOMES), secret.leaks)
    teller = _insiders(program, world, i, int(u * (named + plan.others)))[1]
    secret.leaks += 1
    what = refs.ref(refs.FACT, plan.fact)
    cause = world.beliefs[teller, plan.fact].entry if teller >= 0 else secret.entry
    place = world.people[teller].place if teller >= 0 else -1
    secret.entry = acts.emit(world, now, LEAKED, refs.ref(refs.PERSON, teller), what, place, 0.0, cause)
    if plan.to >= 0 and teller >= 0:
        asked.tell(world, now, secret.entry, from_=teller, to=plan.to, fact=plan.fact)
    elif plan.to >= 0:
        root = refs.ref(SECRET, i)
        asked.learn(world, now, secret.entry, who=plan.to, fact=plan.fact, root=root, weight=plan.weight)
    if plan.rumour >= 0:
        asked.spread(world, now, secret.entry, rumour=plan.rumour)
    acts.touch(world, topics.BELIEFS)


# ------------------------------------------------------------------------------------------------ what conditions ask


@rumours.function(
    "heard_share",
    "rumour -> number",
    "the share of its crowd that has heard the rumour",
    reads="beliefs",
    span=SHARE,
    drifts=True,
)
def heard_share(program, world, then, out, rumour):
    """Rest on what last changed it."""
    row = world.rumours[rumour]
    heard = row.spreaders + row.stiflers
    if heard > 0:
        out.value = float(heard) / float(row.ignorants + heard)
    machine.rest(out, row.entry)


@rumours.function(
    "leaks",
    "secret -> number",
    "how often the secret has leaked",
    reads="beliefs",
    span=Span(0.0, by="leaks"),
)
def leaks(program, world, then, out, secret):
    """Rest on the last leak."""
    out.value = float(world.secrets[secret].leaks)
    machine.rest(out, world.secrets[secret].entry)
