"""A scenario, loaded, switched, checked and compiled: from files to a `Scenario` that makes worlds.

The steps: read the files (`load`), set the variants and the overrides on the plain data, validate (`schema`), build
tables and bytecode (`build`), ask what a careful editor would ask (`check`). All faults are reported together.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..errors import Fault, Place, RequestError, ScenarioError, did_you_mean
from ..world import world as worlds
from ..world.world import Program, World
from . import accounts, build, check, load, uncertain
from .dotted import step
from .names import EntityNames
from .schema import Document


@dataclass(frozen=True)
class OptionInfo:
    """One answer to a question."""

    name: str
    told: str


@dataclass(frozen=True)
class DecisionInfo:
    """A question: its name (`who.what`), its words, who decides, and the answers."""

    name: str
    question: str
    decider: str
    options: tuple[OptionInfo, ...]


@dataclass(frozen=True)
class EndingInfo:
    """One way the story can end."""

    name: str
    told: str


@dataclass(frozen=True)
class MeasureInfo:
    """A number read off at the end; `better` is "more", "less" or "neither"."""

    name: str
    told: str
    unit: str
    better: str


@dataclass(frozen=True)
class VariantInfo:
    """A named switch, its settings, and which one is in force."""

    name: str
    question: str
    default: str
    setting: str
    settings: Mapping[str, str]


@dataclass(eq=False)
class Scenario:
    """A scenario that is ready to play; make worlds with `world(seed)`."""

    source: load.Source
    path: Path | None
    document: Document
    built: build.Built
    variants: dict[str, VariantInfo]
    overrides: dict[str, str]
    tellings: accounts.Tellings = field(default_factory=accounts.Tellings)
    as_told: str | None = None
    given: dict[str, str] = field(default_factory=dict)
    """The settings that were asked for, by name or by `as_told`; the others are at their defaults."""
    warnings: list[Fault] = field(default_factory=list)
    uncertain: dict[str, uncertain.UncertainNumber] = field(default_factory=dict)
    """The numbers that the scenario declares uncertain."""

    @property
    def name(self) -> str:
        """Return the name of its folder or file."""
        return self.source.name

    @property
    def title(self) -> str:
        """Return its title."""
        return self.document.scenario.title

    @property
    def digest(self) -> str:
        """Return a digest of its files."""
        return self.source.digest

    @property
    def files(self) -> dict[str, str]:
        """Return the digest of each of its files."""
        return self.source.files

    @property
    def program(self) -> Program:
        """Return what it compiles to."""
        return self.built.program

    @property
    def names(self) -> EntityNames:
        """Return its names."""
        return self.built.names

    @cached_property
    def settings(self) -> dict[str, str]:
        """Return the setting of each variant that is in force."""
        return {name: variant.setting for name, variant in self.variants.items()}

    @cached_property
    def endings(self) -> list[EndingInfo]:
        """Return how the story can end, in order of precedence."""
        return [EndingInfo(name, ending.told) for name, ending in self.document.endings.items()]

    @cached_property
    def measures(self) -> list[MeasureInfo]:
        """Return what is read off at the end."""
        return [MeasureInfo(name, m.told, m.unit, m.better) for name, m in self.document.measures.items()]

    @cached_property
    def decisions(self) -> list[DecisionInfo]:
        """Return the questions that somebody has to answer."""
        found: dict[str, list[OptionInfo]] = {name: [] for name in self.names.rows.get("decision", {})}
        for option in self.names.rows.get("option", {}):
            decision, _, short = option.rpartition(".")
            found[decision].append(OptionInfo(short, self._told("option", option)))
        return [
            DecisionInfo(name, self._told("decision", name), name.partition(".")[0], tuple(options))
            for name, options in found.items()
        ]

    def _told(self, kind: str, name: str) -> str:
        reference = self.names.find(kind, name)
        return "" if reference is None else self.names.told(reference)

    @property
    def start_hour(self) -> float:
        """Return the time of day at the start, in seconds."""
        return float(self.program.limits[0].start_hour)

    def clock(self, time: float) -> str:
        """Return a time as words: "day 3, 14:05"."""
        minutes = int((self.start_hour + time) // 60)
        return f"day {minutes // 1440 + 1}, {minutes // 60 % 24:02d}:{minutes % 60:02d}"

    def world(self, seed: int) -> World:
        """Return a fresh world at time zero under the luck of `seed`."""
        from ..engine import begin

        if not 0 <= seed < 1 << 64:
            raise RequestError(f"a seed is a whole number from 0 to 2^64 - 1, got {seed}")
        world = worlds.copy(self.built.world)
        begin(self.program, world, seed)
        return world


def packaged() -> Path:
    """Return the folder of the scenarios that come with the program."""
    return Path(str(resources.files("briarpatch") / "scenarios"))


def scenario_names() -> list[tuple[str, str]]:
    """Return (name, title) of every scenario that comes with the program."""
    found = []
    for path in sorted(packaged().iterdir()):
        if path.is_dir() and (path / "scenario.yaml").exists():
            head = path / "scenario.yaml"
        elif path.suffix == ".yaml":
            head = path
        else:
            continue
        found.append((path.stem, str(load.read(head).data.get("scenario", {}).get("title", ""))))
    return found


def find(path_or_name: str | Path) -> Path:
    """Return the path of a scenario: a file, a folder, or the name of one that comes with the program."""
    if not isinstance(path_or_name, (str, Path)) or not str(path_or_name):
        names = ", ".join(name for name, _ in scenario_names())
        raise ScenarioError([Fault(Place("the scenario"), f"is not named; give a file, a folder, or one of {names}")])
    path, text = Path(path_or_name), str(path_or_name)
    if path.exists():
        return path
    if "/" not in text and "\\" not in text:
        for candidate in (packaged() / text, packaged() / f"{text}.yaml"):
            if candidate.exists():
                return candidate
        names = [name for name, _ in scenario_names()]
        hint = did_you_mean(text, names) or f"; the scenarios that come along are {', '.join(names)}"
        raise ScenarioError([Fault(Place(text), f"is neither a file, a folder nor a scenario that comes along{hint}")])
    raise ScenarioError([Fault(Place(text), "does not exist; give a scenario file or folder")])


def load_scenario(
    path_or_name: str | Path,
    *,
    variants: Mapping[str, str] | None = None,
    overrides: Mapping[str, str] | None = None,
    as_told: str | None = None,
) -> Scenario:
    """Return the scenario at a path, or the one of that name that comes with the program.

    `variants` sets switches by name; `overrides` sets single values by path, such as {"vessels.ferry.hull": "50"};
    `as_told` names an account and sets every switch as that account tells it, unless `variants` says otherwise.
    Raises ScenarioError with every fault that was found.
    """
    path = find(path_or_name)
    return compile_source(load.read(path), variants, overrides, path, as_told)


def load_text(
    text: str,
    *,
    variants: Mapping[str, str] | None = None,
    overrides: Mapping[str, str] | None = None,
    as_told: str | None = None,
) -> Scenario:
    """Return the scenario that `text` (YAML) holds; arguments as for `load_scenario`."""
    return compile_source(load.read_text(text), variants, overrides, as_told=as_told)


def compile_source(
    source: load.Source,
    variants: Mapping[str, str] | None,
    overrides: Mapping[str, str] | None,
    path: Path | None = None,
    as_told: str | None = None,
) -> Scenario:
    """Return the scenario of a source with its switches set."""
    switched = _Switched(source)
    given = ({} if as_told is None else switched.settings_told(as_told)) | dict(variants or {})
    infos = switched.set_variants(given)
    switched.set_overrides(dict(overrides or {}))
    faults = switched.faults
    document, left_out = _validate(switched, faults)
    if document is None:
        raise ScenarioError(faults)

    def fault(path: tuple[str | int, ...], message: str, offset: int | None = None) -> None:
        emptied = left_out and message.endswith("got 0: none")  # its verb was faulty, and that is said already
        if not emptied and not any(f"'{name}'" in message for name in left_out):
            faults.append(Fault(switched.place(path, offset), message))

    try:
        built = build.Builder(document, fault).build()
    except build.TooMuch:
        raise ScenarioError(faults) from None
    tellings = accounts.resolve(document, built, fault)
    numbers, outside = uncertain.numbers(document, switched.data, fault)
    if faults:
        raise ScenarioError(faults)
    scenario = Scenario(source, path, document, built, infos, dict(overrides or {}), tellings, as_told, given)
    scenario.uncertain = numbers
    scenario.warnings = sorted(
        Fault(switched.place(path), message) for path, message in [*check.questions(document, built), *outside]
    )
    return scenario


class _Switched:
    """The plain data of a source, with variants and overrides applied, and the place of every value."""

    def __init__(self, source: load.Source) -> None:
        self.source = source
        self.data: dict[str, Any] = copy.deepcopy(source.data)
        self.faults: list[Fault] = []
        self.moved: dict[tuple[str | int, ...], Place] = {}

    def place(self, path: Iterable[str | int], offset: int | None = None) -> Place:
        at = self._written(path)
        for length in range(len(at), 0, -1):
            if at[:length] in self.moved:
                return self.moved[at[:length]]
        return self.source.place(at, offset)

    def _written(self, path: Iterable[str | int]) -> tuple[str | int, ...]:
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
            self.faults.append(Fault(Place(f"{self.source.name}:"), f"unknown account '{account}'{hint}"))
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
                self.faults.append(Fault(Place(self.source.name), f"unknown variant '{name}'{hint}"))
        for name, body in known.items():
            settings = body.get("settings") if isinstance(body, dict) else None
            if not isinstance(settings, dict) or not all(isinstance(s, dict) for s in settings.values()):
                continue  # validation says what is wrong with it
            chosen = wanted.get(name, str(body.get("default")))
            if chosen not in settings:
                place = Place(self.source.name) if name in wanted else self.place(("variants", name, "default"))
                hint = did_you_mean(chosen, settings) or f"; the settings are {', '.join(settings)}"
                self.faults.append(Fault(place, f"variant '{name}' has no setting '{chosen}'{hint}"))
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
                self._change(str(path), value, False, self.place((*where, "set", path)))
        return infos

    def set_overrides(self, wanted: dict[str, str]) -> None:
        for path, text in wanted.items():
            place = Place(f"--set {path}:")
            value = load.scalar(text) if isinstance(text, str) else text
            self._change(path, value, False, place)

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
                self.faults.append(Fault(place, f"'{path}': there is no '{parts[0]}'{did_you_mean(parts[0], known)}"))
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


def _validate(switched: _Switched, faults: list[Fault]) -> tuple[Document | None, set[str]]:
    """Return the document, and the names of entries that had to be left out because they are faulty.

    When something is wrong, the faulty parts are left out and the rest is looked at all the same, so that an author
    sees the faults of every stage at once.
    """
    left_out: set[str] = set()
    for _ in range(6):
        try:
            return Document.model_validate(switched.data), left_out
        except ValidationError as wrong:
            errors = wrong.errors(include_url=False, include_context=True)
            if not left_out:
                faults += [_as_fault(switched, error) for error in errors]
            left_out.add("")
            for location in sorted({_faulty_part(error) for error in errors}, key=_last_first):
                left_out |= _leave_out(switched.data, location)
    return None, left_out


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


def _leave_out(data: dict[str, Any], location: tuple[str | int, ...]) -> set[str]:
    """Remove the part at `location` from the plain data; return the name of an entry that went as a whole."""
    at: Any = data
    for part in location[:-1]:
        try:
            at = at[part]
        except (KeyError, IndexError, TypeError):
            return set()
    try:
        del at[location[-1]]
    except (KeyError, IndexError, TypeError):
        return set()
    return {str(location[-1])} if len(location) == 2 else set()


def _as_fault(switched: _Switched, error: Any) -> Fault:
    location = tuple(part for part in error["loc"] if part != "[key]")
    is_key = "[key]" in error["loc"]
    kind = error["type"]
    leaf = str(location[-1]) if location else "the file"
    place = switched.place((*location, "<key>") if is_key or kind == "extra_forbidden" else location)
    if kind == "extra_forbidden":
        known = _known_keys(location[:-1])
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
        wanted = "must be a time of day such as '06:30'" if leaf == "start" else "is not written as it should be"
        return Fault(place, f"{leaf} {wanted}{shown}")
    if kind in ("model_type", "dict_type"):
        return Fault(place, f"{leaf} wants keys below it, each with what it stands for{shown}")
    message = str(error["msg"]).removeprefix("Value error, ")
    if kind == "value_error":
        return Fault(place, f"{leaf} {message}")
    return Fault(place, f"{leaf}: {message[:1].lower()}{message[1:]}{shown}")


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


def provenance(scenario: Scenario) -> str:
    """Return a digest of everything that decides what a scenario compiles to."""
    parts = {"digest": scenario.digest, "settings": scenario.settings, "overrides": scenario.overrides}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
