"""Other ways to work out what the mechanism of `briarpatch.laws.march` comes to; nothing that plays calls them."""

from __future__ import annotations

import math

import numpy as np

from briarpatch.laws.march import (
    FREE_SPEED,
    SLOWING_EXPONENT,
    edge_time,
    emptying_time,
    metabolic_power,
    reserve_after,
    speed_at_power,
    tired_time,
)
from briarpatch.world.compiled import kernel

FREE_SPEED_DEVIATION = 0.26

OFF_PATH = 0.6

MOUNTED = 1.25

JAM_DENSITY = 5.4

CRITICAL_POWER_ELDER = 6.0


@kernel
def crowd_factor(density):
    """Return the share of free speed left at `density` [1/m^2]: 1 - exp(-1.913 (1/rho - 1/5.4)) (Weidmann
    1993).
    """
    if density <= 0.0:
        return 1.0
    if density >= JAM_DENSITY:
        return 0.0
    return -math.expm1(-1.913 * (1.0 / density - 1.0 / JAM_DENSITY))


@kernel
def specific_flow(density):
    """Return the flow of people per metre of width [1/(m s)] at `density` [1/m^2] (Weidmann 1993)."""
    if density <= 0.0:
        return 0.0
    return density * FREE_SPEED * crowd_factor(density)


@kernel
def strolling_speed(members, dense):
    """Return the speed [m/s] of a strolling group of 1 to 4 `members`, in a `dense` crowd or not (Moussaid
    et al. 2010).
    """
    return 1.24 - 0.08 * members if dense else 1.26 - 0.04 * members


@kernel
def slowest_of_groups(group, speeds, paces):
    """Fill `paces` [m] with the slowest of `speeds` [n] in each `group` [n] (row of paces, or -1); 0 for an
    empty one.
    """
    paces[:] = math.inf
    for i in range(len(speeds)):
        if group[i] >= 0:
            paces[group[i]] = min(paces[group[i]], speeds[i])
    for g in range(len(paces)):
        if math.isinf(paces[g]):
            paces[g] = 0.0


@kernel
def slowing(distance, reference):
    """Return the factor on the time of the next metre after `distance` [m]: 1.06 (D / D_ref)^0.06 (Riegel
    1981).

    1 up to the `reference` distance [m], about an hour's walk; a reference of 0 or infinity switches it off.
    """
    if reference <= 0.0 or distance <= reference:
        return 1.0
    return (1.0 + SLOWING_EXPONENT) * (distance / reference) ** SLOWING_EXPONENT


@kernel
def tired_distance(distance, fresh, reference):
    """Return the `distance` [m] after a step in which a tireless walker would make `fresh` [m] more;
    exact.
    """
    ideal = tired_time(distance, reference) + fresh
    if reference <= 0.0 or ideal <= reference:
        return ideal
    return reference * (ideal / reference) ** (1.0 / (1.0 + SLOWING_EXPONENT))


@kernel
def lay_path(lengths, speeds, hazards, clock, place, risk):
    """Fill the knots [k + 1] of a path with segments [k]: ideal time [s], place [m], capture exposure in
    ideal time.

    `lengths` [m], ideal `speeds` [m/s], `hazards` of capture [1/s]. Behind a segment of speed 0 nothing is
    reached.
    """
    clock[0] = place[0] = risk[0] = 0.0
    for i in range(len(lengths)):
        time = edge_time(lengths[i], speeds[i])
        clock[i + 1] = clock[i] + time
        place[i + 1] = place[i] + lengths[i]
        risk[i + 1] = risk[i] + (hazards[i] * time if hazards[i] > 0.0 else 0.0)


@kernel
def place_at(clock, place, speeds, progress):
    """Return the place [m] along a path after `progress` [s] of ideal time."""
    i = segment(clock, progress)
    if progress >= clock[i + 1]:
        return place[i + 1]
    return place[i] + speeds[i] * (progress - clock[i])


@kernel
def risk_at(clock, risk, hazards, progress):
    """Return the capture exposure up to `progress` [s] of ideal time at ideal speed."""
    i = segment(clock, progress)
    if progress >= clock[i + 1]:
        return risk[i + 1]
    if progress <= clock[i]:
        return risk[i]
    return risk[i] + hazards[i] * (progress - clock[i])


@kernel
def capture_exposure(clock, risk, hazards, before, after, factor, dt):
    """Return the capture exposure of a step `dt` [s] between two progresses at `factor` of the ideal speed.

    Exact along the arc that was walked; a group that stands is exposed where it stands.
    """
    if dt <= 0.0:
        return 0.0
    if factor <= 0.0:
        return hazards[segment(clock, before)] * dt
    if after <= before:
        return 0.0
    gone = risk_at(clock, risk, hazards, before)
    if math.isinf(gone):
        return math.inf
    return (risk_at(clock, risk, hazards, after) - gone) / factor


@kernel
def point_queue(queue, arrivals, capacity, dt):
    """Return the queue after `dt` [s], the people served and the person-seconds waited, at constant rates
    [1/s].

    `capacity` is the width [m] times MAX_FLOW; served = min(queue + arrivals dt, capacity dt) (Vickrey
    1969). Exact.
    """
    if dt <= 0.0:
        return queue, 0.0, 0.0
    net = arrivals - capacity
    if net < 0.0 and queue < -net * dt:
        return 0.0, queue + arrivals * dt, 0.5 * queue * (queue / -net)
    return queue + net * dt, capacity * dt, (queue + 0.5 * net * dt) * dt


@kernel
def whole_people(served, carry):
    """Return how many whole people the flow `served` lets through, and the fraction to carry to the next
    step.
    """
    flow = served + carry
    count = math.floor(flow + 1e-9)
    return count, flow - count


@kernel
def walk(reserve, capacity, critical, speed, mass, load, grade, surface, dt):
    """Return the distance [m] walked in `dt` [s] at up to `speed` [m/s], and the reserve [J] left.

    When the reserve is spent within the step, the rest is walked at the speed that costs just the
    `critical` power [W].
    """
    power = metabolic_power(mass, load, speed, grade, surface)
    fresh = min(emptying_time(reserve, power, critical), dt)
    distance = speed * fresh
    if fresh < dt:
        distance += speed_at_power(critical, mass, load, grade, surface) * (dt - fresh)
    return distance, reserve_after(reserve, capacity, power, critical, dt)


@kernel
def segment(clock, progress):
    """Return the segment of a path on which a group is after `progress` [s] of ideal time."""
    return min(max(np.searchsorted(clock, progress, side="right") - 1, 0), len(clock) - 2)


@kernel
def advance(clock, progress, factor, dt):
    """Return the progress [s of ideal time] after `dt` [s] at `factor` of the ideal speed, and the time [s]
    it took.

    The time is `dt` unless the path ends first: any number of segments in one step is exact.
    """
    end = clock[len(clock) - 1]
    if factor <= 0.0 or dt <= 0.0:
        return progress, dt
    if progress + factor * dt < end:
        return progress + factor * dt, dt
    return end, min((end - progress) / factor, dt)
