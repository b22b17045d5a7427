"""Rules: what happens when a condition holds: at once, after a time, at a rate, by a beat or at given times.

A rule has an *occasion* when its condition comes to hold: at once, or after a delay drawn from a distribution. Or it has one
whenever its clock says so while its condition holds: an exponential clock that runs at a rate, which may be an expression; a
beat; a list of times. On each occasion its chance is drawn, and it fires or it does not. A rule that repeats has a new occasion
after each one while its condition goes on to hold (a renewal process); one with a clock goes on by itself (at a rate r and a
chance p, a Poisson process of rate r p), unless it is to fire once.

All conditions and chances are judged on the state at the start of the pass, and only then the rules that are ready fire, all on
that same state, so their order in the file means nothing. A condition is looked at again when one of the topics it reads has
changed, at the exact moment when a comparison with time turns, and, while its truth rests on what drifts, at its own cadence.

Assumes that nothing within an instant takes time. Source for the clocks: the random time change (Kurtz 1980), see
`world.processes` and `world.rates`.
"""

from __future__ import annotations

import math

from ..world import acts, chance, effects, kinds, machine, processes, quantiles, rates, refs, states, topics, verbs
from ..world.compiled import kernel
from ..world.parts import system

READS = ("everything that conditions read", "clocks", "rules_state")
WRITES = ("events", "gauges", "directives_state", "rules_state", "requests", "chronicle")

FIRES, PASSES = 1, 2
"""Whether a rule whose occasion has come fires in this pass, or lets the occasion pass."""


@system
def step(program, world, since, now):
    """Carry out `mark`, `set` and `add`; judge every rule that may have changed; fire those that are ready."""
    _requests(program, world, now)
    if acts.first_request(world) >= 0:  # everything that was asked happens before its consequences
        return now
    state = world.state[0]
    changed = state.changed
    state.changed = 0
    first_look = changed < 0
    due, ready = math.inf, False
    for i in range(len(program.rules)):
        if first_look or (changed & program.rule_topics[i].mask) != 0 or world.rule_times[i].due <= now:
            if not _done(program, world, i):
                _judge(program, world, i, changed, first_look, now)
                _blame(world, i)
                ready = ready or world.rules_state[i].ready != 0
            world.rule_times[i].due = _due(program, world, i)
        due = min(due, world.rule_times[i].due)
    _directives(program, world, changed, first_look, now)
    _ends(program, world, changed, first_look, now)
    if ready:
        due = _fire(program, world, now)
    for fared in world.directives_state:
        due = min(due, fared.next)
    return min(due, world.state[0].ends_next)


@kernel
def _fire(program, world, now):
    """Fire the rules that are ready, and return when one may next fire by itself or wants to be looked at."""
    for i in range(len(program.rules)):
        if world.rules_state[i].ready == FIRES:
            _happen(program, world, i, now)
            _blame(world, i)
    due = math.inf
    for i in range(len(program.rules)):
        held = world.rules_state[i]
        if held.ready != 0:
            _go_on(program, world, i, now)
            _blame(world, i)
            world.rule_times[i].due = _due(program, world, i)
        due = min(due, world.rule_times[i].due)
    return due


@kernel
def _requests(program, world, now):
    while acts.going(world, 10):
        number = acts.take(program, world, states.RULES)
        if number < 0:
            return
        asked = world.requests[number]
        if asked.verb == verbs.MARK:
            entry = acts.emit(world, now, kinds.MARKED, -1, refs.ref(refs.EVENT, asked.a), -1, 0.0, asked.cause)
            acts.mark(world, asked.a, entry, now)
        else:
            gauge = world.gauges[asked.a]
            gauge.value = asked.amount if asked.verb == verbs.SET else gauge.value + asked.amount
            gauge.entry = acts.emit(
                world, now, kinds.GAUGED, -1, refs.ref(refs.GAUGE, asked.a), -1, gauge.value, asked.cause
            )
            acts.touch(world, topics.GAUGES)
        acts.spend(program, world, number)


@kernel
def _done(program, world, i):
    """Return whether a rule will not fire any more, whatever happens."""
    held = world.rules_state[i]
    spent = held.over != 0 or (held.fired > 0 and program.rules[i].again == 0)
    return spent or held.suppressed == states.SUPPRESSED


@kernel
def _judge(program, world, i, changed, first_look, now):
    rule, held = program.rules[i], world.rules_state[i]
    if first_look or (changed & rule.mask) != 0 or held.next <= now:
        then = machine.as_of(rule.polled, rule.every, now)
        turns = machine.glance(program, world, rule.code, now, then)
        holds = world.stack[0].value != 0.0
        if holds != (held.held != 0):
            machine.evaluate(program, world, rule.code, now, then)  # what made it so
        held.next = machine.look_again(turns, rule.polled and world.stack[0].drifted, rule.every, now)
        if holds and held.held == 0:
            _rise(program, world, i, now)
        elif held.held != 0 and not holds:
            _fall(program, world, i, now)
        held.held = 1 if holds else 0
    if rule.running >= 0 and held.held != 0 and held.fires > now:
        plan = program.rate_plans[rule.running]
        if (changed & plan.mask) != 0 or world.rates[rule.running].next <= now:
            held.fires = rates.run(program, world, rule.running, True, now)
    if held.fires <= now:
        held.fires = math.inf
        held.ready = FIRES if _comes_off(program, world, i, now) else PASSES


@kernel
def _blame(world, i):
    """Name a rule as the culprit once a number of it (its rate, chance or delay, or one of an effect) broke the world."""
    state = world.state[0]
    if state.culprit < 0 and state.broken in (states.RATE_GUARD, states.NUMBER_GUARD):
        state.culprit = refs.ref(refs.RULE, i)


@kernel
def _rise(program, world, i, now):
    held = world.rules_state[i]
    if math.isfinite(held.fires):  # what was set going before, and does not lapse, comes first
        return
    top = world.stack[0]
    held.entry, held.entry2, held.entry3 = top.c1, top.c2, top.c3
    held.renewed = 0
    _wait(program, world, i, now)


@kernel
def _wait(program, world, i, now):
    """Let a rule wait for its next occasion: none, its delay, or its clock."""
    rule, held = program.rules[i], world.rules_state[i]
    if rule.running >= 0:
        held.fires = rates.run(program, world, rule.running, True, now)
    elif rule.clocked == states.AT_A_RATE:
        held.fires = processes.set_rate(world.clocks[held.clock], rule.rate, now)
    elif rule.clocked == states.EVERY or rule.clocked == states.AT_TIMES:
        held.fires = _next_beat(program, world, i, now)
    else:
        held.waits += 1
        held.fires = now
        if rule.clocked == states.AFTER:
            u = chance.u01(world.state[0].luck, chance.EFFECT, rule.key, 2 * (held.waits - 1) + 1)
            held.rose = now
            held.fires = now + quantiles.draw(program, world, rule.draw, u, now)


@kernel
def _next_beat(program, world, i, now):
    """Return the first beat of a rule, of those that are not past, which is not before now; infinity for none."""
    rule, held = program.rules[i], world.rules_state[i]
    if rule.clocked == states.EVERY:
        if _beat(program, i, held.beats) < now:
            held.beats = max(held.beats, math.floor((now - rule.first_beat) / rule.period) - 1)
    while _beat(program, i, held.beats) < now:
        if not acts.going(world, 10):
            return math.inf
        held.beats += 1
    return _beat(program, i, held.beats)


@kernel
def _beat(program, i, number):
    """Return the time of a beat of a rule, by its number from 0."""
    rule = program.rules[i]
    if rule.clocked == states.EVERY:
        return rule.first_beat + number * rule.period
    return program.given_rows[rule.times + number].at if number < rule.time_count else math.inf


@kernel
def _comes_off(program, world, i, now):
    """Draw whether a rule fires on this occasion; a chance that is undefined stops the world."""
    rule, held = program.rules[i], world.rules_state[i]
    odds = rule.chance
    if rule.willing >= 0:
        odds *= machine.value_of(program, world, rule.willing, now)
        if math.isnan(odds):
            world.state[0].broken = states.NUMBER_GUARD
    occasion = held.waits - 1
    if rule.clocked == states.AT_A_RATE:
        occasion = world.clocks[held.clock].occurrence
    elif rule.clocked == states.EVERY or rule.clocked == states.AT_TIMES:
        occasion = held.beats
    return odds >= 1.0 or chance.u01(world.state[0].luck, chance.EFFECT, rule.key, 2 * occasion) < odds


@kernel
def _fall(program, world, i, now):
    rule, held = program.rules[i], world.rules_state[i]
    if rule.clocked == states.AT_A_RATE:
        held.fires = now if held.fires <= now else math.inf
        if rule.running >= 0:
            rates.run(program, world, rule.running, False, now)
        else:
            processes.set_rate(world.clocks[held.clock], 0.0, now)
    elif rule.clocked == states.EVERY or rule.clocked == states.AT_TIMES:
        held.fires = math.inf
    elif rule.clocked == states.AFTER and now < held.fires < math.inf:
        if held.renewed != 0 and held.rose == now:  # its own firing ended its condition, so no wait began
            held.fires = math.inf
        elif rule.lapses != 0:
            held.fires = math.inf
            acts.emit(world, now, kinds.LAPSED, refs.ref(refs.RULE, i), -1, -1, 0.0, world.stack[0].c1)


@kernel
def _happen(program, world, i, now):
    """Write the firing of a rule down and ask for its effects."""
    rule, held = program.rules[i], world.rules_state[i]
    skipped = held.suppressed == states.SKIPPED
    kind = kinds.LAPSED if skipped else kinds.RULE
    held.firing = acts.emit(world, now, kind, refs.ref(refs.RULE, i), -1, -1, 0.0, held.entry)
    if held.firing < 0:
        held.ready = 0
        return
    world.chronicle[held.firing].cause2 = held.entry2
    world.chronicle[held.firing].cause3 = held.entry3
    held.fired += 1
    if not skipped:
        effects.ask(program, world, rule.first, rule.count, held.firing, now)


@kernel
def _go_on(program, world, i, now):
    """Mark the event of a rule that has fired, and let it wait for its next occasion."""
    rule, held = program.rules[i], world.rules_state[i]
    if held.ready == FIRES and held.suppressed == states.SKIPPED:
        held.suppressed = states.KEPT
    elif held.ready == FIRES:
        acts.mark(world, rule.event, held.firing, now)
        if rule.also >= 0:
            acts.mark(world, rule.also, held.firing, now)
    held.ready = 0
    if rule.clocked == states.AT_A_RATE:
        processes.rearm(world.clocks[held.clock], world.state[0].luck, now)
    elif rule.clocked == states.EVERY or rule.clocked == states.AT_TIMES:
        held.beats += 1
    if rule.clocked >= states.AT_A_RATE and rule.again == 0:
        held.over = 1
    elif rule.again != 0 and held.held != 0 and rule.clocked != states.AT_ONCE:
        held.renewed = 1
        _wait(program, world, i, now)


@kernel
def _directives(program, world, changed, first_look, now):
    for i in range(len(program.directives)):
        directive, fared = program.directives[i], world.directives_state[i]
        if not first_look and (changed & directive.mask) == 0 and fared.next > now:
            continue
        poll = program.limits[0].poll
        turns = machine.evaluate(program, world, directive.code, now, machine.as_of(directive.polled, poll, now))
        fared.next = machine.look_again(turns, directive.polled, poll, now)
        broken = world.stack[0].value != 0.0
        cause = world.stack[0].c1
        if broken and fared.held == 0:
            if directive.exception >= 0 and machine.holds(program, world, directive.exception, now):
                fared.excused += 1
                acts.emit(world, now, kinds.EXCUSED, -1, refs.ref(refs.DIRECTIVE, i), -1, 0.0, cause)
            else:
                fared.violations += 1
                entry = acts.emit(world, now, kinds.VIOLATED, -1, refs.ref(refs.DIRECTIVE, i), -1, 0.0, cause)
                if fared.first < 0:
                    fared.first = entry
                acts.touch(world, topics.DIRECTIVES)
        fared.held = 1 if broken else 0


@kernel
def _ends(program, world, changed, first_look, now):
    """Note when the condition that ends the story holds."""
    state, limits = world.state[0], program.limits[0]
    if first_look or (changed & limits.ends_mask) != 0 or state.ends_next <= now:
        then = machine.as_of(limits.ends_polled, limits.poll, now)
        turns = machine.glance(program, world, limits.ends_code, now, then)
        state.ends_next = machine.look_again(turns, limits.ends_polled and world.stack[0].drifted, limits.poll, now)
        if world.stack[0].value != 0.0 and state.ends == states.OPEN:
            state.ends = states.OVER


@kernel
def is_over(program, world, now):
    """Return True while the condition that ends the story holds."""
    limits = program.limits[0]
    then = machine.as_of(limits.ends_polled, limits.poll, now)
    return machine.value_as_of(program, world, limits.ends_code, now, then) != 0.0


@kernel
def _due(program, world, i):
    """Return when a rule may next fire by itself, or wants to be looked at; infinity when it will not fire any more."""
    if _done(program, world, i):
        return math.inf
    held, running = world.rules_state[i], program.rules[i].running
    due = min(held.next, held.fires)
    return min(due, world.rates[running].next) if running >= 0 and held.held != 0 else due


@kernel
def redraw(program, world, now):
    """Draw anew, from what is left of them, the delays of rules that are under way; see docs/decisions/0005."""
    for i in range(len(program.rules)):
        _redraw(program, world, i, now)
        _blame(world, i)
        world.rule_times[i].due = _due(program, world, i)


@kernel
def _redraw(program, world, i, now):
    rule, held = program.rules[i], world.rules_state[i]
    if rule.running >= 0 and held.held != 0 and held.fires > now and not _done(program, world, i):
        held.fires = rates.run(program, world, rule.running, True, now)
        return
    if math.isinf(held.fires) or held.fires <= now:
        return
    if rule.clocked == states.AT_A_RATE:
        held.fires = processes.ring_time(world.clocks[held.clock])
    elif rule.clocked == states.AFTER and quantiles.varies(program, rule.draw):
        u = chance.u01(world.state[0].luck, chance.EFFECT, rule.key, 2 * (held.waits - 1) + 1)
        held.fires = held.rose + quantiles.draw_beyond(program, world, rule.draw, u, now - held.rose, now)
