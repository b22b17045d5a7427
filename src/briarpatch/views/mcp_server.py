"""A server of the Model Context Protocol: a language model lists, checks and reads scenarios, plays and asks, or takes a seat.

It reads the scenarios that come along and those in its folder, writes runs into that folder, and nothing else. Each call has
a limit of worlds and of time; long questions wait for one another. Who has a seat sees what the person in it can know, and
nothing of the luck until the story is over.
"""

from __future__ import annotations

import functools
import inspect
import secrets
import threading
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import anyio.from_thread
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
from pydantic import Field

import briarpatch as bp

from ..analysis.jobs import Progress
from ..analysis.results import Result, plain
from ..analysis.whatif import Change, effect, whatif
from ..errors import BriarpatchError, RequestError, ScenarioError
from ..scenario.catalog import find, overviews, packaged
from ..storage import free_folder, outcome

MOST_WORLDS = 2000
"""Worlds of one question, unless the user allows more."""
PATIENCE = 120.0
"""Seconds for which one run may play."""
MOST_SEATS = 16
LONGEST = 60_000
"""Characters of one answer; what is longer is cut, and says so."""
LARGEST_TEXT = 400_000
"""Characters of a scenario that is sent to be checked."""

INSTRUCTIONS = """\
briarpatch plays out crises of people, machines, secrets and orders under seeded chance. The same scenario, seed and choices
give the same run. Begin with list_scenarios; run_scenario plays one, and its entries have numbers, by which `why` says what
led to them. A decision is called who.what, such as manager.act, and its options are words, such as police. what_if changes
one thing under the same luck; decide compares the options of a decision in many worlds; ensemble says how often each ending
comes. To play a person yourself, take_seat: you see what that person can know, and answer_seat chooses. To write a scenario,
read the resource briarpatch://docs/writing-a-scenario and one small scenario, and send your text to check_scenario."""

ScenarioName = Annotated[
    str, Field(description="a name from list_scenarios, or a file or folder in the server's folder")
]
Seed = Annotated[int, Field(description="the luck: the same seed gives the same run", ge=0, lt=1 << 64)]
Choices = Annotated[dict[str, str] | None, Field(description='decisions to fix, such as {"manager.act": "police"}')]
Variants = Annotated[dict[str, str] | None, Field(description="variants to set: name -> setting")]
Overrides = Annotated[
    dict[str, str] | None, Field(description='single values to change, such as {"rules.flood.rate": "0.1/h"}')
]


def server(folder: Path, most_worlds: int = MOST_WORLDS, seed: int | None = None) -> MCPServer:
    """Return the server over the scenarios and runs in `folder`.

    Args:
        folder: where the user's scenarios are, and where runs are saved.
        most_worlds: the most worlds that one question may play.
        seed: the luck of every seat; None takes another each time.
    """
    made = MCPServer("briarpatch", instructions=INSTRUCTIONS, version=bp.__version__, log_level="WARNING")
    doors = _Doors(folder.resolve(), most_worlds, seed)
    for tool in (
        doors.list_scenarios,
        doors.read_scenario,
        doors.check_scenario,
        doors.run_scenario,
        doors.why,
        doors.what_if,
        doors.decide,
        doors.ensemble,
        doors.take_seat,
        doors.answer_seat,
        doors.leave_seat,
    ):
        made.add_tool(_guarded(tool))
    made.resource("briarpatch://schema", mime_type="application/schema+json")(_schema)
    made.resource("briarpatch://docs/{page}", mime_type="text/markdown")(_page)
    made.resource("briarpatch://docs/mechanisms/{page}", mime_type="text/markdown")(_mechanism)
    made.resource("briarpatch://runs/{name}", mime_type="text/plain")(doors.telling)
    made.resource("briarpatch://runs/{name}/log", mime_type="text/plain")(doors.log)
    made.resource("briarpatch://runs", mime_type="application/json")(doors.runs)
    return made


def _guarded(tool: Callable[..., Any]) -> Callable[..., Any]:
    """Return a tool whose errors are one message each, with its remedy."""

    @functools.wraps(tool)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return plain(tool(*args, **kwargs))
        except BriarpatchError as error:
            raise ToolError(str(error)) from None

    guarded.__signature__ = inspect.signature(tool, eval_str=True)  # type: ignore[attr-defined]
    return guarded


def _schema() -> str:
    """The JSON Schema of scenario files."""
    return (resources.files("briarpatch") / "scenario.schema.json").read_text(encoding="utf-8")


def _page(page: str) -> str:
    """A page of the documentation, such as `writing-a-scenario`, `conditions` or `index`."""
    return _text_of(_docs(), page)


def _mechanism(page: str) -> str:
    """The page of a mechanism, such as `march` or `knowledge`."""
    return _text_of(_docs() / "mechanisms", page)


def _docs() -> Path:
    """Return the folder of the documentation: in the package, or beside it in a checkout."""
    package = Path(str(resources.files("briarpatch")))
    installed = package / "docs"
    return installed if installed.is_dir() else package.parent.parent / "docs"


def _text_of(folder: Path, page: str) -> str:
    file = folder / f"{page.removesuffix('.md')}.md"
    if file.parent != folder or not file.is_file():
        known = ", ".join(sorted(one.stem for one in folder.glob("*.md")))
        raise ResourceNotFoundError(f"there is no page '{page}'; the pages are {known}")
    return file.read_text(encoding="utf-8")


def _cut(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}\n... {len(text) - LONGEST:,} more characters are left out"


class _Doors:
    """What the server can be asked for. Its methods are the tools; their docstrings are what a model reads."""

    def __init__(self, folder: Path, most_worlds: int, seed: int | None) -> None:
        self.folder, self.most_worlds, self.seed = folder, most_worlds, seed
        self.seats: dict[str, tuple[bp.Run, str]] = {}
        self.playing = threading.Lock()

    # ------------------------------------------------------------------------------------------------ what there is

    def _find(self, name: str) -> Path:
        """Return the path of a scenario that comes along or lies in the folder, and of no other."""
        inside = (self.folder / name).resolve()
        if inside != self.folder and inside.is_relative_to(self.folder) and inside.exists():
            return inside
        path = find(name) if "/" not in name and "\\" not in name and not Path(name).exists() else None
        if path is None or not path.is_relative_to(packaged()):
            raise RequestError(f"'{name}' is no scenario here; list_scenarios names those that there are")
        return path

    def _own(self) -> list[str]:
        """Return the scenario files in the folder, and the folders that hold one in several files."""
        files = [file.name for file in sorted(self.folder.glob("*.yaml"))]
        return files + [file.parent.name for file in sorted(self.folder.glob("*/scenario.yaml"))]

    def list_scenarios(self) -> dict[str, Any]:
        """List the scenarios: those that come along, with what each is about, and those in the server's folder."""
        along = [
            {"name": one.name, "about": one.summary or one.title, "people": one.people, "decisions": one.decisions}
            for one in overviews()
        ]
        return {"come_along": along, "in_the_folder": self._own()}

    def read_scenario(self, scenario: ScenarioName) -> dict[str, Any]:
        """Read a scenario: its files, and what can be asked of it (decisions with options, variants, endings, measures)."""
        path = self._find(scenario)
        found = bp.load_scenario(path)
        return {
            "title": found.title,
            "decisions": {
                one.name: {"question": one.question, "options": {option.name: option.told for option in one.options}}
                for one in found.decisions
            },
            "people": list(found.document.people),
            "variants": {
                one.name: {"question": one.question, "default": one.default, "settings": dict(one.settings)}
                for one in found.variants.values()
            },
            "endings": {one.name: one.told for one in found.endings},
            "measures": {one.name: one.told for one in found.measures},
            "files": {name: _cut(text) for name, text in found.source.texts.items()},
        }

    def check_scenario(
        self,
        scenario: Annotated[str | None, Field(description="which one; or give `text`")] = None,
        text: Annotated[str | None, Field(description="a whole scenario in YAML", max_length=LARGEST_TEXT)] = None,
    ) -> dict[str, Any]:
        """Look for faults in a scenario that lies here, or in one that you wrote: each with place, rule and remedy."""
        if (scenario is None) == (text is None):
            raise RequestError("give either 'scenario' or 'text'")
        try:
            found = bp.load_scenario(self._find(str(scenario))) if text is None else bp.load_text(text)
        except ScenarioError as wrong:
            return {"ok": False, "findings": [self._finding(fault, "error") for fault in wrong.faults]}
        return {"ok": True, "findings": [self._finding(fault, "warning") for fault in found.warnings]}

    @staticmethod
    def _finding(fault: bp.Fault, severity: str) -> dict[str, Any]:
        return {"place": str(fault.place), "severity": severity, "rule": fault.rule, "message": fault.message}

    # ------------------------------------------------------------------------------------------------ questions

    def _within(self) -> Callable[[bp.Run], None]:
        """Return what a run calls as it plays, so that it ends when it takes too long."""
        until = time.monotonic() + PATIENCE

        def watch(_: bp.Run) -> None:
            if time.monotonic() > until:
                raise RequestError(f"the run has played for {PATIENCE:g} s; give 'until', or a smaller scenario")

        return watch

    def _worlds(self, worlds: int) -> int:
        if not 2 <= worlds <= self.most_worlds:
            raise RequestError(f"worlds must be from 2 to {self.most_worlds:,} here, got {worlds:,}")
        return worlds

    def run_scenario(
        self,
        scenario: ScenarioName,
        seed: Seed = 0,
        choices: Choices = None,
        variants: Variants = None,
        overrides: Overrides = None,
        until: Annotated[str | None, Field(description='when to stop, such as "3 d"; else at the ending')] = None,
    ) -> dict[str, Any]:
        """Play a scenario once: what happened, in words, how it ended, the measures. The run is saved, for `why`."""
        with self.playing:
            path = self._find(scenario)
            new = bp.run(path, seed, choices, variants, overrides, until, watch=self._within())
            saved = new.save(free_folder(new.scenario.name, new.seed, self.folder / "runs"))
        return outcome(new) | {"run": saved.name, "telling": _cut(new.tell())}

    def _saved(self, run: str) -> bp.Run:
        folder = (self.folder / "runs" / run).resolve()
        if folder.parent != self.folder / "runs" or not folder.is_dir():
            raise RequestError(f"there is no saved run '{run}'; run_scenario saves one, and says its name")
        return bp.load(folder)

    def why(
        self,
        run: Annotated[str, Field(description="the name of a saved run, as run_scenario gives it")],
        event: Annotated[str, Field(description="an entry's number, a name, or 'ending'")] = "ending",
    ) -> dict[str, Any]:
        """Say what led to an entry of a saved run: the chain of causes, newest first."""
        chain = self._saved(run).why(event)
        return {
            "chain": [
                {"number": one.number, "clock": one.clock, "text": one.text, "causes": list(one.causes)}
                for one in chain[:200]
            ],
            "more": max(0, len(chain) - 200),
        }

    def what_if(
        self,
        scenario: ScenarioName,
        seed: Seed = 0,
        choices: Choices = None,
        variants: Variants = None,
        overrides: Overrides = None,
        without: Annotated[list[str] | None, Field(description="rules or decisions to take away")] = None,
        worlds: Annotated[int, Field(description="0 for one run; else how many seeds are played both ways", ge=0)] = 0,
        ctx: Context[Any, Any] | None = None,
    ) -> dict[str, Any]:
        """Say what one change does, all luck being equal: in one run, or on average over many worlds."""
        change = Change(choices or {}, variants or {}, overrides or {}, without or ())
        with self.playing:
            path = self._find(scenario)
            if not worlds:
                return self._said(whatif(path, change, seed))
            return self._said(effect(path, change, self._worlds(worlds), seed, watch=_progress(ctx)))

    def decide(
        self,
        scenario: ScenarioName,
        decision: Annotated[str, Field(description="who.what, such as manager.act")],
        worlds: Annotated[int, Field(description="worlds that each option is played in")] = 200,
        weights: Annotated[dict[str, float] | None, Field(description="measure -> what a unit of it is worth")] = None,
        variants: Variants = None,
        ctx: Context[Any, Any] | None = None,
    ) -> dict[str, Any]:
        """Force every option of a decision in the same worlds, and compare endings and measures."""
        with self.playing:
            n = self._worlds(worlds)
            found = bp.decide(
                self._find(scenario), decision, n, weights=weights, variants=variants, watch=_progress(ctx)
            )
            return self._said(found)

    def ensemble(
        self,
        scenario: ScenarioName,
        worlds: Annotated[int, Field(description="how many worlds to play")] = 200,
        choices: Choices = None,
        variants: Variants = None,
        overrides: Overrides = None,
        ctx: Context[Any, Any] | None = None,
    ) -> dict[str, Any]:
        """Play many worlds: how often each ending comes, and how the measures spread."""
        with self.playing:
            found = bp.ensemble(
                self._find(scenario),
                self._worlds(worlds),
                choices=choices,
                variants=variants,
                overrides=overrides,
                watch=_progress(ctx),
            )
            return self._said(found)

    @staticmethod
    def _said(found: Result) -> dict[str, Any]:
        return {"words": _cut(found.text()), "facts": found.facts()}

    # ------------------------------------------------------------------------------------------------ seats

    def take_seat(
        self,
        scenario: ScenarioName,
        person: Annotated[str, Field(description="whom you play; every decision of theirs is yours")],
        variants: Variants = None,
    ) -> dict[str, Any]:
        """Sit down as a person and play until the first question. You see what they can know; the luck is secret."""
        if len(self.seats) >= MOST_SEATS:
            raise RequestError(f"all {MOST_SEATS} seats are taken; leave_seat frees one")
        with self.playing:
            seed = secrets.randbits(64) if self.seed is None else self.seed
            run = bp.start(self._find(scenario), seed, None, variants, ask=[person])
            if person not in run.scenario.document.people:
                raise RequestError(f"nobody is called '{person}'; read_scenario names the people")
            seat = secrets.token_hex(6)
            self.seats[seat] = run, person
            return self._go_on(seat)

    def answer_seat(
        self,
        seat: Annotated[str, Field(description="the seat, as take_seat gave it")],
        option: Annotated[str, Field(description="the name of an option that is open")],
    ) -> dict[str, Any]:
        """Answer the question that waits for you, and play on to the next one, or to the end of the story."""
        with self.playing:
            run, _ = self._seat(seat)
            run.choose(option)
            return self._go_on(seat)

    def leave_seat(self, seat: Annotated[str, Field(description="the seat, as take_seat gave it")]) -> dict[str, Any]:
        """Leave a seat before the end of the story. What would have come is not told."""
        self._seat(seat)
        del self.seats[seat]
        return {"left": seat}

    def _seat(self, seat: str) -> tuple[bp.Run, str]:
        if seat not in self.seats:
            raise RequestError(f"there is no seat '{seat}', or its story is over; take_seat gives another")
        return self.seats[seat]

    def _go_on(self, seat: str) -> dict[str, Any]:
        """Play on to the next question of a seat; at the end, tell everything, save the run and free the seat."""
        run, person = self.seats[seat]
        run.go(watch=self._within())
        view = run.view(person)
        shown = {"seat": seat, "view": view.text(100), "question": view.facts().get("question"), "over": False}
        if run.question is not None:
            return shown
        del self.seats[seat]
        saved = run.save(free_folder(run.scenario.name, run.seed, self.folder / "runs"))
        told = {"run": saved.name, "telling": _cut(run.tell()), **outcome(run), "seed": run.seed}
        return shown | {"question": None, "over": True, "what_happened": told}

    # ------------------------------------------------------------------------------------------------ runs

    def runs(self) -> list[str]:
        """The names of the saved runs."""
        return sorted(one.parent.name for one in (self.folder / "runs").glob("*/world.zip"))

    def telling(self, name: str) -> str:
        """A saved run in words."""
        return self._resource(name).tell()

    def log(self, name: str) -> str:
        """A saved run, an entry a line, with causes."""
        return self._resource(name).tell(style="log")

    def _resource(self, name: str) -> bp.Run:
        try:
            return self._saved(name)
        except BriarpatchError as error:
            raise ResourceNotFoundError(str(error)) from None


def _progress(ctx: Context[Any, Any] | None) -> Callable[[Progress], None]:
    """Return what tells the client how far a question has come, twice a second at most."""
    said = [0.0]

    def watch(progress: Progress) -> None:
        total = progress.total or progress.done
        if ctx is not None and (progress.done >= total or time.monotonic() - said[0] > 0.5):
            said[0] = time.monotonic()
            anyio.from_thread.run(ctx.report_progress, float(progress.done), float(total), progress.what)

    return watch
