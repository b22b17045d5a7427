"""One scenario at many values of its uncertain numbers, without compiling it for each.

Compiling takes a tenth of a second and more, a world hardly longer; a study of sensitivity wants thousands of points.
Most uncertain numbers reach the compiled tables unchanged, or times or over a constant (a mean over a shape). So each
number is compiled at three values, the cells that follow it are found, and from then on a point is made by writing those
cells. Whether that gives what compiling gives is tried at two more points, cell by cell and bit by bit; where it does
not, every point is compiled in full.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..scenario.compile import compile_source
from ..scenario.scenario import MeasureInfo, Scenario
from ..scenario.uncertain import UncertainNumber
from ..world.world import Program, World

Cells = tuple[str, str, str | None]
"""Where cells are: "program" or "world", the table, and the column if the table has columns."""


@dataclass(frozen=True)
class _Follows:
    """Some cells of a column that follow a number: its value times or over a constant."""

    where: Cells
    rows: np.ndarray
    """Flat indices."""
    constant: float
    over: bool

    def value(self, number: float) -> float:
        return number / self.constant if self.over else number * self.constant


class Points:
    """Makes a scenario at any point of the ranges of some of its uncertain numbers."""

    def __init__(self, scenario: Scenario, numbers: Sequence[UncertainNumber]) -> None:
        self.scenario, self.numbers = scenario, list(numbers)
        self.measures: dict[str, list[MeasureInfo]] = {measure.name: [measure] for measure in scenario.measures}
        """Each measure as it is in the scenario, and at the ends of the ranges of its numbers."""
        self._plans: list[list[_Follows]] | None = self._find_plans() if numbers else []

    @property
    def quick(self) -> bool:
        """True when points are made by writing cells; False when each is compiled."""
        return self._plans is not None

    def settings(self, shares: Sequence[float]) -> dict[str, str]:
        """Return what `--set` would take for a point, from how far along its range each number is."""
        return {number.path: number.text(number.at(share)) for number, share in zip(self.numbers, shares, strict=True)}

    def values(self, shares: Sequence[float]) -> list[float]:
        """Return the value of each number at a point, in the author's unit."""
        return [number.at(share) for number, share in zip(self.numbers, shares, strict=True)]

    def at(self, shares: Sequence[float]) -> Scenario:
        """Return the scenario at a point; `shares` say how far along its range each number is, from 0 to 1."""
        return self._compiled(shares) if self._plans is None else self._written(shares, self._plans)

    def _compiled(self, shares: Sequence[float]) -> Scenario:
        base = self.scenario
        settings = base.overrides | self.settings(shares)
        return compile_source(base.source, base.given, settings, base.path, base.as_told)

    def _written(self, shares: Sequence[float], plans: Sequence[Sequence[_Follows]]) -> Scenario:
        base = self.scenario
        tables: dict[tuple[str, str], np.ndarray] = {}
        for number, share, plan in zip(self.numbers, shares, plans, strict=True):
            value = number.read(number.at(share))
            for follows in plan:
                side, table, column = follows.where
                if (side, table) not in tables:
                    tables[side, table] = getattr(getattr(base.built, side), table).copy()
                array = tables[side, table]
                cells = array if column is None else array[column]
                cells[np.unravel_index(follows.rows, cells.shape)] = follows.value(value)
        for (side, _), array in tables.items():
            if side == "program":
                array.flags.writeable = False
        program = base.program._replace(**{name: array for (side, name), array in tables.items() if side == "program"})
        world = base.built.world._replace(**{name: array for (side, name), array in tables.items() if side == "world"})
        built = replace(base.built, program=program, world=world)
        return replace(base, built=built, overrides=base.overrides | self.settings(shares))

    def _find_plans(self) -> list[list[_Follows]] | None:
        middle = [0.5] * len(self.numbers)
        plans: list[list[_Follows]] = []
        for place, number in enumerate(self.numbers):
            tried = [0.0, 0.37, 1.0]
            shares = [[*middle[:place], share, *middle[place + 1 :]] for share in tried]
            scenarios = [self._compiled(point) for point in shares]
            for measure in (measure for scenario in scenarios for measure in scenario.measures):
                if measure not in self.measures[measure.name]:
                    self.measures[measure.name].append(measure)
            values = [number.read(number.at(share)) for share in tried]
            plan = _plan(scenarios, values)
            if plan is None:
                return None
            plans.append(plan)
        generator = np.random.Generator(np.random.Philox(1))
        for point in generator.random((2, len(self.numbers))).tolist():
            if not _alike(self._compiled(point), self._written(point, plans)):
                return None
        return plans


def _plan(scenarios: Sequence[Scenario], values: Sequence[float]) -> list[_Follows] | None:
    """Return the cells that follow a number through `scenarios`, None when one follows it by another law."""
    plan = []
    for where, columns in _columns(scenarios):
        first = columns[0]
        if any(column.shape != first.shape for column in columns):
            return None
        flat = [column.reshape(-1) for column in columns]
        moved = np.flatnonzero((flat[0] != flat[2]) | (flat[0] != flat[1]))
        laws: dict[tuple[float, bool], list[int]] = {}
        for row in moved.tolist():
            law = _law(values, [float(column[row]) for column in flat])
            if law is None:
                return None
            laws.setdefault(law, []).append(row)
        plan += [_Follows(where, np.array(rows), *law) for law, rows in laws.items()]
    return plan


def _law(values: Sequence[float], cells: Sequence[float]) -> tuple[float, bool] | None:
    """Return (constant, whether it divides) by which cells follow values exactly, or None."""
    if not all(np.isfinite(cells)) or cells[2] == 0.0 or values[2] == 0.0:
        return None
    for constant, over in (
        (1.0, False),
        (round(values[2] / cells[2], 9), True),
        (round(cells[2] / values[2], 9), False),
    ):
        if constant != 0.0 and all(
            (value / constant if over else value * constant) == cell for value, cell in zip(values, cells, strict=True)
        ):
            return constant, over
    return None


def _columns(scenarios: Sequence[Scenario]) -> list[tuple[Cells, list[np.ndarray]]]:
    """Return every column of every table that is not the same in all of the scenarios."""
    found: list[tuple[Cells, list[np.ndarray]]] = []
    for side, fields in (("program", Program._fields), ("world", World._fields)):
        for table in fields:
            arrays = [getattr(getattr(scenario.built, side), table) for scenario in scenarios]
            if all(_equal(arrays[0], array) for array in arrays[1:]):
                continue
            names = arrays[0].dtype.names
            for column in names or (None,):
                parts = [np.ascontiguousarray(a if column is None else a[column]) for a in arrays]
                if not all(_equal(parts[0], part) for part in parts[1:]):
                    found.append(((side, table, column), parts))
    return found


def _equal(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and one.tobytes() == other.tobytes()


def _alike(one: Scenario, other: Scenario) -> bool:
    return all(
        _equal(a, b)
        for side in ("program", "world")
        for a, b in zip(getattr(one.built, side), getattr(other.built, side), strict=True)
    )
