"""A scenario that is ready to play, and what can be asked of it.

To play and to tell takes tables and names. The document from which they were built is fetched only when somebody asks
about it, because a scenario that comes from the cache (`kept`) is not read anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Fault, RequestError
from ..world.world import Program, World, copy
from .built import Built
from .calendar import EPOCH, Start
from .load import Source
from .names import EntityNames

if TYPE_CHECKING:
    from .accounts import Tellings
    from .schema import Document
    from .uncertain import UncertainNumber


@dataclass(frozen=True)
class OptionInfo:
    """One answer to a question."""

    name: str
    told: str


@dataclass(frozen=True)
class DecisionInfo:
    """A question: its name (`who.what`), its words, who decides, and the answers."""

    name: str
    question: str
    decider: str
    options: tuple[OptionInfo, ...]


@dataclass(frozen=True)
class EndingInfo:
    """One way the story can end."""

    name: str
    told: str


@dataclass(frozen=True)
class MeasureInfo:
    """A number read off at the end; `better` is "more", "less" or "neither"."""

    name: str
    told: str
    unit: str
    better: str
    low: float | None = None
    """What no value of it is less than; None where nothing is known."""
    high: float | None = None
    """What no value of it is more than."""


@dataclass(frozen=True)
class SeriesInfo:
    """A number that is read at times of the story."""

    name: str
    told: str
    unit: str
    times: tuple[float, ...]
    """When it is read [s], rising."""
    code: int
    """Where its bytecode starts."""


@dataclass(frozen=True)
class ObservedInfo:
    """What was observed, at times at which its series is read."""

    name: str
    told: str
    series: str
    shows: str
    """"total" or "change"."""
    times: tuple[float, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class VariantInfo:
    """A named switch, its settings, and which one is in force."""

    name: str
    question: str
    default: str
    setting: str
    settings: Mapping[str, str]


@dataclass(frozen=True)
class Whole:
    """What a scenario was compiled from: its validated sections, and what they were found to mean."""

    document: Document
    tellings: Tellings
    uncertain: dict[str, UncertainNumber]
    effects: list[tuple[tuple[str | int, ...], str, dict[str, Any]]]
    """Every effect: the path at which it stands, its verb, and its arguments."""
    conditions: list[tuple[tuple[str | int, ...], tuple[tuple[str, tuple[str, ...]], ...]]]
    """Every condition and expression: the path at which it stands, and the functions that it calls, with names."""
    events: frozenset[str]
    """What something can bring about: events, rules, decisions and options, by name."""


@dataclass(eq=False)
class Scenario:
    """A scenario that is ready to play; make worlds with `world(seed)`."""

    source: Source
    path: Path | None
    title: str
    built: Built
    variants: dict[str, VariantInfo]
    overrides: dict[str, str]
    endings: list[EndingInfo]
    """How the story can end, in order of precedence."""
    measures: list[MeasureInfo]
    """What is read off at the end."""
    series: list[SeriesInfo]
    """What is read while it goes on."""
    observed: list[ObservedInfo]
    """What the series are held against."""
    as_told: str | None
    given: dict[str, str]
    """The settings that were asked for, by name or by `as_told`; the others are at their defaults."""
    asked: dict[str, str]
    """The settings that were asked for by name."""
    warnings: list[Fault]
    find_whole: Callable[[], Whole] = field(repr=False)
    """Returns what it was compiled from; compiles it again when it comes from the cache."""
    _blank: dict[int, World] = field(default_factory=dict, init=False, repr=False)
    """The world before its beginning, by how much it records."""

    @property
    def name(self) -> str:
        """Return the name of its folder or file."""
        return self.source.name

    @cached_property
    def whole(self) -> Whole:
        """What it was compiled from; to play and to tell need none of it."""
        return self.find_whole()

    @property
    def document(self) -> Document:
        """Return its validated sections."""
        return self.whole.document

    @property
    def tellings(self) -> Tellings:
        """Return its accounts, resolved."""
        return self.whole.tellings

    @property
    def uncertain(self) -> dict[str, UncertainNumber]:
        """Return the numbers that it declares uncertain."""
        return self.whole.uncertain

    @property
    def digest(self) -> str:
        """Return a digest of its files."""
        return self.source.digest

    @property
    def files(self) -> dict[str, str]:
        """Return the digest of each of its files."""
        return self.source.files

    @property
    def program(self) -> Program:
        """Return what it compiles to."""
        return self.built.program

    @property
    def names(self) -> EntityNames:
        """Return its names."""
        return self.built.names

    @cached_property
    def settings(self) -> dict[str, str]:
        """Return the setting of each variant that is in force."""
        return {name: variant.setting for name, variant in self.variants.items()}

    @cached_property
    def decisions(self) -> list[DecisionInfo]:
        """Return the questions that somebody has to answer."""
        found: dict[str, list[OptionInfo]] = {name: [] for name in self.names.rows.get("decision", {})}
        for option in self.names.rows.get("option", {}):
            decision, _, short = option.rpartition(".")
            found[decision].append(OptionInfo(short, self._told("option", option)))
        return [
            DecisionInfo(name, self._told("decision", name), name.partition(".")[0], tuple(options))
            for name, options in found.items()
        ]

    def _told(self, kind: str, name: str) -> str:
        reference = self.names.find(kind, name)
        return "" if reference is None else self.names.told(reference)

    @property
    def start_hour(self) -> float:
        """Return the time of day at the start, in seconds."""
        return float(self.program.limits[0].start_hour)

    @cached_property
    def start(self) -> Start:
        """Return when the story begins."""
        limits = self.program.limits[0]
        day = EPOCH + timedelta(days=int(limits.start_day)) if limits.dated else None
        return Start(float(limits.start_hour), day, float(limits.zone))

    def clock(self, time: float) -> str:
        """Return a time as words: "day 3, 14:05", or "2021-08-17, 14:05" of a story that begins on a date."""
        return self.start.clock(time)

    def world(self, seed: int, record: int = 0) -> World:
        """Return a fresh world at time zero under the luck of `seed`; `record` is a level of `world.recorder`."""
        from ..engine import begin

        if not 0 <= seed < 1 << 64:
            raise RequestError(f"a seed is a whole number from 0 to 2^64 - 1, got {seed}")
        world = copy(self._unplayed(record))
        begin(self.program, world, seed)
        return world

    def _unplayed(self, record: int) -> World:
        """Return the world before its beginning, in one piece of memory, which copies fastest."""
        if record not in self._blank:
            world = self.built.world
            if record:
                from ..world.recorder import recording

                world = recording(self.program, world, record)
            self._blank[record] = copy(world)
        return self._blank[record]
