"""What each system costs in a scenario: calls and time a world, measured step by step.

    python bench/systems.py [SCENARIO] [WORLDS]

Every step of a system is played and timed by itself, less what an empty call costs; so the sum is a little more than a
whole play-out takes, and the shares are what to look at.
"""

import sys
import time

import numpy as np

from briarpatch import assembly, engine
from briarpatch.analysis.worlds import Player
from briarpatch.world import states
from briarpatch.world.handles import address, handle
from briarpatch.world.world import grow


def profile(player: Player, seed: int, calls: np.ndarray, spent: np.ndarray) -> None:
    """Play the world of `seed` step by step and add to the calls and the nanoseconds of each system."""
    world, program = player.start(seed), player.scenario.program
    of_program = handle(program)
    play = engine._play.call
    now = time.thread_time_ns  # the clock of this thread alone: other work on the machine does not count
    rows = handle(world)
    empty = min(_timed(lambda: play(address(of_program), address(rows), 0.0, 0)) for _ in range(50))
    due = world.due
    while True:
        before = due["calls"].copy()
        started = now()
        status = play(address(of_program), address(rows), float("inf"), 1)
        took = now() - started - empty
        which = np.nonzero(due["calls"] != before)[0]
        if len(which):
            calls[which[0]] += 1
            spent[which[0]] += max(took, 0)
        if status == states.NEEDS_ROOM:
            world = grow(world)
            rows, due = handle(world), world.due
        elif status != states.PAUSED_BY_BUDGET:
            return


def _timed(action) -> int:
    started = time.thread_time_ns()
    action()
    return time.thread_time_ns() - started


def main(name: str, worlds: int) -> None:
    engine.prepare()
    player = Player(name)
    calls, spent = np.zeros(len(assembly.NAMES)), np.zeros(len(assembly.NAMES))
    for seed in range(worlds):
        profile(player, seed, calls, spent)
    calls, spent = calls / worlds, spent / worlds / 1e6
    print(f"{name}, {worlds} worlds: {spent.sum():.2f} ms a world in {calls.sum():,.0f} steps\n")
    print(f"  {'system':<14}{'calls':>8}{'ms':>9}{'share':>8}{'us a call':>11}")
    for system in np.argsort(-spent):
        if calls[system]:
            print(
                f"  {assembly.NAMES[system]:<14}{calls[system]:>8.1f}{spent[system]:>9.3f}"
                f"{spent[system] / spent.sum():>8.1%}{1e3 * spent[system] / calls[system]:>11.1f}"
            )


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "insurrection", int(sys.argv[2]) if len(sys.argv) > 2 else 50)
