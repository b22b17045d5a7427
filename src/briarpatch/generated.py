"""Calls every mechanism by name. Written by `python -m briarpatch.generate`; do not edit."""

from __future__ import annotations

from .mechanisms import ageing, cohorts, dealings, environment, flows, inquiry, malfunction, rumours, talk, weather
from .systems import bonds, command, devices, drones, following, knowledge, march, observation, radiation, rules, ships, signals, transporter
from .world import acts, hooks, machine, states
from .world.compiled import kernel
from .world.parts import FLOAT, INT, fills, socket


ORDER = (22, 19, 20, 21, 0, 1, 16, 17, 15, 2, 3, 4, 14, 5, 6, 7, 8, 9, 10, 11, 12, 18, 13)
"""The numbers of the mechanisms in the order in which those that are due at one instant run."""


@kernel
def step(program, world, mechanism, since, now):
    """Let one mechanism step from its last call to now; return when it is due again."""
    if mechanism == 22:
        return environment.step(program, world, since, now)
    if mechanism == 19:
        return weather.step(program, world, since, now)
    if mechanism == 20:
        return cohorts.step(program, world, since, now)
    if mechanism == 21:
        return flows.step(program, world, since, now)
    if mechanism == 0:
        return observation.step(program, world, since, now)
    if mechanism == 1:
        return signals.step(program, world, since, now)
    if mechanism == 16:
        return rumours.step(program, world, since, now)
    if mechanism == 17:
        return talk.step(program, world, since, now)
    if mechanism == 15:
        return inquiry.step(program, world, since, now)
    if mechanism == 2:
        return knowledge.step(program, world, since, now)
    if mechanism == 3:
        return command.step(program, world, since, now)
    if mechanism == 4:
        return rules.step(program, world, since, now)
    if mechanism == 14:
        return following.step(program, world, since, now)
    if mechanism == 5:
        return march.step(program, world, since, now)
    if mechanism == 6:
        return ships.step(program, world, since, now)
    if mechanism == 7:
        return transporter.step(program, world, since, now)
    if mechanism == 8:
        return drones.step(program, world, since, now)
    if mechanism == 9:
        return malfunction.step(program, world, since, now)
    if mechanism == 10:
        return devices.step(program, world, since, now)
    if mechanism == 11:
        return radiation.step(program, world, since, now)
    if mechanism == 12:
        return ageing.step(program, world, since, now)
    if mechanism == 18:
        return dealings.step(program, world, since, now)
    if mechanism == 13:
        return bonds.step(program, world, since, now)
    world.state[0].broken = states.NUMBER_GUARD
    return now


@kernel
def settle(program, world, now):
    """Bring up to the present what is reckoned only when it changes."""
    observation.settle(program, world, now)
    signals.settle(program, world, now)
    knowledge.settle(program, world, now)
    command.settle(program, world, now)
    radiation.settle(program, world, now)


@kernel
def redraw(program, world, now):
    """Draw anew what has been drawn and not yet shown."""
    flows.redraw(program, world, now)
    signals.redraw(program, world, now)
    inquiry.redraw(program, world, now)
    command.redraw(program, world, now)
    rules.redraw(program, world, now)
    march.redraw(program, world, now)
    ships.redraw(program, world, now)
    devices.redraw(program, world, now)
    ageing.redraw(program, world, now)


@fills(machine.ANSWER)
def answer(program, world, op, top, now, then):
    """Answer a function of conditions from the topmost rows of the stack; return the new top."""
    stack = world.stack
    if op == 106:  # concluded(inquiry)
        a0 = int(stack[top].value)
        machine.push(stack[top], 0.0)
        inquiry.concluded(program, world, now, stack[top], a0)
        return top
    if op == 107:  # heard_share(rumour)
        a0 = int(stack[top].value)
        machine.push(stack[top], 0.0)
        rumours.heard_share(program, world, then, stack[top], a0)
        return top
    if op == 108:  # leaks(secret)
        a0 = int(stack[top].value)
        machine.push(stack[top], 0.0)
        rumours.leaks(program, world, now, stack[top], a0)
        return top
    if op == 109:  # dealt(dealing)
        a0 = int(stack[top].value)
        machine.push(stack[top], 0.0)
        dealings.dealt(program, world, now, stack[top], a0)
        return top
    if op == 110:  # breaches(dealing)
        a0 = int(stack[top].value)
        machine.push(stack[top], 0.0)
        dealings.breaches(program, world, now, stack[top], a0)
        return top
    if op == 131:  # age(person)
        a0 = int(stack[top].value)
        machine.push(stack[top], 0.0)
        ageing.age(program, world, then, stack[top], a0)
        return top
    if op == 132:  # biological_age(person)
        a0 = int(stack[top].value)
        machine.push(stack[top], 0.0)
        ageing.biological_age(program, world, then, stack[top], a0)
        return top
    if op == 133:  # mean_biological_age(being)
        a0 = int(stack[top].value)
        machine.push(stack[top], 0.0)
        ageing.mean_biological_age(program, world, then, stack[top], a0)
        return top
    if op == 134:  # rejuvenation(person)
        a0 = int(stack[top].value)
        machine.push(stack[top], 0.0)
        ageing.rejuvenation(program, world, then, stack[top], a0)
        return top
    if op == 135:  # disfigurement(person)
        a0 = int(stack[top].value)
        machine.push(stack[top], 0.0)
        ageing.disfigurement(program, world, then, stack[top], a0)
        return top
    if op == 137:  # damage(person)
        a0 = int(stack[top].value)
        machine.push(stack[top], 0.0)
        malfunction.damage(program, world, now, stack[top], a0)
        return top
    if op == 139:  # malfunctions(person)
        a0 = int(stack[top].value)
        machine.push(stack[top], 0.0)
        malfunction.malfunctions(program, world, now, stack[top], a0)
        return top
    if op == 140:  # stopped(person)
        a0 = int(stack[top].value)
        machine.push(stack[top], 0.0)
        malfunction.stopped(program, world, now, stack[top], a0)
        return top
    if op == 203:  # blows(wind)
        a0 = int(stack[top].value)
        machine.push(stack[top], 0.0)
        weather.blows(program, world, now, stack[top], a0)
        return top
    if op == 208:  # level(process)
        a0 = int(stack[top].value)
        machine.push(stack[top], 0.0)
        environment.level(program, world, now, stack[top], a0)
        return top
    if op == 209:  # is_in(process_state)
        a0 = int(stack[top].value)
        machine.push(stack[top], 0.0)
        environment.is_in(program, world, now, stack[top], a0)
        return top
    if op == 210:  # number_in(process_number)
        a0 = int(stack[top].value)
        machine.push(stack[top], 0.0)
        environment.number_in(program, world, now, stack[top], a0)
        return top
    if op == 211:  # light(process_light)
        a0 = int(stack[top].value)
        machine.push(stack[top], 0.0)
        environment.light(program, world, now, stack[top], a0)
        return top
    return machine.unknown(world, top)


@fills(machine.CROSSES)
def crosses(program, world, path, level, now):
    """Return when a path next comes to a level after now, or leaves it."""
    return environment.crosses(program, world, path, level, now)


@fills(machine.ALONG)
def along(program, world, path, now):
    """Return how far along a path is at a time."""
    return environment.along(program, world, path, now)


@fills(socket("briarpatch_cohorts_requests", FLOAT, gives=INT))
def cohorts_requests(program, world, now):
    """Carry out what is asked of cohorts now; return how much that was."""
    done = 0
    while acts.going(world, 10):
        number = acts.take(program, world, 20)
        if number < 0:
            return done
        asked = world.requests[number]
        if asked.verb == 75:  # convert
            cohorts.convert(program, world, now, asked.cause, who=asked.a, at=asked.b, how=asked.c, number=asked.amount, to=asked.d)
        elif asked.verb == 76:  # remove
            cohorts.remove(program, world, now, asked.cause, who=asked.a, at=asked.b, how=asked.c, number=asked.amount)
        elif asked.verb == 77:  # bring
            cohorts.bring(program, world, now, asked.cause, to=asked.a, at=asked.b, number=asked.amount)
        else:
            world.state[0].broken = states.NUMBER_GUARD
        acts.spend(program, world, number)
        done += 1
    return done


@fills(socket("briarpatch_rumours_requests", FLOAT, gives=INT))
def rumours_requests(program, world, now):
    """Carry out what is asked of rumours now; return how much that was."""
    done = 0
    while acts.going(world, 10):
        number = acts.take(program, world, 16)
        if number < 0:
            return done
        asked = world.requests[number]
        if asked.verb == 72:  # spread
            rumours.spread(program, world, now, asked.cause, rumour=asked.a, to=asked.amount)
        else:
            world.state[0].broken = states.NUMBER_GUARD
        acts.spend(program, world, number)
        done += 1
    return done


@fills(socket("briarpatch_malfunction_requests", FLOAT, gives=INT))
def malfunction_requests(program, world, now):
    """Carry out what is asked of malfunction now; return how much that was."""
    done = 0
    while acts.going(world, 10):
        number = acts.take(program, world, 9)
        if number < 0:
            return done
        asked = world.requests[number]
        if asked.verb == 49:  # injure
            malfunction.injure(program, world, now, asked.cause, who=asked.a, by=asked.b, amount=asked.amount, reach=asked.extra)
        elif asked.verb == 50:  # repair
            malfunction.repair(program, world, now, asked.cause, who=asked.a, by=asked.b)
        elif asked.verb == 51:  # pursue
            malfunction.pursue(program, world, now, asked.cause, who=asked.a, by=asked.b)
        elif asked.verb == 52:  # allow_force
            malfunction.allow_force(program, world, now, asked.cause, against=asked.a)
        else:
            world.state[0].broken = states.NUMBER_GUARD
        acts.spend(program, world, number)
        done += 1
    return done


@fills(socket("briarpatch_ageing_requests", FLOAT, gives=INT))
def ageing_requests(program, world, now):
    """Carry out what is asked of ageing now; return how much that was."""
    done = 0
    while acts.going(world, 10):
        number = acts.take(program, world, 12)
        if number < 0:
            return done
        asked = world.requests[number]
        if asked.verb == 61:  # treat
            ageing.treat(program, world, now, asked.cause, who=asked.a, intensity=asked.amount, by=asked.b)
        else:
            world.state[0].broken = states.NUMBER_GUARD
        acts.spend(program, world, number)
        done += 1
    return done


@fills(hooks.PACE)
def pace_on_foot(program, world, ground):
    """Return by what those on foot over a map are slowed."""
    return 1.0 * weather.slows(program, world, ground)
