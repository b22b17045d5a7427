"""What is due next of many things of one kind: heaps of rows by their time, and then by their row.

A change of one time costs the logarithm of how many wait, and no other is looked at.
"""

from __future__ import annotations

import math

from . import states
from .compiled import kernel

JOURNEYS, PARTIES, ROOM, FLOWS = range(4)
"""Of what: whoever is on a journey, by when it ends; parties, by what they do next; rows of parties to be used again; flows, by
when the next head goes."""
KINDS = 4


@kernel
def earliest(world, kind):
    """Return the time of what is due next; infinity when nothing is."""
    heap = world.agendas[kind]
    if heap.waiting == 0:
        return math.inf
    return world.agenda[heap.start + world.agenda[heap.start].row].time


@kernel
def foremost(world, kind):
    """Return the row that is due next, the first of those of one time; -1 for none."""
    heap = world.agendas[kind]
    return world.agenda[heap.start].row if heap.waiting > 0 else -1


@kernel
def put(world, kind, row, time):
    """Let a row be due at `time` and at no other; infinity is never."""
    heap = world.agendas[kind]
    mine = world.agenda[heap.start + row]
    if math.isnan(time):
        world.state[0].broken = states.NUMBER_GUARD
        return
    if mine.at < 0:
        if math.isinf(time):
            return
        mine.at = heap.waiting
        world.agenda[heap.start + heap.waiting].row = row
        heap.waiting += 1
    elif math.isinf(time):
        _drop(world, kind, row)
        return
    mine.time = time
    _rise(world, heap.start, row)
    _sink(world, heap.start, heap.waiting, row)


@kernel
def _drop(world, kind, row):
    """Let a row be due no more; the last one of the heap takes its place."""
    heap = world.agendas[kind]
    at = world.agenda[heap.start + row].at
    heap.waiting -= 1
    other = world.agenda[heap.start + heap.waiting].row
    world.agenda[heap.start + heap.waiting].row = -1
    world.agenda[heap.start + row].at = -1
    if other != row:
        world.agenda[heap.start + at].row = other
        world.agenda[heap.start + other].at = at
        _rise(world, heap.start, other)
        _sink(world, heap.start, heap.waiting, other)


@kernel
def _before(world, start, row, other):
    one, two = world.agenda[start + row].time, world.agenda[start + other].time
    return one < two or (one == two and row < other)


@kernel
def _swap(world, start, row, other):
    mine, its = world.agenda[start + row], world.agenda[start + other]
    mine.at, its.at = its.at, mine.at
    world.agenda[start + mine.at].row = row
    world.agenda[start + its.at].row = other


@kernel
def _rise(world, start, row):
    for _ in range(64):
        at = world.agenda[start + row].at
        if at == 0:
            break
        above = world.agenda[start + (at - 1) // 2].row
        if not _before(world, start, row, above):
            break
        _swap(world, start, row, above)


@kernel
def _sink(world, start, size, row):
    for _ in range(64):
        below = 2 * world.agenda[start + row].at + 1
        if below >= size:
            break
        least = world.agenda[start + below].row
        if below + 1 < size:
            right = world.agenda[start + below + 1].row
            if _before(world, start, right, least):
                least = right
        if not _before(world, start, least, row):
            break
        _swap(world, start, row, least)
