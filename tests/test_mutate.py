"""The program that breaks the code on purpose: what it breaks, and that it tells what is found from what survives."""

from __future__ import annotations

import ast

import pytest

import mutate

LAW = b'''\
"""A law: -1."""

def law(x, y):
    """Return 3 - 1."""
    if x <= 0.0:
        return -y
    total = max(x, 2.0) * (x + y)
    total += 1
    note(x)
    if x > y and y > 0.0:
        total = 0.5
    return total
'''


def test_breaks_are_one_place_each_and_can_be_read():
    found = mutate.breaks(LAW)
    assert [(one.line, one.what) for one in found] == [
        (5, "the guard never holds"),
        (5, "the other way round"),
        (5, "`<=` becomes `<` before `0.0`"),
        (5, "0.0 becomes 1.0"),
        (6, "a minus is left out"),
        (7, "`max` becomes `min`"),
        (7, "2.0 becomes 2.0 + 1"),
        (7, "`*` becomes `/` before `x + y`"),
        (7, "`+` becomes `-` before `y`"),
        (8, "left out"),
        (8, "1 becomes 1 + 1"),
        (9, "left out"),
        (10, "the other way round"),
        (10, "`>` becomes `>=` before `y`"),
        (10, "`and` becomes `or` before `y > 0.0`"),
        (10, "`>` becomes `>=` before `0.0`"),
        (10, "0.0 becomes 1.0"),
        (11, "0.5 becomes 0.5 + 1"),
    ]
    before = ast.dump(ast.parse(LAW))
    broken = {ast.dump(ast.parse(one.of(LAW))) for one in found}
    assert len(broken) == len(found)
    assert before not in broken


@pytest.mark.parametrize("module", ["laws/ageing", "mechanisms/weather", "systems/drones"])
def test_breaks_of_real_files_can_be_read(module):
    text = (mutate.PACKAGE / f"{module}.py").read_bytes()
    found = mutate.breaks(text)
    assert len(found) > 30
    for one in found:
        ast.parse(one.of(text))
    assert all(path.exists() for path in mutate.tests_of(module))


def test_modules_without_tests_are_refused():
    for module in ("laws/nothing", "__init__", "views/cli"):
        with pytest.raises(SystemExit, match="no such module with tests of its own"):
            mutate.tests_of(module)


@pytest.mark.long
def test_a_break_is_found_and_one_that_changes_nothing_survives(monkeypatch):
    text = (mutate.PACKAGE / "laws" / "bonds.py").read_bytes()
    every = mutate.breaks(text)
    seen = next(one for one in every if one.what == "a minus is left out")
    at = text.index(b"def ", seen.start)
    idle = mutate.Break(at, at, "\n\n", 1, "nothing")
    monkeypatch.setattr(mutate, "breaks", lambda text: [seen, idle])
    laws = [path for path in mutate.tests_of("laws/bonds") if path.parent.name == "laws"]
    monkeypatch.setattr(mutate, "tests_of", lambda module: laws)
    found = mutate.survey("laws/bonds", 2, 1, 100.0)
    assert (found.tried, [one for one, _ in found.survivors]) == (2, [idle])
