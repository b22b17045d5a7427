"""Beside, not downstream: what is unrelated changes no byte of anything else, however lively it is."""

from __future__ import annotations

import copy
import math
from pathlib import Path

import numpy as np
import pytest
import yaml

import briarpatch
from briarpatch import assembly, engine, load_scenario
from briarpatch.scenario import load
from briarpatch.scenario.catalog import find, load_text
from briarpatch.world import refs, states
from briarpatch.world.compiled import INTERPRETED
from briarpatch.world.world import grow

SCENARIOS = Path(briarpatch.__file__).parent / "scenarios"
NAMES = sorted(path.stem for path in SCENARIOS.iterdir() if not path.name.startswith("_"))
SLOW = {"insurrection", "exile", "hunt", "valley", "well", "spring", "century", "geese", "quiet", "trek", "quarrel"}

OFTEN = {"when": "true"}
PART = "PART"
"""Stands for a part of the time that the story lasts at most, so that a century sees no more of it than an hour."""
LIVELY = {
    "maps": {"other_elsewhere": {}},
    "places": {
        "other_yard": {"map": "other_elsewhere", "at": ["0 m", "0 m"]},
        "other_pier": {"map": "other_elsewhere", "at": ["700 m", "100 m"]},
        "other_attic": {"map": "other_elsewhere", "at": ["900 km", "9 km"]},
    },
    "factions": {"other_bystanders": {}},
    "people": {
        "other_stroller": {"faction": "other_bystanders", "place": "other_yard", "knows": ["other_gossip"]},
        "other_sitter": {"faction": "other_bystanders", "place": "other_yard", "age": "70 years"},
    },
    "crowds": {"other_onlookers": {"count": 3, "faction": "other_bystanders", "place": "other_pier"}},
    "vessels": {"other_raft": {"faction": "other_bystanders", "at": "other_pier", "speed": "1 m/s"}},
    "devices": {"other_churn": {"faction": "other_bystanders", "at": "other_yard", "start": ["7 min", "11 min"]}},
    "facts": {"other_gossip": {}, "other_weather": {}},
    "events": {"other_chime": {}},
    "gauges": {"other_tally": {}},
    "bonds": [
        {
            "who": "other_stroller",
            "to": "other_sitter",
            "mutual": True,
            "appeal": "0.01/h",
            "decay": "0.02/h",
            "together": True,
        }
    ],
    "dealings": {"other_chess": {"between": ["other_stroller", "other_sitter"], "rate": "20 PART"}},
    "talks": {
        "other_chatter": {"fact": "other_gossip", "among": ["other_stroller", "other_sitter"], "contact": "4 PART"}
    },
    "sensors": {"other_squint": {"owner": "other_sitter", "targets": ["other_stroller"]}},
    "rules": {
        "other_stroll": OFTEN | {"rate": "40 PART", "do": [{"move": {"who": "other_stroller", "to": "other_pier"}}]},
        "other_stroll_back": OFTEN
        | {"rate": "26 PART", "do": [{"move": {"who": "other_stroller", "to": "other_yard"}}]},
        "other_row": OFTEN | {"rate": "10 PART", "do": [{"sail": {"vessel": "other_raft", "to": "other_yard"}}]},
        "other_row_back": OFTEN | {"rate": "8 PART", "do": [{"sail": {"vessel": "other_raft", "to": "other_pier"}}]},
        "other_churning": {"when": "true", "after": "13 min", "do": [{"start": "other_churn"}]},
        "other_chimes": OFTEN
        | {"rate": "20 PART", "do": [{"mark": "other_chime"}, {"add": {"gauge": "other_tally", "by": 1}}]},
        "other_rain": OFTEN
        | {"rate": "4 PART", "do": [{"become": "other_weather"}, {"become": {"fact": "other_weather", "so": False}}]},
        "other_warming": OFTEN
        | {"rate": "6 PART", "do": [{"bond": {"who": "other_sitter", "to": "other_stroller", "affection": 0.01}}]},
        "other_near": {
            "when": "distance(other_stroller, other_sitter) > '300 m'",
            "repeat": True,
            "poll": "EVERY",
            "do": [],
        },
        "other_last": {"when": "true", "rate": "0.2 PART", "once": True, "do": [{"kill": "other_sitter"}]},
    },
}
"""Somebody who walks, rows, talks, plays and dies on a map of their own, and what they do it with."""

BUSY = {
    "routes": {"other_path": {"start": "other_yard", "end": "other_pier"}},
    "values": {"other_whim": "what one likes"},
    "channels": {"other_post": {"overhead": "1 min", "reliability": 0.5, "fails": "9 PART", "mends": "9 PART"}},
    "councils": {"other_board": {"faction": "other_bystanders", "place": "other_yard", "competence": 0.7}},
    "pads": {"other_lift": {"owner": "other_yard", "faction": "other_bystanders", "count": 1, "range": "2 km"}},
    "swarms": {"other_flies": {"faction": "other_bystanders", "base": "other_yard", "count": 2, "area": "1 km^2"}},
    "orders": {"other_hush": {}},
    "directives": {"other_manners": {"binds": "other_bystanders", "broken_when": "happened(other_chime)"}},
    "opinions": {
        "other_taste": {"among": ["other_stroller", "other_sitter"], "initial": {"other_sitter": 1}, "openness": 0.5}
    },
    "movements": {"other_craze": {"among": "other_onlookers", "when": "happened(other_chime)", "threshold": 0.4}},
    "inquiries": {"other_look": {"who": "other_sitter", "fact": "other_weather", "information": "9 PART"}},
    "rumours": {"other_talk": {"fact": "other_gossip", "among": "other_onlookers", "contact": "20 PART"}},
    "secrets": {
        "other_secret": {
            "fact": "other_gossip", "among": "other_bystanders", "chance": 0.2, "per": "SPAN", "to": "other_sitter",
        }
    },
    "defections": {"other_doubt": {"who": "other_sitter", "to": "other_turncoats", "base": "2 PART"}},
    "factions": {"other_turncoats": {}},
    "decisions": {
        "other_sitter.other_muse": {
            "question": "what now",
            "when": "happened(other_chime)",
            "repeat": True,
            "takes": "SPAN",
            "options": {
                "hum": {"told": "h", "utility": {"other_whim": "1"}, "do": [{"discuss": "other_taste"}]},
                "call": {"told": "c", "do": [{"order": {"from": "other_sitter", "to": "other_stroller", "order": "other_hush"}}]},
            },
        }
    },
    "rules": {
        "other_letter": OFTEN | {"rate": "9 PART", "do": [{"send": {"from": "other_stroller", "to": "other_board", "fact": "other_gossip", "by": "other_post"}}]},
        "other_ride": OFTEN | {"rate": "5 PART", "do": [{"launch": {"swarm": "other_flies", "after": "other_onlookers"}}]},
    },
}  # fmt: skip
"""The other sections of a scenario, among the same bystanders; a field is left out, since it reaches every map."""

BUSY = LIVELY | {name: LIVELY.get(name, {}) | entries for name, entries in BUSY.items()}


def paced(value, lasts: float):
    """Return `value` with rates and cadences that fit a story that lasts so long [s]."""
    if isinstance(value, dict):
        return {key: paced(item, lasts) for key, item in value.items()}
    if isinstance(value, list):
        return [paced(item, lasts) for item in value]
    if value == "EVERY":
        return f"{lasts / 300.0:.6f} s"
    if value == "SPAN":
        return f"{lasts / 50.0:.6f} s"
    if isinstance(value, str) and value.endswith(PART):
        return f"{float(value.split()[0]) / lasts:.12f}/s"
    return value


def beside(data: dict, lasts: float, company: dict = LIVELY) -> dict:
    """Return plain data with the bystanders after everybody else."""
    more = copy.deepcopy(data)
    for section, entries in paced(company, lasts).items():
        if isinstance(entries, list):
            more[section] = [*(more.get(section) or []), *entries]
        else:
            assert not set(more.get(section) or {}) & set(entries)
            more[section] = (more.get(section) or {}) | entries
    return more


def plain(value):
    """Return `value` made of the types of Python alone."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, str) else value


def played(scenario, seed: int):
    """Return a world at its end."""
    world = scenario.world(seed)
    while engine.play(scenario.program, world) == states.NEEDS_ROOM:
        world = grow(world)
    return world


def story(scenario, world) -> list[tuple]:
    """Return what happened to others than the bystanders, with the bits of every time."""
    name, found = scenario.names.label, []
    side = scenario.names.row("faction", "other_bystanders")
    theirs = (
        {refs.PERSON * refs.ROWS_PER_KIND + int(i) for i in np.flatnonzero(world.people["faction"] == side)}
        if side
        else set()
    )
    for row in world.chronicle[: int(world.state["entries"][0])]:
        kind = assembly.ENTRIES[int(row.kind)]
        subject, other = name(int(row.subject)), name(int(row.object))
        if subject.startswith("other_") or other.startswith("other_") or {int(row.subject), int(row.object)} & theirs:
            continue
        amount = float(row.amount) if "amount is" not in kind.meaning or "share" in kind.meaning else 0.0
        found.append((float(row.time).hex(), kind.name, subject, other, amount if math.isfinite(amount) else None))
    return found


ROWS = (
    "vessels",
    "weapons",
    "pads",
    "swarms",
    "drones",
    "devices",
    "links",
    "councils",
    "fields",
    "tissues",
    "sensors",
)
ROWS += ("pairs", "facts", "parties", "rules_state", "decisions_state", "gauges", "movements", "defections")
ROWS += (
    "inquiries",
    "rumours",
    "listeners",
    "secrets",
    "watches",
    "talkers",
    "dealings",
    "winds",
    "maladies",
    "staged",
    "beliefs",
    "bonds",
)


LOOKS = ("changed", "noted", "anticipated")
"""Columns that say up to where somebody has looked."""


def numbers(world, others, injects: int) -> list[str]:
    """Return the columns of quantities and of states in which what both worlds have differs.

    The rows of the `injects` stand behind those of all rules, also of the others.
    """
    found = []
    minds = len(world.minds)
    shift = len(others.minds) - minds
    crowd = np.arange(minds, len(world.people))
    rows = np.concatenate([np.arange(minds), crowd + shift])
    pairs = {"people": (world.people, others.people[rows])}
    for name in ROWS:
        one, two = getattr(world, name), getattr(others, name)
        pairs[name] = (one, two[tuple(slice(size) for size in one.shape)])
    rules, theirs_too = world.rules_state, others.rules_state
    kept = np.arange(len(rules))
    moved = np.where(kept < len(rules) - injects, kept, kept + len(theirs_too) - len(rules))
    pairs["rules_state"] = rules, theirs_too[moved]
    owners = np.unique(world.watches["mechanism"])
    mine = [np.flatnonzero(world.watches["mechanism"] == owner) for owner in owners]
    theirs = [np.flatnonzero(others.watches["mechanism"] == o)[: len(m)] for o, m in zip(owners, mine, strict=True)]
    if mine:  # each mechanism has its watches in a row
        pairs["watches"] = world.watches[np.concatenate(mine)], others.watches[np.concatenate(theirs)]
    if len(world.facts) == 0:
        del pairs["beliefs"]
    for name, (one, two) in pairs.items():
        for column in assembly.TABLES[name].columns:
            if (
                column.kind in ("f8", "i1")
                and column.name not in LOOKS
                and np.asarray(one[column.name]).tobytes() != np.asarray(two[column.name]).tobytes()
            ):
                found.append(f"{name}.{column.name}")
    return found


def check(name: str, seeds: range, company: dict = LIVELY) -> None:
    usual = load_scenario(name)
    data = beside(load.read(find(name)).data, min(float(usual.program.limits[0].horizon), 3e9), company)
    other = load_text(yaml.safe_dump(plain(data), sort_keys=False, allow_unicode=True, width=100_000))
    for seed in seeds:
        alone, together = played(usual, seed), played(other, seed)
        assert story(other, together) == story(usual, alone)
        assert float(alone.state["time"][0]) == float(together.state["time"][0])
        assert numbers(alone, together, len(usual.names.rows.get("inject", {}))) == []


@pytest.mark.parametrize("name", NAMES)
def test_lively_bystanders_change_no_byte_of_the_others(name):
    if INTERPRETED and name in SLOW:
        pytest.skip("takes minutes as plain Python")
    check(name, range(1, 4))


@pytest.mark.parametrize("name", ["insurrection", "valley", "vault"])
def test_bystanders_with_every_section_change_no_byte_of_the_others(name):
    if INTERPRETED and name in SLOW:
        pytest.skip("takes minutes as plain Python")
    check(name, range(1, 3), BUSY)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_bystanders_with_every_section_change_no_byte_of_the_others_in_every_scenario(name):
    check(name, range(100, 103), BUSY)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_lively_bystanders_change_no_byte_of_the_others_over_many_seeds(name):
    check(name, range(100, 130))
