"""Malfunction: the rates at which a damaged machine officer turns on everybody.

Models: a rate that grows exponentially with damage, for the one change of mode that is played.
Assumes: damage that does not heal by itself; rates that are constant between the events which change them.
Leaves out: wear, layers of behaviour, which part was hit, and repair in the field.
Sources: Gillespie 1977 (event loop); Prentice and others 1978 (competing risks).
Oracles: O-9.1 to O-9.6.
"""

from __future__ import annotations

from ..world.compiled import kernel
from ..world.special import exp


@kernel
def switch_rate(base, sensitivity, damage):
    """Return the rate [1/s] of a change of mode: q0 e^(g x), and 0 where q0 is 0, whatever the damage."""
    if base <= 0.0:
        return 0.0
    return base * exp(sensitivity * damage)
