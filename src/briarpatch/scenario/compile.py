"""From the plain data of a scenario to a `Scenario` that makes worlds.

The steps: set the variants and the overrides on the plain data, validate (`schema`), build tables and bytecode
(`build`), ask what a careful editor would ask (`check`). All faults are reported together.
"""

from __future__ import annotations

import copy
import gc
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from ..errors import Fault, Place, ScenarioError, bounded_suggestions, did_you_mean
from ..world.compiled import plainly
from . import accounts, build, calendar, check, earth, former, geojson, load, observations, rewards, shown, uncertain
from .dotted import step
from .language import Compiled
from .possible import Possible
from .scenario import EndingInfo, MeasureInfo, Scenario, VariantInfo, Whole
from .schema import Document


def compile_source(
    source: load.Source,
    variants: Mapping[str, str] | None,
    overrides: Mapping[str, str] | None,
    path: Path | None = None,
    as_told: str | None = None,
) -> Scenario:
    """Return the scenario of a source with its switches set."""
    with bounded_suggestions(), _uncollected():
        return plainly(_compiled, source, variants, overrides, path, as_told)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no garbage meanwhile: everything that is made here is kept, and each look goes through all of it."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _compiled(
    source: load.Source,
    variants: Mapping[str, str] | None,
    overrides: Mapping[str, str] | None,
    path: Path | None,
    as_told: str | None,
) -> Scenario:
    switched = _Switched(source)
    read = geojson.put_in(source, switched.data, switched.moved, switched.faults)
    if not read.whole:  # the rest would ask for what is in the file
        raise ScenarioError(switched.faults)
    switched.numbers = read.numbers
    files = switched.files()
    given = ({} if as_told is None else switched.settings_told(as_told)) | dict(variants or {})
    infos = switched.set_variants(given)
    switched.set_overrides(dict(overrides or {}))
    faults = switched.faults
    switched.refuse_blanks()
    faults += [
        Fault(switched.place(path), "is read before variants and overrides; name one file for all of them", "setting")
        for path in sorted({path[:3] for path in switched.files() ^ files})
    ]
    document, left_out, gone = _validate(switched, faults)
    left_out |= read.left_out
    if document is None:
        raise ScenarioError(faults)

    def fault(path: tuple[str | int, ...], message: str, offset: int | None = None, rule: str = "content") -> None:
        emptied = left_out and message.endswith("got 0: none")  # its verb was faulty, and that is said already
        said = emptied or path in gone or not left_out.isdisjoint(_QUOTED.findall(message))
        if not said:
            faults.append(switched.fault(path, message, "condition" if offset is not None else rule, offset))

    document, planes = earth.settled(document, fault)
    told = partial(fault, rule="data")
    data = observations.read_data(
        document, source, calendar.read_start(document.scenario.start, document.scenario.zone), told
    )
    builder = build.Builder(document, fault, data, planes)
    try:
        built = builder.build()
    except build.TooMuch:
        raise ScenarioError(faults) from None
    tellings = accounts.resolve(document, built, partial(fault, rule="telling"))
    series = observations.series(document, builder.series_codes, built.names.start, told)
    looked_at = {name for use in builder.uses for kind, name in use.compiled.reads if kind == "data"}
    looked_at |= {law.data for law in builder.laws if law.data is not None}
    observed, unread = observations.observed(document, series, data, looked_at, told)
    numbers, outside = uncertain.numbers(document, switched.data, partial(fault, rule="uncertain"))
    shown.check(document, fault)
    rewards.check(document, fault)
    if faults:
        raise ScenarioError(faults)
    possible = Possible(document, builder)
    ranges = possible.measures()
    questions = [
        *check.questions(document, builder, possible),
        *(check.Question(*question, rule="uncertain-outside") for question in outside),
        *(check.Question(*question, rule="unread-data") for question in unread),
    ]
    hidden = [
        Fault(Place(name), "begins with a dot, so it is not read; rename it if it belongs here", "hidden-file")
        for name in source.left_out
    ]
    asked = [(use.path, _calls(use.compiled)) for use in builder.uses]
    whole = Whole(document, tellings, numbers, builder.effects, asked, frozenset(possible.events))
    return Scenario(
        source,
        path,
        document.scenario.title,
        built,
        infos,
        dict(overrides or {}),
        [EndingInfo(name, ending.told) for name, ending in document.endings.items()],
        [MeasureInfo(name, m.told, m.unit, m.better, *ranges[name]) for name, m in document.measures.items()],
        series,
        observed,
        as_told,
        given,
        dict(variants or {}),
        sorted([*hidden, *(switched.fault(q.path, q.message, q.rule, q.offset) for q in questions)]),
        lambda: whole,
    )


def _calls(compiled: Compiled) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the functions that a condition calls, each with the names that it is asked about."""
    return tuple((one.word, tuple(name for name, _ in one.names)) for one in compiled.steps if one.kind == "call")


def _twin(value: Any) -> Any:
    """Return a copy of plain data; it is nested 40 deep at most."""
    if isinstance(value, dict):
        return {key: _twin(item) for key, item in value.items()}
    return [_twin(item) for item in value] if isinstance(value, list) else value


_QUOTED = re.compile(r"'([^']*)'")


class _Switched:
    """The plain data of a source, with variants and overrides applied, and the place of every value."""

    def __init__(self, source: load.Source) -> None:
        self.source = source
        self.data: dict[str, Any] = _twin(source.data)
        self.faults: list[Fault] = []
        self.moved: dict[tuple[str | int, ...], Place] = {}
        self.blank: set[tuple[str | int, ...]] = set()
        self.numbers: dict[Place, int] = {}
        """Which feature of its file stands at a place."""

    def place(self, path: Iterable[str | int], offset: int | None = None) -> Place:
        at = self.written(path)
        for length in range(len(at), 0, -1):
            if at[:length] in self.moved:
                return self.moved[at[:length]]
        return self.source.place(at, offset)

    def fault(self, path: Iterable[str | int], message: str, rule: str, offset: int | None = None) -> Fault:
        """Return what is wrong at a path; of a feature of a file, with its number."""
        return self.numbered(Fault(self.place(path, offset), message, rule))

    def numbered(self, fault: Fault) -> Fault:
        """Return a fault that says which feature of a file it is about."""
        number = self.numbers.get(fault.place)
        return fault if number is None else replace(fault, message=f"feature {number}: {fault.message}")

    def files(self) -> set[tuple[str, ...]]:
        """Return (section, map, key, file) of each file of places that a map names."""
        maps = self.data.get("maps")
        found = maps.items() if isinstance(maps, dict) else ()
        keys = ("file", "named", "backdrop")
        return {
            ("maps", str(name), key, map_[key])
            for name, map_ in found
            for key in (keys if isinstance(map_, dict) else ())
            if isinstance(map_.get(key), str)
        }

    def written(self, path: Iterable[str | int]) -> tuple[str | int, ...]:
        """Return a path as the file has it, where a single item may stand without its list."""
        node: Any = self.data
        at: list[str | int] = []
        for part in path:
            if part == 0 and at and not isinstance(node, list):
                continue
            at.append(part)
            items: Any = dict(enumerate(node)) if isinstance(node, list) else node if isinstance(node, dict) else {}
            node = items.get(part)
        return tuple(at)

    def settings_told(self, account: str) -> dict[str, str]:
        """Return the setting of each variant that names `account`; one that is not told of keeps its default."""
        known = self.data.get("accounts")
        if not isinstance(known, dict) or account not in known:
            names = list(map(str, known)) if isinstance(known, dict) else []
            hint = did_you_mean(account, names) or (
                f"; the accounts are {', '.join(names)}" if names else "; there are none"
            )
            self.faults.append(Fault(Place(f"{self.source.name}:"), f"unknown account '{account}'{hint}", "setting"))
            return {}
        variants = self.data.get("variants")
        found: dict[str, str] = {}
        for name, body in variants.items() if isinstance(variants, dict) else ():
            settings = body.get("settings") if isinstance(body, dict) else None
            for setting, patch in settings.items() if isinstance(settings, dict) else ():
                told = patch.get("as_told") if isinstance(patch, dict) else None
                if isinstance(told, list) and account in told:
                    found.setdefault(str(name), str(setting))
        return found

    def set_variants(self, wanted: dict[str, str]) -> dict[str, VariantInfo]:
        infos: dict[str, VariantInfo] = {}
        section = self.data.get("variants")
        known = {str(name): body for name, body in section.items()} if isinstance(section, dict) else {}
        for name in wanted:
            if name not in known:
                hint = did_you_mean(name, known) or (
                    f"; the variants are {', '.join(known)}" if known else "; there are none"
                )
                self.faults.append(Fault(Place(self.source.name), f"unknown variant '{name}'{hint}", "setting"))
        for name, body in known.items():
            settings = body.get("settings") if isinstance(body, dict) else None
            if not isinstance(settings, dict) or not all(isinstance(s, dict) for s in settings.values()):
                continue  # validation says what is wrong with it
            chosen = wanted.get(name, str(body.get("default")))
            if chosen not in settings:
                place = Place(self.source.name) if name in wanted else self.place(("variants", name, "default"))
                hint = did_you_mean(chosen, settings) or f"; the settings are {', '.join(settings)}"
                self.faults.append(Fault(place, f"variant '{name}' has no setting '{chosen}'{hint}", "setting"))
                continue
            infos[name] = VariantInfo(
                name,
                str(body.get("question", "")),
                str(body.get("default")),
                chosen,
                {key: str(value.get("told", "")) for key, value in settings.items()},
            )
            patch, where = settings[chosen], ("variants", name, "settings", chosen)
            for path in patch.get("remove") or []:
                self._change(str(path), None, True, self.place((*where, "remove")))
            changes = patch.get("set")
            for path, value in changes.items() if isinstance(changes, dict) else ():
                if value is None:
                    continue  # which is said of the setting itself
                self._change(str(path), value, False, self.place((*where, "set", path)))
        return infos

    def set_overrides(self, wanted: dict[str, str]) -> None:
        for path, text in wanted.items():
            place = Place(f"--set {path}:")
            value = (
                load.scalar(text) if isinstance(text, str) else text.item() if isinstance(text, np.generic) else text
            )
            if value is None or (isinstance(value, str) and not value.strip()):
                self.faults.append(Fault(place, "is blank; write the value after '='", "setting"))
            else:
                self._change(path, value, False, place)

    def refuse_blanks(self) -> None:
        """Take out every value that is blank, which is a fault wherever it stands; of a point or a list, the whole."""
        for path in reversed(load.blanks(self.data)):
            is_item = isinstance(path[-1], int)
            known = _known_keys(path[:-1])
            if known and path[-1] not in known:
                continue  # an unknown key, which validation says
            leaf = f"item {int(path[-1]) + 1}" if is_item else f"'{path[-1]}'"
            self.faults.append(Fault(self.place(path), f"{leaf} {load.BLANK}", "blank"))
            self.blank |= {path, _leave_out(self.data, path[:-1] if is_item and len(path) > 2 else path)}

    def _change(self, path: str, value: Any, remove: bool, place: Place) -> None:
        """Set or remove the value at a dotted path; keys may themselves contain dots."""
        parts = path.split(".")
        at: Any = self.data
        where: list[str | int] = []
        if not remove and len(parts) > 1 and parts[0] in Document.model_fields:
            at.setdefault(parts[0], {})
        while parts:
            key, used = step(at, parts, bool(remove))
            if key is None:
                known = list(map(str, at)) if isinstance(at, dict) else []
                self.faults.append(
                    Fault(place, f"'{path}': there is no '{parts[0]}'{did_you_mean(parts[0], known)}", "setting")
                )
                return
            parts = parts[used:]
            where.append(key)
            if parts:
                at = at[key]
            elif remove:
                del at[key]
            else:
                at[key] = copy.deepcopy(value)
                self.moved[tuple(where)] = place


def _validate(switched: _Switched, faults: list[Fault]) -> tuple[Document | None, set[str], set[tuple[str | int, ...]]]:
    """Return the document, the names of entries that had to be left out because they are faulty, and all paths left out.

    When something is wrong, the faulty parts are left out and the rest is looked at all the same, so that an author
    sees the faults of every stage at once.
    """
    left_out: set[str] = set()
    gone = set(switched.blank)
    for _ in range(6):
        try:
            return Document.model_validate(switched.data, context={"start": _start(switched.data)}), left_out, gone
        except ValidationError as wrong:
            errors = wrong.errors(include_url=False, include_context=True)
            if not left_out:
                wanted = [error for error in errors if tuple(error["loc"]) not in switched.blank]
                faults += [_as_fault(switched, error) for error in wanted]
            left_out.add("")
            errors = _stand_in(switched.data, errors)
            for location in sorted({_faulty_part(error) for error in errors}, key=_last_first):
                gone.add(_leave_out(switched.data, location))
            left_out |= {str(location[1]) for location in gone if len(location) == 2}
    return None, left_out, gone


def _start(data: dict[str, Any]) -> calendar.Start:
    """Return when the story begins, as far as that can be read; what is wrong with it is said by validation."""
    scenario = data.get("scenario")
    try:
        return calendar.read_start(scenario.get("start", "06:00"), scenario.get("zone"))  # type: ignore[union-attr]
    except (AttributeError, calendar.CalendarError):
        return calendar.Start()


_STAND_INS: dict[tuple[str, ...], Any] = {
    ("scenario",): {"title": "none", "until": "1 d"},
    ("scenario", "title"): "none",
    ("scenario", "until"): "1 d",
    ("endings",): {"none": {"told": "none"}},
}
"""What stands for a required part that is missing, which is said already, so that the rest can be looked at."""


def _stand_in(data: dict[str, Any], errors: Iterable[Any]) -> list[Any]:
    """Put something in place of every required part that is missing; return the errors that are left."""
    left = []
    for error in errors:
        location = tuple(error["loc"])
        if error["type"] == "missing" and location in _STAND_INS:
            at = data if len(location) == 1 else data[location[0]]
            at[location[-1]] = copy.deepcopy(_STAND_INS[location])
        else:
            left.append(error)
    return left


def _faulty_part(error: Any) -> tuple[str | int, ...]:
    """Return the path of the smallest part that a scenario can do without: a value, an item of a list, or an entry."""
    location = tuple(part for part in error["loc"] if part != "[key]")
    if error["type"] != "missing" and "[key]" not in error["loc"] and len(location) > 2:
        return location
    items = [n for n, part in enumerate(location) if isinstance(part, int)]
    return location[: items[-1] + 1] if items else location[:2]


def _last_first(location: tuple[str | int, ...]) -> tuple[Any, ...]:
    """Return a sorting key that takes later items of a list before earlier ones, so that numbers stay right."""
    return tuple((0, -part, "") if isinstance(part, int) else (1, 0, part) for part in location)


def _leave_out(data: dict[str, Any], location: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Remove the part at `location` from the plain data, or the nearest around it that can be; return where that was."""
    for length in range(len(location), 0, -1):
        at: Any = data
        try:
            for part in location[: length - 1]:
                at = at[part]
            del at[location[length - 1]]
        except (KeyError, IndexError, TypeError):
            continue
        return location[:length]
    return location


_RULE_OF = {"extra_forbidden": "unknown-key", "missing": "missing-key"}
"""The rule that is broken, by the kind of a validation error; any other breaks "value"."""


def _as_fault(switched: _Switched, error: Any) -> Fault:
    return replace(switched.numbered(_said_of(switched, error)), rule=_RULE_OF.get(error["type"], "value"))


def _said_of(switched: _Switched, error: Any) -> Fault:
    location = tuple(part for part in error["loc"] if part != "[key]")
    is_key = "[key]" in error["loc"]
    kind = error["type"]
    last = location[-1] if location else "the file"
    leaf = f"item {last + 1}" if isinstance(last, int) else last
    place = switched.place((*location, "<key>") if is_key or kind == "extra_forbidden" else location)
    old = _former(switched, location, kind)
    if old is not None:
        at = switched.place((*old.path, "<key>"))
        said = f"'{old.now}' is missing" if old.now else f"'{old.path[-1]}' is no key"
        return Fault(at, f"{said}: {old.why}; {former.REMEDY}")
    if kind == "extra_forbidden":
        known = _known_keys(location[:-1])
        if str(leaf)[:3].isdigit():  # what stands behind the comma of "1,000" in braces
            return Fault(place, f"unknown key '{leaf}'; a comma ends a value: write a number without one, such as 1000")
        hint = did_you_mean(leaf, known) or (f"; known are {', '.join(known)}" if 0 < len(known) <= 12 else "")
        return Fault(place, f"unknown key '{leaf}'{hint}")
    if kind == "missing":
        return Fault(switched.place(location[:-1]), f"'{leaf}' is missing; add it")
    given = error.get("input")
    shown = "" if isinstance(given, (dict, list)) else f", got {str(given)[:60]!r}"
    if kind == "string_pattern_mismatch":
        if is_key or (isinstance(given, str) and given == leaf):
            wanted = "names are lower-case letters, digits and underscores, starting with a letter"
            if location and location[0] == "decisions" and len(location) == 2:
                wanted = "a decision is named by who decides and what: mayor.warn"
            return Fault(place, f"'{str(given)[:60]}' is not a name here; {wanted}")
        wanted = "is not written as it should be"
        return Fault(place, f"{leaf} {wanted}{shown}")
    if kind in ("model_type", "dict_type"):
        return Fault(place, f"{leaf} wants keys below it, each with what it stands for{shown}")
    message = str(error["msg"]).removeprefix("Value error, ")
    if kind == "value_error":
        return Fault(place, f"{leaf} {message}")
    return Fault(place, f"{leaf}: {message[:1].lower()}{message[1:]}{shown}")


def _former(switched: _Switched, location: tuple[Any, ...], kind: str) -> former.Former | None:
    """Return the word of an earlier version by which a key is unknown or missing."""
    written = switched.written(location)
    parent: Any = switched.data
    for part in written[:-1]:
        try:
            parent = parent[part]
        except (KeyError, IndexError, TypeError):
            return None
    if not isinstance(parent, dict):
        return None
    tried = [
        key for key in parent if key == location[-1] or (kind == "missing" and location[-1] == "to" and key == "at")
    ]
    return next((word for key in tried if (word := former.former((*written[:-1], key), parent)) is not None), None)


def _known_keys(location: tuple[Any, ...]) -> list[str]:
    """Return the keys that a mapping at `location` may have, by walking the models' JSON schema."""
    from .schema import json_schema

    schema = json_schema()
    node: Any = schema
    for part in location:
        node = _resolve(schema, node)
        if isinstance(part, int):
            node = node.get("items", {})
        elif part in node.get("properties", {}):
            node = node["properties"][part]
        elif "additionalProperties" in node and isinstance(node["additionalProperties"], dict):
            node = node["additionalProperties"]
        elif node.get("patternProperties"):
            node = next(iter(node["patternProperties"].values()))
        else:
            return []
    return sorted(_resolve(schema, node).get("properties", {}))


def _resolve(schema: dict[str, Any], node: Any) -> Any:
    for _ in range(8):
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rpartition("/")[2]]
            continue
        for union in ("anyOf", "allOf", "oneOf"):
            parts = [part for part in node.get(union, []) if part.get("type") != "null"]
            if parts:
                node = parts[0]
                break
        else:
            return node
    return node
