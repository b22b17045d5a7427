"""A picture of a scenario before anything has happened: its maps with places and routes, and who is where, as SVG.

Places lie at their true positions. What is too close together to be told apart shares one mark. The list beside each map
says who and what is at each place; what is inside a vessel is listed under the place where the vessel is.
"""

from __future__ import annotations

import math
import textwrap
from collections import defaultdict
from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ..scenario.scenario import Scenario

_COLOURS = ("#1f5fa8", "#b5462f", "#2f7d4f", "#8a5a9e", "#a67c00", "#3b7f8c", "#8c4a6b", "#5d6b2f")
_WIDE, _TALL, _SMALL = 560.0, 420.0, 110.0
"""Width of a map, and its largest and least height, in pixels."""
_LIST = 430.0
"""Width of the list beside a map."""
_MARGIN, _LINE, _TOGETHER = 46.0, 15.0, 13.0
"""Around the places of a map; of a line of text; distance within which places share a mark."""
_HALO = 'paint-order="stroke" stroke="#f7f7f3" stroke-width="3"'
"""Lets a label be read over a line."""
_LETTER = 6.1
"""Width of a letter of 11 pixels, on average."""


class _Spot(NamedTuple):
    """A place on a map, at its position in metres, east and north."""

    number: int
    name: str
    x: float
    y: float


class _Box(NamedTuple):
    """A rectangle that a label takes."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: _Box) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


def svg(scenario: Scenario) -> str:
    """Return a picture of a scenario: places, links and people."""
    return _Drawing(scenario).whole()


class _Drawing:
    """Draws one scenario from the top down."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.doc = scenario.document
        self.colours = {name: _COLOURS[k % len(_COLOURS)] for k, name in enumerate(self.doc.factions)}
        self.out: list[str] = []
        self.y = 64.0
        self.numbers = {name: k for k, name in enumerate(self.doc.places, start=1)}
        self.at: dict[str, list[str]] = defaultdict(list)
        """Place or vessel -> vessels that are there."""
        for name, vessel in self.doc.vessels.items():
            self.at[vessel.at].append(name)
        self.rooms: dict[str, list[str]] = defaultdict(list)
        for name, place in self.doc.places.items():
            if place.inside:
                self.rooms[place.inside].append(name)

    def whole(self) -> str:
        """Return the picture."""
        self._legend()
        for name, plane in self.doc.maps.items():
            spots = [
                _Spot(self.numbers[place], place, *item.at)
                for place, item in self.doc.places.items()
                if item.map == name and item.at is not None
            ]
            inner = [(other, *item.at) for other, item in self.doc.maps.items() if item.within == name and item.at]
            places = [place for place, item in self.doc.places.items() if item.map == name]
            larger = self.doc.maps.get(plane.within or "")
            point = f", a point of {self._called(larger, str(plane.within))}" if larger is not None else ""
            self._map(f"{self._called(plane, name)}{point}", spots, inner, places, plane)
        mapped = {place for place, item in self.doc.places.items() if item.map in self.doc.maps or item.inside}
        rest = [place for place in self.doc.places if place not in mapped]
        adrift = [name for name, ship in self.doc.vessels.items() if ship.at not in self.doc.places]
        adrift = [name for name in adrift if self.doc.vessels[name].at not in self.doc.vessels]
        if rest or adrift:
            self._map("elsewhere", [], [], rest, None, adrift)
        wide, tall = _WIDE + _LIST + 60, self.y + 10
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {tall:.0f}" width="{wide:.0f}" '
            f'height="{tall:.0f}" font-family="Helvetica, Arial, sans-serif" font-size="11">'
        )
        title = f"<title>{escape(self.scenario.title)}</title>"
        paper = f'<rect width="{wide:.0f}" height="{tall:.0f}" fill="white"/>'
        return "\n".join([head, title, paper, *self.out, "</svg>", ""])

    @staticmethod
    def _called(item: Any, name: str) -> str:
        return str(item.told or name.replace("_", " "))

    def _text(self, x: float, y: float, text: str, more: str = "") -> None:
        self.out.append(f'<text x="{x:.1f}" y="{y:.1f}"{f" {more}" if more else ""}>{escape(text)}</text>')

    def _legend(self) -> None:
        """Write the title and the colours of the sides."""
        self._text(20, 26, self.scenario.title, 'font-size="16" font-weight="bold"')
        x = 20.0
        for name, side in self.doc.factions.items():
            words = self._called(side, name)
            if x + 16 + _LETTER * len(words) > _WIDE + _LIST and x > 20.0:
                x, self.y = 20.0, self.y + _LINE
            self.out.append(f'<circle cx="{x + 5}" cy="{self.y - 18}" r="4.5" fill="{self.colours[name]}"/>')
            self._text(x + 13, self.y - 14, words)
            x += 30 + _LETTER * len(words)

    # ------------------------------------------------------------------------------------------------ maps

    def _map(
        self,
        title: str,
        spots: list[_Spot],
        inner: list[tuple[str, float, float]],
        places: list[str],
        plane: Any,
        adrift: Sequence[str] = (),
    ) -> None:
        """Draw a map, and beside it the list of what is at its places."""
        top = self.y + 8
        self._text(20, top + 6, title, 'font-size="13" font-weight="bold"')
        top += 16
        height = self._plane(top, spots, inner, plane) if spots or inner else 0.0
        left = _WIDE + 45 if height else 20.0
        y = top + 12
        lines = [line for place in places for line in self._lines(place)]
        lines += [line for name in adrift for line in self._vessel(name, 0)]
        for x, text, colour, bold in lines:
            for k, part in enumerate(textwrap.wrap(text, max(20, int((_LIST - x - 16) / _LETTER)))):
                if colour and not k:
                    self.out.append(
                        f'<circle cx="{left + x - 7:.1f}" cy="{y - 3.5:.1f}" r="3.5" fill="{self.colours.get(colour, "#777")}"/>'
                    )
                self._text(left + x, y, part, 'font-weight="bold"' if bold else "")
                y += _LINE
        self.y = max(top + height, y) + 22

    def _plane(self, top: float, spots: list[_Spot], inner: list[tuple[str, float, float]], plane: Any) -> float:
        """Draw the plane of a map; return its height."""
        here = {spot.name for spot in spots}
        routes = [
            (name, route)
            for name, route in self.doc.routes.items()
            if route.start in here and route.end in here and route.find is None
        ]
        found = [
            (name, route)
            for name, route in self.doc.routes.items()
            if route.start in here and route.end in here and route.find is not None
        ]
        points = [(spot.x, spot.y) for spot in spots] + [(x, y) for _, x, y in inner]
        points += [point.at for _, route in routes for point in route.by]
        regions = list(plane.regions.items())
        points += [region.at for _, region in regions] + [region.to for _, region in regions if region.to is not None]
        low = [min(point[k] for point in points) for k in (0, 1)]
        high = [max(point[k] for point in points) for k in (0, 1)]
        span = [high[k] - low[k] for k in (0, 1)]
        scales = [
            (size - 2 * _MARGIN) / extent for size, extent in ((_WIDE, span[0]), (_TALL, span[1])) if extent > 0.0
        ]
        scale = min(scales, default=0.0)
        height = max(_SMALL, span[1] * scale + 2 * _MARGIN)
        shift = (_WIDE - span[0] * scale) / 2, (height - span[1] * scale) / 2

        def place(x: float, y: float) -> tuple[float, float]:
            return 20 + shift[0] + (x - low[0]) * scale, top + height - shift[1] - (y - low[1]) * scale

        frame = f'x="20" y="{top:.1f}" width="{_WIDE:.0f}" height="{height:.1f}"'
        clip = f"c{len(self.out)}"
        self.out.append(f'<clipPath id="{clip}"><rect {frame}/></clipPath><rect {frame} fill="#f7f7f3" stroke="#bbb"/>')
        self.out.append(f'<g clip-path="url(#{clip})">')
        if scale > 0.0:
            self._backdrop(plane, low, high, scale, place)
        for _, region in regions:
            self._region(region, place, scale)
        at = {spot.name: place(spot.x, spot.y) for spot in spots}
        taken: list[_Box] = []
        for name, route in routes:
            way = [at[route.start], *(place(*point.at) for point in route.by), at[route.end]]
            self._way(way, "", self._called(route, name))
        for name, route in found:
            self._way([at[route.start], at[route.end]], 'stroke-dasharray="5 4"', self._called(route, name))
        groups = list(_together([(spot, *at[spot.name]) for spot in spots]))
        for members in groups:
            x, y = _centre(members)
            half = 7.0 + 5.0 * (len(members) > 1)
            taken.append(_Box(x - half, y - 8, x + half, y + 8))
        for _, x, y in inner:
            px, py = place(x, y)
            self.out.append(
                f'<rect x="{px - 7:.1f}" y="{py - 7:.1f}" width="14" height="14" fill="white" stroke="#444" stroke-width="1.5"/>'
            )
            taken.append(_Box(px - 8, py - 8, px + 8, py + 8))
        for name, x, y in inner:
            self._label(*place(x, y), f"{self._called(self.doc.maps[name], name)} (map)", taken, top, height)
        for members in groups:
            x, y = _centre(members)
            numbers = ", ".join(str(one[0].number) for one in members[:3]) + (", …" if len(members) > 3 else "")
            wide = 16 + 5.5 * (len(numbers) - 1)
            self.out.append(
                f'<rect x="{x - wide / 2:.1f}" y="{y - 8:.1f}" width="{wide:.1f}" height="16" rx="8" fill="#333"/>'
            )
            self._text(x, y + 3.5, numbers, 'fill="white" font-size="10" text-anchor="middle"')
            words = [self._called(self.doc.places[one[0].name], one[0].name) for one in members]
            self._label(x, y, " · ".join(words), taken, top, height, wide / 2)
        for name, region in regions:
            self._label(*place(*region.at), name.replace("_", " "), taken, top, height, 4, 'font-style="italic"')
        if scale > 0.0:
            self._scale(top + height, scale)
        self.out.append("</g>")
        return height

    def _backdrop(self, plane: Any, low: list[float], high: list[float], scale: float, place: Any) -> None:
        """Draw what lies beneath the map, as far as it can be seen."""
        name = next((name for name, one in self.doc.maps.items() if one is plane), None)
        if name is None or plane.backdrop is None:
            return
        from .backdrop import Box, shapes

        wide, tall = _WIDE / scale, max(_TALL, _SMALL) / scale
        box = Box(low[0] - wide, low[1] - tall, high[0] + wide, high[1] + tall)
        for one in shapes(self.scenario, name, box, 0.5 / scale):
            rings = (" ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in ring)) for ring in one.rings)
            path = "".join(f"M{ring}{'Z' if one.closed else ''}" for ring in rings)
            ink, fill = ("#a9bfcc", "#dfe8ec") if one.water else ("#cfcabd", "#eae6da")
            fill = fill if one.closed else "none"
            self.out.append(f'<path class="backdrop" d="{path}" fill="{fill}" fill-rule="evenodd" stroke="{ink}"/>')

    def _region(self, region: Any, place: Any, scale: float) -> None:
        look = 'fill="#d9d2c3" fill-opacity="0.55" stroke="#a99"'
        x, y = place(*region.at)
        if region.to is not None:
            end = place(*region.to)
            wide = max(2.0, 2 * region.radius * scale)
            self.out.append(
                f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}" stroke="#d9d2c3" '
                f'stroke-width="{wide:.1f}" stroke-linecap="round"/>'
            )
        else:
            self.out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{max(2.0, region.radius * scale):.1f}" {look}/>')

    def _way(self, way: list[tuple[float, float]], dashes: str, told: str) -> None:
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in way)
        self.out.append(
            f'<polyline points="{points}" fill="none" stroke="#888" stroke-width="1.6" {dashes}><title>{escape(told)}</title></polyline>'
        )

    def _label(
        self,
        x: float,
        y: float,
        text: str,
        taken: list[_Box],
        top: float,
        height: float,
        half: float = 8.0,
        more: str = "",
    ) -> None:
        """Write a label where it covers nothing; leave it out where it would, since the list has it too."""
        text = textwrap.shorten(text, 44, placeholder="…")
        wide = _LETTER * len(text)
        for left, base in (
            (x + half + 4, y + 4),
            (x - half - 4 - wide, y + 4),
            (x - wide / 2, y - 13),
            (x - wide / 2, y + 21),
        ):
            box = _Box(left, base - 10, left + wide, base + 3)
            inside = box.left > 22 and box.right < 18 + _WIDE and box.top > top and box.bottom < top + height
            if inside and not any(box.overlaps(other) for other in taken):
                taken.append(box)
                self._text(left, base, text, f"{_HALO} {more}".strip())
                return

    def _scale(self, bottom: float, scale: float) -> None:
        """Draw a bar of a round length."""
        most = 110.0 / scale
        length = 10.0 ** math.floor(math.log10(most))
        length *= next(factor for factor in (5, 2, 1) if factor * length <= most)
        x, y = 32.0, bottom - 10
        self.out.append(f'<path d="M{x} {y - 4}v4h{length * scale:.1f}v-4" fill="none" stroke="#444"/>')
        words = f"{length / 1000:,.10g} km" if length >= 1000 else f"{length:.10g} m"
        self._text(x + length * scale + 6, y, words, 'fill="#444"')

    # ------------------------------------------------------------------------------------------------ lists

    def _lines(self, place: str, depth: int = 0) -> Iterator[tuple[float, str, str, bool]]:
        """Yield (indent, words, side, whether bold) of what is at a place."""
        item, indent = self.doc.places[place], 14.0 + 14.0 * depth
        yield 14.0 * depth, f"{self.numbers[place]}  {self._called(item, place)}", "", not depth
        yield from self._people(place, indent)
        for name, device in self.doc.devices.items():
            if device.at == place:
                yield indent, f"{self._called(device, name)} (device)", device.faction, False
        for name, pad in self.doc.pads.items():
            if pad.owner == place:
                yield indent, f"{self._called(pad, name)} (transporter)", pad.faction, False
        for name in self.at.get(place, ()):
            yield from self._vessel(name, depth + 1)

    def _vessel(self, name: str, depth: int) -> Iterator[tuple[float, str, str, bool]]:
        ship, indent = self.doc.vessels[name], 14.0 * depth
        yield indent, f"{self._called(ship, name)} (vessel)", ship.faction, True
        for room in self.rooms.get(name, ()):
            yield from self._lines(room, depth + 1)
        yield from self._people(name, indent + 14)
        for other, device in self.doc.devices.items():
            if device.aboard == name:
                yield indent + 14, f"{self._called(device, other)} (device)", device.faction, False
        for other, pad in self.doc.pads.items():
            if pad.owner == name:
                yield indent + 14, f"{self._called(pad, other)} (transporter)", pad.faction, False
        for other, swarm in self.doc.swarms.items():
            if swarm.base == name:
                yield indent + 14, f"{swarm.count:,} {self._called(swarm, other)} (drones)", swarm.faction, False
        for other in self.at.get(name, ()):
            yield from self._vessel(other, depth + 1)

    def _people(self, place: str, indent: float) -> Iterator[tuple[float, str, str, bool]]:
        sides: dict[str, list[str]] = defaultdict(list)
        for name, person in self.doc.people.items():
            if person.place == place:
                sides[person.faction].append(self._called(person, name))
        for side, names in sides.items():
            yield indent, ", ".join(names), side, False
        for name, crowd in self.doc.crowds.items():
            heads = crowd.heads_by_place.get(place)
            if heads is not None:
                yield indent, f"{heads:,} {self._called(crowd, name)}", crowd.faction, False


def _centre(marks: list[tuple[_Spot, float, float]]) -> tuple[float, float]:
    """Return the middle of some marks."""
    return sum(x for _, x, _ in marks) / len(marks), sum(y for _, _, y in marks) / len(marks)


def _together(marks: list[tuple[_Spot, float, float]]) -> Iterator[list[tuple[_Spot, float, float]]]:
    """Yield the marks in groups of those that lie too close to be told apart."""
    left = list(marks)
    while left:
        group = [left.pop(0)]
        for one in group:
            near = [other for other in left if math.hypot(one[1] - other[1], one[2] - other[2]) < _TOGETHER]
            for other in near:
                left.remove(other)
            group += near
        yield group
