"""Every long question is a job: stopped and gone on with, on threads, processes or Ray, its answer is the same."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import killed
import pytest

import briarpatch as bp
from briarpatch.analysis import jobs, parts, pools
from briarpatch.analysis.review import review
from briarpatch.analysis.turning_points import turning_points
from briarpatch.analysis.validation import validate
from briarpatch.analysis.whatif import Change, effect
from briarpatch.errors import RequestError, SavedRunError
from briarpatch.views.cli import main

KINDS = {
    "ensemble": lambda **how: bp.ensemble("vault", 30, arms=["as it is", "police: choose manager.act=police"], **how),
    "decision": lambda **how: bp.decide("vault", "manager.act", 45, facts=["drilling"], **how),
    "whatif": lambda **how: effect("vault", Change({"manager.act": "police"}), 30, **how),
    "whatif of a run": lambda **how: effect(
        bp.run("vault", seed=3, choices={"manager.act": "look"}), Change(at="10 min", without=["noise"]), 30, **how
    ),
    "sensitivity": lambda **how: bp.sensitivity("vault", "morris", 3, numbers=["hum"], seeds=4, **how),
    "prim": lambda **how: bp.sensitivity("vault", "prim", 40, numbers=["hum"], of=["robbed"], **how),
    "turning points": lambda **how: turning_points(bp.run("vault", seed=3), 5, 10, **how),
    "turning points of": lambda **how: turning_points(
        bp.run("vault", seed=3), 4, 10, of="knows(manager, drilling)", **how
    ),
    "review": lambda **how: review(
        bp.run("vault", seed=3), 5, ["-30 min"], parts=["chances", "turns"], want="caught", **how
    ),
    "validation": lambda **how: validate("kicks", 6, **how),
    "soak": lambda **how: bp.soak("vault", 30, **how),
}
"""The questions, small."""


@pytest.fixture(scope="module")
def answers():
    """Return the mark of the answer to each question, as it comes in memory on one thread."""
    return {kind: killed.mark_of(ask(workers=1)) for kind, ask in KINDS.items()}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Return folders of three jobs that are done."""
    folder = tmp_path_factory.mktemp("jobs")
    bp.soak("vault", 6, out=folder / "soak", workers=1)
    bp.soak("vault", 6, seed=100, out=folder / "other soak", workers=1)
    bp.ensemble("vault", 3, out=folder / "ensemble", workers=1)
    return folder


class Interrupting:
    """Sends this process Ctrl-C when it is told of progress for the n-th time."""

    def __init__(self, turn: int) -> None:
        self.left = turn

    def __call__(self, progress: jobs.Progress) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_that_is_stopped_goes_on_to_the_same_answer(kind, answers, tmp_path, monkeypatch):
    monkeypatch.setattr(jobs, "PART_SECONDS", 0.0)
    said = []
    for turn in (1, 2):
        try:
            KINDS[kind](out=tmp_path / "job", workers=2, watch=Interrupting(turn))
        except jobs.Interrupted as stopped:
            said.append(str(stopped))
    before = {path.name for path in (tmp_path / "job").rglob("*.parquet")}
    assert said
    assert all("are saved in" in words and words.endswith("the same command goes on") for words in said)
    assert before
    assert killed.mark_of(KINDS[kind](out=tmp_path / "job", workers=2)) == answers[kind]
    assert before <= {path.name for path in (tmp_path / "job").rglob("*.parquet")}
    monkeypatch.setattr(jobs.Session, "rows", lambda *_: pytest.fail("a task is played again"))
    assert killed.mark_of(KINDS[kind](out=tmp_path / "job")) == answers[kind]


def test_without_a_folder_a_stop_says_that_nothing_is_kept():
    with pytest.raises(jobs.Interrupted, match="nothing is kept without a folder; name one with --out"):
        bp.soak("vault", 10_000, workers=1, watch=Interrupting(1))


def test_what_is_only_reckoned_can_change_without_playing(tmp_path, monkeypatch):
    out = tmp_path / "job"
    bp.decide("vault", "manager.act", 12, out=out, workers=1)
    monkeypatch.setattr(jobs.Session, "rows", lambda *_: pytest.fail("a task is played again"))
    found = bp.decide("vault", "manager.act", 12, weights={"ending:caught": 1.0}, confidence=0.8, out=out, workers=1)
    assert found.weights == {"ending:caught": 1.0}


def test_more_worlds_are_added_to_those_that_are_there(tmp_path):
    few, out = bp.soak("vault", 10, out=tmp_path / "job", workers=1), tmp_path / "job"
    before = {path.name for path in (out / "parts").iterdir()}
    more = bp.soak("vault", 16, out=out, workers=1)
    assert before < {path.name for path in (out / "parts").iterdir()}
    assert [seen.seed for seen in more.runs] == list(range(16))
    assert killed.mark_of(more) == killed.mark_of(bp.soak("vault", 16, workers=1))
    assert killed.mark_of(bp.soak("vault", 10, out=out)) == killed.mark_of(few)


def test_a_part_of_another_job_is_refused_with_its_name(saved, tmp_path):
    mine = Path(shutil.copytree(saved / "soak", tmp_path / "mine"))
    (foreign,) = (saved / "other soak" / "parts").iterdir()
    copied = Path(shutil.copy(foreign, mine / "parts"))
    with pytest.raises(SavedRunError, match=f"{copied.name} is a part of another job; move it elsewhere"):
        bp.soak("vault", 12, out=mine)
    copied.unlink()
    (own,) = (mine / "parts").iterdir()
    renamed = parts.part_of(foreign.name)._replace(job=parts.part_of(own.name).job).name
    own.unlink()
    shutil.copy(foreign, mine / "parts" / renamed)
    bp.soak("vault", 6, out=mine)
    aside = mine / "parts" / f"{renamed}{parts.ASIDE}"
    assert aside.read_bytes() == foreign.read_bytes(), "what is not this job's is set aside, and not read"


def test_a_folder_of_another_question_is_refused_with_the_remedy(saved, tmp_path):
    for ask, wrong in (
        (
            lambda out: bp.soak("vault", 6, seed=1, out=out),
            r"its first seed: 0, not 1.*; name another folder with --out",
        ),
        (lambda out: bp.soak("skirmish", 6, out=out), "the scenario's files have changed"),
        (lambda out: bp.soak("vault", 6, overrides={"scenario.until": "12 h"}, out=out), "its overrides: null, not"),
        (lambda out: bp.decide("vault", "manager.act", 6, out=out), "it is of the kind 'soak', not 'decision'"),
        (lambda out: bp.ensemble("vault", 6, out=out), "holds a job, not an ensemble; name another folder with --out"),
    ):
        with pytest.raises(RequestError, match=wrong):
            ask(saved / "soak")
    with pytest.raises(RequestError, match="holds an ensemble, not a job; name another folder with --out"):
        bp.soak("vault", 6, out=saved / "ensemble")
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "to ann").write_text("dear")
    with pytest.raises(RequestError, match="is a folder of something else"):
        bp.soak("vault", 6, out=tmp_path / "letters")


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ("[", "it is not JSON"),
        ('{"format": 1}', "is of format 1, and this program reads format 2"),
        ('{"format": 2}', "is damaged: program"),
    ],
)
def test_a_manifest_that_is_damaged_is_told(saved, tmp_path, content, wrong):
    mine = Path(shutil.copytree(saved / "soak", tmp_path / "mine"))
    (mine / parts.JOB).write_text(content)
    with pytest.raises(SavedRunError, match=wrong):
        bp.soak("vault", 6, out=mine)


def test_the_command_line_keeps_a_job_and_shows_it_again(tmp_path, capsys):
    words = ["soak", "vault", "-n", "5", "--workers", "1", "--out", str(tmp_path / "job")]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert main(["show", str(tmp_path / "job")]) == 0
    assert capsys.readouterr().out == said
    assert main(["show", str(tmp_path / "job"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["runs"] == 5
    for name in (parts.ANSWER, parts.ANSWER_TEXT):
        (tmp_path / "job" / name).unlink()
    assert main(["show", str(tmp_path / "job")]) == 2
    assert "is not done: 5 tasks of soak are saved; the command that began it goes on" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (["soak", "vault", "--on", "moon"], "on 'threads', 'processes' or 'ray', got 'moon'"),
        (["soak", "vault", "--address", "here"], "an address is for on='ray'"),
        (["whatif", "vault", "--choose", "manager.act=look", "--out", "w"], "add -n, such as -n 200"),
    ],
)
def test_options_that_make_no_sense_are_told(words, wrong, capsys):
    assert main(words) == 2
    assert wrong in capsys.readouterr().err


def test_the_page_shows_what_the_program_prints(tmp_path, monkeypatch, capsys):
    page = (Path(__file__).parent.parent / "docs" / "jobs.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    blocks = re.findall(r"```console\n\$ briarpatch (.*?)\n(.*?)```", page, re.DOTALL)
    assert len(blocks) >= 3
    for command, shown in blocks:
        main(shlex.split(command))
        said = capsys.readouterr()
        for line in shown.splitlines():
            assert line in ("", "...") or line in said.out + said.err, line
    (piece,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(compile(piece.replace(", 200, out", ", 20, out"), "jobs.md", "exec"), {})
    assert parts.is_job(tmp_path / "answers" / "act")


def test_stretches_of_processes_grow_and_shrink_with_the_rate():
    next_size = pools.Processes.next_size
    assert next_size(8, 8, 0.1) == 32
    assert next_size(100, 100, 1.0) == 100
    assert next_size(100, 100, 15.0) == 10


# ------------------------------------------------------------------------------------------------ the long ones


@pytest.mark.long
def test_processes_give_the_answers_of_threads(answers):
    for kind, ask in KINDS.items():
        assert killed.mark_of(ask(on="processes", workers=2)) == answers[kind], kind


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
def test_two_workers_of_a_cluster_give_the_answers_of_threads(answers, tmp_path):
    ray = pytest.importorskip("ray")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        for kind, ask in KINDS.items():
            out = tmp_path / kind if kind != "soak" else None
            assert killed.mark_of(ask(on="ray", workers=2, out=out)) == answers[kind], kind
    finally:
        ray.shutdown()


@pytest.mark.long
def test_the_tasks_of_a_process_that_is_lost_run_again(answers, monkeypatch):
    lost = []

    def kill(progress: jobs.Progress) -> None:
        """Kill the first process that has played something."""
        for pid in os.listdir("/proc"):
            try:
                line = Path(f"/proc/{pid}/cmdline").read_bytes()
                parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError, IndexError):
                continue
            if parent == os.getpid() and b"spawn_main" in line and not lost and progress.done:
                os.kill(int(pid), signal.SIGKILL)
                lost.append(int(pid))

    monkeypatch.setattr(pools, "FIRST_TASKS", 2)
    assert killed.mark_of(KINDS["soak"](on="processes", workers=2, watch=kill)) == answers["soak"]
    assert lost, "no process was caught playing"


@pytest.mark.long
def test_killed_at_three_moments_each_kind_ends_with_the_same_answer():
    program = Path(killed.__file__)
    words = [sys.executable, str(program), "--times", "3", "--size", "0.2"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr + done.stdout
    for kind in killed.KINDS:
        assert f"\n{kind}" in done.stdout


@pytest.mark.long
def test_processes_end_with_the_one_that_started_them(tmp_path):
    """A job on processes is killed: none of its processes is left."""
    code = "import briarpatch as bp\nif __name__ == '__main__':\n    bp.soak('vault', 10**6, on='processes', workers=2, out='job')"
    (tmp_path / "play.py").write_text(code)
    child = subprocess.Popen([sys.executable, "play.py"], cwd=tmp_path)
    children: list[str] = []
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("job/parts/0*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    children = Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()
    child.kill()
    child.wait()
    deadline = time.monotonic() + 20
    while any(_lives(pid) for pid in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(children) >= 2
    assert not any(_lives(pid) for pid in children)


def _lives(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
