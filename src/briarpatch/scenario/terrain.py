"""Ways over the terrain of a map: a raster of kinds of ground, and the way of least cost across it as points to walk by.

Cells are given row by row, the northernmost first, one character each; nodes stand at their corners, as high as the
cells around them on average. The cost of a step is its time by Tobler's speed and the ground's footing, times
1 + worth x hazard of capture (Dijkstra 1959, by `paths`). The hazard of a cell counts by the chance that
a lock through the interference there succeeds, exp(-(1 + I) / margin), when a margin is given.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..laws.march import edge_cost, edge_time, walking_speed
from ..laws.transporter import lock_probability
from .paths import cheapest_path, terrain_graph
from .schema import Find, Terrain

Point = tuple[float, float]
MOST_CELLS = 250_000


class Stop(NamedTuple):
    """The end of a stretch of a way that was found, and the ground that leads to it."""

    at: Point
    height: float
    footing: float
    cover: float
    interference: float | None = None
    width: float | None = None
    gate: float | None = None


class Grid(NamedTuple):
    """A terrain as arrays: heights of the nodes [r + 1, c + 1], and what the cells [r, c] are like, row 0 in the south."""

    heights: np.ndarray
    footing: np.ndarray
    cover: np.ndarray
    hazard: np.ndarray


def grid_of(terrain: Terrain) -> Grid:
    """Return a terrain as arrays; rows must be of one length and their characters kinds (see `faults`)."""
    kinds = [[terrain.kinds[sign] for sign in row] for row in reversed(terrain.rows)]
    height, footing, cover, hazard = (
        np.array([[getattr(kind, what) for kind in row] for row in kinds], float)
        for what in ("height", "footing", "cover", "hazard")
    )
    total, count = (
        np.zeros((height.shape[0] + 1, height.shape[1] + 1)),
        np.zeros((height.shape[0] + 1, height.shape[1] + 1)),
    )
    for dr in (0, 1):
        for dc in (0, 1):
            total[dr : dr + height.shape[0], dc : dc + height.shape[1]] += height
            count[dr : dr + height.shape[0], dc : dc + height.shape[1]] += 1.0
    return Grid(total / count, footing, cover, hazard)


def faults(terrain: Terrain) -> list[tuple[tuple[str | int, ...], str]]:
    """Return what is wrong with a terrain: the path of each fault in it, and what to say."""
    found: list[tuple[tuple[str | int, ...], str]] = []
    width = len(terrain.rows[0])
    if width * len(terrain.rows) > MOST_CELLS:
        return [
            (("rows",), f"has {width * len(terrain.rows)} cells, at most {MOST_CELLS} are allowed; take larger cells")
        ]
    for i, row in enumerate(terrain.rows):
        if len(row) != width or not row:
            found.append(
                (("rows", i), f"has {len(row)} cells, the first row has {width}; make them as long as one another")
            )
        found += [
            (("rows", i), f"no kind '{sign}'; write it under 'kinds'") for sign in sorted(set(row) - set(terrain.kinds))
        ]
    return found


def find_way(
    terrain: Terrain, find: Find, start: Point, end: Point, noise: Callable[[float, float], float]
) -> list[Stop]:
    """Return the stops of the way of least cost from `start` to `end` [m]; none when there is no way.

    Raises ValueError when one of them lies outside the terrain.
    """
    grid = grid_of(terrain)
    hazard = grid.hazard.copy()
    x0, y0 = terrain.at
    if find.margin is not None:
        for r, c in np.ndindex(hazard.shape):
            interference = noise(x0 + (c + 0.5) * terrain.cell, y0 + (r + 0.5) * terrain.cell)
            hazard[r, c] *= lock_probability(find.margin / (1.0 + interference))
    nodes = [_node(terrain, grid, place) for place in (start, end)]
    graph = terrain_graph(grid.heights, grid.footing, hazard, terrain.cell, find.worth, find.neighbours)
    begin, goal = (
        (y - y0 - row * terrain.cell, x - x0 - column * terrain.cell)
        for (x, y), (row, column) in zip((start, end), nodes, strict=True)
    )
    path = cheapest_path(graph, grid.heights.shape[1], nodes[0], nodes[1], (begin, goal))
    if math.isinf(path.cost):
        return []
    stops: list[Stop] = []
    way = None
    for before, after in zip(path.nodes[:-1], path.nodes[1:], strict=True):
        rise = float(grid.heights[tuple(after)] - grid.heights[tuple(before)])
        footing, cover = _ground(grid, hazard, find.worth, tuple(before), tuple(after), terrain.cell)
        at = (x0 + float(after[1]) * terrain.cell, y0 + float(after[0]) * terrain.cell)
        step = Stop(at, float(grid.heights[tuple(after)]), footing, cover)
        here = (tuple(after - before), rise, footing, cover)
        if way == here:
            stops[-1] = step
        else:
            stops.append(step)
        way = here
    last = stops[-1] if stops else Stop(end, float(grid.heights[nodes[1]]), 1.0, 1.0)
    return [*stops, last._replace(at=end)] if not stops or stops[-1].at != end else stops


def height_at(terrain: Terrain, place: Point) -> float:
    """Return the height [m] of the node of a terrain that is nearest to a place in it."""
    grid = grid_of(terrain)
    return float(grid.heights[_node(terrain, grid, place)])


def _node(terrain: Terrain, grid: Grid, place: Point) -> tuple[int, int]:
    row, column = round((place[1] - terrain.at[1]) / terrain.cell), round((place[0] - terrain.at[0]) / terrain.cell)
    if not (0 <= row < grid.heights.shape[0] and 0 <= column < grid.heights.shape[1]):
        raise ValueError("lies outside the terrain of its map")
    return row, column


def _ground(grid: Grid, hazard: np.ndarray, worth: float, a: tuple, b: tuple, cell: float) -> tuple[float, float]:
    """Return the footing and the cover of the step between two nodes: of the better cell beside it, or those it crosses."""
    (r, c), (r2, c2) = a, b
    rows, columns = grid.footing.shape
    length = cell * math.hypot(r2 - r, c2 - c)
    slope = float(grid.heights[b] - grid.heights[a]) / length
    i, j = min(r, r2), min(c, c2)
    if r == r2 or c == c2:
        beside = [(i - (r == r2) * side, j - (c == c2) * side) for side in (0, 1)]
        crossed = [
            min(
                (x for x in beside if 0 <= x[0] < rows and 0 <= x[1] < columns),
                key=lambda x: edge_cost(
                    edge_time(length, walking_speed(slope, float(grid.footing[x]))), worth, float(hazard[x])
                ),
            )
        ]
    else:
        tall, wide = abs(r2 - r), abs(c2 - c)
        crossed = [(i + part * (tall - 1), j + part * (wide - 1)) for part in range(max(tall, wide))]
    footing = len(crossed) / sum(1.0 / float(grid.footing[x]) for x in crossed)
    return footing, sum(float(grid.cover[x]) for x in crossed) / len(crossed)
