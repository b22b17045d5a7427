"""The names of a scenario: which row each one is, how it is told, and what it may be confused with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from ..assembly import ENTITIES
from ..world import refs
from .calendar import Start

UNIONS: dict[str, tuple[str, ...]] = {
    "being": ("person", "crowd", "faction", "movement"),
    "beings": ("person", "crowd", "faction", "movement", "cohort", "state"),
    "thing": ("person", "vessel", "device", "place"),
    "machine": ("vessel", "device"),
    "heads": ("cohort", "state"),
    "destination": ("state", "place"),
    "spot": ("place", "vessel", "device"),
    "receiver": ("person", "council", "faction"),
    "root": ("person", "place", "vessel", "device", "event", "sensor"),
}
"""Types that stand for several kinds, in the order in which a name is looked up."""

KIND_NUMBERS: dict[str, int] = {name: number for number, name in ENTITIES.items()} | {
    "pad": refs.STATE + 100,
    "inject": refs.RULE,
}
"""Kinds by name; a pad is never told, so it needs no reference, and an inject is a rule that only a hand fires."""


class Bare(NamedTuple):
    """What a name alone stands for: the value of a function of the entity that it names."""

    function: str
    kind: str
    type: str = ""
    """The type of the value, where it is another than the function gives."""
    path: int | None = None
    """Along what it grows: -1 for time, else the number of a mechanism's path; None for what stands still in between."""


@dataclass
class EntityNames:
    """Rows, references and words of every named entity."""

    rows: dict[str, dict[str, int]] = field(default_factory=dict)
    told_words: dict[int, str] = field(default_factory=dict)
    insides: dict[str, int] = field(default_factory=dict)
    """Place rows of the insides of vessels and devices."""
    labels: dict[int, str] = field(default_factory=dict)
    talked_about: frozenset[str] = frozenset()
    """Gauges whose value everybody knows, so that utilities may read them."""
    start: Start = field(default_factory=Start)
    definitions: dict[str, str] = field(default_factory=dict)
    """The texts that `let` gives names."""
    bare: dict[str, Bare] = field(default_factory=dict)
    """What stands for a number alone, gauges apart."""

    def add(self, kind: str, name: str, row: int, told: str | None = None) -> None:
        """Give `name` of `kind` a row, and the words by which it is told."""
        self.rows.setdefault(kind, {})[name] = row
        if kind in KIND_NUMBERS:
            reference = KIND_NUMBERS[kind] * refs.ROWS_PER_KIND + row
            self.labels[reference] = name
            words = name.split(".")[-1].replace("_", " ")
            self.told_words[reference] = told or (f"the rule '{words}' took effect" if kind == "rule" else words)

    def row(self, kind: str, name: str) -> int | None:
        """Return the row of `name`; for a spot, the row of a place. None when there is no such name."""
        if kind == "spot":
            inside = self.insides.get(name)
            return self.rows.get("place", {}).get(name) if inside is None else inside
        if kind == "trait":
            kind = "tissue"
        return self.rows.get(kind, {}).get(name)

    def find(self, kind: str, name: str) -> int | None:
        """Return the reference of `name` as one of the kinds that `kind` stands for, or None."""
        for part in UNIONS.get(kind, (kind,)):
            row = self.rows.get(part, {}).get(name)
            if row is not None:
                return KIND_NUMBERS[part] * refs.ROWS_PER_KIND + row
        return None

    def ref(self, kind: str, name: str) -> int | None:
        """Return the reference of `name` of `kind`, a plain kind or a union."""
        return self.find(kind, name)

    def known(self, kind: str) -> list[str]:
        """Return every name of `kind`, a plain kind or a union."""
        kinds: Iterable[str] = UNIONS.get("tissue" if kind == "trait" else kind, (kind,))
        if kind == "trait":
            kinds = ("tissue",)
        found: list[str] = []
        for part in kinds:
            found += self.rows.get(part, ())
        return found

    def label(self, reference: int) -> str:
        """Return the name of the entity, "" for nobody."""
        return self.labels.get(int(reference), "")

    def told(self, reference: int) -> str:
        """Return the words by which the entity is told, "" for nobody."""
        return self.told_words.get(int(reference), "")


@dataclass
class LocalNames:
    """Names in which some stand for others: the loop variables of `each`, and `self`."""

    base: EntityNames
    local: dict[str, str]

    def meaning(self, name: str) -> str:
        """Return what a name stands for here; of a dotted name, only its head is replaced."""
        head, dot, rest = name.partition(".")
        return self.local.get(head, head) + dot + rest if head in self.local else name

    def row(self, kind: str, name: str) -> int | None:
        """Return the row of `name`."""
        return self.base.row(kind, self.meaning(name))

    @property
    def start(self) -> Start:
        """When the story begins."""
        return self.base.start

    @property
    def definitions(self) -> dict[str, str]:
        """The texts that `let` gives names, but for those that a loop gives to something else."""
        return {name: text for name, text in self.base.definitions.items() if name not in self.local}

    @property
    def bare(self) -> dict[str, Bare]:
        """What stands for a number alone, gauges apart."""
        return self.base.bare

    def find(self, kind: str, name: str) -> int | None:
        """Return the reference of `name`."""
        return self.base.find(kind, self.meaning(name))

    def known(self, kind: str) -> list[str]:
        """Return every name of `kind`."""
        return self.base.known(kind)

    @property
    def talked_about(self) -> frozenset[str]:
        """Gauges whose value everybody knows."""
        return self.base.talked_about
