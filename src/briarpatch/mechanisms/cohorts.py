"""Cohorts: crowds that are counted by state and place, and what an author lets happen to some of them at once.

A crowd with `states` has no rows, however many heads it counts: each of its states has a number of heads at each place.
`convert` lets some of them change state or place, `bring` adds heads and `remove` takes some away. A selection says of
which state, where, and how many: a number or a part is apportioned to states and places by largest remainder, ties to the
first (Balinski and Young 1982); `each` draws how many do it, at each place and in each state, as the quantile of a binomial
law at one number in (0, 1), which moves little when the chance does (see `world.draws`).

Assumes that people in one state at one place are alike. Leaves out what needs bodies: ways on foot, ages, minds, harm;
whatever needs those refuses a counted crowd by name. Oracles: O-16.1, O-16.2, O-16.5 and O-16.6.
"""

from __future__ import annotations

import math

from ..declare import Mechanism, optional, required
from ..world import acts, chance, draws, refs, topics
from ..world import cohorts as counts
from ..world.compiled import kernel

cohorts = Mechanism("cohorts", reads="cohort_plans state_plans cell_plans", writes="cohorts cohort_states cells")
COHORT = cohorts.entity("cohort")
STATE = cohorts.entity("state")
SPLITS = cohorts.stream("splits of cohorts")
BECAME = cohorts.entry(
    "converted",
    "{heads} of {subject} became {object}",
    "heads of a counted crowd changed their state at once; amount is how many",
    subject="cohort",
    object="state",
    weight=1,
    living="",
    seen="",
)
WENT = cohorts.entry(
    "relocated",
    "{heads} of {subject} came to {object}",
    "heads of a counted crowd changed their place at once; amount is how many",
    subject="cohort",
    object="place",
    weight=1,
    living="",
    seen="",
)
BROUGHT = cohorts.entry(
    "brought",
    "{subject} grew by {heads}[ at {place}]",
    "heads were added to a counted crowd; amount is how many",
    subject="cohort",
    object="state",
    weight=1,
    living="",
    seen="",
)
REMOVED = cohorts.entry(
    "removed",
    "{subject} shrank by {heads}[ at {place}]",
    "heads were taken out of a counted crowd; amount is how many",
    subject="cohort",
    weight=1,
    living="",
    seen="",
)
_requests = cohorts.requests()

cohorts.plan(
    "cohort_plans",
    "counted crowds: whose they are, and where their states and cells stand",
    """
    key           u8 -        key of their luck
    faction       i4 faction  the side that they are on
    first         i4 -        row of `state_plans` of the first state
    states        i4 -        how many states there are
    first_cell    i4 -        row of `cells` of the first state at the first place
    places        i4 -        how many places there are, which is how many cells each state has
    """,
)
cohorts.plan(
    "state_plans",
    "states of counted crowds",
    """
    cohort        i4 -        row of `cohort_plans`
    key           u8 -        key of their luck
    """,
)
cohorts.plan(
    "cell_plans",
    "cells of counted crowds: a state at a place",
    """
    cohort        i4 -        row of `cohort_plans`
    state         i4 -        row of `state_plans`
    place         i4 place    the place
    key           u8 -        key of its luck
    heeded        i1 -        1 when a condition that can set something off reads it
    """,
)
cohorts.table(
    "cohorts",
    "counted crowds: how many heads each has",
    """
    heads         i8 -        how many there are
    splits        i8 -        how often some of them were drawn
    stirred       i1 -        1 once their heads were changed from outside, until flows take note of that
    """,
)
cohorts.table(
    "cohort_states",
    "states of counted crowds: how many heads are in each",
    """
    heads         i8 -        how many there are
    entry         i4 entry    what last changed it
    """,
)
cohorts.table(
    "cells",
    "states of counted crowds at places: how many heads are there",
    """
    heads         i8 -        how many there are
    taken         i8 -        how many are about to leave, or to come when below zero
    rest          i8 -        the remainder by which heads are apportioned
    """,
)

# ------------------------------------------------------------------------------------------------ from the scenario

_OF_A_COUNTED_CROWD = frozenset(("told", "key", "basis", "count", "faction", "place", "states", "state"))


@cohorts.builds_rows
def build(make):
    """Give each counted crowd its states, and each of those a cell at every place."""
    found, places = make.doc.counted, len(make.doc.places)
    program, world = make.program, make.world
    program["cohort_plans"] = plans = _rows("cohort_plans", len(found))
    world["cohorts"] = _rows("cohorts", len(found))
    states = [(name, state) for name, crowd in found.items() for state in crowd.states]
    program["state_plans"] = state_plans = _rows("state_plans", len(states))
    world["cohort_states"] = _rows("cohort_states", len(states))
    program["cell_plans"] = cells = _rows("cell_plans", len(states) * places)
    world["cells"] = _rows("cells", len(states) * places)
    place_keys = [make.key("places", place.key or name) for name, place in make.doc.places.items()]
    first = 0
    for c, (name, crowd) in enumerate(found.items()):
        plan, path = plans[c], ("crowds", name)
        for key in sorted(crowd.model_fields_set - _OF_A_COUNTED_CROWD):
            make.fault(
                (*path, key), f"'{key}' is of bodies, and '{name}' is counted; leave it out, or take out 'states'"
            )
        plan.key, plan.faction = make.crowd_keys[name], make.row("faction", crowd.faction, (*path, "faction"))
        plan.first, plan.states, plan.first_cell, plan.places = first, len(crowd.states), first * places, places
        for s, state in enumerate(crowd.states):
            row = first + s
            state_plans[row].cohort, state_plans[row].key = c, make.key("crowds", crowd.key or name, state)
            for p in range(places):
                cell = cells[row * places + p]
                cell.cohort, cell.state, cell.place = c, row, p
                cell.key = make.pair(state_plans[row].key, place_keys[p])
        for state, place, heads in _at_the_start(make, crowd, path):
            s, p = list(crowd.states).index(state), make.row("place", place, (*path, "place"))
            if p >= 0:
                world["cells"].heads[(first + s) * places + p] += heads
                world["cohort_states"].heads[first + s] += heads
                world["cohorts"].heads[c] += heads
        first += len(crowd.states)
    make.later.append(lambda: _within_one_crowd(make))


def _within_one_crowd(make):
    """Refuse effects that would change heads of one crowd into those of another."""
    crowds = make.doc.counted
    for path, verb, arguments in make.effects:
        if verb != "convert" or not isinstance(arguments["who"], str) or not isinstance(arguments["to"], str):
            continue
        whose, into = arguments["who"].partition(".")[0], arguments["to"].partition(".")[0]
        if make.names.row("state", arguments["to"]) is not None and whose in crowds and into != whose:
            states = ", ".join(f"{whose}.{state}" for state in crowds[whose].states)
            make.fault(
                (*path, "convert", "to"),
                f"'{arguments['to']}' is a state of another crowd; name one of '{whose}' ({states}) or a place, "
                "or write 'remove' for the one crowd and 'bring' for the other",
            )


def _rows(name, count):
    table = next(one for one in (*cohorts.plans, *cohorts.tables) if one.name == name)
    return table.rows(count)


def _at_the_start(make, crowd, path):
    """Return how many heads are in which state at which place: (state, place, heads) of each; no luck is in it."""
    known, first = crowd.states, next(iter(crowd.states))
    by_place = {crowd.place: crowd.count} if isinstance(crowd.place, str) else crowd.place
    rows = []
    for place, heads in by_place.items():
        where = (*path, "place") if isinstance(crowd.place, str) else (*path, "place", place)
        if isinstance(heads, dict):
            if crowd.state is not None:
                make.fault((*path, "state"), "'state' stands below each place already; leave one of the two out")
            rows += [(state, place, n, (*where, state)) for state, n in heads.items()]
        elif isinstance(crowd.state, dict):
            if len(by_place) > 1:
                make.fault(
                    (*path, "state"), "with several places, write heads by state below each: camp: { S: 90, I: 10 }"
                )
            rows += [(state, place, n, (*path, "state", state)) for state, n in crowd.state.items()]
        else:
            rows.append((crowd.state or first, place, heads, (*path, "state")))
    sound = []
    for state, place, heads, where in rows:
        if state not in known:
            make.unknown(f"state '{state}'", state, known, where)
        else:
            sound.append((state, place, heads))
    total = sum(heads for _, _, heads in sound)
    if len(sound) == len(rows) and total != crowd.count:
        make.fault(
            (*path, "count"), f"'count' is {crowd.count:,}, but the heads by state and place are {total:,} together"
        )
    return sound


# ------------------------------------------------------------------------------------------------ laws


@kernel
def apportioned(number, heads, total):
    """Return the whole part of what a cell with `heads` of `total` gives when `number` are wanted, and its remainder."""
    return number * heads // total, number * heads % total


@kernel
def number_of(how, number, total):
    """Return how many of `total` are wanted: all, at most a number, or a part rounded half up."""
    if how == 1:
        return min(int(number), total)
    if how == 2:
        return min(math.floor(number * total + 0.5), total)
    return total


# ------------------------------------------------------------------------------------------------ at work


@cohorts.step
def step(program, world, since, now):
    """Carry out what was asked."""
    _requests(program, world, now)
    return math.inf


@kernel
def _first_state(program, who):
    return (
        program.cohort_plans[counts.cohort_of(program, who)].first if refs.kind_of(who) == COHORT else refs.row_of(who)
    )


@kernel
def _states(program, who):
    return program.cohort_plans[counts.cohort_of(program, who)].states if refs.kind_of(who) == COHORT else 1


@kernel
def _choose(program, world, who, at, how, number):
    """Note in `cells` how many of a selection are taken; return how many they are."""
    c = counts.cohort_of(program, who)
    plan, state = program.cohort_plans[c], _first_state(program, who)
    first, last = state * plan.places, (state + _states(program, who)) * plan.places
    occurrence = world.cohorts[c].splits
    if how == 3:
        world.cohorts[c].splits += 1
    total = 0
    for i in range(first, last):
        world.cells[i].taken, world.cells[i].rest = 0, -1
        if (at < 0 or program.cell_plans[i].place == at) and world.cells[i].heads > 0:
            if how == 3:
                u = chance.u01(world.state[0].luck, SPLITS, program.cell_plans[i].key, occurrence)
                world.cells[i].taken = draws.binomial(u, world.cells[i].heads, number)
            else:
                world.cells[i].rest = 0
            total += world.cells[i].taken if how == 3 else world.cells[i].heads
    if how == 3 or total == 0:
        return total
    wanted = number_of(how, number, total)
    left = wanted
    for i in range(first, last):
        cell = world.cells[i]
        if cell.rest >= 0:
            cell.taken, cell.rest = apportioned(wanted, cell.heads, total)
            left -= cell.taken
    for _ in range(left):
        best = first
        for i in range(first, last):
            if world.cells[i].rest > world.cells[best].rest:
                best = i
        world.cells[best].taken += 1
        world.cells[best].rest = -1
    return wanted


@kernel
def _told(program, world, cohort, entry):
    """Let the states of a cohort rest on an entry, and say that heads have changed."""
    plan = program.cohort_plans[cohort]
    for s in range(plan.first, plan.first + plan.states):
        world.cohort_states[s].entry = entry
    world.cohorts[cohort].stirred = 1
    acts.touch(world, topics.COUNTS)


@cohorts.verb(
    "convert",
    "let some of a counted crowd change their state, or their place",
    who=required("heads"),
    at=optional("place"),
    how=optional("how", 0.0),
    number=optional("number", 0.0),
    to=required("destination"),
)
def convert(program, world, now, cause, who, at, how, number, to):
    """Let the selected go to another state where they are, or to another place as they are."""
    cohort = counts.cohort_of(program, who)
    plan, state = program.cohort_plans[cohort], _first_state(program, who)
    _choose(program, world, who, at, how, number)
    moved = 0
    for s in range(state, state + _states(program, who)):
        for p in range(plan.places):
            cell = s * plan.places + p
            other = (
                refs.row_of(to) * plan.places + p if refs.kind_of(to) == STATE else s * plan.places + refs.row_of(to)
            )
            taken = world.cells[cell].taken
            if taken > 0 and other != cell:
                counts.shift(program, world, cell, other, taken)
                moved += taken
    if moved > 0:
        kind = BECAME if refs.kind_of(to) == STATE else WENT
        entry = acts.emit(world, now, kind, refs.ref(COHORT, cohort), to, at, float(moved), cause)
        _told(program, world, cohort, entry)


@cohorts.verb(
    "remove",
    "take some of a counted crowd out of the story",
    who=required("heads"),
    at=optional("place"),
    how=optional("how", 0.0),
    number=optional("number", 0.0),
)
def remove(program, world, now, cause, who, at, how, number):
    """Take the selected out."""
    cohort = counts.cohort_of(program, who)
    plan, state = program.cohort_plans[cohort], _first_state(program, who)
    gone = _choose(program, world, who, at, how, number)
    for cell in range(state * plan.places, (state + _states(program, who)) * plan.places):
        if world.cells[cell].taken > 0:
            counts.shift(program, world, cell, -1, world.cells[cell].taken)
    if gone > 0:
        entry = acts.emit(world, now, REMOVED, refs.ref(COHORT, cohort), -1, at, float(gone), cause)
        _told(program, world, cohort, entry)


@cohorts.verb(
    "bring",
    "add heads to a counted crowd",
    to=required("state"),
    at=required("place"),
    number=required("number", 0.0, 1e9),
)
def bring(program, world, now, cause, to, at, number):
    """Add so many heads in a state at a place."""
    cohort, heads = program.state_plans[to].cohort, int(number)
    if heads > 0:
        counts.shift(program, world, -1, to * program.cohort_plans[cohort].places + at, heads)
        subject, state = refs.ref(COHORT, cohort), refs.ref(STATE, to)
        entry = acts.emit(world, now, BROUGHT, subject, state, at, float(heads), cause)
        _told(program, world, cohort, entry)
