"""The server of the page: what it hands out, to whom, and what it says to nonsense."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request

import pytest
from starlette.testclient import TestClient

import briarpatch as bp
from briarpatch.render.page_data import page_data, to_json
from briarpatch.views.cli import main
from briarpatch.views.serve.application import application
from briarpatch.views.serve.guard import LARGEST_BODY
from briarpatch.views.serve.shelf import Shelf

KEY = "0123456789abcdef0123456789abcdef"
BEARER = {"authorization": f"Bearer {KEY}"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served") / "runs"
    bp.run("valley", seed=7).save(folder / "valley-7")
    bp.run("vault", seed=1).save(folder / "vault-1")
    (folder / "notes").mkdir()
    return folder


@pytest.fixture(scope="module")
def client(folder):
    answers = application(Shelf(folder), KEY, ["127.0.0.1", "localhost", "::1"], 8765)
    with TestClient(answers, base_url="http://127.0.0.1:8765", headers=BEARER) as client:
        yield client


def test_page_is_handed_out_without_a_key_and_holds_no_run(client):
    for path in ("/", "/example", "/run/valley-7", "/scenario/valley", "/compare/a/b", "/play/valley-7"):
        answer = client.get(path, headers={"authorization": ""})
        assert answer.status_code == 200
        assert 'id="data-run"' not in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "connect-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"


def test_what_the_page_consists_of_is_handed_out(client):
    page = client.get("/").text
    for path in re.findall(r'(?:src|href)="(/assets/[^"]+)"', page):
        answer = client.get(path, headers={"authorization": ""})
        assert answer.status_code == 200
        assert answer.headers["content-type"].split(";")[0] in ("text/javascript", "text/css")
        assert client.get(path, headers={"if-none-match": answer.headers["etag"]}).status_code == 304
    assert client.get("/assets/none.js").status_code == 404
    assert client.get("/assets/..%2findex.html").status_code == 404


def test_a_recorded_run_can_be_watched_before_anything_is_compiled(client):
    run = client.get("/api/example").json()
    assert run["format"] == "page-1"
    assert run["turning"]["moments"], "it is told how the chances moved"
    assert run["needed"], "and why it ended so"


@pytest.mark.parametrize("path", ["/api/home", "/api/runs/valley-7/page", "/api/scenarios/valley", "/api/none"])
@pytest.mark.parametrize("said", ["", "Bearer ", "Bearer wrong", f"Basic {KEY}", f"Bearer {KEY}x", "Bearer é"])
def test_nothing_is_told_without_the_key(client, path, said):
    assert client.get(path, headers={"authorization": said.encode("utf-8")}).status_code == 401


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8765", "127.0.0.1", "127.0.0.1:80", "", "0.0.0.0:8765"])
def test_another_host_is_refused_before_anything_is_read(client, host):
    assert client.get("/", headers={"host": host}).status_code == 403
    assert client.post("/api/runs", headers={"host": host}, content=b"x" * 1000).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "https://127.0.0.1:8765"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_another_page_is_refused(client, headers):
    assert client.get("/api/home", headers=headers).status_code == 403


def test_our_own_page_is_let_in(client):
    for host in ("127.0.0.1:8765", "localhost:8765", "[::1]:8765"):
        headers = {"host": host, "origin": f"http://{host}", "sec-fetch-site": "same-origin"}
        answer = client.get("/api/home", headers=headers)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in answer.headers


def test_home_lists_scenarios_and_runs(client):
    home = client.get("/api/home").json()
    assert {one["name"] for one in home["scenarios"]} >= {"insurrection", "valley", "vault"}
    runs = {one["id"]: one for one in home["runs"]}
    assert set(runs) == {"valley-7", "vault-1"}
    assert runs["valley-7"]["seed"] == "7"
    assert runs["valley-7"]["ending"]


def test_a_run_is_its_document(client):
    answer = client.get("/api/runs/valley-7/page")
    assert answer.content == to_json(page_data(bp.run("valley", seed=7)))
    again = client.get("/api/runs/valley-7/page", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("name", ["none", "..", "%2e%2e", "notes", "valley-7%2f..", ".", "%00", "a" * 5000])
def test_names_are_looked_up_and_never_joined(client, name):
    answer = client.get(f"/api/runs/{name}/page")
    assert answer.status_code in (404, 307)


def test_a_run_is_played_saved_and_listed(client, folder):
    answer = client.post("/api/runs", json={"scenario": "vault", "seed": "3", "choices": {"manager.act": "police"}})
    assert answer.status_code == 201
    name = answer.json()["id"]
    assert bp.load(folder / name).choices == {"manager.act": "police"}
    other = client.post(f"/api/runs/{name}/instead", json={"choices": {"manager.act": "sleep"}})
    kept = bp.load(folder / other.json()["id"])
    assert kept.choices == {"manager.act": "sleep"}
    assert kept.seed == 3


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"scenario": "../../etc/passwd"},
        {"scenario": ["valley"]},
        {"scenario": "valley", "seed": -1},
        {"scenario": "valley", "seed": "1e3"},
        {"scenario": "valley", "seed": 1.5},
        {"scenario": "valley", "seed": True},
        {"scenario": "valley", "choices": {"nobody.none": "x"}},
        {"scenario": "valley", "choices": ["x"]},
        {"scenario": "valley", "variants": {"x": 1}},
        {"scenario": "valley", "overrides": {"no.such.path": "1"}},
    ],
)
def test_nonsense_is_answered_in_words(client, asked):
    answer = client.post("/api/runs", json=asked)
    assert answer.status_code in (404, 422)
    assert answer.json()["error"]
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("content", [b"", b"[]", b"nonsense", b"[" * 50_000, b"\xff"])
def test_what_is_no_json_object_is_refused(client, content):
    assert client.post("/api/runs", content=content).status_code == 422


def test_a_large_body_is_refused(client):
    assert client.post("/api/runs", content=b" " * (LARGEST_BODY + 1)).status_code == 413

    def drops():
        for _ in range(80):
            yield b" " * 1024

    assert client.post("/api/runs", content=drops()).status_code == 413


def test_an_altered_run_is_refused_in_words(client, folder, tmp_path):
    bp.run("valley", seed=9).save(folder / "valley-9")
    log = folder / "valley-9" / "measures.json"
    log.write_text(log.read_text().replace("e", "E", 3))
    answer = client.get("/api/runs/valley-9/page")
    assert answer.status_code == 409
    assert "altered" in answer.json()["error"]


def test_export_is_the_one_file(client):
    answer = client.get("/api/runs/valley-7/export.html")
    assert 'id="data-run"' in answer.text
    assert answer.headers["content-disposition"] == 'attachment; filename="valley-7.html"'


SERVE = "import sys; from briarpatch.views.cli import main; sys.exit(main(sys.argv[1:]))"


def test_serve_listens_on_this_machine_and_stops(tmp_path):
    command = [sys.executable, "-c", SERVE, "serve", str(tmp_path / "runs"), "--port", "0", "--no-open"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)
    try:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        found = re.fullmatch(r"(http://127\.0\.0\.1:\d+)/#key=([0-9a-f]{32})", address)
        assert found, address
        request = urllib.request.Request(found[1] + "/api/home", headers={"authorization": f"Bearer {found[2]}"})
        for _ in range(50):
            try:
                with urllib.request.urlopen(request, timeout=20) as answer:
                    assert json.loads(answer.read())["runs"] == []
                break
            except ConnectionError:
                continue
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=30)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--lan", "0.0.0.0"], "would listen on all of them"),
        (["--lan", "127.0.0.1"], "is this machine's alone"),
        (["--lan", "somewhere"], "--lan takes an address of this machine"),
        (["--lan", "192.0.2.1"], "cannot listen on 192.0.2.1"),
    ],
)
def test_serve_refuses_what_it_cannot_listen_on(tmp_path, capsys, words, said):
    assert main(["serve", str(tmp_path), "--port", "0", "--no-open", *words]) == 2
    assert said in capsys.readouterr().err
