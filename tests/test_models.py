"""A language model in a chair, against a server on the loopback."""

from __future__ import annotations

import json

import pytest

import briarpatch as bp
from briarpatch.analysis.branches import Trunk
from briarpatch.analysis.whatif import Change, whatif
from briarpatch.errors import RequestError
from briarpatch.scenario.catalog import load_scenario
from briarpatch.views.cli import main
from briarpatch.views.models import KEY, MODEL, URL, BadAnswer, Endpoint, Model, Prompts, read, write_prompts
from briarpatch.world.world import compare
from chat import chat

LOOK = '{"option": "look", "reason": "The bank is near."}'


@pytest.fixture(scope="module")
def vault():
    return load_scenario("vault")


def played(vault, server, ask=("manager",), patience=5.0, seed=2):
    """Return the run in which the server decides for some people."""
    model = Model(Endpoint(server.url, "stub-1", "k-123"), Prompts(), patience)
    return bp.run(vault, seed, ask=list(ask), chooser=model)


def test_a_model_is_told_what_the_person_can_know_and_decides(vault):
    with chat(lambda body: LOOK) as server:
        run = played(vault, server)
    assert run.answers == [("manager.act", "look")]
    assert server.keys == ["Bearer k-123"]
    assert server.requests[0]["model"] == "stub-1"
    system, user = [message["content"] for message in server.requests[0]["messages"]]
    assert "The vault" in system
    assert bp.start(vault, 2, ask=["manager"]).go().view("manager").text() in user
    assert "- police: The manager called the police" in user
    assert "paid to look away" not in system + user, "the manager does not know of the bribe"
    node = run.played["nodes"][0]
    assert (node["option"], node["holder"], node["reason"], node["wrong"]) == ("look", "model", "The bank is near.", "")
    assert run.played["seats"] == {"manager": {"holder": "model", "name": "stub-1"}}


def test_its_run_plays_again_and_branches_without_the_model(vault, tmp_path):
    with chat(lambda body: LOOK) as server:
        run = played(vault, server)
        asked = len(server.requests)
        run.save(tmp_path / "kept")
        kept = bp.load(tmp_path / "kept")
        again = kept.recorded()
        assert again.world.chronicle.tobytes() == run.world.chronicle.tobytes()
        assert not compare(again.world, run.world)
        assert kept.played == run.played
        found = whatif(kept, Change(choices={"manager.act": "police"}, at="manager.act"))
        assert "caught" in found.text()
        assert float(Trunk(kept).past(run.time).state["time"][0]) == run.time
        assert len(server.requests) == asked
    for file in (tmp_path / "kept").rglob("*"):
        assert not file.is_file() or (b"k-123" not in file.read_bytes() and b"127.0.0.1" not in file.read_bytes())


@pytest.mark.parametrize(
    ("says", "wrong"),
    [
        ("I would look.", "no JSON object"),
        ('{"option": "shout", "reason": ""}', "must be one of police, look, sleep"),
        ('{"option": 7}', "must be one of"),
        ("[" * 5000, "no JSON object"),
        (None, "said nothing"),
        (500, "answered 500"),
        (b"not json", "not answer as a chat completion"),
        (b'{"choices": []}', "not answer as a chat completion"),
        (b"x" * (2 << 20), "too long"),
        ((1.0, LOOK), "no answer within 0.3 s"),
    ],
)
def test_a_bad_or_late_answer_leaves_the_question_to_the_person(vault, says, wrong):
    with chat(lambda body: says) as server:
        run = played(vault, server, patience=0.3 if isinstance(says, tuple) else 60.0)
    assert len(server.requests) == 2, "it is asked again once"
    alone = bp.run(vault, 2)
    assert run.world.chronicle.tobytes() == alone.world.chronicle.tobytes()
    node = run.played["nodes"][0]
    assert node["holder"] == "program"
    assert wrong in node["wrong"]


def test_a_model_is_told_what_was_wrong_and_what_it_answered_before(vault):
    answers = iter(["hm", LOOK, '{"option": "lie", "reason": "Kin."}'])
    with chat(lambda body: next(answers)) as server:
        run = played(vault, server, ask=("manager", "guard"))
    assert run.answers == [("manager.act", "look"), ("guard.answer", "lie")]
    assert "cannot be used" in server.requests[1]["messages"][-1]["content"]
    assert "The bank is near" not in json.dumps(server.requests[2]), "the guard does not know why the manager went"
    assert [node["parent"] for node in run.played["nodes"]] == [0, 1]


@pytest.mark.parametrize("status", [401, 404])
def test_an_endpoint_that_will_never_answer_stops_the_run(vault, status):
    with chat(lambda body: status) as server, pytest.raises(RequestError, match=str(status)):
        played(vault, server)


def test_an_endpoint_that_is_not_there_leaves_all_to_the_people(vault):
    with chat(lambda body: LOOK) as server:
        pass
    run = played(vault, server)
    assert "cannot be reached" in run.played["nodes"][0]["wrong"]


def test_the_last_object_with_an_option_is_the_answer():
    said = (
        'Perhaps {"option": "police"}? No. {"note": {"x": 1}} {"option": " look ", "reason": "a\\u001b[2J\\nb"} done {'
    )
    assert read(said, ["police", "look"]) == ("look", "a [2J b")
    with pytest.raises(BadAnswer):
        read('{"option": "look"}', ["police"])


def test_the_environment_says_where_a_model_answers():
    whole = {URL: "https://host/v1/", MODEL: "m", KEY: "k-123"}
    assert Endpoint.of_environment(whole) == Endpoint("https://host/v1", "m", "k-123")
    assert "k-123" not in repr(Endpoint.of_environment(whole))
    for change, words in (
        ({URL: ""}, URL),
        ({MODEL: " "}, MODEL),
        ({URL: "host"}, "https://host/v1"),
        ({URL: "http://elsewhere/v1"}, "unencrypted"),
        ({KEY: "k\n1"}, "no key has"),
    ):
        with pytest.raises(RequestError, match=words):
            Endpoint.of_environment(whole | change)


def test_prompts_are_files_that_can_be_changed(vault, tmp_path):
    files = write_prompts(tmp_path / "mine")
    assert [file.name for file in files] == ["system.txt", "question.txt"]
    with pytest.raises(RequestError, match="exists already"):
        write_prompts(tmp_path / "mine")
    files[0].write_text("Speak as $person would.", encoding="utf-8")
    with chat(lambda body: LOOK) as server:
        model = Model(Endpoint(server.url, "stub-1"), Prompts(tmp_path / "mine"))
        bp.run(vault, 2, ask=["manager"], chooser=model)
    assert server.requests[0]["messages"][0]["content"] == "Speak as the manager would."
    assert server.keys == [None]
    for text, words in (("$persn", r"did you mean 'person'"), ("5 $ a day", r"write \$\$")):
        files[0].write_text(text, encoding="utf-8")
        with pytest.raises(RequestError, match=words):
            Prompts(tmp_path / "mine")
    files[1].unlink()
    files[0].write_text("", encoding="utf-8")
    with pytest.raises(RequestError, match=r"question\.txt cannot be read"):
        Prompts(tmp_path / "mine")


def test_the_command_plays_with_a_model_and_tells_its_reasons(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name in (URL, MODEL, KEY):
        monkeypatch.delenv(name, raising=False)

    def command(*words: str) -> tuple[int, str]:
        status = main(list(words))
        said = capsys.readouterr()
        return status, said.out + said.err

    assert command("run", "vault", "--model", "manager") == (2, AnyText(URL))
    assert command("run", "vault", "--prompts", "x") == (2, AnyText("--model"))
    with chat(lambda body: LOOK) as server:
        monkeypatch.setenv(URL, server.url)
        monkeypatch.setenv(MODEL, "stub-1")
        status, said = command("run", "vault", "--seed", "2", "--model", "manager", "--out", "kept")
        words = "stub-1, the manager, chose: The manager went to look (The bank is near.)"
        assert (status, words in " ".join(said.split())) == (0, True)
        assert command("run", "vault", "--model", "manager", "--model", "manager") == (2, AnyText("one twice"))
        assert command("run", "vault", "--model", "managr") == (2, AnyText("did you mean 'manager'"))
    assert command("show", "kept") == (0, AnyText("stub-1, the manager, chose"))
    assert command("prompts", "mine") == (0, AnyText("mine/system.txt"))
    assert command("prompts", "mine") == (2, AnyText("exists already"))


class AnyText(str):
    """Equal to any text that has it in it."""

    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and str(self) in other
