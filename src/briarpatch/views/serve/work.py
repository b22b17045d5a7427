"""A long question in a process of its own, for the server: `python -m briarpatch.views.serve.work`.

A line of JSON on standard input says what is asked; lines of JSON on standard output say how far it is, and how it ended.
The process ends as soon as its standard input does, so that it outlives no server.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from ...analysis.jobs import Interrupted, Progress
from ...errors import BriarpatchError, RequestError
from ...saved import load

ENSEMBLE, DECISION, TURNING, WHATIF, REVIEW = "ensemble", "decision", "turning", "whatif", "review"
DOCUMENTS = {"review.html": "text/html", "review.md": "text/markdown", "events.csv": "text/csv"}
"""Files that a review leaves beside its answer, to be handed on, with their kinds."""
SETTINGS = ("choices", "variants", "overrides")


def play(asked: dict[str, Any], out: Path, runs: Path, how: dict[str, Any]) -> None:
    """Play what `asked` says into the folder `out`; runs are in `runs`.

    Raises as the question does.
    """
    kind = asked["kind"]
    given = {name: asked[name] for name in asked if name not in ("kind", "scenario", "run", "confirmed")}
    how = {**how, "out": out}
    if kind == ENSEMBLE:
        from ...analysis.ensemble import ensemble

        ensemble(asked["scenario"], given.pop("n", None), **given, **how)
    elif kind == DECISION:
        from ...analysis.decide import decide

        decide(asked["scenario"], given.pop("decision", ()), given.pop("n", 1000), **given, **how)
    elif kind == TURNING:
        from ...analysis.turning_points import turning_points

        saved = runs / asked["run"]
        turning_points(load(saved), **given, **how).keep_beside(saved)
    elif kind == WHATIF:
        from ...analysis.whatif import Change, effect

        names = (*SETTINGS, "without", "gauges", "at")
        change = Change(**{name: given.pop(name) for name in names if name in given})
        effect(load(runs / asked["run"]), change, given.pop("n", 200), **given, **how)
    elif kind == REVIEW:
        _review(runs / asked["run"], out, given, how)
    else:
        raise RequestError(f"there is no question of the kind '{kind}'")


def _review(saved: Path, out: Path, given: dict[str, Any], how: dict[str, Any]) -> None:
    """Review a run; keep beside it what its page can show, and write the documents to hand on."""
    from ...analysis.events import to_csv
    from ...analysis.review import review
    from ...render.answers import write_text
    from ...render.review_document import markdown, page

    found = review(load(saved), **given, **how)
    found.keep_beside(saved)
    for name, text in zip(DOCUMENTS, (page(found), markdown(found), to_csv(found.events)), strict=True):
        write_text(out / name, text)


def main() -> int:
    """Play what the first line of standard input asks for."""
    order = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server says when to stop

    def watch(progress: Progress) -> None:
        _say({"progress": progress._asdict()})

    try:
        play(order["asked"], Path(order["out"]), Path(order["runs"]), {"workers": order["workers"], "watch": watch})
    except Interrupted as stopped:
        _say({"stopped": str(stopped)})
    except BriarpatchError as wrong:
        _say({"error": str(wrong)})
    else:
        _say({"done": True})
    return 0


def _say(content: dict[str, Any]) -> None:
    print(json.dumps(content), flush=True)


def _end_with_the_server() -> None:
    while os.read(0, 1):  # not by way of sys.stdin, which would be locked when the interpreter ends
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
