"""Numbers that a scenario declares uncertain: checked against what they name, and written at any point of their range.

A number is named by its path; its range is written in the unit of the author's choice, and every value in between is
written in that unit too, so that it can be set with `--set` as it stands.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from ..errors import did_you_mean
from ..units import parse, quantity, split
from .dotted import step
from .schema import Distribution, Document, Gamma, Uncertain


@dataclass(frozen=True)
class UncertainNumber:
    """A number that is declared uncertain."""

    name: str
    told: str
    path: str
    low: float
    high: float
    unit: str
    """Of `low`, `high` and `value`, as the author writes it."""
    scale: str
    """"linear", or "log" when it is spread evenly over orders of magnitude."""
    whole: bool
    """True for a count."""
    value: float
    """What the scenario sets it to."""
    dimension: str
    """Of what the number is a quantity, as `units.DIMENSIONS` names it."""

    def at(self, share: float) -> float:
        """Return the value so far along the range: 0 is `low`, 1 is `high`."""
        if self.scale == "log":
            value = self.low * (self.high / self.low) ** share
        else:
            value = self.low + share * (self.high - self.low)
        return float(round(value)) if self.whole else float(f"{value:.6g}")

    def share(self, value: float) -> float:
        """Return how far along the range a value is; may lie outside 0 to 1."""
        if self.scale == "log":
            return math.log(value / self.low) / math.log(self.high / self.low) if value > 0.0 else -math.inf
        return (value - self.low) / (self.high - self.low)

    def text(self, value: float) -> str:
        """Return a value as it is written in a scenario: "20 km", "0.2/h", "12"."""
        number = str(round(value)) if self.whole else f"{value:.6g}"
        return number + (" " if self.unit[:1].isalpha() else "") + self.unit

    def read(self, value: float) -> float:
        """Return a value in the program's own unit, exactly as reading its text gives it."""
        text = self.text(value)
        return float(text) if self.dimension == "number" and not self.unit else quantity(text, self.dimension)


class _Wrong(Exception):
    """A declared number is at fault; carries the part at fault and the message."""

    def __init__(self, part: str, message: str) -> None:
        self.part, self.message = part, message


def numbers(
    document: Document, data: dict[str, Any], fault: Callable[..., None]
) -> tuple[dict[str, UncertainNumber], list[tuple[tuple[str, ...], str]]]:
    """Return the uncertain numbers of a scenario, and warnings about values that lie outside their ranges.

    Args:
        document: the validated scenario.
        data: its plain data, with variants and overrides set.
        fault: called with a path and a message for each number at fault.
    """
    found: dict[str, UncertainNumber] = {}
    outside: list[tuple[tuple[str, ...], str]] = []
    paths: dict[str, str] = {}
    for name, declared in document.uncertain.items():
        try:
            if declared.path in paths:
                raise _Wrong("path", f"'{declared.path}' is uncertain as '{paths[declared.path]}' already")
            paths[declared.path] = name
            found[name] = number = _number(name, declared, document, data)
        except _Wrong as wrong:
            fault(("uncertain", name, wrong.part), wrong.message)
            continue
        if not number.low <= number.value <= number.high:
            value, low, high = (number.text(x) for x in (number.value, number.low, number.high))
            outside.append(
                (("uncertain", name), f"'{declared.path}' is {value}, outside its range from {low} to {high}")
            )
    return found, outside


def value_at(document: Document, path: str) -> float:
    """Return the number at a path of a validated scenario, in the program's own unit; KeyError when there is none."""
    at: Any = document
    parts = path.split(".")
    while parts:
        at, parts = _into(at, parts)
    if isinstance(at, Distribution) and at.fixed is not None:  # a time without spread may be written as one
        at = at.fixed
    if isinstance(at, bool) or not isinstance(at, (int, float)):
        raise KeyError(path)
    return at


def _into(at: Any, parts: list[str]) -> tuple[Any, list[str]]:
    """Return what the next parts of a path lead to, and the parts that are left."""
    if isinstance(at, BaseModel):
        for field, info in type(at).model_fields.items():
            if (info.alias or field) == parts[0]:
                return getattr(at, field), parts[1:]
    elif isinstance(at, (dict, list, tuple)):
        plain = at if isinstance(at, dict) else list(at)
        key, used = step(plain, parts, remove=True)
        if key is not None:
            return plain[key], parts[used:]  # type: ignore[index]
    raise KeyError(parts[0])


def _number(name: str, declared: Uncertain, document: Document, data: dict[str, Any]) -> UncertainNumber:
    try:
        now = value_at(document, declared.path)
    except KeyError:
        raise _Wrong("path", _no_such_number(document, declared.path)) from None
    low, high = (
        _set(declared.path, value, data, part) for part, value in (("low", declared.low), ("high", declared.high))
    )
    if not low < high:
        raise _Wrong("high", f"must be more than low, {declared.low}; got {declared.high}")
    if declared.scale == "log" and low <= 0.0:
        raise _Wrong("low", f"must be more than 0 on a logarithmic scale, got {declared.low}")
    number, unit = split(declared.high if high != 0.0 else declared.low)
    factor = (high if high != 0.0 else low) / number
    told = declared.told or name.replace("_", " ")
    # A factor such as 1/3600 leaves last bits that nobody wrote.
    small, large, value = (float(f"{x / factor:.12g}") for x in (low, high, now))
    found = UncertainNumber(
        name, told, declared.path, small, large, unit, declared.scale, isinstance(now, int), value, "number"
    )
    return replace(found, dimension=_dimension(found, declared.high if high != 0.0 else declared.low, factor))


def _dimension(number: UncertainNumber, written: str | float, factor: float) -> str:
    """Return of what a number is a quantity; years are a time to some columns and an age to others."""
    if not isinstance(written, str):
        return "number"
    base = parse(written)[1]
    near = [base, *({"time": ["age"], "rate": ["age_rate"]}.get(base, []))]
    wanted = float(split(written)[0]) * factor
    return min(near, key=lambda name: abs(quantity(written, name) - wanted))


def _no_such_number(document: Document, path: str) -> str:
    at: Any = document
    parts = path.split(".")
    while parts:
        try:
            at, parts = _into(at, parts)
        except KeyError:
            fields = type(at).model_fields.items() if isinstance(at, BaseModel) else ()
            known = list(map(str, at)) if isinstance(at, dict) else [info.alias or field for field, info in fields]
            return f"'{path[:80]}': there is no '{parts[0][:40]}'{did_you_mean(parts[0], known)}"
    what = (
        "a text"
        if isinstance(at, str)
        else "a yes or no"
        if isinstance(at, bool)
        else "not set"
        if at is None
        else "more than one value"
    )
    hint = ""
    if isinstance(at, Distribution):
        law = at.law if not isinstance(getattr(at, at.law), Gamma) else f"{at.law}.mean"
        hint = f"; name a number of it, such as {path}.{law}"
    return f"'{path[:80]}' is {what}, not a number{hint}"


def _set(path: str, value: Any, data: dict[str, Any], part: str) -> float:
    """Return `value` in the program's unit, read as what stands at `path`; its section is validated with it."""
    section, rest = path.split(".", 1)[0], path.split(".")[1:]
    whole: Any = data.get(section, {})
    key: Any = None
    used = 0
    if isinstance(whole, (dict, list)):
        key, used = step(whole, rest, remove=True)
    entry = whole[key] if key is not None and len(rest) > used else None
    if isinstance(entry, (dict, list)):  # one entry of the section is enough
        piece: Any = {key: copy.deepcopy(entry)} if isinstance(whole, dict) else [copy.deepcopy(entry)]
        rest = [str(key) if isinstance(whole, dict) else "0", *rest[used:]]
        if section in _SINGLE:
            piece = dict(whole) | piece
    else:
        piece = copy.deepcopy(whole)
    at, parts = piece, rest
    while len(parts):
        here, used = step(at, parts)
        if here is None:
            raise _Wrong("path", f"'{path[:80]}' cannot be set; write it out in the scenario first")
        parts = parts[used:]
        if parts:
            at = at[here]
        else:
            at[here] = value
    try:
        read = _reader(section).validate_python(piece)
    except ValidationError as wrong:
        message = str(wrong.errors(include_url=False)[0]["msg"]).removeprefix("Value error, ")
        raise _Wrong(part, message) from None
    return value_at(Document.model_construct(**{section: read}), ".".join([section, *rest]))


_ANNOTATIONS: dict[str, Any] = {name: field.annotation for name, field in Document.model_fields.items()}
_SINGLE = tuple(name for name, kind in _ANNOTATIONS.items() if isinstance(kind, type) and issubclass(kind, BaseModel))
"""Sections that are one model, not many entries."""


@cache
def _reader(section: str) -> TypeAdapter[Any]:
    return TypeAdapter(_ANNOTATIONS[section])
