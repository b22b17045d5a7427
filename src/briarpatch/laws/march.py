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

from ..world.alike import hypot
from ..world.chance import normal_quantile
from ..world.compiled import kernel

FREE_SPEED = 1.34
SLOWEST = 0.5
FASTEST = 2.2
MAX_FLOW = 1.2249182007007753
"""Greatest specific flow [1/(m s)] of the fundamental diagram, at 1.750665 persons/m^2 (O-3.4)."""
SLOWING_EXPONENT = 0.06
CRITICAL_POWER_ADULT = 9.0
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
def tired_time(distance, reference):
    """Return the distance [m] a tireless walker makes in the time of `distance`: D_ref (D / D_ref)^1.06
    (Riegel 1981).
    """
    if reference <= 0.0 or distance <= reference:
        return distance
    return reference * (distance / reference) ** (1.0 + SLOWING_EXPONENT)


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
