"""Every command and every piece of Python in the README runs, and says what the README says."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import oracles
import pytest
import reference
from typer.main import get_command

from briarpatch.views import cli

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


@pytest.fixture(scope="module")
def played(tmp_path_factory) -> Path:
    """A folder with the runs and ensembles that the examples of the help speak of."""
    folder = tmp_path_factory.mktemp("played")
    for command in (
        "run valley",
        "run valley --seed 1",
        "run vault",
        "play vault --as manager --seed 1",
        "run insurrection",
        "ensemble skirmish -n 40 --out ensembles/skirmish-1a2b3c4d",
        "ensemble skirmish -n 40 --set vessels.packet.hull=40 --out ensembles/late",
    ):
        done = briarpatch(folder, f"briarpatch {command}")
        assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.long
@pytest.mark.parametrize("command", sorted(set(get_command(cli.app).commands) - {"serve"}))  # it goes on until stopped
def test_the_examples_of_every_help_run(played, command):
    text = briarpatch(played, f"briarpatch {command} --help").stdout
    examples = [line.strip() for line in text.replace("\\\n", " ").splitlines()]
    examples = [line for line in examples if line.startswith("briarpatch ")]
    assert examples
    for example in examples:
        done = briarpatch(played, example.split(" > ")[0])
        assert done.returncode == 0, f"{example}: {done.stderr}"


DOCS = Path(__file__).parent.parent / "docs"
PAGES = sorted(DOCS.rglob("*.md"))


@pytest.mark.parametrize("page", reference.pages(), ids=lambda page: page.name)
def test_what_the_program_declares_stands_on_the_pages_as_it_is(page):
    assert reference.written(page, printing=False) == page.read_text(encoding="utf-8"), (
        "the page is stale; run python docs/reference.py"
    )


@pytest.mark.long
@pytest.mark.parametrize("page", reference.pages(), ids=lambda page: page.name)
def test_what_commands_print_stands_on_the_pages_as_it_is(page):
    assert reference.written(page) == page.read_text(encoding="utf-8"), (
        "the page is stale; run python docs/reference.py"
    )


def test_every_declaration_stands_on_the_page_of_a_mechanism():
    assert list(reference.forgotten()) == []


def test_the_index_names_every_page():
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    for page in reference.pages():
        assert page.name == "index.md" or f"]({page.relative_to(DOCS).as_posix()})" in index, page.name


def test_every_oracle_has_a_test_and_its_page_says_which():
    assert oracles.faults() == []
    written = oracles.PAGE.read_text(encoding="utf-8")
    assert oracles.without_results(oracles.page()) == oracles.without_results(written), "run python docs/oracles.py"
    rows = [line for line in written.splitlines() if re.match(r"\| [OX]-", line)]
    results = [row.rsplit("|", 2)[1].strip() for row in rows]
    assert all(re.fullmatch(r"((\d+ )?passed(<br>)?)+", result) for result in results)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_the_pages_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_python_of_the_pages_runs(page, folder, monkeypatch):
    monkeypatch.chdir(folder)
    names: dict[str, object] = {}  # a page is read from its top
    for piece in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        exec(compile(piece, page.name, "exec"), names)


SLOW = ("review.md", "frames.md")
"""Pages whose commands play thousands of runs."""


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=pytest.mark.long) if page.name in SLOW else page for page in PAGES],
    ids=lambda page: page.name,
)
def test_the_commands_of_the_pages_run(page, folder):
    for piece in re.findall(r"```bash\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        for line in piece.splitlines():
            if line.startswith("briarpatch "):
                done = briarpatch(folder, line.split("#")[0].strip())
                assert done.returncode == 0, f"{line}: {done.stderr}"


def test_identifiers_of_sources_are_well_formed():
    source = Path(__file__).parent.parent / "src"
    found = 0
    for file in source.rglob("*.py"):
        text = " ".join(file.read_text(encoding="utf-8").split())
        for said in re.findall(r"\bdoi:?\s*(10\S+)", text):
            assert re.fullmatch(r"10\.\d{4,9}/[A-Za-z0-9][-._;()/:A-Za-z0-9]*[A-Za-z0-9]", said.rstrip(".,;)")), (
                file.name,
                said,
            )
            found += 1
    assert found >= 10
