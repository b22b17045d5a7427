"""The verbs of effects: one declaration each; the system that carries a verb out gives it its meaning.

A parameter's type is as in `functions`; `response` and the like are words. Parameters fill the slots a, b, c, d
(integers) in order, and a dimension fills `amount`, then `extra`. The first required parameter may be written alone:
`- mark: dawn` is `- mark: {event: dawn}`.

A parameter that names people, a vessel or a device says what they must be when the time comes (`ANYBODY` to `FREE`).
`acts.take` holds every verb to it: when nobody who is named is so, the verb comes to nothing and an entry says why. Of a group, only those who
are so take part. A parameter that names who does it may say `beside` whom they must be: at the same place, aboard the same
vessel, or on the way together; a doer without it reaches everybody everywhere. Of a group, only those in reach are
concerned. Nothing is asked of an effect without a doer. Whether somebody must be at a certain place besides, the system
knows that carries the verb out.

Every request leaves an entry. One that changes nothing leaves one that says why: of the kind that its verb declares as
`idle`, unless the system knows better.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..declare import ANYBODY, AWAKE, FREE, LIVING
from ..declare.numbers import number
from . import kinds, refs
from .states import (
    BONDS,
    COMMAND,
    DEVICES,
    DRONES,
    FOLLOWING,
    KNOWLEDGE,
    MARCH,
    OBSERVATION,
    RADIATION,
    RULES,
    SHIPS,
    SIGNALS,
    TRANSPORTER,
)


@dataclass(frozen=True)
class Parameter:
    """One parameter of a verb: its type, whether it must be given, what it is otherwise, what whoever it names must be."""

    name: str
    type: str
    default: float | None = None
    low: float = -math.inf
    high: float = math.inf
    optional: bool = False
    needs: int = ANYBODY
    beside: str = ""

    @property
    def required(self) -> bool:
        """Return True when the author must give it."""
        return not self.optional


@dataclass(frozen=True)
class Verb:
    """One verb: the system that carries it out, its parameters, what it does."""

    name: str
    number: int
    system: int
    parameters: tuple[Parameter, ...]
    meaning: str
    idle: int
    """The kind of entry that says why a request changed nothing."""


HOW = ("all", "most", "share", "each")
"""How many of a selection: all; a number; a part, rounded; each with a chance."""
_SELECTED = ("at", "how", "number")


def within_selection(verb: Verb) -> tuple[str, ...]:
    """Return the parameters of a verb that authors write within `who`, which is a selection of heads then."""
    return _SELECTED if any(p.type == "how" for p in verb.parameters) else ()


INTERNAL: dict[str, int] = {}
"""What systems ask of one another and authors cannot write; numbers from 1000."""

VERBS: dict[str, Verb] = {}

NUMERIC = {"number", "length", "time", "speed", "rate", "dose", "mass", "age", "probability", "weight"}


def _verb(name: str, system: int, meaning: str, *parameters: Parameter, idle: int = kinds.WAS_SO) -> int:
    VERBS[name] = Verb(name, number("verb", name), system, parameters, meaning, idle)
    return VERBS[name].number


def _p(name: str, type: str, low: float = -math.inf, high: float = math.inf, *, needs: int = ANYBODY) -> Parameter:
    return Parameter(name, type, None, low, high, needs=needs)


def _o(
    name: str,
    type: str,
    default: float = -1.0,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    needs: int = ANYBODY,
    beside: str = "",
) -> Parameter:
    return Parameter(name, type, default, low, high, optional=True, needs=needs, beside=beside)


def _internal(name: str) -> int:
    INTERNAL[name] = 1000 + len(INTERNAL)
    return INTERNAL[name]


HEAR = _internal("hear")
"""knowledge: the receiver of message `a` takes in what it carries."""
DETECT = _internal("detect")
"""knowledge: mind `a` has seen what sensor `b` looks for; `c` is the target's reference."""
SEIZE = _internal("seize")
"""transporter: pad `b` shall take the tagged person `a` to place `c`."""
HAND_OVER = _internal("hand over")
"""command: order `c` that person `a` sent has reached person `b`."""
BREAK = _internal("break")
"""devices: device `a` is destroyed from outside."""
PASS_ON = _internal("pass on")
"""command: person `a` hands order `c` down to person `b`, as the hand number `d`."""
TAKE = _internal("take")
"""command: person `a` comes into the custody of faction `b` at place `c`."""
VACATE = _internal("vacate")
"""command: person `a` no longer commands vessel `b`; the next in the chain who is aboard takes over."""

# events and numbers
MARK = _verb("mark", RULES, "mark an event", _p("event", "event"))
SET = _verb("set", RULES, "set a gauge", _p("gauge", "gauge"), _p("to", "number"))
ADD = _verb("add", RULES, "add to a gauge", _p("gauge", "gauge"), _p("by", "number"))

# knowledge
LEARN = _verb(
    "learn",
    KNOWLEDGE,
    "give evidence: `weight` in nats of log-odds, from one root, counted once; by a `face`, less what treatment has cost it",
    _p("who", "being", needs=LIVING),
    _p("fact", "fact"),
    _o("root", "root", -1.0),
    _o("face", "person", -1.0),
    _o("weight", "number", 8.0, -50.0, 50.0),
    idle=kinds.NOTHING_NEW,
)
TELL = _verb(
    "tell",
    KNOWLEDGE,
    "pass on what the teller holds of a fact, with its roots; belief is limited by trust",
    _p("from", "person", needs=AWAKE),
    _p("to", "being", needs=LIVING),
    _p("fact", "fact"),
    idle=kinds.NOTHING_NEW,
)
BECOME = _verb("become", KNOWLEDGE, "make a fact true or untrue", _p("fact", "fact"), _o("so", "bool", 1.0))
REVEAL = _verb(
    "reveal",
    KNOWLEDGE,
    "everybody at the place learns the fact from being there; who is aboard what lies there does not",
    _p("fact", "fact"),
    _p("at", "spot"),
    _o("weight", "number", 8.0, -50.0, 50.0),
    idle=kinds.NOTHING_NEW,
)
DISBELIEVE = _verb(
    "disbelieve",
    KNOWLEDGE,
    "drop what was learned in a staged place",
    _p("who", "person", needs=LIVING),
    _p("place", "spot"),
    idle=kinds.NOTHING_NEW,
)

# command
ORDER = _verb(
    "order",
    COMMAND,
    "give an order",
    _p("from", "person", needs=AWAKE),
    _p("to", "person", needs=LIVING),
    _p("order", "order"),
)
APPOINT = _verb(
    "appoint",
    COMMAND,
    "put somebody in command of a vessel",
    _p("who", "person", needs=LIVING),
    _p("vessel", "vessel", needs=LIVING),
)
RESIGN = _verb("resign", COMMAND, "lay down the office", _p("who", "person", needs=AWAKE))
RELIEVE = _verb("relieve", COMMAND, "remove somebody from office", _p("who", "person", needs=LIVING))
REINSTATE = _verb("reinstate", COMMAND, "give somebody the office back", _p("who", "person", needs=LIVING))
PERSUADE = _verb(
    "persuade",
    COMMAND,
    "shift what somebody leans to; repeated arguments weigh less",
    _p("by", "person", needs=AWAKE),
    _p("option", "option"),
    _o("strength", "number", 1.0, -50.0, 50.0),
)
CAPTURE = _verb(
    "capture",
    COMMAND,
    "take into custody, everywhere or only those at a place, and move them at once to another when it is named",
    _p("who", "being", needs=LIVING),
    _p("by", "faction"),
    _o("at", "spot"),
    _o("to", "spot"),
)
RELEASE = _verb(
    "release",
    COMMAND,
    "set free, everywhere or only those at a place, and move them at once to another when it is named",
    _p("who", "being", needs=LIVING),
    _o("at", "spot"),
    _o("to", "spot"),
)
JOIN = _verb("join", COMMAND, "change sides", _p("who", "being", needs=LIVING), _p("faction", "faction"))
CONSENT = _verb("consent", COMMAND, "agree to be moved", _p("who", "being", needs=LIVING))
KILL = _verb(
    "kill",
    COMMAND,
    "kill, everywhere or only those at a place; a doer reaches those beside them, and others within `reach`",
    _p("who", "being", needs=LIVING),
    _o("by", "person", needs=AWAKE, beside="who"),
    _o("at", "spot"),
    _o("reach", "length", 0.0, 0.0, 1e12),
)
PLACE = _verb(
    "place",
    COMMAND,
    "put people somewhere at once, all of them or only those at a place",
    _p("who", "being", needs=LIVING),
    _p("to", "spot"),
    _o("at", "spot"),
)

# on foot
MOVE = _verb(
    "move",
    MARCH,
    "walk or ride in a straight line",
    _p("who", "being", needs=FREE),
    _p("to", "spot"),
    _o("speed", "speed", 1.34, 1e-3, 3e8),
)
FOLLOW = _verb(
    "follow", MARCH, "go wherever another goes", _p("who", "being", needs=FREE), _p("leader", "person", needs=AWAKE)
)
STAY = _verb("stay", MARCH, "stop following and stop walking", _p("who", "being", needs=FREE))
EVACUATE = _verb(
    "evacuate",
    MARCH,
    "lead those free of a crowd who are at its start along a route in parties, and set halted parties going again",
    _p("who", "crowd", needs=FREE),
    _p("along", "route"),
    _o("led_by", "being"),
    _o("party", "number", 20.0, 1.0, 1e6),
    _o("delay", "time", 600.0, 0.0, 1e9),
)
CARRY = _verb(
    "carry",
    MARCH,
    "take up those of the first who are where the others are, and carry them along, each by so many",
    _p("who", "being", needs=FREE),
    _p("by", "being", needs=FREE),
    _o("hands", "number", 1.0, 1.0, 64.0),
)
SET_DOWN = _verb(
    "set_down", MARCH, "set down whom others carry", _p("who", "being", needs=LIVING), idle=kinds.WAS_UNFIT
)
HALT = _verb(
    "halt",
    MARCH,
    "stop every party of a crowd on its way, until it is evacuated again",
    _p("who", "crowd", needs=LIVING),
)

# vessels
SAIL = _verb("sail", SHIPS, "travel to a place", _p("vessel", "vessel", needs=AWAKE), _p("to", "spot"))
BOARD = _verb(
    "board",
    SHIPS,
    "go aboard a vessel that is at the same place",
    _p("who", "being", needs=FREE),
    _p("vessel", "vessel", needs=LIVING),
)
LEAVE = _verb("leave", SHIPS, "leave the vessel for the place where it is", _p("who", "being", needs=FREE))
ATTACK = _verb(
    "attack",
    SHIPS,
    "open fire",
    _p("by", "vessel", needs=AWAKE),
    _p("target", "vessel", needs=AWAKE),
    idle=kinds.WAS_UNFIT,
)
CEASE = _verb("cease", SHIPS, "cease fire", _p("vessel", "vessel", needs=AWAKE))
WITHDRAW = _verb(
    "withdraw", SHIPS, "break off and try to get clear", _p("vessel", "vessel", needs=AWAKE), idle=kinds.WAS_UNFIT
)
SHIELD = _verb("shields", SHIPS, "raise or lower shields", _p("vessel", "vessel", needs=LIVING), _o("up", "bool", 1.0))
CLOAK = _verb("cloak", SHIPS, "cloak or uncloak", _p("vessel", "vessel", needs=LIVING), _o("on", "bool", 1.0))
STRIKE = _verb("strike", SHIPS, "damage a vessel", _p("vessel", "vessel", needs=LIVING), _p("by", "number", 0.0, 1e12))
SCUTTLE = _verb("scuttle", SHIPS, "destroy a vessel", _p("vessel", "vessel", needs=LIVING))

# transporters
TRANSPORT = _verb(
    "transport",
    TRANSPORTER,
    "try to lock on and carry, willing or not, at most so many of them, everywhere or only from a place",
    _p("who", "being", needs=LIVING),
    _p("to", "spot"),
    _p("by", "pad"),
    _o("from", "spot"),
    _o("most", "number", -1.0, 0.0, 1e9),
)
JAM = _verb("jam", TRANSPORTER, "jam a transporter, or leave off", _p("pad", "pad"), _o("on", "bool", 1.0))
ABANDON = _verb("abandon", TRANSPORTER, "give up all locks", _p("by", "pad"))
POWER = _verb("power", TRANSPORTER, "switch a transporter on or off", _p("pad", "pad"), _o("on", "bool", 1.0))

# drones
LAUNCH = _verb(
    "launch", DRONES, "send a swarm after a crowd", _p("swarm", "swarm"), _p("after", "crowd"), idle=kinds.WAS_UNFIT
)
RECALL = _verb("recall", DRONES, "call a swarm back", _p("swarm", "swarm"))

# seeing
UNMASK = _verb("unmask", OBSERVATION, "come into plain sight", _p("who", "being", needs=LIVING))
MASK = _verb("mask", OBSERVATION, "put the suit on", _p("who", "being", needs=LIVING))
WATCH = _verb("watch", OBSERVATION, "start or stop a sensor", _p("sensor", "sensor"), _o("on", "bool", 1.0))

# words
SEND = _verb(
    "send",
    SIGNALS,
    "send word of a fact",
    _p("from", "person", needs=FREE),
    _p("to", "receiver"),
    _p("fact", "fact"),
    _p("by", "channel"),
)
SEND_ORDER = _verb(
    "send_order",
    SIGNALS,
    "send an order by a channel",
    _p("from", "person", needs=FREE),
    _p("to", "person"),
    _p("order", "order"),
    _p("by", "channel"),
)
CONVENE = _verb("convene", SIGNALS, "let a council deliberate", _p("council", "council"), _o("about", "fact"))

# devices
START = _verb(
    "start",
    DEVICES,
    "start a device",
    _p("device", "device", needs=LIVING),
    _o("by", "person", needs=FREE),
    _o("by_hand", "bool", 0.0),
    idle=kinds.WAS_UNFIT,
)
HOLD = _verb(
    "hold", DEVICES, "put a start or a run on hold", _p("device", "device", needs=LIVING), idle=kinds.WAS_UNFIT
)
RESUME = _verb("resume", DEVICES, "go on after a hold", _p("device", "device", needs=LIVING), idle=kinds.WAS_UNFIT)
ABORT = _verb(
    "abort",
    DEVICES,
    "stop a device; from then on only a start by hand can set it going",
    _p("device", "device", needs=LIVING),
)
SABOTAGE = _verb(
    "sabotage",
    DEVICES,
    "break a device so that nothing can start it again",
    _p("device", "device", needs=LIVING),
    _p("by", "person", needs=FREE),
    idle=kinds.WAS_UNFIT,
)
ARM = _verb(
    "arm",
    DEVICES,
    "set a device to destroy itself",
    _p("device", "device", needs=LIVING),
    _p("by", "person", needs=FREE),
)
DISARM = _verb("disarm", DEVICES, "stop a self-destruct", _p("device", "device", needs=LIVING))
DETONATE = _verb("detonate", DEVICES, "destroy a device at once", _p("device", "device", needs=LIVING))

# bodies
IRRADIATE = _verb(
    "irradiate",
    RADIATION,
    "give a dose at once",
    _p("who", "being", needs=LIVING),
    _p("dose", "dose", 0.0, 1e6),
    idle=kinds.WAS_UNFIT,
)
TOUCH = _verb(
    "release_dose",
    RADIATION,
    "release a dose over a field's places",
    _p("field", "field"),
    _p("dose", "dose", 0.0, 1e6),
    idle=kinds.WAS_EMPTY,
)

# ties
BOND = _verb(
    "bond",
    BONDS,
    "shift how the first feels for the second",
    _p("who", "person", needs=LIVING),
    _p("to", "person", needs=LIVING),
    _o("affection", "number", 0.0, -100.0, 100.0),
    _o("trust", "number", 0.0, -1e6, 1e6),
    idle=kinds.WAS_UNFIT,
)
MEET = _verb(
    "meet",
    BONDS,
    "two people meet, which wakes what is dormant",
    _p("who", "person", needs=LIVING),
    _p("other", "person", needs=LIVING),
    idle=kinds.WAS_UNFIT,
)
TIE = _verb(
    "tie",
    BONDS,
    "shift how one side stands to another",
    _p("from", "faction"),
    _p("to", "faction"),
    _p("by", "number", -2.0, 2.0),
)
OFFEND = _verb(
    "offend",
    BONDS,
    "one side wrongs another",
    _p("by", "faction"),
    _p("against", "faction"),
    _o("grudge", "number", 2.0, -50.0, 50.0),
)
APOLOGISE = _verb(
    "apologise",
    BONDS,
    "soften a grudge",
    _p("by", "faction"),
    _p("to", "faction"),
    _o("weight", "number", 1.0, -50.0, 50.0),
    idle=kinds.WAS_UNFIT,
)
FORGIVE = _verb(
    "forgive",
    BONDS,
    "ask whether one side forgives another now",
    _p("by", "faction"),
    _p("to", "faction"),
    idle=kinds.WAS_UNFIT,
)

# movements
RISE = _verb(
    "rise",
    FOLLOWING,
    "join a movement, whatever the others do",
    _p("who", "being", needs=LIVING),
    _p("movement", "movement"),
)
ATTEMPT = _verb(
    "attempt",
    FOLLOWING,
    "let a movement try its strength: success is likelier the greater the share that joined, and impossible for none",
    _p("movement", "movement"),
)

# what one holds of another's knowing
SUPPOSE = _verb(
    "suppose",
    KNOWLEDGE,
    "give evidence, in nats, that another knows a fact; it matters where `thinks_knows` asks",
    _p("who", "person", needs=LIVING),
    _p("of", "person"),
    _p("fact", "fact"),
    _o("weight", "number", 8.0, -50.0, 50.0),
    idle=kinds.NOTHING_NEW,
)
DISCUSS = _verb(
    "discuss",
    FOLLOWING,
    "talk a matter over, for some rounds or until opinions settle",
    _p("opinion", "opinion"),
    _o("rounds", "number", 0.0, 0.0, 1e5),
    idle=kinds.WAS_UNFIT,
)


ROW_KINDS = {"person": refs.PERSON, "crowd": refs.CROWD, "vessel": refs.VESSEL, "device": refs.DEVICE}
"""The types of parameters that reach a system as a row, and not as a reference: the kind of thing whose row it is."""
ABOUT_KINDS = ROW_KINDS | {
    "being": 0,
    "spot": refs.PLACE,
    "faction": refs.FACTION,
    "fact": refs.FACT,
    "swarm": refs.SWARM,
    "council": refs.COUNCIL,
    "field": refs.FIELD,
    "sensor": refs.SENSOR,
    "movement": refs.MOVEMENT,
    "opinion": refs.OPINION,
}
"""The types of parameters whose slot says what a verb is about: the kind of thing whose row it is, 0 for a reference.

The entities of sections that mechanisms declare are added to them."""
