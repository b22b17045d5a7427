"""Watches played from data: the law of detection, what hides from it, and what a detection sets off."""

import math

import numpy as np
import observation_reference
import pytest
from played import Played, near_share

from briarpatch.laws import observation as laws
from briarpatch.world import states
from briarpatch.world.compiled import INTERPRETED

N = 60 if INTERPRETED else 150
NAMES = [f"t{i}" for i in range(N)]
PLACES = """
places:
  post: { map: field, at: [0 m, 0 m] }
  near: { map: field, at: [30 m, 40 m] }
  near_too: { map: field, at: [60 m, 40 m] }
  west: { map: field, at: [-20 km, 50 m] }
  east: { map: field, at: [20 km, 50 m] }
  den: { map: field, at: [30 m, 40 m], cover: 0 }
  hedge: { map: field, at: [30 m, 40 m], cover: 0.25 }
  reef: { map: sea, at: [30 m, 40 m] }
"""
K, HEIGHT = 125.0, 10.0
RATE = K / (HEIGHT**2 + 50.0**2) ** 1.5


def people(places, **more):
    lines = "".join(f"  {n}: {{ faction: them, place: {place}{more.get(n, '')} }}\n" for n, place in places.items())
    return "people:\n  eve: { faction: us, place: post }\n" + lines


def watch(targets, more="", owner="eve"):
    eye = "" if "looks" in more else f", visual: {K} m^3/s"
    return f"sensors: {{ eye: {{ owner: {owner}, targets: [{', '.join(targets)}], height: {HEIGHT} m{eye}{more} }} }}\n"


def rules(*lines):
    return "rules:\n" + "".join(f'  r{i}: {{ when: "{when}", do: [{do}] }}\n' for i, (when, do) in enumerate(lines))


def times(p):
    return {e.object: e.time for e in p.entries("detected")}


def all_of_them(place):
    return dict.fromkeys(NAMES, place)


def test_a_standing_watch_sees_at_the_inverse_cube_rate_and_at_the_very_times_of_its_clocks():
    p = Played(PLACES + people(all_of_them("near")) + watch(NAMES), until=0.0)
    due = {p.label(pair.target): p.world.clocks[pair.clock].threshold / RATE for pair in p.world.pairs}
    p.go(3.0 / RATE)
    seen = times(p)
    assert seen == pytest.approx({n: t for n, t in due.items() if t <= 3.0 / RATE}, rel=1e-9)
    for share in (0.3, 1.0):
        assert near_share(sum(t <= share / RATE for t in seen.values()), N, -math.expm1(-share))
    assert p.all_caused()
    assert p.world.due[states.OBSERVATION].calls < 3 * N, "a standing watch sleeps between detections"


def passing(more=""):
    text = PLACES + people(all_of_them("west")) + watch(NAMES, more).replace(f"{K} m^3/s", "20000 m^3/s")
    return text + rules(("time() >= '10 s'", "move: { who: them, to: east, speed: 20 m/s }"))


def test_a_pass_is_seen_with_the_lateral_range_probability_however_often_it_is_brought_up_to_date():
    slow, fast = Played(passing(", period: 1 h")), Played(passing(", period: 20 s"))
    b = math.hypot(50.0, HEIGHT)
    assert near_share(len(times(slow)), N, observation_reference.lateral_range(20000.0, 20.0, b))
    assert times(slow) == pytest.approx(times(fast), rel=1e-9)
    middle = 10.0 + 1000.0
    assert np.median(list(times(slow).values())) == pytest.approx(middle, abs=5.0)


def exposed(played):
    """Return what the first pair was exposed to by now: up to the last change of its law, and from there on."""
    pair = played.world.pairs[0]
    sensor, dt = played.world.sensors[pair.sensor], float(played.world.state["time"][0]) - pair.since
    since = laws.pass_exposure(pair.strength, sensor.absorption, sensor.height, pair.x, pair.y, pair.vx, pair.vy, dt)
    return played.world.clocks[pair.clock].spent + since


def test_both_may_move():
    text = PLACES + people({"t0": "near"}) + watch(["t0"])
    text += rules(
        ("time() >= '1 s'", "move: { who: eve, to: east, speed: 5 m/s }"),
        ("time() >= '1 s'", "move: { who: t0, to: west, speed: 5 m/s }"),
    )
    p = Played(text, until=50.0)
    pair = p.world.pairs[0]
    if pair.detected == 0:
        p.world.due[states.OBSERVATION].next = 50.0
        p.go(50.0)
        steps = np.linspace(0.0, 49.0, 20001)
        ex, ey = 5.0 * steps, 5.0 * steps * 50.0 / math.hypot(20000.0, 50.0)
        way = math.hypot(-20030.0, 10.0)
        tx, ty = 30.0 - 5.0 * steps * 20030.0 / way, 40.0 + 5.0 * steps * 10.0 / way
        ex *= 20000.0 / math.hypot(20000.0, 50.0)
        rate = K / (HEIGHT**2 + (tx - ex) ** 2 + (ty - ey) ** 2) ** 1.5
        total = RATE * 1.0 + float(((rate[1:] + rate[:-1]) / 2).sum() * (steps[1] - steps[0]))
        assert exposed(p) == pytest.approx(total, rel=1e-4)


def test_a_vessel_that_passes_is_exposed_along_its_course_however_often_that_is_brought_up_to_date():
    def spent(period):
        boat = "vessels: { boat: { faction: them, at: west, speed: 20 m/s } }\n"
        text = PLACES + boat + people({}) + watch(["boat"], f", period: {period}")
        p = Played(text + rules(("time() >= '10 s'", "sail: { vessel: boat, to: east }")), until=1500.0)
        p.world.due[states.OBSERVATION].next = 1500.0
        p.go(1500.0)
        assert not p.entries("detected")
        return exposed(p)

    whole = 2.0 * K / (20.0 * (50.0**2 + HEIGHT**2))
    assert spent("1 h") == pytest.approx(spent("7 s"), rel=1e-6)
    assert spent("60 s") == pytest.approx(whole, rel=1e-3)


def test_suits_cover_and_attention_multiply_the_rate():
    def spent(place="near", suit="", more=""):
        p = Played(PLACES + people({"t0": place}, t0=suit) + watch(["t0"], more), until=1.0)
        assert not p.entries("detected")
        p.world.due[states.OBSERVATION].next = 1.0
        p.go(1.0)
        return exposed(p) / RATE

    assert spent() == pytest.approx(1.0)
    assert spent(suit=", suit: 0.01") == pytest.approx(0.01)
    assert spent("hedge") == pytest.approx(0.25)
    assert spent(more=", attention: 0.5") == pytest.approx(0.5)
    assert spent(more=", absorption: 0.01/m") == pytest.approx(math.exp(-0.5))
    assert spent("den") == spent("reef") == spent(suit=", suit: 0") == 0.0
    assert spent(more=", active: false") == 0.0
    assert spent(more=", attention: 0") == 0.0


def test_a_suit_that_is_taken_off_counts_from_that_very_moment():
    text = PLACES + people({"t0": "near"}, t0=", suit: 0") + watch(["t0"])
    p = Played(text + rules(("time() >= '500 s'", "unmask: t0")), until=0.0)
    clock = p.world.clocks[p.world.pairs[0].clock]
    due = 500.0 + clock.threshold / RATE
    p.go(math.inf)
    assert times(p)["t0"] == pytest.approx(due, abs=1e-3)
    assert p.entries("detected")[0].cause == p.entries("unmasked")[0].number
    assert p.person("t0").seen == 1
    back = Played(text + rules(("time() >= '500 s'", "unmask: t0"), ("time() >= '500.1 s'", "mask: t0")))
    assert not times(back) or times(back)["t0"] < 500.2


def test_nobody_sees_into_or_out_of_a_vessel_but_those_inside_see_one_another():
    boat = "vessels: { boat: { faction: them, at: near } }\n"
    assert not times(Played(PLACES + boat + people({"t0": "boat"}) + watch(["t0"]), until=1e7))
    inside = people({"t0": "boat"}).replace("place: post", "place: boat")
    assert times(Played(PLACES + boat + inside + watch(["t0"]), until=1e7))
    outward = people({"t0": "near"}).replace("place: post", "place: boat")
    assert not times(Played(PLACES + boat + outward + watch(["t0"]), until=1e7))


def test_a_cloak_hides_a_vessel_and_a_report_teaches():
    text = (
        PLACES + "facts: { ship: {} }\nvessels: { ghost: { faction: them, at: near, cloak: 0.001, cloaked: true } }\n"
    )
    text += people({}) + watch(["ghost"], ", fact: ship, reports_to: eve", owner="post")
    p = Played(text, until=0.0)
    due = p.world.clocks[p.world.pairs[0].clock].threshold / RATE / 0.001
    p.go(math.inf)
    assert times(p)["ghost"] == pytest.approx(due, rel=1e-9)
    (learned,) = p.entries("learned")
    assert (learned.subject, learned.object) == ("eve", "ship")
    assert learned.cause == p.entries("detected")[0].number


def test_who_sees_learns_and_the_condition_seen_rests_on_the_detection():
    text = PLACES + "facts: { spy: {} }\n" + people({"t0": "near"}) + watch(["t0"], ", fact: spy")
    p = Played(text + rules(("seen(t0) && knows(eve, spy)", "kill: t0")))
    (detected,), (ruled,) = p.entries("detected"), p.entries("rule")
    assert p.entries("learned")[0].subject == "eve"
    assert detected.number in (ruled.cause, *[int(p.world.chronicle[ruled.number][c]) for c in ("cause2", "cause3")])


def test_one_that_is_seen_gives_the_others_near_it_away():
    text = PLACES + people({"t0": "near", "t1": "near_too", "t2": "west"}, t1=", suit: 1e-9", t2=", suit: 1e-9")
    p = Played(text + watch(["t0", "t1", "t2"], ", alert: 1e12, cue: 100 m"), until=1e9)
    assert set(times(p)) == {"t0", "t1"}
    assert times(p)["t1"] > times(p)["t0"]
    assert "t1" not in times(Played(text + watch(["t0", "t1", "t2"], ", alert: 1e12, cue: 10 m"), until=1e6))


def test_a_watch_can_be_stopped_and_started():
    text = PLACES + people({"t0": "near"}) + watch(["t0"], ", active: false")
    p = Played(
        text + rules(("time() >= '1 h'", "watch: eye"), ("time() >= '3601 s'", "watch: { sensor: eye, on: false }")),
        until=1e7,
    )
    assert exposed(p) == pytest.approx(RATE, rel=1e-6) or times(p)["t0"] < 3601.1


def test_the_dead_neither_see_nor_are_seen():
    for dead in ("eve", "t0"):
        p = Played(
            PLACES + people({"t0": "near"}) + watch(["t0"]) + rules(("time() >= '1 s'", f"kill: {dead}")), until=1e7
        )
        assert not times(p) or times(p)["t0"] <= 1.1


def test_many_eyes_add_up():
    text = PLACES + "crowds: { sentries: { count: 8, faction: us, place: post } }\n" + people({"t0": "near"})
    p = Played(text + watch(["t0"], owner="sentries"), until=0.0)
    due = p.world.clocks[p.world.pairs[0].clock].threshold / (8.0 * RATE)
    p.go(math.inf)
    assert times(p)["t0"] == pytest.approx(due, rel=1e-9)


def test_a_watch_over_nobody_and_by_nobody():
    assert not Played(PLACES + people({}) + watch([])).entries("detected")
    text = PLACES + "crowds: { nobody: { count: 0, faction: us, place: post } }\n" + people({"t0": "near"})
    assert not Played(text + watch(["t0"], owner="nobody"), until=1e7).entries("detected")


def test_the_order_of_targets_means_nothing():
    text = PLACES + people({"t0": "near", "t1": "near", "t2": "hedge"}, t0="", t1="", t2="")
    assert times(Played(text + watch(["t0", "t1", "t2"]))) == times(Played(text + watch(["t2", "t0", "t1"])))


# ------------------------------------------------------------------------------------------------ instruments

LOOKS = ", looks: { every: 10 s, snr: 8, reference: 50 m, false_alarm: 0.001 }"


def test_an_instrument_sees_at_its_looks_with_swerlings_probability():
    p = Played(
        PLACES + people(all_of_them("near")) + watch(NAMES, LOOKS).replace(f"height: {HEIGHT} m", "height: 0 m"),
        until=31.0,
    )
    seen = times(p)
    assert all(t % 10.0 == 0.0 for t in seen.values())
    chance = laws.seen_by_look(laws.swerling1(0.001, 8.0), 0.001)
    assert near_share(len(seen), N, observation_reference.glimpses(chance, 3))


def test_an_instruments_looks_do_not_depend_on_the_cadence():
    one = Played(PLACES + people(all_of_them("near")) + watch(NAMES, LOOKS + ", period: 10 min"), until=200.0)
    other = Played(PLACES + people(all_of_them("near")) + watch(NAMES, LOOKS + ", period: 7 s"), until=200.0)
    assert times(one) == times(other)


def test_a_false_alarm_teaches_what_is_not_so():
    text = PLACES + "facts: { spy: { so: false } }\n" + people({"t0": "reef"})
    p = Played(text + watch(["t0"], LOOKS + ", fact: spy"), until=1e6)
    alarms = p.entries("false alarm")
    rate = laws.glimpse_rate(0.001, 10.0)
    assert abs(len(alarms) - rate * 1e6) < 4.0 * math.sqrt(rate * 1e6)
    assert not times(p)
    assert p.entries("learned")[0].cause == alarms[0].number
    assert p.all_caused()
