"""Compiled scenarios, kept in the cache folder from one process to the next.

Reading a scenario takes longer than playing it. So what one compiles to is kept, under a digest of its files, of the
settings and of the program: a change in any of them is another name. Only scenarios without a fault are kept; those not
used for longest go first.

A file holds a digest, a line of JSON with the names and the words, and the bytes of the tables one after the other, whose
columns the program knows. Reading it runs nothing. But compiled code follows the numbers in the tables, so a folder or a
file that somebody else could have written is refused (`files.check_private`).
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import Fault, Place, RequestError
from ..files import check_private, private_folder, read_private, sweep, whole_file
from ..world.compiled import cache_root, digest_of
from ..world.world import Program, World, empty_program, empty_world
from .built import Built
from .calendar import Start
from .load import Source
from .names import Bare, EntityNames
from .scenario import EndingInfo, MeasureInfo, ObservedInfo, Scenario, SeriesInfo, VariantInfo, Whole

MOST = 64
"""Scenarios that are kept."""
LARGEST = 64_000_000
"""Bytes of one."""

_PARTS = (
    "scenario",
    "world",
    "laws",
    "mechanisms",
    "declare",
    "declare/numbers.txt",
    "assembly.py",
    "units.py",
    "errors.py",
)
_LIBRARIES = ("numba", "numpy", "pydantic", "lark", "pyyaml", "scipy", "geographiclib")
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
    """Return the scenario at `path` if it is kept, None when it is not, or not whole.

    Raises RequestError when somebody else could have written it.
    """
    file = _file(source, asked)
    check_private(file.parent)
    try:
        content = read_private(file)
        os.utime(file)
    except OSError:
        return None
    seal, body = content[:_SEAL], content[_SEAL:]
    if hashlib.sha256(body).digest() != seal:
        return None
    given, fields = _unpacked(body)

    @cache  # copies of the scenario ask the same function
    def whole() -> Whole:
        from .compile import compile_source

        return compile_source(source, given, asked.overrides, path).whole

    return Scenario(
        source=source,
        path=path,
        overrides=dict(asked.overrides),
        given=given,
        as_told=asked.as_told,
        asked=dict(asked.variants),
        find_whole=whole,
        **fields,
    )


def keep(scenario: Scenario, asked: Asked) -> None:
    """Keep a scenario, whole or not at all; a cache that cannot be written to is no fault."""
    tables = (*scenario.program, *scenario.built.world)
    if sum(table.nbytes for table in tables) > LARGEST:
        return
    body = _packed(scenario)
    file = _file(scenario.source, asked)
    with suppress(OSError, RequestError):
        private_folder(file.parent)
        sweep(file.parent)
        with whole_file(file) as new:
            new.write_bytes(hashlib.sha256(body).digest() + body)
        _drop_oldest(file.parent)


def _packed(scenario: Scenario) -> bytes:
    """Return what is kept of a scenario: a line of JSON, and its tables."""
    names, tables = scenario.names, (*scenario.program, *scenario.built.world)
    start = names.start
    head = {
        "title": scenario.title,
        "given": scenario.given,
        "variants": [asdict(variant) for variant in scenario.variants.values()],
        "endings": [asdict(ending) for ending in scenario.endings],
        "measures": [asdict(measure) for measure in scenario.measures],
        "series": [asdict(one) for one in scenario.series],
        "observed": [asdict(one) for one in scenario.observed],
        "warnings": [asdict(warning) for warning in scenario.warnings],
        "rows": names.rows,
        "told": list(names.told_words.items()),
        "labels": list(names.labels.items()),
        "insides": names.insides,
        "talked_about": sorted(names.talked_about),
        "start": (start.seconds, None if start.date is None else start.date.isoformat(), start.zone),
        "definitions": names.definitions,
        "bare": names.bare,
        "shapes": [table.shape for table in tables],
    }
    return b"".join([json.dumps(head).encode(), b"\n", *(table.tobytes() for table in tables)])


def _unpacked(body: bytes) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the settings of a kept scenario, and what else `Scenario` is made of."""
    line, _, rest = body.partition(b"\n")
    head = json.loads(line)
    tables, at = [], 0
    for like, shape in zip((*empty_program(), *empty_world()), head["shapes"], strict=True):
        table = np.empty(shape, like.dtype).view(type(like))
        table.reshape(-1).view(np.uint8, np.ndarray)[:] = np.frombuffer(rest, np.uint8, table.nbytes, at)
        at += table.nbytes
        tables.append(table)
    program, world = Program(*tables[: len(Program._fields)]), World(*tables[len(Program._fields) :])
    for table in program:
        table.flags.writeable = False
    seconds, day, zone = head["start"]
    names = EntityNames(
        head["rows"],
        dict(head["told"]),
        head["insides"],
        dict(head["labels"]),
        frozenset(head["talked_about"]),
        Start(seconds, None if day is None else date.fromisoformat(day), zone),
        head["definitions"],
        {name: Bare(*of) for name, of in head["bare"].items()},
    )
    return head["given"], {
        "title": head["title"],
        "built": Built(program, world, names),
        "variants": {one["name"]: VariantInfo(**one) for one in head["variants"]},
        "endings": [EndingInfo(**one) for one in head["endings"]],
        "measures": [MeasureInfo(**one) for one in head["measures"]],
        "series": [SeriesInfo(**one | {"times": tuple(one["times"])}) for one in head["series"]],
        "observed": [
            ObservedInfo(**one | {"times": tuple(one["times"]), "values": tuple(one["values"])})
            for one in head["observed"]
        ],
        "warnings": [Fault(Place(**one["place"]), one["message"], one["rule"]) for one in head["warnings"]],
    }


def _drop_oldest(folder: Path) -> None:
    files = sorted(folder.glob("*.scenario"), key=lambda file: file.stat().st_mtime)
    for file in files[: max(0, len(files) - MOST)]:
        file.unlink(missing_ok=True)


def _file(source: Source, asked: Asked) -> Path:
    """Return where the scenario of these files and settings is kept; overrides are made in the order given."""
    settings = [sorted(asked.variants.items()), list(asked.overrides.items()), asked.as_told]
    named = json.dumps([_program(), source.name, source.digest, source.left_out, settings])
    return cache_root() / "scenarios" / f"{hashlib.sha256(named.encode()).hexdigest()[:32]}.scenario"


@cache
def _program() -> str:
    """Return a digest of everything in the program that decides what a scenario compiles to."""
    return digest_of(_PARTS, sys.version, *(version(library) for library in _LIBRARIES))
