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

from ..world.compiled import kernel

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
