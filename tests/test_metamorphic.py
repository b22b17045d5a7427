"""What must not matter, over every packaged scenario: order, names, idle company, units, halves, cuts of time, room."""

import copy as copies
import math
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
import yaml

from briarpatch import assembly, units
from briarpatch.errors import BriarpatchError
from briarpatch.scenario import load
from briarpatch.scenario.catalog import load_scenario, load_text, packaged
from briarpatch.world import kinds, refs, states
from briarpatch.world.compiled import INTERPRETED
from briarpatch.world.world import World, compare, copy, from_bytes, grow, to_bytes
from plays import check_causes, few, go_on, log

SEEDS = range(1 if INTERPRETED else 3)


def _loads(path) -> bool:
    try:
        load_scenario(path)
    except BriarpatchError:
        return False
    return True


SCENARIOS = [path.stem for path in sorted(packaged().glob("*.yaml")) if _loads(path)]
"""Every small scenario that comes with the program; the list of all tests below."""


class Mechanism(NamedTuple):
    """What a mechanism's own scenario lets one change, and what must then come no later, or no sooner."""

    system: str
    scenario: str
    knob: str
    """The path of one number of the scenario."""
    stronger: str
    """What that number becomes."""
    kind: str
    """The kind of entry that is watched."""
    about: str
    """Whose entry it is, as the subject; nothing for anybody's."""
    sooner: bool
    """True when the entry may come sooner but not later, under the same luck; False the other way."""


MECHANISMS = [
    Mechanism("rules", "valley", "rules.crack.rate", "1/h", "rule", "crack", True),
    Mechanism("observation", "lookout", "sensors.radar.looks.snr", "30", "detected", "pier", True),
    Mechanism("following", "strike", "movements.walkout.threshold", "0.45", "succeeded", "", False),
    Mechanism("inquiry", "well", "inquiries.samples.information", "0.16/d", "found", "", True),
    Mechanism("rumours", "well", "secrets.hush.chance", "0.3", "leaked", "", True),
    Mechanism("talk", "mill", "talks.gossip.contact", "0.2/h", "told", "bookkeeper", True),
    Mechanism("dealings", "lock", "dealings.basin.error", "0.1", "broke their word", "", True),
    Mechanism("drones", "hunt", "swarms.trackers.width", "90 m", "tagged", "", True),
    Mechanism("march", "trek", "crowds.elders.load", "20 kg", "came through", "elders", False),
    Mechanism("weather", "ridge", "winds.gale.pace", "0.3", "came through", "", False),
    Mechanism("cohorts", "outbreak", "rules.lorry.after.gamma.mean", "20 d", "converted", "campers", True),
    Mechanism("flows", "outbreak", "flows.camp_onset.rate", "0.35/d", "first passed", "camp_onset", True),
    Mechanism("transporter", "airlift", "pads.helicopters.attempts", "2/min", "carried", "", True),
    Mechanism("ships", "skirmish", "vessels.packet.hull", "40", "destroyed", "packet", False),
    Mechanism("signals", "couriers", "channels.pigeon.overhead", "1 min", "delivered", "keeper", True),
    Mechanism("radiation", "spring", "fields.spring.toxicity", "2 Gy", "died", "", False),
    Mechanism("ageing", "century", "life.modal_age", "95 years", "died", "", False),
    Mechanism("malfunction", "rover", "people.rover.malady.onset", "5e-7/s", "malfunctioned", "rover", False),
    Mechanism("knowledge", "vault", "facts.drilling.prior", "0.2", "learned", "manager", True),
    Mechanism("command", "vault", "decisions.manager.act.takes.gamma.mean", "2 min", "chose", "manager", True),
    Mechanism("devices", "countdown", "devices.charge.start.0.gamma.mean", "3 min", "stage done", "charge", True),
    Mechanism("bonds", "quarrel", "bonds.0.appeal", "0.04/h", "grew close", "", True),
]
"""Every mechanism once; the relations below run over all of these, and over every other scenario that comes along."""

every = pytest.mark.parametrize("name", SCENARIOS)


@cache
def scenario_of(name):
    return load_scenario(name)


@cache
def _played(name, seed):
    scenario = scenario_of(name)
    world, status = go_on(scenario, scenario.world(seed))
    assert status == states.FINISHED, states.STATUS_NAMES[status]
    return to_bytes(world)


def played(name, seed):
    """Return a finished world; every call gives a world of its own."""
    return from_bytes(_played(name, seed), scenario_of(name).built.world)


# ------------------------------------------------------------------------------------------------ the data, changed


def data_of(name):
    """Return a scenario's plain data."""
    return copies.deepcopy(load.read(packaged() / f"{name}.yaml").data)


def compiled(data):
    return load_text(text_of(data))


def text_of(data):
    """Return plain data as YAML, in its own order."""
    return yaml.safe_dump(plain(data), sort_keys=False, allow_unicode=True, width=100_000)


def plain(value):
    """Return plain data as plain Python."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    return str(value)


def story(scenario, seed, names=lambda word: word):
    """Return what happens: time, kind, and the names of subject and object; one instant's entries in a fixed order."""
    world, status = go_on(scenario, scenario.world(seed))
    assert status == states.FINISHED
    found = [
        (entry.time, entry.kind, names(entry.subject), names(entry.object))
        for entry in log(scenario, world)
        if entry.kind not in ("told",)
    ]
    return sorted(found), scenario.endings[int(world.state["ending"][0])].name


def alike(first, second):
    """Assert that two stories are the same, times within rounding."""
    assert first[1] == second[1]
    assert len(first[0]) == len(second[0])
    for a, b in zip(first[0], second[0], strict=True):
        assert a[1:] == b[1:], (a, b)
        assert a[0] == pytest.approx(b[0], rel=1e-9, abs=1e-6)


# ------------------------------------------------------------------------------------------------ the same again


@every
def test_it_plays_to_an_ending_in_order_and_from_causes(name):
    for seed in SEEDS:
        world = played(name, seed)
        check_causes(world)
        entries = world.chronicle[: int(world.state["entries"][0])]
        assert int(entries.kind[-1]) == kinds.ENDED
        assert (entries.cause[1:] >= 0).all()
        for column in ("subject", "object"):
            for reference in entries[column]:
                assert reference == refs.NOBODY or int(reference) // refs.ROWS_PER_KIND in assembly.ENTITIES


@every
def test_no_number_of_a_finished_world_is_missing(name):
    world = played(name, 0)
    for field in World._fields:
        array = getattr(world, field)
        for column in array.dtype.names or ("",):
            values = array[column] if column else array
            if values.dtype.kind == "f":
                assert not np.isnan(values).any(), (field, column)


@every
def test_the_same_seed_gives_the_same_bytes_on_any_number_of_threads(name):
    scenario = scenario_of(name)
    seeds = list(SEEDS) * 4

    def bytes_of(seed):
        return to_bytes(go_on(scenario, scenario.world(seed))[0])

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(bytes_of, seeds)) == [_played(name, seed) for seed in seeds]


@every
def test_a_scenario_compiled_twice_is_the_same(name):
    again = load_scenario(name)
    assert to_bytes(go_on(again, again.world(1))[0]) == _played(name, 1)


@every
def test_stopping_anywhere_changes_nothing(name):
    scenario = scenario_of(name)
    for seed in SEEDS:
        whole = played(name, seed)
        world = scenario.world(seed)
        for until in np.linspace(0.0, float(whole.state["time"][0]), 7 if INTERPRETED else 23):
            world, _ = go_on(scenario, world, float(until))
        world, status = go_on(scenario, world, math.inf, 1 << 40)
        assert status == states.FINISHED
        assert compare(world, whole) == []


@every
def test_a_branch_without_a_change_replays_the_original(name):
    scenario = scenario_of(name)
    for seed in SEEDS:
        whole = played(name, seed)
        world, _ = go_on(scenario, scenario.world(seed), float(whole.state["time"][0]) / 2.0)
        branch = copy(world)
        go_on(scenario, world)
        branch, _ = go_on(scenario, branch)
        assert compare(branch, whole) == []


@every
def test_a_saved_world_goes_on_alike(name):
    scenario = scenario_of(name)
    for seed in SEEDS:
        whole = played(name, seed)
        world, _ = go_on(scenario, scenario.world(seed), float(whole.state["time"][0]) / 2.0)
        again, _ = go_on(scenario, from_bytes(to_bytes(world), scenario.built.world))
        assert compare(again, whole) == []


@every
def test_room_that_grows_on_the_way_changes_nothing(name):
    scenario = scenario_of(name)
    for seed in SEEDS:
        world = scenario.world(seed)
        used = int(world.state["entries"][0])
        world = world._replace(chronicle=world.chronicle[: used + 8].copy())
        world, grown = grow(world), 0
        while True:
            world, status = go_on(scenario, world, budget=50)
            if status != states.PAUSED_BY_BUDGET:
                break
            grown += 1
        assert compare(world, played(name, seed)) == []


# ------------------------------------------------------------------------------------------------ what does not matter


@every
def test_the_order_of_the_file_does_not_matter(name):
    data = data_of(name)
    other = {section: data[section] for section in reversed(data)}
    for section, items in other.items():
        if isinstance(items, dict) and section not in ("scenario", "life", "endings", "routes"):
            other[section] = dict(reversed(items.items()))
        if isinstance(items, list):
            other[section] = list(reversed(items))
    one, two = compiled(data), compiled(other)
    for seed in SEEDS:
        alike(story(one, seed), story(two, seed))


@every
def test_those_who_do_nothing_change_nothing(name):
    data = data_of(name)
    more = copies.deepcopy(data)
    more["maps"] = {"nowhere": {}} | (more.get("maps") or {})
    more["places"] = {"limbo": {"map": "nowhere", "at": ["0 m", "0 m"]}} | more["places"]
    more["factions"] = {"idlers": {}} | more["factions"]
    more["people"] = {"idler": {"faction": "idlers", "place": "limbo"}} | more["people"]
    more["crowds"] = {"no_one": {"count": 0, "faction": "idlers", "place": "limbo"}} | (more.get("crowds") or {})
    more["gauges"] = {"unread": {}} | (more.get("gauges") or {})
    more["facts"] = {"unheard": {}} | (more.get("facts") or {})
    more["events"] = {"unseen": {}} | (more.get("events") or {})
    more["rules"] = {"never": {"when": "false", "rate": "1/s", "do": [{"mark": "unseen"}]}} | (more.get("rules") or {})
    one, two = compiled(data), compiled(more)
    for seed in SEEDS:
        found, ending = story(two, seed)
        alike(story(one, seed), ([entry for entry in found if "idler" not in entry], ending))


@every
def test_another_name_with_its_key_is_no_other_fate(name):
    data = data_of(name)
    first = next(iter(data["people"]))
    other = f"{first}_zz"
    renamed = yaml.safe_load(re.sub(rf"(?<![a-z0-9_]){first}(?![a-z0-9_])", other, text_of(data)))
    renamed["people"][other]["key"] = first
    one, two = compiled(data), compiled(renamed)
    back = re.compile(rf"(?<![a-z0-9_]){other}(?![a-z0-9_])")
    for seed in SEEDS:
        alike(story(one, seed), story(two, seed, lambda word: back.sub(first, word)))


def in_other_units(value, key=""):
    """Return plain data with times in minutes, lengths in kilometres, and rates and speeds per hour."""
    if isinstance(value, dict):
        return {name: in_other_units(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [in_other_units(item, key) for item in value]
    if not isinstance(value, str) or key in ("told", "title", "summary", "question", "start"):
        return value
    try:
        number, dimension = units.parse(value)
    except units.UnitError:
        return value
    scale, unit = {
        "time": (60.0, " min"),
        "length": (1000.0, " km"),
        "rate": (1.0 / 3600.0, "/h"),
        "speed": (1.0 / 3.6, " km/h"),
    }.get(dimension, (1.0, None))
    return value if unit is None else f"{number / scale!r}{unit}"


@every
def test_units_do_not_matter(name):
    data = data_of(name)
    other = in_other_units(data)
    assert other != data
    one, two = compiled(data), compiled(other)
    for seed in SEEDS:
        alike(story(one, seed), story(two, seed))


# ------------------------------------------------------------------------------------------------ stronger and weaker


def test_every_mechanism_is_on_the_list():
    unplayed = {"environment"}  # no scenario that comes along has a process
    assert sorted(mechanism.system for mechanism in MECHANISMS) == sorted(set(assembly.NAMES) - unplayed)
    assert {mechanism.scenario for mechanism in MECHANISMS} <= set(SCENARIOS)


def first(scenario, seed, mechanism):
    """Return when the watched entry first comes; never is infinity."""
    world, _ = go_on(scenario, scenario.world(seed))
    found = [e.time for e in log(scenario, world, mechanism.kind) if mechanism.about in ("", e.subject)]
    return min(found, default=math.inf)


@pytest.mark.parametrize("mechanism", MECHANISMS, ids=lambda mechanism: mechanism.system)
def test_what_is_stronger_never_comes_later_and_what_is_shielded_never_sooner(mechanism):
    """Under the same luck, world by world, and not only on average."""
    usual = scenario_of(mechanism.scenario)
    changed = load_scenario(mechanism.scenario, overrides={mechanism.knob: mechanism.stronger})
    differ = came = 0
    for seed in range(6 if INTERPRETED or mechanism.scenario == "century" else 40):
        before, after = first(usual, seed, mechanism), first(changed, seed, mechanism)
        if mechanism.sooner:
            assert after <= before + 1e-6, seed
        else:
            assert after >= before - 1e-6, seed
        differ += before != after
        came += min(before, after) < math.inf
    assert came
    assert differ


def ends(scenario, seeds):
    """Return how often each ending came up, and the mean time of the end."""
    found, at = Counter(), []
    for seed in seeds:
        world, _ = go_on(scenario, scenario.world(seed))
        found[scenario.endings[int(world.state["ending"][0])].name] += 1
        at.append(float(world.state["time"][0]))
    return found, np.array(at)


LONG_WORLDS = ("century", "exile", "outbreak", "trek_north")
"""Scenarios of which fewer worlds are played, since each takes long."""


def hazards(data, parts):
    """Return plain data with a hazard that ends the story in a third of the worlds or more, in so many equal parts."""
    until = units.quantity(data["scenario"]["until"], "time")
    more = copies.deepcopy(data)
    early = more["scenario"].get("ends_when", "false")
    more["scenario"]["ends_when"] = f"({early}) || happened(omen)"
    more["events"] = (more.get("events") or {}) | {"omen": {"told": "an omen"}}
    rate = f"{2.0 / until / parts!r}/s"
    for part in range(parts):
        rule = {"when": "!happened(omen)", "rate": rate, "do": [{"mark": "omen"}]}
        more["rules"] = more["rules"] | {f"omen_{part}": rule}
    for name, rule in data["rules"].items():
        if "rate" in rule and rule.get("once") and "each" not in rule:  # its own rates are split as well
            one = units.quantity(rule["rate"], "rate")
            first_person, second = (list(data["people"]) * 2)[:2] if parts == 2 else ("", "")
            if parts == 2 and first_person != second:
                split = {"rate": f"{one / 2.0!r}/s", "each": {"half": [first_person, second]}}
                more["rules"][name] = rule | split | {"when": f"({rule.get('when', 'true')}) && !happened({name})"}
    return more


@pytest.mark.long
@every
def test_a_rate_in_two_halves_is_the_same_law(name):
    data = data_of(name)
    n = few(60 if name in LONG_WORLDS else 400)
    (one, when_one), (two, when_two) = (
        ends(compiled(hazards(data, parts)), seeds) for parts, seeds in ((1, range(n)), (2, range(n, 2 * n)))
    )
    for ending in one | two:
        p = (one[ending] + two[ending]) / (2 * n)
        assert abs(one[ending] - two[ending]) / n <= 4.0 * math.sqrt(2.0 * p * (1.0 - p) / n), ending
    error = math.sqrt((when_one.var() + when_two.var()) / n)
    assert abs(when_one.mean() - when_two.mean()) <= 4.0 * error


# ------------------------------------------------------------------------------------------------ cadences


CADENCES = {"every", "period", "poll", "bonds_every", "ages_every", "doses_every"}


def halved(value):
    """Return plain data in which every stated cadence is half as long."""
    if isinstance(value, dict):
        return {
            key: f"{units.quantity(item, 'time') / 2.0!r} s" if key in CADENCES else halved(item)
            for key, item in value.items()
        }
    return [halved(item) for item in value] if isinstance(value, list) else value


@pytest.mark.long
@every
def test_halving_every_cadence_keeps_the_law(name):
    data = data_of(name)
    data["scenario"] = {"poll": "60 s"} | data["scenario"]
    data["life"] = {"bonds_every": "1 h"} | (data.get("life") or {})
    for sensor in (data.get("sensors") or {}).values():
        sensor.setdefault("period", "600 s")
    for swarm in (data.get("swarms") or {}).values():
        swarm.setdefault("period", "60 s")
    one, two = compiled(data), compiled(halved(data))
    n = few(100 if name in LONG_WORLDS else 400)
    ends = []
    for scenario, seeds in ((one, range(n)), (two, range(n, 2 * n))):
        found = Counter()
        for seed in seeds:
            world, _ = go_on(scenario, scenario.world(seed))
            found[scenario.endings[int(world.state["ending"][0])].name] += 1
        ends.append(found)
    for ending in ends[0] | ends[1]:
        p = (ends[0][ending] + ends[1][ending]) / (2 * n)
        assert abs(ends[0][ending] - ends[1][ending]) / n <= 4.0 * math.sqrt(2.0 * p * (1.0 - p) / n), ending
