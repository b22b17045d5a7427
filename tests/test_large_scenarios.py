"""Reading a large scenario: the work grows with its size and not with its square, whatever is wrong with it."""

import difflib
import gc
import sys

import pytest

from briarpatch.errors import ScenarioError, bounded_suggestions, did_you_mean
from briarpatch.scenario import load
from briarpatch.scenario.compile import compile_source

HEAD = """
scenario: { title: t, until: 1 d }
maps: { v: {} }
places: { here: { map: v, at: [0 m, 0 m] } }
factions: { f: {} }
people: { p: { faction: f, place: here } }
endings: { over: { told: over } }
"""


def many(count, row):
    return "".join(f"  {row.format(k=k)}\n" for k in range(count))


FAMILIES = {
    "rules that ask for the one before": lambda n: (
        "gauges: { n: {} }\nrules:\n"
        + "".join(
            f'  r{k}: {{ when: "times(r{max(k - 1, 0)}) >= {k % 9}", do: [add: {{ gauge: n, by: 1 }}] }}\n'
            for k in range(n)
        )
    ),
    "rules on one gauge": lambda n: (
        "gauges: { n: {} }\nrules:\n"
        + many(n, 'r{k}: {{ when: "n > {k}", after: 1 h, do: [add: {{ gauge: n, by: 1 }}] }}')
    ),
    "wrong names in conditions": lambda n: (
        "gauges:\n" + many(n, "gauge_{k}: {{}}") + "rules:\n" + many(n, 'r{k}: {{ when: "gaueg_{k} > 1", do: [] }}')
    ),
    "wrong names in effects": lambda n: (
        "gauges:\n"
        + many(n, "gauge_{k}: {{}}")
        + "rules:\n"
        + many(n, 'r{k}: {{ when: "true", after: 1 h, do: [add: {{ gauge: gaueg_{k}, by: 1 }}] }}')
    ),
    "unknown keys": lambda n: "gauges:\n" + many(n, "n{k}: {{ strat: 1 }}"),
    "wrong units": lambda n: "crowds:\n" + many(n, "c{k}: {{ count: 1, faction: f, place: here, age: 3 yeers }}"),
    "blanks": lambda n: "facts:\n" + many(n, "f{k}: {{ prior: }}"),
    "warnings": lambda n: (
        "events:\n"
        + many(n, "e{k}: {{}}")
        + "rules:\n"
        + many(n, 'r{k}: {{ when: "happened(e{k}) && !happened(e{k})", do: [mark: e{k}] }}')
    ),
    "facts that nobody learns": lambda n: "facts:\n" + many(n, "f{k}: {{}}"),
    "decisions": lambda n: (
        "gauges: { n: {} }\ndecisions:\n"
        + many(n, 'p.d{k}: {{ question: q, when: "n > {k}", options: {{ a: {{ told: a }}, b: {{ told: b }} }} }}')
    ),
}


def calls(text):
    """Return how many calls of Python functions it takes to read a scenario, faults and warnings included."""
    count = 0

    def note(frame, event, argument):
        nonlocal count
        count += event == "call"

    source = load.read_text(text)
    sys.setprofile(note)
    try:
        compile_source(source, None, None)
    except ScenarioError:
        pass
    finally:
        sys.setprofile(None)
    return count


QUICK = ("rules that ask for the one before", "unknown keys", "blanks", "decisions")


@pytest.mark.parametrize(
    "family", [name if name in QUICK else pytest.param(name, marks=pytest.mark.long) for name in FAMILIES]
)
def test_the_work_of_reading_grows_with_the_size(family):
    small, large = (calls(HEAD + FAMILIES[family](n)) for n in (400, 1600))
    assert large < 5.0 * small, (small, large)


def test_suggestions_compare_few_names_however_many_faults_there_are(monkeypatch):
    compared, plain = [], difflib.get_close_matches

    def noted(word, possibilities, *rest, **others):
        compared.append(len(possibilities))
        return plain(word, possibilities, *rest, **others)

    monkeypatch.setattr(difflib, "get_close_matches", noted)
    known = [f"place_{k}" for k in range(9000)]
    with bounded_suggestions():
        hints = [did_you_mean(f"plaec_{k}", known) for k in range(5000)]
    assert hints[0] == "; did you mean 'place_0'?"
    assert hints[-1] == ""
    assert sum(compared) <= 25_000


def test_a_name_among_many_is_suggested_as_among_few():
    known = [f"street_{k:05d}" for k in range(20_000)] + ["harbour"]
    assert did_you_mean("harbuor", known) == "; did you mean 'harbour'?"
    assert did_you_mean("zzz", known) == ""


def test_a_scenario_that_is_read_again_and_again_takes_no_memory():
    text = HEAD + FAMILIES["rules that ask for the one before"](200)
    compile_source(load.read_text(text), None, None)
    gc.collect()
    frozen, before = gc.get_freeze_count(), len(gc.get_objects())
    for _ in range(3):
        compile_source(load.read_text(text), None, None)
    gc.collect()
    assert gc.get_freeze_count() == frozen
    assert len(gc.get_objects()) < 1.05 * before
