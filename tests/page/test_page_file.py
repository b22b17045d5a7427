"""The one-file page: the same bytes for the same run, small, and closed to the outside."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re

import pytest

import briarpatch as bp
from briarpatch.errors import RequestError
from briarpatch.render.page_file import page_file
from briarpatch.views.cli import main

LARGEST = 400_000


@pytest.fixture(scope="module")
def valley():
    return bp.run("valley", seed=7)


def data_in(page: bytes, name: str):
    block = re.search(rf'<script type="application/octet-stream" id="data-{name}">([^<]*)</script>', page.decode())
    assert block
    return json.loads(gzip.decompress(base64.b64decode(block[1])))


def test_page_of_the_flagship_is_small():
    assert len(page_file(bp.run("insurrection", seed=2))) < LARGEST


def test_page_has_the_same_bytes_for_the_same_run(valley, tmp_path):
    valley.save(tmp_path / "valley")
    assert page_file(bp.load(tmp_path / "valley")) == page_file(valley)


def test_page_holds_both_runs(valley):
    page = page_file(valley, bp.run("valley", seed=8))
    assert data_in(page, "run")["seed"] == "7"
    assert data_in(page, "other")["seed"] == "8"
    with pytest.raises(RequestError, match="'valley' and 'vault' have nothing in common"):
        page_file(valley, bp.run("vault", seed=1))


def test_page_allows_its_own_script_alone(valley):
    page = page_file(valley).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    assert "default-src 'none'" in policy[1]
    assert "unsafe-inline" not in policy[1].split("script-src")[1].split(";")[0]
    scripts = [
        text for kind, text in re.findall(r"<script\b([^>]*)>(.*?)</script>", page, re.DOTALL) if "octet" not in kind
    ]
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy[1]
    markup = re.sub(r"<script\b.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r'(?:src|href)="(?!data:)', markup), "the page asks for nothing"


def test_words_of_a_scenario_are_never_markup(tmp_path):
    evil = "</script><img src=x onerror=alert(1)>"
    (tmp_path / "evil.yaml").write_text(
        f"""
scenario: {{ title: "{evil}", until: 1 h }}
factions: {{ f: {{ told: "{evil}" }} }}
maps: {{ m: {{ told: "{evil}" }} }}
places: {{ here: {{ told: "{evil}", map: m, at: [0 m, 0 m] }} }}
people: {{ p: {{ told: "{evil}", faction: f, place: here }} }}
rules: {{ r: {{ told: "{evil}", when: "true" }} }}
endings: {{ over: {{ told: "{evil}", when: "true" }} }}
""",
        encoding="utf-8",
    )
    page = page_file(bp.run(tmp_path / "evil.yaml")).decode()
    assert evil not in page
    assert "onerror" not in re.sub(r"<script\b.*?</script>", "", page, flags=re.DOTALL)


def test_export_writes_a_page(valley, tmp_path, capsys):
    valley.save(tmp_path / "valley")
    main(["export", str(tmp_path / "valley"), "--to", "html", "-o", str(tmp_path / "valley.html")])
    assert (tmp_path / "valley.html").read_bytes() == page_file(valley)
    assert main(["export", str(tmp_path / "valley"), "--to", "csv", "--compare", str(tmp_path / "valley")]) == 2
    assert "--compare goes with --to html" in capsys.readouterr().err


def test_a_page_of_one_person_holds_what_they_could_know_and_no_more(valley, tmp_path, capsys):
    valley.save(tmp_path / "valley")
    main(["export", str(tmp_path / "valley"), "--to", "html", "--as", "mayor", "-o", str(tmp_path / "mayor.html")])
    page = (tmp_path / "mayor.html").read_bytes()
    assert page == page_file(valley, person="mayor")
    data = data_in(page, "run")
    seat = valley.view("mayor").facts()
    assert [row[7] for row in data["entries"][1:]] == [entry["text"] for entry in seat["entries"]]
    assert [row[0] for row in data["facts"]] == [belief["fact"] for belief in seat["beliefs"]]
    assert data["beliefs"][0][-1][2] > 0.0
    assert data["moves"]["people"][0]
    assert (data["seed"], data["ending"], data["measures"], data["truth"]) == (
        "",
        None,
        [],
        [[] for _ in data["facts"]],
    )
    capsys.readouterr()
    for words, wrong in (
        (["--to", "html", "--as", "mayr"], "mayor"),
        (["--to", "csv", "--as", "mayor"], "--as goes with --to html"),
        (["--to", "html", "--as", "mayor", "--compare", str(tmp_path / "valley")], "holds one run"),
    ):
        assert main(["export", str(tmp_path / "valley"), *words, "-o", str(tmp_path / "x")]) == 2
        assert wrong in capsys.readouterr().err
