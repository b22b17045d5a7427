"""One run as one of its people could know it, in the format that the page reads.

It is made of what their seat shows (`seat`), and of what was recorded of themself: where they were, and what they held to
be so. Of others it has only the words of entries that the person noticed; causes, weights, numbers of entries, the seed,
chances, measures, the ending and what is so are not in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import assembly
from ..world import recorder, refs
from .page_data import FORMAT, Moves, in_seconds, plain_number

if TYPE_CHECKING:
    from ..run import Run

NOBODY = -1
TOLD = 1
"""The weight of every entry, since weights would tell what matters."""
BEGAN = {"time": 0.0, "kind": "", "text": "The story began."}
"""The first entry of every such page, so that what comes later does not stand at its beginning."""


def seat_page_data(run: Run, person: str) -> dict[str, Any]:
    """Return what `person` could know of a run by its end, or by their death, as the page reads it.

    Raises RequestError when nobody with a mind is so called.
    """
    run = run.recorded(recorder.MEASURES)
    seat = run.view(person).facts()
    reference = run.scenario.names.ref("person", person)
    assert reference is not None
    me = reference % refs.ROWS_PER_KIND
    moves, end = Moves(run), float(seat["time"])
    maps = list(dict.fromkeys(spot["map"] for spot in seat["places"] if spot["map"] is not None))
    places = [
        [spot["place"], spot["place"], maps.index(spot["map"]) if spot["map"] is not None else NOBODY,
         plain_number(spot["x"]) if "x" in spot else None, plain_number(spot["y"]) if "y" in spot else None, NOBODY, NOBODY]
        for spot in seat["places"]
    ]  # fmt: skip
    rows = [row for row in moves.beliefs()[me] if row[0] <= end]
    facts = list(dict.fromkeys(row[1] for row in rows))
    return {
        "format": FORMAT,
        "as": [person, seat["told"]],
        "scenario": run.scenario.name,
        "title": run.scenario.title,
        "summary": "",
        "seed": "",
        "choices": {},
        "variants": {},
        "overrides": {},
        "answers": [],
        "status": "",
        "T": in_seconds(end),
        "start": in_seconds(run.scenario.start_hour),
        "ending": None,
        "endings": [],
        "measures": [],
        "factions": [] if seat["faction"] is None else [["own", seat["faction"]]],
        "people": [[person, seat["told"], NOBODY if seat["faction"] is None else 0]],
        "crowds": [],
        "vessels": [],
        "devices": [],
        "facts": [[run.scenario.names.label(_fact(fact)), run.log.words(_fact(fact))] for fact in facts],
        "maps": [[name, name, NOBODY, 0, 0] for name in maps],
        "places": places,
        "routes": [],
        "regions": [],
        "entries": [_entry(one) for one in [BEGAN, *seat["entries"]]],
        "kinds": {kind.name: [kind.meaning, TOLD] for kind in assembly.ENTRIES},
        "decisions": [],
        "chosen": {},
        "moves": {"people": [_segments(run, moves, me, seat, maps, end)], "vessels": [], "crowds": []},
        "beliefs": [[[time, facts.index(fact), odds, known, NOBODY, NOBODY] for time, fact, odds, known, *_ in rows]],
        "devices_over_time": [],
        "truth": [[] for _ in facts],
        "values": [],
        "view": {},
        "turning": None,
        "needed": {},
        "played": None,
    }


def _fact(row: int) -> int:
    return refs.FACT * refs.ROWS_PER_KIND + row


def _entry(one: dict[str, Any]) -> list[Any]:
    """Return an entry of a seat as the page has entries; it is about the person."""
    return [in_seconds(one["time"]), one["kind"], "p0", None, NOBODY, [], TOLD, one["text"], []]


def _segments(run: Run, moves: Moves, me: int, seat: dict[str, Any], maps: list[str], end: float) -> list[list[Any]]:
    """Return where the person was over time, on the places and maps of their own."""
    log, known = run.log, {spot["place"]: row for row, spot in enumerate(seat["places"])}
    places, grounds = run.program.places, run.program.maps
    words = [log.words(refs.PLACE * refs.ROWS_PER_KIND + row) for row in range(len(places))]
    called = [log.words(refs.MAP * refs.ROWS_PER_KIND + row) for row in range(len(grounds))]
    found = []
    for since, until, place, ground, *rest in moves.of_body(me):
        if since <= end:
            there = known.get(words[place], NOBODY) if place >= 0 else NOBODY
            map_ = maps.index(called[ground]) if ground >= 0 and called[ground] in maps else NOBODY
            found.append([since, min(until, in_seconds(end)), there, map_, *rest])
    return found
