"""Breaks the code on purpose, one place at a time, and says which breaks no test falls for.

    python tests/mutate.py laws/bonds mechanisms/weather [-n 10] [--seed 1] [--patience 60]

Of each module it takes a sample of the places that could be wrong in a way a test should see: a comparison that takes or leaves
its bound, a sum that is a difference, a product that is a quotient, a sign, a number, a condition the other way round, a guard
that never holds, a statement that is left out. Each is written into a copy of the package, and the module's own tests play with
it, interpreted: `tests/laws/test_NAME_laws.py`, and then `tests/systems/test_NAME*.py`, but no file that takes longer than
`--patience`. A break for which a test falls, or which takes ten times as long, is found; the others are listed with their places.
Nothing of the working tree is changed.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "briarpatch"
_COMPARISONS = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
}
_OPERATORS = {ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "/"), ast.Div: ("/", "*")}
_JOINS = {ast.And: ("and", "or"), ast.Or: ("or", "and")}
_CALLS = {"min": "max", "max": "min", "floor": "ceil", "ceil": "floor"}


@dataclass(frozen=True)
class Break:
    """One place of a file, and what stands there instead."""

    start: int
    end: int
    new: str
    line: int
    what: str

    def of(self, text: bytes) -> bytes:
        """Return a file with this break in it."""
        return text[: self.start] + self.new.encode() + text[self.end :]


def breaks(text: bytes) -> list[Break]:
    """Return every break of a file's functions, in the order of the file."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found: dict[tuple[int, int, str], Break] = {}
    for function in ast.walk(ast.parse(text)):
        if isinstance(function, ast.FunctionDef):
            for statement in function.body:
                for one in _of(statement, text, starts):
                    found.setdefault((one.start, one.end, one.new), one)
    return sorted(found.values(), key=lambda one: (one.start, one.new))


def _of(statement: ast.stmt, text: bytes, starts: list[int]) -> Iterator[Break]:
    def begin(node: ast.expr | ast.stmt) -> int:
        return starts[node.lineno - 1] + node.col_offset

    def end(node: ast.expr | ast.stmt) -> int:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return starts[node.end_lineno - 1] + node.end_col_offset

    def between(left: ast.expr, right: ast.expr, pair: tuple[str, str]) -> Break:
        at = text.index(pair[0].encode(), end(left), begin(right))
        behind = " ".join(text[begin(right) : end(right)].decode().split())[:30]
        what = f"`{pair[0]}` becomes `{pair[1]}` before `{behind}`"
        return Break(at, at + len(pair[0]), pair[1], left.lineno, what)

    todo: list[ast.AST] = [statement]
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.Raise, ast.Assert, ast.JoinedStr, ast.FunctionDef, ast.Import, ast.ImportFrom)):
            continue
        todo += ast.iter_child_nodes(node)
        if isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARISONS:
            yield between(node.left, node.comparators[0], _COMPARISONS[type(node.ops[0])])
        elif isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS and not isinstance(node.left, ast.JoinedStr):
            yield between(node.left, node.right, _OPERATORS[type(node.op)])
        elif isinstance(node, ast.BoolOp):
            yield between(node.values[0], node.values[1], _JOINS[type(node.op)])
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            yield Break(begin(node), begin(node) + 1, "", node.lineno, "a minus is left out")
        elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
            other = "1.0" if node.value == 0.0 and isinstance(node.value, float) else f"{node.value!r} + 1"
            yield Break(begin(node), end(node), f"({other})", node.lineno, f"{node.value!r} becomes {other}")
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in _CALLS:
                at = end(node.func)
                yield Break(at - len(name), at, _CALLS[name], node.lineno, f"`{name}` becomes `{_CALLS[name]}`")
        elif isinstance(node, ast.If):
            test = text[begin(node.test) : end(node.test)].decode()
            yield Break(begin(node.test), end(node.test), f"not ({test})", node.lineno, "the other way round")
            if isinstance(node.body[-1], (ast.Return, ast.Continue, ast.Break)) and not node.orelse:
                yield Break(begin(node.test), end(node.test), "False", node.lineno, "the guard never holds")
        elif isinstance(node, ast.AugAssign) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
            yield Break(begin(node), end(node), "pass", node.lineno, "left out")


def tests_of(module: str) -> list[Path]:
    """Return the files of a module's own tests; raises SystemExit when there are none."""
    name = Path(module).name
    tests = ROOT / "tests"
    found = [tests / "laws" / f"test_{name}_laws.py", *sorted((tests / "systems").glob(f"test_{name}*.py"))]
    found = [path for path in found if path.exists()]
    if not (PACKAGE / f"{module}.py").exists() or not found:
        raise SystemExit(f"{module}: no such module with tests of its own; name one such as laws/bonds")
    return found


def play(copy: Path, tests: Path, patience: float) -> tuple[bool, float]:
    """Return whether a file of tests passes with the package in `copy`, and the seconds that it took, at most `patience`."""
    environment = os.environ | {
        "PYTHONPATH": str(copy),
        "NUMBA_DISABLE_JIT": "1",
        "BRIARPATCH_CACHE": str(copy / "cache"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    words = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider", "-p", "no:randomly"]
    begun = time.monotonic()
    try:
        done = subprocess.run([*words, str(tests)], cwd=ROOT, env=environment, capture_output=True, timeout=patience)
    except subprocess.TimeoutExpired:
        return False, time.monotonic() - begun
    if done.returncode not in (0, 1, 2):  # of pytest: passed, failed, stopped
        raise SystemExit(done.stdout.decode() + done.stderr.decode())
    return done.returncode == 0, time.monotonic() - begun


@dataclass(frozen=True)
class Outcome:
    """What came of the breaks of one module."""

    module: str
    places: int
    tried: int
    survivors: list[tuple[Break, str]]
    played: list[str]
    """The files of tests that were played."""


def survey(module: str, number: int, seed: int, patience: float) -> Outcome:
    """Return what comes of `number` breaks of a module, drawn by `seed`; says each on stderr."""
    source = PACKAGE / f"{module}.py"
    tests, text = tests_of(module), source.read_bytes()
    every = breaks(text)
    drawn = sorted(random.Random(f"{seed} {module}").sample(every, min(number, len(every))), key=lambda one: one.start)
    survivors = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copytree(PACKAGE, copy / "briarpatch", ignore=shutil.ignore_patterns("shipped", "__pycache__"))
        took = {}
        for path in tests:
            passed, seconds = play(copy, path, patience)
            if not passed and seconds < patience:
                raise SystemExit(f"{module}: {path.name} falls before anything is broken")
            took |= {path: seconds} if passed else {}
        if not took:
            raise SystemExit(f"{module}: its tests take longer than --patience {patience:g}")
        for one in drawn:
            (copy / "briarpatch" / f"{module}.py").write_bytes(one.of(text))
            found = next((path.name for path in took if not play(copy, path, 10.0 * took[path])[0]), "")
            line = text.splitlines()[one.line - 1].strip().decode()
            print(f"{module}.py:{one.line} {one.what}: {found or 'SURVIVED'}: {line}", file=sys.stderr, flush=True)
            survivors += [] if found else [(one, line)]
    return Outcome(module, len(every), len(drawn), survivors, [path.name for path in took])


def main() -> int:
    """Survey modules and print a table; return 1 when something survived."""
    words = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    words.add_argument("modules", nargs="+", help="such as laws/bonds")
    words.add_argument("-n", type=int, default=10, help="breaks a module (default 10)")
    words.add_argument("--seed", type=int, default=1, help="which breaks are drawn (default 1)")
    words.add_argument(
        "--patience", type=float, default=60.0, help="seconds that a file of tests may take (default 60)"
    )
    given = words.parse_args()
    found = [survey(module, given.n, given.seed, given.patience) for module in given.modules]
    print("| module | tests | places | tried | survived |\n|---|---|---|---|---|")
    for one in found:
        tests = ", ".join(f"`{name}`" for name in one.played)
        print(f"| `{one.module}` | {tests} | {one.places} | {one.tried} | {len(one.survivors)} |")
    for outcome in found:
        for broken, line in outcome.survivors:
            print(f"\n`{outcome.module}.py:{broken.line}`, {broken.what}: `{line}`")
    return int(any(one.survivors for one in found))


if __name__ == "__main__":
    raise SystemExit(main())
