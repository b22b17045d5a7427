"""Drones, held to the oracles O-2.1 to O-2.6 and to what must hold for any hunt."""

import math

import drones_reference
import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from briarpatch.laws import drones
from briarpatch.world import chance, processes
from briarpatch.world.compiled import INTERPRETED

N = 400 if INTERPRETED else 20_000
PLENTY = 1_000_000


def margin(p, n):
    return 4 * math.sqrt(p * (1 - p) / n)


@numba.njit
def random_finds(seed, rate, end, ticks, n):
    """Count targets that a random search finds, asked step by step with one clock each."""
    found = 0
    for key in range(n):
        left = chance.exponential(seed, chance.SEARCH, key, 1)
        for _ in range(ticks):
            left -= processes.exposure(rate, end / ticks)
            if left <= 0.0:
                found += 1
                break
    return found


@numba.njit
def organised_finds(seed, rate, end, ticks, n, times):
    """Note when an organised search finds each of n targets, or -1; return how many it does."""
    found = 0
    dt = end / ticks
    for key in range(n):
        times[key] = -1.0
        mark = drones_reference.sweep_mark(seed, key)
        for tick in range(ticks):
            at = drones_reference.swept_at(mark, 1.0, rate * dt * tick, rate, dt)
            if at >= 0.0:
                times[key] = dt * tick + at
                found += 1
                break
    return found


@numba.njit
def battle(seed, first_key, n, same_target, tagging, losing, fire, dt, ticks, tags, times):
    """Send n drones out for `ticks` steps; fill their `tags` and loss `times`; return whether target 0 was
    tagged.
    """
    keys = np.arange(first_key, first_key + n)
    target = np.full(n, 0 if same_target else -1)
    alive = np.ones(n, np.bool_)
    stock = np.full(n, 1_000_000)
    tag_left, loss_left = np.empty(n), np.empty(n)
    tagged = np.zeros(1, np.bool_)
    tagged_at, tagged_by = np.full(1, -1.0), np.full(1, -1)
    tags[:] = 0
    times[:] = -1.0
    drones_reference.arm_hunt(seed, keys, tags, tag_left, loss_left)
    for tick in range(ticks):
        drones_reference.hunt(
            seed,
            keys,
            target,
            np.full(n, tagging),
            np.full(n, losing),
            np.full(n, fire),
            np.ones(n, np.bool_),
            alive,
            stock,
            tags,
            tag_left,
            loss_left,
            tagged,
            tagged_at,
            tagged_by,
            times,
            tick * dt,
            dt,
        )
        if tagged[0] or not alive.any():
            break
    return tagged[0]


@numba.njit
def tags_per_drone(seed, dt, n, out):
    tags, times = np.zeros(1, np.int64), np.empty(1)
    for key in range(n):
        battle(seed, key, 1, False, 2.0, 1.0, 0.0, dt, 1000, tags, times)
        out[key] = tags[0]


@numba.njit
def tagged_share(seed, drones_each, tagging, losing, fire, dt, n):
    tags, times = np.zeros(drones_each, np.int64), np.empty(drones_each)
    hits = 0
    for run in range(n):
        first = run * drones_each
        hits += battle(seed, first, drones_each, True, tagging, losing, fire, dt, 1000, tags, times)
    return hits / n


class Hunt:
    """A small hunt in the open, one method a step."""

    def __init__(self, keys, target, people, tagging, losing, fire):
        self.keys = np.array(keys, np.int64)
        n = len(keys)
        self.target = np.array(target, np.int64)
        self.tagging, self.losing, self.fire = (np.array(v, float) for v in (tagging, losing, fire))
        self.alive = np.ones(n, bool)
        self.visible = np.ones(n, bool)
        self.stock = np.full(n, PLENTY)
        self.tags = np.zeros(n, np.int64)
        self.tag_left, self.loss_left, self.lost_at = np.empty(n), np.empty(n), np.full(n, -1.0)
        self.tagged = np.zeros(people, bool)
        self.tagged_at, self.tagged_by = np.full(people, -1.0), np.full(people, -1)
        drones_reference.arm_hunt(5, self.keys, self.tags, self.tag_left, self.loss_left)

    def step(self, since, dt):
        return drones_reference.hunt(
            5, self.keys, self.target, self.tagging, self.losing, self.fire, self.visible, self.alive,
            self.stock, self.tags, self.tag_left, self.loss_left, self.tagged, self.tagged_at,
            self.tagged_by, self.lost_at, since, dt,
        )  # fmt: skip


def six(order=range(6), idle=0, **rates):
    """Return a hunt by six drones of three people, its rows in `order`, with some idle drones before them."""
    order = list(order)
    keys = [900 + i for i in range(idle)] + [100 + i for i in order]
    target = [drones.ANYBODY] * idle + [i % 3 for i in order]
    fill = [0.0] * idle
    tagging = fill + [rates.get("tagging", 0.1 * (1 + i)) for i in order]
    losing = fill + [0.05 * (1 + i) for i in order]
    fire = fill + [rates.get("fire", 0.0) for i in order]
    return Hunt(keys, target, 3, tagging, losing, fire)


@pytest.mark.parametrize(("time", "random", "organised"), [(2500.0, 0.393469, 0.5), (5000.0, 0.632121, 1.0)])
@pytest.mark.parametrize("ticks", [1, 7, 100])
def test_O_2_1_search_of_an_area(time, random, organised, ticks):
    """O-2.1: w=10, W=20, A=1e6: random and organised search after 2500 and 5000 s, at any step."""
    rate = drones.coverage_rate(1, 10.0, 20.0, 1e6)
    assert drones_reference.random_search(rate * time) == pytest.approx(random, abs=1e-6)
    assert drones_reference.definite_search(rate * time) == pytest.approx(organised, rel=1e-9)
    found = random_finds(3, rate, time, ticks, N)
    assert abs(found / N - random) <= margin(random, N)
    once, cut = np.empty(N), np.empty(N)
    swept = organised_finds(3, rate, time, 1, N, once)
    organised_finds(3, rate, time, ticks, N, cut)
    assert abs(swept / N - organised) <= margin(organised, N)
    assert cut == pytest.approx(once, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("dt", [1.0, 0.5])
def test_O_2_2_tags_per_drone(dt):
    """O-2.2: lambda=2, mu=1: a geometric number of tags with mean 2 and P(0)=1/3."""
    tags = np.empty(N)
    tags_per_drone(7, dt, N, tags)
    assert abs(tags.mean() - 2.0) <= 4 * tags.std() / math.sqrt(N)
    assert abs((tags == 0).mean() - 1 / 3) <= margin(1 / 3, N)
    law = [drones_reference.tags_law(k, 2.0, 1.0) for k in range(6)]
    assert law[0] == pytest.approx(1 / 3)
    expected = np.array([*law, 1 - sum(law)]) * N
    observed = np.bincount(np.minimum(tags, 6).astype(int), minlength=7)
    assert stats.chisquare(observed, expected).pvalue > 1e-4


@pytest.mark.parametrize(("number", "expected"), [(1, 0.666667), (2, 0.888889), (5, 0.995885)])
def test_O_2_3_one_target_many_drones(number, expected):
    """O-2.3: one target hunted by 1, 2 and 5 independent drones with lambda=2, mu=1."""
    assert drones_reference.tagged_before_all_fall(2.0, 1.0, number) == pytest.approx(expected, abs=1e-6)
    n = N // 2
    assert abs(tagged_share(8, number, 2.0, 1.0, 0.0, 0.7, n) - expected) <= margin(expected, n)


def test_O_2_4_shared_fire():
    """O-2.4: aimed fire B=1 shared by four drones that tag at 0.5 each."""
    assert drones_reference.tagged_under_shared_fire(0.5, 1.0, 4) == pytest.approx(0.955556, abs=1e-6)
    n = N // 2
    assert abs(tagged_share(9, 4, 0.5, 0.0, 1.0, 0.7, n) - 0.955556) <= margin(0.955556, n)


def chase(cosine, dt):
    """Return the time a stepped pure pursuit takes to come within one step."""
    sine = math.sqrt(1 - cosine * cosine)
    x, y, t = 1000.0, 0.0, 0.0
    while math.hypot(x, y) > 2.5 * dt:
        x, y = drones_reference.pursue(x, y, cosine, sine, 2.0, dt)
        t += dt
    return t


@pytest.mark.parametrize(
    ("cosine", "pursuit", "intercept"), [(1, 1000, 1000), (0, 666.667, 577.350), (-1, 333.333, 333.333)]
)
def test_O_2_5_pursuit_and_intercept(cosine, pursuit, intercept):
    """O-2.5: d=1000, u=1, w=2 at 0, 90 and 180 degrees, pursuit also stepped, to first order in the step."""
    assert drones_reference.pursuit_time(1000.0, 2.0, 1.0, cosine) == pytest.approx(pursuit, abs=1e-3)
    sine = math.sqrt(1 - cosine * cosine)
    t = drones.intercept_time(1000.0, 0.0, cosine, sine, 2.0, 0.0)
    assert t == pytest.approx(intercept, abs=1e-3)
    vx, vy = drones_reference.intercept_velocity(1000.0, 0.0, cosine, sine, 2.0, 0.0)
    assert math.hypot(vx, vy) == pytest.approx(2.0, rel=1e-12)
    assert math.hypot(1000.0 + (cosine - vx) * t, (sine - vy) * t) == pytest.approx(0.0, abs=1e-6)
    coarse, fine = (
        abs(chase(cosine, dt) - drones_reference.pursuit_time(1000.0, 2.0, 1.0, cosine)) for dt in (1.0, 0.1)
    )
    assert coarse <= 5.0
    assert fine <= 0.5


def test_O_2_6_never_found_never_caught():
    """O-2.6: no speed, no width, no drones, a boundless area; an evader who is no slower and flees."""
    for rate in (
        drones.coverage_rate(1, 0.0, 20.0, 1e6),
        drones.coverage_rate(1, 10.0, 0.0, 1e6),
        drones.coverage_rate(0, 10.0, 20.0, 1e6),
        drones.coverage_rate(1, 10.0, 20.0, math.inf),
    ):
        assert rate == 0.0
        assert drones_reference.swept_at(0.0001, 1.0, 0.0, rate, 1e9) == -1.0
        assert drones_reference.random_search(rate * 1e9) == 0.0
    for evader in (2.0, 3.0):
        assert drones_reference.pursuit_time(1000.0, 2.0, evader, 1.0) == math.inf
        assert drones_reference.pursuit_time(1000.0, 2.0, evader, 0.0) == math.inf
        assert drones.intercept_time(1000.0, 0.0, evader, 0.0, 2.0, 0.0) == math.inf
        assert drones_reference.intercept_velocity(1000.0, 0.0, evader, 0.0, 2.0, 0.0) == (2.0, 0.0)
    assert drones.intercept_time(1000.0, 0.0, 0.0, 2.0, 2.0, 0.0) == math.inf
    assert drones.intercept_time(1000.0, 0.0, 0.0, 0.0, 0.0, 0.0) == math.inf
    assert drones_reference.pursuit_time(1000.0, 0.0, 0.0, 0.3) == math.inf


def test_hiding_and_contact_at_their_edges():
    assert drones_reference.swept_at(0.5, 0.0, 0.0, 1.0, 100.0) == -1.0
    assert drones_reference.swept_at(0.5, 0.5, 0.0, 0.01, 200.0) == pytest.approx(100.0)
    assert drones_reference.swept_at(0.5, 0.5, 0.0, 0.01, 60.0) == -1.0
    assert drones_reference.swept_at(0.5, 1.0, 0.0, math.inf, 1.0) == 0.0
    assert drones_reference.swept_at(0.5, 1.0, 0.0, math.inf, 0.0) == -1.0
    assert drones.intercept_time(3.0, 4.0, 1.0, 1.0, 1.0, 5.0) == 0.0
    assert drones_reference.pursuit_time(0.0, 1.0, 2.0, 1.0) == 0.0
    assert drones.coverage_rate(1, 1.0, 1.0, 0.0) == math.inf
    # as fast as its prey, a drone still meets the one who walks towards it
    assert drones.intercept_time(1000.0, 0.0, -2.0, 0.0, 2.0, 0.0) == pytest.approx(250.0)
    assert drones_reference.pursuit_time(1000.0, 2.0, 2.0, -1.0) == pytest.approx(250.0)


def test_pure_pursuit_formula_against_the_equation_of_motion():
    def motion(_, place):
        distance = math.hypot(*place)
        return [math.cos(1.1) - 2.0 * place[0] / distance, math.sin(1.1) - 2.0 * place[1] / distance]

    def near(_, place):
        return math.hypot(*place) - 0.01

    near.terminal = True
    run = integrate.solve_ivp(motion, (0, 2000), [1000.0, 0.0], events=near, rtol=1e-9, atol=1e-9)
    assert run.t[-1] == pytest.approx(drones_reference.pursuit_time(1000.0, 2.0, 1.0, math.cos(1.1)), abs=0.02)


@given(
    st.floats(-900, 900),
    st.floats(-900, 900),
    st.floats(-5, 5),
    st.floats(-5, 5),
    st.floats(0.1, 8),
    st.floats(0, 20),
)
@settings(deadline=None, max_examples=80)
def test_the_intercept_is_the_first_contact(dx, dy, ux, uy, speed, reach):
    t = drones.intercept_time(dx, dy, ux, uy, speed, reach)

    def gap(at):
        return math.hypot(dx + ux * at, dy + uy * at) - speed * at - reach

    if math.isinf(t):
        assert min(gap(at) for at in np.linspace(0, 2000, 400)) > -1e-6
    elif t == 0.0:
        assert gap(0.0) <= 1e-6
    else:
        assert gap(t) == pytest.approx(0.0, abs=1e-6 * (1 + t))
        assert all(gap(at) > -1e-6 * (1 + t) for at in np.linspace(0, t, 50, endpoint=False))


def test_searches_by_coverage():
    assert drones_reference.inverse_cube_search(1.0) == pytest.approx(0.789909, abs=1e-6)
    z = np.linspace(0, 3, 20)
    for coverage in z:
        random, cube, definite = (
            f(coverage)
            for f in (
                drones_reference.random_search,
                drones_reference.inverse_cube_search,
                drones_reference.definite_search,
            )
        )
        assert random <= cube + 1e-12
        assert cube <= definite + 1e-12


def test_rates_of_fire():
    assert drones_reference.aimed_loss(4, 0.2, 0.3, 3) == pytest.approx(0.08)
    assert drones_reference.aimed_loss(4, 0.2, 0.3, 0) == 0.0
    assert drones_reference.area_loss(4, 0.2, 0.3) == pytest.approx(0.24)
    assert drones_reference.hit_probability(0.3, 150.0, 150.0) == pytest.approx(0.3 * math.exp(-1))
    assert drones_reference.hit_probability(0.3, 0.0, 150.0) == 0.0
    assert drones_reference.hit_probability(0.3, math.inf, 150.0) == 0.3
    assert drones.tag_rate(0.5, 0.8) == pytest.approx(0.4)


def test_laws_at_their_edges():
    assert [drones_reference.tags_law(k, 0.0, 1.0) for k in (0, 1)] == [1.0, 0.0]
    assert drones_reference.tags_law(3, 1.0, 0.0) == 0.0
    assert drones_reference.tags_law(0, 1.0, math.inf) == 1.0
    assert drones_reference.tagged_before_all_fall(1.0, 0.0, 1) == 1.0
    assert drones_reference.tagged_before_all_fall(1.0, 1.0, 0) == 0.0
    assert drones_reference.tagged_before_all_fall(0.0, 0.0, 3) == 0.0
    assert drones_reference.tagged_under_shared_fire(1.0, 0.0, 3) == 1.0
    assert drones_reference.tagged_under_shared_fire(1.0, math.inf, 3) == 0.0


def test_cutting_the_step_changes_nothing():
    whole, cut = six(fire=0.4), six(fire=0.4)
    whole.step(0.0, 40.0)
    for i in range(400):
        cut.step(0.1 * i, 0.1)
    assert (whole.tagged_by == cut.tagged_by).all()
    assert (whole.alive == cut.alive).all()
    assert cut.tagged_at == pytest.approx(whole.tagged_at, abs=1e-9)
    assert cut.lost_at == pytest.approx(whole.lost_at, abs=1e-9)
    assert whole.lost_at.max() > 0.0
    assert whole.tagged_at.max() > 0.0


@given(st.permutations(range(6)), st.integers(0, 3))
@settings(deadline=None, max_examples=30)
def test_order_and_idle_drones_change_nothing(order, idle):
    plain, other = six(fire=0.4), six(order, idle, fire=0.4)
    other.visible[:idle] = False
    plain.step(0.0, 30.0)
    other.step(0.0, 30.0)
    assert other.tagged_at == pytest.approx(plain.tagged_at, rel=1e-12)
    assert other.lost_at[idle:] == pytest.approx(plain.lost_at[order], rel=1e-12)
    assert other.alive[:idle].all()


def test_a_quicker_tagger_never_tags_later_under_the_same_luck():
    slow, quick = six(tagging=0.1), six(tagging=0.3)
    slow.step(0.0, 1000.0)
    quick.step(0.0, 1000.0)
    late = np.where(slow.tagged, slow.tagged_at, math.inf)
    assert (np.where(quick.tagged, quick.tagged_at, math.inf) <= late).all()


def test_a_tag_survives_its_drone_and_is_set_once():
    hunt = Hunt([1, 2], [0, 0], 1, [1.0, 1.0], [0.0, 0.0], [0.0, 0.0])
    hunt.step(0.0, 1e6)
    assert hunt.tags.sum() == 1
    hunt.losing[:] = math.inf
    hunt.step(1e6, 1.0)
    assert not hunt.alive.any()
    assert hunt.lost_at == pytest.approx([1e6, 1e6])
    assert hunt.tagged.all()


def test_hunts_at_their_edges():
    assert Hunt([], [], 0, [], [], []).step(0.0, 10.0) == 0
    still = Hunt([1], [0], 1, [math.inf], [math.inf], [0.0])
    assert still.step(0.0, 0.0) == 0
    idle = Hunt([1], [0], 1, [0.0], [0.0], [0.0])
    assert idle.step(0.0, 1e300) == 0
    sure = Hunt([1], [0], 1, [math.inf], [0.0], [0.0])
    assert sure.step(3.0, 1.0) == 1
    assert sure.tagged_at[0] == 3.0
    spent = Hunt([1], [drones.ANYBODY], 1, [math.inf], [0.0], [0.0])
    spent.stock[:] = 3
    assert spent.step(0.0, 1.0) == 3
    assert spent.tags[0] == 3
