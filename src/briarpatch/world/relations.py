"""What the named hold for one another: a row of `bonds` for each direction of the pairs that something can move.

All others are as they were at the start: no affection, no kinship, and the trust that a scenario gives within and
between sides.
"""

from __future__ import annotations

import math

from .compiled import kernel

TRUST_BEAT = 86400.0
"""How often [s] those who act on their trust, without being asked, see how far it has faded."""
_HALVINGS = 32


@kernel
def find(world, who, whom):
    """Return the row of `bonds` that says what one person holds for another; -1 when nothing can ever move it."""
    low = world.minds[who].bonds
    high = low + world.minds[who].bonded
    for _ in range(_HALVINGS):
        if low >= high:
            return -1
        middle = (low + high) // 2
        bond = world.bonds[middle]
        if bond.whom == whom:
            return middle
        if bond.whom < whom:
            low = middle + 1
        else:
            high = middle
    return -1


@kernel
def faded(program, count, since, now):
    """Return a count of promises kept or broken as it stands at `now`: it fades at the scenario's rate."""
    memory = program.limits[0].forget_trust
    if now <= since or count == 0.0 or math.isinf(memory):
        return count
    return count * math.exp(-(now - since) / memory) if memory > 0.0 else 0.0


@kernel
def trust(program, world, who, whom, now):
    """Return how far `who` trusts `whom`, 0 to 1: (r + 1) / (r + s + 2) of fading counts (Josang and Ismail 2002)."""
    row = find(world, who, whom)
    if row >= 0:
        bond = world.bonds[row]
        kept, broken, since = bond.kept, bond.broken, bond.counted
    else:
        limits, since = program.limits[0], 0.0
        kept, broken = limits.kept_other, limits.broken_other
        if world.minds[who].side == world.minds[whom].side:
            kept, broken = limits.kept_own, limits.broken_own
    kept = faded(program, kept, since, now)
    broken = faded(program, broken, since, now)
    return (kept + 1.0) / (kept + broken + 2.0)
