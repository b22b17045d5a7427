"""What a seat shows, as lines of a terminal."""

from __future__ import annotations

from typing import Any

from .columns import wrap
from .telling import listed, number_word, plain

STATES = {"free": "", "held": " (held)", "dead": " (dead)"}


def seat_text(data: dict[str, Any], width: int = 80, since: int = 0) -> str:
    """Return what a seat shows; of its entries those from number `since` on."""
    entries = entry_lines(data, width, since)
    lines = [*status_lines(data, width), *(["", *entries] if entries else [])]
    beliefs = belief_lines(data, width)
    lines += ["", "What you hold to be so:", *beliefs] if beliefs else []
    orders = order_lines(data, width)
    lines += ["", "Orders and duties:", *orders] if orders else []
    words = message_lines(data, width)
    lines += ["", "Words sent and received:", *words] if words else []
    return "\n".join(lines)


def status_lines(data: dict[str, Any], width: int) -> list[str]:
    """Return who one is, where, with whom, and how."""
    head = f"{plain(data['clock'])}. You are {plain(data['told'])}"
    head += f", of {plain(data['faction'])}." if data["faction"] else "."
    if data["status"] == "dead":
        return wrap(f"{head} You are dead.", width)
    where = f"You are at {plain(data['place'])}" if data["place"] else "You are under way"
    if data["going_to"] and not data["place"]:
        where += f" to {plain(data['going_to'])}"
    held = ", in custody." if data["status"] == "held" else "."
    beside = [_beside(one) for one in data["beside"]]
    with_you = f" With you: {listed(beside)}." if beside else " Nobody is with you."
    more = f" You command {plain(data['commands'])}." if data["commands"] else ""
    more += " You hold no office any more." if data["out_of_office"] else ""
    return wrap(head + " " + where + held + with_you + more, width)


def _beside(one: dict[str, Any]) -> str:
    who = plain(one["who"])
    if one.get("count", 0) == 1:
        who = f"one of {who}"
    elif "count" in one:
        who = f"{number_word(one['count'])} of {who}"
    return who + STATES.get(one["status"], "")


def entry_lines(data: dict[str, Any], width: int, since: int = 0) -> list[str]:
    """Return what was seen and heard, from entry `since` on; what is said again at once is said once."""
    lines, last = [], ""
    for entry in data["entries"][since:]:
        head = f"  {plain(entry['clock'])}  "
        if head + entry["text"] != last:
            lines += wrap(plain(entry["text"]), width, head, " " * len(head))
        last = head + entry["text"]
    return lines


def belief_lines(data: dict[str, Any], width: int) -> list[str]:
    """Return what is believed, the surest first, with who told it."""
    lines = []
    for one in sorted(data["beliefs"], key=lambda one: -one["probability"]):
        sure = "sure" if one["known"] else f"{one['probability']:.0%}"
        said = f" (told by {plain(one['told_by'])})" if one["told_by"] else ""
        lines += wrap(plain(one["told"]) + said, width, f"  {sure:>4}  ", " " * 8)
    for one in data["supposes"]:
        lines += wrap(f"you suppose that {plain(one['who'])} knows: {plain(one['knows'])}", width, "        ", " " * 8)
    return lines


def message_lines(data: dict[str, Any], width: int, since: int = 0) -> list[str]:
    """Return the words that players sent as the person, and those that reached them, from number `since` on."""
    lines = []
    for one in data["messages"][since:]:
        over = f", over {plain(one['channel'])}" if one["channel"] else ""
        head = f"{'to' if one['way'] == 'out' else 'from'} {plain(one['who'])}{over}"
        lines += wrap(f"{plain(one['clock'])}, {head}: {plain(one['words'])}", width, "  ", "      ")
    return lines


def order_lines(data: dict[str, Any], width: int) -> list[str]:
    """Return the orders and the duties of the person."""
    lines = []
    for one in data["orders"]:
        by = f" from {plain(one['by'])}" if one["by"] else ""
        answer = "" if one["answer"] == "none" else f"; your answer: {one['answer']}"
        lines += wrap(f"order{by}, {plain(one['since'])}: {plain(one['order'])}{answer}", width, "  ", "      ")
    for duty in data["duties"]:
        lines += wrap(f"you are bound by: {plain(duty)}", width, "  ", "      ")
    if data["superior"]:
        lines += wrap(f"you answer to {plain(data['superior'])}", width, "  ", "      ")
    return lines
