"""Games on disk: a folder that is written whole after everything that anybody does, and goes on after a crash.

    game.json   the game: what is played, its seats, its tree, and a digest of it all
    scenario/   the scenario's own files, as they were when the game began
    links.json  the keys of the seats, for their owner alone to read

What the players saw is not kept: it is played again, which is exact. A game whose story does not come out as it did is
refused. Replacing `game.json` is one step, so that a process killed at any moment leaves the game before or after an act.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BriarpatchError, RequestError, SavedRunError
from ..files import whole_file, whole_folder
from ..hands import fault_of
from ..run import Run
from ..storage import check_free, free_folder, sources, version
from .game import HOLDERS, Chair, Coming, Game, Pace, anonymous

if TYPE_CHECKING:
    from ..scenario.scenario import Scenario

FORMAT = "game-1"
FILE, LINKS = "game.json", "links.json"
LARGEST = 64 << 20
"""Bytes of a game's file."""
REMEDY = "it cannot go on; begin another"


def is_game(folder: Path) -> bool:
    """Return whether a folder holds a game."""
    return (folder / FILE).is_file()


def begin(game: Game, folder: Path) -> None:
    """Write a new game to `folder`; raises RequestError when it is taken or cannot be written."""
    check_free(folder)
    with whole_folder(folder) as temporary:
        for name, content in sources(game.scenario).items():
            path = temporary / "scenario" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        (temporary / FILE).write_bytes(_content(game))


def keep(game: Game, folder: Path) -> None:
    """Write what a game is now over what it was, whole or not at all."""
    with whole_file(folder / FILE) as file:
        file.write_bytes(_content(game))


def keep_run(game: Game, parent: Path) -> Path:
    """Save the run of a game, with the record of who did what, beside the game; return its folder."""
    run = game.run
    run.played = game.record()
    return run.save(free_folder(game.scenario.name, game.seed, parent))


def _content(game: Game) -> bytes:
    scenario = game.scenario
    facts = game.record() | {
        "format": FORMAT,
        "program": version(),
        "scenario": scenario.name,
        "title": scenario.title,
        "digest": scenario.digest,
        "start": next(iter(sources(scenario))).split("/")[0],
        "seed": str(game.seed),
        "variants": scenario.given,
        "overrides": scenario.overrides,
        "pace": vars(game.pace),
        "coming": [vars(one) for one in game.coming],
        "paused": game.paused,
        "ended": game.ended,
        "kept": game.kept,
        "taken_back": game.taken_back,
        "known_until": game.known_until,
        "time": game.run.time,
        "entries": _entries(game.run),
    }
    return (json.dumps(facts | {"seal": _seal(facts)}, ensure_ascii=False, indent=1) + "\n").encode()


def _entries(run: Run) -> str:
    """Return a digest of everything that happened."""
    used = run.world.chronicle[: int(run.world.state["entries"][0])]
    return hashlib.sha256(used.tobytes()).hexdigest()


def _seal(facts: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def read(folder: Path) -> dict[str, Any]:
    """Return what is written of a game, without playing it; raises SavedRunError when it is none, or altered."""
    file = folder / FILE
    try:
        if file.is_symlink() or file.stat().st_size > LARGEST:
            raise SavedRunError(f"{file} is not a game's file; {REMEDY}")
        facts = json.loads(file.read_bytes())
    except OSError:
        raise SavedRunError(f"{folder} is not a game: there is no {FILE} in it") from None
    except (ValueError, RecursionError):
        raise SavedRunError(f"{file} is damaged: it is not JSON; {REMEDY}") from None
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        raise SavedRunError(f"{file} is of a format that this program does not read; {REMEDY}")
    seal = facts.pop("seal", None)
    if seal != _seal(facts):
        raise SavedRunError(f"{file} has been altered: its seal does not fit; {REMEDY}")
    return facts


def reopen(folder: Path) -> Game:
    """Return the game in `folder`, played again to where it stood.

    Raises SavedRunError when it was altered, or when its story does not come out as it did.
    """
    from ..scenario.catalog import load_scenario

    facts = read(folder)
    try:
        _check(facts)
        start = folder / "scenario" / facts["start"]
        if start.is_symlink() or "/" in facts["start"] or facts["start"] in ("", ".", ".."):
            raise SavedRunError(f"{folder}/scenario is not the scenario of this game; {REMEDY}")
        scenario = load_scenario(start, variants=facts["variants"], overrides=facts["overrides"])
        if scenario.digest != facts["digest"]:
            raise SavedRunError(f"{folder}/scenario is not the scenario of this game: it was altered; {REMEDY}")
        game = _game(scenario, facts)
        game.replay(facts["time"])
    except SavedRunError:
        raise
    except (BriarpatchError, LookupError, TypeError, ValueError) as cause:
        raise SavedRunError(f"{folder} cannot be played again: {cause}; {REMEDY}") from cause
    if _entries(game.run) != facts["entries"]:
        raise SavedRunError(
            f"{folder}: the story does not come out as it was played; it was made by briarpatch {facts['program']}, "
            f"and this is {version()}; {REMEDY}"
        )
    return game


def run_of(folder: Path) -> Run:
    """Return the run of the game in `folder`, as far as it was played, with the record of who did what."""
    game = reopen(folder)
    game.run.played, game.run.folder = game.record(), folder
    return game.run


def _game(scenario: Scenario, facts: dict[str, Any]) -> Game:
    return Game(
        scenario,
        int(facts["seed"]),
        {person: Chair(chair["holder"], chair["name"]) for person, chair in facts["seats"].items()},
        facts["lone"],
        Pace(**facts["pace"]),
        facts["nodes"],
        facts["at"],
        [Coming(**one) for one in facts["coming"]],
        facts["paused"],
        facts["ended"],
        facts["kept"],
        facts["taken_back"],
        facts["known_until"],
    )


def _check(facts: dict[str, Any]) -> None:
    """Raise ValueError unless a game's file makes sense."""
    nodes = facts["nodes"]
    wrong = fault_of(nodes)
    if wrong:
        raise ValueError(wrong)
    if not 0 <= facts["at"] <= len(nodes) or any(chair["holder"] not in HOLDERS for chair in facts["seats"].values()):
        raise ValueError("its seats, or where it stands, make no sense")


def without_names(run: Run) -> Run:
    """Return a run that people played without their names and reasons; raises RequestError when nobody played it."""
    if run.played is None:
        raise RequestError("nobody played this run, so there are no names to leave out")
    other = run.copy()
    other.played = anonymous(run.played)
    return other
