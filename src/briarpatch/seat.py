"""What a seat shows: of a run, only what one person can know at a moment.

Nothing here decides who knows what. Entries are those that the recorder noted as witnessed (`world.witnesses`), beliefs
and orders are the person's own, and of others only those are told of who are beside them in plain sight. Numbers of
entries, causes, weights, the seed, the measures, what is so, and what others believe are left out: each would tell
something. Quiet rules, whose author gives them no words, are left out too.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from . import assembly
from .errors import ConditionError
from .hands import NOT_SENT, messages
from .scenario.language import compile_condition
from .telling import finish, sentence
from .world import acts, kinds, recorder, refs, states, witnesses
from .world.compiled import plainly

if TYPE_CHECKING:
    from .run import Run

FORMAT = "seat-1"
STATUS = ("free", "held", "dead")
CARRIES_A_FACT = (kinds.TOLD, kinds.HEARD_FROM, kinds.SUPPOSED, kinds.UNSUPPOSED)
"""Kinds whose amount is a fact, which whoever notices them has taken in."""


@dataclass(frozen=True)
class Seat:
    """What one person can know at a moment; `facts()` is all of it."""

    person: str
    data: dict[str, Any]

    def facts(self) -> dict[str, Any]:
        """Return it as plain data, which JSON can hold."""
        return self.data

    def to_json(self) -> str:
        """Return it as JSON: the same view, the same text."""
        return json.dumps(self.data, ensure_ascii=False, allow_nan=False, sort_keys=True)

    def _repr_html_(self) -> str:
        import html

        return f"<pre>{html.escape(self.text(100))}</pre>"

    def text(self, width: int = 80) -> str:
        """Return it in words."""
        from .seat_text import seat_text

        return seat_text(self.data, width)


def seat(run: Run, person: str) -> Seat:
    """Return what `person` can know of `run` as it stands; a run that did not record is played again."""
    if int(run.world.recorder["level"][0]) == recorder.OFF:
        run = run.recorded()
    return Seat(person, _Seen(run, person).data())


class _Seen:
    """Gathers what a seat shows."""

    def __init__(self, run: Run, person: str) -> None:
        self.run, self.person = run, person
        self.world, self.program, self.log, self.names = run.world, run.program, run.log, run.scenario.names
        reference = self.names.ref("person", person)
        assert reference is not None
        self.me = reference % refs.ROWS_PER_KIND

    def data(self) -> dict[str, Any]:
        run, body, mind = self.run, self.world.people[self.me], self.world.minds[self.me]
        dead = int(body["status"]) == states.DEAD
        time = float(body["died"]) if dead else run.time
        return {
            "format": FORMAT,
            "scenario": run.scenario.name,
            "title": run.scenario.title,
            "person": self.person,
            "told": self._words(refs.PERSON, self.me),
            "faction": self._words(refs.FACTION, int(body["faction"])),
            "time": time,
            "clock": run.scenario.clock(time),
            "status": STATUS[int(body["status"])],
            "place": self._words(refs.PLACE, int(body["place"])),
            "going_to": self._words(refs.PLACE, int(body["destination"])),
            "superior": self._words(refs.PERSON, int(mind["superior"])),
            "commands": self._words(refs.VESSEL, int(mind["post"])),
            "out_of_office": bool(mind["resigned"] or mind["relieved"]),
            "beside": [] if dead else self._beside(),
            "places": self._places(),
            "entries": self._entries(),
            "beliefs": self._beliefs(),
            "supposes": self._supposes(),
            "orders": self._orders(),
            "messages": self._messages(),
            "duties": self._duties(),
            "question": self._question(),
        }

    def _words(self, kind: int, row: int) -> str | None:
        return self.log.words(kind * refs.ROWS_PER_KIND + row) if row >= 0 else None

    @cached_property
    def witnessed(self) -> list[int]:
        """The numbers of the entries that the person noticed."""
        minds = witnesses.of_entries(self.world)
        return [number for number in range(len(self.log)) if self.me in minds[number]]

    @cached_property
    def _may_err(self) -> set[int]:
        """Whose detections may be false alarms, which look the same to them."""
        sensors = self.world.sensors
        return {int(one["owner"]) for one in sensors if one["looks"] > 0.0 and one["false_alarm"] > 0.0}

    def _entries(self) -> list[dict[str, Any]]:
        found = []
        for number in self.witnessed:
            kind, log = self.log.kinds[number], self.log
            if kind == kinds.RULE and log.weight(number) == 0:
                continue
            found.append(
                {
                    "time": log.times[number],
                    "clock": log.clock(log.times[number]),
                    "kind": assembly.ENTRIES[kinds.DETECTED if kind == kinds.FALSE_ALARM else kind].name,
                    "text": self._text(number),
                }
            )
        return found

    def _text(self, number: int) -> str:
        log, kind = self.log, self.log.kinds[number]
        if kind in (kinds.DETECTED, kinds.FALSE_ALARM) and log.subjects[number] in self._may_err:
            who, whom = log.words(log.subjects[number]), log.words(log.objects[number])
            return finish(sentence(kinds.DETECTED, who, whom, "", 0.0))
        text = log.text(number)
        if kind in CARRIES_A_FACT:
            fact = int(log.amounts[number])
            text = f"{text.rstrip('.')}: {self._words(refs.FACT, fact)}"
        return finish(text)

    def _beside(self) -> list[dict[str, Any]]:
        """Return who and what is beside the person in plain sight."""
        world, found, crowds = self.world, [], Counter[tuple[int, str]]()
        for row in range(len(world.people)):
            body = world.people[row]
            if row == self.me or body["suited"] or not plainly(acts.beside, world, self.me, row):
                continue
            status = STATUS[int(body["status"])]
            if row < len(world.minds):
                found.append({"who": self._words(refs.PERSON, row), "status": status})
            else:
                crowds[int(body["crowd"]), status] += 1
        for (crowd, status), count in sorted(crowds.items()):
            found.append({"who": self._words(refs.CROWD, crowd), "status": status, "count": count})
        place = int(world.people["place"][self.me])
        for row, ship in enumerate(world.vessels):
            if place >= 0 and int(ship["at"]) == place and not ship["cloaked"] and int(ship["mode"]) != states.LOST:
                found.append({"who": self._words(refs.VESSEL, row), "status": "here"})
        return found

    def _places(self) -> list[dict[str, Any]]:
        """Return the places where the person has been or of which they have heard, with where they lie."""
        changes = recorder.changes(self.world)
        mine = changes[(changes["what"] == recorder.PERSON) & (changes["row"] == self.me)]
        known = {int(place) for place in mine["place"]} | {int(self.world.people["home"][self.me])}
        for number in self.witnessed:
            known.add(self.log.places[number])
            for reference in (self.log.subjects[number], self.log.objects[number]):
                if reference >= 0 and reference // refs.ROWS_PER_KIND == refs.PLACE:
                    known.add(reference % refs.ROWS_PER_KIND)
        found = []
        for row in sorted(known - {-1}):
            place = self.program.places[row]
            spot = {"place": self._words(refs.PLACE, row), "map": self._words(refs.MAP, int(place["map"]))}
            if int(place["map"]) >= 0:
                spot |= {"x": float(place["x"]), "y": float(place["y"])}
            found.append(spot)
        return found

    def _beliefs(self) -> list[dict[str, Any]]:
        """Return what the person holds of each fact of which they have had evidence."""
        found = []
        for fact in range(len(self.world.facts)):
            belief = self.world.beliefs[self.me, fact]
            odds = float(belief["odds"])
            if not belief["known"] and not int(belief["roots"]) and odds == float(self.world.facts["prior"][fact]):
                continue
            found.append(
                {
                    "fact": self.names.label(refs.FACT * refs.ROWS_PER_KIND + fact),
                    "told": self._words(refs.FACT, fact),
                    "probability": 1.0 / (1.0 + math.exp(-max(-700.0, min(700.0, odds)))),
                    "known": bool(belief["known"]),
                    "told_by": self._words(refs.PERSON, int(belief["told_by"])),
                    "since": self.run.scenario.clock(float(belief["since"])) if belief["known"] else None,
                }
            )
        return found

    def _supposes(self) -> list[dict[str, Any]]:
        return [
            {
                "who": self._words(refs.PERSON, int(one["of"])),
                "knows": self._words(refs.FACT, int(one["fact"])),
            }
            for one in self.world.insights
            if int(one["who"]) == self.me and one["known"]
        ]

    def _messages(self) -> list[dict[str, Any]]:
        """Return the words that players sent as this person, and those that reached them."""
        found = []
        for one in messages(self.run):
            hand = one.hand
            if hand.sender == self.person and one.state != NOT_SENT:
                way, other, time = "out", hand.receiver, hand.time
            elif hand.receiver == self.person and one.arrived is not None:
                way, other, time = "in", hand.sender, one.arrived
            else:
                continue
            reference = self.names.ref("person", other)
            found.append(
                {
                    "way": way,
                    "who": self.log.words(reference) if reference is not None else other,
                    "channel": hand.channel,
                    "words": hand.words,
                    "time": time,
                    "clock": self.run.scenario.clock(time),
                }
            )
        return sorted(found, key=lambda one: one["time"])

    def _orders(self) -> list[dict[str, Any]]:
        """Return the orders that the person was given, and how they answered."""
        found = []
        for order in range(self.world.orders_state.shape[1]):
            held = self.world.orders_state[self.me, order]
            if math.isfinite(float(held["given"])):
                found.append(
                    {
                        "order": self._words(refs.ORDER, order),
                        "by": self._words(refs.PERSON, int(held["issuer"])),
                        "since": self.run.scenario.clock(float(held["given"])),
                        "answer": states.RESPONSES[int(held["response"])],
                    }
                )
        return found

    def _duties(self) -> list[str]:
        """Return the directives that bind the person or their side, in words."""
        own = {
            self.person,
            self.names.label(refs.FACTION * refs.ROWS_PER_KIND + int(self.world.people["faction"][self.me])),
        }
        found = []
        for name, directive in self.run.scenario.document.directives.items():
            binds = directive.binds if isinstance(directive.binds, list) else [directive.binds]
            if own & set(binds):
                reference = self.names.find("directive", name)
                found.append(self.log.words(reference) if reference is not None else name)
        return found

    def _question(self) -> dict[str, Any] | None:
        """Return the question that waits for this person, with its options."""
        from .leaning import choices

        info = self.run.question
        if info is None or info.decider != self.person:
            return None
        row, _ = self.run.decision(info.name)
        asked = float(self.world.decisions_state["raised"][row])
        return {
            "decision": info.name,
            "question": info.question,
            "asked": self.run.scenario.clock(asked),
            "taken": self.run.time - asked,
            "options": [
                {
                    "name": one.name,
                    "told": one.told,
                    "open": one.open,
                    "why_not": self._own_reasons(info.name, one.name, one.closed_by),
                    "leaning": one.probability,
                }
                for one in choices(self.run)
            ],
        }

    def _own_reasons(self, decision: str, option: str, clauses: tuple[Any, ...]) -> str:
        """Return why an option is closed, as far as the person themself can tell: clauses about their own mind and state."""
        from .leaning import condition_of

        _, names, me = condition_of(self.run, decision, option)
        reasons = []
        for clause in clauses:
            try:
                compile_condition(clause.text, names, self_name=me, private=True)
            except ConditionError:
                continue
            reasons.append("; ".join((clause.text, *clause.values)))
        return "; ".join(reasons)
