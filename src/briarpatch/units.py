"""Quantities with units, at the edge only: "20 km" becomes 20000.0 (SI) before anything else sees it.

Radiation and ageing keep the units of their fields' literature where SI would be unreadable: doses are in gray, ages in
years when a column says so. Times inside the engine are seconds from the start of the scenario.
"""

from __future__ import annotations

import math
import re
from functools import cache, lru_cache
from typing import Any

from .errors import BriarpatchError, did_you_mean

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

_DEFINITIONS = """
meter = [length] = m = metre
second = [time] = s = sec
kilogram = [mass] = kg
gray = [dose] = Gy
milligray = 0.001 * gray = mGy
microgray = 0.000001 * gray = uGy
kilometer = 1000 * meter = km = kilometre
centimeter = 0.01 * meter = cm = centimetre
millimeter = 0.001 * meter = mm = millimetre
mile = 1609.344 * meter = mi
nautical_mile = 1852 * meter = nmi
astronomical_unit = 149597870700 * meter = au = AU
light_second = 299792458 * meter = ls
light_year = 9460730472580800 * meter = ly
minute = 60 * second = min
hour = 3600 * second = h = hr
day = 86400 * second = d
week = 604800 * second = weeks
year = 31557600 * second = y = yr
century = 3155760000 * second = centuries
gram = 0.001 * kilogram = g
tonne = 1000 * kilogram = t
watt = kilogram * meter ** 2 / second ** 3 = W
kilowatt = 1000 * watt = kW
megawatt = 1000000 * watt = MW
kilometer_per_hour = kilometer / hour = kph = kmh
knot = 1852 * meter / hour = kn
hectare = 10000 * meter ** 2 = ha
percent = 0.01 = pct
"""

_NUMBER = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*\Z", re.DOTALL)
_UNIT = re.compile(r"[A-Za-z0-9_./*^() -]{0,60}\Z")
_POWER = re.compile(r"[A-Za-z_]\s*\^\s*-?\d(?![\d.])")
"""The only powers that a unit has, such as `m^2`; `9^99^99` would be worked out in full."""


class UnitError(BriarpatchError):
    """A quantity cannot be read, or has the wrong dimension."""


@cache
def _units() -> Any:
    import pint

    nothing: Any = None  # start without the usual units: only those below exist
    registry = pint.UnitRegistry(nothing, on_redefinition="raise")
    for line in _DEFINITIONS.strip().splitlines():
        registry.define(line)
    return registry


@lru_cache(maxsize=4096)
def unit_factor(unit: str) -> tuple[float, str]:
    """Return (factor to the internal unit, name of the dimension) of a unit such as "km/h"; "" is a plain number."""
    if not unit:
        return 1.0, "number"
    if unit == "%":
        unit = "percent"
    if not _UNIT.match(unit) or "^" in _POWER.sub("", unit) or re.search(r"\*\s*\*|\d{3}", unit):
        raise UnitError(f"'{unit[:40]}' is not a unit")
    registry = _units()
    # "0.2/h" reaches here as "/h".
    text = "1" + unit if unit.startswith("/") else unit
    try:
        quantity = registry.parse_expression(text.replace("years", "year").replace("days", "day"))
        quantity = quantity if hasattr(quantity, "dimensionality") else registry.Quantity(quantity)
    except Exception as cause:  # the parser raises a dozen kinds
        names = [str(name) for name in registry._units]
        raise UnitError(f"'{unit[:40]}' is not a unit{did_you_mean(unit, names)}") from cause
    for dimension, (internal, _) in DIMENSIONS.items():
        if dimension in ("age", "age_rate", "number"):
            continue
        target = registry.parse_expression(internal)
        if quantity.dimensionality == target.dimensionality:
            return float(quantity.to_base_units().magnitude / target.to_base_units().magnitude), dimension
    if not quantity.dimensionality:
        return float(quantity.to_base_units().magnitude), "number"
    raise UnitError(f"'{unit[:40]}' is a unit that nothing here is measured in")


YEAR = 31557600.0
_ALIASES = {"age": ("time", YEAR), "age_rate": ("rate", 1.0 / YEAR)}


def parse(text: str) -> tuple[float, str]:
    """Return (value in the internal unit, dimension) of a quantity such as "20 km".

    Raises UnitError when `text` is not a number followed by a unit, or is not finite.
    """
    match = _NUMBER.match(text) if len(text) <= 80 else None
    if match is None:
        raise UnitError(f"'{text[:40]}' is not a quantity; write a number and a unit, such as '20 km'")
    factor, dimension = unit_factor(match[2])
    value = float(match[1]) * factor
    if not math.isfinite(value):
        raise UnitError(f"'{text[:40]}' is too large")
    return value, dimension


def split(value: Any) -> tuple[float, str]:
    """Return (number, unit) of a quantity as it is written: "20 km" gives (20.0, "km"), 3 gives (3.0, "").

    Raises UnitError when `value` is neither a number nor a number followed by a unit.
    """
    if isinstance(value, str):
        parse(value)
        match = _NUMBER.match(value)
        assert match is not None
        return float(match[1]), match[2]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise UnitError(f"'{str(value)[:40]}' is not a quantity; write a number and a unit, such as '20 km'")
    return float(value), ""


def quantity(value: Any, dimension: str) -> float:
    """Return `value` in the internal unit of `dimension`; a string carries its unit, a bare 0 needs none.

    Raises UnitError when the dimension is another one, or when a number that needs a unit has none.
    """
    base, divisor = _ALIASES.get(dimension, (dimension, 1.0))
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
    number, found = parse(value)
    if found != base:
        have = DIMENSIONS[found][1].split(" such as ")[0]
        raise UnitError(f"needs {wanted}, got {have} ('{value[:40]}')")
    return number / divisor


def span(seconds: float) -> str:
    """Return a length of time in words, in the largest unit that it fills: "3 d", "2.5 h", "forever"."""
    if seconds == math.inf:
        return "forever"
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
