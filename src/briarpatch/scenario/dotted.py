"""Dotted paths into the plain data of a scenario, such as `vessels.ferry.hull`; keys may themselves contain dots."""

from __future__ import annotations

from typing import Any


def step(at: Any, parts: list[str], remove: bool = False) -> tuple[str | int | None, int]:
    """Return the key of `at` that the next parts of a path name, and how many parts it takes; None when there is none.

    A key that is not there counts as found when it is the last, unless it is to be removed.
    """
    if isinstance(at, list):
        index = int(parts[0]) if parts[0].isdigit() else -1
        return (index, 1) if 0 <= index < len(at) else (None, 0)
    if not isinstance(at, dict):
        return None, 0
    for length in range(len(parts), 0, -1):
        key = ".".join(parts[:length])
        if key in at:
            return key, length
    if not remove and len(parts) == 1:
        return parts[0], 1
    if not remove and len(parts) == 2:  # a new entry whose own name has a dot, such as a decision's
        return ".".join(parts), 2
    return None, 0
