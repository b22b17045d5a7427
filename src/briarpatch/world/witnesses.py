"""Who of the named could know of an entry at the moment at which it is written.

It is decided by the kind of the entry, which names who may notice it: the one who does it, the one to whom it is
done, those who are at the place in plain sight of it, those inside a vessel, or the one to whom an order is handed.
What is only on its way to somebody does not concern them before it arrives, and what is only so concerns nobody.
A rule is noticed by the named who act, or are acted on, at once by what it does, unless its author says by whom; an
event by nobody but those whom its author names. Whoever wears a suit, or sails in a cloaked vessel, is seen by nobody
who is merely near. The dead notice nothing but their own death, and those who were stopped or are gone notice nothing.

Assumes that whoever is at a place sees what happens there. Leaves out sight from afar, which is a sensor's, and
overhearing. What somebody finds out later comes as an entry of its own.
"""

from __future__ import annotations

import numpy as np

from . import acts, kinds, refs
from .compiled import kernel

SUBJECT, OBJECT, THERE, ADDRESSEE, AUTHOR = (1 << bit for bit in range(5))
"""Who notices: whom the entry has as its subject, as its object; those who are there; whom its amount names; whom its
author says, or whom the effects of its rule name."""

NOBODY: tuple[int, ...] = (
    *(kinds.BEGAN, kinds.ENDED, kinds.GUARD, kinds.GAUGED, kinds.LAPSED, kinds.VIOLATED, kinds.EXCUSED),
    *(kinds.BECAME_TRUE, kinds.BECAME_FALSE, kinds.UNSENT, kinds.LOCK_FAILED, kinds.DRAINED),
    *(kinds.TIE_CHANGED, kinds.ALLIED, kinds.FELL_OUT, kinds.DISCUSSED),
    *(kinds.WAS_DEAD, kinds.WAS_LOST, kinds.WAS_AWAY, kinds.WAS_STILL, kinds.WAS_HELD, kinds.DRONE_LOST),
    *(kinds.APOLOGISED, kinds.FORGAVE, kinds.OFFENDED, kinds.UNFORGIVEN),
    *(kinds.WAS_SO, kinds.WAS_UNFIT, kinds.NOTHING_NEW, kinds.WAS_EMPTY, kinds.DONE),
)
"""Kinds that tell of what is so, of what failed unnoticed, or of what sides, crowds and the nameless do among themselves."""

DOER: tuple[int, ...] = (
    *(kinds.CHOSE, kinds.OBEYED, kinds.DELAYED, kinds.OPPOSED, kinds.CONSENTED, kinds.LEARNED, kinds.SUSPECTED),
    *(kinds.DOUBTED, kinds.SENT, kinds.LINKED, kinds.RELAYED, kinds.NO_WAY, kinds.MISSED_IT, kinds.DETECTED),
    *(kinds.FALSE_ALARM, kinds.SUPPOSED, kinds.UNSUPPOSED),
    *(kinds.HEARD_FROM, kinds.UNANSWERED, kinds.HEALED, kinds.FAILED_TISSUE),
    *(kinds.TURNED_AWAY, kinds.MASKED, kinds.VOLLEY, kinds.SHIELDS_UP, kinds.SHIELDS_LOWERED),
    *(kinds.CEASED_FIRE, kinds.STRUCK, kinds.CONVENED, kinds.ACTED, kinds.DECLINED, kinds.CALLED, kinds.STOOD_ALONE),
    *(kinds.ROSE, kinds.PUT_DOWN),
)
"""Kinds of which only the one who does it, thinks it or undergoes it knows; of a council those where it sits."""

BOTH: tuple[int, ...] = (
    *(kinds.TOLD, kinds.PERSUADED, kinds.MET, kinds.GREW_CLOSE, kinds.GREW_APART),
    *(kinds.HULL_HIT, kinds.SHIELDS_DOWN),
)
"""Kinds that happen between two, who both know."""

SEEN: tuple[int, ...] = (
    *(kinds.VOICED, kinds.REFUSED, kinds.RESIGNED, kinds.RELIEVED, kinds.REINSTATED, kinds.CAPTURED, kinds.RELEASED),
    *(kinds.JOINED, kinds.MOVED_OUT, kinds.NOTICED, kinds.DEPARTED, kinds.STAYED, kinds.HALTED, kinds.ARRIVED),
    *(kinds.BOARDED, kinds.WENT_ASHORE, kinds.MARCHED, kinds.SET_DOWN, kinds.FELL_BEHIND, kinds.CAME_THROUGH),
    *(kinds.BEAMED, kinds.JAMMED, kinds.UNJAMMED, kinds.TAGGED, kinds.LAUNCHED, kinds.RECALLED, kinds.UNMASKED),
    *(kinds.ESCAPED, kinds.WITHDREW, kinds.STAGE_DONE, kinds.DEVICE_RUNS, kinds.DEVICE_DONE, kinds.DEVICE_PAUSED),
    *(kinds.DEVICE_RESUMED, kinds.DEVICE_ABORTED, kinds.ARMED, kinds.DISARMED, kinds.BLAST),
    *(kinds.JOINED_IN, kinds.DEFECTED, kinds.PLACED, kinds.UNLED),
)
"""Kinds that those at the place see, besides the one who does it."""

SEEN_BOTH: tuple[int, ...] = (
    *(kinds.FOLLOWED, kinds.CARRIED, kinds.ATTACKED, kinds.VESSEL_LOST, kinds.DISABLED, kinds.DEVICE_STARTED),
    *(kinds.SABOTAGED, kinds.ARMING, kinds.IN_VAIN, kinds.DIED, kinds.APPOINTED),
)
"""Kinds that those at the place see, besides both the one who does it and the one to whom it is done."""


def _noticed() -> dict[str, int]:
    table: dict[str, int] = {}
    lists = ((NOBODY, 0), (DOER, SUBJECT), (BOTH, SUBJECT | OBJECT), (SEEN, SUBJECT | THERE))
    lists += (
        (SEEN_BOTH, SUBJECT | OBJECT | THERE),
        ((kinds.RULE, kinds.MARKED), AUTHOR),
        ((kinds.DELIVERED,), OBJECT),
        ((kinds.ORDER_CAME,), ADDRESSEE),
    )
    lists += (((kinds.ORDERED, kinds.PASSED_ON), SUBJECT | ADDRESSEE),)
    names = {kind.number: kind.name for kind in kinds.KINDS}
    for numbers, bits in lists:
        for number in numbers:
            if names[number] in table:
                raise AssertionError(f"kind '{names[number]}' stands in two lists of those who notice")
            table[names[number]] = bits
    return table


NOTICED: dict[str, int] = _noticed()
"""Who notices an entry of each kind that is declared by hand, as bits."""

ACTED_ON: dict[str, tuple[str, ...]] = {
    "learn": ("who",),
    "tell": ("from", "to"),
    "order": ("from", "to"),
    "send": ("from",),
    "send_order": ("from",),
    "disbelieve": ("who",),
    "appoint": ("who",),
    "resign": ("who",),
    "relieve": ("who",),
    "reinstate": ("who",),
    "persuade": ("by",),
    "capture": ("who",),
    "release": ("who",),
    "join": ("who",),
    "consent": ("who",),
    "kill": ("by",),
    "place": ("who",),
    "move": ("who",),
    "follow": ("who",),
    "stay": ("who",),
    "evacuate": ("led_by",),
    "carry": ("who", "by"),
    "set_down": ("who",),
    "board": ("who",),
    "leave": ("who",),
    "unmask": ("who",),
    "mask": ("who",),
    "start": ("by",),
    "sabotage": ("by",),
    "arm": ("by",),
    "meet": ("who", "other"),
    "rise": ("who",),
    "suppose": ("who",),
}
"""For each verb, the parameters whose people notice that it is done: who acts, and who cannot but feel it at once."""


@kernel
def rows_an_entry(world):
    """Return how many rows of `witnesses` tell of one entry at most."""
    return (len(world.minds) + 63) // 64


@kernel
def note(program, world, since, until):
    """Write down who notices the entries from number `since` to before `until`, which have just been written."""
    for number in range(since, until):
        noticed = program.entry_noticed[world.chronicle[number].kind]
        if noticed == 0:
            continue
        for first in range(0, len(world.minds), 64):
            found = np.uint64(0)
            for mind in range(first, min(first + 64, len(world.minds))):
                if _notices(program, world, number, noticed, mind):
                    found |= np.uint64(1) << np.uint64(mind - first)
            if found != np.uint64(0):
                recorder = world.recorder[0]
                row = world.witnesses[recorder.seen]
                recorder.seen += 1
                row.entry, row.first, row.minds = number, first, found


@kernel
def _notices(program, world, number, noticed, mind):
    """Return True when a mind can notice an entry that is noticed by `noticed`."""
    entry, body = world.chronicle[number], world.people[mind]
    me = refs.ref(refs.PERSON, mind)
    if not acts.awake(body):
        return entry.kind == kinds.DIED and entry.subject == me
    if noticed & SUBJECT != 0 and _is_one_of(program, world, entry.subject, mind):
        return True
    if noticed & OBJECT != 0 and _is_one_of(program, world, entry.object, mind):
        return True
    if noticed & ADDRESSEE != 0 and entry.amount == float(mind):
        return True
    if noticed & THERE != 0 and not _hidden(world, entry.subject):
        if entry.place >= 0 and acts.is_at(program, world, entry.place, body.place):
            return True
        if refs.kind_of(entry.subject) == refs.PERSON and acts.beside(world, refs.row_of(entry.subject), mind):
            return True
    return noticed & AUTHOR != 0 and _is_named(program, world, entry, mind)


@kernel
def _hidden(world, thing):
    """Return True for somebody in a suit and for a cloaked vessel."""
    kind, row = refs.kind_of(thing), refs.row_of(thing)
    if kind == refs.PERSON:
        return world.people[row].suited != 0
    return kind == refs.VESSEL and world.vessels[row].cloaked != 0


@kernel
def _is_one_of(program, world, being, mind):
    """Return True when a mind is `being`, belongs to it, or is inside it or where it stands."""
    kind, row, place = refs.kind_of(being), refs.row_of(being), world.people[mind].place
    if kind == refs.PERSON:
        return row == mind
    if kind == refs.CROWD or kind == refs.FACTION or kind == refs.MOVEMENT:
        return acts.is_of(world, being, mind, program)
    if kind == refs.VESSEL:
        return acts.contains(program, world, world.vessels[row].inside, place)
    if kind == refs.DEVICE:
        return acts.together(world, being, refs.ref(refs.PERSON, mind))
    if kind == refs.COUNCIL:
        return acts.is_at(program, world, world.councils[row].place, place)
    return kind == refs.PLACE and acts.is_at(program, world, row, place)


@kernel
def _is_named(program, world, entry, mind):
    """Return True when the author lets a mind notice a rule or an event, or what the rule does at once names them."""
    what = entry.subject if entry.kind == kinds.RULE else entry.object
    said = False
    for sight in program.sights:
        if sight.of == what:
            said = True
            if _is_one_of(program, world, sight.seen, mind):
                return True
    if said or entry.kind != kinds.RULE:
        return False
    rule = program.rules[refs.row_of(what)]
    for e in range(rule.first, rule.first + rule.count):
        effect = program.effects[e]
        if effect.delay > 0.0:
            continue
        for slot in range(4):
            touched = program.verb_noticed[effect.verb, slot]
            value = effect.a if slot == 0 else effect.b if slot == 1 else effect.c if slot == 2 else effect.d
            if touched == 0 or value < 0:
                continue
            if touched == 2:
                if acts.is_at(program, world, value, world.people[mind].place):
                    return True
                continue
            kind = program.verb_kinds[effect.verb, slot]
            if (refs.ref(kind, value) if kind >= 0 else value) == refs.ref(refs.PERSON, mind):
                return True
    return False


def of_entries(world) -> list[set[int]]:  # type: ignore[no-untyped-def]
    """Return the minds that noticed each entry of a world that recorded [entries]."""
    found: list[set[int]] = [set() for _ in range(int(world.state["entries"][0]))]
    for entry, first, minds in world.witnesses[: int(world.recorder["seen"][0])].tolist():
        found[entry].update(first + bit for bit in range(64) if minds >> bit & 1)
    return found
