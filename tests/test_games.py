"""Games: people in seats over the engine, injects, messages, taking back, and what is kept of it all."""

from __future__ import annotations

import json
import math
from functools import cache

import numpy as np
import pytest

import briarpatch as bp
from briarpatch.errors import RequestError, SavedRunError
from briarpatch.games import keeping
from briarpatch.games.game import FACILITATOR, PROGRAM, Stale, anonymous, new_game
from briarpatch.games.views import facilitator_view, seat_view
from briarpatch.hands import Hand, messages
from briarpatch.run import Run
from briarpatch.scenario.catalog import load_scenario, scenario_names
from briarpatch.world.world import compare
from plays import FOLK, STAGE, scene
from test_seats import deciders, people, scrambled

SCENARIOS = [name for name, _ in scenario_names()]
WORDS = """
channels: { radio: { overhead: 2 min, reliability: 0.6 }, wire: { overhead: 1 min } }
facts: { smoke: { prior: 0.1 } }
injects:
  cry: { told: A cry was heard, seen_by: [here], expected: Ann goes, objective: To act, planned: 5 min, do: [learn: { who: ann, fact: smoke, weight: 9 }] }
  rain: { told: Rain fell, repeat: true, seen_by: [] }
  shut: { told: The door fell shut, do: [mark: shutting] }
events: { shutting: {} }
decisions:
  ann.go: { question: Go?, when: "!happened(shutting)", takes: 10 min, options: { yes: { told: Ann went, base: 1 }, no: { told: Ann stayed } } }
  bob.say: { question: Say?, when: decided(ann.go), takes: 5 min, options: { much: { told: Bob spoke }, little: { told: Bob was silent } } }
"""


loaded = cache(scene)


def in_a_file(folder):
    """Return the scenario in a file of its own, so that its runs can be saved."""
    file = folder / "talk.yaml"
    file.write_text("scenario: { title: Talk, until: 1 d }\n" + STAGE + FOLK + WORDS)
    return load_scenario(file)


def start(seed=0, text=WORDS):
    return Run(loaded(text), seed, ask=["ann", "bob"], record=1).go()


# ------------------------------------------------------------------------------------------------ injects and words


@pytest.mark.parametrize("seed", [0, 3])
def test_injects_that_nobody_gives_change_no_byte(seed):
    with_them, without = Run(scene(WORDS), seed, record=1).go(), Run(scene(cut(WORDS)), seed, record=1).go()
    assert compare_played(with_them, without)


def cut(text):
    """Return a scenario without its injects."""
    head, _, rest = text.partition("injects:\n")
    return head + rest[rest.index("events:") :]


def compare_played(one, other):
    """Return whether two runs of scenarios that differ in injects alone have the same world, rules and events apart."""
    same = one.log.frame().equals(other.log.frame())
    for name in ("people", "minds", "beliefs", "messages", "decisions_state", "options_state", "clocks", "state"):
        same &= getattr(one.world, name).tobytes() == getattr(other.world, name).tobytes()
    return same


def test_inject_happens_now_and_before_the_question_that_waits():
    run = start()
    run.inject("cry")
    assert run.question.name == "ann.go"
    entry = next(e for e in run.entries() if e.text == "A cry was heard.")
    assert entry.time == run.time == 600.0
    assert dict(zip(run.beliefs("ann")["fact"], run.beliefs("ann")["known"], strict=True)) == {"smoke": True}
    assert [e["text"] for e in run.view("ann").facts()["entries"]][:1] == ["A cry was heard."]


def test_inject_can_end_the_question_that_waits():
    run = start()
    run.inject("shut")
    assert run.question is None
    run.go()
    assert run.status == "finished"


def test_inject_is_given_once_unless_it_repeats():
    run = start()
    run.inject("cry")
    with pytest.raises(RequestError, match="'cry' was given already"):
        run.inject("cry")
    run.inject("rain")
    run.inject("rain")
    assert [e.text for e in run.entries()].count("Rain fell.") == 2
    with pytest.raises(RequestError, match="did you mean 'rain'"):
        run.inject("rian")
    with pytest.raises(RequestError, match="too late"):
        bp.run("vault", seed=1).inject("passer_by")


def test_inject_is_an_event_of_its_own_name_and_a_cause():
    text = WORDS.replace("decisions:", "rules: { flee: { told: All fled, when: happened(cry) } }\ndecisions:")
    run = start(text=text)
    assert "All fled." not in [e.text for e in run.entries()]
    run.inject("cry")
    assert "A cry was heard." in [e.text for e in run.why("flee")]
    with pytest.raises(Exception, match="is an event or a rule already"):
        scene(WORDS.replace("  rain:", "  shutting:"))


def test_messages_are_delayed_and_lost_by_the_law_of_their_channel():
    lost = 0
    for seed in range(40):
        run = start(seed)
        run.message("ann", "cid", "Hear me", "radio")
        run.go("1 h") if run.question is None else run.choose("yes")
        run.go("1 h") if run.question is None else run.choose("much")
        run.go("1 h")
        (found,) = messages(run)
        lost += found.state == "lost"
        if found.state == "arrived":
            assert found.arrived == pytest.approx(600.0 + 120.0)
            assert [one["words"] for one in run.view("cid").facts()["messages"]] == ["Hear me"]
        else:
            assert run.view("cid").facts()["messages"] == []
        assert [one["way"] for one in run.view("ann").facts()["messages"]] == ["out"]
        assert run.view("bob").facts()["messages"] == []
    assert abs(lost / 40 - 0.4) < 4.0 * math.sqrt(0.24 / 40)


def test_two_messages_have_luck_of_their_own_and_orders_keep_theirs():
    sent = []
    for count in (1, 2):
        run = start(5)
        for n in range(count):
            run.message("ann", "cid", f"word {n}", "radio")
        sent.append([bool(row["fails"]) for row in run.world.messages[: int(run.world.state["sent"][0])]])
    assert sent[1][0] == sent[0][0]


def test_a_fact_told_over_a_channel_is_heard_and_words_alone_tell_none():
    run = start()
    run.inject("cry")
    run.message("ann", "bob", "Do you smell it?", "wire")
    run.choose("yes")
    run.go()
    assert not run.beliefs("bob")["known"][0]
    run.message("ann", "bob", "There is smoke", "wire", "smoke")
    run.choose("much")
    run.go()
    assert run.beliefs("bob")["probability"][0] > 0.5
    assert [one["words"] for one in run.view("bob").facts()["messages"]] == ["Do you smell it?", "There is smoke"]


def test_words_from_mouth_to_ear_need_somebody_beside():
    run = start()
    run.message("ann", "bob", "Psst")
    assert run.view("bob").facts()["messages"][0]["words"] == "Psst"
    with pytest.raises(RequestError, match=r"not beside.*radio"):
        run.message("ann", "cid", "Psst")
    with pytest.raises(RequestError, match="over a channel"):
        run.message("ann", "bob", "Psst", fact="smoke")
    with pytest.raises(RequestError, match="no channel 'rdio'; did you mean"):
        run.message("ann", "bob", "Psst", "rdio")
    with pytest.raises(RequestError, match="somebody else"):
        run.message("ann", "ann", "Psst")
    with pytest.raises(RequestError, match="letters"):
        run.message("ann", "bob", " ")
    assert len(run.hands) == 1


def test_a_run_with_hands_plays_again_to_the_byte(tmp_path):
    run = Run(in_a_file(tmp_path), 4, ask=["ann", "bob"], record=1).go()
    run.message("ann", "cid", "One", "radio")
    run.inject("cry")
    run.choose("yes")
    run.go("12 min")
    run.inject("rain")
    run.message("bob", "ann", "Two", "wire")
    run.go()
    run.choose("little")
    run.go()
    assert compare(run.at(run.time).world, run.world) == []
    early = run.at("12 min")
    assert [hand.what for hand in early.hands] == ["message", "inject", "inject", "message"]
    read = bp.load(run.save(tmp_path / "run"))
    assert read.hands == run.hands
    assert read.view("ann").to_json() == run.view("ann").to_json()
    assert compare(read.at(read.time).world, run.world) == []
    read._revive()
    assert compare(read.world, run.world) == []


def test_a_saved_run_with_other_hands_is_refused(tmp_path):
    run = Run(in_a_file(tmp_path), 4, ask=["ann", "bob"], record=1).go()
    run.inject("cry")
    run.choose("yes")
    run.go()
    run.choose("much")
    run.go()
    folder = run.save(tmp_path / "run")
    read = bp.load(folder)
    read.hands[0] = Hand(read.hands[0].time, 0, "inject", inject="rain")
    with pytest.raises(SavedRunError, match="does not play again"):
        read._revive()
    for wrong in ({"time": -1}, {"time": 1.0, "after": 0, "what": "other"}, {"what": "inject"}, [], {"x": 1}):
        with pytest.raises(RequestError):
            Hand.of(wrong)


# ------------------------------------------------------------------------------------------------ games


def table(seats=None, seed=3, lone=False, text=WORDS):
    given = {"ann": "human", "bob": "human"} if seats is None else seats
    return new_game(loaded(text), seed, given, lone)


def test_a_seat_of_the_program_answers_as_the_unattended_engine():
    plain = bp.run("vault", seed=3)
    for seats in ({"manager": "program", "guard": "program"}, {"guard": "program"}):
        game = new_game(plain.scenario, 3, seats)
        assert game.run.log.frame().equals(plain.log.frame())
    game = new_game(plain.scenario, 3, {"manager": "human", "guard": "human"})
    game.choose("manager", "manager.act", next(one.name for one in game.run.options() if one.would))
    game.seat("guard", PROGRAM)
    assert game.run.log.frame().equals(plain.log.frame())
    assert [node["holder"] for node in game.nodes] == ["human", "program"]


def test_a_choice_records_who_how_long_and_why():
    game = table()
    now = [100.0]
    game.clock = lambda: now[0]
    game.seat("ann", name="Ada")
    game._asked = "ann.go", 100.0
    now[0] = 112.34
    game.choose("ann", "ann.go", "no", "Too dark")
    node = game.nodes[0]
    assert {key: node[key] for key in ("by", "holder", "name", "took", "reason")} == {
        "by": "ann",
        "holder": "human",
        "name": "Ada",
        "took": 12.3,
        "reason": "Too dark",
    }
    assert node["time"] == 600.0


def test_who_is_not_asked_does_not_choose():
    game = table()
    for who, decision in (("bob", "ann.go"), ("bob", "bob.say"), ("ann", "bob.say")):
        with pytest.raises(Stale):
            game.choose(who, decision, "yes")
    with pytest.raises(RequestError, match="no option"):
        game.choose("ann", "ann.go", "maybe")
    assert game.nodes == []
    game.choose(FACILITATOR, "ann.go", "yes")
    assert game.nodes[0]["holder"] == FACILITATOR
    with pytest.raises(Stale):
        game.choose("ann", "ann.go", "yes")


def test_to_take_back_grows_a_branch_and_deletes_nothing():
    game = table()
    first = facilitator_view(game)
    game.choose("ann", "ann.go", "yes")
    game.choose("bob", "bob.say", "much")
    game.back(answers=0)
    assert game.run.time == 600.0
    again = facilitator_view(game)
    assert again["question"] == first["question"]
    assert again["entries"] == first["entries"]
    game.choose("ann", "ann.go", "no")
    assert [(node["node"], node["parent"], node["hindsight"]) for node in game.nodes] == [
        *((1, 0, False), (2, 1, False), (3, 0, True))
    ]
    game.back(to=2)
    assert [answer for _, answer in game.run.answers] == ["yes", "much"]
    for wrong in ({"answers": 2}, {"answers": -1}, {"to": 9}):
        with pytest.raises(RequestError):
            game.back(**wrong)


def test_what_was_planned_is_planned_again_once_it_is_taken_back():
    game = table()
    game.inject("rain", "12 min")
    game.choose("ann", "ann.go", "yes")
    assert [node["kind"] for node in game.nodes] == ["answer", "inject"]
    assert (game.nodes[1]["time"], game.coming) == (720.0, [])
    game.back(answers=0)
    assert [(one.inject, one.at) for one in game.coming] == [("rain", 720.0)]
    with pytest.raises(RequestError, match="already"):
        game.inject("rain", "1 min")


def test_orders_are_answered_with_an_option_an_inject_or_a_refusal():
    game = table()
    for words in ("Send the dog", "Shout", "I go"):
        game.order("ann", words)
    game.answer_order(1, refusal="There is none")
    game.answer_order(2, inject="cry")
    with pytest.raises(RequestError, match="not open now; open are yes, no"):
        game.answer_order(3, option="fly")
    with pytest.raises(RequestError, match="one of them"):
        game.answer_order(3, option="yes", refusal="No")
    with pytest.raises(Stale, match="answered already"):
        game.answer_order(1, refusal="No")
    game.answer_order(3, option="yes")
    assert game.run.answers == [("ann.go", "yes")]
    kinds = [one["answer"]["kind"] for one in seat_view(game, "ann")["orders"]]
    assert kinds == ["refusal", "done", "done"]
    assert seat_view(game, "bob")["orders"] == []


def test_the_clock_runs_to_where_it_may_and_stops_at_questions():
    game = table()
    game.set_pace({"rate": 60})
    game.choose("ann", "ann.go", "yes")
    assert (game.run.time, game.asked) == (600.0, None)
    game.play(700.0)
    assert (game.run.time, game.asked) == (700.0, None)
    game.set_pace({"until": "12 min"})
    game.play(1e6)
    assert game.run.time == 720.0
    game.pause(True)
    game.set_pace({"until": None})
    game.play(1e6)
    assert game.run.time == 720.0
    game.pause(False)
    game.play(1e6)
    assert (game.run.time, game.asked) == (900.0, "bob")
    for wrong in ({"rate": 0}, {"rate": "fast"}, {"steady": 0}, {"shown": 1}, {"until": []}, {"speed": 2}):
        with pytest.raises(RequestError):
            game.set_pace(wrong)


@pytest.mark.parametrize(
    ("seats", "lone", "said"),
    [
        ({}, False, "needs a seat"),
        ({"nobody": "human"}, False, "unknown person 'nobody'"),
        ({"ann": "robot"}, False, "not by 'robot'"),
        ({"ann": "human", "bob": "human"}, True, "a lone player"),
        ({"ann": "program"}, True, "a lone player"),
    ],
)
def test_seats_that_make_no_sense_are_refused(seats, lone, said):
    with pytest.raises(RequestError, match=said):
        table(seats, lone=lone)


def test_words_of_players_hold_nothing_that_a_terminal_obeys():
    game = table()
    game.message("ann", "bob", "<b>hi</b>\x1b[2J\x00", "wire")
    assert messages(game.run)[0].hand.words == "<b>hi</b>[2J"
    for wrong in ("", "x" * 2001, 7, None):
        with pytest.raises(RequestError):
            game.message("ann", "bob", wrong, "wire")
    with pytest.raises(RequestError, match="heard nothing of 'smoke'"):
        game.message("ann", "bob", "Smoke", "wire", "smoke")


# ------------------------------------------------------------------------------------------------ fog


def test_what_others_do_at_the_table_leaves_no_trace_in_a_seat():
    """Another seat's name, reason, orders, messages to a third, and notes that are not for it change no byte of a view."""
    views = []
    for busy in (False, True):
        game = table({"ann": "human", "bob": "human", "cid": "human"})
        if busy:
            game.seat("bob", name="Ben")
            game.message("bob", "cid", "Not for Ann", "wire")
            game.order("bob", "A ladder")
            game.note("Ben is slow", ["bob"])
        game.choose("ann", "ann.go", "yes")
        ann = json.dumps(seat_view(game, "ann"))
        game.choose("bob", "bob.say", "much", "Because" if busy else "")
        views.append((ann, json.dumps(seat_view(game, "ann"))))
    assert views[0] == views[1]


def test_a_seat_does_not_see_that_another_is_asked_nor_the_clock_meanwhile():
    game = table({"ann": "human", "bob": "human", "cid": "human"})
    before = seat_view(game, "cid")
    game.choose("ann", "ann.go", "yes")
    assert seat_view(game, "cid") == before
    assert before["view"]["time"] == 0.0
    game.set_pace({"shown": True})
    assert seat_view(game, "cid")["view"]["time"] == 900.0


@pytest.mark.parametrize("name", [pytest.param(n, marks=() if n == "vault" else pytest.mark.long) for n in SCENARIOS])
def test_hidden_state_leaves_no_trace_in_a_view_of_a_game(name):
    scenario = load_scenario(name)
    seats = dict.fromkeys(people(bp.start(scenario, 6))[:6], "human")
    game = new_game(scenario, 6, seats)
    for _ in range(3):
        for mind, person in enumerate(people(game.run)):
            if person in seats:
                view = json.dumps(seat_view(game, person))
                whole, game.run = game.run, scrambled(game.run, mind, 7)
                assert json.dumps(seat_view(game, person)) == view, person
                game.run = whole
        if game.asked is None:
            break
        game.choose(game.asked, game.run.question.name, next(one.name for one in game.run.options() if one.open))


DECIDED = [n for n in SCENARIOS if load_scenario(n).decisions]


@pytest.mark.long
@pytest.mark.parametrize("name", DECIDED)
def test_a_game_of_two_seats_plays_through_and_again(name, tmp_path):
    scenario = load_scenario(name)
    seats = dict.fromkeys(deciders(bp.start(scenario, 1))[:2], "human")
    game, dice = new_game(scenario, 1, seats), np.random.default_rng(1)
    while game.asked is not None and len(game.nodes) < 40:
        who = game.asked
        for person in seats:
            question = seat_view(game, person)["view"]["question"]
            assert (question is not None) == (person == who)
        opened = [one["name"] for one in question_of(game, who)["options"] if one["open"]]
        game.choose(who, game.run.question.name, str(dice.choice(opened)))
    keeping.begin(game, tmp_path / "game")
    again = keeping.reopen(tmp_path / "game")
    assert compare(again.run.world, game.run.world) == []


def question_of(game, person):
    return seat_view(game, person)["view"]["question"]


# ------------------------------------------------------------------------------------------------ kept


@pytest.fixture
def kept(tmp_path):
    game = new_game(load_scenario("vault"), 3, {"manager": "human", "guard": "human"})
    folder = tmp_path / "game"
    keeping.begin(game, folder)
    game.seat("manager", name="Ada")
    game.message("manager", "guard", "All quiet?", "telephone")
    game.inject("passer_by")
    game.choose("manager", "manager.act", "look", "I cannot sleep")
    game.note("She goes alone")
    keeping.keep(game, folder)
    return game, folder


def test_a_game_goes_on_from_disk_where_it_stood(kept):
    game, folder = kept
    again = keeping.reopen(folder)
    assert facilitator_view(again) == facilitator_view(game)
    for person in game.seats:
        assert seat_view(again, person) == seat_view(game, person)
    again.choose("guard", "guard.answer", "confess")
    keeping.keep(again, folder)
    assert keeping.reopen(folder).run.ending == again.run.ending


def test_a_game_is_read_as_a_run_and_its_run_is_saved_with_its_record(kept, tmp_path):
    game, folder = kept
    run = bp.load(folder)
    assert run.hands == game.run.hands
    assert run.played["nodes"] == game.nodes
    saved = keeping.keep_run(game, tmp_path)
    read = bp.load(saved)
    assert read.played == game.record()
    assert compare(read.at(read.time).world, game.run.world) == []


def test_anonymous_takes_names_and_reasons_out_and_leaves_the_replay(kept, tmp_path):
    game, folder = kept
    run = keeping.without_names(bp.load(folder))
    text = (run.save(tmp_path / "plain") / "played.json").read_text()
    assert "Ada" not in text
    assert "sleep" not in json.dumps(anonymous(game.record())["nodes"])
    read = bp.load(tmp_path / "plain")
    assert compare(read.at(read.time).world, game.run.world) == []
    assert [node["kind"] for node in read.played["nodes"]] == [node["kind"] for node in game.nodes]
    with pytest.raises(RequestError, match="nobody played"):
        keeping.without_names(bp.run("vault", seed=1))


def altered(folder, change, sealed=False):
    """Write a change into a game's file, sealed anew or not."""
    file = folder / keeping.FILE
    facts = json.loads(file.read_text())
    facts.pop("seal")
    change(facts)
    seal = keeping._seal(facts) if sealed else "0"
    file.write_text(json.dumps(facts | {"seal": seal}))


def other_answer(facts):
    next(node for node in facts["nodes"] if node["kind"] == "answer")["option"] = "sleep"


@pytest.mark.parametrize(
    ("change", "sealed", "said"),
    [
        (other_answer, False, "altered"),
        (other_answer, True, "does not come out"),
        (lambda facts: facts["nodes"][0].update(parent=7), True, "makes no sense"),
        (lambda facts: facts["nodes"][0].pop("words"), True, "cannot be played again"),
        (lambda facts: facts["nodes"][1].update(inject="none"), True, "cannot be played again"),
        (lambda facts: facts.update(seats={"nobody": {"holder": "human", "name": ""}}), True, "cannot be played again"),
        (lambda facts: facts.update(start="../vault.yaml"), True, "not the scenario"),
        (lambda facts: facts.update(format="game-9"), True, "format"),
    ],
)
def test_a_game_that_was_altered_is_refused(kept, change, sealed, said):
    _, folder = kept
    altered(folder, change, sealed)
    with pytest.raises(SavedRunError, match=said):
        keeping.reopen(folder)


def test_a_game_whose_scenario_changed_on_disk_is_refused_and_the_original_may_change(tmp_path):
    game = new_game(in_a_file(tmp_path), 1, {"ann": "human"})
    keeping.begin(game, tmp_path / "game")
    (tmp_path / "talk.yaml").write_text("scenario: {}")
    assert keeping.reopen(tmp_path / "game").asked == "ann"
    copy = next((tmp_path / "game" / "scenario").iterdir())
    copy.write_text(copy.read_text().replace("base: 1", "base: 2"))
    with pytest.raises(SavedRunError, match="altered"):
        keeping.reopen(tmp_path / "game")


def test_a_game_that_was_interrupted_while_it_played_on_stands_at_what_was_done_last(kept):
    game, folder = kept
    before = len(game.nodes)

    def interrupt(*_):
        raise KeyboardInterrupt

    game.play = interrupt
    with pytest.raises(KeyboardInterrupt):
        game.choose("guard", "guard.answer", "lie")
    del game.play
    game.run.go(game.run.time + 1000.0)
    game.stand()
    keeping.keep(game, folder)
    again = keeping.reopen(folder)
    assert len(again.nodes) == before + 1
    assert again.run.answers == [("manager.act", "look"), ("guard.answer", "lie")]
    assert again.run.time == again.nodes[-1]["time"]


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record.update(nodes=7),
        lambda record: record.update(at=99),
        lambda record: record.update(format="played-2"),
        lambda record: record["nodes"][0].pop("words"),
        lambda record: record["nodes"][0].update(kind="dance"),
        lambda record: record["nodes"][0].update(time="noon"),
        lambda record: record["nodes"][2].update(took="long"),
        lambda record: record["nodes"].insert(0, 3),
        lambda record: record["seats"].update(guard=None),
    ],
)
def test_a_record_of_who_played_that_makes_no_sense_is_refused(kept, tmp_path, change):
    game, _ = kept
    run = game.run
    run.played = json.loads(json.dumps(game.record()))
    change(run.played)
    run.save(tmp_path / "run")
    with pytest.raises(SavedRunError, match="not the record of a game"):
        bp.load(tmp_path / "run")
