"""What matters in a scenario: what each answer changes, and the rules, facts and events that change nothing.

Each option of each decision is forced in the same worlds, under the same luck, and held against the world as it is: does it
end otherwise, are other decisions taken otherwise, by how much do the measures differ? Only worlds in which the question is
answered are played again; elsewhere nothing can differ. Rules, facts and events are read off the files (`scenario.logic`): a
rule matters when something asks about what it changes, on and on up to an ending, a measure, a series, a directive or the
end of the story.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from ..chronicle import Chronicle
from ..columns import fill
from ..errors import whole_number
from ..run import settled
from ..scenario.logic import Node, logic
from ..scenario.scenario import Scenario
from ..world import kinds
from . import jobs
from .jobs import How
from .measures import Interval, mean_interval, wilson
from .results import Panel, Picture, Result, Series
from .soak import Witness
from .worlds import Arm, Player, Reader, Shelf

if TYPE_CHECKING:
    import polars as pl

    from ..world.world import World


@dataclass(frozen=True)
class _Course:
    """What is compared of a world: how it ended, its measures, and the answers that were given, in their order."""

    ending: str | None
    measures: tuple[float, ...]
    answers: tuple[str, ...]
    last: str = ""
    """Of a dead end, the last thing told."""


@dataclass(frozen=True)
class OptionImpact:
    """What one option changes, when it is forced, against the worlds as they are."""

    name: str
    taken: int
    """Worlds in which it is taken by itself."""
    worlds: int
    """Worlds that were compared: those in which the question is answered."""
    ending: Interval
    """Share of them that end otherwise."""
    answers: Interval
    """Share of them in which another decision is taken otherwise, or not at all."""
    measures: Mapping[str, Interval]
    """How much higher each measure is, on average, where it differs in any world."""

    @property
    def changes(self) -> bool:
        """Whether anything differs in any world."""
        return bool(self.ending.estimate > 0.0 or self.answers.estimate > 0.0 or self.measures)


@dataclass(frozen=True)
class DecisionImpact:
    """What a decision changes."""

    name: str
    worlds: int
    """Worlds in which it is answered."""
    options: Sequence[OptionImpact]

    @property
    def changes(self) -> bool:
        """Whether two of its options differ in anything, in any world."""
        return any(option.changes for option in self.options)


def impact(
    scenario: str | Path | Scenario,
    count: int = 200,
    seed: int = 0,
    *,
    choices: Mapping[str, str] | None = None,
    variants: Mapping[str, str] | None = None,
    overrides: Mapping[str, str] | None = None,
    as_told: str | None = None,
    **how: Unpack[How],
) -> Impact:
    """Return what each decision, rule, fact and event of `scenario` changes.

    The settings are as for `soak`: `count` worlds are played as they are, with the seeds from `seed` on, and those in which
    a question is answered once more for each of its options; decisions in `choices` are fixed and not looked at. `how` says
    where and with how much it is played, and where it is kept, as in `jobs.How`.
    """
    count = whole_number(count, 2, 1 << 40, "impact plays at least 2 worlds")
    seed = whole_number(seed, 0, (1 << 64) - 1, "seed must be a whole number from 0 to 2**64 - 1")
    found = settled(scenario, variants, overrides, as_told)
    return jobs.answer(Impacting(found, choices or {}, seed, count), **how)


class Impacting(jobs.Question["Impact"]):
    """What each option changes: a task is a seed, as it is or with an option forced."""

    kind = "impact"

    def __init__(self, scenario: Scenario, choices: Mapping[str, str], first: int, count: int = 1) -> None:
        self.scenario, self.choices, self.seeds = scenario, dict(choices), range(first, first + count)
        self.shelf, self.reader, self.witness = Shelf(scenario), Reader(scenario, times=False), Witness(scenario)
        self.players: dict[str, Player] = {}

    def remake(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Return how another process makes the same question."""
        return _impacting, (jobs.Packed.of(self.scenario), self.choices, self.seeds.start)

    def settings(self) -> dict[str, Any]:
        """Return what is fixed, and the first seed."""
        return {"choices": self.choices, "first_seed": self.seeds.start}

    def columns(self) -> dict[str, Any]:
        """Return the columns of a world: ending, answers, the last thing told of a dead end, measures."""
        import polars as pl

        words = dict.fromkeys(("ending", "answers", "last"), pl.String)
        return words | {f"measure:{one.name}": pl.Float64 for one in self.scenario.measures}

    def rows(self, topic: Any, number: int) -> list[dict[str, Any]]:
        """Play a world, with the option `topic` forced unless it is "", and read off what is compared."""
        if topic not in self.players:
            forced = dict([topic.rpartition(".")[::2]]) if topic else {}
            self.players[topic] = Player(self.shelf, Arm(topic or "as it is", {**self.choices, **forced}))
        player = self.players[topic]
        world = player.play(number)
        row = self.reader.row(player, number, world)
        entries = world.chronicle[: int(world.state["entries"][0])]
        chosen = entries["object"][entries["kind"] == kinds.CHOSE].tolist()
        answers = " ".join(self.scenario.names.label(reference) for reference in chosen)
        last = "" if topic or not self.witness.see(number, world).dead_end else self._last(world)
        measures = {name: value for name, value in row.items() if name.startswith("measure:")}
        return [{"ending": row["ending"], "answers": answers, "last": last} | measures]

    def _last(self, world: World) -> str:
        """Return the last thing told before the end."""
        log = Chronicle(self.scenario, world)
        for number in range(len(log) - 1, -1, -1):
            if log.weight(number) > 0 and log.kinds[number] != kinds.ENDED:
                return log.text(number)
        return "nothing at all"

    def _courses(self, seeds: Sequence[int], rows: pl.DataFrame) -> dict[int, _Course]:
        names = [f"measure:{one.name}" for one in self.scenario.measures]
        return {
            seed: _Course(row["ending"], tuple(row[name] for name in names), tuple(row["answers"].split()), row["last"])
            for seed, row in zip(seeds, rows.iter_rows(named=True), strict=True)
        }

    def ask(self, store: Any) -> jobs.Asking[Impact]:
        """Play every world as it is, and those in which a question is answered with each of its options forced."""
        rows = yield jobs.Round(jobs.place(0), "playing", ("",), self.seeds)
        plain = self._courses(self.seeds, rows)
        decisions, turn = [], 0
        for info in self.scenario.decisions:
            if info.name in self.choices:
                continue
            worlds = [one for one in self.seeds if any(_question(a) == info.name for a in plain[one].answers)]
            options = []
            for option in info.options:
                own, turn = f"{info.name}.{option.name}", turn + 1
                # where nothing else is answered to it, forcing it changes nothing: that is promised, and need not be played
                other = [s for s in worlds if any(_question(a) == info.name and a != own for a in plain[s].answers)]
                forced: dict[int, _Course] = {}
                if other:
                    rows = yield jobs.Round(jobs.place(turn), f"forcing {own}", (own,), other)
                    forced = self._courses(other, rows)
                taken = sum(own in plain[one].answers for one in worlds)
                pairs = [(plain[one], forced.get(one, plain[one])) for one in worlds]
                options.append(_compared(option.name, info.name, taken, pairs, self.scenario))
            decisions.append(DecisionImpact(info.name, len(worlds), options))
        dead_ends = [(seed, course.last) for seed, course in plain.items() if course.last]
        return Impact(self.scenario, self.seeds, decisions, dead_ends)


def _impacting(packed: jobs.Packed, choices: Mapping[str, str], first: int) -> Impacting:
    return Impacting(packed.open(), choices, first)


def _question(answer: str) -> str:
    return answer.rpartition(".")[0]


def _compared(
    option: str, decision: str, taken: int, pairs: Sequence[tuple[_Course, _Course]], scenario: Scenario
) -> OptionImpact:
    ends = sum(before.ending != after.ending for before, after in pairs)
    others = sum(
        [a for a in before.answers if _question(a) != decision]
        != [a for a in after.answers if _question(a) != decision]
        for before, after in pairs
    )
    measures = {}
    for k, measure in enumerate(scenario.measures):
        values = [(before.measures[k], after.measures[k]) for before, after in pairs]
        differ = [one != other and not (math.isnan(one) and math.isnan(other)) for one, other in values]
        if any(differ):
            finite = [after - before for before, after in values if math.isfinite(before) and math.isfinite(after)]
            measures[measure.name] = (
                mean_interval(np.array(finite)) if finite else Interval(math.nan, math.nan, math.nan)
            )
    return OptionImpact(option, taken, len(pairs), wilson(ends, len(pairs)), wilson(others, len(pairs)), measures)


class Impact(Result):
    """What matters in a scenario; see `impact`."""

    def __init__(
        self,
        scenario: Scenario,
        seeds: range,
        decisions: Sequence[DecisionImpact],
        dead_ends: Sequence[tuple[int, str]],
    ) -> None:
        self.scenario, self.seeds, self.decisions, self.dead_ends = scenario, seeds, decisions, dead_ends
        whole = logic(scenario)
        read = whole.read()
        document, can = scenario.document, scenario.whole.events
        unread = [name for name in document.rules if Node("rule", name) not in read]
        self.unread_rules = [name for name in unread if not document.rules[name].colour]
        """Rules whose effects nothing reads: they are told, and change nothing that is read off."""
        self.colour = [name for name, rule in document.rules.items() if rule.colour]
        """Rules that the author marked as told for colour."""
        self.idle_facts = [name for name in document.facts if Node("fact", name) not in read]
        """Facts that move nothing, whoever comes to believe them."""
        self.impossible = [name for name in (*document.events, *document.rules) if not _possible(name, can)]
        """Events and rules that no cause can bring about."""

    @property
    def idle(self) -> list[str]:
        """Decisions that were answered, and whose options differ in nothing."""
        return [one.name for one in self.decisions if one.worlds and not one.changes]

    @property
    def unanswered(self) -> list[str]:
        """Decisions that were answered in no world, so that nothing is known of them."""
        return [one.name for one in self.decisions if not one.worlds]

    @property
    def table(self) -> pl.DataFrame:
        """A row for each option and what it was held against: endings, other decisions, and each measure that differs."""
        import polars as pl

        rows = []
        for decision in self.decisions:
            for option in decision.options:
                head = (decision.name, option.name, option.worlds, option.taken)
                rows.append((*head, "ending", *option.ending))
                rows.append((*head, "other decisions", *option.answers))
                rows += [(*head, f"measure:{name}", *found) for name, found in option.measures.items()]
        names = ("decision", "option", "worlds", "taken", "of", "estimate", "low", "high")
        types = (pl.String, pl.String, pl.Int64, pl.Int64, pl.String, pl.Float64, pl.Float64, pl.Float64)
        return pl.DataFrame(rows, schema=dict(zip(names, types, strict=True)), orient="row")

    def facts(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "scenario": self.scenario.name,
            "worlds": len(self.seeds),
            "first_seed": self.seeds[0],
            "options": self.table.to_dicts(),
            "decisions_that_change_nothing": self.idle,
            "decisions_never_answered": self.unanswered,
            "rules_that_nothing_reads": self.unread_rules,
            "rules_told_for_colour": self.colour,
            "facts_that_move_nothing": self.idle_facts,
            "never_possible": self.impossible,
            "dead_ends": [{"seed": seed, "last": last} for seed, last in self.dead_ends],
        }

    def text(self, width: int = 80) -> str:
        """Return the report for a terminal of `width` columns."""
        return "\n".join(self._lines(width))

    def _lines(self, width: int) -> Iterator[str]:
        yield f"{self.scenario.name}: {len(self.seeds):,} worlds, seeds {self.seeds[0]} to {self.seeds[-1]}"
        for decision in self.decisions:
            if not decision.worlds:
                continue
            yield f"\n{decision.name}, answered in {decision.worlds:,}"
            for option in decision.options:
                yield from self._option(option, width)
        for title, names in (
            ("Decisions whose options differ in nothing", self.idle),
            ("Decisions that were answered in no world", self.unanswered),
            ("Rules that are told and change nothing that is read off", self.unread_rules),
            ("Rules that are told for colour, as their author says", self.colour),
            ("Facts that move nothing", self.idle_facts),
            ("Events and rules that no cause can bring about", self.impossible),
        ):
            yield f"\n{title}"
            yield fill(", ".join(names) or "none", width, "  ", "  ")
        yield f"\nDead ends: {len(self.dead_ends):,} of {len(self.seeds):,} worlds"
        after: dict[str, list[int]] = {}
        for seed, last in self.dead_ends:
            after.setdefault(last, []).append(seed)
        for last, seeds in sorted(after.items(), key=lambda pair: -len(pair[1]))[:12]:
            yield fill(f"{len(seeds):,} after: {last} (seed {seeds[0]})", width, "  ", "    ")

    def _option(self, option: OptionImpact, width: int) -> Iterator[str]:
        yield f"  {option.name}: by itself in {option.taken:,}; forced in all of them"
        if not option.changes:
            yield "    nothing differs"
            return
        for what, share in (("ends otherwise", option.ending), ("other decisions differ", option.answers)):
            if share.estimate > 0.0:
                low, high = 100 * share.low, 100 * share.high
                yield f"    {what} in {100 * share.estimate:.1f} % of them ({low:.1f} to {high:.1f})"
        for name, found in option.measures.items():
            bounds = f" ({found.low:+.3g} to {found.high:+.3g})" if math.isfinite(found.low) else ""
            yield fill(f"{name} {found.estimate:+.3g} on average{bounds}", width, "    ", "      ")

    def picture(self) -> Picture:
        """Return a bar for each option: how often the world ends otherwise, or other decisions differ."""
        options = [(f"{d.name} {o.name}", o) for d in self.decisions for o in d.options if o.worlds]
        panels = []
        for title, shares in (
            ("The world ends otherwise", [o.ending for _, o in options]),
            ("Other decisions differ", [o.answers for _, o in options]),
        ):
            bars = Series(
                title,
                [name for name, _ in options],
                [share.estimate for share in shares],
                [share.low for share in shares],
                [share.high for share in shares],
                "bars",
            )
            note = "When the option is forced, of the worlds in which the question is answered; with 95 % intervals."
            panels.append(
                Panel(title, "", "share of the worlds", [bars], y_range=(0.0, 1.0), flat=True, share=True, note=note)
            )
        return Picture(f"{self.scenario.title}: what each answer changes", panels)


def _possible(name: str, can: frozenset[str]) -> bool:
    """Return whether a rule or an event can come about; of a rule that is written for many names, any of them."""
    return name in can or any(one.startswith(f"{name}.") for one in can)
