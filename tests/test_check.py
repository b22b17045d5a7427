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
            "rules: { r: { when: alive(ann), poll: 1 h, repeat: true } }",
            "nothing here drifts; leave it out; to let a rule",
        ),
        (
            "talks: { t: { fact: f, among: [ann, bob], contact: 1/h, when: alive(ann), poll: 1 h } }\nfacts: { f: {} }",
            "nothing here drifts; leave it out",
        ),
        ("rules: { r: { when: alive(ann), lapses: false } }", "does nothing without 'after'"),
        (
            "rules: { r: { told: x, when: alive(ann), colour: true }, s: { when: happened(r) } }",
            "changes nothing, but something asks about it",
        ),
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

    with pytest.raises(ScenarioError, match="is no start; write a time of day, '06:00'"):
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
    text = "rules: { r: { when: 'distance(ann, bob) < \"5 m\"', poll: 1 h }, s: { when: 'distance(ann, bob) > \"8 m\"', poll: 1 h, after: 1 h, lapses: false } }"
    assert not any("drifts" in line or "without 'after'" in line for line in asked(text))


ASKED = "decisions: {{ ann.act: {{ question: q, when: '{}', options: {{ a: {{ told: {} }}, b: {{ told: {} }} }} }} }}"
DONE = "rules: {{ r: {{ when: '{}', do: [{}] }} }}"
SHIPS = "vessels: { v: { faction: ours, at: here }, w: { faction: theirs, at: here } }\n"

MISTAKES = {
    "a decider who is dead": (ASKED.format("dead(ann) && alive(bob)", "x", "y"), "14:44 holds only when ann is dead"),
    "a step of the dead": (
        DONE.format("dead(ann)", "move: { who: ann, to: there }"),
        "'ann' is dead whenever this is done",
    ),
    "a lost ship": (SHIPS + DONE.format("destroyed(v)", "strike: { vessel: v, by: 1 }"), "'v' is destroyed whenever"),
    "a ship that attacks itself": (SHIPS + DONE.format("dead(ann)", "attack: { by: v, target: v }"), "'v' is 'by' too"),
    "two options alike": (ASKED.format("dead(bob)", "x", "x"), "14:95 'a' is told in the same words"),
    "two rules alike": (
        "rules: { r: { told: It rained, when: dead(ann) }, s: { told: It rained, when: dead(bob) } }",
        "'r' is told in the same words; a reader cannot tell them apart",
    ),
    "two measures alike": (
        "measures: { m: { told: m, value: 'count(ours, dead)' }, n: { told: m, value: 'count(theirs, dead)' } }",
        "'m' is told in the same words",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_an_author_may_have_mistaken_is_asked_about(mistake):
    text, question = MISTAKES[mistake]
    found = asked(text)
    assert sum(question in line for line in found) == 1, found


@pytest.mark.parametrize(
    "text",
    [
        ASKED.format("dead(bob)", "x", "y"),
        ASKED.format("dead(ann) || dead(bob)", "x", "y"),
        DONE.format("dead(ann) || dead(bob)", "move: { who: ann, to: there }"),
        DONE.format("dead(bob)", "move: { who: ann, to: there }"),
        DONE.format("!dead(ann) && dead(bob)", "move: { who: ann, to: there }"),
        SHIPS + DONE.format("destroyed(w)", "strike: { vessel: v, by: 1 }"),
        SHIPS + DONE.format("dead(ann)", "attack: { by: v, target: w }"),
        "rules: { r: { when: dead(ann) }, s: { when: dead(bob) } }",
    ],
)
def test_what_is_like_a_mistake_and_is_none_is_left_alone(text):
    assert asked(text) == []


@pytest.mark.parametrize(("given", "behind"), [("1,000", "000"), ("2,500 km", "500 km"), ("1,200,000", "200")])
def test_a_number_with_a_comma_in_braces_is_named_as_such(given, behind):
    from briarpatch.errors import ScenarioError

    with pytest.raises(
        ScenarioError, match=f"unknown key '{behind}'; a comma ends a value: write a number without one"
    ):
        scene(f"crowds: {{ band: {{ faction: ours, place: here, count: {given} }} }}")


@pytest.mark.parametrize(
    ("ends_when", "at_once"),
    [
        ("alive(ann)", True),
        ("!dead(ann) && n < 5", True),
        ("time() < 'P'", True),
        ("alive(ann) || happened(dawn)", True),
        ("dead(ann)", False),
        ("alive(ann) && happened(dawn)", False),
        ("n > 5", False),
        ("count(ours, dead) > 0", False),
        ("count(ours, dead) == 0 && dead(bob)", False),
    ],
)
def test_a_story_that_ends_at_once_is_asked_about(ends_when, at_once):
    text = "gauges: { n: { start: 3 } }\nevents: { dawn: {} }\n"
    text += "rules: { r: { when: dead(cid), do: [mark: dawn, set: { gauge: n, to: 9 }] } }"
    condition = ends_when.replace("'P'", '\\"10 min\\"')
    found = asked(text, head=f'ends_when: "{condition}"')
    assert any("is true from the start, so the story ends at once" in line for line in found) == at_once, found


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
