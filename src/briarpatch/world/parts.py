"""Functions that are compiled by themselves, kept as object code, and linked without the compiler.

A *part* is a function of (program, world, ...) that is called through its symbol, as a C function would be. Numba links
and optimises the whole body of a callee again in every caller; parts end that, so that a system is compiled once. What
comes out is plain machine code that knows nothing of Python (`making`). It comes with the program (`shipped`), or is made here
and kept as one file a part; this module loads it with LLVM alone, which takes a tenth of the time that Numba needs to be
imported and to find its own cache.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from llvmlite import binding

from ..errors import BriarpatchError
from ..files import check_private, private_folder, read_private, sweep, whole_file
from . import shipped
from .compiled import INTERPRETED, cache_folder, cache_root, compile_parts_alone
from .targets import target_machine, this_machine

FLOAT, INT, WORD, NOTHING = "float64", "int64", "uint64", "void"
"""Types of what a part takes and gives, by the names that they have in Numba."""

_CTYPES = {FLOAT: ctypes.c_double, INT: ctypes.c_int64, WORD: ctypes.c_uint64, NOTHING: None}

MOST_HELPERS = 4
"""Processes that compile at once, at most; each takes up to 700 MB."""


@dataclass
class Part:
    """A function that is compiled by itself: its symbol, what it takes after (program, world), gives, and its source."""

    symbol: str
    takes: tuple[str, ...]
    gives: str
    function: Callable[..., Any]
    address: int = 0
    """Where it lies, once linked."""

    def call(self, *arguments: Any) -> Any:
        """Call the linked part from Python; the interpreter lock is released meanwhile."""
        return self._function(*arguments)

    @cached_property
    def _function(self) -> Any:
        given = [_CTYPES[kind] for kind in self.takes]
        return ctypes.CFUNCTYPE(_CTYPES[self.gives], ctypes.c_int64, ctypes.c_int64, *given)(self.address)

    @property
    def _numba_type_(self) -> Any:
        """Return the type by which Numba knows this part in a function that it compiles."""
        from .making import external

        return external(self)


PARTS: dict[str, Part] = {}
"""Every part by its symbol."""


def part(*takes: str, gives: str = FLOAT) -> Callable[[Callable[..., Any]], Any]:
    """Let the decorated function of (program, world, ...) be a part; `takes` are the types after the first two."""

    def declare(function: Callable[..., Any]) -> Any:
        if INTERPRETED:
            return function
        symbol = f"{function.__module__}.{function.__name__}".replace(".", "_")
        PARTS[symbol] = Part(symbol, takes, gives, function)
        return PARTS[symbol]

    return declare


class Socket:
    """A part whose function is not known yet, where nothing is compiled."""

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.function: Callable[..., Any] | None = None

    def __call__(self, *arguments: Any) -> Any:
        """Call what fills the socket."""
        if self.function is None:
            raise BriarpatchError(f"nothing fills the socket {self.symbol}")
        return self.function(*arguments)


SOCKETS: dict[str, Any] = {}
"""Every part that is declared before its function is known, by its symbol."""


def socket(symbol: str, *takes: str, gives: str = FLOAT) -> Any:
    """Return a part that others can call by its symbol already, while a floor above says what it does."""
    if symbol not in SOCKETS:
        if INTERPRETED:
            SOCKETS[symbol] = Socket(symbol)
        else:
            SOCKETS[symbol] = PARTS[symbol] = Part(symbol, takes, gives, _empty)
    return SOCKETS[symbol]


def _empty(*_: Any) -> Any:
    """Stand where the function of a socket will be."""


def filled(one: Any) -> bool:
    """Return True when something says what a socket does."""
    return one.function is not None and one.function is not _empty


def fills(one: Any) -> Callable[[Callable[..., Any]], Any]:
    """Let the decorated function be what a socket does."""

    def declare(function: Callable[..., Any]) -> Any:
        one.function = function
        return one

    return declare


system = part(FLOAT, FLOAT)
"""The decorator of every system's `step(program, world, since, now) -> due`."""


# ------------------------------------------------------------------------------------------------ object code


@cache
def _folder() -> Path:
    """Return where the object code of this very machine is kept; homes are shared by unlike machines."""
    kind = "\n".join((*this_machine(), str(binding.llvm_version_info)))
    return cache_root() / f"parts-{hashlib.sha256(kind.encode()).hexdigest()[:12]}"


@cache
def _digests() -> dict[str, str]:
    """Return the digest of what each part depends on, by symbol; they are kept for these very sources."""
    file = cache_folder() / "digests.json"
    check_private(file.parent)
    with suppress(OSError, ValueError):
        found = json.loads(read_private(file))
        if isinstance(found, dict) and found.keys() == PARTS.keys():
            return found
    from .reach import digest_of_part

    found = {symbol: digest_of_part(one) for symbol, one in PARTS.items()}
    with suppress(OSError, BriarpatchError):
        private_folder(file.parent)
        with whole_file(file) as written:
            written.write_text(json.dumps(found))
    return found


@cache
def _maker() -> str:
    """Return what makes code of sources: the libraries, and the Python whose bytecode Numba reads."""
    return " ".join((version("numba"), version("llvmlite"), version("numpy"), sys.version))


def _file(one: Part) -> Path:
    from .reach import digest_of_part

    made = f"{_digests().get(one.symbol) or digest_of_part(one)} {_maker()}"
    digest = hashlib.sha256(made.encode()).hexdigest()[:16]
    return _folder() / f"{one.symbol}-{digest}.part"


def keep(one: Part, code: bytes, needs: list[str]) -> None:
    """Keep the object code of a part, and the names of what it calls; the file appears whole or not at all."""
    private_folder(_folder())
    head = json.dumps({"digest": hashlib.sha256(code).hexdigest(), "needs": needs}).encode()
    with whole_file(_file(one)) as file:
        file.write_bytes(head + b"\n" + code)


def _kept(one: Part) -> tuple[bytes, list[str]] | None:
    """Return the object code of a part and what it calls; None when it is not kept, or not whole.

    Raises RequestError when somebody else could have written it.
    """
    try:
        head, _, code = read_private(_file(one)).partition(b"\n")
        facts = json.loads(head)
        return (code, facts["needs"]) if facts["digest"] == hashlib.sha256(code).hexdigest() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


@cache
def _shipped() -> dict[str, shipped.Shipped]:
    return shipped.matching(_digests)


def missing() -> list[str]:
    """Return the symbols of the parts that have to be compiled: neither shipped nor kept."""
    return [symbol for symbol, one in PARTS.items() if symbol not in _shipped() and not _file(one).exists()]


# ---------------------------------------------------------------------------------------------------- linking

_LINKING = threading.Lock()
_ENGINES: list[Any] = []
"""LLVM's engine, which owns the code that runs: kept for as long as the process."""


def linked() -> bool:
    """Return True when every part can be called."""
    return bool(_ENGINES)


def link(progress: Callable[[str, int, int], None] | None = None) -> None:
    """Load every part, once in a process; what is neither shipped nor kept whole is compiled here and now.

    Raises BriarpatchError when something that the code calls is nowhere to be found.
    """
    with _LINKING:
        if linked():
            return
        if PARTS.keys() - _shipped().keys():
            check_private(_folder())
        codes, needs = [], set()
        for number, one in enumerate(PARTS.values()):
            found = _found(one)
            if found is None:
                if progress is not None:
                    progress(one.function.__module__.rpartition(".")[2], number, len(PARTS))
                found = _made(one)
            codes.append(found[0])
            needs.update(found[1])
        empty = binding.parse_assembly(f'target triple = "{this_machine()[0]}"')
        engine = binding.create_mcjit_compiler(empty, target_machine())
        _find(needs - set(PARTS))
        for code in codes:
            engine.add_object_file(binding.ObjectFileRef.from_data(code))
        engine.finalize_object()
        for symbol, one in PARTS.items():
            one.address = engine.get_function_address(symbol)
            binding.add_symbol(symbol, one.address)  # for functions that Numba compiles later, in tests
        _ENGINES.append(engine)


def _found(one: Part) -> tuple[bytes, list[str]] | None:
    """Return the object code of a part and what it calls; None when it has to be compiled."""
    found = _shipped().get(one.symbol)
    return (found.code, found.needs) if found is not None else _kept(one)


def _made(one: Part) -> tuple[bytes, list[str]]:
    from .making import object_code

    made = object_code(one)
    keep(one, *made)
    return made


def _find(names: set[str]) -> None:
    """See that LLVM finds every function of `names`: linking ends the process when one is missing."""
    missing = [name for name in sorted(names) if not binding.address_of_symbol(name)]
    if missing:
        import numba  # noqa: F401 - it brings some functions of the mathematical library where the system has none

        missing = [name for name in missing if not binding.address_of_symbol(name)]
    if missing:
        raise BriarpatchError(f"compiled code calls what this system does not have: {', '.join(missing)}")


# -------------------------------------------------------------------------------------------------- compiling


def fill_cache(claims: str) -> None:
    """Compile and keep every missing part that no other process has claimed in the folder `claims`, long ones first."""
    compile_parts_alone()
    for symbol in longest_first(missing()):
        try:
            (Path(claims) / f"{symbol}.claimed").touch(exist_ok=False)
        except FileExistsError:
            continue
        if _kept(PARTS[symbol]) is None:
            _made(PARTS[symbol])
        (Path(claims) / f"{symbol}.done").touch()


def longest_first(symbols: list[str]) -> list[str]:
    """Return `symbols` in the order of about how much there is to compile in a part: the length of its file."""
    return sorted(symbols, key=lambda symbol: -Path(PARTS[symbol].function.__code__.co_filename).stat().st_size)


class Helpers:
    """Processes that run `program` to fill the cache, as many as there are processors; they work from now on.

    They shorten the wait for the first run, and the compiler's memory goes with them. What they leave undone, for
    whatever reason, `link` compiles.

    Raises BriarpatchError when nothing can be kept: to compile for every run would be to wait for minutes each time.
    """

    def __init__(self, program: str) -> None:
        try:
            private_folder(_folder())
            with tempfile.TemporaryFile(dir=_folder()):
                pass
            sweep(_folder())
        except OSError as wrong:
            raise BriarpatchError(
                f"compiled code cannot be kept in {cache_root()}: {(wrong.strerror or str(wrong)).lower()}; "
                "set BRIARPATCH_CACHE to a folder that can be written to"
            ) from None
        self.count = len(missing())
        """How many parts there are to compile."""
        self._claims = tempfile.TemporaryDirectory(prefix="briarpatch-")
        self._processes: list[subprocess.Popen[bytes]] = []
        paths = os.pathsep.join(path for path in sys.path if path)
        # A part is optimised as a whole (`making`), so it would be time lost to optimise what goes into it.
        environment = os.environ | {"PYTHONPATH": paths, "NUMBA_OPT": "0"}
        command = [sys.executable, "-P", "-c", program, self._claims.name]
        quiet = subprocess.DEVNULL
        with suppress(OSError):
            for _ in range(min(MOST_HELPERS, processors())):
                started = subprocess.Popen(command, env=environment, stdin=quiet, stdout=quiet, stderr=quiet)
                self._processes.append(started)

    def wait(self, progress: Callable[[str, int, int], None]) -> None:
        """Wait until all are done; `progress(what, done, total)` is called when a part is."""
        shown = -1
        while any(process.poll() is None for process in self._processes):
            done = len(list(Path(self._claims.name).glob("*.done")))
            if done != shown:
                progress("", done, self.count)
                shown = done
            time.sleep(0.1)

    def close(self) -> None:
        """End those that are still at work."""
        for process in self._processes:
            process.kill()
            process.wait()
        self._claims.cleanup()


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
