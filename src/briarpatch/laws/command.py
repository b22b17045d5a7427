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

from ..world.chance import DECISION, DELIBERATION, pair_key, u01
from ..world.compiled import kernel
from ..world.diffusion import hit_between, normal_cdf, upper_by, upper_probability, walk_between
from ..world.processes import barrier_step

OBEY = 0
VOICE = 1
DELAY = 2
REFUSE = 3
ACT_AGAINST = 4

ACCEPT = 0
PERSUADE = 1
DETAIN = 2
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
def option_utility(loyalty, rule, care, career, self_interest, weights, trust):
    """Return U = wL L + wR g - wC H - wK K - wS R + trust terms of one option.

    `loyalty` L, `rule` g (legitimacy), `care` H (harm to others), `career` K and `self_interest` R (costs)
    are the option's scores; `weights` are the actor's (wL, wR, wC, wK, wS).
    """
    return (
        weights[0] * loyalty
        + weights[1] * rule
        - weights[2] * care
        - weights[3] * career
        - weights[4] * self_interest
        + trust
    )


@kernel
def scaled(sharpness, difference):
    """Return sharpness x difference, with zero beating infinity."""
    if sharpness == 0.0 or difference == 0.0:
        return 0.0
    return sharpness * difference


@kernel
def logit_choice(utilities, sharpness, out):
    """Fill `out` [n] with exp(lambda U_o) / sum exp(lambda U), for `utilities` [n] and `sharpness` lambda >=
    0.

    Zero gives equal shares, infinity the best (ties share); a utility of minus infinity forbids an option,
    always.
    """
    best = -math.inf
    for u in utilities:
        best = max(best, u)
    total = 0.0
    for i in range(len(utilities)):
        if math.isinf(utilities[i]):
            out[i] = 1.0 if utilities[i] > 0.0 else 0.0
        else:
            out[i] = 0.0 if math.isinf(best) else math.exp(scaled(sharpness, utilities[i] - best))
        total += out[i]
    if total > 0.0:
        for i in range(len(out)):
            out[i] /= total


@kernel
def choose_option(utilities, sharpness, seed, key, occurrence):
    """Return the option chosen: the greatest lambda U_o + G_o, G being Gumbel luck that belongs to the
    option.

    The law is that of `logit_choice`, and another option, or a better one, changes no other's luck. -1 if
    nothing is allowed. Gumbel's maximum: Luce and Suppes 1965; McFadden 1974.
    """
    top = -math.inf
    for u in utilities:
        top = max(top, u)
    best = -math.inf
    chosen = -1
    for i in range(len(utilities)):
        if utilities[i] == -math.inf or (top == math.inf and utilities[i] < top):
            continue
        score = -math.log(-math.log(u01(seed, DECISION, pair_key(key, i), occurrence)))
        if math.isinf(sharpness):
            if utilities[i] < top:
                continue
        elif top < math.inf:
            score += sharpness * (utilities[i] - top)
        if score > best or chosen < 0:
            best = score
            chosen = i
    return chosen


# Deliberation


@kernel
def act_probability(drift, sigma, bound):
    """Return P(act) = 1 / (1 + exp(-2 v a / s^2)), from the middle of bounds at +a and -a."""
    return upper_probability(drift, sigma, bound, 2.0 * bound)


@kernel
def mean_deliberation(drift, sigma, bound):
    """Return the mean time E[T] = (a / v) tanh(v a / s^2) to a decision; a^2 / s^2 without drift."""
    if bound <= 0.0 or math.isinf(drift):
        return 0.0
    if sigma <= 0.0:
        return bound / abs(drift) if drift != 0.0 else math.inf
    y = drift * bound / (sigma * sigma)
    if abs(y) < 1e-6:
        return bound * bound / (sigma * sigma) * (1.0 - y * y / 3.0)
    return bound / drift * math.tanh(y)


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
def decide_once(drift, sigma, bound, seed, key, occurrence):
    """Return (side, time) of a deliberation whose drift will not change; side 1 acts, -1 obeys, 0 is never.

    Uses occurrences `occurrence` and `occurrence + 1`. With a deadline, the decision counts if time <=
    deadline.
    """
    u = u01(seed, DELIBERATION, key, occurrence)
    w = u01(seed, DELIBERATION, key, occurrence + 1)
    return hit_between(u, w, drift, sigma, bound, 2.0 * bound)


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
def persuasion_total(trust, strength, times, decay):
    """Return the shift of an argument heard `times` times: trust x strength x (1 - decay^times) / (1 -
    decay).
    """
    if decay >= 1.0:
        return trust * strength * times
    return trust * strength * (1.0 - decay ** float(times)) / (1.0 - decay)


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
def cascade_size(thresholds):
    """Return how many join in the end, when person i joins once `thresholds[i]` others have (Granovetter
    1978).
    """
    joined = 0
    while True:
        ready = 0
        for threshold in thresholds:
            if threshold <= joined:
                ready += 1
        if ready == joined:
            return joined
        joined = ready


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


@kernel
def cascade(joined, attention, thresholds):
    """Let people join until nobody more does; return how many have joined. `joined` [n], bool, is changed.

    Person i joins when the share, by `attention` [n, n] of row to column, of those already in reaches
    `thresholds[i]`; the share of nobody is 0. Joining is never undone, so the order of rows does not matter.
    """
    n = len(joined)
    changed = True
    while changed:
        changed = False
        for i in range(n):
            if joined[i]:
                continue
            total = 0.0
            inside = 0.0
            for j in range(n):
                if j != i:
                    total += attention[i, j]
                    if joined[j]:
                        inside += attention[i, j]
            if joins(inside, total, thresholds[i]):
                joined[i] = True
                changed = True
    count = 0
    for i in range(n):
        if joined[i]:
            count += 1
    return count


@kernel
def normal_cascade(mean, deviation):
    """Return the share that joins in a large group whose thresholds are normal: least r with r = Phi((r -
    mean) / sd).

    Iterated from nobody; at most 1 000 000 rounds, needed only next to the critical deviation.
    """
    share = 0.0
    for _ in range(1000000):
        if deviation <= 0.0:
            after = 1.0 if share >= mean else 0.0
        else:
            after = normal_cdf((share - mean) / deviation)
        if abs(after - share) <= 1e-13:
            return after
        share = after
    return share


# Partners


@kernel
def quantal_pair(row, column, sharpness):
    """Return (p, q) of the logit equilibrium of a two by two game: p of the first row, q of the first column.

    `row` and `column` [2, 2] are the payoffs to the two players, indexed (row's move, column's move). Solves
    p = logistic(lambda dU_row(q)), q = logistic(lambda dU_column(p)) by bisection on p: the solution where
    there is one only, one of them otherwise. An infinite `sharpness` is taken as 1e9. McKelvey and Palfrey
    1995.
    """
    sharpness = min(sharpness, 1e9)
    low = 0.0
    high = 1.0
    p = 0.5
    q = 0.5
    for _ in range(200):
        p = 0.5 * (low + high)
        gain = p * (column[0, 0] - column[0, 1]) + (1.0 - p) * (column[1, 0] - column[1, 1])
        q = logistic(scaled(sharpness, gain))
        gain = q * (row[0, 0] - row[1, 0]) + (1.0 - q) * (row[0, 1] - row[1, 1])
        if logistic(scaled(sharpness, gain)) > p:
            low = p
        else:
            high = p
    return p, q


@kernel
def partner_utilities(stake, gain_persuade, gain_detain, gain_kill, costs, out):
    """Fill `out` [4] with the utilities to a deserted partner of accepting, persuading, detaining and
    killing.

    Each action restores the `stake` of the scheme with its own probability (`gain_...`; accepting gives it
    up) and has its own cost in `costs` [4], in the order ACCEPT, PERSUADE, DETAIN, KILL.
    """
    out[ACCEPT] = -costs[ACCEPT]
    out[PERSUADE] = stake * gain_persuade - costs[PERSUADE]
    out[DETAIN] = stake * gain_detain - costs[DETAIN]
    out[KILL] = stake * gain_kill - costs[KILL]


@kernel
def back_out_probability(moral_gain, losses, partner, partner_sharpness, sharpness, room):
    """Return the probability that somebody backs out of a scheme, foreseeing the partner's quantal response.

    U(back out) = `moral_gain` - sum P(o) losses[o] against U(stay) = 0, P being the logit of the `partner`'s
    utilities [4] at `partner_sharpness`; `losses` [4] is what each action costs the one who leaves; `room`
    [4] receives P. The partner moves last, so the agent form of the equilibrium (McKelvey and Palfrey 1998)
    is solved backwards.
    """
    logit_choice(partner, partner_sharpness, room)
    utility = moral_gain
    for o in range(len(room)):
        if room[o] > 0.0:
            utility -= room[o] * losses[o]
    return logistic(scaled(sharpness, utility))


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
