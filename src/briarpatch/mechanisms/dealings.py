"""Dealings: two who deal with one another again and again, each as the other did last, and what that does to trust.

At the occasions of a Poisson process, while its condition holds and both live, each of the two keeps their word or
breaks it: they mean to keep it with one chance after the other kept theirs last time, with another after it was broken,
and what they mean comes out wrong with the chance of error (reactive strategies: Nowak and Sigmund 1992, doi
10.1038/355250a0; tit for tat is 1 and 0). They move at once, not knowing what the other does. At first each takes it that the other kept faith. Every
occasion is a promise kept or broken, and so moves how far the other trusts them (`bonds`).

Assumes that both see what the other did, and that memory reaches back one occasion. Oracle O-13.5 holds through the
engine as well.
"""

from __future__ import annotations

import math

from ..declare import AT_LEAST_ZERO, Mechanism, Section, condition, nested, quantity, rate, several, share
from ..world import acts, asked, chance, machine, processes, refs, states, topics, watches
from ..world.compiled import kernel, plainly

dealings = Mechanism("dealings", reads="people", writes="dealings watches requests chronicle", asks="bond")
DEALING = dealings.stream("dealing")
KEPT_WORD = dealings.entry(
    "kept their word",
    "{subject} kept faith with {object}",
    "the first time, or again after a breach",
    subject="person",
    object="person",
    living="subject object",
    seen="subject object",
)
BROKE_WORD = dealings.entry(
    "broke their word",
    "{subject} let {object} down",
    "the first time, or after faith was kept",
    subject="person",
    object="person",
    weight=1,
    living="subject object",
    seen="subject object",
)

PLANS = dealings.plan(
    "dealing_plans",
    "who deals with whom, how often, and how each answers the other",
    """
    key           u8 -        key of its luck
    first         i4 person   one of the two
    second        i4 person   the other
    when          i4 -        its row of `watches`: the condition under which they deal
    rate          f8 1/s      how often they deal
    after_kept    f8 1        chance of meaning to keep one's word after the other kept theirs
    after_broken  f8 1        the same after the other broke it
    error         f8 1        chance that it comes out against what was meant
    worth         f8 1        promises that an occasion counts for
    """,
)
ROWS = dealings.table(
    "dealings",
    "what two of the named do for one another, each as the other did last",
    """
    clock         i4 clock    the next occasion
    times         i8 -        occasions so far
    breaches      i8 -        words broken so far, by either
    first_broke   i1 -        1 when the first of the two broke their word last time
    second_broke  i1 -        1 when the second did
    entry         i4 entry    what last changed it
    """,
)

_FIRST, _SECOND = 1, 2


class Payoffs(Section):
    """What an occasion is worth to one of two who deal with one another."""

    temptation = quantity("number", "to break one's word to one who keeps theirs", 5.0)
    reward = quantity("number", "when both keep it", 3.0)
    punishment = quantity("number", "when both break it", 1.0)
    sucker = quantity("number", "to keep one's word to one who breaks theirs", 0.0)


@dealings.section("dealings", one="dealing", plans=PLANS, rows=ROWS)
class Dealing(Section):
    """Something that two named people do for one another again and again, each as the other did last."""

    between = several("person", length=(2, 2))
    rate = rate("how often they deal")
    when = condition("while they deal", never="the two never deal")
    after_kept = share("chance of meaning to keep one's word after the other kept theirs", 1.0)
    after_broken = share(
        "the same after the other broke it; absent: as generous as the payoffs bear, 1/3 for those given", None
    )
    payoffs = nested(Payoffs, default={})
    error = share("chance that it comes out against what was meant", 0.0)
    worth = quantity("number", "promises kept or broken that an occasion counts for in trust", 1.0, 0.0)
    poll = quantity("time", "how often a drifting condition is looked at", None)


@dealings.builds_rows
def build(make):
    """Two people, the watch of their condition and of their lives, and the clock of their occasions."""
    for item, plan, row, path in make.rows(Dealing):
        plan.first, plan.second = (make.row("person", who, (*path, "between", n)) for n, who in enumerate(item.between))
        if plan.first == plan.second:
            make.fault((*path, "between", 1), "nobody deals with themselves; name two people")
        make.relate(plan.first, plan.second)
        lives = topics.person_bit(plan.first, -1) | topics.person_bit(plan.second, -1)
        plan.when = make.watch(dealings, item, path, lives)
        if item.after_broken is None:
            plan.after_broken = _forgives(make, item.payoffs, (*path, "payoffs"))
        row.clock = make.clock(DEALING, plan.key)


def _forgives(make, pays, path):
    """Return how often a breach is forgiven: as often as the payoffs bear."""
    if not pays.temptation > pays.reward > pays.punishment > pays.sucker:
        make.fault(path, "must fall from temptation over reward and punishment to sucker, or state 'after_broken'")
        return 0.0
    return float(plainly(generosity, pays.temptation, pays.reward, pays.punishment, pays.sucker))


@kernel
def generosity(temptation, reward, punishment, sucker):
    """Return q = min(1 - (T - R) / (R - S), (R - P) / (T - P)), how often to forgive a breach (Nowak and Sigmund 1992)."""
    q = min(1.0 - (temptation - reward) / (reward - sucker), (reward - punishment) / (temptation - punishment))
    return min(max(q, 0.0), 1.0)


@kernel
def with_error(probability, error):
    """Return how often a move is made that is meant with `probability` and comes out wrong with probability `error`."""
    return probability * (1.0 - error) + (1.0 - probability) * error


@kernel
def reciprocate(kept, after_kept, after_broken, error, u):
    """Return whether somebody keeps their word, given whether the other `kept` theirs last time; `u` in (0, 1).

    They mean to with probability `after_kept` or `after_broken`.
    """
    return u < with_error(after_kept if kept else after_broken, error)


@dealings.step
def step(program, world, since, now):
    """Let every occasion until now come; return when the next will."""
    due = math.inf
    for d in range(len(world.dealings)):
        due = min(due, _deal(program, world, d, since < 0.0, now))
    return due


@kernel
def _deal(program, world, d, first_look, now):
    plan, dealing = program.dealing_plans[d], world.dealings[d]
    clock = world.clocks[dealing.clock]
    living = world.people[plan.first].status != states.DEAD and world.people[plan.second].status != states.DEAD
    rang = living and processes.rings(clock, now)
    if rang:
        _meet(program, world, d, now)
        processes.rearm(clock, world.state[0].luck, now)
    watch = world.watches[plan.when]
    if watches.look(program, world, plan.when, first_look or rang, now):
        processes.set_rate(clock, plan.rate if watch.held != 0 and living else 0.0, now)
    return min(watch.next, processes.ring_time(clock))


@kernel
def _meet(program, world, d, now):
    """Let each of the two keep their word or break it."""
    plan, dealing = program.dealing_plans[d], world.dealings[d]
    after_first, after_second = dealing.first_broke == 0, dealing.second_broke == 0
    luck, news = world.state[0].luck, dealing.times == 0
    u = chance.u01(luck, DEALING, chance.pair_key(plan.key, _FIRST), dealing.times)
    first = reciprocate(after_second, plan.after_kept, plan.after_broken, plan.error, u)
    u = chance.u01(luck, DEALING, chance.pair_key(plan.key, _SECOND), dealing.times)
    second = reciprocate(after_first, plan.after_kept, plan.after_broken, plan.error, u)
    dealing.times += 1
    dealing.first_broke, dealing.second_broke = 0 if first else 1, 0 if second else 1
    dealing.breaches += dealing.first_broke + dealing.second_broke
    _tell(program, world, d, plan.first, plan.second, first, news or first != after_first, now)
    _tell(program, world, d, plan.second, plan.first, second, news or second != after_second, now)
    acts.touch(world, topics.BONDS)


@kernel
def _tell(program, world, d, who, whom, kept, news, now):
    """Write down what somebody did when it is news, and let the other trust them the more, or the less, for it."""
    plan, dealing = program.dealing_plans[d], world.dealings[d]
    if news:
        kind = KEPT_WORD if kept else BROKE_WORD
        one, other = refs.ref(refs.PERSON, who), refs.ref(refs.PERSON, whom)
        dealing.entry = acts.emit(world, now, kind, one, other, world.people[who].place, 0.0, dealing.entry)
    promises = plan.worth if kept else -plan.worth
    asked.bond(world, now, dealing.entry, who=whom, to=who, affection=0.0, trust=promises)


@dealings.function(
    "dealt", "dealing -> number", "how often the two have dealt with one another", reads="bonds", span=AT_LEAST_ZERO
)
def dealt(program, world, then, out, dealing):
    """Rest on what last changed."""
    out.value = float(world.dealings[dealing].times)
    machine.rest(out, world.dealings[dealing].entry)


@dealings.function(
    "breaches", "dealing -> number", "how often either of the two broke their word", reads="bonds", span=AT_LEAST_ZERO
)
def breaches(program, world, then, out, dealing):
    """Rest on what last changed."""
    out.value = float(world.dealings[dealing].breaches)
    machine.rest(out, world.dealings[dealing].entry)
