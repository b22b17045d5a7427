"""The tables of `insurrection.md`, made from the scenario itself: `python docs/insurrection_tables.py` rewrites them."""

from __future__ import annotations

import re
from pathlib import Path

from briarpatch.scenario import load
from briarpatch.scenario.catalog import find

PAGE = Path(__file__).with_name("insurrection.md")


def cell(text: object) -> str:
    """Return a text as it stands in a cell."""
    return " ".join(str(text).split()).replace("|", "\\|")


def table(head: list[str], rows: list[list[object]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows])


def variants(data: dict) -> str:
    """Return a row for each switch: what it asks, and its settings with the sentences behind them."""
    rows = []
    for name, variant in data["variants"].items():
        settings = []
        for setting, body in variant["settings"].items():
            mark = "**" if setting == variant["default"] else ""
            labels = f" ({', '.join(body['labels'])})" if body.get("labels") else ""
            accounts = f" [{' '.join(body['as_told'])}]" if body.get("as_told") else ""
            settings.append(f"{mark}{setting}{mark}: {body['told']}{labels}{accounts}")
        rows.append([f"`{name}`", variant["question"], "<br>".join(settings)])
    return table(["variant", "question", "settings"], rows)


def accounts(data: dict) -> str:
    """Return a row for each beat: what it is, and the sentences with which each account tells it."""
    names = list(data["accounts"])
    beats: dict[str, dict[str, object]] = {}
    for name, account in data["accounts"].items():
        for beat, body in account["beats"].items():
            labels = body if isinstance(body, list) else body.get("labels", [])
            what = data["beats"].get(beat, {}).get("told") or (body.get("told", "") if isinstance(body, dict) else "")
            never = isinstance(body, dict) and body.get("never")
            row = beats.setdefault(beat, {"told": what})
            row[name] = ", ".join(labels) + (" (must not happen)" if never else "")
    shown = sorted(beats, key=lambda beat: (not beat.startswith("t_"), beat))
    rows = [[f"`{beat}`", beats[beat]["told"], *(beats[beat].get(name, "") for name in names)] for beat in shown]
    return table(["beat", "what happens", *names], rows)


def decisions(data: dict) -> str:
    """Return a row for each question that somebody has to answer."""
    rows = [
        [f"`{name}`", body["question"], ", ".join(body["options"])] for name, body in sorted(data["decisions"].items())
    ]
    return table(["decision", "question", "options"], rows)


def endings(data: dict) -> str:
    """Return a row for each ending, in order of precedence."""
    return table(["ending", "told"], [[f"`{name}`", body["told"]] for name, body in data["endings"].items()])


def page(text: str) -> str:
    """Return the page with its tables as the scenario now is."""
    data = load.read(find("insurrection")).data
    for name, make in (("variants", variants), ("accounts", accounts), ("decisions", decisions), ("endings", endings)):
        block = f"<!-- {name} -->\n\n{make(data)}\n\n<!-- end -->"
        text = re.sub(rf"<!-- {name} -->.*?<!-- end -->", lambda _, new=block: new, text, flags=re.DOTALL)
    return text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
