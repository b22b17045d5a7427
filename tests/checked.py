"""Tables that refuse what a compiled kernel would do in silence: rows out of range, rows not in use, numbers that do not fit.

Compiled code checks no index: a row past the end is somebody else's memory, and -1 the last row. Plain Python checks half
of that. So worlds are played as plain Python (`NUMBA_DISABLE_JIT=1`) on these tables:

    NUMBA_DISABLE_JIT=1 python tests/checked.py valley 3
"""

from __future__ import annotations

import math
import operator
import sys

import numpy as np

from briarpatch import engine, load_scenario
from briarpatch.world import recorder, states
from briarpatch.world.world import GROWING, Program, World, grow
from plays import digests


class Refused(Exception):
    """What a kernel may not do to a table."""


class Row(np.record):
    """A row that takes only numbers that fit their columns."""

    def __setattr__(self, name, value):
        """Store a number."""
        column = self.dtype.fields[name][0]
        if column.kind in "iu":
            info = np.iinfo(column)
            if not info.min <= value <= info.max or int(value) != value:
                raise Refused(f"{value!r} does not fit the column '{name}' of {column}")
        super().__setattr__(name, value)


class _Checked:
    """Checks each index and each slice of an array before it is used."""

    called = ""
    used = None

    def _check(self, index):
        given = index if isinstance(index, tuple) else (index,)
        if any(isinstance(one, str) for one in given):
            return
        if len(given) > self.ndim:
            raise Refused(f"{self.called}{list(given)}: {self.ndim} indices are too few")
        for axis, one in enumerate(given):
            size = self.shape[axis]
            if isinstance(one, slice):
                first, last = one.start or 0, size if one.stop is None else one.stop
                if one.step is not None or not 0 <= first <= max(first, last) <= size:
                    raise Refused(f"{self.called}[{first}:{last}] of {size} rows")
                highest = last - 1
            else:
                highest = operator.index(one)
                if not 0 <= highest < size:
                    raise Refused(f"{self.called}[{highest}] of {size} rows")
            if axis == 0 and self.used is not None and highest > int(self.used[0][self.used[1]][0]):
                raise Refused(f"{self.called}[{highest}] is not in use")

    def __getitem__(self, index):
        self._check(index)
        return super().__getitem__(index)

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __setitem__(self, index, value):
        self._check(index)
        super().__setitem__(index, value)


class Rows(_Checked, np.recarray):
    """A table of rows."""

    def __array_finalize__(self, other):
        """Keep the kind of row, which a record array would replace by its own."""


class Cells(_Checked, np.ndarray):
    """A plain array."""


def checked(name, array):
    """Return `array` as one that checks; it is the same memory."""
    if array.dtype.names is None:
        found = array.view(Cells)
    else:
        found = array.view(np.ndarray).view(np.dtype((Row, np.dtype(array.dtype.descr)))).view(Rows)
    found.called = name
    return found


def wrapped(world):
    """Return a world of checked tables; of those that grow, no row is read that is not in use."""
    state = {table: getattr(world, table) for table, _ in GROWING.values()}
    found = World(*[checked(name, array) for name, array in zip(World._fields, world, strict=True)])
    for name, (table, column) in GROWING.items():
        getattr(found, name).used = state[table], column
    return found


def play(name, seed, until=math.inf):
    """Return the digests of a world that records what changes, played on checked tables. Raises Refused."""
    scenario = load_scenario(name)
    program = Program(*[checked(name, array) for name, array in zip(Program._fields, scenario.program, strict=True)])
    world = wrapped(recorder.recording(scenario.program, scenario.world(seed), recorder.CHANGES))
    while engine.play(program, world, until) == states.NEEDS_ROOM:
        world = wrapped(grow(world))
    found = digests(world)  # a measure may count what the play has not counted yet
    engine.measures(program, world)
    return found


if __name__ == "__main__":
    print(play(sys.argv[1], int(sys.argv[2]), *map(float, sys.argv[3:])))
