"""Conditions on which a mechanism keeps an eye: looked at again when something that they depend on has changed."""

from __future__ import annotations

from . import machine, processes
from .compiled import kernel


@kernel
def look(program, world, w, must, now):
    """Look at a watched condition if it must be, if it may have changed, or at its time; return True when looked at."""
    plan, watch = program.watch_plans[w], world.watches[w]
    changed, watch.changed = watch.changed, 0
    if not must and changed == 0 and watch.next > now:
        return False
    turns = machine.evaluate(program, world, plan.code, now, as_of(program, w, now))
    watch.held = 1 if world.stack[0].value != 0.0 else 0
    watch.next = machine.look_again(turns, plan.polled, plan.every, now)
    return True


@kernel
def reading(program, world, w, now):
    """Return the value of a watched expression, and note when it may change by itself.

    What drifts or grows with time is read as of the last beat of its cadence, and stays as it was then.
    """
    plan, watch = program.watch_plans[w], world.watches[w]
    watch.changed = 0
    turns = machine.glance(program, world, plan.code, now, as_of(program, w, now))
    top = world.stack[0]
    watch.next = machine.look_again(turns, plan.polled, plan.every, now)
    if top.slope == 0.0:
        return top.value
    watch.next = min(watch.next, processes.beat_after(plan.every, now))
    return machine.value_of(program, world, plan.code, processes.beat_before(plan.every, now))


@kernel
def as_of(program, w, now):
    """Return the time as of which a watched condition, and what hangs on it, reads what drifts."""
    plan = program.watch_plans[w]
    return machine.as_of(plan.polled, plan.every, now)
