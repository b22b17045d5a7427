"""The number of everything that has a name in a world's tables: given once, never changed, never given again."""

from __future__ import annotations

from functools import cache
from pathlib import Path

LEDGER = Path(__file__).with_name("numbers.txt")


@cache
def ledger() -> dict[str, dict[str, int]]:
    """Return the numbers that have been given: family -> name -> number."""
    given: dict[str, dict[str, int]] = {}
    for line in LEDGER.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            family, number, name = line.split(" ", 2)
            given.setdefault(family, {})[name] = int(number)
    return given


FRESH: list[tuple[str, str, int]] = []
"""Numbers given since the ledger was last written, for names that it does not know."""


def number(family: str, name: str) -> int:
    """Return the number of a name, or the next one that is free."""
    known = ledger().setdefault(family, {})
    if name not in known:
        known[name] = max(known.values(), default=-1) + 1
        FRESH.append((family, name, known[name]))
    return known[name]
