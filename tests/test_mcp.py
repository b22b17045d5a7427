"""The server for language models, used by the protocol's own client: in process, over pipes, and over HTTP."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import anyio
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client

import briarpatch as bp
from briarpatch.views.mcp_server import server

SOURCE = Path(bp.__file__).parent.parent
PROGRAM = [sys.executable, "-c", "from briarpatch.views.cli import main; raise SystemExit(main())"]


def asked(folder, talk, **options):
    """Talk to a server over a folder in this process; return what `talk` returns."""

    async def go():
        async with Client(server(folder, **options)) as client:
            return await talk(client)

    return anyio.run(go)


async def told(client, tool, **arguments):
    """Call a tool that must succeed; return its content."""
    found = await client.call_tool(tool, arguments)
    assert not found.is_error, found.content
    return json.loads(found.content[0].text)


async def refused(client, tool, **arguments):
    """Call a tool that must fail; return the message."""
    found = await client.call_tool(tool, arguments)
    assert found.is_error
    return found.content[0].text


def test_every_tool_says_what_it_does_and_what_it_wants(tmp_path):
    async def talk(client):
        return (await client.list_tools()).tools

    tools = {tool.name: tool for tool in asked(tmp_path, talk)}
    assert {"list_scenarios", "check_scenario", "run_scenario", "why", "what_if", "decide", "ensemble"} <= set(tools)
    for tool in tools.values():
        assert len(tool.description) > 30
        for name, wanted in tool.input_schema["properties"].items():
            assert wanted.get("description"), (tool.name, name)
            assert name != "ctx"


def test_a_run_is_played_saved_and_explained(tmp_path):
    async def talk(client):
        played = await told(client, "run_scenario", scenario="valley", seed=7)
        chain = await told(client, "why", run=played["run"])
        telling = await client.read_resource(f"briarpatch://runs/{played['run']}")
        names = await client.read_resource("briarpatch://runs")
        return played, chain, telling.contents[0].text, json.loads(names.contents[0].text)

    played, chain, telling, names = asked(tmp_path, talk)
    own = bp.run("valley", 7)
    assert played["ending"]["name"] == own.ending
    assert played["measures"] == own.measures
    assert telling == played["telling"] == own.tell()
    assert [one["number"] for one in chain["chain"]] == [entry.number for entry in own.why("ending")]
    assert names == [played["run"]]


def test_questions_over_many_worlds_say_what_the_library_says_and_how_far_they_are(tmp_path):
    said = []

    async def progress(done, total, message):
        said.append((done, total))

    async def talk(client):
        many = await client.call_tool("ensemble", {"scenario": "vault", "worlds": 40}, progress_callback=progress)
        best = await told(client, "decide", scenario="vault", decision="manager.act", worlds=20)
        change = await told(client, "what_if", scenario="vault", choices={"manager.act": "police"}, worlds=20)
        once = await told(client, "what_if", scenario="vault", without=["noise"])
        return json.loads(many.content[0].text), best, change, once

    many, best, change, once = asked(tmp_path, talk)
    assert many["words"] == bp.ensemble("vault", 40).text()
    assert best["words"] == bp.decide("vault", "manager.act", 20).text()
    assert "manager.act=police" in change["words"]
    assert "without noise" in once["words"]
    assert said[-1] == (40, 40)


def test_a_seat_shows_what_the_person_knows_and_no_luck_until_the_end(tmp_path):
    async def talk(client):
        first = await told(client, "take_seat", scenario="vault", person="manager")
        wrong = await refused(client, "answer_seat", seat=first["seat"], option="sing")
        last = await told(client, "answer_seat", seat=first["seat"], option="police")
        gone = await refused(client, "answer_seat", seat=first["seat"], option="police")
        return first, wrong, last, gone

    first, wrong, last, gone = asked(tmp_path, talk, seed=2)
    own = bp.start("vault", 2, ask=["manager"]).go()
    assert first["view"] == own.view("manager").text(100)
    assert [one["name"] for one in first["question"]["options"]] == ["police", "look", "sleep"]
    assert not {"seed", "what_happened", "measures"} & set(first)
    assert "sing" in wrong
    own.choose("police")
    own.go()
    assert last["over"] is True
    assert last["what_happened"]["telling"] == own.tell()
    assert last["what_happened"]["seed"] == 2
    assert "take_seat gives another" in gone


def test_the_luck_of_a_seat_is_another_each_time_unless_it_is_given(tmp_path):
    async def talk(client):
        ends = []
        for _ in range(2):
            shown = await told(client, "take_seat", scenario="vault", person="manager")
            while not shown["over"]:
                shown = await told(client, "answer_seat", seat=shown["seat"], option="sleep")
            ends.append(shown["what_happened"]["seed"])
        return ends

    one, other = asked(tmp_path, talk)
    assert one != other


def test_a_scenario_that_a_model_wrote_is_checked_and_only_what_is_here_is_read(tmp_path):
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "outside.yaml").write_text("scenario: {}", encoding="utf-8")
    text = (SOURCE / "briarpatch" / "templates" / "first.yaml").read_text(encoding="utf-8")
    (inside / "mine.yaml").write_text(text, encoding="utf-8")

    async def talk(client):
        good = await told(client, "check_scenario", text=text)
        bad = await told(client, "check_scenario", text=text.replace("knows(lookout", "knows(lookuot"))
        listed = await told(client, "list_scenarios")
        played = await told(client, "run_scenario", scenario="mine.yaml")
        for name in ("../outside.yaml", str(tmp_path / "outside.yaml"), "/etc/passwd", "..", ".", ""):
            assert "no scenario here" in await refused(client, "read_scenario", scenario=name), name
        for run in ("../..", "..", "/etc"):
            assert "no saved run" in await refused(client, "why", run=run), run
        with pytest.raises(MCPError, match="no page"):
            await client.read_resource("briarpatch://docs/reference.py")
        page = await client.read_resource("briarpatch://docs/conditions")
        return good, bad, listed, played, page.contents[0].text

    good, bad, listed, played, page = asked(inside, talk)
    assert good == {"ok": True, "findings": []}
    assert bad["ok"] is False
    assert "did you mean 'lookout'" in bad["findings"][0]["message"]
    assert listed["in_the_folder"] == ["mine.yaml"]
    assert "valley" in {one["name"] for one in listed["come_along"]}
    assert played["ending"]
    assert page.startswith("# ")


def test_work_has_limits(tmp_path):
    async def talk(client):
        many = await refused(client, "ensemble", scenario="vault", worlds=51)
        few = await refused(client, "decide", scenario="vault", decision="manager.act", worlds=1)
        seats = [await told(client, "take_seat", scenario="vault", person="manager") for _ in range(16)]
        full = await refused(client, "take_seat", scenario="vault", person="manager")
        await told(client, "leave_seat", seat=seats[0]["seat"])
        await told(client, "take_seat", scenario="vault", person="manager")
        return many, few, full

    many, few, full = asked(tmp_path, talk, most_worlds=50, seed=2)
    assert "from 2 to 50" in many
    assert "from 2 to 50" in few
    assert "all 16 seats are taken" in full


def environment():
    return os.environ | {"PYTHONPATH": str(SOURCE)}


@pytest.mark.long
def test_over_pipes_as_a_program(tmp_path):
    async def go():
        parameters = StdioServerParameters(
            command=PROGRAM[0], args=[*PROGRAM[1:], "mcp", str(tmp_path)], env=environment()
        )
        async with Client(stdio_client(parameters)) as client:
            return await told(client, "run_scenario", scenario="valley", seed=7)

    assert anyio.run(go)["measures"] == bp.run("valley", 7).measures
    assert (tmp_path / "runs" / "valley-7" / "world.zip").exists()


@pytest.mark.long
def test_over_http_on_this_machine_alone(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [*PROGRAM, "mcp", str(tmp_path), "--http", "--port", str(port)]
    process = subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        assert f"127.0.0.1:{port}/mcp" in process.stderr.readline()

        async def go():
            async with Client(f"http://127.0.0.1:{port}/mcp") as client:
                return await told(client, "run_scenario", scenario="valley", seed=7)

        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        assert anyio.run(go)["measures"] == bp.run("valley", 7).measures
        import httpx

        strange = httpx.post(f"http://127.0.0.1:{port}/mcp", headers={"Host": "evil.example"}, json={})
        assert strange.status_code in (403, 421)
    finally:
        process.terminate()
        process.wait(20)
        process.stderr.close()
