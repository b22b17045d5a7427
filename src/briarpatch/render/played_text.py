"""What people did in a run that they played, as lines of a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..columns import wrap
from ..telling import plain

if TYPE_CHECKING:
    from ..chronicle import Chronicle


def on_the_way(played: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the nodes of a game's record on the way that its run took."""
    found, number = [], played["at"]
    while number > 0:
        found.append(played["nodes"][number - 1])
        number = found[-1]["parent"]
    return found[::-1]


def played_lines(log: Chronicle, played: Mapping[str, Any], width: int = 80) -> list[str]:
    """Return who did what and why, and what was noted, on the way that the run took."""
    names = log.scenario.names

    def told(kind: str, name: Any) -> str:
        reference = names.ref(kind, str(name))
        return log.words(reference) if reference is not None else str(name)

    lines = []
    for node in on_the_way(played):
        if node["kind"] == "answer":
            who = f"{node['name']}, {told('person', node['by'])}" if node.get("name") else told("person", node["by"])
            who = f"the {node['holder']}, for {who}" if node["holder"] in ("program", "facilitator") else who
            took = f" after {node['took']:.0f} s" if node.get("took") is not None else ""
            said = f"{who}, chose{took}: {told('option', node['decision'] + '.' + node['option'])}"
            said += f" ({node['reason']})" if node.get("reason") else ""
            said += f"; what the model said could not be used: {node['wrong']}" if node.get("wrong") else ""
        elif node["kind"] == "inject":
            said = f"the facilitator let it happen: {told('inject', node['inject'])}"
        elif node["kind"] == "message":
            over = f", over {told('channel', node['channel'])}" if node["channel"] else ""
            said = f"{told('person', node['sender'])} to {told('person', node['receiver'])}{over}: {node['words']}"
        elif node["kind"] == "order":
            said = f"{told('person', node['by'])} asked for: {node['words']}"
        elif node["kind"] == "answer-order":
            what = {"option": "granted", "inject": "answered with an inject", "refusal": "refused"}[node["answer"]]
            said = f"order {node['order']} was {what}: {node['words']}"
        else:
            said = f"noted: {node['words']}"
        late = " (in hindsight)" if node.get("hindsight") else ""
        lines += wrap(plain(f"{log.clock(float(node['time']))}  {said}{late}"), width, "  ", "      ")
    return lines
