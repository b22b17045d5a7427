"""Tasks on a cluster of machines, through Ray: the same rows as on threads, byte for byte.

A worker compiles the engine if its machine has not done so (one at a time on a machine, the others wait for it), and
writes its part into the folder when it sees that folder too; else it sends the part back, and the one who asked writes it.
A stretch whose worker or machine is lost is played again elsewhere. Ray's dashboard and its statistics of use are off.
"""

from __future__ import annotations

import logging
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BriarpatchError, MissingExtraError, RequestError
from .jobs import Round
from .parts import Folder
from .pools import AHEAD, Done, Order, Workers, order_of, session_of

if TYPE_CHECKING:
    from .jobs import Session


@dataclass
class Cluster(Workers):
    """A Ray cluster, joined at `address` or started on this machine for as long as it is needed."""

    SHORTEST, AIM, LONGEST = 10.0, 25.0, 60.0

    address: str | None = None
    processors: int | None = None
    """Of a cluster that is started here; None takes them all."""
    options: dict[str, Any] = field(default_factory=dict)
    """Further arguments of `ray.init`."""

    _ours: bool = False
    _ray: Any = None
    _task: Any = None
    _order: Any = None

    def join(self, session: Session[Any]) -> None:
        """Connect to the cluster and put the order where every worker finds it."""
        if self._ray is None:
            self._ray = self._connected()
            self._task = self._ray.remote(num_cpus=1, max_retries=-1)(play_stretch)
            self._order = self._ray.put(order_of(session))

    def _connected(self) -> Any:
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
            self._ray.shutdown()
            self._ours = False

    def most(self) -> int:
        """Return how many stretches are in hand at most."""
        return max(2, AHEAD * int(self._ray.cluster_resources().get("CPU", 1)))

    def hand_out(self, asked: Round, first: int, count: int) -> Any:
        """Give a stretch to a worker."""
        return self._task.remote(self._order, asked, first, count)

    def ready(self, running: list[Any]) -> list[Any]:
        """Return those that are done, after a short while at most."""
        return self._ray.wait(running, num_returns=1, timeout=0.5)[0]

    def take(self, one: Any) -> Done:
        """Return what a worker says of a stretch; Ray itself plays those again whose worker is lost."""
        try:
            return self._ray.get(one)
        except self._ray.exceptions.RayTaskError as wrong:
            cause = wrong.cause
            raise cause if isinstance(cause, BriarpatchError) else RequestError(f"a worker failed: {cause}") from wrong
        except self._ray.exceptions.RayError as wrong:
            raise RequestError(
                f"the cluster failed ({wrong}); the same command goes on with what is missing"
            ) from wrong

    def give_up(self, running: list[Any]) -> None:
        """End the workers that play what is still in hand."""
        for one in running:
            self._ray.cancel(one, force=True)


# ------------------------------------------------------------------------------------------------ on a worker

_sessions: dict[str, Session[Any]] = {}
"""The job that this worker plays, so that it is made once and not for every stretch."""


def play_stretch(order: Order, asked: Round, first: int, count: int) -> Done:
    """Play some tasks of a job, and write the part, or return it when the folder is not to be seen from here."""
    session = _sessions.get(order.manifest.identity)
    if session is None:
        _sessions.clear()
        session = _sessions[order.manifest.identity] = session_of(order)
    began = time.monotonic()
    content = session.stretch(asked, first, count)
    seconds = time.monotonic() - began
    if isinstance(session.store, Folder) and _sees(order):
        session.store.write_bytes(first, count, content)
        return Done(first, count, seconds, None)
    return Done(first, count, seconds, content)


def _sees(order: Order) -> bool:
    """Return whether this machine sees the very folder that the job is kept in."""
    try:
        content = (Path(str(order.folder)) / order.manifest.FILE).read_bytes()
        return type(order.manifest).model_validate_json(content).identity == order.manifest.identity
    except (OSError, ValueError):
        return False
