"""`new`, `check`, `upgrade`, `map` and `schema`: what an author of scenarios needs."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import suppress
from difflib import unified_diff
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import Fault, MissingExtraError, RequestError, ScenarioError
from .cli import AsJson, AsTold, Override, Variant, _pairs, _print_json, _waiting, command
from .cli_decide import AsCsv, Save, _one_form, _print_result

if TYPE_CHECKING:
    from ..scenario.former import Upgrade
    from ..scenario.scenario import Scenario

SCHEMA = "briarpatch.schema.json"
"""The file beside a new scenario that its first line names."""
TEMPLATE = "first"
"""What a new scenario is made from when nothing else is asked for."""
_FIRST_LINE = re.compile(r"^# yaml-language-server: \$schema=.*\n+")


@command
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call it, such as flood.", show_default=False)],
    from_: Annotated[
        str | None, typer.Option("--from", metavar="TEMPLATE", help="A scenario to begin with, by name or path.")
    ] = None,
) -> None:
    """Begin a scenario: write a file that plays at once, with comments.

    Writes NAME.yaml, or a folder NAME when the template is one, and beside it
    the schema by which an editor completes and checks what is typed. Nothing
    that exists is overwritten.

    \b
    Examples:
      briarpatch new flood
      briarpatch new heist --from vault
      briarpatch new studies/uprising --from insurrection
    """
    template = _template(from_)
    target = _target(name, template.is_dir())
    folder = target if template.is_dir() else target.parent
    if template.is_dir():
        from ..files import whole_folder

        with whole_folder(target) as made:
            _copy_folder(template, made)
    else:
        from ..render.answers import write_text

        write_text(target, _begun(template, SCHEMA))
    print(f"Wrote {target}")
    _write_schema(folder / SCHEMA)
    place = shlex.quote(str(target))
    print("\nPlay it, look for faults, and look at it:")
    for words in (f"run {place}", f"check {place}", f"map {place} --out {shlex.quote(target.stem)}.svg"):
        print(f"  briarpatch {words}")


def _template(wanted: str | None) -> Path:
    """Return the file or folder that a new scenario is made from."""
    from importlib import resources

    from ..scenario.catalog import find

    own = Path(str(resources.files("briarpatch") / "templates" / f"{TEMPLATE}.yaml"))
    return own if wanted in (None, TEMPLATE) else find(str(wanted))


def _target(name: str, is_folder: bool) -> Path:
    """Return where a new scenario is written; raises RequestError when something is there, or it is no name."""
    target = Path(os.path.normpath(name)) if name else Path()  # so that no folder is made to leave it again
    if target.suffix not in (".yaml", ".yml") and not is_folder:
        target = target.with_name(f"{target.name}.yaml") if target.name else target
    stem = target.name if is_folder else target.stem
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", stem):
        raise RequestError(f"'{name}' is no name for a scenario; use letters, digits, '_' and '-', such as flood_1")
    if target.exists() or target.is_symlink():
        raise RequestError(f"{target} exists already, and nothing is overwritten; choose another name")
    return target


def _copy_folder(template: Path, made: Path) -> None:
    """Copy the files of a scenario, its data too, but nothing that begins with a dot."""
    for file in sorted(template.rglob("*")):
        inner = file.relative_to(template)
        if not file.is_file() or any(part.startswith(".") for part in inner.parts):
            continue
        copied = made / inner
        copied.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix.lower() in (".yaml", ".yml"):
            copied.write_text(_begun(file, "../" * (len(inner.parts) - 1) + SCHEMA), encoding="utf-8")
        elif file.name != SCHEMA:
            copied.write_bytes(file.read_bytes())


def _begun(template: Path, schema: str) -> str:
    """Return the text of a template with a first line that names the schema."""
    text = _FIRST_LINE.sub("", template.read_text(encoding="utf-8"))
    return f"# yaml-language-server: $schema={schema}\n{text}"


def _write_schema(path: Path) -> None:
    """Write the schema unless a file is there; say what was done."""
    from ..render.answers import write_text

    if path.exists() or path.is_symlink():
        kept = path.is_file() and path.read_bytes() == _schema_text().encode()
        print(
            f"Kept {path}" + ("" if kept else f", which is another version's; renew it: briarpatch schema > {SCHEMA}")
        )
        return
    write_text(path, _schema_text())
    print(f"Wrote {path}, by which an editor completes and checks what you type")


def _schema_text() -> str:
    """Return the schema that comes with the package."""
    from importlib import resources

    return (resources.files("briarpatch") / "scenario.schema.json").read_text(encoding="utf-8")


@command
def check(
    path: Annotated[str, typer.Argument(metavar="PATH", help="Scenario file or folder.", show_default=False)],
    variant: Variant = None,
    as_told: AsTold = None,
    set_: Override = None,
    as_json: AsJson = False,
    watch: Annotated[bool, typer.Option("--watch", help="Check again whenever a file changes.")] = False,
) -> None:
    """Look for faults in a scenario.

    Warns of what a careful editor would ask about. With --json, each finding
    has file, line, column, severity, rule and message; with --watch too, each
    look is one line of JSON.

    \b
    Examples:
      briarpatch check valley
      briarpatch check valley --set "scenario.poll=30 s"
      briarpatch check valley --json
      briarpatch check flood.yaml --watch
    """
    given = {"variants": _pairs("--variant", variant), "overrides": _pairs("--set", set_), "as_told": as_told}
    if watch:
        for _ in _changes(path):
            _report(*_looked_at(path, given), as_json, one_line=True)
        return
    found, faults = _looked_at(path, given)
    if found is None and not as_json:
        raise ScenarioError(faults)
    _report(found, faults, as_json)
    if found is None:
        raise typer.Exit(2)


def _looked_at(path: str, given: dict[str, Any]) -> tuple[Scenario | None, list[Fault]]:
    """Return a scenario with its warnings, or None with its faults."""
    from ..run import _load_scenario

    try:
        with _waiting("reading the scenario"):
            found = _load_scenario(path, **given)
    except ScenarioError as wrong:
        return None, wrong.faults
    return found, found.warnings


def _report(found: Scenario | None, faults: list[Fault], as_json: bool, one_line: bool = False) -> None:
    """Print what was found."""
    from ..telling import plain

    severity = "error" if found is None else "warning"
    if as_json:
        content = {"ok": found is not None, "findings": [_finding(fault, severity) for fault in faults]}
        if one_line:
            print(json.dumps(content, ensure_ascii=False), flush=True)
        else:
            _print_json(content)
        return
    for fault in faults:
        print(f"{severity}: {plain(str(fault))}")
    if found is None:
        print(f"{len(faults)} fault" + "s" * (len(faults) > 1), flush=True)
        return
    count = len(faults)
    warnings = "no warnings" if not count else f"{count} warning" + "s" * (count > 1)
    print(f"{found.name}: no faults, {warnings}", flush=True)


def _finding(fault: Fault, severity: str) -> dict[str, Any]:
    place = fault.place
    return {
        "file": place.file or None,
        "line": place.line or None,
        "column": place.column or None,
        "severity": severity,
        "rule": fault.rule,
        "message": fault.message,
    }


@command
def upgrade(
    path: Annotated[str, typer.Argument(metavar="PATH", help="Scenario file or folder.", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")] = False,
) -> None:
    """Rewrite a scenario of an earlier version, so that this one reads it.

    Shows what would change, and asks before it writes. Comments, order and layout
    stay. Each file that is written keeps what it was beside it, as FILE.before.
    Where only you can know what was meant, it says where to look.

    \b
    Examples:
      briarpatch upgrade valley
      briarpatch upgrade insurrection --yes
    """
    from ..analysis.parts import JOB, MANIFEST
    from ..scenario import load
    from ..scenario.catalog import find
    from ..scenario.former import upgrades
    from ..storage import PROVENANCE
    from ..telling import plain

    at = find(path)
    if any((at / name).is_file() for name in (PROVENANCE, MANIFEST, JOB)):
        raise RequestError(
            f"{at} holds what was played, which is not rewritten; `briarpatch show {at}` says how to play it again"
        )
    found = upgrades(load.read(at))
    if not found:
        print(f"{at}: no word of an earlier version")
        return
    for one in found:
        print("".join(_difference(one)), end="")
    for kind, said in (("change", [one.changes for one in found]), ("look at", [one.questions for one in found])):
        for fault in chain.from_iterable(said):
            print(f"{kind}: {plain(str(fault))}")
    if not (yes or (sys.stdin.isatty() and typer.confirm("Write this?", default=False))):
        print("Nothing was written" + ("" if sys.stdin.isatty() else "; with --yes it is"))
        return
    for one in found:
        _rewrite(at / one.file if at.is_dir() else at, one.after)
    left = _looked_at(str(at), {"variants": {}, "overrides": {}, "as_told": None})
    if left[0] is None:
        print(
            f"{len(left[1])} fault{'s' * (len(left[1]) > 1)} left, which `briarpatch check {shlex.quote(str(at))}` lists"
        )


def _difference(one: Upgrade) -> Iterator[str]:
    """Yield the lines of what changes in a file, as `diff -u` prints them."""
    before, after = ([f"{line}\n" for line in text.splitlines()] for text in (one.before, one.after))
    yield from unified_diff(before, after, one.file, f"{one.file} (as it would be)", n=1)


def _rewrite(file: Path, text: str) -> None:
    """Write a file anew, and keep what it was beside it."""
    from ..files import whole_file

    kept, number = file.with_name(f"{file.name}.before"), 1
    while kept.exists() or kept.is_symlink():
        number += 1
        kept = file.with_name(f"{file.name}.before-{number}")
    was = file.read_bytes()
    for target, content in ((kept, was), (file, was[: len(BOM_UTF8) * was.startswith(BOM_UTF8)] + text.encode())):
        with whole_file(target) as temporary:
            temporary.write_bytes(content)
    print(f"Wrote {file}; what it was is in {kept}")


def _changes(path: str) -> Iterator[None]:
    """Yield at once, and whenever a file of a scenario changes."""
    try:
        from watchfiles import watch
    except ImportError:
        raise MissingExtraError("watching files", "authors") from None
    from ..scenario.catalog import find

    at = find(path)
    folder = at if at.is_dir() else at.parent
    print(f"watching {at}; stop with Ctrl-C", file=sys.stderr, flush=True)
    seen = None
    for _ in chain([None], watch(folder, debounce=300, rust_timeout=1000, yield_on_timeout=True)):
        now = _stamps(at)  # taken before the look, so that what changes meanwhile is looked at again
        if now != seen:
            seen = now
            yield


def _stamps(at: Path) -> dict[str, tuple[int, int]]:
    """Return when each file of a scenario was written, and its size."""
    files = sorted(at.rglob("*")) if at.is_dir() else [at]
    found = {}
    for file in files:
        with suppress(OSError):  # an editor may just be replacing it
            facts = file.stat()
            found[str(file)] = facts.st_mtime_ns, facts.st_size
    return found


@command
def map(
    path: Annotated[str, typer.Argument(metavar="SCENARIO", help="Name, file or folder.", show_default=False)],
    graph: Annotated[bool, typer.Option("--graph", help="Draw what leads to what instead.")] = False,
    around: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of the graph, what leads to this and follows from it.")
    ] = None,
    steps: Annotated[int, typer.Option(help="How far around it.", min=1, max=50)] = 2,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Where to write it: .svg, .geojson or .dot.")] = None,
    variant: Variant = None,
    as_told: AsTold = None,
    set_: Override = None,
) -> None:
    """Draw a scenario: its places, ways and people, as SVG.

    With --graph, its logic: which rule, answer or fact can have a bearing on
    which other, up to the endings. Solid lines say what is changed or asked
    about, dashed ones what is weighed in a choice. Without --out, the picture is
    printed. As .geojson, the places, routes and regions of its maps of the Earth
    are written with their latitudes and longitudes.

    \b
    Examples:
      briarpatch map valley --out valley.svg
      briarpatch map vault --graph --out vault.svg
      briarpatch map vault --graph --around arrest --out arrest.svg
    """
    from ..render.answers import write_text
    from ..run import _load_scenario

    kind = ".svg" if out is None else out.suffix.lower()
    if kind not in (".svg", ".dot" if graph else ".geojson"):
        also = "its graph also as .dot" if graph else "its maps of the Earth also as .geojson"
        raise RequestError(f"{out}: a picture is written as .svg, {also}")
    if around is not None and not graph:
        raise RequestError("--around is a part of the graph; add --graph")
    with _waiting("reading the scenario"):
        given = {"variants": _pairs("--variant", variant), "overrides": _pairs("--set", set_)}
        found = _load_scenario(path, **given, as_told=as_told)
    with _waiting("drawing"):
        text = _graph(found, around, steps, kind) if graph else _places(found, kind)
    if out is None:
        print(text, end="")
        return
    write_text(out, text)
    print(f"Wrote {out}")


def _places(found: Scenario, kind: str) -> str:
    from ..render import map_geojson, scenario_map

    return map_geojson.geojson(found) if kind == ".geojson" else scenario_map.svg(found)


def _graph(found: Scenario, around: str | None, steps: int, kind: str) -> str:
    from ..errors import did_you_mean
    from ..render import logic_graph
    from ..scenario.logic import logic

    whole, title = logic(found), found.title
    if around is not None:
        nodes = whole.named(around)
        if not nodes:
            known = [node.name for node in whole.told]
            raise RequestError(f"nothing in the graph is called '{around}'{did_you_mean(around, known)}")
        whole, title = whole.around(nodes, steps), f"{found.title}: around {around}"
    return logic_graph.dot(whole, title) if kind == ".dot" else logic_graph.svg(whole, title)


@command
def assumptions(
    path: Annotated[str, typer.Argument(metavar="SCENARIO", help="Name, file or folder.", show_default=False)],
    sensitivity: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A saved answer of sensitivity: what hangs on the numbers.")
    ] = None,
    variant: Variant = None,
    as_told: AsTold = None,
    set_: Override = None,
    save: Save = None,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
) -> None:
    """List every number that a scenario marks as assumed.

    A number is marked by the word "assumed" in the nearest 'basis', in a comment
    on its line, or in the comment at the head of its file. Says its place and its
    range, where the scenario declares it uncertain; and what hangs on it, from an
    answer of sensitivity that was saved as .json.

    \b
    Examples:
      briarpatch assumptions valley
      briarpatch assumptions insurrection --csv
    """
    from ..analysis.assumptions import assumptions as read
    from ..run import _load_scenario

    _one_form(as_csv, as_json)
    with _waiting("reading the scenario"):
        given = {"variants": _pairs("--variant", variant), "overrides": _pairs("--set", set_)}
        found = read(_load_scenario(path, **given, as_told=as_told), sensitivity)
    _print_result(found, save, as_csv, as_json)


@command
def schema() -> None:
    """Print the JSON Schema of scenario files.

    An editor completes and validates with it; `briarpatch new` writes it beside
    a new scenario.

    \b
    Examples:
      briarpatch schema > briarpatch.schema.json
    """
    print(_schema_text(), end="")
