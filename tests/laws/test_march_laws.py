"""The march and its paths, held to the oracles O-3.1 to O-3.14 and to what must hold for any way."""

import math

import march_reference
import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize

from briarpatch.laws import march
from briarpatch.scenario import paths
from briarpatch.world import chance
from briarpatch.world.compiled import INTERPRETED

N = 300 if INTERPRETED else 20_000
FLAT = march.tobler_speed(0.0)


def way(lengths, speeds, hazards=None):
    """Return the knots and segments of a path: clock, place, risk, speeds, hazards."""
    lengths, speeds = np.array(lengths, float), np.array(speeds, float)
    hazards = np.zeros(len(lengths)) if hazards is None else np.array(hazards, float)
    knots = [np.empty(len(lengths) + 1) for _ in range(3)]
    march_reference.lay_path(lengths, speeds, hazards, *knots)
    return *knots, speeds, hazards


def arrival(clock, dts, factor=1.0):
    """Return the time at which a path walked in these steps ends."""
    progress, total = 0.0, 0.0
    for dt in dts:
        progress, used = march_reference.advance(clock, progress, factor, dt)
        total += used
        if progress >= clock[-1]:
            break
    return total


def flat_land(rows, columns, speed=FLAT):
    """Return elevation, surface and hazard of open flat ground with `rows` by `columns` nodes."""
    cells = (rows - 1, columns - 1)
    return np.zeros((rows, columns)), np.full(cells, speed / FLAT), np.zeros(cells)


@numba.njit
def slowest_of(seed, members, groups, truncated, out):
    speeds, scratch = np.empty(members), np.empty(members)
    for group in range(groups):
        for i in range(members):
            u = chance.u01(seed, chance.MARCH, group, i)
            speeds[i] = (
                1.34 * march.free_pace(u, 1.0, 0.26 / 1.34) if truncated else 1.34 + 0.26 * chance.normal_quantile(u)
            )
        out[group] = march.pace(speeds, march.SLOWEST_MEMBER, scratch)


@numba.njit
def captures(seed, clock, risk, hazards, ticks, dt, people, runs, out):
    """Count, run by run, the people whose clock rings on a walk in `ticks` steps."""
    for run in range(runs):
        taken = 0
        for person in range(people):
            left = chance.exponential(seed, chance.MARCH, run * people + person, 0)
            progress = 0.0
            for _ in range(ticks):
                after, _used = march_reference.advance(clock, progress, 0.8, dt)
                left -= march_reference.capture_exposure(clock, risk, hazards, progress, after, 0.8, dt)
                progress = after
            taken += left <= 0.0
        out[run] = taken


@pytest.mark.parametrize(
    ("slope", "expected"), [(0.0, 5.036742), (-0.05, 6.0), (0.1, 3.549332), (0.2, 2.501172), (-0.2, 3.549332)]
)
def test_O_3_1_tobler(slope, expected):
    """O-3.1: the hiking function at five slopes, km/h."""
    assert 3.6 * march.tobler_speed(slope) == pytest.approx(expected, abs=5e-7)


@pytest.mark.parametrize("dts", [[1e5], [700.0] * 200, [3.0, 5000.0, 0.1, 2.7] * 50])
def test_O_3_2_ten_kilometres(dts):
    """O-3.2: 10 km flat on and off path, and there and back on 10 percent, at any step."""
    lengths = [100.0] * 100
    on = way(lengths, [FLAT] * 100)
    off = way(lengths, [FLAT * march_reference.OFF_PATH] * 100)
    up, down = march.tobler_speed(0.1), march.tobler_speed(-0.1)
    back = way(lengths * 2, [up] * 100 + [down] * 100)
    assert arrival(on[0], dts) / 3600 == pytest.approx(1.985410, abs=5e-7)
    assert arrival(off[0], dts) / 3600 == pytest.approx(3.309017, abs=5e-7)
    assert 20 / (arrival(back[0], dts) / 3600) == pytest.approx(4.164201, abs=5e-7)


@pytest.mark.parametrize(
    ("density", "expected"),
    [(0.0, 1.34), (0.5, 1.298376), (1, 1.058063), (1.75, 0.699953), (2, 0.606238), (4, 0.156260), (5.4, 0.0)],
)
def test_O_3_3_fundamental_diagram(density, expected):
    """O-3.3: Weidmann's walking speeds."""
    assert 1.34 * march_reference.crowd_factor(density) == pytest.approx(expected, abs=1e-6)


def test_O_3_4_greatest_flow():
    """O-3.4: the flow is greatest, 1.224918 /(m s), at 1.750665 /m^2, at 0.699687 m/s."""
    best = optimize.minimize_scalar(
        lambda rho: -march_reference.specific_flow(rho), bounds=(0.5, 4), method="bounded", options={"xatol": 1e-10}
    )
    assert -best.fun == pytest.approx(1.224918, abs=1e-6)
    assert best.x == pytest.approx(1.750665, abs=1e-6)
    assert 1.34 * march_reference.crowd_factor(best.x) == pytest.approx(0.699687, abs=1e-6)
    assert pytest.approx(-best.fun, rel=1e-12) == march.MAX_FLOW


@pytest.mark.parametrize(("width", "expected"), [(2.0, 244.914), (1.0, 489.829)])
@pytest.mark.parametrize("dt", [1000.0, 60.0, 0.7])
def test_O_3_5_bottleneck(width, expected, dt):
    """O-3.5: 600 people through 2 m and 1 m; their mean wait is half the time it takes."""
    capacity = width * march.MAX_FLOW
    assert 600 / capacity == pytest.approx(expected, abs=5e-4)
    queue, through, waited, carry, count, t = 600.0, 0.0, 0.0, 0.0, 0, 0.0
    while queue > 0.0:
        before = queue
        queue, served, spent = march_reference.point_queue(queue, 0.0, capacity, dt)
        people, carry = march_reference.whole_people(served, carry)
        through, waited, count = through + served, waited + spent, count + people
        t += dt if queue > 0.0 else before / capacity
    assert t == pytest.approx(expected, abs=5e-4)
    assert through == pytest.approx(600.0, rel=1e-9)
    assert count == 600
    assert waited / 600 == pytest.approx(expected / 2, abs=5e-4)
    if width == 2.0:
        assert waited / 600 == pytest.approx(122.457, abs=5e-4)


@pytest.mark.parametrize(
    ("members", "expected"),
    [(1, 1.34), (2, 1.193311), (5, 1.037629), (10, 0.939924), (20, 0.854456), (30, 0.808882)],
)
def test_O_3_6_slowest_member(members, expected):
    """O-3.6: mean pace of a group bound to its slowest, free speeds N(1.34, 0.26)."""
    out = np.empty(N)
    slowest_of(5, members, N, False, out)
    assert abs(out.mean() - expected) <= 4 * out.std() / math.sqrt(N)


@pytest.mark.parametrize(("members", "expected"), [(600, 0.586), (20, 0.860)])
def test_O_3_6_slowest_of_truncated_speeds(members, expected):
    """O-3.6: with truncated speeds 600 bound to the slowest walk at 0.586 m/s, groups of 20 at 0.860 m/s."""
    groups = N // (10 if members == 600 else 1)
    out = np.empty(groups)
    slowest_of(6, members, groups, True, out)
    assert abs(out.mean() - expected) <= 4 * out.std() / math.sqrt(groups) + 5e-4


def test_O_3_7_metabolic_power():
    """O-3.7: 70 kg walking, standing, and with 20 kg up 10 percent off the road."""
    assert march.metabolic_power(70.0, 0.0, 1.34, 0.0, 1.0) == pytest.approx(293.538, abs=5e-4)
    assert march.metabolic_power(70.0, 0.0, 0.0, 0.0, 1.0) == pytest.approx(105.0, rel=1e-9)
    assert march.metabolic_power(70.0, 20.0, 1.34, 10.0, 1.2) == pytest.approx(917.101, abs=5e-4)
    assert march.metabolic_power(70.0, 0.0, 1.34, -10.0, 1.0) == pytest.approx(293.538, abs=5e-4)


@pytest.mark.parametrize("ticks", [1, 2, 100])
def test_O_3_8_reserve(ticks):
    """O-3.8: the reserve refills to 16653.0476 J in 300 s however it is cut; 100 W above critical empties
    it in 200 s.
    """
    reserve = 5000.0
    for _ in range(ticks):
        reserve = march.reserve_after(reserve, 20_000.0, 150.0, 250.0, 300.0 / ticks)
    assert reserve == pytest.approx(16_653.0476, rel=1e-9)
    assert march.emptying_time(20_000.0, 350.0, 250.0) == pytest.approx(200.0, rel=1e-12)
    assert march.reserve_after(20_000.0, 20_000.0, 350.0, 250.0, 200.0) == 0.0
    assert march.reserve_after(20_000.0, 20_000.0, 350.0, 250.0, 500.0) == 0.0


def test_O_3_9_riegel():
    """O-3.9: twice the distance takes 2.084932 times as long."""
    assert march.tired_time(20_000.0, 5000.0) / march.tired_time(10_000.0, 5000.0) == pytest.approx(2.084932, abs=5e-7)
    d = 0.0
    for _ in range(50):
        d = march_reference.tired_distance(d, 400.0, 5000.0)
    assert d == pytest.approx(march_reference.tired_distance(0.0, 20_000.0, 5000.0), rel=1e-12)
    area, _ = integrate.quad(march_reference.slowing, 0, 20_000, args=(5000.0,), points=[5000.0])
    assert area == pytest.approx(march.tired_time(20_000.0, 5000.0), rel=1e-9)


def test_O_3_10_uniform_grid():
    """O-3.10: with 8 neighbours an offset of (40, 15) costs 40 + 15 (sqrt 2 - 1)."""
    graph = paths.terrain_graph(*flat_land(60, 60, speed=1.0), spacing=1.0)
    path = paths.cheapest_path(graph, 60, (5, 50), (45, 35))
    assert path.cost == pytest.approx(46.213203, abs=5e-7)
    assert tuple(path.nodes[0]) == (5, 50)
    assert tuple(path.nodes[-1]) == (45, 35)
    assert len(path.nodes) == 41


@pytest.mark.parametrize("spacing", [100.0, 50.0])
@pytest.mark.parametrize(("neighbours", "expected"), [(8, 2438.7240), (16, 2395.7871)])
def test_O_3_11_refraction_on_a_grid(spacing, neighbours, expected):
    """O-3.11: two half planes at 1.4 and 0.7 m/s: the grid's cost, which does not converge to the
    continuous one.
    """
    half = round(1000 / spacing)
    elevation, surface, hazard = flat_land(2 * half + 1, half + 5, speed=1.4)
    surface[half:] = 0.7 / FLAT
    graph = paths.terrain_graph(elevation, surface, hazard, spacing, neighbours=neighbours)
    path = paths.cheapest_path(graph, half + 5, (0, 2), (2 * half, 2 + half))
    assert path.cost == pytest.approx(expected, rel=1e-6)
    continuous = optimize.minimize_scalar(
        lambda x: math.hypot(1000, x) / 1.4 + math.hypot(1000, 1000 - x) / 0.7,
        bounds=(0, 1000),
        method="bounded",
        options={"xatol": 1e-7},
    )
    assert continuous.x == pytest.approx(700.5346, rel=1e-6)
    assert continuous.fun == pytest.approx(2363.3690, rel=1e-6)
    first = continuous.x / math.hypot(1000, continuous.x) / 1.4
    assert first == pytest.approx((1000 - continuous.x) / math.hypot(1000, 1000 - continuous.x) / 0.7, rel=1e-6)
    assert path.cost / continuous.fun == pytest.approx({8: 1.0319, 16: 1.0137}[neighbours], abs=5e-5)


def corridor():
    """Return open ground under capture hazard with one safe way along two sides of it."""
    elevation, surface, hazard = flat_land(21, 21)
    hazard[:] = 1e-4
    hazard[0, :] = 0.0
    hazard[:, -1] = 0.0
    return elevation, surface, hazard


def test_O_3_12_fastest_and_safest():
    """O-3.12: exchange rate 0 gives the fastest path, a great one that inside the safe corridor."""
    ground = corridor()

    def path(exchange):
        return paths.cheapest_path(paths.terrain_graph(*ground, 10.0, exchange), 21, (0, 0), (20, 20))

    fastest = path(0.0)
    assert fastest.cost == pytest.approx(200 * math.sqrt(2) / FLAT, rel=1e-12)
    assert (fastest.nodes[:, 0] == fastest.nodes[:, 1]).all()
    for exchange in (1e9, math.inf):
        safest = path(exchange)
        assert ((safest.nodes[:, 0] <= 1) | (safest.nodes[:, 1] >= 19)).all()
        assert safest.cost == pytest.approx((360 + 20 * math.sqrt(2)) / FLAT, rel=1e-9)
    costs = [path(exchange).cost for exchange in (0.0, 10.0, 1e3, 1e5, 1e7)]
    assert costs == sorted(costs)
    assert costs[-1] <= safest.cost * (1 + 1e-12)


@pytest.mark.parametrize("ticks", [1, 9])
def test_O_3_13_captures_on_the_way(ticks):
    """O-3.13: 600 people for 7200 s under 1e-5 /s: 41.6815 captured on average, SD 6.2278, survival
    0.930531.
    """
    clock, _, risk, _, hazards = way([1000.0] * 10, [1.0] * 10, [1e-5] * 10)
    after, _ = march_reference.advance(clock, 0.0, 0.8, 7200.0)
    walked = march_reference.capture_exposure(clock, risk, hazards, 0.0, after, 0.8, 7200.0)
    assert math.exp(-walked) == pytest.approx(0.930531, abs=5e-7)
    runs = max(N // 20, 30)
    out = np.empty(runs)
    captures(4, clock, risk, hazards, ticks, 7200.0 / ticks, 600, runs, out)
    p = -math.expm1(-0.072)
    deviation = math.sqrt(600 * p * (1 - p))
    assert 600 * p == pytest.approx(41.6815, abs=5e-5)
    assert deviation == pytest.approx(6.2278, abs=5e-5)
    assert abs(out.mean() - 600 * p) <= 4 * deviation / math.sqrt(runs)
    assert abs(out.std(ddof=1) - deviation) <= 4 * deviation / math.sqrt(2 * runs)


def test_O_3_14_edges():
    """O-3.14: infinite slopes and jammed crowds have speed 0, an empty group has nothing."""
    assert march.tobler_speed(math.inf) == 0.0
    assert march.tobler_speed(-math.inf) == 0.0
    assert march_reference.crowd_factor(6.0) == 0.0
    assert march_reference.crowd_factor(math.inf) == 0.0
    assert march_reference.specific_flow(0.0) == 0.0
    assert march.walking_speed(math.inf, 1.0) == 0.0
    assert march.pace(np.empty(0), march.SLOWEST_MEMBER, np.empty(0)) == 0.0
    paces = np.empty(3)
    march_reference.slowest_of_groups(np.array([0, 2, 0, -1]), np.array([1.2, 0.9, 1.1, 0.1]), paces)
    assert paces.tolist() == [1.1, 0.0, 0.9]
    march_reference.slowest_of_groups(np.empty(0, np.int64), np.empty(0), paces)
    assert paces.tolist() == [0.0, 0.0, 0.0]


def test_paces_by_policy():
    speeds = np.array([1.4, 0.8, 1.1, 1.0, 1.6, 0.9])
    scratch = np.empty(6)
    assert march.pace(speeds, march.SLOWEST_MEMBER, scratch) == 0.8
    assert march.pace(speeds, march.MEAN_MEMBER, scratch) == pytest.approx(speeds.mean())
    assert march.pace(speeds, march.LOWER_QUARTILE, scratch) == pytest.approx(np.quantile(speeds, 0.25))
    assert march.straggles(51.0, 50.0)
    assert not march.straggles(50.0, 50.0)
    assert march_reference.strolling_speed(2, False) == pytest.approx(1.18)
    assert march_reference.strolling_speed(3, True) == pytest.approx(1.0)


@given(st.lists(st.floats(0.1, 3), min_size=1, max_size=9), st.randoms())
@settings(deadline=None, max_examples=30)
def test_order_of_members_changes_nothing(speeds, luck):
    scratch = np.empty(len(speeds))
    shuffled = luck.sample(speeds, len(speeds))
    for policy in (march.SLOWEST_MEMBER, march.LOWER_QUARTILE, march.MEAN_MEMBER):
        assert march.pace(np.array(shuffled), policy, scratch) == pytest.approx(
            march.pace(np.array(speeds), policy, scratch), rel=1e-12
        )


def test_free_speeds_stay_in_their_bounds():
    def free_speed(u):
        return 1.34 * march.free_pace(u, 1.0, 0.26 / 1.34)

    assert free_speed(1e-12) == pytest.approx(0.5, abs=1e-3)
    assert free_speed(1 - 1e-12) == pytest.approx(2.2, abs=1e-3)
    speeds = [free_speed(u) for u in np.linspace(0.01, 0.99, 50)]
    assert speeds == sorted(speeds)
    assert free_speed(0.5) == pytest.approx(1.34, abs=1e-3)


@given(st.floats(1e-6, 1 - 1e-6), st.floats(0.05, 5.0), st.floats(0.0, 2.0))
@settings(deadline=None, max_examples=50)
def test_limits_of_free_paces_go_with_their_mean(u, mean, deviation):
    assert 0.5 / 1.34 * mean * (1 - 1e-9) <= march.free_pace(u, mean, deviation) <= 2.2 / 1.34 * mean * (1 + 1e-9)


def test_an_average_adult_walks_1_34_metres_a_second_on_the_flat():
    assert march.walking_speed(0.0, 1.0) == 1.34
    assert march.walking_speed(0.1, 0.5) == pytest.approx(0.67 * 3.549332 / 5.036742, rel=1e-6)
    assert [1.34 * march.pace_at_age(age) for age in (20.0, 30.0, 50.0, 50.1)] == pytest.approx(
        [1.36, 1.1225, 1.1225, 0.935]
    )


@given(
    st.lists(st.tuples(st.floats(0, 50), st.floats(0, 20), st.integers(1, 30)), min_size=1, max_size=8),
    st.floats(0.5, 5),
)
@settings(deadline=None, max_examples=60)
def test_a_second_place_of_the_same_width_holds_nobody_up_again(coming, capacity):
    free, again = 0.0, 0.0
    for head, train, people in sorted(coming):
        first, last, free = march.pass_in_turn(free, head, head + train, people, capacity)
        assert first >= head
        assert last - first >= people / capacity - 1e-9
        once_more, at_last, again = march.pass_in_turn(again, first + 7.0, last + 7.0, people, capacity)
        assert (once_more, at_last) == (pytest.approx(first + 7.0), pytest.approx(last + 7.0))


@given(st.floats(150, 1500), st.floats(40, 110), st.floats(0, 40), st.floats(-20, 30), st.floats(0.8, 2))
@settings(deadline=None, max_examples=40)
def test_speed_at_power_inverts_the_power(power, mass, load, grade, surface):
    v = march.speed_at_power(power, mass, load, grade, surface)
    if v > 0.0:
        assert march.metabolic_power(mass, load, v, grade, surface) == pytest.approx(power, rel=1e-9)
    else:
        assert march.metabolic_power(mass, load, 0.0, grade, surface) >= power


@given(st.floats(0, 30_000), st.floats(0.2, 2.0), st.floats(0, 25), st.floats(0.01, 0.99))
@settings(deadline=None, max_examples=40)
def test_cutting_a_tiring_walk_changes_nothing(reserve, speed, grade, share):
    body = (70_000.0, 500.0, speed, 70.0, 10.0, grade, 1.1)
    whole, left = march_reference.walk(reserve, *body, 900.0)
    first, between = march_reference.walk(reserve, *body, 900.0 * share)
    second, end = march_reference.walk(between, *body, 900.0 * (1 - share))
    assert first + second == pytest.approx(whole, rel=1e-9)
    assert end == pytest.approx(left, rel=1e-9, abs=1e-6)
    assert whole <= speed * 900.0 * (1 + 1e-12)


def test_a_spent_walker_slows_to_critical_power():
    body = (70.0, 20.0, 10.0, 1.2)
    power, critical = march.metabolic_power(70.0, 20.0, 1.34, 10.0, 1.2), 600.0
    steady = march.speed_at_power(critical, *body)
    assert 0.0 < steady < 1.34
    distance, left = march_reference.walk(2.0 * (power - critical), 70_000.0, critical, 1.34, *body, 5.0)
    assert distance == pytest.approx(2.0 * 1.34 + 3.0 * steady, rel=1e-12)
    assert left == 0.0
    assert march_reference.walk(0.0, 70_000.0, critical, 1.34, *body, 5.0) == (pytest.approx(5.0 * steady), 0.0)


def test_reserves_at_their_edges():
    assert march.reserve_after(5.0, 0.0, 100.0, 200.0, 1.0) == 0.0
    assert march.reserve_after(5.0, math.inf, 100.0, 200.0, 1.0) == 105.0
    assert march.reserve_after(5.0, 9.0, 100.0, math.inf, 1.0) == 9.0
    assert march.reserve_after(5.0, 9.0, 100.0, math.inf, 0.0) == 5.0
    assert march.emptying_time(5.0, 100.0, 100.0) == math.inf
    assert march.metabolic_power(0.0, 5.0, 1.0, 0.0, 1.0) == 0.0
    assert march.speed_at_power(500.0, 70.0, 0.0, 0.0, 0.0) == math.inf
    assert march_reference.tired_distance(10.0, 5.0, 0.0) == 15.0
    assert march_reference.slowing(1e9, math.inf) == 1.0


@given(st.lists(st.floats(0.01, 300), min_size=1, max_size=12))
@settings(deadline=None, max_examples=40)
def test_cutting_the_march_changes_nothing(dts):
    clock, place, risk, speeds, hazards = way([30, 200, 1, 400], [1.0, 0.5, 2.0, 1.4], [0.0, 1e-3, 0.5, 1e-5])
    progress, exposure = 0.0, 0.0
    for dt in dts:
        after, _ = march_reference.advance(clock, progress, 0.7, dt)
        exposure += march_reference.capture_exposure(clock, risk, hazards, progress, after, 0.7, dt)
        progress = after
    once, _ = march_reference.advance(clock, 0.0, 0.7, sum(dts))
    whole = march_reference.capture_exposure(clock, risk, hazards, 0.0, once, 0.7, sum(dts))
    assert progress == pytest.approx(once, rel=1e-9)
    assert exposure == pytest.approx(whole, rel=1e-9, abs=1e-12)
    assert march_reference.place_at(clock, place, speeds, progress) == pytest.approx(
        np.interp(progress, clock, place), rel=1e-9
    )


def test_ways_at_their_edges():
    clock, place, risk, speeds, hazards = way([100, 50, 100], [1.0, 0.0, 1.0], [0.0, 0.01, math.inf])
    assert clock.tolist() == [0.0, 100.0, math.inf, math.inf]
    progress, used = march_reference.advance(clock, 0.0, 1.0, 500.0)
    assert (progress, used) == (500.0, 500.0)
    assert march_reference.place_at(clock, place, speeds, progress) == 100.0
    assert march_reference.capture_exposure(clock, risk, hazards, 0.0, progress, 1.0, 500.0) == pytest.approx(4.0)
    assert march_reference.capture_exposure(clock, risk, hazards, 150.0, 150.0, 0.0, 60.0) == pytest.approx(0.6)
    assert march_reference.capture_exposure(clock, risk, hazards, 150.0, 150.0, 0.0, 0.0) == 0.0
    assert march_reference.advance(clock, 5.0, 0.0, 60.0) == (5.0, 60.0)
    clock, place, risk, speeds, hazards = way([100, 100], [1.0, 1.0], [0.0, math.inf])
    assert march_reference.capture_exposure(clock, risk, hazards, 0.0, 100.0, 1.0, 100.0) == 0.0
    assert march_reference.capture_exposure(clock, risk, hazards, 0.0, 101.0, 1.0, 101.0) == math.inf
    assert march_reference.place_at(clock, place, speeds, 200.0) == 200.0
    assert march.edge_cost(5.0, 0.0, math.inf) == 5.0
    assert march.edge_cost(5.0, math.inf, 0.0) == 5.0
    assert march.edge_cost(5.0, 1000.0, 0.002) == pytest.approx(15.0)


@given(st.floats(0, 100), st.floats(0, 5), st.floats(0.1, 5), st.floats(0.1, 60), st.floats(0.01, 0.99))
@settings(deadline=None, max_examples=40)
def test_cutting_a_queue_changes_nothing(queue, arrivals, capacity, dt, share):
    once = march_reference.point_queue(queue, arrivals, capacity, dt)
    half = march_reference.point_queue(queue, arrivals, capacity, dt * share)
    rest = march_reference.point_queue(half[0], arrivals, capacity, dt * (1 - share))
    assert rest[0] == pytest.approx(once[0], rel=1e-9, abs=1e-9)
    assert half[1] + rest[1] == pytest.approx(once[1], rel=1e-9, abs=1e-9)
    assert half[2] + rest[2] == pytest.approx(once[2], rel=1e-9, abs=1e-6)


def test_queues_at_their_edges():
    assert march_reference.point_queue(5.0, 1.0, math.inf, 0.0) == (5.0, 0.0, 0.0)
    assert march_reference.point_queue(5.0, 1.0, math.inf, 2.0) == (0.0, 7.0, 0.0)
    assert march_reference.point_queue(5.0, 1.0, 0.0, 2.0) == (7.0, 0.0, 12.0)
    assert march_reference.whole_people(0.3, 0.6) == (0, pytest.approx(0.9))
    assert march_reference.whole_people(0.1, 0.9)[0] == 1


def test_uphill_and_downhill_cost_differently():
    elevation, surface, hazard = flat_land(2, 3)
    elevation[:] = [0.0, 10.0, 20.0]
    graph = paths.terrain_graph(elevation, surface, hazard, 100.0)
    up = paths.cheapest_path(graph, 3, (0, 0), (0, 2))
    down = paths.cheapest_path(graph, 3, (0, 2), (0, 0))
    assert up.cost == pytest.approx(200 / march.tobler_speed(0.1), rel=1e-12)
    assert down.cost == pytest.approx(200 / march.tobler_speed(-0.1), rel=1e-12)


@pytest.mark.parametrize("neighbours", [8, 16])
def test_turning_the_map_turns_the_path(neighbours):
    rng = np.random.default_rng(2)
    elevation, surface, hazard = (
        rng.normal(0, 3, (12, 9)),
        rng.uniform(0.3, 1, (11, 8)),
        rng.uniform(0, 1e-3, (11, 8)),
    )
    graph = paths.terrain_graph(elevation, surface, hazard, 10.0, 500.0, neighbours)
    turned = paths.terrain_graph(np.rot90(elevation), np.rot90(surface), np.rot90(hazard), 10.0, 500.0, neighbours)
    plain = paths.cheapest_path(graph, 9, (0, 0), (11, 8))
    other = paths.cheapest_path(turned, 12, (8, 0), (0, 11))
    assert other.cost == pytest.approx(plain.cost, rel=1e-12)
    assert [(8 - c, r) for r, c in plain.nodes.tolist()] == [tuple(node) for node in other.nodes.tolist()]


def test_there_is_no_way_through_a_wall():
    elevation, surface, hazard = flat_land(6, 6)
    surface[2:4] = 0.0
    path = paths.cheapest_path(paths.terrain_graph(elevation, surface, hazard, 1.0), 6, (0, 0), (5, 5))
    assert path.cost == math.inf
    assert len(path.nodes) == 0
    assert paths.cheapest_path(paths.terrain_graph(*flat_land(3, 3), 1.0), 3, (1, 1), (1, 1)).cost == 0.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"elevation": np.zeros((1, 5))}, "at least 2 by 2"),
        ({"surface": np.ones((3, 3))}, "shape"),
        ({"neighbours": 4}, "got 4"),
        ({"spacing": 0.0}, "spacing"),
        ({"exchange": -1.0}, "exchange"),
        ({"hazard": np.full((4, 4), -1.0)}, "0 or more"),
        ({"elevation": np.full((5, 5), math.nan)}, "finite"),
    ],
)
def test_a_bad_terrain_is_refused(change, message):
    elevation, surface, hazard = flat_land(5, 5)
    values = {"elevation": elevation, "surface": surface, "hazard": hazard, "spacing": 1.0} | change
    with pytest.raises(ValueError, match=message):
        paths.terrain_graph(**values)
