"""The small stack machine that evaluates conditions.

A stack row holds a value, its slope, what it was at the start if it has grown in line, and the three newest entries of the
chronicle that the value rests on. Slope and origin let a comparison say exactly when it will turn (time and `since` grow at
rate one), to the same bit whenever it is asked; the entries become the causes of whatever the condition sets off. `true &&
true` rests on both sides, `true || false` on the true one.

What grows in line does so with time or along a *path*: a curve in time that a mechanism owns (a tide), which says when it next
comes to a level. What holds only for a while (a step of data, this day's date) says until when.

What drifts in another way (a distance, a dose, an affection) is read as it stands at a time that is given apart: whoever
looks at such a condition again and again reads it as of the last beat of their cadence (`as_of`), so that a look at another
moment, for whatever reason, finds what the look at that beat found.

A value may be *undefined*, which is held as not-a-number: the time since what never happened, the distance between what
has no map in common, the mean of nobody, a quotient by zero. What is reckoned from it is undefined too, and no comparison
with it is true, not even `!=`.

Most conditions are looked at for their truth alone, again and again. `glance` leaves out what they rest on and every side
of `&&` and `||` that cannot matter; whoever sets something off because of one evaluates it in full.

It is long until the mechanisms answer for their own functions (docs/decisions/0011).
"""

from __future__ import annotations

import math

import numpy as np

from . import acts, cohorts, drifts, functions, refs, relations, states, tallies
from .compiled import kernel
from .parts import FLOAT, INT, part, socket
from .processes import beat_after, beat_before

PUSH, ADD, SUBTRACT, MULTIPLY, DIVIDE, NEGATE, REMAINDER = range(7)
LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, EQUAL, UNEQUAL = range(10, 16)
AND, OR, NOT, SELECT = range(20, 24)
UNLESS_FALSE, UNLESS_TRUE = 24, 25
"""Followed by a distance, which a glance jumps over when the value so far decides."""
DRIFTS = 26
"""Stands before a call that reads what drifts: a condition that came to its truth without it need not be polled."""
END = 30
_OF_TWO = (*range(ADD, NEGATE), REMAINDER, *range(LESS, UNEQUAL + 1), AND, OR)
"""What makes one of the two topmost values."""

STACK_ROWS = 64
DAY = 86400.0

_MOST_EXPONENT = 709.0
"""Beyond this e to the power of it is more than a number can hold."""

_MATTERS = (
    functions.THINKS_KNOWS,
    functions.OPINION,
)
_MINDS = (
    functions.KNOWS,
    functions.BELIEVES,
    functions.CREDENCE,
    functions.KNOWN_IN,
    functions.KNOWERS,
    functions.TRUE,
)
_PEOPLE = (
    functions.ALIVE,
    functions.DEAD_F,
    functions.FREE,
    functions.HELD_F,
    functions.HELD_BY,
    functions.AT,
    functions.IN,
    functions.ABOARD,
    functions.TOGETHER,
    functions.TRAVELLING,
    functions.TAGGED,
    functions.SUITED,
    functions.SEEN_THROUGH,
    functions.SEEN,
    functions.MEMBER,
    functions.COMMANDS,
    functions.IN_OFFICE,
    functions.COUNT,
    functions.COUNT_AT,
    functions.COUNT_IN,
    functions.COUNT_ABOARD,
    functions.DISTANCE,
)
_BODIES = (
    functions.DOSE,
    functions.WORKS,
)
_MACHINES = (
    functions.OPERATIONAL,
    functions.DESTROYED,
    functions.FIGHTING_F,
    functions.WITHDREW,
    functions.HULL,
    functions.SHIELDS,
    functions.CLOAKED,
    functions.CREW_LEFT,
    functions.IDLE_F,
    functions.STARTING_F,
    functions.RUNNING_F,
    functions.PAUSED_F,
    functions.DONE_F,
    functions.ARMED,
    functions.STAGE,
    functions.STOCK,
    functions.COLLECTED,
)
_EVENTS = (
    functions.ORDERED,
    functions.OBEYED,
    functions.REFUSED,
    functions.CHOSE,
    functions.DECIDED,
    functions.LEANING,
    functions.FORESEEN,
    functions.HAPPENED,
    functions.TIMES,
    functions.SINCE,
    functions.TIME,
    functions.HOUR,
    functions.DAY,
    functions.WEEKDAY,
    functions.DATE_IS,
    functions.GIVEN,
)
_MOVEMENTS = (
    functions.FOLLOWS,
    functions.JOINERS,
    functions.SHARE_JOINED,
    functions.SUCCEEDED_M,
    functions.FAILED_M,
)
_CURVES = (
    functions.LOGISTIC,
    functions.EXP,
    functions.LN,
    functions.POWER,
    functions.PER_HEAD,
)
_REST = (
    functions.TRUST,
    functions.AFFECTION,
    functions.KIN,
    functions.TIE,
    functions.FORGAVE,
    functions.REACHABLE,
    functions.HEARD,
    functions.VERDICT,
    functions.DECLINED,
    functions.HUNTING,
    functions.WAITING_FOR,
    functions.TURNED_AWAY,
    functions.GROWTH,
    functions.DRONES_LEFT,
    functions.VIOLATIONS,
    functions.GAUGE_F,
    functions.MIN,
    functions.MAX,
    functions.ABS,
)
_SHIPS = (
    functions.OPERATIONAL,
    functions.FIGHTING_F,
    functions.WITHDREW,
    functions.HULL,
    functions.SHIELDS,
    functions.CLOAKED,
    functions.CREW_LEFT,
)


def _rooms() -> np.ndarray:
    """Return which of the kernels below answers for each number of a function; 0 for `ANSWER`."""
    rooms = np.zeros(max(one.opcode for one in functions.FUNCTIONS.values()) + 2, np.int8)
    groups = (_MINDS, _MATTERS, _PEOPLE, _BODIES, _MACHINES, _EVENTS, _MOVEMENTS, _CURVES, _REST)
    for room, group in enumerate(groups, 1):
        for number in group:
            rooms[number] = room
    return rooms


_ROOMS = _rooms()


ANSWER = socket("briarpatch_answer", INT, INT, FLOAT, FLOAT, gives=INT)
"""Answers the function `op` of a mechanism now, of what drifts as of `then`, from the topmost rows of the stack; returns the new top."""
CROSSES = socket("briarpatch_crosses", INT, FLOAT, FLOAT, gives=FLOAT)
"""Returns when a path next comes to a level after now; at that moment itself, the next instant after."""
ALONG = socket("briarpatch_along", INT, FLOAT, gives=FLOAT)
"""Returns how far along a path is at a time."""
TIME_ITSELF = -1
"""The path of what grows in line with time."""


@part(INT, FLOAT, FLOAT)
def evaluate(program, world, start, now, then):
    """Run the bytecode at `start`; leave the result in row 0 of the stack and return when it may change by itself.

    What drifts is read as of `then` [s]. The returned time is infinity when nothing that the condition compares moves in
    line with time.
    """
    stack = world.stack
    top = np.int64(-1)
    at = start
    turns = math.inf
    stack[0].drifted = 0
    for _ in range(len(program.code)):  # it runs forwards alone
        op = program.code[at]
        at += 1
        if op == END:
            return turns
        if op == PUSH:
            top += 1
            push(stack[top], program.constants[program.code[at]])
            at += 1
        elif op >= functions.FIRST_OPCODE:
            if op in (functions.MIN, functions.MAX, functions.ABS):
                turns = min(turns, _bend(program, world, op, top, now, then))
            top = _call(program, world, op, top, now, then)
            if stack[top].slope == 0.0:  # what stands still, or is undefined, was so from the start
                stack[top].origin = stack[top].value
            turns = min(turns, stack[top].until)
        elif op == NOT:
            stack[top].value = 1.0 if stack[top].value == 0.0 else 0.0
        elif op == NEGATE:
            stack[top].value = -stack[top].value
            stack[top].slope = -stack[top].slope
            stack[top].origin = -stack[top].origin
        elif op in (UNLESS_FALSE, UNLESS_TRUE):
            if world.state[0].quick != 0 and (stack[top].value != 0.0) == (op == UNLESS_TRUE):
                at += program.code[at]
            at += 1
        elif op == DRIFTS:
            stack[0].drifted = 1
        elif op == SELECT:
            top -= 2
            _select(stack[top], stack[top + 1], stack[top + 2])
        elif op in _OF_TWO:
            top -= 1
            if LESS <= op <= UNEQUAL:
                turns = min(turns, _turn(program, world, stack[top], stack[top + 1], now, then))
                _compare(op, stack[top], stack[top + 1], now)
            elif op in (AND, OR):
                _connect(op, stack[top], stack[top + 1])
            else:
                if op == REMAINDER:
                    turns = min(turns, _wrap(program, world, stack[top], stack[top + 1], now, then))
                _arithmetic(program, world, op, stack[top], stack[top + 1], then)
        else:
            top = unknown(world, top)
    return turns


@kernel
def as_of(polled, every, now):
    """Return the time as of which a condition that is looked at `every` so often reads what drifts: the last beat."""
    return beat_before(every, now) if polled != 0 else now


@kernel
def look_again(turns, polled, every, now):
    """Return when to look again at a condition that `turns` by itself: then, or at the next beat when it is polled."""
    return min(turns, beat_after(every, now)) if polled != 0 else turns


@kernel
def glance(program, world, start, now, then):
    """As `evaluate`, for the value and the time alone; what it rests on is not to be relied on."""
    state = world.state[0]
    state.quick = 1
    turns = evaluate(program, world, start, now, then)
    state.quick = 0
    return turns


@kernel
def holds(program, world, start, now):
    """Return True when the condition at `start` holds; a negative start is no condition and always holds."""
    if start < 0:
        return True
    evaluate(program, world, start, now, now)
    return world.stack[0].value != 0.0


@kernel
def value_of(program, world, start, now):
    """Return the value of the expression at `start`."""
    return value_as_of(program, world, start, now, now)


@kernel
def value_as_of(program, world, start, now, then):
    """Return the value of the expression at `start`, with what drifts as of `then`."""
    glance(program, world, start, now, then)
    return world.stack[0].value


@kernel
def push(row, value):
    row.value = value
    row.slope = 0.0
    row.origin = value
    row.path = TIME_ITSELF
    row.until = math.inf
    row.c1 = -1
    row.c2 = -1
    row.c3 = -1


@kernel
def rest(row, entry):
    """Let the value rest on `entry` too, keeping the three newest."""
    if entry < 0 or entry == row.c1 or entry == row.c2 or entry <= row.c3:
        return
    if entry > row.c1:
        row.c3 = row.c2
        row.c2 = row.c1
        row.c1 = entry
    elif entry > row.c2:
        row.c3 = row.c2
        row.c2 = entry
    else:
        row.c3 = entry


@kernel
def answer(row, truth, entry):
    """Let a row say whether something is so, resting on `entry`."""
    row.value = 1.0 if truth else 0.0
    rest(row, entry)


@kernel
def _merge(row, other):
    rest(row, other.c1)
    rest(row, other.c2)
    rest(row, other.c3)


@kernel
def _adopt(row, other):
    row.c1 = other.c1
    row.c2 = other.c2
    row.c3 = other.c3


@kernel
def _turn(program, world, a, b, now, then):
    """Return when a comparison of a with b may turn next; infinity for never."""
    if not _in_line(a, b):
        _stop(program, world, a, then)
        _stop(program, world, b, then)
    path = a.path if a.slope != 0.0 else b.path
    return _zero(program, world, path, a.origin - b.origin, a.slope - b.slope, now)


@kernel
def _in_line(a, b):
    """Return whether a sum of both still grows in line with one path."""
    return a.slope == 0.0 or b.slope == 0.0 or a.path == b.path


@kernel
def _zero(program, world, path, origin, slope, now):
    """Return when a gap that was `origin` at the start and grows at `slope` comes to zero, then the next instant after."""
    if slope == 0.0:
        return math.inf
    if path != TIME_ITSELF:
        return CROSSES(program, world, path, -origin / slope, now)
    return _in_time(origin, slope, now)


@kernel
def _in_time(origin, slope, now):
    """Return when a gap that was `origin` at the start and grows at `slope` with time comes to zero, as `_zero`."""
    if slope == 0.0:
        return math.inf
    at = -origin / slope
    if now > at or not abs(at) < math.inf:
        return math.inf
    return at if now < at else now * (1.0 + 2.0**-52) + 1e-300


@kernel
def _bend(program, world, op, top, now, then):
    """Return when min, max or abs of the topmost rows goes over to its other branch."""
    stack = world.stack
    if op == functions.ABS:
        return _zero(program, world, stack[top].path, stack[top].origin, stack[top].slope, now)
    return _turn(program, world, stack[top - 1], stack[top], now, then)


@kernel
def _wrap(program, world, a, b, now, then):
    """Return when the remainder of a by b next jumps, for a steady b."""
    if a.path != TIME_ITSELF:
        _stop(program, world, a, then)
    size = abs(b.value)
    if a.slope == 0.0 or not 0.0 < size < math.inf or not abs(a.value) < math.inf:
        return math.inf
    rest = remainder(a.value, size)
    if a.slope > 0.0:
        gap = rest - size if a.value >= 0.0 else rest
    else:
        gap = rest if a.value > 0.0 else rest + size
    jump = math.floor((a.value - gap) / size + 0.5) * size
    return _in_time(a.origin - jump, a.slope, now)


@kernel
def _hold(row):
    """Let the value stand still."""
    row.slope, row.origin, row.path = 0.0, row.value, TIME_ITSELF


@kernel
def _stop(program, world, row, then):
    """Let the value stand still where it was at `then`, as whatever drifts."""
    if row.slope != 0.0:
        along = then if row.path == TIME_ITSELF else ALONG(program, world, row.path, then)
        row.value = row.origin + row.slope * along
        _hold(row)


@kernel
def _gap(a, b, now):
    """Return a number with the sign of a - b: of what moves, by whether the instant at which the two meet is past.

    So a comparison turns at the very instant that `_turn` gives, to the bit, whatever rounding does to the two values.
    """
    slope = a.slope - b.slope
    if slope == 0.0:
        return 0.0 if a.value == b.value else a.value - b.value
    at = (b.origin - a.origin) / slope
    path = a.path if a.slope != 0.0 else b.path
    if path != TIME_ITSELF:
        now = a.along if a.slope != 0.0 else b.along
    if math.isnan(at):
        return a.value - b.value
    side = 0.0 if now == at else 1.0 if now > at else -1.0
    return side if slope > 0.0 else -side


@kernel
def _compare(op, a, b, now):
    gap = _gap(a, b, now)
    if op == LESS:
        truth = gap < 0.0
    elif op == LESS_EQUAL:
        truth = gap <= 0.0
    elif op == GREATER:
        truth = gap > 0.0
    elif op == GREATER_EQUAL:
        truth = gap >= 0.0
    elif op == EQUAL:
        truth = gap == 0.0
    else:
        truth = gap < 0.0 or gap > 0.0  # and so false when either is undefined
    a.value = 1.0 if truth else 0.0
    _hold(a)
    _merge(a, b)


@kernel
def _connect(op, a, b):
    left, right = a.value != 0.0, b.value != 0.0
    decisive = op == OR  # the truth value that decides alone
    truth = (left or right) if decisive else (left and right)
    if left == right or truth != decisive:
        _merge(a, b)
    elif right == decisive:
        _adopt(a, b)
    a.value = 1.0 if truth else 0.0


@kernel
def _select(condition, yes, no):
    if condition.value != 0.0:
        condition.value, condition.slope, condition.origin, condition.path = yes.value, yes.slope, yes.origin, yes.path
        condition.along = yes.along
        _merge(condition, yes)
    else:
        condition.value, condition.slope, condition.origin, condition.path = no.value, no.slope, no.origin, no.path
        condition.along = no.along
        _merge(condition, no)


@kernel
def remainder(a, b):
    """Return the remainder of a by b with the sign of a; not a number when there is none. (Numba has no math.fmod.)"""
    if b == 0.0 or math.isnan(b) or not abs(a) < math.inf:
        return math.nan
    return float(np.fmod(a, b))


@kernel
def _arithmetic(program, world, op, a, b, then):
    if (b.slope != 0.0 and (op in (DIVIDE, REMAINDER) or (op == MULTIPLY and a.slope != 0.0))) or not _in_line(a, b):
        _stop(program, world, a, then)  # no line any more, so it is looked at as what drifts
        _stop(program, world, b, then)
    if b.slope != 0.0:
        a.path, a.along = b.path, b.along
    if op == ADD:
        a.value += b.value
        a.slope += b.slope
        a.origin += b.origin
    elif op == SUBTRACT:
        a.value -= b.value
        a.slope -= b.slope
        a.origin -= b.origin
    elif op == MULTIPLY:
        if a.slope != 0.0:
            a.slope, a.origin = a.slope * b.value, a.origin * b.value
        else:
            a.slope, a.origin = a.value * b.slope, a.value * b.origin
        a.value *= b.value
    elif op == DIVIDE:
        a.value = a.value / b.value if b.value != 0.0 else math.nan
        a.slope = a.slope / b.value if b.value != 0.0 else 0.0
        a.origin = a.origin / b.value if b.value != 0.0 else math.nan
    else:
        rest, size = remainder(a.value, b.value), abs(b.value)
        if size > 0.0 and abs(a.value) < math.inf:
            a.origin -= math.floor((a.value - rest) / size + 0.5) * size
        a.value = rest
    _merge(a, b)


@kernel
def _call(program, world, op, top, now, then):
    """Call the function `op` on the topmost stack rows; return the new top. One that nobody knows breaks the world."""
    room = _ROOMS[min(op, len(_ROOMS) - 1)]
    if room == 1:
        return _call_minds(world, program, op, top)
    if room == 2:
        return _call_matters(world, op, top)
    if room == 3:
        return _call_people(program, world, op, top, then)
    if room == 4:
        return _call_bodies(program, world, op, top, then)
    if room == 5:
        return _call_machines(world, op, top, then)
    if room == 6:
        return _call_events(program, world, op, top, now, then)
    if room == 7:
        return _call_movements(world, op, top)
    if room == 8:
        return _call_curves(program, world, op, top, then)
    if room == 9:
        return _call_rest(program, world, op, top, then)
    return ANSWER(program, world, op, top, now, then)


@kernel
def unknown(world, top):
    """Break the world of whose condition a function is unknown, rather than answer for another one."""
    world.state[0].broken = states.FUNCTION_GUARD
    top = max(top, 0)
    push(world.stack[top], math.nan)
    return top


@kernel
def _truth(row, truth):
    row.value = 1.0 if truth else 0.0


@kernel
def _call_minds(world, program, op, top):
    stack = world.stack
    if op == functions.TRUE:
        fact = world.facts[int(stack[top].value)]
        push(stack[top], float(fact.true))
        rest(stack[top], fact.entry)
        return top
    if op == functions.KNOWERS:
        fact_row = int(stack[top].value)
        push(stack[top], 0.0)
        for i in range(len(world.minds)):
            if world.beliefs[i, fact_row].known != 0 and world.people[i].status != states.DEAD:
                stack[top].value += 1.0
                rest(stack[top], world.beliefs[i, fact_row].entry)
        return top
    top -= 1
    who, fact_row = int(stack[top].value), int(stack[top + 1].value)
    push(stack[top], 0.0)
    if op == functions.KNOWN_IN:
        for i in range(len(world.minds)):
            body = world.people[i]
            if body.faction == who and body.status != states.DEAD and world.beliefs[i, fact_row].known != 0:
                stack[top].value = 1.0
                rest(stack[top], world.beliefs[i, fact_row].entry)
        return top
    belief = world.beliefs[who, fact_row]
    if op == functions.KNOWS:
        _truth(stack[top], belief.known != 0)
    elif op == functions.BELIEVES:
        _truth(stack[top], belief.odds > 0.0)
    elif op == functions.CREDENCE:
        stack[top].value = 1.0 / (1.0 + math.exp(-belief.odds))
    else:
        return unknown(world, top)
    rest(stack[top], belief.entry)
    return top


@kernel
def _call_matters(world, op, top):
    """Call what is asked of beliefs about beliefs, and of opinions."""
    stack = world.stack
    if op == functions.THINKS_KNOWS:
        top -= 2
        who, of, fact = int(stack[top].value), int(stack[top + 1].value), int(stack[top + 2].value)
        push(stack[top], 0.0)
        for insight in world.insights:
            if insight.who == who and insight.of == of and insight.fact == fact:
                _truth(stack[top], insight.known != 0)
                rest(stack[top], insight.entry)
        return top
    if op == functions.OPINION:
        top -= 1
        push(stack[top], world.views[int(stack[top + 1].value), int(stack[top].value)].value)
        return top
    return unknown(world, top)


@kernel
def _newest_person(program, world, being):
    first, last = acts.range_of(world, being, program)
    newest = -1
    for i in range(first, last):
        if world.people[i].entry > newest and acts.is_of(world, being, i, program):
            newest = world.people[i].entry
    return newest


@kernel
def _call_people(program, world, op, top, then):
    stack = world.stack
    if op in (functions.COUNT, functions.COUNT_AT, functions.COUNT_IN, functions.COUNT_ABOARD):
        top -= 1
        being, second = int(stack[top].value), int(stack[top + 1].value)
        if op == functions.COUNT:
            total = tallies.count(program, world, being, second)
        elif op == functions.COUNT_IN:
            total = tallies.count_in(program, world, being, second)
        elif op == functions.COUNT_AT:
            total = tallies.count_at(program, world, being, second)
        else:
            total = tallies.count_at(program, world, being, world.vessels[second].inside)
        push(stack[top], float(total))
        if world.state[0].quick == 0:
            if not cohorts.is_counted(being):
                rest(stack[top], _newest_person(program, world, being))
            rest(stack[top], cohorts.entry_of(program, world, being))
        return top
    if op in (functions.DISTANCE, functions.AT, functions.IN, functions.ABOARD, functions.TOGETHER):
        top -= 1
        first, second = int(stack[top].value), int(stack[top + 1].value)
        push(stack[top], 0.0)
        if op == functions.DISTANCE:
            apart = acts.distance(program, world, first, second, then)
            stack[top].value = apart if apart < math.inf else math.nan
        elif op == functions.TOGETHER:
            _truth(stack[top], acts.together(world, first, second))
            rest(stack[top], acts.entry_of(world, second))
        else:
            place = acts.stands(world, first)
            if op == functions.IN:
                _truth(stack[top], acts.contains(program, world, second, place))
            else:
                spot = world.vessels[second].inside if op == functions.ABOARD else second
                _truth(stack[top], acts.is_at(program, world, spot, place))
            if place >= 0 and place != second and acts.carrier(program, world, place) >= 0:
                rest(stack[top], world.vessels[acts.carrier(program, world, place)].entry)
        rest(stack[top], acts.entry_of(world, first))
        return top
    if op == functions.HELD_BY or op == functions.MEMBER or op == functions.COMMANDS:
        top -= 1
        person, second = int(stack[top].value), int(stack[top + 1].value)
        body = world.people[person]
        push(stack[top], 0.0)
        if op == functions.HELD_BY:
            _truth(stack[top], body.status == states.HELD and body.holder == second)
        elif op == functions.MEMBER:
            _truth(stack[top], body.faction == second)
        else:
            _truth(stack[top], world.vessels[second].captain == person)
            rest(stack[top], world.minds[person].entry)
        rest(stack[top], body.entry)
        return top
    thing = int(stack[top].value)
    push(stack[top], 0.0)
    if op == functions.SEEN_THROUGH:
        number = program.places[thing].staged
        if number >= 0:
            _truth(stack[top], world.staged[number].noticed != 0)
            rest(stack[top], world.staged[number].entry)
        return top
    if op == functions.TRAVELLING:
        _truth(stack[top], acts.thing_place(world, thing) < 0)
        rest(stack[top], acts.entry_of(world, thing))
        return top
    if op == functions.SEEN:
        entry = _seen_entry(world, thing)
        _truth(stack[top], entry >= -1)
        rest(stack[top], entry)
        return top
    if op == functions.IN_OFFICE:
        mind = world.minds[thing]
        _truth(stack[top], mind.resigned == 0 and mind.relieved == 0)
        rest(stack[top], mind.entry)
        return top
    body = world.people[thing]
    if op == functions.ALIVE:
        _truth(stack[top], body.status != states.DEAD)
    elif op == functions.DEAD_F:
        _truth(stack[top], body.status == states.DEAD)
    elif op == functions.FREE:
        _truth(stack[top], body.status == states.ACTIVE)
    elif op == functions.HELD_F:
        _truth(stack[top], body.status == states.HELD)
    elif op == functions.TAGGED:
        _truth(stack[top], body.tag >= 0)
    elif op == functions.SUITED:
        _truth(stack[top], body.suited != 0)
    else:
        return unknown(world, top)
    rest(stack[top], body.entry)
    return top


@kernel
def _seen_entry(world, thing):
    """Return -2 when nobody has seen the thing, else the entry of its detection."""
    for pair in world.pairs:
        if pair.target == thing and pair.detected != 0:
            return pair.entry
    return -2


@kernel
def _call_bodies(program, world, op, top, then):
    stack = world.stack
    if op == functions.WORKS:
        top -= 1
        person, kind = int(stack[top].value), int(stack[top + 1].value)
        push(stack[top], 1.0)
        for tissue in world.tissues:
            if tissue.person == person and tissue.kind == kind:
                stack[top].value = float(tissue.works)
                rest(stack[top], tissue.entry)
        return top
    person = int(stack[top].value)
    push(stack[top], 0.0)
    if op == functions.DOSE:
        stack[top].value = drifts.dose(world, person, then)
    else:
        return unknown(world, top)
    return top


@kernel
def _call_machines(world, op, top, then):
    stack = world.stack
    thing = int(stack[top].value)
    push(stack[top], 0.0)
    if op == functions.DESTROYED:
        row = refs.row_of(thing)
        if refs.kind_of(thing) == refs.VESSEL:
            _truth(stack[top], world.vessels[row].mode == states.LOST)
        else:
            _truth(stack[top], world.devices[row].mode == states.BLOWN)
        rest(stack[top], acts.entry_of(world, thing))
        return top
    if op in _SHIPS:
        ship = world.vessels[thing]
        if op == functions.OPERATIONAL:
            _truth(stack[top], ship.mode < states.DISABLED)
        elif op == functions.FIGHTING_F:
            _truth(stack[top], ship.mode == states.FIGHTING)
        elif op == functions.WITHDREW:
            _truth(stack[top], ship.mode == states.WITHDRAWING)
        elif op == functions.HULL:
            stack[top].value = ship.hull / ship.hull_max if ship.hull_max > 0.0 else 0.0
        elif op == functions.SHIELDS:
            stack[top].value = acts.shield_now(ship, then) / ship.shield_max if ship.shield_max > 0.0 else 0.0
        elif op == functions.CLOAKED:
            _truth(stack[top], ship.cloaked != 0)
        else:
            stack[top].value = float(ship.complement)
        rest(stack[top], ship.entry)
        return top
    if op == functions.STOCK or op == functions.COLLECTED:
        field = world.fields[thing]
        left = acts.stock_now(field, then)
        if op == functions.STOCK:
            stack[top].value = left
        else:
            stack[top].value = field.collected + field.efficiency * (field.stock - left)
        rest(stack[top], field.entry)
        return top
    device = world.devices[thing]
    mode = device.mode
    rest(stack[top], device.entry)
    if op == functions.IDLE_F:
        _truth(stack[top], mode == states.IDLE or mode == states.ABORTED)
    elif op == functions.STARTING_F:
        _truth(stack[top], mode == states.STARTING or mode == states.STARTING_BY_HAND)
    elif op == functions.RUNNING_F:
        _truth(stack[top], mode == states.RUNNING)
    elif op == functions.PAUSED_F:
        _truth(stack[top], mode == states.PAUSED)
    elif op == functions.DONE_F:
        _truth(stack[top], mode == states.DONE)
    elif op == functions.ARMED:
        _truth(stack[top], device.armed == 2)
        rest(stack[top], device.arm_entry)
    elif op == functions.STAGE:
        stack[top].value = float(device.stage + 1)
    else:
        return unknown(world, top)
    return top


@kernel
def _call_events(program, world, op, top, now, then):
    stack = world.stack
    if op == functions.TIME or op == functions.HOUR or op == functions.DAY or op == functions.WEEKDAY:
        top += 1
        push(stack[top], now)
        if op == functions.TIME:
            stack[top].slope, stack[top].origin = 1.0, 0.0
        else:
            _calendar(program, op, stack[top], now)
        return top
    if op == functions.GIVEN:
        row = int(stack[top].value)
        push(stack[top], 0.0)
        _given(program, row, stack[top], now)
        return top
    if op == functions.DATE_IS:
        asked = stack[top].value
        push(stack[top], 0.0)
        _calendar(program, functions.DAY, stack[top], now)
        stack[top].value = 1.0 if stack[top].value == asked else 0.0
        return top
    if op == functions.ORDERED or op == functions.OBEYED or op == functions.REFUSED:
        top -= 1
        order = world.orders_state[int(stack[top].value), int(stack[top + 1].value)]
        push(stack[top], 0.0)
        if op == functions.ORDERED:
            _truth(stack[top], order.given <= now)
        elif op == functions.OBEYED:
            _truth(stack[top], order.response == states.OBEY or order.response == states.VOICE)
        else:
            _truth(stack[top], order.response >= states.REFUSE)
        rest(stack[top], order.entry)
        return top
    row = int(stack[top].value)
    push(stack[top], 0.0)
    if op == functions.CHOSE:
        decision = world.decisions_state[program.options[row].decision]
        _truth(stack[top], decision.chosen == row)
        rest(stack[top], decision.entry)
        return top
    if op == functions.DECIDED:
        decision = world.decisions_state[row]
        _truth(stack[top], decision.taken > 0)
        rest(stack[top], decision.entry)
        return top
    if op == functions.LEANING or op == functions.FORESEEN:
        option = world.options_state[row]
        stack[top].value = option.leaning if op == functions.LEANING else option.foreseen
        return top
    event = world.events[row]
    rest(stack[top], event.entry)
    if op == functions.HAPPENED:
        _truth(stack[top], event.times > 0)
    elif op == functions.TIMES:
        stack[top].value = float(event.times)
    elif op != functions.SINCE:
        return unknown(world, top)
    elif event.times > 0 and now < event.last:  # as of a moment before
        stack[top].value = 0.0
    elif event.times > 0:
        stack[top].value = now - event.last
        stack[top].slope, stack[top].origin = 1.0, -event.last
    else:
        stack[top].value = math.nan
    return top


@kernel
def _given(program, number, row, now):
    """Let a row be a number of `data` now, until its next row; between two rows a line grows with time."""
    data = program.given[number]
    first, last = data.first, data.first + data.count
    low, high = first, last  # the first row that is later than now
    for _ in range(64):
        if low >= high:
            break
        middle = (low + high) // 2
        if program.given_rows[middle].at > now:
            high = middle
        else:
            low = middle + 1
    if low < last:
        row.until = program.given_rows[low].at
    inside = low > first and now < data.ends
    if not inside and data.zero != 0:
        row.value = 0.0
        return
    if low == last and now < data.ends < math.inf:
        row.until = data.ends
    row.value = program.given_rows[max(low - 1, first)].value
    if data.line != 0 and inside and low < last:
        here, there = program.given_rows[low - 1], program.given_rows[low]
        row.slope = (there.value - here.value) / (there.at - here.at)
        row.origin = here.value - row.slope * here.at
        row.value = here.value + row.slope * (now - here.at)


@kernel
def _calendar(program, op, row, now):
    """Let a row be the hour, the day or the weekday, until midnight."""
    limits = program.limits[0]
    day = math.floor((limits.start_hour + now) / DAY)
    if (day + 1.0) * DAY - limits.start_hour <= now:  # what rounding has left before midnight
        day += 1.0
    row.until = (day + 1.0) * DAY - limits.start_hour
    if op == functions.HOUR:
        row.slope, row.origin = 1.0 / 3600.0, limits.start_hour / 3600.0 - 24.0 * day
        row.value = (limits.start_hour - DAY * day + now) / 3600.0
    elif op == functions.DAY:
        row.value = day
    else:
        row.value = 1.0 + (limits.start_day + 3 + int(day)) % 7  # 1970-01-01 was a Thursday


@kernel
def _call_movements(world, op, top):
    stack = world.stack
    if op == functions.FOLLOWS:
        top -= 1
        standing = world.following[int(stack[top + 1].value), int(stack[top].value)]
        push(stack[top], 0.0)
        _truth(stack[top], standing.joined == 1)
        rest(stack[top], standing.entry)
        return top
    movement = world.movements[int(stack[top].value)]
    push(stack[top], 0.0)
    if op == functions.JOINERS:
        stack[top].value = float(movement.joined)
    elif op == functions.SHARE_JOINED:
        stack[top].value = movement.share
    else:
        wanted = states.SUCCEEDED if op == functions.SUCCEEDED_M else states.FAILED
        _truth(stack[top], movement.outcome == wanted)
    rest(stack[top], movement.entry)
    return top


@kernel
def _call_curves(program, world, op, top, then):
    """Call what bends: such a value has no slope, so conditions on it are polled when its arguments move."""
    stack = world.stack
    _stop(program, world, stack[top], then)
    if op == functions.POWER or op == functions.PER_HEAD:
        top -= 1
        _stop(program, world, stack[top], then)
        first, second = stack[top].value, stack[top + 1].value
        _merge(stack[top], stack[top + 1])
        if op == functions.POWER:
            stack[top].value = power(first, second)
        elif math.isnan(first) or math.isnan(second):
            stack[top].value = math.nan
        else:
            stack[top].value = first / second if second > 0.0 else 0.0
    else:
        stack[top].value = _bent(op, stack[top].value)
    _hold(stack[top])
    return top


@kernel
def _bent(op, x):
    """Return logistic, exp or ln of x; undefined for what is undefined."""
    if math.isnan(x):
        return math.nan
    if op == functions.LOGISTIC:
        e = math.exp(-abs(x))
        return (1.0 if x >= 0.0 else e) / (1.0 + e)
    if op == functions.EXP:
        return math.exp(min(x, _MOST_EXPONENT))
    return math.log(x) if x > 0.0 else -math.inf if x == 0.0 else math.nan


@kernel
def power(base, exponent):
    """Return base ** exponent; undefined for a negative base, and for 0 to a negative power. Very large is infinite."""
    if not base >= 0.0 or math.isnan(exponent) or (base == 0.0 and exponent < 0.0):
        return math.nan
    if base > 0.0 and base < math.inf and exponent * math.log(base) > _MOST_EXPONENT:
        return math.inf
    return base**exponent


@kernel
def _call_rest(program, world, op, top, then):
    stack = world.stack
    if op == functions.MIN or op == functions.MAX:
        top -= 1
        one, other = stack[top].value, stack[top + 1].value
        if math.isnan(other) or (one > other if op == functions.MIN else one < other):
            stack[top].value, stack[top].slope = stack[top + 1].value, stack[top + 1].slope
            stack[top].origin, stack[top].path = stack[top + 1].origin, stack[top + 1].path
            stack[top].along = stack[top + 1].along
        _merge(stack[top], stack[top + 1])
        return top
    if op == functions.ABS:
        if stack[top].value < 0.0:
            stack[top].value, stack[top].slope = -stack[top].value, -stack[top].slope
            stack[top].origin = -stack[top].origin
        return top
    if op == functions.TRUST or op == functions.AFFECTION or op == functions.KIN:
        top -= 1
        first, second = int(stack[top].value), int(stack[top + 1].value)
        bond = relations.find(world, first, second)
        push(stack[top], 0.0)
        if op == functions.TRUST:
            stack[top].value = relations.trust(program, world, first, second, then)
        elif op == functions.AFFECTION:
            stack[top].value = drifts.affection(world, first, second, then)
        elif bond >= 0:
            stack[top].value = world.bonds[bond].kin
        if bond >= 0:
            rest(stack[top], world.bonds[bond].entry)
        return top
    if op == functions.TIE or op == functions.FORGAVE:
        top -= 1
        tie = world.ties[int(stack[top].value), int(stack[top + 1].value)]
        push(stack[top], tie.value if op == functions.TIE else float(tie.forgiven))
        rest(stack[top], tie.entry)
        return top
    if op == functions.HEARD:
        top -= 1
        receiver, fact = int(stack[top].value), int(stack[top + 1].value)
        push(stack[top], 0.0)
        for message in world.messages[: world.state[0].sent]:
            if message.state == states.ARRIVED and message.receiver == receiver and message.fact == fact:
                stack[top].value = 1.0
                rest(stack[top], message.arrival)
        return top
    thing = int(stack[top].value)
    push(stack[top], 0.0)
    if op == functions.REACHABLE:
        _truth(stack[top], not acts.cut_off(program, world, thing, then))
        rest(stack[top], acts.entry_of(world, thing))
    elif op == functions.VERDICT or op == functions.DECLINED:
        council = world.councils[thing]
        _truth(stack[top], council.verdict == (1 if op == functions.VERDICT else 2))
        rest(stack[top], council.entry)
    elif op == functions.HUNTING:
        _truth(stack[top], world.swarms[thing].active != 0)
        rest(stack[top], world.swarms[thing].entry)
    elif op == functions.WAITING_FOR:
        stack[top].value = float(world.pads[thing].waiting)
    elif op == functions.TURNED_AWAY:
        stack[top].value = float(world.pads[thing].turned_away)
    elif op == functions.GROWTH:
        stack[top].value = drifts.growth(world.pads[thing], then)
    elif op == functions.DRONES_LEFT:
        stack[top].value = float(world.swarms[thing].left)
        rest(stack[top], world.swarms[thing].entry)
    elif op == functions.VIOLATIONS:
        stack[top].value = float(world.directives_state[thing].violations)
        rest(stack[top], world.directives_state[thing].first)
    elif op == functions.GAUGE_F:
        stack[top].value = world.gauges[thing].value
        rest(stack[top], world.gauges[thing].entry)
    else:
        return unknown(world, top)
    return top
