"""The named states of people, vessels, devices and the rest."""

from __future__ import annotations

# mechanisms: their numbers in the ledger; the order in which they run stands in `mechanisms`
OBSERVATION, SIGNALS, KNOWLEDGE, COMMAND, RULES, MARCH, SHIPS, TRANSPORTER, DRONES = range(9)
DEVICES, RADIATION, AGEING, BONDS = range(10, 14)
FOLLOWING = 14
UNDECLARED = frozenset(
    (
        "observation",
        "signals",
        "knowledge",
        "command",
        "rules",
        "march",
        "ships",
        "transporter",
        "drones",
        "devices",
        "radiation",
        "ageing",
        "bonds",
        "following",
        "talk",
    )
) - {"talk", "ageing"}
"""Mechanisms that do not declare themselves yet."""

# people.status
ACTIVE, HELD, DEAD = range(3)

# people.mode
NOMINAL, SELF_PROTECTIVE, STOPPED, RECOVERED, WRECKED, AWAY = range(6)

# vessels.mode
STATION, UNDER_WAY, FIGHTING, WITHDRAWING, DISABLED, LOST = range(6)

# vessels.stance
DEFENDS, ATTACKS, HOLDS_FIRE = range(3)

# slots.phase
VACANT, LOCKING, CYCLING = range(3)

# devices.mode
IDLE, STARTING, STARTING_BY_HAND, PAUSED, RUNNING, DONE, ABORTED, BLOWN = range(8)

# stages.track
AUTOMATIC, BY_HAND, RUN, ARMING = range(4)

# messages.state
WAITING, IN_FLIGHT, ARRIVED, MISSED = range(4)

# parties.state
PARTY_WAITING, PARTY_WALKING, PARTY_ARRIVED, PARTY_STOPPED = range(4)

# parties.queues: it walks; it waits for its leg to take it in; it waits at the end, for a narrow place or for its last
NO_LINE, AT_THE_START, AT_THE_END = range(3)

# options.response, orders_state.response
NO_RESPONSE, OBEY, VOICE, DELAY, REFUSE, OPPOSE = range(6)
RESPONSES = ("none", "obey", "voice", "delay", "refuse", "oppose")

# what `count` can count
ANY, ALIVE_ONES, DEAD_ONES, FREE_ONES, HELD_ONES, TAGGED_ONES, MOVED_ONES, HOME_ONES, MARCHING_ONES = range(9)
SEEN_ONES, CONSENTING_ONES, TRAVELLING_ONES = range(9, 12)
COUNTED = (
    *("any", "alive", "dead", "free", "held", "tagged", "moved", "home", "marching", "seen", "consenting"),
    "travelling",
)

# movements.outcome
UNTRIED, SUCCEEDED, FAILED = range(3)

# rules_state.suppressed: as it is; taken away; its next firing comes to nothing
KEPT, SUPPRESSED, SKIPPED = range(3)

# state.status, what `play` returns
READY, FINISHED, REACHED, WAITING_FOR_CHOICE, NEEDS_ROOM, BROKEN, PAUSED_BY_BUDGET, PAUSED_FROM_OUTSIDE = range(8)
STATUS_NAMES = (
    "ready",
    "finished",
    "reached the time asked for",
    "waiting for a choice",
    "needs room",
    "broken",
    "paused",
)
"""The last status is for `engine.play` alone, which plays on; it never stands in a world."""

# rules.clocked
AT_ONCE, AFTER, AT_A_RATE, EVERY, AT_TIMES = range(5)
"""What lets a rule fire while its condition holds: nothing more, a wait, an exponential clock, a beat, or given times."""

# state.ends
OPEN, OVER, CLOSING = range(3)
"""The story goes on; what ends it holds at this instant; every system comes up to the present for the last time."""

# state.broken
(
    NO_GUARD,
    INSTANT_GUARD,
    REQUEST_GUARD,
    ROOM_GUARD,
    NUMBER_GUARD,
    ENDING_GUARD,
    PARTY_GUARD,
    ROOTS_GUARD,
    FUNCTION_GUARD,
    WORK_GUARD,
    RATE_GUARD,
) = range(11)
GUARD_NAMES = (
    "none",
    "too many things at one moment (rules that set each other off)",
    "too many requests waiting",
    "more entries in one step than a chronicle has room for",
    "a number is not finite",
    "no ending holds",
    "more parties on the march than there is room for",
    "more than 64 roots of evidence about one fact",
    "a condition with a function that is not known",
    "one step has more to do than can be done (something happens again and again within an instant)",
    "a rate is below zero, or no number",
)
