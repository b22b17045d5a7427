"""Flows: heads that go at rates, one by one and in steps, each law from a scenario through the engine."""

from __future__ import annotations

import math

import numpy as np
import pytest
from heads import DAY, HOUR, heads, near, play, scenario
from played import HEAD, Played

from briarpatch import engine
from briarpatch.errors import ScenarioError
from briarpatch.scenario.catalog import load_text
from briarpatch.world import chance, states
from briarpatch.world import world as worlds

FOLK = "crowds: {{ folk: {{ count: {count}, faction: us, place: camp, states: [{states}] }} }}\n"


def _folk(count, names):
    return FOLK.format(count=count, states=names)


def _sir(count, ill, r0, more="", extra=""):
    """Return an epidemic with recovery 1 a day, over when nobody can pass it on."""
    exposed, through = (", e", "e") if "onset" in more else ("", "i")
    start = f"state: {{ s: {count - ill}, i: {ill} }}"
    infected = "count(folk.i) + count(folk.e)" if exposed else "count(folk.i)"
    return (
        HEAD.replace("until: 1000 d", f"until: 1000 d, ends_when: {infected} == 0")
        + "places: { camp: {} }\n"
        + f"crowds: {{ folk: {{ count: {count}, faction: us, place: camp, states: [s, i, r{exposed}], {start} }} }}\n"
        + f"flows: {{ catch: {{ from: folk.s, to: folk.{through}, rate: '\"{r0}/d\" * count(folk.i) / {count}'{extra} }},"
        + f" heal: {{ from: folk.i, to: folk.r, rate: 1/d{extra} }}{more} }}"
    )


def _ends(text, number):
    """Return the final size and the duration [days] of epidemics."""
    of = load_text(text)
    played = [play(of, seed, math.inf) for seed in range(number)]
    return (
        np.array([world.cohort_states.heads[2] for world in played]),
        np.array([world.state.time[0] for world in played]) / DAY,
    )


# ------------------------------------------------------------------------------------------------ laws


@pytest.mark.parametrize("step", ["", ", step: 1 h", ", step: 6 h"])
def test_O_16_7_survivors_of_a_constant_hazard(step):
    found = heads(_folk(10_000, "a") + f"flows: {{ die: {{ from: folk, to: gone, rate: 0.01/h{step} }} }}", 40, DAY)
    assert near(found[:, 0], 7866.279, 40.969)
    assert np.std(found[:, 0]) == pytest.approx(40.969, rel=0.5)


@pytest.mark.parametrize("step", ["", ", step: 1 h", ", step: 2 h"])
def test_O_20_1_two_exits(step):
    flows = f"flows: {{ x: {{ from: folk.a, to: folk.b, rate: 0.2/h{step} }}, y: {{ from: folk.a, to: folk.c, rate: 0.3/h{step} }} }}"
    found = heads(_folk(1000, "a, b, c") + flows, 120, 2 * HOUR)
    for state, mean, sd in ((0, 367.879, 15.249), (1, 252.848, 13.745), (2, 379.272, 15.344)):
        assert near(found[:, state], mean, sd)
        assert np.std(found[:, state]) == pytest.approx(sd, rel=0.3)


@pytest.mark.parametrize("step", ["", ", step: 1 h"])
def test_O_20_2_a_chain_of_two(step):
    flows = f"flows: {{ x: {{ from: folk.a, to: folk.b, rate: 0.5/h{step} }}, y: {{ from: folk.b, to: folk.c, rate: 0.25/h{step} }} }}"
    found = heads(_folk(1000, "a, b, c") + flows, 300, 3 * HOUR)
    for state, mean in enumerate((223.130, 498.473, 278.397)):
        assert near(found[:, state], mean, math.sqrt(mean * (1.0 - mean / 1000.0)))
    assert np.cov(found[:, 0], found[:, 1])[0, 1] == pytest.approx(-111.224, rel=0.3)


def test_O_20_3_heads_go_when_the_integral_of_their_rate_passes_the_threshold():
    of = scenario(_folk(5, "a, b") + "flows: { x: { from: folk.a, to: folk.b, rate: 0.3/h } }")
    world = of.world(1)
    world.clocks.threshold[0] = 1.2
    for time, gone in ((0.8 * HOUR - 1e-6, 0), (0.8 * HOUR + 1e-6, 1)):
        engine.play(of.program, world, time)
        assert world.flows.ever[0] == gone
    again = chance.exponential(1, int(world.clocks.stream[0]), world.clocks.key[0], 1)
    second = 0.8 * HOUR + again / (4 * 0.3) * HOUR
    for time, gone in ((second - 1e-6, 1), (second + 1e-6, 2)):
        engine.play(of.program, world, time)
        assert world.flows.ever[0] == gone
    assert pytest.approx(1.3) == 0.8 + 0.6 / (4 * 0.3)


def test_O_20_4_a_step_shares_those_who_leave_by_their_rates():
    flows = "flows: { x: { from: folk.a, to: gone, rate: '\"0.1/h\" * (count(folk) > 0 ? 1 : 2)', step: 2 h }, y: { from: folk.a, to: folk.b, rate: 0.3/h, step: 2 h } }"
    found = heads(_folk(1000, "a, b") + flows, 200, 2 * HOUR)
    assert near(1000 - found.sum(axis=1), 137.668, math.sqrt(137.668 * 0.862))
    assert near(found[:, 1], 413.003, math.sqrt(413.003 * 0.587))


def test_O_20_5_final_sizes_of_a_small_epidemic():
    sizes, _ = _ends(_sir(20, 1, 2.0), 1500)
    for size, share in ((1, 0.344828), (2, 0.083568), (3, 0.042032), (10, 0.016076), (17, 0.056897), (20, 0.040573)):
        assert abs(np.mean(sizes == size) - share) <= 4.0 * math.sqrt(share * (1.0 - share) / len(sizes)), size
    assert near(sizes, 8.117944, 7.300793)


@pytest.mark.long
def test_O_20_6_an_epidemic_of_a_thousand():
    sizes, _ = _ends(_sir(1000, 5, 1.5), 1000)
    assert abs(np.mean(sizes <= 100) - 0.144191) <= 4.0 * math.sqrt(0.144191 * 0.855809 / len(sizes))
    assert near(sizes, 498.137, np.std(sizes))


@pytest.mark.long
@pytest.mark.parametrize(("r0", "share"), [(1.5, 0.582812), (2.0, 0.796812), (3.0, 0.940480)])
def test_O_20_7_the_final_share_of_the_limit(r0, share):
    sizes, _ = _ends(_sir(1_000_000, 1000, r0), 1)
    assert sizes[0] / 1e6 == pytest.approx(share, rel=0.01)


def test_O_20_8_a_latent_time_keeps_the_sizes_and_draws_the_epidemic_out():
    sizes, days = _ends(_sir(20, 1, 2.0, ", onset: { from: folk.e, to: folk.i, rate: 0.5/d }"), 1500)
    assert near(sizes, 8.117944, 7.300793)
    assert near(days, 7.917282, np.std(days))
    assert near(_ends(_sir(20, 1, 2.0), 1500)[1], 2.849715, 3.0)


@pytest.mark.parametrize(("day", "mean"), [(1, 78.694), (2, 362.506), (3, 416.606), (5, 153.261)])
def test_O_20_9_arrivals_by_the_day_who_leave_at_a_rate(day, mean):
    come = 'time() < "1 d" ? "100/d" : time() < "2 d" ? "400/d" : time() < "3 d" ? "250/d" : "0/d"'
    flows = f"flows: {{ come: {{ into: {{ of: folk }}, total: '{come}' }}, leave: {{ from: folk, to: gone, rate: 0.5/d }} }}"
    found = heads(_folk(0, "here") + flows, 100, day * DAY)[:, 0]
    assert near(found, mean, math.sqrt(mean))
    assert np.var(found) == pytest.approx(mean, rel=0.6)


def test_O_20_11_births():
    flows = "flows: { birth: { into: { of: folk }, total: '\"0.1/h\" * count(folk)' } }"
    found = heads(_folk(5, "here") + flows, 1000, 10 * HOUR)[:, 0]
    assert near(found, 13.591409, math.sqrt(23.353871))
    assert np.var(found) == pytest.approx(23.353871, rel=0.25)
    assert np.mean(found == 5) <= 0.006738 + 4.0 * math.sqrt(0.006738 / 1000)


_KM = {"ab": 100, "ac": 200, "bd": 150, "cd": 50, "ce": 250, "bc": 120}
_PULL = {"a": 0.25, "b": 1.0, "c": 1.0, "d": 2.0, "e": 2.0}
_LEAVE = {"a": 1.0, "b": 0.3, "c": 0.3, "d": 0.001, "e": 0.001}


def _towns(step):
    """Return five towns, between which people go in proportion to the pull of a town over its distance."""
    flows = []
    for here in "abcde":
        weights = {t: _PULL[t] / km for pair, km in _KM.items() for h, t in (pair, pair[::-1]) if h == here}
        for there, weight in weights.items():
            rate = _LEAVE[here] * weight / sum(weights.values())
            flows.append(f"{here}{there}: {{ of: folk, from: {here}, to: {there}, rate: {rate!r}/d{step} }}")
    return (
        HEAD + "places: { a: {}, b: {}, c: {}, d: {}, e: {} }\n"
        "crowds: { folk: { count: 10000, faction: us, place: a, states: [here] } }\n"
        f"flows: {{ {', '.join(flows)} }}"
    )


@pytest.mark.parametrize(
    ("step", "day", "means"),
    [
        ("", 1, (3733.569, 3611.679, 1989.865, 615.538, 49.349)),
        ("", 5, (174.574, 2492.816, 1999.646, 4893.862, 439.101)),
        ("", 10, (39.965, 820.019, 871.810, 7544.468, 723.739)),
        ("", 30, (1.173, 24.497, 45.394, 9021.928, 907.008)),
        (", step: 1 d", 10, (73.231, 996.677, 1075.547, 7175.494, 679.051)),
    ],
)
def test_O_20_12_and_O_20_14_between_five_towns(step, day, means):
    of = load_text(_towns(step))
    found = np.array([play(of, seed, day * DAY).cells.heads for seed in range(20)])
    for place, mean in enumerate(means):
        assert near(found[:, place], mean, math.sqrt(mean * (1.0 - mean / 10_000)))
    assert (found.sum(axis=1) == 10_000).all()


def test_a_step_draws_arrivals_too():
    found = heads(
        _folk(0, "here") + "flows: { come: { into: { of: folk, at: town }, total: 30/h, step: 30 min } }", 100, 2 * HOUR
    )
    assert near(found[:, 0], 60.0, math.sqrt(60.0))


def test_a_rate_of_the_whole_does_not_go_with_heads():
    found = heads(_folk(50, "a, b") + "flows: { serve: { from: folk.a, to: folk.b, total: 10/h } }", 100, 2 * HOUR)
    assert near(found[:, 1], 20.0, math.sqrt(20.0))


@pytest.mark.parametrize("step", ["", ", step: 1 h"])
def test_a_rate_of_the_whole_is_that_of_all_places_together(step):
    crowd = "crowds: { folk: { count: 300, faction: us, place: { camp: 100, town: 200 }, states: [a, b] } }\n"
    flow = f"flows: {{ serve: {{ from: folk.a, to: folk.b, total: 10/h{step} }} }}"
    found = heads(crowd + flow, 60, 2 * HOUR, by="cells")
    assert near(found[:, 2] + found[:, 3], 20.0, math.sqrt(20.0))
    assert near(found[:, 2], 20.0 / 3.0, math.sqrt(20.0 / 3.0))


# ------------------------------------------------------------------------------------------------ luck


TWO = """
crowds:
  folk: { count: 300, faction: us, place: camp, states: [s, i, r], state: { s: 290, i: 10 } }
  band: { count: 200, faction: us, place: town, states: [a, b] }
flows:
  catch: { told: fell ill, from: folk.s, to: folk.i, rate: '"0.5/d" * count(folk.i) / count(folk)', tell: 1 h }
  heal: { from: folk.i, to: folk.r, rate: 0.2/d, tell: 1 h }
"""
OTHER = "  turn: { from: band.a, to: band.b, rate: 0.3/d }\n"


def _times(text, seed=3):
    played = Played("places: { camp: {}, town: {}, hill: {} }\n" + text, seed=seed, until=30 * DAY)
    return [(e.time, e.kind, e.subject, e.amount) for e in played.entries() if e.subject in ("catch", "heal")]


@pytest.mark.parametrize(
    "other",
    [
        OTHER,
        OTHER.replace("0.3/d", "0.3/d, step: 1 d"),
        "  turn: { of: band, from: town, to: hill, total: 5/d }\n",
        "events: { e: {} }\nrules: { r: { when: count(folk.i) > 100000, do: [mark: e] } }\n",
        "events: { e: {} }\nrules: { r: { when: count(folk.i) >= 30 && count(us) > 2, repeat: true, do: [mark: e] } }\n",
        "series: { s: { told: s, value: count(folk.i), every: 1 h } }\n",
        "winds: { w: { over: field, rises: 1/h, falls: 1/h } }\n",
    ],
)
def test_what_is_unrelated_changes_no_head(other):
    assert _times(TWO + other) == _times(TWO)


def test_a_flow_that_is_added_keeps_the_others_luck():
    """Until the first head goes by it, and after that all that do not read what it changes."""
    added = "  relapse: { from: folk.r, to: folk.s, rate: 0.001/d }\n"
    before = _times(TWO)
    first = next(
        e.time
        for e in Played("places: { camp: {}, town: {}, hill: {} }\n" + TWO + added, seed=3, until=30 * DAY).entries(
            "first passed"
        )
        if e.subject == "relapse"
    )
    assert first > DAY
    assert [e for e in _times(TWO + added) if e[0] < first] == [e for e in before if e[0] < first]


def test_looking_leaves_no_trace():
    of = scenario(TWO + OTHER + '  walk: { of: band, from: town, to: camp, rate: \'time() / "1 d" * "0.01/d"\' }\n')
    whole, pieces = play(of, 5, 20 * DAY), of.world(5)
    for until in np.linspace(0.0, 20 * DAY, 57):
        assert engine.play(of.program, pieces, float(until)) == states.REACHED
        engine.values_of(of.program, pieces, [])
    for name in worlds.World._fields:
        if name not in ("state", "due", "stack"):
            assert (getattr(whole, name) == getattr(pieces, name)).all(), name


def test_a_world_that_is_copied_goes_on_alike():
    of = scenario(TWO + OTHER)
    first = play(of, 2, 4 * DAY)
    second = worlds.copy(first)
    for world in (first, second):
        engine.play(of.program, world, 9 * DAY)
    assert (first.cells == second.cells).all()
    assert (first.clocks == second.clocks).all()


def test_fresh_luck_keeps_the_law_and_changes_the_course():
    of = scenario(_folk(1000, "a") + "flows: { die: { from: folk, to: gone, rate: 0.5/d } }")
    world, found = play(of, 1, DAY), []
    left = int(world.cells.heads[0])
    for number in range(60):
        twin = worlds.copy(world)
        engine.refresh(of.program, twin, number)
        engine.play(of.program, twin, 2 * DAY)
        found.append(int(twin.cells.heads[0]))
    assert near(np.array(found), left * math.exp(-0.5), math.sqrt(left * 0.6065 * 0.3935))
    assert len(set(found)) > 10


def test_double_the_rate_and_halve_the_time():
    slow = heads(_folk(500, "a, b") + "flows: { x: { from: folk.a, to: folk.b, rate: 0.2/h } }", 20, 2 * HOUR)
    fast = heads(_folk(500, "a, b") + "flows: { x: { from: folk.a, to: folk.b, rate: 0.4/h } }", 20, HOUR)
    assert (slow == fast).all()


# ------------------------------------------------------------------------------------------------ what conditions see


def test_a_condition_turns_at_the_very_head():
    text = TWO + "events: { e: {} }\nrules: { r: { when: count(folk.r) >= 5, do: [mark: e] } }\n"
    played = Played("places: { camp: {}, town: {}, hill: {} }\n" + text, seed=3, until=30 * DAY)
    time = played.entries("marked")[0].time
    of = scenario(TWO)
    for moment, healed in ((time - 1e-6, 4), (time, 5)):
        assert play(of, 3, moment).cohort_states.heads[2] == healed


def test_a_rate_turns_at_the_instant_of_what_it_reads():
    flows = 'flows: { x: { from: folk.a, to: folk.b, rate: \'time() >= "3 h" ? "1000/h" : "0/h"\' }, y: { from: folk.b, to: gone, rate: \'gauge(open) * "1000/h"\' } }\n'
    rest = "gauges: { open: {} }\nrules: { r: { when: 'time() >= \"5 h\"', do: [set: { gauge: open, to: 1 }] } }\n"
    found = Played("places: { camp: {}, town: {} }\n" + _folk(100, "a, b") + flows + rest, until=6 * HOUR)
    first = {e.subject: e for e in found.entries("first passed")}
    assert 3.0 < first["x"].time / HOUR < 3.01
    assert 5.0 < first["y"].time / HOUR < 5.01
    by_number = {e.number: e for e in found.entries()}
    row = found.world.chronicle[first["y"].number]
    assert {by_number[c].kind for c in (row.cause, row.cause2, row.cause3) if c >= 0} == {"gauged", "first passed"}
    assert found.world.cohorts.heads[0] == 0


def _rates(text, *times):
    """Return the rate [1/h] of the first flow at some times [s]."""
    of, found = scenario(text), []
    world = of.world(1)
    for time in times:
        assert engine.play(of.program, world, time) == states.REACHED
        found.append(float(world.flow_rates_now.value[0]) * HOUR)
    return found


TIDE = "processes: { tide: { harmonic: { mean: 3, parts: [{ amplitude: 2, period: 12 h }] } } }\n"
LINE = "data: { line: { rows: [[0 h, 1], [1 h, 5], [3 h, 2]], between: line } }\n"
STEPS = "data: { steps: { rows: [[0 h, 1], [3630 s, 5], [3 h, 2]] } }\n"


def _height(seconds):
    return 3.0 + 2.0 * math.cos(2.0 * math.pi * seconds / (12.0 * HOUR))


@pytest.mark.parametrize(
    ("more", "rate", "wanted"),
    [
        ("", "time() / h", 1.0),
        (TIDE, "tide", _height(HOUR)),
        (TIDE, "exp(tide)", math.exp(_height(HOUR))),
        (TIDE, "tide * tide", _height(HOUR) ** 2),
        (LINE, "line", 5.0),
        ("", "hour()", 7.0),
        ("", "happened(e) ? since(e) / min : 0", 20.0 / 60.0),
        ("", "happened(mark) ? since(mark) / min : 0", 20.0 / 60.0),
        ("", "happened(look) ? since(look) / min : 0", 0.0),
    ],
)
def test_a_rate_that_moves_is_what_it_was_at_the_last_beat(more, rate, wanted):
    """Also where something else that it reads has changed since then."""
    text = f"{_folk(10, 'a, b')}flows: {{ x: {{ from: folk.a, to: folk.b, rate: 'z * 1e-6/h * ({rate})' }} }}\n{more}"
    text += "gauges: { z: { start: 1 } }\nevents: { e: {} }\nrules:\n  mark: { at: [3580 s], do: [mark: e] }\n"
    text += "  look: { at: [3625 s], do: [add: { gauge: z, by: 0 }] }\n"
    assert _rates(text, 3629.0) == [pytest.approx(1e-6 * wanted, rel=1e-9)]


def test_a_rate_that_reads_data_turns_at_their_times():
    text = f"{_folk(10, 'a, b')}{STEPS}flows: {{ x: {{ from: folk.a, to: folk.b, rate: '0.000001/h * steps' }} }}\n"
    assert _rates(text, 3629.0, 3630.0, 3 * HOUR) == pytest.approx([1e-6, 5e-6, 2e-6])


@pytest.mark.parametrize(
    ("rate", "watched"),
    [
        ("count(folk) * 1e-6/h", False),
        ("count_at(folk.a, camp) > 3 ? 1e-6/h : 2e-6/h", True),
        ("count(us) * 1e-6/h", True),
        ("count(band) * 1e-6/h", True),
        ("weekday() * 1e-6/h", True),
        ("z * 1e-6/h", True),
    ],
)
def test_all_that_a_rate_reads_is_watched_but_heads(rate, watched):
    of = load_text(
        HEAD.replace("until", 'start: "2024-03-01 06:00", until')
        + "gauges: { z: {} }\nplaces: { camp: {} }\ncrowds: { folk: { count: 9, faction: us, place: camp, states: [a, b] }, "
        + f"band: {{ count: 2, faction: us, place: camp }} }}\nflows: {{ x: {{ from: folk.a, to: folk.b, rate: '{rate}' }} }}"
    )
    assert (of.program.flow_rates.watch[0] >= 0) == watched


def test_only_what_can_set_something_off_lets_heads_wait_for_it():
    text = (
        _folk(9, "a, b") + "flows: { x: { from: folk.a, to: folk.b, rate: 1/h } }\nlet: { gone_over: count(folk.b) }\n"
    )
    asked = "measures: { m: { told: m, value: gone_over } }\nseries: { s: { told: s, value: gone_over, every: 1 h } }\n"
    assert not scenario(text + asked).program.cell_plans.heeded.any()
    heeded = scenario(text + asked + "rules: { r: { when: gone_over > 3 } }\n").program.cell_plans.heeded
    assert list(heeded) == [0, 0, 1, 1]


def test_a_rate_for_each_place_reads_that_place():
    crowd = "crowds: { folk: { count: 300, faction: us, place: { camp: { a: 100, b: 100 }, town: { a: 100 } }, states: [a, b] } }\n"
    flows = "flows: { x: { from: folk.a, to: folk.b, per: place, rate: '\"0.1/h\" * count_at(folk.b, here)' } }"
    found = heads(crowd + flows, 5, 30 * HOUR, by="cells")
    assert (found == [0, 100, 200, 0]).all()


def test_what_goes_through_is_told_by_the_day_and_not_by_the_head():
    played = Played(
        "places: { camp: {}, town: {}, hill: {} }\n" + TWO.replace(", tell: 1 h", ""), seed=3, until=10 * DAY
    )
    told = [e for e in played.entries() if e.kind in ("first passed", "passed into")]
    assert len(told) <= 2 * (1 + 10)
    gone = sum(e.amount for e in told if e.subject == "catch")
    assert gone + played.world.flows.heads[0] == played.world.flows.ever[0]
    assert played.all_caused()


# ------------------------------------------------------------------------------------------------ bad input


def test_a_rate_below_zero_stops_the_world_and_says_which():
    of = scenario(
        _folk(10, "a, b") + "flows: { x: { from: folk.a, to: folk.b, rate: '\"1/h\" * (8 - count(folk.a))' } }"
    )
    world = of.world(1)
    assert engine.play(of.program, world, DAY) == states.BROKEN
    assert states.GUARD_NAMES[world.state.broken[0]] == "a rate is below zero, or no number"
    from briarpatch.chronicle import Chronicle

    last = Chronicle(of, world).entry(int(world.state.entries[0]) - 2)
    assert (last.kind, last.subject, last.amount) == ("fault", "became b", pytest.approx(-2.0 / HOUR))


def test_a_rate_without_a_value_where_nobody_is_stops_nothing():
    text = _folk(0, "a, b") + "flows: { x: { from: folk.a, to: folk.b, rate: '\"1/h\" / count(folk)' } }"
    assert (heads(text, 1, DAY) == 0).all()


@pytest.mark.parametrize(
    ("flow", "said"),
    [
        ("from: folk.a, to: folk.b", "needs either 'rate', of each head, or 'total'"),
        ("from: folk.a, to: folk.b, rate: 1/h, total: 2/h", "needs either 'rate', of each head, or 'total'"),
        ("from: folk.a, to: folk.c, rate: 1/h", "unknown counted crowd or state 'folk.c'"),
        ("from: folk.a, to: folk.a, rate: 1/h", "is the state that they leave"),
        ("from: folk, to: folk.a, rate: 1/h", "'folk' is a crowd; name the state that they leave"),
        ("from: folk.a, to: folk, rate: 1/h", "'folk' is a crowd; name the state that they come to"),
        ("from: folk.a, to: other.a, rate: 1/h", "a flow changes the state of heads, not their crowd"),
        ("from: band, to: gone, rate: 1/h", "a flow needs heads, and crowd 'band' is of bodies: give it 'states'"),
        ("from: camp, to: town, rate: 1/h", "'camp' is a place; say with 'of' whose heads leave it"),
        ("from: folk.a, to: town, rate: 1/h", "'town' is a place; write 'of: folk.a'"),
        ("of: folk, from: camp, to: camp, rate: 1/h", "is where they are already"),
        ("of: folk, from: camp, to: nowhere, rate: 1/h", "unknown place 'nowhere'"),
        ("of: folk, from: camp, rate: 1/h", "'to' is missing; a flow has 'from' and 'to', or 'into'"),
        ("into: { of: folk }, rate: 1/h", "nobody is there before they come: write 'total'"),
        ("into: { of: folk }, to: folk.a, total: 1/h", "does not go with 'into'"),
        ("from: folk.a, to: folk.b, rate: -1/h", "rate must be at least 0 1/s, got -1/h"),
        ("from: folk.a, to: folk.b, rate: 3 km", "rate needs a rate such as '0.2/h', got a length"),
        ("from: folk.a, to: folk.b, rate: count(folk)", "the value must be a rate, got a plain number; write a unit"),
        ("from: folk.a, to: folk.b, rate: '\"1/h\" * count(folk.x)'", "'folk.x' in count(...); did you mean 'folk.b'"),
        ("from: folk.a, to: folk.b, rate: '\"-1/h\" * 2'", "is below zero; a rate is at least 0"),
        ("from: folk.a, to: folk.b, rate: 1/h, step: 0 h", "step must be more than 0 s"),
        ("from: folk.a, to: folk.b, rate: nobody/h, step: 1 h", "unknown name 'nobody'"),
        ("of: folk, from: camp, to: town, along: links, rate: 1/h", "unknown key 'along'"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_its_remedy(flow, said):
    text = HEAD + (
        "places: { camp: {}, town: {} }\ncrowds:\n  folk: { count: 10, faction: us, place: camp, states: [a, b] }\n"
        "  other: { count: 10, faction: us, place: camp, states: [a] }\n  band: { count: 2, faction: us, place: camp }\n"
    )
    with pytest.raises(ScenarioError) as wrong:
        load_text(text + f"flows: {{ x: {{ {flow} }} }}")
    assert said in str(wrong.value)
    assert len(str(wrong.value).splitlines()) == 1


BETWEEN = "crowds: { folk: { count: 30, faction: us, place: { camp: { a: 20, b: 5 }, town: { b: 5 } }, states: [a, b, c] } }\n"


def test_those_who_come_begin_where_their_state_begins():
    found = heads(BETWEEN + "flows: { x: { into: { of: folk.a }, total: 10/h } }", 1, 10 * HOUR, by="cells")[0]
    assert found[0] > 50
    assert list(found[1:]) == [0, 5, 5, 0, 0]


@pytest.mark.parametrize(
    ("of", "said"),
    [
        ("folk.b", "'folk.b' starts at camp, town; say where they come, as in into: { of: folk.b, at: camp }"),
        ("folk.c", "'folk.c' has nobody at the start; say where they come, as in into: { of: folk.c, at: camp }"),
    ],
)
def test_those_who_come_nowhere_certain_are_refused(of, said):
    with pytest.raises(ScenarioError) as wrong:
        scenario(BETWEEN + f"flows: {{ x: {{ into: {{ of: {of} }}, total: 10/h }} }}")
    assert said in str(wrong.value)


# ------------------------------------------------------------------------------------------------ what check asks


@pytest.mark.parametrize(
    ("flow", "asked"),
    [
        ("rate: '\"0.1/h\" * hour()'", "changes by itself, so it is read every 60 s ('poll') and held in between"),
        ('rate: \'"0.1/h" * (time() / "1 h")\'', "changes by itself"),
        ('rate: \'time() < "1 h" ? "0.1/h" : "0.2/h"\'', ""),
        ("rate: '\"0.1/h\" * count(folk) / 1000'", ""),
        ("rate: 0.1/h", ""),
    ],
)
def test_check_names_each_rate_that_is_held_between_two_beats(flow, asked):
    said = [
        str(w) for w in scenario(_folk(10, "a, b") + f"flows: {{ x: {{ from: folk.a, to: folk.b, {flow} }} }}").warnings
    ]
    assert any(asked in one for one in said) if asked else not any("by itself" in one for one in said)


@pytest.mark.parametrize(
    ("count", "step", "asked"), [(300_000, "", True), (300_000, ", step: 1 h", False), (200_000, "", False)]
)
def test_check_advises_steps_where_many_go_one_by_one(count, step, asked):
    said = scenario(_folk(count, "a") + f"flows: {{ x: {{ from: folk, to: gone, rate: 0.1/h{step} }} }}").warnings
    assert any("go one by one; with a 'step'" in str(one) for one in said) == asked
