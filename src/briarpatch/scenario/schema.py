"""What an author writes: one model for each section of a scenario file.

Each model refuses unknown keys. Quantities are strings with units (`"20 km"`) and reach the program in its internal
units; conditions and expressions stay text until `compile` turns them into bytecode; references to other entities stay
names until then, because they may point forward or into another file. `json_schema` exports all of it for editors.

It is long until the mechanisms have taken what is theirs (docs/decisions/0011).
"""

# The quantities' types are made by a function, one for each dimension and range, which a type checker cannot follow.
# pyright: reportInvalidTypeForm=false, reportOperatorIssue=false, reportCallIssue=false

from __future__ import annotations

import math
import re
from functools import cache, cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationInfo,
    WithJsonSchema,
    create_model,
    model_validator,
)
from pydantic_core import core_schema

from ..assembly import PARTS, SECTIONS, VERBS
from ..declare import REQUIRED, Item
from ..declare import Section as Declared
from ..laws import command
from ..units import DIMENSIONS, UnitError, parse, quantity, split
from ..world import states, verbs
from . import calendar
from .names import UNIONS

MOST_PEOPLE = 1_000_000
"""People with names and those of all crowds together."""
MOST_HEADS = 1_000_000_000
"""Heads of a counted crowd."""
MOST_NAMES = 20_000


class Section(BaseModel):
    """The root of every model: unknown keys are faults, and `basis` says where numbers come from."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
    basis: str | None = Field(None, description="where the numbers come from; say 'assumed' when they are")


LIMITS: dict[str, tuple[float, float]] = {
    "number": (-1e12, 1e12),
    "length": (-1e18, 1e18),
    "time": (0.0, 3.2e12),
    "speed": (0.0, 1e12),
    "acceleration": (0.0, 1e9),
    "mass": (0.0, 1e12),
    "area": (0.0, 1e24),
    "rate": (-1e9, 1e9),
    "attenuation": (0.0, 1e9),
    "dose": (0.0, 1e9),
    "dose_rate": (0.0, 1e9),
    "power": (0.0, 1e18),
    "age": (0.0, 1e5),
    "age_rate": (0.0, 1e9),
    "scan_rate": (0.0, 1e18),
    "fluence": (0.0, 1e18),
}
"""The widest range of each dimension, in its internal unit: what no scenario of any world should need to leave."""


def _plain(number: float) -> str:
    """Return a bound as it is read aloud: a large whole one in full."""
    return f"{int(number):,}" if number == int(number) and 1000 <= abs(number) < 1e9 else f"{number:g}"


def _quantity(dimension: str, low: float = -math.inf, high: float = math.inf, above: float = -math.inf) -> Any:
    """Return the type of a quantity of `dimension` from `low` to `high`, and more than `above`, in its own unit.

    No quantity goes beyond the limits of its dimension, and none is infinite or not a number.
    """
    unit, wanted = DIMENSIONS[dimension]
    low, high = max(low, LIMITS[dimension][0]), min(high, LIMITS[dimension][1])

    def read(value: Any) -> float:
        try:
            number = quantity(value, dimension)
        except UnitError as fault:
            raise ValueError(str(fault)) from None
        shown = value if isinstance(value, str) else f"{number:g}"
        if number <= above:
            raise ValueError(f"must be more than {above:g} {unit}".rstrip() + f", got {shown}")
        if number < low:
            raise ValueError(f"must be at least {_plain(low)} {unit}".rstrip() + f", got {shown}")
        if number > high:
            raise ValueError(f"must be at most {_plain(high)} {unit}".rstrip() + f", got {shown}")
        return number

    least = {"minimum": low} if above < low else {"exclusiveMinimum": above}
    kind = "number" if dimension == "number" else ["string", "number"]
    declared = {"type": kind, "description": wanted, "unit": unit, **least, "maximum": high}
    return Annotated[float, BeforeValidator(read), WithJsonSchema(declared)]


def _instant() -> Any:
    """Return the type of a moment: a time from the start, or a date and an hour in quotes."""
    low, high = -LIMITS["time"][1], LIMITS["time"][1]

    def read(value: Any, info: ValidationInfo) -> float:
        if isinstance(value, str) and calendar.is_date(value):
            number = calendar.instant(value, (info.context or {}).get("start", calendar.Start()))
        else:
            try:
                number = quantity(value, "time")
            except UnitError as fault:
                raise ValueError(f"{fault}, or a date such as '2021-08-15 06:00'") from None
            if number < 0.0:
                raise ValueError(f"must be at least 0 s, got {value}")
            if number > high:
                raise ValueError(f"must be at most {_plain(high)} s, got {value}")
        if not low <= number <= high:
            raise ValueError(f"is too far from the start: {value}")
        return number

    told = "a time from the start such as '2 h', or a date and hour such as '2021-08-15 06:00'"
    declared = {"type": ["string", "number"], "description": told, "unit": "s", "minimum": 0.0, "maximum": high}
    return Annotated[float, BeforeValidator(read), WithJsonSchema(declared)]


def _first() -> Any:
    """Return the type of a first moment: a moment, or a time of day, of which the day does not matter."""
    moment = _instant()
    reader, as_moment = moment.__metadata__[0].func, moment.__metadata__[1].json_schema

    def read(value: Any, info: ValidationInfo) -> float:
        if isinstance(value, str) and calendar.is_time_of_day(value):
            return calendar.TimeOfDay(calendar.time_of_day(value))
        return reader(value, info)

    told = f"{as_moment['description']}, or a time of day such as '05:00'"
    return Annotated[Any, BeforeValidator(read), WithJsonSchema({**as_moment, "description": told})]


_QUANTITY_ALONE = re.compile(r"\s*[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?\s*(?:[A-Za-z_%]|$)")
"""Begins what can only be meant for a quantity: a number and the word of a unit."""


def numeric(dimension: str, low: float = -math.inf, high: float = math.inf, above: float = -math.inf) -> Any:
    """Return the type of a number of `dimension` that may be an expression, which stays a text until it is compiled."""
    number = _quantity(dimension, low, high, above)
    reader, declared = number.__metadata__[0].func, number.__metadata__[1].json_schema

    def read(value: Any) -> float | str:
        if isinstance(value, str) and not _QUANTITY_ALONE.match(value):
            try:
                parse(value)
            except UnitError:
                return value
        return reader(value)

    told = f"{declared['description']}, or an expression of that kind"
    declared = {**declared, "type": ["string", "number"], "description": told, "expression": True}
    return Annotated[float | str, BeforeValidator(read), WithJsonSchema(declared)]


def _count(low: int, high: int) -> Any:
    number = _quantity("number", low, high)
    reader = number.__metadata__[0].func

    def read(value: Any) -> int:
        found = reader(value)
        if found != int(found):
            raise ValueError(f"must be a whole number, got {value}")
        return int(found)

    declared = {"type": "integer", "description": "a whole number", "unit": "", "minimum": low, "maximum": high}
    return Annotated[int, BeforeValidator(read), WithJsonSchema(declared)]


def _pace() -> Any:
    number = _quantity("number", above=0.0)
    reader, as_number = number.__metadata__[0].func, number.__metadata__[1].json_schema

    def read(value: Any) -> float | str:
        return value if value == BY_AGE else reader(value)

    told = f"free walking speed over an average adult's, 1.34 m/s on the flat; '{BY_AGE}': as the literature has it for the age"
    declared = {**as_number, "type": ["number", "string"], "description": told}
    return Annotated[float | str, BeforeValidator(read), WithJsonSchema(declared)]


BY_AGE = "by_age"
Length = _quantity("length", 0.0)
Position = _quantity("length")
Time = _quantity("time")
Instant = _instant()
First = _first()
Period = _quantity("time", 1e-3)
Shape = _quantity("number", 0.0, 1e6)
Speed = _quantity("speed")
Acceleration = _quantity("acceleration")
Rate = _quantity("rate", 0.0)
Change = _quantity("rate")
Attenuation = _quantity("attenuation")
Dose = _quantity("dose")
DoseRate = _quantity("dose_rate")
Fluence = _quantity("fluence")
Area = _quantity("area", above=0.0)
Mass = _quantity("mass", above=0.0)
Load = _quantity("mass")
Age = _quantity("age")
AgeRate = _quantity("age_rate")
Scan = _quantity("scan_rate")
Number = _quantity("number")
Positive = _quantity("number", above=0.0)
AtLeastZero = _quantity("number", 0.0)
Share = _quantity("number", 0.0, 1.0)
BelowOne = _quantity("number", 0.0, math.nextafter(1.0, 0.0))
Stand = _quantity("number", -1.0, 1.0)
Pace = _pace()

NAME, LONGEST_NAME = r"^[a-z][a-z0-9_]*$", 60
Name = Annotated[str, StringConstraints(pattern=NAME, max_length=LONGEST_NAME)]
Title = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=60)]
Dotted = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$", max_length=120)]
FormerName = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Text = Annotated[str, StringConstraints(max_length=2000)]
Condition = Annotated[
    str, BeforeValidator(lambda v: {True: "true", False: "false"}.get(v, v) if isinstance(v, bool) else v)
]
Expression = Annotated[
    str, BeforeValidator(lambda v: repr(v) if isinstance(v, (int, float)) and not isinstance(v, bool) else v)
]


class OnEarth(NamedTuple):
    """A position on the Earth (WGS84), in degrees north and east."""

    latitude: float
    longitude: float


_DEGREES = {"latitude": 90.0, "longitude": 180.0}


def _on_earth(value: Any) -> OnEarth:
    """Return a position on the Earth that an author gave in degrees."""
    as_is = "write a latitude and a longitude in degrees, as in { latitude: 54.3, longitude: 10.1 }"
    if isinstance(value, OnEarth):
        return value
    if not isinstance(value, dict):
        raise ValueError(f"is a point of the Earth; {as_is}")
    if set(value) != set(_DEGREES):
        raise ValueError(f"has the keys {', '.join(map(repr, value))}; {as_is}")
    for key, most in _DEGREES.items():
        number = value[key]
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not math.isfinite(number):
            raise ValueError(f"wants '{key}' as a number of degrees, got {str(number)[:40]!r}; {as_is}")
        if abs(number) > most:
            other = value["longitude" if key == "latitude" else "latitude"]
            remedy = f"degrees go from -{most:g} to {most:g}"
            if key == "latitude" and isinstance(other, (int, float)) and abs(other) <= 90.0 and abs(number) <= 180.0:
                remedy = f"{remedy}: it looks swapped with the longitude"
            elif key == "longitude" and abs(number) <= 360.0:
                remedy = f"{remedy}: write {number - math.copysign(360.0, number):g}"
            raise ValueError(f"has the {key} {number:g}; {remedy}")
    return OnEarth(float(value["latitude"]), float(value["longitude"]))


_EARTH_SCHEMA = {
    "type": "object",
    "description": "a position on the Earth (WGS84), in degrees",
    "properties": {
        key: {"type": "number", "unit": "", "minimum": -most, "maximum": most, "description": f"degrees {way}"}
        for (key, most), way in zip(_DEGREES.items(), ("north", "east"), strict=True)
    },
    "required": list(_DEGREES),
    "additionalProperties": False,
}


class _OrOnEarth:
    """Lets a position on the Earth stand where a point of a plane may; `earth` takes it onto the plane of its map."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        def read(value: Any, plane: Any) -> Any:
            return _on_earth(value) if isinstance(value, (dict, OnEarth)) else plane(value)

        return core_schema.no_info_wrap_validator_function(read, handler(source))

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> Any:
        return {"anyOf": [handler(schema), _EARTH_SCHEMA]}


Point = Annotated[
    tuple[Position, Position],
    _OrOnEarth(),
    Field(description="x and y, each a length; on a map of the Earth, a latitude and a longitude"),
]


class Keyed(Section):
    """Something whose luck is keyed by its name."""

    key: FormerName | None = Field(None, description="a former name, which keeps the luck that it had under it")


class Known(Keyed):
    """Something that draws luck, and that the telling speaks of."""

    told: str | None = Field(None, description="how the telling calls it; default: its name")


def _of(item: Item) -> Any:
    """Return the type by which a declared key is read."""
    if item.kind == "quantity":
        return _quantity(item.of, item.low, item.high, item.above)
    if item.kind == "name":
        return str
    if item.kind == "names":
        several: Any = list[str]
        return (
            several | str
            if item.length is None
            else Annotated[several, Field(min_length=item.length[0], max_length=item.length[1])]
        )
    if item.kind == "running":
        return numeric(item.of, item.low)
    if item.kind == "word":
        return Literal[item.of]
    if item.kind == "nested":
        return model_of(item.of)
    if item.kind == "list":
        return Annotated[list[model_of(item.of)], Field(min_length=1)]
    if item.kind == "each":
        return dict[Name, _of(item.of) if isinstance(item.of, Item) else model_of(item.of)]
    if item.kind == "text":
        return Text
    return {"flag": bool, "condition": Condition}[item.kind]


def _meaning_of(item: Item) -> str:
    """Return what a declared key means: in its own words, or else what stands there."""
    if item.meaning or item.kind not in ("name", "names"):
        return item.meaning or ""
    kinds = " or ".join(UNIONS.get(str(item.of), (str(item.of),)))
    return f"the name of a {kinds}" if item.kind == "name" else f"names, each of a {kinds}"


@cache
def model_of(section: type[Declared]) -> Any:
    """Return the model that reads a section which a mechanism declares."""
    fields: dict[str, Any] = {}
    for name, item in section.items().items():
        wanted, default, meaning = _of(item), item.default, _meaning_of(item)
        if item.kind == "nested" and default is not REQUIRED and default is not None:
            default = wanted()
        alias = name.removesuffix("_") if name.endswith("_") else None
        if default is REQUIRED:
            fields[name] = wanted, Field(..., alias=alias, description=meaning)
        elif default is None:
            fields[name] = wanted | None, Field(None, alias=alias, description=meaning)
        else:
            fields[name] = wanted, Field(default, alias=alias, description=meaning)
    root = Known if hasattr(section, "key") else Section
    return create_model(section.__name__, __base__=root, __doc__=section.__doc__, __module__=__name__, **fields)


_Wait = numeric("time", 0.0)
_Shape = numeric("number", above=0.0)
_Spread = numeric("number", 0.0)


class Gamma(Section):
    """A gamma distribution."""

    mean: _Wait = Field(..., description="its mean")
    shape: _Shape = Field(4.0, description="its shape; 1 is exponential")


class Erlang(Section):
    """The sum of equal exponential stages."""

    mean: _Wait = Field(..., description="its mean")
    stages: _count(1, 10_000) = Field(..., description="how many stages")


class LogNormal(Section):
    """A lognormal distribution, by its mean and deviation or by its median and that of its logarithm."""

    mean: _Wait | None = Field(None, description="its mean")
    sd: _Wait | None = Field(None, description="its standard deviation")
    median: _Wait | None = Field(None, description="its median")
    sigma: _Spread | None = Field(None, description="the standard deviation of its logarithm")


class Normal(Section):
    """A normal distribution that is cut off at two ends."""

    mean: _Wait = Field(..., description="the mean before it is cut off")
    sd: _Wait = Field(..., description="the standard deviation before it is cut off")
    least: _Wait = Field(0.0, description="the least value")
    most: _Wait | None = Field(None, description="the largest value; absent: any")


class Weibull(Section):
    """A Weibull distribution."""

    scale: _Wait = Field(..., description="its scale: 63 % are below")
    shape: _Shape = Field(..., description="its shape; 1 is exponential")


class NegativeBinomial(Section):
    """A negative binomial distribution of a count."""

    mean: _Spread = Field(..., description="its mean")
    k: _Shape = Field(..., description="its dispersion; the variance is mean + mean^2 / k")


_Two = Annotated[list[_Wait], Field(min_length=2, max_length=2)]
_Three = Annotated[list[_Wait], Field(min_length=3, max_length=3)]


class Distribution(Section):
    """A length of time that is drawn, by one of the distributions; a plain time is fixed."""

    fixed: _Wait | None = Field(None, description="always this")
    exponential: _Wait | None = Field(None, description="exponential, with this mean")
    gamma: Gamma | None = Field(None, description="gamma")
    erlang: Erlang | None = Field(None, description="Erlang's")
    lognormal: LogNormal | None = Field(None, description="lognormal")
    normal: Normal | None = Field(None, description="normal, between two ends")
    uniform: _Two | None = Field(None, description="alike likely between two ends")
    triangular: _Three | None = Field(None, description="triangular: least, likeliest, largest")
    pert: _Three | None = Field(None, description="PERT, a beta distribution: least, likeliest, largest")
    weibull: Weibull | None = Field(None, description="Weibull's")
    poisson: _Spread | None = Field(None, description="Poisson's, of a count with this mean, of what `of` says")
    negative_binomial: NegativeBinomial | None = Field(None, description="negative binomial, a count of what `of` says")
    choice: dict[str | float, Positive] | None = Field(None, description="one of these, each with its weight")
    data: str | None = Field(None, description="one of the numbers of some `data`, of what `of` says")
    of: Period | None = Field(None, description="what 1 is, of a count or of data")

    @property
    def law(self) -> str:
        """The one distribution that is given."""
        return next(name for name in self.model_fields_set if name not in ("of", "basis"))

    @model_validator(mode="after")
    def _one(self) -> Distribution:
        given = [
            name for name in type(self).model_fields if name in self.model_fields_set and name not in ("of", "basis")
        ]
        if len(given) != 1:
            known = ", ".join(name for name in type(self).model_fields if name not in ("of", "basis"))
            raise ValueError(f"wants exactly one of {known}; got {' and '.join(given) or 'none'}")
        counts = given[0] in ("poisson", "negative_binomial", "data")
        if counts != (self.of is not None):
            raise ValueError(
                f"'{given[0]}' gives a number: say with 'of' what 1 is, as in of: 1 h"
                if counts
                else f"'of' goes with a count or with data, not with '{given[0]}'"
            )
        law = self.lognormal
        if law is not None:
            pairs = (law.mean, law.sd), (law.median, law.sigma)
            if [None not in pair for pair in pairs].count(True) != 1 or any(
                (a is None) != (b is None) for a, b in pairs
            ):
                raise ValueError("a lognormal wants 'mean' and 'sd', or 'median' and 'sigma'")
        return self


def _distribution(value: Any) -> Any:
    if isinstance(value, (str, int, float)):
        return {"fixed": value}
    if isinstance(value, dict) and "mean" in value:
        inside = ", ".join(f"{key}: {item}" for key, item in value.items())
        raise ValueError(f"a distribution is named: gamma: {{ {inside} }}")
    return value


class _OrTime:
    """In the JSON Schema, says that a plain time may stand for a distribution: one without spread."""

    def __get_pydantic_json_schema__(self, core: Any, handler: Any) -> dict[str, Any]:
        return {"anyOf": [handler(core), TypeAdapter(_Wait).json_schema()]}


Drawn = Annotated[Distribution, BeforeValidator(_distribution), _OrTime()]


# ------------------------------------------------------------------------------------------------ effects


def _parameter_type(parameter: verbs.Parameter) -> Any:
    if parameter.type in DIMENSIONS:
        return numeric(parameter.type, parameter.low, parameter.high)
    if parameter.type == "bool":
        return bool
    return Annotated[str, StringConstraints(max_length=200)]


def _alone(verb: verbs.Verb) -> Any:
    first = next(p.name for p in verb.parameters if p.required)

    def read(value: Any) -> Any:
        return value if isinstance(value, dict) else {first: value}

    return read


_NEEDED = ("", ", who must be alive", ", who must be awake", ", who must be free")


def _named_by(parameter: verbs.Parameter) -> str:
    """Return what a parameter of a verb stands for, for editors."""
    kinds = " or ".join(UNIONS.get(parameter.type, (parameter.type,)))
    named = "true or false" if parameter.type == "bool" else f"the name of a {kinds}"
    named = DIMENSIONS.get(parameter.type, ("", named))[1]
    return f"{named}{_NEEDED[parameter.needs]}"


class Selection(BaseModel):
    """Some of a counted crowd: of which state, where, and how many."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
    of: Annotated[str, StringConstraints(max_length=200)] = Field(..., description="a counted crowd, or a state of it")
    at: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        None, description="the place at which they are; absent: wherever"
    )
    most: _quantity("number", 0.0) | None = Field(None, description="so many of them, or all if there are fewer")
    share: Share | None = Field(None, description="this part of them, rounded")
    each: Share | None = Field(None, description="each of them with this chance")

    @model_validator(mode="after")
    def _one(self) -> Selection:
        given = [f"'{name}'" for name in verbs.HOW[1:] if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"takes one of 'most', 'share' and 'each', got {' and '.join(given)}")
        return self


def _those(value: Any) -> Any:
    return {"of": value} if isinstance(value, str) else value


def _verb_model(verb: verbs.Verb) -> Any:
    fields: dict[str, Any] = {}
    within = verbs.within_selection(verb)
    for p in verb.parameters:
        if p.name in within:
            continue
        if within and p.name == "who":
            chosen = Annotated[Selection, BeforeValidator(_those)]
            fields["who"] = chosen, Field(..., description="some of a counted crowd")
            continue
        field = p.name + "_" if p.name in ("from", "by", "to") else p.name
        default = ... if p.required else None
        wanted = _parameter_type(p)
        fields[field] = wanted if p.required else wanted | None, Field(default, alias=p.name, description=_named_by(p))
    title = "".join(part.title() for part in verb.name.split("_"))
    return create_model(
        title, __config__=ConfigDict(extra="forbid", frozen=True, defer_build=True), __doc__=verb.meaning, **fields
    )


def _effect_model() -> Any:
    fields: dict[str, Any] = {"after": (Time | None, Field(None, description="how long after the cause"))}
    for verb in VERBS.values():
        model = _verb_model(verb)
        fields[verb.name] = (
            Annotated[model, BeforeValidator(_alone(verb))] | None,
            Field(None, description=verb.meaning),
        )
    return create_model(
        "Effect",
        __config__=ConfigDict(extra="forbid", frozen=True, defer_build=True),
        __doc__="One effect: exactly one verb with its parameters, at once or after a time.",
        **fields,
    )


Effect = _effect_model()


# ------------------------------------------------------------------------------------------------ sections


def _checked_start(text: str) -> str:
    calendar.read_start(text)
    return text


def _checked_zone(text: str) -> str:
    calendar.read_zone(text)
    return text


class Scenario(Section):
    """The scenario as a whole."""

    title: Text = Field(..., description="what the scenario is called")
    summary: Text = Field("", description="what it is about, in one or two sentences")
    start: Annotated[str, AfterValidator(_checked_start)] = Field(
        "06:00", description="when the story begins: a time of day, or a date and a time of day, '2021-08-15 06:00'"
    )
    zone: Annotated[str, AfterValidator(_checked_zone)] | None = Field(
        None, description="how far its clocks are ahead of UTC, such as '+04:30'; there is no summer time"
    )
    until: Instant = Field(..., description="when the story ends at the latest")
    ends_when: Condition = Field("false", description="when the story ends before that")
    poll: Annotated[Period, Field(description="how often conditions on drifting quantities are looked at")] = 60.0
    knowing: Share = Field(0.9, description="probability from which a belief counts as knowing")
    party_pace: Literal["slowest", "quartile", "mean"] = Field(
        "slowest",
        description="a party walks at the pace of its slowest, who may hold it up, at its lower quartile, or at its mean",
    )
    party_gap: Length | None = Field(
        None, description="how far behind its party somebody has lost it; absent: the slower are helped along"
    )
    trust_own: Share = Field(0.995, description="how far people trust those of their own side, unless a bond says else")
    trust_other: Share = Field(0.9, description="how far they trust everybody else")


class Life(Section):
    """Constants of bodies: ageing, treatment, and what radiation does."""

    ageing: AgeRate = Field(0.085, description="growth of the hazard of death with biological age (Gompertz beta)")
    modal_age: Age = Field(85.0, description="age at which most would die, which sets the level of that hazard")
    accidents: AgeRate = Field(5e-4, description="hazard of death that does not depend on age (Makeham)")
    burden_hazard: AtLeastZero = Field(1.5, description="growth of that hazard with the burden of treatment")
    treatment_slows: Share = Field(0.5, description="share of ageing that full treatment stops")
    treatment_burden: AgeRate = Field(0.05, description="burden gained per year of full treatment")
    burden_fades: AgeRate = Field(0.05, description="rate at which burden fades")
    lethal_dose: Dose = Field(3.5, description="dose that kills half")
    lethal_power: Positive = Field(6.0, description="shape of the dose law")
    wounds_kill: Positive = Field(3.0, description="wounds that kill whoever has no malady")
    ages_every: Period = Field(
        86400.0, description="how often ages are brought up to date; deaths come at exact times anyway"
    )
    trust_fades: Time = Field(3.15576e9, description="time in which kept and broken promises are forgotten")
    forgiving: AtLeastZero = Field(0.4434, description="growth of forgiveness with the logarithm of time in days")
    bonds_every: Period = Field(
        3600.0, description="how often affections that move are looked at; the period of their noise"
    )
    close: Number = Field(0.5, description="affection, of the cooler of two, from which they count as close")
    apart: Number = Field(0.25, description="affection below which they no longer do; at most 'close'")
    balancing: Rate = Field(
        0.0, description="rate at which ties between sides tend to balance (friends of friends); 0 for not at all"
    )
    balances_every: Period = Field(86400.0, description="how often that is reckoned")


class Region(Section):
    """A feature of a map: a disc, or a line when `to` is given."""

    at: Point = Field(..., description="its centre, or one end of the line")
    to: Point | None = Field(None, description="the other end, which makes it a line")
    radius: Length = Field(0.0, description="how far it reaches")
    blackout: bool = Field(False, description="no word gets in or out, except by a channel that goes 'through'")
    drag: bool = Field(False, description="vessels in it are slowed to their 'drag' time")
    interference: AtLeastZero = Field(0.0, description="noise against locks at its heart, over thermal noise")
    scale: Length = Field(50.0, description="distance over which that noise falls by e")


class Ground(Section):
    """A kind of ground."""

    footing: AtLeastZero = Field(1.0, description="factor of walking speed; 0 is impassable")
    cover: Share = Field(1.0, description="share of sight that reaches people there")
    height: Position = Field(0.0, description="height above the start of heights")
    hazard: Rate = Field(0.0, description="hazard of capture in the open there, for the ways that are found")


GEOJSON = ".geojson"


def _geo_file(name: str) -> str:
    if not name.endswith(GEOJSON) or len(name) > 200:
        raise ValueError(f"wants the name of a .geojson file beside this one, got {name[:60]!r}")
    return name


GeoFile = Annotated[str, AfterValidator(_geo_file)]
Sign = Annotated[str, StringConstraints(min_length=1, max_length=1)]


class Terrain(Section):
    """Kinds of ground on a raster, for ways that are found; each row of cells a string, the northernmost first."""

    at: Point = Field((0.0, 0.0), description="the south-western corner")
    cell: Annotated[_quantity("length", 0.0, above=0.0), Field(description="side of a cell")]
    rows: Annotated[list[str], Field(min_length=1, description="one character a cell")]
    kinds: Annotated[dict[Sign, Ground], Field(min_length=1, description="what each character stands for")]


class Map(Section):
    """A plane that places lie on; seen from a larger map, it may be a point there (a planet in space)."""

    told: str | None = Field(None, description="how the telling calls it; default: its name")
    within: str | None = Field(None, description="the larger map")
    at: Point | None = Field(None, description="where it is on the larger map")
    earth: Annotated[OnEarth, BeforeValidator(_on_earth), WithJsonSchema(_EARTH_SCHEMA)] | None = Field(
        None,
        description="makes it a map of the Earth, drawn about this point: its places have latitudes and longitudes",
    )
    file: GeoFile | None = Field(None, description="a GeoJSON file beside this one with places, routes and regions")
    named: str = Field("name", max_length=100, description="the property that names the features of 'file'")
    backdrop: GeoFile | None = Field(
        None, description="a GeoJSON file beside this one with lines and areas to be drawn beneath the map"
    )
    regions: dict[Name, Region] = Field({}, description="features of the plane")
    terrain: Terrain | None = Field(None, description="the ground, for ways that are found")


class Pretence(Section):
    """A place that pretends to be another."""

    of: str = Field(..., description="the place that it pretends to be")
    density: Rate = Field(1e-4, description="discrepancies noticed per attentive person and second")
    habituation: Time | None = Field(
        None, description="time in which people get used to what is odd; absent: they never do"
    )
    fact: str | None = Field(None, description="what noticing teaches")


class Place(Keyed):
    """A named place on a map, or inside a vessel."""

    told: str | None = Field(None, description="how the telling calls it; default: its name")
    map: str | None = Field(None, description="the map that it lies on")
    at: Point | None = Field(None, description="where on its map: east and north")
    inside: str | None = Field(None, description="a vessel that it is part of")
    cover: Share = Field(1.0, description="share of sight that reaches people here")
    blackout: bool = Field(False, description="no word gets in or out, except by a channel that goes 'through'")
    field: str | None = Field(None, description="the radiation that reaches it")
    shelter: Share = Field(1.0, description="share of radiation that gets through")
    interference: AtLeastZero = Field(0.0, description="noise against locks here, over thermal noise")
    pretends: Pretence | None = Field(None, description="the place that it imitates, and how that is noticed")


class Faction(Known):
    """A side."""


class Tissue(Section):
    """A tissue of a person that can fail and regrow."""

    integrity: Share = Field(0.0, description="how much of it works at the start")
    needed: Share = Field(0.9, description="integrity from which it counts as whole")
    fades: Rate = Field(0.0, description="rate at which it is lost where no field heals it")


if TYPE_CHECKING:
    Malady = Any
else:
    Malady = model_of(PARTS["people", "malady"])


class Person(Known):
    """Somebody with a name and a mind."""

    faction: str = Field(..., description="the side that they are on")
    place: str = Field(..., description="the place or vessel where they start")
    superior: str | None = Field(None, description="the person whose orders they take")
    commands: str | None = Field(None, description="the vessel that they command")
    home: str | None = Field(None, description="the place where they belong")
    age: Age = Field(40.0, description="years lived")
    biological_age: Age | None = Field(None, description="age of the body; absent: the years lived")
    values: dict[Name, Number] = Field({}, description="what they weigh in decisions, and how heavily")
    precision: Positive = Field(1.0, description="how sharply utility is followed (logit lambda)")
    attention: AtLeastZero = Field(1.0, description="how attentive they are; 1 is an average adult")
    suit: Share | None = Field(None, description="signature while wearing a suit; absent means no suit")
    machine: bool = Field(False, description="is a machine: does not age")
    malady: Malady | None = Field(None, description="how they can malfunction")
    tissues: dict[Name, Tissue] = Field({}, description="tissues that can fail and regrow")
    knows: list[str] = Field([], description="the facts that they know at the start")
    believes: dict[str, Share] = Field(
        {}, description="the facts that they hold likely at the start, with the probability"
    )
    treatment: Share = Field(0.0, description="intensity of their treatment against ageing")
    burden: AtLeastZero = Field(0.0, description="side effects of treatment at the start")
    mass: Mass = Field(75.0, description="mass of the body")
    load: Load = Field(0.0, description="what the person carries")
    pace: Pace = Field(1.0, description="walking pace")
    follows: str | None = Field(None, description="the person whom they go with")


State = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=60)]


def _named_alone(value: Any) -> Any:
    return (
        {name: name for name in value} if isinstance(value, list) and all(isinstance(v, str) for v in value) else value
    )


StatesOf = Annotated[
    dict[State, str],
    BeforeValidator(_named_alone),
    Field(min_length=1, max_length=64),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "array", "items": {"type": "string"}},
                {"type": "object", "additionalProperties": {"type": "string"}},
            ]
        }
    ),
]


def _some_heads(deep: int) -> Any:
    """Return the type of a name, or of heads by name, which for a place may be heads by state in turn."""
    number = _count(0, MOST_HEADS).__metadata__[0].func

    def read(value: Any, left: int = deep) -> Any:
        if isinstance(value, str) and left == deep:
            return value
        if isinstance(value, dict) and left > 0 and value and all(isinstance(name, str) for name in value):
            return {name: read(heads, left - 1) for name, heads in value.items()}
        if isinstance(value, (dict, list)) or left == deep:
            raise ValueError("wants a name, or names with how many heads of each")
        return number(value)

    declared = {"anyOf": [{"type": "string"}, {"type": "object"}]}  # its numbers are read, and refused, with the whole
    return Annotated[Any, BeforeValidator(read), WithJsonSchema(declared)]


Places, States = _some_heads(2), _some_heads(1)


class Crowd(Known):
    """Many people without names: with `states` they are counted, else each is a body of their own."""

    count: _count(0, MOST_HEADS) = Field(..., description="how many people")
    faction: str = Field(..., description="the side that they are on")
    place: Places = Field(..., description="the place or vessel where they start")
    states: StatesOf | None = Field(
        None, description="states in which they can be, each with its words; such a crowd is counted, not listed"
    )
    state: States | None = Field(None, description="the state at the start, or heads by state; default: the first")
    home: str | None = Field(None, description="the place where they belong")
    age: Age = Field(40.0, description="mean of the years lived")
    age_spread: Age = Field(0.0, description="standard deviation of the years lived")
    biological_age: Age | None = Field(
        None,
        description="age of the body; absent, or the same as 'age': the years that each has lived; another: it is that of "
        "each of them, whatever the years",
    )
    pace: Pace = Field(1.0, description="mean walking pace")
    pace_spread: Annotated[AtLeastZero, Field(description="deviation of pace within the crowd")] = 0.194
    mass: Mass = Field(70.0, description="mass of each body")
    load: Load = Field(0.0, description="what each carries")
    treatment: Share = Field(0.0, description="intensity of their treatment against ageing")
    burden: AtLeastZero = Field(0.0, description="side effects of treatment at the start")
    frailty_spread: AtLeastZero = Field(0.0, description="variance of frailty (gamma, mean 1)")
    spread: Length = Field(0.0, description="how far around it each stands, for drones that search explicitly")

    @property
    def heads_by_place(self) -> dict[str, int]:
        """How many start at each place."""
        if isinstance(self.place, str):
            return {self.place: self.count}
        return {place: sum(n.values()) if isinstance(n, dict) else n for place, n in self.place.items()}


class Weapon(Keyed):
    """A weapon of a vessel."""

    rate: Rate = Field(0.0, description="shots fired one by one, at random times")
    volley: _count(0, 10000) = Field(0, description="missiles fired at once, at fixed times, instead")
    every: Period = Field(60.0, description="time between volleys")
    accuracy: Share = Field(1.0, description="chance of a hit at no distance")
    falloff: Length | None = Field(None, description="distance over which that chance falls by e; absent: it does not")
    range: Length | None = Field(None, description="how far it reaches; absent: everywhere")
    damage: Positive = Field(1.0, description="what one hit takes from shield or hull")


class Vessel(Known):
    """A ship, a shuttle, a truck, a hidden hull: something that moves and that people can be in."""

    faction: str = Field(..., description="the side that it is on")
    at: str = Field(..., description="the place where it starts")
    speed: Speed = Field(0.0, description="cruising speed")
    thrust: Acceleration = Field(0.0, description="acceleration")
    drag: Time = Field(50.0, description="drag time inside a region with drag")
    complement: _count(0, 1_000_000) = Field(0, description="crew without names")
    shield: AtLeastZero = Field(0.0, description="strength of the shield; 0 for none")
    recharge: Rate = Field(0.0, description="rate at which the shield regains strength")
    shield_down: Time = Field(30.0, description="how long a fallen shield stays down")
    raised: bool = Field(False, description="the shield is up at the start")
    hull: Positive = Field(100.0, description="strength of the hull")
    breakpoint: Share = Field(0.3, description="share of the hull at which it withdraws")
    nerve: Share = Field(0.0, description="predicted chance of winning below which it withdraws")
    disabled: Share = Field(0.0, description="share of the hull at which it can neither fire nor move; 0 for never")
    wanes: bool = Field(
        False, description="its fire falls with its hull, as that of a group of many ships (Lanchester's square law)"
    )
    intercepts: _count(0, 10000) = Field(0, description="missiles of each exchange of volleys that it shoots at")
    intercept_chance: Share = Field(1.0, description="chance that it stops one")
    escape: Rate = Field(0.002, description="rate at which it gets clear once it withdraws")
    cloak: Share | None = Field(None, description="signature while cloaked; absent means it has no cloak")
    cloaked: bool = Field(False, description="is cloaked at the start")
    weapons: dict[Name, Weapon] = Field({}, description="its weapons, by name")
    cover: Share = Field(0.0, description="share of sight that reaches people aboard")
    shelter: Share = Field(1.0, description="share of radiation that gets through to people aboard")


class Pad(Known):
    """A transporter, a ferry or an airlift."""

    owner: str = Field(..., description="the vessel or place where it stands")
    faction: str = Field(..., description="the side that works it")
    count: _count(0, 10000) = Field(2, description="how many pads work side by side")
    batch: _count(1, 10000) = Field(6, description="how many people one pad takes at a time")
    cycle: Time = Field(10.0, description="time that one batch takes")
    attempts: Rate = Field(0.2, description="rate of attempts at a lock")
    gain: AtLeastZero = Field(100.0, description="mean lock margin at the reference distance, over the threshold")
    reference: Length = Field(1e6, description="distance at which 'gain' holds")
    tag_gain: AtLeastZero = Field(1000.0, description="factor of the margin for those who carry a tag")
    range: Length = Field(1e9, description="how far it reaches")
    absorption: Attenuation = Field(0.0, description="how much of the signal the way takes")
    powered: bool = Field(True, description="has power at the start")
    line: _count(0, 1_000_000) | None = Field(None, description="how many may wait; absent means any number")


class Swarm(Known):
    """Drones that hunt together."""

    faction: str = Field(..., description="the side that launches it")
    base: str = Field(..., description="the vessel or place from which it is launched")
    count: _count(0, 100000) = Field(..., description="how many drones")
    speed: Speed = Field(15.0, description="speed of a drone")
    width: Length = Field(50.0, description="width of the strip that one drone sweeps")
    area: Area = Field(1e8, description="area that they search together")
    tag_rate: Rate = Field(0.5, description="rate at which a drone tries to tag somebody it has found")
    tag_chance: Share = Field(0.8, description="chance that such a try succeeds")
    pad: str | None = Field(None, description="the transporter that takes those who were tagged")
    take_to: str | None = Field(None, description="where those who were tagged are taken")
    defence: Rate = Field(0.0, description="drones that each armed defender downs per second")
    period: Period = Field(60.0, description="how often the hunt is brought up to date")
    search: Literal["area", "explicit"] = Field(
        "area", description="at random over the area, or each drone with a position, pursuing whom it sees"
    )
    look: Period = Field(1.0, description="explicit: time between looks of a drone")
    reach: Length = Field(5.0, description="explicit: how near a drone must be to tag")
    fire_range: Length = Field(150.0, description="explicit: how near to whom it is after a drone can be fired at")


class Device(Known):
    """A machine that goes through stages."""

    faction: str = Field(..., description="the side that it belongs to")
    aboard: str | None = Field(None, description="the vessel that carries it")
    at: str | None = Field(None, description="the place where it stands")
    start: list[Drawn] = Field([], description="stages of starting")
    by_hand: list[Drawn] = Field([], description="stages of a start by hand, which needs somebody there")
    run: list[Drawn] = Field([], description="stages of running; none runs until stopped")
    arming: list[Drawn] = Field([], description="stages of arming its self-destruct")
    countdown: Time | None = Field(None, description="from armed to blast; absent means no self-destruct")
    presence: bool = Field(True, description="a start by hand, sabotage and arming need somebody there")
    blast: Literal["inside", "around"] = Field(
        "inside", description="whom its blast kills: those inside it, or all at the place or in the vessel where it is"
    )


class FieldSource(Section):
    """A source of radiation, good or bad."""

    told: str | None = Field(None, description="how the telling calls it; default: its name")
    strength: DoseRate = Field(
        0.0, description="strength of the ring: S / 4 pi is what a square metre gives at a metre"
    )
    axis: Point | None = Field(None, description="where the ring's axis meets the map; absent: every place lies on it")
    inner: Length = Field(0.0, description="inner radius of the ring")
    outer: Length = Field(0.0, description="outer radius of the ring")
    height: Length = Field(1.0, description="height of the ring over the map")
    absorption: Attenuation = Field(0.0, description="how much of it the way takes")
    benefit: AgeRate = Field(0.0, description="greatest rate at which it makes younger")
    half: DoseRate = Field(1.0, description="dose rate at which half of that is reached")
    exponent: Positive = Field(1.0, description="steepness of that response (Hill)")
    target_age: Age = Field(25.0, description="biological age that it leads to")
    healing: Rate = Field(0.0, description="rate at which it regrows tissue")
    device: str | None = Field(None, description="the device that drains it while it runs")
    drain: Rate = Field(0.0, description="rate at which the device drains it")
    efficiency: Share = Field(1.0, description="share of what is drained that is collected")
    toxicity: Dose = Field(0.0, description="dose released on the places it reaches per share drained")
    low: Share = Field(0.05, description="share left below which it counts as drained")


class Fact(Known):
    """Something that is so or not, and that people may believe."""

    so: bool = Field(True, description="whether it is so at the start")
    prior: Share = Field(0.05, description="probability that a mind gives it before any evidence")


class EventName(Section):
    """A named event."""

    told: str | None = Field(None, description="the sentence that tells it; default: its name")
    seen_by: list[str] = Field(
        [], description="who notices when it is marked: people, crowds, factions, or places for all who are there"
    )


class Gauge(Section):
    """A number of the scenario's own."""

    told: str | None = Field(None, description="how the telling calls it; default: its name")
    start: Number = Field(0.0, description="its value at the start")
    known: bool = Field(
        False,
        description="everybody knows it at all times, so that a utility may read it: a number that is talked about",
    )


class Bond(Section):
    """What one person holds for another at the start."""

    who: str = Field(..., description="whose feeling it is")
    to: str = Field(..., description="the person whom it is for")
    mutual: bool = Field(False, description="holds the other way round as well")
    affection: Number = Field(0.0, description="liking, negative for dislike")
    dormant: Number = Field(0.0, description="an old affection that meeting wakes")
    decay: Rate = Field(0.0, description="rate at which affection fades by itself")
    response: Change = Field(0.0, description="answer to the other's affection, per second")
    appeal: Change = Field(0.0, description="constant pull, per second; negative for a push")
    together: bool = Field(False, description="the pull acts only while both are at the same place")
    noise: AtLeastZero = Field(0.0, description="random drift: the deviation that one day adds")
    trust: Share | None = Field(None, description="how far the first trusts the second; default: by side")
    kinship: Share = Field(0.0, description="how closely they are related, from 0 to 1")


class Tie(Section):
    """How one side stands to another at the start."""

    who: str = Field(..., description="the side, or person, that stands so")
    to: str = Field(..., description="the side, or person, whom it concerns")
    mutual: bool = Field(False, description="holds the other way round as well")
    value: Stand = Field(0.0, description="how they stand: -1 hostile, 1 friendly")
    grudge: Number | None = Field(None, description="log-odds of not forgiving, from an offence at the start")
    offended: Time = Field(0.0, description="how long before the start the offence was")


class Channel(Known):
    """A way for words to travel."""

    speed: Speed | None = Field(None, description="absent means at once")
    overhead: Time = Field(0.0, description="time that each message takes besides its way")
    through: bool = Field(False, description="reaches into and out of blackouts")
    reliability: Share = Field(1.0, description="chance that a message arrives")
    fails: Rate = Field(0.0, description="rate at which it goes down while it is up, as it is at the start")
    mends: Rate = Field(0.0, description="rate at which it comes up again")
    range: Length | None = Field(None, description="how far it reaches at a time; absent means everywhere")
    relays: Annotated[
        list[str], Field(max_length=62, description="people, vessels and places that keep words and pass them on")
    ] = []


class Council(Known):
    """A body that takes a decision together."""

    faction: str = Field(..., description="the side that it decides for")
    members: _count(1, 10000) = Field(11, description="how many sit in it")
    quorum: _count(1, 10000) = Field(6, description="how many have to have answered before it begins")
    response: Time = Field(3600.0, description="mean time in which a member answers the call")
    stages: _count(0, 100) = Field(2, description="stages of its deliberation")
    stage: Drawn = Field(
        Distribution.model_construct({"exponential"}, exponential=3600.0),
        description="how long one stage takes: fixed, exponential, gamma or Erlang's",
    )
    competence: Share = Field(0.6, description="chance that a member judges the matter rightly")
    place: str | None = Field(None, description="where it sits; absent: as near as the channel reaches")


class Looks(Section):
    """How an instrument that looks at fixed times finds a target that fluctuates (Swerling case 1)."""

    every: Period = Field(2.0, description="time between looks")
    false_alarm: BelowOne = Field(1e-6, description="chance of a false alarm, a look")
    snr: AtLeastZero = Field(20.0, description="signal-to-noise ratio of a bare target at the reference range")
    reference: Length = Field(1000.0, description="the range at which 'snr' holds")
    active: bool = Field(
        True, description="sends its own signal, which falls with the fourth power of range, not the second"
    )


class Sensor(Known):
    """Eyes or an instrument that watch for given targets."""

    owner: str = Field(..., description="the person, vessel or place that watches")
    targets: list[str] = Field(..., description="whom or what it watches for")
    height: Length = Field(1.7, description="height of the eye over the ground")
    width: Length | None = Field(None, description="sweep width at walking speed, which calibrates the eye")
    visual: Scan | None = Field(None, description="visual constant of the inverse cube law, instead of a width")
    attention: AtLeastZero = Field(1.0, description="how attentive the watch is; 1 is an average adult")
    absorption: Attenuation = Field(0.0, description="how much of sight the air takes")
    reports_to: str | None = Field(None, description="the person who is told what it sees")
    fact: str | None = Field(None, description="the fact that a sighting teaches")
    weight: Number = Field(10.0, description="weight of evidence of a sighting, in nats")
    active: bool = Field(True, description="watches from the start")
    period: Period = Field(600.0, description="how often the watch is brought up to date while something moves")
    alert: Annotated[AtLeastZero, Field(description="factor of attention to targets near one that it has seen")] = 1.0
    cue: Length = Field(200.0, description="how near")
    looks: Looks | None = Field(
        None, description="absent: an eye that watches all the time; give its 'width' or 'visual'"
    )


class Waypoint(Section):
    """A point on a route, and the ground that leads to it."""

    at: Point = Field(..., description="where it is on the map: east and north")
    height: Position = Field(0.0, description="height of the ground there")
    footing: Annotated[Positive, Field(description="factor of speed for the ground")] = 1.0
    cover: Share = Field(1.0, description="share of sight that reaches people on the way there")
    interference: AtLeastZero | None = Field(None, description="absent: from the map's regions")
    width: _quantity("length", 0.0, above=0.0) | None = Field(
        None, description="width of the way, which says how many come onto it in a second"
    )
    gate: _quantity("length", 0.0, above=0.0) | None = Field(
        None,
        description="width of a narrow place at its end, which lets people through in turn; one for all routes through it",
    )


class Find(Section):
    """How a way over the terrain of a map is found: the one of least cost, time x (1 + worth x hazard of capture)."""

    worth: Time = Field(0.0, description="time of walking that a certain capture is worth; 0 finds the fastest way")
    margin: AtLeastZero | None = Field(
        None, description="lock margin of whoever captures; interference then makes the ground safer"
    )
    neighbours: Literal[8, 16] = Field(8, description="directions in which a step can go: 16 find smoother ways")


class Route(Section):
    """A way on foot from one place to another."""

    told: str | None = Field(None, description="how the telling calls it; default: its name")
    start: str = Field(..., description="the place where it begins")
    end: str = Field(..., description="the place where it ends")
    by: list[Waypoint] = Field([], description="the points between, in order")
    last: Waypoint | None = Field(None, description="the ground of the last leg; its point is the end")
    find: Find | None = Field(None, description="find the way over the map's terrain, instead of giving it")


class Order(Known):
    """An order that can be given."""

    passes: bool = Field(False, description="obeying hands it down the chain of command")


class Directive(Section):
    """A norm that acts are measured against."""

    told: str | None = Field(None, description="how the telling calls it; default: its name")
    binds: str = Field(..., description="the faction that it binds")
    broken_when: Condition = Field(..., description="what breaks it")
    unless: Condition | None = Field(None, description="what excuses that")


class Rule(Known):
    """What happens when."""

    when: Condition = Field("true", description="the condition on which it fires")
    each: dict[Name, list[str]] = Field({}, description="write the rule once for each of these names")
    after: Drawn | None = Field(
        None, description="fires this long after the condition came to hold; with 'repeat', after each firing too"
    )
    rate: numeric("rate", 0.0) | None = Field(None, description="fires at this rate while the condition holds")
    every: Period | None = Field(None, description="fires by this beat while the condition holds")
    since: First | None = Field(
        None,
        alias="from",
        description="the first beat of 'every'; of a time of day, any; default: one beat from the start",
    )
    at: list[Instant] = Field([], description="fires at these times, if the condition holds then")
    once: bool = Field(False, description="of 'rate', 'every' or 'at': stops after the first firing")
    chance: numeric("number", 0.0, 1.0) = Field(1.0, description="chance that it fires, drawn each time that it would")
    repeat: bool = Field(False, description="fires again and again: see the page on rules over time")
    lapses: bool = Field(True, description="a delayed firing is dropped when the condition ends first")
    poll: Period | None = Field(None, description="how often a drifting condition is looked at")
    colour: bool = Field(
        False,
        description="it is told and changes nothing, on purpose; `soak --impact` does not report it, and it has no 'do'",
    )
    seen_by: list[str] | None = Field(
        None,
        description="who notices that it fires: people, crowds, factions, or places for all who are there; default: the "
        "named who act or are acted on at once by what it does; an empty list for nobody",
    )
    do: list[Effect] = Field([], description="what follows, in order")  # type: ignore[valid-type]


class Inject(Keyed):
    """What a facilitator can let happen while people play; by itself it never does."""

    told: Text = Field(..., description="what the chronicle says when it happens")
    seen_by: list[str] | None = Field(
        None,
        description="who notices it: people, crowds, factions, or places for all who are there; default: the named who "
        "act or are acted on at once by what it does; an empty list for nobody",
    )
    repeat: bool = Field(False, description="can be given again and again")
    planned: Instant | None = Field(
        None, description="when the facilitator means to give it, from the start of the story"
    )
    expected: Text | None = Field(None, description="what the players are expected to do about it")
    objective: Text | None = Field(None, description="what of the exercise's aims it is there for")
    do: list[Effect] = []  # type: ignore[valid-type]


CIRCUMSTANCES: dict[str, float] = {
    "same_room": command.SHIFT_SAME_ROOM,
    "touch": command.SHIFT_TOUCH,
    "remote_authority": command.SHIFT_REMOTE_AUTHORITY,
    "peers_refuse": command.SHIFT_PEERS_REFUSE,
    "peer_acts": command.SHIFT_PEER_ACTS,
    "low_prestige": command.SHIFT_LOW_PRESTIGE,
}
"""What the preset "Milgram-informed" knows of, and by how much each shifts the log-odds of obeying."""

Circumstance = Literal["same_room", "touch", "remote_authority", "peers_refuse", "peer_acts", "low_prestige"]


class Option(Keyed):
    """One answer to a question."""

    told: str = Field(..., description="the sentence that tells this answer")
    open: Condition | None = Field(None, description="when this answer can be given at all")
    response: Literal["none", "obey", "voice", "delay", "refuse", "oppose"] = Field(
        "none", description="how it answers the order that the question is about"
    )
    base: Number = Field(0.0, description="what it is worth to anybody, before any term")
    preset: Literal["Milgram-informed"] | None = Field(
        None,
        description="weights with a source: log-odds of obeying an order to harm, 65 % by itself (Milgram 1974), which "
        "hold at precision 1 against one other answer of utility 0",
    )
    circumstances: dict[Circumstance, Condition] = Field({}, description="when each circumstance of the preset holds")
    utility: dict[Name, Expression] = Field({}, description="terms: a value of the decider's, and how much of it")
    do: list[Effect] = Field([], description="what follows, in order")  # type: ignore[valid-type]


class Deliberation(Section):
    """A choice between two answers that is weighed in time: evidence drifts and wavers until it reaches either."""

    pace: Annotated[Period, Field(description="mean time to an answer while nothing speaks for either")] = 600.0
    deadline: Time | None = Field(None, description="time there is for it; absent: as long as it takes")
    late: str | None = Field(None, description="the answer when that is up; default: the second")
    drift: Change | None = Field(
        None,
        description="drift towards the first answer, per second, from 0 to 1 for the first and -1 for the second; "
        "absent: precision x difference of utility / (2 pace), which without a deadline gives the logit choice",
    )


class Decision(Known):
    """A question that somebody has to answer."""

    question: Text = Field(..., description="the question in words")
    when: Condition = Field(..., description="the condition on which it is put")
    each: dict[Name, list[str]] = Field({}, description="ask it once for each of these names")
    takes: Drawn | None = Field(None, description="how long it is deliberated")
    deliberates: Deliberation | None = Field(
        None, description="weigh two answers against one another in time, instead of choosing at the end of 'takes'"
    )
    answers: str | None = Field(None, description="the order that it answers")
    precision: Positive | None = Field(
        None, description="how sharply utility is followed here; default: the decider's own"
    )
    repeat: bool = Field(False, description="put again after each answer while the condition holds, if it takes time")
    poll: Period | None = Field(None, description="how often a drifting condition is looked at")
    options: Annotated[dict[Name, Option], Field(min_length=1)] = Field(..., description="the answers, by name")


class Movement(Known):
    """Something that people join when enough others have: a rising, a strike, a walk-out, a fashion."""

    among: list[str] | str = Field(..., description="whom it may take hold of, who are also those they look on")
    when: Condition = Field("true", description="when people may join by themselves; joining is never undone")
    threshold: Number = Field(0.5, description="share of the others who must have joined before somebody does")
    deviation: AtLeastZero = Field(0.0, description="deviation of thresholds, which are normal about that")
    thresholds: dict[Name, Number] = Field({}, description="thresholds of some of the named")
    weights: dict[Name, AtLeastZero] = Field({}, description="how much some of the named are looked on; others 1")
    by_trust: bool = Field(False, description="the named look on one another by as much as they trust them")
    needed: Share = Field(0.5, description="share joined at which a rising succeeds as often as not")
    steepness: AtLeastZero = Field(10.0, description="growth of the log-odds of success with the share joined")
    poll: Time | None = Field(None, description="how often a drifting condition is looked at")


class Opinion(Section):
    """A matter that named people talk over, each moving towards those whom they trust."""

    told: str | None = Field(None, description="how the telling calls it; default: its name")
    among: list[str] | str = Field(..., description="who talks it over: people, or a faction")
    initial: dict[Name, Number] = Field({}, description="opinions before any talk; others 0")
    openness: Share = Field(0.8, description="weight of the others in one's opinion; 1 holds to nothing of one's own")
    open_minds: dict[Name, Share] = Field({}, description="the openness of some")


class Supposition(Section):
    """What one person holds, at the start, of another's knowing."""

    who: str = Field(..., description="the person who supposes it")
    of: str = Field(..., description="the person of whom it is supposed")
    fact: str = Field(..., description="the fact that the second may know")
    chance: Share = Field(0.95, description="probability that the first gives to the second's knowing it")


class Coefficients(Section):
    """How strongly each term drives a defection."""

    kin: Number = Field(1.0, description="factor of kinship")
    injustice: Number = Field(1.0, description="factor of injustice")
    persuasion: Number = Field(1.0, description="factor of persuasion")
    fear: Number = Field(1.0, description="factor of fear")


class Defection(Known):
    """Somebody who may go over to another side, at the rate base x exp(kin + injustice + persuasion - fear)."""

    who: str = Field(..., description="the person who may go over")
    to: str = Field(..., description="the side to which they go")
    when: Condition = Field("true", description="while they may")
    base: Rate = Field(..., description="the rate while all terms are zero")
    kin: Expression = Field("0", description="kinship with the other side")
    injustice: Expression = Field("0", description="injustice that they see on their own side")
    persuasion: Expression = Field("0", description="what speaks for going over")
    fear: Expression = Field("0", description="fear of their own side")
    coefficients: Coefficients = Field(Coefficients(), description="how strongly each term counts")
    poll: Time | None = Field(None, description="how often drifting terms are looked at")
    do: list[Effect] = Field([], description="what follows, in order")  # type: ignore[valid-type]


class Ending(Section):
    """One way the story can end; the first that holds is the ending, and the last must always hold."""

    told: str = Field(..., description="how it ended, in a sentence")
    when: Condition | None = Field(None, description="the condition on which it is the ending; the last has none")


class Measure(Section):
    """A number read off at the end."""

    told: str = Field(..., description="what it counts, in words")
    value: Expression = Field(..., description="the number, read when the story ends")
    unit: str = Field("", description="words; `share` says that it lies from 0 to 1 and is printed in per cent")
    better: Literal["more", "less", "neither"] = Field("neither", description="whether more of it is better, or less")


class Series(Section):
    """A number that is read again and again while the story goes on; reading it changes nothing."""

    told: str = Field(..., description="what it counts, in words")
    value: Expression = Field(..., description="the number, read at each of the times")
    unit: str = Field("", description="what it is counted in, in words")
    every: Period | None = Field(None, description="the time between two readings")
    since: First | None = Field(
        None, alias="from", description="the first reading; of a time of day, any; default: one 'every' from the start"
    )
    at: list[Instant] = Field([], description="the times of the readings, in place of 'every'")


class Data(Section):
    """Numbers from outside, each with its time."""

    file: str | None = Field(None, description="a CSV file beside this one, with a line of names at its top")
    time: str = Field("time", description="the name of the column of times")
    value: str = Field("value", description="the name of the column of numbers; an empty cell is a missing one")
    unit: Period | None = Field(
        None, description="what 1 in the column of times is; absent: they are written as '2 d', or as dates"
    )
    rows: list[tuple[Instant, Number]] = Field([], description="times and numbers, in place of a file")
    between: Literal["steps", "line"] = Field(
        "steps", description="what its name is between two rows, in an expression: the last row's number, or a line"
    )
    per: Period | None = Field(
        None, description="each number is a count over so long, from its time on; the name is then a rate"
    )
    outside: Literal["nearest", "zero"] = Field(
        "nearest", description="what the name is before the first row and after the last one's end"
    )


class Observed(Section):
    """Data that a series is held against."""

    told: str | None = Field(None, description="what was observed, in words")
    series: str = Field(..., description="the series that it is held against")
    shows: Literal["total", "change"] = Field(
        "total", alias="as", description="the number itself, or by how much it has changed since the reading before"
    )
    data: str = Field(..., description="the file with the data, beside the scenario")


class Setting(Section):
    """One setting of a variant: what it changes."""

    told: str = Field(..., description="what it means, in words")
    set: dict[str, Any] = Field({}, description="path -> value")
    remove: list[str] = Field([], description="paths of what is taken out")
    labels: list[str] = Field([], description="the sentences behind it, such as A.07")
    as_told: list[str] = Field([], description="the accounts that tell it so; --as-told sets it")


class Variant(Section):
    """A named switch."""

    question: Text = Field(..., description="what it settles, as a question")
    default: str = Field(..., description="the setting that holds unless another is asked for")
    settings: Annotated[dict[Name, Setting], Field(min_length=1)] = Field(..., description="the settings, by name")


# ------------------------------------------------------------------------------------------------ tellings


def _one_or_more(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _labels_alone(value: Any) -> Any:
    return {"labels": value} if isinstance(value, list) else value


def _beat_alone(value: Any) -> Any:
    return {"beat": value} if isinstance(value, str) else value


def _some(kind: Any) -> Any:
    return Annotated[list[kind], BeforeValidator(_one_or_more), Field(min_length=1)]


class Writing(Section):
    """A text that tells the story; its sentences are labelled by number, such as A.07."""

    told: Text = Field(..., description="what the text is")
    sentences: _count(1, 99999) = Field(..., description="how many sentences it has")
    halved: list[_count(1, 99999)] = Field(
        [], description="sentences told in two parts, labelled such as A.07a and A.07b"
    )


class Pattern(Section):
    """What to look for in a chronicle: something that has a name of its own, or a kind of entry and what it is about."""

    happened: str | None = Field(None, description="an event, a rule, a decision or one of its options")
    kind: str | None = Field(None, description="a kind of entry, such as 'died'")
    subject: _some(str) | None = Field(None, description="who or what it is about, or any of several")
    object: _some(str) | None = Field(None, description="whom or what it concerns, or any of several")
    place: _some(str) | None = Field(None, description="where, or any of several places")
    amount: str | None = Field(None, description="a comparison with a number, such as '> 3'")


class Beat(Section):
    """Something that an account can tell: any of several patterns."""

    told: Text = Field(..., description="what happens, in words")
    match: _some(Pattern) = Field(..., description="how to know it in a chronicle: any of several patterns")


class Relation(Section):
    """How a beat lies in time to another."""

    beat: str = Field(..., description="the other beat")
    least: Time | None = Field(None, description="the time between them at least")
    most: Period | None = Field(None, description="the time between them at most")


class ToldBeat(Section):
    """A beat as an account tells it, or forbids it."""

    told: Text | None = Field(None, description="in this account's sense; default: as under 'beats'")
    labels: list[str] = Field([], description="the sentences that tell it")
    match: _some(Pattern) | None = Field(None, description="default: as under 'beats'")
    optional: bool = Field(False, description="the account is kept without it too")
    never: bool = Field(False, description="must not happen: at all, 'before' a beat, or 'after' one")
    window: tuple[Instant, Instant] | None = Field(None, description="from when to when, counted from the start")
    after: list[Annotated[Relation, BeforeValidator(_beat_alone)]] = Field(
        [], description="the beats that it comes after"
    )
    before: list[Annotated[Relation, BeforeValidator(_beat_alone)]] = Field(
        [], description="the beats that it comes before"
    )


class Account(Section):
    """A telling of the story, which runs are held against."""

    title: Text = Field(..., description="what the telling is called")
    beats: Annotated[
        dict[Name, Annotated[ToldBeat, BeforeValidator(_labels_alone)]], Field(min_length=1, max_length=500)
    ] = Field(..., description="the beats that it tells, or forbids")
    order: list[Text] = Field(
        [], description="chains such as 'dawn < noon, lunch <= dusk': < comes later, <= not earlier"
    )


class Claim(Section):
    """Something that a telling asserts, and what in the scenario puts it to the test."""

    told: Text = Field(..., description="what is asserted")
    labels: list[str] = Field([], description="the sentences that assert it")
    says: str | None = Field(None, description="whose view it is; absent: the telling's own")
    fact: str | None = Field(None, description="the fact that is claimed")
    directive: str | None = Field(None, description="the directive that is claimed")
    value: str | None = Field(None, description="the value that is claimed")
    measure: str | None = Field(None, description="the measure that tests it")
    decision: str | None = Field(None, description="the decision that tests it")
    untested: Text | None = Field(None, description="why nothing can test it")


# ------------------------------------------------------------------------------------------------ what is not known


def _bound(value: Any) -> str | float:
    try:
        split(value)
    except UnitError as fault:
        raise ValueError(str(fault)) from None
    return value


Bound = Annotated[
    Any, BeforeValidator(_bound), WithJsonSchema({"description": "a quantity of the kind that it bounds"})
]


class Uncertain(Section):
    """A number that nobody knows well, and the range in which it lies."""

    path: Annotated[str, StringConstraints(max_length=200)] = Field(..., description="the number: vessels.ferry.hull")
    low: Bound = Field(..., description="the least that it may be, with its unit")
    high: Bound = Field(..., description="the most that it may be, with its unit")
    scale: Literal["linear", "log"] = Field(
        "linear", description="whether it is as likely to be so much more or so many times"
    )
    told: Text | None = Field(None, description="what it is, in words")
    basis: str = Field(..., description="where the range comes from; say 'assumed' when it is")


Short = Annotated[str, StringConstraints(min_length=1, max_length=32)]
Icon = Literal["anchor", "book", "cross", "drop", "flame", "house", "key", "shield", "star", "tent", "tower", "wheel"]


class Shown(BaseModel):
    """How the page calls something where room is short."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
    short: Short | None = Field(None, description="what a map, a token or a chart calls it; default: its words")


class ShownFaction(Shown):
    """How the page shows a side."""

    slot: _count(0, 4) | None = Field(
        None, description="its colour and outline, 0 to 4; default: its place in the order of the factions"
    )


class ShownPerson(Shown):
    """How the page shows a person."""

    initials: Annotated[str, StringConstraints(min_length=1, max_length=2)] | None = Field(
        None, description="the one or two letters on the token"
    )
    icon: Icon | None = Field(None, description="a sign on the token in place of letters")
    brief: Text | None = Field(None, description="what a player who takes this chair is told first")


class ShownPlace(Shown):
    """How the page shows a place."""

    icon: Icon | None = Field(None, description="a sign in place of the dot")
    label: Literal["above", "below", "left", "right"] | None = Field(None, description="where its name stands")


class View(BaseModel):
    """How the page shows a scenario. None of it changes luck, or what happens."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
    factions: dict[Name, ShownFaction] = Field({}, description="how the page shows sides, by name")
    people: dict[Name, ShownPerson] = Field({}, description="how the page shows people, by name")
    crowds: dict[Name, Shown] = Field({}, description="how the page shows crowds, by name")
    vessels: dict[Name, Shown] = Field({}, description="how the page shows vessels, by name")
    devices: dict[Name, Shown] = Field({}, description="how the page shows devices, by name")
    facts: dict[Name, Shown] = Field({}, description="how the page shows facts, by name")
    places: dict[Name, ShownPlace] = Field({}, description="how the page shows places, by name")
    endings: dict[Name, Shown] = Field({}, description="how the page shows endings, by name")


class _Document(BaseModel):
    """A whole scenario."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    scenario: Scenario
    life: Life = Life()
    maps: dict[Name, Map] = {}
    places: dict[Name, Place] = {}
    factions: dict[Name, Faction] = {}
    values: dict[Name, Text] = Field({}, description="what people weigh, and what each means")
    people: dict[Name, Person] = {}
    crowds: dict[Name, Crowd] = {}
    vessels: dict[Name, Vessel] = {}
    pads: dict[Name, Pad] = {}
    swarms: dict[Name, Swarm] = {}
    devices: dict[Name, Device] = {}
    fields: dict[Name, FieldSource] = {}  # type: ignore[assignment]
    facts: dict[Name, Fact] = {}
    events: dict[Name, EventName] = {}
    gauges: dict[Name, Gauge] = {}
    let: dict[Name, Expression] = Field({}, description="names for expressions, which are put in where they are used")
    bonds: list[Bond] = []
    ties: list[Tie] = []
    channels: dict[Name, Channel] = {}
    councils: dict[Name, Council] = {}
    sensors: dict[Name, Sensor] = {}
    routes: dict[Name, Route] = {}
    orders: dict[Name, Order] = {}
    directives: dict[Name, Directive] = {}
    rules: dict[Name, Rule] = {}
    injects: dict[Name, Inject] = {}
    decisions: dict[Dotted, Decision] = {}
    movements: dict[Name, Movement] = {}
    defections: dict[Name, Defection] = {}
    suppositions: list[Supposition] = []
    opinions: dict[Name, Opinion] = {}
    variants: dict[Name, Variant] = {}
    endings: Annotated[dict[Name, Ending], Field(min_length=1)]
    measures: dict[Name, Measure] = {}
    series: dict[Name, Series] = {}
    data: dict[Name, Data] = {}
    observed: dict[Name, Observed] = {}
    documents: dict[Title, Writing] = Field({}, description="the texts that labels point into")
    beats: dict[Name, Beat] = {}
    accounts: dict[Title, Account] = {}
    claims: dict[Name, Claim] = {}
    uncertain: dict[Name, Uncertain] = {}
    rewards: dict[Name, Text] = Field(
        {},
        description="what a program that learns is paid in the place of a person: arithmetic over measures and endings",
    )
    view: View = Field(View(), description="how the page shows it")

    @cached_property
    def listed(self) -> dict[str, Crowd]:
        """The crowds whose people are bodies, one row each."""
        return {name: crowd for name, crowd in self.crowds.items() if crowd.states is None}

    @cached_property
    def counted(self) -> dict[str, Crowd]:
        """The crowds that are counted by state and place."""
        return {name: crowd for name, crowd in self.crowds.items() if crowd.states is not None}


if TYPE_CHECKING:
    Document = _Document
else:
    Document = create_model(
        "Document",
        __base__=_Document,
        __doc__="A whole scenario.",
        __module__=__name__,
        **{section.key: (dict[Name, model_of(section)], {}) for section in SECTIONS},
    )


@cache
def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a scenario file, for editors; a folder's files each hold some of the sections.

    Each key has a description, and each quantity says in which unit it is counted, in `unit` and in words.
    """
    schema = _with_units(_without_blanks(Document.model_json_schema(by_alias=True)))
    schema.pop("required", None)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["$id"] = f"urn:briarpatch:scenario:{version('briarpatch')}"
    schema["title"] = "briarpatch scenario"
    for model in (schema, *schema["$defs"].values()):
        for node in model.get("properties", {}).values():
            if not node.get("description"):
                node["description"] = _about(schema, node)
    return schema


_WRITTEN = {unit: wanted for unit, wanted in DIMENSIONS.values() if unit}


def _with_units(node: Any) -> Any:
    """Return a JSON Schema whose descriptions say how a quantity is written, and in which unit it is counted."""
    if isinstance(node, list):
        return [_with_units(item) for item in node]
    if not isinstance(node, dict):
        return node
    found = {key: _with_units(item) for key, item in node.items()}
    wanted = _WRITTEN.get(found["unit"]) if isinstance(found.get("unit"), str) else None
    if wanted:
        told = found.get("description", wanted)
        written = wanted if told == wanted else f"{told}; {wanted}"
        found["description"] = f"{written}, counted in {found['unit']}"
    return found


def _about(schema: dict[str, Any], node: dict[str, Any]) -> str:
    """Return what a value of the JSON Schema is, or an entry of it, in the words of its model."""
    inner = next(iter(node.get("patternProperties", {}).values()), node.get("items", node))
    named = inner.get("$ref", "").rpartition("/")[2]
    return schema["$defs"].get(named, {}).get("description", "")


def _without_blanks(node: Any) -> Any:
    """Return a JSON Schema in which nothing may be null, which no author may write: what is left out has no key."""
    if isinstance(node, list):
        return [_without_blanks(item) for item in node if item != {"type": "null"}]
    if not isinstance(node, dict):
        return node
    found = {key: _without_blanks(item) for key, item in node.items() if not (key == "default" and item is None)}
    if len(found.get("anyOf", ())) == 1 and isinstance(found["anyOf"], list):
        found = found.pop("anyOf")[0] | found
    return found


RESPONSES = {name: number for number, name in enumerate(states.RESPONSES)}
