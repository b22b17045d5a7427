"""Scenario files as plain data, with the place of every node.

Only the core of YAML 1.2 is read: mappings with text keys, lists, and plain scalars that mean true, false,
null, a number or a text (`yes` and `off` are texts). Anchors, aliases, tags, merge keys, repeated keys and
second documents are faults, because a reader of the file would not see what they do. Nothing in a file can
run code, and every loop is bounded. The parser's events come from libyaml where it is installed; the
composer on top of them is our own and does not recurse.

It is long because the composer of YAML, its bounds and the places of its nodes go hand in hand.
"""

from __future__ import annotations

import codecs
import hashlib
import re
import stat
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from ..errors import Fault, Place, ScenarioError

LARGEST_FILE = 4_000_000
"""Bytes of one file."""
LARGEST_SCENARIO = 32_000_000
"""Bytes of all files together."""
MOST_FILES = 200
MOST_ENTRIES = 20_000
"""Files and folders of any kind in a scenario's folder, so that a folder which is none is not searched for long."""
MOST_NODES = 400_000
DEEPEST = 40
"""Mappings and lists inside one another."""
MOST_FAULTS = 100
"""Faults of one file that are listed before the rest is left out."""
LONGEST_NUMBER = 100
"""Characters of a number."""


def _fault(place: Place, message: str) -> Fault:
    """Return something that keeps a file from being read as YAML at all."""
    return Fault(place, message, "yaml")


KEY = "<key>"
"""At the end of a path: the key itself and not its value."""

NodePath = tuple[str | int, ...]

_CORE = re.compile(
    r"""
    (?P<null> null|Null|NULL|~| )
  | (?P<true> true|True|TRUE)
  | (?P<false> false|False|FALSE)
  | (?P<int> [-+]?[0-9]+ | 0o[0-7]+ | 0x[0-9a-fA-F]+)
  | (?P<float> [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)
  | (?P<inf> [-+]?\.(inf|Inf|INF))
  | (?P<nan> \.(nan|NaN|NAN))
    """,
    re.VERBOSE | re.ASCII,
)
"""The implicit types of YAML 1.2's core schema; whatever matches none is a text."""


@dataclass
class Source:
    """The data of a scenario as its author wrote them, and where each node stands."""

    name: str
    """Folder or file stem."""
    files: dict[str, str]
    """Relative file name -> SHA-256 in hexadecimal, sorted."""
    digest: str
    """SHA-256 over names and contents."""
    texts: dict[str, str] = field(repr=False)
    """Relative file name -> content."""
    left_out: list[str] = field(default_factory=list)
    """YAML files in its folders that are not read, because their names begin with a dot."""

    @cached_property
    def _merged(self) -> _Merged:
        faults: list[Fault] = []
        merged = _composed(self.texts, faults)
        if faults:
            raise ScenarioError(faults)
        return merged

    @property
    def data(self) -> dict[str, Any]:
        """The sections of all files together."""
        return self._merged.data

    @property
    def places(self) -> dict[NodePath, Place]:
        """Path of each node -> place of its value; path + ("<key>",) -> place of its key."""
        return self._merged.places

    def place(self, path: NodePath, offset: int | None = None) -> Place:
        """Return the place of the node at `path`, or of its nearest known ancestor.

        With an `offset`, return the place of that character of a text, whatever the text's style in the
        file; without, the place where the node starts: the quote or the `|` of a text that has one.
        """
        for length in range(len(path), -1, -1):
            found = self.places.get(path[:length])
            if found is not None:
                break
        else:
            return Place(next(iter(self.files), self.name))
        if offset is None or offset < 0 or length < len(path):
            return found
        value = self._value(path)
        if not isinstance(value, str) or found.file not in self.texts:
            return Place(found.file, found.line, found.column + offset)
        return _inside(self.texts[found.file], found, value, offset)

    def blanks(self) -> list[NodePath]:
        """Return the path of every node that has no value, in the order of the file."""
        return blanks(self.data)

    def _value(self, path: NodePath) -> Any:
        value: Any = self.data
        if path and path[-1] == KEY:
            return path[-2] if len(path) > 1 else None
        for step in path:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return value


BLANK = "is blank; write its value, or leave the key out"
"""What is said of a node without a value: an empty variable or a forgotten word must not mean anything."""


def _may_be_blank(item: Any) -> bool:
    return not item.strip() if isinstance(item, str) else not isinstance(item, (int, float))


def blanks(data: Any) -> list[NodePath]:
    """Return the path of every value that is None, or a text without a letter or sign, in the order of the data."""
    found: list[NodePath] = []
    todo: list[tuple[NodePath, Any]] = [((), data)]
    while todo:
        path, value = todo.pop()
        if value is None or (isinstance(value, str) and not value.strip()):
            found.append(path)
        elif isinstance(value, (dict, list)):
            items = list(value.items() if isinstance(value, dict) else enumerate(value))
            todo += [((*path, key), item) for key, item in reversed(items) if _may_be_blank(item)]
    return found


def read(path: Path | str) -> Source:
    """Return the scenario in a file, or in the YAML files of a folder and of all folders in it (`.yaml`, `.yml`, `.YAML`).

    Raises:
        ScenarioError: with every fault found, each with its place.
    """
    path = Path(path)
    faults: list[Fault] = []
    hidden: list[str] = []
    contents = _contents(path, faults, hidden)
    if not contents and not faults:
        faults.append(_fault(Place(_printable(str(path))), "has no .yaml file in it"))
    if not contents:
        raise ScenarioError(faults)
    source = _assemble(_stem(path), contents, faults)
    source.left_out = hidden
    return source


def glance(path: Path) -> Source | None:
    """Return what `read` does, but parse it only when it is asked for; None when a file cannot be read."""
    faults: list[Fault] = []
    hidden: list[str] = []
    contents = _contents(path, faults, hidden)
    texts = _texts(contents, faults)
    if not contents or faults:
        return None
    source = _source(_stem(path), contents, texts)
    source.left_out = hidden
    return source


def _contents(path: Path, faults: list[Fault], hidden: list[str]) -> dict[str, bytes]:
    """Return the content of every file, by name; the names of those that are hidden go into `hidden`."""
    contents: dict[str, bytes] = {}
    total = 0
    for name, file in _files(path, faults, hidden):
        content = _content(name, file, LARGEST_SCENARIO - total, faults)
        if content is None:
            continue
        contents[name] = content
        for beside, data in _named_data(path, name, file, content):
            if beside not in contents and (held := _content(beside, data, LARGEST_SCENARIO, faults)) is not None:
                contents[beside] = held
        total = sum(map(len, contents.values()))
        if total > LARGEST_SCENARIO:
            faults.append(
                _fault(Place(name), f"the scenario has more than {LARGEST_SCENARIO:,} bytes; make it smaller")
            )
            break
    return contents


_KIND = rb"\.(?:csv|geojson)"
_DATA = re.compile(
    rb"""\b(?:file|backdrop)["']?:[ \t]*(?:"([^"\n]+%b)"|'([^'\n]+%b)'|([^\s"',}\]]+%b))""" % (_KIND, _KIND, _KIND)
)
"""A file of data that a file of the scenario names."""
_COMMENT = re.compile(rb"(?:^|[ \t])#")


def _named_data(path: Path, name: str, file: Path, content: bytes) -> Iterator[tuple[str, Path]]:
    """Yield (name in messages, file) of each file of data that a file of the scenario at `path` names, if it is there."""
    root = _resolve(path if path.is_dir() else path.parent)
    for found in islice(_DATA.finditer(content), MOST_FILES):
        if _COMMENT.search(content[content.rfind(b"\n", 0, found.start()) + 1 : found.start()]):
            continue
        written = b"".join(part or b"" for part in found.groups()).decode("utf-8", "replace")
        data = file.parent / written
        inside = _resolve(data).is_relative_to(root) and ".." not in Path(written).parts
        if inside and data.is_file():
            yield (PurePosixPath(name).parent / written).as_posix(), data


def read_text(text: str, name: str = "<text>") -> Source:
    """Return the scenario in `text`; `name` stands for the file in messages.

    Raises:
        ScenarioError: with every fault found, each with its place.
    """
    content = text.encode("utf-8", "surrogatepass")
    if len(content) > LARGEST_FILE:
        raise ScenarioError([_fault(Place(name), _too_large())])
    return _assemble(name, {name: content}, [])


def scalar(text: str, place: Place = Place()) -> Any:  # noqa: B008 - a Place never changes
    """Return what `text` without quotes would mean in a file: true, false, null, a number or itself.

    Raises:
        ScenarioError: when it looks like a number and is too long or too large.
    """
    composer = _Composer("", 1)
    value = composer.plain(text.strip(), place)
    if composer.faults:
        raise ScenarioError(composer.faults)
    return value


# ------------------------------------------------------------------------------------------------------ files


def _stem(path: Path) -> str:
    resolved = path.resolve()
    return _printable(resolved.name if resolved.is_dir() else resolved.stem)


def _printable(name: str) -> str:
    """Return a file name that can be printed and hashed, whatever bytes it has."""
    return name.encode("utf-8", "backslashreplace").decode()


def _too_large() -> str:
    return f"has more than {LARGEST_FILE:,} bytes; split it into several files of one folder"


def _files(path: Path, faults: list[Fault], hidden: list[str]) -> Iterator[tuple[str, Path]]:
    """Yield (name in messages, file) of every file to be read, sorted by name."""
    try:
        is_folder = stat.S_ISDIR(path.stat().st_mode)
    except (OSError, ValueError) as error:
        reason = "no such file or folder" if isinstance(error, (FileNotFoundError, NotADirectoryError)) else _why(error)
        faults.append(_fault(Place(_printable(str(path))), reason))
        return
    if not is_folder:
        yield _printable(path.name), path
        return
    root = path.resolve()
    found: dict[str, Path] = {}
    folders, seen, entries = [path], {root}, 0
    while folders:
        folder = folders.pop()
        try:
            inside = sorted(islice(folder.iterdir(), MOST_ENTRIES + 1))
        except OSError as error:
            faults.append(_fault(Place(_printable(str(folder))), _why(error)))
            continue
        entries += len(inside)
        if entries > MOST_ENTRIES:
            faults.append(
                _fault(Place(_printable(str(path))), f"has more than {MOST_ENTRIES:,} files and folders in it")
            )
            return
        for entry in inside:
            name = _printable(entry.relative_to(path).as_posix())
            is_file = entry.suffix.lower() in _SUFFIXES
            if entry.name.startswith("."):
                hidden += [name] if is_file else []
            elif not is_file and not entry.is_dir():
                continue
            elif entry.is_symlink() and not _resolve(entry).is_relative_to(root):
                faults.append(_fault(Place(name), "is a link out of the scenario's folder; copy the file into it"))
            elif is_file:
                found[name] = entry
            elif _resolve(entry) not in seen:  # a link may lead to a folder that is read already
                seen.add(_resolve(entry))
                folders.append(entry)
    hidden.sort()
    if len(found) > MOST_FILES:
        faults.append(_fault(Place(_printable(str(path))), f"has {len(found):,} files, {MOST_FILES} are allowed"))
        return
    yield from sorted(found.items())


_SUFFIXES = (".yaml", ".yml")
DATA_SUFFIXES = (".csv", ".geojson")
"""Of the files beside a scenario's own that it names."""


def _resolve(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # a link to itself
        return Path("/")


def _why(error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"cannot be read: {reason.lower()}"


def _content(name: str, file: Path, room: int, faults: list[Fault]) -> bytes | None:
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            faults.append(_fault(Place(name), "is not a plain file"))
            return None
        with file.open("rb") as opened:
            content = opened.read(min(LARGEST_FILE, max(room, 0)) + 1)
    except OSError as error:
        faults.append(_fault(Place(name), "no such file" if isinstance(error, FileNotFoundError) else _why(error)))
        return None
    if len(content) > LARGEST_FILE:
        faults.append(_fault(Place(name), _too_large()))
        return None
    return content


# ---------------------------------------------------------------------------------------------------- merging


def _assemble(name: str, contents: dict[str, bytes], faults: list[Fault]) -> Source:
    """Return the files as one scenario, or raise all their faults."""
    texts = _texts(contents, faults)
    merged = _composed(texts, faults)
    if faults:
        raise ScenarioError(faults)
    source = _source(name, contents, texts)
    source.__dict__["_merged"] = merged
    return source


def _texts(contents: dict[str, bytes], faults: list[Fault]) -> dict[str, str]:
    decoded = ((file, _decoded(file, content, faults)) for file, content in sorted(contents.items()))
    return {file: text for file, text in decoded if text is not None}


def _source(name: str, contents: dict[str, bytes], texts: dict[str, str]) -> Source:
    files = {file: hashlib.sha256(content).hexdigest() for file, content in sorted(contents.items())}
    digest = hashlib.sha256()
    for file, content in sorted(contents.items()):
        for part in (file.encode(), content):
            digest.update(len(part).to_bytes(8, "little"))
            digest.update(part)
    return Source(name, files, digest.hexdigest(), texts)


def _composed(texts: dict[str, str], faults: list[Fault]) -> _Merged:
    """Return the data of all files together; what is wrong with them goes into `faults`."""
    merged = _Merged(faults)
    nodes = 0
    for file, text in sorted(texts.items()):
        if file.endswith(DATA_SUFFIXES):
            continue
        composer = _Composer(file, MOST_NODES - nodes)
        data = composer.compose(text)
        nodes += composer.nodes
        faults.extend(composer.faults)
        if composer.overflowed:
            break
        if not composer.broken:
            merged.add(file, data, composer.places)
    return merged


def _decoded(file: str, content: bytes, faults: list[Fault]) -> str | None:
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        faults.append(
            _fault(
                _place_of(file, before, len(before)),
                f"is not UTF-8 (byte 0x{content[error.start]:02x}); save it as UTF-8",
            )
        )
        return None


class _Merged:
    """The sections of all files: mappings by key, lists one after the other, anything else once."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        self.data: dict[str, Any] = {}
        self.places: dict[NodePath, Place] = {}

    def add(self, file: str, data: Any, places: dict[NodePath, Place]) -> None:
        if not isinstance(data, dict):
            what = "is empty" if data is None else f"is {_what(data)}"
            place = places.get((), Place(file, 1, 1))
            self.faults.append(_fault(place, f"{what}; a scenario file is a mapping of sections, such as 'people:'"))
            return
        shifted: dict[str, int] = {}
        for section, value in data.items():
            present = self.data.get(section)
            if present is None:
                self.data[section] = value
            elif value is None:
                pass
            elif isinstance(present, list) and isinstance(value, list):
                shifted[section] = len(present)
                present.extend(value)
            elif isinstance(present, dict) and isinstance(value, dict):
                for key in value:
                    if key in present:
                        self._twice((section, key), places)
                    else:
                        present[key] = value[key]
            elif isinstance(present, (list, dict)) or isinstance(value, (list, dict)):
                first = self.places[(section, KEY)]
                self.faults.append(
                    _fault(
                        places[(section, KEY)],
                        f"section '{section}' is {_what(value)} here and {_what(present)} at {first}; write both alike",
                    )
                )
            else:
                self._twice((section,), places)
        for path, place in places.items():
            if shifted and len(path) > 1 and path[0] in shifted and isinstance(path[1], int):
                path = (path[0], path[1] + shifted[path[0]], *path[2:])
            self.places.setdefault(path, place)

    def _twice(self, path: NodePath, places: dict[NodePath, Place]) -> None:
        key = (*path, KEY)
        self.faults.append(
            _fault(places[key], f"'{_short(str(path[-1]))}' stands at {self.places[key]} too; keep one of them")
        )


def _what(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return "a text"
    return "a truth value" if isinstance(value, bool) else "a number"


def _short(text: str) -> str:
    shown = text if len(text) <= 60 else text[:60] + "..."
    return shown if shown.isprintable() else repr(shown)[1:-1]


# -------------------------------------------------------------------------------------------------- composing


@cache
def _events() -> tuple[Any, Any]:
    """Return the parser of events, and the module of their types."""
    import yaml

    try:
        from yaml.cyaml import CParser  # pyright: ignore[reportAttributeAccessIssue]

        return CParser, yaml
    except ImportError:
        return _pure_parser(), yaml


def _pure_parser() -> Any:
    from yaml.parser import Parser
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    class Pure(Reader, Scanner, Parser):
        def __init__(self, text: str) -> None:
            Reader.__init__(self, text)
            Scanner.__init__(self)
            Parser.__init__(self)

    return Pure


_NESTED = f"mappings and lists are nested more than {DEEPEST} deep"


def _too_deep(parser: Any, yaml: Any, text: str, stopped: Any) -> Any:
    """Return where the text before the place at which a parser stopped is nested too deep; None where it is not.

    A parser reads ahead, and may stop at a limit of its own before it has told of what comes first.
    """
    if stopped is None:
        return None
    before = text[: line_start(text, stopped.line) + stopped.column]
    starts = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
    depth, events = 0, parser(before)
    try:
        while True:
            event = events.get_event()
            if isinstance(event, yaml.StreamEndEvent):
                return None
            depth += isinstance(event, starts) - isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent))
            if depth > DEEPEST:
                return event.start_mark
    except (yaml.YAMLError, UnicodeEncodeError):
        return None


class _Open:
    """A mapping or list whose end has not come yet."""

    __slots__ = ("awaits_key", "is_mapping", "key", "path", "value")

    def __init__(self, value: Any, path: NodePath) -> None:
        self.value = value
        self.path = path
        self.is_mapping = isinstance(value, dict)
        self.awaits_key = self.is_mapping
        self.key: str | None = None


class _Composer:
    """Builds the data of one file from the parser's events and notes every place and fault."""

    def __init__(self, file: str, room: int) -> None:
        self.file = file
        self.room = room
        self.nodes = 0
        self.places: dict[NodePath, Place] = {}
        self.faults: list[Fault] = []
        self.broken = False
        """True when the file could not be read to its end."""
        self.overflowed = False
        """True when the scenario has too many nodes."""

    def compose(self, text: str) -> Any:
        parser, yaml = _events()
        try:
            return self._compose(parser(text), yaml)
        except yaml.reader.ReaderError as error:
            code = error.character if isinstance(error.character, int) else ord(error.character)
            self._stop(_place_of(self.file, text, text.find(chr(code))), f"has the character U+{code:04X}; remove it")
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = Place(self.file, mark.line + 1, mark.column + 1) if mark else Place(self.file)
            deep = _too_deep(parser, yaml, text, mark)
            if deep is not None:
                self._stop(Place(self.file, deep.line + 1, deep.column + 1), _NESTED)
            else:
                self._stop(place, _not_yaml(error, text, mark))
        except UnicodeEncodeError as error:
            self._stop(_place_of(self.file, text, error.start), "is not UTF-8; save it as UTF-8")
        return None

    def _compose(self, parser: Any, yaml: Any) -> Any:
        scalar, alias = yaml.ScalarEvent, yaml.AliasEvent
        starts = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
        ends = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
        root: Any = None
        documents = 0
        stack: list[_Open] = []
        top: _Open | None = None
        ignored = 0  # depth inside a key that is no scalar
        while True:
            event = parser.get_event()
            kind = type(event)
            if kind in ends:
                if ignored:
                    ignored -= 1
                    continue
                stack.pop()
                top = stack[-1] if stack else None
                continue
            if kind is not scalar and kind is not alias and kind not in starts:
                if kind is yaml.StreamEndEvent:
                    return root
                if kind is yaml.DocumentStartEvent:
                    documents += 1
                    mark = event.start_mark
                    place = Place(self.file, mark.line + 1, mark.column + 1)
                    if documents > 1:
                        self._stop(place, "a second document starts here; one file holds one document")
                        return None
                    if event.tags:
                        self._fault(place, "tags are not read; remove the %TAG line")
                continue

            mark = event.start_mark
            place = Place(self.file, mark.line + 1, mark.column + 1)
            self.nodes += 1
            if self.nodes > self.room:
                self._stop(place, f"the scenario has more than {MOST_NODES:,} nodes; make it smaller")
                self.overflowed = True
                return None
            if kind in starts and len(stack) + ignored >= DEEPEST:
                self._stop(place, _NESTED)
                return None
            if event.anchor is not None:
                self._refuse_anchor(event, kind is alias, place)
            if ignored:
                ignored += kind in starts
                continue
            if kind is not alias and event.tag is not None:
                self._fault(place, f"tags are not read; remove '{_short(_tag(event.tag))}'")

            if top is not None and top.awaits_key:
                if kind in starts:
                    self._fault(place, f"a key must be a text, not {'a mapping' if kind is starts[0] else 'a list'}")
                    ignored = 1
                    top.key = None
                else:
                    top.key = None if kind is alias else self._key(top, event, place)
                top.awaits_key = False
                continue

            if kind in starts:
                value: Any = {} if kind is starts[0] else []
            else:
                value = None if kind is alias else self._scalar(event, place)
            path: NodePath = ()
            if top is None:
                root = value
            elif top.is_mapping:
                top.awaits_key = True
                path = (*top.path, top.key if top.key is not None else "?")
                if top.key is not None:
                    top.value[top.key] = value
            else:
                path = (*top.path, len(top.value))
                top.value.append(value)
            self.places[path] = place
            if kind in starts:
                top = _Open(value, path)
                stack.append(top)

    def _key(self, mapping: _Open, event: Any, place: Place) -> str | None:
        """Return the text of a key, or None after noting why it is none."""
        key: str = event.value
        if event.implicit[0]:
            if key == "<<":
                self._fault(place, "merge keys are not read; write the entries out")
                return None
            form = _CORE.fullmatch(key)
            if form is not None and form.lastgroup != "int":
                shown = f"'{key}'" if key else "nothing"
                self._fault(place, f'a key must be a text, got {shown}; put it in quotes, as in "{key or "name"}"')
                return None
        if key in mapping.value:
            first = self.places[(*mapping.path, key, KEY)]
            self._fault(place, f"'{_short(key)}' stands at {first.line}:{first.column} too; keep one of them")
            return None
        self.places[(*mapping.path, key, KEY)] = place
        return key

    def _scalar(self, event: Any, place: Place) -> Any:
        return self.plain(event.value, place) if event.implicit[0] else event.value

    def plain(self, text: str, place: Place) -> Any:
        """Return what a scalar without quotes means."""
        if text[:1] in _PLAIN_STARTS:
            return text
        form = _CORE.fullmatch(text)
        if form is None:
            return text
        kind = form.lastgroup
        if kind == "int" or kind == "float":
            if len(text) > LONGEST_NUMBER:
                self._fault(place, f"this number has {len(text):,} characters, {LONGEST_NUMBER} are allowed")
                return None
            if kind == "int":
                return int(text[2:], {"o": 8, "x": 16}[text[1]]) if text[1:2] in ("o", "x") else int(text)
            number = float(text)
            if number in (float("inf"), float("-inf")):
                self._fault(place, f"{text} is too large for a number; write .inf if infinity is meant")
            return number
        if kind == "inf":
            return float("-inf") if text[0] == "-" else float("inf")
        return {"null": None, "true": True, "false": False, "nan": float("nan")}[kind or "null"]

    def _refuse_anchor(self, event: Any, is_alias: bool, place: Place) -> None:
        name = _short(str(event.anchor))
        if is_alias:
            self._fault(
                place,
                f"aliases are not read; write out what '*{name}' stands for, or quote it if it is a text",
            )
        else:
            self._fault(place, f"anchors are not read; remove '&{name}', or quote the text if it belongs to it")

    def _fault(self, place: Place, message: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(_fault(place, message))
        elif len(self.faults) == MOST_FAULTS:
            self.faults.append(_fault(place, f"has more than {MOST_FAULTS} faults; the rest is left out"))

    def _stop(self, place: Place, message: str) -> None:
        self.broken = True
        self.faults.append(_fault(place, message))


_PLAIN_STARTS = frozenset("abcdeghijklmopqrsuvwxyzABCDEGHIJKLMOPQRSUVWXYZ_")
"""First letters of a plain scalar that can only be a text: none of null, true, false or a number."""


def _tag(tag: str) -> str:
    core = "tag:yaml.org,2002:"
    return "!!" + tag[len(core) :] if tag.startswith(core) else tag


def _place_of(file: str, text: str, at: int) -> Place:
    if at < 0:
        return Place(file)
    line = bisect_right(_line_starts(text), at)
    return Place(file, line, at - line_start(text, line - 1) + 1)


def _not_yaml(error: Any, text: str, mark: Any) -> str:
    """Say what is wrong with the YAML, with the usual reason where there is one."""
    problem = str(error.problem or error.context or "it cannot be read")
    start = line_start(text, mark.line) if mark else 0
    if "cannot start any token" in problem and mark and "\t" in text[start : start + mark.column + 1]:
        return "is not YAML: a tab indents this line; use spaces"
    if "mapping values are not allowed" in problem:
        reason = "a second ': ' stands in this entry, or the indentation is off"
        return f"is not YAML: {reason}; put the text in quotes"
    if error.context and error.context_mark and error.context != problem:
        opened = error.context_mark
        return f"is not YAML: {problem} {error.context} (from {opened.line + 1}:{opened.column + 1})"
    return f"is not YAML: {problem}"


# ---------------------------------------------------------------------------------------- places within texts

_BLANK = " \t\n\r\x85\u2028\u2029"
_BREAKS = "\n\r\x85\u2028\u2029"
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


def _inside(text: str, start: Place, value: str, offset: int) -> Place:
    """Return the place of character `offset` of a text whose node starts at `start`.

    Folding and indentation move blanks only, so the other characters are counted off against the file.
    """
    offset = min(offset, len(value))
    before = offset - 1
    while before >= 0 and value[before] in _BLANK:
        before -= 1
    on_mark = offset < len(value) and value[offset] not in _BLANK
    wanted = sum(1 for character in value[:offset] if character not in _BLANK)
    if not on_mark:
        wanted -= 1  # the last one before, and the blanks since
    line, column, seen = start.line, start.column, -1
    for character, width, breaks in _characters(text, start):
        if character not in _BLANK:
            seen += 1
            if seen == max(wanted, 0):
                if wanted < 0:
                    return Place(start.file, line, column)
                past = 0 if on_mark else width + offset - before - 1
                return Place(start.file, line, column + past)
        if breaks:
            line, column = line + 1, 1
        else:
            column += width
    return Place(start.file, line, column)


@lru_cache(maxsize=8)
def _line_starts(text: str) -> list[int]:
    """Return where each line of a file begins, as the parser counts lines: YAML 1.1 has more breaks than a line feed."""
    return [0, *(found.end() for found in _BREAK.finditer(text))]


def line_start(text: str, line: int) -> int:
    """Return where a line of a file begins, from 0; a parser that has read all of it may stand one line beyond the last."""
    starts = _line_starts(text)
    return starts[line] if line < len(starts) else len(text)


def _characters(text: str, start: Place) -> Iterator[tuple[str, int, bool]]:
    """Yield (character of the value, its width in the file, does it end the line) from a node's start."""
    at = line_start(text, start.line - 1) + start.column - 1
    mark = text[at : at + 1]
    style = mark if mark in ("'", '"') else ""
    if style:
        yield " ", 1, False
        at += 1
    elif mark in ("|", ">") and mark:
        while at < len(text) and text[at] not in _BREAKS:  # the block's header is no part of the value
            yield " ", 1, False
            at += 1
    while at < len(text):
        character, width = text[at], 1
        if style == "'" and text.startswith("''", at):
            width = 2
        elif style == '"' and character == "\\":
            character, width = _escape(text, at)
        elif character == style:
            return
        at += width
        yield character, width, text[at - 1 : at] in _BREAKS and not text.startswith("\r\n", at - 1)


def _escape(text: str, at: int) -> tuple[str, int]:
    """Return the character that an escape in double quotes stands for, and the width of the escape."""
    kind = text[at + 1 : at + 2]
    digits = {"x": 2, "u": 4, "U": 8}.get(kind)
    if digits:
        try:
            return chr(int(text[at + 2 : at + 2 + digits], 16)), 2 + digits
        except (ValueError, OverflowError):
            return "?", 2 + digits
    return (" ", 2) if kind and kind in "nrtNLP" + _BLANK else (kind or "?", 2)
