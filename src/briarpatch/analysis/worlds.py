"""Many play-outs at once: arms, threads, and one row for each world.

An *arm* is one way of playing a scenario: settings of variants, single values, decisions fixed from outside. Every arm
plays the same seeds, so that worlds of two arms differ only by what the arms change (common random numbers; Kahn and
Marshall 1953, Journal of the Operations Research Society of America 1:263).

Threads share nothing but what is read-only: the engine runs without the interpreter lock, every world is its own
tables, and chance is looked up by the seed. So rows do not depend on the number of threads, nor on their order.
"""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from .. import engine
from ..errors import RequestError
from ..run import MOST_ENTRIES, Run, tell_guard
from ..scenario import load
from ..scenario.catalog import find, opened, source_of
from ..scenario.scenario import Scenario
from ..world import kinds, refs, states
from ..world.parts import processors
from ..world.world import GROWING, World, grow
from .deciders import Deciders

if TYPE_CHECKING:
    import polars as pl

    from .accounts import Scorer

Question = TypeVar("Question")
Answer = TypeVar("Answer")
AS_IT_IS = "as it is"
STRETCH = 0.2
"""Seconds that a thread works before it hands over what it has."""
MOST_AT_A_STRETCH = 256


@dataclass(frozen=True)
class Arm:
    """One way of playing a scenario; the plain arm changes nothing."""

    name: str = AS_IT_IS
    choices: Mapping[str, str] = field(default_factory=dict)
    variants: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[str, str] = field(default_factory=dict)
    as_told: str | None = None
    """An account, as which every variant is set that `variants` does not set."""
    policies: tuple[str, ...] = ()
    """Programs that decide for people; see `deciders`."""

    def settings(self) -> dict[str, dict[str, str]]:
        """Return what the arm changes, as plain data; its policies are a player's to describe."""
        return {"choices": dict(self.choices), "variants": dict(self.variants), "overrides": dict(self.overrides)}


class Shelf:
    """A scenario's files, read once, and what they compile to under the settings of each arm."""

    def __init__(self, scenario: str | Path | Scenario) -> None:
        self._compiled: dict[tuple[Any, ...], Scenario] = {}
        self._variants: dict[str, str] = {}
        self._overrides: dict[str, str] = {}
        if isinstance(scenario, Scenario):
            self._source, self._path = scenario.source, scenario.path
            self._variants, self._overrides = dict(scenario.given), dict(scenario.overrides)
            self._compiled[self._key(Arm())] = scenario
        else:
            self._path = find(scenario)
            self._source = source_of(self._path)

    @classmethod
    def of(cls, source: load.Source, path: Path | None) -> Shelf:
        """Return the shelf of files that were read before; `path` is where they stand."""
        shelf = cls.__new__(cls)
        shelf._compiled, shelf._variants, shelf._overrides = {}, {}, {}
        shelf._source, shelf._path = source, path
        return shelf

    def _key(self, arm: Arm) -> tuple[Any, ...]:
        variants, overrides = {**self._variants, **arm.variants}, {**self._overrides, **arm.overrides}
        return tuple(sorted(variants.items())), tuple(overrides.items()), arm.as_told

    def scenario(self, arm: Arm) -> Scenario:
        """Return the scenario as `arm` sets it; raises ScenarioError when it cannot be set so."""
        key = self._key(arm)
        if key not in self._compiled:
            self._compiled[key] = opened(self._source, dict(key[0]), dict(key[1]), self._path, arm.as_told)
        return self._compiled[key]

    def settled(self, arm: Arm) -> Arm:
        """Return `arm` with every setting that it takes from elsewhere spelt out."""
        found = self.scenario(arm)
        return replace(arm, variants=dict(found.given), overrides=dict(found.overrides), as_told=None)


class Player:
    """An arm of a scenario, compiled and ready to play any seed; safe to use from many threads."""

    def __init__(self, scenario: str | Path | Scenario | Shelf, arm: Arm | None = None, index: int = 0) -> None:
        shelf = scenario if isinstance(scenario, Shelf) else Shelf(scenario)
        self.scenario = shelf.scenario(arm or Arm())
        self.arm = shelf.settled(arm or Arm())
        self.index = index
        """The place of the arm among its siblings."""
        self.deciders = Deciders(self.scenario, self.arm.policies) if self.arm.policies else None
        first = self.run(0)
        self._forced = first.world.decisions_state["forced"].copy()
        self._room = {name: len(getattr(first.world, name)) for name in GROWING}

    def run(self, seed: int) -> Run:
        """Return the run of `seed` at time zero, as the object that tells and explains."""
        arm, deciders = self.arm, self.deciders
        if deciders is None:
            return Run(self.scenario, seed, arm.choices, arm.variants, arm.overrides)
        chairs = {"ask": deciders.people, "chooser": deciders.answer, "record": 1}
        return Run(self.scenario, seed, arm.choices, arm.variants, arm.overrides, **chairs)

    def start(self, seed: int, record: int = 0) -> World:
        """Return the world of `seed` at time zero, with room for as many entries as earlier worlds needed."""
        world = self.scenario.world(seed, record)
        world.decisions_state["forced"][:] = self._forced
        if any(len(getattr(world, name)) < room for name, room in self._room.items()):
            world = self._roomy(world)
        return world

    def play(self, seed: int) -> World:
        """Return the world of `seed` played to its end; its status stands in its state."""
        return self.go(self.start(seed)) if self.deciders is None else self.run(seed).go().world

    def go(self, world: World, until: float = math.inf) -> World:
        """Play `world` on, to `until` [s] or its end; it may be another object that comes back, with more room."""
        while True:
            status = engine.play(self.scenario.program, world, until)
            if status != states.NEEDS_ROOM:
                break
            world = self.with_room(world)
            if int(world.state["broken"][0]):
                status = states.BROKEN
                break
        world.state["status"][0] = status
        return world

    def with_room(self, world: World) -> World:
        """Return `world` in larger tables; it breaks when it has more entries than any world may have."""
        world = grow(world)
        if len(world.chronicle) > MOST_ENTRIES:
            world.state["broken"][0] = states.ROOM_GUARD
            return tell_guard(world)
        self._room = {name: max(room, len(getattr(world, name))) for name, room in self._room.items()}
        return world

    def _roomy(self, world: World) -> World:
        from ..world import tables

        replaced = {}
        for name, room in self._room.items():
            array = getattr(world, name)
            if len(array) < room:
                replaced[name] = getattr(tables, name.upper()).rows(room)
                replaced[name][: len(array)] = array
        return world._replace(**replaced)


def players(scenario: str | Path | Scenario | Shelf, arms: Sequence[Arm]) -> list[Player]:
    """Return a player for each of `arms`; raises RequestError when two have one name."""
    names = [arm.name for arm in arms]
    for name in names:
        if names.count(name) > 1:
            raise RequestError(f"two arms are called '{name}'; give each its own name")
    shelf = scenario if isinstance(scenario, Shelf) else Shelf(scenario)
    return [Player(shelf, arm, index) for index, arm in enumerate(arms)]


def in_threads(
    work: Callable[[Question], Answer],
    questions: Iterable[Question],
    threads: int | None = None,
    chunk: int | None = None,
    stop: threading.Event | None = None,
) -> Iterator[Answer]:
    """Yield `work` of each question, in order; the engine lets threads run side by side.

    Args:
        work: called in any of the threads.
        questions: may be endless; only a few a thread are worked on ahead of the reader.
        threads: None takes one for each processor.
        chunk: questions that a thread works on at a stretch; None lets a stretch take about STRETCH seconds.
        stop: once it is set, worlds that are being played stop where they are, and the iterator raises `engine.Stopped`.

    Closing the iterator, or an exception such as KeyboardInterrupt, stops them too.
    """
    engine.prepare()
    halt = threading.Event()
    stops = halt.is_set if stop is None else lambda: halt.is_set() or stop.is_set()
    wanted = threads or processors()
    size = [chunk or 1]

    def several(part: list[Question]) -> list[Answer]:
        began = time.monotonic()
        with engine.stopped_by(stops):
            found = [work(question) for question in part]
        if chunk is None:
            each = (time.monotonic() - began) / len(part)
            size[0] = max(1, min(MOST_AT_A_STRETCH, 2 * size[0], int(STRETCH / max(each, 1e-9))))
        return found

    left = iter(questions)
    parts = iter(lambda: list(islice(left, size[0])), [])
    if wanted == 1:
        for part in parts:
            yield from several(part)
        return
    with ThreadPoolExecutor(wanted, "world") as pool:
        ahead: deque[Future[list[Answer]]] = deque()
        try:
            for part in parts:
                ahead.append(pool.submit(several, part))
                if len(ahead) > 2 * wanted:
                    yield from ahead.popleft().result()
            while ahead:
                yield from ahead.popleft().result()
        finally:
            for future in ahead:
                future.cancel()
            halt.set()


class Reader:
    """What one row says of a world of `scenario`: how it ended, its measures, its decisions and its times.

    Columns: `seed` (u64), `arm`, `ending`, `status`, `time` [s], `entries`, `digest` (u64: of
    the chronicle, so that a replay can be held against it); `measure:NAME`; `chose:WHO.WHAT`, the option
    last taken or null, and `chose_at:WHO.WHAT` [s]; `first:NAME` [s], when a rule first fired, an event was first
    marked, a decision first taken or one of its options, or null; `fitness:NAME`, how well the account fits, if `accounts`. With `times=False` no `first` are there. Arms of one scenario may differ in their decisions and
    rules; a column that an arm does not have is null there (see `Reader.frame`).
    """

    def __init__(self, scenario: Scenario, times: bool = True, accounts: bool = False) -> None:
        names = scenario.names.rows
        self._endings = [ending.name for ending in scenario.endings]
        self._measures = [f"measure:{measure.name}" for measure in scenario.measures]
        self._codes = scenario.program.measures["code"].tolist()
        self._decisions = list(names.get("decision", {}))
        self._options = [name.rpartition(".")[2] for name in names.get("option", {})]
        self._happenings = (
            {refs.ref(refs.RULE, row): f"first:{name}" for name, row in names.get("rule", {}).items()}
            | {refs.ref(refs.EVENT, row): f"first:{name}" for name, row in names.get("event", {}).items()}
            | {refs.ref(refs.OPTION, row): f"first:{name}" for name, row in names.get("option", {}).items()}
            if times
            else {}
        )
        self._question_of = {f"first:{name}": f"first:{name.rpartition('.')[0]}" for name in names.get("option", {})}
        self._scorer = _scorer(scenario) if accounts else None

    @property
    def schema(self) -> dict[str, Any]:
        """Return the columns and their Polars types."""
        import polars as pl

        head = {"seed": pl.UInt64, "arm": pl.String, "ending": pl.String, "status": pl.String}
        found = (
            head
            | {"time": pl.Float64, "entries": pl.Int64, "digest": pl.UInt64}
            | dict.fromkeys(self._measures, pl.Float64)
        )
        for name in self._decisions:
            found |= {f"chose:{name}": pl.String, f"chose_at:{name}": pl.Float64}
        found |= dict.fromkeys(self._happenings.values(), pl.Float64)
        fitness = [f"fitness:{name}" for name in self._scorer.accounts] if self._scorer else []
        return found | dict.fromkeys(fitness, pl.Float64)

    def row(self, player: Player, seed: int, world: World) -> dict[str, Any]:
        """Return the row of a world that was played to its end."""
        state = world.state[0]
        ending, entries = int(state.ending), int(state.entries)
        row: dict[str, Any] = {
            "seed": seed,
            "arm": player.arm.name,
            "ending": self._endings[ending] if ending >= 0 else None,
            "status": status_word(world),
            "time": float(state.time),
            "entries": entries,
            "digest": digest(world),
        }
        row.update(zip(self._measures, engine.measures(player.scenario.program, world).tolist(), strict=True))
        stand = world.decisions_state
        for name, taken, chosen, at in zip(
            self._decisions, stand["taken"].tolist(), stand["chosen"].tolist(), stand["at"].tolist(), strict=True
        ):
            row[f"chose:{name}"] = self._options[chosen] if taken > 0 and chosen >= 0 else None
            row[f"chose_at:{name}"] = at if taken > 0 else None
        if self._happenings:
            row.update(self._times(world, entries))
        if self._scorer is not None:
            row.update({f"fitness:{name}": found.fitness for name, found in self._scorer.score(world).items()})
        return row

    def _times(self, world: World, entries: int) -> dict[str, float]:
        rows = world.chronicle[:entries].view(np.ndarray)
        kind = rows["kind"]
        of_object = (kind == kinds.MARKED) | (kind == kinds.CHOSE)
        told = np.where(kind == kinds.RULE, rows["subject"], np.where(of_object, rows["object"], -1))
        which, first = np.unique(told, return_index=True)
        found: dict[str, float] = {}
        order = np.argsort(first)
        for reference, at in zip(which[order].tolist(), rows["time"][first[order]].tolist(), strict=True):
            if reference in self._happenings:
                name = self._happenings[reference]
                found[name] = at
                found.setdefault(self._question_of.get(name, name), at)
        return found

    def frame(self, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
        """Return rows as a frame with every column of `schema`; what a row lacks is null."""
        return frame_of(rows, self.schema)


def frame_of(rows: Sequence[Mapping[str, Any]], schema: Mapping[str, Any]) -> pl.DataFrame:
    """Return rows as a frame with every column of `schema`; what a row lacks is null."""
    import polars as pl

    return pl.DataFrame({name: pl.Series(name, [row.get(name) for row in rows], kind) for name, kind in schema.items()})


def status_word(world: World) -> str:
    """Return why a world stopped: "finished", or what went wrong."""
    from ..chronicle import status_name

    return status_name(world)


def _scorer(scenario: Scenario) -> Scorer:
    from .accounts import Scorer

    return Scorer(scenario)


def digest(world: World) -> int:
    """Return 64 bits of BLAKE2b over the chronicle: equal when two worlds took the same course."""
    told = world.chronicle[: int(world.state["entries"][0])]
    return int.from_bytes(hashlib.blake2b(told.tobytes(), digest_size=8).digest(), "little")
