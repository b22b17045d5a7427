"""Occasions of a run on which somebody decided or let a question lapse, and the worlds in which they do otherwise.

An *alternative* is another answer on the same occasion, or an answer earlier or later, which no author has to write an
option for: the question is put to its decider at that moment, whether or not it would have come up by itself, and what
the option asks for (`open`) must hold then. Worlds of an alternative share everything with the run up to the moment at
which they part.

Of a run that people played, what was injected comes at the times at which it came. Under the luck of the run, people also
answer as they did, where they are asked the same again.

With fresh luck, an alternative and what was done share the past up to the occasion, and chance falls anew from there on
with the same numbers in both. What was decided earlier has gone through the luck of the run until then.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from copy import copy as shallow
from dataclasses import dataclass
from typing import NamedTuple

from .. import engine
from ..chronicle import Entry
from ..errors import RequestError
from ..hands import Hand, lay
from ..leaning import choices
from ..run import Run
from ..scenario.scenario import DecisionInfo
from ..units import span
from ..world import acts, kinds, recorder, refs, states
from ..world.compiled import plainly
from ..world.world import World, copy
from .branches import Trunk, finished, fresh, just_before, up_to_date
from .worlds import Player

TRIES = 3
"""Times that an answer is asked for within one instant, should the question change in it."""
MOST_STEPS = 5000
"""Steps of systems within the instant of a decision."""


@dataclass(frozen=True)
class Occasion:
    """A decision that was taken, or a question that came to nothing (`taken` is then None)."""

    entry: Entry
    decision: DecisionInfo
    row: int
    taken: str | None
    told: str
    """What was done, in words."""

    @property
    def time(self) -> float:
        """When, in seconds from the start."""
        return self.entry.time


@dataclass(frozen=True)
class Alternative:
    """`option` on an occasion, `shift` seconds later than then (earlier when negative)."""

    option: str
    told: str
    row: int
    shift: float = 0.0

    def key(self, occasion: Occasion) -> str:
        """Return what names it among all alternatives of a run, whatever else is tried."""
        return f"{occasion.entry.number}:{occasion.decision.name}={self.option}@{self.shift:+g}"


class Parting(NamedTuple):
    """Where an alternative leaves the run."""

    same: World | None
    """The world under the luck of the run in which it has been done; None when it cannot be."""
    lucky: World | None
    """The world from which chance falls anew."""
    late: bool
    """True when the answer is still to be given in `lucky`, after the shift."""
    why_not: str
    """Why it cannot be done; "" when it can."""
    prompted: bool
    """Whether the question would have been put then by itself."""


def occasions(run: Run) -> list[Occasion]:
    """Return the occasions of a run, in the order of time."""
    log, names = run.log, run.scenario.names
    rows = {info.name: (names.row("decision", info.name), info) for info in run.scenario.decisions}
    found = []
    for number in range(len(log)):
        kind, about = log.kinds[number], log.objects[number]
        if kind == kinds.CHOSE:
            decision, _, option = names.label(about).rpartition(".")
        elif kind == kinds.UNANSWERED:
            decision, option = names.label(about), None
        else:
            continue
        row, info = rows[decision]
        assert row is not None
        entry = log.entry(number)
        found.append(Occasion(entry, info, row, option, entry.text))
    return found


class Forks:
    """Makes the worlds in which the alternatives of a run's occasions are done; occasions go in the order of time."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._trunk = Trunk(run)
        self.player: Player = self._trunk.player
        self._program = run.program
        self._occasions = occasions(run)
        asked = {info.name for info in run.scenario.decisions if {info.name, info.decider} & set(run.ask)}
        self._asked = {name: run.decision(name) for name in asked}

    def alternatives(self, occasion: Occasion, shifts: tuple[float, ...]) -> Iterator[Alternative]:
        """Yield the other options of an occasion, and every option at each of some shifts [s]."""
        first = int(self._program.decisions["first"][occasion.row])
        for shift in (0.0, *shifts):
            for k, option in enumerate(occasion.decision.options):
                if shift or option.name != occasion.taken:
                    yield Alternative(option.name, option.told, first + k, shift)

    def as_it_was(self, occasion: Occasion) -> World:
        """Return the world right after an occasion, from which chance falls anew."""
        before, after = self._step_past(self._ready(occasion, True), occasion)
        if occasion.taken is None:
            return after
        first, names = int(self._program.decisions["first"][occasion.row]), occasion.decision.options
        option = next(k for k, one in enumerate(names) if one.name == occasion.taken)
        taken = self._take(before, occasion, Alternative(occasion.taken, occasion.told, first + option))
        return after if taken is None else taken

    def same_course(self, occasion: Occasion, alternative: Alternative, parting: Parting) -> World:
        """Return the world in which an alternative is done under the luck of the run, played to its end."""
        assert parting.same is not None
        run, since = self.run, min(occasion.time, occasion.time + alternative.shift)
        if not run.answers:
            return self._go(parting.same)
        left = self._answers_after(occasion, since)
        past = self._as_run(parting.same)
        stand = past.world.decisions_state
        for name, (row, _) in self._asked.items():
            stand["outside"][row] = int(bool(left.get(name)))
        later = [hand for hand in run.hands if hand.time > past.time]
        while True:
            past.go(later[0].time if later else None)
            if past.question is not None:
                self._answer_again(past, left)
            elif later and not past.finished:
                past.world = self._laid(past.world, later.pop(0))
            else:
                return past.world

    def _answer_again(self, past: Run, left: dict[str, list[str]]) -> None:
        """Let people answer the question that waits as they did; where they did not, or cannot, its decider answers."""
        question = past.question
        assert question is not None
        answers = left.get(question.name)
        if answers:
            with suppress(RequestError):
                past.choose(answers.pop(0))
                return
        row = self._asked[question.name][0]
        past.world.decisions_state["outside"][row] = 0
        past.world.state["waiting"][0] = -1

    def _answers_after(self, occasion: Occasion, since: float) -> dict[str, list[str]]:
        """Return by decision what people answered after a moment, but not on `occasion`."""
        found: dict[str, list[str]] = {}
        for other in self._occasions:
            name = other.decision.name
            if name in self._asked and name not in self.run.choices and other.taken is not None:
                if other.entry.number != occasion.entry.number and other.time >= since:
                    if other.entry.number > occasion.entry.number or other.time > since:
                        found.setdefault(name, []).append(other.taken)
        return found

    def part(self, occasion: Occasion, alternative: Alternative) -> Parting:
        """Return where an alternative leaves the run."""
        if alternative.shift < 0.0:
            return self._earlier(occasion, alternative)
        if alternative.shift > 0.0:
            return self._later(occasion, alternative)
        return self._at_once(occasion, alternative)

    def course(self, occasion: Occasion, alternative: Alternative, parting: Parting, number: int) -> tuple[World, bool]:
        """Return the `number`th world with fresh luck in which an alternative is done, played to its end.

        And whether it could be done in that world: the story may have ended, or the option be closed, before a later
        answer. The decider then decides by themself.
        """
        assert parting.lucky is not None
        if finished(parting.lucky):
            return parting.lucky, True
        world, done = fresh(self.player, parting.lucky, number), True
        if parting.late:
            world = self._go(world, occasion.time + alternative.shift)
            world, done = self._answer(world, occasion.row, alternative.row)
        return self._go(world), done

    def plain_course(self, world: World, number: int) -> World:
        """Return the `number`th world with fresh luck that goes on from `world`, played to its end."""
        return world if finished(world) else self._go(fresh(self.player, world, number))

    # ---------------------------------------------------------------------------------------------- on the occasion

    def _at_once(self, occasion: Occasion, alternative: Alternative) -> Parting:
        if occasion.taken is None:  # what let it lapse comes at that instant; the answer has to come before
            return self._parted(self._past(just_before(occasion.time)), occasion, alternative, True)
        before = self._before(occasion, False)
        why_not = self._closed(before, occasion, alternative)
        if why_not:
            return Parting(None, None, False, why_not, True)
        same = self._take(before, occasion, alternative)
        lucky = self._take(self._before(occasion, True), occasion, alternative)
        if same is None or lucky is None:
            return Parting(None, None, False, "it was not open at that instant", True)
        return Parting(same, lucky, False, "", True)

    def _earlier(self, occasion: Occasion, alternative: Alternative) -> Parting:
        time = occasion.time + alternative.shift
        if time < 0.0:
            return Parting(None, None, False, "the story had not begun", False)
        return self._parted(self._past(time), occasion, alternative, False)

    def _parted(self, world: World, occasion: Occasion, alternative: Alternative, prompted: bool) -> Parting:
        """Let an answer be given in `world` at its present moment, and chance fall anew from the occasion on."""
        prompted = prompted or self._is_put(world, occasion.row)
        why_not = self._closed(world, occasion, alternative)
        if why_not:
            return Parting(None, None, False, why_not, prompted)
        world, done = self._answer(world, occasion.row, alternative.row)
        if not done:
            return Parting(None, None, False, "the question ended at that instant", prompted)
        lucky = self._go(copy(world), occasion.time)
        if not finished(lucky):
            lucky = up_to_date(self.player, lucky)
        return Parting(world, lucky, False, "", prompted)

    def _later(self, occasion: Occasion, alternative: Alternative) -> Parting:
        world, time = self._put_off(self._before(occasion, False), occasion), occasion.time + alternative.shift
        world = self._go(world, time)
        if finished(world):
            return Parting(None, None, True, "the story had ended", False)
        prompted = self._is_put(world, occasion.row)
        why_not = self._closed(world, occasion, alternative)
        if why_not:
            return Parting(None, None, True, why_not, prompted)
        world, done = self._answer(world, occasion.row, alternative.row)
        if not done:
            return Parting(None, None, True, "the question ended at that instant", prompted)
        return Parting(world, self._put_off(self._before(occasion, True), occasion), True, "", prompted)

    # ------------------------------------------------------------------------------------------------------- worlds

    def _past(self, time: float) -> World:
        return recorder.without(self._trunk.past(time))

    def _go(self, world: World, until: float = math.inf) -> World:
        """Play a world on; what was injected into the run comes at its time."""
        for hand in self.run.hands:
            if float(world.state["time"][0]) < hand.time <= until:
                world = self.player.go(world, hand.time)
                if finished(world):
                    return world
                world = self._laid(world, hand)
        return self.player.go(world, until)

    def _laid(self, world: World, hand: Hand) -> World:
        """Return a world in which something has just been done from outside, if it can be; what follows is still to come."""
        past = self._as_run(world)
        with suppress(RequestError):
            lay(past, hand)
        return past.world

    def _as_run(self, world: World) -> Run:
        past = shallow(self.run)
        past.world, past.answers, past.hands, past._log, past.record = world, [], [], None, 0
        return past

    def _ready(self, occasion: Occasion, anew: bool) -> World:
        """Return the world just before the instant of an occasion; `anew` makes it ready for fresh luck."""
        time = just_before(occasion.time)
        return recorder.without(self._trunk.at(time) if anew else self._trunk.past(time))

    def _before(self, occasion: Occasion, anew: bool) -> World:
        """Return the world just before the step in which an occasion came; `anew` makes it ready for fresh luck."""
        return self._step_past(self._ready(occasion, anew), occasion)[0]

    def _step_past(self, world: World, occasion: Occasion) -> tuple[World, World]:
        """Return the worlds before and after the step in which an occasion comes."""
        taken = int(world.decisions_state["taken"][occasion.row])
        hands = [hand for hand in self.run.hands if hand.time == occasion.time]
        for _ in range(MOST_STEPS):
            before = copy(world)
            entries = int(world.state["entries"][0])
            world, status = self._one_step(world, occasion.time)
            if occasion.taken is None:
                rows = world.chronicle[entries : int(world.state["entries"][0])]
                wanted = refs.ref(refs.DECISION, occasion.row)
                came = bool(((rows["kind"] == kinds.UNANSWERED) & (rows["object"] == wanted)).any())
            else:
                came = int(world.decisions_state["taken"][occasion.row]) > taken
            if came:
                return before, world
            if status != states.PAUSED_BY_BUDGET:
                if not hands:
                    break
                world = self._laid(world, hands.pop(0))
        return world, copy(world)

    def _one_step(self, world: World, until: float) -> tuple[World, int]:
        while True:
            status = engine.play(self._program, world, until, 1)
            if status != states.NEEDS_ROOM:
                return world, status
            world = self.player.with_room(world)
            if int(world.state["broken"][0]):
                return world, states.BROKEN

    def _take(self, world: World, occasion: Occasion, alternative: Alternative) -> World | None:
        """Return the world after the step in which the occasion comes and the alternative is taken instead."""
        stand, row = world.decisions_state, occasion.row
        taken, forced = int(stand["taken"][row]), int(stand["forced"][row])
        stand["forced"][row] = alternative.row
        world, _ = self._one_step(world, occasion.time)
        stand = world.decisions_state
        stand["forced"][row] = forced
        done = int(stand["taken"][row]) > taken and int(stand["chosen"][row]) == alternative.row
        return world if done else None

    def _answer(self, world: World, row: int, option: int) -> tuple[World, bool]:
        """Let a decision be answered in `world` at its present moment; return it, and whether that could be done."""
        now, taken = float(world.state["time"][0]), int(world.decisions_state["taken"][row])
        forced, command = int(world.decisions_state["forced"][row]), states.COMMAND
        for _ in range(TRIES):
            stand = world.decisions_state
            if stand["held"][row] == 0:
                stand["cause"][row] = stand["cause2"][row] = stand["cause3"][row] = -1
            stand["forced"][row], stand["suppressed"][row], stand["decides"][row] = option, 0, now
            world.due["next"][command] = min(float(world.due["next"][command]), now)
            world = self.player.go(world, now)
            if int(world.decisions_state["taken"][row]) > taken or finished(world):
                break
        stand = world.decisions_state
        stand["forced"][row] = forced
        return world, int(stand["taken"][row]) > taken and int(stand["chosen"][row]) == option

    def _put_off(self, world: World, occasion: Occasion) -> World:
        world.decisions_state["suppressed"][occasion.row] = 1
        return world

    # ------------------------------------------------------------------------------------------------------ why not

    def _is_put(self, world: World, row: int) -> bool:
        """Return whether the condition of a question holds now."""
        return self._holds(world, int(self._program.decisions["code"][row]))

    def _holds(self, world: World, code: int) -> bool:
        if code < 0:
            return True
        twin = world._replace(stack=world.stack.copy(), state=world.state.copy())
        value = engine.value_of(self._program, twin, code, float(world.state["time"][0]))
        return value != 0.0 and not math.isnan(value)

    def _closed(self, world: World, occasion: Occasion, alternative: Alternative) -> str:
        """Return why an option cannot be taken now; "" when it can."""
        row = int(self._program.decisions["decider"][occasion.row])
        if not plainly(acts.awake, world.people[row]):
            return f"{self.run.log.words(refs.ref(refs.PERSON, row)) or occasion.decision.decider} could not act"
        decision = self._program.decisions[occasion.row]
        if int(world.decisions_state["taken"][occasion.row]) > 0 and int(decision["again"]) == 0:
            return "the question had been answered"
        if self._holds(world, int(self._program.options["code"][alternative.row])):
            return ""
        stands = next(
            one for one in choices(self._as_run(world), occasion.decision.name) if one.name == alternative.option
        )
        return f"it was not open: {stands.why_not}" if stands.why_not else "it was not open"


def shifted(shift: float) -> str:
    """Return a shift in words: "1 h earlier"."""
    return f"{span(abs(shift))} {'later' if shift > 0.0 else 'earlier'}"
