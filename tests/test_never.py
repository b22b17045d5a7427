"""What cannot be, whatever the luck: effects before their causes, the dead who act, captives who go about, false endings."""

import numpy as np
import pytest

from briarpatch import assembly, engine, load_scenario
from briarpatch.analysis.worlds import Arm, Player, in_threads
from briarpatch.scenario.catalog import scenario_names
from briarpatch.world import kinds, refs
from briarpatch.world.compiled import INTERPRETED

LIVING = {entry.number: entry.living for entry in assembly.ENTRIES if entry.living}
FREELY = {
    kinds.SENT: "subject",
    kinds.BOARDED: "subject",
    kinds.DEPARTED: "subject",
    kinds.MARCHED: "subject",
    kinds.FOLLOWED: "subject",
    kinds.ARMING: "object",
    kinds.DEVICE_STARTED: "object",
}
"""What nobody does in custody, and which of the two of an entry does it."""


def person(reference):
    """Return the row of the person that a reference stands for, or None."""
    kind, row = divmod(int(reference), refs.ROWS_PER_KIND)
    return row if reference >= 0 and kind == refs.PERSON else None


def impossible(world):
    """Return the first thing in a chronicle that cannot be, or None."""
    log = world.chronicle[: int(world.state["entries"][0])]
    times, causes = log["time"], log["cause"]
    if (np.diff(times) < 0.0).any():
        return "the entries are not in the order of time"
    numbers = np.arange(len(log))
    caused = causes >= 0
    if (causes[caused] >= numbers[caused]).any() or (times[causes[caused]] > times[caused]).any():
        return "an entry comes before its cause"
    dead, held = set(), set()
    for number, entry in enumerate(log):
        kind = int(entry["kind"])
        for which in LIVING.get(kind, ()):
            if person(entry[which]) in dead:
                return f"entry {number}: somebody dead is the {which} of kind {kind}"
        doer = FREELY.get(kind)
        if doer is not None and person(entry[doer]) in held:
            return f"entry {number}: somebody in custody is the {doer} of kind {kind}"
        who = person(entry["subject"])
        if kind == kinds.DIED:
            dead.add(who)
            held.discard(who)
        elif kind == kinds.CAPTURED:
            held.add(who)
        elif kind == kinds.RELEASED:
            held.discard(who)
    dead.discard(None)
    if {int(row) for row in np.flatnonzero(world.people["status"] == 2)} != dead:
        return "those who are dead are not those who died"
    return None


def false_ending(scenario, world):
    """Return how the ending of a world of insurrection contradicts its measures, or None."""
    values = engine.measures(scenario.program, world).tolist()
    m = dict(zip((one.name for one in scenario.measures), values, strict=True))
    ending = scenario.endings[int(world.state["ending"][0])].name
    waste = ("killed_off", "emptied_and_spent", "world_lost")
    implied = {
        "killed_off": m["dead"] > 300,
        "emptied_and_spent": m["habitable"] == 0,
        "world_lost": m["habitable"] == 0 and m["peace_broken"] > 0,
        "moved_away": m["habitable"] == 1,
        "told_ending": m["picard_alive"] == 1 and m["sona_dead"] >= 1,
        "saved_at_a_price": m["picard_alive"] == 0,
    }
    if not implied.get(ending, True):
        return f"{ending}: {m}"
    if m["habitable"] == 0 and ending not in waste:
        return f"the planet is waste, and the ending is {ending}"
    if m["dead"] > 300 and ending != "killed_off":
        return f"most are dead, and the ending is {ending}"
    if m["moved"] > 300 and m["directive_broken"] == 0:
        return f"they were moved against their will, and the directive stands: {m}"
    if m["free"] + m["dead"] > 600:
        return f"more people than there are: {m}"
    return None


def find_fault(scenario, seeds, also=lambda scenario, world: None):
    player = Player(scenario, Arm())

    def look(seed):
        world = player.play(seed)
        return seed, impossible(world) or also(player.scenario, world)

    return [(seed, fault) for seed, fault in in_threads(look, seeds) if fault]


@pytest.mark.parametrize("name", [name for name, _ in scenario_names() if name not in ("insurrection", "exile")])
def test_nothing_impossible_happens(name):
    assert find_fault(load_scenario(name), range(1 if INTERPRETED else 8)) == []


@pytest.mark.parametrize(("count"), [10, pytest.param(200, marks=pytest.mark.long)])
def test_nothing_impossible_happens_in_insurrection(count):
    assert find_fault(load_scenario("insurrection"), range(1 if INTERPRETED else count), false_ending) == []


@pytest.mark.long
def test_few_worlds_of_insurrection_come_to_a_dead_end():
    from briarpatch.analysis.soak import Witness

    scenario = load_scenario("insurrection")
    witness, player = Witness(scenario), Player(scenario, Arm())
    count = 1 if INTERPRETED else 200
    dead_ends = sum(in_threads(lambda seed: witness.see(seed, player.play(seed)).dead_end, range(count)))
    assert dead_ends <= 5 * count // 200


def test_the_check_finds_what_cannot_be():
    """A chronicle that is made false is called so."""
    player = Player(load_scenario("rover"), Arm())
    world = next(w for w in map(player.play, range(40)) if (w.chronicle["kind"] == kinds.DIED).any())
    assert impossible(world) is None
    log = world.chronicle
    last = int(world.state["entries"][0]) - 1
    died = int(np.flatnonzero(log["kind"] == kinds.DIED)[0])
    kept = log[last].copy()
    log["kind"][last], log["subject"][last] = kinds.TOLD, log["subject"][died]
    assert "somebody dead" in str(impossible(world))
    log[last] = kept
    log["cause"][died] = last
    assert "before its cause" in str(impossible(world))
