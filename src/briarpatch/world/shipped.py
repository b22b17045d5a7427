"""Object code that comes with the program, so that a first run compiles nothing.

`python -m briarpatch.ship` makes a file for each level (`levels`): a digest of what follows, a line of JSON, and the object
code of every part, one after the other. A part's code is taken if the digest of its sources (`reach`) is what it was when the code was made; what
has been edited since is compiled, and nothing else. See docs/decisions/0012.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..errors import RequestError
from ..files import check_private, read_private, whole_file
from .compiled import sources
from .levels import Target, fitting_here
from .targets import LLVM

FOLDER = Path(__file__).resolve().parent.parent / "shipped"
"""Where the files are."""

_REMEDY = "or leave it, and the engine is compiled in its place"


@dataclass(frozen=True)
class Shipped:
    """The object code of a part, the names that it calls, and the digest of the sources that it was made of."""

    code: bytes
    needs: list[str]
    digest: str


@dataclass(frozen=True)
class Offer:
    """What one file holds, by symbol, and the digest of all sources together when it was made."""

    parts: dict[str, Shipped]
    sources: str


def file_of(target: Target) -> Path:
    """Return the file of a level."""
    return FOLDER / f"{target.name}.parts"


def write(target: Target, parts: Mapping[str, Shipped]) -> None:
    """Write the file of a level, whole or not at all; all parts must have been made of the present sources."""
    body = b"".join(parts[symbol].code for symbol in sorted(parts))
    packed = zlib.compress(body, 9)
    head = {
        "target": target.name,
        "llvm": LLVM,
        "sources": sources(),
        "parts": {
            symbol: [len(parts[symbol].code), parts[symbol].digest, parts[symbol].needs] for symbol in sorted(parts)
        },
    }
    content = json.dumps(head, separators=(",", ":")).encode() + b"\n" + packed
    with whole_file(file_of(target)) as file:
        file.write_bytes(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)


def read(target: Target) -> Offer | None:
    """Return what is shipped for a level; None when there is nothing, it is not whole, or it wants a later LLVM.

    Raises RequestError when somebody else could have written it.
    """
    try:
        check_private(FOLDER, _REMEDY)
        digest, _, content = read_private(file_of(target), _REMEDY).partition(b"\n")
        if hashlib.sha256(content).hexdigest().encode() != digest:
            return None
        line, _, packed = content.partition(b"\n")
        head = json.loads(line)
        if head["target"] != target.name or head["llvm"] > LLVM:
            return None
        body, at, parts = zlib.decompress(packed), 0, {}
        for symbol, (length, digest, needs) in head["parts"].items():
            parts[symbol] = Shipped(body[at : at + length], needs, digest)
            at += length
        return Offer(parts, head["sources"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, zlib.error):
        return None


@cache
def offer() -> tuple[Offer | None, str]:
    """Return what is shipped for the best level that this machine can run and, if it is not safe to use, why."""
    try:
        found = (read(target) for target in fitting_here())
        return next((one for one in found if one is not None), None), ""
    except RequestError as unsafe:
        return None, str(unsafe)


def matching(digests: Callable[[], Mapping[str, str]]) -> dict[str, Shipped]:
    """Return what is shipped of each part whose sources are those of now, by symbol.

    `digests` tells the digest of each part; it is asked only if some source is not what it was.
    """
    found, _ = offer()
    if found is None:
        return {}
    if found.sources == sources():
        return found.parts
    now = digests()
    return {symbol: one for symbol, one in found.parts.items() if now.get(symbol) == one.digest}
