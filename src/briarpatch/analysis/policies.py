"""Policies under the same luck: every answer to a question forced in turn, in each of many worlds.

A *policy* fixes the options of some decisions; the doctrine fixes none and lets the deciders lean as they do. All
policies play the same seeds. Up to the moment at which the first of their questions is answered they share one
history, so that history is played once: the doctrine's world is played out, then a fresh one up to just before that
moment, and each policy that would not repeat a world already played goes on from a copy of it. The outcomes are those
of playing every policy from the start.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import engine
from ..errors import RequestError, ScenarioError, did_you_mean
from ..run import Run
from ..scenario.catalog import load_scenario, opened
from ..scenario.scenario import DecisionInfo, Scenario
from ..world import kinds, refs, states
from ..world.world import World, copy
from .deciders import Deciders, is_policy
from .worlds import Arm, Player

if TYPE_CHECKING:
    import polars as pl

DOCTRINE = "doctrine"
"""The name of the policy that forces nothing."""
MOST_POLICIES = 64
_NAME = re.compile(r"(?<![\w.])([A-Za-z_]\w*)(?![\w.]|\s*\()")
"""A name by itself: neither called nor part of a dotted one."""


class Outcomes(NamedTuple):
    """What came of every policy in every world; a world that broke a guard under any policy is not in it."""

    seeds: np.ndarray
    """[worlds] u64."""
    endings: np.ndarray
    """[policies, worlds] row of the ending."""
    measures: np.ndarray
    """[policies, worlds, measures]."""
    taken: np.ndarray
    """[policies, worlds, decisions] the option last taken, by its place in the question; -1 when never asked."""
    times: np.ndarray
    """[policies, worlds] when the story ended, s."""
    asked: np.ndarray
    """[worlds] when the first of the questions was answered, s; infinite when none came up."""
    notes: np.ndarray
    """[worlds, notes] what was noted at that moment; not a number when no question came up."""
    broken: int
    """Worlds that are left out because they broke a guard."""


def loaded(scenario: str | Path | Scenario, variants: Mapping[str, str], overrides: Mapping[str, Any]) -> Scenario:
    """Return a scenario with variants and overrides set, whether it is loaded already or not."""
    if not isinstance(scenario, Scenario):
        return load_scenario(scenario, variants=variants, overrides=overrides)
    if not variants and not overrides:
        return scenario
    return opened(
        scenario.source,
        scenario.given | dict(variants),
        scenario.overrides | dict(overrides),
        scenario.path,
        scenario.as_told,
    )


def with_notes(scenario: Scenario, conditions: Sequence[str]) -> Scenario:
    """Return `scenario` with more measures at its end: 1 where a condition of the scenario language holds, else 0.

    A condition may also name measures of the scenario: "drowned > 5". Raises RequestError when one is at fault.
    """
    if not conditions:
        return scenario
    changes = {
        f"measures.learnt_{number}": {"told": text, "value": f"({_spelt_out(scenario, text)}) ? 1 : 0"}
        for number, text in enumerate(conditions)
    }
    try:
        noted = loaded(scenario, {}, changes)
    except ScenarioError as wrong:
        reasons = "; ".join(sorted({fault.message for fault in wrong.faults}))
        raise RequestError(f"what is to be learnt is a condition of the scenario language: {reasons}") from None
    noted.overrides = dict(scenario.overrides)  # what is noted changes nothing in a world
    return noted


def _spelt_out(scenario: Scenario, text: str) -> str:
    """Return a condition with the names of measures replaced by what they measure, where they stand for no other thing."""
    others = {name for kind, rows in scenario.names.rows.items() if kind not in ("measure", "ending") for name in rows}
    names = {measure.name for measure in scenario.measures} - others
    if not names & set(_NAME.findall(text)):
        return text
    values = {name: measure.value for name, measure in scenario.document.measures.items()}

    def spelt(found: re.Match[str]) -> str:
        quoted, name = found.groups()
        return found.group() if quoted or name not in names else f"({values[name]})"

    return re.sub(rf"""("[^"]*"|'[^']*')|{_NAME.pattern}""", spelt, text)


def find_decision(scenario: Scenario, name: str) -> DecisionInfo:
    """Return the decision of that name; raises RequestError with the nearest one."""
    known = {info.name: info for info in scenario.decisions}
    if name not in known:
        shown = ", ".join(list(known)[:12]) + (", ..." if len(known) > 12 else "")
        hint = did_you_mean(name, known) or (f"; this scenario has {shown}" if known else "; this scenario has none")
        raise RequestError(f"unknown decision '{name}'{hint}")
    return known[name]


def check_option(info: DecisionInfo, option: str) -> None:
    """Raise RequestError when a decision has no such option."""
    names = [known.name for known in info.options]
    if option not in names:
        hint = did_you_mean(option, names) or f"; it has {', '.join(names)}"
        raise RequestError(f"'{info.name}' has no option '{option}'{hint}")


def all_options(decisions: Sequence[DecisionInfo]) -> list[Arm]:
    """Return the doctrine, and a policy for each combination of options; of one decision, one for each option."""
    size = math.prod(len(info.options) for info in decisions)
    if size > MOST_POLICIES:
        raise RequestError(
            f"{len(decisions)} decisions have {size:,} combinations of options, more than {MOST_POLICIES}; "
            "name those that matter with --policy"
        )
    combined = itertools.product(*([(info.name, option.name) for option in info.options] for info in decisions))
    return [Arm(DOCTRINE)] + [
        Arm(", ".join(option if len(decisions) == 1 else f"{name}={option}" for name, option in chosen), dict(chosen))
        for chosen in combined
    ]


def read_policies(scenario: Scenario, texts: Sequence[str]) -> list[Arm]:
    """Return the doctrine, and the policies that texts such as "mayor.warn=wait, keeper.run=stay" write down.

    A text may also name a program that decides; see `deciders`.
    """
    found = [Arm(DOCTRINE)]
    if len(texts) > MOST_POLICIES:
        raise RequestError(f"{len(texts)} policies are more than {MOST_POLICIES}")
    for text in texts:
        if is_policy(text):
            if any(text == other.name for other in found):
                raise RequestError(f"the policy '{text}' is given twice")
            found.append(Arm(text, policies=(text,)))
            continue
        choices: dict[str, str] = {}
        for part in text.split(","):
            name, equals, option = (piece.strip() for piece in part.partition("="))
            if not equals or not name or not option:
                raise RequestError(f"a policy is written as 'who.decision=option, ...', got '{text}'")
            if name in choices:
                raise RequestError(f"the policy '{text}' answers '{name}' twice")
            check_option(find_decision(scenario, name), option)
            choices[name] = option
        arm = Arm(", ".join(f"{name}={option}" for name, option in choices.items()), choices)
        if any(arm.choices == other.choices for other in found if not other.policies):
            raise RequestError(f"the policy '{text}' is given twice")
        found.append(arm)
    return found


Note = Callable[[World], Sequence[float]]
"""Reads what is to be noted of a world at the moment at which a question is answered."""


@dataclass
class _Played:
    world: World
    policy: Mapping[int, int]


class Policies:
    """Plays all policies in the world of one seed; safe to use from many threads.

    Args:
        scenario: a compiled scenario.
        arms: the policies; the first is the doctrine.
        fixed: further decisions that are forced in all of them.
        note: what to note of each world when the first question is answered, `notes` numbers.
    """

    def __init__(
        self,
        scenario: Scenario,
        arms: Sequence[Arm],
        fixed: Mapping[str, str],
        note: Note | None = None,
        notes: int = 0,
    ) -> None:
        self.arms = list(arms)
        self.player = Player(scenario, Arm(DOCTRINE, fixed))
        self.scenario, self.note, self.notes = scenario, note, notes
        program = scenario.program
        self._again = program.decisions["again"].tolist()
        self._first = program.decisions["first"].tolist()
        rows = scenario.names.rows["decision"]
        options = scenario.names.rows["option"]
        self._policies = [
            {rows[name]: options[f"{name}.{option}"] for name, option in arm.choices.items()} for arm in arms
        ]
        self.deciders = [Deciders(scenario, arm.policies) if arm.policies else None for arm in arms]
        """Of each policy, the programs that decide in it."""
        learned = {rows[name] for one in self.deciders if one is not None for name in one.decisions}
        self._record = int(bool(learned))
        self.decisions = sorted({row for policy in self._policies for row in policy} | learned)
        """Rows of the decisions that some policy answers."""
        wanted = [
            row for row, decision in enumerate(program.options["decision"].tolist()) if decision in self.decisions
        ]
        self._options = np.array([refs.ref(refs.OPTION, row) for row in wanted])

    @property
    def columns(self) -> dict[str, Any]:
        """The columns of a world under a policy, and their Polars types."""
        import polars as pl

        found: dict[str, Any] = {"policy": pl.String, "ending": pl.Int64, "whole": pl.Int64}
        numbers = ["time", "asked", *(f"measure:{measure.name}" for measure in self.scenario.measures)]
        numbers += [f"note:{k}" for k in range(self.notes)]
        return (
            found
            | dict.fromkeys(numbers, pl.Float64)
            | dict.fromkeys((f"taken:{name}" for name in self.decision_names), pl.Int64)
        )

    @property
    def decision_names(self) -> list[str]:
        """Names of the decisions that some policy answers, in the order of their rows."""
        names = {row: name for name, row in self.scenario.names.rows["decision"].items()}
        return [names[row] for row in self.decisions]

    def rows(self, seed: int) -> list[dict[str, Any]]:
        """Return the rows of a seed, one a policy; see `columns`."""
        worlds, asked, notes = self._play(seed)
        noted = {f"note:{k}": float(value) for k, value in enumerate(notes)} | {"asked": asked}
        known: dict[int, dict[str, Any]] = {}
        found = []
        for arm, world in zip(self.arms, worlds, strict=True):
            if id(world) not in known:
                known[id(world)] = self._outcome(world) | noted
            found.append({"policy": arm.name} | known[id(world)])
        return found

    def _play(self, seed: int) -> tuple[list[World], float, Sequence[float]]:
        """Return the world of each policy, when the first question was answered, and what was noted then."""
        world = self.player.play(seed)
        played = [_Played(world, {})]
        leaves = [world]
        asked, notes = self._asked(world), [math.nan] * self.notes
        if math.isfinite(asked):
            before = self.player.start(seed, self._record)
            if asked > 0.0:
                before = self.player.go(before, math.nextafter(asked, -math.inf))
            if self.note is not None:
                notes = list(self.note(self._at_the_question(before)))
            for policy, deciders in zip(self._policies[1:], self.deciders[1:], strict=True):
                if deciders is not None:
                    leaves.append(self._decided(seed, before, deciders))
                    continue
                leaf = next((other.world for other in played if self._repeats(policy, other)), None)
                if leaf is None:
                    leaf = copy(before)
                    for decision, option in policy.items():
                        leaf.decisions_state["forced"][decision] = option
                    leaf = self.player.go(leaf)
                    played.append(_Played(leaf, policy))
                leaves.append(leaf)
        else:
            leaves *= len(self.arms)
        return leaves, asked, notes

    def _decided(self, seed: int, before: World, deciders: Deciders) -> World:
        """Return the world that comes of `before`, which records, when programs decide from there on."""
        run = Run(
            self.scenario,
            seed,
            self.player.arm.choices,
            ask=deciders.people,
            chooser=deciders.answer,
            record=self._record,
        )
        outside = run.world.decisions_state["outside"].copy()
        run.world = copy(before)
        run.world.decisions_state["outside"][:] = outside
        return run.go().world

    def _asked(self, world: World) -> float:
        """Return when one of the questions was first answered, infinite when none was."""
        rows = world.chronicle[: int(world.state["entries"][0])]
        at = np.flatnonzero((rows["kind"] == kinds.CHOSE) & np.isin(rows["object"], self._options))
        return float(rows["time"][at[0]]) if len(at) else math.inf

    def _at_the_question(self, before: World) -> World:
        """Return the world that whoever answers the first question sees, from a world just before that instant.

        Much may happen within the instant before the question is answered, and be its very cause.
        """
        probe = copy(before)
        probe.decisions_state["outside"][self.decisions] = 1
        return self.player.go(probe)

    def _repeats(self, policy: Mapping[int, int], other: _Played) -> bool:
        """Return True when a policy would play the very world that another has played."""
        state = other.world.decisions_state
        for decision in self.decisions:
            if state["taken"][decision] == 0 or policy.get(decision) == other.policy.get(decision):
                continue
            if policy.get(decision) != int(state["chosen"][decision]) or self._again[decision]:
                return False
        return True

    def _outcome(self, world: World) -> dict[str, Any]:
        state, stand = world.state[0], world.decisions_state
        whole = int(int(state.status) == states.FINISHED)
        row: dict[str, Any] = {"ending": int(state.ending), "time": float(state.time), "whole": whole}
        values = engine.measures(self.scenario.program, world).tolist()
        row |= {f"measure:{m.name}": value for m, value in zip(self.scenario.measures, values, strict=True)}
        for decision, name in zip(self.decisions, self.decision_names, strict=True):
            taken = stand["taken"][decision] > 0
            row[f"taken:{name}"] = int(stand["chosen"][decision]) - self._first[decision] if taken else -1
        return row


def outcomes(policies: Policies, seeds: Sequence[int], rows: pl.DataFrame) -> Outcomes:
    """Return the outcomes of `seeds` from their rows, those that `Policies.rows` returns seed by seed.

    Worlds that broke a guard under any policy are left out of all, so that what remains is paired.
    """
    arms, scenario = len(policies.arms), policies.scenario

    def table(names: Sequence[str], kind: Any) -> np.ndarray:
        columns = [rows[name].to_numpy().reshape(-1, arms) for name in names]
        found = np.stack(columns, axis=-1) if columns else np.zeros((len(seeds), arms, 0))
        return np.ascontiguousarray(np.moveaxis(found[whole].astype(kind), 0, 1))

    whole = np.all(rows["whole"].to_numpy().reshape(-1, arms), axis=1)
    notes = table([f"note:{k}" for k in range(policies.notes)], float)
    return Outcomes(
        np.array([seed for seed, kept in zip(seeds, whole.tolist(), strict=True) if kept], np.uint64),
        table(["ending"], np.int16)[:, :, 0],
        table([f"measure:{measure.name}" for measure in scenario.measures], float),
        table([f"taken:{name}" for name in policies.decision_names], np.int16),
        table(["time"], float)[:, :, 0],
        table(["asked"], float)[0, :, 0],
        notes[0],
        int((~whole).sum()),
    )
