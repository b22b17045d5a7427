"""What a mechanism says of itself: its sections, tables, entries, verbs, functions, streams, and what it does.

A declaration is data. It knows neither the world nor the other mechanisms; `assembly` puts all of them together. Every
name that reaches a table of a world has a number of its own in `numbers.txt`, so no number depends on where, or in what
order, something is declared.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..world.compiled import kernel
from ..world.parts import FLOAT, INT, socket
from ..world.parts import system as _system
from .columns import Table, table
from .numbers import number
from .spans import ANY, AT_LEAST_ZERO, SHARE, TRUTH, Span

__all__ = ["ANY", "ANYBODY", "AT_LEAST_ZERO", "AWAKE", "FREE", "LIVING", "SHARE", "TRUTH", "Entry", "Function"]
__all__ += [
    "Item",
    "Mechanism",
    "Number",
    "Parameter",
    "Section",
    "Span",
    "Table",
    "Verb",
    "condition",
]
__all__ += [
    "each",
    "flag",
    "listed",
    "named",
    "nested",
    "optional",
    "quantity",
    "rate",
    "required",
    "running",
    "several",
    "share",
    "text",
    "word",
]

REQUIRED: Any = object()
"""The default of a key or a parameter that has to be given."""

ANYBODY, LIVING, AWAKE, FREE = range(4)
"""Whoever is named may be anything; must live; must be neither stopped nor gone for good, besides; and held by nobody.

A vessel lives until it is lost and is awake until it is disabled; a device lives until it is destroyed.
"""


class Number(int):
    """A number that knows what it stands for; compiled code sees the number alone.

    It must not have a `__repr__` or a `__str__` of its own: Numba writes constants by them.
    """


# ---------------------------------------------------------------------------------------------------- sections


@dataclass(frozen=True)
class Item:
    """One key of a section: what may stand there, and what is there when nothing does."""

    kind: str
    """"name", "names", "quantity", "running", "flag", "condition", "word", "text", "nested", "each" or "list"."""
    of: Any = ""
    """The kind of entity that is named, the dimension of a quantity, the words to choose from, a nested section, or what
    stands under each name."""
    meaning: str | None = None
    default: Any = REQUIRED
    low: float = -math.inf
    high: float = math.inf
    above: float = -math.inf
    length: tuple[int, int] | None = None
    """How many there may be of several."""
    never: str = ""
    """What follows when a condition is never true."""


def named(kind: str, meaning: str | None = None, default: Any = REQUIRED) -> Any:
    """Return a key that names an entity of `kind`."""
    return Item("name", kind, meaning, default)


def several(
    kind: str, meaning: str | None = None, default: Any = REQUIRED, length: tuple[int, int] | None = None
) -> Any:
    """Return a key that names one or several of `kind`."""
    return Item("names", kind, meaning, default, length=length)


def quantity(
    of: str, meaning: str | None = None, default: Any = REQUIRED, low=-math.inf, high=math.inf, above=-math.inf
) -> Any:
    """Return a key that holds a quantity of the dimension `of`, in its unit, from `low` to `high` and over `above`."""
    return Item("quantity", of, meaning, default, low, high, above)


def running(of: str, meaning: str | None = None, default: Any = REQUIRED, low=-math.inf) -> Any:
    """Return a key that holds a quantity of the dimension `of`, at least `low`, or an expression that is read all along."""
    return Item("running", of, meaning, default, low)


def rate(meaning: str | None = None, default: Any = REQUIRED) -> Any:
    """Return a key that holds a rate, at least zero."""
    return quantity("rate", meaning, default, 0.0)


def share(meaning: str | None = None, default: Any = REQUIRED) -> Any:
    """Return a key that holds a number from 0 to 1."""
    return quantity("number", meaning, default, 0.0, 1.0)


def flag(meaning: str | None = None, default: bool = False) -> Any:
    """Return a key that is true or false."""
    return Item("flag", "", meaning, default)


def condition(meaning: str | None = None, default: Any = "true", never: str = "") -> Any:
    """Return a key that holds a condition; `never` says what follows when it is never true."""
    return Item("condition", "", meaning, default, never=never)


def word(choices: tuple[str, ...], meaning: str | None = None, default: Any = REQUIRED) -> Any:
    """Return a key that holds one of some words."""
    return Item("word", choices, meaning, default)


def nested(section: type[Section], meaning: str | None = None, default: Any = REQUIRED) -> Any:
    """Return a key that holds the keys of another section, which need not be one of a file."""
    return Item("nested", section, meaning, default)


def text(meaning: str | None = None, default: Any = REQUIRED) -> Any:
    """Return a key that holds a text."""
    return Item("text", "", meaning, default)


def each(of: Any, meaning: str | None = None, default: Any = REQUIRED) -> Any:
    """Return a key that holds names, and under each what `of` says: another key, or a section."""
    return Item("each", of, meaning, default)


def listed(of: type[Section], meaning: str | None = None, default: Any = REQUIRED) -> Any:
    """Return a key that holds a list of the keys of another section."""
    return Item("list", of, meaning, default)


class Section:
    """The root of every section of a mechanism: its keys are the class's attributes that are an `Item`.

    Every entry of a section may also have `key`, a former name, `told`, its words, and `basis`. A key that is a word of
    Python is written with an underscore after it: `from_`. To declare one takes no library; `schema` makes the model that
    reads it.
    """

    key: str
    one: str
    of: str
    """The section in whose entries the keys stand under `one`, when they are a part of those."""
    plans: Table | None
    rows: Table | None
    teaches: bool = False
    """True when what an entry does lets people learn its `fact`."""

    @classmethod
    def items(cls) -> dict[str, Item]:
        """Return the keys."""
        return {name: item for name, item in vars(cls).items() if isinstance(item, Item)}


# --------------------------------------------------------------------------------------------------- the rest


class Entry(Number):
    """A kind of chronicle entry: the sentence that tells it, what its subject and object can be, how much it weighs."""

    name: str
    template: str
    meaning: str
    subject: tuple[str, ...]
    object: tuple[str, ...]
    weight: int
    living: tuple[str, ...]
    seen: tuple[str, ...]


@dataclass(frozen=True)
class Parameter:
    """One parameter of a verb: its type, its default, its range, and what whoever it names must be."""

    type: str
    default: float | None = None
    low: float = -math.inf
    high: float = math.inf
    optional: bool = False
    needs: int = ANYBODY
    notices: bool = False
    """True when whoever it names notices at once that the verb is carried out."""
    beside: str = ""
    """For who does it: the parameter whose people they have to be beside; nobody need be there when it is empty."""


def required(
    type: str, low: float = -math.inf, high: float = math.inf, *, needs: int = ANYBODY, notices: bool = False
) -> Parameter:
    """Return a parameter that has to be given."""
    return Parameter(type, None, low, high, False, needs, notices)


def optional(
    type: str,
    default: float = -1.0,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    needs: int = ANYBODY,
    notices: bool = False,
    beside: str = "",
) -> Parameter:
    """Return a parameter that may be left out."""
    return Parameter(type, default, low, high, True, needs, notices, beside)


@dataclass(frozen=True)
class Verb:
    """What a mechanism can be asked for: its parameters by name, and the kernel that carries it out."""

    name: str
    number: int
    meaning: str
    idle: str
    """The kind of entry that says why a request changed nothing."""
    parameters: dict[str, Parameter]
    module: str
    kernel: str


@dataclass(frozen=True)
class Function:
    """A function of the condition language: its signature, what it reads, and the kernel that answers it."""

    name: str
    number: int
    arguments: tuple[str, ...]
    gives: str
    reads: tuple[str, ...]
    meaning: str
    span: Span
    drifts: bool
    private: bool
    own: bool
    module: str
    kernel: str


class Mechanism:
    """One mechanism: everything that it declares, and the functions that make it move."""

    def __init__(
        self, name: str, listens: str = "", reads: str = "", writes: str = "", rows: str = "", asks: str = ""
    ) -> None:
        self.name = name
        self.number = number("mechanism", name)
        self.listens = tuple(listens.split())
        """Topics whose change wakes it, while `rows` has any: names of `topics`, or "anything"."""
        self.rows = rows
        self.reads, self.writes = tuple(reads.split()), tuple(writes.split())
        self.asks = tuple(asks.split())
        """Verbs of others that it asks for, each through the kernel of that name in `world.asked`."""
        self.sections: list[type[Section]] = []
        self.parts: list[type[Section]] = []
        self.tables: list[Table] = []
        self.plans: list[Table] = []
        self.entries: list[Entry] = []
        self.verbs: list[Verb] = []
        self.functions: list[Function] = []
        self.entities: list[str] = []
        self.streams: dict[str, int] = {}
        self.builds: Callable[..., None] | None = None
        self.names: Callable[..., None] | None = None
        self.steps: Any = None
        self.does: dict[str, tuple[str, str]] = {}
        """What it does at other times ("settle", "redraw", or the name of a hook): the function's module and name."""
        self.module = ""

    # data

    def section(
        self, key: str, one: str, plans: Table | None = None, rows: Table | None = None, teaches: bool = False
    ) -> Callable[[type[Section]], type[Section]]:
        """Let the decorated class be the section `key`, each of whose entries is an entity of the kind `one`."""

        def declare(cls: type[Section]) -> type[Section]:
            cls.key, cls.one, cls.plans, cls.rows, cls.teaches = key, one, plans, rows, teaches
            number("entity", one)
            self.sections.append(cls)
            return cls

        return declare

    def part(self, of: str, one: str, rows: Table) -> Callable[[type[Section]], type[Section]]:
        """Let the decorated class be what stands under `one` in entries of the section `of`, which others declare."""

        def declare(cls: type[Section]) -> type[Section]:
            cls.of, cls.one, cls.rows = of, one, rows
            self.parts.append(cls)
            return cls

        return declare

    def table(self, name: str, meaning: str, columns: str, dimensions: int = 1) -> Table:
        """Declare a table of the world."""
        self.tables.append(table(name, meaning, columns, dimensions))
        return self.tables[-1]

    def plan(self, name: str, meaning: str, columns: str, dimensions: int = 1) -> Table:
        """Declare a table of the program."""
        self.plans.append(table(name, meaning, columns, dimensions))
        return self.plans[-1]

    def entity(self, name: str) -> int:
        """Return the number by which references name the entities of a kind."""
        self.entities.append(name)
        return number("entity", name)

    def stream(self, name: str) -> int:
        """Declare a stream of random numbers; nobody else draws from it."""
        self.streams[name] = number("stream", name)
        return self.streams[name]

    def entry(
        self,
        name: str,
        template: str,
        meaning: str,
        subject: str = "",
        object: str = "",
        weight: int = 0,
        living: str = "subject",
        seen: str = "subject",
    ) -> Any:
        """Declare a kind of chronicle entry.

        `subject` and `object` list the kinds of entities that each can be: none is nobody, "anything" any. `living`
        says which of them, when they are people, do something, hear or learn: they live when it is written. `seen` says
        who notices it: "subject", "object", "there" (those at its place), or nobody.
        """
        entry = Entry(number("entry", name))
        entry.name, entry.template, entry.meaning, entry.weight = name, template, meaning, weight
        entry.subject, entry.object, entry.living = tuple(subject.split()), tuple(object.split()), tuple(living.split())
        entry.seen = tuple(seen.split())
        self.entries.append(entry)
        return entry

    # what it does

    def builds_rows(self, function: Callable[..., None]) -> Callable[..., None]:
        """Let the decorated function of (make) turn the sections into rows."""
        self.builds = function
        return function

    def names_more(self, function: Callable[..., None]) -> Callable[..., None]:
        """Let the decorated function of (make) name what the sections bring besides their entries, before all is read."""
        self.names = function
        return function

    def step(self, function: Callable[..., Any]) -> Any:
        """Let the decorated function of (program, world, since, now) be the step; it returns when it is due again."""
        self.module = function.__module__
        self.steps = _system(function)
        return self.steps

    def at(self, moment: str) -> Callable[[Callable[..., Any]], Any]:
        """Let the decorated function be called at a moment: "settle", "redraw", or as what answers a hook."""

        def declare(function: Callable[..., Any]) -> Any:
            self.does[moment] = function.__module__, function.__name__
            return kernel(function)

        return declare

    def function(
        self,
        name: str,
        signature: str,
        meaning: str,
        reads: str = "",
        span: Span | None = None,
        drifts=False,
        private=False,
        own=False,
    ) -> Callable[[Callable[..., Any]], Any]:
        """Let the decorated function of (program, world, then, out, ...) answer a function of conditions.

        `signature` is like "person fact -> bool"; `out` holds zero and rests on nothing when it is called; `then` is
        the time [s] as of which what drifts is read. `span` may be left out for what is true or false.
        """
        given, _, gives = (part.strip() for part in signature.partition("->"))
        values = TRUTH if span is None and gives == "bool" else span
        if values is None:
            raise ValueError(f"the function '{name}' declares no range of values")

        def declare(function: Callable[..., Any]) -> Any:
            where = function.__module__, function.__name__
            what = tuple(given.split()), gives, tuple(reads.split()), meaning, values, drifts, private, own
            self.functions.append(Function(name, number("function", name), *what, *where))
            return kernel(function)

        return declare

    def verb(
        self, name: str, meaning: str, idle: str = "was so already", /, **parameters: Parameter
    ) -> Callable[[Callable[..., Any]], Any]:
        """Let the decorated function of (program, world, now, cause, **parameters) carry out a verb.

        A request that leaves no entry came to nothing, and leaves one of the kind `idle`. A parameter whose name is a word of Python is written with an underscore after it: `from_`.
        """

        def declare(function: Callable[..., Any]) -> Any:
            where = function.__module__, function.__name__
            self.verbs.append(Verb(name, number("verb", name), meaning, idle, parameters, *where))
            return kernel(function)

        return declare

    def requests(self) -> Any:
        """Return the part that carries out all that is asked of this mechanism now, and returns how much that was."""
        return socket(f"briarpatch_{self.name}_requests", FLOAT, gives=INT)
