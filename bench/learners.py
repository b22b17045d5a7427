"""How many decisions a second learners take: `python bench/learners.py [SCENARIO PERSON]`.

A step of a world that was asked nothing is no decision and is not counted. Beside the time on the clock stands that of the
processors, which is what counts on a machine that does other things too.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from briarpatch.views.learners import SeatVectorEnv

STEPS = 3_000
"""Steps of single worlds that each row takes."""


def measure(scenario: str, person: str, worlds: int, threads: int) -> tuple[int, float, float]:
    """Return the decisions taken, and the seconds on the clock and of the processors that they took."""
    env = SeatVectorEnv(scenario, person, "1", num_envs=worlds, threads=threads)
    env.reset(seed=1)
    luck, decisions = np.random.default_rng(0), 0
    clock, spent = time.perf_counter(), time.process_time()
    for _ in range(STEPS // worlds):
        info = env.step(luck.integers(0, env.single_action_space.n, worlds))[4]
        decisions += int((info["taken"] != "").sum())
    times = time.perf_counter() - clock, time.process_time() - spent
    env.close()
    return decisions, *times


def main(scenario: str = "vault", person: str = "manager") -> None:
    """Print a row for each number of worlds and threads."""
    print("worlds  threads  decisions a second  ... of the processors' time")
    for worlds, threads in ((1, 1), (16, 1), (16, 2), (64, 2)):
        decisions, clock, spent = measure(scenario, person, worlds, threads)
        print(f"{worlds:>6}  {threads:>7}  {decisions / clock:>18.0f}  {decisions / spent:>27.0f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
