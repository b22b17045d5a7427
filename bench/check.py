"""What `briarpatch check` takes of large scenarios: 10,000 rules whose conditions repeat or all differ, and 5,000 faults.

    python bench/check.py [REPLAYS]

Processor seconds of the whole command, minima over replays, and nothing kept from one to the next.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUN = "import sys; from briarpatch.views.cli import main; sys.exit(main(sys.argv[1:]))"
HEAD = """\
scenario: {title: a large scenario, until: 20 d}
factions: {all: {}}
places: {town: {}, mill: {}}
people: {ada: {place: town, faction: all}, bo: {place: mill, faction: all}}
facts: {key: {}}
endings: {over: {told: it was over}}
rules:
"""
CASES: dict[str, tuple[int, Callable[[int], str]]] = {
    "10,000 rules, two conditions": (10_000, lambda n: f'time() >= "{5 + n % 2} h" && alive(ada)'),
    "10,000 rules, no condition twice": (
        10_000,
        lambda n: f'time() >= "{5 + n / 100} h" && (alive(ada) || knows(bo, key))',
    ),
    "5,000 faults": (5000, lambda n: f'time() >= "{5 + n / 100} h" && alive(nobody{n})'),
}


def written(path: Path, count: int, condition: Callable[[int], str]) -> Path:
    """Write a scenario of `count` rules, each with its condition, and return its path."""
    rule = "  r{}: {{ when: '{}', after: {} h, do: [ {{ learn: {{ who: ada, fact: key }} }} ] }}\n"
    path.write_text(HEAD + "".join(rule.format(n, condition(n), 1 + n % 50) for n in range(count)))
    return path


def spent(path: Path, cache: Path, faults: bool) -> float:
    """Return the processor seconds of checking a file in a process of its own.

    Raises SystemExit when the command says anything but what was expected of the file.
    """
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "BRIARPATCH_CACHE": str(cache)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its bytecode
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = subprocess.run(
        [sys.executable, "-c", RUN, "check", str(path)], env=environment, capture_output=True, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if told.returncode != (2 if faults else 0):
        raise SystemExit(told.stderr.decode())
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measured(replays: int) -> dict[str, float]:
    """Return the processor seconds of each case."""
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for replay in range(replays):
            for number, (case, (count, condition)) in enumerate(CASES.items()):
                path = written(work / "large.yaml", count, condition)
                found.setdefault(case, []).append(spent(path, work / f"{replay} {number}", "faults" in case))
    return {case: min(times) for case, times in found.items()}


def main(replays: int) -> None:
    """Print a line a case."""
    for case, seconds in measured(replays).items():
        print(f"{case:<34} {seconds:6.2f} CPU s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
