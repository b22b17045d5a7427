"""Who has changed lately, so that whoever looks at people need look only at those.

Every change of a person writes a note; a change of many, or of it is not known whom, writes one about anybody. Each
reader keeps the number of the note up to which it has read. The journal holds the last notes only: a reader who has
missed some looks at everybody.
"""

from __future__ import annotations

from .compiled import kernel

ROWS = 256
ANYBODY = -1


@kernel
def note(world, person):
    """Note that a person may have changed, or ANYBODY."""
    state = world.state[0]
    world.journal[state.noted % ROWS].person = person
    state.noted += 1


@kernel
def who(world, number):
    """Return whom note `number` is about."""
    return world.journal[number % ROWS].person


@kernel
def everybody(world, read):
    """Return True when whoever has read the first `read` notes has to look at everybody."""
    written = world.state[0].noted
    if written - read > ROWS:
        return True
    found = False
    for number in range(read, written):
        found = found or who(world, number) == ANYBODY
    return found
