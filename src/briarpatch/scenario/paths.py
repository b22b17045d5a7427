"""Paths over terrain, found once when a scenario is compiled.

The costs are those of `laws.march`; the search is Dijkstra's (1959), by SciPy. A grid of 8 or 16
directions overestimates the length of oblique ways, by up to 8.2 or 2.7 percent, however fine it is.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..laws.march import grid_edges

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Node = tuple[int, int]


class Path(NamedTuple):
    """A path: its `cost` [s], infinite when there is none, and its `nodes` [k, 2], rows and columns, from
    start to goal.
    """

    cost: float
    nodes: np.ndarray


def terrain_graph(
    elevation: np.ndarray,
    surface: np.ndarray,
    hazard: np.ndarray,
    spacing: float,
    exchange: float = 0.0,
    neighbours: int = 8,
) -> csr_array:
    """Return the directed graph [r c, r c] of costs [s] between the nodes of a terrain grid.

    Args:
        elevation: heights of the nodes [r, c], m; at least 2 by 2.
        surface: factor on walking speed in the cells between nodes [r - 1, c - 1]; 0 is impassable.
        hazard: capture hazard in the cells [r - 1, c - 1], 1/s.
        spacing: distance of neighbouring nodes, m.
        exchange: worth of a certain capture, s; 0 gives fastest paths, infinity those without any hazard.
        neighbours: 8 or 16 directions.

    Raises:
        ValueError: if shapes do not fit, a value is out of range or `neighbours` is neither 8 nor 16.
    """
    elevation = np.ascontiguousarray(elevation, dtype=np.float64)
    surface = np.ascontiguousarray(surface, dtype=np.float64)
    hazard = np.ascontiguousarray(hazard, dtype=np.float64)
    if elevation.ndim != 2 or min(elevation.shape) < 2:
        raise ValueError(f"elevation must be a grid of at least 2 by 2 nodes, got shape {elevation.shape}")
    cells = (elevation.shape[0] - 1, elevation.shape[1] - 1)
    if surface.shape != cells or hazard.shape != cells:
        shapes = f"{surface.shape} and {hazard.shape}"
        raise ValueError(f"surface and hazard must have the shape {cells} of the cells, got {shapes}")
    if neighbours not in (8, 16):
        raise ValueError(f"neighbours must be 8 or 16, got {neighbours}")
    if not spacing > 0.0:
        raise ValueError(f"spacing must be above 0 m, got {spacing}")
    if not exchange >= 0.0:
        raise ValueError(f"exchange must be 0 s or more, got {exchange}")
    if not ((surface >= 0.0).all() and (hazard >= 0.0).all()):
        raise ValueError("surface and hazard must be 0 or more everywhere")
    if not np.isfinite(elevation).all():
        raise ValueError("elevation must be finite everywhere; make a cell impassable with surface 0")
    size = elevation.size
    from scipy.sparse import csr_array  # costs a quarter of a second, and few scenarios have terrain

    room = size * neighbours
    start, end, cost = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room)
    count = grid_edges(elevation, surface, hazard, float(spacing), float(exchange), neighbours, start, end, cost)
    return csr_array((cost[:count], (start[:count], end[:count])), shape=(size, size))


def cheapest_path(graph: csr_array, columns: int, start: Node, goal: Node) -> Path:
    """Return the cheapest path from `start` to `goal` (row, column) in a graph of a grid with so many
    `columns`.
    """
    from scipy.sparse.csgraph import dijkstra

    source, target = (node[0] * columns + node[1] for node in (start, goal))
    costs, before = dijkstra(graph, indices=source, return_predecessors=True)
    if math.isinf(costs[target]):
        return Path(math.inf, np.empty((0, 2), np.int64))
    nodes = [target]
    while nodes[-1] != source:
        nodes.append(int(before[nodes[-1]]))
    return Path(float(costs[target]), np.array([divmod(node, columns) for node in reversed(nodes)]))
