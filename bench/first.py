"""What a first run takes: from a wheel, from a checkout, and when everything is kept; minima over replays.

    python bench/first.py [SCENARIO] [REPLAYS]

A first run finds an empty cache. The wheel is built from this checkout and installed into a folder of its own, beside the
libraries that are there. Where code does not come along for these sources (`python -m briarpatch.ship --check`), a first
run compiles it, which takes a minute or two a replay.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUN = "import sys; from briarpatch.views.cli import main; sys.exit(main(sys.argv[1:]))"


def install_wheel(work: Path) -> Path:
    """Build a wheel of this checkout and install it; return the folder to import from."""
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(work / "dist"), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = (work / "dist").glob("*.whl")
    print(f"the wheel has {wheel.stat().st_size / 1e6:.1f} MB")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(work / "site"), str(wheel)]
    subprocess.run(command, check=True)
    return work / "site"


def run(folder: Path, cache: Path, scenario: str) -> tuple[float, float]:
    """Play a scenario in a process that imports from `folder`; return the seconds that passed, and those of processors."""
    with tempfile.TemporaryDirectory() as out:
        environment = os.environ | {"PYTHONPATH": str(folder), "BRIARPATCH_CACHE": str(cache)}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its bytecode
        command = [sys.executable, "-c", RUN, "run", scenario, "-q", "--out", str(Path(out, "run"))]
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        passed, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return passed, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(scenario: str, replays: int) -> None:
    """Print a line a case."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        cases = {"first, from the wheel": install_wheel(work), "first, from the checkout": ROOT / "src"}
        times: dict[str, list[tuple[float, float]]] = {}
        run(ROOT / "src", work / "warm", scenario)
        for replay in range(replays):  # the cases take turns, so that a drifting machine hurts all alike
            for case, folder in cases.items():
                times.setdefault(case, []).append(run(folder, work / f"{replay} {case}", scenario))
            times.setdefault("warm, from the checkout", []).append(run(ROOT / "src", work / "warm", scenario))
        print(f"{scenario}, minima over {replays} replays")
        for case, found in times.items():
            passed, used = (min(column) for column in zip(*found, strict=True))
            print(f"  {case:<26} {passed:7.2f} s {used:7.2f} CPU s")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "insurrection", int(sys.argv[2]) if len(sys.argv) > 2 else 5)
