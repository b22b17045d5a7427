"""Long questions that are asked of the server: played in a process of their own, watched, stopped, gone on with."""

from __future__ import annotations

import asyncio
import json
import os
import time

import pytest
from starlette.testclient import TestClient

import briarpatch as bp
from briarpatch.views.serve import jobs
from briarpatch.views.serve.application import application
from briarpatch.views.serve.guard import LARGEST_BODY
from briarpatch.views.serve.shelf import Shelf

KEY = "0123456789abcdef0123456789abcdef"
BEARER = {"authorization": f"Bearer {KEY}"}
ENDLESS = {"scenario": "vault", "n": 10_000_000, "confirmed": True}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served") / "runs"
    bp.run("vault", seed=3).save(folder / "vault-3")
    bp.ensemble("vault", 30, arms=["as it is", "police: choose manager.act=police"], out=folder / "many", workers=1)
    return folder


@pytest.fixture
def client(folder):
    answers = application(Shelf(folder), KEY, ["127.0.0.1", "localhost", "::1"], 8765)
    with TestClient(answers, base_url="http://127.0.0.1:8765", headers=BEARER) as client:
        yield client


def ended(client, name, wanted=("done", "stopped", "failed")):
    """Return a job once it is in one of the states."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        found = client.get(f"/api/jobs/{name}").json()
        if found["state"] in wanted:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{name} is still {found['state']}")


def test_a_decision_is_played_and_answered(client, folder):
    asked = {"scenario": "vault", "decision": ["manager.act"], "n": 12}
    answer = client.post("/api/decisions", json=asked)
    assert answer.status_code == 202
    name = answer.json()["id"]
    found = ended(client, name)
    assert found["state"] == "done", found["words"]
    assert found["answer"]["decisions"]
    assert found["text"].strip() == bp.decide("vault", "manager.act", 12).text(80).strip()
    assert client.get(f"/api/decisions/{name}").json()["answer"] == found["answer"]
    assert client.post("/api/decisions", json=asked).json() == {**answer.json(), "state": "done"} | {
        "progress": found["progress"]
    }
    assert name in [job["id"] for job in client.get("/api/jobs").json()]


@pytest.mark.long
@pytest.mark.parametrize(
    ("call", "asked", "has"),
    [
        ("turning", {"checkpoints": 4, "continuations": 10}, "moments"),
        ("whatif", {"choices": {"manager.act": "police"}, "n": 10}, "endings"),
        ("review", {"worlds": 4, "shifts": ["-30 min"]}, "chances"),
    ],
)
def test_questions_about_a_run_are_played(client, call, asked, has):
    answer = client.post(f"/api/runs/vault-3/{call}", json=asked)
    assert answer.status_code == 202
    found = ended(client, answer.json()["id"])
    assert found["state"] == "done", found["words"]
    assert found["answer"][has]


def test_a_stop_is_certain_and_the_same_question_goes_on(client, folder):
    name = client.post("/api/ensembles", json=ENDLESS).json()["id"]
    ended(client, name, ("playing",))
    began = time.monotonic()
    while not (client.get(f"/api/jobs/{name}").json()["progress"] or {}).get("done"):
        time.sleep(0.05)
        assert time.monotonic() - began < 120
    stopped = client.post(f"/api/jobs/{name}/stop").json()
    assert stopped["state"] == "stopped"
    assert "goes on" in stopped["words"]
    there = bp.load_ensemble(folder / name)
    assert 0 < there.seeds < ENDLESS["n"]
    before = there.seeds
    assert client.post("/api/ensembles", json=ENDLESS).json()["state"] in ("waiting", "playing")
    ended(client, name, ("playing",))
    client.post(f"/api/jobs/{name}/stop")
    assert bp.load_ensemble(folder / name).seeds >= before


def test_jobs_wait_for_one_another_and_two_of_a_key_are_enough(client):
    names = [client.post("/api/ensembles", json={**ENDLESS, "first": first}).json()["id"] for first in (1, 2)]
    third = client.post("/api/ensembles", json={**ENDLESS, "first": 3})
    assert third.status_code == 429
    assert names[0] in third.json()["error"]
    assert client.get(f"/api/jobs/{names[1]}").json()["state"] == "waiting"
    assert client.post(f"/api/jobs/{names[1]}/stop").json()["state"] == "stopped"
    assert client.post(f"/api/jobs/{names[0]}/stop").json()["state"] == "stopped"


def test_a_process_that_is_killed_is_told(client):
    name = client.post("/api/ensembles", json={**ENDLESS, "first": 9}).json()["id"]
    ended(client, name, ("playing",))
    for pid in os.listdir("/proc"):
        if pid.isdigit() and _is_ours(pid):
            os.kill(int(pid), 9)
    found = ended(client, name)
    assert found["state"] == "failed"
    assert "asking the same again goes on" in found["words"]


def _is_ours(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as line, open(f"/proc/{pid}/stat") as facts:
            parent = int(facts.read().rpartition(")")[2].split()[1])
            return b"briarpatch.views.serve.work" in line.read() and parent == os.getpid()
    except (OSError, ValueError, IndexError):
        return False


@pytest.mark.parametrize(
    ("path", "asked", "status", "wrong"),
    [
        ("/api/ensembles", {"scenario": "vualt"}, 404, "there is no scenario 'vualt'"),
        ("/api/ensembles", {}, 422, "which scenario"),
        ("/api/ensembles", {"scenario": "vault", "n": "many"}, 422, "'n' cannot be \"many\""),
        ("/api/ensembles", {"scenario": "vault", "n": -1}, 422, "'n' cannot be -1"),
        ("/api/ensembles", {"scenario": "vault", "out": "/etc"}, 422, "'out' is nothing that such a job can be told"),
        ("/api/ensembles", {"scenario": "vault", "n": 100_001}, 422, 'add "confirmed": true if they are meant'),
        ("/api/ensembles", {"scenario": "vault", "n": 50_001, "arms": ["a", "b: x"]}, 422, "100,002 worlds"),
        ("/api/ensembles", {"scenario": "vault", "half_width": 0.01}, 422, "1,000,000 worlds"),
        ("/api/decisions", {"scenario": "vault", "weights": {"lost": "1"}}, 422, "'weights' cannot be"),
        ("/api/runs/vault-4/turning", {}, 404, "there is no run 'vault-4'"),
        ("/api/runs/vault-3/turning", {"continuations": 10_000}, 422, 'add "confirmed": true'),
        ("/api/runs/..%2Fvault-3/whatif", {}, 404, ""),
        ("/api/jobs/none/stop", {}, 404, "there is no job 'none'"),
    ],
)
def test_nonsense_is_refused_in_words(client, path, asked, status, wrong):
    answer = client.post(path, json=asked)
    assert answer.status_code == status
    assert wrong in answer.text.replace('\\"', '"')


def test_what_the_question_itself_refuses_is_told(client):
    name = client.post("/api/decisions", json={"scenario": "vault", "decision": ["manager.akt"], "n": 5}).json()["id"]
    found = ended(client, name)
    assert found["state"] == "failed"
    assert "did you mean 'manager.act'" in found["words"]


def test_only_the_key_asks_and_bodies_are_small(client):
    for path in ("/api/jobs", "/api/stream", "/api/ensembles/many/rows"):
        assert client.get(path, headers={"authorization": "Bearer wrong"}).status_code == 401
    large = json.dumps({"scenario": "vault", "of": "x" * LARGEST_BODY})
    assert client.post("/api/ensembles", content=large).status_code == 413


def test_rows_come_by_window_sorted_and_chosen(client, folder):
    table = bp.load_ensemble(folder / "many").table.with_row_index("row")
    found = client.get("/api/ensembles/many/rows?from=2&count=3").json()
    assert found["columns"] == table.columns
    assert found["total"] == 60
    assert [row[0] for row in found["rows"]] == [2, 3, 4]
    late = client.get("/api/ensembles/many/rows", params={"sort": "-time", "where": ["arm=police", "time>60"]}).json()
    wanted = table.filter((table["arm"] == "police") & (table["time"] > 60.0)).sort(
        "time", "row", descending=[True, False]
    )
    assert [row[0] for row in late["rows"]] == wanted["row"].to_list()
    assert client.get("/api/ensembles/many").json()["answer"]["seeds"] == 30
    for params, wrong in (
        ({"sort": "tiem"}, "'tiem' is no column; there are row, seed"),
        ({"where": "time>soon"}, "'time' is compared with a number"),
        ({"where": "tiem>3"}, "'tiem' is no column with a comparison"),
        ({"from": "-1"}, "whole numbers"),
    ):
        answer = client.get("/api/ensembles/many/rows", params=params)
        assert answer.status_code == 422
        assert wrong in answer.json()["error"]


def test_rows_have_the_columns_that_are_asked_for(client):
    found = client.get("/api/ensembles/many/rows", params={"column": ["ending", "seed"], "count": "1"}).json()
    assert found["columns"] == ["row", "ending", "seed"]
    assert "measure:lost" in found["all"]
    answer = client.get("/api/ensembles/many/rows", params={"column": "endig"})
    assert answer.status_code == 422
    assert "'endig' is no column" in answer.json()["error"]


def test_a_row_opens_as_the_run_that_it_was_and_only_once(client, folder):
    table = bp.load_ensemble(folder / "many").table
    name = client.post("/api/ensembles/many/rows/5", json={}).json()["id"]
    assert client.post("/api/ensembles/many/rows/5", json={}).json()["id"] == name
    run = bp.load(folder / name)
    assert (run.seed, run.ending) == (table["seed"][5], table["ending"][5])
    assert run.choices == {"manager.act": "police"}
    for path, wrong in (("many/rows/60", "there is no row 60"), ("vault-3/rows/0", "there is no job 'vault-3'")):
        answer = client.post(f"/api/ensembles/{path}", json={})
        assert answer.status_code == 404
        assert wrong in answer.json()["error"]


def test_a_review_leaves_documents_and_what_the_page_of_its_run_shows(client, folder):
    bp.run("vault", seed=5).save(folder / "vault-5")
    asked = {"worlds": 0, "parts": ["why", "events", "word"]}
    job = ended(client, client.post("/api/runs/vault-5/review", json=asked).json()["id"])
    assert (job["state"], job["scenario"]) == ("done", "vault"), job["words"]
    for name, kind, has in (
        ("review.html", "text/html", "<h1>"),
        ("review.md", "text/markdown", "# "),
        ("events.csv", "text/csv", "type,"),
    ):
        answer = client.get(f"/api/jobs/{job['id']}/{name}")
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["content-disposition"] == "attachment"
        assert has in answer.text
    assert client.get("/api/runs/vault-5/page").json()["needed"]
    for name in ("answer.json", "..%2Fvault-5%2Fprovenance.json", "none"):
        assert client.get(f"/api/jobs/{job['id']}/{name}").status_code == 404


def test_a_stream_that_comes_back_gets_what_it_missed(folder):
    async def look() -> None:
        desk = jobs.Desk(Shelf(folder))
        entry = jobs.Entry("x", {"kind": "ensemble"}, jobs.WAITING)
        for _ in range(3):
            await desk._tell(entry)
        missed = desk.events("1")
        assert [(await anext(missed)).splitlines()[0] for _ in range(2)] == ["id: 2", "id: 3"]
        unknown = desk.events("77")
        assert await anext(unknown) == "event: reset\ndata: {}\n\n"
        fresh = asyncio.ensure_future(anext(desk.events(None)))
        await asyncio.sleep(0)
        await desk._tell(entry)
        assert (await fresh).startswith("id: 4\nevent: job\ndata: {")

    asyncio.run(look())


def test_a_stream_says_that_it_is_alive(folder, monkeypatch):
    monkeypatch.setattr(jobs, "ALIVE", 0.01)

    async def look() -> None:
        assert await anext(jobs.Desk(Shelf(folder)).events(None)) == ": alive\n\n"

    asyncio.run(look())


def test_the_next_server_knows_what_the_last_one_left(folder, client):
    name = client.post("/api/ensembles", json={**ENDLESS, "first": 5}).json()["id"]
    ended(client, name, ("playing",))
    client.post(f"/api/jobs/{name}/stop")
    answers = application(Shelf(folder), KEY, ["127.0.0.1"], 8765)
    with TestClient(answers, base_url="http://127.0.0.1:8765", headers=BEARER) as other:
        left = {job["id"]: job for job in other.get("/api/jobs").json()}
        assert left["many"]["state"] == "done"
        if name in left:  # it had begun to keep something
            assert left[name]["state"] == "stopped"
            assert left[name]["asked"]["first"] == 5
