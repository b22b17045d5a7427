"""Compiled scenarios that are kept: the same as compiled anew, and compiled anew when anything differs."""

from __future__ import annotations

import os
import shutil

import pytest

from briarpatch.errors import ScenarioError
from briarpatch.run import Run
from briarpatch.scenario import compile as compiling
from briarpatch.scenario import kept, load
from briarpatch.scenario.catalog import load_scenario, load_text, packaged, scenario_names
from briarpatch.world.world import compare

NAMES = [name for name, _ in scenario_names()]


@pytest.fixture
def compiled(monkeypatch, tmp_path):
    """Keep scenarios in a folder of this test; a list of the sources that were compiled."""
    monkeypatch.setattr(kept, "cache_root", lambda: tmp_path / "cache")
    seen = []
    real = compiling.compile_source

    def watched(source, *arguments, **named):
        seen.append(source.name)
        return real(source, *arguments, **named)

    monkeypatch.setattr(compiling, "compile_source", watched)
    return seen


def same(one, other) -> bool:
    """Return whether two scenarios have the same tables, of the same types, and the same words."""
    for a, b in zip((*one.program, *one.built.world), (*other.program, *other.built.world), strict=True):
        if type(a) is not type(b) or a.dtype != b.dtype or a.shape != b.shape or a.tobytes() != b.tobytes():
            return False
        if a.flags.writeable != b.flags.writeable or not b.flags.c_contiguous or not b.flags.aligned:
            return False
    fields = ("name", "title", "digest", "files", "settings", "variants", "overrides", "endings", "measures")
    fields += ("decisions", "names", "as_told", "given", "warnings", "path")
    return all(getattr(one, field) == getattr(other, field) for field in fields)


@pytest.mark.parametrize("name", NAMES)
def test_a_kept_scenario_is_the_same(name, compiled):
    first = load_scenario(name)
    second = load_scenario(name)
    assert compiled == [name]
    assert second is not first
    assert same(first, second)


def test_a_kept_scenario_plays_the_same(compiled):
    first, second = load_scenario("valley"), load_scenario("valley")
    one, other = Run(first, 5).go(), Run(second, 5).go()
    assert one.ending == other.ending
    assert not compare(one.world, other.world)
    assert one.tell() == other.tell()


def test_what_it_was_compiled_from_is_found_when_asked_for(compiled):
    first, second = (load_scenario("insurrection", as_told="B") for _ in range(2))
    assert second.source.data == first.source.data
    assert len(compiled) == 1
    assert second.document == first.document
    assert list(second.tellings.accounts) == list(first.tellings.accounts)
    assert second.uncertain == first.uncertain
    assert second.whole.effects == first.whole.effects
    assert len(compiled) == 2, "compiled again once, and not for each question"
    place = ("people", "picard")
    assert second.source.place(place) == first.source.place(place)


def test_every_setting_has_a_name_of_its_own(compiled):
    load_scenario("insurrection")
    load_scenario("insurrection", as_told="A")
    load_scenario("insurrection", as_told="B")
    load_scenario("valley", overrides={"crowds.villagers.count": "20"})
    load_scenario("valley", overrides={"crowds.villagers.count": "30"})
    assert len(compiled) == 5
    faster = load_scenario("valley", overrides={"crowds.villagers.count": "30"})
    assert len(compiled) == 5
    assert faster.overrides == {"crowds.villagers.count": "30"}


def test_a_changed_file_is_read_anew(compiled, tmp_path):
    path = tmp_path / "valley.yaml"
    shutil.copy(packaged() / "valley.yaml", path)
    load_scenario(path)
    path.write_text(path.read_text().replace("title:", "title: New,"))
    changed = load_scenario(path)
    assert len(compiled) == 2
    assert changed.title.startswith("New,")


def test_the_same_files_elsewhere_are_the_same_scenario(compiled, tmp_path):
    path = tmp_path / "valley.yaml"
    shutil.copy(packaged() / "valley.yaml", path)
    load_scenario("valley")
    there = load_scenario(path)
    assert compiled == ["valley"]
    assert there.path == path


def test_a_faulty_scenario_is_never_kept(compiled, tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text("scenario: {title: T}\nrules: {r: {when: nosuch}}\n")
    for _ in range(2):
        with pytest.raises(ScenarioError, match="is missing"):
            load_scenario(path)
    assert len(compiled) == 2


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-1], lambda b: b"", lambda b: b[:40] + b"x" + b[41:], lambda b: b + b"x"]
)
def test_a_damaged_file_is_made_anew(compiled, tmp_path, damage):
    load_scenario("valley")
    (file,) = (tmp_path / "cache" / "scenarios").iterdir()
    file.write_bytes(damage(file.read_bytes()))
    assert load_scenario("valley").title
    assert len(compiled) == 2
    load_scenario("valley")
    assert len(compiled) == 2


def test_a_cache_that_cannot_be_written_is_no_fault(compiled, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert load_scenario("valley").title == load_scenario("valley").title
    assert len(compiled) == 2


def test_the_cache_forgets_those_not_used_for_longest(compiled, monkeypatch, tmp_path):
    monkeypatch.setattr(kept, "MOST", 3)
    for turn, name in enumerate(("valley", "vault", "mill", "lock")):
        load_scenario(name)
        for file in (tmp_path / "cache" / "scenarios").iterdir():
            os.utime(file, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns - 10**9 * (4 - turn)))
    assert len(list((tmp_path / "cache" / "scenarios").iterdir())) == 3
    load_scenario("lock")
    assert compiled == ["valley", "vault", "mill", "lock"]
    load_scenario("valley")
    assert len(compiled) == 5


def test_settings_that_are_no_text_are_not_kept(compiled, tmp_path):
    load_scenario("valley", overrides={"crowds.villagers.count": 20})
    assert not (tmp_path / "cache").exists()


def test_a_scenario_given_as_text_is_not_kept(compiled, tmp_path):
    load_text((packaged() / "valley.yaml").read_text())
    assert not (tmp_path / "cache").exists()


def test_files_that_cannot_be_read_say_so_as_ever(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"\xff\xfe")
    assert load.glance(tmp_path) is None
    with pytest.raises(ScenarioError, match="not UTF-8"):
        load_scenario(tmp_path)
