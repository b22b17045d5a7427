"""Fights through the engine: volleys shared out as one, fights at one place as one, held to laws that can be worked out."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import ships_reference
from hypothesis import example, given, settings
from hypothesis import strategies as st

from briarpatch import engine
from briarpatch.scenario.catalog import load_scenario, load_text
from briarpatch.scenario.scenario import Scenario
from briarpatch.world import tables
from briarpatch.world.compiled import INTERPRETED
from plays import FOLK, STAGE, few, log, play, scene, within

CASES = Path(__file__).parent / "cases"


def _measure(scenario: Scenario, name: str, seed: int = 1) -> float:
    world = play(scenario, seed)
    return float(engine.measures(scenario.program, world)[list(scenario.names.rows["measure"]).index(name)])


def fleets(ours: int, theirs: int, us: str, them: str, attacks: list[tuple[int, int]], until: str = "61 s") -> Scenario:
    """Return `ours` boats a0... against `theirs` b0... at one place, each with the settings given; attacks by (a, b)."""
    boats = [f"  a{i}: {{ faction: ours, at: here, breakpoint: 0, {us} }}" for i in range(ours)]
    boats += [f"  b{i}: {{ faction: theirs, at: here, breakpoint: 0, {them} }}" for i in range(theirs)]
    orders = ", ".join(f"attack: {{ by: a{a}, target: b{b} }}" for a, b in attacks)
    rules = f'rules: {{ go: {{ when: "true", do: [{orders}] }} }}'
    return scene("vessels:\n" + "\n".join(boats) + "\n" + rules, until)


def _hulls(scenario: Scenario, seed: int = 1) -> tuple[list[float], list[float]]:
    """Return the hulls left of both sides."""
    left = play(scenario, seed).vessels["hull"].tolist()
    ours = sum(name.startswith("a") for name in scenario.names.rows["vessel"])
    return left[:ours], left[ours:]


# ------------------------------------------------------------------------------------------------ volleys


@pytest.mark.parametrize("seed", range(5))
def test_four_boats_with_a_missile_each_sink_four(seed):
    assert _measure(load_scenario(CASES / "volleys_of_four.yaml"), "left", seed) == 0.0


@pytest.mark.parametrize(("boats", "missiles", "targets"), [(5, 1, 3), (2, 7, 4), (1, 5, 3), (7, 2, 4), (3, 1, 5)])
def test_o_5_15_each_target_gets_its_share_of_all_missiles_or_one_more(boats, missiles, targets):
    tubes = f"hull: 100, weapons: {{ tubes: {{ volley: {missiles}, every: 1 min }} }}"
    attacks = [(0, b) for b in range(targets)] + [(a, 0) for a in range(1, boats)]
    scenario = fleets(boats, targets, tubes, "hull: 100", attacks)
    begins = set()
    for seed in range(12):
        _, left = _hulls(scenario, seed)
        took = [100 - round(hull) for hull in left]
        each, more = divmod(boats * missiles, targets)
        assert sorted(took) == [each] * (targets - more) + [each + 1] * more
        begins.add(tuple(took))
    assert len(begins) > 1 or boats * missiles % targets == 0  # which of them is the first is drawn


def test_o_5_16_an_exchange_of_volleys_is_that_of_whole_missiles_on_whole_ships():
    us = "hull: 2, intercepts: 2, weapons: { tubes: { volley: 4, every: 1 min } }"
    them = "hull: 3, intercepts: 3, weapons: { tubes: { volley: 5, every: 1 min } }"
    scenario = fleets(3, 2, us, them, [(0, 0), (1, 1), (2, 0)])
    for seed in range(5):
        ours, theirs = _hulls(scenario, seed)
        assert theirs == [0.0, 0.0]
        assert sorted(ours) == [0.0, 1.0, 1.0]
    assert ships_reference.salvo_exchange(3.0, 4.0, 2.0, 2.0, 2.0, 5.0, 3.0, 3.0) == (1.0, 0.0)


@settings(max_examples=4 if INTERPRETED else 40, deadline=None)
@given(
    ours=st.integers(1, 4),
    theirs=st.integers(1, 4),
    missiles=st.integers(1, 6),
    stops=st.integers(0, 3),
    hull=st.integers(1, 5),
    seed=st.integers(0, 2**32),
)
def test_what_volleys_leave_is_the_salvo_law_where_missiles_divide_evenly(ours, theirs, missiles, stops, hull, seed):
    us = f"hull: 1000, weapons: {{ tubes: {{ volley: {missiles * theirs}, every: 1 min }} }}"
    attacks = [(0, b) for b in range(theirs)] + [(a, 0) for a in range(1, ours)]
    _, left = _hulls(fleets(ours, theirs, us, f"hull: {hull}, intercepts: {stops}", attacks), seed)
    lost = ships_reference.salvo_loss(float(missiles * theirs), float(ours), float(stops), float(theirs), float(hull))
    assert sum(left) == pytest.approx(hull * (theirs - lost))


def test_missiles_go_only_to_whom_their_launcher_reaches():
    text = """
vessels:
  a: { faction: ours, at: here, breakpoint: 0, hull: 100, weapons: { tubes: { volley: 4, every: 1 min, range: 1 km } } }
  b: { faction: theirs, at: here, breakpoint: 0, hull: 100 }
  c: { faction: theirs, at: there, breakpoint: 0, hull: 100, weapons: { gun: { rate: 1e-9/s, range: 10 km } } }
rules: { go: { when: "true", do: [attack: { by: a, target: b }, attack: { by: c, target: a }] } }
"""
    world = play(scene(text, until="61 s"))
    assert world.vessels["hull"].tolist() == [100.0, 96.0, 100.0]


def test_groups_whose_fire_wanes_exchange_volleys_by_what_is_left_of_them():
    """Ten ships as one against another ten: half lost in the first exchange, half the missiles in the second."""
    us = "hull: 10, wanes: true, intercepts: 2, weapons: { tubes: { volley: 7, every: 1 min } }"
    scenario = fleets(1, 1, us, us, [(0, 0)], until="121 s")
    left = np.array([_hulls(scenario, seed) for seed in range(few(400))])[:, :, 0]
    assert set(np.unique(left)) <= {1.0, 2.0, 3.0, 4.0}
    assert left.mean() == pytest.approx(10.0 - 5.0 - 0.5 * 5.0, abs=0.15)


# ------------------------------------------------------------------------------------------------ fights at one place


@cache
def chain(x: int, y: int) -> float:
    """Return the chance that x units beat y: every unit left hits at the same rate, and one hit is enough."""
    if y == 0:
        return 1.0
    if x == 0:
        return 0.0
    return (x * chain(x, y - 1) + y * chain(x - 1, y)) / (x + y)


def test_two_against_three_in_pairs_is_one_fight():
    assert chain(2, 3) == pytest.approx(0.225)
    scenario = load_scenario(CASES / "two_against_three_in_pairs.yaml")
    n = few(4000)
    won = sum(_measure(scenario, "red", seed) for seed in range(n))
    assert within(won / n, chain(2, 3), n)


def test_o_5_11_two_attacks_of_two_on_six_are_one_of_four():
    assert chain(4, 6) == pytest.approx(0.138902, abs=1e-6)
    gun = "hull: 1, weapons: { gun: { rate: 1/min } }"
    scenario = fleets(4, 6, gun, gun, [(0, 0), (1, 1), (2, 2), (3, 3), (0, 4), (0, 5)], until="30 d")
    n = few(2000)
    won = sum(min(_hulls(scenario, seed)[1]) == max(_hulls(scenario, seed)[1]) == 0.0 for seed in range(n))
    assert within(won / n, chain(4, 6), n)


def many_sided(text: str) -> Scenario:
    """Return a scenario of ten seconds with four factions."""
    stage = STAGE.replace("theirs: {} }", "theirs: {}, thirds: {}, fourths: {} }")
    return load_text("scenario: { title: a test, until: 10 s }\n" + stage + FOLK + text)


def test_fights_of_others_and_fights_elsewhere_stay_apart():
    text = """
vessels:
  a0: { faction: ours, at: here, hull: 1e6, breakpoint: 0, weapons: { gun: { rate: 1/h } } }
  a1: { faction: ours, at: there, hull: 1e6, breakpoint: 0, weapons: { gun: { rate: 1/h } } }
  b0: { faction: theirs, at: here, hull: 1e6, breakpoint: 0 }
  b1: { faction: theirs, at: there, hull: 1e6, breakpoint: 0 }
  c: { faction: thirds, at: here, hull: 1e6, breakpoint: 0, weapons: { gun: { rate: 1/h } } }
  d: { faction: fourths, at: here, hull: 1e6, breakpoint: 0 }
rules: { go: { when: "true", do: [attack: { by: a0, target: b0 }, attack: { by: a1, target: b1 }, attack: { by: c, target: d }] } }
"""
    scenario = many_sided(text)
    fights = play(scenario).vessels["fight"].tolist()
    names = list(scenario.names.rows["vessel"])
    of = dict(zip(names, fights, strict=True))
    assert [of["a0"], of["a1"], of["c"]] == [of["b0"], of["b1"], of["d"]]
    assert len({of["a0"], of["a1"], of["c"]}) == 3


def test_an_enemy_of_both_joins_their_fights_on_one_side():
    text = """
vessels:
  a0: { faction: ours, at: here, hull: 1e6, breakpoint: 0, weapons: { gun: { rate: 1/h } } }
  a1: { faction: ours, at: here, hull: 1e6, breakpoint: 0, weapons: { gun: { rate: 1/h } } }
  b: { faction: theirs, at: here, hull: 1e6, breakpoint: 0 }
  c: { faction: thirds, at: here, hull: 1e6, breakpoint: 0, weapons: { gun: { rate: 1/h } } }
rules: { go: { when: "true", do: [attack: { by: a0, target: b }, attack: { by: c, target: a1 }] } }
"""
    vessels = play(many_sided(text)).vessels
    assert len(set(vessels["fight"].tolist())) == 1
    ours, other, b, c = vessels["side"].tolist()
    assert ours == other
    assert b == c == 1 - ours


def test_the_order_of_attacks_changes_no_odds():
    gun = "hull: 1, weapons: { gun: { rate: 1/min } }"
    n = few(600)
    for attacks in ([(0, 0), (1, 1), (0, 2)], [(1, 1), (0, 2), (0, 0)], [(0, 2), (0, 1), (1, 0)]):
        scenario = fleets(2, 3, gun, gun, attacks, until="30 d")
        won = sum(sum(_hulls(scenario, seed)[1]) == 0.0 for seed in range(n))
        assert within(won / n, chain(2, 3), n)


def test_a_fight_that_arrives_where_another_is_becomes_one_with_it():
    text = """
vessels:
  a0: { faction: ours, at: there, hull: 1e6, breakpoint: 0, weapons: { gun: { rate: 1/h, range: 100 km } } }
  b0: { faction: theirs, at: there, hull: 1e6, breakpoint: 0 }
  a1: { faction: ours, at: here, hull: 1e6, breakpoint: 0, weapons: { gun: { rate: 1/h, range: 100 km } } }
  b1: { faction: theirs, at: here, hull: 1e6, breakpoint: 0, speed: 100 m/s }
rules:
  go: { when: "true", do: [attack: { by: a0, target: b0 }, attack: { by: a1, target: b1 }, sail: { vessel: b1, to: there }] }
"""
    scenario = scene(text, until="2 min")
    for until, fights in ((49.0, 2), (51.0, 1)):
        vessels = play(scenario, until=until).vessels
        assert len(set(vessels["fight"].tolist())) == fights
        ours, theirs, other, b1 = vessels["side"].tolist()
        assert ours != theirs
        assert other != b1
    assert ours == other


# ------------------------------------------------------------------------------------------------ fights beside others

DUEL = """
vessels:
  a: { faction: ours, at: here, speed: 9 m/s, hull: 40, shield: 20, recharge: 0.05/s, breakpoint: 0.2, escape: 1/h, weapons: { gun: { rate: 1/min, accuracy: 0.7 }, tubes: { volley: 2, every: 7 min } } }
  b: { faction: theirs, at: here, speed: 9 m/s, hull: 50, intercepts: 1, breakpoint: 0.1, escape: 1/h, weapons: { gun: { rate: 2/min, accuracy: 0.4 } } }
  d: { faction: theirs, at: here, speed: 9 m/s, hull: 30, wanes: true, weapons: { gun: { rate: 1/min, accuracy: 0.3 } } }
"""
BESIDE = """
  x: { faction: thirds, at: there, speed: 9 m/s, hull: 1e6, shield: 1e3, recharge: 1/s, breakpoint: 0, weapons: { gun: { rate: 3/min }, tubes: { volley: 3, every: 5 min } } }
  y: { faction: fourths, at: there, speed: 9 m/s, hull: 1e6, breakpoint: 0, weapons: { gun: { rate: 3/min, accuracy: 0.5 } } }
  z: { faction: fourths, at: yonder, speed: 9 m/s, hull: 1e6, breakpoint: 0, weapons: { gun: { rate: 3/min, accuracy: 0.5 } } }
"""
ACTS = [
    "attack: { by: x, target: y }",
    "attack: { by: y, target: x }",
    "attack: { by: z, target: y }",
    "cease: x",
    "cease: y",
    "withdraw: y",
    "shields: { vessel: x, up: false }",
    "shields: x",
    "strike: { vessel: y, by: 3 }",
    "sail: { vessel: z, to: there }",
    "sail: { vessel: z, to: yonder }",
    "scuttle: z",
]
"""What the three vessels at other places of the map may do."""
BYTES = [name for name in tables.VESSELS.dtype.names if tables.VESSELS.dtype[name] == np.float64]
BYTES += ["fight", "side", "mode", "stance", "target", "off", "aimed", "incoming", "aimed_by", "exchanges", "flights"]


def duel(beside: str, asked: list[tuple[int, str]]) -> Scenario:
    """Return three vessels in a fight at one place, `beside` others that do what is asked at some minute."""
    stage = STAGE.replace("theirs: {} }", "theirs: {}, thirds: {}, fourths: {} }").replace(
        "  there:", "  yonder: { map: ground, at: [5 km, 0 km] }\n  there:"
    )
    rules = [(3, "attack: { by: a, target: b }"), (6, "attack: { by: d, target: a }"), (40, "cease: a"), *asked]
    lines = [f'  r{n}: {{ when: "true", after: {at} min, do: [{what}] }}' for n, (at, what) in enumerate(rules)]
    head = "scenario: { title: a test, until: 2 h }\n"
    return load_text(head + stage + FOLK + DUEL + beside + "rules:\n" + "\n".join(lines) + "\n")


@settings(max_examples=1 if INTERPRETED else 30, deadline=None)
@given(asked=st.lists(st.tuples(st.integers(1, 90), st.sampled_from(ACTS)), max_size=8), seed=st.integers(0, 2**32))
@example(asked=[(2, ACTS[0]), (20, ACTS[2]), (25, "sail: { vessel: z, to: there }")], seed=1)
def test_fights_elsewhere_on_the_map_change_no_byte_of_a_fight(asked, seed):
    alone, beside = duel("", []), duel(BESIDE, asked)
    for until in (1200.0, 3000.0, float("inf")):
        one, two = play(alone, seed, until), play(beside, seed, until)
        for column in BYTES:
            assert one.vessels[column].tobytes() == two.vessels[column][: len(one.vessels)].tobytes(), column
        for column in ("shots", "spent", "next"):
            assert one.weapons[column].tobytes() == two.weapons[column][: len(one.weapons)].tobytes(), column
        names = {"a", "b", "d"}
        theirs = [(e.time, e.kind, e.subject, e.object, e.amount) for e in log(beside, two) if e.subject in names]
        assert theirs == [
            (e.time, e.kind, e.subject, e.object, e.amount) for e in log(alone, one) if e.subject in names
        ]


def test_fights_that_meet_are_each_accounted_for_first():
    """Two shields that recharge, and half-spent clocks, are brought up to the moment at which two fights become one."""
    text = """
vessels:
  a0: { faction: ours, at: there, hull: 1e6, breakpoint: 0, weapons: { gun: { rate: 1/h, range: 100 km } } }
  b0: { faction: theirs, at: there, hull: 1e6, breakpoint: 0 }
  a1: { faction: ours, at: here, hull: 1e6, breakpoint: 0, weapons: { gun: { rate: 1/h, range: 100 km } } }
  b1: { faction: theirs, at: here, hull: 1e6, breakpoint: 0, speed: 100 m/s }
rules:
  first: { when: "true", do: [attack: { by: a0, target: b0 }] }
  then: { when: "true", after: 10 s, do: [attack: { by: a1, target: b1 }, sail: { vessel: b1, to: there }] }
"""
    world = play(scene(text, until="2 min"), until=61.0)
    assert len(set(world.vessels["fight"].tolist())) == 1
    assert world.vessels["fought"].tolist() == [60.0] * 4
    spent = world.weapons["spent"]
    assert spent[0] == pytest.approx(60.0 / 3600.0)
    assert spent[1] == pytest.approx(50.0 / 3600.0)
