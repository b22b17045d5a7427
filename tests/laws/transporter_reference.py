"""Other ways to work out what the mechanism of `briarpatch.laws.transporter` comes to; nothing that plays calls them."""

from __future__ import annotations

import math

import numpy as np

from briarpatch.laws.transporter import CYCLING, FREE, GONE, IDLE, LOCKING, ON_PAD, TAKEN, WAITING
from briarpatch.world import chance
from briarpatch.world.alike import hypot
from briarpatch.world.chance import exponential
from briarpatch.world.compiled import kernel
from briarpatch.world.processes import exposure

LOCK_MARGIN = 100.0  # mean signal over threshold at the reference range, without noise (20 dB)

REFERENCE_RANGE = 1.0e6  # m

TAG_GAIN = 1000.0  # a cooperating beacon against a passive target (30 dB)

VEIN_STRENGTH = 1000.0  # interference of a mineral vein at no distance, over the receiver's own noise

VEIN_LENGTH = 50.0  # m over which a vein's interference falls by e

ATTEMPT_RATE = 0.2  # 1/s and free pad

CYCLE_TIME = 10.0  # s

BATCH = 6

REQUEST = np.dtype(
    (
        np.record,
        [
            ("key", "i8"),  # the stable number of whom or what is to be moved
            ("asked", "f8"),  # s, when the request is made; may lie ahead
            ("priority", "i8"),  # higher goes first
            ("lock", "f8"),  # probability of a lock at one attempt, as it is now
            ("tries", "i8"),  # how often it was put on a pad: the occurrence of its luck
            ("state", "i1"),
            ("pad", "i4"),
            ("loaded", "f8"),  # s, when it was last put on a pad
            ("left", "f8"),  # s, when it was delivered
        ],
    )
)
"""One person or load waiting to be moved; `serve` also takes rows of any table with these columns."""

PAD = np.dtype((np.record, [("phase", "i1"), ("spent", "f8"), ("threshold", "f8"), ("ready", "f8")]))
"""One pad: the clock of its lock, and when its cycle ends."""

FUGITIVE = np.dtype(
    (
        np.record,
        [
            ("key", "i8"),
            ("stage", "i1"),
            ("spent", "f8"),
            ("threshold", "f8"),
            ("tagged", "f8"),
            ("taken", "f8"),
        ],
    )
)
"""Someone who can be tagged and then taken: the clock of the present stage, and when the stages were reached.
"""


@kernel
def distance_to_segment(x, y, ax, ay, bx, by):
    """Return the distance [m] of the point (x, y) from the segment a-b, which may be a point."""
    dx, dy = bx - ax, by - ay
    length2 = dx * dx + dy * dy
    share = 0.0
    if length2 > 0.0:
        share = min(max(((x - ax) * dx + (y - ay) * dy) / length2, 0.0), 1.0)
    return hypot(x - ax - share * dx, y - ay - share * dy)


@kernel
def tries_needed(u, probability):
    """Return how many attempts it takes to lock (geometric quantile of `u`; mean 1/probability; infinity at
    0).
    """
    if probability <= 0.0:
        return math.inf
    if probability >= 1.0:
        return 1.0
    return max(1.0, np.ceil(math.log1p(-u) / math.log1p(-probability)))


@kernel
def erlang_b(pads, load):
    """Return the share of arrivals lost when none may wait; `load` is arrival over service rate (Erlang
    1917).
    """
    if math.isinf(load):
        return 1.0
    lost = 1.0
    for k in range(1, pads + 1):
        lost = load * lost / (k + load * lost)
    return lost


@kernel
def erlang_c(pads, load):
    """Return the share of arrivals that must wait (Erlang 1917); 1 when the load is more than the pads can
    carry.
    """
    if load >= pads:
        return 1.0
    lost = erlang_b(pads, load)
    return pads * lost / (pads - load * (1.0 - lost))


@kernel
def mean_wait(pads, arrival_rate, rate):
    """Return the mean time [s] before service begins, `rate` [1/s] a pad; infinity when there is no steady
    state.
    """
    if arrival_rate <= 0.0:
        return 0.0
    if arrival_rate >= pads * rate:
        return math.inf
    return erlang_c(pads, arrival_rate / rate) / (pads * rate - arrival_rate)


@kernel
def queue_growth(pads, arrival_rate, rate):
    """Return how fast [1/s] the queue grows in the long run: what arrives beyond what the pads can carry."""
    return max(0.0, arrival_rate - pads * rate)


@kernel
def mean_clearing_time(jobs, pads, rate):
    """Return the mean time [s] until `jobs` are all moved by `pads` with exponential service, (n - c)/c + H_c
    services.
    """
    if jobs <= 0:
        return 0.0
    if pads <= 0 or rate <= 0.0:
        return math.inf
    busy = min(jobs, pads)
    services = (jobs - busy) / pads
    for k in range(1, busy + 1):
        services += 1.0 / k
    return services / rate


@kernel
def fixed_clearing_time(jobs, pads, batch, cycle):
    """Return the time [s] to move `jobs` when every pad moves a batch each `cycle` [s]: ceil(n / (c b))
    cycles.
    """
    if jobs <= 0:
        return 0.0
    lift = pads * batch
    if lift <= 0:
        return math.inf
    return ((jobs + lift - 1) // lift) * cycle


@kernel
def taken_by(time, tag_rate, lock_rate):
    """Return the probability that a fugitive was first tagged and then taken within `time` [s]; rates
    [1/s].
    """
    slow, fast = min(tag_rate, lock_rate), max(tag_rate, lock_rate)
    if slow <= 0.0 or time <= 0.0:
        return 0.0
    if math.isinf(fast):
        return -math.expm1(-exposure(slow, time))
    gap = (fast - slow) * time
    # 1 - e^(-slow t) (1 + slow t phi1(-gap)): the textbook form, sound at equal rates too
    ratio = 1.0 - 0.5 * gap if gap < 1e-8 else -math.expm1(-gap) / gap
    return 1.0 - math.exp(-slow * time) * (1.0 + slow * time * ratio)


@kernel
def pursue(fugitive, seed, since, until, tag_rate, lock_rate):
    """Move a row of FUGITIVE through (since, until] at constant rates [1/s] of tagging and of locks; exact
    for any step.

    Each stage is one exponential clock of the fugitive, so that cutting the step changes nothing.
    """
    now = since
    while fugitive.stage < TAKEN and until > since:
        stream = chance.TAGGING if fugitive.stage == FREE else chance.LOCK
        rate = tag_rate if fugitive.stage == FREE else lock_rate
        if fugitive.threshold <= 0.0:
            fugitive.threshold = exponential(seed, stream, fugitive.key, 0)
        if rate <= 0.0 or now + (fugitive.threshold - fugitive.spent) / rate > until:
            fugitive.spent += exposure(rate, until - now)
            return
        now += max(0.0, fugitive.threshold - fugitive.spent) / rate
        fugitive.spent = 0.0
        fugitive.threshold = 0.0
        if fugitive.stage == FREE:
            fugitive.tagged = now
        else:
            fugitive.taken = now
        fugitive.stage += 1


@kernel
def goes_before(first, second):
    """Return True when the request `first` is served before `second`: priority, then order of asking, then
    key.
    """
    if first.priority != second.priority:
        return first.priority > second.priority
    if first.asked != second.asked:
        return first.asked < second.asked
    return first.key < second.key


@kernel
def next_in_line(requests, now):
    """Return the index of the request to be put on a pad at `now` [s], or -1; hopeless ones are passed
    over.
    """
    best = -1
    for i in range(len(requests)):
        request = requests[i]
        if request.state == WAITING and request.asked <= now and request.lock > 0.0:
            if best < 0 or goes_before(request, requests[best]):
                best = i
    return best


@kernel
def load_pads(requests, pads, seed, now, batch):
    """Put waiting requests on the idle pads, up to `batch` on each; the first of a batch lends it its
    luck.
    """
    for j in range(len(pads)):
        pad = pads[j]
        if pad.phase != IDLE:
            continue
        for _ in range(batch):
            i = next_in_line(requests, now)
            if i < 0:
                return
            request = requests[i]
            if pad.phase == IDLE:
                pad.phase = LOCKING
                pad.spent = 0.0
                pad.threshold = exponential(seed, chance.LOCK, request.key, request.tries)
            request.state = ON_PAD
            request.pad = j
            request.loaded = now
            request.tries += 1


@kernel
def release_hopeless(requests, pads):
    """Give back to the queue whoever is on a locking pad and can no longer be locked; free the pads left
    empty.
    """
    for request in requests:
        if request.state == ON_PAD and request.lock <= 0.0 and pads[request.pad].phase == LOCKING:
            request.state = WAITING
    for j in range(len(pads)):
        if pads[j].phase == LOCKING and batch_lock(requests, j) <= 0.0:
            pads[j].phase = IDLE


@kernel
def batch_lock(requests, pad):
    """Return the probability at one attempt of locking the batch on pad number `pad`: its hardest; 0 when
    empty.
    """
    hardest = math.inf
    for request in requests:
        if request.state == ON_PAD and request.pad == pad:
            hardest = min(hardest, request.lock)
    return 0.0 if math.isinf(hardest) else hardest


@kernel
def deliver(requests, pads, pad, now):
    """Let the batch on pad number `pad` leave together at `now` [s]."""
    for request in requests:
        if request.state == ON_PAD and request.pad == pad:
            request.state = GONE
            request.left = now
    pads[pad].phase = IDLE


@kernel
def serve(requests, pads, seed, since, until, attempt_rate, cycle, batch):
    """Work the queue through (since, until], exactly for any step; return when it next has something to do
    [s].

    `requests` are rows of REQUEST, `pads` of PAD; `attempt_rate` [1/s] on a pad that holds a batch, `cycle`
    [s] from lock to delivery. Chances of lock hold for the step. Events are taken in the order of time:
    arrival, lock, end of a cycle.
    """
    now = since
    release_hopeless(requests, pads)
    while True:
        load_pads(requests, pads, seed, now, batch)
        when, which = math.inf, -1
        for request in requests:
            if request.state == WAITING and request.lock > 0.0 and now < request.asked < when:
                when = request.asked
        for j in range(len(pads)):
            pad = pads[j]
            at = math.inf
            if pad.phase == CYCLING:
                at = max(now, pad.ready)
            elif pad.phase == LOCKING and attempt_rate > 0.0:
                at = now + max(0.0, pad.threshold - pad.spent) / (attempt_rate * batch_lock(requests, j))
            if at < when:
                when, which = at, j
        last = not when <= until or math.isinf(when)
        step = max(0.0, (until if last else when) - now)
        for j in range(len(pads)):
            if pads[j].phase == LOCKING and (last or j != which):
                pads[j].spent += exposure(attempt_rate * batch_lock(requests, j), step)
        if last:
            return when
        now = when
        if which < 0:
            continue
        if pads[which].phase == LOCKING and cycle > 0.0:
            pads[which].phase = CYCLING
            pads[which].ready = now + cycle
        else:
            deliver(requests, pads, which, now)
