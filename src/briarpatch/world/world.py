"""World and Program: tuples of tables. A world is the state at one instant; a program is what never changes.

A world copies by copying its tables, saves as those tables, and compares table by table.
"""

from __future__ import annotations

import io
import json
import math
import tokenize
import zipfile
import zlib
from collections import namedtuple
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..assembly import PLANS, ROWS, TABLES
from ..errors import SavedRunError


class _World(NamedTuple):
    """The tables of a world that are declared by hand."""

    state: Any
    due: Any
    people: Any
    journal: Any
    chains: Any
    agendas: Any
    agenda: Any
    musters: Any
    tallied: Any
    tallies: Any
    minds: Any
    values: Any
    vessels: Any
    weapons: Any
    melee: Any
    melee_guns: Any
    reckoning: Any
    pads: Any
    slots: Any
    waits: Any
    swarms: Any
    drones: Any
    hunted: Any
    hunted_who: Any
    hunted_starts: Any
    hunted_boxes: Any
    hunted_bounds: Any
    devices: Any
    messages: Any
    links: Any
    councils: Any
    fields: Any
    tissues: Any
    sensors: Any
    pairs: Any
    beliefs: Any
    roots: Any
    facts: Any
    bonds: Any
    ties: Any
    parties: Any
    gates: Any
    clocks: Any
    rates: Any
    rate_shapes: Any
    rules_state: Any
    rule_times: Any
    decisions_state: Any
    options_state: Any
    orders_state: Any
    events: Any
    gauges: Any
    directives_state: Any
    movements: Any
    following: Any
    defections: Any
    watches: Any
    views: Any
    influence: Any
    insights: Any
    balance: Any
    staged: Any
    requests: Any
    stack: Any
    chronicle: Any
    recorder: Any
    changes: Any
    witnesses: Any
    shown_people: Any
    shown_beliefs: Any
    shown_vessels: Any
    shown_devices: Any
    shown_parties: Any
    shown_numbers: Any


class _Program(NamedTuple):
    """The tables of a program that are declared by hand."""

    limits: Any
    maps: Any
    places: Any
    crowds: Any
    legs: Any
    routes: Any
    regions: Any
    rules: Any
    rule_topics: Any
    decisions: Any
    options: Any
    terms: Any
    effects: Any
    orders: Any
    stages: Any
    device_plans: Any
    channels: Any
    relays: Any
    directives: Any
    foresight: Any
    movement_plans: Any
    defection_plans: Any
    watch_plans: Any
    endings: Any
    measures: Any
    given: Any
    given_rows: Any
    draws: Any
    draw_rows: Any
    rate_plans: Any
    couples: Any
    sights: Any
    code: Any
    constants: Any
    verb_needs: Any
    verb_kinds: Any
    verb_noticed: Any
    verb_idle: Any
    verb_doer: Any
    entry_noticed: Any


if TYPE_CHECKING:

    class World(_World):
        """The state of one play-out at one instant; every field is a table, or a plain array."""

        def __getattr__(self, name: str) -> Any:
            """Return a table that a mechanism declares."""

    class Program(_Program):
        """What a scenario compiles to: read-only tables and the bytecode of its conditions."""

        def __getattr__(self, name: str) -> Any:
            """Return a table that a mechanism declares."""

else:

    class World(namedtuple("World", (*_World._fields, *ROWS))):
        """The state of one play-out at one instant; every field is a table, or a plain array."""

        def __getstate__(self):
            """Leave out where its tables lie, which holds in this process alone."""

    Program = namedtuple("Program", (*_Program._fields, *PLANS), module=__name__)
    Program.__doc__ = "What a scenario compiles to: read-only tables and the bytecode of its conditions."


PLAIN = {
    "values": (np.dtype("<f8"), 2),
    "hunted": (np.dtype("<f4"), 2),
    "hunted_who": (np.dtype("<i4"), 2),
    "hunted_starts": (np.dtype("<i4"), 2),
    "hunted_boxes": (np.dtype("<f4"), 2),
    "hunted_bounds": (np.dtype("<i4"), 1),
    "code": (np.dtype("<i4"), 1),
    "constants": (np.dtype("<f8"), 1),
    "verb_needs": (np.dtype("<i1"), 2),
    "verb_kinds": (np.dtype("<i4"), 2),
    "verb_noticed": (np.dtype("<i1"), 2),
    "verb_idle": (np.dtype("<i4"), 2),
    "verb_doer": (np.dtype("<i4"), 2),
    "entry_noticed": (np.dtype("<i1"), 1),
}
"""Fields that are plain arrays and not tables of rows: their type and their number of dimensions."""


def _blank(name: str) -> Any:
    if name in PLAIN:
        dtype, dimensions = PLAIN[name]
        return np.zeros([0] * dimensions, dtype)
    table = TABLES[name]
    return table.rows(*([0] * table.dimensions))


def empty_world() -> World:
    """Return a world without any rows: an example of the types."""
    return World(**{name: _blank(name) for name in World._fields})


def empty_program() -> Program:
    """Return a program without any rows, read-only as every program is: an example of the types."""
    program = Program(**{name: _blank(name) for name in Program._fields})
    for array in program:
        array.flags.writeable = False
    return program


SCRATCH = (
    *("stack", "melee", "melee_guns", "reckoning", "hunted_boxes", "hunted_bounds", "influence"),
    *("journal", "tallied", "tallies"),
)
"""Tables that hold nothing between steps, or only what others hold as well."""

GROWING = {
    "chronicle": ("state", "entries"),
    "messages": ("state", "sent"),
    "requests": ("state", "pending"),
    "changes": ("recorder", "used"),
    "witnesses": ("recorder", "seen"),
}
"""Tables that grow, and the table and the column that say how many of their rows are in use."""

RECORDED = ("recorder", "changes", "witnesses", "shown_people", "shown_beliefs", "shown_vessels")
RECORDED += ("shown_devices", "shown_parties", "shown_numbers")
"""Tables that only record what others held, and that nothing reads which plays."""


def rows_in_use(world: World, name: str) -> int:
    """Return how many rows of the growing table `name` are in use."""
    table, column = GROWING[name]
    return int(getattr(world, table)[column][0])


MOST_ROWS = 1 << 23
"""Rows of a table that grows in a saved world, at most."""
MOST_PACKED = 20
"""Times that a table which grows is larger than its packed bytes, at most: chronicles are packed to a tenth or so."""
_SMALL = 1 << 20
"""Bytes that may be unpacked from however few."""
_ROOM = 64
_HEADER = 1 << 16
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, OverflowError, MemoryError),
    *(EOFError, OSError, RuntimeError, NotImplementedError, SyntaxError, RecursionError),
    tokenize.TokenError,
)
"""What reading a damaged archive may raise; NotImplementedError is what zipfile says to an unknown method of packing,
TokenError what NumPy does to the header of a table that breaks off."""


@dataclass(frozen=True)
class Difference:
    """One cell in which two worlds differ."""

    table: str
    row: tuple[int, ...]
    column: str
    first: Any
    second: Any

    def __str__(self) -> str:
        row = ",".join(map(str, self.row))
        return f"{self.table}[{row}].{self.column}: {self.first} and {self.second}"


def bytes_of(array: np.ndarray) -> np.ndarray:
    """Return the bytes of a table, one after another, which can be written to."""
    return array.view(np.ndarray).reshape(-1).view(np.uint8)


class Layout:
    """How the tables of a world lie one behind another in one piece of memory, each at a multiple of 64 bytes."""

    def __init__(self, world: World) -> None:
        sizes = np.array([_nbytes(array) for array in world], np.int64)
        padded = (sizes + _LINE - 1) // _LINE * _LINE
        self._offsets = np.cumsum(padded) - padded
        self.bytes = int(padded.sum())
        kinds = [(type(array), _shape(array), _dtype(array)) for array in world]
        self._lengths = np.zeros((len(world), 3), np.int64)
        for row, (_, shape, _) in enumerate(kinds):
            self._lengths[row, 1 : 1 + len(shape)] = shape
        self._tables = [(*kind, at) for kind, at in zip(kinds, self._offsets.tolist(), strict=True)]
        self._filled = [
            (row, at, at + size) for row, (at, size) in enumerate(zip(self._offsets, sizes, strict=True)) if size
        ]

    def filled(self, world: World) -> np.ndarray:
        """Return a piece of memory that holds the tables of `world`; NumPy would copy rows column by column."""
        memory = np.empty(self.bytes, np.uint8)
        for row, start, end in self._filled:
            memory[start:end] = bytes_of(world[row])
        return memory

    def world(self, memory: np.ndarray) -> World:
        """Return the world whose tables lie in `memory`."""
        make = np.ndarray.__new__
        found = World(*[make(kind, shape, dtype, memory, at) for kind, shape, dtype, at in self._tables])
        vars(found).update(layout=self, memory=memory)
        return found

    def handle(self, memory: np.ndarray) -> np.ndarray:
        """Return the table behind the handle of the world whose tables lie in `memory`; see `handles`."""
        rows = self._lengths.copy()
        rows[:, 0] = self._offsets + memory.ctypes.data
        return rows


_LINE = 64
"""Bytes of a line of the processor's cache."""
_nbytes, _shape, _dtype = (vars(np.ndarray)[name].__get__ for name in ("nbytes", "shape", "dtype"))
"""What an array says of itself, past the slow look-up of columns that a table puts before it."""


def copy(world: World) -> World:
    """Return an independent copy of `world`, whose tables lie in one piece of memory."""
    kept = vars(world)
    layout = kept.get("layout")
    if layout is None:
        layout = kept["layout"] = Layout(world)
    memory = kept.get("memory")
    return layout.world(layout.filled(world) if memory is None else memory.copy())


def address_of_copy(world: World) -> int:
    """Return the address of the handle of a world that `copy` made (see `handles`), which is kept with it; 0 for another."""
    kept = vars(world)
    if "memory" not in kept:
        return 0
    if "address" not in kept:
        kept["handle"] = kept["layout"].handle(kept["memory"])
        kept["address"] = int(kept["handle"].ctypes.data)
    return kept["address"]


def grow(world: World) -> World:
    """Return `world` with twice the room in each growing table that is half full, or in all when none is."""
    full = [name for name in GROWING if 2 * rows_in_use(world, name) >= len(getattr(world, name))]
    replaced = {}
    for name in full or GROWING:
        array = getattr(world, name)
        larger = TABLES[name].rows(max(64, 2 * len(array)))
        larger[: len(array)] = array
        replaced[name] = larger
    return world._replace(**replaced)


def compare(first: World, second: World, limit: int = 100) -> list[Difference]:
    """Return the cells in which two worlds differ, at most `limit`; rows not in use, or spent, are not compared.

    Floating-point numbers are compared by their bits, so that NaN equals itself and -0.0 differs from 0.0.
    """
    found: list[Difference] = []
    for name in World._fields:
        if name in SCRATCH or name in RECORDED:
            continue
        a, b = _in_use(first, name), _in_use(second, name)
        if a.shape != b.shape:
            found.append(Difference(name, (), "rows", a.shape, b.shape))
            continue
        if a.tobytes() == b.tobytes():
            continue
        for column in a.dtype.names or ("",):
            left = np.ascontiguousarray(a[column] if column else a)
            right = np.ascontiguousarray(b[column] if column else b)
            size = left.dtype.itemsize
            differ = left.view(f"u{size}") != right.view(f"u{size}")
            for row in zip(*np.nonzero(differ), strict=True):
                found.append(Difference(name, tuple(map(int, row)), column, left[row].item(), right[row].item()))
                if len(found) >= limit:
                    return found
    return found


def _in_use(world: World, name: str) -> Any:
    array = getattr(world, name)
    if name in GROWING:
        array = array[: rows_in_use(world, name)]
    if name == "requests":
        array = array[array["verb"] >= 0]
    if name == "state":
        array = array.copy()
        array["pending"] = 0
        array["counted"] = 0  # up to where `tallies` are counted, which are scratch
    return array


def to_bytes(world: World) -> bytes:
    """Return `world` as the bytes of a zip of NumPy arrays; no pickles.

    Of tables that grow, the rows in use are kept, and `shapes.json` declares how many. They are packed unless that makes
    them smaller than a reader believes (see `MOST_PACKED`).
    """
    buffer = io.BytesIO()
    declared = {name: min(max(1, rows_in_use(world, name)), len(getattr(world, name))) for name in GROWING}
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in World._fields:
            array = getattr(world, name)[: declared.get(name)]
            part = io.BytesIO()
            np.lib.format.write_array(part, np.ascontiguousarray(array).view(np.ndarray).view(_plain(array.dtype)))
            content, method = part.getvalue(), zipfile.ZIP_DEFLATED
            if name in GROWING and not _is_believable(len(content), len(zlib.compress(content, 1))):
                method = zipfile.ZIP_STORED
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), content, method)
        archive.writestr(zipfile.ZipInfo("shapes.json", (1980, 1, 1, 0, 0, 0)), json.dumps(declared))
    return buffer.getvalue()


def _is_believable(size: int, packed: int) -> bool:
    return size <= _SMALL + MOST_PACKED * packed


def _plain(dtype: np.dtype) -> np.dtype:
    return np.dtype(dtype.descr) if dtype.names else dtype


def from_bytes(data: bytes, like: World) -> World:
    """Return the world saved in `data`; `like` is a world of the same program, whose shapes it must have.

    Every size is known before anything is unpacked: a table has the shape of that of `like`, one that grows as many rows
    as are declared, and no more than packed bytes may hold. Raises SavedRunError when the bytes are damaged or belong to
    another scenario or version.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = sorted(info.filename for info in archive.infolist())
            if names != sorted([*(f"{name}.npy" for name in World._fields), "shapes.json"]):
                raise SavedRunError("the saved world is damaged: it does not hold the tables of a world")
            declared = json.loads(_unpacked(archive, "shapes.json", _HEADER))
            if not isinstance(declared, dict) or set(declared) != set(GROWING):
                raise SavedRunError("the saved world is damaged: 'shapes.json' is no table of sizes")
            arrays = {name: _table(archive, name, getattr(like, name), declared.get(name)) for name in World._fields}
    except _DAMAGE as cause:
        raise SavedRunError(f"the saved world is damaged: {cause}") from cause
    for name in GROWING:
        if not 0 <= rows_in_use(World(**arrays), name) <= declared[name]:
            raise SavedRunError(f"the saved world is damaged: table '{name}' is cut short")
    return World(**arrays)


def _table(archive: zipfile.ZipFile, name: str, model: Any, rows: Any) -> Any:
    """Return a table of a saved world; `rows` are those that are declared, when it is one that grows."""
    info, shape = archive.getinfo(f"{name}.npy"), model.shape
    if name in GROWING:
        least = min(1, len(model))  # a world that does not record has no room for changes
        if isinstance(rows, bool) or not isinstance(rows, int) or not least <= rows <= MOST_ROWS * least:
            raise SavedRunError(f"the saved world is damaged: table '{name}' has an impossible size")
        shape = (rows, *model.shape[1:])
        if not _is_believable(info.file_size, info.compress_size):
            raise SavedRunError(f"the saved world is damaged: table '{name}' is packed more than it can be")
    size = math.prod(shape) * model.dtype.itemsize
    if info.file_size > size + _HEADER:
        raise SavedRunError(f"the saved world is damaged: table '{name}' is too large")
    file = io.BytesIO(_unpacked(archive, info.filename, size + _HEADER))
    version = np.lib.format.read_magic(file)
    if version != (1, 0):
        raise SavedRunError(f"the saved world is damaged: table '{name}' is of another format")
    found, by_columns, dtype = np.lib.format.read_array_header_1_0(file, max_header_size=_HEADER)
    if found != shape or by_columns or dtype != _plain(model.dtype):
        raise SavedRunError(f"the saved world does not fit this scenario: table '{name}' has another shape")
    content = file.read()
    if len(content) != size:
        raise SavedRunError(f"the saved world is damaged: table '{name}' is cut short")
    room = (max(_ROOM, shape[0]), *shape[1:]) if name in GROWING and shape[0] else shape
    table = TABLES[name].rows(*room) if name in GROWING else np.empty(room, model.dtype)
    table = table.view(type(model))
    raw = table.reshape(-1).view(np.ndarray).view(np.uint8) if table.size else np.empty(0, np.uint8)
    raw[:size] = np.frombuffer(content, np.uint8)
    return table


def _unpacked(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """Return what a file of an archive holds; no more than `most` bytes are ever unpacked, whatever it says of itself."""
    info = archive.getinfo(name)
    if info.file_size > most or info.flag_bits & 1:
        raise SavedRunError(f"the saved world is damaged: '{name}' is too large")
    with archive.open(info) as file:
        content = file.read(info.file_size)
        if len(content) != info.file_size or file.read(1):
            raise SavedRunError(f"the saved world is damaged: '{name}' has another size than it says")
    return content
