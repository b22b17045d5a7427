"""Lists of people: who follows somebody, who carries somebody, who is of a party, and who set out with somebody.

What concerns the few of a list costs as much as they are, however many others there are. Each list but the last stands
in the order of the rows; whoever is added in that order is added at once.
"""

from __future__ import annotations

from .compiled import kernel

FOLLOWERS, BEARERS, MEMBERS, COMPANY = range(4)
"""Whose list it is: a leader's, that of somebody who is carried, a party's; and of those who set out together, nobody's."""
KINDS = 4


@kernel
def first(world, kind, owner):
    """Return who comes first in the list of `owner`; -1 when it is empty."""
    return world.chains[kind, owner].first


@kernel
def after(world, kind, person):
    """Return who comes after a person in their list; -1 for nobody."""
    return world.chains[kind, person].after


@kernel
def add(world, kind, owner, person):
    """Add a person to the list of `owner`, by the order of rows."""
    rows, after_ = world.chains, -1
    before = rows[kind, owner].last
    if before > person:
        before, after_ = -1, rows[kind, owner].first
        for _ in range(len(world.people)):
            if after_ > person:
                break
            before, after_ = after_, rows[kind, after_].after
    rows[kind, person].before, rows[kind, person].after = before, after_
    if before >= 0:
        rows[kind, before].after = person
    else:
        rows[kind, owner].first = person
    if after_ >= 0:
        rows[kind, after_].before = person
    else:
        rows[kind, owner].last = person


@kernel
def remove(world, kind, owner, person):
    """Take a person out of the list of `owner`."""
    rows = world.chains
    before, after_ = rows[kind, person].before, rows[kind, person].after
    if before >= 0:
        rows[kind, before].after = after_
    else:
        rows[kind, owner].first = after_
    if after_ >= 0:
        rows[kind, after_].before = before
    else:
        rows[kind, owner].last = before
    rows[kind, person].before = rows[kind, person].after = -1


@kernel
def join(world, person, other):
    """Let a person who is alone be in company with `other`, and with whoever that one is in company with."""
    rows = world.chains
    if person == other:
        return
    after_ = rows[COMPANY, other].after
    if after_ < 0:
        after_ = other
    rows[COMPANY, other].after, rows[COMPANY, person].before = person, other
    rows[COMPANY, person].after, rows[COMPANY, after_].before = after_, person


@kernel
def part(world, person):
    """Let a person be alone again; the others stay together."""
    rows = world.chains
    before, after_ = rows[COMPANY, person].before, rows[COMPANY, person].after
    if after_ < 0:
        return
    alone = before == after_
    rows[COMPANY, before].after = -1 if alone else after_
    rows[COMPANY, after_].before = -1 if alone else before
    rows[COMPANY, person].before = rows[COMPANY, person].after = -1


@kernel
def next_follower(world, person, leader):
    """Return who comes after `person` of all who follow `leader`, through others too; -1 after the last.

    Begin with the leader. Two may follow one another, where the one carries the other.
    """
    if world.chains.shape[1] == 0:
        return -1
    found = _other(world, first(world, FOLLOWERS, person), leader)
    for _ in range(len(world.people)):
        if found >= 0 or person == leader:
            break
        found = _other(world, after(world, FOLLOWERS, person), leader)
        person = world.people[person].leader
    return found


@kernel
def _other(world, person, leader):
    return after(world, FOLLOWERS, person) if person == leader else person
