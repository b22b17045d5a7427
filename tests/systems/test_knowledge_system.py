"""Knowledge at work: weights of evidence, roots counted once, trust, marks, staged places (O-10.1, O-10.7)."""

import math

import numpy as np
import pytest
from scipy import stats

from briarpatch.laws import knowledge as laws
from briarpatch.scenario.catalog import load_text
from briarpatch.world import states
from plays import HOUR, STAGE, check_causes, few, go_on, log, play, row, scene, times, told, within

FOLK = """
people:
  ann: { faction: ours, place: here, ANN }
  bob: { faction: ours, place: here, BOB }
  cid: { faction: theirs, place: there }
  dot: { faction: theirs, place: there }
facts: { flood: { prior: 0.01 }, fire: { prior: 0.5, so: false } }
events: { omen: {}, sign: {}, third: {} }
"""


def stage(do, more="", ann="precision: 1", bob="precision: 1", until="1 h", **settings):
    folk = FOLK.replace("ANN", ann).replace("BOB", bob)
    return scene(f'rules: {{ it: {{ when: "true", do: [{do}] }} }}\n{more}', until, folk, **settings)


def credence(scenario, world, who, fact="flood"):
    odds = world.beliefs["odds"][row(scenario, "person", who), row(scenario, "fact", fact)]
    return 1.0 / (1.0 + math.exp(-odds))


def nats(weight, root, who="ann", fact="flood"):
    return f"learn: {{ who: {who}, fact: {fact}, root: {root}, weight: {weight} }}"


# ------------------------------------------------------------------------------------------------ evidence


def test_three_independent_pieces_of_evidence():
    ten = math.log(10.0)
    for order in (("omen", "sign", "third"), ("third", "omen", "sign")):
        scenario = stage(", ".join(nats(ten, root) for root in order))
        assert credence(scenario, play(scenario), "ann") == pytest.approx(0.909918, abs=1e-6)  # O-10.1


def test_the_same_root_counts_once():
    scenario = stage(", ".join([nats(3, "omen")] * 3 + [nats(2, "omen")]))
    world = play(scenario)
    assert world.beliefs["odds"][0, 0] == pytest.approx(math.log(0.01 / 0.99) + 3.0)


def test_evidence_without_a_root_goes_back_to_what_gave_it():
    scenario = stage("learn: { who: ann, fact: flood, weight: 2 }, learn: { who: ann, fact: flood, weight: 2 }")
    assert play(scenario).beliefs["odds"][0, 0] == pytest.approx(math.log(0.01 / 0.99) + 2.0)


def test_a_rumour_by_two_mouths_has_one_root():
    text = (
        nats(5, "omen", "bob")
        + ", tell: { from: bob, to: cid, fact: flood }, tell: { from: bob, to: ann, fact: flood }"
        + ", tell: { from: cid, to: ann, fact: flood }"
    )
    scenario = stage(text)
    world = play(scenario)
    assert world.beliefs["odds"][0, 0] == pytest.approx(math.log(0.01 / 0.99) + 5.0)
    assert told(scenario, world, "told") == [("told", "bob", "cid"), ("told", "bob", "ann")]
    two = stage(text.replace("tell: { from: cid", nats(5, "sign", "cid") + ", tell: { from: cid"))
    assert play(two).beliefs["odds"][0, 0] == pytest.approx(math.log(0.01 / 0.99) + 5.0 + math.log(9.0))


@pytest.mark.parametrize("trust", [0.995, 0.9, 0.6, 0.5, 0.2])
def test_what_is_told_is_worth_no_more_than_the_teller(trust):
    scenario = stage(
        nats(5, "omen", "bob") + ", tell: { from: bob, to: ann, fact: flood }",
        f"bonds: [{{ who: ann, to: bob, trust: {trust} }}]\n",
    )
    worth = min(5.0, max(0.0, math.log(trust / (1.0 - trust))))
    assert play(scenario).beliefs["odds"][0, 0] == pytest.approx(math.log(0.01 / 0.99) + worth, rel=1e-9, abs=1e-9)


def test_what_a_distrusted_teller_said_may_still_be_learned_from_another():
    scenario = stage(
        nats(5, "omen", "bob")
        + ", tell: { from: bob, to: cid, fact: flood }, tell: { from: bob, to: ann, fact: flood }"
        + ", tell: { from: cid, to: ann, fact: flood }",
        "bonds: [{ who: ann, to: bob, trust: 0.4 }, { who: ann, to: cid, trust: 0.9 }]\n",
    )
    world = play(scenario)
    assert world.beliefs["odds"][0, 0] == pytest.approx(math.log(0.01 / 0.99) + math.log(9.0))
    assert int(world.beliefs["told_by"][0, 0]) == 2


def test_telling_nothing_changes_nothing():
    scenario = stage("tell: { from: bob, to: ann, fact: flood }, tell: { from: bob, to: bob, fact: flood }")
    world = play(scenario)
    assert log(scenario, world, "told", "learned", "suspected") == []
    assert (world.beliefs["roots"] == 0).all()


def test_a_side_is_told_and_learns_as_one():
    scenario = stage(nats(9, "omen", "theirs") + ", tell: { from: cid, to: ours, fact: flood }")
    world = play(scenario)
    assert [entry.subject for entry in log(scenario, world, "learned")] == ["cid", "dot"]
    assert [entry.object for entry in log(scenario, world, "told")] == ["ann", "bob"]


def test_the_dead_neither_learn_nor_tell_nor_know():
    scenario = stage(
        "kill: ann, " + nats(9, "omen", "ours") + ", tell: { from: bob, to: ann, fact: flood }, "
        "reveal: { fact: fire, at: here }, { kill: bob, after: 1 min }, { tell: { from: bob, to: cid, fact: flood }, after: 2 min }",
        "",
    )
    world = play(scenario)
    assert world.beliefs["roots"][0].tolist() == [0, 0]
    assert [entry.subject for entry in log(scenario, world, "learned")] == ["bob", "bob"]
    assert log(scenario, world, "told") == []


def test_who_died_no_longer_counts_among_those_who_know():
    text = """
rules:
  it: { when: "true", do: [learn: { who: bob, fact: flood, weight: 9 }, { kill: bob, after: 5 min }] }
  few: { when: "happened(it) && knowers(flood) == 0" }
  none: { when: "happened(it) && !known_in(ours, flood)" }
"""
    scenario = scene(text, "1 h", FOLK.replace("ANN", "").replace("BOB", ""))
    world = play(scenario)
    assert (times(scenario, world, "few"), times(scenario, world, "none")) == ([300.0], [300.0])


# ------------------------------------------------------------------------------------------------ marks


def test_marks_of_belief_are_written_once_each():
    scenario = stage(
        f"{nats(2, 'omen')}, {nats(3, 'sign')}, {nats(2, 'third')}, {nats(-9, 'ann')}, {nats(20, 'bob')}",
        "",
    )
    world = play(scenario)
    assert [
        (entry.kind, entry.subject, entry.object) for entry in log(scenario, world, "suspected", "learned", "doubted")
    ] == [
        ("suspected", "ann", "flood"),
        ("learned", "ann", "flood"),
        ("doubted", "ann", "flood"),
        ("learned", "ann", "flood"),
    ] or told(scenario, world, "suspected", "learned", "doubted")[0][0] == "suspected"
    check_causes(world)


def test_conditions_on_belief_turn_when_belief_does():
    text = """
  knows: { when: "knows(ann, flood)" }
  thinks: { when: "believes(ann, flood)" }
  third: { when: "credence(ann, flood) > 0.3" }
"""
    scenario = scene(
        'rules:\n  it: { when: "true", do: [%s, { %s, after: 10 min }, { %s, after: 20 min }] }\n%s'
        % (nats(4, "omen"), nats(1.5, "sign"), nats(3, "third"), text.replace("third:", "likely:")),
        "1 h",
        FOLK.replace("ANN", "").replace("BOB", ""),
    )
    world = play(scenario)
    assert {rule: times(scenario, world, rule) for rule in ("likely", "thinks", "knows")} == {
        "likely": [0.0],
        "thinks": [600.0],
        "knows": [1200.0],
    }
    assert float(world.beliefs["since"][0, 0]) == 1200.0
    check_causes(world)


def test_learning_rests_on_what_taught():
    scenario = stage(nats(9, "omen", "bob") + ", { tell: { from: bob, to: ann, fact: flood }, after: 1 min }")
    world = play(scenario)
    entries = log(scenario, world)
    learned = [entry for entry in entries if entry.kind == "suspected" or entry.kind == "learned"]
    assert entries[learned[0].cause].kind == "rule"
    assert entries[learned[-1].cause].kind == "told"
    check_causes(world)


def test_what_people_start_with():
    scenario = stage("tell: { from: ann, to: cid, fact: flood }", ann="knows: [flood]", bob="believes: { flood: 0.7 }")
    world = scenario.world(1)
    assert (world.beliefs["known"][:2, 0] == [1, 0]).all()
    assert credence(scenario, world, "bob") == pytest.approx(0.7)
    world = play(scenario)
    assert world.beliefs["odds"][2, 0] == pytest.approx(math.log(0.01 / 0.99) + math.log(9.0))


@pytest.mark.parametrize(("at", "learns"), [("here", ["ann"]), ("tug", ["bob"])])
def test_reveal_teaches_whoever_is_at_a_place_and_nobody_aboard_what_lies_there(at, learns):
    folk = (
        FOLK.replace("ANN", "")
        .replace("place: here, BOB", "place: tug")
        .replace("facts:", "vessels: { tug: { faction: ours, at: here } }\nfacts:")
    )
    rule = f'rules: {{ it: {{ when: "true", do: [reveal: {{ fact: flood, at: {at}, weight: 9 }}] }} }}'
    scenario = scene(rule, "1 h", folk)
    assert [entry.subject for entry in log(scenario, play(scenario), "learned")] == learns


def test_facts_become_true_and_untrue():
    scenario = scene(
        'rules:\n  it: { when: "true", do: [become: fire, become: fire, { become: { fact: fire, so: false }, after: 5 min }] }\n'
        '  burns: { when: "holds(fire)" }\n  over: { when: "!holds(fire) && happened(burns)" }\n',
        "1 h",
        FOLK.replace("ANN", "").replace("BOB", ""),
    )
    world = play(scenario)
    assert told(scenario, world, "came true", "came untrue") == [("came true", "", "fire"), ("came untrue", "", "fire")]
    assert (times(scenario, world, "burns"), times(scenario, world, "over")) == ([0.0], [300.0])


def test_log_odds_stay_bounded():
    scenario = stage(", ".join(nats(50, root) for root in ("omen", "sign", "third")))
    world = play(scenario)
    assert float(world.beliefs["odds"][0, 0]) == 50.0
    assert np.isfinite(world.beliefs["odds"]).all()


# ------------------------------------------------------------------------------------------------ staged places


def pretence(density="0.2/s", habituation="", people=1, fact="", until="1 h", start="set", extra=""):
    """Return a scenario of people in a place that pretends to be another."""
    names = [f"p{i}" for i in range(people)]
    folk = "people:\n" + "".join(f"  {name}: {{ faction: ours, place: {start} }}\n" for name in names)
    stage_ = STAGE.replace(
        "factions:",
        f"  set: {{ map: ground, at: [0 m, 0 m], pretends: {{ of: there, density: {density} {habituation} {fact} }} }}\nfactions:",
    )
    facts = "facts: { sham: {}, news: { prior: 0.5 } }\n"
    return load_text(f"scenario: {{ title: a test, until: {until} }}\n" + stage_ + folk + facts + extra)


def noticed(scenario, n):
    found = []
    for seed in range(n):
        entries = log(scenario, play(scenario, seed), "noticed")
        found.append(entries[0].time if entries else math.inf)
    return np.array(found)


@pytest.mark.parametrize(("people", "never"), [(1, 0.367879), (5, 0.006738)])
def test_habituation_leaves_some_pretences_unnoticed(people, never):
    n = few(2000)
    found = noticed(pretence("0.2/s", ", habituation: 5 s", people), n)  # O-10.7
    assert within(np.isinf(found).mean(), never, n)


def test_the_moment_of_noticing_follows_its_law():
    n = few(1000)
    found = noticed(pretence("0.001/s", ", habituation: 20 min", 2), n)
    late = found[np.isfinite(found)]
    exposures = 2 * 0.001 * 1200.0 * -np.expm1(-late / 1200.0)
    whole = 2 * 0.001 * 1200.0 * -math.expm1(-HOUR / 1200.0)
    assert stats.kstest(-np.expm1(-exposures) / -math.expm1(-whole), "uniform").pvalue > 1e-4


def test_without_habituation_noticing_is_exponential():
    n = few(1000)
    found = noticed(pretence("0.2/s", "", 4), n)
    assert within((found > 3.0).mean(), 0.090718, n)  # O-10.7
    assert stats.kstest(found, stats.expon(scale=1.0 / 0.8).cdf).pvalue > 1e-4


def test_a_perfect_pretence_and_an_empty_one_are_never_noticed():
    assert np.isinf(noticed(pretence("0/s"), 20)).all()
    assert np.isinf(noticed(pretence("5/s", start="here"), 20)).all()


def test_looking_in_more_often_changes_neither_law_nor_moment():
    away = 'rules: { away: { when: "true", do: [place: { who: p9, to: here }] } TICK }\n'
    tick = ', tick: { when: "true", rate: 10/min, do: [place: { who: p9, to: here }] }'
    once, often = (
        pretence("0.001/s", ", habituation: 20 min", 10, extra=away.replace("TICK", more)) for more in ("", tick)
    )
    for seed in range(20):
        first, second = (log(s, play(s, seed), "noticed") for s in (often, once))
        assert [e.subject for e in first] == [e.subject for e in second]
        assert [e.time for e in first] == pytest.approx([e.time for e in second], rel=1e-9)


def test_who_notices_does_not_depend_on_the_order_of_people():
    scenario = pretence("0.01/s", "", 4)
    world = scenario.world(3)
    first = log(scenario, play(scenario, 3), "noticed")[0]

    def swap(world):
        for table in (world.people, world.minds):
            table[[0, 3]] = table[[3, 0]].copy()

    second = log(scenario, play(scenario, 3, prepare=swap), "noticed")[0]
    renamed = {"p0": "p3", "p3": "p0"}
    assert (second.time, second.subject) == (first.time, renamed.get(first.subject, first.subject))
    del world


def test_everybody_notices_in_proportion_to_their_attention():
    scenario = pretence("1/s", "", 3)

    def attend(world):
        world.minds["alert"][:] = [1.0, 2.0, 0.0]

    n = few(1000)
    who = [log(scenario, play(scenario, seed, prepare=attend), "noticed")[0].subject for seed in range(n)]
    assert within(np.mean(np.array(who) == "p1"), 2.0 / 3.0, n)
    assert "p2" not in who


def test_company_that_comes_and_goes_is_exposed_only_while_there():
    extra = """
rules:
  in: { when: "true", do: [{ place: { who: p0, to: set }, after: 10 min }, { place: { who: p0, to: here }, after: 20 min }, { place: { who: p0, to: set }, after: 50 min }] }
"""
    found = noticed(pretence("0.001/s", "", start="here", extra=extra), few(600))
    late = found[np.isfinite(found)]
    assert (((late >= 600) & (late <= 1200)) | (late >= 3000)).all()
    assert within(np.isinf(found).mean(), math.exp(-1.2), len(found))


def test_habituation_starts_afresh_with_the_next_company():
    extra = """
rules:
  in: { when: "true", do: [{ place: { who: p0, to: here }, after: 20 min }, { place: { who: p0, to: set }, after: 50 min }] }
"""
    n = few(600)
    found = noticed(pretence("0.001/s", ", habituation: 5 min", extra=extra), n)
    exposure = 0.3 * -math.expm1(-4.0) + 0.3 * -math.expm1(-2.0)
    assert within(np.isinf(found).mean(), math.exp(-exposure), n)


def test_death_ends_attention():
    extra = 'rules: { fall: { when: "true", do: [{ kill: p0, after: 10 min }] } }\n'
    found = noticed(pretence("0.001/s", extra=extra), few(600))
    assert (found[np.isfinite(found)] <= 600.0).all()
    assert within(np.isinf(found).mean(), math.exp(-0.6), len(found))


TAUGHT = """
events: { word: {}, staging: {} }
bonds: [{ who: p1, to: p0, trust: 0.999 }]
rules:
  before: { when: "true", do: [learn: { who: p0, fact: news, weight: 1.5, root: word }] }
  show: { when: "true", do: [{ place: { who: p0, to: set }, after: 1 min }, { learn: { who: p0, fact: news, weight: 4, root: staging }, after: 2 min }] }
  look: { when: seen_through(set) }
"""


def test_noticing_takes_back_what_was_learned_there_and_only_that():
    scenario = pretence("0/s", fact=", fact: sham", people=2, start="here", extra=TAUGHT)
    world, _ = go_on(scenario, scenario.world(1), 300.0)
    news, sham = row(scenario, "fact", "news"), row(scenario, "fact", "sham")
    assert world.beliefs["odds"][0, news] == pytest.approx(5.5)
    assert world.beliefs["known"][0, news] == 1
    world.staged["density"][0] = 10.0
    world.due["next"][states.KNOWLEDGE] = 300.0
    world, _ = go_on(scenario, world)
    assert world.staged["noticed"][0] == 1
    assert world.beliefs["odds"][0, news] == pytest.approx(1.5)
    assert bin(int(world.beliefs["roots"][0, news])).count("1") == 1
    assert world.beliefs["staged"][0, news] == 0
    assert (world.beliefs["known"][0, sham], world.beliefs["known"][1, sham]) == (1, 0)
    assert len(times(scenario, world, "look")) == 1
    check_causes(world)


def test_disbelieving_a_place_takes_back_what_was_learned_there():
    text = TAUGHT.replace(
        "after: 2 min }]",
        "after: 2 min }, { disbelieve: { who: p0, place: here }, after: 3 min }, { disbelieve: { who: p0, place: set }, after: 4 min }]",
    )
    scenario = pretence("0/s", people=2, start="here", extra=text)
    news = row(scenario, "fact", "news")
    assert play(scenario, until=200.0).beliefs["odds"][0, news] == pytest.approx(5.5)
    assert play(scenario).beliefs["odds"][0, news] == pytest.approx(1.5)


def test_what_is_learned_after_noticing_is_not_taken_back():
    scenario = pretence(
        "10/s",
        fact=", fact: sham",
        extra="rules: { it: { when: seen_through(set), do: [{ disbelieve: { who: p0, place: set }, after: 5 min }] } }\n",
    )
    world = play(scenario)
    assert world.beliefs["known"][0, row(scenario, "fact", "sham")] == 1


def test_the_law_of_noticing_agrees_with_the_closed_form():
    assert laws.noticing_exposure(1.0, 5.0, 0.2, 5.0, 0.0, math.inf) == pytest.approx(5.0)


# ------------------------------------------------------------------------------------------------ of others' knowing


def asking(rules, text=""):
    return scene(
        "facts: { flood: { told: it floods }, plot: {} }\n"
        f"rules: {{ {rules}, ask: {{ when: 'thinks_knows(ann, bob, flood) || thinks_knows(bob, ann, flood)', do: [] }} }}\n{text}"
    )


def insight(scenario, world, who, of):
    """Return whether one takes it that another knows of the flood."""
    for insight in world.insights:
        if insight.who == row(scenario, "person", who) and insight.of == row(scenario, "person", of):
            return bool(insight.known)
    raise AssertionError((who, of))


def test_room_is_made_for_what_is_asked_only():
    assert len(scene("facts: { flood: {} }").world(1).insights) == 0
    scenario = asking('x: { when: "true", do: [] }')
    assert len(scenario.world(1).insights) == 2


def test_teller_and_told_each_take_it_that_the_other_knows():
    scenario = asking(
        'x: { when: "true", do: [learn: { who: ann, fact: flood }, tell: { from: ann, to: bob, fact: flood }] }'
    )
    world = play(scenario)
    assert insight(scenario, world, "ann", "bob")
    assert insight(scenario, world, "bob", "ann")
    supposed = told(scenario, world, "supposed")
    assert supposed == [("supposed", "ann", "bob"), ("supposed", "bob", "ann")]
    check_causes(world)


def test_learning_alone_tells_nobody_what_one_knows():
    scenario = asking('x: { when: "true", do: [learn: { who: ours, fact: flood }] }')
    world = play(scenario)
    assert not insight(scenario, world, "ann", "bob")
    assert world.beliefs[row(scenario, "person", "bob"), 0].known


def test_those_who_see_a_thing_together_know_that_the_other_saw_it():
    scenario = asking('x: { when: "true", do: [reveal: { fact: flood, at: here }] }')
    world = play(scenario)
    assert insight(scenario, world, "ann", "bob")
    apart = asking(
        'x: { when: "true", do: [place: { who: bob, to: there }] }, y: { when: time() > "1 h", do: [reveal: { fact: flood, at: here }] }'
    )
    world = play(apart)
    assert not insight(apart, world, "ann", "bob")


def test_suppositions_are_held_from_the_start_and_argued_with():
    text = "suppositions: [{ who: ann, of: bob, fact: flood, chance: 0.95 }]"
    scenario = asking(
        'x: { when: time() > "1 h", do: [suppose: { who: ann, of: bob, fact: flood, weight: -3 }] }', text
    )
    world = scenario.world(1)
    assert insight(scenario, world, "ann", "bob")
    world = play(scenario)
    assert not insight(scenario, world, "ann", "bob")
    assert told(scenario, world, "no longer supposed") == [("no longer supposed", "ann", "bob")]
    assert not insight(scenario, world, "bob", "ann")


def test_the_dead_suppose_nothing_and_telling_nothing_shows_nothing():
    dead = asking('x: { when: "true", do: [kill: ann, suppose: { who: ann, of: bob, fact: flood }] }')
    assert not insight(dead, play(dead), "ann", "bob")
    empty = asking('x: { when: "true", do: [tell: { from: ann, to: bob, fact: flood }] }')
    assert not insight(empty, play(empty), "ann", "bob")


# ------------------------------------------------------------------------------------------------ faces


@pytest.mark.parametrize("burden", [0.0, 0.4, 2.9, 3.0, 40.0])
@pytest.mark.parametrize("weight", [3.0, -3.0])
def test_what_a_face_shows_loses_what_treatment_has_cost_it(burden, weight):
    """The likelihood ratio is multiplied by e^-s, down to a face that says nothing."""
    seen = f"learn: {{ who: ann, fact: flood, face: bob, weight: {weight} }}"
    world = play(stage(seen, bob=f"burden: {burden}"))
    left = math.copysign(max(3.0 - burden, 0.0), weight)
    assert world.beliefs["odds"][0, 0] == pytest.approx(math.log(0.01 / 0.99) + left)


def test_a_face_past_recognising_leaves_its_root_for_better_evidence():
    seen = "learn: { who: ann, fact: flood, root: omen, face: bob, weight: 3 }"
    for burden, gained in ((5, 1.5), (1, 2.0)):
        scenario = stage(f"{seen}, {nats(1.5, 'omen')}", bob=f"burden: {burden}")
        assert play(scenario).beliefs["odds"][0, 0] == pytest.approx(math.log(0.01 / 0.99) + gained)


def test_the_face_of_one_who_is_treated_fades_with_the_years():
    life = "life: { treatment_burden: 0.02/year, burden_fades: 0.02/year, accidents: 0/year, modal_age: 900 years }"
    rules = 'rules: { it: { when: "true", after: { gamma: { mean: 40 y, shape: 1000000 } }, do: [DO] } }'.replace(
        "DO", "learn: { who: ann, fact: flood, face: bob, weight: 3 }"
    )
    folk = FOLK.replace("ANN", "precision: 1").replace("BOB", "age: 20 years, treatment: 1")
    world = play(scene(f"{rules}\n{life}", "41 y", folk))
    gained = world.beliefs["odds"][0, 0] - math.log(0.01 / 0.99)
    assert gained == pytest.approx(3.0 - (1.0 - math.exp(-0.8)), abs=2e-3)
