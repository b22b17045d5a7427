"""What a command cannot write is said before it plays; a closed output is no fault."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import briarpatch
from briarpatch.analysis.comparison import RunComparison
from briarpatch.errors import RequestError

PROGRAM = "import sys; from briarpatch.views.cli import main; sys.exit(main(sys.argv[1:]))"
BARE = (
    "import sys; sys.modules['matplotlib'] = None; from briarpatch.views.cli import main; sys.exit(main(sys.argv[1:]))"
)


def call(words: list[str], cwd: Path, program: str = PROGRAM, **options) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program, *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=100, check=False, **options)


PLAYING = {
    "ensemble": ["ensemble", "vault", "-n", "1000000", "--out", "e", "--plot"],
    "whatif": ["whatif", "vault", "--choose", "manager.act=police", "-n", "1000000", "--plot"],
    "decide": ["decide", "vault", "manager.act", "-n", "1000000", "--save"],
    "sensitivity": ["sensitivity", "vault", "-n", "100000", "--save"],
    "soak": ["soak", "vault", "-n", "1000000", "--save"],
}


@pytest.mark.parametrize("name", PLAYING)
def test_a_picture_without_matplotlib_is_told_before_anything_is_played(tmp_path, name):
    done = call([*PLAYING[name], "x.png"], tmp_path, BARE)
    assert done.returncode == 2
    assert done.stderr.strip() == "drawing needs an optional part: pip install 'briarpatch[plots]'"
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("x.xls", "x.xls: no(thing| picture) is written as '.xls'"),
        ("taken/x.png", "is not a folder"),
    ],
)
@pytest.mark.parametrize("name", PLAYING)
def test_what_cannot_be_written_is_told_before_anything_is_played(tmp_path, name, target, says):
    (tmp_path / "taken").write_text("a file")
    done = call([*PLAYING[name], target], tmp_path)
    assert done.returncode == 2
    import re

    assert re.search(says, done.stderr)
    assert os.listdir(tmp_path) == ["taken"]


@pytest.mark.parametrize("name", ["decide", "soak"])
def test_a_folder_that_is_taken_is_told_before_anything_is_played(tmp_path, name):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    done = call([*PLAYING[name], "full"], tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("full exists already; name another folder, or remove it")


@pytest.mark.skipif(os.name == "nt", reason="a shell of POSIX closes them")
@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-", "<&- >&- 2>&-", "2>&-", "<&-"])
@pytest.mark.parametrize("words", ["scenarios", "run valley --out r", "systems"])
def test_a_closed_output_is_no_traceback_and_spoils_no_file(tmp_path, closed, words):
    shell = f'exec "{sys.executable}" -c "$0" {words} {closed}'
    done = subprocess.run(
        ["sh", "-c", shell, PROGRAM], cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    if words.startswith("run"):
        assert briarpatch.load(tmp_path / "r").ending


def test_runs_of_different_scenarios_are_not_compared(tmp_path):
    with pytest.raises(RequestError, match="'valley' and 'vault' are different scenarios; only runs of one scenario"):
        RunComparison(briarpatch.run("valley"), briarpatch.run("vault"))


def test_runs_of_two_versions_of_a_scenario_are_compared_and_it_is_said(tmp_path):
    from briarpatch.scenario.catalog import packaged

    path = tmp_path / "valley.yaml"
    path.write_text((packaged() / "valley.yaml").read_text() + "\n# another version\n")
    assert "their scenarios differ" in RunComparison(briarpatch.run("valley"), briarpatch.run(path)).text()
