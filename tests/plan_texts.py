"""Plans written in a test."""

from __future__ import annotations

from briarpatch.analysis.plans import Plan, _plan
from briarpatch.scenario import load


def read_plan_text(text: str, name: str = "<plan>") -> Plan:
    """Return the plan that `text` (YAML) holds; raises ScenarioError with every fault and its place."""
    return _plan(load.read_text(text, name))
