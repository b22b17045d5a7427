"""The review after a run or a game: what mattered, what was missed, why it ended so, who knew what, and what was met.

It puts together what `chances`, `turning_points`, `why`, `word`, `objectives` and `events` find, in the order in which
people talk a run over: what was expected and what happened, why, and what to keep and to do otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from ..columns import wrap
from ..errors import RequestError, did_you_mean
from ..run import Run, seconds
from ..telling import plain
from ..units import SHARE, span
from .chances import ALIKE, MIXED, MOST, OTHER, SHIFTS, WORLDS, Chance, Chances, missed_chances
from .events import Event, listed
from .jobs import How, keep
from .objectives import RATINGS, Expected, Objective, objectives
from .occasions import shifted
from .results import Mark, Panel, Picture, Result, Series
from .turning_points import SHOWN, TurningPoints, turning_points
from .why import Why, why
from .word import NEVER, Hop, Word

if TYPE_CHECKING:
    import polars as pl

PARTS = ("objectives", "chances", "turns", "why", "word", "events")
"""What a review consists of."""
CHECKPOINTS = 24
LISTED = 8
"""Rows of each list that a terminal shows."""


class Review(Result):
    """What a review found; a part that was not asked for is None, or empty."""

    def __init__(
        self,
        run: Run,
        objectives: Sequence[Objective],
        chances: Chances | None,
        turns: TurningPoints | None,
        cause: Why | None,
        word: Word | None,
        events: Sequence[Event],
        parts: Sequence[str] = PARTS,
    ) -> None:
        self.run, self.objectives, self.chances, self.turns = run, tuple(objectives), chances, turns
        self.cause, self.word, self.events, self.parts = cause, word, tuple(events), tuple(parts)
        infos = {ending.name: ending.told for ending in run.scenario.endings}
        self.ending = run.ending or ""
        self.ended = infos.get(self.ending, "")

    def keep_beside(self, saved: Path) -> None:
        """Keep beside the saved run what its page shows of this; raises as `derived.keep`."""
        for part in (self.turns, self.cause):
            if part is not None:
                part.keep_beside(saved)

    @property
    def table(self) -> pl.DataFrame:
        """The alternatives, as `Chances.table` has them; without them the list of events."""
        import polars as pl

        if self.chances is not None:
            return self.chances.table
        return pl.DataFrame([event.__dict__ for event in self.events])

    @property
    def missed(self) -> list[Chance]:
        """On each occasion the other answer that would have been better, those that mattered most first."""
        return best(self.chances.better) if self.chances else []

    @property
    def kept(self) -> list[Chance]:
        """On each occasion that is not missed the other answer that would have been worse, by how much it mattered."""
        missed = {one.occasion.entry.number for one in self.missed}
        found = best(self.chances.worse) if self.chances else []
        return [one for one in found if one.occasion.entry.number not in missed]

    @property
    def otherwise(self) -> list[Chance]:
        """On each occasion left the other answer that would have been neither better nor worse, but something else."""
        told = {one.occasion.entry.number for one in (*self.missed, *self.kept)}
        others = self.chances.done_otherwise if self.chances else []
        found = best(one for one in others if one.verdict == OTHER)
        return [one for one in found if one.occasion.entry.number not in told]

    @property
    def timely(self) -> list[list[Chance]]:
        """Each answer on each occasion at the other times, the earliest first, where one would have come to something else."""
        groups: dict[tuple[int, str], list[Chance]] = {}
        for one in self.chances.found if self.chances else ():
            if one.alternative.shift:
                groups.setdefault((one.occasion.entry.number, one.alternative.option), []).append(one)
        told = [group for group in groups.values() if any(one.verdict not in ("", ALIKE) for one in group)]
        told.sort(key=lambda group: -max(one.mattered for one in group))
        return [sorted(group, key=lambda one: one.alternative.shift) for group in told]

    @property
    def preventers(self) -> list[Chance]:
        """The other answers with which the run would not have ended as it did, all luck being equal."""
        found = self.chances.done_otherwise if self.chances else []
        return [one for one in found if not one.why_not and one.ending != self.ending]

    def headline(self) -> str:
        """Return in a sentence what mattered most."""
        if self.chances is None:
            return ""
        others = sorted([*self.kept, *self.otherwise], key=lambda one: -one.mattered)
        for one in [*self.missed, *others][:1]:
            said = f"{one.occasion.entry.clock}: {one.occasion.told} [{one.occasion.entry.number}]"
            if one in self.kept:
                return f"Nothing better was missed. What mattered most was right: {said}"
            return f"What mattered most: {said}"
        if not self.chances.found:
            return "Nobody decided anything in this run."
        return "No other answer would have come to anything else that can be told from chance."

    def text(self, width: int = 80) -> str:
        """Return the review in words for a terminal of `width` columns."""
        return "\n".join(self._lines(width))

    def _lines(self, width: int) -> Iterator[str]:
        yield from wrap(f"{plain(self.run.scenario.title)}, seed {self.run.seed}", width)
        yield from wrap(f"It ended in '{self.ending}': {plain(self.ended)}", width, "", "  ")
        if self.chances is not None:
            yield from wrap(plain(self.headline()), width, "", "  ")
        if self.objectives:
            yield "\nObjectives"
            for objective in self.objectives:
                means = RATINGS[objective.rating]
                yield from wrap(plain(f"{objective.rating}  {objective.title} ({means})"), width, "  ", "     ")
                for one in objective.expected:
                    if one.state != "met":
                        yield from wrap(plain(how(one)), width, "       ", "         ")
        if self.chances is not None:
            yield from self._told_chances(width)
        if self.turns is not None:
            lines = self.turns.text(width).splitlines()
            begin = lines.index("Where it turned:")
            end = lines.index("", begin)
            yield ""
            yield from lines[begin:end]
        if self.cause is not None:
            yield "\nWhy it ended so"
            yield from (f"  {line}".rstrip() for line in self.cause.text(width - 2, LISTED).splitlines())
            if self.preventers:
                yield "\nWhat would have ended it otherwise, all luck being equal"
                for one in self.preventers[:LISTED]:
                    yield from wrap(
                        plain(f"{one.occasion.entry.clock}: {instead(one)}: {one.ending}"), width, "  ", "    "
                    )
        if self.word is not None:
            yield from self._told_word(width)

    def _told_chances(self, width: int) -> Iterator[str]:
        assert self.chances is not None
        sections = (
            ("Missed chances", self.missed),
            ("What was right", self.kept),
            ("What would have gone otherwise (--want says what should have come)", self.otherwise),
        )
        for head, found in sections:
            if not found:
                continue
            yield f"\n{head}"
            for one in found[:LISTED]:
                yield from wrap(plain(f"{one.occasion.entry.clock}: {one.occasion.told}"), width, "  ", "    ")
                yield from wrap(plain(f"{instead(one)} ({judged(one)})"), width, "    ", "      ")
                for line in outcome_lines(self.run, one):
                    yield from wrap(plain(line), width, "      ", "        ")
            if len(found) > LISTED:
                yield f"  and {len(found) - LISTED} more, which mattered less; --md, --html or --csv list all"
        if self.timely:
            yield "\nAt another time"
        for group in self.timely[:LISTED]:
            occasion, option = group[0].occasion, group[0].alternative
            yield from wrap(plain(f"{occasion.entry.clock}: {occasion.told}"), width, "  ", "    ")
            same = " as it was" if option.option == occasion.taken else f" with '{option.option}' ({option.told})"
            yield from wrap(plain(f"answered{same}"), width, "    ", "      ")
            for one in group:
                if one.verdict or one.prompted:
                    yield from wrap(plain(at_that_time(self.run, one)), width, "      ", "        ")
        closed = [one for one in self.chances.found if one.why_not]
        alike = [one for one in self.chances.done_otherwise if one.verdict == ALIKE]
        rest = []
        if alike:
            many = f"{len(alike)} other answers" if len(alike) > 1 else "1 other answer"
            rest.append(f"{many} would have come to nothing else that can be told from chance.")
        if closed:
            many = f"{len(closed)} answers" if len(closed) > 1 else "1 answer"
            rest.append(f"{many} could not be given then: the option was not open, or the story not on.")
        if self.chances.left:
            rest.append(f"{self.chances.left} more were played under the luck of the run alone; --most plays more.")
        if rest:
            yield ""
            yield from wrap(" ".join(rest), width)

    def _told_word(self, width: int) -> Iterator[str]:
        assert self.word is not None
        word = self.word
        if not word.known:
            return
        yield "\nWho knew what, and when"
        for fact in word.known:
            yield from wrap(plain(word.told[fact]), width, "  ", "    ")
            for one in sorted((word.cells[who, fact] for who in word.people), key=lambda one: one.time or 0.0):
                if one.how != NEVER:
                    yield from wrap(
                        plain(f"{one.clock}  {word.called[one.person]}{by_whom(word, one)}"), width, "    ", "      "
                    )
        if word.troubled:
            yield "\nWord that was lost, or had not come"
            for hop in word.troubled[:LISTED]:
                yield from wrap(plain(f"{hop.clock}: {passed(hop)}"), width, "  ", "    ")
        if word.slowest:
            yield "\nWord that was slow"
            for hop in word.slowest[:LISTED]:
                yield from wrap(plain(f"{hop.clock}: {passed(hop)}"), width, "  ", "    ")

    def facts(self) -> dict[str, Any]:
        """Return every part as plain data; times in seconds."""
        return {
            "title": self.run.scenario.title,
            "seed": self.run.seed,
            "ending": self.ending,
            "headline": self.headline(),
            "objectives": [one.facts() for one in self.objectives],
            "chances": None if self.chances is None else self.chances.facts(),
            "missed": [one.key for one in self.missed],
            "kept": [one.key for one in self.kept],
            "otherwise": [one.key for one in self.otherwise],
            "timely": [[one.key for one in group] for group in self.timely],
            "turning_points": None if self.turns is None else self.turns.facts(),
            "why": None if self.cause is None else self.cause.facts(),
            "ended_otherwise_by": [one.key for one in self.preventers],
            "word": None if self.word is None else self.word.facts(),
            "events": [event.__dict__ for event in self.events],
        }

    def picture(self) -> Picture:
        """Return how much each occasion mattered, and the chances over time."""
        found = best(self.chances.done_otherwise) if self.chances else []
        marks = [Mark(one.occasion.time, f"{one.occasion.entry.clock}: {one.occasion.told}") for one in found[:SHOWN]]
        times, sizes = [one.occasion.time for one in found], [one.mattered for one in found]
        panel = Panel(
            "How much each decision mattered",
            "",
            "mattered",
            [Series("other answers", times, sizes, style="stems")],
            marks,
            clock=self.run.scenario.start_hour,
            note="How far the chances of endings and the measures would have moved with another answer.",
        )
        panels = list(self.turns.picture().panels) if self.turns is not None else []
        return Picture(f"{self.run.scenario.title}, seed {self.run.seed}", [panel, *panels])


def review(
    run: Run,
    worlds: int = WORLDS,
    shifts: Iterable[float | str] = SHIFTS,
    most: int = MOST,
    want: str | None = None,
    of: str | None = None,
    parts: Iterable[str] = PARTS,
    confidence: float = 0.95,
    **how: Unpack[How],
) -> Review:
    """Return the review of a run that has reached an ending.

    Args:
        run: the run.
        worlds: worlds with fresh luck an alternative; 0 plays each under the luck of the run alone, and no turning points.
        shifts: how much later each question is also answered, in seconds or as "1 h"; earlier when negative.
        most: alternatives that are played with fresh luck; those that change the run first.
        want: an ending, or a condition that should hold at the end; None goes by the measures that have a better side.
        of: a condition whose turning points are looked for in place of those of the endings.
        parts: which of `PARTS`.
        confidence: of every interval.
        how: where and with how much it is played, and where it is kept, as in `jobs.How`; a folder gets one for the
            chances, one for the turning points, and the answer.

    Raises RequestError when the run has not ended or an argument is out of bounds.
    """
    wanted = list(parts)
    for part in wanted:
        if part not in PARTS:
            hint = did_you_mean(part, PARTS) or f"; the parts are {', '.join(PARTS)}"
            raise RequestError(f"a review has no part '{part}'{hint}")
    if run.ending is None:
        raise RequestError(
            f"this run has reached no ending ({run.status} at {run.scenario.clock(run.time)}); play it to its end first"
        )
    moved = [_shift(shift) for shift in shifts]
    run = run.copy()
    run._revive()  # so that a run that was altered is refused before anything is said of it
    held = objectives(run) if {"objectives", "events"} & set(wanted) else []
    chances = turns = cause = None
    if "chances" in wanted:
        chances = missed_chances(run, worlds, moved, most, want, confidence, **_under(how, "chances"))
    if "turns" in wanted and worlds:
        turns = turning_points(run, CHECKPOINTS, max(10, worlds), confidence, of=of, **_under(how, "turning-points"))
    if "why" in wanted:
        cause = why(run, "ending", how.get("workers"))
    found = Review(
        run,
        held if "objectives" in wanted else [],
        chances,
        turns,
        cause,
        Word(run) if "word" in wanted else None,
        listed(run, held) if "events" in wanted else [],
        wanted,
    )
    out = how.get("out")
    if out is not None:
        keep(Path(out), found)
    return found


def _under(how: How, name: str) -> How:
    """Return how a part of a review is played: kept in a folder of its own."""
    out = how.get("out")
    return how if out is None else {**how, "out": Path(out) / name}


def _shift(given: float | str) -> float:
    """Return a shift in seconds, from a number or from text such as "1 h" or "-30 min"."""
    text = given.strip() if isinstance(given, str) else given
    if isinstance(text, str):
        found = -seconds(text[1:]) if text.startswith("-") else seconds(text.removeprefix("+"))
    else:
        found = float(text)
    if not math.isfinite(found) or found == 0.0:
        raise RequestError(f"a shift is a time other than 0, such as '-1 h', got '{given}'")
    return found


def best(found: Iterable[Chance]) -> list[Chance]:
    """Return of each occasion the alternative that mattered most, in the order that they come in."""
    seen: set[int] = set()
    return [one for one in found if one.occasion.entry.number not in seen and not seen.add(one.occasion.entry.number)]


def judged(one: Chance) -> str:
    """Return in words what an alternative would have been."""
    if one.verdict != MIXED:
        return one.verdict
    return f"{MIXED}, more {'gained than lost' if one.gain > 0.0 else 'lost than gained'}"


def instead(one: Chance) -> str:
    """Return in words what an alternative is."""
    when = f", {shifted(one.alternative.shift)}" if one.alternative.shift else ""
    unasked = "" if one.prompted or not one.alternative.shift else ", although nobody asked then"
    return f"with '{one.alternative.option}' ({one.alternative.told}){when}{unasked}"


def at_that_time(run: Run, one: Chance) -> str:
    """Return in words what would have come of an answer at another time."""
    unasked = "" if one.prompted else " (nobody asked then)"
    if one.why_not:
        return f"{shifted(one.alternative.shift)}: not possible, {one.why_not}"
    lines = outcome_lines(run, one)[1:3] if one.verdict != ALIKE else []
    return f"{shifted(one.alternative.shift)}{unasked}: {'; '.join([judged(one), *lines])}"


def outcome_lines(run: Run, one: Chance) -> list[str]:
    """Return in words what would have come of an alternative: one line an ending or a measure that surely moved."""
    lines = [f"under the luck of this run: {one.ending}"] if one.ending is not None else []
    infos = {info.name: info for info in run.scenario.measures}
    for m in sorted(one.endings, key=lambda m: -abs(m.change[0])):
        if m.sure:
            low, high = m.change[1:]
            lines.append(
                f"{m.ending}: {m.was[0]:.0%} -> {m.becomes[0]:.0%} ({100 * low:+.0f} to {100 * high:+.0f} points)"
            )
    for m in one.moves:
        if m.sure:
            info = infos[m.measure]
            lines.append(f"{info.told}: {_moved(info.unit, m.was[0], m.becomes[0], m.change[1], m.change[2])}")
    if one.undone:
        lines.append(f"in {one.undone} of {one.worlds} worlds it could not be done any more by then")
    return lines


def _moved(unit: str, was: float, becomes: float, low: float, high: float) -> str:
    if unit == SHARE:
        said, bounds = f"{was:.0%} -> {becomes:.0%}", f"{100 * low:+.0f} to {100 * high:+.0f} points"
    else:
        said, bounds = f"{was:,.4g} -> {becomes:,.4g} {unit}".rstrip(), f"{low:+,.3g} to {high:+,.3g}"
    return said if math.isnan(low) or low == high else f"{said} ({bounds})"


def how(one: Expected) -> str:
    """Return in words how something went that was expected."""
    by = f" by {span(one.by)}" if one.by else ""
    when = f" (came {one.clock})" if one.clock else ""
    who = f", by {', '.join(one.who)}" if one.who else ""
    return f"{one.state}{by}: {one.told}{when}{who}{' (optional)' if one.optional else ''}"


def by_whom(word: Word, one: Any) -> str:
    """Return in words how somebody came to hold a fact."""
    parts = [] if one.how == "knew" else ["believed it"]
    parts += [f"told by {word.called[one.told_by]}"] if one.told_by else []
    if one.lag is not None and one.lag != 0.0:
        parts.append(f"{span(abs(one.lag))} {'after' if one.lag > 0.0 else 'before'} it was so")
    parts += ["it never was so"] if one.lag is None else []
    return f" ({', '.join(parts)})" if parts else ""


def passed(hop: Hop) -> str:
    """Return in words how word went from somebody to somebody."""
    head = f"{hop.by} to {hop.to}, {hop.told}"
    parts = [] if hop.how in ("told", "arrived") else [hop.how]
    if hop.held:
        parts.append(f"passed on {span(hop.held)} after {hop.by} held it")
    if hop.took:
        parts.append(f"{span(hop.took)} on its way")
    return f"{head} ({', '.join(parts)})" if parts else head
