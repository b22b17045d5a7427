"""What excluded each ending that comes before the one a run reached: which clauses of its condition failed, and why.

The story takes the first ending whose condition holds, so an ending is explained by the failure of those before it. A
condition is taken apart at `||`, `&&` and its outer parentheses; each part is evaluated in the world as it stood at the
end, and a part that failed is told with the values that it compared and the entries that it rests on, or with what never
happened.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from . import engine
from .columns import wrap
from .scenario.language import Compiled, compile_condition, relocate
from .telling import lasting, plain
from .units import DIMENSIONS
from .world import kinds

if TYPE_CHECKING:
    from .chronicle import Entry
    from .run import Run

RELATIONS = ("==", "!=", "<=", ">=", "<", ">")
NEVER = ("event", "rule", "option", "decision")
"""Kinds of names of which a clause may say that they happened."""


@dataclass(frozen=True)
class Clause:
    """A part of a condition that did not hold at the end."""

    text: str
    values: tuple[str, ...]
    """What each side that is no constant came to: "count(villagers, dead) was 8"."""
    entries: tuple[Entry, ...]
    """The newest entries on which that rests; none when it rests on something that never happened."""
    never: tuple[str, ...]
    """What never happened: the words of events, rules, options and decisions that it asks for."""

    def because(self) -> str:
        """Return in words why it failed."""
        parts = [*self.values, *(f"never: {one}" for one in self.never)]
        parts += [f"{entry.clock}: {entry.text} [{entry.number}]" for entry in self.entries]
        return "; ".join(parts) or "nothing brought it about"

    def facts(self) -> dict[str, Any]:
        """Return it as plain data."""
        entries = [{"number": e.number, "time": e.time, "text": e.text} for e in self.entries]
        return {"clause": self.text, "values": list(self.values), "never": list(self.never), "entries": entries}


@dataclass(frozen=True)
class Exclusion:
    """An ending that was asked for before the one that came, and the clauses that kept it away."""

    ending: str
    told: str
    condition: str
    clauses: tuple[Clause, ...]

    def facts(self) -> dict[str, Any]:
        """Return it as plain data."""
        clauses = [clause.facts() for clause in self.clauses]
        return {"ending": self.ending, "told": self.told, "condition": self.condition, "failed": clauses}


def exclusions(run: Run) -> list[Exclusion]:
    """Return what kept each ending away that comes before the one that `run` reached; none for a run without one."""
    names = [ending.name for ending in run.scenario.endings]
    if run.ending not in names:
        return []
    found = []
    judge = _Judge(run)
    for info in run.scenario.endings[: names.index(run.ending)]:
        text = run.scenario.document.endings[info.name].when or "true"
        found.append(Exclusion(info.name, info.told, text, tuple(judge.failed(text))))
    return found


def failures(run: Run, text: str, names: Any = None, me: str | None = None) -> list[Clause]:
    """Return the clauses of a condition that does not hold now which would have to; none when it holds.

    Args:
        run: the run, at the moment that is meant.
        text: the condition.
        names: names by which it is read, where some stand for others; None takes the scenario's.
        me: the person for whom `self` stands.
    """
    judge = _Judge(run, names, me)
    return [] if judge.holds(text) else list(judge.failed(text))


def told(found: list[Exclusion], width: int) -> list[str]:
    """Return exclusions as lines of at most `width` columns."""
    lines = []
    for one in found:
        lines += wrap(f"not '{one.ending}' ({plain(one.told)}), which asks for", width, "  ", "      ")
        for clause in one.clauses:
            lines += wrap(f"{clause.text}: {clause.because()}", width, "      ", "          ")
    return lines


class _Judge:
    """Evaluates parts of conditions in the world as a run left it."""

    def __init__(self, run: Run, names: Any = None, me: str | None = None) -> None:
        self.run, self.log = run, run.log
        self.names = run.scenario.names
        self.read_by, self.me = names or self.names, me

    def holds(self, text: str) -> bool:
        """Return True when a condition holds."""
        return self._value(text)[1] != 0.0

    def failed(self, text: str) -> Iterator[Clause]:
        """Yield the parts of a false condition that would have to hold for it to hold."""
        text = _bare(text)
        for sign in ("||", "&&"):
            parts = [] if _split(text, ("?",))[1:] else _split(text, (sign,))
            if len(parts) > 1:
                for part in parts[::2]:
                    if not self._value(part)[1]:
                        yield from self.failed(part)
                return
        yield self._clause(text)

    def _clause(self, text: str) -> Clause:
        compiled, _, causes = self._value(text)
        values = []
        sides = _split(text, RELATIONS)
        for side in sides[::2] if len(sides) == 3 else ():
            part, value, _ = self._value(side, "any")
            if part.constant is None:
                values.append(f"{side} was {_said(value, part.type)}")
        return Clause(text, tuple(values), tuple(map(self.log.entry, causes)), tuple(self._never(compiled)))

    def _never(self, compiled: Compiled) -> Iterator[str]:
        """Yield the words of what a clause names and what never happened."""
        log = self.log
        seen = {*log.subjects, *log.objects}
        for kind, name in sorted(compiled.reads):
            reference = self.names.ref(kind, name) if kind in NEVER else None
            if reference is None or reference in seen or self._happened(kind, name, seen):
                continue
            told = log.words(reference)
            if kind == "option":
                decision = name.rpartition(".")[0]
                taken = self._taken(decision)
                told += f" ('{decision}' was answered '{taken}')" if taken else f" ('{decision}' was never asked)"
            yield f"{name}, {told}" if told != name.replace("_", " ") and kind != "option" else told

    def _happened(self, kind: str, name: str, seen: set[int]) -> bool:
        """Return True when an event happened as a rule or an option of its name."""
        others = (self.names.ref(other, name) for other in NEVER)
        return any(reference in seen for reference in others if reference is not None)

    def _taken(self, decision: str) -> str:
        log, names = self.log, self.names
        for number in range(len(log) - 1, -1, -1):
            if log.kinds[number] == kinds.CHOSE:
                question, _, answer = names.label(log.objects[number]).rpartition(".")
                if question == decision:
                    return answer
        return ""

    def _value(self, text: str, wants: str = "bool") -> tuple[Compiled, float, list[int]]:
        """Return a condition as bytecode, its value at the end, and the entries on which that rests."""
        compiled = compile_condition(text, self.read_by, wants=wants, self_name=self.me)
        program, world = self.run.program, self.run.world
        start = len(program.code)
        code = np.array(relocate(compiled, len(program.constants)), program.code.dtype)
        constants = np.array(compiled.constants, program.constants.dtype)
        program = program._replace(
            code=np.concatenate([program.code, code]), constants=np.concatenate([program.constants, constants])
        )
        world = world._replace(stack=world.stack.copy(), state=world.state.copy())
        value = engine.value_of(program, world, start, self.run.time)
        top = world.stack[0]
        causes = [int(top[name]) for name in ("c1", "c2", "c3") if 0 <= int(top[name]) < len(self.log)]
        return compiled, value, [n for n in dict.fromkeys(causes) if self.log.kinds[n] != kinds.BEGAN]


def _said(value: float, type_: str) -> str:
    if math.isnan(value):
        return "undefined"
    if type_ == "bool":
        return "true" if value else "false"
    if type_ == "time" and abs(value) < float("inf"):
        return lasting(value)
    if abs(value) == float("inf"):
        return "without end" if type_ == "time" else "infinite"
    return f"{value:.6g} {DIMENSIONS[type_][0]}".rstrip()


def _bare(text: str) -> str:
    """Return a condition without the parentheses around the whole of it."""
    text = text.strip()
    while text.startswith("(") and _closes(text) == len(text) - 1:
        text = text[1:-1].strip()
    return text


def _closes(text: str) -> int:
    """Return where the parenthesis that begins `text` is closed."""
    depth = 0
    for at, character in _outside_quotes(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return at
    return len(text)


def _outside_quotes(text: str) -> Iterator[tuple[int, str]]:
    quote = ""
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        else:
            yield at, character


def _split(text: str, signs: tuple[str, ...]) -> list[str]:
    """Return the parts of a text between signs that stand in no parentheses, and the signs between them."""
    found, depth, begin, skip = [], 0, 0, -1
    for at, character in _outside_quotes(text):
        depth += (character == "(") - (character == ")")
        sign = next((sign for sign in signs if text.startswith(sign, at)), None)
        if depth == 0 and sign is not None and at > skip:
            found += [text[begin:at].strip(), sign]
            begin, skip = at + len(sign), at + len(sign) - 1
    return [*found, text[begin:].strip()]
