"""Where one mechanism asks whether others have a say: the owner calls the hook, others answer, nobody imports anybody.

A hook combines what it is given, as it declares; with nobody to answer, it is neutral.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .parts import FLOAT, INT, socket


@dataclass(frozen=True)
class Hook:
    """A hook: the name of its socket here, what it takes after (program, world), and how answers combine."""

    name: str
    constant: str
    symbol: str
    takes: tuple[tuple[str, str], ...]
    neutral: str
    combine: str
    meaning: str


HOOKS: dict[str, Hook] = {}


def _hook(name: str, constant: str, neutral: str, combine: str, meaning: str, **takes: str) -> Any:
    symbol = f"briarpatch_hook_{name.replace(' ', '_')}"
    HOOKS[name] = Hook(name, constant, symbol, tuple(takes.items()), neutral, combine, meaning)
    return socket(symbol, *takes.values(), gives=FLOAT)


PACE = _hook("pace on foot", "PACE", "1.0", "*", "by what those on foot over a map are slowed", ground=INT)
