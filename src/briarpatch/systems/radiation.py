"""Radiation: fields that rejuvenate and heal, what harvesting one lets loose, and what doses do.

A place lies in the field that its scenario names; how much reaches it follows from the ring's geometry, worked out when
the scenario is compiled, and from the shelters around it, from the innermost outward. Whoever is under way is in the
open at the place that they go to. What reaches people sets the rate at which the field rejuvenates them (`ageing`
reckons with it) and heals their tissues, both by Hill's law; tissues relax exponentially and come to work, or cease to,
at the exact time. While its device runs, a field is drained exponentially: its share left, what is collected, and the
dose that is let loose over its places are exact at any step. Early death is a Weibull hazard of dose, so each person
has a dose at which they die, and dies at the exact time at which it is reached. Benefit and healing alone follow the
stock in steps of one eighth of an e-fold, each at its middle, whoever else calls in between; doses of those who stay
where they are go to their account in the same steps, and whenever one falls due that kills.

Assumes that a whole story is one episode of exposure, that death by dose comes at once, that machines are immune, and
that a dose kills the cells of tissues by the linear-quadratic law, for which alone the dose rate of a harvest counts as
even within a step. Leaves out scatter, organs, and late harm. Sources and oracles (O-7.1 to O-7.11): `laws.radiation`.
"""

from __future__ import annotations

import math

from ..laws import radiation as laws
from ..world import acts, journal, kinds, refs, states, topics, verbs
from ..world.compiled import kernel
from ..world.parts import system
from ..world.processes import relax

READS = ("places", "vessels", "devices", "parties", "legs")
WRITES = ("fields", "tissues", "people", "clocks", "chronicle")

BANDS = 8.0
"""Steps to an e-fold in which benefit and healing follow a stock that is being drained; at the middle of each, so that
an even rate is off by less than 1 in 1,000."""

_NEGLIGIBLE = 1e-9
_ROUNDING = 1e-12


@system
def step(program, world, since, now):
    """Let fields drain, tissues heal and doses kill that have come to it, and see who is in which field from now on."""
    due = _drain(world, now)
    _heal(world, now)
    while acts.going(world, 10):
        number = acts.take(program, world, states.RADIATION)
        if number < 0:
            break
        _give(program, world, number, now)
        acts.spend(program, world, number)
    _shine(program, world, now)
    for tissue in world.tissues:
        _set_healing(world, tissue, now)
        due = min(due, tissue.turns)
    if world.state[0].ends == states.CLOSING:
        for field in world.fields:
            _settle_field(field, now)
        for tissue in world.tissues:
            _settle_tissue(world, tissue, now)
    return min(due, world.state[0].fatal)


# ------------------------------------------------------------------------------------------------ stocks


@kernel
def _drain(world, now):
    """Write down which fields are drained by now, and set the rates that hold from now on; return what comes next."""
    due = math.inf
    for f in range(len(world.fields)):
        field = world.fields[f]
        if field.empties <= now:
            field.empties = math.inf
            which, left = refs.ref(refs.FIELD, f), acts.stock_now(field, now)
            field.entry = acts.emit(world, now, kinds.DRAINED, which, -1, -1, left, field.entry)
            acts.touch(world, topics.FIELDS)
        _set_drain(world, f, now)
        due = min(due, field.empties, field.relevel)
    return due


@kernel
def _settle_field(field, now):
    """Keep the stock of a field as it is now; it is drained on from here."""
    before = field.stock
    field.stock = acts.stock_now(field, now)
    field.collected += laws.collected(before, field.stock, field.efficiency)
    field.since = now


@kernel
def _set_drain(world, f, now):
    field = world.fields[f]
    runs = field.machine >= 0 and world.devices[field.machine].mode == states.RUNNING
    drain = field.draw if runs else 0.0
    if drain != field.drain:
        _settle_field(field, now)
        field.drain = drain
        field.entry = world.devices[field.machine].entry
        falls = drain > 0.0 and field.stock > field.low and field.low > 0.0
        field.empties = now + math.log(field.stock / field.low) / drain if falls else math.inf
        field.level = field.stock
        field.relevel = now if drain > 0.0 else math.inf
        acts.touch(world, topics.FIELDS)
    if field.relevel <= now:
        left = acts.stock_now(field, now)
        field.level = left * math.exp(-0.5 / BANDS)
        field.relevel = now + 1.0 / (BANDS * drain) if left > _NEGLIGIBLE else math.inf


# ------------------------------------------------------------------------------------------------ doses


@kernel
def _account(program, world, i, now):
    """Give a person what their field has let loose since they were last accounted for, and let doses before be repaired.

    Those whom nothing moves are accounted for in the steps in which benefit follows the stock.
    """
    body, dose = world.people[i], 0.0
    if body.lit >= 0:
        field = world.fields[body.lit]
        left = acts.stock_now(field, now)
        dose = laws.released_dose(body.met, left, field.toxicity) * body.shade
        body.met = left
    if (dose > 0.0 or body.lesion > 0.0) and body.status != states.DEAD and body.machine == 0:
        _absorb(program, world, i, dose, now - body.met_at, now)
    body.met_at = now


@kernel
def _absorb(program, world, i, dose, span, now):
    """Let a person take `dose` [Gy] over `span` [s], at once when that is zero, on top of what is not yet repaired."""
    body = world.people[i]
    if span > 0.0:
        growth = laws.kill_step(body.lesion, dose / span, laws.REPAIR, laws.ALPHA, laws.BETA, span)
        body.lesion = laws.lesions_after(body.lesion, dose / span, laws.REPAIR, span)
        if body.lesion < _ROUNDING:
            body.lesion = 0.0
    else:
        growth = laws.log_kill(dose, 1.0, laws.ALPHA, laws.BETA) + 2.0 * laws.BETA * dose * body.lesion
        body.lesion += dose
    if dose <= 0.0:
        return
    body.dose += dose
    body.kill += growth
    clock = world.clocks[body.clock_dose]
    clock.spent = laws.lethal_hazard(body.dose, program.limits[0].dose_half, program.limits[0].dose_power)
    clock.at = now
    for tissue in world.tissues:
        if tissue.person == i:
            _settle_tissue(world, tissue, now)
            tissue.integrity *= math.exp(-growth)


@kernel
def _give(program, world, number, now):
    """Carry out a dose that was asked for, to people or over a whole field, and let those die whom it kills."""
    asked = world.requests[number]
    first, last, by, reached = 0, len(world.people), refs.NOBODY, False
    if asked.verb == verbs.IRRADIATE:
        first, last = acts.range_of(world, asked.a, program)
    else:
        by = refs.ref(refs.FIELD, asked.a)
    for i in range(first, last):
        body = world.people[i]
        if body.status == states.DEAD or body.machine != 0:
            continue
        dose = asked.amount
        if asked.verb != verbs.IRRADIATE:
            field, _, shade = _reaches(program, world, body)
            dose = dose * shade if field == asked.a else 0.0
        elif not acts.is_of(world, asked.a, i, program):
            continue
        if dose > 0.0:
            _account(program, world, i, now)
            _absorb(program, world, i, dose, 0.0, now)
            journal.note(world, i)
            for tissue in world.tissues:
                if tissue.person == i:
                    tissue.entry = asked.cause
            if world.clocks[body.clock_dose].spent >= world.clocks[body.clock_dose].threshold:
                acts.kill(world, i, by, now, asked.cause)
            reached = True
    if reached:
        acts.done(program, world)
        acts.touch(world, topics.HEALTH)


@kernel
def _fate(program, world, i):
    """Return when a person will have taken the dose that kills them, if nothing changes; infinity for never."""
    body = world.people[i]
    if body.lit < 0 or body.status == states.DEAD or body.machine != 0:
        return math.inf
    field, clock = world.fields[body.lit], world.clocks[body.clock_dose]
    lethality = field.toxicity * body.shade
    if field.drain <= 0.0 or lethality * body.met <= 0.0:
        return math.inf
    if body.lethal_for != clock.threshold:
        body.lethal_for = clock.threshold
        body.lethal = laws.lethal_dose(clock.threshold, program.limits[0].dose_half, program.limits[0].dose_power)
    left = body.met - max(body.lethal - body.dose, 0.0) / lethality
    return field.since + max(math.log(field.stock / left), 0.0) / field.drain if left > 0.0 else math.inf


# ------------------------------------------------------------------------------------------------ what does good


@kernel
def _shine(program, world, now):
    """See which field reaches those whom that may concern now, and what it does for their age and to their lives."""
    state, read = world.state[0], world.due[states.RADIATION]
    everybody = state.fatal <= now or state.ends == states.CLOSING
    for field in world.fields:
        everybody = everybody or field.shown != field.level
    if everybody or read.sailed != state.sailed or journal.everybody(world, read.noted):
        state.fatal = math.inf
        for i in range(len(world.people)):
            _shine_on(program, world, i, now)
    else:
        for number in range(read.noted, state.noted):
            _shine_on(program, world, journal.who(world, number), now)
    for field in world.fields:
        field.shown = field.level
    read.sailed, read.noted = state.sailed, state.noted


@kernel
def _shine_on(program, world, i, now):
    body = world.people[i]
    if body.status == states.DEAD:
        return
    if _fate(program, world, i) <= now:
        field = world.fields[body.lit]
        _account(program, world, i, now)
        acts.kill(world, i, refs.ref(refs.FIELD, body.lit), now, field.entry)
        return
    lit, reach, shade = _reaches(program, world, body)
    fades = body.lit >= 0 and world.fields[body.lit].shown != world.fields[body.lit].level
    moved = lit != body.lit
    if moved or fades or shade != body.shade or world.state[0].ends == states.CLOSING:
        _account(program, world, i, now)
    changes = moved or fades or reach != body.reach
    body.lit, body.reach, body.shade = lit, reach, shade
    if moved and lit >= 0:
        body.met = acts.stock_now(world.fields[lit], now)
    world.state[0].fatal = min(world.state[0].fatal, _fate(program, world, i))
    if not changes:
        return
    rate = 0.0
    if lit >= 0:
        field = world.fields[lit]
        rate = laws.rejuvenation(reach * field.level, field.benefit, field.half, field.exponent)
    if moved or body.rejuvenation != rate:
        body.rejuvenation = rate
        acts.wake(world, states.AGEING, now)


@kernel
def _reaches(program, world, body):
    """Return (field, dose rate while it is full, share of a release) of what reaches somebody where they are."""
    place = body.place
    if place < 0:
        place = body.destination
        if body.party >= 0:
            leg = world.parties[body.party].leg
            place = program.legs[leg].end_place if leg >= 0 else -1
        if place < 0 or program.places[place].map < 0 or program.places[place].field < 0:
            return -1, 0.0, 0.0
        return program.places[place].field, program.places[place].dose_rate, 1.0
    shade = 1.0
    for _ in range(8):
        if place < 0:
            break
        row = program.places[place]
        shade *= row.shelter
        if row.field >= 0:
            return row.field, row.dose_rate * shade, shade
        if row.vessel >= 0:
            ship = world.vessels[row.vessel]
            place = ship.at if place == ship.inside else ship.inside
        elif row.machine >= 0:
            place = acts.site(world, row.machine)
        else:
            break
    return -1, 0.0, 0.0


@kernel
def _set_healing(world, tissue, now):
    body = world.people[tissue.person]
    rate, newest = 0.0, body.entry
    if body.lit >= 0:
        field = world.fields[body.lit]
        rate = field.healing * laws.hill(body.reach * field.level, field.half, field.exponent)
        newest = max(newest, field.entry)
    if rate != tissue.heals:
        _settle_tissue(world, tissue, now)
        tissue.heals = rate
        tissue.entry = newest
    tissue.turns = math.inf if body.status == states.DEAD else _turn(tissue)


@kernel
def _settle_tissue(world, tissue, now):
    """Keep a tissue as it is now; it grows or fades on from here."""
    total = tissue.heals + tissue.fades
    if total > 0.0:
        lived = min(now, world.people[tissue.person].died) - tissue.since
        tissue.integrity = relax(tissue.integrity, tissue.heals / total, total, lived)
    tissue.since = now


@kernel
def _heal(world, now):
    """Let those tissues change over that have come to it."""
    for tissue in world.tissues:
        body = world.people[tissue.person]
        if body.status == states.DEAD or tissue.turns > now:
            continue
        _settle_tissue(world, tissue, now)
        tissue.works = 1 - tissue.works
        kind = kinds.HEALED if tissue.works != 0 else kinds.FAILED_TISSUE
        who, what = refs.ref(refs.PERSON, tissue.person), refs.ref(refs.TISSUE, tissue.kind)
        cause = max(tissue.entry, 0)
        tissue.entry = acts.emit(world, now, kind, who, what, body.place, tissue.integrity, cause)
        tissue.turns = math.inf
        acts.touch(world, topics.HEALTH)


@kernel
def _turn(tissue):
    """Return when a tissue will come to work, or cease to, at the present rates; infinity for never."""
    q, needed = tissue.integrity, tissue.needed
    if (tissue.works != 0 and q < needed - _ROUNDING) or (tissue.works == 0 and q > needed + _ROUNDING):
        return tissue.since
    total = tissue.heals + tissue.fades
    target = tissue.heals / total if total > 0.0 else needed
    if target == needed or (tissue.works != 0) == (target > needed):
        return math.inf
    left = (q - target) / (needed - target)
    return tissue.since + math.log(left) / total if left > 1.0 else tissue.since


@kernel
def settle(program, world, now):
    """Bring every account of doses up to now, and let it be asked anew who will have taken the dose that kills them."""
    for i in range(len(world.people)):
        _account(program, world, i, now)
    world.state[0].fatal = now
