"""The one decorator of every compiled function, and where its compiled code is kept.

Numba caches each function beside a stamp of the file that defines it and does not notice that a function called from
another file has changed. So the cache folder carries the fingerprint of every file of the package that is compiled: a
change anywhere gives a new folder, and stale code can never be loaded. See docs/decisions/0001.

Numba is imported when something has to be compiled, or is called from Python by itself: to play worlds with parts that
are compiled already (`parts`) takes neither.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, cached_property, update_wrapper
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
import platformdirs

from ..files import private_folder

Function = TypeVar("Function", bound=Callable[..., Any])

INTERPRETED: bool = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")
"""True when Numba is switched off (`NUMBA_DISABLE_JIT=1`): everything runs, slowly, as plain Python."""

_INNER = False
"""True in a process that compiles nothing but parts: what goes into them is neither called from Python nor cached."""


def compile_parts_alone() -> None:
    """Say that this process compiles nothing but parts; see `parts.fill_cache`."""
    global _INNER
    _INNER = True


_MAKING = threading.RLock()
"""Held while a dispatcher is made, since where Numba caches is a setting of the whole process."""
_PACKAGE = Path(__file__).resolve().parent.parent
_COMPILED = ("world", "laws", "systems", "mechanisms", "declare", "declare/numbers.txt", "generated.py", "engine.py")


def digest_of(parts: tuple[str, ...], *others: str) -> str:
    """Return a digest of the source files in `parts` of the package, and of `others`."""
    digest = hashlib.sha256("\n".join(others).encode())
    for part in parts:
        path = _PACKAGE / part
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            if file.exists():
                digest.update(file.relative_to(_PACKAGE).as_posix().encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


@cache
def sources() -> str:
    """Return a digest of every source file that takes part in compiled code."""
    return digest_of(_COMPILED)


@cache
def fingerprint() -> str:
    """Return a digest of every source file that takes part in compiled code, and of Numba's version."""
    return hashlib.sha256(f"{sources()} {version('numba')}".encode()).hexdigest()[:16]


def cache_root() -> Path:
    """Return the folder of everything that is kept between two calls: `$BRIARPATCH_CACHE`, or the user's own.

    What is in it is trusted: each folder in it is made by `files.private_folder`, each file read by `read_private`.
    """
    return Path(os.environ.get("BRIARPATCH_CACHE") or platformdirs.user_cache_dir("briarpatch", False))


@cache
def cache_folder() -> Path:
    """Return the folder of compiled code: one a fingerprint."""
    return cache_root() / f"compiled-{fingerprint()}"


def kernel(function: Function) -> Function:
    """Compile `function` with Numba: cached on disk, without the interpreter lock, with IEEE arithmetic.

    A function of a `world` or a `program` receives handles (see `handles`), is called by compiled code alone, and must
    not allocate memory; that keeps compilation short. One that has to allocate uses `allocating`.
    """
    return _compiled(function, False)


def allocating(function: Function) -> Function:
    """Compile `function` as `kernel` does, with leave to make arrays."""
    return _compiled(function, True)


def _compiled(function: Function, allocates: bool) -> Function:
    return function if INTERPRETED else cast(Function, Kernel(function, allocates))


class _Plain(threading.local):
    on = False


_PLAIN = _Plain()


def plainly(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a kernel, and those that it calls, as the Python that they are: a few calls are not worth the compiler."""
    before, _PLAIN.on = _PLAIN.on, True
    try:
        with np.errstate(over="ignore"):  # 64-bit integers wrap, as compiled ones do
            return function(*arguments)
    finally:
        _PLAIN.on = before


class Kernel:
    """A function whose dispatcher is made when it is first called, from Python or by what is being compiled.

    When all parts come from the cache, few of some hundreds ever are; to make them all takes longer than a play-out.
    """

    def __init__(self, function: Callable[..., Any], allocates: bool) -> None:
        self.py_func = function
        self.allocates = allocates
        update_wrapper(self, function)

    def __call__(self, *arguments: Any) -> Any:
        """Call the compiled function from Python; within `plainly`, the function itself."""
        return self.py_func(*arguments) if _PLAIN.on else self.dispatcher(*arguments)

    @cached_property
    def dispatcher(self) -> Any:
        """What Numba calls a function that it compiles for each combination of types."""
        import numba

        code = self.py_func.__code__
        inner = _INNER or {"world", "program"} & set(code.co_varnames[: code.co_argcount])
        options: dict[str, Any] = {"cache": not _INNER, "nogil": True, "error_model": "numpy"}
        if inner:
            options |= {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": self.allocates}
        with _MAKING, own_cache():
            return _of_one_form(numba.njit(**options)(self.py_func))

    @property
    def _numba_type_(self) -> Any:
        """Return the type by which Numba knows this function in another that it compiles."""
        from numba.core import types

        return types.Dispatcher(self.dispatcher)


def _of_one_form(dispatcher: Any) -> Any:
    """Let compiled code call a function with integers of any width as one function of 64-bit integers.

    Columns are of several widths, and a constant has a type of its own; a quarter of all compilation went into the
    same functions again and again.
    """
    template = dispatcher.get_call_template
    dispatcher.get_call_template = lambda args, kws: template([_widest(kind) for kind in args], kws)
    return dispatcher


def _widest(kind: Any) -> Any:
    from numba.core import types

    return types.int64 if isinstance(kind, types.Integer) and cast(Any, kind).signed else kind


@contextmanager
def own_cache() -> Iterator[None]:
    """Let what is compiled within be cached in this program's own folder."""
    import numba.core.config

    config: Any = numba.core.config
    before = config.CACHE_DIR
    config.CACHE_DIR = str(private_folder(cache_folder()))  # Numba's cache holds pickles
    try:
        yield
    finally:
        config.CACHE_DIR = before
