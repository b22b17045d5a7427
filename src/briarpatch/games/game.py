"""A game: a run whose questions are put to people, and everything that they do to it, as a tree that only grows.

A game is (scenario, seed, seats, tree). A node of the tree is one thing that somebody did: an answer, an inject, a message, an
order in free words and what came of it, a note. The story stands at one node; what was done from the beginning to there gives
the run, to the byte. To take back is to stand at an earlier node; what is done then grows another branch. Nothing is deleted.

Questions of seats that the program holds are answered as the unattended engine answers them, under the same luck, and
written down like any other answer. Nothing here knows of servers or terminals.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import BriarpatchError, RequestError, did_you_mean
from ..hands import ANSWER, INJECT, LONGEST_WORDS, MESSAGE, NOTE, ORDER, ORDER_ANSWER, Hand, inject_row
from ..run import Run, seconds

if TYPE_CHECKING:
    from ..scenario.scenario import Scenario

HUMAN, PROGRAM, FACILITATOR = "human", "program", "facilitator"
HOLDERS = (HUMAN, PROGRAM, FACILITATOR)
LONGEST_NAME = 80
MOST_NODES = 20_000
FASTEST = 1e6
"""Seconds of the story in a second, at most."""


class Stale(BriarpatchError):
    """What was asked for does not fit the state of the game any more; nothing was changed."""


@dataclass
class Chair:
    """A seat: who of the story it is, who holds it, and the player's name."""

    holder: str
    name: str = ""


@dataclass
class Pace:
    """How the clock runs."""

    rate: float | None = None
    """Seconds of the story in a second; None plays at once to the next question."""
    until: float | None = None
    """A time of the story at which it stands still."""
    shown: bool = False
    """Whether seats see it run."""
    steady: float | None = None
    """Seconds between two moments at which views of seats are released; None releases at once."""


@dataclass
class Coming:
    """An inject that is to be given at a later time of the story."""

    number: int
    inject: str
    at: float


@dataclass(eq=False)
class Game:
    """A scenario under the luck of a seed, with its seats and what was done so far.

    Args:
        scenario: what is played.
        seed: its luck.
        seats: who of the story has a seat, and who holds it.
        lone: whether the one human plays without a facilitator, and may take back and end.
        nodes: what was done, each with its number (counted from 1) and that of what came before it (0 for nothing).
        at: the node at which the story stands.
        clock: returns seconds of real time.
    """

    scenario: Scenario
    seed: int
    seats: dict[str, Chair]
    lone: bool = False
    pace: Pace = field(default_factory=Pace)
    nodes: list[dict[str, Any]] = field(default_factory=list)
    at: int = 0
    coming: list[Coming] = field(default_factory=list)
    paused: bool = False
    ended: bool = False
    kept: str | None = None
    """The name of the saved run, once the game has ended."""
    taken_back: float | None = None
    """When the story was taken back last: to which time of it."""
    known_until: float = 0.0
    """How far the players have seen the story in any branch."""
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        deciders = {info.decider for info in self.scenario.decisions}
        self._ask = tuple(person for person in self.seats if person in deciders)
        self._asked: tuple[str | None, float] = None, 0.0
        self.run = self._fresh()
        for person in self.seats:
            self.run.mind(person)
        humans = sum(chair.holder == HUMAN for chair in self.seats.values())
        if self.lone and (humans != 1 or any(chair.holder == FACILITATOR for chair in self.seats.values())):
            raise RequestError("a lone player holds the one seat that is not the program's")

    def _fresh(self) -> Run:
        given = self.scenario, self.seed, None, self.scenario.given, self.scenario.overrides
        return Run(*given, ask=self._ask, record=1)

    # ---------------------------------------------------------------------------------------- the tree

    def path(self, to: int | None = None) -> list[dict[str, Any]]:
        """Return the nodes from the beginning to node `to`, or to where the story stands."""
        found, number = [], self.at if to is None else to
        while number > 0:
            found.append(self.nodes[number - 1])
            number = found[-1]["parent"]
        return found[::-1]

    def answered(self) -> list[dict[str, Any]]:
        """Return the answers on the way to where the story stands that were not the program's."""
        return [node for node in self.path() if node["kind"] == ANSWER and node["holder"] != PROGRAM]

    def _grow(self, kind: str, **given: Any) -> dict[str, Any]:
        if len(self.nodes) >= MOST_NODES:
            raise RequestError(f"a game has at most {MOST_NODES:,} nodes; end it")
        node = {"node": len(self.nodes) + 1, "parent": self.at, "kind": kind, "time": self.run.time}
        node |= given | {"hindsight": self.run.time < self.known_until}
        self.nodes.append(node)
        self.at = node["node"]
        return node

    def replay(self, limit: float = math.inf) -> None:
        """Play the run again along the path to where the story stands, and on to `limit` at most."""
        answers: list[tuple[str, str]] = []
        hands: list[Hand] = []
        for node in self.path():
            if node["kind"] == ANSWER:
                answers.append((node["decision"], node["option"]))
            elif node["kind"] == INJECT:
                hands.append(Hand(node["time"], len(answers), "inject", inject=node["inject"]))
            elif node["kind"] == MESSAGE:
                words = {key: node[key] for key in ("sender", "receiver", "channel", "fact", "words")}
                hands.append(Hand(node["time"], len(answers), "message", **words))
        whole = self._fresh()
        whole.answers, whole.hands = answers, hands
        self.run = whole.onward(self._fresh(), limit)
        if (self.run.answers, self.run.hands) != (answers, hands):
            raise Stale("the story does not play again as it was played; another version of the program made it")

    def stand(self) -> None:
        """Stand at what was done last, whatever was going on: playing was interrupted."""
        self.replay(max((node["time"] for node in self.path()), default=0.0))

    # ---------------------------------------------------------------------------------------- time

    @property
    def state(self) -> str:
        """Return "playing", "paused" or "ended"."""
        return "ended" if self.ended else "paused" if self.paused else "playing"

    def play(self, limit: float = math.inf) -> None:
        """Play on to `limit` [s of the story] at most: to the next question of a person, or where the story stands still."""
        if self.paused or self.ended:
            return
        stop = min(limit, math.inf if self.pace.until is None else self.pace.until)
        while not self.run.finished:
            following = min(self.coming, key=lambda one: (one.at, one.number), default=None)
            until = stop if following is None else min(stop, following.at)
            self.run.go(max(until, self.run.time))
            info = self.run.question
            if info is not None:
                if self.seats[info.decider].holder != PROGRAM:
                    break
                option = next(one.name for one in self.run.options() if one.would)
                self._answer(info.decider, PROGRAM, "", option, None, "")
            elif following is not None and self.run.time >= following.at:
                self.coming.remove(following)
                self._give(following.inject, planned=True)
            else:
                break
        asked = None if self.run.question is None else self.run.question.name
        if asked is None or self._asked[0] != asked:
            self._asked = asked, self.clock()

    def follow(self, given: Iterable[tuple[str, str]]) -> None:
        """Answer the next questions as they were answered in another run, in nobody's name.

        Raises RequestError when another question comes, or none.
        """
        for decision, option in given:
            self.run.go()
            info = self.run.question
            if info is None or info.name != decision:
                raise RequestError(f"the story does not come to the question '{decision[:80]}' as it did in that run")
            self._answer(info.decider, PROGRAM, "", option, None, "")

    @property
    def asked(self) -> str | None:
        """Return the seat whose question waits, or None."""
        info = self.run.question
        return info.decider if info is not None and not self.ended else None

    @property
    def waited(self) -> float:
        """Return for how many seconds the question has waited."""
        return self.clock() - self._asked[1] if self._asked[0] is not None else 0.0

    # ---------------------------------------------------------------------------------------- what seats do

    def choose(self, who: str, decision: str, option: str, reason: str = "") -> None:
        """Answer the question that waits, as the seat that is asked or as the facilitator.

        Raises Stale when it is not the one that waits, or not for `who` to answer; RequestError when the option is closed.
        """
        self._must_play()
        info = self.run.question
        if info is None or info.name != decision:
            raise Stale("this question does not wait for an answer any more")
        if who not in (info.decider, FACILITATOR):
            raise Stale("this question is not yours to answer")
        chair = self.seats[info.decider]
        holder, name = (FACILITATOR, "") if who == FACILITATOR else (chair.holder, chair.name)
        self._answer(info.decider, holder, name, option, round(self.waited, 1), text(reason, "reason", empty=True))
        self._asked = None, 0.0
        self.move_on()

    def _answer(self, by: str, holder: str, name: str, option: str, took: float | None, reason: str) -> None:
        info = self.run.question
        assert info is not None
        time = self.run.time
        self.run.choose(option)
        given = {"decision": info.name, "option": option, "by": by, "holder": holder, "name": name}
        self._grow(ANSWER, **given, took=took, reason=reason)["time"] = time

    def message(self, who: str, to: str, words: str, channel: str = "", fact: str = "") -> None:
        """Send words from the seat `who` to another person of the story, over a channel or from mouth to ear."""
        self._must_play()
        if who not in self.seats:
            raise RequestError(f"'{who[:80]}' has no seat")
        if to not in self.seats:
            raise RequestError(
                f"'{to[:80]}' has no seat{did_you_mean(to, self.seats)}; words go to {named(self.seats)}"
            )
        words = text(words, "words")
        if fact and fact not in [one["fact"] for one in self.run.view(who).facts()["beliefs"]]:
            raise RequestError(f"'{who}' has heard nothing of '{fact[:80]}' to tell")
        self.run.message(who, to, words, channel or None, fact or None)
        given = {"sender": who, "receiver": to, "channel": channel, "fact": fact, "words": words}
        self._grow(MESSAGE, **given, name=self.seats[who].name)
        self.move_on()

    def order(self, who: str, words: str) -> int:
        """Ask the facilitator for something in free words; return the number of the order."""
        self._must_play()
        if self.lone:
            raise RequestError("nobody leads this game who could answer an order")
        return int(self._grow(ORDER, by=who, name=self.seats[who].name, words=text(words, "words"))["node"])

    # ---------------------------------------------------------------------------------------- what the facilitator does

    def answer_order(self, number: int, option: str = "", inject: str = "", refusal: str = "") -> None:
        """Answer an order with an option of the question that its seat is asked, with an inject, or with a refusal."""
        self._must_play()
        orders = self.orders()
        if number not in orders:
            raise RequestError(f"there is no order {number} here")
        order = orders[number]
        if order["answer"] is not None:
            raise Stale("this order was answered already")
        if sum(bool(one) for one in (option, inject, refusal)) != 1:
            raise RequestError("an order is answered with an option, an inject or a refusal, and with one of them")
        if option:
            info = self.run.question
            if info is None or info.decider != order["by"]:
                raise Stale(f"'{order['by']}' is not asked anything now, so there is no option to take")
            what, decision = "option", info.name
            self._closed(option)
        elif inject:
            what, decision = "inject", ""
            inject_row(self.run, inject)
        else:
            what, decision, refusal = "refusal", "", text(refusal, "refusal")
        self._grow(ORDER_ANSWER, order=number, answer=what, words=option or inject or refusal)
        if option:
            self.choose(FACILITATOR, decision, option, f"order {number}: {order['words']}"[:LONGEST_WORDS])
        elif inject:
            self.inject(inject)

    def _closed(self, option: str) -> None:
        """Raise RequestError unless an option is open to the question that waits."""
        names = {one.name: one.open for one in self.run.options()}
        if not names.get(option, False):
            opened = [name for name, is_open in names.items() if is_open]
            raise RequestError(f"'{option[:80]}' is not open now; open are {named(opened)}")

    def orders(self) -> dict[int, dict[str, Any]]:
        """Return the orders on the way to where the story stands, by number, each with its answer."""
        found: dict[int, dict[str, Any]] = {}
        for node in self.path():
            if node["kind"] == ORDER:
                found[node["node"]] = {**node, "answer": None}
            elif node["kind"] == ORDER_ANSWER and node["order"] in found:
                found[node["order"]]["answer"] = {"kind": node["answer"], "words": node["words"]}
        return found

    def inject(self, name: str, at: float | str | None = None) -> None:
        """Give an inject now, or when the story comes to the time `at`."""
        self._must_play(stands=True)
        if at is None or seconds(at) == self.run.time:
            self._give(name)
            self.move_on()
            return
        inject_row(self.run, name)
        if seconds(at) < self.run.time:
            raise RequestError(f"the story is at {self.scenario.clock(self.run.time)} already; take it back first")
        self._plan(name, seconds(at))
        self.move_on()

    def _plan(self, name: str, at: float) -> None:
        number = max((one.number for one in self.coming), default=0) + 1
        self.coming.append(Coming(number, name, at))

    def _give(self, name: str, planned: bool = False) -> None:
        try:
            self.run.inject(name)
        except RequestError as error:
            if not planned:
                raise
            self._grow(NOTE, words=f"'{name}' was planned for now and could not be given: {error}", to=[])
            return
        self._grow(INJECT, inject=name, planned=planned)

    def set_pace(self, given: Mapping[str, Any]) -> None:
        """Set how the clock runs: any of `rate`, `until`, `shown` and `steady`."""
        pace = Pace(**vars(self.pace))
        if "rate" in given:
            pace.rate = _number(given["rate"], "rate", 0.0, FASTEST)
        if "steady" in given:
            pace.steady = _number(given["steady"], "steady", 0.1, 3600.0)
        if "until" in given:
            until = given["until"]
            if isinstance(until, bool) or not isinstance(until, (int, float, str, type(None))):
                raise RequestError("'until' is a time of the story, such as \"2 h\", or null")
            pace.until = None if until is None else seconds(until)
        if "shown" in given:
            pace.shown = truth(given["shown"], "shown")
        unknown = [key for key in given if key not in vars(pace)]
        if unknown:
            raise RequestError(f"a clock has no '{str(unknown[0])[:80]}'; it has rate, until, shown and steady")
        self.pace = pace
        self.move_on()

    def move_on(self) -> None:
        """Play on at once where the clock does not run at a rate; then it is its turn."""
        self.play(math.inf if self.pace.rate is None else self.run.time)

    def pause(self, paused: bool) -> None:
        """Let the story stand still, or go on."""
        if self.ended:
            raise Stale("the game has ended")
        self.paused = paused
        self.move_on()

    def back(self, answers: int | None = None, to: int | None = None) -> None:
        """Take the story back: so that so many answers of people stay, up to the question after them; or to a node."""
        if self.ended:
            raise Stale("the game has ended")
        given = self.answered()
        if to is not None:
            if not 0 <= to <= len(self.nodes):
                raise RequestError(f"there is no node {to}; there are {len(self.nodes)}")
            goal, limit = to, self.nodes[to - 1]["time"] if to else 0.0
        elif answers is not None and 0 <= answers < len(given):
            goal, limit = given[answers]["parent"], given[answers]["time"]
        else:
            raise RequestError(f"there are {len(given)} answers; fewer can stay, and no fewer than 0")
        self.known_until = max(self.known_until, self.run.time)
        before, self.at = self.path(), goal
        self.replay(limit)
        stay = {node["node"] for node in self.path()}
        for node in before:
            if node["kind"] == INJECT and node["planned"] and node["node"] not in stay:
                self._plan(node["inject"], node["time"])
        self.taken_back = self.run.time
        self._asked = None, 0.0
        self.move_on()

    def seat(self, person: str, holder: str | None = None, name: str | None = None) -> None:
        """Hand a seat over, or name its player."""
        if person not in self.seats:
            raise RequestError(
                f"'{person[:80]}' has no seat{did_you_mean(person, self.seats)}; there is {named(self.seats)}"
            )
        if holder is not None and holder not in HOLDERS:
            raise RequestError(f"a seat is held by {named(HOLDERS)}, not by '{str(holder)[:80]}'")
        if holder is not None and self.lone:
            raise RequestError("a lone player keeps the seat")
        chair = self.seats[person]
        chair.name = chair.name if name is None else text(name, "name", LONGEST_NAME, empty=True)
        chair.holder = holder or chair.holder
        self.move_on()

    def note(self, words: str, to: Iterable[str] = ()) -> None:
        """Note something down, for those who will see the replay and for the seats `to`."""
        to = list(to)
        for person in to:
            if person not in self.seats:
                raise RequestError(f"'{str(person)[:80]}' has no seat; there is {named(self.seats)}")
        self._must_play(stands=True)
        self._grow(NOTE, words=text(words, "words"), to=to)

    def end(self) -> None:
        """End the game: nothing more is played."""
        self.ended = True

    def _must_play(self, stands: bool = False) -> None:
        """Raise Stale when the game has ended, or is paused, which a facilitator may not mind."""
        if self.ended:
            raise Stale("the game has ended")
        if self.paused and not stands:
            raise Stale("the story stands still now")

    # ---------------------------------------------------------------------------------------- what is kept

    def record(self) -> dict[str, Any]:
        """Return who played and what they did, as it is kept with the run."""
        seats = {person: {"holder": chair.holder, "name": chair.name} for person, chair in self.seats.items()}
        return {"format": "played-1", "seats": seats, "lone": self.lone, "at": self.at, "nodes": self.nodes}


def anonymous(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record without the names of players and the reasons that they gave."""
    seats = {person: {**chair, "name": ""} for person, chair in record["seats"].items()}
    nodes = [
        {key: "" if key in ("name", "reason") else value for key, value in node.items()} for node in record["nodes"]
    ]
    return {**record, "seats": seats, "nodes": nodes}


def new_game(
    scenario: Scenario,
    seed: int,
    seats: Mapping[str, str],
    lone: bool = False,
    given: Iterable[tuple[str, str]] = (),
) -> Game:
    """Return a game at its first question, or at the first after those that are answered already.

    Args:
        scenario: what is played.
        seed: its luck.
        seats: people of the scenario, and who holds each seat: "human", "program" or "facilitator".
        lone: for one human without a facilitator, who may take back and end.
        given: (decision, option) of the first questions of the seats, as they were answered in another run.

    Raises RequestError when a seat makes no sense, or a question does not come as it did.
    """
    if not seats:
        raise RequestError("a game needs a seat; name people of the scenario")
    for person, holder in seats.items():
        if holder not in HOLDERS:
            raise RequestError(
                f"a seat is held by {named(HOLDERS)}, not by '{str(holder)[:80]}' ('{str(person)[:80]}')"
            )
    game = Game(scenario, seed, {person: Chair(holder) for person, holder in seats.items()}, lone)
    game.follow(given)
    game.move_on()
    return game


def text(value: Any, called: str, most: int = LONGEST_WORDS, empty: bool = False) -> str:
    """Return words that somebody wrote, without what a terminal would obey; raises RequestError when they are none."""
    if not isinstance(value, str) or len(value) > most:
        raise RequestError(f"'{called}' is text of at most {most:,} letters")
    found = "".join(letter for letter in value if letter.isprintable() or letter == "\n").strip()
    if not found and not empty:
        raise RequestError(f"'{called}' is empty; write something")
    return found


def truth(value: Any, called: str) -> bool:
    """Return a truth; raises RequestError when it is none."""
    if not isinstance(value, bool):
        raise RequestError(f"'{called}' is true or false")
    return value


def named(names: Iterable[str]) -> str:
    """Return names as a list in words."""
    found = list(names)
    return ", ".join(found[:12]) + (f" and {len(found) - 12} more" if len(found) > 12 else "") if found else "nothing"


def _number(value: Any, called: str, low: float, high: float) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low < value <= high:
        raise RequestError(f"'{called}' is a number above {low:g}, at most {high:g}, or null")
    return float(value)
