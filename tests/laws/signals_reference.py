"""Other ways to work out what the mechanism of `briarpatch.laws.signals` comes to; nothing that plays calls them."""

from __future__ import annotations

import math

from briarpatch.laws.signals import EPIDEMIC, FASTEST, TWO_HOP
from briarpatch.world.alike import hypot, log_gamma
from briarpatch.world.chance import LINK, exponential, pair_key, u01
from briarpatch.world.compiled import kernel
from briarpatch.world.processes import exposure

LIGHT = 299_792_458.0  # m/s

BLACKOUT_SHARE = 0.1  # of a region's radius: a longer path through it is cut

RESPONSE = 3600.0  # s, mean time until a member has answered

STAGES = 2

STAGE_TIME = 3600.0  # s

COMPETENCE = 0.6


@kernel
def received_power(power, gain_to, gain_from, wavelength, distance, depth):
    """Return the received power [W]: Friis 1946, absorbed over the optical `depth` (integral of kappa)."""
    if math.isinf(depth) or math.isinf(distance) or power <= 0.0:
        return 0.0
    if distance <= 0.0:
        return math.inf
    spread = wavelength / (4.0 * math.pi * distance)
    return power * gain_to * gain_from * spread * spread * math.exp(-depth)


@kernel
def path_inside(x0, y0, x1, y1, x, y, radius):
    """Return the length [m] of the segment that lies in the cloud of `radius` about (x, y)."""
    dx, dy = x1 - x0, y1 - y0
    length = hypot(dx, dy)
    if length <= 0.0 or radius <= 0.0:
        return 0.0
    if math.isinf(radius):
        return length
    along = ((x - x0) * dx + (y - y0) * dy) / length
    across = ((x - x0) * dy - (y - y0) * dx) / length
    half2 = radius * radius - across * across
    if half2 <= 0.0:
        return 0.0
    half = math.sqrt(half2)
    return max(0.0, min(length, along + half) - max(0.0, along - half))


@kernel
def optical_depth(attenuation, length):
    """Return attenuation [1/m] times length [m]; 0 without a path even when the attenuation is infinite."""
    return exposure(attenuation, length)


@kernel
def blackout_attenuation(clear_snr, least_snr, length):
    """Return the attenuation [1/m] that cuts every path longer than `length` [m] through the cloud."""
    if clear_snr <= least_snr:
        return 0.0
    if length <= 0.0:
        return math.inf
    return math.log(clear_snr / least_snr) / length


@kernel
def usable(snr, least_snr):
    """Return True when the link can be used at all."""
    return snr > 0.0 and snr >= least_snr


@kernel
def delivery_probability(snr, least_snr):
    """Return the probability that one attempt gets through a fading link: exp(-SNR_min / SNR)."""
    if snr <= 0.0:
        return 0.0
    return math.exp(-least_snr / snr)


@kernel
def word_gets_out(kill_rate, time_to_edge, link):
    """Return the probability that a courier lives to the edge of the cloud and the link then works."""
    return math.exp(-exposure(kill_rate, time_to_edge)) * link


@kernel
def link_up(up, to_down, to_up, dt):
    """Return the probability that a two-state link is up after `dt` [s], `up` being that probability now.

    pi + (up - pi) exp(-(a + b) dt) with pi = to_up / (to_up + to_down); rates [1/s] (Gilbert 1960, Elliott
    1963).
    """
    if dt <= 0.0 or (to_down <= 0.0 and to_up <= 0.0):
        return up
    if math.isinf(to_up) or math.isinf(to_down):
        if math.isinf(to_up) and math.isinf(to_down):
            return 0.5
        return 1.0 if math.isinf(to_up) else 0.0
    share = to_up / (to_up + to_down)
    return up + (share - up) * -math.expm1(-(to_up + to_down) * dt)


@kernel
def connect(x, y, reach, parents):
    """Fill `parents` with the components of the nodes at (x, y) [m] that hear one another.

    Two nodes hear one another when each is nearer than the `reach` [m] of the other; reach 0 (a dead or muted
    node) hears nobody, infinite reach everybody of infinite reach.
    """
    n = len(x)
    for i in range(n):
        parents[i] = i
    for i in range(n):
        for j in range(i):
            if hypot(x[i] - x[j], y[i] - y[j]) < min(reach[i], reach[j]):
                union(parents, i, j)
    for i in range(n):
        parents[i] = find(parents, i)


@kernel
def meeting_delay(seed, first, second, occurrence, rate):
    """Return the time [s] until a pair with keys `first`, `second` in any order next meets: Exp(rate)."""
    if rate <= 0.0:
        return math.inf
    return exponential(seed, LINK, pair_key(min(first, second), max(first, second)), occurrence) / rate


@kernel
def earliest_arrivals(source, start, rates, keys, seed, occurrence, arrivals, done):
    """Fill `arrivals` [s] with when word that `source` has at `start` reaches each node by meetings at
    `rates` [n, n].

    Shortest paths over weights Exp(rate), drawn once a pair (Dijkstra 1959): exact, without any step. `done`
    is work.
    """
    n = len(arrivals)
    for i in range(n):
        arrivals[i] = math.inf
        done[i] = False
    arrivals[source] = start
    for _ in range(n):
        best, least = -1, math.inf
        for i in range(n):
            if not done[i] and arrivals[i] < least:
                best, least = i, arrivals[i]
        if best < 0:
            return
        done[best] = True
        for j in range(n):
            if not done[j]:
                at = least + meeting_delay(seed, keys[best], keys[j], occurrence, rates[best, j])
                arrivals[j] = min(arrivals[j], at)


@kernel
def epidemic_delay(others, rate):
    """Return the mean delay [s] when everybody passes it on: H_N / (rate N), N the relays and the
    destination.
    """
    if others <= 0 or rate <= 0.0:
        return math.inf
    harmonic = 0.0
    for k in range(1, others + 1):
        harmonic += 1.0 / k
    return harmonic / (rate * others)


@kernel
def two_hop_delay(others, rate):
    """Return the mean delay [s] when only the source gives it to relays (Groenevelt, Nain and Koole 2005).

    (1 / (rate N)) sum over i = 1..N of i^2 (N-1)! / ((N-i)! N^i).
    """
    if others <= 0 or rate <= 0.0:
        return math.inf
    total, term = 0.0, 1.0 / others
    for i in range(1, others + 1):
        total += i * i * term
        term *= (others - i) / others
    return total / (rate * others)


@kernel
def quorum_mean(members, quorum, response):
    """Return the mean time [s] until `quorum` of `members` have answered: (H_n - H_{n-k}) response."""
    if quorum <= 0:
        return 0.0
    if quorum > members:
        return math.inf
    total = 0.0
    for i in range(quorum):
        total += 1.0 / (members - i)
    return total * response


@kernel
def condorcet(members, competence):
    """Return the probability that a majority is right: sum over j > n/2 of C(n,j) q^j (1-q)^(n-j) (Condorcet
    1785).
    """
    if competence <= 0.0 or members <= 0:
        return 0.0
    if competence >= 1.0:
        return 1.0
    total = 0.0
    for j in range(members // 2 + 1, members + 1):
        ways = log_gamma(members + 1.0) - log_gamma(j + 1.0) - log_gamma(members - j + 1.0)
        total += math.exp(ways + j * math.log(competence) + (members - j) * math.log1p(-competence))
    return min(total, 1.0)


@kernel
def capacity(bandwidth, snr):
    """Return the capacity of the link [bit/s]: B log2(1 + SNR) (Shannon 1948)."""
    return bandwidth * math.log1p(snr) / math.log(2.0)


@kernel
def find(parents, i):
    """Return the representative of the component of `i`, halving the path to it (Tarjan 1975)."""
    while parents[i] != i:
        parents[i] = parents[parents[i]]
        i = parents[i]
    return i


@kernel
def union(parents, i, j):
    """Join the components of `i` and `j`; the smallest index represents, so the order of joining does not
    matter.
    """
    a, b = find(parents, i), find(parents, j)
    if a < b:
        parents[b] = a
    elif b < a:
        parents[a] = b


@kernel
def passes_on(scheme, source, destination, i, j):
    """Return True when node `i`, which has the message, gives it to `j` on meeting."""
    return scheme == EPIDEMIC or j == destination or (scheme == TWO_HOP and i == source)


@kernel
def contact_rate(arrivals, rates, scheme, source, destination, i, j):
    """Return the rate [1/s] at which `i` gives the message to `j`: zero unless i has it and j does not."""
    if math.isinf(arrivals[i]) or not math.isinf(arrivals[j]):
        return 0.0
    return min(rates[i, j], FASTEST) if passes_on(scheme, source, destination, i, j) else 0.0


@kernel
def spread(arrivals, rates, scheme, source, destination, spent, seed, key, occurrence, since, until):
    """Pass a message on through (since, until] at meeting rates [n, n] that may change between steps; exact
    for any step.

    `arrivals` [s] holds when each node got it, infinity for not yet. The race of all possible handings-on has
    one clock, of exposure `spent`; handings-on are numbered by `occurrence`. Return (spent, occurrence, time
    of the next).
    """
    n = len(arrivals)
    now = since
    while True:
        total = 0.0
        for i in range(n):
            for j in range(n):
                total += contact_rate(arrivals, rates, scheme, source, destination, i, j)
        when = math.inf
        if total > 0.0:
            when = now + max(0.0, exponential(seed, LINK, key, 2 * occurrence) - spent) / total
        if when > until or math.isinf(when) or until <= since:
            return spent + exposure(total, until - now), occurrence, when
        left = u01(seed, LINK, key, 2 * occurrence + 1)
        left *= total
        taker = -1
        for i in range(n):
            for j in range(n):
                rate = contact_rate(arrivals, rates, scheme, source, destination, i, j)
                if rate > 0.0 and left >= 0.0:
                    taker = j
                    left -= rate
        arrivals[taker] = when
        now, spent, occurrence = when, 0.0, occurrence + 1
