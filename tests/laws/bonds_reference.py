"""Other ways to work out what the mechanism of `briarpatch.laws.bonds` comes to; nothing that plays calls them."""

from __future__ import annotations

import math

from briarpatch.laws.bonds import FORGIVENESS_SCALE, FORGIVENESS_SLOPE
from briarpatch.world.compiled import kernel
from briarpatch.world.processes import affection_step as affection_step
from briarpatch.world.processes import propagator as propagator


@kernel
def affection_stable(a, b, c, d):
    """Return True when the pair settles: trace below 0 and determinant above 0."""
    return a + d < 0.0 and a * d - b * c > 0.0


@kernel
def beta_trust(kept, broken):
    """Return the expected reliability (r + 1) / (r + s + 2) after `kept` and `broken` promises (Josang and
    Ismail 2002).
    """
    return (kept + 1.0) / (kept + broken + 2.0)


@kernel
def faded_count(count, dt, memory):
    """Return a count of past promises after `dt` [s], fading with time constant `memory` [s]; infinity keeps
    all.
    """
    if dt <= 0.0 or math.isinf(memory):
        return count
    if memory <= 0.0:
        return 0.0
    return count * math.exp(-dt / memory)


@kernel
def triad_balanced(first, second, third):
    """Return True when the product of the three ties' signs is above 0 (Heider 1946; Cartwright and Harary
    1956).
    """
    return first * second * third > 0.0


@kernel
def balance_energy(ties):
    """Return minus the mean product of signs over all triads of `ties` [n, n]: -1 is balance; 0 if there is
    no triad.
    """
    n = len(ties)
    total = 0.0
    count = 0
    for i in range(n):
        for j in range(i + 1, n):
            for k in range(j + 1, n):
                product = ties[i, j] * ties[j, k] * ties[i, k]
                count += 1
                if product > 0.0:
                    total += 1.0
                elif product < 0.0:
                    total -= 1.0
    return -total / count if count > 0 else 0.0


@kernel
def leading_tie(ties, vector, work, basis):
    """Return the greatest eigenvalue of the symmetric `ties` [n, n], and fill `vector` [n] with its unit
    eigenvector.

    Cyclic Jacobi rotations; `work` and `basis` [n, n] are overwritten. Minus infinity for nobody.
    """
    n = len(ties)
    for i in range(n):
        for j in range(n):
            work[i, j] = ties[i, j]
            basis[i, j] = 1.0 if i == j else 0.0
    for _ in range(100):
        off = 0.0
        norm = 0.0
        for i in range(n):
            for j in range(n):
                norm += work[i, j] * work[i, j]
                if j > i:
                    off += work[i, j] * work[i, j]
        if off <= 1e-32 * norm:
            break
        for i in range(n):
            for j in range(i + 1, n):
                if work[i, j] * work[i, j] <= 1e-36 * norm:
                    continue
                theta = 0.5 * (work[j, j] - work[i, i]) / work[i, j]
                t = 1.0 / (abs(theta) + math.sqrt(theta * theta + 1.0))
                t = t if theta >= 0.0 else -t
                c = 1.0 / math.sqrt(t * t + 1.0)
                s = t * c
                for k in range(n):
                    x, y = work[k, i], work[k, j]
                    work[k, i], work[k, j] = c * x - s * y, s * x + c * y
                for k in range(n):
                    x, y = work[i, k], work[j, k]
                    work[i, k], work[j, k] = c * x - s * y, s * x + c * y
                for k in range(n):
                    x, y = basis[k, i], basis[k, j]
                    basis[k, i], basis[k, j] = c * x - s * y, s * x + c * y
    best = -1
    for i in range(n):
        if best < 0 or work[i, i] > work[best, best]:
            best = i
    if best < 0:
        return -math.inf
    for i in range(n):
        vector[i] = basis[i, best]
    return work[best, best]


@kernel
def polarisation_time(eigenvalue):
    """Return when dX/dt = X^2 blows up: 1 / lambda_max, or infinity when it never does."""
    return 1.0 / eigenvalue if eigenvalue > 0.0 else math.inf


@kernel
def rescale_ties(ties):
    """Divide `ties` by its Frobenius norm and return that norm: the law then runs that much slower."""
    total = 0.0
    for x in ties.flat:
        total += x * x
    norm = math.sqrt(total)
    if norm > 0.0:
        for i in range(len(ties)):
            for j in range(len(ties)):
                ties[i, j] /= norm
    return norm


@kernel
def polarise(ties, vector):
    """Set `ties` to the limit's signs, sign(v_i v_j) of the leading eigenvector (Marvel et al. 2011)."""
    for i in range(len(vector)):
        for j in range(len(vector)):
            product = vector[i] * vector[j]
            ties[i, j] = 1.0 if product > 0.0 else (-1.0 if product < 0.0 else 0.0)


@kernel
def forgiving_time(grudge, value, apology, kin, needed):
    """Return when [s] after the offence the log-odds of forgiving reach `needed`; 0 if they already do."""
    gap = needed - (grudge + value + apology + kin)
    if gap <= 0.0:
        return 0.0
    exponent = gap / FORGIVENESS_SLOPE
    return FORGIVENESS_SCALE * math.expm1(exponent) if exponent < 700.0 else math.inf


@kernel
def helps_kin(relatedness, benefit, cost):
    """Return True when r b > c: helping kin pays (Hamilton 1964)."""
    return relatedness * benefit > cost


@kernel
def tie_step(tie, decay, source, dt):
    """Return the tie between two groups after `dt` [s] of dX/dt = source - decay X (contact adds to it)."""
    if dt <= 0.0:
        return tie
    if decay <= 0.0:
        return tie + source * dt
    if math.isinf(decay):
        return 0.0
    return tie * math.exp(-decay * dt) + source * -math.expm1(-decay * dt) / decay


@kernel
def may_return(forgiving, threshold, tie):
    """Return True when exiles may come home: P(forgive) has passed the `threshold`, or contact has made the
    tie good.
    """
    return forgiving > threshold or tie > 0.0
