"""`play` at a terminal: one seat and several in turn, what is typed, stopping and going on."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import briarpatch as bp
from briarpatch.games import keeping
from briarpatch.render.played_text import played_lines
from briarpatch.views.cli import main


@pytest.fixture
def typed(monkeypatch, tmp_path, capsys):
    """Return a function that plays with lines typed in, and returns status, output and errors."""
    monkeypatch.chdir(tmp_path)

    def play(words, *lines):
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(line + "\n" for line in lines)))
        status = main(["play", *words])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return play


def test_a_game_alone_from_the_first_question_to_the_ending(typed):
    status, out, _ = typed(["vault", "--as", "manager", "--seed", "3"], "1 I trust the clerk")
    assert status == 0
    assert "You are the manager, of the bank." in out
    assert "  1  The manager called the police" in out
    assert "Ending: caught" in out
    run = bp.load("runs/vault-3")
    assert run.answers == [("manager.act", "police")]
    assert run.played["nodes"][0]["reason"] == "I trust the clerk"


def test_who_is_never_asked_is_shown_what_reached_them(typed):
    _, out, _ = typed(["valley", "--as", "mayor", "--seed", "7"])
    seen, _, _ = out.partition("The story is over.")
    assert "The mayor learned: the dam is giving way." in seen
    assert "A crack ran across the dam" not in seen


def test_seats_take_turns_and_each_sees_its_own(typed):
    _, out, _ = typed(["vault", "--as", "manager", "--as", "guard", "--seed", "3", "--out", "g"], "2", "2")
    first, _, second = out.partition("--- the night guard ---")
    assert "The clerk rang the manager." in first
    assert "The clerk rang the manager." not in second
    assert "the night guard was paid to look away" in second.partition("> ")[0]
    assert "the night guard was paid to look away" not in first


def test_it_stops_at_the_end_of_what_is_typed_and_goes_on(typed):
    status, out, _ = typed(["vault", "--as", "manager", "--as", "guard", "--seed", "3", "--out", "g"], "2")
    assert (status, "briarpatch play g" in out) == (0, True)
    status, out, _ = typed(["g"], "quit")
    assert (status, out.count("--- the night guard ---"), "--- the manager ---" in out) == (0, 1, False)
    status, out, _ = typed(["g"], "1")
    assert "The story is over." in out
    assert typed(["g"])[0] == 2


def test_back_takes_the_last_answer_back(typed):
    lines = ("back", "2", "back", "1")
    _, out, _ = typed(["vault", "--as", "manager", "--as", "guard", "--seed", "3", "--out", "g"], *lines)
    assert "there are 0 answers" in out
    nodes = keeping.read(Path("g"))["nodes"]
    assert [(node["parent"], node["option"]) for node in nodes] == [(0, "look"), (0, "police")]


def test_who_leads_injects_answers_orders_and_notes(typed):
    lines = [
        *("help", "injects", "inject passer_by", "inject driller_taken_ill at 3 h", "order Wake the dog", "orders"),
        *(
            "refuse 2 There is no dog",
            "order Sleep",
            "grant 4 sleep",
            "say manager over telephone: Well?",
            "note A quiet one",
        ),
        *("whole", "hand guard program", "quit"),
    ]
    _, out, _ = typed(["vault", "--as", "manager", "--as", "guard", "--lead", "--seed", "3", "--out", "g"], *lines)
    assert "passer_by, planned for day 1, 23:30" in out
    assert "2, the manager: Wake the dog (no answer yet)" in out
    assert "A passer-by rang the manager about a light in the bank." in out
    run = bp.load("g")
    assert run.answers[0] == ("manager.act", "sleep")
    kinds = [node["kind"] for node in run.played["nodes"]]
    assert kinds[:9] == [
        "inject",
        "order",
        "answer-order",
        "order",
        "answer-order",
        "answer",
        "message",
        "note",
        "answer",
    ]
    assert run.played["nodes"][8]["holder"] == "program"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("9", "choose 1 to 3"),
        ("fly", "nothing that you can do"),
        ("say", "say it as"),
        ("say guard: hi", "not beside"),
        ("say guard over pigeon: hi", "no channel 'pigeon'"),
        ("say nobody over telephone: hi", "has no seat"),
        ("inject passer_by", "nothing that you can do"),
        ("\x1b[2J", "nothing that you can do"),
    ],
)
def test_what_makes_no_sense_is_said_and_changes_nothing(typed, line, said):
    _, out, _ = typed(["vault", "--as", "manager", "--as", "guard", "--seed", "3", "--out", "g"], line)
    assert said in out
    assert "\x1b" not in out
    assert keeping.read(Path("g"))["nodes"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["vault"], "--as manager (1 question), --as guard (1 question)"),
        (["valley"], "nobody decides anything"),
        (["vault", "--as", "managr"], "did you mean 'manager'"),
        (["nonsense"], "nonsense"),
    ],
)
def test_bad_requests_are_refused(typed, words, said):
    status, _, err = typed(words)
    assert (status, said in err) == (2, True)
    assert not os.path.exists("runs") or os.listdir("runs") == []


def test_show_and_export_tell_what_people_did_and_leave_names_out(typed, capsys):
    typed(["vault", "--as", "manager", "--seed", "3"], "1 I trust the clerk")
    assert main(["show", "runs/vault-3"]) == 0
    out = capsys.readouterr().out
    assert "What people did:" in out
    assert "The manager called the police (I trust the clerk)" in out.replace("\n      ", " ")
    for source in ("runs/vault-3", "runs/vault-game-3"):
        assert main(["export", source, "--anonymous", "-o", f"{source}-plain"]) == 0
        assert "trust the clerk" not in json.dumps(bp.load(f"{source}-plain").played)
        assert bp.load(f"{source}-plain").log.frame().equals(bp.load(source).log.frame())
    assert main(["export", "runs/vault-3", "--to", "html", "--anonymous", "-o", "page.html"]) == 0
    capsys.readouterr()
    assert main(["export", "runs/vault-3", "--anonymous", "-o", "runs/vault-3-plain"]) == 2
    assert "exists already" in capsys.readouterr().err


def test_the_evening_on_the_page_is_real(typed, monkeypatch):
    """What the page shows is printed, line by line, when what it says was typed is typed; only times of thinking differ."""
    monkeypatch.setenv("COLUMNS", "80")
    page = (Path(__file__).parent.parent / "docs" / "exercise.md").read_text(encoding="utf-8")
    shown, after = re.findall(r"```text\n(.*?)\n```", page, re.DOTALL)
    words = ["vault", "--as", "manager", "--as", "guard", "--lead", "--seed", "3", "--out", "evening"]
    _, out, _ = typed(words, *re.findall(r"^> (.*)$", shown, re.MULTILINE))
    assert out.rstrip() == shown
    run = bp.load("vault-3")
    lines = [re.sub(r"after \d+ s", "after N s", line) for line in played_lines(run.log, run.played)]
    assert lines == [re.sub(r"after \d+ s", "after N s", line) for line in after.splitlines()[3:]]


@pytest.mark.long
def test_ctrl_c_keeps_the_game(tmp_path):
    code = "import sys; from briarpatch.views.cli import main; sys.exit(main(sys.argv[1:]))"
    words = ["play", "vault", "--as", "manager", "--as", "guard", "--seed", "3", "--out", "g"]
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", code, *words],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write("2\n")
    process.stdin.flush()
    until = time.monotonic() + 60
    while time.monotonic() < until:
        nodes = keeping.read(tmp_path / "g")["nodes"] if keeping.is_game(tmp_path / "g") else []
        if any(node.get("by") == "manager" for node in nodes):
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in err) == (130, False)
    assert "briarpatch play g" in out
    game = keeping.reopen(tmp_path / "g")
    game.move_on()  # the word may have come before the guard was asked
    assert game.asked == "guard"
