"""What can go wrong, as one tree.

BriarpatchError
├── ScenarioError      a scenario is at fault; `.faults` lists every fault with its place
│   └── ConditionError   one condition is at fault (used inside, always reported within a ScenarioError)
├── RequestError       the caller asked for something that does not exist or cannot be done
├── SavedRunError      a saved run is missing, cut short, altered, or of another version
├── GuardError         a world broke a limit at run time; it ended with a status, others went on
└── MissingExtraError  an optional part is not installed; says which command installs it

Every one of them prints as one message without a traceback at the command line, with exit status 2.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import islice
from operator import index


class BriarpatchError(Exception):
    """The root: catching it catches everything this package raises on purpose."""


@dataclass(frozen=True, order=True)
class Place:
    """A place in a scenario's files; line and column count from 1, and 0 means unknown."""

    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, order=True)
class Fault:
    """One thing wrong with a scenario: where, and a sentence that says what and how to mend it."""

    place: Place
    message: str
    rule: str = field(default="", compare=False)
    """The rule of `briarpatch check` that it breaks, by name; empty for files that are not scenarios."""

    def __str__(self) -> str:
        return f"{self.place} {self.message}".strip()


class ScenarioError(BriarpatchError):
    """A scenario is at fault."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: list[Fault] = sorted(set(faults))
        super().__init__("\n".join(str(fault) for fault in self.faults))


class ConditionError(ScenarioError):
    """A condition is at fault; `.offset` counts characters from the start of its text.

    When several things are wrong with it, this is the first of them, and `.all` holds every one in order.
    """

    def __init__(self, message: str, offset: int = 0, others: Iterable[ConditionError] = ()) -> None:
        self.message = message
        self.offset = offset
        self.all: list[ConditionError] = [self, *others]
        super().__init__([Fault(Place(), one.message) for one in self.all])


class RequestError(BriarpatchError):
    """The caller asked for something that does not exist or cannot be done."""


class SavedRunError(BriarpatchError):
    """A saved run is missing, cut short, altered, or of another version."""


class GuardError(BriarpatchError):
    """A world broke a limit at run time."""


class MissingExtraError(BriarpatchError):
    """An optional part is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs an optional part: pip install 'briarpatch[{extra}]'")


_MOST_COMPARED = 300
"""Names that one suggestion compares in full."""
_ALL_COMPARED = 20_000
"""Names that all suggestions about one scenario compare; the rest of its faults are told without."""

_left: ContextVar[list[int] | None] = ContextVar("left", default=None)


@contextmanager
def bounded_suggestions() -> Iterator[None]:
    """Let all suggestions within take a second or two at most, however many faults and names there are."""
    token = _left.set([_ALL_COMPARED])
    try:
        yield
    finally:
        _left.reset(token)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" for the nearest known name, or "" when none is near."""
    left = _left.get()
    if left is not None and left[0] <= 0:
        return ""
    names = list(known)
    total = len(names)
    if total > _MOST_COMPARED:
        alike = (
            other
            for other in names
            if abs(len(other) - len(name)) <= 2 and (other[:2] == name[:2] or other[-2:] == name[-2:])
        )
        names = list(islice(alike, _MOST_COMPARED))
    if left is not None:
        left[0] -= len(names) + total // 50
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""


def whole_number(value: object, low: int, high: int, rule: str) -> int:
    """Return a whole number from `low` to `high`, given as any kind of integer but a truth value.

    Raises RequestError with `rule` and the value for anything else.
    """
    try:
        found = index(value)  # type: ignore[arg-type]
    except TypeError:
        found = None
    if found is None or isinstance(value, bool) or not low <= found <= high:
        raise RequestError(f"{rule}, got {value!r}")
    return found
