"""Other ways to work out what the mechanism of `briarpatch.laws.ships` comes to; nothing that plays calls them."""

from __future__ import annotations

import math

import numpy as np

from briarpatch.laws.ships import HIT, NOTHING, next_shot
from briarpatch.world.alike import hypot, log_gamma
from briarpatch.world.compiled import kernel
from briarpatch.world.processes import exposure

DRAG_TIME = 50.0  # s

THRUST = 2.0  # m/s^2

BREAKPOINT = 0.3  # share of the hull below which a ship withdraws; real units break well before they are destroyed

WORST_ODDS = 0.25  # predicted chance of winning below which a ship withdraws

SHIP = np.dtype(
    (
        np.record,
        [
            ("key", "u8"),  # the key of the ship's luck
            ("side", "i4"),  # ships of other sides are opponents
            ("mode", "i1"),
            ("x", "f8"),  # m
            ("y", "f8"),  # m
            ("target", "i4"),  # index of the opponent fired at, or -1
            ("shield", "f8"),  # as it was at `since`
            ("shield_max", "f8"),
            ("recharge", "f8"),  # 1/s
            ("down_time", "f8"),  # s that a broken shield stays down
            ("down_until", "f8"),  # s
            ("since", "f8"),  # s
            ("hull", "f8"),
            ("hull_max", "f8"),
            ("disabled_below", "f8"),  # share of the hull at which the ship can neither fire nor fly; 0 never
            ("breakpoint", "f8"),  # share of the hull
            ("nerve", "f8"),  # predicted chance of winning; 0 never withdraws for it
            ("wanes", "i1"),  # 1 when its fire falls with its hull, as that of a group of many ships
            ("ordered_off", "b1"),
            ("escape", "f8"),  # 1/s while withdrawing
            ("fled", "f8"),  # exposure so far
            ("ended", "f8"),  # s when it was disabled, destroyed, or had escaped
        ],
    )
)
"""One ship in a fight; the kernels take rows of any table with these columns."""

WEAPON = np.dtype(
    (
        np.record,
        [
            ("key", "u8"),  # the key of the weapon's luck
            ("vessel", "i4"),  # index of the ship that carries it
            ("rate", "f8"),  # shots 1/s
            ("accuracy", "f8"),  # chance of a hit at point blank
            ("falloff", "f8"),  # m over which that chance falls by e; infinity for none
            ("damage", "f8"),
            ("range", "f8"),  # m
            ("rounds", "i8"),  # left; negative: without end
            ("shots", "i8"),  # fired so far: the occurrence of its luck
            ("spent", "f8"),  # exposure since the last shot
        ],
    )
)
"""One weapon in a fight."""


@kernel
def top_speed(thrust, drag_time):
    """Return the speed [m/s] at which drag balances `thrust` [m/s^2]; infinite without drag."""
    if thrust == 0.0:
        return 0.0
    return thrust * drag_time


@kernel
def circle_exit(x0, y0, x1, y1, radius):
    """Return the share in [0, 1] of the segment at which it leaves the circle about the origin, or -1 if it
    stays in.

    A segment that begins outside has left at 0.
    """
    outside0 = hypot(x0, y0) >= radius
    if outside0:
        return 0.0
    if hypot(x1, y1) < radius:
        return -1.0
    dx, dy = x1 - x0, y1 - y0
    a = dx * dx + dy * dy
    b = x0 * dx + y0 * dy
    c = x0 * x0 + y0 * y0 - radius * radius
    root = math.sqrt(b * b - a * c)
    share = -c / (b + root) if b > 0.0 else (root - b) / a
    return min(max(share, 0.0), 1.0)


@kernel
def out_of_range_after(weapon_range, distance, speed, pursuer_speed):
    """Return when [s] a ship that flees straight is out of range [m]: never if it is not the faster."""
    if distance >= weapon_range:
        return 0.0
    if speed <= pursuer_speed:
        return math.inf
    return (weapon_range - distance) / (speed - pursuer_speed)


@kernel
def escape_probability(escape_rate, kill_rate):
    """Return the probability that escape [1/s] comes before the kill [1/s]; 0 when neither ever comes."""
    if escape_rate <= 0.0:
        return 0.0
    if math.isinf(escape_rate):
        return 0.5 if math.isinf(kill_rate) else 1.0
    return escape_rate / (escape_rate + kill_rate)


@kernel
def square_law_end(a, b, alpha, beta):
    """Return when [s] the weaker side vanishes under A' = -beta B, B' = -alpha A; never at equal strength."""
    if a <= 0.0 or b <= 0.0:
        return 0.0
    strength_a, strength_b = alpha * a * a, beta * b * b
    if strength_a == strength_b:
        return math.inf
    if beta <= 0.0:
        return b / (alpha * a)
    if alpha <= 0.0:
        return a / (beta * b)
    return math.atanh(math.sqrt(min(strength_a, strength_b) / max(strength_a, strength_b))) / math.sqrt(alpha * beta)


@kernel
def square_law(a, b, alpha, beta, time):
    """Return both strengths after `time` [s] of the square law (Lanchester 1916); the fight stops when one is
    gone.
    """
    if a <= 0.0 or b <= 0.0:
        return a, b
    time = max(time, 0.0)
    if alpha * a * a == beta * b * b:
        decay = math.exp(-exposure(math.sqrt(alpha * beta), time))
        return a * decay, b * decay
    if time >= square_law_end(a, b, alpha, beta):
        left_a, left_b = alpha * a * a - beta * b * b, beta * b * b - alpha * a * a
        if left_a > 0.0:
            return math.sqrt(left_a / alpha), 0.0
        return 0.0, math.sqrt(left_b / beta)
    z = math.sqrt(alpha * beta) * time
    grow = time * (math.sinh(z) / z if z > 0.0 else 1.0)
    return a * math.cosh(z) - beta * b * grow, b * math.cosh(z) - alpha * a * grow


@kernel
def linear_law(a, b, alpha, beta):
    """Return what is left of both when one is gone under the linear law, whose invariant is alpha A -
    beta B.
    """
    strength = alpha * a - beta * b
    if strength > 0.0:
        return strength / alpha, 0.0
    if strength < 0.0:
        return 0.0, -strength / beta
    return (0.0, 0.0) if alpha > 0.0 and beta > 0.0 else (a, b)


@kernel
def brown(x, y, ratio, linear, scratch):
    """Return the probability that `x` units beat `y`: P(x,y) = a P(x,y-1) + (1-a) P(x-1,y) (Brown 1963).

    a = R x / (R x + y) with aimed fire (square law), R / (R + 1) if `linear`; `ratio` R is of single
    effectiveness. `scratch` has at least y + 1 places.
    """
    scratch[0] = 1.0
    for j in range(1, y + 1):
        scratch[j] = 0.0
    for i in range(1, x + 1):
        for j in range(1, y + 1):
            strength = ratio if linear else ratio * i / j
            a = 1.0 if math.isinf(strength) else strength / (strength + 1.0)
            scratch[j] = a * scratch[j - 1] + (1.0 - a) * scratch[j]
    return scratch[y] if x > 0 else 0.0


@kernel
def salvo_loss(strike, attackers, defence, defenders, staying):
    """Return how many of `defenders` one salvo takes out: (strike A - defence B) / staying power, in [0, B]
    (Hughes 1986).
    """
    leakers = max(0.0, strike * attackers - defence * defenders)
    if leakers <= 0.0:
        return 0.0
    if staying <= 0.0:
        return defenders
    return min(defenders, leakers / staying)


@kernel
def salvo_exchange(a, strike_a, defence_a, staying_a, b, strike_b, defence_b, staying_b):
    """Return both strengths after one simultaneous exchange of salvos."""
    loss_a = salvo_loss(strike_b, b, defence_a, a, staying_a)
    loss_b = salvo_loss(strike_a, a, defence_b, b, staying_b)
    return a - loss_a, b - loss_b


@kernel
def duel(needed_a, needed_b, rate_a, rate_b):
    """Return the probability that A lands its `needed_a` hits before B lands its `needed_b`; hit rates [1/s].

    I_x(needed_a, needed_b), x = rate_a / (rate_a + rate_b), as a negative binomial sum (Williams and Ancker
    1963).
    """
    if needed_a <= 0:
        return 1.0
    if needed_b <= 0 or rate_a <= 0.0:
        return 0.0
    if rate_b <= 0.0 or math.isinf(rate_a):
        return 1.0
    if math.isinf(rate_b):
        return 0.0
    x, y = 1.0 / (1.0 + rate_b / rate_a), 1.0 / (1.0 + rate_a / rate_b)
    total = 0.0
    for k in range(needed_b):
        log_ways = log_gamma(needed_a + k) - log_gamma(needed_a) - log_gamma(k + 1.0)
        total += math.exp(log_ways + needed_a * math.log(x) + k * math.log(y))
    return min(total, 1.0)


@kernel
def steady_fire(shield, hull, damage_rate, recharge, dt):
    """Return (shield, hull) after `dt` [s] of even damage [1/s]; a shield once broken stays down. Exact for
    any step.
    """
    net = damage_rate - recharge
    if dt <= 0.0 or (shield > 0.0 and net <= 0.0):
        return shield, hull
    if shield > 0.0:
        lasts = shield / net
        if lasts > dt:
            return shield - net * dt, hull
        dt -= lasts
    return 0.0, max(0.0, hull - exposure(damage_rate, dt))


@kernel
def time_to_kill(shield, hull, damage_rate, recharge):
    """Return the time [s] to kill at even damage: S / (D - rho) + H / D; never if the shield recharges as
    fast.
    """
    total = 0.0
    if shield > 0.0:
        if damage_rate <= recharge:
            return math.inf
        total += shield / (damage_rate - recharge)
    if hull > 0.0:
        total += hull / damage_rate if damage_rate > 0.0 else math.inf
    return total


@kernel
def engage(ships, weapons, seed, since, until, numbers, rates, scratch):
    """Fight through (since, until], exactly for any step; return when the next event comes (infinity: it is
    over).
    """
    now, kind = since, HIT
    while kind != NOTHING:
        now, kind, _, _ = next_shot(ships, weapons, seed, now, until, numbers, rates, scratch)
    return now


@kernel
def survival(kill_rate, time):
    """Return the probability of surviving `time` [s] under a constant `kill_rate` [1/s]."""
    return math.exp(-exposure(kill_rate, time))
