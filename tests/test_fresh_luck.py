"""Fresh luck: the past stays, and what follows has the law of the story given that past (docs/decisions/0005)."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
import signals_reference
from scipy import stats

import briarpatch
from briarpatch import engine
from briarpatch.analysis.branches import BEGINNING, Trunk, fresh, up_to_date
from briarpatch.analysis.worlds import Player, in_threads
from briarpatch.laws import command
from briarpatch.mechanisms import inquiry, rumours
from briarpatch.run import run
from briarpatch.scenario.catalog import load_text
from briarpatch.world import chance, diffusion, kinds, refs, states
from briarpatch.world.world import copy

HOUR, YEAR = 3600.0, 365.25 * 86400.0
COURSES = 600
SOURCES = Path(briarpatch.__file__).parent

STILL = """
scenario: { title: test, start: "00:00", until: 1000 d }
maps: { field: {} }
places:
  here: { map: field, at: [0 km, 0 km] }
  there: { map: field, at: [1 km, 0 km] }
routes: { lane: { start: here, end: there, last: { at: [1 km, 0 km] } } }
factions: { us: {} }
people: { her: { faction: us, place: here } }
crowds: { many: { count: 3, faction: us, place: here } }
endings: { over: { told: over } }
"""


def ks(sample, law) -> bool:
    """Return True when a sample may come from a law: four-sigma bound on Kolmogorov's distance."""
    return stats.kstest(sample, law).pvalue > 6e-5


def first(world, kind: int) -> float:
    """Return when the first entry of `kind` was written [s]; infinity when none was."""
    rows = world.chronicle[: int(world.state["entries"][0])]
    found = rows["time"][rows["kind"] == kind]
    return float(found[0]) if len(found) else math.inf


def still_to_come(player: Player, at: float, *which: int, seed: int = 3):
    """Return (when, past) of a course in which none of the kinds `which` has been by `at` [s]: when it came, up to `at`."""
    for start in range(seed, seed + 200):
        world = player.go(player.start(start))
        own = min(first(world, kind) for kind in which)
        if own > at:
            return own, up_to_date(player, player.go(player.start(start), at))
    raise AssertionError("it always comes before")


def courses(player: Player, past):
    """Let chance fall anew COURSES times; yield each world as it ends, and hold that its past is the same."""
    before = past.chronicle[: int(past.state["entries"][0])].tobytes()
    for number in range(COURSES):
        world = player.go(fresh(player, past, number))
        assert world.chronicle.tobytes().startswith(before)
        yield world


def firsts(text: str, at: float, *which: int):
    """Return when one of the kinds `which` first came, as it was, and for each of them when it came anew after `at`."""
    player = Player(load_text(STILL + text))
    own, past = still_to_come(player, at, *which)
    found = np.array([[first(world, kind) for kind in which] for world in courses(player, past)])
    return own, *found.T


def share(found, chance: float, n: int = COURSES) -> bool:
    """Return True when `found` of `n` may have come with that chance: a four-sigma bound."""
    return abs(int(found) - chance * n) < 4.0 * math.sqrt(n * chance * (1.0 - chance))


def test_every_draw_of_a_system_reads_the_present_luck():
    """Only what somebody is from the beginning is looked up by the seed, whenever it is."""
    for path in [file for folder in ("systems", "mechanisms", "laws") for file in (SOURCES / folder).rglob("*.py")]:
        text = path.read_text()
        for found in re.finditer(r"state(\[0\])?\.seed", text):
            assert "chance.CREATION" in text[found.start() : found.start() + 200], path


@pytest.mark.parametrize("shape", [0.3, 0.999, 1.0, 1.7, 9.0, 40.0])
@pytest.mark.parametrize("quantile", [0.0, 0.2, 0.9, 0.999999])
def test_a_gamma_time_that_has_lasted_so_far(shape, quantile):
    least = float(stats.gamma.ppf(quantile, shape))
    for u in (0.01, 0.5, 0.99):
        found = chance.gamma_beyond(u, shape, least)
        assert found >= least
        assert stats.gamma.sf(found, shape) == pytest.approx(stats.gamma.sf(least, shape) * (1.0 - u), rel=1e-9)


def test_a_gamma_time_far_beyond_its_law_goes_on_exponentially():
    assert chance.gamma_beyond(0.5, 3.0, 5000.0) == pytest.approx(5000.0 + math.log(2.0), rel=1e-3)


@pytest.mark.parametrize("least", [0.0, 10.0, 600.0, 6000.0, 1e6])
def test_a_lognormal_time_that_has_lasted_so_far(least):
    law = stats.lognorm(0.6, scale=600.0)
    for u in (0.01, 0.5, 0.99):
        found = chance.lognormal_beyond(u, 600.0, 0.6, least)
        assert law.sf(found) == pytest.approx(law.sf(least) * (1.0 - u), rel=1e-8)


def test_a_fixed_time_stays_as_it_is():
    text = "rules: { late: { when: 'true', after: 5 h } }\n"
    own, found = firsts(text, 2 * HOUR, kinds.RULE)
    assert own == 5 * HOUR
    assert set(found) == {5 * HOUR}


def test_a_rule_at_a_rate_begins_anew():
    _, found = firsts("rules: { rare: { when: 'true', rate: 0.5/h, once: true } }\n", 3 * HOUR, kinds.RULE)
    assert ks(found - 3 * HOUR, stats.expon(scale=2 * HOUR).cdf)


def test_a_delayed_rule_keeps_what_it_has_waited():
    text = "rules: { late: { when: 'true', after: { gamma: { mean: 10 h, shape: 4 } } } }\n"
    at = 8 * HOUR
    _, found = firsts(text, at, kinds.RULE)
    law = stats.gamma(4, scale=2.5 * HOUR)
    assert ks(found, lambda t: 1.0 - law.sf(t) / law.sf(at))


def test_a_deliberation_keeps_what_it_has_waited():
    text = """
decisions:
  her.choice: { question: what, when: 'true', takes: { gamma: { mean: 10 h, shape: 3 } }, options: { one: { told: one }, other: { told: other } } }
"""
    at = 6 * HOUR
    _, found = firsts(text, at, kinds.CHOSE)
    law = stats.gamma(3, scale=10 * HOUR / 3)
    assert ks(found, lambda t: 1.0 - law.sf(t) / law.sf(at))


def test_a_stage_of_a_device_keeps_what_it_has_worked_through_a_hold():
    text = """
devices:
  engine: { faction: us, at: here, start: [{ gamma: { mean: 10 h, shape: 4 } }] }
rules:
  go: { when: 'true', do: [start: { device: engine }] }
  hold: { when: 'true', after: 2 h, do: [hold: { device: engine }] }
  on: { when: 'true', after: 5 h, do: [resume: { device: engine }] }
"""
    law = stats.gamma(4, scale=2.5 * HOUR)
    for at in (4 * HOUR, 7 * HOUR):
        worked = min(at, 2 * HOUR) + max(0.0, at - 5 * HOUR)
        _, found = firsts(text, at, kinds.STAGE_DONE)
        assert ks(found - 3 * HOUR, lambda t, worked=worked: 1.0 - law.sf(t) / law.sf(worked))


def test_a_party_keeps_the_time_that_it_has_taken_to_set_out():
    text = "rules: { go: { when: 'true', do: [evacuate: { who: many, along: lane, delay: 2 h }] } }\n"
    at = 1.5 * HOUR
    _, found = firsts(text, at, kinds.MARCHED)
    law = stats.lognorm(0.6, scale=2 * HOUR)
    assert ks(found, lambda t: 1.0 - law.sf(t) / law.sf(at))


def test_a_council_sits_on_given_that_it_has_sat_so_long():
    text = """
councils:
  elders: { faction: us, place: here, members: 1, quorum: 1, response: 3 h, stages: 0 }
rules: { go: { when: 'true', do: [convene: { council: elders }] } }
"""
    at = 2 * HOUR
    _, acted, declined = firsts(text, at, kinds.ACTED, kinds.DECLINED)
    assert ks(np.minimum(acted, declined) - at, stats.expon(scale=3 * HOUR).cdf)
    assert 0 < np.isfinite(declined).sum() < COURSES  # its vote is drawn anew as well


def test_a_message_on_its_way_may_be_lost_again():
    text = """
facts: { news: { told: news } }
channels: { post: { speed: 1 m/s, overhead: 1 h, reliability: 0.7 } }
councils: { elders: { faction: us, place: there } }
rules: { go: { when: 'true', do: [send: { from: her, to: elders, fact: news, by: post }] } }
"""
    _, found = firsts(text, 0.5 * HOUR, kinds.DELIVERED)
    assert share(np.isfinite(found).sum(), 0.7)


def test_a_message_that_a_relay_keeps_may_be_lost_again():
    text = """
facts: { news: { told: news } }
channels: { post: { range: 10 m, relays: [cart], overhead: 1 h, reliability: 0.7 } }
vessels: { cart: { faction: us, at: here, speed: 500 m/h } }
councils: { elders: { faction: us, place: there } }
rules: { go: { when: 'true', do: [send: { from: her, to: elders, fact: news, by: post }, sail: { vessel: cart, to: there }] } }
"""
    _, found = firsts(text, 1.0 * HOUR, kinds.DELIVERED)
    assert share(np.isfinite(found).sum(), 0.7)
    assert found[np.isfinite(found)] == pytest.approx(4 * HOUR, abs=120.0)  # two hours on the cart, an hour each hop


LINE = """
facts: { news: { told: news } }
channels: { line: { fails: 0.4/h, mends: 0.25/h } }
councils: { elders: { faction: us, place: there } }
rules: { go: { when: time() >= "3 h", do: [send: { from: her, to: elders, fact: news, by: line }] } }
"""


def test_a_message_waits_for_a_channel_that_is_down_as_if_it_had_just_gone_down():
    at = 5 * HOUR
    _, found = firsts(LINE, at, kinds.DELIVERED)
    assert ks(found - at, stats.expon(scale=4 * HOUR).cdf)


@pytest.mark.parametrize("up", [True, False])
def test_a_channel_comes_and_goes_anew_from_how_it_is(up):
    player, at, start = Player(load_text(STILL + LINE)), 1.7 * HOUR, 0
    while True:
        past = up_to_date(player, player.go(player.start(start), at))
        if (fresh(player, past, 0).links["up"][0] != 0) == up:
            break
        start += 1
    found = np.array([first(world, kinds.DELIVERED) for world in courses(player, past)])
    waits = found[found > 3 * HOUR + 1.0] - 3 * HOUR
    assert share(len(waits), 1.0 - signals_reference.link_up(float(up), 0.4 / HOUR, 0.25 / HOUR, 3 * HOUR - at))
    assert ks(waits, stats.expon(scale=4 * HOUR).cdf)


@pytest.mark.parametrize("so", [True, False])
def test_an_inquiry_goes_on_given_that_it_has_not_ended(so):
    """Wald's test on a flow of information, three and a half hours of work into it: how long it takes and what it finds."""
    at, drift = 3.5, 0.5 if so else -0.5
    low, high = inquiry.reject_bound(0.05, 0.1), inquiry.accept_bound(0.05, 0.1)
    text = f"facts: {{ crack: {{ so: {str(so).lower()} }} }}\n"
    text += "inquiries: { look: { who: her, fact: crack, information: 1/h } }\n"
    _, found, ruled_out = firsts(text, at * HOUR, inquiry.FOUND_SO, inquiry.FOUND_NOT_SO)

    def accepted(t):
        return diffusion.upper_by(drift, 1.0, high, high - low, t)

    def ended(t):
        return accepted(t) + diffusion.upper_by(-drift, 1.0, -low, high - low, t)

    left = 1.0 - ended(at)
    assert 0.1 < left < 0.9
    times = np.minimum(found, ruled_out) / HOUR
    assert ks(times, lambda times: np.array([max(0.0, ended(t) - ended(at)) / left for t in times]))
    assert share(np.isfinite(found).sum(), (accepted(math.inf) - accepted(at)) / left)


def test_an_inquiry_into_signs_keeps_the_silence_so_far():
    """Where nothing but what is so gives a sign, the first proves it, and silence rules it out at a fixed time."""
    at, rate = 0.4, 2.0
    text = "facts: { crack: { so: true } }\n"
    text += f"inquiries: {{ look: {{ who: her, fact: crack, signs: {{ if_so: {rate}/h, if_not: 0/h }} }} }}\n"
    _, found, ruled_out = firsts(text, at * HOUR, inquiry.FOUND_SO, inquiry.FOUND_NOT_SO)
    silence = -inquiry.reject_bound(0.05, 0.1) / rate
    assert ruled_out[np.isfinite(ruled_out)] == pytest.approx(silence * HOUR)
    sign = stats.truncexpon((silence - at) * rate, loc=at, scale=1.0 / rate)
    assert share(np.isfinite(found).sum(), -math.expm1(-rate * (silence - at)))
    assert ks(found[np.isfinite(found)] / HOUR, sign.cdf)


def test_a_deliberation_that_is_weighed_goes_on_from_where_it_stands():
    """Evidence stays as it was at the last moment of attention; what follows has reached neither answer by now."""
    pace, drift, at = HOUR, 0.5 / HOUR, 0.93 * HOUR
    text = f"""
decisions:
  her.choice:
    question: what
    when: 'true'
    deliberates: {{ pace: {pace} s, drift: {drift} /s }}
    options: {{ one: {{ told: one }}, other: {{ told: other }} }}
"""
    player = Player(load_text(STILL + text))
    start = 0
    while True:  # a past that ends soon, so that much of the law lies before now
        _, past = still_to_come(player, at, kinds.CHOSE, seed=start)
        question = fresh(player, past, 0).decisions_state[0]
        if question.evidence > 0.8:
            break
        start += 1
    evidence, settled = float(question.evidence), float(question.settled)
    assert at - 0.1 * pace < settled < at
    sigma, ends = command.wavering(pace), list(courses(player, past))

    def first_by(t):
        return diffusion.upper_by(drift, sigma, 1.0 - evidence, 2.0, t - settled)

    def ended(t):
        return first_by(t) + diffusion.upper_by(-drift, sigma, 1.0 + evidence, 2.0, t - settled)

    left = 1.0 - ended(at)
    assert 0.1 < left < 0.7
    times = np.array([first(world, kinds.CHOSE) for world in ends])
    assert ks(times, lambda times: np.array([max(0.0, ended(t) - ended(at)) / left for t in times]))
    ones = sum(int(world.decisions_state["chosen"][0]) == 0 for world in ends)
    assert share(ones, (first_by(math.inf) - first_by(at)) / left)


def test_a_rumour_goes_about_anew_from_how_many_tell_it():
    """Of a crowd that all tell it, each falls silent at the next call: it dies down with the last of them."""
    text = """
facts: { news: { told: news } }
rumours: { talk: { fact: news, among: many, contact: 0.2/h } }
rules: { go: { when: 'true', do: [spread: { rumour: talk, to: 3 }] } }
"""
    player, at = Player(load_text(STILL + text)), 3 * HOUR
    _, past = still_to_come(player, at, rumours.DIED_DOWN)
    tell = int(past.rumours["spreaders"][0])
    found = np.array([first(world, rumours.DIED_DOWN) for world in courses(player, past)])
    assert ks(found - at, lambda t: stats.expon(scale=5 * HOUR).cdf(t) ** tell)


def test_a_secret_is_kept_anew_by_those_who_know_it():
    text = STILL.replace("her: { faction: us, place: here }", "her: { faction: us, place: here, knows: [news] }")
    text = text.replace("us: {}", "us: {}, them: {}")
    text += """
facts: { news: { told: news } }
secrets: { hush: { fact: news, others: 2, chance: 0.2, per: 1 h, to: them } }
"""
    player, at = Player(load_text(text)), 2 * HOUR
    _, past = still_to_come(player, at, rumours.LEAKED)
    ends = list(courses(player, past))
    times = np.array([first(world, rumours.LEAKED) for world in ends])
    assert ks(times - at, stats.expon(scale=HOUR / (1.0 - 0.8**3)).cdf)
    by_her = 0
    for world in ends:
        by_her += int(world.chronicle["subject"][world.chronicle["kind"] == rumours.LEAKED][0] >= 0)
    assert share(by_her, 1.0 / 3.0)  # who lets it out is drawn when it leaks


def test_somebody_wavers_anew():
    text = "defections: { doubt: { who: her, to: them, base: 0.1/h } }\n"
    player, at = Player(load_text(STILL.replace("us: {}", "us: {}, them: {}") + text)), 5 * HOUR
    _, past = still_to_come(player, at, kinds.DEFECTED)
    times = np.array([first(world, kinds.DEFECTED) for world in courses(player, past)])
    assert ks(times - at, stats.expon(scale=10 * HOUR).cdf)


def test_who_would_join_is_who_they_are_and_whether_they_win_is_drawn_when_they_rise():
    text = STILL.replace("count: 3", "count: 40")
    text += """
movements: { rising: { among: many, when: time() > "5 h", threshold: 0.5, deviation: 0.6, steepness: 2 } }
rules: { go: { when: time() > "6 h", do: [attempt: rising] } }
"""
    player = Player(load_text(text))
    _, past = still_to_come(player, 2 * HOUR, kinds.JOINED_IN)
    joined, won = set(), 0
    for world in courses(player, past):
        joined.add(world.following["joined"].tobytes())
        won += first(world, kinds.ROSE) < math.inf
    (which,) = joined
    part = float(world.movements["share"][0])
    assert 0.1 < part < 1.0
    assert share(won, command.rising_success(part, 0.5, 2.0))
    assert player.play(99).following["joined"].tobytes() != which


def test_death_of_age_is_drawn_anew_given_survival():
    """Gompertz and Makeham from the age reached: the remaining life of one who is alive at the moment."""
    scenario = load_text(STILL.replace("1000 d", "40000 d").replace("her: {", "her: { age: 70 years,"))
    player = Player(scenario)
    limits = scenario.program.limits[0]
    at, start = 8 * YEAR, 0
    while True:
        past = up_to_date(player, player.go(player.start(start), at))
        if int(past.people["status"][0]) != states.DEAD:
            break
        start += 1
    found = []
    for number in range(COURSES):
        world = fresh(player, past, number)
        found.append((float(_foreseen(player, world)) - at) / YEAR)
    a, b, c = float(limits.senescence), float(limits.gompertz), float(limits.makeham)
    age = 70.0 + 8.0

    def law(t):
        return 1.0 - np.exp(-c * t - a * np.exp(b * age) * np.expm1(b * t) / b)

    assert ks(np.array(found), law)


def test_death_by_dose_is_drawn_anew_given_survival():
    """Between the moments at which doses go to their account: the hazard of the dose taken by now is behind."""
    text = STILL.replace(
        "here: { map: field, at: [0 km, 0 km] }", "here: { map: field, at: [0 km, 0 km], field: glow }"
    )
    glow = "strength: 1 Gy/s, outer: 2 km, height: 1 km, device: pump, drain: 0.3/d, toxicity: 6 Gy"
    text += f"fields: {{ glow: {{ {glow} }} }}\ndevices: {{ pump: {{ faction: us, at: there }} }}\n"
    text += 'rules: { run: { when: "true", after: 1 h, do: [start: pump] } }\n'
    text += 'measures: { dose: { told: dose, value: "dose(her)" } }\n'
    player, at, start = Player(load_text(text)), 2.6 * 24 * HOUR, 0

    def hazard(time):
        return math.log(2.0) * (6.0 * -np.expm1(-0.3 * (time - HOUR) / (24 * HOUR)) / 3.5) ** 6

    while True:
        past = up_to_date(player, player.go(player.start(start), at))
        if int(past.people["status"][0]) != states.DEAD:
            break
        start += 1
    dose = 6.0 * -math.expm1(-0.3 * (at - HOUR) / (24 * HOUR))
    assert engine.measures(player.scenario.program, past)[0] == pytest.approx(dose, rel=1e-12)
    assert past.people["dose"][0] < dose - 0.01, "not on the account yet"
    found = []
    for number in range(COURSES):
        world = player.go(fresh(player, past, number))
        rows = world.chronicle[: int(world.state["entries"][0])]
        died = rows["time"][(rows["kind"] == kinds.DIED) & (rows["subject"] == refs.ref(refs.PERSON, 0))]
        found.append(float(died[0]) if len(died) else math.inf)
    assert ks(np.array(found), lambda time: -np.expm1(hazard(at) - hazard(time)))


def _foreseen(player, world):
    world = player.go(world, float(world.state["time"][0]))
    return world.people["dies"][0]


def test_the_next_shot_and_the_way_out_of_a_fight_begin_anew():
    text = """
maps: { sea: {} }
places: { bay: { map: sea, at: [0 km, 0 km] } }
factions: { us: {}, them: {} }
people: { her: { faction: us, place: bay } }
vessels:
  one: { faction: us, at: bay, hull: 1e6, weapons: { gun: { rate: 0.5/h, accuracy: 1, damage: 1 } } }
  two: { faction: them, at: bay, hull: 1e6 }
rules: { go: { when: 'true', do: [attack: { by: one, target: two }] } }
scenario: { title: test, until: 1000 h }
endings: { over: { told: over } }
"""
    player = Player(load_text(text))
    past = up_to_date(player, player.go(player.start(1), 3.3 * HOUR))
    found = []
    for number in range(COURSES):
        world = player.go(fresh(player, past, number), 100 * HOUR)
        rows = world.chronicle[: int(world.state["entries"][0])]
        hits = rows["time"][(rows["kind"] == kinds.HULL_HIT) & (rows["time"] > 3.3 * HOUR)]
        found.append(hits[0] - 3.3 * HOUR)
    assert ks(np.array(found), stats.expon(scale=2 * HOUR).cdf)


def test_before_the_beginning_fresh_luck_is_another_seed():
    trunk = Trunk(run("valley", 5))
    world = fresh(trunk.player, trunk.at(BEGINNING), 17)
    again = trunk.player.start(int(world.state["luck"][0]))
    assert all(one.tobytes() == other.tobytes() for one, other in zip(world, again, strict=True))


def test_the_same_number_gives_the_same_course_and_another_another():
    trunk = Trunk(run("valley", 5))
    past = trunk.at(1200.0)
    ends = [trunk.player.go(fresh(trunk.player, past, number)).chronicle.tobytes() for number in (1, 1, 2)]
    assert ends[0] == ends[1] != ends[2]


def test_a_branch_without_fresh_luck_takes_the_same_course():
    whole = run("valley", 5)
    trunk = Trunk(whole)
    for time in (0.0, 700.0, 3000.0):
        world = trunk.player.go(trunk.at(time))
        rows = world.chronicle[: int(world.state["entries"][0])]
        assert rows.tobytes() == whole.world.chronicle[: len(whole.log)].tobytes()


def test_an_instrument_and_a_pair_in_sight_do_not_change_the_past():
    for name in ("lookout", "hunt", "airlift"):
        whole = run(name, 2)
        trunk, half = Trunk(whole), 0.5 * whole.time
        past = trunk.at(half)
        world = trunk.player.go(fresh(trunk.player, past, 0))
        rows = whole.world.chronicle[: len(whole.log)]
        kept = int((rows["time"] <= half).sum())
        assert int(past.state["entries"][0]) == kept
        assert world.chronicle[:kept].tobytes() == rows[:kept].tobytes()


LAWS = ["valley", "vault", "airlift", "countdown", "couriers", "hunt", "lookout", "quarrel", "rover", "skirmish"]
LAWS += ["spring", "trek", "century", "well", "strike", "cartel", "mill", "lock"]


@pytest.mark.long
@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("share", [0.1, 0.5])
def test_fresh_luck_on_the_way_leaves_the_law_of_the_story_alone(name, share):
    """Play to a moment, let chance fall anew, play on: endings, times and measures have the law of fresh seeds."""
    player = Player(name)
    number = 400
    typical = float(np.median([float(player.play(seed).state["time"][0]) for seed in range(20)]))

    def outcome(world):
        state = world.state[0]
        return [float(state.ending), float(state.time), *engine.measures(player.scenario.program, world).tolist()]

    def plain(seed):
        return outcome(player.play(seed))

    def renewed(seed):
        world = player.go(player.start(seed), share * typical)
        if int(world.state["ending"][0]) < 0:
            world = player.go(fresh(player, up_to_date(player, world), 7))
        return outcome(world)

    ours = np.array(list(in_threads(renewed, range(number))))
    theirs = np.array(list(in_threads(plain, range(10_000, 10_000 + number))))
    for column in range(ours.shape[1]):
        one, other = ours[:, column], theirs[:, column]
        assert stats.ks_2samp(one, other, method="asymp").pvalue > 6e-5, (column, one.mean(), other.mean())
    assert not np.array_equal(ours, np.array([plain(seed) for seed in range(number)]))


def test_copies_are_independent():
    trunk = Trunk(run("valley", 5))
    past = trunk.at(1200.0)
    kept = copy(past)
    trunk.player.go(fresh(trunk.player, past, 3))
    assert all(one.tobytes() == other.tobytes() for one, other in zip(past, kept, strict=True))
