"""Other ways to work out what the mechanism of `briarpatch.laws.drones` comes to; nothing that plays calls them."""

from __future__ import annotations

import math

from briarpatch.laws.drones import ANYBODY, intercept_time
from briarpatch.world.alike import hypot
from briarpatch.world.chance import HUNT_LOSS, SEARCH, TAGGING, exponential, u01
from briarpatch.world.compiled import kernel
from briarpatch.world.processes import exposure

SWEEP_WIDTH = 50.0

TAG_ATTEMPTS = 0.5

TAG_SUCCESS = 0.8

FIRE_RATE = 0.2

HIT_PROBABILITY = 0.3

HIT_RANGE = 150.0


@kernel
def random_search(coverage):
    """Return the probability of a find by random search of `coverage` Z: 1 - exp(-Z) (Koopman)."""
    return -math.expm1(-coverage)


@kernel
def definite_search(coverage):
    """Return the probability of a find by organised search with a sharp sweep edge: min(1, Z) (Koopman)."""
    return min(1.0, coverage)


@kernel
def inverse_cube_search(coverage):
    """Return the probability of a find by parallel sweeps of inverse-cube eyes: erf(sqrt(pi) Z / 2)
    (Koopman).
    """
    return math.erf(0.5 * math.sqrt(math.pi) * coverage)


@kernel
def sweep_mark(seed, key):
    """Return where in an organised search, as a coverage in (0, 1), the target `key` lies."""
    return u01(seed, SEARCH, key, 0)


@kernel
def swept_at(mark, exposed, coverage, rate, dt):
    """Return when within a step `dt` [s] a sweep from `coverage`, growing at `rate` [1/s], finds a target,
    or -1.

    It does when `exposed` (c in [0, 1], 0 in a cave) times the coverage passes the target's `mark`. The
    coverage itself advances by rate dt, so the find does not depend on how time is cut.
    """
    swept = exposure(rate, dt)
    if swept <= 0.0 or exposed <= 0.0 or exposed * coverage >= mark or exposed * (coverage + swept) < mark:
        return -1.0
    if math.isinf(rate):
        return 0.0
    return min(max((mark / exposed - coverage) / rate, 0.0), dt)


@kernel
def pursuit_time(distance, speed, evader_speed, cosine):
    """Return the time [s] of a pure pursuit over `distance` [m], or infinity: d (w + u cos) / (w^2 - u^2)
    (Bouguer).

    `cosine` is that of the angle between the line of sight, pursuer to evader, and the evader's velocity.
    """
    if distance <= 0.0:
        return 0.0
    if cosine <= -1.0 and speed + evader_speed > 0.0:
        return distance / (speed + evader_speed)
    if speed <= evader_speed:
        return math.inf
    return distance * (speed + evader_speed * cosine) / ((speed - evader_speed) * (speed + evader_speed))


@kernel
def pursue(dx, dy, ux, uy, speed, dt):
    """Return the evader's place [m] relative to the pursuer after `dt` [s] of aiming at where it was; first
    order.
    """
    distance = hypot(dx, dy)
    if distance <= 0.0:
        return dx + ux * dt, dy + uy * dt
    ahead = min(speed * dt, distance) / distance
    return dx * (1.0 - ahead) + ux * dt, dy * (1.0 - ahead) + uy * dt


@kernel
def intercept_velocity(dx, dy, ux, uy, speed, reach):
    """Return the velocity [m/s] of the intercept course; straight at an evader who cannot be caught; 0 at
    contact.
    """
    t = intercept_time(dx, dy, ux, uy, speed, reach)
    x, y = dx, dy
    if not math.isinf(t):
        x += ux * t
        y += uy * t
    distance = hypot(x, y)
    if distance <= 0.0 or t <= 0.0:
        return 0.0, 0.0
    return speed * x / distance, speed * y / distance


@kernel
def aimed_loss(defenders, fire, hit, visible):
    """Return the loss rate [1/s] of one of `visible` drones under aimed fire: D r p / n (Lanchester's
    square law).
    """
    return defenders * fire * hit / visible if visible > 0 else 0.0


@kernel
def area_loss(defenders, fire, hit):
    """Return the loss rate [1/s] of each exposed drone under area fire: D r p (Lanchester's linear law)."""
    return defenders * fire * hit


@kernel
def tags_law(count, tagging, losing):
    """Return the probability of exactly `count` tags by a drone tagging and lost at these rates [1/s]: q (1
    - q)^k.
    """
    if tagging <= 0.0 or math.isinf(losing):
        return 1.0 if count == 0 else 0.0
    if losing <= 0.0:
        return 0.0
    q = losing / (tagging + losing)
    return q * (1.0 - q) ** float(count)


@kernel
def tagged_before_all_fall(tagging, losing, drones):
    """Return the probability that one of independent `drones` tags its one target before all are lost: 1 -
    q^N.
    """
    if tagging <= 0.0 or drones <= 0 or math.isinf(losing):
        return 0.0
    return 1.0 - (losing / (tagging + losing)) ** float(drones)


@kernel
def tagged_under_shared_fire(tagging, fire, drones):
    """Return the same with one aimed `fire` [1/s] shared by the drones left: 1 - prod B / (B + i l)."""
    if tagging <= 0.0 or drones <= 0 or math.isinf(fire):
        return 0.0
    missed = 1.0
    for left in range(1, drones + 1):
        missed *= fire / (fire + left * tagging)
    return 1.0 - missed


@kernel
def arm_hunt(seed, keys, tags, tag_left, loss_left):
    """Give every drone [n] the exposures at which it next tags and is lost, from its key and its `tags` so
    far.
    """
    for i in range(len(keys)):
        tag_left[i] = exponential(seed, TAGGING, keys[i], tags[i])
        loss_left[i] = exponential(seed, HUNT_LOSS, keys[i], 0)


@kernel
def hit_probability(nearest, scale, distance):
    """Return the hit probability of a shot over `distance` [m]: `nearest` exp(-distance / scale [m])."""
    if distance <= 0.0 or math.isinf(scale):
        return nearest
    if scale <= 0.0:
        return 0.0
    return nearest * math.exp(-distance / scale)


@kernel
def _left(remaining, rate):
    """Return the time [s] in which `rate` [1/s] uses up the exposure `remaining`."""
    if rate <= 0.0:
        return math.inf
    return remaining / rate


@kernel
def _loss_rate(losing, fire, visible, shown):
    """Return the loss rate [1/s] of a drone when `shown` drones share the aimed fire."""
    return losing + fire / shown if visible else losing


@kernel
def _may_tag(stock, target, tagged):
    """Return True when a drone has a tag left and somebody untagged to put it on."""
    return stock > 0 and (target == ANYBODY or not tagged[target])


@kernel
def hunt(
    seed,
    keys,
    target,
    tagging,
    losing,
    fire,
    visible,
    alive,
    stock,
    tags,
    tag_left,
    loss_left,
    tagged,
    tagged_at,
    tagged_by,
    lost_at,
    since,
    dt,
):
    """Play tags and losses of the step (since, since + dt] [s] event by event; return how many events there
    were.

    Drones [n]: `keys`; `target`, a row of the targets or ANYBODY; `tagging` [1/s] in contact; `losing`
    [1/s] to area fire; `fire` [1/s], the aimed loss rate if the drone alone were in view, shared by all
    `visible` ones alive; `alive`; `stock` of tags; `tags` spent; `tag_left`, `loss_left` the exposures to
    go (see `arm_hunt`). Targets [m]: `tagged`, and where it happens `tagged_at` [s] and `tagged_by`, a row
    of drones; `lost_at` [n] [s]. Exact for any step: each drone has its own clocks, which keep what has run
    off, so cutting the step, reordering the drones or adding idle ones changes nothing. A tag once set
    stays when its drone falls.
    """
    n = len(keys)
    now = 0.0
    events = 0
    while dt > 0.0:
        shown = 0
        for i in range(n):
            if alive[i] and visible[i]:
                shown += 1
        best, least = dt - now, math.inf
        who = -1
        falls = False
        for i in range(n):
            if not alive[i]:
                continue
            wait = _left(loss_left[i], _loss_rate(losing[i], fire[i], visible[i], shown))
            if wait < best or (wait == best and loss_left[i] < least):
                best, least, who, falls = wait, loss_left[i], i, True
            if _may_tag(stock[i], target[i], tagged):
                wait = _left(tag_left[i], tagging[i])
                if wait < best or (wait == best and tag_left[i] < least):
                    best, least, who, falls = wait, tag_left[i], i, False
        for i in range(n):
            if alive[i]:
                loss_left[i] -= exposure(_loss_rate(losing[i], fire[i], visible[i], shown), best)
                if _may_tag(stock[i], target[i], tagged):
                    tag_left[i] -= exposure(tagging[i], best)
        if who < 0:
            break
        now += best
        events += 1
        if falls:
            alive[who] = False
            lost_at[who] = since + now
            continue
        tags[who] += 1
        stock[who] -= 1
        tag_left[who] = exponential(seed, TAGGING, keys[who], tags[who])
        if target[who] != ANYBODY:
            tagged[target[who]] = True
            tagged_at[target[who]] = since + now
            tagged_by[target[who]] = who
    return events
