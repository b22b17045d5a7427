"""One play-out of a text for tests of where people are and how they walk, with what can be read of it."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from briarpatch import engine
from briarpatch.scenario.catalog import load_text
from briarpatch.world import states
from briarpatch.world.world import grow

CASES = Path(__file__).parent / "cases"


class Tale:
    """One play-out of a text, which can be played on."""

    def __init__(self, text: str, seed: int = 1, until: float = math.inf) -> None:
        self.scenario = load_text(text)
        self.world = self.scenario.world(seed)
        self.go(until)

    def go(self, until: float = math.inf) -> Tale:
        """Play on to `until` [s] or the end; a guard that breaks is an error."""
        while (status := engine.play(self.scenario.program, self.world, until)) == states.NEEDS_ROOM:
            self.world = grow(self.world)
        assert status != states.BROKEN
        return self

    def measures(self) -> dict[str, float]:
        """Return every measure by its name."""
        values = engine.measures(self.scenario.program, self.world).tolist()
        return dict(zip([m.name for m in self.scenario.measures], values, strict=True))

    def entries(self, kind: int) -> list[np.void]:
        """Return the entries of a kind."""
        written = self.world.chronicle[: int(self.world.state["entries"][0])]
        return [entry for entry in written if entry["kind"] == kind]

    def times(self, kind: int) -> list[float]:
        """Return the times [s] of the entries of a kind."""
        return [float(entry["time"]) for entry in self.entries(kind)]

    def body(self, name: str) -> np.void:
        """Return the row of somebody."""
        return self.world.people[self.scenario.names.rows["person"][name]]

    def at(self, name: str) -> int | None:
        """Return the row of a place, or of the inside of a vessel or a device."""
        return self.scenario.names.row("spot", name)


def case(name: str, seed: int = 1, until: float = math.inf) -> Tale:
    """Return a play-out of a case."""
    return Tale((CASES / f"{name}.yaml").read_text(), seed, until)
