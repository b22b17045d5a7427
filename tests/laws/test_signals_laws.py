"""Signals: links, relays, word carried from hand to hand, and councils."""

import itertools
import math

import numba
import numpy as np
import pytest
import signals_reference
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from briarpatch.laws import signals as sg
from briarpatch.world.chance import hash4, u01

SITE = 103  # a stream of the tests' own luck


def close_mean(sample, expected):
    sample = np.asarray(sample, float)
    assert abs(sample.mean() - expected) <= 4 * sample.std(ddof=1) / math.sqrt(len(sample))


def close_share(hits, n, p):
    assert abs(hits / n - p) <= 4 * math.sqrt(p * (1 - p) / n)


def test_O_6_1_link():
    """O-6.1: 1 W at 1 GHz over 1 km arrives as -92.4478 dBW; 1 MHz carries 1 Mb/s at 0 dB and 6.658211 at 20
    dB.
    """
    power = signals_reference.received_power(1.0, 1.0, 1.0, signals_reference.LIGHT / 1e9, 1000.0, 0.0)
    assert 10 * math.log10(power) == pytest.approx(-92.4478, abs=5e-5)
    assert signals_reference.capacity(1e6, 1.0) == pytest.approx(1e6, rel=1e-12)
    assert signals_reference.capacity(1e6, 100.0) == pytest.approx(1e6 * math.log2(101.0), rel=1e-9)
    assert signals_reference.capacity(1e6, 100.0) == pytest.approx(6.658211e6, rel=1e-6)


def test_link_at_its_limits():
    assert signals_reference.received_power(1.0, 1.0, 1.0, 0.3, 0.0, 0.0) == math.inf
    assert signals_reference.received_power(1.0, 1.0, 1.0, 0.3, math.inf, 0.0) == 0.0
    assert signals_reference.received_power(1.0, 1.0, 1.0, 0.3, 0.0, math.inf) == 0.0
    assert signals_reference.received_power(0.0, 1.0, 1.0, 0.3, 0.0, 0.0) == 0.0
    assert signals_reference.optical_depth(math.inf, 0.0) == 0.0
    assert signals_reference.delivery_probability(0.0, 0.0) == 0.0
    assert signals_reference.delivery_probability(4.0, 1.0) == pytest.approx(math.exp(-0.25))
    assert signals_reference.delivery_probability(math.inf, 1.0) == 1.0
    assert not signals_reference.usable(0.0, 0.0)
    assert signals_reference.usable(2.0, 2.0)
    assert sg.transit_time(signals_reference.LIGHT, signals_reference.LIGHT, 10.0, 5.0) == 3.0
    assert sg.transit_time(0.0, 0.0, 0.0, 0.0) == 0.0
    assert sg.transit_time(1.0, 0.0, 0.0, 1.0) == math.inf
    assert sg.transit_time(1.0, math.inf, 1.0, 0.0) == math.inf
    assert signals_reference.word_gets_out(1e-4, 7200.0, 0.5) == pytest.approx(0.486752 / 2, abs=1e-6)


def test_path_inside_a_cloud():
    assert signals_reference.path_inside(-9.0, 0.0, 9.0, 0.0, 0.0, 0.0, 5.0) == 10.0
    assert signals_reference.path_inside(-9.0, 3.0, 0.0, 3.0, 0.0, 0.0, 5.0) == 4.0
    assert signals_reference.path_inside(0.0, 1.0, 0.0, 2.0, 0.0, 0.0, 5.0) == 1.0
    assert signals_reference.path_inside(6.0, 0.0, 9.0, 0.0, 0.0, 0.0, 5.0) == 0.0
    assert signals_reference.path_inside(-9.0, 5.0, 9.0, 5.0, 0.0, 0.0, 5.0) == 0.0
    assert signals_reference.path_inside(1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 5.0) == 0.0
    assert signals_reference.path_inside(0.0, 0.0, 3.0, 4.0, 9.0, 9.0, math.inf) == 5.0


def test_blackout_cuts_longer_paths_only():
    kappa = signals_reference.blackout_attenuation(1000.0, 2.0, 70.0)
    for length, up in ((69.9, True), (70.1, False)):
        assert signals_reference.usable(1000.0 * math.exp(-signals_reference.optical_depth(kappa, length)), 2.0) is up
    assert signals_reference.blackout_attenuation(1.0, 2.0, 70.0) == 0.0
    assert signals_reference.blackout_attenuation(3.0, 2.0, 0.0) == math.inf


@numba.njit
def spreads(n, nodes, scheme, dt, delays):
    rates = np.ones((nodes, nodes))
    arrivals = np.empty(nodes)
    for seed in range(n):
        arrivals[:] = np.inf
        arrivals[0] = 0.0
        now, spent, k = 0.0, 0.0, 0
        while np.isinf(arrivals[nodes - 1]):
            spent, k, _ = signals_reference.spread(
                arrivals, rates, scheme, 0, nodes - 1, spent, seed, 7, k, now, now + dt
            )
            now += dt
        delays[seed] = arrivals[nodes - 1]


@numba.njit
def shortest(n, nodes, delays, two_hop):
    rates = np.ones((nodes, nodes))
    keys = np.arange(nodes) + 5
    arrivals, done = np.empty(nodes), np.empty(nodes, np.bool_)
    for seed in range(n):
        signals_reference.earliest_arrivals(0, 0.0, rates, keys, seed, 0, arrivals, done)
        delays[seed] = arrivals[nodes - 1]
        best = signals_reference.meeting_delay(seed, keys[0], keys[nodes - 1], 0, 1.0)
        for j in range(1, nodes - 1):
            first = signals_reference.meeting_delay(seed, keys[0], keys[j], 0, 1.0)
            best = min(best, first + signals_reference.meeting_delay(seed, keys[j], keys[nodes - 1], 0, 1.0))
        two_hop[seed] = best


def spread_delays(n, others, scheme, dt):
    delays = np.zeros(n)
    spreads(n, others + 1, scheme, dt, delays)
    return delays


@pytest.mark.parametrize(("others", "expected"), [(1, 1.0), (2, 0.75), (5, 0.456667), (20, 0.179887)])
def test_O_6_2_epidemic_delay(others, expected):
    """O-6.2: mean delay H_N / (lambda N), as a race of meetings and as a shortest path with Exp weights."""
    assert signals_reference.epidemic_delay(others, 1.0) == pytest.approx(expected, abs=1e-6)
    close_mean(spread_delays(4000, others, sg.EPIDEMIC, 0.5), expected)
    delays, two_hop = np.zeros(4000), np.zeros(4000)
    shortest(4000, others + 1, delays, two_hop)
    close_mean(delays, expected)


@pytest.mark.parametrize(("others", "expected"), [(2, 0.75), (5, 0.502080), (20, 0.264679)])
def test_O_6_3_two_hop_delay(others, expected):
    """O-6.3: mean delay when only the source tells relays, as a race and as a best path of two edges."""
    assert signals_reference.two_hop_delay(others, 1.0) == pytest.approx(expected, abs=1e-6)
    close_mean(spread_delays(4000, others, sg.TWO_HOP, 0.5), expected)
    delays, two_hop = np.zeros(4000), np.zeros(4000)
    shortest(4000, others + 1, delays, two_hop)
    close_mean(two_hop, expected)


def test_direct_delay_does_not_need_relays():
    close_mean(spread_delays(4000, 6, sg.DIRECT, 0.5), 1.0)


@pytest.mark.parametrize(("quorum", "expected"), [(1, 0.090909), (6, 0.736544), (11, 3.019877)])
def test_O_6_4_quorum(quorum, expected):
    """O-6.4: the time of the k-th answer of 11 with mean 1."""
    assert signals_reference.quorum_mean(11, quorum, 1.0) == pytest.approx(expected, abs=1e-6)
    sample = [sg.quorum_time(seed, 4, 0, 11, quorum, 1.0) for seed in range(10_000)]
    close_mean(sample, expected)


def test_O_6_4_default_council():
    """O-6.4: six of eleven with mean 1 h, then two stages of 1 h: 2.7365 h on average."""
    council = (
        sg.MEMBERS,
        sg.QUORUM,
        signals_reference.RESPONSE,
        signals_reference.STAGES,
        signals_reference.STAGE_TIME,
    )
    sample = [sg.decides_after(seed, 4, 0, *council, 1.0) / 3600.0 for seed in range(10_000)]
    close_mean(sample, 2.736544)
    fixed = [sg.decides_after(seed, 4, 0, *council, 0.0) / 3600.0 for seed in range(10_000)]
    close_mean(fixed, 2.736544)
    assert min(fixed) > 2.0
    assert np.std(sample) == pytest.approx(math.sqrt(np.var(fixed) + 2.0), rel=0.05)


def test_quorum_time_is_an_order_statistic():
    sample = [sg.quorum_time(seed, 4, 0, 7, 3, 2.0) for seed in range(4000)]
    assert stats.kstest(sample, lambda t: special.betainc(3, 5, -np.expm1(-np.asarray(t) / 2.0))).pvalue > 1e-4


def test_council_at_its_limits():
    assert sg.quorum_time(1, 4, 0, 5, 6, 1.0) == signals_reference.quorum_mean(5, 6, 1.0) == math.inf
    assert sg.quorum_time(1, 4, 0, 0, 0, 1.0) == signals_reference.quorum_mean(0, 0, 1.0) == 0.0
    assert sg.deliberation_time(1, 4, 0, 0, 3600.0, 1.0) == 0.0
    assert sg.deliberation_time(1, 4, 0, 3, 3600.0, 0.0) == 10800.0
    assert sg.decides_after(1, 4, 0, 5, 6, 1.0, 2, 1.0, 1.0) == math.inf
    assert sg.quorum_time(1, 4, 0, 5, 3, 1.0) != sg.quorum_time(1, 4, 1, 5, 3, 1.0)


@pytest.mark.parametrize(
    ("members", "competence", "expected"),
    [(11, 0.6, 0.753498), (11, 0.5, 0.5), (11, 0.4, 0.246502), (101, 0.6, 0.979103)],
)
def test_O_6_5_condorcet(members, competence, expected):
    """O-6.5: the chance that a majority of independent members is right; the ballots themselves agree."""
    assert signals_reference.condorcet(members, competence) == pytest.approx(expected, abs=1e-6)
    assert signals_reference.condorcet(members, competence) == pytest.approx(
        stats.binom.sf(members // 2, members, competence), rel=1e-9
    )
    votes = [sg.votes_right(seed, 4, 0, members, competence) for seed in range(4000)]
    close_share(sum(sg.majority(v, members) for v in votes), 4000, expected)


def test_majority_and_condorcet_at_their_limits():
    assert signals_reference.condorcet(1, 0.7) == pytest.approx(0.7)
    assert signals_reference.condorcet(2, 0.5) == pytest.approx(0.25)
    assert signals_reference.condorcet(0, 0.7) == 0.0
    assert signals_reference.condorcet(5, 0.0) == 0.0
    assert signals_reference.condorcet(5, 1.0) == 1.0
    assert not sg.majority(2, 4)
    assert sg.majority(3, 4)
    assert not sg.majority(0, 0)


@numba.njit
def spanning(n, size, p):
    """Return how many of `n` random lattices have an open path from the top row to the bottom row."""
    parents = np.empty(size * size + 2, np.int64)
    is_open = np.empty((size, size), np.bool_)
    top, bottom = size * size, size * size + 1
    crossed = 0
    for seed in range(n):
        for k in range(len(parents)):
            parents[k] = k
        for r in range(size):
            for c in range(size):
                is_open[r, c] = u01(seed, SITE, r, c) < p
                if is_open[r, c]:
                    if r > 0 and is_open[r - 1, c]:
                        signals_reference.union(parents, r * size + c, (r - 1) * size + c)
                    if c > 0 and is_open[r, c - 1]:
                        signals_reference.union(parents, r * size + c, r * size + c - 1)
                    if r == 0:
                        signals_reference.union(parents, r * size + c, top)
                    if r == size - 1:
                        signals_reference.union(parents, r * size + c, bottom)
        crossed += signals_reference.find(parents, top) == signals_reference.find(parents, bottom)
    return crossed


@pytest.mark.parametrize(("p", "low", "high"), [(0.55, 0, 0.03), (0.592746, 0.4, 0.6), (0.64, 0.97, 1)])
def test_O_6_6_site_percolation(p, low, high):
    """O-6.6: a 128 x 128 lattice spans below 0.03, half the time, and above 0.97 about the threshold."""
    assert low <= spanning(400, 128, p) / 400 <= high


def components(x, y, reach):
    parents = np.zeros(len(x), np.int64)
    signals_reference.connect(np.asarray(x, float), np.asarray(y, float), np.asarray(reach, float), parents)
    return list(parents)


def test_O_6_7_range_zero_and_infinite():
    """O-6.7: without range each node is alone, even on the same spot; with infinite range all are one."""
    assert components([0, 0, 5], [0, 0, 5], [0, 0, 0]) == [0, 1, 2]
    assert components([0, 1e9, -1e9], [0, 5, 5], [math.inf] * 3) == [0, 0, 0]
    assert components([], [], []) == []
    assert components([0, 1, 2, 9], [0, 0, 0, 0], [1.5, 1.5, 1.5, 1.5]) == [0, 0, 0, 3]
    assert components([0, 1, 2], [0, 0, 0], [1.5, 0.5, 1.5]) == [0, 1, 2]


def test_O_6_7_clear_space_is_pure_friis():
    """O-6.7: without attenuation only distance weakens the signal."""
    near, far = (
        signals_reference.received_power(2.0, 3.0, 4.0, 0.3, d, signals_reference.optical_depth(0.0, d))
        for d in (10.0, 20.0)
    )
    assert near == pytest.approx(24.0 * (0.3 / (40 * math.pi)) ** 2, rel=1e-12)
    assert near / far == pytest.approx(4.0, rel=1e-12)


def test_O_6_7_no_relays_and_dead_courier():
    """O-6.7: without relays only the direct meeting counts; a dead courier never arrives."""
    arrivals, done = np.zeros(2), np.zeros(2, np.bool_)
    keys = np.array([3, 8])
    signals_reference.earliest_arrivals(0, 10.0, np.ones((2, 2)), keys, 5, 0, arrivals, done)
    assert arrivals[1] == 10.0 + signals_reference.meeting_delay(5, 8, 3, 0, 1.0)
    signals_reference.earliest_arrivals(0, 10.0, np.zeros((2, 2)), keys, 5, 0, arrivals, done)
    assert list(arrivals) == [10.0, math.inf]
    assert signals_reference.two_hop_delay(1, 2.0) == signals_reference.epidemic_delay(1, 2.0) == 0.5
    assert signals_reference.two_hop_delay(3, 0.0) == signals_reference.epidemic_delay(0, 1.0) == math.inf
    arrivals = np.array([0.0, math.inf])
    assert signals_reference.spread(arrivals, np.zeros((2, 2)), sg.EPIDEMIC, 0, 1, 0.0, 5, 7, 0, 0.0, 1e9) == (
        0.0,
        0,
        math.inf,
    )
    assert arrivals[1] == math.inf
    assert signals_reference.word_gets_out(math.inf, 1.0, 1.0) == 0.0


def test_infinite_rates_hand_on_at_once():
    arrivals, done = np.zeros(3), np.zeros(3, np.bool_)
    rates = np.full((3, 3), math.inf)
    signals_reference.earliest_arrivals(0, 10.0, rates, np.arange(3), 5, 0, arrivals, done)
    assert list(arrivals) == [10.0] * 3
    arrivals = np.array([10.0, math.inf, math.inf])
    signals_reference.spread(arrivals, rates, sg.EPIDEMIC, 0, 2, 0.0, 5, 7, 0, 10.0, 10.0)
    assert list(arrivals) == [10.0, math.inf, math.inf]
    signals_reference.spread(arrivals, rates, sg.EPIDEMIC, 0, 2, 0.0, 5, 7, 0, 10.0, 11.0)
    assert list(arrivals) == [10.0] * 3


@pytest.mark.parametrize("scheme", [sg.DIRECT, sg.TWO_HOP, sg.EPIDEMIC])
def test_cutting_the_step_keeps_the_spread(scheme):
    np.testing.assert_allclose(spread_delays(200, 6, scheme, 0.01), spread_delays(200, 6, scheme, 9.0), rtol=1e-9)


def test_order_of_nodes_does_not_matter():
    rng = np.random.default_rng(2)
    rates = rng.uniform(0, 1, (6, 6))
    rates = rates + rates.T
    keys, order = np.arange(6) * 11 + 1, rng.permutation(6)
    arrivals, shuffled, done = np.zeros(6), np.zeros(6), np.zeros(6, np.bool_)
    signals_reference.earliest_arrivals(0, 0.0, rates, keys, 9, 0, arrivals, done)
    place = int(np.argsort(order)[0])
    signals_reference.earliest_arrivals(place, 0.0, rates[np.ix_(order, order)], keys[order], 9, 0, shuffled, done)
    np.testing.assert_array_equal(shuffled, arrivals[order])


@numba.njit
def link_runs(n, dt, end, to_down, to_up, states, times_up, changes):
    for seed in range(n):
        up, spent, k, now = True, 0.0, 0, 0.0
        for _ in range(round(end / dt)):
            up, spent, k, time_up, _ = sg.run_link(up, spent, seed, 3, k, now, now + dt, to_down, to_up)
            times_up[seed] += time_up
            now += dt
        states[seed], changes[seed] = up, k


def test_link_keeps_the_two_state_law_and_any_step_gives_the_same_path():
    runs = []
    for dt in (4.0, 0.5):
        states, times, changes = np.zeros(10_000, np.bool_), np.zeros(10_000), np.zeros(10_000, np.int64)
        link_runs(10_000, dt, 4.0, 0.3, 0.2, states, times, changes)
        close_share(states.sum(), 10_000, signals_reference.link_up(1.0, 0.3, 0.2, 4.0))
        # integral of pi + (1 - pi) exp(-(a+b) t), pi = 0.4
        close_mean(times, 0.4 * 4.0 + 0.6 * -math.expm1(-2.0) / 0.5)
        runs.append((states, times, changes))
    np.testing.assert_array_equal(runs[0][2], runs[1][2])
    np.testing.assert_allclose(runs[0][1], runs[1][1], rtol=1e-9)


def test_two_state_link_at_its_limits():
    assert signals_reference.link_up(0.3, math.inf, math.inf, 0.0) == 0.3
    assert signals_reference.link_up(0.3, 0.0, 0.0, 9.0) == 0.3
    assert signals_reference.link_up(0.3, math.inf, 1.0, 1.0) == 0.0
    assert signals_reference.link_up(0.3, 1.0, math.inf, 1.0) == 1.0
    assert signals_reference.link_up(0.3, 0.0, 1.0, math.inf) == 1.0
    assert sg.run_link(True, 0.0, 1, 3, 0, 0.0, 5.0, 0.0, 1.0) == (True, 0.0, 0, 5.0, math.inf)
    assert sg.run_link(True, 0.0, 1, 3, 0, 5.0, 5.0, math.inf, 1.0)[:4] == (True, 0.0, 0, 0.0)
    up, _, changes, time_up, _ = sg.run_link(True, 0.0, 1, 3, 0, 0.0, 5.0, math.inf, 0.0)
    assert (up, changes, time_up) == (False, 1, 0.0)
    assert sg.run_link(True, 0.0, 1, 3, 0, 0.0, 5.0, math.inf, math.inf)[3] == 2.5


@settings(deadline=None, max_examples=40)
@given(up=st.floats(0, 1), a=st.floats(0, 9), b=st.floats(0, 9), s=st.floats(0, 9), t=st.floats(0, 9))
def test_two_steps_of_a_link_are_one(up, a, b, s, t):
    whole = signals_reference.link_up(up, a, b, s + t)
    assert -1e-12 <= whole <= 1 + 1e-12
    assert signals_reference.link_up(signals_reference.link_up(up, a, b, s), a, b, t) == pytest.approx(whole, abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**40), members=st.integers(1, 20))
def test_a_higher_quorum_never_meets_earlier(seed, members):
    times = [sg.quorum_time(seed, 4, 0, members, k, 1.0) for k in range(members + 2)]
    assert all(a <= b for a, b in itertools.pairwise(times))
    assert times[-1] == math.inf


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**40), n=st.integers(0, 12), reach=st.floats(0.0, 2.0))
def test_components_are_those_of_the_naive_closure(seed, n, reach):
    x = np.array([u01(seed, SITE, 0, i) for i in range(n)])
    y = np.array([u01(seed, SITE, 1, i) for i in range(n)])
    near = np.hypot(x[:, None] - x, y[:, None] - y) < reach
    np.fill_diagonal(near, True)
    closure = np.linalg.matrix_power(near.astype(float), max(n, 1)) > 0 if n else near
    parents = np.array(components(x, y, np.full(n, reach)), int)
    np.testing.assert_array_equal(parents[:, None] == parents, closure)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**40), rate=st.floats(0.1, 10.0))
def test_faster_meetings_never_arrive_later(seed, rate):
    keys, done = np.array([int(hash4(seed, SITE, 2, i)) >> 2 for i in range(6)]), np.zeros(6, np.bool_)
    slow, fast = np.zeros(6), np.zeros(6)
    signals_reference.earliest_arrivals(0, 0.0, np.ones((6, 6)), keys, seed, 0, slow, done)
    signals_reference.earliest_arrivals(0, 0.0, np.full((6, 6), 1.0 + rate), keys, seed, 0, fast, done)
    assert (fast <= slow).all()
