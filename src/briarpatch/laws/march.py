"""The march: people walking in groups over terrain, tiring, queueing, and exposed to capture on their way.

Models: walking speed by slope and person, 1.34 m/s for an average adult on the flat (pace 1); a narrow place as a
queue served in order at the greatest flow of the fundamental diagram; the pace of a group; the power that walking costs and the
reserve it draws on; slowing on long ways; the cost of an edge of a path; a bottleneck as a point queue.
Assumes: horizontal distances, crowd and fatigue factors frozen over a step, one grade between two events of a
person's reserve, a queue served in order at a fixed rate.
Leaves out: overtaking, lanes, panic, weather, sleep, food; the search for paths (`scenario.paths`).
Sources: Tobler 1993, Three presentations on geographical analysis and modeling; Weidmann 1993,
Transporttechnik der Fussgaenger; Moussaid et al. 2010 (doi 10.1371/journal.pone.0010047); Pandolf, Givoni
and Goldman 1977; Monod and Scherrer 1965, Skiba et al. 2012 and Skiba and Clarke 2021 on critical power;
Riegel 1981; Vickrey 1969.
Held to: O-3.1 to O-3.14.
"""

from __future__ import annotations

import math

import numpy as np

from ..world.alike import hypot
from ..world.chance import normal_quantile
from ..world.compiled import kernel

FREE_SPEED = 1.34
FREE_SPEED_DEVIATION = 0.26
SLOWEST = 0.5
FASTEST = 2.2
OFF_PATH = 0.6
MOUNTED = 1.25
JAM_DENSITY = 5.4
MAX_FLOW = 1.2249182007007753
"""Greatest specific flow [1/(m s)] of the fundamental diagram, at 1.750665 persons/m^2 (O-3.4)."""
SLOWING_EXPONENT = 0.06
CRITICAL_POWER_ADULT = 9.0
CRITICAL_POWER_ELDER = 6.0
RESERVE = 1000.0
"""Reserve W' [J/kg] above critical power; the critical powers are W/kg, both on the metabolic scale."""

SLOWEST_MEMBER, LOWER_QUARTILE, MEAN_MEMBER = 0, 1, 2
"""How a group sets its pace."""

# Steps of a grid: the first 4 straight, then 4 diagonal, then 8 of a knight.
_STEPS = (
    (0, 1), (1, 0), (0, -1), (-1, 0),
    (1, 1), (1, -1), (-1, 1), (-1, -1),
    (1, 2), (1, -2), (-1, 2), (-1, -2), (2, 1), (2, -1), (-2, 1), (-2, -1),
)  # fmt: skip


@kernel
def tobler_speed(slope):
    """Return the hiking speed [m/s] at `slope` (rise over run in the direction of walking): 6 exp(-3.5 |S +
    0.05|) km/h.

    Times OFF_PATH or MOUNTED where that applies (Tobler 1993). It holds the slope already: no other penalty
    for it.
    """
    return 6.0 / 3.6 * math.exp(-3.5 * abs(slope + 0.05))


@kernel
def walking_speed(slope, terrain):
    """Return the speed [m/s] of an average adult at `slope` on ground of factor `terrain`: 1.34 m/s on a level path.

    Weidmann's free speed times Tobler's factor for the slope over that for the flat.
    """
    return FREE_SPEED * terrain * tobler_speed(slope) / tobler_speed(0.0)


@kernel
def pass_in_turn(free, head, tail, people, capacity):
    """Return when the first and the last of `people` are through a narrow place, and when it is free for others [s].

    They come from `head` to `tail` to what is busy until `free`, and go through at most `capacity` [1/s]: at once, or
    as soon as those before are through (Vickrey 1969). A second place of the same capacity holds nobody up again.
    """
    first = max(head, free)
    busy = first + people / capacity if capacity > 0.0 else math.inf
    return first, max(tail, busy), busy


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
def free_pace(u, mean, deviation):
    """Return the free speed over 1.34 m/s of quantile `u`: normal, truncated (Weidmann 1993).

    With mean 1 and deviation 0.26 / 1.34 it is from 0.5 to 2.2 m/s; the limits go with the `mean`.
    """
    if deviation <= 0.0:
        return mean
    low = 0.5 * math.erfc((mean - mean * SLOWEST / FREE_SPEED) / deviation / math.sqrt(2.0))
    high = 0.5 * math.erfc((mean - mean * FASTEST / FREE_SPEED) / deviation / math.sqrt(2.0))
    drawn = mean + deviation * normal_quantile(low + u * (high - low))
    return min(max(drawn, mean * SLOWEST / FREE_SPEED), mean * FASTEST / FREE_SPEED)


@kernel
def pace_at_age(age):
    """Return the free speed at `age` [year] over 1.34 m/s: the mean of men and women below 30, to 50, and above.

    1.36, 1.1225 and 0.935 m/s (IMO, MSC.1/Circ.1533, walking on flat terrain).
    """
    if age < 30.0:
        return 1.36 / FREE_SPEED
    return (1.1225 if age <= 50.0 else 0.935) / FREE_SPEED


@kernel
def strolling_speed(members, dense):
    """Return the speed [m/s] of a strolling group of 1 to 4 `members`, in a `dense` crowd or not (Moussaid
    et al. 2010).
    """
    return 1.24 - 0.08 * members if dense else 1.26 - 0.04 * members


@kernel
def pace(speeds, policy, scratch):
    """Return the pace [m/s] of a group with these `speeds` [n]: of its slowest, its lower quartile or its
    mean.

    `scratch` [>= n] is overwritten. Nobody has pace 0.
    """
    n = len(speeds)
    if n == 0:
        return 0.0
    total, least = 0.0, math.inf
    for v in speeds:
        total += v
        least = min(least, v)
    if policy == SLOWEST_MEMBER:
        return least
    if policy == MEAN_MEMBER:
        return total / n
    for i in range(n):
        j = i
        while j > 0 and scratch[j - 1] > speeds[i]:
            scratch[j] = scratch[j - 1]
            j -= 1
        scratch[j] = speeds[i]
    place = 0.25 * (n - 1)
    below = int(place)
    above = min(below + 1, n - 1)
    return scratch[below] + (place - below) * (scratch[above] - scratch[below])


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
def straggles(behind, gap):
    """Return True when a member `behind` [m] its group has lost it: more than the greatest `gap` [m]."""
    return behind > gap


@kernel
def metabolic_power(mass, load, speed, grade, surface):
    """Return the power [W] of walking: `mass`, `load` [kg], `speed` [m/s], `grade` [percent], `surface`
    factor eta.

    1.5 m + 2 (m + L)(L / m)^2 + eta (m + L)(1.5 v^2 + 0.35 v G), at level cost when downhill (Pandolf et
    al. 1977).
    """
    if mass <= 0.0:
        return 0.0
    both = mass + load
    standing = 1.5 * mass + 2.0 * both * (load / mass) * (load / mass)
    return standing + surface * both * speed * (1.5 * speed + 0.35 * max(grade, 0.0))


@kernel
def speed_at_power(power, mass, load, grade, surface):
    """Return the speed [m/s] at which walking costs `power` [W]: the inverse of `metabolic_power`; 0 if
    standing does.
    """
    spare = power - metabolic_power(mass, load, 0.0, 0.0, surface)
    if spare <= 0.0 or mass <= 0.0:
        return 0.0
    if surface <= 0.0:
        return math.inf
    x = spare / (surface * (mass + load))
    climb = 0.35 * max(grade, 0.0)
    return 2.0 * x / (climb + math.sqrt(climb * climb + 6.0 * x))


@kernel
def emptying_time(reserve, power, critical):
    """Return the time [s] until `reserve` [J] is spent at `power` above `critical` power [W], or infinity."""
    if power <= critical:
        return math.inf
    return max(reserve, 0.0) / (power - critical)


@kernel
def reserve_after(reserve, capacity, power, critical, dt):
    """Return the reserve [J] after `dt` [s]: spent linearly above `critical` power [W], else refilled
    towards `capacity`.

    Exact for any step: dW/dt = -(P - CP) above, (1 - W / W')(CP - P) below (Skiba and Clarke 2021).
    """
    if dt <= 0.0:
        return reserve
    if power > critical:
        return max(reserve - (power - critical) * dt, 0.0)
    if capacity <= 0.0:
        return 0.0
    if math.isinf(capacity):
        return reserve + (critical - power) * dt
    return capacity - (capacity - reserve) * math.exp(-(critical - power) * dt / capacity)


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
def slowing(distance, reference):
    """Return the factor on the time of the next metre after `distance` [m]: 1.06 (D / D_ref)^0.06 (Riegel
    1981).

    1 up to the `reference` distance [m], about an hour's walk; a reference of 0 or infinity switches it off.
    """
    if reference <= 0.0 or distance <= reference:
        return 1.0
    return (1.0 + SLOWING_EXPONENT) * (distance / reference) ** SLOWING_EXPONENT


@kernel
def tired_time(distance, reference):
    """Return the distance [m] a tireless walker makes in the time of `distance`: D_ref (D / D_ref)^1.06
    (Riegel 1981).
    """
    if reference <= 0.0 or distance <= reference:
        return distance
    return reference * (distance / reference) ** (1.0 + SLOWING_EXPONENT)


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
def edge_time(length, speed):
    """Return the time [s] for `length` [m] at `speed` [m/s], infinity at speed 0."""
    if length <= 0.0:
        return 0.0
    if speed <= 0.0:
        return math.inf
    return length / speed


@kernel
def edge_cost(time, exchange, hazard):
    """Return the generalised cost [s] of `time` [s] under a capture `hazard` [1/s]: time (1 + omega h).

    The `exchange` rate omega [s] is what a certain capture is worth: 0 gives the fastest path, infinity the
    safest.
    """
    if hazard <= 0.0 or exchange <= 0.0:
        return time
    if math.isinf(exchange):
        return math.inf
    return time * (1.0 + exchange * hazard)


@kernel
def _cell_cost(length, slope, surface, hazard, exchange):
    """Return the cost [s] of `length` [m] through one cell."""
    return edge_cost(edge_time(length, tobler_speed(slope) * surface), exchange, hazard)


@kernel
def grid_edges(elevation, surface, hazard, spacing, exchange, neighbours, start, end, cost):
    """Fill the directed edges of a grid and return how many there are; impassable ones are left out.

    `elevation` [r, c] [m] stands at the nodes, `spacing` [m] apart; `surface` (factor on speed) and
    `hazard` [1/s] at the cells [r - 1, c - 1] between them. A diagonal crosses one cell, a knight's step
    two in halves, and a straight step takes the better of the cells beside it. Whoever joins the edges
    must split the nodes where two impassable cells touch at a corner. `neighbours` is 8 or 16;
    `start`, `end`, `cost` have room for r c neighbours. Costs differ by direction, as slopes do.
    """
    rows, columns = elevation.shape
    count = 0
    for r in range(rows):
        for c in range(columns):
            for k in range(neighbours):
                dr, dc = _STEPS[k]
                r2, c2 = r + dr, c + dc
                if r2 < 0 or c2 < 0 or r2 >= rows or c2 >= columns:
                    continue
                length = spacing * hypot(dr, dc)
                slope = (elevation[r2, c2] - elevation[r, c]) / length
                i, j = min(r, r2), min(c, c2)
                if k < 4:
                    total = math.inf
                    for side in range(2):
                        a = i - side * abs(dc)
                        b = j - side * abs(dr)
                        if 0 <= a < rows - 1 and 0 <= b < columns - 1:
                            here = _cell_cost(length, slope, surface[a, b], hazard[a, b], exchange)
                            total = min(total, here)
                else:
                    cells = max(abs(dr), abs(dc))
                    total = 0.0
                    for part in range(cells):
                        a = i + part * (abs(dr) - 1)
                        b = j + part * (abs(dc) - 1)
                        total += _cell_cost(length / cells, slope, surface[a, b], hazard[a, b], exchange)
                if not math.isinf(total):
                    start[count] = r * columns + c
                    end[count] = r2 * columns + c2
                    cost[count] = total
                    count += 1
    return count


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
