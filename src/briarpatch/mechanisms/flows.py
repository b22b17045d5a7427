"""Flows: heads of counted crowds that change state or place, come and go, each at a rate.

By heads (the default) a flow is a continuous-time Markov chain, exactly: with total rate a, the head number k goes when the
integral of a since the one before passes a threshold that is Exp(1), keyed by the flow, the place and k (random time change:
Kurtz 1980, doi 10.1214/aop/1176994660; Anderson 2007, doi 10.1063/1.2799998). All flows wait on one calendar, and after a
head only those are reckoned again that read what changed (Gibson and Bruck 2000, doi 10.1021/jp993732q). So what is
unrelated changes nothing, and two scenarios that differ in one flow stay coupled (Rathinam, Sheppard and Khammash 2010,
doi 10.1063/1.3509137).

With `step` heads go at its instants alone: of n in a state with rates r_1 .. r_m out of it, R together, Bin(n, 1 - e^(-R T))
leave and are split in proportion, drawn on the state before the step (Tian and Burrage 2004, doi 10.1063/1.1810475). That is
exact for one change in a step at constant rates, and of first order otherwise. Where all flows of a crowd go from state to
state at constant rates and with one step, the matrix exponential of that step is used: then the law at the instants is exact.

Assumes that heads of one state at one place are alike, so that nobody remembers how long they have been there: times in a
state are exponential, those in a chain of n states Erlang. A rate that grows with the clock or drifts is held between two
beats of `poll`. Leaves out flows of bodies, ways that take time, and rates of a pair of heads that meet by name. SIR and SEIR
as Kermack and McKendrick 1927 (doi 10.1098/rspa.1927.0118) and Bailey 1953 (doi 10.1093/biomet/40.1-2.177). Oracles: O-16.7,
O-20.1 to O-20.9, O-20.11, O-20.12 and O-20.14.

It is long because a flow is laid out here too: what an author writes becomes rates, arms and steps in tables that nobody else reads.
"""

from __future__ import annotations

import math

import numpy as np

from ..declare import Mechanism, Section, named, nested, quantity, running, word
from ..world import acts, agenda, chance, cohorts, draws, machine, processes, refs, states, topics, watches
from ..world.compiled import kernel

flows = Mechanism(
    "flows",
    listens="counts",
    rows="flow_rates_now",
    reads="flow_plans flow_rates flow_arms flow_reads flow_leaves flow_leaps leap_cells leap_ends cell_plans watches",
    writes="flows flow_rates_now flow_leaps_now cells cohorts cohort_states clocks agenda chronicle",
)
FLOW = flows.entity("flow")
NUMBER: int = flows.number
THRESHOLDS = flows.stream("flows")
CHOICES = flows.stream("heads of flows")
LEAPS = flows.stream("leaps of flows")
FIRST = flows.entry(
    "first passed",
    "{heads} of {object} {subject}, the first",
    "the first of a flow went; amount is how many",
    subject="flow",
    object="cohort",
    weight=1,
    living="",
    seen="",
)
PASSED = flows.entry(
    "passed into",
    "{heads} more of {object} {subject}",
    "what went through a flow since the last such entry; amount is how many",
    subject="flow",
    object="cohort",
    weight=1,
    living="",
    seen="",
)
FAULT = flows.entry(
    "fault",
    "the rate at which {object} {subject} was {amount}",
    "a rate was below zero or no number, which stops the world; amount is what it was",
    subject="flow",
    object="cohort",
    weight=2,
    living="",
    seen="",
)

PLANS = flows.plan(
    "flow_plans",
    "flows: of whom, where they lead, and how often they are told",
    """
    key           u8 -        key of its luck
    cohort        i4 -        row of `cohort_plans`
    rate          i4 -        row of `flow_rates` of its first rate
    state         i4 -        row of `state_plans` that it leaves, or the first of the crowd's
    states        i4 -        how many states it leaves, 0 for a source
    leads         i4 -        row of `state_plans` that it leads to, -1 for the same or for none
    leap          i4 -        row of `flow_leaps`, -1 for a flow by heads
    tell          f8 s        how often an entry says how many went
    quiet         i1 -        1 when only the log shows it
    """,
)
ROWS = flows.table(
    "flows",
    "flows: how many went",
    """
    heads         i8 -        how many went since the last entry
    ever          i8 -        how many went so far
    told          i8 -        how many times of `tell` are over
    entry         i4 entry    its last entry
    """,
)
flows.plan(
    "flow_rates",
    "rates of flows: one for each flow, or for each of its places",
    """
    flow          i4 -        row of `flow_plans`
    code          i4 -        start of the bytecode; -1 for a constant
    value         f8 1/s      the constant
    whole         i1 -        1 for the rate of the whole, 0 for that of each head
    watch         i4 -        row of `watches`, -1 when nothing but counts can change it
    first         i4 -        its first row of `flow_arms`
    count         i4 -        how many rows those are
    """,
)
flows.table(
    "flow_rates_now",
    "rates of flows: what they are",
    """
    value         f8 1/s      the rate
    stale         i1 -        1 while it has to be reckoned again
    """,
)
flows.plan(
    "flow_arms",
    "arms of flows: one for each place that heads leave",
    """
    key           u8 -        key of its luck
    rate          i4 -        row of `flow_rates`
    cell          i4 -        row of `cells` that it leaves, or the first of them
    stride        i4 -        how far apart these rows are
    cells         i4 -        how many they are, 0 for a source
    way           i4 -        from that row to where the head goes; of a source the row itself; `AWAY` for the world outside
    clock         i4 clock    when the next goes
    leap          i4 -        row of `flow_leaps`, -1 for an arm by heads
    """,
)
flows.plan("flow_reads", "rates that read a cell, cell by cell", "rate i4 - row of `flow_rates`")
flows.plan("flow_leaves", "arms that leave a cell, cell by cell", "arm i4 - row of `flow_arms`")
flows.plan(
    "flow_cells",
    "where the rates and the arms of a cell stand",
    """
    read          i4 -        its first row of `flow_reads`
    reads         i4 -        how many they are
    leave         i4 -        its first row of `flow_leaves`
    leaves        i4 -        how many they are
    """,
)
flows.plan(
    "flow_leaps",
    "steps of flows that go at instants alone",
    """
    step          f8 s        the time between two instants
    first         i4 -        its first row of `leap_cells`
    count         i4 -        how many they are
    """,
)
flows.table("flow_leaps_now", "steps of flows: how many were taken", "taken i8 - how many")
flows.plan(
    "leap_cells",
    "cells that heads leave in steps, and sources",
    """
    cell          i4 -        row of `cells`; -1 for a source
    key           u8 -        key of its luck
    leaves        f8 1        chance to leave it in a step; below zero where the rates of its arms say so
    first         i4 -        its first row of `leap_ends`
    count         i4 -        how many they are
    """,
)
flows.plan(
    "leap_ends",
    "where heads that leave a cell in a step come to",
    """
    key           u8 -        key of its luck
    arm           i4 -        row of `flow_arms`; -1 where `odds` says how many
    odds          f8 1        chance to come there in a step
    to            i4 -        row of `cells` where they come to; -1 for the world outside
    flow          i4 -        row of `flow_plans` by which they are told
    """,
)

AWAY = 1 << 30
MOST_AT_ONCE = 50_000
"""Heads that go in one step of the mechanism; then others may be heard."""
MOST_ARMS = 200_000
MOST_STATES = 64
"""States of a crowd up to which a step is taken by the matrix exponential."""


class Source(Section):
    """Where heads come from outside: into which crowd or state of it, and at which place."""

    of = named("heads", "the counted crowd, which they join in the state that its first begin in, or a state of it")
    at = named("place", "the place at which they come; absent: where the crowd starts", None)


@flows.section("flows", one="flow", plans=PLANS, rows=ROWS)
class Flow(Section):
    """Heads of a counted crowd that go from state to state, from place to place, come or go, each at a rate."""

    from_ = named("heads", "a state, or with `of` a place, that they leave", None)
    to = named("destination", "a state, or with `of` a place, that they come to; `gone` for the world outside", None)
    of = named("heads", "the counted crowd, or the state of it, that goes from place to place", None)
    at = named("place", "the only place at which heads change their state; absent: wherever they are", None)
    into = nested(Source, "in place of `from` and `to`: where heads come from outside", None)
    rate = running("rate", "the rate of each head, which may be an expression", None, 0.0)
    total = running(
        "rate", "in place of `rate`: the rate of all together, in heads a time; may be an expression", None, 0.0
    )
    per = word(("place",), "`place`: the rate is read for each place apart, which it calls `here`", None)
    step = quantity(
        "time", "heads go at multiples of this time alone; absent: each at a moment of its own", None, above=0.0
    )
    tell = quantity("time", "how often the chronicle says how many went", 86400.0, above=0.0)


# ------------------------------------------------------------------------------------------------ from the scenario


@flows.builds_rows
def build(make):
    """Lay the flows out once everything else stands, as what can set something off says which cells are heeded."""
    make.later.append(lambda: _Layout(make).lay())


class _Layout:
    """Turns the flows of a document into rates, arms and steps."""

    def __init__(self, make) -> None:
        self.make, self.doc, self.names = make, make.doc, make.names
        self.plans, self.states = make.program["cohort_plans"], make.program["state_plans"]
        self.cells = make.program["cell_plans"]
        self.places = len(self.doc.places)
        self.crowds = list(self.doc.counted)
        self.rates: list[dict] = []
        self.arms: list[dict] = []
        self.reads: list[tuple[int, int]] = []
        self.steps: list[float] = []
        self.leap_cells: list[dict] = []
        self.ends: list[dict] = []

    def lay(self) -> None:
        make = self.make
        self.sound = True
        self.reach = self._reach()
        items = list(make.rows(Flow))
        for f, (item, plan, _, path) in enumerate(items):
            plan.leap = plan.leads = -1
            plan.tell, plan.quiet = item.tell, item.told is None
            self.sound = self._flow(f, item, plan, path) and self.sound
        if self.sound:
            self._steps(items)
        self._heeded()
        for name, rows in (("flow_rates", self.rates), ("flow_arms", self.arms)):
            make.program[name] = make.filled(_table(name), rows)
        leaps, first = [], 0
        for g, step in enumerate(self.steps):
            count = sum(1 for one in self.leap_cells if one["leap"] == g)
            leaps.append({"step": step, "first": first, "count": count})
            first += count
        make.program["flow_leaps"] = make.filled(_table("flow_leaps"), leaps)
        make.program["leap_cells"] = make.filled(_table("leap_cells"), self.leap_cells)
        make.program["leap_ends"] = make.filled(_table("leap_ends"), self.ends)
        make.world["flow_leaps_now"] = _table("flow_leaps_now").rows(len(leaps))
        make.world["flow_rates_now"] = _table("flow_rates_now").rows(len(self.rates))
        self._index()

    def _index(self) -> None:
        """Say for each cell which rates read it and which arms leave it."""
        leave = [(arm["cell"] + n * arm["stride"], a) for a, arm in enumerate(self.arms) for n in range(arm["cells"])]
        at = _table("flow_cells").rows(len(self.cells))
        for rows, name, first, count in (
            (sorted(set(self.reads)), "flow_reads", "read", "reads"),
            (sorted(leave), "flow_leaves", "leave", "leaves"),
        ):
            table = _table(name).rows(len(rows))
            owners = np.array([cell for cell, _ in rows], np.int64)
            table[_table(name).columns[0].name] = [row for _, row in rows]
            self.make.program[name] = table
            at[first] = np.searchsorted(owners, np.arange(len(at)), "left")
            at[count] = np.searchsorted(owners, np.arange(len(at)), "right") - at[first]
        self.make.program["flow_cells"] = at

    # who, and where

    def _reach(self) -> list[list[int]]:
        """Return for each counted crowd the rows of the places at which its heads can ever be."""
        found = [set() for _ in self.crowds]
        pairs = [(name, place) for name, crowd in self.doc.counted.items() for place in crowd.heads_by_place]
        for item in self.doc.flows.values():
            pairs += [(item.of, item.from_), (item.of, item.to), (item.from_, item.at), (item.to, item.at)]
            pairs += [(item.into.of, item.into.at)] if item.into is not None else []
        for _, verb, arguments in self.make.effects:
            if verb in ("convert", "bring"):
                pairs += [(arguments.get("who", arguments["to"]), arguments["to" if verb == "convert" else "at"])]
        for who, where in pairs:
            row = self.names.row("place", where) if where is not None else None
            name = "" if who is None else who.partition(".")[0]
            if row is not None and name in self.crowds:
                found[self.crowds.index(name)].add(row)
        return [sorted(places) for places in found]

    def _who(self, name, path):
        """Return (cohort, first state, states) of a counted crowd or one of its states, or None, which is a fault then."""
        row = self.names.row("cohort", name)
        if row is not None:
            return row, int(self.plans[row].first), int(self.plans[row].states)
        row = self.names.row("state", name)
        if row is not None:
            return int(self.states[row].cohort), row, 1
        if name in self.doc.crowds:
            self.make.fault(
                path, f"a flow needs heads, and crowd '{name}' is of bodies: give it 'states', as in states: [here]"
            )
        else:
            known = [*self.names.known("cohort"), *self.names.known("state")]
            self.make.unknown(f"counted crowd or state '{name}'", name, known, path)
        return None

    def _flow(self, f, item, plan, path) -> bool:
        """Make the rates and arms of one flow; return whether it is sound."""
        fault = self.make.fault
        if (item.rate is None) == (item.total is None):
            fault((*path, "rate"), "needs either 'rate', of each head, or 'total', of all together")
            return False
        place = None if item.at is None else self.make.row("place", item.at, (*path, "at"))
        found = self._source(item, path) if item.into is not None else self._passage(item, path)
        if found is None or place == -1:
            return False
        cohort, state, count, to, where, told = found
        plan.cohort, plan.state, plan.states = cohort, state, count
        plan.leads = to[1] if to[0] == "state" else -1
        plan.rate = len(self.rates)
        if item.step is not None:
            if item.step not in self.steps:
                self.steps.append(item.step)
            plan.leap = self.steps.index(item.step)
        if item.told is None:
            reference = FLOW * refs.ROWS_PER_KIND + f
            self.names.told_words[reference] = told
        places = [where] if where is not None else [place] if place is not None else self.reach[cohort]
        if len(self.arms) + len(places) > MOST_ARMS:
            fault(
                path, f"the flows have more than {MOST_ARMS:,} pairs of flow and place together; say 'at' which places"
            )
            return False
        key = "rate" if item.total is None else "total"
        text = getattr(item, key)
        rate, together = -1, item.total is not None and item.per is None and len(places) > 1
        for p in places[:1] if together else places:
            if rate < 0 or item.per is not None:
                rate = self._rate(f, text, (*path, key), list(self.doc.places)[p] if item.per is not None else None)
                if rate < 0:
                    return False
                self.rates[rate] |= {"whole": item.total is not None, "first": len(self.arms)}
            self.rates[rate]["count"] = self.rates[rate].get("count", 0) + 1
            self._arm(rate, plan, p, to, together)
        return True

    def _source(self, item, path):
        given = [name for name in ("from", "to", "of", "at", "per") if getattr(item, name + "_" * (name == "from"))]
        if given:
            self.make.fault((*path, given[0]), "does not go with 'into', which says of whom and where")
            return None
        if item.rate is not None:
            self.make.fault((*path, "rate"), "is of each head, and nobody is there before they come: write 'total'")
            return None
        found = self._who(item.into.of, (*path, "into", "of"))
        if found is None:
            return None
        cohort, state, count = found
        crowd = self.doc.crowds[self.crowds[cohort]]
        if count > 1 and isinstance(crowd.state, str) and crowd.state in crowd.states:
            state += list(crowd.states).index(crowd.state)
        if item.into.at is not None:
            where = self.make.row("place", item.into.at, (*path, "into", "at"))
        elif isinstance(crowd.place, str):
            where = self.names.row("place", crowd.place)
        else:
            where = self._start(item, cohort, state, path)
        return None if where in (None, -1) else (cohort, state, 0, ("state", state), where, "came")

    def _start(self, item, cohort, state, path):
        """Return the one place at which heads of a state are at the start; None, which is a fault, for none or several."""
        here = self.make.world["cells"].heads[state * self.places : (state + 1) * self.places]
        names = [name for name, heads in zip(self.doc.places, here, strict=True) if heads > 0]
        if len(names) == 1:
            return self.names.row("place", names[0])
        crowd = self.crowds[cohort]
        whose = f"{crowd}.{list(self.doc.crowds[crowd].states)[state - int(self.plans[cohort].first)]}"
        starts = f"starts at {', '.join(names)}" if names else "has nobody at the start"
        remedy = f"say where they come, as in into: {{ of: {item.into.of}, at: {(names or list(self.doc.places))[0]} }}"
        self.make.fault((*path, "into"), f"'{whose}' {starts}; {remedy}")
        return None

    def _passage(self, item, path):
        fault = self.make.fault
        for key in ("from", "to"):
            if getattr(item, key + "_" * (key == "from")) is None:
                fault(path, f"'{key}' is missing; a flow has 'from' and 'to', or 'into'")
                return None
        if item.of is not None:
            found, where = self._who(item.of, (*path, "of")), self.make.row("place", item.from_, (*path, "from"))
            if found is None or where < 0:
                return None
            if item.to == "gone":
                return (*found, ("gone", 0), where, "left")
            to = self.make.row("place", item.to, (*path, "to"))
            if to == where:
                fault((*path, "to"), "is where they are already; name another place, or 'gone'")
            told = self.names.told(refs.PLACE * refs.ROWS_PER_KIND + to) if to >= 0 else ""
            return None if to < 0 or to == where else (*found, ("place", to), where, f"went to {told}")
        if self.names.row("place", item.from_) is not None:
            fault((*path, "from"), f"'{item.from_}' is a place; say with 'of' whose heads leave it")
            return None
        found = self._who(item.from_, (*path, "from"))
        if found is None:
            return None
        if item.to == "gone":
            return (*found, ("gone", 0), None, "left")
        if self.names.row("place", item.to) is not None:
            fault(
                (*path, "to"), f"'{item.to}' is a place; write 'of: {item.from_}' and the places under 'from' and 'to'"
            )
            return None
        to = self._who(item.to, (*path, "to"))
        if to is None:
            return None
        wrong = (
            "a flow changes the state of heads, not their crowd" if to[0] != found[0]
            else f"'{item.from_}' is a crowd; name the state that they leave" if found[2] != 1
            else f"'{item.to}' is a crowd; name the state that they come to" if to[2] != 1
            else "is the state that they leave" if to[1] == found[1]
            else ""
        )  # fmt: skip
        if wrong:
            fault((*path, "from" if found[2] != 1 and to[0] == found[0] else "to"), wrong)
            return None
        return (*found, ("state", to[1]), None, f"became {self.names.told(refs.STATE * refs.ROWS_PER_KIND + to[1])}")

    def _rate(self, f, text, path, here) -> int:
        """Make a row of `flow_rates`; return it, or -1 for a faulty expression."""
        row = {"flow": f, "code": -1, "watch": -1}
        if isinstance(text, str):
            local = {} if here is None else {"here": here}
            code, watch, compiled = self.make.expression(flows, text, "rate", path, local, topics.COUNTS)
            if compiled is None:
                return -1
            row |= {"code": code, "watch": watch}
            if compiled.constant is not None:
                row |= {"code": -1, "value": float(compiled.constant)}
                if compiled.constant < 0.0:
                    self.make.fault(path, "is below zero; a rate is at least 0")
            self.reads += [(cell, len(self.rates)) for cell in self._read(compiled)]
        else:
            row["value"] = text
        self.rates.append(row)
        return len(self.rates) - 1

    def _read(self, compiled) -> set[int]:
        """Return the rows of `cells` that a condition or an expression reads."""
        found: set[int] = set()
        for step in compiled.steps:
            if step.kind == "call" and step.word in ("count", "count_at", "count_in", "count_aboard"):
                place = self.names.row("place", step.names[1][0]) if step.word == "count_at" else None
                for cohort in range(len(self.plans)):
                    found |= self._cells_of(step.names[0][0], cohort, place)
        return found

    def _cells_of(self, name, cohort, place) -> set[int]:
        plan, state = self.plans[cohort], self.names.row("state", name)
        side = self.names.row("faction", name)
        if state is not None:
            rows = [state] if self.states[state].cohort == cohort else []
        else:
            whole = self.names.row("cohort", name) == cohort or (side is not None and side == plan.faction)
            rows = range(plan.first, plan.first + plan.states) if whole else []
        wanted = range(self.places) if place is None else [place]
        return {int(row) * self.places + p for row in rows for p in wanted}

    def _arm(self, rate, plan, place, to, together=False) -> None:
        """Make a row of `flow_arms`, for one place or for all `together`."""
        cell = int(plan.state) * self.places + (0 if together else place)
        way = {"state": (to[1] - int(plan.state)) * self.places, "place": to[1] - place, "gone": AWAY}[to[0]]
        cells = int(plan.states)
        if cells == 0:
            way = to[1] * self.places + place
        key = self.make.pair(int(plan.key), int(self.cells[cell].key))
        clock = self.make.clock(THRESHOLDS, key) if plan.leap < 0 else -1
        row = {
            "key": key,
            "rate": rate,
            "cell": cell,
            "stride": 1 if together else self.places,
            "cells": cells * self.places if together else cells,
            "way": way,
            "clock": clock,
        }
        self.arms.append(row | {"leap": int(plan.leap)})

    # steps

    def _steps(self, items) -> None:
        """Say which cells heads leave in steps, and where they come to."""
        for g in range(len(self.steps)):
            exact = self._matrices(items, g)
            by_cell: dict[int, list[int]] = {}
            for a, arm in enumerate(self.arms):
                if arm["leap"] == g and arm["cells"] == 0:
                    self._leave(g, -1, arm["key"], -1.0, [self._end(a, arm["way"])])
                elif arm["leap"] == g:
                    for n in range(arm["cells"]):
                        by_cell.setdefault(arm["cell"] + n * arm["stride"], []).append(a)
            for cell, arms in sorted(by_cell.items()):
                key = int(self.cells[cell].key)
                if int(self.cells[cell].cohort) in exact:
                    leaves, ends = exact[int(self.cells[cell].cohort)](cell)
                    self._leave(g, cell, key, leaves, ends)
                    continue
                ways = [(a, self.arms[a]["way"]) for a in arms]
                self._leave(
                    g, cell, key, -1.0, [self._end(a, -1 if way == AWAY else cell + way, cell) for a, way in ways]
                )

    def _leave(self, leap, cell, key, leaves, ends) -> None:
        row = {"leap": leap, "cell": cell, "key": key, "leaves": leaves, "first": len(self.ends), "count": len(ends)}
        self.leap_cells.append(row)
        self.ends += ends

    def _end(self, arm, to, cell=-1) -> dict:
        """Make a row of `leap_ends`, for one of the cells that an arm leaves, or for a source."""
        one = self.arms[arm]
        key = self.make.pair(one["key"], int(self.cells[cell].key)) if one["cells"] > 1 else one["key"]
        return {"key": key, "arm": arm, "to": to, "flow": self.rates[one["rate"]]["flow"]}

    def _matrices(self, items, leap):
        """Return, for each crowd whose flows are constant, of one step and from state to state, what leaves a cell of it."""
        found = {}
        for cohort, plan in enumerate(self.plans):
            mine = [(f, item) for f, (item, row, _, _) in enumerate(items) if row.cohort == cohort and row.leap == leap]
            others = [item for item, row, _, _ in items if row.cohort == cohort and row.leap != leap]
            size = int(plan.states)
            simple = all(item.of is None and item.into is None and item.at is None for _, item in mine)
            constant = all(self.rates[items[f][1].rate]["code"] < 0 and item.rate is not None for f, item in mine)
            if not mine or others or not simple or not constant or size > MOST_STATES:
                continue
            from scipy.linalg import expm  # late: it takes longer to import than a scenario to load

            generator, named_by = np.zeros((size + 1, size + 1)), {}
            for f, _ in mine:
                row = items[f][1]
                to = size if row.leads < 0 else int(row.leads) - int(plan.first)
                for at in range(int(row.state) - int(plan.first), int(row.state) - int(plan.first) + int(row.states)):
                    generator[at, to] += self.rates[row.rate]["value"]
                    generator[at, at] -= self.rates[row.rate]["value"]
                    named_by.setdefault((at, to), f)
                named_by.setdefault(to, f)
            odds = expm(generator * self.steps[leap])
            found[cohort] = self._exact(plan, odds, named_by)
        return found

    def _exact(self, plan, odds, named_by):
        """Return a function from a cell to the chance to leave it in a step, and the ends of those who do."""
        size = int(plan.states)

        def leaving(cell):
            at, place = int(self.cells[cell].state) - int(plan.first), int(self.cells[cell].place)
            ends = []
            for to in range(size + 1):
                if to != at and odds[at, to] > 1e-15:
                    other = -1 if to == size else (int(plan.first) + to) * self.places + place
                    key = self.make.pair(int(self.cells[cell].key), 1 if to == size else int(self.cells[other].key))
                    flow = named_by.get((at, to), named_by[to])
                    ends.append({"key": key, "arm": -1, "odds": float(odds[at, to]), "to": other, "flow": flow})
            return float(sum(end["odds"] for end in ends)), ends

        return leaving

    def _heeded(self) -> None:
        """Note which cells are read by a condition that can set something off."""
        for use in self.make.uses:
            if use.path[0] not in ("flows", "let", "measures", "series", "endings"):
                for cell in self._read(use.compiled):
                    self.cells[cell].heeded = 1


def _table(name):
    return next(one for one in (*flows.plans, *flows.tables) if one.name == name)


# ------------------------------------------------------------------------------------------------ laws


@kernel
def chance_to_leave(rate, step):
    """Return the chance that a head with rates `rate` [1/s] out of its state leaves it within `step` [s]."""
    return -math.expm1(-rate * step)


@kernel
def part_of_rest(weight, rest):
    """Return the chance of an end of that weight among those of weight `rest` that are left, itself included."""
    return weight / rest if weight < rest else 1.0


# ------------------------------------------------------------------------------------------------ at work


@flows.step
def step(program, world, since, now):
    """Let every head go whose moment has come; while nobody else has anything to do before, also the next ones.

    Heads go ahead of the loop only up to the next thing that anybody else wants to do, and stop as soon as one of them
    changes what a condition reads; so nothing can tell the difference, but for the time that it takes.
    """
    state = world.state[0]
    if since < 0.0:
        _refresh(program, world, now)
    else:
        _look(program, world, now)
    ahead = _ahead(program, world, now)
    later = _later(program, world)
    for _ in range(MOST_AT_ONCE):
        goes = agenda.earliest(world, agenda.FLOWS)
        at = min(goes, later)
        if at > now:
            if at > ahead or state.broken != 0:
                return at
            now = at
            _step_on(world, now)
        if later <= goes:
            _leap(program, world, now)
            _tell(program, world, now)
            _look(program, world, now)
            return min(agenda.earliest(world, agenda.FLOWS), _later(program, world))
        if _go(program, world, agenda.foremost(world, agenda.FLOWS), now):
            acts.touch(world, topics.COUNTS)
            return min(agenda.earliest(world, agenda.FLOWS), later)
    return min(agenda.earliest(world, agenda.FLOWS), later)


@kernel
def _step_on(world, now):
    """Let time go on to the next head, and count that as the step that the loop would have counted."""
    state, due = world.state[0], world.due[NUMBER]
    state.time, due.last = now, now
    state.steps += 1
    due.calls += 1


@kernel
def _ahead(program, world, now):
    """Return up to when heads may go before the loop comes round again: just before anything else is due."""
    state = world.state[0]
    if state.ends != states.OPEN or state.pause != 0:
        return now
    most = min(state.until, program.limits[0].horizon)
    for other in range(len(world.due)):
        if other != NUMBER and world.due[other].next <= most:
            most = world.due[other].next * (1.0 - 2.0**-52) - 5e-324
    return most


@kernel
def _later(program, world):
    """Return when a step, an entry or a look at a rate is due."""
    due = math.inf
    for g in range(len(program.flow_leaps)):
        due = min(due, (world.flow_leaps_now[g].taken + 1) * program.flow_leaps[g].step)
    for f in range(len(program.flow_plans)):
        due = min(due, (world.flows[f].told + 1) * program.flow_plans[f].tell)
    for rate in program.flow_rates:
        if rate.watch >= 0:
            due = min(due, world.watches[rate.watch].next)
    return due


# rates


@kernel
def _refresh(program, world, now):
    """Reckon every rate and every arm again."""
    for r in range(len(program.flow_rates)):
        _reckon(program, world, r, now)
    for c in range(len(world.cohorts)):
        world.cohorts[c].stirred = 0


@kernel
def _look(program, world, now):
    """Reckon those rates again that something else than a flow may have changed."""
    for c in range(len(world.cohorts)):
        if world.cohorts[c].stirred != 0:
            _refresh(program, world, now)
            return
    for r in range(len(program.flow_rates)):
        w = program.flow_rates[r].watch
        if w >= 0 and (world.watches[w].changed != 0 or world.watches[w].next <= now):
            _reckon(program, world, r, now)


@kernel
def _reckon(program, world, r, now):
    """Reckon a rate again, and the arms that go by it."""
    plan, rate = program.flow_rates[r], world.flow_rates_now[r]
    rate.value, rate.stale = plan.value, 0
    if plan.watch >= 0:
        rate.value = watches.reading(program, world, plan.watch, now)
    elif plan.code >= 0:
        rate.value = machine.value_of(program, world, plan.code, now)
    if not rate.value >= 0.0:
        _refuse(program, world, r, now)
    for a in range(plan.first, plan.first + plan.count):
        _let_run(program, world, a, now, False)


@kernel
def _refuse(program, world, r, now):
    """Stop the world because of a rate that is below zero or no number, when there is anybody to whom it applies."""
    plan, rate = program.flow_rates[r], world.flow_rates_now[r]
    for a in range(plan.first, plan.first + plan.count):
        if program.flow_arms[a].cells == 0 or _heads(program, world, a) > 0:
            subject = refs.ref(FLOW, plan.flow)
            whose = refs.ref(cohorts.COHORT, program.flow_plans[plan.flow].cohort)
            if world.state[0].broken == 0:
                acts.emit(world, now, FAULT, subject, whose, -1, rate.value, -1)
                world.state[0].broken = states.RATE_GUARD
    rate.value = 0.0


@kernel
def _heads(program, world, a):
    """Return how many heads an arm can take."""
    arm = program.flow_arms[a]
    total = 0
    for n in range(arm.cells):
        total += world.cells[arm.cell + n * arm.stride].heads
    return total


@kernel
def _total(program, world, a):
    """Return the rate [1/s] of an arm as a whole."""
    arm = program.flow_arms[a]
    value = world.flow_rates_now[arm.rate].value
    if arm.cells == 0:
        return value
    heads = _heads(program, world, a)
    if program.flow_rates[arm.rate].whole != 0:
        return value if heads > 0 else 0.0
    return value * heads


@kernel
def _let_run(program, world, a, now, rearmed):
    """Let the clock of an arm run at its rate; one that goes in steps has none."""
    arm = program.flow_arms[a]
    if arm.leap >= 0:
        return
    clock, rate = world.clocks[arm.clock], _total(program, world, a)
    if rearmed or rate != clock.rate:
        agenda.put(world, agenda.FLOWS, a, processes.set_rate(clock, rate, now) if rate > 0.0 else _stop(clock, now))


@kernel
def _stop(clock, now):
    processes.set_rate(clock, 0.0, now)
    return math.inf


# by heads


@kernel
def _go(program, world, a, now):
    """Let one head go by an arm; return whether a condition reads what has changed."""
    arm, clock = program.flow_arms[a], world.clocks[program.flow_arms[a].clock]
    cell = arm.cell
    if arm.cells > 1:
        u = chance.u01(world.state[0].luck, CHOICES, arm.key, clock.occurrence)
        left = int(u * _heads(program, world, a))
        while left >= world.cells[cell].heads and acts.going(world, 5):
            left -= world.cells[cell].heads
            cell += arm.stride
    to = -1 if arm.way == AWAY else cell + arm.way
    if arm.cells == 0:
        cell, to = -1, arm.way
    cohorts.shift(program, world, cell, to, 1)
    processes.rearm(clock, world.state[0].luck, now)
    _let_run(program, world, a, now, True)
    f = program.flow_rates[arm.rate].flow
    world.flows[f].heads += 1
    world.flows[f].ever += 1
    if world.flows[f].ever == 1:
        _say(program, world, f, FIRST, now)
    _follow(program, world, cell, to, now)
    return (cell >= 0 and program.cell_plans[cell].heeded != 0) or (to >= 0 and program.cell_plans[to].heeded != 0)


@kernel
def _follow(program, world, cell, to, now):
    """Reckon again what reads or leaves two cells that have changed."""
    for turn in range(2):
        one = cell if turn == 0 else to
        if one >= 0:
            at = program.flow_cells[one]
            for i in range(at.read, at.read + at.reads):
                world.flow_rates_now[program.flow_reads[i].rate].stale = 1
    for turn in range(2):
        one = cell if turn == 0 else to
        if one >= 0:
            at = program.flow_cells[one]
            for i in range(at.read, at.read + at.reads):
                r = program.flow_reads[i].rate
                if world.flow_rates_now[r].stale != 0:
                    _reckon(program, world, r, now)
            for i in range(at.leave, at.leave + at.leaves):
                _let_run(program, world, program.flow_leaves[i].arm, now, False)


# in steps


@kernel
def _leap(program, world, now):
    """Take every step whose instant has come."""
    for g in range(len(program.flow_leaps)):
        plan, leap = program.flow_leaps[g], world.flow_leaps_now[g]
        if (leap.taken + 1) * plan.step > now:
            continue
        for i in range(plan.first, plan.first + plan.count):
            _clear(program, world, i)
        for i in range(plan.first, plan.first + plan.count):
            _draw(program, world, i, plan.step, leap.taken)
        leap.taken += 1
        heeded = False
        for i in range(plan.first, plan.first + plan.count):
            heeded = _settle(program, world, i) or heeded
        for f in range(len(program.flow_plans)):
            if (
                program.flow_plans[f].leap == g
                and 0 < world.flows[f].heads == world.flows[f].ever
                and world.flows[f].entry < 0
            ):
                _say(program, world, f, FIRST, now)
        _refresh(program, world, now)
        if heeded:
            acts.touch(world, topics.COUNTS)


@kernel
def _clear(program, world, i):
    """Let nobody be about to leave a cell, or to come where they go from there."""
    plan = program.leap_cells[i]
    if plan.cell >= 0:
        world.cells[plan.cell].taken = 0
    for e in range(plan.first, plan.first + plan.count):
        if program.leap_ends[e].to >= 0:
            world.cells[program.leap_ends[e].to].taken = 0


@kernel
def _weight(program, world, e, heads):
    """Return the weight of an end: its chance, or the rate [1/s] of each head there by its arm."""
    end = program.leap_ends[e]
    if end.arm < 0:
        return end.odds
    r = program.flow_arms[end.arm].rate
    value = world.flow_rates_now[r].value
    return value / _heads(program, world, end.arm) if program.flow_rates[r].whole != 0 and heads > 0 else value


@kernel
def _draw(program, world, i, step, taken):
    """Draw who leaves a cell in this step, and where they come to, on the state before it."""
    plan, luck = program.leap_cells[i], world.state[0].luck
    if plan.cell < 0:
        end = program.leap_ends[plan.first]
        rate = world.flow_rates_now[program.flow_arms[end.arm].rate].value
        come = draws.poisson(chance.u01(luck, LEAPS, plan.key, taken), rate * step)
        _note(program, world, plan.first, -1, come)
        return
    heads, rest = world.cells[plan.cell].heads, 0.0
    for e in range(plan.first, plan.first + plan.count):
        rest += _weight(program, world, e, heads)
    if heads == 0 or rest <= 0.0:
        return
    leaves = plan.leaves if plan.leaves >= 0.0 else chance_to_leave(rest, step)
    left = draws.binomial(chance.u01(luck, LEAPS, plan.key, taken), heads, leaves)
    for e in range(plan.first, plan.first + plan.count):
        weight = _weight(program, world, e, heads)
        odds = 1.0 if e == plan.first + plan.count - 1 else part_of_rest(weight, rest)
        number = draws.binomial(chance.u01(luck, LEAPS, program.leap_ends[e].key, taken), left, odds)
        _note(program, world, e, plan.cell, number)
        left -= number
        rest -= weight


@kernel
def _note(program, world, e, cell, number):
    """Note that so many come to an end."""
    end = program.leap_ends[e]
    if cell >= 0:
        world.cells[cell].taken += number
    if end.to >= 0:
        world.cells[end.to].taken -= number
    world.flows[end.flow].heads += number
    world.flows[end.flow].ever += number


@kernel
def _settle(program, world, i):
    """Let those who leave a cell go, and those come who come to where they go; return whether a condition reads that."""
    plan, heeded = program.leap_cells[i], False
    if plan.cell >= 0:
        heeded = _move(program, world, plan.cell)
    for e in range(plan.first, plan.first + plan.count):
        if program.leap_ends[e].to >= 0:
            heeded = _move(program, world, program.leap_ends[e].to) or heeded
    return heeded


@kernel
def _move(program, world, cell):
    number = world.cells[cell].taken
    world.cells[cell].taken = 0
    if number != 0:
        cohorts.shift(program, world, cell, -1, number)
    return number != 0 and program.cell_plans[cell].heeded != 0


# telling


@kernel
def _tell(program, world, now):
    """Say how many went by each flow whose time to tell has come."""
    for f in range(len(program.flow_plans)):
        flow = world.flows[f]
        if (flow.told + 1) * program.flow_plans[f].tell <= now:
            flow.told += 1
            if flow.heads > 0:
                _say(program, world, f, PASSED, now)


@kernel
def _say(program, world, f, kind, now):
    """Write down that heads went by a flow; it rests on what its rate rests on, and on how they came where they were."""
    plan, flow, state = program.flow_plans[f], world.flows[f], world.state[0]
    rate = program.flow_rates[plan.rate]
    quick, state.quick = state.quick, 0
    top = world.stack[0]
    machine.push(top, 0.0)
    if rate.code >= 0:
        machine.evaluate(program, world, rate.code, now, now)
    if plan.states > 0:
        machine.rest(top, cohorts.entry_of(program, world, refs.ref(refs.STATE, plan.state)))
    state.quick = quick
    c1, c2, c3 = top.c1, top.c2, top.c3
    whose = refs.ref(cohorts.COHORT, plan.cohort)
    entry = acts.emit(world, now, kind, refs.ref(FLOW, f), whose, -1, float(flow.heads), c1)
    if entry >= 0:
        world.chronicle[entry].cause2, world.chronicle[entry].cause3 = c2, c3
    flow.entry = entry
    flow.heads = 0
    for s in range(plan.state, plan.state + plan.states):
        world.cohort_states[s].entry = entry
    if plan.leads >= 0:
        world.cohort_states[plan.leads].entry = entry


@flows.at("redraw")
def redraw(program, world, now):
    """Let every arm go when its clock now rings: what is left of its threshold was drawn anew."""
    for a in range(len(program.flow_arms)):
        if program.flow_arms[a].leap < 0:
            clock = world.clocks[program.flow_arms[a].clock]
            agenda.put(world, agenda.FLOWS, a, processes.ring_time(clock))
