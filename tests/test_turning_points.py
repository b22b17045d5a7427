"""Turning points: chances that end in the run's own ending, begin as the ensemble's, and form a martingale."""

import math

import numpy as np
import pytest

from briarpatch.analysis.branches import BEGINNING, Trunk, about, ending_of, fresh, moment, up_to_date
from briarpatch.analysis.survey import _first_look
from briarpatch.analysis.turning_points import TurningPoints, turning_points
from briarpatch.analysis.worlds import Player, in_threads
from briarpatch.errors import RequestError
from briarpatch.run import run
from briarpatch.scenario.catalog import load_text

COIN = """
scenario: { title: test, start: "00:00", until: 10 h }
maps: { field: {} }
places: { here: { map: field, at: [0 km, 0 km] } }
factions: { us: {} }
people: { her: { faction: us, place: here } }
rules:
  noon: { told: It was noon, when: 'true', after: 2 h }
  dusk: { told: It was dusk, when: 'true', after: 6 h }
decisions:
  her.first: { question: Toss?, when: happened(noon), options: { heads: { told: First heads }, tails: { told: First tails } } }
  her.second: { question: Toss?, when: happened(dusk), options: { heads: { told: Then heads }, tails: { told: Then tails } } }
endings:
  both: { told: both came, when: happened(her.first.heads) && happened(her.second.heads) }
  none: { told: not both came }
"""


@pytest.fixture(scope="module")
def vault() -> TurningPoints:
    return turning_points(run("vault", 2), 8, 40, workers=2)


def test_the_last_point_is_the_runs_own_ending_and_the_first_the_beginning(vault):
    last = vault.moments[-1]
    chances = dict(zip(vault.endings, last.chances, strict=True))
    assert chances[vault.ending].estimate == 1.0
    assert vault.moments[0].time == BEGINNING
    assert vault.moments[0].entries == 0
    assert last.suspense.estimate == 0.0
    assert 8 <= len(vault.moments) <= 16


def test_chances_sum_to_one_and_lie_in_their_bounds(vault):
    for point in vault.moments:
        assert sum(c.estimate for c in point.chances) == pytest.approx(1.0)
        assert all(c.low <= c.estimate <= c.high for c in point.chances)
        assert 0.0 <= point.suspense.low <= point.suspense.estimate <= point.suspense.high
        assert point.surprise >= 0.0


def test_the_first_point_is_the_ensembles():
    player, courses = Player("vault"), 300
    found = turning_points(run("vault", 2), 2, courses)
    ends = np.array(list(in_threads(lambda seed: ending_of(player.play(seed)), range(courses))))
    for row, name in enumerate(player.scenario.endings):
        p, q = found.moments[0].chances[found.endings.index(name.name)].estimate, float(np.mean(ends == row))
        middle = 0.5 * (p + q)
        assert abs(p - q) <= 4.0 * math.sqrt(2.0 * middle * (1.0 - middle) / courses) + 1e-9


@pytest.mark.long
@pytest.mark.parametrize("name", ["vault", "skirmish", "valley"])
def test_chances_are_a_martingale(name):
    """The chance at a moment is the mean of the chance at a later one: over seeds, the step between has mean zero."""
    player, seeds, courses = Player(name), 60, 12
    ends = np.median([float(player.play(seed).state["time"][0]) for seed in range(20)])
    rows = len(player.scenario.endings)

    def chances(seed: int) -> list[np.ndarray]:
        world, found = player.start(seed), []
        for k, share in enumerate((0.2, 0.5, 0.8)):
            world = up_to_date(player, player.go(world, share * ends))
            course = [ending_of(player.go(fresh(player, world, 100 * k + c))) for c in range(courses)]
            found.append(np.bincount(course, minlength=rows) / courses)
        found.append(np.bincount([ending_of(player.go(world))], minlength=rows).astype(float))
        return found

    steps = np.diff(np.array(list(in_threads(chances, range(seeds)))), axis=1)
    error = steps.std(axis=0, ddof=1) / math.sqrt(seeds)
    assert (np.abs(steps.mean(axis=0)) <= 4.0 * error + 1e-9).all()


@pytest.mark.long
def test_two_coins_make_the_suspense_and_surprise_of_theory():
    """Ely, Frankel and Kamenica by hand: the chance goes 1/4, then 0 or 1/2, then 0 or 1."""
    scenario = load_text(COIN)
    seed = next(s for s in range(50) if run(scenario, s).ending == "both")
    found = turning_points(run(scenario, seed), 14, 500)
    row = found.endings.index("both")
    assert found.moments[0].chances[row].estimate == pytest.approx(0.25, abs=4 * 0.016)
    first, second = sorted((turn for turn in found.turns if turn.certain), key=lambda turn: turn.until)
    assert (first.entry.text, second.entry.text) == ("First heads.", "Then heads.")
    for turn, before, after in ((first, 0.25, 0.5), (second, 0.5, 1.0)):
        here, there = found.moments[turn.since], found.moments[turn.until]
        assert here.chances[row].estimate == pytest.approx(before, abs=4 * 0.018)
        assert there.chances[row].estimate == pytest.approx(after, abs=4 * 0.018)
        assert here.suspense.estimate == pytest.approx(math.sqrt(2.0) * (after - before), abs=0.1)
        assert there.surprise == pytest.approx(math.sqrt(2.0) * (after - before), abs=0.08)


def test_threads_and_order_do_not_matter(vault):
    again = turning_points(run("vault", 2), 8, 40, workers=1)
    assert again.facts() == vault.facts()


def test_it_draws_prints_and_saves(vault, tmp_path):
    for name in ("a.png", "a.svg", "a.csv", "a.json", "a.parquet"):
        assert vault.save(tmp_path / name).stat().st_size > 0
    assert b"<svg" in (tmp_path / "a.svg").read_bytes()
    assert "suspense" in vault.text()
    assert vault.table.height == len(vault.moments) * len(vault.endings)
    assert "<table" in vault._repr_html_()


def test_a_run_that_has_not_ended_is_refused():
    with pytest.raises(RequestError, match="reached no ending"):
        turning_points(run("vault", 2, until="5 min"))


@pytest.mark.parametrize(("checkpoints", "continuations"), [(1, 100), (10, 9), (0, 100)])
def test_too_few_are_refused(checkpoints, continuations):
    with pytest.raises(RequestError, match="at least"):
        turning_points(run("vault", 2), checkpoints, continuations)


def test_a_story_without_chance_has_no_suspense():
    scenario = load_text(COIN.replace("heads }", "heads, base: 900 }"))
    found = turning_points(run(scenario, 1), 6, 20)
    assert all(m.suspense.estimate == 0.0 and m.surprise == 0.0 for m in found.moments)
    assert "nowhere" in found.text()


def test_the_first_look_has_no_more_moments_than_asked_for():
    played = run("vault", 2)
    for checkpoints in (2, 3, 4, 7, 40):
        times = _first_look(played, checkpoints)
        assert len(times) <= checkpoints
        assert times[0] == BEGINNING
        assert times[-1] == played.time


def test_moments_are_times_numbers_and_names():
    log = run("vault", 2).log
    assert moment(log, "2 h") == 7200.0
    assert moment(log, "0") == log.times[0]
    assert moment(log, "ending") == log.times[-1]
    name = run("vault", 2).scenario.decisions[0].name
    assert about(log, name)
    for wrong, hint in (("managr.act", "manager.act"), ("yesterday", "neither a time"), ("3 parsecs", "time")):
        with pytest.raises(RequestError, match=hint):
            moment(log, wrong)


def test_a_trunk_goes_back_as_well():
    played = run("vault", 2)
    trunk = Trunk(played)
    late, early = trunk.past(3000.0), trunk.past(1000.0)
    assert float(early.state["time"][0]) == 1000.0 < float(late.state["time"][0])
