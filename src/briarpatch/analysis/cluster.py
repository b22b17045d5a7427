"""Many worlds on a cluster of machines, through Ray: the same rows as on threads, byte for byte.

A task is a stretch of seeds that takes 10 to 60 seconds; the stretches grow or shrink with the rate at which earlier
ones were played. A worker compiles the engine if its machine has not done so (one at a time on a machine, the others
wait for it), and writes its part into the folder when it sees that folder too; else it sends the part back, and the
one who asked writes it. A task whose worker or machine is lost is played again elsewhere. Ray's dashboard and its
statistics of use are off.
"""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import engine
from ..errors import BriarpatchError, MissingExtraError, RequestError
from ..files import hold, private_folder
from ..scenario.load import Source
from ..world.compiled import INTERPRETED, cache_folder, fingerprint
from .parts import MANIFEST, Folder, Manifest, to_bytes
from .worlds import Arm, Player, Shelf

if TYPE_CHECKING:
    from .ensemble import Session

SHORTEST, LONGEST = 10.0, 60.0
"""Seconds that a task should take."""
AIM = 25.0
FIRST_TASK = 16
"""Worlds of the first tasks, when nobody knows yet how long one takes."""
AHEAD = 2
"""Tasks that are handed out for each processor of the cluster."""


class Order(NamedTuple):
    """All that a worker needs to know, once for the whole ensemble."""

    source: Source
    path: str | None
    arms: tuple[Arm, ...]
    manifest: bytes
    folder: str
    build: str


class Done(NamedTuple):
    """What a task says: its seeds, the seconds it took, and the part itself if the worker could not write it."""

    first: int
    count: int
    seconds: float
    content: bytes | None


@dataclass
class Cluster:
    """A Ray cluster, joined at `address` or started on this machine for as long as it is needed."""

    address: str | None = None
    processors: int | None = None
    """Of a cluster that is started here; None takes them all."""
    options: dict[str, Any] = field(default_factory=dict)
    """Further arguments of `ray.init`."""

    _ours: bool = False

    def join(self) -> Any:
        """Return the module ray, connected to the cluster."""
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        os.environ.setdefault("RAY_worker_niceness", "0")  # playing is all that they are there for
        try:
            import ray
        except ImportError:
            raise MissingExtraError("playing on a cluster", "ray") from None
        if not ray.is_initialized():
            here = {} if self.address else {"include_dashboard": False, "num_cpus": self.processors}
            try:
                ray.init(address=self.address, log_to_driver=False, logging_level=logging.ERROR, **here, **self.options)
                self._ours = True
            except (ConnectionError, RuntimeError, ValueError, OSError) as cause:
                where = f"at {self.address}" if self.address else "on this machine"
                raise RequestError(f"no Ray cluster {where}: {str(cause).splitlines()[0]}") from cause
        return ray

    def close(self) -> None:
        """Leave the cluster, or end it if it was started here."""
        if self._ours:
            import ray

            ray.shutdown()
            self._ours = False

    def fill(self, session: Session, gaps: Sequence[tuple[int, int]], watch: Callable[[int], None]) -> None:
        """Play the seeds in `gaps` on the cluster, and write them part by part; see `Session`."""
        _Dispatch(self.join(), session, watch).run(gaps)


class _Dispatch:
    """Hands out stretches of seeds, and takes in what comes back."""

    def __init__(self, ray: Any, session: Session, watch: Callable[[int], None]) -> None:
        self.ray, self.session, self.watch = ray, session, watch
        self.arms = len(session.seats)
        self.task = ray.remote(num_cpus=1, max_retries=-1)(play_stretch)
        self.order = ray.put(order_of(session))
        self.size = max(1, FIRST_TASK // self.arms)
        self.played = 0

    def run(self, gaps: Sequence[tuple[int, int]]) -> None:
        """Play the seeds in `gaps`; after a signal, those that are in hand."""
        left, running = deque(gaps), []
        while left or running:
            while left and len(running) < self._most() and not self.session.stop.is_set():
                running.append(self._start(left))
            if not running:
                return
            done, running = self.ray.wait(running, timeout=0.5)
            for one in done:
                self._take(one)
            self.watch(self.played * self.arms)
            if self.session.stop.is_set():
                left.clear()

    def _most(self) -> int:
        return max(2, AHEAD * int(self.ray.cluster_resources().get("CPU", 1)))

    def _start(self, left: deque[tuple[int, int]]) -> Any:
        first, count = left.popleft()
        now = min(count, self.size)
        if count > now:
            left.appendleft((first + now, count - now))
        return self.task.remote(self.order, first, now)

    def _take(self, reference: Any) -> None:
        try:
            done: Done = self.ray.get(reference)
        except self.ray.exceptions.RayTaskError as wrong:
            cause = wrong.cause
            raise cause if isinstance(cause, BriarpatchError) else RequestError(f"a worker failed: {cause}") from wrong
        except self.ray.exceptions.RayError as wrong:
            raise RequestError(
                f"the cluster failed ({wrong}); the same command goes on with what is missing"
            ) from wrong
        if done.content is not None:
            self.session.folder.write_bytes(done.first, done.count, done.content)
        self.played += done.count
        self.size = min(next_size(self.size, done.count, done.seconds), self.session.folder.manifest.most_seeds())


def next_size(size: int, count: int, seconds: float) -> int:
    """Return how many seeds the next task gets, after one of `count` seeds that took `seconds`."""
    if SHORTEST <= seconds <= LONGEST or (count < size and seconds < LONGEST):
        return size
    return max(1, min(4 * size, round(count * AIM / max(seconds, 1e-3))))


def order_of(session: Session) -> Order:
    """Return what the workers of a session need to know."""
    first = session.seats[0].scenario
    path = str(Path(first.path).absolute()) if first.path is not None else None
    folder = session.folder.path.absolute()
    arms = tuple(player.arm for player in session.seats)
    return Order(first.source, path, arms, (folder / MANIFEST).read_bytes(), str(folder), fingerprint())


# ------------------------------------------------------------------------------------------------ on a worker

_sessions: dict[bytes, Session] = {}
"""The ensemble that this worker plays, so that it is compiled once and not for every task."""


def play_stretch(order: Order, first: int, count: int) -> Done:
    """Play some seeds of an ensemble, and write the part, or return it when the folder is not to be seen from here."""
    session = _sessions.get(order.manifest)
    if session is None:
        _sessions.clear()
        session = _sessions[order.manifest] = _session(order)
    began = time.monotonic()
    content = to_bytes(session.rows(first, count))
    seconds = time.monotonic() - began
    if _sees(order):
        session.folder.write_bytes(first, count, content)
        return Done(first, count, seconds, None)
    return Done(first, count, seconds, content)


def _session(order: Order) -> Session:

    from .ensemble import Session, Stop

    if fingerprint() != order.build:
        raise RequestError("a worker has another build of briarpatch; install the same one on every machine")
    prepare_once()
    shelf = Shelf.of(order.source, Path(order.path) if order.path else None)
    seats = [Player(shelf, arm, index) for index, arm in enumerate(order.arms)]
    folder = Folder(Path(order.folder), Manifest.model_validate_json(order.manifest))
    return Session(seats, folder, Stop(), 1, check=False)


def prepare_once() -> None:
    """Compile the engine, or load it, so that one process of this machine compiles and the others wait for it."""
    if INTERPRETED or engine.ready():
        engine.prepare()
        return
    folder = private_folder(cache_folder())
    handle = os.open(folder / "compiling", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        hold(handle, wait=True)
        engine.prepare()
    finally:
        os.close(handle)


def _sees(order: Order) -> bool:
    """Return whether this machine sees the very folder that the ensemble is kept in."""
    try:
        return (Path(order.folder) / MANIFEST).read_bytes() == order.manifest
    except OSError:
        return False
