"""The chronicle of a world in words: its entries, what caused them, and the frame that analysis reads.

The tables of a world hold numbers; this file turns them into names. Everything that tells, explains or
counts what happened reads a `Chronicle`.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from . import assembly, parquet
from .errors import RequestError, did_you_mean
from .telling import HEADS, KILLERS, SAID, kind_of, number_word, of_many, ordinal, plain, sentence, several, small
from .world import kinds, refs, states
from .world.cohorts import COHORT

if TYPE_CHECKING:
    import polars as pl

    from .scenario.scenario import Scenario
    from .world.world import World

NAMED_KINDS = (
    "event",
    "rule",
    "inject",
    "option",
    "decision",
    "ending",
    "order",
    "fact",
    "directive",
    "device",
    "vessel",
)
"""What `find` looks a name up as, in this order; people and the rest come after."""

AUTHORS = (refs.RULE, refs.EVENT, refs.OPTION, refs.DECISION, refs.ENDING)
"""Kinds whose words are sentences of their author."""

FLOWED = frozenset(map(assembly.entry_kind, ("first passed", "passed into")))
"""Kinds about flows, of which those without words of their author are left to the log."""

LATER_KINDS = ("person", "crowd", "swarm", "council", "faction", "gauge", "place")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened.

    `time` is in seconds from the start; `causes` are the numbers of at most three entries without which it
    would not have happened; `weight` is 0 for what only a log shows, 1 for what a telling tells, 2 for what
    it stresses.
    """

    number: int
    time: float
    clock: str
    kind: str
    subject: str | None
    object: str | None
    place: str | None
    amount: float
    causes: tuple[int, ...]
    text: str
    weight: int

    def __str__(self) -> str:
        return f"{self.clock}: {self.text}"


class Chronicle:
    """What happened in `world`, a world of `scenario`, up to its present moment."""

    def __init__(self, scenario: Scenario, world: World) -> None:
        self.scenario = scenario
        self.world = world
        rows = world.chronicle[: int(world.state["entries"][0])]
        self.times: list[float] = rows["time"].tolist()
        self.kinds: list[int] = rows["kind"].tolist()
        self.subjects: list[int] = rows["subject"].tolist()
        self.objects: list[int] = rows["object"].tolist()
        self.places: list[int] = rows["place"].tolist()
        self.amounts: list[float] = rows["amount"].tolist()
        columns = (rows["cause"].tolist(), rows["cause2"].tolist(), rows["cause3"].tolist())
        self.causes = [tuple(dict.fromkeys(c for c in found if c >= 0)) for found in zip(*columns, strict=True)]
        self.crowds: list[int] = world.people["crowd"].tolist()
        """The crowd of each person; -1 for those who have a name of their own."""
        self.crowds[: len(world.minds)] = [-1] * len(world.minds)
        self.insides = frozenset(scenario.names.insides.values())
        """The rows of the places that are the insides of vessels."""
        self._quiet = set(scenario.program.rules["quiet"].nonzero()[0].tolist())
        self._unseen = set(scenario.program.flow_plans["quiet"].nonzero()[0].tolist())
        self._words: dict[int, str] = {}
        self._clocks: dict[float, str] = {}

    def __len__(self) -> int:
        return len(self.times)

    def words(self, reference: int) -> str:
        """Return how a sentence names the entity `reference`; "" for nobody."""
        if reference < 0:
            return ""
        known = self._words.get(reference)
        if known is None:
            crowd, number = self.member(reference)
            if number:
                known = f"the {ordinal(number)} of {of_many(self.words(crowd))}"
            else:
                names = self.scenario.names
                known = plain(names.told(reference) or names.label(reference))
                if kind_of(reference) not in AUTHORS:
                    known = small(known, kind_of(reference) not in SAID)
                if kind_of(reference) in (refs.CROWD, COHORT) or (
                    kind_of(reference) == refs.FACTION and several(known)
                ):
                    known = of_many(known)
            self._words[reference] = known
        return known

    def member(self, reference: int) -> tuple[int, int]:
        """Return the crowd of a nameless member and which one of it this is, counted from 1; (-1, 0) for others."""
        kind, row = divmod(reference, refs.ROWS_PER_KIND)
        if kind != refs.PERSON or row >= len(self.crowds) or self.crowds[row] < 0:
            return -1, 0
        first, _ = self._extents[self.crowds[row]]
        return refs.CROWD * refs.ROWS_PER_KIND + self.crowds[row], row - first + 1

    @cached_property
    def _extents(self) -> dict[int, tuple[int, int]]:
        """The row of the first member of each crowd, and how many it has."""
        first: dict[int, int] = {}
        for row, crowd in enumerate(self.crowds):
            first.setdefault(crowd, row)
        sizes = Counter(self.crowds)
        return {crowd: (row, sizes[crowd]) for crowd, row in first.items()}

    def name(self, reference: int) -> str:
        """Return how data names the entity `reference`: as a sentence does, but a member of a crowd by its number."""
        crowd, number = self.member(reference)
        return f"{self.scenario.names.label(crowd)} #{number}" if number else self.words(reference)

    def clock(self, time: float) -> str:
        """Return day and hour of `time` [s]."""
        known = self._clocks.get(time)
        if known is None:
            known = self._clocks[time] = self.scenario.clock(time)
        return known

    def place(self, number: int) -> str:
        """Return how a sentence names the place of an entry; "" for none."""
        row = self.places[number]
        return self.words(refs.PLACE * refs.ROWS_PER_KIND + row) if row >= 0 else ""

    def weight(self, number: int) -> int:
        """Return how much an entry weighs in a telling, 0 to 2."""
        if (
            self.kinds[number] in (kinds.RULE, kinds.LAPSED)
            and self.subjects[number] % refs.ROWS_PER_KIND in self._quiet
        ):
            return 0
        if self.kinds[number] in FLOWED and self.subjects[number] % refs.ROWS_PER_KIND in self._unseen:
            return 0
        return assembly.ENTRIES[self.kinds[number]].weight

    def entry(self, number: int) -> Entry:
        """Return entry `number`; raises RequestError when there is none."""
        if not 0 <= number < len(self):
            raise RequestError(f"there is no entry {number}; this chronicle has entries 0 to {len(self) - 1}")
        kind, time = self.kinds[number], self.times[number]
        place, amount = self.place(number), self.amounts[number]
        return Entry(
            number,
            time,
            self.clock(time),
            assembly.ENTRIES[kind].name,
            self.name(self.subjects[number]) or None,
            self.name(self.objects[number]) or None,
            place or None,
            amount,
            self.causes[number],
            self.text(number),
            self.weight(number),
        )

    def heads(self, number: int) -> int:
        """Return how many people entry `number`, which is about a crowd, tells of by its amount; 0 when it does not."""
        counts = self.kinds[number] in HEADS and kind_of(self.subjects[number]) == refs.CROWD
        return max(0, int(self.amounts[number])) if counts else 0

    def share(self, crowd: int, count: int) -> str:
        """Return the words for `count` members of the crowd `crowd`, a reference."""
        words, size = of_many(self.words(crowd)), self._extents[crowd % refs.ROWS_PER_KIND][1]
        if count == size == 1:
            return words
        return f"{('both' if size == 2 else 'all') if count >= size else number_word(count)} of {words}"

    def party(self, crowd: int, count: int) -> str:
        """Return the words for a party of `count` people of the crowd `crowd`, a reference, and who goes with them."""
        words, size = of_many(self.words(crowd)), self._extents[crowd % refs.ROWS_PER_KIND][1]
        if count == 1:
            return f"one of {words}"
        many = number_word(count)
        return f"{words} ({many} in all)" if count >= size else f"a party of {words} ({many} people)"

    def text(self, number: int) -> str:
        """Return the sentence that tells an entry."""
        kind, object_ = self.kinds[number], self.objects[number]
        if kind == kinds.DIED and kind_of(object_) not in KILLERS:
            object_ = refs.NOBODY
        subject, heads = self.subjects[number], self.heads(number)
        who = self.party(subject, heads) if heads else self.words(subject)
        aboard = self.places[number] in self.insides
        return sentence(kind, who, self.words(object_), self.place(number), self.amounts[number], aboard)

    def entries(self, since: int = 0) -> Iterator[Entry]:
        """Yield the entries from number `since` on, in order."""
        return (self.entry(number) for number in range(since, len(self)))

    def why(self, number: int) -> list[Entry]:
        """Return entry `number` and everything that led to it, newest first, each once."""
        self.entry(number)
        waiting, seen, found = [-number], {number}, []
        while waiting:
            entry = self.entry(-heapq.heappop(waiting))
            found.append(entry)
            for cause in entry.causes:
                if cause not in seen:
                    seen.add(cause)
                    heapq.heappush(waiting, -cause)
        return found

    def find(self, name: str) -> int:
        """Return the number of the entry that `name` asks for.

        `name` is a number, "ending", the name of an event, a rule, an option, a decision or anything else that the
        scenario names, or a member of a crowd such as "villagers #4"; of several entries about it the last is meant. Raises RequestError
        when nothing fits.
        """
        name = name.strip()
        if name.isascii() and name.isdigit() and len(name) < 10:
            return self.entry(int(name)).number
        if name == "ending":
            return self._last(lambda n: self.kinds[n] == kinds.ENDED, "this run has not reached an ending")
        names = self.scenario.names
        references = [names.ref(kind, name) for kind in NAMED_KINDS + LATER_KINDS]
        wanted = {reference for reference in references if reference is not None and reference >= 0}
        wanted |= self._members(name)
        if not wanted:
            known = [k for kind in NAMED_KINDS + LATER_KINDS for k in names.known(kind)]
            raise RequestError(
                f"nothing is called '{name[:80]}'; ask with an entry's number, 'ending', or the name of "
                f"an event, a rule or an option{did_you_mean(name, known)}"
            )
        for info in self.scenario.decisions:
            if info.name == name:
                answers = (names.ref("option", f"{name}.{option.name}") for option in info.options)
                wanted |= {answer for answer in answers if answer is not None and answer >= 0}
        return self._last(
            lambda n: self.subjects[n] in wanted or self.objects[n] in wanted,
            f"'{name}' did not happen in this run",
        )

    def _members(self, name: str) -> set[int]:
        """Return the reference of a member of a crowd by its number, as "villagers #4"; nothing for any other name."""
        crowd, sign, number = name.rpartition(" #")
        row = self.scenario.names.row("crowd", crowd) if sign and number.isascii() and number.isdigit() else None
        if row is None or row not in self._extents:
            return set()
        first, size = self._extents[row]
        return {refs.PERSON * refs.ROWS_PER_KIND + first + int(number) - 1} if 1 <= int(number[:9]) <= size else set()

    def _last(self, fits: Any, otherwise: str) -> int:
        for number in range(len(self) - 1, -1, -1):
            if fits(number):
                return number
        raise RequestError(f"{otherwise}; `show RUN --log` lists everything that happened")

    def frame(self) -> pl.DataFrame:
        """Return the chronicle as a Polars frame, one row an entry; times in seconds, absent things null."""
        import polars as pl

        return pl.DataFrame(self.columns(), schema=frame_schema())

    def columns(self) -> dict[str, list[Any]]:
        """Return the chronicle as columns by name, one value an entry; times in seconds, absent things None."""
        count = range(len(self))
        causes = [(*found, None, None, None)[:3] for found in self.causes]
        return {
            "number": list(count),
            "time": self.times,
            "clock": [self.clock(time) for time in self.times],
            "kind": [assembly.ENTRIES[kind].name for kind in self.kinds],
            "subject": [self.name(reference) or None for reference in self.subjects],
            "object": [self.name(reference) or None for reference in self.objects],
            "place": [self.place(number) or None for number in count],
            "amount": self.amounts,
            "cause": [found[0] for found in causes],
            "cause2": [found[1] for found in causes],
            "cause3": [found[2] for found in causes],
            "text": [self.text(number) for number in count],
        }


def fault_of(scenario: Scenario, world: World) -> str:
    """Return "" when every entry of `world` makes sense in itself, or what is wrong with the first that does not."""
    import numpy as np

    rows = world.chronicle[: int(world.state["entries"][0])]
    number, times = np.arange(len(rows)), rows["time"]
    before = np.concatenate([[0.0], times[:-1]])
    late = (rows["cause"] >= number) | (rows["cause2"] >= number) | (rows["cause3"] >= number)
    place = rows["place"]
    checks = (
        ((rows["kind"] < 0) | (rows["kind"] >= len(assembly.ENTRIES)), "is of no known kind"),
        (~((times >= before) & (times < math.inf)), "is out of order in time"),
        (late, "has a cause that came after it"),
        ((place < -1) | (place >= len(scenario.program.places)), "is at no known place"),
        (
            ~(_is_known(scenario, world, rows["subject"]) & _is_known(scenario, world, rows["object"])),
            "is about nobody known",
        ),
    )
    wrong = [(int(np.argmax(found)), says) for found, says in checks if found.any()]
    return "entry {} {}".format(*min(wrong)) if wrong else ""


def _is_known(scenario: Scenario, world: World, references: Any) -> Any:
    """Return for each reference whether there is such an entity; nobody is known, and so are the nameless of a crowd."""
    import numpy as np

    found, where = np.unique(references, return_inverse=True)
    names, people = scenario.names, refs.PERSON * refs.ROWS_PER_KIND

    def known(one: int) -> bool:
        try:
            return one < 0 or people <= one < people + len(world.people) or bool(names.told(one) or names.label(one))
        except LookupError:
            return False

    return np.array([known(one) for one in found.tolist()], bool)[where]


_TEXTS = dict.fromkeys(("clock", "kind", "subject", "object", "place"), parquet.TEXT)
_CAUSES = dict.fromkeys(("cause", "cause2", "cause3"), parquet.INTEGER)
COLUMNS: dict[str, str] = {
    "number": parquet.INTEGER,
    "time": parquet.NUMBER,
    **_TEXTS,
    "amount": parquet.NUMBER,
    **_CAUSES,
    "text": parquet.TEXT,
}
"""Name and kind of each column of a chronicle as a table."""


def frame_schema() -> dict[str, Any]:
    """Return name and type of each column of the chronicle's frame."""
    import polars as pl

    kinds = {parquet.INTEGER: pl.Int32, parquet.NUMBER: pl.Float64, parquet.TEXT: pl.String}
    return {name: kinds[kind] for name, kind in COLUMNS.items()}


def status_name(world: World) -> str:
    """Return in words why the world last stopped."""
    status = int(world.state["status"][0])
    if status == states.BROKEN:
        return f"broken: {states.GUARD_NAMES[int(world.state['broken'][0])]}"
    return states.STATUS_NAMES[status]
