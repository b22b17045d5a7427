"""Processes outside: what changes by itself, and what rates, conditions and rules may read.

A *chain* is a continuous-time Markov chain with numbers that belong to each state; every way out of a state has an exponential
clock of its own, at a rate that may be an expression, so a rate that is multiplied by such a number is Markov-modulated
(Fischer and Meier-Hellstern 1993, doi 10.1016/0166-5316(93)90035-S). *Noise* is an Ornstein-Uhlenbeck process by its exact
step, held in between (Uhlenbeck and Ornstein 1930). *Daylight* takes the sun's declination by Cooper 1969 (doi
10.1016/0038-092X(69)90047-4), the equation of time by Duffie and Beckman 2013, and rising and setting at -0.833 degrees. A
*harmonic* is a sum of cosines, as tides are. All turns are computed, none is polled.

Assumes that a process reads other processes, the time and data alone, so it is the same whatever anybody does. Leaves out
where on a map it is so, and the height of the ground from which the sun is seen. Held to the oracles O-21.1 to O-21.5.
"""

from __future__ import annotations

import math

from ..declare import ANY, Mechanism, Section, each, listed, nested, quantity, running, text
from ..world import acts, chance, machine, processes, rates, refs, topics
from ..world.compiled import kernel

environment = Mechanism(
    "environment",
    reads="process_plans process_states process_ways process_numbers process_values process_parts",
    writes="processes process_clocks",
)
PROCESS = environment.entity("process")
STATE = environment.entity("process_state")
TURNS = environment.stream("process turns")
NOISE_STEPS = environment.stream("process noise")
BECAME = environment.entry(
    "became", "{subject} became {object}", "a process went over into another state", "process", "process_state", 1
)
ROSE = environment.entry("rose", "{subject} rose", "it became light", subject="process")
SET = environment.entry("set", "{subject} went down", "it ceased to be light", subject="process")

CHAIN, NOISE, DAYLIGHT, HARMONIC = range(4)
DARK, TWILIGHT, UP = range(3)
DAY = 86400.0
_HORIZON, _CIVIL = -0.833, -6.0
_MOST_DAYS = 800
_MOST_HALVINGS = 200
_SAMPLES = 32
_POLAR = 300.0
"""How far the days on which the sun does not set reach over midnight [s], so that no gap is left between them."""

PLANS = environment.plan(
    "process_plans",
    "processes: which sort each is, and its numbers",
    """
    key           u8 -        key of its luck
    law           i1 -        CHAIN, NOISE, DAYLIGHT or HARMONIC
    first         i4 -        of a chain, its first state; of a harmonic, its first part
    count         i4 -        how many
    start         i4 -        of a chain, the state at the start
    middle        f8 -        the mean of noise or of a harmonic
    sd            f8 -        of noise
    relax         f8 s        of noise, the time in which it forgets
    every         f8 s        of noise, the time between two steps
    begins        f8 -        of noise, its value at the start; not a number for one that is drawn
    latitude      f8 degree   of daylight
    longitude     f8 degree   of daylight
    """,
)
STATES = environment.plan(
    "process_states",
    "states of chains",
    """
    process       i4 -        of which process
    first         i4 -        its first way out
    count         i4 -        how many
    values        i4 -        its first number
    """,
)
WAYS = environment.plan(
    "process_ways",
    "ways from one state of a chain to another",
    """
    to            i4 -        the state to which it leads
    rate          f8 1/s      its rate, where that is a constant
    running       i4 -        row of `rate_plans`, where it is an expression; -1 for none
    """,
)
NUMBERS = environment.plan(
    "process_numbers",
    "numbers that the states of a chain have, by their names",
    """
    process       i4 -        of which process
    place         i4 -        which of a state's numbers it is
    """,
)
VALUES = environment.plan(
    "process_values",
    "what those numbers are in each state",
    """
    value         f8 -        the number
    """,
)
PARTS = environment.plan(
    "process_parts",
    "waves of which harmonics are made",
    """
    amplitude     f8 -        its height over the mean
    period        f8 s        the time between two crests
    high_at       f8 s        when it is at a crest
    """,
)
ROWS = environment.table(
    "processes",
    "processes as they stand",
    """
    state         i4 -        of a chain, its state; of daylight, DARK, TWILIGHT or UP
    value         f8 -        of noise, its value
    steps         i8 -        of noise, how many steps it has made
    next          f8 s        of noise and daylight, when it next changes
    entry         i4 entry    its last change
    """,
)
CLOCKS = environment.table(
    "process_clocks",
    "the clocks of the ways out of states",
    """
    clock         i4 clock    the clock
    """,
)


class Chain(Section):
    """States, the numbers that belong to each, and how often each goes over into which."""

    start = text("the state at the start")
    states = each(each(quantity("number")), "the states, each with its numbers, of the same names in all")
    rates = each(each(running("rate", low=0.0)), "from each state, how often it goes over into which", {})


class Noise(Section):
    """A number that wavers about its mean."""

    mean = quantity("number", "its mean in the long run")
    sd = quantity("number", "its standard deviation in the long run", low=0.0)
    relax = quantity("time", "the time in which it forgets where it was (all but 1/e)", above=0.0)
    every = quantity("time", "the time between two steps, between which it is held", 1800.0, low=1.0)
    start = quantity("number", "its value at the start; absent: drawn from what it is in the long run", None)


class Daylight(Section):
    """The sun as it is seen from a point; the story begins on a date, at a distance from UTC that `zone` says."""

    latitude = quantity("number", "degrees north", low=-90.0, high=90.0)
    longitude = quantity("number", "degrees east", low=-180.0, high=180.0)


class Wave(Section):
    """One wave of a harmonic."""

    amplitude = quantity("number", "its height over the mean")
    period = quantity("time", "the time between two crests", above=0.0)
    high_at = quantity("time", "when it is at a crest", 0.0)


class Harmonic(Section):
    """A sum of waves, such as a tide."""

    mean = quantity("number", "what the waves go about", 0.0)
    parts = listed(Wave, "the waves")


@environment.section("processes", one="process", plans=PLANS, rows=ROWS)
class Process(Section):
    """Something outside that changes by itself: exactly one of the four sorts."""

    chain = nested(Chain, "states that go over into one another", None)
    noise = nested(Noise, "a number that wavers", None)
    daylight = nested(Daylight, "the sun", None)
    harmonic = nested(Harmonic, "waves", None)


def _sort(item):
    """Return (sort, what was given) of a process; None unless it is exactly one."""
    given = [(sort, one) for sort, one in enumerate((item.chain, item.noise, item.daylight, item.harmonic)) if one]
    return given[0] if len(given) == 1 else None


@environment.names_more
def name_all(make):
    """Name what stands for a number or a truth: a process, its states, their numbers, light."""
    states = numbers = 0
    for row, (name, item) in enumerate(make.items(Process)):
        found = _sort(item)
        if found is None:
            make.fault(("processes", name), "wants exactly one of chain, noise, daylight and harmonic")
            continue
        sort, given = found
        if sort == CHAIN:
            for state in given.states:
                make.name_alone(f"{name}.{state}", "is_in", "process_state", states)
                states += 1
            for number in next(iter(given.states.values()), {}):
                if number in given.states:
                    make.fault(
                        ("processes", name, "chain", "states"), f"'{number}' is a state and a number; rename one"
                    )
                make.name_alone(f"{name}.{number}", "number_in", "process_number", numbers)
                numbers += 1
        elif sort == DAYLIGHT:
            make.name_alone(f"{name}.twilight", "light", "process_light", 2 * row)
            make.name_alone(f"{name}.up", "light", "process_light", 2 * row + 1)
        else:
            make.name_alone(name, "level", "process", row, row if sort == HARMONIC else None)


@environment.builds_rows
def build(make):
    """Enter the states, ways and waves."""
    states, ways, numbers, values, parts, clocks = [], [], [], [], [], []
    for number, (item, plan, row, path) in enumerate(make.rows(Process)):
        found = _sort(item)
        if found is None:
            continue
        plan.law, given = found
        row.next = math.inf
        if plan.law == CHAIN:
            plan.first, plan.count = len(states), len(given.states)
            _chain_rows(make, number, plan, given, (*path, "chain"), (states, ways, numbers, values, clocks))
            row.state = plan.start
        elif plan.law == NOISE:
            plan.middle, plan.sd, plan.relax, plan.every = given.mean, given.sd, given.relax, given.every
            plan.begins = math.nan if given.start is None else given.start
        elif plan.law == DAYLIGHT:
            plan.latitude, plan.longitude = given.latitude, given.longitude
            if not make.dated:
                make.fault((*path, "daylight"), "needs a date; write scenario.start as '2021-08-15 06:00'")
        else:
            plan.middle, plan.first, plan.count = given.mean, len(parts), len(given.parts)
            parts += [{"amplitude": p.amplitude, "period": p.period, "high_at": p.high_at} for p in given.parts]
    for table, rows in ((STATES, states), (WAYS, ways), (NUMBERS, numbers), (VALUES, values), (PARTS, parts)):
        make.fill_plan(table, rows)
    make.fill(CLOCKS, clocks)


def _chain_rows(make, number, plan, given, path, into):
    states, ways, numbers, values, clocks = into
    names = list(given.states)
    plan.start = make.choice(given.start, names, (*path, "start"), plan.first)
    wanted = list(next(iter(given.states.values()), {}))
    numbers += [{"process": number, "place": place} for place in range(len(wanted))]
    for state in given.rates:
        make.choice(state, names, (*path, "rates", state), 0)
    for state, held in given.states.items():
        if list(held) != wanted and set(held) != set(wanted):
            listed_ = ", ".join(wanted) or "none"
            make.fault((*path, "states", state), f"has other numbers than the first state; every state has {listed_}")
        out = given.rates.get(state, {})
        states.append({"process": number, "first": len(ways), "count": len(out), "values": len(values)})
        values += [{"value": held.get(name, 0.0)} for name in wanted]
        for to, rate in out.items():
            where = (*path, "rates", state, to)
            if to == state:
                make.fault(where, "leads back to the state itself; leave it out")
            clock = make.clock(TURNS, make.part_key("processes", "way", str(int(plan.key)), state, to))
            clocks.append({"clock": clock})
            running = make.running(rate, where, clock, only=("process", "data")) if isinstance(rate, str) else -1
            target = make.choice(to, names, where, plan.first)
            ways.append(
                {"to": target, "rate": rate if running < 0 and not isinstance(rate, str) else 0.0, "running": running}
            )


@environment.step
def step(program, world, since, now):
    """Let every process change whose time has come; return when the next does."""
    if since < 0.0:
        for p in range(len(world.processes)):
            _start(program, world, p, now)
    for p in range(len(world.processes)):
        plan, row = program.process_plans[p], world.processes[p]
        while row.next <= now and acts.going(world, 100):
            if plan.law == NOISE:
                _waver(program, world, p)
            else:
                _light(program, world, p, now)
            acts.touch(world, topics.FIELDS)
    moved = True
    while moved and acts.going(world, 100):
        moved = False
        for p in range(len(world.processes)):
            if program.process_plans[p].law == CHAIN and _turn(program, world, p, now):
                moved = True
    due = math.inf
    for p in range(len(world.processes)):
        due = min(due, world.processes[p].next)
        if program.process_plans[p].law == CHAIN:
            due = min(due, _due(program, world, p, now))
    return due


@kernel
def _start(program, world, p, now):
    plan, row = program.process_plans[p], world.processes[p]
    if plan.law == NOISE:
        row.value, row.next = plan.begins, now + plan.every
        if math.isnan(plan.begins):
            z = chance.normal_quantile(chance.u01(world.state[0].luck, NOISE_STEPS, plan.key, 0))
            row.value = plan.middle + plan.sd * z
    elif plan.law == DAYLIGHT:
        row.state = light_at(program, plan.latitude, plan.longitude, now)
        row.next = next_light(program, plan.latitude, plan.longitude, now)
        acts.touch(world, topics.FIELDS)


@kernel
def _waver(program, world, p):
    """Take the exact step of the process from one beat to the next."""
    plan, row = program.process_plans[p], world.processes[p]
    row.steps += 1
    kept = math.exp(-plan.every / plan.relax)
    z = chance.normal_quantile(chance.u01(world.state[0].luck, NOISE_STEPS, plan.key, row.steps))
    row.value = plan.middle + (row.value - plan.middle) * kept + plan.sd * math.sqrt(1.0 - kept * kept) * z
    row.next = (row.steps + 1.0) * plan.every


@kernel
def _light(program, world, p, now):
    plan, row = program.process_plans[p], world.processes[p]
    was = row.state
    row.state = light_at(program, plan.latitude, plan.longitude, now)
    row.next = next_light(program, plan.latitude, plan.longitude, now)
    if (was == UP) != (row.state == UP):
        row.entry = acts.emit(world, now, ROSE if row.state == UP else SET, refs.ref(PROCESS, p), -1, -1, 0.0, -1)


@kernel
def _rings(program, world, way, on, now):
    """Let the clock of a way out run, or stand still; return when it rings."""
    running = program.process_ways[way].running
    clock = world.clocks[world.process_clocks[way].clock]
    if running >= 0:
        return rates.run(program, world, running, on, now)
    return processes.set_rate(clock, program.process_ways[way].rate if on else 0.0, now)


@kernel
def _turn(program, world, p, now):
    """Let a chain go over into another state if the clock of a way there has rung; return whether it has."""
    row = world.processes[p]
    here = program.process_states[row.state]
    soonest, taken = math.inf, -1
    for way in range(here.first, here.first + here.count):
        rings = _rings(program, world, way, True, now)
        if rings <= now and rings < soonest:
            soonest, taken = rings, way
    if taken < 0:
        return False
    for way in range(here.first, here.first + here.count):
        _rings(program, world, way, False, now)
        processes.rearm(world.clocks[world.process_clocks[way].clock], world.state[0].luck, now)
    row.state = program.process_ways[taken].to
    row.entry = acts.emit(world, now, BECAME, refs.ref(PROCESS, p), refs.ref(STATE, row.state), -1, 0.0, row.entry)
    acts.touch(world, topics.FIELDS)
    return True


@kernel
def _due(program, world, p, now):
    """Return when the next way out of a chain's state rings, or has to be looked at again."""
    here = program.process_states[world.processes[p].state]
    due = math.inf
    for way in range(here.first, here.first + here.count):
        due = min(due, _rings(program, world, way, True, now))
        running = program.process_ways[way].running
        if running >= 0:
            due = min(due, world.rates[running].next)
    return due


# ------------------------------------------------------------------------------------------------------ the sun


@kernel
def day_of_year(days):
    """Return the day of the year, from 1, of a date that is so many days after 1970-01-01."""
    shifted = days + 719_468  # from the first of March of the year 0, in whose years the leap day comes last
    of_era = shifted % 146_097
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    from_march = of_era - (365 * year + year // 4 - year // 100)
    if from_march >= 306:
        return from_march - 305
    civil = year + (shifted // 146_097) * 400
    leap = 1 if (civil % 4 == 0 and civil % 100 != 0) or civil % 400 == 0 else 0
    return from_march + 60 + leap


@kernel
def half_day(latitude, day, altitude):
    """Return half the time [s] for which the sun is above an altitude on a day of the year; 0 for never."""
    tilt = math.radians(23.45 * math.sin(2.0 * math.pi * (284.0 + day) / 365.0))
    north = math.radians(latitude)
    across = math.cos(north) * math.cos(tilt)
    gap = math.sin(math.radians(altitude)) - math.sin(north) * math.sin(tilt)
    if gap >= across:
        return 0.0
    if gap <= -across:
        return 0.5 * DAY + _POLAR
    return math.acos(gap / across) / (2.0 * math.pi) * DAY


@kernel
def noon(program, longitude, number):
    """Return when the sun is highest on a day of the story, from 0 for the day of the start [s from the start]."""
    limits = program.limits[0]
    angle = 2.0 * math.pi * (day_of_year(limits.start_day + number) - 81.0) / 364.0
    ahead = 60.0 * (9.87 * math.sin(2.0 * angle) - 7.53 * math.cos(angle) - 1.5 * math.sin(angle))
    return number * DAY - limits.start_hour + 0.5 * DAY + limits.zone - 240.0 * longitude - ahead


@kernel
def above(program, latitude, longitude, altitude, now):
    """Return whether the sun is above an altitude."""
    today = math.floor((program.limits[0].start_hour + now) / DAY)
    for number in range(today - 1, today + 2):
        half = half_day(latitude, day_of_year(program.limits[0].start_day + number), altitude)
        middle = noon(program, longitude, number)
        if middle - half <= now < middle + half:
            return True
    return False


@kernel
def light_at(program, latitude, longitude, now):
    """Return DARK, TWILIGHT or UP."""
    if above(program, latitude, longitude, _HORIZON, now):
        return UP
    return TWILIGHT if above(program, latitude, longitude, _CIVIL, now) else DARK


@kernel
def next_light(program, latitude, longitude, now):
    """Return when it is next light in another way; infinity when it is not within two years."""
    today = math.floor((program.limits[0].start_hour + now) / DAY)
    is_now = light_at(program, latitude, longitude, now)
    for number in range(today - 1, today + _MOST_DAYS):
        middle = noon(program, longitude, number)
        day = day_of_year(program.limits[0].start_day + number)
        low, high = half_day(latitude, day, _CIVIL), half_day(latitude, day, _HORIZON)
        for turn in range(4):
            at = middle + (-low if turn == 0 else -high if turn == 1 else high if turn == 2 else low)
            if at > now and light_at(program, latitude, longitude, at) != is_now:
                return at
    return math.inf


# ------------------------------------------------------------------------------------------------------ waves


@kernel
def height(program, p, time):
    """Return the value of a harmonic at a time."""
    plan = program.process_plans[p]
    total = plan.middle
    for n in range(plan.first, plan.first + plan.count):
        part = program.process_parts[n]
        total += part.amplitude * math.cos(2.0 * math.pi * (time - part.high_at) / part.period)
    return total


@kernel
def _rise(program, p, time):
    """Return the slope of a harmonic at a time, up to a factor."""
    plan = program.process_plans[p]
    total = 0.0
    for n in range(plan.first, plan.first + plan.count):
        part = program.process_parts[n]
        total -= part.amplitude / part.period * math.sin(2.0 * math.pi * (time - part.high_at) / part.period)
    return total


@kernel
def _side(program, p, level, time):
    gap = height(program, p, time) - level
    return 0 if gap == 0.0 else 1 if gap > 0.0 else -1


@environment.at("along")
def along(program, world, path, now):
    """Return the value of a harmonic at a time."""
    return height(program, path, now)


@environment.at("crosses")
def crosses(program, world, path, level, now):
    """Return when a harmonic is next on another side of a level; infinity when it is not before the story ends."""
    plan = program.process_plans[path]
    swing, shortest = 0.0, math.inf
    for n in range(plan.first, plan.first + plan.count):
        swing += abs(program.process_parts[n].amplitude)
        shortest = min(shortest, program.process_parts[n].period)
    if not plan.middle - swing <= level <= plan.middle + swing or not shortest < math.inf:
        return math.inf
    side = _side(program, path, level, now)
    before, ends = now, program.limits[0].horizon
    while before < ends and acts.going(world, 200):
        after = before + shortest / _SAMPLES
        crest = _crest(program, path, before, after)
        if crest > before and _side(program, path, level, crest) != side:
            after = crest
        if _side(program, path, level, after) != side:
            return _first_beyond(program, path, level, side, before, after)
        before = after
    return math.inf


@kernel
def _crest(program, p, before, after):
    """Return where a harmonic turns between two times; the first of them when it does not."""
    up = _rise(program, p, before) > 0.0
    if (_rise(program, p, after) > 0.0) == up:
        return before
    low, high = before, after
    for _ in range(_MOST_HALVINGS):
        middle = 0.5 * (low + high)
        if middle <= low or middle >= high:
            break
        if (_rise(program, p, middle) > 0.0) == up:
            low = middle
        else:
            high = middle
    return low


@kernel
def _first_beyond(program, p, level, side, low, high):
    """Return the first moment after `low` at which a harmonic is on another side of a level, as it is at `high`."""
    for _ in range(_MOST_HALVINGS):
        middle = 0.5 * (low + high)
        if middle <= low or middle >= high:
            break
        if _side(program, p, level, middle) == side:
            low = middle
        else:
            high = middle
    return high


# -------------------------------------------------------------------------------------------------- what is asked


@environment.function(
    "level",
    "process -> number",
    "the value of noise or a harmonic, as its bare name",
    reads="fields",
    span=ANY,
    private=True,
)
def level(program, world, now, out, process):
    """Noise is held between its steps; a harmonic grows along itself."""
    if program.process_plans[process].law == HARMONIC:
        out.along = height(program, process, now)
        out.value, out.slope, out.origin, out.path = out.along, 1.0, 0.0, process
    else:
        out.value = world.processes[process].value


@environment.function(
    "is_in", "process_state -> bool", "the chain is in the state, as 'weather.fair'", reads="fields", private=True
)
def is_in(program, world, now, out, state):
    """Rest on the chain's last change."""
    row = world.processes[program.process_states[state].process]
    machine.answer(out, row.state == state, row.entry)


@environment.function(
    "number_in",
    "process_number -> number",
    "the number of a chain's present state, as 'weather.sea'",
    reads="fields",
    span=ANY,
    private=True,
)
def number_in(program, world, now, out, number):
    """Rest on the chain's last change."""
    of = program.process_numbers[number]
    row = world.processes[of.process]
    out.value = program.process_values[program.process_states[row.state].values + of.place].value
    machine.rest(out, row.entry)


@environment.function(
    "light", "process_light -> bool", "the sun is so, as 'sun.up' or 'sun.twilight'", reads="fields", private=True
)
def light(program, world, now, out, which):
    """Rest on the sun's last rising or setting."""
    row = world.processes[which // 2]
    machine.answer(out, row.state == (UP if which % 2 == 1 else TWILIGHT), row.entry)
