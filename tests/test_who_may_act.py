"""The dead do nothing, hear nothing and learn nothing; the held do nothing that needs freedom: over every scenario."""

from pathlib import Path

import numpy as np
import pytest

from briarpatch import assembly, engine
from briarpatch.scenario.catalog import load_scenario, load_text, scenario_names
from briarpatch.scenario.scenario import Scenario
from briarpatch.world import kinds, refs, states, verbs
from briarpatch.world.compiled import INTERPRETED
from briarpatch.world.world import World
from plays import HOUR, STAGE, check_causes, go_on, log, play, row, scene, told

NAMES = [name for name, _ in scenario_names()]
SMALL = [name for name in NAMES if name != "insurrection"] if INTERPRETED else NAMES
RECEIVED = (kinds.ORDERED, kinds.PASSED_ON, kinds.ORDER_CAME)
"""Kinds whose amount is who received an order."""
FREE = {
    kinds.DEPARTED: "subject",
    kinds.BOARDED: "subject",
    kinds.WENT_ASHORE: "subject",
    kinds.FOLLOWED: "subject",
    kinds.STAYED: "subject",
    kinds.SENT: "subject",
    kinds.DEFECTED: "subject",
    assembly.entry_kind("looked into"): "subject",
    kinds.DETECTED: "subject",
    kinds.CARRIED: "object",
    kinds.DEVICE_STARTED: "object",
    kinds.ARMING: "object",
    kinds.SABOTAGED: "object",
}
"""Kinds in which somebody does what only the free can do."""


def _entries(world: World) -> np.ndarray:
    return world.chronicle[: int(world.state["entries"][0])]


def check_the_dead(world: World) -> None:
    """Assert that no entry after a death has the dead do, hear or learn anything."""
    dead: set[int] = set()
    for entry in _entries(world):
        kind = assembly.ENTRIES[int(entry.kind)]
        for role in kind.living:
            who = int(entry[role])
            assert who not in dead, (kind.name, who % refs.ROWS_PER_KIND, entry)
        if int(entry.kind) in RECEIVED:
            assert refs.PERSON * refs.ROWS_PER_KIND + int(entry.amount) not in dead, entry
        if int(entry.kind) == kinds.DIED:
            dead.add(int(entry.subject))


def check_the_held(world: World) -> None:
    """Assert that nobody in custody does what only the free can do."""
    held: set[int] = set()
    for entry in _entries(world):
        kind = int(entry.kind)
        if kind == kinds.CAPTURED:
            held.add(int(entry.subject))
        elif kind in (kinds.RELEASED, kinds.DIED):
            held.discard(int(entry.subject))
        elif kind in FREE:
            assert int(entry[FREE[kind]]) not in held, (assembly.ENTRIES[kind].name, entry)


def struck(scenario: Scenario, seed: int, verb: int, blows: int) -> World:
    """Return a world in which `verb` befalls random people, mostly those with names, at random moments."""
    rng = np.random.default_rng([seed, verb])
    ends = float(play(scenario, seed).state["time"][0])
    world = scenario.world(seed)
    for moment in np.sort(ends * rng.beta(0.8, 1.6, blows)):
        world, status = go_on(scenario, world, float(moment))
        if status != states.REACHED:
            break
        named = len(world.minds) if rng.random() < 0.8 and len(world.minds) > 0 else len(world.people)
        who = refs.PERSON * refs.ROWS_PER_KIND + int(rng.integers(named))
        b = -1
        if verb == verbs.CAPTURE:
            b = int(rng.integers(len(scenario.names.rows["faction"])))
        elif verb == verbs.PLACE:
            b = int(rng.integers(len(scenario.program.places)))
        engine.ask(world, verb, states.COMMAND, a=who, b=b)
    world, status = go_on(scenario, world)
    assert status == states.FINISHED, states.STATUS_NAMES[status]
    check_causes(world)
    check_the_dead(world)
    check_the_held(world)
    return world


BLOWS = pytest.mark.parametrize("verb", [verbs.KILL, verbs.CAPTURE, verbs.PLACE], ids=["kill", "capture", "remove"])


@BLOWS
@pytest.mark.parametrize("name", SMALL)
def test_nobody_acts_who_is_in_no_state_to(name, verb):
    scenario = load_scenario(name)
    for seed in range(1 if INTERPRETED or name == "insurrection" else 3):
        struck(scenario, seed, verb, 6 + seed)


@pytest.mark.long
@BLOWS
@pytest.mark.parametrize("name", NAMES)
def test_nobody_acts_who_is_in_no_state_to_in_many_worlds(name, verb):
    scenario = load_scenario(name)
    for seed in range(40):
        struck(scenario, 100 + seed, verb, 1 + seed % 12)


def test_the_dead_act_comes_to_nothing():
    scenario = load_scenario(Path(__file__).parent / "cases" / "the_dead_act.yaml")
    world = play(scenario)
    nothing = log(scenario, world, "was dead")
    asked = ["order", "treat", "start", "follow", "kill", "sabotage", "injure"]
    assert [list(assembly.VERBS)[int(entry.amount)] for entry in nothing] == asked
    assert all(entry.object == "boss" for entry in nothing)
    kinds_written = {entry.kind for entry in log(scenario, world)}
    assert kinds_written == {"began", "rule", "died", "was dead", "ended"}
    check_the_dead(world)


# ------------------------------------------------------------------------------------------------ one rule for every verb

TOWN = """
crowds: { folk: { told: the folk, count: 3, faction: ours, place: here } }
vessels: { boat: { told: the boat, faction: ours, at: here }, ship: { told: the ship, faction: ours, at: here } }
devices: { pump: { faction: ours, at: here, start: [1 min], arming: [1 min], countdown: 1 min } }
facts: { flood: { told: there is a flood } }
orders: { lift: { told: lift } }
events: { bell: { told: the bell } }
channels: { post: { told: the post } }
routes: { lane: { told: the lane, start: here, end: there, last: { at: [3 km, 4 km] } } }
movements: { rising: { told: the rising, when: "false", among: ours } }
pads: { lift: { owner: here, faction: ours } }
decisions:
  bob.stand: { question: "Go?", when: happened(bell), options: { go: { told: he goes } } }
"""
ARGUMENTS = {
    "fact": "flood",
    "order": "lift",
    "vessel": "boat",
    "device": "pump",
    "faction": "theirs",
    "spot": "there",
    "route": "lane",
    "channel": "post",
    "option": "bob.stand.go",
    "movement": "rising",
    "pad": "lift",
    "receiver": "cid",
    "number": "1",
    "dose": "1 Gy",
}
"""What the tests below write for a parameter of each type that names nobody who matters."""


def _effects() -> list[tuple[str, str, int]]:
    """Return each verb with each parameter that needs somebody to be something."""
    found = []
    for verb in assembly.VERBS.values():
        found += [(verb.name, p.name, p.needs) for p in verb.parameters if p.needs > verbs.ANYBODY]
    return found


def _written(verb: str, parameter: str, who: str) -> str:
    """Return an effect of `verb` with `who` in one place and living, free people in the others."""
    words = []
    for p in assembly.VERBS[verb].parameters:
        if p.name == parameter:
            words.append(f"{p.name}: {who}")
        elif p.required and p.type in ("person", "being"):
            words.append(f"{p.name}: {'bob' if who != 'bob' else 'ann'}")
        elif p.required:
            words.append(f"{p.name}: {ARGUMENTS[p.type]}")
    return f"{verb}: {{ {', '.join(words)} }}"


@pytest.mark.parametrize(("verb", "parameter", "needs"), _effects())
def test_a_verb_comes_to_nothing_when_whom_it_names_is_in_no_state(verb, parameter, needs):
    type_ = next(p.type for p in assembly.VERBS[verb].parameters if p.name == parameter)
    who = {"crowd": "folk", "vessel": "boat", "device": "pump"}.get(type_, "ann")
    effect = _written(verb, parameter, who)
    blows = [
        (f"kill: {who}", "was dead", True),
        (f"capture: {{ who: {who}, by: theirs }}", "was held", needs == verbs.FREE),
    ]
    if type_ in ("vessel", "device"):
        blows = [({"vessel": "scuttle: boat", "device": "detonate: pump"}[type_], "was lost", True)]
    for blow, said, so in blows:
        rules = f"""
rules:
  blow: {{ when: "true", do: [{blow}] }}
  act: {{ when: "true", after: 1 min, do: [{effect}] }}
"""
        scenario = scene(TOWN + rules, until="1 h")
        world = play(scenario)
        nothing = [entry.object for entry in log(scenario, world, said) if entry.time == 60.0]
        assert nothing == ([who] if so else []), (effect, blow)
        check_the_dead(world)
        check_the_held(world)


def test_a_group_acts_with_those_of_it_who_can():
    rules = """
rules:
  blow: { when: "true", do: [kill: bob, capture: { who: folk, by: theirs }] }
  act: { when: "true", after: 1 min, do: [move: { who: ours, to: there }, move: { who: folk, to: there }] }
"""
    scenario = scene(TOWN + rules, until="2 h")
    world = play(scenario)
    assert told(scenario, world, "was held", "departed") == [("departed", "ours", "there"), ("was held", "", "folk")]
    assert [entry.amount for entry in log(scenario, world, "arrived")] == [1.0]


# ------------------------------------------------------------------------------------------------ words under way

POST = """
facts: { flood: { told: there is a flood } }
orders: { lift: { told: lift } }
channels: { post: { told: the post, overhead: 1 h } }
rules:
  known: { when: "true", do: [learn: { who: ann, fact: flood }] }
  sent: { when: "true", after: 1 s, do: [send: { from: ann, to: bob, fact: flood, by: post }, send_order: { from: ann, to: bob, order: lift, by: post }] }
"""


def test_word_under_way_arrives_after_its_senders_death_and_is_not_told_by_the_dead():
    scenario = scene(POST + '  blow: { when: "true", after: 1 min, do: [kill: ann] }\n', until="2 h")
    world = play(scenario)
    assert told(scenario, world, "had word", "told") == [("had word", "bob", "ann")]
    assert told(scenario, world, "order came", "ordered", "obeyed") == [
        ("order came", "ann", "lift"),
        ("obeyed", "bob", "lift"),
    ]
    assert world.beliefs["known"][row(scenario, "person", "bob"), 0] == 1
    check_the_dead(world)


def test_word_to_the_dead_is_lost():
    scenario = scene(POST + '  blow: { when: "true", after: 1 min, do: [kill: bob] }\n', until="2 h")
    world = play(scenario)
    assert told(scenario, world, "lost", "delivered", "had word") == [("lost", "ann", "bob"), ("lost", "ann", "bob")]


# ------------------------------------------------------------------------------------------------ rumours

TALE = """
crowds: { folk: { told: the folk, count: 200, faction: ours, place: here } }
facts: { tale: { told: the tale } }
rumours: { talk: { fact: tale, among: folk, contact: 2/h } }
"""


def test_the_dead_hear_no_rumour():
    rules = 'rules: { go: { when: "true", do: [spread: { rumour: talk, to: 5 }] }, blow: { when: "true", after: 1 s, do: [kill: ann] } }'
    scenario = scene(TALE + rules, until="30 d")
    for seed in range(5):
        world = play(scenario, seed)
        heard = {subject for _, subject, _ in told(scenario, world, "overheard")}
        assert "ann" not in heard
        check_the_dead(world)


@pytest.mark.parametrize("left", [0, 1, 80])
def test_a_rumour_runs_among_the_living(left):
    rules = 'rules: { go: { when: "true", do: [spread: { rumour: talk, to: 40 }] } }'
    scenario = scene(TALE + rules, until="3 d")
    shares = []
    for seed in range(6):
        world = scenario.world(seed)
        world, _ = go_on(scenario, world, 1800.0)
        first = int(scenario.program.crowds["first"][0])
        before = world.rumours[["ignorants", "spreaders", "stiflers"]][0]
        heard = 200 - int(before["ignorants"])
        for i in range(200 - left):
            engine.ask(world, verbs.KILL, states.COMMAND, a=refs.PERSON * refs.ROWS_PER_KIND + first + i)
        world, _ = go_on(scenario, world, 1800.0)
        counts = world.rumours[["ignorants", "spreaders", "stiflers"]][0]
        assert sum(int(n) for n in counts) == left
        assert min(int(n) for n in counts) >= 0
        if left == 80:
            shares.append((left - int(counts["ignorants"])) / left - heard / 200)
        world, status = go_on(scenario, world)
        assert status == states.FINISHED
        check_causes(world)
    assert not shares or abs(np.mean(shares)) < 0.1  # those who have heard it die as likely as the others


# ------------------------------------------------------------------------------------------------ decisions

ROBOT = """
people:
  ann: { faction: ours, place: here }
  bob: { faction: ours, place: here, machine: true, malady: { onset: 1e-4/s, gain: 10, capture: 1/s } }
events: { bell: { told: the bell } }
decisions:
  bob.stand: { question: "Go?", when: happened(bell), options: { go: { told: he goes } } }
rules:
  hit: { when: "true", do: [injure: { who: bob, by: ann }] }
  hunted: { when: malfunctions(bob), do: [pursue: { who: bob, by: ann }] }
  ring: { when: "true", after: 1 h, do: [mark: bell] }
  mend: { when: "true", after: 2 h, do: [repair: bob] }
  ask: { when: "true", after: 90 min, do: [tell: { from: bob, to: ann, fact: flood }] }
facts: { flood: { told: there is a flood } }
"""


def test_whoever_was_stopped_decides_and_tells_nothing_until_repaired():
    scenario = scene(ROBOT, until="5 h", folk="")
    world = play(scenario)
    assert next(entry.time for entry in log(scenario, world, "halted")) < 600.0
    assert told(scenario, world, "was out of action") == [("was out of action", "", "bob")]
    assert [entry.time for entry in log(scenario, world, "chose")] == [pytest.approx(2 * HOUR)]


# ------------------------------------------------------------------------------------------------ vessels and devices

HARBOUR = """
vessels:
  boat: { told: the boat, faction: ours, at: here, complement: 3, weapons: { gun: { rate: 1/min } } }
  ship: { told: the ship, faction: theirs, at: there, complement: 3, weapons: { gun: { rate: 1/min, range: 1 km } } }
devices: { pump: { faction: ours, at: here, start: [1 min], countdown: 1 min } }
swarms: { gulls: { faction: ours, base: boat, count: 3, area: 1 km^2 } }
crowds: { folk: { told: the folk, count: 3, faction: theirs, place: there } }
councils: { board: { told: the board, faction: ours, place: boat } }
events: { noon: { told: it was noon } }
"""


@pytest.mark.parametrize(
    ("before", "effect", "said"),
    [
        ("scuttle: boat", "sail: { vessel: boat, to: there }", ("was lost", "", "boat")),
        ("scuttle: boat", "attack: { by: boat, target: ship }", ("was lost", "", "boat")),
        ("scuttle: ship", "attack: { by: boat, target: ship }", ("was lost", "", "ship")),
        ("scuttle: boat", "board: { who: ann, vessel: boat }", ("was lost", "", "boat")),
        ("scuttle: boat", "appoint: { who: ann, vessel: boat }", ("was lost", "", "boat")),
        ("scuttle: boat", "launch: { swarm: gulls, after: folk }", ("was lost", "", "boat")),
        ("scuttle: boat", "convene: { council: board }", ("was lost", "", "boat")),
        ("detonate: pump", "start: { device: pump }", ("was lost", "", "pump")),
        ("mark: noon", "board: { who: cid, vessel: boat }", ("was out of reach", "", "cid")),
        ("mark: noon", "leave: { who: ann }", ("was out of reach", "", "ann")),
        ("mark: noon", "attack: { by: ship, target: boat }", ("was out of reach", "", "boat")),
    ],
)
def test_what_is_asked_of_what_is_no_more_or_elsewhere_comes_to_nothing(before, effect, said):
    rules = f"""
rules:
  before: {{ when: "true", do: [{before}] }}
  act: {{ when: "true", after: 1 min, do: [{effect}] }}
"""
    scenario = scene(HARBOUR + rules, until="1 h")
    world = play(scenario)
    wanted = ("was lost", "was out of reach", "launched", "attacked", "departed", "boarded", "convened", "started")
    assert told(scenario, world, *wanted) == [said]


# ------------------------------------------------------------------------------------------------ who reaches whom

WARD = """
people:
  ann: { faction: ours, place: here }
  bob: { faction: ours, place: here }
  cid: { faction: ours, place: there }
  mat: { faction: ours, place: cabin }
  sue: { faction: ours, place: deck }
  far: { faction: ours, place: afar }
  rob: { faction: ours, place: here, machine: true, malady: { onset: 1e-9/s } }
crowds: { folk: { told: the folk, count: 4, faction: ours, place: here, pace_spread: 0 } }
vessels: { boat: { told: the boat, faction: ours, at: here } }
routes: { lane: { start: here, end: there, last: { at: [3 km, 4 km] } } }
"""
ROOMS = "  afar: { map: moon, at: [0 km, 0 km] }\n  cabin: { inside: boat }\n  deck: { inside: boat }\n"
DEEDS = {
    "kill": ("kill: {{ who: {who}, by: {by} }}", "died"),
    "injure": ("injure: {{ who: {who}, by: {by}, amount: 0.1 }}", "injured"),
    "treat": ("treat: {{ who: {who}, intensity: 1, by: {by} }}", "treated"),
    "repair": ("repair: {{ who: {who}, by: {by} }}", "repaired"),
}
"""Each verb with a doer who has to be there, and the kind of entry that says that it was done."""


def ward(rules: str, until: str = "1 h") -> Scenario:
    """Return people ashore, aboard and on another map."""
    stage = STAGE.replace("ground: {}", "ground: {}, moon: {}").replace("factions:", ROOMS + "factions:")
    return load_text(f"scenario: {{ title: a test, until: {until} }}\n" + stage + WARD + "rules:\n" + rules)


def test_every_verb_with_a_doer_who_has_to_be_there_is_tried():
    assert {verb.name for verb in assembly.VERBS.values() if any(p.beside for p in verb.parameters)} == set(DEEDS)


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize(
    ("who", "by", "reached"),
    [
        ("bob", "ann", True),
        ("ann", "ann", True),
        ("cid", "ann", False),
        ("mat", "ann", False),
        ("mat", "sue", True),
        ("far", "ann", False),
    ],
)
def test_a_doer_has_to_be_where_those_are_whom_it_befalls(deed, who, by, reached):
    effect, done = DEEDS[deed][0].format(who=who, by=by), DEEDS[deed][1]
    hurt = f'  hurt: {{ when: "true", do: [injure: {{ who: {who}, amount: 0.1 }}] }}\n'
    fate = effect.replace(f", by: {by}", "")
    scenario = ward(hurt + f'  act: {{ when: "true", after: 1 min, do: [{effect}] }}\n')
    world = play(scenario)
    entries = [(e.kind, e.subject, e.object) for e in log(scenario, world) if e.time == 60.0 and e.kind != "rule"]
    assert entries == ([(done, who, by)] if reached else [("was out of reach", "", who)])
    scenario = ward(hurt + f'  act: {{ when: "true", after: 1 min, do: [{fate}] }}\n')
    world = play(scenario)
    assert [e.kind for e in log(scenario, world) if e.time == 60.0 and e.kind != "rule"] == [done]  # fate is everywhere


@pytest.mark.parametrize(("reach", "reached"), [("0 m", False), ("4.9 km", False), ("5 km", True)])
def test_a_reach_lets_a_doer_strike_from_afar(reach, reached):
    for effect in ("kill: { who: cid, by: ann, reach: R }", "injure: { who: cid, by: ann, amount: 1, reach: R }"):
        scenario = ward(f'  act: {{ when: "true", do: [{effect.replace("R", reach)}] }}\n')
        kind = "died" if effect.startswith("kill") else "injured"
        wanted = (kind, "cid", "ann") if reached else ("was out of reach", "", "cid")
        assert told(scenario, play(scenario), "died", "injured", "was out of reach") == [wanted]
    other = ward('  act: { when: "true", do: [kill: { who: far, by: ann, reach: 1e9 km }] }\n')
    assert told(other, play(other), "died", "was out of reach") == [("was out of reach", "", "far")]


def test_of_a_group_those_are_concerned_whom_the_doer_reaches():
    scenario = ward('  act: { when: "true", do: [kill: { who: ours, by: sue }] }\n')
    assert {subject for _, subject, _ in told(scenario, play(scenario), "died")} == {"mat", "sue"}
    scenario = ward('  act: { when: "true", do: [treat: { who: ours, intensity: 1, by: sue }] }\n')
    world = play(scenario)
    treated = {name for name, i in scenario.names.rows["person"].items() if world.people["treatment"][i] == 1.0}
    assert treated == {"mat", "sue"}


def test_a_doer_on_the_way_reaches_those_of_the_same_party():
    rules = """
  go: { when: "true", do: [evacuate: { who: folk, along: lane, led_by: ann, party: 2, delay: 0 s }] }
  act: { when: "true", after: 10 min, do: [treat: { who: folk, intensity: 1, by: ann }] }
"""
    world = play(ward(rules))
    assert world.people["treatment"].tolist().count(1.0) == 2  # of the first party, where she walks


# ------------------------------------------------------------------------------------------------ leaders


@pytest.mark.parametrize(
    ("before", "left_without"),
    [
        ("mark: noon", False),
        ("kill: ann", True),
        ("capture: { who: ann, by: theirs }", True),
        ("place: { who: ann, to: there }", True),
    ],
)
def test_an_evacuation_without_its_leader_goes_and_says_so(before, left_without):
    text = f"""
events: {{ noon: {{ told: it was noon }} }}
crowds: {{ folk: {{ told: the folk, count: 3, faction: ours, place: here }} }}
routes: {{ lane: {{ start: here, end: there, last: {{ at: [3 km, 4 km] }} }} }}
rules:
  before: {{ when: "true", do: [{before}] }}
  go: {{ when: "true", after: 1 min, do: [evacuate: {{ who: folk, along: lane, led_by: ann, party: 3, delay: 0 s }}] }}
"""
    scenario = scene(text, until="5 h")
    world = play(scenario)
    assert told(scenario, world, "went without") == ([("went without", "folk", "ann")] if left_without else [])
    assert [entry.kind for entry in log(scenario, world, "came through")] == ["came through"]
