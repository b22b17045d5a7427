"""Compiled play and plain Python give the same bytes, and use only functions that do (docs/decisions/0008).

Plain Python plays on tables that check (`checked`), so no kernel reads or writes out of range, or what is not in use.
"""

from __future__ import annotations

import ast
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

import briarpatch
import checked
from briarpatch import load_scenario
from briarpatch.world import alike, recorder, tables
from briarpatch.world.compiled import INTERPRETED
from plays import HOUR, digests, go_on

SOURCES = Path(briarpatch.__file__).parent
NAMES = sorted(path.stem for path in (SOURCES / "scenarios").iterdir() if not path.name.startswith("_"))
SLOW = {
    "exile",
    "hunt",
    "insurrection",
    "valley",
    "well",
    "spring",
    "century",
    "geese",
    "quiet",
    "trek",
    "quarrel",
    "outbreak",
    "trek_north",
}
UNTIL = {"insurrection": 16 * HOUR, "exile": 20 * 365 * 24 * HOUR, "outbreak": 40 * 24 * HOUR, "trek_north": 2 * HOUR}
"""How much is played of what takes plain Python too long."""
CROWDS = str(Path(__file__).parent / "cases" / "counted_crowds.yaml")


def played(name: str, seed: int, until: float = math.inf) -> dict[str, str]:
    """Return a digest of each table of a world that is played, and that records what changes, to its end or `until` [s]."""
    scenario = load_scenario(name)
    world = recorder.recording(scenario.program, scenario.world(seed), recorder.CHANGES)
    return digests(go_on(scenario, world, until)[0])


PLAIN = """
import json, sys
sys.path.insert(0, sys.argv[1])
from checked import play
print(json.dumps([play(*case) for case in json.loads(sys.argv[2])]))
"""


def in_plain_python(cases: list[tuple]) -> list[dict[str, str]]:
    """Return the digests of worlds that are played without a compiler, on tables that check, in another process."""
    done = subprocess.run(
        [sys.executable, "-c", PLAIN, str(Path(__file__).parent), json.dumps(cases)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(SOURCES.parent)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def compare(cases: list[tuple]) -> None:
    for case, plain in zip(cases, in_plain_python(cases), strict=True):
        compiled = played(*case)
        assert [table for table in compiled if compiled[table] != plain[table]] == [], case


@pytest.mark.skipif(INTERPRETED, reason="compares with compiled play")
def test_compiled_and_plain_play_give_the_same_bytes():
    compare([(name, 3) for name in NAMES if name not in SLOW])


@pytest.mark.skipif(INTERPRETED, reason="compares with compiled play")
def test_the_first_hours_of_the_long_story_are_the_same_bytes_in_both_forms():
    compare([("insurrection", 5, 2 * HOUR)])


@pytest.mark.skipif(INTERPRETED, reason="compares with compiled play")
def test_counted_crowds_are_the_same_bytes_in_both_forms():
    compare([(CROWDS, 3), ("outbreak", 3, 8 * 24 * HOUR), ("trek_north", 3, 0.1 * HOUR)])


@pytest.mark.long
@pytest.mark.skipif(INTERPRETED, reason="compares with compiled play")
@pytest.mark.parametrize("name", NAMES)
def test_compiled_and_plain_play_give_the_same_bytes_in_every_scenario(name):
    seeds = (5,) if name in SLOW else (5, 6, 7, 8)
    compare([(name, seed, UNTIL.get(name, math.inf)) for seed in seeds])


TABLE = tables.REQUESTS.rows(4)


@pytest.mark.parametrize(
    "does",
    [
        lambda table: table[-1],
        lambda table: table[4],
        lambda table: table[np.int32(-1)].verb,
        lambda table: table[1:9],
        lambda table: table[-2:],
        lambda table: table[::2],
        lambda table: table[3],
        lambda table: table.__setitem__(-1, table[0]),
        lambda table: setattr(table[0], "verb", 1 << 40),
        lambda table: setattr(table[0], "verb", 1.5),
    ],
)
def test_tables_that_check_refuse_what_compiled_code_would_do(does):
    table = checked.checked("requests", TABLE.copy())
    table.used = {"pending": np.array([2])}, "pending"
    table[2].verb = 7
    assert [int(row.verb) for row in table[0:3]][2] == 7
    with pytest.raises(checked.Refused):
        does(table)


def kernels():
    """Yield (file, function) of all that may be compiled."""
    for folder in ("systems", "mechanisms", "laws", "world"):
        for path in sorted((SOURCES / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef) and any(_compiles(d) for d in node.decorator_list):
                    yield path.name, node


def _compiles(decorator: ast.expr) -> bool:
    decorator = decorator.func if isinstance(decorator, ast.Call) else decorator
    if isinstance(decorator, ast.Attribute):  # by which a mechanism declares it
        return decorator.attr in ("step", "at", "verb", "function")
    return isinstance(decorator, ast.Name) and decorator.id in ("kernel", "part", "system")


def test_what_plays_uses_no_function_whose_last_digit_depends_on_the_form():
    found = []
    for file, function in kernels():
        for node in ast.walk(function):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "math":
                if node.attr in ("hypot", "lgamma", "gamma", "dist", "fsum", "pow", "cbrt", "exp2"):
                    found.append(f"{file}: math.{node.attr} in {function.name}")
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if node.func.attr in ("sum", "mean", "dot", "prod", "std", "var"):
                    found.append(f"{file}: {node.func.attr}() in {function.name}, whose order of adding is not fixed")
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
                whole = isinstance(node.right, ast.Constant) and isinstance(node.right.value, int)
                if whole and not isinstance(node.left, ast.Constant):
                    found.append(f"{file}: a whole power in {function.name}")
    assert found == []


@given(st.floats(1e-12, 1e8))
def test_the_logarithm_of_gamma_is_that_of_the_tables(x):
    assert alike.log_gamma(x) == pytest.approx(special.gammaln(x), rel=1e-13, abs=1e-14)


@given(st.floats(-1e100, 1e100), st.floats(-1e100, 1e100))
def test_hypot_is_the_length_of_a_hypotenuse(x, y):
    assert alike.hypot(x, y) == pytest.approx((x**2 + y**2) ** 0.5 if abs(x) + abs(y) > 1e-150 else 0.0, rel=1e-15)
