"""Devices at work: stages, holds, hands, aborts, sabotage and blasts; O-12.1, O-12.2 and O-12.6 through the engine."""

import math

import numpy as np
import pytest
from scipy import special, stats
from stage_play import Story, few, scene, within

from briarpatch.world import kinds, states

PEOPLE = "people: { ann: { faction: ours, place: here }, bob: { faction: ours, place: there } }\n"


def device(body, rules, more=PEOPLE):
    return scene(f"{more}devices: {{ pump: {{ faction: ours, at: here, {body} }} }}\nrules:\n{rules}\n")


def at(name, seconds, effects, when="true"):
    return f'  {name}: {{ when: "{when}", after: {seconds} s, do: [{effects}] }}\n'


def mode(story):
    return int(story.world.devices["mode"][0])


START = at("go", 10, "start: pump")
BY_HAND = at("go", 10, "start: { device: pump, by: ann, by_hand: true }")


def test_a_start_passes_its_stages_runs_and_ends_at_exact_times():
    story = Story(device("start: [20 s, 30 s], run: [100 s]", START))
    expected = [
        ("started", 10),
        ("stage done", 30),
        ("stage done", 60),
        ("runs", 60),
        ("stage done", 160),
        ("ran its course", 160),
    ]
    assert story.told() == expected
    assert mode(story) == states.DONE
    story.check_causes()


def test_a_device_without_stages_starts_at_once_and_without_a_run_runs_until_stopped():
    story = Story(device("", START + at("off", 500, "abort: pump")))
    assert story.told() == [("started", 10), ("runs", 10), ("stopped", 500)]
    assert mode(story) == states.ABORTED


def test_stopping_the_play_anywhere_changes_nothing():
    scenario = device(
        "start: [{ gamma: { mean: 100 s, shape: 3 } }], run: [{ gamma: { mean: 50 s, shape: 2 } }]", START
    )
    whole = Story(scenario, 5)
    parts = Story(scenario, 5, tuple(np.arange(1.0, 300.0, 7.3)))
    assert whole.entries.tobytes() == parts.entries.tobytes()


def test_a_hold_freezes_what_is_left():
    rules = START + at("hold", 25, "hold: pump") + at("on", 300, "resume: pump")
    story = Story(device("start: [20 s], run: [60 s]", rules))
    assert story.told()[1:3] == [("paused", 25), ("resumed", 300)]
    assert story.times(kinds.DEVICE_RUNS) == [305]
    running = START + at("hold", 50, "hold: pump") + at("on", 300, "resume: pump")
    assert Story(device("start: [20 s], run: [60 s]", running)).times(kinds.DEVICE_DONE) == [340]


def test_a_hold_for_ever_never_starts_and_an_endless_run_can_be_held():
    story = Story(device("start: [20 s]", START + at("hold", 25, "hold: pump")))
    assert not story.of(kinds.DEVICE_RUNS)
    story = Story(device("", START + at("hold", 25, "hold: pump") + at("on", 30, "resume: pump")))
    assert mode(story) == states.RUNNING


@pytest.mark.parametrize("end", ["abort: pump", "hold: pump", "sabotage: { device: pump, by: ann }", "detonate: pump"])
def test_what_is_asked_beats_a_start_that_ends_at_the_same_moment(end):
    story = Story(device("start: [20 s]", START + at("end", 30, end)))
    assert story.told()[1][1] == 30
    assert not story.of(kinds.DEVICE_RUNS)


@pytest.mark.parametrize("order", [("abort: pump", "start: pump"), ("start: pump", "abort: pump")])
@pytest.mark.parametrize("hand", [False, True])
def test_abort_beats_a_start_at_the_same_moment_in_either_order(order, hand):
    start = "start: { device: pump, by: ann, by_hand: true }" if hand else "start: pump"
    effects = ", ".join(start if effect.startswith("start") else effect for effect in order)
    story = Story(device("start: [20 s], by_hand: [20 s]", at("go", 10, effects)))
    assert mode(story) == states.ABORTED
    assert not story.of(kinds.DEVICE_RUNS)


def test_after_an_abort_only_a_start_by_hand_sets_it_going():
    body = "start: [20 s], by_hand: [40 s]"
    again = Story(device(body, START + at("off", 15, "abort: pump") + at("again", 20, "start: pump")))
    assert mode(again) == states.ABORTED
    hand = "start: { device: pump, by: ann, by_hand: true }"
    story = Story(device(body, START + at("off", 15, "abort: pump") + at("again", 20, hand)))
    assert story.times(kinds.DEVICE_RUNS) == [60]


def test_sabotage_needs_presence_and_ends_every_start():
    story = Story(device("start: [20 s]", START + at("bad", 15, "sabotage: { device: pump, by: bob }")))
    assert story.times(kinds.IN_VAIN) == [15]
    assert story.times(kinds.DEVICE_RUNS) == [30]
    rules = (
        START
        + at("bad", 15, "sabotage: { device: pump, by: ann }")
        + BY_HAND.replace("go", "hand").replace("10 s", "20 s")
    )
    story = Story(device("start: [20 s], by_hand: [5 s]", rules))
    assert story.times(kinds.SABOTAGED) == [15]
    assert story.name(story.of(kinds.SABOTAGED)[0]["object"]) == "ann"
    assert story.times(kinds.IN_VAIN) == [20]
    assert not story.of(kinds.DEVICE_RUNS)
    free = Story(device("presence: false, start: [20 s]", START + at("bad", 15, "sabotage: { device: pump, by: bob }")))
    assert free.times(kinds.SABOTAGED) == [15]


LEAVING = {
    "leaves": "place: { who: ann, to: there }",
    "walks off": "move: { who: ann, to: there, speed: 1 m/s }",
    "dies": "kill: ann",
    "is taken": "capture: { who: ann, by: theirs }",
}


@pytest.mark.parametrize("way", LEAVING)
def test_a_start_by_hand_stands_still_when_whoever_does_it_is_gone(way):
    story = Story(device("by_hand: [60 s]", BY_HAND + at("gone", 30, LEAVING[way])))
    assert story.times(kinds.DEVICE_PAUSED) == [30]
    assert not story.of(kinds.DEVICE_RUNS)
    story.check_causes()


def test_a_start_by_hand_goes_on_when_the_same_person_is_back_and_anew_in_other_hands():
    rules = BY_HAND + at("gone", 30, LEAVING["leaves"]) + at("early", 35, "resume: pump")
    rules += at("back", 50, "place: { who: ann, to: here }, resume: pump")
    story = Story(device("by_hand: [60 s]", rules))
    assert story.times(kinds.IN_VAIN) == [35]
    assert story.times(kinds.DEVICE_RUNS) == [90]
    anew = "place: { who: bob, to: here }, start: { device: pump, by: bob, by_hand: true }"
    story = Story(device("by_hand: [60 s]", BY_HAND + at("gone", 30, LEAVING["leaves"]) + at("bob", 50, anew)))
    assert story.times(kinds.DEVICE_RUNS) == [110]


def test_a_start_by_hand_needs_somebody_there():
    story = Story(device("by_hand: [60 s]", BY_HAND.replace("ann", "bob")))
    assert story.told() == [("in vain", 10)]
    story = Story(device("presence: false, by_hand: [60 s]", BY_HAND.replace("ann", "bob")))
    assert story.times(kinds.DEVICE_RUNS) == [70]


def test_a_start_by_hand_bypasses_the_automatic_one():
    story = Story(
        device("start: [1000 s], by_hand: [60 s]", START + BY_HAND.replace("go", "hand").replace("10 s", "20 s"))
    )
    assert story.times(kinds.DEVICE_RUNS) == [80]


ARM = at("arm", 10, "arm: { device: pump, by: ann }")


def test_a_self_destruct_is_armed_counts_down_and_kills_those_inside():
    inside = PEOPLE.replace("there }", "pump }")
    story = Story(device("arming: [20 s, 30 s], countdown: 60 s", ARM, inside))
    assert story.told() == [("arming", 10), ("armed", 60), ("blew up", 120), ("died", 120)]
    assert story.person("bob").status == states.DEAD
    assert story.person("ann").status == states.ACTIVE
    assert story.name(story.of(kinds.DIED)[0]["object"]) == "pump"
    story.check_causes()


def test_a_blast_around_kills_everybody_at_the_place():
    story = Story(device("arming: [20 s], countdown: 60 s, blast: around", ARM))
    assert story.person("ann").status == states.DEAD
    assert story.person("bob").status == states.ACTIVE


def test_arming_needs_hands_and_the_countdown_does_not():
    body = "arming: [20 s], countdown: 60 s"
    story = Story(device(body, ARM + at("gone", 15, LEAVING["leaves"])))
    assert story.told() == [("arming", 10), ("was put", 15), ("disarmed", 15)]
    story = Story(device(body, ARM + at("gone", 40, LEAVING["leaves"])))
    assert story.times(kinds.BLAST) == [90]
    story = Story(device(body, ARM + at("off", 89, "disarm: pump")))
    assert story.told()[-1] == ("disarmed", 89)
    assert Story(device("", ARM)).told() == [("in vain", 10)]


def test_detonation_ends_a_run_at_once():
    story = Story(
        device(
            "",
            START + at("end", 50, "detonate: pump") + at("more", 60, "detonate: pump, start: pump, abort: pump"),
        )
    )
    assert story.told() == [("started", 10), ("runs", 10), ("blew up", 50)] + [("was lost", 60)] * 3


def test_a_blast_around_takes_the_vessel_that_carries_it():
    more = PEOPLE + "vessels: { barge: { faction: ours, at: there } }\n"
    rules = at("end", 50, "detonate: pump") + at("aboard", 1, "place: { who: bob, to: barge }")
    text = f"{more}devices: {{ pump: {{ faction: ours, aboard: barge, blast: around }} }}\nrules:\n{rules}\n"
    story = Story(scene(text))
    assert story.person("bob").status == states.DEAD


def race(first, second, worlds):
    """Return the share of races that the first of two stage laws wins, thirty pumps against thirty a world."""
    pairs = 30
    lines = []
    for i in range(pairs):
        lines.append(f"  one_{i}: {{ faction: ours, at: here, start: {first} }}")
        lines.append(f"  two_{i}: {{ faction: ours, at: here, start: {second} }}")
    go = ", ".join(f"start: one_{i}, start: two_{i}" for i in range(pairs)).split(", ")
    scenario = scene(
        PEOPLE + "devices:\n" + "\n".join(lines) + f'\nrules: {{ go: {{ when: "true", do: [{", ".join(go)}] }} }}\n',
        "1 d",
    )
    won = 0
    for seed in range(worlds):
        story = Story(scenario, seed)
        runs = {story.name(e["subject"]): e["time"] for e in story.of(kinds.DEVICE_RUNS)}
        won += sum(runs[f"one_{i}"] < runs[f"two_{i}"] for i in range(pairs))
    return won / (pairs * worlds), pairs * worlds


@pytest.mark.parametrize(("k", "lam", "m", "mu"), [(3, 2.0, 2, 1.0), (5, 2.0, 5, 1.0)])
def test_races_of_erlang_starts_have_the_odds_of_the_incomplete_beta_function(k, lam, m, mu):
    share, n = race(
        f"[{{ gamma: {{ mean: {k / lam} min, shape: {k} }} }}]",
        f"[{{ gamma: {{ mean: {m / mu} min, shape: {m} }} }}]",
        few(60),
    )
    assert within(share, special.betainc(k, m, lam / (lam + mu)), n)


def test_a_countdown_of_three_stages_has_the_law_of_their_sum():
    lines = "\n".join(
        f"  pump_{i}: {{ faction: ours, at: here, start: [{'{ gamma: { mean: 60 s, shape: 4 } }, ' * 3}] }}"
        for i in range(40)
    )
    go = ", ".join(f"start: pump_{i}" for i in range(40))
    scenario = scene(PEOPLE + f'devices:\n{lines}\nrules: {{ go: {{ when: "true", do: [{go}] }} }}\n')
    times = [t for seed in range(few(30)) for t in Story(scenario, seed).times(kinds.DEVICE_RUNS)]
    assert stats.kstest(times, stats.gamma(12, scale=15.0).cdf).pvalue > 1e-4


def test_the_order_of_rows_does_not_matter_and_another_device_changes_nothing():
    law = "start: [{ gamma: { mean: 60 s, shape: 2 } }]"
    one, two = (
        f"one: {{ faction: ours, at: here, {law} }}",
        f"two: {{ faction: ours, at: here, {law} }}",
    )
    rules = 'rules: { go: { when: "true", do: [start: one] } }\n'

    def runs(devices):
        story = Story(scene(PEOPLE + f"devices: {{ {devices} }}\n" + rules), 4)
        return story.times(kinds.DEVICE_RUNS, "one")

    assert runs(one) == runs(f"{one}, {two}") == runs(f"{two}, {one}")


def test_conditions_see_the_stages():
    text = (
        at("first", 0, "start: pump") + '  second: { when: "stage(pump) == 2 && starting(pump)", do: [mark: seen] }\n'
    )
    scenario = scene(
        PEOPLE
        + "events: { seen: {} }\ndevices: { pump: { faction: ours, at: here, start: [20 s, 30 s] } }\nrules:\n"
        + text
    )
    story = Story(scenario)
    assert story.times(kinds.MARKED) == [20]
    assert math.isinf(story.world.devices["ends"][0])
