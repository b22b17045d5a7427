"""Before any test: compile the engine once, so that parallel workers load it rather than compile it each."""

from __future__ import annotations

import hypothesis
import pytest

from briarpatch import engine

hypothesis.settings.register_profile("briarpatch", deadline=None)  # the first call of a law compiles it
hypothesis.settings.load_profile("briarpatch")


def pytest_configure(config: pytest.Config) -> None:
    """Fill the cache of compiled code in the process that starts the workers."""
    if not hasattr(config, "workerinput"):
        engine.prepare(lambda part, done, total: None)
