"""`play`: a game at a terminal, for one person or for several in turn, with or without somebody who leads it."""

from __future__ import annotations

import secrets
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import BriarpatchError, RequestError
from .cli import (
    INTERRUPTED,
    Override,
    Variant,
    _pairs,
    _pasteable,
    _prepare,
    _print_outcome,
    _waiting,
    _width,
    command,
)

if TYPE_CHECKING:
    from ..games.game import Game

HELP = """\
1, 2, ...            take that option; words behind it are your reason
say WHO: words       say something to somebody beside you who has a seat
say WHO over CHANNEL: words
                     send it over a channel of the story
look                 show everything again
back                 take back the last answer
quit                 stop; the game can go on later
"""
ORDER_HELP = "order words          ask for something that no option offers\n"
LEAD_HELP = """\
whole                show the whole story, which seats do not see
injects              list what you can let happen
inject NAME          let it happen now; inject NAME at "2 h" plans it
orders               list what the players have asked for
grant N OPTION       answer order N with an option of the question
give N INJECT        answer order N with an inject
refuse N words       refuse order N
hand WHO program     hand a seat to the program; or to human, facilitator
note words           note something down, which the replay shows
"""


class _Quit(Exception):
    """The players stop for now."""


@command
def play(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO|GAME", help="What to play, or the folder of a game.")],
    as_: Annotated[
        list[str] | None, typer.Option("--as", metavar="PERSON", help="Whom you play; repeatable, for several in turn.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="The luck; without it one is drawn.", min=0)] = None,
    variant: Variant = None,
    set_: Override = None,
    lead: Annotated[bool, typer.Option("--lead", help="Lead the game too: injects, orders, notes.")] = False,
    out: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Where to keep it; default runs/...")] = None,
) -> None:
    """Play the part of one person or of several, who take turns.

    Each sees only what their person can know. The game is kept after
    everything that is done, so it can be stopped at any time, by quit, by
    Ctrl-C or by the end of what is piped in, and go on later. At its end the
    run is saved, as `run` saves one.

    \b
    Examples:
      briarpatch play vault --as manager
      briarpatch play vault --as manager --as guard --lead --seed 3
      briarpatch play runs/vault-game-3
    """
    from ..games import keeping
    from ..games.game import HUMAN, new_game
    from ..run import _load_scenario
    from ..storage import check_free, free_folder

    if keeping.is_game(Path(scenario)):
        if as_ or seed is not None or variant or set_ or out is not None:
            raise RequestError(f"{scenario} is a game already; it goes on as it began, so leave out the settings")
        _prepare()
        folder, game = Path(scenario), keeping.reopen(Path(scenario))
        if game.ended:
            raise RequestError(f"this game has ended; `briarpatch show {game.kept}` tells it")
    else:
        with _waiting("reading the scenario"):
            found = _load_scenario(scenario, variants=_pairs("--variant", variant), overrides=_pairs("--set", set_))
        people = as_ or []
        if not people:
            raise RequestError(_whom(found))
        _prepare()
        luck = secrets.randbelow(10_000) if seed is None else seed
        folder = out or free_folder(f"{found.name}-game", luck)
        check_free(folder)
        game = new_game(found, luck, dict.fromkeys(people, HUMAN), len(set(people)) == 1 and not lead)
        keeping.begin(game, folder)
    table = _Terminal(game, folder, lead)
    try:
        table.play()
    except (_Quit, KeyboardInterrupt) as stopped:
        if isinstance(stopped, KeyboardInterrupt):  # perhaps in the middle of playing on
            game.stand()
        keeping.keep(game, folder)
        again = f"briarpatch play {shlex.quote(str(folder))}{' --lead' if lead else ''}"
        print(f"\nKept in {folder}. Go on with:\n  {_pasteable(again)}")
        if isinstance(stopped, KeyboardInterrupt):
            raise typer.Exit(INTERRUPTED) from None


def _whom(scenario: Any) -> str:
    """Return what to say when nobody is named: who decides something."""
    asked: dict[str, int] = {}
    for info in scenario.decisions:
        asked[info.decider] = asked.get(info.decider, 0) + 1
    if not asked:
        return f"nobody decides anything in '{scenario.name}', so there is nothing to play; choose another scenario"
    some = ", ".join(f"--as {who} ({count} question{'s' if count > 1 else ''})" for who, count in asked.items())
    return f"say whom you play: {some}"


class _Terminal:
    """A game at a terminal: shows each seat its view, and does what is typed."""

    def __init__(self, game: Game, folder: Path, lead: bool) -> None:
        self.game, self.folder, self.lead = game, folder, lead
        self.shown: dict[str, tuple[int, int]] = {}
        """How many entries and messages each seat has been shown."""
        self.last = ""
        self.live = sys.stdin.isatty() and sys.stdout.isatty()
        self.doers: dict[str, Callable[[str, str], None]] = {
            "say": self._say,
            "look": lambda who, _: self._show(who, True),
            "back": lambda _, __: game.back(answers=len(game.answered()) - 1),
            "help": lambda _, __: print(self._help()),
        }
        if lead:
            self.doers |= {
                "order": self._order,
                "whole": lambda _, __: print(game.run.tell(_width())),
                "injects": lambda _, __: self._injects(),
                "inject": lambda _, rest: self._inject(rest),
                "orders": lambda _, __: self._orders(),
                "grant": lambda _, rest: self._answer("option", rest),
                "give": lambda _, rest: self._answer("inject", rest),
                "refuse": lambda _, rest: self._answer("refusal", rest),
                "hand": lambda _, rest: game.seat(*_two(rest, "hand WHO program")),
                "note": lambda _, rest: game.note(rest),
            }

    def play(self) -> None:
        """Ask who is to decide until the story is over; then keep its run."""
        game = self.game
        print(f"{_plain(game.scenario.title)}, seed {game.seed}. Type help for what you can do.\n")
        game.move_on()
        while game.asked is not None:
            self._turn(game.asked)
        self._over()

    def _turn(self, who: str) -> None:
        """Let the seat that is asked answer, or do something else."""
        if who != self.last and len(self.game.seats) > 1:
            if self.live:
                self._ask(f"It is for {self._told(who)} to decide. Press Enter when nobody else looks. ")
                print("\x1b[2J\x1b[H", end="")
            else:
                print(f"--- {self._told(who)} ---")
        self.last = who
        self._show(who, False)
        question, answers = self.game.run.question, len(self.game.answered())
        while (self.game.run.question, len(self.game.answered())) == (question, answers):
            if self._do(who, self._ask("> ")):
                break

    def _do(self, who: str, line: str) -> bool:
        """Do what a line asks for; return whether the question has to be shown again."""
        from ..games import keeping

        head, _, rest = line.strip().partition(" ")
        word, nodes, at = head.rstrip(":").lower(), len(self.game.nodes), self.game.at
        try:
            if word.isdecimal():
                self._choose(who, int(word), rest.strip())
            elif word in ("quit", "q"):
                raise _Quit
            elif word in self.doers:
                self.doers[word](who, rest.strip())
            elif word:
                print(f"'{_plain(head[:40])}' is nothing that you can do here; type help")
        except BriarpatchError as error:
            print(_plain(str(error)))
        if (len(self.game.nodes), self.game.at) != (nodes, at):
            keeping.keep(self.game, self.folder)
        if word == "back":
            self.shown.clear()
        return word in ("back", "hand", "inject", "give")

    def _choose(self, who: str, number: int, reason: str) -> None:
        info = self.game.run.question
        options = [one for one in self.game.run.options() if one.open]
        if info is None or not 1 <= number <= len(options):
            raise RequestError(f"choose 1 to {len(options)}")
        self.game.choose(who, info.name, options[number - 1].name, reason)
        print(f"  {_plain(options[number - 1].told)}.\n")

    def _say(self, who: str, rest: str) -> None:
        head, colon, words = rest.partition(":")
        to, over, channel = head.partition(" over ")
        if not colon:
            raise RequestError("say it as: say WHO: words, or say WHO over CHANNEL: words")
        self.game.message(who, to.strip(), words, channel.strip() if over else "")
        print("It is sent." if over else "It is said.")

    def _order(self, who: str, rest: str) -> None:
        print(f"Order {self.game.order(who, rest)} is noted.")

    def _inject(self, rest: str) -> None:
        name, at, time = rest.partition(" at ")
        self.game.inject(name.strip(), time.strip().strip('"') if at else None)
        print("It is planned." if at else "It has happened.")

    def _answer(self, how: str, rest: str) -> None:
        number, words = _two(rest, "grant N OPTION, give N INJECT or refuse N words")
        if not number.isdecimal():
            raise RequestError("which order? `orders` lists them with their numbers")
        self.game.answer_order(int(number), **{how: words})

    def _injects(self) -> None:
        from ..games.views import injects

        found = injects(self.game)
        if not found:
            print("This scenario has no injects; they are its section `injects`.")
        for one in found:
            given = f", given {one['given']} times" if one["given"] else ""
            when = f", planned for {self.game.scenario.clock(one['planned'])}" if one["planned"] is not None else ""
            _hanging(f"{one['inject']}{when}{given}: {_plain(one['told'])}")
            if one["expected"]:
                _hanging(f"expected: {_plain(one['expected'])}", "    ")

    def _orders(self) -> None:
        found = self.game.orders()
        if not found:
            print("Nobody has given an order.")
        for number, one in found.items():
            answer = one["answer"]
            said = "no answer yet" if answer is None else f"{answer['kind']}: {answer['words']}"
            _hanging(f"{number}, {self._told(one['by'])}: {_plain(one['words'])} ({_plain(said)})")

    def _show(self, who: str, whole: bool) -> None:
        """Show a seat what is new to it, or everything, and what it is asked."""
        from ..columns import fill
        from ..games.views import seat_view
        from ..seat_text import seat_text

        view = seat_view(self.game, who)
        data = view["view"] | {"messages": view["messages"]}
        entries, words = (0, 0) if whole else self.shown.get(who, (0, 0))
        if entries > len(data["entries"]) or words > len(data["messages"]):  # it was taken back
            entries = words = 0
        self.shown[who] = len(data["entries"]), len(data["messages"])
        print(seat_text(data | {"messages": data["messages"][words:]}, _width(), entries))
        for order in view["orders"]:
            answer = order["answer"]
            if answer is not None and answer["kind"] == "refusal":
                _hanging(f"order refused, {_plain(order['words'])}: {_plain(answer['words'])}")
        question = data["question"]
        if question is not None:
            print("\n" + fill(_plain(question["question"]), _width()))
            for number, one in enumerate((one for one in question["options"] if one["open"]), 1):
                print(fill(_plain(one["told"]), _width(), f"  {number}  ", "     "))
        print()

    def _over(self) -> None:
        from ..games import keeping

        game = self.game
        if not game.run.finished:
            print("The story stands still, and nobody is asked anything.")
            raise _Quit
        for who in game.seats:
            if len(game.seats) > 1:
                print(f"--- {self._told(who)}, to the end ---")
            self._show(who, False)
        game.end()
        saved = keeping.keep_run(game, self.folder.parent)
        game.kept = saved.name
        keeping.keep(game, self.folder)
        print("The story is over.\n")
        _print_outcome(game.run)
        print(f"\nSaved in {saved}; the game is kept in {self.folder}\n")
        place = shlex.quote(str(saved))
        print(f"What happened, all of it:\n  {_pasteable(f'briarpatch show {place}')}")
        print(f"Why did it end so?\n  {_pasteable(f'briarpatch why {place} ending')}")

    def _ask(self, prompt: str) -> str:
        """Return a line that is typed or piped in; a piped one is shown, so that what is printed reads as a dialogue."""
        print(prompt, end="", flush=True)
        line = sys.stdin.readline()
        if not line:
            raise _Quit
        if not sys.stdin.isatty():
            print(_plain(line.rstrip("\n")))
        return line

    def _help(self) -> str:
        return HELP + (ORDER_HELP + LEAD_HELP if self.lead else "")

    def _told(self, who: str) -> str:
        from ..world import refs

        log = self.game.run.log
        return _plain(log.words(refs.PERSON * refs.ROWS_PER_KIND + self.game.run.mind(who)))


def _plain(text: str) -> str:
    from ..telling import plain

    return plain(text)


def _hanging(text: str, indent: str = "") -> None:
    from ..columns import fill

    print(fill(text, _width(), f"{indent}  ", f"{indent}      "))


def _two(rest: str, how: str) -> tuple[str, str]:
    first, _, second = rest.partition(" ")
    if not first or not second.strip():
        raise RequestError(f"say it as: {how}")
    return first, second.strip()
