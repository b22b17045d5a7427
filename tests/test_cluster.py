"""A Ray cluster of two workers gives the rows that threads give, also when a worker is lost."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import pytest

from briarpatch.analysis import cluster, pools
from briarpatch.analysis.cluster import Cluster
from briarpatch.analysis.ensemble import ensemble
from briarpatch.analysis.worlds import Arm
from briarpatch.errors import MissingExtraError

ARMS = [Arm("as it is"), Arm("run", {"master.stand": "run"})]


def test_tasks_grow_and_shrink_with_the_rate():
    next_size = Cluster.next_size
    assert next_size(8, 8, 0.5) == 32
    assert next_size(100, 100, 5.0) == 400
    assert next_size(1000, 1000, 100.0) == 250
    assert next_size(10, 10, 1e9) == 1
    for seconds in (Cluster.SHORTEST, Cluster.AIM, Cluster.LONGEST):
        assert next_size(77, 77, seconds) == 77
    assert next_size(77, 3, 0.1) == 77, "the short end of a stretch says nothing about the rate"


def test_without_ray_the_command_that_installs_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'briarpatch\[ray\]'"):
        ensemble("skirmish", 5, on="ray")


@pytest.fixture
def two_workers(monkeypatch):
    """Let ensembles on Ray run on two workers of a cluster that is started for the test."""
    pytest.importorskip("ray")
    monkeypatch.setattr(pools, "FIRST_TASKS", 10)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
def test_two_workers_give_the_rows_of_threads(two_workers, tmp_path):
    here = ensemble("skirmish", 150, arms=ARMS, workers=2)
    there = ensemble("skirmish", 150, arms=ARMS, out=tmp_path / "e", on="ray", workers=2)
    assert there.table.equals(here.table)
    assert len(there.folder.parts()) > 2


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
def test_workers_that_do_not_see_the_folder_send_their_parts_back(two_workers, tmp_path, monkeypatch):
    order_of = cluster.order_of
    monkeypatch.setattr(cluster, "order_of", lambda session: order_of(session)._replace(folder="/nowhere/at/all"))
    there = ensemble("skirmish", 60, arms=ARMS, out=tmp_path / "e", on="ray", workers=2)
    assert there.table.equals(ensemble("skirmish", 60, arms=ARMS).table)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
def test_the_tasks_of_a_lost_worker_run_again(two_workers, tmp_path):
    lost: list[int] = []

    def kill() -> None:
        """Kill the first worker that is seen to play."""
        deadline = time.monotonic() + 300
        while not lost and time.monotonic() < deadline:
            for process in os.listdir("/proc"):
                try:
                    with open(f"/proc/{process}/cmdline", "rb") as file:
                        line = file.read()
                    with open(f"/proc/{process}/stat") as file:
                        parent = int(file.read().rpartition(")")[2].split()[1])
                    with open(f"/proc/{parent}/stat") as file:
                        grandparent = int(file.read().rpartition(")")[2].split()[1])
                except (OSError, ValueError, IndexError):
                    continue
                if line.startswith(b"ray::play_stretch") and os.getpid() in (parent, grandparent):
                    os.kill(int(process), signal.SIGKILL)
                    lost.append(int(process))
                    break
            time.sleep(0.01)

    watcher = threading.Thread(target=kill)
    watcher.start()
    there = ensemble("skirmish", 400, arms=ARMS, out=tmp_path / "e", on="ray", workers=2)
    watcher.join()
    assert lost, "no worker was caught playing"
    assert there.table.equals(ensemble("skirmish", 400, arms=ARMS).table)
