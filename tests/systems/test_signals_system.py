"""Signals in play: exact arrivals, blackouts, lost messages, orders, and councils with the law of the oracles."""

from __future__ import annotations

import pytest
import signals_reference
from voyages import Play, close_mean, close_share, few

from briarpatch.laws import ships
from briarpatch.scenario.catalog import load_text
from briarpatch.world import kinds

LAND = """
scenario: { title: a land, until: 9 d }
maps:
  land: { regions: { fog: { at: [0 km, 0 km], radius: 10 km, blackout: true, drag: true } } }
places:
  hut: { map: land, at: [0 km, 0 km] }
  hill: { map: land, at: [30 km, 0 km] }
  court: { map: land, at: [60 km, 0 km] }
  cellar: { map: land, at: [70 km, 0 km], blackout: true }
factions: { red: {}, blue: {} }
people:
  scout: { faction: red, place: PLACE, knows: [storm] }
  clerk: { faction: red, place: court }
  spy: { faction: blue, place: court }
bonds: [{ who: clerk, to: scout, trust: 0.99 }]
facts: { storm: { so: SO, prior: 0.3 } }
orders: { leave: {} }
channels:
  flag: { speed: 1 km/s, overhead: 20 s }
  drum: { speed: 1 km/s, overhead: 20 s, through: true }
  bird: { overhead: 1 h, reliability: 0.7 }
councils: { elders: { faction: red, place: court, members: 11, quorum: 6, response: 1 h, stages: 2, competence: 0.6 } }
vessels: { cart: { faction: red, at: hut, speed: 10 m/s, thrust: 1 m/s^2, drag: 10 s } }
endings: { over: { told: it was over } }
"""


def land(rules: str, place: str = "hill", so: str = "true") -> str:
    return LAND.replace("PLACE", place).replace("SO", so) + "rules:\n" + rules


def test_word_arrives_after_overhead_and_way_and_is_heard():
    play = Play(
        land('  go: { when: "true", after: 5 s, do: [send: { from: scout, to: clerk, fact: storm, by: flag }] }')
    ).check()
    assert play.times(kinds.SENT) == [5.0]
    assert play.times(kinds.DELIVERED) == [pytest.approx(5.0 + 20.0 + 30.0)]
    assert not play.of(kinds.LINKED)
    assert play.times(kinds.LEARNED, "clerk") == play.times(kinds.DELIVERED)


def test_a_faction_hears_and_a_council_does_not_meet_by_itself():
    rules = """
  go: { when: "true", do: [
      send: { from: scout, to: blue, fact: storm, by: drum },
      send: { from: scout, to: elders, fact: storm, by: drum },
    ] }
  met: { when: "heard(elders, storm)" }
"""
    play = Play(land(rules, "hut")).check()
    assert sorted(play.times(kinds.DELIVERED)) == [20.0, pytest.approx(80.0)]
    assert play.of(kinds.SUSPECTED, "spy") or play.of(kinds.LEARNED, "spy")
    assert not play.of(kinds.CONVENED)
    assert [float(e["time"]) for e in play.of(kinds.RULE) if play.name(e["subject"]) == "met"] == [pytest.approx(80.0)]


def test_a_message_waits_until_its_sender_is_out_of_the_fog():
    rules = """
  go: { when: "true", do: [send: { from: scout, to: clerk, fact: storm, by: flag }] }
  ride: { when: "true", after: 100 s, do: [board: { who: scout, vessel: cart }, sail: { vessel: cart, to: hill }] }
"""
    play = Play(land(rules, "hut")).check()
    out = 100.0 + ships.travel_time(10e3, 0.0, 1.0, 10.0)
    assert play.times(kinds.LINKED) == [pytest.approx(out, abs=1e-3)]
    assert play.times(kinds.DELIVERED) == [pytest.approx(out + 20.0 + 50.0, abs=1e-2)]


@pytest.mark.parametrize("speed", [1.0, 4.0])
def test_a_walker_finds_the_link_at_the_very_edge_of_the_fog(speed):
    rules = f"""
  go: {{ when: "true", do: [send: {{ from: scout, to: clerk, fact: storm, by: flag }}] }}
  walk: {{ when: "true", after: 100 s, do: [move: {{ who: scout, to: hill, speed: {speed} m/s }}] }}
"""
    play = Play(land(rules, "hut")).check()
    assert play.times(kinds.LINKED) == [pytest.approx(100.0 + 10e3 / speed, abs=1e-3)]


def test_a_message_to_somebody_in_a_blackout_waits_for_them():
    rules = """
  hide: { when: "true", do: [place: { who: clerk, to: cellar }] }
  go: { when: "true", after: 1 s, do: [send: { from: scout, to: clerk, fact: storm, by: flag }] }
  back: { when: "true", after: 1 h, do: [place: { who: clerk, to: court }] }
"""
    assert Play(land(rules)).check().times(kinds.DELIVERED) == [pytest.approx(3600.0 + 20.0 + 30.0)]


@pytest.mark.parametrize("end", ["kill: scout", "capture: { who: scout, by: blue }"])
def test_a_waiting_message_is_lost_with_its_sender_and_one_in_flight_is_not(end):
    rules = """
  go: { when: "true", do: [
      send: { from: scout, to: clerk, fact: storm, by: drum },
      send: { from: scout, to: elders, fact: storm, by: flag },
    ] }
  end: { when: "true", after: 10 s, do: [END] }
  out: { when: "true", after: 30 s, do: [place: { who: scout, to: hill }] }
""".replace("END", end)
    play = Play(land(rules, "hut")).check()
    assert play.times(kinds.UNSENT) == [10.0]
    assert [play.name(e["object"]) for e in play.of(kinds.DELIVERED)] == ["clerk"]


def test_the_dead_send_nothing_and_hear_nothing():
    rules = """
  die: { when: "true", do: [kill: clerk] }
  go: { when: "true", after: 1 s, do: [
      send: { from: clerk, to: scout, fact: storm, by: drum },
      send: { from: scout, to: clerk, fact: storm, by: drum },
    ] }
"""
    play = Play(land(rules)).check()
    assert len(play.of(kinds.SENT)) == 1
    assert len(play.of(kinds.UNSENT)) == 1
    assert not play.of(kinds.DELIVERED)


def test_a_channel_loses_as_many_messages_as_it_says():
    rules = """
  go: { when: "true", rate: 0.2/h, do: [send: { from: scout, to: clerk, fact: storm, by: bird }] }
"""
    scenario, lost, n = load_text(land(rules)), 0, 0
    for seed in range(few(200)):
        play = Play(scenario, seed)
        arrived = len(play.of(kinds.DELIVERED))
        lost += len(play.of(kinds.UNSENT))
        n += arrived + len(play.of(kinds.UNSENT))
    assert close_share(lost, n, 0.3)


def test_an_order_by_messenger_comes_when_the_message_arrives():
    play = Play(
        land('  go: { when: "true", do: [send_order: { from: scout, to: clerk, order: leave, by: drum }] }')
    ).check()
    assert play.times(kinds.ORDER_CAME) == play.times(kinds.DELIVERED) == [pytest.approx(50.0)]
    assert play.times(kinds.OBEYED, "clerk") == [pytest.approx(50.0)]


CONVENE = """
  go: { when: "true", after: 7 s, do: [convene: { council: elders, about: storm }] }
  does: { when: acts(elders) }
  not: { when: declines(elders) }
"""


@pytest.mark.parametrize("so", ["true", "false"])
def test_a_council_decides_with_the_law_of_condorcet_after_its_quorum_and_stages(so):
    scenario = load_text(land(CONVENE, so=so))
    n, right, times = few(600), 0, []
    for seed in range(n):
        play = Play(scenario, seed)
        acted = len(play.of(kinds.ACTED))
        assert acted + len(play.of(kinds.DECLINED)) == 1
        right += acted == (so == "true")
        times += [t - 7.0 for t in play.times(kinds.ACTED) + play.times(kinds.DECLINED)]
    assert close_share(right, n, signals_reference.condorcet(11, 0.6))
    assert close_mean(times, signals_reference.quorum_mean(11, 6, 3600.0) + 2 * 3600.0)


def test_a_council_in_session_is_not_convened_again_and_conditions_see_its_verdict():
    rules = CONVENE + '  more: { when: "true", after: 8 s, do: [convene: { council: elders, about: storm }] }\n'
    play = Play(land(rules)).check()
    assert len(play.of(kinds.CONVENED)) == 1
    decided = play.times(kinds.ACTED) + play.times(kinds.DECLINED)
    fired = [float(e["time"]) for e in play.of(kinds.RULE) if play.name(e["subject"]) in ("does", "not")]
    assert fired == decided


def test_a_play_does_not_depend_on_how_it_is_cut():
    say = "send: { from: scout, to: clerk, fact: storm, by: bird }"
    rules = CONVENE + '  say: { when: "true", rate: 0.2/h, do: [' + say + "] }\n"
    text = land(rules)
    assert Play(text, 5).told() == Play(text, 5, (3.0, 700.0, 4000.0, 12345.6)).told()


# ------------------------------------------------------------------------------------------------ links and relays


def test_a_link_that_is_down_holds_words_back_until_it_is_up():
    text = land('  go: { when: time() >= "1 h", do: [send: { from: scout, to: clerk, fact: storm, by: flag }] }')
    text = text.replace(
        "flag: { speed: 1 km/s, overhead: 20 s }", "flag: { overhead: 20 s, fails: 1/h, mends: MENDS/h }"
    )
    scenario = load_text(text.replace("MENDS", "2"))
    n = few(400)
    plays = [Play(scenario, seed) for seed in range(n)]
    waits = [play.times(kinds.DELIVERED)[0] - 3620.0 for play in plays]
    down = 1.0 - signals_reference.link_up(1.0, 1.0 / 3600.0, 2.0 / 3600.0, 3600.0)
    assert close_share(sum(wait > 1e-3 for wait in waits), n, down)
    late = [wait for wait in waits if wait > 1e-3]
    assert close_mean(late, 1800.0)
    never = Play(text.replace("MENDS", "0").replace("fails: 1/h", "fails: 1e9/h"))
    assert not never.of(kinds.DELIVERED)
    always = Play(text.replace("MENDS", "1").replace("fails: 1/h", "fails: 0/h"))
    assert always.times(kinds.DELIVERED) == [pytest.approx(3620.0)]


CHAIN = "flag: { overhead: 20 s, range: RANGE, relays: [RELAYS] }"


def chain(reach, relays, rules="", more=""):
    text = land('  go: { when: "true", do: [send: { from: scout, to: clerk, fact: storm, by: flag }] }\n' + rules)
    text = text.replace(
        "flag: { speed: 1 km/s, overhead: 20 s }", CHAIN.replace("RANGE", reach).replace("RELAYS", relays)
    )
    return text.replace("factions:", "  ford: { map: land, at: [45 km, 0 km] }\nfactions:" + more, 1)


def test_words_hop_over_relays_that_are_in_reach_each_for_its_overhead():
    assert Play(chain("30 km", "")).times(kinds.DELIVERED) == [20.0]
    assert not Play(chain("20 km", "")).of(kinds.DELIVERED)
    play = Play(chain("20 km", "ford")).check()
    assert play.times(kinds.DELIVERED) == [40.0]
    assert len(play.of(kinds.RELAYED)) == 1
    assert not Play(chain("0 km", "ford")).of(kinds.DELIVERED)


def test_a_relay_outlives_the_sender_and_carries_words_along():
    killed = '  shot: { when: time() >= "10 s", do: [kill: scout] }\n'
    sails = '  off: { when: time() >= "60 s", do: [sail: { vessel: cart, to: court }] }\n'
    text = chain("8 km", "cart", killed + sails).replace("at: hut, speed", "at: hill, speed")
    play = Play(text).check()
    (arrived,) = play.times(kinds.DELIVERED)
    reached = 60.0 + (30e3 - 8e3) / 10.0
    assert reached + 40.0 <= arrived <= reached + 40.0 + 61.0
    alone = Play(chain("8 km", "", killed))
    assert not alone.of(kinds.DELIVERED)
    assert len(alone.of(kinds.UNSENT)) == 1
    sunk = Play(text.replace("kill: scout]", "kill: scout, scuttle: cart]"))
    assert not sunk.of(kinds.DELIVERED)
    assert len(sunk.of(kinds.UNSENT)) == 1


def test_a_relay_in_a_blackout_takes_nothing():
    assert not Play(chain("100 km", "cellar").replace("at: [60 km, 0 km]", "at: [200 km, 0 km]")).of(kinds.RELAYED)
