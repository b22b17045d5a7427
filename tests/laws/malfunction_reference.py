"""Other ways to work out what the mechanism of `briarpatch.mechanisms.malfunction` comes to; nothing that plays calls them."""

from __future__ import annotations

import math

from briarpatch.mechanisms.malfunction import CAPTURE, switch_rate
from briarpatch.mechanisms.malfunction import ONSET as MALFUNCTION
from briarpatch.world.chance import exponential, normal_quantile, pair_key, u01
from briarpatch.world.compiled import kernel
from briarpatch.world.processes import exposure, fires, winner
from briarpatch.world.special import power

NOMINAL, SELF_PROTECTIVE, SAFE_STOP, RECOVERED, DESTROYED = range(5)
"""Modes of behaviour."""
CAUGHT, KILLED, MENDED, ESCAPED = range(4)
"""Ends of a pursuit, in the order of the rates that lead to them."""
AVOID_CAPTURE, EXPOSE_THREAT, PROTECT_INNOCENTS, OBEY = range(4)
"""What an action is good for, in the order of the weights."""

GRACE = 1200.0
"""Time in which pursuers may only capture [s]."""


MODES = 6

AT_LARGE = -1

SWITCH = 1e-6
"""Rate from nominal to self-protective without damage [1/s]."""

SENSITIVITY = 6.0
"""Growth of the logarithm of that rate with a unit of damage."""

HIT, HIT_SPREAD = 1.0, 0.3
"""Damage by a hit: mean and standard deviation."""

CAPTURE_RATE = 0.05 / 60.0
"""Rate of capture by pursuers [1/s]."""

DESTRUCTION_RATE = 0.1 / 60.0
"""Rate of destruction by pursuers who may destroy [1/s]."""


@kernel
def hit_damage(u, mean, spread):
    """Return the damage by one hit with quantile `u`: normal, but never negative."""
    if spread <= 0.0:
        return max(mean, 0.0)
    return max(mean + spread * normal_quantile(u), 0.0)


@kernel
def switch_rates(base, sensitivity, damage, out):
    """Write the rates [1/s] of all changes at `damage` into `out` [n, n], row to column, diagonal 0."""
    n = len(base)
    for i in range(n):
        for j in range(n):
            out[i, j] = switch_rate(base[i, j], sensitivity[i, j], damage) if j != i else 0.0


@kernel
def mode_probabilities(before, transition, out):
    """Write the chances of the modes [n] after a step with `transition` [n, n] (`markov_transition`)."""
    for j in range(len(before)):
        total = 0.0
        for i in range(len(before)):
            total += before[i] * transition[i, j]
        out[j] = total


@kernel
def run_modes(mode, spent, occurrence, rates, dt, seed, key, when, entered):
    """Let modes follow one another for `dt` [s]; return (mode, spent, occurrence, visits, elapsed).

    `rates` [n, n] in 1/s, with a diagonal of 0. `spent` is the exposure since the last change and
    `occurrence` the count of changes: hand both on to the next call and the same changes come, however time
    is cut. Each change is recorded in `when` [m] (time in the step) and `entered` [m]; when these are full
    the loop stops early, at `elapsed`.
    """
    elapsed = 0.0
    visits = 0
    if dt <= 0.0:
        return mode, spent, occurrence, visits, elapsed
    while visits < len(when):
        total = 0.0
        for rate in rates[mode]:
            total += rate
        left = exponential(seed, MALFUNCTION, key, occurrence) - spent
        if total <= 0.0:
            return mode, spent, occurrence, visits, dt
        wait = 0.0 if left <= 0.0 or math.isinf(total) else left / total
        if wait > dt - elapsed:
            return mode, spent + total * (dt - elapsed), occurrence, visits, dt
        elapsed += wait
        mode = winner(u01(seed, MALFUNCTION, pair_key(key, MALFUNCTION), occurrence), rates[mode])
        when[visits] = elapsed
        entered[visits] = mode
        visits += 1
        spent = 0.0
        occurrence += 1
    return mode, spent, occurrence, visits, elapsed


@kernel
def run_pursuit(now, until, spent, occurrence, rates, authorised, seed, key, work):
    """Race the ends of a pursuit from `now` to `until` [s]; return (end, its time, spent).

    `rates` [4] are those of CAUGHT, KILLED, MENDED and ESCAPED [1/s]; KILLED counts only from the time
    `authorised` on. The end is AT_LARGE when nothing happened. `spent` is the exposure so far, to be handed
    on to the next call. `work` is scratch [4].
    """
    left = exponential(seed, CAPTURE, key, occurrence) - spent
    for stage in range(2):
        begins = now if stage == 0 else max(now, authorised)
        ends = min(until, authorised) if stage == 0 else until
        if ends <= begins:
            continue
        total = 0.0
        for i in range(4):
            work[i] = 0.0 if stage == 0 and i == KILLED else max(rates[i], 0.0)
            total += work[i]
        added = exposure(total, ends - begins)
        if added > 0.0 and added >= left:
            when = begins if math.isinf(total) else begins + max(left, 0.0) / total
            end = winner(u01(seed, CAPTURE, pair_key(key, CAPTURE), occurrence), work)
            return end, min(when, ends), spent + left
        left -= added
        spent += added
    return AT_LARGE, until, spent


@kernel
def captured_by(capture, others, t):
    """Return the cumulative incidence of capture by time `t` [s], with other ends at the rate `others` [1/s].

    This is kap / H (1 - e^(-H t)): those who met another end are not there to be caught.
    """
    total = capture + others
    if capture <= 0.0 or t <= 0.0:
        return 0.0
    share = 1.0 if math.isinf(capture) else capture / total
    return share * fires(exposure(total, t))


@kernel
def capture_probability(capture, destroy, others, grace):
    """Return the probability that a pursuit ends in capture, where destruction waits for `grace` [s].

    kap/(kap+o) (1 - e^(-(kap+o) T)) + e^(-(kap+o) T) kap/(kap+del+o), with o the rate of mending and escape
    [1/s].
    """
    if capture <= 0.0:
        return 0.0
    if math.isinf(capture):
        return 1.0
    unharmed = math.exp(-exposure(capture + others, grace))
    return captured_by(capture, others, grace) + unharmed * capture / (capture + destroy + others)


@kernel
def wear(age, shape, scale):
    """Return the cumulative Weibull hazard of wear at `age` [s]: (t / eta)^k."""
    if age <= 0.0 or math.isinf(scale):
        return 0.0
    if scale <= 0.0:
        return math.inf
    return power(age / scale, shape)


@kernel
def wear_hazard(age, shape, scale):
    """Return the Weibull hazard of wear [1/s]: (k / eta) (t / eta)^(k - 1)."""
    if math.isinf(scale):
        return 0.0
    if scale <= 0.0:
        return math.inf
    if shape == 1.0:
        return 1.0 / scale
    if shape > 1.0:
        return shape / scale * power(age / scale, shape - 1.0)
    return shape / scale / power(age / scale, 1.0 - shape) if age > 0.0 else math.inf


@kernel
def wear_exposure(age, dt, shape, scale):
    """Return what `dt` [s] adds to the cumulative hazard of wear at `age` [s], exactly."""
    if dt <= 0.0:
        return 0.0
    before = wear(age, shape, scale)
    growth = shape * math.log1p(dt / age) if age > 0.0 else math.inf
    if before <= 0.0 or growth > 1.0:
        after = wear(age + dt, shape, scale)
        return math.inf if math.isinf(after) else after - before
    return before * math.expm1(growth)


@kernel
def wear_time(age, left, shape, scale):
    """Return the time [s] until wear has added `left` to the cumulative hazard."""
    if left <= 0.0 or scale <= 0.0:
        return 0.0
    if math.isinf(scale):
        return math.inf
    return max(scale * power(wear(age, shape, scale) + left, 1.0 / shape) - age, 0.0)


@kernel
def first_to_wear_out(shape, scale, other_scale):
    """Return the probability that of two new parts of one Weibull `shape` that with `scale` fails first."""
    if math.isinf(scale):
        return 0.0
    if math.isinf(other_scale) or scale <= 0.0:
        return 1.0
    if other_scale <= 0.0:
        return 0.0
    return 1.0 / (1.0 + power(scale / other_scale, shape))


@kernel
def layer_weights(weights, mode, remembers, ethical, out):
    """Write the weights [4] that count in `mode` into `out`: behaviour changes by layer, not at random
    (Brooks 1986).

    Only a self-protective machine weighs its own capture and the exposure of a threat; orders count while it
    remembers them; the innocent count while the ethical layer is on; one that has stopped weighs nothing.
    """
    acts = mode != SAFE_STOP and mode != DESTROYED
    guarded = mode == SELF_PROTECTIVE
    out[AVOID_CAPTURE] = weights[AVOID_CAPTURE] if guarded else 0.0
    out[EXPOSE_THREAT] = weights[EXPOSE_THREAT] if guarded else 0.0
    out[PROTECT_INNOCENTS] = weights[PROTECT_INNOCENTS] if acts and ethical else 0.0
    out[OBEY] = weights[OBEY] if acts and remembers else 0.0


@kernel
def action_utility(weights, terms):
    """Return the utility of an action: the sum of weights times what it does for each aim, both [4]."""
    total = 0.0
    for i in range(len(weights)):
        total += weights[i] * terms[i]
    return total


@kernel
def capture_value(captured, intact_value, harm, team_cost, exposed, secret_cost):
    """Return the value of trying to capture: V P(capture) - c_team E[harm] - c_secret P(exposure).

    What the machine knows is part of `intact_value`, since it is of use only if captured intact.
    """
    return intact_value * captured - team_cost * harm - secret_cost * exposed
