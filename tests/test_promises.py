"""What the engine promises whatever the scenario: luck that belongs to entities, causes that are needed, plain words."""

from __future__ import annotations

import ast
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import briarpatch
from briarpatch import assembly, engine, load_scenario, load_text
from briarpatch.scenario import load
from briarpatch.scenario.catalog import packaged, scenario_names
from briarpatch.scenario.scenario import Scenario
from briarpatch.world import kinds, states
from briarpatch.world import world as worlds
from briarpatch.world.compiled import INTERPRETED

SEEDS = 4 if INTERPRETED else 60
VALLEY = (packaged() / "valley.yaml").read_text(encoding="utf-8")


def play(scenario: Scenario, seed: int) -> worlds.World:
    """Return a finished world, with as much room as it asks for."""
    world = scenario.world(seed)
    while engine.play(scenario.program, world) == states.NEEDS_ROOM:
        world = worlds.grow(world)
    assert world.state[0].ending >= 0
    return world


def told(scenario: Scenario, world: worlds.World) -> list[tuple]:
    """Return the chronicle with names in place of rows, so that scenarios with other rows compare."""
    names, people = scenario.names, world.people
    entries = world.chronicle[: world.state[0].entries]

    def name(reference: int) -> str:
        kind, row = divmod(int(reference), 1 << 20)
        return names.label(reference) or (f"key {people[row].key}" if kind == 1 else f"{kind}")

    rows = {kinds.TOLD, kinds.ORDERED, kinds.PASSED_ON}  # their amount is which fact, or whose hands: a row
    return [
        (
            float(e.time),
            assembly.ENTRIES[e.kind].name,
            name(e.subject),
            name(e.object),
            0.0 if e.kind in rows else float(e.amount),
        )
        for e in entries
    ]


def test_all_is_exact_and_sorted():
    assert sorted(briarpatch.__all__) == list(briarpatch.__all__)
    assert all(getattr(briarpatch, name) is not None for name in briarpatch.__all__)
    with pytest.raises(AttributeError, match="nothing_like_this"):
        _ = briarpatch.nothing_like_this
    assert callable(briarpatch.run)


def test_columns_have_names_that_rows_show_without_the_compiler():
    hidden = set(dir(np.record))
    assert [(t.name, c.name) for t in assembly.TABLES.values() for c in t.columns if c.name in hidden] == []


def test_worlds_and_programs_hold_every_table():
    held = set(worlds.World._fields) | set(worlds.Program._fields)
    assert held - set(worlds.PLAIN) == set(assembly.TABLES)


@pytest.mark.parametrize("name", [name for name, _ in scenario_names() if name != "insurrection"])
def test_the_same_seed_gives_the_same_bytes_on_one_thread_and_on_four(name):
    scenario = load_scenario(name)
    seeds = range(8)
    alone = [worlds.to_bytes(play(scenario, seed)) for seed in seeds]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda seed: worlds.to_bytes(play(scenario, seed)), seeds))
    assert alone == together
    assert len(set(alone)) > 1


def test_a_branch_without_a_change_replays_the_original():
    scenario = load_scenario("valley")
    for seed in range(10):
        whole, halves = scenario.world(seed), scenario.world(seed)
        engine.play(scenario.program, whole)
        for hour in range(1, 30):
            engine.play(scenario.program, halves, 600.0 * hour)
            halves = worlds.copy(halves)
        engine.play(scenario.program, halves)
        assert told(scenario, whole) == told(scenario, halves)


EXTRAS = {
    "an idle person": ("  mayor:", "  aunt: { faction: valley_people, place: hill }\n  mayor:"),
    "an idle person in the middle": ("  keeper:", "  aunt: { faction: valley_people, place: hill }\n  keeper:"),
    "a rule that never fires": ("rules:\n", "rules:\n  never: { when: \"time() > '90 d'\" }\n"),
    "another fact": ("facts:\n", "facts:\n  rain: {}\n"),
    "an idle vessel": (
        "facts:\n",
        "vessels: { boat: { faction: valley_people, at: hill, speed: 1 m/s } }\nfacts:\n",
    ),
}


@pytest.mark.parametrize("what", EXTRAS)
def test_adding_what_does_nothing_changes_nobodys_luck(what):
    before, after = EXTRAS[what]
    assert before in VALLEY
    plain, extended = load_text(VALLEY), load_text(VALLEY.replace(before, after, 1))
    for seed in range(SEEDS // 4):
        assert told(plain, play(plain, seed)) == told(extended, play(extended, seed))


def test_a_person_by_another_name_keeps_the_luck_of_the_key():
    text = re.sub(r"\bkeeper\b(?=[,:) }])", "aaron", VALLEY).replace("  aaron: {", "  aaron: { key: keeper,", 1)
    plain, renamed = load_text(VALLEY), load_text(text)
    assert renamed.names.row("person", "aaron") is not None
    for seed in range(SEEDS // 4):
        first = [
            (t, kind, subject.replace("keeper", "aaron"), obj, n)
            for t, kind, subject, obj, n in told(plain, play(plain, seed))
        ]
        assert first == told(renamed, play(renamed, seed))


def test_the_engine_contains_no_name_of_the_flagship():
    """The names are taken from the scenario's own files; ordinary words of English are not names."""
    data = load.read(packaged() / "insurrection").data
    names = {part for section in ("people", "factions", "vessels") for key in data[section] for part in key.split("_")}
    told = " ".join(
        str(body.get("told", ""))
        for section in ("people", "factions", "vessels", "crowds")
        for body in data[section].values()
    )
    names |= {word.lower() for word in re.findall(r"[A-Z][a-z'A-Z]+", told)}
    ordinary = {
        "data",
        "mother",
        "elder",
        "sentry",
        "observer",
        "chief",
        "envoy",
        "one",
        "two",
        "ship",
        "attacker",
        "la",
    }
    ordinary |= {
        "admiral",
        "first",
        "second",
        "harvester",
        "flagship",
        "the",
        "forge",
        "federation",
        "shuttle",
        "cruiser",
    }
    names = {name.strip("'") for name in names} - ordinary
    assert {"picard", "enterprise", "riker"} <= names
    source = Path(briarpatch.__file__).parent
    for file in source.rglob("*.py"):
        if "scenarios" in file.parts:
            continue
        found = names & set(re.findall(r"[a-z']+", file.read_text(encoding="utf-8").lower()))
        assert not found, f"{file.name} names {found}"


def test_kernels_do_not_call_themselves():
    """Numba cannot load a function that calls itself, even through others, from its cache."""
    source = Path(briarpatch.__file__).parent
    for file in [
        *source.glob("systems/*.py"),
        *source.glob("mechanisms/**/*.py"),
        *(file for file in source.glob("world/*.py") if file.stem not in ("reach", "making")),  # what makes code
        *source.glob("laws/*.py"),
        source / "engine.py",
    ]:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        calls = {
            node.name: {c.func.id for c in ast.walk(node) if isinstance(c, ast.Call) and isinstance(c.func, ast.Name)}
            for node in tree.body
            if isinstance(node, ast.FunctionDef) and node.decorator_list
        }
        for name in calls:
            reached: set[str] = set()
            todo = list(calls[name])
            while todo:
                called = todo.pop()
                if called in calls and called not in reached:
                    reached.add(called)
                    todo += calls[called]
            assert name not in reached, f"{file.name}: {name} reaches itself"


def test_declarations_are_told_and_numbered():
    assert len({kind.name for kind in assembly.ENTRIES}) == len(assembly.ENTRIES)
    assert [verb.number for verb in assembly.VERBS.values()] == list(range(len(assembly.VERBS)))
    assert all(verb.meaning and verb.parameters for verb in assembly.VERBS.values())
    assert all(function.meaning for function in assembly.FUNCTIONS.values())


@pytest.fixture(scope="module")
def flagship() -> dict[str, Scenario]:
    base = {"people.data.malady.onset": "0/s", "people.data.malady.gain": "0"}
    return {
        "told": load_scenario("insurrection"),
        "no attack": load_scenario(
            "insurrection",
            overrides={
                "decisions.sentry.challenge.options.shoot.open": "false",
                "decisions.dougherty.hush.options.silence_him.open": "false",
            }
            | base,
        ),
        "no order": load_scenario("insurrection", overrides={"rules.ordered_away.when": "false"}),
        "no harvest": load_scenario(
            "insurrection",
            overrides={
                "rules.proceeds.when": "false",
                "rules.harvest_of_empty_world.when": "false",
                "decisions.ruafo.pursue.options.harvest.open": "false",
                "rules.by_hand.when": "false",
                "rules.burning.when": "false",
            },
        ),
    }


def happened(scenario: Scenario, world: worlds.World, event: str) -> bool:
    return bool(world.events.times[scenario.names.rows["event"][event]])


@pytest.mark.parametrize(
    ("taken_away", "effect"),
    [("no attack", "data.outbreak"), ("no order", "insurrection"), ("no harvest", "harvest_runs")],
)
def test_removing_a_cause_removes_its_effect(flagship, taken_away, effect):
    """Under the same luck: with the cause the effect happens in some worlds, without it in none."""
    seeds = range(2 if INTERPRETED else SEEDS)
    told, without = flagship["told"], flagship[taken_away]
    if not INTERPRETED:
        assert sum(happened(told, play(told, seed), effect) for seed in seeds) > len(seeds) // 10
    assert not any(happened(without, play(without, seed), effect) for seed in seeds)


def test_nobody_is_harmed_by_a_harvest_that_never_was(flagship):
    scenario = flagship["no harvest"]
    rings = scenario.names.ref("field", "rings")
    for seed in range(2 if INTERPRETED else SEEDS // 2):
        world = play(scenario, seed)
        entries = world.chronicle[: world.state[0].entries]
        died = next(kind.number for kind in assembly.ENTRIES if kind.name == "died")
        assert not np.any((entries.kind == died) & (entries.object == rings))
        assert np.all(world.fields.stock == 1.0)
        assert np.all(world.people.dose == 0.0)


def test_every_entry_after_the_first_names_causes_that_came_before_it(flagship):
    world = play(flagship["told"], 3)
    entries = world.chronicle[: world.state[0].entries]
    numbers = np.arange(len(entries))
    for column in ("cause", "cause2", "cause3"):
        assert np.all(entries[column] < numbers)
