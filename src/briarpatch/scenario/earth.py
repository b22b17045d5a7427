"""Maps of the Earth: latitudes and longitudes become positions on a plane, once, when a scenario is built.

The plane of a map is the azimuthal equidistant projection of the WGS84 ellipsoid about the map's centre: what lies at
the geodesic distance s and the azimuth a from the centre lies at (s sin a, s cos a). Distances from the centre are
exact, and no other is shorter than it is on the Earth, up to rounding; `distortion` says by how much the worst is longer.
Geodesics are Karney's (2013, doi 10.1007/s00190-012-0578-z), by `geographiclib`, which is imported only here and only
when a map is of the Earth.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from .schema import Document, Map, OnEarth

Point = tuple[float, float]
Path = tuple[str | int, ...]
Fault = Callable[..., None]

RADIUS = 6_371_008.8
"""Mean radius of the Earth [m], for what need not be exact: what to look at first, and what can be seen in a picture."""
MOST_DISTORTED = 1e-3
"""A map on which the distance of two places is off by a larger share is asked about."""
_SURELY = 0.9 * MOST_DISTORTED
"""No distance is off by more than lengths across the way to the outermost place, which on a sphere are by a / sin a."""
_TRIED = 20
"""Pairs of places whose distance is measured: those that a sphere has worst."""
_FAR, _NEAR = 500e3, 0.1
"""A place so far from the centre [m], which would lie at so small a share of it the other way round, is swapped."""


class Projection:
    """The plane of a map of the Earth, about its centre."""

    def __init__(self, centre: OnEarth) -> None:
        from geographiclib.geodesic import Geodesic

        self.centre = centre
        self._geodesic = Geodesic.WGS84
        self._known: dict[Point, OnEarth] = {}

    def point(self, at: OnEarth) -> Point:
        """Return the position [m] east and north of the centre of what lies at a latitude and a longitude."""
        line = self._geodesic.Inverse(*self.centre, *at, _outmask("DISTANCE", "AZIMUTH"))
        azimuth = math.radians(line["azi1"])
        found = line["s12"] * math.sin(azimuth), line["s12"] * math.cos(azimuth)
        self._known[found] = at
        return found

    def on_earth(self, point: Point) -> OnEarth:
        """Return the latitude and the longitude of a position [m]."""
        if point in self._known:
            return self._known[point]
        azimuth = math.degrees(math.atan2(*point))
        line = self._geodesic.Direct(*self.centre, azimuth, math.hypot(*point), _outmask("LATITUDE", "LONGITUDE"))
        found = OnEarth(line["lat2"], line["lon2"])
        self._known[point] = found
        return found

    def length(self, start: Point, end: Point) -> float:
        """Return the length [m] of the geodesic between what lies at two positions."""
        return float(self._geodesic.Inverse(*self.on_earth(start), *self.on_earth(end), _outmask("DISTANCE"))["s12"])


def _outmask(*wanted: str) -> int:
    from geographiclib.geodesiccapability import GeodesicCapability

    mask = 0
    for name in wanted:
        mask |= getattr(GeodesicCapability, name)
    return mask


def projections(document: Document) -> dict[str, Projection]:
    """Return the plane of each map of the Earth."""
    return {name: Projection(map_.earth) for name, map_ in document.maps.items() if map_.earth is not None}


# ------------------------------------------------------------------------------------------------- distortion


class Distorted(NamedTuple):
    """The two places of a map whose distance is off most, and by what share."""

    one: str
    other: str
    share: float


def distortion(projection: Projection, places: dict[str, Point]) -> Distorted | None:
    """Return the distance between two places that the plane has worst; None where no two lie apart.

    Which pairs are worst is told by a sphere, in the same coordinates; how bad they are is measured on the ellipsoid.
    """
    names = list(places)
    if len(names) < 2:
        return None
    x, y = np.array(list(places.values())).T
    away, azimuth = np.hypot(x, y) / RADIUS, np.arctan2(x, y)
    worst: list[tuple[float, int, int]] = []
    for k in range(len(names) - 1):
        rest = slice(k + 1, None)
        half = (
            np.sin((away[rest] - away[k]) / 2.0) ** 2
            + np.sin(away[k]) * np.sin(away[rest]) * np.sin((azimuth[rest] - azimuth[k]) / 2.0) ** 2
        )
        true = 2.0 * RADIUS * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(true > 1.0, np.abs(np.hypot(x[rest] - x[k], y[rest] - y[k]) / true - 1.0), -1.0)
        best = int(np.argmax(share))
        worst.append((float(share[best]), k, k + 1 + best))
    found = []
    for guess, k, n in sorted(worst, reverse=True)[:_TRIED]:
        a, b = places[names[k]], places[names[n]]
        true = projection.length(a, b) if guess >= 0.0 else 0.0
        if true > 0.0:
            found.append(Distorted(names[k], names[n], math.dist(a, b) / true - 1.0))
    return max(found, key=lambda one: abs(one.share), default=None)


def distorted(document: Document, planes: dict[str, Projection]) -> Iterator[tuple[Path, str]]:
    """Yield a question for each map on which two places lie further apart, or nearer, than they do on the Earth."""
    for name, projection in planes.items():
        places = {n: place.at for n, place in document.places.items() if place.map == name and place.at is not None}
        widest = max((math.hypot(*at) for at in places.values()), default=0.0) / RADIUS
        if widest < math.sin(min(widest, 1.0)) * (1.0 + _SURELY):
            continue
        found = distortion(projection, places)
        if found is None or abs(found.share) <= MOST_DISTORTED:
            continue
        middle = centre_of([projection.on_earth(at) for at in places.values()])
        better = distortion(
            moved := Projection(middle), {n: moved.point(projection.on_earth(at)) for n, at in places.items()}
        )
        remedy = "give the map fewer places, nearer to one another, or make two maps of it"
        if better is not None and abs(better.share) < 0.8 * abs(found.share):
            remedy = f"with 'earth: {written(middle)}' it would be {abs(better.share):.2%}; or make two maps of it"
        yield (
            ("maps", name, "earth"),
            f"its plane has '{found.one}' and '{found.other}' {abs(found.share):.2%} "
            f"{'further apart' if found.share > 0.0 else 'nearer'} than they are, and {MOST_DISTORTED:.1%} is asked for: "
            f"distances in conditions are off by as much, lengths of routes are not; {remedy}",
        )


def centre_of(spots: list[OnEarth]) -> OnEarth:
    """Return the middle of some positions, as the mean of their directions, to a hundredth of a degree."""
    latitudes, longitudes = np.radians(np.array(spots)).T
    x, y, z = (
        float(np.mean(part))
        for part in (
            np.cos(latitudes) * np.cos(longitudes),
            np.cos(latitudes) * np.sin(longitudes),
            np.sin(latitudes),
        )
    )
    return OnEarth(round(math.degrees(math.atan2(z, math.hypot(x, y))), 2), round(math.degrees(math.atan2(y, x)), 2))


def written(at: OnEarth) -> str:
    """Return a position as an author writes it."""
    return f"{{ latitude: {at.latitude:g}, longitude: {at.longitude:g} }}"


# ------------------------------------------------------------------------------------------ onto the plane


def settled(document: Document, fault: Fault) -> tuple[Document, dict[str, Projection]]:
    """Return a document with all positions on the planes of their maps [m], and the planes of those of the Earth.

    Args:
        document: the validated scenario, in which some positions are latitudes and longitudes.
        fault: called with a path and a message for each position that does not fit its map.
    """
    settler = _Settler(document, fault)
    return settler.whole(), settler.planes


class _Settler:
    """Takes each position of a document onto the plane of its map."""

    def __init__(self, document: Document, fault: Fault) -> None:
        self.doc = document
        self.fault = fault
        self.planes = projections(document)

    def whole(self) -> Document:
        """Return the document."""
        doc = self.doc
        maps = {name: self._map(name, map_) for name, map_ in doc.maps.items()}
        places = {
            name: self._moved(place, ("places", name), place.map, "at") if place.at is not None else place
            for name, place in doc.places.items()
        }
        routes = {name: self._route(name, route) for name, route in doc.routes.items()}
        fields = {name: self._field(name, source) for name, source in doc.fields.items()}
        parts = {"maps": maps, "places": places, "routes": routes, "fields": fields}
        changed = {
            section: items
            for section, items in parts.items()
            if any(items[name] is not before for name, before in getattr(doc, section).items())
        }
        return doc.model_copy(update=changed) if changed else doc

    def _map(self, name: str, map_: Map) -> Map:
        path: Path = ("maps", name)
        changed: dict[str, Any] = {}
        if map_.at is not None:
            changed["at"] = self._point(map_.at, map_.within, (*path, "at"))
        if map_.terrain is not None and "at" in map_.terrain.model_fields_set:
            changed["terrain"] = self._moved(map_.terrain, (*path, "terrain"), name, "at")
        if map_.regions:
            changed["regions"] = {
                key: self._moved(region, (*path, "regions", key), name, "at", *(["to"] if region.to else []))
                for key, region in map_.regions.items()
            }
        for key in ("file", "backdrop"):
            if getattr(map_, key) is not None and map_.earth is None:
                self.fault((*path, key), f"is a file of latitudes and longitudes, and this map is a plane; {_EARTH}")
        return map_.model_copy(update=changed) if name in self.planes or changed else map_

    def _route(self, name: str, route: Any) -> Any:
        start = self.doc.places.get(route.start)
        map_name = None if start is None else start.map
        path: Path = ("routes", name)
        by = [self._moved(stop, (*path, "by", n), map_name, "at") for n, stop in enumerate(route.by)]
        last = None if route.last is None else self._moved(route.last, (*path, "last"), map_name, "at")
        if last is route.last and all(new is old for new, old in zip(by, route.by, strict=True)):
            return route
        return route.model_copy(update={"by": by, "last": last})

    def _field(self, name: str, source: Any) -> Any:
        if source.axis is None:
            return source
        path = ("fields", name)
        reached = {place.map for place in self.doc.places.values() if place.field == name and place.map is not None}
        if len(reached) > 1 and not reached.isdisjoint(self.planes):
            maps = " and ".join(f"'{map_}'" for map_ in sorted(reached))
            self.fault(
                (*path, "axis"), f"meets one map alone, and places of the field lie on {maps}; write a field for each"
            )
            return source
        return self._moved(source, path, reached.pop() if len(reached) == 1 else None, "axis")

    def _moved(self, item: Any, path: Path, map_name: str | None, *keys: str) -> Any:
        """Return an item with the positions under some of its keys on the plane; itself, if they are there already."""
        found = {key: self._point(getattr(item, key), map_name, (*path, key)) for key in keys}
        same = all(found[key] is getattr(item, key) for key in keys)
        return item if same else item.model_copy(update=found)

    def _point(self, at: Any, map_name: str | None, path: Path) -> Point:
        plane = self.planes.get(map_name or "")
        if not isinstance(at, OnEarth):
            if plane is not None:
                self.fault(
                    path,
                    f"map '{map_name}' is of the Earth: write a latitude and a longitude, as in {written(plane.centre)}",
                )
            return at
        if map_name is not None and map_name not in self.doc.maps:
            return 0.0, 0.0  # which is said of its name
        if plane is None:
            map_ = "its map" if map_name is None else f"map '{map_name}'"
            self.fault(
                path,
                f"a latitude and a longitude are for a map of the Earth; write 'earth: {written(at)}' on {map_}, or lengths here",
            )
            return 0.0, 0.0
        found = plane.point(at)
        away = math.hypot(*found)
        if away > _FAR and abs(at.longitude) <= 90.0:
            turned = OnEarth(at.longitude, at.latitude)
            if math.hypot(*plane.point(turned)) < _NEAR * away:
                self.fault(
                    path,
                    f"this lies {away / 1000.0:,.0f} km from the centre of map '{map_name}'; latitude and longitude look swapped: write {written(turned)}",
                )
        return found


_EARTH = "say about which point of the Earth it is drawn, as in 'earth: { latitude: 54.3, longitude: 10.1 }', or leave the file out"
