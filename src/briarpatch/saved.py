"""Runs that are kept in folders, whoever played them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .run import Run


def load(path: str | Path) -> Run:
    """Return the run saved in folder `path`, or that of the game kept there; raises SavedRunError when it is not whole."""
    from . import storage
    from .games.keeping import is_game, run_of

    return run_of(Path(path)) if is_game(Path(path)) else storage.load(Path(path))
