"""Writes the parts of these pages that the program itself declares, so that nothing is typed twice.

    python docs/reference.py [--check] [--quick]

A page marks such a part by a comment, `<!-- generated: WHAT WORDS -->`, and another at its end; what stands between
them is replaced:

- `law NAME`, `system NAME`, `measures`: what a mechanism models, assumes and leaves out, from the heads of its files;
- `schema MODEL ...`: the keys of sections of a scenario file, with units, ranges and defaults; `other sections`: of those
  that belong to no mechanism;
- `verbs SYSTEM`, `kinds SYSTEM`: what it can be asked for, and what it writes into the chronicle;
- `functions NAME ...`: functions of the condition language; `all functions`, `all kinds`, `sections`: all of them;
- `oracles GROUP`: the numbers that it is held to;
- `scenario NAME`, `file NAME`, `printed COMMAND`: a scenario that comes along, an example, what a command prints;
- `rules of check`: what `briarpatch check` looks for;
- `limits`: the dimensions and their widest ranges; `units`: the words for units.

With `--check` nothing is written, and the program fails when a page is not what it would write, or when a declaration
stands on no page of a mechanism; with `--quick` what commands print is left as it stands.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import math
import os
import re
import shlex
import shutil
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import oracles

from briarpatch import assembly, units
from briarpatch.scenario import schema
from briarpatch.scenario.catalog import packaged
from briarpatch.scenario.check import RULES
from briarpatch.units import DIMENSIONS
from briarpatch.views import cli
from briarpatch.world import functions, kinds, states, verbs

DOCS = Path(__file__).parent
SOURCE = Path(schema.__file__).parent.parent
SCHEMA = SOURCE / "scenario.schema.json"
"""The schema that editors read, which comes with the package."""
SCHEMA_TEXT = json.dumps(schema.json_schema(), indent=1, ensure_ascii=False) + "\n"
"""Made before anything else asks for a model: pydantic numbers names that are alike in the order in which it meets them."""
_PART = re.compile(r"(<!-- generated: (.+?) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


_HEADED = re.compile(r"(?<=\.) (?=(?:Assumes|Leaves out|Sources?|Held to|Oracles)\b)")
_ORACLES = re.compile(r"Held to|Oracles")


def pages() -> list[Path]:
    """Return the pages, those of the mechanisms last."""
    return [*sorted(DOCS.glob("*.md")), *sorted(DOCS.glob("mechanisms/*.md"))]


# ------------------------------------------------------------------------------------------------ what there is


def _path_of(name: str) -> Path:
    """Return the file of a mechanism, that of its package if it is one."""
    one = SOURCE / "mechanisms" / f"{name}.py"
    return one if one.exists() else SOURCE / "mechanisms" / name / "__init__.py"


def _head(folder: str, name: str) -> str:
    return _head_of(SOURCE / folder / f"{name}.py")


def _head_of(path: Path) -> str:
    """Return the docstring of a file of a mechanism without its title and without the list of its oracles."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    title, _, rest = text.partition("\n\n")
    body = [part for paragraph in rest.split("\n\n") for part in _HEADED.split(" ".join(paragraph.split()))]
    kept = [part for part in [" ".join(title.split()), *body] if part and not _ORACLES.match(part)]
    return "\n\n".join(textwrap.fill(part, 120, break_long_words=False, break_on_hyphens=False) for part in kept)


def _file(folder: str, name: str) -> str:
    return f"`src/briarpatch/{folder}/{name}.py`"


def law(name: str) -> str:
    """Return what the equations of a mechanism model, assume and leave out."""
    return f"{_head('laws', name)}\n\nThe equations stand in {_file('laws', name)}."


def measures() -> str:
    """Return what the functions over many runs do."""
    return f"{_head('analysis', 'measures')}\n\nThey stand in {_file('analysis', 'measures')}."


def system(name: str) -> str:
    """Return what a mechanism does with its equations, and what it reads and writes."""
    one = next((one for one in assembly.MECHANISMS if one.name == name), None)
    if one is not None:
        reads, writes = (", ".join(f"`{table}`" for table in tables) for tables in (one.reads, one.writes))
        where = _file("mechanisms", _path_of(name).relative_to(SOURCE / "mechanisms").with_suffix("").as_posix())
        return f"{_head_of(_path_of(name))}\n\nIt stands in {where}, reads {reads}, and writes {writes}."
    found: dict[str, Any] = {}
    tree = ast.parse((SOURCE / "systems" / f"{name}.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            if node.targets[0].id in ("READS", "WRITES"):
                found[node.targets[0].id] = ast.literal_eval(node.value)
    reads, writes = (", ".join(f"`{table}`" for table in found.get(key, ())) for key in ("READS", "WRITES"))
    return f"{_head('systems', name)}\n\nIt stands in {_file('systems', name)}, reads {reads}, and writes {writes}."


# ------------------------------------------------------------------------------------------------ sections


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")


def _plain(number: float) -> str:
    return f"{number:g}"


def _widest(dimension: str) -> tuple[float, float]:
    return schema.LIMITS[dimension]


def _range(node: dict[str, Any]) -> str:
    """Return the range of a number in words; the limits of its dimension go without saying."""
    least, above, most = node.get("minimum"), node.get("exclusiveMinimum"), node["maximum"]
    widest = next((_widest(d) for d, (unit, _) in DIMENSIONS.items() if unit == node["unit"]), (None, None))
    bounds = []
    if above is not None:
        bounds.append(f"more than {_plain(above)}")
    elif least is not None and (least != widest[0] or least == 0.0):
        bounds.append(f"at least {_plain(least)}")
    if most != widest[1]:
        bounds.append(f"at most {_plain(most)}")
    return ", ".join(bounds) or "any"


def _kind(node: dict[str, Any], root: dict[str, Any]) -> tuple[str, str]:
    """Return (what stands there, its range) of one value of the JSON Schema."""
    if "unit" in node:
        dimension = next(d for d, (unit, _) in DIMENSIONS.items() if unit == node["unit"])
        if node["type"] == "integer":
            return "whole number", _range(node)
        return (f"{dimension.replace('_', ' ')} [{node['unit']}]" if node["unit"] else "number"), _range(node)
    if "$ref" in node:
        name = node["$ref"].rsplit("/", 1)[1].split("__")
        return ("effect" if name[0] == "Effect" else (name[-2] if len(name) > 1 else name[0]).lower()), ""
    if "anyOf" in node:
        parts = [_kind(part, root) for part in node["anyOf"] if part.get("type") != "null"]
        ranges = [part[1] for part in parts if part[1]]
        return " or ".join(dict.fromkeys(part[0] for part in parts)), ranges[0] if ranges else ""
    if "enum" in node:
        return " or ".join(f"`{word}`" for word in node["enum"]), ""
    if node.get("type") == "array":
        if "prefixItems" in node:
            return f"[{', '.join(_kind(item, root)[0] for item in node['prefixItems'])}]", ""
        what, within = _kind(node.get("items", {}), root)
        return f"list of {what}", within
    if node.get("type") == "object" and "properties" in node:
        return f"{{ {', '.join(f'{key}: {_kind(part, root)[0]}' for key, part in node['properties'].items())} }}", ""
    if node.get("type") == "object":
        inner = node.get("additionalProperties") or next(iter(node.get("patternProperties", {}).values()), {})
        what, within = _kind(inner, root) if isinstance(inner, dict) and inner else ("value", "")
        return f"name: {what}", within
    return {"string": "text", "boolean": "true or false", None: "value"}.get(node.get("type"), "value"), ""


def _default(field: dict[str, Any], required: bool) -> str:
    if required:
        return "must be given"
    value = field.get("default")
    if value is None or value in ([], {}):
        return ""
    if isinstance(value, dict):
        return ", ".join(f"{key} {item:g}" for key, item in value.items() if isinstance(item, (int, float)))
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, (int, float)) else str(value) and f"`{value}`"


def section(name: str) -> str:
    """Return a table of the keys of one section."""
    model = _models()[name]
    root = model.model_json_schema(by_alias=True)
    rows = []
    for key, field in root.get("properties", {}).items():
        if key in ("basis", "key", "told") and key not in root.get("required", ()):
            continue
        what, within = _kind(field, root)
        meaning = field.get("description", "") if "unit" not in field or field["description"] not in _WANTED else ""
        default = _default(field, key in root.get("required", ()))
        rows.append(f"| `{key}` | {_cell(what)} | {within} | {_cell(default)} | {_cell(meaning)} |")
    table = "\n".join(["| key | what stands there | range | default | meaning |", "|---|---|---|---|---|", *rows])
    return f"**{name}**: {_cell(model.__doc__).strip()}\n" + (f"\n{table}\n" if rows else "")


_WANTED = {wanted for _, wanted in DIMENSIONS.values()} | {"a whole number"}


@cache
def _models() -> dict[str, Any]:
    """Return the models of sections and of their parts by name, those that a mechanism declares last."""
    found = {name: m for name, m in vars(schema).items() if isinstance(m, type) and issubclass(m, schema.Section)}
    waiting = list(assembly.SECTIONS)
    for section in waiting:
        found[section.__name__] = schema.model_of(section)
        waiting += [item.of for item in section.items().values() if item.kind in ("nested", "list")]
    return {name: model for name, model in found.items() if name not in ("Section", "Keyed", "Known")}


def other_sections() -> str:
    """Return the tables of those sections that belong to no mechanism: accounts of the story, for one."""
    names = [name for name in _models() if name not in _said("schema")]
    return "\n".join(section(name) for name in names).rstrip()


def sections() -> str:
    """Return a table of the sections of a scenario file."""
    rows = []
    for name, field in schema.Document.model_fields.items():
        words = re.findall(r"\w+", str(field.annotation))
        model = next((word for word in words if word in _models()), "")
        meaning = field.description or (_models()[model].__doc__ if model else "") or ""
        rows.append(f"| `{name}` | {model or 'text'} | {_cell(meaning)} |")
    return "\n".join(["| section | each entry is a | meaning |", "|---|---|---|", *rows])


# ------------------------------------------------------------------------------------------------ words


def _parameter(parameter: verbs.Parameter) -> str:
    bound = []
    if parameter.low > -1e300:
        bound.append(f"from {_plain(parameter.low)}")
    if parameter.high < 1e300:
        bound.append(f"to {_plain(parameter.high)}")
    unit = DIMENSIONS.get(parameter.type, ("", ""))[0]
    said = f"{parameter.type}{f' [{unit}]' if unit else ''}{' ' + ' '.join(bound) if bound else ''}"
    said += ("", " (alive)", " (awake)", " (free)")[parameter.needs]
    if not parameter.optional:
        return f"`{parameter.name}`: {said}"
    default = "" if parameter.default in (None, -1.0) else f"; {_plain(float(parameter.default or 0.0))} when left out"
    if parameter.type == "bool":
        default = f"; {'true' if parameter.default else 'false'} when left out"
    return f"`{parameter.name}`, optional: {said}{default}"


def _parameters(verb: verbs.Verb) -> list[str]:
    """Return the parameters of a verb as authors write them: those of a selection stand within `who`."""
    within = verbs.within_selection(verb)
    rows = [_parameter(one) for one in verb.parameters if one.name not in within]
    return ["`who`: a selection: `of`, `at`, one of `most`, `share`, `each`", *rows[1:]] if within else rows


def verbs_of(name: str) -> str:
    """Return a table of the verbs that a mechanism carries out."""
    number = assembly.NUMBERS[name]
    rows = [
        f"| `{verb.name}` | {_cell('<br>'.join(_parameters(verb)))} | {_cell(verb.meaning)} |"
        for verb in assembly.VERBS.values()
        if verb.system == number
    ]
    return "\n".join(["| verb | parameters | what it does |", "|---|---|---|", *rows]) if rows else "It has no verbs."


def functions_of(*names: str) -> str:
    """Return a table of functions of the condition language."""
    rows = []
    for name in names:
        function = assembly.FUNCTIONS[name]
        marks = [word for word, so in (("drifts", function.drifts), ("a clock", function.clock)) if so]
        rows.append(
            f"| `{name}({', '.join(function.arguments)})` | {function.gives} | {_cell(function.meaning)}"
            f"{' (' + ', '.join(marks) + ')' if marks else ''} | {_values(function)} |"
        )
    return "\n".join(["| function | gives | meaning | between |", "|---|---|---|---|", *rows])


def _values(function: functions.Function) -> str:
    """Say between what the values of a function lie; nothing of what is true or false, or can be any number."""
    span = function.span
    if function.gives == "bool" or function.name in ("min", "max"):
        return ""
    if span.by:
        return functions.LIMITS[span.by]
    low = f"{span.low:g}" if math.isfinite(span.low) else ""
    said = f"{low} and {span.high:g}" if math.isfinite(span.high) else f"at least {low}" if low else ""
    return said + ("; or undefined" if span.undefined and said else "undefined, or any" if span.undefined else "")


@cache
def _kinds_in(name: str) -> frozenset[str]:
    """Return the constants of the kinds that a system writes, itself or by what it asks of `world.acts`."""
    text = ""
    if name not in states.UNDECLARED:
        path = _path_of(name)
        for file in path.parent.glob("*.py") if path.name == "__init__.py" else [path]:
            text += file.read_text(encoding="utf-8")
    else:
        text = (SOURCE / "systems" / f"{name}.py").read_text(encoding="utf-8")
    for part in re.findall(r"^from \. import (.+)$", text, re.MULTILINE):
        for sibling in part.split(", "):
            text += (SOURCE / "systems" / f"{sibling}.py").read_text(encoding="utf-8")
    acts = (SOURCE / "world" / "acts.py").read_text(encoding="utf-8")
    called = set(re.findall(r"\bacts\.(\w+)\(", text))
    for function in ast.parse(acts).body:
        if isinstance(function, ast.FunctionDef) and function.name in called:
            text += ast.get_source_segment(acts, function) or ""
    return frozenset(re.findall(r"\bkinds\.([A-Z_]+)\b", text))


def kinds_of(name: str) -> str:
    """Return a table of the kinds of entries that a mechanism writes into the chronicle."""
    used = _written_by(name)
    return _kinds_table([kind for kind in assembly.ENTRIES if kind.number in used])


def _written_by(name: str) -> set[int]:
    """Return the numbers of the kinds of entries that a mechanism declares, or writes though others declare them."""
    declared = {int(entry) for one in assembly.MECHANISMS if one.name == name for entry in one.entries}
    return declared | {
        getattr(kinds, constant) for constant in _kinds_in(name) if isinstance(getattr(kinds, constant), int)
    }


def _kinds_table(wanted: list[kinds.Kind]) -> str:
    rows = [f"| `{kind.name}` | `{_cell(kind.template)}` | {_cell(kind.meaning)} |" for kind in wanted]
    return "\n".join(["| kind | told as | meaning |", "|---|---|---|", *rows])


def oracles_of(group: str) -> str:
    """Return the numbers that a mechanism is held to."""
    rows = [f"- **{oracle}** {says}" for oracle, says in oracles.declared()[group].items()]
    return "\n".join(rows)


# ------------------------------------------------------------------------------------------------ shown


def scenario(name: str) -> str:
    """Return a scenario that comes along, whole."""
    text = (packaged() / f"{name}.yaml").read_text(encoding="utf-8").rstrip()
    return f"```yaml\n{text}\n```"


@cache
def _print(commands: str) -> str:
    """Return what the last of some commands prints, in a folder that holds the examples; a fault is shown too."""
    status, said, complained = 0, io.StringIO(), io.StringIO()
    os.environ |= {"COLUMNS": "80", "NO_COLOR": "1"}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        shutil.copytree(DOCS / "examples", folder, dirs_exist_ok=True)
        for command in commands.split(" -- "):
            said, complained = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
                status = cli.main(shlex.split(command)[1:])
            if status and command.split()[1] != "check":
                raise SystemExit(f"{command} failed: {complained.getvalue()}")
    faults = [line for line in complained.getvalue().splitlines() if not _PROGRESS.match(line)] if status else []
    return "\n".join(line.rstrip() for line in [*said.getvalue().rstrip().splitlines(), *faults])


_PROGRESS = re.compile(r".* \(\d+ s\)$")


def printed(*words: str) -> str:
    """Return a command and what it prints; of several, parted by `--`, the last."""
    command = " ".join(words)
    return f"```console\n$ {command.split(' -- ')[-1]}\n{_print(command)}\n```"


def file(name: str) -> str:
    """Return a file of the documentation, whole."""
    return f"```yaml\n{(DOCS / name).read_text(encoding='utf-8').rstrip()}\n```"


def unit_words() -> str:
    """Return the words for units, and what each is in SI."""
    rows = []
    for words, (above, below) in (item for table in units.UNITS.values() for item in table.items()):
        names = ", ".join(f"`{word}`" for word in words.split())
        internal = DIMENSIONS[units.parse(f"1 {words.split()[0]}")[1]][0]
        rows.append(f"| {names} | {above / below:.15g} {internal}".rstrip() + " |")
    return "\n".join(["| words | one is |", "|---|---|", *rows])


def limits() -> str:
    """Return a table of the dimensions: an example of each, and the widest range."""
    rows = []
    for dimension, (low, high) in schema.LIMITS.items():
        unit, wanted = DIMENSIONS[dimension]
        rows.append(f"| {dimension.replace('_', ' ')} | {wanted} | {_plain(low)} to {_plain(high)} {unit} |")
    return "\n".join(["| dimension | written as | limits |", "|---|---|---|", *rows])


def check_rules() -> str:
    """Return a table of what `briarpatch check` looks for."""
    rows = [(name, *said.split(": ", 1)) for name, said in RULES.items()]
    table = [f"| `{name}` | {severity} | {_cell(kept)} |" for name, severity, kept in rows]
    return "\n".join(["| rule | severity | what holds when it is kept |", "|---|---|---|", *table])


WRITERS: dict[str, Callable[..., str]] = {
    "law": law,
    "measures": measures,
    "system": system,
    "schema": lambda *names: "\n".join(section(name) for name in names).rstrip(),
    "sections": sections,
    "other sections": other_sections,
    "verbs": verbs_of,
    "functions": functions_of,
    "all functions": lambda: functions_of(*assembly.FUNCTIONS),
    "kinds": kinds_of,
    "all kinds": lambda: _kinds_table(assembly.ENTRIES),
    "oracles": oracles_of,
    "scenario": scenario,
    "printed": printed,
    "file": file,
    "limits": limits,
    "rules of check": check_rules,
    "units": unit_words,
}
"""What a marked part may ask for."""


def write(order: str) -> str:
    """Return the text of a marked part."""
    if order in WRITERS:
        return WRITERS[order]()
    what, *words = shlex.split(order) if not order.startswith("printed ") else order.split(" ")
    return WRITERS[what](*words)


def written(page: Path, printing: bool = True) -> str:
    """Return a page with its marked parts as they should be; what commands print may be left as it stands."""

    def part(found: re.Match[str]) -> str:
        keep = found[2].startswith("printed ") and not printing
        return found[0] if keep else f"{found[1]}\n{write(found[2])}\n\n{found[4]}"

    return _PART.sub(part, page.read_text(encoding="utf-8"))


# ------------------------------------------------------------------------------------------------ nothing forgotten


def orders(page: Path) -> list[str]:
    """Return what the marked parts of a page ask for."""
    return [part[1] for part in _PART.findall(page.read_text(encoding="utf-8"))]


def _said(what: str) -> set[str]:
    """Return what the pages of the mechanisms ask for of one sort."""
    asked = [order.split() for page in pages() if page.parent.name == "mechanisms" for order in orders(page)]
    return {word for words in asked if words[0] == what for word in words[1:]}


def forgotten() -> Iterator[str]:
    """Yield every declaration that stands on no page of a mechanism."""
    yield from (
        f"the mechanism {name} (system, verbs and kinds)" for name in assembly.NAMES if name not in _said("system")
    )
    systems = {assembly.NAMES[verb.system] for verb in assembly.VERBS.values()}
    yield from (f"the verbs of {name}" for name in sorted(systems - _said("verbs")))
    yield from (f"the function {name}" for name in assembly.FUNCTIONS if name not in _said("functions"))
    shown = {number for name in _said("kinds") for number in _written_by(name)}
    framing = {kinds.BEGAN, kinds.ENDED, kinds.GUARD}
    framing |= {
        kinds.WAS_DEAD,
        kinds.WAS_STILL,
        kinds.WAS_HELD,
        kinds.DONE,
        kinds.NOTHING_NEW,
    }  # what any verb may come to: they stand in chronicle.md
    yield from (f"the kind '{k.name}'" for k in assembly.ENTRIES if k.number not in shown | framing)
    yield from (f"the oracles of {group}" for group in oracles.declared() if group not in _said("oracles"))


def main(arguments: list[str]) -> int:
    """Write the pages, or check them; return 0 when all is well."""
    wrong = [f"{what}: on no page of a mechanism; add it to a marked part" for what in forgotten()]
    for page in pages():
        text = written(page, "--quick" not in arguments)
        if text != page.read_text(encoding="utf-8"):
            if "--check" in arguments:
                wrong.append(f"{page.relative_to(DOCS.parent)} is stale; run python docs/reference.py")
            else:
                page.write_text(text, encoding="utf-8")
    text = SCHEMA_TEXT
    if not SCHEMA.exists() or text != SCHEMA.read_text(encoding="utf-8"):
        if "--check" in arguments:
            wrong.append(f"{SCHEMA.relative_to(DOCS.parent)} is stale; run python docs/reference.py")
        else:
            SCHEMA.write_text(text, encoding="utf-8")
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
