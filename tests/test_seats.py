"""What a seat shows: the options of a decision as the engine weighs them, and only what its person can know."""

from __future__ import annotations

import contextlib
import io
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

import briarpatch as bp
from briarpatch import assembly
from briarpatch.errors import RequestError
from briarpatch.render.page_data import to_json
from briarpatch.render.page_seat import seat_page_data
from briarpatch.run import Run
from briarpatch.scenario.catalog import scenario_names
from briarpatch.seat import seat
from briarpatch.world import kinds, recorder, refs, states, witnesses
from briarpatch.world.world import compare, copy
from plays import scene

SCENARIOS = [name for name, _ in scenario_names()]


def deciders(run):
    """Return everybody who decides something in a scenario."""
    return sorted({info.decider for info in run.scenario.decisions})


def people(run):
    """Return the names of those who have minds."""
    return run.scenario.names.known("person")[: len(run.world.minds)]


# ------------------------------------------------------------------------------------------------ options


@pytest.mark.parametrize("name", SCENARIOS)
def test_asked_and_answered_as_the_program_would_it_goes_as_without_asking(name):
    """At every question of everybody, `options` names the open ones, and the one that an unattended run takes."""
    plain = bp.run(name, seed=3)
    run = bp.start(plain.scenario, seed=3, ask=deciders(plain))
    run.go()
    while run.question is not None:
        found = run.options()
        assert sum(one.probability for one in found) == pytest.approx(1.0)
        assert all((one.probability > 0.0) <= one.open for one in found)
        would = [one.name for one in found if one.would]
        assert len(would) == 1
        for one in found:
            trial = run.copy()
            if one.open:
                trial.choose(one.name)
            else:
                assert one.closed_by
                with pytest.raises(RequestError):
                    trial.choose(one.name)
        run.choose(would[0])
        run.go()
    assert run.log.frame().equals(plain.log.frame())


def test_the_chances_are_those_of_the_draws():
    scenario = scene("""
decisions:
  ann.stay:
    question: Stay?
    when: "true"
    precision: 1.5
    options:
      yes: { told: Ann stayed, base: 0.4 }
      no: { told: Ann left }
      never: { told: Ann flew, base: 9, open: "false" }
""")
    run = Run(scenario, 0, ask=["ann"]).go()
    yes, no, never = run.options()
    assert yes.probability == pytest.approx(1.0 / (1.0 + math.exp(-0.6)))
    assert (never.open, never.probability, never.utility) == (False, 0.0, None)
    assert never.why_not.startswith("false")
    drawn = np.mean([Run(scenario, seed, ask=["ann"]).go().options()[0].would for seed in range(600)])
    assert abs(drawn - yes.probability) < 4.0 * math.sqrt(yes.probability * no.probability / 600)


def test_options_need_a_question_or_a_name():
    run = bp.start("vault", seed=2)
    with pytest.raises(RequestError, match="no decision waits"):
        run.options()
    with pytest.raises(RequestError, match=r"manager\.act"):
        run.options("manager.akt")
    assert [one.name for one in run.options("manager.act")] == ["police", "look", "sleep"]


def test_to_look_at_options_and_seats_changes_nothing():
    run = bp.start("vault", seed=2, ask=["manager", "guard"]).go()
    before = copy(run.world)
    run.options()
    run.view("manager")
    assert compare(before, run.world) == []


# ------------------------------------------------------------------------------------------------ what a seat shows


def test_a_seat_shows_the_story_of_its_person():
    data = bp.run("valley", seed=2).view("mayor").facts()
    texts = [entry["text"] for entry in data["entries"]]
    assert "The keeper told the mayor: the dam is giving way." in texts
    assert not any("crack" in text.lower() for text in texts)
    assert [one["fact"] for one in data["beliefs"]] == ["cracking"]
    assert data["place"] == "the hill"


def test_an_earlier_moment_is_played_again():
    run = bp.run("valley", seed=2)
    early = run.view("mayor", at="1 h").facts()
    assert early["entries"] == []
    assert early["beliefs"] == []
    assert early == bp.run(run.scenario, seed=2, until="1 h").view("mayor").facts()


def test_a_seat_of_a_saved_run_is_the_same(tmp_path):
    run = bp.run("vault", seed=2)
    run.save(tmp_path / "vault")
    plain = bp.run("vault", seed=2, record=False)
    for person in people(run):
        assert bp.load(tmp_path / "vault").view(person).to_json() == run.view(person).to_json()
        assert plain.view(person).to_json() == run.view(person).to_json()


def test_a_person_who_does_not_exist_is_named():
    with pytest.raises(RequestError, match="mayor"):
        bp.run("valley", seed=2).view("mayr")


def test_a_false_alarm_looks_like_any_other_sighting():
    text = """
sensors:
  eye: { owner: ann, targets: [cid], fact: seen, looks: { every: 1 min, false_alarm: 0.2, snr: 0, reference: 1 km } }
facts: { seen: {} }
"""
    run = Run(scene(text), 1, record=1).go()
    assert kinds.FALSE_ALARM in run.log.kinds
    entry = run.view("ann").facts()["entries"][0]
    assert (entry["kind"], entry["text"]) == (assembly.ENTRIES[kinds.DETECTED].name, "Ann saw cid.")


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_seat_holds_only_what_its_person_witnessed(name):
    run = bp.run(name, seed=6)
    minds = witnesses.of_entries(run.world)
    for mind, person in enumerate(people(run)):
        mine = {(run.log.times[n]) for n in range(len(run.log)) if mind in minds[n]}
        data = run.view(person).facts()
        assert {entry["time"] for entry in data["entries"]} <= mine
        assert "seed" not in data
        assert "ending" not in data
        assert "measures" not in data


def scrambled(run, mind, luck):
    """Return a copy of a run in which all is altered that a mind cannot know of: what others did, believe and where they are."""
    other, dice = run.copy(), np.random.default_rng(luck)
    world, rows = other.world, int(run.world.state["entries"][0])
    minds = witnesses.of_entries(world)
    hidden = [number for number in range(1, rows) if mind not in minds[number]]
    entries = world.chronicle
    for column in ("kind", "subject", "object", "place"):
        entries[column][hidden] = dice.permutation(entries[column][hidden])
    entries["kind"][hidden] = dice.choice([kinds.GAUGED, kinds.BECAME_TRUE, kinds.CHOSE, kinds.DIED], len(hidden))
    entries["amount"][hidden] = dice.random(len(hidden))
    entries["cause"][:rows] = -1
    world.facts["true"] = 1 - world.facts["true"]
    world.state["seed"] = world.state["luck"] = dice.integers(1 << 60)
    world.state["ending"] = -1
    for row in range(len(world.minds)):
        if row != mind:
            world.beliefs["odds"][row] = dice.normal(size=world.beliefs.shape[1])
            world.beliefs["known"][row] = 1 - world.beliefs["known"][row]
            world.beliefs["told_by"][row] = mind
            world.orders_state["given"][row] = 1.0
            world.minds["superior"][row] = mind
    world.insights["known"][world.insights["who"] != mind] = 1
    world.gauges["value"] += 1.0
    world.messages["fact"][world.messages["sender"] != mind] = 0
    here = {row for row in range(len(world.people)) if _beside(world, mind, row)}
    away = [row for row in range(len(world.people)) if row not in here and row != mind]
    mine = int(world.people["place"][mind])
    far = [place for place in range(len(run.program.places)) if place != mine]
    for row in away:
        world.people["place"][row] = dice.choice(far) if far and mine >= 0 else world.people["place"][row]
        world.people["status"][row] = dice.choice([states.ACTIVE, states.DEAD])
        world.people["dose"][row] += 1.0
    found = world.witnesses[: int(world.recorder["seen"][0])]
    mask = np.uint64(1) << np.uint64(mind % 64)
    others = found["first"] == 64 * (mind // 64)
    found["minds"][others] &= mask
    changes = recorder.changes(world)
    own = np.isin(changes["what"], [recorder.PERSON, recorder.BELIEF])
    foreign = (changes["row"] != mind) | ~own
    changes["place"][foreign] = -1
    changes["value"][foreign] = 0.5
    for ship in range(len(world.vessels)):
        if int(world.vessels["at"][ship]) != mine and int(world.minds["post"][mind]) != ship:
            world.vessels["hull"][ship] = 0.5
    other._log = None
    return other


def _beside(world, one, other):
    from briarpatch.world import acts
    from briarpatch.world.compiled import plainly

    return plainly(acts.beside, world, one, other)


@pytest.mark.parametrize("name", SCENARIOS)
def test_hidden_state_leaves_no_trace_in_a_seat(name):
    """Whatever a person cannot know of is altered at three moments: the bytes of their view stay as they are."""
    whole = bp.run(name, seed=6)
    for share in (0.3, 0.7, 1.0):
        run = whole if share == 1.0 else whole.at(share * whole.time)
        for mind, person in enumerate(people(run)):
            assert seat(scrambled(run, mind, 7), person).to_json() == seat(run, person).to_json(), person


@pytest.mark.parametrize("most", [2, pytest.param(1000, marks=pytest.mark.long)], ids=["some", "everybody"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_hidden_state_leaves_no_trace_in_the_page_of_a_person(name, most):
    """What a person could not know is altered: the bytes of the page as they saw it stay as they are."""
    run = bp.run(name, seed=6)
    for mind, person in enumerate(people(run)[:most]):
        told = to_json(seat_page_data(run, person))
        assert to_json(seat_page_data(scrambled(run, mind, 7), person)) == told, person
        data = json.loads(told)
        assert [row[7] for row in data["entries"][1:]] == [e["text"] for e in run.view(person).facts()["entries"]]


def asked(name):
    """Return the first decision of a scenario between two options or more, or None."""
    return next((d for d in bp.load_scenario(name).decisions if len(d.options) > 1), None)


@pytest.mark.parametrize("name", [name for name in SCENARIOS if asked(name)])
def test_another_answer_shows_only_once_it_is_noticed(name):
    """Of two courses under one luck, a seat sees the same until something that its person notices differs."""
    run = bp.run(name, seed=6)
    info = asked(name)
    courses = [bp.run(run.scenario, seed=6, choices={info.name: option.name}) for option in info.options[:2]]
    for person in people(run):
        if person == info.decider:
            continue
        one, other = (course.view(person).facts()["entries"] for course in courses)
        same = 0
        while same < min(len(one), len(other)) and one[same] == other[same]:
            same += 1
        times = [entries[same]["time"] for entries in (one, other) if same < len(entries)]
        until = min([*times, *(course.time for course in courses)])
        before = max(0.0, math.nextafter(until, 0.0))
        if before <= 0.0:
            continue
        views = [course.view(person, before).facts() for course in courses]
        for view in views:
            view["beside"] = view["places"] = view["beliefs"] = None  # what is there to see may change without a word
        assert json.dumps(views[0]) == json.dumps(views[1])


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_future_is_in_no_seat(name):
    """A view at a moment is the view of a run that was never played further."""
    whole = bp.run(name, seed=6)
    half = bp.run(whole.scenario, seed=6, until=0.5 * whole.time)
    for person in people(whole):
        assert whole.view(person, half.time).to_json() == half.view(person).to_json()
        assert all(entry["time"] <= half.time for entry in half.view(person).facts()["entries"])


def test_refs_of_people_are_their_minds():
    run = bp.run("vault", seed=2)
    assert all(
        run.scenario.names.ref("person", p) == refs.PERSON * refs.ROWS_PER_KIND + n for n, p in enumerate(people(run))
    )


def test_the_page_prints_what_it_says():
    page = (Path(__file__).parent.parent / "docs" / "seats.md").read_text(encoding="utf-8")
    parts = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", page, re.DOTALL)
    assert len(parts) == 2
    names: dict = {}
    for code, said in parts:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(code, names)
        assert printed.getvalue() == said
