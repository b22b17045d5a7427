"""How work grows with what there is to do: never with its square."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briarpatch.errors import ConditionError
from briarpatch.scenario import language
from briarpatch.scenario.catalog import load_text
from briarpatch.world.compiled import INTERPRETED
from plays import play


def _least(action, times=3):
    """Return the least time [s] of the processor that an action takes, of several."""
    took = []
    for _ in range(times):
        started = time.process_time()
        action()
        took.append(time.process_time() - started)
    return min(took)


_CROWD = """
scenario: {{title: A crowd, start: "06:00", until: 30 d}}
maps: {{field: {{}}}}
factions: {{us: {{}}}}
places:
  home: {{map: field, at: [0 km, 0 km]}}
  hut: {{map: field, at: [4 km, 0 km]}}
people: {{ann: {{faction: us, place: home}}, bob: {{faction: us, place: home, follows: ann}}}}
crowds: {{folk: {{count: {count}, faction: us, place: home}}}}
routes: {{lane: {{start: home, end: hut, by: [{{at: [2 km, 0 km]}}], last: {{at: [4 km, 0 km]}}}}}}
rules: {{go: {{when: "true", do: [{does}]}}}}
endings: {{over: {{told: it was over}}}}
"""


def _seconds_of_a_crowd(count, does):
    """Return the least time [s] of the processor that it takes to play a crowd of so many."""
    scenario = load_text(_CROWD.format(count=count, does=does))
    return _least(lambda: play(scenario))


@pytest.mark.long
@pytest.mark.skipif(INTERPRETED, reason="plain Python takes minutes for so many")
@pytest.mark.parametrize(
    "does",
    [
        "evacuate: {who: folk, along: lane, led_by: ann, delay: 10 min}",
        "evacuate: {who: folk, along: lane, party: 1, delay: 10 min}",
        "evacuate: {who: folk, along: lane, party: 1000000, delay: 0 s}",
        "follow: {who: folk, leader: ann}, move: {who: ann, to: hut}",
        "move: {who: folk, to: hut}",
    ],
)
def test_the_time_of_a_crowd_grows_with_its_number(does):
    _seconds_of_a_crowd(100, does)
    assert _seconds_of_a_crowd(32_000, does) < 24.0 * _seconds_of_a_crowd(4_000, does)


_WORDS = [
    "a",
    "b.c",
    "true",
    "trueish",
    "1",
    ".5",
    "2e3",
    "5e",
    "2.",
    '"5 min"',
    "'x'",
    "&&",
    "||",
    "!",
    "==",
    "!=",
    "=",
]
_WORDS += ["<", "<=", ">", ">=", "+", "-", "*", "/", "%", "(", ")", ",", "?", ":", "f(", "and", "\u00e9", "&", "\n", ""]


def _outcome(parse, text):
    try:
        return parse(text)
    except ConditionError as wrong:
        return wrong.message, wrong.offset


@given(st.lists(st.sampled_from(_WORDS), max_size=9), st.sampled_from(["", " ", "\t "]))
def test_a_condition_means_what_the_grammar_makes_of_it_whether_its_shape_is_known_or_not(words, between):
    text = between.join(words)
    expected = _outcome(language._parsed, text)
    assert _outcome(language._parse, text) == expected
    assert _outcome(language._parse, text) == expected


@given(st.data())
def test_texts_of_one_shape_are_each_read_with_their_own_words_and_places(data):
    operand = st.sampled_from(["a", "long.name", "7", "0.25", "'3 h'", "f(x)", "f(other, 1)", "(b)", "!c", "-d"])
    sign = st.sampled_from(["&&", "||", "<", ">=", "+", "*", "-"])
    text = data.draw(operand)
    for _ in range(data.draw(st.integers(0, 4))):
        text = f"({text}) {data.draw(sign)}{data.draw(st.sampled_from(['', '  ']))}{data.draw(operand)}"
    assert language._parse(text) == language._parsed(text)
