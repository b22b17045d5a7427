"""Command at work: choices by logit, deliberation, orders and answers, office and succession, persuasion, custody."""

import math

import numpy as np
import pytest
from scipy import stats

from briarpatch import ScenarioError
from briarpatch.world import states
from plays import DAY, check_causes, few, go_on, log, play, row, scene, times, told, within

CREW = """
people:
  ann: { faction: ours, place: here }
  bob: { faction: ours, place: here, superior: ann }
  cid: { faction: ours, place: here, superior: bob }
  dot: { faction: theirs, place: there }
crowds: { folk: { count: 5, faction: theirs, place: there, home: there } }
values: { duty: what one owes, care: what one likes }
"""


def stage(text, until="10 h", **settings):
    return scene(text, until, CREW, **settings)


def force(scenario, option):
    """Return what fixes an option from outside."""
    decision = option.rpartition(".")[0]

    def prepare(world):
        world.decisions_state["forced"][row(scenario, "decision", decision)] = row(scenario, "option", option)

    return prepare


def ask(scenario, *decisions):
    """Return what lets somebody outside choose."""

    def prepare(world):
        for decision in decisions:
            world.decisions_state["outside"][row(scenario, "decision", decision)] = 1

    return prepare


# ------------------------------------------------------------------------------------------------ choices


MANY = 300


def choices(options, n=2, who=None, extra="", head="", many=MANY):
    """Return the option taken in each of `many` equal questions put to one person each, in each of `n` worlds."""
    names = [f"p{i}" for i in range(many)]
    folk = "people:\n" + "".join(f"  {name}: {{ faction: ours, place: here, {who or ''} }}\n" for name in names)
    text = f"""
values: {{ duty: what one owes, care: what one likes }}
{extra}
decisions:
  x.act:
    question: what now
    each: {{ x: [{", ".join(names)}] }}
    when: "true"
    options: {{ {options} }}
"""
    scenario = scene(text, "1 h", folk, head)
    found = []
    for seed in range(n):
        found += [entry.object.rpartition(".")[2] for entry in log(scenario, play(scenario, seed), "chose")]
    return np.array(found)


def softmax(utilities, sharpness=1.0):
    weights = np.exp(sharpness * np.array(utilities))
    return weights / weights.sum()


def test_choices_are_logit():
    found = choices("a: { told: a, base: 1 }, b: { told: b, base: 0 }, c: { told: c, base: -1 }", n=few(16))
    for option, p in zip("abc", (0.665241, 0.244728, 0.090031), strict=True):  # O-11.1
        assert within((found == option).mean(), p, len(found))


def test_values_weigh_terms_and_sharpness_scales_them():
    options = 'a: { told: a, utility: { duty: "1", care: "-0.5" } }, b: { told: b, utility: { care: "1" } }'
    found = choices(options, n=few(8), who="values: { duty: 2, care: 1 }, precision: 0.5")
    assert within((found == "a").mean(), softmax([1.5, 1.0], 0.5)[0], len(found))


def test_a_decision_may_have_a_sharpness_of_its_own():
    options = "a: { told: a, base: 1 }, b: { told: b, base: 0 }"
    text = 'decisions: { ann.act: { question: q, when: "true", precision: 1000, options: { %s } } }' % options
    scenario = stage(text)
    taken = {entry.object for seed in range(20) for entry in log(scenario, play(scenario, seed), "chose")}
    assert taken == {"ann.act.a"}


def test_utilities_read_the_deciders_own_beliefs():
    options = 'a: { told: a, utility: { duty: "4 * credence(self, flood)" } }, b: { told: b, utility: { duty: "2" } }'
    found = choices(
        options,
        n=few(40),
        who="values: { duty: 1 }, believes: { flood: 0.25 }",
        extra="facts: { flood: { prior: 0.9 } }",
        many=60,  # each holds it by evidence of their own, of which there may be 64
    )
    assert within((found == "a").mean(), softmax([1.0, 2.0])[0], len(found))


def test_closed_options_are_never_taken_and_the_rest_share():
    options = 'a: { told: a, open: "false" }, b: { told: b, base: 1 }, c: { told: c, open: "time() < \'1 h\'" }'
    found = choices(options, n=few(8))
    assert not (found == "a").any()
    assert within((found == "b").mean(), softmax([1.0, 0.0])[0], len(found))


def test_a_question_without_an_open_answer_lapses():
    text = 'decisions: { ann.act: { question: q, when: "true", options: { a: { told: a, open: "false" } } } }'
    scenario = stage(text)
    assert log(scenario, play(scenario), "chose") == []
    assert log(scenario, play(scenario, prepare=ask(scenario, "ann.act")), "chose") == []


def test_the_same_question_has_the_same_answer_whatever_the_other_options_of_other_questions():
    text = 'decisions: { ann.act: { question: q, when: "true", options: { a: { told: a }, b: { told: b } } } %s }'
    more = ', bob.act: { question: q, when: "true", options: { a: { told: a }, b: { told: b }, c: { told: c } } }'
    few_, many = stage(text % ""), stage(text % more)
    for seed in range(20):
        taken = [entry.object for entry in log(few_, play(few_, seed), "chose")]
        assert taken == [entry.object for entry in log(many, play(many, seed), "chose") if entry.subject == "ann"]


def test_a_forced_option_is_taken_and_a_closed_one_is_not():
    text = 'decisions: { ann.act: { question: q, when: "true", options: { a: { told: a, base: 50 }, b: { told: b }, c: { told: c, open: "false" } } } }'
    scenario = stage(text)
    for option, taken in (("b", "b"), ("a", "a"), ("c", "a")):
        world = play(scenario, prepare=force(scenario, f"ann.act.{option}"))
        assert [entry.object for entry in log(scenario, world, "chose")] == [f"ann.act.{taken}"]


OUTSIDE = """
events: { after: {} }
decisions:
  ann.act:
    question: q
    when: "time() >= '1 h'"
    takes: 10 min
    options: { a: { told: a, base: 50, do: [mark: after] }, b: { told: b }, c: { told: c, open: "false" } }
"""


def test_somebody_outside_is_waited_for():
    scenario = stage(OUTSIDE)
    world = scenario.world(1)
    ask(scenario, "ann.act")(world)
    world, status = go_on(scenario, world)
    assert status == states.WAITING_FOR_CHOICE
    assert float(world.state["time"][0]) == pytest.approx(4200.0, abs=1e-4)
    assert go_on(scenario, world)[1] == states.WAITING_FOR_CHOICE
    decision = row(scenario, "decision", "ann.act")
    assert int(world.state["waiting"][0]) == decision
    world.decisions_state["forced"][decision] = row(scenario, "option", "ann.act.c")  # a closed option is no answer
    assert go_on(scenario, world)[1] == states.WAITING_FOR_CHOICE
    assert int(world.decisions_state["forced"][decision]) == -1
    world.decisions_state["forced"][decision] = row(scenario, "option", "ann.act.b")
    world, status = go_on(scenario, world)
    assert status == states.FINISHED
    assert [entry.object for entry in log(scenario, world, "chose")] == ["ann.act.b"]


def test_an_answer_from_outside_is_worth_the_same_as_a_forced_one():
    scenario = stage(OUTSIDE + "rules: { bell: { when: chose(ann.act.b), rate: 1/h, once: true } }\n")
    world = scenario.world(1)
    ask(scenario, "ann.act")(world)
    world, _ = go_on(scenario, world)
    world.decisions_state["forced"][0] = row(scenario, "option", "ann.act.b")
    world, _ = go_on(scenario, world)
    assert log(scenario, world) == log(scenario, play(scenario, prepare=force(scenario, "ann.act.b")))


def test_two_questions_from_outside_at_one_instant_are_answered_in_turn():
    text = """
decisions:
  ann.act: { question: q, when: "true", options: { a: { told: a }, b: { told: b } } }
  bob.act: { question: q, when: "true", options: { a: { told: a }, b: { told: b } } }
  cid.act: { question: q, when: "true", options: { a: { told: a } } }
"""
    scenario = stage(text)
    world = scenario.world(1)
    ask(scenario, "ann.act", "bob.act")(world)
    asked = []
    while True:
        world, status = go_on(scenario, world)
        if status != states.WAITING_FOR_CHOICE:
            break
        waiting = int(world.state["waiting"][0])
        asked.append(waiting)
        world.decisions_state["forced"][waiting] = int(scenario.program.decisions["first"][waiting]) + 1
    assert status == states.FINISHED
    assert asked == [0, 1]
    assert sorted(entry.object for entry in log(scenario, world, "chose")) == ["ann.act.b", "bob.act.b", "cid.act.a"]


def test_deliberation_takes_its_time():
    found = []
    text = 'decisions: { ann.act: { question: q, when: "true", takes: { gamma: { mean: 30 min, shape: 2 } }, options: { a: { told: a } } } }'
    scenario = stage(text, "100 h")
    for seed in range(few(400)):
        found += [entry.time for entry in log(scenario, play(scenario, seed), "chose")]
    assert len(found) == few(400)
    assert stats.kstest(found, stats.gamma(2, scale=900.0).cdf).pvalue > 1e-4


DELIBERATES = """
gauges: { door: { start: 1 } }
rules:
  shut: { when: "true", do: [{ set: { gauge: door, to: 0 }, after: 10 min }, { set: { gauge: door, to: 1 }, after: 30 min }] }
decisions:
  ann.act: { question: q, when: door == 1, takes: 20 min, options: { a: { told: a } } }
"""


def test_a_question_is_dropped_when_its_occasion_passes():
    scenario = stage(DELIBERATES)
    assert [entry.time for entry in log(scenario, play(scenario), "chose")] == [3000.0]


def test_a_question_that_comes_up_again_is_thought_over_anew():
    text = """
decisions:
  ann.act: { question: q, when: "time() % '2 h' < '1 h'", takes: { gamma: { mean: 1 h, shape: 1 } }, options: { a: { told: a } } }
"""
    scenario, n = stage(text, "7.5 h"), few(400)
    never = sum(not log(scenario, play(scenario, seed), "chose") for seed in range(n))
    assert within(never / n, math.exp(-4.0), n)  # four hours in all, at one an hour, with a new time on each occasion


def test_the_dead_decide_nothing():
    text = """
rules: { fall: { when: "true", do: [{ kill: ann, after: 10 min }] } }
decisions:
  ann.act: { question: q, when: "true", takes: 20 min, options: { a: { told: a } } }
  ann.late: { question: q, when: happened(fall), takes: 30 min, options: { a: { told: a } } }
"""
    scenario = stage(text)
    assert log(scenario, play(scenario), "chose") == []


def test_a_question_that_repeats_is_asked_again_with_new_luck():
    text = """
decisions:
  ann.act: { question: q, when: "time() % '1 h' < '10 min'", repeat: true, options: { a: { told: a }, b: { told: b } } }
"""
    scenario = stage(text, "9.5 h")
    taken = [entry.object for seed in range(few(40)) for entry in log(scenario, play(scenario, seed), "chose")]
    assert len(taken) == 10 * few(40)
    assert within(np.mean(np.array(taken) == "ann.act.a"), 0.5, len(taken))


def test_those_who_decide_at_the_same_instant_do_not_see_one_another():
    text = """
decisions:
  ann.act: { question: q, when: "true", options: { a: { told: a } } }
  bob.act: { question: q, when: "true", options: { seen: { told: seen, open: "decided(ann.act)" }, unseen: { told: unseen, base: -50 } } }
"""
    scenario = stage(text)
    assert ("chose", "bob", "bob.act.unseen") in told(scenario, play(scenario), "chose")


def test_a_suppressed_question_is_never_asked_even_when_time_is_up():
    scenario = stage(OUTSIDE)
    world = scenario.world(1)
    world, _ = go_on(scenario, world, 3900.0)  # it is being deliberated
    world.decisions_state["suppressed"][0] = 1
    world, status = go_on(scenario, world)
    assert status == states.FINISHED
    assert log(scenario, world, "chose") == []


def test_a_utility_that_is_no_number_stops_the_world():
    text = 'gauges: { zero: {} }\ndecisions: { ann.act: { question: q, when: "true", options: { a: { told: a, utility: { duty: "hour() / (hour() - hour())" } } } } }'
    scenario = scene(text, "1 h", CREW.replace("ann: {", "ann: { values: { duty: 1 },"))
    world, status = go_on(scenario, scenario.world(1))
    assert status == states.BROKEN
    assert int(world.state["broken"][0]) == states.NUMBER_GUARD


def test_a_choice_has_its_effects_and_causes():
    scenario = stage(OUTSIDE + "rules: { bell: { when: happened(after) } }\n")
    world = play(scenario)
    entries = log(scenario, world)
    check_causes(world)
    chose = next(entry for entry in entries if entry.kind == "chose")
    assert next(entry for entry in entries if entry.kind == "marked").cause == chose.number
    assert times(scenario, world, "bell") == [chose.time]


# ------------------------------------------------------------------------------------------------ orders


ORDERS = """
orders: { climb: { passes: PASSES } }
rules:
  go: { when: "true", do: [order: { from: dot, to: ann, order: climb }] }
"""
ANSWER = """
decisions:
  bob.climb:
    question: climb
    answers: climb
    when: ordered(self, climb)
    takes: 5 min
    options: { it: { told: so, response: RESPONSE } }
"""


def test_an_order_is_obeyed_by_whoever_has_no_say():
    scenario = stage(ORDERS.replace("PASSES", "false"))
    world = play(scenario)
    assert told(scenario, world, "ordered", "obeyed", "passed on") == [
        ("ordered", "dot", "climb"),
        ("obeyed", "ann", "climb"),
    ]
    check_causes(world)


def test_an_order_passes_down_the_chain():
    scenario = stage(ORDERS.replace("PASSES", "true"))
    world = play(scenario)
    assert told(scenario, world, "ordered", "obeyed", "passed on") == [
        ("ordered", "dot", "climb"),
        ("obeyed", "ann", "climb"),
        ("passed on", "ann", "climb"),
        ("obeyed", "bob", "climb"),
        ("passed on", "bob", "climb"),
        ("obeyed", "cid", "climb"),
    ]
    assert world.orders_state["depth"][:3, 0].tolist() == [0, 1, 2]
    entries = log(scenario, world)
    for entry in entries:
        if entry.kind in ("obeyed", "passed on"):
            assert entries[entry.cause].kind in ("ordered", "passed on", "obeyed")


@pytest.mark.parametrize(
    ("response", "kind", "goes_on"),
    [
        ("obey", "obeyed", True),
        ("voice", "voiced", True),
        ("delay", "delayed", False),
        ("refuse", "refused", False),
        ("oppose", "opposed", False),
        ("none", None, False),
    ],
)
def test_answers_to_an_order(response, kind, goes_on):
    scenario = stage(ORDERS.replace("PASSES", "true") + ANSWER.replace("RESPONSE", response))
    world = play(scenario)
    kinds = ("obeyed", "voiced", "delayed", "refused", "opposed")
    found = [entry for entry in log(scenario, world, *kinds) if entry.subject == "bob"]
    assert [entry.kind for entry in found] == ([kind] if kind else [])
    assert all(entry.time == 300.0 for entry in found)
    assert [entry.subject for entry in log(scenario, world, *kinds)[2:]] == (["cid"] if goes_on else [])


def test_conditions_see_what_became_of_an_order():
    text = ORDERS.replace("PASSES", "true") + ANSWER.replace("RESPONSE", "refuse")
    text = text.replace(
        "rules:\n",
        """rules:
  no: { when: "refused(bob, climb)" }
  yes: { when: "obeyed(ann, climb)" }
  got: { when: "ordered(bob, climb)" }
  never: { when: "ordered(cid, climb)" }
""",
    )
    scenario = stage(text)
    world = play(scenario)
    assert {rule: times(scenario, world, rule) for rule in ("no", "yes", "got", "never")} == {
        "no": [300.0],
        "yes": [0.0],
        "got": [0.0],
        "never": [],
    }


def test_somebody_who_has_answered_for_good_stands_by_it():
    text = ORDERS.replace("PASSES", "true") + ANSWER.replace("RESPONSE", "refuse")
    text = text.replace(
        "order: climb }]", "order: climb }, { order: { from: dot, to: bob, order: climb }, after: 1 h }]"
    )
    scenario = stage(text)
    world = play(scenario)
    assert [(entry.time, entry.subject) for entry in log(scenario, world, "refused")] == [
        (300.0, "bob"),
        (3600.0, "bob"),
    ]


def test_a_question_that_an_experiment_took_away_leaves_obedience():
    scenario = stage(ORDERS.replace("PASSES", "true") + ANSWER.replace("RESPONSE", "refuse"))

    def suppress(world):
        world.decisions_state["suppressed"][0] = 1

    assert ("obeyed", "cid", "climb") in told(scenario, play(scenario, prepare=suppress), "obeyed")


def test_orders_do_not_pass_to_the_dead_or_those_out_of_office():
    for verb in ("resign: bob", "relieve: bob", "kill: bob"):
        text = ORDERS.replace("PASSES", "true").replace("do: [order", f"do: [{verb}, order")
        scenario = stage(text)
        assert [entry.subject for entry in log(scenario, play(scenario), "obeyed")] == ["ann"]


# ------------------------------------------------------------------------------------------------ office


SHIP = """
vessels:
  tug: { faction: ours, at: here }
  boat: { faction: ours, at: here }
people:
  ann: { faction: ours, place: tug, commands: tug }
  bob: { faction: ours, place: tug, superior: ann }
  cid: { faction: ours, place: tug, superior: bob }
  dot: { faction: ours, place: here, superior: ann }
"""


def ship(do, more=""):
    scenario = scene(f'rules: {{ it: {{ when: "true", do: [{do}] }} {more} }}\n', "1 h", SHIP)
    world = play(scenario)
    check_causes(world)
    return scenario, world


@pytest.mark.parametrize(
    ("do", "kind"), [("resign: ann", "resigned"), ("relieve: ann", "relieved"), ("kill: ann", "died")]
)
def test_the_next_in_the_chain_who_is_aboard_succeeds(do, kind):
    scenario, world = ship(do)
    assert told(scenario, world, kind, "appointed") == [(kind, "ann", ""), ("appointed", "bob", "tug")]
    assert int(world.vessels["captain"][0]) == 1
    assert world.minds["post"].tolist() == [-1, 0, -1, -1]
    assert log(scenario, world)[log(scenario, world, "appointed")[0].cause].kind == kind


def test_nobody_succeeds_who_is_ashore_dead_held_or_out_of_office():
    for before in ("place: { who: bob, to: here }", "kill: bob", "capture: { who: bob, by: theirs }", "resign: bob"):
        scenario, world = ship(f"{before}, resign: ann")
        assert log(scenario, world, "appointed") == []
        assert int(world.vessels["captain"][0]) == -1


def test_a_new_commander_leaves_the_old_command():
    scenario, world = ship(
        "appoint: { who: ann, vessel: boat }", ", yes: { when: 'commands(ann, boat) && !commands(ann, tug)' }"
    )
    assert world.vessels["captain"].tolist() == [-1, 0]
    assert int(world.minds["post"][0]) == 1
    assert times(scenario, world, "yes") == [0.0]


def test_an_appointment_replaces_the_commander():
    scenario, world = ship("appoint: { who: cid, vessel: tug }, appoint: { who: cid, vessel: tug }")
    assert len(log(scenario, world, "appointed")) == 1
    assert world.minds["post"].tolist() == [-1, -1, 0, -1]


def test_office_is_left_once_and_given_back():
    text = ', out: { when: "!in_office(ann)" }, back: { when: in_office(ann) && happened(out) }'
    scenario, world = ship(
        "resign: ann, relieve: ann, { reinstate: ann, after: 5 min }, { reinstate: bob, after: 5 min }", text
    )
    assert told(scenario, world, "resigned", "relieved", "reinstated") == [
        ("resigned", "ann", ""),
        ("reinstated", "ann", ""),
    ]
    assert times(scenario, world, "back") == [300.0]


# ------------------------------------------------------------------------------------------------ persuasion


def persuaded(trust, times_, strength=2.0):
    do = ", ".join(f"persuade: {{ by: bob, option: ann.act.a, strength: {strength} }}" for _ in range(times_))
    text = f"""
bonds: [{{ who: ann, to: bob, trust: {trust} }}]
rules: {{ it: {{ when: "true", do: [{do}] }} }}
decisions: {{ ann.act: {{ question: q, when: "time() > '1 h'", options: {{ a: {{ told: a }}, b: {{ told: b }} }} }} }}
"""
    return stage(text)


@pytest.mark.parametrize(("trust", "times_", "shift"), [(0.9, 1, 1.8), (0.5, 1, 1.0), (0.9, 3, 1.8 * 1.75)])
def test_arguments_shift_what_somebody_leans_to_and_wear_off(trust, times_, shift):
    scenario = persuaded(trust, times_)
    world = play(scenario)
    assert float(world.options_state["leaning"][0]) == pytest.approx(shift, rel=1e-5)
    found = log(scenario, world, "persuaded")
    assert len(found) == times_
    assert found[-1].amount == pytest.approx(shift, rel=1e-5)


def test_persuasion_moves_the_law_of_the_choice():
    scenario = persuaded(0.9, 1)
    n = few(800)
    taken = [log(scenario, play(scenario, seed), "chose")[0].object == "ann.act.a" for seed in range(n)]
    assert within(np.mean(taken), softmax([1.8, 0.0])[0], n)


# ------------------------------------------------------------------------------------------------ custody


def custody(do, more=""):
    scenario = stage(f'rules: {{ it: {{ when: "true", do: [{do}] }} {more} }}\n')
    world = play(scenario)
    check_causes(world)
    return scenario, world


def test_capture_of_a_crowd_and_release():
    scenario, world = custody(
        "capture: { who: folk, by: ours, to: here }, { release: { who: folk, to: there }, after: 1 h }",
        ", all: { when: 'count(folk, held) == 5' }, none: { when: 'happened(all) && count(folk, held) == 0' }",
    )
    assert len(log(scenario, world, "captured")) == 5
    assert len(log(scenario, world, "released")) == 5
    assert (times(scenario, world, "all"), times(scenario, world, "none")) == ([0.0], [3600.0])
    assert len(log(scenario, world, "taken away")) == 5
    folk = world.people[4:9]
    assert (folk.status == states.ACTIVE).all()
    assert (folk.holder == -1).all()
    assert (folk.moved == 0).all()  # they are home again


def test_who_agreed_is_not_taken_away_against_their_will():
    scenario, world = custody("consent: folk, capture: { who: folk, by: ours, to: here }")
    assert [entry.subject for entry in log(scenario, world, "consented")] == ["folk"]
    assert log(scenario, world, "taken away") == []


def test_the_dead_are_neither_taken_nor_freed():
    scenario, world = custody("kill: dot, capture: { who: dot, by: ours }, release: dot, kill: dot")
    assert told(scenario, world, "died", "captured", "released") == [("died", "dot", "")]


def test_killing_at_a_place_spares_those_elsewhere():
    _, world = custody("place: { who: dot, to: here }, kill: { who: theirs, at: there }")
    assert world.people.status[3] == states.ACTIVE
    assert (world.people.status[4:9] == states.DEAD).all()


def test_one_side_may_take_anothers_prisoner_and_sides_can_be_changed():
    scenario, world = custody(
        "capture: { who: dot, by: ours }, capture: { who: dot, by: ours }, capture: { who: dot, by: theirs }, join: { who: dot, faction: ours }",
        ", it2: { when: 'held_by(dot, theirs) && member(dot, ours)' }",
    )
    assert told(scenario, world, "captured") == [("captured", "dot", "ours"), ("captured", "dot", "theirs")]
    assert times(scenario, world, "it2") == [0.0]


def test_a_system_may_take_one_person_into_custody():
    from briarpatch.world import verbs

    scenario = stage("")
    world = scenario.world(1)
    requests = world.requests
    requests[0] = (verbs.TAKE, states.COMMAND, DAY / 24.0, 0, 3, 0, 0, -1, 0.0, 0.0)
    world.state["pending"] = world.state["live"] = 1
    world.due["next"][states.COMMAND] = 0.0
    world, _ = go_on(scenario, world)
    assert [(entry.time, entry.subject, entry.object) for entry in log(scenario, world, "captured")] == [
        (3600.0, "dot", "ours")
    ]
    assert (world.people.status == states.HELD).sum() == 1


def test_nobody_is_nobody():
    folk = CREW.replace("count: 5", "count: 0")
    scenario = scene(
        'rules: { it: { when: "true", do: [capture: { who: folk, by: ours }, kill: folk, consent: folk] } }',
        "1 h",
        folk,
    )
    assert log(scenario, play(scenario), "captured", "died", "consented") == []
    assert math.isinf(play(scenario).due["next"][states.COMMAND])


# ------------------------------------------------------------------------------------------------ weighing in time


def weighing(more="", until="100 h", text="", options="act: { told: act }, obey: { told: obey }"):
    return stage(
        f"""
decisions:
  ann.act: {{ question: q, when: "true", deliberates: {{ pace: 10 min, {more} }}, options: {{ {options} }} }}
{text}
""",
        until,
    )


def verdicts(scenario, n):
    """Return (option, time) of the choice in each of `n` worlds."""
    found = [log(scenario, play(scenario, seed), "chose") for seed in range(n)]
    return [(entries[0].object.rpartition(".")[2], entries[0].time) if entries else ("", math.inf) for entries in found]


@pytest.mark.parametrize(("deadline", "p"), [(0.25, 0.073289), (0.5, 0.249177), (1.0, 0.486136), (2.0, 0.668114)])
def test_the_guard_is_persuaded_before_the_deadline_as_the_series_says(deadline, p):  # O-11.5, time unit 600 s
    n = few(600)
    found = verdicts(weighing(f"drift: {0.5 / 600}/s, deadline: {600 * deadline} s"), n)
    assert within(np.mean([option == "act" for option, _ in found]), p, n)
    assert all(time <= 600 * deadline for _, time in found)


def test_without_a_deadline_weighing_is_the_logit_choice_and_takes_the_time_of_the_law():
    n = few(600)
    scenario = weighing("", options="act: { told: act, base: 1 }, obey: { told: obey }")
    found = verdicts(scenario, n)
    assert within(np.mean([option == "act" for option, _ in found]), 0.731059, n)  # O-11.1 and O-11.4
    times = np.array([time for _, time in found]) / 600.0
    assert abs(times.mean() - 0.924234) < 4.0 * times.std() / math.sqrt(n)


def test_at_the_deadline_the_late_answer_is_given():
    late = weighing("deadline: 1 s, late: act")
    assert {option for option, _ in verdicts(late, 20)} == {"act"}
    assert {option for option, _ in verdicts(weighing("deadline: 1 s"), 20)} == {"obey"}
    assert {time for _, time in verdicts(weighing("deadline: 0 s"), 20)} == {0.0}


def test_arguments_turn_a_deliberation_from_then_on():
    text = "rules: { plea: { when: 'time() > \"5 min\"', do: [persuade: { by: bob, option: ann.act.act, strength: 40 }] } }"
    n = few(400)
    plain, argued = (
        verdicts(weighing("drift: 0/s, deadline: 20 min"), n),
        verdicts(weighing("drift: 0/s, deadline: 20 min", text=text), n),
    )
    for (before, t), (after, u) in zip(plain, argued, strict=True):
        if t < 300.0:
            assert (before, t) == (after, u)  # what was decided by then is the same
        else:
            assert after == "act" or u < 300.0 + 600.0 / 8.0
    assert np.mean([option == "act" for option, _ in argued]) > np.mean([option == "act" for option, _ in plain])


def test_looking_at_a_deliberation_more_often_changes_nothing():
    news = "facts: { flood: {} }\nrules: { %s }"
    noise = news % ", ".join(f"n{i}: {{ when: 'time() > \"{i} min\"', do: [mark: tick] }}" for i in range(1, 9))
    text = noise + "\nevents: { tick: {} }"
    options = 'act: { told: act, utility: { duty: "1" } }, obey: { told: obey, utility: { duty: "chose(ann.act.act) ? 0 : 0" } }'
    assert verdicts(weighing("", options=options, text="events: { tick: {} }"), 30) == verdicts(
        weighing("", options=options, text=text), 30
    )


def test_new_beliefs_turn_a_deliberation():
    text = "facts: { flood: { prior: 0.5 } }\nrules: { news: { when: 'time() > \"1 min\"', do: [learn: { who: ann, fact: flood, weight: 20 }] } }"
    options = 'act: { told: act, utility: { duty: "60 * (credence(self, flood) - 0.5)" } }, obey: { told: obey }'
    who = CREW.replace(
        "ann: { faction: ours, place: here }", "ann: { faction: ours, place: here, values: { duty: 1 } }"
    )
    scenario = scene(
        f'decisions: {{ ann.act: {{ question: q, when: "true", deliberates: {{ pace: 1 h }}, options: {{ {options} }} }} }}\n{text}',
        "10 d",
        who,
    )
    n = few(100)
    assert np.mean([option == "act" for option, _ in verdicts(scenario, n)]) > 0.97


def test_a_deliberation_ends_with_its_occasion_and_starts_afresh():
    scenario = stage(
        """
decisions:
  ann.act:
    question: q
    when: time() % "1 h" < "1 min"
    deliberates: { pace: 10 h }
    options: { act: { told: act }, obey: { told: obey } }
""",
        "29.5 h",
    )
    world = play(scenario)
    assert log(scenario, world, "chose") == []
    assert world.decisions_state[0].raises == 30


def test_the_forced_and_the_closed_answers_of_a_deliberation():
    scenario = weighing("", options="act: { told: act }, obey: { told: obey, base: 50 }")
    assert told(scenario, play(scenario, prepare=force(scenario, "ann.act.act")), "chose")[0][2] == "ann.act.act"
    closed = weighing("", options='act: { told: act, open: "false", base: 50 }, obey: { told: obey }')
    assert {option for option, _ in verdicts(closed, 5)} == {"obey"}


# ------------------------------------------------------------------------------------------------ anticipation


def pennies(sharpness):
    """Asymmetric matching pennies, each answer anticipating the other's."""
    return stage(
        f"""
decisions:
  ann.row:
    question: up or down
    when: "true"
    precision: {sharpness}
    options:
      up: {{ told: up, utility: {{ duty: "9 * foreseen(bob.column.left)" }} }}
      down: {{ told: down, utility: {{ duty: "foreseen(bob.column.right)" }} }}
  bob.column:
    question: left or right
    when: "true"
    precision: {sharpness}
    options:
      left: {{ told: left, utility: {{ duty: "foreseen(ann.row.down)" }} }}
      right: {{ told: right, utility: {{ duty: "foreseen(ann.row.up)" }} }}
""",
    )


@pytest.mark.parametrize(
    ("sharpness", "p", "q"), [(0.5, 0.830671, 0.418077), (1.0, 0.893576, 0.312780), (3.0, 0.795384, 0.145256)]
)
def test_players_who_foresee_one_another_reach_the_quantal_response_equilibrium(sharpness, p, q):  # O-11.3
    scenario = pennies(sharpness)

    def prepare(world):
        world.values[:, :] = 1.0

    world = play(scenario, prepare=prepare)
    foreseen = world.options_state.foreseen
    assert foreseen[row(scenario, "option", "ann.row.up")] == pytest.approx(p, abs=1e-5)
    assert foreseen[row(scenario, "option", "bob.column.left")] == pytest.approx(q, abs=1e-5)


def test_a_partner_who_would_back_out_reckons_with_what_the_other_would_do():
    text = """
decisions:
  ann.leave:
    question: back out?
    when: "true"
    options:
      leave: { told: leave, utility: { care: "3 - 6 * foreseen(bob.react.kill)" } }
      stay: { told: stay }
  bob.react:
    question: what now
    when: chose(ann.leave.leave)
    precision: 2
    options: { accept: { told: a, base: 1 }, detain: { told: d, base: 1.5 }, kill: { told: k, base: 2 } }
"""
    scenario = stage(text)

    def prepare(world):
        world.values[:, :] = 1.0

    n = few(400)
    left = 0
    for seed in range(n):
        world = play(scenario, seed, prepare=prepare)
        left += world.decisions_state[0].chosen == row(scenario, "option", "ann.leave.leave")
    kill = 0.665241  # O-11.9
    assert world.options_state.foreseen[row(scenario, "option", "bob.react.kill")] == pytest.approx(kill, abs=1e-6)
    assert within(left / n, 1.0 / (1.0 + math.exp(-(3.0 - 6.0 * kill))), n)


ASKS = "foreseen(bob.react.kill) > 0.5"


@pytest.mark.parametrize(
    ("section", "entry"),
    [
        ("rules", f"late: {{ when: {ASKS} }}"),
        ("measures", "reckoned: { told: it, value: foreseen(bob.react.kill) }"),
        ("decisions", f"ann.leave: {{ question: q, when: {ASKS}, options: {{ go: {{ told: g }} }} }}"),
        (
            "decisions",
            f"ann.leave: {{ question: q, when: happened(x), options: {{ go: {{ told: g, open: {ASKS} }} }} }}",
        ),
        (
            "decisions",
            "ann.leave: { question: q, when: happened(x), options: { go: { told: g, preset: Milgram-informed, "
            f"circumstances: {{ touch: {ASKS} }} }} }} }}",
        ),
        ("movements", f"rising: {{ when: {ASKS}, among: [folk], threshold: 0.5 }}"),
        ("defections", "over: { who: ann, to: theirs, base: 1/h, fear: foreseen(bob.react.kill) }"),
    ],
)
def test_nobody_outside_a_weighing_asks_what_is_foreseen(section, entry):
    react = "bob.react: { question: q, when: happened(x), options: { accept: { told: a }, kill: { told: k } } }"
    parts = {"events": ["x: {}"], "decisions": [react]}
    parts.setdefault(section, []).append(entry)
    with pytest.raises(ScenarioError, match=r"foreseen\(\.\.\.\) cannot be used here: it is reckoned while") as wrong:
        stage("\n".join(f"{name}: {{ {', '.join(entries)} }}" for name, entries in parts.items()))
    assert [fault.message[:8] for fault in wrong.value.faults] == ["foreseen"]


# ------------------------------------------------------------------------------------------------ presets


@pytest.mark.parametrize(
    ("circumstances", "p"),
    [("", 0.65), ('same_room: "true"', 0.40), ('touch: "true"', 0.30), ("peers_refuse: \"time() < '1 h'\"", 0.10)],
)
def test_the_milgram_informed_preset_obeys_as_often_as_they_did(circumstances, p):
    options = f"obey: {{ told: o, preset: Milgram-informed, circumstances: {{ {circumstances} }} }}, no: {{ told: n }}"
    found = choices(options, n=few(8))
    assert within((found == "obey").mean(), p, len(found))


def test_a_circumstance_needs_its_preset():
    with pytest.raises(Exception, match="belong to a preset"):
        choices('a: { told: a, circumstances: { touch: "true" } }')
