"""Rumours and secrets at work: who is never told, whom a rumour reaches, and when a secret is out."""

import math

import knowledge_reference
import numpy as np
import pytest

from plays import DAY, HOUR, check_causes, few, go_on, log, play, scene, told, within

YEAR = 365.25 * DAY


def talk(n, rumour="contact: 6/h", text="", until="40 d", **settings):
    return scene(
        f"""
facts: {{ crack: {{ told: the dam cracks }} }}
crowds: {{ folk: {{ count: {n}, faction: theirs, place: there }} }}
rumours: {{ talk: {{ fact: crack, among: folk, {rumour} }} }}
rules: {{ begin: {{ when: "true", do: [spread: talk] }}, {text} }}
""",
        until,
        **settings,
    )


def never(scenario, seeds):
    """Return the share that is never told in each world."""
    counts = [play(scenario, seed).rumours[0] for seed in range(seeds)]
    assert all(c.spreaders == 0 for c in counts)
    return np.array([c.ignorants / (c.ignorants + c.stiflers) for c in counts])


@pytest.mark.long
@pytest.mark.parametrize(
    ("by", "n", "share"), [("calls", 2000, 0.2032), ("meetings", 600, 0.2057), ("meetings", 2000, 0.2038)]
)
def test_a_fifth_is_never_told(by, n, share):  # O-10.3; 0.2847 would be the error of O-10.4
    found = never(talk(n, f"contact: 1/min, by: {by}"), few(120))
    took_hold = found[found < 0.6]
    assert abs(took_hold.mean() - share) < 0.004 + 4.0 * took_hold.std() / math.sqrt(len(took_hold))


def test_a_rumour_takes_no_heed_of_how_time_is_cut():
    scenario = talk(80)
    whole = play(scenario, 3)
    world, at = scenario.world(3), 0.0
    while at < 40 * DAY:
        at += 700.0 if at < DAY else DAY
        world, _ = go_on(scenario, world, at)
    assert world.rumours[0].draws == whole.rumours[0].draws
    assert world.rumours[0].ignorants == whole.rumours[0].ignorants


def test_other_contacts_only_change_the_pace():
    slow, fast = play(talk(60, "contact: 1/h"), 5), play(talk(60, "contact: 10/h"), 5)
    assert slow.rumours[0].stiflers == fast.rumours[0].stiflers


def test_nobody_one_and_no_contact():
    assert play(talk(0)).rumours[0].spreaders == 0
    one = play(talk(1)).rumours[0]
    assert (one.ignorants, one.spreaders, one.stiflers) == (0, 1, 0)
    still = play(talk(50, "contact: 0/h")).rumours[0]
    assert (still.ignorants, still.spreaders) == (49, 1)


def test_named_people_hear_it_at_the_rate_of_everybody():
    n = few(60)
    scenario = scene(
        """
facts: { crack: {} }
crowds: { folk: { count: 50, faction: theirs, place: there } }
rumours: { talk: { fact: crack, among: folk, contact: 1/h, hears: [ann] } }
rules: { begin: { when: "true", do: [spread: { rumour: talk, to: 50 }] } }
""",
        "1 h",
    )
    # all fifty tell from the start: each call falls on ann at 50 / 49 per hour, less as callers fall silent
    heard = np.mean([bool(log(scenario, play(scenario, seed), "overheard")) for seed in range(4 * n)])
    assert 0.4 < heard < 1.0 - math.exp(-50 / 49) + 4 * 0.5 / math.sqrt(4 * n)


def test_who_overhears_it_holds_it_with_the_rumour_as_its_root():
    scenario = talk(
        80,
        "contact: 6/h, hears: [ann, bob], weight: 2",
        "pass: { when: 'credence(ann, crack) > 0.2', do: [tell: { from: ann, to: bob, fact: crack }] }",
    )
    for seed in range(12):
        world = play(scenario, seed)
        if len(log(scenario, world, "overheard")) == 2:
            break
    prior = math.log(0.05 / 0.95)
    assert world.beliefs[0, 0].odds == pytest.approx(prior + 2.0)
    assert world.beliefs[1, 0].odds == pytest.approx(prior + 2.0)  # told and overheard: one root, counted once
    check_causes(world)


def test_conditions_see_how_far_it_went():
    scenario = talk(200, text="half: { when: heard_share(talk) > 0.5, poll: 1 min, do: [] }")
    world = play(scenario, 2)
    assert ("rule", "half", "") in told(scenario, world)
    died = log(scenario, world, "died down")[0]
    assert died.amount == pytest.approx(world.rumours[0].stiflers / 200)


# ------------------------------------------------------------------------------------------------ secrets


def entries(scenario, *kinds):
    return log(scenario, play(scenario), *kinds)


def secret(more, folk="", text="", until="1000 y"):
    return scene(
        f"facts: {{ bribe: {{ told: a bribe }} }}\nsecrets: {{ hush: {{ fact: bribe, {more} }} }}\n{text}",
        until,
        (folk or "people: { ann: { faction: ours, place: here } }") + "\n",
        head="ends_when: leaks(hush) > 0",
    )


@pytest.mark.parametrize("insiders", [10, 100])
def test_a_secret_of_many_is_out_when_grimes_says(insiders):  # O-10.6, at a leakier rate that can be drawn
    n = few(500)
    scenario = secret(f"others: {insiders}, chance: 0.004, to: ann")
    times = np.array([play(scenario, seed).state[0].time for seed in range(n)]) / YEAR
    rate = 1.0 - 0.996**insiders
    for t in (0.5 / rate, 1.0 / rate):
        assert within((times <= t).mean(), knowledge_reference.leaked(0.004, insiders, t), n)


def test_more_insiders_leak_sooner_from_the_moment_they_know():
    folk = (
        "people: { ann: { faction: ours, place: here }, "
        + ", ".join(
            f"p{i}: {{ faction: theirs, place: there{', knows: [bribe]' if i == 0 else ''} }}" for i in range(5)
        )
        + " }"
    )
    text = "rules: { meet: { when: 'time() > \"1 y\"', do: [learn: { who: theirs, fact: bribe, weight: 20 }] } }"
    n = few(600)
    scenario = secret("chance: 0.3, to: ann", folk, text)
    times = np.array([play(scenario, seed).state[0].time for seed in range(n)]) / YEAR
    assert within((times <= 1.0).mean(), 1.0 - math.exp(-0.3), n)
    p = 1.0 - math.exp(-0.3 - (1.0 - 0.7**5))  # N(t): the integral of the hazard, piece by piece
    assert within((times <= 2.0).mean(), p, n)


def test_a_named_insider_tells_by_their_own_mouth():
    folk = "people: { ann: { faction: ours, place: here }, bob: { faction: theirs, place: there, knows: [bribe] } }"
    scenario = secret("chance: 0.5, per: 1 d, to: ann", folk)
    world = play(scenario)
    assert told(scenario, world, "leaked", "told") == [("leaked", "bob", "bribe"), ("told", "bob", "ann")]
    assert world.beliefs[0, 0].told_by == 1
    check_causes(world)


def test_a_leak_may_become_a_rumour_and_a_secret_may_leak_again():
    scenario = scene(
        """
facts: { bribe: {} }
crowds: { folk: { count: 40, faction: theirs, place: there } }
rumours: { talk: { fact: bribe, among: folk, contact: 2/h } }
secrets: { hush: { fact: bribe, others: 3, chance: 0.9, per: 1 h, rumour: talk, repeat: true } }
""",
        "30 d",
    )
    world = play(scenario)
    assert world.secrets[0].leaks > 300
    assert len(log(scenario, world, "went about")) == 1
    assert world.rumours[0].ignorants == 0


def test_kept_by_nobody_or_for_certain_a_secret_stays():
    assert not entries(secret("chance: 1, to: ann"), "leaked")
    assert not entries(secret("others: 100, chance: 0, to: ann"), "leaked")
    assert not entries(secret('others: 100, chance: 1, to: ann, when: "false"'), "leaked")
    assert play(secret("others: 9, chance: 1, per: 0.001 s, to: ann")).state[0].time < HOUR
    with pytest.raises(Exception, match="leaks to nobody"):
        secret("others: 1")
