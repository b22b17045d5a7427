"""One run as the page reads it: plain data, in the format `page-1`.

Everything that can be named is a row [id, words, ...]; rows refer to one another by index, -1 for nobody. Times are
seconds from the start. What changes over time is a list of rows that each hold until the next; who moves goes in a
straight line from where and when to where and when. The same run gives the same bytes.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .. import assembly, derived
from ..chronicle import Chronicle
from ..scenario.scenario import Scenario
from ..world import recorder, refs
from .played_text import on_the_way

if TYPE_CHECKING:
    from pathlib import Path

    from ..run import Run

FORMAT = "page-1"
LANES = {refs.PERSON: "p", refs.CROWD: "c", refs.VESSEL: "v", refs.DEVICE: "d", refs.FACTION: "f", refs.FACT: "k"}
"""By which letter an entry names what it is about, before the row."""
_NAME = re.compile(r"[A-Za-z_][\w.]*")
_TOLD_APART = 400
"""Of the width of a map, what a backdrop shows at least."""
Segment = tuple[Any, ...]


def page_data(run: Run) -> dict[str, Any]:
    """Return a run as the page reads it.

    Args:
        run: a run that was played or read, at whatever moment it stands.

    Returns:
        the document `page-1`, which JSON can hold.
    """
    folder, played, run = run.folder, run.played, run.recorded(recorder.MEASURES)
    scenario, world, log = run.scenario, run.world, run.log
    people = len(world.minds)
    moves = Moves(run)
    return {
        "format": FORMAT,
        "scenario": scenario.name,
        "title": scenario.title,
        "summary": scenario.document.scenario.summary or "",
        "seed": str(run.seed),
        "choices": run.choices,
        "variants": run.variants,
        "overrides": run.overrides,
        "answers": [list(answer) for answer in run.answers],
        "status": run.status,
        "T": in_seconds(run.time),
        "start": in_seconds(scenario.start_hour),
        "ending": run.ending,
        "endings": [[ending.name, ending.told] for ending in scenario.endings],
        "measures": _measures(run),
        "factions": [_named(log, refs.FACTION, row) for row in range(len(world.ties))],
        "people": [[*_named(log, refs.PERSON, row), int(world.people["faction"][row])] for row in range(people)],
        "crowds": _crowds(log),
        "vessels": [
            [*_named(log, refs.VESSEL, row), int(world.vessels["faction"][row]), int(world.vessels["inside"][row])]
            for row in range(len(world.vessels))
        ],
        "devices": [
            [*_named(log, refs.DEVICE, row), int(world.devices["aboard"][row]), int(world.devices["stands"][row])]
            for row in range(len(world.devices))
        ],
        "facts": [_named(log, refs.FACT, row) for row in range(len(world.facts))],
        "maps": _maps(log),
        "places": _places(log),
        "routes": _routes(log),
        "regions": _regions(log),
        "backdrop": _backdrop(scenario),
        "entries": list(_entries(log)),
        "kinds": {kind.name: [kind.meaning, kind.weight] for kind in assembly.ENTRIES},
        "decisions": [
            [d.name, d.question, d.decider, [[o.name, o.told] for o in d.options]] for d in scenario.decisions
        ],
        "chosen": _chosen(log),
        "moves": {"people": moves.people(), "vessels": moves.vessels(), "crowds": moves.crowds()},
        "beliefs": moves.beliefs(),
        "devices_over_time": moves.devices(),
        "truth": moves.truth(),
        "values": moves.values(),
        "view": _view(scenario),
        "turning": _turning(folder, log),
        "needed": _needed(folder, log),
        "played": None if played is None else _played(played, log),
    }


def _played(played: Mapping[str, Any], log: Chronicle) -> dict[str, Any]:
    """Return who played a run, and what they did on the way that it took, each with the time on the story's clock."""
    nodes = [{**node, "clock": log.clock(float(node["time"]))} for node in on_the_way(played)]
    return {"seats": played["seats"], "nodes": nodes, "branches": len(played["nodes"]) > len(nodes)}


def _view(scenario: Scenario) -> dict[str, dict[str, dict[str, Any]]]:
    """Return what the author says of how to show what, by section and name; what is not said is left out."""
    return scenario.document.view.model_dump(exclude_defaults=True)


def _turning(folder: Path | None, log: Chronicle) -> dict[str, Any] | None:
    """Return the turning points that were kept beside the run, if any were and they make sense."""
    kept = None if folder is None else derived.found(folder, derived.TURNING_POINTS)
    if kept is None:
        return None
    try:
        endings = [str(name) for name in kept["endings"]]
        moments = [
            {
                "time": in_seconds(float(moment["time"])),
                "probability": {name: [float(v) for v in moment["probability"][name]] for name in endings},
            }
            for moment in kept["moments"]
        ]
        turns = [
            {
                "since": int(turn["since"]),
                "until": int(turn["until"]),
                "entry": None if turn["entry"] is None else int(turn["entry"]),
                "text": str(turn["text"]),
                "ending": str(turn["ending"]),
                "change": [float(v) for v in turn["change"]],
                "certain": bool(turn["certain"]),
                "others": int(turn["others"]),
                "needed": bool(turn["needed"]),
                "without": [
                    {"entry": int(one["entry"]), "how": str(one["how"]), "chance": [float(v) for v in one["chance"]]}
                    for one in turn["without"]
                ],
            }
            for turn in kept["turns"]
        ]
        courses = int(kept["continuations"])
    except (LookupError, TypeError, ValueError):
        return None
    entries = [turn["entry"] for turn in turns if turn["entry"] is not None]
    entries += [one["entry"] for turn in turns for one in turn["without"]]
    places = [turn[side] for turn in turns for side in ("since", "until")]
    if not all(0 <= n < len(log) for n in entries) or not all(0 <= n < len(moments) for n in places):
        return None
    return {"continuations": courses, "endings": endings, "moments": moments, "turns": turns}


def _needed(folder: Path | None, log: Chronicle) -> dict[str, list[int]]:
    """Return, for each entry that was asked about, the entries without which it would not have come about."""
    kept = {} if folder is None else derived.kept_under(folder, derived.NEEDED)
    found: dict[str, list[int]] = {}
    for number, facts in kept.items():
        needed = facts.get("needed")
        if number.isascii() and number.isdigit() and int(number) < len(log) and isinstance(needed, list):
            found[number] = [n for n in needed if isinstance(n, int) and 0 <= n < len(log)]
    return found


def to_json(data: dict[str, Any]) -> bytes:
    """Return a document of the page as the bytes of compact JSON."""
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


# ------------------------------------------------------------------------------------------------ what has a name


def _reference(kind: int, row: int) -> int:
    return kind * refs.ROWS_PER_KIND + row


def _named(log: Chronicle, kind: int, row: int) -> list[Any]:
    reference = _reference(kind, row)
    return [log.scenario.names.label(reference), log.words(reference)]


def _measures(run: Run) -> list[list[Any]]:
    """Return [name, words, unit, which is better, value] of each measure."""
    found = zip(run.scenario.measures, run.measures.values(), strict=True)
    return [[m.name, m.told, m.unit, m.better, plain_number(value)] for m, value in found]


def _crowds(log: Chronicle) -> list[list[Any]]:
    rows, people = [], log.world.people
    for row, crowd in enumerate(log.scenario.program.crowds):
        first, count = int(crowd["first"]), int(crowd["count"])
        rows.append([*_named(log, refs.CROWD, row), int(people["faction"][first]) if count else -1, count])
    return rows


def _maps(log: Chronicle) -> list[list[Any]]:
    """Return [id, words, the map around it, x, y] of each map."""
    maps = log.scenario.program.maps
    return [
        [*_named(log, refs.MAP, row), int(one["within"]), plain_number(one["x"]), plain_number(one["y"])]
        for row, one in enumerate(maps)
    ]


def _places(log: Chronicle) -> list[list[Any]]:
    """Return [id, words, map, x, y, the vessel that it is the inside of, the device that it is the inside of]."""
    places = log.scenario.program.places
    return [
        [
            *_named(log, refs.PLACE, row),
            int(p["map"]),
            plain_number(p["x"]),
            plain_number(p["y"]),
            int(p["vessel"]),
            int(p["machine"]),
        ]
        for row, p in enumerate(places)
    ]


def _routes(log: Chronicle) -> list[list[Any]]:
    """Return [id, words, map, [x, y, ...] of the points along it] of each route."""
    program, rows = log.scenario.program, []
    for row, route in enumerate(program.routes):
        legs = program.legs[int(route["first"]) : int(route["first"]) + int(route["count"])]
        points = [plain_number(v) for leg in legs for v in (leg["x0"], leg["y0"])]
        points += [plain_number(v) for leg in legs[-1:] for v in (leg["x1"], leg["y1"])]
        start = int(route["start"])
        rows.append([*_named(log, refs.ROUTE, row), int(program.places["map"][start]) if start >= 0 else -1, points])
    return rows


def _regions(log: Chronicle) -> list[list[Any]]:
    """Return [map, x, y, x1, y1, radius, blackout, drag, interference] of each region."""
    return [
        [
            int(region["map"]),
            *(plain_number(region[column]) for column in ("x", "y", "x1", "y1", "radius")),
            *(int(region[column]) for column in ("blackout", "drag")),
            1 if region["interference"] > 0.0 else 0,
        ]
        for region in log.scenario.program.regions
    ]


def _backdrop(scenario: Scenario) -> list[list[Any]]:
    """Return [map, is it water, is it an area, [[x, y, ...], ...]] of each line and area beneath the maps, in drawing order."""
    found: list[list[Any]] = []
    for row, (name, map_) in enumerate(scenario.document.maps.items()):
        places = [place.at for place in scenario.document.places.values() if place.map == name and place.at]
        if map_.backdrop is None or len(places) < 2:
            continue
        from .backdrop import Box, shapes

        low, high = (tuple(most(place[k] for place in places) for k in (0, 1)) for most in (min, max))
        span = max(high[0] - low[0], high[1] - low[1])
        step = 10.0 ** math.floor(math.log10(max(span, 1.0) / _TOLD_APART))
        box = Box(low[0] - span, low[1] - span, high[0] + span, high[1] + span)
        for one in shapes(scenario, name, box, step):
            rings = [[plain_number(v) for point in ring for v in point] for ring in one.rings]
            found.append([row, int(one.water), int(one.closed), rings])
    return found


# ------------------------------------------------------------------------------------------------ what happened


def _entries(log: Chronicle) -> Iterator[list[Any]]:
    """Yield [time, kind, subject, object, place, causes, weight, words, what else it is about] of each entry."""
    about = _about(log)
    for entry in log.entries():
        subject, object_ = log.subjects[entry.number], log.objects[entry.number]
        named = [_lane(log, subject), _lane(log, object_)]
        more = sorted({*about.get(subject, ()), *about.get(object_, ())} - set(named))
        text = entry.text[:1].upper() + entry.text[1:]
        text = text if text.endswith((".", "!", "?")) else text + "."
        head = [in_seconds(entry.time), entry.kind, *named, log.places[entry.number], list(entry.causes)]
        yield [*head, entry.weight, text, *([more] if more else [])]


def _lane(log: Chronicle, reference: int) -> str | None:
    """Return the letter and the row of whom a reference names; one of a crowd is the crowd."""
    if reference < 0:
        return None
    kind, row = divmod(reference, refs.ROWS_PER_KIND)
    if kind == refs.PERSON and row >= len(log.world.minds):
        kind, row = refs.CROWD, int(log.world.people["crowd"][row])
    return f"{LANES[kind]}{row}" if kind in LANES else None


def _about(log: Chronicle) -> dict[int, set[str]]:
    """Return whom each rule and each option names, in its condition or in what it does, by its reference."""
    scenario, found = log.scenario, defaultdict(set)
    document = scenario.document
    for path, _, arguments in scenario.whole.effects:
        owner = _owner(scenario, path)
        if owner is not None:
            for value in arguments.values():
                found[owner] |= set(_people_in(log, value))
    for name, rule in document.rules.items():
        owner = scenario.names.find("rule", name)
        if owner is not None and isinstance(rule.when, str):
            found[owner] |= set(_people_in(log, rule.when))
    for decision in scenario.decisions:
        for option in decision.options:
            owner = scenario.names.find("option", f"{decision.name}.{option.name}")
            if owner is not None:
                found[owner] |= set(_people_in(log, decision.decider))
    return found


def _owner(scenario: Scenario, path: tuple[Any, ...]) -> int | None:
    """Return the reference of the rule or the option at whose path an effect stands."""
    if path[0] in ("rules", "injects"):
        return scenario.names.find(str(path[0])[:-1], str(path[1]))
    if path[0] == "decisions" and "options" in path:
        return scenario.names.find("option", f"{path[1]}.{path[path.index('options') + 1]}")
    return None


def _people_in(log: Chronicle, value: Any) -> Iterable[str]:
    """Yield the lanes of the people and vessels that a value or a text names."""
    words = value if isinstance(value, (list, tuple)) else [value]
    names = log.scenario.names
    for text in words:
        if isinstance(text, str):
            for name in _NAME.findall(text):
                for kind in ("person", "vessel"):
                    reference = names.find(kind, name)
                    lane = None if reference is None else _lane(log, reference)
                    if lane is not None:
                        yield lane


def _chosen(log: Chronicle) -> dict[str, list[str]]:
    """Return (decision, option) by the number of the entry that tells of the choice."""
    names, options = log.scenario.names, {}
    for decision in log.scenario.decisions:
        for option in decision.options:
            reference = names.find("option", f"{decision.name}.{option.name}")
            if reference is not None:
                options[reference] = [decision.name, option.name]
    chose = assembly.entry_kind("chose")
    return {
        str(number): options[log.objects[number]]
        for number in range(len(log))
        if log.kinds[number] == chose and log.objects[number] in options
    }


# ------------------------------------------------------------------------------------------------ over time


class Moves:
    """What was recorded of a run, sorted by what it is about."""

    def __init__(self, run: Run) -> None:
        self.run, self.world, self.program = run, run.world, run.program
        self.end = run.time
        changes = run.changes
        self.rows: dict[int, dict[int, list[Any]]] = {sort: defaultdict(list) for sort in range(len(recorder.SORTS))}
        for change in changes.tolist():
            row = recorder.CHANGE._make(change)
            self.rows[row.what][row.row].append(row)
        self.steps = _steps(run)

    def _segments(self, rows: list[Any], state: Any) -> Iterator[Segment]:
        """Yield the segments of something that moves: from, until, place, map, what `state` says, and its line."""
        for row, after in zip(rows, [*rows[1:], None], strict=True):
            until = self.end if after is None else after.time
            if until > row.time or after is None:
                yield self._segment(row, row.time, until, row.place, state(row))

    def _segment(self, row: Any, since: float, until: float, place: int, said: tuple[Any, ...]) -> Segment:
        step = self.steps.get(row.more, 0.0)
        line = (_round(row.x, step), _round(row.y, step))
        if (row.x1, row.y1) != (row.x, row.y):
            line += (_round(row.x1, step), _round(row.y1, step), in_seconds(row.since), in_seconds(row.until))
        return (in_seconds(since), in_seconds(until), place, row.more, *said, *line)

    def of_body(self, body: int) -> list[Segment]:
        """Return the segments of a person; who is in a party goes where the party goes."""
        found: list[Segment] = []
        rows = self.rows[recorder.PERSON][body]
        for row, after in zip(rows, [*rows[1:], None], strict=True):
            until = self.end if after is None else after.time
            if until <= row.time and after is not None:
                continue
            said = (row.state, int(row.value))
            if row.place >= 0 or row.other < 0:
                found.append(self._segment(row, row.time, until, row.place, said))
                continue
            legs = self.rows[recorder.PARTY][row.other]
            for leg, next_leg in zip(legs, [*legs[1:], None], strict=True):
                first, last = max(row.time, leg.time), until if next_leg is None else min(until, next_leg.time)
                if first < last:
                    found.append(self._segment(leg, first, last, -1, said))
        return found

    def people(self) -> list[list[Segment]]:
        """Return [from, until, place, map, status, look, x, y, (to x, to y, since, until)] of each named person."""
        return [self.of_body(person) for person in range(len(self.world.minds))]

    def crowds(self) -> list[list[Any]]:
        """Return [crowd, how many, segment] for all of a crowd who do the same at the same time."""
        found: Counter[tuple[int, Segment]] = Counter()
        for row, crowd in enumerate(self.program.crowds):
            first, count = int(crowd["first"]), int(crowd["count"])
            for body in range(max(first, len(self.world.minds)), first + count):
                for segment in self.of_body(body):
                    found[row, segment] += 1
        return [[row, count, *segment] for (row, segment), count in sorted(found.items(), key=lambda item: item[0])]

    def vessels(self) -> list[list[Segment]]:
        """Return [from, until, place, map, mode, cloaked, hull, shield, x, y, (to x, to y, since, until)] of each."""

        def said(row: Any) -> tuple[Any, ...]:
            return row.state, row.other, _round(row.value, 0.001), _round(row.value2, 0.001)

        rows = self.rows[recorder.VESSEL]
        return [list(self._segments(rows[vessel], said)) for vessel in range(len(self.world.vessels))]

    def beliefs(self) -> list[list[list[Any]]]:
        """Return, for each mind, [time, fact, log-odds, known, who told it, the entry it rests on]."""
        found = []
        for mind in range(len(self.world.minds)):
            rows = self.rows[recorder.BELIEF][mind]
            found.append(
                [[in_seconds(r.time), r.other, _round(r.value, 0.001), r.state, r.more, r.entry] for r in rows]
            )
        return found

    def devices(self) -> list[list[list[Any]]]:
        """Return, for each device, [time, mode, stage, armed]."""
        rows = self.rows[recorder.DEVICE]
        return [
            [[in_seconds(r.time), r.state, r.more, r.other] for r in rows[device]]
            for device in range(len(self.world.devices))
        ]

    def truth(self) -> list[list[list[Any]]]:
        """Return, for each fact, [time, whether it is so from then on]."""
        rows = self.rows[recorder.FACT]
        return [[[in_seconds(r.time), r.state] for r in rows[fact]] for fact in range(len(self.world.facts))]

    def values(self) -> list[list[list[Any]]]:
        """Return, for each measure, [time, value then]: at the entries at which it had changed, and at the end."""
        found = []
        for measure, value in enumerate(self.run.measures.values()):
            rows = self.rows[recorder.MEASURE][measure]
            over_time = [[in_seconds(r.time), plain_number(r.value)] for r in rows]
            found.append([*over_time, [in_seconds(self.end), plain_number(value)]])
        return found


def _steps(run: Run) -> dict[int, float]:
    """Return to what a position on each map is rounded [m]: a hundred-thousandth of how far its places lie apart."""
    found = {}
    for row in range(len(run.program.maps)):
        xs = [float(p[c]) for p in run.program.places if p["map"] == row for c in ("x", "y")]
        extent = max(xs, default=1.0) - min(xs, default=0.0)
        found[row] = 10.0 ** math.floor(math.log10(max(extent, 1.0) / 1e5))
    return found


def _round(value: float, step: float) -> float | int:
    """Return a number in whole steps, as short as JSON can say it."""
    if not math.isfinite(value):
        return 0
    if step <= 0.0:
        return plain_number(value)
    digits = max(0, -math.floor(math.log10(step)))
    rounded = round(round(value / step) * step, digits)
    return int(rounded) if rounded == int(rounded) else rounded


def plain_number(value: float) -> Any:
    """Return a number that JSON can say; None for one that it cannot."""
    value = float(value)
    if not math.isfinite(value):
        return None
    rounded = float(f"{value:.9g}")
    return int(rounded) if rounded == int(rounded) else rounded


def in_seconds(value: float) -> float | int | None:
    """Return a time to a tenth of a second; None for never."""
    return _round(value, 0.1) if math.isfinite(value) else None
