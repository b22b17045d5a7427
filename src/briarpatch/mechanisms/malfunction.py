"""Malfunction: wounds, a machine (or a person) that turns self-protective, and the race to stop it.

Being struck adds damage. Whoever has no malady dies of too much of it; whoever has one does not, but the rate at which
they malfunction grows exponentially with it. One who malfunctions is raced for: each pursuer may stop them unharmed,
or, once force is allowed, destroy them; they may recover by themselves or get away for good. Every rate is constant
between changes, so clocks ring at exact times, and who or what won is looked up in proportion to the rates: competing
risks (Prentice and others 1978).

Assumes that damage does not heal by itself; that a pursuit counts only while the pursuer lives and is free; that one in
custody is out of the race but for recovery; that whoever recovered by themselves is safe until struck again. Somebody
stopped stays stopped until repaired; one who is at large cannot be repaired. Leaves out which part was hit, wear with
age, and modes in between. Oracles: O-9.2, O-9.5 and O-9.6.
"""

from __future__ import annotations

import math

from ..declare import AT_LEAST_ZERO, AWAKE, LIVING, Mechanism, Section, optional, quantity, rate, required
from ..world import acts, chance, kinds, machine, processes, refs, states, topics
from ..world.compiled import kernel
from ..world.special import exp

malfunction = Mechanism(
    "malfunction",
    listens="people",
    rows="maladies",
    reads="people maladies limits",
    writes="people maladies clocks chronicle",
)
ONSET = malfunction.stream("malfunction")
CAPTURE = malfunction.stream("capture")
INJURED = malfunction.entry(
    "injured",
    "{subject} was struck[ by {object}]",
    "somebody took damage; amount is how much",
    subject="person",
    object="person",
    weight=1,
    living="subject object",
    seen="subject object there",
)
MALFUNCTIONED = malfunction.entry(
    "malfunctioned",
    "{subject} broke down and turned on everybody",
    "a malfunction began",
    subject="person",
    weight=2,
    seen="subject there",
)
# who is hunted may not notice
PURSUED = malfunction.entry(
    "pursued",
    "{subject} was hunted by {object}",
    "a pursuit began",
    subject="person",
    object="person",
    living="subject object",
    seen="object there",
)
ALLOWED = malfunction.entry(
    "allowed", "destroying {subject} was allowed", "destruction was authorised", subject="person", weight=1, seen=""
)
STOPPED = malfunction.entry(
    "halted",
    "{subject} was stopped unharmed",
    "a malfunctioning person was stopped",
    subject="person",
    object="person",
    weight=2,
    living="subject object",
    seen="subject object there",
)
RECOVERED = malfunction.entry(
    "recovered",
    "{subject} came to again",
    "a malfunction ended",
    subject="person",
    object="person",
    weight=1,
    seen="subject object there",
)
REPAIRED = malfunction.entry(
    "repaired",
    "{subject} was repaired[ by {object}]",
    "damage was mended",
    subject="person",
    object="person",
    weight=1,
    living="subject object",
    seen="subject object there",
)
GOT_AWAY = malfunction.entry(
    "got away",
    "{subject} got away for good",
    "a malfunctioning person escaped",
    subject="person",
    object="person",
    weight=1,
    seen="subject object there",
)
_requests = malfunction.requests()

MALADIES = malfunction.table(
    "maladies",
    "people who can malfunction, and the race about them",
    """
    person        i4 person   who
    onset         f8 1/s      rate of onset with no damage
    gain          f8 1        growth of that rate per unit of damage
    recovery      f8 1/s      rate of recovery by itself
    capture       f8 1/s      rate at which each pursuer stops the person unharmed
    destroy       f8 1/s      rate at which each pursuer destroys, once allowed
    escape        f8 1/s      rate of getting away for good
    allowed       f8 s        from when destruction is allowed; infinity for not yet
    pursuers      i4 -        how many are after the person
    pursuit       i4 entry    what set them on
    licence       i4 entry    what allowed destruction
    entry         i4 entry    what last changed its damage or its mode
    clock_onset   i4 clock    onset
    clock_race    i4 clock    the race of outcomes
    """,
)

STOP, DESTROY, RECOVER, ESCAPE = range(4)


@malfunction.part("people", "malady", rows=MALADIES)
class Malady(Section):
    """How a person can malfunction, and the race about them when they do."""

    onset = rate("rate of onset without any damage", 1e-6)
    gain = quantity("number", "growth of the onset rate per unit of damage", 6.0, 0.0)
    recovery = rate("rate at which the person recovers by themselves", 0.0)
    capture = rate("rate at which each pursuer stops the person unharmed", 8.3e-4)
    destroy = rate("rate at which each pursuer destroys, once allowed", 1.7e-3)
    escape = rate("rate at which the person gets away", 0.0)


@malfunction.builds_rows
def build(make):
    """Give each malady its bearer and two clocks, those of its bearer's key."""
    for bearer, key, row in make.parts(Malady):
        row.person, row.allowed = bearer, math.inf
        row.clock_onset = make.clock(ONSET, key)
        row.clock_race = make.clock(CAPTURE, key)


@kernel
def switch_rate(base, gain, damage):
    """Return the rate of onset [1/s]: base e^(gain damage), and 0 where the base is 0, whatever the damage."""
    if base <= 0.0:
        return 0.0
    return base * exp(gain * damage)


@malfunction.step
def step(program, world, since, now):
    """Let clocks ring that have run out, do what was asked, and set the rates that hold from now on."""
    for i in range(len(world.maladies)):
        _ring(program, world, i, now)
    _requests(program, world, now)
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
        onset = switch_rate(row.onset, row.gain, body.damage)
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
        entry = acts.emit(world, now, MALFUNCTIONED, who, -1, body.place, body.damage, max(row.entry, 0))
        _change(world, i, states.SELF_PROTECTIVE, entry)
    elif processes.rings(race, now):
        _decide(program, world, i, race.occurrence, now)
        processes.rearm(race, world.state[0].luck, now)


@kernel
def _decide(program, world, i, occurrence, now):
    """Look up who or what won the race about malady `i`, and let it happen."""
    row = world.maladies[i]
    seed, key = world.state[0].luck, world.people[row.person].key
    u = chance.u01(seed, CAPTURE, chance.pair_key(key, CAPTURE), occurrence)
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
        entry = acts.emit(world, now, STOPPED, who, by, place, 0.0, max(row.pursuit, 0))
        _change(world, i, states.STOPPED, entry)
    elif won == RECOVER:
        entry = acts.emit(world, now, RECOVERED, who, by, place, 0.0, max(row.entry, 0))
        _change(world, i, states.RECOVERED, entry)
    else:
        entry = acts.emit(world, now, GOT_AWAY, who, by, place, 0.0, max(row.entry, 0))
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
            wait = chance.exponential(world.state[0].luck, CAPTURE, pair, occurrence)
            if wait < soonest:
                best, soonest = person, wait
    return best


# ------------------------------------------------------------------------------------------------ what is asked


@malfunction.verb(
    "injure",
    "damage a person; a doer reaches whom they are beside, and others within `reach`",
    who=required("person", needs=LIVING, notices=True),
    by=optional("person", needs=AWAKE, notices=True, beside="who"),
    amount=optional("number", 1.0, 0.0, 1e6),
    reach=optional("length", 0.0, 0.0, 1e12),
)
def injure(program, world, now, cause, who, by, amount, reach):
    """Add damage; whoever recovered may malfunction again, and too much kills whoever has no malady."""
    body = world.people[who]
    body.damage += amount
    first, second = refs.ref(refs.PERSON, who), refs.ref(refs.PERSON, by)
    body.entry = acts.emit(world, now, INJURED, first, second, body.place, amount, cause)
    i = malady_of(world, who)
    if i >= 0:
        world.maladies[i].entry = body.entry
        if body.mode == states.RECOVERED:
            body.mode = states.NOMINAL
    acts.touch_person(world, who)
    acts.touch(world, topics.HEALTH)
    if i < 0 and body.damage >= program.limits[0].wounds_kill:
        acts.kill(world, who, second, now, body.entry)


@malfunction.verb(
    "repair",
    "mend a person who can be laid hands on; a doer has to be beside them",
    who=required("person", needs=LIVING, notices=True),
    by=optional("person", needs=AWAKE, notices=True, beside="who"),
)
def repair(program, world, now, cause, who, by):
    """Mend somebody who is damaged or out of their right mode, unless they are at large."""
    body = world.people[who]
    if body.mode == states.SELF_PROTECTIVE or body.mode == states.AWAY:
        acts.idle(program, world, kinds.WAS_UNFIT)
        return
    if body.damage <= 0.0 and body.mode == states.NOMINAL:
        return
    body.damage = 0.0
    body.mode = states.NOMINAL
    first, second = refs.ref(refs.PERSON, who), refs.ref(refs.PERSON, by)
    body.entry = acts.emit(world, now, REPAIRED, first, second, body.place, 0.0, cause)
    i = malady_of(world, who)
    if i >= 0:
        world.maladies[i].entry = body.entry
    acts.touch_person(world, who)
    acts.touch(world, topics.HEALTH)


@malfunction.verb(
    "pursue",
    "go after a malfunctioning person, wherever they are",
    "was in no state for it",
    who=required("person", needs=LIVING),
    by=required("person", needs=AWAKE, notices=True),
)
def pursue(program, world, now, cause, who, by):
    """Set somebody after one who has a malady; of whoever has none nothing comes."""
    i, hunter = malady_of(world, who), world.people[by]
    if i >= 0 and hunter.pursues == who:
        acts.idle(program, world, kinds.WAS_SO)
    elif i >= 0 and hunter.status != states.DEAD:
        hunter.pursues = who
        first, second = refs.ref(refs.PERSON, who), refs.ref(refs.PERSON, by)
        world.maladies[i].pursuit = acts.emit(world, now, PURSUED, first, second, hunter.place, 0.0, cause)


@malfunction.verb(
    "allow_force",
    "allow destroying a malfunctioning person",
    "was in no state for it",
    against=required("person", needs=LIVING),
)
def allow_force(program, world, now, cause, against):
    """Let the pursuers of one who has a malady destroy them from now on."""
    i = malady_of(world, against)
    if i >= 0 and math.isinf(world.maladies[i].allowed):
        world.maladies[i].allowed = now
        whom, place = refs.ref(refs.PERSON, against), world.people[against].place
        world.maladies[i].licence = acts.emit(world, now, ALLOWED, whom, -1, place, 0.0, cause)
    elif i >= 0:
        acts.idle(program, world, kinds.WAS_SO)


# ------------------------------------------------------------------------------------------------ what conditions ask


@malfunction.function(
    "damage", "person -> number", "damage or wounds", reads="health", span=AT_LEAST_ZERO, private=True
)
def damage(program, world, then, out, person):
    """Rest on what last changed somebody."""
    out.value = world.people[person].damage
    machine.rest(out, world.people[person].entry)


@malfunction.function(
    "malfunctions", "person -> bool", "the person is out of their right mode", reads="health people", own=True
)
def malfunctions(program, world, then, out, person):
    """Rest on what last changed somebody."""
    body = world.people[person]
    machine.answer(out, body.mode == states.SELF_PROTECTIVE, body.entry)


@malfunction.function(
    "stopped",
    "person -> bool",
    "a malfunctioning person has been stopped unharmed",
    reads="health people",
    own=True,
)
def stopped(program, world, then, out, person):
    """Rest on what last changed somebody."""
    body = world.people[person]
    machine.answer(out, body.mode == states.STOPPED, body.entry)
