"""What cannot be, whatever the luck: effects before their causes, the dead who act, captives who go about, false words."""

from bisect import bisect_right
from collections import defaultdict

import numpy as np
import pytest

from briarpatch import assembly, engine, load_scenario
from briarpatch.analysis.worlds import Arm, Player, in_threads
from briarpatch.scenario.catalog import scenario_names
from briarpatch.world import kinds, recorder, refs, states
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


def row_of(reference, kind):
    """Return the row of the entity of a kind that a reference stands for, or None."""
    found, row = divmod(int(reference), refs.ROWS_PER_KIND)
    return row if reference >= 0 and found == kind else None


def of(kind, sort, which="subject"):
    """Return what finds the thing that an entry names, as `recorder` numbers it; None for a crowd and the like."""

    def thing(entry):
        row = row_of(entry[which], kind)
        return None if row is None else (sort, row)

    return thing


def belief(entry):
    """Return the belief of which an entry tells."""
    return recorder.BELIEF, row_of(entry["subject"], refs.PERSON), row_of(entry["object"], refs.FACT)


def somewhere(entry):
    """Return who or what an entry puts somewhere."""
    return of(refs.PERSON, recorder.PERSON)(entry) or of(refs.VESSEL, recorder.VESSEL)(entry)


def is_in(*wanted):
    """Return what asks whether a thing is in one of some states."""
    return lambda change, entry: int(change["state"]) in wanted


def is_there(change, entry):
    """Return True when a thing is where an entry says."""
    return change["place"] == entry["place"]


PERSON, VESSEL = of(refs.PERSON, recorder.PERSON), of(refs.VESSEL, recorder.VESSEL)
DEVICE = of(refs.DEVICE, recorder.DEVICE)
FACT = of(refs.FACT, recorder.FACT, "object")
CLAIMS = {
    kinds.DIED: (PERSON, is_in(states.DEAD)),
    kinds.CAPTURED: (PERSON, is_in(states.HELD)),
    kinds.RELEASED: (PERSON, is_in(states.ACTIVE)),
    kinds.ARRIVED: (somewhere, is_there),
    kinds.BEAMED: (PERSON, is_there),
    kinds.PLACED: (PERSON, is_there),
    kinds.LEARNED: (belief, is_in(1)),
    kinds.SUSPECTED: (belief, lambda change, entry: change["value"] > 0.0),
    kinds.DOUBTED: (belief, lambda change, entry: change["value"] <= 0.0),
    kinds.BECAME_TRUE: (FACT, is_in(1)),
    kinds.BECAME_FALSE: (FACT, is_in(0)),
    kinds.DEVICE_STARTED: (DEVICE, is_in(states.STARTING, states.STARTING_BY_HAND)),
    kinds.DEVICE_RUNS: (DEVICE, is_in(states.RUNNING)),
    kinds.DEVICE_PAUSED: (DEVICE, is_in(states.PAUSED)),
    kinds.DEVICE_ABORTED: (DEVICE, is_in(states.ABORTED)),
    kinds.DEVICE_DONE: (DEVICE, is_in(states.DONE)),
    kinds.BLAST: (DEVICE, is_in(states.BLOWN)),
    kinds.VESSEL_LOST: (VESSEL, is_in(states.LOST)),
}
"""Of each kind of entry that tells of a state: the thing that it tells of, and what asks whether that is so."""


def person(reference):
    """Return the row of the person that a reference stands for, or None."""
    return row_of(reference, refs.PERSON)


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


def false_entry(world):
    """Return the first entry of a recorded world that tells of a state in which nothing was at that instant, or None.

    What has changed by the step that wrote the entry bears its number or a later one; a belief bears that of its evidence.
    """
    changes = recorder.changes(world)
    of_each = defaultdict(list)
    for number, (what, row, other) in enumerate(changes[["what", "row", "other"]].tolist()):
        of_each[(what, row, other) if what == recorder.BELIEF else (what, row)].append(number)
    for number, entry in enumerate(world.chronicle[: int(world.state["entries"][0])]):
        thing, holds = CLAIMS.get(int(entry["kind"]), (None, None))
        key = thing(entry) if thing is not None else None
        if key is None:
            continue
        last = bisect_right(changes["time"][of_each[key]], entry["time"])
        since = [
            one
            for one in of_each[key][:last]
            if changes["time"][one] == entry["time"] and (key[0] == recorder.BELIEF or changes["entry"][one] >= number)
        ]
        if not any(holds(changes[one], entry) for one in since or of_each[key][max(0, last - 1) : last]):
            return f"entry {number}: what kind {entry['kind']} says of {key} was not so at {entry['time']}"
    return None


def false_ending(scenario, world):
    """Return why the ending of a world is not the first whose condition holds at its end, or None."""
    program, time, reached = scenario.program, float(world.state["time"][0]), int(world.state["ending"][0])
    held = [code < 0 or bool(engine.value_of(program, world, code, time)) for code in program.endings["code"].tolist()]
    if reached < 0:
        return "it has no ending"
    if not held[reached]:
        return f"the condition of {scenario.endings[reached].name} does not hold"
    if any(held[:reached]):
        return f"{scenario.endings[held.index(True)].name} holds, and comes before {scenario.endings[reached].name}"
    return None


def contradiction(scenario, world):
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
        world = player.go(player.start(seed, record=recorder.CHANGES))
        fault = impossible(world) or false_entry(world) or false_ending(player.scenario, world)
        return seed, fault or also(player.scenario, world)

    return [(seed, fault) for seed, fault in in_threads(look, seeds) if fault]


@pytest.mark.parametrize("name", [name for name, _ in scenario_names() if name not in ("insurrection", "exile")])
def test_nothing_impossible_happens(name):
    assert find_fault(load_scenario(name), range(1 if INTERPRETED else 8)) == []


@pytest.mark.parametrize(("count"), [10, pytest.param(200, marks=pytest.mark.long)])
def test_nothing_impossible_happens_in_insurrection(count):
    assert find_fault(load_scenario("insurrection"), range(1 if INTERPRETED else count), contradiction) == []


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


LIES = {
    kinds.DIED: (kinds.LEARNED, 0),
    kinds.CAPTURED: (kinds.LEARNED, 0),
    kinds.RELEASED: (kinds.CAPTURED, 0),
    kinds.ARRIVED: (kinds.LEARNED, 1),
    kinds.BEAMED: (kinds.LEARNED, 1),
    kinds.PLACED: (kinds.LEARNED, 1),
    kinds.LEARNED: (kinds.SUSPECTED, 0),
    kinds.SUSPECTED: (kinds.DOUBTED, 0),
    kinds.DOUBTED: (kinds.LEARNED, 0),
    kinds.BECAME_TRUE: (kinds.BECAME_FALSE, 0),
    kinds.BECAME_FALSE: (kinds.LEARNED, 0),
    kinds.DEVICE_STARTED: (kinds.DEVICE_RUNS, 0),
    kinds.DEVICE_RUNS: (kinds.DEVICE_STARTED, 0),
    kinds.DEVICE_PAUSED: (kinds.DEVICE_STARTED, 0),
    kinds.DEVICE_ABORTED: (kinds.DEVICE_STARTED, 0),
    kinds.DEVICE_DONE: (kinds.DEVICE_STARTED, 0),
    kinds.BLAST: (kinds.DEVICE_STARTED, 0),
    kinds.VESSEL_LOST: (kinds.DEPARTED, 0),
}
"""For each claim: a kind of entry that is true and becomes a lie as that claim, and by how many places it is moved."""


@pytest.fixture(scope="module")
def played():
    """A scenario, and a recorded world of it in which there is an entry of each kind that `LIES` makes false."""
    player = Player(load_scenario("insurrection"), Arm())
    wanted = {kind for kind, _ in LIES.values()}
    worlds = (player.go(player.start(seed, record=recorder.CHANGES)) for seed in range(200))
    return player.scenario, next(world for world in worlds if wanted <= set(world.chronicle["kind"].tolist()))


def test_every_claim_has_a_lie():
    assert LIES.keys() == CLAIMS.keys()


@pytest.mark.parametrize(
    "claim", LIES, ids=lambda claim: kinds.KINDS[[k.number for k in kinds.KINDS].index(claim)].name
)
def test_the_check_finds_an_entry_that_tells_of_a_state_in_which_nothing_was(played, claim):
    _, world = played
    assert false_entry(world) is None
    truth, moved = LIES[claim]
    number = int(np.flatnonzero(world.chronicle["kind"] == truth)[0])
    kept = world.chronicle[number].copy()
    world.chronicle["kind"][number] = claim
    world.chronicle["place"][number] += moved
    assert str(false_entry(world)).startswith(f"entry {number}: ")
    world.chronicle[number] = kept


def test_the_check_finds_an_ending_whose_condition_does_not_hold(played):
    scenario, world = played
    reached = int(world.state["ending"][0])
    assert false_ending(scenario, world) is None
    for other in range(len(scenario.endings)):
        world.state["ending"][0] = other
        assert (false_ending(scenario, world) is None) == (other == reached)
    world.state["ending"][0] = -1
    assert false_ending(scenario, world) == "it has no ending"
    world.state["ending"][0] = reached
