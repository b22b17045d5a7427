"""The machine that evaluates conditions: what each function reads from the tables, and which entries a value rests on."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from briarpatch import assembly, engine
from briarpatch.scenario.catalog import load_text
from briarpatch.world import machine, states
from plays import HOUR, STAGE, go_on, log, row, scene

FOLK = """
vessels: { tug: { faction: ours, at: here, hull: 50, shield: 20, complement: 3 } }
people:
  ann: { faction: ours, place: tug, commands: tug, knows: [flood] }
  bob: { faction: ours, place: bridge, superior: ann, home: here }
  cid: { faction: theirs, place: there }
crowds: { folk: { count: 4, faction: theirs, place: there, home: there } }
facts: { flood: { prior: 0.05 }, fire: { prior: 0.5, so: false } }
devices: { bomb: { faction: ours, aboard: tug, start: [1 h] } }
events: { bell: {}, fog: {}, rain: {}, hail: {} }
gauges: { level: { start: 2.5 } }
orders: { climb: {} }
bonds: [{ who: ann, to: bob, affection: 0.4, kinship: 0.25, trust: 0.8 }]
ties: [{ who: ours, to: theirs, value: -0.5 }]
directives: { rule: { binds: ours, broken_when: level > 100 } }
decisions: { ann.act: { question: q, when: happened(hail), options: { a: { told: a }, b: { told: b } } } }
"""


def stage(*expressions):
    stage_ = STAGE.replace("factions:", "  bridge: { inside: tug }\nfactions:", 1)
    lines = "".join(f"  m{i}: {{ told: m, value: {text!r} }}\n" for i, text in enumerate(expressions))
    text = f'scenario: {{ title: a test, until: 10 h, start: "06:30" }}\n{stage_}{FOLK}measures:\n{lines}'
    return load_text(text)


def values(*expressions, prepare=None, until=0.0):
    """Return the values of expressions in one world, which `prepare` may have changed."""
    scenario = stage(*expressions)
    world, _ = go_on(scenario, scenario.world(1), until)
    if prepare is not None:
        prepare(scenario, world)
    return engine.measures(scenario.program, world).tolist()


def value(expression, prepare=None, until=0.0):
    return values(expression, prepare=prepare, until=until)[0]


# ------------------------------------------------------------------------------------------------ what functions read


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("knows(ann, flood) ? 1 : 0", 1),
        ("knows(bob, flood) ? 1 : 0", 0),
        ("believes(bob, flood) ? 1 : 0", 0),
        ("credence(bob, flood)", 0.05),
        ("credence(bob, fire)", 0.5),
        ("known_in(ours, flood) ? 1 : 0", 1),
        ("known_in(theirs, flood) ? 1 : 0", 0),
        ("knowers(flood)", 1),
        ("holds(flood) && !holds(fire) ? 1 : 0", 1),
        ("count(theirs, alive)", 5),
        ("count(folk, free)", 4),
        ("count(ann, any)", 1),
        ("count(theirs, home)", 5),
        ("count_at(ours, tug)", 2),
        ("count_at(ours, bridge)", 1),
        ("count_at(ours, here)", 0),
        ("count_in(ours, here)", 2),
        ("count_aboard(ours, tug)", 2),
        ("count(ours, travelling)", 0),
        ("count_at(theirs, there)", 5),
        ("at(ann, tug) && at(bob, tug) && in(bob, here) && at(bomb, tug) && at(tug, here) ? 1 : 0", 1),
        ("aboard(ann, tug) && aboard(bomb, tug) && in(bomb, here) && in(tug, here) && !aboard(cid, tug) ? 1 : 0", 1),
        ("at(ann, bridge) || at(cid, here) || at(bob, here) || at(bomb, here) || in(cid, here) ? 1 : 0", 0),
        ("together(ann, tug) || together(ann, cid) ? 1 : 0", 0),
        ("distance(ann, cid) / '1 km'", 5),
        ("distance(here, there) / '1 m'", 5000),
        ("member(ann, ours) && commands(ann, tug) && in_office(ann) ? 1 : 0", 1),
        ("hull(tug) + shields(tug) + crew_left(tug)", 5),
        ("operational(tug) && !fighting(tug) && !destroyed(tug) && idle(bomb) ? 1 : 0", 1),
        ("stage(bomb)", 0),
        ("level", 2.5),
        ("trust(ann, bob)", 0.8),
        ("affection(ann, bob) + affection(bob, ann) + kinship(ann, bob)", 0.65),
        ("tie(ours, theirs)", -0.5),
        ("forgave(ours, theirs) || ordered(bob, climb) || decided(ann.act) || chose(ann.act.a) ? 1 : 0", 0),
        ("violations(rule) + times(bell)", 0),
        ("since(bell) > '100 y' || since(bell) < '100 y' ? 1 : 0", 0),
        ("min(level, 1) + max(level, 1) + abs(1 - level)", 5),
    ],
)
def test_functions_read_the_tables(expression, expected):
    assert value(expression) == pytest.approx(expected, rel=1e-12)


def test_time_and_the_hour_go_on():
    assert values("time() / '1 h'", "hour()", until=2 * HOUR) == pytest.approx([2.0, 8.5])
    assert value("hour()", until=0.0) == pytest.approx(6.5)


def test_the_dead_know_nothing_and_count_as_dead():
    def fall(scenario, world):
        world.people["status"][row(scenario, "person", "ann")] = states.DEAD

    found = values(
        "knowers(flood)", "known_in(ours, flood) ? 1 : 0", "count(ours, dead)", "alive(ann) ? 1 : 0", prepare=fall
    )
    assert found == [0.0, 0.0, 1.0, 0.0]


def test_a_place_within_a_vessel_goes_with_the_vessel():
    def sail(scenario, world):
        world.vessels["at"][0] = row(scenario, "place", "there")

    assert values("count_in(ours, there)", "count_in(ours, here)", prepare=sail) == [2.0, 0.0]

    def leave(scenario, world):
        world.vessels["at"][0] = -1

    assert values("count_in(ours, there) + count_in(ours, here)", "count_at(ours, tug)", prepare=leave) == [0.0, 2.0]


@pytest.mark.parametrize(
    ("word", "change"),
    [
        ("held", {"status": states.HELD}),
        ("dead", {"status": states.DEAD}),
        ("tagged", {"tag": 0}),
        ("moved", {"moved": 1}),
        ("seen", {"seen": 1}),
        ("consenting", {"consent": 1}),
        ("marching", {"party": 0, "place": -1}),
        ("travelling", {"place": -1}),
    ],
)
def test_words_that_are_counted(word, change):
    def prepare(scenario, world):
        for column, number in change.items():
            world.people[column][3:5] = number

    assert values(f"count(folk, {word})", "count(folk, any)", prepare=prepare) == [2.0, 4.0]
    assert value(f"count(folk, {word})") == 0.0


def test_certainty_does_not_overflow():
    def sure(_scenario, world):
        world.beliefs["odds"][1, 0] = -50.0
        world.beliefs["odds"][1, 1] = 50.0

    assert values("credence(bob, flood)", "credence(bob, fire)", prepare=sure) == pytest.approx([0.0, 1.0], abs=1e-20)


# ------------------------------------------------------------------------------------------------ arithmetic


numbers = st.floats(-1e6, 1e6).map(lambda x: round(x, 3))


@given(numbers, numbers, numbers)
def test_arithmetic_agrees_with_python(a, b, c):
    if not _SCENARIO:
        folk = "people: { ann: { faction: ours, place: here } }\ngauges: { a: {}, b: {}, c: {} }\n"
        texts = (
            "a + b * c",
            "(a - b) / c",
            "-a % b",
            "a < b ? c : -c",
            "min(a, max(b, c))",
            "abs(a) >= abs(b) || b == c ? 1 : 0",
        )
        lines = "".join(f"  m{i}: {{ told: m, value: '{text}' }}\n" for i, text in enumerate(texts))
        _SCENARIO.append(scene(f"measures:\n{lines}", "1 h", folk))
    scenario = _SCENARIO[0]
    world = scenario.world(1)
    world.gauges["value"][:] = a, b, c
    found = engine.measures(scenario.program, world).tolist()
    expected = [
        a + b * c,
        (a - b) / c if c != 0.0 else math.nan,
        math.fmod(-a, b) if b != 0.0 else math.nan,
        c if a < b else -c,
        min(a, max(b, c)),
        float(abs(a) >= abs(b) or b == c),
    ]
    assert found == pytest.approx(expected, nan_ok=True)


_SCENARIO: list = []


# ------------------------------------------------------------------------------------------------ causes


def rests(condition, happened):
    """Return the entries (by event) on which a condition rests, newest first, after events happened in turn."""
    folk = "people: { ann: { faction: ours, place: here } }\n"
    marks = ", ".join(f"{{ mark: {name}, after: {i + 1} min }}" for i, name in enumerate(happened))
    rules = f"rules: {{ it: {{ when: 'true', do: [{marks}] }} }}\n" if happened else ""
    text = "events: { bell: {}, fog: {}, rain: {}, hail: {} }\n" + rules
    scenario = scene(text + f"measures: {{ m: {{ told: m, value: '({condition}) ? 1 : 0' }} }}\n", "1 h", folk)
    world, _ = go_on(scenario, scenario.world(1), 600.0)
    code = int(scenario.program.measures["code"][0])
    engine.value_of(scenario.program, world, code, float(world.state["time"][0]))
    entries = log(scenario, world)
    top = world.stack[0]
    return [entries[c].object for c in (int(top.c1), int(top.c2), int(top.c3)) if c >= 0]


@pytest.mark.parametrize(
    ("condition", "happened", "expected"),
    [
        ("happened(bell)", ["bell"], ["bell"]),
        ("happened(bell)", [], []),
        ("happened(bell) && happened(fog)", ["bell", "fog"], ["fog", "bell"]),
        ("happened(bell) && happened(fog)", ["fog", "bell"], ["bell", "fog"]),
        ("happened(bell) || happened(fog)", ["bell"], ["bell"]),
        ("happened(fog) || happened(bell)", ["bell"], ["bell"]),
        ("happened(bell) || happened(fog)", ["bell", "fog"], ["fog", "bell"]),
        ("!happened(bell) && happened(fog)", ["fog"], ["fog"]),
        ("happened(bell) && times(fog) > 5", ["bell", "fog"], ["fog"]),
        ("times(fog) > 5 && happened(bell)", ["fog", "bell"], ["fog"]),
        ("happened(bell) ? happened(fog) : happened(rain)", ["bell", "fog", "rain"], ["fog", "bell"]),
        ("times(bell) + times(fog) == 2", ["bell", "fog"], ["fog", "bell"]),
        (
            "happened(bell) && happened(fog) && happened(rain) && happened(hail)",
            ["hail", "bell", "rain", "fog"],
            ["fog", "rain", "bell"],
        ),
        ("max(times(bell), times(fog)) > 0", ["bell", "fog"], ["fog", "bell"]),
    ],
)
def test_a_value_rests_on_what_decided_it(condition, happened, expected):
    assert rests(condition, happened) == expected


@given(st.lists(st.integers(-1, 30), max_size=12))
def test_the_three_newest_causes_are_kept(entries):
    rest = getattr(machine.rest, "py_func", machine.rest)
    held = SimpleNamespace(c1=-1, c2=-1, c3=-1)
    for entry in entries:
        rest(held, entry)
    newest = sorted({entry for entry in entries if entry >= 0}, reverse=True)[:3]
    assert [held.c1, held.c2, held.c3] == newest + [-1] * (3 - len(newest))


def test_being_somewhere_rests_on_the_vessel_that_went_there():
    def sail(scenario, world):
        world.vessels["at"][0] = row(scenario, "place", "there")
        world.vessels["entry"][0] = 0

    scenario = stage("in(bob, there) ? 1 : 0")
    world = scenario.world(1)
    sail(scenario, world)
    assert engine.value_of(scenario.program, world, int(scenario.program.measures["code"][0]), 0.0) == 1.0
    assert int(world.stack["c1"][0]) == 0
    assert assembly.ENTRIES[int(world.chronicle["kind"][0])].name == "began"


def test_measures_leave_the_world_as_it_was_but_for_the_stack():
    scenario = stage("knowers(flood)")
    world = scenario.world(1)
    before = world.people.tobytes(), world.state.tobytes(), np.array(world.beliefs["odds"])
    engine.measures(scenario.program, world)
    assert (world.people.tobytes(), world.state.tobytes()) == before[:2]
    assert np.array_equal(world.beliefs["odds"], before[2])
