"""All mechanisms put together: what they declare, in one list of each sort. Nothing here is written by hand twice.

While some mechanisms are declared in `mechanisms` and others still by hand in `world` and `systems`, this is where the
two meet; nobody else needs to know which is which.
"""

from __future__ import annotations

from importlib import import_module

from .declare import Entry, Mechanism, Section
from .declare.columns import Table
from .declare.numbers import ledger
from .errors import BriarpatchError, did_you_mean
from .mechanisms import ORDER
from .world import functions, hooks, kinds, refs, roles, states, tables, topics, verbs, witnesses


def _declared() -> tuple[Mechanism, ...]:
    found = []
    for name in ORDER:
        if name not in states.UNDECLARED:
            found.append(getattr(import_module(f".mechanisms.{name}", __package__), name))
    return tuple(found)


MECHANISMS: tuple[Mechanism, ...] = _declared()
"""Those that declare themselves, in ORDER."""

NUMBERS: dict[str, int] = {name: ledger()["mechanism"][name] for name in ORDER}
"""Every mechanism's number: its row of `due`."""

NAMES: tuple[str, ...] = tuple(sorted(NUMBERS, key=lambda name: NUMBERS[name]))
"""Every mechanism's name, by its number."""

SECTIONS: tuple[type[Section], ...] = tuple(section for one in MECHANISMS for section in one.sections)
"""Every section of a scenario that a mechanism declares."""

PARTS: dict[tuple[str, str], type[Section]] = {(part.of, part.one): part for one in MECHANISMS for part in one.parts}
"""What mechanisms declare to stand in the entries of a section of others, by that section and the key."""


def bits(names: tuple[str, ...]) -> int:
    """Return the topics of some names, "anything" for all, as bits."""
    found = 0
    for name in names:
        found |= -1 if name == "anything" else getattr(topics, name.upper())
    return found


FUNCTIONS: dict[str, functions.Function] = dict(functions.FUNCTIONS)
"""Every function of conditions by its name, with what the language has to know of it."""
VERBS: dict[str, verbs.Verb] = dict(verbs.VERBS)
"""Every verb by its name, in the order of their numbers."""
ENTITIES: dict[int, str] = dict(refs.KIND_NAMES)
"""Every kind of entity by its number."""
ENTRIES: list[kinds.Kind] = list(kinds.KINDS)
"""Every kind of chronicle entry; its place is its number."""
ROLES: dict[str, tuple[roles.Types, roles.Types]] = dict(roles.ROLES)
"""What the subject and the object of an entry of each kind can be; kinds that are not here may be about anything."""
NOTICED: dict[str, int] = dict(witnesses.NOTICED)
"""Who notices an entry of each kind, as bits of `witnesses`."""
ACTED_ON: dict[str, tuple[str, ...]] = dict(witnesses.ACTED_ON)
"""For each verb, the parameters whose people notice at once that it is done."""
PLANS: dict[str, Table] = {}
"""The tables of a program that mechanisms declare."""
ROWS: dict[str, Table] = {}
"""The tables of a world that mechanisms declare."""


def _entry(entry: Entry) -> None:
    ENTRIES.append(kinds.Kind(entry.name, int(entry), entry.template, entry.weight, entry.meaning, entry.living))
    NOTICED[entry.name] = sum(getattr(witnesses, who.upper()) for who in entry.seen)
    if "anything" not in entry.subject:
        ROLES[entry.name] = entry.subject, entry.object


def _parameters(verb: object) -> tuple[verbs.Parameter, ...]:
    return tuple(
        verbs.Parameter(name.rstrip("_"), p.type, p.default, p.low, p.high, p.optional, p.needs, p.beside)
        for name, p in verb.parameters.items()  # type: ignore[attr-defined]
    )


for _one in MECHANISMS:
    for _f in _one.functions:
        FUNCTIONS[_f.name] = functions.Function(
            _f.name,
            functions.FIRST_OPCODE + _f.number,
            _f.arguments,
            _f.gives,
            bits(_f.reads),
            _f.meaning,
            drifts=_f.drifts,
            private=_f.private,
            own=_f.own,
            span=_f.span,
        )
    for _v in _one.verbs:
        _idle = ledger()["entry"][_v.idle]
        VERBS[_v.name] = verbs.Verb(_v.name, _v.number, _one.number, _parameters(_v), _v.meaning, _idle)
        ACTED_ON[_v.name] = tuple(name.rstrip("_") for name, p in _v.parameters.items() if p.notices)
    for _e in _one.entries:
        _entry(_e)
    for _s in (*(section.one for section in _one.sections), *_one.entities):
        ENTITIES[ledger()["entity"][_s]] = _s
    PLANS.update({table.name: table for table in _one.plans})
    ROWS.update({table.name: table for table in _one.tables})
ENTRIES.sort(key=lambda kind: kind.number)
VERBS = dict(sorted(VERBS.items(), key=lambda item: item[1].number))
ENTITIES = dict(sorted(ENTITIES.items()))
FUNCTIONS = dict(sorted(FUNCTIONS.items(), key=lambda item: item[1].opcode))
TABLES: dict[str, Table] = {**tables.TABLES, **PLANS, **ROWS}
"""Every table of a world or a program by its name."""


def entry_kind(name: str) -> int:
    """Return the number of a kind of chronicle entry."""
    return next(kind.number for kind in ENTRIES if kind.name == name)


def faults() -> list[str]:
    """Return what is wrong with the declarations taken together; nothing may be."""
    wrong = []
    streams: dict[int, str] = {}
    for one in MECHANISMS:
        for name, stream in one.streams.items():
            if stream in streams:
                wrong.append(f"{one.name}: stream '{name}' is that of {streams[stream]}")
            streams[stream] = one.name
        for moment in one.does:
            if moment not in ("settle", "redraw", "crosses", "along") and moment not in hooks.HOOKS:
                wrong.append(f"{one.name}: no hook is called '{moment}'{did_you_mean(moment, hooks.HOOKS)}")
        for verb in set(one.asks) - set(VERBS):
            wrong.append(f"{one.name}: it asks for '{verb}', which is no verb{did_you_mean(verb, VERBS)}")
        for entry in one.entries:
            for kind in {*entry.subject, *entry.object} - {"anything"} - set(ENTITIES.values()):
                wrong.append(f"{one.name}: entry '{entry.name}' is about a '{kind}', which nothing is")
    unseen = [kind.name for kind in ENTRIES if kind.name not in NOTICED]
    wrong += [f"nothing says who notices an entry of the kind '{name}'" for name in unseen]
    named = [*functions.FUNCTIONS, *(f.name for one in MECHANISMS for f in one.functions)]
    wrong += [f"the function '{name}' is declared twice" for name in sorted({n for n in named if named.count(n) > 1})]
    if [entry.number for entry in ENTRIES] != list(range(len(ENTRIES))):
        wrong.append("the numbers of entries have gaps, or stand twice")
    if [verb.number for verb in VERBS.values()] != list(range(len(VERBS))):
        wrong.append("the numbers of verbs have gaps, or stand twice")
    return wrong


if _wrong := faults():
    raise BriarpatchError("; ".join(_wrong))
