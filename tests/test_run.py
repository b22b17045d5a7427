"""One play-out: what it answers, how it is stepped, copied, replayed, saved and read."""

from __future__ import annotations

import importlib
import importlib.util
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import toy
from briarpatch import files, storage
from briarpatch import saved as saved_runs
from briarpatch.errors import RequestError, SavedRunError, ScenarioError
from briarpatch.world import kinds, states
from briarpatch.world.world import compare

runs = importlib.import_module("briarpatch.run")  # `briarpatch.run` itself may be the function
ENGINE = importlib.util.find_spec("briarpatch.engine") is not None
needs_engine = pytest.mark.skipif(not ENGINE, reason="the engine is not in this tree")


@pytest.fixture
def dam(monkeypatch, tmp_path):
    """The toy scenario's file, on the toy engine."""
    return toy.install(monkeypatch, tmp_path)


def content(folder: Path) -> dict[str, bytes]:
    """Return every file under `folder`."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


# ------------------------------------------------------------------------------------------------ playing


def test_a_run_answers(dam):
    run = runs.run(dam, seed=7)
    assert run.status == "finished"
    assert run.ending == "drowned"
    assert run.measures["alive"] == 3.0
    assert run.finished
    assert [entry.number for entry in run.entries()] == list(range(len(run.chronicle)))


def test_the_chronicle_is_a_frame(dam):
    frame = runs.run(dam, seed=7).chronicle
    assert frame.columns == [
        *("number", "time", "clock", "kind", "subject", "object", "place", "amount"),
        *("cause", "cause2", "cause3", "text"),
    ]
    chose = frame.filter(pl.col("kind") == "chose").to_dicts()[0]
    assert (chose["subject"], chose["object"]) == ("the mayor", "the mayor waits")
    assert chose["cause"] == 5
    assert chose["cause2"] is None
    assert frame["cause"].drop_nulls().min() == 0


def test_a_choice_is_kept(dam):
    run = runs.run(dam, seed=7, choices={"mayor.warn": "warn"})
    assert run.ending == "dry"


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"mayor.warm": "wait"}, "unknown decision 'mayor.warm'; did you mean 'mayor.warn'?"),
        ({"mayor.warn": "weight"}, "'mayor.warn' has no option 'weight'; it has 'warn', 'wait'"),
        ({"zzz": "q"}, "unknown decision 'zzz'; this scenario has 'mayor.warn'"),
    ],
)
def test_a_wrong_choice_says_what_there_is(dam, choices, message):
    with pytest.raises(RequestError, match="^" + message.replace("?", r"\?").replace(".", r"\.")):
        runs.run(dam, choices=choices)


@pytest.mark.parametrize("seed", [-1, 1 << 64, 1.5, True, "7"])
def test_a_seed_is_a_whole_number(dam, seed):
    with pytest.raises(RequestError, match="seed must be a whole number"):
        runs.run(dam, seed=seed)


def test_steps_add_up_to_the_run(dam):
    whole, stepped = runs.run(dam, seed=3), runs.start(dam, seed=3)
    entries = []
    while not stepped.finished:
        entries += stepped.step()
    assert entries == list(whole.entries())
    assert stepped.step() == []
    assert [d for d in compare(whole.world, stepped.world) if d.column != "status"] == []


@pytest.mark.parametrize("until", ["1 d", 86400, 86400.0])
def test_until_stops_and_goes_on(dam, until):
    run = runs.run(dam, seed=3, until=until)
    assert run.time == 86400.0
    assert run.status == "reached the time asked for"
    assert run.ending is None
    run.go()
    assert compare(run.world, runs.run(dam, seed=3).world) == []


@pytest.mark.parametrize("until", ["3 km", "soon", "", float("nan"), -1.0, "-2 d"])
def test_a_time_that_is_none_is_refused(dam, until):
    with pytest.raises(RequestError, match="a time from the start"):
        runs.run(dam, until=until)


def test_a_run_cannot_go_back(dam):
    with pytest.raises(RequestError, match="already"):
        runs.run(dam, until="1 d").go("2 h")


def test_a_copy_is_independent(dam):
    run = runs.run(dam, seed=3, until="2 h")
    other = run.copy()
    other.go()
    assert other.ending == "drowned"
    assert run.ending is None
    assert compare(run.go().world, other.world) == []


def test_room_is_made(dam):
    run = runs.start(dam, seed=3)
    before = len(run.world.chronicle)
    run.go()
    assert len(run.world.chronicle) > before
    assert run.status == "finished"


def test_without_room_the_world_is_stopped(dam, monkeypatch):
    monkeypatch.setattr(runs, "MOST_ENTRIES", 20)
    run = runs.run(dam, seed=3)
    assert run.status == "broken: more entries in one step than a chronicle has room for"
    assert list(run.entries())[-1].kind == "guard"
    assert run.finished
    assert run.ending is None


def test_a_broken_world_says_so_once(dam, monkeypatch):
    def play(program, world, until, budget):
        world.state["broken"] = states.NUMBER_GUARD
        return states.BROKEN

    monkeypatch.setattr(runs, "_play", play)
    run = runs.run(dam)
    assert run.status == "broken: a number is not finite"
    assert [e.text for e in run.entries()] == ["The world was stopped by a guard: a number is not finite."]
    assert run.go().step() == []


# ------------------------------------------------------------------------------------------------ choosing


def test_a_chooser_is_asked(dam):
    asked = []

    def chooser(run, info):
        asked.append((info.name, run.time, [option.name for option in info.options]))
        return "warn"

    run = runs.run(dam, seed=3, chooser=chooser, ask=["mayor"])
    assert asked == [("mayor.warn", 3 * toy.HOUR, ["warn", "wait"])]
    assert run.ending == "dry"
    assert run.answers == [("mayor.warn", "warn")]


def test_without_a_chooser_the_run_waits(dam):
    run = runs.run(dam, seed=3, ask=["mayor.warn"])
    assert run.status == "waiting for a choice"
    assert run.question.question == "Should the village be warned?"
    with pytest.raises(RequestError, match="no option"):
        run.choose("run")
    run.choose("warn")
    assert run.question is None
    assert run.go().ending == "dry"
    with pytest.raises(RequestError, match="no decision waits"):
        run.choose("warn")


def test_nobody_to_ask(dam):
    with pytest.raises(RequestError, match="did you mean 'mayor'"):
        runs.run(dam, ask=["major"])


# ------------------------------------------------------------------------------------------------ asking


@pytest.mark.parametrize("what", ["ending", "dam_breaks", "mayor.warn", "mayor.warn.wait", "rain", "7"])
def test_why_goes_back_without_repeating(dam, what):
    chain = runs.run(dam, seed=3).why(what)
    numbers = [entry.number for entry in chain]
    assert numbers == sorted(set(numbers), reverse=True)
    assert chain[0].kind in ("ended", "marked", "chose", "rule")
    assert numbers[-1] == 0
    for entry in chain:
        assert set(entry.causes) <= set(numbers)


def test_why_takes_an_entry(dam):
    run = runs.run(dam, seed=3)
    entry = next(e for e in run.entries() if e.kind == "chose")
    assert run.why(entry) == run.why(entry.number)
    assert [e.number for e in run.why(entry)] == [6, 5, 4, 3, 1, 0]


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("dam_brakes", "did you mean 'dam_breaks'"),
        ("999", "there is no entry 999"),
        (-1, "there is no entry -1"),
        ("mayor.warn.warn", "'mayor.warn.warn' did not happen"),
    ],
)
def test_why_of_nothing(dam, what, message):
    with pytest.raises(RequestError, match=message):
        runs.run(dam, seed=3).why(what)


def test_why_of_an_ending_that_was_not_reached(dam):
    with pytest.raises(RequestError, match="not reached an ending"):
        runs.run(dam, seed=3, until="1 h").why("ending")


def test_beliefs_now_and_before(dam):
    run = runs.run(dam, seed=3)
    assert run.beliefs("mayor")["known"].to_list() == [True, False]
    assert run.beliefs("mayor", at="1 h")["known"].to_list() == [False, False]
    assert run.beliefs("mayor", at="2 h")["since"].to_list() == ["day 1, 08:00", None]


def test_beliefs_before_follow_the_answers_from_outside(dam):
    run = runs.run(dam, seed=3, ask=["mayor"], chooser=lambda run, info: "warn")
    past = run.at("5 h")
    assert past.answers == [("mayor.warn", "warn")]
    assert past.world.people["place"].tolist().count(2) == toy.VILLAGERS


def test_beliefs_of_nobody(dam):
    run = runs.run(dam, seed=3)
    with pytest.raises(RequestError, match="did you mean 'mayor'"):
        run.beliefs("major")
    with pytest.raises(RequestError, match="this run stops at day 2"):
        run.beliefs("mayor", at="9 d")


def test_people(dam):
    people = runs.run(dam, seed=3).people()
    assert len(people) == 3 + toy.VILLAGERS
    assert people.filter("named")["status"].to_list() == ["free"] * 3
    assert (people["status"] == "dead").sum() == toy.VILLAGERS


def test_measuring_leaves_the_world_alone(dam):
    run = runs.run(dam, seed=3)
    before = run.world.stack.copy()
    assert math.isnan(run.measures["ratio"])
    assert run.world.stack.tobytes() == before.tobytes()


def test_a_style_is_checked(dam):
    with pytest.raises(RequestError, match="'prose' or 'log'"):
        runs.run(dam).tell(style="verse")


# ------------------------------------------------------------------------------------------------ saving


def test_what_is_saved_is_read(dam, tmp_path):
    run = runs.run(dam, seed=3, variants={"season": "spring"}, choices={"mayor.warn": "warn"})
    again = saved_runs.load(run.save(tmp_path / "out"))
    assert compare(run.world, again.world) == []
    assert again.tell() == run.tell()
    assert again.measures["alive"] == run.measures["alive"]
    assert math.isnan(again.measures["ratio"])
    assert (again.seed, again.choices, again.variants, again.until) == (3, run.choices, run.variants, None)
    assert again.chronicle.equals(pl.read_parquet(tmp_path / "out" / "chronicle.parquet"))


def test_reading_does_not_play(dam, tmp_path, monkeypatch):
    folder = runs.run(dam, seed=3).save(tmp_path / "out")
    monkeypatch.setattr(runs, "_play", None)
    monkeypatch.setattr(runs, "_values_of", None)
    run = saved_runs.load(folder)
    assert run.ending == "drowned"
    assert run.measures["alive"] == 3.0
    assert run.why("ending")[0].kind == "ended"
    assert run.beliefs("mayor")["known"].to_list() == [True, False]


def test_a_run_that_was_read_goes_on(dam, tmp_path):
    folder = runs.run(dam, seed=3, until="5 h").save(tmp_path / "out")
    run = saved_runs.load(folder)
    assert run.until == 5 * toy.HOUR
    assert compare(run.go().world, runs.run(dam, seed=3).world) == []
    assert run.measures["alive"] == 3.0


def test_a_stepped_run_that_was_read_goes_on(dam, tmp_path):
    first = runs.start(dam, seed=3)
    for _ in range(4):
        first.step()
    run = saved_runs.load(first.save(tmp_path / "out"))
    assert compare(run.go().world, runs.run(dam, seed=3).world) == []


def test_a_waiting_run_that_was_read_goes_on(dam, tmp_path):
    waiting = runs.run(dam, seed=3, ask=["mayor"])
    run = saved_runs.load(waiting.save(tmp_path / "one"))
    run.choose("warn")
    assert run.go().ending == "dry"
    over = saved_runs.load(run.save(tmp_path / "two"))
    assert over.answers == [("mayor.warn", "warn")]
    assert over.at("4 h").time == 4 * toy.HOUR


def test_a_read_run_that_plays_otherwise_is_refused(dam, tmp_path, monkeypatch):
    run = runs.run(dam, seed=3, until="5 h")
    run.world.people["age"][0] = 99.0
    read = saved_runs.load(run.save(tmp_path / "out"))
    with pytest.raises(SavedRunError, match=r"does not play again as it was saved \(people\[0\].age"):
        read.go()


def test_the_same_run_gives_the_same_bytes(dam, tmp_path):
    one = content(runs.run(dam, seed=3).save(tmp_path / "one"))
    two = content(runs.run(dam, seed=3).save(tmp_path / "deeper" / "two"))
    assert one == two


def test_a_run_may_be_moved(dam, tmp_path):
    folder = runs.run(dam, seed=3).save(tmp_path / "out")
    moved = tmp_path / "elsewhere"
    shutil.move(folder, moved)
    dam.unlink()
    assert saved_runs.load(moved).at("2 h").time == 2 * toy.HOUR


def test_provenance_says_what_made_the_run(dam, tmp_path):
    run = runs.run(dam, seed=3, until="1 d")
    facts = json.loads((run.save(tmp_path / "out") / "provenance.json").read_text())
    assert facts["scenario"] == "dam"
    assert facts["seed"] == 3
    assert facts["until"] == 86400.0
    assert facts["digest"] == run.scenario.digest
    assert set(facts["files"]) == {"chronicle.parquet", "measures.json", "scenario/dam.yaml", "world.zip"}


def test_tracks_are_written_beside_the_same_run(dam, tmp_path, monkeypatch):
    zarr = pytest.importorskip("zarr")

    def positions(program, world):
        return np.repeat(world.people["place"][:, None], 2, axis=1)

    monkeypatch.setattr(sys.modules["briarpatch.engine"], "positions", positions, raising=False)
    plain = content(runs.run(dam, seed=2).save(tmp_path / "plain"))
    folder = runs.run(dam, seed=2, tracks=True).save(tmp_path / "tracks")
    tracked = content(folder)
    for name in ("world.zip", "chronicle.parquet", "measures.json"):
        assert plain[name] == tracked[name]
    group = zarr.open_group(str(folder / "tracks.zarr"), mode="r")
    assert group["position"].shape == (storage.FRAMES, 3 + toy.VILLAGERS, 2)
    assert group["position"][0].max() == 0.0
    assert group["position"][-1].max() == 2.0
    assert saved_runs.load(folder).tracks
    again = content(runs.run(dam, seed=2, tracks=True).save(tmp_path / "again"))
    assert again == tracked


def test_a_taken_folder_is_refused(dam, tmp_path):
    run = runs.run(dam)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(RequestError, match="exists already; name another folder with --out"):
        run.save(tmp_path / "out")
    assert content(tmp_path / "out") == {"mine.txt": b"mine"}
    with pytest.raises(RequestError, match="exists already"):
        run.save(dam)


def test_an_empty_folder_is_used(dam, tmp_path):
    (tmp_path / "out").mkdir()
    assert saved_runs.load(runs.run(dam).save(tmp_path / "out")).ending == "dry"


def test_a_folder_that_cannot_be_written_is_refused(dam):
    with pytest.raises(RequestError, match="is not a folder"):
        runs.run(dam).save(dam / "below" / "out")
    with pytest.raises(RequestError, match="cannot be written"):
        runs.run(dam).save(Path("/proc/self/out"))


def test_a_scenario_that_is_gone_or_changed_is_saved_as_it_was_when_the_run_began(dam, tmp_path):
    gone, changed = runs.run(dam), runs.run(dam)
    dam.write_text(toy.TEXT + "# later\n")
    saved = changed.save(tmp_path / "changed")
    dam.unlink()
    assert saved_runs.load(gone.save(tmp_path / "gone")).ending == gone.ending
    assert (saved / "scenario" / "dam.yaml").read_text() == toy.TEXT


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt(), RuntimeError("x")])
def test_a_save_that_fails_leaves_nothing(dam, tmp_path, monkeypatch, fault):
    def fail(*_):
        raise fault

    monkeypatch.setattr(files, "_flush", fail)
    with pytest.raises((RequestError, KeyboardInterrupt, RuntimeError)):
        runs.run(dam).save(tmp_path / "out")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["dam.yaml"]


@pytest.mark.skipif(os.name == "nt", reason="there are no such signals")
@pytest.mark.parametrize("where", ["_flush", "_write_tracks", "_write_json", "to_bytes"])
def test_a_killed_save_leaves_no_run_and_the_next_one_sweeps(dam, tmp_path, where):
    program = f"""
        import os, signal, sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        import toy
        sys.modules.update(toy.modules())
        from briarpatch import files, storage
        from briarpatch.run import run
        setattr(files if {where!r} == "_flush" else storage, {where!r}, lambda *a: os.kill(os.getpid(), signal.SIGKILL))
        run({str(dam)!r}, tracks={where == "_write_tracks"}).save({str(tmp_path / "out")!r})
    """
    child = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False, timeout=120)
    assert child.returncode == -signal.SIGKILL
    assert not (tmp_path / "out").exists()
    assert len(list(tmp_path.glob(".briarpatch-*"))) == 1
    runs.run(dam).save(tmp_path / "out")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["dam.yaml", "out"]


@pytest.mark.skipif(os.name == "nt", reason="folders cannot be locked there")
def test_a_sweep_spares_what_is_being_written(tmp_path):
    target = tmp_path / "out"
    with files.whole_folder(target) as temporary:
        files.sweep(tmp_path)
        (temporary / "a").write_text("a")
    assert (target / "a").read_text() == "a"


def test_a_free_name_is_found(tmp_path):
    assert storage.free_folder("dam", 7, tmp_path) == tmp_path / "dam-7"
    (tmp_path / "dam-7").mkdir()
    (tmp_path / "dam-7-2").mkdir()
    assert storage.free_folder("dam", 7, tmp_path) == tmp_path / "dam-7-3"


# ------------------------------------------------------------------------------------------------ bad input


@pytest.fixture
def saved(dam, tmp_path):
    """A saved run."""
    return runs.run(dam, seed=3).save(tmp_path / "out")


FILES = ["provenance.json", "chronicle.parquet", "world.zip", "measures.json", "scenario/dam.yaml"]


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_was_cut_short(saved, name):
    path = saved / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(SavedRunError, match=rf"{name}.*(cut short|damaged).*play it again"):
        saved_runs.load(saved)


@pytest.mark.parametrize("name", FILES[1:])
def test_a_file_that_was_altered(saved, name):
    data = bytearray((saved / name).read_bytes())
    data[len(data) // 2] ^= 1
    (saved / name).write_bytes(data)
    with pytest.raises(SavedRunError, match=rf"{name} was altered.*play it again"):
        saved_runs.load(saved)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_missing(saved, name):
    (saved / name).unlink()
    with pytest.raises(SavedRunError, match=rf"{name} is missing"):
        saved_runs.load(saved)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_a_link(saved, name, tmp_path):
    shutil.move(saved / name, tmp_path / "elsewhere")
    (saved / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SavedRunError, match=r"is a link|is not a file"):
        saved_runs.load(saved)


def test_a_folder_that_is_a_link(saved, tmp_path):
    shutil.move(saved / "scenario", tmp_path / "elsewhere")
    (saved / "scenario").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SavedRunError, match="is a link"):
        saved_runs.load(saved)


def test_a_file_too_many_in_the_scenario(saved):
    (saved / "scenario" / "more.yaml").write_text("rules: {}\n")
    with pytest.raises(SavedRunError, match=r"more\.yaml does not belong to the saved run"):
        saved_runs.load(saved)


def test_no_run_at_all(tmp_path):
    with pytest.raises(SavedRunError, match="there is no such folder"):
        saved_runs.load(tmp_path / "nowhere")
    with pytest.raises(SavedRunError, match=r"provenance\.json is missing"):
        saved_runs.load(tmp_path)


def forge(saved, changes=None, name=None, data=None):
    """Alter provenance, or a file and its digest with it, as somebody would who knows how."""
    path = saved / "provenance.json"
    facts = json.loads(path.read_text()) | (changes or {})
    if name is not None:
        (saved / name).write_bytes(data)
        facts["files"][name] = {"bytes": len(data), "sha256": storage._digest(saved / name)}
    path.write_text(json.dumps(storage._sealed(facts)))


def test_provenance_that_was_altered(saved):
    path = saved / "provenance.json"
    facts = json.loads(path.read_text())
    path.write_text(json.dumps(facts | {"overrides": {"rules.rain.rate": "1/h"}}))
    with pytest.raises(SavedRunError, match="its seal does not fit"):
        saved_runs.load(saved)


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": -1},
        {"seed": "7"},
        {"seed": True},
        {"seed": 4},
        {"choices": {"mayor.warn": "sing"}},
        {"choices": ["a"]},
        {"variants": {"winter": "x"}},
        {"start": "../scenario"},
        {"start": ".."},
        {"start": "other.yaml"},
        {"files": {"../../etc/passwd": {"bytes": 1, "sha256": ""}}},
        {"files": []},
        {"answers": [["a"]]},
        {"ask": ["zzz"]},
        {"digest": "0"},
        {"until": "soon"},
        {"format": 1},
        {"format": [1]},
        {"vocabulary": "other"},
    ],
    ids=str,
)
def test_provenance_that_makes_no_sense(saved, changes):
    forge(saved, changes)
    with pytest.raises(SavedRunError):
        saved_runs.load(saved)


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "[" * 100_000, '{"format": 1}', '{"format": 1e999}', "\xff"])
def test_provenance_that_is_something_else(saved, text):
    (saved / "provenance.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(SavedRunError, match=r"provenance\.json"):
        saved_runs.load(saved)


@pytest.mark.parametrize(
    ("table", "column", "row", "value"),
    [
        ("state", "entries", 0, 10_000),
        ("state", "entries", 0, -1),
        ("state", "status", 0, 77),
        ("state", "ending", 0, 12),
        ("state", "time", 0, math.nan),
        ("people", "place", 5, 400),
        ("people", "faction", 5, -7),
        ("people", "status", 5, 9),
        ("chronicle", "kind", 4, 4000),
        ("chronicle", "subject", 4, 1 << 30),
        ("chronicle", "place", 4, 77),
        ("chronicle", "cause", 4, 9),
        ("chronicle", "time", 4, math.inf),
    ],
)
def test_a_forged_world_is_refused(dam, tmp_path, table, column, row, value):
    run = runs.run(dam, seed=3)
    data = storage.to_bytes(run.world)
    folder = run.save(tmp_path / "out")
    getattr(run.world, table)[column][row] = value
    if (table, column) != ("state", "entries"):
        data = storage.to_bytes(run.world)
    else:
        data = _with_table(data, "state", run.world.state)
    forge(folder, name="world.zip", data=data)
    with pytest.raises(SavedRunError, match=r"world\.zip"):
        saved_runs.load(folder)


def test_a_table_whose_header_breaks_off(dam, tmp_path):
    import io
    import zipfile

    run = runs.run(dam, seed=3)
    folder, out = run.save(tmp_path / "out"), io.BytesIO()
    with zipfile.ZipFile(folder / "world.zip") as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            part = old.read(info)
            new.writestr(info, part.replace(b"}", b" ", 1) if info.filename == "state.npy" else part)
    forge(folder, name="world.zip", data=out.getvalue())
    with pytest.raises(SavedRunError, match=r"world\.zip"):
        saved_runs.load(folder)


@pytest.mark.parametrize("nothing", ["", None, 5])
def test_no_scenario_at_all(nothing):
    with pytest.raises((ScenarioError, RequestError), match="is not named"):
        runs.run(nothing)


def test_why_nothing(dam):
    run = runs.run(dam, seed=3)
    with pytest.raises(RequestError, match="why what"):
        run.why(None)
    assert repr(run).startswith("<Run of ")


def _with_table(data: bytes, name: str, array) -> bytes:
    import io
    import zipfile

    import numpy as np

    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            part = old.read(info)
            if info.filename == f"{name}.npy":
                buffer = io.BytesIO()
                np.lib.format.write_array(buffer, np.asarray(array).view(np.dtype(array.dtype.descr)))
                part = buffer.getvalue()
            new.writestr(info, part)
    return out.getvalue()


@pytest.mark.parametrize("damage", ["bomb", "noise", "empty", "header", "shapes", "twice"])
def test_a_forged_archive_is_refused(saved, damage):
    import io
    import zipfile
    import zlib

    data = (saved / "world.zip").read_bytes()
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            part = old.read(info)
            if damage == "bomb" and info.filename == "people.npy":
                part = bytes(50_000_000)
            if damage == "header" and info.filename == "people.npy":
                part = part.replace(b"(23,)", b"(99999999999999,)")
            if damage == "shapes" and info.filename == "shapes.json":
                part = b'{"chronicle": 99999999999}'
            new.writestr(info.filename, part)
    data = out.getvalue()
    if damage == "noise":
        half = len(data) // 2
        data = data[:half] + zlib.compress(b"x") + data[half + 9 :]
    elif damage == "empty":
        data = b""
    elif damage == "twice":
        with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("people.npy", b"")
        data = out.getvalue()
    forge(saved, name="world.zip", data=data)
    with pytest.raises(SavedRunError, match=r"world\.zip"):
        saved_runs.load(saved)


@pytest.mark.parametrize("text", [b"{}", b'{"measures": {"alive": [], "ratio": 1}}', b'{"measures": {"x": 1}}', b"x"])
def test_forged_measures_are_refused(saved, text):
    forge(saved, name="measures.json", data=text)
    with pytest.raises(SavedRunError, match=r"measures\.json"):
        saved_runs.load(saved)


def test_a_faulty_scenario_within_a_run_is_refused(saved):
    forge(saved, name="scenario/dam.yaml", data=b"x: 1\n")
    with pytest.raises(SavedRunError, match="unknown key 'x'"):
        saved_runs.load(saved)


def test_a_faulty_scenario_is_a_scenario_error(tmp_path, dam):
    with pytest.raises(ScenarioError, match="no such file"):
        runs.run(tmp_path / "none.yaml")


# -------------------------------------------------------------------------------- on the engine


@needs_engine
@pytest.mark.parametrize("name", ["valley", "vault"])
class TestScenarios:
    """The same promises, on the scenarios that come with the program."""

    def test_a_run_ends_and_is_told(self, name):
        run = runs.run(name, seed=1)
        assert run.status == "finished"
        assert run.ending in [ending.name for ending in run.scenario.endings]
        assert list(run.measures) == [measure.name for measure in run.scenario.measures]
        assert run.tell().startswith("Day ")
        chain = run.why("ending")
        assert len(chain) > 2
        assert chain[-1].causes == ()

    def test_steps_slices_and_stops_change_nothing(self, name, monkeypatch):
        whole = runs.run(name, seed=1)
        monkeypatch.setattr(runs, "SLICE", 3)
        sliced = runs.start(name, seed=1).go(whole.time / 2).go()
        assert [d for d in compare(whole.world, sliced.world) if d.column != "status"] == []

    def test_saved_read_and_gone_on_with(self, name, tmp_path):
        whole = runs.run(name, seed=1)
        half = runs.run(name, seed=1, until=whole.time / 2)
        run = saved_runs.load(half.save(tmp_path / "out"))
        assert compare(run.go().world, whole.world) == []

    def test_same_bytes_with_and_without_tracks(self, name, tmp_path):
        pytest.importorskip("zarr")
        plain = content(runs.run(name, seed=1).save(tmp_path / "plain"))
        tracked = content(runs.run(name, seed=1, tracks=True).save(tmp_path / "tracked"))
        for part in ("world.zip", "chronicle.parquet", "measures.json"):
            assert plain[part] == tracked[part]

    def test_every_option_can_be_chosen(self, name):
        first = runs.start(name, seed=1)
        for info in first.scenario.decisions:
            for option in info.options:
                run = runs.run(name, seed=1, choices={info.name: option.name})
                chosen = [n for n in range(len(run.log)) if run.log.kinds[n] == kinds.CHOSE]
                reference = run.scenario.names.ref("option", f"{info.name}.{option.name}")
                others = {run.scenario.names.ref("option", f"{info.name}.{o.name}") for o in info.options} - {reference}
                assert not others & {run.log.objects[n] for n in chosen}


# ------------------------------------------------------------------------------------------------ bombs


def _peak_of(work) -> int:
    """Return the bytes of Python and NumPy that `work` held at most."""
    import tracemalloc

    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _repacked(data: bytes, change) -> bytes:
    """Return an archive with the content of each of its files as `change(name, content)` gives it, packed as small as can be."""
    import io
    import zipfile

    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new,
    ):
        for info in old.infolist():
            new.writestr(info.filename, change(info.filename, old.read(info)))
    return out.getvalue()


def _rows(part: bytes, rows: int, real: bool) -> bytes:
    """Return a table whose header says `rows` rows; they are there when `real`."""
    import io

    array = np.lib.format.read_array(io.BytesIO(part))
    header = io.BytesIO()
    facts = {"descr": array.dtype.descr, "fortran_order": False, "shape": (rows,)}
    np.lib.format.write_array_header_1_0(header, facts)
    return header.getvalue() + (bytes(rows * array.dtype.itemsize) if real else array.tobytes())


@pytest.mark.parametrize("table", ["chronicle", "messages", "requests", "people"])
@pytest.mark.parametrize("real", [True, False], ids=["packed rows", "a header that lies"])
def test_a_saved_run_takes_no_more_memory_than_it_brings(saved, table, real):
    rows = 2_000_000

    def change(name, part):
        if name == f"{table}.npy":
            return _rows(part, rows, real)
        if name == "shapes.json":
            return json.dumps(json.loads(part) | ({table: rows} if table != "people" else {})).encode()
        return part

    data = _repacked((saved / "world.zip").read_bytes(), change)
    assert len(data) < 2_000_000
    forge(saved, name="world.zip", data=data)

    def read():
        with pytest.raises(SavedRunError, match=r"world\.zip.*play it again"):
            saved_runs.load(saved)

    assert _peak_of(read) < 40_000_000


def test_a_file_that_says_too_little_of_its_size_is_unpacked_no_further(saved):
    import struct

    data = bytearray(
        _repacked(
            (saved / "world.zip").read_bytes(), lambda name, part: part + bytes(80_000_000 * (name == "chronicle.npy"))
        )
    )
    at, size = data.index(b"chronicle.npy", data.index(b"PK\x01\x02")) - 46, (saved / "world.zip").stat().st_size
    struct.pack_into("<I", data, at + 24, 4000)  # the size in the archive's list of files
    forge(saved, name="world.zip", data=bytes(data))

    def read():
        with pytest.raises(SavedRunError, match=r"world\.zip"):
            saved_runs.load(saved)

    assert size < 1_000_000
    assert _peak_of(read) < 40_000_000


def test_a_long_chronicle_is_looked_through_in_no_time(dam):
    """A million entries take well under a second; one by one they took five."""
    from briarpatch.chronicle import fault_of

    run = runs.run(dam, seed=3)
    world = run.world._replace(state=run.world.state.copy())
    entries = int(world.state["entries"][0])
    long = world._replace(chronicle=np.resize(world.chronicle[1:entries], 1_000_000).view(np.recarray))
    long.chronicle["time"] = np.arange(1_000_000.0)
    for column in ("cause", "cause2", "cause3"):
        long.chronicle[column] = -1
    long.state["entries"] = 1_000_000
    began = time.perf_counter()
    assert fault_of(run.scenario, long) == ""
    assert time.perf_counter() - began < 2.0
    long.chronicle["cause"][777_777] = 777_777
    assert fault_of(run.scenario, long) == "entry 777777 has a cause that came after it"


def test_a_chronicle_that_packs_too_well_is_stored_as_it_is(dam):
    from briarpatch.world.world import compare, from_bytes, to_bytes

    run = runs.run(dam, seed=3)
    long = run.world._replace(state=run.world.state.copy(), chronicle=np.resize(run.world.chronicle[:1], 100_000))
    long.state["entries"] = 100_000
    assert compare(long, from_bytes(to_bytes(long), run.world)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"files": {"scenario/dam.yaml/" + "a/" * 300_000: {"bytes": 1, "sha256": ""}}},
        {"files": {"scenario/dam.yaml" + "x" * 3_000_000: {"bytes": 1, "sha256": ""}}},
        {"overrides": {f"people.p{i}.age": "3" for i in range(50_000)}},
        {"choices": {f"p{i}.go": "yes" for i in range(50_000)}},
        {"ask": [f"p{i}" for i in range(50_000)]},
    ],
    ids=["deep", "long", "overrides", "choices", "ask"],
)
def test_provenance_that_would_take_long_is_refused_at_once(saved, change):
    facts = json.loads((saved / "provenance.json").read_text())
    if "files" in change:
        change = {"files": facts["files"] | change["files"]}
    forge(saved, change)
    began = time.perf_counter()
    with pytest.raises(SavedRunError, match="damaged"):
        saved_runs.load(saved)
    assert time.perf_counter() - began < 5.0
