"""Pursuit: many who walk, many who fly after them, each after the one who shows most strongly, on an intercept course.

Models positions in the plane, step by step: the hunted walk straight at constant velocity between the moments at which
their ways are laid anew; each pursuer looks for the one whose signal is strongest (the squared distance times a weight,
which is least for the nearest when the weights are equal), flies the course that meets them, and keeps level with them
once within reach. Assumes that a look is instantaneous, that a pursuer holds its course until its next look, and that
nobody turns within a step. Leaves out turning circles, height and collisions.

Positions are float32, in columns, so that the search over all who are hunted takes eight at a time; every step of the
arithmetic is written out with its type, so that the same model in any language gives the same bits when it rounds as
IEEE 754 says and fuses nothing. A signal is compared by its bits, which for non-negative floats are in the order of
the numbers, because a minimum of integers is taken eight at a time and one of floats is not. The hunted are kept in
blocks with the box around each: a block whose box shows less than the best found so far is passed over, which changes
no answer, as rounding keeps the order of sums and products. Those who walk together stand next to one another and share
blocks of their own, so that the boxes are small.

Sources: Isaacs 1965, Differential Games (intercept); Comets, Popov, Schuetz and Vachkovskaia 2009 (billiards with random
reflections, doi 10.1007/s00205-008-0120-x); see `laws.drones`. Held to: O-2.5, O-2.6, and the plain loop in its test.
"""

from __future__ import annotations

import math

import numpy as np

from ..world.alike import hypot
from ..world.compiled import kernel
from .drones import intercept_time

FULL = 32
"""How many share a block at most."""
ENOUGH = 8
"""How many are in a block, at the least, that ends where the next walk another way; eight are looked at together."""
X, Y, WEIGHT, FROM_X, FROM_Y, VX, VY, SINCE = range(8)
"""Columns of the hunted: where they are [m], the weight of the squared distance, and since when [s] they walk whence."""
COLUMNS = 8
LOW_X, HIGH_X, LOW_Y, HIGH_Y, LIGHTEST = range(5)
"""Columns of the boxes around blocks of them."""
SIDES = 5
ANYWHERE, ONWARD = range(2)
"""How a searcher's next goal is drawn: evenly over the disc, or straight on from where it is to the rim."""
AIM = 0.9
"""How far into its reach a pursuer goes, so that rounding cannot leave it just outside."""

_AT_RIM = 1e-5
"""Who is nearer to the rim than this share of the radius is at it, whatever float32 made of the position."""
_SIGN = np.int32(31)
_MAGNITUDE = np.int32(0x7FFFFFFF)
_LEAST = np.int32(-0x80000000)
_FAINT = np.int32(0x7F800000)
_NOTHING = np.float32(0.0)
_NONE = np.int32(0)


@kernel
def walk(hunted, n, time):
    """Bring the first `n` hunted (float32 [8, >= n]) to where they are at `time` [s, float32]: whence + v (time - since)."""
    x, y, from_x, from_y = hunted[X], hunted[Y], hunted[FROM_X], hunted[FROM_Y]
    vx, vy, since = hunted[VX], hunted[VY], hunted[SINCE]
    for i in range(n):
        gone = np.float32(time - since[i])
        x[i] = np.float32(from_x[i] + np.float32(vx[i] * gone))
        y[i] = np.float32(from_y[i] + np.float32(vy[i] * gone))


def most_blocks(n):
    """Return how many blocks `n` hunted take at most."""
    return n // ENOUGH + 1


@kernel
def divide(hunted, n, starts):
    """Divide the first `n` hunted into blocks; fill `starts` [> blocks] with where each begins, and return how many."""
    vx, vy, since = hunted[VX], hunted[VY], hunted[SINCE]
    blocks = first = 0
    for i in range(n):
        parts = i > 0 and (vx[i] != vx[i - 1] or vy[i] != vy[i - 1] or since[i] != since[i - 1])
        if i == 0 or i - first == FULL or (parts and i - first >= ENOUGH):
            starts[blocks], first = i, i
            blocks += 1
    starts[blocks] = n
    return blocks


@kernel
def enclose(hunted, starts, blocks, boxes):
    """Fill `boxes` [5, >= blocks] with the bounds of each block of the hunted, and its least weight."""
    for block in range(blocks):
        first, end = starts[block], starts[block + 1]
        boxes[LOW_X, block], boxes[HIGH_X, block] = _bounds(hunted[X][first:end])
        boxes[LOW_Y, block], boxes[HIGH_Y, block] = _bounds(hunted[Y][first:end])
        boxes[LIGHTEST, block], _ = _bounds(hunted[WEIGHT][first:end])


@kernel
def _bounds(values):
    """Return the least and the greatest of some float32, by integers in the order of the floats."""
    low, high = _MAGNITUDE, _LEAST
    for i in range(len(values)):
        bits = np.float32(values[i]).view(np.int32)
        rank = np.int32(bits ^ ((bits >> _SIGN) & _MAGNITUDE))
        low = min(low, rank)
        high = max(high, rank)
    return _value(low), _value(high)


@kernel
def _value(rank):
    return np.int32(rank ^ ((rank >> _SIGN) & _MAGNITUDE)).view(np.float32)


@kernel
def signal(dx, dy, weight):
    """Return the bits of (dx^2 + dy^2) weight, float32: the less, the stronger somebody shows."""
    return np.float32(np.float32(np.float32(dx * dx) + np.float32(dy * dy)) * weight).view(np.int32)


@kernel
def strongest(hunted, starts, blocks, boxes, bounds, guess, x, y):
    """Return who of the hunted shows most strongly at (x, y) [m, float32], the first of equals, and the signal's bits.

    `starts` and `blocks` as from `divide`, `boxes` as from `enclose`; `bounds` [>= blocks] is scratch; a good
    `guess` (an index) spares work and changes nothing.
    """
    for block in range(blocks):
        dx = max(max(np.float32(boxes[LOW_X, block] - x), np.float32(x - boxes[HIGH_X, block])), _NOTHING)
        dy = max(max(np.float32(boxes[LOW_Y, block] - y), np.float32(y - boxes[HIGH_Y, block])), _NOTHING)
        bounds[block] = signal(dx, dy, boxes[LIGHTEST, block])
    best = signal(np.float32(hunted[X, guess] - x), np.float32(hunted[Y, guess] - y), np.float32(hunted[WEIGHT, guess]))
    who = guess
    for block in range(blocks):
        if bounds[block] > best:
            continue
        first, end = starts[block], starts[block + 1]
        xs, ys, weights = hunted[X][first:end], hunted[Y][first:end], hunted[WEIGHT][first:end]
        found = _least(xs, ys, weights, x, y)
        if found < best or (found == best and first <= who):
            i = first + _first(xs, ys, weights, x, y, found)
            if found < best or i < who:
                best, who = found, i
    return who, best


@kernel
def _least(xs, ys, weights, x, y):
    best = _FAINT
    for i in range(len(xs)):
        best = min(best, signal(np.float32(xs[i] - x), np.float32(ys[i] - y), weights[i]))
    return best


@kernel
def _first(xs, ys, weights, x, y, wanted):
    """Return the first place at which the signal is `wanted`: the greatest distance from the end, eight at a time."""
    n, bits = len(xs), np.int32(wanted)  # as wide as what it is held against
    left = _NONE
    for i in range(n):
        here = signal(np.float32(xs[i] - x), np.float32(ys[i] - y), weights[i])
        left = max(left, np.int32(n - i) if here == bits else _NONE)
    return n - left


@kernel
def in_sight(bits, sight):
    """Return True when a signal is at least that of somebody in plain view `sight` [m] away."""
    return bits <= signal(np.float32(sight), _NOTHING, np.float32(1.0))


@kernel
def fly(x, y, to_x, to_y, vx, vy, speed, reach, dt):
    """Return where a pursuer at (x, y) [m] is `dt` [s] later, and whether the one it is after is within `reach` [m] now.

    The one at (to_x, to_y) walks at (vx, vy) [m/s]. The pursuer flies the intercept course at `speed` [m/s], straight
    at one whom it cannot catch, and keeps level with one within reach.
    """
    dx, dy = to_x - x, to_y - y
    if dx * dx + dy * dy <= reach * reach:
        return x + vx * dt, y + vy * dt, True
    meets = intercept_time(dx, dy, vx, vy, speed, AIM * reach)
    if not math.isinf(meets):
        dx += vx * meets
        dy += vy * meets
    far = math.sqrt(dx * dx + dy * dy)
    flown, left = min(meets, dt), dt - min(meets, dt)
    if far <= 0.0:
        return x + vx * left, y + vy * left, False
    return x + speed * dx / far * flown + vx * left, y + speed * dy / far * flown + vy * left, False


@kernel
def next_goal(x, y, radius, how, u, v):
    """Return the next goal of a searcher at (x, y) [m] from the middle of a disc of `radius` [m]; `u`, `v` in (0, 1).

    ANYWHERE: even over the disc. ONWARD: where a straight way meets the rim, in any direction from within, and from the rim
    at an angle to the inward normal whose sine is even over (-1, 1); such ways cover the disc evenly.
    """
    away = hypot(x, y)
    if how == ANYWHERE or radius <= 0.0:
        far, way = radius * math.sqrt(u), 2.0 * math.pi * v
        return far * math.cos(way), far * math.sin(way)
    if away >= radius * (1.0 - _AT_RIM):
        sine = 2.0 * u - 1.0
        cosine = math.sqrt(max(0.0, 1.0 - sine * sine))
        inward_x, inward_y = -x / away, -y / away
        go_x, go_y = inward_x * cosine - inward_y * sine, inward_y * cosine + inward_x * sine
        x, y = -inward_x * radius, -inward_y * radius
        return x + 2.0 * radius * cosine * go_x, y + 2.0 * radius * cosine * go_y
    go_x, go_y = math.cos(2.0 * math.pi * u), math.sin(2.0 * math.pi * u)
    along = x * go_x + y * go_y
    length = math.sqrt(along * along + radius * radius - away * away) - along
    return x + length * go_x, y + length * go_y
