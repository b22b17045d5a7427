"""Accounts: what loading refuses, what a run is held to, and how it is told."""

from __future__ import annotations

import json
import math
import random

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import NegativeCycleError, johnson

from briarpatch import RequestError, ScenarioError, assembly, load_scenario, start
from briarpatch.analysis.accounts import Reader, Scorer, conformance
from briarpatch.assembly import ROLES
from briarpatch.scenario.catalog import load_text
from briarpatch.scenario.temporal import Bound, contradiction
from briarpatch.world import refs

HOUR = 3600.0
SCENE = """
scenario: { title: a test, until: 10 h }
maps: { ground: {} }
places: { here: { map: ground, at: [0 km, 0 km] }, there: { map: ground, at: [3 km, 4 km] } }
factions: { ours: {} }
people: { ann: { faction: ours, place: here }, bob: { faction: ours, place: there } }
crowds: { folk: { count: 3, faction: ours, place: here } }
facts: { secret: {} }
events: { bell: {} }
rules:
  dawn: { told: It dawned, when: "true", after: 1 h }
  noon: { told: It was noon, when: happened(dawn), after: 2 h, do: [mark: bell, { learn: { who: ann, fact: secret } }] }
  dusk: { told: It grew dark, when: happened(noon), after: 3 h, do: [{ kill: { who: folk } }] }
decisions:
  ann.go:
    question: Does Ann go?
    when: happened(noon)
    options: { stay: { told: Ann stayed }, leave: { told: Ann left, base: -50 } }
endings: { over: { told: it was over } }
variants:
  light:
    question: How bright?
    default: dim
    settings:
      dim: { told: dim, labels: [A.1] }
      bright: { told: bright, labels: [A.02], as_told: [day], set: { rules.dawn.told: "The sun rose" } }
documents: { A: { told: a paper, sentences: 12, halved: [3] } }
beats:
  morning: { told: morning comes, match: { happened: dawn } }
  midday: { told: midday comes, match: [{ happened: noon }, { happened: bell }] }
  evening: { told: evening comes, match: { happened: dusk } }
"""


def scene(text: str, **settings):
    """Return the scenario of a day with accounts."""
    return load_text(SCENE.replace("labels: [A.1]", "labels: [A.01]") + text, **settings)


def held(text: str, seed: int = 0, **settings):
    """Play the day once and hold it against its accounts."""
    return conformance(start(scene(text, **settings), seed).go())


def faults(text: str) -> list[str]:
    """Return what loading says of accounts."""
    with pytest.raises(ScenarioError) as caught:
        scene(text)
    return [fault.message for fault in caught.value.faults]


DAY = """
accounts:
  day:
    title: A day
    beats: { morning: [A.01], midday: [A.02], evening: [A.03a, A.03b] }
    order: [morning < midday < evening]
"""


def test_a_run_as_told():
    found = held(DAY)["day"]
    assert (found.fitness, found.cost, found.worst, found.departures) == (1.0, 0, 3, ())
    assert [m.beat for m in found.matches] == ["morning", "midday", "evening"]
    assert [m.time / HOUR for m in found.matches] == pytest.approx([1.0, 3.0, 6.0], abs=0.02)
    assert found.slack == pytest.approx(2.0 * HOUR, abs=60.0)
    assert found.matches[2].slack == pytest.approx(3.0 * HOUR, abs=60.0)
    assert found.matches[2].labels == ("A.03a", "A.03b")


@pytest.mark.parametrize(
    ("beats", "order", "kind", "by"),
    [
        ("never_rung: { match: { happened: ann.go.leave } }", "", "missing", None),
        ("midday: { window: [4 h, 8 h] }", "", "early", 1.0),
        ("midday: { window: [0 h, 2 h] }", "", "late", 1.0),
        (
            "morning: [], midday: [], evening: [], late: { match: { happened: dawn }, after: [midday, evening] }",
            "",
            "swapped",
            5.0,
        ),
        ("morning: [], evening: { after: [{ beat: morning, most: 4 h }] }", "", None, 1.0),
        ("morning: [], evening: { after: [{ beat: morning, least: 6 h }] }", "", None, 1.0),
        ("deaths: { match: { kind: died }, never: true }", "", "contradicted", None),
        ("evening: [], bells: { match: { happened: bell }, never: true, before: [evening] }", "", None, None),
        ("morning: [], bells: { match: { happened: bell }, never: true, after: [morning] }", "", None, None),
    ],
)
def test_departures(beats, order, kind, by):
    found = held(f"accounts: {{ day: {{ title: A day, beats: {{ {beats} }} }} }}")["day"]
    assert found.cost == 1
    assert found.fitness == pytest.approx(1.0 - 1.0 / found.worst)
    departure = found.departures[0]
    assert kind is None or departure.kind == kind
    if by is not None:
        assert departure.by == pytest.approx(by * HOUR, abs=60.0)


def test_an_absence_is_kept_on_the_right_side():
    beats = "morning: [], evening: [], bells: { match: { happened: bell }, never: true, %s }"
    for side in ("before: [morning]", "after: [evening]"):
        found = held(f"accounts: {{ day: {{ title: A day, beats: {{ {beats % side} }} }} }}")["day"]
        assert (found.cost, found.worst) == (0, 3)
        assert found.slack == pytest.approx((2.0 if "before" in side else 3.0) * HOUR, abs=60.0)


def test_what_must_not_come_before_a_beat_that_never_comes_must_not_come():
    beats = "out: { match: { happened: ann.go.leave }, optional: true }, bells: { match: { happened: bell }, never: true, before: [out] }"
    found = held(f"accounts: {{ day: {{ title: A day, beats: {{ {beats} }} }} }}")["day"]
    assert [d.kind for d in found.departures] == ["missing", "contradicted"]
    assert (found.cost, found.worst, found.fitness) == (1, 1, 0.0)


def test_an_optional_beat_costs_nothing():
    found = held(
        "accounts: { day: { title: A day, beats: { morning: [], out: { match: { happened: ann.go.leave }, optional: true } } } }"
    )
    assert (found["day"].fitness, found["day"].worst) == (1.0, 1)
    assert found["day"].departures[0].optional


@pytest.mark.parametrize(
    ("match", "count"),
    [
        ("{ kind: died }", 3),
        ("{ kind: died, subject: folk }", 3),
        ("{ kind: died, subject: ours }", 3),
        ("{ kind: died, subject: [ann, bob] }", 0),
        ("{ kind: died, place: here }", 3),
        ("{ kind: died, place: [there] }", 0),
        ("{ kind: learned, subject: ann, object: secret }", 1),
        ("{ kind: learned, object: secret, amount: '> 1e6' }", 0),
        ("{ kind: learned, object: secret, amount: '>= -1e6' }", 1),
        ("{ happened: ann.go }", 1),
        ("{ happened: ann.go.leave }", 0),
        ("[{ happened: dawn }, { happened: noon }, { kind: rule, subject: dawn }]", 2),
        ("{ kind: ended, object: over }", 1),
    ],
)
def test_patterns_find_entries(match, count):
    scenario = scene(f"accounts: {{ day: {{ title: A day, beats: {{ it: {{ match: {match} }} }} }} }}")
    run = start(scenario, 0).go()
    entries = Reader(run.world).beat(scenario.tellings.accounts["day"].beats[0])
    assert len(entries) == count
    assert entries.tolist() == sorted(set(entries.tolist()))


@pytest.mark.parametrize(
    ("beats", "message"),
    [
        ("mornin: []", "'mornin' is not under 'beats' and has no 'match' of its own; did you mean 'morning'?"),
        ("morning: [A.13]", "label 'A.13' does not exist: document 'A' has sentences 1 to 12"),
        ("morning: [B.01]", "label 'B.01' names no document: 'documents' has A"),
        ("morning: [A.1]", "label 'A.1' is written 'A.01'"),
        ("morning: [A.02a]", "label 'A.02a' does not exist: sentence 2 of 'A' is not told in halves"),
        ("morning: [first]", "label 'first' is not a label; write document and sentence, as in A.07"),
        ("it: { match: { kind: dies } }", "no entry is of the kind 'dies'; did you mean 'died'?"),
        (
            "it: { match: { happened: dawm } }",
            "no event, rule, decision or option is called 'dawm'; did you mean 'dawn'?",
        ),
        ("it: { match: { kind: died, subject: an } }", "nothing is called 'an'; did you mean 'ann'?"),
        ("it: { match: { kind: died, place: hree } }", "unknown place 'hree'; did you mean 'here'?"),
        (
            "it: { match: { kind: died, subject: secret } }",
            "'secret' is a fact, but the subject of an entry 'died' is a person or crowd",
        ),
        ("it: { match: { kind: rule, object: ann } }", "an entry 'rule' never has an object"),
        (
            "it: { match: { happened: dawn, place: here } }",
            "'place' goes with 'kind'; what 'happened' names is found by its name alone",
        ),
        (
            "it: { match: { kind: died, amount: many } }",
            "'many' is not a comparison with a number; write it as in '>= 3'",
        ),
        ("it: { match: {} }", "a pattern needs either 'happened' or 'kind'"),
        ("it: { match: { kind: died, happened: dawn } }", "a pattern needs either 'happened' or 'kind'"),
        ("morning: { window: [2 h, 1 h] }", "the window ends before it begins; write the earlier time first"),
        ("morning: { after: [night] }", "the account has no beat 'night'"),
        (
            "morning: [], midday: { after: [{ beat: morning, least: 3 h, most: 2 h }] }",
            "'least' is more than 'most'; swap them",
        ),
        (
            "morning: [], gone: { match: { kind: died }, never: true }, midday: { after: [gone] }",
            "'gone' must never happen, so it has no place in an order",
        ),
    ],
)
def test_faults_have_a_remedy(beats, message):
    assert message in faults(f"accounts: {{ day: {{ title: A day, beats: {{ {beats} }} }} }}")


@pytest.mark.parametrize(
    ("chain", "message"),
    [
        ("morning", "a chain needs at least two beats with '<' or '<=' between them"),
        ("morning <", "the chain ends too soon; expected the name of a beat"),
        ("morning < < midday", "expected the name of a beat, got '<'"),
        ("morning midday", "expected '<', '<=' or ',', got 'midday'"),
        ("morning > midday", "expected '<', '<=' or ',', got '>'"),
        ("morning < evning", "the account has no beat 'evning'; did you mean 'evening'?"),
    ],
)
def test_faults_of_chains(chain, message):
    head = "accounts: { day: { title: A day, beats: { morning: [], midday: [], evening: [] }, order: ["
    assert message in faults(f'{head}"{chain}"] }} }}')


def test_faults_have_their_places():
    with pytest.raises(ScenarioError) as caught:
        scene("accounts:\n  day:\n    title: A day\n    beats:\n      it: { match: { kind: died, subject: an } }\n")
    fault = caught.value.faults[0]
    assert (fault.place.line, fault.place.column) == (SCENE.count("\n") + 5, 43)


@pytest.mark.parametrize(
    ("beats", "order", "clash"),
    [
        ("morning: [A.01], midday: [A.02]", '"morning < midday", "midday <= morning"', ["A.01", "A.02"]),
        (
            "morning: [A.01], midday: [A.02], evening: [A.04]",
            "morning < midday < evening < morning",
            ["A.01", "A.02", "A.04"],
        ),
        (
            "morning: { labels: [A.05], window: [3 h, 4 h] }, midday: { labels: [A.06], window: [1 h, 2 h] }",
            "morning < midday",
            ["A.05", "A.06"],
        ),
        (
            "morning: [A.01], midday: { labels: [A.02], after: [{ beat: morning, least: 6 h }] }, evening: { labels: [A.04], after: [{ beat: midday, least: 5 h }] }",
            "",
            ["A.01", "A.02", "A.04"],
        ),
        (
            "morning: [A.01], no_morning: { labels: [A.07], match: { happened: dawn }, never: true }",
            "",
            ["A.01", "A.07"],
        ),
        (
            "morning: [A.01], evening: [A.04], no_morning: { labels: [A.07], match: { happened: dawn }, never: true, before: [evening] }",
            "morning < evening",
            ["A.01", "A.04", "A.07"],
        ),
        (
            "morning: [A.01], evening: [A.04], no_evening: { labels: [A.07], match: { happened: dusk }, never: true, after: [morning] }",
            "morning < evening",
            ["A.01", "A.04", "A.07"],
        ),
    ],
)
def test_contradictory_accounts_are_refused_with_the_sentences_that_clash(beats, order, clash):
    found = faults(f"accounts: {{ day: {{ title: A day, beats: {{ {beats} }}, order: [{order}] }} }}")
    assert len(found) == 1
    assert sorted(found[0].rpartition("the sentences that clash are ")[2].split(", ")) == clash


def test_accounts_that_only_seem_to_contradict_themselves_are_kept():
    scene(
        """
accounts:
  day:
    title: A day
    beats:
      morning: { labels: [A.01], window: [1 h, 4 h] }
      midday: { labels: [A.02], window: [1 h, 2 h], after: [{ beat: morning, most: 1 h }] }
      early_night: { labels: [A.07], match: { happened: dusk }, never: true, before: [midday] }
    order: [morning <= midday]
"""
    )


def test_contradictions_are_those_that_scipy_finds():
    luck, found = random.Random(3), 0
    for _ in range(300):
        nodes = luck.randint(2, 6)
        bounds, matrix = [], np.zeros((nodes, nodes))
        for _ in range(luck.randint(1, 12)):
            a, b = luck.sample(range(nodes), 2)
            if matrix[a, b] == 0.0:
                most = luck.choice([-5, -3, -2, -1, 1, 2, 3, 4, 6])
                matrix[a, b] = most
                bounds.append(Bound(a, b, float(most), False, len(bounds)))
        cycle = contradiction(nodes, bounds)
        try:
            johnson(csr_array(matrix))
            assert cycle == []
        except NegativeCycleError:
            found += 1
            assert sum(bound.most for bound in cycle) < 0.0
            assert all(one.to == two.of for one, two in zip(cycle, cycle[1:] + cycle[:1], strict=True))
    assert 50 < found < 250


def test_labels_and_accounts_of_variants():
    told = scene(DAY, as_told="day")
    assert told.settings == {"light": "bright"}
    assert told.given == {"light": "bright"}
    assert scene(DAY).settings == {"light": "dim"}
    assert scene(DAY, as_told="day", variants={"light": "dim"}).settings == {"light": "dim"}
    with pytest.raises(ScenarioError, match="unknown account 'dya'; did you mean 'day'"):
        scene(DAY, as_told="dya")
    text = SCENE.replace("as_told: [day]", "as_told: [night]") + DAY
    with pytest.raises(ScenarioError, match="unknown account 'night'; the accounts are day"):
        load_text(text.replace("labels: [A.1]", "labels: [A.01]"))
    with pytest.raises(ScenarioError, match=r"label 'A\.1' is written 'A.01'"):
        load_text(SCENE + DAY)
    twice = SCENE.replace("labels: [A.1]", "as_told: [day]") + DAY
    with pytest.raises(ScenarioError, match="account 'day' tells setting 'dim' already"):
        load_text(twice)


def test_claims_name_what_tests_them():
    claims = (
        "claims: { one: { told: it is known, labels: [A.04], fact: %s }, two: { told: it is fine, untested: praise } }"
    )
    assert len(scene(DAY + claims % "secret").document.claims) == 2
    assert "unknown fact 'secrt'; did you mean 'secret'?" in faults(DAY + claims % "secrt")
    assert any(
        message.startswith("says nothing that tests it") for message in faults(DAY + "claims: { one: { told: so } }")
    )


def test_requests():
    run = start(scene(DAY), 0)
    with pytest.raises(RequestError, match="unknown account 'dya'; did you mean 'day'"):
        conformance(run, ["dya"])
    with pytest.raises(RequestError, match="has no accounts"):
        conformance(start("valley", 0))


def test_table_text_and_facts(tmp_path):
    late = "it: { told: no such thing, match: { happened: ann.go.leave }, labels: [A.04] }, gone: { match: { kind: died }, never: true }"
    found = held(DAY.replace("midday: [A.02]", f"midday: [A.02], {late}"))
    assert found.table.columns == ["account", "beat", "told", "labels", "outcome", "entry", "time", "slack"]
    assert found.table["outcome"].to_list() == ["matched"] * 3 + ["missing", "contradicted"]
    text = found.text()
    assert text.startswith("day: A day\nfitness 0.60, 3 of 5 as told, slack 2 h\n")
    assert "missing       it: no such thing [A.04]" in text
    assert all(len(line) <= 80 for line in text.splitlines())
    facts = json.loads(found.save(tmp_path / "found.json").read_text())
    assert facts["accounts"][0]["matches"][0]["text"] == "It dawned."
    for ending in ("csv", "parquet"):
        found.save(tmp_path / f"found.{ending}")
    assert pl.read_csv(tmp_path / "found.csv").height == 5
    assert "day" in found._repr_html_()
    assert found.picture().panels[0].series[0].x == ["day"]


# ------------------------------------------------------------------------------------------------ insurrection


def test_insurrection_has_three_accounts_that_can_be_true():
    scenario = load_scenario("insurrection")
    assert list(scenario.tellings.accounts) == ["A", "B", "C"]
    for account in scenario.tellings.accounts.values():
        assert all(beat.labels for beat in account.beats)
        assert all(label.startswith(account.name) for beat in account.beats for label in beat.labels)
    scorer = Scorer(scenario)
    found = scorer.score(start(scenario, 3).go().world)
    assert all(0.0 < held.fitness <= 1.0 for held in found.values())


def test_as_told_is_kept_when_a_run_is_saved(tmp_path):
    from briarpatch import load, run

    new = run("insurrection", 0, as_told="A", until="1 h")
    new.save(tmp_path / "one")
    assert load(tmp_path / "one").variants == new.variants == new.scenario.given


@pytest.mark.parametrize(
    "name", ["insurrection", "skirmish", "quarrel", "vault", "spring", "airlift", "countdown", "hunt"]
)
def test_every_entry_is_about_what_its_kind_can_be_about(name):
    run = start(name, 1).go()
    rows = run.world.chronicle[: int(run.world.state["entries"][0])]
    for kind, subject, object_ in zip(
        rows["kind"].tolist(), rows["subject"].tolist(), rows["object"].tolist(), strict=True
    ):
        told = assembly.ENTRIES[kind].name
        for reference, allowed in zip((subject, object_), ROLES.get(told, (None, None)), strict=True):
            if reference >= 0 and allowed is not None:
                assert assembly.ENTITIES[reference // refs.ROWS_PER_KIND] in allowed, told


def test_every_role_is_of_a_kind_that_exists():
    assert set(ROLES) <= {kind.name for kind in assembly.ENTRIES}
    types = {kind for roles in ROLES.values() for role in roles for kind in role}
    assert types <= set(assembly.ENTITIES.values())


def test_slack_is_infinite_without_anything_to_break():
    found = held("accounts: { day: { title: A day, beats: { morning: [] } } }")["day"]
    assert found.slack == math.inf
    assert (
        held("accounts: { day: { title: A day, beats: { morning: [] } } }").facts()["accounts"][0]["slack"] == math.inf
    )


# ------------------------------------------------------------------------------------------------ claims


def test_claims_are_read_off_a_run(tmp_path):
    from briarpatch.analysis.claims import claims

    text = """
claims:
  known: { told: it is known, labels: [A.04], says: ann, fact: secret }
  goes: { told: she goes, decision: ann.go }
  praise: { told: it is fine, untested: praise }
"""
    found = claims(start(scene(DAY + text), 0).go())
    assert found.table.select("claim", "test", "found").rows() == [
        ("known", "fact", "so, and known to 1 of 2"),
        ("goes", "decision", "fell for stay"),
        ("praise", "untested", "praise"),
    ]
    assert found.text().startswith("known: it is known (says ann) [A.04]\n    fact secret: so, and known to 1 of 2\n")
    found.save(tmp_path / "claims.csv")
    with pytest.raises(RequestError, match="has no claims"):
        claims(start("valley", 0))


def test_every_claim_of_insurrection_stands_somehow():
    from briarpatch.analysis.claims import claims

    found = claims(start("insurrection", 3).go())
    assert len({standing.claim for standing in found.standings}) == 31
    assert all(standing.found for standing in found.standings)


# ------------------------------------------------------------------------------------------------ documentation


def test_the_page_on_accounts_says_what_is_so():
    from pathlib import Path

    from briarpatch.scenario.catalog import packaged

    page = (Path(__file__).parent.parent / "docs" / "accounts.md").read_text(encoding="utf-8")
    valley = (packaged() / "valley.yaml").read_text(encoding="utf-8")
    shown = page.split("```yaml\n")[1].split("```")[0]
    account = load_text(valley + shown).tellings.accounts["paper"]
    assert [beat.name for beat in account.beats] == ["crack", "warned", "flood"]
    wrong = shown.replace("order: [crack < warned <= flood]", "order: [crack < warned <= flood, warned <= crack]")
    with pytest.raises(ScenarioError) as caught:
        load_text(valley + wrong, variants={})
    message = " ".join(page.split("One that contradicts itself is refused:\n\n```\n")[1].split("```")[0].split())
    assert message.partition(" ")[2] == caught.value.faults[0].message
