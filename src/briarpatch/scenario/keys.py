"""Keys of luck: what chance is keyed by, so that nobody's luck hangs on where anything stands in a file.

A key is a digest of the permanent name of a kind and of an entry's own name. So to add, to remove or to move an entry
changes nobody else's luck; and `key`, which gives a former name, keeps an entry's luck when it is renamed.
"""

from __future__ import annotations

import hashlib

from ..assembly import SECTIONS

LEDGER = {
    "people": "person",
    "crowds": "crowd",
    "factions": "faction",
    "places": "place",
    "vessels": "vessel",
    "weapons": "weapon",
    "pads": "transporter",
    "swarms": "swarm",
    "devices": "device",
    "facts": "fact",
    "channels": "channel",
    "councils": "council",
    "sensors": "sensor",
    "orders": "order",
    "rules": "rule",
    "injects": "inject",
    "decisions": "decision",
    "options": "option",
    "movements": "movement",
    "defections": "defection",
} | {section.key: section.one for section in SECTIONS}
"""The section of each kind, and the kind's permanent name: a section may be renamed, the name on the right never."""

MEMBER_BITS = 24
"""The last bits of a crowd's key, which number its members from 1."""


def key_of(section: str, *names: str) -> int:
    """Return the 64-bit key of an entry of `section`; further names are those that a loop wrote it for."""
    text = "\0".join((LEDGER[section], *names))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def crowd_key(name: str) -> int:
    """Return the key of a crowd: those of its members follow on it, so that they keep the order of their numbers."""
    return key_of("crowds", name) >> MEMBER_BITS << MEMBER_BITS
