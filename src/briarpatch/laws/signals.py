"""Signals: whether word gets through, when it arrives, and when a council has answered it.

Models a radio link by free-space loss, absorption and Rayleigh outage; a link that comes and goes as a
two-state Markov chain; relays within reach as connected components; word carried from hand to hand by chance
meetings; and a council that waits for a quorum, deliberates in stages and votes. Assumes straight paths,
independent members, and meetings that are Poisson processes. Knowing, deciding and acting are three delays,
and a message in flight no longer needs its sender. Leaves out interference among senders, queues at a link,
and forgery.

Sources: Friis 1946; Shannon 1948; Gilbert 1960, Elliott 1963 (two-state links); Hammersley and Welsh 1965
(first passage); Vahdat and Becker 2000, Groenevelt, Nain and Koole 2005 (store, carry, forward); Condorcet
1785.
Oracles: O-6.1 link, O-6.2 epidemic delay, O-6.3 two hops, O-6.4 quorum, O-6.5 Condorcet, O-6.6 site
percolation, O-6.7 limits.
"""

from __future__ import annotations

import math

from ..world.chance import COUNCIL, DELIBERATION, LINK, duration, exponential, pair_key, u01
from ..world.compiled import kernel
from ..world.processes import exposure

MEMBERS, QUORUM = 11, 6

_ATTEMPTS = 100_000
MOST_CHANGES = 10_000_000  # of a link between two looks at it

FASTEST = 1e200  # 1/s, stands for an infinite rate of meetings

DIRECT, TWO_HOP, EPIDEMIC = 0, 1, 2
"""Who may pass a message on: its source to its destination only; also relays to the destination; everybody.
"""


# One link


@kernel
def transit_time(distance, signal_speed, bits, rate):
    """Return the time [s] of a message on the way: distance over signal speed, and its bits over the link's
    rate.
    """
    travel = 0.0 if distance <= 0.0 else (distance / signal_speed if signal_speed > 0.0 else math.inf)
    if bits <= 0.0:
        return travel
    return travel + (bits / rate if rate > 0.0 else math.inf)


# A link that comes and goes


@kernel
def run_link(up, spent, seed, key, occurrence, since, until, to_down, to_up):
    """Play a two-state link through (since, until], exactly for any step.

    `spent` is the exposure since its last change and `occurrence` numbers the changes. Return (up, spent,
    occurrence, time up [s], time of the next change if rates stay [s]). With both rates infinite it stays as
    it is, half of the time up. A link that changes more often than `MOST_CHANGES` times has no next change: it is NaN.
    """
    now, time_up = since, 0.0
    if math.isinf(to_down) and math.isinf(to_up):
        return up, spent, occurrence, 0.5 * (until - since), math.inf
    for _ in range(MOST_CHANGES):
        rate = to_down if up else to_up
        when = math.inf
        if rate > 0.0:
            when = now + max(0.0, exponential(seed, LINK, key, occurrence) - spent) / rate
        if when > until or math.isinf(when) or until <= since:
            spent += exposure(rate, until - now)
            return up, spent, occurrence, time_up + (until - now if up else 0.0), when
        if up:
            time_up += when - now
        now, up, spent, occurrence = when, not up, 0.0, occurrence + 1
    return up, spent, occurrence, time_up, math.nan


# Relays within reach


# Word carried from hand to hand


# A council


@kernel
def quorum_time(seed, key, session, members, quorum, response):
    """Return the time [s] until `quorum` of `members`, each answering after Exp(mean `response`), have
    answered.

    The gaps between answers are independent exponentials, so a higher quorum never meets earlier under the
    same luck.
    """
    if quorum <= 0:
        return 0.0
    if quorum > members:
        return math.inf
    total = 0.0
    for i in range(quorum):
        total += exponential(seed, COUNCIL, pair_key(key, session), i) / (members - i)
    return total * response


@kernel
def deliberation_time(seed, key, session, stages, stage_time, stage_shape):
    """Return the time [s] of `stages` of deliberation, each Gamma with mean `stage_time`; `stage_shape` 0:
    fixed.
    """
    total = 0.0
    for i in range(stages):
        u = u01(seed, DELIBERATION, pair_key(key, session), i)
        total += duration(u, stage_shape, stage_time / stage_shape if stage_shape > 0.0 else stage_time)
    return total


@kernel
def decides_after(seed, key, session, members, quorum, response, stages, stage_time, stage_shape):
    """Return the time [s] from convening a council to its decision: its quorum, and then its deliberation."""
    gathered = quorum_time(seed, key, session, members, quorum, response)
    return gathered + deliberation_time(seed, key, session, stages, stage_time, stage_shape)


@kernel
def decides_after_more(seed, key, session, members, quorum, response, stages, stage_time, stage_shape, elapsed):
    """Return the time [s] from convening to decision of a council that has not decided after `elapsed` [s].

    Drawn again until it is longer than that, which is exact; a council that sits longer than all of 100,000 draws
    is taken to be in the last part of its last stage, or to wait for the last answer.
    """
    for attempt in range(_ATTEMPTS):
        turn = session + (attempt << 32)
        total = decides_after(seed, key, turn, members, quorum, response, stages, stage_time, stage_shape)
        if total > elapsed:
            return total
    last = stage_time if stages > 0 else response / max(members - quorum + 1, 1)
    return elapsed + last * exponential(seed, COUNCIL, pair_key(key, session), -1)


@kernel
def votes_right(seed, key, session, members, competence):
    """Return how many of `members` judge rightly, each independently with probability `competence`."""
    right = 0
    for i in range(members):
        right += u01(seed, COUNCIL, pair_key(key, session), members + i) < competence
    return right


@kernel
def majority(votes, members):
    """Return True when `votes` are more than half of `members`; a tie changes nothing."""
    return 2 * votes > members
