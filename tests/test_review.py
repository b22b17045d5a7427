"""The review of a run: it names what mattered, says when a chance was gone, and survives what people do to it."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import briarpatch as bp
from briarpatch.analysis.chances import ALIKE, BETTER, WORSE, missed_chances
from briarpatch.analysis.events import COLUMNS, Event, read, sections, to_csv, to_yaml
from briarpatch.analysis.objectives import objectives
from briarpatch.analysis.occasions import Forks, occasions
from briarpatch.analysis.review import review
from briarpatch.analysis.word import Word
from briarpatch.errors import RequestError, SavedRunError
from briarpatch.render.review_document import markdown, page
from briarpatch.run import Run, run
from briarpatch.scenario.catalog import load_text
from briarpatch.scenario.scenario import Scenario
from briarpatch.scenario.schema import Inject
from briarpatch.views.cli import main

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"
HOUR = 3600.0
HEAD = """
scenario: {{ title: "{title}", until: {until} h }}
maps: {{ ground: {{}} }}
places: {{ here: {{ map: ground, at: [0 km, 0 km] }} }}
factions: {{ ours: {{}} }}
"""


def story(text: str, title: str = "a test", until: float = 10) -> Scenario:
    """Return a scenario with people and endings of its own."""
    return load_text(HEAD.format(title=title, until=until) + text)


@pytest.fixture(scope="module")
def fire() -> Run:
    """A run in which the commander waits, the town is lost, and the trucks are sent."""
    return run(EXAMPLES / "wildfire.yaml", 1)


@pytest.fixture(scope="module")
def fires(fire):
    return review(fire, 24, ["-30 min", "1 h", "2 h"], workers=2)


def test_a_commander_who_waits_is_named_and_not_the_rescue(fire, fires):
    assert fire.ending == "lost"
    assert "The commander waited for a second report" in fires.headline()
    first = fires.missed[0]
    assert (first.occasion.taken, first.alternative.option, first.verdict) == ("wait", "leave", BETTER)
    assert first.ending == "cleared"
    moved = {one.ending: one.change for one in first.endings if one.sure}
    assert moved["cleared"].low > 0.5
    assert [one.occasion.taken for one in fires.missed] == ["wait"]
    assert [one.occasion.taken for one in fires.kept] == ["send"]
    assert fires.kept[0].verdict == WORSE
    turns = [turn for turn in fires.turns.turns if turn.certain]
    assert [turn.entry.text for turn in turns] == ["The commander waited for a second report."]
    assert turns[0].needed


def test_a_chance_at_another_time_is_weighed_or_said_to_have_been_closed(fires):
    at = {
        (one.alternative.option, one.alternative.shift): one
        for one in fires.chances.found
        if one.occasion.taken == "wait"
    }
    assert at["leave", -0.5 * HOUR].why_not.startswith("it was not open: believes(commander, smoke)")
    assert not at["leave", -0.5 * HOUR].prompted
    soon, late = at["leave", HOUR], at["leave", 2 * HOUR]
    assert soon.ending == "cleared"
    assert soon.mattered > late.mattered
    assert at["wait", HOUR].verdict == ALIKE


def test_every_part_is_said_in_words_and_no_line_is_too_long(fires):
    text = fires.text(80)
    for head in (
        "Objectives",
        "Missed chances",
        "At another time",
        "Where it turned",
        "Why it ended so",
        "Who knew what",
    ):
        assert head in text
    assert max(map(len, text.splitlines())) <= 80
    assert "M The town is warned in time" in text
    assert "10 min after the ranger held it, 2 min on its way" in " ".join(text.split())
    assert json.loads(json.dumps(bp.analysis.results.plain(fires.facts())))["headline"] == fires.headline()
    assert fires.table.height >= len(fires.chances.found)


def test_threads_do_not_matter(fire):
    found = [missed_chances(fire, 6, [HOUR], workers=threads).facts() for threads in (1, 2)]
    assert found[0] == found[1]


def test_what_is_wanted_decides_what_is_better(fire):
    found = missed_chances(fire, 12, [], want="lost > 0")
    assert {one.occasion.taken: one.verdict for one in found.done_otherwise} == {"wait": WORSE, "send": ALIKE}
    found = missed_chances(fire, 12, [], want="cleared")
    assert found.done_otherwise[0].verdict == BETTER
    with pytest.raises(RequestError, match="condition of the scenario language"):
        missed_chances(fire, 12, [], want="cleered")


def test_what_only_ends_otherwise_is_no_missed_chance(fire):
    """In the vault one answer is worse and one ends otherwise: nothing was missed. Without better sides nothing can be."""
    found = review(run("vault", 2), 15, [], parts=["chances"])
    assert found.missed == []
    assert [one.alternative.option for one in found.kept] == ["sleep"]
    assert "Nothing better was missed" in found.headline()
    text = (
        fire.scenario.path.read_text()
        .replace("better: less", "better: neither")
        .replace("better: more", "better: neither")
    )
    blind = review(run(load_text(text), 1), 15, [], parts=["chances"])
    assert (blind.missed, blind.kept) == ([], [])
    assert [one.occasion.taken for one in blind.otherwise] == ["wait", "send"]
    assert "The commander waited" in blind.headline()


def test_another_answer_under_the_same_luck_is_the_run_with_that_choice(fire):
    """Up to the answer nothing differs: the world is that of the whole run in which the answer is fixed."""
    found = missed_chances(fire, 0, [])
    fixed = run(EXAMPLES / "wildfire.yaml", 1, {"commander.evacuate": "leave"})
    one = next(one for one in found.found if one.occasion.taken == "wait")
    assert (one.ending, one.measures) == (fixed.ending, fixed.measures)
    assert one.worlds == 0
    assert one.verdict == BETTER


LAPSED = """
people: { ann: { faction: ours, place: here, values: { care: 1 } } }
values: { care: care }
rules:
  gone: { told: The boat left, when: "time() >= '3 h'", chance: 1 }
decisions:
  ann.board:
    question: Does she board?
    when: time() >= '1 h' && time() < '3 h'
    takes: 4 h
    options:
      board: { told: Ann boarded, utility: { care: "1" } }
      stay: { told: Ann stayed }
measures: { away: { told: got away, value: "chose(ann.board.board) ? 1 : 0", unit: share, better: more } }
endings: { away: { told: she got away, when: chose(ann.board.board) }, left: { told: she was left behind } }
"""


def test_a_question_that_lapsed_is_a_chance_missed():
    played = run(story(LAPSED), 0)
    found = review(played, 20, ["-1 h", "30 min"], parts=["chances", "turns"])
    assert played.ending == "left"
    assert found.missed[0].occasion.taken is None
    assert found.missed[0].alternative.option == "board"
    assert found.missed[0].ending == "away"
    assert "gave no answer" in found.headline()


def test_more_often_asked_questions_are_told_apart():
    text = """
people: { ann: { faction: ours, place: here } }
rules:
  bell: { told: The bell rang, when: "true", after: 1 h, repeat: true }
gauges: { acts: { told: acts } }
decisions:
  ann.act:
    question: Act?
    when: "time() >= '1 h'"
    repeat: true
    takes: 1 h
    options:
      act: { told: Ann acted, do: [set: { gauge: acts, to: 1 }] }
      wait: { told: Ann waited, base: 5 }
measures: { done: { told: done, value: acts, better: more } }
endings: { done: { told: done, when: acts > 0 }, undone: { told: not done } }
"""
    scenario = story(text, until=6)
    seed = next(seed for seed in range(20) if run(scenario, seed).ending == "undone")
    found = missed_chances(run(scenario, seed), 10, [])
    assert len({one.occasion.entry.number for one in found.found}) == len(found.found) >= 3
    assert {one.verdict for one in found.found} == {BETTER}


def test_what_is_altered_on_disk_is_refused(tmp_path, capsys):
    saved = run(EXAMPLES / "wildfire.yaml", 1).save(tmp_path / "fire")
    broken = tmp_path / "broken"
    shutil.copytree(saved, broken)
    for path in broken.rglob("*"):
        if path.is_file() and path.suffix in (".json", ".npz", ".parquet"):
            content = bytearray(path.read_bytes())
            content[len(content) // 2] ^= 1
            path.write_bytes(content)
            break
    assert main(["review", str(broken), "-n", "0"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_run_whose_answers_were_altered_in_memory_does_not_play_again(tmp_path):
    saved = bp.load(run(EXAMPLES / "wildfire.yaml", 1).save(tmp_path / "fire"))
    saved.seed = 2
    with pytest.raises(SavedRunError, match="does not play again"):
        review(saved, 0)


def test_without_decisions_facts_or_measures_it_says_what_there_is():
    text = "rules: { noon: { told: Noon, when: 'true', after: 1 h } }\nendings: { over: { told: it was over } }\n"
    found = review(run(story(text), 0), 10)
    assert "Nobody decided anything" in found.text()
    assert found.word is not None
    assert found.word.known == []
    assert found.objectives == ()
    assert found.table.height == 0
    assert "Nobody decided anything" in page(found)
    assert "Nobody decided anything" in markdown(found)


def test_a_run_that_has_not_ended_is_refused(fire):
    with pytest.raises(RequestError, match="reached no ending"):
        review(run(EXAMPLES / "wildfire.yaml", 1, until="1 h"))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"parts": ["chanses"]}, "did you mean 'chances'"),
        ({"shifts": ["0 h"]}, "other than 0"),
        ({"shifts": ["soon"]}, "a time from the start is wanted"),
        ({"worlds": -1}, "0 to 1,000,000"),
        ({"parts": ["objectives"], "want": "x"}, None),
    ],
)
def test_bad_requests_are_refused(fire, settings, says):
    if says is None:
        assert review(fire, 0, **settings).chances is None
        return
    with pytest.raises(RequestError, match=says):
        review(fire, **({"worlds": 0} | settings))


def test_no_worlds_plays_the_luck_of_the_run_alone(fire):
    found = review(fire, 0)
    assert found.turns is None
    assert all(one.worlds == 0 for one in found.chances.found)
    assert found.missed[0].occasion.taken == "wait"


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_words_that_are_markup_stay_words():
    evil = "<img src=x onerror=alert(1)> **bold** [a](http://b) | `c` &lt;"
    text = f"""
people: {{ ann: {{ told: '{evil}', faction: ours, place: here }} }}
facts: {{ f: {{ told: '{evil}' }} }}
rules: {{ r: {{ told: '{evil}', when: 'true', do: [reveal: {{ fact: f, at: here }}] }} }}
decisions:
  ann.go:
    question: '{evil}'
    when: happened(r)
    options: {{ go: {{ told: '{evil} go' }}, stay: {{ told: '{evil} stay' }} }}
beats: {{ b: {{ told: '{evil}', match: {{ happened: ann.go.go }} }} }}
accounts: {{ a: {{ title: '{evil}', beats: {{ b: [] }} }} }}
measures: {{ m: {{ told: '{evil}', value: "chose(ann.go.go) ? 1 : 0", better: more }} }}
endings: {{ gone: {{ told: '{evil} 1', when: chose(ann.go.go) }}, stayed: {{ told: '{evil} 2' }} }}
"""
    found = review(run(story(text, title="<script>alert(1)</script>"), 0), 12)
    tags = _Tags()
    tags.feed(page(found))
    names = {tag for tag, _ in tags.found}
    assert not names & {"img", "script", "a", "iframe", "object", "link", "form"}
    assert not any(name.startswith("on") or name in ("src", "href") for _, attrs in tags.found for name in attrs)
    said = markdown(found)
    assert "<" not in re.sub(r"\\<", "", said)
    assert "](" not in said.replace("\\]", "").replace("]\\(", "")
    assert "://" not in page(found).replace("http://b", "")


def test_documents_ask_for_nothing_and_are_the_same_twice(fires):
    text = page(fires)
    assert text == page(fires)
    assert "default-src 'none'" in text
    assert "://" not in text
    assert "<script" not in text
    assert markdown(fires).startswith("# The fire above the town: review")
    assert "| when |" in markdown(fires)


def test_objectives_are_met_late_or_missed_by_somebody(fire):
    found = {one.name: one for one in objectives(fire)}
    states = {one.name: (one.state, one.who) for one in found["warning"].expected}
    assert states == {"warned": ("met", ("the commander",)), "cleared": ("missed", ("the commander",))}
    assert found["warning"].rating == "M"
    late = run(load_text(fire.scenario.path.read_text().replace("[0 min, 45 min]", "[0 min, 31 min]")), 1)
    one = next(one for one in objectives(late) if one.name == "warning").expected[0]
    assert (one.state, one.who) == ("late", ("the commander",))
    assert one.by == pytest.approx(60.0, abs=1.0)


def test_who_knew_what_when_and_how_word_went(fire):
    word = Word(fire)
    cell = word.cells["commander", "smoke"]
    assert (cell.how, cell.told_by, cell.lag) == ("knew", "ranger", pytest.approx(720.0, abs=1.0))
    (hop,) = word.hops
    assert (hop.how, hop.took, hop.held) == ("arrived", pytest.approx(120.0), pytest.approx(600.0))
    lost = Word(run(EXAMPLES / "wildfire.yaml", 1, overrides={"channels.radio.reliability": "0"}))
    assert [one.how for one in lost.troubled] == ["lost"]
    assert lost.cells["commander", "smoke"].how == "never"


def test_a_list_of_events_goes_through_csv_and_back(fires, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(to_csv(fires.events), encoding="utf-8")
    assert read(path) == list(fires.events)
    assert csv.DictReader(io.StringIO(path.read_text())).fieldnames == list(COLUMNS)
    made = sections(read(path))
    assert set(made["accounts"]) == {"warning", "response"}
    text = (EXAMPLES / "wildfire.yaml").read_text(encoding="utf-8")
    before, _, rest = text.partition("\nbeats:")
    scenario = load_text(before + "\n" + to_yaml(made) + "\nendings:" + rest.partition("\nendings:")[2])
    again = objectives(run(scenario, 1))
    assert [one.rating for one in again] == [one.rating for one in objectives(fires.run)]


def test_injects_go_through_csv_and_back(tmp_path):
    """What a list makes is what the scenario had: the same injects, in a scenario that loads."""
    from briarpatch.analysis.events import listed

    played = bp.start(story(PLAYED), 0)
    played.go("3 h")
    played.inject("alarm")
    played.go()
    vault = run("vault", 2)
    for one, name, outcome in ((played, "alarm", "given"), (vault, "passer_by", "not given")):
        path = tmp_path / f"{name}.csv"
        path.write_text(to_csv(listed(one, [])), encoding="utf-8")
        rows = {event.name: event for event in read(path) if event.type == "inject"}
        assert rows[name].outcome == outcome
        made = sections(read(path))["injects"]
        again = Inject.model_validate(made[name])
        assert again == one.scenario.document.injects[name]
    with pytest.raises(RequestError, match="stands there twice"):
        sections([Event("inject", name="a", what="b"), Event("inject", name="a", what="c")])
    assert sections([Event("inject", name="a", what="b", who="nobody")])["injects"]["a"]["seen_by"] == []


def test_a_cell_is_no_formula_in_a_spreadsheet():
    text = to_csv([Event("entry", what="=1+1", name="@a", who="-x")])
    assert "'=1+1" in text
    assert "'@a" in text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("typ,name\nentry,a\n", "unknown column 'typ'; did you mean 'type'"),
        ("type\nentry\n", "column 'name' is missing"),
        ("type,name\nentri,a\n", ":2 unknown type 'entri'; did you mean 'entry'"),
        ("type,name,since\nexpected,a,soon\n", ":2 since:"),
        ("type,name\nentry,a,b\n", "more cells"),
        ("type,name,type\n", "twice"),
        ("", "column 'type' is missing"),
        ("type,name\nexpected,a\n", "does not say what it is"),
        ("type,name,match\nexpected,a,{happend: b}\n", "is not a pattern"),
        ("type,name,match\nexpected,a,&x [*x]\n", "is not a pattern"),
        ("type,name,match\nexpected,,{happened: b}\n", "needs a name"),
    ],
)
def test_faults_of_a_list_are_named(tmp_path, text, says):
    path = tmp_path / "list.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RequestError, match=re.escape(says)):
        sections(read(path))


def test_lists_that_are_no_text_or_not_there_are_refused(tmp_path):
    path = tmp_path / "list.csv"
    path.write_bytes(b"\xff\xfe\x00t")
    with pytest.raises(RequestError, match="UTF-8"):
        read(path)
    with pytest.raises(RequestError, match="cannot be read"):
        read(tmp_path / "none.csv")


def test_the_commands_write_what_they_say(tmp_path, capsys, fire):
    saved = fire.save(tmp_path / "fire")
    md, html, table = (tmp_path / f"a.{kind}" for kind in ("md", "html", "csv"))
    asked = ["review", str(saved), "-n", "0", "--md", str(md), "--html", str(html), "--csv", str(table)]
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert "What mattered most: day 1, 08:47: The commander waited" in said
    assert all(path.stat().st_size > 1000 for path in (md, html, table))
    assert main(["events", str(table)]) == 0
    assert capsys.readouterr().out.startswith("accounts:\n")
    assert main(["review", str(saved), "-n", "0", "--html", str(md / "a.html")]) == 2
    assert main(["review", str(saved), "--part", "al"]) == 2
    assert main(["review", str(tmp_path / "none")]) == 2


def test_turning_points_of_a_condition_over_measures(fire):
    from briarpatch.analysis.turning_points import turning_points

    found = turning_points(fire, 8, 20, of="lost > 30")
    assert found.came == "so"
    assert [turn.entry.text for turn in found.turns if turn.certain] == ["The commander waited for a second report."]
    assert "points)" in found.text()


def test_a_turn_is_named_by_the_entry_that_is_needed_and_not_by_the_weightiest():
    """Two people decide at one instant; only the second one's answer matters, and both weigh the same."""
    text = """
people: { ann: { faction: ours, place: here }, bob: { faction: ours, place: here } }
decisions:
  ann.sing: { question: Sing?, when: "time() >= '1 h'", options: { sing: { told: Ann sang }, hum: { told: Ann hummed } } }
  bob.cut: { question: Cut?, when: "time() >= '1 h'", options: { cut: { told: Bob cut the rope }, keep: { told: Bob kept the rope } } }
endings: { fell: { told: it fell, when: chose(bob.cut.cut) }, held: { told: it held } }
"""
    from briarpatch.analysis.turning_points import turning_points

    found = turning_points(run(story(text), 3), 12, 40)
    (turn,) = [turn for turn in found.turns if turn.certain]
    assert turn.settled
    assert turn.entry.text.startswith("Bob")
    assert turn.needed
    assert {one.undone for one in turn.without if one.entry.text.startswith("Ann")} <= {False}


DECISIVE = 20


def decided_by_one(turn: int) -> tuple[Scenario, str, str]:
    """Return a story with some decisions of which one matters, the name of that one, and its better option.

    Which one it is, when it comes, and how much luck there is beside it, differ; some others move a measure a little.
    """
    rng = np.random.default_rng(100 + turn)
    people = [f"p{k}" for k in range(int(rng.integers(2, 6)))]
    key = people[int(rng.integers(len(people)))]
    text = "people:\n" + "".join(f"  {who}: {{ faction: ours, place: here }}\n" for who in people)
    text += "gauges: { side: { told: side } }\nrules:\n"
    text += f"  luck: {{ told: Luck, when: \"time() >= '9 h'\", chance: {rng.uniform(0.85, 1.0):.3f} }}\n"
    text += f"  noise: {{ told: Noise, when: 'true', rate: {rng.uniform(0.2, 2.0):.2f}/h }}\ndecisions:\n"
    for who in people:
        at = rng.uniform(0.5, 8.0)
        effect = (
            f", do: [set: {{ gauge: side, to: {rng.uniform(0.01, 0.2):.2f} }}]"
            if who != key and rng.random() < 0.5
            else ""
        )
        text += (
            f"  {who}.act:\n    question: Act?\n    when: \"time() >= '{at:.2f} h'\"\n    takes: {rng.integers(1, 20)} min\n"
            f"    options:\n      act: {{ told: {who} acted{effect} }}\n      wait: {{ told: {who} waited, base: 1.5 }}\n"
        )
    saved = f"chose({key}.act.act) && happened(luck)"
    text += (
        f"measures: {{ saved: {{ told: saved, value: '({saved} ? 1 : 0) + side', better: more }} }}\n"
        f"endings:\n  saved: {{ told: they were saved, when: '{saved}' }}\n  lost: {{ told: they were lost }}\n"
    )
    return story(text), f"{key}.act", "act"


@pytest.mark.long
def test_of_twenty_stories_made_with_one_decisive_moment_at_least_nineteen_are_named():
    named = []
    for turn in range(DECISIVE):
        scenario, decision, option = decided_by_one(turn)
        seed = next(
            seed
            for seed in range(200)
            if (played := run(scenario, seed)).ending == "lost" and _waited(played, decision)
        )
        found = missed_chances(run(scenario, seed), 40, [])
        first = found.done_otherwise[0]
        named.append(
            (first.occasion.decision.name, first.alternative.option, first.verdict) == (decision, option, BETTER)
        )
    assert sum(named) >= 19, named


def _waited(played: Run, decision: str) -> bool:
    return any(one.decision.name == decision and one.taken == "wait" for one in occasions(played))


def test_courses_of_what_was_done_and_of_the_same_answer_again_are_the_same(fire):
    """An alternative that is what was done, put as one, has the courses of what was done: nothing else differs."""
    forks = Forks(fire)
    occasion = occasions(fire)[0]
    other = next(iter(forks.alternatives(occasion, ())))
    assert other.option == "leave"
    same = type(other)("wait", "", other.row + 1)
    base, parting = forks.as_it_was(occasion), forks.part(occasion, same)
    for number in range(4):
        one, done = forks.course(occasion, same, parting, number)
        other_world = forks.plain_course(base, number)
        assert done
        assert (
            one.chronicle[: int(one.state["entries"][0])].tolist()
            == other_world.chronicle[: int(other_world.state["entries"][0])].tolist()
        )


PLAYED = """
people: { ann: { faction: ours, place: here }, bob: { faction: ours, place: here } }
facts: { f: { told: the door is open } }
injects: { alarm: { told: The alarm rang, do: [learn: { who: ann, fact: f, weight: 9 }] } }
decisions:
  bob.first: { question: First?, when: "time() >= '1 h'", options: { yes: { told: Bob said yes, base: 9 }, no: { told: Bob said no } } }
  ann.go: { question: Go?, when: "believes(ann, f)", options: { leave: { told: Ann left }, stay: { told: Ann stayed, base: 9 } } }
  bob.last: { question: Last?, when: "time() >= '6 h'", options: { open: { told: Bob opened, base: 9 }, shut: { told: Bob shut } } }
measures: { out: { told: out, value: "chose(ann.go.leave) && chose(bob.last.shut) ? 1 : 0", better: more } }
endings: { out: { told: out, when: "chose(ann.go.leave) && chose(bob.last.shut)" }, in_: { told: in } }
"""


def test_a_game_is_reviewed_with_its_injects_and_with_what_people_answered_later():
    """Ann is asked because of the inject; what she missed hangs on what Bob, a player, answers afterwards."""
    played = bp.start(story(PLAYED), 0, ask=["ann", "bob"])
    played.go()
    played.choose("no")
    played.go("3 h")
    played.inject("alarm")
    played.go()
    assert played.question.name == "ann.go"
    played.choose("stay")
    played.go()
    played.choose("shut")
    played.go()
    assert played.ending == "in_"
    found = missed_chances(played, 10, [HOUR])
    assert [one.taken for one in occasions(played)] == ["no", "stay", "shut"]
    at = {(one.occasion.decision.name, one.alternative.option, one.alternative.shift): one for one in found.found}
    assert at["ann.go", "leave", 0.0].ending == "out"
    assert at["ann.go", "leave", HOUR].ending == "out"
    assert at["bob.first", "yes", 0.0].ending == "in_"
    assert at["bob.first", "yes", 0.0].measures == dict(played.measures)
    forks = Forks(played)
    world = forks.plain_course(forks.as_it_was(occasions(played)[0]), 0)
    log = bp.chronicle.Chronicle(played.scenario, world)
    assert "The alarm rang." in [log.text(n) for n in range(len(log))]


def test_a_small_gain_does_not_make_a_great_loss_a_missed_chance():
    """What is better in one measure and far worse in others was right not to do; the other way about it was missed."""
    text = """
people: { ann: { faction: ours, place: here } }
gauges: { lives: { told: lives, start: 1 }, coins: { told: coins }, crops: { told: crops, start: 1 } }
decisions:
  ann.act:
    question: Act?
    when: "time() >= '1 h'"
    options:
      sell: { told: Ann sold the seed corn, do: [set: { gauge: coins, to: 1 }, set: { gauge: lives, to: 0 }, set: { gauge: crops, to: 0 }] }
      keep: { told: Ann kept it }
measures:
  lives: { told: lives, value: lives, better: more }
  crops: { told: crops, value: crops, better: more }
  coins: { told: coins, value: coins, better: more }
endings: { over: { told: it was over } }
"""
    for option, missed in (("keep", []), ("sell", ["keep"])):
        found = review(run(story(text), 0, {"ann.act": option}), 12, [], parts=["chances"])
        assert [one.alternative.option for one in found.missed] == missed
        assert len(found.kept) == 1 - len(missed)
        assert found.chances.found[0].verdict == "mixed"
        assert "more gained than lost" in found.text() if missed else "more lost than gained" in found.text()
