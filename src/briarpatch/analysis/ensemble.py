"""Many worlds of a scenario: every arm plays the same seeds, rows go to disk as they come, and nothing is lost.

    answer = ensemble("valley", 1000, arms=["as it is", "warned: choose mayor.warn=warn"])
    answer.summary.endings, answer.table, answer.plot(), answer.run(17)

Rows depend on the scenario, the arms and the seeds alone: not on threads, workers or interruptions.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import index
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsIndex

from ..engine import Stopped
from ..errors import RequestError, SavedRunError, did_you_mean, whole_number
from ..files import whole_folder
from ..run import Run
from ..scenario.scenario import Scenario
from ..telling import plain
from . import parts
from .drawing import spread, yes_or_no
from .measures import wilson
from .parts import Folder, Manifest, scan
from .plans import Plan, arms_of, read_arm, read_plan
from .results import TABLES, Panel, Picture, Result, Series, write_table
from .summary import Summary, count_endings, summarise, words
from .worlds import AS_IT_IS, Arm, Player, Reader, digest, frame_of, play_many

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from ..world.world import World

SEEDS = 1000
"""Seeds that are played when nobody says how many."""
GRACE = 2.0
"""Seconds that worlds which are being played have left to end, once a signal was given."""
PART_SECONDS = 10.0
"""A part is closed after so long, so that no more than this is lost to a killed process."""
LEAST = 100
"""Seeds before the first look at how sure an answer is."""
MOST = 1_000_000
"""Seeds after which a sequential ensemble stops, sure or not."""
LARGEST_PICTURE = 200_000
"""Rows that a histogram is made of."""

Watch = Callable[[int, int | None], None]
"""Told (worlds played by now, worlds wanted or None) every now and then."""


class Interrupted(KeyboardInterrupt):
    """Playing was stopped by a signal, and what had been played is on disk; the text says how to go on."""


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
    folder: str | Path | None = None,
    accounts: bool | None = None,
    half_width: float | None = None,
    of: str | None = None,
    threads: int | None = None,
    on: str = "threads",
    address: str | None = None,
    watch: Watch | None = None,
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
        folder: where to keep the rows; a folder that holds the same ensemble is gone on with. None keeps them for as
            long as the result lives.
        accounts: whether each row says how well each account of the scenario fits.
        half_width: stop as soon as the 95 % intervals of the endings are no wider than this to either side; `n` is
            then the most seeds to play, a million if nobody says. Looked at after 100 seeds and then whenever there are a tenth more, so the seed at which
            it stops does not depend on threads either.
        of: the ending whose interval decides; None means every ending.
        threads: None takes one for each processor.
        on: "threads", or "ray" for a cluster.
        address: of a Ray cluster to join; None starts one on this machine.
        watch: told how far it has come.

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
    return play(job, n, folder, half_width, of, threads=threads, on=on, address=address, watch=watch)


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
    job: Job,
    n: int | None = None,
    folder: str | Path | None = None,
    half_width: float | None = None,
    of: str | None = None,
    *,
    threads: int | None = None,
    on: str = "threads",
    address: str | None = None,
    watch: Watch | None = None,
) -> Ensemble:
    """Play a job that was prepared; arguments as for `ensemble`."""
    count = _count(n if n is not None else job.count, half_width)
    if of is not None and half_width is None:
        raise RequestError("an ending to be sure of needs a half-width at which to stop")
    if of is not None and of not in job.manifest.endings:
        hint = did_you_mean(of, job.manifest.endings) or f"; the endings are {', '.join(job.manifest.endings)}"
        raise RequestError(f"unknown ending '{of}'{hint}")
    backend = _backend(on, address)
    temporary = Path(tempfile.mkdtemp(prefix="briarpatch-")) if folder is None else None
    try:
        return _play(job, count, Path(folder or str(temporary)), half_width, of, threads, backend, watch, temporary)
    except BaseException as stopped:
        if temporary is None:
            raise
        shutil.rmtree(temporary, ignore_errors=True)
        if isinstance(stopped, Interrupted):
            raise Interrupted(
                "nothing is kept without a folder; name one, and the same call goes on next time"
            ) from None
        raise
    finally:
        if backend is not None:
            backend.close()


def _play(
    job: Job,
    count: int,
    folder: Path,
    half_width: float | None,
    of: str | None,
    threads: int | None,
    backend: Any,
    watch: Watch | None,
    temporary: Path | None,
) -> Ensemble:
    opened = parts.create(folder, job.manifest, job.seats[0].scenario)
    with parts.held(opened), gently() as stop:
        session = Session(job.seats, opened, stop, threads, watch, backend)
        opened = session.until(half_width, of, count) if half_width is not None else session.through(count)
    found = Ensemble(opened, job.seats)
    if temporary is not None:
        weakref.finalize(found, shutil.rmtree, temporary, ignore_errors=True)
    return found


def _count(n: int | None, half_width: float | None) -> int:
    wanted = n if n is not None else SEEDS if half_width is None else MOST
    count = whole_number(wanted, 1, 1 << 40, "the number of seeds must be from 1 to 2**40")
    if half_width is not None and not 0.0 < half_width < 0.5:
        raise RequestError(f"a half-width lies between 0 and 0.5, got {half_width}")
    return count


def _backend(on: str, address: str | None) -> Any:
    if on == "threads":
        if address is not None:
            raise RequestError("an address is for on='ray'")
        return None
    if on != "ray":
        raise RequestError(f"worlds are played on 'threads' or on 'ray', got '{on}'")
    from .cluster import Cluster

    return Cluster(address)


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


class Stop(threading.Event):
    """Once it is set no world is begun, and GRACE seconds later those that are being played stop too, by `now`."""

    def __init__(self) -> None:
        super().__init__()
        self.now = threading.Event()

    def set(self) -> None:
        """Stop beginning worlds, and soon playing those that were begun."""
        if not self.is_set():
            super().set()
            timer = threading.Timer(GRACE, self.now.set)
            timer.daemon = True
            timer.start()


@contextlib.contextmanager
def gently() -> Iterator[Stop]:
    """Yield an event that the first SIGINT or SIGTERM sets; a second one interrupts at once."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def note(number: int, frame: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def tell(line: str) -> None:
    """Say one line to whoever waits for an ensemble, beside its results."""
    print(plain(line), file=sys.stderr, flush=True)


class Session:
    """Plays what a folder lacks."""

    def __init__(
        self,
        seats: Sequence[Player],
        folder: Folder,
        stop: Stop,
        threads: int | None = None,
        watch: Watch | None = None,
        cluster: Any = None,
        check: bool = True,
    ) -> None:
        if threads is not None and threads < 1:
            raise RequestError(f"threads must be at least 1, got {threads}")
        self.seats, self.folder, self.stop = seats, folder, stop
        self.threads, self.watch, self.cluster = threads, watch, cluster
        self.readers = readers_of(seats, folder.manifest.accounts)
        self.schema = schema_of(self.readers)
        if check:
            self._set_aside()

    def _set_aside(self) -> None:
        """Set the parts aside that are not what was written under their names, and say so; none of them is removed."""
        folder = self.folder
        damaged = folder.damaged()
        for part, wrong in damaged:
            if wrong != parts.DAMAGED:  # a disk damages bytes; somebody else made this one
                raise SavedRunError(f"{folder.parts_folder / part.name}: {wrong}; move it elsewhere")
        for part, wrong in damaged:
            kept = folder.set_aside(part).name
            tell(
                f"{folder.parts_folder / part.name}: {wrong}; it is kept as {kept}, and what is missing is played again"
            )
        strange = folder.strangers()
        if strange:
            rest = f", and {len(strange) - 1:,} others beside it," if len(strange) > 1 else ""
            tell(
                f"{folder.parts_folder / strange[0]}{rest} is not read: no part has such a name; "
                "if it is one, give it back its own"
            )

    def through(self, count: int) -> Folder:
        """Play the seeds that are missing of the first `count`."""
        there = self._there()
        if there > count:
            raise RequestError(
                f"{self.folder.path} holds {there:,} seeds already, more than {count:,}; "
                f"ask for {there:,} or more, or name another folder with --out"
            )
        if (self.folder.manifest.wanted or 0) < count:
            self.folder = self.folder.want(count)
        self._fill(count, count)
        return self.folder

    def until(self, half_width: float, of: str | None, most: int) -> Folder:
        """Play until Wilson's intervals are as narrow as `half_width`; see `ensemble`."""
        manifest = self.folder.manifest
        arms = [arm.name for arm in manifest.arms]
        count = min(LEAST, most)
        while True:
            self._fill(count, None)
            found = count_endings(self.folder.files(), arms, manifest.endings, manifest.first + count)
            if count >= most or found.sure(half_width, of):
                break
            count = min(most, count + max(LEAST, count // 10))
        return self.folder.want(max(count, self._there()))

    def _there(self) -> int:
        """Return how many seeds lie between the first and the last that was played."""
        there = self.folder.parts()
        return there[-1].first + there[-1].count - self.folder.manifest.first if there else 0

    def _fill(self, count: int, wanted: int | None) -> None:
        gaps = self.folder.gaps(count)
        if self.folder.manifest.first + count > 1 << 64:
            raise RequestError(f"seeds end at 2**64 - 1; {count:,} from {self.folder.manifest.first} on are too many")
        missing = sum(length for _, length in gaps)
        if missing:
            arms = len(self.seats)
            done, total = (count - missing) * arms, None if wanted is None else wanted * arms

            def watch(worlds: int) -> None:
                if self.watch is not None:
                    self.watch(done + worlds, total)

            if self.cluster is not None:
                self.cluster.fill(self, gaps, watch)
            else:
                self._play(gaps, watch)
        if self.stop.is_set():
            saved = sum(part.count for part in self.folder.parts())
            raise Interrupted(f"{saved:,} seeds are saved in {self.folder.path}; the same command goes on")

    def _play(self, gaps: Sequence[tuple[int, int]], watch: Callable[[int], None]) -> None:
        """Play the seeds in `gaps` on threads, and write them part by part."""
        pending, played, last = Pending(self.folder, self.schema, len(self.seats)), 0, 0.0
        stream = play_many(self._jobs(gaps), self.read, self.threads, stop=self.stop.now)
        try:
            for row in stream:
                pending.add(row)
                played += 1
                if time.monotonic() - last > 0.2:
                    last = time.monotonic()
                    watch(played)
        except Stopped:
            pass  # what was whole before is written
        finally:
            stream.close()  # type: ignore[attr-defined]
        pending.close()
        watch(played)

    def _jobs(self, gaps: Sequence[tuple[int, int]]) -> Iterator[tuple[Player, int]]:
        for first, count in gaps:
            for seed in range(first, first + count):
                if self.stop.is_set():
                    return
                for player in self.seats:
                    yield player, seed

    def read(self, player: Player, seed: int, world: World) -> dict[str, Any]:
        """Return the row of a world."""
        return self.readers[player.index].row(player, seed, world)

    def rows(self, first: int, count: int) -> pl.DataFrame:
        """Return the rows of some seeds, played in this thread."""
        jobs = ((player, seed) for seed in range(first, first + count) for player in self.seats)
        return frame_of([self.read(player, seed, player.play(seed)) for player, seed in jobs], self.schema)


class Pending:
    """Rows that are not yet on disk; they become a part when there are many, or when some time has passed."""

    FRAME = 1000

    def __init__(self, folder: Folder, schema: Mapping[str, Any], arms: int) -> None:
        self.folder, self.schema, self.arms = folder, schema, arms
        self._clear(0)

    def _clear(self, first: int) -> None:
        self.first, self.count, self.since = first, 0, time.monotonic()
        self.rows: list[dict[str, Any]] = []
        self.frames: list[pl.DataFrame] = []

    def add(self, row: dict[str, Any]) -> None:
        """Add the next row; seeds come one after the other, each with all its arms."""
        seed, begins = row["seed"], len(self.rows) % self.arms == 0
        if begins and (seed != self.first + self.count or self._due()):
            self.close()
            self._clear(seed)
        self.rows.append(row)
        if len(self.rows) % self.arms == 0:
            self.count += 1
            if len(self.rows) >= self.FRAME:
                self.frames.append(frame_of(self.rows, self.schema))
                self.rows = []

    def _due(self) -> bool:
        return time.monotonic() - self.since > PART_SECONDS or self.count >= self.folder.manifest.most_seeds()

    def close(self) -> None:
        """Write what there is; of a seed that not every arm has played, nothing."""
        import polars as pl

        whole = self.rows[: len(self.rows) // self.arms * self.arms]
        if whole:
            self.frames.append(frame_of(whole, self.schema))
        if self.count:
            self.folder.write(self.first, self.count, pl.concat(self.frames))
        self._clear(self.first + self.count)


# ------------------------------------------------------------------------------------------------ the answer


@dataclass(eq=False)
class Ensemble(Result):
    """Rows of many worlds on disk, and what they say."""

    folder: Folder
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
        scenario = self.folder.scenario(arm) if self.seats is None else self.seats[arm].scenario
        again = Run(scenario, seed, facts.choices, facts.variants, facts.overrides, record=1)
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

    def save(self, path: str | Path) -> Path:
        """Write the rows to a file (.parquet, .csv, .arrow, .jsonl), or what `Result.save` writes; a path without an
        ending gets the whole ensemble as a folder, which `load_ensemble` reads.
        """
        path = Path(path)
        if path.suffix.lower() in TABLES:
            write_table(self.lazy(), path)
            return path
        if path.suffix:
            return super().save(path)
        if path.exists():
            raise RequestError(f"{path} exists already; name another folder, or remove it")
        with whole_folder(path) as temporary:
            shutil.copytree(self.path, temporary, dirs_exist_ok=True)
        return path


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
