"""Reading scenario files: the core of YAML 1.2, the place of every node, folders, bounds."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from briarpatch.errors import Place, ScenarioError
from briarpatch.scenario import load
from briarpatch.scenario.catalog import load_scenario

CASES = Path(__file__).parent / "cases"


@pytest.fixture(params=["libyaml", "pure"])
def either_parser(request, monkeypatch):
    """Run a test with libyaml's parser and with the pure one."""
    if request.param == "pure":
        monkeypatch.setattr(load, "_events", lambda: (load._pure_parser(), yaml))
    return request.param


def faults(text):
    with pytest.raises(ScenarioError) as caught:
        load.read_text(text)
    return [str(fault) for fault in caught.value.faults]


def folder_faults(path):
    with pytest.raises(ScenarioError) as caught:
        load.read(path)
    return [str(fault) for fault in caught.value.faults]


def write(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


# ----------------------------------------------------------------------------------------------------- values


def test_only_the_core_types_of_yaml_are_read(either_parser):
    text = """
    a: [yes, no, on, off, y, n]
    b: [true, True, FALSE, null, ~, Null, '']
    c:
    d: [12, -3, +4, 010, 0x1F, 0o17, 1_000, 0b11]
    e: [1.5, .5, 1., -1e3, .inf, -.INF]
    f: [12:30:00, 2026-11-02, 1.2.3, +, '5', "true", nan, inf]
    g: |
      5
    "1": one
    2: two
    """
    data = load.read_text(text).data
    assert data["a"] == ["yes", "no", "on", "off", "y", "n"]
    assert data["b"] == [True, True, False, None, None, None, ""]
    assert data["c"] is None
    assert data["d"] == [12, -3, 4, 10, 31, 15, "1_000", "0b11"]
    assert data["e"] == [1.5, 0.5, 1.0, -1000.0, math.inf, -math.inf]
    assert data["f"] == ["12:30:00", "2026-11-02", "1.2.3", "+", "5", "true", "nan", "inf"]
    assert data["g"] == "5\n"
    assert data["1"] == "one"
    assert data["2"] == "two"
    assert math.isnan(load.read_text("a: .nan").data["a"])
    assert type(data["d"][0]) is int


def test_a_scalar_alone_means_what_it_would_in_a_file():
    texts = ["5", " 2.5", "true", "yes", "~", "2 h", "0x10", "'5'"]
    assert [load.scalar(text) for text in texts] == [5, 2.5, True, "yes", None, "2 h", 16, "'5'"]
    with pytest.raises(ScenarioError, match=r"^--set x 1e999 is too large"):
        load.scalar("1e999", Place("--set x"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "<text>:1:1 is empty; a scenario file is a mapping of sections, such as 'people:'"),
        (
            "# only a comment\n",
            "<text>:1:1 is empty; a scenario file is a mapping of sections, such as 'people:'",
        ),
        ("- a\n", "<text>:1:1 is a list; a scenario file is a mapping of sections, such as 'people:'"),
        ("a: 1\nb: 2\na: 3\n", "<text>:3:1 'a' stands at 1:1 too; keep one of them"),
        ("a: {x: 1, 'x': 2}\n", "<text>:1:11 'x' stands at 1:5 too; keep one of them"),
        (
            "a: &dam 1\n",
            "<text>:1:4 anchors are not read; remove '&dam', or quote the text if it belongs to it",
        ),
        (
            "a: [1, *dam]\n",
            "<text>:1:8 aliases are not read; write out what '*dam' stands for, or quote it if it is a text",
        ),
        (
            "a: !!python/object:os.system x\n",
            "<text>:1:4 tags are not read; remove '!!python/object:os.system'",
        ),
        ("a: !dam {}\n", "<text>:1:4 tags are not read; remove '!dam'"),
        ("%TAG ! tag:x,2026:\n---\na: 1\n", "<text>:1:1 tags are not read; remove the %TAG line"),
        ("a: 1\n<<: {b: 1}\n", "<text>:2:1 merge keys are not read; write the entries out"),
        ("a: {true: 1}\n", "<text>:1:5 a key must be a text, got 'true'; put it in quotes, as in \"true\""),
        ("a: {1.5: 1}\n", "<text>:1:5 a key must be a text, got '1.5'; put it in quotes, as in \"1.5\""),
        ("? [a, {b: [c]}]\n: 1\n", "<text>:1:3 a key must be a text, not a list"),
        ("? {a: 1}\n: 1\n", "<text>:1:3 a key must be a text, not a mapping"),
        ("a: 1\n---\nb: 1\n", "<text>:2:1 a second document starts here; one file holds one document"),
        ("a: 1e999\n", "<text>:1:4 1e999 is too large for a number; write .inf if infinity is meant"),
        (f"a: {'9' * 5000}\n", "<text>:1:4 this number has 5,000 characters, 100 are allowed"),
        (
            "a:\n  b: knows(x): 1\n",
            "<text>:2:14 is not YAML: a second ': ' stands in this entry, or the indentation is off; "
            "put the text in quotes",
        ),
        ("a:\n\tb: 1\n", "<text>:2:1 is not YAML: a tab indents this line; use spaces"),
        ("a: 1\nb: \x01\n", "<text>:2:4 has the character U+0001; remove it"),
        ("a: \ud800\n", "<text>:1:4 is not UTF-8 (byte 0xed); save it as UTF-8"),
    ],
)
def test_what_is_refused_and_how(text, expected, either_parser):
    assert faults(text) == [expected]


def test_broken_yaml_names_line_and_column():
    assert faults("a: 1\nb: 'open\n") == [
        "<text>:3:1 is not YAML: found unexpected end of stream while scanning a quoted scalar (from 2:4)"
    ]


def test_all_faults_of_a_file_come_together(either_parser):
    assert faults("a: &x 1\nb: *x\nc: !t 1\na: 2\n~: 3\n") == [
        "<text>:1:4 anchors are not read; remove '&x', or quote the text if it belongs to it",
        "<text>:2:4 aliases are not read; write out what '*x' stands for, or quote it if it is a text",
        "<text>:3:4 tags are not read; remove '!t'",
        "<text>:4:1 'a' stands at 1:1 too; keep one of them",
        "<text>:5:1 a key must be a text, got '~'; put it in quotes, as in \"~\"",
    ]


def test_a_flood_of_faults_is_cut(either_parser):
    listed = faults("a:\n" + "  b: 1\n" * 500)
    assert len(listed) == load.MOST_FAULTS + 1
    assert listed[-1].endswith("has more than 100 faults; the rest is left out")


# ----------------------------------------------------------------------------------------------------- places

TEXT = """\
people:
  mayor:
    name: The Mayor
    when: knows(mayor, crack) && true
    "quoted": 'it''s at(dam)'
    list: [a, {b: c}]
    double: "tab\\tat(dam) \\x41\\
      end"
    literal: |
      free(mayor)
        && held(warden)

      || true
    folded: >-
      free(mayor) &&
      held(warden)

      || true
    plain: free(mayor)
      && held(warden)
rules:
- first
- do:
    - x: 1
"""


@pytest.fixture
def source():
    return load.read_text(TEXT, "town.yaml")


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ((), 1, 1),
        (("people",), 2, 3),
        (("people", "<key>"), 1, 1),
        (("people", "mayor"), 3, 5),
        (("people", "mayor", "name"), 3, 11),
        (("people", "mayor", "name", "<key>"), 3, 5),
        (("people", "mayor", "list", 1, "b"), 6, 19),
        (("rules", 1, "do", 0, "x"), 24, 10),
        (("rules", 1, "do", 5, "x"), 24, 5),
        (("people", "warden", "name"), 2, 3),
        (("nothing",), 1, 1),
    ],
)
def test_the_place_of_a_node_or_its_nearest_ancestor(source, path, line, column):
    assert source.place(path) == Place("town.yaml", line, column)


@pytest.mark.parametrize(
    ("key", "word"),
    [
        ("when", "crack"),
        ("when", "true"),
        ("quoted", "it"),
        ("quoted", "at"),
        ("quoted", "dam"),
        ("double", "at"),
        ("double", "end"),
        ("literal", "free"),
        ("literal", "held"),
        ("literal", "warden"),
        ("literal", "true"),
        ("folded", "mayor"),
        ("folded", "held"),
        ("folded", "true"),
        ("plain", "free"),
        ("plain", "held"),
    ],
)
def test_the_place_within_a_text_of_any_style(source, key, word):
    value = source.data["people"]["mayor"][key]
    place = source.place(("people", "mayor", key), value.index(word))
    line = TEXT.splitlines()[place.line - 1]
    assert line[place.column - 1 :].startswith(word)
    assert place.line >= source.place(("people", "mayor", key)).line


def test_the_place_of_blanks_and_ends(source):
    path = ("people", "mayor", "when")
    value = source.data["people"]["mayor"]["when"]
    assert source.place(path, len(value)) == Place("town.yaml", 4, 11 + len(value))
    assert source.place(path, value.index(" &&")) == Place("town.yaml", 4, 11 + value.index(" &&"))
    assert source.place(path, 10_000) == Place("town.yaml", 4, 11 + len(value))
    assert source.place(("rules", 0), 3) == Place("town.yaml", 22, 6)
    key = ("people", "mayor", "quoted", "<key>")
    assert source.place(key, 2) == Place("town.yaml", 5, 8)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize(
    "entry", ["key: one two", "key: 'one two'", 'key: "one two"', "key: |\n  one two", 'key: "one\\\n  two"']
)
def test_places_and_faults_count_lines_as_the_parser_does(end, entry):
    text = f"first: 1\n# said\n{entry}\nlast: 2".replace("\n", end)
    source = load.read_text(text)
    lines = re.split("\r\n|[\n\r\x85\u2028\u2029]", text)
    place = source.place(("key",), source.data["key"].index("two"))
    assert lines[place.line - 1][place.column - 1 :].startswith("two")
    assert source.place(("last",)) == Place("<text>", len(lines), 7)
    for fault in ("{", "\x07", "x: [1"):
        with pytest.raises(ScenarioError) as caught:
            load.read_text(text + end + fault)
        assert caught.value.faults[0].place.line >= len(lines) + 1


def test_a_byte_that_is_no_character_is_found_behind_a_byte_order_mark_and_any_line_break(tmp_path):
    file = tmp_path / "x.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\r\xc2\x85bc: \xfe")
    with pytest.raises(ScenarioError, match=r"x\.yaml:3:5 is not UTF-8 \(byte 0xfe\)"):
        load.read(file)


plain_words = st.lists(st.text(alphabet="abz()&|'\"\\é", min_size=1, max_size=6), min_size=1, max_size=8)


@settings(max_examples=150, deadline=None)
@given(plain_words, st.sampled_from(["'", '"', "|", ">"]), st.data())
def test_every_mark_of_a_text_is_found_in_the_file(words, style, data):
    value = " ".join(words)
    if style == "'":
        text = "a:\n  b: '" + value.replace("'", "''").replace(" ", "\n    ") + "'\n"
    elif style == '"':
        text = 'a:\n  b: "' + value.replace("\\", "\\\\").replace('"', '\\"').replace(" ", "\n    ") + '"\n'
    else:
        text = f"a:\n  b: {style}\n    " + value.replace(" ", "\n    ") + "\n"
    source = load.read_text(text)
    found = source.data["a"]["b"]
    assert found.split() == words
    at = data.draw(st.sampled_from([i for i, c in enumerate(found) if not c.isspace()]))
    place = source.place(("a", "b"), at)
    there = text.splitlines()[place.line - 1][place.column - 1 :]
    assert there[0] == found[at] or there[:2] == "\\" + found[at]


# ---------------------------------------------------------------------------------------------------- folders


def test_a_folder_is_read_as_one_scenario(tmp_path):
    folder = tmp_path / "valley"
    (folder / "more" / "deeper").mkdir(parents=True)
    write(
        folder,
        b="rules: [one]\npeople:\n  mayor: {age: 57}\n",
        a="scenario: {title: T}\nrules:\n- zero\n- {x: 1}\n",
    )
    (folder / "more" / "c.yml").write_text("people: {warden: 1}\nrules: [{y: two}]\nempty:\n")
    (folder / "more" / "deeper" / "d.YML").write_text("people: {aunt: 1}")
    (folder / "more" / "deeper" / "round").symlink_to(folder / "more")
    (folder / "notes.txt").write_text("x")
    (folder / "more" / ".hidden.YAML").write_text("never: read")
    source = load.read(folder)
    assert source.name == "valley"
    assert source.data == {
        "scenario": {"title": "T"},
        "rules": ["zero", {"x": 1}, "one", {"y": "two"}],
        "people": {"mayor": {"age": 57}, "warden": 1, "aunt": 1},
        "empty": None,
    }
    assert list(source.files) == ["a.yaml", "b.yaml", "more/c.yml", "more/deeper/d.YML"]
    assert source.left_out == ["more/.hidden.YAML"]
    assert source.files["b.yaml"] == hashlib.sha256((folder / "b.yaml").read_bytes()).hexdigest()
    assert source.place(("rules", 2)) == Place("b.yaml", 1, 9)
    assert source.place(("rules", 3, "y")) == Place("more/c.yml", 2, 13)
    assert source.place(("rules", 3, "y"), 2) == Place("more/c.yml", 2, 15)
    assert source.place(("people", "warden", "<key>")) == Place("more/c.yml", 1, 10)


def test_a_file_is_read_however_deep_it_lies_and_however_its_ending_is_written(tmp_path):
    folder = shutil.copytree(CASES / "folder_left_out", tmp_path / "town")
    assert folder_faults(folder) == [
        "part/d.YML:1:15 is not YAML: a second ': ' stands in this entry, or the indentation is off; put the text in quotes"
    ]
    (folder / "part" / "d.YML").write_text('rules: { four: { when: "true", after: 1 h } }')
    (folder / ".e.yaml").write_text('rules: { five: { when: "true", after: 1 h } }')
    scenario = load_scenario(folder)
    assert sorted(scenario.names.rows["rule"]) == ["four", "one", "three", "two"]
    remark = f"{folder}/.e.yaml begins with a dot, so it is not read; rename it if it belongs here"
    assert [str(warning) for warning in scenario.warnings] == [remark]
    again = load_scenario(folder)  # from the cache
    assert [str(warning) for warning in again.warnings] == [remark]
    (folder / ".e.yaml").unlink()
    assert load_scenario(folder).warnings == []


def test_a_folder_with_too_much_in_it_is_not_searched(tmp_path, monkeypatch):
    monkeypatch.setattr(load, "MOST_ENTRIES", 5)
    for number in range(3):
        (tmp_path / str(number) / "deep").mkdir(parents=True)
    write(tmp_path, a="b: 1")
    assert folder_faults(tmp_path) == [f"{tmp_path} has more than 5 files and folders in it"]


def test_a_file_alone_is_a_scenario(tmp_path):
    write(tmp_path, valley="people: {mayor: 1}\n")
    source = load.read(tmp_path / "valley.yaml")
    assert (source.name, list(source.files)) == ("valley", ["valley.yaml"])
    assert str(source.place(("people", "mayor"))) == "valley.yaml:1:17"


def test_the_digest_covers_names_and_contents(tmp_path):
    digests = set()
    for number, files in enumerate([{"a": "x: 1"}, {"b": "x: 1"}, {"a": "x: 2"}, {"a": "x: 1", "b": "y: 1"}]):
        folder = tmp_path / str(number)
        folder.mkdir()
        digests.add(load.read(write(folder, **files)).digest)
    assert len(digests) == 4
    same = tmp_path / "same"
    same.mkdir()
    assert load.read(write(same, a="x: 1")).digest == load.read(tmp_path / "0").digest


def test_what_two_files_may_not_both_say(tmp_path):
    write(
        tmp_path,
        a="people:\n  mayor: 1\ntitle: x\nrules: []\n",
        b="people:\n  warden: 1\n  mayor: 2\ntitle: y\nrules: {}\n",
    )
    assert folder_faults(tmp_path) == [
        "b.yaml:3:3 'mayor' stands at a.yaml:2:3 too; keep one of them",
        "b.yaml:4:1 'title' stands at a.yaml:3:1 too; keep one of them",
        "b.yaml:5:1 section 'rules' is a mapping here and a list at a.yaml:4:1; write both alike",
    ]


def test_faults_of_all_files_come_together(tmp_path):
    write(tmp_path, a="x: [1\n", b="- 1\n", c="y: *z\n", d="fine: 1\n")
    (tmp_path / "e.yaml").write_bytes(b"a: 1\nb: \xc3\xa9\xff\n")
    listed = folder_faults(tmp_path)
    assert [line.split(" ")[0] for line in listed] == ["a.yaml:2:1", "b.yaml:1:1", "c.yaml:1:4", "e.yaml:2:5"]
    assert listed[3] == "e.yaml:2:5 is not UTF-8 (byte 0xff); save it as UTF-8"


def test_what_cannot_be_read_is_said(tmp_path):
    assert folder_faults(tmp_path / "gone") == [f"{tmp_path / 'gone'} no such file or folder"]
    assert folder_faults(tmp_path) == [f"{tmp_path} has no .yaml file in it"]
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "folder.yaml").mkdir()
    assert folder_faults(tmp_path) == ["folder.yaml is not a plain file", "pipe.yaml is not a plain file"]
    assert folder_faults(tmp_path / "pipe.yaml") == ["pipe.yaml is not a plain file"]
    with pytest.raises(ScenarioError):
        load.read("bad\0name")


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    folder = tmp_path / "town"
    folder.mkdir()
    (tmp_path / "outside").mkdir()
    write(tmp_path / "outside", secret="a: 1")
    write(folder, fine="b: 1")
    (folder / "link.yaml").symlink_to(tmp_path / "outside" / "secret.yaml")
    (folder / "sub").symlink_to(tmp_path / "outside")
    (folder / "loop.yaml").symlink_to(folder / "loop.yaml")
    assert folder_faults(folder) == [
        "link.yaml is a link out of the scenario's folder; copy the file into it",
        "loop.yaml is a link out of the scenario's folder; copy the file into it",
        "sub is a link out of the scenario's folder; copy the file into it",
    ]


def test_a_name_that_is_no_text_can_be_told(tmp_path):
    try:
        (tmp_path / os.fsdecode(b"\xff.yaml")).write_text("a: *b\n")
    except OSError:
        pytest.skip("this file system has only text names")  # as on macOS; on Linux it always runs
    [line] = folder_faults(tmp_path)
    assert line.encode("utf-8").startswith(b"\\udcff.yaml:1:4 aliases")


# ----------------------------------------------------------------------------------------------------- bounds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: " + "[" * 39 + "]" * 39, None),
        ("a: " + "[" * 40 + "]" * 40, "<text>:1:43 mappings and lists are nested more than 40 deep"),
        ("[" * 3_900_000, "<text>:1:41 mappings and lists are nested more than 40 deep"),
        ("- " * 1_900_000, "<text>:1:81 mappings and lists are nested more than 40 deep"),
        ("? " * 1_900_000, "<text>:1:3 a key must be a text, not a mapping"),
        (
            "a: [" + "b," * 500_000 + "]",
            "<text>:1:799999 the scenario has more than 400,000 nodes; make it smaller",
        ),
        ("a" * 4_000_001, "<text> has more than 4,000,000 bytes; split it into several files of one folder"),
    ],
)
def test_bounds_give_one_clear_fault(text, expected):
    if expected is None:
        assert load.read_text(text).data
    else:
        assert faults(text)[0] == expected
        assert len(faults(text)) <= 2


def test_bounds_of_folders(tmp_path, monkeypatch):
    for i in range(4):
        (tmp_path / f"f{i}.yaml").write_text(f"s{i}: [1, 2, 3]\n")
    assert len(load.read(tmp_path).data) == 4
    monkeypatch.setattr(load, "MOST_NODES", 12)
    assert folder_faults(tmp_path) == ["f2.yaml:1:1 the scenario has more than 12 nodes; make it smaller"]
    monkeypatch.setattr(load, "LARGEST_SCENARIO", 40)
    assert "f2.yaml the scenario has more than 40 bytes; make it smaller" in folder_faults(tmp_path)
    monkeypatch.setattr(load, "LARGEST_FILE", 5)
    assert folder_faults(tmp_path)[0].startswith("f0.yaml has more than 5 bytes")
    monkeypatch.setattr(load, "MOST_FILES", 3)
    assert folder_faults(tmp_path) == [f"{tmp_path} has 4 files, 3 are allowed"]


# -------------------------------------------------------------------------------------------- arbitrary texts

PIECES = [
    *(
        "a",
        "b: ",
        "- ",
        "\n",
        "  ",
        "[",
        "]",
        "{",
        "}",
        ",",
        ": ",
        "? ",
        "'",
        '"',
        "|",
        ">",
        "|-\n",
        "#",
        "&x ",
        "*x",
    ),
    *(
        "!t ",
        "!!int ",
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "<<: ",
        "~",
        "true",
        "1",
        "0x",
        ".inf",
        "\t",
        "\\",
        "\x00",
    ),
    *("\ufeff", "\x85", "\u2028", "é", "\r", "@", "`", "1e9", "null: ", "...", "😀"),
]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.text(max_size=100))
def test_any_text_is_read_or_refused(text):
    try:
        source = load.read_text(text)
    except ScenarioError as refused:
        error = refused
    else:
        error = None
    if error is not None:
        assert error.faults
        assert all(fault.message for fault in error.faults)
        return
    assert isinstance(source.data, dict)
    for path, place in source.places.items():
        assert place.line >= 1
        for offset in (1, 3):
            assert source.place(path, offset).line >= place.line


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path_factory, content):
    file = tmp_path_factory.mktemp("any") / "x.yaml"
    file.write_bytes(content)
    try:
        said = str(load.read(file).place(()))
    except ScenarioError as error:
        said = str(error)
    assert said.startswith("x.yaml")


letters = st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"])  # a pair of surrogates is JSON and not YAML
keys = st.text(letters, min_size=1, max_size=5)
finite = st.floats(allow_nan=False, allow_infinity=False)
trees = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | finite | st.text(letters, max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=15,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(keys, trees, min_size=1, max_size=4))
def test_what_json_writes_is_read_back(data):
    """JSON is YAML 1.2: the same data come back, whichever parser reads them."""
    text = json.dumps(data)
    assert load.read_text(text).data == json.loads(text)
