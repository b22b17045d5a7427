"""Oracles O-15.1 to O-15.10: numbers, dates, data, distributions and the clocks of rules, from the text of scenarios."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from briarpatch import engine
from briarpatch.errors import ScenarioError
from briarpatch.scenario.catalog import load_scenario, load_text
from briarpatch.world import chance, kinds, quantiles, rates, states
from briarpatch.world import world as worlds
from briarpatch.world.compiled import INTERPRETED, plainly

HOUR, DAY = 3600.0, 86400.0
MANY = 200 if INTERPRETED else 2000


class Story:
    """A scenario without people, and one world of it."""

    def __init__(self, text: str, until: str = "10 d", head: str = "", seed: int = 1, stop: float = math.inf) -> None:
        self.scenario = load_text(
            f"scenario: {{ title: t, until: {until}, {head} }}\n{text}\nendings: {{ over: {{ told: over }} }}\n"
        )
        self.world = self.scenario.world(seed)
        if stop >= 0.0:
            self.go(stop)

    def go(self, stop: float = math.inf) -> Story:
        status = states.NEEDS_ROOM
        while status == states.NEEDS_ROOM:
            status = engine.play(self.scenario.program, self.world, stop, 10_000_000)
            if status == states.NEEDS_ROOM:
                self.world = worlds.grow(self.world)
        self.broken = states.GUARD_NAMES[int(self.world.state["broken"][0])]
        return self

    def fired(self, rule: str) -> list[float]:
        """Return the times at which a rule fired [h]."""
        wanted = self.scenario.names.find("rule", rule)
        rows = self.world.chronicle[: int(self.world.state["entries"][0])]
        mine = (rows["kind"] == kinds.RULE) & (rows["subject"] == wanted)
        return (rows["time"][mine] / HOUR).tolist()

    def gauge(self, name: str) -> float:
        return float(self.world.gauges["value"][self.scenario.names.rows["gauge"][name]])

    def counts(self, rule: str) -> np.ndarray:
        """Return how often each instance of a rule with a loop has fired."""
        rows = [row for name, row in self.scenario.names.rows["rule"].items() if name.startswith(f"{rule}.")]
        return self.world.rules_state["fired"][rows]


def once(rule: str, many: int = MANY) -> str:
    """Return a rule written many times over."""
    return f"rules: {{ r: {{ each: {{ n: [{', '.join(f'n{i}' for i in range(many))}] }}, {rule} }} }}"


def near(values: np.ndarray, mean: float) -> bool:
    return abs(values.mean() - mean) <= 4.0 * values.std(ddof=1) / math.sqrt(len(values))


# --------------------------------------------------------------------------------------------------- distributions

LAWS = [
    ("lognormal: { mean: 10 h, sd: 5 h }", (4.882381, 8.944272, 16.385447)),
    ("lognormal: { median: 10 h, sigma: 0.6 }", (4.635083, 10.0, 21.574586)),
    ("gamma: { mean: 10 h, shape: 4 }", (4.361924, 9.180152, 16.701958)),
    ("erlang: { mean: 10 h, stages: 4 }", (4.361924, 9.180152, 16.701958)),
    ("weibull: { scale: 10 h, shape: 1.5 }", (2.230755, 7.832198, 17.437215)),
    ("triangular: [2 h, 5 h, 12 h]", (3.732051, 6.083920, 9.354249)),
    ("pert: [2 h, 5 h, 12 h]", (3.362000, 5.509995, 8.207545)),
    ("normal: { mean: 1.34 h, sd: 0.26 h, least: 0.5 h, most: 2.2 h }", (1.007549, 1.340048, 1.672668)),
    ("exponential: 10 h", (1.053605, 6.931472, 23.025851)),
    ("poisson: 4.5, of: 1 h", (2.0, 4.0, 7.0)),
    ("negative_binomial: { mean: 5, k: 2 }, of: 1 h", (1.0, 4.0, 11.0)),
    ("choice: { 1 h: 0.2, 3 h: 0.5, 10 h: 0.3 }", (1.0, 3.0, 10.0)),
    ("uniform: [2 h, 12 h]", (3.0, 7.0, 11.0)),
    ("fixed: 3 h", (3.0, 3.0, 3.0)),
    ("data: waits, of: 1 h", (1.0, 3.0, 10.0)),
]
WAITS = "data: { waits: { rows: [[0 h, 3], [1 h, 10], [2 h, 1], [3 h, 3], [4 h, 3], [5 h, 10], [6 h, 1]] } }\n"


@pytest.mark.parametrize(("law", "expected"), LAWS)
def test_quantiles_of_distributions_O_15_1_and_O_15_2(law, expected):
    """O-15.1 O-15.2 What a scenario writes is drawn by the quantile function, in the engine and by itself."""
    story = Story(f"{WAITS}rules: {{ r: {{ after: {{ {law} }} }} }}", until="1000 h")
    program = story.scenario.program
    for u, wanted in zip((0.1, 0.5, 0.9), expected, strict=True):
        assert plainly(quantiles.draw, program, story.world, 0, u, 0.0) / HOUR == pytest.approx(wanted, abs=1e-6)
    u = plainly(chance.u01, np.uint64(story.world.state["luck"][0]), chance.EFFECT, program.rules["key"][0], 1)
    drawn = plainly(quantiles.draw, program, story.world, 0, u, 0.0)
    assert story.fired("r") == [pytest.approx(drawn / HOUR, rel=1e-12)]


@pytest.mark.parametrize("law", [law for law, _ in LAWS])
def test_what_is_left_of_a_wait_has_the_law_of_the_tail(law):
    story = Story(f"{WAITS}rules: {{ r: {{ after: {{ {law} }} }} }}", until="1000 h", stop=0.0)
    program, world = story.scenario.program, story.world
    if law.startswith("fixed"):
        assert plainly(quantiles.draw_beyond, program, world, 0, 0.5, HOUR, 0.0) == 3.0 * HOUR
        return
    least = plainly(quantiles.draw, program, world, 0, 0.4, 0.0)
    below, beyond = 0.4, 1.0
    for _ in range(40):  # up to which share the draws are no longer than that: a law may have a step there
        middle = 0.5 * (below + beyond)
        if plainly(quantiles.draw, program, world, 0, middle, 0.0) <= least:
            below = middle
        else:
            beyond = middle
    for u in (0.1, 0.6, 0.95):
        wanted = plainly(quantiles.draw, program, world, 0, below + u * (1.0 - below), 0.0)
        found = plainly(quantiles.draw_beyond, program, world, 0, u, least, 0.0)
        assert found == pytest.approx(wanted, rel=2e-3)
        assert found >= least


def test_parameters_are_read_when_the_draw_is_made():
    text = """
gauges: { slow: { start: 1 } }
rules:
  change: { at: [2 h], do: [set: { gauge: slow, to: 5 }] }
  wait: { after: { fixed: slow * h }, repeat: true }
"""
    assert Story(text, until="13 h").fired("wait") == [1.0, 2.0, 3.0, 8.0, 13.0]


@pytest.mark.parametrize(
    ("law", "said"),
    [
        ("{ mean: 2 h, shape: 4 }", "gamma: { mean: 2 h, shape: 4 }"),
        ("{ gamma: { mean: 2 h }, fixed: 3 h }", "exactly one of"),
        ("{ poisson: 3 }", "say with 'of' what 1 is"),
        ("{ exponential: 3 h, of: 1 h }", "'of' goes with a count"),
        ("{ uniform: [3 h, 2 h] }", "must rise"),
        ("{ triangular: [2 h, slow * h, 1 h] }", "must rise"),
        ("{ pert: [1 h, 3 h, 2 h] }", "must rise"),
        ("{ normal: { mean: 1 h, sd: 1 h, least: 3 h, most: 2 h } }", "must be more than 'least'"),
        ("{ lognormal: { mean: 3 h, sigma: 0.5 } }", "'mean' and 'sd', or 'median' and 'sigma'"),
        ("{ choice: { soon: 1 } }", "not a quantity"),
        ("{ data: waits, of: 1 h }", "unknown data 'waits'"),
        ("{ exponential: -3 h }", "at least 0"),
        ("{ exponential: 3 km }", "needs a time"),
        ("{ exponential: 3 hors }", "not a unit"),
        ("{ gamma: { mean: 2 h, shape: 0 } }", "more than 0"),
        ("{ exponential: nobody * h }", "unknown name 'nobody'"),
        ("{ exponential: 1 km * 2 }", "more than one number"),
    ],
)
def test_faulty_distributions_are_refused_with_the_remedy(law, said):
    with pytest.raises(ScenarioError) as wrong:
        Story(f"gauges: {{ slow: {{}} }}\nrules: {{ r: {{ after: {law} }} }}")
    assert said in str(wrong.value)


@pytest.mark.parametrize(
    "law", ["uniform: [slow * h, 3 h]", "triangular: [1 h, slow * h, 3 h]", "pert: [0 h, 1 h, slow * h]"]
)
def test_only_constants_have_to_be_in_order(law):
    story = Story(f"gauges: {{ slow: {{ start: 2 }} }}\nrules: {{ r: {{ after: {{ {law} }} }} }}")
    assert 0.0 < story.fired("r")[0] < 3.0


@pytest.mark.parametrize(
    "law",
    [
        "fixed: 0 s",
        "poisson: 0, of: 1 h",
        "negative_binomial: { mean: 0, k: 2 }, of: 1 h",
        "normal: { mean: 0 s, sd: 0 s }",
        "normal: { mean: 1 h, sd: 1 h, most: 0.0001 s }",
        "uniform: [0 s, 0 s]",
        "weibull: { scale: 0 s, shape: 2 }",
        "data: none, of: 1 h",
    ],
)
def test_what_repeats_and_never_takes_time_is_refused(law):
    data = "data: { none: { rows: [[0 h, 0], [1 h, 0]] } }\n"
    assert Story(f"{data}rules: {{ r: {{ after: {{ {law} }} }} }}", until="1 h").fired("r") == pytest.approx(
        [0.0], abs=1e-6
    )
    with pytest.raises(ScenarioError, match=r"must be at least 0\.001 s in what repeats"):
        Story(f"{data}rules: {{ r: {{ after: {{ {law} }}, repeat: true }} }}")


@pytest.mark.parametrize(
    "law", ["normal: { mean: 0 s, sd: 0 s, least: 1 h }", "poisson: 0.5, of: 1 h", "normal: { mean: 0 s, sd: 1 h }"]
)
def test_what_repeats_may_now_and_then_take_no_time(law):
    assert Story(f"rules: {{ r: {{ after: {{ {law} }}, repeat: true }} }}", until="20 h").broken == "none"


@pytest.mark.parametrize(
    ("law", "x", "broken"),
    [
        ("fixed: h / x", 0, True),
        ("exponential: h / x", 0, True),
        ("weibull: { scale: h, shape: x }", 0, True),
        ("negative_binomial: { mean: 5, k: x }, of: 1 h", 0, True),
        ("poisson: 'power(10, x)', of: 1 h", 300, True),
        ("poisson: 'power(10, x)', of: 1 h", 0, False),
        ("pert: [1 h, x * h, 3 h]", 9, False),
        ("triangular: [1 h, x * h, 3 h]", 0, False),
        ("normal: { mean: h, sd: x * h }", -1, False),
        ("lognormal: { mean: x * h, sd: h }", -1, False),
    ],
)
def test_a_length_of_time_without_a_value_stops_the_world_and_names_the_rule(law, x, broken):
    story = Story(f"gauges: {{ x: {{ start: {x} }} }}\nrules: {{ good: {{}}, bad: {{ after: {{ {law} }} }} }}")
    assert story.broken == ("a number is not finite" if broken else "none")
    if broken:
        assert story.scenario.names.label(int(story.world.state["culprit"][0])) == "bad"
    else:
        assert 0.0 <= story.fired("bad")[0] <= 20.0


def test_what_is_left_of_a_wait_without_a_value_stops_the_world_too():
    text = """
gauges: { x: { start: 1 } }
rules:
  change: { at: [1 min], do: [set: { gauge: x, to: 0 }] }
  wait: { after: { exponential: 100 * d / x } }
"""
    story = Story(text, stop=120.0)
    engine.refresh(story.scenario.program, story.world, 7)
    assert states.GUARD_NAMES[int(story.world.state["broken"][0])] == "a number is not finite"
    assert story.scenario.names.label(int(story.world.state["culprit"][0])) == "wait"


# ----------------------------------------------------------------------------------------------------- dates

START = 'start: "2024-02-27 19:00"'


def test_a_beat_from_a_time_of_day_O_15_5():
    """O-15.5 The beat lies on the time of day, over the end of a leap February."""
    story = Story('rules: { r: { every: 6 h, from: "05:00" } }', "213 h", START)
    fired = story.fired("r")
    assert (fired[0], len(fired)) == (4.0, 35)
    assert story.scenario.clock(fired[-1] * HOUR) == "2024-03-07, 11:00"


def test_dates_weekdays_and_days_O_15_6():
    """O-15.6 Dates are times, and conditions know the weekday."""
    text = """
rules:
  dated: { at: ["2024-03-01 04:30"] }
  friday: { when: weekday() == 5 && date_is("2024-03-01") }
  monday: { when: weekday() == 1 && hour() >= 8, once: false }
  later: { when: time() >= '2024-03-01 04:30' }
  nightly: { every: 1 d, from: "21:00" }
  third: { when: day() == 3 }
"""
    story = Story(text.replace(", once: false", ""), "213 h", START)
    assert story.fired("dated") == [57.5]
    assert story.fired("later") == [57.5]
    assert story.fired("friday") == [53.0]
    assert story.fired("monday") == [pytest.approx(133.0, rel=1e-12)]
    assert story.fired("third") == [53.0]
    nightly = story.fired("nightly")
    assert (len(nightly), nightly[0]) == (9, 2.0)


def test_a_story_may_end_on_a_date_and_is_told_by_dates():
    story = Story("rules: { r: { every: 1 d } }", '"2024-03-01 12:00"', START)
    assert story.fired("r") == [24.0, 48.0]
    assert story.scenario.clock(float(story.world.state["time"][0])) == "2024-03-01, 12:00"


def test_the_hour_turns_at_its_very_moment_and_at_midnight():
    text = "rules: { late: { when: hour() >= 22.5, repeat: true }, early: { when: hour() < 1, repeat: true } }"
    story = Story(text, "50 h", 'start: "06:30"')
    assert story.fired("late") == pytest.approx([16.0, 40.0], rel=1e-12)
    assert story.fired("early") == pytest.approx([17.5, 41.5], rel=1e-12)


@pytest.mark.parametrize(
    ("text", "head", "said"),
    [
        ("rules: { r: { at: ['2024-03-01 04:30'] } }", "", "a date needs a story that begins on one"),
        ("rules: { r: { when: weekday() == 1 } }", "", "weekday() needs a story that begins on a date"),
        ("rules: { r: { when: 'date_is(\"2024-02-30\")' } }", START, "there is no day '2024-02-30'"),
        ("rules: { r: { when: date_is(3) } }", START, "a date in quotes"),
        ("rules: { r: { at: [5 h, 3 h] } }", "", "the times must rise"),
        ("", 'start: "2024-02-27"', "has no time of day"),
        ("", "start: soon", "is no start"),
        ("", 'zone: "4 h"', "is not a zone"),
        ("rules: { r: { when: \"time() > '2024-03-01'\" } }", START, "a time has an hour too"),
    ],
)
def test_faulty_dates_are_refused(text, head, said):
    with pytest.raises(ScenarioError) as wrong:
        Story(text, "213 h", head)
    assert said in str(wrong.value)


# ----------------------------------------------------------------------------------------------------- data


def exposure(story: Story, stop: float) -> float:
    """Return what the rate of rule r has come to by a time: the thresholds that it passed, and what is left."""
    story.go(stop)
    program, world = story.scenario.program, story.world
    running = int(program.rules["running"][0])
    clock = world.clocks[program.rate_plans["clock"][running]]
    luck = np.uint64(world.state["luck"][0])
    past = sum(plainly(chance.exponential, luck, clock.stream, clock.key, k) for k in range(int(clock.occurrence)))
    return past + plainly(rates.spent_by, program, world, running, stop)


COUNTS = "data: { come: { rows: [[0 d, 100], [1 d, 400], [2 d, 250]], per: 1 d } }\n"
LINE = "data: { depth: { rows: [[0 h, 10], [6 h, 40], [12 h, 20]], between: line } }\n"


def test_data_are_numbers_in_expressions_O_15_10():
    """O-15.10 Counts are spread evenly, and a line is a line: what a rate comes to, and what a measure reads."""
    story = Story(f"{COUNTS}rules: {{ r: {{ rate: come }} }}", stop=0.0)
    assert exposure(story, 1.5 * DAY) == pytest.approx(300.0, rel=1e-9)
    assert len(story.fired("r")) == int(story.world.clocks["occurrence"][0])
    story = Story(f"{LINE}rules: {{ r: {{ rate: depth / h }} }}", stop=0.0)
    assert exposure(story, 12.0 * HOUR) / 12.0 == pytest.approx(27.5, rel=1e-9)
    text = f"{LINE}gauges: {{ x: {{}} }}\nrules: {{ r: {{ at: [9 h], do: [set: {{ gauge: x, to: depth }}] }} }}"
    assert Story(text).gauge("x") == pytest.approx(30.0, rel=1e-9)


def test_conditions_on_data_turn_at_their_very_times():
    text = """
data:
  line: { rows: [[0 h, 10], [6 h, 40], [12 h, 20]], between: line }
  steps: { rows: [[2 h, 1], [5 h, 3], [7 h, 0]], outside: zero }
rules:
  over: { when: line > 25, repeat: true }
  under: { when: line < 25, repeat: true }
  none: { when: steps == 0, repeat: true }
  three: { when: steps * 2 == 6 }
"""
    story = Story(text)
    assert story.fired("over") == pytest.approx([3.0], rel=1e-9)
    assert story.fired("under") == pytest.approx([0.0, 10.5], rel=1e-9)
    assert (story.fired("none"), story.fired("three")) == ([0.0, 7.0], [5.0])


def test_a_line_that_is_zero_outside_ends_with_its_last_row():
    rows = "{ rows: [[1 h, 10], [6 h, 40]], between: line, outside: zero }"
    text = (
        f"data: {{ line: {rows} }}\nrules: {{ on: {{ when: line > 0 }}, off: {{ when: happened(on) && line == 0 }} }}"
    )
    story = Story(text)
    assert (story.fired("on"), story.fired("off")) == ([1.0], [6.0])


def test_data_of_a_file_with_dates(tmp_path):
    (tmp_path / "coming.csv").write_text("date,people\n2024-02-27 19:00,100\n2024-02-28 19:00,400\n")
    head = f"scenario: {{ title: t, until: 2 d, {START} }}\nendings: {{ over: {{ told: over }} }}\n"
    data = "data: { come: { file: coming.csv, time: date, value: people, per: 1 d, outside: zero } }\n"
    path = tmp_path / "story.yaml"
    path.write_text(
        f"{head}{data}gauges: {{ x: {{}} }}\nrules: {{ r: {{ at: [30 h], do: [set: {{ gauge: x, to: come * d }}] }} }}\n"
    )
    world = load_scenario(path).world(1)
    engine.play(load_scenario(path).program, world, math.inf, 1000)
    assert float(world.gauges["value"][0]) == pytest.approx(400.0)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            "2024-02-27 19:00,100\n2024-02-28 19:00,many\n",
            "coming.csv, line 3: column 'people': wants a number, got 'many'",
        ),
        ("2024-02-28 19:00,100\n2024-02-27 19:00,400\n", "coming.csv, line 3: the times must rise"),
        ("2024-02-27 19:00,100\n2024-03-28 19:00,400\n", "follow each other without gap"),
        ("soon,100\n", "coming.csv, line 2: column 'date':"),
    ],
)
def test_faulty_files_of_data_are_refused_with_line_and_column(tmp_path, rows, said):
    (tmp_path / "coming.csv").write_text(f"date,people\n{rows}")
    head = f"scenario: {{ title: t, until: 2 d, {START} }}\nendings: {{ over: {{ told: over }} }}\n"
    data = "data: { come: { file: coming.csv, time: date, value: people, per: 1 d } }\n"
    (tmp_path / "story.yaml").write_text(head + data)
    with pytest.raises(ScenarioError) as wrong:
        load_scenario(tmp_path / "story.yaml")
    assert said in str(wrong.value)


# ----------------------------------------------------------------------------------------------- let and units


def test_a_definition_is_put_in_where_it_is_used():
    text = """
gauges: { x: { start: 3 } }
let:
  twice: 2 * x
  more: twice + 1
rules: { r: { at: [1 h], do: [set: { gauge: x, to: more * more }] } }
"""
    assert Story(text).gauge("x") == 49.0


def test_units_are_numbers_with_dimensions():
    text = """
gauges: { x: {}, z: {} }
rules:
  r:
    at: [90 min]
    do:
      - set: { gauge: x, to: time() * 2/h }
      - set: { gauge: z, to: (12 * km) / (4 * km/h) / h }
"""
    story = Story(text)
    assert (story.gauge("x"), story.gauge("z")) == (pytest.approx(3.0), pytest.approx(3.0))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("let: { a: b + 1, b: a }", "goes round in a circle: "),
        ("let: { a: nobody }", "unknown name 'nobody'"),
        ("let: { a: 1 }\ngauges: { a: {} }", "'a' is a gauge already"),
        ("gauges: { h: {} }", "'h' is a unit (hour)"),
        ("let: { km: 3 }", "'km' is a unit (kilometre)"),
        ("rules: { r: { rate: 2 * km } }", "must be a rate, got a length"),
        ("rules: { r: { rate: 3 } }", "needs a rate"),
        ("rules: { r: { rate: 3/h + 2 } }", "cannot add a rate and a plain number"),
        ("rules: { r: { rate: -0.2/h } }", "at least 0"),
        ("rules: { r: { rate: 2 * -1/h } }", "must be at least 0 1/s"),
        ("rules: { r: { chance: 0.5 + 1 } }", "must be at most 1"),
        ("rules: { r: { when: 'h * km > 3' } }", "cannot compare a quantity in m*s with a plain number"),
    ],
)
def test_faulty_expressions_are_refused_at_their_place(text, said):
    with pytest.raises(ScenarioError) as wrong:
        Story(text)
    assert said in str(wrong.value)


def test_definitions_that_grow_without_end_are_refused_at_once():
    doubled = ", ".join(f"a{i}: a{i + 1} + a{i + 1}" for i in range(60))
    with pytest.raises(ScenarioError, match="too long once all"):
        Story(f"let: {{ {doubled}, a60: time() / h }}")


# ------------------------------------------------------------------------------------------------------ clocks


def test_effects_read_their_numbers_at_the_start_of_the_pass_O_15_7():
    """O-15.7 x := x + 1 + x every six hours; two rules of one instant exchange two gauges."""
    text = """
gauges: { x: {}, a: { start: 1 }, b: { start: 2 } }
rules:
  grow: { every: 6 h, do: [add: { gauge: x, by: 1 + gauge(x) }] }
  one: { at: [3 h], do: [set: { gauge: a, to: b }] }
  other: { at: [3 h], do: [set: { gauge: b, to: a }] }
"""
    story = Story(text, until="24 h")
    assert (story.gauge("x"), story.gauge("a"), story.gauge("b")) == (15.0, 2.0, 1.0)


def test_a_beat_and_given_times_wait_for_the_condition():
    text = """
gauges: { on: {} }
rules:
  switch: { at: [5 h], do: [set: { gauge: on, to: 1 }] }
  off: { at: [11 h], do: [set: { gauge: on, to: 0 }] }
  beat: { when: on == 1, every: 2 h, from: 1 h }
  times: { when: on == 1, at: [4 h, 5 h, 7 h, 12 h] }
  first: { when: on == 1, every: 2 h, once: true }
"""
    story = Story(text, until="20 h")
    assert story.fired("beat") == [5.0, 7.0, 9.0, 11.0]
    assert story.fired("times") == [5.0, 7.0]
    assert story.fired("first") == [6.0]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("rate: 1/h, every: 2 h", "one clock at most, and this one has rate and every"),
        ("after: 1 h, at: [3 h]", "one clock at most, and this one has after and at"),
        ("rate: 1/h, repeat: true", "goes on by itself"),
        ("every: 1 h, repeat: true", "goes on by itself"),
        ("once: true", "goes with 'rate', 'every' or 'at'"),
        ("from: 3 h, rate: 1/h", "is the first beat of 'every'"),
        ("every: 0 h", "at least 0.001 s"),
    ],
)
def test_two_clocks_and_idle_keys_are_refused(rule, said):
    with pytest.raises(ScenarioError) as wrong:
        Story(f"rules: {{ r: {{ {rule} }} }}")
    assert said in str(wrong.value)


def test_a_rate_and_a_chance_make_a_thinner_poisson_process_O_15_3():
    """O-15.3 The chance is drawn at every firing."""
    counts = Story(once("rate: 2/h, chance: 0.25"), until="12 h").counts("r")
    assert near(counts, 6.0)
    assert abs(counts.std() - 2.449490) <= 4.0 * 2.449490 / math.sqrt(2.0 * len(counts))
    assert stats.binomtest(int((counts == 0).sum()), len(counts), 0.002479).pvalue > 1e-4


def test_waits_that_repeat_are_a_renewal_process_O_15_4():
    """O-15.4 The wait starts again at each firing."""
    counts = Story(once("after: { gamma: { mean: 2 h, shape: 4 } }, repeat: true"), until="24 h").counts("r")
    assert near(counts, 11.625)
    assert stats.binomtest(int((counts == 12).sum()), len(counts), 0.218726).pvalue > 1e-4


WAVE = "processes: { wave: { harmonic: { mean: 0.2, parts: [{ amplitude: 0.1, period: 24 h, high_at: 6 h }] } } }\n"


def test_a_rate_that_moves_is_integrated_O_15_8():
    """O-15.8 The clock rings where the integral reaches its threshold, whatever is looked at between."""
    text = f"{WAVE}gauges: {{ x: {{}} }}\nrules: {{ r: {{ rate: wave / h, once: true }}, look: {{ every: 17 min, do: [add: {{ gauge: x, by: 1 }}] }} }}"
    story = Story(text, stop=-1.0)
    story.world.clocks["threshold"][0] = math.log(2.0)
    assert story.go().fired("r") == [pytest.approx(2.930647, abs=1e-6)]


def test_a_rate_that_moves_fires_as_often_as_its_integral_says_O_15_8():
    """O-15.8 The share that has fired by noon, and how often in a day."""
    story = Story(WAVE + once("rate: wave / h"), until="24 h", stop=12.0 * HOUR)
    by_noon = story.counts("r") > 0
    assert stats.binomtest(int(by_noon.sum()), len(by_noon), 0.957741).pvalue > 1e-4
    assert near(story.go().counts("r"), 4.8)


RAMP = """
gauges: { fast: {} }
rules:
  r: { rate: "(fast == 1 ? 0.8 : 0.4) / h", once: true }
  change: { at: [1 h], do: [set: { gauge: fast, to: 1 }] }
"""


@pytest.mark.parametrize("look", ["", "  look: { every: 7 min, do: [add: { gauge: other, by: 1 }] }\n"])
def test_a_rate_that_changes_rings_where_its_exposure_says_O_15_9(look):
    """O-15.9 Looks in between leave no trace."""
    story = Story(RAMP.replace("{ fast: {} }", "{ fast: {}, other: {} }") + look, stop=-1.0)
    story.world.clocks["threshold"][0] = 0.9
    assert story.go().fired("r") == [pytest.approx(1.625, rel=1e-9)]


def test_looking_at_a_rate_that_moves_changes_no_byte():
    text = WAVE + "gauges: { z: {} }\nrules:\n  r: { rate: wave * (1 + wave) / h }\n"
    alone = Story(text, until="9 d").fired("r")
    watched = (
        text + "  look: { every: 7 min, do: [set: { gauge: z, to: 3 }] }\n  also: { when: wave > 0.25, repeat: true }\n"
    )
    assert len(alone) > 20
    assert Story(watched, until="9 d").fired("r") == alone


def test_a_rate_below_zero_stops_the_world_and_names_the_rule():
    story = Story(
        "gauges: { z: { start: 1 } }\nrules: { ebb: { rate: z / h }, sink: { at: [2 h], do: [set: { gauge: z, to: -1 }] } }"
    )
    assert story.broken == "a rate is below zero, or no number"
    assert story.scenario.names.label(int(story.world.state["culprit"][0])) == "ebb"


EBB = WAVE.replace("mean: 0.2", "mean: 0").replace("high_at: 6 h", "high_at: 5 h")


def test_a_rate_counts_only_while_its_rule_waits():
    """Where it would be below zero its condition does not hold, and what comes later is no fault now."""
    story = Story(EBB + "rules: { r: { when: wave > 0, rate: 60 * wave / h } }", until="48 h")
    assert story.broken == "none"
    mean = 2 * 60 * 0.1 * 24.0 / math.pi
    assert abs(len(story.fired("r")) - mean) <= 4.0 * math.sqrt(mean)


def test_a_rate_that_sinks_below_zero_stops_the_world_when_it_does():
    story = Story(EBB + "rules: { r: { rate: wave / h, once: true }, s: { rate: 0.01 * wave / h } }", until="48 h")
    assert story.broken == "a rate is below zero, or no number"
    assert float(story.world.state["time"][0]) / HOUR == pytest.approx(11.0, abs=1.0 / 1800.0)
    story = Story(
        "gauges: { z: {} }\nrules: { ebb: { rate: z * time() / h / h }, sink: { at: [2 h], do: [set: { gauge: z, to: -1 }] } }"
    )
    assert (story.broken, float(story.world.state["time"][0])) == ("a rate is below zero, or no number", 2.0 * HOUR)


def test_a_rate_may_read_what_has_only_just_happened():
    text = "rules: { begin: { at: [2 h] }, r: { rate: 'happened(begin) ? 9 * since(begin) / h / h : 1e-9/h', once: true } }"
    story = Story(text, stop=-1.0)
    story.world.clocks["threshold"][0] = 4.5
    assert story.go().fired("r") == [pytest.approx(3.0, rel=1e-6)]


@pytest.mark.parametrize("rule", ["chance: 1 / x", "do: [add: { gauge: x, by: 1 / x }]", "after: { fixed: h / x }"])
def test_a_number_without_a_value_stops_the_world_and_names_the_rule(rule):
    story = Story(f"gauges: {{ x: {{}} }}\nrules: {{ good: {{ every: 1 h }}, bad: {{ {rule} }} }}")
    assert story.broken == "a number is not finite"
    assert story.scenario.names.label(int(story.world.state["culprit"][0])) == "bad"


def test_an_unlike_rate_gives_other_firings_and_the_same_rate_the_same():
    plain = Story("rules: { r: { rate: 2/h } }", until="24 h").fired("r")
    assert Story("rules: { r: { rate: 1/h + 1/h } }", until="24 h").fired("r") == plain
    assert Story("gauges: { z: { start: 2 } }\nrules: { r: { rate: z / h } }", until="24 h").fired(
        "r"
    ) == pytest.approx(plain, rel=1e-12)
