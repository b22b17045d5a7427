"""Other ways to work out what the mechanism of `briarpatch.laws.knowledge` comes to; nothing that plays calls them."""

from __future__ import annotations

import math

from briarpatch.laws.knowledge import update
from briarpatch.mechanisms.inquiry import accept_bound, reject_bound
from briarpatch.mechanisms.rumours import EVENTS as RUMOUR
from briarpatch.mechanisms.rumours import call, call_rate, leak_rate, meeting, telling_pairs
from briarpatch.world.chance import exponential, u01
from briarpatch.world.compiled import kernel
from briarpatch.world.diffusion import upper_probability, walk_between
from briarpatch.world.processes import exposure, fires

IGNORANT, SPREADER, STIFLER = range(3)
"""Those who have not heard a rumour, those who tell it, those who no longer do."""

INFORMATION_RATE = 1.0 / 86400.0
"""Default information rate m^2 of an inquiry [1/s]: one a day."""

LEAK_PROBABILITY = 4.1e-6
"""Default probability that one insider leaks within one year (Grimes 2016)."""

DISCREPANCY_RATE = 1e-4
"""Default rate of noticeable flaws of a staged world for one attentive person [1/s] (assumption)."""

ACTING_LOG_ODDS = math.log(19.0)
"""Default log-odds at which somebody acts on a belief: 19 to 1."""


@kernel
def hear(odds, evidence, seen, root):
    """Return log-odds after `evidence` [nat] with the given `root`, which counts once: marks `seen` [roots],
    bool.
    """
    if seen[root]:
        return odds
    seen[root] = True
    return update(odds, evidence)


@kernel
def reconsider(odds, staged, discrepancy):
    """Return log-odds once its holder sees that `staged` [nat] of it came from a staged world.

    The staged weight is taken back and the weight of the `discrepancy` [nat, usually negative] is added.
    """
    if math.isinf(odds) and math.isinf(staged):
        return discrepancy
    return update(odds - staged, discrepancy)


@kernel
def inquiry_time(alpha, beta, information, true):
    """Return the mean duration [s] of an inquiry at `information` m^2 [1/s], when the proposition is `true`
    or not.

    (2 / m^2) [(1 - beta) A + beta B] if true, -(2 / m^2) [alpha A + (1 - alpha) B] if false.
    """
    if information <= 0.0:
        return math.inf
    if alpha <= 0.0 and beta <= 0.0:
        return math.inf
    a = accept_bound(alpha, beta)
    b = reject_bound(alpha, beta)
    if true:
        return 2.0 / information * ((1.0 - beta) * a + (beta * b if beta > 0.0 else 0.0))
    return -2.0 / information * ((alpha * a if alpha > 0.0 else 0.0) + (1.0 - alpha) * b)


@kernel
def inquire(ratio, true, information, alpha, beta, dt, seed, stream, key, occurrence):
    """Move the logarithm of likelihood ratio of an inquiry through `dt`; return (verdict, time, ratio,
    occurrence).

    Drift +m^2 / 2 if the proposition is `true`, else -m^2 / 2, and variance m^2 a second; verdict 1 accepts,
    -1 rejects, 0 goes on. An infinite rate decides at once, with the same chances of error.
    """
    low = reject_bound(alpha, beta)
    high = accept_bound(alpha, beta)
    if math.isinf(information) and dt > 0.0 and low < ratio < high:
        p = upper_probability(0.5 if true else -0.5, 1.0, high - ratio, high - low)
        accepts = u01(seed, stream, key, occurrence) < p
        return (1, 0.0, high, occurrence + 1) if accepts else (-1, 0.0, low, occurrence + 1)
    drift = 0.5 * information if true else -0.5 * information
    return walk_between(ratio, low, high, drift, math.sqrt(information), dt, seed, stream, key, occurrence)


@kernel
def maki_thompson(ignorants, spreaders, stiflers, contact, dt, seed, key, occurrence, left):
    """Run a rumour of directed calls for `dt`; return (ignorants, spreaders, stiflers, occurrence, left).

    Each spreader calls somebody at random at rate `contact` [1/s]: an ignorant becomes a spreader; a call to
    anybody else turns the caller into a stifler. `left` is what remains of the present exponential clock (0
    at the start), so the very events do not depend on how time is cut. Maki and Thompson 1973.
    """
    others = ignorants + spreaders + stiflers - 1
    time = dt
    while spreaders > 0 and others > 0 and contact > 0.0 and dt > 0.0:
        if left <= 0.0:
            left = exponential(seed, RUMOUR, key, occurrence)
            occurrence += 1
        rate = call_rate(contact, spreaders)
        if left > exposure(rate, time):
            left -= exposure(rate, time)
            break
        time -= left / rate
        left = 0.0
        u = u01(seed, RUMOUR, key, occurrence)
        occurrence += 1
        ignorants, spreaders, stiflers = call(ignorants, spreaders, stiflers, u)
    return ignorants, spreaders, stiflers, occurrence, left


@kernel
def daley_kendall(ignorants, spreaders, stiflers, contact, dt, seed, key, occurrence, left):
    """Run a rumour of mutual meetings for `dt`; return (ignorants, spreaders, stiflers, occurrence, left).

    Each unordered pair meets at rate contact / (n - 1): spreader and ignorant make two spreaders, two
    spreaders make two stiflers, spreader and stifler make two stiflers. There are S (S - 1) / 2 pairs of
    spreaders; counting them in both orders gives 0.2847 never told instead of 0.2032. `left` as in
    `maki_thompson`. Daley and Kendall 1964.
    """
    others = ignorants + spreaders + stiflers - 1
    time = dt
    while spreaders > 0 and others > 0 and contact > 0.0 and dt > 0.0:
        if left <= 0.0:
            left = exponential(seed, RUMOUR, key, occurrence)
            occurrence += 1
        rate = contact * telling_pairs(ignorants, spreaders, stiflers) / others
        if rate <= 0.0:
            break
        if left > exposure(rate, time):
            left -= exposure(rate, time)
            break
        time -= left / rate
        left = 0.0
        u = u01(seed, RUMOUR, key, occurrence)
        occurrence += 1
        ignorants, spreaders, stiflers = meeting(ignorants, spreaders, stiflers, u)
    return ignorants, spreaders, stiflers, occurrence, left


@kernel
def arm_rumour(hear_left, stop_left, keys, seed):
    """Draw for everybody [n] the two clocks of one rumour: of hearing and of falling silent; `keys` [n] are
    stable.
    """
    for i in range(len(keys)):
        hear_left[i] = exponential(seed, RUMOUR, keys[i], 0)
        stop_left[i] = exponential(seed, RUMOUR, keys[i], 1)


@kernel
def final_size(reproduction):
    """Return the share z ever reached by an epidemic: z = 1 - exp(-R0 z), 0 if R0 <= 1 (Kermack and
    McKendrick 1927).
    """
    if reproduction <= 1.0:
        return 0.0
    if math.isinf(reproduction):
        return 1.0
    # The function 1 - exp(-R0 z) - z is concave with roots 0 and z: its maximum lies between them.
    low = math.log(reproduction) / reproduction
    high = 1.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        if -math.expm1(-reproduction * middle) > middle:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


@kernel
def never_told():
    """Return the limit share theta that a rumour never reaches: ln theta + 2 (1 - theta) = 0."""
    return 1.0 - final_size(2.0)


@kernel
def leaked(probability, insiders, time):
    """Return the probability that a secret of a constant number of insiders is out after `time`.

    Where the number changes, add `leak_rate` times its duration over the pieces; never put N(t) in this
    formula.
    """
    return fires(exposure(leak_rate(probability, insiders), time))


@kernel
def outlasts(rate, shape, task_rate):
    """Return the probability that a deception noticed at `rate` outlasts a Gamma(shape, task_rate) task.

    (nu / (nu + rate))^k, the Laplace transform of the task; an instant task is always outlasted.
    """
    if rate <= 0.0:
        return 1.0
    if math.isinf(task_rate):
        return 1.0
    return (task_rate / (task_rate + rate)) ** shape


@kernel
def _rates(i, status, telling, stifling):
    """Return (hearing rate, stopping rate) [1/s] of person `i`."""
    hearing = 0.0
    stopping = 0.0
    if status[i] == IGNORANT:
        for j in range(len(status)):
            if status[j] == SPREADER and j != i:
                hearing += telling[j, i]
    elif status[i] == SPREADER and stifling > 0.0:
        for j in range(len(status)):
            if status[j] != IGNORANT and j != i:
                stopping += stifling * telling[i, j]
    return hearing, stopping


@kernel
def _teller(i, u, status, telling, hearing):
    """Return who told `i`, drawn with probability proportional to the rate of telling."""
    left = u * hearing
    best = -1
    for j in range(len(status)):
        if status[j] == SPREADER and j != i and telling[j, i] > 0.0:
            best = j
            if math.isinf(telling[j, i]):
                return j
            if not math.isinf(hearing):
                left -= telling[j, i]
                if left < 0.0:
                    return j
    return best


@kernel
def spread(status, heard_at, told_by, hear_left, stop_left, hearing, stopping, keys, telling, stifling, now, dt, seed):
    """Run a rumour among individuals over (now, now + dt]; return how many heard it.

    `telling` [n, n] is the rate [1/s] at which the row tells the column (see `telling_rate`), `stifling` the
    share of tellings to one who knows that make the teller a stifler. `status`, `heard_at` [s], `told_by` and
    the two clocks (see `arm_rumour`) are changed; `hearing` and `stopping` [n] are room for rates. Rates
    change only at events, and each clock belongs to its person, so the very events depend neither on the step
    nor on the order of rows. Infinite rates tell at once, before anybody falls silent.
    """
    n = len(status)
    if dt <= 0.0:
        return 0
    for i in range(n):
        hearing[i], stopping[i] = _rates(i, status, telling, stifling)
    passed = 0.0
    told = 0
    while True:
        first = math.inf
        who = -1
        hears = False
        for i in range(n):
            if hearing[i] > 0.0 and hear_left[i] / hearing[i] < first:
                first = hear_left[i] / hearing[i]
                who = i
                hears = True
        for i in range(n):
            if stopping[i] > 0.0 and stop_left[i] / stopping[i] < first:
                first = stop_left[i] / stopping[i]
                who = i
                hears = False
        due = who >= 0 and first <= dt - passed
        wait = first if due else dt - passed
        for i in range(n):
            hear_left[i] = max(hear_left[i] - exposure(hearing[i], wait), 0.0)
            stop_left[i] = max(stop_left[i] - exposure(stopping[i], wait), 0.0)
        if not due:
            return told
        passed += wait
        if hears:
            told_by[who] = _teller(who, u01(seed, RUMOUR, keys[who], 2), status, telling, hearing[who])
            heard_at[who] = now + passed
            status[who] = SPREADER
            told += 1
        else:
            status[who] = STIFLER
        for i in range(n):
            hearing[i], stopping[i] = _rates(i, status, telling, stifling)


@kernel
def belief(odds):
    """Return the probability of log-odds `odds`."""
    if odds >= 0.0:
        return 1.0 / (1.0 + math.exp(-odds))
    e = math.exp(odds)
    return e / (1.0 + e)
