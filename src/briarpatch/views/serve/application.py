"""The server's answers: the page, the runs as data, and new runs played on request."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

import anyio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ... import engine
from ...errors import BriarpatchError, SavedRunError
from ...render.page_file import example, page_file, served_files
from ...storage import version
from .games import Games, body
from .guard import Guard, hosts_of
from .jobs import Desk
from .shelf import Shelf

PATHS = (
    "/", "/example", "/jobs", "/run/{name}", "/scenario/{name}", "/compare/{name}/{other}", "/play/{name}",
    "/ensemble/{name}", "/decision/{name}", "/job/{name}",
)  # fmt: skip
"""Addresses of the page, which says for itself what to show."""
KINDS = {"html": "text/html", "js": "text/javascript", "css": "text/css", "woff2": "font/woff2"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
Endpoint = Callable[[Request], Awaitable[Response]]


class Preparing:
    """Compiles the engine in the background, once, and says how far it is."""

    def __init__(self) -> None:
        self.done, self.total, self.error = 0, 0, ""
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Begin, if there is anything to do."""
        if not engine.ready():
            self._thread.start()

    def _work(self) -> None:
        try:
            engine.prepare(self._progress)
        except BriarpatchError as error:
            self.error = str(error)

    def _progress(self, _: str, done: int, total: int) -> None:
        self.done, self.total = done, total

    def state(self) -> dict[str, Any]:
        """Return whether runs can be played now, and how far compiling is."""
        return {"ready": engine.ready(), "done": self.done, "total": self.total, "error": self.error}


def application(
    shelf: Shelf, key: str, addresses: list[str], port: int, own: list[str] | None = None, base: str | None = None
) -> Guard:
    """Return what answers requests for the page and for the runs of `shelf`.

    Args:
        shelf: the runs.
        key: what a request to `/api/` must carry.
        addresses: under which the page may be reached.
        port: at which it listens.
        own: addresses of this machine, where others can reach the server; the key opens nothing to those.
        base: the address by which players reach the server.
    """
    files, preparing = served_files(), Preparing()
    tags = {name: f'"{hashlib.sha256(content).hexdigest()[:32]}"' for name, content in files.items()}
    games = Games(shelf, base or f"http://{addresses[0]}:{port}")
    desk = Desk(shelf)

    async def end() -> None:
        await desk.close()
        await games.close()

    @asynccontextmanager
    async def alive(_: Starlette):
        preparing.start()
        yield
        await end()

    async def show(_: Request) -> Response:
        return Response(files["index.html"], media_type="text/html", headers={"cache-control": "no-cache"})

    async def asset(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in files:
            return Response(status_code=404)
        headers = {"cache-control": "no-cache", "etag": tags[name]}
        if request.headers.get("if-none-match") == tags[name]:
            return Response(status_code=304, headers=headers)
        kind = KINDS.get(name.rpartition(".")[2], "application/octet-stream")
        if not kind.startswith("text/"):
            return Response(files[name], media_type=kind, headers=headers)
        headers["content-encoding"] = "gzip"
        return Response(gzip.compress(files[name], 6, mtime=0), media_type=kind, headers=headers)

    async def home(_: Request) -> Response:
        listing = await anyio.to_thread.run_sync(shelf.listing)
        scenarios = [asdict(overview) for overview in shelf.scenarios]
        return JSONResponse(
            {"version": version(), "scenarios": scenarios, "runs": listing, "engine": preparing.state()}
        )

    async def ready(_: Request) -> Response:
        return JSONResponse(preparing.state())

    async def scenario(request: Request) -> Response:
        return JSONResponse(await anyio.to_thread.run_sync(shelf.scenario, request.path_params["name"]))

    async def run_page(request: Request) -> Response:
        person = request.query_params.get("as")
        content = await anyio.to_thread.run_sync(shelf.page, request.path_params["name"], person)
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"etag": tag})
        packed = gzip.compress(content, 6, mtime=0)
        headers = {"content-encoding": "gzip", "etag": tag}
        return Response(packed, media_type="application/json", headers=headers)

    async def first_run(_: Request) -> Response:
        return Response(example(), media_type="application/json", headers={"content-encoding": "gzip"})

    async def export(request: Request) -> Response:
        name = request.path_params["name"]
        person = request.query_params.get("as")
        content = await anyio.to_thread.run_sync(lambda: page_file(shelf.run(name), person=person))
        headers = {"content-disposition": f'attachment; filename="{_file_name(name)}.html"'}
        return Response(content, media_type="text/html", headers=headers)

    async def play(request: Request) -> Response:
        asked = await body(request)
        return JSONResponse({"id": await anyio.to_thread.run_sync(shelf.play, asked)}, status_code=201)

    async def instead(request: Request) -> Response:
        asked = await body(request)
        name = request.path_params["name"]
        return JSONResponse({"id": await anyio.to_thread.run_sync(shelf.instead, name, asked)}, status_code=201)

    pages = [Route(path, _safely(show)) for path in PATHS]
    answers = Starlette(
        routes=[
            *pages,
            Route("/assets/{name}", _safely(asset)),
            Route("/api/home", _safely(home)),
            Route("/api/ready", _safely(ready)),
            Route("/api/scenarios/{name}", _safely(scenario)),
            Route("/api/example", _safely(first_run)),
            Route("/api/runs", _safely(play), methods=["POST"]),
            Route("/api/runs/{name}/page", _safely(run_page)),
            Route("/api/runs/{name}/instead", _safely(instead), methods=["POST"]),
            Route("/api/runs/{name}/export.html", _safely(export)),
            *games.routes(_safely),
            *desk.routes(_safely),
        ],
        lifespan=alive,
    )
    return Guard(
        answers,
        key,
        hosts_of(addresses, port),
        POLICY,
        end,
        games.caller,
        None if own is None else frozenset(own),
    )


def _safely(endpoint: Endpoint) -> Endpoint:
    """Let an error of the program be an answer in its own words, with its remedy."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except SavedRunError as error:
            return JSONResponse({"error": str(error)}, status_code=409)
        except BriarpatchError as error:
            missing = str(error).startswith("there is no ")
            return JSONResponse({"error": str(error)}, status_code=404 if missing else 422)

    return answer


def _file_name(name: str) -> str:
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_.") else "_" for letter in name)
