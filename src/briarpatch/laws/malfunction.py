"""Malfunction: a machine officer that is damaged, changes its mode of behaviour, and is caught, destroyed or
mended.

Models: damage by hits; a Markov chain of modes whose rates grow exponentially with damage; Weibull wear-out;
behaviour in layers, of which a mode switches some off; a race of capture, destruction, recovery and escape,
in which destruction waits for its authorisation.

Assumes: rates that are constant between the events which change them; damage that does not heal by itself;
that orders live in memory and the ethical layer does not.

Leaves out: which part was hit, repair in the field, and the choice among actions by their utility, which is
common to all who command.

Sources: Weibull 1951; Prentice and others 1978 (competing risks); Gillespie 1977 (event loop); Brooks 1986
(layers); Carlson and Murphy 2005 (a stressed field robot fails every 6 to 20 h). Oracles: O-9.1 to O-9.6.
"""

from __future__ import annotations

from ..world.compiled import kernel
from ..world.special import exp

NOMINAL, SELF_PROTECTIVE, SAFE_STOP, RECOVERED, DESTROYED = range(5)
"""Modes of behaviour."""
CAUGHT, KILLED, MENDED, ESCAPED = range(4)
"""Ends of a pursuit, in the order of the rates that lead to them."""
AVOID_CAPTURE, EXPOSE_THREAT, PROTECT_INNOCENTS, OBEY = range(4)
"""What an action is good for, in the order of the weights."""

GRACE = 1200.0
"""Time in which pursuers may only capture [s]."""


@kernel
def switch_rate(base, sensitivity, damage):
    """Return the rate [1/s] of a change of mode: q0 e^(g x), and 0 where q0 is 0, whatever the damage."""
    if base <= 0.0:
        return 0.0
    return base * exp(sensitivity * damage)
