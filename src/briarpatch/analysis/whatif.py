"""What if one thing had been different, all luck being equal?

The same seed is played twice, once as it is and once with a change, from the start or from a moment on. Chance is
looked up, not drawn, so the two differ only downstream of the change: the first entry in which they differ is where it
began to tell. Over many seeds the differences are paired (Kahn and Marshall 1953; McNemar 1947).

It is a little long: the answer in words stands beside the question.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from .. import engine
from ..chronicle import Chronicle, Entry, status_name
from ..columns import wrap
from ..errors import RequestError, did_you_mean, whole_number
from ..run import Run
from ..scenario.catalog import load_scenario
from ..scenario.scenario import Scenario
from ..world import states, verbs
from ..world.world import World
from . import jobs
from .branches import BEGINNING, Trunk, ending_of, just_before, moment
from .differences import Difference, differences, key
from .drawing import parted
from .jobs import Asking, How, Packed, PackedRun, Question, Round, of_run
from .measures import Interval, average, mcnemar, paired_difference, paired_share, wilson
from .results import Panel, Picture, Result, Series
from .summary import is_share, range_of
from .worlds import Arm, Player, Shelf

if TYPE_CHECKING:
    import polars as pl

NO_ENDING = "no ending"


@dataclass(frozen=True)
class Change:
    """What is different: from the start, or just before `at` ("2 d", an entry's number, or a name) and from then on.

    `without` names rules and decisions that are taken away, `gauges` numbers of the scenario that are set. Variants
    and values of the scenario's files hold from the start.
    """

    choices: Mapping[str, str] = field(default_factory=dict)
    variants: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[str, str] = field(default_factory=dict)
    without: Sequence[str] = ()
    gauges: Mapping[str, float] = field(default_factory=dict)
    at: str | None = None

    def __str__(self) -> str:
        pairs = {**self.choices, **self.variants, **self.overrides, **self.gauges}
        told = [f"{name}={value}" for name, value in pairs.items()] + [f"without {name}" for name in self.without]
        when = f" from {self.at} on" if self.at else ""
        return (", ".join(told) or "nothing changed") + when


class Changer:
    """A scenario as it is and as it is changed, ready to play any seed both ways."""

    def __init__(self, scenario: str | Path | Scenario | Run, change: Change) -> None:
        self.change = change
        run = scenario if isinstance(scenario, Run) else None
        source: Any = scenario
        if isinstance(scenario, Run):
            source = scenario.scenario
        self.run = run
        own = Arm("as it was", run.choices, run.variants, run.overrides) if run is not None else Arm("as it was")
        if change.at is not None and (change.variants or change.overrides):
            raise RequestError("a variant or a value of the files holds from the start; leave out the time")
        late = change.at is not None
        arm = Arm(
            "changed",
            dict(own.choices) if late else {**own.choices, **change.choices},
            {**own.variants, **change.variants},
            {**own.overrides, **change.overrides},
        )
        shelf = Shelf(source)
        self.base, self.changed = Player(shelf, own), Player(shelf, arm, 1)
        self._later = _found(self.changed.scenario, change, late)
        self._gauges = _gauges(self.changed.scenario, change)

    def play(self, seed: int) -> tuple[World, World]:
        """Return the world of `seed` as it is and as it is changed, both played to their ends."""
        run = self.run
        if run is not None and run.answers and seed == run.seed:
            before = Trunk(run).past(run.time)
        else:
            before = self.base.play(seed)
        return before, self._otherwise(seed, before)

    def _otherwise(self, seed: int, before: World) -> World:
        change, player = self.change, self.changed
        time = BEGINNING
        if change.at is not None:
            found = moment(Chronicle(self.base.scenario, before), change.at)
            if found is None:
                return before
            time = just_before(found)
        if self.run is not None and self.run.answers and seed == self.run.seed:
            world = Trunk(self.run).past(time)
            world.decisions_state["forced"][:] = player.start(seed).decisions_state["forced"]
        else:
            world = player.start(seed)
            if time >= 0.0:
                world = player.go(world, time)
        for table, column, row, value in self._later:
            getattr(world, table)[column][row] = value
        for gauge, value in self._gauges:
            engine.ask(world, verbs.SET, states.RULES, a=gauge, amount=value)
        return player.go(world)


def _found(scenario: Scenario, change: Change, late: bool) -> list[tuple[str, str, int, Any]]:
    """Return the cells that a change sets in a world: (table, column, row, value)."""
    names, cells = scenario.names, []
    run = Run(scenario, 0)
    if late:
        for decision, option in change.choices.items():
            row, answer = run._option_row(decision, option)
            cells.append(("decisions_state", "forced", row, answer))
    for name in change.without:
        rule, decision = names.row("rule", name), names.row("decision", name)
        rule = names.row("inject", name) if rule is None else rule
        if rule is None and decision is None:
            known = [*names.known("rule"), *names.known("inject"), *names.known("decision")]
            raise RequestError(f"no rule and no decision is called '{name}'{did_you_mean(name, known)}")
        if rule is not None:
            cells.append(("rules_state", "suppressed", rule, states.SUPPRESSED))
        if decision is not None:
            cells.append(("decisions_state", "suppressed", decision, 1))
    return cells


def _gauges(scenario: Scenario, change: Change) -> list[tuple[int, float]]:
    """Return the gauges that a change sets: (row, value)."""
    found = []
    for name, value in change.gauges.items():
        row = scenario.names.row("gauge", name)
        if row is None:
            raise RequestError(
                f"no gauge is called '{name}'{did_you_mean(name, scenario.names.known('gauge'))}"
                "; a gauge is a number of the scenario's own, from its section 'gauges'"
            )
        if not math.isfinite(value):
            raise RequestError(f"gauge '{name}' must be set to a number, got {value}")
        found.append((row, float(value)))
    return found


# ------------------------------------------------------------------------------------------------ two chronicles


@dataclass(frozen=True)
class Divergence:
    """Where two chronicles first differ: the entry of each there, None where one has no more."""

    number: int
    before: Entry | None
    after: Entry | None


def diverge(before: Chronicle, after: Chronicle) -> Divergence | None:
    """Return where two chronicles first differ in what happened, when, or how much; None when they are the same."""
    shorter = min(len(before), len(after))
    for n in range(shorter):
        same = before.times[n] == after.times[n] and before.amounts[n] == after.amounts[n]
        if not same or key(before, n) != key(after, n):
            return Divergence(n, before.entry(n), after.entry(n))
    if len(before) == len(after):
        return None
    rest = before if len(before) > shorter else after
    entry = rest.entry(shorter)
    return Divergence(shorter, entry if rest is before else None, entry if rest is after else None)


# ------------------------------------------------------------------------------------------------ one seed


class WhatIf(Result):
    """Two courses of one seed, `before` and `after` a change: where they part, and what differs."""

    def __init__(self, change: Change, seed: int, before: Chronicle, after: Chronicle) -> None:
        self.change, self.seed, self.before, self.after = change, seed, before, after
        self.title, self.start = before.scenario.title, before.scenario.start_hour
        self.divergence = diverge(before, after)
        self.differences = differences(before, after, self.divergence.number) if self.divergence else []
        self.endings = (_ending(before), _ending(after))
        self.measures = (_measures(before), _measures(after))

    @property
    def table(self) -> pl.DataFrame:
        """One row a difference: kind of difference, times [s] before and after, text, weight."""
        import polars as pl

        rows = [
            (d.side, d.before and d.before.time, d.after and d.after.time, (d.before or d.after).text, d.weight)  # type: ignore[union-attr]
            for d in self.differences
        ]
        schema = {"difference": pl.String, "before": pl.Float64, "after": pl.Float64, "text": pl.String}
        return pl.DataFrame(rows, schema=schema | {"weight": pl.Int64}, orient="row")

    def text(self, width: int = 80, most: int = 20) -> str:
        """Return what the change did in words; at most `most` differences a section, 0 for all."""
        lines = [f"{self.title}, seed {self.seed}", f"The change: {self.change}", ""]
        if self.divergence is None:
            return "\n".join([*lines, "It made no difference: the two courses are the same."])
        lines.append("Where they part:")
        for word, entry in (("as it was", self.divergence.before), ("changed", self.divergence.after)):
            lines += _entry_lines(f"  {word}: ", entry, width)
        for head, side in (("Only as it was:", "only before"), ("Only with the change:", "only after")):
            lines += self._section(head, side, width, most)
        lines += self._section("At another time:", "moved", width, most)
        first, second = self.endings
        lines += ["", f"Ending: {first}" + ("" if first == second else f" -> {second}")]
        names = [name for name in self.measures[0] if name in self.measures[1]]
        for name in names:
            one, other = self.measures[0][name], self.measures[1][name]
            if one != other:
                lines.append(f"  {name}: {one:,.6g} -> {other:,.6g}")
        return "\n".join(lines)

    def _section(self, head: str, side: str, width: int, most: int) -> list[str]:
        found = [d for d in self.differences if d.side == side]
        if not found:
            return []
        groups: dict[tuple[str, str, float], list[Difference]] = {}
        for d in found:
            entry = d.entry
            groups.setdefault((entry.clock, entry.text, d.later), []).append(d)
        shown = list(groups.values())
        if most and len(shown) > most:
            weighty = sorted(shown, key=lambda group: (-group[0].weight, group[0].time))[:most]
            shown = [group for group in shown if group in weighty]
        lines = ["", head]
        for group in shown:
            d = group[0]
            remark = f" ({_span(abs(d.later))} {'later' if d.later > 0.0 else 'earlier'})" if side == "moved" else ""
            remark += f" ({len(group)} times)" if len(group) > 1 else ""
            lines += _entry_lines("  ", d.entry, width, remark)
        left = len(found) - sum(map(len, shown))
        if left:
            lines.append(f"  and {left} more that weigh less")
        return lines

    def facts(self) -> dict[str, Any]:
        """Return the divergence and every difference as plain data."""
        parts = self.divergence
        return {
            "title": self.title,
            "seed": self.seed,
            "change": _plain(self.change),
            "same": parts is None,
            "divergence": parts and {"number": parts.number, "before": _say(parts.before), "after": _say(parts.after)},
            "endings": list(self.endings),
            "measures": {
                name: [self.measures[0].get(name), self.measures[1].get(name)]
                for name in dict.fromkeys([*self.measures[0], *self.measures[1]])
            },
            "differences": [
                {"what": d.side, "before": _say(d.before), "after": _say(d.after), "later": d.later}
                for d in self.differences
            ],
        }

    def picture(self) -> Picture:
        """Return when things happened as it was and with the change: what differs, over time."""
        return Picture(
            f"{self.title}, seed {self.seed}: {self.change}",
            [parted(self.differences, self.start, ("as it was", "changed"))],
        )


def _ending(log: Chronicle) -> str:
    row = ending_of(log.world)
    return log.scenario.endings[row].name if row >= 0 else f"{NO_ENDING} ({status_name(log.world)})"


def _measures(log: Chronicle) -> dict[str, float]:
    values = engine.measures(log.scenario.program, log.world).tolist()
    return {measure.name: value for measure, value in zip(log.scenario.measures, values, strict=True)}


def _entry_lines(head: str, entry: Entry | None, width: int, more: str = "") -> list[str]:
    said = f"{entry.clock}: {entry.text}{more}" if entry else "nothing more"
    return wrap(head + said, width, rest=" " * (len(head) + 2))


def _span(seconds_: float) -> str:
    """Return a length of time in two units at most."""
    units = (("d", 86400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0))
    for k, (unit, size) in enumerate(units):
        if seconds_ >= size:
            whole = int(seconds_ // size)
            rest = int((seconds_ - whole * size) // units[k + 1][1]) if k + 1 < len(units) else 0
            return f"{whole} {unit}" + (f" {rest} {units[k + 1][0]}" if rest else "")
    return f"{seconds_:.2g} s"


def _say(entry: Entry | None) -> dict[str, Any] | None:
    if entry is None:
        return None
    return {"number": entry.number, "time": entry.time, "clock": entry.clock, "text": entry.text}


def _plain(change: Change) -> dict[str, Any]:
    return {
        "choices": dict(change.choices),
        "variants": dict(change.variants),
        "overrides": dict(change.overrides),
        "without": list(change.without),
        "gauges": dict(change.gauges),
        "at": change.at,
    }


def whatif(scenario: str | Path | Scenario | Run, change: Change, seed: int | None = None) -> WhatIf:
    """Return what `change` does to one play-out, all luck being equal.

    Args:
        scenario: a scenario, by name, path or loaded; or a run, whose settings and seed it then takes.
        change: what is different.
        seed: which luck; None takes the run's, or 0.

    Raises RequestError when something is named that does not exist, or the change cannot be made.
    """
    changer = Changer(scenario, change)
    seed = _seed(changer, seed)
    before, after = changer.play(seed)
    logs = Chronicle(changer.base.scenario, before), Chronicle(changer.changed.scenario, after)
    return WhatIf(change, seed, *logs)


def _seed(changer: Changer, seed: int | None) -> int:
    if seed is not None:
        return whole_number(seed, 0, (1 << 64) - 1, "seed must be a whole number from 0 to 2**64 - 1")
    return changer.run.seed if changer.run is not None else 0


# ------------------------------------------------------------------------------------------------ many seeds


@dataclass(frozen=True)
class EndingEffect:
    """What a change does to the chance of one ending; `p` is that of McNemar's test, exact."""

    ending: str
    before: Interval
    after: Interval
    difference: Interval
    p: float


@dataclass(frozen=True)
class MeasureEffect:
    """What a change does to the mean of one measure.

    `undefined` is the number of seeds in which it is not finite, one way or the other; with any, nothing is said of it.
    """

    measure: str
    before: Interval
    after: Interval
    difference: Interval
    undefined: int = 0


class Effect(Result):
    """What a change does over many seeds, each played both ways under the same luck.

    `differed` is the share of seeds in which anything differed, `mattered` that in which the ending did.
    """

    def __init__(
        self,
        title: str,
        change: Change,
        seeds: Sequence[int],
        endings: Sequence[EndingEffect],
        measures: Sequence[MeasureEffect],
        differed: Interval,
        mattered: Interval,
        unmade: int,
    ) -> None:
        self.title, self.change, self.seeds = title, change, seeds
        self.endings, self.measures = tuple(endings), tuple(measures)
        self.differed, self.mattered, self.unmade = differed, mattered, unmade

    @property
    def table(self) -> pl.DataFrame:
        """One row an ending or measure: means before and after with bounds, their difference with bounds, p."""
        import polars as pl

        rows = [("ending", e.ending, *e.before, *e.after, *e.difference, e.p) for e in self.endings] + [
            ("measure", m.measure, *m.before, *m.after, *m.difference, None) for m in self.measures
        ]
        columns = [f"{what}{bound}" for what in ("before", "after", "difference") for bound in ("", "_low", "_high")]
        schema = {"what": pl.String, "name": pl.String} | dict.fromkeys(columns, pl.Float64) | {"p": pl.Float64}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def text(self, width: int = 80) -> str:
        """Return the effect in words and a table."""
        n = len(self.seeds)
        lines = [f"{self.title}, {n:,} seeds, each played both ways", f"The change: {self.change}", ""]
        lines.append(f"It made any difference in {_share(self.differed)} of the seeds,")
        lines.append(f"and ended otherwise in {_share(self.mattered)}.")
        if self.unmade:
            lines.append(f"In {self.unmade:,} of them the moment of the change never came.")
        lines += ["", f"{'ending':<19}{'as it was':>10}{'changed':>10}{'difference':>32}{'p':>9}"]
        for e in self.endings:
            lines.append(
                f"{e.ending[:18]:<19}{e.before.estimate:>10.3f}{e.after.estimate:>10.3f} {_bounds(e.difference):>31}"
                f"{e.p:>9.2g}"
            )
        lines += ["", f"{'measure':<19}{'as it was':>10}{'changed':>10}{'difference':>32}"]
        for m in self.measures:
            if m.undefined:
                lines.append(f"{m.measure[:18]:<19}left out: not finite in {m.undefined:,} of {n:,} seeds")
                continue
            lines.append(
                f"{m.measure[:18]:<19}{m.before.estimate:>10.4g}{m.after.estimate:>10.4g} {_bounds(m.difference):>31}"
            )
        return "\n".join(lines)

    def facts(self) -> dict[str, Any]:
        """Return the effect as plain data."""
        return {
            "title": self.title,
            "change": _plain(self.change),
            "seeds": len(self.seeds),
            "first_seed": self.seeds[0],
            "differed": list(self.differed),
            "mattered": list(self.mattered),
            "unmade": self.unmade,
            "endings": [
                {"ending": e.ending, "before": list(e.before), "after": list(e.after)}
                | {"difference": list(e.difference), "p": e.p}
                for e in self.endings
            ],
            "measures": [
                {"measure": m.measure, "before": list(m.before), "after": list(m.after)}
                | {"difference": list(m.difference), "undefined": m.undefined}
                for m in self.measures
            ],
        }

    def picture(self) -> Picture:
        """Return the chance of each ending, as it was and with the change."""
        names = [e.ending.replace("_", " ") for e in self.endings]
        series = []
        for name, side in (("as it was", "before"), ("changed", "after")):
            found = [getattr(e, side) for e in self.endings]
            low, high = [i.low for i in found], [i.high for i in found]
            series.append(Series(name, names, [i.estimate for i in found], low, high, style="points"))
        note = f"Share of {len(self.seeds):,} worlds, each played both ways. The lines are 95 % intervals."
        panel = Panel(
            "How it ends", "", "share of the worlds", series, (), (0.0, 1.0), flat=True, share=True, note=note
        )
        return Picture(f"{self.title}: {self.change}", [panel])


def _share(interval: Interval) -> str:
    return f"{interval.estimate:.1%} ({interval.low:.1%} to {interval.high:.1%})"


def _bounds(interval: Interval) -> str:
    if math.isnan(interval.low):
        return f"{interval.estimate:+.3g} (in all seeds)"
    return f"{interval.estimate:+.3g} ({interval.low:+.3g} to {interval.high:+.3g})"


def effect(
    scenario: str | Path | Scenario | Run,
    change: Change,
    seeds: int = 1000,
    first: int = 0,
    confidence: float = 0.95,
    **how: Unpack[How],
) -> Effect:
    """Return what `change` does over many seeds, each played both ways under the same luck.

    Args:
        scenario: a scenario, by name, path or loaded; or a run, whose settings it then takes.
        change: what is different; a moment that is named by an event is looked for in every seed.
        seeds: how many; at least 2.
        first: the first of them.
        confidence: of the bounds.
        how: where and with how much it is played, and where it is kept, as in `jobs.How`.

    Source: McNemar 1947 for endings; paired differences (Kahn and Marshall 1953) for measures.
    """
    seeds = whole_number(seeds, 2, 1 << 40, "an effect needs at least 2 seeds")
    first = whole_number(first, 0, (1 << 64) - 1, "the first seed must be a whole number from 0 to 2**64 - 1")
    subject = scenario if isinstance(scenario, (Run, Scenario)) else load_scenario(scenario)
    return jobs.answer(Effects(subject, change, first, seeds, confidence), **how)


class Effects(Question[Effect]):
    """What a change does over many seeds: a task is a seed, played both ways."""

    kind = "what if"

    def __init__(
        self, subject: Scenario | Run, change: Change, first: int, seeds: int = 2, confidence: float = 0.95
    ) -> None:
        self.subject, self.change, self.seeds, self.confidence = (
            subject,
            change,
            range(first, first + seeds),
            confidence,
        )
        self.scenario = subject.scenario if isinstance(subject, Run) else subject
        self.changer = Changer(subject, change)

    def remake(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Return how another process makes the same question."""
        packed = PackedRun.of(self.subject) if isinstance(self.subject, Run) else Packed.of(self.subject)
        return _effects, (packed, self.change, self.seeds.start)

    def settings(self) -> dict[str, Any]:
        """Return the change, the first seed, and the run if it is about one."""
        of = of_run(self.subject) if isinstance(self.subject, Run) else {}
        return of | {"change": _plain(self.change), "first_seed": self.seeds.start}

    def columns(self) -> dict[str, Any]:
        """Return the columns of a seed: endings by their rows, whether anything differs, measures both ways."""
        import polars as pl

        found = dict.fromkeys(("ending_before", "ending_after", "same", "unmade"), pl.Int64)
        found |= {f"before:{measure.name}": pl.Float64 for measure in self.changer.base.scenario.measures}
        return found | {f"after:{measure.name}": pl.Float64 for measure in self.changer.changed.scenario.measures}

    def rows(self, topic: Any, number: int) -> list[dict[str, Any]]:
        """Play a seed both ways."""
        base, changed = self.changer.base, self.changer.changed
        before, after = self.changer.play(number)
        row: dict[str, Any] = {
            "ending_before": ending_of(before),
            "ending_after": ending_of(after),
            "same": int(after is before or _same(base, changed, before, after)),
            "unmade": int(after is before),
        }
        one = engine.measures(base.scenario.program, before).tolist()
        other = one if after is before else engine.measures(changed.scenario.program, after).tolist()
        row |= {f"before:{m.name}": value for m, value in zip(base.scenario.measures, one, strict=True)}
        row |= {f"after:{m.name}": value for m, value in zip(changed.scenario.measures, other, strict=True)}
        return [row]

    def ask(self, store: Any) -> Asking[Effect]:
        """Play every seed, and hold the two ways against each other."""
        rows = yield Round(0, "playing", (None,), self.seeds, worth=2)
        base, changed, n, confidence = self.changer.base, self.changer.changed, len(self.seeds), self.confidence
        names = [[ending.name for ending in player.scenario.endings] + [NO_ENDING] for player in (base, changed)]
        sides = ("ending_before", "ending_after")
        ends = [np.array([names[k][row] for row in rows[side].to_list()]) for k, side in enumerate(sides)]
        endings = []
        for name in dict.fromkeys([*names[0][:-1], *names[1][:-1], NO_ENDING]):
            one, other = ends[0] == name, ends[1] == name
            if name == NO_ENDING and not (one.any() or other.any()):
                continue
            was, is_now = (wilson(int(x.sum()), n, confidence) for x in (one, other))
            moved = paired_share(int((other & ~one).sum()), int((one & ~other).sum()), n, confidence)
            endings.append(EndingEffect(name, was, is_now, moved, mcnemar(other, one)))
        return Effect(
            base.scenario.title,
            self.change,
            self.seeds,
            endings,
            _measure_effects(base, changed, rows, confidence),
            wilson(int((rows["same"] == 0).sum()), n, confidence),
            wilson(int((ends[0] != ends[1]).sum()), n, confidence),
            int(rows["unmade"].sum()),
        )


def _effects(packed: Packed | PackedRun, change: Change, first: int) -> Effects:
    return Effects(packed.play() if isinstance(packed, PackedRun) else packed.open(), change, first)


def _measure_effects(base: Player, changed: Player, rows: pl.DataFrame, confidence: float) -> list[MeasureEffect]:
    theirs = {measure.name: measure for measure in changed.scenario.measures}
    found = []
    for measure in base.scenario.measures:
        if measure.name in theirs:
            one = rows[f"before:{measure.name}"].to_numpy()
            other = rows[f"after:{measure.name}"].to_numpy()
            undefined = int((~(np.isfinite(one) & np.isfinite(other))).sum())
            if undefined:
                nothing = Interval(math.nan, math.nan, math.nan)
                found.append(MeasureEffect(measure.name, nothing, nothing, nothing, undefined))
                continue
            share = is_share(measure.unit, np.concatenate([one, other]))
            within = range_of([measure, theirs[measure.name]], np.concatenate([one, other]))
            was, is_now = (average(values, confidence, share, within) for values in (one, other))
            moved = paired_difference(other, one, confidence, share, within)
            found.append(MeasureEffect(measure.name, was, is_now, moved))
    return found


def _same(base: Player, changed: Player, before: World, after: World) -> bool:
    """Return True when two worlds have the same chronicle."""
    if base.scenario is not changed.scenario:
        return diverge(Chronicle(base.scenario, before), Chronicle(changed.scenario, after)) is None
    one, other = (world.chronicle[: int(world.state["entries"][0])] for world in (before, after))
    return one.tobytes() == other.tobytes()
