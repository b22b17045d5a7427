"""What the object code of a part depends on, so that a change of one mechanism compiles its own parts alone.

A part's code is made of its own statements, of every kernel that it reaches, of the constants that these name, of the
signatures of the parts that they call, and of the layout of each table that they touch. A digest of all that names the
part's file: nothing that it leaves alone can make it stale. Words and comments take no part, and neither does the version
of Python. See docs/decisions/0006 and 0012.
"""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

import numpy as np

from .compiled import Kernel, digest_of
from .parts import Part
from .world import empty_program, empty_world

_NOTHING = object()
_MAKERS = ("world/compiled.py", "world/handles.py", "world/making.py", "world/targets.py")
"""The files that say how code is made; a change of one makes all code anew."""


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

    The same sources have the same digest under each version of Python and of the libraries. Raises TypeError when a
    function names something of which it is not known what it means for code.
    """
    facts: dict[str, str] = {"": f"{digest_of(_MAKERS)} {one.symbol} {one.takes} {one.gives}"}
    waiting: list[Any] = [one.function]
    while waiting:
        function = waiting.pop()
        name = f"{function.__module__}.{function.__qualname__}"
        if name not in facts:
            said, named = _said(function)
            facts[name] = said
            for path, thing in named:
                facts[f"{name} {path}"] = _meaning(thing, waiting, f"{name} names {path}")
    text = "\n".join(f"{key}: {facts[key]}" for key in sorted(facts))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def _defined_in(file: str) -> dict[tuple[str, int], ast.FunctionDef]:
    """Return the functions of a file by their name and the line on which they, or their decorators, begin."""
    with open(file, "rb") as source:
        waiting, functions = list(ast.parse(source.read()).body), []
    for one in waiting:
        if isinstance(one, ast.If):
            waiting += one.body + one.orelse
        elif isinstance(one, ast.FunctionDef):
            functions.append(one)
    return {(one.name, min(part.lineno for part in (one, *one.decorator_list))): one for one in functions}


@cache
def _said(function: Any) -> tuple[str, list[tuple[str, Any]]]:
    """Return what a function says by itself and of which tables, and the globals that it names."""
    body = _body(function)
    names = [one for part in body for one in ast.walk(part) if isinstance(one, (ast.Name, ast.Attribute))]
    touched = {one.attr for one in names if isinstance(one, ast.Attribute)}
    layouts = [_layouts()[name] for name in sorted(touched & _layouts().keys())]
    things = dict(_global(one, function) for one in names)
    named = [(path, thing) for path, thing in things.items() if _counts(path, thing, function)]
    return f"{_form(body)} {function.__defaults__!r} {layouts}", named


def _body(function: Any) -> list[ast.AST]:
    """Return the parameters and the statements of a function, without its words.

    Raises TypeError when it has no source, or is no plain function.
    """
    code = function.__code__
    found = _defined_in(code.co_filename).get((code.co_name, code.co_firstlineno))
    if found is None or function.__closure__:
        raise TypeError(f"{function.__module__}.{function.__qualname__} is not a plain function with a source")
    words = ast.get_docstring(found, False) is not None
    return [*(ast.Name(one) for one in code.co_varnames[: code.co_argcount]), *found.body[words:]]


def _form(part: Any) -> Any:
    """Return what a piece of source says, as nested lists of plain values that are the same in each version of Python."""
    if isinstance(part, ast.AST):
        said = [[name, _form(value)] for name, value in ast.iter_fields(part) if value not in (None, [])]
        return [type(part).__name__, *(one for one in said if one[0] not in ("ctx", "annotation", "type_comment"))]
    return [_form(one) for one in part] if isinstance(part, list) else repr(part)


def _global(one: ast.AST, function: Any) -> tuple[str, Any]:
    """Return the path of a name, or of an attribute of a module, and the global that it stands for, else `_NOTHING`."""
    if isinstance(one, ast.Name) and one.id not in function.__code__.co_varnames:
        return one.id, function.__globals__.get(one.id, _NOTHING)
    if isinstance(one, ast.Attribute):
        path, of = _global(one.value, function)
        if isinstance(of, ModuleType):
            return f"{path}.{one.attr}", getattr(of, one.attr)
    return "", _NOTHING


def _counts(path: str, thing: Any, function: Any) -> bool:
    """Return True when a global matters: a module's attributes do in its place, and others' such as `math.exp` do not."""
    if thing is _NOTHING or isinstance(thing, ModuleType):
        return False
    first = function.__globals__[path.partition(".")[0]]
    return not isinstance(first, ModuleType) or first.__name__.partition(".")[0] == "briarpatch"


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
