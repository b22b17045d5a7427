"""Dealings: two who deal with one another again and again, each as the other did last, and what that does to trust.

At the occasions of a Poisson process, while its condition holds and both live, each of the two keeps their word or
breaks it: they mean to keep it with one chance after the other kept theirs last time, with another after it was broken,
and what they mean comes out wrong with the chance of error (reactive strategies: Nowak and Sigmund 1992; tit for tat is
1 and 0). They move at once, not knowing what the other does. At first each takes it that the other kept faith. Every
occasion is a promise kept or broken, and so moves how far the other trusts them (`bonds`).

Assumes that both see what the other did, and that memory reaches back one occasion. Oracle O-13.5 holds through the
engine as well.
"""

from __future__ import annotations

import math

from ..laws import bonds as laws
from ..world import acts, chance, kinds, machine, processes, refs, states, topics, verbs
from ..world.compiled import kernel
from ..world.parts import system

READS = ("people", "what conditions read")
WRITES = ("dealings", "requests", "chronicle")

_FIRST, _SECOND = 1, 2


@system
def step(program, world, since, now):
    """Let every occasion until now come; return when the next will."""
    due = math.inf
    for d in range(len(world.dealings)):
        due = min(due, _deal(program, world, d, since < 0.0, now))
    return due


@kernel
def _deal(program, world, d, first_look, now):
    plan, dealing = program.dealing_plans[d], world.dealings[d]
    changed, dealing.changed = dealing.changed, 0
    clock = world.clocks[dealing.clock]
    living = world.people[plan.first].status != states.DEAD and world.people[plan.second].status != states.DEAD
    if living and processes.rings(clock, now):
        _meet(program, world, d, now)
        processes.rearm(clock, world.state[0].luck, now)
        changed = -1
    if first_look or (changed & plan.mask) != 0 or dealing.next <= now:
        then = machine.as_of(plan.polled, plan.every, now)
        turns = machine.evaluate(program, world, plan.code, now, then)
        dealing.held = 1 if world.stack[0].value != 0.0 else 0
        dealing.next = machine.look_again(turns, plan.polled, plan.every, now)
        processes.set_rate(clock, plan.rate if dealing.held != 0 and living else 0.0, now)
    return min(dealing.next, processes.ring_time(clock))


@kernel
def _meet(program, world, d, now):
    """Let each of the two keep their word or break it."""
    plan, dealing = program.dealing_plans[d], world.dealings[d]
    after_first, after_second = dealing.first_broke == 0, dealing.second_broke == 0
    luck, news = world.state[0].luck, dealing.times == 0
    u = chance.u01(luck, chance.DEALING, chance.pair_key(plan.key, _FIRST), dealing.times)
    first = laws.reciprocate(after_second, plan.after_kept, plan.after_broken, plan.error, u)
    u = chance.u01(luck, chance.DEALING, chance.pair_key(plan.key, _SECOND), dealing.times)
    second = laws.reciprocate(after_first, plan.after_kept, plan.after_broken, plan.error, u)
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
        kind = kinds.KEPT_WORD if kept else kinds.BROKE_WORD
        one, other = refs.ref(refs.PERSON, who), refs.ref(refs.PERSON, whom)
        dealing.entry = acts.emit(world, now, kind, one, other, world.people[who].place, 0.0, dealing.entry)
    promises = plan.worth if kept else -plan.worth
    acts.request(world, verbs.BOND, states.BONDS, now, dealing.entry, whom, who, -1, -1, 0.0, promises)
