"""Devices: starts and runs in stages, holds, sabotage, a start by hand that needs hands, and a self-destruct.

A start goes through its stages and the device then runs, through stages of its own or until it is stopped. Each stage
lasts as long as its gamma law says, drawn when it begins; a hold freezes what is left of it. Work by hand (a start,
arming) stops at the moment when whoever does it leaves, dies or is taken; a start then stands paused, and goes on when
the same person comes back and it is resumed, or begins anew in other hands. An abort ends every start and run and
leaves only the start by hand; sabotage ends all of them. What is asked of a device is done before its stages are looked
at, so on an exact tie abort, hold and sabotage beat the start, and an abort beats a start asked for at the same moment,
whichever was asked first.

Assumes that somebody is at a device when inside it, or where it stands, or in the vessel that carries it, and free.
Leaves out stages in parallel and damage short of destruction. Source: Erlang 1917 and Neuts 1975 (stages); the law of
the races between tasks is tested in `laws.devices` (O-12.1 to O-12.6).
"""

from __future__ import annotations

import math

from ..world import acts, chance, kinds, quantiles, refs, states, topics, verbs
from ..world.compiled import kernel
from ..world.parts import system

READS = ("people", "device_plans", "stages")
WRITES = ("devices", "people", "requests", "chronicle")

_STAGES = 1 << 16
"""Room for the stages of one start in the count of occurrences."""


@system
def step(program, world, since, now):
    """Do what was asked, let go what nobody works at any more, and pass the stages that have ended."""
    while acts.going(world, 10):
        number = acts.take(program, world, states.DEVICES)
        if number < 0:
            break
        _carry_out(program, world, number, now)
        acts.spend(program, world, number)
    due = math.inf
    for i in range(len(world.devices)):
        device = world.devices[i]
        _let_go(program, world, i, now)
        while device.ends <= now and _under_way(device.mode) and acts.going(world, 10):
            _pass_stage(program, world, i, now)
        while device.arm_ends <= now and device.armed != 0 and acts.going(world, 10):
            _pass_arming(program, world, i, now)
        if _under_way(device.mode):
            due = min(due, device.ends)
        if device.armed != 0:
            due = min(due, device.arm_ends)
    return due


@kernel
def _under_way(mode):
    return mode == states.STARTING or mode == states.STARTING_BY_HAND or mode == states.RUNNING


@kernel
def _carry_out(program, world, number, now):
    asked = world.requests[number]
    verb, i, cause = asked.verb, asked.a, asked.cause
    device = world.devices[i]
    if verb == verbs.DETONATE or verb == verbs.BREAK:
        _blow_up(program, world, i, cause, now)
    elif device.mode == states.BLOWN:
        return
    elif verb == verbs.START:
        if asked.c != 0 and (device.mode == states.STARTING_BY_HAND or device.mode == states.RUNNING):
            acts.idle(program, world, kinds.WAS_SO)
        elif asked.c != 0:
            _start_by_hand(program, world, i, asked.b, cause, now)
        elif _under_way(device.mode):
            acts.idle(program, world, kinds.WAS_SO)
        elif device.mode == states.IDLE and device.broken == 0:
            _start(program, world, i, states.STARTING, asked.b, cause, now)
    elif verb == verbs.HOLD:
        if _under_way(device.mode):
            _pause(world, i, cause, now)
    elif verb == verbs.RESUME:
        if device.mode == states.PAUSED:
            _resume(program, world, i, cause, now)
    elif verb == verbs.ABORT:
        if device.mode != states.DONE and device.mode != states.ABORTED:
            _stop(world, i, kinds.DEVICE_ABORTED, -1, cause, now)
    elif verb == verbs.SABOTAGE:
        if device.broken != 0:
            acts.idle(program, world, kinds.WAS_SO)
            return
        if device.mode == states.DONE:
            return
        if present(program, world, i, asked.b):
            device.broken = 1
            _stop(world, i, kinds.SABOTAGED, asked.b, cause, now)
        else:
            _in_vain(world, i, asked.b, cause, now)
    elif verb == verbs.ARM:
        if device.armed == 0:
            _arm(program, world, i, asked.b, cause, now)
    elif verb == verbs.DISARM:
        _disarm(world, i, cause, now)


@kernel
def present(program, world, i, person):
    """Return True when `person` is free to work device `i` by hand and is there, if anybody needs to be."""
    if person >= 0 and (world.people[person].status != states.ACTIVE or not acts.awake(world.people[person])):
        return False
    if program.device_plans[i].presence == 0:
        return True
    if person < 0:
        return False
    place = world.people[person].place
    return place >= 0 and (place == world.devices[i].inside or place == acts.site(world, i))


@kernel
def _note(world, i, kind, person, amount, cause, now):
    """Write what happened to device `i` and say so."""
    device = world.devices[i]
    who = refs.ref(refs.PERSON, person)
    entry = acts.emit(world, now, kind, refs.ref(refs.DEVICE, i), who, acts.site(world, i), amount, cause)
    acts.touch(world, topics.DEVICES)
    if device.mode != states.BLOWN and (kind == kinds.ARMING or kind == kinds.ARMED or kind == kinds.DISARMED):
        device.arm_entry = entry
    else:
        device.entry = entry
    acts.wake(world, states.RADIATION, now)
    return entry


@kernel
def _in_vain(world, i, person, cause, now):
    who = refs.ref(refs.PERSON, person)
    acts.emit(world, now, kinds.IN_VAIN, refs.ref(refs.DEVICE, i), who, acts.site(world, i), 0.0, cause)


# ------------------------------------------------------------------------------------------------ starting and running


@kernel
def _start_by_hand(program, world, i, person, cause, now):
    device = world.devices[i]
    mode = device.mode
    if mode == states.STARTING_BY_HAND or mode == states.RUNNING or mode == states.DONE:
        return
    if mode == states.PAUSED and device.before == states.RUNNING:
        return
    aborted_now = mode == states.ABORTED and device.entry >= 0 and world.chronicle[device.entry].time == now
    if device.broken != 0 or aborted_now or not present(program, world, i, person):
        _in_vain(world, i, person, cause, now)
        return
    _start(program, world, i, states.STARTING_BY_HAND, person, cause, now)


@kernel
def _start(program, world, i, mode, person, cause, now):
    device = world.devices[i]
    device.starts += 1
    device.by = person
    device.mode = mode
    _note(world, i, kinds.DEVICE_STARTED, person, 0.0, cause, now)
    _enter(program, world, i, mode, 0, now)


@kernel
def _track(program, i, mode):
    """Return (track, first stage, how many) of what a device goes through in `mode`."""
    plan = program.device_plans[i]
    if mode == states.STARTING:
        return states.AUTOMATIC, plan.automatic, plan.automatic_n
    if mode == states.STARTING_BY_HAND:
        return states.BY_HAND, plan.manual, plan.manual_n
    return states.RUN, plan.run, plan.run_n


@kernel
def _lasts(program, world, i, track, first, stage, turn):
    """Return how long a stage lasts, drawn once for this device, track, start and stage."""
    row, key = program.stages[first + stage], chance.pair_key(world.devices[i].key, track)
    u = chance.u01(world.state[0].luck, chance.STAGE, key, turn * _STAGES + stage)
    return quantiles.draw(program, world, row.draw, u, world.state[0].time)


@kernel
def _enter(program, world, i, mode, stage, now):
    """Begin a stage of what the device goes through in `mode`; after the last one, what follows it."""
    device = world.devices[i]
    track, first, count = _track(program, i, mode)
    if stage >= count and mode != states.RUNNING:
        mode, stage = states.RUNNING, 0
        track, first, count = _track(program, i, mode)
        device.mode = mode
        _note(world, i, kinds.DEVICE_RUNS, -1, 0.0, device.entry, now)
    device.mode = mode
    device.stage = stage
    device.began = now
    if stage < count:
        device.length = _lasts(program, world, i, track, first, stage, device.starts)
        device.ends = now + device.length
    elif count == 0:
        device.ends = math.inf  # it runs until it is stopped
    else:
        device.mode = states.DONE
        device.stage = -1
        device.ends = math.inf
        _note(world, i, kinds.DEVICE_DONE, -1, 0.0, device.entry, now)


@kernel
def _pass_stage(program, world, i, now):
    device = world.devices[i]
    _note(world, i, kinds.STAGE_DONE, -1, float(device.stage + 1), device.entry, now)
    _enter(program, world, i, device.mode, device.stage + 1, now)


@kernel
def _pause(world, i, cause, now):
    device = world.devices[i]
    device.before = device.mode
    device.left = device.ends - now
    device.mode = states.PAUSED
    device.ends = math.inf
    _note(world, i, kinds.DEVICE_PAUSED, -1, 0.0, cause, now)


@kernel
def _resume(program, world, i, cause, now):
    device = world.devices[i]
    if device.before == states.STARTING_BY_HAND and not present(program, world, i, device.by):
        _in_vain(world, i, device.by, cause, now)
        return
    device.mode = device.before
    device.ends = now + device.left
    device.began = now
    _note(world, i, kinds.DEVICE_RESUMED, -1, 0.0, cause, now)


@kernel
def _stop(world, i, kind, person, cause, now):
    device = world.devices[i]
    device.mode = states.ABORTED
    device.stage = -1
    device.ends = math.inf
    _note(world, i, kind, person, 0.0, cause, now)


# ------------------------------------------------------------------------------------------------ self-destruction


@kernel
def _arm(program, world, i, person, cause, now):
    device = world.devices[i]
    if math.isinf(program.device_plans[i].countdown) or not present(program, world, i, person):
        _in_vain(world, i, person, cause, now)
        return
    device.arms += 1
    device.armed = 1
    device.armed_by = person
    _note(world, i, kinds.ARMING, person, 0.0, cause, now)
    _enter_arming(program, world, i, 0, now)


@kernel
def _enter_arming(program, world, i, stage, now):
    device, plan = world.devices[i], program.device_plans[i]
    device.arm_stage = stage
    if stage < plan.arming_n:
        device.arm_length = _lasts(program, world, i, states.ARMING, plan.arming, stage, device.arms)
        device.arm_ends = now + device.arm_length
    else:
        device.armed = 2
        device.arm_ends = now + plan.countdown
        _note(world, i, kinds.ARMED, device.armed_by, 0.0, device.arm_entry, now)


@kernel
def _pass_arming(program, world, i, now):
    device = world.devices[i]
    if device.armed == 1:
        _enter_arming(program, world, i, device.arm_stage + 1, now)
    else:
        _blow_up(program, world, i, device.arm_entry, now)


@kernel
def _disarm(world, i, cause, now):
    device = world.devices[i]
    if device.armed == 0:
        return
    device.armed = 0
    device.arm_ends = math.inf
    _note(world, i, kinds.DISARMED, -1, 0.0, cause, now)


@kernel
def _blow_up(program, world, i, cause, now):
    device = world.devices[i]
    if device.mode == states.BLOWN:
        return
    device.mode = states.BLOWN
    device.armed = 0
    device.stage = -1
    device.ends = math.inf
    device.arm_ends = math.inf
    entry = _note(world, i, kinds.BLAST, -1, 0.0, cause, now)
    if program.device_plans[i].around != 0 and device.aboard >= 0 and world.vessels[device.aboard].mode != states.LOST:
        acts.request(world, verbs.SCUTTLE, states.SHIPS, now, entry, device.aboard, -1, -1, -1, 0.0, 0.0)
    where = acts.site(world, i) if program.device_plans[i].around != 0 else device.inside
    acts.destroy_inside(program, world, where, refs.ref(refs.DEVICE, i), now, entry)


@kernel
def _let_go(program, world, i, now):
    """Stop the work at device `i` of people who are no longer there to do it."""
    device = world.devices[i]
    if device.mode == states.STARTING_BY_HAND and not present(program, world, i, device.by):
        _pause(world, i, _reason(world, i, device.by, device.entry), now)
    if device.armed == 1 and not present(program, world, i, device.armed_by):
        _disarm(world, i, _reason(world, i, device.armed_by, device.arm_entry), now)


@kernel
def _reason(world, i, person, entry):
    """Return what made `person` leave: the last entry about them, or else what had set them to work."""
    return max(entry, world.people[person].entry) if person >= 0 else entry


# ------------------------------------------------------------------------------------------------ fresh luck


@kernel
def redraw(program, world, now):
    """Draw anew, from what is left of them, the stages that are under way or on hold; see docs/decisions/0005."""
    for i in range(len(world.devices)):
        device, plan = world.devices[i], program.device_plans[i]
        paused = device.mode == states.PAUSED
        if paused or _under_way(device.mode):
            track, first, count = _track(program, i, device.before if paused else device.mode)
            left = device.left if paused else device.ends - now
            if 0 <= device.stage < count and 0.0 < left < math.inf:
                more = _more(program, world, i, track, first, device.stage, device.starts, device.length, left)
                device.length += more
                if paused:
                    device.left += more
                else:
                    device.ends += more
        if device.armed == 1 and device.arm_ends > now:
            left, stage = device.arm_ends - now, device.arm_stage
            more = _more(program, world, i, states.ARMING, plan.arming, stage, device.arms, device.arm_length, left)
            device.arm_length += more
            device.arm_ends += more


@kernel
def _more(program, world, i, track, first, stage, turn, length, left):
    """Return by how much longer a stage of `length` of which `left` is left lasts when it is drawn anew."""
    row = program.stages[first + stage]
    if not quantiles.varies(program, row.draw):
        return 0.0
    key = chance.pair_key(world.devices[i].key, track)
    u = chance.u01(world.state[0].luck, chance.STAGE, key, turn * _STAGES + stage)
    return quantiles.draw_beyond(program, world, row.draw, u, length - left, world.state[0].time) - length
