"""Makes every kind of picture that the program can draw, to be looked at.

    python docs/drawings.py FOLDER

The runs are short: what is shown is the drawing, not the numbers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import briarpatch as bp
from briarpatch.analysis.claims import claims
from briarpatch.analysis.comparison import RunComparison
from briarpatch.analysis.results import Mark, Panel, Picture, Result, Series
from briarpatch.analysis.turning_points import turning_points
from briarpatch.analysis.whatif import Change, effect, whatif
from briarpatch.analysis.why import why
from briarpatch.render.plots import draw, write

SCRIPTS = (
    "ο φύλακας του φράγματος",
    "الحارس رنّ الجرس",
    "השומר צלצל",
    "番人が鐘を鳴らした",
    "🌊 the flood 🐑",
    "s\u030caved",
    "_b",
    "$5 and $6",
)


def answers() -> Iterator[tuple[str, Result]]:
    """Yield (name, result) of each kind of answer that draws itself."""
    valley, insurrection = bp.run("valley", seed=7), bp.run("insurrection", seed=3)
    one, other = (
        bp.ensemble("valley", 200),
        bp.ensemble("valley", 200, first=500, overrides={"scenario.until": "8 h"}),
    )
    ways = [bp.Arm("as it is"), bp.Arm("_b", {"manager.act": "police"}), bp.Arm("look", {"manager.act": "look"})]
    yield "ensemble-one-arm", one
    yield "ensemble-insurrection", bp.ensemble("insurrection", 60)
    yield "ensemble-arms", bp.ensemble("vault", 200, arms=ways)
    yield "compare-ensembles", bp.Comparison(one, other)
    yield "compare-runs", RunComparison(valley, bp.run("valley", seed=1))
    yield "decide", bp.decide("vault", "manager.act", 100)
    yield "decide-insurrection", bp.decide("insurrection", "picard.stand", 40)
    yield "whatif-run", whatif(insurrection, Change({"dougherty.remove": "call_off"}))
    yield "whatif-effect", effect("vault", Change({"manager.act": "police"}), 100)
    yield "turning-points", turning_points(bp.run("vault", seed=3), 20, 60)
    yield "turning-points-insurrection", turning_points(insurrection, 20, 20)
    yield "why", why(insurrection)
    yield "accounts", bp.conformance(insurrection)
    yield "claims", claims(insurrection)
    yield "soak", bp.soak("vault", 60)
    yield "sensitivity-morris", bp.sensitivity("vault", "morris", 8)
    yield "sensitivity-sobol", bp.sensitivity("vault", "sobol", 16)
    yield "prim", bp.sensitivity("vault", "prim", 300, of=["ending:robbed"])


def scripts() -> Picture:
    """Return a picture whose words are of many scripts."""
    shares = [0.1 * k for k in range(1, len(SCRIPTS) + 1)]
    bars = [Series(name, list(SCRIPTS), shares, style="points") for name in SCRIPTS[:3]]
    lines = [
        Series(name, [0.0, 9e4, 2e5], [0.1 * k, 0.5, 0.9 - 0.1 * k], style="line") for k, name in enumerate(SCRIPTS)
    ]
    marks = [Mark(3e4 * k, name) for k, name in enumerate(SCRIPTS)]
    return Picture(
        " · ".join(SCRIPTS),
        [
            Panel("Rows", "", "share of the worlds", bars, y_range=(0.0, 1.0), flat=True, share=True),
            Panel("Curves", "", "chance", lines, marks, (0.0, 1.0), clock=6 * 3600.0, share=True),
        ],
    )


def make(folder: Path, only: str = "") -> Iterator[Path]:
    """Draw every picture into `folder` and yield where each is."""
    folder.mkdir(parents=True, exist_ok=True)
    write(draw(scripts()), folder / "scripts.png")
    yield folder / "scripts.png"
    for name, answer in answers():
        if only not in name:
            continue
        answer.plot(folder / f"{name}.png")
        yield folder / f"{name}.png"


if __name__ == "__main__":
    for made in make(Path(sys.argv[1])):
        print(made, flush=True)
