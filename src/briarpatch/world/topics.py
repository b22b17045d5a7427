"""What a condition may depend on, as bits: a rule is looked at again only when one of its topics has changed.

The lowest bits are whole topics. A condition about one person, event or decision depends on a bit of that row instead,
which it shares with a few others; whoever changes one row says so with that bit and the topic's, and whoever changes
many, or does not know which, with `whole`. So a rule that looks at one person sleeps while six hundred others move.
"""

from __future__ import annotations

import numpy as np

from .compiled import kernel

PEOPLE = 1
VESSELS = 2
DEVICES = 4
BELIEFS = 8
EVENTS = 16
ORDERS = 32
BONDS = 64
MESSAGES = 128
GAUGES = 256
HEALTH = 512
COUNCILS = 1024
SWARMS = 2048
FIELDS = 4096
FACTS = 8192
DIRECTIVES = 16384
MOVEMENTS = 32768
PERSUASION = 65536
DECISIONS = 131072
COUNTS = 262144
_TOPICS = 19

_PERSONS, _EVENTS, _DECISIONS = 11, 21, 11
_FIRST_PERSON = _TOPICS
_OF_A_CROWD = _FIRST_PERSON + _PERSONS
_FIRST_EVENT = _OF_A_CROWD + 1
_FIRST_DECISION = _FIRST_EVENT + _EVENTS
ANYBODY = (1 << _FIRST_EVENT) - (1 << _FIRST_PERSON)
ANY_EVENT = (1 << _FIRST_DECISION) - (1 << _FIRST_EVENT)
ANY_DECISION = (1 << (_FIRST_DECISION + _DECISIONS)) - (1 << _FIRST_DECISION)


def person_bit(row, crowd):
    """Return the bit of a person, who is of the crowd numbered `crowd` or, when that is negative, has a name."""
    return np.int64(1) << (_FIRST_PERSON + row % _PERSONS if crowd < 0 else _OF_A_CROWD)


def event_bit(row):
    """Return the bit of an event."""
    return np.int64(1) << (_FIRST_EVENT + row % _EVENTS)


def decision_bit(row):
    """Return the bit of a decision."""
    return np.int64(1) << (_FIRST_DECISION + row % _DECISIONS)


person, event, decision = kernel(person_bit), kernel(event_bit), kernel(decision_bit)
"""The same for compiled code."""


@kernel
def whole(changed):
    """Return the topics `changed` with the bits of every row that belongs to them."""
    if changed & PEOPLE:
        changed |= ANYBODY
    if changed & EVENTS:
        changed |= ANY_EVENT
    if changed & DECISIONS:
        changed |= ANY_DECISION
    return changed
