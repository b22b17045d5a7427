"""Code that comes with the program: which is taken, which is not, and what it is made of."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import lief
import pytest

import briarpatch
from briarpatch import engine, ship
from briarpatch.errors import RequestError
from briarpatch.world import parts, shipped, targets
from briarpatch.world.compiled import INTERPRETED
from briarpatch.world.levels import TARGETS, fitting
from briarpatch.world.parts import FLOAT, INT, PARTS, Part
from briarpatch.world.shipped import Shipped

pytestmark = pytest.mark.skipif(INTERPRETED, reason="nothing is compiled")

ROOT = Path(__file__).resolve().parent.parent
V3 = frozenset(TARGETS[0].features)
LEVELS = {target.name: target for target in TARGETS}


# ------------------------------------------------------------------------------------------------ which is taken


@pytest.mark.parametrize(
    ("system", "kind", "able", "names"),
    [
        ("linux", "x86_64", V3 | {"avx512f"}, ["linux-x86-64-v3", "linux-x86-64"]),
        ("linux", "x86_64", V3 - {"fma"}, ["linux-x86-64"]),
        ("linux", "aarch64", frozenset(), ["linux-aarch64"]),
        ("darwin", "arm64", frozenset(), ["macos-arm64"]),
        ("darwin", "x86_64", V3, []),
        ("win32", "x86_64", V3, ["windows-x86-64-v3"]),
        ("win32", "x86_64", V3 - {"avx2"}, []),
        ("linux", "powerpc64le", V3, []),
    ],
)
def test_a_machine_gets_the_best_level_that_it_can_run(system, kind, able, names):
    assert [one.name for one in fitting(system, kind, able)] == names


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Let what is shipped be in an empty folder of this test."""
    monkeypatch.setattr(shipped, "FOLDER", tmp_path / "shipped")
    shipped.offer.cache_clear()
    yield tmp_path / "shipped"
    shipped.offer.cache_clear()


def two_parts():
    return {"b": Shipped(b"code of b", ["exp"], "1"), "a": Shipped(b"a's", [], "2")}


def test_what_is_written_is_read_again(folder):
    shipped.write(TARGETS[0], two_parts())
    found = shipped.read(TARGETS[0])
    assert found is not None
    assert found.parts == two_parts()
    assert shipped.read(TARGETS[1]) is None


def test_a_file_that_is_not_whole_or_not_for_this_is_not_taken(folder, monkeypatch):
    for target in TARGETS[:2]:
        shipped.write(target, two_parts())
    best, next_best = (shipped.file_of(target) for target in TARGETS[:2])
    whole = best.read_bytes()
    for damaged in (
        b"",
        whole[:-1],
        whole + b"x",
        b"{}\n",
        b"[]\nx",
        next_best.read_bytes(),
        whole.replace(b"exp", b"exq", 1),
    ):
        best.write_bytes(damaged)
        assert shipped.read(TARGETS[0]) is None
    monkeypatch.setattr(shipped, "fitting_here", lambda: list(TARGETS[:2]))
    best.write_bytes(whole[:-1])
    assert shipped.offer()[0] == shipped.read(TARGETS[1])
    monkeypatch.setattr(shipped, "LLVM", targets.LLVM - 1)
    assert shipped.read(TARGETS[1]) is None, "it was made by a later LLVM"


def test_a_part_is_taken_when_its_own_sources_are_those_it_was_made_of(folder, monkeypatch):
    monkeypatch.setattr(shipped, "fitting_here", lambda: [TARGETS[0]])
    shipped.write(TARGETS[0], two_parts())
    assert set(shipped.matching(lambda: pytest.fail("all sources are the same"))) == {"a", "b"}
    monkeypatch.setattr(shipped, "sources", lambda: "others")
    assert shipped.matching(lambda: {"a": "2", "b": "3", "c": "4"}) == {"a": two_parts()["a"]}
    assert shipped.matching(lambda: {"b": "1"}) == {"b": two_parts()["b"]}


@pytest.mark.skipif(os.name == "nt", reason="owners and modes are those of POSIX")
@pytest.mark.parametrize("what", ["folder", "file"])
def test_code_that_others_could_write_is_not_run_and_the_reason_is_said(folder, what, monkeypatch):
    monkeypatch.setattr(shipped, "fitting_here", lambda: [TARGETS[0]])
    shipped.write(TARGETS[0], two_parts())
    file = shipped.file_of(TARGETS[0])
    wrong = file if what == "file" else folder
    wrong.chmod(0o777)
    with pytest.raises(RequestError, match="everybody may write to it"):
        shipped.read(TARGETS[0])
    assert shipped.matching(dict) == {}
    monkeypatch.setattr(engine, "missing", lambda: list(PARTS))
    assert engine.what_compiles() == (
        "Compiling the engine. This happens once and takes a minute or two. Its compiled code is not used: "
        f"{wrong} is not safe to keep compiled code in: everybody may write to it; `chmod o-w '{wrong}'`, or leave it, "
        "and the engine is compiled in its place"
    )


# ---------------------------------------------------------------------------------------------- what it is made of


def _of_all_kinds(program, world, n, x):
    total = 0.0
    for i in range(n):
        total += math.floor(x * i) % 3.0 + math.log1p(x)
    return total


FORMATS = {
    "linux-x86-64-v3": (lief.ELF.Binary, "X86_64"),
    "linux-x86-64": (lief.ELF.Binary, "X86_64"),
    "linux-aarch64": (lief.ELF.Binary, "AARCH64"),
    "macos-arm64": (lief.MachO.Binary, "ARM64"),
    "windows-x86-64-v3": (lief.ELF.Binary, "X86_64"),
}
"""The form of the code of each level, and its processor. On Windows too, LLVM loads ELF."""

TOGETHER = {"linux": "sincos", "macos": "__sincos_stret"}
"""What the C library of a system has for a sine and a cosine together, which LLVM knows of it."""


def check_object(level, symbol, code, needs):
    """Assert that object code is of its level's form, has its symbol, and calls nothing but parts and `needs`."""
    found = lief.parse(code)
    kind, processor = FORMATS[level]
    assert isinstance(found, kind)
    if isinstance(found, lief.MachO.Binary):
        assert found.header.cpu_type.name == processor
        names = {one.name.removeprefix("_"): one for one in found.symbols}
        defined = {name for name, one in names.items() if one.raw_type & 0xE}
    else:
        assert found.header.machine_type.name == processor
        assert found.header.file_type.name == "REL"
        names = {one.name: one for one in found.symbols if one.name}
        defined = {name for name, one in names.items() if one.shndx != 0}
    assert symbol in defined
    assert names.keys() - defined <= set(needs) | {TOGETHER.get(level.partition("-")[0])}, "what is called is not said"
    for one in found.relocations:
        assert one.has_symbol or getattr(one, "has_section", False), "an address of some process"


@pytest.fixture
def small_part():
    one = Part("briarpatch_test_small", (INT, FLOAT), FLOAT, _of_all_kinds)
    PARTS[one.symbol] = one
    yield one
    del PARTS[one.symbol]


def test_one_machine_makes_object_code_for_every_level_twice_the_same(small_part):
    from briarpatch.world.making import object_code_of_all_levels

    codes, needs = object_code_of_all_levels(small_part)
    assert list(codes) == [target.name for target in TARGETS] == list(FORMATS)
    assert {"fmod", "floor", "log1p"} <= set(needs)
    for level, code in codes.items():
        check_object(level, small_part.symbol, code, needs)
    assert codes["linux-x86-64-v3"] != codes["linux-x86-64"]
    assert object_code_of_all_levels(small_part) == (codes, needs)


def test_what_is_shipped_is_of_its_level_and_calls_what_it_says():
    found = {target.name: shipped.read(target) for target in TARGETS}
    if not any(found.values()):
        pytest.skip("nothing is shipped; python -m briarpatch.ship makes it")
    assert all(found.values())
    assert len({frozenset(one.parts) for one in found.values()}) == 1
    for level, offer in found.items():
        for symbol, one in offer.parts.items():
            check_object(level, symbol, one.code, one.needs)
    assert sum(shipped.file_of(target).stat().st_size for target in TARGETS) < 3e6


# ------------------------------------------------------------------------------------------------ played


def ship_what_is_linked(folder: Path) -> None:
    """Write what this process has found of each part as what is shipped for this machine."""
    digests = parts._digests()
    found = {symbol: parts._found(one) for symbol, one in PARTS.items() if symbol in digests}
    level = shipped.fitting_here()[0]
    before, shipped.FOLDER = shipped.FOLDER, folder
    try:
        shipped.write(level, {symbol: Shipped(*one, digests[symbol]) for symbol, one in found.items()})
    finally:
        shipped.FOLDER = before


def child(program: str, cache: Path, package: Path | None = None, **others: str) -> str:
    """Return what a process prints that runs `program` with an empty cache, and with another copy of the package."""
    environment = os.environ | {"BRIARPATCH_CACHE": str(cache)} | others
    if package is not None:
        environment["PYTHONPATH"] = str(package.parent)
    made = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False, timeout=200
    )
    assert made.returncode == 0, made.stderr
    return made.stdout


PLAYED = """
import sys
import briarpatch as bp
from briarpatch import engine
from briarpatch.world import shipped
assert shipped.FOLDER.exists()
assert engine.ready()
run = bp.run("vault", seed=3)
assert run.finished
assert "numba" not in sys.modules
"""


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """A copy of the package with code for this machine in it."""
    package = tmp_path_factory.mktemp("copy") / "briarpatch"
    shutil.copytree(Path(briarpatch.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__", "shipped"))
    ship_what_is_linked(package / "shipped")
    return package


def test_with_shipped_code_nothing_is_compiled_and_nothing_needs_to_be_kept(copied, tmp_path):
    child(PLAYED, tmp_path / "cache", copied)
    assert [one.name for one in (tmp_path / "cache").iterdir()] == ["scenarios"]


CHANGED = """
from briarpatch import engine
print(*engine.missing(), engine.what_compiles(), sep="\\n")
"""


def test_after_an_edit_only_what_it_reaches_is_compiled(copied, tmp_path):
    package = tmp_path / "briarpatch"
    shutil.copytree(copied, package)
    source = package / "mechanisms" / "dealings.py"
    source.write_text(source.read_text().replace('"""', '"""Another word. ', 1))
    assert child(CHANGED, tmp_path / "cache", package).startswith("Compiling 0 of")
    source.write_text(source.read_text().replace("_FIRST, _SECOND = 1, 2", "_FIRST, _SECOND = 1, 3", 1))
    assert child(CHANGED, tmp_path / "cache", package).splitlines() == [
        "briarpatch_mechanisms_dealings_step",
        f"Compiling 1 of the engine's {len(PARTS)} parts, whose sources have changed. This happens once.",
    ]


BYTES = """
import hashlib, sys
from pathlib import Path
import numpy as np
import briarpatch as bp
from briarpatch.world import parts, shipped
if sys.argv[1] == "compiled":
    shipped.matching = lambda _: {}
for name in ("valley", "vault", "geese", "volleys", "skirmish", "insurrection"):
    for seed in (1, 2):
        world = bp.run(name, seed=seed).world
        print(name, seed, hashlib.sha256(b"".join(np.ascontiguousarray(table).tobytes() for table in world)).hexdigest())
print("shipped", len(parts._shipped()))
"""


@pytest.mark.long
def test_shipped_code_plays_to_the_same_bytes_as_code_compiled_here():
    if not shipped.matching(parts._digests):
        pytest.skip("nothing that is shipped is of these sources; python -m briarpatch.ship makes it")
    said = [
        subprocess.run(
            [sys.executable, "-c", BYTES, how], capture_output=True, text=True, check=True, timeout=600
        ).stdout.splitlines()
        for how in ("shipped", "compiled")
    ]
    assert said[0][:-1] == said[1][:-1]
    assert len(said[0]) == 13
    assert said[1][-1] == "shipped 0"
    assert said[0][-1] == f"shipped {len(shipped.matching(parts._digests))}"


def test_the_command_says_what_is_shipped_as_it_is_now(folder, capsys):
    ship_what_is_linked(folder)
    assert ship.main(["--check"]) == 1, "there is nothing for the other levels"
    assert capsys.readouterr().out.startswith(f"0 of {len(PARTS)} parts are shipped as they are now\n  briarpatch_")
    (here,) = (found.parts for found in [shipped.read(shipped.fitting_here()[0])] if found)
    for target in TARGETS:
        shipped.write(target, here)
    assert ship.main(["--check"]) == 0
    assert capsys.readouterr().out == f"{len(PARTS)} of {len(PARTS)} parts are shipped as they are now\n"
    assert ship.ship() == 0, "what is shipped as it is now is not compiled"
    first, *others = PARTS
    shipped.write(TARGETS[2], {symbol: here[symbol] for symbol in others})
    assert ship.main(["--check"]) == 1
    assert capsys.readouterr().out == f"{len(others)} of {len(PARTS)} parts are shipped as they are now\n  {first}\n"


@pytest.mark.long
def test_a_wheel_plays_at_once(tmp_path, copied):
    """Built from a copy of the sources, installed where nothing is kept: it compiles nothing and imports no compiler."""
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    for name in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"].get(
        "force-include", {}
    ):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, tmp_path / name)
    shutil.copytree(copied, tmp_path / "src" / "briarpatch")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(tmp_path / "dist"), str(tmp_path)]
    subprocess.run(build, check=True, capture_output=True, timeout=200)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    level = shipped.fitting_here()[0].name
    assert f"briarpatch/shipped/{level}.parts" in zipfile.ZipFile(wheel).namelist()
    site = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(wheel)]
    subprocess.run(install, check=True, capture_output=True, timeout=200)
    child(PLAYED, tmp_path / "cache", site / "briarpatch")
    assert [one.name for one in (tmp_path / "cache").iterdir()] == ["scenarios"]
