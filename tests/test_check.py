"""What `check` asks of a scenario that is not wrong."""

import pytest

from plays import scene


def asked(text: str, **settings) -> list[str]:
    """Return what is asked of a scenario, with its place."""
    return [str(warning) for warning in scene(text, **settings).warnings]


OPTION = "decisions: {{ ann.act: {{ question: q, when: 'alive(ann)', options: {{ a: {{ told: a }}, b: {{ told: b, open: {} }} }} }} }}"


@pytest.mark.parametrize(
    ("text", "question"),
    [
        (OPTION.format("'1 > 2'"), "is never true, so this option can never be taken"),
        (
            "decisions: { ann.act: { question: q, when: '1 > 2', options: { a: { told: a } } } }",
            "is never true, so none of the options can ever be taken",
        ),
        ("facts: { leak: {} }\nrules: { r: { when: 'knows(ann, leak)' } }", "nobody can ever learn 'leak'"),
        ("rules: { r: { when: '1 < 2' } }", "is always true; a rule whose condition never changes is rarely meant"),
        ("measures: { m: { told: m, value: '2' } }", "reads nothing of the world"),
        (
            "rules: { r: { when: alive(ann), every: 1 h, repeat: true } }",
            "nothing here drifts; leave it out; to let a rule",
        ),
        (
            "talks: { t: { fact: f, among: [ann, bob], contact: 1/h, when: alive(ann), every: 1 h } }\nfacts: { f: {} }",
            "nothing here drifts; leave it out",
        ),
        ("rules: { r: { when: alive(ann), lapses: false } }", "does nothing without 'after'"),
        ("facts: { leak: {} }", "the fact 'leak' is never used"),
        ("events: { dawn: {} }\nrules: { r: { when: 'dead(ann)', do: [mark: dawn] } }", "nothing ever asks for it"),
        (
            "events: { dawn: {} }\nrules: { r: { when: 'happened(dawn)' } }",
            "the event 'dawn', which nothing ever marks",
        ),
        ("events: { dawn: {} }\n" + OPTION.format("happened(dawn)"), "the event 'dawn', which nothing ever marks"),
    ],
)
def test_what_can_never_matter_is_asked_about(text, question):
    assert any(question in line for line in asked(text)), asked(text)


def test_endings_that_cannot_happen_and_people_who_are_nowhere():
    from briarpatch.scenario.catalog import load_text

    text = """
scenario: { title: a test, until: 1 h }
places: { nowhere: {} }
factions: { ours: {} }
people: { ann: { faction: ours, place: nowhere } }
endings: { never: { told: n, when: '1 > 2' }, always: { told: a, when: '2 > 1' }, last: { told: l } }
"""
    found = [str(warning) for warning in load_text(text).warnings]
    assert any("is never true, so this ending cannot happen" in line for line in found)
    assert any("so the endings after it cannot happen" in line for line in found)
    assert any("so ann is nowhere" in line for line in found)


@pytest.mark.parametrize("start", ["25:00", "24:00", "12:60", "noon"])
def test_a_start_is_a_time_of_day(start):
    from briarpatch.errors import ScenarioError

    with pytest.raises(ScenarioError, match="start must be a time of day such as '06:30'"):
        scene("", head=f"start: '{start}'")


def test_nothing_is_asked_of_what_is_in_order():
    text = "events: { dawn: {} }\nrules: { r: { when: 'alive(ann)', after: 1 h, do: [mark: dawn] }, s: { when: 'happened(dawn)' } }"
    assert asked(text) == []


def test_a_required_part_that_is_missing_hides_no_other_fault():
    from briarpatch.errors import ScenarioError
    from briarpatch.scenario.catalog import load_text

    text = 'scenario: { title: x }\nrules: { a: { when: "alive(nobody) && knos(x, y)", do: [mark: z] } }\n'
    with pytest.raises(ScenarioError) as caught:
        load_text(text)
    said = str(caught.value)
    for part in ("'endings' is missing", "'until' is missing", "'nobody'", "'knos'", "unknown event 'z'"):
        assert part in said
    with pytest.raises(ScenarioError, match=r"'scenario' is missing(.|\n)*unknown person 'nobody'"):
        load_text('rules: { a: { when: "alive(nobody)", do: [mark: z] } }\n')


def test_a_cadence_that_something_needs_is_left_alone():
    text = "rules: { r: { when: 'distance(ann, bob) < \"5 m\"', every: 1 h }, s: { when: 'hour() > 8', every: 1 h, after: 1 h, lapses: false } }"
    assert not any("drifts" in line or "without 'after'" in line for line in asked(text))


# ------------------------------------------------------------------------------------------------ who is where

CROWD = """
crowds: {{ folk: {{ told: the folk, count: 4, faction: ours, place: here }}, rest: {{ told: the rest, count: 2, faction: ours, place: {} }} }}
vessels: {{ boat: {{ told: the boat, faction: ours, at: here }} }}
routes: {{ lane: {{ start: here, end: there, last: {{ at: [3 km, 4 km] }} }} }}
rules:
  first: {{ when: "true", do: [{}] }}
  then: {{ when: "true", after: 1 h, do: [{}] }}
"""
ALL = "puts everybody of"
NEVER_BESIDE = "is never where"
NO_LEADER = "so nobody leads"


@pytest.mark.parametrize(
    ("rest", "first", "then", "question"),
    [
        ("here", "", "place: { who: folk, to: there }", None),
        ("here", "place: { who: folk, to: there }", "place: { who: folk, to: here }", None),
        ("here", "move: { who: folk, to: there }", "place: { who: folk, to: here }", None),
        ("here", "board: { who: folk, vessel: boat }", "place: { who: folk, to: there }", ALL),
        ("here", "evacuate: { who: folk, along: lane }", "place: { who: folk, to: there }", ALL),
        ("here", "kill: { who: folk, at: here }", "place: { who: folk, to: there }", ALL),
        ("here", "board: { who: folk, vessel: boat }", "place: { who: folk, to: there, at: boat }", None),
        ("here", "move: { who: folk, to: there }", "place: { who: ours, to: here }", ALL),
        ("here", "", "place: { who: ours, to: there }", None),
        ("there", "", "place: { who: ours, to: there }", None),
        ("boat", "", "place: { who: ours, to: there }", ALL),
        ("here", "board: { who: ann, vessel: boat }", "place: { who: ann, to: there }", None),
        ("here", "", "kill: { who: cid, by: ann }", NEVER_BESIDE),
        ("here", "", "kill: { who: cid, by: ann, reach: 9 km }", None),
        ("here", "", "kill: cid", None),
        ("here", "", "kill: { who: ours, by: ann }", None),
        ("here", "move: { who: ann, to: there }", "kill: { who: cid, by: ann }", None),
        ("here", "", "injure: { who: cid, by: ann }", NEVER_BESIDE),
        ("here", "", "treat: { who: cid, intensity: 1, by: ann }", NEVER_BESIDE),
        ("here", "", "repair: { who: cid, by: ann }", NEVER_BESIDE),
        ("here", "", "pursue: { who: cid, by: ann }", None),
        ("here", "", "evacuate: { who: folk, along: lane, led_by: ann }", None),
        ("here", "", "evacuate: { who: folk, along: lane, led_by: cid }", NO_LEADER),
        ("here", "move: { who: cid, to: here }", "evacuate: { who: folk, along: lane, led_by: cid }", None),
    ],
)
def test_who_may_be_elsewhere_is_asked_about(rest, first, then, question):
    found = asked(CROWD.format(rest, first, then))
    said = [line for line in found if any(part in line for part in (ALL, NEVER_BESIDE, NO_LEADER))]
    assert [question in line for line in said] == ([True] if question else []), said
