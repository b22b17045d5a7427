"""Plays small scenarios for the tests of devices, radiation, ageing and malfunction, and reads their chronicles."""

from __future__ import annotations

import math

from briarpatch import assembly, engine
from briarpatch.scenario.catalog import load_text
from briarpatch.scenario.scenario import Scenario
from briarpatch.world import kinds, states
from briarpatch.world.compiled import INTERPRETED
from briarpatch.world.world import grow

HEAD = """
scenario: { title: a test, until: UNTIL }
maps: { ground: {} }
places:
  here: { map: ground, at: [0 km, 0 km] }
  there: { map: ground, at: [1 km, 0 km] }
PLACES
factions: { ours: {}, theirs: {} }
endings: { over: { told: it was over } }
"""


def few(n: int) -> int:
    """Return `n`, or a tenth where all runs as plain Python; tolerances follow the number drawn."""
    return max(n // 10, 20) if INTERPRETED else n


def within(share: float, p: float, n: int) -> bool:
    """Return True when a share of `n` agrees with `p` within four standard errors."""
    return abs(share - p) <= 4.0 * math.sqrt(p * (1.0 - p) / n)


def scene(text: str, until: str = "1 h", places: str = "") -> Scenario:
    """Return the scenario of `text` on the common ground of these tests, with more places if wanted."""
    return load_text(HEAD.replace("UNTIL", until).replace("PLACES", places) + text)


class Story:
    """One play-out and what its chronicle says."""

    def __init__(self, scenario: Scenario, seed: int = 1, stops: tuple[float, ...] = ()) -> None:
        self.scenario = scenario
        self.world = scenario.world(seed)
        for until in (*stops, math.inf):
            self.play(until)
        assert self.status == states.FINISHED, states.STATUS_NAMES[self.status]

    def play(self, until: float) -> None:
        while True:
            self.status = engine.play(self.scenario.program, self.world, until, 1_000_000)
            if self.status != states.NEEDS_ROOM:
                return
            self.world = grow(self.world)

    @property
    def entries(self):
        return self.world.chronicle[: int(self.world.state["entries"][0])]

    def told(self) -> list[tuple[str, float]]:
        """Return (kind, time) of what happened, without rules and what frames a story."""
        framing = (kinds.BEGAN, kinds.ENDED, kinds.RULE)
        return [(assembly.ENTRIES[e["kind"]].name, float(e["time"])) for e in self.entries if e["kind"] not in framing]

    def of(self, kind: int, subject: str = "") -> list:
        """Return the entries of a kind, about somebody or anybody."""
        return [e for e in self.entries if e["kind"] == kind and (not subject or self.name(e["subject"]) == subject)]

    def times(self, kind: int, subject: str = "") -> list[float]:
        return [float(e["time"]) for e in self.of(kind, subject)]

    def name(self, reference: int) -> str:
        return self.scenario.names.label(reference)

    def person(self, name: str):
        return self.world.people[self.scenario.names.rows["person"][name]]

    def check_causes(self) -> None:
        """Assert that every entry but the first and those of rules that rest on nothing names an earlier cause."""
        for number, entry in enumerate(self.entries):
            if entry["kind"] in (kinds.BEGAN, kinds.RULE, kinds.ENDED):
                continue
            assert 0 <= entry["cause"] < number, (number, assembly.ENTRIES[entry["kind"]].name)

    def check_order(self) -> None:
        """Assert that nothing is told before what came earlier."""
        times = [float(e["time"]) for e in self.entries]
        assert times == sorted(times)
