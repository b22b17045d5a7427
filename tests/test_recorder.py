"""What is recorded while a world plays: where everybody is, what is believed, how machines stand, at every moment."""

from __future__ import annotations

import math

import numpy as np
import pytest

import briarpatch as bp
from briarpatch.engine import positions
from briarpatch.scenario.catalog import scenario_names
from briarpatch.world import recorder, states
from briarpatch.world.world import compare

SCENARIOS = [name for name, _ in scenario_names()]


def last(changes, what, time, *key):
    """Return the last change of a thing up to a time, or None."""
    found = changes[(changes["what"] == what) & (changes["time"] <= time)]
    for column, value in zip(("row", "other"), key, strict=False):
        found = found[found[column] == value]
    return found[-1] if len(found) else None


def on_the_line(change, time):
    """Return the position that a change gives at a time."""
    share = 1.0 if time >= change["until"] else max(0.0, (time - change["since"]) / (change["until"] - change["since"]))
    return (
        change["x"] + share * (change["x1"] - change["x"]),
        change["y"] + share * (change["y1"] - change["y"]),
    )


@pytest.mark.parametrize("name", SCENARIOS)
def test_recording_changes_nothing_that_plays(name):
    plain, recorded = bp.run(name, seed=5, record=False), bp.run(name, seed=5)
    assert not compare(plain.world, recorded.world)
    assert len(recorded.changes) > 0
    assert recorder.changes(plain.world).size == 0


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_run_that_did_not_record_has_the_same_changes(name):
    plain, recorded = bp.run(name, seed=5, record=False), bp.run(name, seed=5)
    assert plain.changes.tobytes() == recorded.changes.tobytes()


@pytest.mark.parametrize("name", SCENARIOS)
def test_changes_give_the_state_at_every_moment(name):
    """At eleven moments: the place, status and position of everybody, every belief, every machine and vessel."""
    run = bp.run(name, seed=3)
    changes = run.changes
    assert (np.diff(changes["time"]) >= 0.0).all()
    past = run.at(0.0)
    for moment in np.linspace(0.0, run.time, 11).tolist():
        past = run.onward(past, moment)
        world = past.world
        where = positions(past.program, world)
        bodies = range(0, len(world.people), max(1, len(world.people) // 60))
        for person in bodies:
            change = last(changes, recorder.PERSON, moment, person)
            body = world.people[person]
            assert change is not None
            assert (change["place"], change["state"], change["other"]) == (body.place, body.status, body.party)
            if body.status == states.DEAD or change["place"] >= 0:
                continue
            if change["other"] >= 0:
                change = last(changes, recorder.PARTY, moment, change["other"])
            assert on_the_line(change, moment) == pytest.approx(tuple(where[person]), abs=0.5, rel=1e-6)
        for mind, fact in np.ndindex(len(world.minds), len(world.facts)):
            change = last(changes, recorder.BELIEF, moment, mind, fact)
            belief = world.beliefs[mind, fact]
            assert (change["state"] if change is not None else 0) == belief.known
            assert (change["value"] if change is not None else world.facts[fact].prior) == belief.odds
        for device in range(len(world.devices)):
            change, row = last(changes, recorder.DEVICE, moment, device), world.devices[device]
            assert (change["state"], change["more"], change["other"]) == (row.mode, row.stage, row.armed)
        for vessel in range(len(world.vessels)):
            change, row = last(changes, recorder.VESSEL, moment, vessel), world.vessels[vessel]
            assert (change["state"], change["place"], change["other"]) == (row.mode, row.at, row.cloaked)
        for fact in range(len(world.facts)):
            change = last(changes, recorder.FACT, moment, fact)
            assert change["state"] == world.facts[fact].true


def test_measures_over_time_end_as_the_run_does():
    run = bp.run("valley", seed=7).recorded(recorder.MEASURES)
    for row, value in enumerate(run.measures.values()):
        change = last(run.changes, recorder.MEASURE, math.inf, row)
        assert change["value"] == value


def test_what_was_recorded_is_saved_and_read(tmp_path):
    run = bp.run("valley", seed=7)
    run.save(tmp_path / "valley")
    again = bp.load(tmp_path / "valley")
    assert again.changes.tobytes() == run.changes.tobytes()
    plain = bp.run("valley", seed=7, record=False)
    plain.save(tmp_path / "plain")
    assert bp.load(tmp_path / "plain").changes.tobytes() == run.changes.tobytes()
