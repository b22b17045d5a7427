"""Bonds at work: pair dynamics, meetings, closeness, trust that fades, sides that wrong and forgive (O-13.2, 3, 6, 7)."""

import math

import bonds_reference
import numpy as np
import pytest
from scipy.linalg import expm

from briarpatch import engine
from briarpatch.errors import ScenarioError
from briarpatch.laws import bonds as laws
from briarpatch.scenario.catalog import load_text
from briarpatch.world import states
from plays import DAY, FOLK, HOUR, STAGE, bond, check_causes, few, go_on, log, play, row, scene, times, told, within

MEET = 'rules: { it: { when: "true", do: [{ meet: { who: ann, other: bob }, after: 90 min }] } }\n'


def pair(world, one=0, other=1):
    return float(bond(world, one, other).affection), float(bond(world, other, one).affection)


def flow(start, a, f, time):
    """Return the closed form of dx/dt = A x + f."""
    a, f, start = np.array(a), np.array(f), np.array(start)
    rest = np.linalg.solve(a, -f)
    return rest + expm(a * time) @ (start - rest)


COUPLED = """
bonds:
  - { who: ann, to: bob, affection: -0.8, decay: 1/h, response: 0.5/h, appeal: 0.2/h }
  - { who: bob, to: ann, affection: 0.6, decay: 1/h, response: 0.5/h, appeal: 0.1/h }
"""
A = np.array([[-1.0, 0.5], [0.5, -1.0]]) / HOUR


# ------------------------------------------------------------------------------------------------ affection


@pytest.mark.parametrize("every", ["1 h", "30 min", "7 min", "100 h"])
def test_affection_follows_its_law_at_every_cadence(every):
    scenario = scene(COUPLED + f"life: {{ bonds_every: {every} }}\n", "3 h")
    assert pair(play(scenario)) == pytest.approx((0.235935, 0.185561), abs=1e-6)  # O-13.2
    assert pair(play(scenario)) == pytest.approx(flow([-0.8, 0.6], A, np.array([0.2, 0.1]) / HOUR, 3 * HOUR), rel=1e-12)


def test_other_things_that_happen_do_not_disturb_it():
    text = (
        COUPLED
        + 'rules: { it: { when: "true", rate: 20/h, do: [bond: { who: bob, to: cid, affection: 0.1 }, place: { who: cid, to: here }] } }\n'
    )
    assert pair(play(scene(text, "3 h"))) == pytest.approx((0.235935, 0.185561), abs=1e-6)


def test_a_pair_at_rest_sleeps_and_so_does_everybody_else():
    scenario = scene(
        "bonds: [{ who: ann, to: bob, affection: 0.8, trust: 0.9 }, { who: ann, to: cid, kinship: 0.5 }]\n"
    )
    world = play(scenario)
    assert pair(world) == (0.8, 0.0)
    assert int(world.due["calls"][states.BONDS]) <= 2
    assert len(scenario.program.couples) == 1
    assert math.isinf(world.due["next"][states.BONDS])


def test_nobody_and_one_alone():
    alone = "people: { ann: { faction: ours, place: here } }\n"
    assert int(play(scene("", "1 h", alone)).due["calls"][states.BONDS]) <= 2
    with pytest.raises(ScenarioError, match="'ann' stands here twice; a bond is between two"):
        scene("bonds: [{ who: ann, to: ann, affection: 1, appeal: 1/h }]\n", "1 h", alone)


def test_relations_are_kept_of_pairs_that_something_can_move_alone():
    text = """
bonds: [{ who: cid, to: ann, kinship: 0.5 }]
rules: { it: { when: 'trust(ann, bob) + affection(bob, ann) < 0', do: [bond: { who: bob, to: cid, trust: 1 }] } }
"""
    world = play(scene(text))
    found = set(zip(world.bonds["who"].tolist(), world.bonds["whom"].tolist(), strict=True))
    assert found == {(0, 2), (2, 0), (1, 2), (2, 1)}
    assert [world.bonds[row.back].whom for row in world.bonds] == world.bonds["who"].tolist()


def test_who_has_nothing_between_them_trusts_by_sides_as_they_were_at_the_start():
    text = """
bonds: [{ who: ann, to: bob, trust: 0.3 }]
measures:
  near: { told: near, value: 'trust(ann, dan)' }
  far: { told: far, value: 'trust(ann, cid)' }
  kept: { told: kept, value: 'trust(ann, bob)' }
  back: { told: back, value: 'trust(bob, ann)' }
  none: { told: none, value: 'affection(ann, cid) + kinship(cid, dan)' }
"""
    folk = FOLK + "  dan: { faction: ours, place: there }\n"
    scenario = scene(text, "10 d", folk, "trust_own: 0.9, trust_other: 0.2")
    values = dict(
        zip((m.name for m in scenario.measures), engine.measures(scenario.program, play(scenario)), strict=True)
    )
    assert values == pytest.approx({"near": 0.9, "far": 0.2, "kept": 0.3, "back": 0.9, "none": 0.0})


def test_affection_that_moves_settles_and_then_sleeps():
    text = "bonds: [{ who: ann, to: bob, affection: 1, decay: 2/h }]\n"
    world = play(scene(text, "1000 h"))
    assert pair(world)[0] == pytest.approx(0.0, abs=1e-11)
    assert int(world.due["calls"][states.BONDS]) < 30


def test_a_pull_that_needs_company_acts_only_while_together():
    text = """
bonds: [{ who: ann, to: bob, appeal: 0.1/h, together: true }, { who: bob, to: ann, appeal: 0.1/h }]
rules:
  it: { when: "true", do: [{ place: { who: bob, to: there }, after: 1 h }, { place: { who: ann, to: there }, after: 150 min }, { place: { who: ann, to: here }, after: 4 h }] }
"""
    scenario = scene(text, "6 h")
    world = play(scenario)
    assert pair(world) == pytest.approx((0.25, 0.6))
    assert float(bond(world, 0, 1).contact) == float(bond(world, 1, 0).contact) == 4 * HOUR


@pytest.mark.parametrize(("moves", "felt"), [([("ours", "there")], 0.2), ([("ann", "there"), ("bob", "yonder")], 0.0)])
def test_those_under_way_are_together_on_one_journey_and_not_for_being_nowhere(moves, felt):
    goes = ", ".join(f"move: {{ who: {who}, to: {to}, speed: 0.1 m/s }}" for who, to in moves)
    stage = STAGE.replace("factions:", "  yonder: { map: ground, at: [3 km, -4 km] }\nfactions:") + FOLK
    rules = f"""
bonds: [{{ who: ann, to: bob, appeal: 0.1/h, together: true, mutual: true }}]
rules: {{ go: {{ when: "true", do: [{goes}] }} }}
"""
    world = play(load_text("scenario: { title: a test, until: 2 h }\n" + stage + rules))
    assert (world.people["place"][:2] == -1).all()
    assert pair(world) == pytest.approx((felt, felt))


def test_the_dead_neither_feel_nor_are_felt_for():
    text = """
bonds: [{ who: ann, to: bob, mutual: true, appeal: 0.2/h, dormant: 3 }]
rules:
  it: { when: "true", do: [{ kill: bob, after: 1 h }, { meet: { who: ann, other: bob }, after: 2 h }, { bond: { who: ann, to: bob, affection: 5 }, after: 2 h }] }
"""
    scenario = scene(text)
    world = play(scenario)
    assert pair(world) == pytest.approx((0.2, 0.2))
    assert log(scenario, world, "met", "grew close") == []


NOISY = "bonds: [{ who: ann, to: bob, affection: 2, decay: 0.5/h, noise: NOISE }]\nlife: { bonds_every: EVERY }\n"


@pytest.mark.parametrize("every", ["1 h", "30 min"])
def test_noise_has_the_moments_of_ornstein_and_uhlenbeck(every):
    n = few(2000)
    noise = 0.5 * math.sqrt(12.0)  # 0.5 per square root of the time of decay
    scenario = scene(NOISY.replace("NOISE", repr(noise)).replace("EVERY", every), "4 h")
    found = np.array([pair(play(scenario, seed))[0] for seed in range(n)])
    assert abs(found.mean() - 0.270671) <= 4.0 * found.std() / math.sqrt(n)  # O-13.3
    assert abs(found.var() - 0.122711) <= 4.0 * 0.122711 * math.sqrt(2.0 / n)


def test_noise_is_the_same_however_often_the_pair_is_looked_at():
    text = NOISY.replace("NOISE", "1").replace("EVERY", "1 h")
    more = 'rules: { it: { when: "true", rate: 30/h, do: [bond: { who: bob, to: ann, trust: 1 }] } }\n'
    for seed in range(5):
        assert pair(play(scene(text), seed))[0] == pytest.approx(pair(play(scene(text + more), seed))[0], rel=1e-12)


def test_noise_belongs_to_the_pair_and_not_to_its_row():
    text = "bonds:\n  - { who: ann, to: bob, noise: 1 }\n  - { who: bob, to: cid, noise: 1 }\n"
    lines = text.split("\n")
    first, second = scene(text), scene("\n".join([lines[0], lines[2], lines[1], ""]))
    assert np.array_equal(play(first).bonds["affection"], play(second).bonds["affection"])
    assert len({*play(first).bonds["affection"].tolist()}) == 3


# ------------------------------------------------------------------------------------------------ meetings and closeness


def test_meeting_wakes_what_is_dormant():
    scenario = scene(
        "bonds: [{ who: ann, to: bob, mutual: true, affection: 0.1, dormant: 0.7, kinship: 0.5 }]\n" + MEET
    )
    world = play(scenario)
    assert pair(world) == (0.7, 0.7)
    assert [(e.time, e.subject, e.object) for e in log(scenario, world, "met")] == [(5400.0, "ann", "bob")]
    assert [(e.time, e.kind) for e in log(scenario, world, "grew close", "grew apart")] == [(5400.0, "grew close")]
    assert bond(world, 0, 1).dormant == 0.0
    assert float(bond(world, 0, 1).contact) >= 5400.0
    entries = log(scenario, world)
    grew = log(scenario, world, "grew close")[0]
    assert entries[grew.cause].kind == "met"
    assert entries[entries[grew.cause].cause].kind == "rule"


def test_meeting_does_not_cool_a_stronger_feeling_and_wakes_dislike_too():
    for affection, dormant, after in ((0.8, 0.7, 0.8), (0.1, -0.7, -0.7), (0.0, 0.0, 0.0)):
        text = f"bonds: [{{ who: ann, to: bob, affection: {affection}, dormant: {dormant} }}]\n"
        assert pair(play(scene(text + MEET)))[0] == after


def test_every_meeting_is_written_once():
    more = "do: [meet: { who: ann, other: bob }, { meet: { who: bob, other: ann }, after: 1 h }, meet: { who: ann, other: ann }]"
    scenario = scene(f'rules: {{ it: {{ when: "true", {more} }} }}\n')
    assert told(scenario, play(scenario), "met") == [("met", "ann", "bob"), ("met", "bob", "ann")]


@pytest.mark.parametrize("every", ["1 h", "17 min", "50 h"])
def test_growing_close_and_apart_at_the_exact_moment(every):
    text = f"""
life: {{ bonds_every: {every} }}
bonds:
  - {{ who: ann, to: bob, affection: 0, appeal: 0.1/h, together: true }}
  - {{ who: bob, to: ann, affection: 1, decay: 0.01/h }}
rules:
  part: {{ when: "true", do: [{{ place: {{ who: bob, to: there }}, after: 8 h }}, {{ bond: {{ who: ann, to: bob, affection: -0.5 }}, after: 10 h }}] }}
  it: {{ when: "affection(ann, bob) >= 0.5" }}
"""
    scenario = scene(text, "200 h")
    world = play(scenario)
    found = log(scenario, world, "grew close", "grew apart")
    assert [entry.kind for entry in found] == ["grew close", "grew apart"]
    assert found[0].time == pytest.approx(5 * HOUR, abs=1e-3)
    # bob's affection is what cools below a quarter last: ann's stays at 0.8 - 0.5
    assert found[1].time == pytest.approx(math.log(4.0) * 100.0 * HOUR, rel=1e-7)
    check_causes(world)


def test_closeness_needs_both_and_starts_unwritten():
    text = "bonds: [{ who: ann, to: bob, affection: 0.9 }, { who: bob, to: cid, mutual: true, affection: 0.9 }]\n"
    scenario = scene(text)
    world = play(scenario)
    assert log(scenario, world, "grew close") == []
    assert (bond(world, 1, 2).close, bond(world, 2, 1).close, bond(world, 0, 1).close) == (1, 1, 0)


def test_the_marks_are_the_scenarios():
    text = "life: { close: 0.3, apart: 0.1 }\nbonds: [{ who: ann, to: bob, mutual: true, appeal: 0.1/h }]\n"
    scenario = scene(text)
    assert [e.time for e in log(scenario, play(scenario), "grew close")] == pytest.approx([3 * HOUR], abs=1e-3)
    with pytest.raises(ScenarioError, match="at most 'close'"):
        scene("life: { close: 0.1, apart: 0.3 }\n")


def test_marks_pass_by_bond_between_those_without_a_stated_bond():
    do = "bond: { who: ann, to: cid, affection: 0.6 }, bond: { who: cid, to: ann, affection: 0.6 }, { bond: { who: cid, to: ann, affection: -0.4 }, after: 1 h }"
    scenario = scene(f'rules: {{ it: {{ when: "true", do: [{do}] }} }}\n')
    world = play(scenario)
    assert told(scenario, world, "grew close", "grew apart") == [
        ("grew close", "ann", "cid"),
        ("grew apart", "ann", "cid"),
    ]
    check_causes(world)


# ------------------------------------------------------------------------------------------------ trust


def test_promises_kept_and_broken_move_trust():
    text = """
bonds: [{ who: ann, to: bob, trust: 0.8 }]
rules:
  it: { when: "true", do: [{ bond: { who: ann, to: bob, trust: -600 }, after: 1 h }, { bond: { who: ann, to: bob, trust: 4000 }, after: 2 h }] }
  low: { when: "trust(ann, bob) < 0.51" }
  high: { when: "happened(low) && trust(ann, bob) > 0.85" }
"""
    scenario = scene(text)
    world = play(scenario)
    assert (times(scenario, world, "low"), times(scenario, world, "high")) == ([HOUR], [2 * HOUR])
    kept, broken = bond(world, 0, 1).kept, bond(world, 0, 1).broken
    assert (kept + 1) / (kept + broken + 2) == pytest.approx((800 + 4000) / (1000 + 4600), rel=1e-3)


def test_promises_are_forgotten_at_the_scenarios_pace():
    # eight kept and two broken, fading with ten hours: O-13.6 at the start, nothing left in the end
    def prepare(world):
        bond(world, 0, 1).kept, bond(world, 0, 1).broken = 8.0, 2.0

    text = """
life: { trust_fades: 10 h }
bonds: [{ who: ann, to: bob }]
rules:
  it: { when: "trust(ann, bob) < TRUST", poll: 1 s }
"""
    for after in (5.0, 20.0):
        left = math.exp(-after / 10.0)
        scenario = scene(text.replace("TRUST", repr((8 * left + 1) / (10 * left + 2))), "50 h")
        assert times(scenario, play(scenario, prepare=prepare), "it") == pytest.approx([after * HOUR], abs=1.1)
    scenario = scene(text.replace("TRUST", "0.0001"), "1 h")
    assert bonds_reference.beta_trust(8.0, 2.0) == 0.75
    assert times(scenario, play(scenario, prepare=prepare), "it") == []


def test_fading_does_not_depend_on_how_often_promises_are_counted():
    head = "life: { trust_fades: 10 h }\nbonds: [{ who: ann, to: bob, trust: 0.9 }]\n"
    few_ = head + 'rules: { it: { when: "true", do: [{ bond: { who: ann, to: bob, trust: 5 }, after: 10 h }] } }\n'
    often = few_.replace(
        "do: [",
        "do: [" + "".join(f"{{ bond: {{ who: ann, to: bob, trust: 1e-12 }}, after: {h} h }}, " for h in range(1, 10)),
    )
    one, two = play(scene(few_, "11 h")), play(scene(often, "11 h"))
    assert bond(one, 0, 1).kept == pytest.approx(bond(two, 0, 1).kept, rel=1e-9)
    assert bond(one, 0, 1).kept == pytest.approx(899.0 * math.exp(-1.0) + 5.0, rel=1e-3)


# ------------------------------------------------------------------------------------------------ sides


def sides(do, ties="", more="", until="10 h", folk=FOLK):
    return scene(f'{ties}rules: {{ it: {{ when: "true", do: [{do}] }} {more} }}\n', until, folk)


def test_ties_shift_within_their_bounds_and_say_so_when_they_change():
    scenario = sides(
        "tie: { from: ours, to: theirs, by: 0.7 }, tie: { from: ours, to: theirs, by: 0.7 }, tie: { from: ours, to: theirs, by: 0.7 }",
        more=", warm: { when: 'tie(ours, theirs) == 1' }",
    )
    world = play(scenario)
    assert [entry.amount for entry in log(scenario, world, "tie changed")] == [0.7, 1.0]
    assert world.ties["value"].tolist() == [[1.0, 1.0], [0.0, 1.0]]
    assert times(scenario, world, "warm") == [0.0]
    check_causes(world)


@pytest.mark.parametrize("days", [0, 7, 30, 90, 365])
def test_forgiveness_follows_its_law(days):
    n = few(1000)
    do = f"offend: {{ by: ours, against: theirs, grudge: 2 }}, {{ forgive: {{ by: theirs, to: ours }}, after: {days} d }}"
    scenario = sides(do, until="400 d")
    p = {0: 0.1192, 7: 0.2539, 30: 0.3829, 90: 0.5, 365: 0.6496}[days]  # O-13.7
    forgave = [len(log(scenario, play(scenario, seed), "forgave")) for seed in range(n)]
    assert within(np.mean(forgave), p, n)


@pytest.mark.parametrize(
    ("ties", "do", "more"),
    [
        ("ties: [{ who: theirs, to: ours, value: 0.8 }]\n", "", 0.8),
        ("", "apologise: { by: ours, to: theirs, weight: 1.5 }, ", 1.5),
        ("bonds: [{ who: cid, to: ann, kinship: 0.5 }]\n", "", 0.5),
        ("life: { forgiving: 0 }\n", "", -2.0),
    ],
)
def test_what_helps_to_forgive(ties, do, more):
    n = few(1000)
    text = (
        "offend: { by: ours, against: theirs, grudge: 2 }, " + do + "{ forgive: { by: theirs, to: ours }, after: 90 d }"
    )
    scenario = sides(text, ties, until="100 d")
    forgave = [len(log(scenario, play(scenario, seed), "forgave")) for seed in range(n)]
    assert within(np.mean(forgave), 1.0 / (1.0 + math.exp(-more)), n)


def test_forgiving_turns_the_tie_and_is_final():
    scenario = sides(
        "forgive: { by: theirs, to: ours }, forgive: { by: theirs, to: ours }",
        "ties: [{ who: theirs, to: ours, value: -0.9, grudge: -60, offended: 3 y }]\n",
        ", peace: { when: 'forgave(theirs, ours) && tie(theirs, ours) > 0' }",
    )
    world = play(scenario)
    assert told(scenario, world, "forgave") == [("forgave", "theirs", "ours")]
    assert times(scenario, world, "peace") == [0.0]
    check_causes(world)


def test_each_asking_has_its_own_luck_and_only_a_wrong_can_be_forgiven():
    ask_ = ", ".join(f"{{ forgive: {{ by: theirs, to: ours }}, after: {h} h }}" for h in range(1, 6))
    tie = "life: { forgiving: 0 }\nties: [{ who: theirs, to: ours, grudge: 0 }]\n"
    n = few(600)
    scenario = sides(ask_, tie)
    found = [len(log(scenario, play(scenario, seed), "forgave")) for seed in range(n)]
    assert within(np.mean(found), 1.0 - 0.5**5, n)
    assert log(sides(ask_), play(sides(ask_)), "forgave") == []


def test_a_new_offence_adds_to_what_is_left_of_the_old_and_undoes_forgiveness():
    do = "offend: { by: ours, against: theirs, grudge: 3 }, { offend: { by: ours, against: theirs, grudge: 1 }, after: 30 d }"
    scenario = sides(do, until="31 d")
    world = play(scenario)
    left = 3.0 - 0.4434 * math.log(31.0)
    assert world.ties["grudge"][1, 0] == pytest.approx(1.0 + left, rel=1e-6)
    assert world.ties["offended"][1, 0] == 30 * DAY
    again = sides(
        "forgive: { by: theirs, to: ours }, { offend: { by: ours, against: theirs }, after: 1 h }",
        "ties: [{ who: theirs, to: ours, grudge: -60 }]\n",
    )
    world = play(again)
    assert (int(world.ties["forgiven"][1, 0]), float(world.ties["grudge"][1, 0])) == (0, 2.0)
    assert told(again, world, "forgave", "offended") == [("forgave", "theirs", "ours"), ("offended", "ours", "theirs")]


def test_an_apology_for_nothing_is_none():
    scenario = sides("apologise: { by: ours, to: theirs }")
    assert log(scenario, play(scenario), "apologised") == []


def test_the_luck_of_sides_does_not_depend_on_other_sides():
    do = "offend: { by: ours, against: theirs, grudge: 0 }, forgive: { by: theirs, to: ours }"
    plain = sides(do)
    more = load_text(
        "scenario: { title: a test, until: 10 h }\n"
        + STAGE.replace("theirs: {} }", "theirs: {}, others: {} }")
        + FOLK
        + f'rules: {{ it: {{ when: "true", do: [{do}] }} }}\n'
    )
    found = [(len(log(s, play(s, seed), "forgave"))) for seed in range(40) for s in (plain, more)]
    assert found[::2] == found[1::2]
    assert 0 < sum(found) < len(found)


def test_stopping_anywhere_changes_nothing():
    text = COUPLED.replace("appeal: 0.2/h", "appeal: 0.9/h, noise: 0.3") + MEET
    scenario = scene(text)
    whole = play(scenario, 2)
    parts = scenario.world(2)
    for until in np.arange(0.0, 36000.0, 777.0):
        parts, _ = go_on(scenario, parts, float(until))
    parts, _ = go_on(scenario, parts)
    assert log(scenario, whole) == log(scenario, parts)
    assert np.array_equal(whole.bonds["affection"], parts.bonds["affection"])
    assert row(scenario, "person", "ann") == 0


# ------------------------------------------------------------------------------------------------ balance of sides


def balanced(ties, life="balancing: 1/d, balances_every: 1 h", until="30 d", names="abcd"):
    """Return four sides with these mutual ties."""
    listed = ", ".join(f"{{ who: {x}, to: {y}, mutual: true, value: {v} }}" for (x, y), v in ties.items())
    return load_text(
        f"""
scenario: {{ title: sides, until: {until} }}
maps: {{ ground: {{}} }}
places: {{ here: {{ map: ground, at: [0 m, 0 m] }} }}
factions: {{ {", ".join(f"{name}: {{}}" for name in names)} }}
people: {{ ann: {{ faction: a, place: here }} }}
endings: {{ over: {{ told: over }} }}
life: {{ {life} }}
ties: [{listed}]
"""
    )


X0 = {("a", "b"): 0.4, ("a", "c"): -0.2, ("a", "d"): -0.3, ("b", "c"): -0.3, ("b", "d"): 0.1, ("c", "d"): 0.5}


def test_sides_polarise_into_the_factions_of_the_law():  # O-13.4
    scenario = balanced(X0)
    world = play(scenario)
    signs = np.sign(world.ties.value)
    assert (signs == [[1, 1, -1, -1], [1, 1, -1, -1], [-1, -1, 1, 1], [-1, -1, 1, 1]]).all()
    assert bonds_reference.balance_energy(world.ties.value) == -1.0
    assert [(e.subject, e.object) for e in log(scenario, world, "fell out")] == [("b", "d")]


def test_ties_move_by_the_exact_solution_until_they_are_bounded():
    start = np.array([[0, 0.4, -0.2, -0.3], [0.4, 0, -0.3, 0.1], [-0.2, -0.3, 0, 0.5], [-0.3, 0.1, 0.5, 0]])
    expected, t = start.copy(), 0.5
    assert laws.balance_step(expected, t, np.zeros((4, 4)))
    for every in ("1 h", "30 min", "3 h"):
        world = play(balanced(X0, f"balancing: 1/d, balances_every: {every}"), until=0.5 * DAY)
        found = world.ties.value.copy()
        off = ~np.eye(4, dtype=bool)
        assert np.allclose(found[off], expected[off], atol=1e-9)


def test_the_order_of_sides_does_not_matter_and_nothing_moves_without_reason():
    world, turned = play(balanced(X0)), play(balanced(X0, names="dcba"))
    assert np.allclose(world.ties.value, turned.ties.value[::-1, ::-1])
    still = play(balanced({}))
    assert (still.ties.value == np.eye(4)).all()
    assert still.due[states.BONDS].calls < 5
    off = play(balanced(X0, "close: 0.5"))
    assert off.ties.value[0, 1] == 0.4
    two = play(balanced({("a", "b"): 0.2}, names="ab"))
    assert two.ties.value[0, 1] > 0.2
