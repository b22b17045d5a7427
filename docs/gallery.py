"""Makes the gallery, three runs as pages of one file, and the run that a new server shows first.

python docs/gallery.py
"""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

from starlette.testclient import TestClient

import briarpatch as bp
from briarpatch.analysis.turning_points import turning_points
from briarpatch.analysis.why import why
from briarpatch.render.page_data import page_data, to_json
from briarpatch.render.page_file import EXAMPLE, page_file
from briarpatch.views.serve.application import application
from briarpatch.views.serve.shelf import Shelf

FOLDER = Path(__file__).with_name("gallery")
PACKAGE = Path(bp.__file__).parent
FIRST = "insurrection"
SEEDS = {FIRST: 2, "vault": 2}
PLAYERS = {
    "manager": ("Ada", "police", "Better a false alarm than an empty vault."),
    "guard": ("Ben", "confess", "They are at the door."),
}
"""Who plays whom, what they choose, and the reasons they give."""
CHECKPOINTS, CONTINUATIONS = 25, 60


def explained(run: bp.Run, folder: Path) -> bp.Run:
    """Return a run with its turning points, and with what each of them and its ending needed, kept beside it."""
    run.save(folder)
    found = turning_points(run, CHECKPOINTS, CONTINUATIONS)
    found.keep_beside(folder)
    ended = max(entry.number for entry in run.log.entries() if entry.kind == "ended")
    turns = [turn.entry.number for turn in found.turns if turn.certain and turn.entry is not None]
    for number in sorted({ended, *turns[:6]}):
        why(run, number).keep_beside(folder)
    return bp.load(folder)


def played(folder: Path) -> bp.Run:
    """Return a run of the vault that two players and a facilitator play through the server, by its protocol."""
    owner = {"authorization": "Bearer owner"}
    answers = application(Shelf(folder), "owner", ["127.0.0.1"], 8765)
    with TestClient(answers, base_url="http://127.0.0.1:8765", headers=owner) as client:
        asked = {"scenario": "vault", "seed": "2", "seats": dict.fromkeys(PLAYERS, "human")}
        made = client.post("/api/games", json=asked).json()
        path = f"/api/games/{made['id']}"
        for person, (name, option, reason) in PLAYERS.items():
            own = {"authorization": f"Bearer {made['seats'][person].partition('#key=')[2]}"}
            client.post(f"{path}/seat", json={"name": name}, headers=own).raise_for_status()
            view = client.get(path, headers=own).json()
            said = {"decision": view["view"]["question"]["decision"], "option": option, "reason": reason}
            client.post(f"{path}/choose", json=said | {"version": view["version"]}, headers=own).raise_for_status()
        ended = client.post(f"{path}/end", json={}).json()
    return bp.load(folder / ended["run"])


def main() -> None:
    """Write each page into `docs/gallery`, and the first run into the package."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, seed in SEEDS.items():
            run = explained(bp.run(name, seed=seed), Path(folder) / name)
            (FOLDER / f"{name}.html").write_bytes(page_file(run))
            if name == FIRST:
                (PACKAGE / "page" / EXAMPLE).write_bytes(gzip.compress(to_json(page_data(run)), 9, mtime=0))
        (FOLDER / "vault-played.html").write_bytes(page_file(played(Path(folder) / "games")))


if __name__ == "__main__":
    main()
