"""A condition that is looked at only when something it reads has changed is never looked at too late."""

from __future__ import annotations

import numpy as np
import pytest

from briarpatch import engine
from briarpatch.scenario.catalog import load_scenario
from briarpatch.world import topics
from briarpatch.world.compiled import INTERPRETED
from plays import log, play
from test_metamorphic import SCENARIOS

ROWS = range(60)


def test_every_topic_and_every_row_has_a_bit():
    whole = [value for name, value in vars(topics).items() if name.isupper() and name[0] != "_" and name[:3] != "ANY"]
    assert sum(whole) + topics.ANYBODY + topics.ANY_EVENT + topics.ANY_DECISION == np.iinfo(np.int64).max
    for bit, group in (
        (topics.event_bit, topics.ANY_EVENT),
        (topics.decision_bit, topics.ANY_DECISION),
        (lambda row: topics.person_bit(row, -1), topics.ANYBODY),
    ):
        bits = {int(bit(row)) for row in ROWS}
        assert all(one & group == one and one.bit_count() == 1 for one in bits)
        assert len(bits) > 10
    assert topics.person_bit(3, 0) == topics.person_bit(700, 2)
    assert topics.person_bit(3, 0) not in {topics.person_bit(row, -1) for row in ROWS}


@pytest.mark.parametrize("name", [*SCENARIOS, "insurrection"])
def test_looking_whenever_anything_changes_finds_nothing_more(name):
    careful, eager = load_scenario(name), load_scenario(name)
    for table in eager.program:
        if {"mask", "polled"} <= set(getattr(table.dtype, "names", None) or ()):
            table.flags.writeable = True
            for row in table:  # what drifts is looked at by the clock, and more often would be sooner
                row["mask"] = row["mask"] if row["polled"] else np.iinfo(np.int64).max
    eager.program.rule_topics.flags.writeable = True
    eager.program.rule_topics.mask |= eager.program.rules.mask
    for seed in range(2 if INTERPRETED else 12):
        one, two = play(careful, seed), play(eager, seed)
        before, after = log(careful, one), log(eager, two)
        assert [(e.kind, e.subject, e.object, e.cause) for e in before] == [
            (e.kind, e.subject, e.object, e.cause) for e in after
        ]
        assert [e.time for e in before] == pytest.approx([e.time for e in after], abs=1e-3)
        assert engine.measures(careful.program, one).tolist() == pytest.approx(
            engine.measures(eager.program, two).tolist(), nan_ok=True
        )
