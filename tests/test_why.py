"""Why: causes taken away one at a time under the same luck; what was needed, and what would have come instead."""

import pytest

from briarpatch.analysis.why import why
from briarpatch.errors import RequestError
from briarpatch.run import run
from briarpatch.scenario.catalog import load_text

HEAD = """
scenario: { title: test, start: "00:00", until: 10 h }
maps: { field: {} }
places: { here: { map: field, at: [0 km, 0 km] }, there: { map: field, at: [1 km, 0 km] } }
factions: { us: {} }
people: { her: { told: she, faction: us, place: here }, him: { told: he, faction: us, place: there } }
facts: { news: { told: the news } }
channels: { wire: { overhead: 5 min } }
"""
CHAIN = """
rules:
  rain: { told: It rained, when: 'true', after: 1 h }
  flood: { told: The river rose, when: happened(rain), after: 1 h }
  idle: { told: A bird sang, when: 'true', after: 3 h }
endings:
  wet: { told: all was wet, when: happened(flood) }
  dry: { told: all was dry }
"""
TWICE = """
rules:
  rain: { told: It rained, when: 'true', after: 1 h }
  melt: { told: The snow melted, when: 'true', after: 2 h }
  flood: { told: The river rose, when: happened(rain) || happened(melt), after: 2 h }
endings:
  wet: { told: all was wet, when: happened(flood) }
  dry: { told: all was dry }
"""
WORD = """
rules:
  see: { told: She saw it, when: 'true', after: 1 h, do: [learn: { who: her, fact: news }] }
  wire: { told: She wired, when: 'knows(her, news)', do: [send: { from: her, to: him, fact: news, by: wire }] }
decisions:
  him.act: { question: Act?, when: 'knows(him, news)', takes: 5 min, options: { act: { told: He acted, base: 50 }, wait: { told: He waited } } }
endings:
  done: { told: it was done, when: "happened(him.act.act)" }
  undone: { told: nothing was done }
"""


def needed(text, entry="ending", seed=1):
    return why(run(load_text(HEAD + text), seed), entry)


def texts(entries):
    return [entry.text for entry in entries]


def test_every_link_of_a_chain_is_needed_and_bystanders_are_not_asked():
    found = needed(CHAIN)
    assert texts(found.needed) == ["It rained.", "The river rose."]
    assert found.spared == []
    assert {trial.instead for trial in found.trials} == {"it ends in 'dry'"}


def test_of_two_sufficient_causes_neither_is_needed():
    found = needed(TWICE)
    assert "It rained." in texts(found.spared)
    assert texts(found.needed) == ["The river rose."]


def test_messages_lessons_and_choices_are_taken_away_too():
    found = needed(WORD)
    told = texts(found.needed)
    assert "He acted." in told
    assert "She saw it." in told
    assert any("learned" in text.lower() for text in told)
    assert any(trial.how == "with 'wait' instead" and not trial.stands for trial in found.trials)


def test_an_entry_on_the_way_is_explained_as_well():
    found = needed(CHAIN, "flood")
    assert texts(found.needed) == ["It rained."]
    assert found.trials[0].stands is False


def test_the_graph_has_every_cause_and_bold_ones():
    found = needed(CHAIN)
    graph = found.dot()
    assert graph.startswith("digraph why {")
    assert graph.endswith("}")
    assert graph.count("style=bold") == 3
    assert graph.count("->") == sum(len(entry.causes) for entry in found.chain)
    assert found.dot(1).count("label=") <= 3


def test_it_reads_and_saves(tmp_path):
    found = needed(WORD)
    assert "would not have come about without" in found.text()
    for kind in ("csv", "json", "svg", "txt"):
        assert found.save(tmp_path / f"why.{kind}").stat().st_size > 0
    assert found.table.height == len(found.trials)
    assert found._repr_html_()


def test_a_run_without_an_ending_and_unknown_names_are_refused():
    scenario = load_text(HEAD + CHAIN)
    with pytest.raises(RequestError, match="not reached an ending"):
        why(run(scenario, 1, until="30 min"))
    with pytest.raises(RequestError, match="flood"):
        why(run(scenario, 1), "floud")
    assert why(run(scenario, 1, until="90 min"), "rain").trials == []


def test_threads_do_not_matter():
    played = run("vault", 3)
    assert why(played, threads=1).facts() == why(played, threads=2).facts()
