"""Counted crowds: how many heads are in which state at which place, and how they change over.

A counted crowd, or cohort, is a block of `cells`, one for each of its states and places: the heads there. People of a cell
are alike, which is the assumption, and the reason why they need no rows. Totals by state and by cohort are kept beside.
"""

from __future__ import annotations

from ..declare.numbers import number
from . import acts, refs, states
from .compiled import kernel

COHORT: int = number("entity", "cohort")


@kernel
def is_counted(being):
    """Return whether a reference names a counted crowd or a state of one."""
    kind = refs.kind_of(being)
    return kind == COHORT or kind == refs.STATE


@kernel
def cohort_of(program, being):
    """Return the row of the counted crowd that a reference names, or of whose states it names one."""
    row = refs.row_of(being)
    return row if refs.kind_of(being) == COHORT else program.state_plans[row].cohort


@kernel
def heads(program, world, being):
    """Return how many heads a counted crowd, or one of its states, has."""
    if refs.kind_of(being) == COHORT:
        return world.cohorts[refs.row_of(being)].heads
    return world.cohort_states[refs.row_of(being)].heads


@kernel
def heads_in(program, world, being, place, within):
    """Return how many heads of a counted crowd, or of one of its states, are at a place, or `within` it, as people are."""
    cohort = program.cohort_plans[cohort_of(program, being)]
    if not within and place < cohort.places:  # at no other place are they at this one
        return _heads_at(program, world, being, cohort, place)
    total = 0
    for other in range(cohort.places):
        if acts.contains(program, world, place, other) if within else acts.is_at(program, world, place, other):
            total += _heads_at(program, world, being, cohort, other)
    return total


@kernel
def _heads_at(program, world, being, cohort, place):
    if refs.kind_of(being) == refs.STATE:
        row = refs.row_of(being) - cohort.first
        return world.cells[cohort.first_cell + row * cohort.places + place].heads
    total = 0
    for row in range(cohort.states):
        total += world.cells[cohort.first_cell + row * cohort.places + place].heads
    return total


@kernel
def of_faction(program, world, faction, place, within):
    """Return how many heads of the counted crowds of a side there are: at a place or in it, or everywhere for -1."""
    total = 0
    for c in range(len(program.cohort_plans)):
        if program.cohort_plans[c].faction == faction:
            being = refs.ref(COHORT, c)
            if place < 0:
                total += heads(program, world, being)
            else:
                total += heads_in(program, world, being, place, within)
    return total


@kernel
def entry_of(program, world, being):
    """Return the newest entry on which the heads of a counted crowd, of one of its states, or of a side's rest; or -1."""
    kind, row = refs.kind_of(being), refs.row_of(being)
    newest = -1
    if kind == refs.STATE:
        newest = world.cohort_states[row].entry
    for s in range(len(program.state_plans)):
        cohort = program.state_plans[s].cohort
        if (kind == COHORT and cohort == row) or (kind == refs.FACTION and program.cohort_plans[cohort].faction == row):
            newest = max(newest, world.cohort_states[s].entry)
    return newest


@kernel
def shift(program, world, cell, to, number):
    """Let so many heads go from one cell to another; -1 is the world outside."""
    if cell >= 0:
        plan = program.cell_plans[cell]
        world.cells[cell].heads -= number
        world.cohort_states[plan.state].heads -= number
        world.cohorts[plan.cohort].heads -= number
    if to >= 0:
        plan = program.cell_plans[to]
        world.cells[to].heads += number
        world.cohort_states[plan.state].heads += number
        world.cohorts[plan.cohort].heads += number


@kernel
def counts_as(word):
    """Return whether heads of a counted crowd fit a word of `states.COUNTED`: they live, and are in nobody's hands."""
    return word == states.ANY or word == states.ALIVE_ONES or word == states.FREE_ONES
