"""Plays out a crisis of people, machines, secrets and orders many times, and says what it turned on.

import briarpatch as bp

run = bp.run("valley", seed=7)
print(run.tell())
run.ending, run.measures, run.chronicle
"""

from importlib.metadata import version as _version
from typing import TYPE_CHECKING, Any

from .errors import (
    BriarpatchError,
    ConditionError,
    Fault,
    GuardError,
    MissingExtraError,
    Place,
    RequestError,
    SavedRunError,
    ScenarioError,
)
from .run import Run, load, run, start

if TYPE_CHECKING:
    from .analysis.accounts import conformance
    from .analysis.decide import decide
    from .analysis.soak import soak
    from .scenario.compile import Scenario, load_scenario, load_text, scenario_names

__version__ = _version("briarpatch")

__all__ = [
    "BriarpatchError",
    "ConditionError",
    "Fault",
    "GuardError",
    "MissingExtraError",
    "Place",
    "RequestError",
    "Run",
    "SavedRunError",
    "Scenario",
    "ScenarioError",
    "__version__",
    "conformance",
    "decide",
    "load",
    "load_scenario",
    "load_text",
    "run",
    "scenario_names",
    "soak",
    "start",
]

_QUESTIONS = {"conformance": ".analysis.accounts", "decide": ".analysis.decide", "soak": ".analysis.soak"}
_COMPILER = ("Scenario", "load_scenario", "load_text", "scenario_names")


def __getattr__(name: str) -> Any:
    """Import what is heavy when it is first asked for, so that `briarpatch --help` need not wait for it."""
    if name in _QUESTIONS:
        from importlib import import_module

        return getattr(import_module(_QUESTIONS[name], __name__), name)
    if name in _COMPILER:
        from .scenario import compile as compiler

        return getattr(compiler, name)
    raise AttributeError(f"module 'briarpatch' has no attribute '{name}'")
