"""The loop: each system says when it next wants to be called, and the earliest goes next; ties go by ORDER.

There is no global tick. A system integrates exactly from its last call to now with the rates that held in between, sets
the rates that hold from now on, and returns the time of its next event. A change that concerns a sleeping system wakes
it at the same instant. Within an instant, what was asked is carried out first, in the order in which it was asked; then
the loop goes round until nothing is left to do; only then time moves on.
"""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, cast

import numpy as np

from . import generated
from .laws import march as paces
from .systems import command, rules
from .world import acts, chains, chance, kinds, machine, processes, rates, recorder, refs, shipped, states
from .world.compiled import INTERPRETED, kernel
from .world.handles import address, handle_of, handle_of_last
from .world.parts import FLOAT, INT, NOTHING, PARTS, WORD, Helpers, link, linked, missing, part
from .world.world import Program, World, address_of_copy, bytes_of, copy

ORDER: tuple[int, ...] = generated.ORDER
"""The numbers of the mechanisms in the order in which those that are due at the same instant run."""

_ORDER = np.array(ORDER)
_LOG = logging.getLogger("briarpatch")
_MOST_STEPS_AT_ONE_INSTANT = 20_000
_INSTANT = 1e-3
"""What happens within so many seconds counts as one instant where a guard counts steps."""


@part(WORD, gives=NOTHING)
def _begin(program, world, seed):
    """Give a fresh world its luck: draw what differs within crowds, arm every clock, write the first entry."""
    state = world.state[0]
    state.seed = seed
    state.luck = seed
    for clock in world.clocks:
        processes.arm(clock, seed, 0.0)
    for crowd in program.crowds:
        for i in range(crowd.first, crowd.first + crowd.count):
            _draw_body(world.people[i], crowd, seed)
    for i in range(len(world.people)):
        body = world.people[i]
        body.age_start, body.died = body.age, math.inf
        body.anchor_age, body.anchor_burden = body.biological, body.burden
        if body.leader >= 0:
            chains.add(world, chains.FOLLOWERS, body.leader, i)
    for system in range(len(world.due)):
        world.due[system].next = 0.0
        world.due[system].last = -1.0
    state.changed = -1
    state.raised = -1
    state.ends_next = math.inf
    state.balances = math.inf
    acts.emit(world, 0.0, kinds.BEGAN, -1, -1, -1, 0.0, -1)


@kernel
def _draw_body(body, crowd, seed):
    """Draw the age, the pace and the frailty of one of a crowd."""
    if crowd.age_spread > 0.0:
        older = crowd.age_spread * chance.normal_quantile(chance.u01(seed, chance.CREATION, body.key, 0))
        as_old_as_it_is = body.biological == body.age
        body.age = max(0.0, body.age + older)
        if as_old_as_it_is:  # what holds a body at an age of its own holds all of a crowd there
            body.biological = body.age
            body.biological_start = body.biological
    if crowd.pace_by_age != 0:
        body.pace = paces.pace_at_age(body.age)
    if crowd.pace_spread > 0.0:
        body.pace = paces.free_pace(chance.u01(seed, chance.CREATION, body.key, 1), body.pace, crowd.pace_spread)
    if crowd.frailty_spread > 0.0:
        u = chance.u01(seed, chance.CREATION, body.key, 2)
        body.frailty = crowd.frailty_spread * chance.gamma_quantile(u, 1.0 / crowd.frailty_spread)


@part(INT, gives=NOTHING)
def _refresh(program, world, number):
    """Keep what has happened and let chance fall anew from now on; every system has come up to the present before.

    A clock that has not rung is as good as new: what is left of its threshold is Exp(1) again. Whatever else a system
    has drawn and not yet shown, it draws again from its law given that it has lasted so far.
    """
    state = world.state[0]
    generated.settle(program, world, state.time)
    luck = chance.hash4(state.seed, chance.FRESH, number, 0)
    state.luck = luck
    rates.come_up(program, world, state.time)
    for clock in world.clocks:
        spent = processes.spent_by(clock, state.time)
        if spent < clock.threshold:
            clock.threshold = spent + chance.exponential(luck, clock.stream, clock.key, clock.occurrence)
    generated.redraw(program, world, state.time)
    for system in range(len(world.due)):
        acts.wake(world, system, state.time)
    state.work = 0


@part(FLOAT, INT, gives=INT)
def _play(program, world, until, budget):
    """Play `world` on, to the time `until` or for at most `budget` steps of systems; return a status of `states`."""
    world.state[0].until = until
    status = _play_on(program, world, until, budget)
    world.state[0].until = 0.0
    return status


@kernel
def _play_on(program, world, until, budget):
    state = world.state[0]
    while True:
        if state.ending >= 0:
            return states.FINISHED
        if state.broken != 0:
            _tell_guard(world)
            return states.BROKEN
        if state.waiting >= 0:
            if world.decisions_state[state.waiting].forced < 0:
                return states.WAITING_FOR_CHOICE
            state.waiting = -1
            acts.wake(world, states.COMMAND, state.time)
        if _short_of_room(program, world):
            return states.NEEDS_ROOM
        if budget <= 0:
            return states.PAUSED_BY_BUDGET
        if state.pause != 0:
            return states.PAUSED_FROM_OUTSIDE
        system = _earliest(world)
        at = world.due[system].next
        if at > state.time:
            if state.ends == states.CLOSING:
                _end(program, world)
                continue
            if state.ends == states.OVER and not rules.is_over(program, world, state.time):
                state.ends = states.OPEN
            horizon = program.limits[0].horizon
            if state.ends == states.OVER or at > horizon:
                if state.ends == states.OPEN:
                    if horizon > until:
                        state.time = max(state.time, until)
                        return states.REACHED
                    state.time = horizon
                _close(world)
                continue
            if at > until:
                state.time = max(state.time, until)
                return states.REACHED
            state.time = at
        if state.time > state.moment + _INSTANT:
            state.moment = state.time
            state.instant = 0
        state.instant += 1
        if state.instant > _MOST_STEPS_AT_ONE_INSTANT:
            state.broken = states.INSTANT_GUARD
            continue
        budget -= 1
        _run(program, world, system, state.time)
        if world.recorder[0].level != recorder.OFF:
            recorder.look(program, world)


@kernel
def most_entries(program, world):
    """Return how many entries one step may write; a step that wants more breaks its world, whatever the room."""
    return (
        512
        + 4 * (len(world.people) + len(program.rules) + len(program.decisions))
        + world.state[0].live * (4 + 2 * len(world.minds))
    )


@kernel
def _short_of_room(program, world):
    """Return True when a growing table may not last for one more step."""
    state = world.state[0]
    if state.entries + most_entries(program, world) >= len(world.chronicle):  # and one for a guard
        return True
    asked = 256 + len(program.effects) + min(len(world.people), 2048)
    if state.pending + asked > len(world.requests):
        acts.pack_requests(world)
        if state.pending + asked > len(world.requests):
            return True
    if recorder.short_of_room(world, most_entries(program, world)):
        return True
    return state.sent + 64 + state.live > len(world.messages)


@kernel
def _earliest(world):
    """Return the system that goes next: whoever has to carry out the next request, or the earliest by ORDER."""
    asked = acts.first_request(world)
    if asked >= 0:
        return world.requests[asked].system
    best = _ORDER[0]
    for k in range(1, len(_ORDER)):
        if world.due[_ORDER[k]].next < world.due[best].next:
            best = _ORDER[k]
    return best


@kernel
def _run(program, world, system, now):
    """Let one system step from its last call to now, and note when it wants to run again."""
    due = world.due[system]
    since = due.last
    due.next = math.inf
    due.last = now
    due.calls += 1
    state = world.state[0]
    state.steps += 1
    state.room = state.entries + most_entries(program, world)
    wanted = generated.step(program, world, system, since, now)
    state.room = 0
    state.work = 0
    due.next = min(due.next, wanted, acts.next_request(world, system))
    if math.isnan(wanted) or due.next < now:
        state.broken = states.NUMBER_GUARD


@kernel
def _tell_guard(world):
    """Let the chronicle of a broken world end with the guard that stopped it, caused by what came last."""
    state = world.state[0]
    last = state.entries - 1
    if last < 0 or world.chronicle[last].kind != kinds.GUARD:
        guard = state.broken
        acts.emit(world, state.time, kinds.GUARD, state.culprit, -1, -1, float(guard), last)
        state.broken = guard


@kernel
def _close(world):
    """Let every system come up to the present; when all that follows from it has happened, the story ends."""
    state = world.state[0]
    state.ends = states.CLOSING
    for system in range(len(world.due)):
        acts.wake(world, system, state.time)


@kernel
def _end(program, world):
    """Choose the first ending that holds; it rests on what made it hold, and on what ended the story now."""
    state = world.state[0]
    close = program.limits[0].ends_code
    over = -1
    if close >= 0 and machine.holds(program, world, close, state.time):
        over = world.stack[0].c1
    for i in range(len(program.endings)):
        code = program.endings[i].code
        if machine.holds(program, world, code, state.time):
            entry = acts.emit(world, state.time, kinds.ENDED, -1, refs.ref(refs.ENDING, i), -1, 0.0, over)
            top, last = world.stack[0], world.chronicle[entry]
            if code >= 0 and entry >= 0 and top.c1 >= 0:
                last.cause, last.cause2, last.cause3 = top.c1, top.c2, top.c3
                if over >= 0 and over != top.c1 and over != top.c2 and over != top.c3:
                    if last.cause2 < 0:
                        last.cause2 = over
                    elif last.cause3 < 0:
                        last.cause3 = over
            state.ending = i
            return
    state.broken = states.ENDING_GUARD


@part(INT, FLOAT)
def _value_of(program, world, code, time):
    """Return the value of the expression whose bytecode starts at `code`."""
    machine.evaluate(program, world, code, time, time)
    return world.stack[0].value


@part(INT, gives=INT)
def _lean(program, world, decision):
    """Weigh the options of a decision as its decider does; return the row of the one that is taken now, or -1."""
    return command.lean(program, world, decision, world.state[0].time)


@part(gives=NOTHING)
def _locate(program, world):
    """Bring the position of every person up to the present moment."""
    now = world.state[0].time
    for person in range(len(world.people)):
        x, y = acts.person_x(program, world, person, now), acts.person_y(program, world, person, now)
        world.people[person].x = x
        world.people[person].y = y


def _call(function: Any, program: Program, world: World, *arguments: Any) -> Any:
    """Call a part with the handles of `program` and `world`; all of it runs without the interpreter lock."""
    if INTERPRETED:
        return function(program, world, *arguments)
    prepare()
    return function.call(*_addresses(program, world), *arguments)


def _addresses(program: Program, world: World) -> tuple[int, int]:
    """Return where the handles of `program` and `world` lie, which are kept for as long as these are."""
    return address(handle_of(program)), address_of_copy(world) or address(handle_of_last(world))


def begin(program: Program, world: World, seed: int) -> None:
    """Give a fresh world its luck: draw what differs within crowds, arm every clock, write the first entry."""
    _call(_begin, program, world, np.uint64(seed) if INTERPRETED else seed)


def play(program: Program, world: World, until: float = math.inf, budget: int = 1 << 62) -> int:
    """Play `world` on, to the time `until` [s] or for at most `budget` steps of systems; return a status of `states`.

    Some times a second it comes back to Python between two steps, which changes nothing but lets a signal be heard.
    Raises Stopped within `stopped_by` once that says so; the world may be played on all the same.
    """
    state, end = world.state, int(world.state["steps"][0]) + int(budget)
    stop = _HEED.stop
    _INTERRUPTS.add(state)
    try:
        while True:
            left = end - int(state["steps"][0])
            status = int(_call(_play, program, world, float(until), left))
            if status != states.PAUSED_FROM_OUTSIDE:
                return status
            if stop is not None and stop():
                raise Stopped
            state["pause"] = 0
    finally:
        _INTERRUPTS.remove(state)


class Stopped(Exception):
    """Playing was stopped from outside before it came to its end."""


class _Heed(threading.local):
    stop: Callable[[], bool] | None = None


_HEED = _Heed()


@contextmanager
def stopped_by(stop: Callable[[], bool]) -> Iterator[None]:
    """Let `play` in this thread raise Stopped, soon after `stop` returns True."""
    before, _HEED.stop = _HEED.stop, stop
    try:
        yield
    finally:
        _HEED.stop = before


class _Interrupts:
    """Asks, every now and then, all worlds that are being played to pause before their next step."""

    EVERY = 0.1
    """Seconds between two."""

    def __init__(self) -> None:
        self._lock, self._some = threading.Lock(), threading.Event()
        self._playing: dict[int, Any] = {}
        self._thread: threading.Thread | None = None

    def add(self, state: Any) -> None:
        with self._lock:
            self._playing[id(state)] = state
            if self._thread is None:
                self._thread = threading.Thread(target=self._ask, name="interrupts", daemon=True)
                self._thread.start()
        self._some.set()

    def remove(self, state: Any) -> None:
        with self._lock:
            del self._playing[id(state)]
            state["pause"] = 0
            if not self._playing:
                self._some.clear()

    def _ask(self) -> None:
        while self._some.wait():
            time.sleep(self.EVERY)
            with self._lock:
                for state in self._playing.values():
                    state["pause"] = 1


_INTERRUPTS = _Interrupts()


def _forget_threads() -> None:
    """Begin with nobody playing in a process that was forked: its threads did not come along."""
    global _INTERRUPTS
    _INTERRUPTS = _Interrupts()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)


def come_up(world: World) -> None:
    """Let every system of `world` want to run at the present moment, so that `play` brings all of them up to it."""
    now = float(world.state["time"][0])
    world.due["next"] = np.minimum(world.due["next"], np.where(world.due["last"] < now, now, math.inf))


def refresh(program: Program, world: World, number: int) -> None:
    """Keep the past of `world` and let chance fall anew from its present moment on, for the `number`th time.

    Every system must have come up to the present (`come_up`, then `play` up to now). The law of what follows is that of
    the world given everything that has happened in it; see docs/decisions/0005.
    """
    _call(_refresh, program, world, int(number))


def ask(
    world: World, verb: int, system: int, a: int = -1, b: int = -1, amount: float = 0.0, c: int = -1, d: int = -1
) -> None:
    """Ask `system` for `verb` at the present moment, from outside; what follows rests on the beginning."""
    state, now = world.state, float(world.state["time"][0])
    number = int(state["pending"][0])
    world.requests[number] = (verb, system, now, 0, a, b, c, d, amount, 0.0)
    state["pending"] += 1
    state["live"] += 1
    world.due["next"][system] = min(float(world.due["next"][system]), now)


def measures(program: Program, world: World) -> np.ndarray:
    """Return the value of each measure [measures] at the present moment."""
    return np.array(values_of(program, world, program.measures["code"].tolist()), float)


def values_of(program: Program, world: World, codes: Sequence[int]) -> list[float]:
    """Return the values now of the expressions whose bytecode starts at each of `codes`; `world` is not changed."""
    now = float(world.state["time"][0])
    kept = bytes_of(world.stack), bytes_of(world.state)
    before = [table.copy() for table in kept]
    if INTERPRETED:
        found = [float(_value_of(program, world, code, now)) for code in codes]
    else:
        prepare()
        where, call = _addresses(program, world), cast(Any, _value_of).call
        found = [call(*where, code, now) for code in codes]
    for table, was in zip(kept, before, strict=True):
        table[:] = was
    return found


def value_of(program: Program, world: World, code: int, time: float) -> float:
    """Return the value at `time` [s] of the expression whose bytecode starts at `code`; it is left in the stack."""
    return float(_call(_value_of, program, world, code, time))


def lean(program: Program, world: World, decision: int) -> tuple[int, np.ndarray]:
    """Return what the decider of a decision would do now: the option's row or -1, and each option's utility [options].

    A closed option has a utility of minus infinity. `world` is not changed.
    """
    twin, row = copy(world), program.decisions[decision]
    taken = int(_call(_lean, program, twin, int(decision)))
    first = int(row["first"])
    return taken, twin.options_state["reckoned"][first : first + int(row["count"])].copy()


def positions(program: Program, world: World) -> np.ndarray:
    """Return x and y [m] of every person at the present moment, shape [people, 2]; `world` is not changed."""
    twin = copy(world)
    _call(_locate, program, twin)
    return np.stack([twin.people["x"], twin.people["y"]], axis=1)


def ready() -> bool:
    """Return True when compiled code of this very version is shipped or in the cache, or when nothing is compiled."""
    return INTERPRETED or not missing()


def what_compiles() -> str:
    """Return the sentence that says what has to be compiled before the first play, and why."""
    count, unsafe = len(missing()), shipped.offer()[1]
    if count == len(PARTS):
        said = "Compiling the engine. This happens once and takes a minute or two."
    else:
        said = f"Compiling {count} of the engine's {len(PARTS)} parts, whose sources have changed. This happens once."
    return f"{said} Its compiled code is not used: {unsafe}" if unsafe else said


_FILL = """
import sys
from briarpatch import engine
from briarpatch.world.parts import fill_cache
fill_cache(sys.argv[1])
"""
"""What a process runs that helps to compile."""


_at_work: list[Helpers] = []
"""Helpers that compile while this process does something else."""


@contextmanager
def compiling_meanwhile() -> Iterator[None]:
    """Let helpers compile what is missing while the body does something else; `prepare` waits for them.

    Leaving the body ends them. Within such a body it starts no others.
    """
    if _at_work or ready():
        yield
        return
    with closing(Helpers(_FILL)) as helpers:
        _at_work.append(helpers)
        try:
            yield
        finally:
            _at_work.remove(helpers)


def prepare(progress: Callable[[str, int, int], None] | None = None) -> None:
    """Compile every part, or load it from the cache; once in a process, and at once from the second call on.

    `progress(what, done, total)` is called before each; without it a log message says what takes so long.
    """
    if INTERPRETED or linked():
        return
    if not ready():
        if progress is None:
            _LOG.warning(what_compiles())
        with compiling_meanwhile():
            for helpers in _at_work:
                helpers.wait(progress or (lambda *_: None))
    link(progress)
