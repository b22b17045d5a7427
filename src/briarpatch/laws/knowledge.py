"""Knowledge: beliefs moved by evidence, rumours, secrets, and staged worlds.

Models. A belief is a log-odds to which evidence adds its logarithm of likelihood ratio (Good 1950). A rumour runs among ignorants,
spreaders and stiflers (Daley and Kendall 1964; Maki and Thompson 1973; limit share 0.203 never told: Sudbury
1985). A secret leaks by its insiders (Grimes 2016, doi 10.1371/journal.pone.0147905, in the form of its
correction). A staged world is noticed by hazard, which habituation lets decay (after the breaks in presence
of Slater and Steed 2000).

Assumes: evidence with different roots is independent; contacts of a rumour are memoryless. Leaves out:
motivated reasoning, forgetting, distortion of what is told. Individual rumours stop in the way of Maki and
Thompson: who tells somebody that knows may stop; the other goes on.

Oracles: O-10.1, O-10.3 to O-10.7 and O-10.9.
"""

from __future__ import annotations

import math

from ..world.chance import RUMOUR, u01
from ..world.compiled import kernel
from ..world.processes import exposure

IGNORANT = 0
SPREADER = 1
STIFLER = 2


# Beliefs


@kernel
def log_odds(probability):
    """Return ln(p / (1 - p)); infinite at 0 and 1."""
    if probability <= 0.0:
        return -math.inf
    if probability >= 1.0:
        return math.inf
    return math.log(probability) - math.log1p(-probability)


@kernel
def belief(odds):
    """Return the probability of log-odds `odds`."""
    if odds >= 0.0:
        return 1.0 / (1.0 + math.exp(-odds))
    e = math.exp(odds)
    return e / (1.0 + e)


@kernel
def weight(ratio):
    """Return the weight of evidence [nat] of a likelihood ratio: ln LR (Good 1950)."""
    if ratio <= 0.0:
        return -math.inf
    return math.log(ratio)


@kernel
def update(odds, evidence):
    """Return log-odds after a weight of `evidence` [nat]; certainty cannot be argued with, so nothing is
    undefined.
    """
    if math.isinf(odds):
        return odds
    return odds + evidence


@kernel
def report_weight(evidence, reliability):
    """Return what a report of `evidence` [nat] is worth from a source that is right with probability
    `reliability`.

    At most ln(r / (1 - r)) either way, whatever it claims; a source no better than a coin is worth nothing.
    """
    most = log_odds(max(reliability, 0.5))
    return min(max(evidence, -most), most)


# Rumours in a well-mixed population, by counts


@kernel
def call_rate(contact, spreaders):
    """Return the rate [1/s] of calls in which spreaders tell somebody, each at rate `contact`."""
    return contact * spreaders


@kernel
def call(ignorants, spreaders, stiflers, u):
    """Return (ignorants, spreaders, stiflers) after one call to somebody drawn by `u` in (0, 1)."""
    if u * (ignorants + spreaders + stiflers - 1) < ignorants:
        return ignorants - 1, spreaders + 1, stiflers
    return ignorants, spreaders - 1, stiflers + 1


@kernel
def telling_pairs(ignorants, spreaders, stiflers):
    """Return how many unordered pairs hold a spreader: S (I + (S - 1) / 2 + R)."""
    return spreaders * (ignorants + 0.5 * (spreaders - 1) + stiflers)


@kernel
def meeting(ignorants, spreaders, stiflers, u):
    """Return (ignorants, spreaders, stiflers) after a meeting of one pair that holds a spreader, drawn by `u`."""
    u *= telling_pairs(ignorants, spreaders, stiflers)
    if u < spreaders * ignorants:
        return ignorants - 1, spreaders + 1, stiflers
    if u < spreaders * (ignorants + stiflers):
        return ignorants, spreaders - 1, stiflers + 1
    return ignorants, spreaders - 2, stiflers + 2


# Rumours among individuals


@kernel
def telling_rate(contact, credit, share):
    """Return the rate [1/s] at which one tells another: contacts [1/s] x share believed x share told; 0 beats
    infinity.
    """
    if contact <= 0.0 or credit <= 0.0 or share <= 0.0:
        return 0.0
    return contact * credit * share


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


# Secrets


@kernel
def leak_rate(probability, insiders):
    """Return the hazard of a leak, per the time unit of `probability`: 1 - (1 - p)^N (Grimes 2016,
    corrected).
    """
    if probability <= 0.0 or insiders <= 0.0:
        return 0.0
    if probability >= 1.0:
        return 1.0
    return -math.expm1(insiders * math.log1p(-probability))


# Staged worlds


@kernel
def noticing_exposure(people, attention, discrepancy, habituation, since, until):
    """Return the integral over (since, until] [s from the start] of the hazard that somebody sees through a
    staged world.

    n a eta0 exp(-t / tau), for `people` n with `attention` a, `discrepancy` eta0 [1/s] and time of
    `habituation` tau [s]; an infinite tau means that nobody gets used to it.
    """
    rate = people * attention
    if rate <= 0.0 or discrepancy <= 0.0 or habituation <= 0.0 or until <= since:
        return 0.0
    rate *= discrepancy
    if math.isinf(habituation):
        return exposure(rate, until - since)
    if math.isinf(rate):
        return rate
    return rate * habituation * math.exp(-since / habituation) * -math.expm1(-(until - since) / habituation)


@kernel
def noticing_time(threshold, attention, discrepancy, habituation):
    """Return when [s from the start] one person's clock with `threshold` ~ Exp(1) notices; or infinity."""
    rate = attention * discrepancy if attention > 0.0 and discrepancy > 0.0 else 0.0
    if rate <= 0.0 or habituation <= 0.0:
        return math.inf
    if math.isinf(rate):
        return 0.0
    if math.isinf(habituation):
        return threshold / rate
    share = threshold / (rate * habituation)
    return math.inf if share >= 1.0 else -habituation * math.log1p(-share)
