"""Everything that was promised of speed, in one run: what is measured, what must be, and whether it is.

    python bench/all.py [REPLAYS]

Processor seconds where that is what counts; the least of some replays, since other work on the machine only ever adds. Each row
is a program of its own under `bench/`, which says more.
"""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import check
import ensemble as worlds
import first
import hunts
import pursuit

from briarpatch import engine
from briarpatch.analysis.worlds import Arm, Player
from briarpatch.world.parts import processors

HUNTS = {"600 people, 60 drones": (600, 60, 1000), "100 people, 10 drones": (100, 10, 1000)}


class Row(NamedTuple):
    """A promise: what is measured, in what unit, what it must be at most or at least, and what was aimed at."""

    what: str
    unit: str
    must: float
    aim: float
    at_least: bool
    measured: float

    def line(self) -> str:
        """Return it as a line of the table."""
        met = self.measured >= self.must if self.at_least else self.measured <= self.must
        sign = ">=" if self.at_least else "<="
        return f"{self.what:<52} {self.measured:9.2f} {self.unit:<14} {sign} {self.must:<7g} {self.aim:<7g} {'yes' if met else 'NO'}"


def starts(replays: int) -> list[Row]:
    """Return the rows of first and of warm runs."""
    with tempfile.TemporaryDirectory() as name, contextlib.redirect_stdout(io.StringIO()):
        work, checkout = Path(name), first.ROOT / "src"
        wheel = first.install_wheel(work)
        first.run(checkout, work / "warm", "insurrection")
        found: dict[str, list[tuple[float, float]]] = {"wheel": [], "checkout": [], "warm": []}
        for replay in range(replays):
            found["wheel"].append(first.run(wheel, work / f"wheel {replay}", "insurrection"))
            found["checkout"].append(first.run(checkout, work / f"checkout {replay}", "insurrection"))
            found["warm"].append(first.run(checkout, work / "warm", "insurrection"))
    passed = {case: min(seconds for seconds, _ in runs) for case, runs in found.items()}
    used = min(seconds for _, seconds in found["warm"])
    return [
        Row("first run from a wheel, nothing kept", "s", 3, 1.5, False, passed["wheel"]),
        Row("first run from a checkout", "s", 12, 8, False, passed["checkout"]),
        Row("briarpatch run insurrection -q, warm", "CPU s", 0.5, 0.4, False, used),
    ]


def checks(replays: int) -> list[Row]:
    """Return the rows of looking through large scenarios."""
    return [Row(f"check, {case}", "CPU s", 3, 3, False, seconds) for case, seconds in check.measured(replays).items()]


def many(replays: int) -> list[Row]:
    """Return the rows of many worlds."""
    long_ = max(40 / worlds.spent("insurrection", 40, 1)[1] for _ in range(replays))
    mine = processors()
    short = max(5000 / worlds.spent("vault", 5000, threads)[0] for threads in (1, mine) for _ in range(replays))
    grown = []
    for count in (6000, 60_000):
        player = Player("hunt", Arm(overrides={"crowds.horses.count": str(count)}))
        player.play(0)
        grown.append(min(_spent(lambda seed=seed, player=player: player.play(seed)) for seed in range(1, 1 + replays)))
    return [
        Row("insurrection, worlds", "a CPU second", 100, 150, True, long_),
        Row(f"vault, worlds on {mine} processors, end to end", "a second", 3000, 5000, True, short),
        Row("hunt, 60,000 people against 6,000", "times", 12, 10, False, grown[1] / grown[0]),
    ]


def _spent(action: Callable[[], object]) -> float:
    began = time.process_time()
    action()
    return time.process_time() - began


def against_c(replays: int) -> list[Row]:
    """Return the rows of the hunt against C with the vector unit, with the same bits."""
    rows = []
    for what, (people, drones, looks) in HUNTS.items():
        for tags in (False, True):
            hunt = pursuit.lay(people, drones, looks, tags)
            ours, theirs = [], []
            for _ in range(replays):  # in turns, so that a drifting machine hurts both alike
                one, other = pursuit.with_engine(hunt), hunts.with_vectors(hunt)
                if any(getattr(one, part).tobytes() != getattr(other, part).tobytes() for part in ("x", "y", "tagged")):
                    raise SystemExit(f"{what}: C disagrees")
                ours.append(one.seconds)
                theirs.append(other.seconds)
            name = f"{what}{', tags' if tags else ''}, C with AVX2 takes"
            rows.append(Row(name, "times as long", 1, 2, True, min(theirs) / min(ours)))
    return rows


def main(replays: int) -> None:
    """Print the table."""
    engine.prepare()
    version = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    print(f"{version.stdout.strip() or 'no checkout'}, {processors()} processors, least of {replays} replays\n")
    print(f"{'':<52} {'measured':>9} {'':<14}    {'must':<7} {'aim':<7} met")
    parts = [starts, checks, many]
    if hunts.has_vectors():
        parts.append(against_c)
    else:
        print("this processor has no AVX2: the hunt against C is left out")
    for part in parts:
        for row in part(replays):
            print(row.line(), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
