"""Rates that are expressions: an exponential clock runs at such a rate, which holds between events.

A rate that reads states, counts, gauges and data in steps is a constant from one event to the next, and its clock is exact. One
that moves in between (with the time of day, along a tide, on a line through data) is known as a Chebyshev series over a while,
as long as the series meets it to 1e-12, and its clock rings where the series' integral reaches the threshold: for practice
exact (Boyd 2001, *Chebyshev and Fourier Spectral Methods*). One that reads what drifts without a law is frozen from one
beat to the next.

A look that finds the rate as it was leaves no trace, so results do not depend on who else looks, or when.
"""

from __future__ import annotations

import math

from . import machine, processes, states
from .compiled import kernel

TERMS = 16
"""Terms of the series of a rate that moves."""
_LONGEST = 6.0 * 3600.0
_SHORTEST = 1.0
_INSTANT = 1e-6
_CLOSE = 1e-12
_MOST_HALVINGS = 200


@kernel
def run(program, world, number, on, now):
    """Let the clock of a rate run at it from now on, or stand still; return when it rings (infinity: not that is known).

    Ask again when a topic of its `mask` has changed, and at `world.rates[number].next`.
    """
    plan, rate = program.rate_plans[number], world.rates[number]
    clock = world.clocks[plan.clock]
    if not on:
        if rate.on != 0 and plan.moves != 0:
            _account(world, number, clock, now)
        rate.on, rate.next, rate.stops = 0, math.inf, -math.inf
        return processes.set_rate(clock, 0.0, now)
    if plan.moves == 0:
        rate.on = 1
        then = machine.as_of(plan.polled, plan.every, now)
        turns = machine.glance(program, world, plan.code, now, then)
        rate.next = machine.look_again(turns, plan.polled, plan.every, now)
        return processes.set_rate(clock, _sound(world, world.stack[0].value), now)
    if rate.on == 0:
        clock.at = now
        _begin(program, world, number, now)
    elif now >= rate.stops or _differs(program, world, number):
        _account(world, number, clock, now)
        _begin(program, world, number, now)
    return _rings(world, number, clock)


@kernel
def _sound(world, value):
    """Return a rate; one that is negative or undefined breaks the world."""
    if not value >= 0.0:
        world.state[0].broken = states.RATE_GUARD
        return 0.0
    return value


@kernel
def _begin(program, world, number, now):
    """Find the shape that a rate has from now on, as long as its series meets it."""
    rate, code = world.rates[number], program.rate_plans[number].code
    turns = machine.glance(program, world, code, now, now)
    if not world.stack[0].value >= 0.0:  # where it comes up from zero, rounding may leave it below for an instant
        _sound(world, machine.value_of(program, world, code, now + _INSTANT))
    ends = min(turns, now + _LONGEST)
    for _ in range(64):
        sound = _reckon(program, world, number, now, ends, number)
        if ends - now <= _SHORTEST or (sound and _meets(world, number)):
            break
        ends = now + 0.5 * (ends - now)
    rate.on, rate.starts, rate.stops, rate.next = 1, now, ends, ends


@kernel
def _reckon(program, world, number, starts, stops, into):
    """Write the series of a rate between two times into a row of `rate_shapes`; return whether it is a rate throughout.

    Where it is none, it counts as zero: it may stand still by then, or be another.
    """
    found, sound = world.rate_shapes[into], True
    for k in range(TERMS):
        found[k].c = 0.0
    for j in range(TERMS):
        angle = math.pi * (j + 0.5) / TERMS
        at = 0.5 * (starts + stops) + 0.5 * (stops - starts) * math.cos(angle)
        value = machine.value_of(program, world, program.rate_plans[number].code, at)
        if not value >= 0.0:
            value, sound = 0.0, False
        for k in range(TERMS):
            found[k].c += value * math.cos(k * angle) * (1.0 if k == 0 else 2.0) / TERMS
    return sound


@kernel
def _differs(program, world, number):
    """Return whether the shape of a rate is another now than the one that is known."""
    rate, spare = world.rates[number], len(world.rate_shapes) - 1
    other = not _reckon(program, world, number, rate.starts, rate.stops, spare)
    for k in range(TERMS):
        other = other or world.rate_shapes[spare][k].c != world.rate_shapes[number][k].c
    return other


@kernel
def _meets(world, number):
    """Return whether the series of a rate has come to its end: its last terms are nothing beside the largest."""
    shape = world.rate_shapes[number]
    largest = 0.0
    for k in range(TERMS):
        largest = max(largest, abs(shape[k].c))
    return abs(shape[TERMS - 1].c) + abs(shape[TERMS - 2].c) <= _CLOSE * largest


@kernel
def _account(world, number, clock, now):
    """Add to a clock what its rate, by its shape, comes to by now."""
    if now > clock.at:
        clock.spent += _integral(world, number, clock.at, now)
        clock.at = now


@kernel
def come_up(program, world, now):
    """Account for every rate that moves up to now."""
    for number in range(len(world.rates)):
        plan = program.rate_plans[number]
        if plan.moves != 0 and world.rates[number].on != 0:
            _account(world, number, world.clocks[plan.clock], now)


@kernel
def spent_by(program, world, number, now):
    """Return the exposure of the clock of a rate by now."""
    clock, rate = world.clocks[program.rate_plans[number].clock], world.rates[number]
    if program.rate_plans[number].moves == 0 or rate.on == 0 or now <= clock.at:
        return processes.spent_by(clock, now)
    return clock.spent + _integral(world, number, clock.at, now)


@kernel
def _integral(world, number, first, last):
    """Return the integral of a rate from one time to another, by its shape."""
    rate = world.rates[number]
    half = 0.5 * (rate.stops - rate.starts)
    return half * (_primitive(world, number, last) - _primitive(world, number, first))


@kernel
def _primitive(world, number, at):
    """Return the integral of a rate's series at a time, over half the length of its while and up to a constant."""
    rate, shape = world.rates[number], world.rate_shapes[number]
    x = (at - 0.5 * (rate.starts + rate.stops)) / (0.5 * (rate.stops - rate.starts))
    total = shape[0].c * x + 0.5 * shape[1].c * x * x
    before, here = x, 2.0 * x * x - 1.0  # the Chebyshev polynomials of degrees k - 1 and k
    for k in range(2, TERMS):
        after = 2.0 * x * here - before
        total += 0.5 * shape[k].c * (after / (k + 1.0) - before / (k - 1.0))
        before, here = here, after
    return total


@kernel
def _rings(world, number, clock):
    """Return when the clock of a rate that moves rings, if it does before its shape is looked at again."""
    rate = world.rates[number]
    left = clock.threshold - clock.spent
    if left <= 0.0:
        return clock.at
    if rate.stops <= clock.at or _integral(world, number, clock.at, rate.stops) < left:
        return math.inf
    low, high = clock.at, rate.stops
    for _ in range(_MOST_HALVINGS):
        middle = 0.5 * (low + high)
        if middle <= low or middle >= high:
            break
        if _integral(world, number, clock.at, middle) < left:
            low = middle
        else:
            high = middle
    return high
