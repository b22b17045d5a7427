"""Entries become sentences that read well, and sentences become days and threads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import toy
from briarpatch import assembly
from briarpatch.chronicle import Chronicle
from briarpatch.telling import lasting, listed, log_line, of_many, ordinal, plain, sentence, several, tell
from briarpatch.world import kinds, refs


@pytest.fixture
def world(tmp_path):
    """A toy scenario, a world at time zero with room for many entries."""
    path = tmp_path / "dam.yaml"
    path.write_text(toy.TEXT)
    scenario = toy.load_scenario(path)
    world = scenario.world(0)
    return scenario, world._replace(chronicle=toy.tables.CHRONICLE.rows(2000))


def at(world, hours, *entry, **named):
    """Write an entry at a time."""
    world.state["time"] = hours * toy.HOUR
    return toy.emit(world, *entry, **named)


def told(world, width=80, style="prose"):
    """Tell a (scenario, world) pair."""
    return tell(Chronicle(*world), width, style)


MAYOR, RUNNER, KEEPER = (toy.ref("person", name) for name in ("mayor", "runner", "keeper"))
CRACK, FLOOD = toy.ref("fact", "crack"), toy.ref("fact", "flood")
VILLAGERS = [refs.PERSON * refs.ROWS_PER_KIND + row for row in range(3, 3 + toy.VILLAGERS)]


def test_a_sentence_has_a_capital_and_a_full_stop():
    assert sentence(kinds.ARRIVED, "the mayor", "the hill", "", 0.0) == "The mayor reached the hill."
    assert sentence(kinds.RULE, "It rains!", "", "", 0.0) == "It rains!"


def test_a_part_in_brackets_needs_its_fields():
    assert sentence(kinds.DIED, "the mayor", "", "the dam", 0.0) == "The mayor died at the dam."
    assert sentence(kinds.DIED, "the mayor", "", "", 0.0) == "The mayor died."


def test_a_missing_name_becomes_somebody():
    assert sentence(kinds.ATTACKED, "", "the dam", "", 0.0) == "Somebody attacked the dam."


def test_braces_in_names_are_left_alone():
    assert sentence(kinds.ARRIVED, "{place}", "[x]", "there", 0.0) == "{place} reached [x]."


def test_a_guard_says_which():
    assert "a number is not finite" in sentence(kinds.GUARD, "", "", "", 4.0)
    assert "unknown" in sentence(kinds.GUARD, "", "", "", 99.0)


@pytest.mark.parametrize("kind", assembly.ENTRIES, ids=lambda kind: kind.name)
def test_every_kind_tells_a_whole_sentence(kind):
    text = sentence(kind.number, "the mayor", "the dam", "the hill", 2.0)
    assert text[0].isupper()
    assert text.endswith(".")
    assert not set(text) & set("{}[]")


@given(st.text(), st.text(), st.text(), st.floats(), st.sampled_from(assembly.ENTRIES))
def test_no_text_breaks_a_sentence(subject, object_, place, amount, kind):
    text = sentence(kind.number, plain(subject), plain(object_), plain(place), amount)
    assert "\x1b" not in text
    assert len(text.splitlines()) <= 1


def test_plain_drops_what_a_terminal_would_obey():
    assert plain("a\x1b[31mb\nc\u202ed") == "a [31mb c d"


def test_lists():
    assert listed(["A"]) == "A"
    assert listed(["A", "B"]) == "A and B"
    assert listed(["A", "B"], 14) == "A, B and 14 others"
    assert listed(["A"], 1) == "A and one other"


def test_named_people_who_do_the_same_share_a_sentence(world):
    for person in (MAYOR, RUNNER, KEEPER):
        at(world[1], 1, kinds.LEARNED, person, CRACK)
    assert "The mayor, the runner and the keeper learned: the dam has a crack." in " ".join(told(world).split())


def test_what_one_person_learns_at_once_shares_a_sentence(world):
    at(world[1], 1, kinds.LEARNED, MAYOR, CRACK)
    at(world[1], 1, kinds.LEARNED, MAYOR, FLOOD)
    text = " ".join(told(world).split())
    assert "The mayor learned: the dam has a crack; the valley will be flooded." in text


def test_a_crowd_takes_one_sentence_with_its_span(world):
    for i, person in enumerate(VILLAGERS[:17]):
        at(world[1], 2 + i / 10, kinds.CAPTURED, person, toy.ref("faction", "valley"), 0)
    text = " ".join(told(world).split())
    assert (
        "09:36 In the last 96 minutes 17 of the villagers were taken prisoner by valley and held at the village."
        in text
    )
    assert len(told(world).splitlines()) <= 5


def test_a_whole_crowd_is_all_of_it(world):
    for person in VILLAGERS:
        at(world[1], 2, kinds.MOVED_OUT, person)
    assert "All of the villagers were taken from home." in told(world)


def test_a_named_person_stands_before_the_crowd(world):
    for person in (*VILLAGERS[:5], MAYOR):
        at(world[1], 2, kinds.MOVED_OUT, person)
    assert "The mayor and five of the villagers were taken from home." in told(world)


def test_pairs_are_not_put_together(world):
    at(world[1], 2, kinds.MET, MAYOR, RUNNER)
    at(world[1], 2, kinds.MET, KEEPER, RUNNER)
    assert "The mayor and the runner met. The keeper and the runner met." in " ".join(told(world).split())


def test_repetitions_are_counted(world):
    for i in range(3):
        at(world[1], 1 + i / 10, kinds.RULE, toy.ref("rule", "rain"))
    assert told(world).count("rains in the hills") == 1
    assert "It rains in the hills (three times in twelve minutes)." in told(world)


def test_small_things_are_put_together(world):
    at(world[1], 1, kinds.RULE, toy.ref("rule", "rain"))
    for i, person in enumerate(VILLAGERS[:12]):
        at(world[1], 2 + i / 12, kinds.TAGGED, person)
    at(world[1], 3, kinds.LOCK_FAILED, VILLAGERS[0])
    assert told(world).splitlines()[-2:] == [
        "  08:55  In the last 55 minutes twelve of the villagers were tagged.",
        "  09:00  The lock on one of the villagers failed.",
    ]


def test_weight_zero_and_quiet_rules_are_in_the_log_alone(world):
    at(world[1], 0, kinds.BEGAN)
    at(world[1], 0, kinds.RULE, toy.ref("rule", "tick"))
    at(world[1], 1, kinds.RULE, toy.ref("rule", "rain"))
    assert "Tick" not in told(world)
    assert "began" not in told(world)
    assert "Tick." in told(world, style="log")
    assert len(told(world, style="log").splitlines()) == 3


def test_each_line_has_its_hour_and_time_goes_forward(world):
    first = at(world[1], 1, kinds.ARRIVED, MAYOR, toy.ref("place", "hill"), 2)
    at(world[1], 1.1, kinds.ARRIVED, KEEPER, toy.ref("place", "dam"), 1)
    at(world[1], 1.2, kinds.RESIGNED, MAYOR, -1, -1, 0.0, first)
    assert told(world).splitlines() == [
        "Day 1",
        "",
        "  07:00  The mayor reached the hill.",
        "  07:06  The keeper reached the dam.",
        "  07:12  The mayor laid down the office.",
    ]


def test_an_empty_line_stands_for_a_long_pause(world):
    at(world[1], 1, kinds.ARRIVED, MAYOR, toy.ref("place", "hill"), 2)
    at(world[1], 4, kinds.ARRIVED, KEEPER, toy.ref("place", "dam"), 1)
    assert told(world).splitlines()[2:] == [
        "  07:00  The mayor reached the hill.",
        "",
        "  10:00  The keeper reached the dam.",
    ]


def test_what_follows_from_a_summary_stands_after_it(world):
    deaths = [at(world[1], 1 + i / 10, kinds.DIED, person, -1, 0) for i, person in enumerate(VILLAGERS[:3])]
    at(world[1], 1.3, kinds.RESIGNED, MAYOR, -1, -1, 0.0, deaths[-1])
    at(world[1], 1.4, kinds.DIED, VILLAGERS[3], -1, 0)
    assert told(world).splitlines()[2:] == [
        "  07:12  In the last twelve minutes three of the villagers died at the village.",
        "  07:18  The mayor laid down the office.",
        "  07:24  One of the villagers died at the village.",
    ]


def test_a_suspicion_that_becomes_knowledge_at_once_is_not_told(world):
    at(world[1], 1, kinds.SUSPECTED, MAYOR, CRACK)
    at(world[1], 1, kinds.LEARNED, MAYOR, CRACK)
    at(world[1], 2, kinds.SUSPECTED, MAYOR, FLOOD)
    at(world[1], 2, kinds.DOUBTED, MAYOR, FLOOD)
    at(world[1], 3, kinds.SUSPECTED, RUNNER, CRACK)
    at(world[1], 4, kinds.LEARNED, RUNNER, CRACK)
    text = told(world)
    assert [text.count(words) for words in ("suspect", "learned", "no longer")] == [1, 2, 0]


def test_whoever_is_carried_later_keeps_the_first_in_the_count(world):
    said = at(world[1], 1, kinds.RULE, toy.ref("rule", "rain"))
    for i, person in enumerate(VILLAGERS[:6]):
        at(world[1], 1 + i / 100, kinds.BEAMED, person, -1, 2, 1.0, said)
    assert "six of the villagers were carried to the hill" in told(world).lower()


def test_whoever_is_carried_at_once_is_told_by_the_author_alone(world):
    said = at(world[1], 1, kinds.RULE, toy.ref("rule", "rain"))
    for person in VILLAGERS[:6]:
        at(world[1], 1.01, kinds.BEAMED, person, -1, 2, 1.0, said)
    assert "carried" not in told(world)


def test_nobody_is_cut_from_a_list(world):
    for person in (MAYOR, RUNNER, KEEPER, *VILLAGERS[:9]):
        at(world[1], 1, kinds.DIED, person, -1, 0)
    assert "The mayor, the runner, the keeper and nine of the villagers died at the village." in " ".join(
        told(world).split()
    )


@pytest.mark.parametrize(
    ("words", "plural"),
    [
        ("the elders", True),
        ("the chief of the observers", False),
        ("those who stayed", True),
        ("the boss", False),
        ("Ru'afo's bridge officers", True),
        ("the fourth of the villagers", False),
        ("Ulysses", False),
        ("the geese", True),
        ("17 of the villagers", True),
        ("the Enterprise", False),
        ("one of the villagers", False),
    ],
)
def test_plural_words_are_known(words, plural):
    assert several(words) is plural


@pytest.mark.parametrize(
    ("crowd", "words"),
    [
        ("hostages", "the hostages"),
        ("the villagers", "the villagers"),
        ("those who stayed", "those who stayed"),
        ("Roma", "the Roma"),
        ("Ru'afo's officers", "Ru'afo's officers"),
        ("nobody", "nobody"),
        ("les otages", "les otages"),
        ("οι χωρικοί", "οι χωρικοί"),
        ("村人", "村人"),
    ],
)
def test_a_crowd_without_an_article_gets_one(crowd, words):
    assert of_many(crowd) == words


def test_ordinals_and_spans_are_words():
    assert [ordinal(n) for n in (1, 4, 12, 13, 21, 22, 23, 111, 112)] == (
        ["first", "fourth", "twelfth", "13th", "21st", "22nd", "23rd", "111th", "112th"]
    )
    assert [lasting(s) for s in (60, 1680, 7200, 86400, 3e6, 4e9)] == (
        ["minute", "28 minutes", "two hours", "24 hours", "35 days", "127 years"]
    )


def test_a_member_of_a_crowd_has_a_number_in_words_and_in_data(world):
    at(world[1], 1, kinds.DIED, VILLAGERS[3], -1, 0)
    log = Chronicle(*world)
    entry = log.entry(0)
    assert entry.text == "The fourth of the villagers died at the village."
    assert entry.subject == log.frame()["subject"][0]
    assert entry.subject.endswith("villagers #4")
    assert "One of the villagers died" in told(world)


def test_a_new_day_has_its_own_heading(world):
    at(world[1], 1, kinds.ARRIVED, MAYOR, toy.ref("place", "hill"), 2)
    at(world[1], 25, kinds.ARRIVED, KEEPER, toy.ref("place", "hill"), 2)
    assert [line for line in told(world).splitlines() if line.startswith("Day")] == ["Day 1", "Day 2"]


@pytest.mark.parametrize("width", [40, 60, 80])
def test_lines_keep_to_the_width(world, width):
    for i in range(60):
        at(world[1], i / 4, kinds.LEARNED, (MAYOR, RUNNER, KEEPER)[i % 3], (CRACK, FLOOD)[i % 2], i % 3)
    assert max(map(len, told(world, width).splitlines())) <= width


def test_a_line_of_the_log_names_its_causes(world):
    at(world[1], 0, kinds.BEGAN)
    at(world[1], 0, kinds.BEGAN)
    at(world[1], 1, kinds.ARRIVED, MAYOR, toy.ref("place", "hill"), 2, 0.0, 0, 1)
    assert log_line(Chronicle(*world), 2) == "    2  day 1, 07:00   The mayor reached the hill.  <- 0, 1".replace(
        "07:00   ", "07:00    "
    )


def test_nothing_told_is_an_empty_text(world):
    assert told(world) == ""
    assert told(world, style="log") == ""


def test_a_large_crowd_is_told_in_time_that_grows_with_its_size(world):
    """Membership in a sentence is looked up, not searched for."""
    world = world[0], world[1]._replace(chronicle=toy.tables.CHRONICLE.rows(60_000))
    for number in range(50_000):
        toy.emit(world[1], kinds.TAGGED, VILLAGERS[number % len(VILLAGERS)])
    assert told(world).count("tagged") == 1


def test_what_came_to_nothing_never_stands_between_a_cause_and_what_it_did(world):
    rain = at(world[1], 1, kinds.RULE, toy.ref("rule", "rain"))
    at(world[1], 1, kinds.DIED, VILLAGERS[0], -1, 0, 0.0, rain)
    at(world[1], 1, kinds.WAS_AWAY, -1, toy.ref("crowd", "villagers"), 1, 0.0, rain)
    at(world[1], 1, kinds.DIED, MAYOR, -1, 0, 0.0, rain)
    at(world[1], 1, kinds.ENDED, -1, toy.ref("ending", "drowned"), -1, 0.0, rain)
    text = " ".join(told(world).split())
    said = [
        "one of the villagers died at the village.",
        "The villagers could not be reached at the dam.",
        "It ended so",
    ]
    places = [text.lower().index(words.lower()) for words in said]
    assert places == sorted(places), text


@pytest.mark.parametrize(
    ("words", "told_words"), [("villagers", "the villagers"), ("Ba'ku elders", "the Ba'ku elders")]
)
def test_a_whole_crowd_has_an_article_in_every_sentence(world, monkeypatch, words, told_words):
    crowd = toy.ref("crowd", "villagers")
    monkeypatch.setattr(type(world[0].names), "told", lambda *_: words)
    for kind in kinds.KINDS:
        if "{object}" in kind.template:
            text = sentence(kind.number, "the mayor", Chronicle(*world).words(crowd), "the hill", 2.0)
            assert told_words in text or told_words.capitalize() in text or f"T{told_words[1:]}" in text, text


def test_hits_are_told_by_who_hit_whom_and_how_often(world):
    for minute in range(3):
        at(world[1], 1 + minute / 600, kinds.HULL_HIT, toy.ref("place", "dam"), toy.ref("place", "hill"))
    assert told(world).splitlines()[-1] == "  07:00  The hill hit the dam three times."


def test_how_often_somebody_did_something_stands_before_it(world):
    for hour in (1, 1.1, 1.2):
        at(world[1], hour, kinds.IN_VAIN, toy.ref("place", "dam"), MAYOR)
    assert told(world).splitlines()[-1].startswith("  07:12  Three times in twelve minutes the mayor tried")


def test_inside_a_vessel_is_aboard():
    assert sentence(kinds.DIED, "the mate", "", "the ferry", 0.0, True) == "The mate died aboard the ferry."


def test_a_verb_without_words_of_its_own_is_named():
    number = tuple(assembly.VERBS).index("bond")
    assert sentence(kinds.DONE, "", "the mate", "", float(number)) == "The effect 'bond' took place: the mate."
