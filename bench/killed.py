"""Kill -9 at random moments: does every kind of long question end with the answer of an undisturbed one, and at what cost?

    python bench/killed.py                  thirty moments of each kind
    python bench/killed.py --times 3 soak   three of one

Each kind is first played undisturbed. Then a process plays it into a folder and is killed at a random moment, another goes
on and is killed, and so on; when one comes through, its answer is held against the undisturbed one, byte for byte, and the
next begins in another folder. Ends with status 1 when an answer differs or a part is torn.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import briarpatch as bp
from briarpatch import engine
from briarpatch.analysis import jobs, parts
from briarpatch.analysis.turning_points import turning_points
from briarpatch.analysis.whatif import Change, effect

ARMS = ["as it is", "police: choose manager.act=police"]
KINDS: dict[str, Callable[..., Any]] = {
    "ensemble": lambda size, **how: bp.ensemble("vault", round(800 * size), arms=ARMS, **how),
    "decision": lambda size, **how: bp.decide("vault", "manager.act", round(300 * size), facts=["drilling"], **how),
    "whatif": lambda size, **how: effect("vault", Change({"manager.act": "police"}), round(700 * size), **how),
    "sensitivity": lambda size, **how: bp.sensitivity(
        "vault", "morris", 4, numbers=["hum"], seeds=round(60 * size), **how
    ),
    "turning-points": lambda size, **how: turning_points(bp.run("vault", seed=3), 10, round(60 * size), **how),
    "soak": lambda size, **how: bp.soak("vault", round(1500 * size), **how),
}
"""The questions; of each, a size of 1 takes some seconds of a processor."""


def mark_of(found: Any) -> str:
    """Return a digest of an answer: its table to the last bit, and its words."""
    content = found.table.write_csv()
    return hashlib.sha256((content + found.text()).encode()).hexdigest()


def begin(kind: str, size: float, out: Path | None, told: Path) -> int:
    """Return the number of a new process that plays a question and writes the mark of its answer."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        jobs.PART_SECONDS = 0.02
        found = KINDS[kind](size, workers=2, out=out)
        told.write_text(mark_of(found))
        status = 0
    finally:
        os._exit(status)


def parts_of(folder: Path) -> set[str]:
    """Return the names of the parts in a folder."""
    there = folder / "parts"
    return {name for name in os.listdir(there) if parts.part_of(name)} if there.is_dir() else set()


def ended(child: int) -> tuple[int, float]:
    """Wait for a process and return its status and the seconds that it took of processors."""
    _, status, used = os.wait4(child, 0)
    return status, used.ru_utime + used.ru_stime


def wait_for(child: int, seconds: float) -> None:
    """Wait until a process has taken so many seconds of processors, or has ended; a busy machine changes nothing."""
    tick = os.sysconf("SC_CLK_TCK")
    while True:
        facts = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        if facts[0] == "Z" or (int(facts[11]) + int(facts[12])) / tick >= seconds:
            return
        time.sleep(0.002)


def undisturbed(kind: str, size: float, folder: Path) -> tuple[str, list[float]]:
    """Return the mark of the answer, and the seconds of processors in memory, in a folder and from a whole folder."""
    marks, spent = [], []
    for out in (None, folder / "whole", folder / "whole"):
        told = folder / "mark"
        status, seconds = ended(begin(kind, size, out, told))
        spent.append(seconds)
        if status:
            sys.exit(f"{kind}: an undisturbed process ended with status {status}")
        marks.append(told.read_text())
    if len(set(marks)) > 1:
        sys.exit(f"{kind}: in memory, in a folder and from a whole folder give different answers")
    return marks[0], spent


def killed(kind: str, size: float, times: int, luck: random.Random, folder: Path) -> None:
    """Kill processes that play a question at so many moments, and print a row of the table."""
    mark, (memory, kept, again) = undisturbed(kind, size, folder)
    kills, whole, spent, begun, gained = 0, 0, 0.0, False, 0
    while kills < times or begun:
        out, told = folder / f"out-{whole}", folder / "told"
        before, child = parts_of(out), begin(kind, size, out, told)
        if kills < times:
            wait_for(child, luck.uniform(0.0, kept))
            os.kill(child, signal.SIGKILL)
        status, seconds = ended(child)
        spent += seconds
        if not before <= parts_of(out):
            sys.exit(f"{kind}: parts are gone: {before - parts_of(out)}")
        if os.WIFSIGNALED(status):
            kills, begun = kills + 1, True
            gained += len(parts_of(out)) > len(before)
            continue
        if status or told.read_text() != mark:
            sys.exit(f"{kind}: killed {kills} times, it ends with another answer (status {status}) in {out}")
        whole, begun = whole + 1, False
    lost = (spent - whole * kept) / max(kills, 1)
    print(
        f"{kind:<15}{kills:>7}{gained:>10}{whole:>9}{memory:>11.2f}{kept:>10.2f}{again:>10.2f}{lost:>10.2f}", flush=True
    )


def warm() -> None:
    """Load what every question needs, so that processes which are forked from this one begin to play at once."""
    import polars  # noqa: F401 - it has no threads before it is used

    from briarpatch.analysis import decide, ensemble, sensitivity, soak  # noqa: F401

    engine.prepare()
    bp.run("vault", seed=3)


def main() -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(description="Kill long questions at random moments.")
    parser.add_argument("kinds", nargs="*", help=f"of {', '.join(KINDS)}; default all")
    parser.add_argument("--times", type=int, default=30, help="moments of each kind")
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    parser.add_argument("--size", type=float, default=1.0, help="of the questions")
    given = parser.parse_args()
    unknown = set(given.kinds) - set(KINDS)
    if unknown:
        parser.error(f"unknown kinds {', '.join(sorted(unknown))}; there are {', '.join(KINDS)}")
    warm()
    heads = ("", "", "with new", "answers", "in memory", "folder", "whole", "lost a")
    units = ("kind", "kills", "parts", "the same", "CPU s", "CPU s", "CPU s", "kill")
    for words in (heads, units):
        first, *rest = words
        widths = (7, 10, 9, 11, 10, 10, 10)
        print(f"{first:<15}" + "".join(f"{word:>{size}}" for word, size in zip(rest, widths, strict=True)), flush=True)
    for kind in given.kinds or KINDS:
        with tempfile.TemporaryDirectory() as name:
            killed(kind, given.size, given.times, random.Random(given.seed), Path(name))


if __name__ == "__main__":
    main()
