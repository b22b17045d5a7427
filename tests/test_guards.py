"""Guards that stop a world: each is reached, and says which limit was broken; the last that is allowed passes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from briarpatch import assembly
from briarpatch.errors import ScenarioError
from briarpatch.world import machine, states
from plays import STAGE, go_on, log, row, scene

ROOTS = 64
"""How many roots of evidence about one fact a world has room for."""


# ------------------------------------------------------------------------------------------------ roots of evidence


def witnesses(count: int) -> str:
    """Return so many rules, a second apart, each of which is a root of its own; the first speaks again at the end."""
    learn = "learn: {{ who: {}, fact: flood, weight: 0.01 }}"
    rules = [f'  r{n}: {{ when: "true", after: {n + 1} s, do: [{learn.format("ann")}] }}' for n in range(count)]
    rules[0] = rules[0].replace("do: [", f"do: [{{ {learn.format('bob')}, after: 10 min }}, ")
    return "facts: { flood: { prior: 0.5 } }\nrules:\n" + "\n".join(rules) + "\n"


@pytest.mark.parametrize("count", [ROOTS - 1, ROOTS, ROOTS + 1])
def test_the_65th_root_of_a_fact_stops_the_world_and_is_taken_for_no_other(count):
    scenario = scene(witnesses(count), until="1 h")
    world, status = go_on(scenario, scenario.world(1))
    ann = row(scenario, "person", "ann")
    assert int(world.facts["sources"][0]) == min(count, ROOTS)
    assert int(world.beliefs["roots"][ann, 0]) == (1 << min(count, ROOTS)) - 1
    assert world.beliefs["odds"][ann, 0] == pytest.approx(0.01 * min(count, ROOTS))
    if count <= ROOTS:
        assert status == states.FINISHED
        assert int(world.beliefs["roots"][row(scenario, "person", "bob"), 0]) == 1
        return
    assert status == states.BROKEN
    assert int(world.state["broken"][0]) == states.ROOTS_GUARD
    last = log(scenario, world)[-1]
    assert (last.kind, last.amount, last.time) == ("guard", states.ROOTS_GUARD, ROOTS + 1.0)
    assert states.GUARD_NAMES[states.ROOTS_GUARD] == f"more than {ROOTS} roots of evidence about one fact"


def holders(count: int, how: str) -> str:
    """Return so many people who hold one fact at the start."""
    people = "".join(f"  p{n}: {{ faction: ours, place: here, {how} }}\n" for n in range(count))
    return f"facts: {{ flood: {{ prior: 0.5 }} }}\npeople:\n{people}"


@pytest.mark.parametrize("how", ["knows: [flood]", "believes: { flood: 0.7 }"])
def test_at_most_64_people_hold_a_fact_at_the_start(how):
    world = scene(holders(ROOTS, how), folk="").world(1)
    assert world.beliefs["roots"][:, 0].tolist() == [1 << n for n in range(ROOTS)]
    text = holders(ROOTS + 2, how)
    with pytest.raises(ScenarioError) as caught:
        scene(text, folk="")
    faults = caught.value.faults
    assert len(faults) == 2
    for fault, name in zip(faults, ("p64", "p65"), strict=True):
        assert f"at most {ROOTS} people can hold 'flood' at the start" in fault.message
        assert "let the others learn it by a rule" in fault.message
        assert f"  {name}:" in ("\n" + STAGE + text).splitlines()[fault.place.line - 1]


# ------------------------------------------------------------------------------------------------ unknown functions


KNOWN = {
    *(one.opcode for one in assembly.FUNCTIONS.values()),
    *machine._OF_TWO,
    machine.PUSH,
    machine.NEGATE,
    machine.NOT,
    machine.SELECT,
}
KNOWN |= {machine.UNLESS_FALSE, machine.UNLESS_TRUE, machine.DRIFTS, machine.END}
LAST = max(KNOWN)
UNKNOWN = [n for n in range(40) if n not in KNOWN] + [-1, -1000, 99, LAST + 1, LAST + 1000, 2**31 - 1]


def made(number: int):
    """Return a scenario whose only rule asks for a function by a number that is written into its program."""
    scenario = scene(
        "facts: { flood: { prior: 0.5 } }\nrules: { it: { when: 'knows(ann, flood)', do: [] } }", until="1 h"
    )
    program = scenario.program
    code = program.code.copy()
    (at,) = np.flatnonzero(code == assembly.FUNCTIONS["knows"].opcode)
    code[at] = number
    return dataclasses.replace(scenario, built=dataclasses.replace(scenario.built, program=program._replace(code=code)))


def test_the_program_that_was_made_plays_with_the_number_that_it_had():
    scenario = made(assembly.FUNCTIONS["knows"].opcode)
    assert go_on(scenario, scenario.world(1))[1] == states.FINISHED


@pytest.mark.parametrize("number", UNKNOWN)
def test_a_function_that_nobody_knows_stops_the_world_and_answers_for_no_other(number):
    scenario = made(number)
    world, status = go_on(scenario, scenario.world(1))
    assert status == states.BROKEN
    assert int(world.state["broken"][0]) == states.FUNCTION_GUARD
    assert [entry.kind for entry in log(scenario, world)] == ["began", "guard"]
