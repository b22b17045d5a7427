"""Words that scenario files had in earlier versions, and how a file is brought up to date.

A file is changed in its text, word by word, so that comments, order and layout stay; what comes out is read again and
compared with what should come out, and a file of which that cannot be said is left as it is. A word that is not listed here
was never a key, or still is.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import Fault, Place, ScenarioError
from . import load
from .keys import LEDGER

REMEDY = "`briarpatch upgrade` rewrites it"
_LUCK = "luck hangs on names; leave it out. After a rename, 'key' gives the former name"
_AT = "'at' only says where they were before; where people are put is 'to'"
_LED = "'at' says where they were before; if it meant where they are put, write 'to'"
_CADENCE = "'every' is a beat of rules; how often a condition is looked at is 'poll'"
_GOES_ON = "'rate' goes on by itself, unless it says once: true"
_WILLING = "'chance' may be an expression"
_ONCE = "'rate' goes on while its condition holds; if it meant once, write once: true"
_BEAT = "'every' lets the rule fire by a beat; if it meant how often its condition is looked at, write 'poll'"
_WATCHED = frozenset(("decisions", "movements", "defections", "talks", "rumours", "secrets", "inquiries", "dealings"))
_SPACE = re.compile(r"(?:\s|#[^\n]*)*")
_NUMBER = re.compile(r"[^\s,}\]#]+")


@dataclass(frozen=True)
class Former:
    """A word of an earlier version at one place of a file."""

    path: load.NodePath
    now: str
    """The word that stands for it now; empty when it is left out."""
    why: str


def former(path: load.NodePath, parent: Any) -> Former | None:
    """Return what the key at `path`, in the mapping `parent`, was in an earlier version; None when it is none of them."""
    if path[-1] == "luck":
        inner = len(path) == 5 and path[2] in ("options", "weapons")
        counted = isinstance(parent["luck"], int) and not isinstance(parent["luck"], bool)
        if counted and (len(path) == 3 or inner) and path[-3] in LEDGER:
            return Former(path, "", _LUCK)
    if path[-2:] == ("place", "at") and _is_effect(path[:-2]) and "to" not in parent:
        return Former(path, "to", _AT)
    if len(path) == 3 and path[-1] == "every" and path[0] in _WATCHED and "poll" not in parent:
        return Former(path, "poll", _CADENCE)
    if len(path) == 3 and path[0] == "rules":
        return _former_of_rule(path, parent)
    return None


def _former_of_rule(path: load.NodePath, parent: Any) -> Former | None:
    if path[-1] == "repeat" and parent["repeat"] is True and "rate" in parent:
        return Former(path, "", _GOES_ON)
    if path[-1] == "willingness" and "chance" not in parent:
        return Former(path, "chance", _WILLING)
    return None


def _is_effect(path: load.NodePath) -> bool:
    """Return whether an effect can stand at `path`, which is in a list."""
    return bool(path) and isinstance(path[-1], int)


def _keys(data: Any) -> Iterator[tuple[load.NodePath, dict[str, Any]]]:
    """Yield the path of every key, with the mapping in which it stands."""
    todo: list[tuple[load.NodePath, Any]] = [((), data)]
    while todo:
        path, value = todo.pop()
        items = list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())
        for key, item in items:
            if isinstance(value, dict):
                yield (*path, key), value
            todo.append(((*path, key), item))


@dataclass(frozen=True)
class Upgrade:
    """One file as it is and as it would be, with what is said of each change, and of what an author should look at."""

    file: str
    before: str
    after: str
    changes: list[Fault]
    questions: list[Fault]


def upgrades(source: load.Source) -> list[Upgrade]:
    """Return each file of a scenario of an earlier version as this version reads it; files without such words are left out.

    Raises ScenarioError when a word cannot be rewritten where it stands.
    """
    texts = {file: text for file, text in source.texts.items() if not file.endswith(load.DATA_SUFFIXES)}
    found = [_upgraded(file, text) for file, text in sorted(texts.items())]
    return [one for one in found if one is not None]


def _upgraded(file: str, text: str) -> Upgrade | None:
    source = load.read_text(text, file)
    words = [word for path, parent in _keys(source.data) if (word := former(path, parent)) is not None]
    if not words:
        return None
    wanted, after = copy.deepcopy(source.data), text
    placed = sorted(words, key=lambda word: source.places[(*word.path, load.KEY)], reverse=True)
    for word in placed:  # from the end, so that the places before stay what they are
        parent: Any = wanted
        for step in word.path[:-1]:
            parent = parent[step]
        after = _edited(after, source, word, alone=len(parent) == 1)
        _replace(parent, str(word.path[-1]), word.now)
    try:
        same = load.read_text(after, file).data == wanted
    except ScenarioError:
        same = False
    if not same:
        changes = [Fault(source.places[(*word.path, load.KEY)], f"cannot be rewritten: {word.why}") for word in placed]
        raise ScenarioError(changes)
    changes = [_told(source, word) for word in reversed(placed)]
    return Upgrade(file, text, after, changes, list(_questions(source)))


def _told(source: load.Source, word: Former) -> Fault:
    done = f"'{word.path[-1]}' becomes '{word.now}'" if word.now else f"'{word.path[-1]}' is left out"
    return Fault(source.places[(*word.path, load.KEY)], f"{done}: {word.why}")


def _questions(source: load.Source) -> Iterator[Fault]:
    """Yield what may mean another thing than it did; only the author knows."""
    for path, parent in _keys(source.data):
        if len(path) == 3 and path[0] == "rules":
            if path[-1] == "rate" and not {"repeat", "once"} & set(parent):
                yield Fault(source.places[(*path, load.KEY)], _ONCE)
            if path[-1] == "every":
                yield Fault(source.places[(*path, load.KEY)], _BEAT)
        led = path[-1] == "at" and path[-2:-1] in (("capture",), ("release",)) and _is_effect(path[:-2])
        if led and "to" not in parent:
            yield Fault(source.places[(*path, load.KEY)], _LED)


def _replace(parent: dict[str, Any], old: str, new: str) -> None:
    """Rename or remove a key, and keep the order of the others."""
    items = [(new if key == old else key, value) for key, value in parent.items() if new or key != old]
    parent.clear()
    parent.update(items)


def _edited(text: str, source: load.Source, word: Former, alone: bool) -> str:
    start = _offset(text, source.places[(*word.path, load.KEY)])
    old = str(word.path[-1])
    if word.now:
        quoted = text[start] in "'\""
        return text[: start + quoted] + word.now + text[start + quoted + len(old) :]
    value = _offset(text, source.places[word.path])
    found = _NUMBER.match(text, value)
    end = found.end() if found else value
    behind = _SPACE.match(text, end)
    after = behind.end() if behind else end
    if text[after : after + 1] in (",", "}"):
        return _out_of_braces(text, start, end, after)
    return text[:start] + "{}" + text[end:] if alone else _out_of_lines(text, start, end)


def _out_of_braces(text: str, start: int, end: int, after: int) -> str:
    """Leave out what stands between braces, with the comma after it, or that before it when it is the last."""
    if text[after] == ",":
        begin = after + 1
        while begin < len(text) and text[begin] == " ":
            begin += 1
        return text[:start] + text[begin:]
    begin = len(text[:start].rstrip())
    if text[begin - 1] == ",":
        return text[: begin - 1] + text[end:]
    return text[:begin] + (text[end:] if text[end:after].strip() else text[after:])


def _out_of_lines(text: str, start: int, end: int) -> str:
    """Leave out what has a line of its own, or begins an item of a list; a comment on the line stays."""
    begin = text.rfind("\n", 0, start) + 1
    finish = text.find("\n", end)
    finish = len(text) if finish < 0 else finish + 1
    comment = text[end:finish].strip()
    if text[begin:start].strip():  # "- luck: 5", and the next key below it
        following = re.compile(r"\s*").match(text, finish)
        return text[:start] + text[following.end() if following and not comment else end :]
    kept = f"{text[begin:start]}{comment}\n" if comment else ""
    return text[:begin] + kept + text[finish:]


def _offset(text: str, place: Place) -> int:
    return load.line_start(text, place.line - 1) + place.column - 1
