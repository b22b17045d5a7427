"""How a scenario wishes to be shown: checked against what it names. It is no part of what is compiled."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import did_you_mean
from .schema import Document, View


def check(document: Document, fault: Callable[[tuple[str, ...], str], None]) -> None:
    """Call `fault` with a path and a message for each name in `view` that the scenario does not have."""
    for section in View.model_fields:
        known = list(getattr(document, section))
        for name in getattr(document.view, section):
            if name not in known:
                hint = did_you_mean(name, known)
                fault(("view", section, name), f"'{name}' is none of the {section} of this scenario{hint}")
