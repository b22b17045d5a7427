"""The condition language: a subset of CEL (Common Expression Language), compiled for the stack machine.

    knows(mayor, flood_plan) && (distance(mayor, dam) < "200 m" || since(alarm) >= "2 h")

Loosest first: `cond ? a : b`, `||`, `&&`, one comparison (`== != < <= > >=`), `+ -`, `* / %`, `!` and unary
minus, then numbers, quantities in quotes, `true`, `false`, names, function calls and parentheses. As in
CEL, `!` binds tighter than a comparison. Where it parts from CEL: every number is a real number (7 / 2 is
3.5, and 7.5 % 2 is 1.5), comparisons do not chain, and there are no texts, lists or maps. A product or a quotient
of quantities is a quantity of the dimension that comes of it.

A name means something as the argument of a function; alone, it is a number: a gauge, data, what a mechanism offers, a unit
(`0.2/h`), or what `let` defines, which is put in where it is used. Names are resolved and types checked here, so that what comes out can only be evaluated, never go wrong. The parser does not
recurse and the checker is a loop over the postfix form, so no text can exhaust the stack of either.

It is long because one small language is read, checked and translated in one pass, step for step.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, reduce
from typing import Any, NamedTuple, Protocol

from .. import units
from ..assembly import ENTITIES, FUNCTIONS
from ..errors import ConditionError, did_you_mean
from ..world import functions, machine, refs, states, topics
from .calendar import DAY, CalendarError, Start, instant, is_date, read_date
from .names import Bare

LONGEST = 4000
"""Characters that a condition may have."""
DEEPEST = 50
"""Parentheses, `!` and unary minus that may be open at once."""
LONGEST_NAME = 200
ROOM = machine.STACK_ROWS - 4
"""Rows of the machine's stack that a condition may use."""

GRAMMAR = r"""
?start: choice
?choice: either
       | either ASK either ":" choice           -> choose
?either: both
       | either OR both                         -> binary
?both: relation
     | both AND relation                        -> binary
?relation: sum
         | sum RELATION sum                     -> binary
         | sum RELATION sum (RELATION sum)+     -> chained
?sum: product
    | sum (PLUS | MINUS) product                -> binary
?product: unary
        | product TIMES unary                   -> binary
?unary: value
      | (NOT | MINUS) unary                     -> prefix
?value: NUMBER                                  -> literal
      | QUOTED                                  -> literal
      | (TRUE | FALSE)                          -> literal
      | NAME                                    -> literal
      | NAME "(" [arguments] ")"                -> call
      | "(" choice ")"
arguments: choice ("," choice)*

ASK: "?"
OR: "||"
AND: "&&"
NOT: "!"
RELATION: /==|!=|<=|>=|<|>/
PLUS: "+"
MINUS: "-"
TIMES: /[*\/%]/
TRUE: "true"
FALSE: "false"
NUMBER: /([0-9]+(\.[0-9]+)?|\.[0-9]+)([eE][+-]?[0-9]+)?/
QUOTED: /"[^"\n]*"|'[^'\n]*'/
NAME: /[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*/
%ignore /[ \t\r\n]+/
"""

UNIONS: dict[str, tuple[str, ...]] = {
    "being": ("person", "crowd", "faction", "movement"),
    "beings": ("person", "crowd", "faction", "movement", "cohort", "state"),
    "thing": ("person", "vessel", "device", "place"),
    "machine": ("vessel", "device"),
    "receiver": ("person", "council", "faction"),
}
"""The argument types that take several kinds; where a name is of two, the first counts."""

_SPOTS = ("place", "vessel", "device")
_KIND_NUMBERS = {name: number for number, name in ENTITIES.items()}
_OPCODES = {
    "+": machine.ADD,
    "-": machine.SUBTRACT,
    "*": machine.MULTIPLY,
    "/": machine.DIVIDE,
    "%": machine.REMAINDER,
    "<": machine.LESS,
    "<=": machine.LESS_EQUAL,
    ">": machine.GREATER,
    ">=": machine.GREATER_EQUAL,
    "==": machine.EQUAL,
    "!=": machine.UNEQUAL,
    "&&": machine.AND,
    "||": machine.OR,
}
_WITH_OPERAND = frozenset((machine.PUSH, machine.UNLESS_FALSE, machine.UNLESS_TRUE))
_JUMPS = {"&&": machine.UNLESS_FALSE, "||": machine.UNLESS_TRUE}
_OWN = "a utility reads only the decider's own beliefs and state"
_REMEMBERED = frozenset(("foreseen", "thinks_knows"))
"""Functions of names alone whose arguments `reads` keeps, as rows: a world is made so that it can answer them."""
_RELATIONS = frozenset(("<", "<=", ">", ">=", "==", "!="))


class Names(Protocol):
    """What the checker asks of a scenario's names."""

    def row(self, kind: str, name: str) -> int | None:
        """Return the row of the entity of that kind ("person", "spot", ...), or None when there is none."""
        ...

    def known(self, kind: str) -> Iterable[str]:
        """Return the names of that kind, for "did you mean"."""
        ...


@dataclass(frozen=True)
class Compiled:
    """A checked condition as bytecode with its own pool of constants, and what it depends on."""

    code: tuple[int, ...]
    """Ends with END; PUSH is followed by an index into `constants`, the jumps by a distance."""
    constants: tuple[float, ...]
    type: str
    """"bool", "number", or a dimension of `units.DIMENSIONS`."""
    topics: int
    drifts: bool
    """True when its value may change without notice, so that it has to be polled."""
    clock: bool
    constant: bool | float | None
    """Its value when it reads nothing of the world."""
    moves: bool
    """True when its value changes between events by a law, however crooked, so that it can be integrated."""
    wanders: bool
    """True when it reads what drifts without a law, such as a distance."""
    reads: frozenset[tuple[str, str]]
    """(kind, name) of every entity that it names, and ("function", name)."""
    moving: bool = False
    """True when its value grows with time by itself."""
    steps: tuple[Step, ...] = ()
    """The same as the code, with types and words, for whoever asks what values it can have (`ranges`)."""


class Step(NamedTuple):
    """One step of a checked condition in postfix form."""

    kind: str
    """"value", "call", "prefix", "binary" or "choose"."""
    word: str
    """A function, a sign, or a constant as it is written."""
    offset: int
    type: str
    count: int = 0
    """Values that a call takes from the steps before."""
    value: float = 0.0
    names: tuple[tuple[str, int], ...] = ()
    """Of a call that takes names: each name, and its number for the machine."""


class Described(NamedTuple):
    """One function, for the documentation."""

    name: str
    signature: str
    meaning: str


def describe() -> list[Described]:
    """Return every function of the language in the order of its declaration."""
    rows = []
    for function in FUNCTIONS.values():
        gives = function.gives if not _polymorphic(function) else "number or quantity"
        signature = f"{function.name}({', '.join(function.arguments)}) -> {gives}"
        rows.append(Described(function.name, signature, function.meaning))
    return rows


def relocate(compiled: Compiled, base: int) -> tuple[int, ...]:
    """Return the code of `compiled` for a pool in which its constants start at `base`."""
    code = list(compiled.code)
    at = 0
    while at < len(code):
        if code[at] == machine.PUSH:
            code[at + 1] += base
        at += 1 + (code[at] in _WITH_OPERAND)
    return tuple(code)


def compile_condition(
    text: str, names: Names, *, wants: str = "bool", self_name: str | None = None, private: bool = False
) -> Compiled:
    """Return `text` as bytecode, with every name resolved and every type checked.

    Args:
        text: the condition or expression.
        names: the names of the scenario.
        wants: "bool", "number", a dimension of `units.DIMENSIONS`, or "any".
        self_name: the person that `self` stands for; None where `self` has no meaning.
        private: allow only what a decider knows of themself, `self` being the decider.

    Raises:
        ConditionError: with the offset of the fault in `text`, and of every other that can be found beside it.
    """
    _check_bounds(text)
    checker = _Checker(names, self_name, private)
    result = checker.run(_parse(text))
    if checker.faults:
        first, *others = sorted(checker.faults.values(), key=lambda fault: fault.offset)
        raise ConditionError(first.message, first.offset, others)
    if wants != "any":
        result = _fit(result, wants, "a condition" if wants == "bool" else "the value")
    if result.depth > ROOM:
        raise ConditionError(f"the condition is too intricate ({result.depth} values at once, {ROOM} allowed)", 0)
    code, constants = _link([machine.DRIFTS, *result.code] if checker.bends else result.code)
    return Compiled(
        code=code,
        constants=constants,
        type=result.type,
        topics=checker.topics,
        drifts=checker.drifts,
        clock=checker.clock,
        constant=result.value,
        moves=result.moving is not None or checker.bends,
        wanders=checker.wanders,
        reads=frozenset(checker.reads),
        moving=result.moving is not None,
        steps=tuple(result.steps),
    )


# ---------------------------------------------------------------------------------------------------- parsing


class _Step(NamedTuple):
    """One step of the postfix form: a token, with the number of arguments when it is a call."""

    kind: str
    word: str
    offset: int
    count: int = 0


class _Postfix:
    """Builds the postfix form while the parser reduces; each result is a list of steps, grown in place."""

    def literal(self, children: list[Any]) -> list[_Step]:
        token = children[0]
        return [_Step(token.type, str(token), token.start_pos)]

    def prefix(self, children: list[Any]) -> list[_Step]:
        sign, operand = children
        operand.append(_Step("PREFIX", str(sign), sign.start_pos))
        return operand

    def binary(self, children: list[Any]) -> list[_Step]:
        left, sign, right = children
        left.extend(right)
        left.append(_Step("BINARY", str(sign), sign.start_pos))
        return left

    def chained(self, children: list[Any]) -> list[_Step]:
        first, second = children[1], children[3]
        raise ConditionError(
            f"comparisons do not chain; write 'a {first} b && b {second} c' instead of 'a {first} b {second} c'",
            second.start_pos,
        )

    def choose(self, children: list[Any]) -> list[_Step]:
        condition, ask, yes, no = children
        condition.extend(yes)
        condition.extend(no)
        condition.append(_Step("CHOOSE", "?", ask.start_pos))
        return condition

    def arguments(self, children: list[Any]) -> list[list[_Step]]:
        return children

    def call(self, children: list[Any]) -> list[_Step]:
        name, arguments = children
        steps = [step for argument in arguments or () for step in argument]
        steps.append(_Step("CALL", str(name), name.start_pos, len(arguments or ())))
        return steps


@cache
def _parser() -> Any:
    import lark

    return lark.Lark(GRAMMAR, parser="lalr", lexer="basic", transformer=_Postfix())


_TOKENS = re.compile(
    r"""[ \t\r\n]*(?:
    (?P<NUMBER>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<QUOTED>"[^"\n]*"|'[^'\n]*')
    |(?P<NAME>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
    |(?P<SIGN>==|!=|<=|>=|&&|\|\||[-<>+*/%!?:(),])
    )""",
    re.VERBOSE,
)
"""The terminals of the grammar, of which a sign stands for itself and a name may be a word of the language."""


def _parse(text: str) -> tuple[_Step, ...]:
    """Return the postfix form of a text. Texts that differ in names, numbers and quantities only are parsed once."""
    shape: list[str] = []
    tokens: list[tuple[str, int]] = []
    at, end = 0, len(text.rstrip(" \t\r\n"))
    while at < end:
        found = _TOKENS.match(text, at)
        if found is None:
            return _parsed(text)  # which says what is wrong
        kind = found.lastgroup or ""
        word = found[kind]
        shape.append(word if kind == "SIGN" or word in ("true", "false") else kind)
        tokens.append((word, found.start(kind)))
        at = found.end()
    key = " ".join(shape)
    form = _SHAPES.get(key)
    if form is None:
        steps = _parsed(text)
        number = {offset: n for n, (_, offset) in enumerate(tokens)}
        if len(_SHAPES) < _MOST_SHAPES:
            _SHAPES[key] = tuple((step.kind, number[step.offset], step.count) for step in steps)
        return steps
    return tuple([_Step(kind, *tokens[n], count) for kind, n, count in form])


_SHAPES: dict[str, tuple[tuple[str, int, int], ...]] = {}
"""The postfix forms of the shapes parsed so far: of each step its kind, which token it is of, and its count."""
_MOST_SHAPES = 4096


def _parsed(text: str) -> tuple[_Step, ...]:
    """Return what the grammar makes of a text, or say why it makes nothing of it."""
    import lark

    if not text.strip():
        raise ConditionError("the condition is empty", 0)
    try:
        return tuple(_parser().parse(text))
    except lark.UnexpectedToken as error:
        raise _unexpected_token(text, error) from None
    except lark.UnexpectedCharacters as error:
        raise _unexpected_character(text, error.pos_in_stream) from None


def _check_bounds(text: str) -> None:
    """Refuse a text that is too long or nested too deep, before anything looks at it closely."""
    if len(text) > LONGEST:
        raise ConditionError(f"the condition has {len(text):,} characters, {LONGEST:,} are allowed", LONGEST)
    if text.count("(") + text.count("!") + text.count("-") <= DEEPEST:
        return
    opened, signs, quote = 0, 0, ""
    for at, character in enumerate(text):
        if quote:
            if character in (quote, "\n"):
                quote = ""
            continue
        if character.isspace():
            continue
        signs = signs + 1 if character in "!-" else 0
        if character in "\"'":
            quote = character
        elif character == "(":
            opened += 1
        elif character == ")":
            opened -= 1
        if opened + signs > DEEPEST:
            raise ConditionError(f"the condition is nested more than {DEEPEST} deep", at)


_FOREIGN_QUOTES = "\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b\u00ab\u00bb`"
_MARKS = {
    "=": "write == to compare",
    "&": "write && for 'and'",
    "|": "write || for 'or'",
    "^": "there are no powers; multiply",
    "[": "there are no lists",
    "{": "there are no maps",
    ":": "a ':' belongs to 'condition ? a : b'",
    ".": "a number needs a digit after its point, and a name has no space around its points",
}
_WORDS = {"and": "write && for 'and'", "or": "write || for 'or'", "not": "write ! for 'not'"}


def _unexpected_character(text: str, at: int) -> ConditionError:
    character = text[at]
    if character in "\"'":
        return ConditionError("this quote is not closed", at)
    if character in _FOREIGN_QUOTES:
        return ConditionError(f"{character} is not a quote here; write \" or '", at)
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    hint = _MARKS.get(character, "")
    return ConditionError(f"'{shown}' means nothing here{'; ' + hint if hint else ''}", at)


def _unexpected_token(text: str, error: Any) -> ConditionError:
    token = error.token
    ended = token.type == "$END"
    at = len(text.rstrip()) if ended else token.start_pos
    wanted = _wanted(set(error.accepts or error.expected))
    if ended:
        return ConditionError(f"the condition ends too soon; expected {wanted}", at)
    before = re.search(r"([A-Za-z_0-9.]+)\s*\Z", text[:at])
    word = str(token)
    if word.lower() in _WORDS:
        hint = f"; {_WORDS[word.lower()]}"
    elif before and before[1].lower() in _WORDS:
        hint = f"; {_WORDS[before[1].lower()]}"
    elif before and before[1][0].isdigit() and token.type == "NAME":
        hint = f'; write a quantity in quotes, such as "{before[1]} {word}"'
    elif before and before[1].isdigit() and (more := re.match(r"(?:[,_' ]?[0-9]{3})+(?![0-9])", text[at:])):
        hint = f"; thousands separators are not read: write {before[1]}{re.sub('[^0-9]', '', more[0])}"
    elif word == "*" and text[:at].endswith("*"):
        hint = f"; {_MARKS['^']}"
    elif token.type == "COLON":
        hint = f"; {_MARKS[':']}"
    else:
        hint = ""
    shown = word if token.type == "QUOTED" else f"'{word[:40]}'"
    return ConditionError(f"expected {wanted}, got {shown}{hint}", at)


def _wanted(terminals: set[str]) -> str:
    """Say in words what may follow, from the names of the terminals."""
    if "NAME" in terminals:
        wanted = ["a name, a number, a quantity in quotes or '('"]
    else:
        wanted = ["an operator such as && or <"]
    wanted += [sign for name, sign in (("COMMA", "','"), ("RPAR", "')'"), ("COLON", "':'")) if name in terminals]
    return wanted[0] if len(wanted) == 1 else f"{', '.join(wanted[:-1])} or {wanted[-1]}"


# --------------------------------------------------------------------------------------------------- checking


@dataclass(slots=True, eq=False)
class _Part:
    """A checked part of a condition: its code (a constant stands in full after PUSH), type and place."""

    code: list[Any]
    type: str
    offset: int
    depth: int = 1
    value: bool | float | None = None
    moving: int | None = None
    """Along what path the machine tracks its slope: -1 for time; None when it has none."""
    steps: list[Step] = field(default_factory=list)


class _Word(NamedTuple):
    """A name whose meaning depends on where it stands."""

    name: str
    offset: int


class _Quoted(NamedTuple):
    """A text in quotes that is no quantity."""

    text: str
    offset: int
    fault: str


_FAULTY: Any = object()
"""Stands for a part that is at fault, which is said already."""

_TAKES = {"PREFIX": 1, "BINARY": 2, "CHOOSE": 3}
"""How many parts a step of a kind is made of; a call says how many it has."""


def _constant(value: bool | float, type_: str, offset: int, word: str = "") -> _Part:
    shown = word or (str(value).lower() if type_ == "bool" else f"{value:g}")
    step = Step("value", shown, offset, type_, value=float(value))
    return _Part([machine.PUSH, float(value)], type_, offset, value=value, steps=[step])


def _say(type_: str) -> str:
    return "a truth value" if type_ == "bool" else units.said(type_)


def _example(type_: str) -> str:
    """Say how a quantity of that type is written."""
    return units.DIMENSIONS.get(type_, ("", ""))[1].partition(" such as ")[2] or f"'5 {units.unit_of(type_)}'"


def _polymorphic(function: functions.Function) -> bool:
    """Return True for min, max and abs, which take numbers or quantities of one dimension alike."""
    return function.name in ("min", "max", "abs")


def _convert(part: _Part, wanted: str) -> _Part | None:
    """Return `part` as the type `wanted` if that changes nothing of its meaning, else None."""
    if part.type == wanted:
        return part
    if part.value is None or "bool" in (part.type, wanted):
        return None
    if part.type == "number":
        return replace(part, type=wanted) if part.value == 0.0 else None
    if (part.type, wanted) == ("time", "age"):
        return _constant(part.value / units.YEAR, wanted, part.offset, part.steps[0].word)
    if (part.type, wanted) == ("rate", "age_rate"):
        return _constant(part.value * units.YEAR, wanted, part.offset, part.steps[0].word)
    return None


def _in_seconds(part: _Part) -> _Part:
    """Return a part that is counted in years, or by them, in seconds."""
    if part.type not in ("age", "age_rate"):
        return part
    type_, factor = ("time", units.YEAR) if part.type == "age" else ("rate", 1.0 / units.YEAR)
    if part.value is not None:
        return _constant(part.value * factor, type_, part.offset, part.steps[0].word)
    part.code.extend((machine.PUSH, factor, machine.MULTIPLY))
    value = Step("value", f"{factor:g}", part.offset, "number", value=factor)
    part.steps.extend((value, Step("binary", "*", part.offset, type_)))
    return replace(part, type=type_, depth=max(part.depth, 2))


def _fit(part: _Part, wanted: str, subject: str) -> _Part:
    """Return `part` as the type `wanted`, or say why it is none."""
    fitting = _convert(part, wanted)
    if fitting is not None:
        return fitting
    if wanted == "bool":
        raise ConditionError(
            f"{subject} must be true or false, got {_say(part.type)}; compare it, as in '... > 0'",
            part.offset,
        )
    if part.type == "number":
        raise ConditionError(
            f"{subject} must be {_say(wanted)}, got a plain number; write a unit, as in {_example(wanted)}",
            part.offset,
        )
    raise ConditionError(f"{subject} must be {_say(wanted)}, got {_say(part.type)}", part.offset)


_ROWS: tuple[tuple[int, str, Callable[[int], int]], ...] = (
    (topics.PEOPLE, "person", lambda row: int(topics.person_bit(row, -1))),
    (topics.EVENTS, "event", lambda row: int(topics.event_bit(row))),
    (topics.DECISIONS, "decision", lambda row: int(topics.decision_bit(row))),
)
"""The topics whose rows have bits of their own: the topic, the kind of its rows, and the bit of a row."""


class _Checker:
    """Turns the postfix form into code, one step at a time, and notes what the condition depends on."""

    def __init__(self, names: Names, self_name: str | None, private: bool) -> None:
        self.names = names
        self.self_name = self_name
        self.private = private
        self.topics = 0
        self.drifts = False
        self.wanders = False
        self.bends = False
        self.clock = False
        self.opened: tuple[str, ...] = ()
        """The definitions of `let` that this text stands in."""
        self.put_in: dict[str, _Checker | ConditionError] = {}
        """What each definition that was met comes to, or what is wrong with it."""
        self.whole: _Part = _FAULTY
        self.reads: set[tuple[str, str]] = set()
        self.faults: dict[tuple[int, str], ConditionError] = {}

    def run(self, steps: tuple[_Step, ...]) -> _Part:
        """Return what the steps come to; `faults` holds what is wrong with them, and then it means nothing."""
        stack: list[Any] = []
        for step in steps:
            first = len(stack) - _TAKES.get(step.kind, step.count)
            operands = stack[first:]
            del stack[first:]
            stack.append(self.attempt(self.take, step, operands))
        return self.attempt(self.value, stack[0])

    def attempt(self, action: Callable[..., Any], *arguments: Any) -> Any:
        """Return what an action comes to; a fault is noted, and what is faulty stands for the outcome."""
        try:
            return action(*arguments)
        except ConditionError as fault:
            self.faults.setdefault((fault.offset, fault.message), fault)
            return _FAULTY

    def take(self, step: _Step, operands: list[Any]) -> Any:
        """Return what one step makes of its operands; when one of them is faulty, it only looks at the others."""
        kind, word, offset, _ = step
        if kind in ("NAME", "CALL") and len(word) > LONGEST_NAME:
            raise ConditionError(f"a name has at most {LONGEST_NAME} characters", offset)
        if kind == "NAME":
            return _Word(word, offset)
        if kind == "NUMBER":
            return self.finite(float(word), "number", offset, word)
        if kind == "QUOTED":
            return self.quoted(step)
        if kind == "CALL":
            return self.call(step, operands)
        if not operands:
            return _constant(word == "true", "bool", offset)
        parts = [item if type(item) is _Part else self.attempt(self.value, item) for item in operands]
        if _FAULTY in parts:
            return _FAULTY
        if kind == "BINARY":
            return self.binary(step, *parts)
        return self.prefix(step, *parts) if kind == "PREFIX" else self.choose(step, *parts)

    # parts

    def finite(self, value: float, type_: str, offset: int, word: str = "") -> _Part:
        if not math.isfinite(value):
            raise ConditionError("this number is too large", offset)
        return _constant(value, type_, offset, word)

    def quoted(self, step: _Step) -> _Part | _Quoted:
        text = step.word[1:-1]
        if is_date(text):
            try:
                at = instant(text, getattr(self.names, "start", Start()))
            except CalendarError as fault:
                return _Quoted(text, step.offset, str(fault))
            if " " in text.strip() or "T" in text:
                return self.finite(at, "time", step.offset, step.word)
            hint = f"'{text}' is a date, which stands in date_is(...); a time has an hour too, as in '{text} 06:00'"
            return _Quoted(text, step.offset, hint)
        try:
            value, dimension = units.parse(text)
        except units.UnitError as error:
            return _Quoted(text, step.offset, str(error))
        return self.finite(value, dimension, step.offset, step.word)

    def value(self, item: _Part | _Word | _Quoted) -> _Part:
        """Return `item` as a value; a bare name is a gauge."""
        if item is _FAULTY:
            return _FAULTY
        if isinstance(item, _Part):
            return item
        if isinstance(item, _Quoted):
            raise ConditionError(item.fault, item.offset)
        name, offset = item
        resolved = self.resolve_self(name, offset)
        bare = self.bare(resolved)
        if bare is not None:
            return self.alone(item, bare)
        if resolved in self.definitions:
            return self.defined(resolved, offset)
        unit = units.constant(name)
        if unit is not None:
            return _constant(unit[0], unit[1], offset, name)
        if name in FUNCTIONS:
            arguments = FUNCTIONS[name].arguments
            raise ConditionError(f"{name} is a function; write {name}({', '.join(arguments)})", offset)
        kind = self.kind_of(resolved)
        if kind is not None:
            article = "an" if kind[0] in "aeiou" else "a"
            raise ConditionError(
                f"'{resolved}' is {article} {kind}, and only gauges, data and processes have a value alone; "
                f"put the name into a function{self.usage(kind, name)}",
                offset,
            )
        known = [*self.names.known("gauge"), *getattr(self.names, "bare", ()), *self.definitions, *FUNCTIONS]
        hint = "; a name alone is a gauge, data, a process, a unit or a name of 'let'; others stand inside functions"
        raise ConditionError(f"unknown name '{name}'{did_you_mean(name, known) or hint}", offset)

    @property
    def definitions(self) -> Mapping[str, str]:
        """The texts that `let` gives names."""
        return getattr(self.names, "definitions", {})

    def bare(self, name: str) -> Bare | None:
        """Return what a name alone stands for; None when it is no number."""
        if self.names.row("gauge", name) is not None:
            return Bare("gauge", "gauge")
        means = getattr(self.names, "meaning", None)
        return getattr(self.names, "bare", {}).get(name if means is None else means(name))

    def alone(self, item: _Word, bare: Bare) -> _Part:
        """Return the value of a name alone."""
        part = self.call(_Step("CALL", bare.function, item.offset, 1), [item])
        if bare.type:
            part.type = bare.type
            part.steps[-1] = part.steps[-1]._replace(type=bare.type)
        part.moving = bare.path
        return part

    def defined(self, name: str, offset: int) -> _Part:
        """Return what a name of `let` stands for, as if it were written here in parentheses."""
        found = self.put_in.get(name)
        if name in self.opened:
            found = ConditionError(f"'let' goes round in a circle: {' -> '.join((*self.opened, name))}", 0)
        elif found is None:
            found = self.put_in[name] = self.definition(name)
        if isinstance(found, ConditionError):
            raise ConditionError(found.message, offset)
        self.topics |= found.topics
        self.drifts, self.wanders = self.drifts or found.drifts, self.wanders or found.wanders
        self.bends, self.clock = self.bends or found.bends, self.clock or found.clock
        self.reads |= found.reads | {("let", name)}
        part = found.whole
        return replace(part, offset=offset, code=[*part.code], steps=[s._replace(offset=offset) for s in part.steps])

    def definition(self, name: str) -> _Checker | ConditionError:
        """Return what a definition of `let` comes to, or what is wrong with it."""
        inner = _Checker(self.names, self.self_name, self.private)
        inner.opened, inner.put_in = (*self.opened, name), self.put_in
        try:
            _check_bounds(self.definitions[name])
            inner.whole = inner.run(_parse(self.definitions[name]))
        except ConditionError as wrong:
            inner.faults[0, wrong.message] = wrong
        if inner.faults:
            fault = min(inner.faults.values(), key=lambda one: one.offset)
            words = fault.message if "'let'" in fault.message else f"in '{name}' of 'let': {fault.message}"
            return ConditionError(words, 0)
        if len(inner.whole.code) > LONGEST:
            return ConditionError(f"'{name}' of 'let' is too long once all it is made of is put in; make it simpler", 0)
        return inner

    def usage(self, kind: str, name: str) -> str:
        """Return an example of a function that takes one entity of `kind`, or ""."""
        for function in FUNCTIONS.values():
            if len(function.arguments) == 1 and kind in UNIONS.get(function.arguments[0], function.arguments):
                return f", as in {function.name}({name})"
        return ""

    def prefix(self, step: _Step, operand: _Part) -> _Part:
        if step.word == "!":
            operand = _fit(operand, "bool", "what follows !")
            value = None if operand.value is None else not operand.value
            code, type_, moving = machine.NOT, "bool", None
        else:
            if operand.type == "bool":
                raise ConditionError(
                    "- needs a number or a quantity, got a truth value; write ! for 'not'", step.offset
                )
            value = None if operand.value is None else -operand.value
            code, type_, moving = machine.NEGATE, operand.type, operand.moving
        if value is not None:
            return _constant(value, type_, step.offset)
        operand.code.append(code)
        operand.steps.append(Step("prefix", step.word, step.offset, type_))
        return _Part(operand.code, type_, step.offset, operand.depth, None, moving, operand.steps)

    def binary(self, step: _Step, left: _Part, right: _Part) -> _Part:
        sign = step.word
        moving = None
        if sign in ("&&", "||"):
            left, right = (_fit(side, "bool", f"each side of {sign}") for side in (left, right))
            type_ = "bool"
        elif sign in _RELATIONS:
            if "bool" in (left.type, right.type) and (sign not in ("==", "!=") or left.type != right.type):
                remedy = (
                    "write it alone, or with !" if left.type != right.type else "only == and != compare truth values"
                )
                raise ConditionError(
                    f"cannot compare {_say(left.type)} with {_say(right.type)} by {sign}; {remedy}",
                    step.offset,
                )
            left, right = self.alike(left, right, "compare", "with", step.offset)
            self.joined(left, right)
            type_ = "bool"
        else:
            left, right, type_ = self.arithmetic(step, left, right)
            moving = self.joined(left, right, sign)
        if left.value is not None and right.value is not None:
            return self.folded(step, left, right, type_)
        if sign in _JUMPS:
            left.code.extend((_JUMPS[sign], len(right.code) + 1))
        left.code.extend(right.code)
        left.code.append(_OPCODES[sign])
        left.steps.extend(right.steps)
        left.steps.append(Step("binary", sign, left.offset, type_))
        return _Part(left.code, type_, left.offset, max(left.depth, right.depth + 1), None, moving, left.steps)

    def arithmetic(self, step: _Step, left: _Part, right: _Part) -> tuple[_Part, _Part, str]:
        """Check the types of + - * / %, and return the two sides and the type of the result."""
        sign = step.word
        for side in (left, right):
            if side.type == "bool":
                raise ConditionError(f"{sign} needs numbers or quantities, got a truth value", side.offset)
        if sign in "/%" and right.value == 0.0:
            raise ConditionError("division by zero" if sign == "/" else "remainder by zero", right.offset)
        if sign in "+-%":
            verb, joint = {
                "+": ("add", "and"),
                "-": ("subtract", "and"),
                "%": ("take the remainder of", "and"),
            }[sign]
            left, right = self.alike(left, right, verb, joint, step.offset)
            return left, right, left.type
        if right.type == "number":
            return left, right, left.type
        if sign == "*" and left.type == "number":
            return left, right, right.type
        if sign == "/":
            for one, other in ((left, right.type), (right, left.type)):
                converted = _convert(one, other) if one.type != "number" else None
                if converted is not None:
                    left, right = (converted, right) if one is left else (left, converted)
                    return left, right, "number"
        left, right = _in_seconds(left), _in_seconds(right)
        return left, right, units.product(left.type, right.type, 1 if sign == "*" else -1)

    def joined(self, left: _Part, right: _Part, sign: str = "-") -> int | None:
        """Return along what the result of two parts grows; the machine knows lines along one path.

        Anything more crooked is looked at again and again.
        """
        straight = left.moving is None or right.moving is None or left.moving == right.moving
        if right.moving is not None and (sign in "/%" or (sign == "*" and left.moving is not None)):
            straight = False
        if left.moving is not None and left.moving != -1 and sign == "%":
            straight = False
        if not straight:
            self.bend()
            return None
        return left.moving if left.moving is not None else right.moving

    def bend(self) -> None:
        """Note that something moves along no line that the machine knows."""
        self.drifts = self.bends = True

    def alike(self, left: _Part, right: _Part, verb: str, joint: str, offset: int) -> tuple[_Part, _Part]:
        """Return both sides in one type, or say why they have none."""
        converted = _convert(right, left.type)
        if converted is not None:
            return left, converted
        converted = _convert(left, right.type)
        if converted is not None:
            return converted, right
        for bare, other in ((left, right), (right, left)):
            if bare.type == "number" and "bool" not in (left.type, right.type):
                raise ConditionError(
                    f"cannot {verb} {_say(left.type)} {joint} {_say(right.type)}; "
                    f"write a unit, as in {_example(other.type)}",
                    bare.offset,
                )
        raise ConditionError(f"cannot {verb} {_say(left.type)} {joint} {_say(right.type)}", offset)

    def folded(self, step: _Step, left: _Part, right: _Part, type_: str) -> _Part:
        """Return the value of an operation on two constants, as the machine would find it."""
        a, b, sign = left.value, right.value, step.word
        assert a is not None
        assert b is not None
        if type_ == "bool":
            truth = {
                "&&": bool(a and b),
                "||": bool(a or b),
                "<": a < b,
                "<=": a <= b,
                ">": a > b,
                ">=": a >= b,
                "==": a == b,
                "!=": a != b,
            }[sign]
            return _constant(truth, "bool", left.offset)
        if sign == "%":
            return self.finite(math.fmod(a, b), type_, left.offset)
        if sign == "/":
            return self.finite(a / b, type_, left.offset)
        value = a + b if sign == "+" else a - b if sign == "-" else a * b
        return self.finite(float(value), type_, left.offset)

    def choose(self, step: _Step, condition: _Part, yes: _Part, no: _Part) -> _Part:
        condition = _fit(condition, "bool", "what stands before ?")
        yes, no = self.alike(yes, no, "choose between", "and", step.offset)
        if condition.value is not None and yes.value is not None and no.value is not None:
            return replace(yes if condition.value else no, offset=condition.offset)
        condition.code.extend(yes.code)
        condition.code.extend(no.code)
        condition.code.append(machine.SELECT)
        condition.steps.extend((*yes.steps, *no.steps, Step("choose", "?", condition.offset, yes.type)))
        depth = max(condition.depth, yes.depth + 1, no.depth + 2)
        moving = yes.moving if yes.moving is not None else no.moving
        if yes.moving is not None and no.moving is not None and yes.moving != no.moving:
            self.bend()
            moving = None
        return _Part(condition.code, yes.type, condition.offset, depth, None, moving, condition.steps)

    # calls

    def call(self, step: _Step, arguments: list[Any]) -> _Part:
        name, offset = step.word, step.offset
        function = FUNCTIONS.get(name)
        if function is None:
            raise ConditionError(f"unknown function '{name}'{did_you_mean(name, FUNCTIONS)}", offset)
        wanted = function.arguments
        if function.otherwise and len(arguments) == len(wanted) - 1:
            arguments = [*arguments, _Word(function.otherwise, offset)]
        if len(arguments) != len(wanted):
            plural = "" if len(wanted) == 1 else "s"
            listed = f" ({', '.join(wanted)})" if wanted else ""
            raise ConditionError(
                f"{name} takes {len(wanted) or 'no'} argument{plural}{listed}, got {len(arguments)}", offset
            )
        items = [
            self.attempt(self.argument, function, i, item) for i, item in enumerate(arguments) if item is not _FAULTY
        ]
        if _FAULTY in items or _FAULTY in arguments:
            return _FAULTY
        if self.private:
            self.check_private(function, arguments, offset)
        self.check_counted(function, arguments)
        if name == "weekday" and getattr(self.names, "start", Start()).date is None:
            raise ConditionError(
                "weekday() needs a story that begins on a date; write scenario.start as '2021-08-15 06:00'", offset
            )
        if function.weighed and not self.private:
            raise ConditionError(
                f"{name}(...) cannot be used here: it is reckoned while somebody weighs what to answer, so only a "
                "utility reads it; to ask what was answered, write chose(...)",
                offset,
            )
        self.topics |= self.depends(function, arguments)
        self.drifts, self.wanders = self.drifts or function.drifts, self.wanders or function.drifts
        self.clock = self.clock or function.clock
        self.reads.add(("function", name))
        if _polymorphic(function):
            return self.call_polymorphic(step, function, items)
        code: list[Any] = []
        steps: list[Step] = []
        named: list[tuple[str, int]] = []
        depth = 1
        for i, (item, given) in enumerate(zip(items, arguments, strict=True)):
            if isinstance(item, _Part):
                if item.moving is not None:
                    self.bend()
                code.extend(item.code)
                steps.extend(item.steps)
                depth = max(depth, i + item.depth)
            else:
                code.extend((machine.PUSH, float(item)))
                named.append((given.text if isinstance(given, _Quoted) else self.meaning(given), int(item)))
                depth = max(depth, i + 1)
        if name in _REMEMBERED:
            self.reads.add((name, ",".join(str(int(number)) for number in code[1::2])))
        if function.drifts:
            code.append(machine.DRIFTS)
        code.append(function.opcode)
        steps.append(Step("call", name, offset, function.gives, len(items) - len(named), names=tuple(named)))
        return _Part(code, function.gives, offset, depth, None, -1 if function.clock else None, steps)

    def argument(self, function: functions.Function, index: int, item: _Part | _Word | _Quoted) -> _Part | int:
        """Return an argument as a value of the type that is wanted there, or as the number of what it names."""
        wanted = function.arguments[index]
        if _polymorphic(function):
            return self.value(item)
        if wanted == "date":
            return self.date(item)
        if wanted in units.DIMENSIONS or wanted == "bool":
            return _fit(self.value(item), wanted, f"argument {index + 1} of {function.name}(...)")
        return self.entity(function, index, item)

    def date(self, item: _Part | _Word | _Quoted) -> int:
        """Return the day of a date in quotes, counted as `day()` does."""
        if not isinstance(item, _Quoted):
            at = item.offset
            raise ConditionError("argument 1 of date_is(...) is a date in quotes, such as '2021-08-26'", at)
        start = getattr(self.names, "start", Start())
        try:
            day, seconds = read_date(item.text)
            if seconds is not None:
                raise CalendarError(f"date_is(...) takes a date alone, such as '{day.isoformat()}'")
            return round((start.at(day, 0.0) + start.seconds) / DAY)
        except CalendarError as fault:
            raise ConditionError(str(fault), item.offset) from None

    def depends(self, function: functions.Function, arguments: list[Any]) -> int:
        """Return the bits of `topics` that a call depends on: those of the rows that it names, where that is enough."""
        found = function.topics
        if found & topics.COUNTS and any(self.row_of(kind, arguments[0]) is not None for kind in ("cohort", "state")):
            return found & ~topics.PEOPLE  # nobody who is counted has a body
        if not function.own:
            return found
        for whole, kind, bit in _ROWS:
            rows = [self.row_of(kind, item) for item in arguments if isinstance(item, _Word)] if found & whole else []
            bits = [bit(row) for row in rows if row is not None]
            if bits:
                found = reduce(operator.or_, bits, found & ~whole)
        return found

    def row_of(self, kind: str, item: _Word) -> int | None:
        """Return the row of a word that names one of `kind`; an option stands for its decision."""
        name = self.resolve_self(item.name, item.offset)
        if kind == "decision" and self.names.row("option", name) is not None:
            name = name.rpartition(".")[0]
        return self.names.row(kind, name)

    def call_polymorphic(self, step: _Step, function: functions.Function, parts: list[_Part]) -> _Part:
        """Compile min, max or abs: numbers, or quantities of one dimension."""
        for part in parts:
            if part.type == "bool":
                raise ConditionError(f"{step.word} needs numbers or quantities, got a truth value", part.offset)
        if len(parts) == 2:
            parts = list(self.alike(parts[0], parts[1], f"take the {step.word} of", "and", step.offset))
        type_ = parts[0].type
        values = [part.value for part in parts if part.value is not None]
        if len(values) == len(parts):
            value = {"min": min, "max": max, "abs": lambda only: abs(only[0])}[step.word](values)
            return _constant(value, type_, step.offset)
        code = [item for part in parts for item in part.code]
        code.append(function.opcode)
        depth = max(i + part.depth for i, part in enumerate(parts))
        steps = [step for part in parts for step in part.steps]
        steps.append(Step("call", function.name, step.offset, type_, len(parts)))
        moving = self.joined(parts[0], parts[-1])
        return _Part(code, type_, step.offset, depth, None, moving, steps)

    def check_private(self, function: functions.Function, arguments: list[Any], offset: int) -> None:
        """Refuse, where only the decider's own view counts, what they cannot know by looking at themself."""
        if function.name == "gauge":
            name = arguments[0].name if isinstance(arguments[0], _Word) else "gauge"
            if name in getattr(self.names, "talked_about", ()):
                return
            raise ConditionError(
                f"the gauge '{name}' cannot be used here: {_OWN}; give the gauge 'known: true' if everybody knows it",
                offset,
            )
        if not function.private:
            raise ConditionError(
                f"{function.name}(...) cannot be used here: {_OWN}; ask what they know or believe",
                offset,
            )
        for item, type_ in zip(arguments, function.arguments, strict=True):
            if type_ != "person" and "person" not in UNIONS.get(type_, ()):
                continue
            if not isinstance(item, _Word) or self.resolve_self(item.name, item.offset) != self.self_name:
                shown = f"'{item.name}'" if isinstance(item, _Word) else "something else"
                raise ConditionError(
                    f"{function.name}(...) must be about self here, not {shown}: {_OWN}",
                    item.offset,
                )
            return

    def check_counted(self, function: functions.Function, arguments: list[Any]) -> None:
        """Refuse to ask of a counted crowd what is known of bodies alone."""
        if function.name != "count" or arguments[1].name in ("any", "alive"):
            return
        name = self.resolve_self(arguments[0].name, arguments[0].offset)
        if any(self.names.row(kind, name) is not None for kind in ("cohort", "state")):
            whole = name.partition(".")[0]
            raise ConditionError(
                f"'{whole}' is counted, so nobody knows who of it is {arguments[1].name}; write count({name}), or give it "
                "a state of that name",
                arguments[1].offset,
            )

    # names

    def meaning(self, word: _Word) -> str:
        """Return the name that a word stands for: of `self`, and of a variable of `each`."""
        name = word.name if self.self_name is None else self.resolve_self(word.name, word.offset)
        means = getattr(self.names, "meaning", None)
        return name if means is None else str(means(name))

    def resolve_self(self, name: str, offset: int) -> str:
        """Return `name` with a leading `self` replaced by the person that it stands for."""
        if name != "self" and not name.startswith("self."):
            return name
        if self.self_name is None:
            raise ConditionError("self has no meaning here; name the person", offset)
        return self.self_name + name[4:]

    def kind_of(self, name: str) -> str | None:
        """Return the first kind that has an entity of that name, or None."""
        for kind in ENTITIES.values():
            if self.names.row(kind, name) is not None:
                return kind
        return None

    def entity(self, function: functions.Function, index: int, item: _Part | _Word | _Quoted) -> int:
        """Return the number that names an argument to the machine: a row, a reference or a word's index."""
        type_ = function.arguments[index]
        kinds = UNIONS.get(type_, ("place", "vessel", "device") if type_ == "spot" else (type_,))
        words = _either(kinds) if type_ != "counted" else f"one of {', '.join(states.COUNTED)}"
        if isinstance(item, _Quoted):
            raise ConditionError(
                f"argument {index + 1} of {function.name}(...) is {words}; write the name without quotes",
                item.offset,
            )
        if isinstance(item, _Part):
            raise ConditionError(
                f"argument {index + 1} of {function.name}(...) is the name of {words}, got {_say(item.type)}"
                if type_ != "counted"
                else f"argument {index + 1} of {function.name}(...) is {words}, got {_say(item.type)}",
                item.offset,
            )
        if type_ == "counted":
            if item.name in states.COUNTED:
                return states.COUNTED.index(item.name)
            nearest = did_you_mean(item.name, states.COUNTED) or f"; it counts {', '.join(states.COUNTED)}"
            raise ConditionError(f"unknown word '{item.name}' in {function.name}(...){nearest}", item.offset)
        name = self.resolve_self(item.name, item.offset)
        if type_ == "spot":
            row = self.names.row("spot", name)
            if row is not None:
                kind = next((kind for kind in _SPOTS if self.names.row(kind, name) is not None), "spot")
                self.reads.add((kind, name))
                return row
        else:
            for kind in kinds:
                row = self.names.row(kind, name)
                if row is not None:
                    self.reads.add((kind, name))
                    if type_ in UNIONS:  # what refs.ref computes, without compiling it
                        return _KIND_NUMBERS[kind] * refs.ROWS_PER_KIND + row
                    return row
        raise self.unknown(function, type_, kinds, name, item.offset)

    def unknown(
        self, function: functions.Function, type_: str, kinds: tuple[str, ...], name: str, offset: int
    ) -> ConditionError:
        """Return the error of a name that is not what the function takes."""
        other = self.kind_of(name)
        if other in ("cohort", "state") and {"person", "crowd"} & {*kinds}:
            return ConditionError(needs_bodies(function.name, name.partition(".")[0]), offset)
        if other is not None and other not in kinds:
            article = "an" if other[0] in "aeiou" else "a"
            return ConditionError(
                f"{function.name}(...) takes {_either(kinds)} here, and '{name}' is {article} {other}", offset
            )
        known: list[str] = []
        for kind in ("spot",) if type_ == "spot" else kinds:
            known.extend(self.names.known(kind))
        described = " or ".join(filter(None, (", ".join(kinds[:-1]), kinds[-1])))
        return ConditionError(
            f"unknown {described} '{name}' in {function.name}(...){did_you_mean(name, known)}", offset
        )


def needs_bodies(what: str, crowd: str) -> str:
    """Return what is said where people are wanted one by one and a counted crowd is named."""
    return f"{what} needs bodies; crowd '{crowd}' is counted: take out its 'states' to have a row for each"


def _either(kinds: tuple[str, ...]) -> str:
    """Return "a person, a crowd or a faction"."""
    listed = [f"an {kind}" if kind[0] in "aeiou" else f"a {kind}" for kind in kinds]
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} or {listed[-1]}"


def _link(code: list[Any]) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Return the code with its constants moved into a pool, each once."""
    linked: list[int] = []
    pool: dict[tuple[float, float], int] = {}  # minus zero is a constant of its own
    at = 0
    while at < len(code):
        op = code[at]
        linked.append(op)
        if op == machine.PUSH:
            value = code[at + 1]
            linked.append(pool.setdefault((value, math.copysign(1.0, value)), len(pool)))
        elif op in _WITH_OPERAND:
            linked.append(code[at + 1])
        at += 1 + (op in _WITH_OPERAND)
    linked.append(machine.END)
    return tuple(linked), tuple(value for value, _ in pool)
