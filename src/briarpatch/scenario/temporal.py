"""Whether statements about times can all be true at once: simple temporal networks.

A network has a node for each event and one for the start of time. A statement bounds the difference of two times:
`time(to) - time(of) <= most`, or `<` where `strict`. All of them can hold together exactly when the graph with an edge
of length `most` from `of` to `to` has no cycle of negative length (Dechter, Meiri and Pearl, Temporal constraint
networks, Artificial Intelligence 49, 1991, doi:10.1016/0004-3702(91)90006-6). Lengths are pairs (microseconds, minus the
number of strict statements) of whole numbers, compared from the left: sums are exact, and a cycle of length zero with a
strict statement counts as negative without an arbitrary smallest gap. The search is Bellman and Ford's; library versions
know single numbers only, or do not say which cycle they found.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Bound(NamedTuple):
    """The statement `time(to) - time(of) <= most` [s], or `<` when `strict`; `tag` says where it comes from."""

    of: int
    to: int
    most: float
    strict: bool
    tag: int


def contradiction(nodes: int, bounds: Sequence[Bound]) -> list[Bound]:
    """Return statements that cannot all be true, in the order of the cycle that shows it; [] when all can."""
    length = [(0, 0)] * nodes
    last: list[Bound | None] = [None] * nodes
    changed = -1
    for _ in range(nodes):
        changed = -1
        for bound in bounds:
            microseconds, strict = length[bound.of]
            found = (microseconds + round(bound.most * 1e6), strict - bound.strict)
            if found < length[bound.to]:
                length[bound.to] = found
                last[bound.to] = bound
                changed = bound.to
        if changed < 0:
            return []
    node = changed
    for _ in range(nodes):  # from here the way back must be within a cycle
        node = _came_from(last, node)
    cycle: list[Bound] = []
    at = node
    while True:
        bound = last[at]
        assert bound is not None
        cycle.append(bound)
        at = bound.of
        if at == node:
            return cycle[::-1]


def _came_from(last: list[Bound | None], node: int) -> int:
    bound = last[node]
    return node if bound is None else bound.of
