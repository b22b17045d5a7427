"""Plays out a crisis of people, machines, secrets and orders many times, and says what it turned on.

import briarpatch as bp

run = bp.run("valley", seed=7)
print(run.tell())
run.ending, run.measures, run.chronicle
"""

from importlib import import_module
from importlib.metadata import version as _version
from typing import TYPE_CHECKING, Any

from . import attached as _attached  # noqa: F401 - runs and answers get what leads above them
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
from .run import Run, run, start
from .saved import load

if TYPE_CHECKING:
    from .analysis.accounts import conformance
    from .analysis.comparison import Comparison
    from .analysis.decide import decide
    from .analysis.ensemble import Ensemble, ensemble, load_ensemble
    from .analysis.plans import Plan, read_plan
    from .analysis.sensitivity import sensitivity
    from .analysis.soak import soak
    from .analysis.validation import validate
    from .analysis.worlds import Arm
    from .scenario.catalog import load_scenario, load_text, scenario_names
    from .scenario.scenario import Scenario

__version__ = _version("briarpatch")

__all__ = [
    "Arm",
    "BriarpatchError",
    "Comparison",
    "ConditionError",
    "Ensemble",
    "Fault",
    "GuardError",
    "MissingExtraError",
    "Place",
    "Plan",
    "RequestError",
    "Run",
    "SavedRunError",
    "Scenario",
    "ScenarioError",
    "__version__",
    "conformance",
    "decide",
    "ensemble",
    "load",
    "load_ensemble",
    "load_scenario",
    "load_text",
    "read_plan",
    "run",
    "scenario_names",
    "sensitivity",
    "soak",
    "start",
    "validate",
]

_LATER = {
    "Arm": "analysis.worlds",
    "Comparison": "analysis.comparison",
    "Ensemble": "analysis.ensemble",
    "Plan": "analysis.plans",
    "Scenario": "scenario.scenario",
    "conformance": "analysis.accounts",
    "decide": "analysis.decide",
    "ensemble": "analysis.ensemble",
    "load_ensemble": "analysis.ensemble",
    "load_scenario": "scenario.catalog",
    "load_text": "scenario.catalog",
    "read_plan": "analysis.plans",
    "scenario_names": "scenario.catalog",
    "sensitivity": "analysis.sensitivity",
    "soak": "analysis.soak",
    "validate": "analysis.validation",
}


def __getattr__(name: str) -> Any:
    """Import what takes long when it is first asked for, so that `briarpatch --help` need not wait for it."""
    if name in _LATER:
        return getattr(import_module(f".{_LATER[name]}", __name__), name)
    raise AttributeError(f"module 'briarpatch' has no attribute '{name}'")
