"""How one integer names any entity: its kind in the high bits, its row in the low twenty."""

from __future__ import annotations

from .compiled import kernel

ROWS_PER_KIND = 1 << 20
NOBODY = -1

PERSON = 1
CROWD = 2
VESSEL = 3
DEVICE = 4
PLACE = 5
MAP = 6
FACTION = 7
FACT = 8
SWARM = 9
DRONE = 10
PARTY = 11
ROUTE = 12
EVENT = 13
GAUGE = 14
RULE = 15
DECISION = 16
OPTION = 17
ORDER = 18
DIRECTIVE = 19
COUNCIL = 20
CHANNEL = 21
FIELD = 22
TISSUE = 23
SENSOR = 24
ENDING = 25
MEASURE = 26
STATE = 27
MESSAGE = 28
VALUE = 29
MOVEMENT = 30
OPINION = 34

KIND_NAMES: dict[int, str] = {
    PERSON: "person",
    CROWD: "crowd",
    VESSEL: "vessel",
    DEVICE: "device",
    PLACE: "place",
    MAP: "map",
    FACTION: "faction",
    FACT: "fact",
    SWARM: "swarm",
    DRONE: "drone",
    PARTY: "party",
    ROUTE: "route",
    EVENT: "event",
    GAUGE: "gauge",
    RULE: "rule",
    DECISION: "decision",
    OPTION: "option",
    ORDER: "order",
    DIRECTIVE: "directive",
    COUNCIL: "council",
    CHANNEL: "channel",
    FIELD: "field",
    TISSUE: "tissue",
    SENSOR: "sensor",
    ENDING: "ending",
    MEASURE: "measure",
    STATE: "state",
    MESSAGE: "message",
    VALUE: "value",
    MOVEMENT: "movement",
    OPINION: "opinion",
}


@kernel
def ref(kind, row):
    """Return the reference of the entity of `kind` in `row`, or NOBODY for a negative row."""
    return NOBODY if row < 0 else kind * ROWS_PER_KIND + row


@kernel
def kind_of(reference):
    """Return the kind of the entity that `reference` names, or 0 for nobody."""
    return 0 if reference < 0 else reference // ROWS_PER_KIND


@kernel
def row_of(reference):
    """Return the row of the entity that `reference` names, or -1 for nobody."""
    return -1 if reference < 0 else reference % ROWS_PER_KIND
