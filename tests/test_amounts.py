"""What beats ask of amounts is held to what the amounts measure."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import briarpatch
from briarpatch.assembly import ENTRIES
from briarpatch.scenario import amounts
from briarpatch.scenario.catalog import load_scenario
from briarpatch.scenario.ranges import Interval, turns
from plays import scene

HOLDS = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


def asked(kind: str, amount: str) -> list[str]:
    text = f"""
accounts: {{ teller: {{ title: t, beats: {{ it: {{ told: it, match: {{ kind: {kind}, amount: "{amount}" }} }} }} }} }}
councils: {{ board: {{ faction: ours, place: here, members: 5, quorum: 3 }} }}
beats: {{ shared: {{ told: it, match: {{ kind: {kind}, amount: "{amount}" }} }} }}
"""
    return [str(warning) for warning in scene(text).warnings if "amount" in str(warning)]


@pytest.mark.parametrize(
    ("kind", "amount", "says"),
    [
        (
            "succeeded",
            "> 1",
            "'> 1' is never true: the amount of an entry 'succeeded' is the share that had joined, from 0",
        ),
        ("succeeded", ">= 50", "is never true"),
        ("put down", "< 0", "is never true"),
        (
            "arrived",
            "> 1000",
            "is how many arrived together, 0 for a vessel, from 0 to 3; change the number, or leave it out",
        ),
        ("arrived", "<= -1", "is never true"),
        ("arrived", "== 1.5", "from 0 to 3, a whole number; change"),
        ("arrived", "!= 1.5", "is always true"),
        ("fell behind", ">= 1", "'>= 1' is always true: the amount"),
        ("resolved", "> 5", "is the votes to act, from 0 to 5"),
        ("launched", "> 0", "is how many drones are left, always 0"),
        ("died", "> 3", "'> 3' is never true: an entry 'died' has no amount; leave it out"),
    ],
)
def test_an_amount_that_never_turns_is_asked_about(kind, amount, says):
    found = asked(kind, amount)
    assert len(found) == 2
    assert all(says in line for line in found), found


@pytest.mark.parametrize(
    ("kind", "amount"),
    [("succeeded", "> 0.5"), ("succeeded", "== 1"), ("arrived", "== 2"), ("arrived", "> 1"), ("learned", "> 100")],
)
def test_an_amount_that_may_turn_is_left_alone(kind, amount):
    assert asked(kind, amount) == []


@given(st.sampled_from(list(HOLDS)), st.integers(-3, 6), st.integers(0, 4), st.integers(0, 4), st.booleans())
def test_a_comparison_turns_when_some_value_makes_it(sign, halves, low, width, whole):
    number, values = halves / 2, Interval(float(low), float(low + width))
    grid = np.arange(low, low + width + 0.25, 1.0 if whole else 0.25)
    holds = HOLDS[sign](grid, number)
    assert turns(sign, number, values, whole) == (holds.any(), holds.all())


@pytest.mark.parametrize("name", ["valley", "trek", "mill", "hunt", "couriers", "strike", "countdown"])
def test_no_amount_lies_outside_of_its_bounds(name):
    scenario, world = load_scenario(name), briarpatch.run(name, seed=3).world
    rows = world.chronicle[: int(world.state["entries"][0])]
    assert len(rows) > 1
    for number in np.unique(rows["kind"]):
        found = amounts.amount_of(scenario.document, ENTRIES[number].name)
        for amount in np.unique(rows["amount"][rows["kind"] == number]) if found else ():
            assert float(amount) in found.values, ENTRIES[number].name
            assert not found.whole or float(amount).is_integer()


def test_every_kind_whose_amount_is_known_exists():
    known = {*amounts._NOTHING, *amounts._SHARES, *amounts._COUNTS}
    assert known <= {kind.name for kind in ENTRIES}
    assert len(known) == len(amounts._NOTHING) + len(amounts._SHARES) + len(amounts._COUNTS)
