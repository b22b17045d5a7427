"""What each at the table sees of a game: a seat only what its person can know, a facilitator everything.

A seat's view is made here, and nothing else of the game is ever sent to it. It does not say whether somebody else is
asked, how many answers there were, or how far the clock is, unless the facilitator shows it.
"""

from __future__ import annotations

from typing import Any

from ..hands import MESSAGE, NOTE, messages
from ..world import refs
from .game import Game

FORMAT = "game-1"


def seat_view(game: Game, person: str) -> dict[str, Any]:
    """Return what the seat of `person` may see."""
    view = dict(game.run.view(person).facts())
    said = view.pop("messages")
    question = view["question"]
    if question is not None:
        options = [{key: value for key, value in one.items() if key != "leaning"} for one in question["options"]]
        view["question"] = {**question, "options": options} if not game.ended else None
    if not game.pace.shown:
        last = max([0.0, *(one["time"] for one in view["entries"]), *(one["time"] for one in said)])
        time = game.run.time if question is not None else last
        view |= {"time": time, "clock": game.scenario.clock(time)}
    words, clock, chair = _words(game), game.scenario.clock, game.seats[person]
    orders = [
        {"order": n, "words": one["words"], "clock": clock(one["time"]), "answer": _for_seat(game, one["answer"])}
        for n, one in enumerate((one for one in game.orders().values() if one["by"] == person), 1)
    ]
    notes = [n for n in game.path() if n["kind"] == NOTE and person in n["to"]]
    return {
        "format": FORMAT,
        "role": "seat",
        "state": game.state,
        "person": person,
        "name": chair.name,
        "holder": chair.holder,
        "lone": game.lone,
        "clock_runs": game.pace.shown,
        "brief": _brief(game, person),
        "view": view,
        "may": {
            "back": len(game.answered()) if game.lone and not game.ended else 0,
            "to": [[other, words[other]] for other in game.seats if other != person],
            "channels": [[name, words_of_channel(game, name)] for name in game.scenario.names.known("channel")],
        },
        "messages": said,
        "orders": orders,
        "notes": [{"clock": clock(note["time"]), "words": note["words"]} for note in notes],
        "back": None if game.taken_back is None else {"clock": clock(game.taken_back)},
        "run": game.kept,
    }


def _brief(game: Game, person: str) -> str:
    """Return what the author tells whoever takes this seat."""
    shown = game.scenario.document.view.people.get(person)
    return (shown and shown.brief) or ""


def _for_seat(game: Game, answer: dict[str, str] | None) -> dict[str, str] | None:
    """Return the answer to an order as its seat is told it: an inject is noticed, or not, like anything that happens."""
    if answer is None or answer["kind"] == "refusal":
        return answer
    return {"kind": "done", "words": ""}


def facilitator_view(game: Game) -> dict[str, Any]:
    """Return the whole of a game."""
    run, clock = game.run, game.scenario.clock
    return {
        "format": FORMAT,
        "role": "facilitator",
        "state": game.state,
        "scenario": game.scenario.name,
        "title": game.scenario.title,
        "seed": str(game.seed),
        "lone": game.lone,
        "time": run.time,
        "clock": clock(run.time),
        "status": run.status,
        "ending": next((one.told for one in game.scenario.endings if one.name == run.ending), None),
        "pace": dict(vars(game.pace)),
        "question": _question(game),
        "seats": [
            {"person": person, "told": told, "holder": chair.holder, "name": chair.name, "asked": game.asked == person}
            for (person, chair), told in zip(game.seats.items(), _words(game).values(), strict=True)
        ],
        "injects": injects(game),
        "coming": [{**vars(one), "clock": clock(one.at)} for one in game.coming],
        "orders": [
            {
                "order": one["node"],
                "person": one["by"],
                "words": one["words"],
                "clock": clock(one["time"]),
                "answer": one["answer"],
            }
            for one in game.orders().values()
        ],
        "messages": _messages(game),
        "notes": [
            {"node": node["node"], "clock": clock(node["time"]), "words": node["words"], "to": node["to"]}
            for node in game.path()
            if node["kind"] == NOTE
        ],
        "entries": [{"time": e.time, "clock": e.clock, "text": e.text} for e in run.entries() if e.weight > 0],
        "tree": {"at": game.at, "nodes": [{**node, "clock": clock(node["time"])} for node in game.nodes]},
        "answers": len(game.answered()),
        "run": game.kept,
    }


def _question(game: Game) -> dict[str, Any] | None:
    info = game.run.question
    if info is None or game.ended:
        return None
    options = [{key: value for key, value in one.facts().items() if key != "terms"} for one in game.run.options()]
    return {
        "decision": info.name,
        "decider": info.decider,
        "question": info.question,
        "asked": game.scenario.clock(game.run.time),
        "options": options,
    }


def injects(game: Game) -> list[dict[str, Any]]:
    """Return what the scenario lets a facilitator give, and how often each was given."""
    found = []
    for name, one in game.scenario.document.injects.items():
        row = game.scenario.names.row("inject", name)
        given = int(game.run.world.rules_state["fired"][row])
        found.append(
            {
                "inject": name,
                "told": one.told,
                "expected": one.expected or "",
                "objective": one.objective or "",
                "planned": one.planned,
                "seen_by": one.seen_by,
                "given": given,
                "open": (given == 0 or one.repeat) and not game.run.finished,
            }
        )
    return found


def _messages(game: Game) -> list[dict[str, Any]]:
    nodes = [node for node in game.path() if node["kind"] == MESSAGE]
    return [
        {
            "node": node["node"],
            "from": node["sender"],
            "to": node["receiver"],
            "channel": node["channel"],
            "fact": node["fact"],
            "words": node["words"],
            "clock": game.scenario.clock(node["time"]),
            "state": one.state,
        }
        for node, one in zip(nodes, messages(game.run), strict=True)
    ]


def _words(game: Game) -> dict[str, str]:
    """Return how the story calls each who has a seat."""
    log = game.run.log
    return {person: log.words(refs.PERSON * refs.ROWS_PER_KIND + game.run.mind(person)) for person in game.seats}


def words_of_channel(game: Game, name: str) -> str:
    """Return how the story calls a channel."""
    reference = game.scenario.names.ref("channel", name)
    return game.run.log.words(reference) if reference is not None else name
