"""Following at work: thresholds and cascades, leaders who are looked on, risings, and people who go over."""

import math

import command_reference
import numpy as np
import pytest

from briarpatch.laws import command as laws
from plays import DAY, HOUR, check_causes, few, go_on, log, play, row, scene, told, within


def crowd(n, movement, rules="", until="2 h", folk="", **settings):
    """Return a scenario with a crowd of `n` and one movement among it."""
    text = f"""
crowds: {{ folk: {{ count: {n}, faction: theirs, place: there }} }}
movements: {{ rising: {{ told: the rising, among: folk, {movement} }} }}
{rules}
"""
    return scene(text, until, folk or "people: { ann: { faction: ours, place: here } }\n", **settings)


def joined(scenario, world):
    return int(world.movements[row(scenario, "movement", "rising")].joined)


def in_the_end(scenario):
    return joined(scenario, play(scenario))


def with_thresholds(scenario, thresholds):
    """Play with these thresholds for the crowd."""

    def prepare(world):
        world.following.threshold[0, 1:] = thresholds

    return play(scenario, prepare=prepare)


# ------------------------------------------------------------------------------------------------ cascades


@pytest.mark.parametrize(("first", "expected"), [(1, 100), (2, 1)])
def test_granovetters_hundred(first, expected):  # O-11.6
    thresholds = np.arange(100.0)
    thresholds[1] = first
    world = with_thresholds(crowd(100, ""), thresholds / 99.0)
    assert world.movements[0].joined == expected
    check_causes(world)


def test_a_threshold_above_all_keeps_everybody_out_and_nobody_is_no_cascade():
    assert in_the_end(crowd(50, "threshold: 1.5")) == 0
    assert in_the_end(crowd(50, "threshold: 0.01")) == 0
    assert in_the_end(crowd(50, "threshold: 0")) == 50
    assert in_the_end(crowd(0, "threshold: 0")) == 0


@pytest.mark.parametrize(("deviation", "share"), [(0.10, 0.0077), (0.14, 1.0)])
def test_normal_thresholds_have_a_critical_spread(deviation, share):  # O-11.7 away from the critical point
    n, seeds = 400, few(24)
    scenario = crowd(n, f"threshold: 0.25, deviation: {deviation}")
    found = np.array([play(scenario, seed).movements[0].share for seed in range(seeds)])
    if share == 1.0:
        assert np.mean(found > 0.9) > 0.5
    else:
        assert np.mean(found < 0.05) > 0.9


def test_thresholds_are_normal_and_belong_to_the_person():
    n = few(4000)
    scenario = crowd(n, "threshold: 0.4, deviation: 0.2")
    world = play(scenario)
    drawn = world.following.threshold[0, 1:]
    assert abs(drawn.mean() - 0.4) < 4 * 0.2 / math.sqrt(n)
    assert abs(drawn.std() - 0.2) < 4 * 0.2 / math.sqrt(2 * n)
    fewer = play(crowd(n // 2, "threshold: 0.4, deviation: 0.2"))
    assert (fewer.following.threshold[0, 1:] == drawn[: n // 2]).all()


def test_the_order_of_rows_does_not_matter():
    thresholds = np.linspace(0.0, 1.2, 60)
    shuffled = np.random.default_rng(5).permutation(thresholds)
    scenario = crowd(60, "")
    assert (
        with_thresholds(scenario, thresholds).movements[0].joined
        == with_thresholds(scenario, shuffled).movements[0].joined
    )


def test_the_cascade_agrees_with_the_law():
    thresholds = np.random.default_rng(7).uniform(-0.05, 0.9, 40)
    inside = np.zeros(40, bool)
    expected = command_reference.cascade(inside, np.ones((40, 40)), thresholds)
    assert with_thresholds(crowd(40, ""), thresholds).movements[0].joined == expected


def test_a_closed_movement_takes_nobody_until_it_opens():
    scenario = crowd(10, 'threshold: 0, when: time() > "1 h"')
    half = go_on(scenario, scenario.world(1), 0.5 * HOUR)[0]
    assert joined(scenario, half) == 0
    world = play(scenario)
    assert joined(scenario, world) == 10
    assert {round(entry.time) for entry in log(scenario, world, "joined in")} == {3600}


# ------------------------------------------------------------------------------------------------ leaders

CREW = """
people:
  ann: { faction: ours, place: here }
  bob: { faction: ours, place: here }
  cid: { faction: ours, place: here }
  dot: { faction: ours, place: here }
"""


def walkout(movement, text="", until="2 h"):
    return scene(
        f"""
movements: {{ walkout: {{ told: the walk-out, among: [ann, bob, cid, dot], {movement} }} }}
rules:
  lead: {{ when: "true", after: 1 h, do: [rise: {{ who: ann, movement: walkout }}] }}
{text}
""",
        until,
        CREW,
    )


def followers(scenario, world):
    return [entry.subject for entry in log(scenario, world, "joined in")]


def test_those_who_wait_for_a_third_follow_the_one_who_refuses_and_others_follow_them():
    scenario = walkout("threshold: 0.9, thresholds: { bob: 0.33, cid: 0.6 }")
    world = play(scenario)
    assert followers(scenario, world) == ["ann", "bob", "cid", "dot"]
    check_causes(world)
    alone = walkout("threshold: 0.9, thresholds: { cid: 0.6 }")
    assert followers(alone, play(alone)) == ["ann"]


def test_a_leader_may_be_looked_on_more():
    scenario = walkout("threshold: 0.6, weights: { ann: 3 }")
    assert followers(scenario, play(scenario)) == ["ann", "bob", "cid", "dot"]


def test_trust_weighs_those_who_joined():
    bonds = "bonds: [{ who: bob, to: ann, trust: 0.9 }, { who: bob, to: cid, trust: 0.1 }, { who: bob, to: dot, trust: 0.1 }]"
    trusting = walkout("threshold: 2, thresholds: { bob: 0.8 }, by_trust: true", bonds)
    assert followers(trusting, play(trusting)) == ["ann", "bob"]
    even = walkout("threshold: 2, thresholds: { bob: 0.8 }", bonds)
    assert followers(even, play(even)) == ["ann"]


def test_captives_do_not_join_and_the_dead_do_not_count():
    text = '  gone: { when: "true", do: [%s] }'
    held = walkout("threshold: 0.3", text % "capture: { who: bob, by: theirs }")
    assert followers(held, play(held)) == ["ann", "cid", "dot"]
    dead = walkout("threshold: 0.5", text % "kill: bob")  # one of two others left is a half
    assert followers(dead, play(dead)) == ["ann", "cid", "dot"]
    alive = walkout("threshold: 0.5")
    assert followers(alive, play(alive)) == ["ann"]


def test_conditions_and_effects_speak_of_followers():
    text = """  exile: { when: 'follows(dot, walkout) && joiners(walkout) == 4', do: [join: { who: walkout, faction: theirs }] }
  all_in: { when: 'share_joined(walkout) >= 1 && count(walkout, alive) == 4', do: [] }"""
    scenario = walkout("threshold: 0.3", text)
    world = play(scenario)
    assert [subject for _, subject, _ in told(scenario, world, "joined")] == ["ann", "bob", "cid", "dot"]
    assert ("rule", "all_in", "") in told(scenario, world)


# ------------------------------------------------------------------------------------------------ risings


def coup(share, needed=0.5, steepness=8.0, n=200):
    """Return how often a rising succeeds in which a fixed share has joined."""
    scenario = crowd(
        20,
        f"threshold: 2, needed: {needed}, steepness: {steepness}",
        'rules: { coup: { when: time() > "1 h", do: [attempt: rising] } }',
    )
    thresholds = np.full(20, 2.0)
    thresholds[: round(20 * share)] = 0.0
    outcomes = []
    for seed in range(n):

        def prepare(world):
            world.following.threshold[0, 1:] = thresholds

        world = play(scenario, seed, prepare=prepare)
        outcomes.append(int(world.movements[0].outcome))
    return np.array(outcomes), scenario, world


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_a_rising_succeeds_by_the_share_that_joined(share):
    n = few(400)
    outcomes, _, _ = coup(share, n=n)
    assert (outcomes > 0).all()
    assert within((outcomes == 1).mean(), 1.0 / (1.0 + math.exp(-8.0 * (share - 0.5))), n)


def test_without_anybody_there_is_no_coup():
    outcomes, scenario, world = coup(0.0, needed=0.0, steepness=0.0, n=20)
    assert (outcomes == 0).all()
    assert log(scenario, world, "stood alone")
    assert not log(scenario, world, "succeeded", "put down")


def test_the_law_of_risings():
    assert laws.rising_success(0.0, 0.0, math.inf) == 0.0
    assert laws.rising_success(0.6, 0.5, math.inf) == 1.0
    assert laws.rising_success(0.4, 0.5, math.inf) == 0.0
    assert laws.rising_success(0.5, 0.5, math.inf) == 0.5


def test_what_follows_a_rising_follows_by_rules():
    scenario = crowd(
        30,
        "threshold: 0, needed: 0.9, steepness: 1000",
        """
rules:
  coup: { when: 'time() > "1 h"', do: [attempt: rising] }
  new_rule: { when: succeeded(rising), do: [join: { who: ann, faction: theirs }] }
  exile: { when: put_down(rising), do: [place: { who: rising, to: here }] }
""",
    )
    world = play(scenario)
    assert ("rule", "new_rule", "") in told(scenario, world)
    assert ("rule", "exile", "") not in told(scenario, world)
    check_causes(world)


# ------------------------------------------------------------------------------------------------ going over


def defection(terms, text="", until="10000 h"):
    return scene(
        f"defections: {{ doubt: {{ who: ann, to: theirs, base: 0.01/h, {terms} }} }}\n{text}\n"
        "facts: { crime: { told: a crime, prior: 0.5 } }",
        until,
        head='ends_when: "member(ann, theirs)"',
    )


@pytest.mark.parametrize(
    ("terms", "factor"),
    [
        ("", 1.0),
        ('kin: "1", injustice: "0.5", fear: "1"', math.exp(0.5)),
        ('persuasion: "1", coefficients: { persuasion: 2 }', math.exp(2.0)),
        ('injustice: "2 * credence(self, crime)"', math.exp(1.0)),
    ],
)
def test_officers_go_over_at_the_rate_of_the_law(terms, factor):
    scenario, n = defection(terms), few(400)
    waits = np.array([play(scenario, seed).state[0].time / HOUR for seed in range(n)])
    mean = 100.0 / factor
    assert abs(waits.mean() - mean) < 4.0 * mean / math.sqrt(n)


def test_the_rate_follows_what_its_terms_read():
    news = "rules: { news: { when: 'time() > \"50 h\"', do: [learn: { who: ann, fact: crime, weight: 50 }] } }"
    scenario, n = defection('injustice: "credence(self, crime) > 0.9 ? 100 : 0"', news), few(200)
    waits = np.array([play(scenario, seed).state[0].time / HOUR for seed in range(n)])
    assert waits.max() < 50.001
    assert within((waits > 49.99).mean(), math.exp(-0.5), n)


def test_nobody_goes_over_at_rate_zero_or_in_captivity_and_all_at_once_at_infinity():
    never = defection("base: 0/h".replace("base: 0/h", 'fear: "1000"'), until="100 d")
    assert not log(never, play(never), "went over")
    held = defection('kin: "500"', 'rules: { jail: { when: "true", do: [capture: { who: ann, by: theirs }] } }', "10 d")
    assert not log(held, play(held), "went over")
    now = defection('kin: "700"')
    assert log(now, play(now), "went over")[0].time < 1e-3


def test_looking_more_often_changes_nothing():
    def when(every):
        scenario = defection(f'when: "hour() < 12", poll: {every}')
        return [play(scenario, seed).state[0].time for seed in range(10)]

    assert np.allclose(when("1 h"), when("30 min"))


def test_effects_of_going_over_are_caused_by_it():
    scenario = defection("do: [mark: gone]", "events: { gone: { told: it was done } }")
    world = play(scenario)
    marked, over = log(scenario, world, "marked")[0], log(scenario, world, "went over")[0]
    assert marked.cause == over.number
    assert over.time < 100 * DAY


# ------------------------------------------------------------------------------------------------ opinions


def opinions(more, text="", rounds=""):
    return scene(
        f"""
opinions: {{ plan: {{ told: the plan, among: ours, {more} }} }}
{text}
rules: {{ talk: {{ when: "true", do: [discuss: {{ opinion: plan {rounds} }}] }} }}
""",
        "1 h",
        "people: { ann: { faction: ours, place: here }, bob: { faction: ours, place: here }, cid: { faction: ours, place: here } }",
    )


CHAIN = """
bonds:
  - { who: ann, to: cid, trust: 0.001 }
  - { who: cid, to: ann, trust: 0.001 }
"""


def test_opinions_settle_where_the_law_says():  # O-11.8, up to the little trust that nobody is without
    world = play(opinions("openness: 0.8, initial: { ann: 1 }", CHAIN))
    assert world.views.value[0] == pytest.approx([0.377778, 0.222222, 0.177778], abs=2e-3)


def test_one_round_is_one_step_and_closed_minds_stay():
    world = play(opinions("openness: 1, initial: { ann: 1 }", rounds=", rounds: 1"))
    assert world.views.value[0] == pytest.approx([0.0, 0.5, 0.5], abs=1e-9)
    closed = play(opinions("openness: 1, open_minds: { ann: 0 }, initial: { ann: 1 }"))
    assert closed.views.value[0] == pytest.approx([1.0, 1.0, 1.0], abs=1e-6)
    nobody = play(opinions("openness: 0, initial: { ann: 1 }"))
    assert nobody.views.value[0].tolist() == [1.0, 0.0, 0.0]
    alone = opinions("initial: { ann: 1 }", "").names
    assert alone.known("opinion") == ["plan"]


def test_the_dead_are_not_heard():
    text = "bonds: []"
    scenario = opinions("openness: 1, initial: { ann: 1 }", text, ", rounds: 1")

    def prepare(world):
        world.people.status[0] = 2

    assert play(scenario, prepare=prepare).views.value[0].tolist() == [1.0, 0.0, 0.0]
