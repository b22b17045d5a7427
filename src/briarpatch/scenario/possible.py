"""What can happen at all in a scenario: the bounds of what conditions read, and the events that nothing can bring about.

An event is possible when some rule, option or effect can bring it about whose own condition can be true while everything
that is not possible has not happened. The possible ones are found from none upwards, so what waits for itself, or for
something that waits for it, is not among them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from functools import cached_property
from typing import Any

from ..assembly import FUNCTIONS
from ..units import SHARE, YEAR
from .build import Builder, Use
from .language import Step
from .ranges import NOTHING, Bounds, Interval, Judge, Verdict, declared
from .schema import Document

_EVENTS = frozenset(("happened", "times", "since", "chose", "decided"))
_AT_START = {"alive": 1.0, "dead": 0.0, "time": 0.0, "happened": 0.0, "times": 0.0, "chose": 0.0, "decided": 0.0}
"""What some functions of conditions say of everybody and everything when the story begins."""
_ENDS = ("endings", "measures")
"""Sections whose conditions are read at the end only."""


class Possible:
    """The bounds of one scenario, and what is possible in it."""

    def __init__(self, document: Document, built: Builder) -> None:
        self.doc = document
        self.built = built
        self.judge = Judge(self.bounds)
        self.events: set[str] = set()
        """Every event that can happen, by name; decisions and options are events of their own names."""
        self._own = ""
        self._judged: dict[tuple[int, frozenset[str], str, bool], Verdict] = {}
        """The verdict on each condition, by its identity, the events that it asks for and that were possible then, itself if it
        asks for itself, and whether it is read at the end only."""
        self._asked: dict[int, frozenset[str]] = {}
        self._spread()

    def verdict(self, use: Use) -> Verdict:
        """Return what the judge says of a condition, once all that is possible is known."""
        asked = self._asks(use)
        ends = use.path[0] in _ENDS or use.path[-1] == "ends_when"
        case = id(use.compiled), asked & self.events, use.owner if use.owner in asked else "", ends
        found = self._judged.get(case)
        if found is None:
            self._own = use.owner
            found = self._judged[case] = self.judge.judge(use.compiled, at_end=ends)
        return found

    def _asks(self, use: Use) -> frozenset[str]:
        """Return the events that a condition asks for."""
        found = self._asked.get(id(use.compiled))
        if found is None:
            steps = use.compiled.steps
            found = frozenset(step.names[0][0] for step in steps if step.kind == "call" and step.word in _EVENTS)
            self._asked[id(use.compiled)] = found
        return found

    def certain_at_start(self, use: Use) -> bool:
        """Return whether a condition is true when the story begins, whatever the luck."""
        return Judge(self._at_start).judge(use.compiled).certain

    def _at_start(self, step: Step) -> Bounds:
        """Return the values that one call can have when the story begins."""
        if step.word in _AT_START:
            return Bounds(Interval(_AT_START[step.word], _AT_START[step.word]))
        if step.word == "gauge":
            start = self.doc.gauges[step.names[0][0]].start
            return Bounds(Interval(start, start))
        return self.bounds(step)

    def measures(self) -> dict[str, tuple[float | None, float | None]]:
        """Return what no value of each measure is less than, and more than; None where nothing is known."""
        found = {}
        for use in self.built.uses:
            if use.path[0] != "measures":
                continue
            truth = use.compiled.type == "bool"
            share = truth or self.doc.measures[str(use.path[1])].unit == SHARE
            values = Interval(0.0, 1.0) if truth else self.verdict(use).values
            values = values.meet(Interval(0.0, 1.0)) if share else values
            ends = (math.nan, math.nan) if values.empty else values[:2]
            low, high = (end if math.isfinite(end) else None for end in ends)
            found[str(use.path[1])] = low, high
        return found

    def _so_far(self, use: Use) -> bool:
        """Return whether a condition can be true as far as what is possible is known; one that is a constant is a setting."""
        if use.compiled.constant is not None:
            return True
        return self.verdict(use).possible

    # what is possible

    def _spread(self) -> None:
        makers = list(self._makers())
        readers: dict[str, list[int]] = defaultdict(list)
        for number, (conditions, _) in enumerate(makers):
            for use in conditions:
                for name in self._asks(use):
                    readers[name].append(number)
        waiting = list(range(len(makers) - 1, -1, -1))
        done: set[int] = set()
        while waiting:
            number = waiting.pop()
            conditions, brings = makers[number]
            if number in done or not all(self._so_far(use) for use in conditions):
                continue
            done.add(number)
            for name in brings:
                if name not in self.events:
                    self.events.add(name)
                    waiting.extend(readers[name])

    def _makers(self) -> Any:
        """Yield (conditions, events) of whatever brings events about: all of the conditions have to be true for it."""
        marks: dict[tuple[Any, ...], list[str]] = defaultdict(list)
        for path, verb, arguments in self.built.effects:
            if verb == "mark":
                marks[path[: 4 if path[0] == "decisions" else 2]].append(str(arguments["event"]))
        for path, names in marks.items():
            if path[0] not in ("rules", "decisions"):
                yield [], names
        when = {use.owner: use for use in self.built.uses if use.path[-1] == "when" and use.owner}
        opened = {use.owner: use for use in self.built.uses if use.path[-1] == "open" and use.owner}
        for name, instance, _ in self.built.rule_instances:
            yield _given(when, instance), [name, instance, *marks["rules", name]]  # a chance of 0 is a setting
        for name in self.doc.injects:
            yield [], [name]
        for name, instance, _ in self.built.decision_instances:
            for option in self.doc.decisions[name].options:
                what = f"{instance}.{option}"
                conditions = _given(when, instance) + _given(opened, what)
                yield conditions, [instance, what, *marks["decisions", name, "options", option]]

    # bounds

    def bounds(self, step: Step) -> Bounds:
        """Return the values that one call can have here."""
        name = step.word
        if name in _EVENTS and step.names[0][0] not in self.events:
            event = step.names[0][0]
            because = f"'{event}' can never happen"
            if event == self._own:
                because = f"it waits for '{event}' itself"
            elif event in self.doc.events and event not in self._marked:
                because = "" if step.type == "bool" else f"nothing marks '{event}'"
            nothing = Interval(0.0, 0.0) if name in ("happened", "times", "chose", "decided") else NOTHING
            return Bounds(nothing, name == "since", because=because)
        by = FUNCTIONS[name].span.by
        return declared(name, _NARROWED[by](self, step) if by else None)

    @cached_property
    def _marked(self) -> set[str]:
        return {str(arguments["event"]) for _, verb, arguments in self.built.effects if verb == "mark"}

    @cached_property
    def _people(self) -> int:
        return len(self.doc.people) + sum(crowd.count for crowd in self.doc.listed.values())

    @cached_property
    def _joined(self) -> set[str]:
        """The factions whose members can change."""
        return {str(arguments["faction"]) for _, verb, arguments in self.built.effects if verb == "join"} | {
            item.to for item in self.doc.defections.values()
        }

    def _until(self, step: Step) -> Interval:
        return Interval(0.0, self.doc.scenario.until)

    def _hour(self, step: Step) -> Interval:
        start = self.built.names.start.seconds / 3600.0
        end = start + self.doc.scenario.until / 3600.0
        return Interval(start, end) if end < 24.0 else Interval(0.0, 24.0)

    def _heads(self, step: Step) -> Interval:
        name = step.names[0][0]
        fixed = True
        if name in self.doc.people:
            size = 1
        elif name.partition(".")[0] in self.doc.counted:
            return Interval(0.0, self._counted[name.partition(".")[0]])
        elif name in self.doc.crowds:
            size = self.doc.crowds[name].count
        elif name in self.doc.factions and not self._joined:
            size = sum(person.faction == name for person in self.doc.people.values())
            size += sum(crowd.count for crowd in self.doc.listed.values() if crowd.faction == name)
            counted = [heads for crowd, heads in self._counted.items() if self.doc.crowds[crowd].faction == name]
            size, fixed = size + sum(counted), not counted
        else:
            size, fixed = self._people, False
        whole = step.word == "count" and step.names[1][0] == "any" and fixed
        return Interval(float(size) if whole else 0.0, float(size))

    @cached_property
    def _counted(self) -> dict[str, float]:
        """The most heads that each counted crowd can have."""
        found = {name: float(crowd.count) for name, crowd in self.doc.counted.items()}
        for flow in getattr(self.doc, "flows").values():  # noqa: B009 - a section that its mechanism declares
            if flow.into is not None:
                found[flow.into.of.partition(".")[0]] = math.inf
        for _, verb, arguments in self.built.effects:
            if verb == "bring":
                found[str(arguments["to"]).partition(".")[0]] = math.inf
        return found

    def _times(self, step: Step) -> Interval:
        name = step.names[0][0]
        if name in self._marked or name in self.doc.events:
            return Interval(0.0, math.inf)
        rules = self._rules.get(name)
        if rules:
            again = any(bool(self.built.program["rules"].again[row]) for row in self._rows_of(rules))
            return Interval(0.0, math.inf if again else float(len(rules)))
        decision = name if name in self._decisions else name.rpartition(".")[0]
        return Interval(0.0, math.inf if self._decisions.get(decision, True) else 1.0)

    def _rows_of(self, rules: list[str]) -> list[int]:
        """Return the rows of all instances of some rules."""
        return [row for row, (rule, _, _) in enumerate(self.built.rule_instances) if rule in rules]

    @cached_property
    def _rules(self) -> dict[str, list[str]]:
        """The rule of each instance, by the name of the instance and by that of the rule."""
        found: dict[str, list[str]] = defaultdict(list)
        for rule, instance, _ in self.built.rule_instances:
            for name in {rule, instance}:
                found[name].append(rule)
        return dict(found)

    @cached_property
    def _decisions(self) -> dict[str, bool]:
        return {instance: self.doc.decisions[name].repeat for name, instance, _ in self.built.decision_instances}

    def _age(self, step: Step) -> Interval:
        start = self.doc.people[step.names[0][0]].age
        return Interval(start, start + self.doc.scenario.until / YEAR + 1e-6)

    def _opinions(self, step: Step) -> Interval:
        views = [0.0, *self.doc.opinions[step.names[1][0]].initial.values()]
        return Interval(min(views) - 1e-9, max(views) + 1e-9)

    def _gauge(self, step: Step) -> Interval:
        return self._gauges.get(step.names[0][0], Interval())  # one that nothing changes is a setting of the author's

    @cached_property
    def _gauges(self) -> dict[str, Interval]:
        """The bounds of every gauge that something changes."""
        found: dict[str, Interval] = {}
        for _, verb, arguments in self.built.effects:
            if verb in ("set", "add"):
                name = arguments["gauge"]
                start = self.doc.gauges[name].start
                now = found.get(name, Interval(start, start))
                if any(math.isnan(arguments[key]) for key in ("to", "by") if key in arguments):
                    found[name] = Interval()  # an expression, of which nothing is known
                elif verb == "set":
                    found[name] = Interval(min(now.low, arguments["to"]), max(now.high, arguments["to"]))
                else:
                    low = -math.inf if arguments["by"] < 0.0 else now.low
                    found[name] = Interval(low, math.inf if arguments["by"] > 0.0 else now.high)
        return found

    def _data(self, step: Step) -> Interval:
        name = step.names[0][0]
        values = [value for _, value in self.built.data.get(name, [])] or [0.0]
        data = self.doc.data[name]
        values += [0.0] if data.outside == "zero" else []
        per = 1.0 if data.per is None else data.per
        return Interval(min(values) / per, max(values) / per)

    def _day(self, step: Step) -> Interval:
        last = (self.built.names.start.seconds + self.doc.scenario.until) // 86400.0
        return Interval(0.0, last)

    def _stages(self, step: Step) -> Interval:
        device = self.doc.devices[step.names[0][0]]
        return Interval(0.0, float(max(len(device.start), len(device.by_hand), len(device.run))))

    def _leaks(self, step: Step) -> Interval:
        secrets = getattr(self.doc, "secrets")  # noqa: B009 - a section that its mechanism declares
        return Interval(0.0, math.inf if secrets[step.names[0][0]].repeat else 1.0)


def _given(uses: dict[str, Use], owner: str) -> list[Use]:
    return [uses[owner]] if owner in uses else []


_NARROWED: dict[str, Callable[[Possible, Step], Interval]] = {
    "until": Possible._until,
    "since": Possible._until,
    "hour": Possible._hour,
    "data": Possible._data,
    "day": Possible._day,
    "heads": Possible._heads,
    "people": lambda of, step: Interval(0.0, float(of._people)),
    "minds": lambda of, step: Interval(0.0, float(len(of.doc.people))),
    "times": Possible._times,
    "age": Possible._age,
    "opinions": Possible._opinions,
    "gauge": Possible._gauge,
    "stages": Possible._stages,
    "leaks": Possible._leaks,
    "crew": lambda of, step: Interval(0.0, float(of.doc.vessels[step.names[0][0]].complement)),
    "drones": lambda of, step: Interval(0.0, float(of.doc.swarms[step.names[0][0]].count)),
}
"""What a scenario says of each word that may narrow a range."""
