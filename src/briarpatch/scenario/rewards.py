"""What a learner is paid: arithmetic over the measures and endings of a scenario, such as "free - 2 * federation_dead".

A scenario may declare it for each person, in its section `rewards`; it is no part of what is compiled.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import RequestError, did_you_mean

if TYPE_CHECKING:
    from .scenario import Scenario
    from .schema import Document

LONGEST = 1_000
"""Characters of a reward, at most."""
_BINARY: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_UNARY: dict[type, Callable[[float], float]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}


class _Values(NamedTuple):
    measures: Mapping[str, float]
    ending: str | None


class Reward:
    """The value of a run to a learner.

    Args:
        text: numbers, names of measures, names of endings (1 once the run has ended so, else 0), + - * / and brackets.
        measures: names of the measures.
        endings: names of the endings.

    Raises RequestError when the text is no such arithmetic, or names what does not exist.
    """

    def __init__(self, text: str, measures: Collection[str], endings: Collection[str]) -> None:
        self._measures, self._endings, self.text = set(measures), set(endings), text
        if len(self.text) > LONGEST:
            raise RequestError(f"a reward has at most {LONGEST:,} characters, got {len(self.text):,}")
        try:
            tree = ast.parse(self.text.strip(), mode="eval").body
            self._value = self._compiled(tree)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise RequestError(
                f"a reward is arithmetic over measures and endings, such as 'free - 2 * lost', got '{self.text}'"
            ) from None

    def __call__(self, measures: Mapping[str, float], ending: str | None) -> float:
        """Return what a run is worth; raises RequestError when that is not a finite number.

        Args:
            measures: as they stand.
            ending: the one that it has reached, None when none.
        """
        try:
            found = self._value(_Values(measures, ending))
        except (ZeroDivisionError, OverflowError):
            found = math.nan
        if not math.isfinite(found):
            raise RequestError(f"the reward '{self.text}' is not finite at {dict(measures)}; change its arithmetic")
        return found + 0.0  # which makes no difference but to -0.0

    def _compiled(self, node: Any) -> Callable[[_Values], float]:
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
            number = float(node.value)
            return lambda _: number
        if isinstance(node, ast.Name):
            return self._named(node.id)
        if isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
            sign, inner = _UNARY[type(node.op)], self._compiled(node.operand)
            return lambda values: sign(inner(values))
        if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
            act, left, right = _BINARY[type(node.op)], self._compiled(node.left), self._compiled(node.right)
            return lambda values: act(left(values), right(values))
        raise ValueError

    def _named(self, name: str) -> Callable[[_Values], float]:
        known = [*sorted(self._measures), *sorted(self._endings)]
        if name not in known:
            hint = did_you_mean(name, known) or f"; there are {', '.join(known)}"
            raise RequestError(f"the reward names '{name}', which is neither a measure nor an ending{hint}")
        if name in self._measures:
            return lambda values: values.measures[name]
        return lambda values: float(values.ending == name)


def reward_of(scenario: Scenario, person: str, text: str | None = None) -> Reward:
    """Return what a person is paid: `text`, or what the scenario declares for them.

    Where it declares nothing, it is the first measure that has a better direction, with the sign of that direction.
    """
    if text is None:
        text = scenario.document.rewards.get(person) or _default(scenario)
    return Reward(text, [one.name for one in scenario.measures], [one.name for one in scenario.endings])


def check(document: Document, fault: Callable[[tuple[str, ...], str], None]) -> None:
    """Call `fault` with a path and a message for each reward that names nobody, or cannot be reckoned."""
    for person, text in document.rewards.items():
        if person not in document.people:
            fault(
                ("rewards", person),
                f"'{person}' is none of the people of this scenario{did_you_mean(person, document.people)}",
            )
        try:
            Reward(text, document.measures, document.endings)
        except RequestError as wrong:
            fault(("rewards", person), str(wrong))


def _default(scenario: Scenario) -> str:
    for measure in scenario.measures:
        if measure.better != "neither":
            return measure.name if measure.better == "more" else f"-{measure.name}"
    raise RequestError(f"no measure of {scenario.name} says whether more or less of it is better; give a reward")
