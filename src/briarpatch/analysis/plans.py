"""What to play: a scenario, the seeds, and the arms; read from a file with the place of every fault, or from words.

scenario: valley            # may be left to the command line
seeds: 1000                 # or {first: 5000, count: 1000}
accounts: false             # whether each row says how well each account fits
arms:
  as it is: {}
  warned in spring:
    choose: {mayor.warn: warn}
    variant: {season: spring}
    set: {people.mayor.age: 50}
    as_told: B
    policy: [mayor=learned.json]    # or MODULE:FUNCTION
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import Fault, Place, RequestError, ScenarioError, did_you_mean
from ..scenario import load
from .worlds import AS_IT_IS, Arm, Player, players

MOST_ARMS = 200
LONGEST_NAME = 80
Setting = str | int | float | bool
_KINDS = {"choose": "choices", "variant": "variants", "set": "overrides"}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Seeds(_Part):
    """The seeds `first`, `first + 1`, ... that every arm plays."""

    first: int = Field(default=0, ge=0, lt=1 << 64)
    count: int = Field(ge=1, le=1 << 40)


class Treatment(_Part):
    """What one arm changes."""

    choose: dict[str, str] = {}
    variant: dict[str, Setting] = {}
    set: dict[str, Setting] = {}
    as_told: str | None = None
    policy: list[str] = []


class PlanFile(_Part):
    """A plan as it stands in a file."""

    scenario: str | None = None
    seeds: Seeds | int | None = None
    accounts: bool | None = None
    arms: dict[str, Treatment] = Field({}, max_length=MOST_ARMS)


@dataclass(frozen=True)
class Plan:
    """What to play; None is what the plan leaves open."""

    arms: tuple[Arm, ...]
    scenario: str | None = None
    first: int | None = None
    count: int | None = None
    accounts: bool | None = None
    source: load.Source | None = None
    """The file that it was read from; it knows the place of each setting."""

    def players(self, scenario: Any) -> list[Player]:
        """Return a player for each arm of `scenario`; raises RequestError or ScenarioError with the place of the fault."""
        if self.source is None:
            return players(scenario, self.arms)
        found: list[Player] = []
        faults: list[Fault] = []
        for arm in self.arms:
            try:
                found.append(Player(scenario, arm, len(found)))
            except ScenarioError as error:
                faults += [self._placed(arm, fault.message, fault.place) for fault in error.faults]
            except RequestError as error:
                faults.append(self._placed(arm, str(error), Place()))
        if faults:
            raise ScenarioError(faults)
        return found

    def _placed(self, arm: Arm, message: str, place: Place) -> Fault:
        """Return a fault of an arm, at the setting that it speaks of, or at the arm."""
        assert self.source is not None
        for kind, field in _KINDS.items():
            for name, value in getattr(arm, field).items():
                words = f"{place} {message}"
                if f"'{name}'" in words or f"--set {name}" in words or f"'{value}'" in words:
                    return Fault(self.source.place(("arms", arm.name, kind, name)), f"arm '{arm.name}': {message}")
        told = f"{place}: " if place.line else ""
        return Fault(self.source.place(("arms", arm.name, load.KEY)), f"arm '{arm.name}': {told}{message}")


def read_plan(path: str | Path) -> Plan:
    """Return the plan in a YAML file; raises ScenarioError with every fault and its place."""
    path = Path(path)
    if path.is_dir():
        raise ScenarioError([Fault(Place(str(path)), "is a folder; a plan is one YAML file")])
    return _plan(load.read(path))


def _plan(source: load.Source) -> Plan:
    blank = [
        Fault(source.place(path), f"'{path[-1] if path else 'the plan'}' {load.BLANK}") for path in source.blanks()
    ]
    if blank:
        raise ScenarioError(blank)
    try:
        file = PlanFile.model_validate(source.data)
    except ValidationError as wrong:
        raise ScenarioError(_fault(source, error) for error in wrong.errors(include_url=False)) from None
    faults = [
        Fault(source.place(("arms", name, load.KEY)), f"an arm's name has 1 to {LONGEST_NAME} printable characters")
        for name in file.arms
        if not _is_name(name)
    ]
    if isinstance(file.seeds, int) and not 1 <= file.seeds <= 1 << 40:
        faults.append(Fault(source.place(("seeds",)), f"seeds must be from 1 to 2^40, got {file.seeds}"))
    if faults:
        raise ScenarioError(faults)
    arms = tuple(_arm(name, treatment) for name, treatment in file.arms.items())
    seeds = Seeds(count=file.seeds) if isinstance(file.seeds, int) else file.seeds
    return Plan(
        arms or (Arm(),),
        file.scenario,
        seeds.first if seeds and isinstance(file.seeds, Seeds) else None,
        seeds.count if seeds else None,
        file.accounts,
        source,
    )


def _arm(name: str, treatment: Treatment) -> Arm:
    return Arm(
        name,
        dict(treatment.choose),
        {key: _text(value) for key, value in treatment.variant.items()},
        {key: _text(value) for key, value in treatment.set.items()},
        treatment.as_told,
        tuple(treatment.policy),
    )


def _text(value: Setting) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_name(name: str) -> bool:
    return 0 < len(name) <= LONGEST_NAME and name.isprintable() and name == name.strip()


def _fault(source: load.Source, error: Any) -> Fault:
    location = tuple(part for part in error["loc"] if part not in ("Seeds", "int", "str", "float", "bool", "[key]"))
    leaf = str(location[-1]) if location else "the plan"
    if error["type"] == "extra_forbidden":
        known = _known(location)
        hint = did_you_mean(leaf, known) or f"; known are {', '.join(known)}"
        return Fault(source.place((*location, load.KEY)), f"unknown key '{leaf[:60]}'{hint}")
    if error["type"] == "missing":
        return Fault(source.place(location[:-1]), f"'{leaf}' is missing; add it")
    message = str(error["msg"])
    given = error.get("input")
    shown = "" if isinstance(given, (dict, list)) else f", got {str(given)[:60]!r}"
    return Fault(source.place(location), f"{leaf[:60]}: {message[:1].lower()}{message[1:]}{shown}")


def _known(location: Sequence[Any]) -> list[str]:
    if len(location) == 1:
        return list(PlanFile.model_fields)
    return list((Seeds if location[0] == "seeds" else Treatment).model_fields)


# ------------------------------------------------------------------------------------------------ from words

_CLAUSE = re.compile(r"(?:^|,)\s*(choose|variant|set|as-told|policy)\s+", re.ASCII)


def read_arm(words: str) -> Arm:
    """Return the arm that words describe: "warned: choose mayor.warn=warn, variant season=spring, set a.b=5".

    A name alone is an arm that changes nothing. Raises RequestError when the words make no sense.
    """
    name, _, rest = words.partition(":")
    name, rest = name.strip(), rest.strip()
    if not _is_name(name):
        raise RequestError(f"--arm needs a name of 1 to {LONGEST_NAME} characters before the colon, got '{words}'")
    starts = list(_CLAUSE.finditer(rest))
    if rest and (not starts or starts[0].start() != 0):
        raise RequestError(
            f"--arm '{name}': after the colon comes choose WHO.DECISION=OPTION, variant NAME=SETTING, set PATH=VALUE, "
            f"as-told ACCOUNT or policy WHO=WHAT, parted by commas; got '{rest}'"
        )
    found: dict[str, dict[str, str]] = {kind: {} for kind in _KINDS}
    as_told, policies = None, []
    for number, start in enumerate(starts):
        end = starts[number + 1].start() if number + 1 < len(starts) else len(rest)
        clause, kind = rest[start.end() : end].strip(), start.group(1)
        if kind == "as-told":
            as_told = clause
            continue
        if kind == "policy":
            policies.append(clause)
            continue
        for key, value in _settings(name, kind, clause):
            if key in found[kind]:
                raise RequestError(f"--arm '{name}' sets '{key}' twice")
            found[kind][key] = value
    return Arm(name, found["choose"], found["variant"], found["set"], as_told, tuple(policies))


def _settings(name: str, kind: str, clause: str) -> Iterable[tuple[str, str]]:
    key, equals, value = clause.partition("=")
    if not equals or not key.strip():
        raise RequestError(f"--arm '{name}': {kind} needs NAME=VALUE, got '{clause}'")
    yield key.strip(), value.strip()


def arms_of(base: Arm, arms: Iterable[Arm]) -> tuple[Arm, ...]:
    """Return `arms`, each with the settings of `base` where it says nothing itself; `base` alone if there are none.

    Without a name of its own, `base` is called by what it changes.
    """
    given = tuple(arms)
    if not given:
        return (replace(base, name=describe(base)) if base.name == AS_IT_IS else base,)
    return tuple(
        replace(
            arm,
            choices={**base.choices, **arm.choices},
            variants={**base.variants, **arm.variants},
            overrides={**base.overrides, **arm.overrides},
            as_told=arm.as_told or base.as_told,
            policies=(*base.policies, *arm.policies),
        )
        for arm in given
    )


def describe(arm: Arm) -> str:
    """Return what an arm changes in a few words."""
    changes: list[Mapping[str, str]] = [arm.choices, arm.variants, arm.overrides]
    words = [f"{name}={value}" for change in changes for name, value in change.items()]
    words += [f"policy {text}" for text in arm.policies]
    if arm.as_told:
        words.insert(0, f"as told by {arm.as_told}")
    text = ", ".join(words) or AS_IT_IS
    return text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + "…"
