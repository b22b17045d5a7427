"""The loop: order, budgets, guards, room, branches, threads, and luck that belongs to those who have it."""

import math
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

from briarpatch import assembly, engine
from briarpatch.scenario.catalog import load_text
from briarpatch.world import kinds, states, tables
from briarpatch.world.compiled import INTERPRETED
from briarpatch.world.world import compare, copy, grow, to_bytes
from plays import FOLK, HOUR, STAGE, bond, check_causes, few, go_on, log, play, scene, times, told

LIVELY = """
values: { duty: what one owes }
facts: { flood: { prior: 0.05 } }
gauges: { level: {} }
rules:
  tick: { when: "true", rate: 2/h, do: [add: { gauge: level, by: 1 }] }
  rumour: { when: level >= 3, do: [learn: { who: bob, fact: flood, weight: 4 }, { tell: { from: bob, to: ann, fact: flood }, after: 10 min }] }
  lull: { when: level % 4 == 0, after: { gamma: { mean: 20 min, shape: 2 } }, repeat: true }
decisions:
  ann.act:
    question: q
    when: level >= 5
    takes: { gamma: { mean: 20 min, shape: 3 } }
    options:
      a: { told: a, utility: { duty: "credence(self, flood)" }, do: [capture: { who: cid, by: ours, to: here }] }
      b: { told: b, do: [add: { gauge: level, by: 10 }] }
bonds: [{ who: ann, to: bob, mutual: true, appeal: 0.1/h, noise: 0.3 }]
crowds: { folk: { count: 7, faction: theirs, place: there, age_spread: 10 years } }
"""


def stopped(scenario, seed=1, until=math.inf, budget=1_000_000, world=None):
    world, status = go_on(scenario, scenario.world(seed) if world is None else world, until, budget)
    return world, status


# ------------------------------------------------------------------------------------------------ stopping and going on


def test_a_world_stops_at_the_time_asked_for_and_never_goes_back():
    scenario = scene(LIVELY)
    world, status = stopped(scenario, until=1234.5)
    assert (status, float(world.state["time"][0])) == (states.REACHED, 1234.5)
    world, status = stopped(scenario, until=10.0, world=world)
    assert (status, float(world.state["time"][0])) == (states.REACHED, 1234.5)


def test_what_is_due_at_the_time_asked_for_happens():
    scenario = scene('rules: { it: { when: "true", after: 1 h } }')
    assert times(scenario, stopped(scenario, until=HOUR)[0], "it") == [HOUR]
    assert times(scenario, stopped(scenario, until=np.nextafter(HOUR, 0.0))[0], "it") == []


def test_the_horizon_ends_the_story_and_what_is_due_then_still_happens():
    scenario = scene('rules: { it: { when: "true", after: 2 h }, late: { when: "true", after: 121 min } }', "2 h")
    world, status = stopped(scenario)
    assert (status, float(world.state["time"][0])) == (states.FINISHED, 2 * HOUR)
    assert (times(scenario, world, "it"), times(scenario, world, "late")) == ([2 * HOUR], [])
    before = to_bytes(world)
    assert stopped(scenario, world=world)[1] == states.FINISHED
    assert to_bytes(world) == before


def test_a_budget_of_one_step_at_a_time_changes_nothing():
    scenario = scene(LIVELY)
    whole, _ = stopped(scenario)
    world = scenario.world(1)
    paused = 0
    while True:
        world, status = stopped(scenario, budget=1, world=world)
        if status != states.PAUSED_BY_BUDGET:
            break
        paused += 1
    assert paused == int(whole.state["steps"][0])
    assert compare(world, whole) == []
    assert stopped(scenario, budget=0)[1] == states.PAUSED_BY_BUDGET


def test_everybody_is_brought_up_to_the_end():
    scenario = scene("bonds: [{ who: ann, to: bob, appeal: 0.1/h }]\n", "90 min")
    world, _ = stopped(scenario)
    assert (world.due["last"] == 5400.0).all()
    assert float(bond(world, 0, 1).affection) == pytest.approx(0.15)


def test_what_the_last_look_brings_about_still_counts():
    # the pair grows close at the very end, and a rule that waits for it still fires
    text = """
bonds: [{ who: ann, to: bob, mutual: true, appeal: 0.5/h }]
life: { bonds_every: 10 h }
rules: { it: { when: "affection(ann, bob) >= 0.75", poll: 100 h } }
endings: { warm: { told: warm, when: happened(it) }, over: { told: it was over } }
"""
    stage = STAGE[: STAGE.index("endings")]
    scenario = load_text("scenario: { title: a test, until: 90 min }\n" + stage + FOLK + text)
    world, _ = stopped(scenario)
    assert told(scenario, world, "grew close") == [("grew close", "ann", "bob")]
    assert log(scenario, world)[-1].kind == "ended"


# ------------------------------------------------------------------------------------------------ order within an instant


def test_effects_happen_in_the_order_in_which_they_are_written():
    folk = FOLK + "facts: { flood: { prior: 0.05 } }\n"
    text = 'rules: { it: { when: "true", do: [%s] } }\n'
    first, second = "place: { who: cid, to: here }", "reveal: { fact: flood, at: here, weight: 9 }"
    for do, learned in (((first, second), ["ann", "bob", "cid"]), ((second, first), ["ann", "bob"])):
        scenario = scene(text % ", ".join(do), folk=folk)
        assert [entry.subject for entry in log(scenario, play(scenario), "learned")] == learned


def test_what_was_asked_happens_before_its_consequences():
    text = """
facts: { flood: { prior: 0.05 } }
orders: { climb: {} }
events: { bell: {} }
rules:
  it: { when: "true", do: [mark: bell, order: { from: ann, to: bob, order: climb }, learn: { who: bob, fact: flood, weight: 9 }] }
  heard: { when: "happened(bell) && knows(bob, flood)" }
  deaf: { when: "happened(bell) && !knows(bob, flood)" }
decisions:
  bob.climb:
    question: q
    answers: climb
    when: ordered(self, climb)
    options:
      yes: { told: so, open: "knows(self, flood)", response: obey }
      no: { told: no, open: "!knows(self, flood)", response: refuse }
"""
    scenario = scene(text)
    world = play(scenario)
    assert told(scenario, world, "obeyed", "refused") == [("obeyed", "bob", "climb")]
    assert (times(scenario, world, "heard"), times(scenario, world, "deaf")) == ([0.0], [])


def test_an_instant_goes_round_until_nothing_is_left():
    chain = "".join(f"  r{i}: {{ when: happened(r{i + 1}) }}\n" for i in range(50))
    scenario = scene('rules:\n  r50: { when: "true", after: 1 h }\n' + chain)
    found = list(log(scenario, play(scenario), "rule"))
    assert [entry.time for entry in found] == [HOUR] * 51
    assert [entry.cause for entry in found[1:]] == [entry.number for entry in found[:-1]]


def test_the_order_of_systems_is_a_permutation_of_all():
    assert sorted(engine.ORDER) == list(range(len(assembly.NAMES)))


# ------------------------------------------------------------------------------------------------ guards


PING = """
gauges: { level: {} }
rules:
  ping: { when: level == 0, repeat: true, do: [set: { gauge: level, to: 1 }] }
  pong: { when: level == 1, repeat: true, do: [set: { gauge: level, to: 0 }] }
"""


@pytest.fixture
def hasty(monkeypatch):
    """Let the interpreted loop lose its patience sooner; the compiled one has its limit built in."""
    if INTERPRETED:
        monkeypatch.setattr(engine, "_MOST_STEPS_AT_ONE_INSTANT", 500)


def test_rules_that_set_each_other_off_end_their_world_alone(hasty):
    scenario = scene(PING)
    started = time.monotonic()
    world, status = stopped(scenario)
    assert status == states.BROKEN
    assert time.monotonic() - started < 60.0
    last = log(scenario, world)[-1]
    assert (last.kind, last.amount, last.time) == ("guard", states.INSTANT_GUARD, 0.0)
    assert last.cause == last.number - 1
    before = to_bytes(world)
    world, status = stopped(scenario, world=world)
    assert (status, to_bytes(world) == before) == (states.BROKEN, True)
    assert len(log(scenario, world, "guard")) == 1


def test_an_infinite_pace_is_caught_too(hasty):
    scenario = scene('rules: { it: { when: "true", rate: 1e9/s } }')
    assert stopped(scenario)[1] == states.BROKEN


def test_a_flood_of_effects_at_one_instant_is_carried_out():
    names = ", ".join(f"n{i}" for i in range(900))
    text = f"gauges: {{ level: {{}} }}\nrules: {{ it: {{ each: {{ n: [{names}] }}, when: 'true', do: [add: {{ gauge: level, by: 1 }}, {{ add: {{ gauge: level, by: 1 }}, after: 1 h }}, add: {{ gauge: level, by: 1 }}] }} }}\n"
    world, status = stopped(scene(text))
    assert status == states.FINISHED
    assert float(world.gauges["value"][0]) == 2700.0
    assert int(world.state["live"][0]) == int(world.state["pending"][0]) == 0


def test_a_flood_of_delayed_effects_gets_its_room():
    text = """
gauges: { level: {} }
rules:
  it: { when: "true", rate: 20/min, do: [{ add: { gauge: level, by: 1 }, after: 9 h }] }
"""
    world, status = stopped(scene(text, "10 h" if not INTERPRETED else "9.2 h"))
    assert status == states.FINISHED
    assert float(world.gauges["value"][0]) > 100
    assert int(world.state["pending"][0]) > 2048


def test_a_step_that_writes_too_much_breaks_its_world_whatever_the_room():
    change = ", ".join(["join: { who: folk, faction: ours }, join: { who: folk, faction: theirs }"] * 10)
    text = f'crowds: {{ folk: {{ count: 200, faction: theirs, place: here }} }}\nrules: {{ it: {{ when: "true", do: [{change}] }} }}\n'
    scenario = scene(text)
    ends = []
    for size in (None, 50_000):
        world = scenario.world(1)
        if size is not None:
            rows = tables.CHRONICLE.rows(size)
            rows[: len(world.chronicle)] = world.chronicle
            world = world._replace(chronicle=rows)
        world, status = stopped(scenario, world=world)
        assert status == states.BROKEN
        ends.append(log(scenario, world))
    assert ends[0] == ends[1]
    assert (ends[0][-1].kind, ends[0][-1].amount) == ("guard", states.ROOM_GUARD)


def test_a_program_without_an_ending_that_holds_is_stopped():
    scenario = scene("")
    program = scenario.program._replace(endings=scenario.program.endings[:0].copy())
    world = scenario.world(1)
    assert engine.play(program, world) == states.BROKEN
    assert int(world.state["broken"][0]) == states.ENDING_GUARD


# ------------------------------------------------------------------------------------------------ room, branches, threads


def tight(world):
    """Return `world` with hardly more room than it needs."""
    margin = 512 + 4 * (len(world.people) + 20)
    used = int(world.state["entries"][0])
    return world._replace(chronicle=world.chronicle[: used + margin].copy(), requests=world.requests[:300].copy())


def test_a_chronicle_grows_and_goes_on_as_if_it_had_always_been_large():
    text = LIVELY.replace("rate: 2/h", "rate: 3/min")
    scenario = scene(text)
    whole, _ = stopped(scenario, 3)
    world, grown = tight(scenario.world(3)), 0
    while True:
        status = engine.play(scenario.program, world)
        if status != states.NEEDS_ROOM:
            break
        world, grown = grow(world), grown + 1
    assert status == states.FINISHED
    assert grown >= 1
    assert len(log(scenario, whole)) > 700
    assert compare(world, whole) == []


def test_a_branch_without_a_change_replays_the_original():
    scenario = scene(LIVELY)
    for moment in (0.0, 600.0, 9000.0, 20000.0):
        world, _ = stopped(scenario, 2, moment)
        branch = copy(world)
        first, _ = stopped(scenario, world=world)
        second, _ = stopped(scenario, world=branch)
        assert to_bytes(first) == to_bytes(second)
        assert list(compare(first, stopped(scenario, 2)[0])) == []


def test_a_branch_with_a_change_differs_only_afterwards():
    scenario = scene(LIVELY)
    world, _ = stopped(scenario, 2, 9000.0)
    other = copy(world)
    other.rules_state["suppressed"][:] = 1
    used = int(world.state["entries"][0])
    first, second = stopped(scenario, world=world)[0], stopped(scenario, world=other)[0]
    assert log(scenario, first)[:used] == log(scenario, second)[:used]
    assert log(scenario, first) != log(scenario, second)


def test_the_same_seed_gives_the_same_bytes_on_any_number_of_threads():
    scenario = scene(LIVELY)

    def bytes_of(seed):
        return to_bytes(stopped(scenario, seed)[0])

    alone = [bytes_of(seed) for seed in range(few(40))]
    for workers in (1, 4):
        with ThreadPoolExecutor(workers) as pool:
            assert list(pool.map(bytes_of, range(few(40)))) == alone
    assert len(set(alone)) == len(alone)


def test_seeds_of_every_size_are_taken():
    scenario = scene(LIVELY)
    ends = {to_bytes(stopped(scenario, seed)[0]) for seed in (0, 1, (1 << 63) + 5, (1 << 64) - 1)}
    assert len(ends) == 4


# ------------------------------------------------------------------------------------------------ whose luck


def story(scenario, seed):
    return [entry[1:6] for entry in log(scenario, play(scenario, seed))]


def with_more(section, line):
    text = "scenario: { title: a test, until: 10 h }\n" + STAGE + FOLK + LIVELY
    marks = {
        "people": "  cid: { faction: theirs, place: there }\n",
        "rules": "  lull: { when: level % 4 == 0, after: { gamma: { mean: 20 min, shape: 2 } }, repeat: true }\n",
    }
    assert marks[section] in text
    return load_text(text.replace(marks[section], marks[section] + line))


@pytest.mark.parametrize(
    ("section", "line"),
    [
        ("people", "  eve: { faction: ours, place: there }\n"),
        ("rules", '  never: { when: "false", rate: 1/s, do: [kill: ann] }\n'),
        ("rules", "  never: { when: happened(lull) && level < 0, do: [kill: ann] }\n"),
    ],
)
def test_what_does_nothing_changes_nobodys_luck(section, line):
    plain, more = scene(LIVELY), with_more(section, line)
    for seed in range(few(20)):
        assert story(plain, seed) == story(more, seed)


def test_adding_somebody_first_changes_nobodys_luck():
    more = FOLK.replace("people:\n", "people:\n  zed: { faction: ours, place: there }\n")
    for seed in range(few(20)):
        assert story(scene(LIVELY), seed) == story(scene(LIVELY, folk=more), seed)


def test_a_new_name_with_its_key_is_not_a_new_fate():
    renamed = FOLK.replace("ann: {", "zoe: { key: ann,")
    plain, other = scene(LIVELY), scene(LIVELY.replace("ann", "zoe"), folk=renamed)
    for seed in range(few(20)):
        renamed = [
            tuple(word.replace("ann", "zoe") if isinstance(word, str) else word for word in entry)
            for entry in story(plain, seed)
        ]
        assert renamed == story(other, seed)


def test_crowds_are_drawn_from_their_own_luck():
    scenario = scene(LIVELY.replace("count: 7", "count: 300"))
    more = scene(LIVELY.replace("count: 7", "count: 400"))
    first, second = scenario.world(4), more.world(4)
    assert np.array_equal(first.people["age"][:303], second.people["age"][:303])
    ages = first.people["age"][3:]
    assert abs(ages.mean() - 40.0) <= 4.0 * 10.0 / math.sqrt(300)
    assert abs(ages.std() - 10.0) <= 4.0 * 10.0 / math.sqrt(600)


def test_measures_are_read_at_the_present_moment():
    text = LIVELY + "measures: { level: { told: l, value: level }, when: { told: t, value: time() } }\n"
    scenario = scene(text)
    world, _ = stopped(scenario, until=5000.0)
    assert engine.measures(scenario.program, world).tolist() == [float(world.gauges["value"][0]), 5000.0]


def test_the_chronicle_opens_with_the_beginning_and_everything_rests_on_it():
    scenario = scene(LIVELY)
    world = play(scenario, 7)
    check_causes(world)
    chronicle = world.chronicle[: int(world.state["entries"][0])]
    assert int(chronicle.kind[0]) == kinds.BEGAN
    assert (chronicle.cause[1:] >= 0).all()


# ------------------------------------------------------------------------------------------------ compiling


@pytest.mark.parametrize("progress", [None, lambda *_: None])
def test_the_first_use_compiles_with_helpers_and_says_so(monkeypatch, caplog, progress):
    done = []
    for name, value in (
        ("INTERPRETED", False),
        ("linked", lambda: False),
        ("missing", lambda: [] if "helpers" in done else ["a", "b"]),
        (
            "Helpers",
            lambda _: SimpleNamespace(wait=lambda _: done.append("helpers"), close=lambda: done.append("close")),
        ),
        ("link", lambda _: done.append("link")),
    ):
        monkeypatch.setattr(engine, name, value)
    engine.prepare(progress)
    assert done == ["helpers", "close", "link"]
    assert engine.ready()
    assert ("Compiling 2 of the engine's" in caplog.text) == (progress is None)
    engine.prepare(progress)
    assert done == ["helpers", "close", "link", "link"], "what is in the cache is not compiled again"


def test_helpers_compile_while_a_scenario_is_read_and_end_when_it_is_faulty(monkeypatch):
    done = []

    def helpers(_):
        done.append("start")
        return SimpleNamespace(wait=lambda _: done.append("wait"), close=lambda: done.append("close"))

    for name, value in (
        ("INTERPRETED", False),
        ("linked", lambda: False),
        ("missing", lambda: [] if "wait" in done else ["a", "b"]),
        ("Helpers", helpers),
        ("link", lambda _: done.append("link")),
    ):
        monkeypatch.setattr(engine, name, value)
    with pytest.raises(KeyError), engine.compiling_meanwhile():
        raise KeyError
    assert done == ["start", "close"]
    done.clear()
    with engine.compiling_meanwhile():
        done.append("read")
        engine.prepare(lambda *_: None)
    assert done == ["start", "read", "wait", "link", "close"]
    with engine.compiling_meanwhile():
        done.append("again")
    assert done[-1] == "again", "nothing is started when all is kept"
