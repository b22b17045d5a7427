"""The list of events of an exercise (its master scenario events list): what happened, what was asked, what was expected.

`listed` makes it from a run; as CSV it goes through any spreadsheet. `read` takes such a list, also one that people have
written, and `sections` makes the sections of a scenario of it: what is expected becomes accounts, and injects become injects.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from ..errors import RequestError, did_you_mean
from ..run import Run
from ..scenario.schema import Pattern
from ..units import UnitError, quantity
from ..world import kinds
from .objectives import Expected, Objective, patterns

ENTRY, QUESTION, EXPECTED, INJECT = "entry", "question", "expected", "inject"
TYPES = (ENTRY, QUESTION, EXPECTED, INJECT)
MOST_ROWS = 100_000
LARGEST = 64 << 20
"""Bytes of a list that are read."""
LONGEST = 10_000
"""Characters of a pattern."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a cell must not begin with, or a spreadsheet would take it for a formula."""


@dataclass(frozen=True)
class Event:
    """A row of the list; every cell is text, blank where there is nothing to say."""

    type: str
    time: str = ""
    """When it happened, from the start of the story: "75 min"."""
    clock: str = ""
    name: str = ""
    what: str = ""
    who: str = ""
    expected: str = ""
    """What is expected to be done about it; of a question, its options."""
    objective: str = ""
    since: str = ""
    """From when on it is expected, from the start of the story."""
    until: str = ""
    """Until when it is expected; of an inject, when it is planned."""
    optional: str = ""
    match: str = ""
    """What it is in a chronicle, as a scenario writes it; of an inject, what it does."""
    outcome: str = ""
    entry: str = ""
    note: str = ""
    """Left to people."""


COLUMNS = tuple(one.name for one in fields(Event))


def listed(run: Run, found: Sequence[Objective], least: int = 1) -> list[Event]:
    """Return the list of a run: what was expected and did not come, and in the order of time all that weighs `least`.

    Args:
        run: the run.
        found: how its objectives stood.
        least: what an entry must weigh in a telling, 0 to 2.
    """
    expected = [(one, _expected(run, one)) for objective in found for one in objective.expected]
    dated = [(math.inf if one.time is None else one.time, 1, event) for one, event in expected]
    dated += [(time, 0, event) for time, event in _happened(run, least)]
    return [event for _, _, event in sorted(dated, key=lambda one: one[:2])]


def _happened(run: Run, least: int) -> Iterator[tuple[float, Event]]:
    log, names = run.log, run.scenario.names
    infos = {info.name: info for info in run.scenario.decisions}
    for n in range(len(log)):
        if log.weight(n) < least:
            continue
        time, kind = log.times[n], log.kinds[n]
        head = {"time": _time(time), "clock": log.clock(time), "what": log.text(n), "entry": str(n)}
        who = log.words(log.subjects[n]) if kind != kinds.RULE else ""
        if kind in (kinds.CHOSE, kinds.UNANSWERED):
            label = names.label(log.objects[n])
            name = label.rpartition(".")[0] if kind == kinds.CHOSE else label
            options = " | ".join(option.told for option in infos[name].options)
            outcome = label.rpartition(".")[2] if kind == kinds.CHOSE else "no answer"
            yield time, Event(QUESTION, name=name, who=who, expected=options, outcome=outcome, **head)
        else:
            label = names.label(log.subjects[n] if kind == kinds.RULE else log.objects[n])
            yield time, Event(ENTRY, name=label, who=who, **head)


def _expected(run: Run, one: Expected) -> Event:
    beat = run.scenario.document.accounts[one.objective].beats[one.name]
    since, until = beat.window if beat.window is not None else ("", "")
    shown = patterns(run, one.objective, one.name)
    return Event(
        EXPECTED,
        time="" if one.time is None else _time(one.time),
        clock=one.clock,
        name=one.name,
        what=one.told,
        who=", ".join(one.who),
        objective=one.objective,
        since="" if since == "" else _time(float(since)),
        until="" if until == "" else _time(float(until)),
        optional="yes" if beat.optional else "never" if beat.never else "",
        match=_flow([pattern.model_dump(exclude_none=True) for pattern in shown]),
        outcome=one.state,
        entry="" if one.entry is None else str(one.entry),
    )


def _time(seconds: float) -> str:
    return f"{seconds / 60.0:.10g} min"


def to_csv(events: Sequence[Event]) -> str:
    """Return a list as CSV; a text that a spreadsheet would take for a formula gets an apostrophe before it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for event in events:
        writer.writerow([f"'{cell}" if cell.startswith(FORMULA) else cell for cell in astuple(event)])
    return out.getvalue()


def read(path: Path) -> list[Event]:
    """Return the list in a CSV file; columns may stand in any order, and be left out but for `type` and `name`.

    Raises RequestError with the place of what is wrong.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise RequestError(f"{path}: a list of more than {LARGEST >> 20} MB is not read")
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RequestError(f"{path} is not UTF-8 text; save it as CSV in UTF-8") from None
    except OSError as error:
        raise RequestError(f"{path} cannot be read: {error.strerror}") from None
    try:
        return list(_rows(path, csv.DictReader(io.StringIO(text, newline=""), strict=True)))
    except csv.Error as error:
        raise RequestError(f"{path} is not CSV: {error}") from None


def _rows(path: Path, reader: csv.DictReader[str]) -> Iterator[Event]:
    heads = [head.strip().lower() for head in reader.fieldnames or ()]
    for head in heads:
        if head not in COLUMNS:
            raise RequestError(f"{path}:1 unknown column '{head[:80]}'{did_you_mean(head, COLUMNS)}")
        if heads.count(head) > 1:
            raise RequestError(f"{path}:1 column '{head}' stands there twice; keep one")
    for needed in ("type", "name"):
        if needed not in heads:
            raise RequestError(f"{path}:1 column '{needed}' is missing; the columns are {', '.join(COLUMNS)}")
    reader.fieldnames = heads
    for turn, cells in enumerate(reader):
        if turn >= MOST_ROWS:
            raise RequestError(f"{path} has more than {MOST_ROWS:,} rows")
        place = f"{path}:{reader.line_num}"
        if None in cells:
            raise RequestError(f"{place} has more cells than there are columns")
        given = {head: _cell(value or "") for head, value in cells.items() if isinstance(value, str) or value is None}
        if not any(given.values()):
            continue
        if given["type"] not in TYPES:
            hint = did_you_mean(given["type"], TYPES) or f"; it is one of {', '.join(TYPES)}"
            raise RequestError(f"{place} unknown type '{given['type'][:80]}'{hint}")
        for column in ("time", "since", "until"):
            if given.get(column):
                _check_time(place, column, given[column])
        yield Event(**given)


def _cell(text: str) -> str:
    text = text.strip()
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA) else text


def _check_time(place: str, column: str, text: str) -> None:
    try:
        quantity(text, "time")
    except UnitError as error:
        raise RequestError(f"{place} {column}: {error}") from None


def sections(events: Sequence[Event], title: str = "What was expected") -> dict[str, Any]:
    """Return sections of a scenario that a list makes: `accounts` of what is expected, by objective.

    Raises RequestError when something that is expected has no name or does not say what it is in a chronicle.
    """
    made: dict[str, Any] = {}
    for event in events:
        if event.type != EXPECTED:
            continue
        if not event.name:
            raise RequestError(f"what is expected needs a name; '{event.what[:80]}' has none")
        if not event.match:
            raise RequestError(
                f"'{event.name}' does not say what it is in a chronicle; write it under 'match', as {{happened: flood}}"
            )
        beat: dict[str, Any] = {"told": event.what or event.name, "match": _patterns(event)}
        if event.since or event.until:
            beat["window"] = [event.since or "0 min", event.until or "10000 a"]
        if event.optional in ("yes", "never"):
            beat["optional" if event.optional == "yes" else "never"] = True
        account = made.setdefault(event.objective or "expected", {"title": event.objective or title, "beats": {}})
        if event.name in account["beats"]:
            raise RequestError(f"'{event.name}' is expected twice for '{event.objective}'; give each its own name")
        account["beats"][event.name] = beat
    return {"accounts": made} if made else {}


def _patterns(event: Event) -> list[dict[str, Any]]:
    import yaml
    from pydantic import ValidationError

    try:
        if len(event.match) > LONGEST or any(isinstance(one, yaml.AliasEvent) for one in yaml.parse(event.match)):
            raise ValueError("it is too long, or refers to itself")
        found = yaml.load(event.match, yaml.BaseLoader)  # makes text, lists and mappings, and nothing else
        given = found if isinstance(found, list) else [found]
        if not given or not all(isinstance(one, dict) for one in given):
            raise ValueError("it is no mapping")
        return [Pattern.model_validate(one).model_dump(exclude_none=True) for one in given]
    except (yaml.YAMLError, ValidationError, ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0]
        raise RequestError(
            f"'{event.name}': match '{event.match[:80]}' is not a pattern of an account: {reason}"
        ) from None


def to_yaml(made: dict[str, Any]) -> str:
    """Return sections of a scenario as its author would write them."""
    import yaml

    return yaml.safe_dump(made, sort_keys=False, allow_unicode=True, width=120)


def _flow(content: list[dict[str, Any]]) -> str:
    return json.dumps(content[0] if len(content) == 1 else content, ensure_ascii=False)
