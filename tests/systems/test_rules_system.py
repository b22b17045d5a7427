"""Rules at work: at once, after a time, at a rate, by chance, again; exact moments; causes; directives; endings."""

import math

import numpy as np
import pytest
from scipy import stats

from briarpatch import assembly, engine
from briarpatch.errors import ScenarioError
from briarpatch.scenario.catalog import load_text
from briarpatch.world import states
from briarpatch.world.compiled import INTERPRETED
from plays import FOLK, HOUR, STAGE, check_causes, few, go_on, log, play, row, scene, times, told, within

MANY = 400 if INTERPRETED else 2000


def fired(text, rule="it", seed=1, **settings):
    scenario = scene(text, **settings)
    return times(scenario, play(scenario, seed), rule)


def sample(body, seed=1, until="10 h"):
    """Return when each of many equal rules first fired (infinity: never), from one world."""
    names = ", ".join(f"n{i}" for i in range(MANY))
    scenario = scene(f"rules:\n  it: {{ each: {{ n: [{names}] }}, {body} }}\n", until)
    world = play(scenario, seed)
    found = {entry.subject: entry.time for entry in reversed(log(scenario, world, "rule"))}
    return np.array([found.get(f"it.n{i}", math.inf) for i in range(MANY)])


# ------------------------------------------------------------------------------------------------ when they fire


def test_a_rule_fires_at_once_and_once():
    assert fired('rules: { it: { when: "true" } }') == [0.0]


def test_a_rule_that_never_holds_never_fires():
    assert fired('rules: { it: { when: "false", repeat: true } }') == []


def test_a_rule_fires_in_the_instant_in_which_its_condition_comes_to_hold():
    text = """
events: { bell: {} }
rules:
  ring: { when: "true", do: [{ mark: bell, after: 90 min }] }
  it: { when: happened(bell) }
"""
    assert fired(text) == [5400.0]


def test_a_fixed_delay_is_exact():
    assert fired('rules: { it: { when: "true", after: 25 min } }') == [1500.0]


def test_drawn_delays_follow_the_gamma_law():
    found = sample('when: "true", after: { gamma: { mean: 30 min, shape: 3 } }', until="100 h")
    assert stats.kstest(found, stats.gamma(3, scale=600.0).cdf).pvalue > 1e-4


def test_a_rate_gives_exponential_times():
    found = sample('when: "true", rate: 2/h, once: true', until="100 h")
    assert stats.kstest(found, stats.expon(scale=1800.0).cdf).pvalue > 1e-4


def test_a_rate_of_zero_never_fires():
    assert fired('rules: { it: { when: "true", rate: 0/h } }') == []


def test_a_clock_runs_only_while_the_condition_holds():
    # the condition holds for the first ten minutes of every hour, so a rate of 6/h fires at a tenth of the pace
    found = sample("when: \"time() % '1 h' < '10 min'\", rate: 6/h, once: true", until="12 h")
    rang = np.isfinite(found)
    assert np.all(found[rang] % HOUR <= 600.0 + 1e-3)
    assert within(rang.mean(), 1.0 - math.exp(-12.0), MANY) or rang.all()
    hours = found[rang] // HOUR
    assert within((hours == 0).mean(), 1.0 - math.exp(-1.0), MANY)


def test_a_chance_is_asked_once_an_occasion():
    found = sample('when: "true", chance: 0.3')
    assert within((found == 0.0).mean(), 0.3, MANY)
    assert np.all(np.isin(found, [0.0, math.inf]))


def test_a_chance_is_asked_again_when_the_condition_comes_to_hold_again():
    found = sample("when: \"time() % '1 h' < '10 min'\", chance: 0.5", until="2.5 h")
    for hour, share in enumerate((0.5, 0.25, 0.125)):
        assert within(np.isclose(found, hour * HOUR, atol=1e-3).mean(), share, MANY)


def test_a_rule_that_repeats_fires_whenever_its_condition_comes_to_hold_again():
    found = fired("rules: { it: { when: \"time() % '1 h' < '10 min'\", repeat: true } }", until="3.5 h")
    assert found == pytest.approx([0.0, 3600.0, 7200.0, 10800.0], abs=1e-3)


def test_a_rate_that_repeats_is_a_poisson_process():
    n = few(200)
    counts, gaps = [], []
    for seed in range(n):
        found = fired('rules: { it: { when: "true", rate: 1/h } }', seed=seed, until="8 h")
        counts.append(len(found))
        gaps += list(np.diff([0.0, *found]))
    assert abs(np.mean(counts) - 8.0) <= 4.0 * math.sqrt(8.0 / n)
    assert min(gaps) > 0.0


def test_a_delay_lapses_when_the_condition_ends_and_says_so():
    text = """
gauges: { door: { start: 1 } }
rules:
  shut: { when: "true", after: 10 min, do: [set: { gauge: door, to: 0 }] }
  it: { when: door == 1, after: 20 min, LAPSES }
"""
    scenario = scene(text.replace("LAPSES", "repeat: false"))
    world = play(scenario)
    assert times(scenario, world, "it") == []
    lapsed = log(scenario, world, "lapsed")
    assert [(entry.time, entry.subject) for entry in lapsed] == [(600.0, "it")]
    assert log(scenario, world)[lapsed[0].cause].kind == "gauged"
    assert fired(text.replace("LAPSES", "lapses: false")) == [1200.0]


def test_a_delay_that_does_not_lapse_is_not_put_off_by_a_new_beginning():
    text = "rules: { it: { when: \"time() % '1 h' < '10 min'\", after: 90 min, lapses: false, repeat: true } }"
    assert fired(text, until="5 h")[0] == pytest.approx(5400.0, abs=1e-3)


def test_a_delay_that_ends_as_the_condition_ends_still_fires():
    text = """
gauges: { door: { start: 1 } }
rules:
  it: { when: door == 1, after: 10 min }
  shut: { when: "true", do: [{ set: { gauge: door, to: 0 }, after: 10 min }] }
"""
    assert fired(text) == [600.0]


def test_effects_wait_as_long_as_they_say():
    text = """
gauges: { level: {} }
rules:
  it: { when: "true", do: [add: { gauge: level, by: 1 }, { add: { gauge: level, by: 2 }, after: 10 min }, { add: { gauge: level, by: 4 }, after: 1 h }] }
"""
    scenario = scene(text)
    found = [(entry.time, entry.amount) for entry in log(scenario, play(scenario), "gauged")]
    assert found == [(0.0, 1.0), (600.0, 3.0), (3600.0, 7.0)]


# ------------------------------------------------------------------------------------------------ moments


@pytest.mark.parametrize(
    ("when", "moment"),
    [
        ("time() >= '2 h'", 7200.0),
        ("time() > '2 h'", 7200.0),
        ("!(time() < '2 h')", 7200.0),
        ("'2 h' <= time()", 7200.0),
        ("time() - '30 min' > '1 h'", 5400.0),
        ("2 * time() >= '2 h'", 3600.0),
        ("!(since(bell) < '20 min') && happened(bell)", 3000.0),
        ("happened(bell) && since(bell) > '20 min'", 3000.0),
        ("time() > '10 min' && time() > '3 h'", 10800.0),
        ("time() > '10 h' || time() > '1 h'", 3600.0),
        ("min(time(), since(bell)) > '1 h'", 5400.0),
        ("time() / '1 h' > count(ann, alive) + 1", 7200.0),
        ("time() / '1 h' > two", 7200.0),
        ("time() / '1 h' - two > 0", 7200.0),
        ("max(time() / '1 h', two) > 2", 7200.0),
    ],
)
def test_comparisons_with_time_turn_at_their_exact_moment(when, moment):
    text = f'events: {{ bell: {{}} }}\ngauges: {{ two: {{ start: 2 }} }}\nrules:\n  ring: {{ when: "true", do: [{{ mark: bell, after: 30 min }}] }}\n  it: {{ when: "{when}" }}\n'
    assert fired(text) == pytest.approx([moment], abs=2e-5)


def test_since_starts_again_with_every_occurrence():
    text = """
events: { bell: {} }
rules:
  ring: { when: "true", do: [{ mark: bell, after: 30 min }, { mark: bell, after: 40 min }] }
  it: { when: happened(bell) && since(bell) > '20 min' }
"""
    assert fired(text) == pytest.approx([3600.0], abs=2e-5)


def test_drifting_conditions_are_looked_at_at_their_cadence():
    text = 'rules: { it: { when: "exp(hour() - 8) >= 1", poll: EVERY } }'
    head = 'start: "06:00"'
    assert fired(text.replace("EVERY", "7 min"), head=head) == [7560.0]
    assert fired(text.replace("EVERY", "1 min"), head=head) == [7200.0]


def test_a_cadence_of_zero_is_refused():
    with pytest.raises(ScenarioError, match=r"at least 0\.001 s"):
        scene('rules: { it: { when: "exp(hour()) > 8", poll: 0 s } }')
    with pytest.raises(ScenarioError, match=r"at least 0\.001 s"):
        scene("", head="poll: 0 s")


# ------------------------------------------------------------------------------------------------ together


CYCLE = """
gauges: { level: {} }
rules:
  alpha: { when: level == 0, do: [add: { gauge: level, by: 1 }] }
  beta: { when: level == 0, do: [add: { gauge: level, by: 10 }] }
  gamma: { when: level == 0 && !happened(alpha), do: [add: { gauge: level, by: 100 }] }
"""


def test_simultaneous_rules_are_judged_on_the_same_state_whatever_their_order():
    text = CYCLE.strip().split("\n")
    head, rules = text[:2], text[2:]
    ends = set()
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        scenario = scene("\n".join([*head, *(rules[i] for i in order)]) + "\n")
        world = play(scenario)
        ends.add(
            (float(world.gauges["value"][0]), tuple(sorted(entry.subject for entry in log(scenario, world, "rule"))))
        )
    assert ends == {(111.0, ("alpha", "beta", "gamma"))}


def test_a_rule_rests_on_what_made_its_condition_hold():
    text = """
events: { bell: {}, fog: {} }
rules:
  ring: { when: "true", do: [{ mark: fog, after: 5 min }, { mark: bell, after: 10 min }] }
  both: { when: happened(bell) && happened(fog) }
  either: { when: happened(bell) || happened(fog) }
"""
    scenario = scene(text)
    world = play(scenario)
    entries = log(scenario, world)
    check_causes(world)
    marks = {entry.object: entry.number for entry in entries if entry.kind == "marked"}
    rules = {entry.subject: entry for entry in entries if entry.kind == "rule"}
    chronicle = world.chronicle
    assert (chronicle.cause[rules["both"].number], chronicle.cause2[rules["both"].number]) == (
        marks["bell"],
        marks["fog"],
    )
    assert (chronicle.cause[rules["either"].number], chronicle.cause2[rules["either"].number]) == (marks["fog"], -1)
    assert chronicle.cause[marks["bell"]] == rules["ring"].number


def test_a_rule_written_for_many_is_an_event_of_each_and_of_all():
    text = """
rules:
  knock: { each: { who: [ann, bob] }, when: alive(who), after: 5 min }
  it: { when: times(knock) == 2 && happened(knock.ann) }
"""
    scenario = scene(text)
    assert times(scenario, play(scenario), "it") == [300.0]


def test_a_suppressed_rule_does_nothing():
    scenario = scene('rules: { it: { when: "true", after: 1 h }, other: { when: happened(it) } }')

    def suppress(world):
        world.rules_state["suppressed"][row(scenario, "rule", "it")] = 1

    assert told(scenario, play(scenario, prepare=suppress), "rule") == []


def test_gauges_are_set_and_added_to_and_conditions_see_it():
    text = """
gauges: { level: { start: 3 } }
rules:
  first: { when: level == 3, do: [set: { gauge: level, to: 5 }] }
  second: { when: level == 5, do: [add: { gauge: level, by: -1.5 }] }
  third: { when: level < 4 }
"""
    scenario = scene(text)
    world = play(scenario)
    assert [entry.amount for entry in log(scenario, world, "gauged")] == [5.0, 3.5]
    assert times(scenario, world, "third") == [0.0]
    check_causes(world)


# ------------------------------------------------------------------------------------------------ directives and endings


def test_directives_are_broken_once_an_occasion_or_excused():
    text = """
gauges: { noise: {}, alarm: {} }
directives:
  quiet: { binds: ours, broken_when: noise > 1, unless: alarm > 0 }
rules:
  a: { when: "true", do: [{ set: { gauge: noise, to: 2 }, after: 1 min }, { set: { gauge: noise, to: 3 }, after: 2 min }] }
  b: { when: "true", do: [{ set: { gauge: noise, to: 0 }, after: 3 min }, { set: { gauge: alarm, to: 1 }, after: 4 min }] }
  c: { when: "true", do: [{ set: { gauge: noise, to: 5 }, after: 5 min }] }
  it: { when: violations(quiet) > 0 }
"""
    scenario = scene(text)
    world = play(scenario)
    assert [(entry.time, entry.kind) for entry in log(scenario, world, "violated", "excused")] == [
        (60.0, "violated"),
        (300.0, "excused"),
    ]
    assert times(scenario, world, "it") == [60.0]
    assert world.directives_state["violations"][0] == 1
    check_causes(world)


def test_a_directive_that_time_breaks_is_broken_at_that_time():
    text = 'directives:\n  soon: { binds: ours, broken_when: "time() > \'2 h\'" }\n  day: { binds: ours, broken_when: "hour() > 8" }\n'
    scenario = scene(text, head='start: "06:00", poll: 1 min')
    found = {entry.object: entry.time for entry in log(scenario, play(scenario), "violated")}
    assert found == pytest.approx({"soon": 7200.0, "day": 7200.0}, abs=1e-4)


@pytest.mark.parametrize(
    ("ends_when", "time"),
    [
        ("happened(bell) && since(bell) > '1 h'", 5400.0),
        ("time() >= '90 min'", 5400.0),
        ("happened(bell)", 1800.0),
        ("hour() >= 9", 3 * HOUR),
        ("happened(flash)", 36000.0),
    ],
)
def test_a_story_ends_at_the_moment_its_condition_holds(ends_when, time):
    text = """
events: { bell: {}, flash: {} }
rules:
  ring: { when: "true", do: [{ mark: bell, after: 30 min }] }
"""
    scenario = scene(text, head=f'start: "06:00", ends_when: "{ends_when}"')
    world = play(scenario)
    assert float(world.state["time"][0]) == pytest.approx(time, abs=1e-4)
    assert log(scenario, world)[-1].kind == "ended"


def test_a_condition_that_held_only_within_an_instant_does_not_end_the_story():
    text = """
gauges: { level: {} }
rules:
  up: { when: "time() >= '1 h'", do: [set: { gauge: level, to: 1 }] }
  down: { when: level == 1, do: [set: { gauge: level, to: 0 }] }
"""
    scenario = scene(text, head="ends_when: level == 1")
    assert float(play(scenario).state["time"][0]) == 36000.0


def test_the_first_ending_that_holds_is_the_ending_and_rests_on_what_made_it_hold():
    three = """endings:
  dry: { told: dry, when: "!happened(bell)" }
  rung: { told: rung, when: happened(bell) }
  over: { told: over }
"""
    text = 'events: { bell: {} }\nrules: { ring: { when: "true", after: 1 h, do: [mark: bell] } }\n' + three
    stage = STAGE[: STAGE.index("endings")]
    scenario = load_text("scenario: { title: a test, until: 9 h, ends_when: happened(bell) }\n" + stage + FOLK + text)
    world = play(scenario)
    last = log(scenario, world)[-1]
    assert (last.kind, last.object, last.time) == ("ended", "rung", 3600.0)
    assert log(scenario, world)[last.cause].kind == "marked"


def test_requests_of_one_instant_are_carried_out_in_the_order_in_which_they_were_asked():
    text = """
gauges: { level: { start: 1 } }
rules:
  a: { when: "true", do: [add: { gauge: level, by: 1 }, set: { gauge: level, to: 10 }, add: { gauge: level, by: 2 }] }
"""
    scenario = scene(text)
    assert [entry.amount for entry in log(scenario, play(scenario), "gauged")] == [2.0, 10.0, 12.0]


def test_stopping_anywhere_changes_nothing():
    text = """
gauges: { level: {} }
rules:
  a: { when: "true", rate: 3/h, do: [add: { gauge: level, by: 1 }] }
  b: { when: "level % 3 == 0", after: { gamma: { mean: 7 min, shape: 2 } }, repeat: true }
"""
    scenario = scene(text)
    whole = play(scenario, 5)
    parts = scenario.world(5)
    for until in np.arange(0.0, 36000.0, 631.0):
        parts, status = go_on(scenario, parts, float(until))
        assert status == states.REACHED
    parts, status = go_on(scenario, parts)
    assert status == states.FINISHED
    assert log(scenario, parts) == log(scenario, whole)
    assert assembly.ENTRIES[int(whole.chronicle.kind[0])].name == "began"


def test_a_chance_may_depend_on_the_state():
    """A technique that is known is used as often as people are willing, and never when they are not."""
    names = [f"p{i}" for i in range(200)]
    folk = "people:\n" + "".join(f"  {name}: {{ faction: ours, place: here }}\n" for name in names)

    def used(chance):
        text = f"""
gauges: {{ need: {{ start: 1 }} }}
rules:
  use: {{ each: {{ x: [{", ".join(names)}] }}, when: 'free(x)', chance: "{chance}", do: [] }}
"""
        scenario = scene(text, "1 h", folk)
        return len(log(scenario, play(scenario), "rule")) / len(names)

    assert used("0 * logistic(need)") == 0.0
    assert used("logistic(1000 * need)") == 1.0
    assert within(used("0.5 * logistic(need - 1)"), 0.25, 200)


def test_shares_and_curves():
    text = """
gauges: { yield: { start: 0 }, heads: { start: 4 } }
measures:
  each: { told: each, value: "per_head(yield + 12, heads)" }
  halved: { told: halved, value: "per_head(yield + 12, 2 * heads)" }
  nothing: { told: nothing, value: "per_head(yield, heads) + per_head(12, heads - 4)" }
  concave: { told: all, value: "heads * power(per_head(yield + 16, heads), 0.5)" }
  undone: { told: back, value: "ln(exp(heads)) + logistic(ln(3))" }
"""
    scenario = scene(text)
    world = play(scenario)
    names = ["each", "halved", "nothing", "concave", "undone"]
    values = dict(zip(names, engine.measures(scenario.program, world), strict=True))
    assert values["each"] == 3.0
    assert values["halved"] == 1.5
    assert values["nothing"] == 0.0
    assert values["concave"] == 8.0
    assert values["undone"] == pytest.approx(4.75)


def test_a_curve_of_a_clock_is_polled():
    scenario = scene("""
events: { talk: {} }
rules:
  talks: { when: "true", do: [mark: talk] }
  later: { when: 'happened(talk) && power(per_head(time() / "1 h", 2), 2) > 1', poll: 1 min, do: [] }
""")
    assert fired_at(scenario, "later") == pytest.approx([2 * HOUR + 60.0], abs=61.0)


def fired_at(scenario, rule):
    return times(scenario, play(scenario), rule)


@pytest.mark.parametrize(
    ("when", "polled"),
    [
        ("distance(ann, cid) < '4 km' && happened(bell)", True),
        ("happened(bell) && distance(ann, cid) < '4 km'", False),
        ("!happened(bell) && distance(ann, cid) < '4 km'", True),
        ("happened(bell) || distance(ann, cid) < '4 km'", True),
        ("!happened(bell) || distance(ann, cid) < '4 km'", False),
        ("happened(bell) && power(distance(ann, cid) / '1 km', 2) > 16", False),
        ("happened(bell) && power(time() / '1 h', 2) > 16", True),  # what bends is looked at, wherever it stands
    ],
)
def test_a_condition_is_polled_only_while_its_truth_rests_on_what_drifts(when, polled):
    scenario = scene(
        f'events: {{ bell: {{}} }}\nrules: {{ it: {{ when: "{when}", repeat: true, do: [] }} }}', until="30 min"
    )
    assert scenario.program.rules.polled[0] == 1
    assert math.isfinite(play(scenario).rules_state.next[0]) == polled


def test_what_drifts_is_read_at_its_beat_however_late_it_comes_to_matter():
    text = """
events: { bell: {} }
rules:
  rings: { when: "time() >= '61 min'", do: [mark: bell] }
  it: { when: "FIRST && age(ann) - age(bob) < '1 y'", poll: 2 min, do: [] }
"""
    asked = [fired(text.replace("FIRST", first)) for first in ("happened(bell)", "time() >= '0 h' && happened(bell)")]
    assert asked == [[3660.0], [3660.0]]
