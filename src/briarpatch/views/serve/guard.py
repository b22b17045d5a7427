"""Who may talk to the server: the page that it handed out itself, with its key, from an address that it listens on.

A page of somebody else's in the same browser can send requests to this machine. It cannot name our address in the Host
header once its own name resolves to this machine (DNS rebinding), it cannot hide where it comes from (Origin,
Sec-Fetch-Site), and it does not know the key. There are no cookies, which the browser would send by itself.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any

LARGEST_BODY = 64 << 10
"""Bytes of a request's body."""

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True)
class Guard:
    """Lets through what comes from our own page and carries the key; says no before a body is read.

    Args:
        application: what answers the rest.
        key: the owner's secret, which opens everything.
        hosts: `name:port` of the addresses by which the page may be reached.
        policy: the Content-Security-Policy of every answer.
        end: ends every stream and everything that is being played; called before the server waits for them.
        caller: given a path and a token, returns who else may make a request for that path with it, or None.
        own: addresses of this machine; the owner's key opens nothing to others. None where no other can reach it.
    """

    application: Application
    key: str
    hosts: frozenset[str]
    policy: str
    end: Callable[[], Awaitable[None]]
    caller: Callable[[str, str], str | None] = lambda _, __: None
    own: frozenset[str] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        refusal = self._refusal(scope["path"], headers)
        if refusal is None and scope["path"].startswith("/api/"):
            scope["caller"] = self._caller(scope, headers.get("authorization", ""))
            refusal = self._unknown(scope, headers.get("authorization", ""))
        if refusal is not None:
            await _say(self._with_headers(scope, send), *refusal)
            return
        body = await _body(receive)
        if body is None:
            await _say(self._with_headers(scope, send), 413, "the request is too large")
            return
        await self.application(scope, _again(body, receive), self._with_headers(scope, send))

    def _refusal(self, path: str, headers: dict[str, str]) -> tuple[int, str] | None:
        """Return status and words for a request that is not let through."""
        if headers.get("host", "") not in self.hosts:
            return 403, "this address is not one that the server listens on"
        origin = headers.get("origin")
        if origin is not None and origin not in {f"http://{host}" for host in self.hosts}:
            return 403, "the request comes from another page"
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            return 403, "the request comes from another page"
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > LARGEST_BODY:
            return 413, "the request is too large"
        return None

    def _caller(self, scope: Scope, said: str) -> str | None:
        """Return who makes a request: "owner", somebody at a game, or None."""
        if self._has_key(said):
            return "owner" if self._is_here(scope) else None
        return self.caller(scope["path"], said.removeprefix("Bearer ")) if said.startswith("Bearer ") else None

    def _unknown(self, scope: Scope, said: str) -> tuple[int, str] | None:
        if scope["caller"] is not None:
            return None
        if self._has_key(said):
            return 403, "this key opens nothing from another machine; use the link of a seat or of a facilitator"
        return (
            401,
            "the key is missing or wrong; open the address that `briarpatch serve` prints, or the link of a seat",
        )

    def _is_here(self, scope: Scope) -> bool:
        """Return whether a request comes from this machine."""
        if self.own is None:
            return True
        client = scope.get("client")
        return client is not None and client[0].removeprefix("::ffff:") in self.own

    def _has_key(self, said: str) -> bool:
        return hmac.compare_digest(said.encode(), f"Bearer {self.key}".encode())

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        """Return a `send` that adds the headers of every answer."""
        more = [
            (b"content-security-policy", self.policy.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"cross-origin-resource-policy", b"same-origin"),
        ]
        if scope["path"].startswith("/api/"):
            more.append((b"cache-control", b"no-store"))

        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", []), *more]}
            await send(message)

        return adding


async def _body(receive: Receive) -> bytes | None:
    """Return the body of a request; None when it is larger than any that is asked for, whatever it said of its length."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return body
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            return None
        if not message.get("more_body", False):
            return body


def _again(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that hands out a body that was read already, and then goes on."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def handing() -> Message:
        return waiting.pop() if waiting else await receive()

    return handing


async def _say(send: Send, status: int, words: str) -> None:
    body = json.dumps({"error": words}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def hosts_of(addresses: Iterable[str], port: int) -> frozenset[str]:
    """Return `name:port` of every address by which the page may be reached."""
    names = {f"[{address}]" if ":" in address else address for address in addresses}
    return frozenset(f"{name}:{port}" for name in names)
