"""The transporter: locks, queues before pads, and the chain from tag to capture."""

import itertools
import math

import numba
import numpy as np
import pytest
import transporter_reference
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from briarpatch.laws import transporter as tp
from briarpatch.world.chance import exponential, u01

ARRIVAL, SERVICE = 101, 102  # streams of the tests' own luck


def requests_of(n, lock=1.0, asked=0.0):
    requests = np.zeros(n, transporter_reference.REQUEST)
    requests["key"] = np.arange(1, n + 1)
    requests["lock"] = lock
    requests["asked"] = asked
    return requests


def close_mean(sample, expected):
    sample = np.asarray(sample, float)
    assert abs(sample.mean() - expected) <= 4 * sample.std(ddof=1) / math.sqrt(len(sample))


def close_share(hits, n, p):
    assert abs(hits / n - p) <= 4 * math.sqrt(p * (1 - p) / n)


LOADS = [(1, 0.5), (2, 1.0), (5, 3.0), (10, 5.0), (10, 8.0)]


@pytest.mark.parametrize(
    ("load", "expected"), list(zip(LOADS, [0.333333, 0.2, 0.110054, 0.018385, 0.121661], strict=True))
)
def test_O_4_1_erlang_b(load, expected):
    """O-4.1: Erlang's loss formula."""
    assert transporter_reference.erlang_b(*load) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("load", "expected"), list(zip(LOADS, [0.5, 0.333333, 0.236152, 0.036105, 0.409180], strict=True))
)
def test_O_4_2_erlang_c(load, expected):
    """O-4.2: Erlang's delay formula."""
    assert transporter_reference.erlang_c(*load) == pytest.approx(expected, abs=1e-6)


@numba.njit
def poisson_traffic(requests, pads, seed, arrival_rate, attempt_rate, cycle, dt, warm, end, waits, sojourns):
    """Run the queue in steps of `dt` under Poisson arrivals; return (arrivals, waited, loads seen empty)
    after `warm`.
    """
    requests["state"][:] = tp.GONE
    requests["asked"][:] = -1.0
    pads["phase"][:] = tp.IDLE
    n, waited, empty, made = 0, 0, 0, 0
    total_wait, total_sojourn = 0.0, 0.0
    next_arrival = exponential(seed, ARRIVAL, 0, 0) / arrival_rate
    now = 0.0
    while now < end:
        until = now + dt
        for request in requests:
            if next_arrival > until:
                break
            if request.state == tp.GONE:
                made += 1
                request.state = tp.WAITING
                request.key = made
                request.tries = 0
                request.asked = next_arrival
                next_arrival += exponential(seed, ARRIVAL, 0, made) / arrival_rate
        if next_arrival <= until:
            return -1, 0, 0  # out of rows
        transporter_reference.serve(requests, pads, seed, now, until, attempt_rate, cycle, 1)
        now = until
        busy = 0
        for request in requests:
            if request.state == tp.GONE and request.asked >= warm:
                n += 1
                waited += request.loaded > request.asked
                total_wait += request.loaded - request.asked
                total_sojourn += request.left - request.asked
                request.asked = -1.0
            busy += request.state != tp.GONE
        empty += now > warm and busy == 0
    waits[0], sojourns[0] = total_wait / n, total_sojourn / n
    return n, waited, empty


def run_traffic(pads, lock, arrival_rate, attempt_rate, cycle, dt, warm, end, runs, slots):
    requests, stand = requests_of(slots, lock), np.zeros(pads, transporter_reference.PAD)
    rows = []
    for seed in range(runs):
        wait, sojourn = np.zeros(1), np.zeros(1)
        n, waited, empty = poisson_traffic(
            requests, stand, seed, arrival_rate, attempt_rate, cycle, dt, warm, end, wait, sojourn
        )
        assert n > 0
        rows.append((n, waited / n, empty / ((end - warm) / dt), wait[0], sojourn[0]))
    return np.array(rows)


def test_O_4_2_queue_waits_as_erlang_said_for_any_step():
    """O-4.2: five pads, load 3: the share that waits, simulated at steps of 20 and 10, is the very same
    run.
    """
    coarse, fine = (run_traffic(5, 1.0, 3.0, 1.0, 0.0, dt, 20.0, 240.0, 250, 160) for dt in (20.0, 10.0))
    close_mean(coarse[:, 1], 0.236152)
    close_mean(coarse[:, 3], transporter_reference.mean_wait(5, 3.0, 1.0))
    np.testing.assert_allclose(fine[:, 0], coarse[:, 0], atol=12)  # who is delivered in the last step may differ
    close_mean(fine[:, 1], 0.236152)


@numba.njit
def loss_share(requests, pads, seed, arrival_rate, attempt_rate, cycle, warm, arrivals):
    """Return the share of arrivals that find no idle pad and go away."""
    requests["state"][:] = tp.GONE
    pads["phase"][:] = tp.IDLE
    now, lost = 0.0, 0
    for k in range(warm + arrivals):
        then = now + exponential(seed, ARRIVAL, 0, k) / arrival_rate
        transporter_reference.serve(requests, pads, seed, now, then, attempt_rate, cycle, 1)
        now = then
        idle = 0
        for pad in pads:
            idle += pad.phase == tp.IDLE
        if idle == 0:
            lost += k >= warm
            continue
        for request in requests:
            if request.state == tp.GONE:
                request.state = tp.WAITING
                request.asked = now
                request.key = k
                request.tries = 0
                break
    return lost / arrivals


@pytest.mark.parametrize(("attempt_rate", "cycle"), [(math.inf, 1.0), (1.0, 0.0)])
def test_O_4_3_loss_is_insensitive_to_the_law_of_service(attempt_rate, cycle):
    """O-4.3: M/D/5/5 (and M/M/5/5) at load 3 lose the same share."""
    requests, pads = requests_of(8), np.zeros(5, transporter_reference.PAD)
    shares = [loss_share(requests, pads, s, 3.0, attempt_rate, cycle, 60, 800) for s in range(300)]
    close_mean(shares, 0.110054)


def test_O_4_4_lock_thinning():
    """O-4.4: attempts at 2/s that lock with 0.4 against arrivals at 0.5/s: load 0.625, empty 0.375, 3.3333 s
    in all.
    """
    rows = run_traffic(1, 0.4, 0.5, 2.0, 0.0, 7.0, 210.0, 1610.0, 250, 90)
    close_mean(rows[:, 2], 0.375)
    close_mean(rows[:, 4], 10 / 3)
    assert tp.service_rate(2.0, 0.4, 0.0) == pytest.approx(0.8)
    assert transporter_reference.mean_wait(1, 0.5, 0.8) + 1 / 0.8 == pytest.approx(10 / 3)


@numba.njit
def clearing_times(requests, pads, attempt_rate, cycle, batch, out):
    for seed in range(len(out)):
        requests["state"][:] = tp.WAITING
        requests["tries"][:] = 0
        pads["phase"][:] = tp.IDLE
        transporter_reference.serve(requests, pads, seed, 0.0, np.inf, attempt_rate, cycle, batch)
        out[seed] = requests["left"].max()


def test_O_4_5_makespan_of_exponential_pads():
    """O-4.5: 60 requests, 4 pads of rate 1: the last is gone after 16.083333 on average."""
    out = np.zeros(3000)
    clearing_times(requests_of(60), np.zeros(4, transporter_reference.PAD), 1.0, 0.0, 1, out)
    close_mean(out, 16.083333)
    assert transporter_reference.mean_clearing_time(60, 4, 1.0) == pytest.approx(16.083333, abs=1e-6)


def test_O_4_5_makespan_of_fixed_cycles():
    """O-4.5: 600 people, 2 pads of 6, cycles of 30 s: 1500 s, by formula and by the queue, in any steps."""
    assert transporter_reference.fixed_clearing_time(600, 2, 6, 30.0) == 1500.0
    for step in (1500.0, 7.0):
        requests, pads = requests_of(600), np.zeros(2, transporter_reference.PAD)
        now = 0.0
        while now < 1510.0:
            transporter_reference.serve(requests, pads, 1, now, now + step, math.inf, 30.0, 6)
            now += step
        assert requests["left"].max() == pytest.approx(1500.0, rel=1e-12)
        assert (requests["left"] == requests["left"].max()).sum() == 12


@pytest.mark.parametrize(
    ("noise", "untagged", "tagged"),
    [
        (0, 0.990050, 0.999990),
        (10, 0.895834, 0.999890),
        (100, 0.364219, 0.998991),
        (1000, 4.4948e-5, 0.990040),
    ],
)
def test_O_4_6_lock_table(noise, untagged, tagged):
    """O-4.6: interference keeps out an untagged lock and a tag defeats it."""
    for gain, expected in ((1.0, untagged), (transporter_reference.TAG_GAIN, tagged)):
        margin = tp.lock_margin(
            transporter_reference.LOCK_MARGIN, gain, 1e6, transporter_reference.REFERENCE_RANGE, 0.0, noise, False
        )
        assert tp.lock_probability(margin) == pytest.approx(expected, abs=1e-6, rel=1e-5 if noise == 1000 else 0)


@numba.njit
def captures(n, dt, end, tag_rate, lock_rate, fugitive, times):
    taken = 0
    for seed in range(n):
        for row in fugitive:
            row.key, row.stage, row.spent, row.threshold = 5, tp.FREE, 0.0, 0.0
            now = 0.0
            while now < end:
                transporter_reference.pursue(row, seed, now, now + dt, tag_rate, lock_rate)
                now += dt
            taken += row.stage == tp.TAKEN
            times[seed] = row.taken if row.stage == tp.TAKEN else np.inf
    return taken


def test_O_4_7_tag_then_take():
    """O-4.7: tagged at 1/1800 s, taken at 1/60 s: 0.859998 within the hour, and the same events for any
    step.
    """
    n = 20_000
    assert transporter_reference.taken_by(3600.0, 1 / 1800, 1 / 60) == pytest.approx(0.859998, abs=1e-6)
    runs = []
    for dt in (3600.0, 600.0, 45.0):
        times = np.zeros(n)
        hits = captures(n, dt, 3600.0, 1 / 1800, 1 / 60, np.zeros(1, transporter_reference.FUGITIVE), times)
        close_share(hits, n, 0.859998)
        runs.append(times)
    np.testing.assert_allclose(runs[1], runs[0], rtol=1e-9)
    np.testing.assert_allclose(runs[2], runs[0], rtol=1e-9)


def test_O_4_8_no_lock_ever():
    """O-4.8: no chance of a lock, or infinite interference: nobody is ever moved, and no pad is held."""
    assert tp.lock_margin(100.0, 1000.0, 10.0, 1e6, 0.0, math.inf, False) == 0.0
    assert tp.lock_probability(0.0) == 0.0
    requests, pads = requests_of(3, lock=0.0), np.zeros(2, transporter_reference.PAD)
    assert transporter_reference.serve(requests, pads, 1, 0.0, 1e9, 0.2, 10.0, 6) == math.inf
    assert (requests["state"] == tp.WAITING).all()
    assert (pads["phase"] == tp.IDLE).all()
    assert transporter_reference.tries_needed(0.5, 0.0) == math.inf


def test_O_4_8_no_pads_and_no_requests():
    """O-4.8: without pads all wait; without requests the pads idle."""
    requests = requests_of(3)
    assert (
        transporter_reference.serve(requests, np.zeros(0, transporter_reference.PAD), 1, 0.0, 1e9, 0.2, 10.0, 6)
        == math.inf
    )
    assert (requests["state"] == tp.WAITING).all()
    assert (
        transporter_reference.serve(requests_of(0), np.zeros(2, transporter_reference.PAD), 1, 0.0, 1e9, 0.2, 10.0, 6)
        == math.inf
    )
    assert transporter_reference.erlang_b(0, 3.0) == 1.0
    assert transporter_reference.erlang_c(0, 3.0) == 1.0
    assert transporter_reference.mean_wait(0, 3.0, 1.0) == math.inf
    assert transporter_reference.mean_clearing_time(5, 0, 1.0) == math.inf
    assert transporter_reference.fixed_clearing_time(5, 0, 6, 30.0) == math.inf
    assert transporter_reference.fixed_clearing_time(0, 0, 6, 30.0) == 0.0


@numba.njit
def occupancies(requests, pads, arrival_rate, end, out):
    for seed in range(len(out)):
        requests["state"][:] = tp.WAITING
        pads["phase"][:] = tp.IDLE
        now = 0.0
        for k in range(len(requests)):
            now += exponential(seed, ARRIVAL, 0, k) / arrival_rate
            requests[k].asked = now
            requests[k].tries = 0
        transporter_reference.serve(requests, pads, seed, 0.0, end, 1.0, 0.0, 1)
        for request in requests:
            out[seed] += request.state == tp.ON_PAD


def test_O_4_8_more_pads_than_requests():
    """O-4.8: with pads without end the number in service is Poisson with the load as its mean."""
    out = np.zeros(2000, np.int64)
    occupancies(requests_of(60), np.zeros(60, transporter_reference.PAD), 3.0, 8.0, out)
    mean = 3.0 * -math.expm1(-8.0)
    counts = np.bincount(np.minimum(out, 8), minlength=9)
    expected = stats.poisson.pmf(np.arange(9), mean)
    expected[8] = stats.poisson.sf(7, mean)
    assert stats.chisquare(counts, expected * len(out)).pvalue > 1e-4


def test_steady_state_is_refused_beyond_capacity():
    assert transporter_reference.mean_wait(2, 2.0, 1.0) == math.inf
    assert transporter_reference.mean_wait(2, 3.0, 1.0) == math.inf
    assert transporter_reference.queue_growth(2, 3.0, 1.0) == 1.0
    assert transporter_reference.queue_growth(2, 1.0, 1.0) == 0.0
    assert transporter_reference.mean_wait(2, 0.0, 0.0) == 0.0


def test_tries_are_geometric():
    tries = [transporter_reference.tries_needed(u01(3, SERVICE, 0, k), 0.3) for k in range(5000)]
    close_mean(tries, 1 / 0.3)
    assert transporter_reference.tries_needed(1e-12, 0.3) == 1.0
    assert transporter_reference.tries_needed(0.3 - 1e-9, 0.3) == 1.0
    assert transporter_reference.tries_needed(0.3 + 1e-9, 0.3) == 2.0
    assert transporter_reference.tries_needed(0.999, 1.0) == 1.0


def test_taken_by_at_its_limits():
    assert transporter_reference.taken_by(2.0, 0.7, 0.7) == pytest.approx(1 - math.exp(-1.4) * 2.4, rel=1e-12)
    assert transporter_reference.taken_by(2.0, 0.7, 0.7 + 1e-7) == pytest.approx(1 - math.exp(-1.4) * 2.4, rel=1e-6)
    assert transporter_reference.taken_by(2.0, 0.7, math.inf) == pytest.approx(-math.expm1(-1.4), rel=1e-12)
    assert transporter_reference.taken_by(2.0, math.inf, math.inf) == 1.0
    assert transporter_reference.taken_by(0.0, math.inf, math.inf) == 0.0
    assert transporter_reference.taken_by(2.0, 0.0, math.inf) == 0.0


def test_pursuit_at_its_limits():
    fugitive = np.zeros(3, transporter_reference.FUGITIVE)
    transporter_reference.pursue(fugitive[0], 1, 5.0, 5.0, math.inf, math.inf)
    assert fugitive[0].stage == tp.FREE
    transporter_reference.pursue(fugitive[1], 1, 5.0, 6.0, math.inf, math.inf)
    assert fugitive[1].stage == tp.TAKEN
    assert fugitive[1].tagged == fugitive[1].taken == 5.0
    transporter_reference.pursue(fugitive[2], 1, 5.0, 1e9, 1.0, 0.0)
    assert fugitive[2].stage == tp.TAGGED


def test_lock_margin_at_its_limits():
    assert tp.lock_probability(tp.lock_margin(100.0, 1.0, 0.0, 1e6, math.inf, 3.0, False)) == 1.0
    assert tp.lock_margin(100.0, 1.0, 1.0, 1e6, math.inf, 0.0, False) == 0.0
    assert tp.lock_margin(100.0, 1.0, math.inf, 1e6, 0.0, 0.0, False) == 0.0
    assert tp.lock_margin(100.0, 1.0, 0.0, 1e6, 0.0, 0.0, True) == 0.0
    assert tp.lock_margin(0.0, 1.0, 0.0, 1e6, 0.0, 0.0, False) == 0.0
    assert tp.lock_margin(100.0, 1.0, 2e6, 1e6, 1e-6, 0.0, False) == pytest.approx(25 * math.exp(-2))


def test_vein_interference_falls_with_distance():
    assert tp.vein_interference(0.0, 1000.0, 50.0) == 1000.0
    assert tp.vein_interference(50.0, 1000.0, 50.0) == pytest.approx(1000.0 / math.e)
    assert tp.vein_interference(1.0, 1000.0, 0.0) == 0.0
    assert transporter_reference.distance_to_segment(0.0, 3.0, -1.0, 0.0, 1.0, 0.0) == 3.0
    assert transporter_reference.distance_to_segment(4.0, 4.0, -1.0, 0.0, 1.0, 0.0) == 5.0
    assert transporter_reference.distance_to_segment(3.0, 4.0, 0.0, 0.0, 0.0, 0.0) == 5.0


def mixed_queue():
    requests = requests_of(9, lock=np.linspace(0.2, 1.0, 9), asked=np.array([0, 0, 3, 3, 3, 5, 9, 9, 20.0]))
    requests["priority"] = [0, 1, 0, 2, 0, 0, 1, 0, 0]
    return requests


def test_order_of_rows_does_not_matter():
    plain, shuffled = mixed_queue(), mixed_queue()
    order = np.random.default_rng(4).permutation(len(shuffled))
    shuffled = shuffled[order].copy()
    for requests in (plain, shuffled):
        transporter_reference.serve(requests, np.zeros(2, transporter_reference.PAD), 8, 0.0, 200.0, 0.3, 4.0, 2)
    np.testing.assert_array_equal(shuffled["left"], plain["left"][order])
    assert (plain["state"] == tp.GONE).all()


@pytest.mark.parametrize("cuts", [2, 7, 400])
def test_cutting_the_step_changes_nothing(cuts):
    whole, cut, pads = mixed_queue(), mixed_queue(), np.zeros(2, transporter_reference.PAD)
    transporter_reference.serve(whole, np.zeros(2, transporter_reference.PAD), 8, 0.0, 200.0, 0.3, 4.0, 2)
    edges = np.linspace(0.0, 200.0, cuts + 1)
    for a, b in itertools.pairwise(edges):
        transporter_reference.serve(cut, pads, 8, a, b, 0.3, 4.0, 2)
    np.testing.assert_allclose(cut["left"], whole["left"], rtol=1e-12)


def test_the_time_returned_is_when_something_happens():
    requests, pads = mixed_queue(), np.zeros(2, transporter_reference.PAD)
    now, calls = 0.0, 0
    while (then := transporter_reference.serve(requests, pads, 8, now, now, 0.3, 4.0, 2)) < math.inf:
        before = (requests.tobytes(), pads["phase"].tobytes())
        transporter_reference.serve(requests, pads, 8, now, then, 0.3, 4.0, 2)
        assert (requests.tobytes(), pads["phase"].tobytes()) != before or (requests["asked"] == then).any()
        now, calls = then, calls + 1
    whole = mixed_queue()
    transporter_reference.serve(whole, np.zeros(2, transporter_reference.PAD), 8, 0.0, 200.0, 0.3, 4.0, 2)
    np.testing.assert_allclose(requests["left"], whole["left"], rtol=1e-12)
    assert 9 < calls < 40


def test_priority_and_order_of_asking():
    requests = requests_of(4, asked=np.array([0.0, 1.0, 2.0, 3.0]))
    requests["priority"] = [0, 0, 0, 1]
    transporter_reference.serve(requests, np.zeros(1, transporter_reference.PAD), 1, 0.0, 100.0, math.inf, 10.0, 1)
    np.testing.assert_array_equal(requests["left"], [10.0, 30.0, 40.0, 20.0])


def test_jamming_returns_the_batch_to_the_queue_and_costs_no_luck():
    requests, pads = requests_of(2, lock=0.01), np.zeros(1, transporter_reference.PAD)
    transporter_reference.serve(requests, pads, 3, 0.0, 1e-6, 0.01, 5.0, 2)
    assert pads[0].phase == tp.LOCKING
    requests["lock"] = [0.0, 0.01]
    transporter_reference.serve(requests, pads, 3, 1e-6, 2e-6, 0.01, 5.0, 2)
    assert list(requests["state"]) == [tp.WAITING, tp.ON_PAD]
    requests["lock"] = 0.0
    transporter_reference.serve(requests, pads, 3, 2e-6, 1e9, 0.01, 5.0, 2)
    assert list(requests["state"]) == [tp.WAITING, tp.WAITING]
    assert pads[0].phase == tp.IDLE
    requests["lock"] = 1.0
    transporter_reference.serve(requests, pads, 3, 1e9, 1e9 + 1.0, math.inf, 0.0, 2)
    assert (requests["state"] == tp.GONE).all()


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**40),
    low=st.floats(0.01, 1.0),
    high=st.floats(0.01, 1.0),
    cycle=st.floats(0.0, 20.0),
)
def test_a_better_lock_never_delivers_later(seed, low, high, cycle):
    lefts = []
    for lock in (min(low, high), max(low, high)):
        requests = requests_of(6, lock)
        transporter_reference.serve(
            requests, np.zeros(1, transporter_reference.PAD), seed, 0.0, math.inf, 0.2, cycle, 2
        )
        lefts.append(requests["left"].copy())
    assert (lefts[1] <= lefts[0] * (1 + 1e-12)).all()


@settings(deadline=None, max_examples=40)
@given(pads=st.integers(0, 40), load=st.floats(0.0, 60.0))
def test_erlang_formulas_are_probabilities(pads, load):
    lost, waits = transporter_reference.erlang_b(pads, load), transporter_reference.erlang_c(pads, load)
    assert 0.0 <= lost <= waits + 1e-12 <= 1.0 + 2e-12
    assert transporter_reference.erlang_b(pads + 1, load) <= lost


@settings(deadline=None, max_examples=40)
@given(time=st.floats(0.0, 1e4), a=st.floats(0.0, 10.0), b=st.floats(0.0, 10.0))
def test_taken_by_is_symmetric_and_below_the_slower_stage(time, a, b):
    p = transporter_reference.taken_by(time, a, b)
    assert 0.0 <= p <= -math.expm1(-min(a, b) * time) + 1e-12
    assert p == transporter_reference.taken_by(time, b, a)
