"""What `check` says of conditions that can never turn: the cases, the laws of intervals, and that it raises no false alarm."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briarpatch import assembly, engine
from briarpatch.scenario import build, language, ranges
from briarpatch.scenario.catalog import load_scenario, load_text, scenario_names
from briarpatch.scenario.possible import _NARROWED, Possible
from briarpatch.world import functions, kinds, states
from plays import go_on

CASES = Path(__file__).parent / "cases"

STAGE = """
scenario: {{ title: a test, until: 24 h, start: "06:00" }}
maps: {{ ground: {{}} }}
places: {{ here: {{ map: ground, at: [0 m, 0 m] }}, there: {{ map: ground, at: [1 km, 0 m] }} }}
factions: {{ ours: {{}}, theirs: {{}} }}
people:
  ann: {{ faction: ours, place: here, age: 30 years }}
  bob: {{ faction: theirs, place: there }}
crowds: {{ folk: {{ count: 20, faction: ours, place: here }} }}
facts: {{ flood: {{}} }}
events: {{ bell: {{}} }}
gauges: {{ level: {{}}, knob: {{ start: 3 }}, tide: {{ start: 1 }} }}
vessels: {{ boat: {{ faction: ours, at: here, complement: 5 }} }}
devices: {{ pump: {{ faction: ours, at: here, start: [1 h, 2 h] }} }}
rules:
  rise: {{ when: "true", rate: 1/h, do: [add: {{ gauge: level, by: 1 }}, mark: bell, set: {{ gauge: tide, to: 4 }}] }}
  once: {{ when: happened(bell) }}
{rules}
decisions: {{ ann.act: {{ question: q, when: happened(bell), options: {{ go: {{ told: a }}, stay: {{ told: b }} }} }} }}
endings: {{ over: {{ told: it was over }} }}
{more}
"""


def warned(*conditions, more=""):
    """Return what `check` says of the conditions of as many rules, in their order."""
    rules = "".join(f"  r{i}: {{ when: '{text}' }}\n" for i, text in enumerate(conditions))
    scenario = load_text(STAGE.format(rules=rules, more=more))
    first = next(n for n, line in enumerate(STAGE.splitlines(), 1) if line.startswith("{rules}"))
    return [
        [w.message for w in scenario.warnings if str(w.place).split(":")[1] == str(first + i)]
        for i in range(len(conditions))
    ]


NEVER = (
    "count(folk, dead) > 20",
    "count(folk, any) == 21",
    "count(ours, dead) > 21",
    "count(ann, alive) > 1",
    "count_at(folk, here) >= 20.5",
    "credence(ann, flood) > 90",
    'distance(ann, bob) < "-5 m"',
    "hour() >= 24",
    "hour() < 0",
    'time() > "30 h"',
    'since(bell) > "30 h"',
    'time() - "6 h" > "20 h"',
    '2 * time() > "50 h"',
    '"30 h" < time()',
    "level < 0",
    "tide > 4",
    "hull(boat) > 1",
    "crew_left(boat) > 5",
    "stage(pump) > 2",
    "times(once) > 1",
    "times(ann.act) >= 2",
    "trust(ann, bob) > 1 && alive(ann)",
    "tie(ours, theirs) < -1",
    'age(ann) > "31 years"',
    'time() > "6 h" && time() < "3 h"',
    "count(folk, dead) > 10 && alive(ann) && count(folk, dead) < 5",
    "happened(bell) && !happened(bell)",
    "alive(ann) && level > 3 && !(level > 2)",
    "abs(count(folk, dead) - count(folk, held)) > 20",
    'min(time(), since(bell)) > "25 h"',
    "max(hull(boat), shields(boat)) > 1",
    'time() % "1 h" > "1 h"',
    "level - level > 0",
    "(alive(ann) ? 3 : 5) == 4.5 && level > 8 && level < 3",
    "heard(ann, flood) && times(r34) > 0",
    "happened(r35)",
    "happened(r37)",
    "happened(r36)",
    "!(count(folk, dead) > 20)",
)
ALWAYS = (
    "count(folk, dead) >= 0",
    "count(folk, dead) <= 20",
    "credence(ann, flood) <= 1",
    'time() >= "0 s"',
    "hour() < 24",
    "level > -1",
    "count(folk, any) == 20",
    "level > 3 || level < 5",
)
INSTANT = (
    'time() == "6 h"',
    '"6 h" == time()',
    'time() - "1 h" == "6 h"',
    'time() >= "6 h" && time() <= "6 h"',
    'time() >= "6 h" && alive(ann) && !(time() > "6 h")',
    'since(bell) == "10 min"',
    "hour() == 8",
    'time() % "1 h" == "0 s"',
    'time() >= "24 h"',
    'age(ann) == "30.001 years"',
)
FINE = (
    'time() >= "6 h"',
    'time() >= "6 h" && time() < "7 h"',
    "count(folk, dead) == 20",
    "count(folk, dead) > 10 && count(folk, held) < 5",
    "level == 3",
    "knob == 3",
    "knob > 7",
    "tide == 4",
    'distance(ann, bob) == "0 m"',
    'distance(ann, bob) > "5 km"',
    'since(bell) > "1 h"',
    'since(bell) <= "0 s"',
    'time() == "0 s"',
    "hull(boat) == 0",
    "shields(boat) == 1",
    "times(bell) > 5",
    "times(rise) > 5",
    "chose(ann.act.go) || chose(ann.act.stay)",
    "happened(once)",
    "hour() >= 23",
    "hour() >= 22 || hour() < 5",
    "level > 3 || level < 2",
    "!(time() < \\u00276 h\\u0027)".replace("\\u0027", '"'),
    "alive(ann) == alive(bob)",
    'happened(bell) ? time() > "1 h" : level > 3',
    "!happened(bell) || since(bell) > 0",
    "level != 3",
    "time() > since(bell)",
    'time() - since(bell) == "0 s"',
)


@pytest.mark.parametrize(
    ("said", "conditions"), [("never true", NEVER), ("always true", ALWAYS), ("an instant", INSTANT)]
)
def test_conditions_that_cannot_turn_are_said(said, conditions):
    for condition, found in zip(conditions, warned(*conditions), strict=True):
        assert any(said in message for message in found), (condition, found)


def test_conditions_that_can_turn_are_left_alone():
    for condition, found in zip(FINE, warned(*FINE), strict=True):
        assert not any("never" in m or "always" in m or "instant" in m for m in found), (condition, found)


def test_the_case_warns_of_every_rule_but_the_bell():
    scenario = load_scenario(CASES / "never_true.yaml")
    lines = [int(str(w.place).split(":")[1]) for w in scenario.warnings]
    assert sorted(lines) == [4, 5, 7, 8, 9]
    assert [w.message.endswith("so the rule never fires") for w in scenario.warnings] == [False] * 3 + [True] * 2
    world, _ = go_on(scenario, scenario.world(1))
    rows = world.chronicle[: int(world.state["entries"][0])]
    fired = {scenario.names.label(int(row.subject)) for row in rows if row.kind == kinds.RULE}
    assert "bell" in fired
    assert not fired & {"long_after", "percent"}


@pytest.mark.parametrize("name", [name for name, _ in scenario_names()])
def test_the_packaged_scenarios_have_no_condition_that_cannot_turn(name):
    assert load_scenario(name).warnings == []


def test_what_an_author_switched_off_is_said_once():
    rules = """  off: { when: "false" }
  none: { when: alive(ann), chance: 0 }
  r: { when: happened(off) && happened(none) }
  s: { when: happened(r) }
"""
    messages = [w.message for w in load_text(STAGE.format(rules=rules, more="")).warnings]
    assert [m for m in messages if "never true" in m or "can never happen" in m] == []
    assert any("is always false" in m for m in messages)


def test_every_place_of_a_condition_is_looked_at():
    more = """
measures: { m: { told: m, value: 'count(folk, dead) > 41 ? 1 : 0' } }
directives: { d: { binds: ours, broken_when: "count(folk, dead) > 42", unless: "count(folk, dead) > 43" } }
movements: { mo: { among: folk, when: "count(folk, dead) > 44" } }
defections: { de: { who: ann, to: theirs, base: 1/h, when: "count(folk, dead) > 45", fear: "count(folk, dead) > 46 ? 1 : 0" } }
inquiries: { inq: { who: ann, fact: flood, when: "count(folk, dead) > 47" } }
secrets: { se: { fact: flood, to: bob, when: "count(folk, dead) > 48" } }
talks: { ta: { fact: flood, among: [ann, bob], contact: 1/h, when: "count(folk, dead) > 49" } }
dealings: { de2: { between: [ann, bob], rate: 1/h, when: "count(folk, dead) > 50" } }
values: { good: g }
"""
    rules = """  w: { when: "true", chance: "count(folk, dead) > 51 ? 1 : 0" }"""
    text = STAGE.format(rules=rules, more=more)
    utility = "utility: { good: 'credence(self, flood) > 54 ? 1 : 0' }"
    for was, now in (
        ("endings: {", 'endings: { early: { told: e, when: "count(folk, dead) > 52" },'),
        ("go: { told: a }", f'go: {{ told: a, open: "count(folk, dead) > 53", {utility} }}'),
        ('start: "06:00"', 'start: "06:00", ends_when: "count(folk, dead) > 55"'),
    ):
        text = text.replace(was, now)
    messages = "\n".join(w.message for w in load_text(text).warnings)
    assert [n for n in range(41, 56) if f"> {n}' is never true" not in messages] == []
    for follows in ("this ending cannot happen", "this option can never be taken", "until 'until'", "nobody goes over"):
        assert follows in messages


def test_a_warning_names_the_column_of_the_comparison():
    scenario = load_text(STAGE.format(rules="  r: { when: 'alive(ann) && count(folk, dead) > 41' }", more=""))
    (warning,) = [w for w in scenario.warnings if "never true" in w.message]
    line = "  r: { when: 'alive(ann) && count(folk, dead) > 41' }"
    assert int(str(warning.place).split(":")[2]) == line.index("count") + 1


def test_some_of_many_names_are_named():
    text = "  r: { each: { who: [ann, bob, folk] }, when: 'count(who, dead) > 1' }"
    messages = [w.message for w in load_text(STAGE.format(rules=text, more="")).warnings if "never true" in w.message]
    assert [m.partition("'")[2].partition("'")[0] for m in messages] == ["count(ann, dead) > 1", "count(bob, dead) > 1"]


WAITS = (
    ('"true"', "after: 25 h", "ends after the story, which lasts 1 d at most"),
    ("'time() > \"20 h\"'", "after: 5 h", "ends after the story"),
    ("'time() > \"20 h\"'", "after: 5 h, lapses: false", "ends after the story"),
    (
        '\'time() >= "2 h" && time() < "3 h"\'',
        "after: 90 min",
        "is longer than its condition can hold, which is 1 h at most",
    ),
    ("'time() < \"3 h\" && alive(ann)'", "after: 4 h", "is longer than its condition can hold, which is 3 h at most"),
    ('\'time() >= "2 h" && time() < "3 h"\'', "after: 90 min, lapses: false", None),
    ('\'time() >= "2 h" && time() < "3 h"\'', "after: 50 min", None),
    ('\'time() >= "2 h" && time() < "3 h"\'', "after: { gamma: { mean: 90 min, shape: 2 } }", None),
    ("'time() > \"20 h\" || alive(ann)'", "after: 5 h", None),
)


@pytest.mark.parametrize(("when", "wait", "said"), WAITS)
def test_a_wait_that_ends_too_late_is_said(when, wait, said):
    rules = f"  r: {{ when: {when}, {wait} }}"
    messages = [w.message for w in load_text(STAGE.format(rules=rules, more="")).warnings]
    found = [m for m in messages if "never fires" in m]
    assert (found == []) if said is None else (found != [] and found[0].startswith(said))


def test_a_beat_that_can_never_happen_is_said():
    rules = "  r: { when: happened(s) }\n  s: { when: happened(r) }"
    more = "beats: { one: { told: one, match: { happened: r } }, two: { told: two, match: [{ happened: bell }, { happened: s }] } }"
    messages = [w.message for w in load_text(STAGE.format(rules=rules, more=more)).warnings]
    assert [m for m in messages if m.startswith(("'r' can", "'s' can"))] == [
        "'r' can never happen",
        "'s' can never happen",
    ]


# ------------------------------------------------------------------------------------------------ the declared ranges


def test_every_function_declares_a_range_that_somebody_can_narrow():
    for function in assembly.FUNCTIONS.values():
        assert function.span.low <= function.span.high
        assert function.span.by in ("", *_NARROWED)
    assert (
        {function.span.by for function in assembly.FUNCTIONS.values()} - {""} == set(_NARROWED) == set(functions.LIMITS)
    )


CALLS = """
knows(P, F) believes(P, F) credence(P, F) knowers(F) holds(F) alive(P) dead(P) free(P) held(P) at(P, S) travelling(P)
count(B, C) count_at(B, S) distance(P, P) age(P) biological_age(P) mean_biological_age(B) rejuvenation(P)
disfigurement(P) dose(P) damage(P) hull(V) shields(V) crew_left(V) stage(D) stock(L) collected(L) trust(P, P) affection(P, P)
kinship(P, P) tie(A, A) times(E) since(E) happened(E) time() hour() waiting(T) turned_away(T) growth(T) drones_left(W)
gauge(G) heard_share(R) leaks(X) joiners(M) share_joined(M) opinion(P, O) foreseen(I) leaning(I) violations(N)
"""
KINDS = {
    "P": "person", "F": "fact", "S": "place", "V": "vessel", "D": "device", "L": "field", "A": "faction", "E": "event",
    "T": "pad", "W": "swarm", "G": "gauge", "R": "rumour", "X": "secret", "M": "movement", "O": "opinion", "I": "option",
    "N": "directive",
}  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        "airlift",
        "beacons",
        "century",
        "countdown",
        "hunt",
        "insurrection",
        "mill",
        "quarrel",
        "skirmish",
        "strike",
        "well",
    ],
)
def test_what_functions_give_lies_within_what_they_declare(name):
    scenario = load_scenario(name)
    document = scenario.document
    built = build.Builder(document, lambda *wrong: pytest.fail(str(wrong)))
    built.build()
    possible = Possible(document, built)
    rng = np.random.default_rng(7)
    calls = []
    for word, letters in re.findall(r"(\w+)\(([^)]*)\)", CALLS):
        for _ in range(6):
            chosen = []
            for letter in letters.replace(" ", "").split(","):
                known = list(states.COUNTED) if letter == "C" else list(built.names.rows.get(KINDS.get(letter, ""), {}))
                if letter == "B":
                    known = [n for kind in ("person", "crowd", "faction") for n in built.names.rows.get(kind, {})]
                if letter:
                    chosen.append(str(rng.choice(known)) if known else None)
            if None not in chosen:
                text = f"{word}({', '.join(chosen)})"
                if text not in calls:
                    calls.append(text)
    compiled = [
        language.compile_condition(text, built.names, wants="any", private=text.startswith("foreseen"))
        for text in calls
    ]
    declared = [possible.bounds(one.steps[-1]) for one in compiled]
    code, starts = list(scenario.program.code), []
    constants = list(scenario.program.constants)
    for one in compiled:
        starts.append(len(code))
        code.extend(language.relocate(one, len(constants)))
        constants.extend(one.constants)
    program = scenario.program._replace(code=np.array(code, np.int32), constants=np.array(constants))
    for seed in range(2):
        world = scenario.world(seed)
        for share in (0.0, 0.2, 0.5, 1.0):
            world, _ = go_on(scenario, world, share * document.scenario.until)
            for text, start, bounds in zip(calls, starts, declared, strict=True):
                value = engine.value_of(program, world, start, float(world.state["time"][0]))
                if math.isnan(value):
                    assert bounds.undefined, text
                else:
                    assert value in bounds.values, (text, value, bounds)


# ------------------------------------------------------------------------------------------------ the laws of intervals

NAMES = {"a": (-2.0, 3.0), "b": (0.0, 1.0), "c": (1.0, 5.0), "d": (-4.0, -1.0), "e": (0.0, 2.0)}
UNDEFINED = ("e",)
"""Those that may be undefined."""


class Gauges:
    """Names of gauges alone, for the checker."""

    def row(self, kind, name):
        return list(NAMES).index(name) if kind == "gauge" and name in NAMES else None

    def known(self, kind):
        return list(NAMES) if kind == "gauge" else []


def numbers():
    leaf = st.sampled_from([*NAMES, "0", "1", "2.5", "3"])
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from("+-*/%"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
            inner.map(lambda x: f"-({x})"),
            st.tuples(st.sampled_from(("min", "max")), inner, inner).map(lambda t: f"{t[0]}({t[1]}, {t[2]})"),
            inner.map(lambda x: f"abs({x})"),
            inner.map(lambda x: f"logistic({x})"),
        ),
        max_leaves=5,
    )


def truths():
    relation = st.tuples(numbers(), st.sampled_from(("<", "<=", ">", ">=", "==", "!=")), numbers()).map(" ".join)
    return st.recursive(
        relation,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(("&&", "||")), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
            inner.map(lambda x: f"!({x})"),
        ),
        max_leaves=4,
    )


def reckon(compiled, values):
    """Evaluate the steps of a condition with given gauges, plainly; what is undefined is not a number."""
    stack = []
    for step in compiled.steps:
        if step.kind == "value":
            stack.append(step.value)
        elif step.kind == "prefix":
            x = stack.pop()
            stack.append((not x) if step.word == "!" else -x)
        elif step.kind == "call" and step.names:
            stack.append(values[step.names[0][0]])
        elif step.kind == "call":
            taken = [stack.pop() for _ in range(step.count)][::-1]
            undefined = any(math.isnan(x) for x in taken)
            act = {"min": min, "max": max, "abs": abs, "logistic": lambda x: 1.0 / (1.0 + math.exp(-max(x, -700.0)))}[
                step.word
            ]
            stack.append(math.nan if undefined else act(*taken))
        else:
            y, x = stack.pop(), stack.pop()
            if step.word in "+-*/%":
                zero = step.word in "/%" and y == 0.0
                stack.append(math.nan if zero or math.isnan(x) or math.isnan(y) else _OPS[step.word](x, y))
            else:
                stack.append(_OPS[step.word](x, y))
    return bool(stack[0])


_OPS = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
    "%": math.fmod,
    "<": lambda x, y: x < y,
    "<=": lambda x, y: x <= y,
    ">": lambda x, y: x > y,
    ">=": lambda x, y: x >= y,
    "==": lambda x, y: x == y,
    "!=": lambda x, y: x < y or x > y,
    "&&": lambda x, y: x and y,
    "||": lambda x, y: x or y,
}


@given(truths(), st.integers(0, 2**32 - 1))
@settings(max_examples=600)
def test_what_is_said_to_be_never_true_is_never_true(text, seed):
    try:
        compiled = language.compile_condition(text, Gauges())
    except language.ConditionError:
        return  # division by zero, said at load
    judge = ranges.Judge(
        lambda step: ranges.Bounds(ranges.Interval(*NAMES[step.names[0][0]]), undefined=step.names[0][0] in UNDEFINED)
    )
    verdict = judge.judge(compiled)
    rng = np.random.default_rng(seed)
    found = set()
    for _ in range(40):
        corner = rng.random() < 0.4
        values = {n: float(rng.choice(ends) if corner else rng.uniform(*ends)) for n, ends in NAMES.items()}
        if rng.random() < 0.3:
            values = {n: float(round(v)) for n, v in values.items()}
        if rng.random() < 0.3:
            values |= dict.fromkeys(UNDEFINED, math.nan)
        found.add(reckon(compiled, values))
    if True in found:
        assert verdict.possible, text
    whole = [f.message for f in verdict.findings if f.message.startswith(f"'{text}'")]
    if False in found:
        assert not any("is always true" in message for message in whole), (text, whole)
