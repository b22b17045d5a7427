"""No bound of a mean, of a difference or of an effect lies outside of what its measure can be."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import briarpatch as bp
from briarpatch.analysis import measures as m
from briarpatch.analysis.comparison import Comparison
from briarpatch.analysis.ensemble import ensemble
from briarpatch.analysis.summary import hull, range_of
from briarpatch.analysis.whatif import Change, effect
from briarpatch.scenario.catalog import load_scenario, scenario_names
from briarpatch.scenario.scenario import MeasureInfo
from plays import scene

NAMES = [name for name, _ in scenario_names()]
SLACK = 1e-9
FEW = 5
"""So few worlds that the bounds of most means would go beyond what can be."""


def ranges(scenario):
    """Return (low, high) of each measure of a scenario."""
    return {
        one.name: (-math.inf if one.low is None else one.low, math.inf if one.high is None else one.high)
        for one in scenario.measures
    }


def inside(low, high, ends, width=False):
    """Return True when bounds lie within a range, or of a difference within its width; no bounds do."""
    least, most = (ends[0] - ends[1], ends[1] - ends[0]) if width else ends
    slack = SLACK * max(1.0, *(abs(end) for end in ends if math.isfinite(end)), 1.0)
    return all(
        bound is None or math.isnan(bound) or math.isinf(bound) or least - slack <= bound <= most + slack
        for bound in (low, high)
    )


@pytest.mark.parametrize("name", NAMES)
def test_no_measure_of_a_packaged_scenario_nor_its_interval_lies_outside_its_range(name):
    known = ranges(load_scenario(name))
    found = ensemble(name, FEW)
    for row in found.summary.measures.iter_rows(named=True):
        ends = known[row["measure"]]
        if row["worlds"]:
            assert ends[0] - SLACK <= row["least"] <= row["most"] <= ends[1] + SLACK, row
        assert inside(row["low"], row["high"], ends), row


@pytest.fixture(scope="module")
def floods():
    """Two arms of the valley in so few worlds that the bounds of their means went beyond the range."""
    found = ensemble(
        "valley",
        FEW,
        arms=["late: set rules.flood.after.gamma.mean=150 min", "soon: set rules.flood.after.gamma.mean=60 min"],
    )
    loose = [m.average(column) for column in found.column("measure:on_the_hill").to_numpy().reshape(-1, 2).T]
    assert any(one.low < 0.0 or one.high > 42.0 for one in loose)
    return found


def test_the_means_and_differences_of_an_ensemble_are_clipped(floods):
    known = ranges(load_scenario("valley"))
    assert known["on_the_hill"] == (0.0, 42.0)
    for row in floods.summary.measures.iter_rows(named=True):
        assert inside(row["low"], row["high"], known[row["measure"]]), row
    for row in floods.summary.differences.iter_rows(named=True):
        if row["kind"] == "measure":
            assert inside(row["low"], row["high"], known[row["name"]], width=True), row


def test_the_manifest_holds_the_range_of_all_arms():
    found = ensemble("valley", 1, arms=["few: set crowds.villagers.count=10", "many: set crowds.villagers.count=70"])
    one = found.folder.manifest.measures["drowned"]
    assert (one.low, one.high) == (
        0.0,
        72.0,
    )


def test_a_comparison_of_ensembles_is_clipped():
    one, two = (ensemble("valley", FEW, first=first) for first in (0, 100))
    for row in Comparison(one, two).table.iter_rows(named=True):
        if row["kind"] == "measure":
            assert inside(row["low"], row["high"], (0.0, 42.0), width=True), row


def test_what_a_change_does_is_clipped():
    loose = False
    for first in (0, 6, 12, 18):
        found = effect("valley", Change(overrides={"rules.flood.after.gamma.mean": "60 min"}), FEW, first=first)
        for one in found.measures:
            for each in (one.before, one.after):
                assert inside(each.low, each.high, (0.0, 42.0)), one
                loose |= each.low in (0.0, 42.0) or each.high in (0.0, 42.0)
            assert inside(one.difference.low, one.difference.high, (0.0, 42.0), width=True), one
    assert loose


DOOR = """
crowds:
  folk: { told: the folk, count: 10, faction: ours, place: here }
  kin: { told: the kin, count: 9, faction: ours, place: here }
  rest: { told: the rest, count: 11, faction: ours, place: here }
decisions:
  ann.door:
    question: open the door
    when: "true"
    options: { open: { told: She opened it }, shut: { told: She kept it shut } }
rules:
  fire: { when: "chose(ann.door.open)", rate: 0.02/h, do: [kill: { who: folk }] }
  smoke: { when: "chose(ann.door.shut)", rate: 0.03/h, do: [kill: { who: kin }] }
  cold: { when: "true", rate: 0.02/h, do: [kill: { who: rest }] }
measures: { dead: { told: dead, value: 'count(ours, dead)', better: less } }
"""


def test_what_options_bring_is_clipped_and_so_is_utility():
    loose = False
    for first in range(0, 40, 8):
        found = bp.decide(scene(DOOR), "ann.door", 8, first=first)
        for row in found.table.iter_rows(named=True):
            ends = {"measure": (0.0, 32.0), "utility": (-32.0, 0.0), "ending": (0.0, 1.0)}[row["kind"]]
            assert inside(row["low"], row["high"], ends), row
            assert inside(row["difference_low"], row["difference_high"], ends, width=True), row
            loose |= row["low"] in ends or row["high"] in ends
    assert loose


def test_means_and_effects_of_a_study_of_sensitivity_are_clipped():
    found = bp.sensitivity("valley", "morris", 2, of=["drowned", "on_the_hill"], seeds=2)
    for part in found.variations.values():
        assert inside(part.mean_low, part.mean_high, (0.0, 42.0))
    for one in found.indices:
        for low, high in ((one.first_low, one.first_high), (one.total_low, one.total_high)):
            assert inside(low, high, (0.0, 42.0), width=True), one


def test_the_range_in_a_study_of_sensitivity_is_that_of_all_points():
    text = """
crowds: { folk: { count: 10, faction: ours, place: here } }
rules: { fire: { when: "true", rate: 1/h, do: [kill: { who: ours, at: here }] } }
measures: { dead: { told: dead, value: 'count(ours, dead)' } }
uncertain: { many: { path: crowds.folk.count, low: 5, high: 500, basis: assumed } }
"""
    found = bp.sensitivity(scene(text), "morris", 4, of=["dead"], seeds=2)
    assert found.variations["measure", "dead"].mean_high > 12.0
    assert found.variations["measure", "dead"].mean_high <= 502.0


samples = st.lists(st.floats(-1.0, 7.0), min_size=1, max_size=12)


@given(samples, samples)
@settings(max_examples=300)
def test_no_bound_leaves_a_range_that_holds_the_values(a, b):
    ends = (-1.0, 7.0)
    one, other = m.average(a, within=ends), m.unpaired_difference(a, b, within=ends)
    assert inside(one.low, one.high, ends)
    assert inside(other.low, other.high, ends, width=True)
    both = m.paired_difference(a[: len(b)], b[: len(a)], within=ends)
    assert inside(both.low, both.high, ends, width=True)
    loose = m.average(a)
    assert one.estimate == loose.estimate
    assert all(x == y or y < -1.0 or y > 7.0 or math.isnan(y) for x, y in zip(one[1:], loose[1:], strict=True))


def test_an_end_that_a_value_is_beyond_clips_nothing():
    info = MeasureInfo("dead", "dead", "", "less", 0.0, 10.0)
    assert range_of([info], np.array([0.0, 10.0, math.nan])) == (0.0, 10.0)
    assert range_of([info], np.array([0.0, 11.0])) == (0.0, math.inf)
    assert hull([info, MeasureInfo("dead", "dead", "", "less", None, 20.0)]) == (None, 20.0)
