"""What one person can know, as numbers of fixed shape: what a program that learns sees of a run.

It shows what `seat` shows and no more: an entry counts only once the person has noticed it, and only with what its
sentence says; beliefs, orders and whereabouts are the person's own; of others only those are told of who are beside
them in plain sight. The shapes depend on the scenario and the person alone, so every run of them can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from . import assembly
from .errors import RequestError, did_you_mean
from .run import MOST_ENTRIES
from .world import acts, kinds, recorder, refs, states
from .world.compiled import plainly

if TYPE_CHECKING:
    from .run import Run
    from .scenario.scenario import DecisionInfo, Scenario
    from .world.world import World

DAY = 86_400.0
SUBJECTS = ("person", "vessel", "device", "place", "crowd", "faction", "rule", "event", "option", "order")
"""Kinds of things that are counted by how often the person noticed something of them."""


@dataclass(frozen=True)
class Part:
    """One array of an observation: its name, what each of its numbers stands for, its bounds, and its meaning."""

    name: str
    labels: tuple[str, ...]
    low: float
    high: float
    meaning: str


class Observer:
    """Sees runs of one scenario as one person does.

    Args:
        scenario: a loaded scenario.
        person: who sees.

    Raises RequestError when nobody with a mind is so called, or they decide nothing.
    """

    def __init__(self, scenario: Scenario, person: str) -> None:
        names, world = scenario.names, scenario.built.world
        row = names.row("person", person)
        deciders = dict.fromkeys(info.decider for info in scenario.decisions)
        if row is None or row >= len(world.minds) or person not in deciders:
            hint = did_you_mean(person, deciders) or f"; those who decide are {', '.join(deciders) or 'none'}"
            raise RequestError(f"'{person}' decides nothing in {scenario.name}{hint}")
        self.person, self._me = person, row
        self.decisions: list[DecisionInfo] = [info for info in scenario.decisions if info.decider == person]
        """What the person may be asked."""
        self._asked = {info.name: number for number, info in enumerate(self.decisions)}
        self.actions = max(len(info.options) for info in self.decisions)
        """The most options that a question of theirs has."""
        minds = names.known("person")[: len(world.minds)]
        self._orders = names.known("order")
        facts = [names.label(refs.ref(refs.FACT, fact)) for fact in range(len(world.facts))]
        places = [
            names.label(refs.ref(refs.PLACE, place)) or f"place {place}"
            for place in range(len(scenario.program.places))
        ]
        things = [(kind, name) for kind in SUBJECTS for name in names.known(kind)]
        refer = np.array([names.find(kind, name) or 0 for kind, name in things], np.int64)
        self._columns = np.argsort(refer)
        self._references = refer[self._columns]
        self._quiet = scenario.program.rules["quiet"] != 0
        said = [entry.template for entry in assembly.ENTRIES]
        self._says_subject = np.array(["{subject}" in template for template in said])
        self._says_object = np.array(["{object}" in template for template in said])
        days = max(1.0, float(scenario.program.limits["horizon"][0]) / DAY)
        most = float(MOST_ENTRIES)
        entries = tuple(entry.name for entry in assembly.ENTRIES)
        asked = tuple(self._asked)
        parts = (
            Part("clock", ("days", "of_day"), 0.0, days, "days since the start, and the part of the day that is over"),
            Part("question", asked, 0.0, 1.0, "1 at the question that waits"),
            Part("status", ("free", "held", "dead"), 0.0, 1.0, "1 at how the person is"),
            Part("place", tuple(places), 0.0, 1.0, "1 where the person is; all 0 under way"),
            Part("beside", tuple(minds), 0.0, 1.0, "1 at each named person who is beside them in plain sight"),
            Part("beliefs", tuple(facts), 0.0, 1.0, "how likely the person takes each fact to be so"),
            Part("known", tuple(facts), 0.0, 1.0, "1 at each fact that the person knows, rightly or not"),
            Part(
                "orders",
                tuple(self._orders),
                0.0,
                len(states.RESPONSES),
                "1 once an order was given, and more by how it was answered",
            ),
            Part(
                "noticed",
                tuple(f"{kind}:{name}" for kind, name in things),
                0.0,
                most,
                "entries that the person noticed and that speak of each thing",
            ),
            Part("kinds", entries, 0.0, most, "entries that the person noticed, of each kind"),
        )
        self.parts: tuple[Part, ...] = tuple(part for part in parts if part.labels)
        ends = np.cumsum([len(part.labels) for part in parts]).tolist()
        self._slices = [(p.name, end - len(p.labels), end) for p, end in zip(parts, ends, strict=True)]
        self._size = ends[-1]
        self._start_hour = scenario.start_hour

    def see(self, run: Run) -> dict[str, np.ndarray]:
        """Return what the person can know of `run`, one of the same scenario, as it stands: of each part a float32 array.

        Raises RequestError when the run does not record.
        """
        world, me = run.world, self._me
        whole = np.zeros(self._size, np.float32)
        found = {name: whole[start:end] for name, start, end in self._slices}
        body = world.people[me : me + 1]
        status = int(body["status"][0])
        dead = status == states.DEAD
        time = float(body["died"][0]) if dead else run.time
        found["clock"][:] = time / DAY, (self._start_hour + time) % DAY / DAY
        info = run.question
        if info is not None and info.name in self._asked:
            found["question"][self._asked[info.name]] = 1.0
        found["status"][status] = 1.0
        place = int(body["place"][0])
        if place >= 0:
            found["place"][place] = 1.0
        if not dead:
            found["beside"][_beside(world, me)] = 1.0
        beliefs = world.beliefs[me]
        odds = np.clip(beliefs["odds"][: len(found["beliefs"])], -700.0, 700.0)
        found["beliefs"][:] = 1.0 / (1.0 + np.exp(-odds))
        found["known"][:] = beliefs["known"][: len(odds)]
        if self._orders:
            held = world.orders_state[me]
            found["orders"][:] = np.where(np.isfinite(held["given"]), held["response"] + 1.0, 0.0)[: len(self._orders)]
        self._count(run, found["noticed"], found["kinds"])
        return {part.name: found[part.name] for part in self.parts}

    def _count(self, run: Run, things: np.ndarray, sorts: np.ndarray) -> None:
        """Count the entries that the person has noticed, by what they speak of and by their kinds."""
        world = run.world
        if int(world.recorder["level"][0]) == recorder.OFF:
            raise RequestError("what somebody noticed is known of a run that records; start it with record=True")
        seen = world.witnesses[: int(world.recorder["seen"][0])].view(np.ndarray)
        block, bit = divmod(self._me, 64)
        mine = (seen["first"] == 64 * block) & (seen["minds"] >> np.uint64(bit) & np.uint64(1) != 0)
        rows = world.chronicle.view(np.ndarray)[seen["entry"][mine]]
        kind, subject, object_ = rows["kind"].copy(), rows["subject"], rows["object"]
        rule = np.where(kind == kinds.RULE, subject % refs.ROWS_PER_KIND, 0)
        told = (kind != kinds.RULE) | ~self._quiet[rule] if len(self._quiet) else np.ones(len(kind), bool)
        kind[kind == kinds.FALSE_ALARM] = kinds.DETECTED
        sorts += np.bincount(kind[told], minlength=len(sorts))
        self._add(things, subject[told & self._says_subject[kind]])
        self._add(things, object_[told & self._says_object[kind]])

    def _add(self, things: np.ndarray, references: np.ndarray) -> None:
        if len(references) and len(self._references):
            at = np.searchsorted(self._references, references)
            at[at == len(self._references)] = 0
            known = self._references[at] == references
            things += np.bincount(self._columns[at[known]], minlength=len(things))


def _beside(world: World, me: int) -> list[int]:
    """Return the named who are beside somebody in plain sight."""
    named = world.people[: len(world.minds)].view(np.ndarray)
    place = int(named["place"][me])
    near = ((named["place"] == place) & (named["suited"] == 0)).nonzero()[0].tolist()
    return [row for row in near if row != me and (place >= 0 or plainly(acts.beside, world, me, row))]
