"""One game on the server: a worker that plays it, and for each key the view that was released to it last.

Everything that is done to a game goes through its one worker, one after the other. After each act the game is written to
disk, then the views are made again, and those that changed go down the open streams. A view is numbered by key: what a
seat is sent never tells how often others acted. Numbers begin with a word that is new for each start of the server.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ...errors import BriarpatchError
from ...games import keeping
from ...games.game import FACILITATOR, Game
from ...games.views import facilitator_view, seat_view

TICK = 0.25
"""Seconds of real time between two looks at a running clock."""
SAVED_EVERY = 5.0
"""Seconds between two times that a running clock is written down."""
MOST_SAID = 200
MOST_STREAMS = 8
"""Open streams of one key."""
MOST_WAITING = 500
"""Events that wait for a slow reader; one who is slower is cut off, and comes back."""
CLOSE = ""
"""What a stream is sent to end it."""

T = TypeVar("T")


@dataclass(eq=False)
class Audience:
    """One key of a game: the view that it was sent last, and what else it was told."""

    who: str
    boot: str
    number: int = 0
    view: dict[str, Any] = field(default_factory=dict)
    essence: str = ""
    asked: tuple[Any, ...] | None = None
    asked_since: int = 0
    """The number of the view in which the question that waits was first shown."""
    said: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=MOST_SAID))
    streams: set[asyncio.Queue[str]] = field(default_factory=set)

    @property
    def version(self) -> str:
        """The number of the view that was released last."""
        return str(self.view.get("version", ""))

    def is_fresh(self, version: Any) -> bool:
        """Return whether a choice that was made in a view of that number may stand.

        A seat has to have seen all that it may see. A facilitator, whose view changes with every page that is opened, has
        to have seen the question.
        """
        if self.who != FACILITATOR:
            return version == self.version
        boot, _, number = str(version).partition("-")
        return boot == self.boot and number.isdecimal() and len(number) < 12 and int(number) >= self.asked_since

    def send(self, text: str) -> None:
        """Send an event down every stream; one that does not read is ended."""
        for queue in list(self.streams):
            if queue.qsize() >= MOST_WAITING:
                self.streams.discard(queue)
                text = CLOSE
            queue.put_nowait(text)

    def show(self, view: dict[str, Any], game: str) -> None:
        """Release a view, if it differs from the one before in more than the clock."""
        plain = {key: value for key, value in view.items() if key not in ("time", "clock", "version")}
        if plain.get("role") == FACILITATOR and plain["question"] is not None:
            plain["question"] = {key: value for key, value in plain["question"].items() if key != "waits"}
        if "view" in plain:
            plain["view"] = {key: value for key, value in plain["view"].items() if key not in ("time", "clock")}
        essence = json.dumps(plain, sort_keys=True)
        changed = essence != self.essence
        if changed:
            self.number += 1
        version = f"{self.boot}-{self.number}" if changed else self.version
        question = view["question"] if view["role"] == FACILITATOR else view["view"]["question"]
        asked = None if question is None else (question["decision"], question["asked"], view.get("answers"))
        if asked != self.asked:
            self.asked, self.asked_since = asked, self.number
        self.view, self.essence = {**view, "game": game, "version": version}, essence
        if changed:
            self.send(event("view", self.view, version))

    def tell(self, what: str, words: str) -> None:
        """Tell a player something, now or when they come back."""
        self.number += 1
        text = event("said", {"what": what, "words": words}, f"{self.boot}-{self.number}")
        self.said.append((self.number, text))
        self.send(text)

    def missed(self, last: str | None) -> list[str]:
        """Return what a client has missed that saw the event `last`, ending with the present view."""
        now = event("view", self.view, f"{self.boot}-{self.number}")
        if last is None:
            return [now]
        boot, _, number = last.partition("-")
        if boot != self.boot or not (number.isascii() and number.isdigit()) or len(number) > 12:
            return [event("reset", {}), now]
        seen = int(number)
        oldest = self.said[0][0] if len(self.said) == MOST_SAID else 0
        if seen > self.number or seen < oldest:
            return [event("reset", {}), now]
        return [text for n, text in self.said if n > seen] + [now]


def event(name: str, data: Any, number: str | None = None) -> str:
    """Return a server-sent event."""
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


class Table:
    """A game in `folder`, with its worker; its methods are called from the server's loop."""

    def __init__(self, folder: Path, game: Game) -> None:
        self.folder, self.game = folder, game
        self._worker = ThreadPoolExecutor(1, thread_name_prefix=f"game {folder.name}")
        boot = secrets.token_hex(4)
        self.audiences = {who: Audience(who, boot) for who in (FACILITATOR, *game.seats)}
        self._loop = asyncio.get_running_loop()
        self._last, self._saved, self._released = time.monotonic(), time.monotonic(), 0.0
        self._kept_time = game.run.time
        self._clock = self._loop.create_task(self._run_clock())

    # ---------------------------------------------------------------------------------------- acts

    async def act(self, who: str, what: Callable[[Game], T]) -> T:
        """Let the worker do something to the game, keep the game, and show everybody what changed."""
        found = await self._work(lambda: self._do(who, what))
        return found

    async def look(self, what: Callable[[Game], T]) -> T:
        """Let the worker read something off the game."""
        return await self._work(lambda: what(self.game))

    def _work(self, what: Callable[[], T]) -> Awaitable[T]:
        return asyncio.wrap_future(self._worker.submit(what))

    def _do(self, who: str, what: Callable[[Game], T]) -> T:
        nodes = len(self.game.nodes)
        try:
            return what(self.game)
        finally:
            self._keep()
            self._publish(who if len(self.game.nodes) != nodes else "")

    def _keep(self) -> None:
        keeping.keep(self.game, self.folder)
        self._saved, self._kept_time = time.monotonic(), self.game.run.time

    # ---------------------------------------------------------------------------------------- what is shown

    async def open(self) -> None:
        """Make the first views."""
        await self._work(lambda: self._publish(""))

    def _publish(self, actor: str) -> None:
        """Make the views again, in the worker; seats get theirs at the next release if the pace is steady."""
        game = self.game
        views: dict[str, dict[str, Any]] = {FACILITATOR: facilitator_view(game)}
        steady = game.pace.steady
        due = steady is None or game.ended or time.monotonic() >= self._released + steady
        if due:
            self._released = time.monotonic()
            views |= {person: seat_view(game, person) for person in game.seats}
        elif actor in game.seats:
            views[actor] = _answered(self.audiences[actor].view)
        self._loop.call_soon_threadsafe(self._show, views, game.asked, game.waited)

    def _show(self, views: Mapping[str, dict[str, Any]], asked: str | None, waited: float) -> None:
        for who, view in views.items():
            audience = self.audiences[who]
            before = _heard(audience.view)
            if who == FACILITATOR:
                for seat in view["seats"]:
                    seat["here"] = len(self.audiences[seat["person"]].streams)
                self._waits = time.monotonic() - waited if asked is not None else None
                if view["question"] is not None:
                    view["question"]["waits"] = round(waited, 1)
            audience.show(view, self.folder.name)
            heard = _heard(view)
            for words in heard[len(before) :] if before is not None and heard is not None else ():
                audience.tell("message", words)

    def view(self, who: str) -> dict[str, Any]:
        """Return the view that was released to a key last; the facilitator's with how long the question has waited."""
        view = self.audiences[who].view
        if who == FACILITATOR and view.get("question") and self._waits is not None:
            waits = round(time.monotonic() - self._waits, 1)
            return {**view, "question": {**view["question"], "waits": waits}}
        return view

    _waits: float | None = None

    def tell(self, seats: Collection[str] | None, what: str, words: str) -> None:
        """Tell seats something, or all of them for None."""
        for who, audience in self.audiences.items():
            if who != FACILITATOR and (seats is None or who in seats):
                audience.tell(what, words)

    # ---------------------------------------------------------------------------------------- streams

    def listen(self, who: str) -> asyncio.Queue[str] | None:
        """Return a queue of the events for a key, or None when it has too many streams."""
        audience = self.audiences[who]
        if len(audience.streams) >= MOST_STREAMS:
            return None
        queue: asyncio.Queue[str] = asyncio.Queue()
        audience.streams.add(queue)
        self._count()
        return queue

    def leave(self, who: str, queue: asyncio.Queue[str]) -> None:
        """Forget a stream."""
        self.audiences[who].streams.discard(queue)
        self._count()

    def _count(self) -> None:
        """Show the facilitator who is there."""
        audience = self.audiences[FACILITATOR]
        if audience.view:
            seats = [{**one, "here": len(self.audiences[one["person"]].streams)} for one in audience.view["seats"]]
            audience.show({**audience.view, "seats": seats}, self.folder.name)

    def cut(self, who: str) -> None:
        """End every stream of a key, whose link is not valid any more."""
        audience = self.audiences[who]
        audience.tell("link", "This link is not valid any more; ask for the new one.")
        audience.send(CLOSE)
        audience.streams.clear()
        self._count()

    # ---------------------------------------------------------------------------------------- the clock

    async def _run_clock(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            game = self.game
            if game.pace.rate is None and game.pace.steady is None:
                self._last = time.monotonic()
                continue
            try:
                await self._work(self._tick)
            except BriarpatchError:  # a disk that is full, for one: the next act says so
                continue
            if game.pace.rate is not None and game.state == "playing" and game.asked is None and not game.run.finished:
                data = {"time": game.run.time, "clock": game.scenario.clock(game.run.time), "rate": game.pace.rate}
                for who, audience in self.audiences.items():
                    if who == FACILITATOR or game.pace.shown:
                        audience.send(event("clock", data))

    def _tick(self) -> None:
        game, now = self.game, time.monotonic()
        passed, self._last = now - self._last, now
        nodes, entries = len(game.nodes), len(game.run.log)
        if game.pace.rate is not None and game.asked is None:
            game.play(game.run.time + game.pace.rate * passed)
        late = now - self._saved >= SAVED_EVERY and game.run.time != self._kept_time
        if len(game.nodes) != nodes or late:
            self._keep()
        if len(game.nodes) != nodes or len(game.run.log) != entries or game.asked is not None or game.pace.steady:
            self._publish("")

    async def close(self) -> None:
        """Write the game down, and end its streams and its worker."""
        self._clock.cancel()
        await self._work(self._keep)
        for audience in self.audiences.values():
            audience.send(CLOSE)
            audience.streams.clear()
        self._worker.shutdown(wait=False)


def _heard(view: Mapping[str, Any]) -> list[str] | None:
    """Return who sent the words that a seat has received; None before it was shown anything."""
    if view.get("role") == FACILITATOR or not view:
        return None
    return [f"Word from {one['who']}." for one in view["messages"] if one["way"] == "in"]


def _answered(view: dict[str, Any]) -> dict[str, Any]:
    """Return the view of a seat that has just acted, while the next one is not due: its question is gone."""
    return {**view, "view": {**view["view"], "question": None}}
