"""Runs on disk: a folder that is written whole or not at all, and read only when every byte is as it was
written.

    provenance.json    what made the run, and length and SHA-256 of every other file
    chronicle.parquet  what happened, for any tool that reads Parquet
    world.zip          the tables of the world, which the program reads
    measures.json      ending, status, measures
    scenario/          the scenario's own files
    tracks.zarr/       positions and beliefs over time, when asked for
    played.json        of a run that people or models played: who answered what, and what was noted

Nothing in it depends on when or where it was written. A folder is written beside its target under a name
that begins with `.briarpatch-`, flushed, and renamed; what a killed process left behind is removed by the
next one.
"""

from __future__ import annotations

import hashlib
import json
import math
import shlex
import stat
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from . import assembly, parquet
from .chronicle import COLUMNS, fault_of, status_name
from .errors import BriarpatchError, MissingExtraError, RequestError, SavedRunError
from .files import check_place, is_empty, whole_folder
from .hands import Hand
from .hands import fault_of as fault_of_nodes
from .run import MOST_ENTRIES, Run, _load_scenario
from .scenario.load import DATA_SUFFIXES
from .world import recorder, states
from .world.world import World, from_bytes, to_bytes

if TYPE_CHECKING:
    from .scenario.scenario import Scenario

FORMAT = 2
"""The form of a saved run; another number is refused with the remedy."""
FRAMES = 500
"""Moments that tracks hold."""
PROVENANCE = "provenance.json"
PLAYED = "played.json"
LARGEST_TEXT = 4 << 20
LARGEST_FILE = 4 << 30
MOST_FILES = 50_000
LONGEST_NAME = 1_000
DEEPEST_FOLDER = 40
MOST_SETTINGS = 5_000
_LARGEST_GROWING = 256 * MOST_ENTRIES
"""Bytes that the tables of a world which grow may have."""
REMEDY = "play it again with `briarpatch run`"

# ------------------------------------------------------------------------------------------------ writing


def save(run: Run, folder: Path) -> Path:
    """Write `run` to `folder`, whole or not at all.

    Raises RequestError when `folder` is taken or cannot be written, MissingExtraError for tracks without
    zarr.
    """
    check_free(folder)
    with whole_folder(folder) as temporary:
        _write_parts(run, temporary)
    return folder


def check_free(folder: Path) -> None:
    """Raise RequestError unless a run can be written to `folder`."""
    if folder.is_symlink() or (folder.exists() and not (folder.is_dir() and is_empty(folder))):
        raise RequestError(f"{folder} exists already; name another folder with --out, or remove it")
    check_place(folder, "name another with --out")


def free_folder(name: str, seed: int, parent: Path = Path("runs")) -> Path:
    """Return a folder that is not taken: `runs/<scenario>-<seed>`, or with a number behind it."""
    first = parent / f"{name}-{seed}"
    folder, number = first, 1
    while folder.exists() or folder.is_symlink():
        number += 1
        folder = parent / f"{first.name}-{number}"
    return folder


def _write_parts(run: Run, folder: Path) -> None:
    scenario = run.scenario
    texts = sources(scenario)
    for name, content in texts.items():
        path = folder / "scenario" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    columns = run.log.columns()
    parquet.write(folder / "chronicle.parquet", {name: (kind, columns[name]) for name, kind in COLUMNS.items()})
    (folder / "world.zip").write_bytes(to_bytes(run.world))
    _write_json(folder / "measures.json", outcome(run))
    if run.tracks:
        _write_tracks(run, folder / "tracks.zarr")
    if run.played is not None:
        _write_json(folder / PLAYED, run.played)
    _write_json(
        folder / PROVENANCE,
        _sealed(
            {
                "format": FORMAT,
                "program": version(),
                "vocabulary": vocabulary(),
                "scenario": scenario.name,
                "title": scenario.title,
                "digest": scenario.digest,
                "sources": dict(sorted(scenario.files.items())),
                "start": next(iter(texts)).split("/")[0],
                "seed": run.seed,
                "choices": run.choices,
                "variants": run.variants,
                "overrides": run.overrides,
                "until": run.until,
                "ask": list(run.ask),
                "answers": [list(answer) for answer in run.answers],
                **({"hands": [hand.facts() for hand in run.hands]} if run.hands else {}),
                "tracks": run.tracks,
                "record": int(run.world.recorder["level"][0]),
                "files": {
                    path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": _digest(path)}
                    for path in sorted(folder.rglob("*"))
                    if path.is_file()
                },
            }
        ),
    )


def outcome(run: Run) -> dict[str, Any]:
    """Return ending, status and measures as plain data; numbers that JSON lacks become words."""
    ending = next((e for e in run.scenario.endings if e.name == run.ending), None)
    return {
        "ending": {"name": ending.name, "told": ending.told} if ending else None,
        "status": run.status,
        "time": run.time,
        "clock": run.scenario.clock(run.time),
        "entries": int(run.world.state["entries"][0]),
        "measures": {name: value if math.isfinite(value) else str(value) for name, value in run.measures.items()},
    }


def sources(scenario: Scenario) -> dict[str, bytes]:
    """Return the scenario's files, as they were when it was loaded, by their name under `scenario/`."""
    if scenario.path is None:
        raise RequestError("a scenario given as text has no files to save; write it to a file and load that")
    path = Path(scenario.path)
    found = {}
    for name, text in sorted(
        scenario.source.texts.items(), key=lambda file: (file[0].endswith(DATA_SUFFIXES), file[0])
    ):
        alone = PurePosixPath(name if name.endswith(DATA_SUFFIXES) else path.name)
        found[(PurePosixPath(path.name, name) if path.is_dir() else alone).as_posix()] = text.encode()
    return found


def _sealed(facts: dict[str, Any]) -> dict[str, Any]:
    """Return `facts` with a digest of them all."""
    plain = json.dumps({key: facts[key] for key in sorted(facts) if key != "seal"}, sort_keys=True, ensure_ascii=True)
    return facts | {"seal": hashlib.sha256(plain.encode()).hexdigest()}


def _write_json(path: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def version() -> str:
    """Return the version of the program."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("briarpatch")
    except PackageNotFoundError:
        return "0"


def vocabulary() -> str:
    """Return a digest of what the numbers in a world's tables mean: kinds of entries, verbs, columns."""
    words = [kind.name for kind in assembly.ENTRIES] + list(assembly.VERBS) + list(assembly.NAMES)
    words += [f"{name}.{c.name}.{c.kind}" for name, table in assembly.TABLES.items() for c in table.columns]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:16]


# ------------------------------------------------------------------------------------------------ tracks


def _write_tracks(run: Run, folder: Path) -> None:
    """Play `run` again and write positions and beliefs at even times, as Zarr arrays of shape (time, ...)."""
    try:
        import zarr
    except ImportError:
        raise MissingExtraError("saving tracks", "tracks") from None
    from .engine import positions

    times = np.linspace(0.0, run.time, FRAMES) if run.time > 0.0 else np.zeros(1)
    people, beliefs = run.world.people, run.world.beliefs
    where = np.zeros((len(times), len(people), 2), np.float32)
    status = np.zeros((len(times), len(people)), np.int8)
    place = np.zeros((len(times), len(people)), np.int32)
    odds = np.zeros((len(times), *beliefs.shape), np.float32)
    past = run.at(0.0)
    for frame, time in enumerate(times.tolist()):
        past = run.onward(past, time)
        where[frame], status[frame], place[frame] = (
            positions(past.program, past.world),
            past.world.people["status"],
            past.world.people["place"],
        )
        odds[frame] = past.world.beliefs["odds"]
    group = zarr.open_group(str(folder), mode="w")
    for name, array, unit in (
        ("time", times, "s"),
        ("position", where, "m"),
        ("status", status, ""),
        ("place", place, ""),
        ("log_odds", odds, "nat"),
    ):
        chunk = tuple(max(1, n) for n in (min(100, len(times)), *array.shape[1:]))
        part = group.create_array(name, shape=array.shape, chunks=chunk, dtype=array.dtype)
        part[...] = array
        part.attrs["unit"] = unit


# ------------------------------------------------------------------------------------------------ reading


def load(folder: Path) -> Run:
    """Return the run saved in `folder`, not played again; raises SavedRunError when it is altered."""
    if not folder.is_dir():
        raise SavedRunError(f"{folder} is not a saved run: there is no such folder")
    try:
        facts = _read_json(folder, PROVENANCE)
        _check_provenance(folder, facts)
        _check_files(folder, facts["files"])
        scenario = _load_scenario(
            folder / "scenario" / facts["start"], variants=facts["variants"], overrides=facts["overrides"]
        )
        if scenario.digest != facts["digest"]:
            raise SavedRunError(f"{folder}/scenario is not the scenario of this run; {REMEDY}")
        world = _read_world(folder, scenario, facts["seed"], facts["record"])
        measures = _read_measures(folder, scenario)
        answers = [(decision, option) for decision, option in facts["answers"]]
        run = Run(
            scenario,
            facts["seed"],
            facts["choices"],
            facts["variants"],
            facts["overrides"],
            facts["tracks"],
            ask=facts["ask"],
            answers=answers,
            hands=[Hand.of(hand) for hand in facts.get("hands", [])],
            played=_read_played(folder) if PLAYED in facts["files"] else None,
            record=facts["record"],
            saved=world,
            saved_measures=measures,
        )
    except SavedRunError:
        raise
    except BriarpatchError as cause:
        raise SavedRunError(f"{folder} cannot be read: {cause}") from cause
    except OSError as cause:
        raise SavedRunError(f"{folder} cannot be read: {cause.strerror or cause}") from cause
    run.until, run.folder = facts["until"], folder
    return run


def summary_of(folder: Path) -> dict[str, Any]:
    """Return what the run saved in `folder` is, without reading it: scenario, seed, ending and time, for a list.

    Raises SavedRunError when it is no run, or one of another format.
    """
    facts, result = _read_json(folder, PROVENANCE), _read_json(folder, "measures.json")
    _check_provenance(folder, facts)
    ending = result.get("ending")
    return {
        "scenario": facts["scenario"],
        "title": str(facts.get("title", "")),
        "seed": str(facts["seed"]),
        "choices": facts["choices"],
        "variants": facts["variants"],
        "answers": len(facts["answers"]),
        "ending": str(ending.get("told", "")) if isinstance(ending, dict) else None,
        "status": str(result.get("status", "")),
        "clock": str(result.get("clock", "")),
        "seal": facts["seal"],
    }


def _read_json(folder: Path, name: str) -> dict[str, Any]:
    path = folder / name
    try:
        kind = path.lstat()
    except OSError:
        raise SavedRunError(f"{folder} is not a saved run: {name} is missing; {REMEDY}") from None
    if not stat.S_ISREG(kind.st_mode) or kind.st_size > LARGEST_TEXT:
        raise SavedRunError(f"{path} is not a file of a saved run; {REMEDY}")
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        raise SavedRunError(f"{path} is damaged: it is not JSON; {REMEDY}") from None
    if not isinstance(content, dict):
        raise SavedRunError(f"{path} is damaged: it holds no fields; {REMEDY}")
    return content


def _check_provenance(folder: Path, facts: dict[str, Any]) -> None:
    path = folder / PROVENANCE

    def words(value: Any) -> bool:
        return (
            isinstance(value, dict) and len(value) <= MOST_SETTINGS and all(isinstance(v, str) for v in value.values())
        )

    def pairs(value: Any) -> bool:
        return isinstance(value, list) and all(
            isinstance(v, list) and len(v) == 2 and all(isinstance(word, str) for word in v) for v in value
        )

    def whole(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 64

    checks = {
        "format": whole,
        "program": lambda v: isinstance(v, str),
        "vocabulary": lambda v: isinstance(v, str),
        "scenario": lambda v: isinstance(v, str),
        "digest": lambda v: isinstance(v, str),
        "start": lambda v: isinstance(v, str) and v not in ("", ".", "..") and not set(v) & set("/\\\0"),
        "seed": whole,
        "choices": words,
        "variants": words,
        "overrides": words,
        "until": lambda v: v is None or (isinstance(v, (int, float)) and v >= 0.0),
        "ask": lambda v: isinstance(v, list) and len(v) <= MOST_SETTINGS and all(isinstance(name, str) for name in v),
        "answers": pairs,
        "tracks": lambda v: isinstance(v, bool),
        "record": lambda v: isinstance(v, int) and v in (0, 1, 2),
        "files": lambda v: isinstance(v, dict) and len(v) <= MOST_FILES,
    }
    if not isinstance(facts.get("hands", []), list):
        raise SavedRunError(f"{path} is damaged: 'hands' makes no sense; {REMEDY}")
    if "format" in facts and facts["format"] != FORMAT:
        fits_all = all(name in facts and fits(facts[name]) for name, fits in checks.items())
        raise SavedRunError(
            f"{path} is of format {str(facts['format'])[:20]}, and this program reads format {FORMAT}; "
            f"install the version of briarpatch that wrote it, or {_again(folder, facts) if fits_all else REMEDY}"
        )
    for name, fits in checks.items():
        if name not in facts or not fits(facts[name]):
            raise SavedRunError(f"{path} is damaged: '{name}' is missing or makes no sense; {REMEDY}")
    if facts.get("seal") != _sealed(facts)["seal"]:
        raise SavedRunError(f"{path} has been altered: its seal does not fit; {REMEDY}")
    if facts["vocabulary"] != vocabulary():
        raise SavedRunError(
            f"{path}: the run was made by briarpatch {facts['program'][:20]}, whose tables differ from "
            f"those of this version ({version()}); install that version, or {_again(folder, facts)}"
        )
    for name in ("chronicle.parquet", "world.zip", "measures.json"):
        if name not in facts["files"]:
            raise SavedRunError(f"{path} is damaged: it does not list {name}; {REMEDY}")
    if not any(name.startswith(f"scenario/{facts['start']}") for name in facts["files"]):
        raise SavedRunError(f"{path} is damaged: it lists no file of the scenario; {REMEDY}")


def _again(folder: Path, facts: dict[str, Any]) -> str:
    """Return the remedy for a run of another version: the command that plays it again, where a command can."""
    if facts["answers"] or facts.get("hands") or PLAYED in facts["files"]:
        return "play the game again; what people answered is not answered by itself"
    words = ["briarpatch", "run", str(folder / "scenario" / facts["start"]), "--seed", str(facts["seed"])]
    for option, given in (("--choose", "choices"), ("--variant", "variants"), ("--set", "overrides")):
        for name, value in facts[given].items():
            words += [option, f"{name}={value}"]
    words += ["--until", f"{facts['until']} s"] if facts["until"] is not None else []
    words += ["--tracks"] if facts["tracks"] else []
    return f"play it again: {shlex.join(words)}"


def _check_files(folder: Path, files: dict[str, Any]) -> None:
    for name, facts in files.items():
        pure = PurePosixPath(name[:LONGEST_NAME])
        if (
            len(name) > LONGEST_NAME
            or len(pure.parts) > DEEPEST_FOLDER
            or pure.is_absolute()
            or ".." in pure.parts
            or "\\" in name
            or "\0" in name
            or not isinstance(facts, dict)
        ):
            raise SavedRunError(f"{folder}/{PROVENANCE} is damaged: it lists an impossible file; {REMEDY}")
        path = folder / pure
        if any((folder / part).is_symlink() for part in (pure, *pure.parents)[:-1]):
            raise SavedRunError(f"{path} is a link, and a saved run has none; {REMEDY}")
        try:
            found = path.lstat()
        except OSError:
            raise SavedRunError(f"{path} is missing from the saved run; {REMEDY}") from None
        if not stat.S_ISREG(found.st_mode):
            raise SavedRunError(f"{path} is not a file; {REMEDY}")
        length = facts.get("bytes")
        if found.st_size != length or found.st_size > LARGEST_FILE:
            what = "cut short" if isinstance(length, int) and found.st_size < length else "altered"
            raise SavedRunError(f"{path} was {what}: it has {found.st_size} bytes and should have {length}; {REMEDY}")
        if _digest(path) != facts.get("sha256"):
            raise SavedRunError(f"{path} was altered: its content is not what was saved; {REMEDY}")
    listed = {name for name in files if name.startswith("scenario/")}
    for path in (folder / "scenario").rglob("*"):
        if not path.is_dir() and path.relative_to(folder).as_posix() not in listed:
            raise SavedRunError(f"{path} does not belong to the saved run; remove it")


def _read_world(folder: Path, scenario: Scenario, seed: int, level: int) -> World:
    """Return the saved world; its sizes are looked at before anything is unpacked (`world.from_bytes`)."""
    path = folder / "world.zip"
    like = scenario.world(seed)
    if level:
        like = recorder.recording(scenario.program, like, level)
    if path.stat().st_size > sum(table.nbytes for table in like) + _LARGEST_GROWING:
        raise SavedRunError(f"{path} is damaged: it is larger than a world of this scenario can be; {REMEDY}")
    try:
        world = from_bytes(path.read_bytes(), like)
    except SavedRunError as cause:
        raise SavedRunError(f"{path}: {cause}; {REMEDY}") from None
    _check_world(path, scenario, world, seed)
    return world


def _check_world(path: Path, scenario: Scenario, world: World, seed: int) -> None:
    """Raise SavedRunError when a number that reading follows leads nowhere."""
    state, program = world.state, scenario.program
    bounds = {
        "status": (0, len(states.STATUS_NAMES)),
        "broken": (0, len(states.GUARD_NAMES)),
        "ending": (-1, len(scenario.endings)),
        "waiting": (-1, len(program.decisions)),
        "entries": (0, len(world.chronicle) + 1),
        "steps": (0, 1 << 62),
    }
    for column, (low, high) in bounds.items():
        if not low <= int(state[column][0]) < high:
            raise SavedRunError(f"{path} is damaged: state.{column} makes no sense; {REMEDY}")
    if not 0.0 <= float(state["time"][0]) < math.inf or int(state["seed"][0]) != seed:
        raise SavedRunError(f"{path} is damaged: state.time or state.seed makes no sense; {REMEDY}")
    ranges = (
        (world.people["place"], len(program.places)),
        (world.people["crowd"], len(program.crowds)),
        (world.people["faction"], len(world.ties)),
        (world.beliefs["told_by"], len(world.people)),
    )
    for column, count in ranges:
        if column.size and (column.min() < -1 or column.max() >= count):
            raise SavedRunError(f"{path} is damaged: a table points to a row that does not exist; {REMEDY}")
    statuses = world.people["status"]
    if statuses.size and (statuses.min() < 0 or statuses.max() > states.DEAD):
        raise SavedRunError(f"{path} is damaged: a person has no possible status; {REMEDY}")
    wrong = fault_of(scenario, world)
    if wrong:
        raise SavedRunError(f"{path} is damaged: {wrong}; {REMEDY}")
    status_name(world)


def _read_played(folder: Path) -> dict[str, Any]:
    """Return the record of who played a run; raises SavedRunError when it makes no sense."""
    found: dict[str, Any] = _read_json(folder, PLAYED)
    seats, nodes, at = found.get("seats"), found.get("nodes"), found.get("at")
    fits = (
        found.get("format") == "played-1"
        and isinstance(seats, dict)
        and all(isinstance(chair, dict) and isinstance(chair.get("name"), str) for chair in seats.values())
        and isinstance(nodes, list)
        and fault_of_nodes(nodes) == ""
        and isinstance(at, int)
        and 0 <= at <= len(nodes)
    )
    if not fits:
        raise SavedRunError(f"{folder}/{PLAYED} is damaged: it is not the record of a game; {REMEDY}")
    return found


def _read_measures(folder: Path, scenario: Scenario) -> dict[str, float]:
    found = _read_json(folder, "measures.json").get("measures")
    names = [measure.name for measure in scenario.measures]
    if not isinstance(found, dict) or list(found) != names:
        raise SavedRunError(f"{folder}/measures.json does not fit the scenario; {REMEDY}")
    try:
        return {name: float(value) for name, value in found.items()}
    except (TypeError, ValueError):
        raise SavedRunError(f"{folder}/measures.json is damaged: a measure is not a number; {REMEDY}") from None
