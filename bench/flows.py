"""What counted crowds cost: an epidemic by heads, and one a hundred times as large in steps.

    python bench/flows.py [WORLDS]

Each is an SEIR of one crowd. By heads nearly 300,000 heads of 100,000 go one by one; in steps, 10 million go every six hours for a
year. The time is that of this thread alone, of the fastest of some worlds, with the engine compiled and warm; so is the memory of
the tables of a world.
"""

import sys
import time

from briarpatch import engine
from briarpatch.scenario.catalog import load_text
from briarpatch.world import states
from briarpatch.world.world import grow

STORY = """
scenario: {{ title: SEIR, until: 365 d }}
factions: {{ us: {{}} }}
places: {{ camp: {{}} }}
crowds:
  folk: {{ count: {count}, faction: us, place: camp, states: [s, e, i, r], state: {{ s: {well}, i: {ill} }} }}
flows:
  infection: {{ from: folk.s, to: folk.e, rate: '"0.4/d" * count(folk.i) / count(folk)'{step} }}
  onset: {{ from: folk.e, to: folk.i, rate: 0.2/d{step} }}
  recovery: {{ from: folk.i, to: folk.r, rate: 0.1/d{step} }}
{rule}
endings: {{ over: {{ told: over }} }}
"""
RULE = "events: { e: {} }\nrules: { r: { when: count(folk.i) < 0, do: [mark: e] } }"


def timed(count: int, step: str, worlds: int, rule: str = "") -> tuple[float, int, int]:
    """Return the least time [s] of a world, how many heads went, and the bytes of its tables."""
    ill = count // 1000
    of = load_text(STORY.format(count=count, well=count - ill, ill=ill, step=step, rule=rule))
    best, went, size = float("inf"), 0, 0
    for seed in range(worlds):
        world = of.world(seed)
        started = time.thread_time()
        while engine.play(of.program, world) == states.NEEDS_ROOM:
            world = grow(world)
        best = min(best, time.thread_time() - started)
        went, size = int(world.flows.ever.sum()), sum(table.nbytes for table in world)
    return best, went, size


def main(worlds: int) -> None:
    engine.prepare()
    print(f"  {'epidemic':<44}{'s a world':>10}{'heads went':>15}{'MB a world':>12}")
    for name, count, step, rule in (
        ("100,000, by heads", 100_000, "", ""),
        ("100,000, by heads, a rule reads each of them", 100_000, "", RULE),
        ("10 million, every 6 h for a year", 10_000_000, ", step: 6 h", ""),
        ("1,000 million, every 6 h for a year", 1_000_000_000, ", step: 6 h", ""),
    ):
        took, went, size = timed(count, step, worlds, rule)
        print(f"  {name:<44}{took:>10.3f}{went:>15,}{size / 1e6:>12.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
