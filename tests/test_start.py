"""What a command costs before it does anything: it imports what it needs, and builds the command asked for alone."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.main import get_command

from briarpatch.views import cli
from briarpatch.world.compiled import INTERPRETED

PLAYED = """
import sys
from briarpatch.views.cli import main
status = main(["run", "vault", "-q", "--seed", "3", "--out", sys.argv[1]])
print(*sorted({"lark", "numba", "polars", "pydantic", "rich", "scipy"} & set(sys.modules)), file=sys.stderr)
sys.exit(status)
"""


@pytest.mark.skipif(INTERPRETED, reason="nothing is kept of what is not compiled")
def test_a_warm_run_imports_no_library_that_it_does_not_need(tmp_path):
    for name in ("first", "second"):
        child = subprocess.run(
            [sys.executable, "-c", PLAYED, str(tmp_path / name)],
            capture_output=True,
            text=True,
            check=True,
            timeout=100,
        )
    assert child.stderr.strip() == ""
    assert (tmp_path / "second" / "chronicle.parquet").exists()


COMMANDS = sorted(get_command(cli.app).commands)


def said(arguments, capsys, whole):
    """Return status and output of the command line, with all commands built or the one asked for alone."""
    command = cli.app if whole else cli._alone(arguments[0])
    name = "briarpatch" if whole else f"briarpatch {arguments[0]}"
    with pytest.raises(SystemExit) as end:
        command(args=arguments if whole else arguments[1:], prog_name=name)
    return end.value.code, *capsys.readouterr()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_alone_says_what_it_says_among_the_others(name, capsys):
    for words in (["--help"], ["-h"], ["--no-such-option"], ["a", "b", "c", "d"]):
        assert said([name, *words], capsys, False) == said([name, *words], capsys, True)


@pytest.mark.parametrize("words", [["--seed", "x"], ["--seed", "-1"], ["--seed"], ["--row", "1.5"], ["--choose"]])
def test_what_is_not_a_number_is_said_as_before(words, capsys):
    status, out, err = said(["run", "valley", *words], capsys, False)
    assert (status, out, err) == said(["run", "valley", *words], capsys, True)
    assert status == 2
    assert words[0] in err


def test_a_name_that_is_no_command_is_left_to_the_whole_command_line():
    assert cli._alone("no-such-command") is None
    assert cli._alone("-h") is None
