"""Random search by drones with positions, held to Koopman's law through the engine, from a scenario file."""

import math
from pathlib import Path

import drones_reference
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from briarpatch.laws import drones as drone_laws
from briarpatch.laws import pursuit as laws
from briarpatch.scenario.catalog import load_scenario
from briarpatch.world import chance
from briarpatch.world.compiled import INTERPRETED
from plays import go_on

SCENARIO = load_scenario(Path(__file__).parent / "cases" / "search_of_a_disc.yaml")
"""Four drones, each 10 m/s and 20 m wide, over 1 km^2 in which 400 lie, evenly: Z = 0.8e-3/s times the time."""
RATE = drone_laws.coverage_rate(4, 10.0, 20.0, 1e6)


def _found(seed: int, coverages: tuple[float, ...]) -> list[float]:
    """Return the shares of those sought that are found by each coverage."""
    world, shares = SCENARIO.world(seed), []
    for coverage in coverages:
        world, _ = go_on(SCENARIO, world, coverage / RATE)
        tagged = world.people["tag"][len(world.minds) :] >= 0
        shares.append(float(tagged.mean()))
    return shares


def test_o_2_1_an_explicit_search_finds_as_the_law_of_random_search_says():
    coverages = (0.9,) if INTERPRETED else (0.9, 2.7, 9.0)
    shares = np.array([_found(seed, coverages) for seed in range(1 if INTERPRETED else 12)])
    for share, coverage in zip(shares.mean(axis=0), coverages, strict=True):
        law = drones_reference.random_search(coverage)
        worst = 1.0 - 0.5 * math.exp(-coverage) - 0.5 * math.exp(-0.5 * coverage)  # of those at the rim, who see half
        near_rim = 2.0 * 10.0 / math.sqrt(1e6 / math.pi)
        low = law - near_rim * (law - worst)
        spread = 4.0 * math.sqrt(max(law * (1.0 - law), 1e-4) / (400 * len(shares)))
        assert low - spread <= share <= law + spread, coverage
    if not INTERPRETED:
        assert shares[:, 2].mean() > 0.998  # 0.9999 but for the rim


def _stops(seed: int, n: int) -> np.ndarray:
    """Return the places at which a searcher that starts in the middle of the unit disc turns [n, 2]."""
    at, found = (0.0, 0.0), []
    for turn in range(n):
        u, v = (chance.u01(np.uint64(seed), chance.SEARCH, np.uint64(5), 2 * turn + k) for k in (0, 1))
        at = laws.next_goal(*at, 1.0, laws.ONWARD, u, v)
        found.append(at)
    return np.array(found)


def test_the_way_of_a_searcher_covers_the_disc_evenly():
    stops = _stops(3, 1000 if INTERPRETED else 20_000)
    assert np.hypot(stops[:, 0], stops[:, 1]) == pytest.approx(1.0)
    lengths = np.hypot(*(stops[1:] - stops[:-1]).T)
    assert lengths.mean() == pytest.approx(math.pi / 2.0, rel=0.05)  # the mean chord
    along = np.linspace(0.0, lengths.sum(), 200_000, endpoint=False)
    leg = np.searchsorted(np.cumsum(lengths), along, side="right")
    share = (along - np.concatenate([[0.0], np.cumsum(lengths)])[leg]) / lengths[leg]
    places = stops[leg] + share[:, None] * (stops[leg + 1] - stops[leg])
    away = np.hypot(places[:, 0], places[:, 1])
    assert away.mean() == pytest.approx(2.0 / 3.0, rel=0.02)
    assert (away < 0.5).mean() == pytest.approx(0.25, abs=0.015)
    counts, _, _ = np.histogram2d(away**2, np.arctan2(places[:, 1], places[:, 0]), bins=(5, 4))
    assert counts / len(places) == pytest.approx(np.full((5, 4), 0.05), abs=0.006 if not INTERPRETED else 0.02)


def test_o_17_25_points_over_the_disc_are_even():
    us = chance_pairs(2000 if INTERPRETED else 20_000)
    away = np.array([math.hypot(*laws.next_goal(0.0, 0.0, 1.0, laws.ANYWHERE, u, v)) for u, v in us])
    assert away.mean() == pytest.approx(2.0 / 3.0, abs=0.015)
    assert (away < 0.5).mean() == pytest.approx(0.25, abs=0.03)


def chance_pairs(n: int) -> list[tuple[float, float]]:
    return [
        (
            chance.u01(np.uint64(1), chance.SEARCH, np.uint64(2), 2 * i),
            chance.u01(np.uint64(1), chance.SEARCH, np.uint64(2), 2 * i + 1),
        )
        for i in range(n)
    ]


UNIT = st.floats(1e-9, 1.0 - 1e-9)


@given(share=st.floats(0.0, 1.0), way=st.floats(0.0, 6.3), radius=st.floats(1e-3, 1e7), u=UNIT, v=UNIT)
def test_a_searcher_goes_on_to_the_rim_and_never_out_of_the_disc(share, way, radius, u, v):
    x, y = share * radius * math.cos(way), share * radius * math.sin(way)
    to_x, to_y = laws.next_goal(float(np.float32(x)), float(np.float32(y)), radius, laws.ONWARD, u, v)
    assert math.hypot(to_x, to_y) == pytest.approx(radius, rel=1e-6)
    for how in (laws.ANYWHERE, laws.ONWARD):
        assert math.hypot(*laws.next_goal(x, y, radius, how, u, v)) <= radius * (1.0 + 1e-6)
