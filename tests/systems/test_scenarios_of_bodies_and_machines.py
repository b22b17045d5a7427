"""The scenarios that teach devices, radiation, ageing, malfunction: they load clean, play, and end in several ways."""

import numpy as np
import pytest
from stage_play import Story, few

from briarpatch import engine
from briarpatch.scenario.catalog import load_scenario


@pytest.mark.parametrize("name", ["countdown", "spring", "century", "rover"])
def test_a_teaching_scenario_plays_to_more_than_one_ending(name):
    scenario = load_scenario(name)
    assert scenario.warnings == []
    endings = set()
    for seed in range(few(60) if name != "century" else few(60) // 5):
        story = Story(scenario, seed)
        story.check_causes()
        story.check_order()
        endings.add(int(story.world.state["ending"][0]))
        assert np.isfinite(engine.measures(scenario.program, story.world)).all()
    assert len(endings) > 1 or name == "century"
