"""Long questions that the page asks: waiting, being played in a process of their own, done; and their rows.

A job is a folder below the served one. Its name follows from what is asked, so asking the same again goes on with it, or
shows what it came to. What is asked stands in `request.json` there, so that a job which a server left undone can be gone on
with by the next.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import re
import sys
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ...analysis import parts
from ...errors import BriarpatchError, RequestError
from ...files import whole_file
from ...storage import summary_of
from ...world.compiled import fingerprint
from .games import body
from .shelf import Shelf
from .work import DECISION, DOCUMENTS, ENSEMBLE, REVIEW, SETTINGS, TURNING, WHATIF

MOST_UNDONE = 2
"""Jobs of a key that wait or are being played."""
MOST_WORLDS = 100_000
"""Worlds of a job that nobody confirmed."""
MOST_STREAMS = 4
"""Streams of a key."""
MOST_EVENTS = 1000
"""Events that a stream which comes back can still be sent."""
MOST_ROWS = 500
"""Rows in an answer."""
ALIVE = 15.0
"""Seconds after which a stream says that it is alive."""
PATIENCE = 5.0
"""Seconds that a process which is asked to stop has left, before it is killed."""
WAITING, PLAYING, DONE, STOPPED, FAILED = "waiting", "playing", "done", "stopped", "failed"

MARKS = (parts.MANIFEST, parts.JOB, parts.ANSWER, parts.REQUEST)
"""Files of which a job has one at least."""
_NUMBERS = {"n", "first", "checkpoints", "continuations", "worlds", "most"}
_SHARES = {"half_width", "tolerate", "accuracy", "tail", "confidence"}
_LISTS = {"arms", "decision", "policies", "never", "facts", "learn", "without", "shifts", "parts"}
_TABLES = {*SETTINGS, "weights", "gauges"}
_TRUTHS = {"accounts", "confirmed"}
KNOWN = {
    ENSEMBLE: {*SETTINGS, "n", "first", "arms", "half_width", "of", "accounts"},
    DECISION: {
        *SETTINGS, "decision", "policies", "n", "first", "weights", "never", "tolerate", "facts", "learn", "accuracy",
        "tail", "confidence",
    },
    TURNING: {"checkpoints", "continuations", "of", "confidence"},
    REVIEW: {"worlds", "shifts", "most", "want", "of", "parts", "confidence"},
    WHATIF: {*SETTINGS, "without", "gauges", "at", "n", "first", "confidence"},
}  # fmt: skip
"""What a question of each kind can say."""
_COMPARISON = re.compile(r"(.{1,200}?)\s*(<=|>=|!=|=|<|>)\s*(.{0,200})", re.DOTALL)

Safely = Callable[[Callable[[Request], Awaitable[Response]]], Callable[[Request], Awaitable[Response]]]


@dataclass
class Entry:
    """A job as the page shows it."""

    id: str
    asked: dict[str, Any]
    state: str
    key: str = ""
    progress: dict[str, Any] | None = None
    words: str = ""
    """Why it failed, or how it was stopped."""
    process: asyncio.subprocess.Process | None = field(default=None, repr=False)
    stopping: bool = False

    def facts(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "id": self.id,
            "kind": self.asked.get("kind"),
            "asked": self.asked,
            "state": self.state,
            "progress": self.progress,
            "words": self.words,
        }


class Desk:
    """Takes in questions and has them played, one at a time.

    Args:
        shelf: the runs; jobs are kept in the same folder.
        workers: threads of a job; None takes one for each processor.
    """

    def __init__(self, shelf: Shelf, workers: int | None = None) -> None:
        self.shelf, self.workers = shelf, workers
        self._entries: dict[str, Entry] = {}
        self._waiting: deque[Entry] = deque()
        self._player: asyncio.Task[None] | None = None
        self._events: deque[tuple[int, dict[str, Any]]] = deque(maxlen=MOST_EVENTS)
        self._number = 0
        self._happened = asyncio.Condition()
        self._streams: dict[str, int] = {}
        self._closed = False

    # -------------------------------------------------------------------------------------------- what is asked

    async def ask(self, kind: str, asked: dict[str, Any], key: str) -> dict[str, Any]:
        """Take in a question and return its job; the same question is the same job.

        Raises RequestError when it makes no sense, or is too much.
        """
        whole = {"kind": kind} | _sound(kind, asked)
        name = await anyio.to_thread.run_sync(self._name, whole)
        entry = self._entries.get(name)
        if entry is None or entry.state in (STOPPED, FAILED):
            undone = [one for one in self._entries.values() if one.key == key and one.state in (WAITING, PLAYING)]
            if len(undone) >= MOST_UNDONE:
                raise Busy(
                    f"{len(undone)} jobs of yours are not done yet ({', '.join(one.id for one in undone)}); "
                    "stop one of them, or wait"
                )
            whole.pop("confirmed", None)
            await anyio.to_thread.run_sync(_note, self.shelf.folder / name, whole)
            entry = self._entries[name] = Entry(name, whole, WAITING, key)
            self._waiting.append(entry)
            await self._tell(entry)
            if self._player is None or self._player.done():
                self._player = asyncio.create_task(self._play())
        return entry.facts()

    def _name(self, asked: dict[str, Any]) -> str:
        """Return the name of a job's folder; another build of the program has other worlds, and so another folder."""
        rest = {name: value for name, value in asked.items() if name != "confirmed"}
        subject = rest.get("scenario") or rest["run"]
        if "run" in rest:
            self.shelf.path(rest["run"])
        else:
            self.shelf.known(subject)
        mark = hashlib.sha256(json.dumps([rest, fingerprint()], sort_keys=True).encode()).hexdigest()[:8]
        return f"{rest['kind']}-{subject}-{mark}"

    # ------------------------------------------------------------------------------------------------- playing

    async def _play(self) -> None:
        while self._waiting and not self._closed:
            entry = self._waiting.popleft()
            if entry.state == WAITING:
                await self._play_one(entry)

    async def _play_one(self, entry: Entry) -> None:
        order = {
            "asked": entry.asked,
            "out": str(self.shelf.folder / entry.id),
            "runs": str(self.shelf.folder),
            "workers": self.workers,
        }
        entry.state = PLAYING
        await self._tell(entry)
        pipe = asyncio.subprocess.PIPE
        words = (sys.executable, "-m", "briarpatch.views.serve.work")
        process = entry.process = await asyncio.create_subprocess_exec(*words, stdin=pipe, stdout=pipe)
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(ConnectionError):
            process.stdin.write(json.dumps(order).encode() + b"\n")
            await process.stdin.drain()
        if entry.stopping:
            process.kill()
        ended = ""
        async for line in process.stdout:
            said = json.loads(line)
            if "progress" in said:
                entry.progress = said["progress"]
                await self._tell(entry)
            ended = next((word for word in ("done", "stopped", "error") if word in said), ended)
            entry.words = said.get("stopped") or said.get("error") or entry.words
        status = await process.wait()
        entry.process = None
        if ended == "done":
            entry.state, entry.words = DONE, ""
        elif ended == "stopped" or entry.stopping:
            entry.state = STOPPED
            entry.words = entry.words or "stopped; asking the same again goes on"
        else:
            entry.state = FAILED
            entry.words = entry.words or f"its process ended with status {status}; asking the same again goes on"
        entry.stopping = False
        await self._tell(entry)

    async def stop(self, name: str) -> dict[str, Any]:
        """Stop a job, which is certain; what it has played stays, and the same question goes on with it."""
        entry = await self._entry(name)
        if entry.state == WAITING:
            entry.state, entry.words = STOPPED, "stopped before it began; asking the same again begins it"
            await self._tell(entry)
        elif entry.state == PLAYING:
            entry.stopping = True
            if entry.process is not None:
                await _end(entry.process)
            while entry.state == PLAYING:
                await asyncio.sleep(0.02)
        return entry.facts()

    async def close(self) -> None:
        """Stop what is being played, and end every stream."""
        self._closed = True
        async with self._happened:
            self._happened.notify_all()
        playing = [entry for entry in self._entries.values() if entry.state == PLAYING]
        for entry in playing:
            await self.stop(entry.id)

    # ------------------------------------------------------------------------------------------------ what there is

    async def _entry(self, name: str) -> Entry:
        if name not in self._entries:
            listed = await anyio.to_thread.run_sync(self._listed)
            for one in listed:
                self._entries.setdefault(one.id, one)
        if name not in self._entries:
            raise RequestError(f"there is no job '{name[:80]}' here")
        return self._entries[name]

    def _listed(self) -> list[Entry]:
        """Return the jobs in the folder, the newest first."""
        try:
            folders = [path for path in self.shelf.folder.iterdir() if any((path / name).is_file() for name in MARKS)]
        except FileNotFoundError:
            return []
        folders.sort(key=lambda path: -path.stat().st_mtime)
        return [Entry(path.name, *_found(path)) for path in folders]

    async def listing(self) -> list[dict[str, Any]]:
        """Return every job of the folder, those that are not done first."""
        for one in await anyio.to_thread.run_sync(self._listed):
            self._entries.setdefault(one.id, one)
        found = sorted(self._entries.values(), key=lambda one: one.state not in (PLAYING, WAITING))
        return [entry.facts() for entry in found]

    async def job(self, name: str) -> dict[str, Any]:
        """Return a job and, when it is done, its answer."""
        entry = await self._entry(name)

        def found() -> dict[str, Any]:
            return {"scenario": self._scenario(entry)} | _answer(self.shelf.folder / entry.id)

        return entry.facts() | await anyio.to_thread.run_sync(found)

    def _scenario(self, entry: Entry) -> str | None:
        """Return the name of the scenario that a job is about; None when its run is gone."""
        run = entry.asked.get("run")
        if run is None:
            return entry.asked.get("scenario")
        with contextlib.suppress(BriarpatchError):
            return str(summary_of(self.shelf.path(run))["scenario"])
        return None

    # -------------------------------------------------------------------------------------------------- events

    async def _tell(self, entry: Entry) -> None:
        self._number += 1
        async with self._happened:
            self._events.append((self._number, entry.facts()))
            self._happened.notify_all()

    async def events(self, last: str | None) -> AsyncIterator[str]:
        """Yield what happens to jobs as server-sent events, from after the event `last` on."""
        seen = self._number
        if last is not None:
            known = [number for number, _ in self._events]
            if last.isascii() and last.isdigit() and (int(last) == self._number or int(last) + 1 in known):
                seen = int(last)
            else:
                yield "event: reset\ndata: {}\n\n"
        while not self._closed:
            news = [(number, facts) for number, facts in self._events if number > seen]
            for number, facts in news:
                seen = number
                yield f"id: {number}\nevent: job\ndata: {json.dumps(facts)}\n\n"
            if not news and not self._closed:
                try:
                    async with self._happened:
                        await asyncio.wait_for(self._happened.wait(), ALIVE)
                except TimeoutError:
                    yield ": alive\n\n"

    # -------------------------------------------------------------------------------------------------- answers

    def routes(self, safely: Safely) -> list[Route]:
        """Return the addresses at which jobs are asked for and shown."""

        def asking(kind: str) -> Callable[[Request], Awaitable[Response]]:
            async def ask(request: Request) -> Response:
                asked = await body(request)
                if "name" in request.path_params:
                    asked["run"] = request.path_params["name"]
                try:
                    return JSONResponse(await self.ask(kind, asked, _key(request)), status_code=202)
                except Busy as busy:
                    return JSONResponse({"error": str(busy)}, status_code=429)
                except Unconfirmed as much:
                    return JSONResponse({"error": str(much), "worlds": much.worlds}, status_code=422)

            return safely(ask)

        async def jobs(_: Request) -> Response:
            return JSONResponse(await self.listing())

        async def job(request: Request) -> Response:
            return JSONResponse(await self.job(request.path_params["name"]))

        async def stop(request: Request) -> Response:
            return JSONResponse(await self.stop(request.path_params["name"]))

        async def rows(request: Request) -> Response:
            entry = await self._entry(request.path_params["name"])
            asked = request.query_params
            window = (asked.get("sort", ""), asked.getlist("where"), asked.get("from", "0"), asked.get("count", "100"))
            columns = asked.getlist("column")
            found = await anyio.to_thread.run_sync(_rows, self.shelf.folder / entry.id, *window, columns)
            return JSONResponse(found)

        async def row(request: Request) -> Response:
            entry = await self._entry(request.path_params["name"])
            number = int(request.path_params["row"])
            name = await anyio.to_thread.run_sync(self.shelf.row, _ensemble(self.shelf.folder / entry.id), number)
            return JSONResponse({"id": name}, status_code=201)

        async def document(request: Request) -> Response:
            entry, name = await self._entry(request.path_params["name"]), request.path_params["file"]
            path = self.shelf.folder / entry.id / name
            if name not in DOCUMENTS or not await anyio.to_thread.run_sync(path.is_file):
                raise RequestError(f"there is no '{name[:80]}' of '{entry.id}' here")
            content = await anyio.to_thread.run_sync(path.read_bytes)
            return Response(content, media_type=DOCUMENTS[name], headers={"content-disposition": "attachment"})

        async def stream(request: Request) -> Response:
            key = _key(request)
            if self._streams.get(key, 0) >= MOST_STREAMS:
                return JSONResponse({"error": f"{MOST_STREAMS} streams are open already; close one"}, status_code=429)
            self._streams[key] = self._streams.get(key, 0) + 1

            async def counted() -> AsyncIterator[str]:
                try:
                    async for event in self.events(request.headers.get("last-event-id")):
                        yield event
                finally:
                    self._streams[key] -= 1

            return StreamingResponse(counted(), media_type="text/event-stream")

        return [
            Route("/api/ensembles", asking(ENSEMBLE), methods=["POST"]),
            Route("/api/ensembles/{name}", safely(job)),
            Route("/api/ensembles/{name}/rows", safely(rows)),
            Route("/api/ensembles/{name}/rows/{row:int}", safely(row), methods=["POST"]),
            Route("/api/decisions", asking(DECISION), methods=["POST"]),
            Route("/api/decisions/{name}", safely(job)),
            Route("/api/runs/{name}/turning", asking(TURNING), methods=["POST"]),
            Route("/api/runs/{name}/whatif", asking(WHATIF), methods=["POST"]),
            Route("/api/runs/{name}/review", asking(REVIEW), methods=["POST"]),
            Route("/api/jobs", safely(jobs)),
            Route("/api/jobs/{name}", safely(job)),
            Route("/api/jobs/{name}/stop", safely(stop), methods=["POST"]),
            Route("/api/jobs/{name}/{file}", safely(document)),
            Route("/api/stream", safely(stream)),
        ]


class Busy(RequestError):
    """Somebody asks for more at a time than the server plays for one."""


class Unconfirmed(RequestError):
    """A question plays so many worlds that it is played only when they are confirmed."""

    def __init__(self, worlds: int) -> None:
        super().__init__(f'{worlds:,} worlds are more than {MOST_WORLDS:,}; add "confirmed": true if they are meant')
        self.worlds = worlds


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask a process to stop, and kill it when it does not."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), PATIENCE)
        except TimeoutError:
            process.kill()


def _key(request: Request) -> str:
    return request.headers.get("authorization", "")


def _sound(kind: str, asked: dict[str, Any]) -> dict[str, Any]:
    """Return what is asked, when every part of it is of its kind and it is not too much."""
    subject = "run" if kind in (TURNING, WHATIF, REVIEW) else "scenario"
    known = KNOWN[kind] | {subject, "confirmed"}
    for name, value in asked.items():
        if name not in known:
            raise RequestError(
                f"'{name[:80]}' is nothing that such a job can be told; there is {', '.join(sorted(known))}"
            )
        if not _fits(name, value):
            raise RequestError(f"'{name}' cannot be {json.dumps(value)[:80]}")
    if subject not in asked:
        raise RequestError(f"which {subject}? The request has no '{subject}'")
    found = {name: value for name, value in asked.items() if value is not None}
    worlds = _worlds(kind, found)
    if worlds > MOST_WORLDS and found.get("confirmed") is not True:
        raise Unconfirmed(worlds)
    return found


def _fits(name: str, value: Any) -> bool:
    if value is None:
        return True
    if name in _NUMBERS:
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63
    if name in _SHARES:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if name in _TRUTHS:
        return isinstance(value, bool)
    if name in _LISTS:
        return isinstance(value, list) and len(value) <= 1000 and all(isinstance(one, str) for one in value)
    if name in _TABLES:
        of = (int, float) if name in ("weights", "gauges") else str
        return isinstance(value, dict) and len(value) <= 500 and all(isinstance(one, of) for one in value.values())
    return isinstance(value, str)


def _worlds(kind: str, asked: dict[str, Any]) -> int:
    """Return how many worlds a question plays, about."""
    if kind == TURNING:
        return 2 * asked.get("checkpoints", 40) * asked.get("continuations", 200)
    if kind == REVIEW:
        return asked.get("worlds", 200) * (asked.get("most", 60) + 48)
    ways = len(asked.get("arms", ())) if kind == ENSEMBLE else len(asked.get("policies", ()))
    default = 1_000_000 if asked.get("half_width") is not None else 200 if kind == WHATIF else 1000
    return asked.get("n", default) * max(1, ways)


def _note(folder: Path, asked: dict[str, Any]) -> None:
    """Write down what is asked, in the folder of the job."""
    with whole_file(folder / parts.REQUEST) as file:
        file.write_text(json.dumps(asked, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _found(folder: Path) -> tuple[dict[str, Any], str, str, None, str]:
    """Return what a job in a folder was asked, and how far it is: arguments of an `Entry`."""
    try:
        if parts.is_ensemble(folder):
            manifest = parts.read(folder).manifest
            wanted = manifest.wanted
            done = wanted is not None and not any(count for _, count in parts.read(folder).gaps(wanted))
            asked = {"kind": ENSEMBLE, "scenario": manifest.scenario, "n": wanted}
        else:
            done, asked = (folder / parts.ANSWER).is_file(), {}
            if (folder / parts.JOB).is_file():
                job = parts.read_job(folder).manifest
                asked = {"kind": job.kind, "scenario": job.scenario}
    except BriarpatchError as wrong:
        return {}, FAILED, "", None, str(wrong)
    with contextlib.suppress(OSError, ValueError):
        noted = json.loads((folder / parts.REQUEST).read_bytes())
        asked = noted if isinstance(noted, dict) else asked
    return asked, DONE if done else STOPPED, "", None, ""


def _answer(folder: Path) -> dict[str, Any]:
    """Return what a job came to, as data and in words; nothing when it is not done."""
    from ...analysis.ensemble import load_ensemble
    from ...analysis.results import plain

    if parts.is_ensemble(folder):
        found = load_ensemble(folder)
        return {"answer": plain(found.facts()) if found.seeds else None, "text": found.text(80)}
    try:
        facts = json.loads((folder / parts.ANSWER).read_bytes())
        text = folder / parts.ANSWER_TEXT
        return {"answer": facts, "text": text.read_text(encoding="utf-8") if text.is_file() else ""}
    except (OSError, ValueError):
        return {"answer": None, "text": ""}


def _ensemble(folder: Path) -> str:
    """Return the name of the ensemble in a folder; raises RequestError when there is none."""
    if not parts.is_ensemble(folder):
        raise RequestError(f"there is no ensemble '{folder.name}' here")
    return folder.name


def _rows(folder: Path, sort: str, where: list[str], since: str, count: str, columns: list[str]) -> dict[str, Any]:
    """Return a window of the rows of an ensemble, with the number of each row; no `columns` are all of them."""
    import polars as pl

    from ...analysis.ensemble import load_ensemble
    from ...analysis.results import plain

    _ensemble(folder)
    numbers = [text for text in (since, count) if not (text.isascii() and text.isdigit() and len(text) < 16)]
    if numbers:
        raise RequestError(f"'from' and 'count' are whole numbers, got '{numbers[0][:40]}'")
    rows = load_ensemble(folder).lazy().with_row_index("row")
    schema = rows.collect_schema()
    for text in where:
        rows = rows.filter(_condition(text, schema))
    column = sort.removeprefix("-")
    for name in [*([column] if sort else []), *columns]:
        if name not in schema:
            raise RequestError(f"'{name[:80]}' is no column; there are {', '.join(schema)}")
    if sort:
        rows = rows.sort(column, "row", descending=[sort.startswith("-"), False], nulls_last=True)
    total = int(rows.select(pl.len()).collect().item())
    if columns:
        rows = rows.select("row", *(name for name in dict.fromkeys(columns) if name != "row"))
    found = rows.slice(int(since), min(int(count), MOST_ROWS)).collect()
    return {
        "all": list(schema),
        "columns": found.columns,
        "total": total,
        "from": int(since),
        "rows": plain([list(r) for r in found.rows()]),
    }


def _condition(text: str, schema: Any) -> Any:
    """Return a condition on a column, such as "measure:lost>=2" or "ending=robbed"."""
    import polars as pl

    match = _COMPARISON.fullmatch(text)
    if match is None or match[1] not in schema:
        name = match[1] if match else text
        raise RequestError(
            f"'{name[:80]}' is no column with a comparison after it, such as 'ending=NAME' or 'time>3600'"
        )
    column, sign, given = match.groups()
    value: Any = given
    if schema[column] != pl.String:
        try:
            value = float(given) if schema[column] == pl.Float64 else int(given)
        except ValueError:
            raise RequestError(f"'{column}' is compared with a number, got '{given[:40]}'") from None
    one = pl.col(column)
    return {
        "=": one == value, "!=": one != value, "<": one < value,
        "<=": one <= value, ">": one > value, ">=": one >= value,
    }[sign]  # fmt: skip
