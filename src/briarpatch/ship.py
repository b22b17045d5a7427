"""Makes the object code that comes with the program: `python -m briarpatch.ship`.

    python -m briarpatch.ship            compile what has changed since, and write a file for each level
    python -m briarpatch.ship --all      compile everything
    python -m briarpatch.ship --check    compile nothing; exit with 1 when something has changed since

It is run for a release, and after a change of the engine that is worth it. Any machine with Numba makes the files of all
levels; until they are made, what has changed is compiled where it is used.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from . import engine  # noqa: F401 - it brings every part
from .errors import BriarpatchError
from .world import parts, shipped
from .world.compiled import INTERPRETED, compile_parts_alone
from .world.levels import TARGETS
from .world.reach import digest_of_part
from .world.shipped import Shipped


def _made(symbol: str) -> tuple[str, dict[str, bytes], list[str]]:
    """Return the name of a part, its object code for each level, and the names that it calls."""
    from .world.making import object_code_of_all_levels

    return symbol, *object_code_of_all_levels(parts.PARTS[symbol])


def up_to_date() -> dict[str, dict[str, Shipped]]:
    """Return what is shipped of the present sources for every level, by level and symbol."""
    digests = {symbol: digest_of_part(one) for symbol, one in parts.PARTS.items()}
    found = {target.name: shipped.read(target) for target in TARGETS}
    same = {
        symbol
        for symbol, digest in digests.items()
        if all(one and symbol in one.parts and one.parts[symbol].digest == digest for one in found.values())
    }
    return {name: {symbol: one.parts[symbol] for symbol in same} for name, one in found.items() if one}


def ship(everything: bool = False) -> int:
    """Compile what is not shipped, or everything; write the files of all levels; return how many parts were compiled.

    Raises BriarpatchError when a part cannot be compiled or a file cannot be written.
    """
    known = {} if everything else up_to_date()
    made: dict[str, dict[str, Shipped]] = {target.name: dict(known.get(target.name, {})) for target in TARGETS}
    missing = [symbol for symbol in parts.PARTS if symbol not in made[TARGETS[0].name]]
    os.environ["NUMBA_OPT"] = "0"  # a part is optimised as a whole
    workers = min(parts.MOST_HELPERS, parts.processors())
    with ProcessPoolExecutor(workers, get_context("spawn"), compile_parts_alone) as pool:
        done = pool.map(_made, parts.longest_first(missing))
        for number, (symbol, codes, needs) in enumerate(done, 1):
            digest = digest_of_part(parts.PARTS[symbol])
            for level, code in codes.items():
                made[level][symbol] = Shipped(code, needs, digest)
            print(f"{number} of {len(missing)} compiled: {symbol}", file=sys.stderr, flush=True)
    for target in TARGETS:
        shipped.write(target, made[target.name])
    return len(missing)


def main(arguments: list[str] | None = None) -> int:
    """Make the files, or only compare; return the exit status."""
    parser = argparse.ArgumentParser(
        "python -m briarpatch.ship", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--all", action="store_true", help="compile everything")
    what.add_argument("--check", action="store_true", help="compile nothing; exit with 1 when something has changed")
    given = parser.parse_args(arguments)
    if INTERPRETED:
        print("nothing is compiled while NUMBA_DISABLE_JIT is set; unset it", file=sys.stderr)
        return 2
    try:
        if given.check:
            known = up_to_date().get(TARGETS[0].name, {})
            changed = [symbol for symbol in parts.PARTS if symbol not in known]
            print(f"{len(known)} of {len(parts.PARTS)} parts are shipped as they are now")
            print("".join(f"  {symbol}\n" for symbol in changed), end="")
            return 1 if changed else 0
        began = time.monotonic()
        count = ship(given.all)
        sizes = {target.name: shipped.file_of(target).stat().st_size for target in TARGETS}
    except BriarpatchError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"compiled {count} of {len(parts.PARTS)} parts in {time.monotonic() - began:.0f} s")
    for name, size in sizes.items():
        print(f"  {name:<18} {size / 1e3:7.0f} kB")
    print(f"  {'in all':<18} {sum(sizes.values()) / 1e3:7.0f} kB in {shipped.FOLDER}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
