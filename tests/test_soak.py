"""Soaking: what never happens, what always does, dead ends and guards."""

from __future__ import annotations

import json

import pytest

from briarpatch import RequestError, load_scenario
from briarpatch.analysis.soak import Name, soak
from briarpatch.scenario.catalog import load_text

SCENE = """
scenario: { title: a test, until: 10 h, ends_when: happened(bell) }
maps: { ground: {} }
places: { here: { map: ground, at: [0 km, 0 km] } }
factions: { ours: {} }
people: { ann: { faction: ours, place: here } }
events: { bell: {}, gong: {} }
rules:
  dawn: { told: It dawned, when: "true", after: 1 h }
  rain: { told: It rained, when: happened(dawn), chance: 0.5 }
  ring: { told: Somebody rang, when: happened(rain), after: 8 h, do: [mark: bell] }
  unheard: { told: Nobody heard, when: happened(bell) && happened(gong), do: [mark: gong, { kill: { who: ann } }] }
decisions:
  ann.go:
    question: Does Ann go?
    when: happened(dawn)
    options:
      stay: { told: Ann stayed, base: 50 }
      leave: { told: Ann left, do: [{ move: { who: ann, to: here } }] }
endings: { rung: { told: it rang, when: happened(bell) }, over: { told: it was over } }
beats: { ringing: { told: it rings, match: { happened: bell } }, gone: { told: Ann goes, match: { happened: ann.go.leave } } }
accounts: { day: { title: A day, beats: { ringing: [], death: { match: { kind: died } } } } }
"""


def test_what_never_and_always_happens():
    found = soak(load_text(SCENE), 40, workers=1)
    counts = found.counts
    rung = counts[Name("ending", "rung")]
    assert 5 < rung < 35
    assert {
        counts[Name(*key)] for key in (("rule", "rain"), ("rule", "ring"), ("event", "bell"), ("beat", "ringing"))
    } == {rung}
    assert set(found.never) == {
        Name("rule", "unheard"),
        Name("event", "gong"),
        Name("option", "ann.go.leave"),
        Name("verb", "kill"),
        Name("verb", "move"),
        Name("beat", "gone"),
        Name("beat", "day: death"),
    }
    assert set(found.always) == {Name("rule", "dawn"), Name("decision", "ann.go"), Name("option", "ann.go.stay")}
    assert len(found.dead_ends) == counts[Name("ending", "over")] == 40 - rung
    assert found.guards == {}
    assert found.fitness["day"]["highest"] == 0.5
    assert found.fitness["day"]["full"] == 0.0


def test_the_same_on_any_number_of_threads():
    one, two = (soak(load_text(SCENE), 20, seed=7, workers=threads) for threads in (1, 2))
    assert one.facts() == two.facts()
    assert [seen.seed for seen in two.runs] == list(range(7, 27))


def test_the_report(tmp_path):
    found = soak(load_text(SCENE), 20, workers=1)
    text = found.text()
    assert text.startswith("<text>: 20 runs, seeds 0 to 19\n")
    assert "Never happened\n  rule:     unheard\n" in text
    assert "Guards tripped: none" in text
    assert all(len(line) <= 80 for line in text.splitlines())
    assert found.table.height == len(found.names)
    assert json.loads(found.save(tmp_path / "soak.json").read_text())["never"]["event"] == ["gong"]
    assert [panel.title for panel in found.picture().panels] == ["How the runs ended", "What happened in them"]


def test_guards_are_reported():
    flip = "  to: { when: flag == 0, repeat: true, do: [set: { gauge: flag, to: 1 }] }\n"
    flop = "  fro: { when: flag == 1, repeat: true, do: [set: { gauge: flag, to: 0 }] }\n"
    endless = SCENE.replace("rules:\n", f"gauges: {{ flag: {{}} }}\nrules:\n{flip}{flop}")
    found = soak(load_text(endless), 2, workers=1)
    assert sum(map(len, found.guards.values())) == 2


def test_requests():
    with pytest.raises(RequestError, match="at least 1 run"):
        soak("vault", 0)
    with pytest.raises(RequestError, match="already has its variants"):
        soak(load_scenario("vault"), 1, variants={"a": "b"})


def test_other_settings_change_what_happens():
    left = soak(load_text(SCENE), 5, choices={"ann.go": "leave"}, workers=1)
    assert Name("option", "ann.go.leave") in left.always
    assert Name("verb", "move") in left.always
