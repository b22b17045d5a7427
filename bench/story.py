"""What the flagship story does over many worlds: endings, beats, accounts, end-state, and the time that it takes.

    python bench/story.py [--worlds 2000] [--threads 2]
    python bench/story.py --systems 1000 [--page docs/insurrection.md]

Plays insurrection as it is and as each account tells it, scores every world against the accounts, and holds the results
to their marks. It prints a line a figure, with "ok" or "NOT" where a mark is set. `--systems N` takes the cause of each
system away instead (`bench/causes.py`), over N pairs of worlds under the same luck, and writes the table of the page.
"""

from __future__ import annotations

import argparse
import math
import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import causes
import numpy as np

from briarpatch import load_scenario
from briarpatch.analysis.accounts import Conformance, Reader, Scorer
from briarpatch.analysis.worlds import Arm, Player, in_threads
from briarpatch.scenario import load
from briarpatch.scenario.catalog import find
from briarpatch.scenario.compile import compile_source
from briarpatch.scenario.scenario import Scenario
from briarpatch.world import kinds
from briarpatch.world.world import World

Z_99 = 2.5758293035489004
"""Half the width of a 99 % interval, in standard errors."""
ACCOUNTS = ("A", "B", "C")
LAST_BEFORE_A_DECISION = 8
"""Beats up to this number come before anybody has decided anything."""


class Row(NamedTuple):
    """What is kept of one world."""

    ending: str
    fitness: dict[str, float]
    beats: frozenset[str]
    events: np.ndarray
    options: np.ndarray
    missing: dict[str, tuple[str, ...]]
    end_state: tuple[str, ...]


def mark(what: str, value: str, holds: bool | None = None) -> None:
    """Print one figure."""
    print(f"{what:<66} {value:>12} {'' if holds is None else 'ok' if holds else 'NOT'}", flush=True)


class Eye:
    """Reads what is wanted of a finished world of one player."""

    def __init__(self, player: Player, accounts: Iterable[str]) -> None:
        self.scenario = player.scenario
        self.scorer = Scorer(player.scenario, accounts)
        self.beats = player.scenario.tellings.beats

    def __call__(self, player: Player, seed: int, world: World) -> Row:
        """Return the row of a world."""
        found: dict[str, Conformance] = self.scorer.score(world)
        reader = Reader(world)
        beats = frozenset(name for name, beat in self.beats.items() if len(reader.beat(beat)))
        return Row(
            self.scenario.endings[int(world.state["ending"][0])].name,
            {name: one.fitness for name, one in found.items()},
            beats,
            world.events["times"] > 0,
            world.options_state["taken"] > 0,
            {name: tuple(d.beat for d in one.departures) for name, one in found.items()},
            end_state(self.scenario, world),
        )


def end_state(scenario: Any, world: World) -> tuple[str, ...]:
    """Return what is wanting of the end that the tellings share; empty when all of it holds."""
    row = scenario.names.row
    person = {name: row("person", name) for name in ("picard", "ruafo", "dougherty", "data", "la_forge")}
    status, measures = world.people["status"], _measures(scenario, world)
    eyes = world.tissues["integrity"][0] >= 0.9 if len(world.tissues) else False
    tie = world.ties[row("faction", "baku"), row("faction", "sona")]
    back = world.ties[row("faction", "sona"), row("faction", "baku")]
    close = {
        pair: min(_affection(scenario, world, *pair), _affection(scenario, world, *reversed(pair)))
        for pair in (("riker", "troi"), ("picard", "anij"))
    }
    wanted = {
        "residents free": measures["free"] + measures["dead"] == 600,
        "planet habitable": measures["habitable"] == 1,
        "harvester destroyed": bool(world.devices["mode"][row("device", "harvester")] == 7),
        "Ru'afo dead": status[person["ruafo"]] == 2,
        "Dougherty dead": status[person["dougherty"]] == 2,
        "Picard alive": status[person["picard"]] != 2,
        "Enterprise alive": measures["enterprise_lost"] == 0,
        "Data intact": status[person["data"]] != 2 and world.people["damage"][person["data"]] == 0,
        "La Forge's eyes": bool(eyes),
        "Riker and Troi": close["riker", "troi"] > 0,
        "Picard and Anij": close["picard", "anij"] > 0,
        "kinship known to all parties": measures["parties_knowing"] == 3,
        "Son'a and Ba'ku": bool(tie.forgiven) and tie.value > 0 and back.value > 0,
        "Gallatin met his mother": bool(world.events["times"][row("event", "reunion")]),
        "the crew is younger": measures["crew_younger"] > 0,
        "known outside": measures["word_out"] == 1,
    }
    return tuple(name for name, holds in wanted.items() if not holds)


def _affection(scenario: Any, world: World, who: str, whom: str) -> float:
    one, other = (scenario.names.row("person", name) for name in (who, whom))
    return sum(float(bond.affection) for bond in world.bonds if (bond.who, bond.whom) == (one, other))


def _measures(scenario: Any, world: World) -> dict[str, float]:
    from briarpatch import engine

    values = engine.measures(scenario.program, world).tolist()
    return {info.name: value for info, value in zip(scenario.measures, values, strict=True)}


def play(arm: Arm, worlds: int, threads: int, accounts: Iterable[str] = ACCOUNTS, as_told: str | None = None):
    """Return the scenario, a row for each world, and the seconds that it took."""
    if as_told is None:
        player = Player("insurrection", arm)
    else:
        player = Player(load_scenario("insurrection", as_told=as_told), Arm(arm.name))
    eye = Eye(player, accounts)
    began = time.perf_counter()
    rows = list(in_threads(lambda seed: eye(player, seed, player.play(seed)), range(worlds), threads))
    return player.scenario, rows, time.perf_counter() - began


def told(worlds: int, threads: int) -> None:
    """Print what happens in the story as it is."""
    began = time.process_time()
    scenario, rows, spent = play(Arm(), worlds, threads)
    busy = time.process_time() - began
    mark(f"{worlds} worlds with all accounts scored, {threads} threads", f"{spent:.0f} s", spent < 180 * worlds / 2000)
    mark("processor time of one of them, scored", f"{busy / worlds:.4f} s", busy / worlds < 0.18)
    endings = Counter(row.ending for row in rows)
    for info in scenario.endings:
        share = endings[info.name] / worlds
        wanted = share <= 0.03 if info.name == "unsettled" else 0.01 <= share <= 0.4
        mark(f"ending {info.name}", f"{share:.3f}", wanted)
    for name in sorted(scenario.tellings.beats):
        number = re.fullmatch(r"t_(\d+)", name)
        share = sum(name in row.beats for row in rows) / worlds
        if number:
            wanted = (
                share >= 0.02 and (share < 1 or int(number[1]) <= LAST_BEFORE_A_DECISION)
                if int(number[1]) >= 8
                else None
            )
            mark(f"beat {name}", f"{share:.3f}", wanted)
    _never(scenario, rows)
    for account in ACCOUNTS:
        fitness = np.array([row.fitness[account] for row in rows])
        mark(f"fitness with {account}, nothing set: median, best", f"{np.median(fitness):.2f} {fitness.max():.2f}")


def _never(scenario: Any, rows: list[Row]) -> None:
    events = np.sum([row.events for row in rows], axis=0)
    options = np.sum([row.options for row in rows], axis=0)
    names = scenario.names.rows
    never = [n for n, i in names["event"].items() if events[i] == 0 and n not in names["option"]]
    never += [n for n, i in names["option"].items() if options[i] == 0]
    mark("rules, events and options that never happened", str(len(never)), not never)
    for name in never:
        print(f"    {name}")


def as_told(worlds: int, threads: int) -> None:
    """Print how far the worlds are each account when its own settings are in force."""
    for account in ACCOUNTS:
        _, rows, _ = play(Arm(), worlds, threads, [account], account)
        fitness = np.array([row.fitness[account] for row in rows])
        whole = [row for row in rows if row.fitness[account] >= 1.0]
        mark(f"as told by {account}: worlds with fitness 1", str(len(whole)), bool(whole))
        median = float(np.median(fitness))
        mark(f"as told by {account}: median fitness", f"{median:.3f}", median >= 0.6 if account != "C" else None)
        missing = Counter(beat for row in rows for beat in row.missing[account])
        print("    departures:", ", ".join(f"{b} {n / worlds:.2f}" for b, n in missing.most_common(12)))
        if account == "B" and whole:
            wanting = Counter(name for row in whole for name in row.end_state)
            mark("end-state in every world with fitness 1 for B", f"{len(whole)} worlds", not wanting)
            for name, count in wanting.items():
                print(f"    wanting in {count}: {name}")


UNSEEN = 70_000
"""The first of the seeds that the table is played with; what is looked at was chosen with others."""


def taken_away(settings: Mapping[str, Any], of: str) -> Scenario:
    """Return a scenario with some of its paths set, which may be whole lists, as an author would set them."""
    path = find(of)
    source = load.read(path)
    told = {"none": {"told": "as it is"}, "gone": {"told": "taken away", "set": dict(settings)}}
    source.data.setdefault("variants", {})["cause"] = {"question": "?", "default": "none", "settings": told}
    return compile_source(source, {"cause": "gone"}, None, path)


def read(scenario: Scenario, world: World, what: str) -> float:
    """Return what `what` says of a finished world; see `causes.System.reads`."""
    kind, _, name = what.partition(" ")
    if kind == "event":
        return float(world.events["times"][scenario.names.row("event", name)] > 0)
    if kind == "measure":
        return _measures(scenario, world)[name]
    if kind == "ending":
        return float(scenario.endings[int(world.state["ending"][0])].name == name)
    entries = world.chronicle[: int(world.state["entries"][0])]
    return float(len(np.unique(entries["subject"][entries["kind"] == kinds.CAPTURED])))


class Effect(NamedTuple):
    """What taking a cause away did, over worlds under the same luck."""

    before: float
    after: float
    low: float
    high: float
    """Bounds of the difference, 99 %, with as many digits as are printed, so that a verdict is one on what can be read."""
    holds: bool
    """Whether they show what `causes` says."""


def shows(least: float, low: float, high: float) -> bool:
    """Return True when a difference between two bounds leaves out 0 and is as large as `least`, in its direction."""
    sign = math.copysign(1.0, least)
    return min(sign * low, sign * high) > 0.0 and sign * (low + high) / 2 >= abs(least)


def verdict(holds: bool) -> str:
    """Return a verdict as the page has it."""
    return "yes" if holds else "not shown"


def seen(system: causes.System, settings: Mapping[str, Any], reads: list[str], pairs: int, threads: int) -> np.ndarray:
    """Return what each of `reads` says of each world, with some paths set: a row a world."""
    player = Player(taken_away(settings, system.of), Arm("cause", choices=system.choices))

    def look(seed: int) -> list[float]:
        world = player.play(seed)
        return [read(player.scenario, world, what) for what in reads]

    return np.array(list(in_threads(look, range(UNSEEN, UNSEEN + pairs), threads)))


def effect(system: causes.System, pairs: int, threads: int, plain: dict[Any, Any] | None = None) -> Effect:
    """Play `pairs` worlds with and without the cause of a system; `plain` keeps those with it, for the next that has them."""
    plain = {} if plain is None else plain
    kind = (system.of, str(sorted(system.choices.items())))
    if kind not in plain:
        alike = [one for one in causes.SYSTEMS if (one.of, str(sorted(one.choices.items()))) == kind]
        reads = sorted({one.reads for one in (*alike, system)})
        plain[kind] = dict(zip(reads, seen(system, {}, reads, pairs, threads).T, strict=True))
    before = plain[kind][system.reads]
    after = seen(system, system.settings, [system.reads], pairs, threads)[:, 0]
    middle = float((after - before).mean())
    error = float((after - before).std(ddof=1)) / math.sqrt(pairs)
    low, high = (float(f"{middle + side * Z_99 * error:.3g}") for side in (-1.0, 1.0))
    return Effect(float(before.mean()), float(after.mean()), low, high, shows(system.least, low, high))


HEAD = "| | system | mechanism | by itself | taken away | looked at | at least | with it | without it | 99 % of the difference | holds |"


def stated(number: int, system: causes.System) -> tuple[str, ...]:
    """Return the cells of a system's row that are settled before anything is played."""
    pages = ", ".join(f"[{name}](mechanisms/{name}.md)" for name in system.pages)
    reads = f"`{system.reads}`" + (f" of `{system.of}`" if system.of != "insurrection" else "")
    return (str(number), system.name, pages, f"`{system.scenario}`", system.removed, reads, f"{system.least:+g}")


def table(effects: list[Effect], pairs: int) -> str:
    """Return the table of the page, a row a system."""
    rows = [f"Over {pairs} pairs of worlds under the same luck.", "", HEAD, "|" + "---|" * HEAD.count(" | ")]
    for number, (system, found) in enumerate(zip(causes.SYSTEMS, effects, strict=True), 1):
        cells = (f"{found.before:.3g}", f"{found.after:.3g}", f"{found.low:+.3g} to {found.high:+.3g}")
        rows.append("| " + " | ".join((*stated(number, system), *cells, verdict(found.holds))) + " |")
    return "\n".join(rows)


def systems(pairs: int, threads: int, page: Path | None) -> None:
    """Take the cause of each system away; print what it does, and write the table into `page`."""
    effects, plain = [], {}
    for system in causes.SYSTEMS:
        found = effect(system, pairs, threads, plain)
        effects.append(found)
        shown = f"{found.before:.3g} {found.after:.3g} [{found.low:+.3g}, {found.high:+.3g}]"
        print(f"{system.name[:48]:<49}{system.reads:<32}{shown:<36}{'ok' if found.holds else 'NOT'}", flush=True)
    if page is not None:
        text = page.read_text(encoding="utf-8")
        block = f"<!-- systems -->\n\n{table(effects, pairs)}\n\n<!-- end -->"
        text = re.sub(r"<!-- systems -->.*?<!-- end -->", lambda _: block, text, flags=re.DOTALL)
        page.write_text(text, encoding="utf-8")


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--systems", type=int, default=0)
    parser.add_argument("--page", type=Path)
    given = parser.parse_args()
    if given.systems:
        systems(given.systems, given.threads, given.page)
        return
    told(given.worlds, given.threads)
    as_told(given.worlds, given.threads)


if __name__ == "__main__":
    main()
