"""A job on disk: a folder of parts, each written whole or not at all, and a manifest of what is asked.

    ensemble.json, or job.json           scenario, settings, columns, version of the program
    scenario/                            of an ensemble: the scenario's own files
    parts/FIRST-COUNT-JOB-DIGEST.parquet the rows of COUNT tasks from FIRST on, task by task
    answer.json, answer.txt              of a job that is done: what came of it

A task of an ensemble is a seed, played by every arm; what it is of other jobs, their questions say. The name of a part
holds the digest of its manifest and a digest of that, of its tasks and of its bytes, and it gets that name when it is whole
and on the disk. So whatever moment a process dies at, a part is there and right, or it is as if it had never been begun;
one that the disk has damaged since is known for it, and so is one of another job. Which tasks are left follows from the
names alone.

Before a part is read, its height, its columns and the bytes to which it unpacks are looked at: the manifest bounds them.

It is long because what is written and what is refused when it is read are one promise.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import stat
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

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
"""The form of a job on disk; another number is refused with the remedy."""
MANIFEST = "ensemble.json"
JOB = "job.json"
ANSWER, ANSWER_TEXT = "answer.json", "answer.txt"
REQUEST = "request.json"
"""What the page asked for, in the folder of a job that the server began."""
TASK = "task"
"""The column of a job's rows that holds the number of their task."""
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
    policies: dict[str, str] = {}
    """Programs that decide for people, each with a digest of its file; none is run that is only named here."""

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


class Facts(_Strict, ABC):
    """What every job says of itself: all that decides its rows."""

    FILE: ClassVar[str]
    """The name of the manifest's file."""
    WHAT: ClassVar[str]
    """What a job of this form is called."""
    NUMBER: ClassVar[str]
    """The column that holds the number of a row's task."""

    format: int = FORMAT
    program: str
    engine: str
    vocabulary: str
    scenario: str
    title: str
    digest: str
    columns: dict[str, str] = Field(max_length=200_000)

    @property
    @abstractmethod
    def width(self) -> int:
        """How many rows a task gives."""

    @property
    @abstractmethod
    def begins(self) -> int:
        """The number of the first task."""

    def expected(self, first: int, count: int) -> dict[str, list[Any]]:
        """Return the columns by which the rows of `count` tasks from `first` on are known."""
        return {self.NUMBER: [task for task in range(first, first + count) for _ in range(self.width)]}

    @abstractmethod
    def differences(self, new: Any) -> list[str]:
        """Return in what another manifest of the same form asks for other rows, in words."""

    def is_sound(self) -> bool:
        """Return whether it names only what can be."""
        return set(self.columns.values()) <= set(_TYPES)

    def schema(self) -> dict[str, Any]:
        """Return the columns and their Polars types."""
        import polars as pl

        return {name: getattr(pl, kind) for name, kind in self.columns.items() if kind in _TYPES}

    @cached_property
    def identity(self) -> str:
        """A digest of all that decides the rows; how many are wanted does not."""
        facts = self.model_dump(exclude={"wanted"})
        for arm in facts.get("arms", ()):
            if not arm["policies"]:  # an arm without any is known as it was before there were policies
                del arm["policies"]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]

    def most_tasks(self) -> int:
        """Return how many tasks a part may hold, about, so that what it takes in memory is bounded."""
        cells = self.width * max(1, len(self.columns))
        return max(1, min(MOST_ROWS // self.width, MOST_CELLS // cells))

    def _builds(self, new: Facts) -> list[str]:
        if self.engine != new.engine or self.vocabulary != new.vocabulary:
            return [f"it was begun by briarpatch {self.program} of another build, whose worlds may differ"]
        return []


class Manifest(Facts):
    """What an ensemble is, and how many seeds were wanted."""

    FILE, WHAT, NUMBER = MANIFEST, "an ensemble", "seed"

    start: str
    arms: list[ArmFacts] = Field(min_length=1, max_length=10_000)
    first: int = Field(ge=0, lt=1 << 64)
    accounts: bool
    endings: list[str] = Field(max_length=2_000)
    measures: dict[str, MeasureFacts] = Field(max_length=20_000)
    wanted: int | None = Field(default=None, ge=1)
    """Seeds to be played; None while that depends on how sure the answer has become."""

    @property
    def width(self) -> int:
        """How many rows a seed gives."""
        return len(self.arms)

    @property
    def begins(self) -> int:
        """The first seed."""
        return self.first

    def expected(self, first: int, count: int) -> dict[str, list[Any]]:
        """Return the columns by which the rows of `count` seeds from `first` on are known."""
        return super().expected(first, count) | {"arm": [arm.name for arm in self.arms] * count}

    def is_sound(self) -> bool:
        """Return whether it names only what can be."""
        return super().is_sound() and self.start not in ("", ".", "..") and not set(self.start) & set("/\\\0")

    def differences(self, new: Manifest) -> list[str]:
        """Return in what another ensemble asks for other rows, in words."""
        found = self._builds(new)
        if found:
            return found
        for name, words in (
            ("digest", "the scenario's files have changed"),
            ("first", f"its first seed is {self.first}, not {new.first}"),
            ("accounts", f"it was played {'with' if self.accounts else 'without'} --accounts"),
        ):
            if getattr(self, name) != getattr(new, name):
                found.append(words)
        if self.arms != new.arms:
            before, now = ([f"'{arm.name}'" for arm in one.arms] for one in (self, new))
            named = (
                f"its arms are {', '.join(before)}" if before != now else "its arms of the same names are set otherwise"
            )
            found.append(named)
        return found or (["its columns differ"] if self.columns != new.columns else [])


class JobManifest(Facts):
    """What a question other than an ensemble is."""

    FILE, WHAT, NUMBER = JOB, "a job", TASK

    kind: str = Field(max_length=100)
    settings: dict[str, JsonValue] = Field(max_length=1_000)
    """All that decides the rows beside the scenario's files."""
    rows: int = Field(ge=1, le=10_000)
    """How many rows a task gives."""

    @property
    def width(self) -> int:
        """How many rows a task gives."""
        return self.rows

    @property
    def begins(self) -> int:
        """The number of the first task."""
        return 0

    def differences(self, new: JobManifest) -> list[str]:
        """Return in what another question asks for other rows, in words."""
        if self.kind != new.kind:
            return [f"it is of the kind '{self.kind}', not '{new.kind}'"]
        found = self._builds(new)
        if found:
            return found
        if self.digest != new.digest:
            found.append("the scenario's files have changed")
        for name in dict.fromkeys([*self.settings, *new.settings]):
            before, now = (one.settings.get(name) for one in (self, new))
            if before != now:
                found.append(f"its {name.replace('_', ' ')}: {_said(before)}, not {_said(now)}")
        return found or (["its columns differ"] if self.columns != new.columns else [])


def _said(value: Any) -> str:
    """Return a setting in a few words."""
    words = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return words if len(words) <= 80 else f"{words[:77]}..."


AnyManifest = TypeVar("AnyManifest", bound=Facts)


class Part(NamedTuple):
    """A part: its first task, its number of tasks, the job it belongs to, the digest of them and of its bytes."""

    first: int
    count: int
    job: str
    digest: str

    @property
    def name(self) -> str:
        """The name of its file."""
        return f"{self.first:020d}-{self.count:012d}-{self.job}-{self.digest}.parquet"

    @classmethod
    def made(cls, first: int, count: int, job: str, content: bytes) -> Part:
        """Return the part that holds `content`."""
        digest = hashlib.sha256(f"{first} {count} {job}\n".encode())
        digest.update(content)
        return cls(first, count, job, digest.hexdigest()[:32])


def part_of(name: str) -> Part | None:
    """Return what the name of a file says of the part in it, or None when it is no part's."""
    found = _NAME.fullmatch(name)
    return Part(int(found[1]), int(found[2]), found[3], found[4]) if found else None


@dataclass(frozen=True)
class Folder(Generic[AnyManifest]):
    """The folder of a job, and what its manifest says."""

    path: Path
    manifest: AnyManifest

    @property
    def parts_folder(self) -> Path:
        """Where the parts are."""
        return self.path / "parts"

    def parts(self) -> list[Part]:
        """Return the parts that are there by their first task, without looking into them; none overlaps another.

        Raises SavedRunError when a file is there that is no part of this job.
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
                raise SavedRunError(f"{self.parts_folder / name} is no part of {self.manifest.WHAT}; move it elsewhere")
            if part is None:
                continue
            if part.job != self.manifest.identity:
                raise SavedRunError(
                    f"{self.parts_folder / name} is a part of another {self.manifest.WHAT.split()[-1]}; move it elsewhere"
                )
            found.append(part)
        return found

    def files(self) -> list[Path]:
        """Return the files of the parts in the order of their tasks."""
        return [self.parts_folder.absolute() / part.name for part in self.parts()]

    def damage(self, part: Part) -> str:
        """Return "" when a part is as it was written, or what is wrong with it; little of it is unpacked for that."""
        path, facts = self.parts_folder / part.name, self.manifest
        rows, columns = part.count * facts.width, len(facts.columns)
        try:
            if not stat.S_ISREG(path.lstat().st_mode) or path.stat().st_size > LARGEST_PART:
                return f"it is no file of {facts.WHAT}"
            content = path.read_bytes()
        except OSError as cause:
            return f"it cannot be read: {cause.strerror or cause}"
        if Part.made(part.first, part.count, part.job, content) != part:
            return DAMAGED
        try:
            found = sizes(content)
        except ValueError as cause:
            return str(cause)
        if found.rows != rows:
            return f"it has {found.rows:,} rows, and its name says {rows:,}"
        if part.count > 2 * facts.most_tasks() or found.unpacked > _WIDEST * rows * columns + _WORDS:
            return f"it would unpack to {found.unpacked:,} bytes, more than a part of this {facts.WHAT.split()[-1]} may"
        return self._other_rows(part, content)

    def _other_rows(self, part: Part, content: bytes) -> str:
        """Return "" when the columns of a part and the rows in it are those that they should be."""
        import polars as pl

        expected = self.manifest.expected(part.first, part.count)
        try:
            if dict(pl.read_parquet_schema(io.BytesIO(content))) != self.manifest.schema():
                return f"its columns are not those of the {self.manifest.WHAT.split()[-1]}"
            found = pl.read_parquet(io.BytesIO(content), columns=list(expected))
        except pl.exceptions.PolarsError as cause:
            return f"it cannot be read: {str(cause).splitlines()[0]}"
        if any(found[name].to_list() != wanted for name, wanted in expected.items()):
            return "its worlds are not those that its name says"
        return ""

    def damaged(self) -> list[tuple[Part, str]]:
        """Return the parts that are not as they were written, and what is wrong with each."""
        found = ((part, self.damage(part)) for part in self._named())
        return [(part, wrong) for part, wrong in found if wrong]

    def set_aside(self, part: Part) -> Path:
        """Give a part a name that is no part's, so that its tasks will be played again, and return where it is now.

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
        """Write the rows of the `count` tasks from `first` on, whole or not at all, and return the part."""
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

    def gaps(self, count: int, first: int | None = None) -> list[tuple[int, int]]:
        """Return (first, count) of every stretch of the `count` tasks from `first` on that no part holds."""
        at = self.manifest.begins if first is None else first
        found, end = [], at + count
        for part in self.parts():
            if part.first >= end:
                break
            if part.first > at:
                found.append((at, part.first - at))
            at = max(at, part.first + part.count)
            if at >= end:
                return found
        found.append((at, end - at))
        return found

    def frame(self, first: int, count: int) -> pl.DataFrame:
        """Return the rows of the `count` tasks from `first` on, which are all there."""
        import polars as pl

        here = [part for part in self.parts() if part.first < first + count and part.first + part.count > first]
        if not here:
            return pl.DataFrame(schema=self.manifest.schema())
        rows = scan([self.parts_folder / part.name for part in here])
        number = pl.col(self.manifest.NUMBER)
        return rows.filter((number >= first) & (number < first + count)).collect()


def keep_answer(path: Path, facts: Any, text: str | None) -> None:
    """Write what came of a job into its folder, in place of an earlier answer."""
    content = json.dumps(facts, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    for name, words in ((ANSWER, content), (ANSWER_TEXT, None if text is None else text + "\n")):
        if words is not None:
            with whole_file(path / name) as file:
                file.write_text(words, encoding="utf-8", newline="\n")


class EnsembleFolder(Folder[Manifest]):
    """The folder of an ensemble."""

    def want(self, count: int | None) -> EnsembleFolder:
        """Return the folder with its manifest saying that `count` seeds are wanted."""
        manifest = self.manifest.model_copy(update={"wanted": count})
        if manifest != self.manifest:
            _write_manifest(self.path, manifest)
        return EnsembleFolder(self.path, manifest)

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
        arms=[
            ArmFacts(
                name=player.arm.name,
                **player.arm.settings(),
                policies=player.deciders.digests() if player.deciders is not None else {},
            )
            for player in seats
        ],
        first=first,
        accounts=accounts,
        endings=list(endings),
        measures={name: _facts(found) for name, found in measures.items()},
        columns={name: str(kind) for name, kind in columns.items()},
    )


def create(path: Path, manifest: Manifest, scenario: Scenario) -> EnsembleFolder:
    """Make the folder of an ensemble, or take up the one that is there; raises as `create_job` does."""
    files = sources(scenario) if manifest.start != UNNAMED else {}
    old = _create(path, manifest, {f"scenario/{name}": content for name, content in files.items()})
    return EnsembleFolder(path, manifest.model_copy(update={"wanted": old.wanted}))


def create_job(path: Path, manifest: JobManifest) -> Folder[JobManifest]:
    """Make the folder of a job, or take up the one that is there.

    Raises RequestError when something else is there, when it was begun with other settings, or when it cannot be
    written.
    """
    _create(path, manifest, {})
    return Folder(path, manifest)


def _create(path: Path, manifest: AnyManifest, files: dict[str, bytes]) -> AnyManifest:
    """Make the folder of a job and return `manifest`, or that of the one which is there and goes on."""
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise RequestError(f"{path} exists already and is no folder; name another with --out")
    if path.is_dir() and not (path / manifest.FILE).exists():
        other = next((kind.WHAT for kind in (Manifest, JobManifest) if (path / kind.FILE).exists()), None)
        if other is not None:
            raise RequestError(f"{path} holds {other}, not {manifest.WHAT}; name another folder with --out")
        strange = [
            name for name in os.listdir(path) if name not in ("scenario", "parts", REQUEST) and not is_workshop(name)
        ]
        if strange:
            raise RequestError(f"{path} is a folder of something else; name another with --out, or remove it")
    try:
        (path / "parts").mkdir(parents=True, exist_ok=True)
        sweep(path)
        sweep(path / "parts")
        if not (path / manifest.FILE).exists():
            for name, content in files.items():
                with whole_file(path / name) as file:
                    file.write_bytes(content)
            _write_manifest(path, manifest)
            flush_folder(path.absolute().parent)
            return manifest
        if not os.access(path / "parts", os.W_OK | os.X_OK):
            raise RequestError(f"{path} cannot be written: no permission to write in it; name another with --out")
    except OSError as cause:
        raise RequestError(f"{path} cannot be written: {cause.strerror or cause}; name another with --out") from cause
    found = _read(path, type(manifest))
    differences = found.differences(manifest)
    if differences:
        raise RequestError(
            f"{path} holds {manifest.WHAT} with other settings ({'; '.join(differences)}); "
            "name another folder with --out, or remove that one"
        )
    return found


def _write_manifest(path: Path, manifest: Facts) -> None:
    text = json.dumps(manifest.model_dump(), ensure_ascii=False, indent=1, allow_nan=False)
    with whole_file(path / manifest.FILE) as file:
        file.write_text(text + "\n", encoding="utf-8", newline="\n")


def is_ensemble(path: Path) -> bool:
    """Return whether `path` looks like the folder of an ensemble."""
    return (path / MANIFEST).is_file()


def is_job(path: Path) -> bool:
    """Return whether `path` looks like the folder of a job other than an ensemble."""
    return (path / JOB).is_file() or (path / ANSWER).is_file()


def read(path: Path) -> EnsembleFolder:
    """Return the ensemble in a folder; raises SavedRunError when it is none, or cannot be read by this version."""
    return EnsembleFolder(path, _read(path, Manifest))


def read_job(path: Path) -> Folder[JobManifest]:
    """Return the job in a folder; raises SavedRunError when it is none, or cannot be read by this version."""
    return Folder(path, _read(path, JobManifest))


def _read(path: Path, form: type[AnyManifest]) -> AnyManifest:
    file = path / form.FILE
    try:
        facts = file.lstat()
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > LARGEST_MANIFEST:
            raise SavedRunError(f"{file} is not the manifest of {form.WHAT}")
        content = json.loads(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise SavedRunError(f"{path} is not {form.WHAT}: it has no {form.FILE}") from None
    except OSError as cause:
        raise SavedRunError(f"{file} cannot be read: {cause.strerror or cause}") from cause
    except (ValueError, RecursionError):
        raise SavedRunError(f"{file} is damaged: it is not JSON") from None
    if isinstance(content, dict) and content.get("format") != FORMAT:
        raise SavedRunError(
            f"{file} is of format {str(content.get('format'))[:20]}, and this program reads format {FORMAT}; "
            "install the version of briarpatch that wrote it, or play it again in another folder"
        )
    try:
        manifest = form.model_validate(content)
    except (ValidationError, RecursionError) as wrong:
        error = wrong.errors()[0] if isinstance(wrong, ValidationError) else {"loc": ("settings",), "msg": "too deep"}
        where = ".".join(map(str, error["loc"]))[:60]
        raise SavedRunError(f"{file} is damaged: {where}: {error['msg']}") from None
    if not manifest.is_sound():
        raise SavedRunError(f"{file} is damaged: it names what cannot be")
    if not (path / "parts").is_dir():
        raise SavedRunError(f"{path} is damaged: its folder of parts is missing")
    return manifest


@contextlib.contextmanager
def held(folder: Folder[Any]) -> Iterator[None]:
    """Keep other processes from playing in `folder` meanwhile; raises RequestError when one does already."""
    handle = lock(folder.parts_folder)
    if handle is None and os.name != "nt":
        raise RequestError(f"another process is playing in {folder.path}; wait for it, or name another with --out")
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)
