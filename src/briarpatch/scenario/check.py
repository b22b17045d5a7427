"""What a careful editor would ask of a scenario that is not wrong: things that can never matter, or never change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .build import Builder
from .schema import Document

Path = tuple[str | int, ...]

_TEACHING = {"learn": "fact", "reveal": "fact", "send": "fact", "tell": "fact", "become": "fact"}
_BEARERS = ("learn", "reveal", "become")


def questions(document: Document, built: Builder) -> Iterator[tuple[Path, str]]:
    """Yield (path, question) for everything that an author may not have meant."""
    yield from _constant_conditions(document, built)
    yield from _never_marked(document, built)
    yield from _unlearnable(document, built)
    yield from _placeless(document)
    yield from _unused(document, built)
    yield from _unasked_orders(document, built)


def _constant_conditions(document: Document, built: Builder) -> Iterator[tuple[Path, str]]:
    dead_decisions = set()
    for use in built.uses:
        value = use.compiled.constant
        section, leaf = use.path[0], use.path[-1]
        if value is None:
            continue
        if section == "decisions" and leaf == "when" and not value:
            dead_decisions.add(use.path[1])
            yield use.path, "is never true, so none of the options can ever be taken"
        elif leaf == "open" and not value:
            yield use.path, "is never true, so this option can never be taken"
        elif section == "rules" and not (value and _takes_time(document, use.path[1])):
            yield (
                use.path,
                f"is always {'true' if value else 'false'}; a rule whose condition never changes is rarely meant",
            )
        elif section == "endings" and not value:
            yield use.path, "is never true, so this ending cannot happen"
        elif section == "endings" and use.path[1] != list(document.endings)[-1]:
            yield use.path, "is always true, so the endings after it cannot happen"
        elif section == "directives" and leaf == "broken_when":
            yield use.path, "never changes, so the directive is never tested"
        elif section == "measures":
            yield use.path, "reads nothing of the world, so the measure is the same in every run"


def _takes_time(document: Document, rule: Any) -> bool:
    return document.rules[rule].rate is not None or document.rules[rule].after is not None


def _never_marked(document: Document, built: Builder) -> Iterator[tuple[Path, str]]:
    """Yield the conditions that ask for an event which nothing marks."""
    marked = {arguments["event"] for _, verb, arguments in built.effects if verb == "mark"}
    for use in built.uses:
        asked = [name for kind, name in use.compiled.reads if kind == "event"]
        for name in sorted({name for name in asked if name in document.events} - marked):
            yield use.path, f"asks for the event '{name}', which nothing ever marks"


def _unlearnable(document: Document, built: Builder) -> Iterator[tuple[Path, str]]:
    learnable = {fact for person in document.people.values() for fact in (*person.knows, *person.believes)}
    learnable |= {sensor.fact for sensor in document.sensors.values() if sensor.fact}
    learnable |= {item.fact for part in _matters(document) for item in part.values()}
    learnable |= {place.pretends.fact for place in document.places.values() if place.pretends and place.pretends.fact}
    for _, verb, arguments in built.effects:
        if verb in _BEARERS:
            learnable.add(arguments["fact"])
    for name in document.facts:
        if name not in learnable:
            yield (
                ("facts", name, "<key>"),
                f"nobody can ever learn '{name}': no one starts with it and nothing teaches it",
            )


def _matters(document: Document) -> tuple[dict[str, Any], ...]:
    """Return the sections whose entries are each about a fact, and teach it."""
    return document.inquiries, document.rumours, document.secrets, document.talks


def _placeless(document: Document) -> Iterator[tuple[Path, str]]:
    for name, place in document.places.items():
        if place.map is None and place.inside is None:
            inhabitants = [person for person, body in document.people.items() if body.place == name]
            if inhabitants:
                where = ", ".join(inhabitants[:3])
                yield (
                    ("places", name, "<key>"),
                    f"is on no map and inside nothing, so {where} is nowhere; give it a 'map' and 'at'",
                )


def _unused(document: Document, built: Builder) -> Iterator[tuple[Path, str]]:
    read = {pair for use in built.uses for pair in use.compiled.reads}
    said: set[tuple[str, str]] = set()
    for _, _, arguments in built.effects:
        said |= {(key, value) for key, value in arguments.items() if isinstance(value, str)}
    named = {name for _, name in read} | {value for _, value in said}
    named |= {item.fact for part in _matters(document) for item in part.values()}
    for section, items, what in _nameable(document):
        for name in items:
            if name not in named and not any(value.startswith(name + ".") for value in named):
                yield (section, name, "<key>"), f"the {what} '{name}' is never used"
    for name, event in document.events.items():
        del event
        if ("event", name) in said and ("event", name) not in read:
            yield ("events", name, "<key>"), f"the event '{name}' is marked but nothing ever asks for it"
    terms = {value for d in document.decisions.values() for o in d.options.values() for value in o.utility}
    for name in document.values:
        if name not in terms:
            yield ("values", name), f"no option weighs the value '{name}'"


def _nameable(document: Document) -> Iterator[tuple[str, dict[str, Any], str]]:
    yield "facts", document.facts, "fact"
    yield "events", document.events, "event"
    yield "gauges", document.gauges, "gauge"
    yield "orders", document.orders, "order"
    yield "channels", document.channels, "channel"
    yield "routes", document.routes, "route"
    yield "swarms", document.swarms, "swarm"


def _unasked_orders(document: Document, built: Builder) -> Iterator[tuple[Path, str]]:
    answered = {decision.answers for decision in document.decisions.values()}
    for path, verb, arguments in built.effects:
        if verb == "order" and arguments["order"] not in answered:
            order = arguments["order"]
            yield (*path, verb, "order"), f"nobody is ever asked about the order '{order}', so it is always obeyed"
