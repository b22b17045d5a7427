"""What leads to what in a scenario, as its author wrote it: rules, answers and the things that they change and ask about.

A link says that one thing can have a bearing on another: an effect changes what a condition asks about. It is read off the
files; whether it ever comes to that, only many runs can say. People and groups stand for what is asked of them: where
they are, whether they live, whether they are free. Who merely does something is not changed by it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ..assembly import FUNCTIONS, VERBS
from ..world import states
from .names import UNIONS

if TYPE_CHECKING:
    from .scenario import Scenario

_DOERS = frozenset(("by", "from", "root", "face", "led_by", "leader", "after"))
"""Parameters of verbs that name who does something, or on what account: these are not changed."""
_BEINGS = frozenset(("person", "crowd", "faction"))
_WHERE = frozenset(
    ("at", "in", "aboard", "together", "distance", "travelling", "reachable", "count_at", "count_in", "count_aboard")
)
_FREE = frozenset(("free", "held", "held_by"))
_ALIVE = frozenset(("alive", "dead", "count"))
_MOVERS = frozenset((states.MARCH, states.TRANSPORTER, states.SHIPS))
"""Mechanisms whose verbs change where somebody is."""
_ASPECTS_OF: dict[str, tuple[str, ...]] = {
    "capture": ("free", "where"),
    "release": ("free", "where"),
    "kill": ("alive",),
    "injure": ("alive", "state"),
    "irradiate": ("alive", "state"),
    "place": ("where",),
}
"""What a verb changes of those whom it names, where its mechanism does not say it; any other changes their state."""


class Node(NamedTuple):
    """A thing in the logic of a scenario: a rule, a decision, an option, a fact, where somebody is, an ending."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Link(NamedTuple):
    """One thing has a bearing on another; `how` is "does", "asks", "weighs" or "answers"."""

    source: Node
    target: Node
    how: str


@dataclass(frozen=True)
class Logic:
    """The things of a scenario and the links between them."""

    told: dict[Node, str]
    """Each thing, and what the scenario calls it."""
    links: tuple[Link, ...]

    def around(self, names: Iterable[Node], steps: int) -> Logic:
        """Return the part that leads to some things, or to which they lead, in so many steps at most."""
        kept = set(names)
        for backwards in (False, True):
            following: dict[Node, set[Node]] = defaultdict(set)
            for link in self.links:
                source, target = (link.target, link.source) if backwards else (link.source, link.target)
                following[source].add(target)
            edge = set(names)
            for _ in range(steps):
                edge = {target for node in edge for target in following[node]} - kept
                kept |= edge
        told = {node: words for node, words in self.told.items() if node in kept}
        return Logic(told, tuple(link for link in self.links if link.source in kept and link.target in kept))

    def named(self, name: str) -> list[Node]:
        """Return the things of that name."""
        return [node for node in self.told if name in (node.name, str(node))]

    def read(self) -> set[Node]:
        """Return the things that something asks about or weighs, and what these hang on in turn, up to what is read off.

        What is read off is an ending, a measure, a series, the end of the story, or a directive.
        """
        before: dict[Node, set[Node]] = defaultdict(set)
        for link in self.links:
            before[link.target].add(link.source)
        found = {node for node in self.told if node.kind in _READ_OFF}
        edge = set(found)
        while edge:
            edge = {source for node in edge for source in before[node]} - found
            found |= edge
        return found


_READ_OFF = frozenset(("ending", "measure", "series", "story", "directive"))


def logic(scenario: Scenario) -> Logic:
    """Return what leads to what in a scenario."""
    return _Reader(scenario).logic()


def _kind_of(section: str) -> str:
    return {"inquiries": "inquiry", "scenario": "story", "series": "series"}.get(section, section.removesuffix("s"))


class _Reader:
    """Reads the links off the document, the conditions and the effects of a scenario."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.doc = scenario.document
        self.rows = scenario.names.rows
        self.links: dict[Link, None] = {}
        self.sides: dict[str, str] = {
            name: item.faction for name, item in (*self.doc.people.items(), *self.doc.crowds.items())
        }
        self.members: dict[str, list[str]] = defaultdict(list)
        for name, side in self.sides.items():
            self.members[side].append(name)

    def logic(self) -> Logic:
        """Return the whole."""
        nodes: dict[Node, None] = dict.fromkeys(
            Node(kind, name)
            for kind, names in (
                ("rule", self.doc.rules),
                ("decision", self.doc.decisions),
                ("fact", self.doc.facts),
                ("event", self.doc.events),
                ("ending", self.doc.endings),
                ("measure", self.doc.measures),
            )
            for name in names
        )
        for name, decision in self.doc.decisions.items():
            for option in decision.options:
                self._link(Node("decision", name), Node("option", f"{name}.{option}"), "answers")
                if decision.answers:
                    self._link(Node("option", f"{name}.{option}"), Node("order", decision.answers), "does")
        for path, verb, arguments in self.scenario.whole.effects:
            source = self._doer(path)
            for node in self._changed(verb, arguments):
                self._link(source, node, "does")
        for section, items in self._about_facts():
            for name, item in items.items():
                self._link(Node(_kind_of(section), name), Node("fact", item.fact), "does")
        changed = {link.target for link in self.links}
        for path, verb, arguments in self.scenario.whole.effects:
            for node in self._met(verb, arguments, changed):
                self._link(node, self._doer(path), "asks")
        for path, calls in self.scenario.whole.conditions:
            target, how = self._asker(path)
            for function, names in calls:
                for node in self._asked(function, self._own(path, names), changed):
                    self._link(node, target, how)
        asked = {link.source for link in self.links}
        states_of = {"where", "alive", "free", "state"}
        links = tuple(
            link
            for link in self.links
            if (link.source.kind not in states_of or link.source in changed)
            and (link.target.kind not in states_of or link.target in asked)
        )
        for link in links:
            nodes |= {link.source: None, link.target: None}
        return Logic({node: self._told(node) for node in nodes}, links)

    def _link(self, source: Node, target: Node, how: str) -> None:
        if source != target:
            self.links[Link(source, target, how)] = None

    def _about_facts(self) -> Iterable[tuple[str, dict[str, Any]]]:
        """Yield the sections whose entries are about a fact, with those that name one."""
        for section in type(self.doc).model_fields:
            items = getattr(self.doc, section)
            if isinstance(items, dict) and section not in ("claims", "documents", "values"):
                found = {name: item for name, item in items.items() if getattr(item, "fact", None)}
                if found:
                    yield section, found

    def _doer(self, path: tuple[Any, ...]) -> Node:
        """Return what brings the effect at a path about."""
        if path[0] == "decisions":
            return Node("option", f"{path[1]}.{path[3]}")
        return Node(_kind_of(str(path[0])), str(path[1]))

    def _asker(self, path: tuple[Any, ...]) -> tuple[Node, str]:
        """Return what the condition at a path belongs to, and how it asks."""
        section, name, *rest = (*path, "")
        if section == "decisions" and rest[0] == "options":
            return Node("option", f"{name}.{rest[1]}"), "weighs" if "utility" in rest else "asks"
        if section == "scenario":
            return Node("story", "ends"), "asks"
        return Node(_kind_of(section), name), "asks"

    def _own(self, path: tuple[Any, ...], names: tuple[str, ...]) -> tuple[str, ...]:
        """Return the names with `self` as who decides."""
        decider = str(path[1]).partition(".")[0] if path[0] == "decisions" else ""
        return tuple(decider if name == "self" and decider else name for name in names)

    def _entity(self, type_: str, name: str) -> str:
        """Return the plain kind of a name that stands where `type_` is wanted; "" when it is none."""
        return next((kind for kind in UNIONS.get(type_, (type_,)) if name in self.rows.get(kind, ())), "")

    def _event(self, name: str) -> Node:
        """Return the rule, decision, option or event that `happened` knows by a name."""
        for kind, items in (("rule", self.doc.rules), ("decision", self.doc.decisions)):
            parts = name.split(".")
            for length in range(len(parts), 0, -1):
                head = ".".join(parts[:length])
                if head in items:
                    rest = parts[length:]
                    if kind == "decision" and rest and rest[-1] in self.doc.decisions[head].options:
                        return Node("option", f"{head}.{rest[-1]}")
                    return Node(kind, head)
        return Node("event", name)

    def _changed(self, verb: str, arguments: dict[str, Any]) -> list[Node]:
        """Return what an effect changes."""
        declared = VERBS[verb]
        aspects = _ASPECTS_OF.get(verb) or (("where",) if declared.system in _MOVERS else ("state",))
        things, beings = [], []
        for parameter in declared.parameters:
            value = arguments.get(parameter.name)
            if not isinstance(value, str) or parameter.name in _DOERS:
                continue
            kind = self._entity(parameter.type, value)
            if kind == "event" or parameter.type in ("option", "decision"):
                things.append(self._event(value))
            elif kind in _BEINGS:
                beings += [Node(aspect, value) for aspect in aspects]
            elif kind and kind not in ("place", "route", "channel") and parameter.type != "spot":
                things.append(Node(kind, value))
        told = [node for node in things if node.kind not in ("vessel", "device", "pad")]
        return told or [*things, *beings]

    def _met(self, verb: str, arguments: dict[str, Any], changed: set[Node]) -> list[Node]:
        """Return what an effect hangs on: a pad that may be jammed, and where those are whom it concerns only at a place."""
        pads = [arguments.get(one.name) for one in VERBS[verb].parameters if one.type == "pad" and one.name in _DOERS]
        met = [Node("pad", name) for name in pads if isinstance(name, str) and Node("pad", name) in changed]
        spots = [one for one in VERBS[verb].parameters if one.type == "spot" and one.name in ("at", "from")]
        if not any(arguments.get(one.name) is not None for one in spots):
            return met
        whom = [arguments.get(one.name) for one in VERBS[verb].parameters if one.type == "being"]
        return met + [node for name in whom if isinstance(name, str) for node in self._groups("where", name, changed)]

    def _asked(self, function: str, names: tuple[str, ...], changed: set[Node]) -> list[Node]:
        """Return what a call of a condition asks about."""
        aspect = next(
            (word for word, some in (("where", _WHERE), ("free", _FREE), ("alive", _ALIVE)) if function in some),
            "state",
        )
        if function == "count" and names[1:] and names[1] in ("free", "held"):
            aspect = "free"
        things, beings = [], []
        for type_, name in zip(FUNCTIONS[function].arguments, names, strict=False):
            kind = self._entity(type_, name)
            if type_ in ("event", "decision", "option"):
                things.append(self._event(name))
            elif kind in _BEINGS:
                beings += self._groups(aspect, name, changed)
            elif kind and kind != "place" and type_ != "spot":
                things.append(Node(kind, name))
        told = [node for node in things if node.kind not in ("vessel", "device", "pad")]
        return told or [*things, *beings]

    def _groups(self, aspect: str, name: str, changed: set[Node]) -> list[Node]:
        """Return the changed ones among somebody, those who belong to them, and the side that they belong to."""
        others = [*self.members.get(name, ()), *([self.sides[name]] if name in self.sides else [])]
        return [node for node in (Node(aspect, one) for one in (name, *others)) if node in changed]

    def _told(self, node: Node) -> str:
        """Return what the scenario calls a thing."""
        if node.kind == "story":
            return "the story ends"
        kinds = ("person", "crowd", "faction") if node.kind in ("where", "alive", "free", "state") else (node.kind,)
        for kind in kinds:
            reference = self.scenario.names.find(kind, node.name)
            if reference is not None and self.scenario.names.told(reference):
                return self.scenario.names.told(reference)
        if node.kind == "measure":
            return self.doc.measures[node.name].told
        return node.name.replace("_", " ")
