"""Parts: what is kept of them, what is linked, and what is refused."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import briarpatch
from briarpatch import engine
from briarpatch.errors import BriarpatchError
from briarpatch.world import parts
from briarpatch.world.compiled import INTERPRETED
from briarpatch.world.parts import FLOAT, INT, NOTHING, PARTS, Part
from briarpatch.world.targets import target_machine

needs_compiler = pytest.mark.skipif(INTERPRETED, reason="nothing is compiled")


@pytest.fixture
def empty(monkeypatch, tmp_path):
    """Let parts be kept in a folder of this test."""
    monkeypatch.setattr(parts, "_folder", lambda: tmp_path)
    monkeypatch.setattr(parts, "_shipped", dict)
    return tmp_path


@needs_compiler
def test_every_part_is_linked_and_kept():
    engine.prepare()
    assert parts.linked()
    assert parts.missing() == []
    assert all(one.address for one in PARTS.values())
    assert len({one.address for one in PARTS.values()}) == len(PARTS)


@needs_compiler
def test_object_code_knows_nothing_of_the_interpreter():
    called = {name for one in PARTS.values() for name in parts._found(one)[1]}
    others = called - set(PARTS)
    assert not {name for name in others if name.startswith(("Py", "_Py", "numba", "NRT"))}
    assert {"log1p", "sqrt"} <= others, "the mathematical library is all that it needs"


@needs_compiler
def test_what_is_kept_is_found_whole_or_not_at_all(empty):
    one = next(iter(PARTS.values()))
    assert parts._kept(one) is None
    parts.keep(one, b"code", ["exp"])
    assert parts._kept(one) == (b"code", ["exp"])
    file = parts._file(one)
    assert file.parent == empty
    whole = file.read_bytes()
    for damaged in (whole[:-1], whole + b"x", b"", b"{}\n", b"[]\ncode", b"\xff" * 40, whole.replace(b"code", b"cope")):
        file.write_bytes(damaged)
        assert parts._kept(one) is None
    assert set(parts.missing()) == PARTS.keys() - {one.symbol}


@needs_compiler
def test_a_function_that_no_library_has_is_said_and_does_not_end_the_process():
    with pytest.raises(BriarpatchError, match="does not have: no_such_function_anywhere"):
        parts._find({"exp", "no_such_function_anywhere"})


def _sum_to(program, world, n, x):
    total = 0.0
    for i in range(n):
        total += x * i
    return total


def _fails(program, world, n):
    if n > 3:
        raise ValueError("no")


@needs_compiler
def test_object_code_of_a_function_computes_what_it_says(monkeypatch):
    from llvmlite import binding

    from briarpatch.world.making import object_code

    one = Part("test_sum_to", (INT, FLOAT), FLOAT, _sum_to)
    monkeypatch.setitem(PARTS, one.symbol, one)
    code, needs = object_code(one)
    assert needs == []
    engine_of_test = binding.create_mcjit_compiler(binding.parse_assembly(""), target_machine())
    engine_of_test.add_object_file(binding.ObjectFileRef.from_data(code))
    engine_of_test.finalize_object()
    one.address = engine_of_test.get_function_address(one.symbol)
    assert one.call(0, 0, 5, 0.5) == 5.0
    assert one.call(0, 0, 0, math.inf) == 0.0


@needs_compiler
def test_a_part_that_can_raise_is_refused(monkeypatch):
    from briarpatch.world.making import object_code

    one = Part("test_fails", (INT,), NOTHING, _fails)
    monkeypatch.setitem(PARTS, one.symbol, one)
    with pytest.raises(BriarpatchError, match="part test_fails can raise an exception"):
        object_code(one)


HELPING = """
import sys
from briarpatch import engine
from briarpatch.world import parts, shipped
shipped.matching = lambda _: {}
one = parts.PARTS["briarpatch_engine__locate"]
parts._file(one).unlink()
assert not engine.ready()
engine.prepare()
assert engine.ready()
"""


@needs_compiler
def test_a_part_that_is_missing_is_compiled_by_a_helper_alone(tmp_path, monkeypatch):
    kept = tmp_path / parts._folder().name
    found = {one.symbol: parts._found(one) for one in PARTS.values()}
    monkeypatch.setattr(parts, "_folder", lambda: kept)
    for symbol, (code, needs) in found.items():
        parts.keep(PARTS[symbol], code, needs)
    untouched = {file: file.stat().st_mtime_ns for file in kept.iterdir()}
    environment = os.environ | {"BRIARPATCH_CACHE": str(tmp_path)}
    child = subprocess.run(
        [sys.executable, "-c", HELPING], env=environment, capture_output=True, check=False, timeout=300
    )
    assert child.returncode == 0, child.stderr
    assert b"Compiling 1 of the engine's" in child.stderr
    changed = [file for file, time in untouched.items() if file.stat().st_mtime_ns != time]
    assert changed == [kept / parts._file(PARTS["briarpatch_engine__locate"]).name]


EDITED = """
import json, sys
from briarpatch import engine
from briarpatch.world import parts
print(json.dumps(parts._digests()))
"""


@pytest.fixture(scope="module")
def unedited(tmp_path_factory):
    """Return the digests of a copy of the package, and the folder of its cache."""
    folder = tmp_path_factory.mktemp("unedited")
    return _digests_of(_copied(folder), folder / "cache"), folder / "cache"


def _copied(folder):
    package = folder / "briarpatch"
    shutil.copytree(Path(briarpatch.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    return package


def _digests_of(package, cache):
    environment = os.environ | {"PYTHONPATH": str(package.parent), "BRIARPATCH_CACHE": str(cache)}
    made = subprocess.run(
        [sys.executable, "-c", EDITED], env=environment, capture_output=True, text=True, check=True, timeout=100
    )
    return json.loads(made.stdout)


@needs_compiler
@pytest.mark.parametrize(
    ("file", "before", "after", "changed"),
    [
        ("mechanisms/dealings.py", '"""', '"""Another word. ', set()),
        ("mechanisms/dealings.py", "import math\n", "import math\n\nNOBODY_NAMES_IT = 7\n", set()),
        (
            "mechanisms/dealings.py",
            "_FIRST, _SECOND = 1, 2",
            "_FIRST, _SECOND = 1, 3",
            {"briarpatch_mechanisms_dealings_step"},
        ),
        (
            "world/tables.py",
            "    vessel        i4 vessel   whose weapon",
            "    another       i1 -        x\n    vessel        i4 vessel   whose weapon",
            {
                "briarpatch_engine__refresh",
                "briarpatch_systems_gunfire_fight_all",
                "briarpatch_systems_ships_step",
                "briarpatch_systems_voyages_sail_all",
            },
        ),
    ],
)
def test_an_edit_changes_the_digest_of_what_it_reaches_alone(tmp_path, unedited, file, before, after, changed):
    first, cache = unedited
    package = _copied(tmp_path)
    source = package / file
    text = source.read_text()
    assert before in text
    source.write_text(text.replace(before, after, 1))
    second = _digests_of(package, cache)
    assert {symbol for symbol in first if first[symbol] != second[symbol]} == changed


def test_as_many_helpers_as_processors():
    assert 1 <= parts.processors() <= (os.cpu_count() or 1)


@needs_compiler
def test_a_part_called_from_python_lets_the_world_be_read_and_written():
    import briarpatch as bp

    scenario = bp.load_scenario("valley")
    world = scenario.world(1)
    assert np.isfinite(engine.positions(scenario.program, world)).all()


def test_a_kernel_called_plainly_gives_the_same_bits():
    import random

    from briarpatch.laws import radiation
    from briarpatch.world import chance
    from briarpatch.world.compiled import plainly

    drawn = random.Random(1)
    for _ in range(200):
        keys = [np.uint64(drawn.getrandbits(64)) for _ in range(2)]
        assert int(plainly(chance.pair_key, *keys)) == int(chance.pair_key(*keys))
        inner, outer = sorted(drawn.uniform(0.0, 1e6) for _ in range(2))
        ring = (drawn.uniform(0.0, 1.0), inner, outer, drawn.uniform(0.0, 1e5), drawn.choice([0.0, 1e-6, 1e-3]), 1.0)
        assert plainly(radiation.ring_on_axis, *ring) == radiation.ring_on_axis(*ring)
        ring = (*ring[:3], drawn.uniform(0.0, 2e6), ring[3], 1.0)
        assert plainly(radiation.ring_off_axis, *ring) == radiation.ring_off_axis(*ring)


@needs_compiler
def test_a_cache_that_cannot_be_written_to_is_said_with_the_remedy(tmp_path):
    (tmp_path / "taken").write_text("a file")
    environment = os.environ | {"BRIARPATCH_CACHE": str(tmp_path / "taken")}
    program = """
import sys
from briarpatch.views.cli import main
from briarpatch.world import shipped
shipped.matching = lambda _: {}
sys.exit(main(sys.argv[1:]))
"""
    child = subprocess.run(
        [sys.executable, "-c", program, "run", "valley", "-q"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert child.returncode == 2
    said = child.stderr.strip().splitlines()
    assert said[-1].startswith(
        f"compiled code cannot be kept in {tmp_path / 'taken'}: not a directory; set BRIARPATCH_CACHE"
    )
    assert len(said) == 1
