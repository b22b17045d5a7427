"""Games over HTTP: who may do what, what each is shown, and what survives."""

from __future__ import annotations

import json
import os
import queue
import re
import signal
import stat
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import pytest
from starlette.testclient import TestClient

import briarpatch as bp
from briarpatch.games import keeping
from briarpatch.views.serve import table
from briarpatch.views.serve.application import application
from briarpatch.views.serve.guard import LARGEST_BODY
from briarpatch.views.serve.shelf import Shelf

KEY = "0123456789abcdef0123456789abcdef"
SEATS = {"manager": "human", "guard": "human", "clerk": "human"}


class At:
    """One place at the table: a key, and the game that it opens."""

    def __init__(self, client, game, key):
        self.client, self.path, self.headers = client, f"/api/games/{game}", {"authorization": f"Bearer {key}"}

    def look(self, **query):
        return self.client.get(self.path, headers=self.headers, params=query)

    def post(self, call, **body):
        return self.client.post(f"{self.path}/{call}", headers=self.headers, json=body)

    def choose(self, option, **other):
        view = self.look().json()
        question = view["question"] if view["role"] == "facilitator" else view["view"]["question"]
        asked = {"decision": question["decision"], "option": option, "version": view["version"]}
        return self.post("choose", **asked | other)


def sit(client, seats=SEATS, **other):
    """Make a game of vault; return its places by name, the owner's too, and its name."""
    made = client.post("/api/games", json={"scenario": "vault", "seed": 3, "seats": seats} | other).json()
    links = {"facilitator": made["facilitator"], **made["seats"]}
    keys = {who: link.partition("#key=")[2] for who, link in links.items()}
    assert all(link.startswith(f"/play/{made['id']}#key=") for link in links.values())
    places = {who: At(client, made["id"], key) for who, key in keys.items()}
    return places | {"owner": At(client, made["id"], KEY)}, made["id"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("games") / "runs"


@pytest.fixture(scope="module")
def shelf(folder):
    return Shelf(folder)


@pytest.fixture(scope="module")
def client(shelf):
    answers = application(shelf, KEY, ["127.0.0.1", "localhost", "::1"], 8765)
    headers = {"authorization": f"Bearer {KEY}"}
    with TestClient(answers, base_url="http://127.0.0.1:8765", headers=headers) as client:
        yield client


def test_a_game_is_played_by_its_seats_and_kept_as_a_run(client, folder):
    at, name = sit(client)
    assert at["manager"].look().json()["view"]["question"]["decision"] == "manager.act"
    assert at["guard"].look().json()["view"]["question"] is None
    assert at["manager"].choose("look", reason="To be sure").status_code == 200
    assert at["guard"].choose("lie").status_code == 200
    assert at["clerk"].look().json()["state"] == "playing"
    ended = at["facilitator"].post("end").json()
    assert (ended["state"], ended["answers"]) == ("ended", 2)
    run = bp.load(folder / ended["run"])
    assert run.answers == [("manager.act", "look"), ("guard.answer", "lie")]
    assert run.played["nodes"][0]["reason"] == "To be sure"
    assert at["clerk"].look().json()["run"] == ended["run"]
    page = client.get(f"/api/games/{name}/page", headers=at["clerk"].headers).json()
    assert [node["kind"] for node in page["played"]["nodes"]] == ["answer", "answer"]
    assert at["facilitator"].post("note", words="Late").status_code == 409
    assert [game["run"] for game in client.get("/api/games").json() if game["id"] == name] == [ended["run"]]


@pytest.mark.parametrize("key", ["", "0" * 32, KEY[:-1], "é"])
def test_a_wrong_token_opens_nothing(client, key):
    at, name = sit(client)
    stranger = At(client, name, key)
    stranger.headers = {"authorization": f"Bearer {key}".encode()}
    assert stranger.look().status_code == 401
    assert stranger.post("end").status_code == 401
    assert at["owner"].look().json()["state"] == "playing"


def test_a_token_opens_its_own_game_and_nothing_else(client):
    at, name = sit(client)
    _, other = sit(client)
    for who in ("manager", "facilitator"):
        headers = at[who].headers
        for path in (
            f"/api/games/{other}",
            f"/api/games/{other}/events",
            "/api/home",
            "/api/games/none",
        ):
            assert client.get(path, headers=headers).status_code == 401
        assert client.get("/api/games", headers=headers).status_code == 401
        assert client.post("/api/runs", headers=headers, json={}).status_code == 401
    assert client.get("/api/games/none").status_code == 404
    assert name != other


def test_host_origin_and_size_are_looked_at_first(client):
    at, name = sit(client)
    for headers in ({"host": "evil.example"}, {"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}):
        assert client.get(f"/api/games/{name}", headers=at["manager"].headers | headers).status_code == 403
        assert client.post(f"/api/games/{name}/end", headers=headers).status_code == 403
    big = client.post(f"/api/games/{name}/note", headers=at["facilitator"].headers, content=b"x" * (LARGEST_BODY + 1))
    assert big.status_code == 413
    assert client.get(f"/play/{name}", headers={"authorization": ""}).status_code == 200


def test_a_seat_gets_nothing_of_another(client):
    at, name = sit(client)
    at["manager"].post("seat", name="Ada <b>")
    at["manager"].post("order", words="Only for the facilitator")
    at["facilitator"].post("note", words="A secret note")
    at["facilitator"].post("note", words="For the guard", to=["guard"])
    text = at["clerk"].look().text
    for hidden in ("Ada", "Only for", "secret", "For the guard", "manager.act", "seed", "would", "utility"):
        assert hidden not in text
    assert at["clerk"].look(**{"as": "manager"}).status_code == 403
    for path in ("links", "page"):
        assert client.get(f"/api/games/{name}/{path}", headers=at["clerk"].headers).status_code == 403
    for call in ("inject", "clock", "pause", "back", "note", "end", "answer-order"):
        assert at["clerk"].post(call, answers=0).status_code == 403
    for body in ({"person": "manager", "name": "x"}, {"holder": "program"}, {"person": "clerk", "new_link": True}):
        assert at["clerk"].post("seat", **body).status_code == 403
    version = at["clerk"].look().json()["version"]
    stolen = at["clerk"].post("choose", decision="manager.act", option="sleep", version=version)
    assert stolen.status_code == 409
    assert at["facilitator"].look().json()["answers"] == 0
    seen = at["facilitator"].look(**{"as": "clerk"}).json()
    assert seen == at["clerk"].look().json()


def test_stale_and_doubled_choices_change_nothing(client):
    at, _ = sit(client)
    view = at["manager"].look().json()
    body = {"decision": "manager.act", "option": "look", "version": view["version"]}
    assert at["manager"].post("choose", **body | {"version": "0-0"}).status_code == 409
    assert at["manager"].post("choose", **body).status_code == 200
    doubled = at["manager"].post("choose", **body)
    assert doubled.status_code == 409
    assert doubled.json()["view"]["version"] != view["version"]
    at["facilitator"].post("back", answers=0)
    assert at["manager"].post("choose", **body).status_code == 409
    assert at["manager"].choose("sleep").status_code == 200
    assert at["facilitator"].look().json()["tree"]["at"] == 2


def test_a_facilitator_s_choice_stands_if_it_was_made_since_the_question_came_up(client):
    at, _ = sit(client)
    view = at["facilitator"].look().json()
    at["clerk"].post("seat", name="Cy")
    asked = {"decision": "manager.act", "option": "sleep", "version": view["version"]}
    assert at["facilitator"].look().json()["version"] != view["version"]
    assert at["facilitator"].post("choose", **asked).status_code == 200
    at["facilitator"].post("back", answers=0)
    assert at["facilitator"].post("choose", **asked).status_code == 409
    assert at["facilitator"].choose("sleep").status_code == 200


def test_two_tabs_of_one_seat_answer_once(client):
    at, _ = sit(client)
    first, second = at["manager"].look().json()["version"], at["manager"].look().json()["version"]
    answers = [
        at["manager"].post("choose", decision="manager.act", option=option, version=version).status_code
        for option, version in (("look", first), ("sleep", second))
    ]
    assert answers == [200, 409]


def test_a_seat_s_numbers_do_not_tell_what_others_do(client):
    at, _ = sit(client)
    before = at["clerk"].look().json()
    at["manager"].choose("sleep")
    at["facilitator"].post("note", words="x")
    assert at["clerk"].look().json() == before


def test_injects_messages_and_orders(client):
    at, _ = sit(client)
    view = at["facilitator"].post("inject", inject="passer_by").json()
    assert [one["given"] for one in view["injects"]] == [1, 0]
    assert at["facilitator"].post("inject", inject="passer_by").status_code == 422
    assert at["facilitator"].post("inject", inject="driller_taken_ill", at="2 h").json()["coming"][0]["at"] == 7200.0
    sent = at["manager"].post("message", to="guard", words="<script>", channel="telephone")
    assert sent.json()["messages"][0]["words"] == "<script>"
    assert at["guard"].look().json()["messages"] == []
    assert at["facilitator"].post("message", **{"as": "clerk"}, to="manager", words="Psst").status_code == 200
    assert [one["way"] for one in at["manager"].look().json()["messages"]] == ["out", "in"]
    assert at["manager"].post("order", words="Wake the mayor").json()["orders"][0]["answer"] is None
    number = at["facilitator"].look().json()["orders"][0]["order"]
    assert at["facilitator"].post("answer-order", order=number, refusal="He is away").status_code == 200
    assert at["manager"].look().json()["orders"][0]["answer"] == {"kind": "refusal", "words": "He is away"}
    for call, body in (
        ("message", {"to": "mayor", "words": "x"}),
        ("message", {"to": "guard", "words": 7}),
        ("order", {"words": ""}),
        ("nonsense", {}),
    ):
        assert at["manager"].post(call, **body).status_code in (404, 422)
    assert at["facilitator"].post("order", words="x").status_code == 403


def test_a_seat_is_handed_to_the_program_and_its_link_is_renewed(client, folder):
    at, name = sit(client)
    assert at["facilitator"].post("seat", person="manager", holder="program").json()["question"]["decider"] == "guard"
    old = at["guard"]
    at["facilitator"].post("seat", person="guard", new_link=True)
    assert old.look().status_code == 401
    links = client.get(f"/api/games/{name}/links", headers=at["facilitator"].headers).json()
    new = At(client, name, links["seats"]["guard"].partition("#key=")[2])
    assert new.choose("confess").status_code == 200
    mode = (folder / name / keeping.LINKS).stat().st_mode
    assert os.name == "nt" or stat.S_IMODE(mode) == 0o600


def test_pause_stops_answers_and_the_clock_is_set(client):
    at, _ = sit(client)
    assert at["facilitator"].post("pause", paused=True).json()["state"] == "paused"
    assert at["manager"].choose("look").status_code == 409
    assert at["facilitator"].post("clock", rate=60, shown=True).json()["pace"]["rate"] == 60
    at["facilitator"].post("pause", paused=False)
    assert at["manager"].choose("look").status_code == 200
    for body in ({"rate": -1}, {"rate": "x"}, {"until": {}}, {"hurry": 1}):
        assert at["facilitator"].post("clock", **body).status_code == 422


def test_the_clock_runs_in_real_time(client, monkeypatch):
    monkeypatch.setattr(table, "TICK", 0.02)
    at, _ = sit(client)
    at["facilitator"].post("clock", rate=2000)
    at["manager"].choose("look")
    until = time.monotonic() + 20
    while at["facilitator"].look().json()["question"] is None and time.monotonic() < until:
        time.sleep(0.05)
    assert at["guard"].look().json()["view"]["question"]["decision"] == "guard.answer"


def test_a_steady_pace_holds_views_back(client, monkeypatch):
    monkeypatch.setattr(table, "TICK", 0.02)
    at, _ = sit(client)
    at["facilitator"].post("clock", steady=600)
    assert at["manager"].choose("look").json()["view"]["question"] is None
    assert at["facilitator"].look().json()["question"]["decider"] == "guard"
    assert at["guard"].look().json()["view"]["question"] is None
    at["facilitator"].post("clock", steady=None)
    assert at["guard"].look().json()["view"]["question"]["decision"] == "guard.answer"


def test_a_lone_player_takes_back_and_ends(client):
    at, _ = sit(client, {"manager": "human", "guard": "program"}, lone=True)
    assert at["manager"].post("back", answers=0).status_code == 422
    ended = at["manager"].choose("look").json()
    assert (ended["state"], ended["lone"]) == ("ended", True)
    again, _ = sit(client, {"guard": "human"}, lone=True)
    assert again["guard"].look().json()["may"]["back"] == 0
    assert again["guard"].post("back", to=0).status_code == 403
    assert again["guard"].post("end").json()["state"] == "ended"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"scenario": "none", "seats": {"manager": "human"}},
        {"scenario": "vault", "seats": {}},
        {"scenario": "vault", "seats": {"nobody": "human"}},
        {"scenario": "vault", "seats": {"manager": 1}},
        {"scenario": "vault", "seats": {"manager": "human"}, "seed": -1},
        {"scenario": "vault", "seats": {"manager": "human"}, "lone": "yes"},
        {"scenario": "vault", "seats": {"manager": "human"}, "overrides": {"x.y": "1"}},
        {"scenario": "../vault", "seats": {"manager": "human"}},
    ],
)
def test_a_game_that_makes_no_sense_is_refused(client, folder, body):
    before = sorted(folder.iterdir()) if folder.exists() else []
    assert client.post("/api/games", json=body).status_code in (404, 422)
    assert (sorted(folder.iterdir()) if folder.exists() else []) == before


def test_a_game_that_was_altered_on_disk_says_so(shelf, folder):
    def serve():
        answers = application(shelf, KEY, ["127.0.0.1"], 8765)
        return TestClient(answers, base_url="http://127.0.0.1:8765", headers={"authorization": f"Bearer {KEY}"})

    with serve() as client:
        _, name = sit(client)
    file = folder / name / keeping.FILE
    file.write_text(file.read_text().replace('"lone": false', '"lone": true'))
    with serve() as client:
        assert client.get(f"/api/games/{name}").status_code == 409
        said = next(game["error"] for game in client.get("/api/games").json() if game["id"] == name)
        assert "altered" in said
        assert client.get("/api/home").status_code == 200


# ------------------------------------------------------------------------------------------------ other machines


def lan(shelf, name, address, key):
    """Return the status of looking at a game's list and at a game from an address, with a key."""
    answers = application(shelf, KEY, ["127.0.0.1", "192.0.2.7"], 8765, ["127.0.0.1", "::1", "192.0.2.7"])
    with TestClient(answers, base_url="http://192.0.2.7:8765", client=(address, 40000)) as client:
        headers = {"authorization": f"Bearer {key}"}
        return [
            client.get(path, headers=headers).status_code for path in ("/api/games", f"/api/games/{name}", "/api/home")
        ]


def test_from_other_machines_only_the_keys_of_a_game_are_valid(client, shelf):
    at, name = sit(client)
    seat, facilitator = (at[who].headers["authorization"].removeprefix("Bearer ") for who in ("guard", "facilitator"))
    assert lan(shelf, name, "192.0.2.50", KEY) == [403, 403, 403]
    assert lan(shelf, name, "192.0.2.50", seat) == [401, 200, 401]
    assert lan(shelf, name, "192.0.2.50", facilitator) == [401, 200, 401]
    assert lan(shelf, name, "192.0.2.50", "0" * 32) == [401, 401, 401]
    for here in ("127.0.0.1", "192.0.2.7", "::ffff:127.0.0.1"):
        assert lan(shelf, name, here, KEY) == [200, 200, 200]


# ------------------------------------------------------------------------------------------------ a server that dies, a browser that sleeps

SERVE = "import sys; from briarpatch.views.cli import main; sys.exit(main(sys.argv[1:]))"


class Server:
    """A server in a process of its own."""

    def __init__(self, folder):
        command = [sys.executable, "-c", SERVE, "serve", str(folder), "--port", "0", "--no-open"]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ
        )
        assert self.process.stdout is not None
        found = re.fullmatch(r"(http://127\.0\.0\.1:\d+)/#key=([0-9a-f]{32})\n", self.process.stdout.readline())
        assert found
        self.base, self.key = found[1], found[2]

    def ask(self, path, body=None, key=None, headers=None):
        """Return the answer to a request, a POST if it has a body."""
        data = None if body is None else json.dumps(body).encode()
        more = {"authorization": f"Bearer {key or self.key}"} | (headers or {})
        for _ in range(100):
            try:
                with urllib.request.urlopen(urllib.request.Request(self.base + path, data, more), timeout=60) as answer:
                    return json.loads(answer.read())
            except urllib.error.HTTPError:
                raise
            except (ConnectionError, urllib.error.URLError):
                time.sleep(0.1)
        raise AssertionError("the server does not answer")

    def events(self, path, key, last=None):
        """Return a queue that fills with the events of a stream: (id, event, data)."""
        more = {"authorization": f"Bearer {key}"} | ({"last-event-id": last} if last else {})
        answer = urllib.request.urlopen(urllib.request.Request(self.base + path, None, more), timeout=60)
        found = queue.Queue()

        def read():
            one = {}
            try:
                for line in answer:
                    field, _, value = line.decode().rstrip("\n").partition(": ")
                    if field:
                        one[field] = value
                    elif one.get("event"):
                        found.put((one.get("id"), one["event"], json.loads(one["data"])))
                        one = {}
            except (OSError, ValueError):
                pass
            found.put(None)

        threading.Thread(target=read, daemon=True).start()
        return found

    def kill(self, how=signal.SIGKILL):
        self.process.send_signal(how)
        self.process.communicate(timeout=30)


@pytest.mark.long
def test_nothing_answered_is_lost_when_the_server_is_killed_and_streams_go_on(tmp_path):
    server = Server(tmp_path / "runs")
    try:
        made = server.ask("/api/games", {"scenario": "vault", "seed": 3, "seats": SEATS})
        path = f"/api/games/{made['id']}"
        keys = {who: link.partition("#key=")[2] for who, link in made["seats"].items()}
        leader = made["facilitator"].partition("#key=")[2]
        guard = server.events(f"{path}/events", keys["guard"])
        first = guard.get(timeout=30)
        assert (first[1], first[2]["view"]["question"]) == ("view", None)
        view = server.ask(path, key=keys["manager"])
        body = {"decision": "manager.act", "option": "look", "version": view["version"]}
        server.ask(f"{path}/choose", body, keys["manager"])
        asked = guard.get(timeout=30)
        assert asked[2]["view"]["question"]["decision"] == "guard.answer"
        server.ask(f"{path}/note", {"words": "Hurry", "to": ["guard"]}, leader)
        seen = [guard.get(timeout=30) for _ in range(2)]
        assert {event for _, event, _ in seen} == {"view", "said"}
        missed = server.events(f"{path}/events", keys["guard"], asked[0])
        back = [missed.get(timeout=30) for _ in range(2)]
        assert [event for _, event, _ in back] == ["said", "view"]
        assert back[0][2] == {"what": "note", "words": "Hurry"}
        assert server.ask(path, key=leader)["seats"][1]["here"] == 2
        server.kill()
        assert guard.get(timeout=30) is None
        server = Server(tmp_path / "runs")
        again = server.ask(path, key=keys["guard"])
        assert again["view"]["question"]["decision"] == "guard.answer"
        assert [note["words"] for note in again["notes"]] == ["Hurry"]
        woken = server.events(f"{path}/events", keys["guard"], seen[-1][0])
        assert [woken.get(timeout=30)[1] for _ in range(2)] == ["reset", "view"]
        assert server.ask(path, key=leader)["tree"]["nodes"][0]["option"] == "look"
        server.kill(signal.SIGINT)
        assert woken.get(timeout=30) is None
    finally:
        if server.process.poll() is None:
            server.kill()
