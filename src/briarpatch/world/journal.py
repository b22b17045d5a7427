"""Who has changed lately, so that whoever looks at people need look only at those.

Every change of a person writes a note; a change of many, or of it is not known whom, writes one about anybody. Each
reader keeps the number of the note up to which it has read. The journal holds the last notes only, a quarter as many as
there are people: a reader who has missed some looks at everybody, which then takes no longer than to write them.
"""

from __future__ import annotations

from .compiled import kernel

LEAST_ROWS = 256
"""Notes that a journal holds at least."""
ANYBODY = -1


def rows(people):
    """Return how many notes the journal of so many people holds."""
    return max(LEAST_ROWS, people // 4)


@kernel
def note(world, person):
    """Note that a person may have changed, or ANYBODY."""
    state = world.state[0]
    world.journal[state.noted % len(world.journal)].person = person
    state.noted += 1


@kernel
def keeps(world, number):
    """Return True while note `number` has not been written over."""
    return world.state[0].noted - number <= len(world.journal)


@kernel
def who(world, number):
    """Return whom note `number` is about."""
    return world.journal[number % len(world.journal)].person


@kernel
def everybody(world, read):
    """Return True when whoever has read the first `read` notes has to look at everybody."""
    written = world.state[0].noted
    if not keeps(world, read):
        return True
    found = False
    for number in range(read, written):
        found = found or who(world, number) == ANYBODY
    return found
