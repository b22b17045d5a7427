"""A telling is a duty log: it goes forward, stops at the end, counts everybody once, and is good English."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

import pytest

import briarpatch as bp
from briarpatch.chronicle import AUTHORS
from briarpatch.columns import columns
from briarpatch.scenario.catalog import load_scenario, scenario_names
from briarpatch.telling import WHOLE, number_word, sentence, sentences
from briarpatch.world import kinds, refs

NAMES = [name for name, _ in scenario_names()]
FEW, MANY = range(2), range(15)

PEOPLE = (kinds.DIED, kinds.CAPTURED, kinds.ARRIVED, kinds.CAME_THROUGH)
WORDS = {number_word(number): number for number in range(13)}
WORDS["both"] = 2
SOLE = (refs.PERSON, refs.VESSEL, refs.SWARM, refs.DEVICE)
PLURAL_FAULTS = re.compile(
    r"\b(all|both|some|most|\d+|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve) of (?!the |those |[^ ]+'s |[^ ]+s' )"
    r"|\bone \w+s (?!of)\b|\b(1|one) (people|others|times|minutes|hours|days|years|entries)\b"
    r"|^(?!.* of )[^:]*\b(elders|villagers|guests|officers|people) was\b"
)


@lru_cache(maxsize=64)
def played(name, seed):
    """Play a packaged scenario once."""
    return bp.run(name, seed=seed)


def runs(seeds):
    """Every packaged scenario under some seeds; many seeds take long."""
    marks = [pytest.mark.long] if seeds is MANY else []
    return [pytest.param(name, seeds, id=f"{name}-{len(seeds)}", marks=marks) for name in NAMES]


both = pytest.mark.parametrize(("name", "seeds"), runs(FEW) + runs(MANY))


def logs(name, seeds):
    """Yield (chronicle, sentences) of a scenario under each seed."""
    for seed in seeds:
        log = played(name, seed).log
        yield log, sentences(log)


@both
def test_times_never_fall_and_nothing_follows_the_end(name, seeds):
    for log, told in logs(name, seeds):
        times = [one.time for one in told]
        assert times == sorted(times)
        assert all(one.time == max(log.times[n] for n in one.entries) for one in told)
        assert all(log.kinds[n] != kinds.ENDED for one in told[:-1] for n in one.entries)
        clocks = [minutes(day, hour) for day, hour in printed(played(name, seeds[0]).tell())]
        assert clocks == sorted(clocks)


def printed(text):
    """Yield (day, hour) of each line of a telling that begins with an hour."""
    day = ""
    for line in text.splitlines():
        if line.startswith("Day "):
            day = line
        elif line[:2] == "  " and re.match(r"\d\d:\d\d  ", line[2:]):
            yield day, line[2:7]


def minutes(day, hour):
    """Return a printed time as a number."""
    return int(day[4:]) * 1440 + int(hour[:2]) * 60 + int(hour[3:])


@both
def test_what_begins_a_sentence_stands_after_its_cause(name, seeds):
    for log, told in logs(name, seeds):
        turn = {n: k for k, one in enumerate(told) for n in one.entries}
        for k, one in enumerate(told):
            for cause in log.causes[one.entries[0]]:
                assert turn.get(cause, -1) <= k, (log.text(cause), one.text)


@both
def test_every_entry_is_told_at_most_once_and_people_exactly_once(name, seeds):
    for log, told in logs(name, seeds):
        times = Counter(n for one in told for n in one.entries)
        assert max(times.values(), default=1) == 1
        for n in range(len(log)):
            if log.kinds[n] in PEOPLE:
                assert times[n] == 1, log.text(n)


@both
def test_the_counts_of_a_sentence_are_those_of_its_entries(name, seeds):
    for log, told in logs(name, seeds):
        for one in told:
            kind = log.kinds[one.entries[0]]
            if kind in PEOPLE:
                crowd_heads = sum(log.heads(n) for n in one.entries)
                people = {log.subjects[n] for n in one.entries}
                wanted = crowd_heads or len(people)
                verb = {kinds.DIED: " died", kinds.CAPTURED: " taken prisoner", kinds.ARRIVED: " reached "}
                subject = one.text.rpartition(verb.get(kind, " came through"))[0]
                assert counted(subject, log) == wanted, one.text


def counted(subject, log):
    """Return how many people a subject in words speaks of."""
    subject = re.sub(r"^In the last [\w,]+( \w+)? ", "", subject)
    subject = re.sub(r" (was|were)$", "", subject)
    party = re.search(r" \(([\w,]+) (?:in all|people)\)", subject)
    if party:
        return number(party[1])
    known = log.scenario.names.told_words
    sole = {log.words(one) for one in known if one // refs.ROWS_PER_KIND in SOLE}
    sizes = {
        log.words(refs.CROWD * refs.ROWS_PER_KIND + k): int(n)
        for k, n in enumerate(log.scenario.program.crowds["count"])
    }
    total = 0
    for words in sorted(sizes, key=len, reverse=True):
        share = rf"\b({'|'.join(['all', *WORDS, '[0-9][0-9,]*'])}) of (?:the )?{re.escape(words)}(?!\w)"
        for much in re.findall(share, subject, re.IGNORECASE):
            total += sizes[words] if much.lower() == "all" else number(much)
        subject = re.sub(share, "", subject, flags=re.IGNORECASE)
    for words in sorted(sole, key=len, reverse=True):
        subject, found = re.subn(rf"(?<!\w){re.escape(words)}(?!\w)", "", subject, flags=re.IGNORECASE)
        total += found
    for much in re.findall(r"\b([\w,]+) others?\b", subject):
        total += number(much)
    subject = re.sub(r"\b[\w,]+ others?\b", "", subject)
    assert not re.sub(r"\band\b|,|\s", "", subject), subject
    return total


def number(word):
    """Return a number in words or digits."""
    return WORDS[word.lower()] if word.lower() in WORDS else int(word.replace(",", ""))


@both
def test_no_word_is_doubled_and_no_plural_is_wrong(name, seeds):
    for log, told in logs(name, seeds):
        ours = {(one.text, log.kinds[one.entries[0]]) for one in told}
        for text, kind in ours | {(log.text(n), log.kinds[n]) for n in range(len(log))}:
            assert not re.search(r"\b(\w+) \1\b", text), text
            if kind not in (kinds.RULE, kinds.MARKED, kinds.CHOSE):
                assert not PLURAL_FAULTS.search(text.partition(":")[0]), text
            assert "  " not in text
            assert " ." not in text
            assert not re.search(r"[.,;:]{2}", text.replace("...", "")), text


@both
def test_a_capital_within_a_sentence_begins_a_name(name, seeds):
    for log, told in logs(name, seeds):
        proper = proper_words(log)
        for text in {one.text for one in told if log.kinds[one.entries[0]] not in WHOLE}:
            for word in re.findall(r"(?<=[\w,;:)] )['\"(]?([A-Z][\w'’-]*)", text):
                assert word in proper, (word, text)


@pytest.mark.parametrize("name", NAMES)
def test_what_did_not_come_about_is_told_as_its_author_wrote_it(name):
    for reference, told in load_scenario(name).names.told_words.items():
        if reference // refs.ROWS_PER_KIND == refs.RULE:
            assert sentence(kinds.LAPSED, told, "", "", 0.0) == f"It did not come to this: {told}."
        if reference // refs.ROWS_PER_KIND == refs.ENDING:
            assert sentence(kinds.ENDED, "", told, "", 0.0) == f"It ended so: {told}."


def proper_words(log):
    """Return the words with a capital that the author of a scenario writes within a text, or begins a name with."""
    found = set()
    for reference, told in log.scenario.names.told_words.items():
        kind = reference // refs.ROWS_PER_KIND
        inner = told.split(" ", 1)[1] if kind in (*AUTHORS, refs.FACT, refs.ORDER) and " " in told else told
        found |= set(re.findall(r"\b[A-Z][\w'’-]*", inner))
    return found - {"The", "A", "An", "It", "They"} | {one + "'s" for one in found}


@both
def test_lines_keep_to_the_width(name, seeds):
    for seed in seeds:
        assert max(map(columns, played(name, seed).tell(60).splitlines())) <= 60


def a_flood():
    """Return a run of the valley in which villagers died."""
    return next(run for seed in range(100) if len((run := played("valley", seed)).people().filter(status="dead")) > 1)


def test_the_deaths_told_are_the_dead():
    run = a_flood()
    died = [one for one in sentences(run.log) if run.log.kinds[one.entries[0]] == kinds.DIED]
    assert sum(len(one.entries) for one in died) == len(run.people().filter(status="dead"))


def test_a_member_of_a_crowd_is_found_by_its_number():
    log = a_flood().log
    dead = next(entry for entry in log.entries() if entry.kind == "died" and " #" in entry.subject)
    assert re.fullmatch(r"villagers #\d+", dead.subject)
    assert log.find(dead.subject) == dead.number
    assert re.match(r"The \w+ of the villagers died at the village", dead.text)
    for nobody in ("villagers #0", "villagers #9999999999", "villagers #x", "nobody #1"):
        with pytest.raises(bp.RequestError):
            log.find(nobody)
