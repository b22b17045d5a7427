"""What matters and what does not: options that change something, and decisions, rules, facts and events that change nothing."""

from __future__ import annotations

import json

import pytest

from briarpatch import RequestError, load_scenario, load_text
from briarpatch.analysis.assumptions import assumptions
from briarpatch.analysis.impact import impact
from briarpatch.analysis.results import plain

SCENE = """\
# A test. Every number here is assumed.
scenario: { title: a test, until: 10 h, ends_when: happened(bell) }
maps: { ground: {} }
places: { here: { map: ground, at: [0 km, 0 km] }, there: { map: ground, at: [1 km, 0 km], basis: surveyed in 1998 } }
factions: { ours: {} }
people: { ann: { faction: ours, place: here }, bob: { faction: ours, place: here } }
facts: { late: {}, idle: {} }
events: { bell: {}, gong: {} }
values: { ease: ease }
rules:
  dawn: { told: It dawned, when: "true", after: 1 h, do: [learn: { who: ann, fact: late }, learn: { who: bob, fact: idle }] }
  ring: { told: Somebody rang, when: chose(ann.go.ring), after: 2 h, do: [mark: bell], basis: counted }
  never: { told: Nobody heard, when: happened(gong) && happened(bell), do: [mark: gong] }
  rain: { told: It rained, when: happened(dawn), after: 30 min } # assumed, from memory
  larks: { told: Larks rose, when: happened(dawn), after: 10 min, colour: true }
decisions:
  ann.go:
    question: Does Ann ring?
    when: believes(ann, late)
    options: { ring: { told: Ann rang }, wait: { told: Ann waited } }
  bob.sing:
    question: Does Bob sing?
    when: happened(dawn)
    options: { sing: { told: Bob sang }, hum: { told: Bob hummed } }
  ann.ask:
    question: Does Ann ask?
    when: happened(gong)
    options: { ask: { told: Ann asked }, leave: { told: Ann did not } }
measures: { rung: { told: rung, value: happened(bell) } }
endings: { rung: { told: it rang, when: happened(bell) }, over: { told: it was over } }
uncertain:
  dawn: { told: when it dawns, path: rules.dawn.after, low: 30 min, high: 3 h, basis: assumed }
"""


@pytest.fixture(scope="module")
def found():
    return impact(load_text(SCENE), 60)


def test_an_option_says_what_it_changes_against_the_world_as_it_is(found):
    ring, wait = next(one for one in found.decisions if one.name == "ann.go").options
    assert ring.worlds == wait.worlds == 60
    assert ring.taken + wait.taken == 60
    assert 15 < ring.taken < 45
    assert ring.ending.estimate == wait.taken / 60
    assert wait.ending.estimate == ring.taken / 60
    assert ring.measures["rung"].estimate == pytest.approx(wait.taken / 60)
    assert ring.measures["rung"].low > 0.0 > wait.measures["rung"].high
    assert ring.ending.low < ring.ending.estimate < ring.ending.high


def test_what_changes_nothing_is_named(found):
    assert found.idle == ["bob.sing"]
    assert found.unanswered == ["ann.ask"]
    assert found.unread_rules == ["never", "rain"]
    assert found.colour == ["larks"]
    assert found.idle_facts == ["idle"]
    assert set(found.impossible) == {"gong", "never"}
    assert {last for _, last in found.dead_ends} <= {"It rained.", "Bob sang.", "Bob hummed.", "Ann waited."}
    assert len(found.dead_ends) == next(o for o in found.decisions[0].options if o.name == "wait").taken


def test_the_report_and_the_table_say_the_same(found, tmp_path):
    text = found.text()
    assert "Decisions whose options differ in nothing\n  bob.sing\n" in text
    assert all(len(line) <= 80 for line in text.splitlines())
    rows = found.table.filter(decision="ann.go", option="ring", of="ending")
    assert rows["estimate"].to_list() == [next(o for o in found.decisions[0].options).ending.estimate]
    assert json.loads(found.save(tmp_path / "i.json").read_text())["facts_that_move_nothing"] == ["idle"]
    assert len(found.picture().panels) == 2


def test_the_answer_is_the_same_on_any_number_of_workers_and_from_a_folder(tmp_path):
    scene = load_text(SCENE)
    one, two = (plain(impact(scene, 20, workers=workers).facts()) for workers in (1, 2))
    assert one == two
    for _ in range(2):
        assert plain(impact(scene, 20, out=tmp_path / "kept").facts()) == one


def test_every_number_that_is_marked_is_listed_with_its_range():
    read = assumptions(load_text(SCENE))
    by_path = {one.path: one for one in read.found}
    assert by_path["scenario.until"].note == "Every number here is assumed."
    assert by_path["rules.rain.after"].note == "assumed, from memory"
    assert (by_path["rules.dawn.after"].low, by_path["rules.dawn.after"].high) == ("0.5 h", "3 h")
    assert "places.here.at.0" in by_path
    assert not [path for path in by_path if path.startswith(("places.there", "rules.ring", "uncertain"))]
    assert str(by_path["rules.rain.after"].place) == "<text>:14:57"


def test_what_hangs_on_a_number_comes_from_a_saved_answer(tmp_path):
    saved = tmp_path / "s.json"
    index = {"kind": "ending", "name": "rung", "number": "dawn", "total": 0.25}
    saved.write_text(json.dumps({"scenario": "<text>", "method": "sobol", "indices": [index]}), encoding="utf-8")
    read = assumptions(load_text(SCENE), saved)
    assert [one.moves for one in read.found if one.low] == [("ending rung (25 % of its variance)",)]
    assert "moves ending rung" in read.text()
    with pytest.raises(RequestError, match="is about '<text>', not about 'valley'"):
        assumptions(load_scenario("valley"), saved)
    saved.write_text("{}", encoding="utf-8")
    with pytest.raises(RequestError, match="no answer of `briarpatch sensitivity`"):
        assumptions(load_text(SCENE), saved)
    with pytest.raises(RequestError, match="cannot be read"):
        assumptions(load_text(SCENE), tmp_path / "none.json")
