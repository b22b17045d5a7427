"""What never happens in many runs of a scenario, what always does, and where runs come to nothing.

Everything that an author named is counted by the runs in which it happened: rules, events, decisions, options, endings, beats;
decisions also by the runs in which the question was put and stayed unanswered; and every verb that the scenario uses, by the runs in which something that asks for it happened. A *dead end* is a run that
lasts to the horizon with nothing worth telling in its last part. A *guard* is a limit that stopped a world.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack

import numpy as np

from .. import assembly
from ..columns import fill
from ..errors import whole_number
from ..run import settled
from ..scenario.scenario import Scenario
from ..world import kinds, refs, states
from . import jobs
from .accounts import Reader, Scorer
from .jobs import Asking, How, Packed, Question, Round
from .measures import wilson
from .results import Panel, Picture, Result, Series
from .worlds import Arm, Player

if TYPE_CHECKING:
    import polars as pl

    from ..world.world import World

SORTS = ("rule", "event", "decision", "unanswered", "option", "verb", "beat", "ending")
RARE = ("unanswered",)
"""Sorts of which it is no news that something never happened."""
LAST_PART = 0.2
"""The share of the time to the horizon in which something has to be told, or the run is a dead end."""
SELDOM = 0.02
MOST_SEEDS = 8
"""Seeds that are named as examples."""


class Name(NamedTuple):
    """One thing that can happen: its sort (see SORTS) and what the scenario calls it."""

    sort: str
    name: str


@dataclass(frozen=True)
class Seen:
    """What one run had: the numbers of the things that happened, how it ended, and how far it was each account."""

    seed: int
    happened: np.ndarray
    dead_end: bool
    guard: str
    fitness: Mapping[str, float]


def soak(
    scenario: str | Path | Scenario,
    count: int = 200,
    seed: int = 0,
    *,
    choices: Mapping[str, str] | None = None,
    variants: Mapping[str, str] | None = None,
    overrides: Mapping[str, str] | None = None,
    as_told: str | None = None,
    **how: Unpack[How],
) -> Soak:
    """Play `count` runs of `scenario`, with the seeds from `seed` on, and return what became of them.

    The settings are as for `run`; `how` says where and with how much it is played, and where it is kept, as in `jobs.How`.
    Raises RequestError when `count` is not positive, ScenarioError when the scenario is at fault.
    """
    count = whole_number(count, 1, 1 << 40, "soak plays at least 1 run")
    seed = whole_number(seed, 0, (1 << 64) - 1, "seed must be a whole number from 0 to 2**64 - 1")
    found = settled(scenario, variants, overrides, as_told)
    return jobs.answer(Soaking(found, choices or {}, seed, count), **how)


class Soaking(Question["Soak"]):
    """What happens in many runs: a task is a seed."""

    kind = "soak"

    def __init__(self, scenario: Scenario, choices: Mapping[str, str], first: int, count: int = 1) -> None:
        self.scenario, self.seeds = scenario, range(first, first + count)
        self.witness = Witness(scenario)
        self.player = Player(scenario, Arm(choices=dict(choices)))

    def remake(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Return how another process makes the same question."""
        return _soaking, (Packed.of(self.scenario), self.player.arm.choices, self.seeds.start)

    def settings(self) -> dict[str, Any]:
        """Return what is fixed, and the first seed."""
        return {"choices": dict(self.player.arm.choices), "first_seed": self.seeds.start}

    def columns(self) -> dict[str, Any]:
        """Return the columns of a run: what happened, a bit for each name, how it came out, and how far it is each account."""
        import polars as pl

        masks = dict.fromkeys(self._masks(), pl.UInt64)
        fitness = dict.fromkeys((f"fitness:{name}" for name in self.witness.accounts), pl.Float64)
        return masks | {"dead_end": pl.Int64, "guard": pl.String} | fitness

    def _masks(self) -> list[str]:
        return [f"happened:{at}" for at in range(0, max(1, len(self.witness.names)), 64)]

    def rows(self, topic: Any, number: int) -> list[dict[str, Any]]:
        """Play a run and read off what happened in it."""
        seen = self.witness.see(number, self.player.play(number))
        bits = 0
        for turn in seen.happened.tolist():
            bits |= 1 << turn
        row: dict[str, Any] = {name: bits >> 64 * k & (1 << 64) - 1 for k, name in enumerate(self._masks())}
        row |= {"dead_end": int(seen.dead_end), "guard": seen.guard}
        return [row | {f"fitness:{name}": value for name, value in seen.fitness.items()}]

    def ask(self, store: Any) -> Asking[Soak]:
        """Play every seed."""
        rows = yield Round(0, "playing", (None,), self.seeds)
        masks, seen = self._masks(), []
        for seed, row in zip(self.seeds, rows.iter_rows(named=True), strict=True):
            bits = sum(row[name] << 64 * k for k, name in enumerate(masks))
            happened = [turn for turn in range(len(self.witness.names)) if bits >> turn & 1]
            fitness = {name: row[f"fitness:{name}"] for name in self.witness.accounts}
            seen.append(Seen(seed, np.array(happened, np.int64), bool(row["dead_end"]), row["guard"], fitness))
        return Soak(self.scenario.name, tuple(self.witness.names), tuple(seen))


def _soaking(packed: Packed, choices: Mapping[str, str], first: int) -> Soaking:
    return Soaking(packed.open(), choices, first)


class Witness:
    """Reads off the worlds of a scenario what happened in them; may be used by several threads."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.names: list[Name] = []
        self._turns: dict[Name, int] = {}
        self._by_reference: dict[int, list[int]] = {}
        self._horizon = float(scenario.program.limits[0].horizon)
        self._quiet = scenario.program.rules["quiet"] != 0
        self._told = np.array([kind.weight > 0 and kind.number != kinds.ENDED for kind in assembly.ENTRIES])
        accounts = scenario.tellings.accounts
        self.accounts = list(accounts)
        """Names of those that each run is held against."""
        self._scorer = Scorer(scenario) if accounts else None
        self._name_happenings()
        self._name_verbs()
        self._unanswered = {
            refs.ref(refs.DECISION, row): self._turn("unanswered", name)
            for name, row in scenario.names.rows.get("decision", {}).items()
        }
        own = {
            f"{account.name}: {beat.name}": beat
            for account in accounts.values()
            for beat in account.beats
            if beat.name not in scenario.tellings.beats or scenario.tellings.beats[beat.name].patterns != beat.patterns
        }
        self._beats = [(self._turn("beat", name), beat) for name, beat in (scenario.tellings.beats | own).items()]

    def _turn(self, sort: str, name: str) -> int:
        key = Name(sort, name)
        if key not in self._turns:
            self._turns[key] = len(self.names)
            self.names.append(key)
        return self._turns[key]

    def _counts(self, kind: int, row: int, turn: int) -> None:
        self._by_reference.setdefault(refs.ref(kind, row), []).append(turn)

    def _name_happenings(self) -> None:
        document, rows = self.scenario.document, self.scenario.names.rows
        for name, row in rows.get("rule", {}).items():
            written = name if name in document.rules else name.partition(".")[0]
            self._counts(refs.RULE, row, self._turn("rule", written))
        for name in document.events:
            self._counts(refs.EVENT, rows["event"][name], self._turn("event", name))
        for name in rows.get("decision", {}):
            self._turn("decision", name)
        for name, row in rows.get("option", {}).items():
            self._counts(refs.OPTION, row, self._turn("option", name))
            self._counts(refs.OPTION, row, self._turn("decision", name.rpartition(".")[0]))
        for name, row in rows.get("ending", {}).items():
            self._counts(refs.ENDING, row, self._turn("ending", name))

    def _name_verbs(self) -> None:
        """Let a verb happen with every rule and option that asks for it."""
        rows = self.scenario.names.rows
        for path, verb, _ in self.scenario.whole.effects:
            section, name = str(path[0]), str(path[1])
            if section == "injects":  # which nobody gives in a run without people
                continue
            turn = self._turn("verb", verb)
            if section == "rules":
                found = [(refs.RULE, r) for n, r in rows["rule"].items() if n == name or n.startswith(name + ".")]
            else:
                several = self.scenario.document.decisions[name].each
                what = f"{name}.{path[3]}"
                found = [
                    (refs.OPTION, r)
                    for n, r in rows["option"].items()
                    if n == what or (several and n.partition(".")[2] == what.partition(".")[2])
                ]
            for kind, row in found:
                self._counts(kind, row, turn)

    def see(self, seed: int, world: World) -> Seen:
        """Return what happened in a world that was played to its end."""
        rows = world.chronicle[: int(world.state["entries"][0])]
        kind, subject, object_ = rows["kind"], rows["subject"], rows["object"]
        of_object = (kind == kinds.MARKED) | (kind == kinds.CHOSE) | (kind == kinds.ENDED)
        told_of = np.where(kind == kinds.RULE, subject, np.where(of_object, object_, refs.NOBODY))
        happened = {t for reference in np.unique(told_of).tolist() for t in self._by_reference.get(reference, ())}
        happened |= {self._unanswered[int(question)] for question in np.unique(object_[kind == kinds.UNANSWERED])}
        reader = Reader(world)
        happened |= {turn for turn, beat in self._beats if len(reader.beat(beat))}
        fitness = {} if self._scorer is None else {n: f.fitness for n, f in self._scorer.score(world, reader).items()}
        broken = int(world.state["status"][0]) == states.BROKEN
        guard = states.GUARD_NAMES[int(world.state["broken"][0])] if broken else ""
        return Seen(seed, np.array(sorted(happened), np.int64), self._is_dead_end(world, rows), guard, fitness)

    def _is_dead_end(self, world: World, rows: np.ndarray) -> bool:
        if float(world.state["time"][0]) < self._horizon:
            return False
        late = rows[rows["time"] > (1.0 - LAST_PART) * self._horizon]
        told = self._told[late["kind"]]
        is_rule = late["kind"] == kinds.RULE
        told[is_rule] &= ~self._quiet[late["subject"][is_rule] % refs.ROWS_PER_KIND]
        return not told.any()


@dataclass(frozen=True, eq=False)
class Soak(Result):
    """What became of many runs."""

    scenario: str
    names: Sequence[Name] = field(repr=False)
    runs: Sequence[Seen] = field(repr=False)

    @property
    def counts(self) -> dict[Name, int]:
        """The number of runs in which each thing happened."""
        found: Counter[int] = Counter()
        for seen in self.runs:
            found.update(seen.happened.tolist())
        return {name: found[turn] for turn, name in enumerate(self.names)}

    @property
    def never(self) -> list[Name]:
        """What happened in no run; a question that never stayed unanswered is not listed."""
        return [name for name, count in self.counts.items() if count == 0 and name.sort not in RARE]

    @property
    def always(self) -> list[Name]:
        """What happened in every run."""
        return [name for name, count in self.counts.items() if count == len(self.runs)]

    @property
    def dead_ends(self) -> list[int]:
        """The seeds of runs that came to nothing."""
        return [seen.seed for seen in self.runs if seen.dead_end]

    @property
    def guards(self) -> dict[str, list[int]]:
        """The guards that stopped worlds, each with the seeds."""
        found: dict[str, list[int]] = {}
        for seen in self.runs:
            if seen.guard:
                found.setdefault(seen.guard, []).append(seen.seed)
        return found

    @property
    def table(self) -> pl.DataFrame:
        """A row for each thing that can happen: in how many runs it did, and the 95 % interval of that share."""
        import polars as pl

        rows = []
        for name, count in self.counts.items():
            _, low, high = wilson(count, len(self.runs))
            rows.append((name.sort, name.name, count, count / len(self.runs), low, high))
        columns = ("sort", "name", "runs", "share", "low", "high")
        types = (pl.String, pl.String, pl.Int64, pl.Float64, pl.Float64, pl.Float64)
        return pl.DataFrame(rows, schema=dict(zip(columns, types, strict=True)), orient="row")

    @property
    def fitness(self) -> dict[str, dict[str, float]]:
        """Of each account: median, lowest and highest fitness, and the share of runs that are it in full."""
        names = self.runs[0].fitness
        found = {}
        for name in names:
            values = [seen.fitness[name] for seen in self.runs]
            full = sum(value == 1.0 for value in values) / len(values)
            found[name] = {"median": median(values), "lowest": min(values), "highest": max(values), "full": full}
        return found

    def facts(self) -> dict[str, Any]:
        """Return everything as plain data."""

        def by_sort(names: Sequence[Name]) -> dict[str, list[str]]:
            return {sort: [n.name for n in names if n.sort == sort] for sort in SORTS}

        return {
            "scenario": self.scenario,
            "runs": len(self.runs),
            "first_seed": self.runs[0].seed,
            "never": by_sort(self.never),
            "always": by_sort(self.always),
            "dead_ends": self.dead_ends,
            "guards": self.guards,
            "accounts": self.fitness,
            "counts": {sort: {n.name: c for n, c in self.counts.items() if n.sort == sort} for sort in SORTS},
        }

    def text(self, width: int = 80) -> str:
        """Return the report for a terminal of `width` columns."""
        return "\n".join(self._lines(width))

    def _lines(self, width: int) -> Iterator[str]:
        runs, counts = len(self.runs), self.counts
        yield f"{self.scenario}: {runs:,} runs, seeds {self.runs[0].seed} to {self.runs[-1].seed}"
        yield "\nEndings"
        endings = sorted(((c, n.name) for n, c in counts.items() if n.sort == "ending"), reverse=True)
        for count, name in endings:
            _, low, high = wilson(count, runs)
            yield f"  {100 * count / runs:5.1f} %  ({100 * low:.1f} to {100 * high:.1f})  {name}"
        if self.fitness:
            yield "\nAccounts"
            for name, of in self.fitness.items():
                spread = f"median fitness {of['median']:.2f}, {of['lowest']:.2f} to {of['highest']:.2f}"
                yield f"  {name}: {spread}; told in full in {100 * of['full']:.1f} % of the runs"
        seldom = [name for name, count in counts.items() if 0 < count < SELDOM * runs]
        for title, names in (
            ("Never happened", self.never),
            (f"Happened in less than {100 * SELDOM:.0f} % of the runs", seldom),
            ("Happened in every run", self.always),
        ):
            yield f"\n{title}"
            yield from self._listed([name for name in names if name.sort not in RARE], width)
        left = {name.name: count for name, count in counts.items() if name.sort == "unanswered" and count}
        if left:
            yield "\nStayed unanswered: the condition of the question ended, or its decider died, before the answer"
            for name, count in left.items():
                yield f"  {name}: in {100 * count / runs:.1f} % of the runs"
        yield f"\nDead ends: {_some(self.dead_ends, runs)}"
        if self.dead_ends:
            yield f"  nothing is told in the last {100 * LAST_PART:.0f} % of their time"
        yield "Guards tripped:" + ("" if self.guards else " none")
        for guard, seeds in self.guards.items():
            yield f"  {guard}: {_some(seeds, runs)}"

    def _listed(self, names: Sequence[Name], width: int) -> Iterator[str]:
        for sort in SORTS:
            found = [name.name for name in names if name.sort == sort]
            if found:
                words = f"  {sort + ':':<9} {', '.join(found)}"
                yield fill(words, width, rest=" " * 12)
        if not names:
            yield "  nothing"

    def picture(self) -> Picture:
        """Return a bar for each ending and each beat, with intervals."""
        panels = []
        for sort in ("ending", "beat"):
            rows = [(name.name, count) for name, count in self.counts.items() if name.sort == sort]
            if not rows:
                continue
            bounds = [wilson(count, len(self.runs)) for _, count in rows]
            series = Series(
                sort,
                [name for name, _ in rows],
                [count / len(self.runs) for _, count in rows],
                [bound.low for bound in bounds],
                [bound.high for bound in bounds],
                "bars",
            )
            title = "How the runs ended" if sort == "ending" else "What happened in them"
            panels.append(Panel(title, "", "share of the runs", [series], y_range=(0.0, 1.0), flat=True, share=True))
        return Picture(f"{self.scenario}: {len(self.runs)} runs", panels)


def _some(seeds: Sequence[int], runs: int) -> str:
    if not seeds:
        return "none"
    shown = ", ".join(map(str, seeds[:MOST_SEEDS])) + (" ..." if len(seeds) > MOST_SEEDS else "")
    return f"{len(seeds)} of {runs} (seed{'s' * (len(seeds) > 1)} {shown})"
