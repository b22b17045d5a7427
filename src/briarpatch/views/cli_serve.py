"""`serve`: the page over the runs in a folder."""

from __future__ import annotations

import ipaddress
import os
import secrets
import socket
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from ..errors import MissingExtraError, RequestError
from .cli import command

LOOPBACK = ["127.0.0.1", "localhost", "::1"]


@command
def serve(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where runs are, and are saved.")] = Path("runs"),
    port: Annotated[int, typer.Option(help="The port; 0 takes a free one.", min=0, max=65535)] = 8765,
    open_: Annotated[bool, typer.Option("--open/--no-open", help="Open it in a browser.")] = True,
    lan: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Let players in other rooms in, at this address of the machine."),
    ] = None,
    new_key: Annotated[bool, typer.Option("--new-key", help="Make a new key; open pages must be opened anew.")] = False,
) -> None:
    """Show runs in a browser: watch them, ask why, play others, with people too.

    Listens on this machine alone. The address that it prints carries the key
    without which it answers nothing. With --lan, others can use the links of
    a game's seats and of its facilitator; the key itself works on this machine
    alone.

    \b
    Examples:
      briarpatch serve
      briarpatch serve runs --port 9000 --no-open
    """
    try:
        import uvicorn

        from .serve.application import application
        from .serve.server import Server
    except ImportError:
        raise MissingExtraError("the page in a browser", "page") from None
    from .serve.shelf import Shelf

    if folder.exists() and not folder.is_dir():
        raise RequestError(f"{folder} is not a folder; name the folder in which runs are")
    if lan in LOOPBACK:
        raise RequestError(f"--lan takes an address that other machines reach; {lan} is this machine's alone")
    listeners = [_listener(lan or "127.0.0.1", port)]
    port = listeners[0].getsockname()[1]
    if lan is not None:
        try:
            listeners.append(_listener("127.0.0.1", port))
        except RequestError:
            listeners[0].close()
            raise
    key = _key(new_key)
    others = f"http://{f'[{lan}]' if lan and ':' in lan else lan or '127.0.0.1'}:{port}"
    addresses, own = LOOPBACK, None
    if lan is not None:
        addresses, own = [*LOOPBACK, lan], ["127.0.0.1", "::1", lan]
    answers = application(Shelf(folder), key, addresses, port, own, others)
    address = f"http://127.0.0.1:{port}/#key={key}"
    print(address, flush=True)
    if lan is not None:
        print(
            f"players in other rooms reach it at {others}, each with the link of a seat; whoever has a link can play "
            "that seat, and what is sent is not encrypted",
            file=sys.stderr,
        )
    print("stop with Ctrl-C", file=sys.stderr, flush=True)
    if open_:
        webbrowser.open(address)
    quiet = {"log_level": "warning", "server_header": False, "access_log": False, "proxy_headers": False}
    settings = uvicorn.Config(answers, lifespan="on", timeout_graceful_shutdown=2, **quiet)
    Server(settings, answers.end).run(sockets=listeners)


def _listener(address: str, port: int) -> socket.socket:
    """Return a socket that listens at an address of this machine; raises RequestError when it cannot."""
    try:
        version = ipaddress.ip_address(address).version
    except ValueError:
        raise RequestError(f"--lan takes an address of this machine, such as 192.168.1.20, got '{address}'") from None
    if ipaddress.ip_address(address).is_unspecified:
        raise RequestError(f"--lan takes one address of this machine; {address} would listen on all of them")
    listener = socket.socket(socket.AF_INET6 if version == 6 else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
        listener.listen(64)
    except OSError as error:
        listener.close()
        reason = (error.strerror or str(error)).lower()
        raise RequestError(f"cannot listen on {address}:{port}: {reason}; name another port with --port") from None
    return listener


def _is_private(file: Path) -> bool:
    """Return whether a file is the user's own, and nobody else's to read or write."""
    facts = file.lstat()
    return os.name == "nt" or (facts.st_uid == os.getuid() and facts.st_mode & 0o077 == 0)


def _key(new: bool) -> str:
    """Return the key of this user's pages: it is kept, so that open pages survive a restart."""
    from ..files import whole_file
    from ..world.compiled import cache_root

    file = cache_root() / "page-key"
    if not new:
        try:
            if _is_private(file):
                kept = file.read_text(encoding="ascii").strip()
                if len(kept) == 32 and kept.isalnum():
                    return kept
        except (OSError, ValueError):
            pass
    key = secrets.token_hex(16)
    try:
        with whole_file(file) as written:
            written.write_text(key + "\n", encoding="ascii")
            written.chmod(0o600)
    except RequestError:
        print("the key cannot be kept; open pages will not survive a restart", file=sys.stderr)
    return key
