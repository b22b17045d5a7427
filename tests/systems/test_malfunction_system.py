"""Malfunction at work: wounds, onset, the race about a machine, repair; O-9.2, O-9.5 and O-9.6 through the engine."""

import math

import malfunction_reference as reference
import pytest
from scipy import stats
from stage_play import Story, few, scene, within

from briarpatch.mechanisms import malfunction
from briarpatch.world import kinds, refs, states

MINUTE = 60.0
BROKEN = "onset: 1e6/s, gain: 0"


def bots(n, malady, rules="", until="10 d", hunters=("ann",), each=True):
    """Return a scenario with `n` machines that have a malady, and hunters after each."""
    people = [
        f"  bot_{i}: {{ faction: theirs, place: there, machine: true, malady: {{ {malady} }} }}" for i in range(n)
    ]
    people += [f"  {name}: {{ faction: ours, place: here, machine: true }}" for name in hunters]
    names = ", ".join(f"bot_{i}" for i in range(n))
    after = "".join(
        f'  hunt_{h}: {{ each: {{ b: [{names}] }}, when: "malfunctions(b)", do: [pursue: {{ who: b, by: {h} }}] }}\n'
        for h in hunters
        if each
    )
    return scene(
        "people:\n"
        + "\n".join(people)
        + "\nrules:\n"
        + '  never: { when: "false" }\n'
        + after
        + rules.replace("BOTS", names),
        until,
    )


def chase(n, malady, rules="", hunters=("ann",), seeds=1):
    """Return how many of `n` hunts in each world ended in which way; a hunter is after one machine in each."""
    found = dict.fromkeys((malfunction.STOPPED, kinds.DIED, malfunction.RECOVERED, malfunction.GOT_AWAY), 0)
    times = []
    for seed in range(seeds):
        people, hunts = [], []
        for i in range(n):
            people.append(
                f"  bot_{i}: {{ faction: theirs, place: there, machine: true, malady: {{ {BROKEN}, {malady} }} }}"
            )
            for h in hunters:
                people.append(f"  {h}_{i}: {{ faction: ours, place: here, machine: true }}")
                hunts.append(f"pursue: {{ who: bot_{i}, by: {h}_{i} }}")
        names = ", ".join(f"bot_{i}" for i in range(n))
        body = f'rules:\n  hunt: {{ when: "true", do: [{", ".join(hunts)}] }}\n{rules.replace("BOTS", names)}\n'
        story = Story(scene("people:\n" + "\n".join(people) + "\n" + body, "30 d"), seed)
        story.check_causes()
        for kind in found:
            found[kind] += len(story.of(kind))
        times += story.times(malfunction.STOPPED)
    return found, times


N = few(300)
ALLOW = '  allow: { each: { b: [BOTS] }, when: "true", after: AFTER, do: [allow_force: b] }\n'


def test_a_race_has_the_odds_of_its_rates_and_the_law_of_its_sum():
    ends, times = chase(
        N,
        "capture: 0.05/min, destroy: 0.1/min, recovery: 0.02/min, escape: 0.03/min",
        ALLOW.replace("AFTER", "0 s"),
    )
    assert sum(ends.values()) == N
    for kind, share in (
        (malfunction.STOPPED, 0.25),
        (kinds.DIED, 0.5),
        (malfunction.RECOVERED, 0.1),
        (malfunction.GOT_AWAY, 0.15),
    ):
        assert within(ends[kind] / N, share, N)
    assert stats.kstest(times, stats.expon(scale=MINUTE / 0.2).cdf).pvalue > 1e-4


def test_by_a_time_capture_has_won_as_often_as_against_a_competing_risk():
    """O-9.2 Not as often as if those who were destroyed were merely lost from sight, which would be 0.329680."""
    seeds = few(8)
    _, times = chase(N, "capture: 0.2/min, destroy: 0.3/min", ALLOW.replace("AFTER", "0 s"), seeds=seeds)
    share, n = sum(time <= 2 * MINUTE for time in times) / (N * seeds), N * seeds
    assert reference.captured_by(0.2, 0.3, 2.0) == pytest.approx(0.252848, abs=5e-7)
    assert within(share, reference.captured_by(0.2, 0.3, 2.0), n)


@pytest.mark.parametrize(
    ("after", "grace", "expected"), [("20 min", 20.0, 0.754747), ("0 s", 0.0, 0.333333), ("1e6 s", math.inf, 1.0)]
)
def test_a_grace_period_in_which_only_capture_is_allowed(after, grace, expected):
    """O-9.5 With twenty minutes of grace, without grace, without force."""
    assert reference.capture_probability(0.05, 0.1, 0.0, grace) == pytest.approx(expected, abs=5e-7)
    ends, _ = chase(N, "capture: 0.05/min, destroy: 0.1/min", ALLOW.replace("AFTER", after))
    assert ends[malfunction.STOPPED] + ends[kinds.DIED] == N
    assert within(ends[malfunction.STOPPED] / N, expected, N) if expected < 1.0 else ends[malfunction.STOPPED] == N


def test_a_grace_period_with_four_ends():
    """O-9.5 Somebody may recover or get away besides."""
    malady = "capture: 0.05/min, destroy: 0.1/min, recovery: 0.02/min, escape: 0.01/min"
    ends, _ = chase(N, malady, ALLOW.replace("AFTER", "10 min"))
    assert within(ends[malfunction.STOPPED] / N, reference.capture_probability(0.05, 0.1, 0.03, 10.0), N)


def test_two_pursuers_are_twice_as_fast_and_share_the_captures():
    found, times = chase(N, "capture: 0.05/min, escape: 0.1/min", hunters=("ann", "bob"))
    assert within(found[malfunction.STOPPED] / N, 0.5, N)
    assert stats.kstest(times, stats.expon(scale=MINUTE / 0.2).cdf).pvalue > 1e-4


def test_captures_are_shared_evenly_among_equals():
    people = "".join(
        f"  bot_{i}: {{ faction: theirs, place: there, malady: {{ {BROKEN}, capture: 1/min }} }}\n" for i in range(1)
    )
    text = f"people:\n{people}  ann: {{ faction: ours, place: here }}\n  bob: {{ faction: ours, place: here }}\n"
    rules = (
        'rules: { hunt: { when: "true", do: [pursue: { who: bot_0, by: ann }, pursue: { who: bot_0, by: bob }] } }\n'
    )
    scenario, n = scene(text + rules, "1 d"), few(400)
    by_ann = sum(
        Story(scenario, seed).of(malfunction.STOPPED)[0]["object"] == refs.PERSON * refs.ROWS_PER_KIND + 1
        for seed in range(n)
    )
    assert within(by_ann / n, 0.5, n)


def test_onset_is_exponential_at_a_rate_that_grows_with_damage():
    rules = '  hit: { each: { b: [BOTS] }, when: "true", do: [injure: { who: b, amount: 0.5 }] }\n'
    story = Story(bots(N, "onset: 0.01/min, gain: 6", rules, hunters=("ann",), each=False), 2)
    times = story.times(malfunction.MALFUNCTIONED)
    assert len(times) == N
    assert stats.kstest(times, stats.expon(scale=MINUTE / (0.01 * math.exp(3.0))).cdf).pvalue > 1e-4
    story.check_causes()
    assert all(story.entries[e["cause"]]["kind"] == malfunction.INJURED for e in story.of(malfunction.MALFUNCTIONED))


def test_without_a_rate_nobody_malfunctions_whatever_the_damage():
    """O-9.6 Without onset nothing changes."""
    rules = '  hit: { when: "true", do: [injure: { who: bot_0, amount: 900 }] }\n'
    story = Story(bots(1, "onset: 0/s, gain: 6", rules))
    assert story.person("bot_0").mode == states.NOMINAL
    assert story.told() == [("injured", 0.0)]


def test_damage_without_bound_malfunctions_at_once():
    rules = '  hit: { when: "true", after: 5 s, do: [injure: { who: bot_0, amount: 900 }] }\n'
    story = Story(bots(1, "onset: 1e-9/s, gain: 6", rules, each=False))
    assert story.times(malfunction.MALFUNCTIONED) == [5.0]


def test_nobody_in_pursuit_nobody_is_stopped():
    story = Story(bots(3, BROKEN + ", capture: 1/s, destroy: 1/s", "", "1 d", each=False))
    assert not story.of(malfunction.STOPPED)


def test_a_pursuer_who_dies_or_is_taken_no_longer_counts():
    for end in ("kill: ann", "capture: { who: ann, by: theirs }"):
        rules = f'  end: {{ when: "happened(hunt_ann)", after: 1 s, do: [{end}] }}\n'
        story = Story(bots(1, BROKEN + ", capture: 0.1/h", rules, "9000 d"))
        assert story.of(malfunction.PURSUED)
        assert not story.of(malfunction.STOPPED)


def test_one_in_custody_is_not_hunted_any_more():
    rules = '  take: { when: "true", after: 1 s, do: [capture: { who: bot_0, by: ours }] }\n'
    story = Story(bots(1, BROKEN + ", capture: 0.01/h, escape: 0.01/h", rules, "9000 d"), 5)
    assert not story.of(malfunction.STOPPED)
    assert not story.of(malfunction.GOT_AWAY)


def test_repair_mends_one_who_was_stopped_and_not_one_at_large():
    rules = '  mend: { when: "stopped(bot_0)", after: 1 h, do: [repair: bot_0] }\n'
    malady = "onset: 1e-7/s, gain: 20, capture: 1/s"
    hit = '  hit: { when: "true", do: [injure: { who: bot_0, amount: 1 }] }\n'
    hit += '  early: { when: "malfunctions(bot_0)", do: [repair: bot_0] }\n'
    story = Story(bots(1, malady, rules + hit, "90 min"), 1)
    told = [name for name, _ in story.told()]
    told.remove("was in no state for it")  # the early one
    assert told == ["injured", "malfunctioned", "pursued", "halted", "repaired"]
    assert story.person("bot_0").mode == states.NOMINAL
    assert story.person("bot_0").damage == 0.0
    assert story.person("ann").pursues == -1
    story.check_causes()


def test_one_who_recovered_is_safe_until_struck_again():
    rules = '  hit: { when: "true", after: 1 d, do: [injure: { who: bot_0, amount: 1 }] }\n'
    malady = "onset: 1/s, recovery: 1/min, gain: 0"
    story = Story(bots(1, malady, rules, "2 d", each=False), 3)
    assert [name for name, _ in story.told() if name != "pursued"] == [
        "malfunctioned",
        "recovered",
        "injured",
        "malfunctioned",
        "recovered",
    ]
    story.check_causes()


def test_wounds_kill_whoever_has_no_malady():
    hits = ", ".join(["injure: { who: ann, by: bob, amount: 1 }"] * 3)
    text = "people: { ann: { faction: ours, place: here }, bob: { faction: theirs, place: here } }\n"
    text += 'rules: { hit: { when: "true", do: [HITS] } }\n'
    story = Story(scene(text.replace("HITS", hits)))
    assert [name for name, _ in story.told()] == ["injured", "injured", "injured", "died"]
    assert story.name(story.of(kinds.DIED)[0]["object"]) == "bob"
    story = Story(scene("life: { wounds_kill: 3.5 }\n" + text.replace("HITS", hits)))
    assert story.person("ann").status == states.ACTIVE
    assert story.person("ann").damage == 3.0
    story.check_causes()


def test_force_that_destroys_names_its_licence():
    rules = ALLOW.replace("AFTER", "1 s").replace("BOTS", "bot_0")
    story = Story(bots(1, BROKEN + ", capture: 0/s, destroy: 1/s", rules))
    died = story.of(kinds.DIED)[0]
    assert story.entries[died["cause"]]["kind"] == malfunction.PURSUED
    assert story.entries[died["cause2"]]["kind"] == malfunction.ALLOWED
    assert story.name(died["object"]) == "ann"


def test_stopping_the_play_anywhere_changes_nothing_and_rows_may_stand_in_any_order():
    scenario = bots(5, "onset: 0.1/h, capture: 0.1/h, escape: 0.05/h")
    assert Story(scenario, 6).told() == Story(scenario, 6, tuple(range(0, 90_000, 777))).told()
    people = ["bot: { faction: theirs, place: there, malady: { onset: 1/h, capture: 1/h } }"]
    people += ["ann: { faction: ours, place: here }", "bob: { faction: ours, place: here }"]
    rules = 'rules: { hunt: { when: "true", do: [pursue: { who: bot, by: ann }, pursue: { who: bot, by: bob }] } }\n'

    def ends(rows):
        story = Story(scene(f"people: {{ {', '.join(rows)} }}\n" + rules, "9 d"), 4)
        stopped = story.of(malfunction.STOPPED)[0]
        return story.name(stopped["object"]), float(stopped["time"])

    assert ends(people) == ends(people[::-1])
