"""The list of events of an exercise (its master scenario events list): what happened, what was asked, what was expected.

`listed` makes it from a run; as CSV it goes through any spreadsheet. `read` takes such a list, also one that people have
written, and `sections` makes the sections of a scenario of it: what is expected becomes accounts, and injects become injects.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields, replace
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
FOR_EVER = "10000 a"
"""Until when something is expected that has no end."""
_NO_NAME = re.compile(r"\W+", re.ASCII)
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
    """Who did it, or was to do it; of an inject, who notices it, parted by "|"; blank leaves that to what it does."""
    expected: str = ""
    """What is expected to be done about it; of a question, its options."""
    objective: str = ""
    since: str = ""
    """From when on it is expected, from the start of the story; of an inject, when it is planned."""
    until: str = ""
    """Until when it is expected."""
    optional: str = ""
    """"yes" for what may be left out, "never" for what must not happen; "repeat" for an inject that may come again."""
    match: str = ""
    """What it is in a chronicle, as a scenario writes it; of an inject, what it does."""
    outcome: str = ""
    entry: str = ""
    note: str = ""
    """Left to people."""


COLUMNS = tuple(one.name for one in fields(Event))


def listed(run: Run, found: Sequence[Objective], least: int = 1) -> list[Event]:
    """Return the list of a run in the order of time: entries that weigh `least`, questions, injects, what was expected.

    What did not come stands at the end.

    Args:
        run: the run.
        found: how its objectives stood.
        least: what an entry must weigh in a telling, 0 to 2.
    """
    expected = [(one, _expected(run, one)) for objective in found for one in objective.expected]
    dated = [(math.inf if one.time is None else one.time, 1, event) for one, event in expected]
    happened = list(_happened(run, least))
    given = {event.name for _, event in happened if event.type == INJECT}
    dated += [(time, 0, event) for time, event in happened]
    dated += [(math.inf, 0, _inject(run, name)) for name in run.scenario.names.known("inject") if name not in given]
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
            if kind == kinds.RULE and names.row("inject", label) is not None:
                given = {key: text for key, text in head.items() if key != "what"}
                yield time, replace(_inject(run, label), outcome="given", **given)
                continue
            yield time, Event(ENTRY, name=label, who=who, **head)


def _inject(run: Run, name: str) -> Event:
    """Return an inject as its author wrote it, not given yet."""
    inject, written = run.scenario.document.injects[name], run.scenario.source.data["injects"][name]
    return Event(
        INJECT,
        name=name,
        what=inject.told,
        who="nobody" if inject.seen_by == [] else " | ".join(inject.seen_by or ()),
        expected=inject.expected or "",
        objective=inject.objective or "",
        since="" if inject.planned is None else _time(float(inject.planned)),
        optional="repeat" if inject.repeat else "",
        match=json.dumps(written.get("do", []), ensure_ascii=False),
        outcome="not given",
    )


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
    """Return the sections of a scenario that a list makes: `accounts` of what is expected, by objective, and `injects`.

    Raises RequestError when something that is expected has no name or does not say what it is in a chronicle, or when an
    inject has no name or no words, or stands there twice and differently.
    """
    told: dict[str, Any] = {}
    injects: dict[str, Any] = {}
    for event in events:
        if event.type == EXPECTED:
            account = told.setdefault(event.objective or "expected", {"title": event.objective or title, "beats": {}})
            if event.name in account["beats"]:
                raise RequestError(f"'{event.name}' is expected twice for '{event.objective}'; give each its own name")
            account["beats"][event.name] = _beat(event)
        elif event.type == INJECT:
            made = _written_inject(event)
            if injects.setdefault(event.name, made) != made:
                raise RequestError(f"inject '{event.name}' stands there twice, and differently; give each its own name")
    return {name: made for name, made in (("accounts", _by_name(told)), ("injects", injects)) if made}


def _by_name(accounts: dict[str, Any]) -> dict[str, Any]:
    """Return accounts under names that a scenario can use."""
    found: dict[str, Any] = {}
    for title, account in accounts.items():
        name = _NO_NAME.sub("_", title).strip("_") or "objective"
        name = name if name[:1].isalpha() else f"objective_{name}"
        while name in found:
            name += "_"
        found[name] = account
    return found


def _beat(event: Event) -> dict[str, Any]:
    from pydantic import ValidationError

    if not event.name:
        raise RequestError(f"what is expected needs a name; '{event.what[:80]}' has none")
    if not event.match:
        raise RequestError(
            f"'{event.name}' does not say what it is in a chronicle; write it under 'match', as {{happened: flood}}"
        )
    try:
        given = [Pattern.model_validate(one).model_dump(exclude_none=True) for one in _mappings(event)]
    except ValidationError as error:
        reason = str(error).splitlines()[0]
        raise RequestError(
            f"'{event.name}': match '{event.match[:80]}' is not a pattern of an account: {reason}"
        ) from None
    beat: dict[str, Any] = {"told": event.what or event.name, "match": given}
    if event.since or event.until:
        beat["window"] = [event.since or "0 min", event.until or FOR_EVER]
    if event.optional in ("yes", "never"):
        beat["optional" if event.optional == "yes" else "never"] = True
    return beat


def _written_inject(event: Event) -> dict[str, Any]:
    if not event.name or not event.what:
        raise RequestError(
            f"an inject needs a name and words under 'what'; '{event.name or event.what[:80]}' lacks one"
        )
    found: dict[str, Any] = {"told": event.what}
    if event.who:
        found["seen_by"] = [] if event.who == "nobody" else [one.strip() for one in event.who.split("|")]
    for key, value in (("planned", event.since), ("expected", event.expected), ("objective", event.objective)):
        if value:
            found[key] = value
    if event.optional == "repeat":
        found["repeat"] = True
    if event.match and (does := _mappings(event)):
        found["do"] = does
    return found


def _mappings(event: Event) -> list[dict[str, Any]]:
    """Return what stands under `match`: JSON, or as a scenario writes it."""
    import yaml

    try:
        if len(event.match) > LONGEST or any(isinstance(one, yaml.AliasEvent) for one in yaml.parse(event.match)):
            raise ValueError("it is too long, or refers to itself")
        try:
            found = json.loads(event.match)
        except ValueError:
            found = yaml.load(event.match, yaml.BaseLoader)  # makes text, lists and mappings, and nothing else
        given = found if isinstance(found, list) else [found]
        if not all(isinstance(one, dict) for one in given) or (not given and event.type == EXPECTED):
            raise ValueError("it is no mapping")
        return given
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0]
        raise RequestError(
            f"'{event.name}': match '{event.match[:80]}' is not a pattern, nor what is done: {reason}"
        ) from None


def to_yaml(made: dict[str, Any]) -> str:
    """Return sections of a scenario as its author would write them."""
    import yaml

    return yaml.safe_dump(made, sort_keys=False, allow_unicode=True, width=120)


def _flow(content: list[dict[str, Any]]) -> str:
    return json.dumps(content[0] if len(content) == 1 else content, ensure_ascii=False)
