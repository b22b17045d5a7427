"""What is kept up to date note by note is what looking at everybody finds: tallies, and the lines of transporters."""

from __future__ import annotations

import numpy as np
import pytest

from briarpatch import engine
from briarpatch.analysis.worlds import Player
from briarpatch.scenario.catalog import load_scenario, load_text
from briarpatch.world import journal, refs, states
from plays import play

TIMES = np.linspace(0.0, 1.0, 17)[1:]


def moments(name, seed=1):
    """Yield the world of a scenario at moments between its beginning and its end, with its conditions just read."""
    player = Player(name)
    end = float(player.play(seed).state["time"][0])
    for share in TIMES:
        world = player.go(player.start(seed), share * end)
        engine.measures(player.scenario.program, world)
        yield player.scenario, world


def fits(people, word):
    """Return who counts as `word`, one of `states.COUNTED`."""
    status, alive = people["status"], people["status"] != states.DEAD
    return {
        "any": np.ones(len(people), bool),
        "alive": alive,
        "dead": ~alive,
        "free": status == states.ACTIVE,
        "held": status == states.HELD,
        "tagged": people["tag"] >= 0,
        "moved": (people["moved"] != 0) & alive,
        "home": alive & (people["place"] >= 0) & (people["place"] == people["home"]),
        "marching": (status == states.ACTIVE) & (people["party"] >= 0) & (people["place"] < 0),
        "seen": people["seen"] != 0,
        "consenting": people["consent"] != 0,
        "travelling": alive & (people["place"] < 0),
    }[word]


@pytest.mark.parametrize("name", ["airlift", "ferry", "geese", "hunt", "quiet", "trek", "insurrection"])
def test_tallies_are_what_counting_everybody_gives(name):
    compared = 0
    for scenario, world in moments(name):
        if world.state["counted"][0] != world.state["noted"][0] or world.state["counted"][0] == 0:
            continue
        compared += 1
        people, crowds = world.people, len(scenario.program.crowds)
        for being in range(len(world.tallies)):
            ours = people["crowd"] == being if being < crowds else people["faction"] == being - crowds
            found = world.tallies["number"][being].tolist()
            words = [int((ours & fits(people, word)).sum()) for word in states.COUNTED]
            there = ours & (people["status"] != states.DEAD) & (people["place"] >= 0)
            places = np.bincount(people["place"][there], minlength=len(scenario.program.places))
            assert found == [*words, *places.tolist()]
    assert compared


@pytest.mark.parametrize("name", ["airlift", "ferry", "insurrection"])
def test_the_line_of_a_transporter_is_in_the_order_of_asking_and_holds_all_who_wait(name):
    waited = 0
    seeds = (1,) if name != "insurrection" else range(1, 5)  # not in every world is anybody made to wait there
    for _, world in (moment for seed in seeds for moment in moments(name, seed)):
        people = world.people
        assert (world.waits["inline"].sum(axis=0) == people["lines"]).all()
        for number, pad in enumerate(world.pads):
            waits = world.waits[number]
            line, at, before = [], int(pad["head"]), -1
            while at >= 0:
                assert waits["ahead"][at] == before
                line.append(at)
                before, at = at, int(waits["after"][at])
            assert before == pad["tail"]
            assert sorted(line) == np.flatnonzero(waits["inline"]).tolist()
            assert len(line) == pad["wanted"]
            asked = [(waits["asked"][i], people["key"][i]) for i in line]
            assert asked == sorted(asked)
            waited += len(line)
        for row, slot in enumerate(world.slots):
            assert slot["riders"] == (people["slot"] == row).sum()
            if slot["phase"] == states.CYCLING:
                assert (people["place"][people["slot"] == row] == -1).all()
    assert waited


def test_whoever_has_missed_notes_looks_at_everybody():
    count = 3 * journal.LEAST_ROWS
    scenario = load_text(
        "scenario: { title: a test, until: 1 h }\n"
        "maps: { ground: {} }\nplaces: { here: { map: ground, at: [0 m, 0 m] }, there: { map: ground, at: [1 km, 0 m] } }\n"
        f"factions: {{ ours: {{}} }}\npeople: {{ ann: {{ faction: ours, place: there }} }}\ncrowds: {{ many: {{ count: {count}, faction: ours, place: here }} }}\n"
        'rules: { go: { when: "count_at(many, here) > 5", after: 1 min, do: [place: { who: many, to: there }] } }\n'
        "endings: { over: { told: it was over } }\n"
        'measures: { gone: { told: gone, value: "count_at(many, there)" } }\n'
    )
    assert engine.measures(scenario.program, play(scenario)).tolist() == [count]


def test_nobody_is_counted_before_the_first_note():
    assert refs.NOBODY == journal.ANYBODY
    world = load_scenario("airlift").built.world
    assert not world.tallies["number"].any()
