"""Every number that an author writes has a declared range, and outside it an error with its place and what would do."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from briarpatch.errors import ScenarioError
from briarpatch.scenario import load
from briarpatch.scenario.compile import load_text
from briarpatch.scenario.schema import json_schema

Path = tuple[str | int, ...]

NAMES = {"decisions": "somebody.something"}
"""What a key of a section is called, where `something` will not do."""

ABOUT_A_NUMBER = ("must be", "needs a", "is not a quantity", "is not a unit", "is too large")


def leaves(node: dict[str, Any], path: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield every place of a scenario where a number may stand, and what the schema declares of it."""
    if "$ref" in node:
        yield from leaves(json_schema()["$defs"][node["$ref"].rsplit("/", 1)[1]], path)
    for either in node.get("anyOf", ()):
        yield from leaves(either, path)
    for name, field in node.get("properties", {}).items():
        yield from leaves(field, (*path, name))
    for of_any_name in (node.get("additionalProperties"), *node.get("patternProperties", {}).values()):
        if isinstance(of_any_name, dict):
            yield from leaves(of_any_name, (*path, NAMES.get(str(path[-1]), "something")))
    if isinstance(node.get("items"), dict):
        yield from leaves(node["items"], (*path, 0))
    for number, item in enumerate(node.get("prefixItems", ())):
        yield from leaves(item, (*path, number))
    if {"number", "integer"} & set([node.get("type")] if isinstance(node.get("type"), str) else node.get("type", [])):
        yield path, node


NUMBERS = sorted(dict(leaves(json_schema())).items(), key=lambda pair: str(pair[0]))
SECTIONS = sorted({str(path[0]) for path, _ in NUMBERS})


def document(values: dict[Path, Any]) -> Any:
    """Return plain data that holds each value at its path and nothing else."""
    data: dict = {}
    for path, value in values.items():
        at: Any = data
        for step, following in zip(path, (*path[1:], None), strict=True):
            inside: Any = value if following is None else [] if isinstance(following, int) else {}
            if isinstance(step, int):
                at += ["0 m"] * (step + 1 - len(at))
                at[step] = inside if following is None or not isinstance(at[step], (dict, list)) else at[step]
            elif following is None or step not in at:
                at[step] = inside
            at = at[step]
    return data


def apart(paths: list[Path]) -> list[list[Path]]:
    """Return the paths in groups that one document can hold: none leads through the end of another."""
    groups: list[list[Path]] = []
    for path in paths:
        for group in groups:
            if not any(path[: len(other)] == other or other[: len(path)] == path for other in group):
                group.append(path)
                break
        else:
            groups.append([path])
    return groups


def written(number: float, unit: str) -> Any:
    """Return a number as an author would write it in that unit."""
    return f"{number!r} {unit.removeprefix('1')}" if unit else number


def complaints(values: dict[Path, Any]) -> dict[Path, str]:
    """Return what loading says of the value at each path, or nothing."""
    found = dict.fromkeys(values, "")
    for group in apart(list(values)):
        text = yaml.safe_dump(document({path: values[path] for path in group}), sort_keys=False)
        source = load.read_text(text)
        with pytest.raises(ScenarioError) as caught:
            load_text(text)
        for path in group:
            place = source.place(path)
            said = [fault.message for fault in caught.value.faults if fault.place == place]
            found[path] = "; ".join(m for m in said if any(word in m for word in ABOUT_A_NUMBER))
    return found


def test_there_are_numbers_in_every_section_that_has_some():
    assert len(NUMBERS) > 150
    assert {"people", "crowds", "vessels", "devices", "rules", "life", "bonds", "councils"} <= set(SECTIONS)


def test_every_number_has_a_declared_range_and_a_unit():
    for path, node in NUMBERS:
        low = node.get("minimum", node.get("exclusiveMinimum"))
        assert "unit" in node, path
        assert low is not None, path
        assert math.isfinite(low), path
        assert math.isfinite(node["maximum"]), path
        assert low < node["maximum"], path


def test_outside_its_range_a_number_is_refused_at_its_place():
    below, beyond = {}, {}
    for path, node in NUMBERS:
        low, high = node.get("minimum"), node["maximum"]
        below[path] = written(node["exclusiveMinimum"] if low is None else low - max(1.0, abs(low)), node["unit"])
        beyond[path] = written(high + max(1.0, abs(high)), node["unit"])
    for path, said in complaints(below).items():
        assert "must be at least" in said or "must be more than" in said, (path, said)
    for path, said in complaints(beyond).items():
        assert "must be at most" in said, (path, said)


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, "nan", "inf m", "1e999 km", "many", True, "3 furlongs"]
)
def test_what_is_no_number_is_refused_at_its_place(value):
    for path, said in complaints({path: value for path, _ in NUMBERS}).items():
        assert said, (path, value)


@pytest.mark.parametrize("end", ["minimum", "maximum"])
def test_both_ends_of_a_range_belong_to_it(end):
    values = {path: written(node[end], node["unit"]) for path, node in NUMBERS if end in node}
    for path, said in complaints(values).items():
        assert said == "", (path, said)
