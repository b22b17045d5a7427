"""A blank value is a fault wherever it stands: an empty variable or a forgotten word never means anything."""

import copy
import re
from pathlib import Path

import pytest
import yaml

from briarpatch.errors import RequestError, ScenarioError
from briarpatch.run import seconds
from briarpatch.scenario import load
from briarpatch.scenario.catalog import load_scenario, load_text, packaged
from briarpatch.scenario.schema import json_schema
from plan_texts import read_plan_text
from plays import scene

CASES = Path(__file__).parent / "cases"
SMALL = ["valley", "vault", "skirmish", "mill"]


def nodes(value, path=()):
    """Yield the path of every node but the root."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from nodes(item, (*path, key))


def blanked(data, path):
    """Return plain data in which the value at `path` is blank."""
    data = copy.deepcopy(data)
    at = data
    for part in path[:-1]:
        at = at[part]
    at[path[-1]] = None
    return data


@pytest.mark.parametrize("name", SMALL)
def test_whatever_is_blank_is_a_fault_with_its_place(name):
    data = load.read(packaged() / f"{name}.yaml").data
    paths = list(nodes(data))
    assert len(paths) > 100
    for path in paths[:: max(1, len(paths) // 150)]:
        text = yaml.safe_dump(blanked(data, path), sort_keys=False)
        with pytest.raises(ScenarioError) as wrong:
            load_text(text)
        leaf = f"item {path[-1] + 1}" if isinstance(path[-1], int) else f"'{path[-1]}'"
        [fault] = [f for f in wrong.value.faults if f.message == f"{leaf} {load.BLANK}"]
        assert re.search(r"null|^$|~", text.splitlines()[fault.place.line - 1][fault.place.column - 1 :])
        assert not any("is missing" in f.message for f in wrong.value.faults), path


def test_each_blank_of_the_case_is_a_fault():
    with pytest.raises(ScenarioError) as wrong:
        load_scenario(CASES / "blank_values.yaml")
    assert [(f.place.line, f.message) for f in wrong.value.faults] == [
        (8, f"'after' {load.BLANK}"),
        (9, f"'rate' {load.BLANK}"),
    ]


@pytest.mark.parametrize("given", ["", "  ", "~", "null"])
def test_a_blank_override_is_a_fault(given):
    with pytest.raises(ScenarioError, match=r"--set rules.crack.rate: is blank; write the value after '='"):
        load_scenario("valley", overrides={"rules.crack.rate": given})


def test_a_blank_setting_of_a_variant_is_said_once():
    text = """
gauges: { n: {} }
variants:
  v: { question: q, default: one, settings: { one: { told: one, set: { gauges.n.start: } } } }
"""
    with pytest.raises(ScenarioError) as wrong:
        scene(text)
    assert [f.message for f in wrong.value.faults] == [f"'gauges.n.start' {load.BLANK}"]


@pytest.mark.parametrize(
    "plan", ["seeds:", "arms: { a: }", "arms: { a: { as_told: } }", "arms: { a: { set: { x.y: } } }"]
)
def test_a_blank_in_a_plan_is_a_fault(plan):
    with pytest.raises(ScenarioError, match="is blank"):
        read_plan_text(plan)


@pytest.mark.parametrize("moment", ["", " ", "\t"])
def test_a_blank_moment_is_refused(moment):
    with pytest.raises(RequestError, match=r"such as '3 d' or '14 h'; it is blank$"):
        seconds(moment)


def test_the_schema_for_editors_allows_no_blank():
    def types(node):
        if isinstance(node, dict):
            yield node.get("type")
            for item in node.values():
                yield from types(item)
        elif isinstance(node, list):
            for item in node:
                yield from types(item)

    assert "null" not in set(map(str, types(json_schema())))


@pytest.mark.parametrize("blank", ['""', '" "', "'  '", '"\\t"'])
@pytest.mark.parametrize("line", ["rules: { b: { told: %s, when: 'true' } }", "scenario: { title: %s }"])
def test_a_quoted_text_of_nothing_is_blank_too(line, blank):
    text = "factions: { f: {} }\nendings: { over: { told: it was over } }\n" + line % blank + "\n"
    with pytest.raises(ScenarioError, match="is blank; write its value, or leave the key out"):
        load_text(text)
