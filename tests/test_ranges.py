"""Every number that an author writes has a declared range, and outside it an error with its place and what would do."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from briarpatch import engine
from briarpatch.errors import ScenarioError
from briarpatch.scenario import load
from briarpatch.scenario.catalog import load_text
from briarpatch.scenario.schema import json_schema
from plays import log, play

Path = tuple[str | int, ...]

ON_EARTH = {"latitude": 90.0, "longitude": 180.0}
NAMES = {"decisions": "somebody.something"}
"""What a key of a section is called, where `something` will not do."""

ABOUT_A_NUMBER = ("must be", "needs a", "is not a quantity", "is not a unit", "is too large")


def leaves(node: dict[str, Any], path: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield every place of a scenario where a number may stand, and what the schema declares of it."""
    if {*node.get("properties", ())} == {*ON_EARTH}:  # refused as a whole; see below
        return
    if "$ref" in node:
        yield from leaves(json_schema()["$defs"][node["$ref"].rsplit("/", 1)[1]], path)
    for either in node.get("anyOf", ()):
        yield from leaves(either, path)
    for name, field in node.get("properties", {}).items():
        yield from leaves(field, (*path, name))
    for of_any_name in (node.get("additionalProperties"), *node.get("patternProperties", {}).values()):
        if isinstance(of_any_name, dict):
            yield from leaves(of_any_name, (*path, NAMES.get(str(path[-1]), "something")))
    if isinstance(node.get("items"), dict):
        yield from leaves(node["items"], (*path, 0))
    for number, item in enumerate(node.get("prefixItems", ())):
        yield from leaves(item, (*path, number))
    if "enum" not in node and {"number", "integer"} & set(
        [node.get("type")] if isinstance(node.get("type"), str) else node.get("type", [])
    ):
        yield path, node


NUMBERS = sorted(dict(leaves(json_schema())).items(), key=lambda pair: str(pair[0]))
SECTIONS = sorted({str(path[0]) for path, _ in NUMBERS})


def document(values: dict[Path, Any]) -> Any:
    """Return plain data that holds each value at its path and nothing else."""
    data: dict = {}
    for path, value in values.items():
        at: Any = data
        for step, following in zip(path, (*path[1:], None), strict=True):
            inside: Any = value if following is None else [] if isinstance(following, int) else {}
            if isinstance(step, int):
                at += ["0 m"] * (step + 1 - len(at))
                at[step] = inside if following is None or not isinstance(at[step], (dict, list)) else at[step]
            elif following is None or step not in at:
                at[step] = inside
            at = at[step]
    return data


def clash(one: Path, other: Path) -> bool:
    """Return whether one of two paths leads through the end of the other, or through a list where the other has names."""
    for step, its in zip(one, other, strict=False):
        if step != its:
            return isinstance(step, int) != isinstance(its, int)
    return True


def apart(paths: list[Path]) -> list[list[Path]]:
    """Return the paths in groups that one document can hold: no two of them clash."""
    groups: list[list[Path]] = []
    for path in paths:
        for group in groups:
            if not any(clash(path, other) for other in group):
                group.append(path)
                break
        else:
            groups.append([path])
    return groups


def written(number: float, unit: str) -> Any:
    """Return a number as an author would write it in that unit."""
    return f"{number!r} {unit.removeprefix('1')}" if unit else number


def complaints(values: dict[Path, Any]) -> dict[Path, str]:
    """Return what loading says of the value at each path, or nothing."""
    found = dict.fromkeys(values, "")
    for group in apart(list(values)):
        text = yaml.safe_dump(document({path: values[path] for path in group}), sort_keys=False)
        source = load.read_text(text)
        with pytest.raises(ScenarioError) as caught:
            load_text(text)
        for path in group:
            place = source.place(path)
            said = [fault.message for fault in caught.value.faults if fault.place == place]
            found[path] = "; ".join(m for m in said if any(word in m for word in ABOUT_A_NUMBER))
    return found


def test_there_are_numbers_in_every_section_that_has_some():
    assert len(NUMBERS) > 150
    assert {"people", "crowds", "vessels", "devices", "rules", "life", "bonds", "councils"} <= set(SECTIONS)


def test_every_number_has_a_declared_range_and_a_unit():
    for path, node in NUMBERS:
        low = node.get("minimum", node.get("exclusiveMinimum"))
        assert "unit" in node, path
        assert low is not None, path
        assert math.isfinite(low), path
        assert math.isfinite(node["maximum"]), path
        assert low < node["maximum"], path


def test_outside_its_range_a_number_is_refused_at_its_place():
    below, beyond = {}, {}
    for path, node in NUMBERS:
        low, high = node.get("minimum"), node["maximum"]
        below[path] = written(node["exclusiveMinimum"] if low is None else low - max(1.0, abs(low)), node["unit"])
        beyond[path] = written(high + max(1.0, abs(high)), node["unit"])
    for path, said in complaints(below).items():
        assert "must be at least" in said or "must be more than" in said, (path, said)
    for path, said in complaints(beyond).items():
        assert "must be at most" in said, (path, said)


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, "nan", "inf m", "1e999 km", "many", True, "3 furlongs"]
)
def test_what_is_no_number_is_refused_at_its_place(value):
    """Where an expression may stand too, a word is one: that it names nothing the language says."""
    words = isinstance(value, str) and not value[0].isdigit()
    where = [path for path, node in NUMBERS if not (words and node.get("expression"))]
    for path, said in complaints(dict.fromkeys(where, value)).items():
        assert said, (path, value)


@pytest.mark.parametrize("of", ON_EARTH)
@pytest.mark.parametrize("value", [1.001, -1.001, math.nan, math.inf, "nan", "10 km", "many", True, []])
def test_a_position_on_the_earth_is_refused_as_a_whole(of, value):
    """`value` is a share of the most that it may be, or no number at all."""
    number = type(value) is float
    at = dict.fromkeys(ON_EARTH, 1.0) | {of: value * ON_EARTH[of] if number else value}
    text = yaml.safe_dump({"maps": {"land": {"earth": {**ON_EARTH}}}, "places": {"town": {"map": "land", "at": at}}})
    with pytest.raises(ScenarioError) as caught:
        load_text(text)
    place = load.read_text(text).place(("places", "town", "at"))
    (said,) = [fault.message for fault in caught.value.faults if fault.place == place]
    asked = f"{of} {at[of]:g}; degrees go from" if number and math.isfinite(value) else f"'{of}'"
    assert asked in said


@pytest.mark.parametrize("end", ["minimum", "maximum"])
def test_both_ends_of_a_range_belong_to_it(end):
    values = {path: written(node[end], node["unit"]) for path, node in NUMBERS if end in node}
    for path, said in complaints(values).items():
        assert said == "", (path, said)


# ------------------------------------------------------------------------------------------------ the right limits

STAGE = """
scenario: { title: a test, until: 1 h }
maps: { ground: {} }
places: { here: { map: ground, at: [0 km, 0 km] }, there: { map: ground, at: [1 km, 0 km] } }
factions: { ours: {}, theirs: {} }
people: { ann: { faction: ours, place: here } }
endings: { over: { told: it was over } }
"""


def kinds_of(text: str) -> list[str]:
    """Return the kinds of what happens, but for rules and the frame of the story."""
    scenario = load_text(STAGE + text)
    return [e.kind for e in log(scenario, play(scenario)) if e.kind not in ("began", "ended", "rule")]


def test_a_weapon_of_range_zero_reaches_nothing():
    fleet = (
        "vessels:\n"
        "  one: { faction: ours, at: here, weapons: { gun: { rate: 1/s, range: RANGE } } }\n"
        "  two: { faction: theirs, at: there, hull: 3 }\n"
        'rules: { fire: { when: "true", after: 1 s, do: [attack: { by: one, target: two }] } }\n'
    )
    assert kinds_of(fleet.replace("RANGE", "0 m")) == ["was out of reach"]
    assert "destroyed" in kinds_of(fleet.replace("RANGE", "2 km"))


@pytest.mark.parametrize("value", [0, 9, -8, math.nan, "many", True])
def test_a_choice_of_numbers_is_refused_where_it_is_none_of_them(value):
    text = f"routes: {{ lane: {{ start: here, end: there, find: {{ neighbours: {yaml.safe_dump(value).split()[0]} }} }} }}\n"
    with pytest.raises(ScenarioError, match=r"<text>:8:\d+ .*8.*16"):
        load_text(STAGE + text)


def test_an_empty_crowd_is_led_hunted_carried_and_killed_and_nothing_comes_of_it():
    text = (
        "crowds: { none: { count: 0, faction: theirs, place: here } }\n"
        "routes: { lane: { start: here, end: there } }\n"
        "pads: { lift: { owner: there, faction: ours } }\n"
        "swarms: { eyes: { faction: ours, base: there, count: 3 } }\n"
        'rules: { all: { when: "true", after: 1 s, do: [evacuate: { who: none, along: lane }, '
        "transport: { who: none, to: there, by: lift }, launch: { swarm: eyes, after: none }, kill: none] } }\n"
    )
    assert set(kinds_of(text)) == {
        "launched",
        "was out of reach",
        "was so already",
    }  # nobody at the start of the lane, and nobody to kill


def test_a_route_that_does_not_exist_is_refused_where_it_is_named():
    text = "routes: { lane: { start: here, end: there } }\ncrowds: { few: { count: 2, faction: ours, place: here } }\n"
    rule = 'rules: { go: { when: "true", after: 1 s, do: [evacuate: { who: few, along: lain }] } }\n'
    with pytest.raises(ScenarioError, match=r"<text>:\d+:\d+ unknown route 'lain'; did you mean 'lane'\?"):
        load_text(STAGE + text + rule)


def test_a_queue_with_more_work_than_its_pads_can_do_grows_and_serves_what_it_can():
    text = (
        "crowds: { many: { count: 100, faction: ours, place: here } }\n"
        "pads: { lift: { owner: here, faction: ours, count: 1, batch: 2, cycle: 10 min, attempts: 100/s, gain: 1e9 } }\n"
        'rules: { all: { when: "true", after: 1 s, do: [transport: { who: many, to: there, by: lift }] } }\n'
        'measures: { left: { told: left, value: "count_at(many, here)" }, gone: { told: gone, value: "count_at(many, there)" }, '
        'away: { told: away, value: "count(many, travelling)" } }\n'
    )
    scenario = load_text(STAGE + text)
    left, gone, away = engine.measures(scenario.program, play(scenario)).tolist()
    assert (left, gone, away) == (88.0, 10.0, 2.0)


def test_a_council_whose_quorum_is_larger_than_itself_is_refused_or_never_decides():
    with pytest.raises(ScenarioError, match="quorum"):
        load_text(STAGE + "councils: { board: { faction: ours, members: 3, quorum: 5 } }\n")
