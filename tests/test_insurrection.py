"""The flagship story: its prologue, its switches, its endings, and what taking a cause away does."""

from __future__ import annotations

from functools import cache
from statistics import median

import numpy as np
import pytest

from briarpatch import load_scenario
from briarpatch.analysis.worlds import Arm, Player, in_threads
from briarpatch.run import Run
from briarpatch.scenario import load
from briarpatch.scenario.catalog import find
from briarpatch.scenario.compile import compile_source
from briarpatch.scenario.scenario import Scenario
from briarpatch.world.compiled import INTERPRETED
from briarpatch.world.world import World

PAIRS = 2 if INTERPRETED else 80
SOURCE = load.read(find("insurrection"))
SWITCHES = {
    (name, setting): body
    for name, variant in SOURCE.data["variants"].items()
    for setting, body in variant["settings"].items()
    if setting != variant["default"]
}
WHAT_IFS = SOURCE.data["variants"]["tags"], "tags"
"""The first switch that no telling has; all after it are what-ifs too."""


@cache
def scenario(**variants: str) -> Scenario:
    return compile_source(SOURCE, variants, None, find("insurrection"))


# ------------------------------------------------------------------------------------------------ the prologue


def test_the_exiles_enter_as_the_century_of_the_prologue_left_them():
    """Ages, burden and numbers in insurrection are the medians of what comes out of exile, within its spread."""
    exile = load_scenario("exile")
    ages, burdens, alive = [], [], []
    for seed in range(3 if INTERPRETED else 24):
        run = Run(exile, seed).go()
        if run.ending != "exiled":
            continue
        young = run.world.people[run.world.people["crowd"] == 0]
        young = young[young["status"] != 2]
        ages.append(float(np.median(young["biological"])))
        burdens.append(float(np.median(young["burden"])))
        alive.append(len(young))
    story = SOURCE.data
    for who in ("ruafo", "gallatin", "sentry", "warder"):
        assert float(story["people"][who]["biological_age"].split()[0]) == pytest.approx(median(ages), abs=1.5)
        assert story["people"][who]["burden"] == pytest.approx(median(burdens), abs=0.03)
    ships = ("flagship", "attacker_one", "attacker_two")
    count = sum(story["vessels"][ship]["complement"] for ship in ships)
    count += story["crowds"]["bridge_crew"]["count"] + 4
    if not INTERPRETED:
        assert count == pytest.approx(median(alive), rel=0.12)


def test_the_prologue_and_the_story_have_the_same_bodies_and_rings():
    exile, story = load.read(find("exile")).data, SOURCE.data
    same = ("ageing", "modal_age", "accidents", "burden_hazard", "treatment_slows", "treatment_burden", "burden_fades")
    assert all(exile["life"][name] == story["life"][name] for name in same)
    same = ("strength", "inner", "outer", "height", "benefit", "half", "target_age")
    assert all(exile["fields"]["rings"][name] == story["fields"]["rings"][name] for name in same)


# ------------------------------------------------------------------------------------------------ the switches


def test_every_disagreement_has_a_switch_with_the_sentences_behind_each_setting():
    variants = SOURCE.data["variants"]
    told = list(variants)[: list(variants).index(WHAT_IFS[1])]
    assert len(told) >= 40
    for name in told:
        for setting, body in variants[name]["settings"].items():
            assert body.get("labels"), f"{name}={setting} names no sentence"


@pytest.mark.parametrize("account", ["A", "B", "C"])
def test_an_account_sets_every_switch_that_names_it(account):
    asked = compile_source(SOURCE, None, None, find("insurrection"), account)
    for name, variant in SOURCE.data["variants"].items():
        wanted = [s for s, body in variant["settings"].items() if account in body.get("as_told", [])]
        assert asked.settings[name] == (wanted or [variant["default"]])[0]


SELDOM = "force_on_data"
"""A switch that matters to few worlds only."""


@pytest.mark.long
@pytest.mark.parametrize(("name", "setting"), SWITCHES)
def test_a_switch_changes_only_what_it_lists_and_shows_in_the_chronicle(name, setting):
    """Its patch touches the paths it names and nothing else; under the same luck some telling reads otherwise."""
    plain, switched = scenario(), scenario(**{name: setting})
    body = SWITCHES[name, setting]
    named = [*body.get("set", {}), *body.get("remove", [])]
    before, after = plain.document.model_dump(), switched.document.model_dump()
    for section in before:
        if not any(path.split(".")[0] == section for path in named):
            assert before[section] == after[section], section
    limit = 3 if INTERPRETED else 400 if name == SELDOM else 60
    for seed in range(limit):
        if Run(plain, seed).go().tell(style="log") != Run(switched, seed).go().tell(style="log"):
            return
    assert INTERPRETED, f"{name}={setting} changed nothing in {limit} worlds"


# ------------------------------------------------------------------------------------------------ removing causes


def event(name: str):
    return lambda s, world: float(world.events["times"][s.names.row("event", name)] > 0)


def first(name: str):
    return lambda s, world: float(min(world.events["first"][s.names.row("event", name)], 40 * 86400.0))


def ending(*names: str):
    return lambda s, world: float(s.endings[int(world.state["ending"][0])].name in names)


def measure(name: str):
    def read(s: Scenario, world: World) -> float:
        from briarpatch import engine

        return float(engine.measures(s.program, world)[[m.name for m in s.measures].index(name)])

    return read


def taken(s: Scenario, world: World) -> float:
    """How many residents were ever in the hands of others."""
    from briarpatch.world import kinds

    rows = world.chronicle[: int(world.state["entries"][0])]
    return float(len(np.unique(rows["subject"][rows["kind"] == kinds.CAPTURED])))


def volleys(s: Scenario, world: World) -> float:
    """How many volleys were fired."""
    from briarpatch.world import kinds

    return float((world.chronicle[: int(world.state["entries"][0])]["kind"] == kinds.VOLLEY).sum())


def values(variants: dict[str, str], choices: dict[str, str], reads, **paths: str) -> np.ndarray:
    """Return what each of `reads` says of each world; a path is written with `__` for a dot."""
    overrides = {path.replace("__", "."): value for path, value in paths.items()}
    player = Player(scenario(**variants), Arm("one", choices=choices, overrides=overrides))

    def row(seed: int) -> list[float]:
        world = player.play(seed)
        return [read(player.scenario, world) for read in reads]

    return np.array(list(in_threads(row, range(PAIRS))))


STOOD = {"picard.stand": "resist", "riker.mission": "report", "elder.flee": "flee", "picard.way": "vein"}
FOUGHT = STOOD | {"ruafo.ship": "press", "dougherty.attack": "allow"}
TRAPPED = FOUGHT | {
    "ruafo.escalate": "harvest_now",
    "ruafo.captive": "execute",
    "gallatin.turn": "help",
    "picard.ruse": "ruse",
}
UP, DOWN = 1, -1

REMOVALS = {
    "no mineral vein: more are taken": ({"mineral_vein": "absent"}, STOOD, taken, UP),
    "no tags: fewer are taken": ({"tags": "cannot"}, STOOD | {"ruafo.pursue": "probes"}, taken, DOWN),
    "nobody sent: word seldom gets out": ({"messenger": "nobody"}, {}, event("exposed"), DOWN),
    "no blackout: word gets out earlier": ({"blackout": "none"}, STOOD, first("exposed"), DOWN),
    "one attacker: the ship is lost less often": ({"attackers": "one"}, FOUGHT, measure("enterprise_lost"), DOWN),
    "no kin: Gallatin turns less often": ({"kin_of_gallatin": "none"}, {}, event("gallatin.turn.help"), DOWN),
    "a perfect copy: noticed later": ({"bridge_copy": "perfect"}, TRAPPED, first("seen_through_copy"), UP),
    "a poor copy: noticed sooner": ({"bridge_copy": "poor"}, TRAPPED, first("seen_through_copy"), DOWN),
    "Picard obeys: they are moved": ({"picard_stands": "obeys"}, {}, ending("moved_away", "emptied_and_spent"), UP),
    "Data mended at once: the watch is not given away": ({"repair": "at_once"}, {}, event("data_shown"), DOWN),
    "no shields: the ship is lost more often": ({"shields": "never"}, FOUGHT, measure("enterprise_lost"), UP),
    "all in one party: they reach the caves later": ({"parties": "all_together"}, STOOD, first("safe_in_caves"), UP),
    "no good from the rings: eyes do not heal": ({"rings_help": "do_not"}, {}, event("sight"), DOWN),
    "no good from the rings: no second spring": ({"rings_help": "do_not"}, {}, event("old_flame"), DOWN),
    "no presence needed: nobody is followed to the harvester": (
        {"presence": "not_needed"},
        TRAPPED,
        event("followed"),
        DOWN,
    ),
    "no quorum: the council does not act": ({"quorum": "cannot"}, {}, event("council_acts"), DOWN),
    "nobody follows unasked: fewer stand with Picard": (
        {"followers": "nobody"},
        STOOD,
        measure("stood_by_picard"),
        DOWN,
    ),
    "nobody follows unasked: the march sets out later": ({"followers": "nobody"}, STOOD, first("along_the_vein"), UP),
    "nobody listens: fewer villages flee": ({"village_talk": "do_not"}, {}, event("elder.flee.flee"), DOWN),
    "nobody listens: the exiles are taken back less often": (
        {"village_talk": "do_not"},
        {},
        event("elder.welcome.take_back"),
        DOWN,
    ),
    "no relay station: word seldom gets out": ({"relay_station": "silent"}, {}, event("exposed"), DOWN),
    "nothing moves the officer of the cells: they are opened less often": (
        {"cells": "keeps_to_orders"},
        STOOD,
        event("cells_opened"),
        DOWN,
    ),
    "missiles: volleys are fired": ({"arms": "missiles"}, FOUGHT, volleys, UP),
}


@pytest.mark.long
@pytest.mark.parametrize("what", REMOVALS)
def test_taking_a_cause_away(what):
    """Over worlds under the same luck, in the direction that the name states beforehand."""
    variants, choices, read, direction = REMOVALS[what]
    with_it, without = values({}, choices, [read]), values(variants, choices, [read])
    if not INTERPRETED:
        assert direction * (without.mean() - with_it.mean()) > 0.0, (with_it.mean(), without.mean())


@pytest.mark.long
def test_when_picard_obeys_the_planet_is_seldom_left_as_it_was():
    reads = [measure("habitable"), event("picard.stand.obey")]
    obeys, told = values({"picard_stands": "obeys"}, {}, reads), values({}, {}, reads)
    if not INTERPRETED:
        assert obeys[obeys[:, 1] > 0, 0].mean() <= min(0.4, told[:, 0].mean() - 0.1)


@pytest.mark.long
@pytest.mark.parametrize(("people", "direction"), [("60", DOWN), ("600", 0), ("60000", UP)])
def test_the_power_of_numbers_matters_at_other_numbers_than_those_told(people, direction):
    """Whether Picard stands with fewer or more people when every life weighs alike, and not by its first alone."""

    def stood(power: str) -> np.ndarray:
        return values({}, {}, [event("insurrection")], gauges__people_there__start=people, gauges__scope__start=power)

    first_alone, alike = stood("0"), stood("1")
    if direction == 0:
        assert (first_alone == alike).all()
    elif not INTERPRETED:
        assert direction * (alike.mean() - first_alone.mean()) > 0.03, (first_alone.mean(), alike.mean())


GIVES_HIMSELF_UP = STOOD | {"elder.machines": "take_up", "picard.parley": "go_up"}


@pytest.mark.long
def test_whoever_gives_himself_up_is_taken_though_the_transporters_are_blind():
    found = values({}, GIVES_HIMSELF_UP, [event("picard.parley.go_up"), event("picard_taken")])
    if not INTERPRETED:
        assert found[:, 0].sum() >= 10
        assert found[found[:, 0] > 0, 1].mean() >= 0.7


@pytest.mark.long
def test_a_captain_who_waits_for_a_sign_asks_himself_again_and_may_attack():
    waits = STOOD | {"riker.strike": "wait"}
    reads = [event("riker.no_sign"), event("ship_against_harvester")]
    attacks = values({}, waits | {"riker.no_sign": "attack"}, reads)
    holds_on = values({}, waits | {"riker.no_sign": "wait"}, reads)
    if not INTERPRETED:
        assert attacks[:, 0].sum() >= 5
        assert attacks[:, 1].sum() >= attacks[:, 0].sum() / 2
        assert holds_on[:, 1].sum() == 0


@pytest.mark.long
def test_every_world_has_an_ending_and_breaks_no_guard():
    found = values({}, {}, [lambda s, w: float(w.state["ending"][0]), lambda s, w: float(w.state["broken"][0])])
    assert (found[:, 0] >= 0).all()
    assert (found[:, 1] == 0).all()


# ------------------------------------------------------------------------------------------------ the page


def test_the_tables_of_the_page_are_the_scenarios():
    """`python docs/insurrection_tables.py` rewrites them."""
    import importlib.util
    from pathlib import Path

    path = Path(__file__).parent.parent / "docs" / "insurrection_tables.py"
    spec = importlib.util.spec_from_file_location("insurrection_tables", path)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    text = made.PAGE.read_text(encoding="utf-8")
    assert made.page(text) == text
