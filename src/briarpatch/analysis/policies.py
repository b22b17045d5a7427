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
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .. import engine
from ..errors import RequestError, ScenarioError, did_you_mean
from ..scenario.catalog import load_scenario, opened
from ..scenario.scenario import DecisionInfo, Scenario
from ..world import kinds, refs, states
from ..world.world import World, copy
from .worlds import Arm, Player, play_many

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
    """Return the doctrine, and the policies that texts such as "mayor.warn=wait, keeper.run=stay" write down."""
    found = [Arm(DOCTRINE)]
    if len(texts) > MOST_POLICIES:
        raise RequestError(f"{len(texts)} policies are more than {MOST_POLICIES}")
    for text in texts:
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
        if any(arm.choices == other.choices for other in found):
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
        self.decisions = sorted({row for policy in self._policies for row in policy})
        """Rows of the decisions that some policy answers."""
        wanted = [
            row for row, decision in enumerate(program.options["decision"].tolist()) if decision in self.decisions
        ]
        self._options = np.array([refs.ref(refs.OPTION, row) for row in wanted])

    def read(self, seed: int, world: World) -> tuple[Any, ...]:
        """Return (endings, measures, taken, times, when asked, notes, all whole) of a seed whose doctrine is played."""
        played = [_Played(world, {})]
        leaves = [world]
        asked, notes = self._asked(world), [math.nan] * self.notes
        if math.isfinite(asked):
            before = self.player.start(seed)
            if asked > 0.0:
                before = self.player.go(before, math.nextafter(asked, -math.inf))
            if self.note is not None:
                notes = list(self.note(self._at_the_question(before)))
            for policy in self._policies[1:]:
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
        known: dict[int, tuple[Any, ...]] = {}
        rows = [
            known.setdefault(id(leaf), self._outcome(leaf)) if id(leaf) not in known else known[id(leaf)]
            for leaf in leaves
        ]
        endings, measures, taken, times, whole = zip(*rows, strict=True)
        return endings, measures, taken, times, asked, notes, all(whole)

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

    def _outcome(self, world: World) -> tuple[Any, ...]:
        state, stand = world.state[0], world.decisions_state
        taken = [
            int(stand["chosen"][row]) - self._first[row] if stand["taken"][row] > 0 else -1 for row in self.decisions
        ]
        measures = engine.measures(self.scenario.program, world)
        return int(state.ending), measures, taken, float(state.time), int(state.status) == states.FINISHED


def play_policies(
    policies: Policies,
    seeds: range,
    threads: int | None = None,
    watch: Callable[[int, int], None] | None = None,
) -> Outcomes:
    """Play every policy on every seed; `watch` is called with (seeds done, seeds).

    Worlds that broke a guard under any policy are left out of all, so that what remains is paired.
    """
    if len(seeds) < 1:
        raise RequestError("at least one world is needed; give -n 1 or more")
    rows: list[tuple[Any, ...]] = []

    def jobs() -> Iterator[tuple[Player, int]]:
        for seed in seeds:
            yield policies.player, seed

    for row in play_many(jobs(), lambda _, seed, world: policies.read(seed, world), threads, 4):
        rows.append(row)
        if watch is not None:
            watch(len(rows), len(seeds))
    whole = [(seed, row) for seed, row in zip(seeds, rows, strict=True) if row[-1]]
    arms, worlds = len(policies.arms), len(whole)

    def table(part: int, kind: Any, *shape: int) -> np.ndarray:
        array = np.zeros((worlds, arms, *shape), kind)
        for number, (_, row) in enumerate(whole):
            array[number] = np.asarray(row[part], kind).reshape(arms, *shape)
        return np.ascontiguousarray(np.moveaxis(array, 0, 1))

    return Outcomes(
        np.array([seed for seed, _ in whole], np.uint64),
        table(0, np.int16),
        table(1, float, len(policies.scenario.measures)),
        table(2, np.int16, len(policies.decisions)),
        table(3, float),
        np.array([row[4] for _, row in whole], float),
        np.array([row[5] for _, row in whole], float).reshape(worlds, policies.notes),
        len(rows) - worlds,
    )
