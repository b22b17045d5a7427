"""Transporters in play: times to clear a crowd, thinning, those without hope, shields, custody, power."""

from __future__ import annotations

import math

import pytest
import transporter_reference
from voyages import Play, close_mean, few

from briarpatch.scenario.catalog import load_text
from briarpatch.world import drifts, kinds, states

ISLE = """
scenario: {{ title: an isle, until: 2 d }}
maps: {{ isle: {{}} }}
places:
  shore: {{ map: isle, at: [0 km, 0 km] }}
  cave: {{ map: isle, at: [1 km, 0 km], interference: 1e9 }}
  vein: {{ map: isle, at: [1 km, 0 km], interference: 1000 }}
  town: {{ map: isle, at: [100 km, 0 km] }}
factions: {{ red: {{}}, blue: {{}} }}
people: {{ guide: {{ faction: red, place: shore }}, loner: {{ faction: blue, place: {loner} }} }}
crowds: {{ folk: {{ count: {count}, faction: red, place: {place} }} }}
pads: {{ ferry: {{ owner: town, faction: red, reference: 100 km, {pad} }} }}
endings: {{ over: {{ told: it was over }} }}
"""
SURE = "count: {count}, batch: {batch}, cycle: {cycle}, attempts: {attempts}, gain: 1e9"
GO = 'rules: { go: { when: "true", do: [transport: { who: folk, to: town, by: ferry }] } }'


def isle(rules: str = GO, count: int = 0, place: str = "shore", pad: str = "", loner: str = "town") -> str:
    return ISLE.format(count=count, place=place, pad=pad or "gain: 1e9", loner=loner) + rules


def test_a_crowd_is_cleared_in_whole_cycles_when_locks_come_at_once():
    pad = SURE.format(count=2, batch=6, cycle="30 s", attempts="1e9/s")
    play = Play(isle(GO, 100, pad=pad)).check()
    times = play.times(kinds.BEAMED)
    assert len(times) == 100
    assert max(times) == pytest.approx(transporter_reference.fixed_clearing_time(100, 2, 6, 30.0), abs=1e-3)
    assert sorted(float(e["amount"]) for e in play.of(kinds.BEAMED))[:4] == [4.0] * 4


def test_the_time_to_clear_single_pads_has_the_mean_of_the_oracle():
    pad = SURE.format(count=4, batch=1, cycle="0 s", attempts="1/s")
    scenario = load_text(isle(GO, 60, pad=pad))
    ends = [max(Play(scenario, seed).times(kinds.BEAMED)) for seed in range(few(300))]
    assert close_mean(ends, transporter_reference.mean_clearing_time(60, 4, 1.0))
    assert transporter_reference.mean_clearing_time(60, 4, 1.0) == pytest.approx(16.083333, abs=1e-6)


def test_attempts_are_thinned_by_the_chance_of_a_lock():
    text = isle(
        'rules: { go: { when: "true", do: [transport: { who: guide, to: town, by: ferry }] } }',
        pad="gain: 1, cycle: 10 s",
    )
    scenario = load_text(text)
    waits = [Play(scenario, seed).times(kinds.BEAMED)[0] for seed in range(few(600))]
    assert close_mean(waits, 10.0 + 1.0 / (0.2 * math.exp(-1.0)))


def test_a_tag_makes_a_lock_possible_where_there_was_hardly_one():
    text = isle(
        'rules: { go: { when: "true", do: [transport: { who: guide, to: town, by: ferry }] } }',
        pad="gain: 100, range: 1e6 km",
    )
    text = text.replace("guide: { faction: red, place: shore", "guide: { faction: red, place: vein")
    scenario = load_text(text)
    tagged = scenario.world(1)
    assert not Play(scenario, 1).of(kinds.BEAMED) or Play(scenario, 1).times(kinds.BEAMED)[0] > 600.0
    tagged.people[0].tag = 0
    from briarpatch import engine

    engine.play(scenario.program, tagged)
    entries = tagged.chronicle[: int(tagged.state["entries"][0])]
    beamed = [float(e["time"]) for e in entries if e["kind"] == kinds.BEAMED]
    assert len(beamed) == 1
    assert beamed[0] < 200.0


def test_those_without_hope_do_not_hold_up_the_others_and_come_when_they_move():
    rules = """
rules:
  first: { when: "true", do: [transport: { who: loner, to: town, by: ferry }] }
  then: { when: "true", after: 1 s, do: [transport: { who: folk, to: town, by: ferry }] }
  out: { when: "true", after: 1 h, do: [place: { who: loner, to: shore }] }
"""
    pad = SURE.format(count=1, batch=5, cycle="10 s", attempts="1e9/s")
    play = Play(isle(rules, 20, pad=pad.replace("1e9/s, gain: 1e9", "1e9/s, gain: 1e6"), loner="cave")).check()
    folk = [
        t
        for e, t in zip(play.of(kinds.BEAMED), play.times(kinds.BEAMED), strict=True)
        if play.name(e["subject"]) != "loner"
    ]
    assert max(folk) == pytest.approx(1.0 + 4 * 10.0, abs=1e-3)
    assert play.times(kinds.BEAMED, "loner") == [pytest.approx(3610.0, abs=1e-3)]


def test_poor_locks_give_way_to_fair_ones():
    rules = """
rules:
  first: { when: "true", do: [transport: { who: loner, to: town, by: ferry }] }
  then: { when: "true", after: 1 s, do: [transport: { who: folk, to: town, by: ferry }] }
"""
    pad = "count: 1, batch: 5, cycle: 10 s, attempts: 0.2/s, gain: 100"
    play = Play(isle(rules, 20, pad=pad, loner="vein")).check()
    folk = [e for e in play.of(kinds.BEAMED) if play.name(e["subject"]) != "loner"]
    assert len(folk) == 20
    assert max(float(e["time"]) for e in folk) < 300.0


def test_the_line_is_served_in_the_order_of_asking():
    rules = """
rules:
  first: { when: "true", do: [transport: { who: loner, to: town, by: ferry }] }
  then: { when: "true", after: 1 s, do: [transport: { who: guide, to: town, by: ferry }] }
"""
    play = Play(isle(rules, pad=SURE.format(count=1, batch=1, cycle="10 s", attempts="1e9/s"), loner="vein")).check()
    assert [play.name(e["subject"]) for e in play.of(kinds.BEAMED)] == ["loner", "guide"]


def test_a_play_does_not_depend_on_how_it_is_cut():
    text = isle(GO, 30, pad="gain: 2, count: 2, batch: 4, cycle: 25 s")
    whole = [t for t in Play(text, 3).told() if t[1] != "began"]
    assert whole == [t for t in Play(text, 3, (1.0, 20.0, 33.3, 50.0, 61.0)).told() if t[1] != "began"]


SHIPS = """
vessels:
  carrier: { faction: red, at: town, shield: 10, raised: true }
  other: { faction: blue, at: shore, shield: 10, raised: true }
"""


def test_a_raised_shield_stops_what_would_cross_it_but_not_its_own_transporter():
    rules = """
rules:
  aboard: { when: "true", do: [transport: { who: guide, to: carrier, by: ferry }] }
  out: { when: "true", do: [transport: { who: loner, to: carrier, by: ferry }] }
  down: { when: "true", after: 100 s, do: [shields: { vessel: other, up: false }] }
"""
    text = (
        (isle(rules) + SHIPS)
        .replace("owner: town", "owner: carrier")
        .replace("loner: { faction: blue, place: town", "loner: { faction: red, place: other")
    )
    text = text.replace("gain: 1e9", "gain: 1e9, attempts: 1e9/s, cycle: 10 s")
    play = Play(text).check()
    assert play.times(kinds.BEAMED, "guide") == [pytest.approx(10.0, abs=1e-3)]
    assert play.times(kinds.BEAMED, "loner") == [pytest.approx(110.0, abs=1e-3)]


def test_a_foreign_transporter_stays_outside_raised_shields_until_they_fall():
    rules = """
rules:
  aboard: { when: "true", do: [transport: { who: guide, to: carrier, by: ferry }] }
  blow: { when: "true", after: 50 s, do: [strike: { vessel: carrier, by: 11 }] }
"""
    text = (isle(rules) + SHIPS).replace("gain: 1e9", "gain: 1e9, attempts: 1e9/s, cycle: 10 s")
    play = Play(text).check()
    assert play.times(kinds.BEAMED, "guide") == [pytest.approx(60.0, abs=1e-3)]


def test_who_did_not_agree_comes_into_custody():
    rules = """
rules:
  yes: { when: "true", do: [consent: loner] }
  go: { when: "true", after: 1 s, do: [
    transport: { who: loner, to: shore, by: ferry },
    transport: { who: guide, to: town, by: ferry },
  ] }
"""
    text = isle(rules).replace("owner: town, faction: red", "owner: town, faction: blue")
    play = Play(text).check()
    assert [play.name(e["subject"]) for e in play.of(kinds.CAPTURED)] == ["guide"]
    assert [play.name(e["subject"]) for e in play.of(kinds.MOVED_OUT)] == ["guide"]
    play = Play(
        text.replace("owner: town, faction: blue", "owner: town, faction: red").replace(
            "consent: loner", "consent: guide"
        )
    )
    assert [play.name(e["subject"]) for e in play.of(kinds.CAPTURED)] == ["loner"]


def test_power_abandoning_and_no_pads():
    rules = """
rules:
  off: { when: "true", do: [power: { pad: ferry, on: false }] }
  refused: { when: "true", after: 1 s, do: [transport: { who: guide, to: town, by: ferry }] }
  on: { when: "true", after: 2 s, do: [power: { pad: ferry }] }
  asked: { when: "true", after: 3 s, do: [transport: { who: loner, to: town, by: ferry }] }
  dropped: { when: "true", after: 4 s, do: [abandon: ferry] }
"""
    play = Play(isle(rules, pad="gain: 1e9, attempts: 1e-9/s", loner="shore")).check()
    assert [play.name(e["subject"]) for e in play.of(kinds.LOCK_FAILED)] == ["guide"]
    assert not play.of(kinds.BEAMED)
    assert play.person("loner")["lines"] == 0
    assert len(Play(isle(GO, 5, pad="gain: 1e9, count: 0")).of(kinds.LOCK_FAILED)) == 5


def test_the_dead_the_arrived_and_the_out_of_range_are_not_carried():
    rules = """
rules:
  go: { when: "true", do: [transport: { who: red, to: town, by: ferry }] }
  die: { when: "true", after: 5 s, do: [kill: guide] }
"""
    pad = SURE.format(count=1, batch=4, cycle="60 s", attempts="1e9/s")
    play = Play(isle(rules, 3, pad=pad)).check()
    assert [float(e["amount"]) for e in play.of(kinds.BEAMED)] == [3.0] * 3
    assert not Play(isle(GO, 3, pad="gain: 1e9, range: 99 km")).of(kinds.BEAMED)
    assert not Play(isle(GO, 3, "town")).of(kinds.BEAMED)


def test_six_hundred_without_hope_cost_little():
    play = Play(isle(GO, 600, "cave", pad="gain: 100"))
    assert not play.of(kinds.BEAMED)
    assert int(play.world.due[states.TRANSPORTER]["calls"]) < 10


# ------------------------------------------------------------------------------------------------ lines, growth, jamming


def arrivals(load, line):
    """Return people who come one by one to five single pads that each take a second on average."""
    pad = f"count: 5, batch: 1, cycle: 0 s, attempts: 1/s, gain: 1e9{line}"
    rule = f'rules: {{ come: {{ when: "true", rate: {load}/s, do: [transport: {{ who: folk, to: town, by: ferry, most: 1 }}] }} }}'
    return isle(rule, few(3000), pad=pad).replace("until: 2 d", f"until: {few(3000) / load * 0.9} s")


def test_o_4_1_a_line_for_nobody_loses_as_erlang_b_says():
    play = Play(arrivals(3.0, ", line: 0"))
    lost, come = len(play.of(kinds.TURNED_AWAY)), play.world.pads[0].asked
    assert come >= few(2000)
    assert abs(lost / come - transporter_reference.erlang_b(5, 3.0)) < 8.0 * math.sqrt(0.11 * 0.89 / come)
    assert play.world.pads[0].turned_away == lost


def test_load_over_one_is_growth_and_load_below_is_none():
    def growth(play):
        return drifts.growth(play.world.pads[0], float(play.world.state["time"][0]))

    over = Play(arrivals(8.0, ""))
    assert growth(over) == pytest.approx(3.0, rel=0.2)
    assert over.world.pads[0].waiting > 0
    assert growth(Play(arrivals(3.0, ""))) == 0.0
    assert growth(Play(isle("", 5))) == 0.0


def test_at_most_so_many_are_carried():
    rule = 'rules: { go: { when: "true", do: [transport: { who: folk, to: town, by: ferry, most: MOST }] } }'
    pad = SURE.format(count=2, batch=6, cycle="30 s", attempts="1e9/s")
    assert len(Play(isle(rule.replace("MOST", "7"), 20, pad=pad)).of(kinds.BEAMED)) == 7
    assert not Play(isle(rule.replace("MOST", "0"), 20, pad=pad)).of(kinds.BEAMED)


def test_only_those_who_are_where_it_is_told_to_fetch_from_are_carried():
    rule = 'rules: { go: { when: "true", do: [transport: { who: red, from: PLACE, to: town, by: ferry }] } }'
    pad = SURE.format(count=2, batch=6, cycle="30 s", attempts="1e9/s")
    everybody = Play(isle(rule.replace("from: PLACE, ", ""), 5, place="vein", pad=pad)).of(kinds.BEAMED)
    assert len(everybody) == 6  # with the guide, who is at the shore
    assert len(Play(isle(rule.replace("PLACE", "vein"), 5, place="vein", pad=pad)).of(kinds.BEAMED)) == 5
    assert len(Play(isle(rule.replace("PLACE", "shore"), 5, place="vein", pad=pad)).of(kinds.BEAMED)) == 1


def test_a_jammed_transporter_carries_nobody_until_it_is_clear():
    rules = 'rules:\n  jam: { when: "true", do: [jam: ferry, transport: { who: folk, to: town, by: ferry }] }\n'
    clear = '  clear: { when: time() >= "1 h", do: [jam: { pad: ferry, on: false }] }\n'
    pad = SURE.format(count=2, batch=6, cycle="30 s", attempts="1e9/s")
    assert not Play(isle(rules, 5, pad=pad)).of(kinds.BEAMED)
    times = Play(isle(rules + clear, 5, pad=pad)).check().times(kinds.BEAMED)
    assert times == [pytest.approx(3630.0, abs=1e-3)] * 5
