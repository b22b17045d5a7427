"""Who of the named is recorded as knowing of an entry when it is written."""

from __future__ import annotations

import numpy as np
import pytest

import briarpatch as bp
from briarpatch import assembly
from briarpatch.errors import BriarpatchError
from briarpatch.run import Run
from briarpatch.scenario.catalog import scenario_names
from briarpatch.world import kinds, recorder, refs, witnesses
from plays import scene

SCENARIOS = [name for name, _ in scenario_names()]


def witnessed(scenario, seed=1):
    """Return (kind, subject, object, names of those who noticed) of each entry of a run."""
    run = Run(scenario, seed, record=1).go()
    people = run.scenario.names.known("person")
    label = run.scenario.names.label
    found = []
    for number, minds in enumerate(witnesses.of_entries(run.world)):
        kind = assembly.ENTRIES[run.log.kinds[number]].name
        subject, object_ = label(run.log.subjects[number]), label(run.log.objects[number])
        found.append((kind, subject, object_, {people[mind] for mind in minds}))
    return found


def who(found, kind, *names):
    """Return who noticed the first entry of a kind whose subject or object is so called."""
    return next(minds for k, s, o, minds in found if k == kind and {s, o} >= set(names))


def test_every_verb_and_parameter_that_is_noticed_exists():
    for name, parameters in assembly.ACTED_ON.items():
        known = {p.name for p in assembly.VERBS[name].parameters}
        assert set(parameters) <= known, name


def test_those_at_the_place_see_a_departure_and_others_do_not():
    found = witnessed(scene("rules: { go: { when: 'true', do: [move: { who: ann, to: there }] } }"))
    assert who(found, "departed", "ann") == {"ann", "bob"}
    assert who(found, "arrived", "ann") == {"ann", "cid"}


def test_who_wears_a_suit_is_not_seen():
    text = "rules: { go: { when: 'true', do: [mask: { who: ann }, move: { who: ann, to: there }] } }"
    folk = """
people:
  ann: { faction: ours, place: here, suit: 0.1 }
  bob: { faction: ours, place: here }
  cid: { faction: theirs, place: there }
"""
    found = witnessed(scene(text, folk=folk))
    assert who(found, "departed", "ann") == {"ann"}


def test_word_concerns_its_receiver_when_it_arrives():
    text = """
channels: { radio: { overhead: 1 h } }
bonds: [{ who: cid, to: ann, trust: 0.99 }]
facts: { fire: {} }
rules:
  tell: { when: 'true', do: [learn: { who: ann, fact: fire }, send: { from: ann, to: cid, fact: fire, by: radio }] }
"""
    found = witnessed(scene(text))
    assert who(found, "sent", "ann") == {"ann"}
    assert who(found, "delivered", "ann") == {"cid"}
    assert [minds for kind, *_, minds in found if kind in ("learned", "suspected")] == [{"ann"}, {"cid"}]


def test_a_message_that_is_lost_is_noticed_by_nobody():
    text = """
channels: { radio: { overhead: 1 h, reliability: 0 } }
facts: { fire: {} }
rules: { tell: { when: 'true', do: [send: { from: ann, to: cid, fact: fire, by: radio }] } }
"""
    assert who(witnessed(scene(text)), "lost", "ann") == set()


def test_a_choice_is_noticed_by_the_decider_alone():
    text = """
decisions:
  ann.stay: { question: Stay?, when: 'true', options: { yes: { told: Ann stayed }, no: { told: Ann left } } }
"""
    assert [minds for kind, *_, minds in witnessed(scene(text)) if kind == "chose"] == [{"ann"}]


def test_what_is_so_is_noticed_by_nobody_until_it_is_learned():
    found = witnessed(
        scene("facts: { fire: {} }\nrules: { burn: { when: 'true', do: [become: { fact: fire, so: false }] } }")
    )
    assert who(found, "came untrue", "fire") == set()
    assert who(found, "rule", "burn") == set()


def test_a_rule_is_noticed_by_whom_it_acts_on_at_once():
    text = """
facts: { fire: {} }
rules:
  now: { when: 'true', do: [learn: { who: ann, fact: fire }] }
  later: { when: 'true', do: [{ learn: { who: bob, fact: fire }, after: 1 h }] }
  shown: { when: 'true', do: [reveal: { fact: fire, at: there }] }
"""
    found = witnessed(scene(text))
    assert who(found, "rule", "now") == {"ann"}
    assert who(found, "rule", "later") == set()
    assert who(found, "rule", "shown") == {"cid"}


@pytest.mark.parametrize(
    ("seen_by", "minds"),
    [("[]", set()), ("[there]", {"cid"}), ("[ours, cid]", {"ann", "bob", "cid"}), ("[bob]", {"bob"})],
)
def test_an_author_says_who_notices(seen_by, minds):
    text = f"""
facts: {{ fire: {{}} }}
events: {{ alarm: {{ seen_by: {seen_by} }} }}
rules:
  burn: {{ when: 'true', seen_by: {seen_by}, do: [learn: {{ who: ann, fact: fire }}, mark: alarm] }}
"""
    found = witnessed(scene(text))
    assert who(found, "rule", "burn") == minds
    assert who(found, "marked", "alarm") == minds


def test_a_name_that_does_not_exist_is_a_fault_with_its_place():
    with pytest.raises(BriarpatchError, match=r"rules\.burn\.seen_by|seen_by.*'bobb'|'bobb'.*'bob'"):
        scene("rules: { burn: { when: 'true', seen_by: [bobb] } }")


def test_the_dead_notice_only_their_own_death():
    text = """
facts: { fire: {} }
rules:
  end: { when: 'true', do: [kill: { who: ann }] }
  go: { when: happened(end), after: 1 h, do: [move: { who: bob, to: there }] }
"""
    found = witnessed(scene(text))
    assert "ann" in who(found, "died", "ann")
    assert "ann" not in who(found, "departed", "bob")


def test_sixty_five_people_are_told_apart():
    folk = "people:\n" + "".join(
        f"  p{n}: {{ faction: ours, place: {'there' if n % 13 else 'here'} }}\n" for n in range(70)
    )
    found = witnessed(scene("rules: { go: { when: 'true', do: [move: { who: p0, to: there }] } }", folk=folk))
    assert who(found, "departed", "p0") == {f"p{n}" for n in range(0, 70, 13)}
    assert who(found, "arrived", "p0") == {"p0", *(f"p{n}" for n in range(70) if n % 13)}


def were_at(run):
    """Return a function that says at which places a person was recorded at an instant, on any step of it."""
    changes = run.changes[run.changes["what"] == recorder.PERSON]
    rows = {mind: changes[changes["row"] == mind] for mind in range(len(run.world.people))}

    def places(mind, time):
        mine = rows[mind]
        before = mine[mine["time"] < time][-1:]
        return {int(p) for p in np.concatenate([before["place"], mine[mine["time"] == time]["place"]]) if p >= 0}

    return places


@pytest.mark.parametrize("name", SCENARIOS)
def test_nobody_notices_what_they_were_neither_part_of_nor_near(name):
    """From positions that were recorded apart from it: whoever noticed an entry is named by it or was where it was."""
    run = bp.run(name, seed=4)
    places, log, world, program = were_at(run), run.log, run.world, run.program
    beings = (refs.CROWD, refs.FACTION, refs.MOVEMENT, refs.VESSEL, refs.DEVICE, refs.COUNCIL, refs.PLACE)
    for number, minds in enumerate(witnesses.of_entries(world)):
        kind, subject, object_ = log.kinds[number], log.subjects[number], log.objects[number]
        for mind in minds:
            me = refs.PERSON * refs.ROWS_PER_KIND + mind
            if me in (subject, object_) or kind in (kinds.RULE, kinds.MARKED):
                continue
            if kind in (kinds.ORDER_CAME, kinds.ORDERED, kinds.PASSED_ON):
                assert log.amounts[number] == mind
                continue
            mine, place = places(mind, log.times[number]), log.places[number]
            ship = int(program.places["vessel"][place]) if place >= 0 else -1
            near = place in mine or any(ship >= 0 and program.places["vessel"][p] == ship for p in mine)
            if not near and subject // refs.ROWS_PER_KIND == refs.PERSON:
                near = bool(mine & places(subject % refs.ROWS_PER_KIND, log.times[number])) or not mine
            belongs = any(r >= 0 and r // refs.ROWS_PER_KIND in beings for r in (subject, object_))
            assert near or belongs, (number, log.text(number), mind)


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_is_only_so_or_only_on_its_way_is_noticed_by_nobody_else(name):
    run = bp.run(name, seed=4)
    log, hidden = run.log, {kinds.BECAME_TRUE, kinds.BECAME_FALSE, kinds.GAUGED, kinds.UNSENT, kinds.VIOLATED}
    private = {kinds.LEARNED, kinds.SUSPECTED, kinds.DOUBTED, kinds.SENT, kinds.CHOSE, kinds.HEARD_FROM, kinds.SUPPOSED}
    for number, minds in enumerate(witnesses.of_entries(run.world)):
        if log.kinds[number] in hidden:
            assert not minds
        if log.kinds[number] in private:
            assert {refs.PERSON * refs.ROWS_PER_KIND + mind for mind in minds} <= {log.subjects[number]}
