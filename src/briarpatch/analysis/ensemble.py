"""Many worlds of a scenario: every arm plays the same seeds, rows go to disk as they come, and nothing is lost.

    answer = ensemble("valley", 1000, arms=["as it is", "warned: choose mayor.warn=warn"])
    answer.summary.endings, answer.table, answer.plot(), answer.run(17)

Rows depend on the scenario, the arms and the seeds alone: not on threads, workers or interruptions.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import index
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsIndex, Unpack

from ..errors import RequestError, SavedRunError, did_you_mean, whole_number
from ..run import Run
from ..scenario.scenario import Scenario
from . import jobs, parts
from .drawing import spread, yes_or_no
from .jobs import Asking, How, Interrupted, Packed, Round, Tasks
from .measures import wilson
from .parts import EnsembleFolder, Manifest, scan
from .plans import Plan, arms_of, read_arm, read_plan
from .results import Panel, Picture, Result, Series
from .summary import Summary, count_endings, summarise, words
from .worlds import AS_IT_IS, Arm, Player, Reader, Shelf, digest

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

SEEDS = 1000
"""Seeds that are played when nobody says how many."""
LEAST = 100
"""Seeds before the first look at how sure an answer is."""
MOST = 1_000_000
"""Seeds after which a sequential ensemble stops, sure or not."""
LARGEST_PICTURE = 200_000
"""Rows that a histogram is made of."""


def ensemble(
    scenario: str | Path | Scenario | None = None,
    n: int | None = None,
    *,
    arms: Sequence[Arm | str] = (),
    choices: Mapping[str, str] | None = None,
    variants: Mapping[str, str] | None = None,
    overrides: Mapping[str, str] | None = None,
    as_told: str | None = None,
    plan: str | Path | Plan | None = None,
    first: int | None = None,
    accounts: bool | None = None,
    half_width: float | None = None,
    of: str | None = None,
    **how: Unpack[How],
) -> Ensemble:
    """Play many worlds of `scenario` and return what came of them.

    Args:
        scenario: name, file, folder or loaded scenario; may be left out when the plan names one.
        n: seeds that each arm plays; 1000 if neither this nor the plan says.
        arms: ways of playing, as `Arm` or in words: "warned: choose mayor.warn=warn, variant season=spring".
        choices: decision -> option, for every arm (or the only one).
        variants: variant -> setting, for every arm.
        overrides: path -> value, for every arm.
        as_told: an account, as which every arm sets its variants.
        plan: a YAML file with arms and seeds, or one that was read.
        first: the first seed; the others follow it.
        accounts: whether each row says how well each account of the scenario fits.
        half_width: stop as soon as the 95 % intervals of the endings are no wider than this to either side; `n` is
            then the most seeds to play, a million if nobody says. Looked at after 100 seeds and then whenever there are a tenth more, so the seed at which
            it stops does not depend on threads either.
        of: the ending whose interval decides; None means every ending.
        how: where and with how much it is played, and where it is kept, as in `jobs.How`; without a folder the rows last
            as long as the result.

    Raises ScenarioError, RequestError, and Interrupted (a KeyboardInterrupt) after a signal, when all is on disk.
    """
    job = prepare(
        scenario,
        arms=arms,
        base=Arm(AS_IT_IS, choices or {}, variants or {}, overrides or {}, as_told),
        plan=plan,
        first=first,
        accounts=accounts,
    )
    return play(job, n, half_width, of, **how)


@dataclass(frozen=True)
class Job:
    """What is going to be played: players, the manifest of the result, and the seeds that a plan asks for."""

    seats: list[Player]
    manifest: Manifest
    count: int | None


def prepare(
    scenario: str | Path | Scenario | None,
    *,
    arms: Sequence[Arm | str] = (),
    base: Arm | None = None,
    plan: str | Path | Plan | None = None,
    first: int | None = None,
    accounts: bool | None = None,
) -> Job:
    """Return the players of every arm and the manifest; arguments as for `ensemble`."""
    planned = plan if isinstance(plan, Plan) else read_plan(plan) if plan is not None else None
    if planned is not None and arms:
        raise RequestError("arms come from a plan or one by one, not both; put them all into the plan")
    where = scenario if scenario is not None else planned.scenario if planned else None
    if where is None:
        raise RequestError("which scenario? Name it, or write 'scenario:' into the plan")
    ways = planned.arms if planned else tuple(read_arm(arm) if isinstance(arm, str) else arm for arm in arms)
    whole = Plan(
        arms_of(base or Arm(), ways),
        source=planned.source if planned else None,
        first=first if first is not None else planned.first if planned else None,
        count=planned.count if planned else None,
        accounts=accounts if accounts is not None else planned.accounts if planned else None,
    )
    given = 0 if whole.first is None else whole.first
    start = whole_number(given, 0, (1 << 64) - 1, "the first seed must be a whole number from 0 to 2**64 - 1")
    seats = whole.players(where)
    told = bool(whole.accounts)
    return Job(seats, parts.describe(seats, start, told, schema_of(readers_of(seats, told))), whole.count)


def play(
    job: Job, n: int | None = None, half_width: float | None = None, of: str | None = None, **how: Unpack[How]
) -> Ensemble:
    """Play a job that was prepared; arguments as for `ensemble`."""
    count = _count(n if n is not None else job.count, half_width)
    if of is not None and half_width is None:
        raise RequestError("an ending to be sure of needs a half-width at which to stop")
    if of is not None and of not in job.manifest.endings:
        hint = did_you_mean(of, job.manifest.endings) or f"; the endings are {', '.join(job.manifest.endings)}"
        raise RequestError(f"unknown ending '{of}'{hint}")
    question = Worlds(job.seats, job.manifest, count, half_width, of)
    if how.get("out") is not None:
        return jobs.answer(question, **how)
    temporary = tempfile.mkdtemp(prefix="briarpatch-")
    try:
        found = jobs.answer(question, **{**how, "out": temporary})
    except BaseException as stopped:
        shutil.rmtree(temporary, ignore_errors=True)
        if isinstance(stopped, Interrupted):
            raise Interrupted(jobs.NOTHING_KEPT) from None
        raise
    weakref.finalize(found, shutil.rmtree, temporary, ignore_errors=True)
    return found


def _count(n: int | None, half_width: float | None) -> int:
    wanted = n if n is not None else SEEDS if half_width is None else MOST
    count = whole_number(wanted, 1, 1 << 40, "the number of seeds must be from 1 to 2**40")
    if half_width is not None and not 0.0 < half_width < 0.5:
        raise RequestError(f"a half-width lies between 0 and 0.5, got {half_width}")
    return count


# ------------------------------------------------------------------------------------------------ playing


def readers_of(seats: Sequence[Player], accounts: bool) -> list[Reader]:
    """Return what reads the rows of each arm."""
    found: dict[int, Reader] = {}
    return [found.setdefault(id(player.scenario), Reader(player.scenario, accounts=accounts)) for player in seats]


def schema_of(readers: Sequence[Reader]) -> dict[str, Any]:
    """Return the columns of all arms together."""
    found: dict[str, Any] = {}
    for reader in readers:
        for name, kind in reader.schema.items():
            found.setdefault(name, kind)
    return found


class Worlds(Tasks["Ensemble"]):
    """The question of an ensemble: a task is a seed, which every arm plays."""

    kind = "ensemble"
    needs_rows = False

    def __init__(
        self,
        seats: Sequence[Player],
        manifest: Manifest,
        count: int,
        half_width: float | None = None,
        of: str | None = None,
    ) -> None:
        self.seats, self.scenario, self.width = list(seats), seats[0].scenario, len(seats)
        self._manifest, self.count, self.half_width, self.of = manifest, count, half_width, of
        self.readers = readers_of(seats, manifest.accounts)

    def remake(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Return how another process makes the players of the same arms."""
        return _again, (Packed.of(self.scenario), [player.arm for player in self.seats], self._manifest)

    def manifest(self) -> Manifest:
        """Return what is written down of it."""
        return self._manifest

    def store(self, out: Path | None) -> EnsembleFolder:
        """Return the folder of the ensemble."""
        assert out is not None
        return parts.create(out, self._manifest, self.scenario)

    def rows(self, topic: Any, number: int) -> list[dict[str, Any]]:
        """Play a seed under every arm."""
        return [self.readers[p.index].row(p, number, p.play(number)) for p in self.seats]

    def ask(self, store: EnsembleFolder) -> Asking[Ensemble]:
        """Play so many seeds, or until the answer is sure."""
        if self.half_width is None:
            there = _there(store)
            if there > self.count:
                raise RequestError(
                    f"{store.path} holds {there:,} seeds already, more than {self.count:,}; "
                    f"ask for {there:,} or more, or name another folder with --out"
                )
            if (store.manifest.wanted or 0) < self.count:
                store = store.want(self.count)
            yield self._round(0, self.count, self.count * self.width)
            return Ensemble(store, self.seats)
        first, arms = store.manifest.first, [player.arm.name for player in self.seats]
        before, count = 0, min(LEAST, self.count)
        while True:
            yield self._round(before, count, None)
            found = count_endings(store.files(), arms, store.manifest.endings, first + count)
            if count >= self.count or found.sure(self.half_width, self.of):
                return Ensemble(store.want(max(count, _there(store))), self.seats)
            before, count = count, min(self.count, count + max(LEAST, count // 10))

    def _round(self, since: int, until: int, total: int | None) -> Round:
        """Return the round of the seeds from the one numbered `since` to before `until`."""
        first = self._manifest.first
        if first + until > 1 << 64:
            raise RequestError(f"seeds end at 2**64 - 1; {until:,} from {first} on are too many")
        seeds = range(first + since, first + until)
        return Round(first + since, "playing", (None,), seeds, self.width, total)


def _again(packed: Packed, arms: Sequence[Arm], manifest: Manifest) -> Worlds:
    shelf = Shelf.of(packed.source, packed.path)
    return Worlds([Player(shelf, arm, index) for index, arm in enumerate(arms)], manifest, 1)


def _there(folder: EnsembleFolder) -> int:
    """Return how many seeds lie between the first and the last that was played."""
    there = folder.parts()
    return there[-1].first + there[-1].count - folder.manifest.first if there else 0


# ------------------------------------------------------------------------------------------------ the answer


@dataclass(eq=False)
class Ensemble(Result):
    """Rows of many worlds on disk, and what they say."""

    folder: EnsembleFolder
    seats: list[Player] | None = field(default=None, repr=False)

    @property
    def path(self) -> Path:
        """The folder that holds the rows."""
        return self.folder.path

    @property
    def arms(self) -> list[str]:
        """The names of the arms; differences are from the first."""
        return [arm.name for arm in self.folder.manifest.arms]

    @cached_property
    def seeds(self) -> int:
        """The number of seeds that have been played."""
        return sum(part.count for part in self.folder.parts())

    @property
    def is_complete(self) -> bool:
        """Whether every seed that was wanted has been played."""
        wanted = self.folder.manifest.wanted
        return wanted is not None and not any(count for _, count in self.folder.gaps(wanted))

    def lazy(self) -> pl.LazyFrame:
        """Return the rows as a lazy frame (of an ensemble without a folder, for as long as this object lives), for questions to more rows than fit into memory."""
        import polars as pl

        files = self.folder.files()
        if not files:
            return pl.DataFrame(schema=self.folder.manifest.schema()).lazy()
        return scan(files)

    @property
    def table(self) -> pl.DataFrame:
        """One row a world, seed by seed, the arms in their order; see `Reader` for the columns."""
        with self._reading():
            return self.lazy().collect()

    def column(self, name: str) -> pl.Series:
        """Return one column of all rows."""
        with self._reading():
            return self.lazy().select(name).collect().to_series()

    @cached_property
    def summary(self) -> Summary:
        """How often each ending, what each measure, and how the arms differ; with 95 % intervals."""
        facts = self.folder.manifest
        with self._reading():
            return summarise(
                self.column,
                self.folder.files(),
                self.arms,
                facts.endings,
                facts.measures,
            )

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        """Turn what Polars says of a part that cannot be read into an error that says what to do."""
        import polars as pl

        try:
            yield
        except (pl.exceptions.PolarsError, OSError, ValueError) as cause:
            raise SavedRunError(
                f"{self.path} cannot be read: {str(cause).splitlines()[0]}; the command that made it repairs it"
            ) from cause

    def run(self, row: int) -> Run:
        """Return the run of a row, counted from 0, played again.

        Raises RequestError when there is no such row, SavedRunError when it does not come out as it was.
        """
        seed, arm, told = self.row(row)
        facts = self.folder.manifest.arms[arm]
        if facts.policies and self.seats is None:
            raise RequestError(
                f"row {row} was decided by {', '.join(facts.policies)}, which is not run because a file says so; play it "
                f"with `briarpatch run {self.folder.manifest.scenario} --seed {seed}` and --policy"
            )
        scenario = self.folder.scenario(arm) if self.seats is None else self.seats[arm].scenario
        again = Run(scenario, seed, facts.choices, facts.variants, facts.overrides, record=1)
        if facts.policies and self.seats is not None:
            again = self.seats[arm].run(seed)
        again.go()
        if digest(again.world) != told:
            manifest = self.folder.manifest
            raise SavedRunError(
                f"row {row} of {self.path} (seed {seed}, arm '{facts.name}') takes another course now: it was played by "
                f"briarpatch {manifest.program}, build {manifest.engine}; install that version, or play the ensemble again"
            )
        return again

    def row(self, row: int) -> tuple[int, int, int]:
        """Return the seed, the number of the arm and the digest of the chronicle of a row."""

        width, left = len(self.arms), row
        if isinstance(row, SupportsIndex) and not isinstance(row, bool) and (left := index(row)) >= 0:
            for part in self.folder.parts():
                if left < part.count * width:
                    with self._reading():
                        file = self.folder.parts_folder.absolute() / part.name
                        one = scan([file]).slice(left, 1).select("seed", "digest").collect().row(0)
                    return int(one[0]), left % width, int(one[1])
                left -= part.count * width
        raise RequestError(f"there is no row {row}; rows go from 0 to {self.seeds * width - 1}")

    def text(self, width: int = 80) -> str:
        """Return the summary in words."""
        facts = self.folder.manifest
        arms = "" if len(self.arms) == 1 else f", {len(self.arms)} arms"
        seeds = f"{self.seeds:,} seeds from {facts.first} on" if facts.first else f"{self.seeds:,} seeds"
        found = [facts.title, f"{seeds}{arms}"]
        if self.arms != [AS_IT_IS] and len(self.arms) == 1:
            found.append(self.arms[0])
        if not self.is_complete:
            wanted = f" of {facts.wanted:,}" if facts.wanted else ""
            found.append(f"unfinished: {self.seeds:,}{wanted} seeds; the same command goes on")
        if self.seeds:
            units = {name: measure.unit for name, measure in facts.measures.items()}
            found += ["", *words(self.summary, units, width)]
        return "\n".join(found)

    def facts(self) -> dict[str, Any]:
        """Return what was played and the summary as plain data."""
        facts = self.folder.manifest
        return {
            "scenario": facts.scenario,
            "title": facts.title,
            "digest": facts.digest,
            "folder": str(self.path),
            "arms": [arm.model_dump() for arm in facts.arms],
            "first_seed": facts.first,
            "seeds": self.seeds,
            "complete": self.is_complete,
            "endings": self.summary.endings.to_dicts(),
            "measures": self.summary.measures.to_dicts(),
            "differences": self.summary.differences.to_dicts(),
        }

    def picture(self) -> Picture:
        """Return the shares of the endings and the distribution of each measure, arm by arm."""

        facts, panels = self.folder.manifest, []
        shares = []
        for arm in self.arms:
            rows = self.summary.endings.filter(self.summary.endings["arm"] == arm)
            names, *columns = [rows[name].to_list() for name in ("ending", "share", "low", "high")]
            shares.append(Series(arm, [name.replace("_", " ") for name in names], *columns, style="points"))
        note = "How often each ending came. The lines through the points are 95 % intervals."
        panels.append(
            Panel("How it ended", "", "share of the worlds", shares, (), (0.0, 1.0), flat=True, share=True, note=note)
        )
        certain: dict[str, np.ndarray] = {}
        for name, measure in facts.measures.items():
            values = self.column(f"measure:{name}").head(LARGEST_PICTURE * len(self.arms)).to_numpy()
            values = values.reshape(-1, len(self.arms))
            told = measure.told or name.replace("_", " ")
            if measure.unit == "share" and yes_or_no(values):
                certain[told] = values
                continue
            panel = spread(told, measure.unit, self.arms, list(values.T))
            if panel is not None:
                panels.append(panel)
        if certain:
            panels.insert(1, self._certain(certain))
        return Picture(f"{facts.title}: {self.seeds:,} seeds", panels)

    def _certain(self, found: dict[str, np.ndarray]) -> Panel:
        """Return the panel of measures that say only yes or no."""
        series = []
        for turn, arm in enumerate(self.arms):
            bounds = [wilson(int(values[:, turn].sum()), len(values)) for values in found.values()]
            low, high = [bound.low for bound in bounds], [bound.high for bound in bounds]
            series.append(Series(arm, list(found), [bound.estimate for bound in bounds], low, high, "points"))
        note = "In how many worlds it was so. The lines through the points are 95 % intervals."
        return Panel(
            "What was so at the end",
            "",
            "share of the worlds",
            series,
            (),
            (0.0, 1.0),
            flat=True,
            share=True,
            note=note,
        )

    @property
    def kept(self) -> Path:
        """The folder of the ensemble."""
        return self.path

    def rows(self) -> pl.LazyFrame:
        """Return the rows as they are read from their parts."""
        return self.lazy()


def load_ensemble(path: str | Path) -> Ensemble:
    """Return the ensemble in a folder; raises SavedRunError when it is none, or a part of it is damaged."""
    folder = parts.read(Path(path))
    damaged = folder.damaged()
    if damaged:
        part, wrong = damaged[0]
        raise SavedRunError(
            f"{folder.parts_folder / part.name} is damaged"
            f"{f', and {len(damaged) - 1} other parts' if len(damaged) > 1 else ''}: {wrong}; "
            + ("the command that made it repairs it" if wrong == parts.DAMAGED else "move it elsewhere")
        )
    return Ensemble(folder)


def free_name(job: Job, parent: Path = Path("ensembles")) -> Path:
    """Return the folder that goes with a job: the same settings give the same name, others another."""
    import hashlib
    import json

    facts = job.manifest.model_dump(include={"digest", "arms", "first", "accounts"})
    mark = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:8]
    return parent / f"{job.manifest.scenario}-{mark}"
