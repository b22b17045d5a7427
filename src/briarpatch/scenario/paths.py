"""Paths over terrain, found once when a scenario is compiled.

The costs are those of `laws.march`; the search is Dijkstra's (1959), by SciPy. A grid of 8 or 16
directions overestimates the length of oblique ways, by up to 8.2 or 2.7 percent, however fine it is.

Two impassable cells that touch at a corner are a wall without a gap. The node there stands twice in the graph, once for each of
the two passable cells beside it, with the steps that lead into that cell.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..laws.march import grid_edges

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Node = tuple[int, int]


class Graph(NamedTuple):
    """What it costs to walk over a terrain."""

    costs: csr_array
    """The directed graph of costs [s] between nodes; the last of them are the twins."""
    split: np.ndarray
    """The node [k] of which each twin, at a corner where two impassable cells touch, is the lower side."""
    leans: np.ndarray
    """Which passable cells meet there [k]: 1 for the lower left and the upper right one, -1 for the other two."""


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
) -> Graph:
    """Return the directed graph of costs [s] between the nodes of a terrain grid.

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
    start, end, cost = start[:count], end[:count], cost[:count]
    passable = (surface > 0.0) & ~((hazard > 0.0) & math.isinf(exchange))
    split, leans = _touching_corners(passable)
    twin = np.full(size, -1, np.int32)
    twin[split] = size + np.arange(len(split), dtype=np.int32)
    lean = np.zeros(size, np.int32)
    lean[split] = leans
    columns = elevation.shape[1]
    up, right = end // columns - start // columns, end % columns - start % columns
    below = _is_below(up, right, lean[start]), _is_below(-up, -right, lean[end])
    start, end = np.where(below[0], twin[start], start), np.where(below[1], twin[end], end)
    whole = size + len(split)
    return Graph(csr_array((cost, (start, end)), shape=(whole, whole)), split, leans)


def _touching_corners(passable: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the nodes [k] at which two impassable cells touch at a corner alone, and which cells are passable there."""
    lower_left, lower_right = passable[:-1, :-1], passable[:-1, 1:]
    upper_left, upper_right = passable[1:, :-1], passable[1:, 1:]
    rising = lower_left & upper_right & ~lower_right & ~upper_left
    falling = lower_right & upper_left & ~lower_left & ~upper_right
    rows, columns = np.nonzero(rising | falling)
    return (rows + 1) * (passable.shape[1] + 1) + columns + 1, np.where(rising[rows, columns], 1, -1)


def _is_below(up: np.ndarray | float, right: np.ndarray | float, leans: np.ndarray | int) -> Any:
    """Return True for what lies, seen from a split node, towards its lower passable cell."""
    return (np.asarray(leans) != 0) & (up + leans * right < 0)


def cheapest_path(
    graph: Graph,
    columns: int,
    start: Node,
    goal: Node,
    offsets: tuple[tuple[float, float], tuple[float, float]] = ((0.0, 0.0), (0.0, 0.0)),
) -> Path:
    """Return the cheapest path from `start` to `goal` (row, column) in a graph of a grid with so many `columns`.

    `offsets` say how far up and to the right of these nodes one really is, which tells the sides of a wall apart.
    """
    from scipy.sparse.csgraph import dijkstra

    size = len(graph.costs.indptr) - 1 - len(graph.split)

    def sides(node: Node, offset: tuple[float, float]) -> list[int]:
        plain = node[0] * columns + node[1]
        found = np.flatnonzero(graph.split == plain)
        if not len(found):
            return [plain]
        across = offset[0] + graph.leans[found[0]] * offset[1]
        return [*([plain] if across >= 0.0 else []), *([size + int(found[0])] if across <= 0.0 else [])]

    sources, targets = sides(start, offsets[0]), sides(goal, offsets[1])
    costs, before, _ = dijkstra(graph.costs, indices=sources, return_predecessors=True, min_only=True)
    target = min(targets, key=lambda node: costs[node])
    if math.isinf(costs[target]):
        return Path(math.inf, np.empty((0, 2), np.int64))
    nodes = [target]
    while nodes[-1] not in sources:
        nodes.append(int(before[nodes[-1]]))
    plain = [node if node < size else int(graph.split[node - size]) for node in reversed(nodes)]
    return Path(float(costs[target]), np.array([divmod(node, columns) for node in plain]))
