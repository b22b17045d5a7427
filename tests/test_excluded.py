"""An ending is explained by what kept away those before it, and by the decisions that would have changed it."""

from __future__ import annotations

import pytest

import briarpatch as bp
from briarpatch.analysis.why import why
from briarpatch.excluded import exclusions
from briarpatch.views import cli

TEXT = """
scenario: {title: The lock-out, until: 5 h}
maps: {town: {}}
places: {mill: {map: town, at: [0 m, 0 m]}}
factions: {hands: {}}
values: {peace: what keeps the peace}
people: {owner: {told: the owner, faction: hands, place: mill}, clerk: {told: the clerk, faction: hands, place: mill}}
crowds:
  workers: {told: the workers, count: 7, faction: hands, place: mill}
  veterans: {told: the veterans, count: 2, faction: hands, place: mill}
rules:
  accident: {told: A beam fell, when: 'time() >= "1 h"', do: [kill: {who: veterans}]}
  bell: {told: The bell rang, when: 'chose(owner.hours.shorter)', do: []}
decisions:
  owner.hours:
    question: Shorter hours?
    when: 'time() >= "2 h"'
    options:
      keep: {told: The owner kept the hours, utility: {peace: 9}}
      shorter: {told: The owner shortened the hours, utility: {peace: 0}}
  clerk.note:
    question: Write it down?
    when: 'time() >= "3 h"'
    options:
      write: {told: The clerk wrote it down, utility: {peace: 9}}
      forget: {told: The clerk forgot it, utility: {peace: 0}}
  clerk.never:
    question: Never asked?
    when: 'happened(bell) && count(hands, dead) > 5'
    options:
      yes_: {told: The clerk said yes, utility: {peace: 1}}
      no_: {told: The clerk said no, utility: {peace: 1}}
endings:
  peace: {told: there was peace, when: 'happened(bell) && (count(hands, dead) == 0 || chose(owner.hours.shorter))'}
  ruin: {told: all was lost, when: 'count(hands, alive) < 5 || chose(clerk.never.yes_)'}
  rest: {told: it was not settled}
"""


@pytest.fixture(scope="module")
def lockout():
    """A run that ends in none of the others."""
    scenario = bp.load_text(TEXT)
    return bp.run(scenario, seed=1, choices={"owner.hours": "keep", "clerk.note": "write"})


def test_each_ending_before_the_one_reached_names_the_clauses_that_failed(lockout):
    assert lockout.ending == "rest"
    found = {one.ending: {clause.text: clause for clause in one.clauses} for one in exclusions(lockout)}
    assert list(found) == ["peace", "ruin"]
    assert set(found["peace"]) == {"happened(bell)", "count(hands, dead) == 0", "chose(owner.hours.shorter)"}
    assert set(found["ruin"]) == {"count(hands, alive) < 5", "chose(clerk.never.yes_)"}


def test_a_failed_clause_says_its_value_its_entries_or_what_never_happened(lockout):
    clauses = {clause.text: clause for one in exclusions(lockout) for clause in one.clauses}
    dead = clauses["count(hands, dead) == 0"]
    assert dead.values == ("count(hands, dead) was 2",)
    assert [entry.kind for entry in dead.entries] == ["died"]
    assert clauses["happened(bell)"].never == ("bell, The bell rang",)
    assert "'owner.hours' was answered 'keep'" in clauses["chose(owner.hours.shorter)"].because()
    assert "'clerk.never' was never asked" in clauses["chose(clerk.never.yes_)"].because()


def test_the_decisions_that_would_have_changed_it_are_found_by_playing(lockout):
    answer = why(lockout)
    assert [(trial.entry.text, trial.how) for trial in answer.turned] == [
        ("The owner kept the hours.", "with 'shorter' instead")
    ]
    assert len(answer.decisions) == 2
    text = answer.text()
    assert "Other decisions that would have changed the ending:" in text
    assert "it ends in 'peace'" in text
    assert {one["ending"] for one in answer.facts()["excluded"]} == {"peace", "ruin"}


def test_the_first_ending_has_nothing_before_it():
    run = bp.run(bp.load_text(TEXT), seed=1, choices={"owner.hours": "shorter", "clerk.note": "write"})
    assert run.ending == "peace"
    assert exclusions(run) == []


def test_explaining_leaves_the_world_as_it_was(lockout):
    before = {name: getattr(lockout.world, name).tobytes() for name in ("stack", "state", "chronicle")}
    exclusions(lockout)
    assert before == {name: getattr(lockout.world, name).tobytes() for name in before}


def test_the_command_says_what_kept_the_others_away(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lockout.yaml").write_text(TEXT)
    assert cli.main(["run", "lockout.yaml", "--choose", "owner.hours=keep", "--out", "r", "-q"]) == 0
    assert cli.main(["why", "r", "ending"]) == 0
    out = capsys.readouterr().out
    assert "not 'peace' (there was peace), which asks for" in out
    assert "count(hands, dead) was 2" in out
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("name", ["valley", "vault", "mill", "exile", "strike", "insurrection"])
@pytest.mark.parametrize("seed", range(3))
def test_every_ending_before_has_a_clause_that_failed(name, seed):
    run = bp.run(name, seed=seed)
    for one in exclusions(run):
        assert one.clauses
        for clause in one.clauses:
            assert clause.text in one.condition
            assert clause.because()
