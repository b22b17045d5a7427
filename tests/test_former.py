"""Files of earlier versions: told of with the remedy, and rewritten with their comments, or left as they are."""

from __future__ import annotations

import json
import re
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

import briarpatch as bp
from briarpatch import storage
from briarpatch.errors import SavedRunError, ScenarioError
from briarpatch.scenario import load
from briarpatch.scenario.former import upgrades
from briarpatch.views.cli import main

OLD = """\
# of an earlier version
scenario: { title: Old, until: 24 h }
maps: { valley: {} }
places:
  dam: { told: the dam, luck: 1, map: valley, at: [0 km, 0 km] } # the dam
  village: { luck: 2, told: the village, map: valley, at: [9 km, 0 km] }
factions: { all: { luck: 3 } }
gauges: { luck: { start: 7 } }
people:
  keeper:
    luck: 1 # the first
    told: the keeper
    faction: all
    place: dam
  mayor: { told: the mayor, faction: all, place: village, luck: 7
    }
rules:
  luck:
    luck: 4
    told: "A crack, luck: bad"
    when: "true"
    rate: 0.5/h
    # where they are put
    do:
      - place: { who: keeper, at: village }
      - place: { who: mayor, "at": village, to: dam }
      - capture: { who: mayor, by: all, at: dam }
endings: { over: { told: over } }
"""
NEW = """\
# of an earlier version
scenario: { title: Old, until: 24 h }
maps: { valley: {} }
places:
  dam: { told: the dam, map: valley, at: [0 km, 0 km] } # the dam
  village: { told: the village, map: valley, at: [9 km, 0 km] }
factions: { all: {} }
gauges: { luck: { start: 7 } }
people:
  keeper:
    # the first
    told: the keeper
    faction: all
    place: dam
  mayor: { told: the mayor, faction: all, place: village
    }
rules:
  luck:
    told: "A crack, luck: bad"
    when: "true"
    rate: 0.5/h
    # where they are put
    do:
      - place: { who: keeper, to: village }
      - place: { who: mayor, "at": village, to: dam }
      - capture: { who: mayor, by: all, at: dam }
endings: { over: { told: over } }
"""


def test_former_words_are_rewritten_and_all_else_stays():
    (found,) = upgrades(load.read_text(OLD, "old.yaml"))
    assert found.after == NEW
    assert [str(change).split(" ")[0] for change in found.changes] == [
        "old.yaml:5:25",
        "old.yaml:6:14",
        "old.yaml:7:20",
        "old.yaml:11:5",
        "old.yaml:15:59",
        "old.yaml:19:5",
        "old.yaml:25:31",
    ]
    assert [str(question).split(" ")[0] for question in found.questions] == ["old.yaml:22:5", "old.yaml:27:41"]
    assert upgrades(load.read_text(NEW, "old.yaml")) == []


def test_former_words_are_told_of_with_the_remedy():
    with pytest.raises(ScenarioError) as raised:
        bp.load_text(OLD)
    told = [fault.message for fault in raised.value.faults if "briarpatch upgrade" in fault.message]
    assert len(told) == 7
    assert any("'to' is missing: 'at' only says where they were before" in message for message in told)
    assert any("'luck' is no key: luck hangs on names" in message for message in told)


def test_no_packaged_scenario_has_a_former_word():
    for name, _ in bp.scenario_names():
        assert upgrades(bp.load_scenario(name).source) == [], name


@given(
    st.lists(st.sampled_from(["told: x", "luck: 5", 'luck: "5"', "pace: 2 # luck", "mass: 70 kg"]), max_size=4),
    st.booleans(),
    st.sampled_from(["", " # said", ","]),
)
def test_former_words_leave_the_rest_of_the_data_alone(keys, braces, behind):
    keys = list({key.split(":")[0]: key for key in keys}.values())
    if braces:
        inner = ", ".join(key.split(" #")[0] for key in keys) + ("," if behind == "," and keys else "")
        text = f"people: {{ one: {{ {inner} }}, luck: {{ }} }}\n"
    else:
        lines = "".join(f"    {key}{behind if behind != ',' else ''}\n" for key in keys)
        text = f"people:\n  luck: {{ }}\n  one:{' {}' * (not keys)}\n{lines}"
    before = load.read_text(text).data
    found = upgrades(load.read_text(text))
    after = load.read_text(found[0].after).data if found else before
    old = isinstance(before["people"]["one"].get("luck"), int)
    assert bool(found) == old
    assert list(after["people"]["one"]) == [key for key in before["people"]["one"] if key != "luck" or not old]
    assert after["people"]["luck"] == {}


def test_upgrade_shows_first_and_keeps_what_was(tmp_path, capsys):
    file = tmp_path / "old.yaml"
    text = "\ufeff" + OLD.replace("\n", "\r\n")
    file.write_bytes(text.encode())
    assert main(["upgrade", str(file)]) == 0
    shown = capsys.readouterr().out
    assert "-      - place: { who: keeper, at: village }\n+      - place: { who: keeper, to: village }" in shown
    assert "Nothing was written; with --yes it is" in shown
    assert file.read_bytes() == text.encode()
    (tmp_path / "old.yaml.before").write_text("mine")
    assert main(["upgrade", str(file), "--yes"]) == 0
    assert file.read_bytes().decode("utf-8-sig").splitlines() == NEW.splitlines(), "the text but for ends of lines"
    assert file.read_bytes().startswith(b"\xef\xbb\xbf# of")
    assert (tmp_path / "old.yaml.before").read_text() == "mine"
    assert (tmp_path / "old.yaml.before-2").read_bytes() == text.encode()
    capsys.readouterr()
    assert main(["upgrade", str(file)]) == 0
    assert capsys.readouterr().out == f"{file}: no word of an earlier version\n"


def test_run_of_another_format_says_how_to_play_it_again(tmp_path, capsys):
    folder = tmp_path / "a run"
    run = bp.run("vault", seed=3, choices={"manager.act": "police"}, until="9 h", overrides={"scenario.poll": "30 s"})
    run.save(folder)
    facts = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    (folder / "provenance.json").write_text(json.dumps(facts | {"format": storage.FORMAT - 1}), encoding="utf-8")
    with pytest.raises(SavedRunError, match="is of format 1, and this program reads format 2") as raised:
        bp.load(folder)
    command = re.search(r"play it again: briarpatch (.*)", str(raised.value))
    assert command is not None
    again = tmp_path / "again"
    assert main([*shlex.split(command[1]), "--out", str(again), "--quiet"]) == 0
    assert bp.load(again).log.columns()["time"] == run.log.columns()["time"]
    capsys.readouterr()
    assert main(["upgrade", str(folder)]) == 2
    assert "holds what was played, which is not rewritten" in capsys.readouterr().err
