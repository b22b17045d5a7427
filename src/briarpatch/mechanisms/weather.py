"""Weather: winds that rise and fall at constant rates, each over one map, and slow those on foot.

A wind is a Markov chain of two states, so in the long run it blows for the share rises / (rises + falls) of the time
(Norris 1997). Each has one exponential clock, which rings when it turns. Assumes that winds know nothing of one another
or of the hour. Leaves out where on a map it blows, and how hard.
"""

from __future__ import annotations

import math

from ..declare import Mechanism, Section, flag, named, rate, share
from ..world import acts, machine, processes, refs, topics
from ..world.compiled import kernel

weather = Mechanism("weather", reads="wind_plans", writes="winds")
WIND = weather.entity("wind")
TURNS = weather.stream("weather")
ROSE = weather.entry("wind rose", "{subject} rose", "a wind began to blow", subject="wind", weight=1)
FELL = weather.entry("wind fell", "{subject} fell", "a wind stopped blowing", subject="wind", weight=1)

PLANS = weather.plan(
    "wind_plans",
    "winds: over which map, how often each turns, how it slows those on foot",
    """
    key           u8 -        key of its luck
    over          i4 map      the map over which it blows
    rises         f8 1/s      how often a calm ends
    falls         f8 1/s      how often a blow ends
    pace          f8 1        factor of walking speed while it blows
    """,
)
ROWS = weather.table(
    "winds",
    "winds: whether each blows now",
    """
    blows         i1 -        1 while it blows
    clock         i4 clock    its next turn
    entry         i4 entry    its last turn
    """,
)


@weather.section("winds", one="wind", plans=PLANS, rows=ROWS)
class Wind(Section):
    """A wind over a map that rises and falls, and slows those on foot while it blows."""

    over = named("map", "the map over which it blows")
    rises = rate("how often a calm ends")
    falls = rate("how often a blow ends")
    pace = share("factor of walking speed while it blows", 0.5)
    blows = flag("whether it blows at the start")


@weather.builds_rows
def build(make):
    """Columns that bear the name of a key are filled already; a wind wants a clock besides."""
    for _, plan, row, _ in make.rows(Wind):
        row.clock = make.clock(TURNS, plan.key)


@kernel
def turning_rate(plan, wind):
    """Return the rate [1/s] at which a wind turns next."""
    return plan.falls if wind.blows != 0 else plan.rises


@weather.step
def step(program, world, since, now):
    """Turn every wind whose time has come; return when the next turns."""
    due = math.inf
    for w in range(len(world.winds)):
        wind = world.winds[w]
        clock = world.clocks[wind.clock]
        if since < 0.0:
            processes.set_rate(clock, turning_rate(program.wind_plans[w], wind), now)
        elif processes.ring_time(clock) <= now:
            wind.blows = 1 - wind.blows
            what = ROSE if wind.blows != 0 else FELL
            wind.entry = acts.emit(world, now, what, refs.ref(WIND, w), -1, -1, 0.0, wind.entry)
            processes.rearm(clock, world.state[0].luck, now)
            processes.set_rate(clock, turning_rate(program.wind_plans[w], wind), now)
            acts.touch(world, topics.FIELDS)
            acts.touch_pace(world)
        due = min(due, processes.ring_time(clock))
    return due


@weather.at("pace on foot")
def slows(program, world, ground):
    """Return the factor of walking speed that the winds over a map leave."""
    factor = 1.0
    for w in range(len(world.winds)):
        if world.winds[w].blows != 0 and program.wind_plans[w].over == ground:
            factor *= program.wind_plans[w].pace
    return factor


@weather.function("blows", "wind -> bool", "the wind blows", reads="fields")
def blows(program, world, then, out, wind):
    """Rest on the wind's last turn."""
    machine.answer(out, world.winds[wind].blows != 0, world.winds[wind].entry)
