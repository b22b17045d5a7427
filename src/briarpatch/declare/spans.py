"""The values that a function of conditions can have, so that a condition which can never turn is found when it is read."""

from __future__ import annotations

import math
from typing import NamedTuple


class Span(NamedTuple):
    """The values that a function can have, in any scenario, and what narrows them in a given one."""

    low: float = -math.inf
    high: float = math.inf
    by: str = ""
    """What a scenario says of them: see `scenario.ranges`."""
    flows: bool = False
    """True when it moves continuously, so that it has any one value for an instant only."""
    rests: bool = False
    """True when what flows can rest at the ends of its range."""
    undefined: bool = False
    """True when it may have no value, with which no comparison is true."""


TRUTH = SHARE = Span(0.0, 1.0)
ANY = Span()
AT_LEAST_ZERO = Span(0.0)
