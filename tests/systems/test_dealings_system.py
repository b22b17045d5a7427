"""Dealings at work: two who answer each other in kind, what slips make of that, and what it does to trust."""

import math

import numpy as np
import pytest

from briarpatch.errors import BriarpatchError
from plays import DAY, bond, few, go_on, log, play, row, scene

TRUSTING = """
bonds: [{ who: ann, to: bob, mutual: true, trust: 0.5 }]
life: { trust_fades: 100000 y }
"""


def pair(dealing="", text="", until="100 d", head="", **settings):
    return scene(
        f"dealings: {{ basin: {{ between: [ann, bob], rate: 1/d, {dealing} }} }}\n{text}", until, head=head, **settings
    )


def shares(scenario, seeds, until=math.inf):
    """Return the share of words kept in each world."""
    rows = [play(scenario, seed, until).dealings[0] for seed in range(seeds)]
    return np.array([1.0 - d.breaches / (2.0 * d.times) for d in rows])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("after_broken: 0, error: 0.01, ", 0.5),
        ("error: 0.01, ", 0.971154),
        ("error: 0.05, ", 0.875),
    ],
)
def test_O_13_5_slips_and_what_forgiving_makes_of_them(text, expected):
    # both start as if the other had kept faith, and tit for tat forgets that slowly: a share of 1 / (2 x 0.01) occasions
    scenario = pair(text, until="3000 d")
    found = shares(scenario, few(40))
    assert abs(found.mean() - expected) <= 0.5 / (0.02 * 3000) * (expected == 0.5) + 4.0 * found.std() / math.sqrt(
        len(found)
    )


def test_without_slips_faith_is_kept_for_ever_and_written_down_once():
    scenario = pair()
    world = play(scenario)
    assert world.dealings[0].breaches == 0
    assert 60 < world.dealings[0].times < 140
    assert len(log(scenario, world, "kept their word")) == 2


def test_one_slip_echoes_between_those_who_never_forgive():
    scenario = pair("after_broken: 0, error: 0.02")
    world = play(scenario, 2)
    assert world.dealings[0].breaches > 0
    assert len(log(scenario, world, "broke their word")) > 1


def test_each_occasion_is_a_promise_kept_or_broken():
    scenario = pair("after_kept: 0, after_broken: 0", TRUSTING)
    world = play(scenario)
    ann, bob = row(scenario, "person", "ann"), row(scenario, "person", "bob")
    held = bond(world, ann, bob)
    assert held.kept == pytest.approx(499.0, abs=0.01)
    assert held.broken - held.kept == pytest.approx(world.dealings[0].times, abs=0.01)


def test_the_share_kept_does_not_hang_on_who_is_named_first():
    there = shares(pair("error: 0.1"), few(60)).mean()
    back = scene("dealings: { basin: { between: [bob, ann], rate: 1/d, error: 0.1 } }", "100 d")
    assert abs(there - shares(back, few(60)).mean()) < 0.05


def test_they_deal_only_while_both_live_and_the_condition_holds():
    rules = "rules: { blow: { when: 'true', after: 10 d, do: [kill: { who: ann }] } }"
    dead = play(pair(text=rules))
    assert 0 < dead.dealings[0].times < 30
    assert play(pair('when: "false"')).dealings[0].times == 0


def test_rules_read_how_often_they_dealt_and_failed():
    rules = "rules: { enough: { when: 'dealt(basin) >= 5 && breaches(basin) == 0' } }"
    scenario = pair(text=rules)
    world = play(scenario)
    assert len(log(scenario, world, "rule")) == 1


def test_they_take_no_heed_of_how_time_is_cut():
    scenario = pair("error: 0.1")
    whole = play(scenario, 4)
    world, at = scenario.world(4), 0.0
    while at < 100 * DAY:
        at += 0.3 * DAY
        world, _ = go_on(scenario, world, at)
    assert (world.dealings[0].times, world.dealings[0].breaches) == (
        whole.dealings[0].times,
        whole.dealings[0].breaches,
    )


@pytest.mark.parametrize(
    ("dealing", "fault"),
    [
        ("error: 1.5", "error"),
        ("payoffs: { temptation: 1, reward: 3 }", "temptation"),
        ("rate: -1/d", "rate"),
    ],
)
def test_what_is_out_of_range_is_refused(dealing, fault):
    with pytest.raises(BriarpatchError, match=fault):
        pair(dealing)


def test_nobody_deals_with_themselves():
    with pytest.raises(BriarpatchError, match="name two people"):
        scene("dealings: { basin: { between: [ann, ann], rate: 1/d } }")
