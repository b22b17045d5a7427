"""The games in a folder over HTTP: who may do what, and what each call asks for. docs/protocol.md is what it keeps to."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import hmac
import json
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ...errors import BriarpatchError, RequestError
from ...files import whole_file
from ...games import keeping
from ...games.game import FACILITATOR, HUMAN, Game, Stale, new_game, text, truth
from ...render.page_data import page_data, to_json
from ...scenario.catalog import load_scenario
from ...storage import free_folder
from .shelf import Shelf, seed_of, words_of
from .table import CLOSE, Table

OWNER = "owner"
"""Who started the server, and leads every game that nobody else leads."""
MOST_GIVEN = 2000
"""Questions that are answered already in a new game, at most."""
SILENCE = 15.0
"""Seconds after which a stream says that it is alive."""


class Forbidden(BriarpatchError):
    """A key may not make this call."""


@dataclass(frozen=True)
class Call:
    """One act that a request can ask for."""

    seat: bool
    """Whether a seat may ask for it, besides the facilitator."""
    lone: bool
    """Whether a lone player may, if seats may not."""
    do: Callable[[Game, str, dict[str, Any]], Any]


def _choose(game: Game, who: str, asked: dict[str, Any]) -> None:
    game.choose(who, word(asked, "decision"), word(asked, "option"), asked.get("reason", ""))


def _message(game: Game, who: str, asked: dict[str, Any]) -> None:
    sender = word(asked, "as") if who == FACILITATOR else who
    game.message(sender, word(asked, "to"), asked.get("words", ""), maybe(asked, "channel"), maybe(asked, "fact"))


def _order(game: Game, who: str, asked: dict[str, Any]) -> None:
    if who == FACILITATOR:
        raise Forbidden("a facilitator gives no orders; seats do")
    game.order(who, asked.get("words", ""))


def _answer_order(game: Game, _: str, asked: dict[str, Any]) -> None:
    given = {key: maybe(asked, key) for key in ("option", "inject", "refusal")}
    game.answer_order(whole(asked, "order"), **given)


def _inject(game: Game, _: str, asked: dict[str, Any]) -> None:
    at = asked.get("at")
    if isinstance(at, bool) or not isinstance(at, (int, float, str, type(None))):
        raise RequestError("'at' is a time of the story, such as \"2 h\"")
    game.inject(word(asked, "inject"), at)


def _back(game: Game, who: str, asked: dict[str, Any]) -> None:
    if "to" in asked and who != FACILITATOR:
        raise Forbidden("a lone player takes back answers")
    if "to" in asked:
        game.back(to=whole(asked, "to"))
    else:
        game.back(answers=whole(asked, "answers"))


def _seat(game: Game, who: str, asked: dict[str, Any]) -> None:
    person = word(asked, "person") if who == FACILITATOR else who
    holder, name = asked.get("holder"), asked.get("name")
    if who != FACILITATOR and (asked.get("person", who) != who or holder is not None or asked.get("new_link")):
        raise Forbidden("a seat gives itself a name; the rest is the facilitator's")
    game.seat(person, holder, name)


def _note(game: Game, _: str, asked: dict[str, Any]) -> None:
    to = asked.get("to", [])
    if not isinstance(to, list) or not all(isinstance(person, str) for person in to):
        raise RequestError("'to' is a list of seats")
    game.note(asked.get("words", ""), to)


CALLS = {
    "choose": Call(True, True, _choose),
    "message": Call(True, True, _message),
    "order": Call(True, True, _order),
    "answer-order": Call(False, False, _answer_order),
    "inject": Call(False, False, _inject),
    "clock": Call(False, False, lambda game, _, asked: game.set_pace(asked)),
    "pause": Call(False, False, lambda game, _, asked: game.pause(truth(asked.get("paused"), "paused"))),
    "back": Call(False, True, _back),
    "seat": Call(True, True, _seat),
    "note": Call(False, False, _note),
    "end": Call(False, True, lambda game, _, __: game.end()),
}


class Games:
    """The games of a shelf's folder, opened when somebody asks for them.

    Args:
        shelf: where runs and games are.
        base: the address under which others reach the server.
    """

    def __init__(self, shelf: Shelf, base: str) -> None:
        self.shelf, self.base = shelf, base
        self._tables: dict[str, Table] = {}
        self._opening: dict[str, asyncio.Lock] = {}

    # ---------------------------------------------------------------------------------------- keys

    def caller(self, path: str, token: str) -> str | None:
        """Return whose token it is that a request for `path` carries: a facilitator's or a seat's of that game; None for nobody's."""
        parts = path.split("/")
        if len(parts) < 4 or parts[1:3] != ["api", "games"] or parts[3] not in self.names():
            return None
        found = None
        for who, known in self._links(parts[3]).items():
            if hmac.compare_digest(known.encode(), token.encode()):
                found = who
        return found

    def names(self) -> list[str]:
        """Return the names of the games in the folder, the newest first."""
        try:
            found = [path for path in self.shelf.folder.iterdir() if keeping.is_game(path)]
            return [path.name for path in sorted(found, key=lambda path: -(path / keeping.FILE).stat().st_mtime)]
        except FileNotFoundError:
            return []

    def _links(self, name: str) -> dict[str, str]:
        """Return the token of everybody in a game; none where they cannot be read."""
        try:
            found = json.loads((self.shelf.folder / name / keeping.LINKS).read_bytes())
        except (OSError, ValueError):
            return {}
        fits = isinstance(found, dict) and all(isinstance(v, str) and len(v) >= 32 for v in found.values())
        return found if fits else {}

    def _write_links(self, name: str, links: dict[str, str]) -> None:
        with whole_file(self.shelf.folder / name / keeping.LINKS) as file:
            file.chmod(0o600)
            file.write_text(json.dumps(links, indent=1) + "\n", encoding="utf-8")

    def _addresses(self, name: str) -> dict[str, Any]:
        links = {who: f"/play/{name}#key={token}" for who, token in self._links(name).items()}
        seats = {who: link for who, link in links.items() if who != FACILITATOR}
        return {"id": name, "base": self.base, FACILITATOR: links.get(FACILITATOR, ""), "seats": seats}

    # ---------------------------------------------------------------------------------------- games

    async def table(self, name: str) -> Table:
        """Return a game that is played, opened again if need be; raises RequestError when there is none of that name."""
        if name not in self.names():
            raise RequestError(f"there is no game '{name[:80]}' here")
        async with self._opening.setdefault(name, asyncio.Lock()):
            if name not in self._tables:
                game = await anyio.to_thread.run_sync(keeping.reopen, self.shelf.folder / name)
                await self._take(name, game)
        return self._tables[name]

    async def _take(self, name: str, game: Game) -> None:
        table = Table(self.shelf.folder / name, game)
        await table.open()
        links = self._links(name)
        missing = [who for who in table.audiences if who not in links]
        if missing:
            self._write_links(name, links | {who: secrets.token_hex(16) for who in missing})
        self._tables[name] = table

    async def close(self) -> None:
        """Write every open game down and end its streams."""
        for table in self._tables.values():
            with contextlib.suppress(BriarpatchError):
                await table.close()
        self._tables.clear()

    async def create(self, request: Request) -> Response:
        """Make a game."""
        _owner(request)
        asked = await body(request)
        scenario, seed = self.shelf.known(asked.get("scenario")), asked.get("seed")
        number = secrets.randbelow(1 << 32) if seed is None else seed_of(seed)
        variants, overrides = (words_of(asked.get(key), key) for key in ("variants", "overrides"))
        seats, lone = words_of(asked.get("seats"), "seats"), truth(asked.get("lone", False), "lone")
        given = pairs(asked, "from")

        def make() -> tuple[str, Game]:
            loaded = load_scenario(scenario, variants=variants, overrides=overrides)
            game = new_game(loaded, number, seats, lone, given)
            with self.shelf.lock:
                folder = free_folder(f"{loaded.name}-game", number, self.shelf.folder)
                keeping.begin(game, folder)
            return folder.name, game

        name, game = await anyio.to_thread.run_sync(make)
        await self._take(name, game)
        return JSONResponse(self._addresses(name), status_code=201)

    async def listing(self, request: Request) -> Response:
        """List the games."""
        _owner(request)

        def read() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = []
            for name in self.names():
                try:
                    facts = keeping.read(self.shelf.folder / name)
                    given = {key: facts[key] for key in ("scenario", "title", "seed", "seats", "ended", "lone")}
                    found.append({"id": name, **given, "run": facts["kept"]})
                except (BriarpatchError, LookupError) as error:
                    found.append({"id": name, "error": str(error)})
            return found

        return JSONResponse(await anyio.to_thread.run_sync(read))

    async def show(self, request: Request) -> Response:
        """Answer with the view of a key."""
        table, who = await self._at(request)
        person = request.query_params.get("as")
        if person is not None:
            if who != FACILITATOR:
                raise Forbidden("a seat sees what is its own")
            if person not in table.game.seats:
                raise RequestError(f"there is no seat '{person[:80]}' here")
            who = person
        return JSONResponse(table.view(who))

    async def links(self, request: Request) -> Response:
        """Answer with the links of a game."""
        table, who = await self._at(request)
        if who != FACILITATOR:
            raise Forbidden("links are the facilitator's to hand out")
        return JSONResponse(self._addresses(table.folder.name))

    async def page(self, request: Request) -> Response:
        """Answer with the whole run, as far as it was played."""
        table, who = await self._at(request)
        if who != FACILITATOR and not table.game.ended:
            raise Forbidden("the whole story is shown when the game has ended")

        def make(game: Game) -> bytes:
            game.run.played = game.record()
            return gzip.compress(to_json(page_data(game.run)), 6, mtime=0)

        packed = await table.look(make)
        return Response(packed, media_type="application/json", headers={"content-encoding": "gzip"})

    async def act(self, request: Request) -> Response:
        """Do what a call asks for, and answer with the view of its key."""
        call = CALLS.get(request.path_params["call"])
        table, who = await self._at(request)
        if call is None:
            raise RequestError(f"there is no call '{request.path_params['call'][:80]}'")
        lone = table.game.lone and table.game.seats[who].holder == HUMAN if who in table.game.seats else False
        if who != FACILITATOR and not call.seat and not (lone and call.lone):
            raise Forbidden("this is for the facilitator to do")
        asked, name = await body(request), request.path_params["call"]

        def do(game: Game) -> None:
            if name == "choose" and not table.audiences[who].is_fresh(asked.get("version")):
                raise Stale("the story has moved on since you looked; look again, and choose then")
            call.do(game, who, asked)
            if name == "end" or (game.lone and game.run.finished and not game.ended):
                game.ended = True
                game.kept = keeping.keep_run(game, self.shelf.folder).name

        try:
            await table.act(who, do)
        except Stale as error:
            return JSONResponse({"error": str(error), "view": table.view(who)}, status_code=409)
        if name == "seat" and asked.get("new_link") is True:
            person = word(asked, "person")
            self._write_links(table.folder.name, self._links(table.folder.name) | {person: secrets.token_hex(16)})
            table.cut(person)
        _say(table, name, asked, who)
        return JSONResponse(table.view(who))

    async def events(self, request: Request) -> Response:
        """Answer with a stream of what changes for a key."""
        table, who = await self._at(request)
        queue = table.listen(who)
        if queue is None:
            return JSONResponse({"error": "too many pages are open with this link; close some"}, status_code=429)
        first = table.audiences[who].missed(request.headers.get("last-event-id"))

        async def stream() -> AsyncIterator[str]:
            try:
                for one in first:
                    yield one
                while True:
                    try:
                        found = await asyncio.wait_for(queue.get(), SILENCE)
                    except TimeoutError:
                        found = ": still here\n\n"
                    if found == CLOSE:
                        return
                    yield found
            finally:
                table.leave(who, queue)

        return StreamingResponse(stream(), media_type="text/event-stream")

    async def _at(self, request: Request) -> tuple[Table, str]:
        """Return the game that a request is about, and who asks."""
        table = await self.table(request.path_params["name"])
        who = request.scope["caller"]
        return table, FACILITATOR if who == OWNER else who

    def routes(self, safely: Callable[[Any], Any]) -> list[Route]:
        """Return the routes of games; `safely` lets errors be answers."""

        def answer(endpoint: Callable[[Request], Any]) -> Any:
            async def careful(request: Request) -> Response:
                try:
                    return await endpoint(request)
                except Forbidden as error:
                    return JSONResponse({"error": str(error)}, status_code=403)

            return safely(careful)

        one = "/api/games/{name}"
        return [
            Route("/api/games", answer(self.create), methods=["POST"]),
            Route("/api/games", answer(self.listing)),
            Route(one, answer(self.show)),
            Route(f"{one}/events", answer(self.events)),
            Route(f"{one}/links", answer(self.links)),
            Route(f"{one}/page", answer(self.page)),
            Route(f"{one}/{{call}}", answer(self.act), methods=["POST"]),
        ]


def _say(table: Table, name: str, asked: dict[str, Any], who: str) -> None:
    """Tell the seats what a facilitator has done that they should know."""
    if who != FACILITATOR:
        return
    game = table.game
    if name == "back" and game.taken_back is not None:
        table.tell(None, "back", f"The facilitator took the story back to {game.scenario.clock(game.taken_back)}.")
    elif name == "pause":
        table.tell(None, *(("paused", "The story stands still.") if game.paused else ("goes on", "The story goes on.")))
    elif name == "note" and asked.get("to"):
        table.tell(asked["to"], "note", text(asked.get("words"), "words"))
    elif name == "end":
        table.tell(None, "ended", "The game has ended.")


def _owner(request: Request) -> None:
    if request.scope["caller"] != OWNER:
        raise Forbidden("this is for the owner of the server to do")


async def body(request: Request) -> dict[str, Any]:
    """Return the JSON object that a request carries; raises RequestError when it is none."""
    try:
        found = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise RequestError("the request is not JSON") from None
    if not isinstance(found, dict):
        raise RequestError("the request is not a JSON object")
    return found


def word(asked: dict[str, Any], key: str) -> str:
    """Return a name that a request has to give; raises RequestError when it does not."""
    found = asked.get(key)
    if not isinstance(found, str) or not 0 < len(found) <= 500:
        raise RequestError(f"'{key}' is missing; give a name")
    return found


def maybe(asked: dict[str, Any], key: str) -> str:
    """Return words that a request may give, "" for none; raises RequestError when they are no text."""
    found = asked.get(key)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise RequestError(f"'{key}' is text")
    return found


def pairs(asked: dict[str, Any], key: str) -> list[tuple[str, str]]:
    """Return pairs of names that a request may give; raises RequestError when they are none."""
    found = asked.get(key, [])
    fits = isinstance(found, list) and all(
        isinstance(one, list) and len(one) == 2 and all(isinstance(name, str) for name in one) for one in found
    )
    if not fits or len(found) > MOST_GIVEN:
        raise RequestError(f"'{key}' is a list of pairs of a decision and an option, at most {MOST_GIVEN:,}")
    return [(decision, option) for decision, option in found]


def whole(asked: dict[str, Any], key: str) -> int:
    """Return a whole number that a request has to give; raises RequestError when it does not."""
    found = asked.get(key)
    if isinstance(found, bool) or not isinstance(found, int):
        raise RequestError(f"'{key}' is missing; give a whole number")
    return found
