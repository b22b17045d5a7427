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

IDLE, COUNTDOWN, HELD, MANUAL, RUNNING, ABORTED, BLOWN_UP = range(7)
"""Modes of a device."""
START, START_BY_HAND, SABOTAGE, ARMING, BLAST, EXTRACTION = range(6)
"""Tasks on a device."""
