"""Lists of people and heaps of what is due hold what plain Python lists would, whatever is done to them."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from briarpatch import engine
from briarpatch.world import agenda, chains, kinds, states
from briarpatch.world.compiled import plainly
from briarpatch.world.tables import AGENDA, AGENDAS, CHAINS, PEOPLE, STATE
from briarpatch.world.world import World, empty_world, grow
from plays import scene

PEOPLE_HERE = 7


def blank() -> World:
    heaps = AGENDAS.rows(agenda.KINDS)
    heaps.start = [k * PEOPLE_HERE for k in range(agenda.KINDS)]
    places = AGENDA.rows(agenda.KINDS * PEOPLE_HERE)
    places.at = places.row = -1
    return empty_world()._replace(
        state=STATE.rows(1),
        people=PEOPLE.rows(PEOPLE_HERE),
        chains=CHAINS.rows(chains.KINDS, PEOPLE_HERE),
        agendas=heaps,
        agenda=places,
    )


def listed(world: World, kind: int, owner: int) -> list[int]:
    """Return the list of `owner`, and see that it reads the same from its end."""
    rows, found = world.chains[kind], []
    at, before = int(rows[owner].first), -1
    while at >= 0:
        assert rows[at].before == before
        found.append(at)
        at, before = int(rows[at].after), at
    assert rows[owner].last == before
    return found


row = st.integers(0, PEOPLE_HERE - 1)


@given(st.lists(st.tuples(row, st.integers(-1, PEOPLE_HERE - 1)), max_size=60))
def test_a_list_holds_its_people_in_the_order_of_rows(moves):
    world, kind, of = blank(), chains.MEMBERS, [-1] * PEOPLE_HERE
    for person, owner in moves:
        if of[person] >= 0:
            plainly(chains.remove, world, kind, of[person], person)
        if owner >= 0:
            plainly(chains.add, world, kind, owner, person)
        of[person] = owner
        for one in range(PEOPLE_HERE):
            assert listed(world, kind, one) == [k for k in range(PEOPLE_HERE) if of[k] == one]


@given(st.lists(st.tuples(row, row, st.booleans()), max_size=60))
def test_whoever_joins_somebody_is_in_company_with_all_of_theirs(moves):
    world, company = blank(), {k: {k} for k in range(PEOPLE_HERE)}
    for person, other, alone in moves:
        plainly(chains.part, world, person)
        company[person].discard(person)
        company[person] = {person}
        if not alone and other != person:
            plainly(chains.join, world, person, other)
            company[other].add(person)
            company[person] = company[other]
        for one in range(PEOPLE_HERE):
            found, at = {one}, plainly(chains.after, world, chains.COMPANY, one)
            while at >= 0 and at != one:
                found.add(int(at))
                at = plainly(chains.after, world, chains.COMPANY, at)
            assert found == company[one]


@given(st.lists(st.integers(-1, PEOPLE_HERE - 1), min_size=PEOPLE_HERE, max_size=PEOPLE_HERE))
def test_everybody_who_follows_a_leader_through_others_is_met_once(leaders):
    world = blank()
    for person, leader in enumerate(leaders):
        leader = -1 if leader >= person else leader
        world.people[person].leader = leader
        if leader >= 0:
            plainly(chains.add, world, chains.FOLLOWERS, leader, person)
    world.people[0].leader = last = PEOPLE_HERE - 1  # as a bearer may follow whom they carry
    plainly(chains.add, world, chains.FOLLOWERS, last, 0)

    def follows(person: int, leader: int) -> bool:
        at = int(world.people[person].leader)
        for _ in range(PEOPLE_HERE):
            if at < 0 or at == leader:
                break
            at = int(world.people[at].leader)
        return at == leader

    for leader in range(PEOPLE_HERE):
        found, at = [], plainly(chains.next_follower, world, leader, leader)
        while at >= 0:
            found.append(int(at))
            at = plainly(chains.next_follower, world, at, leader)
        assert sorted(found) == [k for k in range(PEOPLE_HERE) if k != leader and follows(k, leader)]


@given(
    st.lists(
        st.tuples(st.integers(0, agenda.KINDS - 1), row, st.sampled_from([1.0, 2.0, 2.5, 3.0, math.inf])), max_size=80
    )
)
def test_what_is_due_first_stands_at_the_head_and_of_one_time_the_first_row(moves):
    world, due = blank(), [[math.inf] * PEOPLE_HERE for _ in range(agenda.KINDS)]
    for kind, one, time in moves:
        plainly(agenda.put, world, kind, one, time)
        due[kind][one] = time
        for heap in range(agenda.KINDS):
            time, first = min((at, k) for k, at in enumerate(due[heap]))
            assert plainly(agenda.earliest, world, heap) == time
            assert plainly(agenda.foremost, world, heap) == (first if time < math.inf else -1)


def test_a_time_that_is_no_number_breaks_the_world():
    world = blank()
    plainly(agenda.put, world, agenda.PARTIES, 0, math.nan)
    assert world.state.broken[0] == states.NUMBER_GUARD


MARCH = """
crowds:
  hurt: { count: 3, faction: ours, place: here, pace: 0.5 }
  strong: { count: 9, faction: ours, place: here, pace_spread: 0.3 }
  idle: { count: 4, faction: theirs, place: there }
routes:
  lane: { start: here, end: there, by: [{ at: [1 km, 1 km] }], last: { at: [3 km, 4 km], gate: 1 m } }
  back: { start: there, end: here }
rules:
  a: { when: "true", do: [carry: { who: hurt, by: strong, hands: 2 }, follow: { who: cid, leader: ann }] }
  b: { when: time() >= '1 min', do: [follow: { who: bob, leader: ann }, follow: { who: idle, leader: cid }] }
  c: { when: time() >= '2 min', do: [evacuate: { who: strong, along: lane, party: 3, led_by: ann, delay: 30 s }] }
  d: { when: time() >= '5 min', do: [move: { who: idle, to: here, speed: 1 m/s }, halt: strong] }
  e: { when: time() >= '10 min', do: [evacuate: { who: strong, along: lane, party: 2 }, stay: bob] }
  f: { when: time() >= '40 min', do: [kill: { who: ann, by: cid }, set_down: hurt] }
  g: { when: happened(f), after: 2 h, do: [evacuate: { who: strong, along: back, party: 4 }, kill: { who: hurt }] }
"""


def test_lists_and_heaps_hold_what_the_columns_say_at_every_step_of_a_march():
    scenario = scene(MARCH, head="party_pace: mean, party_gap: 100 m,")
    world, status, steps, met = scenario.world(3), states.PAUSED_BY_BUDGET, 0, set()
    while status in (states.PAUSED_BY_BUDGET, states.NEEDS_ROOM):
        world = grow(world) if status == states.NEEDS_ROOM else world
        status = engine.play(scenario.program, world, math.inf, 1)
        steps += 1
        people, parties = world.people, world.parties
        met |= set(parties.state[parties.crowd >= 0].tolist())
        for kind, column in ((chains.FOLLOWERS, "leader"), (chains.BEARERS, "bears"), (chains.MEMBERS, "party")):
            for owner in range(len(people)):
                assert listed(world, kind, owner) == np.flatnonzero(people[column] == owner).tolist(), (kind, steps)
        travelling = np.flatnonzero(people.destination >= 0)
        times = people.arrives[travelling].tolist()
        assert plainly(agenda.earliest, world, agenda.JOURNEYS) == min(times, default=math.inf)
        waits, walks = parties.state == states.PARTY_WAITING, parties.state == states.PARTY_WALKING
        times = [*parties.started[waits & (parties.crowd >= 0)], *np.minimum(parties.leaves, parties.tires)[walks]]
        assert plainly(agenda.earliest, world, agenda.PARTIES) == min(times, default=math.inf)
    assert status == states.FINISHED
    assert met == {states.PARTY_WAITING, states.PARTY_WALKING, states.PARTY_STOPPED, states.PARTY_ARRIVED}
    assert {kinds.CARRIED, kinds.SET_DOWN, kinds.FOLLOWED, kinds.ARRIVED} <= set(world.chronicle.kind.tolist())
    assert steps > 50
