"""The maps of the Earth of a scenario as GeoJSON (RFC 7946), for other programs and for the key `file` of a map.

Positions are in WGS84, to a hundredth of a millimetre. The same scenario gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..errors import RequestError
from ..scenario.earth import Point, Projection, projections
from ..scenario.geojson import DECIMALS, GROUND, OWN

if TYPE_CHECKING:
    from ..scenario.scenario import Scenario

_LENGTHS = ("radius", "scale", "height", "width", "gate")
"""The keys that are lengths, which are written in metres."""


def geojson(scenario: Scenario) -> str:
    """Return the places, routes and regions of a scenario's maps of the Earth.

    Raises RequestError when it has no such map.
    """
    planes = projections(scenario.document)
    if not planes:
        raise RequestError(
            f"'{scenario.name}' has no map of the Earth, and GeoJSON has latitudes and longitudes; say on a map about which "
            "point it is drawn, as in 'earth: { latitude: 54.3, longitude: 10.1 }', and give its places theirs"
        )
    lines = [
        json.dumps(feature, ensure_ascii=False, allow_nan=False)
        for name, plane in planes.items()
        for feature in _features(scenario, name, plane)
    ]
    return '{"type": "FeatureCollection", "features": [\n' + ",\n".join(lines) + "\n]}\n"


def _features(scenario: Scenario, map_name: str, plane: Projection) -> Iterator[dict[str, Any]]:
    document = scenario.document
    here = {name: place.at for name, place in document.places.items() if place.map == map_name and place.at is not None}
    for name, at in here.items():
        place = document.places[name]
        said = {"name": name, "kind": "place", "map": map_name, **_told(place), **_own(place, OWN["place"])}
        yield _feature(said, [at], plane)
    legs, rows = scenario.program.legs, scenario.program.routes
    for row, (name, route) in enumerate(document.routes.items()):
        if route.start not in here:
            continue
        said = {"name": name, "kind": "route", "map": map_name, **_told(route), "start": route.start, "end": route.end}
        if route.find is not None:
            first, count = int(rows[row].first), int(rows[row].count)
            walked = [(float(leg.x1), float(leg.y1)) for leg in legs[first : first + count]]
            yield _feature({**said, "found": True}, [here[route.start], *walked], plane, line=True)
            continue
        stops = [*route.by, *([] if route.last is None else [route.last])]
        ground = [_own(stop, GROUND) for stop in stops] + ([] if route.last else [{}])
        points = [here[route.start], *(stop.at for stop in route.by), here[route.end]]
        yield _feature({**said, **({"ground": ground} if any(ground) else {})}, points, plane, line=True)
    for name, region in document.maps[map_name].regions.items():
        said = {"name": name, "kind": "area", "map": map_name, **_own(region, OWN["area"])}
        yield _feature(
            said, [region.at, *([] if region.to is None else [region.to])], plane, line=region.to is not None
        )


def _feature(properties: dict[str, Any], points: list[Point], plane: Projection, line: bool = False) -> dict[str, Any]:
    spots = [plane.on_earth(point) for point in points]
    found = [[round(at.longitude, DECIMALS), round(at.latitude, DECIMALS)] for at in spots]
    geometry = {"type": "LineString", "coordinates": found} if line else {"type": "Point", "coordinates": found[0]}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _told(item: Any) -> dict[str, str]:
    return {} if item.told is None else {"told": item.told}


def _own(item: Any, keys: tuple[str, ...]) -> dict[str, Any]:
    """Return what an item says under some keys, where that is not what it is without being said."""
    fields = type(item).model_fields
    said = {key: getattr(item, key) for key in keys if getattr(item, key) != fields[key].default}
    return {key: f"{value!r} m" if key in _LENGTHS else value for key, value in said.items()}
