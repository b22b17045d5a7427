"""What one who tells something has to say that the listener has not heard yet, and what it is worth to them."""

from __future__ import annotations

import numpy as np

from ..laws import knowledge as laws
from ..world import relations
from ..world.compiled import kernel


@kernel
def news(program, world, teller, mind, fact, roots, now):
    """Return (weight [nat], roots) of what `teller` can tell `mind` of the evidence of `roots`.

    A root that the listener has evidence of already counts for nothing, and so does one that is worth nothing from
    somebody whom they trust so little.
    """
    trust = relations.trust(program, world, mind, teller, now)
    heard = world.beliefs[mind, fact].roots
    total = 0.0
    fresh = np.uint64(0)
    for k in range(world.facts[fact].sources):
        bit = np.uint64(1) << np.uint64(k)
        if (roots & bit) != np.uint64(0) and (heard & bit) == np.uint64(0):
            worth = laws.report_weight(world.roots[fact, k].weight, trust)
            if worth != 0.0:
                total += worth
                fresh |= bit
    return total, fresh
