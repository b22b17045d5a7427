"""What one play-out costs: processor time, memory, the command from end to end, and the first compilation.

    python bench/foundation.py [--cold]

Times are of this machine and this moment; compare ratios, and run it twice. `--cold` also compiles into an empty cache.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

import numpy as np

from briarpatch import engine, load_scenario
from briarpatch.world import states
from briarpatch.world import world as worlds

WORLDS = 100


def play(scenario, seed):
    """Return a finished world."""
    world = scenario.world(seed)
    while engine.play(scenario.program, world) == states.NEEDS_ROOM:
        world = worlds.grow(world)
    return world


def main() -> None:
    """Print one line a figure."""
    started = time.perf_counter()
    scenario = load_scenario("insurrection")
    print(f"loading and compiling the scenario       {time.perf_counter() - started:8.3f} s")
    play(scenario, 0)
    spent = []
    for seed in range(1, WORLDS + 1):
        before = time.process_time()
        world = play(scenario, seed)
        spent.append(time.process_time() - before)
    spent = np.array(spent)
    print(f"one play-out, warm, CPU: median          {np.median(spent):8.4f} s   (of {WORLDS} seeds)")
    print(f"one play-out, warm, CPU: slowest         {spent.max():8.4f} s")
    print(f"worlds a second, one thread              {WORLDS / spent.sum():8.1f}")
    print(f"one world without tracks                 {sum(a.nbytes for a in world) / 1e6:8.2f} MB")
    command = [sys.executable, "-c", "from briarpatch.views.cli import main; main()", "run", "insurrection"]
    with tempfile.TemporaryDirectory() as folder:
        for what in ("first", "second"):
            started = time.perf_counter()
            subprocess.run([*command, "--out", f"{folder}/{what}"], check=True, capture_output=True)
            print(f"briarpatch run insurrection, {what:6}      {time.perf_counter() - started:8.2f} s")
        if "--cold" in sys.argv:
            started = time.perf_counter()
            environment = os.environ | {"BRIARPATCH_CACHE": f"{folder}/cache"}
            subprocess.run([*command, "--out", f"{folder}/cold"], check=True, capture_output=True, env=environment)
            print(f"the same with an empty cache             {time.perf_counter() - started:8.1f} s")


if __name__ == "__main__":
    main()
