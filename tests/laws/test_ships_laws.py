"""Ships: motion against drag, the laws of combat, and the fight shot by shot."""

import itertools
import math

import numba
import numpy as np
import pytest
import ships_reference
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special

from briarpatch.laws import ships as sh
from briarpatch.world import processes


def close_share(hits, n, p):
    assert abs(hits / n - p) <= 4 * math.sqrt(p * (1 - p) / n)


def fleet(*sides, hull=1.0, shield=0.0, **columns):
    ships = np.zeros(len(sides), ships_reference.SHIP)
    ships["key"] = np.arange(1, len(sides) + 1) * 10
    ships["side"] = sides
    ships["mode"] = sh.ENGAGED
    ships["target"] = -1
    ships["hull"] = ships["hull_max"] = hull
    ships["shield"] = ships["shield_max"] = shield
    for name, values in columns.items():
        ships[name] = values
    return ships


def battery(*owners, rate=1.0, probability=1.0, damage=1.0):
    weapons = np.zeros(len(owners), ships_reference.WEAPON)
    weapons["key"] = np.arange(1, len(owners) + 1) * 100
    weapons["vessel"] = owners
    weapons["rate"] = rate
    weapons["accuracy"] = probability
    weapons["falloff"] = math.inf
    weapons["damage"] = damage
    weapons["range"] = math.inf
    weapons["rounds"] = -1
    return weapons


def work(n=8, hits=64):
    return np.zeros(n, np.int64), np.zeros(n), np.zeros(hits + 1)


@numba.njit
def many(ships, weapons, n, dt, end, numbers, rates, scratch, modes, times):
    """Fight the same battle under `n` seeds in steps of `dt`; write the modes and the time each fight
    was over.
    """
    ships0, weapons0 = ships.copy(), weapons.copy()
    for seed in range(n):
        ships[:] = ships0
        weapons[:] = weapons0
        now = 0.0
        while now < end:
            then = ships_reference.engage(ships, weapons, seed, now, now + dt, numbers, rates, scratch)
            now += dt
            if math.isinf(then):
                break
        times[seed] = ships["ended"].max()
        for i in range(len(ships)):
            modes[seed, i] = ships[i].mode


def fights(ships, weapons, n, dt=math.inf, end=1.0):
    modes, times = np.zeros((n, len(ships)), np.int8), np.zeros(n)
    many(ships.copy(), weapons.copy(), n, dt, end, *work(), modes, times)
    return modes, times


@pytest.mark.parametrize("ticks", [1, 10, 1000])
def test_O_5_1_drag(ticks):
    """O-5.1: thrust 2 m/s^2 against a drag time of 50 s, from rest, for 100 s."""
    v = x = 0.0
    for _ in range(ticks):
        x += sh.distance_after(v, 2.0, 50.0, 100.0 / ticks)
        v = sh.velocity_after(v, 2.0, 50.0, 100.0 / ticks)
    assert v == pytest.approx(100 * -math.expm1(-2.0), rel=1e-9)
    assert x == pytest.approx(5000 * (1 + math.exp(-2.0)), rel=1e-9)
    assert (round(v, 6), round(x, 6)) == (86.466472, 5676.676416)


def test_motion_at_its_limits():
    assert ships_reference.top_speed(2.0, 50.0) == 100.0
    assert ships_reference.top_speed(2.0, math.inf) == math.inf
    assert ships_reference.top_speed(0.0, math.inf) == 0.0
    assert sh.velocity_after(3.0, 2.0, math.inf, 4.0) == 11.0
    assert sh.distance_after(3.0, 2.0, math.inf, 4.0) == 28.0
    assert sh.velocity_after(3.0, 2.0, 0.0, 4.0) == 0.0
    assert sh.velocity_after(3.0, 2.0, 0.0, 0.0) == 3.0
    assert sh.distance_after(3.0, 2.0, 0.0, 0.0) == 0.0
    assert processes.phi2(1e-3) == pytest.approx(processes.phi2(1e-3 * (1 - 1e-9)), rel=1e-9)


def test_travel_time_inverts_the_distance():
    assert sh.distance_after(5.0, 2.0, 50.0, sh.travel_time(7000.0, 5.0, 2.0, 50.0)) == pytest.approx(7000.0)
    assert sh.travel_time(28.0, 3.0, 2.0, math.inf) == pytest.approx(4.0)
    assert sh.travel_time(150.0, 3.0, 0.0, 50.0) == math.inf
    assert sh.travel_time(149.0, 3.0, 0.0, 50.0) == pytest.approx(-50.0 * math.log(1 - 149 / 150))
    assert sh.travel_time(0.0, 0.0, 0.0, 50.0) == 0.0
    assert sh.travel_time(1.0, 0.0, 0.0, math.inf) == math.inf


def test_circle_exit():
    assert ships_reference.circle_exit(0.0, 0.0, 2.0, 0.0, 1.0) == pytest.approx(0.5)
    assert ships_reference.circle_exit(0.6, -3.0, 0.6, 3.0, 5.0) == -1.0
    assert ships_reference.circle_exit(0.6, 0.0, 0.6, 1.0, 1.0) == pytest.approx(0.8)
    assert ships_reference.circle_exit(-0.6, 0.0, 3.4, 0.0, 1.0) == pytest.approx(0.4)
    assert ships_reference.circle_exit(1.0, 0.0, 0.0, 0.0, 1.0) == 0.0
    assert ships_reference.circle_exit(0.5, 0.0, 0.5, 0.0, 1.0) == -1.0


def test_O_5_2_square_law():
    """O-5.2: 1 against 2 of equal quality: the weaker is gone at 0.549306 and 1.732051 are left."""
    assert ships_reference.square_law_end(1.0, 2.0, 1.0, 1.0) == pytest.approx(math.atanh(0.5), rel=1e-9)
    a, b = ships_reference.square_law(1.0, 2.0, 1.0, 1.0, 0.5)
    assert (a, b) == (pytest.approx(0.085435, abs=1e-6), pytest.approx(1.734157, abs=1e-6))
    assert ships_reference.square_law(a, b, 1.0, 1.0, 9.0) == (0.0, pytest.approx(math.sqrt(3.0), rel=1e-9))
    assert ships_reference.square_law(1.0, 2.0, 1.0, 1.0, 0.549307)[0] == 0.0


def test_square_law_against_quadrature_and_at_its_limits():
    solution = integrate.solve_ivp(lambda _, y: [-0.3 * y[1], -0.7 * y[0]], (0, 0.5), [5, 3], rtol=1e-11)
    assert ships_reference.square_law(5.0, 3.0, 0.7, 0.3, 0.5) == pytest.approx(tuple(solution.y[:, -1]), rel=1e-8)
    assert ships_reference.square_law(5.0, 3.0, 0.7, 0.3, 0.0) == (5.0, 3.0)
    assert ships_reference.square_law(5.0, 3.0, 0.0, 0.0, math.inf) == (5.0, 3.0)
    assert ships_reference.square_law(5.0, 3.0, 0.1, 0.0, 2.0) == pytest.approx((5.0, 2.0))
    assert ships_reference.square_law(5.0, 3.0, 0.0, 0.1, 2.0) == pytest.approx((4.4, 3.0))
    assert ships_reference.square_law(5.0, 3.0, 0.1, 0.0, 99.0) == (5.0, 0.0)
    assert ships_reference.square_law_end(2.0, 2.0, 1.0, 1.0) == math.inf
    assert ships_reference.square_law(2.0, 2.0, 1.0, 1.0, math.inf) == (0.0, 0.0)
    assert ships_reference.square_law(0.0, 2.0, 1.0, 1.0, 5.0) == (0.0, 2.0)
    assert ships_reference.linear_law(5.0, 3.0, 1.0, 1.0) == (2.0, 0.0)
    assert ships_reference.linear_law(5.0, 3.0, 1.0, 2.0) == (0.0, 0.5)
    assert ships_reference.linear_law(6.0, 3.0, 1.0, 2.0) == (0.0, 0.0)
    assert ships_reference.linear_law(6.0, 3.0, 0.0, 0.0) == (6.0, 3.0)


def one_against(own_hits, own_rate, hits, rates):
    scratch = np.zeros(own_hits + 1)
    return sh.odds_against_many(own_hits, own_rate, np.array(hits), np.array(rates, float), len(hits), scratch)


@pytest.mark.parametrize(("ratio", "expected"), [(1, 1 / 6), (2, 1 / 3), (4, 0.533333), (8, 0.711111)])
def test_O_5_3_one_hit_kills_one_against_two(ratio, expected):
    """O-5.3: with one-hit kills P = R^2 / ((R+2)(R+1))."""
    assert one_against(1, ratio, [1, 1], [1, 1]) == pytest.approx(ratio**2 / (ratio + 2) / (ratio + 1), rel=1e-12)
    assert one_against(1, ratio, [1, 1], [1, 1]) == pytest.approx(expected, abs=1e-6)
    modes, _ = fights(fleet(0, 1, 1), battery(0, 1, 2, rate=[ratio, 1, 1]), 20_000)
    close_share((modes[:, 0] == sh.ENGAGED).sum(), 20_000, expected)


def test_O_5_3_even_chances():
    """O-5.3: even chances at R = 3.561553, (3 + sqrt 17) / 2."""
    assert (3 + math.sqrt(17)) / 2 == pytest.approx(3.561553, abs=1e-6)
    assert one_against(1, (3 + math.sqrt(17)) / 2, [1, 1], [1, 1]) == pytest.approx(0.5, rel=1e-12)


ONE_AGAINST_TWO = [
    ((4, 2, 2, 1), 0.655350),
    ((10, 5, 2, 1), 0.735419),
    ((10, 5, 3, 1), 0.932089),
    ((10, 5, 1, 1), 0.194963),
    ((20, 10, 2, 1), 0.812603),
]


@pytest.mark.parametrize(("case", "expected"), ONE_AGAINST_TWO)
def test_O_5_4_one_against_two_recursion(case, expected):
    """O-5.4: the exact odds of one ship that needs `h` hits against two that need fewer."""
    own, each, own_rate, rate = case
    assert one_against(own, own_rate, [each] * 2, [rate] * 2) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("dt", [1.0, 0.5])
@pytest.mark.parametrize(("case", "expected"), ONE_AGAINST_TWO)
def test_O_5_4_one_against_two_shot_by_shot(case, expected, dt):
    """O-5.4: the fight itself, at steps of 1 and 0.5; nobody ever dies together with the other side."""
    own, each, own_rate, rate = case
    ships = fleet(0, 1, 1, hull=[own, each, each])
    modes, _ = fights(ships, battery(0, 1, 2, rate=[own_rate, rate, rate]), 10_000, dt, 200.0)
    won, lost = modes[:, 0] == sh.ENGAGED, modes[:, 0] == sh.DESTROYED
    close_share(won.sum(), 10_000, expected)
    assert (won | lost).all()
    assert not (lost & (modes[:, 1:] == sh.DESTROYED).all(axis=1)).any()


@pytest.mark.parametrize(("rate", "expected"), [(0.05, 0.9389), (0.06, 0.8035), (0.07, 0.6052)])
def test_default_ships_one_against_two(rate, expected):
    """The default large ship (30 hits to kill, hits at 0.12/s) against two of 16 hits each, without
    recharge.
    """
    assert one_against(30, 0.12, [16, 16], [rate, rate]) == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize(
    ("case", "expected"), [((3, 3, 1, 1), 0.5), ((5, 3, 2, 1), 0.570645), ((3, 5, 1, 1), 0.773438)]
)
def test_O_5_5_duel(case, expected):
    """O-5.5: A needs a hits and B needs b: I_x(a, b), also as the recursion and as the fight."""
    a, b, rate_a, rate_b = case
    assert ships_reference.duel(*case) == pytest.approx(expected, abs=1e-6)
    assert ships_reference.duel(*case) == pytest.approx(special.betainc(a, b, rate_a / (rate_a + rate_b)), rel=1e-12)
    assert one_against(b, rate_a, [a], [rate_b]) == pytest.approx(ships_reference.duel(*case), rel=1e-12)
    modes, _ = fights(fleet(0, 1, hull=[b, a]), battery(0, 1, rate=[rate_a, rate_b]), 10_000)
    close_share((modes[:, 0] == sh.ENGAGED).sum(), 10_000, expected)


def test_duel_at_its_limits():
    assert ships_reference.duel(0, 3, 1.0, 1.0) == 1.0
    assert ships_reference.duel(3, 0, 1.0, 1.0) == 0.0
    assert ships_reference.duel(3, 3, 0.0, 0.0) == 0.0
    assert ships_reference.duel(3, 3, 1.0, 0.0) == 1.0
    assert ships_reference.duel(3, 3, math.inf, 1.0) == 1.0
    assert ships_reference.duel(3, 3, 1.0, math.inf) == 0.0
    assert ships_reference.duel(500, 400, 1.0, 1.0) == pytest.approx(special.betainc(500, 400, 0.5), rel=1e-9)


@pytest.mark.parametrize(("case", "expected"), [((10, 10, 1), 0.5), ((5, 10, 4), 0.528354), ((5, 10, 1), 0.012161)])
def test_O_5_6_brown(case, expected):
    """O-5.6: Brown's chance of winning with aimed fire."""
    x, y, ratio = case
    assert ships_reference.brown(x, y, ratio, False, np.zeros(y + 1)) == pytest.approx(expected, abs=1e-6)


def test_brown_linear_is_the_duel_and_edges():
    assert ships_reference.brown(4, 6, 2.0, True, np.zeros(7)) == pytest.approx(
        ships_reference.duel(6, 4, 2.0, 1.0), rel=1e-12
    )
    assert ships_reference.brown(3, 0, 1.0, False, np.zeros(1)) == 1.0
    assert ships_reference.brown(0, 3, 1.0, False, np.zeros(4)) == 0.0
    assert ships_reference.brown(3, 3, 0.0, False, np.zeros(4)) == 0.0
    assert ships_reference.brown(3, 3, math.inf, False, np.zeros(4)) == 1.0


def test_O_5_7_salvo():
    """O-5.7: one against two, strikes 6 and 2, defences 3 and 1, staying power 2: half of A left,
    nothing of B.
    """
    assert ships_reference.salvo_exchange(1.0, 6.0, 3.0, 2.0, 2.0, 2.0, 1.0, 2.0) == (0.5, 0.0)
    assert ships_reference.salvo_exchange(1.0, 0.0, 3.0, 2.0, 2.0, 0.0, 1.0, 2.0) == (1.0, 2.0)
    assert ships_reference.salvo_loss(1.0, 5.0, 0.0, 3.0, 0.0) == 3.0
    assert ships_reference.salvo_loss(1.0, 0.0, 0.0, 3.0, 0.0) == 0.0


@pytest.mark.parametrize("ticks", [1, 3, 100, 7333])
def test_O_5_8_shield(ticks):
    """O-5.8: S 100, H 200, damage 5/s, recharge 2/s: dead at 73.3333 s in any ticks; never if D <= rho."""
    assert ships_reference.time_to_kill(100.0, 200.0, 5.0, 2.0) == pytest.approx(100 / 3 + 40, rel=1e-9)
    end = 100 / 3 + 40 - 1e-6
    shield, hull = 100.0, 200.0
    for _ in range(ticks):
        shield, hull = ships_reference.steady_fire(shield, hull, 5.0, 2.0, end / ticks)
    assert shield == 0.0
    assert hull == pytest.approx(5e-6, abs=1e-8)
    assert ships_reference.steady_fire(shield, hull, 5.0, 2.0, 2e-6)[1] == 0.0
    assert ships_reference.time_to_kill(100.0, 200.0, 2.0, 2.0) == math.inf
    assert ships_reference.steady_fire(100.0, 200.0, 2.0, 2.0, 1e9) == (100.0, 200.0)


def test_time_to_kill_at_its_limits():
    assert ships_reference.time_to_kill(0.0, 0.0, 0.0, 0.0) == 0.0
    assert ships_reference.time_to_kill(0.0, 10.0, 0.0, 0.0) == math.inf
    assert ships_reference.time_to_kill(0.0, 10.0, 5.0, 9.0) == 2.0
    assert ships_reference.time_to_kill(10.0, 10.0, math.inf, 1.0) == 0.0
    assert ships_reference.steady_fire(10.0, 10.0, math.inf, 1.0, 0.0) == (10.0, 10.0)
    assert ships_reference.steady_fire(10.0, 10.0, math.inf, 1.0, 1.0) == (0.0, 0.0)
    assert sh.hits_to_kill(100.0, 200.0, 10.0) == 30.0
    assert sh.hits_to_kill(0.0, 5.0, 0.0) == math.inf
    assert sh.hits_to_kill(0.0, 0.0, 0.0) == 0.0


@numba.njit
def hits_until_dead(target, damage, gap):
    """Return when a ship dies of a hit every `gap` seconds, the first at `gap`."""
    now = 0.0
    while target.hull > 0.0:
        now += gap
        sh.strike(target, damage, now)
    return now


def test_O_5_8_many_small_hits_agree_with_steady_fire():
    """O-5.8: the shield between hits, taken finely, kills at the same time (its recharge ends with it)."""
    ships = fleet(0, hull=200.0, shield=100.0, recharge=2.0, down_time=math.inf)
    assert hits_until_dead(ships[0], 5e-4, 1e-4) == pytest.approx(100 / 3 + 40, rel=1e-4)


def test_broken_shield_stays_down_then_recharges():
    ships = fleet(0, hull=100.0, shield=10.0, recharge=1.0, down_time=20.0)
    ship = ships[0]
    sh.strike(ship, 4.0, 0.0)
    sh.strike(ship, 4.0, 3.0)
    assert (ship.shield, ship.hull) == (5.0, 100.0)
    sh.strike(ship, 8.0, 4.0)
    assert (ship.shield, ship.hull, ship.down_until) == (0.0, 98.0, 24.0)
    sh.strike(ship, 8.0, 14.0)
    assert (ship.shield, ship.hull, ship.down_until) == (0.0, 90.0, 24.0)
    sh.settle_shield(ship, 27.0)
    assert ship.shield == 3.0
    sh.settle_shield(ship, 1e9)
    assert ship.shield == 10.0
    assert sh.shield_after(15.0, 10.0, 1.0, 0.0, 0.0, 5.0) == 15.0
    assert sh.shield_after(1.0, 10.0, math.inf, 0.0, 5.0, 5.0) == 1.0


def test_O_5_9_escape_against_kill():
    """O-5.9: escape at 0.2/s against a kill at 0.1/s: two in three get away; nobody outruns an equal."""
    assert ships_reference.escape_probability(0.2, 0.1) == pytest.approx(2 / 3, rel=1e-12)
    assert ships_reference.out_of_range_after(3e5, 1e5, 200.0, 150.0) == 4000.0
    assert ships_reference.out_of_range_after(3e5, 1e5, 150.0, 150.0) == math.inf
    assert ships_reference.out_of_range_after(3e5, 3e5, 0.0, 150.0) == 0.0
    ships = fleet(0, 1, ordered_off=[True, False], escape=0.2)
    for dt in (math.inf, 3.0):
        modes, _ = fights(ships, battery(1, rate=0.1), 20_000, dt, 300.0)
        close_share((modes[:, 0] == sh.ESCAPED).sum(), 20_000, 2 / 3)
        assert np.isin(modes[:, 0], (sh.ESCAPED, sh.DESTROYED)).all()


def test_escape_at_its_limits():
    assert ships_reference.escape_probability(0.0, 0.0) == 0.0
    assert ships_reference.escape_probability(math.inf, 1.0) == 1.0
    assert ships_reference.escape_probability(1.0, math.inf) == 0.0


def test_O_5_10_run_for_the_edge():
    """O-5.10: a kill hazard of 1e-4/s for 7200 s leaves 0.486752 alive, by formula and in the fight."""
    assert ships_reference.survival(1e-4, 7200.0) == pytest.approx(0.486752, abs=1e-6)
    assert ships_reference.survival(math.inf, 0.0) == 1.0
    for dt in (7200.0, 600.0):
        modes, times = fights(fleet(0, 1), battery(1, rate=2e-4, probability=0.5), 20_000, dt, 7200.0)
        close_share((modes[:, 0] != sh.DESTROYED).sum(), 20_000, 0.486752)
        assert times.max() <= 7200.0


def skirmish():
    ships = fleet(
        0,
        1,
        1,
        2,
        hull=[200.0, 100.0, 100.0, 40.0],
        shield=[100.0, 60.0, 60.0, 0.0],
        recharge=[1.0, 0.5, 0.5, 0.0],
        down_time=[30.0, 20.0, 20.0, 0.0],
        breakpoint=[0.3, 0.3, 0.0, 0.0],
        nerve=[0.25, 0.25, 0.0, 0.0],
        escape=[0.01, 0.02, 0.0, 0.0],
        disabled_below=[0.0, 0.0, 0.2, 0.0],
    )
    weapons = battery(0, 0, 1, 2, 3, rate=[0.1, 0.1, 0.12, 0.12, 0.05], probability=0.6, damage=10.0)
    weapons["rounds"] = [-1, 20, -1, -1, -1]
    return ships, weapons


def played(ships, weapons, seed, cuts):
    for a, b in itertools.pairwise(np.linspace(0.0, 2000.0, cuts + 1)):
        ships_reference.engage(ships, weapons, seed, a, b, *work())
    return ships


@pytest.mark.parametrize("seed", range(6))
def test_cutting_the_step_changes_nothing(seed):
    whole = played(*skirmish(), seed, 1)
    for cuts in (2, 777):
        cut = played(*skirmish(), seed, cuts)
        np.testing.assert_array_equal(cut["mode"], whole["mode"])
        np.testing.assert_allclose(cut["ended"], whole["ended"], rtol=1e-9)
        np.testing.assert_allclose(cut["hull"], whole["hull"], rtol=1e-9)
        np.testing.assert_allclose(cut["shield"], whole["shield"], rtol=1e-6)
    assert (whole["ended"] > 0.0).any()


@pytest.mark.parametrize("seed", range(6))
def test_order_of_rows_does_not_matter(seed):
    plain = played(*skirmish(), seed, 1)
    order = np.random.default_rng(seed).permutation(4)
    ships, weapons = skirmish()
    place = np.argsort(order)
    weapons["vessel"] = place[weapons["vessel"]]
    shuffled = played(ships[order].copy(), weapons[::-1].copy(), seed, 1)
    np.testing.assert_array_equal(shuffled["mode"], plain["mode"][order])
    np.testing.assert_allclose(shuffled["ended"], plain["ended"][order], rtol=1e-12)
    np.testing.assert_allclose(shuffled["hull"], plain["hull"][order], rtol=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_a_ship_that_takes_no_part_changes_nothing(seed):
    plain = played(*skirmish(), seed, 1)
    ships, weapons = skirmish()
    idle = fleet(7, mode=sh.CRUISING)
    more = played(np.concatenate([ships, idle]), np.concatenate([weapons, battery(4)]), seed, 1)
    assert more[:4].tobytes() == plain.tobytes()
    assert more[4].hull == 1.0


def test_halving_a_rate_into_two_weapons_keeps_the_law():
    n = 10_000
    modes, _ = fights(fleet(0, 1, hull=[4.0, 6.0]), battery(0, 0, 1, rate=[0.75, 0.75, 1.0]), n)
    close_share((modes[:, 0] == sh.ENGAGED).sum(), n, ships_reference.duel(6, 4, 1.5, 1.0))


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**40), weak=st.floats(0.0, 30.0), strong=st.floats(0.0, 30.0))
def test_a_stronger_shield_never_dies_earlier(seed, weak, strong):
    ends = []
    for shield in sorted((weak, strong)):
        ships = fleet(0, 1, hull=20.0, shield=[shield, 0.0], recharge=0.1, down_time=math.inf)
        ships_reference.engage(ships, battery(1, probability=0.5, damage=3.0), seed, 0.0, math.inf, *work())
        assert ships[0].mode == sh.DESTROYED
        ends.append(ships[0].ended)
    assert ends[0] <= ends[1]


def test_breakpoint_order_and_odds_make_a_ship_withdraw():
    events = []
    ships = fleet(0, 1, hull=10.0, breakpoint=[0.5, 0.0])
    now, kind = 0.0, sh.HIT
    while kind != sh.NOTHING:
        now, kind, who, whom = sh.next_shot(ships, battery(1), 5, now, 1e9, *work())
        events.append((kind, who, whom))
    assert events[:6] == [(sh.HIT, 1, 0)] * 6
    assert events[6] == (sh.WITHDREW, 0, -1)
    assert events[-2] == (sh.KILL, 1, 0)
    ships = fleet(0, 1, 1, hull=[4.0, 2.0, 2.0], nerve=[0.66, 0.0, 0.0])
    assert sh.next_shot(ships, battery(0, 1, 2, rate=[2, 1, 1]), 5, 3.0, 9.0, *work())[:3] == (
        3.0,
        sh.WITHDREW,
        0,
    )
    ships = fleet(0, 1, 1, hull=[4.0, 2.0, 2.0], nerve=[0.65, 0.0, 0.0])
    assert sh.next_shot(ships, battery(0, 1, 2, rate=[2, 1, 1]), 5, 3.0, 9.0, *work())[1] != sh.WITHDREW


def test_predicted_odds_agree_with_the_recursion_from_both_sides():
    ships, weapons = fleet(0, 1, 1, hull=[10.0, 5.0, 5.0]), battery(0, 1, 2, rate=[2, 1, 1])
    sh.aim(ships)
    assert sh.predicted_odds(ships, weapons, 0, *work()) == pytest.approx(0.735419, abs=1e-6)
    assert sh.predicted_odds(ships, weapons, 1, *work()) == pytest.approx(1 - 0.735419, abs=1e-6)
    ships["hull"][1] = 2.0
    ships["target"][0] = 2
    expected = one_against(10, 2.0, [5, 2], [1, 1])
    assert sh.predicted_odds(ships, weapons, 0, *work()) == pytest.approx(expected, rel=1e-12)
    ships["target"][0] = 1
    assert sh.predicted_odds(ships, weapons, 0, *work()) == pytest.approx(one_against(10, 2.0, [2, 5], [1, 1]))
    assert sh.predicted_odds(ships[:1], battery(0), 0, *work()) == 1.0
    assert sh.predicted_odds(fleet(0, 1), battery(1), 0, *work()) == 0.0
    assert sh.predicted_odds(fleet(0, 1), battery(0), 0, *work()) == 1.0


def test_fight_at_its_limits():
    assert ships_reference.engage(fleet(), battery(), 1, 0.0, 9.0, *work()) == math.inf
    assert ships_reference.engage(fleet(0, 0), battery(0, 1), 1, 0.0, 9.0, *work()) == math.inf
    assert ships_reference.engage(fleet(0, 1), battery(0, 1, rate=0.0), 1, 0.0, 9.0, *work()) == math.inf
    assert (
        ships_reference.engage(fleet(0, 1), battery(0, 1, rate=math.inf, damage=0.0), 1, 0.0, 9.0, *work()) == math.inf
    )
    far = fleet(0, 1, x=[0.0, 100.0])
    weapons = battery(0, 1)
    weapons["range"] = 99.0
    assert ships_reference.engage(far, weapons, 1, 0.0, 9.0, *work()) == math.inf
    both = fleet(0, 1)
    assert ships_reference.engage(both, battery(0, 1, rate=math.inf), 1, 4.0, 9.0, *work()) == math.inf
    assert list(both["mode"]) == [sh.ENGAGED, sh.DESTROYED]
    assert both[1].ended == 4.0


def test_hits_grow_rare_with_distance():
    assert sh.hit_probability(0.6, math.inf, 10.0, 9.0) == 0.6
    assert sh.hit_probability(0.6, 9.0, 10.0, 9.0) == pytest.approx(0.6 / math.e)
    assert sh.hit_probability(0.6, 9.0, 10.0, 11.0) == 0.0
    assert sh.hit_probability(0.6, 0.0, 10.0, 0.0) == 0.6
    modes, _ = fights(fleet(0, 1, x=[0.0, 5.0]), battery(0), 10)
    assert (modes[:, 1] == sh.DESTROYED).all()
    weapons = battery(0)
    weapons["falloff"] = 5.0
    modes, _ = fights(fleet(0, 1, x=[0.0, 5.0]), weapons, 10_000, 1.0, 1.0)
    close_share((modes[:, 1] == sh.DESTROYED).sum(), 10_000, -math.expm1(-math.exp(-1.0)))


def test_rounds_run_out():
    ships, weapons = fleet(0, 1, hull=10.0), battery(0)
    weapons["rounds"] = 3
    assert ships_reference.engage(ships, weapons, 1, 0.0, 1e9, *work()) == math.inf
    assert (ships[1].hull, weapons[0].shots, weapons[0].rounds) == (7.0, 3, 0)


def test_disabled_ships_fall_silent_and_are_spared():
    ships = fleet(0, 1, hull=10.0, disabled_below=[0.0, 0.5])
    assert ships_reference.engage(ships, battery(0), 1, 0.0, 1e9, *work()) == math.inf
    assert (ships[1].mode, ships[1].hull) == (sh.DISABLED, 5.0)


@settings(deadline=None, max_examples=40)
@given(
    own=st.integers(1, 20),
    hits=st.lists(st.integers(1, 8), min_size=1, max_size=4),
    rate=st.floats(0.01, 20.0),
)
def test_odds_are_a_probability_and_grow_with_strength(own, hits, rate):
    against = [1.0] * len(hits)
    p = one_against(own, rate, hits, against)
    assert 0.0 <= p <= 1.0
    assert p <= one_against(own + 1, rate, hits, against) + 1e-12
    assert p <= one_against(own, rate * 1.5, hits, against) + 1e-12
    assert one_against(own, rate, [*hits, 1], [*against, 1.0]) <= p + 1e-12


@settings(deadline=None, max_examples=40)
@given(v=st.floats(-1e3, 1e3), thrust=st.floats(-5, 5), tau=st.floats(1.0, 1e6), dt=st.floats(0.0, 1e4))
def test_two_half_steps_of_motion_are_one(v, thrust, tau, dt):
    half = sh.velocity_after(v, thrust, tau, dt / 2)
    scale = abs(v) + abs(thrust) * dt + 1.0
    whole = sh.velocity_after(v, thrust, tau, dt)
    assert sh.velocity_after(half, thrust, tau, dt / 2) == pytest.approx(whole, abs=1e-9 * scale)
    far = sh.distance_after(v, thrust, tau, dt / 2) + sh.distance_after(half, thrust, tau, dt / 2)
    assert far == pytest.approx(sh.distance_after(v, thrust, tau, dt), abs=1e-9 * scale * (dt + 1.0))
