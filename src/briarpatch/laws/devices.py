"""Devices: a machine that is counted down, held, started by hand, sabotaged or blown up, stage by stage.

Models: every task on a device (countdown, manual start, sabotage, self-destruction, rescue from it) is a row
of stages whose durations are Gamma distributed or fixed; the task that finishes first decides.

Assumes: independent stages, each drawn when it begins; work at a constant pace within a step; a hold freezes
what remains and takes nothing away. A rank decides between tasks that finish together, which only fixed
durations can do.

Leaves out: stages in parallel, relapses, and what an explosion does to those nearby.

Sources: Erlang 1917 and Neuts 1975 (stages); the identity of Gamma races and the incomplete Beta function is
classical. Oracles: O-12.1 to O-12.6.
"""

from __future__ import annotations

import math

from ..world.chance import STAGE, duration, u01
from ..world.compiled import kernel

IDLE, COUNTDOWN, HELD, MANUAL, RUNNING, ABORTED, BLOWN_UP = range(7)
"""Modes of a device."""
START, START_BY_HAND, SABOTAGE, ARMING, BLAST, EXTRACTION = range(6)
"""Tasks on a device."""


@kernel
def stage_duration(seed, key, occurrence, shape, scale):
    """Return the duration [s] of a stage: Gamma(shape, scale), or exactly `scale` when `shape` is 0."""
    if scale <= 0.0:
        return 0.0
    if math.isinf(scale):
        return math.inf
    return duration(u01(seed, STAGE, key, occurrence), shape, scale)
