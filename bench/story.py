"""What the flagship story does over many worlds: endings, beats, accounts, end-state, and the time that it takes.

    python bench/story.py [--worlds 2000] [--threads 2] [--removals 0]

Plays insurrection as it is and as each account tells it, scores every world against the accounts, and holds the results
to the marks that the scenario was tuned to (through assumed parameters alone). `--removals N` also takes causes away,
one at a time, over N pairs of worlds under the same luck. It prints a line a figure, with "ok" or "NOT" where a mark is
set.
"""

from __future__ import annotations

import argparse
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from briarpatch import load_scenario
from briarpatch.analysis.accounts import Conformance, Reader, Scorer
from briarpatch.analysis.worlds import Arm, Player, in_threads
from briarpatch.world.world import World

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
        wanted = 0.1 <= share <= 0.6 if info.name == "told_ending" else share <= 0.8
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


class Removal(NamedTuple):
    """A cause taken away, what is looked at, and the direction stated beforehand."""

    name: str
    variants: dict[str, str]
    measure: Callable[[Row, Any], float]
    up: bool
    says: str


def _ending(*names: str) -> Callable[[Row, Any], float]:
    return lambda row, scenario: float(row.ending in names)


def _event(name: str) -> Callable[[Row, Any], float]:
    return lambda row, scenario: float(row.events[scenario.names.row("event", name)])


REMOVALS = [
    Removal("no vein", {"mineral_vein": "absent"}, _event("safe_in_caves"), False, "fewer reach the caves"),
    Removal("no tags", {"tags": "cannot"}, _event("safe_in_caves"), True, "more reach the caves"),
    Removal("nobody sent", {"messenger": "nobody"}, _event("exposed"), False, "word seldom gets out"),
    Removal("rings do nothing", {"rings_help": "do_not"}, _event("sight"), False, "eyes do not heal"),
    Removal("no kin", {"kin_of_gallatin": "none"}, _event("gallatin.turn.help"), False, "Gallatin turns less"),
    Removal("perfect copy", {"bridge_copy": "perfect"}, _event("seen_through_copy"), False, "noticed less"),
    Removal("poor copy", {"bridge_copy": "poor"}, _event("seen_through_copy"), True, "noticed more"),
    Removal("Picard obeys", {"picard_stands": "obeys"}, _ending("moved_away"), True, "the people are moved"),
    Removal("mended at once", {"repair": "at_once"}, _event("data_shown"), False, "the watch is not given away"),
    Removal("no quorum", {"quorum": "cannot"}, _event("council_acts"), False, "the council does not act"),
]


def removals(pairs: int, threads: int) -> None:
    """Print what taking a cause away does over paired worlds."""
    scenario, plain, _ = play(Arm(), pairs, threads, ["C"])
    for one in REMOVALS:
        other, rows, _ = play(Arm(one.name, variants=one.variants), pairs, threads, ["C"])
        with_it = np.mean([one.measure(row, scenario) for row in plain])
        without = np.mean([one.measure(row, other) for row in rows])
        holds = without > with_it if one.up else without < with_it
        mark(f"{one.name}: {one.says}", f"{with_it:.2f} {without:.2f}", bool(holds))


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--removals", type=int, default=0)
    given = parser.parse_args()
    told(given.worlds, given.threads)
    as_told(given.worlds, given.threads)
    if given.removals:
        removals(given.removals, given.threads)


if __name__ == "__main__":
    main()
