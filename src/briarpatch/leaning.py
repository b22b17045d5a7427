"""What a decider leans to: for each option whether it is open, what it is worth to them, and how likely they take it.

The numbers are the engine's own: utilities are weighed as it weighs them, from what the decider believes now, and the
chances are those by which it would draw. A deliberation that is weighed in time has the chances with which it sets out
from the present utilities, up to its deadline.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import engine
from .errors import RequestError
from .excluded import Clause, failures
from .laws import command as laws
from .scenario.build import instances_of
from .scenario.names import LocalNames
from .world.compiled import plainly

if TYPE_CHECKING:
    from .run import Run
    from .scenario.scenario import DecisionInfo


@dataclass(frozen=True)
class Term:
    """One part of what an option is worth: how much the decider's value asks for it, and how heavily it weighs."""

    value: str
    """The name of the value; "" for a part that weighs 1."""
    told: str
    weight: float
    amount: float

    @property
    def worth(self) -> float:
        """What it adds to the utility."""
        return self.weight * self.amount


@dataclass(frozen=True)
class Choice:
    """An option of a decision as it stands at a moment."""

    name: str
    told: str
    open: bool
    closed_by: tuple[Clause, ...]
    """What would have to hold for it to be open, and does not."""
    utility: float | None
    """What it is worth to the decider; None while it is closed."""
    probability: float
    """How likely the decider takes it by themself."""
    would: bool
    """Whether they take it under the luck of this run, when asked now."""
    terms: tuple[Term, ...]

    @property
    def why_not(self) -> str:
        """Why it cannot be chosen now, in words; "" when it can."""
        return "; ".join(f"{clause.text}: {clause.because()}" for clause in self.closed_by)

    def facts(self) -> dict[str, Any]:
        """Return it as plain data."""
        terms = [{"value": t.value, "weight": t.weight, "amount": t.amount, "worth": t.worth} for t in self.terms]
        return {
            "name": self.name,
            "told": self.told,
            "open": self.open,
            "why_not": self.why_not,
            "utility": self.utility,
            "probability": self.probability,
            "would": self.would,
            "terms": terms,
        }


def choices(run: Run, decision: str | None = None) -> list[Choice]:
    """Return how each option of a decision stands; see `Run.options`."""
    row, info = run.decision(decision or _waiting(run).name)
    program, world = run.program, run.world
    taken, utilities = engine.lean(program, world, row)
    first, decider = int(program.decisions["first"][row]), int(program.decisions["decider"][row])
    chances = _chances(program, world, row, utilities.tolist())
    asked = bool(world.decisions_state["held"][row]) or float(program.decisions["pace"][row]) <= 0.0
    found = []
    for k, option in enumerate(info.options):
        is_open = bool(utilities[k] > -math.inf)
        found.append(
            Choice(
                option.name,
                option.told,
                is_open,
                () if is_open else tuple(_closed_by(run, info.name, option.name)),
                float(utilities[k]) if is_open else None,
                chances[k],
                asked and taken == first + k,
                tuple(_terms(run, first + k, decider)),
            )
        )
    return found


def _waiting(run: Run) -> DecisionInfo:
    if run.question is None:
        raise RequestError("no decision waits for an answer; name one")
    return run.question


def open_options(run: Run, decision: str | None = None) -> list[bool]:
    """Return whether each option of a decision is open now; see `Run.open_options`."""
    row, info = run.decision(decision or _waiting(run).name)
    first = int(run.program.decisions["first"][row])
    codes = run.program.options["code"][first : first + len(info.options)].tolist()
    held = iter(engine.values_of(run.program, run.world, [code for code in codes if code >= 0]))
    return [code < 0 or next(held) != 0.0 for code in codes]


def doctrine(run: Run) -> str:
    """Return what the decider of the question that waits takes by themself; see `Run.doctrine`."""
    info = _waiting(run)
    row, _ = run.decision(info.name)
    taken, _ = engine.lean(run.program, run.world, row)
    return info.options[taken - int(run.program.decisions["first"][row])].name


def _chances(program: Any, world: Any, row: int, utilities: list[float]) -> list[float]:
    """Return the probability of each option of a decision, as the engine would draw it [options]."""
    decision = program.decisions[row]
    own = float(decision["precision"])
    sharpness = own if own > 0.0 else float(world.minds["precision"][int(decision["decider"])])
    best = max(utilities)
    if best == -math.inf:
        return [0.0] * len(utilities)
    if float(decision["pace"]) > 0.0 and min(utilities) > -math.inf:
        return _weighed(decision, world, sharpness, utilities)
    weights = [
        math.exp(plainly(laws.scaled, sharpness, utility - best)) if utility > -math.inf else 0.0
        for utility in utilities
    ]
    return [weight / sum(weights) for weight in weights]


def _weighed(decision: Any, world: Any, sharpness: float, utilities: list[float]) -> list[float]:
    """Return the chances of the two answers that are weighed in time, from where the deliberation sets out."""
    first, pace = int(decision["first"]), float(decision["pace"])
    gain = utilities[0] - utilities[1]
    drift = plainly(laws.drift_of, sharpness, gain, pace)
    if not math.isnan(float(decision["drift"])):
        leaning = world.options_state["leaning"]
        drift = float(decision["drift"]) + plainly(
            laws.drift_of, sharpness, float(leaning[first] - leaning[first + 1]), pace
        )
    sigma, deadline = plainly(laws.wavering, pace), float(decision["deadline"])
    if math.isinf(deadline):
        act = plainly(laws.act_probability, drift, sigma, 1.0)
        return [act, 1.0 - act]
    sides = [plainly(laws.act_probability_by, v, sigma, 1.0, deadline) for v in (drift, -drift)]
    late = int(decision["late"]) - first
    sides[late] = 1.0 - sides[1 - late]
    return sides


def _terms(run: Run, option: int, decider: int) -> list[Term]:
    program, world, names = run.program, run.world, run.scenario.names
    row, found = program.options[option], []
    terms = program.terms[int(row["first_term"]) : int(row["first_term"]) + int(row["terms"])]
    amounts = engine.values_of(program, world, terms["code"].tolist())
    for term, amount in zip(terms, amounts, strict=True):
        column = int(term["value"])
        value = names.known("value")[column] if column >= 0 else ""
        reference = names.find("value", value) if value else None
        told = names.told(reference) if reference is not None else ""
        weight = float(world.values[decider, column]) if column >= 0 else 1.0
        found.append(Term(value, told or value.replace("_", " "), weight, amount))
    if world.options_state["leaning"][option]:
        found.append(Term("", "what others have argued", 1.0, float(world.options_state["leaning"][option])))
    return found


def condition_of(run: Run, decision: str, option: str) -> tuple[str, Any, str]:
    """Return the condition under which an option is open ("" for always), the names it is read by, and whose `self` is."""
    for name, body in run.scenario.document.decisions.items():
        for instance, local in instances_of(name, body.each):
            if instance == decision:
                me = instance.partition(".")[0]
                names = LocalNames(run.scenario.names, local | {"self": me})
                return body.options[option].open or "", names, me
    return "", run.scenario.names, decision.partition(".")[0]


def _closed_by(run: Run, decision: str, option: str) -> list[Clause]:
    text, names, me = condition_of(run, decision, option)
    return failures(run, text, names, me) if text else []
