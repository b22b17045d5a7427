"""Nothing goes on for ever: every loop of the engine has a bound, and whoever stops playing is heard at once."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import briarpatch
from briarpatch import engine, load_text
from briarpatch.analysis import jobs, parts
from briarpatch.analysis.worlds import Arm
from briarpatch.scenario.catalog import load_scenario
from briarpatch.world import acts, states
from briarpatch.world.compiled import INTERPRETED, plainly
from briarpatch.world.world import compare, grow

SOURCE = Path(briarpatch.__file__).parent
CASES = Path(__file__).parent / "cases"

ENDS = {
    "engine.py _play_on": "each turn spends a step of the budget, settles the story or returns",
    "systems/rules.py _next_beat": "each turn asks `acts.going` and leaves when it says no; the beats rise",
    "world/acts.py _depth": "`depth` rises to 8",
    "world/chance.py gamma_beyond": "the span doubles until the tail is nothing; the bracket halves until it is one number",
    "world/draws.py _from_above": "`j` and `k` rise to n, or `k` falls to 0",
    "world/draws.py _from_below": "`k` rises to n",
    "world/draws.py _from_below_of_rest": "`k` rises to n",
    "world/draws.py binomial": "`j` falls to 0; `k` rises to n or falls to 0",
    "world/draws.py poisson": "`mass` falls until it is nothing, `j` and `k` fall to 0",
    "world/processes.py propagator": "`doublings` rises to a bound",
    "laws/march.py pace": "an insertion: `j` falls to 0",
    "laws/observation.py _dimmed": "each panel is longer than the one before, or it ends",
    "laws/ships.py travel_time": "`high` doubles until it is infinite",
    "laws/ships.py odds_of_side": "an insertion: `k` falls",
}
"""Loops that end by themselves, each with its reason."""


def kernels():
    """Yield (name, function) of everything that is compiled."""
    folders = ("systems", "mechanisms", "world", "laws")
    for file in sorted(
        [*(file for folder in folders for file in (SOURCE / folder).rglob("*.py")), SOURCE / "engine.py"]
    ):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and {_decorator(one) for one in node.decorator_list} & {
                "kernel",
                "allocating",
                "part",
                "system",
                *DECLARES,
            }:
                yield f"{file.relative_to(SOURCE).as_posix()} {node.name}", node


DECLARES = ("step", "at", "verb", "function")
"""By what a mechanism declares a function that is compiled."""


def _decorator(node: ast.expr) -> str:
    node = node.func if isinstance(node, ast.Call) else node
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def asks(condition: ast.expr) -> bool:
    """Return whether a condition cannot hold without `going`: it is asked alone or in a conjunction."""
    if isinstance(condition, ast.BoolOp) and isinstance(condition.op, ast.And):
        return any(asks(part) for part in condition.values)
    return isinstance(condition, ast.Call) and ast.unparse(condition.func) in ("acts.going", "going")


def unbounded(node: ast.FunctionDef) -> bool:
    return any(isinstance(loop, ast.While) and not asks(loop.test) for loop in ast.walk(node))


def test_every_loop_of_the_engine_has_a_bound():
    found = {name for name, node in kernels() if unbounded(node)}
    assert found - set(ENDS) == set(), "ask acts.going in its condition, or say in ENDS why it ends"
    assert set(ENDS) - found == set(), "these have no such loop any more"


def test_no_function_ends_behind_a_loop_without_its_answer():
    """Compiled code that returns a number in one place and nothing in another would have to raise an exception."""
    for name, node in kernels():
        answers = any(isinstance(one, ast.Return) and one.value is not None for one in ast.walk(node))
        assert not (answers and isinstance(node.body[-1], ast.For)), name
        if answers and isinstance(node.body[-1], ast.While):
            assert isinstance(node.body[-1].test, ast.Constant), name


def test_the_walk_finds_a_loop_without_a_bound():
    tree = ast.parse("def f():\n    for x in y:\n        while x > 0:\n            pass\n").body[0]
    assert unbounded(tree)
    assert unbounded(ast.parse("def f():\n    while acts.going(w, 1) or x:\n        pass\n").body[0])
    assert not unbounded(ast.parse("def f():\n    while x and acts.going(w, 1):\n        pass\n").body[0])


def test_a_loop_that_does_too_much_breaks_its_world():
    scenario = load_scenario("valley")
    world = scenario.world(1)
    world.state["work"] = acts.MOST_WORK
    assert not plainly(acts.going, world, 1)
    assert engine.play(scenario.program, world) == states.BROKEN
    assert states.GUARD_NAMES[world.state["broken"][0]].startswith("one step has more to do than can be done")


# ------------------------------------------------------------------------------------------------ loops that were endless


@pytest.mark.parametrize("far", ["2e17 m", "1e12 km", "1e18 m", "400000 km"])
def test_a_far_voyage_ends(far):
    text = (CASES / "endless_voyage.yaml").read_text().replace("2e17 m", far)
    run = briarpatch.run(load_text(text))
    assert run.finished
    assert run.ending == "over" or run.status.startswith("broken: one step has more to do")


def test_a_voyage_over_a_region_far_away_arrives_in_time():
    """At 1e17 m, numbers are 16 m apart; light years are crossed all the same, and the ship arrives as reckoned."""
    text = (CASES / "endless_voyage.yaml").read_text()
    fast = load_text(text.replace("until: 12 h", "until: 90 h").replace("1000000 km/s", "1e12 m/s"))
    run = briarpatch.run(fast)
    arrived = [entry.time for entry in run.entries() if entry.kind == "arrived"]
    assert arrived == [pytest.approx(3600.0 + 2e5, rel=1e-9)]


TIES = """
scenario: {{ title: Ties, until: 10 d }}
life: {{ balancing: {rate}, balances_every: 1 d }}
maps: {{ sea: {{}} }}
places: {{ port: {{ map: sea, at: [0 m, 0 m] }} }}
factions: {{ one: {{}}, two: {{}}, three: {{}} }}
ties: [{{ who: one, to: two, mutual: true, value: 0.5 }}, {{ who: one, to: three, mutual: true, value: 0.4 }}, {{ who: two, to: three, mutual: true, value: 0.3 }}]
people: {{ ann: {{ faction: one, place: port }} }}
endings: {{ over: {{ told: over }} }}
"""


@pytest.mark.parametrize("rate", ["1/d", "1/s", "1e9/s"])
def test_strong_balancing_ends(rate):
    run = briarpatch.run(load_text(TIES.format(rate=rate)))
    assert run.finished
    if run.ending:
        assert np.abs(run.world.ties["value"]).max() <= 1.0


# ------------------------------------------------------------------------------------------------ signals

ENDLESS = """
scenario: { title: Endless, until: 1000000 d }
maps: { sea: {} }
places: { port: { map: sea, at: [0 m, 0 m] }, isle: { map: sea, at: [1e6 km, 0 m] } }
factions: { folk: {} }
people: { ann: { faction: folk, place: port } }
gauges: { tide: {} }
rules:
  off: { when: "true", do: [move: { who: ann, to: isle, speed: 1e-3 m/s }] }
  tick: { when: "distance(ann, port) > '1e6 km'", poll: 1 s, do: [add: { gauge: tide, by: 1 }] }
endings: { over: { told: over } }
"""
"""A look every second for 2,700 years, which leaves no entry: a world that fills its chronicle would end soon."""


def stopped(words: list[str], cwd: Path, after: float = 3.0) -> tuple[int, str, float]:
    """Start a command, interrupt it `after` [s] it began, and return its exit status, what it said, and how long [s] it took to end."""
    program = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # in the background it is ignored
    program += "from briarpatch.views.cli import main; print(1, flush=True); sys.exit(main(sys.argv[1:]))"
    child = subprocess.Popen(
        [sys.executable, "-c", program, *words], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "1\n"
    time.sleep(after)
    assert child.poll() is None, child.communicate()[0]
    child.send_signal(signal.SIGINT)
    began = time.monotonic()
    said, _ = child.communicate(timeout=60)
    return child.returncode, said, time.monotonic() - began


@pytest.mark.skipif(INTERPRETED, reason="interpreted code hears signals by itself")
@pytest.mark.parametrize(
    "words",
    [
        ["run", "endless.yaml"],
        pytest.param(["ensemble", "endless.yaml", "-n", "8", "--out", "e"], marks=pytest.mark.long),
        pytest.param(["soak", "endless.yaml", "-n", "8"], marks=pytest.mark.long),
        pytest.param(["whatif", "endless.yaml", "--gauge", "tide=1", "-n", "8"], marks=pytest.mark.long),
        ["ensemble", "endless.yaml", "-n", "8", "--out", "e", "--workers", "1"],
    ],
    ids=lambda words: " ".join(words[:1] + words[5:]),
)
def test_whoever_plays_without_end_can_be_stopped(tmp_path, words):
    (tmp_path / "endless.yaml").write_text(ENDLESS)
    engine.prepare()
    status, said, took = stopped(words, tmp_path)
    assert status == 130, said
    assert "interrupted" in said
    assert "Traceback" not in said
    assert took < 10.0  # half a second, and the grace of an ensemble, on an idle machine


def test_playing_comes_back_at_once_and_the_world_goes_on_as_if_nothing_had_been():
    until = 20_000.0 if INTERPRETED else 1_000_000.0
    scenario = load_text(ENDLESS)
    stops = 0

    def played(stop):
        nonlocal stops
        world = scenario.world(3)
        while True:
            try:
                with engine.stopped_by(stop):
                    status = engine.play(scenario.program, world, until)
            except engine.Stopped:
                stops += 1
                assert world.state["pause"][0] == 0
                continue
            if status != states.NEEDS_ROOM:
                return world
            world = grow(world)

    asked = iter([True] * 3 + [False] * 10**6)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine._INTERRUPTS, "EVERY", 0.001)
        paused = played(lambda: next(asked))
    assert stops == 3
    assert compare(played(lambda: False), paused) == []


@pytest.mark.parametrize("threads", [1, 2])
def test_a_stopped_ensemble_keeps_whole_seeds_alone(tmp_path, monkeypatch, threads):
    """Two arms, of which one never ends: no seed is whole, and none is kept; the quick ones before it are."""
    path = tmp_path / "endless.yaml"
    path.write_text(ENDLESS.replace("poll: 1 s", "poll: 1000000 d"))
    monkeypatch.setattr(jobs, "GRACE", 0.1)
    arms = [Arm("quick"), Arm("slow", overrides={"rules.tick.poll": "1 s"})]
    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
    began = time.monotonic()
    with pytest.raises(jobs.Interrupted):
        briarpatch.ensemble(path, 3, arms=arms, out=tmp_path / "e", workers=threads)
    assert time.monotonic() - began < 20.0
    assert parts.read(tmp_path / "e").parts() == []
