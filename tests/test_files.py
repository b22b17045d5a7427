"""What is written is whole or not there; nothing of the user's is ever removed; nothing is loaded that others could write."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from briarpatch import files
from briarpatch.errors import RequestError
from briarpatch.files import TEMPORARY, check_private, private_folder, read_private, sweep, whole_file, whole_folder
from briarpatch.scenario import kept
from briarpatch.scenario.catalog import load_scenario
from briarpatch.world import compiled, parts
from briarpatch.world.compiled import INTERPRETED

pytestmark = pytest.mark.skipif(os.name == "nt", reason="owners, modes and locks are those of POSIX")

KILLED = """
import os, signal, sys
from pathlib import Path
from briarpatch.files import whole_file, whole_folder
with (whole_folder if sys.argv[2] == "folder" else whole_file)(Path(sys.argv[1])) as new:
    (new / "a" if new.is_dir() else new).write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def left_by_a_killed_writer(target: Path, what: str) -> Path:
    """Let a process die while it writes `target`, and return what it leaves."""
    child = subprocess.run([sys.executable, "-c", KILLED, str(target), what], check=False, timeout=60)
    assert child.returncode == -signal.SIGKILL
    (left,) = (path for path in target.parent.iterdir() if path.name.startswith(TEMPORARY))
    return left


@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_a_killed_writer_left_is_swept_and_what_is_being_written_is_not(tmp_path, what):
    left = left_by_a_killed_writer(tmp_path / "dead", what)
    assert files.is_workshop(left.name)
    assert left.stat().st_mode & 0o077 == 0
    with whole_file(tmp_path / "out.txt") as file:
        file.write_text("whole")
        sweep(tmp_path)
        assert file.read_text() == "whole"
    assert os.listdir(tmp_path) == ["out.txt"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["", "notes", "cache", "a" * 16, "0123456789abcdef", "0123456789abcdef.writing", "x.writing"]),
    st.sampled_from(["file", "folder", "full folder", "link"]),
)
@example("0123456789abcdef.writing", "full folder")
def test_nothing_of_the_users_is_removed_whatever_its_name(tmp_path, name, what):
    parent = tmp_path / "p"
    shutil.rmtree(parent, ignore_errors=True)
    parent.mkdir()
    mine = parent / f"{TEMPORARY}{name}"
    if what == "file":
        mine.write_text("mine")
    elif what == "link":
        (tmp_path / "goal").mkdir(exist_ok=True)
        (tmp_path / "goal" / "kept").write_text("mine")
        mine.symlink_to(tmp_path / "goal")
    else:
        mine.mkdir(0o755)
        if what == "full folder":
            (mine / "novel.txt").write_text("mine")
    sweep(parent)
    with whole_folder(parent / "r1") as new:
        (new / "a").write_text("a")
    with whole_file(parent / "b") as new:
        new.write_text("b")
    assert os.path.lexists(mine)
    assert sorted(os.listdir(parent)) == sorted([mine.name, "b", "r1"])
    if what == "full folder":
        assert (mine / "novel.txt").read_text() == "mine"


@pytest.mark.parametrize("doubt", ["renamed", "open to others", "another mark", "no mark", "another machine", "more"])
def test_whatever_leaves_a_doubt_stays(tmp_path, monkeypatch, doubt):
    left = left_by_a_killed_writer(tmp_path / "dead", "folder")
    mark = left / files._MARK
    if doubt == "renamed":
        left = left.rename(tmp_path / f"{TEMPORARY}{'0' * 16}.writing")
    elif doubt == "open to others":
        left.chmod(0o755)
    elif doubt == "another mark":
        mark.write_bytes(mark.read_bytes() + b"and more")
    elif doubt == "no mark":
        mark.unlink()
    elif doubt == "another machine":
        monkeypatch.setattr("platform.node", lambda: "elsewhere")
    else:
        (left / "mine.txt").write_text("mine")
    sweep(tmp_path)
    assert left.exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_what_another_user_left_stays(tmp_path):
    left = left_by_a_killed_writer(tmp_path / "dead", "folder")
    os.chown(left, 4321, 4321)
    sweep(tmp_path)
    assert left.exists()


def test_the_names_in_a_cache_beside_a_run_are_spared(tmp_path, monkeypatch):
    cache = tmp_path / f"{TEMPORARY}cache"
    monkeypatch.setattr(kept, "cache_root", lambda: cache)
    load_scenario("valley")
    before = sorted(cache.rglob("*"))
    with whole_folder(tmp_path / "r1"):
        pass
    assert sorted(cache.rglob("*")) == before
    assert len(before) == 2


# --------------------------------------------------------------------------------------------------- private folders


def test_a_private_folder_is_made_for_the_user_alone(tmp_path):
    folder = private_folder(tmp_path / "a" / "b")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert folder.parent.stat().st_mode & 0o777 == 0o700
    assert private_folder(folder) == folder


OPENED = {
    "everybody": (0o777, "everybody may write to it; `chmod o-w"),
    "the group": (0o770, "its group may write to it; `chmod g-w"),
}


@pytest.mark.parametrize("who", OPENED)
@pytest.mark.parametrize("which", ["the folder", "one above", "through a link"])
def test_a_folder_that_others_may_write_to_is_refused(tmp_path, monkeypatch, who, which):
    monkeypatch.setattr(files, "_is_own_group", lambda number: False)
    mode, said = OPENED[who]
    folder = private_folder(tmp_path / "a" / "b")
    check_private(folder)
    changed = folder if which == "the folder" else folder.parent
    changed.chmod(mode)
    if which == "through a link":
        (tmp_path / "link").symlink_to(folder)
        folder = tmp_path / "link"
    for attempt in (check_private, private_folder):
        with pytest.raises(RequestError) as refused:
            attempt(folder)
        assert str(refused.value).startswith(f"{changed} is not safe to keep compiled code in: {said}")
        assert "set BRIARPATCH_CACHE to a folder of your own" in str(refused.value)
    changed.chmod(mode | 0o1000)  # in a sticky folder, people rename only what is theirs
    if which == "the folder":
        with pytest.raises(RequestError, match="is not safe"):
            check_private(folder)
    else:
        check_private(folder)


def test_a_group_of_the_user_alone_may_write(tmp_path):
    folder = private_folder(tmp_path / "a")
    folder.chmod(0o770)
    if not files._is_own_group(folder.stat().st_gid):
        pytest.skip("the user's group has other members here")
    check_private(folder)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("which", ["a", "a/b", "a/b/file", "link"])
def test_what_belongs_to_another_user_is_refused(tmp_path, which):
    file = private_folder(tmp_path / "a" / "b") / "file"
    file.write_bytes(b"x")
    (tmp_path / "link").symlink_to(file.parent)
    assert read_private(file) == b"x"
    os.chown(tmp_path / which, 4321, 0, follow_symlinks=False)
    folder = tmp_path / "link" if which == "link" else file.parent
    with pytest.raises(RequestError, match=r"belongs to another user \(number 4321\); set BRIARPATCH_CACHE"):
        read_private(file) if which == "a/b/file" else check_private(folder)


def test_a_kept_scenario_that_others_could_write_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "cache_root", lambda: tmp_path / "cache")
    load_scenario("valley")
    (file,) = (tmp_path / "cache" / "scenarios").iterdir()
    assert file.stat().st_mode & 0o022 == 0
    assert file.parent.stat().st_mode & 0o777 == 0o700
    for changed in (file, file.parent, tmp_path / "cache"):
        before = changed.stat().st_mode
        changed.chmod(0o777)
        with pytest.raises(RequestError, match="is not safe to keep compiled code in: everybody may write to it"):
            load_scenario("valley")
        changed.chmod(before)
    assert load_scenario("valley").title


def test_nothing_that_is_kept_or_read_is_a_pickle():
    for file in Path(files.__file__).parent.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert "import pickle" not in text, file
        assert "allow_pickle=True" not in text, file


def test_a_kept_scenario_is_words_and_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "cache_root", lambda: tmp_path / "cache")
    load_scenario("valley")
    (file,) = (tmp_path / "cache" / "scenarios").iterdir()
    head = json.loads(file.read_bytes()[32:].partition(b"\n")[0])
    assert head["title"] == load_scenario("valley").title


@pytest.mark.skipif(INTERPRETED, reason="nothing is compiled")
def test_machine_code_that_others_could_write_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "_folder", lambda: tmp_path / "cache")
    one = next(iter(parts.PARTS.values()))
    parts.keep(one, b"code", ["exp"])
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700
    assert parts._kept(one) == (b"code", ["exp"])
    parts._file(one).chmod(0o666)
    with pytest.raises(RequestError, match="is not safe to keep compiled code in"):
        parts._kept(one)


@pytest.mark.skipif(INTERPRETED, reason="nothing is compiled")
@pytest.mark.parametrize("command", ["run", "check"])
def test_a_prepared_cache_folder_runs_nothing(tmp_path, command):
    cache = tmp_path / "cache"
    cache.mkdir()
    cache.chmod(0o777)
    words = [sys.executable, "-c", "import sys; from briarpatch.views.cli import main; sys.exit(main(sys.argv[1:]))"]
    child = subprocess.run(
        [*words, command, "valley"],
        cwd=tmp_path,
        env=os.environ | {"BRIARPATCH_CACHE": str(cache)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert child.returncode == 2
    assert child.stderr.strip().startswith(f"{cache} is not safe to keep compiled code in: everybody may write to it")
    assert os.listdir(cache) == []


@pytest.mark.skipif(INTERPRETED, reason="nothing is compiled")
def test_the_compilers_own_cache_lies_in_a_private_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(compiled, "cache_folder", lambda: tmp_path / "cache")
    with compiled.own_cache():
        assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700
    (tmp_path / "cache").chmod(0o777)
    with pytest.raises(RequestError, match="is not safe"), compiled.own_cache():
        pass
