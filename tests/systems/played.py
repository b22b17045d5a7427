"""Small scenarios from text, played, and their chronicles as plain rows: what the tests of systems share."""

from __future__ import annotations

import math
from dataclasses import dataclass

from briarpatch import assembly, engine
from briarpatch.scenario.catalog import load_text
from briarpatch.scenario.scenario import Scenario
from briarpatch.world import states
from briarpatch.world import world as worlds

HEAD = """
scenario: { title: test, until: 1000 d }
maps: { field: {}, sea: {} }
factions: { us: {}, them: {} }
endings: { over: { told: over } }
"""


@dataclass
class Entry:
    """One entry of a chronicle, with names instead of references."""

    number: int
    time: float
    kind: str
    subject: str
    object: str
    place: int
    amount: float
    cause: int


class Played:
    """A scenario and one world of it."""

    def __init__(self, text: str, seed: int = 1, until: float = math.inf, scenario: Scenario | None = None) -> None:
        self.scenario = scenario or load_text(HEAD + text)
        self.names = self.scenario.names
        self.world = self.scenario.world(seed)
        self.go(until)

    def go(self, until: float) -> int:
        """Play on, giving the world room as it needs it; a guard that breaks is an error."""
        status = states.NEEDS_ROOM
        while status == states.NEEDS_ROOM:
            status = engine.play(self.scenario.program, self.world, until, 10_000_000)
            if status == states.NEEDS_ROOM:
                self.world = worlds.grow(self.world)
        assert status != states.BROKEN, states.GUARD_NAMES[self.world.state.broken[0]]
        return int(status)

    def entries(self, kind: str | None = None) -> list[Entry]:
        """Return the entries of one kind, or all."""
        found = []
        for i in range(int(self.world.state.entries[0])):
            row = self.world.chronicle[i]
            name = assembly.ENTRIES[row.kind].name
            if kind in (None, name):
                subject, object_ = self.label(row.subject), self.label(row.object)
                found.append(
                    Entry(i, float(row.time), name, subject, object_, int(row.place), float(row.amount), int(row.cause))
                )
        return found

    def label(self, reference: int) -> str:
        """Return the name of an entity; a nameless member of a crowd by row."""
        return self.names.label(reference) or (f"#{reference % (1 << 20)}" if reference >= 0 else "")

    def person(self, name: str):
        """Return somebody's row of `people`."""
        return self.world.people[self.names.rows["person"][name]]

    def place(self, name: str) -> int:
        """Return the row of a place, or of the inside of a vessel."""
        row = self.names.row("spot", name)
        assert row is not None
        return row

    def party(self, row: int):
        """Return a row of `parties`."""
        return self.world.parties[row]

    def all_caused(self) -> bool:
        """Return True when every entry but the first and the ending names an entry before it as its cause."""
        for entry in self.entries():
            if entry.kind in ("began", "ended", "rule"):
                continue
            if not 0 <= entry.cause < entry.number:
                return False
        return True


def near_share(hits: int, n: int, p: float) -> bool:
    """Return True when a proportion is within 4 standard errors of p (rule 0.10)."""
    return abs(hits / n - p) <= 4.0 * math.sqrt(p * (1.0 - p) / n) + 1e-12
