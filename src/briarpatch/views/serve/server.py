"""The server's loop, which ends the streams that it keeps open before it waits for what is open."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable

import uvicorn


class Server(uvicorn.Server):
    """Ends with Ctrl-C, streams and jobs with it.

    Args:
        config: what it serves, and how.
        end: ends every stream and everything that is being played.
    """

    def __init__(self, config: uvicorn.Config, end: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self._end = end

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, which would stay open for as long as their pages, and then the rest."""
        await self._end()
        await super().shutdown(sockets)
