"""How compiled code receives a world: as one address instead of some four hundred arguments.

A `World` is a tuple of about thirty-five arrays, and Numba passes each array as seven values, in every call. That made
compilation several times slower. So compiled code receives a *handle*: the address of a small table that holds, for
each array, where it lies and its two lengths. Inside, `world.people` reads like the attribute of the tuple that plain
Python sees; nothing is counted or copied. See docs/decisions/0001.

A *part* is a function that is compiled by itself and called through its symbol, as a C function would be. Numba links
and optimises the whole body of a callee again in every caller; parts end that, so that a system is compiled once.

The arrays must outlive the call, which the callers in `engine` see to.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numba
import numpy as np
from llvmlite import binding, ir
from numba.core import cgutils, types
from numba.core.imputils import impl_ret_borrowed
from numba.core.typing.templates import AttributeTemplate
from numba.extending import infer_getattr, intrinsic, lower_getattr_generic, models, register_model
from numba.np.arrayobj import make_array, populate_array

from .compiled import INTERPRETED, own_cache
from .world import Program, World, empty_program, empty_world

_WORDS = 3  # address, first length, second length


class TablesType(types.Type):
    """The type of a handle: the names and the array types of the tables behind it."""

    def __init__(self, name: str, fields: Sequence[tuple[str, Any]]) -> None:
        self.fields = {field: (index, array) for index, (field, array) in enumerate(fields)}
        # The name becomes part of every symbol, so it is short; the digest stands for the columns.
        columns = ", ".join(f"{field}: {array}" for field, array in fields)
        super().__init__(name=f"{name}_{hashlib.sha256(columns.encode()).hexdigest()[:12]}")


@register_model(TablesType)
class _TablesModel(models.PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, ir.IntType(64))


@infer_getattr
class _TablesAttribute(AttributeTemplate):
    key = TablesType

    def generic_resolve(self, typ: Any, attr: str) -> Any:
        """Return the array type of the table `attr`."""
        found = typ.fields.get(attr)
        return None if found is None else found[1]


@lower_getattr_generic(TablesType)
def _table(context: Any, builder: Any, typ: Any, value: Any, attr: str) -> Any:
    index, array_type = typ.fields[attr]
    word = ir.IntType(64)
    base = builder.inttoptr(value, word.as_pointer())

    def load(position: int) -> Any:
        return builder.load(builder.gep(base, [ir.Constant(word, index * _WORDS + position)]))

    array = make_array(array_type)(context, builder)
    item = context.get_abi_sizeof(context.get_data_type(array_type.dtype))
    shape = [load(1 + d) for d in range(array_type.ndim)]
    size = ir.Constant(word, item)
    strides = [size] if array_type.ndim == 1 else [builder.mul(size, shape[1]), size]
    populate_array(
        array,
        data=builder.inttoptr(load(0), array.data.type),
        shape=cgutils.pack_array(builder, shape, word),
        strides=cgutils.pack_array(builder, strides, word),
        itemsize=size,
        meminfo=None,
        parent=None,
    )
    return impl_ret_borrowed(context, builder, array_type, array._getvalue())


def _types(name: str, example: Any) -> TablesType:
    return TablesType(name, [(field, numba.typeof(getattr(example, field))) for field in example._fields])


WORLD = _types("World", empty_world())
PROGRAM = _types("Program", empty_program())


def _caster(target: TablesType) -> Any:
    @intrinsic
    def cast(typingctx: Any, address: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return arguments[0]

        return target(types.int64), generate

    return cast


as_world = _caster(WORLD)
as_program = _caster(PROGRAM)


_flags, _shape, _ctypes = (vars(np.ndarray)[name].__get__ for name in ("flags", "shape", "ctypes"))
"""What an array says of itself, past the slow look-up of columns that a table puts before it."""


def handle(tables: World | Program) -> np.ndarray:
    """Return the table behind a handle; it and `tables` must be kept for as long as its address is used."""
    rows = np.zeros((len(tables), _WORDS), np.int64)
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


@dataclass
class Part:
    """A function that is compiled by itself: its symbol, its signature, its source, and its compiled form."""

    symbol: str
    signature: Any
    function: Callable[..., Any]
    compiled: Any = None

    def call(self, *arguments: Any) -> Any:
        """Call the linked part from Python; the interpreter lock is released meanwhile."""
        return self._function(*arguments)

    @cached_property
    def _function(self) -> Any:
        given = [_CTYPES[t] for t in self.signature.args[2:]]
        gives = _CTYPES.get(self.signature.return_type)
        return ctypes.CFUNCTYPE(gives, ctypes.c_int64, ctypes.c_int64, *given)(self.compiled.address)


_CTYPES = {types.float64: ctypes.c_double, types.int64: ctypes.c_int64, types.uint64: ctypes.c_uint64}

PARTS: dict[str, Part] = {}
"""Every part by its symbol, in the order in which they must be linked."""


def part(*types_of_arguments: Any, gives: Any = types.float64) -> Callable[[Callable[..., Any]], Any]:
    """Let the decorated function of (program, world, ...) be a part; the types are those after the first two arguments."""

    def declare(function: Callable[..., Any]) -> Any:
        if INTERPRETED:
            return function
        symbol = f"{function.__module__}.{function.__name__}".replace(".", "_")
        signature = gives(PROGRAM, WORLD, *types_of_arguments)
        PARTS[symbol] = Part(symbol, signature, function)
        return types.ExternalFunction(symbol, signature)

    return declare


def link(progress: Callable[[str, int, int], None] | None = None) -> None:
    """Compile the parts that are not compiled, or load them from the cache, and make their symbols known."""
    for number, (symbol, one) in enumerate(PARTS.items()):
        if one.compiled is not None:
            continue
        if progress is not None:
            progress(one.function.__module__.rpartition(".")[2], number, len(PARTS))
        one.compiled = _compile(one)
        binding.add_symbol(symbol, one.compiled.address)


def linked() -> bool:
    """Return True when every part is compiled and known to the others."""
    return next(reversed(PARTS.values())).compiled is not None


def fill_cache(claims: str) -> None:
    """Compile into the cache every part that no other process has claimed in the folder `claims`, the long ones first.

    Symbols of other parts get an address that is never called: what the cache keeps is not linked yet.
    """
    never = ctypes.cast(ctypes.pythonapi.Py_IsInitialized, ctypes.c_void_p).value
    for symbol in PARTS:
        binding.add_symbol(symbol, never)
    for symbol in sorted(PARTS, key=lambda symbol: -_size(PARTS[symbol])):
        try:
            (Path(claims) / f"{symbol}.claimed").touch(exist_ok=False)
        except FileExistsError:
            continue
        _compile(PARTS[symbol])
        (Path(claims) / f"{symbol}.done").touch()


def _size(one: Part) -> int:
    """Return about how much there is to compile in a part: the length of its file."""
    return Path(one.function.__code__.co_filename).stat().st_size


def fill_cache_with_helpers(progress: Callable[[str, int, int], None], program: str) -> None:
    """Let two processes that run `program` fill the cache.

    It halves the wait for the first run, and the compiler's memory goes with them. What they leave undone, for whatever
    reason, `link` compiles.
    """
    with tempfile.TemporaryDirectory(prefix="briarpatch-") as claims:
        paths = os.pathsep.join(path for path in sys.path if path)
        environment = os.environ | {"PYTHONPATH": paths}
        helpers: list[subprocess.Popen[bytes]] = []
        try:
            for _ in range(2):
                command = [sys.executable, "-P", "-c", program, claims]
                quiet = subprocess.DEVNULL
                helpers.append(subprocess.Popen(command, env=environment, stdin=quiet, stdout=quiet, stderr=quiet))
            shown = -1
            while any(helper.poll() is None for helper in helpers):
                done = len(list(Path(claims).glob("*.done")))
                if done != shown:
                    progress("", done, len(PARTS))
                    shown = done
                time.sleep(0.1)
        except OSError:
            return
        finally:
            for helper in helpers:
                helper.kill()
                helper.wait()


def _compile(one: Part) -> Any:
    with own_cache():
        options: dict[str, Any] = {"cache": True, "error_model": "numpy", "_nrt": False}
        return numba.cfunc(one.signature, **options)(one.function)


system = part(types.float64, types.float64)
"""The decorator of every system's `step(program, world, since, now) -> due`."""
