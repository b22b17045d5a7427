"""What the object code of a part depends on, so that a change of one mechanism compiles its own parts alone.

A part's code is made of its own bytecode, of every kernel that it reaches, of the constants that these name, of the
signatures of the parts that they call, and of the layout of each table that they touch. A digest of all that names the
part's file: nothing that it leaves alone can make it stale. See docs/decisions/0006.
"""

from __future__ import annotations

import dis
import hashlib
import sys
from functools import cache
from importlib.metadata import version
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from .compiled import Kernel, digest_of
from .parts import Part
from .world import empty_program, empty_world

_NOTHING = object()
_MAKERS = ("world/compiled.py", "world/handles.py", "world/making.py", "world/parts.py", "world/reach.py")
"""The files that say how code is made; a change of one makes all code anew."""


@cache
def _maker() -> str:
    """Return a digest of what makes code: our own files, the libraries, and the version of Python's bytecode."""
    return digest_of(_MAKERS, version("numba"), version("llvmlite"), version("numpy"), sys.version)


@cache
def _layouts() -> dict[str, str]:
    """Return what compiled code knows of each table: its place in the handle and its columns, by name."""
    found: dict[str, str] = {}
    for tables in (empty_world(), empty_program()):
        for place, name in enumerate(tables._fields):
            array = np.asarray(getattr(tables, name))
            layout = f"{type(tables).__name__} {place} {array.ndim} {array.dtype.descr} {array.dtype.itemsize}"
            found[name] = f"{found.get(name, '')} {layout}"
    return found


def digest_of_part(one: Part) -> str:
    """Return a digest of everything that the object code of a part depends on.

    Raises TypeError when a function names something of which it is not known what it means for code.
    """
    facts: dict[str, str] = {"": f"{_maker()} {one.symbol} {one.takes} {one.gives}"}
    waiting: list[Any] = [one.function]
    while waiting:
        function = waiting.pop()
        name = f"{function.__module__}.{function.__qualname__}"
        if name not in facts:
            facts[name] = _bytecode(function.__code__) + repr(function.__defaults__)
            for said, thing in _named(function):
                facts[f"{name} {said}"] = _meaning(thing, waiting, f"{name} names {said}")
            facts[f"{name} tables"] = repr([_layouts()[n] for n in function.__code__.co_names if n in _layouts()])
    text = "\n".join(f"{key}: {facts[key]}" for key in sorted(facts))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _bytecode(code: CodeType) -> str:
    """Return what a function does, without its words and the lines on which it stands."""
    constants = [_bytecode(item) if isinstance(item, CodeType) else repr(item) for item in code.co_consts]
    if constants and isinstance(code.co_consts[0], str):
        del constants[0]
    return f"{code.co_code.hex()} {constants} {code.co_names} {code.co_varnames} {code.co_argcount} {code.co_freevars}"


def _named(function: Any) -> list[tuple[str, Any]]:
    """Return the globals that a function names, and in place of a module the attributes of it that it names."""
    found: list[tuple[str, Any]] = []
    at: list[Any] = []  # the module that has just been named, if any
    for step in dis.get_instructions(function):
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            path, thing = step.argval, function.__globals__.get(step.argval, _NOTHING)
        elif at and step.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            path, thing = f"{at[0]}.{step.argval}", getattr(at[1], step.argval)
        else:
            at = []
            continue
        at = [path, thing] if isinstance(thing, ModuleType) else []
        if thing is not _NOTHING and not at and not _outside(path, function):
            found.append((path, thing))
    return found


def _outside(path: str, function: Any) -> bool:
    """Return True when a path begins at a module that is not this program's, such as `math.exp`."""
    first = function.__globals__[path.partition(".")[0]]
    return isinstance(first, ModuleType) and first.__name__.partition(".")[0] != "briarpatch"


def _meaning(thing: Any, waiting: list[Any], where: str) -> str:
    """Return what a thing that a function names means for its code; functions are left in `waiting`."""
    if isinstance(thing, Part):
        return f"part {thing.symbol} {thing.takes} {thing.gives}"
    if isinstance(thing, (Kernel, FunctionType)):
        inner = thing.py_func if isinstance(thing, Kernel) else thing
        waiting.append(inner)
        allocates = isinstance(thing, Kernel) and thing.allocates
        return f"function {inner.__module__}.{inner.__qualname__} {allocates}"
    if isinstance(thing, np.ndarray):
        return f"{thing.dtype.str} {thing.shape} {hashlib.sha256(thing.tobytes()).hexdigest()}"
    if isinstance(thing, (bool, int, float, str, bytes, np.generic, np.dtype)) or thing is None:
        return f"{type(thing).__name__} {thing!r}"
    if isinstance(thing, tuple):
        return f"({', '.join(_meaning(item, waiting, where) for item in thing)})"
    if isinstance(thing, (BuiltinFunctionType, np.ufunc, type)):
        return f"{thing.__module__ if not isinstance(thing, np.ufunc) else 'numpy'}.{thing.__name__}"
    raise TypeError(f"{where}, a {type(thing).__name__}, of which is not known what it means for compiled code")
