"""Asks a mechanism to carry out a verb. Written by `python -m briarpatch.generate`; do not edit.

Each takes the time, the entry that causes it, and the parameters of the verb by the names of its declaration.
"""

from __future__ import annotations

from . import acts
from .compiled import kernel


@kernel
def bond(world, now, cause, who, to, affection=0.0, trust=0.0):
    """Ask bonds to carry out `bond` at a time."""
    acts.request(world, 64, 13, now, cause, who, to, -1, -1, affection, trust)


@kernel
def learn(world, now, cause, who, fact, root=-1, face=-1, weight=8.0):
    """Ask knowledge to carry out `learn` at a time."""
    acts.request(world, 3, 2, now, cause, who, fact, root, face, weight, 0.0)


@kernel
def spread(world, now, cause, rumour, to=1.0):
    """Ask rumours to carry out `spread` at a time."""
    acts.request(world, 72, 16, now, cause, rumour, -1, -1, -1, to, 0.0)


@kernel
def tell(world, now, cause, from_, to, fact):
    """Ask knowledge to carry out `tell` at a time."""
    acts.request(world, 4, 2, now, cause, from_, to, fact, -1, 0.0, 0.0)
