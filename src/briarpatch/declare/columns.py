"""What a table is: its columns with type, unit and meaning, how its rows begin, and how much memory tables may take."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .numbers import ledger

_TYPES = {"f8": "<f8", "f4": "<f4", "i8": "<i8", "i4": "<i4", "i1": "<i1", "u8": "<u8", "u4": "<u4"}


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    name: str
    kind: str
    unit: str
    meaning: str


@dataclass(frozen=True)
class Table:
    """One table: what a row is, its columns, and how many dimensions its array has."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    dimensions: int = 1

    @cached_property
    def dtype(self) -> np.dtype:
        """The structured type of a row."""
        return np.dtype([(c.name, _TYPES[c.kind]) for c in self.columns])

    @cached_property
    def _indices(self) -> tuple[str, ...]:
        """The columns that hold rows of other tables."""
        return tuple(column.name for column in self.columns if column.unit in _INDEX_UNITS)

    def rows(self, *shape: int) -> np.recarray:
        """Return a zeroed array of this table; index columns (units that name a table) start at -1.

        Raises TooLarge, before anything is allocated, within `at_most` when there is no room left.
        """
        _spend(self.name, shape, math.prod(shape) * self.dtype.itemsize)
        array = np.zeros(shape, self.dtype)
        for name in self._indices:
            array[name] = -1
        return array.view(np.recarray).view(Rows)


class Rows(np.recarray):
    """An array of rows of a table: NumPy's own, without what that does again for each part of an array that is looked at."""

    __array_finalize__ = np.ndarray.__array_finalize__  # pyright: ignore[reportAssignmentType]

    def __getitem__(self, key):
        """Return a row, a part, or a column, which is a plain array."""
        found = np.ndarray.__getitem__(self, key)
        return found.view(np.ndarray) if type(key) is str else found


class TooLarge(Exception):
    """A table would take more memory than there may be: its name, its shape, and the bytes of all up to it."""

    def __init__(self, name: str, shape: tuple[int, ...], total: int) -> None:
        super().__init__(name, shape, total)
        self.name, self.shape, self.total = name, shape, total


class _Room(threading.local):
    most: int | None = None
    spent = 0


_ROOM = _Room()


@contextmanager
def at_most(most: int) -> Iterator[None]:
    """Let the tables that are made within have `most` bytes together."""
    before = _ROOM.most, _ROOM.spent
    _ROOM.most, _ROOM.spent = most, 0
    try:
        yield
    finally:
        _ROOM.most, _ROOM.spent = before


def _spend(name: str, shape: tuple[int, ...], size: int) -> None:
    if _ROOM.most is not None:
        _ROOM.spent += size
        if _ROOM.spent > _ROOM.most:
            raise TooLarge(name, shape, _ROOM.spent)


_INDEX_UNITS = set(ledger()["entity"]) | {
    *("person", "place", "vessel", "device", "faction", "fact", "crowd", "party", "route", "leg", "swarm", "entry"),
    *("ref", "clock", "option", "decision", "ending", "order", "council", "channel", "field", "pad", "map", "tissue"),
    *("sensor", "rule", "event", "pretence", "slot", "movement", "rumour", "gate"),
}


def table(name: str, meaning: str, columns: str, dimensions: int = 1) -> Table:
    """Return the table that a block declares: a line for each column, with its name, type, unit and meaning."""
    parsed = [Column(*line.split(None, 3)) for line in columns.strip().splitlines()]
    return Table(name, meaning, tuple(parsed), dimensions)
