"""What authors have: a scenario to begin with, the schema for editors, findings as data, and pictures."""

from __future__ import annotations

import importlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as tree
from pathlib import Path

import jsonschema
import pytest
import yaml

from briarpatch.render import logic_graph, scenario_map
from briarpatch.scenario.catalog import load_scenario, packaged
from briarpatch.scenario.check import RULES
from briarpatch.scenario.logic import Node, logic
from briarpatch.scenario.schema import json_schema

cli = importlib.import_module("briarpatch.views.cli")
SOURCE = packaged().parent


@pytest.fixture
def call(capsys, monkeypatch, tmp_path):
    """Call the command line in a folder of its own; return (status, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str):
        status = cli.main(list(arguments))
        return status, *capsys.readouterr()

    return run


def test_a_new_scenario_has_no_fault_and_overwrites_nothing(call):
    status, out, _ = call("new", "flood")
    assert status == 0
    assert "briarpatch run flood.yaml" in out
    text = Path("flood.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=briarpatch.schema.json\n")
    assert json.loads(Path("briarpatch.schema.json").read_text(encoding="utf-8")) == json_schema()
    assert call("check", "flood.yaml")[:2] == (0, "flood: no faults, no warnings\n")
    Path("flood.yaml").write_text("mine", encoding="utf-8")
    status, _, err = call("new", "flood")
    assert status == 2
    assert "flood.yaml exists already" in err
    assert Path("flood.yaml").read_text(encoding="utf-8") == "mine"


def test_a_new_scenario_from_a_template_names_the_schema_beside_it(call):
    Path("briarpatch.schema.json").write_text("{}", encoding="utf-8")
    assert "another version's" in call("new", "heist", "--from", "vault")[1]
    assert Path("briarpatch.schema.json").read_text(encoding="utf-8") == "{}"
    lines = Path("heist.yaml").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# yaml-language-server: $schema=briarpatch.schema.json"
    assert lines[1:] == (packaged() / "vault.yaml").read_text(encoding="utf-8").splitlines()[1:]
    assert call("new", "kicked", "--from", "kicks")[0] == 0
    assert call("check", "kicked.yaml", "--json")[0] == 0
    assert call("new", "rising", "--from", "insurrection")[0] == 0
    assert (Path("rising") / "briarpatch.schema.json").exists()
    assert len(list(Path("rising").glob("*.yaml"))) == len(list((packaged() / "insurrection").glob("*.yaml")))


@pytest.mark.parametrize("name", ["", ".", "a b", "../.x", "no/such name"])
def test_a_name_that_is_none_is_refused(call, name):
    status, _, err = call("new", name)
    assert status == 2
    assert "is no name for a scenario" in err
    assert not list(Path().iterdir())


def test_a_new_scenario_makes_no_folder_that_its_name_leaves_again(call):
    assert call("new", "aside/../heist")[0] == 0
    assert Path("heist.yaml").exists()
    assert not Path("aside").exists()


def test_every_scenario_that_comes_along_names_the_schema_and_keeps_it():
    schema = json_schema()
    validator = jsonschema.Draft202012Validator(schema)
    files = [*packaged().rglob("*.yaml"), *(SOURCE / "templates").glob("*.yaml")]
    assert len(files) > 30
    for file in files:
        text = file.read_text(encoding="utf-8")
        named = re.match(r"# yaml-language-server: \$schema=(.+)\n", text)
        assert named, file
        assert (file.parent / named[1]).resolve() == SOURCE / "scenario.schema.json", file
        if "insurrection" not in str(file):  # large, and no other keys
            data = yaml.load(text, yaml.CBaseLoader if hasattr(yaml, "CBaseLoader") else yaml.BaseLoader)
            wrong = [e for e in validator.iter_errors(data) if e.validator == "additionalProperties"]
            assert not wrong, (file, wrong)


def test_the_schema_that_comes_along_is_the_one_of_the_program_and_says_what_every_key_is():
    schema = json_schema()
    shipped = json.loads((SOURCE / "scenario.schema.json").read_text(encoding="utf-8"))
    assert shipped == schema
    assert schema["$id"].endswith(importlib.import_module("briarpatch").__version__)
    for model in (schema, *schema["$defs"].values()):
        for key, node in model.get("properties", {}).items():
            assert node.get("description"), (model["title"], key)
    assert "counted in m/s" in schema["$defs"]["Move"]["properties"]["speed"]["description"]


FAULTY = """\
scenario: { title: T, until: 1 d }
people: { ann: { faction: us, place: home, knows: [secret] } }
factions: { us: {} }
maps: { m: {} }
places: { home: { map: m, at: [0 km, 0 km] } }
facts: { secret: {}, unheard: {} }
rules:
  tell: { when: "knows(ann, secret) && time() > '1 h'" }
endings: { over: { told: over } }
"""


@pytest.mark.parametrize(
    ("old", "new", "rule", "line"),
    [
        ("factions: { us: {} }", "factions: { us: { hue: red } }", "unknown-key", 3),
        ("until: 1 d", "until: 1 kg", "value", 1),
        ("title: T, ", "", "missing-key", 1),
        ("title: T", "title: ' '", "blank", 1),
        ("secret) &&", "sicret) &&", "condition", 8),
        ("place: home", "place: hume", "content", 2),
        ("maps: { m: {} }", "maps: &m { m: {} }", "yaml", 4),
    ],
)
def test_a_finding_says_file_line_severity_and_rule(call, old, new, rule, line):
    Path("x.yaml").write_text(FAULTY.replace(old, new), encoding="utf-8")
    status, out, _ = call("check", "x.yaml", "--json")
    found = json.loads(out)
    assert status == 2
    assert found["ok"] is False
    first = found["findings"][0]
    assert (first["file"], first["line"], first["severity"], first["rule"]) == ("x.yaml", line, "error", rule)
    assert first["column"] >= 1
    assert rule in RULES


def test_a_warning_has_its_rule_when_it_comes_from_the_cache_too(call):
    Path("x.yaml").write_text(FAULTY, encoding="utf-8")
    for _ in range(2):
        status, out, _ = call("check", "x.yaml", "--json")
        found = json.loads(out)
        assert status == 0
        assert found["ok"] is True
        rules = {finding["rule"] for finding in found["findings"]}
        assert "unlearnable" in rules
        assert rules <= set(RULES)
        assert {finding["severity"] for finding in found["findings"]} == {"warning"}


@pytest.mark.long
def test_watching_looks_again_when_a_file_changes(tmp_path):
    file = tmp_path / "x.yaml"
    file.write_text(FAULTY, encoding="utf-8")
    command = [sys.executable, "-c", "from briarpatch.views.cli import main; raise SystemExit(main())"]
    watching = subprocess.Popen(
        [*command, "check", str(file), "--watch", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"PYTHONPATH": str(SOURCE.parent)},
    )
    assert watching.stdout is not None
    try:
        assert json.loads(watching.stdout.readline())["ok"] is True
        file.write_text(FAULTY.replace("title: T", "tittle: T"), encoding="utf-8")
        assert json.loads(watching.stdout.readline())["ok"] is False
        file.write_text(FAULTY, encoding="utf-8")
        assert json.loads(watching.stdout.readline())["ok"] is True
        began = time.monotonic()
        watching.send_signal(signal.SIGINT)
        assert watching.wait(20) == 130
        assert time.monotonic() - began < 20
    finally:
        watching.kill()
        watching.stdout.close()
        watching.wait()


def test_what_leads_to_what_is_read_off_rules_and_answers():
    found = logic(load_scenario("vault"))
    pairs = {(str(link.source), str(link.target)) for link in found.links}
    assert ("option manager.act.police", "rule police_arrive") in pairs
    assert ("rule police_arrive", "event arrest") in pairs
    assert ("event arrest", "ending caught") in pairs
    assert ("fact drilling", "decision manager.act") in pairs
    assert ("rule begin", "ending caught") not in pairs
    assert all(Node("rule", name) in found.read() for name in ("begin", "noise", "call"))
    near = found.around(found.named("arrest"), 1)
    assert {str(node) for node in near.told} == {"rule police_arrive", "event arrest", "ending caught", "story ends"}


def test_a_rule_that_nothing_reads_is_not_among_what_is_read():
    from briarpatch import load_text

    text = FAULTY.replace("endings:", "  colour: { told: It rained, when: happened(tell) }\nendings:")
    found = logic(load_text(text))
    assert Node("rule", "colour") not in found.read()
    assert ("rule tell", "rule colour") in {(str(link.source), str(link.target)) for link in found.links}


def test_pictures_name_every_place_person_rule_and_ending(call):
    scenario = load_scenario("valley")
    picture = scenario_map.svg(scenario)
    words = " ".join("".join(node.itertext()) for node in tree.fromstring(picture).iter() if node.tag.endswith("text"))
    for told in ("the dam", "the village", "the hill", "the keeper", "the mayor", "40 the villagers"):
        assert told in words, told
    assert "the lane" in picture
    graph = logic_graph.svg(logic(scenario), scenario.title)
    words = " ".join("".join(node.itertext()) for node in tree.fromstring(graph).iter() if node.tag.endswith("text"))
    for name in (*scenario.document.rules, *scenario.document.endings, *scenario.document.measures):
        assert name in words, name
    assert call("map", "valley", "--out", "valley.svg")[0] == 0
    assert Path("valley.svg").read_text(encoding="utf-8") == picture


def test_every_map_of_a_scenario_is_well_formed():
    for name in ("insurrection", "geese", "rover", "airlift", "hunt", "exile"):
        root = tree.fromstring(scenario_map.svg(load_scenario(name)))
        numbers = [value for node in root.iter() for value in node.attrib.values()]
        assert not [value for value in numbers if re.search(r"\b(nan|inf)\b", value)], name


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["map", "valley", "--out", "x.png"], "is written as .svg"),
        (["map", "valley", "--around", "dam"], "add --graph"),
        (["map", "valley", "--graph", "--around", "floud"], "did you mean 'flood'?"),
    ],
)
def test_a_picture_that_cannot_be_drawn_is_refused(call, arguments, said):
    status, _, err = call(*arguments)
    assert status == 2
    assert said in err
