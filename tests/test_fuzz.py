"""Whatever a stranger's scenario holds, it is read or refused with its places, and never with a traceback."""

from __future__ import annotations

import copy
import math

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fuzz
from briarpatch import ScenarioError, load_text
from briarpatch.run import Run
from briarpatch.scenario import load
from briarpatch.scenario.catalog import packaged
from briarpatch.world.compiled import INTERPRETED

DATA = {name: load.read(packaged() / f"{name}.yaml").data for name in ("valley", "vault", "countdown", "couriers")}

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=12),
    st.sampled_from(
        [
            "5 km",
            "2 h",
            "-1 s",
            "1e400 m",
            "0/h",
            "true",
            "time() > '1 h'",
            "count(nobody, dead)",
            "((((",
            "1 furlong",
            "..",
        ]
    ),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
)


def paths(data: object, at: tuple = ()) -> list[tuple]:
    """Return the path of every node below the root."""
    found = []
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        found += [(*at, key), *paths(value, (*at, key))]
    return found


def change(data: dict, path: tuple, how: str, value: object) -> None:
    at = data
    for key in path[:-1]:
        at = at[key]
    if how == "drop":
        del at[path[-1]]
    elif how == "add" and isinstance(at, dict):
        at[str(value)[:20]] = value
    else:
        at[path[-1]] = value


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_a_scenario_with_anything_changed_is_read_or_refused(data):
    changed = copy.deepcopy(DATA[data.draw(st.sampled_from(sorted(DATA)))])
    for _ in range(data.draw(st.integers(1, 3))):
        where = paths(changed)
        change(
            changed,
            data.draw(st.sampled_from(where)),
            data.draw(st.sampled_from(["drop", "set", "add"])),
            data.draw(ODD),
        )
    text = yaml.safe_dump(changed, allow_unicode=True, sort_keys=False)
    faults = None
    try:
        load_text(text)
    except ScenarioError as wrong:
        faults = wrong.faults
    assert faults is None or (faults and all(fault.message.strip() for fault in faults))


VALLEY = (packaged() / "valley.yaml").read_text(encoding="utf-8")
PERSON = "mayor: { told: the mayor, faction: valley_people, place: village }"


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('when: "true"', 'when: "' + "1 < 2 && " * 12000 + 'true"', "characters"),
        ('when: "true"', 'when: "' + "(" * 10000 + "true" + ")" * 10000 + '"', "characters|nested|deep"),
        ('when: "true"', 'when: "' + "!" * 3000 + 'true"', "nested|deep"),
        ("count: 40", "count: 1000000000", "people in all, named and in crowds; at most"),
        ("count: 40", "count: 40 km", "count needs a plain number, got a length"),
        ("count: 40", "count: &c 40", "anchor"),
        ("count: 40", "count: !!python/object:os.system 40", "tag"),
        ("count: 40", "count: 40, count: 41", "stands at .* too; keep one"),
        ("speed: 11 km/h", "speed: 11 kg", "needs a speed.*got a mass"),
        ("until: 24 h", "until: 24 h m", "until"),
        (PERSON, PERSON.replace("}", ", superior: mayor }"), "circle: mayor -> mayor"),
        ("knows(mayor, cracking)", "knows(major, cracking)", "unknown person 'major' in knows.*did you mean 'mayor'"),
    ],
)
def test_what_a_scenario_may_not_hold(before, after, message):
    assert before in VALLEY
    with pytest.raises(ScenarioError, match=message):
        load_text(VALLEY.replace(before, after, 1))


# ------------------------------------------------------------------------------------------------ the fuzzing program


needs_compiler = pytest.mark.skipif(INTERPRETED, reason="compiled and interpreted play are compared")


@needs_compiler
def test_a_few_dozen_changed_things_are_read_or_refused_and_played_alike():
    answer = fuzz.fuzz(seed=11, cases=24)
    assert answer.findings == []
    assert answer.tried == 24
    assert answer.played >= 2


@needs_compiler
@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
def test_many_changed_things_are_read_or_refused_and_played_alike(seed):
    answer = fuzz.fuzz(seed=seed, seconds=60.0)
    assert answer.findings == []
    assert answer.played > 2  # a busy machine plays some six


def test_a_case_follows_from_its_seed_and_number_alone():
    texts = fuzz.sources()
    first, second = ([fuzz.Changes(3, case).scenario(texts) for case in range(20)] for _ in range(2))
    assert first == second
    assert len(set(first)) > 15


UNDEFINED = """
scenario: {{ title: Undefined, until: 1 h }}
maps: {{ sea: {{}}, hill: {{}} }}
places: {{ port: {{ map: sea, at: [0 m, 0 m] }}, top: {{ map: hill, at: [0 m, 0 m] }} }}
factions: {{ folk: {{}}, nobody: {{}} }}
people: {{ ann: {{ faction: folk, place: port }} }}
events: {{ bell: {{}} }}
gauges: {{ tide: {{}}, ebb: {{ start: -1 }} }}
endings: {{ over: {{ told: over }} }}
measures: {{ asked: {{ told: asked, value: "{expression}", unit: "{unit}" }} }}
"""


@pytest.mark.parametrize(
    ("expression", "unit", "sets"),
    [
        ("1 / tide", "1", 3.0),
        ("5 % tide", "1", 3.0),
        ("min(1, 2 * (ebb + 1 / tide))", "1", 3.0),
        ("ln(ebb + tide)", "1", 4.0),
        ("power(tide, ebb)", "1", 2.0),
        ("mean_biological_age(nobody)", "y", None),
        ("distance(ann, top)", "m", None),
        ("since(bell)", "s", None),
    ],
)
def test_the_fuzzing_program_excuses_what_is_undefined_in_that_world_alone(expression, unit, sets):
    """A gauge that is NaN is not excused by a quotient beside it, nor a quotient whose divisor is not zero."""
    scenario = load_text(UNDEFINED.format(expression=expression, unit=unit))
    run = Run(scenario, 1).go()
    assert math.isnan(run.measures["asked"])
    assert fuzz.unexplained(run, 0) == ""
    if sets is not None:
        run.world.gauges["value"][0] = math.nan
        assert math.isnan(run.measures["asked"])
        assert "gauge" in fuzz.unexplained(run, 0)
        run.world.gauges["value"][0] = sets
        assert not math.isnan(run.measures["asked"])
        assert fuzz.unexplained(run, 0) == "no step of it gives NaN"


def test_two_ways_of_playing_are_compared_to_the_bit():
    one = {
        "told": ["a", "b"],
        "late": False,
        "status": "finished",
        "tables": {"pairs": "1", "people": "2"},
        "measures": {"dead": "0x0p+0"},
    }
    assert fuzz.differs(one, copy.deepcopy(one)) == ""
    assert "from entry 1 on" in fuzz.differs(one, one | {"told": ["a", "c"]})
    assert "from entry 1 on" in fuzz.differs(one, one | {"told": ["a"]})
    assert "tables pairs" in fuzz.differs(one, one | {"tables": {"pairs": "3", "people": "2"}})
    assert "measures dead" in fuzz.differs(one, one | {"measures": {"dead": "-0x0p+0"}})
    assert "refuse" in fuzz.differs({"refused": ["a"]}, {"refused": ["b"]})
    assert "one way gives" in fuzz.differs({"refused": ["a"]}, one)
    late = {"told": ["a"], "late": True, "status": "running"}
    assert fuzz.differs(one, late) == ""
    assert "from entry 0 on" in fuzz.differs(one, late | {"told": ["c"]})


SET_OFF = """
scenario: { title: Off, until: 1 h }
maps: { sea: {} }
places: { port: { map: sea, at: [0 m, 0 m] } }
factions: { folk: {} }
people: { ann: { faction: folk, place: port } }
gauges: { tide: {} }
rules:
  up: { when: gauge(tide) == 0, repeat: true, do: [add: { gauge: tide, by: 1 }] }
  down: { when: gauge(tide) == 1, repeat: true, do: [add: { gauge: tide, by: -1 }] }
endings: { over: { told: over } }
"""


@needs_compiler
def test_the_fuzzing_program_finds_what_is_there_to_find(monkeypatch):
    """An exception of another kind, and a guard, are findings."""
    from briarpatch.scenario import catalog

    def broken(text):
        raise KeyError(text)

    monkeypatch.setattr(catalog, "load_text", broken)
    with pytest.raises(KeyError):
        fuzz.play("scenario: {}")
    monkeypatch.undo()
    monkeypatch.setattr(fuzz, "ASKED_FOR", ())
    monkeypatch.setattr(fuzz, "STEPS", 1_000_000)
    monkeypatch.setattr(fuzz, "SECONDS", 60.0)
    with pytest.raises(fuzz.Finding, match="too many things at one moment"):
        fuzz.play(SET_OFF)
