"""What if: one change under the same luck, its first effect, and its effect over many seeds."""

import json

import numpy as np
import pytest

from briarpatch.analysis.whatif import Change, differences, diverge, effect, whatif
from briarpatch.errors import RequestError, ScenarioError
from briarpatch.run import run
from briarpatch.scenario.catalog import load_text

TEXT = """
scenario: { title: test, start: "00:00", until: 10 h }
maps: { field: {} }
places: { here: { map: field, at: [0 km, 0 km] }, there: { map: field, at: [1 km, 0 km] } }
factions: { us: {} }
people: { her: { faction: us, place: here } }
gauges: { level: { start: 0 } }
rules:
  early: { told: It rained, when: 'true', after: { gamma: { mean: 1 h, shape: 2 } } }
  walk: { told: She went, when: happened(early), after: 1 h, do: [move: { who: her, to: there }] }
  noise: { told: A bird sang, when: 'true', rate: 2/h }
  high: { told: The water stood high, when: gauge(level) > 5 }
decisions:
  her.stay: { question: Stay?, when: happened(early), takes: 30 min, options: { yes: { told: She stayed, base: 9 }, no: { told: She left } } }
endings:
  gone: { told: she was gone, when: 'at(her, there)' }
  stayed: { told: she stayed }
measures: { level: { told: level, value: gauge(level) } }
"""


@pytest.fixture(scope="module")
def scenario():
    return load_text(TEXT)


def test_no_change_replays_exactly(scenario):
    for at in (None, "2 h", "early", "5"):
        found = whatif(scenario, Change(at=at), 3)
        assert found.divergence is None
        assert found.differences == []
        assert "no difference" in found.text()


def test_without_a_rule_only_what_it_led_to_differs(scenario):
    found = whatif(scenario, Change(without=["walk"]), 3)
    assert found.endings == ("gone", "stayed")
    only = [d.before.text for d in found.differences if d.after is None]
    assert any("She went" in text for text in only)
    assert not any("bird" in (d.before or d.after).text for d in found.differences)
    assert found.divergence.before.text.startswith("She went")


def test_a_choice_is_forced_from_the_start_or_from_a_moment_on(scenario):
    for at in (None, "her.stay"):
        found = whatif(scenario, Change(choices={"her.stay": "no"}, at=at), 3)
        assert found.divergence.before.text.startswith("She stayed")
        assert found.divergence.after.text.startswith("She left")


def test_a_change_after_the_fact_changes_nothing(scenario):
    found = whatif(scenario, Change(without=["early"], at="9 h"), 3)
    assert found.divergence is None


def test_a_gauge_is_set_at_its_moment(scenario):
    found = whatif(scenario, Change(gauges={"level": 7}, at="4 h"), 3)
    first = found.divergence.after
    assert first.time == pytest.approx(4 * 3600.0)
    assert any(d.after and "water stood high" in d.after.text for d in found.differences)
    assert found.measures[1]["level"] == 7.0


def test_times_that_move_are_told_as_such():
    one, other = run("valley", 3), run("valley", 3, overrides={"rules.run.do.0.move.speed": "5 km/h"})
    parts = diverge(one.log, other.log)
    moved = [d for d in differences(one.log, other.log, parts.number) if d.before and d.after]
    assert moved
    assert all(d.later != 0.0 for d in moved)


def test_a_change_of_the_files_reloads_the_scenario():
    found = whatif("valley", Change(overrides={"rules.run.do.0.move.speed": "5 km/h"}), 1)
    assert found.divergence is not None
    assert json.dumps(found.facts(), allow_nan=True)
    with pytest.raises(RequestError, match="from the start"):
        whatif("valley", Change(overrides={"scenario.until": "3 h"}, at="1 h"), 1)


def test_a_run_keeps_its_own_settings():
    decision = run("vault", 4).scenario.decisions[0]
    option = decision.options[0].name
    played = run("vault", 4, {decision.name: option})
    found = whatif(played, Change())
    assert found.seed == 4
    assert found.divergence is None


def test_the_effect_over_seeds_is_paired(scenario):
    found = effect(scenario, Change(without=["walk"]), 40)
    gone = next(e for e in found.endings if e.ending == "gone")
    assert gone.after.estimate == 0.0
    assert gone.difference.estimate == -gone.before.estimate
    assert gone.p < 1e-6
    assert found.mattered.estimate == gone.before.estimate
    nothing = effect(scenario, Change(), 10)
    assert nothing.differed.estimate == 0.0
    assert all(e.difference.estimate == 0.0 and e.p == 1.0 for e in nothing.endings)
    assert all(m.difference.estimate == 0.0 for m in nothing.measures)


def test_seeds_in_which_the_moment_never_comes_are_counted(scenario):
    found = effect(scenario, Change(without=["walk"], at="high"), 10)
    assert found.unmade == 10
    assert found.differed.estimate == 0.0


def test_the_effect_does_not_depend_on_threads(scenario):
    one, other = (effect(scenario, Change(without=["early"]), 20, workers=n) for n in (1, 2))
    assert one.facts() == other.facts()


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (Change(choices={"her.stya": "no"}), "her.stay"),
        (Change(choices={"her.stay": "maybe"}), "yes"),
        (Change(choices={"her.stay": "maybe"}, at="1 h"), "yes"),
        (Change(without=["wolk"]), "walk"),
        (Change(gauges={"lvel": 1.0}), "level"),
        (Change(gauges={"level": float("nan")}), "number"),
        (Change(at="erly"), "early"),
        (Change(at="12345"), "no entry"),
        (Change(at="-3 h"), "neither a time"),
        (Change(at="3 parsecs"), "time"),
        (Change(variants={"x": "y"}), "text"),
    ],
)
def test_what_does_not_exist_is_refused_with_a_remedy(scenario, change, hint):
    with pytest.raises((RequestError, ScenarioError), match=hint):
        whatif(scenario, change, 1)


def test_results_save_print_and_draw(scenario, tmp_path):
    one, many = whatif(scenario, Change(without=["walk"]), 3), effect(scenario, Change(without=["walk"]), 10)
    for number, result in enumerate((one, many)):
        for kind in ("csv", "json", "svg", "txt"):
            assert result.save(tmp_path / f"{number}.{kind}").stat().st_size > 0
        assert result._repr_html_()
        assert len(max(result.text(80).splitlines(), key=len)) <= 80
    assert np.isfinite(many.table["difference"].to_numpy()).all()
