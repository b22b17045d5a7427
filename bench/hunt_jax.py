"""The hunt in JAX: a scan over the looks, compiled beforehand, all pairs of a look at once.

XLA fuses a product and a sum into one instruction where the processor has one, which rounds once instead of twice and
so changes bits. It may therefore use AVX here and nothing later. Steps of drones are float64, as for everybody.
"""

from __future__ import annotations

import os

os.environ["XLA_FLAGS"] = "--xla_cpu_max_isa=AVX"

import jax
import jax.numpy as jnp
import numpy as np
from hunts import AIMED, FROM_X, FROM_Y, LOOK, REACH, SINCE, SPEED, VX, VY, WEIGHT, Hunt, Outcome, timed

jax.config.update("jax_enable_x64", True)


def fly(x, y, to_x, to_y, ux, uy):
    """Return where pursuers are at the next look, and which are within reach at this; as `hunts.fly`."""
    dx, dy = to_x - x, to_y - y
    gap = dx * dx + dy * dy - AIMED * AIMED
    b = dx * ux + dy * uy - SPEED * AIMED
    a = SPEED * SPEED - ux * ux - uy * uy
    square = b * b + a * gap
    root = jnp.sqrt(square)
    behind = jnp.where(a > 0.0, (b + root) / a, jnp.inf)
    meets = jnp.where(b < 0.0, jnp.where(square >= 0.0, gap / (root - b), jnp.inf), behind)
    meets = jnp.where(gap <= 0.0, 0.0, meets)
    near = dx * dx + dy * dy <= REACH * REACH
    ahead = jnp.where(jnp.isinf(meets), 0.0, meets)
    gx, gy = dx + ux * ahead, dy + uy * ahead
    far = jnp.sqrt(gx * gx + gy * gy)
    flown = jnp.minimum(meets, LOOK)
    left = LOOK - flown
    new_x = jnp.where(near, x + ux * LOOK, x + SPEED * gx / far * flown + ux * left)
    new_y = jnp.where(near, y + uy * LOOK, y + SPEED * gy / far * flown + uy * left)
    return new_x, new_y, near


def chase(tags: bool, ways, turns, x, y):
    """Return where the drones are in the end, and the look of each tag; `turns` [looks] says which of the ways hold."""

    def look(state, moment):
        x, y, tagged = state
        k, turn = moment
        w = ways[turn]
        gone = (k * LOOK).astype(jnp.float32) - w[SINCE]
        at_x, at_y = w[FROM_X] + w[VX] * gone, w[FROM_Y] + w[VY] * gone
        dx, dy = at_x[None, :] - x[:, None], at_y[None, :] - y[:, None]
        signal = jnp.where(tagged[None, :] >= 0, jnp.float32(jnp.inf), (dx * dx + dy * dy) * w[WEIGHT])
        who = jnp.argmin(signal, axis=1)
        wide = [column[who].astype(jnp.float64) for column in (at_x, at_y, w[VX], w[VY])]
        new_x, new_y, near = fly(x.astype(jnp.float64), y.astype(jnp.float64), *wide)
        if tags:
            tagged = tagged.at[jnp.where(near, who, len(tagged))].set(k, mode="drop")
        return (new_x.astype(jnp.float32), new_y.astype(jnp.float32), tagged), None

    begin = x, y, jnp.full(ways.shape[2], -1, jnp.int32)
    looks = jnp.arange(len(turns), dtype=jnp.int32)
    return jax.lax.scan(look, begin, (looks, turns))[0]


def play(hunt: Hunt) -> Outcome:
    """Play the hunt."""
    turns = np.searchsorted(hunt.change, np.arange(hunt.looks), side="right").astype(np.int32) - 1
    given = [jax.device_put(array) for array in (hunt.ways, turns, hunt.x, hunt.y)]
    compiled = jax.jit(chase, static_argnums=0).lower(hunt.tags, *given).compile()
    found = []
    seconds = timed(lambda: found.extend(jax.block_until_ready(compiled(*given))))
    return Outcome(*map(np.asarray, found), seconds)
