"""Plays small scenarios for the tests of ships, transporters and signals, and reads their chronicles."""

from __future__ import annotations

import math

from briarpatch import assembly, engine
from briarpatch.scenario.catalog import load_text
from briarpatch.scenario.scenario import Scenario
from briarpatch.world import kinds, states
from briarpatch.world.compiled import INTERPRETED
from briarpatch.world.world import grow

ROOTLESS = (kinds.BEGAN, kinds.RULE, kinds.ENDED)
"""Kinds that may rest on nothing."""


def few(n: int) -> int:
    """Return `n`, or a tenth where all runs as plain Python; tolerances follow the number drawn."""
    return max(n // 10, 20) if INTERPRETED else n


def close_share(hits: int, n: int, p: float) -> bool:
    """Return True when a share agrees with `p` within four standard errors."""
    return abs(hits / n - p) <= 4.0 * math.sqrt(p * (1.0 - p) / n)


def close_mean(values: list[float], mean: float) -> bool:
    """Return True when the mean of `values` agrees with `mean` within four standard errors."""
    n = len(values)
    found = math.fsum(values) / n
    spread = math.sqrt(math.fsum((v - found) ** 2 for v in values) / (n - 1))
    return abs(found - mean) <= 4.0 * spread / math.sqrt(n)


class Play:
    """One play-out, perhaps interrupted at given times, and what its chronicle says."""

    def __init__(self, scenario: Scenario | str, seed: int = 1, stops: tuple[float, ...] = ()) -> None:
        self.scenario = load_text(scenario) if isinstance(scenario, str) else scenario
        self.world = self.scenario.world(seed)
        for until in (*stops, math.inf):
            while True:
                status = engine.play(self.scenario.program, self.world, until, 1_000_000)
                if status != states.NEEDS_ROOM:
                    break
                self.world = grow(self.world)
        assert status == states.FINISHED, states.STATUS_NAMES[status]

    @property
    def entries(self):
        return self.world.chronicle[: int(self.world.state["entries"][0])]

    def name(self, reference: int) -> str:
        return self.scenario.names.label(int(reference)) if reference >= 0 else ""

    def of(self, kind: int, subject: str = "") -> list:
        """Return the entries of a kind, about somebody or anybody."""
        return [e for e in self.entries if e["kind"] == kind and subject in ("", self.name(e["subject"]))]

    def times(self, kind: int, subject: str = "") -> list[float]:
        return [float(e["time"]) for e in self.of(kind, subject)]

    def told(self) -> list[tuple[float, str, str, str, float]]:
        """Return the whole chronicle in names."""
        return [
            (
                float(e["time"]),
                assembly.ENTRIES[e["kind"]].name,
                self.name(e["subject"]),
                self.name(e["object"]),
                float(e["amount"]),
            )
            for e in self.entries
        ]

    def vessel(self, name: str):
        return self.world.vessels[self.scenario.names.rows["vessel"][name]]

    def person(self, name: str):
        return self.world.people[self.scenario.names.rows["person"][name]]

    def measures(self) -> list[float]:
        return [float(v) for v in engine.measures(self.scenario.program, self.world)]

    def check(self) -> Play:
        """Assert that time never runs back and that every entry names an earlier cause."""
        times = [float(e["time"]) for e in self.entries]
        assert times == sorted(times)
        for number, entry in enumerate(self.entries):
            if entry["kind"] not in ROOTLESS:
                assert 0 <= entry["cause"] < number, (number, assembly.ENTRIES[entry["kind"]].name)
        return self
