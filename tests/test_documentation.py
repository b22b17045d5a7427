"""Every command and every piece of Python in the README runs, and says what the README says."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
COMMANDS = [
    line.split("#")[0].strip()
    for language, text in BLOCKS
    if language == "bash"
    for line in text.splitlines()
    if line.startswith("briarpatch ")
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("readme")


def briarpatch(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", "from briarpatch.views.cli import main; main()", *shlex.split(command)[1:]]
    environment = os.environ | {"COLUMNS": "80", "NO_COLOR": "1"}
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300, env=environment, check=False)


def test_the_commands_of_the_readme_run_in_their_order(folder):
    assert len(COMMANDS) >= 9
    for command in COMMANDS:
        done = briarpatch(folder, command)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        assert "Traceback" not in done.stderr
        assert done.stdout.strip(), command
        if command.split()[1] in ("run", "why", "show"):
            assert max(map(len, done.stdout.splitlines())) <= 80, command


def test_the_output_of_the_readme_is_real(folder):
    shown = next(text for language, text in BLOCKS if language == "console" and "run insurrection" in text)
    command, *lines = shown.splitlines()
    printed = briarpatch(folder, command.removeprefix("$ ")).stdout
    for line in lines:
        if line.strip() and line != "...":
            assert line in printed, line


def test_the_python_of_the_readme_runs(folder, monkeypatch):
    monkeypatch.chdir(folder)
    pieces = [text for language, text in BLOCKS if language == "python"]
    assert pieces
    for piece in pieces:
        exec(compile(piece, "README.md", "exec"), {})


def test_the_shortened_scenario_is_the_packaged_one():
    import briarpatch

    whole = (Path(briarpatch.__file__).parent / "scenarios" / "valley.yaml").read_text(encoding="utf-8")
    piece = next(text for language, text in BLOCKS if language == "yaml")
    assert all(line in whole for line in piece.splitlines())


def test_decisions_that_the_readme_names_exist():
    root = Path(__file__).parent.parent
    for target in re.findall(r"\]\(([^)h][^)]*)\)", README):
        assert (root / target).exists(), target


def test_the_examples_of_every_help_run(folder):
    assert briarpatch(folder, "briarpatch run valley").returncode == 0
    for command in ("run", "check", "scenarios", "systems", "schema", "show", "why", "decide", "sensitivity"):
        text = briarpatch(folder, f"briarpatch {command} --help").stdout
        examples = [line.strip() for line in text.splitlines() if line.strip().startswith("briarpatch ")]
        assert examples, command
        for example in examples:
            done = briarpatch(folder, example.split("  ")[0].split(" > ")[0])
            assert done.returncode == 0, f"{example}: {done.stderr}"
