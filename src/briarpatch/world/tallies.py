"""How many of a crowd or a faction are as a condition asks, or are at a place, kept up to date person by person.

Conditions count people again and again while people change one by one. So each person is counted once, under every
word that fits and at one place, and is counted anew only when a note in the journal says that they may have changed.
"""

from __future__ import annotations

from . import acts, cohorts, journal, refs, states
from .compiled import kernel

_WORDS = len(states.COUNTED)


@kernel
def words_of(body):
    """Return which words of `states.COUNTED` fit a person, as bits."""
    alive, active = body.status != states.DEAD, body.status == states.ACTIVE
    words = 1 << states.ANY
    if alive:
        words |= 1 << states.ALIVE_ONES
        if body.moved != 0:
            words |= 1 << states.MOVED_ONES
        if body.place >= 0 and body.place == body.home:
            words |= 1 << states.HOME_ONES
        if body.place < 0:
            words |= 1 << states.TRAVELLING_ONES
    else:
        words |= 1 << states.DEAD_ONES
    if active:
        words |= 1 << states.FREE_ONES
        if body.party >= 0 and body.place < 0:
            words |= 1 << states.MARCHING_ONES
    if body.status == states.HELD:
        words |= 1 << states.HELD_ONES
    if body.tag >= 0:
        words |= 1 << states.TAGGED_ONES
    if body.seen != 0:
        words |= 1 << states.SEEN_ONES
    if body.consent != 0:
        words |= 1 << states.CONSENTING_ONES
    return words


@kernel
def count(program, world, being, word):
    """Return how many of the people whom `being` names fit `word`, one of `states.COUNTED`."""
    if cohorts.is_counted(being):
        return cohorts.heads(program, world, being)
    row = _row_of(program, being)
    if row >= 0:
        _bring_up(program, world)
        total = world.tallies[row, word].number
        if refs.kind_of(being) == refs.FACTION and cohorts.counts_as(word):
            total += cohorts.of_faction(program, world, refs.row_of(being), -1, False)
        return total
    first, last = acts.range_of(world, being, program)
    total = 0
    for i in range(first, last):
        total += acts.is_of(world, being, i, program) and (words_of(world.people[i]) >> word) & 1 != 0
    return total


@kernel
def count_at(program, world, being, place):
    """Return how many living people of `being` are at `place` (see `acts.is_at`)."""
    return _count_where(program, world, being, place, False)


@kernel
def count_in(program, world, being, place):
    """Return how many living people of `being` are in `place`, at it or in vessels and devices in it (see `acts.contains`)."""
    return _count_where(program, world, being, place, True)


@kernel
def _count_where(program, world, being, place, within):
    if cohorts.is_counted(being):
        return cohorts.heads_in(program, world, being, place, within)
    total = 0
    row = _row_of(program, being)
    if row >= 0:
        _bring_up(program, world)
        if refs.kind_of(being) == refs.FACTION:
            total += cohorts.of_faction(program, world, refs.row_of(being), place, within)
        for other in range(len(program.places)):
            number = world.tallies[row, _WORDS + other].number
            if number > 0 and _is_there(program, world, place, other, within):
                total += number
        return total
    first, last = acts.range_of(world, being, program)
    for i in range(first, last):
        body = world.people[i]
        if body.status != states.DEAD and acts.is_of(world, being, i, program):
            total += _is_there(program, world, place, body.place, within)
    return total


@kernel
def _is_there(program, world, place, other, within):
    return acts.contains(program, world, place, other) if within else acts.is_at(program, world, place, other)


@kernel
def _row_of(program, being):
    """Return the row of `tallies` about a crowd or a faction; -1 for others, who are counted one by one."""
    kind = refs.kind_of(being)
    if kind == refs.CROWD:
        return refs.row_of(being)
    return len(program.crowds) + refs.row_of(being) if kind == refs.FACTION else -1


@kernel
def _bring_up(program, world):
    """Count those anew who may have changed since people were last counted."""
    state = world.state[0]
    if state.counted == state.noted and state.counted > 0:
        return
    if state.counted == 0 or journal.everybody(world, state.counted):
        for i in range(len(world.people)):
            _count_anew(program, world, i)
    else:
        for number in range(state.counted, state.noted):
            _count_anew(program, world, journal.who(world, number))
    state.counted = state.noted


@kernel
def _count_anew(program, world, person):
    body, row = world.people[person], world.tallied[person]
    words = words_of(body)
    place = body.place if body.status != states.DEAD else -1
    if words == row.words and place == row.place and body.faction == row.faction:
        return
    _add(program, world, person, -1)
    row.words, row.place, row.faction = words, place, body.faction
    _add(program, world, person, 1)


@kernel
def _add(program, world, person, number):
    """Count somebody in, or out, of their crowd and their faction."""
    row, crowd = world.tallied[person], world.people[person].crowd
    for turn in range(2):
        being = crowd if turn == 0 else len(program.crowds) + row.faction
        if being < 0 or (turn == 1 and row.faction < 0):
            continue
        for word in range(_WORDS):
            world.tallies[being, word].number += number * ((row.words >> word) & 1)
        if row.place >= 0:
            world.tallies[being, _WORDS + row.place].number += number
