"""Drones: searching an area, running people down, tagging them, being shot down.

Models: random search of an area (the laws of organised search stand beside it, and are not played); pure
pursuit and the constant-bearing intercept; tags and losses as competing exponential risks, with the
defenders' aimed fire shared among the drones in view.
Assumes: constant speeds, straight flight of the hunted within a step, constant rates between events,
defenders who pick a visible drone at random.
Leaves out: terrain and no-fly height, fuel, drones that fire back, replacement of lost drones.
Sources: Koopman 1946, Search and Screening (OEG Report 56); Bouguer 1732 (pure pursuit); Isaacs 1965,
Differential Games; Lanchester 1916 (aimed and area fire); Anderson 2007 for the next-event loop with one
clock a cause (doi 10.1063/1.2799998).
Held to: O-2.1 to O-2.6.
"""

from __future__ import annotations

import math

from ..world.chance import TAGGING, exponential
from ..world.compiled import kernel
from ..world.processes import exposure

SPEED = 15.0
ANYBODY = -1
"""The target of a drone that never runs out of people to tag."""


@kernel
def coverage_rate(drones, speed, width, area):
    """Return the rate [1/s] at which `drones` cover `area` [m^2]: n w W / A, speed [m/s], sweep width [m].

    Times the target's exposedness c (0 in a cave) it is the hazard of being found by random search (Koopman).
    """
    swept = drones * speed * width
    if swept <= 0.0 or math.isinf(area):
        return 0.0
    if area <= 0.0:
        return math.inf
    return swept / area


@kernel
def intercept_time(dx, dy, ux, uy, speed, reach):
    """Return the earliest time [s] at which a pursuer at constant bearing comes within `reach` [m], or
    infinity.

    `dx`, `dy` [m] and `ux`, `uy` [m/s] are the evader's relative place and own velocity, `speed` [m/s] the
    pursuer's. The smallest root of |d + u t| = w t + R (Isaacs), in the form that does not cancel.
    """
    gap = dx * dx + dy * dy - reach * reach
    if gap <= 0.0:
        return 0.0
    b = dx * ux + dy * uy - speed * reach
    a = speed * speed - ux * ux - uy * uy
    square = b * b + a * gap
    if b < 0.0:
        return gap / (math.sqrt(square) - b) if square >= 0.0 else math.inf
    if a > 0.0:
        return (b + math.sqrt(square)) / a
    return math.inf


@kernel
def tag_rate(attempts, success):
    """Return the hazard [1/s] of being tagged in contact: `attempts` [1/s] that succeed with probability
    `success`.
    """
    return attempts * success


@kernel
def hit_probability(nearest, scale, distance):
    """Return the hit probability of a shot over `distance` [m]: `nearest` exp(-distance / scale [m])."""
    if distance <= 0.0 or math.isinf(scale):
        return nearest
    if scale <= 0.0:
        return 0.0
    return nearest * math.exp(-distance / scale)


@kernel
def _left(remaining, rate):
    """Return the time [s] in which `rate` [1/s] uses up the exposure `remaining`."""
    if rate <= 0.0:
        return math.inf
    return remaining / rate


@kernel
def _loss_rate(losing, fire, visible, shown):
    """Return the loss rate [1/s] of a drone when `shown` drones share the aimed fire."""
    return losing + fire / shown if visible else losing


@kernel
def _may_tag(stock, target, tagged):
    """Return True when a drone has a tag left and somebody untagged to put it on."""
    return stock > 0 and (target == ANYBODY or not tagged[target])


@kernel
def hunt(
    seed,
    keys,
    target,
    tagging,
    losing,
    fire,
    visible,
    alive,
    stock,
    tags,
    tag_left,
    loss_left,
    tagged,
    tagged_at,
    tagged_by,
    lost_at,
    since,
    dt,
):
    """Play tags and losses of the step (since, since + dt] [s] event by event; return how many events there
    were.

    Drones [n]: `keys`; `target`, a row of the targets or ANYBODY; `tagging` [1/s] in contact; `losing`
    [1/s] to area fire; `fire` [1/s], the aimed loss rate if the drone alone were in view, shared by all
    `visible` ones alive; `alive`; `stock` of tags; `tags` spent; `tag_left`, `loss_left` the exposures to
    go (see `arm_hunt`). Targets [m]: `tagged`, and where it happens `tagged_at` [s] and `tagged_by`, a row
    of drones; `lost_at` [n] [s]. Exact for any step: each drone has its own clocks, which keep what has run
    off, so cutting the step, reordering the drones or adding idle ones changes nothing. A tag once set
    stays when its drone falls.
    """
    n = len(keys)
    now = 0.0
    events = 0
    while dt > 0.0:
        shown = 0
        for i in range(n):
            if alive[i] and visible[i]:
                shown += 1
        best, least = dt - now, math.inf
        who = -1
        falls = False
        for i in range(n):
            if not alive[i]:
                continue
            wait = _left(loss_left[i], _loss_rate(losing[i], fire[i], visible[i], shown))
            if wait < best or (wait == best and loss_left[i] < least):
                best, least, who, falls = wait, loss_left[i], i, True
            if _may_tag(stock[i], target[i], tagged):
                wait = _left(tag_left[i], tagging[i])
                if wait < best or (wait == best and tag_left[i] < least):
                    best, least, who, falls = wait, tag_left[i], i, False
        for i in range(n):
            if alive[i]:
                loss_left[i] -= exposure(_loss_rate(losing[i], fire[i], visible[i], shown), best)
                if _may_tag(stock[i], target[i], tagged):
                    tag_left[i] -= exposure(tagging[i], best)
        if who < 0:
            break
        now += best
        events += 1
        if falls:
            alive[who] = False
            lost_at[who] = since + now
            continue
        tags[who] += 1
        stock[who] -= 1
        tag_left[who] = exponential(seed, TAGGING, keys[who], tags[who])
        if target[who] != ANYBODY:
            tagged[target[who]] = True
            tagged_at[target[who]] = since + now
            tagged_by[target[who]] = who
    return events
