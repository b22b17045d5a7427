"""Every number that a scenario marks as assumed: where it stands, why, in which range it lies, and what hangs on it.

A number is marked by the word "assumed" in the nearest `basis` around it, in a comment on its line, or, where nothing nearer
says anything, in the comment at the head of its file. A `basis` that does not say so takes a part out again.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..columns import fill
from ..errors import Place, RequestError
from ..scenario.scenario import Scenario
from ..units import UnitError, split
from .results import Panel, Picture, Result, Series

if TYPE_CHECKING:
    import polars as pl

_MARK = re.compile(r"\bassum(e|es|ed|ing|ption|ptions)\b", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.])\d+(\.\d+)?")
_OTHERS = frozenset(("accounts", "beats", "claims", "documents", "uncertain", "data", "observed", "basis", "told"))
"""Sections and keys whose numbers say nothing of the world that is played."""
_EXPRESSIONS = frozenset(("when", "ends_when", "value", "utility", "open", "kin", "injustice", "persuasion"))
MOST_OUTCOMES = 3
"""Outcomes that are named for a number."""


@dataclass(frozen=True)
class Assumption:
    """A number that is marked as assumed."""

    path: str
    written: str
    """As it stands in the file; of an expression, all of it."""
    place: Place
    note: str
    """The words that mark it."""
    told: str = ""
    low: str = ""
    high: str = ""
    """Its range, where the scenario declares it uncertain; else empty."""
    moves: tuple[str, ...] = ()
    """What hangs on it most, where sensitivity was asked."""


def assumptions(scenario: Scenario, sensitivity: str | Path | None = None) -> Assumptions:
    """Return every number of a scenario that is marked as assumed.

    Args:
        scenario: a loaded scenario.
        sensitivity: an answer of `sensitivity` that was saved as .json or as a folder; says what hangs on the numbers.

    Raises RequestError when `sensitivity` cannot be read, or is of another scenario.
    """
    moves = {} if sensitivity is None else _moves(scenario, Path(sensitivity))
    uncertain = {number.path: number for number in scenario.uncertain.values()}
    found = []
    for path, written, place, note in _marked(scenario):
        number = uncertain.get(path)
        if number is None:
            found.append(Assumption(path, written, place, note))
            continue
        low, high = number.text(number.low), number.text(number.high)
        found.append(Assumption(path, written, place, note, number.told, low, high, tuple(moves.get(number.name, ()))))
    return Assumptions(scenario, found, sensitivity is not None)


def _moves(scenario: Scenario, path: Path) -> dict[str, list[str]]:
    """Return for each uncertain number the outcomes that hang on it most, in words."""
    file = path / "result.json" if path.is_dir() else path
    try:
        answer = json.loads(file.read_text(encoding="utf-8"))
        named, indices, method = answer["scenario"], answer["indices"], answer["method"]
    except OSError as error:
        raise RequestError(f"{file} cannot be read: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError):
        raise RequestError(f"{file} is no answer of `briarpatch sensitivity`; save one with --save FILE.json") from None
    if named != scenario.name:
        raise RequestError(f"{file} is about '{named}', not about '{scenario.name}'")
    rows: dict[str, list[tuple[float, str]]] = {}
    for one in indices:
        if one["total"]:
            amount = f"{100 * one['total']:.0f} % of its variance" if method == "sobol" else f"by {one['total']:.3g}"
            rows.setdefault(one["number"], []).append((one["total"], f"{one['kind']} {one['name']} ({amount})"))
    return {name: [words for _, words in sorted(of, reverse=True)[:MOST_OUTCOMES]] for name, of in rows.items()}


def _marked(scenario: Scenario) -> Iterator[tuple[str, str, Place, str]]:
    """Yield (path, as written, place, the words that mark it) of every number that is marked, in the order of the files."""
    source = scenario.source
    lines = {file: text.splitlines() for file, text in source.texts.items()}
    heads = {file: _head(text) for file, text in lines.items()}
    for path, value, basis in _numbers(source.data):
        place = source.place(path)
        text = lines.get(place.file, [])
        comment = _comment(text[place.line - 1]) if 0 < place.line <= len(text) else ""
        note = next((words for words in (basis, comment) if words), heads.get(place.file, ""))
        if _MARK.search(note):
            yield ".".join(map(str, path)), str(value), place, " ".join(note.split())


def _numbers(data: Any) -> Iterator[tuple[tuple[str | int, ...], Any, str]]:
    """Yield (path, value, nearest basis) of every number, quantity, and expression with a number in it."""
    todo: list[tuple[tuple[str | int, ...], Any, str]] = [((), data, "")]
    while todo:
        path, value, basis = todo.pop()
        if isinstance(value, dict):
            basis = str(value["basis"]) if isinstance(value.get("basis"), str) else basis
            inner = [((*path, key), item, basis) for key, item in value.items() if key not in _OTHERS]
            todo += reversed(inner)
        elif isinstance(value, list):
            todo += reversed([((*path, turn), item, basis) for turn, item in enumerate(value)])
        elif _is_number(value) or (_is_expression(path) and _says_how_much(str(value))):
            yield path, value, basis


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        try:
            return bool(value.strip()[:1].isdigit() or value.strip()[:1] in "+-.") and split(value) is not None
        except UnitError:
            return False
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _says_how_much(expression: str) -> bool:
    """Return whether an expression has a number other than 0 and 1, which are so and not so, none and one."""
    return any(float(found[0]) not in (0.0, 1.0) for found in _NUMBER.finditer(expression))


def _is_expression(path: tuple[str | int, ...]) -> bool:
    return any(part in _EXPRESSIONS for part in path[-2:])


def _comment(line: str) -> str:
    """Return the comment of a line; a "#" within a text is none."""
    quoted = ""
    for at, sign in enumerate(line):
        if quoted:
            quoted = "" if sign == quoted else quoted
        elif sign in "\"'" and (at == 0 or line[at - 1] in " [{,:"):
            quoted = sign
        elif sign == "#" and (at == 0 or line[at - 1] in " \t"):
            return line[at + 1 :].strip()
    return ""


def _head(lines: list[str]) -> str:
    """Return the comment before the first section of a file, its last sentence that marks numbers."""
    taken = []
    for line in lines:
        if line.startswith("#"):
            taken.append(line.lstrip("# ").strip())
        elif line.strip():
            break
    sentences = re.split(r"(?<=[.;])\s+", " ".join(taken))
    return next((sentence for sentence in reversed(sentences) if _MARK.search(sentence)), "")


class Assumptions(Result):
    """The numbers that a scenario assumes; see `assumptions`."""

    def __init__(self, scenario: Scenario, found: list[Assumption], asked: bool) -> None:
        self.scenario, self.found, self.asked = scenario, found, asked

    @property
    def table(self) -> pl.DataFrame:
        """A row for each number: path, as written, place, note, what it is, range, and what hangs on it."""
        import polars as pl

        names = ("path", "written", "place", "note", "told", "low", "high", "moves")
        rows = [
            (a.path, a.written, str(a.place), a.note, a.told, a.low, a.high, "; ".join(a.moves)) for a in self.found
        ]
        return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")

    def facts(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {"scenario": self.scenario.name, "assumed": self.table.to_dicts()}

    def sections(self) -> Counter[str]:
        """Return how many numbers are assumed in each section."""
        return Counter(one.path.partition(".")[0] for one in self.found)

    def text(self, width: int = 80) -> str:
        """Return every number with its place, those with a range first."""
        return "\n".join(self._lines(width))

    def _lines(self, width: int) -> Iterator[str]:
        ranged = [one for one in self.found if one.low]
        yield f"{self.scenario.name}: {len(self.found):,} numbers are marked as assumed, {len(ranged):,} have a range"
        if ranged:
            yield "\nWith a range"
        for one in ranged:
            head = f"{one.path} = {one.written}, from {one.low} to {one.high}: {one.told}"
            yield fill(head, width, "  ", "      ")
            if self.asked:
                yield fill(f"moves {'; '.join(one.moves) or 'nothing that was asked'}", width, "      ", "        ")
        if ranged and not self.asked:
            yield "  What hangs on them? Save an answer of sensitivity, and name it here:"
            yield f"    briarpatch sensitivity {self.scenario.name} --save hangs.json"
            yield f"    briarpatch assumptions {self.scenario.name} --sensitivity hangs.json"
        section, note = "", ""
        for one in self.found:
            if one.low:
                continue
            if (name := one.path.partition(".")[0]) != section:
                section, note = name, ""
                yield f"\n{name}"
            if one.note != note:
                note = one.note
                yield fill(f"({note})", width, "  ", "   ")
            yield fill(f"{one.path.partition('.')[2]} = {one.written}   {one.place}", width, "    ", "        ")

    def picture(self) -> Picture:
        """Return how many numbers each section assumes, and how many of them have a range."""
        names = [name for name, _ in self.sections().most_common()]
        ranged = Counter(one.path.partition(".")[0] for one in self.found if one.low)
        bars = [
            Series("with a range", names, [float(ranged[name]) for name in names], style="stack"),
            Series("without", names, [float(self.sections()[name] - ranged[name]) for name in names], style="stack"),
        ]
        panel = Panel("Numbers that are assumed", "", "numbers", bars, flat=True)
        return Picture(self.scenario.title, [panel])
