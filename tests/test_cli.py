"""The command line: what it prints and where, and one message for whatever is wrong."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import toy
from briarpatch.scenario.catalog import packaged

cli = importlib.import_module("briarpatch.views.cli")
COMMANDS = ["run", "new", "check", "upgrade", "map", "scenarios", "systems", "schema", "show", "why"]
needs_engine = pytest.mark.skipif(
    importlib.util.find_spec("briarpatch.engine") is None, reason="the engine is not in this tree"
)


@pytest.fixture
def dam(monkeypatch, tmp_path):
    """The toy scenario in the present folder, on the toy engine."""
    monkeypatch.chdir(tmp_path)
    return toy.install(monkeypatch, tmp_path)


@pytest.fixture
def call(capsys):
    """Call the command line; return (status, standard output, standard error)."""

    def run(*arguments: str):
        status = cli.main(list(arguments))
        return status, *capsys.readouterr()

    return run


def test_run_tells_and_saves(dam, call):
    status, out, err = call("run", "dam.yaml", "--seed", "7", "--variant", "season=spring")
    assert status == 0
    assert err == ""
    lines = out.splitlines()
    assert lines[:3] == ["The dam", "seed 7", "--variant season=spring"]
    assert "Day 1" in lines
    assert "Ending: drowned" in lines
    assert "  the water was faster" in lines
    assert "Saved in runs/dam-7" in lines
    assert Path("runs/dam-7/world.zip").exists()
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in out


def test_measures_stand_in_columns(dam, call):
    _, out, _ = call("run", "dam.yaml", "--seed", "7", "--quiet")
    assert out.splitlines() == [
        "Ending: drowned",
        "  the water was faster",
        "",
        "  alive    3  people villagers alive",
        "  ratio  nan  a ratio of nothing",
    ]
    assert Path("runs/dam-7").is_dir()


def test_what_run_says_to_ask_next_can_be_asked(dam, call):
    import shlex

    _, out, _ = call("run", "dam.yaml", "--seed", "7", "--variant", "season=spring", "--out", "a run")
    joined = out.replace(" \\\n    ", " ")
    lines = [line.strip() for line in joined.splitlines() if line.strip().startswith("briarpatch ")]
    assert len(lines) >= 4
    assert "briarpatch run dam.yaml --seed 7 --variant season=spring --choose mayor.warn=warn" in lines
    for line in lines:
        status, out, err = call(*shlex.split(line)[1:])
        assert (status, err) == (0, ""), line
        assert out


def test_a_run_never_overwrites(dam, call):
    call("run", "dam.yaml", "-q")
    call("run", "dam.yaml", "-q")
    assert sorted(path.name for path in Path("runs").iterdir()) == ["dam-0", "dam-0-2"]
    status, out, err = call("run", "dam.yaml", "--out", "runs/dam-0")
    assert (status, out) == (2, "")
    assert err == "runs/dam-0 exists already; name another folder with --out, or remove it\n"


def test_run_as_json(dam, call):
    status, out, err = call("run", "dam.yaml", "--json", "--choose", "mayor.warn=warn", "--until", "40 h")
    content = json.loads(out)
    assert (status, err) == (0, "")
    assert content["ending"] == {"name": "dry", "told": "everybody stood on the hill"}
    assert content["choices"] == {"mayor.warn": "warn"}
    assert content["measures"] == {"alive": 23.0, "ratio": "nan"}
    assert content["folder"] == "runs/dam-0"


def test_a_run_that_was_stopped_says_so(dam, call):
    _, out, _ = call("run", "dam.yaml", "--until", "5 h", "--style", "log")
    assert "No ending: reached the time asked for at day 1, 11:00" in out
    assert "The story began." in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "none.yaml"], "none.yaml there is no such file\n"),
        (["run", "dam.yaml", "--choose", "mayor.warn"], "--choose needs NAME=VALUE, got 'mayor.warn'\n"),
        (["run", "dam.yaml", "--choose", "a=b", "--choose", "a=c"], "--choose sets 'a' twice\n"),
        (["run", "dam.yaml", "--choose", "mayor.warm=wait"], "unknown decision 'mayor.warm'; did you mean"),
        (["run", "dam.yaml", "--variant", "x=y"], "dam.yaml unknown variant ['x']\n"),
        (["run", "dam.yaml", "--until", "soon"], "a time from the start is wanted"),
        (["run", "dam.yaml", "--until", "-2 d"], "a time from the start cannot be -2 d"),
        (["run", "dam.yaml", "--style", "verse"], "--style is prose or log, got 'verse'\n"),
        (["run", "dam.yaml", "--seed", "99999999999999999999"], "seed must be a whole number"),
        (["run", "dam.yaml", "--out", "dam.yaml/x"], "dam.yaml/x cannot be written"),
        (["check", "none.yaml"], "none.yaml there is no such file\n"),
        (["show", "nowhere"], "nowhere is not a saved run: there is no such folder\n"),
        (["why", "nowhere", "ending"], "nowhere is not a saved run"),
        (["systems", "nowhere"], "nowhere is not a saved run"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_wrong_is_one_message(dam, call, arguments, message):
    status, out, err = call(*arguments)
    assert status == 2
    assert out == ""
    assert err.startswith(message)
    assert "Traceback" not in err
    assert not Path("runs").exists()


@pytest.mark.parametrize("arguments", [["fly"], ["check"], ["run", "dam.yaml", "--seed", "x"], ["run", "a", "--nope"]])
def test_what_is_misspelt_shows_the_usage(dam, call, arguments):
    status, out, err = call(*arguments)
    assert status == 2
    assert out == ""
    assert "Usage" in err
    assert "Traceback" not in err


def test_every_fault_of_a_scenario_is_shown_and_none_can_command_a_terminal(dam, call):
    dam.write_text("x: 1\n")
    status, out, err = call("check", "dam.yaml")
    assert (status, out) == (2, "")
    assert err == "dam.yaml:1:1 bad [2J\ndam.yaml:2:1 unknown key 'x'\n"


def test_check_prints_warnings(dam, call):
    status, out, err = call("check", "dam.yaml")
    assert (status, err) == (0, "")
    assert out.splitlines() == ["warning: dam.yaml:3:5 nobody can learn 'flood'", "dam: no faults, 1 warning"]


def test_scenarios(call):
    status, out, err = call("scenarios")
    assert (status, err) == (0, "")
    head, *rows = out.splitlines()
    assert head.split() == ["scenario", "people", "decisions", "until", "what", "it", "is", "about"]
    for name in ("valley", "insurrection"):
        assert any(row.split()[:1] == [name] for row in rows)
    assert "word of it must" in out
    assert max(map(len, out.splitlines())) <= 80
    found = {one["name"]: one for one in json.loads(call("scenarios", "--json")[1])}
    assert {"title", "summary", "people", "decisions", "until"} < set(found["valley"])
    assert found["valley"]["people"] == 42


def test_beliefs_without_facts_are_a_sentence(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert call("run", "trek", "--out", "r", "-q")[0] == 0
    assert call("show", "r", "--beliefs", "guide") == (
        0,
        "This scenario declares no facts, so there is nothing to believe.\n",
        "",
    )
    assert json.loads(call("show", "r", "--beliefs", "guide", "--json")[1]) == []


@pytest.fixture
def saved(dam, call):
    """A saved run, by its path from the present folder."""
    assert call("run", "dam.yaml", "--seed", "7", "-q")[0] == 0
    return "runs/dam-7"


@needs_engine
def test_no_command_that_is_printed_sets_anything_twice(call, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    offered = 0
    for seed in ("4", "5", "6"):
        _, out, _ = call("run", "skirmish", "--seed", seed, "--choose", "master.stand=run")
        for command in out.replace("\\\n", " ").splitlines():
            chosen = re.findall(r"--choose (\S+?)=", command)
            assert len(chosen) == len(set(chosen)), command
            offered += "=fight" in command
    assert offered


def test_show_tells_again(saved, call):
    status, out, err = call("show", saved)
    assert (status, err) == (0, "")
    assert "learned: the dam has a crack." in " ".join(out.split())
    assert "Ending: drowned" in out


def test_show_log_has_a_line_an_entry(saved, call):
    _, out, _ = call("show", saved, "--log")
    lines = out.splitlines()
    assert len(lines) == 29
    assert lines[-1] == "   28  day 2, 12:08    It ended so: the water was faster.  <- 27, 6"
    entries = json.loads(call("show", saved, "--log", "--json")[1])
    assert [entry["number"] for entry in entries] == list(range(29))


def test_show_people(saved, call):
    _, out, _ = call("show", saved, "--people")
    assert "the mayor" in out
    assert "20  the villagers  dead  the village" in out
    _, out, _ = call("show", saved, "--people", "--at", "1 d")
    assert "20  the villagers  free  the village" in out
    assert len(json.loads(call("show", saved, "--people", "--json")[1])) == 23


def test_show_beliefs(saved, call):
    _, out, _ = call("show", saved, "--beliefs", "mayor")
    assert out.splitlines()[0].startswith("What mayor holds at day 2")
    assert "knows" in out
    _, out, _ = call("show", saved, "--beliefs", "mayor", "--at", "1 h")
    assert "knows" not in out
    rows = json.loads(call("show", saved, "--beliefs", "mayor", "--json")[1])
    assert rows[0]["fact"] == "the dam has a crack"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--beliefs", "major"], "unknown person 'major'; did you mean 'mayor'?\n"),
        (["--beliefs", "mayor", "--at", "99 d"], "this run stops at day 2"),
        (["--beliefs", "mayor", "--at", "3 km"], "a time from the start is wanted"),
        (["--log", "--people"], "show one thing at a time"),
    ],
)
def test_show_what_is_not_there(saved, call, arguments, message):
    status, out, err = call("show", saved, *arguments)
    assert (status, out) == (2, "")
    assert err.startswith(message)


def test_show_as_json_is_the_whole_run(saved, call):
    content = json.loads(call("show", saved, "--json")[1])
    assert content["seed"] == 7
    assert content["ending"]["name"] == "drowned"
    assert len(content["chronicle"]) == 29


def test_why(saved, call):
    status, out, err = call("why", saved, "ending")
    assert (status, err) == (0, "")
    assert out.splitlines()[0] == "   28  day 2, 12:08    It ended so: the water was faster.  <- 27, 6"
    assert out.splitlines()[-1] == "    0  day 1, 06:00    The story began."
    _, out, _ = call("why", saved, "ending", "--most", "2")
    assert out.splitlines()[-1] == "and 7 earlier; --most 0 prints all"
    assert [entry["number"] for entry in json.loads(call("why", saved, "dam_breaks", "--json")[1])] == [
        7,
        1,
        0,
    ]
    status, _, err = call("why", saved, "dam_brakes")
    assert status == 2
    assert "did you mean 'dam_breaks'?" in err


def test_systems_in_order(dam, call, monkeypatch):
    for name in ("knowledge", "rules"):
        module = toy.ModuleType(f"briarpatch.systems.{name}", f"What {name} does.\n\nMore.")
        module.__dict__.update(READS=("people", "beliefs"), WRITES=("beliefs",))
        monkeypatch.setitem(sys.modules, module.__name__, module)
    status, out, _ = call("systems")
    assert status == 0
    lines = out.splitlines()
    assert lines[:4] == [
        " 1  knowledge",
        "      What knowledge does.",
        "      reads   people, beliefs",
        "      writes  beliefs",
    ]
    assert any(line.startswith("      verbs   learn, tell, become") for line in lines)
    assert max(map(len, lines)) <= 80
    call("run", "dam.yaml", "-q")
    assert "called 0 times" in call("systems", "runs/dam-0")[1]
    assert [row["system"] for row in json.loads(call("systems", "--json")[1])] == ["knowledge", "rules"]


def test_a_first_compilation_says_so(dam, call, monkeypatch):
    monkeypatch.setattr(sys.modules["briarpatch.engine"], "ready", lambda: False)
    monkeypatch.setattr(cli, "EVERY", 0.0)
    status, out, err = call("run", "dam.yaml", "--quiet")
    assert status == 0
    assert out.startswith("Ending")
    assert err.splitlines()[0] == "Compiling the engine. This happens once and takes a minute or two."
    assert err.splitlines()[1] == "  1 of 1: all of it"
    assert err.splitlines()[2].startswith("Compiled in ")


def test_a_terminal_sees_a_bar_on_standard_error(dam, call, monkeypatch):
    monkeypatch.setattr(sys.modules["briarpatch.engine"], "ready", lambda: False)
    monkeypatch.setattr(cli, "_on_terminal", lambda: True)
    monkeypatch.setattr(cli, "PATIENCE", 0.0)
    status, out, err = call("run", "dam.yaml", "--quiet")
    assert status == 0
    assert out.startswith("Ending")
    assert "Compiled in " in err


def test_a_long_run_shows_that_it_goes_on(dam, call, monkeypatch):
    monkeypatch.setattr(cli, "PATIENCE", 0.0)
    monkeypatch.setattr(cli, "EVERY", 0.0)
    monkeypatch.setattr(importlib.import_module("briarpatch.run"), "SLICE", 1)
    _, out, err = call("run", "dam.yaml", "--quiet")
    assert out.startswith("Ending")
    assert "playing: day 1, 08:00, 6 entries" in err
    assert "\x1b" not in err


def test_an_interruption_ends_with_130(dam, call, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["briarpatch.engine"], "play", interrupt)
    status, out, err = call("run", "dam.yaml")
    assert (status, out, err) == (130, "", "interrupted\n")
    assert not Path("runs").exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_examples(command, call):
    status, out, err = call(command, "--help")
    assert (status, err) == (0, "")
    assert f"\n  Examples:\n    briarpatch {command}" in out
    assert max(map(len, out.splitlines())) <= 80


def test_the_commands_are_all_there(call):
    status, out, _ = call("--help")
    assert status == 0
    for command in COMMANDS:
        assert f"\n  {command} " in out


def environment() -> dict[str, str]:
    """Return an environment in which a child finds the package."""
    package = Path(cli.__file__).parents[2]
    return os.environ | {"PYTHONPATH": f"{package}{os.pathsep}{Path(__file__).parent}"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("arguments", [["scenarios"], ["schema"], ["--help"], ["check", "valley"]])
def test_output_that_cannot_be_written_is_one_message(arguments):
    with open("/dev/full", "wb") as full:
        child = subprocess.run(
            [sys.executable, "-c", CHILD, *arguments],
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert child.returncode == 2
    message = [line for line in child.stderr.decode().splitlines() if not line.startswith("reading")]
    assert message == ["the output cannot be written: No space left on device"]


CHILD = "import sys; from briarpatch.views.cli import main; sys.exit(main(sys.argv[1:]))"
TOY_CHILD = "import sys, toy; sys.modules.update(toy.modules()); from briarpatch.world import machine; "
TOY_CHILD += f"machine.value_of = toy.value_of; {CHILD[12:]}"


def test_help_loads_nothing_heavy():
    program = "import sys; from briarpatch.views.cli import main; main(['--help']); "
    program += "heavy = {'numba', 'numpy', 'polars', 'pydantic', 'rich', 'lark'}; "
    program += "print(sorted(heavy & set(sys.modules)))"
    child = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert child.stdout.splitlines()[-1] == "[]"


def test_a_reader_that_goes_away_is_no_fault(tmp_path):
    run = [sys.executable, "-c", CHILD, "run", "valley", "--quiet", "--out", "seen"]
    subprocess.run(run, cwd=tmp_path, env=environment(), capture_output=True, check=True, timeout=300)
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, "show", "seen", "--log"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    child.stdout.close()
    err = child.stderr.read()
    child.stderr.close()
    assert (child.wait(timeout=60), err) == (0, b"")


def test_words_that_the_output_cannot_show_are_no_fault(dam, call):
    child = subprocess.run(
        [sys.executable, "-c", TOY_CHILD, "run", "dam.yaml", "--out", "é"],
        env=environment() | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (child.returncode, child.stderr) == (0, b"")
    assert b"Saved in ?" in child.stdout


@needs_engine
@pytest.mark.parametrize("name", ["valley", "vault"])
def test_the_scenarios_that_come_with_the_program(name, call, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert name in call("scenarios")[1]
    assert call("check", name)[0] == 0
    status, out, _ = call("run", name, "--seed", "1")
    assert status == 0
    assert "Ending: " in out
    assert "Traceback" not in out
    for arguments in (
        ["show", f"runs/{name}-1", "--log"],
        ["show", f"runs/{name}-1", "--people"],
        ["why", f"runs/{name}-1", "ending"],
        ["systems", f"runs/{name}-1"],
        ["schema"],
    ):
        assert call(*arguments)[0] == 0


LEAN_CHILD = """
import sys
from briarpatch.views.cli import main
status = main(sys.argv[1:])
heavy = {'numba', 'lark', 'scipy', 'briarpatch.scenario.schema', 'briarpatch.world.making'}
print(sorted(heavy & set(sys.modules)))
sys.exit(status)
"""
"""A run that says at its end which of the compilers of code and of scenarios it has loaded."""


@needs_engine
def test_a_second_run_compiles_nothing(tmp_path, monkeypatch, call):
    monkeypatch.chdir(tmp_path)
    call("run", "valley", "-q")
    child = subprocess.run(
        [sys.executable, "-c", LEAN_CHILD, "run", "valley", "-q"],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert child.returncode == 0, child.stderr
    assert child.stdout.splitlines()[-1] == "[]"


@needs_engine
def test_a_fault_names_its_file_as_whoever_asked_would_open_it(call, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    text = (packaged() / "valley.yaml").read_text()
    (tmp_path / "mine" / "valley.yaml").write_text(text.replace("knows(keeper, cracking)", "knows(keper, cracking)", 1))
    for given in ("mine/valley.yaml", "mine", "./mine/"):
        status, _, err = call("check", given)
        assert status == 2
        assert "mine/valley.yaml:32:17 unknown person 'keper' in knows(...); did you mean 'keeper'?" in err
    (tmp_path / "mine" / "valley.yaml").write_text(text.replace("happened(crack)", "happened(crak) && alive(keper)", 1))
    assert call("check", "mine")[2].count("mine/valley.yaml:") == 2
