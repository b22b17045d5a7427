"""Compiled play and plain Python give the same bytes, and use only functions that do (docs/decisions/0008)."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

import briarpatch
from briarpatch import engine, load_scenario
from briarpatch.world import alike, states
from briarpatch.world.compiled import INTERPRETED
from briarpatch.world.world import SCRATCH, World, grow

SOURCES = Path(briarpatch.__file__).parent
NAMES = sorted(path.stem for path in (SOURCES / "scenarios").iterdir() if not path.name.startswith("_"))
SLOW = {"exile", "hunt", "insurrection", "valley", "well", "spring", "century", "geese", "quiet", "trek", "quarrel"}


def digests(name: str, seed: int) -> dict[str, str]:
    """Return a digest of each table of a world that is played to its end."""
    played = load_scenario(name)
    world = played.world(seed)
    while engine.play(played.program, world) == states.NEEDS_ROOM:
        world = grow(world)
    tables = {name: getattr(world, name) for name in World._fields if name not in SCRATCH}
    for table, used in (("chronicle", "entries"), ("messages", "sent"), ("requests", "pending")):
        tables[table] = tables[table][: int(world.state[used][0])]
    return {name: hashlib.sha256(array.tobytes()).hexdigest()[:16] for name, array in tables.items()}


PLAIN = """
import json, sys
sys.path.insert(0, sys.argv[1])
from test_same_bits import digests
print(json.dumps([digests(name, int(seed)) for name, seed in json.loads(sys.argv[2])]))
"""


def in_plain_python(cases: list[tuple[str, int]]) -> list[dict[str, str]]:
    """Return the digests of worlds that are played without a compiler, in another process."""
    done = subprocess.run(
        [sys.executable, "-c", PLAIN, str(Path(__file__).parent), json.dumps(cases)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(SOURCES.parent)},
    )
    return json.loads(done.stdout)


def compare(cases: list[tuple[str, int]]) -> None:
    for (name, seed), plain in zip(cases, in_plain_python(cases), strict=True):
        compiled = digests(name, seed)
        assert [table for table in compiled if compiled[table] != plain[table]] == [], (name, seed)


@pytest.mark.skipif(INTERPRETED, reason="compares with compiled play")
def test_compiled_and_plain_play_give_the_same_bytes():
    compare([(name, 3) for name in NAMES if name not in SLOW])


@pytest.mark.long
@pytest.mark.skipif(INTERPRETED, reason="compares with compiled play")
@pytest.mark.parametrize("name", NAMES)
def test_compiled_and_plain_play_give_the_same_bytes_in_every_scenario(name):
    compare([(name, seed) for seed in ((5,) if name in SLOW else (5, 6, 7, 8))])


def kernels():
    """Yield (file, function) of all that may be compiled."""
    for folder in ("systems", "laws", "world"):
        for path in sorted((SOURCES / folder).glob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef) and any(_compiles(d) for d in node.decorator_list):
                    yield path.name, node


def _compiles(decorator: ast.expr) -> bool:
    decorator = decorator.func if isinstance(decorator, ast.Call) else decorator
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
