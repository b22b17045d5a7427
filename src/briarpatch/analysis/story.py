"""A run as a result: its chronicle as a table, its telling as words, who did what when as a picture."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from ..chronicle import AUTHORS
from ..world import refs
from .drawing import events
from .results import Picture, Result

if TYPE_CHECKING:
    import polars as pl

    from ..chronicle import Chronicle, Entry
    from ..run import Run

MOST_ROWS = 24
"""People and things that have a row in the picture."""


class Story(Result):
    """What happened in one run."""

    def __init__(self, run: Run) -> None:
        self.run = run

    @property
    def table(self) -> pl.DataFrame:
        """One row for each entry of the chronicle; see `chronicle.frame_schema`."""
        return self.run.chronicle

    def text(self, width: int = 80) -> str:
        """Return the telling."""
        return self.run.tell(width)

    def facts(self) -> dict[str, Any]:
        """Return ending, measures and chronicle as plain data."""
        from ..storage import outcome

        given = {"scenario": self.run.scenario.name, "seed": self.run.seed, "choices": dict(self.run.choices)}
        return given | outcome(self.run) | {"chronicle": self.table.to_dicts()}

    def picture(self) -> Picture:
        """Return a row of moments for each who something happens to; what weighs most is told below."""
        told: dict[str, list[Entry]] = defaultdict(list)
        entries = [entry for entry in self.run.entries() if entry.weight]
        subjects = self.run.log.subjects
        for entry in entries:
            of_somebody = entry.subject and refs.kind_of(subjects[entry.number]) not in AUTHORS
            told[str(entry.subject) if of_somebody else "what happens"].append(entry)
        rows = sorted(told.items(), key=lambda row: row[1][0].time)
        kept = {name for name, _ in sorted(rows, key=lambda row: -len(row[1]))[:MOST_ROWS]}
        named = sorted(sorted(entries, key=lambda entry: -entry.weight)[:10], key=lambda entry: entry.time)
        note = "Each stroke is something that happens to whoever the row is about."
        title = f"{self.run.scenario.title}, seed {self.run.seed}"
        panel = events(
            "What happened, and when",
            [row for row in rows if row[0] in kept],
            self.run.scenario.start_hour,
            note,
            named,
        )
        return Picture(title, [panel])

    def traces(self) -> list[tuple[str, int, Chronicle]]:
        """Return the run as the only trace of an event log."""
        return [(f"{self.run.scenario.name}-{self.run.seed}", self.run.seed, self.run.log)]
