"""Branches of a run: its past up to a moment, and what may follow from there.

`Trunk` plays a run again, moment by moment; `fresh` lets chance fall anew from such a moment on. See
docs/decisions/0005.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import engine
from ..errors import RequestError, did_you_mean
from ..run import Run, seconds, start
from ..world import kinds, states
from ..world.world import World, copy
from .worlds import Arm, Player

if TYPE_CHECKING:
    from ..chronicle import Chronicle

BEGINNING = -1.0
"""The moment before anything has happened, not even what differs between the members of a crowd."""


class Trunk:
    """A run played again under its own luck and answers, to be branched at moments in the order of time."""

    def __init__(self, run: Run) -> None:
        self.player = Player(run.scenario, Arm(choices=run.choices))
        self._run = run
        self._past = self._again()

    def _again(self) -> Run:
        run = self._run
        return start(run.scenario, run.seed, run.choices, ask=run.ask)

    def past(self, time: float) -> World:
        """Return the world after everything that happened up to `time` [s]; played on, it takes the run's course.

        Whoever decided from outside decides no more from there on.
        """
        if time < 0.0:
            return release(copy(self._again().world))
        if time < self._past.time:
            self._past = self._again()
        self._run.onward(self._past, time)
        return release(copy(self._past.world))

    def at(self, time: float) -> World:
        """Return the world at `time` [s] as `past` does, with every system up to date, ready for fresh luck."""
        return self.past(time) if time < 0.0 else up_to_date(self.player, self.past(time))


def up_to_date(player: Player, world: World) -> World:
    """Let every system of `world` come up to its present moment; return it, or a roomier one in its place."""
    engine.come_up(world)
    return player.go(world, float(world.state["time"][0]))


def release(world: World) -> World:
    """Let every decision of `world` be its decider's own again, whoever was to be asked; return the world."""
    world.decisions_state["outside"][:] = 0
    world.state["waiting"][:] = -1
    return world


def fresh(player: Player, world: World, number: int) -> World:
    """Return a copy of `world`, up to date, in which chance falls anew from its present moment on.

    `number` says which of the courses that it may take; the same number gives the same course. Before the beginning
    everything is drawn anew, as for another seed.
    """
    twin = copy(world)
    engine.refresh(player.scenario.program, twin, number)
    return player.start(int(twin.state["luck"][0])) if int(twin.state["steps"][0]) == 0 else twin


def ending_of(world: World) -> int:
    """Return the row of the ending that `world` reached, or -1."""
    return int(world.state["ending"][0])


def moment(log: Chronicle, at: str) -> float | None:
    """Return the time [s] that `at` means in a chronicle: "2 d", an entry's number, or the first time of a name.

    None when it names something that did not happen. Raises RequestError when it means nothing.
    """
    text = at.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return log.entry(int(text)).time
    wanted = about(log, text)
    if wanted:
        for number in range(len(log)):
            if log.subjects[number] in wanted or log.objects[number] in wanted:
                return log.times[number]
        return None
    if text == "ending":
        return next((log.times[n] for n in range(len(log)) if log.kinds[n] == kinds.ENDED), None)
    if not text[:1].isdigit():
        raise RequestError(
            f"'{text[:80]}' is neither a time such as '2 d' nor the number or the name of something that can "
            f"happen{did_you_mean(text, known_names(log))}"
        )
    return seconds(text)


def about(log: Chronicle, name: str) -> set[int]:
    """Return the references by which entries speak of `name`: itself, and the answers to it if it is a decision."""
    from ..chronicle import LATER_KINDS, NAMED_KINDS

    names = log.scenario.names
    found = {names.ref(kind, name) for kind in NAMED_KINDS + LATER_KINDS}
    for info in log.scenario.decisions:
        if info.name == name:
            found |= {names.ref("option", f"{name}.{option.name}") for option in info.options}
    return {reference for reference in found if reference is not None and reference >= 0}


def known_names(log: Chronicle) -> list[str]:
    """Return every name that an entry can be about."""
    from ..chronicle import LATER_KINDS, NAMED_KINDS

    return [name for kind in NAMED_KINDS + LATER_KINDS for name in log.scenario.names.known(kind)]


def just_before(time: float) -> float:
    """Return the last moment before `time` [s]; the beginning when nothing comes before."""
    return float(np.nextafter(time, -np.inf)) if time > 0.0 else BEGINNING


def finished(world: World) -> bool:
    """Return True when nothing more can happen in `world`."""
    return int(world.state["status"][0]) in (states.FINISHED, states.BROKEN)
