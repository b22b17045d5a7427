"""Programs that decide for people: a function, or a table that was learned and saved.

A *policy* is called at each question to the people whom it decides for, with a `Moment`: what the person can know, and no
more. What it answers becomes part of the run, like every answer from outside.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import json
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import RequestError, did_you_mean
from ..files import whole_file
from ..observation import Observer
from ..run import Run
from ..scenario.scenario import DecisionInfo, Scenario

if TYPE_CHECKING:
    import numpy as np

    from ..seat import Seat

LARGEST_FILE = 64 << 20
"""Bytes of a saved policy, at most."""
FORMAT = "policy-1"


class Moment:
    """A question as it reaches a policy: what the decider can know, and no more."""

    def __init__(self, run: Run, info: DecisionInfo, observer: Observer) -> None:
        self._run, self._observer = run, observer
        self.person = info.decider
        self.decision = info.name
        self.question = info.question
        """In words."""
        self.options: tuple[str, ...] = tuple(option.name for option in info.options)
        self.open: tuple[bool, ...] = tuple(run.open_options())
        """Whether each option is open."""

    @cached_property
    def observation(self) -> dict[str, np.ndarray]:
        """What the person can know, as numbers; see `Observer`."""
        return self._observer.see(self._run)

    @property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """What each number of each part of the observation stands for."""
        return {part.name: part.labels for part in self._observer.parts}

    def view(self) -> Seat:
        """Return what the person can know, in words and as plain data."""
        return self._run.view(self.person)

    @cached_property
    def doctrine(self) -> str:
        """The option that the person takes by themself."""
        return self._run.doctrine()


Policy = Callable[[Moment], str | None]
"""Returns the name of an option; None, or an option that is not open, leaves the question to the person."""


# ------------------------------------------------------------------------------------------------ a table


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Feature(_Strict):
    """One number of an observation, and where it is cut: below the first edge is 0, from there on 1, and so on."""

    part: str
    label: str
    edges: Annotated[list[float], Field(min_length=1, max_length=1000)]


class _File(_Strict):
    format: Literal["policy-1"]
    scenario: str
    person: str
    features: Annotated[list[Feature], Field(max_length=64)]
    answers: dict[str, dict[str, str]]


@dataclass
class TablePolicy:
    """What a person answers, by a few numbers of what they can know, each cut into ranges.

    Args:
        scenario: name of the scenario for which it was learned.
        person: who decides by it.
        features: what it looks at.
        answers: decision -> numbers of the ranges, such as "0,2" -> option; the person decides by themself where it
            has none.
    """

    scenario: str
    person: str
    features: Sequence[Feature]
    answers: dict[str, dict[str, str]] = field(default_factory=dict)

    def key(self, observation: Mapping[str, np.ndarray], labels: Mapping[str, Sequence[str]]) -> str:
        """Return in which range each feature of an observation lies: "0,2"; raises RequestError for one that is not there."""
        found = []
        for feature in self.features:
            known = labels.get(feature.part, ())
            if feature.label not in known:
                names = [*known] if known else [*labels]
                raise RequestError(
                    f"the policy looks at {feature.part}.{feature.label}, which {self.person} does not have in this "
                    f"scenario{did_you_mean(feature.label if known else feature.part, names)}"
                )
            value = float(observation[feature.part][list(known).index(feature.label)])
            found.append(bisect_right(feature.edges, value))
        return ",".join(map(str, found))

    def __call__(self, moment: Moment) -> str | None:
        """Return the option that the table has, None where it has none."""
        answers = self.answers.get(moment.decision)
        return answers.get(self.key(moment.observation, moment.labels)) if answers else None

    def save(self, path: str | Path) -> Path:
        """Write it as JSON, whole or not at all."""
        features = [feature.model_dump() for feature in self.features]
        facts = {"format": FORMAT, "scenario": self.scenario, "person": self.person, "features": features}
        with whole_file(Path(path)) as file:
            file.write_text(json.dumps(facts | {"answers": self.answers}, indent=1) + "\n", encoding="utf-8")
        return Path(path)

    @classmethod
    def load(cls, path: str | Path) -> TablePolicy:
        """Return a saved one; raises RequestError when it cannot be read. Reading it runs no code."""
        try:
            if Path(path).stat().st_size > LARGEST_FILE:
                raise RequestError(f"{path} is too large for a saved policy")
            file = _File.model_validate_json(Path(path).read_bytes())
        except OSError as cause:
            raise RequestError(f"{path} cannot be read: {cause.strerror or cause}") from None
        except ValidationError as wrong:
            first = wrong.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"])) or "the file"
            raise RequestError(f"{path} is no saved policy: {where}: {first['msg'].lower()}") from None
        return cls(file.scenario, file.person, file.features, file.answers)


# ------------------------------------------------------------------------------------------------ who decides


def is_policy(text: str) -> bool:
    """Return whether a text names a policy, "[WHO=]MODULE:FUNCTION" or "[WHO=]FILE.json", and not forced options."""
    who, equals, what = text.partition("=")
    return ("." not in who or not equals) and (":" in text or (what or who).strip().endswith(".json"))


class Deciders:
    """Policies in the chairs of people of one scenario; safe to use from many threads if the policies are.

    Args:
        scenario: a loaded scenario.
        texts: "WHO=MODULE:FUNCTION" or "WHO=FILE.json"; without WHO a function decides for everybody, and a file
            for the person for whom it was learned.

    Raises RequestError when one cannot be found, or is for nobody.
    """

    def __init__(self, scenario: Scenario, texts: Iterable[str]) -> None:
        self.scenario = scenario
        self.texts = tuple(texts)
        self._by: dict[str, Policy] = {}
        self._called: dict[str, str] = {}
        self._observers: dict[str, Observer] = {}
        for text in self.texts:
            head, equals, rest = text.partition("=")
            who, what = (head.strip(), rest.strip()) if equals else ("", head.strip())
            policy = load_policy(what)
            if not who and isinstance(policy, TablePolicy):
                who = policy.person
            deciders = list(dict.fromkeys(info.decider for info in scenario.decisions))
            for person in [who] if who else deciders:
                self._observers[person] = Observer(scenario, person)
                if person in self._by:
                    raise RequestError(f"two policies decide for '{person}': {self._called[person]} and {what}")
                self._by[person], self._called[person] = policy, what

    @property
    def people(self) -> list[str]:
        """For whom they decide."""
        return list(self._by)

    @property
    def decisions(self) -> list[str]:
        """What they decide."""
        return [info.name for info in self.scenario.decisions if info.decider in self._by]

    def answer(self, run: Run, info: DecisionInfo) -> str:
        """Answer the question that waits in `run`; a `Chooser`.

        Raises RequestError when a policy answers with something that is no option.
        """
        moment = Moment(run, info, self._observers[info.decider])
        found = self._by[info.decider](moment)
        if found is not None and found not in moment.options:
            raise RequestError(
                f"the policy {self._called[info.decider]} answered {found!r} to {info.name}, "
                f"which has {', '.join(moment.options)}"
            )
        if found is None or not moment.open[moment.options.index(found)]:
            return moment.doctrine
        return found

    def digests(self) -> dict[str, str]:
        """Return a digest of the file in which each policy stands, by the text that names it."""
        return {text: digest_of_policy(text.partition("=")[2].strip() or text.strip()) for text in self.texts}


def load_policy(text: str) -> Policy:
    """Return the policy "MODULE:FUNCTION", whose module is imported, or the saved one in a JSON file.

    Raises RequestError when there is none.
    """
    if text.endswith(".json"):
        return TablePolicy.load(text)
    module, colon, name = text.partition(":")
    if not colon or not module or not name:
        raise RequestError(f"a policy is MODULE:FUNCTION or a saved file that ends in .json, got '{text}'")
    found: Policy | None = getattr(_module(module), name, None)
    if not callable(found):
        raise RequestError(f"the module {module} has no function '{name}'{did_you_mean(name, dir(_module(module)))}")
    return found


def _module(name: str) -> Any:
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except ImportError as cause:
        raise RequestError(f"the module {name} cannot be imported from {here}: {cause}") from None
    finally:
        sys.path.remove(here)


def digest_of_policy(text: str) -> str:
    """Return a digest of the file that holds a policy: its own, or that of its module."""
    file = text
    if not text.endswith(".json"):
        file = inspect.getsourcefile(_module(text.partition(":")[0])) or ""
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()[:16] if file else ""
