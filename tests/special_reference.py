"""Functions of mathematics that the references of the laws need, and nothing that plays."""

from __future__ import annotations

import math

from briarpatch.world.compiled import kernel
from briarpatch.world.processes import exposure
from briarpatch.world.special import _LARGEST_RATE, _LONGEST_STEP, _MOST_DOUBLINGS, ei_scaled, exp, square


@kernel
def ei(x):
    """Return the exponential integral Ei(x): principal value of the integral of e^t / t up to x."""
    if x == 0.0:
        return -math.inf
    if math.isinf(x):
        return math.inf if x > 0.0 else 0.0
    return exp(x) * ei_scaled(x)


@kernel
def markov_transition(rates, dt, out, work):
    """Write expm(Q dt) into `out` [n, n]: the chance of each mode, given the mode `dt` [s] earlier.

    `rates` [n, n] holds the rates [1/s] from row to column; its diagonal is not read. `work` is scratch [2,
    n, n]. Uniformisation of a step short enough, then repeated squaring: only sums of products of numbers
    that are not negative, so the results are probabilities. An infinite rate or step counts as a very large
    one.
    """
    n = len(rates)
    moves = work[0]
    fastest = 0.0
    for i in range(n):
        leaving = 0.0
        for j in range(n):
            if j != i:
                moves[i, j] = min(exposure(rates[i, j], min(dt, _LONGEST_STEP)), _LARGEST_RATE)
                leaving += moves[i, j]
        moves[i, i] = leaving
        fastest = max(fastest, leaving)
    doublings = 0
    scale = 1.0
    for _ in range(_MOST_DOUBLINGS):
        if not fastest * scale > 0.5:
            break
        scale *= 0.5
        doublings += 1
    uniform = fastest * scale
    for i in range(n):
        for j in range(n):
            moves[i, j] = uniform - moves[i, i] * scale if j == i else moves[i, j] * scale
            out[i, j] = 1.0 if j == i else 0.0
    # exp(-u) sum of M^k / k!, by Horner's rule; u <= 1/2, so eighteen terms are exact to rounding.
    product = work[1]
    for step in range(18, 0, -1):
        for i in range(n):
            for j in range(n):
                value = 0.0
                for k in range(n):
                    value += moves[i, k] * out[k, j]
                product[i, j] = value / step
        for i in range(n):
            for j in range(n):
                out[i, j] = product[i, j] + (1.0 if j == i else 0.0)
    shrink = math.exp(-uniform)
    for i in range(n):
        off = 0.0
        for j in range(n):
            if j != i:
                out[i, j] *= shrink
                off += out[i, j]
        out[i, i] = 1.0 - off
    for _ in range(doublings):
        square(out, product)
        for i in range(n):
            for j in range(n):
                out[i, j] = product[i, j]
