"""The functions of the condition language: one declaration each; their meaning stands in `systems/rules.py`.

An argument type is the kind of an entity, a dimension, or one of the unions: `being` (person, crowd, faction or movement),
`thing` (person, vessel, device or place), `machine` (vessel or device), `spot` (a place; a vessel or a device stands
for its inside), `counted` (a word of `states.COUNTED`), `trait` (a tissue). A union reaches the machine as a
reference, a plain kind and a spot as a row.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..declare.numbers import number
from ..declare.spans import ANY, AT_LEAST_ZERO, SHARE, TRUTH, Span
from . import topics as t

FIRST_OPCODE = 100
"""The number in bytecode of the function that the ledger of numbers calls 0."""


LIMITS: dict[str, str] = {
    "age": "the age at the start and at `until`",
    "data": "the least and the most in its rows",
    "day": "0 and the day of `until`",
    "crew": "0 and the `complement`",
    "drones": "0 and the `count`",
    "gauge": "`start` and what effects set and add",
    "heads": "0 and how many they are",
    "hour": "0 and 24",
    "leaks": "0 and 1, more with `repeat`",
    "minds": "0 and how many have names",
    "opinions": "the `initial` ones, 0 among them",
    "people": "0 and all people",
    "since": "0 and `until`; undefined if never",
    "stages": "0 and the most stages",
    "times": "0 and 1, more with `repeat` or `mark`",
    "until": "0 and `until`",
}
"""Between what a function lies in a given scenario, by the word that narrows its range."""


@dataclass(frozen=True)
class Function:
    """One function: its name and number, the types of its arguments, what it gives, and what it depends on."""

    name: str
    opcode: int
    arguments: tuple[str, ...]
    gives: str
    topics: int
    meaning: str
    drifts: bool = False
    """True when its value changes without an entry in the chronicle, so conditions on it are polled."""
    clock: bool = False
    """True when its value grows with time at rate one, so the moment of crossing is computed exactly."""
    private: bool = False
    """True when a decider knows it of themself, so that utilities may read it."""
    own: bool = False
    """True when, of people, events and decisions, it depends on those alone that its arguments name."""
    span: Span = TRUTH
    weighed: bool = False
    """True when it is reckoned while a decider weighs, so that utilities alone may read it."""
    otherwise: str = ""
    """The word that stands for the last argument when that is left out."""


FUNCTIONS: dict[str, Function] = {}


def _function(
    name,
    arguments,
    gives,
    topics,
    meaning,
    drifts=False,
    clock=False,
    private=False,
    own=False,
    span=None,
    weighed=False,
    otherwise="",
) -> int:
    opcode = FIRST_OPCODE + number("function", name)
    if name in FUNCTIONS:
        raise ValueError(f"the function '{name}' is declared twice")
    names = tuple(arguments.split()) if arguments else ()
    values = TRUTH if gives == "bool" else span
    assert values is not None, f"{name} declares no range"
    FUNCTIONS[name] = Function(
        name, opcode, names, gives, topics, meaning, drifts, clock, private, own, values, weighed, otherwise
    )
    return opcode


# what somebody holds to be so
KNOWS = _function("knows", "person fact", "bool", t.BELIEFS, "the person is sure enough of the fact", private=True)
BELIEVES = _function(
    "believes", "person fact", "bool", t.BELIEFS, "the person thinks the fact more likely than not", private=True
)
CREDENCE = _function(
    "credence",
    "person fact",
    "number",
    t.BELIEFS,
    "the probability that the person gives the fact",
    private=True,
    span=SHARE,
)
KNOWN_IN = _function("known_in", "faction fact", "bool", t.BELIEFS | t.PEOPLE, "somebody of the faction knows the fact")
KNOWERS = _function(
    "knowers",
    "fact",
    "number",
    t.BELIEFS | t.PEOPLE,
    "how many of the living know the fact",
    span=Span(0.0, by="minds"),
)
THINKS_KNOWS = _function(
    "thinks_knows",
    "person person fact",
    "bool",
    t.BELIEFS,
    "the first person is sure enough that the second knows the fact",
    private=True,
)
OPINION = _function(
    "opinion",
    "person opinion",
    "number",
    t.BELIEFS,
    "what the person thinks of the matter",
    private=True,
    span=Span(by="opinions"),
)
TRUE = _function("holds", "fact", "bool", t.FACTS, "the fact is so, whoever knows it")

# people
ALIVE = _function("alive", "person", "bool", t.PEOPLE, "the person lives", own=True)
DEAD_F = _function("dead", "person", "bool", t.PEOPLE, "the person is dead", own=True)
FREE = _function(
    "free", "person", "bool", t.PEOPLE, "the person lives and is in nobody's hands", private=True, own=True
)
HELD_F = _function("held", "person", "bool", t.PEOPLE, "the person is in custody", private=True, own=True)
HELD_BY = _function("held_by", "person faction", "bool", t.PEOPLE, "the person is in that faction's custody", own=True)
AT = _function(
    "at",
    "thing spot",
    "bool",
    t.PEOPLE | t.VESSELS,
    "it is at the place itself, not aboard what lies there; at a vessel is aboard it",
    private=True,
    own=True,
)
IN = _function(
    "in",
    "thing spot",
    "bool",
    t.PEOPLE | t.VESSELS,
    "it is at the place, or in a vessel or a device that is in it",
    private=True,
    own=True,
)
ABOARD = _function(
    "aboard", "thing vessel", "bool", t.PEOPLE | t.VESSELS, "it is aboard the vessel", private=True, own=True
)
TOGETHER = _function(
    "together",
    "thing thing",
    "bool",
    t.PEOPLE | t.VESSELS,
    "both are at the same place, or two people are on the way together",
    private=True,
    own=True,
)
TRAVELLING = _function(
    "travelling", "thing", "bool", t.PEOPLE | t.VESSELS, "it is at no place: on the way, or stopped on it", own=True
)
TAGGED = _function("tagged", "person", "bool", t.PEOPLE, "the person carries a tag", own=True)
SUITED = _function("suited", "person", "bool", t.PEOPLE, "the person's suit is on", private=True, own=True)
SEEN_THROUGH = _function("seen_through", "spot", "bool", t.PEOPLE, "the pretence of the place has been noticed")
SEEN = _function("seen", "thing", "bool", t.PEOPLE | t.VESSELS, "an observer has detected it", own=True)
MEMBER = _function(
    "member", "person faction", "bool", t.PEOPLE, "the person belongs to the faction", private=True, own=True
)
COMMANDS = _function(
    "commands", "person vessel", "bool", t.PEOPLE | t.VESSELS, "the person commands the vessel", private=True
)
IN_OFFICE = _function(
    "in_office", "person", "bool", t.ORDERS, "the person has neither resigned nor been removed", private=True
)
COUNT = _function(
    "count",
    "beings counted",
    "number",
    t.PEOPLE | t.COUNTS,
    "how many of them are so; `alive` may be left out",
    span=Span(0.0, by="heads"),
    otherwise="alive",
)
COUNT_AT = _function(
    "count_at",
    "beings spot",
    "number",
    t.PEOPLE | t.VESSELS | t.COUNTS,
    "how many of them live and are at the place, as `at` means it",
    span=Span(0.0, by="heads"),
)
COUNT_IN = _function(
    "count_in",
    "beings spot",
    "number",
    t.PEOPLE | t.VESSELS | t.COUNTS,
    "how many of them live and are in the place, as `in` means it",
    span=Span(0.0, by="heads"),
)
COUNT_ABOARD = _function(
    "count_aboard",
    "being vessel",
    "number",
    t.PEOPLE | t.VESSELS,
    "how many of them live and are aboard the vessel",
    span=Span(0.0, by="heads"),
)
DISTANCE = _function(
    "distance",
    "thing thing",
    "length",
    t.PEOPLE | t.VESSELS,
    "how far apart they are; undefined without a map in common",
    drifts=True,
    span=Span(0.0, undefined=True),
)

# bodies
DOSE = _function(
    "dose", "person", "dose", t.HEALTH, "harmful dose absorbed", drifts=True, span=Span(0.0, flows=True, rests=True)
)
WORKS = _function("works", "person trait", "bool", t.HEALTH, "the person's tissue works", private=True)

# vessels
OPERATIONAL = _function("operational", "vessel", "bool", t.VESSELS, "the vessel can move and act")
DESTROYED = _function("destroyed", "machine", "bool", t.VESSELS | t.DEVICES, "it is destroyed")
FIGHTING_F = _function("fighting", "vessel", "bool", t.VESSELS, "it attacks or is attacked")
WITHDREW = _function("withdrawing", "vessel", "bool", t.VESSELS, "it breaks off the fight")
HULL = _function("hull", "vessel", "number", t.VESSELS, "share of the hull left", span=SHARE)
SHIELDS = _function(
    "shields",
    "vessel",
    "number",
    t.VESSELS,
    "share of the shields left",
    drifts=True,
    span=Span(0.0, 1.0, flows=True, rests=True),
)
CLOAKED = _function("cloaked", "vessel", "bool", t.VESSELS, "it is cloaked")
CREW_LEFT = _function(
    "crew_left", "vessel", "number", t.VESSELS, "anonymous crew alive aboard", span=Span(0.0, by="crew")
)

# devices
IDLE_F = _function("idle", "device", "bool", t.DEVICES, "it has not been started, or was stopped")
STARTING_F = _function("starting", "device", "bool", t.DEVICES, "it goes through the stages of a start")
RUNNING_F = _function("running", "device", "bool", t.DEVICES, "it runs")
PAUSED_F = _function("paused", "device", "bool", t.DEVICES, "its start or run is held")
DONE_F = _function("done", "device", "bool", t.DEVICES, "it has run to the end")
ARMED = _function("armed", "device", "bool", t.DEVICES, "its self-destruct counts down")
STAGE = _function(
    "stage",
    "device",
    "number",
    t.DEVICES,
    "the number of the stage under way, from 1; 0 for none",
    span=Span(0.0, by="stages"),
)

# fields
STOCK = _function(
    "stock",
    "field",
    "number",
    t.FIELDS,
    "share of the source left",
    drifts=True,
    span=Span(0.0, 1.0, flows=True, rests=True),
)
COLLECTED = _function(
    "collected",
    "field",
    "number",
    t.FIELDS,
    "what was collected, as a share",
    drifts=True,
    span=Span(0.0, 1.0, flows=True, rests=True),
)

# orders, decisions, events
ORDERED = _function("ordered", "person order", "bool", t.ORDERS, "the person has received the order", private=True)
OBEYED = _function(
    "obeyed", "person order", "bool", t.ORDERS, "the person obeyed the order, with or without protest", private=True
)
REFUSED = _function(
    "refused", "person order", "bool", t.ORDERS, "the person refused the order or acted against it", private=True
)
CHOSE = _function("chose", "option", "bool", t.DECISIONS, "this option was the one last taken", private=True, own=True)
DECIDED = _function("decided", "decision", "bool", t.DECISIONS, "the decision has been taken", private=True, own=True)
LEANING = _function(
    "leaning", "option", "number", t.PERSUASION, "what persuasion has added to the option's utility", span=ANY
)
FORESEEN = _function(
    "foreseen",
    "option",
    "number",
    t.EVENTS | t.DECISIONS,
    "the chance that its decider takes it, as whoever weighs now reckons; in utilities alone",
    private=True,
    span=SHARE,
    weighed=True,
)
HAPPENED = _function("happened", "event", "bool", t.EVENTS, "the event has happened", own=True)
TIMES = _function(
    "times", "event", "number", t.EVENTS, "how often the event has happened", own=True, span=Span(0.0, by="times")
)
SINCE = _function(
    "since",
    "event",
    "time",
    t.EVENTS,
    "time since it last happened; undefined if it never did",
    clock=True,
    own=True,
    span=Span(0.0, by="since", flows=True, undefined=True),
)
TIME = _function("time", "", "time", 0, "time since the start", clock=True, span=Span(0.0, by="until", flows=True))
HOUR = _function(
    "hour",
    "",
    "number",
    0,
    "hour of the day, 0 to 24",
    clock=True,
    private=True,
    span=Span(0.0, 24.0, by="hour", flows=True),
)
DAY = _function(
    "day",
    "",
    "number",
    0,
    "whole days since the midnight before the start, from 0",
    private=True,
    span=Span(0.0, by="day"),
)
WEEKDAY = _function(
    "weekday", "", "number", 0, "day of the week, 1 for Monday; the start has a date", private=True, span=Span(1.0, 7.0)
)
DATE_IS = _function(
    "date_is", "date", "bool", 0, "it is that date, in quotes: '2021-08-26'; the start has a date", private=True
)
GIVEN = _function("given", "data", "number", 0, "the number of the data now, as its bare name", span=Span(by="data"))

# ties
TRUST = _function(
    "trust",
    "person person",
    "number",
    t.BONDS,
    "how far the first trusts the second, 0 to 1",
    drifts=True,
    private=True,
    span=SHARE,
)
AFFECTION = _function(
    "affection",
    "person person",
    "number",
    t.BONDS,
    "how much the first likes the second",
    drifts=True,
    private=True,
    span=ANY,
)
KIN = _function("kinship", "person person", "number", t.BONDS, "coefficient of kinship", span=SHARE)
TIE = _function(
    "tie",
    "faction faction",
    "number",
    t.BONDS,
    "how the first side stands to the second, -1 to 1",
    span=Span(-1.0, 1.0),
)
FORGAVE = _function("forgave", "faction faction", "bool", t.BONDS, "the first side has forgiven the second")

# movements
FOLLOWS = _function(
    "follows", "person movement", "bool", t.MOVEMENTS, "the person has joined the movement", private=True
)
JOINERS = _function(
    "joiners", "movement", "number", t.MOVEMENTS, "how many have joined the movement", span=Span(0.0, by="people")
)
SHARE_JOINED = _function(
    "share_joined",
    "movement",
    "number",
    t.MOVEMENTS,
    "the share, by weight, of those who count that has joined",
    span=SHARE,
)
SUCCEEDED_M = _function("succeeded", "movement", "bool", t.MOVEMENTS, "the movement has risen and won")
FAILED_M = _function("put_down", "movement", "bool", t.MOVEMENTS, "the movement has risen and lost")

# words
REACHABLE = _function("reachable", "thing", "bool", t.PEOPLE | t.VESSELS, "it is outside every blackout", drifts=True)
HEARD = _function(
    "heard", "receiver fact", "bool", t.MESSAGES, "word of the fact has reached the person, council or faction"
)
VERDICT = _function("acts", "council", "bool", t.COUNCILS, "the council has decided to act")
DECLINED = _function("declines", "council", "bool", t.COUNCILS, "the council has decided not to act")

# hunts, directives, numbers
HUNTING = _function("hunting", "swarm", "bool", t.SWARMS, "the swarm is out")
WAITING_FOR = _function(
    "waiting", "pad", "number", t.PEOPLE, "people in line for the transporter", drifts=True, span=Span(0.0, by="people")
)
TURNED_AWAY = _function(
    "turned_away", "pad", "number", t.PEOPLE, "people who found its line full so far", drifts=True, span=AT_LEAST_ZERO
)
GROWTH = _function(
    "growth",
    "pad",
    "number",
    t.PEOPLE,
    "how many more a second have asked than it can carry; 0 when it keeps up",
    drifts=True,
    span=AT_LEAST_ZERO,
)
DRONES_LEFT = _function("drones_left", "swarm", "number", t.SWARMS, "drones left", span=Span(0.0, by="drones"))
VIOLATIONS = _function(
    "violations", "directive", "number", t.DIRECTIVES, "how often the directive was broken", span=AT_LEAST_ZERO
)
GAUGE_F = _function(
    "gauge", "gauge", "number", t.GAUGES, "the present value of a number of the scenario's own", span=Span(by="gauge")
)
"""A gauge's bare name means the same."""

# arithmetic
MIN = _function("min", "number number", "number", 0, "the smaller", private=True, span=ANY)
MAX = _function("max", "number number", "number", 0, "the larger", private=True, span=ANY)
ABS = _function("abs", "number", "number", 0, "the absolute value", private=True, span=AT_LEAST_ZERO)
LOGISTIC = _function(
    "logistic", "number", "number", 0, "1 / (1 + e^-x): log-odds as a probability", private=True, span=SHARE
)
EXP = _function("exp", "number", "number", 0, "e to the power x", private=True, span=AT_LEAST_ZERO)
LN = _function(
    "ln",
    "number",
    "number",
    0,
    "the natural logarithm; of 0 minus infinity, of less undefined",
    private=True,
    span=Span(undefined=True),
)
POWER = _function(
    "power",
    "number number",
    "number",
    0,
    "the first to the power of the second; undefined for a negative first",
    private=True,
    span=Span(0.0, undefined=True),
)
PER_HEAD = _function(
    "per_head", "number number", "number", 0, "the first shared among so many; 0 for nobody", private=True, span=ANY
)
