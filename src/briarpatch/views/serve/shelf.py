"""The runs in a folder, as the page lists, opens and adds to them.

A run is known by the name of its folder, which is looked up in a listing and never joined from what a request says.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from ...errors import BriarpatchError, RequestError
from ...render.page_data import page_data, to_json
from ...render.page_seat import seat_page_data
from ...run import Run
from ...run import run as play
from ...saved import load
from ...scenario.catalog import load_scenario, overviews
from ...storage import PROVENANCE, free_folder, summary_of

MOST_OPEN = 4
"""Runs that are kept open, since a page asks for one several times."""


class Shelf:
    """The runs in `folder`; safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scenarios = overviews()
        self.lock = threading.Lock()
        self._open: dict[tuple[str, str], Run] = {}

    def names(self) -> list[str]:
        """Return the names of the runs, the newest first."""
        try:
            found = [path for path in self.folder.iterdir() if (path / PROVENANCE).is_file()]
        except FileNotFoundError:
            return []
        return [path.name for path in sorted(found, key=lambda path: -path.stat().st_mtime)]

    def listing(self) -> list[dict[str, Any]]:
        """Return what each run is: its scenario, seed, ending and time; of one that cannot be read, why."""
        found = []
        for name in self.names():
            try:
                found.append({"id": name} | summary_of(self.folder / name))
            except BriarpatchError as error:
                found.append({"id": name, "error": str(error)})
        return found

    def path(self, name: str) -> Path:
        """Return the folder of a run; raises RequestError when there is none of that name."""
        if name not in self.names():
            raise RequestError(f"there is no run '{name[:80]}' here")
        return self.folder / name

    def run(self, name: str) -> Run:
        """Return a saved run; raises SavedRunError when it is altered."""
        path = self.path(name)
        seal = str(summary_of(path)["seal"])
        with self.lock:
            if (name, seal) not in self._open:
                if len(self._open) >= MOST_OPEN:
                    self._open.clear()
                self._open[name, seal] = load(path)
            return self._open[name, seal]

    def page(self, name: str, person: str | None = None) -> bytes:
        """Return the document of a run as the page reads it; for a `person`, of what they could know."""
        run = self.run(name)
        return to_json(page_data(run) if person is None else seat_page_data(run, person))

    def play(self, asked: dict[str, Any]) -> str:
        """Play a run as asked, save it, and return its name.

        Raises RequestError or ScenarioError when what is asked makes no sense.
        """
        name, seed = self.known(asked.get("scenario")), seed_of(asked.get("seed", 0))
        choices, variants, overrides = (words_of(asked.get(k), k) for k in ("choices", "variants", "overrides"))
        return self._keep(play(name, seed, choices, variants, overrides))

    def instead(self, name: str, asked: dict[str, Any]) -> str:
        """Play a run again under the same luck with other answers, save it, and return its name."""
        old = self.run(name)
        return self._keep(play(old.scenario, old.seed, old.choices | words_of(asked.get("choices"), "choices")))

    def row(self, job: str, number: int) -> str:
        """Play a row of the ensemble `job` again, save its run, and return its name; the same row is the same run.

        Raises RequestError when there is no such row, SavedRunError when it does not come out as it was.
        """
        from ...analysis.ensemble import load_ensemble
        from ...analysis.worlds import digest

        found = load_ensemble(self.folder / job)
        _, _, told = found.row(number)
        first = f"{job}-row-{number}"
        for name in self.names():
            if (name == first or name.startswith(f"{first}-")) and digest(self.run(name).world) == told:
                return name
        return self._keep(found.run(number), f"{job}-row", number)

    def scenario(self, name: str) -> dict[str, Any]:
        """Return what a scenario is about, what is decided in it, its switches and its endings."""
        scenario = load_scenario(self.known(name))
        return {
            "name": scenario.name,
            "title": scenario.title,
            "summary": scenario.document.scenario.summary or "",
            "people": [[name, person.told or name] for name, person in scenario.document.people.items()],
            "decisions": [
                [d.name, d.question, d.decider, [[o.name, o.told] for o in d.options]] for d in scenario.decisions
            ],
            "variants": [[v.name, v.question, v.setting, dict(v.settings)] for v in scenario.variants.values()],
            "endings": [[ending.name, ending.told] for ending in scenario.endings],
            "measures": [[m.name, m.told, m.unit, m.better] for m in scenario.measures],
            "view": scenario.document.view.model_dump(exclude_defaults=True),
            "start": scenario.start_hour,
        }

    def known(self, name: Any) -> str:
        """Return the name of a scenario that can be played; raises RequestError when it is none."""
        known = [overview.name for overview in self.scenarios]
        if name not in known:
            raise RequestError(f"there is no scenario '{str(name)[:80]}' here; there are {', '.join(known)}")
        return str(name)

    def _keep(self, run: Run, name: str = "", number: int = 0) -> str:
        with self.lock:
            folder = free_folder(name or run.scenario.name, number if name else run.seed, self.folder)
            return run.save(folder).name


def seed_of(value: Any) -> int:
    """Return the seed that a request gives; raises RequestError when it is none."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 64:
        raise RequestError("a seed is a whole number from 0 to 2^64 - 1")
    return value


def words_of(value: Any, name: str) -> dict[str, str]:
    """Return a table of names and words that a request gives, empty for none; raises RequestError when it is none."""
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()) or len(value) > 500:
        raise RequestError(f"'{name}' is a table of names and words")
    return value
