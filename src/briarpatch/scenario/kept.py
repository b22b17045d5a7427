"""Compiled scenarios, kept in the cache folder from one process to the next.

Reading a scenario takes longer than playing it. So what one compiles to is kept, under a digest of its files, of the
settings and of the program: a change in any of them is another name. Only scenarios without a fault are kept; those not
used for longest go first. The files hold pickles, as the compiler's own cache beside them does: whoever can write to the
folder can run code as its owner. It is the user's own; `BRIARPATCH_CACHE` should name no other.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..errors import RequestError
from ..files import sweep, whole_file
from ..world.compiled import cache_root, digest_of
from ..world.world import Program, copy
from .built import Built
from .load import Source
from .scenario import Scenario, Whole

MOST = 64
"""Scenarios that are kept."""
LARGEST = 64_000_000
"""Bytes of one."""

_PARTS = ("scenario", "world", "laws", "units.py", "errors.py")
_LIBRARIES = ("numba", "numpy", "pydantic", "lark", "pint", "pyyaml", "scipy")
_FIELDS = ("title", "built", "variants", "endings", "measures", "given", "warnings")
_SEAL = hashlib.sha256().digest_size


@dataclass(frozen=True)
class Asked:
    """The settings that are asked for, which with the files decide what a scenario compiles to."""

    variants: dict[str, str]
    overrides: dict[str, str]
    as_told: str | None

    @classmethod
    def of(cls, variants: Any, overrides: Any, as_told: Any) -> Asked | None:
        """Return the settings, or None when one of them is no text."""
        texts = [as_told or ""]
        for given in (variants, overrides):
            if given is not None and not isinstance(given, Mapping):
                return None
            texts += [part for pair in (given or {}).items() for part in pair]
        if not all(isinstance(text, str) for text in texts):
            return None
        return cls(dict(variants or {}), dict(overrides or {}), as_told)


def fetch(source: Source, asked: Asked, path: Path | None) -> Scenario | None:
    """Return the scenario at `path` if it is kept, None when it is not, or not whole."""
    file = _file(source, asked)
    try:
        content = file.read_bytes()
        os.utime(file)
    except OSError:
        return None
    seal, body = content[:_SEAL], content[_SEAL:]
    if hashlib.sha256(body).digest() != seal:
        return None
    fields: dict[str, Any] = dict(zip(_FIELDS, pickle.loads(body), strict=True))
    fields["built"] = _on_its_own(fields["built"])

    @cache  # copies of the scenario ask the same function
    def whole() -> Whole:
        from .compile import compile_source

        return compile_source(source, fields["given"], asked.overrides, path).whole

    return Scenario(
        source=source,
        path=path,
        overrides=dict(asked.overrides),
        as_told=asked.as_told,
        asked=dict(asked.variants),
        find_whole=whole,
        **fields,
    )


def _on_its_own(built: Built) -> Built:
    """Return `built` with tables that own their memory: those of a pickle are views of its bytes."""
    program = Program(*[array.copy() for array in built.program])
    for array in program:
        array.flags.writeable = False
    return Built(program, copy(built.world), built.names)


def keep(scenario: Scenario, asked: Asked) -> None:
    """Keep a scenario, whole or not at all; a cache that cannot be written to is no fault."""
    body = pickle.dumps([getattr(scenario, name) for name in _FIELDS], pickle.HIGHEST_PROTOCOL)
    if len(body) > LARGEST:
        return
    file = _file(scenario.source, asked)
    with suppress(OSError, RequestError):
        sweep(file.parent)
        with whole_file(file) as new:
            new.write_bytes(hashlib.sha256(body).digest() + body)
        _drop_oldest(file.parent)


def _drop_oldest(folder: Path) -> None:
    files = sorted(folder.glob("*.scenario"), key=lambda file: file.stat().st_mtime)
    for file in files[: max(0, len(files) - MOST)]:
        file.unlink(missing_ok=True)


def _file(source: Source, asked: Asked) -> Path:
    """Return where the scenario of these files and settings is kept; overrides are made in the order given."""
    settings = [sorted(asked.variants.items()), list(asked.overrides.items()), asked.as_told]
    named = json.dumps([_program(), source.name, source.digest, settings])
    return cache_root() / "scenarios" / f"{hashlib.sha256(named.encode()).hexdigest()[:32]}.scenario"


@cache
def _program() -> str:
    """Return a digest of everything in the program that decides what a scenario compiles to."""
    return digest_of(_PARTS, sys.version, *(version(library) for library in _LIBRARIES))
