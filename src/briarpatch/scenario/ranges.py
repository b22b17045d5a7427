"""What values conditions can have, and so what can never turn: interval arithmetic over checked conditions.

Every function of conditions declares the range of its values (`world.functions`); a scenario narrows it: a count by the size
of its crowd, time by how long the story lasts, an event by whether anything can make it happen. Intervals are carried
through the arithmetic of a condition (Moore 1966), and what must hold of each quantity for a condition to be true is carried
through `&&`, `||` and `!`. What comes out may be wider than the truth, never narrower: whatever is said to be never true is
never true. Two quantities that hang together in other ways than by being the same are taken as independent.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from ..assembly import FUNCTIONS
from ..units import span, unit_of
from .language import Compiled, Step

_RELATIONS = ("<", "<=", ">", ">=", "==", "!=")
_STRENGTH = {"?": 0, "||": 1, "&&": 2, **dict.fromkeys(_RELATIONS, 3), "+": 4, "-": 4, "*": 5, "/": 5, "%": 5}
BARE = ("gauge", "given", "level", "is_in", "number_in", "light")
"""Functions of which the name that they are asked about stands alone."""
_ATOM = 7
_PREFIX = 6
_TAKES = {"value": 0, "prefix": 1, "binary": 2, "choose": 3}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_MIRROR = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}


class Interval(NamedTuple):
    """The numbers from `low` to `high`, without an end that is open; empty when there are none."""

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False

    @property
    def empty(self) -> bool:
        """True when it holds no number."""
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))

    @property
    def point(self) -> bool:
        """True when it holds one number only."""
        return self.low == self.high and not self.empty

    def __contains__(self, x: object) -> bool:
        assert isinstance(x, float)
        return (self.low < x or (self.low == x and not self.low_open)) and (
            x < self.high or (x == self.high and not self.high_open)
        )

    def reaches(self, sign: str) -> bool:
        """Return whether any of its numbers, of which it holds some, is less or more than zero: `x SIGN 0`."""
        end, is_open = (-self.low, self.low_open) if sign[0] == "<" else (self.high, self.high_open)
        return end > 0.0 or (end == 0.0 and len(sign) == 2 and not is_open)

    def meet(self, other: Interval) -> Interval:
        """Return what both hold."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        low_open = (self.low == low and self.low_open) or (other.low == low and other.low_open)
        high_open = (self.high == high and self.high_open) or (other.high == high and other.high_open)
        return Interval(low, high, low_open, high_open)

    def hull(self, other: Interval) -> Interval:
        """Return the smallest interval that holds both."""
        if self.empty or other.empty:
            return other if self.empty else self
        low, high = min(self.low, other.low), max(self.high, other.high)
        low_open = not ((self.low == low and not self.low_open) or (other.low == low and not other.low_open))
        high_open = not ((self.high == high and not self.high_open) or (other.high == high and not other.high_open))
        return Interval(low, high, low_open, high_open)

    def plus(self, other: Interval) -> Interval:
        """Return the sums of a number of each."""
        return Interval(
            _less(self.low + other.low),
            _more(self.high + other.high),
            self.low_open or other.low_open,
            self.high_open or other.high_open,
        )

    def moved(self, k: float, c: float) -> Interval:
        """Return k times each of its numbers plus c."""
        if k == 1.0:
            return Interval(_less(self.low + c), _more(self.high + c), self.low_open, self.high_open)
        return self.times(Interval(k, k)).plus(Interval(c, c))

    def times(self, other: Interval) -> Interval:
        """Return the products of a number of each."""
        if other.low == other.high:
            low, high = _product(self.low, other.low), _product(self.high, other.low)
            if other.low >= 0.0:
                return Interval(low, high, self.low_open and other.low > 0.0, self.high_open and other.low > 0.0)
            return Interval(high, low, self.high_open, self.low_open)
        corners = [_product(a, b) for a in (self.low, self.high) for b in (other.low, other.high)]
        return Interval(min(corners), max(corners))


NOTHING = Interval(math.inf, -math.inf)
"""The values of what is always undefined."""
EVERYTHING = Interval()


def _less(x: float) -> float:
    return -math.inf if math.isnan(x) else x


def _more(x: float) -> float:
    return math.inf if math.isnan(x) else x


def _product(a: float, b: float) -> float:
    return 0.0 if a == 0.0 or b == 0.0 else a * b


class Bounds(NamedTuple):
    """The values of one call in a scenario, and why they are no more than that."""

    values: Interval
    undefined: bool = False
    flows: bool = False
    rests: bool = False
    because: str = ""


class Finding(NamedTuple):
    """A part of a condition that cannot turn as its author may have thought."""

    offset: int
    message: str


@dataclass(slots=True)
class _Number:
    """A part that is a number: k times a quantity plus c, and its values."""

    values: Interval
    words: str
    type: str
    strength: int = _ATOM
    undefined: bool = False
    flows: bool = False
    rests: bool = False
    because: str = ""
    quantity: str = ""
    """What names the quantity of which it is a linear function; "" for a constant."""
    base: Interval = EVERYTHING
    k: float = 1.0
    c: float = 0.0
    literal: bool = False

    def scaled(self, k: float, c: float, type_: str) -> _Number:
        """Return k times itself plus c."""
        values = self.values if self.values.empty else self.values.moved(k, c)
        return _Number(
            values, "", type_, 0, self.undefined, self.flows, self.rests, self.because, self.quantity, self.base,
            self.k * k, self.c * k + c,
        )  # fmt: skip


@dataclass(slots=True)
class _Truth:
    """A part that is true or false: which of the two it can be, and what each says of the quantities in it."""

    true: bool
    false: bool
    words: str
    strength: int = _ATOM
    held: dict[str, Interval] = field(default_factory=dict)
    lapsed: dict[str, Interval] = field(default_factory=dict)
    instant: bool = False
    """True when it is true for an instant only."""


class Verdict(NamedTuple):
    """What is said of a condition: its findings, and whether the whole can be true, or only for an instant."""

    findings: list[Finding]
    possible: bool
    instant: bool
    times: Interval = EVERYTHING
    """Between what times, from the start, it can be true."""
    values: Interval = EVERYTHING
    """Between what bounds it lies, when it is a number."""
    held: frozenset[str] = frozenset()
    """What has to be true for it to be true, in the words of the condition: "dead(ann)"."""
    certain: bool = False
    """True when it cannot be false."""


class Judge:
    """Looks at conditions with the bounds that a scenario gives; `bounds` is asked for each call of a named thing."""

    def __init__(self, bounds: Callable[[Step], Bounds]) -> None:
        self.bounds = bounds
        self.findings: list[Finding] = []
        self.quantities: dict[str, tuple[bool, bool, Interval, str]] = {}
        self.at_end = False

    def judge(self, compiled: Compiled, at_end: bool = False) -> Verdict:
        """Return what is said of a condition, which may be read `at_end` of the story only."""
        self.findings, self.quantities, self.at_end = [], {}, at_end
        stack: list[_Number | _Truth] = []
        for step in compiled.steps:
            taken = _TAKES.get(step.kind, step.count)
            first = len(stack) - taken
            operands = stack[first:]
            del stack[first:]
            stack.append(self._take(step, operands))
        whole = stack[0]
        if isinstance(whole, _Truth):
            held = frozenset(words for words, values in whole.held.items() if values == Interval(1.0, 1.0))
            times = whole.held.get("time()", EVERYTHING)
            return Verdict(self.findings, whole.true, whole.instant, times, held=held, certain=not whole.false)
        return Verdict(self.findings, True, False, values=whole.values)

    def _find(self, step: Step, message: str) -> None:
        self.findings.append(Finding(step.offset, message))

    def _take(self, step: Step, operands: list[_Number | _Truth]) -> _Number | _Truth:
        if step.kind == "value":
            if step.type == "bool":
                return _Truth(step.value != 0.0, step.value == 0.0, step.word)
            return _Number(Interval(step.value, step.value), step.word, step.type, c=step.value, k=0.0, literal=True)
        if step.kind == "call":
            return self._call(step, operands)
        if step.kind == "prefix":
            return self._prefix(step, operands[0])
        if step.kind == "choose":
            return self._choose(step, *operands)
        left, right = operands
        words = f"{_within(left, _STRENGTH[step.word])} {step.word} {_within(right, _STRENGTH[step.word] + 1)}"
        if isinstance(left, _Truth) and isinstance(right, _Truth):
            found = self._joined(step, left, right, words)
        elif step.word in _RELATIONS:
            assert isinstance(left, _Number)
            assert isinstance(right, _Number)
            found = self._compared(step, left, right, words)
        else:
            assert isinstance(left, _Number)
            assert isinstance(right, _Number)
            found = self._reckoned(step, left, right, words)
        found.words, found.strength = words, _STRENGTH[step.word]
        return found

    # numbers

    def _prefix(self, step: Step, operand: _Number | _Truth) -> _Number | _Truth:
        words = step.word + _within(operand, _PREFIX)
        if isinstance(operand, _Truth):
            return _Truth(operand.false, operand.true, words, _PREFIX, operand.lapsed, operand.held)
        found = operand.scaled(-1.0, 0.0, operand.type)
        found.words, found.strength = words, _PREFIX
        return found

    def _known(self, number: _Number) -> _Number:
        """Return a number that is a quantity of its own."""
        if number.values.point and not number.undefined:
            number.quantity, number.k, number.c = "", 0.0, number.values.low
        else:
            number.quantity, number.base, number.k, number.c = number.words, number.values, 1.0, 0.0
            self.quantities[number.words] = number.flows, number.rests, number.values, number.type
        return number

    def _reckoned(self, step: Step, left: _Number, right: _Number, words: str) -> _Number:
        sign = step.word
        undefined = left.undefined or right.undefined
        if left.values.empty or right.values.empty:
            return _Number(NOTHING, words, step.type, undefined=True, because=left.because or right.because)
        if sign in "+-" and (not left.quantity or not right.quantity):
            factor = 1.0 if sign == "+" else -1.0
            if not right.quantity:
                return left.scaled(1.0, factor * right.c, step.type)
            return right.scaled(factor, left.c, step.type)
        if sign == "*" and (not left.quantity or not right.quantity):
            return left.scaled(right.c, 0.0, step.type) if not right.quantity else right.scaled(left.c, 0.0, step.type)
        if sign == "/" and not right.quantity and right.c != 0.0:
            return left.scaled(1.0 / right.c, 0.0, step.type)
        if sign in "+-" and left.quantity == right.quantity:
            k, c = (left.k + right.k, left.c + right.c) if sign == "+" else (left.k - right.k, left.c - right.c)
            base = left.base.moved(k, c)
            same = _Number(base, words, step.type, 0, undefined, left.flows and k != 0.0, False, "", left.quantity)
            same.base, same.k, same.c = left.base, k, c
            if k == 0.0 and not undefined:
                same.quantity = ""
            return same
        values = EVERYTHING
        if sign in "+-":
            values = left.values.plus(right.values if sign == "+" else right.values.times(Interval(-1.0, -1.0)))
        elif sign == "*":
            values = left.values.times(right.values)
        elif sign == "/" and 0.0 not in right.values:
            inverse = sorted((_inverse(right.values.low), _inverse(right.values.high)))
            values = left.values.times(Interval(inverse[0], inverse[1]))
        elif sign == "/":
            undefined = True
        elif sign == "%":
            size = max(abs(right.values.low), abs(right.values.high))
            undefined = undefined or 0.0 in right.values
            values = Interval(
                max(-size, left.values.low) if left.values.low < 0.0 else 0.0,
                min(size, left.values.high) if left.values.high > 0.0 else 0.0,
                left.values.low <= -size,
                left.values.high >= size,
            )
        flows = left.flows != right.flows  # two that move alike may keep their distance
        return self._known(_Number(values, words, step.type, 0, undefined, flows))

    def _call(self, step: Step, operands: list[_Number | _Truth]) -> _Number | _Truth:
        numbers = [operand for operand in operands if isinstance(operand, _Number)]
        given = [name for name, _ in step.names] or [operand.words for operand in operands]
        words = f"{step.word}({', '.join(given)})"
        if step.word in BARE and step.names:
            words = step.names[0][0]
        if numbers:
            bounds = _curve(step.word, [number.values for number in numbers])
            undefined = bounds.undefined or any(number.undefined for number in numbers)
            flows = any(number.flows for number in numbers)
            return self._known(_Number(bounds.values, words, step.type, _ATOM, undefined, flows))
        bounds = self.bounds(step)
        if step.type == "bool":
            found = _Truth(1.0 in bounds.values, 0.0 in bounds.values, words)
            found.held, found.lapsed = {words: Interval(1.0, 1.0)}, {words: Interval(0.0, 0.0)}
            if not found.true and bounds.because:
                self._find(step, f"'{words}' is never true: {bounds.because}")
            return found
        return self._known(
            _Number(
                bounds.values, words, step.type, _ATOM, bounds.undefined, bounds.flows, bounds.rests, bounds.because
            )
        )

    # truths

    def _compared(self, step: Step, left: _Number, right: _Number, words: str) -> _Truth:
        sign = step.word
        undefined = left.undefined or right.undefined
        apart = f"{left.words} - {_within(right, 5)}"
        gap = self._reckoned(Step("binary", "-", step.offset, left.type), left, right, apart)
        values = gap.values
        if values.empty:
            found = _Truth(False, True, words)
        elif sign == "==":
            found = _Truth(0.0 in values, not (values.point and values.low == 0.0) or undefined, words)
        elif sign == "!=":
            found = _Truth(not (values.point and values.low == 0.0), 0.0 in values or undefined, words)
        else:
            found = _Truth(values.reaches(sign), values.reaches(_OPPOSITE[sign]) or undefined, words)
        moving = gap.quantity and gap.k != 0.0
        if not found.true:
            self._find(step, f"'{words}' is never true: {self._why(left, right)}")
        elif not found.false:
            self._find(step, f"'{words}' is always true: {self._why(left, right)}")
        elif moving:
            self._hold(found, sign, gap, undefined)
            self._flag_instant(step, found, [gap.quantity])
        return found

    def _hold(self, found: _Truth, sign: str, gap: _Number, undefined: bool) -> None:
        """Note what a comparison of `gap` with zero says of the quantity in it."""
        at = -gap.c / gap.k
        sign = sign if gap.k > 0.0 else _MIRROR[sign]
        if sign == "!=":
            if not undefined:
                found.lapsed[gap.quantity] = gap.base.meet(Interval(at, at))
            return
        wanted = Interval(at, at) if sign == "==" else _side(sign, at)
        found.held[gap.quantity] = gap.base.meet(wanted)
        if sign != "==" and not undefined:
            other = _side(_OPPOSITE[sign], at)
            found.lapsed[gap.quantity] = gap.base.meet(other)

    def _flag_instant(self, step: Step, found: _Truth, quantities: list[str]) -> None:
        """Find that something holds for an instant only, if one of its quantities flows and has a single value."""
        for name in quantities:
            flows, rests, base, type_ = self.quantities.get(name, (False, False, EVERYTHING, "number"))
            left = found.held.get(name, base)
            if not (flows and left.point) or base.point:
                continue
            at_an_end = left.low in (base.low, base.high)
            if at_an_end and (rests or self.at_end or (left.low == 0.0 and name in ("time()",))):
                continue
            if at_an_end and left.low == 0.0 and name.startswith("since("):
                continue
            found.instant = True
            why = f"as {name} moves on; write >= or <= for the moment from which it holds"
            if at_an_end:
                why = f"as {name} is {between(base, type_)}"
            self._find(step, f"'{found.words}' holds for an instant at most, {why}")
            return

    def _joined(self, step: Step, left: _Truth, right: _Truth, words: str) -> _Truth:
        sign = step.word
        if sign in ("==", "!="):
            either = (left.true and right.false) or (left.false and right.true)
            same = (left.true and right.true) or (left.false and right.false)
            return _Truth(same, either, words) if sign == "==" else _Truth(either, same, words)
        if sign == "||":
            left, right = _not(left), _not(right)
        found = _Truth(left.true and right.true, left.false or right.false, words)
        found.instant = found.true and (left.instant or right.instant)
        found.held = dict(left.held)
        touched = []
        for name, values in right.held.items():
            if name in found.held:
                touched.append(name)
                values = found.held[name].meet(values)
            found.held[name] = values
        for name in left.lapsed.keys() & right.lapsed.keys():
            found.lapsed[name] = left.lapsed[name].hull(right.lapsed[name])
        for one, other in ((left, right), (right, left)):  # when one is true, the other decides alone
            if not one.false:
                found.lapsed = dict(other.lapsed)
        if found.true and any(found.held[name].empty for name in touched):
            found.true = False
            said = "is never true" if sign == "&&" else "is always true"
            how = "both sides cannot hold at once" if sign == "&&" else "one side or the other always holds"
            self._find(step, f"'{words}' {said}: {how}")
        if sign == "||":
            return _not(found)
        if found.true and not found.instant:
            self._flag_instant(step, found, touched)
        return found

    def _choose(self, step: Step, condition: _Number | _Truth, yes: _Number | _Truth, no: _Number | _Truth):
        assert isinstance(condition, _Truth)
        words = f"{_within(condition, 1)} ? {_within(yes, 1)} : {_within(no, 0)}"
        if isinstance(yes, _Truth) and isinstance(no, _Truth):
            true = (condition.true and yes.true) or (condition.false and no.true)
            false = (condition.true and yes.false) or (condition.false and no.false)
            return _Truth(true, false, words, 0)
        assert isinstance(yes, _Number)
        assert isinstance(no, _Number)
        branches = [branch for branch, can in ((yes, condition.true), (no, condition.false)) if can]
        values = NOTHING
        for branch in branches:
            values = values.hull(branch.values)
        undefined = any(branch.undefined for branch in branches)
        return self._known(_Number(values, words, step.type, 0, undefined, any(b.flows for b in branches)))

    def _why(self, left: _Number, right: _Number) -> str:
        """Say between what values the two sides of a comparison lie."""
        said = []
        for side in (left, right):
            if side.values.empty:
                return side.because or f"{side.words} has no value"
            if not side.literal:
                said.append(f"{side.words} is {between(side.values, side.type)}")
        return " and ".join(dict.fromkeys(said))


def _not(truth: _Truth) -> _Truth:
    return _Truth(truth.false, truth.true, truth.words, truth.strength, truth.lapsed, truth.held)


def _within(part: _Number | _Truth, strength: int) -> str:
    """Return the words of a part, in parentheses where what is around it binds tighter."""
    return part.words if part.strength >= strength else f"({part.words})"


def _side(sign: str, at: float = 0.0) -> Interval:
    """Return the numbers x with `x SIGN at`."""
    if sign[0] == "<":
        return Interval(-math.inf, at, False, sign == "<")
    return Interval(at, math.inf, sign == ">", False)


def turns(sign: str, number: float, values: Interval, whole: bool = False) -> tuple[bool, bool]:
    """Return whether any of some values x, or all of them, are `x SIGN number`; `whole` when they are whole numbers."""
    lands = number in values and (not whole or number.is_integer())
    if sign in ("==", "!="):
        every = lands and values.point
        return (lands, every) if sign == "==" else (not every, not lands)
    return not values.meet(_side(sign, number)).empty, values.meet(_side(_OPPOSITE[sign], number)).empty


def _inverse(x: float) -> float:
    return 0.0 if math.isinf(x) else 1.0 / x


def _curve(name: str, values: list[Interval]) -> Bounds:
    """Return the values of a function of numbers, from those of its arguments."""
    if any(one.empty for one in values):
        return Bounds(NOTHING, True)
    first = values[0]
    if name == "min":
        return Bounds(Interval(min(first.low, values[1].low), min(first.high, values[1].high)))
    if name == "max":
        return Bounds(Interval(max(first.low, values[1].low), max(first.high, values[1].high)))
    if name == "abs":
        ends = sorted((abs(first.low), abs(first.high)))
        return Bounds(Interval(0.0 if 0.0 in first else ends[0], ends[1]))
    declared = FUNCTIONS[name].span
    return Bounds(Interval(declared.low, declared.high), declared.undefined)


def between(values: Interval, type_: str = "number") -> str:
    """Say an interval in words: "from 0 to 41", "at most 24 h", "always 3"."""
    low, high = _quantity(values.low, type_), _quantity(values.high, type_)
    if values.low == values.high:
        return f"always {low}"
    if math.isinf(values.high):
        return f"{'more than' if values.low_open else 'at least'} {low}" if math.isfinite(values.low) else "any number"
    if math.isinf(values.low):
        return f"{'less than' if values.high_open else 'at most'} {high}"
    return f"from {low} to {'less than ' if values.high_open else ''}{high}"


def _quantity(x: float, type_: str) -> str:
    if type_ == "time":
        return span(x) if x >= 0.0 else f"-{span(-x)}"
    unit = "years" if type_ == "age" else unit_of(type_)
    return f"{x:g} {unit}".rstrip()


def declared(name: str, narrowed: Interval | None = None) -> Bounds:
    """Return the bounds that function `name` declares, with the interval to which a scenario narrows it."""
    of = FUNCTIONS[name].span
    values = Interval(of.low, of.high, high_open=name == "hour")
    if narrowed is not None:
        values = values.meet(narrowed)
    return Bounds(values, of.undefined, of.flows, of.rests)
