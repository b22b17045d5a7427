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

from ..declare import Mechanism, Section, condition, flag, named, nested, quantity, rate
from ..world import acts, asked, chance, machine, refs, states, topics, watches
from ..world.compiled import kernel
from ..world.diffusion import hit_between
from ..world.processes import exposure

inquiry = Mechanism(
    "inquiry", reads="people facts beliefs", writes="inquiries watches requests chronicle", asks="learn"
)
INQUIRY = inquiry.entity("inquiry")
OUTCOMES = inquiry.stream("inquiry")
LOOKED_INTO = inquiry.entry(
    "looked into",
    "{subject} began to look into it: {object}",
    "an inquiry began",
    subject="person",
    object="fact",
    weight=1,
)
FOUND_SO = inquiry.entry(
    "found",
    "{subject} found out: {object}",
    "an inquiry accepted a fact; amount is its evidence",
    subject="person",
    object="fact",
)
FOUND_NOT_SO = inquiry.entry(
    "ruled out",
    "{subject} ruled it out: {object}",
    "an inquiry rejected a fact",
    subject="person",
    object="fact",
    weight=1,
)

PLANS = inquiry.plan(
    "inquiry_plans",
    "who investigates what, and when they stop",
    """
    key           u8 -        key of its luck
    who           i4 ref      person, faction or movement: those who can work on it
    fact          i4 fact     what they look into
    when          i4 -        its row of `watches`: the condition under which they work
    information   f8 1/s      information rate m^2 of one who works; negative when signs are counted
    if_so         f8 1/s      rate of signs if the fact is so
    if_not        f8 1/s      rate of signs if it is not
    alpha         f8 1        chance of finding what is not so
    beta          f8 1        chance of ruling out what is so
    settles       i1 -        1 when they then count it as known
    """,
)
ROWS = inquiry.table(
    "inquiries",
    "investigations that stop when they are sure, and how each stands",
    """
    begun         i8 -        how often it began: anew when what is so has changed
    rests         i1 -        what was so when it began
    needed        f8 1        work after which it is done: information, or seconds of one who looks out for signs
    spent         f8 1        work done
    rate          f8 1/s      present rate of work
    at            f8 s        up to when that is accounted for
    leads         i1 -        the verdict that it will come to, FOUND or RULED_OUT
    verdict       i1 -        LOOKING, FOUND or RULED_OUT
    entry         i4 entry    what last changed it
    """,
)

LOOKING, FOUND, RULED_OUT = range(3)
_SURE = 1.0
_ATTEMPTS = 10_000
_DRAWS_AN_INQUIRY = 1 << 32
_MOST_SIGNS = 1_000_000


class Signs(Section):
    """Evidence that comes as signs, by chance; whoever looks out for them counts silence as well."""

    if_so = rate("rate of signs if the fact is so")
    if_not = rate("rate of signs if it is not")


@inquiry.section("inquiries", one="inquiry", plans=PLANS, rows=ROWS, teaches=True)
class Inquiry(Section):
    """Somebody looks into whether a fact is so, and stops when sure enough (Wald's sequential test)."""

    who = named("being", "a person, or a faction whose free named members all take part")
    fact = named("fact", "the fact that is looked into")
    when = condition("while it is worked on", never="nobody ever works on it")
    information = rate("information that one person gathers, m^2: 1/d takes about 4 days", 1.0 / 86400.0)
    signs = nested(Signs, "signs to look out for, instead of a flow of information", None)
    alpha = quantity("number", "chance of finding what is not so", 0.05, 1e-9, 0.499)
    beta = quantity("number", "chance of ruling out what is so", 0.10, 1e-9, 0.499)
    settles = flag("the finding is taken for knowledge; otherwise it weighs what it is worth", True)
    poll = quantity("time", "how often a drifting condition is looked at", None)


@inquiry.builds_rows
def build(make):
    """Signs to count, or a flow of information; the watch also looks when somebody or what is so has changed."""
    for item, plan, _, path in make.rows(Inquiry):
        if item.signs is not None:
            plan.information, plan.if_so, plan.if_not = -1.0, item.signs.if_so, item.signs.if_not
            if "information" in item.model_fields_set:
                make.fault((*path, "signs"), "an inquiry gathers 'information' or counts 'signs', not both")
        plan.when = make.watch(inquiry, item, path, topics.PEOPLE | topics.FACTS)


# ------------------------------------------------------------------------------------------------ laws


@kernel
def accept_bound(alpha, beta):
    """Return the log-odds at which an inquiry accepts: A = ln((1 - beta) / alpha) (Wald 1945)."""
    return math.log((1.0 - beta) / alpha) if alpha > 0.0 else math.inf


@kernel
def reject_bound(alpha, beta):
    """Return the log-odds at which an inquiry rejects: B = ln(beta / (1 - alpha)) (Wald 1945)."""
    return math.log(beta / (1.0 - alpha)) if beta > 0.0 else -math.inf


@kernel
def inquiry_outcome(true, alpha, beta, seed, stream, key, occurrence):
    """Return (verdict, information) of a whole inquiry: what it will find, and the information [1] that this takes.

    In units of information the drift is 1/2 up or down and the variance 1, whatever the rate m^2 and however it changes:
    the inquiry ends when the integral of m^2 reaches what is returned. Draws occurrence and occurrence + 1, exactly.
    """
    low, high = reject_bound(alpha, beta), accept_bound(alpha, beta)
    u, w = chance.u01(seed, stream, key, occurrence), chance.u01(seed, stream, key, occurrence + 1)
    return hit_between(u, w, 0.5 if true else -0.5, 1.0, high, high - low)


@kernel
def signs_outcome(true, if_so, if_not, alpha, beta, seed, stream, key, occurrence):
    """Return (verdict, time [s]) of an inquiry that counts signs, at rates [1/s] if the proposition holds or not.

    Signs move the evidence in jumps, silence moves it steadily, and it ends at the first bound that either passes
    (Wald 1945 on a Poisson flow). Signs that are as frequent either way tell nothing: verdict 0, after for ever.
    """
    slope = if_not - if_so
    rate = if_so if true else if_not
    if slope == 0.0:
        return 0, math.inf
    low, high = reject_bound(alpha, beta), accept_bound(alpha, beta)
    quiet = low if slope < 0.0 else high
    time, evidence = 0.0, 0.0
    for count in range(_MOST_SIGNS):
        wait = chance.exponential(seed, stream, key, occurrence + count) / rate if rate > 0.0 else math.inf
        silence = (quiet - evidence) / slope
        if silence <= wait:
            return (1 if quiet > 0.0 else -1), time + silence
        time += wait
        evidence = poisson_weight(count + 1, time, if_so, if_not)
        if evidence >= high:
            return 1, time
        if evidence <= low:
            return -1, time
    return 0, math.inf


@kernel
def poisson_weight(count, time, rate1, rate0):
    """Return the weight [nat] of `count` signs in `time` [s], at rates [1/s] if true (1) and if false (0).

    k ln(rate1 / rate0) - (rate1 - rate0) t: silence is evidence too.
    """
    if rate1 == rate0 or time <= 0.0:
        return 0.0
    if count <= 0:
        return -(rate1 - rate0) * time
    if rate0 <= 0.0:
        return math.inf
    if rate1 <= 0.0:
        return -math.inf
    return count * (math.log(rate1) - math.log(rate0)) - (rate1 - rate0) * time


# ------------------------------------------------------------------------------------------------ at work


@inquiry.step
def step(program, world, since, now):
    """Let work go on until now; conclude what is done; return when the next inquiry will be."""
    due = math.inf
    for i in range(len(world.inquiries)):
        due = min(due, _inquire(program, world, i, since < 0.0, now))
    return due


@kernel
def _inquire(program, world, i, first_look, now):
    plan, row = program.inquiry_plans[i], world.inquiries[i]
    if row.verdict != LOOKING:
        return math.inf
    ends = _ends(row)
    if row.begun > 0 and row.rests != world.facts[plan.fact].true:
        _begin(program, world, i, now)
    elif ends <= now:
        _conclude(program, world, i, now)
        return math.inf
    watch = world.watches[plan.when]
    if watches.look(program, world, plan.when, first_look, now):
        cause = world.stack[0].c1
        workers, one = _workers(program, world, i)
        rate = 0.0
        if watch.held != 0 and workers > 0:
            rate = workers * (plan.information if plan.information >= 0.0 else 1.0)
            if row.begun == 0:
                who, what = refs.ref(refs.PERSON, one), refs.ref(refs.FACT, plan.fact)
                place = world.people[one].place
                row.entry = acts.emit(world, now, LOOKED_INTO, who, what, place, 0.0, cause)
                _begin(program, world, i, now)
        _set_rate(row, rate, now)
    ends = _ends(row)
    if ends <= now and row.begun > 0:
        _conclude(program, world, i, now)
        return math.inf
    return min(watch.next, ends)


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
    row.leads = FOUND if side > 0 else RULED_OUT
    row.begun += 1
    row.rests = true
    row.spent = 0.0
    row.at = now


@kernel
def _conclude(program, world, i, now):
    """Write the finding down, and let those who worked on it take it in."""
    plan, row = program.inquiry_plans[i], world.inquiries[i]
    row.verdict = row.leads
    found = row.verdict == FOUND
    worth = accept_bound(plan.alpha, plan.beta) if found else reject_bound(plan.alpha, plan.beta)
    _, one = _workers(program, world, i)
    kind = FOUND_SO if found else FOUND_NOT_SO
    what = refs.ref(refs.FACT, plan.fact)
    row.entry = acts.emit(world, now, kind, refs.ref(refs.PERSON, one), what, -1, worth, row.entry)
    root = refs.ref(INQUIRY, i)
    first, last = acts.range_of(world, plan.who, program)
    for mind in range(first, min(last, len(world.minds))):
        if world.people[mind].status == states.DEAD or not acts.is_of(world, plan.who, mind, program):
            continue
        weight = worth
        if plan.settles != 0:
            sure, odds = program.limits[0].knowing + _SURE, world.beliefs[mind, plan.fact].odds
            weight = max(worth, sure - odds) if found else min(worth, -sure - odds)
        who = refs.ref(refs.PERSON, mind)
        asked.learn(world, now, row.entry, who=who, fact=plan.fact, root=root, weight=weight)
    acts.touch(world, topics.BELIEFS)


@kernel
def _outcome(world, plan, true, key, turn):
    """Return on which side an inquiry comes out, and after how much work."""
    seed, first = world.state[0].luck, turn * _DRAWS_AN_INQUIRY
    if plan.information >= 0.0:
        return inquiry_outcome(true != 0, plan.alpha, plan.beta, seed, OUTCOMES, key, first)
    return signs_outcome(true != 0, plan.if_so, plan.if_not, plan.alpha, plan.beta, seed, OUTCOMES, key, first)


@inquiry.at("redraw")
def redraw(program, world, now):
    """Draw anew how the inquiries under way come out, until one takes more work than was done; see docs/decisions/0005."""
    for i in range(len(world.inquiries)):
        plan, row = program.inquiry_plans[i], world.inquiries[i]
        if row.begun <= 0 or row.verdict != LOOKING:
            continue
        spent = row.spent + exposure(row.rate, now - row.at)
        for attempt in range(_ATTEMPTS):
            key = chance.pair_key(plan.key, attempt)
            side, needed = _outcome(world, plan, row.rests, key, row.begun - 1)
            if needed > spent:
                row.needed = needed
                row.leads = FOUND if side > 0 else RULED_OUT
                break


@inquiry.function("concluded", "inquiry -> bool", "the inquiry has come to a finding, whichever", reads="beliefs")
def concluded(program, world, then, out, inquiry):
    """Rest on what last changed it."""
    machine.answer(out, world.inquiries[inquiry].verdict != LOOKING, world.inquiries[inquiry].entry)
