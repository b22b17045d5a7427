"""Quantities with units, at the edge only: "20 km" becomes 20000.0 (SI) before anything else sees it.

Radiation and ageing keep the units of their fields' literature where SI would be unreadable: doses are in gray, ages in
years when a column says so. Times inside the engine are seconds from the start of the scenario.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any

from .errors import BriarpatchError, did_you_mean

SHARE = "share"
"""The unit of a measure that is a share: from 0 to 1, printed in per cent."""

DIMENSIONS: dict[str, tuple[str, str]] = {
    "number": ("", "a plain number"),
    "length": ("m", "a length such as '20 km'"),
    "time": ("s", "a time such as '2 h'"),
    "speed": ("m/s", "a speed such as '5 km/h'"),
    "acceleration": ("m/s^2", "an acceleration such as '2 m/s^2'"),
    "mass": ("kg", "a mass such as '70 kg'"),
    "area": ("m^2", "an area such as '12 km^2'"),
    "rate": ("1/s", "a rate such as '0.2/h'"),
    "attenuation": ("1/m", "an attenuation such as '0.01/m'"),
    "dose": ("Gy", "a dose such as '2 Gy'"),
    "dose_rate": ("Gy/s", "a dose rate such as '5 Gy/h'"),
    "power": ("W", "a power such as '20 kW'"),
    "age": ("year", "an age such as '57 years'"),
    "age_rate": ("1/year", "a rate such as '0.08/year'"),
    "scan_rate": ("m^3/s", "a visual constant such as '128 m^3/s'"),
    "fluence": ("Gy*m", "a source strength such as '3 Gy*m'"),
}
"""Each dimension: its unit inside the program, and how to say it."""

_LENGTH, _TIME, _MASS, _DOSE = (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)
_NONE = (0, 0, 0, 0)

UNITS: dict[tuple[int, ...], dict[str, tuple[int, int]]] = {
    _LENGTH: {
        "m meter meters metre metres": (1, 1),
        "km kilometer kilometers kilometre kilometres": (1000, 1),
        "cm centimeter centimeters centimetre centimetres": (1, 100),
        "mm millimeter millimeters millimetre millimetres": (1, 1000),
        "mi mile miles": (1_609_344, 1000),
        "nmi nautical_mile nautical_miles": (1852, 1),
        "au AU astronomical_unit astronomical_units": (149_597_870_700, 1),
        "ls light_second light_seconds": (299_792_458, 1),
        "ly light_year light_years": (9_460_730_472_580_800, 1),
    },
    _TIME: {
        "s sec secs second seconds": (1, 1),
        "min mins minute minutes": (60, 1),
        "h hr hrs hour hours": (3600, 1),
        "d day days": (86_400, 1),
        "week weeks": (604_800, 1),
        "y yr yrs year years": (31_557_600, 1),
        "century centuries": (3_155_760_000, 1),
    },
    _MASS: {
        "kg kilogram kilograms": (1, 1),
        "g gram grams": (1, 1000),
        "t tonne tonnes": (1000, 1),
    },
    _DOSE: {
        "Gy gray grays": (1, 1),
        "mGy milligray milligrays": (1, 1000),
        "uGy microgray micrograys": (1, 1_000_000),
    },
    (2, -3, 1, 0): {
        "W watt watts": (1, 1),
        "kW kilowatt kilowatts": (1000, 1),
        "MW megawatt megawatts": (1_000_000, 1),
    },
    (1, -1, 0, 0): {
        "kph kmh kilometer_per_hour kilometers_per_hour": (1000, 3600),
        "kn knot knots": (1852, 3600),
    },
    (2, 0, 0, 0): {"ha hectare hectares": (10_000, 1)},
    _NONE: {"% percent pct": (1, 100)},
}
"""The units that there are: powers of length, time, mass and dose -> words -> how many metres, seconds, kilograms and
grays one is, as a ratio of whole numbers."""

WORDS: dict[str, tuple[int, int, tuple[int, ...]]] = {
    word: (*ratio, powers) for powers, rows in UNITS.items() for words, ratio in rows.items() for word in words.split()
}
"""Each word for a unit: the ratio of whole numbers that it is in SI, and its powers."""

_BLANK = r"[ \t\n\r]*"
_QUANTITY = re.compile(
    rf"{_BLANK}([-+]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?))(?:/([0-9]+))?{_BLANK}(.*?){_BLANK}\Z",
    re.DOTALL,
)
"""A number, or a fraction of two whole ones, and what follows it."""
_FACTOR = r"([A-Za-z_]+|%)(?:\^(-?[0-9]))?"
_UNIT = re.compile(rf"(?:/{_BLANK})?{_FACTOR}(?:{_BLANK}[*/]{_BLANK}{_FACTOR})*\Z")
_PART = re.compile(rf"([*/]?){_BLANK}{_FACTOR}")
_LONGEST = 80

_MARK = r"[.,'’_ \u00a0\u202f]"
_SEPARATED = re.compile(rf"[-+]?[0-9]+(?:{_MARK}[0-9]+)+")
_ANOTHER_NUMBER = re.compile(r"(?<![\^A-Za-z_0-9])(?<!\^-)[0-9]")
_MISTAKES = (
    (
        re.compile(r"^[-+]?[0-9.]+ ?(?:\*\*|\^)"),
        "has a power of a number, which is not read; write the number itself, such as '8 m' or '1e3 m'",
    ),
    (
        re.compile(r"[0-9][eE][-+]?[0-9]+\.[0-9]|[A-Za-z_%] ?(?:\^|\*\*) ?\(?[-+]?(?:[0-9]*\.[0-9]|[0-9]+/[0-9])"),
        "has an exponent that is not whole; exponents are whole numbers, as in 'm^2' or '1e3 m'",
    ),
    (
        re.compile(r"[A-Za-z_%](?: ?\*\* ?| ?\^[ (+]+|-)[-+]?[0-9](?![0-9]| ?[A-Za-z])"),
        "has a power that is not read; write it after '^', as in 'm/s^2' or 'm^-1'",
    ),
)
"""What is often written after a number where a quantity is wanted, and what is wrong with it; the first found is said."""


class UnitError(BriarpatchError):
    """A quantity cannot be read, or has the wrong dimension."""


def _powers_of(unit: str) -> tuple[int, int, tuple[int, ...]]:
    """Return (numerator, denominator, powers) of a product of units in SI."""
    numerator, denominator, powers = 1, 1, [0, 0, 0, 0]
    for sign, word, power in _PART.findall(unit):
        if word not in WORDS:
            raise UnitError(f"'{unit[:40]}' is not a unit{did_you_mean(word, WORDS)}")
        above, below, dimensions = WORDS[word]
        times = int(power or 1) * (-1 if sign == "/" else 1)
        if times < 0:
            above, below = below, above
        numerator *= above ** abs(times)
        denominator *= below ** abs(times)
        powers = [total + times * one for total, one in zip(powers, dimensions, strict=True)]
    return numerator, denominator, tuple(powers)


@lru_cache(maxsize=4096)
def _ratio(unit: str) -> tuple[int, int, str]:
    """Return (numerator, denominator, dimension) of a unit such as "km/h", or raise UnitError; "" is a plain number."""
    if not unit:
        return 1, 1, "number"
    numerator, denominator, powers = _powers_of(unit)
    dimension = _DIMENSION_OF.get(powers)
    if dimension is None:
        raise UnitError(f"'{unit[:40]}' is a unit that nothing here is measured in")
    return numerator, denominator, dimension


_DIMENSION_OF: dict[tuple[int, ...], str] = {
    _powers_of(unit)[2] if unit else _NONE: name
    for name, (unit, _) in DIMENSIONS.items()
    if name not in ("age", "age_rate")
}
"""The dimension of each set of powers; each one's unit inside the program is that of SI."""


_WRITTEN = ("m", "s", "kg", "Gy")
_COMPOUND: dict[str, tuple[int, ...]] = {}
"""The powers of each product of units that nothing here is measured in, by how it is written."""


def powers(dimension: str) -> tuple[int, ...]:
    """Return the powers of length, time, mass and dose of a dimension, or of what `product` has made."""
    if dimension in _COMPOUND:
        return _COMPOUND[dimension]
    unit = DIMENSIONS[{"age": "time", "age_rate": "rate"}.get(dimension, dimension)][0]
    return _powers_of(unit)[2] if unit else _NONE


def product(one: str, other: str, sign: int = 1) -> str:
    """Return the dimension of a product of two, or with `sign` -1 of a quotient; its unit, where that has no name."""
    total = tuple(a + sign * b for a, b in zip(powers(one), powers(other), strict=True))
    if total in _DIMENSION_OF:
        return _DIMENSION_OF[total]
    named = [(unit, power) for unit, power in zip(_WRITTEN, total, strict=True) if power]
    above = "*".join(unit if power == 1 else f"{unit}^{power}" for unit, power in named if power > 0) or "1"
    below = "".join(f"/{unit}" if power == -1 else f"/{unit}^{-power}" for unit, power in named if power < 0)
    _COMPOUND[above + below] = total
    return above + below


def unit_of(dimension: str) -> str:
    """Return the unit in which a dimension is counted inside the program."""
    return DIMENSIONS[dimension][0] if dimension in DIMENSIONS else dimension


def said(dimension: str) -> str:
    """Return how a dimension is called: "a length", "a quantity in m^3"."""
    if dimension in DIMENSIONS:
        return DIMENSIONS[dimension][1].split(" such as ")[0]
    return f"a quantity in {dimension}"


def constant(word: str) -> tuple[float, str] | None:
    """Return what a unit's word stands for in an expression, (value, dimension); None for a word that is no unit."""
    if word not in WORDS or not word.isidentifier():
        return None
    above, below, dimension = _ratio(word)
    return above / below, dimension


def unit_called(word: str) -> str:
    """Return the full name of the unit that a word is, "" when it is none."""
    if word not in WORDS or not word.isidentifier():
        return ""
    return next(words.split()[-2] for rows in UNITS.values() for words in rows if word in words.split())


YEAR = 31557600.0
_ALIASES = {"age": ("time", 1, 31_557_600), "age_rate": ("rate", 31_557_600, 1)}
"""Dimensions that are others in disguise, counted in years: what a value in SI is multiplied and divided by."""


def _read(text: str) -> tuple[float, str]:
    """Return (number, unit) of a quantity as it is written."""
    if not text.strip():
        raise UnitError("a blank text is not a quantity; write a number and a unit, such as '20 km'")
    match = _QUANTITY.match(text) if len(text) <= _LONGEST else None
    if match is None:
        raise UnitError(f"'{text[:40]}' is not a quantity; write a number and a unit, such as '20 km'")
    number, below, unit = match.groups()
    value = float(number)
    if below is not None:
        if not number.lstrip("+-").isdigit() or float(below) == 0.0:
            raise UnitError(f"'{text[:40]}' is not a quantity; a fraction is of two whole numbers, such as '1/2 h'")
        value /= float(below)
    if unit and not _UNIT.match(unit):
        raise UnitError(_mistake(text.strip(), unit))
    return value, unit


def _mistake(text: str, unit: str) -> str:
    """Return what is wrong with a text that begins with a number but ends in no unit, and the remedy."""
    written = _SEPARATED.match(text)
    if written and (readings := _without_separators(written[0])):
        remedy = " or ".join(f"'{one}{text[written.end() :]}'" for one in readings.values())
        return f"'{text[:40]}' has {' or '.join(readings)} and is not read; write {remedy}"
    for pattern, wrong in _MISTAKES:
        if pattern.search(text):
            return f"'{text[:40]}' {wrong}"
    if _ANOTHER_NUMBER.search(unit):
        return f"'{text[:40]}' has more than one number; write one, such as '1.5 h' or '90 min'"
    return f"'{unit[:40]}' is not a unit; join words by * or /, with whole powers from -9 to 9, as in 'm/s^2'"


def _without_separators(number: str) -> dict[str, str]:
    """Return the numbers that one with marks between its digits may mean, by what the marks would then be."""
    first, *groups = re.split(_MARK, number)
    marks = re.findall(_MARK, number)
    if marks == ["."]:
        return {}

    def by_thousands(parts: list[str]) -> bool:
        return not parts or (len(first.lstrip("+-")) <= 3 and all(len(part) == 3 for part in parts))

    found = {}
    if len(set(marks)) == 1 and by_thousands(groups):
        found["thousands separators"] = first + "".join(groups)
    if (
        marks[-1] in (",", ".")
        and marks[-1] not in marks[:-1]
        and len(set(marks[:-1])) <= 1
        and by_thousands(groups[:-1])
    ):
        what = "a decimal comma" if len(marks) == 1 else "thousands separators"
        found[what] = f"{first}{''.join(groups[:-1])}.{groups[-1]}"
    return found


def parse(text: str) -> tuple[float, str]:
    """Return (value in the internal unit, dimension) of a quantity such as "20 km".

    A quantity is a number (`20`, `-0.5`, `1e-6`) or a fraction (`1/2`), then, if it has a unit, unit words joined by `*` or `/`,
    each with a whole power if it has one (`km`, `m/s^2`, `/h`, `m^-1`, `%`); nothing else.

    Raises UnitError when `text` is anything else, or is not finite.
    """
    number, unit = _read(text)
    numerator, denominator, dimension = _ratio(unit)
    return _scaled(number, numerator, denominator, text), dimension


def _scaled(number: float, numerator: int, denominator: int, text: str) -> float:
    """Return `number` times a ratio of whole numbers, rounded once or twice."""
    common = math.gcd(numerator, denominator)
    try:
        value = number * (numerator // common) / (denominator // common)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise UnitError(f"'{text[:40]}' is too large")
    return value


def split(value: Any) -> tuple[float, str]:
    """Return (number, unit) of a quantity as it is written: "20 km" gives (20.0, "km"), 3 gives (3.0, "").

    Raises UnitError when `value` is neither a number nor a number followed by a unit.
    """
    if isinstance(value, str):
        parse(value)
        return _read(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise UnitError(f"'{str(value)[:40]}' is not a quantity; write a number and a unit, such as '20 km'")
    return float(value), ""


def quantity(value: Any, dimension: str) -> float:
    """Return `value` in the internal unit of `dimension`; a string carries its unit, a bare 0 needs none.

    Raises UnitError when the dimension is another one, or when a number that needs a unit has none.
    """
    base, above, below = _ALIASES.get(dimension, (dimension, 1, 1))
    wanted = DIMENSIONS[dimension][1]
    if isinstance(value, bool) or value is None:
        raise UnitError(f"needs {wanted}, got {value!r}")
    if isinstance(value, (int, float)):
        number = float(value)
        if not math.isfinite(number):
            raise UnitError(f"needs {wanted}, got {value}")
        if number != 0.0 and dimension != "number":
            raise UnitError(f"needs {wanted}, got {value} without a unit")
        return number
    if not isinstance(value, str):
        raise UnitError(f"needs {wanted}, got a {type(value).__name__}")
    number, unit = _read(value)
    numerator, denominator, found = _ratio(unit)
    if found != base:
        have = DIMENSIONS[found][1].split(" such as ")[0]
        raise UnitError(f"needs {wanted}, got {have} ('{value[:40]}')")
    return _scaled(number, numerator * above, denominator * below, value)


def span(seconds: float) -> str:
    """Return a length of time in words, in the largest unit that it fills: "3 d", "2.5 h", "forever"."""
    if seconds == math.inf:
        return "forever"
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
