"""A review as a document to hand on: one Markdown text, or one HTML file that asks for nothing and runs nothing.

Both are made of the same parts. No word of a scenario reaches either as markup: HTML is escaped, and so is what Markdown
would take for a sign of its own.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ..analysis.chances import ALIKE, Chance
from ..analysis.objectives import RATINGS
from ..analysis.review import Review, by_whom, instead, judged, outcome_lines, passed
from ..analysis.turning_points import TurningPoints, left_out
from ..analysis.word import NEVER
from ..excluded import Exclusion
from ..telling import plain
from ..units import span

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_MARKS = re.compile(r"([\\`*_{}\[\]<>|#~])")
_BEGINS = re.compile(r"^(\s*)([-+=]|\d+[.)])(?=\s|$)")
_STYLE = """
:root { color-scheme: light dark; --ink: #1d2327; --paper: #fdfcf9; --line: #b9b4a8; --weak: #5d5a52; --mark: #8a5a00; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e7e3d8; --paper: #17191c; --line: #55524a; --weak: #aaa598; --mark: #e0b04a; }
}
body { font: 16px/1.5 Georgia, serif; color: var(--ink); background: var(--paper); max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem; overflow-wrap: anywhere; }
h1, h2, h3 { line-height: 1.2; } h2 { border-bottom: 1px solid var(--line); margin-top: 2.5rem; }
.lead { font-size: 1.15rem; border-left: 4px solid var(--mark); padding-left: 1rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: .9rem; width: 100%; }
th, td { border: 1px solid var(--line); padding: .3rem .5rem; text-align: left; vertical-align: top; }
caption { text-align: left; color: var(--weak); padding-bottom: .3rem; }
th { white-space: nowrap; } .scroll { margin-bottom: 1.2rem; }
svg { width: 100%; height: auto; } svg text { fill: var(--ink); font: 12px sans-serif; }
@media print { h2 { break-after: avoid; } tr { break-inside: avoid; } }
"""
_COLOURS = ("#b8860b", "#2f6f9f", "#8a3b5c", "#4d7a3a", "#7a5cc0", "#5d5a52")
"""Of the curves; each is also told apart by its dashes."""
_DASHES = ("", "7 3", "2 3", "9 3 2 3", "1 4", "12 4")


@dataclass(frozen=True)
class Heading:
    """A heading of level 1 to 3."""

    level: int
    text: str


@dataclass(frozen=True)
class Words:
    """A paragraph; `lead` is what the page says first."""

    text: str
    lead: bool = False


@dataclass(frozen=True)
class Items:
    """A list, each with lines that belong to it."""

    items: Sequence[tuple[str, Sequence[str]]]


@dataclass(frozen=True)
class Table:
    """A table with its heads; a caption says what it is."""

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Curves:
    """Shares over time: for each name its points (time [s], share); `labels` are the times at both ends."""

    caption: str
    curves: Sequence[tuple[str, Sequence[tuple[float, float]]]]
    labels: tuple[str, str] = field(default=("", ""))


Part = Heading | Words | Items | Table | Curves


def markdown(review: Review) -> str:
    """Return a review as Markdown."""
    return "\n\n".join(_in_markdown(part) for part in _parts(review)) + "\n"


def page(review: Review) -> str:
    """Return a review as one HTML page, which asks for nothing and holds no script."""
    title = html.escape(plain(f"{review.run.scenario.title}, seed {review.run.seed}: review"))
    body = "\n".join(_in_html(part) for part in _parts(review))
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


# ------------------------------------------------------------------------------------------------ what it says


def _parts(review: Review) -> Iterator[Part]:
    run = review.run
    yield Heading(1, f"{run.scenario.title}: review")
    yield Words(f"Seed {run.seed}. It ended in '{review.ending}': {review.ended}.")
    if review.chances is not None:
        yield Words(review.headline(), lead=True)
    measures = [(m.told, f"{run.measures[m.name]:,.6g} {m.unit}".strip()) for m in run.scenario.measures]
    if measures:
        yield Table("What it came to", ("measure", "value"), measures)
    yield from _objectives(review)
    yield from _chances(review)
    if review.turns is not None:
        yield from _turns(review.turns)
    yield from _why(review)
    yield from _word(review)
    if review.events:
        yield Heading(2, "What happened")
        rows = [(e.clock, e.type, e.who, e.what, e.expected, e.outcome) for e in review.events]
        yield Table("The list of events", ("when", "type", "who", "what", "expected", "outcome"), rows)


def _objectives(review: Review) -> Iterator[Part]:
    if not review.objectives:
        return
    yield Heading(2, "Objectives")
    yield Words(
        "The letters are a proposal by a plain rule: P when all came as expected, S when all came but not when or in the "
        "order in which it was expected, M when at least half of it came, U otherwise."
    )
    for objective in review.objectives:
        yield Heading(3, f"{objective.rating}: {objective.title} ({RATINGS[objective.rating]})")
        rows = [
            (one.told, one.state, ", ".join(one.who), one.clock, span(one.by) if one.by else "")
            for one in objective.expected
        ]
        yield Table("What it expects", ("expected", "state", "by whom", "when", "off by"), rows)


def _chances(review: Review) -> Iterator[Part]:
    chances, run = review.chances, review.run
    if chances is None:
        return
    worlds = f"in {chances.worlds} worlds with other luck each, and" if chances.worlds else "once,"
    yield Heading(2, "Missed chances")
    yield Words(
        f"Each other answer was played {worlds} under the luck of this run. What is listed moved surely, of all the "
        "answers together; the bounds are those of single intervals."
    )
    heads = ("when", "what was done", "instead", "would have been", "what would have come of it", "mattered")

    def rows(found: Sequence[Chance]) -> list[tuple[str, ...]]:
        return [
            (
                one.occasion.entry.clock,
                one.occasion.told,
                instead(one),
                judged(one),
                "; ".join(outcome_lines(run, one)) or one.why_not,
                f"{one.mattered:.2f}",
            )
            for one in found
        ]

    if review.missed:
        yield Table("Missed", heads, rows(review.missed))
    if review.kept:
        yield Table(
            "What was right: every other answer would have been worse, or nothing better", heads, rows(review.kept)
        )
    if review.otherwise:
        yield Table("What would have gone otherwise, neither better nor worse", heads, rows(review.otherwise))
    listed = {one.key for one in (*review.missed, *review.kept, *review.otherwise)}
    rest = [one for one in chances.done_otherwise if one.key not in listed]
    if rest:
        yield Table("The other answers", heads, rows(rest))
    times = [one for one in chances.found if one.alternative.shift and one.verdict not in ("", ALIKE)]
    if times:
        yield Heading(3, "The same at another time")
        yield Table("What would have come to something else", heads, rows(times))
    closed = [one for one in chances.found if one.alternative.shift and one.why_not]
    if closed:
        found = [(one.occasion.entry.clock, instead(one), one.why_not) for one in closed]
        yield Table("What could not be done then", ("decided", "instead", "why not"), found)


def _turns(turns: TurningPoints) -> Iterator[Part]:
    yield Heading(2, "Where it turned")
    items = []
    for turn in turns.turns:
        if turn.certain:
            k = turns.endings.index(turn.ending)
            was, now = (turns.moments[m].chances[k][0] for m in (turn.since, turn.until))
            low, high = turn.change[1:]
            moved = f"{turn.ending} {was:.0%} -> {now:.0%} ({100 * low:+.0f} to {100 * high:+.0f} points)"
            told = turns.told(turn)
            items.append((f"{turns.when(turn)}: {moved}", [told, *(left_out(turn, one) for one in turn.without)]))
    yield Items(items) if items else Words("Nowhere that chance cannot explain.")
    names = [name for k, name in enumerate(turns.endings) if any(m.chances[k][0] > 0.0 for m in turns.moments)]
    curves = [
        (name, [(max(m.time, 0.0), m.chances[turns.endings.index(name)][0]) for m in turns.moments]) for name in names
    ]
    yield Curves(
        "The chance of each ending over the time of the story",
        curves,
        (turns.moments[0].clock, turns.moments[-1].clock),
    )


def _why(review: Review) -> Iterator[Part]:
    cause = review.cause
    if cause is None:
        return
    yield Heading(2, "Why it ended so")
    needed = [
        (
            f"{e.clock}: {e.text} [{e.number}]",
            [f"{t.how}: {t.instead}" for t in cause.trials if t.entry.number == e.number],
        )
        for e in cause.needed
    ]
    if needed:
        yield Words("It would not have come about without")
        yield Items(needed)
    else:
        yield Words("No single one of its causes was needed: for each, another stood by.")
    if cause.excluded:
        yield Words("The endings that come before it were kept away:")
        yield Items([_excluded(one) for one in cause.excluded])
    if cause.turned:
        yield Words("Decisions that are none of its causes, and would have changed it:")
        yield Items(
            [(f"{t.entry.clock}: {t.entry.text} [{t.entry.number}]", [f"{t.how}: {t.instead}"]) for t in cause.turned]
        )
    if review.preventers:
        yield Words("What would have ended it otherwise, all luck being equal:")
        yield Items(
            [(f"{o.occasion.entry.clock}: {instead(o)}", [f"it ends in '{o.ending}'"]) for o in review.preventers]
        )


def _excluded(one: Exclusion) -> tuple[str, list[str]]:
    return f"not '{one.ending}': {one.told}", [f"{clause.text}: {clause.because()}" for clause in one.clauses]


def _word(review: Review) -> Iterator[Part]:
    word = review.word
    if word is None or not word.known:
        return
    yield Heading(2, "Who knew what, and when")
    rows = []
    for who in word.people:
        cells = [word.cells[who, fact] for fact in word.known]
        shown = ["" if one.how == NEVER else f"{one.clock}{by_whom(word, one)}" for one in cells]
        rows.append((word.called[who], *shown))
    yield Table("When each came to hold it", ("", *(word.told[fact] for fact in word.known)), rows)
    for head, found in (("Word that was lost, or had not come", word.troubled), ("Word that was slow", word.slowest)):
        if found:
            yield Heading(3, head)
            yield Items([(f"{hop.clock}: {passed(hop)}", ()) for hop in found])


# ------------------------------------------------------------------------------------------------ Markdown


def _md(text: str) -> str:
    """Return text that Markdown shows as it is."""
    text = " ".join(_MARKS.sub(r"\\\1", plain(text).replace("&", "&amp;")).split())
    return _BEGINS.sub(r"\1\\\2", text)


def _in_markdown(part: Part) -> str:
    if isinstance(part, Heading):
        return f"{'#' * part.level} {_md(part.text)}"
    if isinstance(part, Words):
        return f"**{_md(part.text)}**" if part.lead else _md(part.text)
    if isinstance(part, Items):
        lines = []
        for item, more in part.items:
            lines += [f"- {_md(item)}", *(f"  - {_md(line)}" for line in more)]
        return "\n".join(lines)
    if isinstance(part, Table):
        heads = f"| {' | '.join(_md(head) for head in part.heads)} |"
        rows = [f"| {' | '.join(_md(cell) for cell in row)} |" for row in part.rows]
        return "\n".join([f"{_md(part.caption)}:", "", heads, "|" + "---|" * len(part.heads), *rows])
    lines = [f"{_md(part.caption)}, from {_md(part.labels[0])} to {_md(part.labels[1])}:", ""]
    return "\n".join([*lines, *(f"- {_md(name)}: {_said(points)}" for name, points in part.curves)])


def _said(points: Sequence[tuple[float, float]]) -> str:
    shares = [f"{share:.0%}" for _, share in points]
    return " ".join(share for k, share in enumerate(shares) if k == 0 or share != shares[k - 1])


# ------------------------------------------------------------------------------------------------ HTML


def _in_html(part: Part) -> str:
    if isinstance(part, Heading):
        return f"<h{part.level}>{_escaped(part.text)}</h{part.level}>"
    if isinstance(part, Words):
        return f"<p>{_escaped(part.text)}</p>" if not part.lead else f'<p class="lead">{_escaped(part.text)}</p>'
    if isinstance(part, Items):
        return f"<ul>{''.join(_item(item, more) for item, more in part.items)}</ul>"
    if isinstance(part, Table):
        heads = "".join(f'<th scope="col">{_escaped(head)}</th>' for head in part.heads)
        rows = "".join(f"<tr>{''.join(f'<td>{_escaped(cell)}</td>' for cell in row)}</tr>" for row in part.rows)
        return (
            f'<div class="scroll" tabindex="0"><table><caption>{_escaped(part.caption)}</caption>'
            f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
        )
    return _drawn(part)


def _item(item: str, more: Sequence[str]) -> str:
    below = f"<ul>{''.join(f'<li>{_escaped(line)}</li>' for line in more)}</ul>" if more else ""
    return f"<li>{_escaped(item)}{below}</li>"


def _escaped(text: str) -> str:
    return html.escape(plain(text))


def _drawn(part: Curves) -> str:
    """Return curves as a drawing: each with a colour and dashes of its own, and its name in words."""
    width, height, left, top = 900, 240, 44, 12
    end = max((time for _, points in part.curves for time, _ in points), default=0.0) or 1.0
    lines = []
    for k, (name, points) in enumerate(part.curves):
        path = " ".join(
            f"{left + (width - left - 10) * t / end:.1f},{top + height * (1.0 - share):.1f}" for t, share in points
        )
        look = f'stroke="{_COLOURS[k % 6]}" stroke-width="2.5" stroke-dasharray="{_DASHES[k % 6]}"'
        below = top + height + 44 + 18 * k
        lines.append(f'<polyline fill="none" {look} points="{path}"/>')
        lines.append(f'<line {look} x1="{left}" x2="{left + 40}" y1="{below - 4}" y2="{below - 4}"/>')
        lines.append(f'<text x="{left + 50}" y="{below}">{_escaped(name)}: {_said(points)}</text>')
    axis = "".join(
        f'<text x="2" y="{top + height * (1.0 - share) + 4:.0f}">{share:.0%}</text>'
        f'<line x1="{left}" x2="{width - 10}" y1="{top + height * (1.0 - share):.0f}" '
        f'y2="{top + height * (1.0 - share):.0f}" stroke="currentColor" stroke-opacity="0.25"/>'
        for share in (0.0, 0.5, 1.0)
    )
    ends = f'<text x="{left}" y="{top + height + 20}">{_escaped(part.labels[0])}</text>'
    ends += f'<text x="{width - 10}" y="{top + height + 20}" text-anchor="end">{_escaped(part.labels[1])}</text>'
    size = top + height + 50 + 18 * len(part.curves)
    caption = _escaped(part.caption)
    return (
        f'<figure><svg viewBox="0 0 {width} {size}" role="img" aria-label="{caption}">{axis}{"".join(lines)}{ends}</svg>'
        f"<figcaption>{caption}</figcaption></figure>"
    )
