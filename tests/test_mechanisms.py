"""What holds for all mechanisms taken together."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import types
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

from briarpatch import assembly, engine, generate, generated
from briarpatch.declare.numbers import LEDGER, ledger
from briarpatch.mechanisms import ORDER
from briarpatch.world.parts import PARTS, SOCKETS, filled

PACKAGE = Path(generate.__file__).parent


def test_the_generated_dispatch_is_what_the_mechanisms_declare():
    assert (PACKAGE / "generated.py").read_text("utf-8") == generate.text().rstrip() + "\n"
    assert generate.ASKED.read_text("utf-8") == generate.asked().rstrip() + "\n"
    assert LEDGER.read_text("utf-8") == generate.numbers(), "a name has no number yet: python -m briarpatch.generate"
    assert assembly.faults() == []


def test_a_number_is_given_once():
    for family, given in ledger().items():
        assert [n for n, times in Counter(given.values()).items() if times > 1] == [], family


def test_every_number_of_the_ledger_stands_for_something():
    known = {
        "entry": {kind.name: kind.number for kind in assembly.ENTRIES},
        "verb": {verb.name: verb.number for verb in assembly.VERBS.values()},
        "entity": {name: number for number, name in assembly.ENTITIES.items()},
        "mechanism": assembly.NUMBERS,
    }
    for family, names in known.items():
        assert names == ledger()[family], family
    assert set(assembly.FUNCTIONS) == set(ledger()["function"])


def test_every_socket_is_filled():
    assert [symbol for symbol, one in SOCKETS.items() if not filled(one)] == []


def functions_called(*roots):
    """Return every function of the package that the roots reach, through their modules' names."""
    seen, todo = set(), [*roots]
    while todo:
        function = todo.pop()
        function = getattr(function, "function", None) or getattr(function, "py_func", function)
        if isinstance(function, type) and function.__module__.startswith("briarpatch") and function not in seen:
            seen.add(function)
            todo += [getattr(value, "fget", value) for value in list(vars(function).values())]
        if not isinstance(function, types.FunctionType) or function in seen:
            continue
        seen.add(function)
        names = _names(function.__code__)
        for name in names:
            found = function.__globals__.get(name)
            if isinstance(found, types.ModuleType) and found.__name__.startswith("briarpatch"):
                todo += [vars(found)[other] for other in names if other in vars(found)]
            else:
                todo.append(found)
    return seen


def _names(code):
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _names(constant)
    return names


def unreached(module):
    """Return the functions of a module that neither the engine, nor a builder of rows, nor what somebody leans to reaches."""
    from briarpatch import leaning
    from briarpatch.scenario.compile import compile_source

    roots = [
        *vars(engine).values(),
        *vars(generated).values(),
        *PARTS.values(),
        compile_source,
        *vars(leaning).values(),
    ]
    roots += [one.builds for one in assembly.MECHANISMS if one.builds is not None]
    roots += [one.names for one in assembly.MECHANISMS if one.names is not None]
    reached = {(f.__module__, f.__name__) for f in functions_called(*roots) if not isinstance(f, type)}
    own = [getattr(f, "function", None) or getattr(f, "py_func", f) for f in vars(module).values()]
    return sorted(
        f.__name__
        for f in own
        if isinstance(f, types.FunctionType)
        and f.__module__ == module.__name__
        and (f.__module__, f.__name__) not in reached
    )


def test_every_function_of_a_mechanism_is_reached():
    for one in assembly.MECHANISMS:
        assert unreached(sys.modules[one.module]) == [], one.name


@pytest.mark.parametrize("name", sorted(file.stem for file in (PACKAGE / "laws").glob("[!_]*.py")))
def test_every_law_is_reached_by_what_plays(name):
    assert unreached(import_module(f"briarpatch.laws.{name}")) == []


TIDE = '''"""Tides: an example that the test adds."""

from __future__ import annotations

import math

from ..declare import Mechanism, Section, quantity, required
from ..world import acts, machine, refs, topics

tide = Mechanism("tide", writes="tides")
SEA = tide.entity("sea")
TURNED = tide.entry("turned", "{subject} turned", "a tide turned", subject="sea", weight=1)
HELD_BACK = tide.entry("held back", "{subject} was held back", "somebody held a tide back", subject="sea", weight=1)
PLANS = tide.plan("tide_plans", "seas: how long a tide lasts", "lasts f8 s how long it lasts")
ROWS = tide.table("tides", "seas: the tide of now", """
high i1 - 1 at high water
next f8 s when it turns
entry i4 entry its last turn
""")


@tide.section("seas", one="sea", plans=PLANS, rows=ROWS)
class Sea(Section):
    """A sea with tides."""

    lasts = quantity("time", "how long a tide lasts")


@tide.builds_rows
def build(make):
    for _, plan, row, _ in make.rows(Sea):
        row.next = plan.lasts


_requests = tide.requests()


@tide.step
def step(program, world, since, now):
    due = math.inf
    _requests(program, world, now)
    for s in range(len(world.tides)):
        row = world.tides[s]
        if row.next <= now:
            row.high, row.next = 1 - row.high, now + program.tide_plans[s].lasts
            row.entry = acts.emit(world, now, TURNED, refs.ref(SEA, s), -1, -1, 0.0, row.entry)
            acts.touch(world, topics.FIELDS)
        due = min(due, row.next)
    return due


@tide.verb("hold_back", "put a turn of the tide off", sea=required("sea"), by=required("time", 0.0))
def hold_back(program, world, now, cause, sea, by):
    world.tides[sea].next += by
    acts.emit(world, now, HELD_BACK, refs.ref(SEA, sea), -1, -1, by, cause)


@tide.function("high_water", "sea -> bool", "it is high water", reads="fields")
def high_water(program, world, then, out, sea):
    machine.answer(out, world.tides[sea].high != 0, world.tides[sea].entry)
'''

PLAY = '''
import briarpatch
story = """
scenario: { title: tides, until: 20 h }
factions: { us: {} }
places: { here: {} }
people: { ann: { faction: us, place: here } }
seas: { north: { lasts: 6 h } }
events: { wet: {} }
rules: { flood: { when: "high_water(north)", do: [mark: wet, hold_back: { sea: north, by: 1 h }] } }
endings: { over: { told: over } }
"""
run = briarpatch.run(briarpatch.load_text(story), seed=1)
rows = run.chronicle.to_dicts() if hasattr(run.chronicle, "to_dicts") else run.chronicle
for e in rows:
    if e["kind"] in ("turned", "marked", "held back"):
        print(e["time"] / 3600.0, e["kind"], e["subject"] or e["object"])
'''


def test_to_add_a_mechanism_takes_its_file_and_a_line(tmp_path):
    copy = tmp_path / "briarpatch"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "mechanisms" / "tide.py").write_text(TIDE, encoding="utf-8")
    order = copy / "mechanisms" / "__init__.py"
    order.write_text(
        order.read_text("utf-8").replace('    "weather",', '    "tide",\n    "weather",'), encoding="utf-8"
    )
    environment = os.environ | {
        "NUMBA_DISABLE_JIT": "1",
        "PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}",
    }

    def python(*words):
        words = [sys.executable, *words]
        done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    python("-m", "briarpatch.generate")
    before, after = LEDGER.read_text("utf-8"), (copy / "declare" / "numbers.txt").read_text("utf-8")
    assert after.startswith(before), "no number changes"
    assert len(after.splitlines()) - len(before.splitlines()) == 6
    told = python("-c", PLAY)
    assert "6.0 turned north" in told
    assert "6.0 held back north" in told
    assert "13.0 turned north" in told
    assert len(ORDER) == len(assembly.NAMES)
