"""Writes `oracles.md`: every number that a mechanism is held to, the tests that name it, and how they went.

    python docs/oracles.py [--check] [REPORT.xml ...]

The ids and what they say stand in `oracles.yaml`. A test names an oracle by its id, in its name (`test_O_1_2_...`) or
anywhere in its text (`O-1.2`). How they went is read from the reports of finished runs (`pytest --junitxml REPORT.xml`);
without reports all those tests are run first, the long ones too. With `--check` nothing is written, and the program
fails when the page is not what it would write.
"""

from __future__ import annotations

import ast
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter, defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
import yaml

DOCS = Path(__file__).parent
ROOT = DOCS.parent
PAGE = DOCS / "oracles.md"
_ID = re.compile(r"\bO-(INT|\d+)\.(\d+)\b|\bX-(\d+)\b")
_IN_A_NAME = re.compile(r"_O_(INT|\d+)_(\d+)(?=_|$)|_X_(\d+)(?=_|$)")
_HEAD = """# The oracles

An oracle is a number, worked out by hand, by quadrature or from what is published, to which a mechanism is held. This
page is written by `python docs/oracles.py`, which runs every test that names one; nothing on it is typed. Statistical
tests have a fixed seed and allow four standard errors.
"""


class Test(NamedTuple):
    """A test function: the file it stands in, relative to the root, and its name."""

    file: str
    name: str


def declared() -> dict[str, dict[str, str]]:
    """Return what each oracle says, by mechanism and id."""
    return yaml.safe_load((DOCS / "oracles.yaml").read_text(encoding="utf-8"))


def named(text: str, name: str) -> set[str]:
    """Return the ids of the oracles that a test names in its text or its name."""
    found = [*_ID.findall(text), *_IN_A_NAME.findall(name)]
    return {f"X-{combined}" if combined else f"O-{group}.{number}" for group, number, combined in found}


def tests() -> dict[str, list[Test]]:
    """Return the tests that name each oracle, in the order of their files."""
    found = defaultdict(list)
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        source = file.read_text(encoding="utf-8")
        lines = source.splitlines()
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)]) - 1
                for oracle in named("\n".join(lines[first : node.end_lineno]), node.name):
                    found[oracle].append(Test(file.relative_to(ROOT).as_posix(), node.name))
    return found


def faults() -> list[str]:
    """Return what is wrong with the list: oracles without a test, and tests that name none of the list."""
    known = {oracle for group in declared().values() for oracle in group}
    held = tests()
    lacking = [f"{oracle} has no test that names it" for oracle in sorted(known - held.keys())]
    return lacking + [
        f"{held[oracle][0]} names {oracle}, which the list does not hold" for oracle in held.keys() - known
    ]


def outcomes(reports: list[Path]) -> dict[Test, Counter[str]]:
    """Return how the cases of each test went, from reports in JUnit's format."""
    found: dict[Test, Counter[str]] = defaultdict(Counter)
    for report in reports:
        for case in ElementTree.parse(report).iter("testcase"):
            file = case.get("classname", "").replace(".", "/") + ".py"
            bad = {child.tag for child in case} & {"failure", "error", "skipped"}
            outcome = {"failure": "failed", "error": "failed", "skipped": "skipped"}[bad.pop()] if bad else "passed"
            found[Test(file, case.get("name", "").split("[")[0])][outcome] += 1
    return found


def run() -> dict[Test, Counter[str]]:
    """Run every test that names an oracle; return how its cases went."""
    wanted = sorted({str(ROOT / f"{test.file}::{test.name}") for found in tests().values() for test in found})
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        pytest.main([f"--rootdir={ROOT}", f"--junitxml={report}", "-m", "", *wanted])
        return outcomes([report])


def said(went: Counter[str]) -> str:
    """Return how a test's cases went, in words: "passed", "3 passed", "1 failed, 2 passed"."""
    parts = [f"{number} {outcome}" for outcome, number in sorted(went.items())]
    return parts[0].split()[1] if went.total() == 1 else ", ".join(parts) or "did not run"


def page(results: dict[Test, Counter[str]] | None = None) -> str:
    """Return the page; without `results` its last column is empty."""
    held = tests()
    text = [_HEAD]
    for mechanism, group in declared().items():
        text += [f"## {mechanism.capitalize()}\n", "| oracle | says | tests | result |", "|---|---|---|---|"]
        for oracle, says in group.items():
            found = held.get(oracle, [])
            links = "<br>".join(f"[{test.name}](../{test.file})" for test in found)
            went = "<br>".join(said(results.get(test, Counter())) for test in found) if results is not None else ""
            text.append(f"| {oracle} | {says} | {links} | {went} |")
        text.append("")
    return "\n".join(text)


def without_results(text: str) -> list[str]:
    """Return the lines of a page without the column of results."""
    return [line.rsplit("|", 2)[0] if line.startswith("| ") else line for line in text.splitlines()]


def main(arguments: list[str]) -> int:
    """Write the page, or check it; return 0 when all is well."""
    wrong = faults()
    if wrong:
        print("\n".join(wrong))
        return 1
    reports = [Path(argument) for argument in arguments if argument != "--check"]
    results = outcomes(reports) if reports else run()
    held = {test for found in tests().values() for test in found}
    failed = [f"{test.file}::{test.name}" for test in sorted(held) if set(results.get(test, {"missing"})) != {"passed"}]
    if failed:
        print("\n".join(["these tests did not pass:", *failed]))
        return 1
    written = page(results)
    if "--check" not in arguments:
        PAGE.write_text(written, encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != written:
        print("docs/oracles.md is stale; run python docs/oracles.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
