"""Stretches of tasks, handed out to other processes and taken in again.

A stretch takes a worker some seconds; stretches grow or shrink with the rate at which earlier ones were played. A worker
makes the question anew, once for a job, and plays a stretch in one thread. The tasks of a worker that is lost are handed
out again.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait as wait_for
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from .. import engine
from ..errors import BriarpatchError, RequestError
from ..files import hold, private_folder
from ..world.compiled import INTERPRETED, cache_folder, fingerprint
from ..world.parts import processors
from .jobs import Memory, Round, Session, Tasks
from .parts import Facts, Folder

FIRST_TASKS = 8
"""Tasks of the first stretches, when nobody knows yet how long one takes."""
AHEAD = 2
"""Stretches that are handed out for each worker."""
MOST_LOST = 5
"""Workers that may be lost one after the other, without a stretch that is done in between."""


class Order(NamedTuple):
    """All that a worker needs to know, once for the whole job."""

    question: Tasks[Any]
    manifest: Facts
    folder: str | None
    """Where the job is kept, None in memory."""
    build: str


class Done(NamedTuple):
    """What a worker says of a stretch: its tasks, the seconds it took, and the part itself if it did not write it."""

    first: int
    count: int
    seconds: float
    content: bytes | None


class Lost(Exception):
    """A worker is gone, and with it what it played."""


class Workers(ABC):
    """Hands out stretches of tasks; where to, those that inherit from it say."""

    SHORTEST: ClassVar[float]
    AIM: ClassVar[float]
    LONGEST: ClassVar[float]
    """Seconds that a stretch should take."""

    def fill(self, session: Session[Any], asked: Round, gaps: Sequence[tuple[int, int]], watch: Callable[[int], None]):
        """Play the tasks in `gaps`, and keep their rows part by part."""
        engine.prepare()
        self.join(session)
        left, running, most = deque(gaps), {}, session.manifest.most_tasks()
        size, played, lost = max(1, min(most, FIRST_TASKS)), 0, 0
        while (left or running) and not session.stop.now.is_set():
            while left and len(running) < self.most() and not session.stop.is_set():
                first, count = left.popleft()
                now = min(count, size)
                if count > now:
                    left.appendleft((first + now, count - now))
                running[self.hand_out(asked, first, now)] = first, now
            if not running:
                break
            for one in self.ready(list(running)):
                stretch = running.pop(one)
                try:
                    done = self.take(one)
                except Lost as gone:
                    left.append(stretch)
                    lost += 1
                    if lost > MOST_LOST * max(1, self.most()):
                        raise RequestError(
                            f"workers die one after the other ({gone}), perhaps for want of memory: take fewer --workers"
                        ) from gone
                    continue
                if done.content is not None:
                    session.store.write_bytes(done.first, done.count, done.content)
                lost, played = 0, played + done.count
                size = min(self.next_size(size, done.count, done.seconds), most)
            watch(played)
        if running:
            self.give_up(list(running))

    @classmethod
    def next_size(cls, size: int, count: int, seconds: float) -> int:
        """Return how many tasks the next stretch gets, after one of `count` tasks that took `seconds`."""
        if cls.SHORTEST <= seconds <= cls.LONGEST or (count < size and seconds < cls.LONGEST):
            return size
        return max(1, min(4 * size, round(count * cls.AIM / max(seconds, 1e-3))))

    @abstractmethod
    def join(self, session: Session[Any]) -> None:
        """Have workers that know the order."""

    @abstractmethod
    def most(self) -> int:
        """Return how many stretches are in hand at most."""

    @abstractmethod
    def hand_out(self, asked: Round, first: int, count: int) -> Any:
        """Give a stretch to a worker and return what stands for it."""

    @abstractmethod
    def ready(self, running: list[Any]) -> list[Any]:
        """Return those that are done, after a short while at most."""

    @abstractmethod
    def take(self, one: Any) -> Done:
        """Return what a worker says of a stretch; raises Lost when the worker is gone."""

    @abstractmethod
    def give_up(self, running: list[Any]) -> None:
        """Let go of what is still being played."""


def order_of(session: Session[Any]) -> Order:
    """Return what the workers of a session need to know."""
    store = session.store
    folder = str(store.path.absolute()) if isinstance(store, Folder) else None
    return Order(session.question, session.manifest, folder, fingerprint())


def session_of(order: Order) -> Session[Any]:
    """Return the session of a worker."""
    if fingerprint() != order.build:
        raise RequestError("a worker has another build of briarpatch; install the same one on every machine")
    prepare_once()
    store = Memory(order.manifest) if order.folder is None else Folder(Path(order.folder), order.manifest)
    return Session(order.question, store, 1, check=False)


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


# ------------------------------------------------------------------------------------------------ on this machine


class Processes(Workers):
    """Processes of this machine, which share nothing, not even the interpreter."""

    SHORTEST, AIM, LONGEST = 0.5, 1.5, 4.0

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or processors()
        self._pool: ProcessPoolExecutor | None = None
        self._order: Order | None = None

    def join(self, session: Session[Any]) -> None:
        """Note what the workers need to know; they begin with the first stretch."""
        if self._order is None:
            self._order = order_of(session)

    def most(self) -> int:
        """Return how many stretches are in hand at most."""
        return AHEAD * self.workers

    def hand_out(self, asked: Round, first: int, count: int) -> Future[Done]:
        """Give a stretch to a worker."""
        try:
            return self._processes().submit(_stretch, asked, first, count)
        except BrokenProcessPool:
            self._pool = None
            return self._processes().submit(_stretch, asked, first, count)

    def _processes(self) -> ProcessPoolExecutor:
        if self._pool is None:
            assert self._order is not None
            self._pool = ProcessPoolExecutor(self.workers, get_context("spawn"), _begin, (self._order,))
        return self._pool

    def ready(self, running: list[Future[Done]]) -> list[Future[Done]]:
        """Return those that are done, after a short while at most."""
        return list(wait(running, 0.2, FIRST_COMPLETED).done)

    def take(self, one: Future[Done]) -> Done:
        """Return what a worker says of a stretch."""
        try:
            return one.result()
        except BrokenProcessPool as gone:
            raise Lost("a process was ended from outside") from gone

    def give_up(self, running: list[Any]) -> None:
        """End the processes."""
        self.close()

    def close(self) -> None:
        """End the processes, which have nothing to do any more."""
        if self._pool is not None:
            for process in list((self._pool._processes or {}).values()):
                process.kill()
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None


_sessions: list[Session[Any]] = []
"""The session of this worker."""
_faults: list[BriarpatchError] = []
"""Why it has none."""


def _begin(order: Order) -> None:
    """Make the session of this process, which lives no longer than the one that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who asks says when to stop
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    try:
        _sessions.append(session_of(order))
    except BriarpatchError as fault:
        _faults.append(fault)


def _end_with(sentinel: int) -> None:
    wait_for([sentinel])
    os._exit(1)


def _stretch(asked: Round, first: int, count: int) -> Done:
    if _faults:
        raise _faults[0]
    began = time.monotonic()
    content = _sessions[0].stretch(asked, first, count)
    return Done(first, count, time.monotonic() - began, content)
