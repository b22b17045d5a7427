"""What should this person do? Every option of a decision against endings and measures, under the same luck.

Each option is forced in every world in which the question comes up (`policies`), so options differ by nothing but
themselves. From the outcomes: shares and means with their intervals; paired differences from the doctrine; the chance of
being best, by a Bayesian bootstrap of whole worlds (Rubin 1981, doi 10.1214/aos/1176345338), which keeps the pairing;
regret (Savage 1951); the mean of the worst share (Rockafellar and Uryasev 2000); the Pareto set; the weight at which two
options tie; and the value of learning something first (Raiffa and Schlaifer 1961).

Worlds that were not seen have weight too. Beside the worlds that were played, the bootstrap has for each option one world
in which that option alone does worse, by the size that differences between options have where there are any: a Dirichlet
prior of strength 1 an option. With two options whose worlds differ or not by one size this is a uniform prior of which of
the two a differing world favours, so one differing world gives a chance of 75 % and five of five 98 %.

Assumes: utility is a weighted sum of measures and endings, lexicographically after what must never happen. Leaves out
corrections for looking at many measures: read the table as a whole with that in mind; and a loss that came in no world,
and is larger than any difference that did.

Oracles: O-14.1 to O-14.9, through `measures`.

It is long: the answer, the question as a job, and what is learnt of facts are to part.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from ..errors import RequestError, did_you_mean, whole_number
from ..scenario.scenario import DecisionInfo, Scenario
from ..world.world import World
from . import jobs
from . import measures as laws
from .deciders import Deciders, is_policy
from .drawing import spread
from .jobs import Asking, How, Packed, Question, Round, place
from .measures import Interval
from .policies import (
    Outcomes,
    Policies,
    all_options,
    check_option,
    find_decision,
    loaded,
    read_policies,
    with_notes,
)
from .policies import outcomes as read_outcomes
from .results import Panel, Picture, Result, Series
from .summary import is_share, range_of
from .verdict import DRAWS
from .worlds import Arm

if TYPE_CHECKING:
    import polars as pl

SCREENED = 40
"""Worlds in which a fact is turned round to see whether anything hangs on it."""
MOST_TURNED = 400
"""Worlds that are played with a fact turned round, at most."""
LEAST_PART = 10
"""Worlds on either side of a condition, without which nothing is said of learning it."""
UNSURE = 0.01
"""Doubt, either way, from which a decider counts as unsure of a fact."""

COMPARISON = re.compile(r"\s*([a-z][a-z0-9_]*)\s*(<=|>=|==|!=|<|>)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*\Z")
"""A measure, a sign and a number, such as "moved > 0"."""
COMPARE: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


@dataclass(frozen=True)
class Criterion:
    """An ending or a measure, in every world under every policy."""

    name: str
    kind: str
    """"ending" or "measure"."""
    told: str
    unit: str
    better: str
    """"more", "less" or "neither"."""
    values: np.ndarray = field(repr=False)
    """[policies, worlds]."""
    low: float | None = None
    """What no value is less than; None where nothing is known."""
    high: float | None = None

    @property
    def sign(self) -> float:
        """Return 1 when more is better, -1 when less is, 0 when neither."""
        return {"more": 1.0, "less": -1.0}.get(self.better, 0.0)

    @cached_property
    def is_share(self) -> bool:
        """True for an ending, and for a measure that is declared a share and never outside 0 and 1."""
        return self.kind == "ending" or is_share(self.unit, self.values)

    def interval(self, policy: int, confidence: float) -> Interval:
        """Return the share or the mean under one policy, with its interval."""
        return laws.average(self.values[policy], confidence, self.is_share, self.within)

    @cached_property
    def within(self) -> tuple[float, float]:
        """What no value lies outside of."""
        return range_of([self], self.values)


@dataclass(frozen=True)
class Learning:
    """What it is worth to learn something before deciding."""

    what: str
    told: str
    how: str
    """"truth": the worlds differ in it; "turned": played both ways and weighed by the decider's own belief; "condition"."""
    odds: float
    """Chance that it is so."""
    best_if_so: str
    best_if_not: str
    value: float
    """Gain in expected utility of who knows it for certain (EVPI of it), as it stands in these worlds."""
    sampled: float
    """The same from a report that is right as often as `accuracy` says (EVSI)."""
    held_out: Interval
    """Gain when the choice was learnt in one half of the worlds and tried in the other: free of hindsight."""


@dataclass(frozen=True)
class BreakEven:
    """The weight of one criterion at which two policies tie, the other weights being as given."""

    first: str
    second: str
    criterion: str
    weight: float
    """As given."""
    tie: float
    low: float
    high: float
    """Bounds of `tie`; infinite where the worlds played do not bound it."""


def decide(
    scenario: str | Path | Scenario,
    decision: str | Sequence[str] = (),
    n: int = 1000,
    *,
    policies: Sequence[str] = (),
    choices: Mapping[str, str] | None = None,
    variants: Mapping[str, str] | None = None,
    overrides: Mapping[str, str] | None = None,
    weights: Mapping[str, float] | None = None,
    never: Sequence[str] = (),
    tolerate: float = 0.0,
    facts: bool | Sequence[str] = False,
    learn: Sequence[str] = (),
    accuracy: float = 0.8,
    tail: float = 0.05,
    confidence: float = 0.95,
    first: int = 0,
    **how: Unpack[How],
) -> Decision:
    """Force every option of a decision in turn in the same worlds, and say what the outcomes speak for.

    Args:
        scenario: a name, a file, a folder, or a loaded scenario.
        decision: "who.what"; of several, every combination of options is a policy.
        n: worlds, each played under every policy that makes a difference in it.
        policies: instead of `decision`: texts such as "mayor.warn=wait, keeper.run=stay"; also beside it, programs that
            decide, such as "mayor=learned.json" or "mayor=module:function" (see `deciders`).
        choices: further decisions, forced in every policy.
        variants: variant -> setting.
        overrides: path in the scenario -> value.
        weights: measure (or "ending:NAME") -> weight of a unit of it in the direction that is better, or as signed
            where neither is. Default: the first measure that has a better direction, alone.
        never: what must not happen, such as "moved > 0" of a measure, or the name of an ending; it comes before
            every weight.
        tolerate: share of worlds in which it may happen all the same.
        facts: True weighs learning each fact that the decider is unsure of; or the names of facts.
        learn: conditions of the scenario language, weighed in the same way as they hold when the question is answered.
        accuracy: how often a report of a fact is right, for the value of hearsay.
        tail: share of the worst worlds whose mean is reported (CVaR).
        confidence: of every interval.
        first: the first seed.
        how: where and with how much it is played, and where it is kept, as in `jobs.How`. What was played once answers
            for other weights, for more of `never`, and for all that is only reckoned from the same worlds.

    Raises:
        ScenarioError: when the scenario is at fault.
        RequestError: when an argument is; the message names the nearest thing that exists.
    """
    for name, value, low, high in (
        ("tolerate", tolerate, 0.0, 1.0),
        ("accuracy", accuracy, 0.5, 1.0),
        ("tail", tail, 0.0, 1.0),
        ("confidence", confidence, 0.5, 0.9999),
    ):
        if not low <= value <= high:
            raise RequestError(f"{name} must lie from {low:g} to {high:g}, got {value:g}")
    n = whole_number(n, 1, 1 << 40, "at least one world is needed")
    first = whole_number(first, 0, (1 << 64) - 1 - n, "the first seed must be a whole number from 0 to 2**64 - 1")
    fixed = dict(choices or {})
    plain = loaded(scenario, variants or {}, overrides or {})
    names = [decision] if isinstance(decision, str) else list(decision)
    names = [name.strip() for given in names for name in given.split(",")]
    programs = [text for text in policies if is_policy(text)]
    if bool(names) == bool(policies) and (not names or len(programs) < len(policies)):
        raise RequestError("name the decision, such as 'mayor.warn', or give policies: one of the two")
    for name, option in fixed.items():
        check_option(find_decision(plain, name), option)
    arms = read_policies(plain, policies)
    if names:
        arms[1:1] = all_options([find_decision(plain, name) for name in dict.fromkeys(names)])[1:]
    names += [name for arm in arms for name in arm.choices]
    names += [name for arm in arms for name in Deciders(plain, arm.policies).decisions]
    names = list(dict.fromkeys(names))
    for name in names:
        if name in fixed:
            raise RequestError(f"'{name}' is to be decided, so it cannot be fixed as well")
    wanted = _fact_names(plain, facts)
    view = View(dict(weights or {}), list(never), tolerate, tail, confidence, accuracy, tuple(wanted))
    return jobs.answer(Deciding(plain, names, arms, fixed, learn, first, n, view), **how)


def _fact_names(scenario: Scenario, facts: bool | Sequence[str]) -> list[str]:
    known = list(scenario.document.facts)
    if isinstance(facts, bool):
        return known if facts else []
    for name in facts:
        if name not in known:
            raise RequestError(
                f"unknown fact '{name}'{did_you_mean(name, known) or '; the facts are ' + ', '.join(known)}"
            )
    return list(dict.fromkeys(facts))


class Decision(Result):
    """The answer to `decide`."""

    def __init__(
        self,
        scenario: Scenario,
        decisions: Sequence[DecisionInfo],
        arms: Sequence[Arm],
        outcomes: Outcomes,
        n: int,
        fixed: Mapping[str, str],
        weights: Mapping[str, float],
        never: Sequence[str],
        tolerate: float,
        tail: float,
        confidence: float,
    ) -> None:
        self.scenario = scenario
        self.decisions = tuple(decisions)
        self.arms = list(arms)
        self.names = [arm.name for arm in arms]
        """Of the policies; the first is the doctrine."""
        self.outcomes = outcomes
        self.n = n
        self.fixed = dict(fixed)
        self.never = list(never)
        self.tolerate, self.tail, self.confidence = tolerate, tail, confidence
        self.learning: list[Learning] = []
        self._in = np.isfinite(outcomes.asked)
        self.asked = int(self._in.sum())
        """Worlds in which a question came up; all that follows is of these."""
        self.criteria = self._criteria()
        self.left_out = [c.name for c in self.criteria if not np.isfinite(c.values).all()]
        """Measures that are not finite in some world, of which no mean can be formed."""
        self.criteria = [c for c in self.criteria if c.name not in self.left_out]
        self.weights = self._weights(weights)
        self._forbidden = self._violations()

    # ------------------------------------------------------------------------------------------- what was played

    @property
    def options(self) -> range:
        """The policies that force something, by row."""
        return range(1, len(self.arms))

    def _criteria(self) -> list[Criterion]:
        out, found = self.outcomes, []
        endings = out.endings[:, self._in]
        for row, ending in enumerate(self.scenario.endings):
            values = (endings == row).astype(float)
            if (out.endings == row).any():
                found.append(Criterion(ending.name, "ending", ending.told, "", "neither", values, 0.0, 1.0))
        for row, measure in enumerate(self.scenario.measures):
            values = out.measures[:, self._in, row]
            ends = measure.low, measure.high
            found.append(Criterion(measure.name, "measure", measure.told, measure.unit, measure.better, values, *ends))
        return found

    def _criterion(self, name: str) -> Criterion:
        kind, colon, rest = name.partition(":")
        wanted, kinds = (rest, (kind,)) if colon else (name, ("measure", "ending"))
        for kind in kinds:
            for criterion in self.criteria:
                if criterion.name == wanted and criterion.kind == kind:
                    return criterion
        if wanted in self.left_out:
            raise RequestError(f"'{wanted}' is not finite in some of these worlds, so it cannot be weighed")
        if "ending" in kinds and wanted in (ending.name for ending in self.scenario.endings):
            values = np.zeros((len(self.arms), self.asked))
            return Criterion(wanted, "ending", "", "", "neither", values, 0.0, 1.0)
        known = [c.name for c in self.criteria] + [ending.name for ending in self.scenario.endings]
        raise RequestError(
            f"unknown measure or ending '{name}'{did_you_mean(wanted, known) or '; there are ' + ', '.join(dict.fromkeys(known))}"
        )

    def _weights(self, given: Mapping[str, float]) -> dict[str, float]:
        if not given:
            directed = next((c.name for c in self.criteria if c.sign), None)
            return {} if directed is None else {directed: 1.0}
        found = {}
        for name, weight in given.items():
            criterion = self._criterion(name)
            if not math.isfinite(weight):
                raise RequestError(f"the weight of '{name}' must be a finite number, got {weight}")
            if criterion.sign and weight < 0.0:
                raise RequestError(
                    f"'{name}' says itself that {criterion.better} is better; give it a weight of 0 or more, got {weight:g}"
                )
            found[criterion.name if criterion.kind == "measure" else f"ending:{criterion.name}"] = float(weight)
        return found

    def signed(self, name: str) -> np.ndarray:
        """Return what one unit of weight on a criterion adds to utility [policies, worlds]."""
        criterion = self._criterion(name)
        return criterion.values * (criterion.sign or 1.0)

    @cached_property
    def utility(self) -> np.ndarray:
        """The weighted utility of every policy in every world in which a question came up [policies, worlds]."""
        total = np.zeros((len(self.arms), self.asked))
        for name, weight in self.weights.items():
            total += weight * self.signed(name)
        return total

    @property
    def utility_within(self) -> tuple[float, float]:
        """What no utility lies outside of, by the ranges of what is weighed."""
        ends = []
        for name, weight in self.weights.items():
            criterion = self._criterion(name)
            factor = weight * (criterion.sign or 1.0)
            if factor:
                ends.append(sorted(factor * end for end in criterion.within))
        return sum(low for low, _ in ends), sum(high for _, high in ends)

    def _violations(self) -> np.ndarray:
        """Return in which worlds what must never happen does [policies, worlds]."""
        bad = np.zeros((len(self.arms), self.asked), bool)
        for text in self.never:
            match = COMPARISON.match(text)
            if match is not None:
                criterion = self._criterion(match[1])
                bad |= COMPARE[match[2]](criterion.values, float(match[3]))
            elif text.strip() in [ending.name for ending in self.scenario.endings]:
                bad |= self._criterion(f"ending:{text.strip()}").values > 0.0
            else:
                raise RequestError(
                    f"what must never happen is written as 'measure > number', or as the name of an ending; got '{text}'"
                )
        return bad

    @cached_property
    def forbidden(self) -> list[Interval]:
        """How often what must never happen does, under each policy."""
        return [laws.wilson(int(row.sum()), self.asked, self.confidence) for row in self._forbidden]

    @cached_property
    def allowed(self) -> list[bool]:
        """Which policies respect what must never happen; when none does, those that break it least often."""
        counts = self._forbidden.sum(axis=1)
        least = counts[1:].min(initial=self.asked) if len(self.arms) > 1 else 0
        limit = max(int(least), math.floor(self.tolerate * self.asked + 1e-9))
        return [bool(count <= limit) for count in counts]

    @cached_property
    def possible(self) -> list[float]:
        """Share of the worlds with the question in which each policy could be carried out as it is written."""
        out, found = self.outcomes, []
        rows = sorted(self.scenario.names.rows["decision"][info.name] for info in self.decisions)
        for number, arm in enumerate(self.arms):
            done = np.ones(self.asked, bool)
            for name, option in arm.choices.items():
                info = find_decision(self.scenario, name)
                place = [o.name for o in info.options].index(option)
                taken = out.taken[number][self._in][:, rows.index(self.scenario.names.rows["decision"][name])]
                done &= (taken == place) | (taken < 0)
            found.append(float(done.mean()) if self.asked else math.nan)
        return found

    # ---------------------------------------------------------------------------------------------- what it says

    @cached_property
    def _draws(self) -> dict[str, np.ndarray]:
        """Draws of every criterion's mean, and of the utility's [draws, policies], as excess over row 0; see `bootstrap`."""
        columns = {f"{c.kind}:{c.name}": c.values for c in self.criteria} | {"utility": self.utility}
        return bootstrap(columns, DRAWS, {f"{c.kind}:{c.name}": c.sign or 1.0 for c in self.criteria})

    def chance_best(self, column: str, sign: float) -> np.ndarray:
        """Return the chance of each policy that forces something to be the best of these [policies]; 0 for row 0.

        Policies that tie share it. `column` is "utility", "measure:NAME" or "ending:NAME".
        """
        open_rows = self.eligible if column == "utility" else [r for r in self.options if self.possible[r] > 0.0]
        shares = np.zeros(len(self.arms))
        if open_rows and self.asked:
            shares[open_rows] = _share_best(sign * self._draws[column][:, open_rows])
        return shares

    @cached_property
    def best(self) -> int:
        """Row of the option with the greatest expected utility among those allowed and possible; 0 when there is none."""
        if not self.eligible or not self.asked or not self.weights:
            return 0
        return max(self.eligible, key=lambda row: (float(self.utility[row].mean()), -row))

    @cached_property
    def eligible(self) -> list[int]:
        """Rows of the options that can be carried out in some world and respect what must never happen."""
        return [row for row in self.options if self.allowed[row] and self.possible[row] > 0.0]

    @cached_property
    def regrets(self) -> dict[int, np.ndarray]:
        """Regret of each eligible option in each world, against the best of them there: row -> [worlds]."""
        return dict(zip(self.eligible, laws.regret(self.utility[self.eligible]), strict=True)) if self.eligible else {}

    @cached_property
    def tails(self) -> list[float]:
        """Mean utility in each policy's own worst worlds, the share `tail` of them."""
        if not self.asked:
            return [math.nan] * len(self.arms)
        return [-laws.conditional_value_at_risk(-row, 1.0 - self.tail) for row in self.utility]

    @cached_property
    def pareto(self) -> tuple[list[bool], list[float]]:
        """Which options no other beats in the means of all directed measures; and the chance of each to be such."""
        directed = [c for c in self.criteria if c.sign]
        rows = list(self.options)
        if not directed or not rows or not self.asked:
            return [False] * len(self.arms), [0.0] * len(self.arms)
        means = np.stack([c.sign * (c.values - c.values[:1]).mean(axis=1) for c in directed], axis=1)[1:]
        kept = laws.pareto_set(means)
        draws = np.stack([c.sign * self._draws[f"measure:{c.name}"] for c in directed], axis=2)[:, 1:]
        better_or_equal = (draws[:, :, None, :] >= draws[:, None, :, :] - 1e-12).all(axis=3)
        strictly = (draws[:, :, None, :] > draws[:, None, :, :] + 1e-12).any(axis=3)
        beaten = np.any(better_or_equal & strictly, axis=1)
        return [False, *kept.tolist()], [0.0, *(1.0 - beaten.mean(axis=0)).tolist()]

    @cached_property
    def break_even(self) -> list[BreakEven]:
        """For the best option and each other: the weight of each further criterion at which the two tie."""
        if not self.best:
            return []
        found, best, margin = [], self.best, 100.0 * (1.0 - self.confidence) / 2.0
        names = dict.fromkeys([*self.weights, *(c.name for c in self.criteria if c.sign)])
        if len(self.weights) == 1:  # its own weight only scales everything
            names.pop(next(iter(self.weights)))
        for other in self.options:
            if other == best or other not in self.eligible:
                continue
            gap_all = self._draws["utility"][:, best] - self._draws["utility"][:, other]
            gap = float((self.utility[best] - self.utility[other]).mean())
            for name in names:
                weight = self.weights.get(name, 0.0)
                signed = self.signed(name)
                slope = float((signed[best] - signed[other]).mean())
                tie = laws.break_even_weight([gap - weight * slope, slope], [0.0, 0.0], [1.0, weight], 1) + 0.0
                if math.isnan(tie) or (tie < 0.0 and self._criterion(name).sign):
                    continue
                criterion = self._criterion(name)
                draws = self._draws[f"{criterion.kind}:{criterion.name}"] * (criterion.sign or 1.0)
                slopes = draws[:, best] - draws[:, other]
                low, high = _ratio_bounds(weight * slopes - gap_all, slopes, margin)
                found.append(BreakEven(self.names[best], self.names[other], name, weight, tie, low, high))
        return found

    @cached_property
    def alike(self) -> list[tuple[str, str]]:
        """Pairs of options that led to the same outcome in every world."""
        out = self.outcomes
        return [
            (self.names[one], self.names[other])
            for one in self.options
            for other in self.options
            if one < other
            and np.array_equal(out.endings[one], out.endings[other])
            and np.array_equal(out.measures[one], out.measures[other], equal_nan=True)
        ]

    # -------------------------------------------------------------------------------------------------- as a result

    @cached_property
    def table(self) -> pl.DataFrame:
        """One row for each policy and each ending, measure and the utility, of the worlds with the question.

        Columns: `policy`, `kind` ("ending", "measure", "utility"), `name`, `unit`, `better`, `estimate`, `low`, `high`
        (null or NaN where nothing bounds it); `difference`, `difference_low`, `difference_high` from the doctrine, paired;
        `best`, the chance of being best (of an ending: of making it likeliest) among the
        options, null for the doctrine.
        """
        import polars as pl

        rows = []
        wholes = [
            (c.name, c.kind, c.unit, c.better, c.sign or 1.0, c.values, c.is_share, c.within) for c in self.criteria
        ]
        if self.weights:
            wholes.append(("utility", "utility", "", "more", 1.0, self.utility, False, self.utility_within))
        for name, kind, unit, better, sign, values, share, within in wholes:
            best = self.chance_best(kind if kind == "utility" else f"{kind}:{name}", sign)
            for policy, label in enumerate(self.names):
                found = laws.average(values[policy], self.confidence, share, within)
                apart = laws.paired_difference(values[policy], values[0], self.confidence, share, within)
                row = [label, kind, name, unit, better, *found, *apart, float(best[policy]) if policy else None]
                rows.append(row)
        texts = ("policy", "kind", "name", "unit", "better")
        numbers = ("estimate", "low", "high", "difference", "difference_low", "difference_high", "best")
        kinds: dict[str, Any] = {}
        kinds.update(dict.fromkeys(texts, pl.String))
        kinds.update(dict.fromkeys(numbers, pl.Float64))
        return pl.DataFrame(rows, schema=kinds, orient="row")

    @cached_property
    def summary(self) -> pl.DataFrame:
        """One row for each policy, by the weighted utility: see the columns' names in `facts`."""
        import polars as pl

        return pl.DataFrame([self._summary(row) for row in range(len(self.arms))])

    def _summary(self, row: int) -> dict[str, Any]:
        found = laws.average(self.utility[row], self.confidence, within=self.utility_within)
        kept, chances = self.pareto
        option = row > 0
        regrets = self.regrets.get(row, np.empty(0))
        best = self.chance_best("utility", 1.0) if self.weights else np.zeros(len(self.arms))
        return {
            "policy": self.names[row],
            "possible": self.possible[row],
            "utility": found.estimate,
            "low": found.low,
            "high": found.high,
            "best": float(best[row]) if option else None,
            "regret": float(regrets.mean()) if len(regrets) else None,
            "greatest_regret": float(regrets.max()) if len(regrets) else None,
            "tail": self.tails[row],
            "pareto": kept[row] if option else None,
            "pareto_chance": chances[row] if option else None,
            "forbidden": self.forbidden[row].estimate if self.never else None,
            "forbidden_high": self.forbidden[row].high if self.never else None,
            "allowed": self.allowed[row] if self.never and option else None,
        }

    @cached_property
    def worlds(self) -> pl.DataFrame:
        """One row for each policy and seed: `seed`, `arm`, `ending`, `time`, `asked_at`, `measure:NAME`, `chose:NAME`."""
        import polars as pl

        out, frames = self.outcomes, []
        endings = [ending.name for ending in self.scenario.endings]
        rows = sorted({self.scenario.names.rows["decision"][info.name]: info for info in self.decisions}.items())
        for number, name in enumerate(self.names):
            columns: dict[str, Any] = {
                "seed": out.seeds,
                "arm": [name] * len(out.seeds),
                "ending": [endings[ending] for ending in out.endings[number]],
                "time": out.times[number],
                "asked_at": [at if math.isfinite(at) else None for at in out.asked.tolist()],
            }
            for column, measure in enumerate(self.scenario.measures):
                columns[f"measure:{measure.name}"] = out.measures[number, :, column]
            for column, (_, info) in enumerate(rows):
                options = [option.name for option in info.options]
                columns[f"chose:{info.name}"] = pl.Series(
                    [options[place] if place >= 0 else None for place in out.taken[number, :, column].tolist()],
                    dtype=pl.String,
                )
            frames.append(pl.DataFrame(columns))
        return pl.concat(frames)

    def sentences(self) -> list[str]:
        """Return what the tables say, in words."""
        from .verdict import sentences

        return sentences(self)

    def text(self, width: int = 80) -> str:
        """Return the tables and what they say, for a terminal of `width` columns."""
        from .verdict import text

        return text(self, width)

    def facts(self) -> dict[str, Any]:
        """Return the answer as plain data."""
        return {
            "scenario": self.scenario.name,
            "decisions": [info.name for info in self.decisions],
            "choices": self.fixed,
            "variants": self.scenario.settings,
            "overrides": {name: str(value) for name, value in self.scenario.overrides.items()},
            "worlds": self.n,
            "first_seed": int(self.outcomes.seeds[0]),
            "asked": self.asked,
            "broken": self.outcomes.broken,
            "confidence": self.confidence,
            "weights": self.weights,
            "never": self.never,
            "tail_share": self.tail,
            "best": self.names[self.best] if self.best else None,
            "policies": self.summary.to_dicts(),
            "table": self.table.to_dicts(),
            "break_even": [one.__dict__ for one in self.break_even],
            "learning": [one.__dict__ | {"held_out": list(one.held_out)} for one in self.learning],
            "alike": self.alike,
            "left_out": self.left_out,
            "sentences": self.sentences(),
        }

    def picture(self) -> Picture:
        """Return a panel of endings and one for each weighted measure."""
        panels = []
        endings = [c for c in self.criteria if c.kind == "ending"]
        shown = [name for name in self.weights if not name.startswith("ending:")][:3]
        certain = [c for c in map(self._criterion, shown) if c.is_share]
        for title, criteria in (("How it ends", endings), ("What is so at the end", certain)):
            if criteria:
                panels.append(self._shares(title, criteria))
        for name in shown:
            c = self._criterion(name)
            panel = None if c.is_share else spread(c.told or name, c.unit, self.names, list(c.values))
            if panel is not None:
                panels.append(panel)
        title = ", ".join(info.question or info.name for info in self.decisions)
        return Picture(f"{title} ({self.asked:,} worlds)", panels)

    def _shares(self, title: str, criteria: Sequence[Criterion]) -> Panel:
        """Return a panel of shares of worlds, one row a criterion, one point an option."""
        told = [(c.told or c.name).replace("_", " ") for c in criteria]
        series = []
        for row, name in enumerate(self.names):
            found = [c.interval(row, self.confidence) for c in criteria]
            estimates, low, high = ([getattr(one, side) for one in found] for side in ("estimate", "low", "high"))
            series.append(Series(name, told, estimates, low, high, "points"))
        note = f"One colour an option. The lines through the points are {self.confidence:.0%} intervals.".replace(
            "%", " %"
        )
        return Panel(title, "", "share of the worlds", series, (), (0.0, 1.0), flat=True, share=True, note=note)


def bootstrap(
    columns: Mapping[str, np.ndarray], draws: int, signs: Mapping[str, float] | None = None, seed: int = 0
) -> dict[str, np.ndarray]:
    """Return draws of the mean excess over row 0 of each column [draws, rows], from columns [rows, worlds].

    Bayesian bootstrap (Rubin 1981): worlds are weighed by a flat Dirichlet law, one weight for all rows and columns of
    a world, so that the pairing stays. For each row but the first there is one world more, in which that row alone does
    worse, by `usual_gap` of its column; so what was not seen has weight too. The draws are the same at every call.

    Args:
        columns: name -> values [rows, worlds], all of one shape.
        draws: how many.
        signs: name -> -1 where less is better.
        seed: of the draws.
    """
    if not columns:
        return {}
    names = list(columns)
    rows, worlds = next(iter(columns.values())).shape
    if worlds == 0:
        return {name: np.zeros((draws, rows)) for name in names}
    unseen = np.eye(rows)[:, 1:]
    excess = []
    for name in names:
        loss = -(signs or {}).get(name, 1.0) * usual_gap(columns[name][1:]) * unseen
        excess.append(np.concatenate([columns[name] - columns[name][:1], loss], axis=1))
    table = np.concatenate(excess)
    generator = np.random.Generator(np.random.Philox(seed))
    found = np.empty((draws, len(table)))
    whole = table.shape[1]
    step = max(1, min(draws, 4_000_000 // whole))
    for start in range(0, draws, step):
        weights = generator.standard_exponential((min(step, draws - start), whole))
        weights /= weights.sum(axis=1, keepdims=True)
        found[start : start + step] = weights @ table.T
    return {name: found[:, i * rows : (i + 1) * rows] for i, name in enumerate(names)}


def usual_gap(values: np.ndarray) -> float:
    """Return the root mean square difference of two rows of values [rows, worlds], where they differ; 0 if nowhere."""
    squares, count = 0.0, 0
    for row in range(len(values) - 1):
        gaps = values[row + 1 :] - values[row]
        squares += float((gaps**2).sum())
        count += int(np.count_nonzero(gaps))
    return math.sqrt(squares / count) if count else 0.0


def _share_best(draws: np.ndarray) -> np.ndarray:
    """Return how often each column is the greatest of its row; those that tie share it."""
    top = draws.max(axis=1, keepdims=True)
    slack = 1e-9 * np.maximum(1.0, np.abs(draws).max(initial=0.0))
    first = draws >= top - slack
    return (first / first.sum(axis=1, keepdims=True)).mean(axis=0)


def _ratio_bounds(above: np.ndarray, below: np.ndarray, margin: float) -> tuple[float, float]:
    """Return percentile bounds of a ratio; infinite when its denominator may well have either sign."""
    positive = float((below > 0.0).mean())
    if 100.0 * min(positive, 1.0 - positive) > margin:
        return -math.inf, math.inf
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = above / below
    ratios = ratios[np.isfinite(ratios)]
    if not len(ratios):
        return -math.inf, math.inf
    low, high = np.percentile(ratios, [margin, 100.0 - margin])
    return float(low), float(high)


# ------------------------------------------------------------------------------------------------ learning first


@dataclass(frozen=True)
class View:
    """What is reckoned from the worlds of a decision, without which the same worlds are played."""

    weights: Mapping[str, float] = field(default_factory=dict)
    never: Sequence[str] = ()
    tolerate: float = 0.0
    tail: float = 0.05
    confidence: float = 0.95
    accuracy: float = 0.8
    facts: tuple[str, ...] = ()
    """Facts of which the value of learning them first is wanted."""


class Deciding(Question[Decision]):
    """The policies of one question: a task is a seed, played under all of them.

    A topic is "" for the scenario as it stands, or the name of a fact that is turned round in it.
    """

    kind = "decision"

    def __init__(
        self,
        scenario: Scenario,
        names: Sequence[str],
        arms: Sequence[Arm],
        fixed: Mapping[str, str],
        learn: Sequence[str],
        first: int,
        n: int = 1,
        view: View | None = None,
    ) -> None:
        self.scenario, self.names, self.arms, self.fixed, self.learn = scenario, list(names), arms, fixed, list(learn)
        self.seeds, self.view, self.width = range(first, first + n), view or View(), len(arms)
        self.infos = [find_decision(scenario, name) for name in names]
        self.noted = with_notes(scenario, learn)
        self.decider = self._mind()
        self.fact_names = list(scenario.document.facts)
        self._policies = lru_cache(2)(self._policies_of)
        self._policies_of_all = self._policies("")

    def remake(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Return how another process makes the same question."""
        arguments = self.names, list(self.arms), dict(self.fixed), self.learn, self.seeds.start
        return _deciding, (Packed.of(self.scenario), arguments)

    def settings(self) -> dict[str, Any]:
        """Return the policies, what is fixed, what is noted, and the first seed."""
        return {
            "policies": [
                {"name": arm.name, "choices": dict(arm.choices)}
                | ({"programs": Deciders(self.scenario, arm.policies).digests()} if arm.policies else {})
                for arm in self.arms
            ],
            "choices": dict(self.fixed),
            "learn": self.learn,
            "first_seed": self.seeds.start,
        }

    def columns(self) -> dict[str, Any]:
        """Return the columns of a world under a policy."""
        return self._policies_of_all.columns

    def rows(self, topic: Any, number: int) -> list[dict[str, Any]]:
        """Play a seed under every policy."""
        return (self._policies(topic) if topic else self._policies_of_all).rows(number)

    def _policies_of(self, fact: str) -> Policies:
        scenario = self._turned_round(fact) if fact else self.noted
        notes = 2 * len(self.fact_names) + len(self.learn)
        return Policies(scenario, self.arms, self.fixed, self.note, notes)

    def _turned_round(self, fact: str) -> Scenario:
        so = "false" if self.scenario.document.facts[fact].so else "true"
        return with_notes(loaded(self.scenario, {}, {f"facts.{fact}.so": so}), self.learn)

    def _mind(self) -> int:
        deciders = {info.decider for info in self.infos}
        return self.scenario.names.rows["person"][deciders.pop()] if len(deciders) == 1 else -1

    def note(self, world: World) -> list[float]:
        """Return, of each fact, whether it is so and the decider's log-odds for it; then whether each condition holds."""
        from ..engine import value_of

        truths = world.facts["true"][: len(self.fact_names)].astype(float)
        odds = world.beliefs["odds"][self.decider, : len(self.fact_names)] if self.decider >= 0 else truths * 0.0
        codes = self.noted.program.measures["code"][len(self.scenario.measures) :].tolist()
        now = float(world.state["time"][0])
        held = [value_of(self.noted.program, world, code, now) for code in codes]
        return [*truths.tolist(), *odds.tolist(), *held]

    def ask(self, store: Any) -> Asking[Decision]:
        """Play the policies, and where that says what learning a fact is worth, with the fact turned round too."""
        rows = yield Round(0, "playing", ("",), self.seeds, worth=self.width)
        outcomes, view = self._outcomes(rows, self.seeds), self.view
        if not len(outcomes.seeds):
            n = len(self.seeds)
            raise RequestError(f"all {n} worlds broke a guard; `briarpatch run` on one of the seeds says which")
        found = self._decision(outcomes, len(self.seeds), view.weights)
        if (view.facts or self.learn) and found.best:
            found.learning = yield from self._learning(found)
        return found

    def _outcomes(self, rows: pl.DataFrame, seeds: Sequence[int]) -> Outcomes:
        """Return the outcomes on `seeds`, without the noted conditions among the measures."""
        found = read_outcomes(self._policies_of_all, seeds, rows)
        return found._replace(measures=found.measures[:, :, : len(self.scenario.measures)])

    def _decision(self, outcomes: Outcomes, n: int, weights: Mapping[str, float]) -> Decision:
        view = self.view
        rest = view.never, view.tolerate, view.tail, view.confidence
        return Decision(self.scenario, self.infos, self.arms, outcomes, n, self.fixed, weights, *rest)

    def _learning(self, found: Decision) -> Asking[list[Learning]]:
        """Return the value of learning each fact and each condition."""
        out, number, accuracy = found.outcomes, len(self.fact_names), self.view.accuracy
        notes = out.notes[np.isfinite(out.asked)]
        results = []
        for fact in self.view.facts:
            row = self.fact_names.index(fact)
            told = self.scenario.document.facts[fact].told or fact
            truth = notes[:, row] > 0.5
            if min(truth.sum(), len(truth) - truth.sum()) >= LEAST_PART:
                results.append(_by_part(found, fact, told, "truth", truth, accuracy))
                continue
            credence = float(np.mean(1.0 / (1.0 + np.exp(-np.clip(notes[:, number + row], -50.0, 50.0)))))
            if self.decider >= 0 and UNSURE < credence < 1.0 - UNSURE:
                results.append((yield from self._turned(found, fact, told, credence)))
        for column, text in enumerate(self.learn):
            holds = notes[:, 2 * number + column] > 0.5
            results.append(_by_part(found, text, text, "condition", holds, accuracy))
        return sorted(results, key=lambda one: -one.value)

    def _turned(self, found: Decision, fact: str, told: str, credence: float) -> Asking[Learning]:
        """Return the value of learning a fact that is the same in all worlds: play it the other way round too."""
        import polars as pl

        is_so = bool(self.scenario.document.facts[fact].so)
        what, turn = f"playing with '{fact}' turned round", 1 + 2 * self.fact_names.index(fact)
        some, more = self.seeds[:SCREENED], self.seeds[SCREENED:MOST_TURNED]
        rows = yield Round(place(turn), what, (fact,), some, worth=self.width)
        other = self._outcomes(rows, some)
        if _same(found.outcomes, other):
            nothing = Interval(0.0, 0.0, 0.0)
            best = found.names[found.best]
            return Learning(fact, told, "turned", credence, best, best, 0.0, 0.0, nothing)
        if more:
            rest = yield Round(place(turn + 1), what, (fact,), more, worth=self.width)
            other = self._outcomes(pl.concat([rows, rest]), [*some, *more])
        there = self._decision(other, len(other.seeds), found.weights)
        mine = found.outcomes.seeds[np.isfinite(found.outcomes.asked)]
        theirs = other.seeds[np.isfinite(other.asked)]
        _, left, right = np.intersect1d(mine, theirs, return_indices=True)
        tables = found.utility[found.eligible][:, left], there.utility[found.eligible][:, right]
        so, not_so = tables if is_so else tables[::-1]
        return _gain(found, fact, told, "turned", so, not_so, credence, self.view.accuracy)


def _deciding(packed: Packed, arguments: tuple[Any, ...]) -> Deciding:
    return Deciding(packed.open(), *arguments)


def _same(base: Outcomes, other: Outcomes) -> bool:
    _, left, right = np.intersect1d(base.seeds, other.seeds, return_indices=True)
    return np.array_equal(base.endings[:, left], other.endings[:, right]) and np.array_equal(
        base.measures[:, left], other.measures[:, right], equal_nan=True
    )


def _by_part(found: Decision, what: str, told: str, how: str, holds: np.ndarray, accuracy: float) -> Learning:
    """Return the value of learning a condition that holds in some of the worlds."""
    table, odds = found.utility[found.eligible], float(holds.mean())
    if min(holds.sum(), len(holds) - holds.sum()) < LEAST_PART:
        nothing = Interval(math.nan, math.nan, math.nan)
        best = found.names[found.best]
        return Learning(what, told, how, odds, best, best, math.nan, math.nan, nothing)
    cells = [table[:, holds].mean(axis=1), table[:, ~holds].mean(axis=1)]
    value, sampled = _values(cells, odds, accuracy)
    gains = np.zeros(len(holds))
    half = np.arange(len(holds)) % 2 == 0
    for learnt, tried in ((half, ~half), (~half, half)):
        blind = int(np.argmax(table[:, learnt].mean(axis=1)))
        for part in (holds, ~holds):
            if (part & learnt).any():
                knowing = int(np.argmax(table[:, part & learnt].mean(axis=1)))
                gains[part & tried] = (table[knowing] - table[blind])[part & tried]
    held_out = laws.mean_interval(gains, found.confidence)
    return _learning(found, what, told, how, odds, cells, value, sampled, held_out)


def _gain(
    found: Decision, what: str, told: str, how: str, so: np.ndarray, not_so: np.ndarray, odds: float, accuracy: float
) -> Learning:
    """Return the value of learning which of two tables [options, worlds] of the same worlds one is in."""
    cells = [so.mean(axis=1), not_so.mean(axis=1)]
    value, sampled = _values(cells, odds, accuracy)
    gains = np.zeros(so.shape[1])
    half = np.arange(len(gains)) % 2 == 0
    for learnt, tried in ((half, ~half), (~half, half)):
        if not learnt.any():
            continue
        means = so[:, learnt].mean(axis=1), not_so[:, learnt].mean(axis=1)
        blind = int(np.argmax(odds * means[0] + (1.0 - odds) * means[1]))
        gain = odds * (so[int(np.argmax(means[0]))] - so[blind])
        gain += (1.0 - odds) * (not_so[int(np.argmax(means[1]))] - not_so[blind])
        gains[tried] = gain[tried]
    held_out = laws.mean_interval(gains, found.confidence)
    return _learning(found, what, told, how, odds, cells, value, sampled, held_out)


def _values(cells: Sequence[np.ndarray], odds: float, accuracy: float) -> tuple[float, float]:
    """Return the value of certain knowledge, and of a report that is right as often as `accuracy`."""
    table = np.stack(cells, axis=1)
    value = laws.perfect_information(table, [odds, 1.0 - odds])
    blind = float((table @ [odds, 1.0 - odds]).max())
    yes, no = odds * accuracy, (1.0 - odds) * (1.0 - accuracy)
    heard_so = float((table @ [yes, no]).max())
    heard_not = float((table @ [odds - yes, (1.0 - odds) - no]).max())
    return value, max(heard_so + heard_not - blind, 0.0)


def _learning(
    found: Decision,
    what: str,
    told: str,
    how: str,
    odds: float,
    cells: Sequence[np.ndarray],
    value: float,
    sampled: float,
    held_out: Interval,
) -> Learning:
    if_so, if_not = (found.names[found.eligible[int(np.argmax(cell))]] for cell in cells)
    return Learning(what, told, how, odds, if_so, if_not, value, sampled, held_out)
