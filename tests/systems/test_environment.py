"""Oracles O-21.1 to O-21.5: chains, noise, daylight and waves, from the text of scenarios."""

from __future__ import annotations

import math

import numpy as np
import pytest
from test_numbers import HOUR, Story, near

from briarpatch.errors import ScenarioError
from briarpatch.world import kinds
from briarpatch.world.compiled import INTERPRETED

MANY = 60 if INTERPRETED else 1000

WEATHER = """
processes:
  weather:
    chain:
      start: fair
      states: { fair: { sea: 1, hazard: 1 }, foul: { sea: 0.3, hazard: 0.2 } }
      rates: { fair: { foul: 0.1/h }, foul: { fair: 0.25/h } }
"""


def changes(story: Story, *names: str) -> list[tuple[str, float]]:
    """Return what changed and when [h], of some kinds of entries."""
    from briarpatch.assembly import entry_kind

    numbers = {entry_kind(name): name for name in names}
    rows = story.world.chronicle[: int(story.world.state["entries"][0])]
    return [(numbers[row["kind"]], row["time"] / HOUR) for row in rows if row["kind"] in numbers]


# ------------------------------------------------------------------------------------------------------ chains


@pytest.mark.long
def test_a_chain_is_in_its_states_for_their_shares_O_21_1_and_O_21_2():
    """O-21.1 O-21.2 Fair at six hours, fair hours of a day, and what a modulated rate loads."""
    text = WEATHER + 'rules: { load: { rate: "(weather.fair ? 100 : 30) / h" } }\n'
    fair, hours, loaded = [], [], []
    for seed in range(MANY):
        story = Story(text, until="24 h", seed=seed)
        turns = [0.0, *(at for _, at in changes(story, "became")), 24.0]
        spells = list(zip(turns[::2], turns[1::2], strict=False))
        hours.append(sum(b - a for a, b in spells))
        fair.append(any(a <= 6.0 < b for a, b in spells))
        loaded.append(float(story.world.rules_state["fired"][0]))
    assert near(np.array(fair, float), 0.749273)
    assert near(np.array(hours), 17.959)
    assert near(np.array(loaded), 1977.13)


def test_states_and_their_numbers_stand_in_conditions_and_rest_on_the_change():
    text = (
        WEATHER.replace("0.1/h", "10/h")
        + """
rules:
  foul: { when: weather.foul }
  calm: { when: weather.sea < 0.5 && !weather.fair }
"""
    )
    story = Story(text, until="5 h")
    first = changes(story, "became")[0][1]
    assert story.fired("foul") == story.fired("calm") == [first]
    rows = story.world.chronicle[: int(story.world.state["entries"][0])]
    causes = rows[rows["kind"] == kinds.RULE]["cause"]
    assert [rows[cause]["time"] / HOUR for cause in causes] == [first, first]


def test_rates_of_a_chain_may_read_other_processes():
    text = """
processes:
  one: { chain: { start: a, states: { a: { n: 0 }, b: { n: 1 } }, rates: { a: { b: 1/h }, b: { a: 1/h } } } }
  other: { chain: { start: low, states: { low: {}, high: {} }, rates: { low: { high: 1000/h * one.n } } } }
rules: { up: { when: other.high }, b: { when: one.b } }
"""
    story = Story(text, until="48 h")
    assert 0.0 < story.fired("up")[0] - story.fired("b")[0] < 0.05


def test_an_unrelated_process_changes_no_byte():
    text = WEATHER + "rules: { load: { rate: 3/h * weather.sea } }\n"
    more = text.replace("processes:", "processes:\n  wind: { noise: { mean: 8, sd: 3, relax: 5 h } }")
    assert Story(text).fired("load") == Story(more).fired("load")


# -------------------------------------------------------------------------------------------------------- noise


@pytest.mark.long
def test_noise_has_the_law_of_its_exact_step_O_21_5():
    """O-21.5 Mean and deviation three hours on, in steps of half an hour and of one."""
    for every in ("30 min", "1 h"):
        text = f"processes: {{ wind: {{ noise: {{ mean: 8, sd: 3, relax: 5 h, every: {every}, start: 14 }} }} }}\n"
        text += "gauges: { x: {} }\nrules: { r: { at: [3 h], do: [set: { gauge: x, to: wind }] } }\n"
        found = np.array([Story(text, until="4 h", seed=seed).gauge("x") for seed in range(MANY)])
        assert near(found, 11.292870)
        assert abs(found.std() - 2.507838) <= 4.0 * 2.507838 / math.sqrt(2.0 * MANY)


def test_noise_is_held_between_its_steps():
    text = "processes: { wind: { noise: { mean: 8, sd: 3, relax: 5 h, every: 1 h } } }\nrules: { gale: { when: wind > 8, repeat: true } }\n"
    fired = Story(text).fired("gale")
    assert len(fired) > 5
    assert all(at == pytest.approx(round(at)) for at in fired)


# ----------------------------------------------------------------------------------------------------- daylight


@pytest.mark.parametrize(
    ("latitude", "date", "hours"),
    [
        (54.0, "2023-06-21", 17.147789),
        (0.0, "2023-03-21", 12.111069),
        (54.0, "2023-12-21", 7.365951),
        (34.5, "2023-08-26", 13.062861),
        (70.0, "2023-06-21", 24.0),
    ],
)
def test_daylight_lasts_as_long_as_the_declination_says_O_21_3(latitude, date, hours):
    """O-21.3 From the rising to the setting on one day; in the far north the sun does not set."""
    text = f"processes: {{ sun: {{ daylight: {{ latitude: {latitude}, longitude: 0 }} }} }}\n"
    text += "gauges: { up: {} }\nrules: { r: { at: [6 h], do: [set: { gauge: up, to: 'sun.up ? 1 : 0' }] } }\n"
    story = Story(text, until="24 h", head=f'start: "{date} 00:00"')
    turns = changes(story, "rose", "set")
    if hours == 24.0:
        assert (turns, story.gauge("up")) == ([], 1.0)
        return
    assert [kind for kind, _ in turns] == ["rose", "set"]
    assert turns[1][1] - turns[0][1] == pytest.approx(hours, abs=1e-5)


@pytest.mark.parametrize(("date", "minutes"), [("2023-02-11", 14.2), ("2023-11-03", -16.4), ("2023-04-15", 0.0)])
def test_noon_is_where_the_equation_of_time_puts_it(date, minutes):
    """The sun is highest a quarter of an hour late in February and early in November."""
    text = "processes: { sun: { daylight: { latitude: 40, longitude: 30 } } }\n"
    text += "rules: { dusk: { when: sun.twilight, repeat: true } }\n"
    story = Story(text, until="24 h", head=f'start: "{date} 00:00", zone: "+02:00"')
    (_, rose), (_, went) = changes(story, "rose", "set")
    assert 60.0 * (0.5 * (rose + went) - 12.0) == pytest.approx(minutes, abs=1.0)
    assert story.fired("dusk")[1] == went
    assert 0.3 < rose - story.fired("dusk")[0] < 0.7


# -------------------------------------------------------------------------------------------------------- waves

TIDE = "processes: { tide: { harmonic: { mean: 3, parts: [{ amplitude: 2, period: 12.4206 h, high_at: 1.5 h }] } } }\n"


def test_a_tide_passes_a_level_at_its_very_times_O_21_4():
    """O-21.4 The times at which it rises over a level and falls below it are computed."""
    text = TIDE + "rules: { over: { when: tide > 4, repeat: true }, under: { when: '!(tide > 4)', repeat: true } }\n"
    story = Story(text, until="24 h")
    assert story.fired("over") == pytest.approx([0.0, 11.8505], abs=1e-4)
    assert story.fired("under") == pytest.approx([3.5701, 15.9907], abs=1e-4)
    hours = story.fired("under")[0] + story.fired("under")[1] - story.fired("over")[1]
    assert hours == pytest.approx(7.7103, abs=1e-4)


@pytest.mark.parametrize(
    "when", ["2 * tide - 1 > 7", "tide / 2 > 2", "10 - tide < 6", "max(tide, 1) > 4", "tide * (1 + 1) >= 8"]
)
def test_lines_along_a_tide_turn_with_it(when):
    story = Story(f"{TIDE}rules: {{ over: {{ when: '{when}', repeat: true }} }}\n", until="24 h")
    assert story.fired("over") == pytest.approx([0.0, 11.8505], abs=1e-4)


def test_a_curve_of_a_tide_is_looked_at_by_the_beat_whoever_else_looks():
    text = TIDE + "gauges: { z: {} }\nrules:\n  look: { every: 7 min, do: [add: { gauge: z, by: 1 }] }\n"
    over = "  over: { when: exp(tide) + 0 * z > exp(4), repeat: true, poll: 10 min }\n"
    fired = Story(text + over, until="24 h").fired("over")
    assert fired == pytest.approx([0.0, 12.0], abs=1e-9)


def test_a_tide_of_two_waves_that_only_just_tops_a_level_is_not_missed():
    parts = "{ amplitude: 1, period: 12 h }, { amplitude: 0.2, period: 5 h, high_at: 1 h }"
    text = f"processes: {{ tide: {{ harmonic: {{ parts: [{parts}] }} }} }}\n"
    hours = np.arange(0.0, 240.0, 1e-3)
    heights = np.cos(2 * np.pi * hours / 12.0) + 0.2 * np.cos(2 * np.pi * (hours - 1.0) / 5.0)
    level = float(heights.max()) - 2e-5
    above = heights > level
    wanted = hours[1:][above[1:] & ~above[:-1]]
    found = Story(f"{text}rules: {{ over: {{ when: tide > {level!r}, repeat: true }} }}\n").fired("over")
    assert found == pytest.approx(list(wanted), abs=2e-3)


# ----------------------------------------------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("process", "said"),
    [
        ("{}", "exactly one of chain, noise, daylight and harmonic"),
        ("{ daylight: { latitude: 54, longitude: 10 } }", "needs a date"),
        ("{ chain: { start: c, states: { a: {}, b: {} } } }", "unknown name 'c'"),
        ("{ chain: { start: a, states: { a: { n: 1 }, b: { m: 2 } } } }", "every state has n"),
        ("{ chain: { start: a, states: { a: {}, b: {} }, rates: { a: { d: 1/h } } } }", "unknown name 'd'"),
        ("{ chain: { start: a, states: { a: {} }, rates: { a: { a: 1/h } } } }", "back to the state itself"),
        ("{ chain: { start: a, states: { a: {}, b: {} }, rates: { a: { b: x/h } } } }", "reads the gauge 'x'"),
        ("{ chain: { start: a, states: { a: {}, b: {} }, rates: { a: { b: -1/h } } } }", "at least 0"),
        ("{ noise: { mean: 8, sd: 3, relax: 0 h } }", "more than 0"),
        ("{ harmonic: { parts: [] } }", "at least 1"),
    ],
)
def test_faulty_processes_are_refused(process, said):
    with pytest.raises(ScenarioError) as wrong:
        Story(f"gauges: {{ x: {{}} }}\nprocesses: {{ p: {process} }}\n")
    assert said in str(wrong.value)


def test_unknown_states_are_named_with_the_nearest():
    with pytest.raises(ScenarioError, match=r"unknown name 'weather\.fuol'; did you mean 'weather\.foul'"):
        Story(WEATHER + "rules: { r: { when: weather.fuol } }\n")
