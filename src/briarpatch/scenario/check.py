"""What a careful editor would ask of a scenario that is not wrong: things that can never matter, or never change.

It is a little long: every question to an author stands in this one list.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..assembly import SECTIONS, VERBS
from ..units import SHARE, span
from ..world import refs, verbs
from .accounts import comparison
from .amounts import amount_of
from .build import Builder
from .earth import distorted
from .possible import Possible
from .ranges import between, turns
from .schema import Document

Path = tuple[str | int, ...]

_TEACHING = {"learn": "fact", "reveal": "fact", "send": "fact", "tell": "fact", "become": "fact"}
_BEARERS = ("learn", "reveal", "become")
_FILTERS = {"capture": "at", "release": "at", "kill": "at", "place": "at", "transport": "from"}
"""The parameter by which a verb says where those whom it names have to be."""
_MOVERS = (
    *("move", "place", "evacuate", "transport", "board", "leave", "follow", "carry", "set_down", "join", "capture"),
    "release",
)
"""Verbs after which somebody may be at another place, or on another side, than at the start."""
_PIECEMEAL = {"evacuate", "transport", "board", "leave", "carry", "set_down"}
"""Movers that take some of a group at a time."""


class Question(NamedTuple):
    """Something that an author may not have meant, and where: a path, and an offset into the text there."""

    path: Path
    message: str
    offset: int | None = None
    rule: str = ""


RULES = {
    "yaml": "error: the file can be read, and is the plain YAML that a scenario may use",
    "unknown-key": "error: every key is one that this version knows",
    "missing-key": "error: what must be given is given",
    "value": "error: each value is of its kind, and within its range",
    "blank": "error: no value is blank",
    "setting": "error: variants, accounts and `--set` name what there is",
    "condition": "error: each condition and expression can be read, and asks for what there is",
    "content": "error: what is named exists, and parts fit one another",
    "telling": "error: accounts, beats and claims name what there is, and no account contradicts itself",
    "uncertain": "error: each number that is declared uncertain exists, and its range fits it",
    "data": "error: series and observed data can be read, and lie within the story",
    "hidden-file": "warning: a file whose name begins with a dot is not read",
    "uncertain-outside": "warning: a number that is declared uncertain lies in its own range",
    "unread-data": "warning: observed data are looked at whole",
    "never-turns": "warning: a condition can become true and false, and holds for more than an instant",
    "constant": "warning: a condition or a measure reads something that can change",
    "never-marked": "warning: an event that is asked for is marked by something",
    "too-late": "warning: a fixed wait ends before the story, and before its condition does",
    "no-share": "warning: a measure in shares lies from 0 to 1",
    "untellable": "warning: what a beat waits for can happen",
    "amount": "warning: what a beat asks of an amount can be so, and can be otherwise",
    "idle-key": "warning: a key about time, or 'colour', means something where it stands",
    "unlearnable": "warning: somebody can learn each fact",
    "placeless": "warning: each place with people is somewhere",
    "unused": "warning: what is declared is used",
    "unasked-order": "warning: an order that is given is answered by a decision",
    "overwritten": "warning: two variants do not set the same thing",
    "nobody-there": "warning: people who are asked for at a place can be there",
    "gone-by-then": "warning: nothing is asked of the dead, or of what is lost",
    "over-at-once": "warning: the story does not end as it begins",
    "upon-themselves": "warning: nobody does to themselves what is done to others",
    "told-alike": "warning: no two things of a kind are told in the same words",
    "never-beside": "warning: who does something can be where those are to whom it is done",
    "held-rate": "warning: a rate of a flow stands still between two things that happen",
    "many-heads": "warning: heads that go one by one are not too many",
    "distorted": "warning: on a map of the Earth, places lie as far apart as they do on the Earth, to 0.1 %",
    "all-are-put": "warning: a group that is put somewhere as a whole was not scattered before",
}
"""What `briarpatch check` looks for: the name of each rule, how bad it is to break it, and what holds when it is kept."""


def questions(document: Document, built: Builder, possible: Possible) -> Iterator[Question]:
    """Yield everything that an author may not have meant."""
    yield from _unturning(built, possible)
    for rule, found in (
        ("constant", _constant_conditions(document, built)),
        ("never-marked", _never_marked(document, built)),
        ("too-late", _too_late(document, built, possible)),
        ("no-share", _no_shares(document, built, possible)),
        ("untellable", _untellable(document, possible)),
        ("amount", _amounts_that_never_turn(document)),
        ("idle-key", _idle_keys(document, built)),
        ("unlearnable", _unlearnable(document, built)),
        ("placeless", _placeless(document)),
        ("unused", _unused(document, built)),
        ("unasked-order", _unasked_orders(document, built)),
        ("overwritten", _overwritten(document)),
        ("nobody-there", _nobody_there(document, built)),
        ("gone-by-then", _gone_by_then(built, possible)),
        ("over-at-once", _over_at_once(built, possible)),
        ("upon-themselves", _upon_themselves(built)),
        ("told-alike", _told_alike(document)),
        ("never-beside", _never_beside(document, built)),
        ("held-rate", _held_rates(document, built)),
        ("many-heads", _many_heads(document)),
        ("all-are-put", _all_are_put(document, built)),
        ("distorted", distorted(document, built.planes)),
    ):
        for path, message in found:
            yield Question(path, message, rule=rule)


SLACK = 1e-6
"""What rounding may add to a share."""
_MOST_INSTANCES = 3
"""Of a rule that is written for many names, how many are named in a question about some of them."""

_CONSEQUENCES = {
    ("rules", "when"): "so the rule never fires",
    ("decisions", "when"): "so none of the options can ever be taken",
    ("decisions", "open"): "so this option can never be taken",
    ("endings", "when"): "so this ending cannot happen",
    ("directives", "broken_when"): "so the directive is never broken",
    ("directives", "unless"): "so it allows no exception",
    ("movements", "when"): "so nobody ever joins by themselves",
    ("defections", "when"): "so nobody goes over",
    ("scenario", "ends_when"): "so the story lasts until 'until'",
    **{(s.key, key): f"so {item.never}" for s in SECTIONS for key, item in s.items().items() if item.never},
}
"""What follows when a condition is never true, by its section and its key."""


def _unturning(built: Builder, possible: Possible) -> Iterator[Question]:
    """Yield what can never be true, is always true, or holds for an instant at most."""
    uses: dict[Path, int] = defaultdict(int)
    found: dict[tuple[Path, int], dict[str, None]] = defaultdict(dict)
    counts: dict[tuple[Path, int], int] = defaultdict(int)
    for use in built.uses:
        if use.compiled.constant is not None:
            continue
        uses[use.path] += 1
        verdict = possible.verdict(use)
        inside = 1 if "circumstances" in use.path else 0  # it was put into parentheses
        follows = _CONSEQUENCES.get((str(use.path[0]), str(use.path[-1])), "")
        if verdict.possible:
            follows = ""
        findings = list(verdict.findings)
        if not verdict.possible and not findings and follows:
            follows = follows.removeprefix("so ")
            yield Question(use.path, f"is never true, so {follows}", rule="never-turns")
        for offset, message in findings:
            where = use.path, offset - inside
            counts[where] += 1
            tail = f"; {follows}" if follows and "always true" not in message else ""
            found[where].setdefault(message + tail)
    for (path, offset), messages in found.items():
        several = 1 if counts[path, offset] >= uses[path] else _MOST_INSTANCES
        for message in list(messages)[:several]:
            yield Question(path, message, offset, "never-turns")


def _no_shares(document: Document, built: Builder, possible: Possible) -> Iterator[tuple[Path, str]]:
    """Yield the measures that are declared shares and may lie far from 0 to 1."""
    for use in built.uses:
        if use.path[0] != "measures" or document.measures[str(use.path[1])].unit != SHARE:
            continue
        low, high = possible.verdict(use).values[:2]
        for bound in (low, high):
            if math.isfinite(bound) and not -SLACK <= bound <= 1.0 + SLACK:
                yield (
                    (*use.path[:2], "unit"),
                    f"is 'share', a number from 0 to 1, but the value may be {bound:g}; divide it, or leave the unit out",
                )
                break


def _too_late(document: Document, built: Builder, possible: Possible) -> Iterator[tuple[Path, str]]:
    """Yield the fixed waits that end after the story, or after their condition."""
    until = document.scenario.until
    said: set[Path] = set()
    for use in built.uses:
        section, name, leaf = (*use.path, "", "")[:3]
        if leaf != "when" or section not in ("rules", "decisions") or use.path[:2] in said:
            continue
        rule = section == "rules"
        wait = document.rules[str(name)].after if rule else document.decisions[str(name)].takes
        lapses = document.rules[str(name)].lapses if rule else True
        if wait is None or not isinstance(wait.fixed, float) or wait.fixed <= 0.0:
            continue
        verdict = possible.verdict(use)
        if not verdict.possible:
            continue
        times = verdict.times
        begins = max(times.low, 0.0)
        where = (section, name, "after" if rule else "takes")
        follows = "so the rule never fires" if rule else "so the question is never answered"
        if begins + wait.fixed > until:
            said.add(use.path[:2])
            yield where, f"ends after the story, which lasts {span(until)} at most; {follows}"
        elif lapses and begins + wait.fixed > times.high:
            said.add(use.path[:2])
            yield (
                where,
                f"is longer than its condition can hold, which is {span(times.high - begins)} at most; {follows}",
            )


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


_WATCHED = ("rules", "decisions", "movements", "defections")
_WATCHED += tuple(section.key for section in SECTIONS if "poll" in section.items())
"""Sections whose entries have a condition and say how often it is looked at."""


def _idle_keys(document: Document, built: Builder) -> Iterator[tuple[Path, str]]:
    """Yield keys about time that do nothing where they stand, and may have been meant to do something else."""
    drifting = {use.path[:2] for use in built.uses if use.compiled.drifts}
    for section in _WATCHED:
        for name, item in getattr(document, section).items():
            if item.poll is not None and (section, name) not in drifting:
                remedy = "; to let a rule fire by a beat, give 'every'" if section == "rules" else ""
                yield (
                    (section, name, "poll"),
                    f"is how often something that drifts is looked at, and nothing here drifts; leave it out{remedy}",
                )
    for name, rule in document.rules.items():
        if "lapses" in rule.model_fields_set and rule.after is None:
            yield ("rules", name, "lapses"), "does nothing without 'after', for there is no wait; leave it out"
    asked = {
        name for use in built.uses if use.path[0] != "beats" for kind, name in use.compiled.reads if kind == "event"
    }
    for name, rule in document.rules.items():
        if rule.colour and name in asked:
            yield (
                ("rules", name, "colour"),
                "says that the rule changes nothing, but something asks about it; leave it out",
            )


def _untellable(document: Document, possible: Possible) -> Iterator[tuple[Path, str]]:
    """Yield the patterns of beats that wait for an event which nothing can bring about."""
    for path, patterns in _told_by(document):
        for turn, pattern in enumerate(patterns):
            if pattern.happened is not None and pattern.happened not in possible.events:
                yield (*path, "match", turn, "happened"), f"'{pattern.happened}' can never happen"


def _told_by(document: Document) -> Iterator[tuple[Path, Any]]:
    """Yield the patterns of every beat, with its path."""
    yield from ((("beats", name), beat.match) for name, beat in document.beats.items())
    for account, telling in document.accounts.items():
        for name, told in telling.beats.items():
            if told.match is not None:
                yield ("accounts", account, "beats", name), told.match


def _amounts_that_never_turn(document: Document) -> Iterator[tuple[Path, str]]:
    """Yield what patterns ask of amounts that none can have, or all have."""
    for path, patterns in _told_by(document):
        for turn, pattern in enumerate(patterns):
            found = amount_of(document, str(pattern.kind)) if pattern.amount is not None else None
            if found is None:
                continue
            sign, number = comparison(str(pattern.amount))
            possible, always = turns(sign, number, found.values, found.whole)
            if possible and not always:
                continue
            said = f"'{pattern.amount}' is {'always' if possible else 'never'} true"
            where = (*path, "match", turn, "amount")
            if not found.told:
                yield where, f"{said}: an entry '{pattern.kind}' has no amount; leave it out"
                continue
            what = f"the amount of an entry '{pattern.kind}' is {found.told}, {between(found.values)}"
            if found.whole and number in found.values:
                what += ", a whole number"
            yield where, f"{said}: {what}; change the number, or leave it out"


def _takes_time(document: Document, rule: Any) -> bool:
    one = document.rules[rule]
    return one.rate is not None or one.after is not None or one.every is not None or bool(one.at)


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
    taught = tuple(getattr(document, section.key) for section in SECTIONS if section.teaches)
    return taught


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
        if section == "channels" and document.injects:  # meant to be played, and players send words over them
            continue
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


def _overwritten(document: Document) -> Iterator[tuple[Path, str]]:
    """Yield what one variant sets and a later one sets too, or takes away: the later one wins, whichever was meant."""
    earlier: dict[str, tuple[str, Any]] = {}
    within: dict[str, str] = {}
    for name, variant in document.variants.items():
        changes: dict[str, tuple[Path, Any]] = {}
        for setting, patch in variant.settings.items():
            where = ("variants", name, "settings", setting)
            changes |= {path: ((*where, "remove", n), None) for n, path in enumerate(patch.remove)}
            changes |= {path: ((*where, "set", path), value) for path, value in patch.set.items()}
        for path, (place, value) in changes.items():
            parts = path.split(".")
            heads = [".".join(parts[:length]) for length in range(1, len(parts) + 1)]
            first = next((head for head in heads if head in earlier), within.get(path))
            if first is not None and (first != path or earlier[first][1] != value):
                yield (
                    place,
                    f"'{path}' is changed by variant '{earlier[first][0]}' too; where both are in force, the later wins",
                )
        for path, (_, value) in changes.items():
            earlier.setdefault(path, (name, value))
            parts = path.split(".")
            for length in range(1, len(parts)):
                within.setdefault(".".join(parts[:length]), path)


def _nobody_there(document: Document, built: Builder) -> Iterator[tuple[Path, str]]:
    """Yield the effects that ask something of people at a place where none of them begins or is ever brought."""
    movable: set[int] | None = None
    for path, verb, arguments in built.effects:
        key, spot = _where(document, verb, arguments)
        row = built.names.row("spot", spot) if spot else None
        for word in ("who", "led_by"):
            being = arguments.get(word)
            members = _who(built, being)
            if row is None or not members or _inside(built, row, members):
                continue
            if movable is None:
                movable = _moved(document, built)
            if members & movable:
                continue
            never = f"nobody of '{being}' begins at '{spot}' and nothing ever moves them, so "
            if word == "led_by":
                yield (*path, verb, word), f"{never}nobody leads; a leader has to be at the start of the route by then"
            else:
                yield (*path, verb, key), f"{never}nothing comes of it; {verb} reaches only those who are there"


def _never_beside(document: Document, built: Builder) -> Iterator[tuple[Path, str]]:
    """Yield the effects whose doer is never where anybody is to whom they are to do it."""
    movable: set[int] | None = None
    for path, verb, arguments in built.effects:
        doer = next((p for p in VERBS[verb].parameters if p.beside and arguments.get(p.name)), None)
        if doer is None or (arguments.get("reach") or 0.0) > 0.0:
            continue
        hands, being = _who(built, arguments[doer.name]), arguments[doer.beside]
        members = _who(built, being)
        if not hands or not members or _side_by_side(built, hands, members):
            continue
        if movable is None:
            movable = _moved(document, built)
        if not (hands | members) & movable:
            remedy = (
                "give a 'reach'" if any(p.name == "reach" for p in VERBS[verb].parameters) else "bring them together"
            )
            yield (
                (*path, verb, doer.name),
                f"'{arguments[doer.name]}' is never where '{being}' is, so nothing comes of it; {remedy}, or leave "
                f"'{doer.name}' out where it does not matter who does it",
            )


def _held_rates(document: Document, built: Builder) -> Iterator[tuple[Path, str]]:
    """Yield the rates of flows that change by themselves, which are held for a while each time."""
    for use in built.uses:
        if use.path[0] == "flows" and (use.compiled.drifts or use.compiled.moving):
            poll = document.scenario.poll
            yield use.path, f"changes by itself, so it is read every {poll:g} s ('poll') and held in between"


MOST_HEADS_ONE_BY_ONE = 200_000


def _many_heads(document: Document) -> Iterator[tuple[Path, str]]:
    """Yield the flows by heads of a crowd so large that steps would be much cheaper."""
    flows = getattr(document, "flows")  # noqa: B009 - a section that its mechanism declares
    for name, flow in flows.items():
        of = flow.of or flow.from_
        crowd = document.counted.get((of or "").partition(".")[0])
        if flow.step is None and crowd is not None and crowd.count > MOST_HEADS_ONE_BY_ONE:
            yield (
                ("flows", name),
                f"lets up to {crowd.count:,} heads go one by one; with a 'step', such as step: 6 h, it costs a few draws each time",
            )


def _all_are_put(document: Document, built: Builder) -> Iterator[tuple[Path, str]]:
    """Yield the effects that put all of a group somewhere, though some of them may be elsewhere than the others."""
    for path, verb, arguments in built.effects:
        if verb != "place" or arguments.get("at") is not None:
            continue
        members = _who(built, arguments["who"])
        goal = built.names.row("spot", arguments["to"])
        homes = set(built.world["people"]["place"][sorted(members)].tolist()) - {goal}
        why = _scattered(built, path, members) if len(members) > 1 else None
        if len(members) > 1 and len(homes) > 1:
            why = "not all of them begin at one place"
        if why is not None:
            yield (
                (*path, verb, "who"),
                f"puts everybody of '{arguments['who']}' there, wherever they are by then, and {why}; "
                "give 'at' the place of those whom you mean",
            )


def _scattered(built: Builder, path: Path, members: set[int]) -> str | None:
    """Return what may part the members of a group by the time of the effect at `path`, in words; None for nothing."""
    for other, verb, arguments in built.effects:
        if other == path or (verb not in _MOVERS and verb != "kill") or verb == "join":
            continue
        if verb in ("capture", "release") and arguments.get("to") is None:
            continue
        concerned = (_who(built, arguments.get("who")) | _who(built, arguments.get("led_by"))) & members
        filtered = arguments.get(_FILTERS.get(verb, "")) is not None or verb in _PIECEMEAL
        if concerned and (concerned != members or filtered):
            return f"'{verb}' ({'.'.join(str(part) for part in other[:2])}) may have befallen some of them"
    return None


def _side_by_side(built: Builder, some: set[int], others: set[int]) -> bool:
    """Return True when one of some begins where one of others does, or aboard the same vessel."""
    places, people = built.program["places"], built.world["people"]["place"]
    ships = places["vessel"]
    here, there = set(people[sorted(some)].tolist()), set(people[sorted(others)].tolist())
    return bool(here & there) or bool(
        {int(ships[n]) for n in here if ships[n] >= 0} & {int(ships[n]) for n in there if ships[n] >= 0}
    )


def _gone_by_then(built: Builder, possible: Possible) -> Iterator[tuple[Path, str]]:
    """Yield what is asked of somebody who is dead, or of a vessel that is lost, by the condition that asks it."""
    gone: dict[Path, list[frozenset[str]]] = defaultdict(list)
    for use in built.uses:
        if use.path[0] in ("rules", "decisions") and use.path[-1] == "when":
            gone[use.path[:2]].append(possible.verdict(use).held)
            decider = use.owner.partition(".")[0]
            if use.path[0] == "decisions" and f"dead({decider})" in gone[use.path[:2]][-1]:
                yield (
                    use.path,
                    f"holds only when {decider} is dead, who has to decide; so the question is never answered",
                )
    for path, verb, arguments in built.effects:
        held = gone.get(path[:2], [])
        for parameter in VERBS[verb].parameters if len(held) == 1 else ():
            name = arguments.get(parameter.name)
            for word in ("dead", "destroyed") if parameter.needs >= verbs.LIVING else ():
                if f"{word}({name})" in held[0]:
                    yield (
                        (*path, verb, parameter.name),
                        f"'{name}' is {word} whenever this is done, so nothing comes of it; name another, or change 'when'",
                    )


def _over_at_once(built: Builder, possible: Possible) -> Iterator[tuple[Path, str]]:
    """Yield the condition that ends the story, when it is true as the story begins."""
    for use in built.uses:
        if use.path == ("scenario", "ends_when") and possible.certain_at_start(use):
            yield use.path, "is true from the start, so the story ends at once; say what has to happen for it to end"


_TWO = {"attack": ("by", "target"), "send": ("from", "to"), "follow": ("who", "leader"), "tell": ("from", "to")}
"""The two parameters of a verb that are rarely meant to be the same."""


def _upon_themselves(built: Builder) -> Iterator[tuple[Path, str]]:
    """Yield the effects in which somebody does to themselves what is done to others."""
    for path, verb, arguments in built.effects:
        one, other = _TWO.get(verb, ("", ""))
        if one and arguments.get(one) is not None and arguments.get(one) == arguments.get(other):
            yield (*path, verb, other), f"'{arguments[one]}' is '{one}' too, which is rarely meant; name another"


def _told_alike(document: Document) -> Iterator[tuple[Path, str]]:
    """Yield what is told in the words of another of its kind, so that a reader cannot tell which it was."""
    groups: list[tuple[Path, dict[str, Any]]] = [
        (("rules",), document.rules),
        (("endings",), document.endings),
        (("measures",), document.measures),
        *((("decisions", name, "options"), item.options) for name, item in document.decisions.items()),
    ]
    for path, items in groups:
        first: dict[str, str] = {}
        for name, item in items.items():
            before = first.setdefault(str(item.told), name) if item.told is not None else name
            if before != name:
                yield (*path, name, "told"), f"'{before}' is told in the same words; a reader cannot tell them apart"


def _where(document: Document, verb: str, arguments: dict[str, Any]) -> tuple[str, str | None]:
    """Return the parameter that says where those whom a verb names have to be, and that place."""
    if verb == "evacuate":
        route = document.routes.get(arguments["along"])
        return "along", route.start if route else None
    key = _FILTERS.get(verb, "")
    return key, arguments.get(key)


def _who(built: Builder, being: Any) -> set[int]:
    """Return the rows of `people` that a being stands for at the start; none for a movement."""
    reference = built.names.find("being", being) if isinstance(being, str) else None
    if reference is None:
        return set()
    kind, row = refs.kind_of(reference), refs.row_of(reference)
    if kind == refs.PERSON:
        return {row}
    column = {refs.CROWD: "crowd", refs.FACTION: "faction"}.get(kind)
    return set(np.flatnonzero(built.world["people"][column] == row).tolist()) if column else set()


def _inside(built: Builder, spot: int, members: set[int]) -> bool:
    """Return True when one of the members begins at a spot, or in a room of the vessel that it stands for."""
    places = built.program["places"]
    rooms = {spot}
    ship = int(places["vessel"][spot])
    if ship >= 0 and int(built.world["vessels"]["inside"][ship]) == spot:
        rooms |= set(np.flatnonzero(places["vessel"] == ship).tolist())
    return bool(rooms & set(built.world["people"]["place"][sorted(members)].tolist()))


def _moved(document: Document, built: Builder) -> set[int]:
    """Return the rows of `people` who may come somewhere else in the course of the story."""
    found: set[int] = set()
    tagged = {swarm.pad for swarm in document.swarms.values() if swarm.pad}
    if tagged or document.defections or document.movements:
        return set(range(len(built.world["people"])))
    for _, verb, arguments in built.effects:
        if verb not in _MOVERS or (verb in ("capture", "release") and arguments.get("to") is None):
            continue
        if verb == "evacuate" and arguments["along"] in document.routes:
            row = built.names.row("spot", document.routes[arguments["along"]].start)
            members = _who(built, arguments["who"])
            for some in (members, _who(built, arguments.get("led_by"))):
                if row is not None and some and _inside(built, row, some):
                    found |= some
        else:
            found |= _who(built, arguments.get("who")) | _who(built, arguments.get("by"))
    return found
