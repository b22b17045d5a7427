"""Oracles O-12.1 to O-12.6: countdown, start by hand, sabotage, self-destruction and rescue."""

import math

import devices_reference
import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special as reference
from scipy import stats

from briarpatch.laws import devices as d
from briarpatch.world.compiled import INTERPRETED


def crowd(n):
    """Return `n`, or fewer where all runs as plain Python; the tolerances follow the number drawn."""
    return n // 50 if INTERPRETED else n


N = crowd(60_000)


def within(share, p, n=N):
    return abs(share - p) <= 4 * math.sqrt(p * (1 - p) / n)


@numba.njit
def contests(seed, n, first, shapes, scales, ranks, dt, ticks):
    """Return the task that is done first, and when, in `n` contests stepped by `dt`."""
    tasks = len(first) - 1
    winners, times = np.full(n, -1), np.full(n, np.inf)
    stages, remaining = np.zeros(tasks, np.int64), np.zeros(tasks)
    occurrences, keys, paces = np.zeros(tasks, np.int64), np.zeros(tasks, np.int64), np.zeros(tasks)
    for world in range(n):
        for i in range(tasks):
            a, b = first[i], first[i + 1]
            keys[i], paces[i] = 1_000_000 * i + world, 1.0
            stages[i], remaining[i], occurrences[i] = devices_reference.begin(
                shapes[a:b], scales[a:b], seed, keys[i], 0
            )
        for tick in range(ticks):
            best, elapsed = devices_reference.contest(
                stages, remaining, occurrences, paces, ranks, keys, first, shapes, scales, seed, dt
            )
            if best >= 0:
                winners[world], times[world] = best, tick * dt + elapsed
                break
    return winners, times


def play(*tasks, seed=1, n=N, dt=1e6, ticks=1, ranks=None):
    """Contest of tasks, each a list of (shape, scale)."""
    first = np.cumsum([0] + [len(task) for task in tasks])
    flat = [stage for task in tasks for stage in task]
    shapes = np.array([float(shape) for shape, _ in flat])
    scales = np.array([float(scale) for _, scale in flat])
    ranks = np.arange(len(tasks)) if ranks is None else np.array(ranks)
    return contests(seed, n, first, shapes, scales, ranks, dt, ticks)


CUTS = [(1e6, 1), (0.25, 400)]
ERLANGS = [
    ((1, 2.0, 1, 1.0), 0.666667),
    ((3, 2.0, 2, 1.0), 0.592593),
    ((2, 2.0, 3, 1.0), 0.888889),
    ((5, 2.0, 5, 1.0), 0.855154),
]


@pytest.mark.parametrize(("race", "expected"), ERLANGS)
@pytest.mark.parametrize(("dt", "ticks"), CUTS)
def test_O_12_1_erlang_race(race, expected, dt, ticks):
    """O-12.1 A row of k exponential stages at rate lam against one of m at rate mu, in any step."""
    k, lam, m, mu = race
    assert reference.betainc(k, m, lam / (lam + mu)) == pytest.approx(expected, abs=5e-7)
    winners, _ = play([(1, 1 / lam)] * k, [(1, 1 / mu)] * m, dt=dt, ticks=ticks)
    assert (winners >= 0).all()
    assert within(np.mean(winners == 0), expected)


def test_O_12_1_erlang_stages_as_one_gamma_stage():
    """O-12.1 One Gamma stage of shape k has the law of k exponential ones."""
    winners, _ = play([(3, 0.5)], [(2, 1.0)], seed=2)
    assert within(np.mean(winners == 0), 0.592593)


@pytest.mark.parametrize(("dt", "ticks"), CUTS)
def test_O_12_2_gamma_race(dt, ticks):
    """O-12.2 Two Gamma stages of broken shape."""
    assert reference.betainc(2.5, 3.5, 0.5 / 1.5) == pytest.approx(0.358976, abs=5e-7)
    winners, _ = play([(2.5, 1.0)], [(3.5, 0.5)], seed=3, dt=dt, ticks=ticks)
    assert within(np.mean(winners == 0), 0.358976)


@pytest.mark.parametrize(("shape", "rate", "expected"), [(1, 0.1, 0.632121), (3, 0.3, 0.576810)])
@pytest.mark.parametrize(("dt", "ticks"), [(1e6, 1), (0.7, 15)])
def test_O_12_3_sabotage_before_a_fixed_time(shape, rate, expected, dt, ticks):
    """O-12.3 Sabotage in one stage or three, before a countdown of exactly 10."""
    assert devices_reference.finished_by(10.0, float(shape), 1 / rate) == pytest.approx(expected, abs=5e-7)
    winners, times = play([(1, 1 / rate)] * shape, [(0, 10.0)], seed=4, dt=dt, ticks=ticks)
    assert within(np.mean(winners == 0), expected)
    assert times[winners == 1] == pytest.approx(10.0, rel=1e-12)
    assert times.max() <= 10.0 * (1 + 1e-12)


@pytest.mark.parametrize(("dt", "ticks"), [(1e6, 1), (17.0, 200)])
def test_O_12_4_sabotage_before_the_default_countdown(dt, ticks):
    """O-12.4 Sabotage with a mean of 300 s before three stages of Gamma(4, 15 s)."""
    shapes, scales = np.array(devices_reference.COUNTDOWN_STAGES).T
    assert devices_reference.before_stages(300.0, shapes, scales) == pytest.approx(0.443163, abs=5e-7)
    winners, times = play([(1, 300.0)], list(devices_reference.COUNTDOWN_STAGES), seed=5, dt=dt, ticks=ticks)
    assert within(np.mean(winners == 0), 0.443163)
    if ticks > 1:
        whole = play([(1, 300.0)], list(devices_reference.COUNTDOWN_STAGES), seed=5)
        assert (whole[0] == winners).all()
        assert times == pytest.approx(whole[1], rel=1e-9)


@pytest.mark.parametrize(("dt", "ticks"), [(1e6, 1), (0.3, 20)])
def test_O_12_5_extraction_before_the_blast(dt, ticks):
    """O-12.5 A lock tried at rate 0.5 that succeeds with 0.6, before a blast at 5."""
    assert devices_reference.finished_by(5.0, 1.0, 1 / (0.5 * 0.6)) == pytest.approx(0.776870, abs=5e-7)
    winners, _ = play([(1, 1 / (0.5 * 0.6))], [(0, 5.0)], seed=6, dt=dt, ticks=ticks)
    assert within(np.mean(winners == 0), 0.776870)


def one(shapes, scales, pace=1.0, dt=1e9):
    shapes, scales = np.array(shapes, dtype=float), np.array(scales, dtype=float)
    stage, remaining, occurrence = devices_reference.begin(shapes, scales, 1, 1, 0)
    return devices_reference.run_stages(stage, remaining, occurrence, pace, dt, shapes, scales, 1, 1)


def test_O_12_6_edges():
    """O-12.6 Rate 0: never sabotaged; delay 0 or no stages: at once, even in no time; held: never."""
    assert one([1], [math.inf])[3] == -1.0
    assert one([1], [math.inf], pace=math.inf)[3] == -1.0
    for dt in (0.0, 5.0):
        assert one([0], [0.0], dt=dt)[3] == 0.0
        assert one([2], [0.0], dt=dt)[3] == 0.0
        assert one([], [], dt=dt)[3] == 0.0
    assert one([0], [10.0], pace=0.0)[1:] == (10.0, 1, -1.0)
    assert one([], [], pace=0.0)[3] == -1.0
    assert devices_reference.finished_by(10.0, 1.0, math.inf) == 0.0
    assert devices_reference.finished_by(0.0, 0.0, 0.0) == 1.0
    winners, times = play([(1, math.inf)], [(0, 10.0)], n=50)
    assert (winners == 1).all()
    assert (times == 10.0).all()
    for task in ([], [(0, 0.0)], [(3, 0.0)]):
        for dt in (0.0, 5.0):
            winners, times = play([(1, 1.0)], task, n=50, dt=dt)
            assert (winners == 1).all()
            assert (times == 0.0).all()
    winners, _ = play([(1, math.inf)], n=5, ticks=3)
    assert (winners == -1).all()


def test_hold_takes_nothing_away():
    """A hold delays the end by its own length and changes no stage."""
    shapes, scales = np.array(devices_reference.COUNTDOWN_STAGES).T.copy()
    state = devices_reference.begin(shapes, scales, 7, 1, 0)
    free = devices_reference.run_stages(*state, 1.0, 1e6, shapes, scales, 7, 1)[3]
    *state, done = devices_reference.run_stages(*state, 1.0, 0.6 * free, shapes, scales, 7, 1)
    assert done == -1.0
    *held, done = devices_reference.run_stages(*state, 0.0, 1e5, shapes, scales, 7, 1)
    assert held == state
    assert done == -1.0
    assert 0.6 * free + devices_reference.run_stages(*state, 1.0, 1e6, shapes, scales, 7, 1)[3] == pytest.approx(
        free, rel=1e-12
    )


def test_pace():
    shapes, scales = np.array(devices_reference.COUNTDOWN_STAGES).T.copy()
    state = devices_reference.begin(shapes, scales, 7, 1, 0)
    slow = devices_reference.run_stages(*state, 1.0, 1e6, shapes, scales, 7, 1)[3]
    assert devices_reference.run_stages(*state, 2.0, 1e6, shapes, scales, 7, 1)[3] == pytest.approx(slow / 2, rel=1e-12)
    assert devices_reference.run_stages(*state, math.inf, 1.0, shapes, scales, 7, 1)[3] == 0.0
    assert devices_reference.run_stages(*state, math.inf, 0.0, shapes, scales, 7, 1)[3] == -1.0


def test_rank_decides_between_tasks_done_together():
    """Abort beats start where the scenario says so, whatever their order; the loser is next, at once."""
    for ranks, expected in (((1, 0), 1), ((0, 1), 0)):
        winners, times = play([(0, 10.0)], [(0, 4.0), (0, 6.0)], n=3, ranks=ranks)
        assert (winners == expected).all()
        assert (times == 10.0).all()
    stages, remaining, occurrences = np.zeros(2, np.int64), np.array([10.0, 10.0]), np.ones(2, np.int64)
    paces, ranks, keys = np.ones(2), np.array([1, 0]), np.arange(2)
    first, shapes, scales = np.array([0, 1, 2]), np.zeros(2), np.full(2, 10.0)
    state = (stages, remaining, occurrences, paces, ranks, keys, first, shapes, scales, 1)
    assert devices_reference.contest(*state, 30.0) == (1, 10.0)
    assert devices_reference.contest(*state, 20.0) == (0, 0.0)
    assert devices_reference.contest(*state, 20.0) == (-1, 20.0)


def test_contest_leaves_the_others_where_they_stood():
    stages, remaining, occurrences = np.zeros(3, np.int64), np.array([3.0, 10.0, 10.0]), np.ones(3, np.int64)
    paces, ranks, keys = np.array([1.0, 0.5, 0.0]), np.arange(3), np.arange(3)
    first, shapes, scales = np.array([0, 1, 2, 3]), np.zeros(3), np.array([3.0, 10.0, 10.0])
    got = devices_reference.contest(stages, remaining, occurrences, paces, ranks, keys, first, shapes, scales, 1, 100.0)
    assert got == (0, 3.0)
    assert remaining.tolist() == [0.0, 8.5, 10.0]
    assert paces.tolist() == [0.0, 0.5, 0.0]
    assert stages.tolist() == [1, 0, 0]


def test_contest_counts_the_stages_that_it_drew():
    """A task that is done in one contest has drawn as many stages as one that was run in pieces."""
    shapes, scales = np.array(devices_reference.COUNTDOWN_STAGES).T.copy()
    stage, work, occurrence = devices_reference.begin(shapes, scales, 1, 5, 0)
    stages, remaining, occurrences = np.array([stage]), np.array([work]), np.array([occurrence])
    zero, first = np.zeros(1, np.int64), np.array([0, 3])
    args = (stages, remaining, occurrences, np.ones(1), zero, np.array([5]), first, shapes, scales, 1)
    assert devices_reference.contest(*args, 1e6)[0] == 0
    assert (stages[0], remaining[0], occurrences[0]) == (3, 0.0, 3)
    assert devices_reference.run_stages(stage, work, occurrence, 1.0, 1e6, shapes, scales, 1, 5)[:3] == (3, 0.0, 3)


def test_contest_of_nobody():
    none, whole = np.zeros(0), np.zeros(0, np.int64)
    args = (whole, none, whole, none, whole, whole, np.zeros(1, np.int64), none, none, 1)
    assert devices_reference.contest(*args, 5.0) == (-1, 5.0)
    assert devices_reference.contest(*args, 0.0) == (-1, 0.0)


def test_order_of_tasks_does_not_matter():
    """Tasks keep their keys and so their luck."""
    shapes, scales = np.array([2.0, 3.0, 1.0]), np.array([5.0, 3.0, 9.0])
    for seed in range(60):
        found = []
        for order in ([0, 1, 2], [2, 0, 1]):
            occurrences, keys = np.ones(3, np.int64), np.array(order)
            remaining = np.array([devices_reference.stage_duration(seed, i, 0, shapes[i], scales[i]) for i in order])
            best, elapsed = devices_reference.contest(
                np.zeros(3, np.int64), remaining, occurrences, np.ones(3), np.zeros(3, np.int64), keys,
                np.arange(4), shapes[order], scales[order], seed, 1e6,
            )  # fmt: skip
            found.append((order[best], elapsed))
        assert found[0] == found[1]


def test_idle_task_changes_nothing():
    alone = play([(2, 1.0)], [(3, 1.0)], n=300)
    beside = play([(2, 1.0)], [(3, 1.0)], [(1, math.inf)], n=300)
    assert (alone[0] == beside[0]).all()
    assert (alone[1] == beside[1]).all()


@given(st.integers(0, 2**40), st.floats(0.5, 8.0), st.floats(0.1, 20.0), st.floats(1.0, 3.0))
@settings(deadline=None, max_examples=40)
def test_slower_stages_never_end_sooner_under_the_same_luck(key, shape, scale, factor):
    quick = devices_reference.stage_duration(1, key, 0, shape, scale)
    assert quick > 0.0
    assert devices_reference.stage_duration(1, key, 0, shape, scale * factor) >= quick
    assert devices_reference.stage_duration(1, key, 0, shape * factor, scale) >= quick * (1 - 1e-9)


@given(st.integers(0, 2**40), st.integers(1, 40))
@settings(deadline=None, max_examples=30)
def test_stages_do_not_depend_on_the_step(key, ticks):
    shapes, scales = np.array([2.0, 0.0, 1.0]), np.array([3.0, 4.0, 5.0])
    state = devices_reference.begin(shapes, scales, 1, key, 0)
    whole = devices_reference.run_stages(*state, 1.0, 1e6, shapes, scales, 1, key)[3]
    assert devices_reference.work_to_finish(*state, shapes, scales, 1, key, math.inf) == pytest.approx(whole, rel=1e-12)
    dt = whole * 1.01 / ticks
    for tick in range(ticks):
        *state, done = devices_reference.run_stages(*state, 1.0, dt, shapes, scales, 1, key)
        if done >= 0.0:
            assert tick * dt + done == pytest.approx(whole, rel=1e-9)
            break
    assert done >= 0.0


def test_duration_of_the_default_stages():
    """Mean and variance by formula, and the law of the sum drawn."""
    shapes, scales = np.array(devices_reference.COUNTDOWN_STAGES).T.copy()
    assert devices_reference.mean_of_stages(shapes, scales) == pytest.approx(180.0)
    assert math.sqrt(devices_reference.variance_of_stages(shapes, scales)) == pytest.approx(51.96, abs=5e-3)
    assert devices_reference.mean_of_stages(np.array([0.0]), np.array([60.0])) == 60.0
    assert devices_reference.variance_of_stages(np.array([0.0]), np.array([60.0])) == 0.0
    _, times = play(list(devices_reference.COUNTDOWN_STAGES), seed=9, n=crowd(20_000))
    assert stats.kstest(times, stats.gamma(12, scale=15.0).cdf).pvalue > 1e-4


def test_finished_by_equals_the_poisson_sum():
    for k, lam, t in ((1, 0.1, 10.0), (3, 0.3, 10.0), (7, 2.0, 3.0)):
        expected = 1 - sum(math.exp(-lam * t) * (lam * t) ** j / math.factorial(j) for j in range(k))
        assert devices_reference.finished_by(t, float(k), 1 / lam) == pytest.approx(expected, rel=1e-10)
    assert devices_reference.finished_by(math.inf, 2.0, 3.0) == 1.0
    assert devices_reference.finished_by(9.9, 0.0, 10.0) == 0.0
    assert devices_reference.finished_by(10.0, 0.0, 10.0) == 1.0


def test_before_stages_at_its_edges():
    none, fixed = np.zeros(0), (np.array([0.0]), np.array([10.0]))
    assert devices_reference.before_stages(300.0, none, none) == 0.0
    assert devices_reference.before_stages(math.inf, *fixed) == 0.0
    assert devices_reference.before_stages(0.0, *fixed) == 1.0
    assert devices_reference.before_stages(10.0, *fixed) == pytest.approx(-math.expm1(-1.0), rel=1e-12)
    assert devices_reference.before_stages(10.0, np.array([1.0]), np.array([math.inf])) == 1.0


def test_paces_and_modes():
    for task, mode, hands, armed, pace in (
        (d.START, d.COUNTDOWN, 0, False, 1.0),
        (d.START, d.HELD, 3, False, 0.0),
        (d.START_BY_HAND, d.MANUAL, 0, False, 0.0),
        (d.START_BY_HAND, d.MANUAL, 1, False, 1.0),
        (d.START_BY_HAND, d.HELD, 1, False, 0.0),
        (d.SABOTAGE, d.COUNTDOWN, 1, False, 1.0),
        (d.SABOTAGE, d.RUNNING, 1, False, 0.0),
        (d.ARMING, d.RUNNING, 1, False, 1.0),
        (d.ARMING, d.RUNNING, 0, False, 0.0),
        (d.ARMING, d.RUNNING, 1, True, 0.0),
        (d.BLAST, d.RUNNING, 0, True, 1.0),
        (d.BLAST, d.ABORTED, 3, False, 0.0),
        (d.BLAST, d.BLOWN_UP, 0, True, 0.0),
        (d.EXTRACTION, d.RUNNING, 1, True, 1.0),
    ):
        assert devices_reference.task_pace(task, mode, hands, armed) == pace
    for mode, task, after in (
        (d.COUNTDOWN, d.START, d.RUNNING),
        (d.MANUAL, d.START_BY_HAND, d.RUNNING),
        (d.MANUAL, d.SABOTAGE, d.ABORTED),
        (d.RUNNING, d.ARMING, d.RUNNING),
        (d.RUNNING, d.BLAST, d.BLOWN_UP),
        (d.RUNNING, d.EXTRACTION, d.RUNNING),
    ):
        assert devices_reference.mode_after(mode, task) == after
