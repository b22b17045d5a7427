"""What drifts, at the time for which somebody asks: ages, doses, affections, how a line grows.

A row keeps such a value as it was when the law of its motion last changed, when that was, and the rates since. Whoever
asks gets the closed form from there, so nothing depends on how often anybody looked in between; a time before the last
change reads the value at that change. The dead stay as they were when they died.
"""

from __future__ import annotations

import math

from . import acts, relations, states
from .compiled import kernel
from .processes import affection_step, flow

YEAR = 31_557_600.0
"""Seconds of a Julian year."""


@kernel
def age(body, then):
    """Return the calendar age [years] of a person."""
    return body.age_start + min(then, body.died) / YEAR


@kernel
def biological_age(program, body, then):
    """Return the biological age [years] of a person: treatment slows it, a field draws it towards its target."""
    years = (min(then, body.died) - body.anchored) / YEAR
    if body.machine != 0 or years <= 0.0:
        return body.anchor_age
    if math.isinf(body.pull):
        return body.pull_to
    rate = 1.0 - program.limits[0].treat_slow * body.treatment
    return body.pull_to + flow(body.anchor_age - body.pull_to, body.pull, rate, years)


@kernel
def burden(program, body, then):
    """Return the burden of side effects that a person bears from treatment."""
    years = (min(then, body.died) - body.anchored) / YEAR
    if body.machine != 0 or years <= 0.0:
        return body.anchor_burden
    limits = program.limits[0]
    return flow(body.anchor_burden, limits.treat_heal, limits.treat_cost * body.treatment, years)


@kernel
def dose(world, person, then):
    """Return the dose [Gy] that a person has taken by `then`, with what is not yet on their account."""
    body = world.people[person]
    if body.lit < 0 or body.status == states.DEAD or body.machine != 0:
        return body.dose
    field = world.fields[body.lit]
    return body.dose + max(0.0, field.toxicity * (body.met - acts.stock_now(field, then)) * body.shade)


@kernel
def pull(bond):
    """Return the pull [1/s] of one person on another that acts at present."""
    return bond.appeal if bond.together == 0 or bond.near > 0 else 0.0


@kernel
def affections(world, bond, then):
    """Return (what the first of a row of `bonds` feels for the second, and the other way round), noise apart.

    They answer one another, so one does not go without the other.
    """
    there = world.bonds[bond]
    back = world.bonds[there.back]
    if there.near < 0:  # one of them is dead
        return there.affection, back.affection
    return affection_step(
        there.affection,
        back.affection,
        -there.decay,
        there.response,
        back.response,
        -back.decay,
        pull(there),
        pull(back),
        then - there.felt,
    )


@kernel
def affection(world, who, whom, then):
    """Return what one person feels for another."""
    bond = relations.find(world, who, whom)
    if bond < 0:
        return 0.0
    return affections(world, bond, then)[0] if who < whom else affections(world, world.bonds[bond].back, then)[1]


@kernel
def growth(lift, then):
    """Return how much faster [1/s] people have asked for a transporter so far than it can carry them; 0 if it keeps up."""
    spent = then - lift.first_asked
    return max(0.0, lift.asked / spent - lift.count * lift.carries) if spent > 0.0 else 0.0
