"""Command: what somebody does with an order, in what time, and who follows.

Models. A choice among options is logit (Luce 1959; McFadden 1974): luck of the Gumbel law on every option.
Deliberation is a diffusion between two bounds, with or without a deadline (Ratcliff 1978). Arguments shift
utility and wear out; opinions settle on a network (Friedkin and Johnsen 1990). Followers join by thresholds
(Granovetter 1978). Partners who foresee one another play a quantal response equilibrium (McKelvey and Palfrey
1995, doi 10.1006/game.1995.1023). The options are Hirschman's exit, voice and loyalty (1970); the sizes of
shifts come from Milgram's laboratory (1974).

Assumes: one decision an event (order, news, deadline), never one a tick. Leaves out: learning of weights,
nested options (a duplicated option takes its full share: the red and the blue bus), bargaining among more
than two.

Oracles: O-11.1 to O-11.9.
"""

from __future__ import annotations

import math

from ..world.chance import DELIBERATION
from ..world.compiled import kernel
from ..world.diffusion import upper_by, upper_probability, walk_between
from ..world.processes import barrier_step

OBEY = 0
VOICE = 1
DELAY = 2
REFUSE = 3

PERSUADE = 1
KILL = 3

OBEDIENCE = 0.619039208406
"""Log-odds of obedience at Milgram's voice baseline: 65 %. The shifts below are against it."""
SHIFT_SAME_ROOM = -1.0245
SHIFT_TOUCH = -1.4663
SHIFT_REMOTE_AUTHORITY = -1.9744
SHIFT_PEERS_REFUSE = -2.8163
SHIFT_PEER_ACTS = 1.8933
SHIFT_LOW_PRESTIGE = -0.7191


# Choice


@kernel
def logistic(x):
    """Return 1 / (1 + exp(-x)) without overflow."""
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)


@kernel
def scaled(sharpness, difference):
    """Return sharpness x difference, with zero beating infinity."""
    if sharpness == 0.0 or difference == 0.0:
        return 0.0
    return sharpness * difference


# Deliberation


@kernel
def act_probability(drift, sigma, bound):
    """Return P(act) = 1 / (1 + exp(-2 v a / s^2)), from the middle of bounds at +a and -a."""
    return upper_probability(drift, sigma, bound, 2.0 * bound)


@kernel
def act_probability_by(drift, sigma, bound, deadline):
    """Return the probability that the deliberation has ended in acting by `deadline`, exactly."""
    return upper_by(drift, sigma, bound, 2.0 * bound, deadline)


@kernel
def drift_of(sharpness, gain, pace):
    """Return the drift [1/s] towards acting, between bounds at 1 and -1, of a difference of utility `gain`.

    `pace` a^2 / s^2 [s] is the mean time to a decision when there is no difference. v = lambda dU / (2 pace), at which
    P(act) = 1 / (1 + exp(-2 v a / s^2)) is the logit choice of the same `sharpness` lambda.
    """
    return scaled(sharpness, gain) / (2.0 * pace)


@kernel
def wavering(pace):
    """Return the noise s [1/s^.5] of a deliberation of that `pace` [s] between bounds at 1 and -1."""
    return 1.0 / math.sqrt(pace)


@kernel
def moment(pace):
    """Return how often [s] whoever deliberates at that `pace` [s] takes notice: the longest safe sub-step."""
    return barrier_step(1.0, wavering(pace))


@kernel
def deliberate(x, drift, sigma, bound, dt, seed, key, occurrence):
    """Move the deliberation `x` in (-a, a) through `dt`; return (side, time, x, occurrence) as `walk_between`
    does.
    """
    return walk_between(x, -bound, bound, drift, sigma, dt, seed, DELIBERATION, key, occurrence)


# Persuasion and opinion


@kernel
def persuasion_shift(trust, strength, repeats, decay):
    """Return how much one argument moves a utility difference: trust x strength x decay^repeats.

    `repeats` counts how often the target has heard this argument before; `decay` in [0, 1] is what novelty is
    left after each hearing.
    """
    return trust * strength * decay ** float(repeats)


@kernel
def opinion_step(opinions, initial, influence, susceptibility, out):
    """Fill `out` [n] with alpha_i sum_j W_ij x_j + (1 - alpha_i) x0_i; return the largest change.

    Rows of `influence` W [n, n] sum to 1; who listens to nobody (a row of zeros) keeps the initial opinion.
    Friedkin and Johnsen 1990; DeGroot 1974 at susceptibility 1.
    """
    change = 0.0
    for i in range(len(opinions)):
        heard = 0.0
        row = 0.0
        for j in range(len(opinions)):
            row += influence[i, j]
            heard += influence[i, j] * opinions[j]
        alpha = susceptibility[i] if row > 0.0 else 0.0
        out[i] = alpha * heard + (1.0 - alpha) * initial[i]
        change = max(change, abs(out[i] - opinions[i]))
    return change


@kernel
def settle_opinions(opinions, initial, influence, susceptibility, room):
    """Bring `opinions` [n] to the fixed point (I - alpha W)^-1 (1 - alpha) x0; `room` [n] is overwritten.

    Returns the number of rounds, at most 100 000, and fewer among so many that this would take seconds; susceptibility 1
    throughout need not settle.
    """
    most = min(100_000, 1 + 1_000_000_000 // max(1, len(opinions) * len(opinions)))
    for rounds in range(1, most + 1):
        change = opinion_step(opinions, initial, influence, susceptibility, room)
        for i in range(len(opinions)):
            opinions[i] = room[i]
        if change <= 1e-14:
            return rounds
    return most


# Following


@kernel
def joins(inside, total, threshold):
    """Return True when somebody joins: `inside` of the weight `total` on which they look have, and that reaches the
    share `threshold` (Granovetter 1978).

    Who needs nobody joins alone; the share of nobody is 0; a share counts as reached when rounding alone is in the way.
    """
    return threshold <= 0.0 or (total > 0.0 and inside >= threshold * total * (1.0 - 1e-12))


@kernel
def rising_success(share, needed, steepness):
    """Return the probability that a rising succeeds in which `share` has joined: logistic(k (share - needed)).

    `needed` is the share at which it succeeds as often as not and `steepness` k the growth of its log-odds with the
    share; a rising of nobody cannot happen. (An assumption in the form of a logit.)
    """
    if share <= 0.0:
        return 0.0
    return logistic(scaled(steepness, share - needed))


# Partners


@kernel
def defection_rate(base, kin, injustice, persuasion, fear, coefficients):
    """Return the hazard [1/s] of an officer's defection: h0 exp(c_k kin + c_i injustice + c_p persuasion -
    c_f fear).

    `coefficients` are (c_k, c_i, c_p, c_f); a `base` of zero never defects.
    """
    if base <= 0.0:
        return 0.0
    exponent = (
        coefficients[0] * kin + coefficients[1] * injustice + coefficients[2] * persuasion - coefficients[3] * fear
    )
    return base * math.exp(min(exponent, 700.0))
