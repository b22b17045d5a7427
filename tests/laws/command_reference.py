"""Other ways to work out what the mechanism of `briarpatch.laws.command` comes to; nothing that plays calls them."""

from __future__ import annotations

import math

from briarpatch.laws.command import KILL, PERSUADE, joins, logistic, scaled
from briarpatch.world.chance import DECISION, DELIBERATION, pair_key, u01
from briarpatch.world.compiled import kernel
from briarpatch.world.diffusion import hit_between, normal_cdf

ACT_AGAINST = 4

ACCEPT = 0

DETAIN = 2


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
def decide_once(drift, sigma, bound, seed, key, occurrence):
    """Return (side, time) of a deliberation whose drift will not change; side 1 acts, -1 obeys, 0 is never.

    Uses occurrences `occurrence` and `occurrence + 1`. With a deadline, the decision counts if time <=
    deadline.
    """
    u = u01(seed, DELIBERATION, key, occurrence)
    w = u01(seed, DELIBERATION, key, occurrence + 1)
    return hit_between(u, w, drift, sigma, bound, 2.0 * bound)


@kernel
def persuasion_total(trust, strength, times, decay):
    """Return the shift of an argument heard `times` times: trust x strength x (1 - decay^times) / (1 -
    decay).
    """
    if decay >= 1.0:
        return trust * strength * times
    return trust * strength * (1.0 - decay ** float(times)) / (1.0 - decay)


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
