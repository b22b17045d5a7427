"""Plans: arms and seeds from a file or from words; every fault has its place, and nothing shows a traceback."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briarpatch.analysis.ensemble import prepare
from briarpatch.analysis.plans import Plan, arms_of, describe, read_arm, read_plan
from briarpatch.analysis.worlds import Arm
from briarpatch.errors import BriarpatchError, RequestError, ScenarioError
from plan_texts import read_plan_text

PLAN = """\
scenario: skirmish
seeds: {first: 5, count: 40}
accounts: false
arms:
  as it is: {}
  flight:
    choose: {master.stand: run}
    set: {scenario.title: Flight}
"""


def test_a_plan_is_read():
    plan = read_plan_text(PLAN)
    assert (plan.scenario, plan.first, plan.count, plan.accounts) == ("skirmish", 5, 40, False)
    assert plan.arms == (
        Arm("as it is"),
        Arm("flight", {"master.stand": "run"}, {}, {"scenario.title": "Flight"}),
    )
    job = prepare(None, plan=plan)
    assert [player.arm.name for player in job.seats] == ["as it is", "flight"]
    assert job.seats[1].scenario.title == "Flight"
    assert (job.manifest.first, job.count) == (5, 40)
    assert read_plan_text("seeds: 7").arms == (Arm(),)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (
            "seeds: {first: 5, count: 40}",
            "seeds: {first: 5, cuont: 40}",
            "plan.yaml:2:19 unknown key 'cuont'; did you mean",
        ),
        ("seeds: {first: 5, count: 40}", "seeds: none", "plan.yaml:2:8 seeds: "),
        ("seeds: {first: 5, count: 40}", "seeds: 0", "plan.yaml:2:8 seeds must be from 1"),
        ("seeds: {first: 5, count: 40}", "seeds: {first: -1, count: 4}", "plan.yaml:2:16 first: "),
        ("seeds: {first: 5, count: 40}", "seeds: {first: 5}", "'count' is missing; add it"),
        ("accounts: false", "acounts: false", "plan.yaml:3:1 unknown key 'acounts'; did you mean 'accounts'"),
        ("accounts: false", "accounts: yes", "plan.yaml:3:11 accounts: "),
        ("choose:", "chose:", "plan.yaml:7:5 unknown key 'chose'; did you mean 'choose'"),
        (
            "{master.stand: run}",
            "{master.stand: flee}",
            "plan.yaml:7:28 arm 'flight': 'master.stand' has no option 'flee'",
        ),
        ("{master.stand: run}", "{master.stnad: run}", "plan.yaml:7:28 arm 'flight': unknown decision 'master.stnad'"),
        ("{master.stand: run}", "[run]", "plan.yaml:7:13 choose: "),
        (
            "set: {scenario.title: Flight}",
            "variant: {season: dry}",
            "plan.yaml:8:23 arm 'flight': unknown variant 'season'",
        ),
        ("{scenario.title: Flight}", "{people.nobody.x.y: 4}", "plan.yaml:8:30 arm 'flight': "),
        ("  flight:", "  as it is:", "as it is"),
        ("  flight:", "  ' flight':", "plan.yaml:6:3 an arm's name has"),
        ("arms:", "arms: &a", "plan.yaml:4:7"),
    ],
)
def test_a_fault_has_its_place(tmp_path, before, after, says):
    assert before in PLAN
    (tmp_path / "plan.yaml").write_text(PLAN.replace(before, after))
    with pytest.raises(ScenarioError) as caught:
        prepare(None, plan=tmp_path / "plan.yaml")
    assert says in str(caught.value)


def test_faults_of_several_arms_are_told_together():
    plan = read_plan_text("scenario: skirmish\narms:\n  a: {choose: {x.y: z}}\n  b: {variant: {season: dry}}\n")
    with pytest.raises(ScenarioError) as caught:
        plan.players("skirmish")
    assert len(caught.value.faults) == 2


def test_a_plan_that_is_not_there(tmp_path):
    for path, says in ((tmp_path / "none.yaml", "no such file"), (tmp_path, "is a folder; a plan is one YAML file")):
        with pytest.raises(ScenarioError, match=says):
            read_plan(path)
    with pytest.raises(RequestError, match="which scenario"):
        prepare(None)
    with pytest.raises(RequestError, match="not both"):
        prepare("skirmish", plan=Plan((Arm(),)), arms=[Arm()])


def test_an_arm_in_words():
    arm = read_arm("warned, and early: choose mayor.warn=warn, variant season=spring, set a.b=5, as-told B")
    assert arm == Arm("warned, and early", {"mayor.warn": "warn"}, {"season": "spring"}, {"a.b": "5"}, "B")
    assert read_arm("x: set scenario.title=One, two").overrides == {"scenario.title": "One, two"}
    assert read_arm("as it is") == Arm("as it is")
    assert describe(Arm(choices={"a.b": "c"}, as_told="A")) == "as told by A, a.b=c"
    assert len(describe(Arm(choices={"a.b": "c" * 200}))) == 80


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("", "needs a name"),
        (": choose a.b=c", "needs a name"),
        ("x: a.b=c", "after the colon comes choose"),
        ("x: choose a.b", "choose needs NAME=VALUE, got 'a.b'"),
        ("x: choose a.b=c, choose a.b=d", "sets 'a.b' twice"),
        ("x" * 81, "1 to 80 characters"),
    ],
)
def test_words_that_make_no_sense(words, says):
    with pytest.raises(RequestError, match=says):
        read_arm(words)


def test_settings_for_every_arm_give_way_to_its_own():
    base = Arm(choices={"a.b": "c"}, variants={"season": "dry"})
    one, two = arms_of(base, [Arm("one"), Arm("two", {"a.b": "d"})])
    assert (one.choices, two.choices, two.variants) == ({"a.b": "c"}, {"a.b": "d"}, {"season": "dry"})
    assert arms_of(base, [])[0].name == "a.b=c, season=dry"


WORDS = [
    "scenario",
    "seeds",
    "arms",
    "choose",
    "variant",
    "set",
    "as_told",
    ":",
    "{",
    "}",
    "[",
    "]",
    "&a",
    "*a",
    "!!python/object",
    "master.stand",
    "run",
    "1",
    "-1",
    "1e999",
    "null",
    "'",
    '"',
    "#",
    "é",
    "first",
    "count",
    "---",
    "?",
    "|",
    "skirmish",
    "scenario.title",
    "0x10",
    "2020-01-01",
    "<<",
    "999999999999",
]
PIECES = st.sampled_from([*WORDS, ", ", "- ", "\n", "\n  ", "\n    ", "\t", "\x00"])


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=60))
def test_no_text_gives_anything_but_a_plan_or_an_error(text):
    try:
        plan = read_plan_text(text)
    except BriarpatchError:
        return
    assert isinstance(plan, Plan)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["run", "", "x", "1 km", "master.stand", "2 d"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["master.stand", "run", "x", ""]), inner)
    ),
    max_leaves=6,
)
KEYS = st.sampled_from(["choose", "variant", "set", "as_told", "chose"])


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["a", "b", " ", "x" * 90]), st.dictionaries(KEYS, VALUES, max_size=3) | VALUES, max_size=3
    ),
    VALUES,
)
def test_no_arms_give_anything_but_players_or_an_error(arms, seeds):
    import json

    text = json.dumps({"scenario": "skirmish", "seeds": seeds, "arms": arms})
    try:
        job = prepare(None, plan=read_plan_text(text))
    except BriarpatchError:
        return
    assert job.seats


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(["x", ":", "choose", "set ", "variant ", "as-told ", "=", ",", " ", "a.b"])).map("".join)
)
def test_no_words_give_anything_but_an_arm_or_an_error(words):
    try:
        arm = read_arm(words)
    except RequestError:
        return
    assert arm.name
