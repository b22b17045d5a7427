"""Answers about a saved run that took long to find, kept beside it so that they need not be found again.

They stand in the folder `derived` of the run, which its seal does not cover. Each names the run's seal, so that an answer
about another run is not taken for one about this.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from .errors import BriarpatchError
from .files import whole_file
from .storage import summary_of

FOLDER = "derived"
TURNING_POINTS = "turning-points"
NEEDED = "needed-"
"""Before the number of the entry whose causes were tried."""
LARGEST = 8 << 20
"""Bytes of an answer that are read."""


def keep(folder: Path, name: str, facts: dict[str, Any]) -> Path:
    """Keep an answer about the run saved in `folder` under `name`; one that was there is replaced.

    Raises RequestError when it cannot be written, SavedRunError when there is no run.
    """
    content = {"seal": summary_of(folder)["seal"], "facts": facts}
    target = folder / FOLDER / f"{name}.json"
    with whole_file(target) as file:
        file.write_text(json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    return target


def found(folder: Path, name: str) -> dict[str, Any] | None:
    """Return the answer that is kept under `name` about the run in `folder`; None when there is none that fits."""
    path = folder / FOLDER / f"{name}.json"
    try:
        if path.is_symlink() or os.stat(path).st_size > LARGEST:
            return None
        content = json.loads(path.read_bytes())
        if content["seal"] == summary_of(folder)["seal"] and isinstance(content["facts"], dict):
            return content["facts"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError, BriarpatchError):
        pass
    return None


def kept_under(folder: Path, prefix: str) -> dict[str, dict[str, Any]]:
    """Return the answers whose names begin with `prefix`, by the rest of their names."""
    try:
        names = sorted(path.stem for path in (folder / FOLDER).iterdir() if path.suffix == ".json")
    except OSError:
        return {}
    answers = {name.removeprefix(prefix): found(folder, name) for name in names if name.startswith(prefix)}
    return {name: facts for name, facts in answers.items() if facts is not None}
