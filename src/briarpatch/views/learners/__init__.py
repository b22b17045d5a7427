"""Scenarios as environments for programs that learn: Gymnasium for one chair, PettingZoo for several.

`briarpatch/Vault-v0` is the scenario vault with its manager to learn; `briarpatch/Scenario-v0` takes any scenario and
person. Importing this package registers both.
"""

from __future__ import annotations

from ...errors import MissingExtraError

try:
    import gymnasium
    import pettingzoo  # noqa: F401
except ImportError:
    raise MissingExtraError("an environment for learners", "rl") from None

from .several import ParallelSeatsEnv, SeatsEnv
from .single import SeatEnv, SeatVectorEnv

__all__ = ["ParallelSeatsEnv", "SeatEnv", "SeatVectorEnv", "SeatsEnv", "register"]


def register() -> None:
    """Let `gymnasium.make` know the environments; a second call changes nothing."""
    here = __name__
    for name, settings in (("Vault", {"scenario": "vault", "person": "manager"}), ("Scenario", {})):
        if f"briarpatch/{name}-v0" not in gymnasium.registry:
            gymnasium.register(
                f"briarpatch/{name}-v0",
                entry_point=f"{here}:SeatEnv",
                vector_entry_point=f"{here}:SeatVectorEnv",
                kwargs=settings,
            )


register()
