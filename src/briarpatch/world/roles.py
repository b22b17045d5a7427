"""What the subject and the object of each kind of chronicle entry can be, so that a pattern that fits none is refused.

A kind that is not listed may be about anything.
"""

from __future__ import annotations

Types = tuple[str, ...]

BODY: Types = ("person", "crowd")
BEING: Types = ("person", "crowd", "faction")
MOVER: Types = ("person", "crowd", "faction", "vessel")
THING: Types = ("person", "crowd", "vessel", "device", "place", "swarm", "drone")
KILLER: Types = (*THING, "faction", "field")
SPEAKER: Types = ("person", "council", "faction")
NOTHING: Types = ()


def _roles() -> dict[str, tuple[Types, Types]]:
    person, vessel, device, fact = ("person",), ("vessel",), ("device",), ("fact",)
    groups: list[tuple[str, Types, Types]] = [
        ("began", NOTHING, NOTHING),
        ("guard", ("rule",), NOTHING),
        ("ended", NOTHING, ("ending",)),
        ("rule, lapsed", ("rule",), NOTHING),
        ("marked", NOTHING, ("event",)),
        ("gauged", NOTHING, ("gauge",)),
        ("chose", person, ("option",)),
        ("unanswered", person, ("decision",)),
        ("ordered, order came, passed on, obeyed, voiced, delayed, refused, opposed", person, ("order",)),
        ("resigned, relieved, reinstated", person, NOTHING),
        ("appointed", person, vessel),
        ("persuaded", person, person),
        ("captured, taken away, joined", BODY, ("faction",)),
        ("released", BODY, NOTHING),
        ("consented", BEING, NOTHING),
        ("violated, excused", NOTHING, ("directive",)),
        ("learned, suspected, doubted", person, fact),
        ("told, had word", person, person),
        ("was dead, was held", NOTHING, BEING),
        ("was out of action", NOTHING, (*BEING, "vessel")),
        ("was out of reach", NOTHING, (*BEING, "vessel")),
        ("was lost", NOTHING, ("vessel", "device")),
        ("noticed", person, NOTHING),
        ("detected, false alarm", THING, THING),
        ("came true, came untrue", NOTHING, fact),
        ("sent, delivered, lost, in touch", person, SPEAKER),
        ("convened, resolved, declined", ("council",), fact),
        ("departed, no way, came too late, arrived", MOVER, ("place", "vessel", "device")),
        ("followed", BEING, person),
        ("stayed", BEING, NOTHING),
        ("stood still", BODY, NOTHING),
        ("boarded, went ashore", BODY, vessel),
        ("marched", BODY, ("route",)),
        ("came through, carried, lock failed", BODY, NOTHING),
        ("tagged", BODY, ("swarm",)),
        ("drone lost, recalled", ("swarm",), NOTHING),
        ("launched", ("swarm",), ("crowd",)),
        ("unmasked, masked", MOVER, NOTHING),
        ("attacked", vessel, vessel),
        ("shields down, hit, destroyed, disabled", vessel, vessel),
        ("withdrew, escaped, shields up, shields lowered, ceased fire, struck", vessel, NOTHING),
        ("started, stage done, runs, ran its course, paused, resumed, stopped, sabotaged", device, person),
        ("arming, armed, disarmed, in vain, blew up", device, person),
        ("died", BODY, KILLER),
        ("healed, failed", person, ("tissue",)),
        ("drained", ("field",), NOTHING),
        ("met, grew close, grew apart", person, person),
        ("tie changed, apologised, forgave, offended", ("faction",), ("faction",)),
    ]
    return {kind: (subject, object_) for names, subject, object_ in groups for kind in names.split(", ")}


ROLES = _roles()
