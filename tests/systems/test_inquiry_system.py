"""Inquiry at work: sequential tests on a flow of information and on signs, by one and by many."""

import math

import numpy as np
import pytest

from briarpatch.mechanisms import inquiry as laws
from plays import DAY, HOUR, check_causes, few, log, play, row, scene, told, within

FOLK = """
people:
  ann: { faction: ours, place: here }
  bob: { faction: ours, place: here }
  cid: { faction: theirs, place: there }
"""


def looking(inquiry, so=True, text="", until="2000 d", **settings):
    return scene(
        f"facts: {{ crack: {{ told: the dam cracks, so: {str(so).lower()}, prior: 0.2 }} }}\n"
        f"inquiries: {{ look: {{ fact: crack, {inquiry} }} }}\n{text}",
        until,
        FOLK,
        head="ends_when: concluded(look)",
        **settings,
    )


def findings(scenario, n):
    """Return (found, time) of the inquiry in each of `n` worlds."""
    worlds = [play(scenario, seed) for seed in range(n)]
    return np.array([(world.inquiries[0].verdict == 1, world.state[0].time) for world in worlds])


def entries(scenario, *kinds):
    return log(scenario, play(scenario), *kinds)


@pytest.mark.parametrize(("so", "share", "mean"), [(True, 0.90, 4.752411), (False, 0.05, 3.988417)])
def test_an_inquiry_errs_and_lasts_as_wald_says(so, share, mean):  # O-10.2
    n = few(600)
    found = findings(looking("who: ann, information: 1/h", so), n)
    assert within(found[:, 0].mean(), share, n)
    times = found[:, 1] / HOUR
    assert abs(times.mean() - mean) < 4.0 * times.std() / math.sqrt(n)


def test_two_who_look_take_half_the_time_and_find_the_same():
    alone, together = findings(looking("who: ann"), 40), findings(looking("who: ours"), 40)
    assert (alone[:, 0] == together[:, 0]).all()
    assert np.allclose(alone[:, 1], 2.0 * together[:, 1])


def test_work_rests_while_nobody_can_and_goes_on_where_it_stood():
    plain = findings(looking("who: ann"), 20)
    jail = """
rules:
  jail: { when: time() > "6 h", do: [capture: { who: ann, by: theirs }] }
  free: { when: time() > "30 h", do: [release: ann] }
"""
    paused = findings(looking("who: ann", text=jail), 20)
    for (found, time), (later_found, later) in zip(plain, paused, strict=True):
        assert found == later_found
        assert later == pytest.approx(time if time < 6 * HOUR else time + 24 * HOUR, abs=0.01)


def test_nobody_and_no_information_find_nothing_and_infinite_information_all_at_once():
    assert not entries(looking("who: ann, information: 0/d", until="900 d"), "found", "ruled out")
    assert not entries(looking('who: ann, when: "false"', until="900 d"), "looked into")
    dead = looking("who: ann", text='rules: { die: { when: "true", do: [kill: ann] } }', until="900 d")
    assert log(dead, play(dead), "found", "ruled out") == []
    n = few(400)
    at_once = findings(looking("who: ann, information: 1e9/s"), n)
    assert at_once[:, 1].max() < 1e-3
    assert within(at_once[:, 0].mean(), 0.9, n)


@pytest.mark.parametrize("so", [True, False])
def test_what_is_found_is_known_and_what_is_ruled_out_is_known_not_to_be(so):
    scenario = looking("who: ours", so)
    for seed in range(6):
        world = play(scenario, seed)
        beliefs = world.beliefs[:2, 0]
        found = world.inquiries[0].verdict == 1
        assert (beliefs["known"] == found).all()
        assert (np.abs(beliefs["odds"]) > math.log(9.0)).all()
        assert world.beliefs[2, 0].odds == pytest.approx(math.log(0.25))
        check_causes(world)
        assert told(scenario, world, "looked into") == [("looked into", "ann", "crack")]


def test_a_finding_that_settles_nothing_weighs_what_it_is_worth():
    scenario = looking("who: ann, settles: false")
    for seed in range(8):
        world = play(scenario, seed)
        found = world.inquiries[0].verdict == 1
        worth = laws.accept_bound(0.05, 0.1) if found else laws.reject_bound(0.05, 0.1)
        assert world.beliefs[0, 0].odds == pytest.approx(math.log(0.25) + worth)


# ------------------------------------------------------------------------------------------------ signs


def signs(if_so, if_not, so=True, more="", **settings):
    return looking(f"who: ann, signs: {{ if_so: {if_so}, if_not: {if_not} }}, {more}", so, **settings)


def test_silence_rules_out_at_the_time_of_the_law():
    # no sign can come: the fact is not so and false signs never are; the bound falls to silence alone
    found = findings(signs("2/h", "0/h", so=False), 10)
    assert not found[:, 0].any()
    assert found[:, 1] / HOUR == pytest.approx(-laws.reject_bound(0.05, 0.1) / 2.0)


def test_one_sign_proves_what_nothing_else_could_show():
    n = few(400)
    found = findings(signs("2/h", "0/h"), n)
    quiet = math.exp(laws.reject_bound(0.05, 0.1))  # no sign until silence has ruled it out
    assert within(1.0 - found[:, 0].mean(), quiet, n)


@pytest.mark.parametrize("so", [True, False])
def test_signs_err_no_more_often_than_allowed(so):
    n = few(500)
    wrong = findings(signs("2/h", "1/h", so), n)[:, 0] != so
    assert wrong.mean() < (0.10 if so else 0.05) + 4.0 * math.sqrt(0.1 / n)
    rare = findings(signs("1/h", "2/h", so), n)[:, 0] != so  # signs that speak against it
    assert rare.mean() < (0.10 if so else 0.05) + 4.0 * math.sqrt(0.1 / n)


def test_signs_that_are_as_frequent_either_way_tell_nothing():
    scenario = signs("2/h", "2/h", until="900 d")
    assert log(scenario, play(scenario), "found", "ruled out") == []


def test_the_weight_of_five_signs():  # O-10.8
    assert laws.poisson_weight(5, 3.0, 2.0, 1.0) == pytest.approx(0.465736, abs=1e-6)


# ------------------------------------------------------------------------------------------------ change


def test_an_inquiry_begins_anew_when_what_is_so_changes():
    text = "rules: { turn: { when: time() > '6 h', do: [become: { fact: crack, so: false }] } }"
    scenario = looking("who: ann", text=text)
    n = few(200)
    found = findings(scenario, n)
    late = found[found[:, 1] > 6 * HOUR]
    assert within((1.0 - late[:, 0]).mean(), 0.95, len(late))
    assert (late[:, 1] > 6 * HOUR).all()


def test_other_events_change_no_inquiry():
    noise = (
        "events: { tick: {} }\nrules: { n: { when: 'hour() % 2 < 1', repeat: true, poll: 7 min, do: [mark: tick] } }"
    )
    plain, busy = findings(looking("who: ann"), 12), findings(looking("who: ann", text=noise), 12)
    assert np.allclose(plain, busy, rtol=0, atol=1e-6)


def test_faults_of_inquiries_are_said():
    with pytest.raises(Exception, match="not both"):
        looking("who: ann, information: 1/d, signs: { if_so: 1/d, if_not: 2/d }")
    with pytest.raises(Exception, match="unknown person or crowd"):
        looking("who: an")
    assert row(looking("who: ann"), "inquiry", "look") == 0
    assert DAY == 86400.0
