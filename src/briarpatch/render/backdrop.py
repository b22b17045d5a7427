"""What lies beneath a map of the Earth in a picture: coasts, rivers, roads and the like, from the map's backdrop.

Lines and areas are cut to what the picture can show and simplified to what it can tell apart (Douglas and Peucker
1973, doi 10.3138/FM57-6770-U75U-7727), on a sphere, which is quick; what is left is taken onto the plane of the map.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..scenario import geojson
from ..scenario.earth import RADIUS, Projection
from ..scenario.schema import OnEarth

if TYPE_CHECKING:
    from ..scenario.scenario import Scenario

MOST = 4000
"""Points of the backdrop of one map; beyond, it is drawn more coarsely, and without what is small."""


class Box(NamedTuple):
    """What of a map's plane can be seen [m]."""

    left: float
    low: float
    right: float
    high: float


class Shape(NamedTuple):
    """A line or an area on a map's plane."""

    water: bool
    closed: bool
    rings: list[list[tuple[float, float]]]
    """The points of a line, or of an area's edge and then of its holes [m], a whole number of steps each."""


def shapes(scenario: Scenario, map_name: str, box: Box, step: float) -> list[Shape]:
    """Return the backdrop of a map, areas first.

    Args:
        scenario: the scenario.
        map_name: the map; without a backdrop, nothing is returned.
        box: what can be seen of it.
        step: what the picture can tell apart [m], above 0.
    """
    map_ = scenario.document.maps[map_name]
    if map_.backdrop is None or map_.earth is None:
        return []
    plane = Projection(map_.earth)
    seen = []
    for one in geojson.backdrop(scenario.source, map_name, map_.backdrop):
        rings = [_on_a_sphere(map_.earth, np.array(ring)) for ring in one.rings]
        if one.closed:
            seen.append((one.water, True, [_area_within(ring, box) for ring in rings]))
        else:
            seen += [(one.water, False, [part]) for part in _lines_within(rings[0], box)]
    seen = _largest(seen, MOST // 3)  # each has two points at least, however coarse it is
    coarse = step / 2.0
    while True:
        thin = [
            (water, closed, [_simplified(ring, coarse) for ring in rings if _size(ring) >= coarse])
            for water, closed, rings in seen
            if _size(rings[0]) >= coarse
        ]
        if sum(len(ring) for *_, rings in thin for ring in rings) <= MOST:
            break
        coarse *= 2.0
    found = []
    for water, closed, rings in sorted(thin, key=lambda one: not one[1]):
        placed = [_placed(plane, _from_a_sphere(map_.earth, ring), step) for ring in rings]
        placed = [ring for ring in placed if len(ring) > 1 + closed]
        if placed:
            found.append(Shape(water, closed, placed))
    return found


def _placed(plane: Projection, spots: list[OnEarth], step: float) -> list[tuple[float, float]]:
    """Return positions in whole steps, without those that are the same as the one before."""
    points = [tuple(round(part / step) * step + 0.0 for part in plane.point(at)) for at in spots]
    return [point for n, point in enumerate(points) if n == 0 or point != points[n - 1]]  # type: ignore[misc]


# ------------------------------------------------------------------------------------------------------- a sphere


def _on_a_sphere(centre: OnEarth, spots: np.ndarray) -> np.ndarray:
    """Return longitudes and latitudes [k, 2] on the plane of a sphere [m], as `earth` has them on the ellipsoid."""
    (north, east), (longitude, latitude) = np.radians(centre), np.radians(spots).T
    turn = longitude - east
    cosine = np.sin(north) * np.sin(latitude) + np.cos(north) * np.cos(latitude) * np.cos(turn)
    away = np.arccos(np.clip(cosine, -1.0, 1.0))
    x = np.cos(latitude) * np.sin(turn)
    y = np.cos(north) * np.sin(latitude) - np.sin(north) * np.cos(latitude) * np.cos(turn)
    size = np.hypot(x, y)
    factor = np.divide(away, size, out=np.ones_like(away), where=size > 1e-12)
    return RADIUS * np.column_stack((x * factor, y * factor))


def _from_a_sphere(centre: OnEarth, points: np.ndarray) -> list[OnEarth]:
    """Return the latitude and longitude of each position on the plane of a sphere."""
    (north, east), (x, y) = np.radians(centre), points.T
    azimuth, away = np.arctan2(x, y), np.hypot(x, y) / RADIUS
    sine = np.sin(north) * np.cos(away) + np.cos(north) * np.sin(away) * np.cos(azimuth)
    turn = np.arctan2(np.sin(azimuth) * np.sin(away) * np.cos(north), np.cos(away) - np.sin(north) * sine)
    latitudes, longitudes = np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0))), np.degrees(east + turn)
    return [OnEarth(*map(float, pair)) for pair in zip(latitudes, longitudes, strict=True)]


# --------------------------------------------------------------------------------------------- cut and simplified


def _lines_within(line: np.ndarray, box: Box) -> list[np.ndarray]:
    """Return the parts of a line that cross a box, each segment whole."""
    low, high = np.minimum(line[:-1], line[1:]), np.maximum(line[:-1], line[1:])
    seen = (high >= box[:2]).all(axis=1) & (low <= box[2:]).all(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], seen.astype(np.int8), [0]))))
    return [line[start : end + 1] for start, end in zip(edges[::2], edges[1::2], strict=True)]


def _area_within(edge: np.ndarray, box: Box) -> np.ndarray:
    """Return the edge of an area cut to a box (Sutherland and Hodgman 1974, doi 10.1145/360767.360802), without its last point."""
    points = edge[:-1] if len(edge) > 1 and (edge[0] == edge[-1]).all() else edge
    for axis, bound, sign in ((0, box.left, 1.0), (0, box.right, -1.0), (1, box.low, 1.0), (1, box.high, -1.0)):
        if not len(points):
            break
        inside = sign * (points[:, axis] - bound) >= 0.0
        if inside.all():
            continue
        kept: list[Any] = []
        for n, point in enumerate(points):
            before = points[n - 1]
            if inside[n] != inside[n - 1]:
                share = (bound - before[axis]) / (point[axis] - before[axis])
                kept.append(before + share * (point - before))
            if inside[n]:
                kept.append(point)
        points = np.array(kept).reshape(-1, 2)
    return points


def _largest(seen: list[Any], many: int) -> list[Any]:
    """Return the lines and areas whose edges are the largest, of all edges and holes, with such holes as are too."""
    sizes = [(_size(ring), n, k) for n, (*_, rings) in enumerate(seen) for k, ring in enumerate(rings)]
    kept = {(n, k) for _, n, k in sorted(sizes, reverse=True)[:many]}
    return [
        (water, closed, [ring for k, ring in enumerate(rings) if (n, k) in kept])
        for n, (water, closed, rings) in enumerate(seen)
        if (n, 0) in kept
    ]


def _size(points: np.ndarray) -> float:
    """Return how wide or tall a line is [m], whichever is more."""
    return float(np.ptp(points, axis=0).max()) if len(points) else 0.0


def _simplified(points: np.ndarray, coarse: float) -> np.ndarray:
    """Return the points without which a line would leave its way by more than `coarse`."""
    keep = np.zeros(len(points), bool)
    if not len(points):
        return points
    keep[[0, -1]] = True
    todo = [(0, len(points) - 1)]
    while todo:
        first, last = todo.pop()
        if last - first < 2:
            continue
        start, way = points[first], points[last] - points[first]
        rest = points[first + 1 : last] - start
        square = float(way @ way)
        along = np.clip(rest @ way / square, 0.0, 1.0) if square > 0.0 else np.zeros(len(rest))
        off = np.hypot(*(rest - along[:, None] * way).T)
        worst = int(np.argmax(off))
        if off[worst] > coarse:
            middle = first + 1 + worst
            keep[middle] = True
            todo += [(first, middle), (middle, last)]
    return points[keep]
