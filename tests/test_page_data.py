"""The document that the page reads: whole, small, and true to the run at every moment."""

from __future__ import annotations

import gzip
import json
from itertools import pairwise

import numpy as np
import pytest

import briarpatch as bp
from briarpatch.engine import positions
from briarpatch.render.page_data import page_data, to_json
from briarpatch.scenario.catalog import scenario_names

SCENARIOS = [name for name, _ in scenario_names()]


def at(segments, time, head=0):
    """Return the segment that holds at a time."""
    return next(s for s in segments if s[head] <= time < s[head + 1] or s is segments[-1])


def position(segment, first, time):
    """Return where a segment is at a time; its line begins at column `first`."""
    line = segment[first:]
    if len(line) == 2:
        return line[0], line[1]
    x, y, x1, y1, since, until = line
    share = 1.0 if time >= until else max(0.0, (time - since) / (until - since))
    return x + share * (x1 - x), y + share * (y1 - y)


@pytest.fixture(scope="module", params=SCENARIOS)
def packed(request):
    run = bp.run(request.param, seed=3)
    return run, json.loads(to_json(page_data(run)))


def test_the_same_run_gives_the_same_bytes(packed):
    run, _ = packed
    again = bp.run(run.scenario.name, seed=3, record=False)
    assert to_json(page_data(again)) == to_json(page_data(run))


def test_segments_follow_one_another_without_a_gap(packed):
    run, data = packed
    for segments in (*data["moves"]["people"], *data["moves"]["vessels"]):
        assert segments[0][0] == 0
        assert all(a[1] == b[0] for a, b in pairwise(segments))
        assert segments[-1][1] == pytest.approx(run.time, abs=0.1)


def test_everybody_is_where_the_engine_has_them(packed):
    run, data = packed
    past = run.at(0.0)
    for moment in (np.linspace(0.03, 0.97, 7) * run.time).tolist():
        past = run.onward(past, moment)
        where, people = positions(past.program, past.world), past.world.people
        for person, segments in enumerate(data["moves"]["people"]):
            segment = at(segments, moment)
            assert (segment[2], segment[4]) == (people["place"][person], people["status"][person])
            if people["place"][person] < 0:
                extent = max(1.0, float(np.abs(where).max()))
                found = position(segment, 6, moment)
                # a time is rounded to a tenth of a second, in which people go some decimetres and ships kilometres
                assert found == pytest.approx(tuple(where[person]), abs=1.0 + 1e-4 * extent)
        for row, crowd in enumerate(past.program.crowds):
            holding = [s for s in data["moves"]["crowds"] if s[0] == row and s[2] <= moment < s[3]]
            inside = slice(int(crowd["first"]), int(crowd["first"] + crowd["count"]))
            nameless = people[inside][max(0, len(past.world.minds) - int(crowd["first"])) :]
            if len(people) <= 50_000:
                assert sum(s[1] for s in holding) == len(nameless)
                for status in range(3):
                    assert sum(s[1] for s in holding if s[6] == status) == (nameless["status"] == status).sum()


def test_entries_refer_to_what_there_is(packed):
    _, data = packed
    sizes = {"p": "people", "c": "crowds", "v": "vessels", "d": "devices", "f": "factions", "k": "facts"}
    for entry in data["entries"]:
        lanes = [lane for lane in (entry[2], entry[3], *(entry[8] if len(entry) > 8 else [])) if lane]
        assert all(0 <= int(lane[1:]) < len(data[sizes[lane[0]]]) for lane in lanes)
        assert all(0 <= cause < len(data["entries"]) for cause in entry[5])
        assert -1 <= entry[4] < len(data["places"])
        assert entry[1] in data["kinds"]
    assert [entry[0] for entry in data["entries"]] == sorted(entry[0] for entry in data["entries"])
    known = {decision[0]: {option[0] for option in decision[3]} for decision in data["decisions"]}
    assert all(option in known[decision] for decision, option in data["chosen"].values())


def test_values_end_as_the_measures_do(packed):
    _, data = packed
    for measure, values in zip(data["measures"], data["values"], strict=True):
        assert values[-1][1] == measure[4]


def test_the_document_of_the_flagship_is_small():
    data = to_json(page_data(bp.run("insurrection", seed=2)))
    assert len(gzip.compress(data, 9, mtime=0)) < 60_000
