"""What many worlds cost: worlds a second on one thread and on all, memory, and how time grows.

    python bench/ensemble.py [--scenario insurrection] [--worlds 200] [--people] [--ray]

Ratios come from one run on one machine, alternating, by processor time where that is what is compared; the best of
three counts, since other work on the machine only ever adds. `--people` also grows the crowds of the hunt, `--ray`
also plays on a cluster that it starts here.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from briarpatch import engine
from briarpatch.analysis.ensemble import ensemble
from briarpatch.analysis.worlds import Arm, Player, Reader, in_threads, status_word
from briarpatch.world.parts import processors


def spent(scenario: str, count: int, threads: int) -> tuple[float, float]:
    """Return seconds and processor seconds that `count` worlds took."""
    player = Player(scenario)
    reader = Reader(player.scenario)
    began, worked = time.perf_counter(), time.process_time()
    for _ in in_threads(lambda seed: reader.row(player, seed, player.play(seed)), range(count), threads):
        pass
    return time.perf_counter() - began, time.process_time() - worked


def exponent(sizes: list[int], seconds: list[float]) -> float:
    """Return b of the fit seconds = a * size^b."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def threads(scenario: str, count: int) -> None:
    """Print the rate on one thread and on all processors."""
    mine = processors()
    best: dict[int, tuple[float, float]] = {}
    for _ in range(3):
        for number in (1, mine):
            best[number] = min(best.get(number, (1e9, 1e9)), spent(scenario, count, number))
    for number, (seconds, worked) in best.items():
        rates = f"{count / seconds:8.1f} worlds/s  {count / worked:8.1f} worlds a processor second"
        print(f"{scenario}, {number} thread{'s' * (number > 1)}: {rates}")
    print(f"ratio of {mine} threads to one: {best[1][0] / best[mine][0]:.2f}")


def growth(scenario: str, most: int) -> None:
    """Print time and memory against the number of worlds, rows on disk and summary included."""
    sizes, seconds = [], []
    for count in [n for n in (10, 100, 1000, 10_000, 100_000) if n <= most]:
        with tempfile.TemporaryDirectory() as folder:
            began = time.process_time()
            found = ensemble(scenario, count, out=Path(folder) / "e")
            _ = found.summary
            worked = time.process_time() - began
            size = sum(path.stat().st_size for path in found.folder.files())
        sizes.append(count)
        seconds.append(worked)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{count:>8,} worlds  {worked:9.2f} s  {1000 * worked / count:8.3f} ms each  {peak:7.0f} MB peak  {size:>11,} B"
        )
    if len(sizes) > 1:
        print(
            f"time grows as worlds^{exponent(sizes, seconds):.2f} (from the second size on: "
            f"{exponent(sizes[1:], seconds[1:]) if len(sizes) > 2 else float('nan'):.2f})"
        )


def people(worlds: int = 3) -> None:
    """Print the time of a world against the number of people in it, and of drones."""
    for scenario, what, path, sizes in (
        ("hunt", "people", "crowds.horses.count", [60, 600, 6000, 60_000]),
        ("hunt", "drones", "swarms.trackers.count", [8, 80, 800]),
        ("geese", "people", "crowds.geese.count", [60, 600, 6000, 60_000]),
        ("geese", "drones", "swarms.drones.count", [4, 40, 400]),
    ):
        seconds: list[float] = []
        for size in sizes:
            player = Player(scenario, Arm(overrides={path: str(size)}))
            player.play(0)
            began = time.process_time()
            for seed in range(1, worlds + 1):
                world = player.play(seed)
                if status_word(world) != "finished":
                    raise SystemExit(f"{scenario} with {size} {what}: {status_word(world)}")
            seconds.append((time.process_time() - began) / worlds)
            print(f"{scenario}, {size:>6,} {what}: {seconds[-1]:9.4f} s a world")
        print(f"time grows as {what}^{exponent(sizes, seconds):.2f}")


def cluster(scenario: str, count: int) -> None:
    """Print what a cluster of this machine's processors takes, against its threads."""
    for on in ("threads", "ray"):
        began = time.perf_counter()
        ensemble(scenario, count, on=on)
        seconds = time.perf_counter() - began
        print(f"{scenario}, {count:,} worlds on {on}: {seconds:.1f} s, {count / seconds:.1f} a second, start included")


def main() -> None:
    """Print one line a figure."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--scenario", default="insurrection")
    options.add_argument("--worlds", type=int, default=200)
    options.add_argument("--grow", default="skirmish", help="scenario of the growth curve")
    options.add_argument("--most", type=int, default=10_000)
    options.add_argument("--people", action="store_true")
    options.add_argument("--ray", action="store_true")
    given = options.parse_args()
    engine.prepare()
    threads(given.scenario, given.worlds)
    growth(given.grow, given.most)
    if given.people:
        people()
    if given.ray:
        cluster(given.scenario, given.worlds)


if __name__ == "__main__":
    main()
