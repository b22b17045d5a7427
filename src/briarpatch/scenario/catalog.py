"""The scenarios at hand: found by name or path, and opened.

One that was opened before, with the same settings, comes from the cache (`kept`); the compiler is imported for others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

from ..errors import Fault, Place, ScenarioError, did_you_mean
from . import kept, load
from .scenario import Scenario


def packaged() -> Path:
    """Return the folder of the scenarios that come with the program."""
    return Path(str(resources.files("briarpatch") / "scenarios"))


def scenario_names() -> list[tuple[str, str]]:
    """Return (name, title) of every scenario that comes with the program."""
    found = []
    for path in sorted(packaged().iterdir()):
        if path.is_dir() and (path / "scenario.yaml").exists():
            head = path / "scenario.yaml"
        elif path.suffix == ".yaml":
            head = path
        else:
            continue
        found.append((path.stem, str(load.read(head).data.get("scenario", {}).get("title", ""))))
    return found


@dataclass(frozen=True)
class Overview:
    """What a scenario is about and how large it is, read from its files before they are compiled."""

    name: str
    title: str
    summary: str
    people: int
    """With the members of crowds."""
    decisions: int
    until: str


def overviews() -> list[Overview]:
    """Return what each scenario that comes with the program is about, and how large it is."""
    found = []
    for name, title in scenario_names():
        data = load.read(find(name)).data
        head, crowds = data.get("scenario", {}), data.get("crowds", {}).values()
        people = len(data.get("people", {})) + sum(int(crowd.get("count", 0)) for crowd in crowds)
        summary = " ".join(str(head.get("summary", "")).split())
        found.append(Overview(name, title, summary, people, len(data.get("decisions", {})), str(head.get("until", ""))))
    return found


def find(path_or_name: str | Path) -> Path:
    """Return the path of a scenario: a file, a folder, or the name of one that comes with the program."""
    if not isinstance(path_or_name, (str, Path)) or not str(path_or_name):
        names = ", ".join(name for name, _ in scenario_names())
        raise ScenarioError([Fault(Place("the scenario"), f"is not named; give a file, a folder, or one of {names}")])
    path, text = Path(path_or_name), str(path_or_name)
    if path.exists():
        return path
    if "/" not in text and "\\" not in text:
        for candidate in (packaged() / text, packaged() / f"{text}.yaml"):
            if candidate.exists():
                return candidate
        names = [name for name, _ in scenario_names()]
        hint = did_you_mean(text, names) or f"; the scenarios that come along are {', '.join(names)}"
        raise ScenarioError([Fault(Place(text), f"is neither a file, a folder nor a scenario that comes along{hint}")])
    raise ScenarioError([Fault(Place(text), "does not exist; give a scenario file or folder")])


def load_scenario(
    path_or_name: str | Path,
    *,
    variants: Mapping[str, str] | None = None,
    overrides: Mapping[str, str] | None = None,
    as_told: str | None = None,
) -> Scenario:
    """Return the scenario at a path, or the one of that name that comes with the program.

    `variants` sets switches by name; `overrides` sets single values by path, such as {"vessels.ferry.hull": "50"};
    `as_told` names an account and sets every switch as that account tells it, unless `variants` says otherwise.
    Raises ScenarioError with every fault that was found.
    """
    path = find(path_or_name)
    folder = None if path.is_relative_to(packaged()) else path if path.is_dir() else path.parent
    try:
        found = opened(source_of(path), variants, overrides, path, as_told)
    except ScenarioError as wrong:
        raise ScenarioError(_under(folder, wrong.faults)) from None
    found.warnings = _under(folder, found.warnings)
    return found


def _under(folder: Path | None, faults: Sequence[Fault]) -> list[Fault]:
    """Return faults whose files are named as whoever gave the path would open them."""
    if folder is None:
        return list(faults)
    files = {fault.place.file for fault in faults} - {""}
    known = {file: str(folder / file) for file in files if (folder / file).exists()}
    return [
        replace(fault, place=replace(fault.place, file=known[fault.place.file])) if fault.place.file in known else fault
        for fault in faults
    ]


def source_of(path: Path) -> load.Source:
    """Return the files of a scenario, not parsed yet unless something is wrong with them.

    Raises ScenarioError when a file cannot be read.
    """
    return load.glance(path) or load.read(path)


def opened(
    source: load.Source,
    variants: Mapping[str, str] | None,
    overrides: Mapping[str, str] | None,
    path: Path | None = None,
    as_told: str | None = None,
) -> Scenario:
    """Return the scenario of files with its switches set: from the cache, or compiled and kept there."""
    asked = kept.Asked.of(variants, overrides, as_told)
    found = None if asked is None else kept.fetch(source, asked, path)
    if found is None:
        from .compile import compile_source  # which takes longer to import than a kept scenario takes to play

        found = compile_source(source, variants, overrides, path, as_told)
        if asked is not None:
            kept.keep(found, asked)
    return found


def load_text(
    text: str,
    *,
    variants: Mapping[str, str] | None = None,
    overrides: Mapping[str, str] | None = None,
    as_told: str | None = None,
) -> Scenario:
    """Return the scenario that `text` (YAML) holds; arguments as for `load_scenario`."""
    from .compile import compile_source

    return compile_source(load.read_text(text), variants, overrides, as_told=as_told)
