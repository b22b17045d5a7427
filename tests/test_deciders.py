"""Programs that decide for people: in a run, an ensemble and a decision."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import pytest

import briarpatch as bp
from briarpatch.analysis.decide import decide
from briarpatch.analysis.deciders import Deciders, Feature, TablePolicy, is_policy
from briarpatch.analysis.ensemble import ensemble, load_ensemble
from briarpatch.errors import RequestError
from briarpatch.scenario.catalog import load_scenario
from briarpatch.world.world import compare

MODULE = """
seen = []

def sure(moment):
    seen.append((moment.person, moment.decision, moment.open))
    chance = dict(zip(moment.labels["beliefs"], moment.observation["beliefs"]))["drilling"]
    assert moment.view().facts()["question"]["decision"] == moment.decision
    return "police" if chance > 0.9 else "look"

def shrug(moment):
    return None

def wrong(moment):
    return "shout"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to work in, with a module of policies."""
    (tmp_path / "my_policies.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "my_policies", raising=False)
    yield tmp_path
    sys.modules.pop("my_policies", None)


@pytest.fixture(scope="module")
def vault():
    return load_scenario("vault")


def look() -> TablePolicy:
    """Return a policy that goes to look after 0.02 days and calls the police before."""
    feature = Feature(part="clock", label="days", edges=[0.02])
    return TablePolicy("vault", "manager", [feature], {"manager.act": {"0": "police", "1": "look"}})


def test_a_function_decides_and_its_run_plays_again_without_it(folder, vault):
    deciders = Deciders(vault, ["manager=my_policies:sure"])
    assert deciders.people == ["manager"]
    run = bp.run(vault, 2, ask=deciders.people, chooser=deciders.answer)
    assert run.answers == [("manager.act", "look")]
    assert sys.modules["my_policies"].seen == [("manager", "manager.act", (True, True, True))]
    run.save(folder / "kept")
    sys.modules["my_policies"].sure = None
    kept = bp.load(folder / "kept")
    assert not compare(kept.recorded().world, run.world)
    kept.recorded().save(folder / "again")
    for name in ("chronicle.parquet", "world.zip", "measures.json"):
        assert (folder / "again" / name).read_bytes() == (folder / "kept" / name).read_bytes()


def test_a_policy_without_an_answer_leaves_the_question_to_the_person(folder, vault):
    deciders = Deciders(vault, ["my_policies:shrug"])
    assert deciders.people == ["manager", "guard"]
    run = bp.run(vault, 2, ask=deciders.people, chooser=deciders.answer)
    assert len(run.answers) == 2
    alone = bp.run(vault, 2)
    told = [world.chronicle[: int(world.state["entries"][0])].tobytes() for world in (run.world, alone.world)]
    assert told[0] == told[1]


def test_a_table_is_saved_and_read(folder):
    policy = look()
    assert TablePolicy.load(policy.save("look.json")) == policy
    facts = json.loads(Path("look.json").read_text(encoding="utf-8"))
    for change in ({"format": "policy-9"}, {"features": [{"part": "clock"}]}, {"extra": 1}):
        Path("bad.json").write_text(json.dumps(facts | change), encoding="utf-8")
        with pytest.raises(RequestError, match=r"bad\.json is no saved policy"):
            TablePolicy.load("bad.json")


def test_an_ensemble_plays_policies_as_arms(folder, vault):
    look().save("look.json")
    arms = [
        "doctrine",
        "learned: policy look.json",
        "two: policy manager=my_policies:sure, policy guard=my_policies:shrug",
    ]
    found = ensemble(vault, 12, arms=arms, out="kept", workers=2)
    rows = found.table
    assert set(rows.filter(rows["arm"] == "learned")["chose:manager.act"].drop_nulls()) <= {"police", "look"}
    assert found.run(1).answers == [("manager.act", "look")] * bool(found.run(1).answers)
    again = ensemble(vault, 12, arms=arms, out="kept", workers=1)
    assert again.table.equals(rows)
    assert again.table.equals(ensemble(vault, 12, arms=arms, workers=1).table)
    row = rows.with_row_index().filter(rows["arm"] == "learned")["index"][0]
    saved = load_ensemble(Path("kept"))
    with pytest.raises(RequestError, match="--policy"):
        saved.run(row)
    assert saved.run(0).ending == rows["ending"][0]
    changed = look()
    changed.answers["manager.act"]["0"] = "sleep"
    changed.save("look.json")
    with pytest.raises(RequestError, match="set otherwise"):
        ensemble(vault, 12, arms=arms, out="kept")


def test_a_decision_compares_policies_with_the_options_under_the_same_luck(folder, vault):
    look().save("look.json")
    found = decide(vault, "manager.act", 40, policies=["look.json"])
    assert found.names == ["doctrine", "police", "look", "sleep", "look.json"]
    out = found.outcomes
    place = found.names.index("look.json")
    for world, seed in enumerate(out.seeds.tolist()):
        deciders = Deciders(vault, ["look.json"])
        run = bp.run(vault, seed, ask=deciders.people, chooser=deciders.answer)
        assert vault.endings[out.endings[place, world]].name == run.ending
        if run.answers:
            forced = found.names.index(run.answers[0][1])
            assert out.endings[place, world] == out.endings[forced, world]
            assert out.times[place, world] == out.times[forced, world]


def test_what_is_wrong_with_a_policy_is_said(folder, vault):
    look().save("look.json")
    strange = look()
    strange.features = [Feature(part="beliefs", label="drillin", edges=[0.5])]
    strange.save("strange.json")
    assert [is_policy(text) for text in ("a:b", "m=a:b", "m.act=look", "look.json", "m.act")] == [1, 1, 0, 1, 0]
    for texts, words in (
        (["my_policies:shure"], "did you mean 'sure'"),
        (["no_such_module:f"], "cannot be imported"),
        (["my_policies"], "MODULE:FUNCTION"),
        (["none.json"], "cannot be read"),
        (["clerk=my_policies:sure"], "decides nothing"),
        (["look.json", "manager=my_policies:sure"], "two policies decide for 'manager'"),
    ):
        with pytest.raises(RequestError, match=words):
            Deciders(vault, texts)
    for text, words in (("manager=my_policies:wrong", "has police, look, sleep"), ("strange.json", "'drilling'")):
        deciders = Deciders(vault, [text])
        with pytest.raises(RequestError, match=words):
            bp.run(vault, 2, ask=deciders.people, chooser=deciders.answer)
    with pytest.raises(RequestError, match="one of the two"):
        decide(vault, "manager.act", 2, policies=["manager.act=look"])


def test_the_example_learns_what_beats_the_doctrine(folder, vault, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent.parent / "examples"))
    learn_vault = importlib.import_module("learn_vault")
    learn_vault.train(400).save("manager.json")
    found = ensemble(vault, 150, arms=["doctrine", "learned: policy manager.json"], first=5000)
    lost = found.table.pivot("arm", index="seed", values="measure:lost")
    assert found.table["seed"].min() == 5000, "it was not learned in these worlds"
    worse = int((lost["learned"] > lost["doctrine"]).sum())
    better = int((lost["learned"] < lost["doctrine"]).sum())
    assert better > worse + 5
