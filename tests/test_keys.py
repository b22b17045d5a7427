"""Keys of luck: they hang on names alone, so nothing that does nothing changes anybody's luck wherever it stands."""

import copy
import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import yaml

from briarpatch import assembly
from briarpatch.errors import ScenarioError
from briarpatch.scenario import keys, load
from briarpatch.scenario.catalog import load_scenario, load_text, packaged
from briarpatch.scenario.schema import Document, Keyed
from briarpatch.world import states
from briarpatch.world.compiled import INTERPRETED
from plays import go_on, log, play, scene

CASES = Path(__file__).parent / "cases"
SMALL = [path.stem for path in sorted(packaged().glob("*.yaml"))]
SEEDS = range(1 if INTERPRETED else 2)

LIMBO = {
    "maps": {"nowhere": {}},
    "places": {
        "limbo": {"map": "nowhere", "at": ["0 m", "0 m"]},
        "abyss": {"map": "nowhere", "at": ["9 m", "0 m"], "pretends": {"of": "limbo"}},
    },
    "factions": {"idlers": {}},
    "people": {"idler": {"faction": "idlers", "place": "limbo"}, "dozer": {"faction": "idlers", "place": "limbo"}},
    "facts": {"unheard": {}},
    "series": {"unread_hours": {"told": "hours", "value": "time()", "at": ["0 s"]}},
    "data": {"uncounted": {"rows": [["0 s", 0]]}},
}
"""What the idle entries of other sections are about."""

IDLE = {
    "maps": {},
    "places": {},
    "factions": {},
    "people": {},
    "facts": {},
    "series": {},
    "data": {},
    "observed": {"unseen_hours": {"series": "unread_hours", "data": "uncounted"}},
    "values": {"whim": "what nobody weighs"},
    "crowds": {"loafers": {"count": 0, "faction": "idlers", "place": "limbo"}},
    "vessels": {"hulk": {"faction": "idlers", "at": "limbo", "weapons": {"rust": {"rate": "1/s"}}}},
    "pads": {"crane": {"owner": "limbo", "faction": "idlers"}},
    "swarms": {"nest": {"faction": "idlers", "base": "limbo", "count": 3}},
    "devices": {"wreck": {"faction": "idlers", "at": "limbo", "start": ["1 min"]}},
    "fields": {"dust": {"strength": "0 Gy/s"}},
    "events": {"unseen": {}},
    "gauges": {"unread": {}},
    "channels": {"silence": {}},
    "councils": {"moot": {"faction": "idlers"}},
    "sensors": {"blindfold": {"owner": "limbo", "targets": []}},
    "routes": {"rut": {"start": "limbo", "end": "abyss"}},
    "orders": {"hush": {}},
    "directives": {"dead_letter": {"binds": "idlers", "broken_when": "false"}},
    "rules": {"never": {"when": "false", "rate": "1/s", "do": [{"mark": "unseen_too"}]}},
    "decisions": {"idler.stir": {"question": "stir?", "when": "false", "options": {"no": {"told": "no"}}}},
    "movements": {"yawn": {"among": ["idler"], "when": "false"}},
    "defections": {"drift": {"who": "idler", "to": "idlers", "when": "false", "base": "1/d"}},
    "inquiries": {"musing": {"who": "idler", "fact": "unheard", "when": "false"}},
    "rumours": {"murmur": {"fact": "unheard", "among": "loafers_too", "contact": "1/h"}},
    "secrets": {"riddle": {"fact": "unheard", "to": "idler", "when": "false"}},
    "let": {"unheeded": "1"},
    "processes": {"far_off": {"harmonic": {"mean": 1, "parts": [{"amplitude": 1, "period": "1 h"}]}}},
    "winds": {"breeze": {"over": "nowhere", "rises": "0/h", "falls": "0/h"}},
    "flows": {"trickle": {"from": "idle_ones.a", "to": "idle_ones.b", "rate": "1/h"}},
    "talks": {"mumble": {"fact": "unheard", "among": ["idler", "dozer"], "contact": "1/h", "when": "false"}},
    "dealings": {"barter": {"between": ["idler", "dozer"], "rate": "1/h", "when": "false"}},
    "opinions": {"shrug": {"among": ["idler", "dozer"]}},
    "injects": {"prod": {"told": "nothing happened", "do": [{"mark": "unseen_three"}]}},
    "measures": {"nothing": {"told": "nothing", "value": "0"}},
}
"""One entry of every section that does nothing."""

EXTRAS = {
    "rules": {"events": {"unseen_too": {}}},
    "injects": {"events": {"unseen_three": {}}},
    "flows": {"crowds": {"idle_ones": {"count": 0, "faction": "idlers", "place": "limbo", "states": ["a", "b"]}}},
    "rumours": {"crowds": {"loafers_too": {"count": 0, "faction": "idlers", "place": "limbo"}}},
}
"""What some of them need besides."""


def with_idle(data, section, first):
    """Return plain data with a limbo and one idle entry of `section`, before all others or after them."""
    more = copy.deepcopy(data)
    parts = [LIMBO, EXTRAS.get(section, {}), {section: IDLE[section]}] if section else []
    for part in parts:
        for name, entries in part.items():
            present = more.get(name) or {}
            more[name] = (entries | present) if first else (present | entries)
    return more


def compiled(data):
    return load_text(yaml.safe_dump(plain(data), sort_keys=False, allow_unicode=True, width=100_000))


def plain(value):
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, str) else value


@cache
def data_of(name):
    return load.read(packaged() / f"{name}.yaml").data


IDLERS = {name for part in (*LIMBO.values(), *IDLE.values()) for name in part} | {
    "loafers_too",
    "unseen_too",
    "unseen_three",
}


ROWS = ("the fact", "who that is")


def amount(entry):
    """Return the amount of an entry, 0 where it is the number of a row."""
    kind = next(kind for kind in assembly.ENTRIES if kind.name == entry.kind)
    says = "{amount}" in kind.template or "amount is" in kind.meaning
    return entry.amount if says and not any(f"amount is {row}" in kind.meaning for row in ROWS) else 0.0


def story(scenario, seed):
    """Return what happens, to the last bit of each time, and the thresholds of all clocks by stream and key."""
    world, status = go_on(scenario, scenario.world(seed))
    assert status == states.FINISHED
    entries = [
        (entry.time, entry.kind, entry.subject, entry.object, amount(entry))
        for entry in log(scenario, world)
        if not {entry.subject, entry.object} & IDLERS
    ]
    clocks = {(int(c.stream), int(c.key)): (float(c.threshold), int(c.occurrence)) for c in world.clocks}
    return sorted(entries), scenario.endings[int(world.state["ending"][0])].name, clocks


@cache
def usual(name, seed):
    return story(load_scenario(name), seed)


def same(name, more):
    for seed in SEEDS:
        entries, ending, clocks = usual(name, seed)
        found, found_ending, found_clocks = story(more, seed)
        assert found == entries
        assert found_ending == ending
        assert {key: found_clocks[key] for key in clocks} == clocks


def test_every_section_of_named_entries_has_an_idle_one():
    quiet = {"variants", "endings", "documents", "beats", "accounts", "claims", "uncertain", "rewards"}
    named = {name for name, field in Document.model_fields.items() if str(field.annotation).startswith("dict[")}
    named |= {name for name, field in Document.model_fields.items() if "dict" in str(field.annotation)}
    assert named - quiet == set(IDLE)


@pytest.mark.parametrize("first", [True, False], ids=["first", "last"])
@pytest.mark.parametrize("name", SMALL)
def test_an_idle_entry_of_every_section_changes_nothing(name, first):
    """All at once: what each of them alone would change shows."""
    more = data_of(name)
    for section in IDLE:
        more = with_idle(more, section, first)
    same(name, compiled(more))


@pytest.mark.long
@pytest.mark.parametrize("turn", range(2))
@pytest.mark.parametrize("section", IDLE)
def test_an_idle_entry_alone_changes_nothing(section, turn):
    """Each section in two scenarios, which take turns; all at once they are looked at in every scenario above."""
    name = SMALL[(2 * list(IDLE).index(section) + turn) % len(SMALL)]
    same(name, compiled(with_idle(data_of(name), section, True)))


@pytest.mark.parametrize("name", SMALL)
def test_sections_written_backwards_keep_every_clock(name):
    data = data_of(name)
    other = {section: data[section] for section in reversed(data)}
    for section, items in other.items():
        if isinstance(items, dict) and section not in ("scenario", "life", "endings"):
            other[section] = dict(reversed(items.items()))
    one, two = load_scenario(name).world(7), compiled(other).world(7)
    first, second = (
        sorted((int(c.stream), int(c.key), float(c.threshold)) for c in world.clocks) for world in (one, two)
    )
    assert first == second


def test_an_idle_rule_changes_nothing_wherever_it_stands():
    rings = []
    for case in ("idle_rule_absent", "idle_rule_first"):
        scenario = load_scenario(CASES / f"{case}.yaml")
        rings.append([entry.time for entry in log(scenario, play(scenario, 3)) if entry.subject == "bell"])
    assert len(rings[0]) == 1
    assert rings[0] == rings[1]


# ------------------------------------------------------------------------------------------------ names

RULES = """
people: { ann: { faction: ours, place: here }, bob: { faction: ours, place: here } }
rules:
  bell: { when: "true", rate: 1/h, once: true, do: [] }
  call: { each: { who: [ann, bob], what: [x, y] }, when: "true", rate: 1/h, once: true, do: [] }
decisions:
  ann.go:
    question: go?
    when: "true"
    options: { yes: { told: yes }, no: { told: no } }
"""


def times(text, seed=1):
    scenario = scene(text, folk="")
    found = {}
    for entry in log(scenario, play(scenario, seed)):
        if entry.kind in ("rule", "chose"):
            found[entry.subject if entry.kind == "rule" else entry.object] = entry.time
    return found


def test_a_new_name_is_new_luck_and_its_key_keeps_the_old():
    before = times(RULES)
    assert times(RULES.replace("bell:", "gong:"))["gong"] != before["bell"]
    assert times(RULES.replace("bell: {", "gong: { key: bell,"))["gong"] == before["bell"]


def test_a_loop_is_keyed_by_its_names_in_any_order_and_by_the_keys_of_those():
    before = times(RULES)
    assert len({time for name, time in before.items() if name.startswith("call.")}) == 4
    assert times(RULES.replace("[ann, bob]", "[bob, ann]").replace("[x, y]", "[z, y, x]")).items() >= before.items()
    renamed = times(
        RULES.replace("ann: {", "zoe: { key: ann,").replace("[ann, bob]", "[zoe, bob]").replace("ann.go", "zoe.go")
    )
    assert renamed["call.zoe.x"] == before["call.ann.x"]


def test_the_order_of_options_changes_no_choice():
    two = "options: { yes: { told: yes }, no: { told: no } }"
    swapped = "options: { no: { told: no }, yes: { told: yes } }"
    weighed = f"deliberates: {{ pace: 5 min }}\n    {two}"
    picks = set()
    for text in (RULES, RULES.replace(two, weighed)):
        for seed in range(20):
            first, second = times(text, seed), times(text.replace(two, swapped), seed)
            assert first == second
            picks |= {name for name in first if name.startswith("ann.go.")}
    assert picks == {"ann.go.yes", "ann.go.no"}


def test_the_order_of_weapons_changes_no_shot():
    text = """
people: {{ ann: {{ faction: ours, place: here }} }}
vessels:
  one: {{ faction: ours, at: here, hull: 50, breakpoint: 0, weapons: {{ {guns} }} }}
  two: {{ faction: theirs, at: here, hull: 50, breakpoint: 0, weapons: {{ gun: {{ rate: 1/s }} }} }}
rules: {{ war: {{ when: "true", do: [attack: {{ by: one, target: two }}] }} }}
"""
    guns = ["bow: { rate: 0.7/s, accuracy: 0.5 }", "stern: { rate: 0.4/s, accuracy: 0.7 }"]
    one, two = (scene(text.format(guns=", ".join(order)), folk="") for order in (guns, guns[::-1]))
    for seed in range(5):
        assert log(one, play(one, seed)) == log(two, play(two, seed))


def faults(text):
    with pytest.raises(ScenarioError) as wrong:
        scene(text, folk="")
    return [fault.message for fault in wrong.value.faults]


def test_two_entries_cannot_have_the_luck_of_one_name():
    twice = RULES.replace("bell: {", "bell: { key: old,").replace("call: {", "call: { key: old,")
    remedy = "already; leave 'key' out, or give 'bell' a key of its own"
    assert faults(twice) == [f"'old' is the luck of 'bell' {remedy}"]
    assert faults(RULES.replace("call: {", "call: { key: bell,")) == [f"'bell' is the luck of 'bell' {remedy}"]
    first = RULES.replace("  bell:", "  gong: { key: bell, when: 'false' }\n  bell:")
    assert faults(first) == [f"'bell' is the luck of 'bell' {remedy}"]


def test_a_former_name_is_free_for_another_with_a_key_of_its_own():
    before = times(RULES)
    text = RULES.replace(
        "  bell: {", '  bell: { key: second, when: "true", rate: 1/h, once: true }\n  gong: { key: bell,'
    )
    after = times(text)
    assert after["gong"] == before["bell"] != after["bell"]


def test_luck_is_no_word_any_more_and_the_message_names_the_new_one():
    [message] = faults(RULES.replace("bell: {", "bell: { luck: 3,"))
    assert "'luck'" in message
    assert "'key'" in message


def test_a_name_twice_in_a_loop_is_a_fault():
    assert faults(RULES.replace("[ann, bob]", "[ann, ann]"))[0] == "'ann' stands in this list twice; leave one out"


def test_keys_that_collide_are_refused(monkeypatch):
    monkeypatch.setattr(keys, "key_of", lambda section, *names: 5 << keys.MEMBER_BITS)
    messages = faults(RULES)
    assert messages
    assert all("by chance; give it a 'key' of its own" in message for message in messages)


# ------------------------------------------------------------------------------------------------ the ledger


def test_the_ledger_has_every_kind_that_can_have_a_key_and_no_name_twice():
    def keyed(model):
        for name, field in model.model_fields.items():
            for part in str(field.annotation).replace("]", "[").split("["):
                found = CLASSES.get(part.strip().rpartition(".")[2].rstrip("'> "))
                if found is not None and issubclass(found, Keyed):
                    yield name
                    yield from keyed(found)

    from briarpatch.scenario import schema

    CLASSES = {name: kind for name, kind in vars(schema).items() if isinstance(kind, type)}
    CLASSES |= {section.__name__: schema.model_of(section) for section in assembly.SECTIONS}
    assert set(keyed(Document)) == set(keys.LEDGER)
    assert len(set(keys.LEDGER.values())) == len(keys.LEDGER)


def test_keys_are_the_same_on_every_machine_and_in_every_version():
    """Whoever changes one of these changes the results of every scenario with every seed."""
    assert keys.key_of("people", "keeper") == 1686780654835400331
    assert keys.key_of("rules", "call", "ann", "x") == 10829090512592899665
    assert keys.crowd_key("villagers") == 4538670875322351616


def test_members_of_a_crowd_keep_the_order_of_their_numbers():
    text = "people: { ann: { faction: ours, place: here } }\ncrowds: { few: { count: 40, faction: ours, place: here } }"
    people = scene(text, folk="").world(1).people
    assert (np.diff(people.key[1:].astype(object)) == 1).all()
    assert int(people.key[1]) == keys.crowd_key("few") + 1
    assert math.isclose(float(people.age[1]), float(people.age[2]))
