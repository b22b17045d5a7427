"""Answers kept beside a run: they fit that run alone, and the page shows them."""

from __future__ import annotations

import json

import pytest

import briarpatch as bp
from briarpatch import derived
from briarpatch.analysis.review import review
from briarpatch.render.page_data import page_data
from briarpatch.views.cli import main


@pytest.fixture
def saved(tmp_path):
    return bp.run("vault", seed=1).save(tmp_path / "vault")


def test_an_answer_fits_its_run_alone(saved, tmp_path):
    derived.keep(saved, "x", {"a": 1})
    assert derived.found(saved, "x") == {"a": 1}
    other = bp.run("vault", seed=2).save(tmp_path / "other")
    (other / "derived").mkdir()
    (other / "derived" / "x.json").write_bytes((saved / "derived" / "x.json").read_bytes())
    assert derived.found(other, "x") is None
    assert bp.load(saved).ending, "the run is read as before"


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"seal": 1, "facts": {}}', b"[" * 100_000, b"\xff"])
def test_a_damaged_answer_is_none(saved, content):
    derived.keep(saved, "x", {})
    (saved / "derived" / "x.json").write_bytes(content)
    assert derived.found(saved, "x") is None


def test_turning_points_and_needed_causes_are_kept_and_shown(saved, capsys):
    assert main(["turning-points", str(saved), "--checkpoints", "4", "--continuations", "10"]) == 0
    assert main(["why", str(saved), "ending", "--needed"]) == 0
    run = bp.load(saved)
    data = page_data(run)
    assert data["turning"]["endings"]
    assert len(data["turning"]["moments"]) >= 4
    ending = run.why("ending")[0].number
    assert str(ending) in data["needed"]
    assert page_data(bp.run("vault", seed=1))["turning"] is None


def test_turning_points_that_lie_are_left_out(saved):
    assert main(["turning-points", str(saved), "--checkpoints", "4", "--continuations", "10"]) == 0
    path = saved / "derived" / "turning-points.json"
    kept = json.loads(path.read_text())
    kept["facts"]["turns"].append(kept["facts"]["turns"][0] | {"entry": 10**6} if kept["facts"]["turns"] else {})
    path.write_text(json.dumps(kept))
    assert page_data(bp.load(saved))["turning"] is None


def test_a_review_keeps_what_a_page_shows_and_so_no_turning_points_of_a_condition(saved):
    run = bp.load(saved)
    ending = run.why("ending")[0].number
    of = review(run, 10, parts=("turns", "why"), of="knows(manager, drilling)")
    assert of.turns is not None
    of.keep_beside(saved)
    assert derived.found(saved, derived.TURNING_POINTS) is None
    assert derived.found(saved, f"{derived.NEEDED}{ending}") is not None
    review(run, 10, parts=("turns",)).keep_beside(saved)
    assert derived.found(saved, derived.TURNING_POINTS) is not None
