"""Signals: words on their way, and councils that deliberate.

A message that is handed in waits for a link: its channel reaches through blackouts, or its sender, and the person whom
it is for, are outside them (councils and factions always are). From then on it needs its sender no more: it arrives
after the overhead of the channel and the time of the way, or is lost on it, by the channel's reliability. A message
that still waits is lost with its sender, by death or by custody. What it carries is what the sender held when it was
handed in. A channel can come and go (Gilbert 1960, Elliott 1963): while it is down, messages wait.

A channel of limited range, or with relays, goes from hand to hand. Whoever holds a message gives it to every relay in
reach, at once and onward; each holder keeps it, carries it along, and hands it over when the receiver comes into reach
(Vahdat and Becker 2000), each hop for the overhead of the channel. It is lost when nobody is left who holds it. Reach
is distance, and that neither end lies in a blackout; it is looked at when somebody moves, and every minute on the way.

While somebody on foot takes a waiting message out of a blackout, the moment of crossing its edge is
computed; whoever stays is looked at when they move. A vessel's crossing wakes this system.

A council that is convened waits for its quorum, deliberates in stages and votes: each member judges the matter rightly
with the same chance, and right is to act when the fact at hand is so (or when there is none); a tie does nothing.

Assumes straight ways, and that a council without a place, or a faction, or one on an unrelated map is as near as the
overhead says. Leaves out interception, forgery and queues. Sources: see `laws.signals`.
"""

from __future__ import annotations

import math

import numpy as np

from ..laws import signals as laws
from ..world import acts, chance, kinds, processes, refs, states, topics, verbs
from ..world.compiled import kernel
from ..world.parts import system

READS = ("people", "vessels", "parties", "places", "regions", "beliefs", "channels", "relays", "facts")
WRITES = ("messages", "links", "councils", "requests", "chronicle")

PERIOD = 60.0
"""How often [s] the edge of a blackout is computed anew while somebody with a waiting message walks."""

_INSTANTS = 1048576.0  # to a second: 2^20, so that instants are exact
_FAR = 1e9


@system
def step(program, world, since, now):
    """Take in what was handed in, find links, deliver what arrives, and let councils decide."""
    if since < 0.0:
        for number in range(len(world.links)):
            _foresee_change(program, world, number)
    while acts.going(world, 10):
        number = acts.take(program, world, states.SIGNALS)
        if number < 0:
            break
        asked = world.requests[number]
        if asked.verb == verbs.CONVENE:
            _convene(program, world, asked.a, asked.b, asked.cause, now)
        elif asked.verb == verbs.SEND:
            _hand_in(program, world, asked.a, asked.b, asked.c, -1, asked.d, asked.cause, now)
        elif asked.verb == verbs.SEND_ORDER:
            receiver = refs.ref(refs.PERSON, asked.b)
            _hand_in(program, world, asked.a, receiver, -1, asked.c, asked.d, asked.cause, now)
        acts.spend(program, world, number)
    due = math.inf
    for i in range(world.state[0].sent):
        if world.messages[i].state == states.WAITING:
            due = min(due, _wait(program, world, i, now))
        if world.messages[i].state == states.IN_FLIGHT:
            if world.messages[i].arrives <= now:
                _arrive(program, world, i, now)
            else:
                due = min(due, world.messages[i].arrives)
    for i in range(len(world.councils)):
        if world.councils[i].decides <= now:
            _decide(program, world, i, now)
        due = min(due, world.councils[i].decides)
    return due


# ------------------------------------------------------------------------------------------------ messages


@kernel
def _hand_in(program, world, sender, receiver, fact, order, channel, cause, now):
    """Enter a message; somebody dead sends nothing."""
    state = world.state[0]
    body = world.people[sender]
    if body.status == states.DEAD:
        return
    if state.sent >= len(world.messages):
        state.broken = states.ROOM_GUARD
        return
    message = world.messages[state.sent]
    state.sent += 1
    message.sender, message.receiver, message.fact, message.order = sender, receiver, fact, order
    message.channel, message.sent, message.arrives, message.state = channel, now, math.inf, states.WAITING
    message.arrival = -1
    message.holders, message.hops = np.uint64(1), 0
    if fact >= 0:
        belief = world.beliefs[sender, fact]
        message.weight, message.roots = belief.odds, belief.roots
    who = refs.ref(refs.PERSON, sender)
    message.entry = acts.emit(world, now, kinds.SENT, who, receiver, body.place, 0.0, cause)
    u = chance.u01(state.luck, chance.LINK, _luck(program, world, message), _turn(world, state.sent - 1))
    message.fails = 1 if u >= program.channels[channel].reliability else 0


@kernel
def _luck(program, world, message):
    """Return the number that a message's luck is keyed by: of its sender, its receiver and what it says."""
    people = chance.pair_key(world.people[message.sender].key, acts.entity_key(world, message.receiver))
    if message.fact >= 0:
        return chance.pair_key(people, world.facts[message.fact].key)
    if message.order >= 0:
        return chance.pair_key(chance.pair_key(people, 0), program.orders[message.order].key)
    return chance.pair_key(people, 1)  # words of a player, which tell no fact and order nothing


@kernel
def _turn(world, number):
    """Return how often the same message was sent before."""
    message, turn = world.messages[number], 0
    for i in range(number):
        other = world.messages[i]
        if other.sender == message.sender and other.receiver == message.receiver:
            if other.fact == message.fact and other.order == message.order:
                turn += 1
    return turn


@kernel
def _wait(program, world, number, now):
    """Let a waiting message find its link if there is one; return when to look again."""
    message = world.messages[number]
    sender = message.sender
    who = refs.ref(refs.PERSON, sender)
    channel = program.channels[message.channel]
    if channel.relays > 0 or math.isfinite(channel.range):
        return _hand_on(program, world, number, now)
    if world.people[sender].status != states.ACTIVE:
        _lose(world, number, world.people[sender].entry, now)
        return math.inf
    to_person = refs.kind_of(message.receiver) == refs.PERSON
    through = program.channels[message.channel].through != 0
    look = math.inf
    if not through:
        if acts.cut_off(program, world, who, now):
            look = _edge(program, world, sender, now)
        if to_person and acts.cut_off(program, world, message.receiver, now):
            look = min(look, _edge(program, world, refs.row_of(message.receiver), now))
        if look < math.inf or acts.cut_off(program, world, who, now):
            return look
        if to_person and acts.cut_off(program, world, message.receiver, now):
            return look
    up = _up_from(program, world, message.channel, now)
    if up > now:
        return up
    if now > message.sent:
        cause = max(world.people[sender].entry, message.entry)
        message.entry = acts.emit(
            world, now, kinds.LINKED, who, message.receiver, world.people[sender].place, 0.0, cause
        )
        world.chronicle[message.entry].cause2 = min(world.people[sender].entry, cause)
    message.state = states.IN_FLIGHT
    message.arrives = now + _delay(program, world, message, now)
    return math.inf


@kernel
def _up_from(program, world, number, now):
    """Return `now` when a channel works, else when it will."""
    channel, link = program.channels[number], world.links[number]
    if channel.fails <= 0.0 and link.up != 0:
        return now
    while link.changes <= now and acts.going(world, 20):
        link.up, link.occurrence, link.since = 1 - link.up, link.occurrence + 1, link.changes
        _foresee_change(program, world, number)
    return now if link.up != 0 else link.changes


@kernel
def _foresee_change(program, world, number):
    """Draw when a channel goes down, or comes up again, from when it last did."""
    channel, link = program.channels[number], world.links[number]
    luck, since = world.state[0].luck, link.since
    link.changes = laws.run_link(
        link.up != 0, 0.0, luck, link.key, link.occurrence, since, since, channel.fails, channel.mends
    )[4]


@kernel
def _hand_on(program, world, number, now):
    """Let a message go from hand to hand, and to its receiver if somebody holds it who reaches them; when to look again.

    Reach is that of the last full minute, so that it matters to nobody who else lets this be looked at.
    """
    message = world.messages[number]
    for k in range(program.channels[message.channel].relays + 1):
        if not _sound(world, _node(program, message, k)):
            message.holders &= ~_bit(k)
    if message.holders == np.uint64(0):
        _lose(world, number, world.people[message.sender].entry, now)
        return math.inf
    up = _up_from(program, world, message.channel, now)
    if up > now:
        return up
    then = processes.beat_before(PERIOD, now)
    while acts.going(world, 10) and _pass_on(program, world, number, then, now):
        message.hops += 1
    away = _reach(program, world, message, then)
    if away >= 0.0:
        message.state = states.IN_FLIGHT
        channel = program.channels[message.channel]
        message.arrives = now + (message.hops + 1) * channel.overhead + laws.transit_time(away, channel.speed, 0.0, 0.0)
        return math.inf
    return processes.beat_after(PERIOD, now) if _anybody_moves(program, world, message) else math.inf


@kernel
def _bit(k):
    return np.uint64(1) << np.uint64(k)


@kernel
def _node(program, message, k):
    """Return who or what can hold a message: its sender for 0, else a relay of its channel."""
    if k == 0:
        return refs.ref(refs.PERSON, message.sender)
    return program.relays[program.channels[message.channel].relay + k - 1].thing


@kernel
def _sound(world, thing):
    """Return True when a relay, or a sender, can hold a message."""
    kind, row = refs.kind_of(thing), refs.row_of(thing)
    if kind == refs.PERSON:
        return world.people[row].status == states.ACTIVE
    return kind != refs.VESSEL or world.vessels[row].mode != states.LOST


@kernel
def _linked(program, world, channel, one, other, now):
    """Return how far apart [m] two are who reach one another by a channel, or -1."""
    if program.channels[channel].through == 0:
        if acts.cut_off(program, world, one, now) or acts.cut_off(program, world, other, now):
            return -1.0
    away = acts.distance(program, world, one, other, now)
    if away > program.channels[channel].range:
        return -1.0
    return away if math.isfinite(away) else 0.0


@kernel
def _pass_on(program, world, number, then, now):
    """Let all who hold a message give it to the relays in reach, at once; return True when one is new to it."""
    message = world.messages[number]
    relays = program.channels[message.channel].relays
    held, taken = message.holders, message.holders
    for k in range(1, relays + 1):
        relay = _node(program, message, k)
        if held & _bit(k) != np.uint64(0) or not _sound(world, relay):
            continue
        for h in range(relays + 1):
            if held & _bit(h) != np.uint64(0):
                if _linked(program, world, message.channel, _node(program, message, h), relay, then) >= 0.0:
                    taken |= _bit(k)
                    message.entry = acts.emit(
                        world,
                        now,
                        kinds.RELAYED,
                        relay,
                        message.receiver,
                        acts.thing_place(world, relay),
                        0.0,
                        message.entry,
                    )
                    break
    message.holders = taken
    return taken != held


@kernel
def _reach(program, world, message, then):
    """Return the least distance [m] from which somebody who holds a message reaches its receiver, or -1."""
    goal = message.receiver
    if refs.kind_of(goal) == refs.COUNCIL:
        goal = refs.ref(refs.PLACE, world.councils[refs.row_of(goal)].place)
    somewhere = refs.kind_of(goal) == refs.PERSON or refs.kind_of(goal) == refs.PLACE
    best = -1.0
    for k in range(program.channels[message.channel].relays + 1):
        if message.holders & _bit(k) == np.uint64(0):
            continue
        holder = _node(program, message, k)
        away = _linked(program, world, message.channel, holder, goal if somewhere else holder, then)
        if away >= 0.0 and (best < 0.0 or away < best):
            best = away
    return best


@kernel
def _anybody_moves(program, world, message):
    """Return True when the sender, a relay or the receiver is under way."""
    if refs.kind_of(message.receiver) == refs.PERSON and _moves(program, world, message.receiver):
        return True
    for k in range(program.channels[message.channel].relays + 1):
        if _moves(program, world, _node(program, message, k)):
            return True
    return False


@kernel
def _moves(program, world, thing):
    place = acts.thing_place(world, thing)
    if place >= 0:
        return acts.outermost(program, world, place) < 0
    if refs.kind_of(thing) == refs.PERSON:
        body = world.people[refs.row_of(thing)]
        if body.party >= 0:
            return world.parties[body.party].state == states.PARTY_WALKING
        return body.destination >= 0
    return refs.kind_of(thing) == refs.VESSEL and world.vessels[refs.row_of(thing)].destination >= 0


@kernel
def _delay(program, world, message, now):
    """Return the time [s] that a message takes from its link to its arrival."""
    channel = program.channels[message.channel]
    goal = message.receiver
    if refs.kind_of(goal) == refs.COUNCIL:
        goal = refs.ref(refs.PLACE, world.councils[refs.row_of(goal)].place)
    away = 0.0
    if refs.kind_of(goal) == refs.PERSON or refs.kind_of(goal) == refs.PLACE:
        away = acts.distance(program, world, refs.ref(refs.PERSON, message.sender), goal, now)
        if math.isinf(away):
            away = 0.0
    return channel.overhead + laws.transit_time(away, channel.speed, 0.0, 0.0)


@kernel
def _edge(program, world, person, now):
    """Return when to look again at somebody in a blackout: when they next cross an edge on foot, or at the next minute."""
    body = world.people[person]
    if body.place >= 0 or (body.party < 0 and body.destination < 0):
        return math.inf
    if body.party >= 0 and world.parties[body.party].state != states.PARTY_WALKING:
        return math.inf
    who = refs.ref(refs.PERSON, person)
    ground = acts.thing_map(program, world, who)
    x, y = acts.thing_x(program, world, who, now), acts.thing_y(program, world, who, now)
    arrives = body.arrives if body.party < 0 else world.parties[body.party].leaves
    best = processes.beat_after(PERIOD, now)
    for region in program.regions:
        if region.map == ground and region.blackout != 0 and acts.region_away(region, x, y) <= 0.0:
            best = min(best, _crosses(program, world, who, region, now, arrives))
    return best


@kernel
def _crosses(program, world, who, region, now, arrives):
    """Return when somebody inside a region of blackout comes out of it, by `arrives` at the latest; infinity for never.

    Whenever it is asked, it gives the same instant: the first of a fixed lattice of instants at which they are outside.
    """
    low, high = math.floor(now * _INSTANTS), math.ceil(min(arrives, _FAR) * _INSTANTS)
    if _inside(program, world, who, region, high / _INSTANTS):
        return math.inf
    while high - low > 1.0 and acts.going(world, 100):
        middle = math.floor(0.5 * (low + high))
        if _inside(program, world, who, region, middle / _INSTANTS):
            low = middle
        else:
            high = middle
    return high / _INSTANTS


@kernel
def _inside(program, world, who, region, then):
    x, y = acts.thing_x(program, world, who, then), acts.thing_y(program, world, who, then)
    return acts.region_away(region, x, y) <= 0.0


@kernel
def _arrive(program, world, number, now):
    """Deliver a message, or let it be lost on the way."""
    message = world.messages[number]
    to_person = refs.kind_of(message.receiver) == refs.PERSON
    if message.fails != 0:
        _lose(world, number, message.entry, now)
        return
    if to_person and world.people[refs.row_of(message.receiver)].status == states.DEAD:
        _lose(world, number, world.people[refs.row_of(message.receiver)].entry, now)
        return
    if refs.kind_of(message.receiver) == refs.COUNCIL:
        wreck = acts.ruin(program, world, world.councils[refs.row_of(message.receiver)].place)
        if wreck >= 0:
            _lose(world, number, acts.entry_of(world, wreck), now)
            return
    who = refs.ref(refs.PERSON, message.sender)
    message.state = states.ARRIVED
    message.arrival = acts.emit(world, now, kinds.DELIVERED, who, message.receiver, -1, 0.0, message.entry)
    acts.touch(world, topics.MESSAGES)
    if message.order >= 0:
        receiver = refs.row_of(message.receiver)
        acts.request(
            world,
            verbs.HAND_OVER,
            states.COMMAND,
            now,
            message.arrival,
            message.sender,
            receiver,
            message.order,
            -1,
            0.0,
            0.0,
        )
    elif message.fact >= 0 and refs.kind_of(message.receiver) != refs.COUNCIL:
        acts.request(world, verbs.HEAR, states.KNOWLEDGE, now, message.arrival, number, -1, -1, -1, 0.0, 0.0)


@kernel
def _lose(world, number, cause, now):
    message = world.messages[number]
    message.state = states.MISSED
    who = refs.ref(refs.PERSON, message.sender)
    entry = acts.emit(world, now, kinds.UNSENT, who, message.receiver, -1, 0.0, cause)
    if entry >= 0 and cause != message.entry:
        world.chronicle[entry].cause2 = message.entry


# ------------------------------------------------------------------------------------------------ councils


@kernel
def _convene(program, world, number, matter, cause, now):
    """Let a council meet about a matter, unless it is in session or was destroyed with where it sits."""
    council = world.councils[number]
    wreck = acts.ruin(program, world, council.place)
    if wreck >= 0:
        acts.emit(world, now, kinds.WAS_LOST, -1, wreck, -1, float(verbs.CONVENE), cause)
        return
    if math.isfinite(council.decides):
        return
    what, about = refs.ref(refs.COUNCIL, number), refs.ref(refs.FACT, matter)
    council.entry = acts.emit(world, now, kinds.CONVENED, what, about, council.place, 0.0, cause)
    council.matter, council.convened, council.verdict = matter, now, 0
    council.decides = now + laws.decides_after(
        world.state[0].luck,
        council.key,
        council.sessions,
        council.members,
        council.quorum,
        council.response,
        council.stages,
        council.stage_time,
        council.stage_shape,
    )
    acts.touch(world, topics.COUNCILS)


@kernel
def _decide(program, world, number, now):
    """Let a council vote, if where it sits has not been destroyed since it met."""
    council = world.councils[number]
    if acts.ruin(program, world, council.place) >= 0:
        council.decides = math.inf
        return
    votes = laws.votes_right(world.state[0].luck, council.key, council.sessions, council.members, council.competence)
    if council.matter >= 0 and world.facts[council.matter].true == 0:
        votes = council.members - votes
    does = laws.majority(votes, council.members)
    council.verdict = 1 if does else 2
    council.sessions += 1
    council.decides = math.inf
    kind = kinds.ACTED if does else kinds.DECLINED
    what, about = refs.ref(refs.COUNCIL, number), refs.ref(refs.FACT, council.matter)
    council.entry = acts.emit(world, now, kind, what, about, council.place, float(votes), council.entry)
    acts.touch(world, topics.COUNCILS)


# ------------------------------------------------------------------------------------------------ fresh luck


@kernel
def settle(program, world, now):
    """Bring the channels that come and go up to now with the luck that they had."""
    for number in range(len(world.links)):
        _up_from(program, world, number, now)


@kernel
def redraw(program, world, now):
    """Draw anew which messages will be lost, and how long councils will still sit; see docs/decisions/0005.

    How long a channel stays as it is has no memory: its clock begins anew.
    """
    luck = world.state[0].luck
    for number in range(len(world.links)):
        world.links[number].since = now
        _foresee_change(program, world, number)
    for number in range(world.state[0].sent):
        message = world.messages[number]
        if message.state == states.WAITING or message.state == states.IN_FLIGHT:
            u = chance.u01(luck, chance.LINK, _luck(program, world, message), _turn(world, number))
            message.fails = 1 if u >= program.channels[message.channel].reliability else 0
    for council in world.councils:
        if now < council.decides < math.inf:
            council.decides = council.convened + laws.decides_after_more(
                luck,
                council.key,
                council.sessions,
                council.members,
                council.quorum,
                council.response,
                council.stages,
                council.stage_time,
                council.stage_shape,
                now - council.convened,
            )
