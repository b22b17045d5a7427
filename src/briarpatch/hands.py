"""What people do to a run from outside besides answering its questions: injects, and words from one person to another.

A hand is laid on the world at the moment at which it stands. An inject is a rule whose condition never comes to hold: the
hand lets its time come, and the engine fires it as it fires every rule. A message is a request like any effect's, so its
channel delays and loses it by its own law. Both happen at once, even while a question waits; the question is then looked
at again, and is raised anew if it still stands. With the seed, the choices and the answers, the hands determine a run.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from .errors import RequestError, did_you_mean
from .world import acts, refs, states, verbs
from .world.compiled import plainly

if TYPE_CHECKING:
    from .run import Run

INJECT, MESSAGE = "inject", "message"
ANSWER, ORDER, ORDER_ANSWER, NOTE = "answer", "order", "answer-order", "note"
LONGEST_WORDS = 2_000
"""Letters of a message."""
STATES = {
    states.WAITING: "waiting",
    states.IN_FLIGHT: "on its way",
    states.ARRIVED: "arrived",
    states.MISSED: "lost",
}
"""How a message stands."""
NOT_SENT = "not sent"


_HELD: dict[str, dict[str, type | tuple[type, ...]]] = {
    ANSWER: {
        "decision": str,
        "option": str,
        "by": str,
        "holder": str,
        "name": str,
        "reason": str,
        "took": (int, float, type(None)),
    },
    INJECT: {"inject": str, "planned": bool},
    MESSAGE: {"sender": str, "receiver": str, "channel": str, "fact": str, "words": str, "name": str},
    ORDER: {"by": str, "name": str, "words": str},
    ORDER_ANSWER: {"order": int, "answer": str, "words": str},
    NOTE: {"words": str, "to": list},
}
"""What a node of the record of a game holds, by its kind, besides its number, its parent and its time."""


def fault_of(nodes: Any) -> str:
    """Return what is wrong with the nodes of a game's record, "" for nothing."""
    if not isinstance(nodes, list):
        return "it holds no nodes"
    for number, node in enumerate(nodes, 1):
        held = _HELD.get(str(node.get("kind"))) if isinstance(node, dict) else None
        if held is None or not all(key in node and isinstance(node[key], kind) for key, kind in held.items()):
            return f"node {number} makes no sense"
        parent, time = node.get("parent"), node.get("time")
        fits = node.get("node") == number and isinstance(parent, int) and 0 <= parent < number
        if not fits or not isinstance(time, (int, float)) or not 0.0 <= time < math.inf:
            return f"node {number} makes no sense"
        if node["kind"] == ORDER_ANSWER and node["answer"] not in ("option", "inject", "refusal"):
            return f"node {number} makes no sense"
    return ""


@dataclass(frozen=True)
class Hand:
    """One thing that was done from outside: an inject that was given, or a message that somebody sent."""

    time: float
    """When, in seconds of the story."""
    after: int
    """How many questions had been answered by then."""
    what: str
    """"inject" or "message"."""
    inject: str = ""
    sender: str = ""
    receiver: str = ""
    channel: str = ""
    """How the message travels; "" from mouth to ear."""
    fact: str = ""
    """What it tells besides its words, as the sender holds it; "" for nothing."""
    words: str = ""

    def facts(self) -> dict[str, Any]:
        """Return it as plain data, without what is empty."""
        return {key: value for key, value in asdict(self).items() if value != ""}

    @classmethod
    def of(cls, data: Any) -> Hand:
        """Return the hand that plain data tells of; raises RequestError when it tells of none."""
        if isinstance(data, dict) and set(data) <= {field.name for field in fields(cls)}:
            time, after, what = data.get("time"), data.get("after"), data.get("what")
            rest = {key: value for key, value in data.items() if key not in ("time", "after", "what")}
            if (
                isinstance(time, (int, float))
                and 0.0 <= time < float("inf")
                and isinstance(after, int)
                and after >= 0
                and what in (INJECT, MESSAGE)
                and all(isinstance(value, str) and len(value) <= LONGEST_WORDS for value in rest.values())
            ):
                return cls(float(time), after, str(what), **rest)
        raise RequestError("what was done from outside cannot be read")


def inject_row(run: Run, name: str) -> int:
    """Return the row of an inject that can be given now; raises RequestError when there is none, or no more."""
    names = run.scenario.names
    row = names.row("inject", name)
    if row is None:
        known = names.known("inject")
        others = f"; it has {', '.join(known[:12])}" if known else "; it has no section 'injects'"
        raise RequestError(f"this scenario has no inject '{name[:80]}'{did_you_mean(name, known) or others}")
    if run.world.rules_state["fired"][row] > 0 and not run.program.rules["again"][row]:
        raise RequestError(f"'{name}' was given already; say 'repeat: true' in the scenario to give it again")
    return row


def lay(run: Run, hand: Hand) -> None:
    """Do to `run` what a hand does, at the moment at which it stands; raises RequestError when it cannot be done."""
    world, now = run.world, run.time
    if hand.what == INJECT:
        row = inject_row(run, hand.inject)
        world.rules_state["fires"][row] = world.rule_times["due"][row] = now
        world.due["next"][states.RULES] = min(float(world.due["next"][states.RULES]), now)
    else:
        _send(run, hand)
    if int(world.state["waiting"][0]) >= 0:
        _set_aside(run)


def _set_aside(run: Run) -> None:
    """Let what was just asked for, and what follows from it at this instant, come before the question that waits.

    Whoever decides does so last: only when nothing else is due is the question looked at again.
    """
    now = run.time
    while True:
        world = run.world
        world.state["waiting"][0] = -1
        if int(world.state["ends"][0]) == states.CLOSING:  # where the question holds the ending up
            break
        world.due["next"][states.COMMAND] = math.inf
        if float(world.due["next"].min()) > now and plainly(acts.first_request, world) < 0:
            break
        if run.step_at(now) not in (states.PAUSED_BY_BUDGET, states.WAITING_FOR_CHOICE):
            return
    world.due["next"][states.COMMAND] = now


def _send(run: Run, hand: Hand) -> None:
    from .engine import ask

    names, world = run.scenario.names, run.world
    sender, receiver = run.mind(hand.sender), run.mind(hand.receiver)
    if not hand.words.strip() or len(hand.words) > LONGEST_WORDS:
        raise RequestError(f"a message has 1 to {LONGEST_WORDS:,} letters")
    if sender == receiver:
        raise RequestError("a message goes to somebody else")
    if not plainly(acts.awake, world.people[sender]):
        raise RequestError(f"'{hand.sender}' cannot speak now")
    if not hand.channel:
        if hand.fact:
            raise RequestError("a fact is told over a channel; name one, or leave the fact out")
        if not plainly(acts.beside, world, sender, receiver) or not plainly(acts.awake, world.people[receiver]):
            known = names.known("channel")
            over = f"; name a channel: {', '.join(known[:12])}" if known else "; this scenario has no channels"
            raise RequestError(f"'{hand.receiver}' is not beside '{hand.sender}' to hear it{over}")
        return
    channel = _named(names, "channel", hand.channel)
    fact = _named(names, "fact", hand.fact) if hand.fact else -1
    to = refs.PERSON * refs.ROWS_PER_KIND + receiver
    ask(world, verbs.SEND, states.SIGNALS, a=sender, b=to, c=fact, d=channel)


def _named(names: Any, kind: str, name: str) -> int:
    row = names.row(kind, name)
    if row is None:
        known = names.known(kind)
        others = f"; it has {', '.join(known[:12])}" if known else ""
        raise RequestError(f"this scenario has no {kind} '{name[:80]}'{did_you_mean(name, known) or others}")
    return int(row)


@dataclass(frozen=True)
class Message:
    """A message of a player, and how it stands."""

    hand: Hand
    state: str
    """"heard" from mouth to ear, else one of `STATES`, or "not sent" when the sender could not."""
    arrived: float | None
    """When it arrived or was heard, in seconds; None while it did not."""


def messages(run: Run) -> list[Message]:
    """Return every message of a player so far, in the order in which they were sent."""
    found, used = [], set[int]()
    names, world = run.scenario.names, run.world
    rows = world.messages[: int(world.state["sent"][0])]
    for hand in run.hands:
        if hand.what != MESSAGE:
            continue
        if not hand.channel:
            found.append(Message(hand, "heard", hand.time))
            continue
        sender, receiver = run.mind(hand.sender), refs.PERSON * refs.ROWS_PER_KIND + run.mind(hand.receiver)
        wanted = (sender, receiver, _named(names, "fact", hand.fact) if hand.fact else -1, -1)
        channel = _named(names, "channel", hand.channel)
        for number, row in enumerate(rows):
            same = (row["sender"], row["receiver"], row["fact"], row["order"]) == wanted and row["channel"] == channel
            if same and float(row["sent"]) == hand.time and number not in used:
                used.add(number)
                entry = int(row["arrival"])
                arrived = float(world.chronicle["time"][entry]) if entry >= 0 else None
                found.append(Message(hand, STATES[int(row["state"])], arrived))
                break
        else:
            found.append(Message(hand, NOT_SENT, None))
    return found
