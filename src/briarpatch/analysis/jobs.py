"""Every question over many worlds is a job: tasks that can be stopped, gone on with, and played anywhere.

A *question* asks in *rounds*. A round is a number of tasks, each with a number that follows from the question and from the
rounds before it alone; a task is played by itself and gives rows. What the rows come to is the answer. So it does not
matter where a task is played, in which order, or how often somebody stopped in between: the rows are the same, and so is
the answer, byte for byte.

    class Heads(Question[float]):
        kind, width = "heads", 1

        def columns(self): return {"heads": pl.Int64}
        def settings(self): return {"coins": self.coins}           # all that decides the rows
        def rows(self, topic, number): return [{"heads": ...}]     # one task, in any thread or process
        def ask(self, rows):                                       # the rounds, and the answer
            found = yield Round(0, "tossing", [None], range(100))
            return found["heads"].mean()

    answer(Heads(...), out="heads", on="processes", workers=4)

Rows go to a folder (`parts`) if one is named; else they are kept in memory. This module has the only loop that plays
tasks, the only progress, and the only way to stop; `pools` and `cluster` say where tasks are played.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, Protocol, TypedDict, TypeVar

from ..engine import Stopped
from ..errors import RequestError, SavedRunError
from ..run import Run
from ..scenario.catalog import opened
from ..scenario.load import Source
from ..scenario.scenario import Scenario
from ..storage import version, vocabulary
from ..telling import plain
from ..units import span
from ..world.compiled import fingerprint
from . import parts
from .parts import Facts, Folder, JobManifest, to_bytes
from .worlds import digest, frame_of, in_threads

if TYPE_CHECKING:
    import polars as pl

    from ..hands import Hand

Answer = TypeVar("Answer")
GRACE = 2.0
"""Seconds that worlds which are being played have left to end, once a signal was given."""
PART_SECONDS = 10.0
"""A part is closed after so long, so that no more than this is lost to a killed process."""
MOST_TASKS = 1 << 40
"""Tasks of a round, at most."""
NOTHING_KEPT = "nothing is kept without a folder; name one with --out, and the same command goes on next time"
WHERE = ("threads", "processes", "ray")
"""Where tasks can be played."""


class Interrupted(KeyboardInterrupt):
    """Playing was stopped by a signal, and what had been played is on disk; the text says how to go on."""


class Progress(NamedTuple):
    """How far a job has come."""

    what: str
    done: int
    """Worlds played by now, those of earlier times included."""
    total: int | None
    """Worlds to be played, None when that is not known."""
    rate: float
    """Worlds a second since it began or went on."""
    left: float | None
    """Seconds until it is done, as far as the rate says."""

    def __str__(self) -> str:
        total = "" if self.total is None else f" of {self.total:,}"
        left = "" if self.left is None else f", {span(self.left)} left"
        return f"{self.done:,}{total} worlds, {self.rate:.1f} a second{left}"


Watch = Callable[[Progress], None]
"""Told how far a job has come, some times a second."""


class How(TypedDict, total=False):
    """How a question is played; all of these are the same for every question, and none changes its answer.

    out: folder that keeps what was played; the same question goes on where an earlier one with that folder was stopped.
        None keeps nothing.
    on: "threads", "processes", or "ray" for a cluster.
    workers: how many; None takes one for each processor.
    address: of a Ray cluster to join; None starts one on this machine.
    watch: told how far it has come.
    """

    out: str | Path | None
    on: str
    workers: int | None
    address: str | None
    watch: Watch | None


# ------------------------------------------------------------------------------------------------ what is asked


@dataclass(frozen=True)
class Round:
    """Tasks that can be played side by side: every number under every topic, topic by topic.

    Topics and numbers are plain data, so that a task can be played in another process.
    """

    first: int
    """The number of its first task; no other round of the question has any of its tasks' numbers."""
    what: str
    """What is done in it, in a word or two."""
    topics: Sequence[Any]
    numbers: Sequence[int]
    worth: int = 1
    """Worlds that a task plays, about."""
    total: int | None = -1
    """Worlds of this and other rounds, to show progress; -1 for those of this round, None when nobody knows."""

    def __len__(self) -> int:
        return len(self.topics) * len(self.numbers)

    def task(self, number: int) -> tuple[Any, int]:
        """Return (topic, number) of a task by its own number."""
        turn, at = divmod(number - self.first, len(self.numbers))
        return self.topics[turn], self.numbers[at]


def place(turn: int) -> int:
    """Return the number of the first task of round `turn`; a question with several rounds numbers them so."""
    return turn * MOST_TASKS


Asking = Generator[Round, "pl.DataFrame", Answer]
"""Yields rounds, is sent the rows of each, and returns the answer."""


class Store(Protocol):
    """Where the rows of a job are kept."""

    @property
    def manifest(self) -> Facts:
        """What is asked."""
        ...

    def gaps(self, count: int, first: int | None = None) -> list[tuple[int, int]]:
        """Return (first, count) of every stretch of tasks that is missing."""
        ...

    def write_bytes(self, first: int, count: int, content: bytes) -> Any:
        """Keep the rows of some tasks, as `parts.to_bytes` made them."""
        ...

    def frame(self, first: int, count: int) -> pl.DataFrame:
        """Return the rows of some tasks, which are all there."""
        ...


class Tasks(ABC, Generic[Answer]):
    """Something that is asked of many worlds. It can be pickled, and is made anew from its settings elsewhere."""

    kind: ClassVar[str]
    """What it is called: "decision"."""
    width: int = 1
    """Rows that a task gives."""
    scenario: Scenario
    needs_rows: ClassVar[bool] = True
    """Whether `ask` is sent the rows of its rounds."""

    @abstractmethod
    def rows(self, topic: Any, number: int) -> list[dict[str, Any]]:
        """Play a task and return its rows; called in any thread."""

    @abstractmethod
    def ask(self, store: Any) -> Asking[Answer]:
        """Yield the rounds, and return the answer."""

    @abstractmethod
    def remake(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Return a function and arguments that make the question in another process."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.remake()

    @abstractmethod
    def manifest(self) -> Facts:
        """Return what is written down of it."""

    @abstractmethod
    def store(self, out: Path | None) -> Any:
        """Return where its rows are kept."""


class Question(Tasks[Answer]):
    """A question whose rows have columns of its own, and are kept as those of a job."""

    @abstractmethod
    def columns(self) -> dict[str, Any]:
        """Return the columns of the rows and their Polars types."""

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """Return, as JSON holds it, all that decides the rows beside the scenario."""

    def manifest(self) -> JobManifest:
        """Return what is written down of it."""
        import polars as pl

        scenario = self.scenario
        given: dict[str, Any] = {
            "variants": scenario.given,
            "overrides": {name: str(to) for name, to in scenario.overrides.items()},
        }
        return JobManifest(
            program=version(),
            engine=fingerprint(),
            vocabulary=vocabulary(),
            scenario=scenario.name,
            title=scenario.title,
            digest=scenario.digest,
            kind=self.kind,
            settings={name: found for name, found in given.items() if found} | self.settings(),
            rows=self.width,
            columns={name: str(kind) for name, kind in ({parts.TASK: pl.UInt64} | self.columns()).items()},
        )

    def store(self, out: Path | None) -> Any:
        """Return where its rows are kept: in a folder, or in memory."""
        manifest = self.manifest()
        return Memory(manifest) if out is None else parts.create_job(out, manifest)


class Packed(NamedTuple):
    """A scenario as another process can open it."""

    source: Source
    given: dict[str, str]
    overrides: dict[str, str]
    path: Path | None
    as_told: str | None

    @classmethod
    def of(cls, scenario: Scenario) -> Packed:
        """Return what a scenario was opened from."""
        path = scenario.path.absolute() if scenario.path is not None else None
        return cls(scenario.source, dict(scenario.given), dict(scenario.overrides), path, scenario.as_told)

    def open(self) -> Scenario:
        """Return the scenario."""
        return opened(self.source, self.given, self.overrides, self.path, self.as_told)


class PackedRun(NamedTuple):
    """A run as another process can play it again."""

    scenario: Packed
    seed: int
    choices: dict[str, str]
    ask: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]
    hands: tuple[Hand, ...]
    time: float

    @classmethod
    def of(cls, run: Run) -> PackedRun:
        """Return what determines a run."""
        answers = tuple((name, option) for name, option in run.answers)
        return cls(Packed.of(run.scenario), run.seed, dict(run.choices), run.ask, answers, tuple(run.hands), run.time)

    def play(self) -> Run:
        """Return the run, played to where it stood."""
        scenario = self.scenario.open()
        given = scenario, self.seed, self.choices, scenario.given, scenario.overrides
        whole = Run(*given, ask=self.ask, answers=self.answers, hands=self.hands)
        return whole.onward(Run(*given, ask=self.ask), self.time)


def of_run(run: Run) -> dict[str, Any]:
    """Return the settings by which a job knows the run that it is about."""
    found: dict[str, Any] = {"run": f"{digest(run.world):016x}", "seed": run.seed, "choices": run.choices}
    return found | ({"answers": [list(pair) for pair in run.answers]} if run.answers else {})


# ------------------------------------------------------------------------------------------------ playing


class Stop(threading.Event):
    """Once it is set no task is begun, and GRACE seconds later those that are being played stop too, by `now`."""

    def __init__(self) -> None:
        super().__init__()
        self.now = threading.Event()

    def set(self) -> None:
        """Stop beginning tasks, and soon playing those that were begun."""
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
    """Say one line to whoever waits for a job, beside its results."""
    print(plain(line), file=sys.stderr, flush=True)


class Pool(Protocol):
    """Other processes that play tasks."""

    def fill(self, session: Session[Any], asked: Round, gaps: Sequence[tuple[int, int]], watch: Callable[[int], None]):
        """Play the tasks in `gaps`, and keep their rows part by part."""
        ...

    def close(self) -> None:
        """Leave the processes, or end them if they were started for this."""
        ...


def pool_of(on: str, workers: int | None, address: str | None) -> Pool | None:
    """Return what plays tasks `on` somewhere else than in threads of this process, or None."""
    if workers is not None and workers < 1:
        raise RequestError(f"workers must be at least 1, got {workers}")
    if on not in WHERE:
        raise RequestError(f"worlds are played on 'threads', 'processes' or 'ray', got '{on}'")
    if on != "ray" and address is not None:
        raise RequestError("an address is for on='ray'")
    if on == "threads":
        return None
    from . import cluster, pools

    return pools.Processes(workers) if on == "processes" else cluster.Cluster(address, workers)


def answer(
    question: Tasks[Answer],
    out: str | Path | None = None,
    on: str = "threads",
    workers: int | None = None,
    address: str | None = None,
    watch: Watch | None = None,
) -> Answer:
    """Play what a question needs and is not there yet, and return the answer; arguments as in `How`.

    Raises RequestError when the folder is another job's or cannot be written, SavedRunError when something in it is not
    its own, and Interrupted (a KeyboardInterrupt) after a signal, when all that was played is kept.
    """
    pool = pool_of(on, workers, address)
    store = question.store(None if out is None else Path(out))
    try:
        with contextlib.nullcontext() if isinstance(store, Memory) else parts.held(store):
            session = Session(question, store, workers, watch, pool)
            found = session.run()
            if isinstance(store, Folder) and isinstance(store.manifest, JobManifest):
                keep(store.path, found)
            return found
    finally:
        if pool is not None:
            pool.close()


def keep(path: Path, found: Any) -> None:
    """Write an answer into the folder of its job."""
    from .results import Result
    from .results import plain as as_data

    parts.keep_answer(path, as_data(found.facts()), found.text(80) if isinstance(found, Result) else None)


class Session(Generic[Answer]):
    """Plays what the store of a question lacks."""

    def __init__(
        self,
        question: Tasks[Answer],
        store: Any,
        workers: int | None = None,
        watch: Watch | None = None,
        pool: Pool | None = None,
        check: bool = True,
    ) -> None:
        self.question, self.store, self.workers, self.watch, self.pool = question, store, workers, watch, pool
        self.manifest: Facts = store.manifest
        self.schema = self.manifest.schema()
        self.stop = Stop()
        self._before, self._played, self._since = 0, 0, time.monotonic()
        if check and isinstance(store, Folder):
            set_aside(store)

    def run(self) -> Answer:
        """Play every round of the question and return its answer."""
        asking = self.question.ask(self.store)
        try:
            asked = next(asking)
            while True:
                self.fill(asked)
                asked = asking.send(self.store.frame(asked.first, len(asked)) if self.question.needs_rows else None)  # type: ignore[arg-type]
        except StopIteration as done:
            return done.value

    def fill(self, asked: Round) -> None:
        """Play the tasks of a round that are missing."""
        if len(asked) > MOST_TASKS or asked.first + len(asked) > 1 << 64:
            raise RequestError(f"{len(asked):,} tasks are more than a job may have; ask for fewer")
        gaps = self.store.gaps(len(asked), asked.first)
        missing = sum(count for _, count in gaps)
        alone = asked.total == -1
        total = len(asked) * asked.worth if alone else asked.total
        there = (len(asked) - missing) * asked.worth
        self._before = there if alone else self._before + there
        if alone:
            self._played, self._since = 0, time.monotonic()
        already = self._played

        def watch(tasks: int) -> None:
            self._played = already + tasks * asked.worth
            self._say(asked.what, total)

        with gently() as self.stop:
            if missing and self.pool is not None:
                self.pool.fill(self, asked, gaps, watch)
            elif missing:
                self._in_threads(asked, gaps, watch)
            if self.stop.is_set():
                raise Interrupted(self._kept())

    def _say(self, what: str, total: int | None) -> None:
        if self.watch is not None:
            spent = max(time.monotonic() - self._since, 1e-3)
            done, rate = self._before + self._played, self._played / spent
            done = done if total is None else min(done, total)
            left = (total - done) / rate if total is not None and rate > 0.0 else None
            self.watch(Progress(what, done, total, rate, left))

    def _kept(self) -> str:
        if isinstance(self.store, Memory):
            return NOTHING_KEPT
        saved = sum(part.count for part in self.store.parts())
        what = "seeds" if self.manifest.NUMBER == "seed" else "tasks"
        return f"{saved:,} {what} are saved in {self.store.path}; the same command goes on"

    def _in_threads(self, asked: Round, gaps: Sequence[tuple[int, int]], watch: Callable[[int], None]) -> None:
        """Play the tasks in `gaps` on threads, and keep them part by part."""
        pending, played, last = Pending(self), 0, 0.0

        def tasks() -> Iterator[int]:
            for first, count in gaps:
                for number in range(first, first + count):
                    if self.stop.is_set():
                        return
                    yield number

        stream = in_threads(
            lambda number: (number, self.rows(asked, number)), tasks(), self.workers, stop=self.stop.now
        )
        try:
            for number, rows in stream:
                pending.add(number, rows)
                played += 1
                if time.monotonic() - last > 0.2:
                    last = time.monotonic()
                    watch(played)
        except Stopped:
            pass  # what was whole before is kept
        finally:
            stream.close()  # type: ignore[attr-defined]
        pending.close()
        watch(played)

    def rows(self, asked: Round, number: int) -> list[dict[str, Any]]:
        """Return the rows of a task, played in this thread."""
        rows = self.question.rows(*asked.task(number))
        for row in rows:
            row[self.manifest.NUMBER] = number
        return rows

    def stretch(self, asked: Round, first: int, count: int) -> bytes:
        """Return the rows of some tasks, played in this thread, as the bytes of a part."""
        rows = [row for number in range(first, first + count) for row in self.rows(asked, number)]
        return to_bytes(frame_of(rows, self.schema))


def set_aside(folder: Folder[Any]) -> None:
    """Set the parts aside that are not what was written under their names, and say so; none of them is removed."""
    damaged = folder.damaged()
    for part, wrong in damaged:
        if wrong != parts.DAMAGED:  # a disk damages bytes; somebody else made this one
            raise SavedRunError(f"{folder.parts_folder / part.name}: {wrong}; move it elsewhere")
    for part, wrong in damaged:
        kept = folder.set_aside(part).name
        tell(f"{folder.parts_folder / part.name}: {wrong}; it is kept as {kept}, and what is missing is played again")
    strange = folder.strangers()
    if strange:
        rest = f", and {len(strange) - 1:,} others beside it," if len(strange) > 1 else ""
        tell(
            f"{folder.parts_folder / strange[0]}{rest} is not read: no part has such a name; "
            "if it is one, give it back its own"
        )


class Pending:
    """Rows that are not kept yet; they become a part when there are many, or when some time has passed."""

    FRAME = 1000

    def __init__(self, session: Session[Any]) -> None:
        self.store, self.schema, self._most = session.store, session.schema, session.manifest.most_tasks()
        self._clear(0)

    def _clear(self, first: int) -> None:
        self.first, self.count, self.since = first, 0, time.monotonic()
        self.rows: list[dict[str, Any]] = []
        self.frames: list[pl.DataFrame] = []

    def add(self, number: int, rows: Sequence[dict[str, Any]]) -> None:
        """Add the rows of the next task."""
        if number != self.first + self.count or self._due():
            self.close()
            self._clear(number)
        self.rows += rows
        self.count += 1
        if len(self.rows) >= self.FRAME:
            self._frame()

    def _due(self) -> bool:
        return time.monotonic() - self.since > PART_SECONDS or self.count >= self._most

    def _frame(self) -> None:
        self.frames.append(frame_of(self.rows, self.schema))
        self.rows = []

    def close(self) -> None:
        """Keep what there is."""
        import polars as pl

        if self.rows:
            self._frame()
        if self.count:
            self.store.write_bytes(self.first, self.count, to_bytes(pl.concat(self.frames)))
        self._clear(self.first + self.count)


class Memory:
    """Rows that are kept for as long as they are needed, by whoever named no folder."""

    def __init__(self, manifest: Facts) -> None:
        self.manifest = manifest
        self._kept: dict[int, tuple[int, bytes]] = {}

    def gaps(self, count: int, first: int | None = None) -> list[tuple[int, int]]:
        """Return the whole stretch: what is kept in memory was played by this session, round by round."""
        return [(first or 0, count)]

    def write_bytes(self, first: int, count: int, content: bytes) -> None:
        """Keep the rows of some tasks."""
        self._kept[first] = count, content

    def frame(self, first: int, count: int) -> pl.DataFrame:
        """Return the rows of some tasks."""
        import io

        import polars as pl

        here = sorted(at for at in self._kept if first <= at < first + count)
        found = [pl.read_parquet(io.BytesIO(self._kept.pop(at)[1])) for at in here]
        return pl.concat(found) if found else pl.DataFrame(schema=self.manifest.schema())
