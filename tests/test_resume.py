"""Interrupted ensembles go on: killed, interrupted, out of room; nothing is lost, nothing is there twice."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from briarpatch import files
from briarpatch.analysis.ensemble import ensemble, load_ensemble
from briarpatch.analysis.worlds import Arm
from briarpatch.errors import RequestError

ARMS = [Arm("as it is"), Arm("run", {"master.stand": "run"})]
SEEDS = 400

CHILD = """
import sys
from briarpatch import engine
from briarpatch.analysis import ensemble as many, jobs
from briarpatch.analysis.worlds import Arm
jobs.PART_SECONDS = 0.05
engine.prepare()
arms = [Arm("as it is"), Arm("run", {"master.stand": "run"})]
print("ready", flush=True)
try:
    many.ensemble("skirmish", int(sys.argv[2]), arms=arms, out=sys.argv[1])
except many.Interrupted as stopped:
    print(stopped, flush=True)
    sys.exit(130)
print("done", flush=True)
"""


def start(folder: Path, seeds: int) -> subprocess.Popen[str]:
    """Return a process that is about to play into `folder`."""
    words = [sys.executable, "-c", CHILD, str(folder), str(seeds)]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


@pytest.fixture(scope="module")
def whole():
    return ensemble("skirmish", SEEDS, arms=ARMS, workers=2).table


@pytest.mark.long
def test_killed_at_twenty_moments_it_ends_with_the_same_rows(tmp_path, whole):
    luck, folder, killed, progress = random.Random(5), tmp_path / "e", 0, []
    for _ in range(20):
        child = start(folder, SEEDS)
        time.sleep(luck.uniform(0.0, 0.4))
        child.kill()
        out, _ = child.communicate()
        killed += "done" not in out
        if (folder / "ensemble.json").exists():
            there = load_ensemble(folder)
            rows = there.table
            assert rows.height == rows.unique(["seed", "arm"]).height
            assert rows.equals(whole.filter(whole["seed"].is_in(rows["seed"].unique().to_list())))
            progress.append(there.seeds)
    assert killed >= 5
    assert progress == sorted(progress)
    assert ensemble("skirmish", SEEDS, arms=ARMS, out=folder).table.equals(whole)
    left = [path for path in folder.rglob("*") if path.name.startswith(files.TEMPORARY)]
    assert left == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_what_was_played_and_says_how_to_go_on(tmp_path, number):
    child = start(tmp_path / "e", 100_000)
    deadline = time.monotonic() + 60
    while not list((tmp_path / "e").glob("parts/0*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    child.send_signal(number)
    out, err = child.communicate(timeout=120)
    assert child.returncode == 130, err
    assert "seeds are saved in" in out
    assert "the same command goes on" in out
    there = load_ensemble(tmp_path / "e")
    assert there.seeds > 0
    assert not there.is_complete
    assert "unfinished" in there.text()
    assert there.table["seed"].unique().sort().to_list() == list(range(there.seeds))


def test_a_full_disk_is_told_and_what_was_written_stays(tmp_path, whole, monkeypatch):
    monkeypatch.setattr("briarpatch.analysis.parts.MOST_ROWS", 100)
    written, write = [], Path.write_bytes

    def fill_up(self: Path, content: bytes) -> int:
        if self.suffix == ".parquet":
            written.append(self)
            if len(written) > 2:
                write(self, content[: len(content) // 2])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(self, content)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", fill_up)
        with pytest.raises(RequestError, match=r"No space left on device; what was played before is safe in .*goes on"):
            ensemble("skirmish", SEEDS, arms=ARMS, out=tmp_path / "e")
    assert load_ensemble(tmp_path / "e").seeds == 100
    assert not [path for path in (tmp_path / "e").rglob("*") if path.name.startswith(files.TEMPORARY)]
    assert ensemble("skirmish", SEEDS, arms=ARMS, out=tmp_path / "e").table.equals(whole)


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_a_disk_that_fails_leaves_no_torn_part(tmp_path, fails, monkeypatch):
    ensemble("skirmish", 20, arms=ARMS, out=tmp_path / "e")
    before = sorted(path.name for path in (tmp_path / "e" / "parts").iterdir())

    def fail(*_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, fails, fail)
    with pytest.raises(RequestError, match="Input/output error"):
        ensemble("skirmish", 40, arms=ARMS, out=tmp_path / "e")
    monkeypatch.undo()
    assert sorted(path.name for path in (tmp_path / "e" / "parts").iterdir()) == before
    assert ensemble("skirmish", 40, arms=ARMS, out=tmp_path / "e").seeds == 40
