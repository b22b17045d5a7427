"""Why something happened: the chain of its causes, and those of them without which it would not have.

The chain is read off the chronicle. Whether a cause was *needed* is found by taking it away under the same luck and
playing on (the but-for test; Lewis 1973, Journal of Philosophy 70:556): a rule's firing comes to nothing, a decider
takes each of the other options that were open, what was asked of a system is not, a message is lost, a watcher looks
away, a clock does not ring. What remains follows from its causes by itself and is not put to the test.

A cause that is needed may be one of many; one that is not may have had another standing by. So "not needed" does not
mean "without effect": what would have come instead is said for each.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import derived, engine
from ..chronicle import Chronicle, Entry
from ..columns import wrap
from ..excluded import Exclusion, exclusions, told
from ..run import Run
from ..world import kinds, refs, states
from ..world.world import World, copy, grow
from .branches import Trunk, just_before
from .drawing import events
from .results import Picture, Result
from .whatif import diverge, key
from .worlds import in_threads

if TYPE_CHECKING:
    import polars as pl

MOST_TRIALS = 120
"""Causes that are put to the test, choices and rules first."""


@dataclass(frozen=True)
class Trial:
    """One cause taken away, in one way: did what is explained come about all the same, and if not, what did?"""

    entry: Entry
    how: str
    stands: bool
    instead: str
    parts: Entry | None
    """The first entry that is another one then."""


class Why(Result):
    """The causes of `entry`, newest first, and which of them it needed."""

    def __init__(
        self,
        run: Run,
        entry: Entry,
        chain: list[Entry],
        trials: list[Trial],
        decisions: list[Trial] | None = None,
        excluded: list[Exclusion] | None = None,
    ) -> None:
        self.title, self.seed, self.entry, self.chain, self.trials = run.scenario.title, run.seed, entry, chain, trials
        self.start = run.scenario.start_hour
        self.decisions = decisions or []
        """Of an ending: decisions that are none of its causes, each with another of the options that were open."""
        self.excluded = excluded or []
        """Of an ending: what kept each ending away that comes before it."""

    def keep_beside(self, saved: Path) -> None:
        """Keep it beside the saved run, where its page shows it; raises as `derived.keep`."""
        self._keep(saved, f"{derived.NEEDED}{self.entry.number}")

    @property
    def turned(self) -> list[Trial]:
        """Of an ending: the decisions that are none of its causes and would, taken otherwise, have changed it."""
        return [trial for trial in self.decisions if not trial.stands]

    @property
    def needed(self) -> list[Entry]:
        """The causes without which it would not have come about, oldest first.

        A decision is one of them when none of the other options that were open leads there.
        """
        tested = {trial.entry.number: trial.entry for trial in self.trials}
        lost = [n for n in tested if not any(t.stands for t in self.trials if t.entry.number == n)]
        return [tested[n] for n in sorted(lost)]

    @property
    def spared(self) -> list[Entry]:
        """The causes that were put to the test and not needed, oldest first."""
        needed = {entry.number for entry in self.needed}
        tested = {trial.entry.number: trial.entry for trial in self.trials}
        return [tested[n] for n in sorted(tested) if n not in needed]

    @property
    def table(self) -> pl.DataFrame:
        """One row a trial: entry, time [s], text, how it was taken away, whether it stands, what came instead."""
        import polars as pl

        rows = [(t.entry.number, t.entry.time, t.entry.text, t.how, t.stands, t.instead) for t in self.trials]
        names = ("entry", "time", "text", "without", "stands", "instead")
        types = (pl.Int64, pl.Float64, pl.String, pl.String, pl.Boolean, pl.String)
        return pl.DataFrame(rows, schema=dict(zip(names, types, strict=True)), orient="row")

    def text(self, width: int = 80, most: int = 0) -> str:
        """Return in words what was needed and what was not; at most `most` of the latter, 0 for all."""
        lines = _wrapped("", f"{self.entry.clock}: {self.entry.text}", width)
        lines += ["", "It would not have come about without"]
        for entry in self.needed:
            lines += _wrapped("  ", f"{entry.clock}: {entry.text} [{entry.number}]", width)
            for trial in self.trials:
                if trial.entry.number == entry.number:
                    lines += _wrapped("      ", f"{trial.how}: {trial.instead}", width)
        if not self.needed:
            lines.append("  no single one of its causes: for each, another stood by.")
        spared = self.spared[-most:] if most else self.spared
        if spared:
            lines += ["", "It would have come about all the same without"]
        for entry in spared:
            lines += _wrapped("  ", f"{entry.clock}: {entry.text} [{entry.number}]", width)
            for trial in self.trials:
                if trial.entry.number == entry.number and not trial.stands:
                    lines += _wrapped("      ", f"but {trial.how}: {trial.instead}", width)
        if len(spared) < len(self.spared):
            lines.append(f"  and {len(self.spared) - len(spared)} more; --most 0 prints all")
        rest = len(self.chain) - 1 - len(self.needed) - len(self.spared)
        if rest > 0:
            more = (
                "1 more cause follows from these, or was"
                if rest == 1
                else f"{rest} more causes follow from these, or were"
            )
            lines += ["", f"{more} not put to the test."]
        if self.excluded:
            lines += ["", "The endings that come before it were kept away:"]
            lines += told(self.excluded, width)
        asked = len({trial.entry.number for trial in self.decisions})
        if self.turned:
            lines += ["", "Other decisions that would have changed the ending:"]
        elif asked:
            many = "The other decision would not" if asked == 1 else f"None of the {asked} other decisions would"
            lines += ["", f"{many} have changed the ending."]
        for trial in self.turned:
            lines += _wrapped("  ", f"{trial.entry.clock}: {trial.entry.text} [{trial.entry.number}]", width)
            lines += _wrapped("      ", f"{trial.how}: {trial.instead}", width)
        return "\n".join(lines)

    def facts(self) -> dict[str, Any]:
        """Return the chain and the trials as plain data."""
        needed = {entry.number for entry in self.needed}
        return {
            "title": self.title,
            "seed": self.seed,
            "entry": _say(self.entry),
            "needed": sorted(needed),
            "causes": [_say(entry) | {"causes": list(entry.causes)} for entry in self.chain],
            "trials": [
                {"entry": t.entry.number, "without": t.how, "stands": t.stands, "instead": t.instead}
                | {"parts": None if t.parts is None else _say(t.parts)}
                for t in self.trials
            ],
            "excluded": [one.facts() for one in self.excluded],
            "decisions": [
                {"entry": _say(t.entry), "without": t.how, "stands": t.stands, "instead": t.instead}
                for t in self.decisions
            ],
        }

    def dot(self, most: int = 0) -> str:
        """Return the causes as a graph in Graphviz's language: an arrow from each cause, what was needed in bold.

        At most the newest `most` entries are drawn, and all that were needed; 0 draws all.
        """
        needed = {entry.number for entry in self.needed} | {self.entry.number}
        drawn = sorted(self.chain, key=lambda entry: -entry.number)
        drawn = [entry for k, entry in enumerate(drawn) if not most or k < most or entry.number in needed]
        shown = {entry.number for entry in drawn}
        lines = ["digraph why {", "  rankdir=TB;", '  node [shape=box, fontsize=10, fontname="sans-serif"];']
        for entry in drawn[::-1]:
            words = _quoted("\n".join(_folded(f"{entry.clock}: {entry.text}")))
            style = "style=bold, penwidth=2.5" if entry.number in needed else "color=gray50"
            lines.append(f"  n{entry.number} [label={words}, {style}];")
            for cause in entry.causes:
                if cause in shown:
                    both = cause in needed and entry.number in needed
                    lines.append(f"  n{cause} -> n{entry.number} [{'penwidth=2.5' if both else 'color=gray50'}];")
        return "\n".join([*lines, "}"])

    def picture(self) -> Picture:
        """Return when the causes came: those that were needed and those that were not."""
        rows = [("needed", self.needed), ("not needed", self.spared)]
        note = (
            "Each stroke is a cause. What was needed was taken away, and the story ended otherwise or went without it."
        )
        panel = events("Causes, and when they came", rows, self.start, note, self.needed[::-1])
        return Picture(f"{self.title}, seed {self.seed}: {self.entry.text}", [panel])


def why(
    run: Run,
    entry: Entry | int | str = "ending",
    threads: int | None = None,
    watch: Callable[[str, int, int], None] | None = None,
) -> Why:
    """Return what led to `entry`, and without which of its causes it would not have come about.

    Args:
        run: a run that has been played to its end.
        entry: an entry, its number, "ending", or the name of an event, a rule, a decision or an option.
        threads: None takes one for each processor.
        watch: called with ("taking causes away", done, in all).

    For an ending, the decisions that are none of its causes are put to the test too, and what kept away the endings that
    come before it is said. An ending counts as the same when the run ends in it; another entry, when one that says the same is written.
    Raises RequestError when there is no such entry.
    """
    chain = run.why(entry)
    target = chain[0]
    surgeon = Surgeon(run, target)
    wanted = sorted((one for one in chain[1:] if surgeon.testable(one.number)), key=surgeon.rank)[:MOST_TRIALS]
    of_causes = {one.number for one in wanted}
    ends = run.log.kinds[target.number] == kinds.ENDED
    if ends:
        causes = {one.number for one in chain}
        chosen = [n for n in range(len(run.log)) if run.log.kinds[n] == kinds.CHOSE and n not in causes]
        wanted += [run.log.entry(number) for number in chosen[::-1][: MOST_TRIALS - len(wanted)]]
    cuts = [cut for one in sorted(wanted, key=lambda one: one.number) for cut in surgeon.cuts(one)]
    trials: list[Trial | None] = []
    for trial in in_threads(surgeon.trial, cuts, threads, 2):
        trials.append(trial)
        if watch is not None:
            watch("taking causes away", len(trials), len(cuts))
    found = [trial for trial in trials if trial is not None]
    return Why(
        run,
        target,
        chain,
        [trial for trial in found if trial.entry.number in of_causes],
        [trial for trial in found if trial.entry.number not in of_causes],
        exclusions(run) if ends else [],
    )


@dataclass(frozen=True)
class _Cut:
    """A world in which a cause is taken away, up to just before it or to its instant."""

    entry: Entry
    how: str
    world: World


class Surgeon:
    """Takes causes of `target` away, one at a time."""

    def __init__(self, run: Run, target: Entry) -> None:
        self.run, self.log, self.target = run, run.log, target
        self.program, self.names = run.program, run.scenario.names
        self.trunk = Trunk(run)
        self._key = key(self.log, target.number)

    def testable(self, number: int) -> bool:
        """Return False for what nobody could have prevented, and for what befell one of many."""
        kind, subject = self.log.kinds[number], self.log.subjects[number]
        if kind in (kinds.BEGAN, kinds.ENDED, kinds.GUARD):
            return False
        return subject < 0 or bool(self.names.label(subject))

    def rank(self, entry: Entry) -> tuple[int, int]:
        """Return what decides who is put to the test when not all can be: choices, rules, then the weightiest."""
        kind = self.log.kinds[entry.number]
        return (0 if kind == kinds.CHOSE else 1 if kind == kinds.RULE else 4 - entry.weight), -entry.number

    def trial(self, cut: _Cut) -> Trial | None:
        """Play a cut world to its end and say what became of the target."""
        world = self.trunk.player.go(cut.world)
        log = Chronicle(self.run.scenario, world)
        parts = diverge(self.log, log)
        if parts is None:
            return None
        ending = int(world.state["ending"][0])
        name = self.run.scenario.endings[ending].name if ending >= 0 else "no ending"
        if self._key[0] == kinds.ENDED:
            stands = name == self.run.ending
            instead = f"it ends in '{name}'" + (" as well" if stands else "")
        else:
            again = next((n for n in range(len(log)) if key(log, n) == self._key), None)
            stands = again is not None
            instead = f"it happens at {log.clock(log.times[again])}" if again is not None else f"it ends in '{name}'"
        return Trial(cut.entry, cut.how, stands, instead, parts.after)

    def cuts(self, entry: Entry) -> list[_Cut]:
        """Return the ways in which an entry can be taken away; none when it follows from its causes by itself."""
        number, kind = entry.number, self.log.kinds[entry.number]
        if kind == kinds.RULE:
            world = self._before(entry)
            world.rules_state["suppressed"][refs.row_of(self.log.subjects[number])] = states.SKIPPED
            return [_Cut(entry, "if it comes to nothing", world)]
        if kind == kinds.CHOSE:
            return self._otherwise(entry)
        found = self._unasked(entry)
        if found is None:
            found = self._without_luck(entry)
        return [] if found is None else [_Cut(entry, "without it", found)]

    def _before(self, entry: Entry) -> World:
        return self.trunk.past(just_before(entry.time))

    def _otherwise(self, entry: Entry) -> list[_Cut]:
        """Let the decider take each of the other options that were open."""
        taken = refs.row_of(self.log.objects[entry.number])
        row = int(self.program.options["decision"][taken])
        decision = self.program.decisions[row]
        found = []
        for option in range(int(decision["first"]), int(decision["first"] + decision["count"])):
            if option == taken:
                continue
            world = self._before(entry)
            forced = int(world.decisions_state["forced"][row])
            world.decisions_state["forced"][row] = option
            world = self.trunk.player.go(world, entry.time)
            if int(world.decisions_state["chosen"][row]) == option:
                world.decisions_state["forced"][row] = forced
                name = self.names.label(refs.ref(refs.OPTION, option)).rpartition(".")[2]
                found.append(_Cut(entry, f"with '{name}' instead", world))
        if not found:
            world = self._before(entry)
            world.decisions_state["suppressed"][row] = 1
            found.append(_Cut(entry, "if nobody decides", world))
        return found

    def _unasked(self, entry: Entry) -> World | None:
        """Return the world in which nobody asks for what was written as `entry`; None when nobody asked for it."""
        world, before = self._before(entry), None
        while int(world.state["entries"][0]) <= entry.number:
            before = copy(world)
            world, status = self._step(world, entry.time)
            if status not in (states.PAUSED_BY_BUDGET,) and int(world.state["entries"][0]) <= entry.number:
                return None
        assert before is not None
        rows = before.requests[: int(before.state["pending"][0])]
        causes = set(entry.causes)
        for request in np.flatnonzero((rows["verb"] >= 0) & (rows["at"] <= entry.time)):
            if int(rows["cause"][request]) not in causes:
                continue
            twin = copy(before)
            twin.requests["verb"][request] = -1
            twin.state["live"] -= 1
            if int(twin.state["live"][0]) == 0:
                twin.state["pending"] = 0
            after, _ = self._step(copy(twin), entry.time)
            log = Chronicle(self.run.scenario, after)
            if all(
                key(log, n) != key(self.log, entry.number) for n in range(int(before.state["entries"][0]), len(log))
            ):
                return twin
        return None

    def _step(self, world: World, until: float) -> tuple[World, int]:
        while True:
            status = engine.play(self.program, world, until, 1)
            if status != states.NEEDS_ROOM:
                world.state["status"][0] = status
                return world, status
            world = grow(world)

    def _without_luck(self, entry: Entry) -> World | None:
        """Return the world in which the message, the watcher or the clock behind `entry` has other luck."""
        world, time = self._before(entry), entry.time
        kind, subject, object_ = (
            column[entry.number] for column in (self.log.kinds, self.log.subjects, self.log.objects)
        )
        if kind in (kinds.DELIVERED, kinds.UNSENT):
            rows = world.messages[: int(world.state["sent"][0])]
            for row in np.flatnonzero((rows["state"] == states.IN_FLIGHT) & (rows["arrives"] == time)):
                if rows["receiver"][row] == object_ and refs.ref(refs.PERSON, int(rows["sender"][row])) == subject:
                    world.messages["fails"][row] = 1 if kind == kinds.DELIVERED else 0
                    return world
            return None
        if kind == kinds.DETECTED:
            for row in np.flatnonzero((world.pairs["detected"] == 0) & (world.pairs["target"] == object_)):
                if abs(float(world.pairs["sees"][row]) - time) < 1e-6:
                    world.pairs["detected"][row] = 1
                    return world
            return None
        clocks = world.clocks
        with np.errstate(divide="ignore", invalid="ignore"):
            rings = clocks["at"] + (clocks["threshold"] - clocks["spent"]) / clocks["rate"]
        now = np.flatnonzero((clocks["rate"] > 0.0) & (np.abs(rings - time) < 1e-6))
        if len(now) != 1:
            return None
        clocks["threshold"][now] = math.inf
        return world


def _say(entry: Entry) -> dict[str, Any]:
    return {"number": entry.number, "time": entry.time, "clock": entry.clock, "text": entry.text}


def _wrapped(head: str, text: str, width: int) -> list[str]:
    return wrap(text, width, head, " " * (len(head) + 4))


def _folded(text: str) -> list[str]:
    return wrap(text, 36)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
