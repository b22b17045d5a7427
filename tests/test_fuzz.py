"""Whatever a stranger's scenario holds, it is read or refused with its places, and never with a traceback."""

from __future__ import annotations

import copy

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from briarpatch import ScenarioError, load_text
from briarpatch.scenario import load
from briarpatch.scenario.catalog import packaged

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
        ("count: 40", "count: 1000000000", "count must be at most"),
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
