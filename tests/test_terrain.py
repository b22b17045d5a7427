"""Ways over terrain, found when a scenario is loaded: the fastest, the safest, and what cannot be."""

import math
from pathlib import Path

import numpy as np
import pytest

from briarpatch.errors import ScenarioError
from briarpatch.laws.march import tobler_speed
from briarpatch.scenario import paths
from briarpatch.scenario.catalog import load_scenario, load_text

CASES = Path(__file__).parent / "cases"

LAND = """
scenario: { title: t, until: 1 d }
maps:
  land:
    REGIONS
    terrain:
      cell: 100 m
      rows: ["..........", "..wwwwww..", "..wwwwww..", ".........."]
      kinds: { ".": {}, w: { WALL } }
places:
  west: { map: land, at: [0 m, 200 m] }
  east: { map: land, at: [1000 m, 200 m] }
  far: { map: land, at: [9 km, 200 m] }
factions: { us: {} }
people: { ann: { faction: us, place: west } }
routes: { way: { start: west, end: east, find: { FIND } } }
endings: { over: { told: over } }
"""


def legs(wall="footing: 0", find="", regions="regions: {}", text=LAND):
    text = text.replace("WALL", wall).replace("FIND", find).replace("REGIONS", regions)
    return load_text(text).program.legs


def length(rows):
    return float(np.hypot(rows.x1 - rows.x0, rows.y1 - rows.y0).sum())


def test_a_way_goes_round_what_is_impassable_and_straight_over_what_is_not():
    around = legs()
    assert (around.x0[0], around.y0[0], around.x1[-1], around.y1[-1]) == (0.0, 200.0, 1000.0, 200.0)
    assert length(around) == pytest.approx(800.0 + 2 * 100.0 * math.sqrt(2.0))
    np.testing.assert_allclose(around.x0[1:], around.x1[:-1])
    assert length(legs("footing: 1")) == pytest.approx(1000.0)


def test_slow_ground_is_crossed_while_that_is_faster():
    assert length(legs("footing: 0.95")) == pytest.approx(1000.0)
    slow = legs("footing: 0.95")
    assert sorted({round(float(f), 6) for f in slow.footing}) == [0.95, 1.0]
    assert length(legs("footing: 0.5")) > 1080.0


def test_danger_is_crossed_for_speed_and_avoided_for_safety():
    wall = "footing: 1, hazard: 1e-3/s, cover: 0.5"
    assert length(legs(wall)) == pytest.approx(1000.0)
    assert length(legs(wall, "worth: 1 d")) > 1080.0
    assert float(legs(wall).cover.min()) == 0.5


def test_interference_makes_ground_safe_when_whoever_captures_has_a_margin():
    wall = "footing: 1, hazard: 1e-3/s"
    vein = "regions: { vein: { at: [0 km, 200 m], to: [1000 m, 200 m], radius: 150 m, interference: 1e6, scale: 1 m } }"
    assert length(legs(wall, "worth: 1 d, margin: 100", vein)) == pytest.approx(1000.0)
    assert length(legs(wall, "worth: 1 d, margin: 100")) > 1080.0


def test_heights_slow_the_legs_by_their_slope():
    rise = legs("height: 4 m")
    assert float(np.abs(rise.slope).max()) > 0.0
    assert float((rise.slope * rise.length).sum()) == pytest.approx(0.0, abs=1e-6)
    assert tobler_speed(0.0) > 0.0


@pytest.mark.parametrize("neighbours", [8, 16])
def test_more_directions_find_a_way_that_is_no_longer(neighbours):
    assert length(legs("footing: 0", f"neighbours: {neighbours}")) <= length(legs()) + 1e-9


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("..wwwwww..", "wwwwwwwwww"), None),
        (('"..wwwwww..", "..ww', '"..wwwwww.", "..ww'), "the first row has 10"),
        (('["..........", "', '["....x.....", "'), "no kind 'x'"),
        (("end: east", "end: far"), "lies outside the terrain"),
        (("cell: 100 m", "cell: 0 m"), "must be more than 0"),
        (("find: { FIND }", "find: {}, by: [{ at: [1 m, 1 m] }]"), "not both"),
        (
            (
                '"..........", "..wwwwww..", "..wwwwww..", ".........."',
                '".w........", ".w........", ".w........", ".w........"',
            ),
            "no way leads",
        ),
    ],
)
def test_what_cannot_be_is_an_error_with_its_place(change, told):
    text = LAND.replace(*change)
    if told is None:
        return
    with pytest.raises(ScenarioError, match=told):
        legs(text=text)


def test_a_map_without_terrain_has_no_way_to_find():
    text = LAND[: LAND.index("    terrain:")] + LAND[LAND.index("places:") :]
    with pytest.raises(ScenarioError, match="has no terrain"):
        legs(text=text)


# ------------------------------------------------------------------------------------------------ corners


def flat(passable):
    """Return a graph of a level grid of cells, 1 m wide, some of them impassable."""
    rows, columns = passable.shape
    surface = np.where(passable, 1.0, 0.0)
    return surface, np.zeros((rows + 1, columns + 1)), np.zeros((rows, columns))


def flooded(passable, cell):
    """Return the cells that can be reached from `cell` over the sides of passable cells."""
    found, todo = {cell}, [cell]
    while todo:
        r, c = todo.pop()
        for r2, c2 in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
            inside = 0 <= r2 < passable.shape[0] and 0 <= c2 < passable.shape[1]
            if inside and passable[r2, c2] and (r2, c2) not in found:
                found.add((r2, c2))
                todo.append((r2, c2))
    return found


@pytest.mark.parametrize("neighbours", [8, 16])
def test_a_way_leads_only_over_the_sides_of_cells_never_between_corners_that_touch(neighbours):
    """Against flooding from cell to cell: what one reaches, the other reaches too."""
    rng = np.random.default_rng(8)
    split = reached = apart = 0
    for _ in range(150):
        passable = rng.random((5, 6)) < rng.uniform(0.4, 0.8)
        surface, elevation, hazard = flat(passable)
        graph = paths.terrain_graph(elevation, surface, hazard, 1.0, neighbours=neighbours)
        split += len(graph.split)
        cells = [tuple(cell) for cell in np.argwhere(passable).tolist()]
        if len(cells) < 2:
            continue
        one, other = (cells[k] for k in rng.choice(len(cells), 2, replace=False))
        # Each stands near a corner of its own cell, a little inside it.
        corners = [tuple(rng.integers(0, 2, 2).tolist()) for _ in range(2)]
        nodes = [(cell[0] + up, cell[1] + right) for cell, (up, right) in zip((one, other), corners, strict=True)]
        offsets = tuple((0.1 - 0.2 * up, 0.1 - 0.2 * right) for up, right in corners)
        path = paths.cheapest_path(graph, 7, *nodes, offsets)
        assert math.isfinite(path.cost) == (other in flooded(passable, one)), (passable, one, other)
        reached += math.isfinite(path.cost)
        apart += math.isinf(path.cost)
    assert min(split, reached, apart) > 20


def test_two_cells_that_touch_at_a_corner_let_nobody_through():
    with pytest.raises(ScenarioError, match="no way leads over the terrain"):
        load_scenario(CASES / "diagonal_wall.yaml")


def test_one_may_walk_along_a_wall_of_corners_on_either_side():
    text = (CASES / "diagonal_wall.yaml").read_text().replace("[350 m, 50 m]", "[50 m, 150 m]")
    legs = load_text(text).program.legs
    assert length(legs) == pytest.approx(200.0, rel=0.2)
