"""What a study of sensitivity says, in words and on a page for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..columns import cut, left, wrap
from ..telling import plain
from .sensitivity import ENOUGH_POINTS, NOISY
from .verdict import number as in_figures
from .verdict import percent

if TYPE_CHECKING:
    from .sensitivity import Discovery, Index, Sensitivity

CELL = 24
"""Width of an estimate with its bounds."""
HELD = 42
"""How often of 100 an interval of a Sobol index from 16 base points held the true value at worst."""
SHOWN = 3
"""Numbers that a sentence names."""


def sentences(found: Sensitivity) -> list[str]:
    """Return what the indices say."""
    said = []
    for (kind, name), part in found.variations.items():
        what = _what(found, kind, name)
        if part.deviation == 0.0:
            mean = percent(part.mean) if found.is_share(kind, name) else in_figures(part.mean)
            said.append(f"{what} is {mean} everywhere: nothing that was varied matters to it.")
            continue
        rows = found.ranked(kind, name)
        sure = [one for one in rows if one.total_low > 0.0][:SHOWN]
        if not sure:
            said.append(f"{what}: no number stands out from noise.")
        elif found.method == "sobol":
            words = "; ".join(_sobol(one) for one in sure)
            said.append(f"{what} hangs on {words}.")
        else:
            share = found.is_share(kind, name)
            words = "; ".join(_morris(one, share) for one in sure)
            said.append(f"{what} is moved by {words}.")
        said.append(
            f"Of its variance over single worlds, {percent(part.numbers)} is the numbers', {percent(part.luck)} luck's, and "
            f"{percent(part.together)} of both together; noise is {percent(part.noise)} of what the indices take apart."
        )
        if part.noise > NOISY:
            seeds = found.outputs.endings.shape[1]
            said.append(f"That is much: play more seeds a point (--seeds {4 * seeds}) before trusting small indices.")
    points, seeds = found.outputs.endings.shape
    base = points // (len(found.numbers) + 2)
    if found.method == "sobol" and base < ENOUGH_POINTS:
        said.append(
            f"{base} base points are few: intervals of indices from fewer than {ENOUGH_POINTS} have held the true value in as few as "
            f"{HELD} of 100 trials, not in 95; take -n {ENOUGH_POINTS} or more before trusting them."
        )
    if seeds == 1:
        said.append("With one world a point the intervals leave out luck; play more seeds a point.")
    if found.broken:
        said.append(f"{found.broken:,} worlds broke a guard; they count as worlds without an ending.")
    if found.left_out:
        said.append(f"Left out, because not finite in some world: {', '.join(found.left_out)}.")
    return said


def _what(found: Sensitivity, kind: str, name: str) -> str:
    if kind == "ending":
        return f"The chance of the ending '{name}'"
    told = next((m.told for m in found.scenario.measures if m.name == name), name)
    return f"'{plain(told)}'"


def _sobol(one: Index) -> str:
    own = f", {percent(max(one.first, 0.0))} by itself" if one.first > 0.0 else ""
    return f"{plain(one.told)} ({percent(min(max(one.total, 0.0), 1.0))} of the variance{own})"


def _morris(one: Index, share: bool) -> str:
    size = (lambda x: f"{100.0 * x:+.0f} points") if share else (lambda x: f"{'+' if x > 0.0 else ''}{in_figures(x)}")
    bends = " on average, not always the same way" if abs(one.first) < 0.7 * one.total else ""
    return f"{plain(one.told)} ({size(one.first)} over its range{bends})"


def text(found: Sensitivity, width: int = 80) -> str:
    """Return the indices as tables, and what they say."""
    points, seeds = found.outputs.endings.shape
    lines = [plain(found.scenario.title)]
    lines.append(f"{found.method}: {len(found.numbers)} numbers, {points:,} points, {seeds} worlds each\n")
    room = width - 2 - 2 * CELL - 9
    for kind, name in found.variations:
        part = found.variations[kind, name]
        heads = ("first", "total", "") if found.method == "sobol" else ("effect", "size", "spread")
        show = percent if found.is_share(kind, name) else in_figures
        mean = f"{show(part.mean)} [{show(part.mean_low)}, {show(part.mean_high)}]"
        lines.append(f"{kind} {name}, on average {mean}")
        size = (CELL, CELL, 9)
        lines.append(" " * (room + 2) + "".join(f"{head:>{of}}" for head, of in zip(heads, size, strict=True)).rstrip())
        for one in found.ranked(kind, name):
            cells = [_cell(one.first, one.first_low, one.first_high), _cell(one.total, one.total_low, one.total_high)]
            cells.append("" if found.method == "sobol" else in_figures(one.spread, 2))
            label = f"{one.number} ({plain(one.told)})"
            label = left(cut(label, room), room)
            row = "".join(f"{cell:>{of}}" for cell, of in zip(cells, size, strict=True))
            lines.append(f"  {label}{row}".rstrip())
        lines.append("")
    for sentence in sentences(found):
        lines += wrap(sentence, width, rest="  ")
    return "\n".join(lines)


def _cell(value: float, low: float, high: float) -> str:
    return f"{in_figures(value, 2)} [{in_figures(low, 2)}, {in_figures(high, 2)}]"


# ------------------------------------------------------------------------------------------------------------- boxes


def boxes(found: Discovery) -> list[str]:
    """Return the boxes in words."""
    worlds = len(found.interest)
    said = [f"'{found.outcome}' came about in {percent(found.share)} of {worlds:,} worlds, each at a point of its own."]
    if found.undefined:
        said.append(f"Left out: {found.undefined:,} worlds more, in which the measure is no finite number.")
    if found.broken:
        said.append(f"Left out: {found.broken:,} worlds more, which broke a guard.")
    if not found.boxes:
        return [*said, "No box of the numbers tells them from the others."]
    for turn, one in enumerate(found.boxes, 1):
        box = one.box
        parts, weak = [], []
        for number, low, high, chance in found.bounds(one):
            if low is not None and high is not None:
                words = f"from {number.text(low)} to {number.text(high)}"
            elif low is not None:
                words = f"at least {number.text(low)}"
            else:
                words = f"at most {number.text(high or 0.0)}"
            parts.append(f"{plain(number.told)} is {words}")
            if chance > 0.05:
                weak.append(plain(number.told))
        where = "It lives" if turn == 1 else "Of the rest, it lives" if turn == 2 else "And"
        said.append(
            f"{where} where {' and '.join(parts)}: there it comes about in {percent(box.density)} of the worlds."
        )
        rest = "them" if turn == 1 else "those left"
        said.append(f"That box holds {percent(box.coverage)} of {rest}, in {percent(box.mass)} of the worlds searched.")
        if weak:
            said.append(f"The bound on {' and on '.join(weak)} may be there by chance.")
    return said


def boxes_text(found: Discovery, width: int = 80) -> str:
    """Return the boxes in words, on lines of `width` columns."""
    lines = [plain(found.scenario.title), f"prim: {len(found.numbers)} numbers, {len(found.interest):,} worlds\n"]
    for sentence in boxes(found):
        lines += wrap(sentence, width, rest="  ")
    return "\n".join(lines)
