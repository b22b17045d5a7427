"""What the commands of long questions have in common: where they are played, where they are kept, and how far they are."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import RequestError
from .cli import _Progress

if TYPE_CHECKING:
    from ..analysis.jobs import How, Progress

Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FOLDER", help="Keep what is played; the same command goes on there."),
]
On = Annotated[str, typer.Option("--on", help="threads, processes, or ray: a cluster.")]
Workers = Annotated[int | None, typer.Option("--workers", help="How many; default: the processors.", min=1)]
Address = Annotated[str | None, typer.Option("--address", metavar="ADDRESS", help="Of a Ray cluster to join.")]


@contextmanager
def played(out: Path | None, on: str, workers: int | None, address: str | None) -> Iterator[How]:
    """Yield the options of a long question, with what shows how far it has come."""
    with counting() as watch:
        yield {"out": out, "on": on, "workers": workers, "address": address, "watch": watch}


@contextmanager
def counting() -> Iterator[Callable[[Progress], None]]:
    """Yield what shows worlds played, worlds a second, and the time that is left."""
    shown: dict[str, Any] = {}

    def watch(progress: Progress) -> None:
        if progress.what not in shown:
            for other in shown.values():
                other.end()
            shown[progress.what] = _Progress(progress.what)
        shown[progress.what].say(str(progress))

    with contextlib.ExitStack() as ends:
        ends.callback(lambda: [one.end() for one in shown.values()])
        yield watch


def show_job(saved: Path, as_json: bool) -> None:
    """Print the answer of a job that is done; raises RequestError when it is not."""
    from ..analysis import parts

    folder = parts.read_job(saved)
    try:
        in_words = not as_json and (saved / parts.ANSWER_TEXT).is_file()
        text = (saved / (parts.ANSWER_TEXT if in_words else parts.ANSWER)).read_text(encoding="utf-8")
    except FileNotFoundError:
        done = sum(part.count for part in folder.parts())
        raise RequestError(
            f"{saved} is not done: {done:,} tasks of {folder.manifest.kind} are saved; the command that began it goes on"
        ) from None
    print(text, end="")
