"""Ageing: calendar age, biological age, treatment and its side effects, and deaths of age and of accident.

Everybody's hazard of death is that of Gompertz and Makeham on biological age, times frailty and what treatment costs; a
field draws biological age towards its target. Between changes all of it has a closed form, so a person's rates are
reckoned with only when they change: the exposure since the last change goes to the clock of death, and the time at
which it will ring follows at once. Deaths come at those exact times, and nothing depends on how often anybody looks;
ages are brought up to date once a day, or as the scenario says, for whoever reads them.

Assumes that frailty does not change and that machines neither age nor die of it. Leaves out disease and birth. A death
of age names nobody; its cause is the entry that last changed how the person ages. Sources and oracles (O-8.1 to O-8.8):
`laws.ageing`.
"""

from __future__ import annotations

import math

from ..declare import AWAKE, LIVING, Mechanism, Span, optional, required
from ..laws import ageing as laws
from ..world import acts, drifts, kinds, refs, states, topics
from ..world.compiled import kernel

ageing = Mechanism("ageing", reads="people fields limits", writes="people clocks chronicle")
TREATED = ageing.entry(
    "treated",
    "{subject} took up treatment[ by {object}]",
    "treatment changed; object is who treats",
    subject="person crowd faction",
    object="person",
    living="subject object",
    seen="subject object",
)
_requests = ageing.requests()


@ageing.step
def step(program, world, since, now):
    """Bring ages up to date, let die whose time has come, and reckon anew with whoever ages otherwise from now on."""
    every = program.limits[0].ages_every
    date = math.floor(now / every)
    due = (date + 1.0) * every
    up_to_date = since >= 0.0 and date == math.floor(since / every) and world.state[0].ends != states.CLOSING
    for i in range(len(world.people)):
        body = world.people[i]
        if body.status == states.DEAD:
            continue
        if since < 0.0:
            _begin(program, world, i, now)
        if not up_to_date or body.dies <= now:
            body.age = drifts.age(body, now)
            _grow(program, body, now)
        if body.dies <= now:
            acts.kill(world, i, refs.NOBODY, now, max(body.fate, 0))
        else:
            due = min(due, _look(program, world, i, now))
    if _requests(program, world, now) > 0:
        for i in range(len(world.people)):
            if world.people[i].status != states.DEAD:
                due = min(due, max(world.people[i].dies, now))
    return due


@kernel
def _begin(program, world, i, now):
    """Start the reckoning of one person."""
    body = world.people[i]
    body.pull = body.rejuvenation
    body.pull_to = world.fields[body.lit].target_age if body.lit >= 0 else 0.0
    body.fate = -1
    _foresee(program, world, i)


@kernel
def _grow(program, body, now):
    """Bring biological age and burden up to now."""
    body.biological = drifts.biological_age(program, body, now)
    body.burden = drifts.burden(program, body, now)


@kernel
def _look(program, world, i, now):
    """Reckon anew with a person whose field has changed, or whose luck has; return when they will die."""
    body = world.people[i]
    target = world.fields[body.lit].target_age if body.lit >= 0 else body.pull_to
    if body.rejuvenation != body.pull or (body.pull > 0.0 and target != body.pull_to):
        settle(program, world, i, now)
        body.fate = max(body.entry, world.fields[body.lit].entry) if body.lit >= 0 else body.entry
        body.pull, body.pull_to = body.rejuvenation, target
        _foresee(program, world, i)
    elif body.doom != world.clocks[body.clock_death].threshold:
        _foresee(program, world, i)
    return max(body.dies, now)


@kernel
def settle(program, world, i, now):
    """Give the clock of death what it was exposed to since the last change, and count from now on."""
    body, clock = world.people[i], world.clocks[world.people[i].clock_death]
    _, _, exposure, _ = _live(program, body, math.inf, (now - body.anchored) / laws.YEAR)
    clock.spent += exposure
    clock.at = now
    _grow(program, body, now)
    body.anchored, body.anchor_age, body.anchor_burden = now, body.biological, body.burden


@kernel
def _foresee(program, world, i):
    """Work out when a person will die if nothing changes; infinity for not before the story must end."""
    body, clock = world.people[i], world.clocks[world.people[i].clock_death]
    body.doom = clock.threshold
    limits = program.limits[0]
    years = max(limits.horizon - body.anchored, 0.0) / laws.YEAR
    if body.machine != 0 or clock.threshold - clock.spent > laws.most_exposure(
        body.anchor_age,
        body.anchor_burden,
        years,
        laws.ageing_rate(limits.treat_slow, body.treatment),
        body.pull_to if body.pull > 0.0 else body.anchor_age,
        laws.burden_source(limits.treat_cost, body.treatment, 1.0),
        body.frailty,
        limits.makeham,
        limits.senescence,
        limits.gompertz,
        limits.phi,
    ):
        body.dies = math.inf
        return
    _, _, _, when = _live(program, body, clock.threshold - clock.spent, years)
    body.dies = body.anchored + when * laws.YEAR if when >= 0.0 else math.inf


@kernel
def _live(program, body, left, years):
    """Let a person live for some years from the last change on; see `laws.ageing.live`."""
    limits = program.limits[0]
    if body.machine != 0:
        return body.anchor_age, body.anchor_burden, 0.0, -1.0
    return laws.live(
        body.anchor_age,
        body.anchor_burden,
        left,
        years,
        laws.ageing_rate(limits.treat_slow, body.treatment),
        body.pull,
        body.pull_to,
        laws.burden_source(limits.treat_cost, body.treatment, 1.0),
        limits.treat_heal,
        body.frailty,
        limits.makeham,
        limits.senescence,
        limits.gompertz,
        limits.phi,
    )


@ageing.verb(
    "treat",
    "set the intensity of treatment; a doer reaches those beside them",
    who=required("being", needs=LIVING),
    intensity=required("number", 0.0, 1.0),
    by=optional("person", needs=AWAKE, beside="who", notices=True),
)
def treat(program, world, now, cause, who, intensity, by):
    """Treat those who live and age, whom the doer reaches, and who are treated otherwise so far."""
    entry, ages = -1, False
    first, last = acts.range_of(world, who, program)
    for i in range(first, last):
        body = world.people[i]
        if body.status == states.DEAD or body.machine != 0 or not acts.is_of(world, who, i, program):
            continue
        ages = True
        if body.treatment == intensity or not acts.reaches(program, world, by, i, 0.0):
            continue
        if entry < 0:
            entry = acts.emit(world, now, TREATED, who, refs.ref(refs.PERSON, by), -1, intensity, cause)
        settle(program, world, i, now)
        body.treatment = intensity
        body.fate = entry
        _foresee(program, world, i)
    if entry >= 0:
        acts.touch(world, topics.HEALTH)
    elif not ages:
        acts.idle(program, world, kinds.WAS_UNFIT)


@ageing.at("redraw")
def redraw(program, world, now):
    """Add to every threshold what the person has been exposed to since the last change; see docs/decisions/0005."""
    for i in range(len(world.people)):
        body, clock = world.people[i], world.clocks[world.people[i].clock_death]
        if body.status != states.DEAD and body.machine == 0:
            _, _, exposure, _ = _live(program, body, math.inf, (now - body.anchored) / laws.YEAR)
            clock.threshold += exposure


@ageing.function(
    "age", "person -> age", "calendar age", reads="health", span=Span(by="age", flows=True), drifts=True, private=True
)
def age(program, world, then, out, person):
    """Rest on nothing: it only passes."""
    out.value = drifts.age(world.people[person], then)


@ageing.function(
    "biological_age",
    "person -> age",
    "biological age",
    reads="health",
    span=Span(flows=True),
    drifts=True,
    private=True,
)
def biological_age(program, world, then, out, person):
    """Rest on nothing: it only passes."""
    out.value = drifts.biological_age(program, world.people[person], then)


@ageing.function(
    "mean_biological_age",
    "being -> age",
    "mean biological age of those alive; undefined for nobody",
    reads="health people",
    span=Span(flows=True, undefined=True),
    drifts=True,
)
def mean_biological_age(program, world, then, out, being):
    """Count nobody who is dead; nobody at all is no number."""
    first, last = acts.range_of(world, being, program)
    total, living = 0.0, 0
    for i in range(first, last):
        if world.people[i].status != states.DEAD and acts.is_of(world, being, i, program):
            total += drifts.biological_age(program, world.people[i], then)
            living += 1
    out.value = total / living if living > 0 else math.nan


@ageing.function(
    "rejuvenation",
    "person -> age",
    "years of biological age lost since the start",
    reads="health",
    span=Span(flows=True),
    drifts=True,
    private=True,
)
def rejuvenation(program, world, then, out, person):
    """Compare with the start."""
    body = world.people[person]
    out.value = body.biological_start - drifts.biological_age(program, body, then)


@ageing.function(
    "disfigurement",
    "person -> number",
    "index of disfigurement, 0 to 1",
    reads="health",
    span=Span(0.0, 1.0, flows=True, rests=True),
    drifts=True,
    private=True,
)
def disfigurement(program, world, then, out, person):
    """Follow the burden that treatment has laid on somebody."""
    out.value = -math.expm1(-drifts.burden(program, world.people[person], then))
