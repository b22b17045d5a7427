"""Command: questions and their answers, orders down a chain, office, persuasion, custody.

A question is raised when its condition comes to hold for a decider who lives and can act; after the time that deliberation
takes, the decider chooses the option with the greatest sharpness x utility + Gumbel luck, which is a logit choice
(Luce 1959; McFadden 1974). Utilities are weighted sums of named terms, read from the decider's own beliefs and state.
Choices are drawn once an occasion, never once a step, so behaviour does not depend on how time is cut. A question that
repeats and takes time is raised again after each answer while its condition holds; one whose condition ends, or whose
decider dies, before it is answered stays unanswered, and an entry says so. An order is
obeyed, obeyed under protest, delayed, refused or opposed (after Hirschman 1970); whoever has no say in the matter
obeys, and hands it on if it is an order that passes down.

Leaves out plans: a decider weighs each option as it stands. It is long: questions, orders and custody answer one another
within an instant, and are to part when it moves to `mechanisms`.
"""

from __future__ import annotations

import math

from ..laws import command as laws
from ..world import acts, chance, effects, kinds, machine, quantiles, refs, relations, states, topics, verbs
from ..world.compiled import kernel
from ..world.parts import system

READS = ("minds", "values", "beliefs", "bonds", "people")
WRITES = ("decisions_state", "options_state", "orders_state", "events", "minds", "people", "requests", "chronicle")

PERSUASION_DECAY = 0.5
"""Each further argument on the same matter weighs half of the one before (assumed)."""

_DRAWS_A_DELIBERATION = 1 << 32
_DRAWS_AN_ATTEMPT, _ATTEMPTS = 1 << 14, 10_000
_ROUNDS = 5000
_TRIAL = 50
"""Rounds of anticipation after which a damping that has not halved what is amiss is halved itself."""
_LEAST_DAMPING = 0.01


@system
def step(program, world, since, now):
    """Carry out what was asked, raise the questions whose time has come, and take the decisions that are due."""
    while acts.going(world, 10):
        number = acts.take(program, world, states.COMMAND)
        if number < 0:
            break
        _carry_out(program, world, number, now)
        acts.spend(program, world, number)
    if acts.first_request(world) >= 0:  # everything that was asked happens before anybody decides
        return now
    state = world.state[0]
    raised = state.raised
    state.raised = 0
    for i in range(len(program.decisions)):
        _judge(program, world, i, raised, raised < 0, now)
        _weigh_again(program, world, i, raised, now)
    for i in range(len(program.decisions)):
        _settle(program, world, i, now)
    for i in range(len(program.decisions)):
        option = world.decisions_state[i].picked
        if option >= 0:
            world.decisions_state[i].picked = -1
            take(program, world, i, option, now)
            _ask_again(program, world, i, now)
    return _next(program, world)


@kernel
def _next(program, world):
    """Return when a question may next be raised or answered."""
    due = math.inf
    for i in range(len(program.decisions)):
        if not _closed(program, world, i):
            question = world.decisions_state[i]
            due = min(due, question.next, question.decides)
            if program.decisions[i].sways != 0 and question.decides < math.inf and program.decisions[i].pace > 0.0:
                due = min(due, question.heeds)
    return due


# ------------------------------------------------------------------------------------------------ questions


@kernel
def _closed(program, world, i):
    """Return True when a question will not be asked any more."""
    question = world.decisions_state[i]
    return question.suppressed != 0 or (question.taken > 0 and program.decisions[i].again == 0)


@kernel
def _judge(program, world, i, raised, first_look, now):
    decision, question = program.decisions[i], world.decisions_state[i]
    if _closed(program, world, i):
        return
    if not (first_look or (raised & decision.mask) != 0 or question.next <= now):
        return
    then = machine.as_of(decision.polled, decision.every, now)
    turns = machine.glance(program, world, decision.code, now, then)
    holds = world.stack[0].value != 0.0 and acts.awake(world.people[decision.decider])
    question.next = machine.look_again(turns, decision.polled, decision.every, now)
    if holds and question.held == 0:
        machine.evaluate(program, world, decision.code, now, then)  # what made it so
        top = world.stack[0]
        question.cause, question.cause2, question.cause3 = top.c1, top.c2, top.c3
        question.renewed = 0
        _raise(program, world, i, now)
    elif question.held != 0 and not holds and question.decides < math.inf:
        question.decides = math.inf
        if (
            question.renewed != 0 and question.raised == now
        ):  # its own answer ended its condition: it was not raised again
            question.raises -= 1
        else:
            machine.evaluate(program, world, decision.code, now, then)  # what ended it
            _leave_unanswered(program, world, i, world.stack[0].c1, now)
    question.held = 1 if holds else 0


@kernel
def _raise(program, world, i, now):
    """Put a question to its decider, who begins to think it over."""
    decision, question = program.decisions[i], world.decisions_state[i]
    question.raised = now
    question.raises += 1
    if decision.pace > 0.0:
        _start_weighing(program, world, i, now)
    else:
        u = chance.u01(world.state[0].luck, chance.DELIBERATION, decision.key, question.raises - 1)
        question.decides = now
        if decision.draw >= 0:
            question.decides = now + quantiles.draw(program, world, decision.draw, u, now)


@kernel
def _leave_unanswered(program, world, i, cause, now):
    """Write down that a question came to nothing, because of `cause`, or of what befell its decider."""
    decider = program.decisions[i].decider
    body = world.people[decider]
    if not acts.awake(body):
        cause = body.entry
    who, what = refs.ref(refs.PERSON, decider), refs.ref(refs.DECISION, i)
    entry = acts.emit(world, now, kinds.UNANSWERED, who, what, body.place, 0.0, cause)
    if entry >= 0:
        world.chronicle[entry].cause2 = world.decisions_state[i].cause


@kernel
def settle(program, world, now):
    """Bring every deliberation that is weighed in time up to the last moment of attention before `now`."""
    for i in range(len(program.decisions)):
        decision, question = program.decisions[i], world.decisions_state[i]
        if decision.pace > 0.0 and question.held != 0 and now < question.decides < math.inf:
            step = laws.moment(decision.pace)
            while question.settled + step <= now and acts.going(world, 100):
                _, _, question.evidence, question.draws = _weigh(program, world, i, question.drift, step)
                question.settled += step
                question.drift = question.turned


@kernel
def redraw(program, world, now):
    """Draw anew, from what is left of them, the deliberations that are under way; see docs/decisions/0005.

    One that is weighed in time goes on from where it was at the last moment of attention, and has not ended by now.
    """
    for i in range(len(program.decisions)):
        decision, question = program.decisions[i], world.decisions_state[i]
        if not now < question.decides < math.inf:
            continue
        if decision.pace > 0.0:
            for _ in range(_ATTEMPTS):
                question.draws += _DRAWS_AN_ATTEMPT
                _look_ahead(program, world, i)
                if question.decides > now:
                    break
        elif decision.draw >= 0 and quantiles.varies(program, decision.draw):
            u = chance.u01(world.state[0].luck, chance.DELIBERATION, decision.key, question.raises - 1)
            lasts = quantiles.draw_beyond(program, world, decision.draw, u, now - question.raised, now)
            question.decides = question.raised + lasts


@kernel
def _settle(program, world, i, now):
    """Settle on an option when deliberation is over; those who decide at the same instant do not see one another's."""
    decision, question = program.decisions[i], world.decisions_state[i]
    question.picked = -1
    if question.decides > now or _closed(program, world, i):
        return
    if not acts.awake(world.people[decision.decider]):
        question.decides = math.inf
        _leave_unanswered(program, world, i, -1, now)
        return
    option = question.forced
    if option >= 0 and not is_open(program, world, option, now):
        option = -1
    if option < 0 and question.outside != 0 and _any_open(program, world, i, now):
        question.forced = -1
        if world.state[0].waiting < 0:
            world.state[0].waiting = i
        return
    question.decides = math.inf
    question.picked = option if option >= 0 else choose(program, world, i, now)
    if question.picked < 0:
        _leave_unanswered(program, world, i, -1, now)


@kernel
def is_open(program, world, option, now):
    """Return True when an option can be taken now."""
    return machine.holds(program, world, program.options[option].code, now)


@kernel
def _any_open(program, world, i, now):
    decision = program.decisions[i]
    for option in range(decision.first, decision.first + decision.count):
        if is_open(program, world, option, now):
            return True
    return False


@kernel
def choose(program, world, i, now):
    """Return the option that the decider takes, or -1 when none is open, which lets the question lapse."""
    decision = program.decisions[i]
    if decision.pace > 0.0:
        return _weighed(program, world, i, now)
    _anticipate(program, world, i, now)
    sharpness = _sharpness(program, world, i)
    best, best_score = -1, -math.inf
    for option in range(decision.first, decision.first + decision.count):
        if not is_open(program, world, option, now):
            continue
        key = program.options[option].key
        luck = -math.log(chance.exponential(world.state[0].luck, chance.DECISION, key, world.decisions_state[i].taken))
        score = sharpness * utility(program, world, option, now) + luck
        if math.isnan(score):
            world.state[0].broken = states.NUMBER_GUARD
        if score > best_score:
            best, best_score = option, score
    return best


@kernel
def lean(program, world, i, now):
    """Leave in `reckoned` what each option of question `i` is worth to its decider now; return what they would take."""
    decision = program.decisions[i]
    taken = choose(program, world, i, now)
    _anticipate(program, world, i, now)
    for option in range(decision.first, decision.first + decision.count):
        row = world.options_state[option]
        row.reckoned = utility(program, world, option, now) if is_open(program, world, option, now) else -math.inf
    return taken


@kernel
def _sharpness(program, world, i):
    decision = program.decisions[i]
    return decision.precision if decision.precision > 0.0 else world.minds[decision.decider].precision


@kernel
def utility(program, world, option, now):
    """Return the utility of an option to its decider: weighted terms, and what persuasion has added."""
    row = program.options[option]
    decider = program.decisions[row.decision].decider
    total = world.options_state[option].leaning
    for t in range(row.first_term, row.first_term + row.terms):
        term = program.terms[t]
        weight = 1.0 if term.value < 0 else world.values[decider, term.value]
        if weight != 0.0:
            total += weight * machine.value_of(program, world, term.code, now)
    return total


@kernel
def take(program, world, i, option, now):
    """Take `option` in decision `i`: write it down, ask for its effects, and answer the order that it answers."""
    decision, question, row = program.decisions[i], world.decisions_state[i], program.options[option]
    who = refs.ref(refs.PERSON, decision.decider)
    entry = acts.emit(world, now, kinds.CHOSE, who, refs.ref(refs.OPTION, option), -1, 0.0, question.cause)
    if entry < 0:
        return
    world.chronicle[entry].cause2 = question.cause2
    world.chronicle[entry].cause3 = question.cause3
    question.taken += 1
    question.chosen = option
    question.at = now
    question.entry = entry
    question.decides = math.inf
    world.options_state[option].taken += 1
    acts.mark(world, row.event, entry, now)
    acts.mark(world, decision.event, entry, now)
    acts.touch_decision(world, i)
    if decision.order >= 0 and row.response != states.NO_RESPONSE:
        _respond(program, world, decision.decider, decision.order, row.response, entry, now)
    effects.ask(program, world, row.first, row.count, entry, now)


@kernel
def _ask_again(program, world, i, now):
    """Raise a question anew that was just answered, if it repeats, takes time, and its condition holds."""
    decision, question = program.decisions[i], world.decisions_state[i]
    if decision.again != 0 and question.held != 0 and (decision.pace > 0.0 or decision.draw >= 0):
        question.renewed = 1
        _raise(program, world, i, now)


# ------------------------------------------------------------------------------------------------ weighing in time


@kernel
def _start_weighing(program, world, i, now):
    """Begin a deliberation between the first and the second answer: evidence from 0, towards 1 or -1."""
    decision, question = program.decisions[i], world.decisions_state[i]
    question.draws = (question.raises - 1) * _DRAWS_A_DELIBERATION
    question.evidence = 0.0
    question.settled = now
    question.until = now + decision.deadline
    question.heeds = machine.look_again(math.inf, decision.sways, decision.every, now)
    question.drift = _drift(program, world, i, now)
    question.turned = question.drift
    question.swayed = 0
    _look_ahead(program, world, i)


@kernel
def _weigh_again(program, world, i, raised, now):
    """Let a decider who is still weighing take notice of what has changed, from the next moment of attention on."""
    decision, question = program.decisions[i], world.decisions_state[i]
    if decision.pace <= 0.0 or question.held == 0 or question.decides <= now or math.isinf(question.decides):
        return
    if question.swayed == 0 and (raised & decision.weighs) == 0 and question.heeds > now:
        return
    question.swayed = 0
    question.heeds = machine.look_again(math.inf, decision.sways, decision.every, now)
    drift = _drift(program, world, i, now)
    if drift == question.turned:
        return
    step = laws.moment(decision.pace)
    while question.settled + step <= now and acts.going(world, 100):
        _, _, question.evidence, question.draws = _weigh(program, world, i, question.drift, step)
        question.settled += step
        question.drift = question.turned
    question.turned = drift
    if question.settled >= now:
        question.drift = drift
    _look_ahead(program, world, i)


@kernel
def _weigh(program, world, i, drift, dt):
    """Return (side, time, evidence, draws) after `dt` at most; chance wavers between the two answers by their keys."""
    decision, question = program.decisions[i], world.decisions_state[i]
    sigma, turned = laws.wavering(decision.pace), -1.0 if decision.swapped != 0 else 1.0
    side, time, evidence, draws = laws.deliberate(
        turned * question.evidence, turned * drift, sigma, 1.0, dt, world.state[0].luck, decision.key, question.draws
    )
    return -side if decision.swapped != 0 else side, time, turned * evidence, draws


@kernel
def _look_ahead(program, world, i):
    """Find when a deliberation ends and how, if nothing changes; its state stays as it is."""
    decision, question = program.decisions[i], world.decisions_state[i]
    evidence, draws = question.evidence, question.draws
    step, at, drift = laws.moment(decision.pace), question.settled, question.drift
    side = 0
    while side == 0 and at < question.until and acts.going(world, 100):
        dt = min(step, question.until - at)
        side, time, question.evidence, question.draws = _weigh(program, world, i, drift, dt)
        at = at + time if side != 0 or dt == step else question.until
        drift = question.turned
    question.evidence, question.draws = evidence, draws
    question.decides = at
    question.leans = decision.first + 1 if side < 0 else decision.first if side > 0 else decision.late


@kernel
def _drift(program, world, i, now):
    """Return the drift of a deliberation towards the first answer [1/s], as of the last beat if it drifts itself."""
    decision = program.decisions[i]
    then = machine.as_of(decision.sways, decision.every, now)
    first, second = decision.first, decision.first + 1
    sharpness = _sharpness(program, world, i)
    if math.isnan(decision.drift):
        _anticipate(program, world, i, then)
        gain = utility(program, world, first, then) - utility(program, world, second, then)
        if math.isnan(gain):
            world.state[0].broken = states.NUMBER_GUARD
            return 0.0
        return laws.drift_of(sharpness, gain, decision.pace)
    gain = world.options_state[first].leaning - world.options_state[second].leaning
    return decision.drift + laws.drift_of(sharpness, gain, decision.pace)


@kernel
def _weighed(program, world, i, now):
    """Return the answer that a deliberation came to, or the other one if that is closed by now; -1 when both are."""
    decision, option = program.decisions[i], world.decisions_state[i].leans
    if is_open(program, world, option, now):
        return option
    other = 2 * decision.first + 1 - option
    return other if is_open(program, world, other, now) else -1


# ------------------------------------------------------------------------------------------------ anticipation


@kernel
def _anticipate(program, world, i, now):
    """Reckon how those will answer whose answers this decider's utilities anticipate, and whose theirs do, and so on.

    Each answers by logit, reckoning alike with the others: the fixed point of the agent quantal response equilibrium
    (McKelvey and Palfrey 1998), by damped iteration from even chances.
    """
    for question in world.decisions_state:
        question.anticipated = 0
    concerned = 0
    found = _concern(program, world, i)
    while found > 0 and acts.going(world, 10 * len(program.decisions)):
        concerned += found
        found = 0
        for d in range(len(program.decisions)):
            if world.decisions_state[d].anticipated != 0:
                found += _concern(program, world, d)
    if concerned == 0:
        return
    for d in range(len(program.decisions)):
        if world.decisions_state[d].anticipated != 0:
            _reckon(program, world, d, 0.0, now)
            _believe(program, world, d, 1.0)
    damping, last = 0.5, math.inf
    for turn in range(_ROUNDS):
        for d in range(len(program.decisions)):
            if world.decisions_state[d].anticipated != 0:
                _reckon(program, world, d, _sharpness(program, world, d), now)
        change = 0.0
        for d in range(len(program.decisions)):
            if world.decisions_state[d].anticipated != 0:
                change = max(change, _believe(program, world, d, damping))
        if change <= 1e-13:
            return
        if turn % _TRIAL == _TRIAL - 1:
            if change > 0.5 * last and damping > _LEAST_DAMPING:
                damping *= 0.5
            last = change


@kernel
def _concern(program, world, i):
    """Mark the questions that question `i` anticipates; return how many were not marked yet."""
    found = 0
    for row in program.foresight:
        if row.decision == i and world.decisions_state[row.foresees].anticipated == 0:
            world.decisions_state[row.foresees].anticipated = 1
            found += 1
    return found


@kernel
def _reckon(program, world, i, sharpness, now):
    """Reckon the chance of each answer to question `i` from what is foreseen now: a logit over the open ones."""
    decision = program.decisions[i]
    last = decision.first + decision.count
    top = -math.inf
    for option in range(decision.first, last):
        row = world.options_state[option]
        row.reckoned = -math.inf
        if is_open(program, world, option, now):
            row.reckoned = laws.scaled(sharpness, utility(program, world, option, now))
            top = max(top, row.reckoned)
    total = 0.0
    for option in range(decision.first, last):
        row = world.options_state[option]
        row.reckoned = math.exp(row.reckoned - top) if row.reckoned > -math.inf else 0.0
        total += row.reckoned
    for option in range(decision.first, last):
        if total > 0.0:
            world.options_state[option].reckoned /= total


@kernel
def _believe(program, world, i, share):
    """Move what is foreseen of question `i` by `share` of the way to what was reckoned; return the largest gap."""
    decision = program.decisions[i]
    gap = 0.0
    for option in range(decision.first, decision.first + decision.count):
        row = world.options_state[option]
        gap = max(gap, abs(row.reckoned - row.foreseen))
        row.foreseen += share * (row.reckoned - row.foreseen)
    return gap


# ------------------------------------------------------------------------------------------------ orders and office


@kernel
def _give(program, world, issuer, receiver, order, depth, kind, cause, now):
    """Put an order into somebody's hands, in an entry of `kind`; without a question of their own about it, they obey.

    Somebody who has answered it for good stands by that answer.
    """
    if world.people[receiver].status == states.DEAD:
        return
    held = world.orders_state[receiver, order]
    who, what = refs.ref(refs.PERSON, issuer), refs.ref(refs.ORDER, order)
    entry = acts.emit(world, now, kind, who, what, world.people[receiver].place, float(receiver), cause)
    held.issuer = issuer
    held.given = now
    held.response = states.NO_RESPONSE
    held.depth = depth
    held.entry = entry
    acts.touch(world, topics.ORDERS)
    answer = states.OBEY
    for i in range(len(program.decisions)):
        decision, question = program.decisions[i], world.decisions_state[i]
        if decision.order != order or decision.decider != receiver or question.suppressed != 0:
            continue
        if not _closed(program, world, i):
            return
        answer = program.options[question.chosen].response
    if answer != states.NO_RESPONSE:
        _respond(program, world, receiver, order, answer, entry, now)


@kernel
def _respond(program, world, who, order, response, cause, now):
    held = world.orders_state[who, order]
    kind = kinds.OBEYED
    if response == states.VOICE:
        kind = kinds.VOICED
    elif response == states.DELAY:
        kind = kinds.DELAYED
    elif response == states.REFUSE:
        kind = kinds.REFUSED
    elif response == states.OPPOSE:
        kind = kinds.OPPOSED
    entry = acts.emit(world, now, kind, refs.ref(refs.PERSON, who), refs.ref(refs.ORDER, order), -1, 0.0, cause)
    held.response = response
    held.entry = entry
    acts.touch(world, topics.ORDERS)
    if (response == states.OBEY or response == states.VOICE) and program.orders[order].passes != 0:
        for i in range(len(world.minds)):
            if world.minds[i].superior == who and in_office(world, i):
                acts.request(world, verbs.PASS_ON, states.COMMAND, now, entry, who, i, order, held.depth + 1, 0.0, 0.0)


@kernel
def in_office(world, who):
    """Return True when somebody is alive and has neither resigned nor been removed."""
    mind = world.minds[who]
    return mind.resigned == 0 and mind.relieved == 0 and world.people[who].status != states.DEAD


@kernel
def _succeed(program, world, who, vessel, cause, now):
    """Let the next below `who` in the chain of command who is fit, free, aboard and without a command take over.

    Of several it is whom the scenario names first.
    """
    ship = world.vessels[vessel]
    if ship.captain >= 0:
        return
    best = -1
    for i in range(len(world.minds)):
        body = world.people[i]
        if world.minds[i].superior != who or not in_office(world, i) or body.status != states.ACTIVE:
            continue
        if world.minds[i].post >= 0 or not acts.contains(program, world, ship.inside, body.place):
            continue
        best = i
        break
    if best >= 0:
        _appoint(world, best, vessel, cause, now)
    acts.touch(world, topics.ORDERS | topics.VESSELS)


@kernel
def _appoint(world, who, vessel, cause, now):
    ship = world.vessels[vessel]
    if ship.captain == who or world.people[who].status == states.DEAD:
        return
    entry = acts.emit(
        world, now, kinds.APPOINTED, refs.ref(refs.PERSON, who), refs.ref(refs.VESSEL, vessel), ship.at, 0.0, cause
    )
    if ship.captain >= 0:
        world.minds[ship.captain].post = -1
        world.minds[ship.captain].entry = entry
    before = world.minds[who].post
    if before >= 0:
        world.vessels[before].captain = -1
        world.vessels[before].entry = entry
    ship.captain = who
    ship.entry = entry
    world.minds[who].post = vessel
    world.minds[who].entry = entry
    acts.touch(world, topics.VESSELS | topics.ORDERS)


@kernel
def _carry_out(program, world, number, now):
    asked = world.requests[number]
    verb, a, b, c, cause = asked.verb, asked.a, asked.b, asked.c, asked.cause
    if verb == verbs.ORDER:
        _give(program, world, a, b, c, 0, kinds.ORDERED, cause, now)
    elif verb == verbs.HAND_OVER:
        _give(program, world, a, b, c, 0, kinds.ORDER_CAME, cause, now)
    elif verb == verbs.PASS_ON:
        if acts.awake(world.people[a]):
            _give(program, world, a, b, c, asked.d, kinds.PASSED_ON, cause, now)
    elif verb == verbs.VACATE:
        _succeed(program, world, a, b, cause, now)
    elif verb == verbs.TAKE:
        if world.people[a].status != states.DEAD:
            _capture(program, world, a, b, c, cause, now)
            acts.touch_person(world, a)
    elif verb == verbs.APPOINT:
        _appoint(world, a, b, cause, now)
    elif verb == verbs.RESIGN or verb == verbs.RELIEVE:
        mind = world.minds[a]
        if in_office(world, a):
            kind = kinds.RESIGNED if verb == verbs.RESIGN else kinds.RELIEVED
            mind.entry = acts.emit(world, now, kind, refs.ref(refs.PERSON, a), -1, world.people[a].place, 0.0, cause)
            if verb == verbs.RESIGN:
                mind.resigned = 1
            else:
                mind.relieved = 1
            post = mind.post
            mind.post = -1
            if post >= 0:
                world.vessels[post].captain = -1
                world.vessels[post].entry = mind.entry
                _succeed(program, world, a, post, mind.entry, now)
            acts.touch(world, topics.ORDERS | topics.VESSELS)
    elif verb == verbs.REINSTATE:
        mind = world.minds[a]
        if (mind.resigned != 0 or mind.relieved != 0) and world.people[a].status != states.DEAD:
            who = refs.ref(refs.PERSON, a)
            mind.entry = acts.emit(world, now, kinds.REINSTATED, who, -1, world.people[a].place, 0.0, cause)
            mind.resigned = 0
            mind.relieved = 0
            acts.touch(world, topics.ORDERS)
    elif verb == verbs.PERSUADE:
        _persuade(program, world, a, b, asked.amount, cause, now)
    else:
        _on_people(program, world, asked, now)


@kernel
def _persuade(program, world, by, option, strength, cause, now):
    held = world.options_state[option]
    decider = program.decisions[program.options[option].decision].decider
    if acts.hindered(world, refs.ref(refs.PERSON, decider), verbs.LIVING, verbs.PERSUADE, cause):
        return
    trust = relations.trust(program, world, decider, by, now)
    held.leaning += laws.persuasion_shift(trust, strength, float(held.appeals), PERSUASION_DECAY)
    held.appeals += 1
    world.decisions_state[program.options[option].decision].swayed = 1
    acts.touch(world, topics.PERSUASION)
    acts.emit(
        world, now, kinds.PERSUADED, refs.ref(refs.PERSON, by), refs.ref(refs.PERSON, decider), -1, held.leaning, cause
    )


# ------------------------------------------------------------------------------------------------ custody


@kernel
def _on_people(program, world, asked, now):
    """Do to those of a being, whom the doer reaches, and who are at a place if one is given, what is asked."""
    verb, being, b, c, d, cause = asked.verb, asked.a, asked.b, asked.c, asked.d, asked.cause
    entry, found = -1, False
    where = -1
    if verb == verbs.CAPTURE or verb == verbs.KILL or verb == verbs.PLACE:
        where = c
    elif verb == verbs.RELEASE:
        where = b
    first, last = acts.range_of(world, being, program)
    for i in range(first, last):
        if world.people[i].status == states.DEAD or not acts.is_of(world, being, i, program):
            continue
        if where >= 0 and not acts.is_at(program, world, where, world.people[i].place):
            continue
        if verb == verbs.KILL and not acts.reaches(program, world, b, i, acts.reach_of(program, asked)):
            continue
        found = True
        if verb == verbs.CAPTURE:
            _capture(program, world, i, b, d, cause, now)
        elif verb == verbs.RELEASE:
            _release(program, world, i, c, cause, now)
        elif verb == verbs.JOIN:
            body = world.people[i]
            if body.faction != b:
                who, side = refs.ref(refs.PERSON, i), refs.ref(refs.FACTION, b)
                body.entry = acts.emit(world, now, kinds.JOINED, who, side, body.place, 0.0, cause)
                body.faction = b
        elif verb == verbs.CONSENT:
            body = world.people[i]
            if body.consent == 0:
                if entry < 0:
                    entry = acts.emit(world, now, kinds.CONSENTED, being, -1, body.place, 0.0, cause)
                body.consent = 1
                body.entry = entry
        elif verb == verbs.KILL:
            acts.kill(world, i, refs.ref(refs.PERSON, b), now, cause)
        elif verb == verbs.PLACE:
            body = world.people[i]
            if body.place == b and body.party < 0 and body.destination < 0:
                continue
            if entry < 0:
                entry = acts.emit(world, now, kinds.PLACED, being, -1, b, 0.0, cause)
            acts.relocate(program, world, i, b, entry)
        acts.touch_person(world, i)
    if where >= 0 and not found:
        acts.nobody_there(world, being, verb, where, now, cause)


@kernel
def _capture(program, world, person, faction, place, cause, now):
    body = world.people[person]
    if body.status == states.HELD and body.holder == faction:
        return
    who, side = refs.ref(refs.PERSON, person), refs.ref(refs.FACTION, faction)
    where = place if place >= 0 else body.place
    entry = acts.emit(world, now, kinds.CAPTURED, who, side, where, 0.0, cause)
    body.status = states.HELD
    acts.wake(world, states.SIGNALS, now)
    body.holder = faction
    acts.follow(world, person, -1)
    acts.rest(program, world, person, now)
    if place >= 0:
        acts.relocate(program, world, person, place, entry)
    body.entry = entry
    acts.uproot(program, world, person, faction, entry, now)


@kernel
def _release(program, world, person, place, cause, now):
    body = world.people[person]
    if body.status != states.HELD:
        return
    where = place if place >= 0 else body.place
    entry = acts.emit(world, now, kinds.RELEASED, refs.ref(refs.PERSON, person), -1, where, 0.0, cause)
    body.status = states.ACTIVE
    body.holder = -1
    if place >= 0:
        acts.relocate(program, world, person, place, entry)
    body.entry = entry
    if body.place >= 0 and body.place == body.home:
        body.moved = 0
