"""What every scenario comes to, down to the last byte: written before a change of the program's build, checked after it.

    python tests/goldens.py write FOLDER [--seeds 40]
    python tests/goldens.py check FOLDER

One digest for each column of each table of a world at its end, over all seeds together, and one for each chronicle.
Scratch tables, and how often something was called, say nothing of what happened. The rows of clocks are those of
whoever has them, so a clock is known by its stream and its key. Columns and tables that one side alone
has are named, and not compared. Digests hold for one machine and one version of the compiler.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path

import numpy as np

import briarpatch as bp
from briarpatch.assembly import ENTRIES, TABLES
from briarpatch.scenario.catalog import load_scenario, scenario_names
from briarpatch.world.world import GROWING, RECORDED, SCRATCH, rows_in_use

COUNTS = {("due", name) for name in ("calls", "woken", "next", "last", "noted", "sailed", "listens")}
COUNTS |= {
    ("state", name) for name in ("steps", "instant", "noted", "counted", "room", "work", "moment", "paces", "paced")
}
CLOCKS = {(table.name, column.name) for table in TABLES.values() for column in table.columns if column.unit == "clock"}


def digests(name: str, seeds: int) -> dict[str, str]:
    """Return the digests of one scenario: "table.column" -> digest, and "seed N" -> the digest of a chronicle."""
    scenario = load_scenario(name)
    found: dict[str, hashlib._Hash] = {}
    chronicles = {}
    for seed in range(seeds):
        world = bp.run(scenario, seed=seed).world
        for table in sorted(world._fields):
            if table in SCRATCH or table in RECORDED:
                continue
            array = np.asarray(getattr(world, table))
            if table in GROWING:
                array = array[: rows_in_use(world, table)]
            names = array.dtype.names or ("",)
            for column in names:
                if (table, column) in COUNTS:
                    continue
                values = array[column] if column else array
                if (table, column) in CLOCKS:
                    values = np.where(values < 0, 0, world.clocks["key"][values] + world.clocks["stream"][values])
                elif table == "clocks":
                    values = values[np.lexsort((world.clocks["key"], world.clocks["stream"]))]
                if (table, column) == ("chronicle", "kind"):
                    words = "\n".join(ENTRIES[int(kind)].name for kind in values)
                    found.setdefault(f"{table}.{column}", hashlib.sha256()).update(words.encode())
                    continue
                found.setdefault(f"{table}.{column}", hashlib.sha256()).update(np.ascontiguousarray(values).tobytes())
        rows = world.chronicle[: int(world.state["entries"][0])]
        kept = b"".join(
            np.ascontiguousarray(rows[c]).tobytes() for c in ("time", "subject", "object", "place", "cause")
        )
        chronicles[f"seed {seed}"] = hashlib.sha256(kept).hexdigest()[:16]
    return {key: one.hexdigest()[:16] for key, one in found.items()} | chronicles


def main() -> int:
    """Write digests to a folder, or compare with those that are there; return 1 when something differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["write", "check"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("--only", nargs="*", help="names of scenarios")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    names = given.only or [row["name"] for row in _scenarios()]
    unlike = 0
    for name in names:
        file = given.folder / f"{name}.json"
        if given.what == "write":
            file.write_text(json.dumps(digests(name, given.seeds), indent=0))
            continue
        before = json.loads(file.read_text())
        seeds = sum(key.startswith("seed ") for key in before)
        now = digests(name, seeds)
        differs = sorted(key for key in before.keys() & now.keys() if before[key] != now[key])
        if differs:
            unlike += 1
            print(f"{name}: {len(differs)} differ: {', '.join(differs[:12])}")
    print(f"{len(names) - unlike} of {len(names)} scenarios are the same" if given.what == "check" else "written")
    return 1 if unlike else 0


def _scenarios() -> list[dict[str, str]]:

    return [{"name": name} for name, _ in scenario_names()]


if __name__ == "__main__":
    sys.exit(main())
