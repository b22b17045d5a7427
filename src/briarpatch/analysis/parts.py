"""An ensemble on disk: a folder of parts, each written whole or not at all, and a manifest of what was played.

    ensemble.json                        scenario, arms, first seed, columns, version of the program, worlds wanted
    scenario/                            the scenario's own files
    parts/SEED-COUNT-ENSEMBLE-DIGEST.parquet
                                         the rows of COUNT seeds from SEED on, seed by seed, arms in their order

The name of a part holds the digest of its manifest and a digest of that, of its seeds and of its bytes, and it gets that
name when it is whole and on the disk. So whatever moment a process dies at, a part is there and right, or it is as if it
had never been begun; one that the disk has damaged since is known for it, and so is one of another ensemble. Which seeds
are left to play follows from the names alone.

Before a part is read, its height, its columns and the bytes to which it unpacks are looked at: the manifest bounds them.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import RequestError, SavedRunError
from ..files import flush_folder, is_workshop, lock, sweep, whole_file
from ..scenario.catalog import load_scenario
from ..scenario.scenario import MeasureInfo, Scenario
from ..storage import sources, version, vocabulary
from ..world.compiled import fingerprint
from .parquet import sizes
from .summary import hull
from .worlds import Arm, Player

if TYPE_CHECKING:
    import polars as pl

FORMAT = 2
"""The form of an ensemble on disk; another number is refused with the remedy."""
MANIFEST = "ensemble.json"
UNNAMED = "text"
"""Stands for the files of a scenario that has none."""
LARGEST_MANIFEST = 8 << 20
MOST_CELLS = 20_000_000
"""Rows times columns of a part, about: what one takes in memory is bounded."""
MOST_ROWS = 50_000
"""Rows of a part, about."""
_WIDEST = 16
"""Bytes of a cell in memory, at most; words that come again are kept once."""
_WORDS = 4 << 20
"""Bytes of the words of a part, at most."""
LARGEST_PART = 2 << 30
"""Bytes of the file of a part."""
DAMAGED = "its bytes are not those that were written"
ASIDE = ".aside"
"""What the name of a part that was set aside ends in, perhaps with a number."""
_NAME = re.compile(r"(\d{20})-(\d{12})-([0-9a-f]{16})-([0-9a-f]{32})\.parquet", re.ASCII)
_TYPES = ("UInt64", "Int64", "Float64", "String")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ArmFacts(_Strict):
    """An arm in a manifest."""

    name: str
    choices: dict[str, str]
    variants: dict[str, str]
    overrides: dict[str, str]

    def arm(self) -> Arm:
        """Return it as an arm."""
        return Arm(self.name, self.choices, self.variants, self.overrides)


class MeasureFacts(_Strict):
    """A measure in a manifest: its words, its unit, which way is better, and its range in all arms."""

    told: str
    unit: str
    better: str
    low: float | None = None
    high: float | None = None


class Manifest(_Strict):
    """What an ensemble is: all that decides its rows, and how many seeds were wanted."""

    format: int = FORMAT
    program: str
    engine: str
    vocabulary: str
    scenario: str
    title: str
    digest: str
    start: str
    arms: list[ArmFacts] = Field(min_length=1, max_length=10_000)
    first: int = Field(ge=0, lt=1 << 64)
    accounts: bool
    endings: list[str] = Field(max_length=2_000)
    measures: dict[str, MeasureFacts] = Field(max_length=20_000)
    columns: dict[str, str] = Field(max_length=200_000)
    wanted: int | None = Field(default=None, ge=1)
    """Seeds to be played; None while that depends on how sure the answer has become."""

    def schema(self) -> dict[str, Any]:
        """Return the columns and their Polars types."""
        import polars as pl

        return {name: getattr(pl, kind) for name, kind in self.columns.items() if kind in _TYPES}

    @cached_property
    def identity(self) -> str:
        """A digest of all that decides the rows of the ensemble; how many are wanted does not."""
        facts = self.model_dump(exclude={"wanted"})
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]

    def most_seeds(self) -> int:
        """Return how many seeds a part may hold, about, so that what it takes in memory is bounded."""
        cells = len(self.arms) * max(1, len(self.columns))
        return max(1, min(MOST_ROWS // len(self.arms), MOST_CELLS // cells))


class Part(NamedTuple):
    """A part: its first seed, its number of seeds, the ensemble it belongs to, the digest of them and of its bytes."""

    first: int
    count: int
    ensemble: str
    digest: str

    @property
    def name(self) -> str:
        """The name of its file."""
        return f"{self.first:020d}-{self.count:012d}-{self.ensemble}-{self.digest}.parquet"

    @classmethod
    def made(cls, first: int, count: int, ensemble: str, content: bytes) -> Part:
        """Return the part that holds `content`."""
        digest = hashlib.sha256(f"{first} {count} {ensemble}\n".encode())
        digest.update(content)
        return cls(first, count, ensemble, digest.hexdigest()[:32])


def part_of(name: str) -> Part | None:
    """Return what the name of a file says of the part in it, or None when it is no part's."""
    found = _NAME.fullmatch(name)
    return Part(int(found[1]), int(found[2]), found[3], found[4]) if found else None


@dataclass(frozen=True)
class Folder:
    """The folder of an ensemble, and what its manifest says."""

    path: Path
    manifest: Manifest

    @property
    def parts_folder(self) -> Path:
        """Where the parts are."""
        return self.path / "parts"

    def parts(self) -> list[Part]:
        """Return the parts that are there by their first seed, without looking into them; none overlaps another.

        Raises SavedRunError when a file is there that is no part of this ensemble.
        """
        found: list[Part] = []
        for part in self._named():
            if not found or part.first >= found[-1].first + found[-1].count:
                found.append(part)
        return found

    def _named(self) -> list[Part]:
        """Return every part that a name speaks of, those too that lie behind another."""
        try:
            names = os.listdir(self.parts_folder)
        except OSError as cause:
            raise SavedRunError(f"{self.parts_folder} cannot be read: {cause.strerror or cause}") from cause
        found = []
        for name in sorted(names):
            part = part_of(name)
            if part is None and name.endswith(".parquet"):
                raise SavedRunError(f"{self.parts_folder / name} is no part of an ensemble; move it elsewhere")
            if part is None:
                continue
            if part.ensemble != self.manifest.identity:
                raise SavedRunError(f"{self.parts_folder / name} is a part of another ensemble; move it elsewhere")
            found.append(part)
        return found

    def files(self) -> list[Path]:
        """Return the files of the parts in the order of their seeds."""
        return [self.parts_folder.absolute() / part.name for part in self.parts()]

    def damage(self, part: Part) -> str:
        """Return "" when a part is as it was written, or what is wrong with it; little of it is unpacked for that."""
        path, facts = self.parts_folder / part.name, self.manifest
        rows, columns = part.count * len(facts.arms), len(facts.columns)
        try:
            if not stat.S_ISREG(path.lstat().st_mode) or path.stat().st_size > LARGEST_PART:
                return "it is no file of an ensemble"
            content = path.read_bytes()
        except OSError as cause:
            return f"it cannot be read: {cause.strerror or cause}"
        if Part.made(part.first, part.count, part.ensemble, content) != part:
            return DAMAGED
        try:
            found = sizes(content)
        except ValueError as cause:
            return str(cause)
        if found.rows != rows:
            return f"it has {found.rows:,} rows, and its name says {rows:,}"
        if part.count > 2 * facts.most_seeds() or found.unpacked > _WIDEST * rows * columns + _WORDS:
            return f"it would unpack to {found.unpacked:,} bytes, more than a part of this ensemble may"
        return self._other_rows(part, content)

    def _other_rows(self, part: Part, content: bytes) -> str:
        """Return "" when the columns of a part and the worlds in it are those that they should be."""
        import polars as pl

        try:
            if dict(pl.read_parquet_schema(io.BytesIO(content))) != self.manifest.schema():
                return "its columns are not those of the ensemble"
            worlds = pl.read_parquet(io.BytesIO(content), columns=["seed", "arm"])
        except pl.exceptions.PolarsError as cause:
            return f"it cannot be read: {str(cause).splitlines()[0]}"
        arms = [arm.name for arm in self.manifest.arms]
        wanted = [seed for seed in range(part.first, part.first + part.count) for _ in arms]
        if worlds["seed"].to_list() != wanted or worlds["arm"].to_list() != arms * part.count:
            return "its worlds are not those that its name says"
        return ""

    def damaged(self) -> list[tuple[Part, str]]:
        """Return the parts that are not as they were written, and what is wrong with each."""
        found = ((part, self.damage(part)) for part in self._named())
        return [(part, wrong) for part, wrong in found if wrong]

    def set_aside(self, part: Part) -> Path:
        """Give a part a name that is no part's, so that its seeds will be played again, and return where it is now.

        Nothing is removed: what was renamed by hand, or put there by somebody else, is not ours to lose.
        """
        here = self.parts_folder / part.name
        names = (f"{part.name}{ASIDE}{number or ''}" for number in range(len(os.listdir(self.parts_folder)) + 1))
        there = next(path for path in map(self.parts_folder.joinpath, names) if not os.path.lexists(path))
        try:
            os.rename(here, there)
        except OSError as cause:
            raise RequestError(f"{here} cannot be set aside: {cause.strerror}; move it elsewhere") from cause
        return there

    def strangers(self) -> list[str]:
        """Return the names beside the parts that are none of this program's: a part under another name, for one."""
        return sorted(
            name
            for name in os.listdir(self.parts_folder)
            if part_of(name.partition(ASIDE)[0]) is None and not is_workshop(name) and not name.startswith(".")
        )

    def write(self, first: int, count: int, frame: pl.DataFrame) -> Part:
        """Write the rows of the `count` seeds from `first` on, whole or not at all, and return the part."""
        return self.write_bytes(first, count, to_bytes(frame))

    def write_bytes(self, first: int, count: int, content: bytes) -> Part:
        """Write a part that `to_bytes` made."""
        part = Part.made(first, count, self.manifest.identity, content)
        try:
            with whole_file(self.parts_folder / part.name) as temporary:
                temporary.write_bytes(content)
        except RequestError as cause:
            raise RequestError(
                f"{cause}; what was played before is safe in {self.path}: make room there, and the same command goes on"
            ) from cause
        return part

    def gaps(self, count: int) -> list[tuple[int, int]]:
        """Return (first, count) of every stretch of the first `count` seeds that no part holds."""
        found, at, end = [], self.manifest.first, self.manifest.first + count
        for part in self.parts():
            if part.first > at:
                found.append((at, min(part.first, end) - at))
            at = max(at, part.first + part.count)
            if at >= end:
                return found
        found.append((at, end - at))
        return found

    def want(self, count: int | None) -> Folder:
        """Return the folder with its manifest saying that `count` seeds are wanted."""
        manifest = self.manifest.model_copy(update={"wanted": count})
        if manifest != self.manifest:
            _write_manifest(self.path, manifest)
        return Folder(self.path, manifest)

    def scenario(self, arm: int) -> Scenario:
        """Return the scenario as one of the arms sets it, from the files in the folder."""
        facts = self.manifest.arms[arm]
        found = load_scenario(
            self.path / "scenario" / self.manifest.start, variants=facts.variants, overrides=facts.overrides
        )
        if found.digest != self.manifest.digest:
            raise SavedRunError(f"{self.path}/scenario is not the scenario of this ensemble; play it again")
        return found


def to_bytes(frame: pl.DataFrame) -> bytes:
    """Return a frame as the bytes of a Parquet file."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", statistics=True)
    return buffer.getvalue()


def scan(files: Sequence[Path]) -> pl.LazyFrame:
    """Return the rows of parts as a lazy frame; a name is taken as it is, whatever signs of patterns are in it."""
    import polars as pl

    return pl.scan_parquet([file.absolute() for file in files], glob=False, hive_partitioning=False)


# ------------------------------------------------------------------------------------------------ opening


def _facts(measures: Sequence[MeasureInfo]) -> MeasureFacts:
    """Return what a manifest says of a measure, from what it is in each arm."""
    last, (low, high) = measures[-1], hull(measures)
    return MeasureFacts(told=last.told, unit=last.unit, better=last.better, low=low, high=high)


def describe(seats: Sequence[Player], first: int, accounts: bool, columns: dict[str, Any]) -> Manifest:
    """Return the manifest of an ensemble that is about to be played."""
    scenario = seats[0].scenario
    endings = dict.fromkeys(ending.name for player in seats for ending in player.scenario.endings)
    measures: dict[str, list[MeasureInfo]] = {}
    for player in seats:
        for measure in player.scenario.measures:
            measures.setdefault(measure.name, []).append(measure)
    files = sources(scenario) if scenario.path is not None else {UNNAMED: b""}
    return Manifest(
        program=version(),
        engine=fingerprint(),
        vocabulary=vocabulary(),
        scenario=scenario.name,
        title=scenario.title,
        digest=scenario.digest,
        start=next(iter(files)).split("/")[0],
        arms=[ArmFacts(name=player.arm.name, **player.arm.settings()) for player in seats],
        first=first,
        accounts=accounts,
        endings=list(endings),
        measures={name: _facts(found) for name, found in measures.items()},
        columns={name: str(kind) for name, kind in columns.items()},
    )


def create(path: Path, manifest: Manifest, scenario: Scenario) -> Folder:
    """Make the folder of an ensemble, or take up the one that is there.

    Raises RequestError when something else is there, when it was played with other settings, or when it cannot be
    written.
    """
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise RequestError(f"{path} exists already and is no folder; name another with --out")
    if path.is_dir() and not (path / MANIFEST).exists():
        strange = [name for name in os.listdir(path) if name not in ("scenario", "parts") and not is_workshop(name)]
        if strange:
            raise RequestError(f"{path} is a folder of something else; name another with --out, or remove it")
    try:
        (path / "parts").mkdir(parents=True, exist_ok=True)
        sweep(path)
        sweep(path / "parts")
        if not (path / MANIFEST).exists():
            for name, content in (sources(scenario) if manifest.start != UNNAMED else {}).items():
                with whole_file(path / "scenario" / name) as file:
                    file.write_bytes(content)
            _write_manifest(path, manifest)
            flush_folder(path.absolute().parent)
            return Folder(path, manifest)
        if not os.access(path / "parts", os.W_OK | os.X_OK):
            raise RequestError(f"{path} cannot be written: no permission to write in it; name another with --out")
    except OSError as cause:
        raise RequestError(f"{path} cannot be written: {cause.strerror or cause}; name another with --out") from cause
    found = read(path)
    differences = _differences(found.manifest, manifest)
    if differences:
        raise RequestError(
            f"{path} holds an ensemble with other settings ({'; '.join(differences)}); "
            "name another folder with --out, or remove that one"
        )
    return Folder(path, manifest.model_copy(update={"wanted": found.manifest.wanted}))


def _differences(old: Manifest, new: Manifest) -> list[str]:
    if old.engine != new.engine or old.vocabulary != new.vocabulary:
        return [f"it was begun by briarpatch {old.program} of another build, whose worlds may differ"]
    found = []
    for name, words in (
        ("digest", "the scenario's files have changed"),
        ("first", f"its first seed is {old.first}, not {new.first}"),
        ("accounts", f"it was played {'with' if old.accounts else 'without'} --accounts"),
    ):
        if getattr(old, name) != getattr(new, name):
            found.append(words)
    if old.arms != new.arms:
        before, now = ([f"'{arm.name}'" for arm in one.arms] for one in (old, new))
        named = f"its arms are {', '.join(before)}" if before != now else "its arms of the same names are set otherwise"
        found.append(named)
    return found or (["its columns differ"] if old.columns != new.columns else [])


def _write_manifest(path: Path, manifest: Manifest) -> None:
    text = json.dumps(manifest.model_dump(), ensure_ascii=False, indent=1, allow_nan=False)
    with whole_file(path / MANIFEST) as file:
        file.write_text(text + "\n", encoding="utf-8", newline="\n")


def is_ensemble(path: Path) -> bool:
    """Return whether `path` looks like the folder of an ensemble."""
    return (path / MANIFEST).is_file()


def read(path: Path) -> Folder:
    """Return the ensemble in a folder; raises SavedRunError when it is none, or cannot be read by this version."""
    file = path / MANIFEST
    try:
        facts = file.lstat()
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > LARGEST_MANIFEST:
            raise SavedRunError(f"{file} is not the manifest of an ensemble")
        content = json.loads(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise SavedRunError(f"{path} is not an ensemble: it has no {MANIFEST}") from None
    except OSError as cause:
        raise SavedRunError(f"{file} cannot be read: {cause.strerror or cause}") from cause
    except (ValueError, RecursionError):
        raise SavedRunError(f"{file} is damaged: it is not JSON") from None
    if isinstance(content, dict) and content.get("format") != FORMAT:
        raise SavedRunError(
            f"{file} is of format {str(content.get('format'))[:20]}, and this program reads format {FORMAT}; "
            "install the version of briarpatch that wrote it"
        )
    try:
        manifest = Manifest.model_validate(content)
    except ValidationError as wrong:
        error = wrong.errors()[0]
        where = ".".join(map(str, error["loc"]))[:60]
        raise SavedRunError(f"{file} is damaged: {where}: {error['msg']}") from None
    if (
        manifest.start in ("", ".", "..")
        or set(manifest.start) & set("/\\\0")
        or not set(manifest.columns.values()) <= set(_TYPES)
    ):
        raise SavedRunError(f"{file} is damaged: it names what cannot be")
    if not (path / "parts").is_dir():
        raise SavedRunError(f"{path} is damaged: its folder of parts is missing")
    return Folder(path, manifest)


@contextlib.contextmanager
def held(folder: Folder) -> Iterator[None]:
    """Keep other processes from playing in `folder` meanwhile; raises RequestError when one does already."""
    handle = lock(folder.parts_folder)
    if handle is None and os.name != "nt":
        raise RequestError(f"another process is playing in {folder.path}; wait for it, or name another with --out")
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)
