"""Rows of a few thousand worlds in memory, for tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from briarpatch.analysis.worlds import Arm, Player, Reader, in_threads, players
from briarpatch.scenario.scenario import Scenario


def rows_of(
    scenario: str | Path | Scenario, arms: Sequence[Arm], seeds: Iterable[int], threads: int | None = None
) -> Any:
    """Return one row for each seed and arm, seeds outermost: the short way for a few thousand worlds in memory."""
    import polars as pl

    seats = players(scenario, arms)
    readers = [Reader(player.scenario) for player in seats]
    jobs = ((player, seed) for seed in seeds for player in seats)

    def read(job: tuple[Player, int]) -> dict[str, Any]:
        player, seed = job
        return readers[player.index].row(player, seed, player.play(seed))

    found: list[list[dict[str, Any]]] = [[] for _ in seats]
    for number, row in enumerate(in_threads(read, jobs, threads)):
        found[number % len(seats)].append(row)
    frames = [reader.frame(rows) for reader, rows in zip(readers, found, strict=True)]
    return pl.concat(frames, how="diagonal")
