"""What a condition may depend on, as bits: a rule is looked at again only when one of its topics has changed."""

from __future__ import annotations

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
EVERYTHING = (1 << 17) - 1

NAMES: dict[int, str] = {
    PEOPLE: "people",
    VESSELS: "vessels",
    DEVICES: "devices",
    BELIEFS: "beliefs",
    EVENTS: "events",
    ORDERS: "orders",
    BONDS: "bonds",
    MESSAGES: "messages",
    GAUGES: "gauges",
    HEALTH: "health",
    COUNCILS: "councils",
    SWARMS: "swarms",
    FIELDS: "fields",
    FACTS: "facts",
    DIRECTIVES: "directives",
    MOVEMENTS: "movements",
    PERSUASION: "persuasion",
}
