"""From a validated document to tables: rows of a fresh world, and the read-only program.

Every fault is collected with its path, so that an author sees all of them at once.

It is long until the mechanisms have taken what is theirs (docs/decisions/0011).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import assembly, units
from ..assembly import VERBS
from ..declare import columns
from ..declare.columns import Table
from ..errors import ConditionError, did_you_mean
from ..laws import command, pursuit, radiation
from ..laws.march import pace_at_age
from ..world import agenda, chains, chance, journal, machine, quantiles, rates, refs, states, tables, topics, verbs
from ..world.compiled import plainly
from ..world.world import Program, World, empty_program, empty_world
from . import calendar, keys, language
from .built import Built
from .earth import Projection
from .names import KIND_NUMBERS, UNIONS, Bare, EntityNames, LocalNames
from .schema import BY_AGE, CIRCUMSTANCES, MOST_NAMES, MOST_PEOPLE, RESPONSES, Document
from .terrain import faults, find_way, height_at

Path = tuple[str | int, ...]

_WALKING = 1.34
LARGEST_WORLD = 512_000_000
"""Bytes of the tables of a scenario; each world that is played takes them once more."""
MOST_LEGS = 200_000
"""Legs of all routes together."""
MOST_PARTIES = 65_536
"""Parties that there may be at a time."""
_ON_FOOT = frozenset((verbs.MOVE, verbs.FOLLOW, verbs.EVACUATE, verbs.CARRY))
"""The verbs by which people go anywhere on foot, or follow or carry somebody."""
_SIZED_BY = {
    **dict.fromkeys(("ties", "balance"), "factions"),
    **dict.fromkeys(("following", "movements"), "movements"),
    **dict.fromkeys(("legs", "routes", "gates"), "routes"),
    **dict.fromkeys(("drones", "swarms"), "swarms"),
    **dict.fromkeys(("slots", "pads"), "pads"),
}
"""The section whose entries make a table large; people do it for the others."""
_LEG = 1000.0
_ROOTS = 64
_STRANGERS_KNOW = 0.05
_RING_THICKNESS = 1.0
_WHERE = "write it, as in at: [3 km, 4 km]"
_COUNTS = frozenset(("count", "count_at", "count_in", "count_aboard"))
"""The functions that count heads, whose changes are events."""
_LEAST_WAIT = 1e-3


@dataclass
class Use:
    """What one condition reads, for the questions that a careful editor asks."""

    path: Path
    compiled: language.Compiled
    owner: str = ""
    """The rule, decision or option whose condition it is, by the name of its event."""


def logit(p: float) -> float:
    """Return the log-odds of a probability, bounded to 50 nats."""
    return 50.0 if p >= 1.0 else -50.0 if p <= 0.0 else max(-50.0, min(50.0, math.log(p / (1.0 - p))))


class Builder:
    """Builds the tables of one document; `fault` is called with a path, a message and an offset into the text there."""

    def __init__(
        self,
        document: Document,
        fault: Callable[..., None],
        data: dict[str, list[tuple[float, float]]] | None = None,
        planes: dict[str, Projection] | None = None,
    ) -> None:
        self.doc = document
        self.planes = planes or {}
        """The plane of each map of the Earth."""
        self.data = data or {}
        """The times [s] and numbers of each of the scenario's data."""
        self.fault = fault
        self.names = EntityNames()
        self.code: list[int] = []
        self.constants: list[float] = []
        self.uses: list[Use] = []
        self._conditions: dict[tuple[Any, ...], language.Compiled] = {}
        """What each text comes to outside loops, whose names have a meaning of their own."""
        self.series_codes: dict[str, int] = {}
        """Where the bytecode of each series starts."""
        self.effect_rows: list[dict[str, Any]] = []
        self.effects: list[tuple[Path, str, dict[str, Any]]] = []
        self.stage_rows: list[tuple[int, int, int]] = []
        self.draw_rows: list[dict[str, Any]] = []
        self.drawn_rows: list[tuple[float, float]] = []
        self.laws: list[Any] = []
        """Every distribution of the scenario, as it was read."""
        self.given_rows: list[tuple[float, float]] = []
        self.rate_rows: list[dict[str, Any]] = []
        self.clock_rows: list[tuple[int, int]] = []
        self.anticipated: list[tuple[int, int]] = []
        self.related: set[tuple[int, int]] = set()
        self.taken: list[tuple[int, Path]] = []
        self.later: list[Callable[[], None]] = []
        """What mechanisms build once all others have built theirs."""
        self.watched: list[dict[str, Any]] = []
        self.watched_rows: list[tuple[int, int]] = []
        self.program: dict[str, Any] = {}
        self.world: dict[str, Any] = {}

    # -------------------------------------------------------------------------------------------- names and keys

    def build(self) -> Built:
        """Return everything; call only once."""
        try:
            with columns.at_most(LARGEST_WORLD):
                return self._built()
        except columns.TooLarge as wrong:
            self._refuse_size(wrong)
            raise _TooMuch from None

    def _refuse_size(self, wrong: columns.TooLarge) -> None:
        named, section = len(self.doc.people), _SIZED_BY.get(wrong.name, "people")
        what = f"table '{wrong.name}' with {' x '.join(f'{n:,}' for n in wrong.shape)} rows"
        remedy = f"have fewer {'people' if section == 'people' else section}"
        if section == "people" and named > 1000:
            what, remedy = f"{named:,} named people, {what}", "make a crowd of those who need no name"
        most = LARGEST_WORLD / 1e6
        self.fault(
            (section,),
            f"the scenario would take more than {most:,.0f} MB of memory (for {what}: {wrong.total / 1e6:,.0f} MB); {remedy}",
        )

    def _built(self) -> Built:
        self._name_everything()
        self._given()
        for one in assembly.MECHANISMS:
            if one.names is not None:
                one.names(self)
        self._definitions()
        self._limits()
        self._places()
        self._people()
        self._vessels()
        self._pads()
        self._swarms()
        self._devices()
        self._fields()
        self._facts()
        self._ties()
        self._words()
        self._sensors()
        self._routes()
        self._rules()
        self._decisions()
        self._foresight()
        self._movements()
        self._defections()
        self._opinions()
        self._directives()
        self._mechanisms()
        self._ends()
        self._effects()
        self._bonds()
        self._insights()
        self._rest()
        self._numbers()
        self._refuse_collisions()
        program: dict[str, Any] = {name: self.program.get(name) for name in Program._fields}
        for name, array in program.items():
            if array is None:
                program[name] = getattr(empty_program(), name)
            program[name].flags.writeable = False
        self.world["recorder"] = tables.RECORDER.rows(1)
        self.world["changes"], self.world["witnesses"] = tables.CHANGES.rows(1), tables.WITNESSES.rows(1)
        world = {name: self.world.get(name) for name in World._fields}
        for name, array in world.items():
            if array is None:
                world[name] = getattr(empty_world(), name)
        return Built(Program(**program), World(**world), self.names)

    def _name_everything(self) -> None:
        doc, add = self.doc, self.names.add
        self.names.start = calendar.read_start(doc.scenario.start, doc.scenario.zone)
        simple: dict[str, dict[str, Any]] = {
            "map": doc.maps,
            "faction": doc.factions,
            "person": doc.people,
            "crowd": doc.listed,
            "cohort": doc.counted,
            "vessel": doc.vessels,
            "pad": doc.pads,
            "swarm": doc.swarms,
            "device": doc.devices,
            "field": doc.fields,
            "fact": doc.facts,
            "gauge": doc.gauges,
            "channel": doc.channels,
            "council": doc.councils,
            "sensor": doc.sensors,
            "route": doc.routes,
            "order": doc.orders,
            "directive": doc.directives,
            "ending": doc.endings,
            "measure": doc.measures,
            "movement": doc.movements,
            "opinion": doc.opinions,
        }
        simple |= {section.one: getattr(doc, section.key) for section in assembly.SECTIONS}
        for kind, section in simple.items():
            for row, (name, item) in enumerate(section.items()):
                add(kind, name, row, getattr(item, "told", None))
        for row, name in enumerate(doc.values):
            add("value", name, row)
        of_heads = [
            (f"{name}.{state}", told) for name, c in doc.counted.items() for state, told in (c.states or {}).items()
        ]
        for row, (name, told) in enumerate(of_heads):
            add("state", name, row, told)
        tissues = sorted({tissue for person in doc.people.values() for tissue in person.tissues})
        for row, name in enumerate(tissues):
            add("tissue", name, row)
        for row, (name, place) in enumerate(doc.places.items()):
            add("place", name, row, place.told)
        row = len(doc.places)
        for section in (doc.vessels, doc.devices):
            for name, item in section.items():
                self.names.insides[name] = row
                reference = refs.PLACE * refs.ROWS_PER_KIND + row
                self.names.labels[reference] = name
                self.names.told_words[reference] = item.told or name.replace("_", " ")
                row += 1
        self.names.talked_about = frozenset(name for name, gauge in doc.gauges.items() if gauge.known)
        self._name_events()
        self._refuse_confusion()

    def _name_events(self) -> None:
        doc, add = self.doc, self.names.add
        events: dict[str, str | None] = {name: event.told for name, event in doc.events.items()}
        self.rule_instances: list[tuple[str, str, dict[str, str]]] = []
        for name, rule in doc.rules.items():
            if name in events:
                self.fault(
                    ("rules", name, "<key>"), f"'{name}' is an event already; a rule is an event of its own name"
                )
            events[name] = rule.told
            for variable, values in rule.each.items():
                self._refuse_twice(values, ("rules", name, "each", variable))
            for instance, local in _instances(name, rule.each):
                self.rule_instances.append((name, instance, local))
                if instance != name:
                    events[instance] = None
        self.decision_instances: list[tuple[str, str, dict[str, str]]] = []
        for name, decision in doc.decisions.items():
            self.decision_instances += [(name, *instance) for instance in instances_of(name, decision.each)]
        if len(self.rule_instances) + len(self.decision_instances) + len(doc.injects) > MOST_NAMES:
            self.fault(("rules",), f"more than {MOST_NAMES} rules and decisions; shorten the lists of 'each'")
            self.rule_instances, self.decision_instances = [], []
        option_row = 0
        for row, (name, instance, _) in enumerate(self.decision_instances):
            if self.names.row("decision", instance) is not None:
                self.fault(("decisions", name, "<key>"), f"decision '{instance}' is written twice")
            add("decision", instance, row, doc.decisions[name].question)
            events[instance] = doc.decisions[name].question
            for option, body in doc.decisions[name].options.items():
                add("option", f"{instance}.{option}", option_row, body.told)
                events[f"{instance}.{option}"] = body.told
                option_row += 1
        for name, inject in doc.injects.items():
            if name in events:
                self.fault(
                    ("injects", name, "<key>"),
                    f"'{name}' is an event or a rule already; an inject is an event of its own name",
                )
            events[name] = inject.told
        for row, (name, told) in enumerate(events.items()):
            add("event", name, row, told)
        for row, (name, instance, local) in enumerate(self.rule_instances):
            told = doc.rules[name].told
            add("rule", instance, row, self._fill(told, local) if told else "")
        for row, (name, inject) in enumerate(doc.injects.items(), len(self.rule_instances)):
            add("inject", name, row, inject.told)

    def _refuse_twice(self, values: list[str], path: Path) -> None:
        for n, value in enumerate(values):
            if value in values[:n]:
                self.fault((*path, n), f"'{value}' stands in this list twice; leave one out")

    def _fill(self, told: str, local: dict[str, str]) -> str:
        for variable, value in local.items():
            reference = self.names.find("thing", value) or self.names.find("being", value)
            told = told.replace("{" + variable + "}", self.names.told(reference) if reference is not None else value)
        return told

    def _refuse_confusion(self) -> None:
        sections = {
            "person": "people",
            "crowd": "crowds",
            "cohort": "crowds",
            "faction": "factions",
            "vessel": "vessels",
            "device": "devices",
            "place": "places",
            "movement": "movements",
        }
        seen: dict[str, str] = {}
        for section, items in self._named_sections():
            for name in items:
                unit = units.unit_called(name)
                if unit:
                    self.fault((section, name, "<key>"), f"'{name}' is a unit ({unit}); give it another name")
        for kind, section in sections.items():
            for name in self.names.rows.get(kind, {}):
                if name in seen:
                    self.fault(
                        (section, name, "<key>"), f"'{name}' is a {seen[name]} already; give the {kind} another name"
                    )
                seen.setdefault(name, kind)

    def _named_sections(self) -> Iterator[tuple[str, Any]]:
        """Yield every section whose names stand for numbers alone, with its entries."""
        for section in ("gauges", "let", "data", "processes"):
            yield section, getattr(self.doc, section)

    def _keys(self, section: str, items: dict[str, Any], path: Path = (), within: Sequence[str] = ()) -> dict[str, int]:
        """Return the key of each entry of a section, by its former name if it gives one; two of one name are a fault.

        For a section inside an entry, `path` leads to that entry, and `within` is the name that its luck is keyed by.
        """
        found: dict[str, int] = {}
        names: dict[str, str] = {}
        for name, item in items.items():
            former = self._own_name(section, name, item)
            key = keys.crowd_key(former) if section == "crowds" else keys.key_of(section, former, *within)
            found[name] = key
            if former not in names:
                names[former] = name
                self._take(key, (*path, section, name))
                continue
            by, other = (name, names[former]) if item.key is not None else (names[former], name)
            self.fault(
                (*path, section, by, "key"),
                f"'{former}' is the luck of '{other}' already; leave 'key' out, or give '{other}' a key of its own",
            )
        return found

    def _take(self, key: int, path: Path) -> int:
        self.taken.append((key, path))
        return key

    def _refuse_collisions(self) -> None:
        """Refuse that two entries have one key, or that one lies among those of a crowd's members: one in a trillion."""
        crowds = {key >> keys.MEMBER_BITS: path for key, path in self.taken if path[0] == "crowds"}
        owners: dict[int, Path] = {}
        for key, path in self.taken:
            for other in (owners.get(key), crowds.get(key >> keys.MEMBER_BITS)):
                if other is not None and other != path:
                    where = ".".join(str(part) for part in other)
                    self.fault(path, f"has the luck of {where} by chance; give it a 'key' of its own, any new word")
                    break
            owners.setdefault(key, path)

    def _own_name(self, section: str, name: str, item: Any) -> str:
        """Return the name by which the luck of an entry is keyed; a question's goes with whoever decides."""
        if item.key is None and section == "decisions":
            head, _, rest = name.partition(".")
            return f"{self._former(head)}.{rest}"
        return item.key or name

    def _former(self, name: str) -> str:
        """Return the name by which the luck of somebody or something is keyed."""
        for section in ("people", "crowds", "factions", "places", "vessels", "devices", "facts"):
            item = getattr(self.doc, section).get(name)
            if item is not None:
                return item.key or name
        return name

    def _instance_key(self, section: str, name: str, local: dict[str, str]) -> int:
        """Return the key of one of those that a loop writes; the order of the loop's names does not matter."""
        former = self._own_name(section, name, getattr(self.doc, section)[name])
        values = [self._former(local[variable]) for variable in sorted(local)]
        key = keys.key_of(section, former, *values)
        return self._take(key, (section, former)) if local else key

    def _row(self, kind: str, name: str | None, path: Path, names: Any = None) -> int:
        """Return the row of a name of a plain kind or a spot, -1 for None; an unknown name is a fault."""
        if name is None:
            return -1
        row = (names or self.names).row(kind, name)
        if row is None:
            if self._counted(kind, name, path, names):
                return -1
            called = "place" if kind == "spot" else kind
            self.fault(path, f"unknown {called} '{name}'{did_you_mean(name, self._known(kind))}")
            return -1
        return row

    def _ref(self, kind: str, name: str | None, path: Path, names: Any = None) -> int:
        if name is None:
            return -1
        reference = (names or self.names).find(kind, name)
        if reference is None:
            if self._counted(kind, name, path, names):
                return -1
            parts = " or ".join(UNIONS.get(kind, (kind,)))
            self.fault(path, f"unknown {parts} '{name}'{did_you_mean(name, self._known(kind))}")
            return -1
        return reference

    def _counted(self, kind: str, name: str, path: Path, names: Any) -> bool:
        """Say that bodies are needed where a counted crowd is named; return whether one is."""
        meant = name if names is None else names.meaning(name)
        if meant.partition(".")[0] not in self.doc.counted or not {"crowd", "person"} & {kind, *UNIONS.get(kind, ())}:
            return False
        verb = next((str(part) for part in reversed(path[:-1]) if part in VERBS), path[0])
        self.fault(path, language.needs_bodies(str(verb), meant.partition(".")[0]))
        return True

    def _known(self, kind: str) -> Iterator[str]:
        """Yield the names of a kind; nothing is gathered before the first one is wanted."""
        yield from self.names.known(kind)

    def _clock(self, stream: int, key: int) -> int:
        self.clock_rows.append((stream, key))
        return len(self.clock_rows) - 1

    def _compile(
        self,
        text: str | None,
        path: Path,
        wants: str = "bool",
        names: Any = None,
        me: str | None = None,
        private: bool = False,
        owner: str = "",
    ) -> tuple[int, int, bool]:
        """Return (start of the bytecode, topics, whether it drifts); -1 for no text or a faulty one."""
        if text is None:
            return -1, 0, False
        case = text, wants, me, private
        shared = names is None or not names.local
        compiled = self._conditions.get(case) if shared else None
        try:
            if compiled is None:
                compiled = language.compile_condition(
                    text, names or self.names, wants=wants, self_name=me, private=private
                )
        except ConditionError as wrong:
            for one in wrong.all:
                self.fault(path, one.message, one.offset)
            return -1, 0, False
        if shared:
            self._conditions[case] = compiled
        start = len(self.code)
        self.code.extend(language.relocate(compiled, len(self.constants)))
        self.constants.extend(compiled.constants)
        self.uses.append(Use(path, compiled, owner))
        return start, compiled.topics, compiled.drifts

    def _expression(
        self, text: str, path: Path, wants: str, names: Any = None, low: float = -math.inf, high: float = math.inf
    ) -> tuple[int, language.Compiled | None]:
        """Return (start of the bytecode, what was compiled) of a number; one that is constant has to be in its range."""
        start, _, _ = self._compile(text, path, wants, names)
        if start < 0:
            return -1, None
        compiled = self.uses[-1].compiled
        if compiled.constant is not None and not low <= float(compiled.constant) <= high:
            bound = f"at least {low:g}" if compiled.constant < low else f"at most {high:g}"
            self.fault(path, f"must be {bound} {units.unit_of(wants)}".rstrip() + f", got {compiled.constant:g}")
        return start, compiled

    def number(
        self,
        value: float | str | None,
        path: Path,
        wants: str,
        names: Any = None,
        low: float = -math.inf,
        high: float = math.inf,
    ) -> tuple[float, int]:
        """Return (constant, start of the bytecode) of a number that may be an expression, read when it is used."""
        if not isinstance(value, str):
            return 0.0 if value is None else value, -1
        start, compiled = self._expression(value, path, wants, names, low, high)
        if compiled is not None and compiled.constant is not None:
            return float(compiled.constant), -1
        return 0.0, start

    def running(
        self,
        text: str,
        path: Path,
        clock: int,
        names: Any = None,
        poll: float | None = None,
        only: tuple[str, ...] = (),
    ) -> int:
        """Return the row of a rate that is an expression, at which a clock runs; -1 when it is faulty.

        With `only`, it may read nothing but what is named by kinds that begin so, and the time.
        """
        start, compiled = self._expression(text, path, "rate", names, 0.0)
        if compiled is None:
            return -1
        for kind, name in sorted(compiled.reads) if only else ():
            if kind not in ("function", "let") and not kind.startswith(only):
                self.fault(
                    path, f"reads the {kind.replace('_', ' ')} '{name}'; it may read the time, data and processes alone"
                )
                return -1
        row = {"code": start, "mask": compiled.topics, "polled": compiled.wanders, "clock": clock}
        row["moves"] = compiled.moves and not compiled.wanders
        row["every"] = self.doc.scenario.poll if poll is None else poll
        self.rate_rows.append(row)
        return len(self.rate_rows) - 1

    def _numbers(self) -> None:
        """Make the tables of distributions, of data, and of rates that are expressions."""
        self.program["draws"] = _fill(tables.P_DRAWS, self.draw_rows)
        for table, rows in ((tables.P_DRAW_ROWS, self.drawn_rows), (tables.P_GIVEN_ROWS, self.given_rows)):
            made = table.rows(len(rows))
            names = [column.name for column in table.columns]
            for column, values in zip(names, zip(*rows, strict=True), strict=False):
                made[column] = values
            self.program[table.name] = made
        self.program["rate_plans"] = _fill(tables.P_RATES, self.rate_rows)
        rows = tables.RATES.rows(len(self.rate_rows))
        rows.next, rows.stops = math.inf, -math.inf
        self.world["rates"] = rows
        self.world["rate_shapes"] = tables.RATE_SHAPES.rows(len(rows) + 1 if len(rows) else 0, rates.TERMS)

    def _given(self) -> None:
        """Enter the data that expressions can read."""
        rows = tables.P_GIVEN.rows(len(self.doc.data))
        for row, (name, data) in zip(rows, self.doc.data.items(), strict=True):
            found = self.data.get(name, [])
            row.first, row.count = len(self.given_rows), len(found)
            row.line, row.zero, row.ends = data.between == "line", data.outside == "zero", math.inf
            if data.per is not None:
                if data.between == "line":
                    self.fault(("data", name, "per"), "counts are spread evenly over 'per'; leave 'between' out")
                found = [(at, value / data.per) for at, value in found]
                row.ends = found[-1][0] + data.per if found else math.inf
                for n, ((at, _), (after, _)) in enumerate(itertools.pairwise(found)):
                    if abs(after - at - data.per) > 1e-6 * data.per:
                        there, last = self.names.start.clock(after), self.names.start.clock(at)
                        self.fault(
                            ("data", name, "per"),
                            f"counts over {units.span(data.per)} follow each other without gap, but after that of {last} "
                            f"comes that of {there} (number {n + 2})",
                        )
                        break
            elif data.between == "line":
                row.ends = found[-1][0] if found else math.inf
            self.given_rows += found
            self.names.add("data", name, len(self.names.rows.get("data", ())))
            dimension = "number" if data.per is None else "rate"
            self.names.bare[name] = Bare("given", "data", dimension, -1 if data.between == "line" else None)
        self.program["given"] = rows

    def _definitions(self) -> None:
        """Check each definition of `let` by itself, and refuse names that mean something else already."""
        self.names.definitions = dict(self.doc.let)
        for section in ("let", "data"):
            for name in getattr(self.doc, section):
                other = self._means(name, section)
                if other:
                    self.fault((section, name, "<key>"), f"'{name}' is {other} already; give it another name")
        for name, text in self.doc.let.items():
            self._compile(text, ("let", name), "any")

    def _means(self, name: str, section: str) -> str:
        """Return what a name that stands for a number means besides, "" for nothing."""
        if section == "let" and name in self.doc.data:
            return "data"
        for kind in ("gauge", "person", "crowd", "faction", "vessel", "device", "place", "process"):
            if self.names.row(kind, name) is not None:
                return f"a {kind}"
        return ""

    def draw(self, wait: Any, path: Path, names: Any = None) -> int:
        """Return the row of a length of time that is drawn, from what an author wrote."""
        self.laws.append(wait)
        kind, numbers, rows = self._law(wait, path)
        row: dict[str, Any] = {"kind": kind}
        known: dict[str, float] = {}
        for column, (value, wants, where) in zip("abcd", numbers, strict=False):
            compiled_before = len(self.uses)
            row[column], row[f"code_{column}"] = self.number(value, (*path, *where), wants, names, 0.0)
            if row[f"code_{column}"] < 0 and (not isinstance(value, str) or len(self.uses) > compiled_before):
                known[column] = row[column]
        for column in "abcd"[len(numbers) :]:
            row[column], row[f"code_{column}"] = 0.0, -1
        if wait.of is not None and kind in (quantiles.POISSON, quantiles.NEGATIVE_BINOMIAL):
            row["c" if kind == quantiles.NEGATIVE_BINOMIAL else "b"] = wait.of
        row["first"], row["count"] = len(self.drawn_rows), len(rows)
        self.drawn_rows += rows
        self._refuse_disorder(known, wait.law, path)
        self.draw_rows.append(row)
        return len(self.draw_rows) - 1

    def _law(self, wait: Any, path: Path) -> tuple[int, list[Any], list[tuple[float, float]]]:
        """Return (kind, parameters, rows) of a distribution; a parameter is (value, dimension, where it stands)."""
        law = wait.law
        held = getattr(wait, law)
        one = lambda name, wants="time": (getattr(held, name), wants, (law, name))  # noqa: E731
        if law == "fixed":
            return quantiles.FIXED, [(held, "time", ())], []
        if law == "exponential":
            return quantiles.GAMMA, [(held, "time", (law,)), (1.0, "number", ())], []
        if law == "gamma":
            return quantiles.GAMMA, [one("mean"), one("shape", "number")], []
        if law == "erlang":
            return quantiles.GAMMA, [one("mean"), (float(held.stages), "number", ())], []
        if law == "lognormal":
            if held.median is not None:
                return quantiles.LOGNORMAL, [one("median"), one("sigma", "number")], []
            return quantiles.LOGNORMAL_BY_MEAN, [one("mean"), one("sd")], []
        if law == "normal":
            most = (math.inf, "time", ()) if held.most is None else one("most")
            return quantiles.NORMAL, [one("mean"), one("sd"), one("least"), most], []
        if law in ("uniform", "triangular", "pert"):
            kind = {"uniform": quantiles.UNIFORM, "triangular": quantiles.TRIANGULAR, "pert": quantiles.PERT}[law]
            return kind, [(value, "time", (law, n)) for n, value in enumerate(held)], []
        if law == "weibull":
            return quantiles.WEIBULL, [one("scale"), one("shape", "number")], []
        if law == "poisson":
            return quantiles.POISSON, [(held, "number", (law,))], []
        if law == "negative_binomial":
            return quantiles.NEGATIVE_BINOMIAL, [one("mean", "number"), one("k", "number")], []
        return quantiles.ROWS, [], self._rows_of(law, held, wait.of, path)

    def _rows_of(self, law: str, held: Any, of: float | None, path: Path) -> list[tuple[float, float]]:
        """Return the values of a choice or of data, in rising order, each with the probability of at most it."""
        weighed: list[tuple[float, float]] = []
        if law == "data":
            if held not in self.data:
                self.fault((*path, "data"), f"unknown data '{held}'{did_you_mean(held, self.doc.data)}")
            weighed = [(value * (of or 1.0), 1.0) for _, value in self.data.get(held, [])]
        for value, weight in held.items() if law == "choice" else ():
            try:
                weighed.append((units.quantity(value, "time"), weight))
            except units.UnitError as wrong:
                self.fault((*path, "choice", value), str(wrong))
        if any(value < 0.0 for value, _ in weighed):
            self.fault((*path, law), "has a value below 0, which is no length of time")
        total = math.fsum(weight for _, weight in weighed)
        below, rows = 0.0, []
        for value, weight in sorted(weighed):
            below += weight / total
            rows.append((value, below))
        return rows or [(0.0, 1.0)]

    def _refuse_disorder(self, known: dict[str, float], law: str, path: Path) -> None:
        """Refuse a distribution whose constants, by their columns in their order, are in no order."""
        if law in ("uniform", "triangular", "pert") and list(known.values()) != sorted(known.values()):
            self.fault((*path, law), "the numbers must rise, from the least to the largest")
        if law == "normal" and known.get("c", -math.inf) >= known.get("d", math.inf):
            self.fault((*path, law, "most"), "must be more than 'least'")
        if law == "lognormal" and known.get("a", math.inf) <= 0.0:
            self.fault((*path, law), "its mean or median must be more than 0 s")

    # -------------------------------------------------------------------------------------------- the world

    def _limits(self) -> None:
        scenario, life = self.doc.scenario, self.doc.life
        row = tables.P_LIMITS.rows(1)
        limits = row[0]
        limits.horizon = scenario.until
        limits.knowing = logit(scenario.knowing)
        limits.poll = scenario.poll
        limits.party_pace = ("slowest", "quartile", "mean").index(scenario.party_pace)
        limits.party_gap = math.inf if scenario.party_gap is None else scenario.party_gap
        limits.ends_code, limits.ends_mask, limits.ends_polled = self._compile(
            scenario.ends_when, ("scenario", "ends_when")
        )
        start = self.names.start
        limits.start_hour, limits.zone = start.seconds, start.zone
        if start.date is not None:
            limits.start_day, limits.dated = (start.date - calendar.EPOCH).days, 1
        limits.gompertz = life.ageing
        limits.senescence = life.ageing * math.exp(-life.ageing * life.modal_age)
        limits.makeham = life.accidents
        limits.phi = life.burden_hazard
        limits.treat_slow = life.treatment_slows
        limits.treat_cost = life.treatment_burden
        limits.treat_heal = life.burden_fades
        limits.dose_half = life.lethal_dose
        limits.dose_power = life.lethal_power
        limits.wounds_kill, limits.ages_every = life.wounds_kill, life.ages_every
        limits.forget_trust = life.trust_fades
        limits.kept_own, limits.broken_own = (float(count) for count in _promises(np.float64(scenario.trust_own)))
        limits.kept_other, limits.broken_other = (float(count) for count in _promises(np.float64(scenario.trust_other)))
        limits.forgive_rate = life.forgiving
        limits.close_mark, limits.apart_mark = life.close, life.apart
        limits.bond_period = life.bonds_every
        limits.balancing, limits.balance_period = life.balancing, life.balances_every
        if life.apart > life.close:
            self.fault(("life", "apart"), f"must be at most 'close', {life.close:g}, got {life.apart:g}")
        self.program["limits"] = row

    def _places(self) -> None:
        doc = self.doc
        maps = tables.P_MAPS.rows(len(doc.maps))
        for row, (name, map_) in zip(maps, doc.maps.items(), strict=True):
            for where, wrong in faults(map_.terrain) if map_.terrain else ():
                self.fault(("maps", name, "terrain", *where), wrong)
            row.within = self._row("map", map_.within, ("maps", name, "within"))
            if map_.at is not None:
                row.x, row.y = map_.at
            elif map_.within is not None:
                self.fault(("maps", name, "at"), f"a map within another needs its position there; {_WHERE}")
        for start in range(len(maps)):
            at = start
            for _ in range(len(maps) + 1):
                at = maps.within[at] if at >= 0 else -1
            if at >= 0:
                self.fault(("maps", list(doc.maps)[start], "within"), "maps lie within one another in a circle")
                maps.within[start] = -1
        self.program["maps"] = maps
        rows = tables.P_PLACES.rows(len(doc.places) + len(doc.vessels) + len(doc.devices))
        self.place_keys = list(self._keys("places", doc.places).values())
        staged = []
        rows.cover, rows.shelter, rows.staged = 1.0, 1.0, -1
        for i, (name, place) in enumerate(doc.places.items()):
            path = ("places", name)
            row = rows[i]
            row.map = self._row("map", place.map, (*path, "map"))
            if place.at is not None:
                row.x, row.y = place.at
                if place.map is None:
                    self.fault((*path, "at"), "a place with a position needs a 'map' for it to be on")
            elif place.map is not None:
                self.fault((*path, "at"), f"a place on a map needs its position there; {_WHERE}")
            if place.inside is not None:
                row.vessel = self._row("vessel", place.inside, (*path, "inside"))
                if place.map is not None:
                    self.fault((*path, "inside"), "a place is on a map or inside a vessel, not both")
            row.cover, row.shelter, row.blackout = place.cover, place.shelter, place.blackout
            row.field = self._row("field", place.field, (*path, "field"))
            row.interference = place.interference + self._noise(place.map, row.x, row.y)
            if place.pretends is not None:
                row.staged = len(staged)
                staged.append((i, place.pretends, (*path, "pretends")))
        for name, inside in self.names.insides.items():
            row = rows[inside]
            if name in doc.vessels:
                row.vessel = self.names.rows["vessel"][name]
                row.cover, row.shelter = doc.vessels[name].cover, doc.vessels[name].shelter
            else:
                row.machine = self.names.rows["device"][name]
                device = doc.devices[name]
                if device.at is not None:
                    at = self._row("place", device.at, ("devices", name, "at"))
                    if at >= 0:
                        row.map, row.x, row.y = rows[at].map, rows[at].x, rows[at].y
                        row.field, row.shelter = rows[at].field, rows[at].shelter
        self.program["places"] = rows
        regions = [(m, region) for m, map_ in enumerate(doc.maps.values()) for region in map_.regions.values()]
        table = tables.P_REGIONS.rows(len(regions))
        for row, (m, region) in zip(table, regions, strict=True):
            row.map, (row.x, row.y) = m, region.at
            row.x1, row.y1 = region.to or region.at
            row.radius, row.blackout, row.drag = region.radius, region.blackout, region.drag
            row.interference, row.scale = region.interference, region.scale
        self.program["regions"] = table
        table = tables.STAGED.rows(len(staged))
        for row, (place_row, pretence, path) in zip(table, staged, strict=True):
            row.place, row.of = place_row, self._row("spot", pretence.of, (*path, "of"))
            row.density = pretence.density
            row.habituation = math.inf if pretence.habituation is None else pretence.habituation
            row.fact = self._row("fact", pretence.fact, (*path, "fact"))
            row.began = math.inf
            row.clock = self._clock(chance.NOTICING, self.place_keys[place_row])
        self.world["staged"] = table

    def _noise(self, map_name: str | None, x: float, y: float) -> float:
        """Return the interference at a position: each region's, falling off with distance (over thermal noise)."""
        if map_name is None or map_name not in self.doc.maps:
            return 0.0
        total = 0.0
        for region in self.doc.maps[map_name].regions.values():
            if region.interference > 0.0:
                away = max(0.0, _distance_to_segment(x, y, region.at, region.to or region.at) - region.radius)
                total += region.interference * (
                    math.exp(-away / region.scale) if region.scale > 0.0 else float(away == 0.0)
                )
        return total

    def _people(self) -> None:
        doc = self.doc
        total = len(doc.people) + sum(crowd.count for crowd in doc.listed.values())
        if total > MOST_PEOPLE:
            self.fault(
                ("crowds",), f"{total:,} people in all, named and in crowds; at most {MOST_PEOPLE:,} are allowed"
            )
            raise _TooMuch
        people = tables.PEOPLE.rows(total)
        people.arrives = math.inf
        people.suit, people.frailty = 1.0, 1.0
        key_of = self._keys("people", doc.people)
        minds = tables.MINDS.rows(len(doc.people))
        values = np.zeros((len(doc.people), max(1, len(doc.values))))
        tissues = []
        for i, (name, person) in enumerate(doc.people.items()):
            path = ("people", name)
            row, mind = people[i], minds[i]
            row.key = key_of[name]
            self._body(row, person, path)
            row.suit, row.suited = (1.0, 0) if person.suit is None else (person.suit, 1)
            row.leader = self._row("person", person.follows, (*path, "follows"))
            row.machine = person.machine
            row.reserve = 1000.0 * person.mass
            mind.superior = self._row("person", person.superior, (*path, "superior"))
            mind.post = self._row("vessel", person.commands, (*path, "commands"))
            mind.precision, mind.alert = person.precision, person.attention
            for value, weight in person.values.items():
                column = self._row("value", value, (*path, "values", value))
                if column >= 0:
                    values[i, column] = weight
            for tissue, state in person.tissues.items():
                tissues.append((i, self.names.rows["tissue"][tissue], state))
        self._refuse_cycles()
        self._crowds(people)
        self._clocks_of(people)
        self.world["people"], self.world["minds"], self.world["values"] = people, minds, values
        table = tables.TISSUES.rows(len(tissues))
        for row, (person_row, kind, state) in zip(table, tissues, strict=True):
            row.person, row.kind, row.integrity, row.needed = person_row, kind, state.integrity, state.needed
            row.fades, row.turns = state.fades, math.inf
            row.works = state.integrity >= state.needed
        self.world["tissues"] = table

    def _clocks_of(self, people: np.recarray) -> None:
        """Give everybody a clock of each kind; there may be a million people."""
        kinds = {
            "clock_death": chance.DEATH,
            "clock_dose": chance.LETHALITY,
            "clock_tag": chance.TAGGING,
            "clock_lock": chance.LOCK,
        }
        first = len(self.clock_rows)
        self.clock_rows += [(stream, key) for key in people.key.tolist() for stream in kinds.values()]
        for turn, column in enumerate(kinds):
            people[column] = first + turn + len(kinds) * np.arange(len(people))

    def _body(self, row: Any, item: Any, path: Path) -> None:
        row.faction = self._row("faction", item.faction, (*path, "faction"))
        row.place = self._row("spot", item.place, (*path, "place"))
        row.home = row.place if item.home is None else self._row("spot", item.home, (*path, "home"))
        if row.place >= 0:
            row.x, row.y = self.program["places"].x[row.place], self.program["places"].y[row.place]
        row.age = item.age
        row.biological = item.age if item.biological_age is None else item.biological_age
        row.biological_start = row.biological
        row.treatment, row.burden, row.mass = item.treatment, item.burden, item.mass
        row.pace = pace_at_age(item.age) if item.pace == BY_AGE else item.pace
        row.load = item.load

    def _crowds(self, people: np.recarray) -> None:
        doc = self.doc
        key_of = self.crowd_keys = self._keys("crowds", doc.crowds)
        crowds = tables.P_CROWDS.rows(len(doc.listed))
        first = len(doc.people)
        for i, (name, crowd) in enumerate(doc.listed.items()):
            self._refuse_heads(name, crowd)
            row = crowds[i]
            row.first, row.count = first, crowd.count
            row.pace_by_age = crowd.pace == BY_AGE
            row.age_spread, row.pace_spread, row.frailty_spread = (
                crowd.age_spread,
                crowd.pace_spread,
                crowd.frailty_spread,
            )
            row.spread = crowd.spread
            model = tables.PEOPLE.rows(1)
            model = model[0]
            model.arrives, model.suit, model.frailty, model.crowd = math.inf, 1.0, 1.0, i
            model.leader, model.suited, model.machine = -1, 0, 0
            self._body(model, crowd, ("crowds", name))
            model.reserve = 1000.0 * crowd.mass
            people[first : first + crowd.count] = model
            members = np.arange(1, crowd.count + 1, dtype=np.uint64)
            people.key[first : first + crowd.count] = np.uint64(key_of[name]) + members
            first += crowd.count
        self.program["crowds"] = crowds

    def _refuse_heads(self, name: str, crowd: Any) -> None:
        """Say what a crowd whose people are bodies cannot have."""
        if crowd.state is not None:
            self.fault(("crowds", name, "state"), "'state' is of a counted crowd; say which 'states' there are")
        if not isinstance(crowd.place, str):
            self.fault(("crowds", name, "place"), "several places are for a counted crowd; give it 'states'")
            raise _TooMuch

    def _refuse_cycles(self) -> None:
        people = self.doc.people
        for field_name, what in (("superior", "chain of command"), ("follows", "chain of followers")):
            done: set[str] = set()
            for name in people:
                seen: list[str] = []
                at: str | None = name
                while at is not None and at in people and at not in done:
                    if at in seen:
                        loop = " -> ".join([*seen[seen.index(at) :], at])
                        self.fault(("people", at, field_name), f"the {what} runs in a circle: {loop}")
                        break
                    seen.append(at)
                    at = getattr(people[at], field_name)
                done.update(seen)

    def _vessels(self) -> None:
        doc = self.doc
        key_of = self._keys("vessels", doc.vessels)
        rows = tables.VESSELS.rows(len(doc.vessels))
        weapons = []
        for i, (name, vessel) in enumerate(doc.vessels.items()):
            row, path = rows[i], ("vessels", name)
            row.key = key_of[name]
            row.faction = self._row("faction", vessel.faction, (*path, "faction"))
            row.inside = self.names.insides[name]
            row.at = self._row("spot", vessel.at, (*path, "at"))
            if row.at == row.inside:
                self.fault((*path, "at"), "a vessel cannot be inside itself")
                row.at = -1
            row.arrives = math.inf
            row.speed, row.thrust, row.drag = vessel.speed, vessel.thrust, vessel.drag
            row.shield = row.shield_max = vessel.shield
            row.recharge, row.down_time, row.raised = vessel.recharge, vessel.shield_down, vessel.raised
            row.hull = row.hull_max = vessel.hull
            row.breakpoint, row.nerve, row.escape = vessel.breakpoint, vessel.nerve, vessel.escape
            row.disabled_below = vessel.disabled
            row.wanes, row.intercepts, row.intercept = vessel.wanes, vessel.intercepts, vessel.intercept_chance
            for gun, weapon in vessel.weapons.items():
                if weapon.rate > 0.0 and weapon.volley > 0:
                    self.fault((*path, "weapons", gun), "a weapon has a 'rate' of shots or fires a 'volley', not both")
            row.leg_ends = math.inf
            row.cloak = 1.0 if vessel.cloak is None else vessel.cloak
            row.cloaked = vessel.cloaked
            if vessel.cloaked and vessel.cloak is None:
                self.fault(
                    (*path, "cloaked"), "it has no 'cloak' to be hidden by; give its signature, such as cloak: 0.001"
                )
            row.complement = vessel.complement
            guns = self._keys("weapons", vessel.weapons, path, [vessel.key or name])
            weapons += [(i, guns[gun], weapon) for gun, weapon in vessel.weapons.items()]
        for i, (name, person) in enumerate(doc.people.items()):
            if person.commands in doc.vessels:
                row = rows[self.names.rows["vessel"][person.commands]]
                if row.captain >= 0:
                    self.fault(("people", name, "commands"), f"'{person.commands}' has a commander already")
                row.captain = i
        places = self.program["places"]
        for _ in range(8):
            for row in rows:
                if row.at >= 0:
                    inside = places.vessel[row.at]
                    row.x = rows.x[inside] if inside >= 0 else places.x[row.at]
                    row.y = rows.y[inside] if inside >= 0 else places.y[row.at]
        self.world["vessels"] = rows
        table = tables.WEAPONS.rows(len(weapons))
        for row, (ship, key, weapon) in zip(table, weapons, strict=True):
            row.key = key
            row.vessel, row.rate, row.accuracy, row.damage = ship, weapon.rate, weapon.accuracy, weapon.damage
            row.falloff = math.inf if weapon.falloff is None else weapon.falloff
            row.range = math.inf if weapon.range is None else weapon.range
            row.volley, row.every, row.next = weapon.volley, weapon.every, math.inf
        self.world["weapons"] = table
        self.world["melee"] = tables.MELEE.rows(len(rows) + 1)
        self.world["melee_guns"] = tables.MELEE_GUNS.rows(len(table) + 1)
        self.world["reckoning"] = tables.RECKONING.rows(max(513, len(rows)))

    def _pads(self) -> None:
        key_of = self._keys("pads", self.doc.pads)
        rows = tables.PADS.rows(len(self.doc.pads))
        for row, (name, pad) in zip(rows, self.doc.pads.items(), strict=True):
            path = ("pads", name)
            row.key = key_of[name]
            row.owner = self._row("spot", pad.owner, (*path, "owner"))
            row.faction = self._row("faction", pad.faction, (*path, "faction"))
            row.count, row.batch, row.cycle, row.attempts = pad.count, pad.batch, pad.cycle, pad.attempts
            row.gain, row.reference, row.tag_gain = pad.gain, pad.reference, pad.tag_gain
            row.range, row.absorption, row.powered = pad.range, pad.absorption, pad.powered
            row.line = -1 if pad.line is None else pad.line
            row.first_asked = math.inf
        self.world["pads"] = rows
        self.world["slots"] = tables.SLOTS.rows(int(rows["count"].sum()))
        self.world["slots"].pad = np.repeat(np.arange(len(rows)), rows["count"])
        self.world["slots"].ready = math.inf
        self.world["waits"] = tables.WAITS.rows(len(rows), len(self.world["people"]))

    def _swarms(self) -> None:
        key_of = self._keys("swarms", self.doc.swarms)
        rows = tables.SWARMS.rows(len(self.doc.swarms))
        drones = hunts = 0
        for row, (name, swarm) in zip(rows, self.doc.swarms.items(), strict=True):
            path = ("swarms", name)
            row.key = key_of[name]
            row.faction = self._row("faction", swarm.faction, (*path, "faction"))
            row.station = self._row("spot", swarm.base, (*path, "base"))
            row.left, row.speed, row.width, row.area = swarm.count, swarm.speed, swarm.width, swarm.area
            row.tag_rate, row.tag_chance, row.defence = swarm.tag_rate, swarm.tag_chance, swarm.defence
            row.pad = self._row("pad", swarm.pad, (*path, "pad"))
            row.take_to = self._row("spot", swarm.take_to, (*path, "take_to"))
            row.period = swarm.period
            row.clock_loss = self._clock(chance.HUNT_LOSS, key_of[name])
            row.explicit, row.look, row.reach = swarm.search == "explicit", swarm.look, swarm.reach
            row.fire_range, row.refresh = swarm.fire_range, math.inf
            if swarm.search == "explicit":
                row.drone, row.drones, row.room = drones, swarm.count, hunts
                drones, hunts = drones + swarm.count, hunts + 1
        self.world["swarms"], self.world["drones"] = rows, tables.DRONES.rows(drones)
        room = len(self.doc.people) + max((crowd.count for crowd in self.doc.listed.values()), default=0)
        blocks = pursuit.most_blocks(room) if hunts else 0
        self.world["hunted"] = np.zeros((hunts * pursuit.COLUMNS, room), np.float32)
        self.world["hunted_who"] = np.zeros((hunts, room), np.int32)
        self.world["hunted_starts"] = np.zeros((hunts, blocks + 1), np.int32)
        self.world["hunted_boxes"] = np.zeros((pursuit.SIDES, blocks), np.float32)
        self.world["hunted_bounds"] = np.zeros(blocks, np.int32)

    def _devices(self) -> None:
        doc = self.doc
        key_of = self._keys("devices", doc.devices)
        rows = tables.DEVICES.rows(len(doc.devices))
        plans = tables.P_DEVICES.rows(len(doc.devices))
        for i, (name, device) in enumerate(doc.devices.items()):
            row, plan, path = rows[i], plans[i], ("devices", name)
            row.key = key_of[name]
            row.faction = self._row("faction", device.faction, (*path, "faction"))
            row.inside = self.names.insides[name]
            row.aboard = self._row("vessel", device.aboard, (*path, "aboard"))
            row.stands = self._row("place", device.at, (*path, "at")) if device.aboard is None else -1
            if (device.aboard is None) == (device.at is None):
                self.fault(path, "a device stands 'at' a place or is 'aboard' a vessel: give one of the two")
            row.stage, row.ends, row.arm_ends = -1, math.inf, math.inf
            plan.automatic, plan.automatic_n = self._stages(i, states.AUTOMATIC, device.start, (*path, "start"))
            plan.manual, plan.manual_n = self._stages(i, states.BY_HAND, device.by_hand, (*path, "by_hand"))
            plan.run, plan.run_n = self._stages(i, states.RUN, device.run, (*path, "run"))
            plan.arming, plan.arming_n = self._stages(i, states.ARMING, device.arming, (*path, "arming"))
            plan.countdown = math.inf if device.countdown is None else device.countdown
            plan.presence, plan.around = device.presence, device.blast == "around"
        table = tables.P_STAGES.rows(len(self.stage_rows))
        for row, (device, track, drawn) in zip(table, self.stage_rows, strict=True):
            row.machine, row.track, row.draw = device, track, drawn
        self.world["devices"], self.program["device_plans"], self.program["stages"] = rows, plans, table

    def _stages(self, device: int, track: int, stages: Sequence[Any], path: Path) -> tuple[int, int]:
        first = len(self.stage_rows)
        for n, stage in enumerate(stages):
            self.stage_rows.append((device, track, self.draw(stage, (*path, n))))
        return first, len(stages)

    def _fields(self) -> None:
        rows = tables.FIELDS.rows(len(self.doc.fields))
        for row, (name, source) in zip(rows, self.doc.fields.items(), strict=True):
            path = ("fields", name)
            row.strength, row.inner, row.outer = source.strength, source.inner, source.outer
            row.height, row.absorption, row.stock = source.height, source.absorption, 1.0
            row.efficiency, row.toxicity = source.efficiency, source.toxicity
            row.benefit, row.half, row.exponent = source.benefit, source.half, source.exponent
            row.target_age, row.healing = source.target_age, source.healing
            row.machine = self._row("device", source.device, (*path, "device"))
            row.draw, row.low = source.drain, source.low
            row.level, row.relevel, row.empties = 1.0, math.inf, math.inf
            if source.inner > source.outer:
                self.fault((*path, "inner"), "must be at most 'outer'")
                row.outer = row.inner
        places = self.program["places"]
        for place in places:
            if place.field >= 0:
                source = list(self.doc.fields.values())[place.field]
                row: Any = rows[place.field]
                away = 0.0 if source.axis is None else math.hypot(place.x - source.axis[0], place.y - source.axis[1])
                place.dose_rate = _ring(row.strength, row.inner, row.outer, away, row.height, row.absorption)
        self.world["fields"] = rows

    def _facts(self) -> None:
        doc = self.doc
        facts = tables.FACTS.rows(len(doc.facts))
        beliefs = tables.BELIEFS.rows(len(doc.people), max(1, len(doc.facts)))
        beliefs.since = math.inf
        roots = tables.ROOTS.rows(max(1, len(doc.facts)), _ROOTS)
        facts.key = np.array(list(self._keys("facts", doc.facts).values()), np.uint64)
        for i, fact in enumerate(doc.facts.values()):
            facts[i].true, facts[i].prior = fact.so, logit(fact.prior)
            beliefs.odds[:, i] = facts[i].prior
        knowing = logit(doc.scenario.knowing)
        for i, (name, person) in enumerate(doc.people.items()):
            held: dict[str, tuple[str, str | int, float]] = {
                fact: ("knows", n, max(6.0, knowing + 1.0)) for n, fact in enumerate(person.knows)
            }
            for fact, probability in person.believes.items():
                if fact in held:
                    self.fault(("people", name, "believes", fact), f"'{fact}' is under 'knows' already")
                held[fact] = ("believes", fact, logit(probability))
            for fact, (section, at, odds) in held.items():
                column = self._row("fact", fact, ("people", name, section, at))
                if column < 0:
                    continue
                belief = beliefs[i, column]
                source = facts[column]
                belief.odds = odds
                belief.known = odds >= knowing
                belief.since = 0.0 if belief.known else math.inf
                if source.sources < _ROOTS:
                    roots[column, source.sources].source = refs.PERSON * refs.ROWS_PER_KIND + i
                    roots[column, source.sources].weight = odds - facts[column].prior
                    belief.roots = np.uint64(1) << np.uint64(source.sources)
                    source.sources += 1
                else:
                    self.fault(
                        ("people", name, section, at),
                        f"at most {_ROOTS} people can hold '{fact}' at the start, each by evidence of their own; "
                        "let the others learn it by a rule",
                    )
        self.world["facts"], self.world["beliefs"], self.world["roots"] = facts, beliefs, roots

    def _ties(self) -> None:
        doc = self.doc
        n = max(1, len(doc.factions))
        ties = tables.TIES.rows(n, n)
        ties.offended = math.inf
        key_of = list(self._keys("factions", doc.factions).values())
        for i, j in itertools.product(range(len(key_of)), repeat=2):
            ties[i, j].key = _pair(key_of[i], key_of[j])
        for i in range(n):
            ties[i, i].value = 1.0
        for i, tie in enumerate(doc.ties):
            path = ("ties", i)
            who, to = self._row("faction", tie.who, (*path, "who")), self._row("faction", tie.to, (*path, "to"))
            if who < 0 or to < 0:
                continue
            for one, other in ((who, to), (to, who)) if tie.mutual else ((who, to),):
                row = ties[one, other]
                row.value = tie.value
                if tie.grudge is not None:
                    row.grudge, row.offended = tie.grudge, -tie.offended
        self.world["ties"] = ties
        balancing = len(key_of) if doc.life.balancing > 0.0 else 0
        self.world["balance"] = tables.BALANCE.rows(balancing, balancing)

    def _words(self) -> None:
        doc = self.doc
        channels = tables.P_CHANNELS.rows(len(doc.channels))
        relays: list[int] = []
        for row, (name, channel) in zip(channels, doc.channels.items(), strict=True):
            row.speed = math.inf if channel.speed is None else channel.speed
            row.overhead, row.through, row.reliability = channel.overhead, channel.through, channel.reliability
            row.fails, row.mends = channel.fails, channel.mends
            row.range = math.inf if channel.range is None else channel.range
            row.relay, row.relays = len(relays), len(channel.relays)
            relays += [self._ref("thing", r, ("channels", name, "relays", n)) for n, r in enumerate(channel.relays)]
        self.program["channels"] = channels
        self.program["relays"] = _fill(tables.P_RELAYS, [{"thing": relay} for relay in relays])
        links = tables.LINKS.rows(len(channels))
        links.key, links.up = np.array(list(self._keys("channels", doc.channels).values()), np.uint64), 1
        self.world["links"] = links
        key_of = self._keys("councils", doc.councils)
        councils = tables.COUNCILS.rows(len(doc.councils))
        for row, (name, council) in zip(councils, doc.councils.items(), strict=True):
            row.key = key_of[name]
            row.faction = self._row("faction", council.faction, ("councils", name, "faction"))
            row.place = self._row("spot", council.place, ("councils", name, "place"))
            row.members, row.quorum, row.response = council.members, council.quorum, council.response
            if council.quorum > council.members:
                self.fault(
                    ("councils", name, "quorum"),
                    f"a quorum must be at most the {council.members} members, got {council.quorum}",
                )
            row.stages, row.competence = council.stages, council.competence
            row.stage_time, row.stage_shape = self._session(council.stage, ("councils", name, "stage"))
            row.convened, row.decides = math.inf, math.inf
        self.world["councils"] = councils

    def _sensors(self) -> None:
        doc = self.doc
        key_of = self._keys("sensors", doc.sensors)
        rows = tables.SENSORS.rows(len(doc.sensors))
        pairs = []
        for i, (name, sensor) in enumerate(doc.sensors.items()):
            row, path = rows[i], ("sensors", name)
            row.key = key_of[name]
            owner = self.names.find("thing", sensor.owner) or self.names.find("being", sensor.owner)
            if owner is None:
                owner = self._ref("thing", sensor.owner, (*path, "owner"))
            row.owner, row.height, row.attention = owner, sensor.height, sensor.attention
            width = 48.0 if sensor.width is None else sensor.width
            row.visual = width * width * 1.4 / (8.0 * math.pi) if sensor.visual is None else sensor.visual
            if sensor.visual is not None and sensor.width is not None:
                self.fault((*path, "visual"), "give a 'width' or a 'visual' constant, not both")
            row.absorption, row.active, row.period = sensor.absorption, sensor.active, sensor.period
            row.alert, row.cue = sensor.alert, sensor.cue
            if sensor.looks is not None:
                looks = sensor.looks
                row.looks, row.false_alarm, row.snr, row.reference = (
                    looks.every,
                    looks.false_alarm,
                    looks.snr,
                    looks.reference,
                )
                row.order = 4.0 if looks.active else 2.0
                if sensor.visual is not None or sensor.width is not None:
                    self.fault((*path, "looks"), "an instrument that looks has no 'width' and no 'visual' constant")
            row.clock_alarm = self._clock(chance.DETECTION, key_of[name])
            row.reports_to = self._row("person", sensor.reports_to, (*path, "reports_to"))
            row.fact, row.weight = self._row("fact", sensor.fact, (*path, "fact")), sensor.weight
            for n, target in enumerate(sensor.targets):
                found = self._ref("thing", target, (*path, "targets", n))
                if found >= 0:
                    pairs.append((i, found, self._clock(chance.DETECTION, _pair(key_of[name], self._key_of(found)))))
        self.world["sensors"] = rows
        table = tables.PAIRS.rows(len(pairs))
        for row, (sensor_row, target, clock) in zip(table, pairs, strict=True):
            row.sensor, row.target, row.clock, row.sees = sensor_row, target, clock, math.inf
        self.world["pairs"] = table

    def _key_of(self, reference: int) -> int:
        kind, row = reference // refs.ROWS_PER_KIND, reference % refs.ROWS_PER_KIND
        table = {refs.PERSON: "people", refs.VESSEL: "vessels", refs.DEVICE: "devices"}.get(kind)
        return int(self.world[table].key[row]) if table else self.place_keys[row]

    def _routes(self) -> None:
        doc = self.doc
        routes = tables.P_ROUTES.rows(len(doc.routes))
        legs: list[tuple] = []
        places = self.program["places"]
        for i, (name, route) in enumerate(doc.routes.items()):
            path = ("routes", name)
            start, end = (
                self._row("place", route.start, (*path, "start")),
                self._row("place", route.end, (*path, "end")),
            )
            routes[i].first, routes[i].start, routes[i].end = len(legs), start, end
            if start < 0 or end < 0:
                continue
            map_row = places.map[start]
            if map_row < 0 or map_row != places.map[end]:
                self.fault((*path, "end"), "a route needs two places on the same map")
                continue
            map_name = list(doc.maps)[map_row]
            x, y, height = places.x[start], places.y[start], 0.0
            stops: list[tuple[float, float, Any]] = [(*w.at, w) for w in route.by]
            stops.append((places.x[end], places.y[end], route.last))
            if route.find is not None:
                height, stops = self._found(path, route, doc.maps[map_name], map_name, start, end)
            for x1, y1, ground in stops:
                height1 = height if ground is None else ground.height
                plane = self.planes.get(map_name)
                run = math.hypot(x1 - x, y1 - y) if plane is None else plane.length((x, y), (x1, y1))
                parts = max(1, math.ceil(run / _LEG - 1e-6))  # a leg that is longer by rounding is none more
                if len(legs) + parts > MOST_LEGS:
                    self.fault(
                        path,
                        f"this route goes on for {run / 1000.0:,.0f} km, and people walk {_LEG / 1000.0:g} km at a time: more than "
                        f"{MOST_LEGS:,} legs in all; move its places nearer to one another, or let a vessel go there",
                    )
                    break
                for part in range(parts):
                    a, b = part / parts, (part + 1) / parts
                    middle = (x + (x1 - x) * (a + b) / 2.0, y + (y1 - y) * (a + b) / 2.0)
                    noise = (
                        self._noise(map_name, *middle)
                        if ground is None or ground.interference is None
                        else ground.interference
                    )
                    legs.append(
                        (
                            i,
                            run / parts,
                            (height1 - height) / run if run > 0.0 else 0.0,
                            1.0 if ground is None else ground.footing,
                            1.0 if ground is None else ground.cover,
                            noise,
                            math.inf if ground is None or ground.width is None else ground.width,
                            math.inf if ground is None or ground.gate is None or part < parts - 1 else ground.gate,
                            -1,
                            -1,
                            end,
                            x + (x1 - x) * a,
                            y + (y1 - y) * a,
                            x + (x1 - x) * b,
                            y + (y1 - y) * b,
                        )
                    )
                x, y, height = x1, y1, height1
            routes[i].count = len(legs) - routes[i].first
        table = tables.P_LEGS.rows(len(legs))
        for n, leg in enumerate(legs):
            table[n] = leg
        self.program["routes"], self.program["legs"] = routes, table
        self._narrow_places(table)

    def _narrow_places(self, legs: np.recarray) -> None:
        """Give each gate, and each start of a way with a width, its row of `gates`; routes that share it share the row."""
        shared: dict[tuple[Any, ...], tuple[int, float, int]] = {}
        names = list(self.doc.routes)
        places, routes = self.program["places"], self.program["routes"]
        for leg in legs:
            map_ = int(places.map[routes.start[leg.route]])
            run = math.hypot(leg.x1 - leg.x0, leg.y1 - leg.y0) or 1.0
            way = tuple(round(float(part), 9) for part in ((leg.x1 - leg.x0) / run, (leg.y1 - leg.y0) / run))
            start, end = (
                tuple(round(float(part), 3) for part in point) for point in ((leg.x0, leg.y0), (leg.x1, leg.y1))
            )
            for key, column, width in (
                (("way", map_, start, way), "mouth", leg.width),
                (("gate", map_, end), "narrow", leg.gate),
            ):
                if math.isinf(width):
                    continue
                row, before, route = shared.setdefault(key, (len(shared), float(width), int(leg.route)))
                leg[column] = row
                if width != before:
                    what = "the gate that ends" if key[0] == "gate" else "the way that begins"
                    at = end if key[0] == "gate" else start
                    self.fault(
                        ("routes", names[leg.route]),
                        f"{what} at {at[0]:g} m, {at[1]:g} m is {float(width):g} m wide here and {before:g} m wide on route "
                        f"'{names[route]}'; it is one and the same, so give it one width",
                    )
        self.world["gates"] = tables.GATES.rows(len(shared))

    def _found(
        self, path: Path, route: Any, map_: Any, map_name: str, start: int, end: int
    ) -> tuple[float, list[tuple[float, float, Any]]]:
        """Return the height at the start of a way over the terrain, and its stops; a way that cannot be is a fault."""
        places = self.program["places"]
        terrain = map_.terrain
        if route.by or route.last:
            self.fault((*path, "find"), "a way is found or given 'by' its points, not both")
        if terrain is None or faults(terrain):
            if terrain is None:
                self.fault((*path, "find"), f"map '{map_name}' has no terrain to find a way over; give it one")
            return 0.0, []
        begin, goal = ((float(places.x[row]), float(places.y[row])) for row in (start, end))
        try:
            stops = find_way(terrain, route.find, begin, goal, lambda x, y: self._noise(map_name, x, y))
            height = height_at(terrain, begin)
        except ValueError as wrong:
            self.fault((*path, "find"), f"its start or its end {wrong}; widen the terrain or move the place")
            return 0.0, []
        if not stops:
            self.fault((*path, "find"), "no way leads over the terrain; open one, or choose other places")
        return height, [(*stop.at, stop) for stop in stops]

    # -------------------------------------------------------------------------------------------- rules and decisions

    def _rules(self) -> None:
        doc = self.doc
        self._keys("rules", doc.rules)
        rows: list[dict[str, Any]] = []
        rules_state = tables.RULES_STATE.rows(len(self.rule_instances) + len(doc.injects))
        rules_state.next, rules_state.fires = math.inf, math.inf
        for i, (name, instance, local) in enumerate(self.rule_instances):
            rule, row, path = doc.rules[name], {}, ("rules", name)
            names = LocalNames(self.names, local)
            row["key"] = self._instance_key("rules", name, local)
            code, mask, polled = self._compile(rule.when, (*path, "when"), names=names, owner=instance)
            row |= {"code": code, "mask": mask, "polled": polled}
            if rule.colour and (rule.do or rule.told is None):
                self.fault((*path, "colour"), "a rule for colour is told and does nothing; leave out 'colour', or 'do'")
            row["every"] = doc.scenario.poll if rule.poll is None else rule.poll
            row |= {"lapses": rule.lapses, "quiet": rule.told is None}
            row |= self._clock_of(rule, path, names, row["key"], rules_state[i])
            row["chance"], row["willing"] = self.number(rule.chance, (*path, "chance"), "number", names, 0.0, 1.0)
            if row["willing"] >= 0:
                row["chance"] = 1.0
            row["event"] = self.names.rows["event"][instance]
            row["also"] = self.names.rows["event"][name] if instance != name else -1
            row["first"], row["count"] = self._queue(rule.do, (*path, "do"), names)
            rows.append(row)
        rows += self._injects()
        self.program["rules"], self.world["rules_state"] = _fill(tables.P_RULES, rows), rules_state
        masks = [
            {"mask": row.get("mask", 0) | (self.rate_rows[row["running"]]["mask"] if row["running"] >= 0 else 0)}
            for row in rows
        ]
        self.program["rule_topics"] = _fill(tables.P_RULE_TOPICS, masks)
        self.world["rule_times"] = tables.RULE_TIMES.rows(len(rows))
        self._sights()

    def _clock_of(self, rule: Any, path: Path, names: LocalNames, key: int, held: Any) -> dict[str, Any]:
        """Return the columns that say what lets a rule fire while its condition holds."""
        given = [name for name in ("after", "rate", "every", "at") if getattr(rule, name) not in (None, [])]
        if len(given) > 1:
            self.fault((*path, given[1]), f"a rule has one clock at most, and this one has {' and '.join(given)}")
        clock = given[0] if given else ""
        if rule.since is not None and clock != "every":
            self.fault((*path, "from"), "is the first beat of 'every'; give that too, or leave this out")
        goes_on = clock in ("rate", "every", "at")
        if goes_on and rule.repeat:
            self.fault((*path, "repeat"), f"'{clock}' goes on by itself; leave 'repeat' out, or write once: true")
        if rule.once and not goes_on:
            self.fault((*path, "once"), "goes with 'rate', 'every' or 'at'; without 'repeat' a rule fires once anyway")
        row: dict[str, Any] = {"running": -1, "draw": -1, "again": not rule.once if goes_on else rule.repeat}
        row["clocked"] = states.AT_ONCE
        if clock == "after":
            row["clocked"], row["draw"] = states.AFTER, self.draw(rule.after, (*path, "after"), names)
            if rule.repeat:
                self._takes_time(rule.after, (*path, "after"))
        elif clock == "rate":
            row["clocked"], held.clock = states.AT_A_RATE, self._clock(chance.RULE, key)
            if isinstance(rule.rate, str):
                row["running"] = self.running(rule.rate, (*path, "rate"), int(held.clock), names, rule.poll)
            else:
                row["rate"] = rule.rate
        elif clock == "every":
            first = calendar.first_beat(rule.every, rule.since, self.names.start)
            row |= {"clocked": states.EVERY, "period": rule.every, "first_beat": first}
        elif clock == "at":
            if any(later <= sooner for sooner, later in itertools.pairwise(rule.at)):
                self.fault((*path, "at"), "the times must rise; put them in order, each once")
            row |= {"clocked": states.AT_TIMES, "times": len(self.given_rows), "time_count": len(rule.at)}
            self.given_rows += [(at, 0.0) for at in rule.at]
        return row

    def _session(self, stage: Any, path: Path) -> tuple[float, float]:
        """Return (mean, shape) of a council's stage, which is of the gamma kind; shape 0 is fixed."""
        kind, numbers, _ = self._law(stage, path)
        values = [value for value, _, _ in numbers]
        if kind not in (quantiles.FIXED, quantiles.GAMMA) or any(isinstance(value, str) for value in values):
            self.fault(path, "a council's stage is fixed, exponential, gamma or Erlang's, with numbers alone")
            return 0.0, 0.0
        return values[0], 0.0 if kind == quantiles.FIXED or values[0] == 0.0 else values[1]

    def _injects(self) -> list[dict[str, Any]]:
        """Return the injects as rules: their condition never comes to hold, so that only a hand lets them fire."""
        rows = []
        never = language.compile_condition("false", self.names)
        for name, key in self._keys("injects", self.doc.injects).items():
            code = len(self.code)
            self.code.extend(language.relocate(never, len(self.constants)))
            self.constants.extend(never.constants)
            inject = self.doc.injects[name]
            row = {"key": key, "code": code, "chance": 1.0, "again": inject.repeat, "willing": -1}
            row |= {"clocked": states.AT_ONCE, "running": -1, "draw": -1}
            row["every"] = self.doc.scenario.poll
            row["event"], row["also"] = self.names.rows["event"][name], -1
            row["first"], row["count"] = self._queue(inject.do, ("injects", name, "do"), LocalNames(self.names, {}))
            rows.append(row)
        return rows

    def _sights(self) -> None:
        """Enter who notices rules and events, where that is said."""
        doc, rows = self.doc, []
        for i, (name, _, local) in enumerate(self.rule_instances):
            seen_by, path = doc.rules[name].seen_by, ("rules", name, "seen_by")
            if seen_by is not None:
                rows += self._seen_by(refs.RULE * refs.ROWS_PER_KIND + i, seen_by, path, LocalNames(self.names, local))
        for name, inject in doc.injects.items():
            if inject.seen_by is not None:
                row = refs.RULE * refs.ROWS_PER_KIND + self.names.rows["inject"][name]
                rows += self._seen_by(row, inject.seen_by, ("injects", name, "seen_by"), self.names)
        for name, event in doc.events.items():
            if event.seen_by:
                row = refs.EVENT * refs.ROWS_PER_KIND + self.names.rows["event"][name]
                rows += self._seen_by(row, event.seen_by, ("events", name, "seen_by"), self.names)
        self.program["sights"] = _fill(tables.P_SIGHTS, rows)

    def _seen_by(self, of: int, seen_by: Sequence[str], path: Path, names: Any) -> list[dict[str, int]]:
        rows = []
        for n, name in enumerate(seen_by):
            place = names.row("spot", name)
            if place is not None:
                rows.append({"of": of, "seen": refs.PLACE * refs.ROWS_PER_KIND + place})
                continue
            being = names.find("being", name)
            if being is None or being // refs.ROWS_PER_KIND == refs.MOVEMENT:
                known = [*self._known("being"), *self._known("spot")]
                self.fault((*path, n), f"unknown person, crowd, faction or place '{name}'{did_you_mean(name, known)}")
            else:
                rows.append({"of": of, "seen": being})
        return rows or [{"of": of, "seen": -1}]

    def _takes_time(self, wait: Any, path: Path) -> None:
        """Refuse what would come again and again within an instant, as its wait has no length."""
        if wait is None:
            return
        kind, numbers, rows = self._law(wait, path)
        if any(isinstance(value, str) for value, _, _ in numbers):
            return
        longest = _longest(kind, [value for value, _, _ in numbers], rows)
        if longest < _LEAST_WAIT:
            self.fault(
                path, f"must be at least {_LEAST_WAIT:g} s in what repeats, got {longest:g} s; leave it out for none"
            )

    def _decisions(self) -> None:
        doc = self.doc
        self._keys("decisions", doc.decisions)
        rows = tables.P_DECISIONS.rows(len(self.decision_instances))
        rows.draw = -1
        decisions_state = tables.DECISIONS_STATE.rows(len(rows))
        options: list[dict[str, Any]] = []
        terms: list[tuple[int, int]] = []
        for i, (name, instance, local) in enumerate(self.decision_instances):
            decision, row, path = doc.decisions[name], rows[i], ("decisions", name)
            me = instance.partition(".")[0]
            names = LocalNames(self.names, local | {"self": me})
            row.key = self._instance_key("decisions", name, local)
            own = self._keys("options", decision.options, path, [str(row.key)])
            row.decider = self._row("person", me, (*path, "<key>"))
            row.code, row.mask, row.polled = self._compile(
                decision.when, (*path, "when"), names=names, me=me, owner=instance
            )
            if me in doc.people and doc.people[me].malady is not None:
                row.mask |= topics.person_bit(row.decider, -1)  # whoever was stopped may be set going again
            row.every = doc.scenario.poll if decision.poll is None else decision.poll
            row.first, row.count = len(options), len(decision.options)
            row.again = decision.repeat
            if decision.takes is not None:
                row.draw = self.draw(decision.takes, (*path, "takes"))
            if decision.repeat:
                self._takes_time(decision.takes, (*path, "takes"))
            row.order = self._row("order", decision.answers, (*path, "answers"))
            row.precision = decision.precision or 0.0
            self._deliberation(row, decision, path, list(own.values()))
            row.event = self.names.rows["event"][instance]
            decisions_state[i].next, decisions_state[i].decides = math.inf, math.inf
            for option_name, option in decision.options.items():
                where = (*path, "options", option_name)
                first_term = len(terms)
                for value, expression in option.utility.items():
                    column = self._row("value", value, (*where, "utility", value))
                    code, mask, sways = self._compile(expression, (*where, "utility", value), "number", names, me, True)
                    terms.append((column, code))
                    row.weighs, row.sways = row.weighs | mask, row.sways or sways
                    reads = self.uses[-1].compiled.reads if code >= 0 else ()
                    self.anticipated += [(i, int(option)) for kind, option in sorted(reads) if kind == "foreseen"]
                if option.base:
                    code, _, _ = self._compile(repr(option.base), (*where, "base"), "number", names, me)
                    terms.append((-1, code))
                terms += self._preset(option, where, names, me)
                event = f"{instance}.{option_name}"
                code, _, _ = self._compile(option.open, (*where, "open"), names=names, me=me, owner=event)
                first, number = self._queue(option.do, (*where, "do"), names)
                options.append(
                    {
                        "decision": i,
                        "key": own[option_name],
                        "code": code,
                        "first_term": first_term,
                        "terms": len(terms) - first_term,
                        "first": first,
                        "count": number,
                        "response": RESPONSES[option.response],
                        "event": self.names.rows["event"][event],
                    }
                )
                if option.response != "none" and decision.answers is None:
                    self.fault((*where, "response"), "a response needs an order to respond to: name it under 'answers'")
        self.program["decisions"], self.world["decisions_state"] = rows, decisions_state
        self.program["options"] = _fill(tables.P_OPTIONS, options)
        self.world["options_state"] = tables.OPTIONS_STATE.rows(len(options))
        table = tables.P_TERMS.rows(len(terms))
        for row, (column, code) in zip(table, terms, strict=True):
            row.value, row.code = column, code
        self.program["terms"] = table

    def _preset(self, option: Any, where: Path, names: Any, me: str) -> list[tuple[int, int]]:
        """Return the utility terms of an option's preset, which nothing weighs further."""
        if option.preset is None:
            if option.circumstances:
                self.fault((*where, "circumstances"), 'belong to a preset: add preset: "Milgram-informed"')
            return []
        terms = [(-1, self._compile(repr(command.OBEDIENCE), where, "number", names, me)[0])]
        for name, condition in option.circumstances.items():
            at = (*where, "circumstances", name)
            code, _, _ = self._compile(f"({condition}) ? {CIRCUMSTANCES[name]!r} : 0", at, "number", names, me)
            terms.append((-1, code))
        return terms

    def _deliberation(self, row: Any, decision: Any, path: Path, own: list[int]) -> None:
        """Fill in how a decision is weighed in time; its first option is row `first`, `own` are its options' keys."""
        weighed = decision.deliberates
        row.drift = math.nan
        if weighed is None:
            return
        where = (*path, "deliberates")
        row.pace = weighed.pace
        row.deadline = math.inf if weighed.deadline is None else weighed.deadline
        row.drift = math.nan if weighed.drift is None else weighed.drift
        row.swapped = len(own) == 2 and own[0] > own[1]
        names = list(decision.options)
        row.late = row.first + 1
        if len(names) != 2:
            self.fault(where, f"weighs exactly two options, got {len(names)}; leave 'deliberates' out, or merge some")
        elif weighed.late is not None:
            if weighed.late in names:
                row.late = row.first + names.index(weighed.late)
            else:
                self.fault((*where, "late"), f"unknown option '{weighed.late}'{did_you_mean(weighed.late, names)}")
        if decision.takes is not None:
            self.fault(where, "a decision is taken after 'takes' or by weighing, not both: leave one out")

    def _foresight(self) -> None:
        """List whose answers each question's utilities anticipate."""
        decisions = self.program["options"]["decision"]
        found: dict[tuple[int, int], None] = {}
        for i, option in self.anticipated:
            foreseen = int(decisions[option])
            name = self.decision_instances[i][0]
            if foreseen == i:
                self.fault(("decisions", name), "'foreseen' is about the answers of others, not about its own")
            found[i, foreseen] = None
        self.program["foresight"] = _fill(tables.P_FORESIGHT, [{"decision": i, "foresees": d} for i, d in found])

    def _movements(self) -> None:
        doc = self.doc
        key_of = self._keys("movements", doc.movements)
        plans = tables.P_MOVEMENTS.rows(len(doc.movements))
        people = self.world["people"]
        following = tables.FOLLOWING.rows(len(doc.movements), len(people))
        following.weight, following.threshold = 1.0, math.inf
        for i, (name, movement) in enumerate(doc.movements.items()):
            plan, path = plans[i], ("movements", name)
            plan.key = key_of[name]
            plan.code, plan.mask, plan.polled = self._compile(movement.when, (*path, "when"))
            plan.every = self._cadence(movement.poll, bool(plan.polled), path)
            plan.threshold, plan.spread = movement.threshold, movement.deviation
            plan.trusting, plan.needed, plan.steepness = movement.by_trust, movement.needed, movement.steepness
            for person in self._members(movement.among, (*path, "among")):
                following[i, person].counts = 1
                following[i, person].threshold = math.nan
            for section in ("thresholds", "weights"):
                for who, value in getattr(movement, section).items():
                    person = self._row("person", who, (*path, section, who))
                    if person < 0:
                        continue
                    if following[i, person].counts == 0:
                        self.fault((*path, section, who), f"'{who}' is not among those it may take hold of")
                    following[i, person]["threshold" if section == "thresholds" else "weight"] = value
        self.program["movement_plans"], self.world["following"] = plans, following
        movements = tables.MOVEMENTS.rows(len(plans))
        movements.next = math.inf
        self.world["movements"] = movements

    def _cadence(self, every: float | None, polled: bool, path: Path) -> float:
        """Return how often a drifting condition is looked at; once in no time at all is a fault."""
        if polled and every is not None and every <= 0.0:
            self.fault((*path, "poll"), "must be more than 0 s")
        return self.doc.scenario.poll if every is None else every

    def _members(self, among: list[str] | str, path: Path) -> Iterator[int]:
        """Yield the rows of `people` that the named beings stand for at the start."""
        named = [(among, path)] if isinstance(among, str) else [(name, (*path, n)) for n, name in enumerate(among)]
        for name, where in named:
            being = self._ref("being", name, where)
            kind, row = being // refs.ROWS_PER_KIND, being % refs.ROWS_PER_KIND
            if kind == refs.PERSON:
                yield row
            elif kind == refs.CROWD or kind == refs.FACTION:
                column = self.world["people"]["crowd" if kind == refs.CROWD else "faction"]
                yield from (int(i) for i in np.flatnonzero(column == row))

    def _defections(self) -> None:
        doc = self.doc
        key_of = self._keys("defections", doc.defections)
        plans = tables.P_DEFECTIONS.rows(len(doc.defections))
        rows = tables.DEFECTIONS.rows(len(plans))
        rows.next = math.inf
        for plan, row, (name, item) in zip(plans, rows, doc.defections.items(), strict=True):
            path = ("defections", name)
            plan.key = key_of[name]
            plan.who = self._row("person", item.who, (*path, "who"))
            plan.side = self._row("faction", item.to, (*path, "to"))
            names = LocalNames(self.names, {"self": item.who})
            plan.code, plan.mask, plan.polled = self._compile(item.when, (*path, "when"), names=names, me=item.who)
            for term in ("kin", "injustice", "persuasion", "fear"):
                text = getattr(item, term)
                code, mask, drifts = self._compile(text, (*path, term), "number", names, item.who)
                plan[term], plan[f"by_{term}"] = code, getattr(item.coefficients, term)
                plan.mask, plan.polled = plan.mask | mask, plan.polled or drifts
            plan.resting, plan.every = item.base, self._cadence(item.poll, bool(plan.polled), path)
            plan.first, plan.count = self._queue(item.do, (*path, "do"), names)
            row.clock = self._clock(chance.DEFECTION, key_of[name])
        self.program["defection_plans"], self.world["defections"] = plans, rows

    def _opinions(self) -> None:
        doc = self.doc
        minds = len(doc.people)
        views = tables.VIEWS.rows(len(doc.opinions), minds)
        for i, (name, item) in enumerate(doc.opinions.items()):
            path = ("opinions", name)
            views.openness[i] = item.openness
            for person in self._members(item.among, (*path, "among")):
                if person < minds:
                    views[i, person].takes_part = 1
            for section, column in (("initial", "initial"), ("open_minds", "openness")):
                for who, value in getattr(item, section).items():
                    person = self._row("person", who, (*path, section, who))
                    if person >= 0:
                        views[i, person][column] = value
                        if views[i, person].takes_part == 0:
                            self.fault((*path, section, who), f"'{who}' is not among those who talk it over")
            views.value[i] = views.initial[i]
        side = minds if doc.opinions else 0
        self.world["views"], self.world["influence"] = views, tables.INFLUENCE.rows(side, side)

    def _insights(self) -> None:
        """Make room for what conditions ask of anybody's view of another's knowing, and for what is supposed at first."""
        doc = self.doc
        asked = {
            tuple(int(row) for row in rows.split(","))
            for use in self.uses
            for kind, rows in use.compiled.reads
            if kind == "thinks_knows"
        }
        chances: dict[tuple[int, ...], float] = {}
        for i, item in enumerate(doc.suppositions):
            path = ("suppositions", i)
            who, of = self._row("person", item.who, (*path, "who")), self._row("person", item.of, (*path, "of"))
            chances[who, of, self._row("fact", item.fact, (*path, "fact"))] = item.chance
        table = tables.INSIGHTS.rows(len(asked | chances.keys()))
        knowing = logit(doc.scenario.knowing)
        for row, triple in zip(table, sorted(asked | chances.keys()), strict=True):
            row.who, row.of, row.fact = triple
            row.odds = logit(chances.get(triple, _STRANGERS_KNOW))
            row.known = row.odds >= knowing
        self.world["insights"] = table

    def _queue(self, effects: Sequence[Any], path: Path, names: LocalNames) -> tuple[int, int]:
        first = len(self.effect_rows)
        for i, effect in enumerate(effects):
            self._effect(effect, (*path, i), names)
        return first, len(self.effect_rows) - first

    def _effect(self, effect: Any, path: Path, names: LocalNames) -> None:
        given = [name for name in effect.model_fields_set if name in VERBS and getattr(effect, name) is not None]
        if len(given) != 1:
            given.sort(key=list(VERBS).index)
            self.fault(path, f"an effect needs exactly one verb, got {len(given)}: {', '.join(given) or 'none'}")
            return
        verb = VERBS[given[0]]
        arguments = getattr(effect, verb.name).model_dump(by_alias=True)
        if verbs.within_selection(verb):
            arguments |= _selected(arguments["who"])
        row: dict[str, Any] = {"verb": verb.number, "system": verb.system, "delay": effect.after or 0.0}
        row |= {"amount_code": -1, "extra_code": -1}
        slots, quantities = iter("abcd"), iter(("amount", "extra"))
        for p in verb.parameters:
            value = arguments[p.name]
            where = (*path, verb.name, p.name)
            if p.type == "how":
                row[next(slots)] = value
            elif p.type == "bool":
                row[next(slots)] = int(p.default if value is None else value)  # type: ignore[arg-type]
            elif p.type in verbs.NUMERIC:
                column = next(quantities)
                row[f"{column}_low"], row[f"{column}_high"] = p.low, p.high
                row[column], row[f"{column}_code"] = self.number(
                    p.default if value is None else value, where, p.type, names, p.low, p.high
                )
            elif p.type in KIND_NUMBERS or p.type == "spot":
                row[next(slots)] = self._row(p.type, value, where, names)
            else:
                row[next(slots)] = self._ref(p.type, value, where, names)
        self.effect_rows.append(row)
        self.effects.append(
            (path, verb.name, {p.name: self._said(p, arguments[p.name], names) for p in verb.parameters})
        )

    @staticmethod
    def _said(parameter: Any, value: Any, names: LocalNames) -> Any:
        """Return what stands for a parameter; a number that is an expression is none that is known."""
        if not isinstance(value, str):
            return value
        return math.nan if parameter.type in verbs.NUMERIC else names.meaning(value)

    def _effects(self) -> None:
        self.program["effects"] = _fill(tables.P_EFFECTS, self.effect_rows)

    def relate(self, one: int, other: int) -> None:
        """Say that something may move what two of the named hold for one another, so that it has to be kept."""
        if one >= 0 and other >= 0 and one != other:
            self.related |= {(one, other), (other, one)}

    def _bonds(self) -> None:
        """Keep what the named hold for one another: of pairs that are written down, and that something can move."""
        doc = self.doc
        given = []
        for i, bond in enumerate(doc.bonds):
            path = ("bonds", i)
            who, to = self._row("person", bond.who, (*path, "who")), self._row("person", bond.to, (*path, "to"))
            if who < 0 or to < 0:
                continue
            if who == to:
                self.fault((*path, "to"), f"'{bond.to}' stands here twice; a bond is between two")
                continue
            given += [(who, to, bond), (to, who, bond)] if bond.mutual else [(who, to, bond)]
            self.relate(who, to)
        for effect in self.effect_rows:
            if effect["verb"] in (verbs.BOND, verbs.MEET):
                self.relate(effect["a"], effect["b"])
        pairs = sorted(self.related)
        place = {pair: row for row, pair in enumerate(pairs)}
        rows = tables.BONDS.rows(len(pairs))
        rows.who, rows.whom = [who for who, _ in pairs], [whom for _, whom in pairs]
        rows.back = [place[whom, who] for who, whom in pairs]
        rows.contact = -math.inf
        minds = self.world["minds"]
        minds.side = self.world["people"].faction[: len(minds)]
        minds.bonds = np.searchsorted(rows.who, np.arange(len(minds)))
        minds.bonded = np.bincount(rows.who, minlength=len(minds))
        same = minds.side[rows.who] == minds.side[rows.whom]
        rows.kept, rows.broken = _promises(np.where(same, doc.scenario.trust_own, doc.scenario.trust_other))
        couples: dict[int, None] = {}
        for one, other, bond in given:
            row = rows[place[one, other]]
            row.affection, row.dormant, row.decay = bond.affection, bond.dormant, bond.decay
            row.response, row.appeal, row.together = bond.response, bond.appeal, bond.together
            row.noise = bond.noise / math.sqrt(86400.0)
            row.kin = bond.kinship
            if bond.trust is not None:
                row.kept, row.broken = (float(count) for count in _promises(np.float64(bond.trust)))
            if any((bond.affection, bond.dormant, bond.decay, bond.response, bond.appeal, bond.noise)):
                couples.setdefault(place[min(one, other), max(one, other)])
        for number in couples:
            there: Any = rows[number]
            back: Any = rows[there.back]
            if min(there.affection, back.affection) >= doc.life.close:
                there.close = back.close = 1
        self.program["couples"] = _fill(tables.P_COUPLES, [{"bond": number} for number in couples])
        self.world["bonds"] = rows

    def _directives(self) -> None:
        rows = tables.P_DIRECTIVES.rows(len(self.doc.directives))
        for row, (name, directive) in zip(rows, self.doc.directives.items(), strict=True):
            path = ("directives", name)
            row.code, row.mask, row.polled = self._compile(directive.broken_when, (*path, "broken_when"))
            row.exception, mask, _ = self._compile(directive.unless, (*path, "unless"))
            row.mask |= mask
            row.faction = self._row("faction", directive.binds, (*path, "binds"))
        self.program["directives"] = rows
        self.world["directives_state"] = tables.DIRECTIVES_STATE.rows(len(rows))
        self.world["directives_state"].next = math.inf

    def _ends(self) -> None:
        rows = tables.P_ENDINGS.rows(len(self.doc.endings))
        last = len(rows) - 1
        for i, (name, ending) in enumerate(self.doc.endings.items()):
            rows[i].code, _, _ = self._compile(ending.when, ("endings", name, "when"))
            if i < last and ending.when is None:
                self.fault(
                    ("endings", name),
                    "always holds, so the endings after it can never happen; give it a 'when' or put it last",
                )
            if i == last and ending.when is not None and ending.when.strip() != "true":
                self.fault(("endings", name, "when"), "the last ending must hold always: leave its 'when' out")
        self.program["endings"] = rows
        rows = tables.P_MEASURES.rows(len(self.doc.measures))
        for row, (name, measure) in zip(rows, self.doc.measures.items(), strict=True):
            row.code, _, _ = self._compile(measure.value, ("measures", name, "value"), "any")
        self.program["measures"] = rows
        for name, series in self.doc.series.items():
            self.series_codes[name], _, _ = self._compile(series.value, ("series", name, "value"), "any")

    def _rest(self) -> None:
        doc = self.doc
        key_of = self._keys("orders", doc.orders)
        rows = tables.P_ORDERS.rows(len(doc.orders))
        for row, (name, order) in zip(rows, doc.orders.items(), strict=True):
            row.key, row.passes = key_of[name], order.passes
        self.program["orders"] = rows
        orders_state = tables.ORDERS_STATE.rows(max(1, len(doc.people)), max(1, len(rows)))
        orders_state.given = math.inf
        self.world["orders_state"] = orders_state
        events = tables.EVENTS.rows(len(self.names.rows.get("event", {})))
        events.first = events.last = math.inf
        self.world["events"] = events
        gauges = tables.GAUGES.rows(len(doc.gauges))
        for row, gauge in zip(gauges, doc.gauges.values(), strict=True):
            row.value = gauge.start
        self.world["gauges"] = gauges
        people = len(self.world["people"])
        parties = sum(1 for effect in self.effect_rows if effect["verb"] == verbs.EVACUATE)
        self.world["parties"] = tables.PARTIES.rows(min(people, MOST_PARTIES) if parties else 0)
        self._on_foot(people, len(self.world["parties"]))
        clocks = tables.CLOCKS.rows(len(self.clock_rows))
        clocks["stream"] = [stream for stream, _ in self.clock_rows]
        clocks["key"] = np.array([key & ((1 << 64) - 1) for _, key in self.clock_rows], np.uint64)
        self.world["clocks"] = clocks
        self.world["journal"], self.world["tallied"] = (
            tables.JOURNAL.rows(journal.rows(people)),
            tables.TALLIED.rows(people),
        )
        beings, kinds_of_counts = len(doc.listed) + len(doc.factions), len(states.COUNTED) + len(self.program["places"])
        self.world["tallies"] = tables.TALLIES.rows(beings, kinds_of_counts)
        self.world["state"] = tables.STATE.rows(1)
        self.world["due"] = tables.DUE.rows(len(assembly.NAMES))
        self._listen()
        self.world["requests"] = tables.REQUESTS.rows(2048 + 2 * len(self.effect_rows) + 2 * min(people, 2048))
        self.world["messages"] = tables.MESSAGES.rows(256)
        self.world["stack"] = tables.STACK.rows(machine.STACK_ROWS)
        questions = len(self.rule_instances) + len(self.decision_instances)
        self.world["chronicle"] = tables.CHRONICLE.rows(4096 + 8 * (people + questions))
        self.program["code"] = np.array([*self.code, machine.END], np.int32)
        self.program["constants"] = np.array([*self.constants, 0.0])
        self.program["verb_needs"], self.program["verb_kinds"], self.program["verb_noticed"] = of_verbs()
        self.program["verb_idle"], self.program["verb_doer"] = ends_of_verbs()
        self.program["entry_noticed"] = np.array([assembly.NOTICED[kind.name] for kind in assembly.ENTRIES], np.int8)

    # ---------------------------------------------------------------------------- what mechanisms ask of their builder

    def _mechanisms(self) -> None:
        """Let each mechanism turn its sections into rows."""
        for one in assembly.MECHANISMS:
            if one.builds is not None:
                one.builds(self)
        for build in self.later:
            build()
        self.program["watch_plans"] = _fill(tables.P_WATCHES, self.watched)
        watches = tables.WATCHES.rows(len(self.watched))
        watches.next = math.inf
        for row, (mechanism, mask) in zip(watches, self.watched_rows, strict=True):
            row.mechanism, row.mask = mechanism, mask
        self.world["watches"] = watches

    def _listen(self) -> None:
        """Say to what topics each mechanism listens that has something to listen for."""
        for one in assembly.MECHANISMS:
            if not one.rows or len(self.world.get(one.rows, ())) > 0:
                self.world["due"][one.number].listens = assembly.bits(one.listens)

    def rows(self, section: Any) -> Iterator[tuple[Any, Any, Any, Path]]:
        """Make the rows of a section, filled where a column bears the name of a key; yield (item, plan, row, path)."""
        items = getattr(self.doc, section.key)
        keys_of, declared = self._keys(section.key, items), section.items()
        made = []
        for table, into in ((section.plans, self.program), (section.rows, self.world)):
            if table is not None:
                into[table.name] = table.rows(len(items))
            made.append(None if table is None else into[table.name])
        for i, (name, item) in enumerate(items.items()):
            path: Path = (section.key, name)
            for table, array in zip((section.plans, section.rows), made, strict=True):
                for column in () if table is None else table.columns:
                    if column.name == "key":
                        array[i].key = keys_of[name]
                    elif column.name in declared and declared[column.name].kind in ("name", "quantity", "flag"):
                        array[i][column.name] = self._value(declared[column.name], item, column.name, path)
            yield item, None if made[0] is None else made[0][i], None if made[1] is None else made[1][i], path

    def parts(self, section: Any) -> Iterator[tuple[int, int, Any]]:
        """Make the rows of a part of another section's entries, filled as `rows` does; yield (its owner's row, key, row).

        The table of the world with the name of that section holds the owners in the same order, each with its key.
        """
        owners = getattr(self.doc, section.of)
        held = [(i, name, getattr(item, section.one)) for i, (name, item) in enumerate(owners.items())]
        held = [(i, name, item) for i, name, item in held if item is not None]
        declared, table = section.items(), section.rows.rows(len(held))
        self.world[section.rows.name] = table
        for row, (i, name, item) in zip(table, held, strict=True):
            for column in section.rows.columns:
                if column.name in declared:
                    row[column.name] = self._value(
                        declared[column.name], item, column.name, (section.of, name, section.one)
                    )
            yield i, int(self.world[section.of].key[i]), row

    def _value(self, declared: Any, item: Any, name: str, path: Path) -> Any:
        value = getattr(item, name)
        if declared.kind != "name":
            return math.nan if value is None else value
        find = self._row if declared.of in KIND_NUMBERS or declared.of == "spot" else self._ref
        return find(declared.of, value, (*path, name))

    def filled(self, table: Table, rows: Sequence[dict[str, Any]]) -> Any:
        """Return a table of rows; what a row does not name is blank."""
        return _fill(table, rows)

    def items(self, section: Any) -> Iterator[tuple[str, Any]]:
        """Yield the name and the item of each entry of a section."""
        yield from getattr(self.doc, section.key).items()

    def name_alone(self, name: str, function: str, kind: str, row: int, path: int | None = None) -> None:
        """Let a name alone stand for a function of the row of `kind` that it names, which grows along `path`."""
        if self.names.row(kind, name) is None:
            self.names.add(kind, name, row)
        self.names.bare[name] = Bare(function, kind, "", path)

    def choice(self, name: str, known: Sequence[str], path: Path, first: int) -> int:
        """Return `first` and the place of a name in a list; one that is not there is a fault."""
        if name not in known:
            self.fault(
                path, f"unknown name '{name}'{did_you_mean(name, known) or '; it is one of ' + ', '.join(known)}"
            )
            return first
        return first + list(known).index(name)

    @property
    def dated(self) -> bool:
        """Whether the story begins on a date."""
        return self.names.start.date is not None

    def part_key(self, section: str, *names: str) -> int:
        """Return the key of something within an entry of a section, by the names that lead to it."""
        return self._take(keys.key_of(section, *names), (section,))

    def fill_plan(self, table: Table, rows: Sequence[dict[str, Any]]) -> None:
        """Make a table of the program of rows; what a row does not name is blank."""
        self.program[table.name] = _fill(table, rows)

    def fill(self, table: Table, rows: Sequence[dict[str, Any]]) -> None:
        """Make a table of the world of rows; what a row does not name is blank."""
        self.world[table.name] = _fill(table, rows)

    def clock(self, stream: int, key: int) -> int:
        """Return the row of a new clock, whose thresholds come from `stream` by `key`."""
        return self._clock(stream, int(key))

    def key(self, section: str, *names: str) -> int:
        """Return the key of what a name of a section stands for, or of a part of it that further names say."""
        return keys.key_of(section, *names)

    def unknown(self, what: str, name: str, known: Any, path: Path) -> None:
        """Say that a name is not known, and which is nearest."""
        self.fault(path, f"unknown {what}{did_you_mean(name, list(known))}")

    def pair(self, first: int, second: int) -> int:
        """Return the key of a pair of keys."""
        return _pair(int(first), int(second))

    def row(self, kind: str, name: str | None, path: Path) -> int:
        """Return the row of a name of a plain kind or a spot, -1 for None; an unknown name is a fault."""
        return self._row(kind, name, path)

    def ref(self, kind: str, name: str | None, path: Path) -> int:
        """Return the reference of a name, -1 for None; an unknown name is a fault."""
        return self._ref(kind, name, path)

    def members(self, among: list[str] | str, path: Path) -> Iterator[int]:
        """Yield the rows of `people` that the named beings stand for at the start."""
        return self._members(among, path)

    def named(self, among: list[str] | str, path: Path) -> list[tuple[int, int]]:
        """Return (row, key) of those with names among the named beings, by their keys."""
        people = self.world["people"]
        rows = {i for i in self._members(among, path) if i < len(self.doc.people)}
        return sorted(((i, int(people.key[i])) for i in rows), key=lambda pair: pair[1])

    def watch(self, one: Any, item: Any, path: Path, depends: int = 0) -> int:
        """Let a mechanism keep an eye on the condition `when` of an item, and on topics besides; return its watch."""
        code, mask, polled = self._compile(item.when, (*path, "when"))
        every = self._cadence(item.poll, bool(polled), path)
        return self._watch(one, code, mask | depends, polled, every)

    def expression(
        self, one: Any, text: str, wants: str, path: Path, local: dict[str, str], but: int
    ) -> tuple[int, int, language.Compiled | None]:
        """Compile an expression that a mechanism reads all along; return (its code, its watch, what it is).

        `local` says what the names stand for that have a meaning here alone. Of the topics `but` the mechanism takes note
        by itself; the watch is -1 when all that is read are counts, and no more than those can change them. The last is
        None for a faulty text.
        """
        code, mask, polled = self._compile(text, path, wants, LocalNames(self.names, local))
        if code < 0:
            return -1, -1, None
        compiled = self.uses[-1].compiled
        called = {name for kind, name in compiled.reads if kind == "function"}
        if compiled.constant is not None or (called <= _COUNTS and not mask & ~but):
            return code, -1, compiled
        return code, self._watch(one, code, mask & ~but, polled, self.doc.scenario.poll), compiled

    def _watch(self, one: Any, code: int, mask: int, polled: bool, every: float) -> int:
        self.watched.append({"code": code, "polled": polled, "every": every})
        self.watched_rows.append((one.number, mask))
        return len(self.watched) - 1

    def _on_foot(self, people: int, parties: int) -> None:
        """Make what keeps account of who goes with whom, for those scenarios in which anybody may."""
        asked = {effect["verb"] for effect in self.effect_rows}
        goes = bool(asked & _ON_FOOT) or bool((self.world["people"].leader >= 0).any())
        self.world["chains"] = tables.CHAINS.rows(chains.KINDS, people if goes else 0)
        sizes = (people if verbs.MOVE in asked else 0, parties, parties, len(self.program["flow_arms"]))
        heaps = tables.AGENDAS.rows(agenda.KINDS)
        heaps.start = np.cumsum((0, *sizes[:-1]))
        places = tables.AGENDA.rows(sum(sizes))
        places.at = places.row = -1
        self.world["agendas"], self.world["agenda"] = heaps, places
        crowds = self.program["crowds"]
        musters = tables.MUSTERS.rows(len(crowds))
        musters.start, musters.count = crowds.first, crowds.count
        self.world["musters"] = musters


def _longest(kind: int, numbers: Sequence[float], rows: Sequence[tuple[float, float]]) -> float:
    """Return how long a draw can be, to go by its constants; where nothing bounds it, a length that it may well reach."""
    if kind == quantiles.NORMAL:
        mean, sd, least, most = numbers
        return min(max(mean, least) + sd, most)
    if kind in (quantiles.POISSON, quantiles.NEGATIVE_BINOMIAL):
        return math.inf if numbers[0] > 0.0 else 0.0
    if kind == quantiles.ROWS:
        return max(
            value for (value, below), (_, before) in zip(rows, [(0.0, 0.0), *rows], strict=False) if below > before
        )
    if kind in (quantiles.UNIFORM, quantiles.TRIANGULAR, quantiles.PERT):
        return max(numbers)
    return numbers[0]  # fixed, a mean, a median or a scale


class _TooMuch(Exception):
    """Raised when going on would ask for unreasonable memory; the fault is recorded already."""


TooMuch = _TooMuch


def of_verbs() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what those in each slot of each verb must be, of what kind they are, and whether they notice it.

    All are [verbs, slots]. What they must be is one of `declare.ANYBODY` to `FREE`; the kind is that of the thing whose
    row it is, -1 for a reference or for what is no thing; 1 is somebody who notices it, 2 a place where all do.
    """
    needs, of_kind, noticed = (
        np.full((len(VERBS), 4), fill, kind) for fill, kind in ((0, "i1"), (-1, "i4"), (0, "i1"))
    )
    for verb in VERBS.values():
        for slot, parameter in enumerate(p for p in verb.parameters if p.type not in verbs.NUMERIC):
            needs[verb.number, slot] = parameter.needs
            of_kind[verb.number, slot] = verbs.ROW_KINDS.get(parameter.type, -1)
            noticed[verb.number, slot] = parameter.name in assembly.ACTED_ON.get(verb.name, ())
            if verb.name == "reveal" and parameter.name == "at":
                noticed[verb.number, slot] = 2
    return needs, of_kind, noticed


def ends_of_verbs() -> tuple[np.ndarray, np.ndarray]:
    """Return how a request of each verb that changes nothing is told, and whom its doer has to be beside.

    Both are [verbs, 3]: the kind of the entry, the slot of what the verb is about and the kind of thing whose row it is (0
    for a reference); and the slot of the doer, of those whom they must be beside, and which quantity is `reach`. -1 is none.
    """
    idle, doer = np.full((len(VERBS), 3), -1, "i4"), np.full((len(VERBS), 3), -1, "i4")
    about_kinds = {section.one: KIND_NUMBERS[section.one] for section in assembly.SECTIONS} | verbs.ABOUT_KINDS
    for verb in VERBS.values():
        slots = [p for p in verb.parameters if p.type not in verbs.NUMERIC]
        names = [p.name for p in slots]
        quantities = [p.name for p in verb.parameters if p.type in verbs.NUMERIC]
        about = next((n for n, p in enumerate(slots) if p.type in about_kinds), -1)
        idle[verb.number] = verb.idle, about, about_kinds[slots[about].type] if about >= 0 else -1
        for slot, parameter in enumerate(slots):
            if parameter.beside:
                reach = quantities.index("reach") if "reach" in quantities else -1
                doer[verb.number] = slot, names.index(parameter.beside), reach
    return idle, doer


def _selected(who: dict[str, Any]) -> dict[str, Any]:
    """Return what a selection says as the parameters of a verb: of whom, where, how, and the number that goes with it."""
    how = next((n for n, name in enumerate(verbs.HOW) if n and who[name] is not None), 0)
    return {"who": who["of"], "at": who["at"], "how": how, "number": who[verbs.HOW[how]] if how else 0.0}


def _promises(trust: Any) -> tuple[Any, Any]:
    """Return (kept, broken) promises, a thousand in all, that give `trust` = (kept + 1) / (kept + broken + 2)."""
    kept = np.clip(trust * 1000.0 - 1.0, 0.0, 998.0)
    return kept, 998.0 - kept


def _fill(table: Table, rows: Sequence[dict[str, Any]]) -> np.recarray:
    """Return a table of rows; what a row does not name is blank, and of an effect no argument."""
    array = table.rows(len(rows))
    if rows:
        for column in table.columns:
            blank = -1 if table is tables.P_EFFECTS and column.name in "abcd" else array[column.name][0]
            array[column.name] = [row.get(column.name, blank) for row in rows]
    return array


def _ring(strength: float, inner: float, outer: float, away: float, height: float, absorption: float) -> float:
    """Return the dose rate of a ring [Gy/s]: closed forms on its axis and without absorption, else a sum."""
    if away == 0.0:
        return plainly(radiation.ring_on_axis, strength, inner, outer, height, absorption, _RING_THICKNESS)
    if absorption == 0.0:
        return plainly(radiation.ring_off_axis, strength, inner, outer, away, height, _RING_THICKNESS)
    return radiation.ring_seen(strength, inner, outer, away, height, absorption, _RING_THICKNESS, 0.0, 64, 64)


def _instances(name: str, each: dict[str, list[str]]) -> list[tuple[str, dict[str, str]]]:
    if not each:
        return [(name, {})]
    variables = list(each)
    size = math.prod(len(values) for values in each.values())
    if size > MOST_NAMES:
        return [(f"{name}.{i}", {}) for i in range(MOST_NAMES + 1)]
    found = []
    for values in itertools.product(*each.values()):
        found.append((".".join([name, *values]), dict(zip(variables, values, strict=True))))
    return found


def instances_of(name: str, each: dict[str, list[str]]) -> list[tuple[str, dict[str, str]]]:
    """Return the name of each decision that the one called `name` stands for, and what its loop variables stand for."""
    head, _, rest = name.partition(".")
    return [(local.get(head, head) + "." + rest, local) for _, local in _instances(name, each)]


def _pair(first: int, second: int) -> int:
    """Return a key for a pair of keys (SplitMix64 in Python integers, the same on every machine)."""
    return int(plainly(chance.pair_key, np.uint64(first & ((1 << 64) - 1)), np.uint64(second & ((1 << 64) - 1))))


def _distance_to_segment(x: float, y: float, a: tuple[float, float], b: tuple[float, float]) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = dx * dx + dy * dy
    share = 0.0 if length == 0.0 else max(0.0, min(1.0, ((x - a[0]) * dx + (y - a[1]) * dy) / length))
    return math.hypot(x - a[0] - share * dx, y - a[1] - share * dy)
