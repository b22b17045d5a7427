"""Asking for the effects of rules and options, each with its numbers as they are when it is asked for."""

from __future__ import annotations

import math

from . import acts, machine, states
from .compiled import kernel


@kernel
def ask(program, world, first, count, entry, now):
    """Ask for the effects in rows `first` to `first + count`, caused by `entry`.

    A number that is an expression is read now and held within the range of its verb; undefined, it breaks the world.
    """
    for i in range(first, first + count):
        effect = program.effects[i]
        amount = _number(program, world, effect.amount, effect.amount_code, effect.amount_low, effect.amount_high, now)
        extra = _number(program, world, effect.extra, effect.extra_code, effect.extra_low, effect.extra_high, now)
        a, b, c, d = effect.a, effect.b, effect.c, effect.d
        acts.request(world, effect.verb, effect.system, now + effect.delay, entry, a, b, c, d, amount, extra)


@kernel
def _number(program, world, constant, code, low, high, now):
    if code < 0:
        return constant
    value = machine.value_of(program, world, code, now)
    if math.isnan(value):
        world.state[0].broken = states.NUMBER_GUARD
    return min(max(value, low), high)
