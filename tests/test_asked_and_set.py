"""What is asked for is set somewhere, and what is set is asked for: states, kinds of entries, verbs, functions, columns."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import briarpatch
from briarpatch import assembly
from briarpatch.declare.numbers import ledger
from briarpatch.world import chance, functions, kinds, machine, refs, states, tables, topics, verbs

SOURCES = Path(briarpatch.__file__).parent
TREES = {path: ast.parse(path.read_text()) for path in sorted(SOURCES.rglob("*.py"))}
ENGINE = {
    path: tree for path, tree in TREES.items() if path.parent.name in ("systems", "world") or path.name == "engine.py"
}


def uses(module: str, trees=TREES) -> tuple[Counter, Counter]:
    """Return how often each `module.NAME` is compared with something, and how often it is used in any other way."""
    asked, other = Counter(), Counter()
    for tree in trees.values():
        for parent in ast.walk(tree):
            for child in ast.iter_child_nodes(parent):
                if isinstance(child, ast.Attribute) and isinstance(child.value, ast.Name) and child.value.id == module:
                    compared = isinstance(parent, ast.Compare)
                    (asked if compared else other)[child.attr] += 1
    return asked, other


AT_THE_START = {"NO_GUARD", "READY", "UNTRIED", "IDLE"}
"""States that are zero, in which everything begins."""

BY_THE_SCENARIO = {"VOICE", "DELAY", "REFUSE", "OPPOSE"}
"""States that a scenario sets, by words of `states.RESPONSES`."""

BY_WHAT_IS_LEFT = {"ADD", "RECALL", "TREAT", "TOUCH"}
"""Verbs that a system carries out when it is none of its others."""


def test_every_state_is_set_somewhere_and_asked_for_somewhere():
    asked, other = uses("states")
    names = {name for name, value in vars(states).items() if name.isupper() and isinstance(value, int)}
    used_inside = {
        node.id
        for node in ast.walk(TREES[SOURCES / "world" / "states.py"])
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    unused = sorted(name for name in names if not asked[name] and not other[name] and name not in used_inside)
    only_asked = sorted(name for name in names if asked[name] and not other[name])
    assert set(unused) <= AT_THE_START
    assert set(only_asked) <= AT_THE_START | BY_THE_SCENARIO


def test_every_kind_of_entry_is_written_by_something():
    _, emitted = uses("kinds", ENGINE)
    asked, _ = uses("kinds", ENGINE)
    names = {name: value for name, value in vars(kinds).items() if name.isupper() and isinstance(value, int)}
    assert sorted(name for name in names if not emitted[name] and not asked[name]) == []
    assert len(set(names.values())) == len(names)


def test_every_verb_is_carried_out_by_the_system_that_owns_it():
    asked, other = uses("verbs", {path: tree for path, tree in TREES.items() if path.parent.name == "systems"})
    declared = set()
    for node in TREES[SOURCES / "world" / "verbs.py"].body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            if isinstance(node.value.func, ast.Name) and node.value.func.id == "_verb":
                declared.update(target.id for target in node.targets if isinstance(target, ast.Name))
    assert len(declared) > 50
    assert {name for name in declared if not asked[name] and not other[name]} <= BY_WHAT_IS_LEFT


def test_every_function_has_one_number_and_the_machine_answers_for_it():
    given = ledger()["function"]
    assert sorted(given) == sorted(assembly.FUNCTIONS)
    declared = {function.name for one in assembly.MECHANISMS for function in one.functions}
    for name, function in assembly.FUNCTIONS.items():
        assert function.opcode == functions.FIRST_OPCODE + given[name]
        room = machine._ROOMS[min(function.opcode, len(machine._ROOMS) - 1)]
        assert (room == 0) == (name in declared), name
    asked, other = uses("functions", {path: tree for path, tree in TREES.items() if path.name == "machine.py"})
    constants = {name for name, value in vars(functions).items() if name.isupper() and isinstance(value, int)} - {
        "FIRST_OPCODE"
    }
    assert sorted(name for name in constants if not asked[name] and not other[name]) == []


def test_no_number_is_given_twice_and_no_name_is_declared_twice():
    for module in (chance, states, kinds, verbs, functions, refs, topics, tables):
        path = Path(module.__file__)
        names = Counter()
        for node in TREES[path].body:
            for target in node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]:
                for item in ast.walk(target) if target is not None else ():
                    if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store):
                        names[item.id] += 1
        assert [name for name, times in names.items() if times > 1] == [], path.name
    streams = [value for name, value in vars(chance).items() if name.isupper() and type(value) is int]
    assert len(set(streams)) == len(streams)


def test_every_stream_of_chance_is_drawn_from():
    names = {name for name, value in vars(chance).items() if name.isupper() and type(value) is int}
    words = {node.attr for tree in TREES.values() for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    words |= {
        node.id
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    assert sorted(names - words) == []


def test_every_column_of_a_world_is_read_somewhere():
    words = Counter(node.attr for tree in TREES.values() for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    words.update(
        node.value
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    idle = sorted(
        f"{name}.{column.name}"
        for name, table in assembly.TABLES.items()
        for column in table.columns
        if not words[column.name]
    )
    assert idle == []
