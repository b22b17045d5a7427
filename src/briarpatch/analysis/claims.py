"""How the assertions of a scenario's documents stood in a run.

A claim names what tests it; here each test is read off: whether a fact was so in the end and how many knew it, how often a
directive was broken, who weighs a value most, what a measure came to, how a decision fell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..columns import fill
from ..errors import RequestError
from ..telling import plain as plain_text
from .results import Panel, Picture, Result, Series

if TYPE_CHECKING:
    import polars as pl

    from ..run import Run

TESTS = ("fact", "directive", "value", "measure", "decision")


@dataclass(frozen=True)
class Standing:
    """One test of one claim: `name` is the fact, directive, value, measure or decision, and `found` how it stood."""

    claim: str
    told: str
    labels: tuple[str, ...]
    says: str
    test: str
    name: str
    found: str


@dataclass(frozen=True, eq=False)
class Claims(Result):
    """How every claim stood."""

    title: str
    standings: Sequence[Standing]

    @property
    def table(self) -> pl.DataFrame:
        """A row for each claim and test."""
        import polars as pl

        columns = ("claim", "told", "labels", "says", "test", "name", "found")
        rows = [(s.claim, s.told, " ".join(s.labels), s.says, s.test, s.name, s.found) for s in self.standings]
        return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")

    def facts(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {"claims": self.table.to_dicts()}

    def text(self, width: int = 80) -> str:
        """Return every claim with how it stood."""
        return "\n".join(self._lines(width))

    def _lines(self, width: int) -> Iterator[str]:
        last = ""
        for s in self.standings:
            if s.claim != last:
                last = s.claim
                says = f" (says {s.says})" if s.says else ""
                labels = f" [{', '.join(s.labels)}]" if s.labels else ""
                yield fill(plain_text(f"{s.claim}: {s.told}{says}{labels}"), width, rest="    ")
            what = f"{s.test} {s.name}: {s.found}" if s.name else f"{s.test}: {s.found}"
            yield fill(plain_text(what), width, first="    ", rest="      ")

    def picture(self) -> Picture:
        """Return how many claims each sort of test is for."""
        counts = [float(sum(s.test == test for s in self.standings)) for test in TESTS]
        bars = Series("claims", TESTS, counts, style="bars")
        return Picture(self.title, [Panel("What puts the claims to the test", "", "claims", [bars], flat=True)])


def claims(run: Run) -> Claims:
    """Return how the claims of a run's scenario stood at its end; raises RequestError when it has none."""
    document = run.scenario.document
    if not document.claims:
        raise RequestError(f"scenario '{run.scenario.name}' has no claims")
    read = _Reading(run)
    found = []
    for name, claim in document.claims.items():
        head = (name, claim.told, tuple(claim.labels), claim.says or "")
        for test in TESTS:
            wanted = getattr(claim, test)
            if wanted is not None:
                found.append(Standing(*head, test, wanted, getattr(read, test)(wanted)))
        if claim.untested is not None:
            found.append(Standing(*head, "untested", "", claim.untested))
    return Claims(run.scenario.title, found)


class _Reading:
    """Reads single tests off a run."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.rows = run.scenario.names.rows
        self.people = list(self.rows.get("person", {}))
        self.measures = run.measures

    def fact(self, name: str) -> str:
        row = self.rows["fact"][name]
        is_so = bool(self.run.world.facts["true"][row])
        knew = int((self.run.world.beliefs["known"][:, row] != 0).sum())
        return f"{'so' if is_so else 'not so'}, and known to {knew} of {len(self.people)}"

    def directive(self, name: str) -> str:
        from ..world import kinds, refs

        broken = refs.DIRECTIVE * refs.ROWS_PER_KIND + self.rows["directive"][name]
        pairs = zip(self.run.log.kinds, self.run.log.objects, strict=True)
        times = sum(kind == kinds.VIOLATED and about == broken for kind, about in pairs)
        return "kept" if not times else f"broken {times} time{'s' * (times > 1)}"

    def value(self, name: str) -> str:
        weights = self.run.world.values[:, self.rows["value"][name]].tolist()
        most = max(weights, default=0.0)
        whom = [person for person, weight in zip(self.people, weights, strict=False) if weight == most]
        return f"weighed most by {', '.join(whom)} ({most:g})" if most > 0.0 else "weighed by nobody"

    def measure(self, name: str) -> str:
        unit = self.run.scenario.document.measures[name].unit
        return f"{self.measures[name]:,.6g} {unit}".strip()

    def decision(self, name: str) -> str:
        from ..world import kinds, refs

        options = {
            refs.OPTION * refs.ROWS_PER_KIND + row: option.rpartition(".")[2]
            for option, row in self.rows.get("option", {}).items()
            if option.rpartition(".")[0] == name
        }
        pairs = zip(self.run.log.kinds, self.run.log.objects, strict=True)
        taken = [options[about] for kind, about in pairs if kind == kinds.CHOSE and about in options]
        return f"fell for {', then '.join(taken)}" if taken else "was never asked"
