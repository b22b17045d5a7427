"""How compiled code receives a world: as one address instead of some four hundred arguments.

A `World` is a tuple of about thirty-five arrays, and Numba passes each array as seven values, in every call. That made
compilation several times slower. So compiled code receives a *handle*: the address of a small table that holds, for
each array, where it lies and its two lengths. Inside, `world.people` reads like the attribute of the tuple that plain
Python sees; nothing is counted or copied. See docs/decisions/0001.

The arrays must outlive the call, which the callers in `engine` see to.
"""

from __future__ import annotations

import threading

import numpy as np

from .world import Program, World

WORDS = 3
"""Words of a handle for each table: address, first length, second length."""

_flags, _shape, _ctypes = (vars(np.ndarray)[name].__get__ for name in ("flags", "shape", "ctypes"))
"""What an array says of itself, past the slow look-up of columns that a table puts before it."""


def handle(tables: World | Program) -> np.ndarray:
    """Return the table behind a handle; it and `tables` must be kept for as long as its address is used."""
    rows = np.zeros((len(tables), WORDS), np.int64)
    for number, array in enumerate(tables):
        if not _flags(array).c_contiguous:
            raise ValueError("a table must be contiguous")
        shape = _shape(array)
        rows[number, 0] = _ctypes(array).data
        rows[number, 1 : 1 + len(shape)] = shape
    return rows


_HELD: dict[int, tuple[Program, np.ndarray]] = {}
_MOST_HELD = 64


def handle_of(program: Program) -> np.ndarray:
    """Return the table behind the handle of a program, which never changes; those last used are kept."""
    held = _HELD.get(id(program))
    if held is None or held[0] is not program:
        if len(_HELD) >= _MOST_HELD:
            _HELD.clear()
        held = _HELD[id(program)] = (program, handle(program))
    return held[1]


_LAST = threading.local()


def handle_of_last(world: World) -> np.ndarray:
    """Return the table behind the handle of a world; that of the last world that a thread asked for is kept."""
    if getattr(_LAST, "world", None) is not world:
        _LAST.world, _LAST.rows = world, handle(world)
    return _LAST.rows


def address(rows: np.ndarray) -> int:
    """Return the address that compiled code takes for a handle."""
    return int(rows.ctypes.data)
