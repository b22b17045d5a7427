"""The engine beside others: one hunt in seven programs with the same bits, and a thousand small worlds in three.

    python bench/peers.py [--repeat 5] [--worlds 1000] [--envs FOLDER] [--plot docs/peers.png]

The hunt is that of `pursuit.py`, and its rates are of processor seconds, whichever thread spends them. The small worlds
are hunts along a straight way, each under its own luck, played by `briarpatch.ensemble` on two threads and by Mesa's
`batch_run` and the EMA Workbench on two processes; their times are of the wall. Whoever ends elsewhere than the engine
ends the program. The others run `hunts.py`, those whose packages do not go with ours in environments which are made
once, from the versions below. Whoever cannot be had is left out, and it is said why. Times are the best of several, of
this machine and this moment: compare ratios.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import platformdirs
from hunts import HERE, LOOK, Hunt, Outcome, Saved, Tally, Worlds, X, Y
from pursuit import TAGS, advance, beginnings, hunt_text, lay, person_steps, with_engine

import briarpatch
from briarpatch import engine
from briarpatch.scenario.catalog import load_text

OURS = "briarpatch"
PEOPLE, DRONES, LOOKS = 600, 60, 1000
SMALL = 60, 6, 100
"""People, drones and looks of a small world."""
SET_OUT = 300.0
"""When the drones of a small world set out [s]: while all walk the first kilometre, at the end of which they go another pace."""
PROCESSES = 2
Kind = TypeVar("Kind", bound=Saved)


@dataclass(frozen=True)
class Other:
    """Somebody who plays: their name, what `hunts.py` calls them, what must be installed, and how many times they play."""

    name: str
    player: str
    packages: tuple[str, ...] = ()
    """Versions in an environment of its own; none for a player that runs in ours."""
    needs: str | None = None
    """A package of our own environment."""
    repeat: int = 2


MESA = Other("Mesa", "mesa", needs="mesa")
EMA = Other(
    "EMA Workbench", "ema-workbench", ("ema_workbench==2.5.3", "numpy==2.4.6", "pandas==3.1.1", "scipy==1.17.1")
)
HUNTERS = (
    Other("plain C", "c", repeat=5),
    Other("JAX", "jax", ("jax==0.10.2", "jaxlib==0.10.2", "numpy==2.4.6"), repeat=5),
    Other("NumPy", "numpy"),
    Other("mesa-frames", "mesa-frames", ("mesa_frames==0.1.0a0", "numpy==1.26.4", "polars==2.1.0", "pandas==3.0.6")),
    MESA,
    Other("AgentPy", "agentpy", ("agentpy==0.1.5", "numpy==2.4.6", "pandas==3.1.1", "scipy==1.17.1")),
)
CROWDS = (EMA, MESA)


class LeftOut(Exception):
    """Somebody cannot play; the text says why."""


# ---------------------------------------------------------------------------------------------- where they live


def call(command: list[str], what: str) -> None:
    """Run a command quietly; raises LeftOut with the last that it said."""
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as fault:
        said = (fault.stderr.strip() or fault.stdout.strip() or "nothing was said").splitlines()
        raise LeftOut(f"{what}: {said[-1]}") from None
    except OSError as fault:
        raise LeftOut(f"{what}: {fault}") from None


def home(other: Other, folder: Path) -> str:
    """Return the Python that a player runs on, whose environment is made if it is not there yet; raises LeftOut."""
    if other.player == "c" and shutil.which("gcc") is None:
        raise LeftOut("there is no gcc")
    if other.needs is not None and importlib.util.find_spec(other.needs) is None:
        raise LeftOut(f"pip install '{OURS}[bench]'")
    if not other.packages:
        return sys.executable
    place, wanted = folder / other.player, "\n".join((sys.version, *other.packages))
    python, made = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python"), place / "made.txt"
    if not made.exists() or made.read_text(encoding="utf-8") != wanted:
        print(f"{other.name}: making its environment, once", flush=True)
        call([sys.executable, "-m", "venv", "--clear", str(place)], "no environment")
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--only-binary=:all:"]
        call([*pip, *other.packages], "not installed")
        made.write_text(wanted, encoding="utf-8")
    return str(python)


def played(other: Other, folder: Path, given: Saved, kind: type[Kind], *options: str) -> Kind:
    """Return how a player fared with what is given; raises LeftOut."""
    python = home(other, folder)
    with tempfile.TemporaryDirectory() as name:
        to, back = Path(name) / "given.npz", Path(name) / "back.npz"
        given.save(to)
        call([python, "-E", str(HERE / "hunts.py"), other.player, str(to), str(back), *options], "did not play")
        return kind.load(back)


def versions(others: Sequence[Other]) -> str:
    """Return what is compared, with versions."""
    ours = [f"{name} {importlib.metadata.version(name)}" for name in (OURS, "numba", "numpy")]
    theirs = [other.packages[0].replace("==", " ") for other in others if other.packages]
    needed = [f"{other.needs} {importlib.metadata.version(other.needs)}" for other in others if other.needs]
    return ", ".join(dict.fromkeys([f"Python {sys.version.split()[0]}", *ours, *theirs, *needed]))


# ------------------------------------------------------------------------------------------------- the one hunt


def agree(name: str, hunt: Hunt, ours: Outcome, theirs: Outcome) -> None:
    """End the program unless an outcome is the engine's, bit for bit."""
    for what in ("x", "y", "tagged"):
        one, other = getattr(ours, what), getattr(theirs, what)
        if one.dtype != other.dtype or one.tobytes() != other.tobytes():
            wrong = int(np.argmax(one != other))
            how = "with tags" if hunt.tags else "when nobody is tagged"
            raise SystemExit(
                f"{name} disagrees about {what}[{wrong}] {how}: {other[wrong]}, where the engine has {one[wrong]}"
            )


def race(others: tuple[Other, ...], folder: Path, repeat: int) -> dict[str, list[float]]:
    """Return the rates [person-steps a processor second] of everybody when nobody is tagged, and when tags are set."""
    hunts = [lay(PEOPLE, DRONES, LOOKS, tags) for tags in (False, True)]
    ours = [min((with_engine(hunt) for _ in range(repeat)), key=lambda one: one.seconds) for hunt in hunts]
    steps = [person_steps(hunt, outcome.tagged) for hunt, outcome in zip(hunts, ours, strict=True)]
    rates = {OURS: [number / outcome.seconds for number, outcome in zip(steps, ours, strict=True)]}
    for other in others:
        try:
            times = str(min(repeat, other.repeat))
            outcomes = [played(other, folder, hunt, Outcome, "--repeat", times) for hunt in hunts]
        except LeftOut as why:
            print(f"{other.name} left out: {why}")
            continue
        for hunt, one, outcome in zip(hunts, ours, outcomes, strict=True):
            agree(other.name, hunt, one, outcome)
        rates[other.name] = [number / outcome.seconds for number, outcome in zip(steps, outcomes, strict=True)]
    tagged, looks = int((ours[1].tagged >= 0).sum()), hunts[1].looks
    print(f"\n{PEOPLE} people, {DRONES} drones, {LOOKS} looks; with tags, {tagged} are tagged within {looks}")
    print(f"{'':14} {'nobody tagged':>24} {'with tags':>24}")
    print(f"{'':14} {'million/s':>12} {'ours is':>11} {'million/s':>12} {'ours is':>11}")
    for name, both in rates.items():
        cells = [f"{rate / 1e6:12.2f} {first / rate:10.2f}x" for rate, first in zip(both, rates[OURS], strict=True)]
        print(f"{name:14} {' '.join(cells)}")
    print("Person-steps a processor second. Every drone and every tag is the same for all, to the last bit.")
    if "JAX" in rates:
        print("JAX runs with --xla_cpu_max_isa=AVX, without which it fuses products and sums and ends elsewhere.")
    return rates


# --------------------------------------------------------------------------------------------- the small worlds


def small_text(tag_rate: str) -> str:
    """Return a small world as the text of a scenario: all set out at once over even ground, and it ends after the last look."""
    people, drones, looks = SMALL
    until = f"{SET_OUT + (looks - 0.5) * LOOK} s"
    return hunt_text(people, drones, tag_rate, ground="", area="25 km^2", delay="0 s", start=SET_OUT, until=until)


def lay_worlds(number: int) -> Worlds:
    """Return as many hunts of the straight way as the engine plays under the seeds from 0 on, in which no way changes."""
    people, _, looks = SMALL
    scenario = load_text(small_text("0/s"))
    ways, x, y = [], [], []
    for seed in range(number):
        world = advance(scenario, scenario.world(seed), SET_OUT + 0.5 * LOOK)
        first = world.hunted[:, :people].copy()
        begin = beginnings(scenario, world)
        x.append(begin[0])
        y.append(begin[1])
        world = advance(scenario, world, SET_OUT + (looks - 0.6) * LOOK)
        last = world.hunted[:, :people].copy()
        first[[X, Y]] = last[[X, Y]] = 0.0
        if int(world.swarms["hunted"][0]) != people or not np.array_equal(first, last):
            raise SystemExit(f"somebody's way changes in world {seed}")
        ways.append(first)
    return Worlds(looks, *(np.array(rows, np.float32) for rows in (ways, x, y)))


def ensemble(number: int) -> Tally:
    """Play the same worlds by our own means; the rows are written to a folder."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "hunt.yaml"
        path.write_text(small_text(TAGS), encoding="utf-8")
        began = time.perf_counter()
        table = briarpatch.ensemble(path, number, out=Path(name) / "rows", workers=PROCESSES).table
        seconds = time.perf_counter() - began
        return Tally(table.sort("seed")["measure:tagged"].to_numpy().astype(np.int64), seconds)


def crowd(others: tuple[Other, ...], folder: Path, number: int, repeat: int) -> dict[str, float]:
    """Return the seconds on the wall that many worlds take everybody."""
    given = lay_worlds(number)
    ours = min((ensemble(number) for _ in range(repeat)), key=lambda one: one.seconds)
    seconds = {OURS: ours.seconds}
    for other in others:
        try:
            tallies = [
                played(other, folder, given, Tally, "--processes", str(PROCESSES))
                for _ in range(min(repeat, other.repeat))
            ]
        except LeftOut as why:
            print(f"{other.name} left out: {why}")
            continue
        for tally in tallies:
            if not np.array_equal(tally.tagged, ours.tagged):
                world = int(np.argmax(tally.tagged != ours.tagged))
                raise SystemExit(
                    f"{other.name} tags {tally.tagged[world]} in world {world}, where the engine tags {ours.tagged[world]}"
                )
        seconds[other.name] = min(tally.seconds for tally in tallies)
    people, drones, looks = SMALL
    least, most = ours.tagged.min(), ours.tagged.max()
    print(
        f"\n{number:,} worlds of {people} people, {drones} drones, {looks} looks; {least} to {most} tagged in a world"
    )
    print(f"{'':14} {'seconds':>12} {'ours is':>11}")
    for name, spent in seconds.items():
        print(f"{name:14} {spent:12.2f} {spent / ours.seconds:10.1f}x")
    print(f"Seconds on the wall, {PROCESSES} threads or processes. As many are tagged in every world for all.")
    return seconds


# -------------------------------------------------------------------------------------------------- the picture


def draw(rates: dict[str, list[float]], seconds: dict[str, float], worlds: int, path: Path) -> None:
    """Write the picture as PNG and as SVG."""
    from matplotlib.figure import Figure

    from briarpatch.render.plots import write

    figure = Figure(figsize=(8.0, 6.4), layout="constrained")
    top, bottom = figure.subplots(2, 1, gridspec_kw={"height_ratios": [2 * len(rates) + 1, 2 * len(seconds)]})
    free, tags = ({name: both[which] / 1e6 for name, both in rates.items()} for which in (0, 1))
    _bars(top, free, -0.2, 0.38, "nobody tagged", 1.0, "M", lambda value, ours: ours / value)
    _bars(top, tags, 0.2, 0.38, "with tags", 0.55, "M", lambda value, ours: ours / value)
    _bars(bottom, seconds, 0.0, 0.6, None, 1.0, "s", lambda value, ours: value / ours)
    times = "\u00d7: how many times as fast ours is"
    top.set_title(f"One hunt of {PEOPLE} people and {DRONES} drones. {times}", fontsize=10, loc="left")
    top.set_xlabel("million person-steps a processor second, on a logarithmic scale; longer is faster", fontsize=8)
    top.legend(fontsize=8, frameon=False, loc="lower right")
    bottom.set_title(f"{worlds:,} small worlds on {PROCESSES} threads or processes. {times}", fontsize=10, loc="left")
    bottom.set_xlabel("seconds on the wall; shorter is faster", fontsize=8)
    bottom.set_xlim(0.0, 1.2 * max(seconds.values()))
    top.set_xscale("log")
    top.set_xlim(min(tags.values()) / 3.0, max(free.values()) * 4.0)
    top.xaxis.set_major_formatter("{x:g}")
    for ax, names in ((top, rates), (bottom, seconds)):
        ax.set_yticks(range(len(names)), list(names))
        ax.invert_yaxis()
        ax.tick_params(labelsize=8)
        ax.spines[["top", "right"]].set_visible(False)
    for suffix in (".png", ".svg"):
        write(figure, path.with_suffix(suffix))
        print(f"drawn in {path.with_suffix(suffix)}")


def _bars(
    ax: Any,
    values: dict[str, float],
    shift: float,
    height: float,
    label: str | None,
    alpha: float,
    unit: str,
    ratio: Callable[[float, float], float],
) -> None:
    """Draw a bar for everybody, with its number and how many times as fast ours is."""
    from briarpatch.render.plots import COLOURS

    ours = values[OURS]
    colours = [COLOURS[0] if name == OURS else "#707070" for name in values]
    places = [row + shift for row in range(len(values))]
    bars = ax.barh(places, list(values.values()), height, color=colours, alpha=alpha, label=label)
    texts = [
        f"{_short(value)} {unit}" + ("" if name == OURS else f"   {_short(ratio(value, ours))}\u00d7")
        for name, value in values.items()
    ]
    ax.bar_label(bars, texts, padding=4, fontsize=8)


def _short(number: float) -> str:
    return f"{number:.0f}" if number >= 100.0 else f"{number:#.3g}"


def main() -> None:
    """Print both tables and draw them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--worlds", type=int, default=1000)
    parser.add_argument("--envs", type=Path, default=platformdirs.user_cache_path("briarpatch", False) / "peers")
    parser.add_argument("--plot", type=Path, default=HERE.parent / "docs" / "peers.png")
    given = parser.parse_args()
    engine.prepare()
    rates = race(HUNTERS, given.envs, given.repeat)
    seconds = crowd(CROWDS, given.envs, given.worlds, given.repeat)
    print(f"\n{versions([other for other in (*HUNTERS, *CROWDS) if other.name in {**rates, **seconds}])}")
    if importlib.util.find_spec("matplotlib") is None:
        print(f"not drawn: pip install '{OURS}[plots]'")
    else:
        draw(rates, seconds, given.worlds, given.plot)


if __name__ == "__main__":
    main()
