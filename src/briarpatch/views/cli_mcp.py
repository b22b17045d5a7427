"""`mcp`: a server of the Model Context Protocol, for programs that let a language model use tools."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..errors import MissingExtraError, RequestError
from .cli import _prepare, command


@command
def mcp(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where scenarios are, and runs are saved.")] = Path(
        "."
    ),
    http: Annotated[
        bool, typer.Option("--http", help="Serve HTTP on this machine instead of stdin and stdout.")
    ] = False,
    port: Annotated[int, typer.Option(help="The port of --http.", min=1, max=65535)] = 8766,
    most_worlds: Annotated[int, typer.Option(help="The most worlds of one question.", min=2)] = 2000,
    seed: Annotated[int | None, typer.Option(help="The luck of every seat; else another each time.", min=0)] = None,
) -> None:
    """Let a language model use briarpatch (Model Context Protocol).

    Offers tools to list, read, check and play scenarios, to ask why, what if and
    how often, and to play a person who sees only what that person can know.
    Reads scenarios in FOLDER and those that come along, and saves runs in
    FOLDER/runs. With --http it listens on 127.0.0.1 alone, at /mcp.

    \b
    Examples:
      briarpatch mcp --help
    """
    try:
        from .mcp_server import server
    except ImportError:
        raise MissingExtraError("the server for language models", "mcp") from None
    if not folder.is_dir():
        raise RequestError(f"{folder} is not a folder; name the folder in which your scenarios are")
    _prepare()
    made = server(folder, most_worlds, seed)
    if http:
        from .cli_serve import _listener

        _listener("127.0.0.1", port).close()
        print(f"http://127.0.0.1:{port}/mcp; stop with Ctrl-C", file=sys.stderr, flush=True)
        made.run("streamable-http", host="127.0.0.1", port=port)
    else:
        made.run("stdio")
