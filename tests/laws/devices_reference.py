"""Other ways to work out what the mechanism of `briarpatch.laws.devices` comes to; nothing that plays calls them."""

from __future__ import annotations

import math

from briarpatch.laws.devices import (
    ABORTED,
    ARMING,
    BLAST,
    BLOWN_UP,
    COUNTDOWN,
    MANUAL,
    RUNNING,
    SABOTAGE,
    START,
    START_BY_HAND,
)
from briarpatch.world.chance import STAGE, duration, gamma_upper, u01
from briarpatch.world.compiled import kernel
from briarpatch.world.processes import exposure
from briarpatch.world.special import power

COUNTDOWN_STAGES = ((4.0, 15.0), (4.0, 15.0), (4.0, 15.0))
"""Shape and scale [s] of the stages of a countdown: 180 s in the mean, with a deviation of 51.96 s."""

MANUAL_STAGES = ((3.0, 30.0), (3.0, 30.0))
"""Shape and scale [s] of the stages of a start by hand."""

BLAST_DELAY = 60.0
"""Fixed delay of a self-destruction once it is armed [s]."""


@kernel
def stage_duration(seed, key, occurrence, shape, scale):
    """Return the duration [s] of a stage: Gamma(shape, scale), or exactly `scale` when `shape` is 0."""
    if scale <= 0.0:
        return 0.0
    if math.isinf(scale):
        return math.inf
    return duration(u01(seed, STAGE, key, occurrence), shape, scale)


@kernel
def work_to_finish(stage, remaining, occurrence, shapes, scales, seed, key, enough):
    """Return the work [s at pace 1] until the last stage is done; it stops counting once past `enough`."""
    if stage >= len(shapes):
        return 0.0
    total = remaining
    for later in range(stage + 1, len(shapes)):
        if total > enough:
            break
        total += stage_duration(seed, key, occurrence + later - stage - 1, shapes[later], scales[later])
    return total


@kernel
def run_stages(stage, remaining, occurrence, pace, dt, shapes, scales, seed, key):
    """Work for `dt` [s]; return (stage, remaining, occurrence, time at which all was done, or -1).

    `remaining` [s at pace 1] is the work left in `stage`; the stage after the last one means done. A `pace`
    of 0 is a hold. `occurrence` counts the stages drawn: hand all three on, and the same stages last as long,
    however time is cut.
    """
    if pace <= 0.0:
        return stage, remaining, occurrence, -1.0
    count = len(shapes)
    if stage >= count:
        return count, 0.0, occurrence, 0.0
    budget = exposure(pace, dt)
    used = 0.0
    while not math.isinf(remaining) and remaining <= budget - used:
        used += remaining
        stage += 1
        if stage >= count:
            return count, 0.0, occurrence, (0.0 if math.isinf(pace) else min(used / pace, dt))
        remaining = stage_duration(seed, key, occurrence, shapes[stage], scales[stage])
        occurrence += 1
    if not math.isinf(remaining):
        remaining -= budget - used
    return stage, remaining, occurrence, -1.0


@kernel
def contest(stages, remaining, occurrences, paces, ranks, keys, first, shapes, scales, seed, dt):
    """Let all tasks on a device work until one is done, for `dt` [s] at most; return (task or -1, elapsed).

    `stages`, `remaining`, `occurrences`, `paces`, `ranks` and `keys` [n] are one entry a task; the stages of
    task i are `shapes` and `scales` from `first[i]` to `first[i + 1]`. All tasks stand where they are at
    `elapsed`; the pace of the one that is done becomes 0. The lowest rank wins among tasks done at the same
    time; call again for the others.
    """
    length = max(dt, 0.0)
    best = -1
    soonest = math.inf
    for i in range(len(stages)):
        if paces[i] <= 0.0:
            continue
        a, b = first[i], first[i + 1]
        work = work_to_finish(
            stages[i],
            remaining[i],
            occurrences[i],
            shapes[a:b],
            scales[a:b],
            seed,
            keys[i],
            exposure(paces[i], dt),
        )
        if math.isinf(work):
            continue
        time = work / paces[i]
        if time > length or (work > 0.0 and length <= 0.0):
            continue
        if time < soonest or (time == soonest and ranks[i] < ranks[best]):
            best, soonest = i, time
    elapsed = length if best < 0 else soonest
    for i in range(len(stages)):
        a, b = first[i], first[i + 1]
        if i == best:
            if stages[i] < b - a:
                occurrences[i] += b - a - stages[i] - 1
            stages[i], remaining[i], paces[i] = b - a, 0.0, 0.0
        else:
            stages[i], remaining[i], occurrences[i], _ = run_stages(
                stages[i],
                remaining[i],
                occurrences[i],
                paces[i],
                elapsed,
                shapes[a:b],
                scales[a:b],
                seed,
                keys[i],
            )
    return best, elapsed


@kernel
def task_pace(task, mode, hands, armed):
    """Return the pace (0 or 1) of a task on a device in `mode`, with `hands` there, `armed` or not.

    A countdown and an armed blast need nobody; a countdown stands still in a hold. A start by hand needs
    presence, but not the remote path. Only what has not yet started can be sabotaged.
    """
    if mode == BLOWN_UP:
        return 0.0
    if task == START:
        return 1.0 if mode == COUNTDOWN else 0.0
    if task == BLAST:
        return 1.0 if armed else 0.0
    if hands <= 0:
        return 0.0
    if task == START_BY_HAND:
        return 1.0 if mode == MANUAL else 0.0
    if task == SABOTAGE:
        return 1.0 if mode not in (RUNNING, ABORTED) else 0.0
    if task == ARMING:
        return 0.0 if armed else 1.0
    return 1.0


@kernel
def mode_after(mode, task):
    """Return the mode of a device once `task` is done: started, aborted, gone, or as before."""
    if task == BLAST:
        return BLOWN_UP
    if task == SABOTAGE:
        return ABORTED
    if task in (START, START_BY_HAND):
        return RUNNING
    return mode


@kernel
def finished_by(time, shape, scale):
    """Return the probability that a stage is done by `time` [s]: the Gamma distribution, or a fixed time."""
    if scale <= 0.0:
        return 1.0
    if math.isinf(scale) or time <= 0.0:
        return 0.0
    if shape <= 0.0:
        return 1.0 if time >= scale else 0.0
    if math.isinf(time):
        return 1.0
    return 1.0 - gamma_upper(shape, time / scale)


@kernel
def before_stages(mean, shapes, scales):
    """Return the probability that Exp(`mean` [s]) precedes the end of stages: 1 - prod (1 + theta / M)^-k."""
    if math.isinf(mean):
        return 0.0
    missed = 1.0
    for i in range(len(shapes)):
        if scales[i] <= 0.0:
            continue
        if mean <= 0.0 or math.isinf(scales[i]):
            return 1.0
        if shapes[i] <= 0.0:
            missed *= math.exp(-scales[i] / mean)
        else:
            missed /= power(1.0 + scales[i] / mean, shapes[i])
    return 1.0 - missed


@kernel
def mean_of_stages(shapes, scales):
    """Return the expected duration [s] of stages: sum of k theta; of a fixed one, its duration."""
    total = 0.0
    for i in range(len(shapes)):
        total += scales[i] if shapes[i] <= 0.0 else shapes[i] * scales[i]
    return total


@kernel
def variance_of_stages(shapes, scales):
    """Return the variance [s^2] of the duration of stages: sum of k theta^2; nothing for a fixed one."""
    total = 0.0
    for i in range(len(shapes)):
        if shapes[i] > 0.0:
            total += shapes[i] * scales[i] * scales[i]
    return total


@kernel
def begin(shapes, scales, seed, key, occurrence):
    """Enter the first of some stages, if any; return (stage, work remaining in it [s], occurrence)."""
    if len(shapes) == 0:
        return 0, 0.0, occurrence
    return 0, stage_duration(seed, key, occurrence, shapes[0], scales[0]), occurrence + 1
