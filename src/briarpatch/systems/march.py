"""The march: journeys of people and crowds in a straight line, following, and evacuation on foot in parties.

A journey goes at its own speed to where its goal is at the start; whoever finds the vessel gone ends up where it was. A
follower goes along whenever the leader sets out from, or is put away from, the place where both are; a journey of one's
own ends following. An evacuation splits those of a crowd who are free at the start of a route into parties, in the
order of their rows; each party reacts after a lognormal delay, takes along who follows one of its members, and walks
leg by leg. A leg's pace is set when it is entered: Weidmann's free speed x Tobler's factor for the slope x footing x
the pace of the slowest (or the lower quartile or the mean, as the scenario says) x load x fatigue (Riegel), and those
whose reserve runs out (Skiba and Clarke) hold their party up if it waits for its slowest. So the end of every leg is
known exactly; what walking costs is accounted up to the moment at which somebody stops. Where a party goes faster than
its slowest, those slower fall back; whoever is farther behind at the end of a leg than the scenario's gap has lost it,
and those who have go on together, from the hindmost's place, as a party of their own.

A way with a width, and a narrow place (a gate) at the end of a leg, let people through in turn, at most so many a
second as Weidmann's greatest flow for the width: who comes first goes first (Vickrey), and whoever is on the way walks
freely (the triangular diagram of kinematic waves, without the room that a line of people takes). A way takes people in
at its start, so it makes no difference into how many legs it is cut. A gate is one however many routes lead through
its point, and so is a way for all routes that begin it at one point in one direction. A party is where its first is,
and comes through with its last.

Somebody who is carried goes wherever the first of the bearers goes, and weighs on each bearer by an equal share.

Assumes that who falls back does so evenly over a leg, that a leg's factors are frozen as it is entered, that load slows in proportion to total mass, that ground which
slows also costs more power, and that both directions of a way have room of their own. A party is as it
stands: whoever is taken, dies or stays behind leaves it, and counts no more from the next leg on.
Leaves out counterflow, overtaking in lines, lines that reach back to what lies before, rest and sleep. Sources: see `laws.march`.

It is long: parties, journeys and carrying share the same people, and are to part when it moves to `mechanisms`.
"""

from __future__ import annotations

import math

from ..laws import march as laws
from ..world import acts, agenda, chains, chance, hooks, journal, kinds, refs, states, topics, verbs
from ..world.alike import hypot
from ..world.compiled import kernel
from ..world.parts import system

READS = ("places", "routes", "legs", "crowds", "vessels")
WRITES = ("people", "parties", "gates", "chronicle")

DELAY_SIGMA = 0.6
"""Deviation of the logarithm of reaction delays (assumed)."""
HOUR_OF_WALKING = 3600.0 * laws.FREE_SPEED
"""Distance [m] from which long ways slow: an hour at an average adult's speed on the flat."""
CREEP = 0.05
"""Slowest speed [m/s] of somebody whose reserve is spent (assumed)."""
SPENT = 1e-3
"""Reserve [J] that is as good as none."""
_NEAR = 1.0


@system
def step(program, world, since, now):
    """Carry out what was asked; let travellers arrive, parties set out, go from leg to leg and come through."""
    while acts.going(world, 10):
        number = acts.take(program, world, states.MARCH)
        if number < 0:
            break
        _carry_out(program, world, number, now)
        acts.spend(program, world, number)
    read, written = world.due[states.MARCH].noted, world.state[0].noted
    world.due[states.MARCH].noted = written
    _part_bearers(world, read, written, now)
    _let_fall(program, world, read, written, now)
    _journeys(program, world, now)
    _change_pace(program, world, now)
    _parties(program, world, now)
    return min(agenda.earliest(world, agenda.JOURNEYS), agenda.earliest(world, agenda.PARTIES))


@kernel
def _carry_out(program, world, number, now):
    asked = world.requests[number]
    verb, a, b, cause = asked.verb, asked.a, asked.b, asked.cause
    if verb == verbs.MOVE:
        _move(program, world, a, b, asked.amount, cause, now)
    elif verb == verbs.FOLLOW:
        _follow(program, world, a, b, cause, now)
    elif verb == verbs.STAY:
        _stay(program, world, a, cause, now)
    elif verb == verbs.EVACUATE:
        _resume(program, world, a, b, cause, now)
        if _evacuate(program, world, a, b, asked.c, int(asked.amount), asked.extra, cause, now):
            acts.done(program, world)
        if world.state[0].entries == world.state[0].written:
            acts.nobody_there(world, refs.ref(refs.CROWD, a), verb, program.routes[b].start, now, cause)
    elif verb == verbs.HALT:
        _halt(program, world, a, cause, now)
    elif verb == verbs.CARRY:
        _carry(program, world, a, b, int(asked.amount), cause, now)
    elif verb == verbs.SET_DOWN:
        first, last = acts.range_of(world, a, program)
        for i in range(first, last):
            if world.people[i].borne > 0 and acts.is_of(world, a, i, program):
                _set_down(world, i, cause, now)


# ------------------------------------------------------------------------------------------------ journeys


@kernel
def _move(program, world, being, place, speed, cause, now):
    """Let everybody of `being` who is free, and those with them who follow, set out for `place` at `speed` [m/s]."""
    entry = lost = mate = -1
    first, last = acts.range_of(world, being, program)
    for i in range(first, last):
        body = world.people[i]
        if body.status != states.ACTIVE or not acts.is_of(world, being, i, program):
            continue
        if body.place == place and body.party < 0:
            continue
        if acts.carried(world, i) or not _can_go(program, world, i, place):
            if lost < 0:
                lost = acts.emit(world, now, kinds.NO_WAY, being, refs.ref(refs.PLACE, place), body.place, 0.0, cause)
            continue
        if entry < 0:
            entry = acts.emit(world, now, kinds.DEPARTED, being, refs.ref(refs.PLACE, place), body.place, 0.0, cause)
        if refs.kind_of(being) == refs.PERSON:
            acts.follow(world, i, -1)
        k = chains.next_follower(world, i, i)
        while k >= 0 and acts.going(world, 2):
            if acts.goes_along(world, k, i) and not acts.is_of(world, being, k, program):
                mate = _set_out(program, world, k, place, speed, entry, mate, now)
            k = chains.next_follower(world, k, i)
        mate = _set_out(program, world, i, place, speed, entry, mate, now)
    if entry >= 0:
        _wake(world, now)


@kernel
def _can_go(program, world, person, place):
    """Return True when a straight way leads to `place`: on the same map, and not out of or into a vessel under way."""
    body = world.people[person]
    ship = acts.carrier(program, world, place)
    if ship >= 0 and world.vessels[ship].mode == states.LOST:
        return False
    if body.place >= 0:
        if ship >= 0 and acts.carrier(program, world, body.place) == ship:
            return True
        if acts.outermost(program, world, body.place) < 0:
            return False
    if acts.outermost(program, world, place) < 0:
        return False
    return acts.thing_map(program, world, refs.ref(refs.PERSON, person)) == acts.thing_map(
        program, world, refs.ref(refs.PLACE, place)
    )


@kernel
def _set_out(program, world, person, place, speed, entry, mate, now):
    """Let a person set out in company with `mate`, or as the first (-1); return them."""
    body = world.people[person]
    ground = acts.thing_map(program, world, refs.ref(refs.PLACE, place))
    x, y = acts.person_x(program, world, person, now), acts.person_y(program, world, person, now)
    body.from_x, body.from_y, body.ground = x, y, ground
    body.to_x, body.to_y = acts.place_x(program, world, place, now), acts.place_y(program, world, place, now)
    body.x, body.y = x, y
    acts.enlist(world, person, -1)
    body.place = -1
    body.departed = now
    acts.travel(world, person, place, now + laws.edge_time(hypot(body.to_x - x, body.to_y - y), speed))
    if mate >= 0:
        chains.join(world, person, mate)
    body.journey = entry
    body.entry = entry
    acts.touch_person(world, person)
    return person


@kernel
def _wake(world, now):
    """Let those look again to whom it matters who is where."""
    acts.wake(world, states.OBSERVATION, now)
    acts.wake(world, states.KNOWLEDGE, now)
    acts.wake(world, states.TRANSPORTER, now)
    acts.wake(world, states.SIGNALS, now)
    acts.wake(world, states.DRONES, now)
    acts.wake(world, states.RADIATION, now)


@kernel
def _let_fall(program, world, read, written, now):
    """Let whoever is no longer free, of those noted from `read` to `written`, lie where they fell."""
    if journal.everybody(world, read):
        for i in range(len(world.people)):
            _fall(program, world, i, now)
        return
    for number in range(read, written):
        _fall(program, world, journal.who(world, number), now)


@kernel
def _fall(program, world, person, now):
    body = world.people[person]
    if body.status != states.ACTIVE and (body.destination >= 0 or body.party >= 0):
        acts.rest(program, world, person, now)


@kernel
def _journeys(program, world, now):
    """Let those arrive whose time has come."""
    while agenda.earliest(world, agenda.JOURNEYS) <= now and acts.going(world, 10):
        first = agenda.foremost(world, agenda.JOURNEYS)
        if world.people[first].status == states.ACTIVE:
            _arrive(program, world, first, now)
        else:
            acts.rest(program, world, first, now)


@kernel
def _arrive(program, world, first, now):
    """Let all who set out with `first` and have come as far arrive, at the goal or where it was."""
    body = world.people[first]
    journey, goal, arrives = body.journey, body.destination, body.arrives
    place, kind = goal, kinds.ARRIVED
    if not _still_there(program, world, first, now):
        place, kind = _spot(program, body.ground, body.to_x, body.to_y), kinds.MISSED_IT
    together, others, i = 1, 0, chains.after(world, chains.COMPANY, first)
    while i >= 0 and i != first and acts.going(world, 2):
        together += _comes_with(world, i, goal, arrives)
        others += 1
        i = chains.after(world, chains.COMPANY, i)
    who = refs.ref(refs.PERSON, first)
    if together > 1 and journey >= 0:
        who = world.chronicle[journey].subject
    entry = acts.emit(world, now, kind, who, refs.ref(refs.PLACE, goal), place, float(together), journey)
    i = first
    for _ in range(1 + others):
        following = chains.after(world, chains.COMPANY, i)
        if _comes_with(world, i, goal, arrives):
            if place >= 0:
                acts.put(program, world, i, place, entry)
            else:
                acts.rest(program, world, i, now)
                world.people[i].entry = entry
            acts.touch_person(world, i)
        i = following
    _wake(world, now)


@kernel
def _comes_with(world, person, goal, arrives):
    """Return True for somebody of a company who comes to `goal` at `arrives`."""
    body = world.people[person]
    return body.destination == goal and body.arrives == arrives and body.status == states.ACTIVE


@kernel
def _still_there(program, world, person, now):
    """Return True when the goal of a journey is where it was as the journey began."""
    body = world.people[person]
    ship = acts.carrier(program, world, body.destination)
    if ship < 0:
        return True
    if world.vessels[ship].mode == states.LOST or acts.outermost(program, world, body.destination) < 0:
        return False
    if acts.thing_map(program, world, refs.ref(refs.PLACE, body.destination)) != body.ground:
        return False
    x, y = acts.place_x(program, world, body.destination, now), acts.place_y(program, world, body.destination, now)
    return hypot(x - body.to_x, y - body.to_y) <= _NEAR


@kernel
def _spot(program, ground, x, y):
    """Return the named place in the open at a position of a map, or -1."""
    for i in range(len(program.places)):
        row = program.places[i]
        if row.map == ground and row.vessel < 0 and row.machine < 0 and hypot(row.x - x, row.y - y) <= _NEAR:
            return i
    return -1


@kernel
def _follow(program, world, being, leader, cause, now):
    entry = -1
    first, last = acts.range_of(world, being, program)
    for i in range(first, last):
        body = world.people[i]
        if body.status != states.ACTIVE or body.leader == leader or not acts.is_of(world, being, i, program):
            continue
        if _leads_to(world, leader, i):
            continue
        if entry < 0:
            entry = acts.emit(world, now, kinds.FOLLOWED, being, refs.ref(refs.PERSON, leader), body.place, 0.0, cause)
        acts.follow(world, i, leader)
        body.entry = entry
        acts.touch_person(world, i)


@kernel
def _leads_to(world, person, other):
    """Return True when `person` is `other` or follows them, perhaps through others."""
    at = person
    for _ in range(len(world.people)):
        if at == other:
            return True
        if at < 0:
            return False
        at = world.people[at].leader
    return True


@kernel
def _stay(program, world, being, cause, now):
    entry = -1
    first, last = acts.range_of(world, being, program)
    for i in range(first, last):
        body = world.people[i]
        if body.status != states.ACTIVE or not acts.is_of(world, being, i, program):
            continue
        if body.leader < 0 and body.destination < 0 and body.party < 0:
            continue
        if entry < 0:
            entry = acts.emit(world, now, kinds.STAYED, being, -1, body.place, 0.0, cause)
        acts.follow(world, i, -1)
        acts.rest(program, world, i, now)
        body.entry = entry
        acts.touch_person(world, i)
    if entry >= 0:
        _wake(world, now)


# ------------------------------------------------------------------------------------------------ bearers


@kernel
def _carry(program, world, who, by, hands, cause, now):
    """Let each of `who` be taken up by `hands` of `by` who are with them and have their hands free."""
    taken = False
    first, last = acts.range_of(world, who, program)
    for i in range(first, last):
        if acts.is_of(world, who, i, program) and _can_be_carried(world, i):
            taken = _take_up(program, world, i, by, hands, cause, now) or taken
    if not taken:
        acts.nobody_there(world, who, verbs.CARRY, -1, now, cause)


@kernel
def _can_be_carried(world, person):
    body = world.people[person]
    return body.status == states.ACTIVE and body.place >= 0 and body.borne == 0 and body.bears < 0


@kernel
def _take_up(program, world, person, by, hands, cause, now):
    """Let somebody be taken up by the first `hands` in the order of their keys; False when there are fewer."""
    first, last = acts.range_of(world, by, program)
    lead = -1
    for turn in range(hands):
        best = -1
        for k in range(first, last):
            if k == person or world.people[k].bears >= 0 or not acts.is_of(world, by, k, program):
                continue
            if _can_be_carried(world, k) and world.people[k].place == world.people[person].place:
                if best < 0 or world.people[k].key < world.people[best].key:
                    best = k
        if best < 0:
            _free_hands(world, person)
            return False
        world.people[best].bears = person
        chains.add(world, chains.BEARERS, person, best)
        lead = best if turn == 0 else lead
    body = world.people[person]
    body.borne = hands
    acts.follow(world, person, lead)
    k = chains.first(world, chains.BEARERS, person)
    while k >= 0 and acts.going(world, 2):
        world.people[k].bearing = (body.mass + body.load) / hands
        if k != lead:
            acts.follow(world, k, lead)
        acts.touch_person(world, k)
        k = chains.after(world, chains.BEARERS, k)
    who, whom = refs.ref(refs.PERSON, lead), refs.ref(refs.PERSON, person)
    body.entry = acts.emit(world, now, kinds.CARRIED, whom, who, body.place, float(hands), cause)
    acts.touch_person(world, person)
    return True


@kernel
def _free_hands(world, person):
    """Let nobody carry a person any more."""
    k = chains.first(world, chains.BEARERS, person)
    while k >= 0 and acts.going(world, 2):
        chains.remove(world, chains.BEARERS, person, k)
        world.people[k].bears, world.people[k].bearing = -1, 0.0
        k = chains.first(world, chains.BEARERS, person)


@kernel
def _set_down(world, person, cause, now):
    """Let a person be carried no more; the bearers go along with the first of them no more."""
    body = world.people[person]
    k = chains.first(world, chains.BEARERS, person)
    while k >= 0 and acts.going(world, 2):
        if world.people[k].leader == body.leader:
            acts.follow(world, k, -1)
        acts.touch_person(world, k)
        k = chains.after(world, chains.BEARERS, k)
    _free_hands(world, person)
    body.borne = 0
    acts.follow(world, person, -1)
    entry = acts.emit(world, now, kinds.SET_DOWN, refs.ref(refs.PERSON, person), -1, body.place, 0.0, cause)
    body.entry = entry
    acts.touch_person(world, person)


@kernel
def _part_bearers(world, read, written, now):
    """Set down whoever is no longer with all of their bearers, or one of whom is no longer free.

    Those who bear and are borne are looked at who were noted from `read` to `written`.
    """
    if journal.everybody(world, read):
        for i in range(len(world.people)):
            _part(world, i, now)
        return
    for number in range(read, written):
        if not journal.keeps(world, number):  # what was set down has written over it
            for i in range(len(world.people)):
                _part(world, i, now)
            return
        person = journal.who(world, number)
        _part(world, person, now)
        if world.people[person].borne > 0:
            k = chains.first(world, chains.BEARERS, person)
            while k >= 0 and acts.going(world, 2):
                following = chains.after(world, chains.BEARERS, k)
                _part(world, k, now)
                k = following


@kernel
def _part(world, bearer, now):
    """Let a bearer set down whom they carry when the two are no longer together, or no longer both free."""
    body = world.people[bearer]
    if body.bears < 0:
        return
    other = world.people[body.bears]
    if body.status != states.ACTIVE or other.status != states.ACTIVE or not acts.beside(world, bearer, body.bears):
        _set_down(world, body.bears, max(body.entry, other.entry), now)


# ------------------------------------------------------------------------------------------------ parties


@kernel
def _evacuate(program, world, crowd, route, led_by, size, delay, cause, now):
    """Split those free of a crowd at the start of a route into parties, and let the leaders go with the first.

    Returns False when nobody of the crowd is there.
    """
    start, members, party, leads = program.routes[route].start, program.crowds[crowd], -1, -1
    room = 0
    for i in range(members.first, members.first + members.count):
        if not _waits_at(world, i, start) or _comes_along(world, i):
            continue
        if room == 0:
            party = _new_party(program, world, crowd, route, delay, cause, now)
            if party < 0:
                world.state[0].broken = states.PARTY_GUARD
                return True
            room = max(size, 1)
            if leads < 0:
                leads = party
        _take_in(world, party, i)
        world.people[i].lag = 0.0
        world.parties[party].members += 1
        room -= 1
    if leads >= 0 and led_by >= 0:
        led = False
        first, last = acts.range_of(world, led_by, program)
        for i in range(first, last):
            if acts.is_of(world, led_by, i, program) and _waits_at(world, i, start):
                _take_in(world, leads, i)
                led = True
        if not led:
            acts.emit(world, now, kinds.UNLED, refs.ref(refs.CROWD, crowd), led_by, start, 0.0, cause)
    return leads >= 0


@kernel
def _take_in(world, party, person):
    """Let a person belong to a party."""
    acts.enlist(world, person, party)
    journal.note(world, person)


@kernel
def _comes_along(world, person):
    """Return True for somebody who is carried, or who helps the first bearer of somebody."""
    body = world.people[person]
    return body.borne > 0 or (body.bears >= 0 and world.people[body.bears].leader != person)


@kernel
def _waits_at(world, person, place):
    """Return True when a person is free, at the place, and in no party."""
    body = world.people[person]
    return body.status == states.ACTIVE and body.place == place and body.party < 0


@kernel
def _new_party(program, world, crowd, route, delay, cause, now):
    """Return the row of a new party that waits to set out, or -1 when there is no room."""
    free, turn = _free_row(program, world, crowd, now)
    if free < 0:
        return -1
    party = world.parties[free]
    party.key = chance.pair_key(world.people[program.crowds[crowd].first].key, turn)
    party.crowd = crowd
    party.route = route
    party.turn = turn
    party.leg = program.routes[route].first
    party.members = 0
    party.walked = 0.0
    party.behind = 0.0
    party.speed = 0.0
    party.train = 0.0
    party.queues = states.NO_LINE
    party.state = states.PARTY_WAITING
    u = chance.u01(world.state[0].luck, chance.MARCH, party.key, 0)
    party.told, party.delay = now, delay
    party.started = now + (chance.lognormal_quantile(u, delay, DELAY_SIGMA) if delay > 0.0 else 0.0)
    party.entered = math.inf
    party.leaves = math.inf
    party.tires = math.inf
    party.entry = cause
    _set_due(world, free)
    return free


@kernel
def _free_row(program, world, crowd, now):
    """Return a row for a new party of a crowd, or -1 when there is none, and which party of the crowd it is."""
    state, turn = world.state[0], world.musters[crowd].turns
    free = state.formed
    if free < len(world.parties):
        state.formed += 1
    else:
        free = agenda.foremost(world, agenda.ROOM)
        if free < 0:
            return free, turn
        agenda.put(world, agenda.ROOM, free, math.inf)
        i = chains.first(world, chains.MEMBERS, free)
        while i >= 0 and acts.going(world, 2):  # who fell at this instant lies where the party was
            acts.rest(program, world, i, now)
            i = chains.first(world, chains.MEMBERS, free)
    world.musters[crowd].turns += 1
    return free, turn


@kernel
def _set_due(world, p):
    """Let a party be looked at when it next sets out, tires or leaves its leg, and its row be used again once it has come through."""
    party = world.parties[p]
    time = math.inf
    if party.state == states.PARTY_WAITING:
        time = party.started
    elif party.state == states.PARTY_WALKING:
        time = min(party.leaves, party.tires)
    agenda.put(world, agenda.PARTIES, p, time)
    agenda.put(world, agenda.ROOM, p, float(party.turn) if party.state == states.PARTY_ARRIVED else math.inf)


@kernel
def _halt(program, world, crowd, cause, now):
    """Stop the parties of a crowd: those on the way where they are; those that still wait break up."""
    entry = -1
    for p in range(world.state[0].formed):
        party = world.parties[p]
        if party.crowd != crowd or (party.state != states.PARTY_WAITING and party.state != states.PARTY_WALKING):
            continue
        if entry < 0:
            entry = acts.emit(world, now, kinds.HALTED, refs.ref(refs.CROWD, crowd), -1, -1, 0.0, cause)
            if entry < 0:
                return
        world.chronicle[entry].amount += 1.0
        party.entry = entry
        if party.state == states.PARTY_WALKING:
            _stop(program, world, p, now)
            continue
        party.state = states.PARTY_ARRIVED
        _set_due(world, p)
        i = chains.first(world, chains.MEMBERS, p)
        while i >= 0 and acts.going(world, 2):
            acts.enlist(world, i, -1)
            acts.touch_person(world, i)
            i = chains.first(world, chains.MEMBERS, p)
    if entry >= 0:
        acts.touch(world, topics.PEOPLE)
        _wake(world, now)
    else:
        acts.nobody_there(world, refs.ref(refs.CROWD, crowd), verbs.HALT, -1, now, cause)


@kernel
def _stop(program, world, p, now):
    """Stop a party that walks, or stands in line, where it is."""
    party = world.parties[p]
    if party.queues == states.NO_LINE:
        _fall_back(program, world, p, acts.along(party.entered, party.leaves, now))
    i = chains.first(world, chains.MEMBERS, p)
    while i >= 0 and acts.going(world, 2):
        body = world.people[i]
        body.walks_until = min(body.walks_until, now)
        settle(body, now)
        journal.note(world, i)
        i = chains.after(world, chains.MEMBERS, i)
    party.state = states.PARTY_STOPPED
    _set_due(world, p)


@kernel
def _resume(program, world, crowd, route, cause, now):
    """Let the parties of a crowd that were stopped on this route walk on."""
    for p in range(world.state[0].formed):
        party = world.parties[p]
        if party.crowd != crowd or party.route != route or party.state != states.PARTY_STOPPED:
            continue
        what, whom = refs.ref(refs.ROUTE, route), refs.ref(refs.CROWD, crowd)
        party.entry = acts.emit(world, now, kinds.MARCHED, whom, what, -1, float(party.members), cause)
        party.state = states.PARTY_WALKING
        if party.queues == states.NO_LINE:
            _enter(program, world, p, now)
        else:
            _wait_until(world, p, party.queues, max(now, party.leaves))
        acts.touch(world, topics.PEOPLE)
        _wake(world, now)


@kernel
def _change_pace(program, world, now):
    """Let parties walk on at another pace when others have changed by what they slow them."""
    state = world.state[0]
    if state.paces == state.paced:
        return
    state.paced = state.paces
    for p in range(state.formed):
        party = world.parties[p]
        walks = party.state == states.PARTY_WALKING and party.queues == states.NO_LINE and party.leaves > now
        if walks and party.factor != _factor(program, world, p):
            _fall_back(program, world, p, acts.along(party.entered, party.leaves, now))
            _enter(program, world, p, now)


@kernel
def _parties(program, world, now):
    """Let parties set out, change legs and come through."""
    while agenda.earliest(world, agenda.PARTIES) <= now and acts.going(world, 10):
        p = agenda.foremost(world, agenda.PARTIES)
        party = world.parties[p]
        if party.state == states.PARTY_WAITING:
            _depart(program, world, p, now)
        elif party.leaves <= now:
            _next_leg(program, world, p, now)
        else:
            _fall_back(program, world, p, acts.along(party.entered, party.leaves, now))
            _enter(program, world, p, now)


@kernel
def _depart(program, world, p, now):
    """Let a party set out, with those at its start who follow one of it."""
    party = world.parties[p]
    start = program.routes[party.route].start
    members, i = 0, chains.first(world, chains.MEMBERS, p)
    while i >= 0 and acts.going(world, 2):
        leader = world.people[i].leader
        if (
            leader < 0 or world.people[leader].party != p
        ):  # who follows one of the party follows that one's leader as well
            _take_followers(world, p, i, start)
        i = chains.after(world, chains.MEMBERS, i)
    i = chains.first(world, chains.MEMBERS, p)
    while i >= 0 and acts.going(world, 2):
        members += 1
        i = chains.after(world, chains.MEMBERS, i)
    if members == 0 or program.routes[party.route].count == 0:
        _disband(world, p)
        return
    what, whom = refs.ref(refs.ROUTE, party.route), refs.ref(refs.CROWD, party.crowd)
    entry = acts.emit(world, now, kinds.MARCHED, whom, what, start, float(members), party.entry)
    party.entry = entry
    party.state = states.PARTY_WALKING
    i = chains.first(world, chains.MEMBERS, p)
    while i >= 0 and acts.going(world, 2):
        world.people[i].place = -1
        world.people[i].entry = entry
        acts.touch_person(world, i)
        i = chains.after(world, chains.MEMBERS, i)
    _begin_leg(program, world, p, now)
    _wake(world, now)


@kernel
def _take_followers(world, p, leader, start):
    """Let those who wait at `start` and follow `leader`, through others too, belong to a party."""
    k = chains.next_follower(world, leader, leader)
    while k >= 0 and acts.going(world, 2):
        if _waits_at(world, k, start):
            _take_in(world, p, k)
        k = chains.next_follower(world, k, leader)


@kernel
def _disband(world, p):
    """Let a party be none any more: nobody of it goes on."""
    world.parties[p].state = states.PARTY_ARRIVED
    _set_due(world, p)


@kernel
def _next_leg(program, world, p, now):
    """Let a party that has waited at the start of its leg walk it; one that has walked it, go on or come to its goal."""
    party = world.parties[p]
    if party.queues == states.AT_THE_START:
        _enter(program, world, p, now)
        _wake(world, now)
        return
    route, behind = program.routes[party.route], program.legs[party.leg]
    last = party.leg + 1 >= route.first + route.count
    if party.queues == states.NO_LINE:
        _fall_back(program, world, p, 1.0)
        _drop_behind(program, world, p, now)
        through = now
        if behind.narrow >= 0:
            through = _pass(world, p, behind.narrow, behind.gate, now)
        if last:
            through += party.train
        if through > now:
            _wait_until(world, p, states.AT_THE_END, through)
            return
    party.walked += behind.length
    if last:
        _come_through(program, world, p, now)
        return
    party.leg += 1
    _begin_leg(program, world, p, now)
    ahead = program.legs[party.leg]
    if ahead.cover != behind.cover or len(world.drones) > 0:
        acts.wake(world, states.DRONES, now)
    if _shines_otherwise(program, behind.end_place, ahead.end_place):
        acts.wake(world, states.RADIATION, now)
    if ahead.interference != behind.interference:
        acts.wake(world, states.TRANSPORTER, now)
    if len(world.pairs) > 0:
        acts.wake(world, states.OBSERVATION, now)


@kernel
def _begin_leg(program, world, p, now):
    """Let a party come onto its leg as soon as that takes it in."""
    party = world.parties[p]
    leg = program.legs[party.leg]
    party.members = _count(world, p)
    party.behind = 0.0
    taken = now
    if leg.mouth >= 0 and party.members > 0:
        taken = _pass(world, p, leg.mouth, leg.width, now)
    if taken > now:
        _wait_until(world, p, states.AT_THE_START, taken)
    else:
        _enter(program, world, p, now)


@kernel
def _pass(world, p, gate, width, now):
    """Return when the first of a party is through a narrow place; its last follows as fast as that lets them."""
    party = world.parties[p]
    row = world.gates[gate]
    first, last, row.free = laws.pass_in_turn(row.free, now, now + party.train, _count(world, p), width * laws.MAX_FLOW)
    party.train = last - first
    return first


@kernel
def _wait_until(world, p, where, time):
    """Let a party stand at the start or at the end of its leg until `time`."""
    party = world.parties[p]
    party.queues = where
    party.entered = party.leaves = time
    party.tires = math.inf
    _set_due(world, p)
    _note(world, p)


@kernel
def _shines_otherwise(program, one, other):
    """Return True when another field, or another dose of it, reaches one place than the other."""
    if one < 0 or other < 0:
        return one != other
    first, second = program.places[one], program.places[other]
    return first.field != second.field or first.dose_rate != second.dose_rate


@kernel
def _fall_back(program, world, p, share):
    """Let those of a party who are slower than it fall back over its leg, from where that was last done up to `share`."""
    party = world.parties[p]
    gone = (share - party.behind) * program.legs[party.leg].length
    party.behind = share
    if program.limits[0].party_pace == laws.SLOWEST_MEMBER or math.isinf(program.limits[0].party_gap):
        return
    pace = _pace(world, p, program.limits[0].party_pace)
    if gone <= 0.0 or pace <= 0.0:
        return
    i = chains.first(world, chains.MEMBERS, p)
    while i >= 0 and acts.going(world, 2):
        body = world.people[i]
        if _walks(body):
            body.lag = max(0.0, body.lag + gone * (1.0 - _own_pace(body) / pace))
        i = chains.after(world, chains.MEMBERS, i)


@kernel
def _drop_behind(program, world, p, now):
    """Let those of a party who have lost it go on as a party of their own, from the place of the hindmost."""
    party, gap = world.parties[p], program.limits[0].party_gap
    length = program.legs[party.leg].length
    if math.isinf(gap) or program.limits[0].party_pace == laws.SLOWEST_MEMBER or length <= 0.0:
        return
    lost, hindmost = 0, 0.0
    i = chains.first(world, chains.MEMBERS, p)
    while i >= 0 and acts.going(world, 2):
        if _falls_out(world, i, gap):
            lost += 1
            hindmost = max(hindmost, world.people[i].lag)
        i = chains.after(world, chains.MEMBERS, i)
    if lost == 0:
        return
    row, turn = _free_row(program, world, party.crowd, now)
    if row < 0:
        world.state[0].broken = states.PARTY_GUARD
        return
    other = world.parties[row]
    whom = refs.ref(refs.CROWD, party.crowd)
    other.entry = acts.emit(world, now, kinds.FELL_BEHIND, whom, -1, -1, float(lost), party.entry)
    other.crowd, other.route, other.leg, other.turn = party.crowd, party.route, party.leg, turn
    other.key = chance.pair_key(party.key, turn)
    other.walked, other.started, other.state = party.walked, party.started, states.PARTY_WALKING
    other.behind, other.train = max(0.0, 1.0 - hindmost / length), 0.0
    i = chains.first(world, chains.MEMBERS, p)
    while i >= 0 and acts.going(world, 2):
        following = chains.after(world, chains.MEMBERS, i)
        if _falls_out(world, i, gap):
            _take_in(world, row, i)
            world.people[i].entry = other.entry
        i = following
    i = chains.first(world, chains.MEMBERS, row)
    while i >= 0 and acts.going(world, 2):
        world.people[i].lag = 0.0
        i = chains.after(world, chains.MEMBERS, i)
    _enter(program, world, row, now)
    party.members = _count(world, p)


@kernel
def _falls_out(world, person, gap):
    """Return True for somebody who has lost their party; who carry somebody fall out together, with the first of them."""
    at = person
    if world.people[at].bears >= 0:
        at = world.people[at].bears
    if world.people[at].borne > 0:
        at = world.people[at].leader
    return world.people[person].status == states.ACTIVE and laws.straggles(world.people[at].lag, gap)


@kernel
def _come_through(program, world, p, now):
    party = world.parties[p]
    place = program.routes[party.route].end
    _disband(world, p)
    if _count(world, p) == 0:
        return
    whom = refs.ref(refs.CROWD, party.crowd)
    entry = acts.emit(world, now, kinds.CAME_THROUGH, whom, -1, place, float(_count(world, p)), party.entry)
    party.entry = entry
    i = chains.first(world, chains.MEMBERS, p)
    while i >= 0 and acts.going(world, 2):
        following = chains.after(world, chains.MEMBERS, i)
        settle(world.people[i], now)
        acts.put(program, world, i, place, entry)
        acts.touch_person(world, i)
        i = following
    _wake(world, now)


@kernel
def _count(world, p):
    """Return how many walk with a party."""
    members, i = 0, chains.first(world, chains.MEMBERS, p)
    while i >= 0 and acts.going(world, 2):
        members += world.people[i].status == states.ACTIVE
        i = chains.after(world, chains.MEMBERS, i)
    return members


@kernel
def _enter(program, world, p, now):
    """Let a party walk on from where it is on its leg, and set when it will leave it."""
    party = world.parties[p]
    party.members = _count(world, p)
    party.queues = states.NO_LINE
    if party.members == 0:
        _disband(world, p)
        return
    left = _leg_time(program, world, p, now)
    party.entered, party.leaves = now, now + left
    if 0.0 < party.behind < 1.0 and math.isfinite(left):
        party.entered = now - left * party.behind / (1.0 - party.behind)
    _set_due(world, p)
    _note(world, p)


@kernel
def _note(world, p):
    """Note that those of a party go another way, or at another pace, from now on."""
    i = chains.first(world, chains.MEMBERS, p)
    while i >= 0 and acts.going(world, 2):
        journal.note(world, i)
        i = chains.after(world, chains.MEMBERS, i)


@kernel
def _leg_time(program, world, p, now):
    """Return the time [s] that a party takes for what is left of its leg, and let its members work for it from now on.

    A party that waits for its slowest goes no faster than those whose reserve is spent can, and looks again when the
    next one's will be.
    """
    party = world.parties[p]
    leg = program.legs[party.leg]
    waits = program.limits[0].party_pace == laws.SLOWEST_MEMBER
    party.factor = _factor(program, world, p)
    speed = _pace(world, p, program.limits[0].party_pace) * laws.walking_speed(leg.slope, leg.footing) * party.factor
    i = chains.first(world, chains.MEMBERS, p)
    while i >= 0 and acts.going(world, 2):
        body = world.people[i]
        if _walks(body):
            settle(body, now)
            if waits and body.reserve <= SPENT:
                speed = min(speed, max(_lasting_speed(body, leg), CREEP))
        i = chains.after(world, chains.MEMBERS, i)
    party.speed = speed
    gone, end = party.walked + leg.length * party.behind, party.walked + leg.length
    tired = laws.tired_time(end, HOUR_OF_WALKING) - laws.tired_time(gone, HOUR_OF_WALKING)
    time = laws.edge_time(tired, speed)
    first = math.inf
    i = chains.first(world, chains.MEMBERS, p)
    while i >= 0 and acts.going(world, 2):
        body = world.people[i]
        if _walks(body):
            first = min(first, _work(body, leg, speed, time, now))
        i = chains.after(world, chains.MEMBERS, i)
    party.tires = now + first if waits and first < time else math.inf
    return time


@kernel
def _factor(program, world, p):
    """Return by what others multiply the pace of a party on the map of its way."""
    return hooks.PACE(program, world, program.places[program.routes[world.parties[p].route].start].map)


@kernel
def _walks(body):
    """Return True for somebody of a party who is free and walks on their own feet."""
    return body.status == states.ACTIVE and body.borne == 0


@kernel
def _own_pace(body):
    """Return the pace over an average adult's without load at which somebody goes with what they carry."""
    return body.pace * load_factor(body.load + body.bearing, body.mass)


@kernel
def _pace(world, p, policy):
    """Return the pace of a party over an average adult's without load: its slowest's, lower quartile or mean."""
    total, least, most, members = 0.0, math.inf, -math.inf, 0
    i = chains.first(world, chains.MEMBERS, p)
    while i >= 0 and acts.going(world, 2):
        body = world.people[i]
        if _walks(body):
            pace = _own_pace(body)
            total += pace
            least, most = min(least, pace), max(most, pace)
            members += 1
        i = chains.after(world, chains.MEMBERS, i)
    if members == 0:
        return 0.0
    if policy == laws.LOWER_QUARTILE:
        place = 0.25 * (members - 1)
        below = int(place)
        low = _ranked(world, p, below, least, most)
        high = _ranked(world, p, min(below + 1, members - 1), least, most)
        return low + (place - below) * (high - low)
    return least if policy == laws.SLOWEST_MEMBER else total / members


@kernel
def _ranked(world, p, place, low, high):
    """Return the pace of the member of a party who comes at `place` in the order of paces, from 0, of `low` to `high`."""
    while low < high and acts.going(world, 10):
        middle = low + 0.5 * (high - low)
        if middle >= high:
            middle = low
        number, under, over = 0, low, high
        i = chains.first(world, chains.MEMBERS, p)
        while i >= 0 and acts.going(world, 2):
            if _walks(world.people[i]):
                pace = _own_pace(world.people[i])
                if pace <= middle:
                    number += 1
                    under = max(under, pace)
                else:
                    over = min(over, pace)
            i = chains.after(world, chains.MEMBERS, i)
        if number > place:
            high = under
        else:
            low = over
    return low


@kernel
def load_factor(load, mass):
    """Return the share of speed left under a load [kg]: mass / (mass + load), equal power for the weight (assumed)."""
    return mass / (mass + load) if mass > 0.0 else 1.0


@kernel
def _work(body, leg, speed, time, now):
    """Let a person work for a leg, `time` [s] at `speed` [m/s]; return how long [s] it is until their reserve is spent."""
    body.effort, body.walks_until = 0.0, now
    if math.isinf(time):
        return math.inf
    body.effort = laws.metabolic_power(body.mass, body.load + body.bearing, speed, 100.0 * leg.slope, 1.0 / leg.footing)
    body.walks_until = now + time
    if body.reserve <= SPENT:
        return math.inf
    return laws.emptying_time(body.reserve, body.effort, laws.CRITICAL_POWER_ADULT * body.mass)


@kernel
def _lasting_speed(body, leg):
    """Return the speed [m/s] that a person can keep up without any reserve."""
    critical = laws.CRITICAL_POWER_ADULT * body.mass
    load = body.load + body.bearing
    return laws.speed_at_power(critical, body.mass, load, 100.0 * leg.slope, 1.0 / leg.footing)


@kernel
def settle(body, now):
    """Account for what walking has cost a person up to `now`, or up to when they stopped."""
    until = min(now, body.walks_until)
    if until > body.walks_from and body.effort > 0.0:
        capacity, critical = laws.RESERVE * body.mass, laws.CRITICAL_POWER_ADULT * body.mass
        body.reserve = laws.reserve_after(body.reserve, capacity, body.effort, critical, until - body.walks_from)
    body.walks_from = now


# ------------------------------------------------------------------------------------------------ fresh luck


@kernel
def redraw(program, world, now):
    """Draw anew, from what is left of them, the times until parties set out; see docs/decisions/0005."""
    for p in range(world.state[0].formed):
        party = world.parties[p]
        if party.state == states.PARTY_WAITING and party.started > now and party.delay > 0.0:
            u = chance.u01(world.state[0].luck, chance.MARCH, party.key, 0)
            party.started = party.told + chance.lognormal_beyond(u, party.delay, DELAY_SIGMA, now - party.told)
            _set_due(world, p)
