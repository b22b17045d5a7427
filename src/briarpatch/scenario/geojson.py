"""GeoJSON files beside a scenario (RFC 7946): places, routes and regions of a map of the Earth, and its backdrop.

A file is read as data and nothing else, within bounds: its size (`load`), its features and its points. A Point is a
place and a LineString a route, or a region where its `kind` says `area`. What a scenario says of a place besides is put
together with what the file says; neither may say again what the other says.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from ..errors import Fault, Place
from .load import DEEPEST, LONGEST_NUMBER, Source
from .schema import GEOJSON as SUFFIX
from .schema import LONGEST_NAME, NAME, OnEarth

MOST_FEATURES = 20_000
"""Features of one file."""
MOST_POINTS = 200_000
"""Points of all lines and areas of one file."""
DECIMALS = 10
"""Of a degree, as a position is written: a hundredth of a millimetre."""
_SAME = 1e-5
"""Degrees, about a metre: the end of a route that lies so near a place is at it."""
_WGS84 = ("CRS84", "EPSG::4326", "EPSG:4326")

KINDS = {"place": "Point", "route": "LineString"}
"""What a feature may be, by the property `kind`, and its shape."""
AREA = "area"
"""What a feature of either shape may be besides."""
OWN = {
    "place": ("cover", "shelter", "blackout", "interference", "field", "key"),
    "area": ("radius", "blackout", "drag", "interference", "scale"),
}
"""The keys that are read from the properties of a feature that says its `kind`; what is left out stands in the scenario."""
GROUND = ("height", "footing", "cover", "interference", "width", "gate")
"""The keys of each item of `ground`, which says what a route's legs are like."""

Position = tuple[float, float]


class Feature(NamedTuple):
    """A feature of a file."""

    number: int
    """From 1."""
    place: Place
    shape: str
    coordinates: Any
    properties: dict[str, Any]

    @property
    def kind(self) -> str | None:
        """What it says that it is; None where it says nothing, or something of another program's."""
        said = self.properties.get("kind")
        return said if isinstance(said, str) and (said in KINDS or said == AREA) else None

    @property
    def called(self) -> str:
        """Return how a fault names it."""
        return f"feature {self.number}"


class _Wrong(Exception):
    """Something is wrong with a file, or with one of its features."""

    def __init__(self, message: str, place: Place | None = None) -> None:
        super().__init__(message)
        self.place = place


# ------------------------------------------------------------------------------------------------- into a scenario


class Read(NamedTuple):
    """What was put into the plain data of a scenario."""

    numbers: dict[Place, int]
    """Which feature of its file stands where."""
    left_out: set[str]
    """The names of features that are at fault, which is said."""
    whole: bool
    """Whether every file could be read as such."""


def put_in(
    source: Source, data: dict[str, Any], moved: dict[tuple[str | int, ...], Place], faults: list[Fault]
) -> Read:
    """Put what the maps' files hold into the plain data of a scenario.

    Args:
        source: the scenario's files.
        data: its plain data, which is added to.
        moved: where each path stands that no YAML file holds; added to.
        faults: what is wrong; added to.
    """
    numbers: dict[Place, int] = {}
    left_out: set[str] = set()
    whole = True
    maps = data.get("maps")
    for name, map_ in maps.items() if isinstance(maps, dict) else ():
        for key in ("file", "backdrop") if isinstance(map_, dict) else ():
            if not str(map_.get(key)).endswith(SUFFIX):
                continue
            path = ("maps", name, key)
            try:
                found = features(*_text(source, path, str(map_[key])))
                if key == "file":
                    reader = _Reader(str(name), str(map_.get("named", "name")), data, moved, faults)
                    reader.read(found)
                    numbers |= {one.place: one.number for one in found}
                    left_out |= reader.left_out
                else:
                    list(_shapes(found))
            except _Wrong as wrong:
                faults.append(Fault(wrong.place or source.place(path), str(wrong), "data"))
                whole &= key != "file"
    return Read(numbers, left_out, whole)


def _text(source: Source, path: tuple[str | int, ...], written: str) -> tuple[str, str]:
    """Return the content of a file that a map names, and its name in messages."""
    beside = PurePosixPath(source.place(path).file).parent
    name = (beside / written).as_posix()
    if name not in source.texts:
        raise _Wrong(f"'{written}' is not there; it must be a .geojson file beside this one, or in a folder below it")
    return source.texts[name], name


class _Reader:
    """Puts the features of one file into the plain data of a scenario."""

    def __init__(
        self,
        map_name: str,
        named: str,
        data: dict[str, Any],
        moved: dict[tuple[str | int, ...], Place],
        faults: list[Fault],
    ) -> None:
        self.map_name, self.named = map_name, named
        self.data, self.moved, self.faults = data, moved, faults
        self.spots: dict[tuple[int, int], list[tuple[str, Position]]] = {}
        self.at: dict[str, Position] = {}
        self.left_out: set[str] = set()

    def read(self, found: list[Feature]) -> None:
        """Put in the places, then the routes between them, and the regions; what is of another map is left out."""
        sorted_: dict[str, list[Feature]] = {"place": [], "route": [], "area": []}
        for one in found:
            said = one.properties
            if one.kind and (said.get("map", self.map_name) != self.map_name or said.get("found") is True):
                continue
            with self._one(one):
                sorted_[_kind(one)].append(one)
        for name, place in self._section("places").items():
            at = place.get("at") if isinstance(place, dict) and place.get("map") == self.map_name else None
            if isinstance(at, dict) and all(isinstance(at.get(key), (int, float)) for key in OnEarth._fields):
                with suppress(_Wrong):  # which is said of the place itself
                    self._remember(name, _position([at["longitude"], at["latitude"]]))
        for kind, put in (("place", self._place), ("area", self._area), ("route", self._route)):
            for one in sorted_[kind]:
                with self._one(one):
                    put(one)

    @contextmanager
    def _one(self, one: Feature) -> Iterator[None]:
        """Take what is wrong with a feature into the faults, and go on."""
        try:
            yield
        except _Wrong as wrong:
            self.faults.append(Fault(one.place, f"{one.called}: {wrong}", "data"))
            with suppress(_Wrong):
                self.left_out.add(self._name(one)[0])

    def _section(self, name: str) -> dict[str, Any]:
        section = self.data.setdefault(name, {})
        if not isinstance(section, dict):
            raise _Wrong(f"'{name}' of the scenario is no mapping, so nothing can be put into it")
        return section

    def _place(self, one: Feature) -> None:
        at = _position(one.coordinates)
        name, told = self._name(one)
        self._put(
            one,
            self._section("places"),
            ("places", name),
            {"map": self.map_name, "at": _written(at), **told, **_own(one, "place")},
        )
        self._remember(name, at)

    def _route(self, one: Feature) -> None:
        points = _line(one.coordinates)
        name, told = self._name(one)
        start, end = self._end(one, "start", points[0]), self._end(one, "end", points[-1])
        ground = one.properties.get("ground", []) if one.kind else []
        if not isinstance(ground, list) or not all(isinstance(part, dict) for part in ground):
            raise _Wrong("'ground' wants a list with a mapping for each leg")
        if ground and len(ground) != len(points) - 1:
            raise _Wrong(
                f"'ground' has {len(ground)} legs, and the line {len(points) - 1}; give one for each, {{}} where nothing is said"
            )
        if any("at" in part for part in ground):
            raise _Wrong("'ground' says where a leg ends, and so does the line; leave 'at' out")
        stops: list[dict[str, Any]] = [{"at": _written(point)} for point in points[1:]]
        for stop, said in zip(stops, ground, strict=False):
            stop |= said
        route = {"start": start, "end": end, **told}
        route |= {"by": stops[:-1]} if stops[:-1] else {}
        route |= {"last": stops[-1]} if ground and ground[-1] else {}
        self._put(one, self._section("routes"), ("routes", name), route)

    def _area(self, one: Feature) -> None:
        name, _ = self._name(one)
        line = one.shape == "LineString"
        points = _line(one.coordinates) if line else [_position(one.coordinates)]
        if line and len(points) != 2:
            raise _Wrong(f"a line as an area has two points, got {len(points)}")
        region = dict(zip(("at", "to"), map(_written, points), strict=False))
        map_ = self.data["maps"][self.map_name]
        regions = map_.setdefault("regions", {})
        if not isinstance(regions, dict):
            raise _Wrong("'regions' of its map is no mapping, so nothing can be put into it")
        self._put(one, regions, ("maps", self.map_name, "regions", name), region | _own(one, "area"))

    def _put(self, one: Feature, section: dict[str, Any], path: tuple[str | int, ...], found: dict[str, Any]) -> None:
        """Put an entry into a section, together with what stands there of it already."""
        name = str(path[-1])
        there = section.get(name)
        if there is None:
            section[name] = found
            self.moved[path] = one.place
            return
        remedy = f"keep one of them, or give this feature another '{self.named}'"
        if path in self.moved:
            raise _Wrong(f"'{name}' is the name of the feature at {self.moved[path]} too; {remedy}")
        twice = sorted(set(found) & set(there)) if isinstance(there, dict) else list(found)
        if twice:
            raise _Wrong(f"'{name}' has {', '.join(map(repr, twice))} in the scenario too; {remedy}")
        there |= found
        self.moved |= {(*path, key): one.place for key in found}

    def _name(self, one: Feature) -> tuple[str, dict[str, str]]:
        """Return the name of a feature, and how it is told where that is something else."""
        written = one.properties.get(self.named)
        if not isinstance(written, str) or not written.strip():
            raise _Wrong(
                f"has no property '{self.named}' with its name; give it one, or say with 'named' on the map which property names it"
            )
        name = written
        if not re.fullmatch(NAME, name):
            plain = unicodedata.normalize("NFKD", written).encode("ascii", "ignore").decode().lower()
            name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
        if not re.fullmatch(NAME, name) or len(name) > LONGEST_NAME:
            raise _Wrong(
                f"'{written[:60]}' makes no name of letters a to z, digits and underscores that begins with a letter and has at most {LONGEST_NAME}; give it another '{self.named}'"
            )
        told = one.properties.get("told", written if written != name else None)
        return name, {"told": told} if isinstance(told, str) and told.strip() else {}

    def _remember(self, name: str, at: Position) -> None:
        self.spots.setdefault(_cell(at), []).append((name, at))
        self.at[name] = at

    def _end(self, one: Feature, key: str, point: Position) -> str:
        """Return the place at an end of a route."""
        near = {
            name: math.dist(at, point)
            for cell in _cells(point)
            for name, at in self.spots.get(cell, ())
            if max(abs(at[0] - point[0]), abs(at[1] - point[1])) <= _SAME
        }
        said = one.properties.get(key)
        if isinstance(said, str) and said in self.at:
            if said not in near:
                raise _Wrong(
                    f"its {key} is '{said}', which lies elsewhere than the line's {'first' if key == 'start' else 'last'} point; let the line {'begin' if key == 'start' else 'end'} there"
                )
            return said
        if not near:
            where = f"{point[0]:g}, {point[1]:g}"
            raise _Wrong(
                f"no place of the map lies at its {key}, {where} (longitude, latitude); add a Point there, or move the line's end to one"
            )
        return min(near, key=lambda name: near[name])


def _kind(one: Feature) -> str:
    """Return what a feature is: what it says, or what its shape says."""
    shapes = {shape: kind for kind, shape in KINDS.items()}
    if one.shape not in shapes:
        raise _Wrong(
            f"is a {one.shape}; places are Points and routes LineStrings: leave it out, or take it to the 'backdrop'"
        )
    if one.kind == AREA:
        return AREA
    if one.kind is not None and KINDS[one.kind] != one.shape:
        raise _Wrong(f"is a {one.shape}, and its kind is '{one.kind}', which is a {KINDS[one.kind]}")
    return shapes[one.shape]


def _own(one: Feature, kind: str) -> dict[str, Any]:
    return {key: one.properties[key] for key in OWN[kind] if key in one.properties and one.kind}


def _written(at: Position) -> dict[str, float]:
    return {"latitude": at[1], "longitude": at[0]}


def _cell(at: Position) -> tuple[int, int]:
    return math.floor(at[0] / _SAME), math.floor(at[1] / _SAME)


def _cells(at: Position) -> Iterator[tuple[int, int]]:
    x, y = _cell(at)
    yield from ((x + i, y + j) for i in (-1, 0, 1) for j in (-1, 0, 1))


# ------------------------------------------------------------------------------------------------------ backdrops


class Shape(NamedTuple):
    """A line of a backdrop, or an area."""

    water: bool
    closed: bool
    rings: list[list[Position]]
    """Longitude and latitude of each point: of a line, or of an area's edge and then of its holes."""


def backdrop(source: Source, map_name: str, written: str) -> list[Shape]:
    """Return the lines and areas of the backdrop of a map, which `put_in` found to be sound."""
    return list(_shapes(features(*_text(source, ("maps", map_name, "backdrop"), written))))


def _shapes(found: list[Feature]) -> Iterator[Shape]:
    for one in found:
        try:
            yield from _shapes_of(one)
        except _Wrong as wrong:
            raise _Wrong(f"{one.called}: {wrong}", one.place) from None


def _shapes_of(one: Feature) -> Iterator[Shape]:
    water = one.properties.get("kind") == "water"
    closed = one.shape in ("Polygon", "MultiPolygon")
    depth = {"LineString": 0, "MultiLineString": 1, "Polygon": 0, "MultiPolygon": 1}.get(one.shape)
    if depth is None:
        raise _Wrong(f"is a {one.shape}; a backdrop is of lines and polygons: leave it out")
    parts = [one.coordinates]
    for _ in range(depth):
        parts = [part for outer in parts for part in _list(outer)]
    for part in parts:
        yield Shape(water, closed, [_line(ring) for ring in _list(part)] if closed else [_line(part)])


# ---------------------------------------------------------------------------------------------------------- reading


def features(text: str, file: str) -> list[Feature]:
    """Return the features of a file, each with its place.

    Raises _Wrong when the file is no GeoJSON, or larger than is read.
    """
    decoder = json.JSONDecoder(parse_constant=_no_number, parse_int=_whole_number)
    try:
        whole = decoder.decode(text)
    except json.JSONDecodeError as wrong:
        raise _Wrong(f"is no JSON: {wrong.msg.lower()}", Place(file, wrong.lineno, wrong.colno)) from None
    except RecursionError:
        raise _Wrong(_NESTED, Place(file)) from None
    except ValueError as wrong:
        raise _Wrong(f"is no GeoJSON: {wrong}", Place(file)) from None
    _refuse_what_yaml_refuses(whole, file)
    if (
        not isinstance(whole, dict)
        or whole.get("type") != "FeatureCollection"
        or not isinstance(whole.get("features"), list)
    ):
        raise _Wrong("is no GeoJSON with features; its type must be 'FeatureCollection'", Place(file, 1, 1))
    if "crs" in whole and not any(known in json.dumps(whole["crs"]) for known in _WGS84):
        raise _Wrong("has a 'crs' of its own; save it in WGS84, longitude and latitude in degrees", Place(file, 1, 1))
    items = whole["features"]
    if len(items) > MOST_FEATURES:
        raise _Wrong(f"has {len(items):,} features, {MOST_FEATURES:,} are allowed; make it smaller", Place(file, 1, 1))
    starts = [0, *(found.end() for found in re.finditer("\n", text))]
    found, points = [], 0
    for number, (item, offset) in enumerate(zip(items, _offsets(text, decoder), strict=True), start=1):
        line = bisect_right(starts, offset)
        place = Place(file, line, offset - starts[line - 1] + 1)
        geometry = item.get("geometry") if isinstance(item, dict) and item.get("type") == "Feature" else None
        if not isinstance(geometry, dict) or not isinstance(geometry.get("type"), str):
            raise _Wrong(f"feature {number}: is no feature with a geometry; leave it out", place)
        properties = item.get("properties")
        points += _count(geometry.get("coordinates"))
        if points > MOST_POINTS:
            raise _Wrong(
                f"feature {number}: with it there are more than {MOST_POINTS:,} points; simplify the lines", place
            )
        found.append(
            Feature(
                number,
                place,
                geometry["type"][:40],
                geometry.get("coordinates"),
                properties if isinstance(properties, dict) else {},
            )
        )
    return found


_NESTED = f"is nested more than {DEEPEST} deep"
_HALF = re.compile(r"[\ud800-\udfff]")
"""Half of a character, which JSON can write and no file can hold."""


def _refuse_what_yaml_refuses(whole: Any, file: str) -> None:
    """Refuse what is nested too deep, and texts that are none."""
    level = [whole]
    for _ in range(DEEPEST + 1):
        broken = next((text for text in level if isinstance(text, str) and _HALF.search(text)), None)
        if broken is not None:
            raise _Wrong(f"has the text {json.dumps(broken)[:40]}, in which a character is broken", Place(file))
        mappings = [part for part in level if isinstance(part, dict)]
        level = [part for outer in level if isinstance(outer, (dict, list)) for part in outer]
        level += [part for mapping in mappings for part in mapping.values()]
        if not level:
            return
    raise _Wrong(_NESTED, Place(file))


def _no_number(written: str) -> float:
    raise ValueError(f"{written} is no number of JSON")


def _whole_number(written: str) -> int:
    if len(written) > LONGEST_NUMBER:
        raise ValueError(f"a number has {len(written):,} characters, {LONGEST_NUMBER} are allowed")
    return int(written)


def _offsets(text: str, decoder: json.JSONDecoder) -> list[int]:
    """Return where each feature of a sound file begins."""
    found: list[int] = []
    at = _blank(text, _blank(text, 0) + 1)
    while text[at] != "}":
        key, at = decoder.raw_decode(text, at)
        at = _blank(text, _blank(text, at) + 1)
        if key == "features":
            found, at = [], _blank(text, at + 1)
            while text[at] != "]":
                found.append(at)
                at = _blank(text, decoder.raw_decode(text, at)[1])
                at = _blank(text, at + 1) if text[at] == "," else at
            at += 1
        else:
            at = decoder.raw_decode(text, at)[1]
        at = _blank(text, at)
        at = _blank(text, at + 1) if text[at] == "," else at
    return found


_BLANKS = re.compile(r"[ \t\n\r]*")


def _blank(text: str, at: int) -> int:
    """Return where the blanks from `at` on end."""
    found = _BLANKS.match(text, at)
    return at if found is None else found.end()


def _count(coordinates: Any) -> int:
    """Return how many positions there are in a geometry."""
    if not isinstance(coordinates, list):
        return 0
    if not any(isinstance(part, list) for part in coordinates):
        return 1
    return sum(map(_count, coordinates))


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise _Wrong("its coordinates are not nested as its type wants it")
    return value


def _line(coordinates: Any) -> list[Position]:
    points = [_position(point) for point in _list(coordinates)]
    if len(points) < 2:
        raise _Wrong("is a line of one point; give it another")
    return points


def _position(value: Any) -> Position:
    """Return a longitude and a latitude, of numbers within their bounds; a height is not read."""
    numbers = _list(value)[:2]
    if len(numbers) < 2 or not all(isinstance(n, (int, float)) and not isinstance(n, bool) for n in numbers):
        raise _Wrong(f"a position is a longitude and a latitude in degrees, got {json.dumps(value)[:40]}")
    longitude, latitude = numbers
    if not -90.0 <= latitude <= 90.0 or not -180.0 <= longitude <= 180.0:
        swapped = abs(longitude) <= 90.0 and abs(latitude) <= 180.0
        why = (
            "the longitude comes first: they look swapped"
            if swapped
            else "longitudes go from -180 to 180, latitudes from -90 to 90"
        )
        raise _Wrong(f"has the position {longitude:g}, {latitude:g}; {why}")
    return float(longitude), float(latitude)
